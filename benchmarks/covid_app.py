"""Vigie without what it imports and trains ahead for other pages: what COVID-19 takes, for `benchmarks.covid`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pandas  # noqa: F401  # as app.py does
import streamlit as st
from starlette.middleware import Middleware

from ui import cards, guard, server, store, uploads  # noqa: F401  # as app.py does

server.WARM_UP = server.PREPARED = ()

app = st.App(
    server.SHELL,
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=[Middleware(guard.Guard), Middleware(server.Preload), Middleware(uploads.Bounded)],
    on_script_error=server.apologise,
)
