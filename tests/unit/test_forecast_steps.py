"""A step without a sale is closed, not recorded, no demand, or the end: each is told apart, and sums are right."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from data import tables
from models.forecast import engine, intervals, source
from models.forecast.combined import BASE
from models.forecast.learners import COMBINED, INTERMITTENT, LEARNERS
from models.forecast.series import CannotForecast, learnable, regular
from tests.unit.test_forecast import messages, shop

DEFAULT = (BASE, *COMBINED)


def look(series: pd.Series, horizon: int = 28) -> engine.Window:
    known = regular(series)
    return engine.look(known, len(known.values), horizon, DEFAULT)


def days(values: np.ndarray, first: str = "2024-01-01") -> pd.Series:
    return pd.Series(values.astype(float), pd.date_range(first, periods=len(values)))


def every_three_weeks(length: int = 730, seed: int = 0) -> pd.Series:
    """A sale every 16 to 30 days of 5 to 15 units: 28 days sell 28 / 23 x 10 = 12.2 units."""
    rng = np.random.default_rng(seed)
    values = np.zeros(length)
    when = np.cumsum(rng.integers(16, 31, length // 16))
    values[when[when < length]] = rng.integers(5, 16, (when < length).sum())
    return days(values)


def test_a_sale_now_and_then_is_not_forecast_at_the_level_of_its_good_days():
    said = [look(every_three_weeks(seed=seed)).forecast["combined"].sum() for seed in range(10)]
    assert np.mean(said) == pytest.approx(28 / 23 * 10, rel=0.12)
    assert max(said) < 20


def test_the_sums_of_slow_products_are_right():
    """Products that sell on 3 to 60 % of days, sizes 1 to 15: said and true add up to the same, whoever says it."""
    said, true = dict.fromkeys(INTERMITTENT, 0.0), 0.0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        often, size = rng.uniform(0.03, 0.6), rng.uniform(1, 15)
        history = learnable(regular(days((rng.random(900) < often) * rng.geometric(1 / size, 900))))
        assert history.intermittent
        ahead = history.grid.index[-1] + pd.to_timedelta(np.arange(1, 29), "D")
        for name in said:
            said[name] += LEARNERS[name](history, None)(ahead, None).sum()
        true += 28 * often * size
    for name, total in said.items():
        assert total / true == pytest.approx(1, abs=0.05), name


def test_one_order_of_thousands_is_no_demand_and_one_that_comes_again_is():
    """45 orders of 2 to 14 units and one of 70,000: 28 days sell about 34, and the orders to come are no larger."""
    said, usual = [], np.where(np.random.default_rng(2).random((8, 300)) < 0.15, 8.0, 0.0)
    for number, values in enumerate(usual * np.random.default_rng(3).uniform(0.25, 1.75, (8, 300))):
        values[20 + 30 * number] = 70_000
        window = look(days(values))
        assert "drawn in" in messages(window.history.findings)
        said.append(window.forecast["combined"].sum())
        assert intervals.paths(window, [], "combined").max() < 15
    assert np.mean(said) == pytest.approx(34, rel=0.2)
    assert max(said) < 70
    values[::100] = 70_000
    assert look(days(values)).forecast["combined"].sum() > 1_000


def test_countries_that_seldom_buy_are_forecast_at_what_they_usually_buy(online_retail):
    """Each of Online Retail's that buys on fewer than one in seven days: in 28 days what it bought in as many days of
    its history, or nothing where it has stopped, and never the level of its good days."""
    days = tables.query(
        online_retail,
        "SELECT store, CAST(timestamp AS DATE) AS day, sum(amount) AS sold FROM sales "
        "WHERE line_type IN ('sale', 'return') GROUP BY ALL",
    )
    whole = pd.date_range(days["day"].min(), days["day"].max())
    sold = days.pivot_table(index="day", columns="store", values="sold").reindex(whole).fillna(0.0)
    sold.index = whole
    rare = [name for name in sold if 8 <= (sold[name] != 0).sum() <= len(whole) / 7]
    assert len(rare) >= 10
    assert {"Israel", "Singapore"} <= set(sold)
    ratios = []
    for name in rare:
        values = sold.loc[sold[name].ne(0).idxmax() :, name]
        said = engine.look(regular(values), len(values), 28).forecast["combined"].sum()
        ratios.append(said / (28 * values.mean()))
    assert max(ratios) < 2.5
    assert 0.5 < np.median(ratios) < 1.2


def held_of_slow_demand(seeds: int) -> dict[int, float]:
    """Products that sell on 5 to 50 % of days: how often their next 28 days lie in the bands of the sum.

    How the bands of steps and of sums stand to one another is looked at on the way.
    """
    inside = {80: 0, 95: 0}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        often, size = rng.uniform(0.05, 0.5), rng.uniform(2, 15)
        whole = days((rng.random(528) < often) * rng.geometric(1 / size, 528))
        known = regular(whole[:500])
        window = engine.look(known, 500, 28, [BASE, *INTERMITTENT])
        found = intervals.total(window, [], "recent mean", [80, 95])
        for level, (lo, hi) in found.items():
            inside[level] += lo <= whole[500:].sum() <= hi
        ends = intervals.bands(window, [], "recent mean", [80, 95])
        assert (ends[95][0] <= ends[80][0]).all()
        assert (ends[80][1] <= ends[95][1]).all()
        assert found[95][0] >= 0
    return {level: count / seeds for level, count in inside.items()}


def test_steps_and_sums_of_slow_demand_lie_in_bands_of_one_distribution():
    held = held_of_slow_demand(60)  # of more: benchmarks/held.py
    assert held[80] == pytest.approx(0.80, abs=0.11)
    assert held[95] == pytest.approx(0.95, abs=0.05)


def test_slow_demand_has_learners_of_its_own_and_they_know_the_week():
    rng, dates = np.random.default_rng(1), pd.date_range("2024-01-01", periods=700)
    often = np.where(dates.day_of_week == 5, 0.8, 0.1)
    window = look(pd.Series((rng.random(700) < often) * 4.0, dates))
    assert set(INTERMITTENT) < set(window.forecast)
    assert not set(COMBINED) & set(window.forecast)
    by_day = pd.Series(window.forecast["combined"]).groupby(window.dates.day_of_week).mean()
    assert by_day[5] > 3 * by_day.drop(5).max()


@pytest.mark.parametrize("empty", [7, 60, 365])
def test_what_has_sold_daily_and_stopped_has_ended(empty):
    sold = shop(730).where(np.arange(730) < 730 - empty, 0.0)
    window = look(sold)
    assert window.history.ended
    assert not window.forecast["combined"].any()
    assert "counts as ended" in messages(window.history.findings)


def test_what_is_out_of_season_or_slow_has_not_ended():
    dates = pd.date_range("2022-01-01", "2024-04-30")
    winter = pd.Series(np.where(np.isin(dates.month, [11, 12, 1, 2]), 30.0, 0.0), dates)
    assert not learnable(regular(winter)).ended
    slow = every_three_weeks()[:-1]
    slow.iloc[-40:] = 0
    assert not learnable(regular(slow)).ended


def test_a_closed_christmas_does_not_shift_the_week():
    """Saturday sells three times the rest; after a closed Wednesday the next Saturday is a Saturday still."""
    dates = pd.date_range("2024-01-01", periods=396)
    sold = np.where(dates.day_of_week == 5, 300.0, 100.0) * np.random.default_rng(0).normal(1, 0.01, 396)
    sold[(dates.month == 12) & (dates.day == 25)] = 0
    known = pd.Series(sold[:368], dates[:368])
    forecast = engine.look(regular(known), 368, 28, DEFAULT).forecast
    for name in ("combined", BASE, "theta", "xgboost", "ets"):
        assert np.abs(forecast[name] - sold[368:]).sum() / sold[368:].sum() < 0.04, name


def test_a_gap_and_a_day_known_to_be_closed_keep_the_week_in_step():
    sold = shop(300, noise=0.0)
    torn = sold.drop(sold.index[100:145])  # 45 days: no whole weeks
    known = learnable(regular(torn), closed=pd.DatetimeIndex([sold.index[200]]))
    weekday = pd.DatetimeIndex(known.grid.index).day_of_week.to_numpy()
    assert ((np.diff(weekday) % 7) == 1).all()
    assert sold.index[200] not in known.values.index
    assert known.grid[sold.index[200]] == pytest.approx(sold.iloc[200])
    assert len(known.grid) == 300 - 42


@pytest.mark.parametrize("typed", ["1990-05-02", "2043-05-02"])
def test_a_mistyped_year_is_left_out_and_said(typed):
    sold = shop(100)
    known = regular(pd.concat([sold, pd.Series([5.0], [pd.Timestamp(typed)])]))
    pd.testing.assert_series_equal(known.values, sold, check_freq=False)
    assert next(finding.rows for finding in known.findings) == 1
    assert "far from all others" in messages(known.findings)


@pytest.mark.parametrize(
    ("freq", "first", "ahead"),
    [
        ("QS-FEB", "2015-02-01", ["2025-02-01", "2025-05-01"]),
        ("QE", "2015-03-31", ["2025-03-01", "2025-06-01"]),
        ("6MS", "2015-01-01", ["2035-01-01", "2035-07-01"]),
        ("YS", "1985-01-01", ["2025-01-01", "2026-01-01"]),
    ],
)
def test_quarters_and_years_are_no_months_with_holes(freq, first, ahead):
    dates = pd.date_range(first, periods=40, freq=freq)
    known = regular(pd.Series(100 + np.random.default_rng(0).normal(0, 3, 40), dates))
    assert (known.values > 50).all()
    assert list(known.ahead(2)) == [pd.Timestamp(day) for day in ahead]
    window = engine.look(known, 40, 2, DEFAULT)
    assert np.allclose(window.forecast["combined"], 100, rtol=0.1)


def covered(dates) -> source.Span:
    """What the query SPAN finds on sales of these dates."""
    with duckdb.connect() as database:
        lines = pd.DataFrame({"timestamp": pd.DatetimeIndex(dates), "line_type": "sale"})
        database.register("sales", lines)
        return source.span(database.execute(source.SPAN).df())


def rows(dates, units=1.0) -> pd.DataFrame:
    return pd.DataFrame({"day": pd.DatetimeIndex(dates), "revenue": 1.0, "units": units})


def test_a_part_goes_on_to_the_end_of_the_data():
    whole = covered(pd.date_range("2024-01-10", "2024-04-10"))
    ended = rows(pd.date_range("2024-01-15", "2024-02-20"))
    daily, _found = source.series(ended, "units", "D", whole)
    assert (daily.index[0], daily.index[-1]) == (pd.Timestamp("2024-01-15"), pd.Timestamp("2024-04-10"))
    assert daily.sum() == len(ended)
    monthly, found = source.series(ended, "units", "MS", whole)
    assert monthly.to_dict() == {pd.Timestamp("2024-02-01"): 20.0, pd.Timestamp("2024-03-01"): 0.0}
    assert found[0].rows == 2  # January and April are in part for everything
    late, found = source.series(rows(["2024-02-15"]), "units", "MS", whole)
    assert late.to_dict() == {pd.Timestamp("2024-02-01"): 1.0, pd.Timestamp("2024-03-01"): 0.0}
    assert [finding.rows for finding in found] == [1]


@pytest.mark.parametrize("freq", ["MS", "ME"])
def test_monthly_data_keep_their_newest_month(freq):
    dates = pd.date_range("2019-01-01", periods=45, freq=freq)
    span = covered(dates)
    assert span.step == "MS"
    values, found = source.series(rows(dates, np.arange(45.0)), "units", "MS", span)
    assert values.tolist() == list(range(45))
    assert found == ()
    with pytest.raises(CannotForecast, match="weeks or months"):
        source.series(rows(dates), "units", "D", span)


def test_weekly_data_keep_their_weekday():
    dates = pd.date_range("2024-01-03", periods=30, freq="7D")
    span = covered(dates)
    values, found = source.series(rows(dates, np.arange(30.0)), "units", "W", span)
    assert (span.step, values.tolist(), found) == ("W", list(range(30)), ())
    assert list(values.index) == list(dates)
    assert covered(pd.date_range("2024-01-01", periods=90)).step == "D"


@pytest.mark.parametrize(("freq", "step", "end"), [("QS", "QS", "2024-12-31"), ("QE", "QS", "2024-12-31"),
                                                   ("YS", "YS", "2024-12-31"), ("YE", "YS", "2024-12-31")])  # fmt: skip
def test_quarters_and_years_keep_their_step(freq, step, end):
    dates = pd.date_range("2005-01-01", "2024-12-31", freq=freq)
    whole = covered(dates)
    assert (whole.step, whole.first, whole.last) == (step, pd.Timestamp("2005-01-01"), pd.Timestamp(end))
    ended = rows(dates[:-2], np.arange(len(dates) - 2.0))
    values, found = source.series(ended, "units", step, whole)
    assert values.tolist() == [*range(len(dates) - 2), 0, 0]
    assert found == ()
    assert regular(values).frequency == step


def test_a_strike_of_twelve_weeks_silences_nobody() -> None:
    rng = np.random.default_rng(0)
    weeks = pd.Series(rng.normal(500, 20, 200), pd.date_range("2020-01-05", periods=200, freq="W"))
    weeks.iloc[90:102] = 0.0
    window = engine.look(regular(weeks), 200, 8, COMBINED)
    assert set(COMBINED) <= set(window.forecast)
    assert window.forecast["combined"] == pytest.approx(500, rel=0.05)
