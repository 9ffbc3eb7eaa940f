"""Vigie without its checks, to measure what these cost: `benchmarks.checks` serves it beside Vigie. Not for use.

Hosts, origins, headers and the size of uploads are not looked at; nothing that is read from the disk is hashed.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import streamlit as st
from starlette.middleware import Middleware

from data import seals
from ui import cards, server, store  # noqa: F401  # as app.py does

seals.whole = lambda *_asked, **_how: True

app = st.App(
    server.SHELL,
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=[Middleware(server.Preload)],
    on_script_error=server.apologise,
)
