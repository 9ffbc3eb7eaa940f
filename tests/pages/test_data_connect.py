"""Databases on the page Data: read like a file, brought up to date, refused in one sentence, nothing half done."""

import sqlite3
import threading
import time
from contextlib import closing

import pytest
import streamlit as st

import settings
from connectors import databases, fetched
from connectors.databases import session
from data import tables
from tests.connectors.conftest import named, origin, send  # noqa: F401  # fixtures
from ui import background
from ui.data import fetching

LINES = 120  # of the shop: line i sells i % 5 + 1 units at 2.50 on day i // 4 of 2024, so that its sums are known
TOTAL = sum(2.5 * (i % 5 + 1) for i in range(LINES))
CONNECT = "Connect to a database, a store or the web"
STRANGE = "*bold* <b>$x$</b>"


def line(i, day=None, units=None):
    day = i // 4 if day is None else day
    return (i, f"2024-{1 + day // 28:02d}-{1 + day % 28:02d} 10:{i % 60:02d}:00", f"P{i % 7}", units or i % 5 + 1, 2.5)


@pytest.fixture
def shop(tmp_path, named):  # noqa: F811
    """A shop in SQLite: `shop(sql, rows)` runs a statement in it."""
    path = tmp_path / "shop.sqlite"

    def run(statement, rows=None):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return connection.executemany(statement, rows) if rows else connection.execute(statement).fetchall()

    run("CREATE TABLE lines (id integer PRIMARY KEY, sold_at text, product text, quantity integer, unit_price real)")
    run("INSERT INTO lines VALUES (?, ?, ?, ?, ?)", [line(i) for i in range(LINES)])
    run("CREATE TABLE empty (id integer)")
    run(f'CREATE TABLE "{STRANGE}" ("{STRANGE}" text)')
    run(f'INSERT INTO "{STRANGE}" VALUES (?)', [(STRANGE,)])
    named(shop=f"sqlite:///{path}")
    return run


def button(app, label):
    return next(one for one in app.button if one.label == label)


def said(app):
    kinds = (app.markdown, app.caption, app.warning, app.success, app.info)
    return "\n".join(one.value.replace("\\", "") for kind in kinds for one in kind)


def press(app, label):
    """Press a button and wait until what it started has ended."""
    button(app, label).click().run()
    return wait(app)


def wait(app):
    """Wait until what was started has ended."""
    for _attempt in range(600):
        if not any(one in app.session_state for one in (fetching.RUN, "job-sales", "job-customers")):
            break
        while background._stopping:
            time.sleep(0.02)
        app.run()
    assert not app.exception
    return app


def connected(visit, table="lines", **query):
    return visit("data", **{"table": "sales", "connect": "true", "database": "shop", "relation": table} | query)


def fetch(app, column="id"):
    """Fetch the table that is shown, by a column that says what is new."""
    if column:
        next(one for one in app.selectbox if one.label == "Column that says what is new").select(column).run()
    return press(app, "Fetch")


def active():
    return tables.active(settings.get().home, "sales")


def kept():
    return fetched.known(settings.get().home)


def test_a_closed_expander_asks_no_database(visit, shop, monkeypatch):
    monkeypatch.setattr(databases, "tables", lambda source: pytest.fail("it was asked"))
    app = visit("data", table="sales", database="shop")
    assert CONNECT in [one.label for one in app.expander]


def test_a_table_is_shown_fetched_and_read_like_a_file(visit, shop):
    app = connected(visit)
    columns = next(one.value for one in app.dataframe if "Type in the database" in one.value)
    assert columns["Column"].tolist() == ["id", "sold_at", "product", "quantity", "unit_price"]
    assert columns["Key"].tolist() == [True, False, False, False, False]
    before = active().version
    fetch(app)
    assert active().version == before  # nothing is used before somebody has looked
    assert f"{LINES} rows of shop: lines were read" in said(app)
    press(app, "Check and use")
    found = active()
    frame = tables.read(found)
    assert (frame["quantity"] * frame["unit_price"]).sum() == TOTAL
    assert (len(frame), found.origin.name, found.origin.database) == (LINES, "shop: lines", kept()[0].id)
    assert "read from a connected source" in said(app)


