"""Elasticity, plans, the bridge and holidays: effects that are known are found again, and no plan changes nothing."""

from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest

import locales
from data.demo import parameters
from data.demo import sales as demo
from data.tables.reading import SUMMED
from models.forecast import effect, explain, forecast, holidays, intervals, scenario, source
from models.forecast.elasticity import Elasticity, elasticity, weekly
from models.forecast.engine import DEFAULT
from models.forecast.scenario import Plan, outcome, plan
from models.forecast.series import regular
from tests.unit.test_forecast import shop
from ui.sales import series

KNOWN = Elasticity(2.0, 1.5, 2.5, 40)


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    return forecast(shop(200), 28).frame


def sold(slope: float, products: int = 40, weeks: int = 100, seed: int = 0, spread: float = 0.0) -> pd.DataFrame:
    """Weekly units that follow prices with a known elasticity, under seasons and sizes of their own."""
    rng = np.random.default_rng(seed)
    price = np.where(rng.random((products, weeks)) < 0.15, 0.8, 1.0) * rng.uniform(5, 50, (products, 1))
    size, season = rng.uniform(3, 30, (products, 1)), 1 + 0.5 * np.sin(np.arange(weeks) / 8)
    count = rng.poisson(size * season * (price / price.max(axis=1, keepdims=True)) ** -slope)
    frame = pd.DataFrame(
        {
            "product": np.repeat(np.arange(products).astype(str), weeks),
            "week": np.tile(pd.date_range("2024-01-01", periods=weeks, freq="W-MON"), products),
            "units": count.ravel().astype(float),
            "price": price.ravel(),
            "spread": spread,
        }
    )
    return frame[frame["units"] > 0]


@pytest.mark.parametrize("slope", [0.8, 2.4])
def test_a_known_elasticity_is_found_inside_its_interval(slope):
    hits = [(found := elasticity(sold(slope, seed=seed))).lo <= slope <= found.hi for seed in range(8)]
    assert sum(hits) >= 6
    assert found.value == pytest.approx(slope, abs=0.3)
    assert found.hi - found.lo < 0.6


def test_the_elasticities_of_the_demo_are_found_again():
    lines = demo.generate(date(2026, 6, 30), years=2, customers=2000)["sales"]
    with duckdb.connect() as database:
        database.execute(SUMMED)
        table = database.register("sales", lines).execute(weekly(dict.fromkeys(lines, ""))).df()
    for category in parameters.CATEGORIES:
        found = elasticity(table[table["category"] == category.name])
        assert found.value == pytest.approx(category.elasticity, abs=0.45), category.name


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (sold(1.5).assign(price=10.0), "too few products"),
        (sold(1.5, spread=0.3), "several prices at the same time"),
        (sold(1.5, products=3, weeks=40), "too few products"),
        (sold(1.5, products=1), "too few products"),
        (sold(-3.0), "higher prices"),
    ],
)
def test_what_the_data_cannot_say_is_said(frame, said):
    found = elasticity(frame)
    assert said in found.reason
    assert np.isnan(found.value)


def test_nothing_planned_is_the_forecast(units):
    out = outcome(units, 10.0, 4.0, [], KNOWN)
    assert np.allclose(out.frame["units"], units["mean"])
    assert np.allclose(out.frame["revenue"], units["mean"] * 10)
    assert np.allclose(out.frame["margin"], units["mean"] * 6)
    assert np.allclose(out.frame["lo"], units["lo-80"] * 10)
    assert out.uplift == out.uplift_lo == out.uplift_hi == (0, 0, 0)


def test_a_promotion_does_what_its_formula_says(units):
    start, end = units.index[3].date(), units.index[9].date()
    out = outcome(units, 10.0, 4.0, [Plan("promotion", start, end, 0.2, 0.5)], KNOWN)
    here = (units.index >= pd.Timestamp(start)) & (units.index <= pd.Timestamp(end))
    before = units["mean"][here].sum()
    assert out.frame["units"][here].sum() == pytest.approx(before * (0.5 + 0.5 * 0.8**-2))
    assert out.frame["revenue"][here].sum() == pytest.approx(before * 10 * (0.5 + 0.5 * 0.8**-1))
    assert np.allclose(out.frame["units"][~here], units["mean"][~here])
    assert out.uplift_lo[0] < out.uplift[0] < out.uplift_hi[0]


def test_a_price_rise_loses_units_and_a_cut_wins_them(units):
    days = units.index[0].date(), units.index[-1].date()
    up, down = (outcome(units, 10.0, 4.0, [Plan("price", *days, size)], KNOWN) for size in (0.1, -0.1))
    assert up.uplift[0] < 0 < down.uplift[0]
    assert up.uplift[0] == pytest.approx(units["mean"].sum() * (1.1**-2 - 1))


