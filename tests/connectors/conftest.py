"""An origin on this machine that can be slow, wrong, cut off, rate-limited or gone."""

import gzip
import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import duckdb
import psycopg
import pymysql
import pytest

import settings
from tests import mariadb

GOOD = b"customerID,x\n" + b"1,2\n" * 5_000


class Origin:
    """A server whose next answers are set by the test: `answers` holds functions of the request handler."""

    def __init__(self) -> None:
        self.answers: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.requests: list[dict[str, str]] = []
        origin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                origin.requests.append({**dict(self.headers), "path": self.path})
                answer = origin.answers.pop(0) if len(origin.answers) > 1 else origin.answers[0]
                answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/file.csv"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


def send(
    body: bytes = GOOD, status: int = 200, *, length: int | None = None, pause: float = 0, **headers: str
) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer. `length` lies about the body's, `pause` waits before it; header names with _ for -."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(pause)
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def packed(body: bytes = GOOD) -> Callable[[BaseHTTPRequestHandler], None]:
    """The body under gzip."""
    return send(gzip.compress(body), Content_Encoding="gzip")


def unless_known(etag: str, body: bytes = GOOD) -> Callable[[BaseHTTPRequestHandler], None]:
    """304 to whoever knows the ETag, the body to others."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        known = handler.headers.get("If-None-Match") == etag
        (send(b"", 304, ETag=etag) if known else send(body, ETag=etag))(handler)

    return answer


def lists(most: int = 1_000, /, **rows: list) -> Callable[[BaseHTTPRequestHandler], None]:
    """The lists of a shop by their paths, in pages of at most `most` rows; whole rows, whatever was selected."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = urlsplit(handler.path)
        name, params = asked.path.strip("/"), parse_qs(asked.query)
        if name not in rows:
            send(b"<!DOCTYPE html><title>Page not found</title>", 404)(handler)
            return
        skip = int(params.get("skip", ["0"])[0])
        page = rows[name][skip : skip + min(int(params.get("limit", ["30"])[0]), most)]
        send(json.dumps({name: page, "total": len(rows[name]), "skip": skip, "limit": len(page)}).encode())(handler)

    return answer


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A fresh origin, stopped after the test."""
    made = Origin()
    yield made
    made.server.shutdown()


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """A MariaDB server of this test process, started when the first test asks for it."""
    reason = mariadb.install()
    if reason:
        pytest.skip(reason)
    with mariadb.server() as url:
        yield url


@dataclass(frozen=True)
class Database:
    """An empty database of some `kind` that the settings call "shop": `run` runs statements as its owner."""

    kind: str
    url: str
    run: Callable[..., list]


def postgres_database(url: str) -> Database:
    """A fresh database of a PostgreSQL server."""
    name = f"shop_{uuid.uuid4().hex}"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    own = url.replace("/postgres?", f"/{name}?")

    def run(*statements: str) -> list:
        with psycopg.connect(own.replace("+psycopg", ""), autocommit=True) as connection:
            cursors = [connection.execute(statement.encode()) for statement in statements]
            return cursors[-1].fetchall() if cursors[-1].description else []

    return Database("postgresql", own, run)


def mariadb_database(url: str) -> Database:
    """A fresh database of a MariaDB server."""
    name, socket = f"shop_{uuid.uuid4().hex}", url.split("unix_socket=")[1].split("&")[0]
    own = url.replace("/shop?", f"/{name}?")

    def run(*statements: str) -> list:
        with pymysql.connect(unix_socket=socket, user="root", autocommit=True, charset="utf8mb4") as connection:
            cursor = connection.cursor()
            for statement in (f"CREATE DATABASE IF NOT EXISTS {name}", f"USE {name}", *statements):
                cursor.execute(statement)
            return list(cursor.fetchall())

    run()
    return Database("mariadb", own, run)


def sqlite_database(folder: Path) -> Database:
    """A SQLite file."""

    def run(*statements: str) -> list:
        with closing(sqlite3.connect(folder / "shop.sqlite", isolation_level=None)) as connection:
            return [connection.execute(statement) for statement in statements][-1].fetchall()

    run("PRAGMA journal_mode = wal")
    return Database("sqlite", f"sqlite:///{folder / 'shop.sqlite'}", run)


def duckdb_database(folder: Path) -> Database:
    """A DuckDB file."""

    def run(*statements: str) -> list:
        with duckdb.connect(str(folder / "shop.duckdb")) as connection:
            return [connection.execute(statement).fetchall() for statement in statements][-1]

    run("SELECT 1")
    return Database("duckdb", f"duckdb:///{folder / 'shop.duckdb'}", run)


@pytest.fixture
def named(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`named(shop=url)` has the settings name databases."""

    def name(**urls: str) -> None:
        monkeypatch.setenv("VIGIE_DATABASES", " ".join(f"{key}={url}" for key, url in urls.items()))
        settings.get.cache_clear()

    return name


@pytest.fixture(params=["postgresql", "mariadb", "sqlite", "duckdb"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, named: Callable[..., None]) -> Database:
    """An empty database called "shop" in the settings, of each kind in turn."""
    folder = tmp_path / "databases"
    folder.mkdir()
    made = {
        "postgresql": lambda: postgres_database(request.getfixturevalue("postgres_url")),
        "mariadb": lambda: mariadb_database(request.getfixturevalue("mariadb_url")),
        "sqlite": lambda: sqlite_database(folder),
        "duckdb": lambda: duckdb_database(folder),
    }[request.param]()
    named(shop=made.url)
    return made


only = partial(pytest.mark.parametrize, "shop", indirect=True)  # @only(["postgresql"])
