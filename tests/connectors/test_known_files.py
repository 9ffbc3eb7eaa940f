"""Telco, Online Retail and the Kaggle files: small ones made here, the real ones where they are given."""

import gzip
import io
import zipfile

import pandas as pd
import pytest
import xlsxwriter

from connectors import NotFound, predict_future_sales, retail, telco
from connectors.files import InvalidFile
from data import schemas
from data.demo import customers as demo
from tests.connectors.conftest import send

RETAIL = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,14527,United Kingdom
C536380,85123A,HEART,-2,2010-12-01 09:42:00,2.55,17850,United Kingdom
536414,22139,,56,2010-12-01 11:52:00,0.0,,United Kingdom
536415,22140,damaged,-5,2010-12-01 11:53:00,0,,United Kingdom
A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,-11062.06,,United Kingdom
536416,POST,POSTAGE,1,2010-12-01 12:00:00,18.0,12583,France
536417,BANK CHARGES,Bank,1,2010-12-01 12:01:00,15.0,,United Kingdom
536418,gift_0001_10,Voucher,1,2010-12-01 12:02:00,8.33,,United Kingdom
536418,85123A,HEART,6,2010-12-01 12:02:00,2.55,17850,United Kingdom
536418,85123A,HEART,6,2010-12-01 12:02:00,2.55,17850,United Kingdom
"""
TYPES = ["sale", "discount", "return", "sale", "adjustment", "adjustment", "shipping", "fee", "sale", "sale", "sale"]


def telco_text(frame: pd.DataFrame) -> str:
    """A customers table as IBM writes it."""
    back = frame.assign(
        churned=frame["churned"].map({True: "Yes", False: "No"}),
        senior_citizen=frame["senior_citizen"].astype(int),
        total_charges=frame["total_charges"].map(lambda total: " " if pd.isna(total) else f"{total:.2f}"),
        tenure=frame["tenure"].astype(int),
    )
    return back.rename(columns=telco.SOURCES)[list(telco.COLUMNS)].to_csv(index=False)


def test_telco_comes_back_as_it_was_written(home, tmp_path):
    frame = demo.generate(500, seed=4)
    path = tmp_path / "telco.csv"
    path.write_text(telco_text(frame))
    loaded = telco.load(path)
    pd.testing.assert_frame_equal(
        loaded, schemas.check("customers", frame)[list(loaded.columns)], check_exact=False, atol=0.006
    )


@pytest.mark.parametrize("bad", ["", "maybe", "1"])
def test_telco_never_takes_an_unclear_churn_for_a_no(home, tmp_path, bad):
    lines = telco_text(demo.generate(30, seed=4)).splitlines()
    lines[7] = lines[7].rsplit(",", 1)[0] + "," + bad
    path = tmp_path / "telco.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(InvalidFile, match="row 8, column “Churn”") as caught:
        telco.load(path)
    assert caught.value.report is not None
    assert caught.value.report["row"].tolist() == [8]


def test_telco_is_downloaded_checked_and_kept(home, origin, monkeypatch):
    import settings

    monkeypatch.setenv("VIGIE_TELCO_URL", origin.url)
    settings.get.cache_clear()
    origin.answers = [send(telco_text(demo.generate(200, seed=1)).encode())]
    made = telco.dataset()
    assert (made.origin.kind, made.origin.licence, len(made.main)) == ("download", "Apache-2.0", 200)
    origin.answers = [send(b"<html>maintenance</html>")]
    again = telco.dataset()
    assert len(again.main) == 200
    assert again.origin.retrieved == made.origin.retrieved


def books(tmp_path):
    """The same lines as CSV, gzip, a workbook of two sheets in the second edition's spelling, and a ZIP of it."""
    rows = [line.split(",") for line in RETAIL.splitlines()]
    second = {value: key for key, value in retail.SECOND.items()}
    header, lines = [second.get(name, name) for name in rows[0]], rows[1:]
    workbook = io.BytesIO()
    with xlsxwriter.Workbook(workbook, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for sheet_lines in (lines[:6], lines[6:]):
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, header)
            for place, cells in enumerate(sheet_lines, start=1):
                for column, cell in enumerate(cells):
                    if column == 4:
                        sheet.write_datetime(place, column, pd.Timestamp(cell).to_pydatetime(), day)
                    elif cell and column in (0, 3, 5, 6) and cell.replace(".", "").replace("-", "").isdigit():
                        sheet.write_number(place, column, float(cell))
                    else:
                        sheet.write_string(place, column, cell)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Online Retail.xlsx", workbook.getvalue())
    for name, content in {
        "a.csv": RETAIL.encode(),
        "a.csv.gz": gzip.compress(RETAIL.encode()),
        "a.xlsx": workbook.getvalue(),
        "a.zip": packed.getvalue(),
    }.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.xlsx", "a.zip"])
