"""DummyJSON: real carts, a history that is simulated and says so, secrets that never reach the disk."""

import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

import settings
from connectors import BadResponse, ConnectorError, NotFound, RateLimited, Unavailable, dummyjson
from data import schemas
from tests.connectors.conftest import lists, send

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
PRICES = [1.5, 4.0, 12.0, 25.0, 40.0, 90.0, 300.0, 1_500.0, 8_000.0, 30_000.0]
PRODUCTS = [
    {
        "id": number,
        "title": f"Good {number}",
        "category": "vehicle" if price > 5_000 else "groceries",
        "price": price,
        "discountPercentage": 10.5,
        "reviews": [{"reviewerEmail": "someone@x.example"}],
    }
    for number, price in enumerate(PRICES, 1)
]
CARTS = [
    {"id": user, "userId": user, "products": [{"id": 1 + (user + step) % 10, "quantity": 3} for step in range(4)]}
    for user in range(1, 61)
]
USERS = [{"id": user, "password": "hunter2", "bank": {"cardNumber": "4000-1"}} for user in range(1, 61)]
SHOP: dict[str, list] = {"products": PRODUCTS, "carts": CARTS, "users": USERS}


@pytest.fixture
def shop(home, origin, monkeypatch):
    """An origin that the connector asks; it answers with a small shop unless told otherwise."""
    monkeypatch.setenv("VIGIE_DUMMYJSON_URL", origin.url.removesuffix("/file.csv"))
    monkeypatch.setenv("VIGIE_TIMEOUT_SECONDS", "0.5")
    settings.get.cache_clear()
    origin.answers = [lists(**SHOP)]
    return origin


@pytest.fixture
def real_shop(shop, real_data):
    """The same origin with the real lists."""
    shop.answers = [lists(**{name: json.loads((real_data / f"dummyjson/{name}.json").read_text()) for name in SHOP})]
    return shop


def changed(name, row, **fields):
    """The shop with some fields of one row other than they should be; a field set to None is left out."""
    rows = [dict(one) for one in SHOP[name]]
    rows[row] = {key: value for key, value in (rows[row] | fields).items() if value is not None}
    return lists(**SHOP | {name: rows})


def envelope(name, **fields):
    """The shop with one list in an envelope other than it should be."""

    def answer(handler):
        page = {name: SHOP[name], "total": len(SHOP[name])} | fields
        right = urlsplit(handler.path).path != f"/{name}"
        (lists(**SHOP) if right else send(json.dumps(page).encode()))(handler)

    return answer


def growing(handler):
    """Pages of a list that never ends: each says that there is more."""
    skip = int(parse_qs(urlsplit(handler.path).query)["skip"][0])
    send(json.dumps({"products": [PRODUCTS[0] | {"id": skip}], "total": skip + 2}).encode())(handler)


def sold_by_category(sales):
    revenue = (sales["quantity"] * sales["unit_price"]).groupby(sales["category"]).sum()
    return revenue / revenue.sum()


def test_the_history_is_a_sales_table_that_says_it_is_simulated(shop):
    made = dummyjson.dataset(now=NOW)
    assert schemas.check("sales", made.main).equals(made.main)
    assert made.frames["products"]["list_price"].tolist() == PRICES
    assert "simulated" in made.origin.name
    assert "demo" in made.origin.name
    assert (made.origin.kind, made.origin.licence, made.origin.currency) == ("download", "MIT", "USD")
    assert made.origin.retrieved == NOW
    assert "simulated" in made.findings[0].message
    assert made.findings[0].rows == len(made.main)
    assert len(made.findings) == 1


def test_prices_and_promotions_are_those_of_the_products(shop):
    sales = dummyjson.sales_history()
    assert (sales["promotion"] == 0.105).all()
    list_price = sales["product"].astype(int).map(dict(enumerate(PRICES, 1)))
    assert (sales["unit_price"] - list_price * 0.895).abs().max() < 0.0051
    carts = {(str(cart["userId"]), str(line["id"])) for cart in CARTS for line in cart["products"]}
    assert set(zip(sales["customer"], sales["product"], strict=True)) <= carts


def test_the_same_carts_days_and_seed_give_the_same_frame(shop):
    first = dummyjson.sales_history(90, seed=1)
    assert not first.equals(dummyjson.sales_history(90, seed=2))
    shop.answers = [lists(7, **{name: rows[::-1] for name, rows in SHOP.items()})]
    assert first.equals(dummyjson.sales_history(90, seed=1))


@pytest.mark.parametrize("days", [1, 30, 1_000])
def test_the_history_ends_on_the_last_day_and_is_as_long_as_asked(shop, days):
    when = dummyjson.sales_history(days)["timestamp"]
    assert when.is_monotonic_increasing
    assert when.dt.date.min() > dummyjson.LAST_DAY - timedelta(days=days)
    assert dummyjson.LAST_DAY - timedelta(days=2) <= when.dt.date.max() <= dummyjson.LAST_DAY == date(2025, 12, 31)


