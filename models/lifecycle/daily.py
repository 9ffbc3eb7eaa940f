"""What is done about a day, or at one, without a browser: `jobs.py` calls it and says what became of it.

Each is `work(engine, home, now, day, step)`, answers with what it did as JSON can hold it, and raises `runs.Nothing`
where there are no data or no model to do it with, `runs.Wrong` where it did not come out as it should.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import Engine

from data import tables
from data.dataset import Table
from data.runs import Nothing, Result, Step, Wrong
from data.tables import Stored
from locales import N_
from models.act import alarms, measured
from models.ask import definitions, vocabulary
from models.ask import known as asked
from models.drift import alerts, messages
from models.drift.compare import CannotCompare
from models.forecast import CannotForecast
from models.lifecycle import logged, retraining, scoring, watching
from models.lifecycle import orders as ordering
from models.lifecycle.managed import MODELS
from models.lifecycle.watching import Opened
from models.quality import gate
from models.quality import rules as kept_to

NOT_CHOSEN = "No {table} were chosen yet: open Vigie and choose them on the page Data."
BACK_FILL = "back-fill"
Channels = Mapping[str, Callable[..., None]]


def shown(home: Path, table: Table) -> Stored:
    """The dataset that the pages show. Raises `Nothing`."""
    stored = tables.active(home, table)
    if stored is None:
        raise Nothing(NOT_CHOSEN, table=table)
    return stored


def drift(
    engine: Engine,
    home: Path,
    now: datetime,
    day: date,
    step: Step,
    model: str,
    channels: Channels,
    opened: Callable[[Engine, Path, str], Opened],
    past: bool = False,
) -> dict[str, Any]:
    """What has changed since the model learned, its alarms written down and told. Of the `past` nobody is told.

    A day that the model learned from is skipped; so is one of the past on which the shop was closed.
    """
    lineage = shown(home, MODELS[model].table).lineage
    step(N_("Reading the table"), 0.0)
    limit = alerts.threshold(engine, model)
    try:
        found = watching.run(engine, opened(engine, home, model), day, now, limit, step, together=not past)
    except CannotCompare as error:
        learned = error.message in (watching.LEARNED, watching.ALL_LEARNED)
        if not learned and (not past or error.message == watching.NOTHING):
            raise Nothing(error.message, **error.values) from error
        return {"skipped": str(error)}
    quiet = BACK_FILL if past else None if found["in_use"] else alerts.NO_MODEL
    return _alerted(engine, model, lineage, found, channels, now, step, quiet)


def score(
    engine: Engine, home: Path, now: datetime, day: date, step: Step, model: str, channels: Channels
) -> dict[str, Any]:
    """What the model says on the day, kept, and how good it was; alarms of that written down and told."""
    lineage = shown(home, MODELS[model].table).lineage
    return _alerted(engine, model, lineage, scoring.score(engine, home, model, day, now, step), channels, now, step)


def _alerted(
    engine: Engine,
    model: str,
    lineage: str,
    found: dict[str, Any],
    channels: Channels,
    now: datetime,
    step: Step,
    quiet: str | None = None,
) -> dict[str, Any]:
    """What was found, its alarms written down and the channels told; `quiet` says why nobody is to be."""
    raised = found.get("alerts", [])
    step(N_("Telling of alerts"), 0.95)
    alerts.record(engine, lineage, raised, now, quiet)
    notified = {} if quiet else alerts.tell(engine, model, channels, now)
    return {**found, "confirmed": sum(alarm["severity"] == alerts.ALERT for alarm in raised), "notified": notified}


def retrain(engine: Engine, home: Path, now: datetime, _day: date, step: Step, model: str) -> dict[str, Any]:
    """The new version of a model of the data it is used for."""
    shown(home, MODELS[model].table)
    return retraining.retrain(engine, home, model, now, "jobs.py", N_("asked for by jobs.py"), step)


def rules(engine: Engine, home: Path, now: datetime, day: date, step: Step, channels: Channels) -> dict[str, Any]:
    """What the rules of Act find in the sales of the day, written down and told; the orders that they draft."""
    sold = shown(home, "sales")
    step(N_("Reading the sales lines"), 0.0)
    first, last = sold.span or (sold.stored, sold.stored)
    days, ask = (first.date(), last.date()), partial(tables.query, sold)
    known = definitions.catalogue(
        sold.columns, days, tables.unknown(sold), None, sold.origin.columns, asked.called(engine, sold.lineage)
    )
    step(N_("Judging the rules"), 0.2)
    same = [one.version for one in tables.stored(home, "sales") if one.lineage == sold.lineage]
    versions = {*same, *map(logged.replayed, same)}
    found = alarms.judged(engine, known, ask, sold.lineage, versions, day, now)
    step(N_("Telling of alerts"), 0.9)
    called = vocabulary.names(known, ask) if channels else {}
    words = partial(alarms.sentence, known=known, names=called, currency=sold.origin.currency or "GBP")
    notified = alarms.tell(engine, sold.lineage, channels, words, now)
    if found.silent:
        raise Nothing(measured.NOTHING, day=day)
    problems = {name: str(problem) for name, problem in found.problems.items()}
    counts = {"rules": found.rules, "fired": found.fired, "new": found.new}
    try:
        counts["drafted"] = ordering.drafted_for_rules(
            engine, sold, day, now, lambda message, _share: step(message, 0.95)
        )
    except CannotForecast as error:
        problems["orders"] = str(error)
    return {**counts, "problems": problems, "notified": notified}


def orders(
    engine: Engine,
    home: Path,
    _now: datetime,
    day: date,
    step: Step,
    write: ordering.Write,
    clock: Callable[[], datetime],
) -> dict[str, Any]:
    """What became of orders, written as letters by `write`. `Wrong` where one did not leave."""
    try:
        found = ordering.run(engine, home, shown(home, "sales"), day, write, clock, step)
    except CannotForecast as error:
        raise Nothing(error.message, **error.values) from error
    if {"stuck", "unknown"} & set(found["sends"]):
        raise Wrong("An order did not leave, or may not have arrived: look at Act: orders.", found)
    return found


def quality(engine: Engine, home: Path, now: datetime, _day: date, step: Step) -> dict[str, Any]:
    """What is broken in each table that the pages show. `Wrong` where a rule that stops is."""
    answers, grave = dict[str, Any](), False
    for place, table in enumerate(get_args(Table)):
        step(N_("Judging the rules"), place / len(get_args(Table)))
        stored = tables.active(home, table)
        wanted = gate.active(engine, home, stored) if stored else []
        if stored is None or not wanted:
            continue
        found = [verdict for _kept, verdict in gate.judged(engine, stored, wanted, now, brought=False)]
        off = [one for one in found if one.state != "held"]
        grave = grave or any(one.rule.severity == "stop" for one in off)
        said = {kept_to.sentence(one.rule, table): str(one.problem) if one.problem else one.failing for one in off}
        answers[table] = {"rules": len(found), "broken": said}
    if not answers:
        raise Nothing("There is no rule yet: write one on the page Data: quality.")
    if grave:
        raise Wrong("A rule that stops is broken.", answers)
    return answers


def text(result: Result) -> str:
    """A run for people, line by line."""
    lines = [f"{result.run}: {result.status}" + (f" ({result.message})" if result.message else "")]
    for name, value in result.details.items():
        if name == "alerts":
            lines += [f"  {alarm['severity']}: {messages.sentence(alarm)}" for alarm in value]
        elif value not in ({}, []):
            lines.append(f"  {name}: {_said(value)}")
    return "\n".join(lines)


def _said(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
