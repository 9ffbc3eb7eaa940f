"""What comes with a file: its name is text wherever it stands, and a session keeps so much on the server at most."""

import asyncio
import re
from types import SimpleNamespace

import pytest
from streamlit import runtime

from tests import asgi
from ui import guard
from ui.text import plain

# How GitHub's Markdown finds addresses in text, after everything else is read (mdast-util-gfm-autolink-literal).
ADDRESS = re.compile(r"(https?://|www(?=\.))([-.\w]+)([^ \t\r\n]*)", re.IGNORECASE | re.ASCII)
EMAIL = re.compile(r"([-.\w+]+)@([-\w]+(?:\.[-\w]+)+)", re.ASCII)


@pytest.mark.parametrize(
    "name",
    [
        "http://evil.example.csv",
        "HTTPS://evil.example/a.csv",
        "see www.evil.example.csv",
        "WWW.evil.example",
        "me@evil.example.csv",
        "mailto:me@evil.example",
        "xmpp:me@evil.example/a",
        "a.http://b@c.example www.d.example",
        "[a](http://evil.example) <http://evil.example> ![](https://evil.example)",
    ],
)
def test_an_address_in_a_name_becomes_no_link(name):
    assert ADDRESS.search(name) or EMAIL.search(name)
    read = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", plain(name))  # as Markdown reads what is escaped
    assert read.replace("\u2060", "") == name
    assert not ADDRESS.search(read)
    assert not EMAIL.search(read)


def test_a_session_keeps_no_more_than_twice_the_limit(home, monkeypatch):
    monkeypatch.setenv("VIGIE_UPLOAD_LIMIT_MB", "1")
    kept: dict[str, dict[str, SimpleNamespace]] = {}
    monkeypatch.setattr(
        runtime, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=SimpleNamespace(file_storage=kept))
    )

    async def takes(scope, receive, send):
        _stcore, _upload, session, file = scope["path"].strip("/").split("/")
        await asyncio.sleep(0.01)  # others come meanwhile
        kept.setdefault(session, {})[file] = SimpleNamespace(data=bytes(int(dict(scope["headers"])[b"content-length"])))
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def put(session, file, length, method="PUT"):
        sent = []

        async def send(message):
            sent.append(message)

        headers = [] if length is None else [(b"content-length", length)]
        path = f"/_stcore/upload_file/{session}/{file}"
        await bounded({"type": "http", "method": method, "path": path, "headers": headers}, None, send)
        return sent[0]["status"]

    async def several():
        return await asyncio.gather(*(put("a", n, b"900000") for n in range(12)))

    bounded = guard.Bounded(takes)
    assert sorted(asgi.run(several())) == [204] * 2 + [413] * 10
    assert asgi.run(put("a", "more", b"900000")) == 413
    assert asgi.run(put("b", "one", b"900000")) == 204  # each session has its own
    assert [asgi.run(put("c", "x", odd)) for odd in (None, b"-1", b"9" * 5_000, b"1e3")] == [413] * 4
    kept.pop("a")  # the session ended
    assert asgi.run(put("a", "again", b"900000")) == 204
    assert not bounded.coming