def test_a_history_without_days_is_refused(shop):
    with pytest.raises(ValueError, match="at least one day"):
        dummyjson.sales_history(0)


def test_dear_goods_are_bought_rarely_and_singly(shop):
    sales = dummyjson.sales_history(730)
    dear = sales[sales["category"] == "vehicle"]
    cheap = sales[sales["unit_price"] < 30]
    each_year = cheap.groupby(["customer", "product"]).size().mean() / 2
    assert 18 < each_year < 30
    assert len(dear) / 48 / 2 < 0.2  # 48 carts' lines with one of them
    assert dear["quantity"].mean() < 1.1
    assert cheap["quantity"].mean() == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_the_real_carts_make_a_year_with_a_rhythm_and_few_vehicles(real_shop, seed):
    made = dummyjson.dataset(seed=seed)
    sales = made.main
    assert len(made.frames["products"]) == 194
    assert len(made.findings) == 1
    assert sales["customer"].nunique() > 195
    assert sold_by_category(sales).reindex(["vehicle", "motorcycle"]).sum() < 0.4
    visits = sales.drop_duplicates("invoice")["timestamp"].dt
    by_weekday = visits.day_of_week.value_counts()
    assert by_weekday.idxmax() == 5
    assert by_weekday[5] > 1.2 * by_weekday[1]
    assert visits.month.isin([11, 12]).sum() > 1.4 * visits.month.isin([5, 6]).sum()


def test_every_recorded_failure_of_the_real_server_has_its_name(shop, real_data):
    """The bodies and headers of a DummyJSON server, as they were recorded."""
    samples = real_data / "dummyjson" / "samples"
    for name, error in {
        "429": RateLimited,
        "http_503": Unavailable,
        "nosuch": NotFound,
        "products_9999": NotFound,
        "products_limit_abc": BadResponse,
        "products_1": BadResponse,
        "products_limit_5": BadResponse,
        "products_categories": BadResponse,
    }.items():
        head = (samples / f"{name}.headers").read_text().splitlines()
        sent = dict(line.split(": ", 1) for line in head if ": " in line)
        pause = {"Retry_After": sent["Retry-After"]} if "Retry-After" in sent else {}
        shop.answers = [send((samples / f"{name}.body").read_bytes(), int(head[0].split()[1]), **pause)]
        with pytest.raises(error):
            dummyjson.dataset()


def test_pages_are_put_together_and_progress_follows(shop):
    whole, seen = dummyjson.sales_history(30), []
    shop.answers, shop.requests[:] = [lists(7, **SHOP)], []
    assert dummyjson.dataset(30, progress=seen.append).main.equals(whole)
    assert len(shop.requests) == len(seen) == 2 + 9 + 9
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1)


def test_secrets_are_neither_asked_for_nor_kept(shop, home):
    dummyjson.dataset()
    asked = {urlsplit(one["path"]).path: parse_qs(urlsplit(one["path"]).query) for one in shop.requests}
    assert asked["/users"]["select"] == ["id"]
    assert "reviews" not in asked["/products"]["select"][0]
    kept = {path.name: path.read_text() for path in home.rglob("*") if path.is_file()}
    assert set(kept) == {"shop.json", "shop.json.json"}
    assert not [word for word in ("hunter2", "4000-1", "someone@x") for text in kept.values() if word in text]
    assert json.loads(kept["shop.json"])["users"][0] == {"id": 1}


def test_nothing_of_an_answer_is_on_the_disk_before_it_was_stripped(shop, home):
    def look(share):
        if share > 0.99:  # the users were received
            assert not [path for path in home.rglob("*") if path.is_file()]

    dummyjson.dataset(progress=look)
    assert [path for path in home.rglob("*") if path.is_file()]


def test_html_in_a_title_is_text(shop):
    shop.answers = [changed("products", 0, title="<script>alert(1)</script>")]
    assert "<script>alert(1)</script>" in set(dummyjson.sales_history()["description"])


def test_lines_of_what_is_not_listed_are_left_out_and_counted(shop):
    shop.answers = [lists(**SHOP | {"products": PRODUCTS[1:], "users": USERS[1:]})]
    made = dummyjson.dataset()
    assert "1" not in set(made.main["product"]) | set(made.main["customer"])
    # Product 1 is in 24 carts, but not in that of user 1, whose four lines go too.
    assert made.findings[1].rows == 24 + 4


