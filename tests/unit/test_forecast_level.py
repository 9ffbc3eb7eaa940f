"""A new level at the end, sums that err together, and exponential smoothing: against truths that are set here."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from models.forecast import engine, intervals
from models.forecast.apart import apart
from models.forecast.combined import BASE, forecast, rolling, turned
from models.forecast.learners import LEARNERS
from models.forecast.series import learnable, regular
from tests.unit.test_forecast import messages, shop
from tests.unit.test_forecast_steps import days


def stepped(last: int, factor: float, seed: int = 0, length: int = 420) -> pd.Series:
    """A shop of 107 a day, half more at weekends, whose last days sell `factor` times as much."""
    rng, at = np.random.default_rng(seed), np.arange(length)
    values = 107 / (8 / 7) * (1 + 0.5 * (at % 7 >= 5)) * np.exp(rng.normal(0, 0.12, length))
    values[length - last :] *= factor
    return days(values)


@pytest.mark.usefixtures("plain_learners")
def test_two_weeks_at_three_times_the_level_are_a_new_level_until_somebody_says_once():
    sold = stepped(14, 3.0)
    answer = forecast(sold, 28)
    assert answer.frame["mean"].mean() == pytest.approx(321, rel=0.06)
    assert answer.window.history.apart.steps == 14
    assert answer.window.history.apart.factor == pytest.approx(3, rel=0.08)
    assert answer.otherwise.forecast["combined"].mean() == pytest.approx(107, rel=0.06)
    assert "new level" in messages(answer.findings)
    once = forecast(sold, 28, recent="once")
    assert once.frame["mean"].mean() == pytest.approx(107, rel=0.06)
    assert once.otherwise.forecast["combined"].mean() == pytest.approx(321, rel=0.06)
    assert "only once" in messages(once.findings)
    pd.testing.assert_frame_equal(turned(answer, sold).frame, once.frame)
    assert turned(answer, sold).total == once.total
    assert turned(answer, sold).findings == once.findings


@pytest.mark.parametrize(("last", "factor"), [(7, 3.0), (14, 0.5), (21, 1.5), (28, 2.0)])
def test_what_stands_apart_is_found_with_its_size(last, factor):
    found = [apart(stepped(last, factor, seed), "D", 7) for seed in range(5)]
    assert all(found)
    assert np.mean([one.factor for one in found]) == pytest.approx(factor, rel=0.08)
    assert {one.steps for one in found} == {last}


def test_noise_a_single_week_day_and_a_yearly_season_do_not_stand_apart():
    assert not any(apart(stepped(1, 1.0, seed), "D", 7) for seed in range(20))
    december = shop(1000) * np.where(pd.date_range("2024-01-01", periods=1000).month == 12, 2.5, 1.0)
    ends = december[:"2025-12-28"]
    assert apart(ends, "D", 7) is None
    quarters = pd.Series(
        np.random.default_rng(0).normal(100, 3, 40), pd.date_range("2016-01-01", periods=40, freq="QS")
    )
    assert learnable(regular(quarters)).apart is None


def test_sums_lie_in_their_bands_as_often_as_promised_where_a_whole_horizon_errs_together():
    """Levels that wander: the error of a sum is far more than that of steps that err each for itself."""
    inside, alone = {80: [], 95: []}, []
    for seed in range(36):
        rng = np.random.default_rng(seed)
        level = 100 * np.exp(np.repeat(np.cumsum(rng.normal(0, 0.06, 60)), 7))
        sold = days(level * np.exp(rng.normal(0, 0.1, 420)))
        known = regular(sold)
        window, past = engine.look(known, 406, 14, [BASE]), rolling(known.upto(406), 14, 5, 14, [BASE])
        for share, found in inside.items():
            lo, hi = intervals.total(window, past, BASE, [share])[share]
            found.append(lo <= sold.iloc[406:].sum() <= hi)
        lo, hi = intervals.total(window, past, BASE, [80])[80]
        steps = intervals.bands(window, past, BASE, [80])[80]
        alone.append((hi - lo) / np.sqrt(((steps[1] - steps[0]) ** 2).sum()))
    assert 0.7 <= np.mean(inside[80]) <= 0.9
    assert np.mean(inside[95]) >= 0.9
    assert np.median(alone) > 1.5


@pytest.mark.usefixtures("plain_learners")
def test_steps_and_sums_are_read_off_the_same_futures():
    sold = shop(300)
    answer = forecast(sold, 14)
    drawn = intervals.paths(answer.window, answer.past, "combined")
    assert np.allclose(np.quantile(drawn.sum(axis=1), [0.1, 0.9]), answer.total[80])
    lo = np.minimum(np.quantile(drawn, 0.1, axis=0), answer.frame["mean"])
    assert np.allclose(lo, answer.frame["lo-80"])
    held, of = answer.total_held[80]
    assert 0 <= held <= of == 3  # of five windows, those with two or more before them


def test_exponential_smoothing_says_what_an_optimizer_says():
    """Months with a trend and a season: as close to the truth as the forms of statsmodels by their AICc."""
    off = {"ets": 0.0, "statsmodels": 0.0}
    for seed in range(4):
        rng, at = np.random.default_rng(seed), np.arange(84)
        level = 200 + np.cumsum(rng.normal(0.6, 4, 84)) + 40 * np.sin(2 * np.pi * at / 12)
        values = pd.Series(level + rng.normal(0, 6, 84), pd.date_range("2018-01-01", periods=84, freq="MS"))
        known, actual = learnable(regular(values[:72])), values.to_numpy()[72:]
        off["ets"] += np.abs(LEARNERS["ets"](known, None)(values.index[72:], None) - actual).mean()
        made = [
            ETSModel(values[:72], trend=trend, damped_trend=bool(trend), seasonal="add", seasonal_periods=12).fit(
                disp=0
            )
            for trend in (None, "add")
        ]
        off["statsmodels"] += np.abs(min(made, key=lambda one: one.aicc).forecast(12).to_numpy() - actual).mean()
    assert off["ets"] < 1.05 * off["statsmodels"]


def test_exponential_smoothing_of_a_season_without_noise_is_that_season():
    values = pd.Series(np.tile([10.0, 20, 30, 40, 50, 60, 70], 20), pd.date_range("2024-01-01", periods=140))
    said = LEARNERS["ets"](learnable(regular(values)), None)(pd.date_range("2024-05-20", periods=7), None)
    assert np.allclose(said, [10, 20, 30, 40, 50, 60, 70], rtol=0.02)


@pytest.mark.usefixtures("plain_learners")
def test_the_band_of_a_new_level_is_that_of_days_that_nobody_was_surprised_by():
    """A level that halved three weeks ago: 100 a day. A day is 100 +- 10; a band of 33 to 162 orders nothing."""
    inside, wide, steps = [], [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        answer = forecast(days(rng.poisson(np.where(np.arange(500) >= 479, 100, 200))), 28)
        lo, hi = answer.total[80]
        inside.append(lo < 2800 < hi)
        wide.append((hi - lo) / 2800)
        steps.append((answer.frame["hi-80"] - answer.frame["lo-80"]).mean())
    assert sum(inside) >= 5
    assert np.mean(wide) < 0.25
    assert np.mean(steps) < 60


@pytest.mark.usefixtures("plain_learners")
@pytest.mark.parametrize("step", ["W-SUN", "MS"])
def test_weeks_and_months_without_a_sale_where_all_others_sell_are_left_out(step):
    """Closed for two months last year: the next December sells as all others, not a tenth of it."""
    rng, dates = np.random.default_rng(12), pd.date_range("2021-06-01", "2025-11-30")
    daily = pd.Series(rng.poisson(100.0, len(dates)).astype(float), dates)
    daily["2024-12-01":"2025-01-31"] = 0
    summed = daily.resample(step).sum().iloc[1 : -1 if step == "W-SUN" else None]
    answer = forecast(summed, 4)
    usual = 700 if step == "W-SUN" else 3044
    assert np.allclose(answer.frame["mean"], usual, rtol=0.08)
    assert "without any sale" in messages(answer.findings)


def test_days_far_apart_are_days_and_no_months():
    """Ten sales a year without the days between: 28 steps are 28 days, with about one or two units."""
    rng, dates = np.random.default_rng(0), pd.date_range("2022-01-01", "2025-11-30")
    sold = np.where(rng.random(len(dates)) < 10 / 365, rng.integers(1, 4, len(dates)), 0.0)
    said = forecast(pd.Series(sold, dates)[sold > 0], 28)
    assert said.frame.index[-1] - said.frame.index[0] == pd.Timedelta(days=27)
    assert 0.5 < said.frame["mean"].sum() < 4
