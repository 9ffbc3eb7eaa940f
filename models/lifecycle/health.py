"""Is everything well? One list of checks, behind the page Monitoring: health and `python jobs.py health`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

import pandas as pd

import locales
from data import runs, seals, state
from data.tables import Stored
from data.vitals import Vitals
from locales import N_, _, ngettext
from models.act import schedule
from models.drift import alerts
from models.lifecycle import managed

Status = Literal["ok", "warning", "problem"]
ORDER: tuple[Status, ...] = ("problem", "warning", "ok")
MB, GB = 1_000_000, 1_000_000_000
DISK_LOW, DISK_FULL, WAL_LARGE = 2 * GB, 200 * MB, 200 * MB
OLD = timedelta(days=31)  # of a downloaded or uploaded dataset
LATE, MIN_LATE = 2, 5  # times as old as data ever were when newer ones came, and days: a long weekend is no delay
RECENT = timedelta(days=7)  # what was cut off before is no news
SUBJECTS = {
    "database": N_("Database"),
    "disk": N_("Disk"),
    "damage": N_("What is kept"),
    "models": N_("Model files"),
    "libraries": N_("Software"),
    "jobs": N_("Jobs"),
    "schedule": N_("Schedule"),
    "alerts": N_("Alerts"),
    "channels": N_("Notifications"),
    "customers": N_("Customers"),
    "sales": N_("Sales"),
    "covid": N_("COVID-19"),
}
CUT_OFF, AHEAD = "cut off", "ahead"
WORST = ("failed", CUT_OFF, AHEAD, "cancelled", "cancelling", "running", "done")  # how a run can stand
BAD = WORST[:2]
TITLE = 60  # characters of what a job is about: a background job may name a whole file


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: `message`, marked with `N_`, says how it is and what to do."""

    subject: str
    status: Status
    message: str
    values: dict[str, str] = field(default_factory=dict)

    def sentence(self) -> str:
        """The message in the reader's language."""
        return _(self.message).format(**self.values)


def checks(vitals: Vitals, now: datetime, channels: Collection[str]) -> list[Check]:
    """Everything that was looked at, what needs care first. `channels` are the names of those who are told."""
    found = [
        _database(vitals),
        _disk(vitals),
        _damage(vitals),
        *(
            _source(table, stored, vitals.earlier.get(table, ()), now)
            for table, stored in vitals.sources.items()
            if stored or table != "covid"
        ),
        _jobs(vitals, now),
        *_schedule(vitals, now),
        _models(vitals),
        _libraries(vitals),
        _alerts(vitals),
        _channels(vitals, channels),
    ]
    return sorted(found, key=lambda check: ORDER.index(check.status))


def verdict(found: Collection[Check]) -> Check:
    """All checks in one sentence."""
    sentences: dict[Status, str] = {
        "problem": N_("Something is wrong: {subjects}."),
        "warning": N_("Vigie works. Worth a look: {subjects}."),
    }
    for status, sentence in sentences.items():
        if named := [_(SUBJECTS[check.subject]) for check in found if check.status == status]:
            return Check("", status, sentence, {"subjects": ", ".join(named).lower()})
    return Check("", "ok", N_("All is well."))


def last_runs(vitals: Vitals, now: datetime) -> pd.DataFrame:
    """The newest run of each job and subject with its `state`: that of the log, or cut off where its heart stopped.

    It is "ahead" where its last beat lies in the future: a clock was set back, and nobody knows whether it lives.
    """
    return _states(vitals, vitals.runs.drop_duplicates(["job", "subject"]), now)


def by_day(vitals: Vitals, now: datetime, days: int) -> pd.DataFrame:
    """How long each `job` took on each `day` of the last ones (UTC): `seconds` in all, `runs`, and the worst `state`.

    A scheduled job is named with its subject; what pages started, by what it is.
    """
    found = _states(vitals, vitals.runs[now - vitals.runs["started"] < timedelta(days=days)], now)
    ended = found["finished"].fillna(found["heartbeat"])  # one that was cut off lived until its last beat
    named = (found["job"] + " " + found["subject"]).where(found["day"].notna(), found["job"]).str.strip()
    found = pd.DataFrame(
        {
            "job": named.str.slice(stop=TITLE),
            "day": found["started"].dt.tz_localize(None).dt.normalize(),
            "seconds": (ended - found["started"]).dt.total_seconds().clip(lower=0),
            "rank": found["state"].map(WORST.index),
        }
    )
    grouped = found.groupby(["job", "day"], as_index=False)
    summed = grouped.agg(seconds=("seconds", "sum"), runs=("seconds", "size"), rank=("rank", "min"))
    return summed.assign(state=summed.pop("rank").map(dict(enumerate(WORST))))


