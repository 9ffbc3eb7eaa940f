"""Pages run without a browser, through the shell, as a visitor of a fresh installation meets them."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, local_script_runner
from streamlit.util import calc_hash

import settings
from data import audit, demo, state, tables
from data.dataset import Dataset
from data.tables import disk
from models.customers import segments, slipping, value
from models.drift import classifier
from models.forecast import promotions, switching
from tests.learned import once
from ui import answers, apart

ROOT = Path(__file__).resolve().parents[2]
simulated = demo.dataset
LARGE = 100_000  # rows that are not held for another test
_warm: list[str] = []  # what the caches are of
# A page run by itself looks for components among all installed packages, none of which Vigie uses.
manifest_scanner.scan_component_manifests = lambda max_workers=None: []


def _ended(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
    """Wait for a page; Streamlit looks a thousand times a second through all it sent: a twentieth of the time."""
    assert runner._script_thread
    runner._script_thread.join(timeout)
    if not runner.script_stopped():
        runner.request_stop()
        raise RuntimeError(f"AppTest script run timed out after {timeout}(s)")


local_script_runner.require_widgets_deltas = _ended
local_script_runner.ScriptCache = cache(ScriptCache)  # type: ignore[assignment,misc]  # pages are compiled once


# What pages learn of the same few demos and files, each time anew otherwise.
LEARNED = [
    (switching, "elasticities"),
    (promotions, "learned"),
    (classifier, "views"),
    (slipping, "learn"),
    (value, "season"),
    (value, "misses"),
    (value, "value"),
    (segments, "kmeans"),
]


def _of_version(found: Callable[[tables.Stored], pd.DataFrame]) -> Callable[[tables.Stored], pd.DataFrame]:
    """What is found in a version, once; whether it is still whole is looked at each time."""
    known: dict[tuple[str, str], pd.DataFrame] = {}

    def answer(stored: tables.Stored) -> pd.DataFrame:
        disk.check(stored)
        key = stored.table, stored.version
        if key not in known:
            known[key] = found(stored)
        return known[key].copy()

    return answer


profiled = _of_version(tables.profile)


@pytest.fixture(autouse=True)
def _learned_once(
    few_trees: None,
    learned_once: None,
    plain_learners: None,
    learned_here: Path,
    quick_league: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Models are quick ones, and learned once: pages are about what is made of them."""
    for module, name in LEARNED:
        monkeypatch.setattr(module, name, once(getattr(module, name), learned_here))
    monkeypatch.setattr(tables, "profile", profiled)


@pytest.fixture(autouse=True)
def _trained_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training is done in this process, which has imported all it needs; what goes in and out is JSON all the same.

    In a process of its own it is in tests/pages/test_background.py, the browser's tests and tests/attack.
    """

    def ask(request: dict[str, Any], heard: Callable[[dict[str, Any]], None], wait: Callable[[], None]) -> None:
        def say(**answer: object) -> None:
            wait()
            heard(json.loads(json.dumps(answer)))

        apart._train(json.loads(json.dumps(request)), say)

    monkeypatch.setattr(apart, "ask", ask)
    monkeypatch.setattr(apart.os, "nice", lambda _by: 0)


@pytest.fixture(scope="session")
def stored_once(once: Callable[..., Path]) -> Callable[..., tables.Stored]:
    """`tables.add`, but what was stored before is copied: a demo, which takes half a second to write, and the frames
    that the tests of a file show in a home of each."""
    add = tables.add
    known: dict[object, tuple[list[pd.DataFrame], tables.Stored]] = {}

    def again(home: Path, dataset: Dataset, now: datetime) -> tables.Stored:
        """As `add` in a home that has no such data yet."""
        frames = list(dataset.frames.values())  # which stay, so that no others get their ids
        key = (*map(id, frames), *dataset.frames, repr((dataset.origin, dataset.findings, dataset.lineage, now)))
        _frames, stored = known.get(key) or (None, None)
        if stored is None or not stored.folder.exists():
            stored = add(home, dataset, now)
            if sum(map(len, frames)) < LARGE:
                known[key] = frames, stored
            return stored
        shelf = home / "tables" / dataset.table
        kept = replace(stored, folder=shelf / stored.version)
        shutil.copytree(stored.folder, kept.folder)
        (shelf / tables.ACTIVE).write_text(kept.version)
        audit.act(
            "keep", kept.table, kept.version, name=kept.origin.name, rows=kept.rows.get(kept.table, 0), shown=True
        )
        return kept

    def added(home: Path, dataset: Dataset, now: datetime, activate: bool = True, **how: Any) -> tables.Stored:
        day = now.date()
        if dataset.origin.kind != "demo" or dataset is not simulated(dataset.table, day):
            if activate and not how and not dataset.written and not (home / "tables" / dataset.table).exists():
                return again(home, dataset, now)
            return add(home, dataset, now, activate, **how)
        shelf = once(f"{dataset.table}-{day}", lambda folder: add(folder, dataset, now)) / "tables" / dataset.table
        version = (shelf / tables.ACTIVE).read_text()
        shutil.copytree(shelf / version, home / "tables" / dataset.table / version, dirs_exist_ok=True)
        if activate:
            tables.activate(home, dataset.table, version)
        return next(one for one in tables.stored(home, dataset.table) if one.version == version)

    return added


@pytest.fixture
def visit(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    migrated: Callable[[Engine], None],
    request: pytest.FixtureRequest,
    stored_once: Callable[..., tables.Stored],
) -> Callable[..., AppTest]:
    """`visit("churn_explore", lang="fr")` runs a page to its end and returns it, without the page of today before it;
    an exception fails the test.

    What the server computed before is forgotten, unless the test before had the same mark `same_data("name")`: the
    two are then as two sessions of one server. Such tests replace no function, and their homes begin alike.
    """
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(tables, "add", stored_once)
    mark = request.node.get_closest_marker("same_data")
    if mark is None or list(mark.args) != _warm:
        st.cache_resource.clear()
        answers.forget_all()
    _warm[:] = mark.args if mark else ()

    def run(page: str = "today", /, **query: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=60)
        if page != "today":
            app._page_hash = calc_hash(page.replace("_", "-"))  # `switch_page` knows no URLs before the first run
        app.query_params.update({"lang": "en"} | query)
        app.run()
        assert not app.exception, app.exception[0].message
        return app

    migrated(state.engine(settings.get().database_url))  # as the server does when it starts
    return run
