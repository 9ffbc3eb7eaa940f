"""What was read from databases, stores and the web, kept under the home folder: of each question the newest reading,
and how it goes on.

    <home>/raw/databases/<id>/kept.json     what it is, and which folder is its newest reading
    <home>/raw/databases/<id>/<reading>/    its Parquet parts (see `connectors.databases.parts`), or the file it is

A reading is whole before `kept.json` names it in one step, and only then the one before goes: a crash leaves the old
state or the new one. Where a database is and how to get in stays in the settings.
"""

import hashlib
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from connectors import BadResponse, NotFound, beside, child, databases, files, limits, mapping, pieces, recipes, web
from connectors.databases import Changes, Since, parts
from connectors.files import Raw
from data import audit, tables
from data.dataset import Dataset, Finding, Table
from data.tables import Stored
from locales import N_

DESCRIPTION = "kept.json"
BACK_DAYS, BACK_COUNT = timedelta(days=3), 1_000  # how late rows may come: by the clock, or by a running number
STALE_SECONDS = 86_400  # a reading this old that is not the newest was left by a crash


@dataclass(frozen=True)
class Beside:
    """How a table beside the sales of a `lineage` is made of a reading: which column is which (canonical -> source),
    and what was chosen where it could be read in two ways."""

    lineage: str
    columns: dict[str, str]
    choices: dict[str, str]


@dataclass(frozen=True)
class Kept:
    """A question to a source and its newest reading, of `rows`, `read` then.

    `column` and `key` say what is new next time (see `connectors.databases.Since`); without a column all is read each
    time. `columns` are called so. `beside` has the tables beside the sales that are made of it. The `source` is the
    name of a database or store, or `web.SOURCE`, and then `query` is an address.
    """

    id: str
    name: str
    source: str
    query: str
    column: str | None
    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    read: datetime
    findings: tuple[Finding, ...]
    reading: str
    beside: dict[str, Beside] = field(default_factory=dict)


_ADAPTER = TypeAdapter(Kept)


def identity(source: str, query: str) -> str:
    """The id of a question to a source."""
    return hashlib.sha256(f"{source}\n{query}".encode()).hexdigest()[:16]


def known(home: Path) -> list[Kept]:
    """All that is kept, the newest reading first."""
    found = [_load(place) for place in _shelf(home).glob("*/")]
    return sorted(filter(None, found), key=lambda one: one.read, reverse=True)


def reachable(one: Kept) -> bool:
    """Whether the settings still name where a reading came from."""
    return one.source == web.SOURCE or one.source in databases.sources()


def bring(
    home: Path, source: str, query: str, name: str, column: str | None, key: tuple[str, ...], step: databases.Step,
    now: datetime,
) -> tuple[Kept, Changes | None]:  # fmt: skip
    """Ask a source its question, by `column` and `key` only what is new since its reading before, and keep it instead.

    With what changed since then, where that can be told. `step` may raise to cancel; then, and whenever a
    ConnectorError is raised, the reading before stays as it was.
    """
    audit.act("fetch", "databases", name, source=source, query=query)
    place = _shelf(home) / identity(source, query)
    last = _load(place)
    _sweep(place, last)
    before = place / last.reading if last else None
    about = parts.about(before) if before else None
    since = Since(column, key, _back(about.columns.get(column, "") if about else ""), before=before) if column else None
    folder = place / uuid.uuid4().hex[:12]
    try:
        if source == web.SOURCE:
            made = web.fetch(query, folder, step, now)
        else:
            made = databases.fetch(source, query, folder, step, since, now)
        _check(made, column, key, now)
        names, tables_beside = tuple(one.name for one in made.columns), last.beside if last else {}
        kept = Kept(
            place.name, name, source, query, column, key, names, made.rows, now, made.findings, folder.name,
            tables_beside,
        )  # fmt: skip
        _write(place, kept)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        with suppress(OSError):
            place.rmdir()  # where nothing is in it
    if before:
        shutil.rmtree(before, ignore_errors=True)
    return kept, made.changes


def forget(home: Path, one: Kept) -> None:
    """Remove what was read. Datasets made of it stay."""
    audit.act("remove", "databases", one.name, source=one.source)
    (_shelf(home) / one.id / DESCRIPTION).unlink(missing_ok=True)
    shutil.rmtree(_shelf(home) / one.id, ignore_errors=True)


def raw(
    home: Path,
    one: Kept,
    limit_bytes: int,
    layout: Mapping[str, str] | None = None,
    into: Path | None = None,
    heard: child.Heard = child.unheard,
) -> Raw:
    """A reading as the text of a file is, with what was found when it was read (see `files.read`).

    Raises `NotFound` where another one took its place meanwhile, and `InvalidFile`.
    """
    path = where(home, one)
    if not path.is_file() and not parts.parts(path):
        raise NotFound(N_("What was read of {name} is not there any more: fetch it again."), name=one.name)
    found = files.read_path(path, limit_bytes, layout, into, heard)
    return replace(found, findings=(*one.findings, *found.findings))


