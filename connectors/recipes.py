"""How the file before was read, applied to the next one of its source; or what changed, where it no longer fits."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors import child, files, mapping, parted
from connectors.files import InvalidFile, Raw
from data import meaning, schemas
from data.dataset import Dataset, Origin, Reading
from locales import N_

SIMILAR = 0.5  # share of its columns that a file has which may be the next one of a source
ALIKE = 0.6  # share of the columns of either file that both have, where all that the first one had are known
FOUND = ("header", "rate:")  # readings that each file shows for itself, or that change with the day


@dataclass(frozen=True)
class Recipe:
    """What was decided about a file (see `data.dataset.Origin`): columns, values of the outcome, readings."""

    name: str
    columns: dict[str, str]
    outcome: dict[str, bool | None] | None
    readings: dict[str, str]
    currency: str | None
    header: tuple[str, ...] = ()


def of(table: str, origin: Origin) -> Recipe | None:
    """The recipe that a dataset was made by; None where it was no file of one's own."""
    if origin.kind != "upload" or not origin.columns:
        return None
    known = schemas.columns(table)
    columns = {canonical: source for canonical, source in origin.columns.items() if canonical in known}
    readings = {key: one for key, one in (origin.readings or {}).items() if not key.startswith(FOUND)}
    return Recipe(origin.name, columns, origin.outcome, readings, origin.currency, tuple(origin.header or ()))


def similar(recipe: Recipe, raw: Raw) -> bool:
    """Whether a file may be the next one of the recipe's source: it has most of its columns.

    And not many others: Date, Store and Sales are in files of any shop.
    """
    wanted, there = set(recipe.columns.values()), set(raw.frame)
    if recipe.header:
        both = there & set(recipe.header)
        return len(both) >= ALIKE * len(there | set(recipe.header))
    return len(wanted & there) >= SIMILAR * len(wanted)


def match(known: Iterable[Recipe], read: Callable[[Mapping[str, str]], Raw]) -> tuple[Recipe | None, Raw]:
    """The first recipe of the source of a file, and the file as its layout says; None, and the file as it stands.

    `read(layout)` reads the file (see `files.read`).
    """
    plain = read({})
    for recipe in known:
        raw = read(where) if (where := layout(recipe.readings)) else plain
        if similar(recipe, raw):
            return recipe, raw
    return None, plain


def changes(recipe: Recipe, raw: Raw, table: str) -> list[str]:
    """What of a recipe a file no longer has: columns, and values of its outcome that nobody spoke of; and what it has
    now that means something the file before did not say, a currency for example."""
    gone = [f"− {source}" for source in recipe.columns.values() if source not in raw.frame]
    source = recipe.columns.get("churned")
    if recipe.outcome and source in raw.frame and meaning.FILLED not in recipe.outcome:
        values = meaning.levels(raw.frame[source].str.strip().replace("", None)).dropna().unique()
        gone += [f"{source}: “{value}” ?" for value in values if value not in recipe.outcome]
    new = [source for source in raw.frame if source not in recipe.header] if recipe.header else []
    found = mapping.guess(raw.frame, table) if new else {}
    return gone + [f"+ {one}" for name, one in found.items() if one in new and name not in recipe.columns]


def apply(
    raw: Raw, table: str, recipe: Recipe, now: datetime, name: str, heard: child.Heard = child.unheard
) -> Dataset:
    """The table of a file, read as its recipe says; `heard` gets the share that is done.

    Raises `InvalidFile` where the file does not fit: with what changed, the cells that cannot be read so, or the
    question that the recipe does not answer.
    """
    if gone := changes(recipe, raw, table):
        raise InvalidFile(
            N_(
                "This file does not fit how {name} was read ({changes}). Read it on the page Data, and say what is new."
            ),
            files.report([]),
            name=recipe.name,
            changes="; ".join(gone),
        )
    made = parted.apply(raw, table, recipe.columns, now, name, recipe.currency, recipe.outcome, recipe.readings, heard)
    answered(made)
    return made


def layout(readings: Mapping[str, str]) -> dict[str, str]:
    """Those of some readings that say where the table stands in a file."""
    return {key: one for key, one in readings.items() if key in ("sheet", "units", "totals", "header", "wide")}


def answered(made: Dataset) -> None:
    """Raise `InvalidFile` where a question about a dataset is open: it may not be kept."""
    settled(made.readings)


def settled(readings: Iterable[Reading]) -> None:
    """The same of what a file was taken for."""
    if asked := [one for one in readings if one.open]:
        matter = "; ".join(str(mapping.Question(one)) for one in asked)
        raise InvalidFile(
            N_("This file can be read in two ways: {matter}. Read it on the page Data, and choose."), matter=matter
        )
