"""What a file was taken for, before anything is kept: rows, period, totals by month; and what else it could be."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import streamlit as st

import locales
from connectors import (
    ConnectorError,
    across,
    blanks,
    calendars,
    costs,
    dates,
    files,
    kinds,
    lines,
    minus,
    money,
    moves,
    narrow,
    numbers,
    outcomes,
    reductions,
    scales,
    shape,
    statuses,
    totals,
    wide,
)
from data import schemas
from data.dataset import ASSUMED, Dataset, Reading, Table
from ui import cards
from ui.text import N_, _, ngettext, plain

LOOKED_AT = 200_000  # rows: of a longer file these are shown, and all of them are checked when it is used
MONTHS = 60  # shown
MIN_DATES = 4  # dates that show a step
WORDS = {
    dates.DAY_FIRST: N_("day first"), dates.MONTH_FIRST: N_("month first"), dates.YEAR_FIRST: N_("year first"),
    dates.SWAPPED: N_("days and months were swapped"), dates.AS_WRITTEN: N_("as they stand"),
    numbers.POINT: N_("decimal point"), numbers.COMMA: N_("decimal comma"),
    money.AMOUNT: N_("total of the line"), money.PRICE: N_("price of one unit"), money.QUANTITY: N_("units"),
    lines.NO_UNITS: N_("one unit a line"), totals.TOGETHER: N_("all of them together"),
    totals.NO_MONEY: N_("no money"),
    moves.LEAST: N_("the least that is possible"), moves.CORRECTED: N_("adjustment"), "receipt": N_("receipt"),
    "sale": N_("sale"), "return": N_("return"), "count": N_("count"), "order": N_("order"),
    lines.COUNTS: N_("the total counts"), lines.PRODUCT: N_("quantity × price counts"),
    lines.GIVEN: N_("the rates given here"), lines.ECB: N_("the European Central Bank's rate of each day"),
    scales.MONTHS: N_("in months"), scales.YEARS: N_("in years"), scales.WEEKS: N_("in weeks"),
    scales.DAYS: N_("in days"), scales.NEWEST: N_("the newest day of the file"),
    scales.MONTHLY: N_("each month"), scales.QUARTERLY: N_("each quarter"), scales.YEARLY: N_("each year"),
    scales.TODAY: N_("the day it is brought in"),
    scales.PLAIN: N_("as they stand"), scales.HUNDREDTHS: N_("hundredths"), scales.THOUSANDS: N_("thousands"),
    scales.MILLIONS: N_("millions"), statuses.OFF: N_("taken off"), statuses.ADDED: N_("added like sales"),
    blanks.FILLED: N_("as in the row above"), minus.SOLD: N_("units sold, which left the stock"),
    minus.CAME_BACK: N_("units that came back"),
    lines.TAKEN_OFF: N_("taken off the price"), lines.INCLUDED: N_("in the price already"),
    f"{reductions.LINE}, {reductions.PAID}": N_("money off a line, in what was paid already"),
    f"{reductions.LINE}, {reductions.DUE}": N_("money off a line, still to be taken off"),
    f"{reductions.UNIT}, {reductions.PAID}": N_("money off each unit, in what was paid already"),
    f"{reductions.UNIT}, {reductions.DUE}": N_("money off each unit, still to be taken off"),
    f"{reductions.PERCENT}, {reductions.PAID}": N_("a percentage, in what was paid already"),
    f"{reductions.PERCENT}, {reductions.DUE}": N_("a percentage, still to be taken off"),
    f"{reductions.SHARE}, {reductions.PAID}": N_("a share, in what was paid already"),
    f"{reductions.SHARE}, {reductions.DUE}": N_("a share, still to be taken off"),
    reductions.NONE: N_("no reduction"), reductions.TAKEN: N_("what selling costs"),
    reductions.ADDED: N_("paid by customers"), reductions.OUT: N_("not counted"),
    reductions.IN: N_("left in the totals"), reductions.APART: N_("taken out of the totals"),
    reductions.WHOLE: N_("all of those lines came back"),
    costs.LINE: N_("of the line"), lines.ONE_ORDER: N_("of the order"), costs.UNIT: N_("of a unit"),
    "shipping": N_("shipping"), "fee": N_("fees"), "discount": N_("discounts"), "adjustment": N_("adjustments"),
    kinds.GOODS: N_("goods"),
    wide.TURNED: N_("a row each"), narrow.TURNED: N_("a column each"), across.BETWEEN: N_("the middle of both"),
    calendars.EVERY: N_("all of them"),
    outcomes.UNKNOWN: N_("not known"), outcomes.HERE: N_("still here"), outcomes.GONE: N_("left"),
    shape.KEPT: N_("kept"), shape.LEFT_OUT: N_("left out"), shape.NONE: N_("no header"),
    files.JOINED: N_("all with these columns"), files.ALL: N_("all sheets"),
    calendars.CLOSED: N_("closed"), calendars.OPEN: N_("open"), calendars.HOLIDAY: N_("bank holiday"),
    calendars.EVENT: N_("event"), calendars.PROMOTION: N_("promotion"),
    "serial numbers": N_("serial numbers of a spreadsheet"), "years": N_("years"), "months": N_("months"),
    "seconds since 1970": N_("seconds since 1970"), "milliseconds since 1970": N_("milliseconds since 1970"),
    "short years": N_("years of two digits"), "Buddhist years": N_("Buddhist years"),
    "the first day of each span": N_("the first day of each span"),
    **dict(zip(dates.BEGINS, (N_("begins in January"), N_("begins in April"), N_("begins in July"),
                              N_("begins in October")), strict=True)),
}  # fmt: skip


def chosen(file: str) -> dict[str, str]:
    """What somebody chose about the readings of a file so far (key -> chosen)."""
    return dict(st.session_state.get(f"readings {file}", {}))


def choose(file: str, readings: tuple[Reading, ...]) -> None:
    """A line for each reading, with what else it could be in one click; those that are open first."""
    for reading in sorted(readings, key=lambda one: not one.open):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            icon = ":material/help:" if reading.open else ":material/check:"
            st.markdown(f"{icon} {plain(sentence(reading))}", width="content")
            if len(reading.options) > 1:
                key = f"read {file} {reading.key}"
                st.pills(
                    plain(sentence(reading)), reading.options, label_visibility="collapsed", key=key,
                    default=None if reading.open else reading.chosen, on_change=_choose, args=(file, reading.key, key),
                    format_func=lambda option, reading=reading: _word(option, reading),
                )  # fmt: skip
        if reading.key == lines.CURRENCY and chosen(file).get(lines.RATES) != lines.ECB:
            _rates(file, reading)


def sentence(reading: Reading) -> str:
    """A reading as a sentence; an open one asks."""
    said = dict(reading.values)
    said |= {name: locales.day(date.fromisoformat(said[name])) for name in ("first", "last") if name in said}
    said |= {name: _(WORDS[said[name]]) for name in ("chosen",) if said.get(name) in WORDS}
    for name in ("sum", "most"):  # as their column was read: 12,345.6
        if name in said:
            number = float(said[name].replace(",", ""))
            said[name] = locales.number(number, 0 if number.is_integer() else 2)
    told = _(reading.message).format(**said)
    if len(reading.options) == 1 and reading.chosen in WORDS:
        return f"{told} ({_(WORDS[reading.chosen])})"
    return _("Which is it? {matter}").format(matter=told) if reading.open else told


def shown(table: Table, raw: files.Raw, key: str, make: Callable[[files.Raw, datetime], Dataset]) -> Dataset | None:
    """The dataset that would be kept, in a few figures; None, with a sentence, where it cannot be made."""
    part = files.head(replace(raw, parts=None), LOOKED_AT)
    try:
        made = _made(f"{table} {key}", part, make)
    except ConnectorError as error:
        st.warning(plain(error.sentence()), icon=":material/block:")
        return None
    st.markdown(_("**What was understood**"))
    if raw.parts:
        sentence = _("Estimated (≈) by {rows} rows spread over all {whole}; all are checked when the file is used.")
        many = {"rows": locales.number(len(part.frame)), "whole": locales.number(raw.rows)}
        st.caption(sentence.format(**many))
    elif len(part.frame) < len(raw.frame):
        st.caption(
            _("Of the first {rows} rows; all are checked when the file is used.").format(rows=locales.number(LOOKED_AT))
        )
    frame = made.main
    if table == "customers":
        known = int(frame["churned"].notna().sum())
        left = int(frame["churned"].fillna(False).sum())
        share = locales.percent(left / known, 1) if known else "–"
        of = _("{left} of {known} whose outcome is known").format(
            left=locales.number(left), known=locales.number(known)
        )
        cards.metrics([(_("Customers"), locales.number(len(frame)), _("rows")), (_("Left"), share, of)])
        return made
    _sales(made, raw.rows / len(part.frame) if raw.parts else 1.0)
    return made


def _sales(made: Dataset, times: float) -> None:
    """The figures of sales; where only some rows are here, those of all, so many `times` as many."""
    frame, currency = made.main, made.origin.currency or ""
    about = "" if times == 1 else "≈ "
    first, last = frame["timestamp"].min(), frame["timestamp"].max()
    products = int(frame["product"].nunique())
    stamps = pd.DatetimeIndex(frame["timestamp"].dt.normalize().unique())
    days, step = len(stamps), _step(stamps)
    span = f"{locales.day(first)} – {locales.day(last)}"
    amounts, units = schemas.amounts(frame), frame["quantity"]
    total = about + locales.money(float(amounts.sum()) * times, currency) if amounts.notna().any() else _("not known")
    many = about + locales.number(float(units.sum()) * times) if units.notna().any() else _("not known")
    assumed = ASSUMED in (made.origin.readings or {}) and amounts.notna().any()
    paid = _("in a currency that is assumed: the file names none") if assumed else _("all lines together")
    kinds = ngettext("{count} product", "{count} products", products).format(count=locales.number(products))
    cards.metrics(
        [
            (_("Rows"), about + locales.number(round(len(frame) * times)), kinds),
            (_("Period"), span, {
                "day": ngettext("{count} day with sales", "{count} days with sales", days),
                "week": ngettext("{count} week with sales", "{count} weeks with sales", days),
                "month": ngettext("{count} month with sales", "{count} months with sales", days),
                "year": ngettext("{count} year with sales", "{count} years with sales", days),
            }[step].format(count=locales.number(days))),
            (_("Money"), total, paid),
            (_("Units"), many, _("all lines together")),
        ]
    )  # fmt: skip
    measure = amounts if amounts.notna().any() else units
    months = measure.groupby(frame["timestamp"].dt.to_period("M")).sum() * times
    months = (
        months.reindex(pd.period_range(months.index.min(), months.index.max(), freq="M"), fill_value=0)
        .tail(MONTHS)
        .round(2)
    )
    label = _("Money") if amounts.notna().any() else _("Units")
    st.dataframe(
        pd.DataFrame({_("Month"): [locales.month(one) for one in months.index.to_timestamp()], label: months.array}),
        hide_index=True, height=min(38 + 35 * len(months), 250),
        column_config={
            label: st.column_config.ProgressColumn(
                format="localized", min_value=0, max_value=max(float(months.max()), 1.0)
            )
        }, placeholder="–",
    )  # fmt: skip


def _step(stamps: pd.DatetimeIndex) -> str:
    """What the dates of a table are apart: a day, or where none are closer a week, a month, a year."""
    if len(stamps) < MIN_DATES:
        return "day"
    least = int(np.diff(np.sort(stamps.to_numpy("datetime64[D]"))).astype(int).min())
    return next(name for name, days in (("year", 360), ("month", 28), ("week", 7), ("day", 0)) if least >= days)


@st.cache_resource(max_entries=4, ttl=1800, show_spinner=False)
def _made(key: str, _raw: files.Raw, _make: Callable[[files.Raw, datetime], Dataset]) -> Dataset:  # noqa: ARG001
    return _make(_raw, datetime.now(UTC))


def _choose(file: str, key: str, widget: str) -> None:
    told = chosen(file)
    if (option := st.session_state[widget]) is None:
        told.pop(key, None)
    else:
        told[key] = option
    st.session_state[f"readings {file}"] = told


def _rates(file: str, reading: Reading) -> None:
    """What others of several currencies are worth in the chosen one; 0 leaves their lines out."""
    with st.container(horizontal=True):
        for code in reading.options:
            if code != reading.chosen:
                key = f"rate {file} {code} {reading.chosen}"
                label = _("1 {code} in {chosen} (0: left out)").format(code=code, chosen=reading.chosen)
                st.number_input(label, 0.0, value=0.0, format="%.4f", key=key, on_change=_rate, args=(file, code, key))


def _rate(file: str, code: str, widget: str) -> None:
    rate = st.session_state[widget]
    told: Mapping[str, str] = {name: one for name, one in chosen(file).items() if name != f"rate:{code}"}
    st.session_state[f"readings {file}"] = {**told, **({f"rate:{code}": repr(rate)} if rate else {})}


def _word(option: str, reading: Reading) -> str:
    if reading.key == shape.HEADER and option != shape.NONE:
        return _("row {number}").format(number=option)
    return _(WORDS[option]) if option in WORDS else plain(option)
