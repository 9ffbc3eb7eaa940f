"""Alerts: raised once, told once, acknowledged with a reason that explains the same alarm a year later.

Every alarm has its row in `state.alert_log`, day by day. Only a confirmed one asks for attention, and only where
nobody has been asked already: the same model, kind and feature with an open alert, or one told within the cooldown,
is written down and not told again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Engine, update

import locales
from data import state
from data.state import alert_log
from locales import N_, Sentence, _, ngettext
from locales.labels import label
from models.drift import performance
from models.drift.compare import THRESHOLD, WATCH
from models.drift.performance import REFERENCE
from models.drift.watch import CONFIRMED, SEASONAL, TOO_FEW, WITHIN_NOISE

ALERT, NOTE = "alert", "note"  # severities: somebody should look; only written down
COOLDOWN = 7  # days
NEARBY = 10  # days around the same day of an earlier year
NOBODY = ""  # in `notified`, in place of a channel: why nobody has to be told
FAILED = "failed: "  # in `notified`: how the answer of a channel starts that could not be told
TOLD = 20  # alarms in one message
MEASURED = {"churn": ("auc", "in_the_large"), "sales": ("wape", "bias")}  # measures that raise alerts
IN_A_ROW = 2  # windows in which a measure is off before there is an alert
MESSAGES = {
    CONFIRMED: N_("{feature} has changed: PSI {value} is over {threshold}, more than chance or season explain."),
    SEASONAL: N_("{feature}: PSI {value} is over {threshold}, as in the same season of earlier years."),
    WITHIN_NOISE: N_("{feature}: PSI {value} is over {threshold}, but chance alone does as much."),
    TOO_FEW: N_("{feature}: PSI {value} is over {threshold}, but the rows are too few to tell."),
}


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
    """The alarms of rows of `state.psi_log`: one a feature and day whose PSI is over its threshold.

    Where a feature has several definitions or references, a confirmed one speaks for it.
    """
    over: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for row in rows:
        key = (row["model"], row["version"], str(row["day"]), row["feature"])
        if pd.notna(row["psi"]) and row["psi"] > row["threshold"] and over.get(key, {}).get("label") != CONFIRMED:
            over[key] = row
    return [
        {
            **{name: row[name] for name in ("model", "version", "day", "feature", "threshold")},
            "kind": "psi",
            "severity": ALERT if row["label"] == CONFIRMED else NOTE,
            "value": row["psi"],
            "message": MESSAGES[row["label"]],
            "message_values": {
                "feature": row["feature"],
                "value": float(row["psi"]),
                "threshold": float(row["threshold"]),
            },
        }
        for row in over.values()
    ]


def of_performance(log: pd.DataFrame) -> list[dict[str, Any]]:
    """The alarms of rows of `state.performance_log`.

    One for each measure of `MEASURED`, realised and estimated, on the day on which it has been surely worse than the
    reference for `IN_A_ROW` windows; the next only after it had been well again.
    """
    found: list[dict[str, Any]] = []
    for (model, _version, metric), part in log.groupby(["model", "version", "metric"]):
        usual = part.loc[part["segment"] == REFERENCE, "value"]
        if metric not in MEASURED.get(str(model), ()) or usual.empty:
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

    Written again, an alarm keeps when it was raised, who was told and what was answered. `quiet` says why nobody is to
    be told of any of them ("back-fill").
    """
    days, rows = timedelta(days=cooldown(engine)), []
    known = {model: state.read(engine, alert_log, model=model) for model in {alarm["model"] for alarm in alarms}}
    for alarm in alarms:
        same = known[alarm["model"]]
        same = same[same["kind"].eq(alarm["kind"]) & same["feature"].eq(alarm["feature"])]
        day = pd.Timestamp(alarm["day"])
        mine = same["day"].eq(day) & same["version"].eq(alarm["version"])
        others = same[~mine & same["severity"].eq(ALERT)]
        told = _to_tell(others)
        before = same[mine].to_dict("records")
        if before and NOBODY not in before[0]["notified"]:
            notified = before[0]["notified"]
        elif alarm["severity"] != ALERT:
            notified = {NOBODY: "not confirmed"}
        elif quiet:
            notified = {NOBODY: quiet}
        elif others["acknowledged"].isna().any():
            notified = {NOBODY: "one is open"}
        elif ((told["day"] - day).abs() < days).any():
            notified = {NOBODY: "told lately"}
        else:
            notified = {}
        rows.append(
            {**alarm, "day": day.date(), "raised": before[0]["raised"] if before else now, "notified": notified}
        )
    state.upsert(engine, alert_log, rows)


