"""Downloads: what is good is kept, what is bad never replaces it, and every failure has its name."""

import gzip
import hashlib
import json
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import settings
from connectors import BadResponse, ConnectorError, NotFound, RateLimited, Unavailable, session
from connectors.copies import download
from connectors.files import InvalidFile
from tests.connectors.conftest import GOOD, Origin, packed, send, unless_known

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
HTML = b"<!doctype html><title>Error</title>" + b" " * 500


def get(origin, folder, now=NOW, **options):
    return download(origin.url, folder, now, timeout=0.5, **options)


def only_csv(path: Path) -> None:
    if path.read_bytes().startswith(b"<"):
        raise InvalidFile("not the file")


def test_a_download_is_kept_with_its_date_and_hash(origin, home):
    origin.answers = [send()]
    good = get(origin, home / "raw")
    assert good.path.read_bytes() == GOOD
    assert (good.fresh, good.retrieved, good.sha256) == (True, NOW, hashlib.sha256(GOOD).hexdigest())
    assert origin.requests[0]["User-Agent"].startswith("Vigie/")


def test_progress_follows_what_travels_also_under_gzip(origin, home):
    for answer in (send(GOOD * 60), packed(GOOD * 60)):
        origin.answers, seen = [answer], []
        get(origin, home / "raw", progress=seen.append)
        assert seen == sorted(seen)
        assert seen[-1] == pytest.approx(1.0)
        assert max(seen) <= 1.0


def test_an_unchanged_file_is_not_sent_again_but_its_date_is_renewed(origin, home):
    origin.answers = [unless_known('"one"')]
    get(origin, home / "raw")
    later = get(origin, home / "raw", NOW + timedelta(days=1))
    assert origin.requests[1]["If-None-Match"] == '"one"'
    assert later.fresh
    assert later.retrieved == NOW + timedelta(days=1)
    assert later.path.read_bytes() == GOOD


def test_a_short_illness_of_the_origin_is_waited_out(origin, home):
    origin.answers = [send(b"", 503), send()]
    assert get(origin, home / "raw").path.read_bytes() == GOOD


