"""The visitor's language, and text from outside made safe to show."""

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

import locales
from locales import LANGUAGES, N_, _, ngettext

P = ParamSpec("P")
__all__ = ["LANGUAGES", "N_", "_", "follow_theme", "is_dark", "language_switch", "ngettext", "part", "plain"]


def _session_language() -> str:
    return str(st.session_state.get("lang", "en")) if get_script_run_ctx(suppress_warning=True) else "en"


locales.follow(_session_language)


def language_switch() -> None:
    """The English / French switch. The choice is in the URL (`?lang=fr`), first set from the browser's language."""
    if "lang" not in st.session_state:
        asked = st.query_params.get("lang", (st.context.locale or "en")[:2])
        st.session_state.lang = asked if asked in LANGUAGES else "en"
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key="lang",
        required=True,
        label_visibility="collapsed",
    )
    if st.query_params.get("lang") != st.session_state.lang:
        st.query_params["lang"] = st.session_state.lang


def part(shown: Callable[P, None]) -> Callable[P, None]:
    """A part of a page that is run and painted again by itself (`st.fragment`), all of it in a language asked for once.

    Asking the session for every word and number is a twentieth of what such a run costs.
    """

    @st.fragment
    @wraps(shown)
    def again(*args: P.args, **kwargs: P.kwargs) -> None:
        with locales.using(locales.language()):
            shown(*args, **kwargs)

    return again


def plain(text: object) -> str:
    """`text` with every character that Markdown would read as a command escaped.

    Icons (":material/home:"), emoji (":house:"), addresses ("http://", "www.") and e-mail addresses are found after
    Markdown: an invisible word joiner parts them.
    """
    parted = re.sub(r":(?=[\w+\-/]+:|//)|(?<=www)(?=\.)|(?=@)", "\\g<0>\u2060", str(text), flags=re.IGNORECASE)
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~:$&^=])", r"\\\1", parted)


def is_dark() -> bool:
    """True when the visitor reads on the dark theme (for what Streamlit does not colour itself)."""
    return st.context.theme.type == "dark"


# Figures are drawn for the theme that a run began with: another one, chosen or by the time of day, is another run.
_WATCH = """
export default function({ setTriggerValue }) {
  const app = document.querySelector("[data-testid=stApp]");
  const paper = () => getComputedStyle(app).backgroundColor;
  let drawn = paper();
  const watch = new MutationObserver(() => {
    if (paper() !== drawn) setTriggerValue("theme", (drawn = paper()));
  });
  watch.observe(app, { attributes: true, attributeFilter: ["class"] });
  return () => watch.disconnect();
}
"""
_watcher = st.components.v2.component("vigie_theme", js=_WATCH)


def follow_theme() -> None:
    """Run the page again when its visitor changes between the light theme and the dark one."""
    with st.container(key="theme"):  # not shown, see layout.css
        _watcher(key="theme.watcher", on_theme_change=lambda: None)
