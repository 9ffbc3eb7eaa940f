"""What is summed up where lines lie is what the pages would have said of the lines themselves."""

from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import numpy as np
import pandas as pd
import pytest

from connectors import NotFound, lake
from connectors.lake import duck, stream
from data import append, beside, state, tables
from data.dataset import Dataset, Origin
from data.tables.reading import SUMMED
from locales import Sentence
from models import aggregates
from models.aggregates import CannotAggregate
from models.customers import rfm
from models.drift import counted, monitored, watch
from models.lifecycle import aggregating
from models.products import associations, baskets
from tests import chain

NOW = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def made():
    return chain.lines()


@pytest.fixture(scope="module")
def folder(made, tmp_path_factory):
    return chain.write(tmp_path_factory.mktemp("lake"), made)


@pytest.fixture
def opened(folder):
    with lake.opened("duckdb", str(folder), "UTC") as lines:
        yield lines


def ask(lines, sql):
    return aggregates.read(lines.ask(sql))


@pytest.fixture(scope="module")
def known(made):
    """The lines that can be used, as Vigie would keep them."""
    used = made.dropna(subset=["product", "quantity", "unit_price"])
    kind = np.where(used["quantity"] < 0, "return", "sale")
    return used.assign(source="mine", line_type=kind, currency="EUR", amount=used["quantity"] * used["unit_price"])


def test_days_are_the_sums_of_their_lines_to_the_millionth(opened, made, known):
    found = ask(opened, aggregates.daily(opened.columns))
    keys = ["day", "store", "product", "line_type"]
    whole = known.assign(day=known["timestamp"].dt.normalize(), cost=known["quantity"] * known["unit_cost"])
    told = whole.groupby(keys).agg(
        quantity=("quantity", "sum"), amount=("amount", "sum"), lines=("line_id", "size"),
        cost=("cost", lambda costs: costs.sum(skipna=False)), description=("description", "max"),
    )  # fmt: skip
    mine = found.set_index(keys).sort_index()
    assert len(mine) == len(told) < len(known)
    for name in ("quantity", "amount", "cost"):
        np.testing.assert_allclose(mine[name], told[name], rtol=0, atol=1e-5)
    assert mine["lines"].tolist() == told["lines"].tolist()
    assert mine["description"].tolist() == told["description"].tolist()
    facts = ask(opened, aggregates.facts(opened.columns)).iloc[0]
    assert (facts["lines"], facts["used"], facts["strange"]) == (len(made), len(known), 0)
    assert found["amount"].sum() == pytest.approx(facts["amount"], abs=1e-6)
    sales = aggregates.sales(found, "mine", "EUR")
    weighed = sales[sales["line_type"].eq("sale")]
    np.testing.assert_allclose(weighed["unit_price"] * weighed["quantity"], weighed["amount"])
    assert sales["line_id"].is_unique


def test_customers_are_those_that_the_pages_would_have_found(opened, known):
    with duckdb.connect() as connection:
        connection.execute(SUMMED)
        connection.register("sales", known)
        truth = rfm.purchases(connection.execute(rfm.by_day(known.columns)).df())
    mine = rfm.purchases(ask(opened, aggregates.visits(opened.columns)))
    assert mine.customers.tolist() == truth.customers.tolist()
    assert mine.unknown == pytest.approx(truth.unknown)
    pd.testing.assert_frame_equal(mine.visits, truth.visits, check_exact=False, rtol=1e-9, atol=1e-5)
    told = rfm.summary(rfm.score(truth))
    found = aggregates.segments(ask(opened, aggregates.buyers(opened.columns)), truth.days[-1])
    assert found["segment"].tolist() == told["segment"].astype(str).tolist()
    assert found["customers"].tolist() == told["customers"].tolist()
    np.testing.assert_allclose(found["revenue"], told["revenue"], atol=1e-4)
    rows = opened.ask(aggregates.count_visits(opened.columns))["rows_"].iloc[0]
    assert rows == len(truth.visits) + known["customer"].isna().groupby(known["timestamp"].dt.date).any().sum()


