"""`python -m tests.airflow [environment]`: the DAGs of deploy/airflow, really run by Airflow against a demo home.

Airflow is installed into an environment of its own (`.airflow`), as its libraries are not Vigie's; `make test-airflow`
does all of it, and takes some minutes. The webhook that is told is a server of this process.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from data import demo, state, tables

ROOT = Path(__file__).resolve().parents[1]
AIRFLOW = "apache-airflow==3.1.8"
CONSTRAINTS = "https://raw.githubusercontent.com/apache/airflow/constraints-3.1.8/constraints-3.11.txt"
SECONDS = 3600
# What each task comes to at its first run in a demo home: there is no churn model that could score yet, and of the last
# day of its customers nobody knows yet who left.
DAILY = {
    "refresh": "success",
    "fetch": "skipped",
    "score_sales": "success",
    "score_churn": "skipped",
    "drift_sales": "success",
    "drift_churn": "skipped",
    "rules": "success",
    "report_sales": "success",
}


def install(place: Path) -> None:
    """Airflow in an environment of its own, with the versions that it was released with where these can be had."""
    if (place / "bin" / "airflow").exists():
        return
    uv = str(Path(sys.executable).parent / "uv")
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(place)], check=True)
    command = [uv, "pip", "install", "--quiet", "--python", str(place / "bin" / "python"), AIRFLOW]
    if subprocess.run([*command, "--constraint", CONSTRAINTS]).returncode:
        subprocess.run(command, check=True)


class Post(BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    def do_POST(self) -> None:
        """Take a message."""
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def run(place: Path, home: Path) -> list[str]:
    """What did not hold."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Post)
    server.got = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    vigie, airflow = home / "vigie", home / "airflow"
    environment = {
        **os.environ,
        "VIGIE_ROOT": str(ROOT),
        "VIGIE_HOME": str(vigie),
        "VIGIE_NOTIFY_URLS": f"json://127.0.0.1:{server.server_port}/",
        "AIRFLOW_HOME": str(airflow),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "deploy" / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
    }

    def call(*arguments: str) -> str:
        done = subprocess.run(
            [str(place / "bin" / "airflow"), *arguments],
            env=environment, cwd=home, capture_output=True, text=True, timeout=SECONDS,
        )  # fmt: skip
        (home / f"{'-'.join(arguments[:3])}.log").write_text(done.stdout + done.stderr)
        return done.stdout

    def states(dag: str, day: str) -> dict[str, str]:
        call("dags", "test", dag, day)
        runs = json.loads(call("dags", "list-runs", dag, "--output", "json"))
        rows = json.loads(call("tasks", "states-for-dag-run", dag, runs[0]["run_id"], "--output", "json"))
        return {row["task_id"]: row["state"] for row in rows}

    now = datetime.now(UTC)
    state.migrate(state.engine(f"sqlite:///{vigie / 'vigie.db'}"))
    for table in ("customers", "sales"):
        tables.add(vigie, demo.dataset(table, now.date()), now)
    call("db", "migrate")
    wrong: list[str] = []

    def hold(what: str, expected: Any, found: Any) -> None:
        print(f"{'held' if expected == found else 'RED'}: {what}: {found}", flush=True)
        wrong.extend([] if expected == found else [what])

    hold("the DAGs are read without an error", "No data found", call("dags", "list-import-errors").strip())
    hold("every day", DAILY, states("vigie_daily", "2026-03-14"))
    hold("a report came with the message", 1, len(server.got[-1]["attachments"]) if server.got else 0)  # type: ignore[attr-defined]
    hold("every week", {"retrain_sales": "success", "retrain_churn": "success"}, states("vigie_weekly", "2026-03-16"))
    hold("the next day", DAILY | {"score_churn": "success"}, states("vigie_daily", "2026-03-15"))
    return wrong


if __name__ == "__main__":
    where = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".airflow").absolute()
    install(where)
    with tempfile.TemporaryDirectory() as folder:
        failures = run(where, Path(folder))
    sys.exit(1 if failures else 0)