def test_online_retail_in_every_wrapping(home, tmp_path, name):
    lines = retail.load(books(tmp_path) / name)
    assert lines["line_type"].tolist() == TYPES
    assert lines["customer"].tolist()[0] == "17850"
    assert lines["customer"].isna().sum() == 5
    assert lines["line_id"].is_unique
    assert (lines["quantity"] * lines["unit_price"]).sum() == pytest.approx(-11007.43)


def test_online_retail_counts_every_rule(home, tmp_path):
    found = {finding.message: finding.rows for finding in retail.dataset(books(tmp_path) / "a.csv").findings}
    assert {message.split(" lines ")[1].split(":")[0].split(" (")[0]: rows for message, rows in found.items()} == {
        "are returns": 1,
        "are postage and carriage": 1,
        "are discounts": 1,
        "are fees": 1,
        "are adjustments": 2,
        "have no customer": 5,
        "have a price of zero": 2,
        "repeat another line in every column": 1,
    }


@pytest.mark.parametrize(("cell", "column"), [("six", "quantity"), ("", "quantity")])
def test_online_retail_names_a_cell_that_is_no_number(home, tmp_path, cell, column):
    path = tmp_path / "bad.csv"
    path.write_text(RETAIL.replace("HEART,6,2010-12-01 08", f"HEART,{cell},2010-12-01 08"))
    with pytest.raises(InvalidFile, match=f"row 2, column “{column}”"):
        retail.load(path)


def test_kaggle_needs_its_four_files_and_joins_them(home, tmp_path):
    (tmp_path / "sales_train.csv").write_text(
        "date,date_block_num,shop_id,item_id,item_price,item_cnt_day\n"
        "02.01.2013,0,59,22154,999.0,1.0\n31.12.2014,23,25,2552,-1.0,-1.0\n"
    )
    (tmp_path / "items.csv").write_text('item_name,item_id,item_category_id\n"A, b",22154,37\n')
    (tmp_path / "item_categories.csv").write_text("item_category_name,item_category_id\nFilms,37\n")
    with pytest.raises(NotFound, match=r"shops\.csv"):
        predict_future_sales.load(tmp_path)
    (tmp_path / "shops.csv").write_text("shop_name,shop_id\nYakutsk,59\n")
    made = predict_future_sales.dataset(tmp_path)
    assert made.main["timestamp"].dt.strftime("%Y-%m-%d").tolist() == ["2013-01-02", "2014-12-31"]
    assert made.main["line_type"].tolist() == ["sale", "return"]
    assert made.main["category"].tolist()[0] == "Films"
    assert [finding.rows for finding in made.findings] == [1, 1, 1]


def test_the_real_telco_file(home, real_data):
    customers = telco.load(real_data / "telco" / "Telco-Customer-Churn.csv")
    assert len(customers) == 7_043
    assert customers["total_charges"].isna().sum() == 11
    assert customers["churned"].mean() == pytest.approx(0.2654, abs=5e-5)


def test_the_real_online_retail_file_reconciles_to_the_cent(home, real_data):
    lines = retail.load(real_data / "online_retail" / "online_retail.csv.gz")
    assert len(lines) == 541_909
    assert (lines["quantity"] * lines["unit_price"]).sum() == pytest.approx(9_747_747.93, abs=0.005)
    assert lines["timestamp"].dt.day_of_week.ne(5).all()


def test_the_real_kaggle_files(home, real_data):
    made = predict_future_sales.dataset(real_data / "predict_future_sales")
    assert {name: len(frame) for name, frame in made.frames.items()} == {
        "sales": 275_993,
        "products": 899,
        "stores": 60,
    }
