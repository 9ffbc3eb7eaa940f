"""Work in the background: every end is written down, and nothing but an apology is said of a bug."""

import threading
import time

import pytest

import settings
from connectors import Unavailable
from data import state
from ui import background


@pytest.fixture
def ended(home):
    """Start some work, wait until it has ended, and return its row."""
    state.migrate(state.engine(settings.get().database_url))

    def run(work, meanwhile=lambda run: None):
        run = background.start("test", "customers", work)
        meanwhile(run)
        for _attempt in range(200):
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
