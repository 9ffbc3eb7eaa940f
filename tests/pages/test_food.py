"""Food products: search, sheet, comparison, category, basket, lists; Open Food Facts there, failing and gone."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import settings
from connectors import openfoodfacts
from data import schemas, state, tables
from data.dataset import Dataset, Origin
from data.demo import food as demo
from tests.connectors.conftest import send
from tests.connectors.food_replica import Replica, invented, picture

pytestmark = pytest.mark.xdist_group("food")
DEMO = {one.name: one.code for one in demo.products(datetime(2026, 1, 1, tzinfo=UTC))}
ROOT = Path(__file__).resolve().parents[2]
HTML = b"<!DOCTYPE html><title>Page temporarily unavailable</title>"


def renumbered(code):
    """A code of the demo as one of 13 digits that begins with 30; the sum is one more, so the check digit one less."""
    return f"3{code[1:-1]}{(int(code[-1]) - 1) % 10}"


def relabelled():
    """The invented products under codes that are not the demo's: 13 digits from 30 on."""
    rows = invented()
    for row in rows:
        row["code"] = renumbered(row["code"])
        row["product_name"] = f"Real {row['product_name']}"
    return rows


@pytest.fixture
def replica(home, monkeypatch):
    made = Replica(relabelled())
    for name, value in {
        "OPENFOODFACTS_URL": made.url,
        "OPENFOODFACTS_SEARCH_URL": made.url,
        "TIMEOUT_SECONDS": "1",
        "OPENFOODFACTS_READS": "99",
        "OPENFOODFACTS_SEARCHES": "99",
    }.items():
        monkeypatch.setenv(f"VIGIE_{name}", value)
    settings.get.cache_clear()
    openfoodfacts._turns.clear()
    yield made
    made.server.shutdown()


def code(name):
    return renumbered(DEMO[name])


def texts(app):
    kinds = (app.markdown, app.caption, app.info, app.warning, app.subheader)
    return "\n".join(element.value for kind in kinds for element in kind)


def metric(app, label):
    return next(card.value for card in app.metric if card.label == label)


def titles(app):
    return [element.value for element in app.markdown if element.value.startswith("**")]


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def test_without_a_question_the_demo_is_shown_and_named(visit, replica):
    app = visit("food")
    assert metric(app, "Products in sight") == "60"
    assert "Demo (simulated)" in texts(app).replace("\\", "")
    assert not replica.requests


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("view", ["products", "product", "compare", "category", "basket", "batch"])
def test_every_view_opens_in_both_languages(visit, replica, view, lang):
    wanted = {"with": [DEMO["Cola"], DEMO["Honey hoops"]], "basket": [f"{DEMO['Cola']}:330"]}
    app = visit("food", lang=lang, view=view, layout="cards", **wanted)
    assert len(app.get("plotly_chart")) == {"product": 1, "compare": 1, "category": 2, "basket": 1}.get(view, 0)


def test_a_search_shows_what_the_origin_has_and_its_licences(visit, replica):
    app = visit("food", q="honey")
    assert metric(app, "Products in sight") == "2"
    assert all(name in texts(app) for name in ("ODbL 1.0", "DbCL 1.0", "CC BY-SA 3.0", "2 products found"))
    assert "Demo" not in app.caption[0].value
    asked = len(replica.requests)
    app.run()
    assert len(replica.requests) == asked


def test_nothing_is_asked_before_the_form_is_sent_and_a_barcode_opens_the_sheet(visit, replica):
    app = visit("food")
    app.text_input(key="q").set_value(code("Honey hoops"))
    press(app, "Search")
    assert app.session_state["view"] == "product"
    assert "Real Honey hoops" in texts(app)
    assert app.query_params["q"] == code("Honey hoops")


