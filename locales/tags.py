"""What the tags of Open Food Facts are called in both languages: what comes with Vigie, and what was fetched.

`tags.csv` says where its words are from. What Open Food Facts itself calls its tags, thousands of categories among
them, is read from a copy in the same form where there is one (see `connectors.taxonomies`).
"""

import csv
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import locales

COLUMNS = ("kind", "tag", "en", "fr", "functions")
KINDS = ("allergen", "additive", "class", "label", "material", "shape", "recycling", "category")
BUNDLED = Path(__file__).with_name("tags.csv")
_fetched: list[Callable[[], Path | None]] = [lambda: None]


class Tag(NamedTuple):
    """A tag's `kind` (of `KINDS`), its names, and of an additive its `functions`, which are tags of the kind class."""

    kind: str
    en: str
    fr: str
    functions: tuple[str, ...] = ()


def follow(source: Callable[[], Path | None]) -> None:
    """From now on, ask `source` where the fetched copy is."""
    _fetched[0] = source


def known(tag: str) -> Tag | None:
    """What is known of a tag, "en:colas"; what was fetched comes before what is bundled."""
    path = _fetched[0]()
    try:
        mark = path.stat().st_mtime_ns if path else 0
    except OSError:
        mark = 0
    return (_read(path, mark).get(tag) if path and mark else None) or _read(BUNDLED, 0).get(tag)


def name(tag: str) -> str | None:
    """What a tag is called in the reader's language; None where nobody has said."""
    found = known(tag)
    return None if found is None else (found.fr if locales.language() == "fr" else found.en) or found.en


def in_words(tag: str) -> str:
    """The same; of a tag that nobody has named its own words, with the language they are in where it is not English."""
    if called := name(tag):
        return called
    language, _colon, words = tag.rpartition(":")
    words = words.replace("-", " ").strip()
    words = words[:1].upper() + words[1:]
    return words if language in ("", "en", "xx") else f"{words} ({language})"


def is_tag(text: str) -> bool:
    """Whether a text is written as tags are."""
    return re.fullmatch(r"[a-z]{2}:[^\s:]{1,100}", text) is not None


@lru_cache(maxsize=2)
def _read(path: Path, mark: int) -> dict[str, Tag]:  # noqa: ARG001  # the cache key
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {
            row["tag"]: Tag(row["kind"], row["en"], row["fr"], tuple(filter(None, row["functions"].split(";"))))
            for row in rows
        }
