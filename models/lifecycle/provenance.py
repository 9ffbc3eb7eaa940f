"""What came of the sources: which datasets were made of what was read, which models learned from them and what these
foretold, which boards show them.

What is made is written down in the state database (`state.source_readings`, `state.sourced_versions`), so that it stays
true of what was removed since. Models say themselves which version they learned from; a board shows whatever data are
in use, and a figure that was kept on it those of its day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

import pandas as pd
import sqlglot
from sqlalchemy import Engine, func, select
from sqlglot import exp
from sqlglot.errors import SqlglotError

from connectors import databases, fetched, web
from data import beside, boards, state, tables
from data.dataset import Table
from data.tables import Stored
from models.ask import board
from models.ask.board import Card
from models.ask.definitions import PEOPLE

Kind = Literal["source", "reading", "dataset", "beside", "model", "forecasts", "board"]
MADE = ["reading", "lineage", "frame"]


@dataclass(frozen=True)
class Node:
    """One thing that came of a source, below what it came of (`depth` 0 is the source).

    `name` is that of a source, reading or board; of a dataset its table, of one beside the sales too, of what a model
    said its name. There are `count` of it (versions, predictions), the `last` of that moment. `gone`: it was removed,
    or is not named in the settings any more; `shown`: the pages show it.
    """

    kind: Kind
    name: str
    depth: int
    count: int = 0
    last: datetime | None = None
    gone: bool = False
    shown: bool = False


def note(engine: Engine, home: Path) -> None:
    """Write down what of the datasets that are kept was made of what was read."""
    there = state.read(engine, state.source_readings).set_index("reading")["read"]
    read = [one for one in fetched.known(home) if one.id not in there.index or there[one.id] < one.read]
    rows = [{"reading": one.id, "source": one.source, "name": one.name, "read": one.read} for one in read]
    state.upsert(engine, state.source_readings, rows)
    known = state.read(engine, state.sourced_versions)
    noted = {version: part.set_index("frame")["reading"].to_dict() for version, part in known.groupby("version")}
    for table in get_args(Table):
        for stored in reversed(tables.stored(home, table)):  # the oldest first: later ones go on from it
            made = _made(stored, noted)
            if made and made != noted.get(stored.version):
                noted[stored.version] = made
                common = {"version": stored.version, "lineage": stored.lineage, "stored": stored.stored}
                rows = [
                    {**common, "frame": frame, "reading": reading, "rows": stored.rows.get(frame, 0)}
                    for frame, reading in made.items()
                ]
                state.upsert(engine, state.sourced_versions, rows)


def _made(stored: Stored, noted: dict[str, dict[str, str]]) -> dict[str, str]:
    """Which frames of a version were made of which readings; the last one to bring a frame counts."""
    made: dict[str, str] = {stored.table: stored.origin.database} if stored.origin.database else {}
    for one in stored.findings:
        if one.message == beside.BROUGHT:
            made.pop(one.values["column"], None)
            if reading := one.values.get(beside.READING):
                made[one.values["column"]] = reading
        elif before := noted.get(one.values.get(beside.FROM, "")):
            made |= {frame: reading for frame, reading in before.items() if frame != stored.table}
    return {frame: reading for frame, reading in made.items() if frame in stored.columns}


def nodes(engine: Engine, home: Path) -> list[Node]:
    """Everything that came of each source, from top to bottom as a tree; what was read last comes first."""
    readings = state.read(engine, state.source_readings).sort_values("read", ascending=False, kind="stable")
    versions = state.read(engine, state.sourced_versions)
    named, there = {*databases.sources(), web.SOURCE}, {one.id for one in fetched.known(home)}
    around = _Around(engine, home)
    found = []
    for source, mine in readings.groupby("source", sort=False):
        found.append(Node("source", str(source), 0, len(mine), gone=source not in named))
        for one in mine.itertuples():
            found.append(Node("reading", one.name, 1, 1, one.read.to_pydatetime(), gone=one.reading not in there))
            made = versions[versions["reading"] == one.reading]
            for (_lineage, frame), part in made.groupby(["lineage", "frame"], sort=False):
                found += around.came(frame, part.sort_values("stored"))
    return found


class _Around:
    """What the state database and the home hold, looked up once for all readings."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self.kept = {stored.version for table in get_args(Table) for stored in tables.stored(home, table)}
        self.active = {table: tables.active(home, table) for table in get_args(Table)}
        model, log = state.model_versions.c, state.prediction_log.c
        learned = select(model.model, model.version, model.data_version, model.created)
        told = select(log.model, log.version, func.count(), func.max(log.day)).group_by(log.model, log.version)
        with engine.connect() as connection:
            self.models = pd.DataFrame(
                connection.execute(learned).all(), columns=["model", "version", "data_version", "created"]
            )
            self.told = pd.DataFrame(connection.execute(told).all(), columns=["model", "version", "count", "day"])
        known = boards.kept(engine)
        removed = ((board.from_json(one.content), True) for one in known if one.removed)
        self.boards = [*((one, False) for one, _kept in board.visible(known).values()), *removed]
        self.versions_of = {
            card.text: set((boards.picture(engine, card.text) or {}).get("versions", ()))
            for one, _removed in self.boards if one
            for card in one.cards if card.form == "picture"
        }  # fmt: skip

    def came(self, frame: str, part: pd.DataFrame) -> Iterator[Node]:
        """What came of the versions of a dataset, `part` of `state.sourced_versions`; a table beside has its sales'."""
        mine, last = set(part["version"]), part.iloc[-1]["stored"].to_pydatetime()
        table = frame if frame in self.active else "sales"
        active = self.active[table]
        shown = active is not None and active.version in mine
        kind: Kind = "dataset" if frame in self.active else "beside"
        yield Node(kind, frame, 2, len(mine), last, gone=not mine & self.kept, shown=shown)
        if kind == "beside":
            return
        learned = self.models[self.models["data_version"].isin(mine)]
        for model, rows in learned.groupby("model"):
            yield Node("model", str(model), 3, len(rows), rows["created"].max())
            told = self.told[(self.told["model"] == model) & self.told["version"].isin(rows["version"])]
            if len(told):
                yield Node("forecasts", str(model), 4, int(told["count"].sum()), told["day"].max())
        for one, removed in self.boards:
            if one and any(self._shows(card, table, mine, shown) for card in one.cards):
                yield Node("board", one.name, 3, 1, gone=removed)

    def _shows(self, card: Card, table: str, mine: set[str], shown: bool) -> bool:
        if card.form == "picture":
            return bool(self.versions_of[card.text] & mine)
        asked = set(_asked(card))
        return shown and (table in asked if table == PEOPLE else bool(asked - {PEOPLE}))


def _asked(card: Card) -> Iterable[str]:
    """The tables that a card asks: of a question the customers, or those of the sales."""
    if card.query:
        return [PEOPLE if card.query.measures[0].startswith(f"{PEOPLE}.") else "sales"]
    if card.form != "sql":
        return []
    try:
        return [one.name.lower() for one in sqlglot.parse_one(card.text, dialect="duckdb").find_all(exp.Table)]
    except SqlglotError:
        return []
