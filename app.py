"""Vigie's launcher: `streamlit run app.py`. What it shows is ui/shell.py."""

import pandas  # noqa: F401  # imported here, not in the warm-up thread: plotly imports it too and they would race
import streamlit as st

from ui import server

app = st.App(
    server.SHELL,
    lifespan=server.lifespan,
    routes=server.routes(),
    on_script_error=server.apologise,
)
