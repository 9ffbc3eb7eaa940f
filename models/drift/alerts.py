"""Alerts: raised once, told once, acknowledged with a reason that explains the same alarm a year later.

Every alarm has its row in `state.alert_log`, day by day; only a confirmed one asks for attention. The alerts of a
model, kind and feature about one lineage of data that stand together are an episode: it goes on until it was answered,
or has stopped for `QUIET` days; what comes back is a new one. An episode is told once, and not within the cooldown of
the one before: if it still stands then, it is told then. Where nobody is to be told (a back-fill) the alert is written
down, and keeps nobody from being told of the next. `state` says so; `state.alert_deliveries` says which channel was
told when.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, and_, select, update

import locales
from data import state
from data.state.tables import alert_deliveries, alert_log, psi_log
from locales import N_, Sentence, _, ngettext
from locales.labels import label
from models.drift import classifier, messages, performance
from models.drift.alarms import QUIET
from models.drift.classifier import Apart
from models.drift.compare import THRESHOLD, WATCH
from models.drift.consequence import Consequence
from models.drift.explain import Move
from models.drift.monitored import KINDS, Sheet
from models.drift.performance import REFERENCE
from models.drift.watch import CONFIRMED, TOO_FEW, TRAINING, UNTOLD

ALERT, NOTE = "alert", "note"  # severities: somebody should look; only written down
COOLDOWN = 7  # days
NEARBY = 10  # days around the same day of an earlier year
# States of an alarm: channels are to be told of it, or why nobody is.
NOTIFY, UNCONFIRMED, REPEATED, COOLING, BACK_FILL = "notify", "unconfirmed", "repeated", "told lately", "back-fill"
NO_MODEL = "no model in use"  # learned from what the data are compared with
PSI, PERFORMANCE, JOINT, LOST = "psi", "performance", "joint", "lost"  # kinds
ABOUT = ("model", "kind", "feature")
EPISODE = (*ABOUT, "episode")
IN_A_LETTER = 20  # alarms in one message
IN_WORDS = 3  # columns or customers in a sentence
IN_A_ROW = 2  # windows in which a measure is off before there is an alert


@dataclass(frozen=True)
class Explanation:
    """What somebody answered to an alarm around the same day of an earlier year."""

    day: date
    kind: str
    feature: str
    reason: str
    by: str


def threshold(engine: Engine, model: str) -> float:
    """The PSI over which a column of a model raises an alarm."""
    return state.preference(engine, f"psi_threshold.{model}", THRESHOLD)


def set_threshold(engine: Engine, model: str, value: float) -> None:
    """Let columns of a model raise an alarm over another PSI."""
    state.prefer(engine, f"psi_threshold.{model}", value)


def watch_levels(engine: Engine, model: str) -> tuple[float, float]:
    """The PSI from which a column is worth a look, and from which a close one."""
    low, high = state.preference(engine, f"psi_watch.{model}", list(WATCH))
    return low, high


def cooldown(engine: Engine) -> int:
    """Days in which the same alarm is not told again."""
    return state.preference(engine, "alert_cooldown", COOLDOWN)


def of_psi(
    rows: Sequence[Mapping[str, Any]],
    does: Mapping[str, Consequence] | None = None,
    sentences: tuple[str, str] = ("", ""),
    currency: str = "",
    moved: Mapping[str, Move] | None = None,
) -> list[dict[str, Any]]:
    """The alarms of rows of `state.psi_log`: one a feature and day, confirmed or with a PSI over its threshold.

    Where a feature has several definitions or references, a confirmed one speaks for it. What the changes do, as far as
    a model in use knows (`does`), decides which of the confirmed ones is an alert: what does little is a note. The
    `sentences` (see `Managed.does`) say it, after what `moved` in the feature, where that is known.
    """
    known = does or {}
    over: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for row in rows:
        key = (row["model"], row["version"], str(row["day"]), row["feature"])
        far = pd.notna(row["psi"]) and (row["psi"] > row["threshold"] or row["label"] == CONFIRMED)
        if far and over.get(key, {}).get("label") != CONFIRMED:
            over[key] = row
    found = []
    for row in over.values():
        confirmed, done = row["label"] == CONFIRMED, known.get(row["feature"])
        values = {"feature": row["feature"], "value": float(row["psi"]), "threshold": float(row["threshold"])}
        message = messages.MESSAGES[row["label"]] if row["psi"] > row["threshold"] else messages.UNDER
        if confirmed and done is not None and not done.matters:
            message, values["share"] = messages.LITTLE, abs(done.change)
        elif confirmed:
            values |= {} if done is None else {"does": done.said(sentences, currency)}
            values |= {"moved": asdict(moved[row["feature"]])} if moved and row["feature"] in moved else {}
            if days := row.get("details", {}).get("days"):
                message, values["days"] = messages.BRIEF, days
        found.append(
            {
                **{name: row[name] for name in ("model", "version", "day", "feature", "threshold")},
                "kind": PSI,
                "severity": ALERT if confirmed and (done is None or done.matters) else NOTE,
                "value": row["psi"],
                "message": message,
                "message_values": values,
            }
        )
    return found


def of_joint(found: Apart, sheet: Sheet, inside: np.ndarray, about: Mapping[str, Any]) -> dict[str, Any]:
    """The alarm that all columns of a sheet together have changed (see `classifier.confirmed`): its window are the rows
    `inside`, `about` has model, version and day. The `IN_WORDS` columns and customers that tell it most are named."""
    window = sheet.frame[inside]
    who = (
        [] if sheet.who is None else list(dict.fromkeys(sheet.who[inside].iloc[list(found.rows)].dropna().astype(str)))
    )
    kind = next((kind for column, kind in KINDS.items() if column in window), "rows")
    values = {"feature": kind, "value": found.auc, "columns": list(found.columns)[:IN_WORDS]}
    return {
        **about,
        "kind": JOINT,
        "feature": kind,
        "severity": ALERT,
        "value": found.auc,
        "threshold": classifier.TELLS,
        "message": messages.TOGETHER if who else messages.ANONYMOUS,
        "message_values": values | ({"who": who[:IN_WORDS]} if who else {}),
    }


def of_lost(names: Sequence[str], about: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The alarms that columns which the model in use learned from are gone (see `watching.lost`), `about` as above."""
    gone = {"kind": LOST, "severity": ALERT, "value": None, "threshold": None, "message": messages.GONE}
    return [{**about, **gone, "feature": name, "message_values": {"feature": name}} for name in names]


