"""The core columns of sales under their headings in other languages, with what stands below them."""

import pandas as pd
import pytest

from connectors import dates, guessing, names

ROWS = 12


def table(timestamp, product, quantity, unit_price, store="", customer=""):
    """A small table of sales under these headings."""
    days = pd.date_range("2025-03-01", periods=ROWS).strftime("%Y-%m-%d")
    columns = {
        timestamp: days,
        product: [f"A{n % 3}" for n in range(ROWS)],
        quantity: [str(1 + n % 4) for n in range(ROWS)],
        unit_price: [f"{10 + n % 3}.50" for n in range(ROWS)],
        store: [f"S{n % 2}" for n in range(ROWS)],
        customer: [f"C{n}" for n in range(ROWS)],
    }
    return pd.DataFrame({name: cells for name, cells in columns.items() if name}, dtype="str")


@pytest.mark.parametrize(
    "headings",
    [
        ("日付", "商品", "数量", "単価", "店舗", "顧客"),
        ("売上日", "商品名", "販売数量", "販売単価", "店舗名", "会員番号"),
        ("日期", "产品", "销量", "单价", "门店", "客户"),
        ("날짜", "상품", "수량", "단가", "매장", "고객"),
        ("Fecha", "Producto", "Cantidad", "Precio unitario", "Tienda", "Cliente"),
        ("Data vendita", "Prodotto", "Quantità", "Prezzo unitario", "Negozio", "Cliente"),
        ("Data da venda", "Produto", "Quantidade", "Preço unitário", "Loja", "Cliente"),
        ("Besteldatum", "Productnaam", "Aantal", "Stukprijs", "Winkel", "Klantnummer"),
        ("Fakt.datum", "Material", "Fakt.Menge", "Nettopreis", "Filiale", "Debitor"),
        ("Rechnungsdatum", "Artikelnummer", "Absatz", "Listenpreis", "Niederlassung", "Kundennr."),
    ],
)
def test_the_core_columns_by_their_names(headings):
    roles = ("timestamp", "product", "quantity", "unit_price", "store", "customer")
    found = guessing.guess(table(*headings), "sales")
    assert {role: found.get(role) for role in roles} == dict(zip(roles, headings, strict=True))


@pytest.mark.parametrize(
    "total", ["売上", "売上金額", "金額", "金额", "금액", "Importe total", "Fatturato", "Bedrag", "Nettowert"]
)
def test_the_total_of_a_line_by_its_name(total):
    frame = table("date", "product", "quantity", "p").rename(columns={"p": total})
    frame[total] = (frame["quantity"].astype(float) * frame[total].astype(float)).map(str)
    assert guessing.guess(frame, "sales")["amount"] == total


@pytest.mark.parametrize(
    ("column", "name"),
    [("unit_cost", "Einkaufspreis"), ("unit_cost", "EK"), ("unit_cost", "原価"), ("unit_cost", "Precio de compra"),
     ("currency", "Währg"), ("currency", "通貨"), ("supplier", "Leverancier"), ("promotion", "値引率"),
     ("invoice", "Factuurnummer"), ("category", "カテゴリ")],
)  # fmt: skip
def test_other_columns_by_their_names(column, name):
    assert [one for tier in names.likely([name], column) for one in tier] == [name]


def test_names_in_other_letters_are_not_all_the_same():
    assert len({names.plain(name) for name in ("日付", "数量", "商品", "Дата", "상품")}) == 5
    assert names.plain("商品 ID") == "商品id"
    assert names.bare("金額（円）") == "金額"
    assert names.plain("Prix d'été (€)") == "prixdete"


@pytest.mark.parametrize(
    "written",
    ["2025年3月7日", "2025년 3월 7일", "7 marzo 2025", "7 maart 2025", "7. März 2025", "7 de março de 2025"],
)
def test_days_are_read_in_other_languages(written):
    assert dates.read(pd.Series([written], dtype="str")).values.tolist() == [pd.Timestamp("2025-03-07")]
    assert dates.read(pd.Series(["31/12/9999", "07/03/2025"], dtype="str")).values.notna().sum() == 2
