"""What a dataset goes on from: found by its customers or days, said on the page, and for the analyst to decide."""

import streamlit as st

import locales
import settings
from data import lineage, tables
from data.dataset import Table
from data.tables import Stored
from ui.text import N_, _, plain

FOUND, NOTHING = "found", "nothing"
WAYS = {FOUND: N_("what Vigie finds: the same customers, or the same days"), NOTHING: N_("nothing: it is new")}


def choose(table: Table, content: str) -> str:
    """The lineage that a file of this `content` (a hash) gets; "" to find it. Asked where there is a choice."""
    newest: dict[str, Stored] = {}
    for kept in tables.stored(settings.get().home, table):
        newest.setdefault(kept.lineage, kept)
    if not newest or table not in lineage.NEEDED:
        return ""
    chosen = st.selectbox(
        _("Its models go on from"),
        [*WAYS, *newest],
        format_func=lambda option: _(WAYS[option]) if option in WAYS else _named(newest[option]),
        help=_("A dataset that goes on from another one keeps its models, and what they are compared with."),
        key=f"continues-{table}-{content}",
    )
    return {FOUND: "", NOTHING: f"own {content}"}.get(chosen, chosen)


def said(stored: Stored) -> None:
    """A line on what the dataset goes on from, where it may go on from any."""
    if stored.table not in lineage.NEEDED:
        return
    before = [one for one in tables.stored(settings.get().home, stored.table) if one.lineage == stored.lineage]
    others = list(dict.fromkeys(_named(one) for one in before if one.version != stored.version))
    sentence = _("It shares its models with {others}.") if others else _("It has models of its own.")
    st.caption(plain(sentence.format(others=", ".join(others))))


def _named(stored: Stored) -> str:
    return f"{_(stored.origin.name)} ({locales.day(stored.stored)})"
