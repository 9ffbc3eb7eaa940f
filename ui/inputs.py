"""Inputs whose value is in the URL, so that a link reopens what a colleague saw."""

from collections.abc import Callable, Sequence

import streamlit as st

from ui.text import plain


def pills(label: str, options: Sequence[str], key: str, show: Callable[[str], str] = str) -> list[str]:
    """Pills of which any number can be chosen; the raw options, not their labels, are in the URL under `key`."""
    wanted = st.session_state.get(key, st.query_params.get_all(key))
    st.session_state[key] = [option for option in wanted if option in options]
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
    usual = default if default in options else options[0]
    _settle(key, options, usual)
    chosen = st.selectbox(label, options, format_func=show, key=key, persist_state="session") or usual
    _publish(key, [chosen] if chosen != usual else [])
    return chosen


def view(label: str, options: Sequence[str], key: str, show: Callable[[str], str] = str) -> str:
    """One of a few views from a segmented control without visible label, remembered in the URL under `key`."""
    _settle(key, options, options[0])
    chosen = st.segmented_control(
        label,
        options,
        format_func=lambda option: plain(show(option)),
        key=key,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    chosen = chosen or options[0]
    _publish(key, [chosen] if chosen != options[0] else [])
    return chosen


def _settle(key: str, options: Sequence[str], usual: str) -> None:
    wanted = st.session_state.get(key, st.query_params.get(key))
    st.session_state[key] = wanted if wanted in options else usual


def _publish(key: str, values: list[str]) -> None:
    if st.query_params.get_all(key) == values:
        return
    if values:
        st.query_params[key] = values
    else:
        st.query_params.pop(key, None)
