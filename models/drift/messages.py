"""What an alarm says, in the reader's language."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import locales
from locales import N_, _
from locales.labels import label
from models.drift import explain, performance
from models.drift.explain import Move
from models.drift.watch import CONFIRMED, SEASONAL, TOO_FEW, UNTOLD, WITHIN_NOISE

MESSAGES = {
    CONFIRMED: N_("{feature} has changed: PSI {value} is over {threshold}, more than chance explains."),
    UNTOLD: N_("{feature}: PSI {value} is over {threshold}; it cannot be told from the season yet."),
    SEASONAL: N_("{feature}: PSI {value} is over {threshold}, as in the same season of earlier years."),
    WITHIN_NOISE: N_("{feature}: PSI {value} is over {threshold}, but chance alone does as much."),
    TOO_FEW: N_("{feature}: PSI {value} is over {threshold}, but the rows are too few to tell."),
}

UNDER = N_("{feature} has changed: PSI {value}, more than chance explains.")  # told below the threshold
BRIEF = N_(
    "{feature} has changed, as a window of {days} days shows: more than chance explains, though the PSI of the last "
    "seven is only {value}."
)
LITTLE = N_("{feature} has changed, but what the model says changes by {share} only: PSI {value}.")
TOGETHER = N_(
    "{feature}: together the columns are unlike the weeks before (AUC {value}), which no column shows alone; most of "
    "all in {columns}, for {who}."
)
ANONYMOUS = N_(
    "{feature}: together the columns are unlike the weeks before (AUC {value}), which no column shows alone; most of "
    "all in {columns}."
)
GONE = N_("{feature} is not in the data any more, and the model in use learned from it: check whether it was renamed.")
REALISED = N_("{measure} of the model {model} left its usual range: {value} on {day}, {reference} when it learned.")
ESTIMATED = N_(
    "{measure} of the model {model} is estimated at {value} on {day}, {reference} when it learned; the truth is not "
    "known yet."
)


def sentence(row: Mapping[str, Any]) -> str:
    """The message of a row of `state.alert_log` in the reader's language."""
    message, values = row["message"], row["message_values"]
    # "0.30 is over 0.30" would not be believed.
    over = values.get("value"), values.get("threshold")
    digits = next((one for one in (2, 3) if None in over or round(over[0], one) != round(over[1], one)), 4)
    written = {
        name: _written(name, value, values.get("measure"), digits)
        for name, value in values.items()
        if name not in ("does", "moved")
    }
    moved = explain.sentence(values["feature"], Move(**values["moved"])) if "moved" in values else ""
    does = said(**values["does"]) if "does" in values else ""
    return " ".join(filter(None, [_(message).format(**written), joined(moved, does)]))


def joined(moved: str, does: str) -> str:
    """What moved and what that does, two sentences as one."""
    if not moved or not does:
        return moved or does
    return _("{moved}; {does}").format(moved=moved.rstrip("."), does=does[0].lower() + does[1:])


def said(
    message: str,
    currency: str,
    change: float,
    total: float,
    money: float,
    error: float,
    least: Mapping[str, float] | None = None,
) -> str:
    """What a change does (see `consequence.Consequence.said`) in the reader's language; from and to where only its ends
    are known."""
    most = {"change": change, "total": total, "money": money, "error": error}
    ends = [
        {
            "share": locales.percent(abs(end["change"]), 1),
            "total": locales.number(abs(end["total"]), 0 if abs(total) >= 10 else 1),
            "money": locales.money(abs(end["money"]), currency),
            "error": locales.signed(end["error"], lambda share: locales.percent(share, 1)),
        }
        for end in (most if least is None else least, most)
    ]
    between = {
        name: hi if least is None else _("{lo} to {hi}").format(lo=ends[0][name], hi=hi) for name, hi in ends[1].items()
    }
    return _(message).format(**between, more=_("more") if change > 0 else _("fewer"))


def _written(name: str, value: object, measure: str | None, digits: int) -> str:
    """A value of a message as a reader reads it."""
    if isinstance(value, list):
        return ", ".join(value if name == "who" else map(label, value))
    if isinstance(value, float):
        if name == "share":
            return locales.percent(value, 1)
        if measure:
            return performance.written(measure, value)
        return locales.number(value, digits if abs(value) < 10 else 0)
    return locales.day(date.fromisoformat(str(value))) if name == "day" else label(str(value))
