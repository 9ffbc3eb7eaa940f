"""Online Retail: downloads as UCI and as others serve them, times as others write them, cells that cannot be."""

import gzip
import io
import zipfile

import pandas as pd
import pytest

import settings
from connectors import BadResponse, retail
from tests.connectors.conftest import send

HEADER = ",".join(retail.COLUMNS)
LINE = "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"
GOOD = f"{HEADER}\n{LINE}\n{LINE}\n".encode()


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize("body", [GOOD, gzip.compress(GOOD), zipped("a.csv", GOOD)], ids=["csv", "gzip", "zip"])
def test_the_download_is_read_in_each_wrapping(home, origin, monkeypatch, body):
    monkeypatch.setenv("VIGIE_RETAIL_URL", origin.url)
    settings.get.cache_clear()
    origin.answers = [send(body), send(zipped("a.csv", b"some,other\ntable,here\n"))]
    made, again = retail.dataset(), retail.dataset()
    assert (made.origin.kind, made.origin.licence, made.origin.currency) == ("download", "CC BY 4.0", "GBP")
    assert made.main["line_id"].tolist() == ["1", "2"]
    assert again.origin == made.origin
    assert again.main.equals(made.main)
    assert (home / "raw" / "retail" / "file.csv").read_bytes() == body


@pytest.mark.parametrize("time", ["2010-12-01 08:26:00", "12/1/2010 8:26", "2010-12-01T08:26:00Z"])
def test_times_are_those_on_the_wall(home, tmp_path, time):
    path = tmp_path / "a.csv"
    path.write_bytes(GOOD.replace(b"2010-12-01 08:26:00", time.encode(), 1))
    assert retail.load(path)["timestamp"].tolist() == [pd.Timestamp("2010-12-01 08:26")] * 2


@pytest.mark.parametrize(
    ("cell", "instead", "says"),
    [
        (",6,", ",inf,", "column “quantity”: “inf”"),
        ("2.55", "free", "column “unit_price”: “free”"),
        ("85123A", " ", "column “product”"),
        ("2010-12-01 08:26:00", "yesterday", "column “timestamp”: “yesterday”"),
    ],
)
def test_a_cell_that_cannot_be_is_named(home, tmp_path, cell, instead, says):
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{LINE}\n{LINE.replace(cell, instead)}\n")
    with pytest.raises(BadResponse, match=f"row 3, {says}"):
        retail.load(path)


def test_a_selection_of_lines_keeps_each_with_its_type():
    raw = pd.read_csv(io.BytesIO(GOOD), dtype="str")
    raw["StockCode"] = ["85123A", "POST"]
    lines, _findings = retail.convert(raw.iloc[1:])
    assert lines["line_type"].tolist() == ["shipping"]
