"""Open Food Facts: food products written down by the public. ODbL, contents DbCL, images CC BY-SA.

A search by name asks the search service (`search.openfoodfacts.org`), or where that fails the old search of the main
server; what the search index lacks (servings, vitamins, minerals) comes with one more request for all hits at once.
Products are read by barcode, several with one request. The pinned version of the interface is 2; what versions 3 to
3.5 rename is understood as well.

One address may read 15 products and search 10 times in a minute: requests wait for their turn, and say so. The last
good answers are kept under `<home>/raw/openfoodfacts` and served, with their date, while the origin is down.
"""

import hashlib
import json
import logging
import math
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode, urlsplit

import pandas as pd

import locales
import settings
from connectors import BadResponse, ConnectorError, NotFound, RateLimited, copies, http
from connectors.barcodes import barcode, barcodes_in, padded, upc_a
from connectors.food_fields import number, parse
from data import food
from data.food import Product
from locales import N_

__all__ = ["barcode", "barcodes_in", "find", "kept_products", "product", "products", "search"]

LICENCES = {
    "ODbL 1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
    "DbCL 1.0": "https://opendatacommons.org/licenses/dbcl/1-0/",
    "CC BY-SA 3.0": "https://creativecommons.org/licenses/by-sa/3.0/deed.en",
}
MAX_BYTES = 10_000_000
LAST_HIT = 10_000  # the search service answers no further
AT_ONCE = 50  # barcodes in one request
MINUTE = 60.0  # seconds
COPIES = {"searches": 300, "products": 20_000}

log = logging.getLogger("vigie.openfoodfacts")
T = TypeVar("T")
Waiting = Callable[[float], None]
Kind = Literal["read", "search"]

_FIELDS = (
    "code,product_name,product_name_en,product_name_fr,generic_name,brands,quantity,product_quantity_unit,"
    "categories_hierarchy,categories_tags,countries_tags,labels_tags,allergens_tags,traces_tags,additives_tags,"
    "ingredients_text,ingredients_tags,nutriscore_grade,nutrition_grades,nova_group,ecoscore_grade,environmental_score_grade,"
    "serving_size,serving_quantity,serving_quantity_unit,nutriments,nutrition,image_front_url,image_front_small_url,"
    "selected_images,completeness,last_modified_t,ingredients_analysis,ingredients_analysis_tags,packagings,"
    "packaging_shapes_tags,packaging_materials_tags,ecoscore_data,environmental_score_data"
)
_turns: dict[tuple[str, Kind], deque[float]] = {}  # when each host was asked lately
_lock = threading.Lock()
_KEPT = frozenset(_FIELDS.split(","))
_BY_COUNTRY = ("scores", "grades", "transportation_scores", "transportation_values", "values")  # 60 of each
_ELSEWHERE = "product_found_with_a_different_product_type"  # soap, or food for pets


@dataclass(frozen=True)
class Found:
    """One page of a search. `partial`: servings, vitamins and minerals could not be asked for.

    `retrieved` says when Open Food Facts gave it; `fresh` is False where it could not be asked now.
    """

    products: tuple[Product, ...]
    count: int
    page: int
    pages: int
    partial: bool
    retrieved: datetime
    fresh: bool


def search(text: str, page: int = 1, page_size: int = 24) -> pd.DataFrame:
    """The products that match some words, best first, as `data.food.frame`; empty where none does.

    `retrieved` in each row says when Open Food Facts gave it. Raises ConnectorError.
    """
    return food.frame(find(text, page=page, page_size=page_size).products)


