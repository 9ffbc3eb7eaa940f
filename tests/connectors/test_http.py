"""Downloads: what is good is kept, what is bad never replaces it, and every failure has its name."""

import hashlib
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


def test_a_long_retry_after_is_not_obeyed(origin, home):
    origin.answers = [send(b"", 429, Retry_After="3600")]
    with pytest.raises(RateLimited) as caught:
        get(origin, home / "raw")
    assert caught.value.retry_after == 3600


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
