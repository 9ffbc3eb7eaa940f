"""`jobs.py run-due` and the app that calls it: processes that are killed, and three servers of which one leads."""

import json
import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import update

import settings
from connectors import fetched, mapping, recipes
from data import beside, state, tables
from models.act.schedule import Schedule
from tests import forked
from tests.sources import ROOT
from tests.unit.test_jobs import NOON, Post, call, read, run, sales, start
from tests.unit.test_schedules import passes, put
from ui import scheduler

DRIFT = Schedule("Drift", "drift", {"model": "sales"}, "0 * * * *")
RUN_DUE = ("run-due", "--json")
LEASE = 60.0  # seconds: on a machine that is busy with other tests a leader stands still for some
LOOK = 1.0  # seconds between two looks


@pytest.fixture
def environment(home, database_url, migrated):
    """A home with sales in it, and a database with its tables, for processes."""
    tables.add(home, sales(), NOON)
    migrated(state.engine(database_url))
    return {**os.environ, "VIGIE_HOME": str(home), "VIGIE_DATABASE_URL": database_url, "PYTHONPATH": str(ROOT)}


def ended(environment) -> list[tuple]:
    return [(row["status"], row["attempts"]) for row in read(environment, state.schedule_runs)]


def test_what_is_due_is_done_once_and_a_job_row_says_so(environment):
    engine = state.engine(environment["VIGIE_DATABASE_URL"])
    put(engine, "drift", DRIFT)
    put(engine, "score", Schedule("Score", "score", {"model": "churn"}, "0 * * * *"))
    code, out, err = run(environment, *RUN_DUE)
    assert code == 0, (out, err)
    answer = json.loads(out)
    assert [(one["run"].split(",")[0], one["status"]) for one in answer["runs"]] == [
        ("Drift", "done"),
        ("Score", "skipped"),
    ]
    assert "No customers were chosen yet" in answer["runs"][1]["message"]
    assert [row["run"] for row in read(environment, state.job_runs)] == ["drift sales 2011-11-30"]
    code, out, err = run(environment, "run-due")
    assert (code, out) == (0, "Nothing is due.\n")
    assert ended(environment) == [("done", 1), ("skipped", 1)]


def test_orders_are_drafted_and_sent_at_set_times_too(environment):
    engine = state.engine(environment["VIGIE_DATABASE_URL"])
    put(engine, "orders", Schedule("Orders", "orders", {}, "0 * * * *"))
    code, out, err = run(environment, *RUN_DUE)
    assert code == 0, (out, err)
    (one,) = json.loads(out)["runs"]
    assert (one["run"].split(",")[0], one["status"]) == ("Orders", "skipped")
    assert "What is on hand is not in these data" in one["message"]


def test_a_job_that_fails_leaves_with_1_and_is_tried_again_later(environment):
    engine = state.engine(environment["VIGIE_DATABASE_URL"])
    put(engine, "drift", DRIFT)
    code, out, _err = run(environment, *RUN_DUE, BROKEN="1")
    assert (code, "under the id" in json.loads(out)["runs"][0]["message"], "secret" in out) == (1, True, False)
    assert run(environment, "run-due")[1] == "Nothing is due.\n"
    passes(engine, 61)
    assert run(environment, *RUN_DUE)[0] == 0
    assert ended(environment)[0] == ("done", 2)


def test_killed_in_the_middle_it_is_taken_over_and_stopped_from_outside_at_once(environment):
    engine = state.engine(environment["VIGIE_DATABASE_URL"])
    put(engine, "drift", DRIFT)
    stopped = start(environment, *RUN_DUE, GATE="/nowhere")
    stopped.comparing()
    stopped.process.terminate()
    assert stopped.ended()[0] == 143
    assert ended(environment) == [("waiting", 0)]
    killed = start(environment, *RUN_DUE, GATE="/nowhere")
    killed.comparing()
    killed.process.kill()
    assert killed.ended()[0] == -signal.SIGKILL
    assert run(environment, "run-due")[1] == "Nothing is due.\n"  # it may live
    passes(engine, 61)
    code, out, _err = run(environment, *RUN_DUE)  # the job's own row is younger than the one that is due
    assert (code, json.loads(out)["runs"][0]["status"]) == (0, "waiting")
    passes(engine, 61)
    with engine.begin() as connection:
        connection.execute(update(state.job_runs).values(heartbeat=NOON))
    assert run(environment, *RUN_DUE)[0] == 0
    assert ended(environment) == [("done", 2)]
    assert len(read(environment, state.psi_log)) == 1