FAILURES = {
    "a list that is not there": (lists(products=PRODUCTS, carts=CARTS), NotFound, "/users: check the address"),
    "html 404": (send(b"<!DOCTYPE html>", 404), NotFound, "/products: check the address"),
    "html sent as data": (send(b"<!DOCTYPE html>"), BadResponse, "cannot be used (JSON)"),
    "sick": (send(b"{}", 503), Unavailable, "not well"),
    "busy": (send(b"{}", 429, Retry_After="10"), RateLimited, "asks for a pause"),
    "bad request": (send(b"{}", 400), BadResponse, "refused"),
    "slow": (send(pause=1.5), Unavailable, "cannot be reached"),
    "cut off": (send(b'{"products": [', length=500), BadResponse, "cut its answer off"),
    "half of a document": (send(b'{"products": [{"id": 1'), BadResponse, "cannot be used (JSON)"),
    "not an object": (send(b"[1, 2]"), BadResponse, "cannot be used"),
    "deeply nested": (send(b"[" * 100_000), BadResponse, "cannot be used"),
    "price below zero": (changed("products", 3, price=-1), BadResponse, "(products.3.price)"),
    "price as text": (changed("products", 3, price="9.99"), BadResponse, "(products.3.price)"),
    "price true": (changed("products", 3, price=True), BadResponse, "(products.3.price)"),
    "price NaN": (changed("products", 3, price=float("nan")), BadResponse, "(products.3.price)"),
    "price infinite": (changed("products", 3, price=float("inf")), BadResponse, "(products.3.price)"),
    "price missing": (changed("products", 3, price=None), BadResponse, "(products.3.price)"),
    "title no text": (changed("products", 3, title=["a"]), BadResponse, "(products.3.title)"),
    "all free": (changed("products", 3, discountPercentage=100), BadResponse, "discountPercentage"),
    "nearly free": (changed("products", 3, discountPercentage=99.9999999), BadResponse, "discountPercentage"),
    "endless cart": (
        changed("carts", 2, products=[{"id": 1, "quantity": 1}] * 101),
        BadResponse,
        "(carts.2.products)",
    ),
    "no quantity": (changed("carts", 2, products=[{"id": 1, "quantity": 0}]), BadResponse, "carts.2.products.0"),
    "huge quantity": (changed("carts", 2, products=[{"id": 1, "quantity": 10**30}]), BadResponse, "carts.2.products.0"),
    "half a unit": (changed("carts", 2, products=[{"id": 1, "quantity": 1.5}]), BadResponse, "carts.2.products.0"),
    "cart of nobody": (changed("carts", 2, userId=None), BadResponse, "(carts.2.userId)"),
    "carts of others": (lists(**SHOP | {"users": [{"id": 999}]}), BadResponse, "has no cart"),
    "half a character": (changed("products", 3, title="\ud800"), BadResponse, "cannot be used (JSON)"),
    "id as text": (changed("users", 5, id="6"), BadResponse, "(users.5.id)"),
    "twice the same": (changed("users", 5, id=1), BadResponse, "/users do not make one list"),
    "no total": (envelope("carts", total=None), BadResponse, "(total)"),
    "huge total": (envelope("carts", total=10**12), BadResponse, "(total)"),
    "nothing": (envelope("carts", carts=[], total=0), BadResponse, "(total)"),
    "less than the total": (envelope("carts", total=61), BadResponse, "/carts do not make one list"),
    "more than the total": (envelope("carts", total=59), BadResponse, "/carts do not make one list"),
    "a list under another name": (
        envelope("carts", carts=[], baskets=CARTS),
        BadResponse,
        "/carts do not make one list",
    ),
    "total that changes": (growing, BadResponse, "/products do not make one list"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_has_its_name_and_leaves_no_file(shop, home, name):
    answer, error, says = FAILURES[name]
    shop.answers = [answer]
    with pytest.raises(error) as caught:
        dummyjson.dataset()
    assert says in str(caught.value)
    assert not [path for path in home.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["sick", "busy", "slow", "html 404", "price NaN", "cut off"])
def test_after_a_failure_the_last_good_copy_is_served_with_its_date(shop, name):
    first = dummyjson.dataset(now=NOW)
    shop.answers = [FAILURES[name][0]]
    again = dummyjson.dataset(now=NOW + timedelta(days=3))
    assert again.main.equals(first.main)
    assert again.origin == first.origin
    kept = again.findings[-1]
    assert (kept.severity, kept.days["day"], kept.rows) == ("warning", date(2026, 3, 14), 10)


def test_pages_without_end_are_not_followed_for_ever(shop, monkeypatch):
    monkeypatch.setattr(dummyjson, "REQUESTS", 5)
    shop.answers = [lists(1, **SHOP)]
    with pytest.raises(BadResponse, match="/products do not make one list"):
        dummyjson.dataset()
    assert len(shop.requests) == 5


def test_more_than_a_page_may_hold_is_refused(shop, monkeypatch):
    monkeypatch.setattr(dummyjson, "PAGE_BYTES", 500)
    with pytest.raises(BadResponse, match="which is more than Vigie takes"):
        dummyjson.dataset()


def test_cancelling_keeps_the_old_copy(shop):
    first = dummyjson.dataset(now=NOW)

    def stop(_share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dummyjson.dataset(progress=stop)
    shop.answers = [send(b"", 503, Retry_After="60")]
    assert dummyjson.dataset().origin == first.origin


def test_a_disk_that_cannot_be_written_is_named(shop, home):
    (home / "raw").write_text("a file where the folder should be")
    with pytest.raises(ConnectorError, match=r"cannot be kept in .*dummyjson"):
        dummyjson.dataset()
