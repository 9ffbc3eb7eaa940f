"""A third model is one row: trained, promoted, scored, judged and watched by what serves the other two."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import jobs
from data import state, tables
from data.dataset import Dataset, Origin
from models.drift import bins
from models.drift.monitored import PREDICTION, Sheet
from models.lifecycle import logged, managed, registry, retraining, scoring, watching
from models.lifecycle.managed import MODELS, Managed
from models.lifecycle.registry import Trained

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def sold(days: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    day = np.repeat(pd.date_range("2025-01-01", periods=100), 40)
    lines = pd.DataFrame(
        {
            "source": "test",
            "line_id": [str(number) for number in range(len(day))],
            "timestamp": day.astype("datetime64[us]"),
            "product": rng.choice(list("abc"), len(day)),
            "line_type": "sale",
            "quantity": rng.poisson(10.0, len(day)).astype(float),
            "unit_price": 2.0,
            "currency": "EUR",
        }
    )
    return lines.head(40 * days)


def train(stored, first, until, step):
    step("Taking the mean", 0.5)
    lines = tables.read(stored)
    mean = float(lines["quantity"].mean())
    end = until or stored.span[1].date()
    frozen = {PREDICTION: bins.freeze(pd.Series(np.full(len(lines), mean))).plain()}
    window = stored.span[0].date(), end
    return Trained(json.dumps(mean).encode(), "mean", len(lines), {}, {"mae": 1.0}, frozen, window)


def load(home, row):
    return json.loads(registry.content(home, row))


def outputs(home, stored, champion):
    days = tables.read(stored)["timestamp"].to_numpy().astype("datetime64[D]")
    frame = pd.DataFrame({PREDICTION: np.full(len(days), load(home, champion))})
    return Sheet(frame, days, np.arange(len(days)))


def predict(home, stored, champion, day, now, step):
    if champion is None:
        raise logged.CannotScore("Train it first.")
    ahead = day + timedelta(days=1)
    return [logged.prediction("toy", champion["version"], day, "all", ahead, now, load(home, champion))]


def actuals(engine, home, stored):
    rows = state.read(engine, state.prediction_log, model="toy", actual=None)
    means = tables.read(stored).groupby("timestamp")["quantity"].mean()
    rows = rows.assign(actual=means.reindex(rows["target_day"]).to_numpy())
    return rows[rows["actual"].notna()].to_dict("records")


def measure(engine, home, stored, champion, now):
    rows = state.read(engine, state.prediction_log, model="toy").dropna(subset=["actual"])
    found = []
    for row in rows.itertuples():
        off = abs(row.mean - row.actual)
        table = pd.DataFrame({"value": [off], "lo": [off - 0.1], "hi": [off + 0.1]}, ["mae"])
        found += logged.measures("toy", row.version, row.target_day.date(), "", False, table, 1, now)
    return found


TOY = Managed(
    name="toy",
    table="sales",
    suffix=".json",
    alerted=("mae",),
    apart=1,
    train=train,
    load=load,
    outputs=outputs,
    predict=predict,
    actuals=actuals,
    measure=measure,
    replay=lambda stored, version, now, step, parts: ([], []),
    compare=lambda stored, models, ends: models,
    policies=lambda stored, learner, alerts, step: alerts,
    outcome=lambda home, stored, champion, sheet, sheets: None,
    response=lambda stored, watched: {},
    does=("", ""),
)


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setitem(MODELS, "toy", TOY)


def keep(home, days):
    return tables.add(home, Dataset("sales", {"sales": sold(days)}, Origin("upload", "a.csv")), NOW)


def test_a_third_model_is_trained_promoted_scored_and_watched_by_what_serves_the_others(engine, tmp_path, toy):
    stored = keep(tmp_path, 60)
    with pytest.raises(logged.CannotScore, match="Train it first"):
        scoring.score(engine, tmp_path, "toy", date(2025, 3, 1), NOW)
    first = retraining.retrain(engine, tmp_path, "toy", NOW, "Ana", "first", until=date(2025, 2, 1))
    second = retraining.retrain(engine, tmp_path, "toy", NOW + timedelta(hours=1), "Ana", "newer")
    assert (first["status"], second["status"], second["until"]) == ("champion", "challenger", "2025-03-01")
    retraining.promote(engine, tmp_path, "toy", second["version"], NOW + timedelta(hours=2), "Ana", "better")
    retraining.promote(engine, tmp_path, "toy", first["version"], NOW + timedelta(hours=3), "Ana", "back")
    assert registry.champion(engine, "toy", stored.lineage)["version"] == first["version"]

    done = scoring.score(engine, tmp_path, "toy", date(2025, 3, 1), NOW)
    assert (done["predictions"], done["truths"], done["windows"]) == (1, 0, 0)
    keep(tmp_path, 70)  # the days after have come
    done = scoring.score(engine, tmp_path, "toy", date(2025, 3, 11), NOW)
    assert (done["predictions"], done["truths"], done["windows"]) == (1, 1, 1)

    opened = watching.opened(engine, tmp_path, "toy")
    assert (opened.model, opened.against.version, opened.against.in_use) == ("toy", first["version"], True)
    watched = watching.run(engine, opened, date(2025, 3, 11), NOW)
    assert (watched["model"], watched["columns"]) == ("toy", 1)
    assert state.read(engine, state.psi_log, model="toy")["feature"].unique().tolist() == [PREDICTION]


def test_the_jobs_take_every_managed_model_and_name_them_where_there_is_no_such(home, toy):
    keep(home, 60)
    done = CliRunner().invoke(jobs.app, ["retrain", "--model", "toy", "--json"])
    assert (done.exit_code, json.loads(done.stdout)["runs"][0]["details"]["model"]) == (0, "toy")
    wrong = CliRunner().invoke(jobs.app, ["retrain", "--model", "other"])
    assert wrong.exit_code == 2
    assert all(name in wrong.output for name in managed.MODELS)


def test_the_help_names_every_managed_model():
    answer = CliRunner().invoke(jobs.app, ["drift", "--help"], env={"COLUMNS": "200"}).stdout
    assert all(name in answer for name in managed.MODELS)
