"""The state database, on SQLite and on PostgreSQL."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError, StatementError

from data import state
from tests import forked

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def prediction(**changes: object) -> dict[str, object]:
    row = {"model": "churn", "version": "1", "day": date(2026, 3, 14), "subject": "7590-VHVEG"}
    return row | {"target_day": date(2026, 3, 14), "mean": 0.25, "logged": NOON} | changes


def test_migrations_make_exactly_the_tables_of_the_metadata(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, state.metadata) == []
        for name, table in state.metadata.tables.items():  # which Alembic does not compare
            keys = inspect(connection).get_pk_constraint(name)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key]


def test_the_revision_is_the_newest_migration():
    assert ScriptDirectory(str(state.MIGRATIONS)).get_heads() == [state.REVISION]


def test_a_database_that_is_up_to_date_does_not_load_alembic(tmp_path):
    url = f"sqlite:///{tmp_path / 'vigie.db'}"
    state.migrate(state.engine(url))
    code = (
        f"import sys\nfrom data import state\nstate.migrate(state.engine({url!r}))\nsys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_database_of_a_newer_vigie_is_left_alone(engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RuntimeError, match=r"newer Vigie \(revision 9999"):
        state.migrate(engine)


def test_a_migration_that_fails_halfway_leaves_nothing_behind(database_url, monkeypatch):
    engine = state.engine(database_url)
    with monkeypatch.context() as patch:
        patch.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", _crash)
        with pytest.raises(KeyboardInterrupt):
            state.migrate(engine)
    assert inspect(engine).get_table_names() == []
    state.migrate(engine)
    assert set(inspect(engine).get_table_names()) == {*state.metadata.tables, "alembic_version"}


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


def _migrate_and_write(url: str, barrier, worker: int) -> None:
    barrier.wait()
    engine = state.engine(url)
    state.migrate(engine)
    for _ in range(10):
        state.upsert(engine, state.prediction_log, [prediction(mean=float(worker)), prediction(subject="other")])


def test_processes_that_start_at_once_migrate_once_and_write_one_row(database_url):
    barrier = forked.CONTEXT.Barrier(3)
    workers = [
        forked.CONTEXT.Process(target=_migrate_and_write, args=(database_url, barrier, worker)) for worker in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 3
    kept = state.read(state.engine(database_url), state.prediction_log)
    assert kept["subject"].tolist() == ["7590-VHVEG", "other"]


def test_threads_that_write_the_same_key_leave_one_row(engine):
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(lambda mean: state.upsert(engine, state.prediction_log, [prediction(mean=mean)]), np.arange(40.0))
        )
    assert len(state.read(engine, state.prediction_log)) == 1


def test_an_upsert_replaces_what_it_names_and_keeps_the_rest(engine):
    state.upsert(engine, state.prediction_log, [prediction(actual=1.0)])
    state.upsert(engine, state.prediction_log, [prediction(mean=0.5)])
    kept = state.read(engine, state.prediction_log)
    assert kept[["mean", "actual"]].to_dict("records") == [{"mean": 0.5, "actual": 1.0}]


def test_a_crash_within_a_write_leaves_the_old_rows(engine):
    state.upsert(engine, state.prediction_log, [prediction()])
    with pytest.raises(IntegrityError):
        state.upsert(engine, state.prediction_log, [prediction(mean=0.9), prediction(subject="zz", mean=None)])
    assert state.read(engine, state.prediction_log)[["subject", "mean"]].to_numpy().tolist() == [["7590-VHVEG", 0.25]]


def _write_and_be_killed(url: str) -> None:
    with state.engine(url).begin() as connection:
        connection.execute(state.prediction_log.update().values(mean=0.9))
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_killed_within_a_write_leaves_the_old_rows(engine, database_url):
    state.upsert(engine, state.prediction_log, [prediction()])
    killed = forked.CONTEXT.Process(target=_write_and_be_killed, args=(database_url,))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    assert state.read(engine, state.prediction_log)["mean"].tolist() == [0.25]
    state.upsert(engine, state.prediction_log, [prediction(mean=0.5)])  # and no lock stays
    assert state.read(engine, state.prediction_log)["mean"].tolist() == [0.5]


def test_moments_are_kept_in_utc_and_need_a_zone(engine):
    paris = timezone(timedelta(hours=2))
    state.upsert(engine, state.prediction_log, [prediction(logged=NOON.astimezone(paris))])
    in_utc = {"sqlite": "logged", "postgresql": "CAST(logged AT TIME ZONE 'UTC' AS text)"}[engine.dialect.name]
    with engine.connect() as connection:
        raw = connection.execute(text(f"SELECT {in_utc} FROM prediction_log")).scalar_one()
    assert raw.startswith("2026-03-14 12:00:00")
    assert state.read(engine, state.prediction_log)["logged"].tolist() == [pd.Timestamp(NOON)]
    with pytest.raises(StatementError, match="no time zone"):
        state.upsert(engine, state.prediction_log, [prediction(logged=NOON.replace(tzinfo=None))])


def test_values_as_pandas_and_numpy_have_them(engine):
    moment = pd.Timestamp(NOON)
    days = {"day": moment.date(), "target_day": moment.tz_localize(None)}
    state.upsert(engine, state.prediction_log, [prediction(**days, mean=np.float32(0.5), lo_80=np.nan, logged=moment)])
    run = {"run": "1", "job": "drift", "subject": "sales", "status": "done", "step": "", "progress": np.int64(1)}
    run |= {"day": None, "started": moment, "heartbeat": moment}
    details = {"edges": np.array([1.5, 2.5]), "auc": np.nan, 3: (np.int64(4), None), "name": "été"}
    state.upsert(engine, state.job_runs, [run | {"details": details}])

    kept = state.read(engine, state.prediction_log)
    assert kept["mean"].tolist() == [0.5]
    assert kept["lo_80"].isna().all()
    assert kept["target_day"].tolist() == [pd.Timestamp("2026-03-14")]
    assert state.read(engine, state.job_runs)["details"].tolist() == [
        {"edges": [1.5, 2.5], "auc": None, "3": [4, None], "name": "été"}
    ]
    with pytest.raises((StatementError, ValueError), match="not JSON compliant"):
        state.upsert(engine, state.job_runs, [run | {"details": {"x": np.inf}}])


def test_reading_filters_and_has_the_same_types_when_empty(engine):
    for name in state.metadata.tables:
        assert state.read(engine, state.metadata.tables[name]).empty
    empty = state.read(engine, state.prediction_log).dtypes
    state.upsert(engine, state.prediction_log, [prediction(actual=None), prediction(version="2", actual=1.0)])
    assert state.read(engine, state.prediction_log).dtypes.equals(empty)
    assert state.read(engine, state.prediction_log, model="churn", version="2")["actual"].tolist() == [1.0]
    assert state.read(engine, state.prediction_log, actual=None)["version"].tolist() == ["1"]
    assert state.read(engine, state.prediction_log, version="2' OR '1'='1").empty


def test_rows_with_different_columns_are_refused_before_any_is_lost(engine):
    with pytest.raises(ValueError, match="same columns"):
        state.upsert(engine, state.prediction_log, [prediction(), prediction(subject="other", actual=1.0)])
    state.upsert(engine, state.prediction_log, [])
    assert state.read(engine, state.prediction_log).empty


def test_a_preference_is_the_usual_one_until_it_is_chosen(engine):
    assert state.preference(engine, "psi_watch.sales", [0.1, 0.2]) == [0.1, 0.2]
    state.prefer(engine, "psi_watch.sales", [0.05, np.float64(0.15)])
    state.prefer(engine, "alert_cooldown", 0)
    assert state.preference(engine, "psi_watch.sales", [0.1, 0.2]) == [0.05, 0.15]
    assert state.preference(engine, "alert_cooldown", 7) == 0
    state.prefer(engine, "alert_cooldown", 3)
    assert state.preference(engine, "alert_cooldown", 7) == 3


def test_the_second_migration_keeps_what_the_first_held(database_url, monkeypatch):
    engine = state.engine(database_url)
    with monkeypatch.context() as patch:
        patch.setattr(state, "REVISION", "0001")
        state.migrate(engine)
    state.upsert(engine, state.prediction_log, [prediction()])
    state.migrate(engine)
    assert state.revision(engine) == state.REVISION
    assert len(state.read(engine, state.prediction_log)) == 1
    state.prefer(engine, "x", 1)


def test_the_third_migration_keeps_who_was_told_of_an_alert_and_why_nobody_was(database_url, monkeypatch):
    engine = state.engine(database_url)
    with monkeypatch.context() as patch:
        patch.setattr(state, "REVISION", "0002")
        state.migrate(engine)
    before = {
        "told": {"mail": "2026-03-14T13:00:00+01:00", "chat": "failed: chat did not take it: failed: 500"},
        "waiting": {},
        "note": {"": "not confirmed"},
        "again": {"": "one is open"},
        "lately": {"": "told lately"},
        "past": {"": "back-fill"},
    }
    insert = text(
        "INSERT INTO alert_log (model, version, day, kind, feature, severity, message, message_values, raised, reason,"
        " notified) VALUES ('sales', '1', '2026-03-14', 'psi', :feature, 'alert', 'x', '{}', :raised, 'why', :notified)"
    )
    raised = "2026-03-14 11:00:00.000000" if engine.dialect.name == "sqlite" else "2026-03-14 11:00:00+00"
    with engine.begin() as connection:
        for feature, notified in before.items():
            connection.execute(insert, {"feature": feature, "raised": raised, "notified": json.dumps(notified)})
    state.migrate(engine)
    alerts = state.read(engine, state.alert_log).set_index("feature")
    assert alerts["state"].to_dict() == {
        "told": "notify",
        "waiting": "notify",
        "note": "unconfirmed",
        "again": "repeated",
        "lately": "told lately",
        "past": "back-fill",
    }
    assert alerts["reason"].eq("why").all()
    assert alerts["raised"].eq(NOON - timedelta(hours=1)).all()
    sent = state.read(engine, state.alert_deliveries)
    assert sent["feature"].tolist() == ["told", "told"]
    assert sent["channel"].tolist() == ["chat", "mail"]
    assert sent["error"].fillna("").tolist() == ["chat did not take it: failed: 500", ""]
    assert sent["tried"].tolist() == [NOON - timedelta(hours=1), NOON]
    with engine.connect() as connection:
        keys = inspect(connection).get_pk_constraint("alert_log")["constrained_columns"]
        assert keys == [column.name for column in state.alert_log.primary_key]


def test_the_fifth_migration_makes_an_episode_of_what_was_one_and_knows_whose_data_it_is_about(
    database_url, monkeypatch
):
    engine = state.engine(database_url)
    with monkeypatch.context() as patch:
        patch.setattr(state, "REVISION", "0004")
        state.migrate(engine)
    model = {"model": "sales", "version": "2", "learner": "x", "status": "champion", "created": NOON, "author": "Ana"}
    model |= {"reason": "x", "file": "f", "sha256": "0", "data_version": "d", "rows": 1, "schema": {}, "metrics": {}}
    state.upsert(engine, state.model_versions, [model | {"bins": {}, "libraries": {}, "lineage": "shop"}])
    insert = text(
        "INSERT INTO alert_log (model, version, day, kind, feature, severity, message, message_values, raised, state,"
        " acknowledged) VALUES ('sales', :version, :day, 'psi', 'price', :severity, 'x', '{}', :then, 'notify', :done)"
    )
    then = "2026-03-14 11:00:00.000000" if engine.dialect.name == "sqlite" else "2026-03-14 11:00:00+00"
    before = [("1", 1, then), ("2", 2, then), ("2", 8, None), ("2", 9, None)]
    with engine.begin() as connection:
        for version, day, done in before:
            values = {"version": version, "day": f"2026-03-0{day}", "severity": "alert", "then": then, "done": done}
            connection.execute(insert, values)
        connection.execute(insert, values | {"day": "2026-03-10", "severity": "note"})
    state.migrate(engine)
    found = state.read(engine, state.alert_log)
    episodes = ["2026-03-01 1", "2026-03-01 1", "2026-03-08 2", "2026-03-08 2", None]
    assert found["episode"].astype(object).where(found["episode"].notna(), None).tolist() == episodes
    assert found["lineage"].fillna("").tolist() == ["", "shop", "shop", "shop", "shop"]
