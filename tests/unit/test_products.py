"""Margins, their bridge, and what is odd: against sums made another way and truths that are set."""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import locales
from charts.products import margins as charts
from data import state, tables
from data.dataset import Dataset, Origin
from data.demo import sales as generated
from models.forecast import scenario, switching
from models.forecast.elasticity import STEEPEST, Elasticity
from models.lifecycle import sales as managed_sales
from models.products import bridge, margins, odd
from models.sales import overview
from ui.products import known

END = pd.Timestamp("2026-03-14")
YEAR = {"start": END - pd.Timedelta(days=363), "end": END}


def line(day, product, quantity, price, kind="sale", **more):
    made = {"timestamp": pd.Timestamp(day), "product": product, "quantity": float(quantity), "unit_price": float(price)}
    return made | {"line_type": kind} | more


def stored(home, rows, **frames):
    frame = pd.DataFrame(rows)
    frame["line_id"], frame["source"], frame["currency"] = [str(n) for n in range(len(frame))], "test", "EUR"
    dataset = Dataset("sales", {"sales": frame, **frames}, Origin("upload", "mine.csv", currency="EUR"))
    return tables.add(home, dataset, datetime(2026, 4, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    lines = generated.generate(END.date(), customers=400)["sales"]
    dataset = Dataset("sales", {"sales": lines}, Origin("upload", "mine.csv", currency="GBP"))
    return tables.add(tmp_path_factory.mktemp("shop"), dataset, datetime(2026, 4, 1, tzinfo=UTC)), lines


def columns(kept):
    return kept.columns["sales"]


def test_revenue_agrees_with_the_overview_and_every_dimension_to_the_cent(shop):
    kept, lines = shop
    steps = margins.waterfall(tables.query(kept, margins.total(columns(kept)), **YEAR))
    sold = overview.between(overview.goods(lines), YEAR["start"], YEAR["end"])
    assert margins.revenue(steps) == pytest.approx(overview.measures(sold)["revenue"].iloc[0], abs=0.005)
    for dimension in margins.DIMENSIONS:
        ranked = tables.query(kept, margins.by(columns(kept), dimension), **YEAR)
        assert ranked["revenue"].sum() == pytest.approx(margins.revenue(steps), abs=0.005)


def test_the_waterfall_is_that_of_pandas_and_ends_at_the_net_margin(shop):
    kept, lines = shop
    steps = margins.waterfall(tables.query(kept, margins.total(columns(kept)), **YEAR)).set_index("step")["amount"]
    year = lines[lines["timestamp"].between(YEAR["start"], YEAR["end"] + pd.Timedelta(hours=23, minutes=59))]
    amount = year["quantity"] * year["unit_price"]
    goods = year["line_type"].isin(["sale", "return"])
    sale = year["line_type"] == "sale"
    assert steps["gross"] == pytest.approx((amount / (1 - year["promotion"].fillna(0)))[sale].sum(), abs=0.02)
    assert steps["shipping"] == pytest.approx(amount[year["line_type"] == "shipping"].sum(), abs=0.02)
    assert -steps["cost"] == pytest.approx((year["quantity"] * year["unit_cost"])[goods].sum(), abs=0.02)
    assert steps.sum() == pytest.approx(amount.sum() - (year["quantity"] * year["unit_cost"])[goods].sum(), abs=0.02)


def test_a_waterfall_by_hand(home):
    rows = [
        line("2026-03-01", "A", 10, 9, promotion=0.1, unit_cost=4.0),  # 100 listed
        line("2026-03-02", "A", -2, 9, "return", promotion=0.1, unit_cost=4.0),
        line("2026-03-02", "B", 1, 50, promotion=np.nan, unit_cost=np.nan),
        line("2026-03-03", "POST", 1, 5, "shipping", promotion=np.nan, unit_cost=np.nan),
        line("2026-03-03", "FEE", 1, -3, "fee", promotion=np.nan, unit_cost=np.nan),
    ]
    kept = stored(home, rows)
    steps = margins.waterfall(tables.query(kept, margins.total(columns(kept)), **YEAR))
    assert steps.set_index("step")["amount"].to_dict() == {
        "gross": 150.0, "reductions": -10.0, "returns": -18.0, "shipping": 5.0, "fees": -3.0, "uncosted": -50.0,
        "cost": -32.0,
    }  # fmt: skip
    assert steps["level"].iloc[-1] == 42.0


def test_without_costs_the_waterfall_ends_before_them(home):
    kept = stored(home, [line("2026-03-01", "A", 10, 9), line("2026-03-02", "A", -2, 9, "return")])
    steps = margins.waterfall(tables.query(kept, margins.total(columns(kept)), **YEAR))
    assert list(steps["step"]) == ["gross", "returns"]
    assert steps["level"].iloc[-1] == 72.0


units = st.integers(-5, 60)
cents = st.integers(1, 5_000).map(lambda value: value / 100)


lines = st.lists(st.tuples(st.sampled_from("ABCDEFG"), st.booleans(), units, cents, cents), min_size=1, max_size=40)


@given(lines, st.booleans())
@hypothesis_settings(max_examples=30)
def test_a_bridge_adds_up_to_the_cent(rows, costs):
    frame = pd.DataFrame(rows, columns=["product", "later", "units", "price", "unit_cost"])
    frame["revenue"], frame["cost"] = frame["units"] * frame["price"], frame["units"] * frame["unit_cost"] * costs
    found = frame.groupby(["product", "later"], as_index=False)[["units", "revenue", "cost"]].sum()
    made = bridge.bridge(found, costs)
    margin = (found["revenue"] - found["cost"]).groupby(found["later"]).sum()
    assert made.before == pytest.approx(margin.get(False, 0.0), abs=0.0051)
    assert made.after == pytest.approx(margin.get(True, 0.0), abs=0.0051)
    cent = [round(100 * value) for value in (made.before, *made.effects.values(), made.after)]
    assert sum(cent[:-1]) == cent[-1]
    assert ("cost" in made.effects) == costs


def test_each_effect_of_a_bridge_by_hand():
    rows = [  # A: 10 at 5 (cost 2), then 12 at 6 (cost 3); B: 10 at 8 (cost 4), then 18 at 8 (cost 4); C gone, D new
        ("A", False, 10, 50, 20), ("A", True, 12, 72, 36), ("B", False, 10, 80, 40), ("B", True, 18, 144, 72),
        ("C", False, 3, 30, 10), ("D", True, 1, 9, 4),
    ]  # fmt: skip
    found = pd.DataFrame(rows, columns=["product", "later", "units", "revenue", "cost"])
    effects = bridge.bridge(found, costs=True).effects
    # units of A and B grow from 20 to 30: volume 0.5 x (30 + 40); mix (12 - 15) x 3 + (18 - 15) x 4
    assert effects == {"price": 12.0, "volume": 35.0, "mix": 3.0, "cost": -12.0, "new": 5.0, "lost": -20.0}


def test_why_a_product_loses_money(home):
    rows = [
        line("2026-03-01", "below", 10, 3, promotion=0.0, unit_cost=4.0),
        line("2026-03-01", "promoted", 10, 3, promotion=0.4, unit_cost=4.0),  # 5 listed
        line("2026-03-01", "back", 1, 10, promotion=0.0, unit_cost=4.0),
        line("2026-03-02", "back", -3, 10, "return", promotion=0.0, unit_cost=4.0),
        line("2026-03-01", "fine", 10, 9, promotion=0.0, unit_cost=4.0),
        line("2026-03-01", "unknown", 10, 0.1, promotion=0.0, unit_cost=np.nan),
    ]
    kept = stored(home, rows)
    found = margins.losses(tables.query(kept, margins.losing(columns(kept)), **YEAR)).set_index("product")
    assert found["reason"].to_dict() == {"back": "returns", "below": "cost", "promoted": "reductions"}
    assert found["margin"].to_dict() == pytest.approx({"back": -12.0, "below": -10.0, "promoted": -10.0})


def test_planted_errors_are_found_and_ranked_by_money_and_promotions_are_none(home):
    random = np.random.default_rng(0)
    rows = []
    for number in range(400):
        product, promoted = f"P{number % 10}", number % 7 == 0
        price = 20 * (1 + number % 10) * (0.6 if promoted else 1.0)
        more = {"promotion": 0.4 if promoted else 0.0, "unit_cost": 10.0 + number % 10}
        day = pd.Timestamp("2025-06-01") + pd.Timedelta(days=number // 2)
        rows.append(line(day, product, int(random.integers(3, 8)), price, **more))
    rows[55]["unit_price"] *= 10
    rows[178]["unit_price"] *= 10
    rows[91]["unit_cost"] /= 100
    rows[123]["quantity"] = 600.0
    kept = stored(home, rows)
    for kind, planted in (("price", [55, 178]), ("cost", [91]), ("quantity", [123])):
        found = tables.query(kept, odd.lines(columns(kept), kind, costs=True), **YEAR)
        expected = {(rows[place]["product"], rows[place]["timestamp"]) for place in planted}
        assert set(zip(found["product"], found["day"], strict=True)) == expected
        assert found["money"].is_monotonic_decreasing
    found = tables.query(kept, odd.lines(columns(kept), "price", costs=True), **YEAR)
    price = found.set_index("product").loc["P5"]
    listed = rows[55]["unit_price"] / (1 - rows[55]["promotion"])
    assert price["value"] == pytest.approx(listed)
    assert price["money"] == pytest.approx(0.9 * listed * rows[55]["quantity"])


def test_a_change_that_lasts_is_one_row_whatever_the_period_and_errors_are_rows_of_their_own(home):
    """60 days at a cost of 4, then 20 at 7; on two days the price is ten times what it is, on one a tenth."""
    days = pd.date_range("2025-06-01", periods=80)
    rows = [line(day, "A", 2, 10, unit_cost=4 if place < 60 else 7) for place, day in enumerate(days)]
    for place, price in ((10, 100), (70, 100), (71, 1)):
        rows[place]["unit_price"] = price
    kept = stored(home, rows)
    for start, units in ((days[0], 40), (days[65], 30)):
        span = {"start": start, "end": days[-1]}
        cost = tables.query(kept, odd.lines(columns(kept), "cost", costs=True), **span)
        assert cost[["day", "until", "lines"]].to_numpy().tolist() == [[days[60], days[-1], units / 2]]
        assert cost[["value", "usual", "money"]].to_numpy() == pytest.approx(np.array([[7, 4, 3.0 * units]]))
    price = tables.query(kept, odd.lines(columns(kept), "price", costs=True), start=days[0], end=days[-1])
    assert dict(zip(price["day"], price["money"], strict=True)) == pytest.approx(
        {days[10]: 180, days[70]: 180, days[71]: 18}
    )


@pytest.mark.parametrize(("factor", "share", "odd_too"), [(0.7, 0.2, False), (1.5, 0.1, False), (100, 0.1, True)])
def test_a_second_price_for_some_is_not_odd_but_an_error_is_and_so_is_one_that_is_made_again(
    home, factor, share, odd_too
):
    """Every day four lines, of which some are of customers with a price of their own; on two days one line is wrong."""
    random = np.random.default_rng(3)
    rows = [
        line(day, "A", 2, 10.0 * (factor if random.random() < share else 1.0), unit_cost=4.0)
        for day in pd.date_range("2025-06-01", periods=120)
        for _line in range(4)
    ]
    second = {row["timestamp"] for row in rows if row["unit_price"] != 10.0}
    wrong = [place for place in range(100, 300, 4) if rows[place]["timestamp"] not in second][:2]
    for place, price in zip(wrong, (0.1, 500.0), strict=True):
        rows[place]["unit_price"] = price
    kept = stored(home, rows)
    found = tables.query(kept, odd.lines(columns(kept), "price", costs=True), **YEAR)
    assert set(found["day"]) == {rows[place]["timestamp"] for place in wrong} | (second if odd_too else set())


def test_a_price_that_rose_is_odd_though_some_lines_still_have_the_old_one(home):
    """80 days at 10; from the 60th on at 12, and for ten days after it also at 10."""
    days = pd.date_range("2025-06-01", periods=80)
    rows = [line(day, "A", 2, 10.0 if place < 60 else 12.0) for place, day in enumerate(days)]
    rows += [line(day, "A", 2, 10.0) for day in days[60:70]]
    kept = stored(home, rows)
    found = tables.query(kept, odd.lines(columns(kept), "price", costs=False), **YEAR)
    assert found["day"].min() == days[60]
    assert found["lines"].sum() == 20
    assert found["money"].sum() == pytest.approx(20 * 2 * 2.0)


@pytest.mark.parametrize("mean", [0.2, 4.0, 50.0])
def test_units_that_vary_as_counts_do_are_not_odd_and_a_typing_error_is(home, mean):
    """Units of a line: one, and a Poisson count beside it; of 4,000 lines nearly none is odd but what was mistyped."""
    random = np.random.default_rng(6)
    units = 1 + random.poisson(mean, 4_000)
    units[77] = 1_000 * (1 + int(mean))
    day = pd.Timestamp("2025-02-01")
    rows = [line(day + pd.Timedelta(days=place % 300), "A", int(one), 5) for place, one in enumerate(units)]
    kept = stored(home, rows)
    found = tables.query(kept, odd.lines(columns(kept), "quantity", costs=False), **YEAR)
    assert found["value"].iloc[0] == units[77]
    assert found["lines"].sum() <= 1 + 0.002 * len(units)


def whole(value, lo, hi, own=3.0):
    return Elasticity(own, own, own, 9, whole=Elasticity(value, lo, hi, 9))


def test_a_what_if_by_hand():
    sold = pd.DataFrame({"category": ["a", "b"], "revenue": [100.0, 200.0], "cost": [60.0, 100.0], "weight": 1.0})
    known = {"": whole(9, 9, 9), "a": whole(1.5, 1.5, 1.5), "b": whole(0.5, 0.4, 0.6)}
    assert margins.what_if(sold, 0.05, 0.0, known) == pytest.approx([300 - 160 * 1.05] * 3)
    a, b = 1.02**-1.5 * (102 - 63), 204 - 105
    expected = [a + 1.02**-power * b for power in (0.5, 0.6, 0.4)]
    assert margins.what_if(sold, 0.05, 0.02, known) == pytest.approx(expected)
    # Four in ten of b get dearer: others of b are bought instead (own elasticity 3, of all of b 0.5).
    part = sold[1:].assign(weight=0.4)
    sells = 1.02**-3 * (0.4 * 1.02**-3 + 0.6) ** (0.5 / 3 - 1)
    assert margins.what_if(part, 0.05, 0.02, known)[0] == pytest.approx(sells * b)


def test_a_price_means_the_same_on_margins_in_plans_and_in_drift_alerts():
    """What everything sells at prices up by a quarter: with its interval, or from and to where nothing is known."""
    day = pd.date_range("2026-03-02", periods=1)
    units = pd.DataFrame({name: [100.0] for name in ("mean", "lo-80", "hi-80")}, day)
    plan = scenario.Plan("price", day[0].date(), day[0].date(), 0.25)
    goods = pd.DataFrame({"category": [""], "revenue": [100.0], "cost": [0.0], "weight": [1.0]})
    column = SimpleNamespace(name="price_change", cut=SimpleNamespace(levels=("x", "higher")))
    nothing = Elasticity(np.nan, np.nan, np.nan, 0, "too few")
    bounds = Elasticity(2.0, 1.5, 2.5, 9, whole=Elasticity(np.nan, 0.2, 1.2, 0, "never together"))
    for found, ends in ((whole(0.8, 0.5, 1.1), (0.5, 1.1)), (nothing, (0.0, STEEPEST)), (bounds, (0.2, 1.2))):
        known = {"": found}
        out = scenario.outcome(units, 1.0, 0.0, [plan], switching.known(known))
        value, *margin = margins.what_if(goods, 0.0, 0.25, known)
        assert sorted(margin) == pytest.approx(sorted(100 * 1.25 ** (1 - end) for end in ends))
        revenue = [100 + end for end in (out.uplift_lo[1], out.uplift_hi[1])]
        assert margin == pytest.approx(revenue)
        told = managed_sales.at_prices(SimpleNamespace(columns=(column,)), known)["price_change"]
        sold = told[:, 1] / told[:, 0]
        if found is nothing or found is bounds:
            assert np.isnan([value, out.uplift[1]]).all()
            assert sold == pytest.approx([1.125**-end for end in ends])
        else:
            assert value == pytest.approx(100 * 1.25 ** (1 - 0.8))
            assert value == pytest.approx(100 + out.uplift[1])
            assert sold == pytest.approx([1.125**-0.8])


def test_who_gets_dearer_is_one_range_or_a_share_of_each_category(home):
    rows = [
        line("2026-03-01", "A", 30, 2, category="x", supplier="S", unit_cost=1.0),
        line("2026-03-01", "B", 10, 2, category="x", supplier="S", unit_cost=np.nan),
        line("2026-03-01", "C", 60, 2, category="x", supplier="T", unit_cost=1.0),
        line("2026-03-01", "D", 5, 2, category="y", supplier="T", unit_cost=1.0),
    ]
    kept = stored(home, rows)
    one = tables.query(kept, margins.raised(columns(kept), "S"), **YEAR, supplier="S")
    assert one.to_dict("records") == [{"category": "x", "revenue": 60.0, "cost": 30.0, "weight": 0.4}]
    every = tables.query(kept, margins.raised(columns(kept), None), **YEAR)
    assert every.to_dict("records") == [{"category": "", "revenue": 190.0, "cost": 95.0, "weight": 1.0}]


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_heatmap_of_few_suppliers_is_narrow_and_its_words_are_inside(lang):
    ratios = pd.DataFrame({f"P{number}": [1.0, 1.05, 1.26] for number in range(15)}, index=["East", "North", "South"])
    with locales.using(lang):
        drawn = charts.suppliers(ratios, {}, dark=False)
        assert drawn.get_figwidth() < 4
        drawn.draw_without_rendering()
        edges = drawn.axes[0].xaxis.get_label().get_window_extent(drawn.canvas.get_renderer())
    assert edges.x0 >= 0
    assert edges.x1 <= drawn.bbox.width
    assert edges.y0 >= 0


def test_each_price_against_the_cheapest_that_is_valid():
    rows = [
        ("S1", "A", "2026-01-01", 10.0, np.nan), ("S1", "A", "2026-03-01", 12.0, np.nan),
        ("S1", "A", "2026-09-01", 1.0, np.nan), ("S2", "A", "2026-01-01", 10.0, 0.0),
        ("S2", "A", "2026-01-01", 5.0, 100.0), ("S1", "B", "2026-01-01", 3.0, np.nan),
    ]  # fmt: skip
    prices = pd.DataFrame(rows, columns=["supplier", "product", "valid_from", "unit_cost", "from_quantity"])
    prices["valid_from"] = pd.to_datetime(prices["valid_from"])
    found = margins.against_cheapest(prices, END, pd.Series({"A": 1.0, "B": 2.0}))
    assert found["A"].to_dict() == pytest.approx({"S1": 1.2, "S2": 1.0})
    assert list(found.columns) == ["A"]


def test_what_is_known_is_kept_with_its_reason_for_these_data(home, engine, monkeypatch):
    monkeypatch.setattr(state, "engine", lambda _url: engine)
    kept = stored(home, [line("2026-03-01", "A_1%", 1, 9)])
    row = SimpleNamespace(kind="price", product="A_1%", day=pd.Timestamp("2026-03-01"))
    known.mark(kept, known.key(row), " sold to the owner ")
    assert known.reasons(kept) == {"price 2026-03-01 A_1%": "sold to the owner"}
    known.mark(kept, known.key(row), "")
    assert known.reasons(kept) == {}


def test_a_column_that_is_no_dimension_is_refused():
    with pytest.raises(ValueError, match="x"):
        margins.by({"x": "float64"}, "x")
