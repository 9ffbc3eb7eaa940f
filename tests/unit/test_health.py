"""Health: each thing that can be wrong is said with what to do, and nothing else is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

import locales
import settings
from charts.monitoring import health as charts
from data import schedules, state, tables, vitals
from data.dataset import Dataset, Origin
from data.demo import customers
from locales import Sentence
from models.act import schedule
from models.act.schedule import Schedule
from models.drift import alerts
from models.lifecycle import health, registry
from tests import shop

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def engine(home, migrated):
    made = state.engine(settings.get().database_url)
    migrated(made)
    return made


def look(channels=(), now=NOW, **changes):
    seen = vitals.gather(settings.get().home, settings.get().database_url)
    return {check.subject: check for check in health.checks(replace(seen, **changes), now, channels)}


def ran(engine, name="drift", status="done", ago=timedelta(hours=1), beat=None, **changes):
    row = {"run": f"{name} {status} {ago}", "job": name, "subject": "sales", "day": (NOW - ago).date()}
    row |= {"status": status, "step": "", "progress": 1.0, "started": NOW - ago, "heartbeat": beat or NOW - ago}
    state.upsert(engine, state.job_runs, [{**row, "message": None, "details": {}, **changes}])


def model(engine, home, status=registry.CHAMPION):
    record = registry.Record("churn", "logistic", "Ana", "test", "data-1", 10, {}, {}, {})
    name = registry.keep(engine, home, record, b"a model", ".bin", NOW)
    row = state.read(engine, state.model_versions, version=name).iloc[0]
    state.upsert(engine, state.model_versions, [{**row, "status": status}])
    return home / "models" / row["file"]


def test_a_fresh_home_is_well_and_looking_makes_no_database(home):
    found = look()
    assert {check.status for check in found.values()} == {"ok", "warning"}
    assert (found["database"].status, "open Vigie once" in found["database"].sentence()) == ("warning", True)
    assert not (home / "vigie.db").exists()


def test_a_home_in_use_is_all_well(engine, home):
    model(engine, home)
    ran(engine)
    tables.add(home, Dataset("customers", {"customers": customers.generate(50, 1)}, Origin("demo", "Demo")), NOW)
    found = look()
    assert {check.status for check in found.values()} == {"ok"}
    assert health.verdict(list(found.values())).sentence() == "All is well."


@pytest.mark.parametrize(
    ("ago", "kind", "status"),
    [(30, "download", "ok"), (32, "download", "warning"), (32, "upload", "warning"), (400, "demo", "ok")],
)
def test_a_source_is_worth_a_look_after_a_month(engine, home, ago, kind, status):
    frame = customers.generate(50, 1)
    when = NOW - timedelta(days=ago)
    tables.add(home, Dataset("customers", {"customers": frame}, Origin(kind, "mine", retrieved=when)), NOW)
    assert look()["customers"].status == status


def test_newer_days_are_late_by_the_rhythm_of_a_source_and_not_of_a_file_that_never_was_renewed(engine, home):
    def bring(last: str, then: datetime) -> None:
        days = pd.date_range("2026-01-01", last).astype("datetime64[us]")
        lines = pd.DataFrame({"timestamp": days, "source": "x", "product": "p", "line_type": "sale", "quantity": 1.0})
        lines = lines.assign(line_id=[str(place) for place in range(len(days))], unit_price=2.0, currency="EUR")
        tables.add(home, Dataset("sales", {"sales": lines}, Origin("upload", "shop.csv"), lineage="shop"), then)

    bring("2026-02-20", datetime(2026, 2, 21, 6, tzinfo=UTC))
    assert look(now=datetime(2026, 3, 20, tzinfo=UTC))["sales"].status == "ok", (
        "27 days, and nobody knows when more come"
    )
    bring("2026-02-27", datetime(2026, 2, 28, 6, tzinfo=UTC))  # the last day was eight days ago when newer ones came
    bring("2026-02-28", datetime(2026, 3, 1, 6, tzinfo=UTC))
    assert look(now=datetime(2026, 3, 16, tzinfo=UTC))["sales"].status == "ok"
    late = look(now=datetime(2026, 3, 17, tzinfo=UTC))["sales"]
    assert (late.status, "17 days ago (28 Feb 2026); newer ones used to come within 8 days" in late.sentence()) == (
        "warning",
        True,
    )


@pytest.mark.parametrize(
    ("whole", "role", "status"),
    [
        (False, "champion", "problem"),
        (None, "champion", "problem"),
        (False, "retired", "warning"),
        (True, "champion", "ok"),
    ],
)
def test_a_model_file_that_is_gone_or_altered_is_found(engine, home, whole, role, status):
    file = model(engine, home, role)
    if whole is None:
        file.unlink()
    elif not whole:
        file.write_bytes(b"another model")
    found = look()["models"]
    assert found.status == status
    assert (file.name in found.sentence()) == (whole is not True)


def test_a_model_of_another_release_of_a_library_is_worth_a_look(engine, home):
    model(engine, home)
    installed = vitals.gather(home, settings.get().database_url).libraries
    assert look()["libraries"].status == "ok"
    found = look(libraries={**installed, "numpy": "99.0.1"})["libraries"]
    assert (found.status, f"numpy {np.__version__}, and this is 99.0.1" in found.sentence()) == ("warning", True)


def test_the_last_run_of_a_job_counts_and_old_news_are_none(engine):
    ran(engine, status="failed", ago=timedelta(hours=2), message="the disk is full")
    found = look()["jobs"]
    assert (found.status, found.sentence()) == ("problem", "“drift sales” failed: the disk is full")
    ran(engine, status="failed", ago=timedelta(hours=2), message="no sales yet", details={"missing": True})
    assert (look()["jobs"].status, "nothing to work on: no sales" in look()["jobs"].sentence()) == ("warning", True)
    ran(engine, status="done", ago=timedelta(hours=1))
    assert look()["jobs"].status == "ok"
    ran(engine, name="score", status="failed", ago=timedelta(days=8))
    assert look()["jobs"].status == "ok"


@pytest.mark.parametrize(("silent", "status"), [(50, "ok"), (70, "warning")])
def test_a_run_whose_heart_stopped_was_cut_off(engine, silent, status):
    ran(engine, status="running", beat=NOW - timedelta(seconds=silent))
    assert look()["jobs"].status == status


def test_a_heart_that_beats_in_the_future_is_said_and_not_called_alive(engine, home):
    ran(engine, status="running", beat=NOW + timedelta(days=1))
    found = look()["jobs"]
    assert found.status == "warning"
    assert "“drift sales” lies in the future (in 1 day): a clock was set back" in found.sentence()
    assert health.last_runs(vitals.gather(home, settings.get().database_url), NOW)["state"].tolist() == ["ahead"]


def test_hearts_are_heard_by_the_databases_clock(engine, home):
    """This machine's clock is 90 seconds slow, then fast: a job alive by the database's clock is alive."""
    base = vitals.gather(home, settings.get().database_url).database
    for ahead in (timedelta(seconds=90), timedelta(seconds=-90)):
        ran(engine, status="running", beat=NOW + ahead)
        assert look(database=replace(base, ahead=ahead))["jobs"].status == "ok"
        assert look()["jobs"].status == "warning"


def test_what_a_page_started_is_listed_and_no_news(engine, home):
    ran(engine, name="upload", status="failed", day=None)
    ran(engine, name="train", status="running", day=None, beat=NOW - timedelta(seconds=50))
    ran(engine, name="forecast", status="running", day=None, beat=NOW - timedelta(seconds=70))
    assert look()["jobs"].status == "ok"
    listed = health.last_runs(vitals.gather(home, settings.get().database_url), NOW).set_index("job")["state"]
    assert listed.to_dict() == {"upload": "failed", "train": "running", "forecast": "cut off"}


def test_a_database_that_is_broken_newer_or_older_is_said(engine, home):
    base = vitals.gather(home, settings.get().database_url).database
    for revision, status in (("0000", "warning"), ("9999", "problem")):
        assert look(database=replace(base, revision=revision))["database"].status == status
    assert look(database=replace(base, wal=10**9))["database"].status == "warning"
    (home / "vigie.db").write_bytes(b"no database" * 1000)
    assert look()["database"].status == "problem"


def test_an_address_shows_no_password(home):
    seen = vitals.gather(home, "postgresql+psycopg://vigie:hunter2@127.0.0.1:9/vigie?password=hunter3")
    assert seen.database.error
    assert seen.database.address == "postgresql+psycopg://vigie:***@127.0.0.1:9/vigie"
    assert health.checks(seen, NOW, [])[0].status == "problem"


@pytest.mark.parametrize(("free", "status"), [(3e9, "ok"), (1e9, "warning"), (1e8, "problem")])
def test_a_disk_that_fills_up_is_said(engine, free, status):
    assert look(disk_free=int(free))["disk"].status == status
    assert look(writable=False)["disk"].status == "problem"


def test_open_alerts_and_who_is_told(engine):
    assert look()["channels"].status == "ok"
    row = {"model": "sales", "version": "1", "day": NOW.date(), "feature": "a", "psi": 0.5, "threshold": 0.3}
    alerts.record(engine, "shop", alerts.of_psi([{**row, "label": "confirmed"}]), NOW)
    found = look()
    assert (found["alerts"].status, found["channels"].status) == ("warning", "warning")
    assert look(["json://x"])["channels"].status == "ok"

    def refuse(_title, _text):
        raise Sentence("json://x did not take the message.")

    alerts.tell(engine, "sales", {"json://x": refuse}, NOW)
    assert look(["json://x"])["channels"].sentence() == "An alert could not be told. json://x did not take the message."
    assert look(["json://other"])["channels"].status == "ok"
    (episode,) = alerts.episodes(state.read(engine, state.alert_log)).to_dict("records")
    alerts.acknowledge(engine, episode, "spring", "Ana", NOW)
    assert {look()[name].status for name in ("alerts", "channels")} == {"ok"}


def test_an_alarm_that_was_over_before_anybody_was_there_is_not_open(engine, home):
    lines = shop.lines(60)
    lines["timestamp"] += pd.Timestamp(NOW.date()) - lines["timestamp"].max().normalize()
    tables.add(home, Dataset("sales", {"sales": lines}, Origin("upload", "mine", retrieved=NOW), lineage="shop"), NOW)
    row = {"model": "sales", "version": "1", "feature": "a", "psi": 0.5, "threshold": 0.3, "label": "confirmed"}
    long_ago, lately = ({**row, "day": NOW.date() - timedelta(days=days)} for days in (40, 2))
    alerts.record(engine, "shop", alerts.of_psi([long_ago]), NOW, quiet=alerts.BACK_FILL)
    seen = vitals.gather(home, settings.get().database_url)
    assert (look()["alerts"].status, health.episodes(seen)["open"].to_list()) == ("ok", [False])
    alerts.record(engine, "shop", alerts.of_psi([{**lately, "feature": "b"}]), NOW, quiet=alerts.BACK_FILL)
    assert look()["alerts"].sentence().startswith("Open: 1.")
    alerts.record(engine, "elsewhere", alerts.of_psi([{**lately, "feature": "c"}]), NOW)
    assert look()["alerts"].sentence().startswith("Open: 1."), "of data that are not in use any more"


def test_what_needs_care_comes_first_and_names_itself_in_the_verdict(engine, home):
    model(engine, home).unlink()
    ran(engine, status="running", beat=NOW - timedelta(minutes=5))
    found = list(look().values())
    assert [check.status for check in found[:3]] == ["problem", "warning", "ok"]
    assert health.verdict(found).sentence() == "Something is wrong: model files."
    assert all(check.sentence() and "{" not in check.sentence() for check in found)


def test_sizes_read_well():
    assert [health.size(count) for count in (0, 86_016, 1_230_000, 250_000_000, 73_500_000_000)] == [
        "0 kB",
        "86.0 kB",
        "1.2 MB",
        "250 MB",
        "73.5 GB",
    ]


def test_runs_without_a_log_are_an_empty_table(home):
    seen = vitals.gather(home, settings.get().database_url)
    assert isinstance(health.last_runs(seen, NOW), pd.DataFrame)
    assert health.last_runs(seen, NOW).empty


def test_the_days_of_jobs_add_up_and_show_their_worst(engine, home):
    one, day = timedelta(seconds=12), timedelta(days=1)
    ran(engine, ago=day, finished=NOW - day + one)
    ran(engine, ago=day - one, status="failed", finished=NOW - day + 3 * one)
    ran(engine, ago=3 * day, status="running", beat=NOW - 3 * day + one)
    ran(engine, name="upload", day=None, subject="a long name", finished=NOW)
    ran(engine, name="score", ago=40 * day, finished=NOW)
    found = health.by_day(vitals.gather(home, settings.get().database_url), NOW, 30)
    assert found[["job", "seconds", "runs", "state"]].values.tolist() == [
        ["drift sales", 12.0, 1, "cut off"],
        ["drift sales", 36.0, 2, "failed"],
        ["upload", 3600.0, 1, "done"],
    ]
    drawn = charts.jobs(found, found["day"].min(), pd.Timestamp(NOW.date()))
    assert drawn.layout.title.text == "Jobs ended badly on 2 days, the last time drift sales on 13 Mar 2026"
    height = {bar.name: (bar.base[0], bar.y[0]) for bar in drawn.data}
    assert height["cut off"] == (1, pytest.approx(charts.TALL / 3))
    assert height["failed"] == (1, charts.TALL)
    assert height["done"] == (0, charts.TALL)
    assert "took 36 s in 2 runs, the worst: failed" in drawn.data[-1].hovertext[0]
    quiet = charts.jobs(found[found["state"] == "done"], found["day"].min(), pd.Timestamp(NOW.date()))
    assert quiet.layout.title.text == "No job ended badly; the longest day of one, upload, took 60 min"
    with locales.using("fr"):
        french = charts.jobs(found, found["day"].min(), pd.Timestamp(NOW.date()))
    assert "dérive ventes" in french.layout.title.text
    assert any(tick.startswith("fichier envoyé<br>") for tick in french.layout.yaxis.ticktext)


def test_the_age_of_data_is_that_of_the_file_and_of_its_last_day(engine, home):
    tables.add(home, Dataset("customers", {"customers": customers.generate(50, 1)}, Origin("demo", "Demo")), NOW)
    lines = pd.DataFrame({"timestamp": pd.to_datetime(["2026-03-01", "2026-03-02"]).astype("datetime64[us]")})
    lines = lines.assign(source="x", line_id=["1", "2"], product="p", line_type="sale", quantity=1.0, unit_price=2.0)
    tables.add(home, Dataset("sales", {"sales": lines.assign(currency="EUR")}, Origin("upload", "<b>")), NOW)
    found = health.ages(vitals.gather(home, settings.get().database_url), NOW + timedelta(days=5)).set_index("table")
    assert found["brought"].to_dict() == {"customers": 5.0, "sales": 5.0}
    assert (found.loc["sales", "ends"], np.isnan(found.loc["customers", "ends"])) == (17, True)
    drawn = charts.ages(found.reset_index())
    assert drawn.layout.title.text == "Sales end 17 days ago, the oldest of the data in use"
    assert "&lt;b&gt;" in "".join(drawn.data[0].hovertext)


def test_what_was_given_up_and_what_nobody_does_are_problems(engine):
    assert "schedule" not in look()
    made = schedule.to_json(Schedule("Mine", "rules", cron="0 * * * *"))
    schedules.write(engine, "mine", made, 0)
    now = datetime.now(UTC)
    assert look(now=now)["schedule"].status == "ok"
    late = look(now=now + timedelta(hours=2))["schedule"]
    assert (late.status, "VIGIE_SCHEDULER=on" in late.sentence()) == ("problem", True)
    attended = look(now=now + timedelta(hours=2), attended=frozenset({"mine"}))["schedule"]
    assert attended.status == "ok"
    row = {"schedule": "mine", "due": NOW, "content": made, "status": "failed", "attempts": 5, "next_try": NOW}
    state.upsert(engine, state.schedule_runs, [row | {"holder": "", "heartbeat": NOW, "message": "The disk is full."}])
    assert look(now=now)["schedule"].sentence() == "“Mine” failed and was given up: The disk is full."
