"""Loggers that a test sets up, and that are afterwards as they were."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import logs


@contextmanager
def restored() -> Iterator[None]:
    """Whatever `logs.setup` does inside is undone at the end."""
    root, known = logging.getLogger(), [logging.getLogger(name) for name in (None, "vigie", logs.EVENTS)]
    handlers, levels = list(root.handlers), [logger.level for logger in known]
    yield
    for handler in [one for one in root.handlers if one not in handlers]:
        root.removeHandler(handler)
        handler.close()
    for logger, level in zip(known, levels, strict=True):
        logger.setLevel(level)