def test_a_mistyped_barcode_and_an_unknown_one_get_a_sentence(visit, replica):
    wrong = code("Honey hoops")[:-1] + str((int(code("Honey hoops")[-1]) + 1) % 10)
    assert "One of the digits is wrong" in visit("food", q=wrong).warning[0].value.replace("\\", "")
    assert "no such product" in visit("food", q="4006381333931", view="product").info[0].value


def test_the_sheet_compares_with_the_category_and_names_healthier_products(visit, replica):
    tag = "en:breakfast-cereals"
    app = visit("food", q="Caramel crunch", view="product", loaded=tag, cat=tag)
    words = texts(app).replace("\\", "")
    assert "Sugars: 33.0 g, where half of Breakfast cereals have less than 15.5 g" in words
    assert "Real Wheat squares · Moulin Clair** (Nutri-Score A): 32.1 g less sugars" in words
    assert "NOVA 4" in words


def test_a_label_that_cannot_be_right_is_flagged(visit, replica):
    app = visit("food", view="product", code=DEMO["Ginger beer (label misprinted)"])
    assert "More sugars" in texts(app)


def test_a_comparison_of_products_from_a_link(visit, replica):
    chosen = [code("Cola"), code("Cherry cola"), code("Tonic water")]
    app = visit("food", view="compare", how="first", **{"with": chosen})
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert [text.strip() for text in figure["data"][1]["text"]] == ["±0 g", "+0.80 g", "−2.7 g"]
    assert len(replica.requests) == 1


def test_demo_and_real_products_are_never_together(visit, replica):
    app = visit("food", q="honey", view="compare", **{"with": [DEMO["Cola"], code("Cola"), code("Honey hoops")]})
    options = app.multiselect(key="with")
    assert options.value == [code("Cola"), code("Honey hoops")]


def test_a_basket_adds_up_is_in_the_url_and_can_be_changed(visit, replica):
    app = visit("food", view="basket", basket=[f"{DEMO['Cola']}:330", "nonsense"])
    assert metric(app, "Sugars") == "35.0 g"
    app.number_input(key=f"grams-{DEMO['Cola']}").set_value(500).run()
    assert metric(app, "Sugars") == "53.0 g"
    assert app.query_params["basket"] == f"{DEMO['Cola']}:500"
    app.selectbox(key="add-1").set_value(DEMO["Honey hoops"]).run()
    assert metric(app, "Sugars") == "63.4 g"
    app.button(key=f"drop-{DEMO['Cola']}").click().run()
    assert metric(app, "Sugars") == "10.4 g"


def test_the_second_page_is_asked_for(visit, replica):
    app = visit("food", q="real")
    press(app, "Next")
    assert app.query_params["page"] == "2"
    assert any("page=2" in path for path in replica.requests)


ODD = [
    {"q": "*$`<b>", "category": "<script>", "country": "x", "grade": "Z"},
    {"view": "zzz", "layout": "q", "cols": "x", "per": "y"},
    {"view": "product", "code": "9" * 40},
    {"view": "compare", "how": "best", "nutrient": "caffeine", "with": [DEMO["Cola"], DEMO["Honey hoops"], "<b>"]},
    {"view": "category", "cat": "<b>", "loaded": ["a", "b"]},
    {"view": "basket", "days": "0", "basket": ["abc:3", f"{DEMO['Cola']}:1000000000", f"{DEMO['Cola']}:5"]},
    {"view": "batch", "batch": "nonsense"},
]


@pytest.mark.parametrize("link", ODD, ids=lambda link: link.get("view", "q"))
def test_an_odd_link_opens(visit, replica, link):
    assert "Sorry" not in texts(visit("food", **link))


def test_products_of_which_nothing_is_known_are_shown(visit, replica):
    for row in replica.rows.values():
        row |= dict.fromkeys(("product_name", "brands", "nova_group", "nutriscore_grade", "serving_size"))
        row |= {"nutriments": {}, "categories_hierarchy": []}
    codes = list(replica.rows)[:3]
    for view in ("products", "product", "compare", "category", "basket"):
        app = visit("food", country="en:france", view=view, basket=f"{codes[0]}:10", **{"with": codes})
        assert view == "products" or app.info


