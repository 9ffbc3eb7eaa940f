"""Notifications reach a mail server and a webhook; one that refuses, hangs or is not well is said, and no secret is."""

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller

import settings
from connectors import BadResponse, Unavailable, notify


@pytest.fixture
def channels(home, monkeypatch):
    """The channels of a setting."""

    def made(urls: str):
        monkeypatch.setenv("VIGIE_NOTIFY_URLS", urls)
        settings.get.cache_clear()
        return notify.channels()

    monkeypatch.setattr(notify, "SECONDS", 3.0)
    return made


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict], dict]]:
    """A webhook: its host and port, what it was told, and how it is to answer (status, pause)."""
    heard: list[dict] = []
    mood = {"status": 200, "pause": 0.0}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(mood["pause"])
            heard.append(json.loads(body))
            self.send_response(int(mood["status"]))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", heard, mood
    server.shutdown()


class Mailbox:
    """What a mail server received."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  # the library's name
        self.received.append(envelope.content)
        return "250 OK"


@pytest.fixture
def mail() -> Iterator[tuple[int, Mailbox]]:
    """A mail server on this machine: its port and what it received."""
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield port, box
    controller.stop()


def test_an_alert_arrives_by_mail_as_it_was_written(channels, mail):
    port, box = mail
    (send,) = channels(f"mailto://127.0.0.1:{port}?from=vigie@example.org&to=team@example.org&mode=insecure").values()
    send("Vigie: 1 alert about sales", "unit_price <b>été</b> *x*\nsecond line")
    (raw,) = box.received
    letter = message_from_bytes(raw)
    assert letter["Subject"] == "Vigie: 1 alert about sales"
    assert letter["To"] == "team@example.org"
    parts = {
        part.get_content_type(): part.get_payload(decode=True) for part in letter.walk() if not part.is_multipart()
    }
    text = b"".join(filter(None, parts.values())).decode()
    assert "été" in text
    assert "second line" in text
    assert "<b>été</b>" not in parts.get("text/html", b"").decode()


def test_a_file_is_sent_along(channels, mail, tmp_path):
    port, box = mail
    (tmp_path / "sales.pdf").write_bytes(b"%PDF-1.7 a board")
    (send,) = channels(f"mailto://127.0.0.1:{port}?from=vigie@example.org&to=team@example.org&mode=insecure").values()
    send("Sales", "until today", [tmp_path / "sales.pdf"])
    parts = list(message_from_bytes(box.received[0]).walk())
    (sent,) = [part for part in parts if part.get_filename() == "sales.pdf"]
    assert sent.get_payload(decode=True) == b"%PDF-1.7 a board"


def test_an_alert_arrives_at_a_webhook(channels, webhook):
    host, heard, _mood = webhook
    (send,) = channels(f"json://user:s3cret@{host}/hook?x=1").values()
    send("title", "text")
    assert (heard[0]["title"], heard[0]["message"]) == ("title", "text")


@pytest.mark.parametrize("status", [500, 403, 302])
def test_a_webhook_that_is_not_well_or_refuses_is_said_without_its_secrets(channels, webhook, caplog, status):
    host, _heard, mood = webhook
    mood["status"] = status
    ((name, send),) = channels(f"json://user:s3cret@{host}/t0ken").items()
    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable, match="did not take the message") as failed:
        send("title", "text")
    assert name == f"json://{host}"
    assert str(failed.value).startswith(name)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("urllib3", "asyncio"))]
    assert not [
        line for line in [*ours, str(failed.value), repr(failed.value.values)] if "s3cret" in line or "t0ken" in line
    ]


def test_a_server_that_hangs_is_given_up(channels, webhook):
    host, _heard, mood = webhook
    mood["pause"] = 20
    (send,) = channels(f"json://{host}/").values()
    began = time.monotonic()
    with pytest.raises(Unavailable):
        send("title", "text")
    assert time.monotonic() - began < 4


def test_a_mail_server_that_accepts_and_says_nothing_is_given_up(channels):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (send,) = channels(
            f"mailto://127.0.0.1:{silent.getsockname()[1]}?from=a@b.org&to=c@d.org&mode=insecure"
        ).values()
        began = time.monotonic()
        with pytest.raises(Unavailable):
            send("title", "text")
        assert time.monotonic() - began < 4


def test_a_closed_port_is_said(channels):
    for send in channels("json://127.0.0.1:9/ mailto://127.0.0.1:9?from=a@b.org&to=c@d.org&mode=insecure").values():
        with pytest.raises(Unavailable, match="did not take the message"):
            send("title", "text")


def test_an_address_that_means_nothing_is_said(channels):
    ((name, send),) = channels("nonsense://user:s3cret@host.example.org/").items()
    with pytest.raises(BadResponse, match="VIGIE_NOTIFY_URLS"):
        send("title", "text")
    assert name == "nonsense://host.example.org"


def test_channels_are_apart_by_spaces_or_commas_and_named_without_tokens(channels):
    found = channels(
        "mailto://u:s3cret@mail.example.org?to=a@x.org,b@x.org, slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ\n"
        "mailto://u:s3cret@mail.example.org?to=c@x.org workflows://prod.logic.azure.com:443/s3cret/signature"
    )
    assert list(found) == [
        "mailto://mail.example.org",
        "slack://",
        "mailto://mail.example.org (2)",
        "workflows://prod.logic.azure.com:443",
    ]
    assert channels("") == {}


def test_secrets_are_not_shown_with_the_settings(channels):
    channels("mailto://u:s3cret@mail.example.org")
    assert "s3cret" not in repr(settings.get())
    assert "s3cret" not in settings.get().model_dump_json()
