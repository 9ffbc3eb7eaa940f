"""Spark beside DuckDB: the same numbers to the last bit; lines as they come, whoever is killed when.

With `requirements-spark.txt` and Java; `make test-spark` brings the first into an environment of its own.
"""

import contextlib
import importlib.util
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import update

import settings
from connectors import BadResponse, Unavailable, lake
from connectors.lake import stream
from data import state, tables
from models import aggregates
from models.lifecycle import aggregating
from tests import chain
from tests.sources import ROOT

if shutil.which("java") is None:
    pytest.skip("Java is not there: apt-get install openjdk-17-jre-headless", allow_module_level=True)
pytest.importorskip("pyspark", reason="pyspark is not there: make test-spark brings it")

NOW = datetime(2025, 6, 1, tzinfo=UTC)
WAIT = 900  # seconds, on a busy machine


# For a few thousand rows: compiling what runs once takes longer than running it.
SMALL = "spark.ui.enabled false\nspark.sql.codegen.wholeStage false\nspark.sql.shuffle.partitions 2\n"


@pytest.fixture(autouse=True)
def _spark(home, monkeypatch, tmp_path_factory):
    small = tmp_path_factory.mktemp("conf")
    (small / "spark-defaults.conf").write_text(SMALL)
    monkeypatch.setenv("SPARK_CONF_DIR", str(small))
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    monkeypatch.setenv("VIGIE_SPARK", "local[2]")
    settings.get.cache_clear()


@pytest.fixture(scope="module")
def made():
    """Lines whose prices have no end of digits either, so that sums depend on their order."""
    rng = np.random.default_rng(11)
    found = chain.lines()
    endless = rng.random(len(found)) < 0.5
    promotion = rng.choice([0.0, 0.1, 0.30000000000000004, np.nan], len(found))
    return found.assign(unit_price=found["unit_price"].mask(endless, found["unit_price"] / 3), promotion=promotion)


def everything(lines):
    """Every query there is, over some lines."""
    columns, first, last = lines.columns, pd.Timestamp("2025-01-01"), pd.Timestamp("2025-02-01")
    asked = [getattr(aggregates, name) for name in
             ("facts", "daily", "visits", "count_visits", "buyers", "pairs", "units", "per_store")]  # fmt: skip
    answers = {work.__name__: aggregates.read(lines.ask(work(columns))) for work in asked}
    cuts = aggregates.freeze(lambda sql: aggregates.read(lines.ask(sql)), columns, first, last)
    answers["cuts"] = aggregates.kept(cuts, (first, last))
    answers["histograms"] = aggregates.read(lines.ask(aggregates.histograms(columns, cuts)))
    return answers


def same(one, other):
    """Both engines' answers, exactly: values, missing ones and types."""
    for name, table in one.items():
        keys = [column for column in table if table[column].dtype != "float64"] + list(table)
        sides = [side.sort_values(keys, ignore_index=True) for side in (table, other[name])]
        pd.testing.assert_frame_equal(*sides, check_exact=True, obj=name)


@pytest.mark.parametrize("kind", ["as Vigie names them", "decimals, numbers as codes, times with a zone"])
def test_both_engines_say_the_same_to_the_last_bit(made, tmp_path, kind):
    frame = made
    if kind.startswith("decimals"):
        money = [None if pd.isna(price) else Decimal(f"{price:.2f}") for price in made["unit_price"]]
        frame = made.assign(
            unit_price=money,
            invoice=made["invoice"].str[1:].astype(int),
            timestamp=made["timestamp"].dt.tz_localize("UTC"),
            quantity=made["quantity"].astype("float32"),
        )
    chain.write(tmp_path, frame)
    found = {}
    for engine in ("duckdb", "spark"):
        with lake.opened(engine, str(tmp_path), "America/New_York") as lines:
            found[engine] = everything(lines)
            kinds = lines.columns
        found[f"{engine} kinds"] = dict(kinds)
    assert found["spark kinds"] == found["duckdb kinds"]
    assert len(found["duckdb"]["pairs"]) > 100
    same(found["duckdb"], found["spark"])


