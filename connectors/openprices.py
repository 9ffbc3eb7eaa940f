"""Open Prices: what the public paid for products, and where. ODbL, a project of Open Food Facts.

One request a product, of its newest reports. The last good answer is kept under `<home>/raw/openprices`; one that is
less than a day old is not asked for again, and with the origin down the kept one is served with its date.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pandas as pd

import settings
from connectors import BadResponse, copies, http
from connectors.barcodes import barcode
from connectors.food_fields import text
from locales import N_

NAME = "Open Prices"
LICENCE = "ODbL 1.0"
MAX_BYTES = 5_000_000
NEWEST = 100  # reports, which is all that one page holds
AGE = timedelta(days=1)
PER = {"UNIT": "unit", "KILOGRAM": "kg", "LITER": "l"}  # what a price is of
COLUMNS = ("price", "currency", "per", "day", "place", "city", "country", "discounted")


@dataclass(frozen=True)
class Prices:
    """What was reported of one product.

    `reports` has a row a report, the newest first: `price` in `currency` (ISO 4217), of one `per` ("unit", "kg"), the
    `day`, the `place` (a shop, or the website), its `city` and `country` (ISO 3166 code), "" where not said, and
    whether it was `discounted`. `count` is how many reports there are in all, `fresh` False where Open Prices could not
    be asked now.
    """

    reports: pd.DataFrame
    count: int
    retrieved: datetime
    fresh: bool


def prices(code: str, now: datetime | None = None) -> Prices:
    """The newest prices that were reported of a product, none where nobody has. Raises ConnectorError."""
    now, code = now or datetime.now(UTC), barcode(code)
    url = f"{settings.get().openprices_url.rstrip('/')}/api/v1/prices?product_code={code}"
    path = settings.get().home / "raw" / "openprices" / f"{code}.json"
    good = copies.kept(url, path)
    if good is None or now - good.retrieved >= AGE:
        good = copies.keep(url, path, now, partial(_ask, code, now.date() + AGE))
    kept = json.loads(good.path.read_bytes())
    return Prices(_table(kept["items"]), kept["total"], good.retrieved, good.fresh or now - good.retrieved < AGE)


def _ask(code: str, last: date) -> bytes:
    """What is kept of the answer, up to the day `last`: no names of who reported it, nothing that is not shown."""
    asked: dict[str, str | int] = {"product_code": code, "order_by": "-date", "size": NEWEST}
    base = settings.get().openprices_url.rstrip("/")
    answer = http.get_json(f"{base}/api/v1/prices", asked, MAX_BYTES)
    items = answer.get("items") if isinstance(answer, dict) else None
    if not isinstance(items, list) or any(not isinstance(one, dict) for one in items):
        raise BadResponse(
            N_("Open Prices answers in a form that this version of Vigie does not know. Try again later, or update it.")
        )
    rows = [found for one in items if (found := _report(one, code, last)) is not None]
    total = answer.get("total")
    count = total if isinstance(total, int) and not isinstance(total, bool) and total >= len(items) else len(items)
    return json.dumps({"items": rows, "total": count - (len(items) - len(rows))}).encode()


def _report(raw: Mapping[str, Any], code: str, last: date) -> dict[str, Any] | None:
    """One report; None where it is no price of this product, of a day after `last`, or the same report twice."""
    if str(raw.get("product_code")).lstrip("0") != code.lstrip("0") or raw.get("duplicate_of") is not None:
        return None
    try:
        price = float(raw["price"])  # a number, or text, as the library behind it writes decimals
        day = date.fromisoformat(str(raw["date"])[:10])
    except (KeyError, TypeError, ValueError):
        return None
    currency = str(raw.get("currency"))
    if not math.isfinite(price) or price <= 0 or day > last or not re.fullmatch("[A-Z]{3}", currency):
        return None
    found = raw.get("location")
    place = found if isinstance(found, dict) else {}
    country = str(place.get("osm_address_country_code") or "").upper()
    return {
        "price": price,
        "currency": currency,
        "per": PER.get(str(raw.get("price_per") or "UNIT"), "unit"),
        "day": day.isoformat(),
        "place": text(place.get("osm_name") or place.get("website_url"), 120),
        "city": text(place.get("osm_address_city"), 120),
        "country": country if re.fullmatch("[A-Z]{2}", country) else "",
        "discounted": raw.get("price_is_discounted") is True,
    }


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"price": float, "discounted": bool})
    table["day"] = pd.to_datetime(table["day"])
    return table.sort_values("day", ascending=False, kind="stable", ignore_index=True)
