"""What Open Food Facts calls its tags, in English and French: fetched when asked for, cut to that, and kept. ODbL.

The copy is a table in the form of `locales/tags.csv` under `<home>/raw/openfoodfacts`, with its date beside it; with
the origin down the last good one stays.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import settings
from connectors import BadResponse, copies, http
from connectors.food_fields import text
from data.food import names_path
from locales import LANGUAGES, N_, tags

NAME = "Open Food Facts taxonomies"
LICENCE = "ODbL 1.0"
FILES = {
    "allergens": "allergen",
    "additives_classes": "class",
    "additives": "additive",
    "packaging_shapes": "shape",
    "packaging_materials": "material",
    "packaging_recycling": "recycling",
    "labels": "label",
    "categories": "category",
    "ingredients": "ingredient",
}
_NUMBER = re.compile(r"^E\s?\d{3,4}[a-z]*(?:\([ivx]+\))?\s*(?:[-–]\s*)?", re.I)  # before the name of an additive


def fetch(now: datetime | None = None, progress: Callable[[float], None] | None = None) -> copies.LastGood:
    """A fresh copy of the names, or the last good one where the origin fails.

    `progress` hears which share of the files is there, and may raise to stop. Raises ConnectorError where there is no
    copy at all.
    """
    now = now or datetime.now(UTC)
    return copies.keep(settings.get().taxonomies_url, names_path(), now, partial(_all, now, progress))


def _all(now: datetime, progress: Callable[[float], None] | None) -> bytes:
    written = io.StringIO()
    written.write(
        f"# Names of Open Food Facts (openfoodfacts.org, ODbL 1.0), cut to English and French; {now:%Y-%m-%d}.\n"
    )
    table = csv.writer(written, lineterminator="\n")
    table.writerow(tags.COLUMNS)
    for place, (file, kind) in enumerate(FILES.items()):
        if progress:
            progress(place / len(FILES))
        table.writerows(_read(file, kind))
    return written.getvalue().encode()


def _read(file: str, kind: str) -> Iterator[tuple[str, ...]]:
    """The tags of one file that have a name in one of the languages; the first file that names a tag counts."""
    base = settings.get().taxonomies_url.rstrip("/")
    limit = settings.get().download_limit_mb * 1_000_000
    try:
        found = json.loads(http.get(f"{base}/{file}.full.json", {}, limit))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not any(isinstance(one, dict) and "name" in one for one in found.values()):
        raise BadResponse(
            N_("{host} sent no names of tags. Try again later, or go on with those that come with Vigie."),
            host=urlsplit(base).netloc,
        )
    for tag, one in found.items():
        called = _called(one, kind) if isinstance(one, dict) else {}
        if called and tags.is_tag(tag):
            yield kind, tag, called.get("en", ""), called.get("fr", ""), _functions(one)


def _called(one: Mapping[str, Any], kind: str) -> dict[str, str]:
    names = one.get("name")
    if not isinstance(names, dict):
        return {}
    found = {language: text(names.get(language, names.get("xx")), 200) for language in LANGUAGES}
    if kind == "additive":
        found = {language: _NUMBER.sub("", name) for language, name in found.items()}
    return {language: name[:1].upper() + name[1:] for language, name in found.items() if name}


def _functions(one: Mapping[str, Any]) -> str:
    said = one.get("additives_classes")
    listed = said.get("en", "") if isinstance(said, dict) else ""
    return ";".join(part for part in re.split(r"[,\s]+", str(listed)) if tags.is_tag(part))
