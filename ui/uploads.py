"""A place for a file of one's own: the kinds that can be read, how large it may be, and how much a session keeps."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.uploaded_file_manager import UploadedFile

import settings
from connectors import files

TYPES = ("csv", "txt", "tsv", "xlsx", "xlsm", "xls", "ods", "parquet", "json", "jsonl", "gz", "zip")
UPLOAD = "/_stcore/upload_file/"  # session/file: where Streamlit takes them
HELD = 2  # files of the largest size that one session may keep on the server


def ask(sentence: str, key: str, types: Sequence[str] = TYPES) -> UploadedFile | None:
    """The file that was given, if one was; `sentence` says what is wanted, with a place for the `{limit}` in MB."""
    limit = settings.get().upload_limit_mb
    return st.file_uploader(sentence.format(limit=limit), type=types, max_upload_size=limit, key=key)


def read(given: UploadedFile, layout: Mapping[str, str] | None = None) -> files.Raw:
    """The table in a file that was given, read once; `layout` says where it stands (see `files.read`).

    Raises ConnectorError.
    """
    return _read(given.file_id, settings.get().upload_limit_mb, tuple(sorted((layout or {}).items())), given)


@st.cache_resource(max_entries=2, ttl=1800, show_spinner=False)
def _read(file: str, limit: int, layout: tuple[tuple[str, str], ...], _given: UploadedFile) -> files.Raw:  # noqa: ARG001  # the cache key
    return files.read(_given.name, _given.getvalue(), limit_bytes=limit * 1_000_000, layout=dict(layout))


class Bounded:
    """Refuses a file that would let one session keep more than `HELD` times the upload limit.

    Streamlit itself bounds each file only, and keeps all of a session until it ends, asked for by a widget or not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.coming = Counter[str]()  # bytes on their way, by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if UPLOAD not in path or scope["method"] != "PUT":
            await self.app(scope, receive, send)
            return
        session = path.split(UPLOAD, 1)[1].split("/")[0]
        length = dict(scope["headers"]).get(b"content-length", b"")
        size, most = (
            int(length) if re.fullmatch(rb"[0-9]{1,15}", length) else None,
            HELD * settings.get().upload_limit_mb * 1_000_000,
        )
        if size is None or _kept(session) + self.coming[session] + size > most:
            await PlainTextResponse("Too much is kept for this session", 413)(scope, receive, send)
            return
        self.coming[session] += size
        try:
            await self.app(scope, receive, send)
        finally:
            self.coming[session] -= size
            self.coming += Counter()  # without those at zero


def _kept(session: str) -> int:
    """The bytes that Streamlit keeps for a session."""
    manager: Any = runtime.get_instance().uploaded_file_mgr
    return sum(len(file.data) for file in list(manager.file_storage.get(session, {}).values()))