def test_a_page_after_the_last_leads_back(visit, replica):
    app = visit("food", q="honey", page="77")
    assert "end before this page" in app.info[0].value
    press(app, "First page")
    assert metric(app, "Products in sight") == "2"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (send(HTML, 503, Content_Type="text/html"), "not well"),
        (send(HTML, 200, Content_Type="text/html"), "page of text"),
        (send(b"{}", pause=2), "in time"),
        (send(b'{"items": []}', Content_Type="application/json"), "does not know"),
    ],
)
def test_a_failing_origin_gets_a_sentence_in_time_and_can_be_asked_again(visit, replica, answer, says):
    replica.failing["/"] = answer
    app = visit("food", q="honey")
    assert says in app.warning[0].value
    replica.failing.clear()
    press(app, "Try again")
    assert metric(app, "Products in sight") == "2"


def test_offline_the_last_answer_is_shown_with_its_date(visit, replica):
    visit("food", q="honey")
    replica.failing["/"] = send(HTML, 503)
    app = visit("food", q="honey")
    assert "cannot be asked now" in app.warning[0].value
    assert metric(app, "Products in sight") == "2"


def test_offline_a_link_shows_what_is_at_hand_in_time_and_says_what_it_lacks(visit, replica):
    chosen = [code(name) for name in ("Cola", "Cherry cola", "Tonic water")]
    openfoodfacts.products(chosen[:2], now=datetime.now(UTC) - timedelta(days=3))
    replica.failing["/"] = send(b"{}", pause=3)
    for asked in ({}, {"q": "honey"}):
        before = len(replica.requests)
        app = visit("food", view="compare", **asked, **{"with": chosen})
        assert len(replica.requests) == before + 2  # each for half of the time limit
        assert "cannot be reached" in app.warning[0].value
        assert "What is shown was given on" in app.warning[0].value
        assert f"Not at hand while Open Food Facts cannot be asked: {chosen[2]}" in texts(app)
        assert len(app.get("plotly_chart")) == 1
    replica.failing.clear()
    press(app, "Try again")
    assert app.multiselect(key="with").value == chosen
    assert not app.warning


def test_an_old_copy_is_called_one(visit, replica):
    openfoodfacts.products([code("Cola")], now=datetime.now(UTC) - timedelta(days=3))
    replica.failing["/"] = send(HTML, 503)
    assert "cannot be asked now" in visit("food", q=code("Cola"), view="product").warning[0].value


def test_labels_that_cannot_be_right_are_named_beside_tables(visit, replica):
    assert "1 label cannot be right: Ginger beer" in texts(visit("food")).replace("\\", "")


def test_a_barcode_is_read_from_a_photo(visit, replica):
    app = visit("food")
    app.file_uploader(key="photo").upload("photo.png", picture(code("Honey hoops")), "image/png").run()
    assert not app.exception
    assert "Real Honey hoops" in app.subheader[0].value
    app.file_uploader(key="photo").upload("photo.png", b"no picture", "image/png").run()
    assert "not a picture" in app.warning[0].value


def test_tags_and_nova_are_in_the_readers_language(visit, replica):
    app = visit("food", lang="fr", view="product", code=DEMO["Caramel crunch"])
    words = texts(app).replace("\\", "")
    assert "Céréales du petit-déjeuner" in words
    assert "fabriqué par l’industrie" in words


def test_text_of_the_public_is_shown_as_text(visit, replica):
    row = next(iter(replica.rows.values()))
    row.update(
        product_name="<img src=x> [link](javascript:x) :red[x] honey", brands="**bold**", ingredients_text="`code`"
    )
    app = visit("food", q="honey", view="product", code=row["code"])
    assert not any("[link](" in element.value or "**bold**" in element.value for element in app.markdown)
    assert all(not element.allow_html for element in app.markdown)


