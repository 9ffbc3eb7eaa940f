"""What a rule does beside telling: asked for once for each day on which it fires, and done by `jobs.py run-due`."""

import csv
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pandas as pd
import pytest

from connectors import notify
from data import rules as kept_rules
from data import schedules, state, tables
from data.dataset import Dataset, Origin
from data.runs import Nothing
from locales import Sentence, using
from models.act import alarms, rules, schedule
from models.act.schedule import Schedule
from models.lifecycle import calls
from tests.unit.act.test_kept import DAY, MINE, NOW, engine, judged  # noqa: F401  engine is a fixture
from tests.unit.test_jobs import call

ALL: tuple[rules.Action, ...] = ("tell", "order", "slipping", "leaving", "report", "challenger", "drift")
FIRES = replace(MINE, threshold=1e12, cooldown=0, actions=ALL, board="sales", language="fr")


def test_what_a_rule_does_is_asked_for_once_a_day_however_often_it_is_judged(engine, kept):  # noqa: F811
    kept_rules.write(engine, "mine", rules.to_json(FIRES), 0, NOW)
    for _again in range(2):
        judged(engine, kept)
    rows = schedules.of_rules(engine)
    made = {row["schedule"].rpartition(" ")[2]: schedule.from_json(row["content"]) for row in rows.to_dict("records")}
    assert {name: (one.job, dict(one.of)) for name, one in made.items()} == {
        "slipping": ("calls", {"who": "slipping", "language": "fr"}),
        "leaving": ("calls", {"who": "leaving", "language": "fr"}),
        "report": ("report", {"board": "sales", "kind": ".pdf", "language": "fr"}),
        "challenger": ("retrain", {"model": "sales"}),
        "drift": ("drift", {"model": "sales"}),
    }
    assert set(rows["due"]) == {pd.Timestamp(datetime.combine(DAY, time(), UTC))}
    judged(engine, kept, DAY - timedelta(days=1))
    assert len(schedules.of_rules(engine)) == 2 * len(made)
    assert set(schedule.arise(engine)) == set(rows["schedule"])
    assert {alarms.asked("mine", "line", name) for name in made} == set(rows["schedule"])


def test_a_rule_that_only_tells_or_that_is_well_asks_for_nothing(engine, kept):  # noqa: F811
    kept_rules.write(engine, "tells", rules.to_json(replace(FIRES, actions=("tell",))), 0, NOW)
    kept_rules.write(engine, "well", rules.to_json(replace(FIRES, threshold=-1e12)), 0, NOW)
    judged(engine, kept)
    assert schedules.of_rules(engine).empty


def test_what_was_asked_for_is_tried_again_given_up_and_then_waits_for_somebody(engine):  # noqa: F811
    due = datetime.combine(DAY, time(), UTC)
    work = schedule.to_json(Schedule("revenue", "drift", {"model": "sales"}))
    name = alarms.asked("mine", "line", "drift")
    assert [schedules.ask(engine, name, due, work) for _again in range(2)] == [True, False]
    for _attempt in range(schedules.TRIES):
        held = schedules.claim(engine, schedule.arise(engine))
        assert held is not None
        assert schedule.arguments(schedule.from_json(held.content), None, held) == [
            "drift",
            "--model",
            "sales",
            "--json",
        ]
        schedules.end(engine, held, schedules.FAILED, "no")
        with engine.begin() as connection:
            connection.execute(state.schedule_runs.update().values(next_try=due))
    assert schedules.claim(engine, schedule.arise(engine)) is None
    assert schedules.failed(engine)["schedule"].tolist() == [name]


def test_a_report_without_a_board_is_refused(kept):
    with pytest.raises(Sentence, match="board"):
        rules.check(replace(FIRES, board=""), kept[1])


def shop(stopped: int) -> Dataset:
    """Sixty customers who each came every seventh day for a year; `stopped` of them have not for sixty days."""
    rng, rows = np.random.default_rng(3), []
    for number in range(60):
        name = f"=gone {number}" if number < stopped else f"here {number}"
        days = np.cumsum(rng.integers(5, 10, size=52))
        days = days[days < (300 if number < stopped else 360)]
        rows += [(name, pd.Timestamp("2025-01-01") + pd.Timedelta(days=int(day))) for day in days]
    rows += [(f"here {number}", pd.Timestamp("2025-12-27")) for number in range(stopped, 60)]
    frame = pd.DataFrame(rows, columns=["customer", "timestamp"])
    frame["timestamp"] = frame["timestamp"].astype("datetime64[us]")
    frame = frame.assign(source="mine", product="a", line_type="sale", quantity=1.0, unit_price=2.0, currency="EUR")
    frame["line_id"] = frame.index.astype(str)
    return Dataset("sales", {"sales": frame}, Origin("upload", "mine.csv", currency="EUR"))


def test_the_list_names_those_who_stopped_and_no_spreadsheet_runs_it(home, monkeypatch):
    tables.add(home, shop(4), datetime(2026, 1, 1, tzinfo=UTC))
    sent = []
    monkeypatch.setattr(notify, "channels", lambda: {"post": lambda title, _text, files: sent.append((title, files))})
    due = datetime(2025, 12, 27, tzinfo=UTC)
    database = state.engine(f"sqlite:///{home / 'vigie.db'}")
    state.migrate(database)
    of = {"who": "slipping", "language": "fr"}
    schedules.ask(database, alarms.asked("mine", "line", "slipping"), due, schedule.to_json(Schedule("x", "calls", of)))
    for _again in range(2):
        assert call("run-due")[0] == 0
    ((title, (file,)),) = sent
    assert title == "Clients en train de s’éloigner"
    assert file == home / "reports" / "slipping-fr-2025-12-27.csv"
    rows = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    assert rows[0][:2] == ["Client", "En jeu par an (EUR)"]
    assert sorted(row[0] for row in rows[1:]) == [f"'=gone {number}" for number in range(4)]


def test_with_nobody_to_call_or_no_model_there_is_nothing_to_do_and_it_says_so(home):
    database = state.engine(f"sqlite:///{home / 'vigie.db'}")
    state.migrate(database)
    with pytest.raises(Nothing, match="no such data"):
        calls.listed(database, home, "slipping", lambda *_: None)
    tables.add(home, shop(0), datetime(2026, 1, 1, tzinfo=UTC))
    with using("en"), pytest.raises(Nothing, match="nobody to call"):
        calls.listed(database, home, "slipping", lambda *_: None)
