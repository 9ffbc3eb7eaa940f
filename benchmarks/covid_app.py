"""Vigie without what it imports and trains ahead for other pages: what COVID-19 takes, for `benchmarks.covid`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import streamlit as st
from starlette.middleware import Middleware

from ui import beginning, guard, server

beginning.WARM_UP = beginning.PREPARED = ()

app = st.App(
    server.SHELL,
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=[Middleware(guard.Guard), Middleware(server.Preload), Middleware(guard.Bounded)],
    on_script_error=server.apologise,
)
