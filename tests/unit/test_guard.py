"""Who is let in, and what every answer carries. What a real server answers is in tests/attack and tests/browser."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import settings
from tests import asgi
from ui import guard

OWN = "localhost:8501"
PROMISED = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def greet(request: Request) -> Response:
    return PlainTextResponse(request.headers["host"], headers={"X-Frame-Options": "ALLOWALL"})


def fail(_request: Request) -> Response:
    raise RuntimeError("a bug")


@pytest.fixture
def ask(home, monkeypatch):
    """`ask(path, method, host=..., origin=...)` gives status, headers and body of the answer, named hosts set."""
    monkeypatch.setenv("VIGIE_ALLOWED_HOSTS", "vigie.example.com, *.corp.example [fd00::7]")
    settings.get.cache_clear()
    app = Starlette(
        routes=[Route("/", greet, methods=["GET", "PUT"]), Route("/fail", fail)],
        middleware=[Middleware(guard.Guard)],
        exception_handlers={Exception: guard.broken},
    )

    def asked(path="/", method="GET", **headers: str):
        said = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            said.append(message)

        pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": pairs}
        try:
            asgi.run(app(scope, receive, send))
        except RuntimeError:  # raised again for the server's log
            assert path == "/fail"
        got = {name.decode(): value.decode() for name, value in said[0]["headers"]}
        return said[0]["status"], got, said[1]["body"].decode()

    return asked


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *(
            (host, 200)
            for host in (OWN, "LOCALHOST", "localhost.", "127.0.0.1:80", "[::1]:8501", "vigie.example.com:443")
        ),
        *((host, 200) for host in ("a.corp.example", "a.b.corp.example", "[fd00::7]")),
        *(
            (host, 403)
            for host in ("evil.example", "corp.example", "corp.example.evil", "localhost.evil", "", "*", "::1")
        ),
        *(
            (host, 403)
            for host in ("localhost:x", "localhost@evil", "evil@localhost", "localhost/", "0.0.0.0", "local host")
        ),
    ],
)
def test_only_known_names_are_answered(ask, host, status):
    assert ask(host=host)[0] == status


def test_a_refusal_says_what_to_do(ask):
    assert "VIGIE_ALLOWED_HOSTS" in ask(host="evil.example")[2]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (f"http://{OWN}", 200),
        ("https://vigie.example.com", 200),
        ("http://evil.example", 403),
        ("http://localhost:3000", 403),
        ("null", 403),
        (OWN, 403),
        ("file://", 403),
    ],
)
def test_changes_come_from_the_same_origin_or_a_named_one(ask, origin, status):
    assert ask(method="PUT", host=OWN, origin=origin)[0] == status
    assert ask(host=OWN, origin=origin)[0] == 200  # reading it is what the browser forbids
    assert ask(method="PUT", host=OWN)[0] == 200  # no browser


def test_behind_a_proxy_streamlit_sees_the_name_that_was_asked_for(ask):
    assert ask(method="PUT", host=OWN, origin="https://vigie.example.com")[2] == "vigie.example.com"


@pytest.mark.parametrize(
    ("path", "host", "status"), [("/", OWN, 200), ("/", "x", 403), ("/no", OWN, 404), ("/fail", OWN, 500)]
)
def test_every_answer_carries_the_headers_once(ask, path, host, status):
    code, headers, _body = ask(path, host=host)
    assert code == status
    assert {name: headers.get(name) for name in PROMISED} == PROMISED
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["frame-ancestors"] == policy["object-src"] == policy["frame-src"] == "'none'"
    assert policy["default-src"] == "'self'"
    assert "unsafe" not in policy["script-src"]
    assert "http" not in policy["script-src"]


def test_names_are_given_without_scheme_and_port(home, monkeypatch):
    for wrong in ("https://vigie.example.com", "vigie.example.com:443", "*", "a..b"):
        monkeypatch.setenv("VIGIE_ALLOWED_HOSTS", wrong)
        settings.get.cache_clear()
        with pytest.raises(settings.SettingsError, match=r"such as vigie\.example\.com"):
            settings.get()
