"""Work in the background: every end is written down, and nothing but an apology is said of a bug."""

import sqlite3
import threading
import time

import pytest
from sqlalchemy.exc import OperationalError

import settings
from connectors import Unavailable
from data import state
from ui import answers, background


@pytest.fixture(autouse=True)
def _trained_here():
    """Here a training has a process of its own."""


@pytest.fixture
def ended(home):
    """Start some work, wait until it has ended, and return its row."""
    state.migrate(state.engine(settings.get().database_url))

    def run(work, meanwhile=lambda run: None):
        run = background.start("test", "customers", work)
        meanwhile(run)
        for _attempt in range(1_500):
            row = state.read(state.engine(settings.get().database_url), state.job_runs, run=run).iloc[0]
            if row["status"] != "running":
                return row
            time.sleep(0.02)
        raise AssertionError("the job never ended")

    return run


def test_a_job_that_ends_well_has_gone_through_its_steps(ended):
    row = ended(lambda step: step("Downloading", 0.5))
    assert (row["status"], row["step"], row["progress"]) == ("done", "Downloading", 0.5)
    assert row["finished"] >= row["started"]


def test_a_cancelled_job_stops_at_its_next_step(ended):
    reached, asked = [], threading.Event()

    def work(step):
        step("Starting", 0.1)
        asked.wait(5)
        step("Keeping the table", 0.9)
        reached.append("the end")

    def cancel(run):
        background._stopping[run].set()
        asked.set()

    assert ended(work, cancel)["status"] == "cancelled"
    assert not reached


def test_a_failing_origin_is_said_in_its_own_words(ended):
    def work(step):
        raise Unavailable("{host} cannot be reached. Check the connection and try again, or upload the file.", host="x")

    row = ended(work)
    assert (row["status"], row["message"][:22]) == ("failed", "x cannot be reached. C")


def test_a_bug_gets_an_apology_with_an_id_and_no_traceback(ended, caplog):
    def work(step):
        raise ZeroDivisionError("secret detail")

    row = ended(work)
    assert row["status"] == "failed"
    assert "secret detail" not in row["message"]
    incident = row["message"].rstrip(".").split()[-1]
    assert any(incident in record.getMessage() for record in caplog.records)


def wait(until, seconds=20):
    for _attempt in range(int(seconds / 0.02)):
        if until():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to that")


def rows():
    return state.read(state.engine(settings.get().database_url), state.job_runs)


def test_no_more_work_at_once_than_there_are_workers(ended, monkeypatch):
    monkeypatch.setenv("VIGIE_WORKERS", "2")
    settings.get.cache_clear()
    lock, now, most, go = threading.Lock(), 0, 0, threading.Event()

    def work(step):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        go.wait(10)
        with lock:
            now -= 1

    for number in range(6):
        background.start("test", str(number), work)
    remote = []
    background.start("test", "remote", lambda step: remote.append(1), remote=True)
    wait(lambda: remote)  # what waits for another machine is not held up, and holds nobody up
    wait(lambda: now == 2)
    time.sleep(0.1)
    go.set()
    wait(lambda: (rows()["status"] == "done").sum() == 7)
    assert most == 2


def test_what_waits_its_turn_can_be_cancelled(ended, monkeypatch):
    monkeypatch.setenv("VIGIE_WORKERS", "1")
    settings.get.cache_clear()
    begun, go, reached = threading.Event(), threading.Event(), []
    first = background.start("test", "first", lambda step: (begun.set(), go.wait(10)))
    wait(begun.is_set)
    second = background.start("test", "second", lambda step: reached.append(1))
    background._stopping[second].set()
    wait(lambda: not background.alive(second))
    go.set()
    wait(lambda: not background.alive(first))
    assert sorted(rows()["status"]) == ["cancelled", "done"]
    assert not reached


def test_of_ten_who_ask_at_once_one_trains_and_all_see_the_same_run(ended, monkeypatch):
    asked, go, answers = [], threading.Event(), []

    def ask(request, heard, wait):
        asked.append(request)
        heard({"step": "Reading the table", "share": 0.5})
        while not go.wait(0.01):
            wait()
        heard({"version": "v1"})

    monkeypatch.setattr(background.apart, "ask", ask)
    barrier, runs = threading.Barrier(10), []

    def visitor():
        barrier.wait()
        runs.append(background.train("train churn", "upload-1", {"home": "x"}, answers.append))

    visitors = [threading.Thread(target=visitor) for _visitor in range(10)]
    for one in visitors:
        one.start()
    for one in visitors:
        one.join()
    assert set(runs) == {"train churn upload-1"}
    assert background.training("train churn", "upload-1") == runs[0]
    wait(lambda: rows()["step"].eq("Reading the table").any())
    monkeypatch.setattr(background, "_stopping", {})  # as another process sees it
    assert background.training("train churn", "upload-1") == runs[0]
    assert background.train("train churn", "upload-1", {}, answers.append) == runs[0]
    monkeypatch.undo()
    go.set()
    wait(lambda: rows()["status"].iloc[0] == "done")
    assert (asked, len(rows())) == ([{"home": "x"}], 1)
    assert answers[-1] == {"version": "v1"}
    assert background.training("train churn", "upload-1") is None


