"""What every test may ask for: a home of its own, real data where it was given, both databases."""

import atexit
import fcntl
import gc
import os
import shutil
import sqlite3
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

# Before anything else is imported. Threads of processes that share the cores wait for one another; and what is not kept
# compiled, every process of the tests compiles again.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# What outlives its test, and with it the home of that test, does not write into anybody's own.
os.environ["VIGIE_HOME"] = tempfile.mkdtemp(prefix="vigie-tests-")
atexit.register(shutil.rmtree, os.environ["VIGIE_HOME"], ignore_errors=True)

import pandas as pd
import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from pandas.core.arrays._arrow_string_mixins import ArrowStringArrayMixin
from sqlalchemy import Engine, create_engine, event

import settings
from connectors import dates, numbers, predict_future_sales, retail
from data import demo, state, tables
from data.dataset import Dataset
from data.demo import customers as demo_customers
from models.churn import files, training
from models.churn.model import ChurnModel
from models.forecast import panel
from models.forecast.learners import COMBINED, LEARNERS
from models.lifecycle import retraining
from tests import learned, postgres, shop

# Minutes each: the others would wait for whoever began with one of them last. Most of the first is waiting, and the
# others work meanwhile.
FIRST = ["browser", "churn", "ask", "tests/corpus/test_corpus.py"]
ORIGINAL, LEARNED = dict(LEARNERS), panel._learned
demo.dataset = cache(demo.dataset)  # that of a day is always the same
numbers.read, dates.read = learned.columns(numbers.read), learned.columns(dates.read)
# Pandas parses a pattern anew for each column it is looked for in: as long as looking takes in a short one.
ArrowStringArrayMixin._regex_nodes = staticmethod(cache(ArrowStringArrayMixin._regex_nodes))

hypothesis_settings.register_profile("vigie", derandomize=True, deadline=None)
hypothesis_settings.load_profile("vigie")


gc.disable()  # until all tests are collected


