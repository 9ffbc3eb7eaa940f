"""Monitoring: drift, and what-if drift. The verdict, every view in both languages, the log, and shifts that answer."""

import json
import shutil
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

import settings
from data import demo, state, tables
from data.dataset import Dataset, Origin
from models.churn import files
from models.drift import alerts
from models.lifecycle import registry
from tests.pages.test_churn_explore import figures
from tests.pages.test_sales_forecast import AT_ONCE
from ui import background

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    return tmp_path_factory.mktemp("past")


@pytest.fixture
def sales(visit, home, past):
    """The demo, in a home where somebody has seen the page before: the drift of its past is logged."""
    if not any(past.iterdir()):
        tables.add(home, demo.dataset("sales", NOW.date()), NOW)
        visit("monitoring_drift")
        shutil.copytree(home, past, dirs_exist_ok=True)
    shutil.copytree(past, home, dirs_exist_ok=True)
    return tables.active(home, "sales")


def of_demo(test):
    """A test on that home, whose past is compared once."""
    return pytest.mark.same_data("drift of the demo")(pytest.mark.xdist_group("drift")(test))


def engine():
    return state.engine(settings.get().database_url)


def said(app):
    return " ".join(box.value for box in [*app.error, *app.success, *app.info, *app.warning]).replace("\\", "")


@of_demo
def test_the_verdict_names_the_planted_change_and_the_day(visit, sales):
    app = visit("monitoring_drift")
    assert "“Price against the usual one” has not looked like what it is compared with since 10 Oct 2026" in said(app)
    assert "It is not the season." in said(app)
    log = state.read(engine(), state.psi_log, model="sales", version=sales.version)
    assert log["day"].nunique() > 365
    assert set(log.loc[log["label"] == "confirmed", "feature"]) == {"price_change"}
    told = state.read(engine(), state.alert_log, severity="alert")
    assert told["state"].eq(alerts.BACK_FILL).all()
    before = visit("monitoring_drift", day="2025-12-10")
    assert "as they do every year at this season" in said(before)
    assert "The model learned from this day" in said(visit("monitoring_drift", day="2024-06-01"))


@of_demo
@pytest.mark.parametrize(
    ("view", "shown"), [("all", 2), ("column", 2), ("together", 2), ("rule", 2), ("definition", 1)]
)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_view_shows_its_figures_in_both_languages(visit, sales, view, shown, lang):
    assert len(figures(visit("monitoring_drift", lang=lang, view=view))) == shown


@of_demo
def test_watch_levels_are_words_and_numbers_are_written_for_the_reader(visit, sales):
    state.prefer(engine(), "psi_watch.sales", [0.05, 0.08])
    app = visit("monitoring_drift", lang="fr")
    table = app.dataframe[0].value.set_index("Colonne")
    assert table.loc["Prix par rapport au prix habituel", "Verdict"] == "confirmé"
    assert {"saisonnier", "à surveiller", "à examiner", "comme avant"} < set(table["Verdict"])
    assert (
        not table.drop(columns=["Verdict", "Évolution"]).apply(lambda column: column.str.contains(r"\.")).any(axis=None)
    )
    shown = visit("monitoring_drift", view="column", column="store")
    assert any("but over the watch level of 0" in box.value.replace("\\", "") for box in shown.markdown)


@of_demo
def test_a_threshold_is_replayed_and_kept_for_everybody(visit, sales):
    app = visit("monitoring_drift", view="rule")
    assert next(card.value for card in app.metric if card.label == "Real changes found") == "1 / 1"
    app.slider(key="threshold").set_value(10).run()
    loose = float(next(card.value for card in app.metric if card.label == "Alerts a month"))
    assert loose > 0.2
    next(button for button in app.button if button.label == "Use this threshold").click().run()
    assert alerts.threshold(engine(), "sales") == 0.1


@of_demo
def test_a_shift_answers_with_drift_alerts_and_what_the_forecast_is_worth(visit, sales):
    app = visit("monitoring_what_if")
    assert app.date_input(key="day").value == date(2026, 10, 3)  # a calm week, before the planted change
    assert any("in the one up to 21 Nov 2026, 1 alert stands already" in box.value for box in app.caption)
    before = next(card.value for card in app.metric if card.label == "Forecast off by")
    app.slider(key="price").set_value(40).run()
    assert "2 alerts more: Price against the usual one, Unit price" in said(app)
    assert next(card.value for card in app.metric if card.label == "Forecast off by") != before
    app.slider(key="price").set_value(0).run()
    app.slider(key="missing").set_value(60).run()
    assert "Unit price" in said(app)
    app.slider(key="lost").set_value(100).run()
    assert not app.exception
    last = visit("monitoring_what_if", day="2026-11-21", price="40")
    assert "1 alert more: Unit price" in said(last)  # another stands already


