"""Inputs whose value is in the URL, so that a link reopens what a colleague saw."""

from collections.abc import Callable, Sequence

import streamlit as st

from ui.text import plain


def pills(label: str, options: Sequence[str], key: str, show: Callable[[str], str] = str) -> list[str]:
    """Pills of which any number can be chosen; the raw options, not their labels, are in the URL under `key`."""
    _seed(key, [option for option in st.query_params.get_all(key) if option in options])
    st.session_state[key] = [option for option in st.session_state[key] if option in options]
    chosen = st.pills(
        label,
        options,
        selection_mode="multi",
        format_func=lambda option: plain(show(option)),
        key=key,
        persist_state="session",
    )
    _publish(key, chosen)
    return chosen


def choice(label: str, options: Sequence[str], key: str, show: Callable[[str], str] = str, default: str = "") -> str:
    """One of `options` from a drop-down list, remembered in the URL under `key`."""
    _settle(key, options, default)
    chosen = st.selectbox(label, options, format_func=show, key=key, persist_state="session")
    _publish(key, [] if chosen == (default or options[0]) else [chosen])
    return chosen


def view(label: str, options: Sequence[str], key: str, show: Callable[[str], str]) -> str:
    """One of a few views from a segmented control, remembered in the URL under `key`."""
    _settle(key, options, "")
    chosen = st.segmented_control(
        label, options, format_func=show, key=key, required=True, label_visibility="collapsed", persist_state="session"
    )
    _publish(key, [] if chosen == options[0] else [chosen])
    return chosen


def _seed(key: str, value: object) -> None:
    if key not in st.session_state:
        st.session_state[key] = value


def _settle(key: str, options: Sequence[str], default: str) -> None:
    _seed(key, st.query_params.get(key, ""))
    if st.session_state[key] not in options:
        st.session_state[key] = default or options[0]


def _publish(key: str, values: list[str]) -> None:
    if st.query_params.get_all(key) == values:
        return
    if values:
        st.query_params[key] = values
    else:
        st.query_params.pop(key, None)