def ages(vitals: Vitals, now: datetime) -> pd.DataFrame:
    """Of each `table` in use the `source`, and how many days ago it was `brought` in and `ends` (NaN without days)."""
    return pd.DataFrame(
        [
            {
                "table": table,
                "source": stored.origin.name,
                "brought": (now - _brought(stored)) / timedelta(days=1),
                "ends": (now.date() - stored.span[1].date()).days if stored.span else float("nan"),
            }
            for table, stored in vitals.sources.items()
            if stored
        ],
        columns=["table", "source", "brought", "ends"],
    )


def _states(vitals: Vitals, runs_: pd.DataFrame, now: datetime) -> pd.DataFrame:
    running, since = runs_["status"].isin(runs.OPEN), pd.to_timedelta(now - runs_["heartbeat"]) + vitals.database.ahead
    known = runs_["status"].mask(running & (since > runs.STOPPED), CUT_OFF)
    return runs_.assign(state=known.mask(running & (since < -runs.STOPPED), AHEAD))


def _database(vitals: Vitals) -> Check:
    base = vitals.database
    values = {"address": base.address, "revision": base.revision, "expected": state.REVISION}
    if base.error:
        sentence = N_("{address} cannot be read ({error}): check that it runs, and VIGIE_DATABASE_URL.")
        return Check("database", "problem", sentence, {**values, "error": base.error})
    if not base.revision:
        return Check("database", "warning", N_("{address} is still empty: open Vigie once, or run a job."), values)
    if base.revision > state.REVISION:
        sentence = N_("A newer Vigie wrote {address} (version {revision}; this one knows {expected}): update Vigie.")
        return Check("database", "problem", sentence, values)
    if base.revision < state.REVISION:
        sentence = N_(
            "{address} is of an older Vigie (version {revision} instead of {expected}): restart Vigie, which renews it."
        )
        return Check("database", "warning", sentence, values)
    values["size"] = size(base.size or 0)
    if base.wal is not None and base.wal > WAL_LARGE:
        sentence = N_("{wal} of changes wait to be filed in {address}: a program holds it open. Restart Vigie.")
        return Check("database", "warning", sentence, {**values, "wal": size(base.wal)})
    return Check("database", "ok", N_("It answers and holds {size}: {address}."), values)


def _disk(vitals: Vitals) -> Check:
    values = {"free": size(vitals.disk_free), "home": str(vitals.home), "used": size(sum(vitals.folders.values()))}
    if not vitals.writable:
        return Check("disk", "problem", N_("Vigie may not write in {home}: give it the right to."), values)
    if vitals.disk_free < DISK_LOW:
        status: Status = "problem" if vitals.disk_free < DISK_FULL else "warning"
        sentence = N_("Only {free} are free where {home} lies: make room, or move VIGIE_HOME.")
        return Check("disk", status, sentence, values)
    return Check("disk", "ok", N_("{free} are free; Vigie takes {used}, in {home}."), values)


def _damage(vitals: Vitals) -> Check:
    if not vitals.damaged:
        return Check("damage", "ok", N_("The datasets in use are as they were kept, to the last byte."))
    values = {"names": ", ".join(vitals.damaged), "place": str(vitals.home / seals.FOLDER)}
    sentence = N_(
        "Damaged, not read and set aside in {place}: {names}. Bring these data in again, look after the disk, then "
        "remove that folder."
    )
    return Check("damage", "problem", sentence, values)


def _source(table: str, stored: Stored | None, earlier: Sequence[Stored], now: datetime) -> Check:
    if stored is None:
        return Check(table, "ok", N_("Nothing was chosen yet: Vigie starts with the demo."))
    values = {"name": _(stored.origin.name), "age": locales.age(_brought(stored), now)}
    if stored.origin.kind == "demo":
        return Check(table, "ok", N_("{name}, stored {age}."), values)
    if (overdue := late(stored, earlier, now)) is not None:
        return overdue
    if now - _brought(stored) <= OLD:
        return Check(table, "ok", N_("{name}: last brought in {age}."), values)
    return Check(table, "warning", N_("{name}: uploaded {age}. Upload a newer one on the page Data."), values)