def of_performance(log: pd.DataFrame, measures: Collection[str], apart: int) -> list[dict[str, Any]]:
    """The alarms of rows of `state.performance_log`.

    One for each of the `measures`, realised and estimated, on the day on which it has been surely worse than the
    reference for `IN_A_ROW` windows; the next only after it had been well again. Windows less than `apart` days after
    one that counts do not count: they share its outcomes.
    """
    found: list[dict[str, Any]] = []
    for (_model, _version, metric), part in log[log["metric"].isin(measures)].groupby(["model", "version", "metric"]):
        usual = part.loc[part["segment"] == REFERENCE, "value"]
        if usual.empty:
            continue
        reference = float(usual.iloc[-1])
        for _guess, windows in part[part["segment"] == ""].sort_values("day").groupby("estimated"):
            run, free = 0, windows["day"].min()  # from when on a window counts
            for off, row in zip(performance.off(windows, str(metric), reference), windows.itertuples(), strict=True):
                if row.day < free:
                    continue
                run, free = run + 1 if off else 0, row.day + pd.Timedelta(days=apart)
                if run == IN_A_ROW:
                    found.append(_of_window(row, reference))
    return found


def _of_window(row: Any, reference: float) -> dict[str, Any]:
    day = row.day.date()
    words = {"measure": row.metric, "model": row.model, "day": day.isoformat()}
    return {
        "model": row.model,
        "version": row.version,
        "day": day,
        "kind": PERFORMANCE,
        "feature": f"{row.metric} (estimated)" if row.estimated else row.metric,
        "severity": ALERT,
        "value": row.value,
        "threshold": reference,
        "message": messages.ESTIMATED if row.estimated else messages.REALISED,
        "message_values": words | {"value": float(row.value), "reference": reference},
    }


def record(
    engine: Engine, lineage: str, alarms: Sequence[Mapping[str, Any]], now: datetime, quiet: str | None = None
) -> None:
    """Write alarms about a lineage of data down, each with the columns of `state.alert_log` up to `message_values`.

    Written again, an alarm keeps when it was raised, who was told and what was answered. `quiet` is the state of all of
    them where nobody is to be told of any (`BACK_FILL`, `NO_MODEL`).
    """
    days, rows = timedelta(days=cooldown(engine)), []
    alarms = sorted(alarms, key=lambda alarm: (_about(alarm), alarm["day"], alarm["version"]))
    for about, same in groupby(alarms, _about):
        logged = state.read(engine, alert_log, **dict(zip(ABOUT, about, strict=True)))
        logged = logged.assign(day=logged["day"].dt.date).astype(object).where(logged.notna(), None)
        known = {(row["version"], row["day"]): row for row in logged.to_dict("records")}
        for alarm in same:
            key = alarm["version"], pd.Timestamp(alarm["day"]).date()
            before = known.pop(key, None)
            alerts = [one for one in known.values() if one["severity"] == ALERT and one["lineage"] in (lineage, None)]
            row = {**alarm, "lineage": lineage, "day": key[1], "raised": before["raised"] if before else now}
            if before and (before["state"] == NOTIFY or before["acknowledged"] or (quiet and before["episode"])):
                row |= {name: before[name] for name in ("state", "episode")}
            else:
                row["episode"] = _episode(engine, row, alerts) if alarm["severity"] == ALERT else None
                row["state"] = quiet if quiet and row["episode"] else _state(row, alerts, days)
            known[key] = {"acknowledged": None} | (before or {}) | row
            rows.append(row)
    state.upsert(engine, alert_log, rows)


