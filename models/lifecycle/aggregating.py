"""Sales lines that are too many to bring in, summed up where they lie and kept as a dataset that the pages show."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from connectors import lake, mapping
from connectors.lake import Kind, Lake
from data import beside, schemas, state, tables
from data.dataset import Dataset, Finding, Origin
from data.tables import Stored
from locales import N_
from models import aggregates
from models.aggregates import CannotAggregate
from models.forecast import source as series
from models.lifecycle.logged import Step
from models.lifecycle.sales import TOTAL, forecasts
from models.quality import gate

MAX_ROWS = 10_000_000  # of a table, that the pages can hold
LEARNED = 0.25  # share of the days, the first ones, that bins are cut by
BATCH = "batch"  # value of the finding of a stream: the number of the last batch that is in the data
SUMMED = N_("{rows} lines were summed up by day, store and product by {engine}.")
COARSE = {
    ("product",): N_("All stores are told together: one by one they would be more rows than the pages can hold."),
    ("store", "category"): N_("Categories stand for products, which would be more rows than the pages can hold."),
    ("category",): N_(
        "All stores are told together and categories stand for products: else the pages could not hold it."
    ),
}
UNUSED = N_("{rows} lines without a time, a product, units or a price are left out.")
FOLLOWED = N_("{rows} lines were added up by day, store and product as they came.")
LATE = N_("{rows} lines came more than two days late and are left out: sum all lines up again to have them.")
STRANGE = N_("{count} lines are of an unknown kind: line_type may be {kinds}.")
NO_LINES = N_("There is no line with a time, a product, units and a price.")
ZONE = N_("Times carry a zone here: say in which the shops are, for instance --zone Europe/Paris.")
UNEQUAL = N_("The sum of the days, {days}, is not the sum of the lines, {lines}: nothing was kept.")
GONE = N_("What was followed so far is not kept any more: remove the folder {place} to read it all again.")
log = logging.getLogger("vigie.lake")


def run(
    engine: Engine, home: Path, source: str, by: lake.Engine, zone: str | None, ahead: bool, now: datetime, step: Step
) -> dict[str, Any]:
    """Sum up the lines at `source` by an engine, and let the pages show what comes of it; with `ahead` also forecast
    each store. What was done, as JSON can hold it.

    Raises ConnectorError, `CannotAggregate`, `gate.Stopped`.
    """
    step(N_("Opening the lines"), 0.0)
    with lake.opened(by, source, zone or "UTC") as lines:
        _fit(lines.columns, zone)
        step(N_("Counting the lines"), 0.05)
        facts = _facts(lines.ask(aggregates.facts(lines.columns)))
        if not facts["used"]:
            raise CannotAggregate(NO_LINES)
        level = _level(lines, facts["used"])
        frames = _frames(lines, _newest(home, source), source, level, facts, step)
        days = float(frames["sales"]["amount"].sum())
        if abs(days - facts["amount"]) > 0.005:
            raise CannotAggregate(UNEQUAL, days=days, lines=float(facts["amount"]))
        told = _told(lines, facts["last"], step) if ahead and "store" in lines.columns else None
    step(N_("Keeping the table"), 0.95)
    findings = [Finding(SUMMED, int(facts["lines"]), {"engine": by})]
    if level in COARSE:
        findings.append(Finding(COARSE[level], len(frames["sales"])))
    if unused := int(facts["lines"] - facts["used"]):
        findings.append(Finding(UNUSED, unused, severity="warning"))
    kept = gate.keep(engine, home, _dataset(source, frames, findings, now), now)
    answer = {"version": kept.version, "lines": int(facts["lines"]), "rows": kept.rows, "amount": facts["amount"]}
    return answer if told is None else answer | _predicted(engine, kept, told, facts["last"], now)


def _fit(columns: Mapping[str, Kind], zone: str | None) -> None:
    aggregates.check(columns)
    if columns["timestamp"] == "zoned" and zone is None:
        raise CannotAggregate(ZONE)


def _facts(answer: pd.DataFrame) -> pd.Series:
    """What `aggregates.facts` answers of lines of known kinds."""
    facts = aggregates.read(answer).iloc[0]
    if facts["strange"]:
        raise CannotAggregate(STRANGE, count=int(facts["strange"]), kinds=", ".join(schemas.LINE_TYPES))
    return facts


def _level(lines: Lake, used: int) -> tuple[str, ...]:
    """The finest level of `aggregates.LEVELS` that the pages can hold."""
    if used <= MAX_ROWS:
        return aggregates.LEVELS[0]
    counts = (
        (level, lines.ask(aggregates.count_days(lines.columns, level))["rows_"].iloc[0])
        for level in aggregates.LEVELS[:-1]
    )
    return next((level for level, rows in counts if rows <= MAX_ROWS), aggregates.LEVELS[-1])


def _frames(
    lines: Lake, before: Stored | None, source: str, level: tuple[str, ...], facts: pd.Series, step: Step
) -> dict[str, pd.DataFrame]:
    """What the pages show: `sales` by day and, as far as the lines say so, `segments`, `visits` and `pairs`; the
    `histograms` of the lines with the `units` and the `cuts` that they are of. Bins stay those of the version `before`.
    """
    columns = lines.columns

    def ask(sql: str) -> pd.DataFrame:
        return aggregates.read(lines.ask(sql))

    step(N_("Summing up the days"), 0.15)
    daily = ask(aggregates.daily(columns, level))
    if "product" not in level:  # the names are of what is in the categories
        daily["description"] = None
    frames = {"sales": _checked(aggregates.sales(daily, _name(source), mapping.DEFAULT))}
    if "customer" in columns:
        step(N_("Counting the customers"), 0.35)
        frames["segments"] = aggregates.segments(ask(aggregates.buyers(columns)), facts["last"])
        if ask(aggregates.count_visits(columns))["rows_"].iloc[0] <= MAX_ROWS:
            frames["visits"] = ask(aggregates.visits(columns))
    if "invoice" in columns:
        step(N_("Counting what is bought together"), 0.5)
        frames["pairs"] = ask(aggregates.pairs(columns))
    step(N_("Counting the bins of each column"), 0.7)
    frames["cuts"] = tables.read(before, "cuts") if before and "cuts" in before.columns else _cut(ask, columns, facts)
    cuts, _days = aggregates.thawed(frames["cuts"])
    known = {name: cut for name, cut in cuts.items() if name in columns or name == "line_type"}
    return frames | {"histograms": ask(aggregates.histograms(columns, known)), "units": ask(aggregates.units(columns))}


def _cut(ask: aggregates.Ask, columns: Mapping[str, Kind], facts: pd.Series) -> pd.DataFrame:
    """The bins of the first days, to be kept."""
    reference = facts["first"], facts["first"] + ((facts["last"] - facts["first"]) * LEARNED).floor("D")
    return aggregates.kept(aggregates.freeze(ask, columns, *reference), reference)


def _checked(sales: pd.DataFrame) -> pd.DataFrame:
    return schemas.check("sales", sales, inplace=True)


def _dataset(source: str, frames: dict[str, pd.DataFrame], findings: list[Finding], now: datetime) -> Dataset:
    currencies = frames["sales"]["currency"].unique()
    origin = Origin("upload", _name(source), retrieved=now, currency=currencies[0])
    return Dataset("sales", frames, origin, tuple(findings), _lineage(source))


def _name(source: str) -> str:
    """What pages call a source: where its folder is is nobody's business."""
    return source.rstrip("/").rpartition("/")[2]


