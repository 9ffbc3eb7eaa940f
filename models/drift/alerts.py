"""Alerts: raised once, told once, acknowledged with a reason that explains the same alarm a year later.

Every alarm has its row in `state.alert_log`, day by day. Only a confirmed one asks for attention, and only where
nobody has been asked already: the same model, kind and feature with an open alert, or one told within the cooldown,
is written down and not told again. Its `state` says so; `state.alert_deliveries` says which channel was told when.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Engine, update

import locales
from data import state
from data.state import alert_deliveries, alert_log
from locales import N_, Sentence, _, ngettext
from locales.labels import label
from models.drift import performance
from models.drift.compare import THRESHOLD, WATCH
from models.drift.performance import REFERENCE
from models.drift.watch import CONFIRMED, SEASONAL, TOO_FEW, UNTOLD, WITHIN_NOISE

ALERT, NOTE = "alert", "note"  # severities: somebody should look; only written down
COOLDOWN = 7  # days
NEARBY = 10  # days around the same day of an earlier year
# States of an alarm: channels are to be told of it, or why nobody is.
NOTIFY, UNCONFIRMED, REPEATED, COOLING, BACK_FILL = "notify", "unconfirmed", "repeated", "told lately", "back-fill"
NO_MODEL = "no model in use"  # learned from what the data are compared with
IN_A_LETTER = 20  # alarms in one message
IN_A_ROW = 2  # windows in which a measure is off before there is an alert
MESSAGES = {
    CONFIRMED: N_("{feature} has changed: PSI {value} is over {threshold}, more than chance or season explain."),
    UNTOLD: N_("{feature}: PSI {value} is over {threshold}; it cannot be told from the season yet."),
    SEASONAL: N_("{feature}: PSI {value} is over {threshold}, as in the same season of earlier years."),
    WITHIN_NOISE: N_("{feature}: PSI {value} is over {threshold}, but chance alone does as much."),
    TOO_FEW: N_("{feature}: PSI {value} is over {threshold}, but the rows are too few to tell."),
}

UNDER = N_("{feature} has changed: PSI {value}, more than chance or season explain.")  # told below the threshold
REALISED = N_("{measure} of the model {model} left its usual range: {value} on {day}, {reference} when it learned.")
ESTIMATED = N_(
    "{measure} of the model {model} is estimated at {value} on {day}, {reference} when it learned; the truth is not "
    "known yet."
)


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


def of_psi(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The alarms of rows of `state.psi_log`: one a feature and day, confirmed or with a PSI over its threshold.

    Where a feature has several definitions or references, a confirmed one speaks for it.
    """
    over: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for row in rows:
        key = (row["model"], row["version"], str(row["day"]), row["feature"])
        far = pd.notna(row["psi"]) and (row["psi"] > row["threshold"] or row["label"] == CONFIRMED)
        if far and over.get(key, {}).get("label") != CONFIRMED:
            over[key] = row
    return [
        {
            **{name: row[name] for name in ("model", "version", "day", "feature", "threshold")},
            "kind": "psi",
            "severity": ALERT if row["label"] == CONFIRMED else NOTE,
            "value": row["psi"],
            "message": MESSAGES[row["label"]] if row["psi"] > row["threshold"] else UNDER,
            "message_values": {
                "feature": row["feature"],
                "value": float(row["psi"]),
                "threshold": float(row["threshold"]),
            },
        }
        for row in over.values()
    ]


def of_performance(log: pd.DataFrame, measures: Collection[str]) -> list[dict[str, Any]]:
    """The alarms of rows of `state.performance_log`.

    One for each of the `measures`, realised and estimated, on the day on which it has been surely worse than the
    reference for `IN_A_ROW` windows; the next only after it had been well again.
    """
    found: list[dict[str, Any]] = []
    for (_model, _version, metric), part in log[log["metric"].isin(measures)].groupby(["model", "version", "metric"]):
        usual = part.loc[part["segment"] == REFERENCE, "value"]
        if usual.empty:
            continue
        reference = float(usual.iloc[-1])
        for _guess, windows in part[part["segment"] == ""].sort_values("day").groupby("estimated"):
            run = 0
            for off, row in zip(performance.off(windows, str(metric), reference), windows.itertuples(), strict=True):
                run = run + 1 if off else 0
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
        "kind": "performance",
        "feature": f"{row.metric} (estimated)" if row.estimated else row.metric,
        "severity": ALERT,
        "value": row.value,
        "threshold": reference,
        "message": ESTIMATED if row.estimated else REALISED,
        "message_values": words | {"value": float(row.value), "reference": reference},
    }


