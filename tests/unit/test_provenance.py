"""What came of a source is what was made of it, and stays true of what was removed or renamed since."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

import settings
from charts.data import provenance as charts
from connectors import fetched, mapping
from data import beside, boards, state, tables
from data.dataset import Dataset, Origin
from models.ask import board
from models.ask.board import Board, Card
from models.ask.query import Query
from models.lifecycle import provenance, registry
from models.quality import gate
from tests import shop
from tests.connectors.conftest import named  # noqa: F401  # a fixture
from tests.connectors.test_sql import quiet

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LIMIT = 10_000_000


@pytest.fixture
def source(home, tmp_path, named):  # noqa: F811
    """Two tables of a database, the lines of a shop and its products."""
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as connection:
        lines = shop.lines(60)[["line_id", "timestamp", "product", "quantity", "unit_price", "currency", "store"]]
        lines.assign(timestamp=lines["timestamp"].astype(str)).to_sql("lines", connection, index=False)
        connection.execute("CREATE TABLE goods (product text, description text, supplier text)")
        connection.executemany("INSERT INTO goods VALUES (?, ?, ?)", [("x", "Lamp", "S1"), ("y", "Shelf", "S1")])
        connection.commit()
    named(shop=f"sqlite:///{tmp_path / 'shop.sqlite'}")

    def bring(table, now=NOW):
        return fetched.bring(home, "shop", f"SELECT * FROM {table}", f"shop: {table}", None, (), quiet, now)[0]

    return bring


def kept(home, engine, reading, now=NOW):
    raw = fetched.raw(home, reading, LIMIT)
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), now, reading.name)
    stored = tables.add(
        home, Dataset("sales", made.frames, Origin(**{**made.origin.__dict__, "database": reading.id})), now
    )
    provenance.note(engine, home)
    return stored


def train(engine, home, stored, model="sales"):
    record = registry.Record(model, "xgboost", "Ana", "first", stored.version, 10, {}, {}, {}, lineage=stored.lineage)
    return registry.keep(engine, home, record, b"model", ".zip", NOW)


def said(engine, home):
    return [
        (node.depth, node.kind, node.name, node.count, node.gone, node.shown) for node in provenance.nodes(engine, home)
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_came_of_a_source_is_told_and_stays_told(engine, home, source, monkeypatch):
    monkeypatch.setattr(board, "READY", {})
    reading = source("lines")
    stored = kept(home, engine, reading)
    train(
        engine,
        home,
        tables.add(home, Dataset("sales", {"sales": shop.lines(50)}, Origin("upload", "b.csv")), NOW, False),
    )
    version = train(engine, home, stored)
    state.upsert(engine, state.prediction_log, [
        {"model": "sales", "version": version, "day": date(2026, 2, day), "subject": "a",
         "target_day": date(2026, 2, day),
         "mean": 1.0, "logged": NOW} for day in (3, 4)
    ])  # fmt: skip
    asks = Board("Daily", (Card("number", Query(("revenue",))),))
    boards.write(engine, "daily", board.to_json(asks), 0, NOW)
    boards.write(
        engine, "people", board.to_json(Board("People", (Card("sql", text="SELECT * FROM customers"),))), 0, NOW
    )
    came = [
        (0, "source", "shop", 1, False, False), (1, "reading", "shop: lines", 1, False, False),
        (2, "dataset", "sales", 1, False, True), (3, "model", "sales", 1, False, False),
        (4, "forecasts", "sales", 2, False, False), (3, "board", "Daily", 1, False, False),
    ]  # fmt: skip
    assert said(engine, home) == came
    # Renamed, removed, no longer named: it came from there all the same.
    boards.write(engine, "daily", board.to_json(Board("Every day", asks.cards)), 1, NOW)
    assert said(engine, home)[-1] == (3, "board", "Every day", 1, False, False)
    other = tables.add(home, Dataset("sales", {"sales": shop.lines(40)}, Origin("demo", "Demo")), NOW)
    assert said(engine, home)[2:] == [(2, "dataset", "sales", 1, False, False), *came[3:5]]  # the board shows the demo
    tables.remove(home, "sales", stored.version)
    fetched.forget(home, reading)
    monkeypatch.setenv("VIGIE_DATABASES", "")
    settings.get.cache_clear()
    provenance.note(engine, home)
    assert said(engine, home) == [
        (0, "source", "shop", 1, True, False), (1, "reading", "shop: lines", 1, True, False),
        (2, "dataset", "sales", 1, True, False), *came[3:5],
    ]  # fmt: skip
    assert other.version not in set(state.read(engine, state.sourced_versions)["version"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_table_beside_the_sales_came_from_its_source_until_a_file_takes_its_place(engine, home, source):
    goods = source("goods")
    stored = shop.keep_lines(home, 60)
    frame = pd.DataFrame({"product": ["x"], "description": ["Lamp"], "category": [None]}, dtype="str")
    put = gate.put(engine, home, stored, "products", frame, goods.name, NOW, goods.id)
    provenance.note(engine, home)
    tree = [(node.kind, node.name, node.count) for node in provenance.nodes(engine, home) if node.depth == 2]
    assert tree == [("beside", "products", 1)]
    # Next month's sales take the table over, and where it came from.
    month = Dataset("sales", {"sales": shop.lines(90)}, Origin("upload", "march.csv"), lineage=stored.lineage)
    later = beside.keep(home, month, NOW + timedelta(days=30))
    assert "products" in later.columns
    provenance.note(engine, home)
    assert set(state.read(engine, state.sourced_versions)["version"]) == {put.version, later.version}
    last = gate.put(engine, home, later, "products", frame.assign(description="Lamps"), "goods.csv", NOW)
    provenance.note(engine, home)
    assert last.version not in set(state.read(engine, state.sourced_versions)["version"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_figure_that_was_kept_is_of_the_data_of_its_day(engine, home, source, monkeypatch):
    monkeypatch.setattr(board, "READY", {})
    stored = kept(home, engine, source("lines"))
    picture = boards.keep_picture(engine, {"figure": "{}", "kept": "", "versions": [stored.version]}, NOW)
    boards.write(engine, "old", board.to_json(Board("Old", (Card("picture", text=picture),))), 0, NOW)
    shop.keep_lines(home, 40)
    assert [node.name for node in provenance.nodes(engine, home) if node.kind == "board"] == ["Old"]
    boards.remove(engine, "old", 1, NOW)
    assert [node.gone for node in provenance.nodes(engine, home) if node.kind == "board"] == [True]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_figure_says_what_there_is_and_marks_what_is_gone(language):
    import locales

    nodes = [
        provenance.Node("source", "shop <b>", 0, 1),
        provenance.Node("reading", "shop: " + "lines " * 20, 1, 1, NOW, gone=True),
        provenance.Node("dataset", "sales", 2, 2, NOW, shown=True),
        provenance.Node("model", "churn", 3, 1, NOW),
        provenance.Node("board", "Daily", 3, 1),
    ]
    with locales.using(language):
        figure, table = charts.tree(nodes), charts.table(nodes)
    marks = figure.data[1]
    assert [symbol.endswith("-open") for symbol in marks.marker.symbol] == [False, True, False, False, False]
    assert list(marks.x) == [0, 1, 2, 3, 3]
    assert sorted(marks.y, reverse=True) == list(marks.y)
    texts = [one.text for one in figure.layout.annotations]
    assert "&lt;b&gt;" in texts[0]
    assert ("1 dataset, 1 model and 1 board" if language == "en" else "1 jeu de données") in figure.layout.title.text
    assert ("removed" if language == "en" else "retiré") in table.iloc[1, 2]
    links = [(x, y) for x, y in zip(figure.data[0].x, figure.data[0].y, strict=True) if x is not None]
    assert len(links) == 3 * 4