def _lineage(source: str) -> str:
    return f"lake {hashlib.sha256(source.encode()).hexdigest()[:16]}"


def _newest(home: Path, source: str) -> Stored | None:
    return next((one for one in tables.stored(home, "sales") if one.lineage == _lineage(source)), None)


def _told(lines: Lake, last: pd.Timestamp, step: Step) -> pd.DataFrame:
    """The forecast of each store from the day after the last one, by the engine (see `aggregates.forecast_store`)."""
    step(N_("Forecasting"), 0.8)
    work = partial(aggregates.forecast_store, last=last)
    return lines.each(aggregates.per_store(lines.columns), "series", work, aggregates.FORECAST)


def _predicted(engine: Engine, kept: Stored, told: pd.DataFrame, last: pd.Timestamp, now: datetime) -> dict[str, Any]:
    """Write the forecasts down, to be held against what comes; how many there are, and which stores have none."""
    good = told[told["mean"].notna()]
    rows = []
    for store, frame in good.groupby("series"):
        subject = series.key("store", str(store), *TOTAL)
        rows += forecasts(frame.set_index("date"), kept.version, subject, last, now)
    state.upsert(engine, state.prediction_log, rows)
    refused = told[told["mean"].isna()]
    why = dict(zip(refused["series"], refused["reason"], strict=True))
    return {"forecast": int(good["series"].nunique()), "not forecast": why}


def follow(
    engine: Engine, home: Path, source: str, zone: str | None, clock: Callable[[], datetime], step: Step
) -> None:
    """Sum up lines as they come (see `connectors.lake.stream`) in a dataset of their own, until `step` raises.

    The number of the last batch is kept in the same step as its lines: one that is given again is known.
    """
    from connectors.lake import stream

    named = f"{source} as it comes"  # not what is summed up at once
    place = home / "streams" / _lineage(named).split()[1]

    def asked(columns: dict[str, Kind]) -> list[str]:
        _fit(columns, zone)
        return [aggregates.daily(columns), aggregates.facts(columns)]

    late = told = 0  # lines of this run that came too late, and how many of them the data say

    def keep(answers: list[pd.DataFrame], number: int) -> None:
        nonlocal told
        before = _newest(home, named)
        known = {one.message: one for one in before.findings} if before else {}
        done = int(known[FOLLOWED].values[BATCH]) if before else -1
        if number <= done:
            return
        if number > done + 1:
            raise CannotAggregate(GONE, place=place)
        facts = _facts(answers[1])
        sales = aggregates.sales(aggregates.read(answers[0]), _name(source), mapping.DEFAULT)
        if before:
            sales = aggregates.added(tables.read(before), sales)
        more = {FOLLOWED: int(facts["used"]), UNUSED: int(facts["lines"] - facts["used"]), LATE: late - told}
        told = late
        total = {message: rows + (known[message].rows if message in known else 0) for message, rows in more.items()}
        findings = [Finding(FOLLOWED, total.pop(FOLLOWED), {BATCH: str(number)})]
        findings += [Finding(message, rows, severity="warning") for message, rows in total.items() if rows]
        made = _dataset(named, {"sales": _checked(sales)}, findings, clock())
        kept = beside.keep(home, made, clock(), activate=False)
        shown = tables.active(home, "sales")
        if before is None or (shown and shown.lineage == kept.lineage):  # else somebody looks at other data
            try:
                gate.admit(engine, home, kept, clock())
            except gate.Stopped as stop:
                log.warning("%s", stop)

    def alive(missed: int) -> None:
        nonlocal late
        late = missed
        step(N_("Following the lines"), 0.0)

    stream.follow(source, zone or "UTC", place, asked, keep, alive)
