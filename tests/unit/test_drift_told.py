"""What drift does, and what is told of it: the outcomes that models bring, and the letter of the daily job."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import jobs
import locales
import settings
from benchmarks import alarms as truth
from connectors import notify
from data import state, tables
from data.dataset import Dataset, Origin
from data.demo import customers
from models.drift import alerts, classifier, counted, monitored, watch
from models.drift.monitored import PREDICTION, Sheet
from models.lifecycle import churn, retraining, sales
from models.lifecycle.managed import MODELS
from models.lifecycle.registry import Trained

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
FIRST = pd.Timestamp("2025-01-06")


def kept(home, frame: pd.DataFrame):
    rows = frame.assign(source="test", line_id=[str(place) for place in range(len(frame))], line_type="sale")
    rows = rows.assign(timestamp=rows["timestamp"].astype("datetime64[us]"), currency="GBP")
    return tables.add(home, Dataset("sales", {"sales": rows}, Origin("upload", "shop.csv", currency="GBP")), NOW)


@pytest.fixture
def watched_sales(monkeypatch):
    """Sales with a model in use that says nothing itself: what drift does are amounts and prices."""

    def train(stored, first, until, step):
        window = stored.span[0].date(), until
        frozen = monitored.frozen(monitored.sheets(stored), *window)
        return Trained(b"{}", "none", 1, {}, {}, {name: cut.plain() for name, cut in frozen.items()}, window)

    def nothing(home, stored, champion):
        raise locales.Sentence("It says nothing.")

    model = replace(MODELS["sales"], name="shop", train=train, load=lambda home, row: None, outputs=nothing)
    monkeypatch.setitem(MODELS, "shop", model)


def job(home, monkeypatch, until: str, day: pd.Timestamp) -> tuple[dict, list[str]]:
    """What the daily job says of a day, and the letters it sends."""
    engine, letters = state.engine(settings.get().database_url), []
    state.migrate(engine)
    retraining.retrain(engine, home, "shop", NOW, "Ana", "first", until=pd.Timestamp(until).date())
    monkeypatch.setattr(notify, "channels", lambda: {"mail": lambda _title, text: letters.append(text)})
    answer = CliRunner().invoke(jobs.app, ["drift", "--model", "shop", "--date", str(day.date()), "--json"])
    assert answer.stdout, answer.output
    return json.loads(answer.stdout)["runs"][0]["details"], letters


@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_alert_says_for_which_share_of_the_lines_prices_rose_and_what_that_does(
    home, monkeypatch, watched_sales, language
):
    draw, days, each = np.random.default_rng(3), 84, 150
    day = np.repeat(np.arange(days), each)
    rows = pd.DataFrame({"timestamp": FIRST + pd.to_timedelta(day, "D"), "product": draw.integers(0, 30, len(day))})
    usual = 2.0 + rows["product"] / 10
    dearer = (day >= days - 7) & (draw.random(len(day)) < 0.36)
    rows["unit_price"] = np.where(dearer, usual * 1.12, usual)
    rows = rows.assign(product=rows["product"].astype("str"), quantity=draw.poisson(3, len(day)) + 1.0)
    kept(home, rows)
    with locales.using(language):
        found, letters = job(home, monkeypatch, "2025-03-10", FIRST + pd.Timedelta(days=days - 1))
        week = day >= days - 7
        share = dearer[week].mean()
        # Nothing tells what prices do: a line of the dearer third sells as much as before, or less up to what an
        # elasticity of 4 takes off.
        ends = [share * (1 - 1.125**-power) for power in (0, 4)]
        amount = (rows["quantity"] * rows["unit_price"])[week].sum()
        between = {"en": "{} to {}", "fr": "{} à {}"}[language]
        rose, more = locales.percent(share), between.format(*(locales.percent(off, 1) for off in ends))
        money = between.format(*(locales.money(amount * off / (1 - off), "GBP") for off in ends))
    wanted = {
        "en": f"Price against the usual one rose for {rose} of the lines; forecasts are expected to be off by {more} "
        f"more, about {money} a week.",
        "fr": f"Prix par rapport au prix habituel\u00a0: en hausse pour {rose} des lignes\u00a0; les prévisions "
        f"devraient s’écarter de {more} de plus, environ {money} par semaine.",
    }
    assert found["notified"]["mail"][:4].isdigit()
    assert wanted[language] in letters[0]


@pytest.mark.parametrize("flip", [False, True])
def test_the_daily_job_tells_of_columns_that_go_together_otherwise_and_of_none_else(
    home, monkeypatch, watched_sales, flip
):
    days = 60
    frame, day = truth.joint(40, days, 0.9 - 1.8 * flip * (np.arange(days) >= days - 7), np.zeros(days), 4)
    rows = pd.DataFrame(
        {
            "timestamp": day.astype("datetime64[us]"),
            "product": [str(place) for place in range(len(day))],  # each once: no price is usual
            "customer": [f"customer {place}" for place in range(len(day))],
            "quantity": np.exp(frame["x0"]),
            "unit_price": np.exp(frame["x1"]),
        }
    )
    last = kept(home, rows).span[1]
    found, letters = job(home, monkeypatch, str((last - pd.Timedelta(days=20)).date()), last)
    assert found["drifted"] == []
    joint = [alarm for alarm in found["alerts"] if alarm["kind"] == alerts.JOINT]
    assert (len(found["alerts"]), len(joint), len(letters)) == (int(flip), int(flip), int(flip))
    if flip:
        assert set(joint[0]["message_values"]["columns"][:2]) == {"quantity", "unit_price"}
        assert all(name in letters[0] for name in ("Quantity", "Unit price", "customer "))


@pytest.mark.parametrize("reversed_", [False, True])
def test_who_leaves_for_other_reasons_is_told_once_the_truth_is_known_although_no_column_changed(home, reversed_):
    draw, months, each = np.random.default_rng(6), 5, 700
    rows = customers.generate(each, 1)
    past = []
    for month in range(months):
        tenure = draw.normal(size=each)
        effect = -1.5 if reversed_ and month == months - 1 else 1.5
        left = draw.random(each) < 1 / (1 + np.exp(1 - effect * tenure))
        day = (pd.Timestamp("2026-01-31") + pd.offsets.MonthEnd(month)).as_unit("us")
        past.append(rows.assign(day=day, monthly_charges=50 + 10 * tenure, churned=left))
    history = pd.concat(past, ignore_index=True)
    stored = tables.add(
        home, Dataset("customers", {"customers": rows, "history": history}, Origin("upload", "gym.csv")), NOW
    )
    (sheet,) = monitored.sheets(stored)
    days = np.unique(sheet.day)
    seen = counted.count((sheet,), (days[0], days[2]))
    assert not watch.backfill(seen)["label"].eq(watch.CONFIRMED).any()
    apart = classifier.confirmed(seen, sheet, days[-1])
    assert (apart is not None) == reversed_
    if apart is not None:
        assert set(list(apart.columns)[:2]) == {"churned", "monthly_charges"}


def test_the_outcome_of_a_sale_is_its_amount_and_of_an_invoice_its_value():
    day, unit = np.repeat(np.datetime64("2026-01-05"), 3), np.arange(3)
    lines = Sheet(pd.DataFrame({"quantity": [2.0, -1.0, 3.0], "unit_price": [5.0, 4.0, 0.5]}), day, unit)
    invoices = Sheet(pd.DataFrame({"invoice_value": [7.5, 10.0, -4.0]}), day, unit)
    forecasts = Sheet(pd.DataFrame({PREDICTION: [1.0, 2.0, 3.0]}), day, unit)
    every = lines, invoices, forecasts
    for sheet, amount in ((lines, [10.0, -4.0, 1.5]), (invoices, [7.5, 10.0, -4.0])):
        found = sales.outcome(None, None, None, sheet, every)
        assert found.mean.tolist() == amount
        assert found.money.tolist() == amount
        assert found.error is None, "forecasts know nothing of a change: they are off by all of it"
    assert sales.outcome(None, None, None, forecasts, every) is None


def test_the_outcome_of_customers_is_their_risk_their_money_and_the_error_their_true_risk_makes(monkeypatch, tmp_path):
    draw = np.random.default_rng(7)
    said = draw.uniform(0.05, 0.6, 60_000)
    left = draw.random(len(said)) < said**2  # a model that says too much, the more so the lower the risk
    model = SimpleNamespace(held_out=SimpleNamespace(probability=said, left=left))
    monkeypatch.setattr(churn, "load", lambda _home, _row: model)
    risk = np.linspace(0.1, 0.55, 200)
    pays = np.where(np.arange(200) == 3, np.nan, 40.0)
    sheet = Sheet(pd.DataFrame({churn.MONEY: pays}), np.repeat(np.datetime64("2026-01-05"), 200), np.arange(200))
    outputs = replace(sheet, frame=pd.DataFrame({PREDICTION: risk}))
    found = churn.outcome(tmp_path, None, pd.Series(), sheet, (sheet, outputs))
    assert found.mean.tolist() == risk.tolist()
    assert found.money == pytest.approx(risk * np.nan_to_num(pays))
    # The expected square of (said - left), left with the true risk: what many drawn customers would show.
    drawn = draw.random((20_000, 200)) < risk**2
    assert found.error == pytest.approx(((risk - drawn) ** 2).mean(axis=0), abs=0.03)
    assert found.error.mean() == pytest.approx(((risk - drawn) ** 2).mean(), rel=0.03)
    assert churn.outcome(tmp_path, None, None, sheet, (sheet, outputs)) is None, "no model, no risk"
    assert churn.outcome(tmp_path, None, pd.Series(), sheet, (sheet,)) is None
