"""Who is logged in and which pages they may open; the door in front of all pages where nobody is.

Login is Streamlit's (`st.login`), on where the secrets file has `[auth]`. Who changes something is asked in
`data.audit`; what stands here spares people the buttons and pages that they could not use.
"""

import time
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

import settings
from data import people
from data.people import ADMIN, ANALYST, NOBODY, VIEWER, Person
from ui.guard import LOCAL
from ui.text import N_, _, plain

PAGES = settings.ROOT / "pages"
# Pages on which nothing but changing something can be done; the others are every viewer's.
NEEDS = {
    **dict.fromkeys(("data", "data_quality", "act_inbox", "act_rules", "act_orders", "act_schedule"), ANALYST),
    **dict.fromkeys(("monitoring_retraining", "monitoring_health"), ANALYST),
    "monitoring_changes": ADMIN,
}
OPEN = N_("No login is set up: whoever can reach this server can change everything.")
MAX_NAME = 80  # characters


@cache
def configured() -> bool:
    """Whether people have to log in; as it was when the server started, whatever becomes of the file."""
    return st.secrets.load_if_toml_exists() and "auth" in st.secrets


def checked(chosen: settings.Settings) -> None:
    """Raise `SettingsError` where roles are given that nobody can have, or a login lets nobody in charge."""
    named = chosen.viewers | chosen.analysts | chosen.admins
    if named and not configured():
        raise settings.SettingsError(
            "VIGIE_VIEWERS, VIGIE_ANALYSTS or VIGIE_ADMINS say who may do what, but nobody can log in: set up [auth] "
            "in .streamlit/secrets.toml, or take them away."
        )
    if configured() and not chosen.admins:
        raise settings.SettingsError(
            "[auth] in .streamlit/secrets.toml asks people to log in, but VIGIE_ADMINS names nobody: name at least one."
        )


def role(user: Mapping[str, Any], chosen: settings.Settings) -> str:
    """The highest role that the settings give to somebody with these claims.

    An e-mail address that the provider has not verified counts for nothing.
    """
    claimed = user.get(chosen.role_claim) if chosen.role_claim else None
    said = {str(one).lower() for one in (claimed if isinstance(claimed, list) else [claimed]) if one}
    said |= {email.lower()} if (email := _email(user)) else set()
    given = {ADMIN: chosen.admins, ANALYST: chosen.analysts, VIEWER: chosen.viewers}
    return next((one for one, names in given.items() if names & (said | {"*"})), NOBODY)


def called(user: Mapping[str, Any]) -> str:
    """What somebody is called in the log of changes: by a name that nobody else can take."""
    return _email(user) or str(user["sub"])


def _email(user: Mapping[str, Any]) -> str:
    verified = str(user.get("email_verified", True)).lower() != "false"
    return str(user.get("email") or "") if verified else ""


def ended(user: Mapping[str, Any], chosen: settings.Settings, now: float) -> bool:
    """Whether a login is older than it may get; Streamlit's cookie would last for 30 days."""
    return now > float(user.get("iat") or 0) + 3600 * chosen.login_hours


def _person() -> Person | None:
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    if not configured():
        return Person("", ADMIN)
    chosen = settings.get()
    if not st.user.get("is_logged_in") or ended(st.user, chosen, time.time()):
        return Person("", NOBODY)
    return Person(called(st.user), role(st.user, chosen))


people.follow(_person)


def changes() -> bool:
    """Whether whoever looks may also change something: what cannot be used is not shown."""
    return people.may(ANALYST)


def decides() -> bool:
    """Whether whoever looks is an admin: may also remove, and say what goes on without anybody."""
    return people.may(ADMIN)


def opens(page: str) -> bool:
    """Whether whoever looks may open a page, named as its file."""
    return people.may(NEEDS.get(page, VIEWER))


def link(page: str, label: str, icon: str, query: Mapping[str, str] | None = None) -> None:
    """A link to a page, for those who may open it."""
    if opens(page):
        st.page_link(
            PAGES / f"{page}.py",
            label=label,
            icon=f":material/{icon}:",
            query_params=dict(query) if query else None,
            width="content",
        )


def name(label: str, key: str, max_chars: int = MAX_NAME) -> str:
    """Who does something: whoever is logged in, else a name that is asked for."""
    person = people.who()
    if person is None or not person.name:
        return st.text_input(label, max_chars=max_chars, key=key)
    st.session_state[key] = person.name
    return person.name


@st.cache_resource(ttl=900, max_entries=1_000, show_spinner=False)  # "15m" would import pandas
def _aims(browser: bytes) -> dict[str, Any]:  # noqa: ARG001  # the cache key
    return {}


def _aim() -> dict[str, Any]:
    """The page that this browser wanted to see before a login, from which Streamlit comes back to the first page."""
    browser, _since = decode_xsrf_token_string(
        st.context.cookies.get(XSRF_COOKIE_NAME, "")
    )  # its text changes, not this
    return _aims(browser) if browser else {}


def resume(entries: Iterable[st.Page]) -> None:
    """Open the page that was asked for before the login."""
    if configured() and (aim := dict(_aim())):
        _aim().clear()
        wanted = next((page for page in entries if page.url_path == aim["url"]), None)
        if wanted:
            st.switch_page(wanted, query_params=aim["query"])


def door(url: str) -> None:
    """In place of a page, for whom none is: the way in, or why there is none; `url` is the path that was asked for."""
    st.title("Vigie", anchor=False)
    chosen = settings.get()
    if not st.user.get("is_logged_in"):
        st.markdown(_("Log in to see the figures of your team."))
    elif ended(st.user, chosen, time.time()):
        st.info(_("Your login has ended: log in again."), icon=":material/schedule:")
    else:
        text = _("You are logged in as {name}, but have no role here: ask an admin of Vigie to give you one.")
        st.info(plain(text.format(name=called(st.user))), icon=":material/lock:")
        _log_out()
        return
    _aim().update(url=url, query=st.query_params.to_dict())
    named = [one for one, value in st.secrets["auth"].items() if isinstance(value, Mapping) and "client_id" in value]
    for provider in named or [None]:
        text = _("Log in with {provider}").format(provider=provider) if provider else _("Log in")
        st.button(
            text, on_click=st.login, args=(provider,), type="primary", icon=":material/login:", key=f"in-{provider}"
        )


def shut(title: str, page: str) -> None:
    """In place of a page that a role does not open."""
    st.title(title, anchor=False)
    needed, person = NEEDS[page], people.who()
    text = _("This page is for the role “{needed}”; you are here as “{role}”.")
    shown = text.format(needed=_(people.ROLES[needed]), role=_(people.ROLES[person.role if person else NOBODY]))
    st.info(plain(shown), icon=":material/lock:")


def badge() -> None:
    """Who is logged in, and the way out; nothing where nobody has to."""
    person = people.who()
    if person and person.name and person.role != NOBODY:
        st.caption(f":material/person: {plain(person.name)} · {_(people.ROLES[person.role])}")
        _log_out()


def _log_out() -> None:
    st.button(_("Log out"), on_click=st.logout, icon=":material/logout:", type="tertiary", key="log-out")


def warn() -> None:
    """One line where anybody on the network can change everything."""
    if not configured() and (st.get_option("server.address") not in LOCAL or settings.get().allowed_hosts):
        st.caption(f":material/lock_open: {_(OPEN)}")
