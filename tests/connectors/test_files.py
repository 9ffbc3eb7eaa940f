"""Files of an analyst's own: read whole or refused with a reason, mapped, converted, and never run."""

import gzip
import io
import zipfile
from contextlib import suppress
from datetime import UTC, date, datetime

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from connectors import ConnectorError, files, mapping
from connectors.files import InvalidFile
from data.dataset import ASSUMED

NOW = datetime(2026, 3, 14, tzinfo=UTC)
LIMIT = 1_000_000
SALES = "Date de facture;Produit;Quantité;Prix unitaire\n13/02/2026;A1;2;1 234,50 €\n14/02/2026;B2;-1;3,00 €\n"


def read(content, name="mine.csv"):
    return files.read(name, content if isinstance(content, bytes) else content.encode(), limit_bytes=LIMIT)


def sales(text):
    raw = read(text)
    return mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "mine.csv")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ("  \n\n", "empty"),
        ("a,b\n", "no row"),
        ('a,b\n1,2\n3,"4', "never closed"),
        ("a,b\n1,2\n3", "ends in the middle of row 3"),
        ("a,b\n1,2\n3\n4,5\n", "first is row 3"),
        ("one column\nonly\n", "No columns"),
        (b"\x00\x01\x02" * 9, "not a table"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"PAR1 broken", "damaged"),
        (b"\x1f\x8b broken", "damaged"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9], "damaged"),
        (b"a,b\n" + b"1,2\n" * 300_000, "has 1 MB"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 2_000_000, mtime=0), "Unpacked"),
    ],
)
def test_what_cannot_be_read_whole_is_refused_with_a_reason(content, says):
    with pytest.raises(InvalidFile, match=says):
        read(content)


def test_a_zip_bomb_and_a_locked_or_crowded_archive_are_refused():
    def archive(**members):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
            for name, content in members.items():
                made.writestr(name, content)
        return packed.getvalue()

    with pytest.raises(InvalidFile, match="Unpacked"):
        read(archive(bomb=b"0,0\n" * 3_000_000), "x.zip")
    with pytest.raises(InvalidFile, match="Unpacked"):  # one inside the other
        read(archive(outer=archive(bomb=b"0,0\n" * 3_000_000)), "x.zip")
    with pytest.raises(InvalidFile, match="holds 2 files"):
        read(archive(a=b"a,b\n1,2\n", b=b"a,b\n1,2\n"), "x.zip")
    locked = bytearray(archive(a=b"a,b\n1,2\n"))
    for place in (locked.find(b"PK\x03\x04") + 6, locked.find(b"PK\x01\x02") + 8):
        locked[place] |= 1
    with pytest.raises(InvalidFile, match="password"):
        read(bytes(locked), "x.zip")


def test_a_quotation_mark_inside_a_cell_is_no_open_one():
    assert read('size,n\n5" pipe,1\n').frame["size"].tolist() == ['5" pipe']


def test_duplicate_and_missing_names_get_their_own():
    raw = read("a,a,\n1,2,3\n")
    assert list(raw.frame) == ["a", "a (2)", "column 3"]
    assert raw.findings[0].rows == 2


def test_latin_1_is_read_and_said():
    raw = read("ville,n\nBéziers,1\n".encode("latin-1"))
    assert raw.frame["ville"].tolist() == ["Béziers"]
    assert raw.findings[0].values == {"encoding": "cp1252"}


def test_formulas_and_html_stay_text_and_are_counted():
    raw = read('a,b\n"=HYPERLINK(""http://x"")",<script>1</script>\n-5,"+1,5"\n')
    assert raw.frame["a"].tolist() == ['=HYPERLINK("http://x")', "-5"]
    assert raw.frame["b"].tolist() == ["<script>1</script>", "+1,5"]
    assert [finding.rows for finding in raw.findings] == [1]