def find(
    text: str = "",
    *,
    category: str = "",
    country: str = "",
    grade: str = "",
    page: int = 1,
    page_size: int = 24,
    waiting: Waiting | None = None,
    now: datetime | None = None,
) -> Found:
    """One page of the products that match some words and have these tags ("en:colas", "en:france") and grade (a to e).

    Without words the most scanned come first. `waiting` hears how many seconds are still to wait for a turn, and may
    raise to stop. Raises ConnectorError.
    """
    chosen = settings.get()
    page, page_size = max(page, 1), min(max(page_size, 1), 100)
    if page * page_size > LAST_HIT:
        raise NotFound(N_("Open Food Facts shows {most} hits at most: ask for something narrower."), most=LAST_HIT)
    tags = {"categories_tags": category, "countries_tags": country, "nutrition_grades_tags": grade}
    asked: dict[str, str | int] = {
        "q": _words(text),
        **{name: tag.replace('"', "") for name, tag in tags.items() if tag},
        "page": page,
        "page_size": page_size,
        "langs": ",".join(dict.fromkeys([locales.language(), "en"])),
    }
    url = f"{chosen.openfoodfacts_search_url}/search?{urlencode(asked)}"
    path = _folder("searches") / f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.json"
    good = copies.keep(url, path, now or datetime.now(UTC), partial(_ask, asked, waiting))
    _prune(path.parent)
    kept = _loaded(good)
    shown = tuple(parse(row, good.retrieved) for row in kept["products"])
    pages = max(1, math.ceil(min(kept["count"], LAST_HIT) / page_size))
    return Found(shown, kept["count"], page, pages, kept["partial"], good.retrieved, good.fresh)


def product(barcode: str, waiting: Waiting | None = None, now: datetime | None = None) -> Product | None:
    """The product with this barcode; None where Open Food Facts has none.

    With the origin down it is what was known at `retrieved`. Raises ConnectorError.
    """
    good = _retrieve(_code(barcode), waiting, now or datetime.now(UTC))
    _prune(good.path.parent)
    return _kept_product(good)


def products(
    barcodes: Iterable[str],
    *,
    waiting: Waiting | None = None,
    progress: Callable[[int], None] | None = None,
    age: timedelta = timedelta(0),
    pauses: int = 0,
    now: datetime | None = None,
) -> dict[str, Product | None]:
    """The products with these barcodes, under their normalised codes; None for those Open Food Facts does not have.

    `AT_ONCE` of them are asked for with one search; what is not in its answer is read alone, to be sure. What was
    retrieved less than `age` ago is not asked for again, so that a list that was cut off goes on where it was.
    `progress` hears how many are done. When the origin asks for a pause, up to `pauses` in a row are made. Raises
    ConnectorError; what was read by then is kept.
    """
    now = now or datetime.now(UTC)
    codes = list(dict.fromkeys(map(_code, barcodes)))
    stored = {code: copies.kept(_url(code), _copy(code)) for code in codes}
    found = {code: _kept_product(good) for code, good in stored.items() if good and now - good.retrieved < age}
    down, seconds = False, settings.get().timeout_seconds / (2 if len(codes) > 1 else 1)  # together, then alone
    for start in range(0, len(codes), AT_ONCE):
        some = [code for code in codes[start : start + AT_ONCE] if code not in found]
        if len(some) > 1:
            with suppress(ConnectorError):  # then each is read alone, or served from its copy
                for raw in _patiently(partial(_by_code, some, waiting, seconds), pauses, waiting):
                    good = copies.keep(_url(raw["code"]), _copy(raw["code"]), now, partial(_packed, raw))
                    found[raw["code"]] = _kept_product(good)
        # What has no copy first: where it cannot be had, nothing else is waited for.
        for code in sorted(some, key=lambda code: stored[code] is not None):
            if code not in found:
                copy = stored[code] if down else None
                good = copy or _patiently(partial(_retrieve, code, waiting, now, seconds), pauses, waiting)
                down = not good.fresh
                found[code] = _kept_product(good)
            if progress:
                progress(len(found))
    _prune(_folder("products"))
    return {code: found[code] for code in codes}


def kept_products(barcodes: Iterable[str]) -> dict[str, Product | None]:
    """What is at hand of these products, None for those that Open Food Facts does not have, without asking."""
    stored = {code: copies.kept(_url(code), _copy(code)) for code in map(_code, barcodes)}
    return {code: _kept_product(good) for code, good in stored.items() if good}


