"""Downloads: what is good is kept, what is bad never replaces it, and every failure has its name."""

import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors import BadResponse, ConnectorError, NotFound, RateLimited, Unavailable
from connectors.files import InvalidFile
from connectors.http import download
from tests.connectors.conftest import GOOD, packed, send, unless_known

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
