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
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from data.runs import Result, Step
    from settings import Settings

FINE, WRONG, TAKEN, NOTHING = 0, 1, 3, 4
Work = Callable[["Engine", Path, datetime, date, "Step"], dict[str, Any]]


HELP = (
    "Vigie's work without a browser. Exit codes: 0 fine, 1 something is wrong, 2 wrong arguments, "
    "3 another process is on the same job of the same day, 4 no data or no model yet."
)
app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
DAYS = ["%Y-%m-%d"]
Day = datetime | None
DayOption = Annotated[Day, typer.Option("--date", formats=DAYS, help="The day (the last one of the data).")]


def _managed(name: str) -> str:
    """The name of a managed model."""
    from models.lifecycle.managed import MODELS

    if name not in MODELS:
        raise typer.BadParameter(f"there is no model “{name}”: choose one of {', '.join(MODELS)}.")
    return name


ModelOption = Annotated[str, typer.Option("--model", help="Which model: sales or churn.", callback=_managed)]


class _Left(Exception):
    """The work could not begin; the message says why, `code` is the exit code."""

    def __init__(self, message: str, code: int = WRONG) -> None:
        super().__init__(message)
        self.code = code


def _command(work: Callable[..., None]) -> None:
    """Make `work` a command that says why it could not begin: on stderr, with `--json` as its JSON object."""

    @app.command(work.__name__.removesuffix("_").replace("_", "-"))
    @wraps(work)
    def command(*, as_json: bool, **given: Any) -> None:
        try:
            work(as_json=as_json, **given)
        except Exception as error:
            from data import runs, troubles

            said = error if isinstance(error, _Left) else troubles.known(error)
            if said is None:
                raise
            code = NOTHING if isinstance(said, runs.Nothing) else getattr(said, "code", WRONG)
            if as_json:
                _print({"job": work.__name__, "status": "failed", "message": str(said)}, "", True, code)
            typer.echo(str(said), err=True)
            raise typer.Exit(code) from None