def settled(app):
    for _attempt in range(100):
        if not any(button.label == "Cancel" for button in app.button):
            assert not app.exception
            return app
        time.sleep(0.1)
        app.run()
    raise AssertionError("the list never ended")


def test_a_list_is_read_in_the_background_and_what_is_missing_is_listed(visit, replica):
    app = visit("food", view="batch")
    known, unknown = code("Cola"), "4006381333931"
    app.text_area(key="food-codes").set_value(f"{known}\n{unknown}\n{known[:-1]}{(int(known[-1]) + 1) % 10}")
    settled(press(app, "Read these products"))
    assert (metric(app, "Barcodes"), metric(app, "Found"), metric(app, "Not found")) == ("2", "1", "1")
    missing = app.dataframe[1].value
    assert missing["barcode"].tolist()[0] == unknown
    assert len(missing) == 2
    again = visit("food", view="batch")
    press(again, next(button.label for button in again.button if button.label.startswith("Show the last list")))
    assert metric(again, "Found") == "1"


def test_a_list_cut_off_by_a_restart_goes_on(visit, replica):
    now = datetime.now(UTC)
    codes = [code("Cola"), code("Cherry cola")]
    openfoodfacts.products(codes[:1])
    row = {"run": "before", "job": "food", "subject": "2 barcodes", "status": "running", "step": "Reading products"}
    cut = now - timedelta(minutes=2)  # without a beat since
    row |= {"progress": 0.5, "started": cut, "heartbeat": cut, "finished": None, "message": None}
    engine = state.engine(settings.get().database_url)
    app = visit("food")
    state.upsert(engine, state.job_runs, [row | {"details": {"codes": codes, "wrong": {}}}])
    app = visit("food", view="batch", batch="before")
    assert (metric(app, "Found"), metric(app, "Not read yet")) == ("1", "1")
    assert "restarted" in app.warning[0].value
    asked = len(replica.requests)
    settled(press(app, "Go on"))
    assert metric(app, "Found") == "2"
    assert len(replica.requests) == asked + 1


def test_a_text_without_barcodes_gets_a_sentence(visit, replica):
    app = visit("food", view="batch")
    app.text_area(key="food-codes").set_value("muesli")
    press(app, "Read these products")
    assert "no barcode in this" in app.warning[0].value


def test_a_product_of_a_list_or_a_loaded_category_opens_though_it_was_not_in_sight(visit, replica):
    tag = "en:breakfast-cereals"
    app = visit("food", q="Caramel crunch", view="product", loaded=tag, cat=tag)
    app.button(key=f"better-{code('Wheat squares')}").click().run()
    assert not app.exception
    assert app.session_state["code"] == code("Wheat squares")
    assert "Real Wheat squares" in app.subheader[0].value


def test_barcodes_are_found_where_they_are(visit, replica, home):
    assert "has no barcodes" in texts(visit("food", view="batch")).replace("\\", "")  # the demo's shop
    lines = pd.DataFrame({"source": "test", "line_id": ["1", "2", "3"], "product": ["A1", "A2", "A3"]})
    lines = lines.assign(
        timestamp=pd.Timestamp("2026-02-02"), line_type="sale", quantity=1.0, unit_price=1.0, currency="EUR"
    )
    goods = pd.DataFrame({"product": ["A1", "A2", "A3"], "barcode": [code("Cola"), "12", None]})
    goods = goods.assign(description="x", category="y").astype("str")
    frames = {"sales": schemas.check("sales", lines), "products": schemas.check("products", goods)}
    tables.add(home, Dataset("sales", frames, Origin("upload", "shop.csv", currency="EUR")), datetime.now(UTC))
    words = texts(visit("food", lang="fr", view="batch")).replace("\\", "").replace("\u00a0", " ")
    assert "1 des 3 produits de shop.csv ont un code-barres dans la colonne « Code-barres »." in words


