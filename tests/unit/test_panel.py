"""The panel model: many series at once, their bands, and totals that add up."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from data import tables
from models.forecast import CannotForecast, hierarchy, items
from models.forecast.panel import Panel, add_up, around, forecast_panel, mean_forecast, panel


def quiet(_message: str, _share: float) -> None:
    pass


def seasonal(series: int = 120, steps: int = 60, seed: int = 0) -> Panel:
    """Monthly series of very different sizes with one season, in three stores and four categories."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2020-01-01", periods=steps, freq="MS")
    season = 1 + 0.6 * np.sin(2 * np.pi * np.arange(steps) / 12)
    level = rng.lognormal(2.5, 1.2, (series, 1))
    keys = pd.DataFrame(
        {
            "store": [f"s{number % 3}" for number in range(series)],
            "product": [f"p{number // 3}" for number in range(series)],
            "category": [f"c{number // 3 % 4}" for number in range(series)],
        }
    )
    return Panel(rng.poisson(level * season).astype(np.float32), dates, keys, "MS")


def sparse(series: int = 300, steps: int = 40) -> Panel:
    """Series that mostly sell nothing."""
    rng = np.random.default_rng(1)
    sold = rng.random((series, steps)) < rng.uniform(0.05, 0.5, (series, 1))
    values = (sold * rng.poisson(4, (series, steps))).astype(np.float32)
    keys = pd.DataFrame({"store": "s", "product": [str(number) for number in range(series)]})
    return Panel(values, pd.date_range("2021-01-01", periods=steps, freq="MS"), keys, "MS")


@pytest.fixture(scope="module")
def known() -> Panel:
    return seasonal()


def test_rows_become_series_and_missing_months_zero():
    rows = pd.DataFrame(
        {
            "store": ["a", "a", "b"],
            "product": ["x", "x", "x"],
            "date": pd.to_datetime(["2024-01-01", "2024-09-01", "2024-03-01"]),
            "units": [3.0, 5.0, -2.0],
        }
    )
    made = panel(rows, ["store", "product"], "MS")
    assert made.values.shape == (2, 9)
    assert made.values[0].tolist() == [3, 0, 0, 0, 0, 0, 0, 0, 5]
    assert not made.values[1].any(), "a month in which more came back than was sold is zero"
    assert made.keys.to_dict("list") == {"store": ["a", "b"], "product": ["x", "x"]}


def test_too_few_months_are_said():
    rows = pd.DataFrame({"product": ["x"] * 3, "date": pd.date_range("2024-01-01", periods=3, freq="MS"), "units": 1.0})
    with pytest.raises(CannotForecast, match="at least 8 values"):
        panel(rows, ["product"], "MS")


def test_a_season_is_seen_and_the_bands_hold(known):
    train, actual = known.upto(57), known.values[:, 57:60]
    found = forecast_panel(train, 3)
    naive = np.sqrt(((train.values[:, -3:].mean(axis=1, keepdims=True) - actual) ** 2).mean())
    off = np.sqrt(((found.mean - actual) ** 2).mean())
    assert off < 0.8 * naive
    assert found.rmse < found.naive_rmse
    assert 0.72 <= ((actual >= found.lo) & (actual <= found.hi)).mean() <= 0.92
    assert 0.72 <= found.coverage <= 0.92
    assert (found.lo <= found.mean + 1).all()
    assert (found.lo >= 0).all()


def test_many_zeros_get_a_hurdle_and_the_mean_stays_right():
    known = sparse()
    ahead = [mean_forecast(known.upto(length), 1, 0) for length in (36, 37, 38, 39)]
    assert np.sum(ahead) == pytest.approx(known.values[:, 36:40].sum(), rel=0.12)
    said = ahead[-1]
    often = known.values[:, :39].mean(axis=1)
    assert np.corrcoef(said[:, 0], often)[0, 1] > 0.6


def test_the_same_panel_and_seed_give_the_same_answer(known):
    assert np.array_equal(mean_forecast(known, 2, 0), mean_forecast(known, 2, 0))


def test_past_origins_know_nothing_of_what_came(known):
    poisoned = Panel(known.values.copy(), known.dates, known.keys, "MS")
    poisoned.values[:, -1] = 1e5
    clean, spoilt = forecast_panel(known, 1), forecast_panel(poisoned, 1)
    for one, other in zip(clean.past, spoilt.past, strict=True):
        assert np.array_equal(one.forecast, other.forecast)


def test_one_series_and_a_short_history():
    one = Panel(seasonal(3).values[:1], seasonal(3).dates, seasonal(3).keys[:1], "MS")
    assert forecast_panel(one, 1).mean.shape == (1, 1)
    short = seasonal(20, 9)
    found = forecast_panel(short, 1)
    assert np.isfinite(found.mean).all()
    assert np.isnan(found.coverage)


def test_adding_up_moves_the_least_sure_most():
    belongs = np.array([[1.0, 1.0, 1.0]])
    moved = add_up(np.array([10.0, 10.0, 10.0]), np.array([1.0, 1.0, 8.0]), np.array([40.0]), np.array([1e-9]), belongs)
    assert moved.sum() == pytest.approx(40, abs=1e-6)
    assert moved[2] - 10 == pytest.approx(8 * (moved[0] - 10))


