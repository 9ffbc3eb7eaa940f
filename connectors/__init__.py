"""Bring outside data in. A connector returns a checked frame or raises a `ConnectorError`, nothing else.

    ConnectorError
    ├── Unavailable    the origin cannot be reached, or answers that it is not well (timeouts, 5xx)
    │   └── RateLimited    it asks us to wait; `retry_after` says how many seconds
    ├── BadResponse    it answered, but not with what was asked for: wrong type, cut off, too large, unreadable
    │   └── InvalidFile    a file, or some of its cells, cannot be used; `report` lists the cells
    └── NotFound       it has no such thing (404), or there is no such file

Every error carries a sentence an analyst can act on, in English (`str(error)`) and, through `message` and
`values`, in the reader's language.
"""

from typing import TYPE_CHECKING

from locales import Sentence

if TYPE_CHECKING:
    import pandas as pd


class ConnectorError(Sentence):
    """Data could not be brought in; the sentence says why and what to do."""


class Unavailable(ConnectorError):
    """The origin cannot be reached or is not well."""


class RateLimited(Unavailable):
    """The origin asks us to wait `retry_after` seconds (None where it does not say)."""

    def __init__(self, message: str, retry_after: float | None = None, **values: object) -> None:
        super().__init__(message, **values)
        self.retry_after = retry_after


class BadResponse(ConnectorError):
    """What came back is not what was asked for."""


class InvalidFile(BadResponse):
    """The file, or some of its cells, cannot be used. `report` lists the cells: row, column, value, reason."""

    def __init__(self, message: str, report: "pd.DataFrame | None" = None, **values: object) -> None:
        super().__init__(message, **values)
        self.report = report


class NotFound(ConnectorError):
    """The origin, or the folder, has no such thing."""


__all__ = ["BadResponse", "ConnectorError", "InvalidFile", "NotFound", "RateLimited", "Unavailable"]