@_command
def drift(
    model: ModelOption,
    day: DayOption = None,
    first: Annotated[Day, typer.Option("--from", formats=DAYS, help="First day of a back-fill; tells nobody.")] = None,
    last: Annotated[Day, typer.Option("--to", formats=DAYS, help="Last day of a back-fill.")] = None,
    fail_on_drift: Annotated[bool, typer.Option(help="Exit with 1 where drift is confirmed.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare a day's data with what the model learned from; raise alerts and tell of them."""
    if (first is None) != (last is None) or (first and day) or (first and last and first > last):
        raise typer.BadParameter("give --date, or --from and --to in this order")
    from models.lifecycle import daily, watching

    opened = cache(watching.opened)  # the table is read once for all days
    work = partial(daily.drift, model=model, channels=_channels(), opened=opened, past=first is not None)
    results = [_run("drift", model, this, work) for this in _days(model, first or day, last or day)]
    confirmed = any(result.details.get("confirmed") for result in results)
    code = NOTHING if all("skipped" in result.details for result in results) else FINE
    _end("drift", results, as_json, WRONG if fail_on_drift and confirmed else code)


@_command
def score(model: ModelOption, day: DayOption = None, as_json: JsonOption = False) -> None:
    """Write down what the model says on a day, to be held against the truth when it arrives."""
    from models.lifecycle import daily

    work = partial(daily.score, model=model, channels=_channels())
    _end("score", [_run("score", model, this, work) for this in _days(model, day, day)], as_json)


@_command
def rules(day: DayOption = None, as_json: JsonOption = False) -> None:
    """Judge the rules over a day, write down what they find, and tell of what is new."""
    from models.lifecycle import daily

    work = partial(daily.rules, channels=_channels())
    _end("rules", [_run("rules", "", this, work) for this in _days("sales", day, day)], as_json)


@_command
def orders(day: DayOption = None, as_json: JsonOption = False) -> None:
    """Draft orders from the stock, approve those that somebody allowed to be, and send what is due."""
    import settings
    from charts.act import order
    from models.lifecycle import daily

    write = partial(order.letter, fonts=settings.ROOT / "ui" / "assets")
    work = partial(daily.orders, write=write, clock=partial(datetime.now, UTC))
    _end("orders", [_run("orders", "", this, work) for this in _days("sales", day, day)], as_json)


@_command
def quality(as_json: JsonOption = False) -> None:
    """Judge the rules of the datasets in use, write down how they fare; exit with 1 where one that stops is broken."""
    from models.lifecycle import daily

    _end("quality", [_run("quality", "", datetime.now(UTC).date(), daily.quality)], as_json)


@_command
def retrain(model: ModelOption, as_json: JsonOption = False) -> None:
    """Train the model again on the data it is used for."""
    from models.lifecycle import daily

    work = partial(daily.retrain, model=model)
    _end("retrain", [_run("retrain", model, datetime.now(UTC).date(), work)], as_json)


@_command
def refresh(as_json: JsonOption = False) -> None:
    """Download the active datasets again; while an origin is down, its last good copy stays."""
    from models.lifecycle import incoming

    _end("refresh", [_run("refresh", "", datetime.now(UTC).date(), incoming.refresh)], as_json)


@_command
def fetch(as_json: JsonOption = False) -> None:
    """Bring what was read from connected sources up to date, and the datasets that were made of it."""
    from models.lifecycle import incoming

    work = partial(incoming.fetch, limit_bytes=_settings().upload_limit_mb * 1_000_000)
    _end("fetch", [_run("fetch", "", datetime.now(UTC).date(), work)], as_json)


@_command
def import_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A table as CSV, XLSX, XLS, ODS, Parquet or JSON.")
    ],
    table: Annotated[Literal["customers", "sales"], typer.Option("--table", help="customers or sales.")] = "sales",
    add: Annotated[bool, typer.Option("--add", help="Add the lines that are new to the sales that are shown.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring in a file, read as the one before of its source was; a file that does not fit is stopped."""
    from models.lifecycle import incoming

    limit = _settings().file_limit_mb * 1_000_000
    work = partial(incoming.file, path=file, table=table, add=add, limit_bytes=limit)
    _end("import", [_run("import", table, datetime.now(UTC).date(), work)], as_json)


@_command
def aggregate(
    source: Annotated[str, typer.Argument(help="A folder of Parquet files; for Spark also a table or a URL.")],
    by: Annotated[Literal["duckdb", "spark"], typer.Option("--engine", help="Spark: VIGIE_SPARK.")] = "duckdb",
    zone: Annotated[
        str | None, typer.Option("--zone", help="Where the shops are, of times with a zone: Europe/Paris.")
    ] = None,
    ahead: Annotated[bool, typer.Option("--forecast", help="Forecast each store, too.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="By Spark, go on with lines that come.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Sum up sales lines that are too many to bring in, where they lie; the pages show what comes of it."""
    from models.lifecycle import aggregating

    def work(engine: "Engine", home: Path, now: datetime, _day: date, step: "Step") -> dict[str, Any]:
        if follow:
            aggregating.follow(engine, home, source, zone, partial(datetime.now, UTC), step)
        return aggregating.run(engine, home, source, by, zone, ahead, now, step)

    _end("aggregate", [_run("aggregate", source, datetime.now(UTC).date(), work)], as_json)


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
    checks = [{"subject": one.subject, "status": one.status, "message": one.sentence()} for one in found]
    versions = {"vigie": settings.VERSION, "python": seen.python, **seen.libraries}
    answer: dict[str, Any] = {"job": "health", "status": whole.status, "message": whole.sentence(), "checks": checks}
    answer |= {"versions": versions, "bytes": {"free": seen.disk_free, **seen.folders}}
    text = "\n".join(f"{one.status:8} {judge.SUBJECTS[one.subject]}: {one.sentence()}" for one in found)
    _print(answer, f"{whole.sentence()}\n{text}", as_json, WRONG if whole.status == "problem" else FINE)


@_command
def export(
    to: Annotated[Path, typer.Option("--to", file_okay=False, help="The folder; made where there is none.")],
    as_json: JsonOption = False,
) -> None:
    """Write psi_log.csv, alerts_log.csv, predictions.csv and performance_log.csv."""
    from data import export as files

    _home, engine = _opened()
    try:
        written = files.write(engine, to)
    except OSError as error:
        raise _Left(f"{to} cannot be written ({error.strerror}): make room, or choose another folder.") from error
    text = "\n".join(f"{path}: {rows} rows" for path, rows in written.items())
    _print({"job": "export", "files": written}, text, as_json)


@_command
def report(
    to: Annotated[Path, typer.Option("--to", help="The file: .pdf, .xlsx or .html.")],
    board: Annotated[str, typer.Option("--board", help="The board, by its name or the id in its link.")] = "sales",
    slides: Annotated[bool, typer.Option("--slides", help="A PDF of slides, 16:9, in place of A4.")] = False,
    language: Annotated[Literal["en", "fr"], typer.Option("--language", help="en or fr.")] = "en",
    send: Annotated[bool, typer.Option("--send", help="Send the file to the channels of VIGIE_NOTIFY_URLS.")] = False,
    cause: Annotated[str, typer.Option("--cause", help="Send it, but to each channel once for a cause.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Write a board as a file, and send it."""
    import locales
    import settings
    from charts.ask import reporting
    from data import export
    from data.runs import Wrong

    if to.suffix not in reporting.KINDS:
        raise typer.BadParameter("name a file that ends in .pdf, .xlsx or .html.", param_hint="--to")
    channels, assets = _channels() if send or cause else {}, settings.ROOT / "ui" / "assets"
    outlines = json.loads((assets / "world_110m.json").read_text("utf-8"))

    def work(engine: "Engine", home: Path, now: datetime, _day: date, step: "Step") -> dict[str, Any]:
        with locales.using(language):
            made = reporting.report(engine, home, board, to.suffix, assets, outlines, slides, now, step)
            export.keep(to, made.content)
            details = {"file": str(to), "bytes": len(made.content), "cards": made.cards, "left out": made.left}
            if not channels and (send or cause):
                raise Wrong("Nobody was named to send it to: set VIGIE_NOTIFY_URLS. The file was written.", details)
            return details | _delivered(engine, cause, channels, (made.about.title, made.text, [to]), details)

    _end("report", [_run("report", f"{board} {to.name}", datetime.now(UTC).date(), work)], as_json)


@_command
def calls(
    to: Annotated[Path, typer.Option("--to", help="The file: .csv.")],
    who: Annotated[Literal["slipping", "leaving"], typer.Option("--who", help="slipping or leaving.")] = "slipping",
    language: Annotated[Literal["en", "fr"], typer.Option("--language", help="en or fr.")] = "en",
    cause: Annotated[str, typer.Option("--cause", help="Send it, but to each channel once for a cause.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Write a list of whom to call: customers who are slipping, or likely to leave."""
    import locales
    from data import export
    from models.act.schedule import WHO
    from models.lifecycle import calls as model

    channels = _channels() if cause else {}

    def work(engine: "Engine", home: Path, _now: datetime, _day: date, step: "Step") -> dict[str, Any]:
        with locales.using(language):
            found = model.listed(engine, home, who, step)
            export.keep(to, export.csv(found))
            said = locales.ngettext("{count} customer to call", "{count} customers to call", len(found))
            letter = (locales._(WHO[who]), said.format(count=locales.number(len(found))), [to])
            details = {"file": str(to), "customers": len(found)}
            return details | _delivered(engine, cause, channels, letter, details)

    _end("calls", [_run("calls", f"{who} {to.name}", datetime.now(UTC).date(), work)], as_json)


def _delivered(
    engine: "Engine",
    cause: str,
    channels: dict[str, Callable[..., None]],
    letter: tuple[str, str, list[Path]],
    details: dict[str, Any],
) -> dict[str, Any]:
    """Send a file with a letter to the channels, once for a cause; raises `runs.Wrong` where one did not take it."""
    from data.runs import Wrong
    from models.act import schedule

    sent, refused = schedule.deliver(engine, cause, channels, *letter, partial(datetime.now, UTC))
    if refused:
        raise Wrong(" ".join(refused) + " The file was written.", details | {"sent": sent})
    return {"sent": sent} if channels else {}


@_command
def run_due(as_json: JsonOption = False) -> None:
    """Do what is due by the schedules of the page Act: schedule, once, whoever calls it and however often.

    What fails is tried again after 1, 5, 30 and 120 minutes, by whichever call comes then; after that it is given up
    and waits for somebody.
    """
    from models.act import schedule

    home, engine = _opened()
    _end("run-due", schedule.work(engine, home / "reports", _called), as_json, taken=FINE)


@_command
def tell(
    title: Annotated[str, typer.Argument(help="In a few words.")],
    text: Annotated[str, typer.Argument(help="What happened, and what to do.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Tell the channels of VIGIE_NOTIFY_URLS: of work that failed elsewhere, in Airflow for instance."""
    from connectors import ConnectorError

    channels, refused = _channels(), []
    if not channels:
        raise _Left("Nobody was named to be told: set VIGIE_NOTIFY_URLS.", NOTHING)
    for send in channels.values():
        try:
            send(title, text or title)
        except ConnectorError as error:
            refused.append(str(error))
    said = " ".join(refused) or f"Told: {', '.join(channels)}."
    _print({"job": "tell", "channels": list(channels), "message": said}, said, as_json, WRONG if refused else FINE)


def _called(arguments: list[str]) -> tuple[str, str | None]:
    """Call a command in this process: the status it came to as a schedule's, and why it did not do its work."""
    import logs
    from data import schedules

    said = io.StringIO()
    try:
        with redirect_stdout(said):
            code = typer.main.get_command(app).main(arguments, standalone_mode=False)
    except Exception as error:
        incident = logs.incident(logging.getLogger("vigie.jobs"), error, job=" ".join(arguments))
        return schedules.FAILED, f"This did not work. The log says more under the id {incident}."
    answer = json.loads(said.getvalue())
    messages = [answer.get("message"), *(run["message"] for run in answer.get("runs", []))]
    ends = {FINE: schedules.DONE, NOTHING: schedules.SKIPPED, TAKEN: schedules.WAITING}
    return ends.get(code, schedules.FAILED), next(filter(None, messages), None)


def _settings() -> "Settings":
    import logs
    import settings

    try:
        chosen = settings.get()
    except settings.SettingsError as error:
        raise _Left(str(error)) from error
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
        raise _Left(str(error)) from error
    except (SQLAlchemyError, OSError) as error:
        if troubles.known(error):
            raise
        said = f"The state database does not answer ({type(error).__name__}): check it and VIGIE_DATABASE_URL."
        raise _Left(said) from error
    return chosen.home, engine


def _channels() -> dict[str, Callable[..., None]]:
    from connectors import notify

    _settings()
    return notify.channels()


def _days(model: str, first: datetime | None, last: datetime | None) -> list[date]:
    """Every day from the first to the last; without them the last one of the data, or today if they have none or go on
    after it: a line with a date of next year must not hide this week."""
    if first is None or last is None:
        from models.lifecycle import daily, managed

        span = daily.shown(_settings().home, managed.MODELS[model].table).span
        now = datetime.now(UTC).date()
        return [min(span[1].date(), max(now, span[0].date())) if span else now]
    return [(first + timedelta(days=ahead)).date() for ahead in range((last - first).days + 1)]


def _run(job: str, subject: str, day: date, work: Work) -> "Result":
    """Do a job about a day under its own row of `job_runs`; what it changes is written down as changed by it."""
    from data import audit, people, runs

    home, engine = _opened()

    def done(now: datetime, step: "Step") -> dict[str, Any]:
        audit.act("run", "jobs", " ".join(filter(None, [job, subject, day.isoformat()])))
        return work(engine, home, now, day, step)

    with people.using(people.Person(f"jobs.py {job}", people.SYSTEM)):
        return runs.do(engine, job, subject, day, done)


def _end(job: str, results: list["Result"], as_json: bool, code: int = FINE, taken: int = TAKEN) -> None:
    """Print what the runs of a job came to and leave with the gravest of their codes; `taken` is that of such ones."""
    from models.lifecycle import daily

    runs = []
    for one in results:
        ends = {"failed": NOTHING if one.nothing else WRONG, "taken": taken}
        runs.append({"code": ends.get(one.status, FINE), **asdict(one)})
    code = next((grave for grave in (WRONG, NOTHING, TAKEN) if grave in {run["code"] for run in runs}), code)
    _print({"job": job, "runs": runs}, "\n".join(map(daily.text, results)) or "Nothing is due.", as_json, code)


def _print(answer: dict[str, Any], text: str, as_json: bool, code: int = FINE) -> NoReturn:
    typer.echo(json.dumps({**answer, "exit": code}, ensure_ascii=False) if as_json else text)
    raise typer.Exit(code)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app()
