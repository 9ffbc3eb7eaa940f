"""Plans for a whole range, where products are bought instead of each other: held against shops whose truth is known."""

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest

from benchmarks.plans import SHOPS, Shop, held, late, made, said, truth
from data import tables
from data.dataset import Dataset, Origin
from data.tables.reading import SUMMED
from models.drift import consequence, monitored
from models.forecast import elasticity, promotions, switching
from models.forecast.elasticity import Elasticity
from models.forecast.scenario import Plan, beyond, on_top, outcome, promised, runs
from models.lifecycle import sales

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DATES = pd.date_range("2026-01-05", periods=28)
FIRST, LAST = date(2026, 1, 5), date(2026, 1, 11)
UNITS = pd.DataFrame({"mean": 100.0, "lo-80": 80.0, "hi-80": 120.0}, DATES)
STEALING = Elasticity(3.0, 2.8, 3.2, 30, whole=Elasticity(0.5, 0.3, 0.7, 0, seen=(-0.2, 0.0)), seen=(-0.3, 0.1))


def weekly(out):
    return out.frame["units"].iloc[:7].sum() / 700


@pytest.fixture(scope="module")
def stealing():
    return [made(SHOPS["products that steal from each other"], seed) for seed in range(40, 49)]


def test_a_promotion_on_the_whole_range_lies_within_its_interval(stealing):
    found = [switching.together(one) for one in stealing]
    right = 0.8**-0.5 - 1  # 12 %
    answers = [said(one) for one in found]
    assert sum(lo <= right <= hi for _value, lo, hi in answers) >= 8
    assert np.median([value for value, _lo, _hi in answers]) == pytest.approx(right, abs=0.03)
    assert np.median([hi - lo for _value, lo, hi in answers]) < 0.25
    alone = [said(replace(one, whole=None))[0] for one in found]  # as if nobody bought another product instead
    assert np.median(alone) > 0.8


def test_the_elasticity_of_one_product_beside_the_others_is_found(stealing):
    found = [elasticity.elasticity(one) for one in stealing]
    assert sum(one.lo <= 3.0 <= one.hi for one in found) >= 7
    assert all(one.hi - one.lo < 0.4 for one in found)


@pytest.mark.parametrize(
    "name", ["prices moved only together", "cheaper when most is bought anyway", "the same, one year and a half"]
)
def test_other_ways_in_which_prices_moved_are_held_too(name):
    found = held(SHOPS[name], range(60, 64))
    assert found["answers"] == 1
    assert found["all of it"] >= 3 / 4
    assert found["half of it"] >= 3 / 4


def test_where_prices_never_moved_together_there_is_no_single_number():
    shop = replace(SHOPS["prices moved only apart"], apart=0.02)
    found = switching.together(made(shop, 5))
    assert found.whole is not None
    assert found.whole.reason
    value, lo, hi = said(found)
    assert np.isnan(value)
    assert lo <= truth(shop) <= hi
    assert hi == pytest.approx(0.8**-found.whole.hi - 1, rel=0.01)
    out = outcome(UNITS, 1.0, 0.5, [Plan("promotion", FIRST, LAST, 0.2)], replace(found, after=()))
    assert not out.known
    assert out.frame["units"].iloc[:7].isna().all()
    assert (out.frame["units"].iloc[7:] == 100).all()
    assert (out.frame["least"].iloc[:7] < out.frame["most"].iloc[:7]).all()


def test_an_effect_that_may_be_none_at_all_is_not_known():
    found = switching.together(made(replace(SHOPS["no stealing"], own=0.01, whole=0.01, apart=0.05, noise=0.3), 3))
    assert found.reason
    assert np.isnan(found.value)