def test_the_same_dataset_and_the_same_forecasts_by_either_engine(home, tmp_path, made, migrated):
    folder = chain.write(tmp_path / "lake", made)
    kept, logs = {}, {}
    for by in ("duckdb", "spark"):
        place = tmp_path / by
        engine = state.engine(f"sqlite:///{place / 'vigie.db'}")
        migrated(engine)
        answer = aggregating.run(engine, place, str(folder), by, None, True, NOW, lambda _message, _share: None)
        assert answer["forecast"] == 3
        stored = tables.active(place, "sales")
        kept[by] = {name: tables.read(stored, name) for name in stored.columns}
        logs[by] = state.read(engine, state.prediction_log).drop(columns=["version", "logged"])
        engine.dispose()
    same(kept["duckdb"], kept["spark"])
    keys = ["subject", "target_day"]
    sides = [log.sort_values(keys, ignore_index=True) for log in logs.values()]
    pd.testing.assert_frame_equal(*sides, rtol=1e-6)


@pytest.fixture
def connect(tmp_path):
    """A Spark Connect server of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    submit = Path(importlib.util.find_spec("pyspark").origin).parent / "bin" / "spark-submit"
    command = [submit, "--master", "local[2]", "--conf", f"spark.connect.grpc.binding.port={port}",
               "--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable}
    with (tmp_path / "connect.log").open("w") as log:
        server = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, cwd=tmp_path, start_new_session=True
        )
        try:
            until = time.monotonic() + WAIT
            while time.monotonic() < until and server.poll() is None:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.2)
            yield f"sc://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()


def test_spark_connect_says_the_same(connect, made, tmp_path, monkeypatch):
    folder = str(chain.write(tmp_path / "lake", made))
    with lake.opened("duckdb", folder, "UTC") as lines:
        told = everything(lines)
    monkeypatch.setenv("VIGIE_SPARK", connect)
    settings.get.cache_clear()
    with lake.opened("spark", folder, "UTC") as lines:
        same(told, everything(lines))
        last = pd.Timestamp("2025-04-30")
        sql, work = aggregates.per_store(lines.columns), partial(aggregates.forecast_store, last=last)
        forecast = lines.each(sql, "series", work, aggregates.FORECAST)
    assert len(forecast) == 3 * aggregates.HORIZON


def test_what_is_not_there_is_said_in_a_sentence(tmp_path):
    with pytest.raises(BadResponse, match="Spark cannot sum these lines up"), lake.opened("spark", "no_such", "UTC"):
        pass


def test_two_never_follow_the_same_lines(tmp_path):
    with stream._alone(tmp_path), pytest.raises(Unavailable, match="Another process"), stream._alone(tmp_path):
        pass


class Follower:
    """`jobs.py aggregate --follow` as a process that can be killed, its JVM with it or not."""

    def __init__(self, home, folder):
        self.home, self.folder = home, folder
        self.url = f"sqlite:///{home / 'vigie.db'}"

    def start(self):
        environment = {**os.environ, "VIGIE_HOME": str(self.home), "VIGIE_SPARK": "local[2]", "PYTHONPATH": str(ROOT)}
        command = [
            sys.executable,
            str(ROOT / "jobs.py"),
            "aggregate",
            str(self.folder),
            "--engine",
            "spark",
            "--follow",
        ]
        self.said = (self.home / "said.txt").open("a")
        self.process = subprocess.Popen(
            command, env=environment, stdout=self.said, stderr=self.said, start_new_session=True
        )

    def kill(self, all_of_it):
        if all_of_it:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()
        stopped = {"heartbeat": datetime.now(UTC) - timedelta(seconds=61)}  # a minute later
        with state.engine(self.url).begin() as connection:
            connection.execute(update(state.job_runs).values(stopped))

    def kept(self):
        stored = tables.active(self.home, "sales")
        return stored if stored and stored.lineage.startswith("lake") else None

    def lines(self):
        stored = self.kept()
        return stored.findings[0].rows if stored else 0

    def wait(self, lines):
        until = time.monotonic() + WAIT
        while self.lines() < lines:
            assert self.process.poll() is None, (self.home / "said.txt").read_text()[-3_000:]
            assert time.monotonic() < until, (self.lines(), lines)
            time.sleep(0.2)


def test_killed_in_the_middle_again_and_again_no_line_is_lost_or_counted_twice(home, tmp_path):
    draw = random.Random(5)
    made = chain.lines(2_400, days=12).dropna(subset=["product", "quantity", "unit_price"]).reset_index(drop=True)
    made["timestamp"] = made["timestamp"].sort_values(ignore_index=True)
    made["line_id"] = made["line_id"].mask(made.index % 50 == 20)  # these are known by their place
    parts = np.array_split(np.arange(len(made)), 18)
    folder, follower = tmp_path / "lines", Follower(home, tmp_path / "lines")
    state.migrate(state.engine(follower.url))

    def put(number):
        rows = made.iloc[parts[number]]
        if number:  # the last lines of the file before come again
            rows = pd.concat([made.iloc[parts[number - 1][-9:]].dropna(subset=["line_id"]), rows])
        chain.write(folder, rows, f"part-{number:02}.parquet")

    put(0)
    for kill in range(3):
        follower.start()
        for number in range(1 + kill * 4, 5 + kill * 4):
            put(number)
            time.sleep(draw.random() * 2)
        follower.wait(follower.lines() + 1)  # it is at work
        time.sleep(draw.random() * 12)
        follower.kill(all_of_it=kill % 2 == 0)
    follower.start()
    for number in range(13, 18):
        put(number)
    sent = time.monotonic()
    follower.wait(len(made))
    print(f"{time.monotonic() - sent:.0f} s from the last file to the pages")
    time.sleep(20)  # a batch more would be counted by now
    follower.process.terminate()
    assert follower.process.wait(60) == 128 + signal.SIGTERM
    stored = follower.kept()
    assert [one.rows for one in stored.findings] == [len(made)]
    sold = tables.read(stored).groupby(["timestamp", "store", "product", "line_type"])[["quantity", "amount"]].sum()
    kind = np.where(made["quantity"] < 0, "return", "sale")
    truth = made.assign(
        amount=made["quantity"] * made["unit_price"], line_type=kind, timestamp=made["timestamp"].dt.normalize()
    )
    truth = truth.groupby(["timestamp", "store", "product", "line_type"])[["quantity", "amount"]].sum()
    pd.testing.assert_frame_equal(sold, truth, check_exact=False, atol=1e-4, check_index_type=False)


def test_a_new_day_is_on_the_pages_within_a_minute_and_one_that_comes_too_late_is_said(home, tmp_path):
    made = chain.lines(900, days=9).dropna(subset=["product", "quantity", "unit_price"])
    made["timestamp"] = made["timestamp"].sort_values().to_numpy()
    follower = Follower(home, tmp_path / "lines")
    state.migrate(state.engine(follower.url))
    chain.write(follower.folder, made.head(600), "a.parquet")
    follower.start()
    follower.wait(600)
    chain.write(follower.folder, made.tail(len(made) - 600), "b.parquet")
    sent = time.monotonic()
    follower.wait(len(made))
    assert time.monotonic() - sent < 60
    assert follower.kept().span[1].date() == made["timestamp"].max().date()
    time.sleep(20)  # the watermark moves on
    late = made.head(4).assign(line_id=["late 1", "late 2", "late 3", "late 4"])
    chain.write(follower.folder, late, "c.parquet")
    time.sleep(25)
    on_time = made.tail(2).assign(line_id=["new 1", "new 2"])
    chain.write(follower.folder, on_time, "d.parquet")
    follower.wait(len(made) + 2)
    second = subprocess.run(
        [sys.executable, str(ROOT / "jobs.py"), "aggregate", str(follower.folder), "--follow", "--json"],
        env={**os.environ, "VIGIE_HOME": str(home), "VIGIE_SPARK": "local[1]"}, capture_output=True, text=True,
    )  # fmt: skip
    assert (second.returncode, json.loads(second.stdout)["runs"][0]["status"]) == (3, "taken")
    follower.process.terminate()
    follower.process.wait(60)
    assert [one.rows for one in follower.kept().findings] == [len(made) + 2, 4]
