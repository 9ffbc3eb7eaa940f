"""What is brought in from outside without a browser, held to the rules of its table before the pages show it.

As in `models.lifecycle.daily`, `runs.Nothing` says that there is nothing to bring in, `runs.Wrong` that not all could
be: then the last good data stay.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pandas as pd
from sqlalchemy import Engine

from connectors import ConnectorError, fetched, files, mapping, origins, parted, pieces, recipes, shape
from connectors.files import Raw
from data import append, beside, tables
from data.dataset import Table
from data.runs import Nothing, Step, Wrong
from data.tables import Stored
from locales import N_
from models.lifecycle import provenance
from models.quality import gate


def refresh(engine: Engine, home: Path, now: datetime, _day: date, step: Step) -> dict[str, Any]:
    """Download again what the pages show: what became of each table."""
    active = {table: stored for table in get_args(Table) if (stored := tables.active(home, table))}
    if not active:
        raise Nothing("No dataset was chosen yet: open Vigie and choose one on the page Data.")
    answers, wrong = {}, False
    for place, (table, stored) in enumerate(active.items()):
        connect = origins.DOWNLOADS.get(stored.origin.name) if stored.origin.kind == "download" else None
        if connect is None:
            answers[table] = f"{stored.origin.name} is no download: nothing to renew."
            continue
        step(N_("Downloading"), place / len(active))
        try:
            fresh = connect(now=now, progress=lambda _share, place=place: step(N_("Downloading"), place / len(active)))
        except ConnectorError as error:
            answers[table], wrong = f"{error} What was there stays.", True
            continue
        if fresh.origin.retrieved != now:
            answers[table], wrong = f"The origin gave no answer: the copy of {fresh.origin.retrieved} stays.", True
            continue
        step(N_("Keeping the table"), (place + 0.9) / len(active))
        shown = tables.active(home, table)  # an analyst may have chosen another one meanwhile
        in_use = shown is not None and shown.version == stored.version
        kept = tables.add(home, fresh, now, activate=False)
        if in_use and table == "sales":
            kept = beside.carried(home, kept, [stored], now, activate=False)
        try:
            kept = gate.admit(engine, home, kept, now) if in_use else kept
        except gate.Stopped as stop:
            answers[table], wrong = str(stop), True
            continue
        answers[table] = "Nothing new." if kept.version == stored.version else f"New: {kept.rows[table]} rows."
    if wrong:
        raise Wrong("Not every dataset was renewed.", answers)
    return answers


def fetch(engine: Engine, home: Path, now: datetime, _day: date, step: Step, limit_bytes: int) -> dict[str, Any]:
    """Read what is new in connected sources, and make the datasets of it anew: what became of each reading."""

    def put(sold: Stored, table: str, frame: pd.DataFrame) -> Stored:
        return gate.put(engine, home, sold, table, frame, kept.name, now, kept.id)

    known = fetched.known(home)
    if not known:
        raise Nothing("Nothing was read from a source yet: open Vigie and connect one on the page Data.")
    answers, wrong = {}, False
    for place, one in enumerate(known):

        def at(message: str, share: float, place: int = place) -> None:
            step(message, (place + share) / len(known))

        if not fetched.reachable(one):
            answers[one.name], wrong = f"VIGIE_DATABASES does not name “{one.source}” any more.", True
            continue
        try:
            kept, changes = fetched.bring(home, one.source, one.query, one.name, one.column, one.key, at, now)
            made = fetched.carry(home, kept, limit_bytes, at, partial(gate.keep, engine, home, now=now), put, now)
            provenance.note(engine, home)
        except ConnectorError as error:
            answers[one.name], wrong = f"{error} What was there stays.", True
            continue
        except gate.Stopped as stop:
            answers[one.name], wrong = str(stop), True
            continue
        new = "all read again" if changes is None else f"{changes.new} new"
        answers[one.name] = f"{kept.rows} rows, {new}, {len(made)} datasets go on."
    if wrong:
        raise Wrong("Not every source could be read.", answers)
    return answers


def file(
    engine: Engine,
    home: Path,
    now: datetime,
    _day: date,
    step: Step,
    path: Path,
    table: Table,
    add: bool,
    limit_bytes: int,
) -> dict[str, Any]:
    """Read a file by the recipe of the one before of its source, and show it, or `add` its new lines to sales shown.

    Answers with what was read, what of it was left out, and by whose recipe. Raises a ConnectorError that says what
    does not fit, or `gate.Stopped`, which names the rule that forbids it.
    """
    step(N_("Reading the file"), 0.0)
    known = [recipe for kept in tables.stored(home, table) if (recipe := recipes.of(table, kept.origin))]
    name, into = path.name, pieces.room(pieces.shelf(home)) if table == "sales" and not add else None

    def read(layout: Mapping[str, str]) -> Raw:
        return files.read_path(path, limit_bytes, layout, into, lambda share: step(N_("Reading the file"), 0.4 * share))

    def checked(share: float) -> None:
        step(N_("Checking every row"), 0.4 + 0.4 * share)

    try:
        recipe, raw = recipes.match(known, read)
        checked(0.0)
        if not raw.parts and mapping.recognise(raw):
            made = mapping.dataset(raw, now, name)
        elif recipe is not None:
            made = recipes.apply(raw, table, recipe, now, name, checked)
        else:
            made = parted.apply(raw, table, mapping.guess(raw.frame, table), now, name, heard=checked)
            recipes.answered(made)
        step(N_("Keeping the table"), 0.8)
        told: dict[str, Any] = {
            "file": name,
            "read as": recipe.name if recipe else "guessed",
            "rows": made.written.rows if made.written else len(made.main),
            "left out": [one.message.format(**one.values) for one in made.readings if one.chosen == shape.LEFT_OUT],
        }
        shown = tables.active(home, "sales") if add and table == "sales" else None
        if shown is None:
            return told | {"version": gate.keep(engine, home, made, now).version}
        plan = append.plan(shown, made.main, "line_id" in (made.origin.columns or {}), now)
        if len(plan.fresh):
            gate.grow(engine, home, shown, plan.fresh, name, now)
    finally:
        pieces.clear(into)
    return told | {"new": len(plan.fresh), "known": plan.known, "refused": int(plan.refused["row"].nunique())}
