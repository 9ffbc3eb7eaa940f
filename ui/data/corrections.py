"""What could be corrected in a dataset, before and after; corrected with a name and a reason, and taken back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

import locales
import settings
from data import checks, rules, tables
from data.quality import KEYS
from data.tables import Stored
from locales import Sentence
from locales.labels import label
from models.quality import corrections, repair
from models.quality.corrections import Correction
from ui import access, answers, database, downloads
from ui.text import N_, _, plain

KEY = "mend."
SHOWN, FIRST = 500, 20  # cells of a correction, and corrections, that are shown
TITLES = {
    "spelling": N_("{column}: {count} values with other capitals, accents or blanks than usual ({rows} rows)"),
    "typo": N_("{column}: {count} values with a slip in a word ({rows} rows)"),
    "dates": N_("{column}: day and month were probably swapped ({rows} rows)"),
    "factor": N_("{column}: probably {factor} times what was meant ({rows} rows)"),
    "sign": N_("{column}: returns with the sign of a sale ({rows} rows)"),
    "twice": N_("Lines that were probably brought in twice ({rows} rows)"),
    "price": N_("{column}: prices far from the usual one of the product ({rows} rows)"),
}
WHY = {
    "spelling": N_("They differ from a value that is far more usual in nothing else."),
    "typo": N_("The product is called otherwise by its other lines, or one that is far more usual differs by a slip."),
    "dates": N_("The invoices with numbers before and after are of the other day, or the day is still to come."),
    "factor": N_("The product’s lines around have the price that is put in its place."),
    "sign": N_("Nearly all other returns are negative."),
    "twice": N_("Every line of these invoices is there as often: the later ones are left out."),
    "price": N_("The product never had this price otherwise, and the lines before and after all have one other."),
}
CONTEXT = ("timestamp", "product", "description", "store", "customer", "invoice", "quantity", "unit_price")


def view(stored: Stored) -> None:
    """What could be corrected, one pattern of mistake each."""
    found: list[Correction] = answers.ready(
        f"corrections {stored.version}", "look through", lambda _step: _Found(stored)
    ).found
    if not found:
        st.caption(_("Nothing is plainly wrong: what is not sure is left alone."))
    for number, one in enumerate(found[:FIRST]):
        _one(stored, one, number)
    if (more := len(found) - FIRST) > 0:
        st.caption(_("{count} more: correct these first.").format(count=locales.number(more)))
    _done(stored)


class _Found:
    """The corrections of a version: a list of none is an answer, too."""

    def __init__(self, stored: Stored) -> None:
        now = datetime.now(UTC)
        self.found = corrections.find(stored.table, tables.read(stored), now) if stored.table in KEYS else []


def title(kind: str, column: str, values: dict[str, str], rows: int) -> str:
    """A correction in words."""
    return _(TITLES[kind]).format(column=label(column), rows=locales.number(rows), **values)


def _one(stored: Stored, found: Correction, number: int) -> None:
    part = st.expander(
        plain(title(found.kind, found.column, found.values, len(found.cells))),
        key=f"{KEY}{stored.version}-{number}",
        on_change="rerun",
        icon=":material/healing:",
    )
    if not part.open:
        return
    with part:
        st.caption(_(WHY[found.kind]))
        chosen = _chosen(stored, found, number)
        with st.form(f"{KEY}form-{number}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            by = access.name(_("Your name"), f"{KEY}by-{number}")
            reason = st.text_input(_("Why"), key=f"{KEY}why-{number}", max_chars=rules.MAX_REASON)
            text = _("Correct {count} rows").format(count=locales.number(len(chosen)))
            asked = st.form_submit_button(text, type="primary", icon=":material/check:", disabled=not len(chosen))
    if asked:
        _apply(stored, replace(found, cells=chosen), by, reason)


def _chosen(stored: Stored, found: Correction, number: int) -> pd.DataFrame:
    """The cells that are to be corrected: all but those that somebody unticks, which can be done for the first ones."""
    cells = found.cells
    shown = cells.head(SHOWN)
    context = _context(stored, tuple(shown["key"]), found.column)
    table = pd.DataFrame({_("Correct"): True, "key": shown["key"].to_numpy()})
    if found.kind != "twice":
        table[_("Before")], table[_("After")] = shown["old"].to_numpy(), shown["new"].to_numpy()
    table = table.merge(context, on="key", how="left").rename(columns={"key": KEYS[stored.table]})
    edited = st.data_editor(
        table,
        hide_index=True,
        height="content" if len(table) < 8 else 280,
        key=f"{KEY}cells-{stored.version}-{number}",
        disabled=[name for name in table if name != _("Correct")],
        column_config={name: label(str(name)) for name in table if name != _("Correct")},
        placeholder="–",
    )
    if len(cells) > SHOWN:
        st.caption(_("These are the first {count}; all are corrected.").format(count=locales.number(SHOWN)))
    downloads.table(cells.rename(columns={"old": _("Before"), "new": _("After")}), f"correct_{found.kind}")
    left = shown["key"].to_numpy()[~edited[_("Correct")].to_numpy(bool)]
    return cells[~cells["key"].isin(left)]


@st.cache_data(max_entries=20, show_spinner=False)
def _rows_of(version: str, keys: tuple[str, ...], column: str, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    key = KEYS[_stored.table]
    columns = [one for one in CONTEXT if one in _stored.columns[_stored.table] and one != column]
    found = tables.read(_stored, columns=[key, *columns], rows=tables.among(key, list(keys)))
    return found.rename(columns={key: "key"})


def _context(stored: Stored, keys: tuple[str, ...], column: str) -> pd.DataFrame:
    return _rows_of(stored.version, keys, column, stored)


def _apply(stored: Stored, chosen: Correction, by: str, reason: str) -> None:
    home, now = settings.get().home, datetime.now(UTC)
    try:
        repair.apply(database.engine(), home, stored, chosen, by, reason, now)
    except Sentence as error:
        st.warning(plain(error.sentence()), icon=":material/block:")
        return
    st.session_state["done"] = [_("Corrected. The pages now show this; it can be taken back below.")]
    st.rerun()


def _done(stored: Stored) -> None:
    """What was corrected, by whom and why, each to be taken back."""
    steps: Sequence[dict[str, Any]] = checks.steps(database.engine(), stored.lineage)
    if not steps:
        return
    st.markdown("**" + _("Corrected before") + "**")
    for step in steps:
        content = step["content"]
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap=None, width="stretch"):
                st.markdown(plain(title(content["kind"], content["column"], content["values"], step["rows"])))
                said = _("{day}, by {name}: {reason}").format(
                    day=locales.moment(step["done"]), name=step["by"], reason=step["reason"]
                )
                if step["undone"]:
                    text = _("taken back on {day}, by {name}")
                    said += " · " + text.format(day=locales.moment(step["undone"]), name=step["undone_by"])
                st.caption(plain(said))
            if not step["undone"]:
                st.button(
                    _("Take back"), key=f"{KEY}back-{step['step']}", on_click=_back, args=(stored, step),
                    icon=":material/undo:",
                )  # fmt: skip


def _back(stored: Stored, step: dict[str, Any]) -> None:
    by = str(st.session_state.get(KEY + "by") or "").strip() or _("somebody")
    try:
        repair.undo(database.engine(), settings.get().home, stored, step, by, datetime.now(UTC))
    except Sentence as error:
        st.session_state["failed"] = (error.sentence(), None)
        return
    st.session_state["done"] = [_("What was corrected is taken back.")]
