"""Monitoring: performance. The past is played again, the verdict follows the log, lacking data get a sentence."""

import json
from datetime import UTC, date, datetime

import pandas as pd
import pytest

import settings
from data import state, tables
from data.dataset import Dataset, Origin
from data.demo import customers
from data.demo import sales as shops
from models.churn import files
from models.drift import performance
from models.lifecycle import logged, registry, sales
from tests.at_once import AT_ONCE
from ui import answers, background

pytestmark = pytest.mark.xdist_group("scoring")
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def keep(table, frames, name="mine.csv"):
    dataset = Dataset(table, frames, Origin("upload", name, currency="GBP"))
    return tables.add(settings.get().home, dataset, NOW)


def database():
    return state.engine(settings.get().database_url)


def measured(stored, metrics=("auc", "recall", "in_the_large", "brier"), low=0.76):
    """A log that needs no model: 14 good months, then 6 of `low`."""
    rows = []
    for number, day in enumerate(pd.date_range("2024-05-31", periods=20, freq="ME")):
        for metric in metrics:
            real = 0.84 + 0.004 * (number % 3) if number < 14 else low + 0.004 * (number % 3)
            for guess, value in ((False, real), (True, 0.845)):
                for segment in ("", *(("contract=One year", "contract=Two year") if not guess else ())):
                    rows.append((day.date(), metric, segment, guess, value))
        if number == 12:
            rows.append((day.date(), "auc", performance.REFERENCE, False, 0.84))
    frame = pd.DataFrame(rows, columns=["day", "metric", "segment", "estimated", "value"])
    frame = frame.assign(lo=frame["value"] - 0.02, hi=frame["value"] + 0.02, rows=900, logged=NOW)
    model = "churn" if stored.table == "customers" else "sales"
    state.upsert(
        database(),
        state.performance_log,
        frame.assign(model=model, version=logged.replayed(stored.version)).to_dict("records"),
    )


@pytest.fixture(scope="module")
def months():
    return customers.history(date(2026, 1, 5), months=20, customers=40)


@pytest.fixture(scope="module")
def shop():
    return shops.generate(date(2026, 1, 3), years=1, customers=200, products=40)


@pytest.fixture
def opened(visit, months, shop, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    stored = keep("customers", {"customers": customers.generate(200), "history": months})
    measured(stored)
    keep("sales", shop)
    said = months.assign(
        model="churn", version=logged.replayed(stored.version), subject=months["customer_id"], day=months["day"].dt.date
    ).assign(mean=0.1 + 0.3 * (months["tenure"] < 10), actual=months["churned"].astype(float), logged=NOW)
    columns = ["model", "version", "subject", "day", "mean", "actual", "logged"]
    state.upsert(database(), state.prediction_log, said[columns].assign(target_day=said["day"]).to_dict("records"))
    return visit


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def texts(app):
    return [
        element.value for kind in ("markdown", "caption", "warning", "info", "success") for element in app.get(kind)
    ]


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(("view", "count"), [("time", 1), ("calibration", 1), ("segments", 1), ("table", 0)])
def test_every_view_shows_its_figures_in_both_languages(opened, view, count, lang):
    app = opened("monitoring_performance", view=view, lang=lang)
    assert len(figures(app)) == count
    assert len(app.dataframe) == (view == "table")
    assert not app.error


def test_the_verdict_says_since_when_how_much_and_what_the_estimate_saw(opened):
    app = opened("monitoring_performance")
    verdict = app.warning[0].value.replace("\\", "")
    assert "worse since 31 Jul 2025: AUC 0.84 → 0.76" in verdict
    assert "said 0.84: it could not see this change coming" in verdict or "said 0.85: it could not" in verdict


def test_a_steady_model_is_no_alarm(opened):
    stored = tables.active(settings.get().home, "customers")
    measured(stored, low=0.84)
    app = opened("monitoring_performance")
    assert not app.warning
    assert "has not changed more than chance" in app.success[0].value


def test_a_measure_chosen_is_in_the_url(opened):
    app = opened("monitoring_performance")
    app.selectbox(key="m.churn").set_value("brier").run()
    assert app.query_params["m.churn"] in ("brier", ["brier"])
    axis = figures(app)[0]["layout"]["yaxis"]["title"]["text"]
    assert axis == "Brier score"


def test_the_past_of_sales_is_played_in_the_background(opened, monkeypatch):
    monkeypatch.setattr(sales, "WEEKS", 8)
    monkeypatch.setattr(sales, "BEHIND", 3)
    app = opened("monitoring_performance", model="sales")
    assert len(figures(app)) == 1
    stored = tables.active(settings.get().home, "sales")
    log = state.read(database(), state.performance_log, model="sales", version=logged.replayed(stored.version))
    assert log["day"].nunique() >= 8
    assert len(figures(opened("monitoring_performance", model="sales", view="calibration"))) == 2


def test_customers_known_on_one_day_get_a_sentence_and_a_button(visit, monkeypatch, telco, churn_model):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    answers.forget_all()
    stored = keep("customers", {"customers": telco})
    record = registry.Record(
        "churn", churn_model.learner, "test", "test", stored.version, len(telco), {}, churn_model.metrics, {}
    )
    registry.keep(database(), settings.get().home, record, files.pack(churn_model), files.SUFFIX, NOW)
    keep("sales", shops.generate(date(2026, 1, 3), years=1, customers=100, products=40))
    app = visit("monitoring_performance")
    assert "before it was known who left" in app.info[0].value
    next(button for button in app.button if button.label == "Keep today’s risks").click().run()
    assert not app.exception
    said = state.read(database(), state.prediction_log, model="churn")
    assert len(said) == (~telco["churned"]).sum()
    assert any("risks are kept" in text for text in texts(app))
    app.run()
    assert "What to expect of the risks kept on" in app.subheader[0].value
    assert any("19 times in 20" in text and "when it learned" in text for text in texts(app))


def test_too_short_a_history_gets_a_sentence(opened):
    few = shops.generate(date(2026, 1, 3), years=1, customers=100, products=40)
    last = few["sales"]["timestamp"] >= pd.Timestamp("2025-12-20")
    keep("sales", {**few, "sales": few["sales"][last]})
    app = opened("monitoring_performance", model="sales")
    assert "too short" in " ".join(one.value for one in app.info)
