"""What was written to the state database, as lines of the log: what they say, once, and only where it is asked for."""

import io
import json
from datetime import UTC, date, datetime

import pytest

import logs
from data import events, rules, state
from models.drift import alerts, messages
from models.lifecycle import logged
from tests import loggers

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
DAY = date(2026, 3, 13)
ALARM = {
    **{"model": "sales", "version": "3", "day": DAY, "kind": "psi", "feature": "unit_price"},
    **{"severity": "alert", "value": 0.412345, "threshold": 0.3, "message": messages.MESSAGES["confirmed"]},
    "message_values": {"feature": "unit_price", "value": 0.412345, "threshold": 0.3},
}


@pytest.fixture
def told():
    """The lines of the log so far."""
    stream = io.StringIO()
    with loggers.restored():
        logs.setup(None, stream=stream, events=True)
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def kept(tmp_path, migrated):
    engine = state.engine(f"sqlite:///{tmp_path / 'vigie.db'}")
    migrated(engine)
    return engine


def said(version: str = "3", **more: object) -> dict[str, object]:
    return logged.prediction("sales", version, DAY, "store=5", date(2026, 3, 20), NOW, 100.0) | more


def test_a_prediction_and_its_truth_are_two_events_each_known_again(kept, told):
    later = datetime(2026, 3, 15, tzinfo=UTC)
    state.upsert(kept, state.prediction_log, [said()])
    state.upsert(kept, state.prediction_log, [said(logged=later)])  # the job again
    state.upsert(kept, state.prediction_log, [said(actual=92.0)])
    first, again, true = told()
    assert (first["event"]["dataset"], first["event"]["kind"]) == ("vigie.prediction", "metric")
    assert [line["event"]["action"] for line in (first, true)] == ["predicted", "came-true"]
    assert first["event"]["id"] == again["event"]["id"] != true["event"]["id"]
    assert first["vigie"] == {
        **{"model": "sales", "version": "3", "day": "2026-03-13", "subject": "store=5", "target_day": "2026-03-20"},
        "mean": 100.0,
    }
    assert (true["vigie"]["error"], true["vigie"]["absolute_error"]) == (-8.0, 8.0)


def test_a_past_that_was_played_again_is_no_event(kept, told):
    state.upsert(kept, state.prediction_log, [said(logged.replayed("upload-1")), said(mean=7.0)])
    assert [line["vigie"]["mean"] for line in told()] == [7.0]


def test_what_cannot_be_computed_is_left_out_and_every_line_is_json(kept, told):
    row = {
        **{
            "model": "churn",
            "version": "3",
            "day": DAY,
            "feature": "=x",
            "definition": "deciles",
            "reference": "training",
        },
        **{"psi": float("nan"), "noise_limit": None, "ks": 0.1, "ks_pvalue": 0.5, "rows_reference": 10},
        **{"rows_current": 3, "threshold": 0.3, "label": "too few rows", "details": {"moves": [1]}, "logged": NOW},
    }
    state.upsert(kept, state.psi_log, [row])
    (line,) = told()
    assert line["vigie"].keys() == row.keys() - {"psi", "noise_limit", "details", "logged"}


def test_an_alert_is_a_sentence_and_a_rule_speaks_once_a_cause(kept, told):
    alerts.record(kept, "upload-1", [ALARM], NOW)
    cause = {"cause": "c", "rule": "r", "lineage": "upload-1", "day": DAY, "level": "London", "value": 3.0}
    for _again in range(2):
        rules.raised(kept, [cause | {"expected": 9.0, "content": {}, "raised": NOW}])
    of_model, of_rule = told()
    assert (of_model["event"]["kind"], of_rule["event"]["kind"]) == ("alert", "alert")
    assert of_model["vigie"]["sentence"].startswith("unit_price has changed: PSI 0.412 is over 0.3")
    assert (of_model["vigie"]["state"], of_model["vigie"]["value"]) == ("notify", 0.412345)
    assert (of_rule["vigie"]["kind"], of_rule["vigie"]["level"], of_rule["vigie"]["expected"]) == (
        "rule",
        "London",
        9.0,
    )


def test_jobs_and_pages_say_how_long_they_took_and_each_time_is_its_own(told):
    events.ended("drift", "sales", "drift sales 2026-03-13", "failed", 1.5, "No data.")
    events.shown("sales-forecast", 0.25)
    events.shown("sales-forecast", 0.25)
    job, page, again = told()
    assert job["event"]["duration"] == 1_500_000_000
    assert (job["event"]["outcome"], job["vigie"]["reason"]) == ("failure", "No data.")
    assert (page["url"]["path"], page["event"]["duration"]) == ("/sales-forecast", 250_000_000)
    assert page["event"]["id"] != again["event"]["id"]


def test_nothing_is_told_where_it_was_not_asked_for(kept, capsys, told):
    logs.setup(None, "DEBUG")
    state.upsert(kept, state.prediction_log, [said()])
    events.shown("today", 1.0)
    assert (told(), capsys.readouterr().out) == ([], "")