def test_a_range_sells_what_its_products_do_one_by_one():
    """Ten equal products, three of them 20 % off, by the formula of each."""
    price = np.array([0.8] * 3 + [1.0] * 7)
    index = np.mean(price**-3.0)
    each = price**-3.0 / index * index ** (0.5 / 3.0)
    out = outcome(UNITS, 10.0, 4.0, [Plan("promotion", FIRST, LAST, 0.2, 0.3)], STEALING)
    assert weekly(out) == pytest.approx(each.mean())
    assert out.frame["revenue"].iloc[:7].sum() / 7000 == pytest.approx((each * price).mean())
    one = outcome(UNITS, 10.0, 4.0, [Plan("promotion", FIRST, LAST, 0.2)], STEALING, weight=0.1)
    index = np.mean(np.array([0.8] + [1.0] * 9) ** -3.0)
    own, others = 0.8**-3.0 * index ** (0.5 / 3.0 - 1), index ** (0.5 / 3.0 - 1)
    assert weekly(one) == pytest.approx(own)
    assert one.taken[0] < 9 * (1 - others) / (own - 1) < one.taken[1]


def test_of_three_products_one_wins_less_than_tells_it_from_the_others():
    """1 % off one of three equal products, of which a third of what it wins was its own anyway: by the formula of each
    3.00 % where the contrast is 4.25, and all of it only where nobody else is there."""
    found = replace(STEALING, value=4.25, lo=4.25, hi=4.25, share=1 / 3)
    price = np.array([0.9999, 1.0, 1.0])
    index = np.mean(price**-4.25)
    sold = (price**-4.25 * index ** (0.5 / 4.25 - 1))[0]
    assert (
        switching.alone(found).value
        == pytest.approx(np.log(sold) / -np.log(0.9999), abs=0.001)
        == pytest.approx(3, abs=0.001)
    )
    assert switching.alone(found).lo == pytest.approx(4.25 * 2 / 3 + 0.3 / 3)
    assert switching.alone(replace(found, share=0.0)).value == 4.25
    bounds = replace(found, whole=replace(found.whole, value=np.nan))
    assert switching.alone(bounds).lo < switching.alone(bounds).value < switching.alone(bounds).hi


def test_the_share_of_a_product_is_that_of_its_own_category():
    lines = few(3)
    units = weekly_of(lines).groupby("product")["units"].sum()
    assert elasticity.elasticity(weekly_of(lines)).share == pytest.approx((units / units.sum()).mean(), abs=0.02)


def test_promotions_on_the_same_days_do_not_add_up():
    def units(*plans):
        return weekly(outcome(UNITS, 1.0, 0.5, plans, STEALING))

    deep, flat = Plan("promotion", FIRST, LAST, 0.3), Plan("promotion", FIRST, LAST, 0.1)
    assert units(deep, flat) == units(flat, deep) == units(deep)
    half = replace(deep, share=0.5)
    index = 0.5 * 0.7**-3.0 + 0.5 * 0.9**-3.0  # half of it 30 % off, the other half 10 %
    assert units(half, flat) == pytest.approx(index ** (0.5 / 3))
    dearer = Plan("price", FIRST, LAST, 0.1)  # a promotion on a list price that has risen is off the new one
    assert units(dearer, deep) == pytest.approx((1.1 * 0.7) ** -0.5)