def _ask(asked: dict[str, str | int], waiting: Waiting | None) -> bytes:
    """What is kept of a search: its hits, completed, and their number."""
    common = {name: value for name, value in asked.items() if name not in ("q", "langs")} | {"fields": _FIELDS}
    half = settings.get().timeout_seconds / 2
    complete = True
    if not asked["q"]:
        answer = _request("search", "/api/v2/search", common | {"sort_by": "unique_scans_n"}, waiting)
        rows = _rows(answer)
    else:
        tags = [f'{name}:"{value}"' for name, value in common.items() if name.endswith("_tags")]
        query = {name: asked[name] for name in ("langs", "page", "page_size")} | {"fields": _FIELDS}
        try:
            query["q"] = " ".join([str(asked["q"]), *tags])
            answer = _request("search", "/search", query, waiting, half, service=True)
            rows = _rows(answer)
            complete = _complete(rows, waiting, half)
        except ConnectorError as error:
            log.warning("%s Asking the old search.", error)
            old: dict[str, str | int] = {"search_terms": asked["q"], "search_simple": 1, "action": "process", "json": 1}
            answer = _request("search", "/cgi/search.pl", common | old, waiting, half)
            rows = _rows(answer)
    count = max(int(number(answer.get("count")) or 0), len(rows))
    return json.dumps({"products": [_slim(row) for row in rows], "count": count, "partial": not complete}).encode()


def _complete(rows: list[dict[str, Any]], waiting: Waiting | None, seconds: float) -> bool:
    """Add to each hit what the search index lacks; False where that could not be had."""
    try:
        full = {row["code"]: row for row in _by_code([row["code"] for row in rows], waiting, seconds)} if rows else {}
    except ConnectorError as error:
        log.warning("%s Servings and vitamins are missing.", error)
        return False
    for row in rows:
        row.update(full.get(row["code"], {}))
    return True


def _by_code(codes: list[str], waiting: Waiting | None, seconds: float | None = None) -> list[dict[str, Any]]:
    """Those of these products that Open Food Facts has, with one search."""
    asked: dict[str, str | int] = {"code": ",".join(codes), "fields": _FIELDS, "page_size": len(codes)}
    return [row for row in _rows(_request("search", "/api/v2/search", asked, waiting, seconds)) if row["code"] in codes]


def _retrieve(code: str, waiting: Waiting | None, now: datetime, seconds: float | None = None) -> copies.LastGood:
    """A fresh copy of a product, or the last good one."""
    return copies.keep(_url(code), _copy(code), now, partial(_read, code, waiting, seconds))


def _read(code: str, waiting: Waiting | None, seconds: float | None) -> bytes:
    """What is kept of one product, or of the one that a UPC-E stands for; `{}` where Open Food Facts has neither."""
    answer = _request("read", f"/api/v2/product/{code}", {"fields": _FIELDS}, waiting, seconds, accept=(200, 404))
    found, result = answer.get("product"), answer.get("result")
    if isinstance(found, dict) and found:
        return _packed(found | {"code": code})
    reason = result.get("id") if isinstance(result, dict) else None
    if answer.get("status") in (0, "0") or reason in ("product_not_found", _ELSEWHERE):
        return _read(longer, waiting, seconds) if (longer := upc_a(code)) else b"{}"
    raise _strange(settings.get().openfoodfacts_url)


def _request(
    kind: Kind,
    path: str,
    params: Mapping[str, str | int],
    waiting: Waiting | None,
    seconds: float | None = None,
    accept: tuple[int, ...] = (200,),
    service: bool = False,
) -> dict[str, Any]:
    """The answer of the main server, or of the search service, when it is this request's turn."""
    chosen = settings.get()
    base = (chosen.openfoodfacts_search_url if service else chosen.openfoodfacts_url).rstrip("/")
    _turn(kind, urlsplit(base).netloc, waiting)
    answer = http.get_json(base + path, params, MAX_BYTES, seconds, accept)
    if not isinstance(answer, dict):
        raise _strange(base)
    return answer


