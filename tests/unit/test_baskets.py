"""Pairs of products: lift by hand, planted pairs found and no others, and what became of them."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from data import demo, tables
from data.dataset import Dataset, Origin
from data.demo import parameters
from models.products import associations, baskets, bundle, chance
from models.statistics import CannotTell

NOW = datetime(2026, 4, 1, tzinfo=UTC)
SIX = ["AB", "ABC", "A", "BC", "ABD", "CD"]  # letters are products


def stored(home, invoices, day="2025-03-03", **more):
    rows = [(number, product) for number, held in enumerate(invoices) for product in held]
    frame = pd.DataFrame(rows, columns=["invoice", "product"]).astype({"invoice": "str"})
    days = pd.to_datetime(pd.Series(day, range(len(invoices))) if isinstance(day, str) else pd.Series(day))
    frame = frame.assign(
        timestamp=days.iloc[frame["invoice"].astype(int)].to_numpy().astype("datetime64[us]"),
        source="test", line_type="sale", quantity=1.0, unit_price=10.0, currency="EUR",
        line_id=[str(number) for number in range(len(frame))],
    ).assign(**more)  # fmt: skip
    return tables.add(home, Dataset("sales", {"sales": frame}, Origin("upload", "mine.csv")), NOW)


def made(kept, largest=baskets.LARGEST):
    return baskets.baskets(*(tables.query(kept, sql) for sql in baskets.lines(kept.columns["sales"])), largest)


def shop(seed, months=12, size=6_000, planted=(), until=None):
    """Invoices of 150 products in which big and small baskets and two seasons mix, and their days.

    Of each planted pair the second is put beside the first in 40% of its baskets, up to the month `until`.
    """
    random = np.random.default_rng(seed)
    popular = random.lognormal(0, 0.8, 150)
    for pair in planted:
        popular[list(pair)] = 1.0
    winter = np.where(np.arange(150) < 30, 6.0, 1.0)
    month = np.sort(random.integers(0, months, size))
    sizes = 1 + random.poisson(np.where(random.random(size) < 0.1, 25, 2.5))
    held = []
    for one, wide in zip(month, sizes, strict=True):
        weights = popular * (winter if one % 12 in (10, 11) else 1.0)
        chosen = set(random.choice(150, wide, replace=False, p=weights / weights.sum()).tolist())
        for a, b in planted:
            if a in chosen and (until is None or one < until) and random.random() < 0.4:
                chosen.add(b)
        held.append([f"P{item:03}" for item in sorted(chosen)])
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(month * 30.4, unit="D")
    return held, days


PLANTED = ((40, 41), (60, 75), (3, 100), (120, 5), (88, 140))


def named(found, pairs):
    return {frozenset((int(found.products[a][1:]), int(found.products[b][1:]))) for a, b in zip(pairs["a"], pairs["b"],
                                                                                       strict=True)}  # fmt: skip


def test_measures_by_hand_on_six_baskets(home):
    found = made(stored(home, SIX))
    count = dict(zip(found.products, found.count, strict=True))
    assert count == {"A": 4, "B": 4, "C": 3, "D": 2}
    one = baskets.measures(3, 4, 4, 6)  # A and B: 3 of 6; with A 3 of 4; lift 3 x 6 / (4 x 4)
    assert (one["support"], one["confidence"], one["lift"]) == (0.5, 0.75, 1.125)
    never = baskets.measures(0, 20, 30, 100)  # where independence has 6: exp(-3.6889) = 2.5 %
    assert (never["lo"], never["hi"]) == (0, pytest.approx(3.6889 / 6, rel=1e-4))
    spread = np.sqrt(1 / 3 - 1 / 4 - 1 / 4 + (2 * 1.125 - 1) / 6)
    assert one["lo"] == pytest.approx(1.125 * np.exp(-1.959964 * spread))
    assert one["hi"] == pytest.approx(1.125 * np.exp(1.959964 * spread))


def test_the_interval_of_a_lift_holds_it_as_often_as_promised():
    random = np.random.default_rng(0)
    cells = np.array([0.02, 0.08, 0.06, 0.84])  # both, a only, b only, neither
    drawn = random.multinomial(3_000, cells, 4_000)
    one = baskets.measures(drawn[:, 0], drawn[:, 0] + drawn[:, 1], drawn[:, 0] + drawn[:, 2], 3_000)
    truth = 0.02 / (0.10 * 0.08)
    assert np.mean((one["lo"] <= truth) & (truth <= one["hi"])) == pytest.approx(0.95, abs=0.012)


def test_planted_pairs_are_found_and_others_as_rarely_as_promised(home):
    false, seen = 0, 0
    for seed in range(3):
        found = made(stored(home, *shop(seed, planted=PLANTED)))
        rules = associations.find(found)
        names = named(found, rules.pairs)
        assert {frozenset(pair) for pair in PLANTED} <= names
        seen, false = seen + len(names), false + len(names) - len(PLANTED)
        assert set(rules.pairs["state"]) <= {"held", "unclear", "new"}
        assert rules.survived == (5, 5)
    assert false <= 2  # of 15 true ones 5% more


def test_without_pairs_large_baskets_and_seasons_make_none(home):
    found = made(stored(home, *shop(7)))
    rules = associations.find(found)
    assert len(rules.pairs) <= 1
    together = (found.held.T @ found.held).toarray()
    count = found.count
    lift = together * len(found.month) / np.outer(count, count)
    assert np.median(lift[np.triu_indices(150, 1)]) > 1.5  # with independence every pair would be one


def test_chance_is_what_shuffled_baskets_have_in_common(home):
    held, days = shop(1, months=1, size=1_500)
    found = made(stored(home, held, days))
    places = np.arange(150)
    likely = chance.chance(found, places)
    sums = likely.weights[:, :-1].T @ likely.weights[:, :-1]
    size = np.diff(found.held.indptr)
    companions = found.held.T @ (size - 1.0)
    np.fill_diagonal(sums, 0)
    assert sums.sum(1) == pytest.approx(companions, rel=0.01)
    together = (found.held.T @ found.held).toarray()
    top = np.argsort(-found.count)[:20]
    inside = np.ix_(top, top)
    off = ~np.eye(20, dtype=bool)
    assert together[inside][off].sum() == pytest.approx(sums[inside][off].sum(), rel=0.03)


def test_a_product_in_every_basket_goes_with_nothing(home):
    held, days = shop(2)
    found = made(stored(home, [[*one, "P999"] for one in held], days))
    assert not any("P999" in (found.products[a], found.products[b]) for a, b in
                   associations.find(found).pairs[["a", "b"]].itertuples(index=False))  # fmt: skip


def test_a_pair_that_stops_after_month_six_does_not_hold(home):
    found = made(stored(home, *shop(3, planted=PLANTED[:1], until=6)))
    rules = associations.find(found)
    assert named(found, rules.pairs) == {frozenset(PLANTED[0])}
    row = rules.pairs.iloc[0]
    assert row["state"] == "gone"
    assert rules.survived == (0, 1)
    assert row["later"] < 1.6 < row["early"]


def test_one_customer_is_not_enough(home):
    held, days = shop(4, size=3_000)
    always = [["P500", "P501"]] * 60
    days = np.r_[days, np.repeat(days[[0]], 60)]
    rows = [*held, *always]
    customers = [f"c{number}" if number < 3_000 else "whale" for number, one in enumerate(rows) for _item in one]
    found = made(stored(home, rows, days, customer=customers))
    assert "P500" not in found.products[associations.find(found).pairs["a"]]
    customers = [f"c{number}" for number, one in enumerate(rows) for _item in one]
    found = made(stored(home, rows, days, customer=customers))
    assert "P500" in found.products[associations.find(found).pairs[["a", "b"]].to_numpy().ravel()]


def test_many_pairs_are_counted_a_part_at_a_time(home, monkeypatch):
    found = made(stored(home, *shop(0, planted=PLANTED)))
    whole = associations.find(found)
    monkeypatch.setattr(associations, "ROOM", 500)
    monkeypatch.setattr(chance, "CHUNK", 7)
    parts = associations.find(found)
    pd.testing.assert_frame_equal(whole.pairs, parts.pairs)
    pd.testing.assert_frame_equal(whole.fading, parts.fading)
    monkeypatch.setattr(associations, "MAX_PRODUCTS", 50)
    assert associations.find(found).tested == 50 * 49 / 2


def test_substitutes_are_found_among_alike_names_and_nowhere_else(home):
    random = np.random.default_rng(5)
    held, days = shop(5)
    held = [[item for item in one if not (item == "P041" and "P040" in one and random.random() < 0.9)] for one in held]
    found = made(stored(home, held, days))
    rules = associations.find(found)
    names = pd.Series([f"thing {name}" for name in found.products])
    names[list(found.products).index("P040")] = "Red retro lunch bag"
    names[list(found.products).index("P041")] = "Blue retro lunch bag"
    likes = associations.substitutes(found, rules, names, None)
    assert named(found, likes) == {frozenset((40, 41))}
    assert likes["hi"].iloc[0] < 1
    assert associations.substitutes(found, rules, pd.Series([f"n{n}" for n in range(len(names))]), None).empty


def test_a_cafe_whose_guests_take_one_drink_or_the_other_has_no_other_pairs(home):
    """A bag in every basket, croissants that go with cappuccino (lift 2), espresso that is taken in its place (lift
    1/4), and seven things that go with nothing: who takes one drink has room for others, which is no pair."""
    random, size = np.random.default_rng(773), 20_000
    bought = random.random((size, 10)) < [1, 0, 0.25, 0, 0.1, 0.06, 0.1, 0.08, 0.12, 0.05]
    bought[:, 3] = random.random(size) < np.where(bought[:, 2], 0.3, 0.1)
    bought[:, 1] = random.random(size) < np.where(bought[:, 2], 0.06, 0.31)
    names = ["bag", "espresso", "cappuccino", "croissant", *(f"other {number}" for number in range(6))]
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(size) * 300 // size, unit="D")
    found = made(stored(home, [[names[item] for item in np.flatnonzero(row)] for row in bought], day=days))
    rules = associations.find(found)
    pairs = [{found.products[a], found.products[b]} for a, b in zip(rules.pairs["a"], rules.pairs["b"], strict=True)]
    assert pairs == [{"cappuccino", "croissant"}]
    assert rules.pairs["lift"].iloc[0] == pytest.approx(2, rel=0.06)


@pytest.mark.parametrize(("after", "lasts"), [(3.0, True), (np.inf, False)])
def test_a_half_life_is_that_which_was_set(after, lasts):
    random, inside, middles = np.random.default_rng(1), 0, []
    months, expected = np.arange(1, 13), np.full(12, 200.0)
    for _turn in range(30):
        both = random.poisson(expected * (1 + 4 * 2 ** (-months / after)))
        middle, lo, hi = associations.half_life(pd.DataFrame({"both": both, "expected": expected}, index=months))
        inside, middles = inside + (lo <= after <= hi), [*middles, middle]
    assert inside >= 26  # 28.5 of 30 are promised
    assert (np.median(middles) == pytest.approx(3, rel=0.1)) == lasts
    assert lasts or np.isinf(middles).sum() >= 26  # none is made up
    assert np.isnan(associations.half_life(pd.DataFrame({"both": both, "expected": expected}).iloc[:2])).all()


def test_what_goes_with_a_product(home):
    found = made(stored(home, *shop(6, planted=PLANTED)))
    rules = associations.find(found)
    place = list(found.products).index("P040")
    near = associations.companions(found, rules, place)
    assert near["both"].is_monotonic_decreasing
    best = near[near["sure"]]
    assert found.products[best["b"]].tolist() == ["P041"]
    assert best["times"].iloc[0] > 3
    assert best["both"].iloc[0] == sum("P040" in one and "P041" in one for one in shop(6, planted=PLANTED)[0])


BAD = {
    "no invoice": (["A"], {"invoice": pd.NA}, "on an invoice"),
    "one product each": (["A", "B", "A"], {}, "one product only"),
    "all came back": (["AB"], {"line_type": "return", "quantity": -1.0}, "on an invoice"),
    "resellers": ([[f"P{n}" for n in range(101)]], {}, "more than 100"),
    "few": (SIX, {}, "20 baskets or more"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_told_is_said(home, case):
    invoices, more, sentence = BAD[case]
    kept = stored(home, invoices, **more)
    with pytest.raises(CannotTell, match=sentence):
        associations.find(made(kept))


def test_larger_baskets_are_left_out_and_counted(home):
    found = made(stored(home, [*SIX, [f"P{n}" for n in range(11)]]), largest=10)
    assert (found.larger, len(found.month)) == (1, 6)
    assert found.share == pytest.approx(110 / (110 + 3 * 2 + 2 * 6))  # ordered pairs


def test_invoices_that_are_numbered_anew_each_day_are_not_one_basket(home):
    kept = stored(home, ["AB", "C"], day=["2025-03-03", "2025-03-04"], invoice="1")
    assert np.diff(made(kept).held.indptr).tolist() == [2, 1]


def test_online_retail_has_the_pairs_of_a_self_join(online_retail):
    found = made(online_retail, largest=50)
    theirs = tables.query(
        online_retail,
        """
        WITH held AS (SELECT DISTINCT invoice, product FROM sales WHERE line_type = 'sale'),
             fair AS (SELECT invoice FROM held GROUP BY 1 HAVING count(*) <= 50),
             l AS (SELECT * FROM held SEMI JOIN fair USING (invoice))
        SELECT x.product AS a, y.product AS b, count(*) AS n FROM l x JOIN l y USING (invoice)
        WHERE x.product < y.product GROUP BY 1, 2 HAVING count(*) >= 20
        """,
    )
    together = (found.held.T @ found.held).tocoo()
    kept = (together.row < together.col) & (together.data >= 20)
    ours = pd.DataFrame({"a": found.products[together.row[kept]], "b": found.products[together.col[kept]],
                         "n": together.data[kept].astype(int)})  # fmt: skip
    assert len(ours) > 2_000
    pd.testing.assert_frame_equal(
        *(
            frame.sort_values(["a", "b"], ignore_index=True).astype({"n": int, "a": str, "b": str})
            for frame in (ours, theirs)
        )
    )


def test_the_pairs_that_the_demo_plants_are_found_again(home):
    kept = tables.add(home, demo.dataset("sales", datetime(2026, 3, 14, tzinfo=UTC).date()), NOW)
    found = made(kept)
    rules = associations.find(found)
    goods = tables.read(kept, "products").set_index("product")["description"]
    design = [[goods[found.products[place]].split()[:2] for place in rules.pairs[side]] for side in "ab"]
    planted = rules.pairs[[one == other for one, other in zip(*design, strict=True)]]  # a pair is of one design
    assert len(planted) == parameters.AFFINITY_PAIRS
    assert len(rules.pairs) <= parameters.AFFINITY_PAIRS + 1
    assert set(planted["state"]) == {"held"}
    assert planted["confidence"].between(0.2, 0.45).all()  # the second is taken with the first for 30%


def sold_pair(**change):
    usual = {"alone": (100, 50), "both": 20, "units": 20.0, "price": (10.0, 5.0), "margin": (6.0, 2.0)}
    return bundle.Pair(**(usual | change))


def test_a_bundle_by_hand():
    nothing = bundle.what_if(sold_pair(), 0.0, ((0, 1.5, 4), (0, 1.5, 4)))
    assert (nothing.margins, nothing.given, nothing.needed) == ((0, 0, 0), 0, 0)
    made = bundle.what_if(sold_pair(), 0.1, ((0.0, 1.0, 2.0), (0.0, 1.0, 2.0)))  # 1.50 off
    a, b = 1 / 0.85, 1 / 0.7  # times as often added
    assert made.given == pytest.approx(30)
    assert made.margins[0] == pytest.approx(-30)
    assert made.margins[1] == pytest.approx(20 * (a - 1) * 4.5 + 20 * (b - 1) * 0.5 - 30)
    assert made.margins[2] == pytest.approx(20 * (a**2 - 1) * 4.5 + 20 * (b**2 - 1) * 0.5 - 30)
    assert made.needed == pytest.approx(30 / (100 * 0.5 + 50 * 4.5))


def test_no_more_than_everyone_adds_the_other_and_a_loss_never_pays():
    made = bundle.what_if(sold_pair(), 0.5, ((0.0, 1.0, 4.0), (0.0, 1.0, 4.0)))  # 7.50 off: more than b costs
    assert made.margins[1] <= 50 * (6 - 7.5) * 0 + 100 * (2 - 7.5) * 0
    assert np.isinf(made.needed)
    assert np.isfinite(made.margins).all()


def test_a_pair_is_read_from_the_lines(home):
    kept = stored(home, SIX, unit_cost=4.0)
    columns = kept.columns["sales"]
    found = bundle.pair(tables.query(kept, bundle.sold(columns), a="A", b="B", start=pd.Timestamp("2025-01-01")))
    assert found == bundle.Pair((1, 1), 3, 3.0, (10.0, 10.0), (6.0, 6.0))
    del columns["unit_cost"]
    found = bundle.pair(tables.query(kept, bundle.sold(columns), a="A", b="B", start=pd.Timestamp("2025-01-01")))
    assert np.isnan(found.margin).all()