def test_up_to_date_counts_what_came_and_the_pages_show_it(visit, shop):
    app = fetch(connected(visit), "sold_at")
    press(app, "Check and use")
    lineage = active().lineage
    shop("INSERT INTO lines VALUES (?, ?, ?, ?, ?)", [line(200, 40, 4), line(201, 41, 4), line(202, 28, 1)])  # one late
    shop("UPDATE lines SET quantity = 9, sold_at = '2024-02-13 18:00:00' WHERE id = 3")
    shop("DELETE FROM lines WHERE id = 119")
    press(app, "Bring up to date")
    counted = "New rows: 3, of which late: 1; changed: 1; deleted: 1. The pages now show this dataset."
    assert counted in said(app)
    assert "Check and use" not in [one.label for one in app.button]  # nothing is left to be said
    frame, lost = tables.read(active()), 2.5 * (119 % 5 + 1)
    assert (frame["quantity"] * frame["unit_price"]).sum() == TOTAL + 2.5 * (4 + 4 + 1) + 2.5 * (9 - 4) - lost
    assert active().lineage == lineage
    assert len(kept()) == 1
    place = settings.get().home / "raw" / "databases" / kept()[0].id
    assert sorted(one.name for one in place.iterdir()) == sorted([kept()[0].reading, "kept.json"])


def test_without_a_column_all_is_read_each_time(visit, shop):
    app = press(fetch(connected(visit), None), "Check and use")
    shop("DELETE FROM lines WHERE id >= 100")
    press(app, "Bring up to date")
    assert "100 rows of shop: lines were read. The pages now show this dataset." in said(app)
    assert active().rows["sales"] == 100


def test_one_select_is_written_and_fetched(visit, shop):
    app = connected(visit, reads="select")
    sums = "sum(quantity) AS quantity, sum(quantity * unit_price) AS amount"
    text = f"SELECT sold_at, product, {sums} FROM lines GROUP BY 1, 2"
    app.text_area[0].set_value(text).run()
    press(fetch(app, None), "Check and use")
    frame = tables.read(active())
    assert frame["amount"].sum() == TOTAL


def test_what_is_no_select_is_refused(visit, shop):
    app = connected(visit, reads="select")
    for text in ("DELETE FROM lines", "SELECT 1; DROP TABLE lines", "SELECT load_extension('x')"):
        app.text_area[0].set_value(text).run()
        assert not app.exception, text
        assert len(app.warning) == 1, text
        assert "Fetch" not in [one.label for one in app.button], text
        assert shop("SELECT count(*) FROM lines") == [(LINES,)], text


def test_where_none_is_named_it_says_how(visit):
    app = visit("data", table="sales", connect="true")
    assert "VIGIE_DATABASES=shop=postgresql" in said(app)
    assert not [one for one in app.selectbox if one.label == "Database or store" and "shop" in one.options]


def test_a_wrong_password_is_a_sentence_without_it(visit, shop, monkeypatch):
    def refused(source):
        raise session.failed(source, "login", "password authentication failed: hunter2") from None

    monkeypatch.setattr(databases, "tables", refused)
    app = connected(visit)
    assert "does not let Vigie in: check the user, password" in said(app)
    assert len(app.warning) == 1
    assert "hunter2" not in said(app)


def test_a_table_that_disappears_changes_nothing(visit, shop):
    app = press(fetch(connected(visit)), "Check and use")
    before, reading = active().version, kept()[0].reading
    shop("DROP TABLE lines")
    press(app, "Bring up to date")
    assert "has no such table" in said(app)
    assert (active().version, kept()[0].reading) == (before, reading)
    st.cache_resource.clear()  # what there is, is asked for once a minute
    shown = next(one for one in connected(visit).selectbox if one.label == "Table there")
    assert "lines" not in shown.options


def test_columns_that_are_gone_stop_it_before_the_pages_change(visit, shop):
    app = press(fetch(connected(visit)), "Check and use")
    before = active().version
    shop("ALTER TABLE lines RENAME COLUMN quantity TO pieces")
    press(app, "Bring up to date")
    assert "does not fit how shop: lines was read (− quantity)" in said(app)
    assert active().version == before


def test_an_empty_table_cannot_be_fetched_nor_can_one_that_was_emptied(visit, shop):
    app = connected(visit, "empty")
    assert "There is no row in it yet" in said(app)
    assert "Fetch" not in [one.label for one in app.button]
    app = press(fetch(connected(visit)), "Check and use")
    before = active().version
    shop("DELETE FROM lines")
    press(app, "Bring up to date")
    assert "without a single row" in app.warning[0].value.replace("\\", "")
    assert (active().version, kept()[0].rows) == (before, LINES)


