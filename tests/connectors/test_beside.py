"""Tables beside the sales as anybody's file: columns by name in two languages, cells named, keys compared."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from connectors import InvalidFile, beside, files
from data import beside as kept
from data import export, schemas, tables
from tests import shop

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def given(text: str, table: str, **choices: str):
    raw = beside.turned(files.read("mine.csv", text.encode(), limit_bytes=1_000_000), table, choices)
    return beside.read(raw, table, beside.guess(raw.frame, table), choices)


@pytest.mark.parametrize("save", [export.csv, lambda frame: export.xlsx(frame, "template")], ids=["csv", "xlsx"])
@pytest.mark.parametrize("table", kept.TABLES)
def test_a_template_filled_in_is_read_as_it_says(table, save):
    content = save(kept.template(table))
    raw = files.read("template", content, limit_bytes=1_000_000)
    mapping = beside.guess(raw.frame, table)
    assert mapping == {column: column for column in schemas.columns(table)}
    frame, _findings, readings = beside.read(raw, table, mapping)
    assert not [one for one in readings if one.open]
    assert len(frame) == 2
    for column, value in kept.TABLES[table].rows[0].items():
        cell = frame[column].iloc[0]
        if isinstance(cell, str):
            assert cell == value
        elif isinstance(cell, float) and value:
            assert cell == float(value)


def test_a_french_file_of_suppliers():
    text = "Fournisseur;Délai moyen;Écart-type;MOQ;Franco\nLumen;10,5;2;12;250\nBois;21;;1;\n"
    frame, findings, _readings = given(text, "suppliers")
    assert frame["supplier"].tolist() == frame["name"].tolist() == ["Lumen", "Bois"]
    assert frame["lead_time_mean"].tolist() == [10.5, 21]
    assert frame["lead_time_std"].tolist() == [2, 6]  # 21 x 4 / 14
    assert frame["minimum_order"].tolist() == [12, 1]
    assert any("is assumed" in one.message and one.rows == 1 for one in findings)


def test_moves_and_days_in_anybodys_words():
    moves = given(
        "Date;Article;Type mouvement;Quantité;Solde;Date commande\n"
        "05/01/2026;A;Commande;60;12;\n16/01/2026;A;Réception;60;68;05/01/2026\n",
        "stock_moves",
    )[0]
    assert moves["move"].tolist() == ["order", "receipt"]
    assert moves["ordered"].tolist() == [pd.NaT, pd.Timestamp("2026-01-05")]
    days = given("Day,Closed,Discount,Label\n2026-05-01,yes,,Labour Day\n2026-06-06,no,20%,Fair\n", "calendar")[0]
    assert days["open"].tolist() == [False, True]
    assert days["promotion"].tolist()[1] == 0.2
    moves, _findings, readings = given("date,product,move,on_hand\n2026-01-05,A,stolen,3\n", "stock_moves")
    assert [(one.key, one.open) for one in readings] == [("move:stolen", True)]
    assert moves["move"].tolist() == ["count"]


def test_cells_that_cannot_be_used_are_named():
    with pytest.raises(InvalidFile) as refused:
        given("supplier,lead_time_mean\nS1,soon\nS2,7\nS2,8\n", "suppliers")
    report = refused.value.report
    assert report[["row", "column", "value"]].to_numpy().tolist() == [
        [2, "lead_time_mean", "soon"],
        [3, "supplier", "S2"],
        [4, "supplier", "S2"],
    ]
    assert beside.AGAIN in report["reason"].tolist()
    with pytest.raises(InvalidFile, match="lead_time_mean"):
        given("supplier,town\nS1,Lyon\n", "suppliers")
    with pytest.raises(InvalidFile) as refused:
        given("product,on_hand\nx,-3\n", "stock_count")
    assert refused.value.report["value"].tolist() == ["-3"]


def test_keys_that_match_nothing_are_counted(tmp_path):
    stored = shop.keep_lines(tmp_path, 60)  # sells x and y in the stores a and b
    frame = given("product,description\nx,Ex\nZ9,Other\n", "products")[0]
    assert kept.matches(stored, "products", frame) == kept.Matches(1, 1, ("Z9",), 1)
    stores = given("store,name\na,Lyon\nb,Lille\n", "stores")[0]
    assert kept.matches(stored, "stores", stores) == kept.Matches(2, 0, (), 0)
    prices = given("supplier,product,unit_cost\nS1,x,3\nS2,x,4\n", "supplier_prices")[0]
    priced = kept.put(tmp_path, stored, "supplier_prices", prices, "prices.csv", NOW)
    suppliers = given("supplier,lead_time_mean\nS1,5\nS3,9\n", "suppliers")[0]
    assert kept.matches(priced, "suppliers", suppliers) == kept.Matches(1, 1, ("S3",), 1)  # S2 has no lead time
    last = stored.span[1].date()
    days = given(f"date,open\n{last},no\n2030-01-01,no\n", "calendar")[0]
    assert kept.matches(stored, "calendar", days) == kept.Matches(1, 1, ("2030-01-01",), 0)


def test_a_table_is_added_replaced_and_taken_back_and_the_sales_stay(tmp_path):
    from data import append

    stored = shop.keep_lines(tmp_path, 60)
    sales = tables.read(stored)
    one = kept.put(tmp_path, stored, "stores", given("store,name\na,Lyon\n", "stores")[0], "stores.csv", NOW)
    two = kept.put(tmp_path, one, "stores", given("store,name\na,Metz\n", "stores")[0], "again.csv", NOW)
    assert tables.active(tmp_path, "sales") == two
    assert tables.read(two, "stores")["name"].tolist() == ["Metz"]
    pd.testing.assert_frame_equal(tables.read(two), sales)
    assert (two.lineage, two.span, two.rows) == (stored.lineage, stored.span, {"sales": len(sales), "stores": 1})
    assert append.before(tmp_path, two) == one
    assert append.before(tmp_path, one) == stored
    assert tables.sound(two, again=True)


def test_a_count_becomes_moves_after_those_that_there_are(tmp_path):
    stored = shop.keep_lines(tmp_path, 60)
    moves = given("date,product,move,on_hand,quantity\n2024-01-03,x,receipt,80,80\n2024-01-04,x,order,80,40\n"
                  "2024-01-04,y,order,5,7\n", "stock_moves")[0]  # fmt: skip
    stored = kept.put(tmp_path, stored, "stock_moves", moves, "moves.csv", NOW)
    count = given("Produit;Stock;En commande\nx;12;24\nx;3;0\n", "stock_count")[0]
    assert count[["on_hand", "on_order"]].to_numpy().tolist() == [[15, 24]]
    found = tables.read(kept.put(tmp_path, stored, "stock_count", count, "count.csv", NOW), "stock_moves")
    assert found["move"].tolist() == ["receipt", "order", "count", "order"]
    assert found["on_hand"].tolist()[-2:] == [15, 15]
    assert found["date"].iloc[-1] == pd.Timestamp(stored.span[1]).normalize()


def test_next_months_file_keeps_the_tables_beside_it(tmp_path):
    """A whole new file of the same shop: its suppliers are still there, and only where it goes on from those sales."""
    from data.dataset import Dataset, Origin

    stored = shop.keep_lines(tmp_path, 60)
    stored = kept.put(tmp_path, stored, "stores", given("store,name\na,Lyon\n", "stores")[0], "stores.csv", NOW)
    fresh = tables.add(tmp_path, Dataset("sales", {"sales": shop.lines(90)}, Origin("upload", "next.csv")), NOW)
    found = kept.carried(tmp_path, fresh, [stored], NOW)
    assert tables.read(found, "stores")["name"].tolist() == ["Lyon"]
    assert tables.active(tmp_path, "sales") == found
    other = shop.lines(90).assign(quantity=1.0)
    other = tables.add(tmp_path, Dataset("sales", {"sales": other}, Origin("upload", "other.csv")), NOW)
    assert kept.carried(tmp_path, other, [found, stored], NOW) == other


GOODS = "SKU;Nom;Fournisseur;{cost};Colisage\nx;Ex;S1;1,10;6\ny;Why;S2;{y};1\n"


@pytest.mark.parametrize("cost", ["Prix d'achat", "Cost", "EK", "Einkaufspreis", "Purchase price"])
def test_what_products_cost_is_found_by_its_name(cost):
    assert given(GOODS.format(cost=cost, y="2,50"), "products")[0]["unit_cost"].tolist() == [1.1, 2.5]


def test_what_products_cost_is_used_where_no_supplier_lists_them(tmp_path):
    stored = shop.keep_lines(tmp_path, 60)  # sells x and y
    prices = given("supplier,product,valid_from,unit_cost\nS1,x,2024-01-01,9\n", "supplier_prices")[0]
    stored = kept.put(tmp_path, stored, "supplier_prices", prices, "prices.csv", NOW)
    for y in ("2,09", "2,50"):  # the second file replaces what the first one said
        goods = given(GOODS.format(cost="Prix d’achat HT (€)", y=y), "products")[0]
        stored = kept.put(tmp_path, stored, "products", goods, "goods.csv", NOW)
    listed = tables.read(stored, "supplier_prices").set_index("product")["unit_cost"]
    assert listed.to_dict() == {"x": 9.0, "y": 2.5}


def test_a_count_is_of_the_day_that_its_column_names():
    count, findings, _readings = given("Article;Stock au 31/10/2025\n0001;161\n0002;145\n", "stock_count")
    assert count["on_hand"].tolist() == [161, 145]
    assert set(count["date"]) == {pd.Timestamp("2025-10-31")}
    assert any(one.days == {"day": date(2025, 10, 31)} for one in findings)
    assert "date" not in given("Item,Stock 01/02/2025\n0001,161\n", "stock_count")[0]  # of two days none is taken


def test_a_least_order_in_money_is_no_number_of_units():
    frame = given("Fournisseur;Délai (jours);Minimum de commande (€)\nF01;7;150,00\n", "suppliers")[0]
    assert frame["minimum_value"].tolist() == [150]
    assert "minimum_order" not in frame


@pytest.mark.parametrize(
    ("table", "text", "wanted"),
    [
        ("products", "ID,NAME,PRICE\n7501,Pan,18.5\n7502,Té,6\n", {"product": "7501", "list_price": 18.5}),
        ("products", "Categoria,Producto,Precio\nPan,Bollo,7\nPan,Tarta,5\n", {"product": "Bollo", "list_price": 7.0}),
        (
            "stock_count",
            "Local,Producto,Stock Actual\nLima,Bollo,4\nLima,Tarta,0\n",
            {"product": "Bollo", "on_hand": 4},
        ),
    ],
)
def test_lists_of_shops_elsewhere(table, text, wanted):
    frame = given(text, table)[0]
    assert {name: frame[name].iloc[0] for name in wanted} == wanted


def test_two_codes_in_a_list_of_products_are_no_guess():
    raw = files.read("mine.csv", b"name,price\nPan,18.5\nPan,6\n", limit_bytes=1_000)
    assert "product" not in beside.guess(raw.frame, "products")  # the same twice is no code


@pytest.mark.parametrize(
    ("header", "cell", "days"),
    [
        ("Lead time", "2 weeks", 14),
        ("Lead time", "2-4 weeks", 21),
        ("Lead time (weeks)", "2", 14),
        ("Levertijd", "2 weken", 14),
        ("Levertijd (weken)", "2", 14),
        ("Délai", "10 jours", 10),
    ],
)
def test_lead_times_are_days_whatever_their_unit(header, cell, days):
    frame, findings, _readings = given(f"Supplier,{header}\nA,{cell}\nB,{cell}\n", "suppliers")
    assert frame["lead_time_mean"].tolist() == [days, days]
    assert any(one.severity == "warning" and "read in days" in one.message for one in findings)


def test_two_prices_of_the_same_are_refused_and_breaks_are_read():
    rows = "V,S,2026-01-13,1,9\nV,S,2026-01-13,100,8\n"
    frame = given("Supplier,SKU,Effective Date,Break Qty,Unit Cost\n" + rows, "supplier_prices")[0]
    assert frame["from_quantity"].tolist() == [1, 100]
    assert frame["valid_from"].eq(pd.Timestamp("2026-01-13")).all()
    with pytest.raises(InvalidFile):
        given("Supplier,SKU,Effective Date,Rubric,Unit Cost\n" + rows, "supplier_prices")


def test_a_flag_of_promotions_is_no_reduction():
    frame, findings, _readings = given("Date,Open,Promo\n2026-05-01,0,1\n2026-05-02,1,0\n", "calendar")
    assert frame["open"].tolist() == [False, True]
    assert any("not how much it took off" in one.message for one in findings)
    assert given("Date,Promo\n2026-05-01,-20 %\n", "calendar")[0]["promotion"].tolist() == [0.2]


@pytest.mark.parametrize(
    "header",
    [
        "Supplier,Product,Price 1+,Price 10+,Price 100+",
        "Supplier,Product,1-9,10-99,100+",
        "Fournisseur,Référence,Prix 1-9,Prix 10-99,Prix 100 et plus",
        "Lieferant,Artikel,ab 1,ab 10,ab 100",
    ],
)
def test_prices_by_quantity_in_several_columns_are_a_row_each(header):
    text = header + "\nA,P0,5.00,4.50,4.00\nB,P1,6.00,5.50,\n"
    prices, _findings, readings = given(text, "supplier_prices")
    assert prices[["product", "from_quantity", "unit_cost"]].to_numpy().tolist() == [
        ["P0", 1, 5.0], ["P0", 10, 4.5], ["P0", 100, 4.0], ["P1", 1, 6.0], ["P1", 10, 5.5],
    ]  # fmt: skip
    assert [(one.key, one.open) for one in readings] == [("wide", False)]


def test_quantities_beside_their_prices_are_a_row_each_and_lists_of_prices_are_none():
    text = "Supplier,SKU,Qty 1,Price 1,Qty 2,Price 2\nA,S0,1,$5.00,25,$4.50\nA,S1,1,$7.00,30,$6.00\n"
    prices = given(text, "supplier_prices")[0]
    assert prices[["product", "from_quantity", "unit_cost"]].to_numpy().tolist() == [
        ["S0", 1, 5.0], ["S0", 25, 4.5], ["S1", 1, 7.0], ["S1", 30, 6.0],
    ]  # fmt: skip
    with pytest.raises(InvalidFile, match="Choose a column"):  # three lists for three kinds of customers
        given("Supplier,SKU,Price 1,Price 2,Price 3\nA,S0,5,4,3\nA,S1,7,6,5\n", "supplier_prices")


def test_a_stock_in_several_shops_is_asked_about():
    text = "SKU,Description,Lyon,Leeds,Total\nS0,x,10,20,30\nS1,y,11,0,11\n"
    count, _findings, readings = given(text, "stock_count")
    assert [one.key for one in readings if one.open] == ["wide"]
    assert count[["product", "store", "on_hand"]].to_numpy().tolist() == [
        ["S0", "Lyon", 10], ["S0", "Leeds", 20], ["S1", "Lyon", 11], ["S1", "Leeds", 0],
    ]  # fmt: skip


@pytest.mark.parametrize("newest_first", [False, True])
def test_moves_without_a_balance_add_up_to_one_that_is_asked_about(newest_first):
    lines = ["13.01.2025;A;;3", "14.01.2025;A;20;", "15.01.2025;A;;4", "15.01.2025;B;5;"]
    rows = "\n".join(lines[::-1] if newest_first else lines)
    moves, _findings, readings = given(f"Datum;Artikel;Zugang;Abgang\n{rows}\n", "stock_moves")
    assert [one.key for one in readings if one.open] == ["balance"]
    some = moves[moves["product"] == "A"]
    assert some["move"].tolist() == ["sale", "receipt", "sale"]
    assert some["quantity"].tolist() == [-3, 20, -4]
    assert some["on_hand"].tolist() == [0, 20, 16]  # three must have been there
    assert moves.loc[moves["product"] == "B", "on_hand"].tolist() == [5]
    with pytest.raises(InvalidFile, match="count of the stock"):
        given(f"Datum;Artikel;Zugang;Abgang\n{rows}\n", "stock_moves", balance="not known")


def test_a_count_among_moves_says_what_lies_there():
    text = (
        "Date,SKU,Type,Quantity\n2025-01-02,A,Stocktake,50\n2025-01-03,A,Sale,8\n2025-01-04,A,Damaged,-2\n"
        "2025-01-05,A,Stocktake,39\n2025-01-06,A,Receipt,10\n2025-01-07,A,Abracadabra,-1\n"
    )
    moves, _findings, readings = given(text, "stock_moves")
    assert moves["on_hand"].tolist() == [50, 42, 40, 39, 49, 48]
    assert moves["quantity"].tolist() == [50, -8, -2, -1, 10, -1]
    assert moves["move"].tolist() == ["count", "sale", "count", "count", "receipt", "count"]
    assert [one.key for one in readings if one.open] == ["move:Abracadabra"]
    sold = given(text, "stock_moves", **{"move:Abracadabra": "sale"})
    assert sold[0]["move"].iloc[-1] == "sale"
    assert not any(one.open for one in sold[2])


def test_how_columns_beside_the_sales_are_called():
    suppliers = given("Code fournisseur;Raison sociale;Délai de livraison (jours)\nF1;Dupont;5\n", "suppliers")[0]
    assert suppliers[["supplier", "name", "lead_time_mean"]].to_numpy().tolist() == [["F1", "Dupont", 5]]
    text = "External ID,Internal Reference,Name,Trade Price,Case Qty\nx_1,F1,Desk,60,24\nx_2,F2,Lamp,9,12\n"
    products = given(text, "products")[0]
    assert products[["product", "unit_cost", "pack_size"]].to_numpy().tolist() == [["F1", 60, 24], ["F2", 9, 12]]
    days = given("Campaign,From,To,Discount (%)\nWinter,13/01/2025,15/01/2025,25\n", "calendar")[0]
    assert days["event"].tolist() == ["Winter"] * 3
    assert days["promotion"].tolist() == [0.25] * 3


@pytest.mark.parametrize(
    ("header", "first", "days"),
    [
        ("Supplier;Min Lead Time (days);Max Lead Time (days)", "S1;5;9", 7.0),
        ("Code fournisseur;Délai mini (j);Délai maxi (j)", "S1;4 j;10 j", 7.0),
        ("Lieferantennr.;Lieferzeit von (Wochen);Lieferzeit bis (Wochen)", "S1;2;3", 17.5),
        ("supplier;lead_time_weeks", "S1;2", 14.0),
        ("supplier;Lead time (working days)", "S1;6", 6.0),
        ("Supplier;Avg lead time (days);Std dev (days)", "S1;12,5;2", 12.5),
    ],
)
def test_a_lead_time_is_in_days_and_the_middle_of_the_shortest_and_the_longest(header, first, days):
    suppliers = given(f"{header}\n{first}\nS2{first[2:]}\n", "suppliers")[0]
    assert suppliers["lead_time_mean"].tolist() == [days, days]


def test_holidays_of_several_countries_are_those_of_the_one_that_somebody_chose():
    text = "country,date,name\nFR,2025-01-01,Jour de l'an\nDE,2025-01-01,Neujahr\nDE,2025-10-03,Einheit\n"
    frame, _findings, readings = given(text, "calendar")
    assert [one.key for one in readings if one.open] == ["place:country"]
    frame, _findings, readings = given(text, "calendar", **{"place:country": "FR"})
    assert frame["event"].tolist() == ["Jour de l'an"]
    assert not [one for one in readings if one.open]


def test_the_total_of_several_shops_is_no_shop():
    text = "Référence;Stock Lyon;Stock Lille;Stock total\nR1;120;30;150\nR2;0;45;45\n"
    counted = given(text, "stock_count", wide="a row each")[0]
    assert counted["on_hand"].sum() == 195


def test_what_has_a_code_is_that_code_and_called_what_its_row_says():
    products = given("Code,Product,Colisage\nA1,Ale,12\nB2,Bun,6\n", "products")[0]
    assert products[["product", "description"]].to_numpy().tolist() == [["A1", "Ale"], ["B2", "Bun"]]