@pytest.mark.parametrize("kind", ["parquet", "xlsx"])
def test_parquet_and_workbooks_come_as_text_too(kind):
    frame = pd.DataFrame({"id": [1, 2], "when": pd.to_datetime(["2026-01-02", "2026-01-03"]), "x": [1.5, None]})
    target = io.BytesIO()
    frame.to_parquet(target) if kind == "parquet" else frame.to_excel(target, index=False, engine="xlsxwriter")
    raw = read(target.getvalue(), f"a.{kind}")
    assert raw.frame["id"].tolist() == ["1", "2"]
    assert raw.frame["when"].str[:10].tolist() == ["2026-01-02", "2026-01-03"]
    assert raw.frame["x"].isna().tolist() == [False, True]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Paris"])
def test_moments_in_parquet_are_written_as_python_writes_them(unit, zone):
    times = ["1969-07-20 20:17:40", "2024-03-31 01:30:00", "2024-12-31 23:59:59"]
    times += [] if unit == "s" else ["2024-01-01 00:00:00.120"]
    times += ["2024-01-01 00:00:00.000001"] if unit in ("us", "ns") else []
    times += ["2024-01-01 00:00:00.000000001"] if unit == "ns" else []
    moments = pd.Series([*map(pd.Timestamp, times), pd.NaT]).dt.as_unit(unit).dt.tz_localize(zone)
    target = io.BytesIO()
    pd.DataFrame({"at": moments, "n": range(len(moments))}).to_parquet(target)
    text = read(target.getvalue(), "mine.parquet").frame["at"]
    assert text.iloc[:-1].tolist() == [str(one) for one in moments.iloc[:-1]]
    assert text.isna().tolist() == moments.isna().tolist()


def test_a_folder_of_parts_is_the_one_file_that_they_were(tmp_path):
    frame = pd.DataFrame({"Date": pd.date_range("2024-01-01", periods=50), "Produit": "thé", "Prix": [None, 2.5] * 25})
    one = io.BytesIO()
    frame.to_parquet(one, index=False)
    for number, start in enumerate(range(0, 50, 20)):
        frame.iloc[start : start + 20].to_parquet(tmp_path / f"{number:06d}.parquet", index=False)
    whole = files.read_path(tmp_path, 1_000_000)
    pd.testing.assert_frame_equal(whole.frame, read(one.getvalue(), "mine.parquet").frame)
    (tmp_path / "000001.parquet").unlink()
    assert files.read_path(tmp_path, 1_000_000).sha256 != whole.sha256
    with pytest.raises(InvalidFile, match="more than"):
        files.read_path(tmp_path, 10)
    (tmp_path / "000002.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InvalidFile, match="damaged"):
        files.read_path(tmp_path, 1_000_000)


def test_a_french_sales_file_is_guessed_and_converted():
    made = sales(SALES)
    lines = made.main
    assert lines["unit_price"].tolist() == [1234.5, 3.0]
    assert lines["timestamp"].dt.strftime("%Y-%m-%d").tolist() == ["2026-02-13", "2026-02-14"]
    assert lines["line_type"].tolist() == ["sale", "return"]
    said = [finding.message for finding in made.findings]
    assert any("day first" in message for message in said)
    assert any("commas, blanks or signs" in message for message in said)


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["2026-02-01", "2026-03-01"], "2026-02-01"),
        (["02/01/2026", "03/04/2026"], "2026-01-02"),  # both readings fit: day first
        (["02/01/2026", "03/14/2026"], "2026-02-01"),  # only month first fits
        (["01.02.2026", "14.03.2026"], "2026-02-01"),
        (["2026-02-01T23:30:00+02:00", "2026-03-01T00:00:00Z"], "2026-02-01"),
    ],
)
def test_dates_are_read_as_the_whole_column_allows(dates, first):
    lines = sales("date,product,quantity,price\n" + "".join(f"{day},A,1,2\n" for day in dates)).main
    assert lines["timestamp"].iloc[0].strftime("%Y-%m-%d") == first


def test_every_bad_cell_is_reported_with_row_column_and_reason():
    text = "date,product,quantity,price\n2026-01-01,A,1,2\nsoon,B,1,2\n2026-01-03,,x,2\n2026-01-04,C,1,inf\n"
    with pytest.raises(InvalidFile, match="4 cells") as caught:
        sales(text)
    assert caught.value.report is not None
    assert caught.value.report[["row", "column", "value"]].to_numpy().tolist() == [
        [3, "date", "soon"],
        [4, "product", ""],
        [4, "quantity", "x"],
        [5, "price", "inf"],
    ]