def _about(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in ABOUT)


def _episode(engine: Engine, row: Mapping[str, Any], alerts: Sequence[Mapping[str, Any]]) -> str:
    """The episode of an alert: that of the one before it, else of the one after it, if it goes on; or its own."""
    near = [
        max((one for one in alerts if one["day"] <= row["day"]), key=lambda one: one["day"], default=None),
        min((one for one in alerts if one["day"] > row["day"]), key=lambda one: one["day"], default=None),
    ]
    for other in filter(None, near):
        first, last = sorted([row, other], key=lambda one: one["day"])
        if not other["acknowledged"] and not _stopped(engine, first, last):
            return str(other["episode"])
    return f"{row['day']} {row['version']}"


def _stopped(engine: Engine, first: Mapping[str, Any], last: Mapping[str, Any]) -> bool:
    """Whether an alert had stopped before another: for longer than `QUIET` days, in which the column was looked at and
    was well (a table that comes once a month is looked at once a month; a measure alarms again only after that)."""
    if last["day"] - first["day"] <= timedelta(days=QUIET):
        return False
    if first["kind"] != PSI:
        return True
    log = psi_log.c
    well = (log.model == first["model"]) & (log.feature == first["feature"]) & (log.reference == TRAINING)
    well &= log.version.in_({first["version"], last["version"]}) & log.label.not_in((CONFIRMED, UNTOLD, TOO_FEW))
    between = (log.day > first["day"]) & (log.day < last["day"])
    with engine.connect() as connection:
        return connection.execute(select(log.day).where(well, between).limit(1)).first() is not None


def _state(row: Mapping[str, Any], alerts: Sequence[Mapping[str, Any]], cooldown: timedelta) -> str:
    """The state of an alarm, where `alerts` are the others about the same."""
    if not row["episode"]:
        return UNCONFIRMED
    notified = [one for one in alerts if one["state"] == NOTIFY]
    if any(one["episode"] == row["episode"] for one in notified):
        return REPEATED
    return COOLING if any(abs(one["day"] - row["day"]) < cooldown for one in notified) else NOTIFY


def tell(
    engine: Engine, model: str, channels: Mapping[str, Callable[[str, str], None]], now: datetime
) -> dict[str, str]:
    """Tell each channel, in one message, of the open alerts it has not been told of; when it was told, or "failed: "
    and why.

    `channels` has a function of title and text for each name, which raises a `Sentence` where it fails: that is written
    down, and tried again the next time. What is told stands in the database at once, so that a crash tells twice at
    worst, and never not.
    """
    answers = {}
    for name, send in channels.items():
        due = _due(engine, model, name)
        if not due:
            continue
        failed = None
        try:
            send(*_letter(engine, model, due))
        except Sentence as error:
            failed = str(error)
        answers[name] = now.isoformat() if failed is None else f"failed: {failed}"
        keys = [column.name for column in alert_log.primary_key]
        sent = {"channel": name, "tried": now, "error": failed}
        state.upsert(engine, alert_deliveries, [{key: row[key] for key in keys} | sent for row in due])
    return answers


def _due(engine: Engine, model: str, channel: str) -> list[dict[str, Any]]:
    """The open alerts that a channel is still to be told of, their days as dates."""
    keys = [column.name for column in alert_log.primary_key]
    rows = state.read(engine, alert_log, model=model, severity=ALERT, acknowledged=None, state=NOTIFY)
    delivered = state.read(engine, alert_deliveries, model=model, channel=channel, error=None)
    notified = pd.MultiIndex.from_frame(rows[keys]).isin(pd.MultiIndex.from_frame(delivered[keys]))
    return rows[~notified].assign(day=lambda due: due["day"].dt.date).to_dict("records")


