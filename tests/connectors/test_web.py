"""A file of the web is read as an uploaded one is, from where it may be read, and shows its key to one host alone."""

import json
from datetime import UTC, datetime

import pytest

import settings
from connectors import BadResponse, ConnectorError, fetched, mapping, web
from data import tables
from tests.connectors.conftest import send
from tests.connectors.test_sql import quiet

NOW = datetime(2024, 6, 1, tzinfo=UTC)
LINES = b"date;product;quantity;unit_price\n" + b"".join(
    b"%02d.01.2024;P%d;%d;1,25\n" % (1 + i % 28, i % 3, i % 4 + 1) for i in range(80)
)
TOTAL = sum((i % 4 + 1) * 1.25 for i in range(80))


@pytest.fixture
def allowed(home, monkeypatch):
    """Vigie may read from this machine, and shows it a key."""
    monkeypatch.setenv("VIGIE_PRIVATE_HOSTS", "127.0.0.1")
    monkeypatch.setenv("VIGIE_HEADERS", json.dumps({"127.0.0.1": {"X-Key": "hunter2"}}))
    settings.get.cache_clear()
    return home


def bring(home, url, step=quiet):
    return fetched.bring(home, web.SOURCE, url, web.called(url), None, (), step, NOW)[0]


def revenue(home, kept):
    raw = fetched.raw(home, kept, 10_000_000)
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, kept.name, "EUR")
    return (made.main["quantity"] * made.main["unit_price"]).sum(), made


def test_a_file_is_read_and_brought_up_to_date_as_it_was_mapped(allowed, origin):
    origin.answers = [send(LINES)]
    kept = bring(allowed, origin.url)
    assert (kept.rows, kept.name, kept.columns) == (80, "127.0.0.1: file.csv",
                                                    ("date", "product", "quantity", "unit_price"))  # fmt: skip
    total, made = revenue(allowed, kept)
    assert total == TOTAL
    assert origin.requests[0]["X-Key"] == "hunter2"
    stored = tables.add(allowed, made, NOW)
    origin.answers = [send(LINES + b"28.02.2024;P1;100;1,25\n")]
    kept = bring(allowed, origin.url)
    again = fetched.dataset(allowed, kept, stored, 10_000_000, NOW).main
    assert (again["quantity"] * again["unit_price"]).sum() == TOTAL + 125
    assert len(fetched.known(allowed)) == 1
    for path in allowed.rglob("raw/**/*"):
        assert path.is_dir() or b"hunter2" not in path.read_bytes()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (send(b"<html><body>Log in</body></html>"), "web page under another name"),
        (send(b"", 403), "refused to give the file"),
        (send(b"", 404), "no longer has this file"),
        (send(LINES, length=len(LINES) + 9), "cut its answer off"),
        (send(b"a,b\n"), "no row"),
    ],
)
def test_what_is_no_file_changes_nothing(allowed, origin, answer, said):
    origin.answers = [send(LINES)]
    kept = bring(allowed, origin.url)
    origin.answers = [answer]
    with pytest.raises(ConnectorError, match=said):
        bring(allowed, origin.url)
    assert fetched.known(allowed) == [kept]
    assert revenue(allowed, kept)[0] == TOTAL
    place = allowed / "raw" / "databases" / kept.id
    assert sorted(one.name for one in place.iterdir()) == sorted(["kept.json", kept.reading])


def test_cancelled_nothing_is_left(allowed, origin):
    origin.answers = [send(LINES)]

    def cancel(_message, _share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(allowed, origin.url, cancel)
    assert not list((allowed / "raw" / "databases").glob("*"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.com/a.csv", "begins with https"),
        ("ftp://example.com/a.csv", "begins with https"),
        ("file:///etc/passwd", "begins with https"),
        ("example.com/a.csv", "begins with https"),
        ("https://[::1/a.csv", "begins with https"),
        ("https://ana:secret@example.com/a.csv", "VIGIE_HEADERS"),
        ("https://localhost/a.csv", "private network"),
        ("https://localhost./a.csv", "private network"),
        ("https://169.254.169.254/latest", "private network"),
        ("https://2130706433/a.csv", "private network"),
        ("https://[::1]/a.csv", "private network"),
        ("https://intranet/a.csv", "private network"),
        ("https://files.internal/a.csv", "private network"),
    ],
)
def test_where_nobody_may_read_from_is_refused_before_anything_is_asked(home, url, said):
    with pytest.raises(BadResponse, match=said) as refused:
        web.checked(url)
    assert "secret" not in str(refused.value)


def test_a_public_name_of_a_private_address_is_not_followed(home, origin, monkeypatch):
    from connectors import session

    port = origin.server.server_port
    monkeypatch.setattr(session.socket, "getaddrinfo", lambda name, where, **_how: [(2, 1, 6, "", ("127.0.0.1", port))])
    with pytest.raises(ConnectorError, match="leads into a private network"):
        bring(home, f"https://data.example.com:{port}/a.csv")
    assert not origin.requests


def test_a_redirect_elsewhere_is_not_followed_and_a_mirror_does_not_see_the_key(allowed, origin, monkeypatch):
    import requests

    from connectors import session

    origin.answers = [send(b"", 302, Location="http://127.0.0.1:9/other.csv")]
    with pytest.raises(ConnectorError, match="points to another server"):
        bring(allowed, origin.url)
    made = session.session(0, own=["X-Key"])
    answer = requests.Response()
    answer.url, answer.request = "https://github.com/a", requests.Request("GET", "https://github.com/a").prepare()
    for host, kept in (("https://github.com/b", True), ("https://raw.githubusercontent.com/b", False)):
        asked = requests.Request("GET", host, headers={"X-Key": "hunter2"}).prepare()
        made.rebuild_auth(asked, answer)
        assert ("X-Key" in asked.headers) == kept
