"""Vigie's launcher: `streamlit run app.py`. What it shows is ui/shell.py."""

import pandas  # noqa: F401  # imported here, not in the warm-up thread: plotly imports it too and they would race
import streamlit as st
from starlette.middleware import Middleware

from ui import cards, guard, server, store, uploads  # noqa: F401  # what every page needs, before the first visitor asks

app = st.App(
    server.SHELL,
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=[Middleware(guard.Guard), Middleware(server.Preload), Middleware(uploads.Bounded)],
    exception_handlers={Exception: guard.broken},
    on_script_error=server.apologise,
)
