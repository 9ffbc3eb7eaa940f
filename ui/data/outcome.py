"""Which values of a file's outcome column mean that a customer left: guessed, shown, changed in a click."""

import streamlit as st

import locales
from connectors.files import Raw
from data import meaning
from ui.text import _, plain

MOST = 30  # different values that can be chosen from


def choose(raw: Raw, source: str, known: dict[str, bool | None] | None = None) -> dict[str, bool | None]:
    """What each value of the column `source` means: True left, False stayed, None not known; empty: to be chosen.

    `known` is what they meant in the file before.
    """
    counts = meaning.levels(raw.frame[source]).value_counts()
    if len(counts) > MOST:
        st.warning(
            plain(_("{column} has too many values to say who left: choose another column.").format(column=source)),
            icon=":material/block:",
        )
        return {}
    guessed = known or meaning.outcomes(raw.frame[source], source) or {}
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
    sentence = _("{left} customers left, {stayed} stayed, of {unknown} it is not known.")
    st.caption(sentence.format(left=locales.number(gone), stayed=locales.number(stayed), unknown=locales.number(rest)))
    return told if gone else {}