def late(stored: Stored, earlier: Sequence[Stored], now: datetime) -> Check | None:
    """That newer data are due, which somebody should bring in; None where they are not, or nothing tells.

    A source that was renewed has its own rhythm: how old the last day of its `earlier` versions (the newest first) was
    when newer days came. A file of one's own that never was renewed has none.
    """
    if stored.origin.kind == "demo":
        return None
    values = {"name": _(stored.origin.name)}
    usual = [
        (_brought(newer).date() - reached(older)).days
        for newer, older in pairwise([stored, *earlier])
        if reached(newer) > reached(older)
    ]
    age = (now.date() - reached(stored)).days
    if usual and age > max(LATE * max(usual), MIN_LATE):
        values |= {"end": locales.day(reached(stored)), "age": _days(age), "usual": _days(max(usual))}
        sentence = N_(
            "{name}: newer days are late. The last one was {age} ago ({end}); newer ones used to come within {usual}. "
            "Look after where they come from, then bring them in on the page Data."
        )
        return Check(stored.table, "warning", sentence, values)
    if stored.origin.kind == "download" and now - _brought(stored) > OLD:
        sentence = N_("{name}: last brought in {age}. Run jobs.py refresh, or download it again on the page Data.")
        return Check(stored.table, "warning", sentence, values | {"age": locales.age(_brought(stored), now)})
    return None


def reached(stored: Stored) -> date:
    """The last day that a dataset knows: of its rows, or on which it was brought in."""
    return (stored.span[1] if stored.span else _brought(stored)).date()


def _brought(stored: Stored) -> datetime:
    return stored.origin.retrieved or stored.stored


def _days(count: int) -> str:
    return ngettext("{count} day", "{count} days", count).format(count=locales.number(count))


def _jobs(vitals: Vitals, now: datetime) -> Check:
    last = last_runs(vitals, now)
    last = last[last["day"].notna()]  # of what a page started, whoever did has been told how it ended
    lately = last[now - last["heartbeat"] < RECENT]
    failed, cut = lately[lately["state"].eq("failed")], lately[lately["state"].eq(CUT_OFF)]
    missing = failed["details"].map(lambda found: bool(found.get("missing"))).astype(bool)
    idle, failed = failed[missing], failed[~missing]
    if len(failed):
        reason = failed["message"].iloc[0] or N_("the log says why")
        values = {"job": _title(failed.iloc[0]), "reason": _(reason)}
        return Check("jobs", "problem", N_("“{job}” failed: {reason}"), values)
    if len(cut):
        values = {"job": _title(cut.iloc[0])}
        return Check("jobs", "warning", N_("“{job}” was cut off before its end: run it again."), values)
    if len(ahead := last[last["state"].eq(AHEAD)]):
        values = {
            "job": _title(ahead.iloc[0]),
            "age": locales.age(ahead.iloc[0]["heartbeat"], now + vitals.database.ahead),
        }
        sentence = N_(
            "The last sign of life of “{job}” lies in the future ({age}): a clock was set back. Run it again: if it "
            "was killed, it is taken over within two minutes."
        )
        return Check("jobs", "warning", sentence, values)
    if len(idle):
        reason = idle["message"].iloc[0]
        values = {"job": _title(idle.iloc[0]), "reason": _(reason)}
        return Check("jobs", "warning", N_("“{job}” had nothing to work on: {reason}"), values)
    if last.empty:
        return Check("jobs", "ok", N_("No scheduled job has run yet."))
    values = {"job": _title(last.iloc[0]), "age": locales.age(last.iloc[0]["started"], now)}
    return Check("jobs", "ok", N_("The last one, “{job}”, was started {age}."), values)


