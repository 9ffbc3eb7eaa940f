"""What a file was taken for is shown before it is kept, questions are asked, and the next file is read the same way."""

from pathlib import Path

import pytest

import jobs
import settings
from data import tables
from data.dataset import Reading
from tests.at_once import AT_ONCE
from tests.pages.test_data import active, give, metric, press
from ui import background
from ui.data import understood

FILES = Path(__file__).resolve().parents[1] / "corpus" / "files"


def content(name):
    return (FILES / name).read_bytes()


def asked(app, key):
    return next(pills for pills in app.get("button_group") if key in pills.key and pills.key.startswith("read "))


def button(app, label="Check and use"):
    return next(one for one in app.button if one.label == label)


def said(app):
    return " ".join(one.value for one in [*app.markdown, *app.caption, *app.warning])


def rows(app):
    """How many would be kept: the page's own card is the first one."""
    return [card.value for card in app.metric if card.label == "Rows"][-1]


def uploading(visit, name, table="sales", lang="en"):
    return give(visit("data", table=table, lang=lang, **{"from": "upload"}), table, name, content(name))


def test_what_was_understood_is_shown_before_anything_is_kept(visit):
    app = uploading(visit, "thousands_beside_decimals.csv")
    before = active("sales")
    assert "What was understood" in said(app)
    assert [card.value for card in app.metric if card.label == "Money"] == ["$41,222"]  # of the right table, 41,222.50
    assert metric(app, "Units") == "71"
    assert any("Month" in frame.value for frame in app.dataframe)
    assert active("sales") == before
    press(app, "Check and use")
    assert active("sales").origin.currency == "USD"


def test_a_question_must_be_answered_and_the_answer_is_kept(visit):
    app = uploading(visit, "two_dates_either_way.csv")
    before = active("sales")
    assert button(app).disabled
    assert "Answer what is asked" in said(app)
    asked(app, "dates:date").set_value("month first").run()
    assert not button(app).disabled
    assert active("sales") == before
    press(app, "Check and use")
    kept = active("sales")
    assert str(kept.span[0].date()) == "2026-02-01"
    assert kept.origin.readings["dates:date"] == "month first"


def test_the_next_file_is_read_as_the_one_before(visit, capsys):
    app = uploading(visit, "two_dates_either_way.csv")
    asked(app, "dates:date").set_value("month first").run()
    press(app, "Check and use")
    later = content("two_dates_either_way.csv").replace(b"2026", b"2027")
    app = give(visit("data", table="sales", **{"from": "upload"}), "sales", "next.csv", later)
    assert "Read as two_dates_either_way.csv was" in said(app).replace("\\", "")
    assert not button(app).disabled
    changed = give(
        visit("data", table="sales", **{"from": "upload"}), "sales", "other.csv", later.replace(b"price", b"rate")
    )
    assert "no longer fits" in said(changed)
    assert not [one for one in changed.button if one.label == "Check and use"]
    next(toggle for toggle in changed.toggle if toggle.label == "Read it afresh").set_value(True).run()
    assert button(changed)


@pytest.mark.parametrize("name", ["two_dates_either_way.csv", "plain.csv"])
def test_jobs_import_reads_as_before_and_stops_at_what_does_not_fit(visit, name, tmp_path):
    from typer.testing import CliRunner

    path = tmp_path / name
    path.write_bytes(content(name))
    found = CliRunner().invoke(jobs.app, ["import", str(path), "--table", "sales", "--json"])
    assert (found.exit_code == 0) == (name == "plain.csv")
    if name == "plain.csv":
        path.write_bytes(content(name).replace(b"unit_price", b"cost_price"))
        other = CliRunner().invoke(jobs.app, ["import", str(path), "--table", "sales", "--json"])
        assert other.exit_code == 1
        assert "unit_price" in other.stdout
        assert tables.active(settings.get().home, "sales").rows["sales"] == 24
    else:
        assert "two ways" in found.stdout


def test_jobs_import_says_what_it_left_out(visit, tmp_path):
    from typer.testing import CliRunner

    path = tmp_path / "all.csv"
    path.write_bytes(content("all_products_among_them.csv"))
    found = CliRunner().invoke(jobs.app, ["import", str(path), "--table", "sales"])
    assert "“Product”: 40 lines add up others (“All products”): they are left out." in found.stdout
    assert "rows: 80" in found.stdout


def test_several_currencies_wait_for_a_choice_or_a_rate(visit):
    app = uploading(visit, "two_currencies.csv")
    assert button(app).disabled
    asked(app, "currency").set_value("EUR").run()
    assert rows(app) == "16"
    next(field for field in app.number_input if field.label.startswith("1 USD")).set_value(0.5).run()
    assert rows(app) == "24"


