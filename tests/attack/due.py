"""`jobs.py run-due` is killed (kill -9) at random moments: what was due is done all the same, once, and told once."""

import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sqlalchemy import update

from data import runs, schedules, state, tables
from models.act import schedule
from models.act.schedule import Schedule
from tests import forked
from tests.attack.kills import _sales
from tests.sources import ROOT

TRIES = 100
MAX_CALLS = 6  # until all is done: a job that was cut off is taken over a minute later


class _Post(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def run(seed: int, scale: float) -> Iterator[tuple[str, int, int, str]]:
    """Kills at random moments, each followed by what cron does: it calls again, and a minute passes."""
    tries, chance = max(2, round(TRIES * scale)), random.Random(seed)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Post)
    got: list[object] = []
    server.got = got  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done, heard, twice, longest = 0, 0, 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        engine = state.engine(f"sqlite:///{home / 'vigie.db'}")
        state.migrate(engine)
        tables.add(home, _sales(1), datetime.now(UTC))
        environment = {**os.environ, "VIGIE_HOME": folder, "PYTHONPATH": str(ROOT)}
        environment["VIGIE_DATABASE_URL"] = str(engine.url)
        environment["VIGIE_NOTIFY_URLS"] = f"json://127.0.0.1:{server.server_port}/"
        for number in range(-1, tries):  # the first one is not killed, and tells how long it takes
            got.clear()
            of = {"board": "sales", "kind": ".html", "language": "en"}
            for one in schedules.kept(engine):
                if not one.removed:
                    schedules.write(engine, one.schedule, one.content, one.changes, removed=True)
            for job, about in (("drift", {"model": "sales"}), ("report", of)):
                cron = f"0 {datetime.now(UTC).hour} * * *"  # once, also where the next hour begins meanwhile
                made = Schedule(f"{job} {number}", job, about, cron)  # type: ignore[arg-type]
                schedules.write(engine, made.name, schedule.to_json(made), 0)
            _an_hour_ago(engine)
            begun, running = time.monotonic(), forked.start(home, environment, "run-due")
            if number < 0:
                running.ended(300)
                longest = time.monotonic() - begun
                continue
            time.sleep(chance.uniform(0, longest))
            running.process.kill()
            running.process.join()
            unwritten = len(got) - len(_delivered(engine, number))  # sent, and killed before that was written
            for _call in range(MAX_CALLS):
                if _settled(engine, number):
                    break
                _a_minute_passes(engine)
                forked.start(home, environment, "run-due").ended(300)
            done += _settled(engine, number)
            heard += len(got) == 1 + unwritten
            twice += unwritten
        rows = state.read(engine, state.schedule_runs)
    server.shutdown()
    server.server_close()
    yield "kill -9 of run-due: what was due is done, once", tries, done, f"{(rows['attempts'] > 1).sum()} cut off"
    note = f"{twice} in the instant before the kill, and once more"
    yield "kill -9 of run-due: its report is heard once", tries, heard, note


def _delivered(engine: "state.Engine", number: int) -> list[str]:
    rows = state.read(engine, state.report_deliveries)
    return [cause for cause in rows["cause"] if cause.startswith(f"report {number} ")]


def _settled(engine: "state.Engine", number: int) -> bool:
    rows = state.read(engine, state.schedule_runs)
    rows = rows[rows["schedule"].isin([f"drift {number}", f"report {number}"])]
    return rows["status"].tolist() == ["done", "done"]


def _an_hour_ago(engine: "state.Engine") -> None:
    with engine.begin() as connection:
        since = runs.clock(engine) - timedelta(hours=1)
        connection.execute(update(state.schedules).where(state.schedules.c.removed.is_(None)).values(since=since))


def _a_minute_passes(engine: "state.Engine") -> None:
    """For what beats no more, and what waits for its next try."""
    past = datetime.now(UTC) - timedelta(seconds=90)
    with engine.begin() as connection:
        connection.execute(update(state.schedule_runs).values(heartbeat=past, next_try=past))
        connection.execute(update(state.job_runs).values(heartbeat=past))