def test_customers_without_a_past_are_told_what_is_missing(visit, home):
    frame = demo.dataset("customers", NOW.date()).main
    tables.add(home, Dataset("customers", {"customers": frame}, Origin("upload", "mine.csv")), NOW)
    for page in ("monitoring_drift", "monitoring_what_if"):
        app = visit(page, model="churn")
        assert "nothing to compare these data with" in said(app)


def test_few_lines_do_not_break_the_page(visit, home):
    lines = pd.DataFrame({"timestamp": pd.date_range("2024-01-01", periods=60).astype("datetime64[us]")})
    lines = lines.assign(source="mine", line_id=np.arange(60).astype(str), product="a", line_type="sale", quantity=1.0)
    lines = lines.assign(unit_price=2.0, currency="EUR")
    tables.add(home, Dataset("sales", {"sales": lines}, Origin("upload", "mine.csv")), NOW)
    for view in ("all", "column", "rule", "definition"):
        assert "too few rows to tell" in said(visit("monitoring_drift", view=view))
    assert figures(visit("monitoring_what_if"))


def test_days_without_rows_are_a_sentence_and_names_are_no_markup(visit, home):
    days = pd.date_range("2023-01-01", periods=900)
    days = np.repeat(days[(days < "2025-03-01") | (days > "2025-03-25")], 4)
    lines = pd.DataFrame({"timestamp": days.astype("datetime64[us]")}).assign(line_type="sale", quantity=1.0)
    lines["store"] = np.where(np.arange(len(days)) % 2, "<b>north</b>", "$a$ *south* [x](y) {column}")
    lines = lines.assign(source="mine", line_id=np.arange(len(days)).astype(str), product="a")
    lines = lines.assign(unit_price=2.0, currency="EUR")
    tables.add(home, Dataset("sales", {"sales": lines}, Origin("upload", "mine.csv")), NOW)
    for view in ("all", "column", "rule", "definition"):
        assert "There are no rows in this window" in said(visit("monitoring_drift", view=view, day="2025-03-20"))
    assert "There are no rows in this window" in said(visit("monitoring_what_if", day="2025-03-20"))
    drawn = json.dumps(figures(visit("monitoring_drift", view="column", column="store")))
    assert "&lt;b&gt;north&lt;/b&gt;" in drawn
    assert "<b>" not in drawn


def keep_model(home, model):
    """The demo customers with a model that was trained before."""
    stored = tables.add(home, demo.dataset("customers", NOW.date()), NOW)
    about = ("churn", model.learner, "test", "test", stored.version, 1, {}, model.metrics, {})
    state.migrate(engine())
    registry.keep(engine(), home, registry.Record(*about, lineage=stored.lineage), files.pack(model), files.SUFFIX, NOW)


@pytest.mark.xdist_group("churn")  # where the model is trained once
def test_a_shift_of_customers_moves_the_predictions(visit, home, churn_model):
    keep_model(home, churn_model)
    app = visit("monitoring_what_if", model="churn", price="40", lang="fr")
    assert len(figures(app)) == 2
    before = next(box.value.split(";")[1].strip() for box in app.caption if "modèle en usage" in box.value)
    now = next(card.value for card in app.metric if card.label == "Départs prédits")
    assert before.endswith("sans le changement")
    assert not before.startswith(now)


@pytest.mark.xdist_group("churn")
@pytest.mark.parametrize("broken", ["altered", "gone"])
def test_a_model_file_that_was_altered_or_is_gone_is_a_sentence_and_the_rest_is_shown(visit, home, churn_model, broken):
    keep_model(home, churn_model)
    for path in (home / "models").iterdir():
        path.unlink() if broken == "gone" else path.write_bytes(b"something else")
    app = visit("monitoring_drift", model="churn")
    sentence = {"altered": "is not the one that was kept", "gone": "is gone"}[broken]
    assert sentence in said(app)
    assert any("What the model predicts is not compared" in box.value for box in app.caption)
    assert len(figures(app)) == 1
    assert app.dataframe
    app = visit("monitoring_what_if", model="churn", price="40")
    assert sentence in said(app)
    assert "1 alert more: Monthly charges" in said(app)
    assert len(figures(app)) == 2
