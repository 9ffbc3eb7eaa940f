"""jobs.py as cron meets it: exit codes, one row a day whoever is killed or runs beside it.

What is killed, or beside another, is a process of its own (`start`); the rest is the same call in this one (`run`).
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from pypdf import PdfReader
from sqlalchemy import update
from typer.testing import CliRunner

import jobs
import settings
from connectors import Unavailable, origins
from data import rules as kept_rules
from data import state, tables
from data.dataset import Dataset, Origin
from models.act.rules import Rule, to_json
from models.churn import training
from models.lifecycle import daily
from tests import forked
from tests.sources import ROOT

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
DAY = "2011-11-30"


def sales(source: str = "mine", quantity: float = 1.0) -> Dataset:
    frame = pd.DataFrame(
        {
            "source": source,
            "line_id": ["1", "2"],
            "timestamp": pd.to_datetime(["2011-11-29", DAY]).astype("datetime64[us]"),
            "product": "a",
            "line_type": "sale",
            "quantity": quantity,
            "unit_price": 2.0,
            "currency": "EUR",
        }
    )
    return Dataset("sales", {"sales": frame}, Origin("upload", "mine.csv"))


@pytest.fixture
def bare(home, database_url):
    """A home with sales in it and an empty database of its own."""
    tables.add(home, sales(), NOON)
    return {**os.environ, "VIGIE_HOME": str(home), "VIGIE_DATABASE_URL": database_url, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def environment(bare, database_url, migrated):
    """As `bare`, and the database has its tables: making them takes longer than a job."""
    migrated(state.engine(database_url))
    return bare


def start(environment: dict[str, str], *arguments: str, **more: str) -> forked.Running:
    return forked.start(Path(environment["VIGIE_HOME"]), {**environment, **more}, *arguments)


def run(environment: dict[str, str], *arguments: str, **more: str) -> tuple[int, str, str]:
    return forked.called({**environment, **more}, *arguments)


def read(environment: dict[str, str], table) -> list[dict]:
    return state.read(state.engine(environment["VIGIE_DATABASE_URL"]), table).to_dict("records")


def test_a_day_again_is_the_same_rows_and_the_answer_is_one_json_object(bare):
    environment = bare
    for _again in range(2):
        code, out, _err = run(environment, "drift", "--model", "sales", "--date", DAY, "--json", CHANGE="0.6")
        assert code == 0, (out, _err)
    answer = json.loads(out)
    assert (answer["job"], answer["exit"]) == ("drift", 0)
    assert (answer["runs"][0]["run"], answer["runs"][0]["status"]) == (f"drift sales {DAY}", "done")
    assert answer["runs"][0]["details"]["confirmed"] == 1
    assert [len(read(environment, table)) for table in (state.psi_log, state.alert_log, state.job_runs)] == [1, 1, 1]
    (row,) = read(environment, state.job_runs)
    assert (row["status"], row["progress"], row["step"]) == ("done", 1.0, "Telling of alerts")
    assert row["details"]["features"] == 1


def test_a_line_dated_next_year_does_not_hide_this_week(home, monkeypatch):
    now = pd.Timestamp(datetime.now(UTC).date())
    spans = {(-900, -30): -30, (-900, 365): 0, (2, 365): 2}  # days from today: of the data, and of the job
    for (first, last), day in spans.items():
        span = now + pd.Timedelta(days=first), now + pd.Timedelta(days=last)
        monkeypatch.setattr(daily, "shown", lambda *_of, span=span: SimpleNamespace(span=span))
        assert jobs._days("sales", None, None) == [(now + pd.Timedelta(days=day)).date()]


def test_confirmed_drift_fails_only_who_asks_for_it(environment):
    assert run(environment, "drift", "--model", "sales", "--fail-on-drift", CHANGE="0.1")[0] == 0
    code, out, _err = run(environment, "drift", "--model", "sales", "--fail-on-drift", CHANGE="0.6")
    assert code == 1
    assert out.startswith(f"drift sales {DAY}: done\n")  # without a date, the last day of the data
    assert "alert: =unit price has changed: PSI 0.60" in out


def test_a_job_killed_in_the_middle_is_completed_by_the_next_run(environment):
    killed = start(environment, "drift", "--model", "sales", "--date", DAY, GATE="/nowhere")
    killed.comparing()
    killed.process.kill()
    assert killed.ended()[0] == -signal.SIGKILL
    assert read(environment, state.psi_log) == []
    assert read(environment, state.job_runs)[0]["status"] == "running"

    code, out, _err = run(environment, "drift", "--model", "sales", "--date", DAY)
    assert (code, "try again in 60 seconds" in out) == (3, True)
    stopped = {"started": NOON, "heartbeat": datetime.now(UTC) - timedelta(seconds=61)}  # a minute later
    with state.engine(environment["VIGIE_DATABASE_URL"]).begin() as connection:
        connection.execute(update(state.job_runs).values(stopped))
    assert run(environment, "drift", "--model", "sales", "--date", DAY)[0] == 0
    assert len(read(environment, state.psi_log)) == 1
    assert [row["status"] for row in read(environment, state.job_runs)] == ["done"]


def test_two_processes_on_the_same_day_write_one_row_each(environment, tmp_path):
    gate = tmp_path / "gate"
    first = start(environment, "drift", "--model", "sales", "--date", DAY, GATE=str(gate), CHANGE="0.6")
    first.comparing()
    code, out, _err = run(environment, "drift", "--model", "sales", "--date", DAY, "--json", CHANGE="0.9")
    assert (code, json.loads(out)["runs"][0]["status"]) == (3, "taken")
    gate.touch()
    assert first.ended()[0] == 0
    assert [row["psi"] for row in read(environment, state.psi_log)] == [0.6]
    assert [len(read(environment, table)) for table in (state.alert_log, state.job_runs)] == [1, 1]


def test_a_run_that_was_taken_over_meanwhile_says_so_and_ends(environment, tmp_path):
    gate = tmp_path / "gate"
    slow = start(environment, "drift", "--model", "sales", "--date", DAY, GATE=str(gate))
    slow.comparing()
    other = {"started": NOON, "heartbeat": datetime.now(UTC)}
    with state.engine(environment["VIGIE_DATABASE_URL"]).begin() as connection:
        connection.execute(update(state.job_runs).values(other))
    gate.touch()
    code, out, _err = slow.ended()
    assert (code, "taken" in out) == (3, True)
    assert read(environment, state.job_runs)[0]["status"] == "running"


def test_a_job_stopped_from_outside_can_be_run_again_at_once(environment):
    stopped = start(environment, "drift", "--model", "sales", "--date", DAY, GATE="/nowhere")
    stopped.comparing()
    stopped.process.terminate()
    assert stopped.ended()[0] == 143
    assert read(environment, state.job_runs)[0]["status"] == "cancelled"
    assert run(environment, "drift", "--model", "sales", "--date", DAY)[0] == 0


class Post(BaseHTTPRequestHandler):
    """Keeps what it is sent; answers no sooner than it may."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append(body["message"])
        self.server.may.wait(30)
        with suppress(OSError):  # who asked may have been killed
            self.send_response(200)
            self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def post():
    """A webhook: what it `got`, and whether it `may` answer; its address as apprise writes it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Post)
    server.got, server.may = [], threading.Event()
    server.address_ = f"json://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.may.set()
    server.shutdown()
    server.server_close()


def watch(environment: dict[str, str], **rules: Rule) -> None:
    for name, rule in rules.items():
        kept_rules.write(state.engine(environment["VIGIE_DATABASE_URL"]), name, to_json(rule), 0, NOON)


OVER = Rule("revenue", against="number", kind="over", threshold=1.0, cooldown=0)


def test_rules_tell_a_cause_once_however_often_the_day_is_judged(environment, post):
    post.may.set()
    gone = replace(OVER, measure="footfall")
    watch(environment, sold=OVER, gone=gone, quiet=replace(OVER, threshold=3.0))
    url = {"VIGIE_NOTIFY_URLS": post.address_}
    for new in (1, 0):
        code, out, err = run(environment, "rules", "--json", **url)
        assert code == 0, (out, err)
        details = json.loads(out)["runs"][0]["details"]
        assert (details["fired"], details["new"]) == (1, new)
        assert "footfall" in details["problems"]["gone"]
    assert run(environment, "rules", "--date", "2011-11-29", **url)[0] == 0
    assert [text.split(":")[1].split(".")[0] for text in post.got] == [" £2", " £2"]
    assert ["30 Nov 2011" in text for text in post.got] == [True, False]
    assert len(read(environment, state.rule_alerts)) == len(read(environment, state.rule_deliveries)) == 2


def test_rules_killed_while_they_tell_lose_nothing_and_write_nothing_twice(environment, post):
    watch(environment, sold=OVER)
    killed = start(environment, "rules", VIGIE_NOTIFY_URLS=post.address_)
    while not post.got:
        assert killed.process.is_alive(), killed.err.read_text()
        time.sleep(0.02)
    killed.process.kill()
    killed.ended()
    assert len(read(environment, state.rule_alerts)) == 1
    assert read(environment, state.rule_deliveries) == []
    with state.engine(environment["VIGIE_DATABASE_URL"]).begin() as connection:
        connection.execute(update(state.job_runs).values(started=NOON, heartbeat=NOON))
    post.may.set()
    for _again in range(2):
        assert run(environment, "rules", VIGIE_NOTIFY_URLS=post.address_)[0] == 0
    assert len(post.got) == 2  # what was cut off may have been heard
    assert len(read(environment, state.rule_alerts)) == 1
    assert [pd.isna(row["error"]) for row in read(environment, state.rule_deliveries)] == [True]


def test_rules_have_nothing_to_say_of_a_day_that_the_data_do_not_know(environment):
    watch(environment, sold=OVER)
    code, out, _err = run(environment, "rules", "--date", "2012-03-01")
    assert (code, "the data say nothing of it" in out) == (4, True)
    assert read(environment, state.rule_alerts) == []


def test_a_back_fill_has_a_run_for_each_day_and_tells_nobody(environment):
    days = ["--from", "2011-11-28", "--to", DAY]
    code, out, _err = run(environment, "drift", "--model", "sales", *days, CHANGE="0.6", VIGIE_NOTIFY_URLS="json://x/")
    assert code == 0
    assert [line.split(":")[0] for line in out.splitlines() if line.startswith("drift")] == [
        f"drift sales 2011-11-{day}" for day in (28, 29, 30)
    ]
    assert [row["state"] for row in read(environment, state.alert_log)] == ["back-fill"] * 3
    assert read(environment, state.alert_deliveries) == []


def test_without_a_model_in_use_drift_is_written_down_and_nobody_told(environment):
    told = {"CHANGE": "0.6", "VIGIE_NOTIFY_URLS": "json://127.0.0.1:9/"}
    assert run(environment, "drift", "--model", "sales", IN_USE="0", **told)[0] == 0
    assert [row["state"] for row in read(environment, state.alert_log)] == ["no model in use"]
    assert read(environment, state.alert_deliveries) == []


def test_a_closed_day_is_skipped_in_a_back_fill_and_else_said(environment):
    days = ["drift", "--model", "sales", "--from", "2011-11-29", "--to", DAY]
    code, out, _err = run(environment, *days, CLOSED="2011-11-29")
    assert (code, "skipped: There are no data of 2011-11-29." in out) == (0, True)
    assert [str(row["day"].date()) for row in read(environment, state.psi_log)] == [DAY]
    assert {row["status"] for row in read(environment, state.job_runs)} == {"done"}
    assert run(environment, *days[:3], "--date", DAY, CLOSED=DAY)[0] == 4


def test_a_channel_that_is_down_loses_no_alert_and_fails_no_job(environment):
    closed = "json://user:s3cret@127.0.0.1:9/t0ken"
    code, out, err = run(environment, "drift", "--model", "sales", CHANGE="0.6", VIGIE_NOTIFY_URLS=closed)
    assert code == 0
    (row,) = read(environment, state.alert_deliveries)
    assert (row["channel"], row["error"] != "") == ("json://127.0.0.1:9", True)
    assert [one["state"] for one in read(environment, state.alert_log)] == ["notify"]
    assert "s3cret" not in out + err + str(row)
    assert "t0ken" not in out + err + str(row)


def test_a_bug_is_an_id_in_the_log_and_never_a_traceback_on_stdout(environment):
    code, out, err = run(environment, "drift", "--model", "sales", BROKEN="1")
    assert code == 1
    assert "secret detail" not in out
    incident = out.split("under the id ")[1][:8]
    assert incident in err
    assert read(environment, state.job_runs)[0]["status"] == "failed"


# What needs no second database.


def call(*arguments: str) -> tuple[int, str]:
    answer = CliRunner().invoke(jobs.app, list(arguments))
    return answer.exit_code, answer.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("drift",),
        ("drift", "--model", "other"),
        ("drift", "--model", "sales", "--date", "30/11/2011"),
        ("drift", "--model", "sales", "--from", DAY),
        ("drift", "--model", "sales", "--from", DAY, "--to", "2011-11-29"),
        ("drift", "--model", "sales", "--from", DAY, "--to", DAY, "--date", DAY),
        ("rules", "--date", "yesterday"),
        ("orders", "--date", "yesterday"),
        ("export",),
        ("nonsense",),
    ],
)
def test_wrong_arguments_leave_with_2(home, arguments):
    assert call(*arguments)[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("drift", "--model", "sales"),
        ("score", "--model", "churn", "--date", DAY),
        ("refresh",),
        ("rules",),
        ("orders",),
    ],
)
def test_without_data_there_is_nothing_to_do_and_json_says_so(home, arguments):
    assert call(*arguments)[0] == 4
    code, out = call(*arguments, "--json")
    answer = json.loads(out)
    assert (code, answer["job"], answer["exit"]) == (4, arguments[0], 4)
    assert "on the page Data" in out


def test_help_answers_without_what_takes_long():
    code = "import sys, jobs; print([m for m in ('pandas', 'sqlalchemy', 'streamlit', 'settings') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout == "[]\n"
    before = os.times()
    subprocess.run([sys.executable, str(ROOT / "jobs.py"), "--help"], check=True, capture_output=True)
    after = os.times()  # of the processor: other work on the machine takes nothing from it
    assert after.children_user + after.children_system - before.children_user - before.children_system < 0.5


def test_retraining_keeps_a_new_champion_of_the_data_in_use(home, monkeypatch, telco, churn_model):
    monkeypatch.setattr(training, "train", lambda _customers, **_how: churn_model)
    kept = tables.add(home, Dataset("customers", {"customers": telco}, Origin("upload", "mine.csv")), NOON)
    code, out = call("retrain", "--model", "churn", "--json")
    assert code == 0
    (row,) = state.read(state.engine(settings.get().database_url), state.model_versions).to_dict("records")
    assert (row["status"], row["data_version"], row["author"]) == ("champion", kept.version, "jobs.py")
    assert json.loads(out)["runs"][0]["details"]["version"] == row["version"]


def downloaded(quantity: float, retrieved: datetime) -> Dataset:
    made = sales("shop", quantity)
    return Dataset("sales", made.frames, Origin("download", "shop", "MIT", "http://shop", retrieved))


def test_a_refresh_brings_in_what_is_new_and_says_when_nothing_is(home, monkeypatch):
    tables.add(home, downloaded(1.0, NOON), NOON)
    monkeypatch.setitem(origins.DOWNLOADS, "shop", lambda now, progress: downloaded(5.0, now))
    assert call("refresh")[0] == 0
    shown = tables.active(home, "sales")
    assert shown
    assert tables.read(shown)["quantity"].tolist() == [5.0, 5.0]
    code, out = call("refresh")
    assert (code, "Nothing new" in out) == (0, True)
    renewed = tables.active(home, "sales")
    assert renewed
    assert renewed.version == shown.version
    assert renewed.origin.retrieved > shown.origin.retrieved


def test_a_refresh_keeps_the_last_good_copy_while_the_origin_is_down(home, monkeypatch):
    kept = tables.add(home, downloaded(1.0, NOON), NOON)

    def down(now, progress):
        raise Unavailable("{host} cannot be reached.", host="shop")

    for connect in (down, lambda now, progress: downloaded(1.0, NOON)):  # gone, and answered from the copy at hand
        monkeypatch.setitem(origins.DOWNLOADS, "shop", connect)
        code, out = call("refresh")
        assert (code, "stays" in out) == (1, True)
        shown = tables.active(home, "sales")
        assert shown
        assert (shown.version, shown.origin.retrieved) == (kept.version, NOON)


def test_a_refresh_does_not_undo_what_an_analyst_chose_meanwhile(home, monkeypatch):
    tables.add(home, downloaded(1.0, NOON), NOON)

    def connect(now, progress):
        tables.add(home, sales(), now)
        return downloaded(5.0, now)

    monkeypatch.setitem(origins.DOWNLOADS, "shop", connect)
    assert call("refresh")[0] == 0
    shown = tables.active(home, "sales")
    assert shown
    assert shown.origin.name == "mine.csv"


def test_uploads_and_the_demo_are_left_alone(home):
    kept = tables.add(home, sales(), NOON)
    assert call("refresh")[0] == 0
    assert tables.active(home, "sales") == kept


def test_every_origin_the_pages_offer_can_be_refreshed():
    from ui.data.sources import ORIGINS

    assert {name for table in ORIGINS.values() for name, *_rest in table.values()} == set(origins.DOWNLOADS)


def test_the_logs_are_exported_with_nothing_a_spreadsheet_would_run(environment, tmp_path: Path):
    run(environment, "drift", "--model", "sales", CHANGE="0.6")
    folder = tmp_path / "out" / "logs"
    code, out, _err = run(environment, "export", "--to", str(folder), "--json")
    assert code == 0
    assert {Path(name).name: rows for name, rows in json.loads(out)["files"].items()} == {
        "psi_log.csv": 1,
        "alerts_log.csv": 1,
        "predictions.csv": 0,
        "performance_log.csv": 0,
    }
    assert len(list(folder.iterdir())) == 4
    psi = pd.read_csv(folder / "psi_log.csv").iloc[0]
    assert (psi["feature"], psi["psi"], json.loads(psi["details"])) == ("'=unit_price", 0.6, {"moved": [1]})
    alert = pd.read_csv(folder / "alerts_log.csv").iloc[0]
    assert alert["message"].startswith("'=unit_price has changed: PSI 0.6 is over 0.3")


def test_a_board_is_written_as_a_file_or_nothing_is(environment, tmp_path: Path):
    state.migrate(state.engine(environment["VIGIE_DATABASE_URL"]))
    to = tmp_path / "new" / "sales.pdf"
    code, out, _err = run(environment, "report", "--board", "sales", "--to", str(to), "--json")
    details = json.loads(out)["runs"][0]["details"]
    assert (code, details["file"], details["bytes"]) == (0, str(to), to.stat().st_size)
    assert "4.00" in PdfReader(to).pages[0].extract_text()  # two lines of one at two
    code, out, _err = run(environment, "report", "--board", "none", "--to", str(to))
    assert (code, "There is no board" in out) == (4, True)
    code, out, _err = run(environment, "report", "--to", str(to), "--send")
    assert (code, "VIGIE_NOTIFY_URLS" in out) == (1, True)
    (tmp_path / "full.pdf.part").mkdir()  # what cannot be written is said, and nothing is left behind
    code, out, _err = run(environment, "report", "--to", str(tmp_path / "full.pdf"))
    assert code == 1
    assert not (tmp_path / "full.pdf").exists()
    assert run(environment, "report", "--to", "x.docx")[0] == 2


def test_health_leaves_with_1_on_a_problem_only(home):
    code, out = call("health", "--json")
    assert code == 0
    assert json.loads(out)["versions"]["vigie"] == settings.VERSION
    state.migrate(state.engine(settings.get().database_url))
    assert call("health")[0] == 0
    (home / "vigie.db").write_bytes(b"no database at all" * 1000)
    code, out = call("health")
    assert (code, out.startswith("Something is wrong: database.")) == (1, True)
    assert call("drift", "--model", "sales", "--date", DAY)[0] == 1


def test_a_setting_that_cannot_be_used_is_a_sentence(home, monkeypatch):
    monkeypatch.setenv("VIGIE_DATABASE_URL", "mysql://user:hunter2@host/x")
    settings.get.cache_clear()
    answer = CliRunner().invoke(jobs.app, ["health"])
    assert (answer.exit_code, "hunter2" in answer.output) == (1, False)
    assert "VIGIE_DATABASE_URL" in answer.stderr
    code, out = call("score", "--model", "sales", "--json")
    assert (code, "VIGIE_DATABASE_URL" in json.loads(out)["message"]) == (1, True)
