"""What is on hand once more was sold than the moves of stock know of, against a shelf that is played day by day."""

import duckdb
import numpy as np
import pandas as pd

from data import shelf
from models.stock import ledger, supply

DAYS = pd.date_range("2026-10-01", periods=40, unit="us")
GOODS = pd.Index(["A", "B"])


def table(*rows):
    found = pd.DataFrame(rows, columns=["date", "product", "move", "quantity", "on_hand"])
    return found.assign(date=pd.to_datetime(found["date"]).astype("datetime64[us]"))


def sales(units=3.0):
    return np.full((2, len(DAYS)), units)


def on_hand(moves, sold, **more):
    known = ledger.continued(moves.assign(**more), GOODS, DAYS, sold)
    return supply.levels(known, GOODS, DAYS)


def test_a_count_of_last_month_is_less_what_was_sold_since_and_more_what_came():
    sold = np.random.default_rng(1).poisson(4.0, (2, len(DAYS))).astype(float)
    moves = table(
        ("2026-10-05", "A", "count", 0, 100.0),
        ("2026-10-08", "A", "order", 90, 100.0),  # as a file without what is left adds it up: sales are not in it
        ("2026-10-15", "A", "receipt", 90, 190.0),
        ("2026-10-30", "A", "receipt", 40, 230.0),
        ("2026-10-02", "B", "count", 0, 500.0),
    )
    found = on_hand(moves, sold)
    shelf, came = 100.0, {14: 90.0, 29: 40.0}
    for day in range(5, len(DAYS)):
        shelf += came.get(day, 0.0) - sold[0, day]
        assert found[0, day] == shelf
    assert np.isnan(found[0, :4]).all()
    assert found[0, 4] == 100.0
    assert found[1, -1] == 500 - sold[1, 2:].sum()


def test_what_a_file_or_a_count_says_is_left_stands_and_what_vigie_wrote_follows():
    moves = table(
        ("2026-10-01", "A", "count", 0, 80.0),
        ("2026-10-10", "A", "receipt", 50, 101.0),  # 29 were gone: the file knows of sales that it does not name
        ("2026-10-20", "A", "receipt", 30, 131.0),
    )
    assert on_hand(moves, sales())[0, -1] == 101 + 30 - 3 * 30
    theirs = on_hand(moves, sales(), reference=[None, None, "order/4"])
    assert theirs[0, -1] == 101 + 30 - 3 * 30
    later = pd.concat([moves, table(("2026-11-01", "A", "count", 0, 7.0))])
    assert on_hand(later, sales(0.5))[0, -1] == 7 - 0.5 * 8


def test_moves_that_name_sales_know_of_all_until_the_last_of_them():
    moves = table(
        ("2026-10-01", "A", "count", 0, 90.0),
        ("2026-10-01", "B", "count", 0, 60.0),
        ("2026-10-20", "A", "sale", -9, 81.0),
    )
    found = on_hand(moves, sales(2.0))
    assert found[:, -1].tolist() == [81 - 2 * 20, 60 - 2 * 20]
    whole = pd.concat([moves, table((DAYS[-1], "B", "sale", -1, 59.0))])
    assert ledger.continued(whole, GOODS, DAYS, sales(2.0)) is whole


def test_of_what_sold_more_than_there_was_nobody_knows_what_is_left():
    moves = table(("2026-10-01", "A", "count", 0, 90.0), ("2026-10-01", "B", "count", 0, 117.0))
    found = on_hand(moves, sales())
    assert found[0, 30] == 0.0
    assert np.isnan(found[0, 31:]).all()
    assert found[1, -1] == 0.0
    came = pd.concat([moves, table((DAYS[35], "A", "receipt", 20, 110.0))])
    assert np.isnan(on_hand(came, sales())[0, 31:]).all()
    again = pd.concat([moves, table((DAYS[35], "A", "count", 0, 20.0))])
    assert on_hand(again, sales())[0, -1] == 20 - 3 * 4


