"""Imports go one way, and models and charts are functions of their arguments."""

import ast
import os
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from importlinter import cli

from tests.sources import FOLDERS, MODULES, ROOT, files, imports, tree, where

pytestmark = pytest.mark.xdist_group("sources")  # each file is read once

IMPURE_MODULES = {
    "os",
    "io",
    "socket",
    "subprocess",
    "tempfile",
    "time",
    "urllib.request",
    "shutil",
    "settings",
    "logs",
}
HARMLESS = {"from io import BytesIO", "from time import perf_counter"}  # memory, and how long something took
KEEPS_FILES = ROOT / "models" / "lifecycle" / "registry.py"  # under the folder it is given
IMPURE_CALLS = {"open", "input"}
IMPURE_METHODS = {
    *("now", "today", "utcnow"),  # the clock: datetime, date and pandas.Timestamp
    *("open", "read_text", "read_bytes", "write_text", "write_bytes", "exists", "glob", "iterdir", "mkdir", "unlink"),
    *("read_csv", "read_excel", "read_parquet", "read_sql", "to_csv", "to_excel", "to_parquet", "to_sql"),
    *("savefig", "write_html", "write_image", "save_model", "load_model"),
}


def test_the_import_contracts_of_pyproject_hold(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(cli, "_configure_logging", lambda verbose: None)  # it silences every logger there is
    assert cli.lint_imports(no_cache=True, no_logo=True) == 0, capsys.readouterr().out


@pytest.mark.parametrize("floor", ["ui", "charts"])
def test_the_contracts_name_every_section_and_all_that_a_floor_shares(floor):
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    sections = {f"{floor}.{path.parent.name}" for path in (ROOT / floor).glob("*/__init__.py")}
    (independent,) = (one for one in contracts if one["name"] == f"Sections of {floor} are independent")
    (shared,) = (one for one in contracts if one["name"] == "What a floor shares knows no section")
    assert set(independent["modules"]) == sections
    assert sections <= set(shared["forbidden_modules"])
    top = {"ui.pointers"}  # it knows the sections whose pages it points to
    modules = {f"{floor}.{path.stem}" for path in (ROOT / floor).glob("*.py")} - {f"{floor}.__init__"}
    assert modules - top == {one for one in shared["source_modules"] if one.startswith(f"{floor}.")}


@pytest.mark.parametrize("module", ["settings", "logs"])
def test_settings_and_logs_import_nothing_above_them(module):
    above = {*FOLDERS, *MODULES, "streamlit"} - {"settings"}
    assert not [name for name, _ in imports(ROOT / f"{module}.py") if name.split(".")[0] in above]


def test_only_connectors_open_urls():
    found = [
        where(path, node)
        for path in [*ROOT.glob("*.py"), *files(*FOLDERS)]
        if path.relative_to(ROOT).parts[0] != "connectors"
        for name, node in imports(path)
        if name in {"urllib.request", "requests", "urllib3", "http.client", "socket"}
    ]
    assert not found


def test_models_and_charts_touch_no_file_clock_environment_or_widget():
    found = []
    for path in set(files("models", "charts")) - {KEEPS_FILES}:
        found += [
            where(path, node)
            for name, node in imports(path)
            if name in IMPURE_MODULES and ast.unparse(node) not in HARMLESS
        ]
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and (
                (isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS)
                or (isinstance(node.func, ast.Attribute) and node.func.attr in IMPURE_METHODS)
            ):
                found.append(where(path, node))
    assert not found


def test_no_module_of_ui_hides_another():
    # ui/shell.py runs as a script, so ui/ is on sys.path: `import text` must not find ui/text.py.
    mine = {path.stem for path in (ROOT / "ui").glob("*.py")} | {p.parent.name for p in (ROOT / "ui").glob("*/*.py")}
    others = {*sys.stdlib_module_names, *packages_distributions(), *FOLDERS, *MODULES, "tests"}
    assert not (mine - {"__init__", "data"}) & others  # the shell puts the project's own folder first


def test_data_is_the_project_s_where_the_shell_runs_as_a_script(tmp_path):
    # Streamlit puts ui/, which has a `data` too, first on sys.path; nothing has imported the project's yet.
    asked = (
        "from streamlit.testing.v1 import AppTest; from streamlit.util import calc_hash; import sys\n"
        f"app = AppTest.from_file({str(ROOT / 'ui' / 'shell.py')!r}, default_timeout=60)\n"
        "app._page_hash = calc_hash('monitoring-health')\n"  # a page that makes no demo
        "app.run()\n"  # without a database
        "print(sys.modules['data'].__file__)"
    )
    run = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=tmp_path,
        env={**os.environ, "VIGIE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.stdout.splitlines()[-1] == str(ROOT / "data" / "__init__.py"), run.stderr
