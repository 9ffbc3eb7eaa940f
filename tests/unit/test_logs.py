"""Logs: one ECS object a line, on stdout and in a file, and an id for what went wrong."""

import json
import logging
import re

import pytest

import logs


@pytest.fixture(autouse=True)
def _restore():
    root = logging.getLogger()
    before = (root.level, logging.getLogger("vigie").level, list(root.handlers))
    yield
    for handler in [handler for handler in root.handlers if handler not in before[2]]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(before[0])
    logging.getLogger("vigie").setLevel(before[1])


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
    files = sorted((tmp_path / "logs").iterdir())
    assert len(files) == logs.OLD_FILES + 1
    assert all(path.stat().st_size <= 2000 for path in files)


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
