"""The locks are what the ranges allow, and everything the code imports is declared."""

import re
import sys
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.sources import FOLDERS, MODULES, ROOT, files, imports

pytestmark = pytest.mark.xdist_group("sources")  # each file is read once

NAMES = ("requirements", "requirements-dev")


def declared(name: str) -> list[Requirement]:
    """The requirements of a file and of the files it includes."""
    found = []
    for line in (ROOT / f"{name}.txt").read_text("utf-8").splitlines():
        text = line.split("#")[0].strip()
        if text.startswith("-r"):
            found += declared(text.removeprefix("-r").strip().removesuffix(".txt"))
        elif text:
            found.append(Requirement(text))
    return found


def locked(name: str) -> list[Requirement]:
    """The lines of a lock."""
    return [Requirement(line) for line in (ROOT / f"{name}.lock").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_the_lock_holds_exact_versions_and_nothing_else(name):
    lines = (ROOT / f"{name}.lock").read_text("utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][\w.+!]*( ; [^#]+)?", line)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_lock_is_within_the_declared_ranges(name):
    pins = {pin.name: str(pin.specifier).removeprefix("==") for pin in locked(name)}
    wrong = [str(r) for r in declared(name) if not r.specifier.contains(pins.get(canonicalize_name(r.name), "0"))]
    assert not wrong


def test_tests_run_on_the_versions_that_users_get():
    assert {str(pin) for pin in locked("requirements")} <= {str(pin) for pin in locked("requirements-dev")}


@pytest.mark.parametrize(
    ("name", "folders"), [("requirements", FOLDERS), ("requirements-dev", ("tests", "benchmarks"))]
)
def test_every_import_is_declared(name, folders):
    here = [r for r in declared(name) if r.marker is None or r.marker.evaluate()]
    known = {canonicalize_name(r.name) for r in here}
    installed = packages_distributions()
    code = files(*folders) + (list(ROOT.glob("*.py")) if name == "requirements" else [])
    code = [path for path in code if not path.stem.endswith("_peer")]  # run in an environment of their own
    own = {*FOLDERS, *MODULES, "tests", "benchmarks", *sys.stdlib_module_names}
    used = {module.split(".")[0] for path in code for module, _ in imports(path)} - own
    missing = {m for m in used if not known & {canonicalize_name(d) for d in installed.get(m, [])}}
    assert not missing - {r.name for extra in ("deep", "spark") for r in declared(f"requirements-{extra}")}


@pytest.mark.parametrize(
    ("machine", "wanted"), [("linux", {"xgboost-cpu"}), ("darwin", {"xgboost"}), ("win32", {"xgboost"})]
)
def test_no_machine_gets_two_xgboosts_and_linux_gets_no_cuda(machine, wanted):
    pins = [pin for pin in locked("requirements") if not pin.marker or pin.marker.evaluate({"sys_platform": machine})]
    assert {pin.name for pin in pins if "xgboost" in pin.name or "nvidia" in pin.name} == wanted