def _rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The products in the answer to a search that have a code, normalised."""
    rows = answer.get("hits", answer.get("products"))
    entries = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    good = [row | {"code": padded(str(row["code"]))} for row in entries if _is_code(row.get("code"))]
    if not isinstance(rows, list) or (rows and not good):
        raise _strange(settings.get().openfoodfacts_url)
    return good


def _strange(base: str) -> BadResponse:
    return BadResponse(
        N_("{host} answers in a form that this version of Vigie does not know. Try again later, or update Vigie."),
        host=urlsplit(base).netloc,
    )


def _turn(kind: Kind, host: str, waiting: Waiting | None) -> None:
    """Wait until another request of this kind is within what the host allows in a minute."""
    chosen = settings.get()
    most = chosen.openfoodfacts_reads if kind == "read" else chosen.openfoodfacts_searches
    while True:
        with _lock:
            past, now = _turns.setdefault((host, kind), deque()), time.monotonic()
            while past and past[0] <= now - MINUTE:
                past.popleft()
            if len(past) < most:
                past.append(now)
                return
            wait = past[-most] + MINUTE - now
        _sleep(wait, waiting)


def _sleep(seconds: float, waiting: Waiting | None) -> None:
    """Sleep, saying every half second how long still."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if waiting:
            waiting(left)
        time.sleep(min(left, 0.5))


def _patiently(ask: Callable[[], T], pauses: int, waiting: Waiting | None) -> T:
    """What `ask` returns, after as many pauses as the origin asks for and `pauses` allows."""
    for _pause in range(pauses):
        try:
            return ask()
        except RateLimited as busy:
            _sleep(min(MINUTE if busy.retry_after is None else busy.retry_after, 5 * MINUTE), waiting)
    return ask()


def _words(text: str) -> str:
    """Words without what the search service would read as a command."""
    return " ".join(re.sub(r'[+\-!(){}\[\]^"~*?:\\/&|<>=]', " ", text[:200]).lower().split())


def _is_code(value: object) -> bool:
    return re.fullmatch("[0-9]{1,24}", str(value)) is not None


def _code(text: str) -> str:
    """A code as the origin writes it. Its check digit may be wrong: shops number some products themselves."""
    digits = re.sub(r"[\s\-]", "", text)
    return padded(digits) if _is_code(digits) else barcode(text)


def _folder(kind: str) -> Path:
    return settings.get().home / "raw" / "openfoodfacts" / kind


def _url(code: str) -> str:
    return f"{settings.get().openfoodfacts_url.rstrip('/')}/api/v2/product/{code}"


def _copy(code: str) -> Path:
    return _folder("products") / f"{code}.json"


def _slim(raw: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a product, whatever else the origin sent."""
    return {
        name: _without(value) if name in ("ecoscore_data", "environmental_score_data") else value
        for name, value in raw.items()
        if name in _KEPT
    }


def _without(data: Any) -> Any:
    """The data of the Green-Score without what they say of each country, which is most of them."""
    if not isinstance(data, dict):
        return data
    return {name: _without(value) for name, value in data.items() if name not in _BY_COUNTRY}


def _packed(raw: dict[str, Any]) -> bytes:
    return json.dumps(_slim(raw)).encode()


def _kept_product(good: copies.LastGood) -> Product | None:
    raw = _loaded(good)
    return parse(raw, good.retrieved) if raw else None


def _loaded(good: copies.LastGood) -> dict[str, Any]:
    try:
        return dict(json.loads(good.path.read_bytes()))
    except (OSError, ValueError) as error:
        raise ConnectorError(
            N_("The copy in {folder} cannot be read: let Vigie read there, and try again."), folder=good.path.parent
        ) from error


def _prune(folder: Path) -> None:
    """Forget the oldest copies where there are too many."""
    stored = [path for path in folder.glob("[!.]*.json") if not path.name.endswith(".json.json")]
    if len(stored) > COPIES[folder.name]:
        with suppress(OSError):  # another process prunes too
            for path in sorted(stored, key=lambda path: path.stat().st_mtime)[: len(stored) // 5]:
                path.unlink()
                path.with_name(f"{path.name}.json").unlink()
