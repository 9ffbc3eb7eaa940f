"""A run belongs to one process at a time, and to nobody once its heart has stopped."""

import multiprocessing
from datetime import UTC, date, datetime, timedelta

import pandas as pd

from data import runs, state

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
RUN = "drift sales 2026-03-14"
LATER = timedelta(seconds=61)


def claim(engine, now=NOON) -> bool:
    return runs.claim(engine, RUN, "drift", "sales", date(2026, 3, 14), now)


def test_a_run_under_way_is_taken_until_its_heart_has_stopped(engine):
    assert claim(engine)
    assert not claim(engine, NOON + timedelta(seconds=60))
    assert runs.beat(engine, RUN, NOON, NOON + timedelta(seconds=50), step="Reading", progress=0.5)
    assert not claim(engine, NOON + timedelta(seconds=100))
    assert claim(engine, NOON + timedelta(seconds=50) + LATER)
    assert state.read(engine, state.job_runs)[["status", "progress"]].to_numpy().tolist() == [["running", 0.0]]


def test_who_was_taken_over_can_write_no_more(engine):
    claim(engine)
    claim(engine, NOON + LATER)
    assert not runs.beat(engine, RUN, NOON, NOON + LATER, status="done")
    assert runs.beat(engine, RUN, NOON + LATER, NOON + LATER, status="done", details={"psi": float("nan")})
    row = state.read(engine, state.job_runs).iloc[0]
    assert (row["status"], row["details"]) == ("done", {"psi": None})


def test_a_run_that_has_ended_can_be_done_again(engine):
    claim(engine)
    runs.beat(engine, RUN, NOON, NOON, status="failed", message="no data", finished=NOON)
    assert claim(engine, NOON + timedelta(seconds=1))
    row = state.read(engine, state.job_runs).iloc[0]
    assert row["status"] == "running"
    assert pd.isna(row["message"])
    assert pd.isna(row["finished"])


def _claim(url: str, barrier, queue) -> None:
    barrier.wait()
    queue.put(claim(state.engine(url)))


def test_of_processes_that_want_it_at_once_one_gets_it(engine, database_url):
    context = multiprocessing.get_context("spawn")
    barrier, queue = context.Barrier(4), context.Queue()
    workers = [context.Process(target=_claim, args=(database_url, barrier, queue)) for _worker in range(4)]
    for worker in workers:
        worker.start()
    answers = [queue.get(timeout=60) for _worker in workers]
    for worker in workers:
        worker.join(10)
    assert sorted(answers) == [False, False, False, True]
