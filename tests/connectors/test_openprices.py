"""Open Prices: what is kept of its answers, in the form that its source code gives them; failing and gone."""

import json
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

import settings
from connectors import BadResponse, ConnectorError, openprices
from models.explore.food import typical_prices
from tests.connectors.conftest import send
from tests.connectors.food_replica import Replica

pytestmark = pytest.mark.xdist_group("food")
NOW = datetime(2026, 3, 14, 9, tzinfo=UTC)
CODE = "3029330003533"
SHOP = {"type": "OSM", "osm_name": "Monoprix", "osm_address_city": "Grenoble", "osm_address_country_code": "FR"}


def report(price, day, **more):
    made = {"product_code": CODE, "price": price, "currency": "EUR", "date": day, "location": SHOP, "owner": "someone"}
    return made | {"price_is_discounted": False, "price_per": None, "duplicate_of": None} | more


@pytest.fixture
def replica(home, monkeypatch):
    made = Replica([])
    monkeypatch.setenv("VIGIE_OPENPRICES_URL", made.url)
    monkeypatch.setenv("VIGIE_TIMEOUT_SECONDS", "1")
    settings.get.cache_clear()
    yield made
    made.server.shutdown()


def test_prices_have_currency_place_and_date_the_newest_first(replica):
    replica.prices = [
        report(2.19, "2025-01-05"),
        report("2.49", "2026-02-01", price_is_discounted=True),  # a decimal as text
        report(3.1, "2025-06-30", currency="CHF", location={"type": "ONLINE", "website_url": "https://shop.example"}),
    ]
    found = openprices.prices(CODE, NOW)
    assert (found.count, found.fresh, found.retrieved) == (3, True, NOW)
    assert found.reports["price"].tolist() == [2.49, 3.1, 2.19]
    assert found.reports["currency"].tolist() == ["EUR", "CHF", "EUR"]
    assert [day.date() for day in found.reports["day"]] == [date(2026, 2, 1), date(2025, 6, 30), date(2025, 1, 5)]
    assert found.reports["discounted"].tolist() == [True, False, False]
    assert found.reports.loc[0, ["place", "city", "country"]].tolist() == ["Monoprix", "Grenoble", "FR"]
    assert found.reports.loc[1, "place"] == "https://shop.example"
    assert "order_by=-date" in replica.requests[0]


def test_what_is_no_price_of_this_product_is_left_out_and_nobody_is_named(replica, home):
    odd = [
        report(None, "2026-01-01"),
        report(-1, "2026-01-01"),
        report("nan", "2026-01-01"),
        report(1, None),
        report(1, "2026-01-01", currency="<b>"),
        report(1, "2026-01-01", duplicate_of=7),
        report(1, (NOW + timedelta(days=2)).date().isoformat()),  # mistyped: nobody paid it yet
        report(1, "9999-12-31"),
    ]
    replica.prices = [
        *odd,
        report(2, "2026-01-02", location={"osm_name": "<b>Shop</b>", "osm_address_country_code": 3}),
    ]
    found = openprices.prices(CODE, NOW)
    assert found.count == 1
    assert found.reports[["price", "place", "country"]].to_numpy().tolist() == [[2.0, "Shop", ""]]
    assert "someone" not in (home / "raw" / "openprices" / f"{CODE}.json").read_text("utf-8")


def test_a_product_that_nobody_priced_has_none(replica):
    found = openprices.prices(CODE, NOW)
    assert (found.count, len(found.reports)) == (0, 0)
    assert list(found.reports) == list(openprices.COLUMNS)


def test_a_day_long_the_copy_serves_and_offline_it_serves_on(replica):
    replica.prices = [report(2.19, "2026-01-05")]
    openprices.prices(CODE, NOW)
    assert openprices.prices(CODE, NOW + timedelta(hours=23)).fresh
    assert len(replica.requests) == 1
    replica.failing["/"] = send(b"<html>", 503, Content_Type="text/html")
    later = openprices.prices(CODE, NOW + timedelta(days=3))
    assert (later.fresh, later.retrieved, later.reports["price"].tolist()) == (False, NOW, [2.19])
    with pytest.raises(ConnectorError):
        openprices.prices("5449000000996", NOW)


@pytest.mark.parametrize("body", [{"items": 3}, [], {"detail": "x"}, {"items": ["x"]}])
def test_another_form_is_a_bad_response(replica, body):
    replica.failing["/"] = send(json.dumps(body).encode(), Content_Type="application/json")
    with pytest.raises(BadResponse):
        openprices.prices(CODE, NOW)


def test_the_typical_price_is_that_of_single_units_without_a_discount():
    rows = [(1.0, False, "unit"), (3.0, False, "unit"), (2.0, False, "unit"), (0.1, True, "unit"), (9.0, False, "kg")]
    table = pd.DataFrame(rows, columns=["price", "discounted", "per"]).assign(currency="EUR")
    other = table.head(2).assign(currency="CHF")  # too few to say what is usual
    found = typical_prices(pd.concat([table, other]))
    assert found.to_dict("records") == [{"currency": "EUR", "median": 2.0, "reports": 3}]