def test_a_training_whose_process_is_killed_says_so_and_can_be_started_again(ended, monkeypatch):
    import os
    import signal

    from ui import apart

    real, children = apart.subprocess.Popen, []
    monkeypatch.setattr(
        apart.subprocess, "Popen", lambda *args, **options: children.append(real(*args, **options)) or children[-1]
    )
    run = background.train("train churn", "upload-1", {"home": "/nowhere"}, lambda answer: None)
    wait(lambda: children)
    os.kill(children[0].pid, signal.SIGKILL)
    wait(lambda: not background.alive(run))
    row = rows().iloc[0]
    assert row["status"] == "failed"
    assert "Sorry" not in row["message"]
    assert "memory" in row["message"]
    assert background.train("train churn", "upload-1", {"home": "/nowhere"}, lambda answer: None) == run
    wait(lambda: len(children) == 2)
    background._stopping[run].set()
    wait(lambda: not background.alive(run))
    assert rows()["status"].tolist() == ["cancelled"]
    assert children[1].wait(5) is not None  # it does not go on unseen


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "The disk is full"),
        (OSError(30, "Read-only file system"), "may not write"),
        (sqlite3.OperationalError("database is locked"), "is busy"),
        (sqlite3.OperationalError("database or disk is full"), "The disk is full"),
    ],
)
def test_troubles_of_the_machine_are_sentences(ended, error, said):
    def work(step):
        raise OperationalError("UPDATE", {}, error) if isinstance(error, sqlite3.Error) else error

    row = ended(work)
    assert row["status"] == "failed"
    assert said in row["message"]


def test_what_another_server_works_on_is_under_way_and_joined_not_begun_again(ended, monkeypatch):
    go, begun = threading.Event(), []

    def work(step):
        begun.append(1)
        step("Trying it on the past", 0.5)
        go.wait(10)

    with monkeypatch.context() as other:
        run = background.start("forecast", "shop", work, run="answer x")
        wait(lambda: begun)
        mine = background._stopping
        other.setattr(background, "_stopping", {})
        assert background.under_way(run)
        assert background.start("forecast", "shop", work, run="answer x") == run
        assert background._stopping == {}  # nothing was begun here
    assert background._stopping is mine
    go.set()
    wait(lambda: rows()["status"].tolist() == ["done"])
    assert begun == [1]
    assert not background.under_way(run)


def test_a_run_is_cancelled_from_another_server(ended, monkeypatch):
    monkeypatch.setattr(background.runs, "BEAT", 0.05)
    run = background.start("forecast", "shop", lambda step: [step("x", 0.1) or time.sleep(0.02) for _ in range(500)])
    with monkeypatch.context() as other:
        other.setattr(background, "_stopping", {})
        background.cancel(run)
    wait(lambda: rows()["status"].tolist() == ["cancelled"])


def test_whoever_starts_it_acts_in_it_and_what_vigie_starts_is_its_own(ended):
    seen = []
    with background.people.using(background.people.Person("ana", "analyst")):
        background.start("test", "a", lambda step: seen.append(background.people.who()))
    background.start("test", "b", lambda step: seen.append(background.people.who()))
    wait(lambda: len(seen) == 2)
    assert sorted((one.name, one.role) for one in seen) == [("Vigie", "system"), ("ana", "analyst")]


def test_an_answer_that_another_server_made_is_read_and_not_made_again(ended, home):
    from ui import answers

    made = []

    def work(step):
        made.append(1)
        return {"value": 7.0}

    answers.forget_all()
    answers.start("shop 28", "forecast", work, patience=5, share=True)
    wait(lambda: list(home.rglob("*.zip")))
    answers.forget_all()  # as another server, or this one after a restart
    assert answers.found("shop 28") == {"value": 7.0}
    answers.forget_all()
    answers.start("shop 28", "forecast", work, patience=5, share=True)
    assert (answers.found("shop 28"), made) == ({"value": 7.0}, [1])
    answers.forget_all()


def test_who_waits_for_a_turn_to_work_keeps_nobody_from_keeping_an_answer(monkeypatch):
    """The one whose turn it is has an answer to keep; both waited for each other for ever."""

    def whose_turn_it_is(*_args, **_kwargs):
        other = threading.Thread(target=answers._keep, args=("the other", 1), daemon=True)
        other.start()
        other.join(10)
        assert not other.is_alive()
        return "a run"

    monkeypatch.setattr(answers.background, "start", whose_turn_it_is)
    answers.start("mine", "a job", lambda _step: 2, patience=0)
    assert answers.found("the other") == 1