def test_segments_are_the_same_to_the_last_bit_in_whatever_order_an_engine_answers():
    draw = np.random.default_rng(2)
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(500) // 5, unit="D")
    cube = pd.DataFrame({"last": days, "frequency": np.arange(500) % 5 + 1, "customers": 3})
    cube["revenue"] = draw.integers(1, 10**9, 500) / 1e6
    found = [aggregates.segments(cube.sample(frac=1, random_state=seed), days[-1]) for seed in range(4)]
    for one in found:
        pd.testing.assert_frame_equal(one, found[0], check_exact=True)


def test_pairs_are_counted_as_the_page_counts_them(opened, known, monkeypatch):
    monkeypatch.setattr(aggregates, "LARGEST", 6)
    found = ask(opened, aggregates.pairs(opened.columns))
    with duckdb.connect() as connection:
        connection.register("sales", known)
        products, held = (connection.execute(sql).df() for sql in baskets.lines(known.columns))
    truth = baskets.baskets(products, held, 6)
    together = (truth.held.T @ truth.held).toarray()
    place = {name: number for number, name in enumerate(truth.products)}
    a, b = found["a"].map(place).to_numpy(), found["b"].map(place).to_numpy()
    assert found["both_"].tolist() == together[a, b].tolist()
    assert found["a_baskets"].tolist() == truth.count[a].tolist()
    assert found["b_baskets"].tolist() == truth.count[b].tolist()
    assert set(found["baskets"]) == {truth.held.shape[0]}
    often = np.flatnonzero(truth.count >= baskets.SOLD)
    upper = np.triu(together[np.ix_(often, often)], 1)
    assert len(found) == (upper >= associations.MIN_BASKETS).sum() > 100
    names = truth.customer[:, None]  # of one pair the buyers one by one
    both = truth.held[:, [a[0]]].multiply(truth.held[:, [b[0]]]).toarray().ravel() > 0
    who = names[both].ravel()
    assert found["buyers"].iloc[0] == len(set(who[who >= 0])) + (who < 0).sum()


def test_bins_count_what_drift_would_have_counted_line_by_line(opened, known):
    first, last = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-01-30")
    cuts = aggregates.freeze(lambda sql: ask(opened, sql), opened.columns, first, last)
    assert set(cuts) == {"quantity", "unit_price", "category", "line_type", "store"}
    frame = aggregates.kept(cuts, (first, last))
    tallied = ask(opened, aggregates.histograms(opened.columns, cuts))
    mine = aggregates.watched(tallied, ask(opened, aggregates.units(opened.columns)), frame)
    sheets = monitored.sales(known.drop(columns=["description"]))
    truth = counted.count(sheets, mine.reference, {column.name: column.cut for column in mine.columns})
    by_name = {column.name: column for column in truth.columns}
    for column in (column for column in mine.columns if column.name != "store"):  # the page has it once an invoice
        other = by_name[column.name]
        assert column.counts.tolist() == other.counts.tolist(), column.name
        assert column.units.tolist() == other.units.tolist()
    told = aggregates.drift(mine)
    end = told[told["day"].eq(told["day"].max())].set_index("feature")
    price = truth.columns[[column.name for column in truth.columns].index("unit_price")]
    exact = watch.backfill(replace(truth, columns=(price,)))
    exact = exact[exact["day"].eq(exact["day"].max())].iloc[0]
    assert end.loc["unit_price", "psi"] == pytest.approx(exact["psi"])
    assert 0.5 * exact["ks"] < end.loc["unit_price", "ks"] <= exact["ks"] + 1e-12
    assert end.loc["unit_price", "psi"] > 2 * end.loc["quantity", "psi"]  # the rise that was planted
    assert np.isnan(end.loc["store", "ks"])