def test_a_customer_twice_is_refused_and_one_outcome_is_said():
    raw = read("id,churn\nA,yes\nA,no\n")
    with pytest.raises(InvalidFile) as caught:
        mapping.apply(raw, "customers", mapping.guess(raw.frame, "customers"), NOW, "x")
    assert caught.value.report is not None
    assert set(caught.value.report["reason"]) == {"this customer comes twice"}
    one = read("id,churn\nA,no\nB,no\n")
    made = mapping.apply(one, "customers", {"customer_id": "id", "churned": "churn"}, NOW, "x")
    assert "nothing to compare" in made.findings[-1].message


def test_columns_of_ones_own_are_kept_for_customers():
    raw = read("id,churn,Âge (ans),churned,note\nA,oui,31,x,<b>\nB,non,44,y,=1+1\n")
    made = mapping.apply(raw, "customers", {"customer_id": "id", "churned": "churn"}, NOW, "x")
    assert list(made.main) == ["customer_id", "churned", "âge_ans", "churned_2", "note"]
    assert made.main["âge_ans"].tolist() == [31.0, 44.0]
    assert made.main["note"].tolist() == ["<b>", "=1+1"]


def test_a_missing_column_is_asked_for():
    raw = read("a,b\n1,2\n")
    with pytest.raises(InvalidFile, match="Choose a column for churned"):
        mapping.apply(raw, "customers", {}, NOW, "x")


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n\x1c\x1d\x1e\x85\u2028\u2029"), max_size=12)


@given(
    rows=st.lists(
        st.tuples(
            st.dates(date(1990, 1, 1), date(2040, 1, 1)),
            st.integers(-99, 99),
            st.integers(0, 10**6),
        ),
        min_size=1,
        max_size=8,
    ),
    delimiter=st.sampled_from(";\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    decimal=st.sampled_from(",."),
    day=st.sampled_from(["%Y-%m-%d", "%d/%m/%Y"]),
)
@hypothesis_settings(max_examples=12)
def test_any_table_comes_back_whatever_its_dialect(rows, delimiter, encoding, decimal, day):
    lines = [delimiter.join(["Date", "Produit", "Quantité", "Prix"])]
    for when, quantity, cents in rows:
        price = f"{cents // 100}{decimal}{cents % 100:02}"
        lines.append(delimiter.join([when.strftime(day), "A1", str(quantity), price]))
    made = sales_of("\n".join(lines).encode(encoding))
    assert made["timestamp"].dt.date.tolist() == [when for when, _quantity, _cents in rows]
    assert made["quantity"].tolist() == [quantity for _when, quantity, _cents in rows]
    assert made["unit_price"].tolist() == [cents / 100 for _when, _quantity, cents in rows]


def sales_of(content):
    raw = read(content)
    wanted = {"timestamp": "Date", "product": "Produit", "quantity": "Quantité", "unit_price": "Prix"}
    assert mapping.guess(raw.frame, "sales") == wanted
    return mapping.apply(raw, "sales", wanted, NOW, "x").main


@given(st.binary(max_size=300) | TEXT.map(str.encode))
def test_no_bytes_raise_anything_but_a_sentence(content):
    with suppress(ConnectorError):
        assert len(read(content).frame)


@given(
    st.lists(st.lists(TEXT, min_size=3, max_size=3), min_size=1, max_size=6), st.sampled_from(["customers", "sales"])
)
def test_no_text_breaks_the_mapping(cells, table):
    raw = files.Raw(pd.DataFrame(cells, columns=["id", "date", "x"], dtype="str").replace("", pd.NA), (), "")
    guessed = mapping.guess(raw.frame, table)
    assert len(set(guessed.values())) == len(guessed)
    wanted = dict(zip(mapping.needed(table), ["id", "date", "x", "x"], strict=False))
    with suppress(ConnectorError):
        mapping.apply(raw, table, guessed | wanted, NOW, "x")


NO_ID = "State,Account length,Day minutes,Service calls,Churn\n" + "\n".join(
    f"{['KS', 'OH', 'NJ'][n % 3]},{60 + n},{150 + n},{n % 4},{'TRUE' if n % 5 == 0 else 'FALSE'}" for n in range(40)
)


def test_a_file_without_ids_is_used_and_its_rows_are_numbered_as_a_spreadsheet_counts():
    raw = read(NO_ID.encode().replace(b"\n", b"\n\n", 2))  # two blank lines above the data
    guessed = mapping.guess(raw.frame, "customers")
    assert guessed == {"churned": "Churn"}  # no measure is an id, though no two are the same
    made = mapping.apply(raw, "customers", guessed, NOW, "x.csv")
    assert len(made.main) == 40
    ids = made.main["customer_id"]
    assert ids.iloc[[0, -1]].tolist() == [f"#{raw.frame.index[0] + 2}", f"#{raw.frame.index[-1] + 2}"]
    assert any("no ids" in finding.message for finding in made.findings)
    assert {"account_length", "day_minutes"} <= set(made.main)


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("CustomerId", ["15634602", "15647311", "15619304"]),
        ("CLIENTNUM", ["700001", "700002", "700003"]),
        ("numero_client", ["1", "2", "3"]),
        ("whatever", ["acc-01", "acc-02", "b77"]),
        ("member", ["00012", "00013", "01000"]),
    ],
)
def test_an_id_is_known_by_its_name_or_its_looks(name, ids):
    frame = pd.DataFrame({"minutes": ["10.5", "11", "12.25"], name: ids, "Churn": ["yes", "no", "no"]}, dtype="str")
    raw = files.Raw(frame, (), "")
    guessed = mapping.guess(frame, "customers")
    assert guessed["customer_id"] == name
    assert mapping.apply(raw, "customers", guessed, NOW, "x").main["customer_id"].tolist() == ids


