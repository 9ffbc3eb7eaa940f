"""Who left, by the column that says it: which one that is, what its values mean, and what is asked about it."""

import re
from collections.abc import Mapping

import pandas as pd

from connectors import looks
from connectors.files import InvalidFile
from data import meaning
from data.dataset import Finding, Reading
from locales import N_

BLANK, OUTCOME = "blank", "outcome"  # keys of readings
UNKNOWN, HERE, GONE = "not known", "still here", "left"
CANCELLED = re.compile(r"cancel(?:l?ed|ling)|resilie[es]?|gekundigt|cancelad[oa]|annullat[oa]|opgezegd")
EXPIRED = re.compile(r"expired|expire[es]?|echue?|abgelaufen|expirad[oa]|vencid[oa]|scadut[oa]|verlopen")


def one(
    text: pd.DataFrame, mapping: dict[str, str], choices: Mapping[str, str], readings: list[Reading]
) -> dict[str, str]:
    """The mapping with the outcome that somebody chose where several columns say by their name who left, but of other
    customers or of another time: asked."""
    given = mapping["churned"]
    if meaning.about_being_active(given):
        return _active(text, mapping, choices, readings)
    if not meaning.about_leaving(given) or (told := meaning.outcomes(text[given], given)) is None:
        return mapping
    left = meaning.read(text[given], told)
    others = []
    for name in text.columns.difference(mapping.values(), sort=False):
        few = meaning.about_leaving(name) and meaning.few(text[name].dropna().unique())
        said = meaning.outcomes(text[name], name) if few else None
        if said is not None and set(said.values()) == {True, False} and text[name].notna().all():
            others += [name] if (meaning.read(text[name], said) != left).any() else []
    message = N_("Several columns say who left, and not of the same customers: “{column}” is taken.")
    return _asked(message, others, mapping, choices, readings)


def left(
    text: pd.Series,
    outcome: dict[str, bool | None] | None,
    source: str,
    choices: Mapping[str, str],
    findings: list[Finding],
    readings: list[Reading],
) -> pd.Series:
    """Who left, by what the values of the column mean; an empty cell means what somebody says that it does."""
    if outcome is None:
        raise InvalidFile(N_("Say which values of column “{column}” mean that a customer left."), column=source)
    gone, days = meaning.read(text, outcome), meaning.FILLED in outcome
    if blank := int((gone.eq(outcome[meaning.BLANK]) if days else text.isna()).sum()):
        usual = HERE if days else UNKNOWN
        chosen = choices.get(BLANK, usual)
        message = (
            N_("“{column}” is the day a customer left: it is blank for {count} of them.")
            if days
            else N_("“{column}” is empty for {count} customers.")
        )
        alone = not days and gone.nunique() < 2 and BLANK not in choices  # only those who left are marked
        said = {"column": source, "count": str(blank)}
        if not (days and outcome[meaning.BLANK]):
            readings.append(Reading(BLANK, message, chosen, (UNKNOWN, HERE), said, alone))
        if chosen == HERE and not days:
            gone = gone.mask(text.isna(), False).astype("boolean")
            gone = gone if gone.isna().any() else gone.astype(bool)
        elif chosen == UNKNOWN and days and not outcome[meaning.BLANK]:
            gone = gone.astype("boolean").mask(~gone.astype(bool))
    words = ", ".join(f"“{value}”" for value, means_left in outcome.items() if means_left)
    gone = _ended(text, gone, source, choices, readings)
    if gone.isna().all():
        raise InvalidFile(
            N_("Column “{column}” says of no customer whether they left: choose another one."), column=source
        )
    message = N_("Column “{column}”: {values} means that a customer left ({rows} customers).")
    if not words:
        message = N_("Column “{column}”: none of its values means that a customer left.")
    elif days:
        message = N_("Column “{column}”: where it is filled, a customer left ({rows} customers).")
        if outcome[meaning.BLANK]:
            message = N_("Column “{column}”: where it is blank, a customer left ({rows} customers).")
    findings.append(Finding(message, int(gone.sum()), {"column": source, "values": words}))
    if gone.isna().any():
        message = N_("{rows} customers have no known outcome: they are scored, but not learned from.")
        findings.append(Finding(message, int(gone.isna().sum()), severity="warning"))
    return gone


def _active(
    text: pd.DataFrame, mapping: dict[str, str], choices: Mapping[str, str], readings: list[Reading]
) -> dict[str, str]:
    """The mapping with the outcome of a file that says who is active only: another flag may be meant, asked."""
    free = text.columns.difference(mapping.values(), sort=False)
    others = [name for name in free if set(text[name].dropna().unique()[:3]) in ({"0", "1"}, {"Yes", "No"})]
    message = N_("No column says by its name who left: “{column}” is taken for it.")
    return _asked(message, others, mapping, choices, readings)


def _asked(
    message: str, others: list[str], mapping: dict[str, str], choices: Mapping[str, str], readings: list[Reading]
) -> dict[str, str]:
    """The mapping with the outcome that somebody chose of that which it has and `others`, where there are any."""
    given = mapping["churned"]
    if not others:
        return mapping
    chosen = choices.get(OUTCOME, given)
    readings.append(Reading(OUTCOME, message, chosen, (given, *others), {"column": chosen}, OUTCOME not in choices))
    return {**mapping, "churned": chosen if chosen in others else given}


def _ended(
    text: pd.Series, left: pd.Series, source: str, choices: Mapping[str, str], readings: list[Reading]
) -> pd.Series:
    """Who left, where those who cancelled stand beside those whose time ran out: until then they may be there."""
    words = {value: meaning.plain(value) for value in text.dropna().unique()} if text.nunique() <= looks.DATES else {}
    asked = [value for value, word in words.items() if CANCELLED.fullmatch(word)]
    if not asked or not any(EXPIRED.fullmatch(word) for word in words.values()):
        return left
    rows, key = text.isin(asked), f"ended:{source}"
    chosen = choices.get(key, GONE)
    message = N_(
        "“{column}” says “{word}” of {count} customers and “expired” of others: those who cancelled may be there until "
        "what they paid for ends."
    )
    said = {"column": source, "word": asked[0], "count": str(int(rows.sum()))}
    readings.append(Reading(key, message, chosen, (GONE, HERE, UNKNOWN), said, key not in choices))
    if chosen == GONE:
        return left
    left = left.astype("boolean").mask(rows, pd.NA if chosen == UNKNOWN else False)
    return left if left.isna().any() else left.astype(bool)