@pytest.mark.parametrize("seed", [0, 1])
def test_totals_add_up_and_nothing_is_negative(seed):
    known = seasonal(60, 40, seed)
    found = hierarchy.forecast_all(known, ["store", "category"], 2, 0, quiet)
    single, levels = found.single.mean, found.totals_history.keys
    assert (single >= 0).all()
    assert np.allclose(found.totals.mean, found.belongs @ single, atol=1e-6)
    for level in ("", "store", "category"):
        rows = (levels["level"] == level).to_numpy()
        assert np.allclose(found.totals.mean[rows].sum(axis=0), single.sum(axis=0), atol=1e-6)
    assert found.method == found.off.mean(axis=1).idxmin()


def test_what_any_choice_of_series_sells_lies_in_its_band_in_eight_of_ten():
    """Errors that all series of a month share, and some of their own, at three past origins and the month to come."""
    rng, said, inside = np.random.default_rng(0), np.full((30, 1), 50.0), []
    for _again in range(1_000):
        came = said * (1 + rng.normal(0, 0.15, (4, 1, 1)) + rng.normal(0, 0.2, (4, 30, 1)))
        past = [SimpleNamespace(forecast=said, actual=one) for one in came[:3]]
        found = SimpleNamespace(single=SimpleNamespace(mean=said, past=past))
        rows = rng.choice(30, 8, replace=False)
        lo, hi = hierarchy.of_sum(found, rows, 0)
        inside.append(lo <= came[3][rows].sum() <= hi)
    assert 0.77 < np.mean(inside) < 0.83
    assert np.isnan(hierarchy.of_sum(SimpleNamespace(single=SimpleNamespace(mean=said, past=[])), rows, 0)).all()


def test_a_total_far_below_its_parts_makes_none_of_them_negative():
    bottom = np.array([[1.0], [50.0], [2.0]])
    above, spread = np.array([[5.0]]), np.array([[30.0], [30.0], [30.0]])
    moved = hierarchy.reconciled(bottom, above, spread, np.array([[1e-9]]), np.ones((1, 3)))
    assert (moved >= 0).all()
    assert moved.sum() == pytest.approx(5, abs=1e-6)


def test_months_in_part_are_left_out():
    spans = pd.DataFrame(
        {
            "month": pd.date_range("2024-01-01", periods=12, freq="MS"),
            "first": pd.date_range("2024-01-01", periods=12, freq="MS") + pd.Timedelta(days=1),
            "last": pd.date_range("2024-01-31", periods=12, freq="ME"),
        }
    )
    spans.loc[11, "last"] = pd.Timestamp("2024-12-09")
    units = pd.DataFrame({"product": "x", "date": spans["month"], "units": [500.0] + [1.0] * 11})
    goods = pd.DataFrame({"product": ["x"], "name": ["X"]})
    known, findings = items.months(units, spans, goods, 20)
    assert len(known.dates) == 11
    assert known.values.max() == 20
    assert [finding.rows for finding in findings] == [1, 1]


def test_shop_by_item_of_a_real_chain(kaggle_chain):
    """Kaggle's 1C, a third of its shops: bands hold, the model beats the mean of three months, totals add up."""
    lines = tables.read(kaggle_chain)
    lines = lines[lines["store"].isin(sorted(lines["store"].unique())[::3])]
    date = lines["timestamp"].dt.to_period("M").dt.to_timestamp()
    units = lines.groupby(["store", "product", "category", date])["quantity"].sum().clip(upper=20)
    rows = units.reset_index(name="units").rename(columns={"timestamp": "date"})
    found = hierarchy.forecast_all(panel(rows, ["store", "product"], "MS"), ["store"], 1, 0, quiet)
    assert found.single.coverage >= 0.75
    assert found.single.rmse < 0.92 * found.single.naive_rmse
    assert np.allclose(found.totals.mean, found.belongs @ found.single.mean, atol=1e-3)


def test_what_is_expected_lies_in_its_band_in_whole_numbers_too():
    mean = np.array([[1039.9, 2.4, 0.3]])
    lo, hi = around(mean, np.array([[1049.6, 2.0, 0.4]]), np.array([[1143.0, 2.2, 0.4]]), whole=True)
    assert (lo <= mean).all()
    assert (hi >= mean).all()
    assert np.allclose(lo, [[1039, 2, 0]])
    assert np.allclose(hi, [[1143, 3, 1]])


def test_a_month_in_which_nothing_at_all_was_sold_teaches_nothing():
    months = pd.date_range("2024-01-01", periods=12, freq="MS")
    units = pd.DataFrame({"product": "p", "date": months, "units": 100.0}).drop([4, 5])
    spans = pd.DataFrame(
        {"month": units["date"], "first": units["date"], "last": units["date"] + pd.offsets.MonthEnd(0)}
    )
    goods = pd.DataFrame({"product": ["p"], "name": ["p"]})
    history, findings = items.months(units, spans.reset_index(drop=True), goods, None)
    assert history.values.tolist() == [[100.0] * 12]
    assert [one.rows for one in findings if "nothing at all" in one.message] == [2]