def test_a_mark_that_swallows_rows_and_a_byte_that_is_no_letter_are_named_by_their_row():
    rows = [f"2024-01-{n % 28 + 1:02d},Pâté,{n}" for n in range(400)]
    header = "Date,Product,Quantity\n"
    swallowed = [*rows]
    swallowed[100], swallowed[140] = '2024-01-05,"Bread,3', '2024-01-05,Bread",3'
    with pytest.raises(InvalidFile, match=r"Row 102 holds rows in one cell"):
        files.read("a.csv", (header + "\n".join(swallowed)).encode(), 1_000_000)
    noted = [*rows]
    noted[7] = '2024-01-05,"Pâté\nde campagne, maison\nbon, et\nfrais",3'  # a note of several lines stays one
    assert len(files.read("a.csv", (header + "\n".join(noted)).encode(), 1_000_000).frame) == 400
    broken = (header + "\n".join(rows)).encode().replace("Pâté,300".encode(), b"P\xe9,300")
    with pytest.raises(InvalidFile, match="The text is UTF-8, but row 302 is not"):
        files.read("a.csv", broken, 1_000_000)
    western = files.read("a.csv", (header + "\n".join(rows)).encode("cp1252"), 1_000_000)
    assert western.frame["Product"].unique().tolist() == ["Pâté"]


@pytest.mark.parametrize(("form", "currency"), [('0.00" CHF"', "CHF"), ('0.00" PCS"', "EUR"), ("[$£-809]0.00", "GBP")])
def test_the_money_of_a_workbook_is_that_of_its_cells_format_and_a_unit_is_no_money(form, currency):
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet, shown = book.add_worksheet(), book.add_format({"num_format": form})
        sheet.write_row(0, 0, ["Date", "Product", "Quantity", "Price"])
        for row in range(1, 30):
            sheet.write_row(row, 0, [f"2024-03-{row:02d}", "Tea", 2])
            sheet.write_number(row, 3, 4.25, shown)
    raw = files.read("shop.xlsx", target.getvalue(), 10**7)
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "shop.xlsx")
    assert made.main["amount"].sum() == pytest.approx(29 * 8.5)
    assert made.origin.currency == currency
    assert (ASSUMED in made.origin.readings) == ("PCS" in form)
    chosen = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "shop.xlsx", currency="NOK")
    assert ASSUMED not in chosen.origin.readings