def test_what_is_sold_is_read_kept_and_then_filtered_and_asked_by(visit, replica, home):
    """A shop of three lines whose sums are known, from its barcodes to the page of sales and to an answer."""
    sold = {"Cola": (10.0, 1.5), "Caramel crunch": (5.0, 4.0), "Plain oat flakes": (3.0, 2.0)}
    grades = {name: replica.rows[code(name)]["nutriscore_grade"].upper() for name in sold}
    lines = pd.DataFrame(
        {
            "source": "test",
            "line_id": list(sold),
            "timestamp": pd.Timestamp("2026-02-02 10:00"),
            "product": [code(name) for name in sold],
            "line_type": "sale",
            "quantity": [units for units, _price in sold.values()],
            "unit_price": [price for _units, price in sold.values()],
            "currency": "EUR",
        }
    )
    origin = Origin("upload", "shop.csv", currency="EUR")
    tables.add(home, Dataset("sales", {"sales": schemas.check("sales", lines)}, origin), datetime.now(UTC))
    app = visit("food", view="batch")
    assert "3 of the 3 products of shop.csv have a barcode" in texts(app).replace("\\", "")
    settled(press(app, "Read what Open Food Facts knows of them"))
    assert metric(app, "Found") == "3"
    assert "shop.csv sells 3 products of this list" in texts(app).replace("\\", "")
    settled(press(app, "Keep beside the sales"))
    assert any(button.label == "Keep again" for button in app.button)
    right = {}
    for name, (units, price) in sold.items():
        right[f"Nutri-Score {grades[name]}"] = right.get(f"Nutri-Score {grades[name]}", 0.0) + units * price
    worst = f"Nutri-Score {grades['Cola']}"
    page = visit("sales_overview", by="nutriscore", **{"sales.nutriscore": worst})
    assert metric(page, "Revenue") == f"€{right[worst]:.0f}"
    for lang, text in (("en", "revenue by Nutri-Score"), ("fr", "chiffre d'affaires par nutri-score")):
        asked = visit("ask", lang=lang)
        asked.text_input(key="ask.text").set_value(text)
        next(button for button in asked.button if button.label in ("Ask", "Demander")).click()
        asked.run()
        assert not asked.exception
        drawn = json.loads(asked.get("plotly_chart")[0].proto.spec)
        assert all(one in json.dumps(drawn) for one in right)


def test_preferences_rank_a_search_and_say_what_is_not_known(visit, replica):
    rows = {row["product_name"]: row for row in replica.rows.values()}
    rows["Real Honey hoops"] |= {"allergens_tags": ["en:milk"]}
    rows["Real Honey hoops"]["product_name"] = "Honey one"
    rows["Real Greek style with honey"] |= {"product_name": "Honey two", "labels_tags": []}
    app = visit("food", q="honey", avoid="en:milk", matters="nova")
    table = app.dataframe[0].value
    assert table["name"].tolist() == ["Honey two", "Honey one"]
    assert [text.split()[0] for text in table["fits"]] == ["?", "▲"]
    assert "Your preferences" in texts(app)
    assert visit("food", q="honey", avoid=["en:milk", "<b>"], matters="nonsense")  # an odd link opens


