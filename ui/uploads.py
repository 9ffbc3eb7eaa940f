"""A place for a file of one's own: the kinds that can be read, and how large it may be."""

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

import settings

TYPES = ("csv", "txt", "tsv", "xlsx", "parquet", "gz", "zip")


def ask(sentence: str, key: str, types: Sequence[str] = TYPES) -> UploadedFile | None:
    """The file that was given, if one was; `sentence` says what is wanted, with a place for the `{limit}` in MB."""
    limit = settings.get().upload_limit_mb
    return st.file_uploader(sentence.format(limit=limit), type=types, max_upload_size=limit, key=key)
