"""A file at an address of the web as a source: a CSV, a Parquet file, JSON or a workbook that somebody publishes.

Whoever uses Vigie writes the address, so that it may lead to the public internet only, and to hosts that the settings
name (`private_hosts`); where it points on is guarded as for every download (`connectors.session`). What a host wants to
see before it answers stands in the settings too (`headers`), by its name.
"""

from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import settings
from connectors import BadResponse, copies, files, session
from connectors.databases import Column, Fetched, Step
from locales import N_

SOURCE = "https://"  # in place of the name of a database, which has neither colons nor slashes
FILE = "file"


def checked(url: str) -> str:
    """An address that somebody wrote, if Vigie may read from there. Raises `BadResponse`."""
    try:
        found = urlsplit(url.strip())
        host = (found.hostname or "").rstrip(".")
    except ValueError:
        host = ""
    own = host in settings.get().private_hosts
    if not host or found.scheme not in ("https", *(["http"] if own else [])):
        raise BadResponse(N_("Write an address that begins with https:// and leads to a file."))
    if "@" in found.netloc:
        raise BadResponse(
            N_("Leave names and passwords out of the address: what {host} wants to see is named in VIGIE_HEADERS."),
            host=host,
        )
    if session.is_private(host) and not own:
        raise BadResponse(
            N_("{host} is in a private network. If that is meant, name it in VIGIE_PRIVATE_HOSTS."), host=host
        )
    return found.geturl()


def called(url: str) -> str:
    """What a file is called: its host and its name there."""
    found = urlsplit(url)
    return f"{found.hostname}: {unquote(Path(found.path).name) or found.hostname}"


def fetch(url: str, into: Path, step: Step, now: datetime) -> Fetched:
    """Download a file into a folder that is not there yet, and read it once: what cannot be read is refused.

    `step` may raise to cancel. Raises ConnectorError, and leaves what it began.
    """
    address, limit = checked(url), settings.get().upload_limit_mb * 1_000_000
    given = settings.get().headers.get(urlsplit(address).hostname or "", {})
    headers = {name: value.get_secret_value() for name, value in given.items()}
    downloading = N_("Downloading")
    good = copies.download(
        address, into, now, max_bytes=limit, headers=headers, progress=lambda share: step(downloading, 0.7 * share)
    )
    good.path.rename(into / FILE)
    step(N_("Reading the file"), 0.7)
    raw = files.read_path(into / FILE, limit)
    columns = tuple(Column(str(name), "") for name in raw.frame)
    return Fetched(into, len(raw.frame), len(raw.frame), True, columns, ())