def pytest_configure() -> None:
    """Nobody cuts the power of a test: what is written need not be on the disk before the next line runs."""
    os.fsync = lambda fd: None

    @event.listens_for(Engine, "connect")
    def _connected(connection: object, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = OFF")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a file stay in one process where several share the work: what they share is made once."""
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    group = item.get_closest_marker("xdist_group")
    return FIRST.index(group.args[0]) if group and group.args[0] in FIRST else len(FIRST)


def pytest_collection_finish() -> None:
    """What is there before the first test stays to the end: no collection of garbage looks at it again.

    What comes after it is looked through every two million objects, not every seventy thousand.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(10_000, 20, 10)


def pytest_unconfigure() -> None:
    """At the end all of it goes, as libraries that count what is left expect."""
    gc.unfreeze()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty VIGIE_HOME; the settings follow it and nothing else in the environment."""
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(f"VIGIE_{name.upper()}", raising=False)
    monkeypatch.setenv("VIGIE_HOME", str(tmp_path))
    monkeypatch.setattr(settings, "SECRETS", tmp_path / "no-secrets.toml")
    settings.get.cache_clear()
    yield tmp_path
    settings.get.cache_clear()


@pytest.fixture(scope="session")
def telco() -> pd.DataFrame:
    """Simulated customers to train on."""
    return demo_customers.generate(3_000, seed=5)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Callable[[str, Callable[[Path], object]], Path]:
    """`once(name, make)` is the folder that `make` filled: once a run, by whichever test process comes first."""

    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def made(name: str, make: Callable[[Path], object]) -> Path:
        kept = shared / f"{name}-{testrun_uid}"
        with kept.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                making = tmp_path_factory.mktemp(name)
                make(making)
                making.rename(kept)
        return kept

    return made


@pytest.fixture(scope="session")
def churn_model(telco: pd.DataFrame, once: Callable[..., Path]) -> ChurnModel:
    """The model of `telco`, with a league of its own on five folds; trained once a run."""

    def make(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(training, "REPEATS", 1)
            (folder / "model").write_bytes(files.pack(training.train(telco)))

    kept = once("churn", make)
    return files.unpack((kept / "model").read_bytes())


@pytest.fixture(scope="session")
def learned_here(once: Callable[..., Path]) -> Path:
    """Where the test processes leave one another what they learned."""
    return once("learned", lambda _folder: None)


@pytest.fixture
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one model of many series has a quarter of its trees and an eighth of its rows: for what is made of it."""
    monkeypatch.setattr(panel, "ROUNDS", 20)
    monkeypatch.setattr(panel, "ROWS_EACH", 100)


@pytest.fixture
def learned_once(monkeypatch: pytest.MonkeyPatch, learned_here: Path) -> None:
    """A learner of forecasts that meets the same series again says what it said; so does the panel's."""
    for name in list(LEARNERS):
        monkeypatch.setitem(LEARNERS, name, learned.once(ORIGINAL[name], learned_here))
    as_many = learned_here / f"{panel.ROUNDS} trees"  # fewer say something else
    as_many.mkdir(exist_ok=True)
    monkeypatch.setattr(panel, "_learned", learned.once(LEARNED, as_many))


@pytest.fixture
def quick_league(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learners of churn are compared on five folds, not on ten, and five models are behind a band, not thirty.

    For what is made of the one that was chosen.
    """
    monkeypatch.setattr(training, "REPEATS", 1)
    monkeypatch.setattr(training, "RESAMPLED", 5)


@pytest.fixture
def plain_learners(monkeypatch: pytest.MonkeyPatch) -> None:
    """The members of the combination are regressions that cost milliseconds: for what is made of their forecasts."""
    for number, name in enumerate(COMBINED):
        monkeypatch.setitem(LEARNERS, name, LEARNERS["ridge" if number % 2 else "linear"])


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real files (telco, online_retail, ...), given by VIGIE_REAL_DATA."""
    folder = os.environ.get("VIGIE_REAL_DATA")
    if not folder:
        pytest.skip("VIGIE_REAL_DATA does not name a folder with the real data files")
    return Path(folder)


@pytest.fixture(scope="session")
def online_retail(real_data: Path, once: Callable[..., Path]) -> tables.Stored:
    """Online Retail as Vigie keeps it; its file is read once a run."""
    return _kept(once, "retail", retail.dataset, real_data / "online_retail" / "online_retail.csv.gz")


@pytest.fixture(scope="session")
def kaggle_chain(real_data: Path, once: Callable[..., Path]) -> tables.Stored:
    """Kaggle's 1C as Vigie keeps it; its files are read once a run."""
    return _kept(once, "kaggle", predict_future_sales.dataset, real_data / "predict_future_sales")


def _kept(once: Callable[..., Path], name: str, read: Callable[..., Dataset], path: Path) -> tables.Stored:
    now = datetime(2026, 4, 1, tzinfo=UTC)
    stored = tables.active(once(name, lambda home: tables.add(home, read(path), now)), "sales")
    assert stored
    return stored


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this test process, started when the first test asks for it."""
    reason = postgres.install()
    if reason:
        pytest.skip(reason)
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def retrained(once: Callable[..., Path]) -> Path:
    """A home with a shop of 400 days whose demand changed, a champion and a challenger; made once a run."""

    def make(home: Path) -> None:
        engine = state.engine(f"sqlite:///{home / 'vigie.db'}")
        state.migrate(engine)
        shop.keep_lines(home, 400)
        for hour, reason in enumerate(["first", "demand changed"]):
            now = datetime(2026, 1, 5, hour, tzinfo=UTC)
            retraining.retrain(engine, home, "sales", now, "Ana", reason)

    return once("retrained", make)


@pytest.fixture(autouse=True)
def _main() -> Iterator[None]:
    """A page that is run without a browser puts its script in place of the main module, which processes that are begun
    later would run again before anything else."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def migrated_once(postgres_url: str) -> str:
    """The name of a database of the server that has its tables, to be copied."""
    state.migrate(state.engine(_create(postgres_url, "migrated")))
    return "migrated"


def _create(server: str, name: str, template: str = "template1") -> str:
    """The URL of a new database of a PostgreSQL server."""
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        # File by file, not through the log of transactions: half of the time (15 and later).
        how = "STRATEGY file_copy" if connection.info.server_version >= 150_000 else ""
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} {how}".encode())
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, in turn on SQLite and on PostgreSQL; the latter has its tables for who asks for `migrated`."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'vigie.db'}"
    server, known = request.getfixturevalue("postgres_url"), "migrated" in request.fixturenames
    return _create(server, f"vigie_{uuid.uuid4().hex}", *([request.getfixturevalue("migrated_once")] if known else []))


@pytest.fixture(scope="session")
def migrated(once: Callable[..., Path]) -> Callable[[Engine], None]:
    """`state.migrate`; a SQLite file is a copy of one that was migrated once a run, as a PostgreSQL database is."""
    made = once("migrated", lambda folder: state.migrate(state.engine(f"sqlite:///{folder / 'vigie.db'}"))) / "vigie.db"

    def migrate(engine: Engine) -> None:
        if (file := Path(engine.url.database or "")).exists() or engine.dialect.name != "sqlite":
            state.migrate(engine)
        else:
            shutil.copyfile(made, file)

    return migrate


@pytest.fixture
def engine(database_url: str, migrated: Callable[[Engine], None]) -> Iterator[Engine]:
    """The state database with its tables, in turn on SQLite and on PostgreSQL."""
    engine = state.engine(database_url)
    migrated(engine)
    if engine.dialect.name == "postgresql":  # a connection is a process, which learns the tables again
        engine = create_engine(engine.url, json_serializer=state._json)
    yield engine
    engine.dispose()