def test_bins_of_few_values_and_of_rare_levels_are_placed_as_the_page_places_them(tmp_path):
    rng = np.random.default_rng(3)
    level = pd.Series([f"l'{number}" for number in np.minimum(rng.geometric(0.05, 3_000), 60)], dtype="str")
    frame = chain.lines(3_000).assign(
        category=level, promotion=rng.choice([0.0, 0.1, 0.30000000000000004, np.nan], 3_000)
    )
    chain.write(tmp_path, frame)
    with lake.opened("duckdb", str(tmp_path), "UTC") as lines:
        cuts = aggregates.freeze(
            lambda sql: ask(lines, sql), lines.columns, frame["timestamp"].min(), pd.Timestamp("2025-02-01")
        )
        found = ask(lines, aggregates.histograms(lines.columns, cuts))
    goods = frame.dropna(subset=["product", "quantity", "unit_price"])
    assert len(cuts["category"].rare) > 5
    assert cuts["promotion"].values == (0.0, 0.1, 0.30000000000000004)
    for name in ("category", "promotion"):
        total = (
            found[found["name"] == name]
            .groupby("place")["rows_"]
            .sum()
            .reindex(range(len(cuts[name].counts)), fill_value=0)
        )
        assert total.tolist() == cuts[name].count(goods[name]).tolist()