def tell(
    engine: Engine, model: str, channels: Mapping[str, Callable[[str, str], None]], now: datetime
) -> dict[str, str]:
    """Tell each channel, in one message, of the open alerts it has not been told of; what each answered.

    `channels` has a function of title and text for each name, which raises a `Sentence` where it fails: that is written
    down, and tried again the next time. What is told stands in the database at once, so that a crash tells twice at
    worst, and never not.
    """
    answers = {}
    for name, send in channels.items():
        rows = state.read(engine, alert_log, model=model, severity=ALERT, acknowledged=None).to_dict("records")
        due = [row for row in rows if _due(row["notified"], name)]
        if not due:
            continue
        try:
            send(*_letter(engine, model, due))
            answers[name] = now.isoformat()
        except Sentence as error:
            answers[name] = FAILED + str(error)
        keys = [column.name for column in alert_log.primary_key]
        with engine.begin() as connection:
            for row in due:
                this = [alert_log.c[key] == (row[key].date() if key == "day" else row[key]) for key in keys]
                said = {**row["notified"], name: answers[name]}
                connection.execute(update(alert_log).where(*this).values(notified=said))
    return answers


def _to_tell(rows: pd.DataFrame) -> pd.DataFrame:
    """The alerts that somebody was told of, or is to be."""
    return rows[rows["notified"].map(lambda said: NOBODY not in said).astype(bool)]


def _due(notified: Mapping[str, str], channel: str) -> bool:
    return NOBODY not in notified and notified.get(channel, FAILED).startswith(FAILED)


def _letter(engine: Engine, model: str, due: list[dict[str, Any]]) -> tuple[str, str]:
    title = ngettext("Vigie: {count} alert about {model}", "Vigie: {count} alerts about {model}", len(due))
    lines = []
    for row in due[:TOLD]:
        lines.append(f"{locales.day(row['day'])}: {sentence(row)}")
        for before in explained(engine, model, row["day"].date()):
            if (before.kind, before.feature) == (row["kind"], row["feature"]):
                said = _("Around {day} it was acknowledged as: {reason}")
                lines.append(f"  {said.format(day=locales.day(before.day), reason=before.reason)}")
    if more := len(due) - TOLD:
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

    Columns model, kind, feature, first, last (days), count, value, threshold, message, message_values, notified,
    acknowledged, acknowledged_by, reason; the values are those of the last day, `notified` that of whom somebody was
    told. Open ones come first, then the newest.
    """
    alerts = rows[rows["severity"].eq(ALERT)].sort_values("day")
    grouped = alerts.groupby(["model", "kind", "feature", "acknowledged"], dropna=False, sort=False)
    last = grouped.tail(1).set_index(["model", "kind", "feature", "acknowledged"])
    told = _to_tell(alerts).groupby(["model", "kind", "feature", "acknowledged"], dropna=False)["notified"].last()
    found = last.assign(first=grouped["day"].min(), last=grouped["day"].max(), count=grouped.size())
    found["notified"] = told.reindex(found.index)
    found = found.reset_index()
    order = pd.DataFrame({"answered": found["acknowledged"].notna(), "last": found["last"]})
    return found.loc[order.sort_values(["answered", "last"], ascending=[True, False]).index].reset_index(drop=True)
