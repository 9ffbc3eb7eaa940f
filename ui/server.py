"""What the server does around the pages: it begins, gives out fonts and scripts, and apologises for a bug."""

import asyncio
import gc
import importlib
import logging
import os
import sys
import threading
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import plotly
import streamlit as st
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import logs
import settings
from connectors import ConnectorError
from ui import access
from ui.text import _

SHELL = Path(__file__).resolve().parent / "shell.py"
STOPPING = 5.0  # seconds that the server waits for its scheduler to end
AGAIN = 3.0  # seconds until a page for which the database was busy is tried again
log = logging.getLogger("vigie.ui")
begun = threading.Event()  # pages can be shown; each waits for it
begun.set()


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Check the settings and open the log; the rest begins behind the open port, and pages wait for it."""
    try:
        chosen = settings.get()
        access.checked(chosen)
        logs.setup(chosen.home if chosen.log_file else None, chosen.log_level, events=chosen.log_events)
    except (settings.SettingsError, OSError) as error:
        _end(error)
    begun.clear()
    beginning = asyncio.create_task(_begin(chosen))
    yield
    beginning.cancel()
    with suppress(asyncio.CancelledError):
        await beginning


async def _begin(chosen: settings.Settings) -> None:
    stop, leading = threading.Event(), None
    gc.disable()  # what is imported now stays (see `ui.beginning.settle`): to look through it takes a fifth longer
    try:
        beginning = await asyncio.to_thread(importlib.import_module, "ui.beginning")
        leading = await asyncio.to_thread(beginning.opened, chosen, stop)
        log.info("Vigie %s is up", settings.VERSION)
        begun.set()
        await beginning.warm_up()
    except Exception as error:  # nobody awaits this before the server stops
        if begun.is_set():
            logs.incident(log, error)
        else:
            _end(error)
    finally:
        gc.enable()
        stop.set()
        if leading:
            leading.join(STOPPING)


def _end(error: Exception) -> None:
    """End the server with a sentence where there is one; SystemExit would come with a traceback of the server's own."""
    from data import troubles

    said = troubles.known(error)
    if said is None and not isinstance(error, settings.SettingsError | RuntimeError):
        traceback.print_exception(error)
    print(said or error, file=sys.stderr, flush=True)
    os._exit(1)


def routes() -> list[BaseRoute]:
    """Fonts and logo; plotly's script, for figures saved as a picture by the browser itself."""
    package = Path(plotly.__file__).parent / "package_data"
    return [
        Mount("/assets", StaticFiles(directory=SHELL.parent / "assets")),
        Mount("/plotly", StaticFiles(directory=package)),
    ]


class Preload:
    """Tells the browser with the first page to fetch what draws figures (4.7 MB) while the server thinks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        scripts = (Path(st.__file__).parent / "static" / "static" / "js").glob("PlotlyChart.*.js")
        links = [f"<./static/js/{script.name}>; rel=modulepreload" for script in scripts]
        self.link = ", ".join(links).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and self.link:
                headers = dict(message["headers"])
                page = not scope["path"].startswith("/media")  # a file that is downloaded may be a web page, too
                if page and headers.get(b"content-type", b"").startswith(b"text/html"):
                    message["headers"] = [*message["headers"], (b"link", self.link)]
            await send(message)

        await self.app(scope, receive, sending)


@st.fragment(run_every=AGAIN)
def _again() -> None:
    """Run the page again in a moment."""
    if not st.session_state.pop("busy", False):  # it is there in the run that failed
        st.rerun()


def apologise(error: Exception) -> bool:
    """Show one sentence: the connector's own, or an apology with the id under which the log has the rest."""
    from data import troubles

    if isinstance(error, ConnectorError):
        log.warning("%s", error)
        st.error(error.sentence(), icon=":material/cloud_off:")
    elif said := troubles.known(error):
        log.warning("%s", error)
        st.warning(said.sentence(), icon=":material/hourglass_empty:")
        if troubles.busy(error):
            st.session_state["busy"] = True
            _again()
    else:
        incident = logs.incident(log, error)
        st.error(
            _("Sorry, this part could not be shown. Reload the page; if it happens again, quote the id {id}.").format(
                id=incident
            ),
            icon=":material/error:",
        )
    return True
