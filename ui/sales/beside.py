"""The way to the place where a table beside the sales is brought in."""

import streamlit as st

import settings
from locales.labels import label


def link(name: str) -> None:
    """A link to the table `name` on the page Data."""
    st.page_link(
        settings.ROOT / "pages" / "data.py",
        label=label(name),
        icon=":material/add:",
        query_params={"table": "sales", "beside": name},
        width="content",
    )
