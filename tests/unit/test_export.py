"""Files for a spreadsheet: complete, readable, and harmless."""

import io
import zipfile
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from data import export

FORMULAS = ["=1+1", "+SUM(A1)", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", '=HYPERLINK("http://x")', "＝1+1", "-5 apples"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(FORMULAS)


def read_csv(content: bytes) -> list[list[str]]:
    table = pd.read_csv(io.BytesIO(content), header=None, dtype="str", keep_default_na=False, skip_blank_lines=False)
    return table.to_numpy().tolist()


def read_xlsx(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python(skip_empty_area=False)


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_csv_text_is_never_a_formula(kind):
    frame = pd.DataFrame({"=danger": pd.Series([*FORMULAS, "-5", "+33,5", "plain", None], dtype=kind)})
    header, *rows = (row[0] for row in read_csv(export.csv(frame)))
    assert header == "'=danger"
    assert rows == ["'" + text for text in FORMULAS] + ["-5", "+33,5", "plain", ""]


def test_csv_numbers_dates_and_accents():
    frame = pd.DataFrame(
        {
            "loss": [-5, 3],
            "share": [-0.25, np.nan],
            "day": pd.to_datetime(["2011-01-01", "NaT"]),
            "name": ["Évian", 'a,b\n"c"'],
        }
    )
    content = export.csv(frame)
    assert content.startswith(b"\xef\xbb\xbf")
    assert read_csv(content) == [
        ["loss", "share", "day", "name"], ["-5", "-0.25", "2011-01-01", "Évian"], ["3", "", "", "a,b\n\"c\""]
    ]  # fmt: skip


@given(st.lists(texts, min_size=1, max_size=5), st.lists(texts, min_size=1, max_size=3))
def test_csv_of_any_text_reads_back_with_at_most_an_apostrophe_more(cells, names):
    frame = pd.DataFrame([[cell] * len(names) for cell in cells], columns=names, dtype="str")
    written = [names, *([cell] * len(names) for cell in cells)]
    for row, back in zip(written, read_csv(export.csv(frame)), strict=True):
        for cell, found in zip(row, back, strict=True):
            assert found in (cell, "'" + cell)
            assert not found.startswith(("=", "@", "\t", "\r", "＝", "＋", "－", "＠"))
            if found.startswith(("+", "-")):
                float(found.replace(",", "."))


@given(st.lists(texts, min_size=1, max_size=5), texts)
def test_xlsx_of_any_text_reads_back_as_that_text(cells, name):
    frame = pd.DataFrame({"row": 1, name: pd.Series(cells, dtype="str")})
    assert read_xlsx(export.xlsx(frame, "sheet")) == [["row", name], *([1.0, cell] for cell in cells)]


def test_xlsx_keeps_types():
    frame = pd.DataFrame(
        {
            "text": pd.Series(["=1+1", "http://example.org", "007"], dtype="str"),
            "kind": pd.Categorical(["a", None, "b"]),
            "number": [-5, 2**40, 0],
            "share": [0.25, np.nan, np.inf],
            "gift": [True, False, True],
            "day": pd.to_datetime(["2011-01-01", "NaT", "1850-01-01"]),
            "moment": pd.to_datetime(["2011-01-01 08:26", "2011-01-01", "2011-01-01"], format="ISO8601").tz_localize(
                "UTC"
            ),
            "other": [date(2011, 1, 1), {"a": 1}, pd.NA],
        }
    )
    header, first, second, third = read_xlsx(export.xlsx(frame, "Sales: [all]/of 'them' in a very long name"))
    assert header == list(frame)
    day = date(2011, 1, 1)
    moment = pd.Timestamp("2011-01-01 08:26").to_pydatetime()
    assert first == ["=1+1", "a", -5.0, 0.25, True, day, moment, "2011-01-01"]
    assert second[:6] == ["http://example.org", "", 2.0**40, "", False, ""]
    assert second[7] == "{'a': 1}"
    assert third[:6] == ["007", "b", 0.0, "inf", True, "1850-01-01T00:00:00"]
    assert third[7] == ""


def test_xlsx_holds_no_formula_and_freezes_its_header():
    content = export.xlsx(pd.DataFrame({"=a": [*FORMULAS, "{=1+1}"]}), "=sheet")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in page
    assert "<hyperlink" not in page
    assert 'state="frozen"' in page
    assert "<col " in page


def test_a_named_index_comes_along_and_a_filtered_one_does_not():
    counts = pd.DataFrame({"rows": [1, 2]}, index=pd.Index(["=A", "B"], name="store"))
    assert read_csv(export.csv(counts)) == [["store", "rows"], ["'=A", "1"], ["B", "2"]]
    assert read_xlsx(export.xlsx(counts, "x")) == [["store", "rows"], ["=A", 1.0], ["B", 2.0]]
    assert read_csv(export.csv(counts.reset_index()[1:])) == [["store", "rows"], ["B", "2"]]
    repeated = pd.DataFrame({"text": ["=1", "b"]}, index=[7, 7])
    assert read_csv(export.csv(repeated)) == [["text"], ["'=1"], ["b"]]


def test_empty_tables_and_repeated_names():
    assert read_csv(export.csv(pd.DataFrame({"a": []}))) == [["a"]]
    assert read_xlsx(export.xlsx(pd.DataFrame({"a": []}), "")) == [["a"]]
    assert read_csv(export.csv(pd.DataFrame([[1, "=2"]], columns=["a", "a"]))) == [["a", "a"], ["1", "'=2"]]


def test_a_table_too_long_for_a_sheet_is_refused(monkeypatch):
    monkeypatch.setattr(export, "MAX_XLSX_ROWS", 2)
    with pytest.raises(ValueError, match="take the CSV"):
        export.xlsx(pd.DataFrame({"a": [1, 2, 3]}), "x")
