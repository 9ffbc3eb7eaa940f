"""What was sold, came back or lies in stock in numbers: against pandas, which reads the same files another way."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from data import demo, tables
from data.dataset import Dataset, Origin
from data.demo import stock as simulated
from models import segmenting
from models.customers import rfm
from models.sales import description
from models.stock import outs, supply

NOW = datetime(2026, 4, 1, tzinfo=UTC)
NONE = pd.Series(dtype=float)
START, END = pd.Timestamp("2025-06-01"), pd.Timestamp("2026-02-28")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = demo.dataset("sales", date(2026, 3, 14))
    main = made.frames["sales"].assign(
        region=lambda one: one["store"].map({"WEB": "north", "LON": None}).astype("category")
    )
    places = np.where(made.frames["stock_moves"]["product"].str.len() % 2 == 0, "W1", "W2")
    moves = made.frames["stock_moves"].assign(store=pd.Series(places, dtype="str"))
    kept = Dataset("sales", {**made.frames, "sales": main, "stock_moves": moves}, Origin("upload", "mine.csv"))
    return tables.add(tmp_path_factory.mktemp("shop"), kept, NOW)


def described(values, by):
    """By pandas: a row of all, then one a level."""
    found = values.dropna().groupby(by.fillna("?")).agg(["count", "sum", "mean", "median", "min", "max", "std"])
    whole = values.dropna().agg(["count", "sum", "mean", "median", "min", "max", "std"])
    return pd.concat([whole.to_frame().T.set_axis(["all"]), found]).set_axis(list(description.STATISTICS), axis=1)


def same(found, expected):
    found = found.assign(level=found["level"].fillna("all")).set_index("level").astype(float)
    assert found.index[0] == "all"
    assert found["sum"].iloc[1:].round(6).is_monotonic_decreasing
    expected = expected.astype(float).reindex(found.index)
    pd.testing.assert_frame_equal(found, expected, check_names=False, check_index_type=False, rtol=1e-9)


@pytest.mark.parametrize("kind", ["sale", "return"])
@pytest.mark.parametrize("measure", ["money", "units"])
def test_lines_are_described_as_pandas_does_by_every_dimension(shop, kind, measure):
    frame = tables.read(shop)
    scored = rfm.score(rfm.purchases(tables.query(shop, rfm.by_day(shop.columns["sales"]))))
    people = rfm.purchases(tables.query(shop, rfm.by_day(shop.columns["sales"]))).customers[scored.index]
    segment = frame["customer"].astype(object).map(dict(zip(people, scored["segment"].astype(str), strict=True)))
    frame = frame.assign(customer_segment=segment)
    kept = frame[(frame["line_type"] == kind) & frame["timestamp"].between(START, END + pd.Timedelta(hours=23.99))]
    value = kept["quantity"] * (kept["unit_price"] if measure == "money" else 1)
    value = -value if kind == "return" else value
    dimensions = description.dimensions(shop.columns, kind)
    assert {"region", "customer_segment", "category", "product", "store", "supplier", "customer"} == set(dimensions)
    for dimension in dimensions:
        sql = description.lines(dimension, measure)
        same(tables.query(shop, sql, kind=kind, start=START, end=END), described(value, kept[dimension].astype(object)))


def test_filters_of_own_columns_and_of_what_is_not_known(shop):
    frame = tables.read(shop)
    frame = frame[(frame["line_type"] == "sale") & frame["timestamp"].between(START, END + pd.Timedelta(hours=23.99))]
    for region in ("north", "?"):
        chosen = {"region": [region], "category": ["Bags", "Garden"], "nothing": ["x"], "store": []}
        where, values = description.conditions(chosen, shop.columns["sales"])
        found = tables.query(
            shop, description.lines("store", "money", where), kind="sale", start=START, end=END, **values
        )
        of = frame["region"].astype(object).fillna("?").eq(region) & frame["category"].isin(["Bags", "Garden"])
        same(found, described((frame["quantity"] * frame["unit_price"])[of], frame["store"].astype(object)[of]))


def test_stock_is_described_as_pandas_does(shop):
    moves, goods = tables.read(shop, "stock_moves"), tables.read(shop, "products").set_index("product")
    last = moves[moves["date"] <= END].groupby(["product", "store"]).tail(1).set_index("product")
    lines = tables.read(shop)
    lines = lines[(lines["timestamp"] < END + pd.Timedelta(days=1)) & lines["unit_cost"].notna()]
    cost = lines.sort_values("timestamp", kind="stable").groupby("product")["unit_cost"].last()
    by = {"product": last.index.to_series(), "store": last["store"]}
    by |= {one: goods[one].reindex(last.index) for one in ("category", "supplier")}
    assert set(description.dimensions(shop.columns, "stock")) == set(by)
    for dimension, levels in by.items():
        for measure, value in (("units", last["on_hand"]), ("money", last["on_hand"] * cost.reindex(last.index))):
            found = tables.query(shop, description.stock(shop.columns, dimension, measure), end=END)
            expected = described(value.reset_index(drop=True), levels.astype(object).reset_index(drop=True))
            if measure == "units":
                same(found, expected)
            else:  # several lines of one moment may differ in cost
                assert found["sum"].iloc[0] == pytest.approx(expected["sum"].iloc[0], rel=1e-3)
    where, values = description.conditions({"store": ["W1"]}, ["store"])
    found = tables.query(shop, description.stock(shop.columns, "store", "units", where), end=END, **values)
    assert found["level"].dropna().tolist() == ["W1"]


def test_one_line_has_no_deviation_and_nothing_is_described_of_nothing(home, shop):
    one = tables.read(shop).query("line_type == 'sale'").tail(1)
    kept = tables.add(home, Dataset("sales", {"sales": one}, Origin("upload", "one.csv")), NOW)
    ask = description.lines("product", "units")
    found = tables.query(kept, ask, kind="sale", start=START, end=pd.Timestamp("2026-12-31"))
    assert len(found) == 2
    assert found["deviation"].isna().all()
    assert tables.query(kept, ask, kind="return", start=START, end=END).empty


@pytest.mark.parametrize("name", ["shop", "online_retail"])
def test_the_segment_of_a_line_in_sql_is_that_of_the_scores(request, name):
    kept = request.getfixturevalue(name)
    bought = rfm.purchases(tables.query(kept, rfm.by_day(kept.columns["sales"])))
    scored = rfm.score(bought)
    found = tables.query(kept, segmenting.segmented()).set_index("customer")["segment"]
    assert len(found) == len(scored) > 2_000
    assert (found.reindex(bought.customers[scored.index]).to_numpy() == scored["segment"].astype(str).to_numpy()).all()
    rows = tables.query(
        kept, tables.only("SELECT count(*) AS n FROM sales", f"{segmenting.segment_of_line()} = 'champions'")
    )
    champions = bought.customers[scored.index[scored["segment"] == "champions"]]
    assert rows["n"].iloc[0] == tables.read(kept)["customer"].isin(champions).sum()


def test_times_and_days_sold_out_by_hand():
    days = pd.date_range("2026-01-01", periods=8)
    sold = np.array([[5.0, 5, 0, 0, 0, 5, 0, 5], [10.0, 10, 10, 0, 10, 10, 10, 10], [1.0, 1, 1, 0, 1, 1, 1, 1]])
    out = np.zeros(sold.shape, bool)
    out[0, [2, 3, 4, 6]] = True  # a closed day in between does not end an empty shelf
    out &= sold.any(axis=0)
    goods = pd.DataFrame({"product": list("ABC"), "name": list("abc"), "price": [2.0, 1.0, np.nan]})
    demand = supply.Demand(goods, days, supply.repaired(sold, out), sold, out, 0)
    shelves = {"": outs.empty(demand)}
    found = outs.outs(shelves, days[0], days[-1], NONE)
    assert found["product"].tolist() == ["A"]
    row = found.iloc[0]
    assert (row["days"], row["times"], row["share"]) == (3, 2, pytest.approx(3 / 7))
    usual = 5 / 11 * 11  # of what the others sold: 10 of 22 units before, 11 on each of these days
    assert row["lost_units"] == pytest.approx(3 * usual)
    assert row["lost"] == pytest.approx(3 * usual * 2)
    assert outs.by_month(shelves, days[0], days[-1], NONE, pd.Index(["A"])).sum() == pytest.approx(row["lost"])
    assert outs.outs(shelves, days[0], days[1], NONE).empty
    assert outs.outs(shelves, days[0], days[-1], pd.Series({"A": 3.0}))["lost"].iloc[0] == pytest.approx(3 * usual * 3)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_empty_shelves_cost_is_what_the_simulation_could_not_serve(tmp_path, monkeypatch, seed):
    """The demo's shop knows what was wanted: what its shelves could not give is the truth."""
    seen, simulate = {}, simulated.simulate

    def watched(days, is_open, wanted, *rest):
        sold, moves = simulate(days, is_open, wanted, *rest)
        seen.update(days=days, unserved=wanted - sold, goods=rest[1].frame["product"].to_numpy(object))
        return sold, moves

    monkeypatch.setattr(simulated, "simulate", watched)
    from data.demo import sales

    frames = sales.generate(date(2026, 3, 14), customers=1_500, products=150, seed=seed)
    kept = tables.add(tmp_path, Dataset("sales", frames, Origin("upload", "x.csv")), NOW)
    columns = kept.columns["sales"]
    queries = (supply.by_day(columns), supply.latest(columns))
    demand = supply.demand(*(tables.query(kept, sql) for sql in queries), END, tables.read(kept, "stock_moves"))
    found = outs.outs({"": outs.empty(demand)}, pd.Timestamp("2024-03-01"), END, NONE)
    days = (seen["days"] >= "2024-03-01") & (seen["days"] <= END)
    truth = pd.Series(seen["unserved"][days].sum(axis=0), seen["goods"])
    assert truth.sum() > 500
    assert found["lost_units"].sum() == pytest.approx(truth.sum(), rel=0.2)
    told = found.set_index("product")["lost_units"].reindex(truth.index).fillna(0)
    assert np.corrcoef(told, truth)[0, 1] > 0.8