def test_the_day_is_that_of_the_shop_where_times_carry_a_zone(tmp_path):
    at = pd.to_datetime(["2025-03-01 23:30", "2025-03-02 10:00"], utc=True)
    frame = pd.DataFrame({"timestamp": at, "product": "a", "quantity": 1.0, "unit_price": 2.0})
    frame.to_parquet(tmp_path / "lines.parquet")
    for zone, days in (("UTC", ["2025-03-01", "2025-03-02"]), ("Europe/Paris", ["2025-03-02"])):
        with lake.opened("duckdb", str(tmp_path), zone) as lines:
            assert lines.columns["timestamp"] == "zoned"
            found = ask(lines, aggregates.daily(lines.columns))
        assert sorted(found["day"].dt.strftime("%Y-%m-%d")) == days


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"timestamp": "time", "product": "text"}, "quantity, unit_price"),
        ({"timestamp": "text", "product": "text", "quantity": "number", "amount": "number"}, "timestamp"),
        ({"timestamp": "time", "product": "text", "quantity": "text", "amount": "number"}, "quantity"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused(columns, said):
    with pytest.raises(CannotAggregate, match=said):
        aggregates.check(columns)


def test_what_is_being_written_or_was_never_written_is_no_part_of_the_lines(tmp_path):
    with pytest.raises(NotFound, match="no Parquet file"):
        duck.parquets(tmp_path)
    (tmp_path / "_temporary" / "0").mkdir(parents=True)
    for name in ("_temporary/0/a.parquet", ".b.parquet", "c.parquet", "d.parquet"):
        (tmp_path / name).write_bytes(b"" if name == "c.parquet" else b"PAR1")
    assert duck.parquets(tmp_path) == [str(tmp_path / "d.parquet")]


@pytest.fixture
def engine(tmp_path, migrated):
    made = state.engine(f"sqlite:///{tmp_path / 'vigie.db'}")
    migrated(made)
    return made


def run(engine, home, folder, ahead=False):
    return aggregating.run(engine, home, str(folder), "duckdb", None, ahead, NOW, lambda _message, _share: None)


def test_the_pages_get_a_sales_table_that_goes_on_and_keeps_its_bins(engine, home, made, known, folder):
    answer = run(engine, home, folder)
    shown = tables.active(home, "sales")
    assert answer["version"] == shown.version
    assert answer["amount"] == pytest.approx(known["amount"].sum(), abs=1e-4)
    assert set(shown.columns) == {"sales", "segments", "visits", "pairs", "histograms", "cuts", "units"}
    assert [(one.rows, one.severity) for one in shown.findings] == [(len(made), "info"), (3, "warning")]
    sold = tables.query(shown, "SELECT sum(amount) AS amount FROM sales")["amount"].iloc[0]
    assert sold == pytest.approx(known["amount"].sum(), abs=1e-4)
    more = made.assign(unit_price=made["unit_price"] * 2, line_id="X" + made["line_id"])
    more["timestamp"] += pd.Timedelta(days=200)
    chain.write(folder, more, "part-1.parquet")
    run(engine, home, folder)
    again = tables.active(home, "sales")
    (folder / "store=000" / "part-1.parquet").unlink()
    for place in folder.glob("*/part-1.parquet"):
        place.unlink()
    assert again.lineage == shown.lineage
    assert tables.read(again, "cuts").equals(tables.read(shown, "cuts"))
    # What was computed of other lines does not stay beside a table that is changed by hand.
    fresh = tables.read(again).head(3).assign(line_id=["x", "y", "z"])
    grown = append.add(home, again, fresh, "more.csv", NOW)
    assert set(grown.columns) == {"sales"}
    other = Dataset("sales", {"sales": tables.read(again).head(9)}, Origin("upload", "x"), lineage=again.lineage)
    assert set(beside.keep(home, other, NOW).columns) == {"sales"}


def test_forecasts_of_each_store_are_written_down_to_be_held_against_what_comes(engine, home, folder, plain_learners):
    answer = run(engine, home, folder, ahead=True)
    log = state.read(engine, state.prediction_log)
    assert (answer["forecast"], answer["not forecast"]) == (3, {})
    assert sorted(log["subject"].unique()) == [f"revenue D store=00{number}" for number in range(3)]
    assert len(log) == 3 * aggregates.HORIZON
    assert log["mean"].notna().all()
    assert set(log["target_day"] - log["day"]) == {pd.Timedelta(days=ahead) for ahead in range(1, 29)}


@pytest.mark.parametrize("keys", [["day", "product"], ["day", "store", "category"], ["day", "category"]])
def test_days_are_told_as_finely_as_the_pages_can_hold(engine, home, known, folder, monkeypatch, keys):
    told = known.assign(day=known["timestamp"].dt.normalize(), category=known["category"].fillna("?"))
    most = len(told.groupby([*keys, "line_type"]))
    monkeypatch.setattr(aggregating, "MAX_ROWS", most)
    run(engine, home, folder)
    shown = tables.active(home, "sales")
    sold = tables.read(shown)
    assert len(sold) == most
    assert sold["amount"].sum() == pytest.approx(known["amount"].sum(), abs=1e-3)
    assert ("store" in sold, "description" in sold) == ("store" in keys, "product" in keys)
    assert shown.findings[1].message == aggregating.COARSE[tuple(keys[1:])]


def test_batches_add_up_to_the_whole_and_one_that_is_given_again_counts_once(engine, home, opened, made, monkeypatch):
    whole = opened.ask(aggregates.daily(opened.columns))
    answers = []
    for part in (0, 1):
        with duckdb.connect() as connection:
            connection.register("raw", made[made.index % 2 == part])
            asked = [work(made.columns) for work in (aggregates.daily, aggregates.facts)]
            answers.append([connection.execute(sql).df() for sql in asked])
    nothing = [answers[0][0].head(0), answers[0][1].assign(lines=0, used=0)]
    given = [(answers[0], 0), (answers[0], 0), (answers[1], 1), (nothing, 2), (answers[1], 1)]

    def follow(_source, _zone, _place, asked, keep, alive):
        assert all("raw" in sql for sql in asked(opened.columns))
        for answer, number in given:
            alive(4 if number else 0)
            keep(answer, number)

    monkeypatch.setattr(stream, "follow", follow)

    def go():
        aggregating.follow(engine, home, "/lake/lines", None, lambda: datetime.now(UTC), lambda _message, _share: None)

    go()
    shown = tables.active(home, "sales")
    assert [(one.rows, one.values) for one in shown.findings] == [(len(made) - 3, {"batch": "2"}), (3, {}), (4, {})]
    truth = aggregates.sales(aggregates.read(whole), "/lake/lines", "EUR").set_index("line_id").sort_index()
    mine = tables.read(shown).set_index("line_id").sort_index()
    assert list(mine.index) == list(truth.index)
    for name in ("quantity", "amount", "unit_price", "unit_cost"):
        np.testing.assert_allclose(mine[name], truth[name], atol=1e-5, err_msg=name)
    given[:] = [(answers[1], 4)]  # a batch between has been lost with the data
    with pytest.raises(Sentence, match="not kept any more"):
        go()
