"""The parts every page is made of: title and provenance, metric cards, figures in a frame."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import locales
from charts.shown import Shown
from data.dataset import ASSUMED, Finding, Kind, Table
from data.tables import Stored
from locales import labels
from ui import access, downloads, keep
from ui.text import N_, _, is_dark, ngettext, part, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure


METRIC_LENGTH = 11
EXAMPLES = 3  # of a finding that are shown
FINDINGS_SHOWN = 6
TABLES: dict[Table, str] = {"customers": N_("Customers"), "sales": N_("Sales"), "covid": N_("COVID-19")}
KINDS: dict[Kind, str] = {"demo": N_("simulated"), "download": N_("downloaded"), "upload": N_("uploaded")}


def provenance(stored: Stored) -> str:
    """One line of Markdown: a dataset's name ("demo" in it where it is simulated), size, age and licence."""
    rows = stored.rows[stored.table]
    icon = "science" if stored.origin.kind == "demo" else "database"
    parts = [
        f":material/{icon}: {_(TABLES[stored.table])}",
        f"**{plain(_(stored.origin.name))}**",
        ngettext("{rows} row", "{rows} rows", rows).format(rows=locales.number(rows)),
        _("stored {age}").format(age=locales.age(stored.stored, datetime.now(UTC))),
    ]
    if stored.origin.licence:
        parts.append(plain(_(stored.origin.licence)))
    if assumed := (stored.origin.readings or {}).get(ASSUMED):
        parts.append(_("{currency}, as the file does not say its currency").format(currency=assumed))
    return " · ".join(parts)


def head(title: str, question: str, *shown: Stored) -> DeltaGenerator:
    """A page's title, the question it answers, and the data it answers from; more captions may go into their row."""
    with st.container(gap="xsmall"):
        st.title(title, anchor=False)
        st.markdown(question)
        row = st.container(horizontal=True, gap="small")
    for stored in shown:
        row.caption(provenance(stored), width="content")
    return row


@dataclass(frozen=True)
class Trend:
    """How a metric got where it is: `values` over time, and the `change` as written (see `locales.signed`).

    No `change` where there is nothing to compare with. `better` says which way is good news.
    """

    values: list[float]
    change: str | None
    better: Literal["up", "down"] = "up"


def metrics(cards: list[tuple[str, str, str]], trends: Sequence[Trend] = ()) -> None:
    """A row of metric cards: label, value as text, and a caption that says what the value means.

    With `trends`, one for each card, a card also has a sparkline and its change.
    """
    with st.grid(len(cards), min_column_width=150):
        for (label, value, meaning), trend in zip_longest(cards, trends):
            with st.container(border=True, height="stretch", gap=None):
                st.markdown(f":small[{label}]")  # wraps, where the metric's own label is cut off
                if trend:
                    flat = (trend.change or "±").startswith("±")
                    st.metric(
                        label,
                        value,
                        trend.change and trend.change.replace("−", "-"),  # the hyphen is how it knows a fall
                        delta_color="off" if flat else "normal" if trend.better == "up" else "inverse",
                        delta_arrow="off" if flat else "auto",
                        chart_data=trend.values,
                        chart_type="area",
                        label_visibility="collapsed",
                    )
                elif len(value) <= METRIC_LENGTH:
                    st.metric(label, value, label_visibility="collapsed")
                else:  # too long for large print
                    st.markdown(f"**{plain(value)}**")
                st.caption(meaning)


def figure(
    drawn: "go.Figure | Figure",
    name: str,
    table: pd.DataFrame | None = None,
    on_select: Callable[[], None] | None = None,
    key: str | None = None,
    box: bool = False,
    note: str = "",
) -> None:
    """A figure in a frame under its finding, with a menu that saves it, and the `table` behind it, as files.

    `name` is the stem of the files and the key of the frame. `on_select` is called when the reader clicks in a
    plotly figure; the selection is then in the session state under `key`;
    with `box` they may also drag over points. A `note` stands below it.
    """
    card = f"card-{name}"
    title = _take_title(drawn)
    with st.container(border=True, height="stretch", key=card):
        with st.container(horizontal=True, vertical_alignment="top", wrap=False):
            st.markdown(f"**{plain(title)}**", width="stretch")
            with st.container(width="content"):
                _menu(drawn, name, title, table)
        if isinstance(drawn, go.Figure):
            if on_select:  # said at once what Streamlit says after the first drawing, which then is drawn again
                drawn.update_layout(clickmode="event+select", hovermode="closest", dragmode="pan")
            st.plotly_chart(
                Shown(drawn, is_dark()),
                theme=None,
                key=key or f"chart-{name}",
                on_select=on_select or "ignore",
                selection_mode=("points", "box") if box else "points",
                config={"displayModeBar": False, "topojsonURL": "assets/"},  # maps work without a network
                alt=title,
            )
        else:
            st.image(_svg(drawn), width="stretch", alt=title)
        if note:
            st.caption(plain(note))


