"""Data: what is shown is said, sources change safely, a bad file changes nothing."""

import io
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import settings
from data import dataset, demo, tables
from tests.connectors.conftest import Origin, lists
from ui import background

MINE = b"client_id;r\xe9sili\xe9;mensualit\xe9;note\n" + b"".join(
    b"C%d;%s;%d,50;<script>alert(1)</script>\n" % (i, b"oui" if i % 3 else b"non", 20 + i) for i in range(60)
)


def metric(app, label):
    return next(card.value for card in app.metric if card.label == label)


def active(table="customers"):
    return tables.active(settings.get().home, table)


def give(app, table, name, content):
    app.file_uploader(key=f"upload-{table}").set_value((name, content, "")).run()
    assert not app.exception
    return app


def press(app, label):
    """Press a button and wait until what it started has ended."""
    next(button for button in app.button if button.label == label).click().run()
    for _attempt in range(600):
        if not any(f"job-{table}" in app.session_state for table in ("customers", "sales")):
            break
        while background._stopping:  # each look at the page takes the work's time
            time.sleep(0.02)
        app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("table", ["customers", "sales"])
def test_each_table_says_what_it_is(visit, table):
    app = visit("data", table=table)
    assert metric(app, "Rows") == f"{active(table).rows[table]:,}"
    assert len(app.dataframe[0].value) == len(active(table).columns[table])


def test_a_french_file_is_guessed_converted_and_shown_as_text(visit):
    app = give(visit("data", **{"from": "upload"}), "customers", "clients.csv", MINE)
    press(app, "Check and use")
    kept = active()
    assert (kept.origin.kind, kept.origin.name) == ("upload", "clients.csv")
    frame = tables.read(kept)
    assert frame["churned"].sum() == 40
    assert frame["monthly_charges"].tolist()[:2] == [20.5, 21.5]
    assert frame["note"].iloc[0] == "<script>alert(1)</script>"
    assert not [text for text in app.markdown if "<script>" in text.value]


def test_a_refused_file_names_the_cell_and_changes_nothing(visit):
    app = visit("data", **{"from": "upload"})
    before = active().version
    give(app, "customers", "clients.csv", MINE.replace(b"C7;", b"C6;"))
    press(app, "Check and use")
    assert active().version == before
    assert "C6" in app.warning[0].value
    report = app.dataframe[0].value
    assert report[["row", "value"]].to_numpy().tolist() == [[8, "C6"], [9, "C6"]]


def test_a_mistyped_cell_that_is_not_needed_is_left_empty_and_said(visit):
    app = visit("data", **{"from": "upload"})
    give(app, "customers", "clients.csv", MINE.replace(b"C7;oui;27,50", b"C7;oui;perhaps"))
    press(app, "Check and use")
    frame = tables.read(active())
    assert frame["monthly_charges"].isna().tolist() == [number == 7 for number in range(60)]
    assert any("perhaps" in example for finding in active().findings for example in finding.examples)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b'a,b\n1,"2\n', "never closed"),
        (b"a,b\n1,2\n3", "cut off"),
        (b"just words\nand more\n", "No columns"),
        (b"\x00\x01\x02\x03" * 50, "not a table"),
    ],
)
def test_an_unreadable_file_gets_a_sentence(visit, content, says):
    app = visit("data", **{"from": "upload"})
    before = active().version
    give(app, "customers", "bad.csv", content)
    assert says in app.warning[0].value
    assert active().version == before


def test_a_zip_bomb_is_refused(visit, monkeypatch):
    monkeypatch.setenv("VIGIE_UPLOAD_LIMIT_MB", "1")
    settings.get.cache_clear()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.csv", b"a,b\n" + b"1,2\n" * 3_000_000)
    app = give(visit("data", **{"from": "upload"}), "customers", "big.zip", packed.getvalue())
    assert "Unpacked" in app.warning[0].value


def test_a_download_that_fails_says_so_and_changes_nothing(visit, monkeypatch):
    monkeypatch.setenv("VIGIE_TELCO_URL", "http://127.0.0.1:9/telco.csv")
    settings.get.cache_clear()
    app = visit("data", **{"from": "download"})
    before = active().version
    press(app, "Download")
    assert "cannot be reached" in app.warning[0].value
    assert active().version == before