def test_who_left_is_shown_in_french_too(visit):
    app = uploading(visit, "clients_resilies.csv", "customers", "fr")
    assert metric(app, "Parti") == "25,0\xa0%"


def test_a_column_is_called_as_in_its_file():
    """Also where its name is a word of the page, as unit_price is."""
    reading = Reading(
        "x", "“{column}” is the total: {chosen}.", "x", ("x", "y"), {"column": "unit_price", "chosen": "years"}
    )
    assert understood.sentence(reading) == "“unit_price” is the total: years."


def test_a_sheet_that_was_chosen_is_read_again_next_month_without_a_question(visit):
    name = "sheet_with_one_more_column.xlsx"
    app = uploading(visit, name)
    sheet = asked(app, "sheet")
    chosen = next(option for option in sheet.options if option != sheet.value)
    sheet.set_value("all sheets").run()
    kept = rows(app)
    press(app, "Check and use")
    assert active("sales").origin.readings["sheet"] == "all sheets"
    again = uploading(visit, name)
    assert "Read as sheet" in said(again)
    assert rows(again) == kept
    assert asked(again, "sheet").value == "all sheets"
    asked(again, "sheet").set_value(chosen).run()  # and can be changed
    assert "What was understood" in said(again)


def test_the_preview_counts_in_the_steps_and_sums_of_the_file(visit):
    monthly = b"Mois;CA (k\xe2\x82\xac)\n" + b"".join(b"01/%02d/2025;1,5\n" % month for month in range(1, 13))
    app = give(visit("data", table="sales", **{"from": "upload"}), "sales", "mois.csv", monthly)
    assert "12 months with sales" in str([card.delta for card in app.metric]) + said(app)
    assert "18,000 in all" in said(app)
    twice = (
        b"date,product,quantity,price\n2025-01-02,A,2,3.50\n2025-01-02,A,2,3.50\n2025-01-03,B,1,4\n2025-01-13,B,3,4\n"
    )
    app = give(visit("data", table="sales", **{"from": "upload"}), "sales", "twice.csv", twice)
    assert "1 lines stand in the file again" in said(app)
    assert rows(app) == "4"
    asked(app, "doubles").set_value("left out").run()
    assert rows(app) == "3"


def test_a_day_somebody_left_is_shown_in_two_meanings_and_codes_are_chosen_first(visit):
    days = "\n".join(
        f"A{n},{9 + n},{f'2025-{1 + n % 12:02d}-{1 + n % 28:02d}' if n % 4 == 0 else ''}" for n in range(80)
    )
    app = give(visit("data", **{"from": "upload"}), "customers", "a.csv", f"id,mrr,Cancelled at\n{days}\n".encode())
    pills = next(one for one in app.get("button_group") if one.key.startswith("left-"))
    assert list(pills.options) == ["filled in: they left", "blank: they left"]
    assert "20 customers left, 60 stayed" in said(app)
    codes = "\n".join(f"A{n},{9 + n},{1 + (n % 4 == 0)}" for n in range(40))
    app = give(visit("data", **{"from": "upload"}), "customers", "b.csv", f"id,mrr,COD3\n{codes}\n".encode())
    next(box for box in app.selectbox if box.label.startswith("Left")).select("COD3").run()
    assert "Choose first which value" in said(app)
    assert "0 customers left" not in said(app)


@pytest.mark.parametrize(("column", "word"), [("Churn", "No"), ("Statut", "actif"), ("left", "0")])
def test_a_file_in_which_nobody_left_is_kept_and_says_that_nothing_can_be_learned(visit, monkeypatch, column, word):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    lines = "\n".join(f"A{n},{9 + n % 7},{n % 48},{word}" for n in range(300))
    app = give(visit("data", **{"from": "upload"}), "customers", "a.csv", f"id,mrr,tenure,{column}\n{lines}\n".encode())
    box = next(box for box in app.selectbox if box.label.startswith("Left"))
    if box.value != column:  # of words alone it is not sure that they tell who left
        box.select(column).run()
    assert "Nobody in this file left" in said(app)
    assert "Still to choose" not in said(app)
    press(app, "Check and use")
    kept = active("customers")
    assert kept.origin.name == "a.csv"
    assert any("none of its values means that a customer left" in one.message for one in kept.findings)
    for page, views in (("churn_explore", ("who", "when", "together")), ("churn_performance", ("",))):
        for view in views:
            opened = visit(page, **({"view": view} if view else {}))
            assert not opened.error
    assert "this table has 0 and 300" in said(opened) + " ".join(one.value for one in opened.info)
