"""Vigie's log in Elasticsearch: the fields that are mapped and drawn are those that are logged; nothing is lost on the
way, or there twice."""

import json
import logging
import re
import signal
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from sqlalchemy import Engine
from typer.testing import CliRunner

import jobs
import logs
import settings
from data import events, rules, state
from models.drift import alerts, messages
from models.forecast.combined import COMBINED
from models.forecast.learners import LEARNERS
from models.lifecycle import logged, scoring
from tests import elastic, loggers, shop
from tests.sources import ROOT

ELASTIC = ROOT / "deploy" / "elastic"
TEMPLATE = json.loads((ELASTIC / "index-template.json").read_text("utf-8"))
NUMBERS = {"double", "long"}
NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


def flat(tree: dict[str, Any], above: str = "") -> dict[str, Any]:
    """The leaves of a document under their whole names."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        found |= flat(value, f"{above}{name}.") if isinstance(value, dict) else {f"{above}{name}": value}
    return found


def mapped(tree: dict[str, Any], above: str = "") -> dict[str, str]:
    """The fields of a mapping and their types."""
    found: dict[str, str] = {}
    for name, field in tree.items():
        deeper = mapped(field["properties"], f"{above}{name}.") if "properties" in field else {}
        found |= deeper or {f"{above}{name}": field["type"]}
    return found


MAPPED = mapped(TEMPLATE["template"]["mappings"]["properties"])


@pytest.fixture(scope="module")
def lines(tmp_path_factory) -> list[dict[str, Any]]:
    """What is logged when jobs run on a shop whose demand changed: predictions, the truth, drift, alerts, an error."""
    home = tmp_path_factory.mktemp("logged")
    with loggers.restored(), pytest.MonkeyPatch.context() as patched:
        for number, name in enumerate(COMBINED):  # regressions that cost milliseconds
            patched.setitem(LEARNERS, name, LEARNERS["ridge" if number % 2 else "linear"])
        patched.setattr(scoring, "back_fill", lambda *_arguments, **_more: True)  # a past of which no line tells
        for name, value in {"HOME": str(home), "LOG_EVENTS": "true", "DATABASE_URL": ""}.items():
            patched.setenv(f"VIGIE_{name}", value)
        settings.get.cache_clear()
        call = CliRunner().invoke
        shop.keep_lines(home, 386)
        assert call(jobs.app, ["score", "--model", "sales"]).exit_code == 0
        shop.keep_lines(home, 400)  # two weeks later
        assert call(jobs.app, ["score", "--model", "sales"]).exit_code == 0
        assert call(jobs.app, ["drift", "--model", "sales"]).exit_code == 0
        _beside(state.engine(f"sqlite:///{home / 'vigie.db'}"))
        logs.incident(logging.getLogger("vigie.ui"), _raised(), page="today")
        events.shown("sales-forecast", 0.25)
    settings.get.cache_clear()
    return [json.loads(line) for line in (home / "logs" / "vigie.log").read_text("utf-8").splitlines()]


def _raised() -> ValueError:
    try:
        raise ValueError("what happened")
    except ValueError as error:
        return error


def _beside(engine: Engine) -> None:
    """What these jobs need not come to: an alert of a rule, columns that are empty elsewhere."""
    row = logged.prediction("sales", "3", date(2026, 3, 13), "x", date(2026, 3, 14), NOW, 1.0)
    state.upsert(engine, state.prediction_log, [row | dict.fromkeys(("lo_80", "hi_80", "lo_95", "hi_95"), 0.5)])
    cause = {"cause": "c", "rule": "r", "lineage": "upload-1", "day": date(2026, 3, 13), "level": "London"}
    rules.raised(engine, [cause | {"value": 3.0, "expected": 9.0, "content": {}, "raised": NOW}])
    alarm = {
        **{"model": "sales", "version": "3", "day": date(2026, 3, 13), "kind": "psi", "feature": "unit_price"},
        **{"severity": "alert", "value": 0.4, "threshold": 0.3, "message": messages.MESSAGES["confirmed"]},
        "message_values": {"feature": "unit_price", "value": 0.4, "threshold": 0.3},
    }
    alerts.record(engine, "upload-1", [alarm], NOW)
    events.ended("drift", "sales", "drift sales 2026-03-13", "failed", 1.5, "No data.")
    measured = pd.DataFrame({"value": [0.2], "lo": [0.1], "hi": [0.3]}, ["wape"])
    found = logged.measures("sales", "3", date(2026, 3, 13), "store=5", False, measured, 9, NOW)
    state.upsert(engine, state.performance_log, found)
    common = {"model": "sales", "version": "3", "day": date(2026, 3, 13), "feature": "x", "definition": "deciles"}
    numbers = {"psi": 0.1, "noise_limit": 0.2, "ks": 0.1, "ks_pvalue": 0.5, "rows_reference": 9, "rows_current": 9}
    more = {"reference": "training", "threshold": 0.3, "label": "stable", "details": {}, "logged": NOW}
    state.upsert(engine, state.psi_log, [common | numbers | more])


@pytest.fixture(scope="module")
def saved() -> dict[str, dict[str, Any]]:
    """The saved objects by their ids."""
    text = (ELASTIC / "dashboards.ndjson").read_text("utf-8")
    return {one["id"]: one for one in map(json.loads, text.splitlines())}


def drawn(saved: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    """What each figure and list uses: its title, the dataset it is about, the field, and what for."""
    for one in saved.values():
        if one["type"] not in ("visualization", "search"):
            continue
        said, source = one["attributes"], json.loads(one["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
        query = source["query"]["query"]
        (dataset,) = re.findall(r"event\.dataset : ([\w.]+)", query)
        for field in re.findall(r"([\w.@]+) :", query):
            yield said["title"], dataset, field, "query"
        for column in said.get("columns", []):
            yield said["title"], dataset, column, "column"
        for each in json.loads(said["visState"])["aggs"] if "visState" in said else []:
            if each["type"] != "count":
                yield said["title"], dataset, each["params"]["field"], each["type"]


def test_the_saved_objects_are_what_their_program_makes():
    made = subprocess.run([sys.executable, ELASTIC / "dashboards.py"], capture_output=True, text=True, check=True)
    assert (ELASTIC / "dashboards.ndjson").read_text("utf-8") == made.stdout


def test_every_reference_of_the_saved_objects_is_there_and_every_figure_is_on_a_dashboard(saved):
    pointed = {(one["type"], one["id"]) for each in saved.values() for one in each["references"]}
    kept = {(one["type"], one["id"]) for one in saved.values()}
    assert pointed <= kept
    assert {one for one in kept if one[0] != "dashboard"} <= pointed
    for board in (one for one in saved.values() if one["type"] == "dashboard"):
        panels = json.loads(board["attributes"]["panelsJSON"])
        named = {one["name"] for one in board["references"]}
        assert {f"{panel['panelIndex']}:{panel['panelRefName']}" for panel in panels} == named
        places = [panel["gridData"] for panel in panels]
        cells = [
            (x, y)
            for place in places
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        assert len(cells) == len(set(cells)), "two panels on one place"
        assert all(place["x"] + place["w"] <= 48 for place in places)


def test_what_is_logged_is_mapped_and_what_is_drawn_is_logged(lines, saved):
    logged_: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        logged_[line["event"]["dataset"]] |= flat({k: v for k, v in line.items() if k != "ecs.version"}).keys()
    assert logged_.keys() == {"vigie.app", *(f"vigie.{name}" for name in events.DATASETS)}
    named = {field for fields in logged_.values() for field in fields if not field.startswith("labels.")}
    assert named - MAPPED.keys() == set()
    assert {field for field in MAPPED if field.startswith("vigie.")} - named == set(), "mapped, and never logged"
    used = list(drawn(saved))
    assert len({title for title, *_rest in used}) >= 12
    for title, dataset, field, use in used:
        assert field in logged_[dataset], (title, dataset, field)
        kind = MAPPED[field]
        assert {
            "terms": kind in ("keyword", "boolean"),
            "date_histogram": kind == "date",
        }.get(use, use in ("query", "column") or kind in NUMBERS), (title, field, use)


def test_values_are_of_the_types_they_are_mapped_to(lines):
    fits: dict[str, Callable[[Any], bool]] = {
        "date": lambda value: pd.notna(pd.Timestamp(value)),
        "double": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
        "long": lambda value: isinstance(value, int) and not isinstance(value, bool),
        "boolean": lambda value: isinstance(value, bool),
    }
    for line in lines:
        for field, value in flat({k: v for k, v in line.items() if k != "ecs.version"}).items():
            if field in MAPPED:
                assert fits.get(MAPPED[field], lambda value: isinstance(value, str))(value), (field, value)


def test_jobs_really_predict_measure_and_find_drift(lines):
    by = defaultdict(list)
    for line in lines:
        by[line["event"]["dataset"], line["event"].get("action")].append(line.get("vigie", {}))
    came = [one for one in by["vigie.prediction", "came-true"] if "store" not in one["subject"]]
    assert len(came) >= 7
    for one in came:
        assert one["error"] == pytest.approx(one["actual"] - one["mean"])
    found = {one["feature"]: one["label"] for one in by["vigie.drift", "compared"]}
    assert found.keys() > {"x"}, found
    assert by["vigie.performance", "measured"]
    assert [one["status"] for one in by["vigie.job", "score"]] == ["done", "done"]


def test_the_shippers_use_the_ids_and_streams_that_the_log_names():
    beats, vector = ((ELASTIC / name).read_text("utf-8") for name in ("filebeat.yml", "vector.yaml"))
    (source,) = yaml.safe_load(beats)["filebeat.inputs"]
    assert source["parsers"][0]["ndjson"]["document_id"] == "event.id"
    sent = yaml.safe_load(beats)["output.elasticsearch"]
    assert sent["index"] == "logs-%{[event.dataset]}-default"
    (sink,) = yaml.safe_load(vector)["sinks"].values()
    assert sink["bulk"] == {"action": "create", "index": "logs-{{ event.dataset }}-default"}
    assert sink["id_key"] == "id"


def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_no_line_is_lost_or_doubled_whatever_goes_away(tmp_path, monkeypatch):
    if reason := elastic.missing():
        pytest.skip(reason)
    monkeypatch.setattr(logs, "FILE_BYTES", 60_000)
    monkeypatch.setattr(logs, "OLD_FILES", 50)
    with loggers.restored():
        _shipped(tmp_path)


def _shipped(tmp_path: Path) -> None:
    logs.setup(tmp_path, stream=(tmp_path / "stdout").open("w"), events=True)
    file, log = tmp_path / "logs" / "vigie.log", logging.getLogger("vigie.test")
    said = 0

    def say(count: int) -> None:
        nonlocal said
        for _line in range(count):
            log.info("line %s", said)
            said += 1

    with elastic.server(tmp_path / "server", port()) as url:

        def kept() -> int:
            elastic.ask(f"{url}/logs-vigie.app-default/_refresh", "POST", "")
            return elastic.ask(f"{url}/logs-vigie.app-default/_count")["count"]

        between = elastic.Between(url, port())
        between.open()
        with elastic.shipper(tmp_path / "ship", file, between.port) as first:
            say(300)
            elastic.wait(lambda: kept() == 300)
            between.close()  # the server is away; meanwhile the file is rotated several times
            say(700)
            between.open()
            elastic.wait(lambda: kept() == said)
            between.silent = True  # it stores, and its answers are lost: all of it is sent again
            say(300)
            elastic.wait(lambda: between.swallowed >= 2)
            between.silent = False
            elastic.wait(lambda: kept() == said)
            between.busy = True  # it takes requests, and none of their lines
            say(200)
            elastic.wait(lambda: between.turned_away >= 2)
            between.busy = False
            elastic.wait(lambda: kept() == said)
            between.close()
            say(400)
            first.send_signal(signal.SIGTERM)  # what waits is kept on the disk
            first.wait(elastic.SECONDS)
        say(300)  # and rotated while nobody reads
        between.open()
        with elastic.shipper(tmp_path / "ship", file, between.port) as second:
            elastic.wait(lambda: kept() == said)
            second.kill()  # where it had read to is written down every hundred lines: some are read again
            second.wait(elastic.SECONDS)
        say(100)
        events.ended("drift", "sales", "drift sales 2026-03-13", "done", 1.5)
        with elastic.shipper(tmp_path / "ship", file, between.port):
            elastic.wait(lambda: kept() == said)
            elastic.wait(lambda: elastic.ask(f"{url}/logs-vigie.job-default/_count")["count"] == 1)
        found = elastic.ask(f"{url}/logs-vigie.app-default/_search", "POST", json.dumps({"size": 9999}))
        between.close()
    sources = {hit["_source"]["message"]: hit["_source"] for hit in found["hits"]["hits"]}
    written = [json.loads(line) for path in file.parent.glob("vigie.log*") for line in path.read_text().splitlines()]
    assert len(found["hits"]["hits"]) == said
    assert sources == {one["message"]: one for one in written if one["event"]["dataset"] == "vigie.app"}
    assert not (tmp_path / "ship" / "vigie-refused").exists()
    assert not (tmp_path / "ship" / "vigie-not-json").exists()