@part
def _menu(drawn: "go.Figure | Figure", name: str, title: str, table: pd.DataFrame | None) -> None:
    """What can be saved, filled in when it is opened: closed menus would be half of what a page sends."""
    menu = st.popover(
        "",
        icon=":material/download:",
        type="tertiary",
        help=_("Save or keep this figure or its table"),
        key=f"menu-{name}",
        on_change="rerun",
    )
    if menu.open:
        with menu:
            st.caption(_("Figure"))
            downloads.figure(drawn, name, title, f"card-{name}")
            if table is not None:
                st.caption(_("Table"))
                downloads.table(table, name)
            if isinstance(drawn, go.Figure) and access.changes():
                st.caption(_("Keep it on a board, as it is now"))
                keep.offered(name, lambda own: keep.picture(drawn, own or title, table))


def _take_title(drawn: "go.Figure | Figure") -> str:
    """Take the title out of the drawing: above it, it wraps and is read aloud. It is left in a drawing shown before."""
    if isinstance(drawn, go.Figure):
        if drawn.layout.title.text:
            drawn.layout.meta = drawn.layout.title.text  # first, as several sessions may show one drawing
            drawn.layout.title.text = None
        return str(drawn.layout.meta)
    if drawn.get_suptitle():
        drawn.set_label(drawn.get_suptitle())
        drawn.suptitle("")
    return str(drawn.get_label())


@lru_cache(maxsize=8)
def _svg(drawn: "Figure") -> str:
    """A matplotlib figure as SVG, made once for a drawing that is shown again."""
    return downloads.saved(drawn, "svg").decode()


def findings(found: Iterable[Finding]) -> None:
    """Findings as sentences, those that call for care first, the many behind the first ones folded away."""
    ordered = sorted(found, key=lambda one: ["error", "warning", "info"].index(one.severity))
    _sentences(ordered[:FINDINGS_SHOWN])
    if more := ordered[FINDINGS_SHOWN:]:
        with st.expander(_("{count} more").format(count=locales.number(len(more)))):
            _sentences(more)


def labelled(finding: Finding) -> Finding:
    """A finding about a column of a table, which it calls as readers do; those about files call theirs as the file."""
    column = finding.values.get("column")
    return finding if column is None else replace(finding, values={**finding.values, "column": labels.label(column)})


def _sentences(found: list[Finding]) -> None:
    for finding in found:
        days = {name: locales.day(day) for name, day in finding.days.items()}
        values = {**finding.values, **days, "rows": locales.number(finding.rows)}
        where = [re.sub(r"^row (\d+)", _row, example) for example in finding.examples]
        shown = where[:EXAMPLES]
        if (more := max(len(where), finding.rows) - len(shown)) > 0:
            shown.append(_("and {count} more").format(count=locales.number(more)))
        examples = f" ({'; '.join(shown)})" if where else ""
        message = finding.one if finding.one and finding.rows == 1 else finding.message
        st.markdown(f":material/{finding.severity}: {plain(_(message).format(**values) + examples)}")


def _row(found: re.Match[str]) -> str:
    return _("row {number}").format(number=found[1])


def money(label: str, amount: float | None, currency: str, meaning: str) -> list[tuple[str, str, str]]:
    """A metric card with an amount of money, or none where the data have no such column."""
    return [] if amount is None else [(label, locales.money(amount, currency), meaning)]


def pointer(sentence: str, page: str, action: str, query: dict[str, str] | None = None) -> None:
    """A sentence that asks for a look, with a link to the page (and its filters) where to look."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(plain(sentence), width="stretch")
        access.link(page, action, "arrow_forward", query)