@pytest.mark.parametrize(
    ("lang", "milk", "vegan", "unknown"),
    [
        ("en", "It contains milk.", "It may not be vegan (natural flavouring).", "not known. Read the package"),
        ("fr", "Il contient : lait.", "Il n’est peut-être pas végane", "lisez l’emballage"),
    ],
)
def test_a_product_warns_of_what_does_not_fit_and_never_calls_the_unknown_safe(
    visit, replica, lang, milk, vegan, unknown
):
    row = replica.rows[code("Cola")]
    row |= {"allergens_tags": ["en:milk"], "ingredients_analysis_tags": ["en:maybe-vegan"]}
    row |= {"ingredients_analysis": {"en:maybe-vegan": ["en:natural-flavouring"]}}
    wanted = {"avoid": ["en:milk", "en:eggs"], "diets": ["vegan"], "view": "product", "q": code("Cola")}
    app = visit("food", lang=lang, **wanted)
    said = [element.value.replace("\\", "").replace("\u00a0", " ") for element in (*app.error, *app.warning)]
    assert any(milk in one for one in said)
    assert any(vegan in one for one in said)
    assert any(unknown in one for one in said)
    assert not app.success


def test_preferences_say_who_comes_first_in_a_comparison(visit, replica):
    chosen = [code("Cola"), code("Plain oat flakes"), code("Honey hoops")]
    replica.rows[code("Plain oat flakes")]["allergens_tags"] = ["en:gluten"]
    app = visit("food", view="compare", avoid="en:gluten", matters="sugars", **{"with": chosen})
    words = texts(app).replace("\\", "")
    # 26 g of sugars are beyond the limit of 22.5 g, 10.6 g in a drink within its 11.25 g.
    assert "Real Cola · Fizzbrook comes first" in words
    assert "Real Plain oat flakes new · Moulin Clair does not fit." in words


def test_a_sheet_says_what_a_product_is_made_of_in_both_languages(visit, replica):
    row = replica.rows[code("Cola")]
    row |= {"additives_tags": ["en:e338", "en:e9999"], "ingredients_text": "water", "ecoscore_grade": "b"}
    row |= {
        "packagings": [
            {"shape": "en:bottle", "material": "en:glass", "recycling": "en:recycle", "number_of_units": "6"}
        ]
    }
    adjustments = {"packaging": {"value": -12}, "production_system": {"value": 0}, "threatened_species": {}}
    row["ecoscore_data"] = {
        "score": 68,
        "agribalyse": {"score": 80},
        "adjustments": adjustments,
        "missing": {"origins": 1},
    }
    for lang, said in (
        ("en", ("Phosphoric acid", "acidity regulator", "Bottle", "Glass", "Green-Score B: 68 of 100 points")),
        (
            "fr",
            ("Acide phosphorique", "correcteur d’acidité", "Bouteille", "Verre", "Green-Score B : 68 points sur 100"),
        ),
    ):
        app = visit("food", lang=lang, view="product", q=code("Cola"))
        words = texts(app).replace("\\", "").replace("\u00a0", " ")
        words += " ".join(table.value.to_string() for table in app.dataframe)
        assert all(one in words for one in said), [one for one in said if one not in words]
        assert "do not add up" not in words
        assert "−12" in words


def test_prices_are_asked_for_once_they_are_opened(visit, replica, monkeypatch):
    monkeypatch.setenv("VIGIE_OPENPRICES_URL", replica.url)
    settings.get.cache_clear()
    shop = {"osm_name": "<b>Monoprix</b>", "osm_address_city": "Grenoble", "osm_address_country_code": "FR"}
    one = {"product_code": code("Cola"), "price": 1.79, "currency": "EUR", "date": "2026-02-01", "location": shop}
    replica.prices = [one]
    app = visit("food", view="product", q=code("Cola"))
    assert not any("prices" in path for path in replica.requests)
    app.session_state[f"prices-{code('Cola')}"] = True
    app.run()
    assert not app.exception
    assert "1 price was reported. The newest: €1.79, Monoprix, Grenoble, France, 1 Feb 2026." in texts(app).replace(
        "\\", ""
    )
    assert sum("api/v1/prices" in path for path in replica.requests) == 1
    replica.failing["/api/v1"] = send(HTML, 503)
    other = visit("food", view="product", q=code("Honey hoops"))
    other.session_state[f"prices-{code('Honey hoops')}"] = True
    other.run()
    assert not other.exception
    assert other.warning[-1].value