def record(engine: Engine, alarms: Sequence[Mapping[str, Any]], now: datetime, quiet: str | None = None) -> None:
    """Write the alarms of one day down, each with the columns of `state.alert_log` up to `message_values`.

    Written again, an alarm keeps when it was raised, who was told and what was answered. `quiet` is the state of all
    of them where nobody is to be told of any (`BACK_FILL`, `NO_MODEL`).
    """
    days, rows = timedelta(days=cooldown(engine)), []
    logged = {model: state.read(engine, alert_log, model=model) for model in {alarm["model"] for alarm in alarms}}
    for alarm in alarms:
        same = logged[alarm["model"]]
        same = same[same["kind"].eq(alarm["kind"]) & same["feature"].eq(alarm["feature"])]
        day = pd.Timestamp(alarm["day"])
        this = same["day"].eq(day) & same["version"].eq(alarm["version"])
        before = same[this].to_dict("records")
        found = _state(alarm["severity"], day, same[~this & same["severity"].eq(ALERT)], days, quiet)
        raised = now
        if before:
            raised = before[0]["raised"]
            found = NOTIFY if before[0]["state"] == NOTIFY else found
        rows.append({**alarm, "day": day.date(), "raised": raised, "state": found})
    state.upsert(engine, alert_log, rows)


def _state(severity: str, day: pd.Timestamp, others: pd.DataFrame, cooldown: timedelta, quiet: str | None) -> str:
    """The state of an alarm of a day, where `others` are the alerts of the same model, kind and feature."""
    if severity != ALERT:
        return UNCONFIRMED
    if quiet:
        return quiet
    if others["acknowledged"].isna().any():
        return REPEATED
    lately = others["state"].eq(NOTIFY) & ((others["day"] - day).abs() < cooldown)
    return COOLING if lately.any() else NOTIFY


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
        lines.append(f"{locales.day(row['day'])}: {sentence(row)}")
        for before in explained(engine, model, row["day"]):
            if (before.kind, before.feature) == (row["kind"], row["feature"]):
                line = _("Around {day} it was acknowledged as: {reason}")
                lines.append(f"  {line.format(day=locales.day(before.day), reason=before.reason)}")
    if more := len(due) - IN_A_LETTER:
        lines += [_("and {count} more").format(count=locales.number(more))] if more > 0 else []
    return title.format(count=locales.number(len(due)), model=label(model)), "\n".join(lines)


def sentence(row: Mapping[str, Any]) -> str:
    """The message of a row of `state.alert_log` in the reader's language."""
    message, values = row["message"], row["message_values"]
    # "0.30 is over 0.30" would not be believed.
    over = values.get("value"), values.get("threshold")
    digits = next((one for one in (2, 3) if None in over or round(over[0], one) != round(over[1], one)), 4)
    written = {name: _written(name, value, values.get("measure"), digits) for name, value in values.items()}
    return _(message).format(**written)


def _written(name: str, value: object, measure: str | None, digits: int) -> str:
    """A value of a message as a reader reads it."""
    if isinstance(value, float):
        if measure:
            return performance.written(measure, value)
        return locales.number(value, digits if abs(value) < 10 else 0)
    return locales.day(date.fromisoformat(str(value))) if name == "day" else label(str(value))


def acknowledge(engine: Engine, key: tuple[str, str, str], reason: str, by: str, now: datetime) -> int:
    """Answer every open alert of a (model, kind, feature); how many there were.

    Raises `Sentence` without a reason and a name: they explain the same alarm a year later.
    """
    if not reason.strip() or not by.strip():
        raise Sentence(N_("Say who you are and why it happened: it explains the same alarm a year from now."))
    model, kind, feature = key
    this = (alert_log.c.model == model) & (alert_log.c.kind == kind) & (alert_log.c.feature == feature)
    still_open = this & (alert_log.c.severity == ALERT) & alert_log.c.acknowledged.is_(None)
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
    """The alerts of `state.alert_log` that asked for attention, one row for each that stands or was answered at once.

    Columns model, kind, feature, first, last (days), count, value, threshold, message, message_values, acknowledged,
    acknowledged_by, reason; the values are those of the last day. Open ones come first, then the newest.
    """
    alerts = rows[rows["severity"].eq(ALERT)].sort_values("day")
    grouped = alerts.groupby(["model", "kind", "feature", "acknowledged"], dropna=False, sort=False)
    last = grouped.tail(1).set_index(["model", "kind", "feature", "acknowledged"])
    found = last.assign(first=grouped["day"].min(), last=grouped["day"].max(), count=grouped.size())
    found = found.reset_index()
    order = pd.DataFrame({"answered": found["acknowledged"].notna(), "last": found["last"]})
    return found.loc[order.sort_values(["answered", "last"], ascending=[True, False]).index].reset_index(drop=True)


def delivered(deliveries: pd.DataFrame, episode: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of `state.alert_deliveries` about a row of `episodes`: those of the last day of it that has some."""
    same = deliveries["day"].between(episode["first"], episode["last"])
    for name in ("model", "kind", "feature"):
        same &= deliveries[name].eq(episode[name])
    found = deliveries[same]
    return found[found["day"].eq(found["day"].max())]
