"""The last weeks stand apart: a new level, or once only? Asked, answered with a reason, and remembered."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

import streamlit as st

import locales
import settings
from data import state
from models.forecast.apart import Recent
from models.forecast.combined import Forecast
from models.forecast.engine import DEFAULT
from ui import access
from ui.text import N_, _, plain

Written = Callable[[float], str]
Meaning = TypeVar("Meaning", bound=str)
NEAR = 14  # days within which two beginnings are the same one
MEANINGS: dict[Recent, str] = {"level": N_("A new level"), "once": N_("Only once")}


def said(lineage: str, key: str, found: Forecast) -> tuple[Recent, str] | None:
    """What somebody said that the last steps of a series are, and why; None where nobody has, or none stands apart."""
    if not found.window.history.apart:
        return None
    usual = {"since": "", "recent": "", "reason": ""}
    kept = state.preference(state.engine(settings.get().database_url), _key(lineage, key), usual)
    since = found.window.history.apart.since.date()
    if not kept["since"] or abs((date.fromisoformat(kept["since"]) - since).days) > NEAR:
        return None
    return ("level" if kept["recent"] == "level" else "once"), kept["reason"]


def ask(lineage: str, key: str, found: Forecast, written: Written) -> None:
    """What is expected either way, and the question, where the last steps stand apart; nothing elsewhere."""
    last, taken = found.window.history.apart, found.window.history.recent
    if last is None or taken is None or found.otherwise is None:
        return
    sums = {one: float(found.otherwise.forecast[DEFAULT].sum()) for one in MEANINGS if one != taken}
    sums[taken] = float(found.frame["mean"].sum())
    sentence = _("Since {day}, sales are {factor} times what was usual before. The data cannot tell why: what is it?")
    answer = said(lineage, key, found)
    with st.container(border=True):
        st.markdown(f"**{plain(sentence.format(day=locales.day(last.since), factor=locales.number(last.factor, 1)))}**")
        both = [_("{name}: {amount}").format(name=_(MEANINGS[one]), amount=written(sums[one])) for one in MEANINGS]
        how = _("Shown now: {meaning}, because: {reason}") if answer else _("Shown until somebody says: {meaning}")
        shown = how.format(meaning=_(MEANINGS[taken]), reason=answer[1] if answer else "")
        st.caption(plain(" · ".join([*both, shown])))
        new = meant("recent", MEANINGS, taken)
    if new:
        row = {"since": last.since.date().isoformat(), "recent": new[0], "reason": new[1]}
        state.prefer(state.engine(settings.get().database_url), _key(lineage, key), row)
        st.rerun()


def meant(key: str, meanings: Mapping[Meaning, str], taken: Meaning) -> tuple[Meaning, str] | None:
    """What somebody says now that something is, and why; None as long as nobody does."""
    if not access.changes():
        return None
    with st.form(key, border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        options = list(meanings)
        meaning = st.selectbox(_("It is"), options, options.index(taken), format_func=lambda one: _(meanings[one]))
        reason = st.text_input(_("Reason"), max_chars=200)
        sent = st.form_submit_button(_("Remember"), icon=":material/bookmark:")
    if sent and not reason.strip():
        st.warning(_("Say why: without a reason nobody can learn from it later."))
    return (meaning, reason.strip()) if sent and reason.strip() else None


def _key(lineage: str, key: str) -> str:
    return f"recent.{lineage}.{key}"
