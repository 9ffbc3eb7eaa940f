"""Growth by the same share all the time goes on in the forecast, and nothing else is taken for it."""

import numpy as np
import pandas as pd
import pytest

from models.forecast import combined, engine, explain, intervals
from models.forecast.growth import ONWARD, onward, steady
from models.forecast.learners import COMBINED
from models.forecast.series import learnable, regular

A_MONTH = 0.05  # growth
STEPS = {"D": (731, 30.4), "W": (156, 4.345), "MS": (47, 1.0)}  # of history, and of a month


def grown(
    frequency: str, noise: float, seed: int, level: float = 500.0, ahead: int = 0
) -> tuple[pd.Series, np.ndarray]:
    """A series that grows by 5 % a month, and what is true of the steps after it."""
    steps, month = STEPS[frequency]
    rng, t = np.random.default_rng(seed), np.arange(steps + ahead)
    mean = 500 * (1 + A_MONTH) ** (t / month)
    sold = rng.poisson(mean[:steps] * np.exp(rng.normal(0, noise, steps))).astype(float)
    dates = pd.date_range("2022-01-03" if frequency == "W" else "2022-01-01", periods=steps, freq=frequency)
    return pd.Series(sold, dates if frequency != "W" else dates - pd.Timedelta(days=6)), mean[steps:]


@pytest.mark.parametrize(("frequency", "noise"), [("W", 0.02), ("MS", 0.0)])
def test_steady_growth_goes_on_three_months_ahead(frequency, noise):
    three = {"W": 13, "MS": 3}[frequency]
    series, true = grown(frequency, noise, 5, ahead=three)
    found = combined.forecast(series, three)
    assert found.frame["mean"].iloc[-1] == pytest.approx(true[-1], rel=0.03)
    assert found.frame["mean"].sum() == pytest.approx(true.sum(), rel=0.03)
    lo, hi = found.total[95]
    assert lo <= true.sum() <= hi
    assert hi - lo < 0.25 * true.sum()
    assert any("grown by" in one.message for one in found.findings)


def test_steady_growth_of_days_goes_on_three_months_ahead():
    series, true = grown("D", 0.1, 5, ahead=91)
    known = regular(series)
    said = engine.look(known, len(known.values), 91, COMBINED).forecast[engine.DEFAULT]
    assert said[-28:].sum() == pytest.approx(true[-28:].sum(), rel=0.03)


@pytest.mark.parametrize("frequency", STEPS)
def test_the_rate_is_that_of_the_simulation(frequency):
    known = [learnable(regular(grown(frequency, 0.05, seed)[0])).growth * 30.4 for seed in range(8)]
    assert np.median(known) == pytest.approx(np.log(1 + A_MONTH), rel=0.03)


def walk(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    return np.cumsum(rng.normal(0.01, 0.05, len(t)))


def saturating(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    return 2 / (1 + np.exp(-(t - 25) / 8)) + rng.normal(0, 0.05, len(t))


def seasonal(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * t / 12) + rng.normal(0, 0.05, len(t))


def late(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    return 0.05 * np.maximum(t - 30, 0) + rng.normal(0, 0.05, len(t))


@pytest.mark.parametrize("course", [walk, saturating, seasonal, late])
def test_what_wanders_ends_comes_again_or_has_just_begun_is_no_steady_growth(course):
    taken = 0
    for seed in range(40):
        logged = course(np.random.default_rng(seed), np.arange(60.0))
        dates = pd.date_range("2020-01-01", periods=60, freq="MS")
        taken += steady(pd.Series(100 * np.exp(logged), dates), "MS", 12) != 0
    assert taken <= 2  # of 40


def test_growth_goes_on_for_half_as_long_as_it_was_seen():
    grid = pd.Series(1.0, pd.date_range("2024-01-01", periods=401))
    ahead = pd.date_range("2025-02-05", periods=500)
    made = onward(ahead, grid, 0.001)
    assert made[99] == pytest.approx(np.exp(0.1))
    assert (made[int(400 * ONWARD) :] == made[int(400 * ONWARD)]).all()
    assert onward(pd.DatetimeIndex(grid.index), grid, 0.001)[0] == pytest.approx(np.exp(-0.4))


def test_the_unit_of_bands_does_not_jump_where_a_season_is_found():
    """By the week the season of a year is compared from two years on: with growth that is far off."""
    known = regular(grown("W", 0.0, 3)[0])
    short, long = (engine.look(known, length, 13, ("seasonal naive",)) for length in (100, 150))
    assert short.history.season == 1 < long.history.season
    units = [intervals.unit(one, "seasonal naive").mean() for one in (short, long)]
    assert 0.5 < units[1] / units[0] < 2.0  # the level rises by 1.05 ** 11.5, and what is said is a year old


def test_a_month_that_stands_apart_from_the_others_comes_again():
    """December sells twice as much as any other month; two of them were seen."""
    rng, dates = np.random.default_rng(5), pd.date_range("2023-01-01", "2025-11-01", freq="MS")
    known = regular(pd.Series(rng.poisson(2000.0 * np.where(dates.month == 12, 2, 1)).astype(float), dates))
    said = engine.look(known, len(known.values), 3, COMBINED).forecast[engine.DEFAULT]
    assert said == pytest.approx([4000, 2000, 2000], rel=0.08)


def test_overrides_are_summed_by_their_reason():
    days = pd.date_range("2026-01-05", periods=4)
    said = pd.DataFrame({"target_day": days, "mean": 100.0, "value": [130.0, 120.0, 70.0, 90.0]})
    said["reason"] = ["Fair", "fair ", "Rain", "rain"]
    actual = pd.Series([140.0, 90.0, 75.0, 100.0], days)
    found = explain.by_reason(explain.judged(said, actual)).set_index("reason")
    # Fair: 40 off in place of 10, then 10 in place of 30; rain: 25 in place of 5, then none in place of 10.
    assert found["improved"].to_dict() == {"fair": 10.0, "rain": 10.0}
    assert found["moved"].to_dict() == {"fair": 50.0, "rain": -40.0}
    assert found["closer"].to_dict() == {"fair": 0.5, "rain": 0.5}
