"""A full disk, a home that may only be read, a database that another program holds: sentences, not tracebacks."""

import errno
import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

import jobs
import settings
from data import runs, state, tables, troubles
from data.dataset import Dataset, Origin
from models.lifecycle import retraining
from tests import forked
from tests.sources import ROOT

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
NOWHERE = "/sys/vigie"  # where not even root may write


def customers() -> Dataset:
    frame = pd.DataFrame({"customer_id": ["a", "b"], "churned": [True, False]})
    return Dataset("customers", {"customers": frame}, Origin("upload", "mine.csv"))


def test_a_home_that_may_only_be_read_is_a_sentence_at_start():
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port=0", "--server.headless=true"]
    environment = {"VIGIE_HOME": NOWHERE, "VIGIE_DATABASE_URL": f"sqlite:///{NOWHERE}/vigie.db"}
    served = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=100
    )
    for code, out, error in (
        (served.returncode, served.stdout, served.stderr),
        forked.called(environment, "retrain", "--model", "churn"),
    ):
        assert code == 1
        assert "Vigie may not write" in error
        assert "Traceback" not in out + error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_job_whose_model_cannot_be_kept_says_why(home, monkeypatch, number):
    tables.add(home, customers(), NOW)

    def full(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(retraining, "retrain", full)
    done = CliRunner().invoke(jobs.app, ["retrain", "--model", "churn"])
    assert done.exit_code == 1
    said = "may not write" if number == errno.EROFS else "The disk is full"
    assert said in done.output
    assert "The log says more" not in done.output
    row = state.read(state.engine(settings.get().database_url), state.job_runs).iloc[0]
    assert row["status"] == "failed"
    assert said in row["message"]


def test_a_job_on_a_disk_too_full_for_the_database_says_so(home, monkeypatch):
    tables.add(home, customers(), NOW)

    def full(*_: object, **__: object) -> bool:
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(runs, "claim", full)
    done = CliRunner().invoke(jobs.app, ["retrain", "--model", "churn", "--json"])
    assert done.exit_code == 1
    assert '"The disk is full' in done.output


def test_a_database_that_does_not_answer_is_a_sentence():
    with pytest.raises(OperationalError) as failed:
        state.migrate(state.engine("postgresql+psycopg://nobody@127.0.0.1:9/vigie"))
    said = troubles.known(failed.value)
    assert said is not None
    assert said.message == troubles.AWAY


def test_a_locked_database_is_busy_and_work_goes_on(home, monkeypatch):
    monkeypatch.setattr(state, "_SQLITE_WAIT_SECONDS", 0.2)
    url = f"sqlite:///{home}/busy.db"
    engine = state.engine(url)
    state.migrate(engine)
    other = sqlite3.connect(home / "busy.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError) as refused:
        state.prefer(engine, "a", 1)
    assert troubles.busy(refused.value)
    monkeypatch.setenv("VIGIE_DATABASE_URL", url)
    settings.get.cache_clear()
    from ui import background

    threading.Timer(1.0, lambda: other.execute("COMMIT")).start()
    with background._unless_busy():
        state.prefer(engine, "a", 2)
    background._patiently(lambda: state.prefer(engine, "a", 3))
    assert state.preference(engine, "a", 0) == 3


def test_what_crashed_writers_left_is_cleared_away_at_start(tmp_path):
    kept = tables.add(tmp_path, customers(), NOW)
    left = [tmp_path / name for name in ("models/churn-1.part", "raw/.new-a", "raw/food/products/.new-b")]
    left += [kept.folder.parent / ".new-c", tmp_path / "models" / "churn-2.zip"]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    tables.examine(tmp_path, NOW + timedelta(minutes=10))
    assert all(path.exists() for path in left)  # whoever writes them may still be at it
    tables.examine(tmp_path, NOW + timedelta(days=1))
    assert [path.name for path in left if path.exists()] == ["churn-2.zip"]
    assert tables.active(tmp_path, "customers") == kept


def test_what_is_damaged_is_found_at_start_even_where_it_is_not_in_use(tmp_path):
    old = tables.add(tmp_path, customers(), NOW)
    other = Dataset("customers", customers().frames, Origin("upload", "other.csv"))
    tables.add(tmp_path, other, NOW + timedelta(days=1))
    file = old.folder / "customers.parquet"
    file.write_bytes(file.read_bytes()[:-1])
    tables.examine(tmp_path, NOW)
    assert not old.folder.exists()