def test_what_lies_in_several_stores_is_told_of_all_together_where_they_were_counted_on_one_day():
    moves = table(
        ("2026-10-03", "A", "count", 0, 50.0),
        ("2026-10-03", "A", "count", 0, 300.0),
        ("2026-10-03", "B", "count", 0, 200.0),
        ("2026-10-12", "A", "receipt", 25, 75.0),
        ("2026-10-20", "A", "receipt", 10, 310.0),
    )
    found = on_hand(moves, sales(), store=["x", "y", "x", "x", "y"])
    assert found[0, [2, 3, 11, 19]].tolist() == [350, 347, 350 + 25 - 27, 350 + 35 - 51]
    assert found[:, -1].tolist() == [350 + 35 - 3 * 37, 200 - 3 * 37]
    apart = moves.assign(date=moves["date"].mask([False, True, False, False, False], pd.Timestamp("2026-10-05")))
    assert np.isnan(on_hand(apart, sales(), store=["x", "y", "x", "x", "y"])[0, 4:]).all()


def lines(sold, products, store=None):
    """A line a day and product, of some of which a customer brings some back."""
    day, place = np.nonzero(sold.T)
    return pd.DataFrame(
        {"timestamp": DAYS[day] + pd.Timedelta(hours=11), "product": products[place], "quantity": sold.T[day, place]}
    ).assign(line_type="sale", **({} if store is None else {"store": store}))


def asked(moves, sold, until=""):
    """What a page that asks by SQL takes to be on hand."""
    columns = {"stock_moves": list(moves), "sales": list(sold)}
    with duckdb.connect() as database:
        database.register("stock_moves", moves)
        database.execute("CREATE TABLE sales AS SELECT * FROM sold")
        found = database.execute(shelf.on_hand(columns, until)).df()
    return found.set_index([name for name in ("product", "store") if name in found])["on_hand"]


def test_what_is_asked_by_sql_is_what_the_moves_go_on_to():
    rng = np.random.default_rng(8)
    products = pd.Index([f"p{number}" for number in range(120)])
    sold = rng.poisson(rng.uniform(0.1, 4.0, len(products))[:, None], (len(products), len(DAYS))).astype(float)
    rows, unknown = [], 0
    for name in products:
        level = float(rng.integers(20, 160))
        rows.append((DAYS[rng.integers(0, 12)], name, "count", 0.0, level, None))
        for place, day in enumerate(np.sort(rng.choice(np.arange(12, 40), 3, replace=False))):
            kind = rng.choice(["receipt", "order", "count", "theirs"])
            units = float(rng.integers(5, 60))
            level = {"receipt": level + units, "order": level}.get(kind, float(rng.integers(0, 90)))
            ours = f"o/{place}" if kind in ("receipt", "order") and rng.random() < 0.5 else None
            rows.append((DAYS[day], name, kind.replace("theirs", "receipt"), units, level, ours))
    moves = pd.DataFrame(rows, columns=["date", "product", "move", "quantity", "on_hand", "reference"])
    moves = moves.astype({"reference": "str"}).sort_values("date", kind="stable", ignore_index=True)
    named = pd.concat([moves, table((DAYS[20], "p0", "sale", -1, 9.0))]).sort_values("date", kind="stable")
    for one in (moves, moves.drop(columns="reference"), named.reset_index(drop=True)):
        truth = supply.levels(ledger.continued(one, products, DAYS, sold), products, DAYS)
        for day in (len(DAYS) - 1, 25):
            past = one[one["date"] <= DAYS[day]]
            then = ledger.continued(past, products, DAYS[: day + 1], sold[:, : day + 1])
            truth = pd.Series(supply.levels(then, products, DAYS[: day + 1])[:, -1], products)
            found = asked(one, lines(sold, products), f"TIMESTAMP '{DAYS[day] + pd.Timedelta(days=1)}'")
            pd.testing.assert_series_equal(found.reindex(products), truth, check_names=False)
            unknown += int(truth.isna().sum())
    assert unknown > 20


def test_of_stores_each_is_asked_by_itself_or_nobody_knows():
    counted = [("2026-10-03", "A", "count", 0, units) for units in (50.0, 300.0)]
    moves = table(*counted).assign(store=["x", "y"])
    sold = sales(1.0)[:1]
    found = asked(moves, lines(sold, GOODS[:1], "x"))
    assert found.to_dict() == {("A", "x"): 50 - 37, ("A", "y"): 300}
    assert asked(moves, lines(sold, GOODS[:1])).isna().all()
