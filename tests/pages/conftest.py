"""Pages run without a browser, through the shell, as a visitor of a fresh installation meets them."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import settings
from data import demo, state
from ui import answers

ROOT = Path(__file__).resolve().parents[2]
simulated = cache(demo.dataset)  # that of a day is always the same
_warm: list[str] = []  # what the caches are of
# A page run by itself looks for components among all installed packages, a fifth of a second each time.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(autouse=True)
def _learned_once(learned_once: None) -> None:
    pass


@pytest.fixture
def visit(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    migrated: Callable[[Engine], None],
    request: pytest.FixtureRequest,
) -> Callable[..., AppTest]:
    """`visit("churn_explore", lang="fr")` runs a page to its end and returns it, without the page of today before it;
    an exception fails the test.

    What the server computed before is forgotten, unless the test before had the same mark `same_data("name")`: the
    two are then as two sessions of one server. Such tests replace no function, and their homes begin alike.
    """
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(demo, "dataset", simulated)
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