def test_a_closed_day_sells_nothing_and_some_of_it_comes_later(units):
    day = units.index[5]
    lost = outcome(units, 1.0, 0.0, [Plan("closed", day.date(), day.date(), share=0.0)], KNOWN)
    part = outcome(units, 1.0, 0.0, [Plan("closed", day.date(), day.date(), share=0.4)], KNOWN)
    assert lost.frame["units"][day] == part.frame["units"][day] == 0
    assert lost.uplift[0] == pytest.approx(-units["mean"][day])
    assert part.uplift[0] == pytest.approx(-0.6 * units["mean"][day])


def test_plans_survive_the_url_and_nonsense_does_not():
    one = Plan("price", date(2026, 1, 2), date(2026, 1, 9), -0.15, 0.4)
    assert plan(one.text()) == one
    for bad in ("", "price_2026-01-02", "fire_2026-01-02_2026-01-03_20_100", "price_2026-01-09_2026-01-02_5_100",
                "promotion_2026-01-02_2026-01-03_95_100", "event_2026-13-02_2026-01-03_5_100",
                "promotion_2026-01-02_2026-01-03_nan_100"):  # fmt: skip
        assert plan(bad) is None, bad


def test_the_bridge_adds_up():
    answer = forecast(shop(400) * np.linspace(1, 1.5, 400), 28)
    steps = explain.bridge(answer.past[-1], answer.window)
    assert steps["said then"] + steps["surprise"] == pytest.approx(steps["came"])
    parts = steps[["open days", "trend", "time of year", "rest"]].sum()
    assert steps["came"] + parts == pytest.approx(steps["said now"])
    assert steps["said now"] == pytest.approx(answer.frame["mean"].sum())
    assert steps["trend"] > 0


def test_the_league_compares_in_money():
    rows = pd.DataFrame(
        {"model": ["combined", "seasonal naive"] * 2, "window": [1, 1, 2, 2], "mae": [4.0, 6.0, 6.0, 8.0], "mase": 1.0}
    )
    table = explain.league(rows, 10).set_index("model")
    assert table.loc["combined", "saved"] == 20
    assert table.loc["seasonal naive", "saved"] == 0
    assert table.loc["combined", "windows"] == 2


def test_overrides_are_judged_when_their_day_has_come():
    said = pd.DataFrame(
        {
            "target_day": pd.to_datetime(["2024-01-02", "2024-01-03", "2030-01-01"]),
            "mean": [100.0, 100.0, 1.0],
            "value": [120.0, 90.0, 1.0],
        }
    )
    judged = explain.judged(said, shop(10) * 0 + 115)
    assert judged["analyst_closer"].tolist() == [True, False]
    assert judged["improved"].tolist() == [10, -10]


def test_a_year_ago_is_the_same_weekday():
    whole = shop(800)
    dates = pd.date_range(whole.index[-1], periods=8)[1:]
    then = explain.same_days(whole, dates, "D")
    assert (then.index.day_of_week == dates.day_of_week).all()
    assert explain.same_days(whole[-100:], dates, "D") is None


def test_a_shop_that_closes_on_bank_holidays_will_close_again():
    whole = shop(500)
    shut = pd.DatetimeIndex(list(holidays.bank_holidays("GB", date(2024, 1, 1), date(2025, 12, 31))))
    found = holidays.closures(regular(whole.where(~whole.index.isin(shut), 0.0)), 60, "GB")
    assert found is not None
    ahead = found.index[found["closed"] & (found.index > whole.index[-1])]
    assert list(ahead) == [day for day in shut if whole.index[-1] < day <= whole.index[-1] + pd.Timedelta(days=60)]
    assert len(ahead)
    assert holidays.closures(regular(whole), 60, "GB") is None


def test_shops_of_two_countries_are_both_shut_on_the_bank_holidays_that_both_have():
    days = pd.date_range("2024-01-01", "2026-05-03")
    both = {"FR", "DE"}
    free = {code: set(holidays.bank_holidays(code, date(2024, 1, 1), date(2026, 6, 30))) for code in both}
    sold = sum((pd.Series([float(day.date() not in free[code]) for day in days], days) * 60 for code in both), 0.0)
    found = holidays.closures(regular(sold.where(days.day_of_week < 6, 0.0)), 28, "FR")
    assert found is not None
    ahead = found.index[found["closed"] & (found.index > days[-1])]
    assert list(ahead.strftime("%d %m")) == ["14 05", "25 05"]  # and on 8 May the French ones alone