def test_a_promotion_over_one_that_the_forecast_has_in_it_counts_by_what_is_deeper():
    """10 % off from Wednesday to Friday are in the calendar and in the units; 20 % off are painted over the week."""
    calendar = pd.DataFrame({"date": DATES[2:5], "open": True, "promotion": 0.1})
    there = promised(calendar, DATES)
    assert there.tolist() == [0, 0, 0.1, 0.1, 0.1] + [0] * 23
    assert runs(there) == [Plan("promotion", date(2026, 1, 7), date(2026, 1, 9), 0.1)]
    week = Plan("promotion", FIRST, LAST, 0.2)
    beside = on_top([week], there)
    assert [(one.start.day, one.end.day, round(one.size, 6)) for one in beside] == [
        (5, 6, 0.2), (7, 9, round(1 - 0.8 / 0.9, 6)), (10, 11, 0.2)]  # fmt: skip
    assert [one.start.day for one in on_top([replace(week, size=0.1)], there)] == [5, 10]  # no more than is there
    shut = Plan("closed", FIRST, LAST)
    assert on_top([shut], there) == [shut]
    prices = 10 * (1 - there.to_numpy())
    out = outcome(UNITS, prices, 4.0, beside, STEALING)
    assert out.frame["revenue"].iloc[2] == pytest.approx(100 * (0.8 / 0.9) ** -0.5 * 8)  # at 8, and not at 7.2
    assert outcome(UNITS, prices, 4.0, [], STEALING).frame["revenue"].iloc[2] == pytest.approx(900)
    assert promised(calendar.drop(columns="promotion"), DATES).sum() == 0


def test_with_no_plan_a_day_whose_mean_is_zero_keeps_its_band():
    units = UNITS.assign(mean=0.0, **{"lo-80": 0.0, "hi-80": 3.0})
    out = outcome(units, 2.0, 1.0, [], STEALING)
    assert (out.frame["hi"] == 6.0).all()
    assert out.uplift == (0, 0, 0)


def test_the_money_has_the_band_of_its_own_forecast():
    """Units are sure to 1%, what is paid for one to 10%: nothing planned is the forecast of revenue, and of a promotion
    on everything at an elasticity of 0.5 each future is 0.8^0.5 of itself. A unit costs 40% of its price."""
    rng = np.random.default_rng(0)
    paths = 100 * (1 + 0.01 * rng.normal(size=(1000, 1))) * np.ones(len(DATES))
    paid = 10 * (1 + 0.1 * rng.normal(size=(1000, 1)))
    money = pd.DataFrame({"mean": 1000.0, "lo-80": 850.0, "hi-80": 1150.0}, DATES)
    exact = replace(STEALING, lo=3.0, hi=3.0, whole=replace(STEALING.whole, lo=0.5, hi=0.5))
    lo, hi = np.quantile((paths * paid).sum(axis=1), (0.1, 0.9))

    plain = outcome(UNITS, 9.0, 4.0, [], exact, paths=paths, earned=(money, paths * paid))
    assert plain.bands[1] == pytest.approx((lo, hi))
    assert plain.bands[2] == pytest.approx((0.6 * lo, 0.6 * hi))
    assert plain.bands[0] == pytest.approx(np.quantile(paths.sum(axis=1), (0.1, 0.9)))
    assert (plain.frame[["revenue", "lo", "hi"]] == [1000, 850, 1150]).all(axis=None)
    everywhere = [Plan("promotion", DATES[0].date(), DATES[-1].date(), 0.2)]
    out = outcome(UNITS, 9.0, 4.0, everywhere, exact, paths=paths, earned=(money, paths * paid))
    assert out.bands[1] == pytest.approx((0.8**0.5 * lo, 0.8**0.5 * hi))
    assert out.frame["hi"].to_numpy() == pytest.approx(1150 * 0.8**0.5)


def test_what_is_extrapolated_is_said():
    def far(*plans):
        return beyond(plans, STEALING)

    assert not far(Plan("promotion", FIRST, LAST, 0.28), Plan("event", FIRST, LAST, 3.0), Plan("closed", FIRST, LAST))
    assert far(Plan("promotion", FIRST, LAST, 0.3))  # of one product no problem, but of all of them
    assert not far(Plan("promotion", FIRST, LAST, 0.41, 0.3))
    assert not beyond([Plan("promotion", FIRST, LAST, 0.4)], STEALING, weight=0.1)
    assert far(Plan("promotion", FIRST, LAST, 0.42, 0.3))  # 1.5 times the logarithm of 0.7 is 0.586
    assert far(Plan("price", FIRST, LAST, 0.16, 0.1))  # rises were seen up to 10 %