def where(home: Path, one: Kept) -> Path:
    """The folder of the parts of a reading; of one from the web its file."""
    folder = _shelf(home) / one.id / one.reading
    return folder / web.FILE if one.source == web.SOURCE else folder


def uses(home: Path, one: Kept) -> list[Stored]:
    """The newest dataset of each table that was made of a reading."""
    made = [tables.stored(home, table) for table in get_args(Table)]
    newest = (next((kept for kept in kepts if kept.origin.database == one.id), None) for kepts in made)
    return [stored for stored in newest if stored]


def dataset(
    home: Path, one: Kept, before: Stored, limit_bytes: int, now: datetime, heard: child.Heard = child.unheard
) -> Dataset:
    """The dataset of a reading, made as `before` was of an earlier one, from which it goes on.

    Raises `InvalidFile` where it does not fit: with what changed, or the cells that cannot be read so.
    """
    recipe = recipes.of(before.table, before.origin)
    into = pieces.shelf(home) if before.table == "sales" and recipe else None  # own rules need all rows at once
    layout = recipes.layout(recipe.readings) if recipe else None
    found = raw(home, one, limit_bytes, layout, into, lambda share: heard(share / 2))
    if recipe is None:  # its own rules clean it
        made = mapping.dataset(found, now, one.name)
    else:
        made = recipes.apply(found, before.table, recipe, now, one.name, lambda share: heard((1 + share) / 2))
    return replace(made, lineage=before.lineage, origin=replace(made.origin, database=one.id))


def stands_beside(home: Path, one: Kept, table: str, how: Beside) -> None:
    """Remember that a table beside the sales is made of a reading."""
    audit.act("choose", "databases", one.name, table=table)
    place = _shelf(home) / one.id
    newest = _load(place) or one
    _write(place, replace(newest, beside={**newest.beside, table: how}))


def carry(
    home: Path,
    one: Kept,
    limit_bytes: int,
    step: databases.Step,
    keep: Callable[[Dataset], Stored],
    put: Callable[[Stored, str, pd.DataFrame], Stored],
    now: datetime,
    show: bool = False,
) -> list[Stored]:
    """Make the datasets of a reading anew, each as the one before; those that the pages are to show go to `keep`.

    With `show` these are all, else those whose dataset before is shown. `put(sales, table, frame)` keeps what stands
    beside the sales, where those that it was brought in for are shown. Raises as `dataset`, `connectors.beside.read`,
    `keep` and `put` do, and with those before as they were.
    """
    kept = []
    for before in uses(home, one):
        step(N_("Checking every row"), 0.0)
        made = dataset(home, one, before, limit_bytes, now, lambda share: step(N_("Checking every row"), 0.7 * share))
        step(N_("Keeping the table"), 0.7)
        shown = tables.active(home, before.table)
        in_use = show or (shown is not None and shown.version == before.version)
        kept.append(keep(made) if in_use else tables.add(home, made, now, activate=False))
    for table, how in one.beside.items():
        sold = tables.active(home, "sales")
        if sold is None or sold.lineage != how.lineage:
            continue
        step(N_("Checking every row"), 0.8)
        found = beside.turned(raw(home, one, limit_bytes, recipes.layout(how.choices)), table, how.choices)
        frame, _findings, readings = beside.read(found, table, how.columns, how.choices)
        recipes.settled(readings)
        kept.append(put(sold, table, frame))
    return kept


def _write(place: Path, kept: Kept) -> None:
    """Name the newest reading, in one step."""
    fresh = place / f".new-{uuid.uuid4().hex}"
    fresh.write_bytes(_ADAPTER.dump_json(kept, indent=1))
    fresh.replace(place / DESCRIPTION)


def _check(made: databases.Fetched, column: str | None, key: tuple[str, ...], now: datetime) -> None:
    """Raise `BadResponse` where a reading cannot be used, or not be gone on from."""
    if not made.rows:
        raise BadResponse(N_("The source answers without a single row: nothing was changed."))
    if made.rows * len(made.columns) > limits.FETCHED:
        raise BadResponse(
            N_(
                "{rows} rows of {columns} columns are more than is taken ({limit} million cells): write a SELECT that "
                "names the columns needed, or sums them up by day."
            ),
            rows=made.rows, columns=len(made.columns), limit=limits.FETCHED // 1_000_000,
        )  # fmt: skip
    if column and (high := parts.highest(made.folder, column)) is not None:
        kind = next(one.type for one in made.columns if one.name == column)
        parts.lowest_read(high, Since(column, key, _back(kind)), now)


def _back(kind: str) -> timedelta | int:
    """How late rows may come, by the Arrow type of the column that says what is new."""
    return BACK_DAYS if kind.startswith(("timestamp", "date", "string", "large_string")) else BACK_COUNT


def _load(place: Path) -> Kept | None:
    try:
        return _ADAPTER.validate_json((place / DESCRIPTION).read_bytes())
    except (OSError, ValidationError):
        return None


def _sweep(place: Path, last: Kept | None) -> None:
    """Remove readings that a crash left."""
    for left in place.glob("*/"):
        if left.name != (last.reading if last else "") and time.time() - left.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _shelf(home: Path) -> Path:
    return home / "raw" / "databases"
