"""What is brought in is held to its rules before the pages show it; what breaks one that stops is kept aside.

A version is kept first, so that its rows can be looked at, then judged, then shown or not: the last good version stays
where a rule of severity "stop" is broken, or cannot be judged.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from data import append, beside, checks, tables
from data.dataset import Dataset
from data.rules import Kept
from data.tables import Stored
from locales import N_, Sentence
from models.quality import rules, scan
from models.quality.rules import Rule
from models.quality.scan import Verdict

STOPPED = N_(
    "Stopped by a rule: {rule} (rows that break it: {failing}). The last good data stay; look at these rows on the "
    "page Data: quality."
)


class Stopped(Sentence):
    """A dataset was kept, but is not shown: it breaks a rule that stops."""


def active(engine: Engine, home: Path, stored: Stored) -> list[tuple[Kept, Rule | None]]:
    """The rules a dataset is held to: of its lineage, or of the data shown where its file was read as theirs was.

    The second are for a file so broken that it is not known again by its rows.
    """
    found = _there(engine, stored.lineage)
    shown = tables.active(home, stored.table)
    if not found and shown and shown.version != stored.version and stored.origin.columns:
        alike = (stored.origin.columns, stored.origin.header) == (shown.origin.columns, shown.origin.header)
        found = _there(engine, shown.lineage) if alike else []
    return found


def _there(engine: Engine, lineage: str) -> list[tuple[Kept, Rule | None]]:
    return [(one, rules.from_json(one.content)) for one in checks.of(engine, lineage) if not one.removed]


def judged(
    engine: Engine, stored: Stored, wanted: Sequence[tuple[Kept, Rule | None]], now: datetime, brought: bool = True
) -> list[tuple[Kept, Verdict]]:
    """How the rules that can be read fare on a version, which is `brought` in or shown already; written down for the
    day."""
    known = [(kept, rule) for kept, rule in wanted if rule is not None]
    verdicts = scan.judge(partial(tables.query, stored), stored.columns, [rule for _kept, rule in known], now)
    found = [(kept, verdict) for (kept, _rule), verdict in zip(known, verdicts, strict=True)]
    rows = [
        {
            **{"rule": kept.rule, "version": stored.version, "day": now.date(), "judged": now},
            **{"lineage": kept.content[checks.LINEAGE], "content": rules.to_json(verdict.rule)},
            **{"state": verdict.state, "failing": verdict.failing, "rows": verdict.rows, "value": verdict.value},
            "stopped": brought and _stops(verdict),
        }
        for kept, verdict in found
    ]
    checks.note(engine, rows)
    return found


def _stops(verdict: Verdict) -> bool:
    return verdict.rule.severity == "stop" and verdict.state != "held"


def admit(engine: Engine, home: Path, fresh: Stored, now: datetime) -> Stored:
    """Let the pages show a version that is kept. Raises `Stopped` where a rule that stops forbids it."""
    wanted = active(engine, home, fresh)
    stops = [verdict for _kept, verdict in judged(engine, fresh, wanted, now) if _stops(verdict)]
    if stops:
        raise Stopped(STOPPED, rule=_Said(stops, fresh.table), failing=sum(one.failing for one in stops))
    tables.activate(home, fresh.table, fresh.version)
    return fresh


class _Said:
    """Rules as sentences in the language of whoever reads them."""

    def __init__(self, verdicts: Sequence[Verdict], main: str) -> None:
        self.verdicts, self.main = verdicts, main

    def __str__(self) -> str:
        said = [rules.sentence(one.rule, self.main) for one in self.verdicts]
        return "; ".join(
            f"{text} – {one.problem.sentence()}" if one.problem else text
            for text, one in zip(said, self.verdicts, strict=True)
        )

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


def keep(engine: Engine, home: Path, made: Dataset, now: datetime) -> Stored:
    """`data.beside.keep` through the rules. Raises `Stopped`."""
    return admit(engine, home, beside.keep(home, made, now, activate=False), now)


def put(engine: Engine, home: Path, stored: Stored, name: str, frame: pd.DataFrame, file: str, now: datetime,
        reading: str = "") -> Stored:  # fmt: skip
    """`data.beside.put` through the rules. Raises `Stopped`."""
    return admit(engine, home, beside.put(home, stored, name, frame, file, now, activate=False, reading=reading), now)


def grow(engine: Engine, home: Path, stored: Stored, fresh: pd.DataFrame, file: str, now: datetime) -> Stored:
    """`data.append.add` through the rules. Raises `Stopped`."""
    return admit(engine, home, append.add(home, stored, fresh, file, now, activate=False), now)
