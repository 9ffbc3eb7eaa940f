"""How Vigie begins once its port is open: the state, what the first page is made of, then what others will need.

Importing this module is the largest part of it (1 s), during which a browser fetches its scripts: so it is imported by
`ui.server`, in a thread. Pandas comes first: plotly imports it, too, and the two would race.
"""

import asyncio
import ctypes
import gc
import importlib
import inspect
import threading
from datetime import UTC, datetime

import pandas  # noqa: F401
import pyarrow as pa

import settings
from connectors import child
from data import meaning, state, tables
from models.lifecycle import registry
from ui import cards, scheduler, store, uploads  # noqa: F401  # what every page needs

# What the first page is made of (0.9 s).
TODAY: tuple[str, ...] = ("streamlit.emojis", "ui.pointers", "ui.act.inbox", "ui.products.margins")
# Slow imports (seconds each) that pages need: paid before a visitor asks, in this order, after the first page.
FIRST_PAGE = 4.0  # seconds
BETWEEN = 1.0  # seconds
TIDIED = 60.0  # seconds between two times that freed memory is given back
M_ARENA_MAX = -8  # of mallopt, in malloc.h of glibc
RARELY = 10_000, 20, 10  # new objects between two looks for garbage, such looks between two at what is older, and so on
WARM_UP: tuple[str, ...] = (
    "statsmodels.tsa.seasonal",
    "seaborn",
    "sklearn.linear_model",
    "xgboost",
    "prophet",
    "holidays",
    "statsmodels.tsa.holtwinters",
    "charts.ask.report_pdf",
    "sqlglot",
)
PREPARED: tuple[str, ...] = ("ui.champions", "ui.sales.series", "ui.customers.value", "ui.monitoring.watched")


def opened(chosen: settings.Settings, stop: threading.Event) -> threading.Thread | None:
    """Open the state database; the thread of the scheduler where the settings want one, until `stop` is set."""
    _thrifty()
    engine = state.engine(chosen.database_url)
    state.migrate(engine)
    registry.adopt(engine, chosen.home)
    if chosen.scheduler != "on":
        return None
    leading = threading.Thread(target=scheduler.serve, args=(engine, stop), daemon=True)
    leading.start()
    return leading


async def warm_up() -> None:
    """What the first page is made of; once it could be painted, one import at a time; then the models that pages ask
    for. From then on, what memory is free is given back now and then, without an end."""
    for name in TODAY:
        await asyncio.to_thread(importlib.import_module, name)
    settle()
    await asyncio.to_thread(inspect.stack)  # Streamlit asks once who called it: a look at the file of every module
    await asyncio.to_thread(meaning.country, "")  # names of countries in seven languages
    await asyncio.sleep(FIRST_PAGE)
    await asyncio.to_thread(tables.examine, settings.get().home, datetime.now(UTC))
    await asyncio.to_thread(child.prepare)
    for name in WARM_UP:
        await asyncio.to_thread(importlib.import_module, name)
        await asyncio.sleep(BETWEEN)
    for name in PREPARED:
        await asyncio.to_thread((await asyncio.to_thread(importlib.import_module, name)).prepare)
    await asyncio.to_thread(settle)
    trim = getattr(ctypes.CDLL(None), "malloc_trim", bool)
    while True:
        await asyncio.to_thread(trim, 0)
        await asyncio.sleep(TIDIED)


def settle() -> None:
    """What has been imported stays to the end: no collection of garbage looks at it again (0.3 s each time), and those
    for what is new are as rare as six figures are that are made at once."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(*RARELY)


def _thrifty() -> None:
    """Keep little of the memory that is freed: glibc would keep it in eight arenas a processor, Arrow in a pool of its
    own."""
    pa.set_memory_pool(pa.system_memory_pool())
    if arenas := getattr(ctypes.CDLL(None), "mallopt", None):
        arenas(M_ARENA_MAX, 2)
