"""Logs: one ECS object a line, on stdout and in a file, and an id for what went wrong."""

import json
import logging
import re
import subprocess
import sys

import pytest

import logs
from tests import loggers
from tests.sources import ROOT


@pytest.fixture(autouse=True)
def _restore():
    with loggers.restored():
        yield


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_record_is_one_line_on_stdout_and_in_the_file(tmp_path, capsys):
    logs.setup(tmp_path)
    logs.setup(tmp_path)  # again: still one line each
    logging.getLogger("vigie.test").info("read %s rows\nof é", 3)
    logging.getLogger("vigie.test").debug("not at this level")
    logging.getLogger("somelibrary").info("chatter")
    logging.getLogger("somelibrary").warning("trouble")
    (read, trouble) = lines((tmp_path / "logs" / "vigie.log").read_text())
    assert lines(capsys.readouterr().out) == [read, trouble]
    assert read["message"] == "read 3 rows\nof é"
    assert read["log.level"] == "info"
    assert (read["log"]["logger"], trouble["log"]["logger"]) == ("vigie.test", "somelibrary")
    assert read["service"]["name"] == "vigie"
    assert {"@timestamp", "ecs.version"} <= read.keys()
    assert read["event"]["dataset"] == "vigie.app"
    assert read["event"]["id"] != trouble["event"]["id"]


def test_another_home_and_level_replace_the_first(tmp_path):
    logs.setup(tmp_path / "a")
    logs.setup(tmp_path / "b", "DEBUG")
    logging.getLogger("vigie.test").debug("here")
    assert (tmp_path / "a" / "logs" / "vigie.log").read_text() == ""
    assert len(lines((tmp_path / "b" / "logs" / "vigie.log").read_text())) == 1


def test_the_file_rotates(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "FILE_BYTES", 2000)
    logs.setup(tmp_path)
    for number in range(100):
        logging.getLogger("vigie.test").info("line %s", number)
    files = sorted(path for path in (tmp_path / "logs").iterdir() if path.suffix != ".lock")
    assert len(files) == logs.OLD_FILES + 1
    assert all(path.stat().st_size <= 2000 for path in files)


def test_without_a_home_there_is_stdout_alone(tmp_path, capsys):
    logs.setup(tmp_path)
    logs.setup(None)
    logging.getLogger("vigie.test").info("here")
    assert [line["message"] for line in lines(capsys.readouterr().out)] == ["here"]
    assert (tmp_path / "logs" / "vigie.log").read_text() == ""


def test_processes_that_rotate_one_file_lose_and_double_nothing(tmp_path):
    program = (
        "import logging, pathlib, sys, logs\n"
        "logs.FILE_BYTES, logs.OLD_FILES = 3000, 900\n"
        "logs.setup(pathlib.Path(sys.argv[1]), stream=open('/dev/null', 'w'))\n"
        "for number in range(600): logging.getLogger('vigie.test').info('%s %s', sys.argv[2], number)\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", program, tmp_path, name], cwd=ROOT) for name in "ab"]
    assert [one.wait(120) for one in both] == [0, 0]
    kept = [line["message"] for path in (tmp_path / "logs").glob("vigie.log*") for line in lines(path.read_text())]
    assert sorted(kept) == sorted(f"{name} {number}" for name in "ab" for number in range(600))


def test_an_incident_is_in_the_log_under_its_id(tmp_path):
    logs.setup(tmp_path)
    with pytest.raises(ValueError, match="what happened") as raised:
        raise ValueError("what happened")
    number = logs.incident(logging.getLogger("vigie.test"), raised.value, page="today", rows=3)
    assert logs.incident(logging.getLogger("vigie.test"), raised.value) != number
    assert re.fullmatch("[0-9a-f]{8}", number)
    record = lines((tmp_path / "logs" / "vigie.log").read_text())[0]
    assert record["error"]["id"] == number
    assert (record["error"]["type"], record["error"]["message"]) == ("ValueError", "what happened")
    assert "test_an_incident_is_in_the_log" in record["error"]["stack_trace"]
    assert record["labels"] == {"page": "today", "rows": "3"}
    assert number in record["message"]
