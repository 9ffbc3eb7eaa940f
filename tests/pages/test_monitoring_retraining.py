"""Monitoring: retraining, on a small shop whose demand changed, and on customers with a history."""

import json
import shutil
from datetime import UTC, date, datetime

import pandas as pd
import pytest

import settings
from data import state, tables
from data.dataset import Dataset, Origin
from models.churn import files, training
from models.churn.preparation import prepare
from models.lifecycle import registry, retraining
from tests.at_once import AT_ONCE
from tests.shop import keep_lines, lines
from tests.unit.test_retraining import history
from ui import answers, background

pytestmark = pytest.mark.xdist_group("retraining")
NOW = datetime(2026, 1, 5, tzinfo=UTC)
PAGE = "monitoring_retraining"
of_shop = pytest.mark.same_data("retrained shop")


@pytest.fixture
def few_trees():
    """All trees there are: what a newer model gains is what these pages are about."""


@pytest.fixture
def opened(visit, monkeypatch):
    """`visit` of a shop of 400 days, where background work is done where it is started."""
    monkeypatch.setattr(background, "threading", AT_ONCE)
    answers.forget_all()
    keep_lines(settings.get().home, 400)
    yield visit
    answers.forget_all()


@pytest.fixture
def challenged(visit, retrained, monkeypatch):
    """As `opened`, with a champion and a challenger."""
    monkeypatch.setattr(background, "threading", AT_ONCE)
    shutil.copytree(retrained, settings.get().home, dirs_exist_ok=True)
    return visit


def engine():
    return state.engine(settings.get().database_url)


def versions(model="sales"):
    rows = state.read(engine(), state.model_versions, model=model)
    return rows.iloc[::-1].reset_index(drop=True)


def texts(app):
    kinds = ("markdown", "caption", "warning", "info", "subheader", "error")
    return [element.value.replace("\\", "") for kind in kinds for element in app.get(kind)]


def verdict(app):
    return app.subheader[0].value.replace("\\", "")


def titles(app):
    return [json.loads(chart.proto.spec)["layout"]["title"] for chart in app.get("plotly_chart")]


def metric(app, label):
    return next(card.value for card in app.metric if card.label == label)


def submit(app, form, name, why, button):
    app.text_input(key=f"{form}.author").set_value(name)
    app.text_input(key=f"{form}.reason").set_value(why)
    return next(one for one in app.button if one.label == button).click().run()


def test_the_first_visit_trains_a_champion_and_a_challenger_that_learned_the_rest(opened):
    app = opened(PAGE)
    assert verdict(app).startswith("Promote the challenger")
    assert versions()["status"].tolist() == ["challenger", "champion"]
    assert versions()["window_end"].iloc[1] == pd.Timestamp("2024-11-04")
    opened(PAGE)
    assert len(versions()) == 2  # no third one: nothing came after the challenger


def test_a_challenger_is_trained_with_a_name_and_a_reason_and_judged(opened):
    app = opened(PAGE)
    app = submit(app, "train", "", "", "Train")
    assert any("Say who you are" in text for text in texts(app))
    assert len(versions()) == 2
    app = submit(app, "train", "Ana", "demand changed", "Train")
    assert versions()["status"].tolist() == ["challenger", "challenger", "champion"]
    assert versions()[["author", "reason"]].iloc[0].tolist() == ["Ana", "demand changed"]
    assert metric(app, "Gain a day") != "£0"
    assert len(titles(app)) == 2


@of_shop
@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(("view", "count"), [("compare", 2), ("policies", 1), ("versions", 0)])
def test_every_view_shows_its_figures_in_both_languages(challenged, view, count, lang):
    app = challenged(PAGE, view=view, lang=lang)
    assert len(titles(app)) == count
    assert app.dataframe
    assert not app.error


@of_shop
def test_costs_change_the_verdict_and_nothing_is_learned_again(challenged, monkeypatch):
    app = challenged(PAGE, retraining="1")
    assert verdict(app).startswith("Promote the challenger: it gains")
    before = float(metric(app, "Gain a day").strip("£"))
    monkeypatch.setattr("models.forecast.panel._learned", None)
    unit = app.number_input(key="wrong_unit").value
    app.number_input(key="wrong_unit").set_value(2 * unit).run()
    assert float(metric(app, "Gain a day").strip("£")) == pytest.approx(2 * before, rel=0.02)
    app.number_input(key="retraining").set_value(1_000_000.0).run()
    assert "more than a year" in verdict(app)
    assert app.query_params["retraining"] in ("1e+06", ["1e+06"])


@of_shop
def test_promoting_needs_a_name_and_a_reason_and_both_are_kept(challenged):
    app = challenged(PAGE, view="versions")
    newest = versions()["version"].iloc[0]
    app = submit(app, "promote", "Ben", "", "Promote")
    assert any("Say who you are" in text for text in texts(app))
    assert versions()["status"].iloc[0] == "challenger"
    app = submit(app, "promote", "Ben", "<b>it pays</b>", "Promote")
    row = versions().iloc[0]
    assert (row["version"], row["status"]) == (newest, "champion")
    assert row["reason"].endswith("Ben: <b>it pays</b>")
    assert "Champion" in app.dataframe[0].value["Status"].tolist()
    app = submit(app, "promote", "Ben", "it was wrong", "Roll back")
    assert versions()["status"].tolist() == ["retired", "champion"]


