"""Structured logs: one JSON object a line with the field names of the Elastic Common Schema.

Vigie's own loggers are named `vigie.<part>`. Libraries are heard from `WARNING` up. Every line has an `event.id`: what
carries lines elsewhere may send one twice, and there it can be told.
"""

import fcntl
import logging
import os
import secrets
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from ecs_logging import StdlibFormatter

FILE_BYTES = 10_000_000
OLD_FILES = 5
EVENTS = "vigie.events"  # the logger of data.events
_MARK = "vigie-"  # names our handlers, so that a second set-up replaces them and no one else's


class _Shared(RotatingFileHandler):
    """A rotated file that the server and jobs of one machine write at once: none writes on in what another rotated."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            with Path(self.baseFilename).with_suffix(".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if self.stream and not _same(self.stream, Path(self.baseFilename)):
                    self.stream.close()
                    self.stream = self._open()
                super().emit(record)
        except Exception:
            self.handleError(record)


def _same(stream: TextIO, path: Path) -> bool:
    """Whether the file of a name is still the one that is open."""
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def setup(home: Path | None, level: str = "INFO", stream: TextIO | None = None, events: bool = False) -> None:
    """Log to `stream` (stdout) and to `home/logs/vigie.log` (rotated at 10 MB, five old files). Safe to call again.

    Without a `home` there is no file; `events` are logged where they are wanted.
    """
    handlers: dict[str, logging.Handler] = {"stream": logging.StreamHandler(stream or sys.stdout)}
    if home:
        folder = home / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        handlers["file"] = _Shared(folder / "vigie.log", maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8")
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if str(handler.name).startswith(_MARK)]:
        root.removeHandler(old)
        old.close()
    for name, handler in handlers.items():
        handler.name = _MARK + name
        handler.addFilter(_identified)
        handler.setFormatter(StdlibFormatter(extra={"service.name": "vigie"}))
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("vigie").setLevel(level)
    logging.getLogger(EVENTS).setLevel(logging.INFO if events else logging.CRITICAL)


def _identified(record: logging.LogRecord) -> bool:
    """Give a line what it lacks: an id of its own, and the dataset it belongs to."""
    record.__dict__.setdefault("event.id", secrets.token_hex(16))
    record.__dict__.setdefault("event.dataset", "vigie.app")
    return True


def incident(logger: logging.Logger, error: BaseException, **context: object) -> str:
    """Log `error` with its traceback and return the id under which the log has it (8 hexadecimal digits).

    `context` (page, dataset, job) goes into the record as ECS labels.
    """
    number = secrets.token_hex(4)
    labels = {f"labels.{key}": str(value) for key, value in context.items()}
    logger.error("Incident %s", number, exc_info=error, extra={"error.id": number, **labels})
    return number
