"""Hostile files get a sentence, the server keeps its memory, and the next file is read."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from connectors import (
    BadResponse,
    ConnectorError,
    NotFound,
    child,
    files,
    looks,
    mapping,
    owid,
    predict_future_sales,
)
from connectors.child import Parsed
from connectors.files import InvalidFile
from data.dataset import Finding
from tests.attack import hostile

LIMIT = 20_000_000  # bytes, as it comes; five times as many unpacked, which is more than the server may grow
GOOD = b"a,b\n1,2\n"


def read(content, name="a.csv"):
    return files.read(name, content, limit_bytes=LIMIT)


def resident():
    """The memory of this process, in bytes."""
    if not Path("/proc/self/statm").exists():
        pytest.skip("this system does not say how much memory a process has")
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def highest():
    """The most memory this process has, beyond what it had, while the test runs: a function that says it."""
    before, found, over = resident(), [0], threading.Event()

    def watch():
        while not over.wait(0.01):
            found[0] = max(found[0], resident() - before)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    yield lambda: found[0]
    over.set()
    watching.join()


@pytest.mark.parametrize("kind", hostile.BOMBS)
def test_a_small_file_that_grows_is_a_sentence_and_the_server_keeps_its_memory(kind, request):
    name, make, sentence = hostile.BOMBS[kind]
    content = make()
    highest, begun = request.getfixturevalue("highest"), time.monotonic()
    with pytest.raises(InvalidFile, match=sentence):
        read(content, name)
    assert highest() < 60_000_000
    assert time.monotonic() - begun < 200
    assert read(GOOD).frame["a"].tolist() == ["1"]


@pytest.mark.parametrize("kind", hostile.BROKEN)
@pytest.mark.parametrize("reader", ["any", "covid", "competition"])
def test_a_file_that_is_broken_is_a_sentence(kind, reader, home):
    name, make, sentence = hostile.BROKEN[kind]
    if reader == "any":
        with pytest.raises(InvalidFile, match=sentence):
            read(make(), name)
    elif reader == "covid":
        with pytest.raises(InvalidFile):
            owid.dataset_of(name, make(), pd.Timestamp(0))
    else:
        assert not predict_future_sales.recognise(make())
        with pytest.raises(ConnectorError):
            predict_future_sales.dataset_of(make())


def test_a_binary_covid_file_is_a_sentence(home):
    with pytest.raises(InvalidFile, match="not Our World in Data's"):
        owid.dataset_of("a.csv", bytes(range(256)) * 50, pd.Timestamp(0))


def eats(content):
    kept = [np.empty(50_000_000, "uint8") for _part in range(1_000)]  # asked for, which is enough, and not written to
    return Parsed(values={"parts": len(kept)})


def loops(content):
    while True:
        pass


def crashes(content):
    os.abort()


def fails(content):
    raise KeyError(content.decode())


def refuses(content, kind):
    if kind == "report":
        raise InvalidFile("{what} cannot be used.", files.report([(2, "a", "é", "no number")]), what="É")
    raise NotFound("There is no {what}.", what=Path("b"))


def says(content, times):
    frame = pd.DataFrame(
        {
            "text": pd.Series(["é", None], dtype="str"),
            "number": [1.5, None],
            "day": pd.to_datetime(["2026-01-02", None]).astype("datetime64[us]"),
            "kind": pd.Categorical(["a", "b"]),
            "small": pd.Series([1, 2], dtype="float32"),
        },
        index=[3, 5],
    )
    found = Finding("{rows} x {v}", 2, {"v": "w"}, ("row 1",), "warning")
    return Parsed({"a": frame, "b": frame[["text"]][:0]}, (found,), {"bytes": len(content) * times})


@pytest.mark.parametrize(
    ("parse", "seconds", "sentence"),
    [
        (eats, 600, "more memory"),
        (crashes, 600, "more memory"),
        (loops, 0.5, "too long"),
        (fails, 600, "cannot be read"),
    ],
)
def test_a_child_that_takes_too_much_or_breaks_is_ended_and_the_next_file_is_read(parse, seconds, sentence, caplog):
    with pytest.raises(InvalidFile, match=sentence):
        child.run(parse, b"x" * 100, seconds=seconds)
    assert parse.__name__ in caplog.text  # the log has the rest
    assert read(GOOD).frame["b"].tolist() == ["2"]


def test_what_a_child_finds_comes_back_as_it_was():
    here, there = says(b"abc", 2), child.run(says, b"abc", times=2)
    assert (there.findings, there.values) == (here.findings, {"bytes": 6})
    for name in "ab":
        pd.testing.assert_frame_equal(there.frames[name], here.frames[name])


def test_what_a_child_refuses_comes_back_as_the_error_it_raised(tmp_path):
    with pytest.raises(InvalidFile, match="É cannot be used") as caught:
        child.run(refuses, tmp_path, kind="report")
    assert (caught.value.message, caught.value.values) == ("{what} cannot be used.", {"what": "É"})
    assert caught.value.report.to_numpy().tolist() == [[2, "a", "é", "no number"]]
    with pytest.raises(NotFound, match="no b") as missing:
        child.run(refuses, b"", kind="other")
    assert not isinstance(missing.value, BadResponse)


def test_a_child_is_used_again_by_several_at_once_and_ends_when_its_input_does():
    child.close()
    found = []
    asking = [
        threading.Thread(target=lambda n=n: found.append(child.run(says, b"x" * n, times=1).values["bytes"]))
        for n in range(8)
    ]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert sorted(found) == list(range(8))
    processes = [one.process for one in child._idle]
    assert len(processes) <= child.CHILDREN
    read(GOOD)
    assert [one.process for one in child._idle if one.process not in processes] == []
    for one in list(child._idle):
        one.requests.close()
    assert [process.wait(60) for process in processes] == [0] * len(processes)
    assert read(GOOD).sha256  # a child that is gone is replaced


def test_a_child_that_died_between_two_files_is_replaced():
    read(GOOD)
    for one in child._idle:
        one.process.kill()
        one.process.wait()
    assert read(GOOD).frame["a"].tolist() == ["1"]


def test_two_thousand_columns_are_guessed_at_once():
    raw = read(hostile.wide([f"c{n}" for n in range(2_000)], 20))
    begun = time.process_time()
    assert mapping.guess(raw.frame, "sales") == {}
    assert time.process_time() - begun < 20  # 0.3 s; it was 46 s


def test_a_column_of_dates_is_found_behind_many_others_that_are_none():
    others = 3 * looks.DATES
    names = ",".join([*(f"c{n}" for n in range(others)), "when"])
    raw = read("\n".join([names, *[",".join(["2x"] * others + ["2026-03-04"])] * 3]).encode())
    assert mapping.guess(raw.frame, "sales") == {"timestamp": "when"}


def test_lists_and_records_are_kept_as_text_and_said():
    raw = read(hostile.lists(), "a.parquet")
    assert raw.frame["tags"].tolist()[0] == '["a", "é"]'
    assert raw.frame["tags"].isna().tolist() == [False, True]
    assert raw.frame["who"].tolist() == ['{"n": 1}', '{"n": null}']
    assert raw.findings[0].rows == 2


def test_text_in_a_parquet_file_that_is_no_text_gets_a_sentence():
    written = hostile.parquet(pa.table({"id": ["1", "2"], "note": ["abcdefgh", "x"]}), compression="none")
    content = written.replace(b"abcdefgh", b"abcd\xffefg")
    with pytest.raises(InvalidFile, match="damaged"):
        read(content, "a.parquet")


@pytest.mark.parametrize(
    "content",
    [
        hostile.odd_metadata(),
        hostile.noted(index_columns="id"),
        hostile.noted(index_columns=[{"kind": "range", "name": 3}, ["x"], None]),
        hostile.noted(index_columns=[{"kind": "range", "name": "n", "start": "a", "stop": 2, "step": 0}]),
        hostile.noted(columns=[]),
    ],
)
def test_odd_notes_for_pandas_do_not_matter(content):
    raw = read(content, "a.parquet")
    assert list(raw.frame) == ["id"]
    assert raw.findings == ()


@pytest.mark.parametrize(
    ("index", "column", "values"),
    [
        (pd.Index(["x", "y"], name="customer"), "customer", ["x", "y"]),
        (pd.Index(["x", "y"]), "index", ["x", "y"]),
        (pd.RangeIndex(7, 9, name="number"), "number", ["7", "8"]),
        (pd.RangeIndex(7, 9), None, []),
    ],
)
def test_the_index_of_a_parquet_file_is_a_column_and_said(index, column, values):
    raw = read(hostile.indexed(pd.DataFrame({"a": ["1", "2"]}, index=index)), "a.parquet")
    assert set(raw.frame) == {"a", column} - {None}
    if column:
        assert raw.frame[column].tolist() == values
    assert [finding.values["column"] for finding in raw.findings] == ([column] if column else [])


def test_archives_in_archives_are_opened_where_they_are_few():
    assert read(hostile.nested(2), "a.zip").frame["a"].tolist() == ["1"]
