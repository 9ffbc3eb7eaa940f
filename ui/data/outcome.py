"""Which values of a file's outcome column mean that a customer left: guessed, shown, changed in a click."""

import pandas as pd
import streamlit as st

import locales
from connectors.files import Raw
from data import meaning
from ui.text import _, plain

MAX_VALUES = 30  # different values that can be chosen from


def choose(raw: Raw, source: str, known: dict[str, bool | None] | None = None) -> dict[str, bool | None]:
    """What each value of the column `source` means: True left, False stayed, None not known; empty: to be chosen.

    `known` is what they meant in the file before.
    """
    text = raw.frame[source]
    counts = meaning.levels(text).value_counts()
    days = meaning.FILLED in known if known else meaning.left_on(text, source)
    if days or len(counts) > MAX_VALUES:
        return _filled(text, source, raw.sha256, known, days)
    guessed = known or meaning.outcomes(text, source) or {}
    values = list(counts.index)
    left = st.pills(
        _("Which of these values mean that a customer left? *"), values, selection_mode="multi", format_func=plain,
        default=[value for value in values if guessed.get(value)], key=f"left-{raw.sha256}-{source}",
    )  # fmt: skip
    others = [value for value in values if value not in left]
    unknown = [value for value in others if guessed and guessed.get(value) is None]
    open_ = st.pills(
        _("And which do not say it (yet)? Those customers are scored, not learned from."), others, format_func=plain,
        selection_mode="multi", default=unknown, key=f"open-{raw.sha256}-{source}-{len(others)}",
    ) if others else []  # fmt: skip
    told = {value: True if value in left else None if value in open_ else False for value in values}
    sizes = {answer: sum(int(counts[value]) for value in values if told[value] is answer) for answer in (True, False)}
    gone, stayed, rest = sizes[True], sizes[False], len(raw.frame) - sizes[True] - sizes[False]
    nobody = bool(guessed) and not any(guessed.values()) and stayed > 0
    if nobody and not gone:
        st.caption(_("Nobody in this file left: it can be kept and looked at, but nothing is learned from it."))
    else:
        _counted(gone, stayed, rest)
    return told if gone or nobody else {}


def _filled(
    text: pd.Series, source: str, content: str, known: dict[str, bool | None] | None, days: bool
) -> dict[str, bool | None]:
    """The same of a column of days, or of many values: whether a cell that is filled means that a customer left."""
    filled = int(meaning.read(text, {meaning.FILLED: True, meaning.BLANK: False}).sum())
    if filled in (0, len(text)):
        sentence = _("{column} has too many values to say who left: choose another column.")
        st.warning(plain(sentence.format(column=source)), icon=":material/block:")
        return {}
    said = {meaning.FILLED: _("filled in: they left"), meaning.BLANK: _("blank: they left")}
    usual = next((value for value, gone in (known or {}).items() if gone), meaning.FILLED if days else None)
    left = st.pills(
        _("Which of these values mean that a customer left? *"), list(said), format_func=lambda value: said[value],
        default=usual, key=f"left-{content}-{source}",
    )  # fmt: skip
    gone = filled if left == meaning.FILLED else len(text) - filled
    _counted(gone if left else 0, len(text) - gone, 0)
    return {value: value == left for value in said} if left else {}


def _counted(gone: int, stayed: int, rest: int) -> None:
    if not gone:
        st.caption(_("Choose first which value means that a customer left: nothing is taken for granted."))
        return
    sentence = _("{left} customers left, {stayed} stayed, of {unknown} it is not known.")
    st.caption(sentence.format(left=locales.number(gone), stayed=locales.number(stayed), unknown=locales.number(rest)))
