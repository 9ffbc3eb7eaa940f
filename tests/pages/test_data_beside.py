"""Data: tables beside the sales are listed, brought in from a file, said where their keys match nothing, taken back."""

import pytest

import settings
from data import tables
from tests import shop
from tests.pages.test_data import press

SUPPLIERS = b"Fournisseur;D\xc3\xa9lai moyen;MOQ\nS1;10;12\nS9;21;1\n"
PRODUCTS = b"product,description,supplier\nx,Lamp,S1\ny,Shelf,S1\nz,Gone,S1\n"


def active():
    return tables.active(settings.get().home, "sales")


def bring(app, name, file, content):
    given = next(one for one in app.file_uploader if one.key.startswith(f"beside-{name}"))
    given.set_value((file, content, "")).run()
    assert not app.exception
    return app


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_each_table_is_listed_with_what_it_is_for(visit, home, lang):
    shop.keep_lines(home, 60)
    app = visit("data", table="sales", lang=lang, beside="suppliers")
    said = " ".join(text.value for text in app.caption)
    assert said.count({"en": "Without it", "fr": "Sans elle"}[lang]) == 7
    assert {button.label for button in app.get("download_button")} >= {"CSV", "XLSX"}


def test_a_table_from_a_file_is_said_kept_and_taken_back(visit, home):
    first = shop.keep_lines(home, 60)
    app = bring(visit("data", table="sales", beside="products"), "products", "products.csv", PRODUCTS)
    assert any("2 of its products are sold here; 0 of those sold" in text.value for text in app.markdown)
    assert any("1 match nothing here, such as z" in text.value for text in app.warning)
    assert active() == first
    press(app, "Keep it beside the sales")
    assert active().rows == {"sales": first.rows["sales"], "products": 3}
    app.selectbox(key="beside").set_value("suppliers").run()
    bring(app, "suppliers", "fournisseurs.csv", SUPPLIERS)
    assert any("1 of its suppliers are in the other tables" in text.value for text in app.markdown)
    press(app, "Keep it beside the sales")
    assert tables.read(active(), "suppliers")["minimum_order"].tolist() == [12, 1]
    press(app, "Undo")
    assert active().rows == {"sales": first.rows["sales"], "products": 3}


def test_a_refused_file_names_its_cell_and_changes_nothing(visit, home):
    first = shop.keep_lines(home, 60)
    app = visit("data", table="sales", beside="suppliers")
    bring(app, "suppliers", "suppliers.csv", SUPPLIERS.replace(b"21", b"<b>soon</b>"))
    assert app.dataframe[0].value[["row", "value"]].to_numpy().tolist() == [[3, "<b>soon</b>"]]
    assert not [button for button in app.button if button.label == "Keep it beside the sales"]
    assert active() == first


def test_any_one_table_beside_the_sales_leaves_every_page_whole(visit, home):
    """Each page is made for a demo that has all tables, and must do with moves alone, or with stores of no country."""
    stored = shop.keep_lines(home, 200)
    moves = b"date,product,move,on_hand\n2024-07-18,x,count,0\n2024-07-18,y,count,9\n"
    stores = b"store,name,country\na,Lyon,France\nb,Leeds,\n"
    calendar = b"date,open\n2024-07-01,no\n2024-07-25,no\n"
    for name, content in (("stock_moves", moves), ("stores", stores), ("calendar", calendar)):
        app = visit("data", table="sales", beside=name)
        press(bring(app, name, f"{name}.csv", content), "Keep it beside the sales")
        assert name in active().columns
    said = " ".join(text.value for text in visit("today").markdown)
    assert "1 product is sold out\\: x" in said
    assert active().rows == {**stored.rows, "stock_moves": 2, "stores": 2, "calendar": 2}
    visit("sales_overview")
