"""An order reaches a supplier's mail server or webhook once; of one that hangs it is said that nobody knows."""

import base64
import json
import socket
import threading
import time
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller

import settings
from connectors import BadResponse, RateLimited, Unavailable, suppliers
from connectors.suppliers import Letter, NotKnown

KEY = "0f" * 32
LETTER = Letter(
    KEY, "Order 1\nBcc: x@evil.org", "été\n.\n. dot", "order_1.csv", "text/csv", b"a,b\r\n.x,1\r\n", {"order": "1"}
)


@pytest.fixture
def set_up(home, monkeypatch):
    """`set_up(order_mail=..., private_hosts=...)` sets settings; a try may take half a second."""

    def made(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"VIGIE_{name.upper()}", value)
        settings.get.cache_clear()

    monkeypatch.setattr(suppliers, "SECONDS", 2.0)
    made()
    return made


class Post:
    """A mail server that answers `answers` by command; `hang` waits at the end of the letter."""

    def __init__(self):
        self.received, self.answers, self.hang = [], {}, False
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"mailto://127.0.0.1:{self.port}?from=Buying<buy@example.org>&mode=insecure"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  # the library's name
        if "RCPT" not in self.answers:
            envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # the library's name
        if self.hang:
            import asyncio

            await asyncio.sleep(20)
        self.received.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return self.answers.get("DATA", "250 OK")


@pytest.fixture
def post():
    made = Post()
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    yield made
    controller.stop(no_assert=True)


def test_an_order_arrives_by_mail_with_its_file_under_its_key(set_up, post):
    set_up(order_mail=post.url)
    suppliers.send("orders@supplier.example", LETTER)
    ((sender, to, raw),) = post.received
    assert (sender, to) == ("buy@example.org", ["orders@supplier.example"])
    letter = message_from_bytes(raw, policy=default)
    assert letter["Message-ID"] == f"<{KEY}@example.org>"
    assert letter["Subject"] == "Order 1 Bcc: x@evil.org"
    assert letter["Bcc"] is None
    assert letter.get_body().get_content().split() == ["été", ".", ".", "dot"]
    (file,) = letter.iter_attachments()
    assert file.get_filename() == "order_1.csv"
    assert file.get_payload(decode=True).replace(b"\r\n", b"\n") == b"a,b\n.x,1\n"


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("RCPT", "550 nobody here", BadResponse),
        ("RCPT", "451 busy", Unavailable),
        ("DATA", "554 no", BadResponse),
        ("DATA", "452 full", Unavailable),
    ],
)
def test_a_letter_that_is_refused_surely_did_not_arrive(set_up, post, command, answer, error):
    set_up(order_mail=post.url)
    post.answers[command] = answer
    with pytest.raises(error, match=answer[:3]) as failed:
        suppliers.send("orders@supplier.example", LETTER)
    assert not isinstance(failed.value, NotKnown)


def test_a_mail_server_that_hangs_after_the_letter_leaves_it_unknown(set_up, post):
    set_up(order_mail=post.url)
    post.hang = True
    began = time.monotonic()
    with pytest.raises(NotKnown, match="did not say in time"):
        suppliers.send("orders@supplier.example", LETTER)
    assert time.monotonic() - began < 15


def test_a_mail_server_that_says_nothing_or_is_not_there_surely_got_nothing(set_up):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        set_up(order_mail=f"mailto://127.0.0.1:{silent.getsockname()[1]}?from=a@b.org&mode=insecure")
        with pytest.raises(Unavailable, match="cannot be reached"):
            suppliers.send("orders@supplier.example", LETTER)
    set_up(order_mail="mailto://127.0.0.1:9?from=a@b.org&mode=insecure")
    with pytest.raises(Unavailable, match="cannot be reached"):
        suppliers.send("orders@supplier.example", LETTER)


@pytest.mark.parametrize(
    ("url", "said"), [("", "No mail server is set"), ("json://x/", "is no mail server"), ("no", "is no mail server")]
)
def test_without_a_mail_server_there_is_a_sentence(set_up, url, said):
    set_up(order_mail=url)
    with pytest.raises(BadResponse, match=said):
        suppliers.send("orders@supplier.example", LETTER)


@pytest.fixture
def hook():
    """A webhook: its URL, what it was told, and how it is to answer (status, pause, headers)."""
    heard, mood = [], {"status": 200, "pause": 0.0, "headers": {}}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):  # the library's name
            heard.append(
                (dict(self.headers), self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            )
            time.sleep(mood["pause"])
            self.send_response(mood["status"])
            for name, value in mood["headers"].items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, format, *args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/t0ken", heard, mood
    server.shutdown()


def test_an_order_arrives_at_a_webhook_under_its_key(set_up, hook):
    url, heard, _mood = hook
    set_up(private_hosts="127.0.0.1")
    suppliers.send(url, LETTER)
    ((headers, path, body),) = heard
    assert (headers["Idempotency-Key"], path) == (KEY, "/t0ken")
    assert (body["key"], body["order"]) == (KEY, "1")
    assert base64.b64decode(body["file"]["base64"]) == LETTER.content


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (500, {}, Unavailable),
        (429, {}, RateLimited),
        (404, {}, BadResponse),
        (302, {"Location": "http://127.0.0.1:9/elsewhere"}, BadResponse),
        (307, {"Location": "https://evil.example/"}, BadResponse),
    ],
)
def test_a_webhook_that_refuses_is_said_without_its_token_and_asked_once(set_up, hook, caplog, status, headers, error):
    url, heard, mood = hook
    set_up(private_hosts="127.0.0.1")
    mood |= {"status": status, "headers": headers}
    with pytest.raises(error) as failed:
        suppliers.send(url, LETTER)
    assert not isinstance(failed.value, NotKnown)
    assert len(heard) == 1
    assert "t0ken" not in str(failed.value) + " ".join(
        one.getMessage() for one in caplog.records if "vigie" in one.name
    )


def test_a_webhook_that_hangs_leaves_it_unknown_and_a_closed_port_does_not(set_up, hook):
    url, heard, mood = hook
    set_up(private_hosts="127.0.0.1")
    mood["pause"] = 20
    began = time.monotonic()
    with pytest.raises(NotKnown) as failed:
        suppliers.send(url, LETTER)
    assert time.monotonic() - began < 15
    assert len(heard) == 1
    assert "t0ken" not in str(failed.value)
    with pytest.raises(Unavailable, match="cannot be reached"):
        suppliers.send("http://127.0.0.1:9/t0ken", LETTER)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "has no address"),
        ("nobody", "e-mail address, or to a webhook"),
        ("a@b", "e-mail address, or to a webhook"),
        ("a@b.org, c@d.org", "e-mail address, or to a webhook"),
        ("a@b.org\nBcc: c@d.org", "e-mail address, or to a webhook"),
        ("ftp://b.org/", "e-mail address, or to a webhook"),
        ("https://b.org:99999/", "e-mail address, or to a webhook"),
        ("http://b.org/", "starts with https"),
        ("https://127.0.0.1/", "private network"),
        ("https://localhost/", "private network"),
        ("https://shop.internal/", "private network"),
        ("https://169.254.169.254/latest", "private network"),
    ],
)
def test_an_address_that_is_none_or_leads_inside_is_refused(set_up, address, said):
    with pytest.raises(BadResponse, match=said):
        suppliers.send(address, LETTER)


def test_of_a_webhook_only_its_host_is_shown():
    assert suppliers.shown("https://user:s3cret@hooks.example.org/t0ken?x=1") == "https://hooks.example.org"
    assert suppliers.shown("a@b.org") == "a@b.org"