@of_shop
def test_versions_of_other_data_are_not_offered(challenged):
    about = registry.Record("sales", "x", "Ana", "x", "other", 9, {}, {}, {}, (NOW.date(), NOW.date()), "other data")
    stranger = registry.keep(engine(), settings.get().home, about, b"x", ".zip", NOW.replace(hour=2), promoted=False)
    app = challenged(PAGE, view="versions")
    assert len(app.dataframe[0].value) == 2
    assert len(app.selectbox(key="promote.version").options) == 1
    assert len(app.selectbox(key="against.sales").options) == 2  # the other version, or none
    assert stranger not in " ".join(texts(app))


@of_shop
def test_logged_drift_gives_the_policy_on_alert(challenged):
    version = versions()["version"].iloc[0]
    row = {
        "model": "sales", "version": version, "day": date(2024, 11, 3), "feature": "quantity", "definition": "deciles",
        "reference": "training", "psi": 0.5, "noise_limit": 0.1, "ks": 0.2, "ks_pvalue": 0.0, "rows_reference": 100,
        "rows_current": 100, "threshold": 0.3, "label": "confirmed", "details": {}, "logged": NOW,
    }  # fmt: skip
    none = challenged(PAGE, view="policies")
    assert any("No confirmed drift is logged" in text for text in texts(none))
    state.upsert(engine(), state.psi_log, [row | {"version": "of other data", "day": date(2024, 10, 6)}, row])
    app = challenged(PAGE, view="policies")
    assert app.dataframe[0].value["Retrain"].tolist() == ["Never", "Every month", "On alert"]
    assert app.dataframe[0].value["Retrainings"].tolist()[2] == 1


def test_a_version_whose_file_was_altered_says_so_and_the_rest_is_there(challenged):
    row = versions().iloc[0]
    (settings.get().home / "models" / row["file"]).write_bytes(b"altered")
    app = challenged(PAGE, view="versions")
    assert sum("is not the one that was kept" in text for text in texts(app)) == 2, "compared with, and in the table"
    assert "not usable" in app.dataframe[0].value["File (SHA-256)"].tolist()
    app = submit(app, "promote", "Ben", "try", "Promote")
    assert app.error
    assert versions()["status"].tolist() == ["challenger", "champion"]
    app = challenged(PAGE, view="policies")
    assert len(titles(app)) == 1


def test_too_few_days_are_a_sentence(visit, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    keep_lines(settings.get().home, 60)
    app = visit(PAGE)
    assert any("at least 148 days" in text for text in texts(app))
    assert versions().empty


def test_a_cancelled_training_changes_nothing(opened, monkeypatch):
    def cancelled(*_args, **_kwargs):
        raise background.Cancelled

    monkeypatch.setattr(retraining, "learn", cancelled)
    app = opened(PAGE)
    assert any("Training was cancelled" in text for text in texts(app))
    assert versions().empty


@pytest.fixture
def customers(visit, telco, churn_model, monkeypatch):
    """`visit` of customers at 15 month-ends, with a poor champion and a better challenger."""
    monkeypatch.setattr(background, "threading", AT_ONCE)
    answers.forget_all()
    home = settings.get().home
    tables.add(home, Dataset("sales", {"sales": lines(60)}, Origin("upload", "shop.csv")), NOW)
    frames = {"customers": telco, "history": history(telco, 15)}
    stored = tables.add(home, Dataset("customers", frames, Origin("upload", "mine.csv", currency="USD")), NOW)
    poor = training.fit(prepare(telco[["customer_id", "churned", "payment_method", "gender"]]), "logistic")
    for number, model in enumerate((poor, churn_model)):
        record = registry.Record(
            "churn", model.learner, "Ana", "test", stored.version, len(telco), {}, model.metrics, {},
            (None, date(2026, 4, 1)),
        )  # fmt: skip
        registry.keep(engine(), home, record, files.pack(model), files.SUFFIX, NOW.replace(hour=number), number == 0)
    yield visit
    answers.forget_all()


@pytest.mark.parametrize(("view", "count"), [("compare", 2), ("policies", 1), ("versions", 0)])
def test_churn_is_judged_by_folds_and_in_money(customers, view, count):
    app = customers(PAGE, model="churn", view=view)
    assert verdict(app).startswith("Promote the challenger: it gains $")
    assert any("(folds)" in text for text in texts(app))
    assert float(metric(app, "AUC higher by").lstrip("+")) > 0.05
    assert len(titles(app)) == count


def test_customers_without_a_history_say_what_is_missing(customers, telco):
    origin = Origin("upload", "snapshot.csv", currency="USD")
    stored = tables.add(settings.get().home, Dataset("customers", {"customers": telco}, origin), NOW)
    best = versions("churn").query("status == 'champion'").iloc[0]
    row = {**best.to_dict(), "data_version": stored.version, "version": "20260105T000000-copy"}
    state.upsert(engine(), state.model_versions, [row])
    app = customers(PAGE, model="churn", view="policies")
    assert any("Policies need customers over time" in text for text in texts(app))
