"""Inputs whose value is in the URL, so that a link reopens what a colleague saw."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import TypeVar, cast

import streamlit as st

from locales import Sentence
from models.churn.value import USUAL, Terms
from ui.text import N_, _, plain

AGAINST = {"year": N_("A year earlier"), "before": N_("The days before")}  # what a period is compared with
PERIODS = (4, 13, 52)  # weeks
SOUGHT = 2_000  # options of a list in which can be searched
SAVED = round(100 * USUAL.saved)  # percent of the leavers who are called, as long as no campaign has shown it

T = TypeVar("T", bound=str)


def pills(label: str, options: Sequence[str], key: str, show: Callable[[str], str] = str) -> list[str]:
    """Pills of which any number can be chosen; the raw options, not their labels, are in the URL under `key`."""
    chosen(key, options)
    picked = st.pills(
        label,
        options,
        selection_mode="multi",
        format_func=lambda option: plain(show(option)),
        key=key,
        persist_state="session",
    )
    _publish(key, picked)
    return picked


def choice(label: str, options: Sequence[T], key: str, show: Callable[[T], str] = str, default: str = "") -> T:
    """One of `options` from a drop-down list, remembered in the URL under `key`."""
    usual = next((option for option in options if option == default), options[0])
    _settle(key, options, usual)
    picked = st.selectbox(label, options, format_func=show, key=key, persist_state="session") or usual
    _publish(key, [picked] if picked != usual else [])
    return picked


def named(name: str, code: str) -> str:
    """How a product is called in a list that is searched: its code is said where that is not its name."""
    return name if name == code else f"{name} · {code}"


def sought(label: str, hint: str, options: Mapping[str, str], key: str) -> str | None:
    """One of many options (and how each is called), of which a part of the name can be typed; both are in the URL.

    None, with a sentence, where none is called so.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        word = text(_("Search"), f"{key}.find", hint).lower()
        fits = [one for one, name in options.items() if word in name.lower()][:SOUGHT]
        if fits:
            return choice(label, fits, key, options.__getitem__)
    st.info(_("Nothing is called so: try a shorter part of the name."))
    return None


def several(
    label: str, options: Sequence[str], key: str, show: Callable[[str], str] = str, usual: Sequence[str] = ()
) -> list[str]:
    """Any number of `options` from a drop-down list, for the many that pills would not hold.

    None is all of them; with `usual` ones, those are chosen at first, and none is none.
    """
    if usual and key not in st.session_state and key not in st.query_params:
        st.session_state[key] = list(usual)
    chosen(key, options)
    picked = st.multiselect(
        label,
        options,
        format_func=show,
        key=key,
        placeholder=_("Choose") if usual else _("All"),
        select_all=False,
        persist_state="session",
    )
    _publish(key, picked if picked != list(usual) else [])
    return picked


def text(label: str, key: str, placeholder: str) -> str:
    """A few words, remembered in the URL under `key`."""
    if key not in st.session_state:
        st.session_state[key] = st.query_params.get(key, "")
    typed = st.text_input(label, key=key, placeholder=placeholder, max_chars=100, persist_state="session").strip()
    _publish(key, [typed] if typed else [])
    return typed


def period(label: str, key: str, first: date, last: date) -> tuple[date, date]:
    """The first and last day of a part of the days from `first` to `last`: the latest weeks, all, or two dates.

    The usual one is the longest that leaves as many days before it to compare with. While only one of two dates is
    chosen, it is that day.
    """
    length = (last - first).days + 1
    weeks = [f"{count}w" for count in PERIODS if 7 * count < length]
    usual = next((option for option in reversed(weeks) if 14 * int(option[:-1]) <= length), "all")
    named = {"all": _("All days"), "dates": _("Two dates")}
    named |= {option: _("Last {count} weeks").format(count=option[:-1]) for option in weeks}
    picked = choice(label, [*weeks, "all", "dates"], key, named.__getitem__, default=usual)
    if picked != "dates":
        return first if picked == "all" else last - timedelta(days=7 * int(picked[:-1]) - 1), last
    dates = f"{key}.dates"
    wanted = st.session_state.get(dates) or _dates(st.query_params.get_all(dates))
    if not wanted or dates not in st.session_state or not first <= wanted[0] <= wanted[-1] <= last:
        inside = wanted and first <= wanted[0] <= wanted[-1] <= last
        st.session_state[dates] = wanted if inside else (max(first, last - timedelta(days=27)), last)
    given = st.date_input(
        _("First and last day"),
        min_value=first,
        max_value=last,
        key=dates,
        format="DD/MM/YYYY",
        width=250,
        persist_state="session",
    )
    ends = cast(tuple[date, ...], given) or (first, last)  # a range, as the value in the session state is
    _publish(dates, [end.isoformat() for end in ends])
    return ends[0], ends[-1]


