"""An origin on this machine that can be slow, wrong, cut off, rate-limited or gone."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

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
