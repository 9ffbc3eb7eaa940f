"""A language model that answers well, badly, slowly and with nonsense; and what is believed of it."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import settings
from benchmarks import ask as bench
from benchmarks import ask_shops
from connectors import BadResponse, ConnectorError, RateLimited, Unavailable, llm
from data import tables
from models.ask import advised
from models.ask.query import Filter, Query


@pytest.fixture
def model(home, monkeypatch):
    """A server that gives `answer` (status, body, pause between two halves of it), and keeps what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        answer = (200, b"", 0.0)
        asked: list[tuple[dict, dict]] = []

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            Handler.asked.append((dict(self.headers), body))
            status, said, pause = Handler.answer
            self.send_response(status)
            self.end_headers()
            for part in (said[: len(said) // 2], said[len(said) // 2 :]):
                try:
                    self.wfile.write(part)
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(pause)

        def log_message(self, format, *args):
            pass

    Handler.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("VIGIE_LLM_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("VIGIE_LLM_MODEL", "small")
    monkeypatch.setenv("VIGIE_LLM_KEY", "secret-key")
    monkeypatch.setattr(llm, "SECONDS", 1.0)
    settings.get.cache_clear()
    yield Handler
    server.shutdown()
    server.server_close()


def said(content):
    return json.dumps({"choices": [{"message": {"content": content}}]}).encode()


@pytest.mark.parametrize("fence", ["{}", "```json\n{}\n```", "```\n{}```"])
def test_an_object_comes_back_with_or_without_a_fence(model, fence):
    model.answer = (200, said(fence.replace("{}", '{"measures": ["revenue"]}')), 0.0)
    assert llm.completed("you are", "revenue?", {"type": "object"}) == {"measures": ["revenue"]}
    headers, body = model.asked[0]
    assert headers["Authorization"] == "Bearer secret-key"
    assert body["messages"][1]["content"] == "revenue?"
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((200, b"", 0.0), BadResponse),
        ((200, b"<html>", 0.0), BadResponse),
        ((200, b'{"choices": []}', 0.0), BadResponse),
        ((200, said("I think it is revenue."), 0.0), BadResponse),
        ((200, said("[1, 2]"), 0.0), BadResponse),
        ((200, said(None), 0.0), BadResponse),
        ((200, b"[" * 100_000, 0.0), BadResponse),
        ((200, b"x" * 300_000, 0.0), BadResponse),
        ((302, b"", 0.0), BadResponse),
        ((401, b"secret-key is wrong", 0.0), BadResponse),
        ((429, b"", 0.0), RateLimited),
        ((500, b"", 0.0), Unavailable),
        ((200, said("{}"), 1.5), Unavailable),
    ],
)
def test_anything_else_is_one_sentence_without_the_key(model, answer, error):
    model.answer = answer
    begin = time.monotonic()
    with pytest.raises(error) as raised:
        llm.completed("you are", "revenue?", {})
    assert time.monotonic() - begin < 4
    assert "secret-key" not in raised.value.sentence()
    assert "127.0.0.1" not in raised.value.sentence()


def test_nobody_is_asked_unless_a_model_is_named(home):
    assert not llm.configured()


def test_a_server_that_is_not_there_is_a_sentence(model, monkeypatch):
    monkeypatch.setenv("VIGIE_LLM_URL", "http://127.0.0.1:9/v1")
    settings.get.cache_clear()
    with pytest.raises(ConnectorError):
        llm.completed("", "", {})


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    sold = tables.add(tmp_path_factory.mktemp("shop"), bench.read(ask_shops.bakery(), "boulangerie.csv"), bench.NOW)
    catalogue, _words = bench.known(sold, None)
    return catalogue, {"vendeur": ["Léa", "Karim", "Chloé"]}


def test_it_is_told_definitions_and_no_data(shop):
    told = advised.instructions(shop[0])
    assert "revenue" in told
    assert "vendeur" in told
    assert not any(name in told for name in ("Léa", "Karim", "Croissant", "Espèces"))


@pytest.mark.parametrize(
    ("answer", "query"),
    [
        ({"measures": ["revenue"], "by": ["vendeur"]}, Query(("revenue",), ("vendeur",))),
        (
            {"measures": ["units"], "filters": [{"dimension": "vendeur", "values": ["lea"]}], "period": "2025"},
            Query(("units",), filters=(Filter("vendeur", ("Léa",)),), period="2025"),
        ),
        ({"measures": []}, None),
        ({"measures": ["profit"]}, None),
        ({"measures": ["revenue"], "by": ["vendeur; DROP TABLE sales"]}, None),
        ({"measures": ["revenue"], "filters": [{"dimension": "vendeur", "values": ["Nobody"]}]}, None),
        ({"measures": ["revenue"], "filters": [{"dimension": "vendeur", "values": []}]}, None),
        ({"measures": ["revenue"], "period": "next year"}, None),
        ({"measures": ["revenue"], "order": "up"}, None),
        ({"measures": "revenue"}, None),
        ({"sql": "select 1"}, None),
        ({}, None),
    ],
)
def test_only_what_is_known_here_is_believed(shop, answer, query):
    catalogue, levels = shop
    assert advised.believed(catalogue, levels, {}, answer) == query