def day(label: str, key: str, usual: date, first: date, last: date) -> date:
    """A day between two others, remembered in the URL under `key`."""
    if key not in st.session_state or not first <= st.session_state[key] <= last:
        wanted = _dates(st.query_params.get_all(key))
        st.session_state[key] = wanted[0] if wanted and first <= wanted[0] <= last else usual
    picked = st.date_input(
        label, min_value=first, max_value=last, key=key, format="DD/MM/YYYY", width=250, persist_state="session"
    )
    _publish(key, [picked.isoformat()] if picked != usual else [])
    return picked


def span(label: str, key: str, first: date, last: date) -> tuple[date, date]:
    """The first and last day of a part of the days from `first` to `last`, on a slider; in the URL under `key`."""
    wanted = st.session_state.get(key) or _dates(st.query_params.get_all(key))
    inside = len(wanted) == 2 and first <= wanted[0] < wanted[1] <= last
    if not inside or key not in st.session_state:
        st.session_state[key] = tuple(wanted) if inside else (first, last)
    picked = st.slider(label, first, last, key=key, format="DD/MM/YYYY", persist_state="session")
    start, end = cast(tuple[date, date], picked)  # a range, as the value in the session state is
    _publish(key, [start.isoformat(), end.isoformat()] if (start, end) != (first, last) else [])
    return start, end


def toggle(label: str, key: str) -> bool:
    """A switch that is off at first, remembered in the URL under `key`."""
    if key not in st.session_state:
        st.session_state[key] = st.query_params.get(key) == "1"
    on = st.toggle(label, key=key, persist_state="session")
    _publish(key, ["1"] if on else [])
    return on


def _dates(texts: list[str]) -> tuple[date, ...]:
    try:
        return tuple(map(date.fromisoformat, texts[:2]))
    except ValueError:
        return ()


def view(label: str, options: Sequence[T], key: str, show: Callable[[T], str] = str) -> T:
    """One of a few views from a segmented control without visible label, remembered in the URL under `key`."""
    _settle(key, options, options[0])
    picked = st.segmented_control(
        label,
        options,
        format_func=lambda option: plain(show(option)),
        key=key,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    picked = picked or options[0]
    _publish(key, [picked] if picked != options[0] else [])
    return picked


def chosen(key: str, options: Sequence[str]) -> list[str]:
    """What is chosen in `pills`, also while they are not shown."""
    wanted = st.session_state.get(key, st.query_params.get_all(key))
    known = [option for option in wanted if option in options]
    if st.session_state.get(key) != known:  # a value set is sent again, so only where it has to be
        st.session_state[key] = known
    return known


def _settle(key: str, options: Sequence[str], usual: str) -> None:
    wanted = st.session_state.get(key, st.query_params.get(key))
    if wanted not in options or key not in st.session_state:
        st.session_state[key] = wanted if wanted in options else usual


def _publish(key: str, values: list[str]) -> None:
    if st.query_params.get_all(key) == values:
        return
    if values:
        st.query_params[key] = values
    else:
        st.query_params.pop(key, None)


def number(label: str, key: str, usual: float, least: float, most: float) -> float:
    """A number between `least` and `most`, remembered in the URL under `key`."""
    _settle_number(key, float(usual), least, most)
    value = st.number_input(
        label, float(least), float(most), key=key, step=_step(usual), format="%g", persist_state="session"
    )
    return _publish_number(key, value, usual)


def slider(label: str, key: str, usual: float, least: float, most: float) -> float:
    """A whole number between `least` and `most` on a slider, remembered in the URL under `key`."""
    _settle_number(key, int(usual), least, most)
    value = st.slider(label, int(least), int(most), key=key, persist_state="session")
    return _publish_number(key, value, usual)


def attempt(do: Callable[[], object]) -> None:
    """Do what a form asks for and run the page again, or say why it cannot be done."""
    try:
        do()
    except Sentence as refused:
        st.warning(plain(refused.sentence()), icon=":material/block:")
    else:
        st.rerun()


def offer_terms(currency: str, usual: int = SAVED) -> Terms:
    """Inputs, side by side: value of a customer, cost of an offer, share of leavers it saves (percent, `usual` at
    first). Shared by all pages."""
    worth = number(_("Value of a customer kept ({currency})").format(currency=currency), "value", USUAL.value, 0, 1e6)
    offer = number(_("Cost of an offer ({currency})").format(currency=currency), "offer", USUAL.offer, 0, 1e5)
    saved = number(_("Leavers saved by a call (%)"), "saved", usual, 0, 100)
    return Terms(worth, offer, saved / 100)


def _settle_number(key: str, usual: float, least: float, most: float) -> None:
    if key in st.session_state:
        return
    try:
        wanted = type(usual)(st.query_params.get(key, usual))
    except ValueError:
        wanted = usual
    st.session_state[key] = wanted if least <= wanted <= most else usual


def _publish_number(key: str, value: float, usual: float) -> float:
    _publish(key, [f"{value:g}"] if value != usual else [])
    return value


def _step(usual: float) -> float:
    return 10.0 if usual >= 100 else 5.0 if usual >= 20 else 1.0
