"""Telco: a cell that cannot be, and a download that cannot be used, are refused by name; the good copy stays."""

import gzip

import pytest

import settings
from connectors import BadResponse, files, mapping, telco
from tests.connectors.conftest import send

HEADER = ",".join(telco.COLUMNS)
LEAVER = (
    "7590-VHVEG,Female,0,Yes,No,1,No,No phone service,DSL,No,Yes,No,No,No,No,"
    "Month-to-month,Yes,Electronic check,29.85,29.85,Yes"
)
STAYER = LEAVER.replace("7590-VHVEG", "5575-GNVDE").removesuffix("Yes") + "No"
GOOD = "\n".join([HEADER, LEAVER, STAYER, ""])


@pytest.fixture
def served(home, origin, monkeypatch):
    """An origin that the telco connector downloads from."""
    monkeypatch.setenv("VIGIE_TELCO_URL", origin.url)
    settings.get.cache_clear()
    return origin


@pytest.mark.parametrize(
    ("cell", "instead", "says"),
    [
        ("Female,0,Yes", "Female,0,Maybe", "column “Partner”: “Maybe”"),
        ("Female,0", "Female,2", "column “SeniorCitizen”: “2”"),
        ("29.85,29.85", "-29.85,29.85", "column “MonthlyCharges”: “-29.85”"),
        ("29.85,29.85", "inf,29.85", "column “MonthlyCharges”: “inf”"),
        ("5575-GNVDE", "7590-VHVEG", "column “customerID”: “7590-VHVEG”"),
    ],
)
def test_a_cell_that_cannot_be_is_named(home, tmp_path, cell, instead, says):
    path = tmp_path / "telco.csv"
    path.write_text(GOOD.replace(STAYER, STAYER.replace(cell, instead)))
    with pytest.raises(BadResponse, match=f"row 3, {says}"):
        telco.load(path)


@pytest.mark.parametrize(
    "body",
    [GOOD.encode(), gzip.compress(GOOD.encode()), b"\xef\xbb\xbf" + GOOD.encode()],
    ids=["plain", "gzip", "marked"],
)
def test_the_download_may_come_packed_or_marked(served, body):
    served.answers = [send(body)]
    assert telco.load()["churned"].tolist() == [True, False]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>customerID is under maintenance</html>",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 977501\n",
        GOOD.replace(",Yes\n", ",perhaps\n").encode(),
        GOOD[:-40].encode(),
    ],
    ids=["page", "pointer", "wrong cell", "cut off"],
)
def test_a_download_that_cannot_be_used_never_replaces_the_good_copy(served, home, body):
    served.answers = [send(body)]
    with pytest.raises(BadResponse):
        telco.load()
    served.answers = [send(GOOD.encode()), send(body)]
    first, again = telco.dataset(), telco.dataset()
    assert again.origin == first.origin
    assert again.main.equals(first.main)
    assert (home / "raw" / "telco" / "file.csv").read_bytes() == GOOD.encode()


def test_telco_with_gaps_is_somebodys_file():
    gap = STAYER.replace("Female,0", "Female,")
    told = [
        mapping.recognise(files.read("t.csv", f"{HEADER}\n{LEAVER}\n{second}\n".encode(), limit_bytes=10_000))
        for second in (STAYER, STAYER.replace("29.85,29.85", "29.85,"), gap)
    ]
    assert told == ["telco", "telco", None]
