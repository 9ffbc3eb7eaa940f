"""What stands before the first page: a port that is open at once, and pages that wait for what they need."""

import asyncio
import gc
import subprocess
import sys
from types import SimpleNamespace
from typing import cast

import pytest
import streamlit as st

from tests import asgi
from tests.sources import ROOT
from ui import server

HEAVY = ("pandas", "duckdb", "sqlalchemy", "pandera", "sklearn", "ui.store")


def test_the_launcher_imports_nothing_heavy():
    code = f"import sys, app\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_first_page_waits_for_nothing_that_draws_or_computes_what_it_does_not_show():
    late = ("fpdf", "matplotlib", "scipy.special", "scipy.stats", "sklearn", "statsmodels", "xgboost", "prophet")
    code = (
        "import importlib, sys\nfrom ui import beginning\n"
        "for name in beginning.TODAY: importlib.import_module(name)\n"
        f"print([name for name in {late!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def beginning(home, monkeypatch):
    """What begins behind the port, as a list of what was done; `fails` is raised instead where it is set."""
    told = SimpleNamespace(done=[], fails=None)

    def opened(_chosen: object, stop: object) -> None:
        told.done.append(("opened", server.begun.is_set()))
        if told.fails:
            raise told.fails

    async def warm_up() -> None:
        told.done.append(("warmed", server.begun.is_set()))
        told.looked = gc.isenabled()

    fake = SimpleNamespace(opened=opened, warm_up=warm_up)
    monkeypatch.setattr(server.importlib, "import_module", lambda name: {"ui.beginning": fake}[name])
    monkeypatch.setattr(server.logs, "setup", lambda *_given, **_named: None)
    yield told
    server.begun.set()


async def _served() -> bool:
    """Whether pages had to wait while the port was opened."""
    async with server.lifespan(cast(st.App, None)):
        waited = not server.begun.is_set()
        await asyncio.sleep(0.2)
    return waited


def test_pages_wait_until_the_state_is_open_and_not_for_what_is_imported_ahead(beginning):
    assert asgi.run(_served())
    assert beginning.done == [("opened", False), ("warmed", True)]


def test_garbage_is_looked_for_again_once_what_stays_is_there(beginning):
    asgi.run(_served())
    assert not beginning.looked  # while it is imported
    assert gc.isenabled()


def test_what_cannot_begin_ends_the_server_with_its_sentence(beginning, monkeypatch, capsys):
    beginning.fails = RuntimeError("The state database was written by a newer Vigie.")
    codes = []
    monkeypatch.setattr(server.os, "_exit", codes.append)
    assert asgi.run(_served())
    assert codes == [1]
    assert capsys.readouterr().err == "The state database was written by a newer Vigie.\n"
    assert beginning.done == [("opened", False)]
