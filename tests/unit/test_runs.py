"""A run belongs to one process at a time, and to nobody once its heart has stopped, whatever any clock says."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import update

from data import runs, state
from tests import forked

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
RUN = "drift sales 2026-03-14"


def claim(engine, now=NOON) -> bool:
    return runs.claim(engine, RUN, "drift", "sales", date(2026, 3, 14), now)


def row(engine) -> pd.Series:
    return state.read(engine, state.job_runs).iloc[0]


def passes(engine, seconds: float) -> None:
    """Let so many seconds pass on the database's clock since the last beat; below zero, it is set back."""
    before = row(engine)["heartbeat"] - timedelta(seconds=seconds)
    with engine.begin() as connection:
        connection.execute(update(state.job_runs).values(heartbeat=before.to_pydatetime()))


def test_a_run_under_way_is_taken_until_its_heart_has_stopped(engine):
    assert claim(engine)
    passes(engine, 55)
    assert not claim(engine)
    assert runs.beat(engine, RUN, NOON, step="Reading", progress=0.5)
    passes(engine, 55)
    assert not claim(engine)
    passes(engine, 6)
    assert claim(engine)
    assert state.read(engine, state.job_runs)[["status", "progress"]].to_numpy().tolist() == [["running", 0.0]]


def test_who_was_taken_over_can_write_no_more(engine):
    claim(engine)
    passes(engine, 61)
    claim(engine, NOON + timedelta(seconds=61))
    assert not runs.beat(engine, RUN, NOON, status="done")
    assert runs.beat(engine, RUN, NOON + timedelta(seconds=61), status="done", details={"psi": float("nan")})
    assert (row(engine)["status"], row(engine)["details"]) == ("done", {"psi": None})


def test_a_run_that_has_ended_can_be_done_again(engine):
    claim(engine)
    runs.beat(engine, RUN, NOON, status="failed", message="no data", finished=NOON)
    assert claim(engine, NOON + timedelta(seconds=1))
    assert row(engine)["status"] == "running"
    assert pd.isna(row(engine)["message"])
    assert pd.isna(row(engine)["finished"])


@pytest.mark.parametrize(
    "off", [timedelta(days=-400), timedelta(seconds=-90), timedelta(seconds=90), timedelta(days=400)]
)
def test_a_live_run_is_not_taken_over_whatever_its_machines_clock_says(engine, off):
    """Its machine's clock and that of whoever wants the run are wrong; the database's is the one that counts."""
    theirs = datetime.now(UTC) + off
    assert claim(engine, theirs)
    assert abs(row(engine)["heartbeat"] - datetime.now(UTC)) < timedelta(seconds=20)
    assert not claim(engine, datetime.now(UTC))
    assert runs.beat(engine, RUN, theirs)
    assert not claim(engine, datetime.now(UTC) - off)
    assert runs.beat(engine, RUN, theirs, status="done")


@pytest.mark.parametrize("back", [timedelta(minutes=2), timedelta(days=1), timedelta(days=400)])
def test_a_clock_set_back_leaves_a_killed_run_taken_for_a_minute_and_no_longer(engine, back):
    claim(engine)
    passes(engine, -back.total_seconds())
    assert not claim(engine)  # it may live
    passes(engine, 59)
    assert not claim(engine)
    passes(engine, 2)
    assert claim(engine)


def test_a_clock_set_back_takes_nothing_from_a_live_run(engine):
    claim(engine)
    for _minute in range(5):
        passes(engine, -86_400)
        assert not claim(engine)
        passes(engine, 50)
        assert runs.beat(engine, RUN, NOON)
    assert abs(row(engine)["heartbeat"] - datetime.now(UTC)) < timedelta(seconds=20)


def _claim(url: str, barrier, queue) -> None:
    barrier.wait()
    queue.put(claim(state.engine(url)))


def test_of_processes_that_want_it_at_once_one_gets_it(engine, database_url):
    answers = forked.at_once(_claim, database_url)
    assert sorted(answers) == [False, False, False, True]


def test_a_run_is_cancelled_by_anybody_and_ends_once(engine):
    claim(engine)
    assert runs.beating(engine, RUN)
    runs.cancel(engine, RUN)
    assert runs.beating(engine, RUN)  # until whoever works on it has heard
    assert not runs.beat(engine, RUN, NOON)
    runs.end(engine, RUN, NOON, "cancelled", None, NOON)
    assert (row(engine)["status"], runs.beating(engine, RUN)) == ("cancelled", False)
    runs.cancel(engine, RUN)
    runs.end(engine, RUN, NOON, "done", None, NOON)
    assert row(engine)["status"] == "cancelled"


def test_who_was_taken_over_does_not_end_what_another_does(engine):
    claim(engine)
    passes(engine, 61)
    claim(engine, NOON + timedelta(seconds=61))
    runs.end(engine, RUN, NOON, "failed", "late", NOON)
    assert row(engine)["status"] == "running"
