"""Structured logs: one JSON object a line with the field names of the Elastic Common Schema.

Vigie's own loggers are named `vigie.<part>`. Libraries are heard from `WARNING` up.
"""

import logging
import secrets
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from ecs_logging import StdlibFormatter

FILE_BYTES = 10_000_000
OLD_FILES = 5
_MARK = "vigie-"  # names our handlers, so that a second set-up replaces them and no one else's


def setup(home: Path, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Log to `stream` (stdout) and to `home/logs/vigie.log` (rotated at 10 MB, five old files). Safe to call again."""
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    handlers: dict[str, logging.Handler] = {
        "stream": logging.StreamHandler(stream or sys.stdout),
        "file": RotatingFileHandler(folder / "vigie.log", maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8"),
    }
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if str(handler.name).startswith(_MARK)]:
        root.removeHandler(old)
        old.close()
    for name, handler in handlers.items():
        handler.name = _MARK + name
        handler.setFormatter(StdlibFormatter(extra={"service.name": "vigie"}))
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("vigie").setLevel(level)


def incident(logger: logging.Logger, error: BaseException, **context: object) -> str:
    """Log `error` with its traceback and return the id under which the log has it (8 hexadecimal digits).

    `context` (page, dataset, job) goes into the record as ECS labels.
    """
    number = secrets.token_hex(4)
    labels = {f"labels.{key}": str(value) for key, value in context.items()}
    logger.error("Incident %s", number, exc_info=error, extra={"error.id": number, **labels})
    return number
