"""What the server does around the pages: start-up, warm-up, fonts and scripts, the apology for a bug."""

import asyncio
import ctypes
import importlib
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import plotly
import pyarrow as pa
import streamlit as st
from sqlalchemy.exc import SQLAlchemyError
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import logs
import settings
from connectors import ConnectorError, child
from data import state, tables, troubles
from models.lifecycle import registry
from ui import access, scheduler
from ui.text import _

SHELL = Path(__file__).resolve().parent / "shell.py"
log = logging.getLogger("vigie.ui")

# Slow imports (seconds each) that pages need: paid before a visitor asks, in this order, after the first page.
FIRST_PAGE = 4.0  # seconds
BETWEEN = 1.0  # seconds
STOPPING = 5.0  # seconds that the server waits for its scheduler to end
TIDIED = 60.0  # seconds between two times that freed memory is given back
M_ARENA_MAX = -8  # of mallopt, in malloc.h of glibc
AGAIN = 3.0  # seconds until a page for which the database was busy is tried again
WARM_UP: tuple[str, ...] = (
    "statsmodels.tsa.seasonal",
    "seaborn",
    "pandera.pandas",
    "sklearn.linear_model",
    "xgboost",
    "prophet",
    "holidays",
    "statsmodels.tsa.holtwinters",
    "charts.ask.report_pdf",
    "sqlglot",
)
# Imported no sooner: the port opens before.
PREPARED: tuple[str, ...] = ("ui.champions", "ui.sales.series", "ui.customers.value", "ui.monitoring.watched")


async def _warm_up() -> None:
    """One import at a time, and not before the first page could be painted; then the model that pages will ask for."""
    await asyncio.sleep(FIRST_PAGE)
    await asyncio.to_thread(tables.examine, settings.get().home, datetime.now(UTC))
    await asyncio.to_thread(child.prepare)
    for name in WARM_UP:
        await asyncio.to_thread(importlib.import_module, name)
        await asyncio.sleep(BETWEEN)
    for name in PREPARED:
        await asyncio.to_thread((await asyncio.to_thread(importlib.import_module, name)).prepare)
    while trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        await asyncio.to_thread(trim, 0)
        await asyncio.sleep(TIDIED)


def _thrifty() -> None:
    """Keep little of the memory that is freed: glibc would keep it in eight arenas a processor, Arrow in a pool of its
    own."""
    pa.set_memory_pool(pa.system_memory_pool())
    if arenas := getattr(ctypes.CDLL(None), "mallopt", None):
        arenas(M_ARENA_MAX, 2)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Open the log and the state database, then import the heavy libraries while the first page is painted."""
    _thrifty()
    try:
        chosen = settings.get()
        access.checked(chosen)
        logs.setup(chosen.home if chosen.log_file else None, chosen.log_level, events=chosen.log_events)
        engine = state.engine(chosen.database_url)
        state.migrate(engine)
        registry.adopt(engine, chosen.home)
    except (settings.SettingsError, RuntimeError, OSError, SQLAlchemyError) as error:
        said = troubles.known(error)
        if said is None and not isinstance(error, settings.SettingsError | RuntimeError):
            raise
        print(said or error, file=sys.stderr, flush=True)
        os._exit(1)  # an exception here, SystemExit too, comes with a traceback of the server's own
    log.info("Vigie %s is up", settings.VERSION)
    warming, stop = asyncio.create_task(_warm_up()), threading.Event()
    leading = threading.Thread(target=scheduler.serve, args=(engine, stop), daemon=True)
    if chosen.scheduler == "on":
        leading.start()
    yield
    warming.cancel()
    stop.set()
    if leading.is_alive():
        leading.join(STOPPING)


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
