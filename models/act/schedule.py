"""What is done at set times: a job of `jobs.py`, when, and by which clocks.

Schedule("Sales on Mondays", "report", {"board": "sales", "kind": ".pdf"}, "0 7 * * 1", "Europe/Paris")
check(schedule)                      # raises CannotSchedule, a sentence
visible(data.schedules.kept(engine)) # those that can be read, by their ids, with how they are kept
arise(engine)                        # writes down what has come due, each time once; all that are on, by their ids
arguments(schedule, folder, held)    # what jobs.py is called with
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine

from connectors import ConnectorError
from data import runs, schedules
from data.runs import Result
from data.schedules import Held, Kept
from locales import LANGUAGES, N_
from models.act import timing
from models.act.timing import CannotSchedule

Job = Literal["refresh", "fetch", "drift", "score", "retrain", "rules", "orders", "report", "calls"]
JOBS: Mapping[Job, str] = {
    "refresh": N_("Download the datasets in use again"),
    "fetch": N_("Bring what was read from sources up to date"),
    "score": N_("Write down what a model says"),
    "drift": N_("Compare the data with what a model learned from"),
    "rules": N_("Judge the rules"),
    "orders": N_("Draft orders from the stock, send those that are due"),
    "retrain": N_("Train a model again"),
    "report": N_("Send a board as a report"),
    "calls": N_("Write a list of whom to call"),
}
WHO = {"slipping": N_("Customers who are slipping"), "leaving": N_("Customers who are likely to leave")}
OF_MODEL: tuple[Job, ...] = ("drift", "score", "retrain")
MODELS = ("sales", "churn")
KINDS = {".pdf": "PDF, A4", "slides": "PDF, 16:9", ".xlsx": "XLSX", ".html": "HTML"}
MAX_NAME = 80  # characters
NOBODY = N_(
    "Nothing does what is due: start Vigie with VIGIE_SCHEDULER=on, or call `python jobs.py run-due` every minute from "
    "cron."
)


@dataclass(frozen=True)
class Schedule:
    """A job, when it is due (`timing`), and whether it is `on`.

    `of` says about what: the `model` of those in `OF_MODEL`; the `board` (its id) of a report, the `kind` of its file
    (a key of `KINDS`) and its `language`; `who` is on a list of whom to call (a key of `WHO`),
    and its `language`.
    """

    name: str
    job: Job
    of: Mapping[str, str] = field(default_factory=dict)
    cron: str = "0 7 * * *"
    zone: str = "UTC"
    on: bool = True


_ADAPTER = TypeAdapter(Schedule)


def to_json(schedule: Schedule) -> Any:
    """A schedule as it is kept."""
    return _ADAPTER.dump_python(schedule, mode="json")


def from_json(content: object) -> Schedule | None:
    """A schedule that was kept; None where it cannot be read, or is none that could be kept today."""
    try:
        schedule = _ADAPTER.validate_python(content)
        check(schedule)
    except (ValidationError, CannotSchedule):
        return None
    return schedule


def check(schedule: Schedule) -> None:
    """Raise `CannotSchedule` where it cannot be done so."""
    if not schedule.name.strip() or len(schedule.name) > MAX_NAME:
        raise CannotSchedule(N_("Give it a name of at most {count} characters."), count=MAX_NAME)
    if schedule.job in OF_MODEL and schedule.of.get("model") not in MODELS:
        raise CannotSchedule(N_("Choose the model that it is about."))
    if schedule.job == "report":
        known = schedule.of.get("kind") in KINDS and schedule.of.get("language") in LANGUAGES
        if not known or not schedule.of.get("board"):
            raise CannotSchedule(N_("Choose the board, the kind of file and the language of the report."))
    if schedule.job == "calls" and (schedule.of.get("who") not in WHO or schedule.of.get("language") not in LANGUAGES):
        raise CannotSchedule(N_("Choose who is to be called, and the language of the list."))
    timing.check(schedule.cron, schedule.zone)


def visible(kept: Iterable[Kept]) -> dict[str, tuple[Schedule, Kept]]:
    """Schedules that were not removed, by their ids in the order of their names."""
    found = {one.schedule: (from_json(one.content), one) for one in kept if not one.removed}
    known = {name: (made, one) for name, (made, one) in found.items() if made is not None}
    return dict(sorted(known.items(), key=lambda pair: (pair[1][0].name.lower(), pair[0])))


def arise(engine: Engine) -> dict[str, Schedule]:
    """Write down what has come due by the database's clock, each time once; all schedules that are on, and what rules
    have asked for, by their ids.

    Of the times that passed since the last one, by whatever nobody did them, one is done: the latest.
    """
    now = runs.clock(engine)
    found = {name: pair for name, pair in visible(schedules.kept(engine)).items() if pair[0].on}
    for schedule, kept in found.values():
        due = timing.latest(schedule.cron, schedule.zone, min(kept.since, now), now)
        if due is not None:
            schedules.arise(engine, kept, due)
    asked = {name: made for name, content in schedules.asked(engine).items() if (made := from_json(content))}
    return {name: schedule for name, (schedule, _kept) in found.items()} | asked


def unattended(found: Mapping[str, tuple[Schedule, Kept]], attended: Collection[str], now: datetime) -> bool:
    """Whether a time came due long ago that nobody has written down; `attended` are those that somebody works on."""
    for name, (one, kept) in found.items():
        if one.on and name not in attended:
            first = timing.upcoming(one.cron, one.zone, kept.since, 1)
            if first and now - first[0] > schedules.LATE:
                return True
    return False


def cause(held: Held) -> str:
    """The key under which what is due is done once, however often it is tried."""
    return f"{held.schedule} {held.due.isoformat()}"


def arguments(schedule: Schedule, folder: Path, held: Held) -> list[str]:
    """What jobs.py is called with; what it writes goes into a folder, and is sent to each channel once a cause."""
    if schedule.job in OF_MODEL:
        return [schedule.job, "--model", schedule.of["model"], "--json"]
    if schedule.job not in ("report", "calls"):
        return [schedule.job, "--json"]
    to = ["--to", str(file(schedule, folder, held.due)), "--language", schedule.of["language"]]
    if schedule.job == "calls":
        about = ["--who", schedule.of["who"]]
    else:
        about = ["--board", schedule.of["board"], *(["--slides"] if schedule.of["kind"] == "slides" else [])]
    return [schedule.job, *about, *to, "--cause", cause(held), "--json"]


def file(schedule: Schedule, folder: Path, due: datetime) -> Path:
    """What a report or a list is written as. A list is kept for each day, a report is written over the last one."""
    language = schedule.of["language"]
    if schedule.job == "calls":
        return folder / f"{schedule.of['who']}-{language}-{due:%Y-%m-%d}.csv"
    board, kind = schedule.of["board"], schedule.of["kind"]
    return folder / (f"{board}-{language}-slides.pdf" if kind == "slides" else f"{board}-{language}{kind}")


def deliver(
    engine: Engine,
    cause: str,
    channels: Mapping[str, Callable[..., None]],
    title: str,
    text: str,
    files: Sequence[Path],
    clock: Callable[[], datetime],
) -> tuple[list[str], list[str]]:
    """Send a report to each channel, once for a `cause` where there is one: the channels that have it, and why others
    did not take it."""
    sent, refused = schedules.sent(engine, cause), []
    for channel, tell in channels.items():
        if channel in sent:
            continue
        failed = None
        try:
            tell(title, text, files)
            sent.append(channel)
        except ConnectorError as error:
            failed = error.sentence()
            refused.append(failed)
        if cause:
            schedules.delivered(engine, cause, channel, failed, clock())
    return sent, refused


def work(engine: Engine, folder: Path, call: Callable[[list[str]], tuple[str, str | None]]) -> list[Result]:
    """Do all that is due, once whoever else does, and write down what each came to.

    `call` does it, given its `arguments`: the status it came to, and why it did not do it. Reports go to `folder`.
    """
    results = []
    while held := schedules.claim(engine, found := arise(engine)):  # rules that are judged may ask for more
        due = found[held.schedule]
        title = f"{due.name}, {held.due:%Y-%m-%d %H:%M} UTC"
        try:
            with runs.beats(title, partial(schedules.beat, engine, held)):
                status, message = call(arguments(due, folder, held))
        except BaseException:  # Ctrl-C, SIGTERM
            schedules.release(engine, held)
            raise
        mine = schedules.end(engine, held, status, message)
        results.append(Result(title, status, message) if mine else Result(title, "taken", runs.TAKEN_OVER))
    schedules.tidy(engine)
    return results