def test_a_key_that_is_none_is_refused_and_nothing_is_kept(visit, shop):
    app = connected(visit)
    next(one for one in app.selectbox if one.label == "Column that says what is new").select("sold_at").run()
    app.multiselect[0].set_value(["product"]).run()
    press(app, "Fetch")
    assert "name columns that tell all rows apart" in app.warning[0].value.replace("\\", "")
    assert not kept()
    assert not list((settings.get().home / "raw" / "databases").glob("*"))


def test_cancelled_it_leaves_nothing(visit, shop, monkeypatch):
    reached, go = threading.Event(), threading.Event()
    reads = databases.fetch

    def slow(source, query, into, step, *rest):
        def waiting(message, share):
            reached.set()
            go.wait(20)
            step(message, share)

        return reads(source, query, into, waiting, *rest)

    monkeypatch.setattr(databases, "fetch", slow)
    app = connected(visit)
    button(app, "Fetch").click().run()
    assert reached.wait(20)
    button(app, "Cancel").click().run()
    go.set()
    while background._stopping:
        time.sleep(0.02)
    app.run()
    assert "Cancelled: nothing was changed." in app.warning[0].value.replace("\\", "")
    assert not kept()
    assert not list((settings.get().home / "raw" / "databases").glob("*"))


def test_names_of_a_database_are_text_and_a_reading_is_removed(visit, shop):
    app = fetch(connected(visit, STRANGE), None)
    shown = [one.value for kind in (app.markdown, app.success) for one in kind if "bold" in one.value]
    assert shown
    assert not [text for text in shown if STRANGE in text]
    press(app, "Remove")
    assert not kept()
    assert "Bring up to date" not in [one.label for one in app.button]


def test_it_is_there_in_french(visit, shop):
    app = connected(visit, lang="fr")
    assert "Se connecter à une base de données, un stockage ou au web" in [one.label for one in app.expander]
    assert "Table" not in [one.label for one in app.selectbox]


def test_a_file_of_the_web_is_read_brought_up_to_date_and_told_in_the_tree(visit, home, origin, monkeypatch):  # noqa: F811
    monkeypatch.setenv("VIGIE_PRIVATE_HOSTS", "127.0.0.1")
    settings.get.cache_clear()
    header, lines = (
        "sold_at,product,quantity,unit_price\n",
        ["{1},{2},{3},{4}\n".format(*line(i)) for i in range(LINES)],
    )
    origin.answers = [send("".join([header, *lines]).encode())]
    app = connected(visit, "", database="https://")
    assert "What came of your sources" not in [one.value for one in app.subheader]
    field = next(one for one in app.text_input if one.label == "Address of a file")
    field.set_value("https://localhost/x.csv").run()
    assert "private network" in said(app)
    field = next(one for one in app.text_input if one.label == "Address of a file")
    field.set_value(origin.url).run()
    press(app, "Fetch")
    assert f"{LINES} rows of 127.0.0.1: file.csv were read" in said(app)
    press(app, "Check and use")
    frame = tables.read(active())
    assert (frame["quantity"] * frame["unit_price"]).sum() == TOTAL
    assert "What came of your sources" in [one.value for one in app.subheader]
    figure = app.get("plotly_chart")[0].proto
    assert "From your sources came 1 dataset, 0 models and" in figure.alt or "1 dataset" in figure.spec
    origin.answers = [send("".join([header, *lines[:100]]).encode())]
    press(app, "Bring up to date")
    assert active().rows["sales"] == 100


def test_a_table_beside_the_sales_is_made_of_a_reading_and_goes_on_with_it(visit, shop):
    press(fetch(connected(visit)), "Check and use")
    shop("CREATE TABLE goods (product text, description text, supplier text)")
    shop("INSERT INTO goods VALUES (?, ?, ?)", [(f"P{i}", f"Lamp {i}", "S1") for i in range(7)])
    st.cache_resource.clear()
    fetch(connected(visit, "goods"), None)
    goods = next(one for one in kept() if one.name == "shop: goods")
    app = visit("data", **{"table": "sales", "beside": "products", "beside-of": goods.id})
    assert any("7 of its products are sold here" in one.value for one in app.markdown)
    press(app, "Keep it beside the sales")
    assert tables.read(active(), "products")["description"].tolist() == [f"Lamp {i}" for i in range(7)]
    shop("UPDATE goods SET description = 'Shelf' WHERE product = 'P3'")
    lineage = active().lineage
    app = connected(visit)
    next(one for one in app.button if one.key == f"again-{goods.id}").click().run()
    wait(app)
    assert tables.read(active(), "products")["description"].tolist()[3] == "Shelf"
    assert (active().lineage, active().rows["sales"]) == (lineage, LINES)
