"""Vigie's work without a browser, for cron, Airflow and containers: `python jobs.py --help`.

Text for people goes to stdout (one JSON object with `--json`), logs go to stderr. Exit codes: 0 fine; 1 something is
wrong; 2 wrong arguments; 3 another process is on the same job of the same day; 4 there are no data or no model yet.

Imports of what takes long stand inside the functions: `--help` answers at once.
"""

import io
import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, get_args

import typer

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Engine

    from data.schedules import Held
    from data.tables import Stored
    from models.act.schedule import Schedule
    from models.lifecycle.watching import Opened
    from settings import Settings

FINE, WRONG, TAKEN, NOTHING = 0, 1, 3, 4
BEAT = 10.0  # seconds
PAUSE = 0.5  # seconds between two steps that are written down
Step = Callable[[str, float], None]
Work = Callable[["Engine", Path, datetime, date, Step], dict[str, Any]]


@dataclass(frozen=True)
class Result:
    """How a run ended, and the exit code that says so."""

    run: str
    status: str
    code: int
    message: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None


app = typer.Typer(
    help="Vigie's work without a browser. Exit codes: 0 fine, 1 something is wrong, 2 wrong arguments, "
    "3 another process is on the same job of the same day, 4 no data or no model yet.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
DayOption = Annotated[
    datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The day (the last one of the data).")
]


def _managed(name: str) -> str:
    """The name of a managed model."""
    from models.lifecycle.managed import MODELS

    if name not in MODELS:
        raise typer.BadParameter(f"there is no model “{name}”: choose one of {', '.join(MODELS)}.")
    return name


def _language(name: str) -> str:
    from locales import LANGUAGES

    if name not in LANGUAGES:
        raise typer.BadParameter(f"choose one of {', '.join(LANGUAGES)}.")
    return name


def _callable(name: str) -> str:
    """Who is on a list."""
    from models.act.schedule import WHO

    if name not in WHO:
        raise typer.BadParameter(f"choose one of {', '.join(WHO)}.")
    return name


LanguageOption = Annotated[str, typer.Option("--language", help="en or fr.", callback=_language)]
ModelOption = Annotated[str, typer.Option("--model", help="Which model: sales or churn.", callback=_managed)]


class _Left(Exception):
    """The work could not begin; the message says why, `code` is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def _command(work: Callable[..., None]) -> None:
    """Make `work` a command that says why it could not begin: on stderr, with `--json` as its JSON object."""

    @app.command(work.__name__.removesuffix("_").replace("_", "-"))
    @wraps(work)
    def command(*, as_json: bool, **given: Any) -> None:
        try:
            work(as_json=as_json, **given)
        except _Left as left:
            if as_json:
                _print({"job": work.__name__, "status": "failed", "message": str(left)}, "", True, left.code)
            typer.echo(str(left), err=True)
            raise typer.Exit(left.code) from None
        except Exception as error:
            from data import troubles

            if (said := troubles.known(error)) is None:
                raise
            if as_json:
                _print({"job": work.__name__, "status": "failed", "message": str(said)}, "", True, WRONG)
            typer.echo(str(said), err=True)
            raise typer.Exit(WRONG) from None


@_command
def drift(
    model: ModelOption,
    day: DayOption = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of a back-fill; tells nobody.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of a back-fill.")
    ] = None,
    fail_on_drift: Annotated[bool, typer.Option(help="Exit with 1 where drift is confirmed.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare a day's data with what the model learned from; raise alerts and tell of them."""
    if (first is None) != (last is None) or (first and day) or (first and last and first > last):
        raise typer.BadParameter("give --date, or --from and --to in this order")
    from models.drift.compare import CannotCompare
    from models.lifecycle import watching

    quiet, opened = "back-fill" if first else None, cache(watching.opened)  # the table is read once for all days

    def work(engine: "Engine", home: Path, now: datetime, this: date, step: Step) -> dict[str, Any]:
        try:
            return _drift(opened, engine, home, model, this, now, step, quiet)
        except CannotCompare as error:
            learned = error.message in (watching.LEARNED, watching.ALL_LEARNED)
            if not learned and (not quiet or error.message == watching.NOTHING):
                raise
            return {"skipped": str(error)}  # the model learned from this day, or the shop was closed in the past

    results = [_run("drift", model, this, work) for this in _days(model, first or day, last or day)]
    confirmed = any(result.details.get("confirmed") for result in results)
    code = NOTHING if all("skipped" in result.details for result in results) else FINE
    _end("drift", results, as_json, WRONG if fail_on_drift and confirmed else code)


@_command
def score(model: ModelOption, day: DayOption = None, as_json: JsonOption = False) -> None:
    """Write down what the model says on a day, to be held against the truth when it arrives."""
    from models.lifecycle import scoring

    def work(engine: "Engine", home: Path, now: datetime, this: date, step: Step) -> dict[str, Any]:
        lineage = _stored(home, model).lineage
        return _alerted(engine, model, lineage, scoring.score(engine, home, model, this, now, step), now, step)

    _end("score", [_run("score", model, this, work) for this in _days(model, day, day)], as_json)


@_command
def rules(day: DayOption = None, as_json: JsonOption = False) -> None:
    """Judge the rules over a day, write down what they find, and tell of what is new."""
    _end("rules", [_run("rules", "", this, _rules) for this in _days("sales", day, day)], as_json)


@_command
def orders(day: DayOption = None, as_json: JsonOption = False) -> None:
    """Draft orders from the stock, approve those that somebody allowed to be, and send what is due."""
    _end("orders", [_run("orders", "", this, _orders) for this in _days("sales", day, day)], as_json)


@_command
def quality(as_json: JsonOption = False) -> None:
    """Judge the rules of the datasets in use, write down how they fare; exit with 1 where one that stops is broken."""
    _end("quality", [_run("quality", "", datetime.now(UTC).date(), _quality)], as_json)


@_command
def retrain(model: ModelOption, as_json: JsonOption = False) -> None:
    """Train the model again on the data it is used for."""

    def work(engine: "Engine", home: Path, now: datetime, _day: date, step: Step) -> dict[str, Any]:
        return _retrain(engine, home, model, now, step)

    _end("retrain", [_run("retrain", model, datetime.now(UTC).date(), work)], as_json)


@_command
def refresh(as_json: JsonOption = False) -> None:
    """Download the active datasets again; while an origin is down, its last good copy stays."""
    _end("refresh", [_run("refresh", "", datetime.now(UTC).date(), _refresh)], as_json)


@_command
def fetch(as_json: JsonOption = False) -> None:
    """Bring what was read from connected sources up to date, and the datasets that were made of it."""
    _end("fetch", [_run("fetch", "", datetime.now(UTC).date(), _fetch)], as_json)


@_command
def import_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A table as CSV, XLSX, XLS, ODS, Parquet or JSON.")
    ],
    table: Annotated[str, typer.Option("--table", help="customers or sales.")] = "sales",
    add: Annotated[bool, typer.Option("--add", help="Add the lines that are new to the sales that are shown.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring in a file, read as the one before of its source was; a file that does not fit is stopped."""
    if table not in ("customers", "sales"):
        raise typer.BadParameter("choose customers or sales.", param_hint="--table")

    def work(engine: "Engine", home: Path, now: datetime, _day: date, step: Step) -> dict[str, Any]:
        return _import(engine, home, file, table, add and table == "sales", now, step)

    _end("import", [_run("import", table, datetime.now(UTC).date(), work)], as_json)


@_command
def health(as_json: JsonOption = False) -> None:
    """Look at the disk, the state database, the sources, jobs, models and channels; exit with 1 on a problem."""
    import settings
    from connectors import notify
    from data import vitals
    from models.lifecycle import health as judge

    chosen = _settings()
    seen = vitals.gather(chosen.home, chosen.database_url)
    found = judge.checks(seen, datetime.now(UTC), list(notify.channels()))
    whole = judge.verdict(found)
    answer = {
        "job": "health",
        "status": whole.status,
        "message": whole.sentence(),
        "checks": [{"subject": one.subject, "status": one.status, "message": one.sentence()} for one in found],
        "versions": {"vigie": settings.VERSION, "python": seen.python, **seen.libraries},
        "bytes": {"free": seen.disk_free, **seen.folders},
    }
    lines = [f"{one.status:8} {judge.SUBJECTS[one.subject]}: {one.sentence()}" for one in found]
    _print(answer, "\n".join([whole.sentence(), *lines]), as_json, WRONG if whole.status == "problem" else FINE)


@_command
def export(
    to: Annotated[Path, typer.Option("--to", file_okay=False, help="The folder; made where there is none.")],
    as_json: JsonOption = False,
) -> None:
    """Write psi_log.csv, alerts_log.csv, predictions.csv and performance_log.csv."""
    from data import export as files

    _home, engine = _opened()
    written = {}
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name in files.LOGS:
            path, rows = to / f"{name}.csv", files.log(engine, name)
            fresh = path.with_suffix(".part")
            fresh.write_bytes(files.csv(rows))
            fresh.replace(path)
            written[str(path)] = len(rows)
    except OSError as error:
        _leave(f"{to} cannot be written ({error.strerror}): make room, or choose another folder.")
    _print(
        {"job": "export", "files": written},
        "\n".join(f"{path}: {rows} rows" for path, rows in written.items()),
        as_json,
    )


@_command
def report(
    to: Annotated[Path, typer.Option("--to", help="The file: .pdf, .xlsx or .html.")],
    board: Annotated[
        str, typer.Option("--board", help="The board, by its id in the page's link or by its name.")
    ] = "sales",
    slides: Annotated[bool, typer.Option("--slides", help="A PDF of slides, 16:9, in place of A4.")] = False,
    language: LanguageOption = "en",
    send: Annotated[bool, typer.Option("--send", help="Send the file to the channels of VIGIE_NOTIFY_URLS.")] = False,
    cause: Annotated[str, typer.Option("--cause", help="Send it, but to each channel once for a cause.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Write a board as a file, and send it."""
    import locales

    if to.suffix not in (".pdf", ".xlsx", ".html"):
        raise typer.BadParameter("name a file that ends in .pdf, .xlsx or .html.", param_hint="--to")

    def work(engine: "Engine", home: Path, now: datetime, _day: date, step: Step) -> dict[str, Any]:
        with locales.using(language):
            return _report(engine, home, board, to, slides, send or bool(cause), cause, now, step)

    _end("report", [_run("report", f"{board} {to.name}", datetime.now(UTC).date(), work)], as_json)


@_command
def calls(
    to: Annotated[Path, typer.Option("--to", help="The file: .csv.")],
    who: Annotated[str, typer.Option("--who", help="slipping or leaving.", callback=_callable)] = "slipping",
    language: LanguageOption = "en",
    cause: Annotated[str, typer.Option("--cause", help="Send it, but to each channel once for a cause.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Write a list of whom to call: customers who are slipping, or likely to leave."""
    import locales

    def work(engine: "Engine", home: Path, _now: datetime, _day: date, step: Step) -> dict[str, Any]:
        with locales.using(language):
            return _calls(engine, home, who, to, cause, step)

    _end("calls", [_run("calls", f"{who} {to.name}", datetime.now(UTC).date(), work)], as_json)


@_command
def run_due(as_json: JsonOption = False) -> None:
    """Do what is due by the schedules of the page Act: schedule, once, whoever calls it and however often.

    What fails is tried again after 1, 5, 30 and 120 minutes, by whichever call comes then; after that it is given up
    and waits for somebody.
    """
    from data import schedules
    from models.act import schedule

    home, engine = _opened()
    results = []
    while held := schedules.claim(engine, found := schedule.arise(engine)):  # rules that are judged may ask for more
        results.append(_held(engine, home, found[held.schedule], held))
    schedules.tidy(engine)
    if not results and not as_json:
        typer.echo("Nothing is due.")
        raise typer.Exit(FINE)
    _end("run-due", results, as_json)


@_command
def tell(
    title: Annotated[str, typer.Argument(help="In a few words.")],
    text: Annotated[str, typer.Argument(help="What happened, and what to do.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Tell the channels of VIGIE_NOTIFY_URLS: of work that failed elsewhere, in Airflow for instance."""
    from connectors import ConnectorError, notify

    _settings()
    channels, refused = notify.channels(), []
    if not channels:
        _leave("Nobody was named to be told: set VIGIE_NOTIFY_URLS.", NOTHING)
    for send in channels.values():
        try:
            send(title, text or title)
        except ConnectorError as error:
            refused.append(str(error))
    said = " ".join(refused) or f"Told: {', '.join(channels)}."
    _print({"job": "tell", "channels": list(channels), "message": said}, said, as_json, WRONG if refused else FINE)


def _held(engine: "Engine", home: Path, due: "Schedule", held: "Held") -> Result:
    """Do what this process has of a schedule, and write down what it came to."""
    from data import schedules
    from models.act import schedule

    title = f"{due.name}, {held.due:%Y-%m-%d %H:%M} UTC"
    try:
        with _alive(title, lambda: schedules.beat(engine, held)):
            code, message = _called(schedule.arguments(due, home / "reports", held))
    except BaseException:  # Ctrl-C, SIGTERM
        schedules.release(engine, held)
        raise
    ends = {FINE: schedules.DONE, NOTHING: schedules.SKIPPED, TAKEN: schedules.WAITING}
    status = ends.get(code, schedules.FAILED)
    if not schedules.end(engine, held, status, message):
        return Result(title, "taken", FINE, "Another process has taken it over: this one had stood still.")
    return Result(title, status, WRONG if status == schedules.FAILED else FINE, message)


def _called(arguments: list[str]) -> tuple[int, str | None]:
    """Call a command in this process: its exit code, and why it did not do its work."""
    import logs

    said = io.StringIO()
    try:
        with redirect_stdout(said):
            code = typer.main.get_command(app).main(arguments, standalone_mode=False)
    except Exception as error:
        incident = logs.incident(logging.getLogger("vigie.jobs"), error, job=" ".join(arguments))
        return WRONG, f"This did not work. The log says more under the id {incident}."
    answer = json.loads(said.getvalue())
    messages = [answer.get("message"), *(run["message"] for run in answer.get("runs", []))]
    return code, next(filter(None, messages), None)


def _drift(
    opened: Callable[..., "Opened"],
    engine: "Engine",
    home: Path,
    model: str,
    day: date,
    now: datetime,
    step: Step,
    quiet: str | None,
) -> dict[str, Any]:
    from locales import N_
    from models.drift import alerts
    from models.lifecycle import watching

    lineage = _stored(home, model).lineage
    step(N_("Reading the table"), 0.0)
    limit = alerts.threshold(engine, model)
    found = watching.run(engine, opened(engine, home, model), day, now, limit, step, together=not quiet)
    return _alerted(engine, model, lineage, found, now, step, quiet or (None if found["in_use"] else alerts.NO_MODEL))


def _alerted(
    engine: "Engine",
    model: str,
    lineage: str,
    found: dict[str, Any],
    now: datetime,
    step: Step,
    quiet: str | None = None,
) -> dict[str, Any]:
    """What was found, its alarms written down and the channels told; `quiet` says why nobody is to be."""
    from connectors import notify
    from locales import N_
    from models.drift import alerts

    raised = found.get("alerts", [])
    step(N_("Telling of alerts"), 0.95)
    alerts.record(engine, lineage, raised, now, quiet)
    notified = {} if quiet else alerts.tell(engine, model, notify.channels(), now)
    return {**found, "confirmed": sum(alarm["severity"] == alerts.ALERT for alarm in raised), "notified": notified}


def _rules(engine: "Engine", home: Path, now: datetime, day: date, step: Step) -> dict[str, Any]:
    """What the rules found; raises `_Nothing` where the data say nothing of the day."""
    from connectors import notify
    from data import tables
    from locales import N_
    from models.act import alarms, rehearsal
    from models.ask import definitions, vocabulary
    from models.ask import known as asked
    from models.forecast import CannotForecast
    from models.lifecycle import logged
    from models.lifecycle import orders as work

    sold = _stored(home, "sales")
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
    channels = notify.channels()
    called = vocabulary.names(known, ask) if channels else {}
    words = partial(alarms.sentence, known=known, names=called, currency=sold.origin.currency or "GBP")
    notified = alarms.tell(engine, sold.lineage, channels, words, now)
    if found.silent:
        raise _Nothing(rehearsal.NOTHING.format(day=day))
    problems = {name: str(problem) for name, problem in found.problems.items()}
    counts = {"rules": found.rules, "fired": found.fired, "new": found.new}
    try:
        counts["drafted"] = work.drafted_for_rules(engine, sold, day, now, lambda message, _share: step(message, 0.95))
    except CannotForecast as error:
        problems["orders"] = str(error)
    return {**counts, "problems": problems, "notified": notified}


def _orders(engine: "Engine", home: Path, _now: datetime, day: date, step: Step) -> dict[str, Any]:
    """What became of orders; raises `_Nothing` where the data say too little, `_Wrong` where one did not leave."""
    import settings
    from charts.act import order
    from models.forecast import CannotForecast
    from models.lifecycle import orders as work

    write = partial(order.letter, fonts=settings.ROOT / "ui" / "assets")
    try:
        found = work.run(engine, home, _stored(home, "sales"), day, write, partial(datetime.now, UTC), step)
    except CannotForecast as error:
        raise _Nothing(str(error)) from error
    if {"stuck", "unknown"} & set(found["sends"]):
        raise _Wrong("An order did not leave, or may not have arrived: look at Act: orders.", found)
    return found


def _quality(engine: "Engine", home: Path, now: datetime, _day: date, step: Step) -> dict[str, Any]:
    """What is broken in each table; raises `_Wrong` where a rule that stops is."""
    from data import tables
    from data.dataset import Table
    from locales import N_
    from models.quality import gate, rules

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
        said = {rules.sentence(one.rule, table): str(one.problem) if one.problem else one.failing for one in off}
        answers[table] = {"rules": len(found), "broken": said}
    if not answers:
        raise _Nothing("There is no rule yet: write one on the page Data: quality.")
    if grave:
        raise _Wrong("A rule that stops is broken.", answers)
    return answers


def _retrain(engine: "Engine", home: Path, model: str, now: datetime, step: Step) -> dict[str, Any]:
    from locales import N_
    from models.lifecycle import retraining

    _stored(home, model)
    return retraining.retrain(engine, home, model, now, "jobs.py", N_("asked for by jobs.py"), step)


def _import(
    engine: "Engine", home: Path, file: Path, table: str, add: bool, now: datetime, step: Step
) -> dict[str, Any]:
    """What was read of a file and by whose recipe; raises a ConnectorError that says what does not fit, or
    `gate.Stopped`, which names the rule that forbids it."""
    import settings
    from connectors import files, mapping, recipes
    from data import append, tables
    from locales import N_
    from models.quality import gate

    step(N_("Reading the file"), 0.0)
    known = [recipe for kept in tables.stored(home, table) if (recipe := recipes.of(table, kept.origin))]  # type: ignore[arg-type]
    limit, content = settings.get().upload_limit_mb * 1_000_000, file.read_bytes()
    recipe, raw = recipes.match(known, lambda layout: files.read(file.name, content, limit, layout))
    step(N_("Checking every row"), 0.4)
    if mapping.recognise(raw):
        made = mapping.dataset(raw, now, file.name)
    elif recipe is not None:
        made = recipes.apply(raw, table, recipe, now, file.name)
    else:
        made = mapping.apply(raw, table, mapping.guess(raw.frame, table), now, file.name)
        recipes.answered(made)
    step(N_("Keeping the table"), 0.8)
    told: dict[str, Any] = {"file": file.name, "read as": recipe.name if recipe else "guessed", "rows": len(made.main)}
    shown = tables.active(home, "sales") if add else None
    if shown is None:
        return told | {"version": gate.keep(engine, home, made, now).version}
    plan = append.plan(shown, made.main, "line_id" in (made.origin.columns or {}), now)
    if len(plan.fresh):
        gate.grow(engine, home, shown, plan.fresh, file.name, now)
    return told | {"new": len(plan.fresh), "known": plan.known, "refused": int(plan.refused["row"].nunique())}


def _fetch(engine: "Engine", home: Path, now: datetime, _day: date, step: Step) -> dict[str, Any]:
    """What became of each reading; raises `_Wrong` where one could not be brought up to date."""
    import settings
    from connectors import ConnectorError, fetched
    from models.lifecycle import provenance
    from models.quality import gate

    def put(sold: "Stored", table: str, frame: "pd.DataFrame") -> "Stored":
        return gate.put(engine, home, sold, table, frame, kept.name, now, kept.id)

    known = fetched.known(home)
    if not known:
        raise _Nothing("Nothing was read from a source yet: open Vigie and connect one on the page Data.")
    answers, wrong, limit = {}, False, settings.get().upload_limit_mb * 1_000_000
    for place, one in enumerate(known):

        def at(message: str, share: float, place: int = place) -> None:
            step(message, (place + share) / len(known))

        if not fetched.reachable(one):
            answers[one.name], wrong = f"VIGIE_DATABASES does not name “{one.source}” any more.", True
            continue
        try:
            kept, changes = fetched.bring(home, one.source, one.query, one.name, one.column, one.key, at, now)
            made = fetched.carry(home, kept, limit, at, partial(gate.keep, engine, home, now=now), put, now)
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
        raise _Wrong("Not every source could be read.", answers)
    return answers


def _report(
    engine: "Engine",
    home: Path,
    name: str,
    to: Path,
    slides: bool,
    send: bool,
    cause: str,
    now: datetime,
    step: Step,
) -> dict[str, Any]:
    import settings
    from charts.ask import content, reporting
    from data import boards, tables
    from locales import N_, _
    from models.ask import board as model

    found = model.visible(boards.kept(engine))
    wanted = next((one for one, (board, _kept) in found.items() if name in (one, board.name, _(board.name))), None)
    if wanted is None:
        raise _Nothing(f"There is no board “{name}”: choose one of {', '.join(found)}.")
    board = found[wanted][0]
    sold = tables.active(home, "sales")
    if sold is None:
        raise _Nothing("There are no sales yet: open Vigie once, or bring in a file with `jobs.py import`.")
    source = reporting.source(sold, tables.active(home, "customers"), engine)
    step(N_("Asking the data"), 0.2)
    there = [card for card in board.cards if not content.missing(source.of, card)]
    says = [(card, content.content(card, board.bar, source)) for card in there]
    filters = model.sentence(source.of.catalogue, board.bar, source.of.names)
    about = content.about(_(board.name), filters, sold, source.of, now, board.cards)
    step(N_("Writing the file"), 0.5)
    assets = settings.ROOT / "ui" / "assets"
    outlines = json.loads((assets / "world_110m.json").read_text("utf-8"))
    made = reporting.file(to.suffix, about, says, assets, outlines, slides)
    _written(to, made)
    details = {"file": str(to), "bytes": len(made), "cards": len(says), "left out": len(board.cards) - len(there)}
    text = "\n".join(filter(None, (about.filters, about.data)))
    return details | (_sent(engine, about.title, text, to, cause, details) if send else {})


def _calls(engine: "Engine", home: Path, who: str, to: Path, cause: str, step: Step) -> dict[str, Any]:
    from connectors import notify
    from data import export
    from locales import _, ngettext
    from models.act.schedule import WHO
    from models.lifecycle import calls

    try:
        found = calls.listed(engine, home, who, step)
    except calls.NobodyToCall as error:
        raise _Nothing(str(error)) from error
    _written(to, export.csv(found))
    details = {"file": str(to), "customers": len(found)}
    text = ngettext("{count} customer to call", "{count} customers to call", len(found)).format(count=len(found))
    tell = cause and notify.channels()  # without any, the list is there to be taken from the inbox
    return details | (_sent(engine, _(WHO[who]), text, to, cause, details) if tell else {})


def _written(to: Path, content: bytes) -> None:
    fresh = to.with_name(f"{to.name}.part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(content)
        fresh.replace(to)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _sent(engine: "Engine", title: str, text: str, file: Path, cause: str, details: dict[str, Any]) -> dict[str, Any]:
    """Send a file to the channels, to each once for a cause; raises `_Wrong` where one does not take it."""
    from connectors import ConnectorError, notify
    from data import schedules

    sent, refused = schedules.sent(engine, cause), []
    for channel, tell in notify.channels().items():
        if channel in sent:
            continue
        failed = None
        try:
            tell(title, text, [file])
            sent.append(channel)
        except ConnectorError as error:
            failed = error.sentence()
            refused.append(failed)
        if cause:
            schedules.delivered(engine, cause, channel, failed, datetime.now(UTC))
    if not (sent or refused):
        raise _Wrong("Nobody was named to send it to: set VIGIE_NOTIFY_URLS. The file was written.", details)
    if refused:
        raise _Wrong(" ".join(refused) + " The file was written.", details | {"sent": sent})
    return {"sent": sent}


def _refresh(engine: "Engine", home: Path, now: datetime, _day: date, step: Step) -> dict[str, Any]:
    """What became of each table; raises `_Wrong` where one could not be renewed."""
    from connectors import ConnectorError, origins
    from data import beside, tables
    from data.dataset import Table
    from locales import N_
    from models.quality import gate

    active = {table: stored for table in get_args(Table) if (stored := tables.active(home, table))}
    if not active:
        raise _Nothing("No dataset was chosen yet: open Vigie and choose one on the page Data.")
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
        raise _Wrong("Not every dataset was renewed.", answers)
    return answers


class _Nothing(Exception):
    """There are no data or no model to do the job with; the message says what to do."""


class _Wrong(Exception):
    """A job came to its end, but not as it should; with what it did."""

    def __init__(self, message: str, details: dict[str, Any]) -> None:
        super().__init__(message)
        self.details = details


class _Taken(Exception):
    """Another process has taken the run over, because this one slept too long."""


def _settings() -> "Settings":
    import logs
    import settings

    try:
        chosen = settings.get()
    except settings.SettingsError as error:
        _leave(str(error))
    try:
        logs.setup(chosen.home if chosen.log_file else None, chosen.log_level, sys.stderr, chosen.log_events)
    except OSError as error:
        typer.echo(f"The log cannot be kept: {error}", err=True)
    return chosen


def _opened() -> tuple[Path, "Engine"]:
    """The home and the state database, its tables as this version wants them."""
    from sqlalchemy.exc import SQLAlchemyError

    from data import state, troubles
    from models.lifecycle import registry

    chosen = _settings()
    try:
        engine = state.engine(chosen.database_url)
        state.migrate(engine)
        registry.adopt(engine, chosen.home)
    except RuntimeError as error:  # a newer Vigie's database
        _leave(str(error))
    except (SQLAlchemyError, OSError) as error:
        if said := troubles.known(error):
            _leave(str(said))
        _leave(f"The state database does not answer ({type(error).__name__}): check it and VIGIE_DATABASE_URL.")
    return chosen.home, engine


def _leave(sentence: str, code: int = WRONG) -> NoReturn:
    raise _Left(sentence, code)


def _stored(home: Path, model: str) -> "Stored":
    from data import tables
    from models.lifecycle.managed import MODELS

    table = MODELS[model].table
    stored = tables.active(home, table)
    if stored is None:
        raise _Nothing(f"No {table} were chosen yet: open Vigie and choose them on the page Data.")
    return stored


def _days(model: str, first: datetime | None, last: datetime | None) -> list[date]:
    """Every day from the first to the last; without them the last one of the data, or today if they have none."""
    if first is None or last is None:
        try:
            span = _stored(_settings().home, model).span
        except _Nothing as nothing:
            _leave(str(nothing), NOTHING)
        return [(span[1] if span else datetime.now(UTC)).date()]
    return [(first + timedelta(days=ahead)).date() for ahead in range((last - first).days + 1)]


def _run(job: str, subject: str, day: date, work: Work) -> Result:
    """Do a job about a day under its own row of `job_runs`, which says how far it is and how it ended."""
    from data import events, runs

    home, engine = _opened()
    started = datetime.now(UTC)
    title = " ".join(filter(None, [job, subject, day.isoformat()]))
    if not runs.claim(engine, title, job, subject, day, started):
        wait = f"Another process is on it. If that one was killed, try again in {runs.STOPPED.seconds} seconds."
        return Result(title, "taken", TAKEN, wait)
    lost = threading.Event()
    written, when = "", 0.0

    def beat(**changed: object) -> None:
        if not runs.beat(engine, title, started, **changed):
            lost.set()

    def step(message: str, share: float) -> None:
        nonlocal written, when
        if lost.is_set():
            raise _Taken
        if message != written or time.monotonic() - when > PAUSE:
            written, when = message, time.monotonic()
            beat(step=message, progress=share)

    try:
        with _alive(title, beat):
            result = _result(title, lambda: work(engine, home, started, day, step))
    except BaseException:  # Ctrl-C, SIGTERM
        at, why = datetime.now(UTC), "Stopped from outside."
        beat(status="cancelled", finished=at, message=why)
        events.ended(job, subject, title, "cancelled", (at - started).total_seconds(), why)
        raise
    progress = {"progress": 1.0} if result.status == "done" else {}
    at = datetime.now(UTC)
    beat(status=result.status, message=result.message, details=result.details, finished=at, **progress)
    if lost.is_set():
        return Result(title, "taken", TAKEN, "Another process has taken it over: this one had stood still.")
    seconds = (at - started).total_seconds()
    events.ended(job, subject, title, result.status, seconds, result.message)
    return replace(result, seconds=seconds)


@contextmanager
def _alive(title: str, beat: Callable[[], object]) -> Iterator[None]:
    """Meanwhile, `beat` in a thread."""
    ended = threading.Event()

    def live() -> None:
        while not ended.wait(BEAT):
            try:
                beat()
            except Exception:  # the database is away for a moment
                logging.getLogger("vigie.jobs").warning("The heartbeat of %s could not be written", title)

    threading.Thread(target=live, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _result(title: str, work: Callable[[], dict[str, Any]]) -> Result:
    """What `work` came to, with every error as a sentence."""
    import logs
    from data import troubles
    from data.state import plain
    from locales import Sentence
    from models.lifecycle.registry import ModelFileError

    try:
        return Result(title, "done", FINE, None, json.loads(json.dumps(plain(work()), default=str)))  # days as text
    except (_Nothing, ModelFileError) as error:
        return Result(title, "failed", NOTHING, str(error), {"missing": isinstance(error, _Nothing)})
    except _Wrong as error:
        return Result(title, "failed", WRONG, str(error), error.details)
    except Sentence as error:
        from models.drift.compare import CannotCompare
        from models.lifecycle.logged import CannotScore

        missing = isinstance(error, CannotCompare | CannotScore)  # data or a model
        return Result(title, "failed", NOTHING if missing else WRONG, str(error), {"missing": missing})
    except _Taken:
        return Result(title, "taken", TAKEN)
    except Exception as error:
        if said := troubles.known(error):
            return Result(title, "failed", WRONG, str(said))
        incident = logs.incident(logging.getLogger("vigie.jobs"), error, job=title)
        return Result(title, "failed", WRONG, f"This did not work. The log says more under the id {incident}.")


def _end(job: str, results: list[Result], as_json: bool, code: int = FINE) -> None:
    """Print what the runs of a job came to and leave with the gravest of their codes."""
    codes = {result.code for result in results}
    code = next((grave for grave in (WRONG, NOTHING, TAKEN) if grave in codes), code)
    _print({"job": job, "runs": list(map(asdict, results))}, "\n".join(map(_text, results)), as_json, code)


def _text(result: Result) -> str:
    from models.drift import alerts

    lines = [f"{result.run}: {result.status}" + (f" ({result.message})" if result.message else "")]
    for name, value in result.details.items():
        if name == "alerts":
            lines += [f"  {alarm['severity']}: {alerts.sentence(alarm)}" for alarm in value]
        elif value not in ({}, []):
            lines.append(f"  {name}: {_shown(value)}")
    return "\n".join(lines)


def _shown(value: object) -> str:
    """What a job found, for people."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _print(answer: dict[str, Any], text: str, as_json: bool, code: int = FINE) -> NoReturn:
    typer.echo(json.dumps({**answer, "exit": code}, ensure_ascii=False) if as_json else text)
    raise typer.Exit(code)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app()
