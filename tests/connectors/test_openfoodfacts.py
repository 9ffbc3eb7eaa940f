"""Open Food Facts: what it sends is understood in every form it has, and every failure is named and survived."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import settings
from connectors import BadResponse, ConnectorError, NotFound, RateLimited, Unavailable, openfoodfacts
from connectors.barcodes import InvalidBarcode, barcode, barcodes_in, of_products, upc_a
from connectors.food_fields import number, parse
from data import food
from data.food import NUTRIENTS, Packaging, Product
from models.explore import food as models
from tests.connectors.conftest import send
from tests.connectors.food_replica import Replica, invented, picture

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
CODE = "2000000000015"
HTML = b"<!DOCTYPE html><html><title>Page temporarily unavailable</title><body></body></html>"
BUSY = b"<!DOCTYPE html><html><body><h1>TOO MANY REQUESTS</h1></body></html>"
JSON = "application/json"


@pytest.fixture
def replica(home, monkeypatch):
    """A small Open Food Facts that the settings point to, with time limits of a test."""
    made = Replica(invented())
    point(monkeypatch, made)
    yield made
    made.server.shutdown()


def point(monkeypatch, replica, **more):
    wanted = {"OPENFOODFACTS_URL": replica.url, "OPENFOODFACTS_SEARCH_URL": replica.url, "TIMEOUT_SECONDS": "0.8"}
    for name, value in {**wanted, "OPENFOODFACTS_READS": "99", "OPENFOODFACTS_SEARCHES": "99", **more}.items():
        monkeypatch.setenv(f"VIGIE_{name}", value)
    settings.get.cache_clear()
    openfoodfacts._turns.clear()


def paths(replica):
    return [path.split("?")[0] for path in replica.requests]


# What is found


def test_a_search_asks_the_service_and_completes_its_hits_with_one_request(replica):
    found = openfoodfacts.search("honey")
    assert paths(replica) == ["/search", "/api/v2/search"]
    assert list(found["name"]) == ["Honey hoops", "Greek style with honey"]
    first = found.iloc[0]
    assert (first["sugars_100g"], first["serving_size"], first["nutriscore"]) == (26.0, 40.0, "c")
    assert first["sugars_serving"] == pytest.approx(10.4)
    assert first["vitamin_c_100g"] == pytest.approx(12)  # mg, sent as g
    assert replica.agents == {f"Vigie/{settings.VERSION} ({settings.get().contact})"}


def test_pages_and_filters_reach_the_origin(replica):
    found = openfoodfacts.find("pizza style", category="en:yogurts", page=1, page_size=2)
    assert found.count == 0
    second = openfoodfacts.find(category="en:pizzas", page=2, page_size=4)
    assert (len(second.products), second.count, second.page, second.pages) == (4, 10, 2, 3)
    assert "sort_by=unique_scans_n" in replica.requests[-1]


def test_nothing_found_is_an_empty_table_with_all_columns(replica):
    found = openfoodfacts.search("no such thing")
    assert found.empty
    assert {"code", "name", "nutriscore", "sugars_100g", "sugars_serving", "retrieved"} <= set(found.columns)


def test_words_are_words_and_no_commands_to_the_search_service(replica):
    openfoodfacts.search('honey" OR (code:*) AND -x /re/')
    assert "q=honey+or+code+and+x+re&" in replica.requests[0] + "&"


def test_no_further_than_the_service_answers(replica):
    with pytest.raises(NotFound, match="10000"):
        openfoodfacts.search("honey", page=401, page_size=25)
    assert not replica.requests


def test_a_product_by_its_barcode_with_or_without_zeros(replica):
    found = openfoodfacts.product(CODE)
    assert isinstance(found, Product)
    assert (found.name, found.brands, found.nova) == ("Plain oat flakes new", "Moulin Clair", 1)
    assert openfoodfacts.product(f"0{CODE}") == found or openfoodfacts.product(f"0{CODE}").code == CODE
    assert openfoodfacts.product("4006381333931") is None
    assert openfoodfacts.product("12345678") is None  # shops number some products themselves


def test_several_products_take_one_request_and_the_unknown_are_asked_for_alone(replica):
    codes = [one["code"] for one in invented()[:5]]
    found = openfoodfacts.products([*codes, "4006381333931"], now=NOW)
    assert paths(replica) == ["/api/v2/search", "/api/v2/product/4006381333931"]
    assert found["4006381333931"] is None
    assert [found[code].code for code in codes] == codes


def test_a_list_that_was_cut_off_goes_on_where_it_was(replica, monkeypatch):
    monkeypatch.setattr(openfoodfacts, "AT_ONCE", 4)
    codes = [one["code"] for one in invented()[:8]]

    def stop(done):
        if done > 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        openfoodfacts.products(codes, progress=stop, now=NOW)
    assert len(openfoodfacts.kept_products(codes)) == 8
    asked, seen = len(replica.requests), []
    openfoodfacts.products(codes, age=timedelta(days=1), progress=seen.append, now=NOW + timedelta(hours=1))
    assert len(replica.requests) == asked
    openfoodfacts.products(codes, age=timedelta(days=1), now=NOW + timedelta(days=2))
    assert len(replica.requests) == asked + 2


def test_real_products_and_the_real_search_are_understood(home, monkeypatch, real_data):
    raw = json.loads((real_data / "openfoodfacts/search/search_coca.json").read_text("utf-8"))
    made = Replica(raw["products"])
    point(monkeypatch, made, TIMEOUT_SECONDS="5")
    try:
        found = openfoodfacts.search("coca", page_size=50)
    finally:
        made.server.shutdown()
    assert len(found) > 30
    assert found["energy_kcal_100g"].notna().mean() > 0.8
    assert found["image"].dropna().str.startswith("https://images.openfoodfacts.org/").all()
    cola = found.set_index("code").loc["5449000214911"]
    assert (cola["nutriscore"], cola["nova"], cola["drink"]) == ("e", 4, True)
    assert cola["sugars_serving"] == pytest.approx(35.0, abs=0.1)
    assert "en:france" in cola["countries"]


# What fails


def drip(handler):
    """An answer that trickles in and never ends."""
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _byte in range(40):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def answers(body, **headers):
    return send(body, **{"Content_Type": JSON, **headers})


FAILURES = {
    "slow": (send(b"{}", pause=1.5, Content_Type=JSON), Unavailable),
    "hanging": (drip, Unavailable),
    "cut in the middle": (answers(b'{"products": [', length=5_000), BadResponse),
    "wrong content type": (answers(b'{"products": []}', Content_Type="image/png"), BadResponse),
    "a page of text with 200": (answers(HTML, Content_Type="text/html"), BadResponse),
    "asked too often, with 200": (answers(BUSY, Content_Type="text/html"), RateLimited),
    "asked too often, with 503": (send(BUSY, 503, Content_Type="text/html"), RateLimited),
    "429": (send(BUSY, 429), RateLimited),
    "429 for an hour": (send(BUSY, 429, Retry_After="3600"), RateLimited),
    "503": (send(HTML, 503, Content_Type="text/html"), Unavailable),
    "503 for an hour": (send(HTML, 503, Retry_After="3600"), RateLimited),
    "huge": (answers(b'{"products": "' + b"x" * 300_000 + b'"}'), BadResponse),
    "malformed": (answers(b'{"products": [{'), BadResponse),
    "nested without end": (answers(b"[" * 200_000), BadResponse),
    "a list": (answers(b"[1, 2]"), BadResponse),
    "another shape": (answers(b'{"items": [], "product": 7, "status": 1}'), BadResponse),
    "rows of another shape": (answers(b'{"products": [1, {"id": 2}], "hits": [null]}'), BadResponse),
    "another host": (send(b"", 302, Location="http://127.0.0.1:9/elsewhere"), BadResponse),
    "refused": (send(HTML, 403, Content_Type="text/html"), BadResponse),
    "no such page": (send(HTML, 404, Content_Type="text/html"), NotFound),
}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(openfoodfacts, "MAX_BYTES", 200_000)


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_product_has_a_name_and_is_over_in_time(replica, small, name):
    replica.failing["/"], error = FAILURES[name]
    started = time.monotonic()
    with pytest.raises(error) as caught:
        openfoodfacts.product(CODE)
    assert time.monotonic() - started < 2
    assert str(caught.value).endswith(".")
    assert "{" not in str(caught.value)


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_search_falls_back_to_the_old_search(replica, small, name):
    replica.failing["/search"] = FAILURES[name][0]
    found = openfoodfacts.find("honey")
    assert [one.name for one in found.products] == ["Honey hoops", "Greek style with honey"]
    assert found.fresh
    assert paths(replica)[-1] == "/cgi/search.pl"


@pytest.mark.parametrize("name", ["hanging", "503", "malformed", "another host"])
def test_when_all_fails_the_last_good_search_is_served_with_its_date(replica, small, name):
    openfoodfacts.find("honey", now=NOW)
    replica.failing["/"] = FAILURES[name][0]
    kept = openfoodfacts.find("honey", now=NOW + timedelta(days=3))
    assert (kept.fresh, kept.retrieved, len(kept.products)) == (False, NOW, 2)
    assert set(openfoodfacts.search("honey")["retrieved"]) == {NOW}
    with pytest.raises(ConnectorError):
        openfoodfacts.find("wheat")


@pytest.mark.parametrize("name", ["slow", "503", "another shape"])
def test_a_product_is_served_as_it_was_and_a_missing_one_stays_missing(replica, small, name):
    openfoodfacts.product(CODE, now=NOW)
    openfoodfacts.product("4006381333931", now=NOW)
    replica.failing["/"] = FAILURES[name][0]
    assert openfoodfacts.product(CODE, now=NOW + timedelta(days=2)).retrieved == NOW
    assert openfoodfacts.product("4006381333931") is None
    both = openfoodfacts.products([CODE, "4006381333931"], now=NOW + timedelta(days=2))
    assert both[CODE].retrieved == NOW


def test_hits_that_cannot_be_completed_are_shown_and_what_they_lack_is_said(replica):
    replica.failing["/api/v2/search"] = FAILURES["503"][0]
    found = openfoodfacts.find("honey")
    assert found.partial
    assert [one.serving_size for one in found.products] == [None, None]
    assert found.products[0].per_100["sugars"] == 26.0


def test_nobody_there(home, monkeypatch, replica):
    monkeypatch.setenv("VIGIE_OPENFOODFACTS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("VIGIE_OPENFOODFACTS_SEARCH_URL", "http://127.0.0.1:9")
    settings.get.cache_clear()
    with pytest.raises(Unavailable, match="cannot be reached"):
        openfoodfacts.search("honey")


def test_a_list_is_over_in_the_time_of_one_request_though_nothing_answers(replica, small):
    codes = [one["code"] for one in invented()[:4]]
    openfoodfacts.products(codes[:2], now=NOW)
    replica.failing["/"] = FAILURES["hanging"][0]
    started, before = time.monotonic(), len(replica.requests)
    kept = openfoodfacts.products(codes[:2], now=NOW + timedelta(days=2))
    assert {one.retrieved for one in kept.values()} == {NOW}
    with pytest.raises(Unavailable):
        openfoodfacts.products(codes, now=NOW + timedelta(days=2))
    assert len(replica.requests) == before + 4  # each for half of the time limit
    assert time.monotonic() - started < 2 * 0.8 + 2


def test_pictures_of_the_origin_and_of_its_picture_servers_are_shown(replica):
    for url in (f"{replica.url}/x.jpg", "https://images.openfoodfacts.org/x.jpg"):
        assert parse({"code": "54491472", "image_front_url": url}, NOW).image == url


def test_a_redirect_within_the_host_is_followed(replica):
    replica.failing[f"/api/v2/product/{CODE}"] = send(b"", 301, Location="/api/v2/product/2000000000022")
    assert openfoodfacts.product(CODE).name == "Wheat squares"


def test_a_copy_is_pruned_when_there_are_too_many(replica, monkeypatch):
    monkeypatch.setitem(openfoodfacts.COPIES, "products", 5)
    for one in invented()[:8]:
        openfoodfacts.product(one["code"])
    folder = settings.get().home / "raw/openfoodfacts/products"
    assert len([path for path in folder.iterdir() if not path.name.endswith(".json.json")]) <= 5


# The limits


def test_requests_wait_for_their_turn_and_say_so(replica, monkeypatch):
    point(monkeypatch, replica, OPENFOODFACTS_READS="3")
    monkeypatch.setattr(openfoodfacts, "MINUTE", 1.0)
    said, started = [], time.monotonic()
    for one in invented()[:4]:
        openfoodfacts.product(one["code"], waiting=said.append)
    assert 0.9 < time.monotonic() - started < 3
    assert said[0] == pytest.approx(1.0, abs=0.5)


def test_who_waits_can_stop(replica, monkeypatch):
    point(monkeypatch, replica, OPENFOODFACTS_SEARCHES="2")

    def stop(_seconds):
        raise KeyboardInterrupt

    openfoodfacts.find("honey")
    with pytest.raises(KeyboardInterrupt):
        openfoodfacts.find("wheat", waiting=stop)


def test_a_list_makes_the_pauses_that_it_is_asked_for(replica, monkeypatch):
    monkeypatch.setattr(openfoodfacts, "MINUTE", 0.3)
    refused = iter([True, True])
    busy = send(BUSY, 429)

    def twice(handler):
        if next(refused, False):
            return busy(handler)
        body = json.dumps({"products": invented()[:2]}).encode()
        return send(body, Content_Type=JSON)(handler)

    monkeypatch.setattr("connectors.http.LONGEST_WAIT", 0)
    replica.failing["/api/v2/search"] = twice
    said = []
    found = openfoodfacts.products([one["code"] for one in invented()[:2]], pauses=3, waiting=said.append)
    assert all(found.values())
    assert said


# Other versions of the interface


def test_version_3_says_not_found_in_its_own_way(replica, real_data):
    body = (real_data / "openfoodfacts/errors/v3_not_found.json").read_bytes()
    replica.failing["/"] = send(body, 404, Content_Type=JSON)
    assert openfoodfacts.product(CODE) is None


def test_version_35_is_understood():
    raw = {
        "code": "3017620422003",
        "product_name": "Spread",
        "brands": ["One", "Two"],
        "brands_tags": ["xx:one"],
        "environmental_score_grade": "D",
        "nutriscore_grade": "not-applicable",
        "nutrition": {
            "aggregated_set": {
                "per": "100ml",
                "preparation": "prepared",
                "nutrients": {
                    "sugars": {"value": "56,3", "unit": "g"},
                    "energy": {"value": 2252, "unit": "kJ"},
                    "calcium": {"value": 120, "unit": "mg"},
                    "vitamin-d": {"value": 5, "unit": "μg"},
                    "fat": "a lot",
                    "salt": {"value": None},
                },
            }
        },
        "selected_images": {"front": {"display": {"fr": "https://images.openfoodfacts.org/images/x.400.jpg"}}},
    }
    made = parse(raw, NOW)
    assert made.per_100 == pytest.approx(
        {"energy_kj": 2252, "energy_kcal": 2252 / 4.184, "sugars": 56.3, "calcium": 120, "vitamin_d": 5}
    )
    assert (made.prepared, made.liquid, made.brands, made.green_score, made.nutriscore) == (
        True,
        True,
        "One, Two",
        "d",
        None,
    )
    assert made.image == "https://images.openfoodfacts.org/images/x.400.jpg"


def test_estimates_are_not_what_the_label_says():
    def told(value, unit, source):
        return {"value": value, "unit": unit, "source": source, "source_per": "100g"}

    nutrients = {
        "energy-kj": told(3378, "kJ", "packaging"),
        "energy-kcal": told(107.64, "kcal", "estimate"),
        "fat": told(91.3, "g", "packaging"),
        "fiber": told(2.5, "g", "estimate"),
        "salt": told(1, "g", "manufacturer"),
    }
    whole = {"per": "100g", "preparation": "as_sold", "nutrients": nutrients}
    made = parse({"code": CODE, "nutrition": {"aggregated_set": whole}, "serving_quantity": 10}, NOW)
    assert made.per_100["energy_kcal"] == pytest.approx(807, abs=0.5)  # what 3,378 kJ are
    assert set(made.per_100) == set(made.per_serving) == {"energy_kj", "energy_kcal", "fat", "salt"}
    assert made.estimated == {"fiber": 2.5}
    assert made.sources["fiber"] == "estimate"
    assert made.sources["salt"] == "manufacturer"
    table = food.frame([made])
    assert models.amounts(table).index.tolist() == ["energy_kj", "energy_kcal", "fat", "salt"]


def test_a_drink_is_liquid_whatever_its_size_is_written_in():
    drink = {"code": CODE, "categories_hierarchy": ["en:beverages"], "product_quantity_unit": "g"}
    assert parse(drink, NOW).liquid
    assert not parse(drink | {"categories_hierarchy": ["en:snacks"]}, NOW).liquid
    assert not parse(drink | {"categories_hierarchy": ["en:beverages", "en:instant-beverages"]}, NOW).liquid
    assert parse(drink | {"categories_hierarchy": ["en:dairies", "en:milks"]}, NOW).liquid
    assert not parse(drink | {"categories_hierarchy": ["en:dairies", "en:milks", "en:condensed-milks"]}, NOW).liquid


def test_a_changed_schema_leaves_unknown_what_is_not_understood(replica):
    replica.failing["/"] = answers(
        json.dumps(
            {
                "status": 1,
                "product": {
                    "code": CODE,
                    "product_name": {"main": "Named"},
                    "brands": 7,
                    "categories_tags": "en:colas",
                    "nutriments": [1, 2],
                    "nutrition": {"aggregated_set": []},
                    "nova_group": "five",
                    "completeness": "most",
                    "last_modified_t": 1e99,
                    "image_front_url": ["x"],
                    "serving_quantity": {"value": 3},
                },
            }
        ).encode()
    )
    made = openfoodfacts.product(CODE)
    assert (made.name, made.brands, made.categories, made.nova, made.per_100) == ("Named", "", (), None, {})
    assert (made.modified, made.image, made.completeness, made.serving_size) == (None, None, None, None)


# Values


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        (3, 3.0),
        (0.5, 0.5),
        ("3.25", 3.25),
        ("3,25", 3.25),
        (" < 0,5 ", 0.5),
        ("1e-05", 1e-5),
        ("", None),
        ("traces", None),
        ("1.234,5", None),
        (-1, None),
        (True, None),
        (None, None),
        ("nan", None),
        (float("inf"), None),
        (10**400, None),
        ([1], None),
    ],
)
def test_amounts_are_read_however_they_are_written(sent, understood):
    assert number(sent) == understood


@given(st.floats(0, 1e6, allow_nan=False), st.sampled_from([".", ","]), st.sampled_from(["", "<", "~ ", " "]))
def test_any_amount_survives_being_written(amount, point, before):
    assert number(f"{before}{amount:.6f}".replace(".", point)) == pytest.approx(amount, abs=1e-6)


@given(st.one_of(st.text(), st.none(), st.floats(), st.integers(), st.lists(st.integers()), st.booleans()))
def test_an_amount_is_a_finite_number_or_not_known(anything):
    found = number(anything)
    assert found is None or (0 <= found < float("inf"))


leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))
fields = st.sampled_from(sorted(openfoodfacts._KEPT - {"code"}))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=15), inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(fields, values, max_size=8))
def test_whatever_stands_in_a_product_it_is_read(row):
    made = parse({"code": "54491472", **row}, NOW)
    assert made.code == "54491472"
    assert all(name in NUTRIENTS for name in made.per_100)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Milk <b>chocolate</b>", "Milk chocolate"),
        ("<script>alert(1)</script>Bar", "alert(1)Bar"),
        ("M&amp;M&#39;s", "M&M's"),
        ("fat < 3 g", "fat < 3 g"),
        ("a\u202eb\u0000c\n d", "abc d"),
    ],
)
def test_text_is_text(sent, shown):
    assert parse({"code": "54491472", "product_name": sent}, NOW).name == shown


@pytest.mark.parametrize(
    "url",
    [
        "http://images.openfoodfacts.org/x.jpg",
        "https://images.openfoodfacts.org.evil.example/x.jpg",
        "https://images.openfoodfacts.org@evil.example/x.jpg",
        "https://evil.example/images.openfoodfacts.org",
        "javascript:alert(1)",
        "data:image/svg+xml,<svg/>",
        "//images.openfoodfacts.org/x.jpg",
        "https://[broken",
    ],
)
def test_pictures_come_from_known_hosts_only(home, url):
    assert parse({"code": "54491472", "image_front_url": url}, NOW).image is None


def test_salt_and_energy_come_from_what_says_the_same(home):
    amounts = {"energy_100g": "180", "sodium_100g": 0.4, "sugars_prepared_100g": 5, "fat_100g": 1}
    made = parse({"code": "54491472", "nutriments": amounts}, NOW)
    assert made.per_100 == pytest.approx({"energy_kj": 180, "energy_kcal": 180 / 4.184, "salt": 1.0, "fat": 1})
    prepared = parse({"code": "54491472", "nutriments": {"sugars_prepared_100g": 5}}, NOW)
    assert (prepared.per_100, prepared.prepared) == ({"sugars": 5.0}, True)


# Barcodes


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("3029330003533", "3029330003533"),
        ("3 029330 003533", "3029330003533"),
        ("049000042566", "0049000042566"),  # UPC-A
        ("49000042566", "0049000042566"),
        ("00054491472", "54491472"),  # EAN-8
        ("04252614", "0042100005264"),  # UPC-E
        ("4252614", "0042100005264"),
        ("04963406", "0049000006346"),
        ("01000039", "0010000000009"),  # UPC-E, its six digits ending in 3
        ("01000049", "0010000000009"),  # ... and in 4
        ("10012345678902", "10012345678902"),  # GTIN-14
        ("03029330003533", "3029330003533"),
    ],
)
def test_barcodes_are_written_as_the_origin_writes_them(typed, code):
    assert barcode(typed) == code


def test_digits_that_are_an_ean_8_and_a_upc_e_mean_the_product_that_there_is(replica):
    short, long = "01234565", "0012345000065"
    assert (barcode(short), upc_a(short)) == (short, long)
    replica.rows[long] = replica.rows[CODE] | {"code": long}
    assert openfoodfacts.product(short).code == long
    assert openfoodfacts.products([short, CODE])[short].code == long
    replica.rows[short] = replica.rows[CODE] | {"code": short}
    assert openfoodfacts.product(short).code == short


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "digits only"),
        ("muesli", "digits only"),
        ("٣٠٢٩٣٣٠٠٠٣٥٣٣", "digits only"),
        ("0000000000000", "zeros"),
        ("3029330003534", "last one does not fit"),
        ("123456789012345678", "at most 14"),
    ],
)
def test_what_is_no_barcode_is_told_why(typed, says):
    with pytest.raises(InvalidBarcode, match=says):
        barcode(typed)


def checked(body):
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return body + str(-total % 10)


@given(st.integers(1, 10**12 - 1))
def test_every_code_with_its_check_digit_is_one_and_none_with_another(body):
    code = checked(str(body).rjust(12, "0"))
    once = barcode(code)
    assert len(once) in (8, 13)
    assert barcode(once) == once
    assert barcode(code.lstrip("0").rjust(8, "0")) == once
    wrong = code[:-1] + str((int(code[-1]) + 3) % 10)
    if len(wrong.lstrip("0")) > 8:  # shorter ones may be UPC-E
        with pytest.raises(InvalidBarcode):
            barcode(wrong)


@given(st.text(max_size=30))
def test_any_text_is_a_barcode_or_told_why(text):
    with suppress(InvalidBarcode):
        assert len(barcode(text)) in (8, 13, 14)


def test_a_barcode_is_read_from_a_picture():
    assert barcodes_in(picture()) == ["3029330003533"]
    assert barcodes_in(picture("04963406", "UPCE")) == ["0049000006346"]
    assert barcodes_in(picture("10012345678902", "ITF")) == ["10012345678902"]


def test_a_picture_without_one_or_no_picture_is_told_why():
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (80, 80), "white").save(file, "PNG")
    with pytest.raises(InvalidBarcode, match="No barcode"):
        barcodes_in(file.getvalue())
    with pytest.raises(InvalidBarcode, match="No barcode"):
        barcodes_in(picture("hello world", "QRCode"))
    with pytest.raises(InvalidBarcode, match="not a picture"):
        barcodes_in(b"GIF89a nonsense")
    with pytest.raises(InvalidBarcode, match="not a picture"):
        barcodes_in(picture()[:200])
    file = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(file, "PNG")
    with pytest.raises(InvalidBarcode, match="too large"):
        barcodes_in(file.getvalue())


def test_diets_packaging_and_green_score_of_real_products_are_those_of_their_origin(real_data):
    """Read here on their own; the parts that are published add up to the score."""
    scored = described = 0
    for path in sorted((real_data / "openfoodfacts" / "products").glob("[0-9]*.json")):
        raw = json.loads(path.read_text("utf-8"))
        raw = raw.get("product", raw) | {"code": path.stem}
        made = parse(raw, NOW)
        tags = set(raw.get("ingredients_analysis_tags") or [])
        assert (made.analysis.get("palm_oil") == "no") == ("en:palm-oil-free" in tags), path.name
        assert (made.analysis.get("vegetarian") == "maybe") == ("en:maybe-vegetarian" in tags), path.name
        if "en:maybe-vegan" in tags:
            assert list(made.because["vegan"]) == raw["ingredients_analysis"]["en:maybe-vegan"], path.name
        parts = raw.get("packagings") or []
        if parts:
            assert [(one.shape, one.material) for one in made.packaging] == [
                (part.get("shape", ""), part.get("material", "")) for part in parts
            ]
            described += 1
        if raw.get("ecoscore_score") is not None:
            assert sum(made.green.parts.values()) == made.green.score == raw["ecoscore_score"], path.name
            scored += 1
        assert made.green.applies == (raw.get("ecoscore_grade") != "not-applicable")
    assert scored == 2
    assert described >= 30


@pytest.mark.parametrize(
    "odd",
    [
        {"ingredients_analysis_tags": "en:vegan", "packagings": {}, "ecoscore_data": []},
        {"ingredients_analysis_tags": [3, None], "packagings": [3, {}, {"shape": 7}], "ecoscore_data": {"score": "x"}},
        {"ingredients_analysis_tags": ["en:vegan-status-unknown"], "ecoscore_data": {"adjustments": 3, "missing": [1]}},
        {"ingredients_analysis": 3, "packagings": [{"number_of_units": "1e99", "weight_measured": "-2"}]},
    ],
)
def test_odd_answers_about_what_a_product_is_made_of_say_nothing(odd):
    made = parse({"code": "3029330003533", **odd}, NOW)
    assert (dict(made.analysis), made.packaging, made.green.score, dict(made.green.parts)) == ({}, (), None, {})


def test_later_versions_put_tags_of_packaging_into_objects():
    parts = [{"shape": {"id": "en:jar", "lc_name": "Jar"}, "weight_specified": 3, "number_of_units": 2}]
    made = parse({"code": "1", "packagings": parts, "environmental_score_data": {"score": -4, "adjustments": {}}}, NOW)
    assert made.packaging == (Packaging("en:jar", units=2, weight=3.0),)
    assert made.green.score == -4
    tagged = parse({"code": "1", "packaging_shapes_tags": ["en:box"], "packaging_materials_tags": ["en:wood"]}, NOW)
    assert tagged.packaging == (Packaging(shape="en:box"), Packaging(material="en:wood"))


def test_which_products_have_a_barcode():
    texts = {
        "ean": "3029330003533",
        "upc": "0 49000-04256 6",
        "typo": "3029330003534",
        "own": "A-100",
        "short": "1234565",
    }
    assert of_products(texts) == {"ean": "3029330003533", "upc": "0049000042566"}