def _schedule(vitals: Vitals, now: datetime) -> list[Check]:
    """What was given up, or is late; nothing where nothing is planned."""
    found = schedule.visible(vitals.schedules)
    if not found:
        return []
    for row in vitals.given_up.to_dict("records"):
        if row["schedule"] in found:
            reason = row["message"] or N_("the log says why")
            values = {"name": found[row["schedule"]][0].name, "reason": _(reason)}
            return [Check("schedule", "problem", N_("“{name}” failed and was given up: {reason}"), values)]
    if schedule.unattended(found, vitals.attended, now + vitals.database.ahead):
        return [Check("schedule", "problem", schedule.NOBODY)]
    count = {"count": locales.number(sum(one.on for one, _kept in found.values()))}
    return [Check("schedule", "ok", N_("What came due was done. On: {count}."), count)]


def _title(run: "pd.Series") -> str:
    return f"{run['job']} {run['subject']}".strip()[:TITLE]


def _models(vitals: Vitals) -> Check:
    bad = {name: whole for name, whole in vitals.model_files.items() if not whole}
    if bad:
        champions = vitals.versions.loc[vitals.versions["status"].eq("champion"), "file"]
        worst = next((name for name in bad if name in set(champions)), next(iter(bad)))
        status: Status = "problem" if worst in set(champions) else "warning"
        values = {"file": worst, "count": locales.number(len(bad))}
        if bad[worst] is None:
            return Check("models", status, N_("{file} is gone ({count} in all): train the model again."), values)
        sentence = N_("{file} is not what was kept and is not used ({count} in all): train the model again.")
        return Check("models", status, sentence, values)
    if not vitals.model_files:
        return Check("models", "ok", N_("No model has been trained yet."))
    values = {"count": locales.number(len(vitals.model_files))}
    return Check("models", "ok", N_("{count} read: all are as they were kept."), values)


def _libraries(vitals: Vitals) -> Check:
    champions = vitals.versions[vitals.versions["status"].eq("champion")].sort_values("created")
    for row in champions.to_dict("records"):
        for name, then in row["libraries"].items():
            if name in vitals.libraries and _release(vitals.libraries[name]) != _release(then):
                values = {"name": name, "then": then, "now": vitals.libraries[name], "model": row["model"]}
                sentence = N_("The model {model} was trained with {name} {then}, and this is {now}: train it again.")
                return Check("libraries", "warning", sentence, values)
    sentence = N_("Every model was trained with what is installed: Python {python} and its libraries.")
    return Check("libraries", "ok", sentence, {"python": vitals.python})


def _release(version: str) -> list[str]:
    return version.split(".")[:2]


def _standing(vitals: Vitals) -> pd.DataFrame:
    rows = vitals.alerts
    return rows[rows["severity"].eq(alerts.ALERT) & rows["acknowledged"].isna()]


def episodes(vitals: Vitals) -> pd.DataFrame:
    """The alarms (see `alerts.episodes`), and whether each is `open` (see `managed.waiting`)."""
    found = alerts.episodes(vitals.alerts)
    return found.assign(open=managed.waiting(found, vitals.sources))


def _alerts(vitals: Vitals) -> Check:
    if count := int(episodes(vitals)["open"].sum()):
        values = {"count": locales.number(count)}
        return Check("alerts", "warning", N_("Open: {count}. Acknowledge each with the reason, below."), values)
    return Check("alerts", "ok", N_("None is open."))


def _channels(vitals: Vitals, channels: Collection[str]) -> Check:
    standing = _standing(vitals)
    keys = ["model", "version", "day", "kind", "feature"]
    sent = vitals.deliveries.merge(standing[keys], on=keys)
    failed = sent[sent["error"].notna() & sent["channel"].isin(channels)]
    if len(failed):
        values = {"reason": failed["error"].iloc[0]}
        return Check("channels", "warning", N_("An alert could not be told. {reason}"), values)
    if channels:
        return Check("channels", "ok", N_("Alerts go to {channels}."), {"channels": ", ".join(channels)})
    if standing["state"].eq(alerts.NOTIFY).any():
        return Check("channels", "warning", N_("There are alerts and nobody is told: set VIGIE_NOTIFY_URLS."))
    return Check("channels", "ok", N_("Nobody is told: set VIGIE_NOTIFY_URLS for e-mail, Slack, Teams or a webhook."))


def size(count: float) -> str:
    """A number of bytes, "1.2 GB"."""
    unit, name = (GB, _("GB")) if count >= GB else (MB, _("MB")) if count >= MB else (1_000, _("kB"))
    return f"{locales.number(count / unit, 1 if 0 < count < 100 * unit else 0)} {name}"
