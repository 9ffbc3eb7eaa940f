"""Vigie's launcher: `streamlit run app.py`. What it shows is ui/shell.py."""

import streamlit as st
from starlette.middleware import Middleware

from ui import guard, server

app = st.App(
    server.SHELL,
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=[Middleware(guard.Guard), Middleware(server.Preload), Middleware(guard.Bounded)],
    exception_handlers={Exception: guard.broken},
    on_script_error=server.apologise,
)