def test_what_promotions_did_is_learned_and_comes_back_in_plans():
    shop = replace(SHOPS["customers buy ahead"], ahead=0.8)
    sold = made(shop, 13)
    found = switching.together(sold)
    assert all(lo <= -0.8 <= hi < 0 for _value, lo, hi in found.after)
    did = promotions.learned(sold, found)
    assert did is not None
    usual = did.lift.set_index(did.lift["depth"].round(2)).loc[0.2]
    assert usual["lo"] < 0.8**-3.0 - 1 < usual["hi"]
    assert did.after["less"].to_numpy() == pytest.approx(1 - np.exp(-0.8 * did.depth), abs=0.03)
    assert (did.after["lo"] > 0).all()
    assert did.taken[0] < 1 - 0.5 / 3.0 < did.taken[1]
    out = outcome(UNITS, 1.0, 0.5, [Plan("promotion", FIRST, LAST, 0.2)], found)
    later = out.frame["units"].iloc[7:21] / 100
    assert later.mean() == pytest.approx(np.exp(-0.8 * 0.2), abs=0.03)
    assert (out.frame["units"].iloc[21:] == 100).all()
    again = [Plan("promotion", FIRST, LAST, 0.2), Plan("promotion", date(2026, 1, 12), date(2026, 1, 25), 0.2)]
    both = outcome(UNITS, 1.0, 0.5, again, found).frame["units"]
    assert both.iloc[7:21].mean() == pytest.approx(both.iloc[:7].mean())  # no dip while the next one runs


def test_shops_without_recorded_promotions_tell_nothing_of_them():
    sold = made(SHOPS["customers buy ahead, not recorded"], 11)
    assert promotions.learned(sold, switching.together(sold)) is None


def test_the_days_after_of_the_simulation():
    depth = np.array([[0.0, 0.2, 0.0, 0.0, 0.0, 0.3, 0.3, 0.0]])
    assert late(depth).tolist() == [[0.0, 0.0, 0.2, 0.2, 0.0, 0.0, 0.0, 0.3]]


def test_three_categories_each_with_its_own_prices():
    sold = made(SHOPS["three categories, each with its prices"], 4)
    known = switching.elasticities(sold)
    assert set(known) == {"", "category 0", "category 1", "category 2"}
    whole = known[""].whole
    assert whole is not None
    assert whole.lo <= 0.5 <= whole.hi


def test_what_a_category_sells_at_its_own_prices_is_not_what_it_sells_when_all_are_cheaper():
    """Customers go from one category to another (its own elasticity is 2), and hardly come for all of them (0.5)."""
    rng, weeks, between = np.random.default_rng(0), 120, 3.5
    own = np.where(rng.random((2, weeks)) < 0.15, -0.2, 0.0)
    x = own + np.where(rng.random(weeks) < 0.15, -0.2, 0.0)
    whole = -np.log(np.exp(-between * x).mean(axis=0)) / between
    level = -between * x + (between - 0.5) * whole + rng.normal(0, 0.03, (2, weeks))  # of half of it: (3.5 + 0.5) / 2
    apart = np.where(rng.random((2, 5, weeks)) < 0.1, -0.2, 0.0)
    inside = -np.log(np.exp(-4 * apart).mean(axis=1, keepdims=True)) / 4
    units = rng.poisson(60 * np.exp(level[:, None] - between * inside - 4 * (apart - inside)))
    frame = pd.DataFrame(
        {
            "product": np.repeat([f"{one:02}" for one in range(10)], weeks),
            "category": np.repeat(["a", "b"], 5 * weeks),
            "week": np.tile(pd.date_range("2023-01-02", periods=weeks, freq="7D"), 10),
            "units": units.ravel().astype(float),
            "price": np.exp(x[:, None] + apart).ravel(),
            "spread": 0.0,
        }
    )
    found = switching.elasticities(frame)
    ranges = [found[name].whole for name in ("a", "b", "")]
    assert all(one.lo <= 2 <= one.hi and one.hi - one.lo < 1 for one in ranges[:2])
    assert ranges[2].value < 1


