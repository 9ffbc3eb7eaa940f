"""A place for a file of one's own: the kinds that can be read, how large it may be, and how much a session keeps."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

import locales
import settings
from connectors import child, files, pieces
from ui import answers
from ui.text import N_, _, plain

TYPES = ("csv", "txt", "tsv", "xlsx", "xlsm", "xls", "ods", "parquet", "json", "jsonl", "gz", "zip")


def ask(sentence: str, key: str, types: Sequence[str] = TYPES) -> UploadedFile | None:
    """The file that was given, if one was; `sentence` says what is wanted, with a place for the `{limit}` in MB."""
    limit = settings.get().upload_limit_mb
    return st.file_uploader(sentence.format(limit=limit), type=types, max_upload_size=limit, key=key)


def lying() -> Path | None:
    """The file that was chosen among those in the folder `incoming` of the server; where that is, is said."""
    folder = settings.get().home / "incoming"
    there = sorted(one for one in folder.glob("[!.]*") if one.is_file())
    if not there:
        sentence = _("A larger one: put it into the folder {folder} of the machine on which Vigie runs.")
        st.caption(plain(sentence.format(folder=folder)))
        return None
    sizes = {one: locales.number(one.stat().st_size / 1e6) for one in there}
    return st.selectbox(
        plain(_("Or a file in the folder {folder}").format(folder=folder)), there, index=None,
        format_func=lambda one: f"{one.name} ({sizes[one]} MB)", placeholder=_("none"), key="lying",
    )  # fmt: skip


def read(given: UploadedFile | Path, layout: Mapping[str, str] | None = None, in_pieces: bool = False) -> files.Raw:
    """The table in a file that was given, or lies here, read once; `layout` says where it stands (see `files.read`).

    A large one is read `in_pieces` in the background, the page waits. Raises ConnectorError.
    """
    into = pieces.shelf(settings.get().home) if in_pieces else None
    if isinstance(given, Path):
        most = settings.get().file_limit_mb * 1_000_000
        return patiently(
            f"{told_apart(given)} {most} {sorted((layout or {}).items())} {in_pieces}",
            in_pieces and pieces.large(given),
            lambda heard: files.read_path(given, most, layout, into, heard),
        )
    most = settings.get().upload_limit_mb * 1_000_000
    return patiently(
        f"{given.file_id} {most} {sorted((layout or {}).items())} {in_pieces}",
        in_pieces and pieces.large(given.getvalue()),
        lambda heard: files.read(given.name, given.getvalue(), most, layout, into, heard),
    )


def told_apart(path: Path) -> str:
    """What tells a file that lies here from others, and from itself once it has changed."""
    known = path.stat()
    return f"{path} {known.st_size} {known.st_mtime_ns}"


def patiently(key: str, large: bool, read: Callable[[child.Heard], files.Raw]) -> files.Raw:
    """What `read(heard)` reads, once for a `key`; of a `large` one the page shows how far it is, and can end it."""
    if large:
        reading = N_("Reading the file")
        answers.ready(
            f"read {key}", "read a file",
            lambda step: bool(_read(key, partial(read, lambda share: step(reading, share)))),
        )  # fmt: skip
    found = _read(key, partial(read, child.unheard))
    if found.parts and not found.parts.exists():  # used before, or long ago
        _read.clear()
        return _read(key, partial(read, child.unheard))
    return found


@st.cache_resource(max_entries=2, ttl=1800, show_spinner=False)
def _read(key: str, _read: Callable[[], files.Raw]) -> files.Raw:  # noqa: ARG001  # the cache key
    return _read()
