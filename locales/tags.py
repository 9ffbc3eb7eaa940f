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
BUNDLED = Path(__file__).with_name("tags.csv")
_fetched: list[Callable[[], Path | None]] = [lambda: None]


class Tag(NamedTuple):
    """A tag's `kind` ("additive", "label" ...) and names; of an additive its `functions`, which are tags, too."""

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
    bundled, fetched = _read(BUNDLED, 0).get(tag), _read(path, mark).get(tag) if path and mark else None
    if bundled is None or fetched is None:
        return fetched or bundled
    functions = fetched.functions or bundled.functions
    return Tag(fetched.kind, fetched.en or bundled.en, fetched.fr or bundled.fr, functions)


def name(tag: str) -> str | None:
    """What a tag is called in the reader's language; None where nobody has said."""
    found = known(tag)
    if found is None:
        return None
    return (found.fr or found.en) if locales.language() == "fr" else (found.en or found.fr)


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
        found: dict[str, Tag] = {}
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            one = Tag(row["kind"], row["en"], row["fr"], tuple(filter(None, row["functions"].split(";"))))
            found.setdefault(row["tag"], one)
        return found