def test_sales_may_come_from_one_of_several_origins(visit, monkeypatch):
    shop = {
        "products": [{"id": 1, "title": "<b>Soap</b>", "category": "care", "price": 2, "discountPercentage": 5}],
        "carts": [{"id": 1, "userId": 7, "products": [{"id": 1, "quantity": 3}]}],
        "users": [{"id": 7, "password": "hunter2"}],
    }
    origin = Origin()
    origin.answers = [lists(**shop)]
    monkeypatch.setenv("VIGIE_DUMMYJSON_URL", origin.url.removesuffix("/file.csv"))
    settings.get.cache_clear()
    app = visit("data", table="sales", **{"from": "download"})
    assert any("541,909 invoice lines" in text.value for text in app.caption)
    app.segmented_control(key="origin").set_value("dummyjson").run()
    assert app.query_params["origin"] == "dummyjson"
    press(app, "Download")
    kept = active("sales")
    assert (kept.origin.kind, kept.rows["products"]) == ("download", 1)
    assert kept.span[1].year - kept.span[0].year == 2
    for page in (app, visit("today")):
        assert any("simulated history" in text.value for text in [*page.markdown, *page.caption])
    assert any("lines are simulated up to" in text.value for text in app.markdown)


def test_what_a_file_goes_on_from_is_found_said_and_for_the_analyst_to_decide(visit):
    """The same customers a month later: they share their models unless the analyst says that they are others."""
    press(give(visit("data", **{"from": "upload"}), "customers", "january.csv", MINE), "Check and use")
    january, later = active(), MINE.replace(b",50;", b",75;")
    app = give(visit("data", **{"from": "upload"}), "customers", "february.csv", later)
    app = press(app, "Check and use")
    assert active().lineage == january.lineage
    assert any(text.value.startswith("It shares its models with january") for text in app.caption)
    app = give(visit("data", **{"from": "upload"}), "customers", "others.csv", later.replace(b",75;", b",25;"))
    asked = next(box for box in app.selectbox if box.label == "Its models go on from")
    assert any("february.csv" in option for option in asked.options)
    app = press(asked.select("nothing").run(), "Check and use")
    assert active().lineage != january.lineage
    assert any(text.value.startswith("It has models of its own") for text in app.caption)


def test_where_there_is_one_origin_there_is_no_choice(visit):
    app = visit("data", **{"from": "download", "origin": "dummyjson"})
    assert not [choice for choice in app.segmented_control if choice.key == "origin"]
    assert any("7,043 customers" in text.value for text in app.caption)


def test_going_back_to_an_earlier_dataset_loses_nothing(visit):
    app = visit("data", **{"from": "demo"})
    demo = active().version
    app = press(give(visit("data", **{"from": "upload"}), "customers", "clients.csv", MINE), "Check and use")
    mine = active().version
    app = visit("data", **{"from": "kept"})
    app.button(key=f"use-{demo}").click().run()
    assert active().version == demo
    assert metric(app, "Rows") == "7,000"
    app.button(key=f"use-{mine}").click().run()
    assert active().version == mine


@pytest.mark.parametrize(
    ("table", "file", "rows"),
    [
        ("customers", "telco/Telco-Customer-Churn.csv", 7_043),
        ("sales", "online_retail/online_retail.csv.gz", 541_909),
    ],
)
def test_the_real_files_load(visit, real_data, table, file, rows):
    app = visit("data", table=table, **{"from": "upload"})
    give(app, table, file.split("/")[-1], (real_data / file).read_bytes())
    press(app, "Check and use")
    assert active(table).rows[table] == rows
    visit("today")
    visit("churn_explore")


def test_the_four_kaggle_files_load_from_one_zip(visit, real_data):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (real_data / "predict_future_sales").iterdir():
            archive.write(path, path.name)
    app = give(visit("data", table="sales", **{"from": "upload"}), "sales", "kaggle.zip", packed.getvalue())
    press(app, "Check and use")
    assert active("sales").rows == {"sales": 275_993, "products": 899, "stores": 60}
    visit("today")


def test_a_damaged_dataset_is_said_and_all_pages_go_on(visit, home):
    now = datetime(2026, 1, 5, tzinfo=UTC)
    older = demo.dataset("customers", now.date())
    newer = replace(older, frames={"customers": older.main.head(99)}, origin=dataset.Origin("upload", "newer.csv"))
    good = tables.add(home, older, now)
    bad = tables.add(home, newer, now)
    (bad.folder / "customers.parquet").write_bytes(b"PAR1 no more")
    (bad.folder.parent.parent / "sales").mkdir(parents=True)
    (bad.folder.parent.parent / "sales" / "active").write_bytes(b"\xff\x00/../..")
    app = visit("data", table="customers")
    assert any("newest good dataset takes its place" in warning.value for warning in app.warning)
    assert any(bad.version[-16:] in warning.value for warning in app.warning)
    assert tables.active(home, "customers") == good
    health = visit("monitoring_health")
    assert any(bad.version[-16:] in line.value for line in health.markdown)
    app = visit("data", table="sales")
    assert any("set aside" in warning.value for warning in app.warning)
    assert visit("sales_overview").metric