@pytest.fixture
def post():
    """A webhook that answers at once; what it `got`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Post)
    server.got, server.may = [], threading.Event()
    server.may.set()
    server.address_ = f"json://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_report_is_sent_once_to_a_channel_though_another_one_is_down(environment, post):
    engine = state.engine(environment["VIGIE_DATABASE_URL"])
    of = {"board": "sales", "kind": ".html", "language": "fr"}
    put(engine, "report", Schedule("Report", "report", of, "0 * * * *"))
    both = {"VIGIE_NOTIFY_URLS": f"{post.address_} json://127.0.0.1:9/"}
    for _try in range(2):
        code, out, _err = run(environment, *RUN_DUE, **both)
        assert (code, "127.0.0.1:9" in json.loads(out)["runs"][0]["message"]) == (1, True)
        passes(engine, 301)
    assert run(environment, *RUN_DUE, VIGIE_NOTIFY_URLS=post.address_)[0] == 0
    assert len(post.got) == 1
    assert ended(environment) == [("done", 3)]
    assert (Path(environment["VIGIE_HOME"]) / "reports" / "sales-fr.html").exists()


def test_a_reading_of_a_database_is_brought_up_to_date_and_what_is_shown_goes_on(home, monkeypatch, tmp_path):
    assert call("fetch")[0] == 4
    shop = tmp_path / "shop.db"
    with sqlite3.connect(shop) as connection:
        connection.execute("CREATE TABLE lines (date TEXT, product TEXT, quantity INTEGER, unit_price REAL)")
        connection.executemany(
            "INSERT INTO lines VALUES (?, ?, ?, ?)", [(f"2026-03-{day:02}", "tea", day, 2.5) for day in range(1, 29)]
        )
    monkeypatch.setenv("VIGIE_DATABASES", f"shop=sqlite:///{shop}")
    settings.get.cache_clear()
    now = datetime.now(UTC)
    kept, _changes = fetched.bring(home, "shop", "SELECT * FROM lines", "lines", None, (), lambda *_: None, now)
    raw = fetched.raw(home, kept, 10_000_000)
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), now, "lines")
    recipes.answered(made)
    beside.keep(home, replace(made, origin=replace(made.origin, database=kept.id)), now)
    with sqlite3.connect(shop) as connection:
        connection.execute("INSERT INTO lines VALUES ('2026-03-29', 'tea', 29, 2.5)")
    code, out = call("fetch", "--json")
    assert code == 0, out
    shown = tables.active(home, "sales")
    assert shown is not None
    assert tables.read(shown)["quantity"].sum() == sum(range(1, 30))
    other = tables.add(home, sales(), datetime.now(UTC))  # an analyst shows something else now
    assert call("fetch")[0] == 0
    assert tables.active(home, "sales") == other
    shop.unlink()
    code, out = call("fetch", "--json")
    assert (code, "What was there stays." in out) == (1, True)
    monkeypatch.delenv("VIGIE_DATABASES")
    settings.get.cache_clear()
    assert "does not name “shop” any more" in call("fetch")[1]


@dataclass(frozen=True)
class Forked:
    """In place of the `Popen` of a process."""

    process: BaseProcess

    def poll(self) -> int | None:
        return self.process.exitcode

    def terminate(self) -> None:
        self.process.terminate()


class Soon(threading.Event):
    """An end of the server that it looks for every second, and not three times a lease."""

    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(LOOK)


def _serve(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    settings.get.cache_clear()
    home, fork = Path(environment["VIGIE_HOME"]), multiprocessing.get_context("fork")
    scheduler._start = lambda: Forked(forked.start(home, dict(os.environ), "run-due", context=fork).process)  # type: ignore
    scheduler.serve(state.engine(environment["VIGIE_DATABASE_URL"]), Soon(), LEASE)


def until(found, seconds: float = 300):
    """What `found` gives, as soon as it is something."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return answer


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_three_servers_one_leads_and_when_it_is_killed_another_does_what_is_due_once(environment, database_url):
    engine = state.engine(database_url)
    servers = [forked.CONTEXT.Process(target=_serve, args=(environment,)) for _server in range(3)]
    for server in servers:
        server.start()
    try:
        holder = until(lambda: [row["holder"] for row in read(environment, state.leases)])
        put(engine, "first", Schedule("First", "refresh", cron="0 * * * *"))
        until(lambda: ended(environment) == [("done", 1)])
        assert [row["holder"] for row in read(environment, state.leases)] == holder
        leader = next(server for server in servers if _leads(server, holder[0]))
        os.kill(leader.pid, signal.SIGKILL)
        put(engine, "second", Schedule("Second", "refresh", cron="0 * * * *"))
        with engine.begin() as connection:  # a lease later
            connection.execute(update(state.leases).values(until=datetime.now(UTC)))
        until(lambda: [row["holder"] for row in read(environment, state.leases)] != holder)
        until(lambda: ended(environment) == [("done", 1)] * 2)
        time.sleep(2 * LOOK)  # each of the others has looked again
        assert ended(environment) == [("done", 1)] * 2
        assert len(read(environment, state.job_runs)) == 1  # of the day; both did it, one after the other
    finally:
        for server in servers:
            server.kill()
            server.join()


def test_the_server_does_what_is_due_in_a_process_of_its_own(home):
    """The command itself; who calls it when is looked at above with processes that have imported everything."""
    with scheduler._start() as child:
        assert child.wait(300) == 0
    assert state.revision(state.engine(settings.get().database_url)) == state.REVISION


def _leads(server, holder: str) -> bool:
    return holder.startswith(f"{server.pid} ")