FAILURES = {
    "gone": (send(HTML, 404), NotFound, "no longer has this file"),
    "sick": (send(HTML, 503), Unavailable, "not well"),
    "busy": (send(HTML, 429), RateLimited, "asks for a pause"),
    "busy for an hour": (send(HTML, 429, Retry_After="3600"), RateLimited, "asks for a pause"),
    "forbidden": (send(HTML, 403), BadResponse, "refused"),
    "slow": (send(pause=1.5), Unavailable, "cannot be reached"),
    "cut off": (send(GOOD[:500], length=len(GOOD)), BadResponse, "cut its answer off"),
    "page sent as a file": (send(HTML), BadResponse, "not the file"),
    "huge": (send(GOOD * 100), BadResponse, "more than 1 MB"),
    "gzip bomb": (packed(b"0" * 5_000_000), BadResponse, "more than 1 MB"),
    "damaged gzip": (send(b"\x1f\x8b broken", Content_Encoding="gzip"), BadResponse, "damaged"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_has_its_name_and_leaves_no_file(origin, home, name):
    answer, error, says = FAILURES[name]
    origin.answers = [answer]
    with pytest.raises(error, match=says):
        get(origin, home / "raw", max_bytes=1_000_000, check=only_csv)
    assert not list((home / "raw").iterdir())


@pytest.mark.parametrize("name", FAILURES)
def test_after_a_failure_the_last_good_copy_is_served_with_its_date(origin, home, name):
    origin.answers = [send()]
    get(origin, home / "raw")
    origin.answers = [FAILURES[name][0]]
    kept = get(origin, home / "raw", NOW + timedelta(days=3), max_bytes=1_000_000, check=only_csv)
    assert (kept.fresh, kept.retrieved) == (False, NOW)
    assert kept.path.read_bytes() == GOOD


def test_nobody_there_is_unavailable(home):
    with pytest.raises(Unavailable, match="cannot be reached"):
        download("http://127.0.0.1:9/x.csv", home / "raw", NOW, timeout=0.5)


@pytest.mark.parametrize(("said", "seconds"), [("3600", 3600), ("soon", None)])
def test_who_asks_for_a_long_pause_is_not_asked_again(origin, home, said, seconds):
    origin.answers = [send(b"", 429, Retry_After=said)]
    with pytest.raises(RateLimited) as caught:
        get(origin, home / "raw")
    assert caught.value.retry_after == seconds
    assert len(origin.requests) == 1


def test_a_short_pause_is_made(origin, home):
    origin.answers = [send(b"", 429, Retry_After="1"), send()]
    started = time.monotonic()
    assert get(origin, home / "raw").fresh
    assert time.monotonic() - started >= 1


def test_an_origin_that_stops_in_the_middle_is_unavailable(origin, home):
    def stop(handler):
        send(GOOD[:500], length=len(GOOD))(handler)
        time.sleep(1)

    origin.answers = [stop]
    with pytest.raises(Unavailable, match="cannot be reached"):
        get(origin, home / "raw")
    assert not list((home / "raw").iterdir())


def test_a_folder_that_cannot_be_written_is_named(origin, home):
    (home / "raw").write_text("a file where the folder should be")
    origin.answers = [send()]
    with pytest.raises(ConnectorError, match=r"cannot be kept in .*raw"):
        get(origin, home / "raw")


def test_a_note_that_cannot_be_read_is_no_copy(origin, home):
    origin.answers = [send()]
    about = get(origin, home / "raw").path.with_name("file.csv.json")
    about.write_text("[]")
    assert get(origin, home / "raw").fresh
    assert "If-None-Match" not in origin.requests[1]
    assert json.loads(about.read_text())["sha256"] == hashlib.sha256(GOOD).hexdigest()


def test_cancelling_leaves_the_old_copy(origin, home):
    origin.answers = [send()]
    good = get(origin, home / "raw")

    def stop(_share: float) -> None:
        raise KeyboardInterrupt

    origin.answers = [send(GOOD * 2)]
    with pytest.raises(KeyboardInterrupt):
        get(origin, home / "raw", progress=stop)
    assert good.path.read_bytes() == GOOD
    assert not list((home / "raw").glob(".new-*"))


def test_a_copy_that_was_altered_is_not_served(origin, home):
    origin.answers = [send()]
    get(origin, home / "raw").path.write_bytes(b"something else")
    origin.answers = [send(HTML, 503)]
    with pytest.raises(ConnectorError):
        get(origin, home / "raw")


def test_errors_speak_the_readers_language(origin, home):
    import locales

    origin.answers = [send(HTML, 404)]
    with pytest.raises(NotFound) as caught:
        get(origin, home / "raw")
    with locales.using("fr"):
        assert "Importez-le plutôt" in caught.value.sentence()


@pytest.fixture
def other():
    made = Origin()
    made.answers = [send()]
    yield made
    made.server.shutdown()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_origin_may_not_point_to_another_server(origin, other, home, status):
    origin.answers = [send(b"", status, Location=other.url)]
    with pytest.raises(BadResponse, match="points to another server"):
        get(origin, home / "raw")
    assert other.requests == []
    assert not list((home / "raw").iterdir())


def test_an_origin_may_point_to_itself(origin, home):
    origin.answers = [send(b"", 302, Location="/elsewhere.csv"), send()]
    assert get(origin, home / "raw").path.read_bytes() == GOOD
    assert origin.requests[1]["path"] == "/elsewhere.csv"


@pytest.mark.parametrize(
    ("source", "target", "followed"),
    [
        ("https://a.org/x", "https://a.org/y", True),
        ("http://a.org/x", "https://a.org/x", True),
        ("https://a.org/x", "https://www.a.org/x", True),
        ("https://www.a.org/x", "https://a.org:443/x", True),
        ("https://archive.ics.uci.edu/x", "https://cdn.uci-ics-mlr-prod.aws.uci.edu/x", True),
        ("http://10.0.0.5:8080/x", "http://10.0.0.5:8080/y", True),
        ("https://a.org/x", "http://a.org/x", False),
        ("https://archive.ics.uci.edu/x", "http://cdn.uci-ics-mlr-prod.aws.uci.edu/x", False),
        ("https://a.org/x", "https://a.org:8443/x", False),
        ("http://10.0.0.5:8080/x", "http://10.0.0.5:9090/x", False),
        ("https://a.org/x", "https://b.a.org/x", False),
        ("https://a.org/x", "https://a.org@b.org/x", False),
        ("https://a.org/x", "https://a.org\\@b.org/x", False),
        ("https://a.org/x", "https://169.254.169.254/latest", False),
        ("https://a.org/x", "file:///etc/passwd", False),
    ],
)
def test_where_an_origin_may_point_to(home, source, target, followed):
    assert session.may_follow(source, target) == followed


def resolves(monkeypatch, **names):
    """Let host names (with _ for .) have the addresses of a list, one a look-up, the last one for ever."""
    real = socket.getaddrinfo

    def answer(host, *args, **options):
        left = names.get(str(host).replace(".", "_"))
        address = host if left is None else left.pop(0) if len(left) > 1 else left[0]
        return real(address, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fd00::1", "0.0.0.0"]
)
def test_a_public_name_does_not_lead_into_a_private_network(home, monkeypatch, address):
    resolves(monkeypatch, data_example_org=[address])
    monkeypatch.setattr(session, "create_connection", lambda *_args, **_options: pytest.fail("it was asked"))
    with pytest.raises(BadResponse, match="VIGIE_PRIVATE_HOSTS"):
        download("http://data.example.org/x.csv", home / "raw", NOW, timeout=0.5)


def test_a_private_network_that_is_meant_is_asked(origin, home, monkeypatch):
    resolves(monkeypatch, data_example_org=["127.0.0.1"])
    monkeypatch.setenv("VIGIE_PRIVATE_HOSTS", "files.example.org data.example.org")
    settings.get.cache_clear()
    origin.answers = [send()]
    assert download(origin.url.replace("127.0.0.1", "data.example.org"), home / "raw", NOW).path.read_bytes() == GOOD


def test_the_address_that_was_looked_at_is_the_one_that_is_used(home, monkeypatch):
    resolves(monkeypatch, data_example_org=["93.184.216.34", "127.0.0.1"])
    asked = []

    def connect(address, *_args, **_options):
        asked.append(address[0])
        raise OSError

    monkeypatch.setattr(session, "create_connection", connect)
    with pytest.raises(ConnectorError):
        download("http://data.example.org/x.csv", home / "raw", NOW, timeout=0.5)
    assert asked == ["93.184.216.34"]


def dripping(piece: bytes, pause: float, head: bytes = b"HTTP/1.0 200 OK\r\n\r\n"):
    """An answer that trickles in and never ends."""

    def answer(handler):
        handler.wfile.write(head)
        with suppress(OSError):  # whoever asked has gone
            for _piece in range(100):
                handler.wfile.write(piece)
                time.sleep(pause)

    return answer


@pytest.mark.parametrize(
    ("piece", "head", "seconds"),
    [
        (b"1", b"HTTP/1.0 200 OK\r\n\r\n", "60"),
        (b"1" * 900, b"HTTP/1.0 200 OK\r\n\r\n", "1"),
        (b"1", b"HTTP/1.0 200 OK\r\nX: ", "1"),
    ],
    ids=["trickling", "too long in all", "trickling headers"],
)
def test_a_download_ends_however_slowly_it_comes(origin, home, monkeypatch, piece, head, seconds):
    monkeypatch.setenv("VIGIE_DOWNLOAD_SECONDS", seconds)
    settings.get.cache_clear()
    origin.answers = [dripping(piece, 0.1, head)]
    started = time.monotonic()
    with pytest.raises(Unavailable, match="sends too slowly"):
        get(origin, home / "raw")
    assert time.monotonic() - started < 2.5
    assert not list((home / "raw").iterdir())


def test_a_download_that_trickles_in_can_be_cancelled(origin, home):
    def stop(_share: float) -> None:
        raise KeyboardInterrupt

    origin.answers = [dripping(b"1" * 900, 0.1)]
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        get(origin, home / "raw", progress=stop)
    assert time.monotonic() - started < 0.5


def test_a_packed_answer_cut_off_is_noticed_whatever_its_length_says(origin, home):
    whole = gzip.compress(GOOD)
    wrong = whole[:-8] + bytes(8)  # of the sum over what was packed
    for body in (whole[: len(whole) // 2], whole[:-1], wrong):
        origin.answers = [send(body, Content_Encoding="gzip")]
        with pytest.raises(BadResponse, match="cut its answer off"):
            get(origin, home / "raw")
    assert not list((home / "raw").iterdir())


def test_packets_behind_each_other_are_one_file(origin, home):
    origin.answers = [send(gzip.compress(GOOD) + gzip.compress(b"3,4\n"), Content_Encoding="gzip")]
    assert get(origin, home / "raw").path.read_bytes() == GOOD + b"3,4\n"


def test_a_packing_nobody_asked_for_is_refused(origin, home):
    origin.answers = [send(b"...", Content_Encoding="br")]
    with pytest.raises(BadResponse, match="cannot be read"):
        get(origin, home / "raw")


@pytest.mark.parametrize("end", [b"0\r\n\r\n", b""])
def test_an_answer_in_chunks_is_whole_or_refused(origin, home, end):
    chunks = b"%x\r\n%s\r\n" % (len(GOOD), GOOD)
    origin.answers = [
        lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + end)
    ]
    if end:
        assert get(origin, home / "raw").path.read_bytes() == GOOD
    else:
        with pytest.raises(BadResponse, match="cut its answer off"):
            get(origin, home / "raw")