def _letter(engine: Engine, model: str, due: list[dict[str, Any]]) -> tuple[str, str]:
    title = ngettext("Vigie: {count} alert about {model}", "Vigie: {count} alerts about {model}", len(due))
    lines = []
    for row in due[:IN_A_LETTER]:
        lines.append(f"{locales.day(row['day'])}: {messages.sentence(row)}")
        for before in explained(engine, model, row["day"]):
            if (before.kind, before.feature) == (row["kind"], row["feature"]):
                line = _("Around {day} it was acknowledged as: {reason}")
                lines.append(f"  {line.format(day=locales.day(before.day), reason=before.reason)}")
    if more := len(due) - IN_A_LETTER:
        lines += [_("and {count} more").format(count=locales.number(more))] if more > 0 else []
    return title.format(count=locales.number(len(due)), model=label(model)), "\n".join(lines)


def acknowledge(engine: Engine, episode: Mapping[str, Any], reason: str, by: str, now: datetime) -> int:
    """Answer every open alert of an episode, a row of `episodes`; how many there were.

    Raises `Sentence` without a reason and a name: they explain the same alarm a year later.
    """
    if not reason.strip() or not by.strip():
        raise Sentence(N_("Say who you are and why it happened: it explains the same alarm a year from now."))
    this = [alert_log.c[name] == episode[name] for name in EPISODE]
    still_open = and_(*this, alert_log.c.severity == ALERT, alert_log.c.acknowledged.is_(None))
    answer = {"acknowledged": now, "acknowledged_by": by.strip(), "reason": reason.strip()}
    with engine.begin() as connection:
        return connection.execute(update(alert_log).where(still_open).values(answer)).rowcount


def explained(engine: Engine, model: str, day: date) -> list[Explanation]:
    """What was answered to alarms of a model within `NEARBY` days of the same day of earlier years, the nearest first.

    One explanation for each kind, feature and reason.
    """
    return explanations(state.read(engine, alert_log, model=model), day)


def explanations(rows: pd.DataFrame, day: date) -> list[Explanation]:
    """`explained` from rows of `state.alert_log` at hand."""
    rows = rows[rows["reason"].notna() & (rows["day"] < pd.Timestamp(day) - timedelta(days=NEARBY))]
    if rows.empty:
        return []
    years = (pd.Timestamp(day) - rows["day"]).dt.days / 365.2425
    rows = rows.assign(away=(years - years.round().clip(lower=1)).abs() * 365.2425)
    near = (
        rows[rows["away"].round() <= NEARBY].sort_values(["away", "day"]).drop_duplicates(["kind", "feature", "reason"])
    )
    return [
        Explanation(row.day.date(), row.kind, row.feature, row.reason, row.acknowledged_by) for row in near.itertuples()
    ]


def episodes(rows: pd.DataFrame) -> pd.DataFrame:
    """The alerts of `state.alert_log`, one row an episode, or a part of one that was answered at once.

    Columns model, kind, feature, episode, first, last (days), count, value, threshold, message, message_values,
    acknowledged, acknowledged_by, reason; the values are those of the last day. Open ones come first, then the newest.
    """
    alerts, keys = rows[rows["severity"].eq(ALERT)].sort_values("day"), [*EPISODE, "acknowledged"]
    grouped = alerts.groupby(keys, dropna=False, sort=False)
    last = grouped.tail(1).set_index(keys)
    found = last.assign(first=grouped["day"].min(), last=grouped["day"].max(), count=grouped.size())
    found = found.reset_index()
    order = pd.DataFrame({"answered": found["acknowledged"].notna(), "last": found["last"]})
    return found.loc[order.sort_values(["answered", "last"], ascending=[True, False]).index].reset_index(drop=True)


def past(episodes: pd.DataFrame, last: Mapping[str, datetime | None]) -> pd.Series:
    """Whether each of `episodes` was over before anybody was there to be told: found in a past that was played again,
    and none for `QUIET` days by the last day of the data of its model (a key of `last`; None: not known)."""
    ends = pd.to_datetime(episodes["model"].map(dict(last)))
    return episodes["state"].isin([BACK_FILL, NO_MODEL]) & (episodes["last"] < ends - timedelta(days=QUIET))


def delivered(deliveries: pd.DataFrame, episode: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of `state.alert_deliveries` about a row of `episodes`: those of the last day of it that has some."""
    same = deliveries["day"].between(episode["first"], episode["last"])
    for name in ("model", "kind", "feature"):
        same &= deliveries[name].eq(episode[name])
    found = deliveries[same]
    return found[found["day"].eq(found["day"].max())]