def test_what_an_event_did_before():
    whole = shop(200, noise=1.0)
    events = pd.Series("Fair", whole.index[[40, 90, 130]])
    whole[events.index] *= 1.4
    found = holidays.effects(whole, events)
    assert found.loc[0, "effect"] == pytest.approx(0.4, abs=0.05)
    assert found.loc[0, "days"] == 3


def test_weeks_and_months_in_part_are_left_out_and_said():
    days = pd.DataFrame({"day": pd.date_range("2024-01-10", "2024-04-10"), "revenue": 1.0, "units": 2.0})
    whole = source.Span(days["day"].iloc[0], days["day"].iloc[-1])
    monthly, found = source.series(days, "units", "MS", whole)
    assert monthly.to_dict() == {pd.Timestamp("2024-02-01"): 58.0, pd.Timestamp("2024-03-01"): 62.0}
    assert found[0].rows == 2
    week, _found = source.series(days, "revenue", "W", whole)
    assert (week == 7).all()
    assert (week.index.day_of_week == 6).all()
    every, nothing = source.series(days[::2], "revenue", "D", whole)
    assert (every.iloc[1::2] == 0).all()
    assert nothing == ()


def test_a_part_that_is_no_part_is_refused():
    for query in (source.daily, source.largest, scenario.latest, effect.change):
        with pytest.raises(ValueError, match="no part"):
            query("1; DROP TABLE sales", {"product": "str", "1": "category"})


def test_the_price_of_other_days_is_that_without_promotions():
    """Half of what was sold in the last four weeks was sold at a quarter off: 3.50 on average, 4 without."""
    rows = [("2026-03-01", 10.0, 4.0, 0.0), ("2026-03-02", 10.0, 3.0, 0.25), ("2026-01-01", 10.0, 9.0, 0.0)]
    lines = pd.DataFrame(rows, columns=["timestamp", "quantity", "unit_price", "promotion"])
    lines = lines.assign(timestamp=pd.to_datetime(lines["timestamp"]), line_type="sale",
                         amount=lines["quantity"] * lines["unit_price"])  # fmt: skip
    with duckdb.connect() as database:
        database.register("sales", lines)
        for columns, listed in (({"promotion": ""}, 4.0), ({}, 3.5)):
            found = database.execute(scenario.latest(None, columns), {"days": 28}).df().iloc[0]
            assert (found["price"], found["listed"]) == (3.5, listed)


def test_sums_of_plans_are_those_of_the_forecasts_own_futures():
    """With nothing planned the band of the sum is the forecast's; with plans, each future is changed and summed."""
    found = forecast(shop(200), 28)
    paths = intervals.paths(found.window, found.past, DEFAULT)
    usual = outcome(found.frame, 5.0, 2.0, [], KNOWN, 1.0, paths)
    assert usual.bands[0] == pytest.approx(found.total[80])
    assert usual.bands[2] == pytest.approx([3 * end for end in found.total[80]])
    days = found.frame.index
    event = Plan("event", days[3].date(), days[9].date(), 0.5)
    more = np.where((days >= days[3]) & (days <= days[9]), 1.5, 1.0)
    planned = outcome(found.frame, 5.0, 2.0, [event], KNOWN, 1.0, paths)
    assert planned.bands[1] == pytest.approx(np.quantile(5 * (paths * more).sum(axis=1), [0.1, 0.9]))
    # A price whose effect lies between 1.5 and 2.5: from the low end of the one to the high end of the other.
    cut = outcome(found.frame, 5.0, 2.0, [Plan("price", days[0].date(), days[-1].date(), -0.2)], KNOWN, 1.0, paths)
    lo, hi = (np.quantile(paths.sum(axis=1), share) * 0.8**-power for share, power in ((0.1, 1.5), (0.9, 2.5)))
    assert cut.bands[0] == pytest.approx((lo, hi))
    assert np.isnan(outcome(found.frame, 5.0, 2.0, [], KNOWN).bands).all()


def test_one_unit_is_no_units():
    one = series.Chosen("", "", None, None, "units", "D", 7, pd.Series(dtype=float), (), "GBP", None)
    said = [one.written(amount) for amount in (0.4, 1.0, 1.4, 1.6, 2.0)]
    assert said == ["0 units", "1 unit", "1 unit", "2 units", "2 units"]
    with locales.using("fr"):
        assert [one.written(amount) for amount in (0.0, 1.0, 2.0)] == ["0 unité", "1 unité", "2 unités"]