def test_reductions_that_begin_in_the_middle_of_a_week_are_told_within_a_fifth():
    """Six products beside four whose prices stay: 30 % off from a Thursday on sells 0.7^-3 = 2.9 times as much."""
    days = pd.date_range("2024-01-01", periods=7 * 60)
    rng = np.random.default_rng(0)
    lines = []
    for number in range(10):
        off = np.isin((np.arange(len(days)) - 3) // 7 - number, np.arange(10, 60, 12)) * (number < 6) * 0.3
        units = rng.poisson(40 * (1 - off) ** -3.0) + 0.0
        lines.append(
            pd.DataFrame({"timestamp": days, "product": f"P{number}", "quantity": units, "unit_price": 5 * (1 - off)})
        )
    found = elasticity.elasticity(weekly_of(pd.concat(lines).assign(line_type="sale", category="tea")))
    assert found.value == pytest.approx(3, rel=0.2)


def test_drift_of_prices_counts_what_everything_sells_at_once(tmp_path):
    """Of everything at once, not of one product beside the others: 0.5, and not 3."""
    sold = made(SHOPS["products that steal from each other"], 40)
    lines = pd.DataFrame(
        {
            "source": "test",
            "line_id": [str(number) for number in range(len(sold))],
            "timestamp": sold["week"].to_numpy().astype("datetime64[us]"),
            "product": sold["product"].to_numpy(),
            "line_type": "sale",
            "quantity": sold["units"].to_numpy(),
            "unit_price": sold["price"].to_numpy(),
            "currency": "GBP",
            "promotion": sold["promotion"].to_numpy(),
        }
    )
    stored = tables.add(tmp_path, Dataset("sales", {"sales": lines}, Origin("upload", "a.csv")), NOW)
    levels = monitored.PRICES
    column = SimpleNamespace(name="price_change", cut=SimpleNamespace(levels=levels))
    units = sales.response(stored, SimpleNamespace(columns=(column,)))["price_change"]
    half, three = (consequence.of_prices(levels, value) for value in (0.5, 3.0))
    assert np.abs(np.log(units) - np.log(half)).max() < 0.1
    assert np.abs(np.log(three) - np.log(half)).max() > 0.5


def test_prices_of_a_part_of_a_range_answer_as_each_product_does():
    ratio, units = np.array([1.2, 1.2, 1.0]), np.array([10.0, 30.0, 60.0])
    index = 0.4 * 1.2**-3.0 + 0.6
    found = switching.answered(units, ratio, 3.0, 0.5)
    assert found == pytest.approx(ratio**-3.0 * index ** (0.5 / 3.0 - 1))
    assert (units @ switching.answered(units, np.full(3, 1.2), 3.0, 0.5)) / 100 == pytest.approx(1.2**-0.5)
    assert found[2] > 1  # what did not become dearer is bought instead


FEW = Shop(products=2, together=0.0)


def few(seed: int, promoted: bool = True) -> pd.DataFrame:
    """Lines by day of two products that steal from each other: 20 % off one sells 160 of it in place of 100, and 50 of
    the other; of both, 110 each. Reductions begin on any day of the week."""
    rng, days = np.random.default_rng(seed), pd.date_range("2024-01-01", periods=700)
    begin = np.arange(20, 690, 40)
    off = np.zeros((2, 700))
    for start in begin:
        off[0, start : start + 7] = off[1, start + 20 : start + 27] = 0.2 * promoted
    frames = []
    for own, other, name in ((off[0], off[1], "A"), (off[1], off[0], "B")):
        units = rng.poisson(100 + 60 * (own > 0) - 50 * (other > 0)).astype(float)
        frames.append(
            pd.DataFrame({"timestamp": days, "product": name, "quantity": units, "unit_price": 5 * (1 - own)})
        )
    return pd.concat(frames).assign(line_type="sale", category="yoghurt")


def weekly_of(lines: pd.DataFrame, *columns: str) -> pd.DataFrame:
    lines = lines.assign(timestamp=lines["timestamp"].astype("datetime64[us]"))
    with duckdb.connect() as connection:
        connection.execute(SUMMED)
        return (
            connection.register("sales", lines)
            .execute(elasticity.weekly(dict.fromkeys(("category", *columns), "")))
            .df()
        )


def test_two_products_whose_reductions_begin_on_any_day():
    """Both at once sell 10 % more at 20 % off: revenue falls by 12 %. One of them sells 3.2 times the other."""
    found = switching.together(weekly_of(few(0)))
    assert found.value == pytest.approx(np.log(3.2) / np.log(1.25), rel=0.08)
    _value, lo, hi = said(found)
    assert lo <= 0.10 <= hi
    assert 0.8 * (1 + hi) < 1


def test_what_two_products_sell_at_once_lies_within_what_is_said():
    """Nothing moved together, and there are two products only: 9 of 10 shops, own elasticity 3, of both 0.5."""
    inside = []
    for seed in range(300, 312):
        found = switching.together(made(FEW, seed))
        found = elasticity.between(elasticity.STEEPEST, found.reason) if np.isnan(found.lo) else found
        _value, lo, hi = said(found)
        inside.append(lo <= truth(FEW) <= hi)
    assert np.mean(inside) >= 0.9


def test_where_nothing_is_known_plans_come_to_a_range_and_to_no_number():
    found = switching.together(weekly_of(few(1, promoted=False)))
    assert found.reason
    out = outcome(UNITS, 1.0, 0.5, [Plan("promotion", FIRST, LAST, 0.2)], elasticity.between(4.0, found.reason))
    assert not out.known
    assert np.isnan(out.uplift[1])
    assert out.uplift_lo[1] == pytest.approx(700 * (0.8 - 1))  # nobody buys more
    assert out.uplift_hi[1] == pytest.approx(700 * (0.8 * 0.8**-4.0 - 1))


def test_prices_that_change_within_a_week_are_not_two_prices_at_once():
    lines = few(2)
    assert (weekly_of(lines)["spread"] <= elasticity.TWO_PRICES).all()
    two = pd.concat([lines, lines.assign(unit_price=lines["unit_price"] * 1.2)])
    assert elasticity.haggled(weekly_of(two))
    turns = lines.assign(unit_price=np.where(lines["timestamp"].dt.day % 2, 5.0, 6.0))
    assert elasticity.haggled(weekly_of(turns))


def test_a_promotion_that_begins_in_the_middle_of_a_week_is_no_smaller_one():
    """20 % off for two weeks from a Thursday on sells twice as much: one whole week at 20 %, and none at 9 or 11 %."""
    rng, days = np.random.default_rng(0), np.arange(7 * 60)
    lines = []
    for number in range(12):
        off = 0.2 * np.isin((days - 3) // 7 - number, [8, 9, 22, 23, 36, 37]) * (number < 8)
        dates, units = pd.date_range("2024-01-01", periods=len(days)), rng.poisson(40 * (1 + (off > 0))) + 0.0
        lines.append(
            pd.DataFrame({"timestamp": dates, "quantity": units, "unit_price": 5 * (1 - off), "promotion": off})
        )
        lines[-1]["product"] = f"P{number:02}"
    sold = weekly_of(pd.concat(lines).assign(line_type="sale", category="tea"), "promotion")
    found = promotions.learned(sold, switching.together(sold))
    assert found.lift["depth"].tolist() == pytest.approx([0.2])
    assert found.lift["more"].iloc[0] == pytest.approx(1.0, abs=0.05)
