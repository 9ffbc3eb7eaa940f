"""Sales of one's own as they are kept, and what a page says of them."""

import time
from datetime import UTC, datetime

import locales
import settings
from data import tables
from data.dataset import Dataset, Origin
from ui import background


def keep(frame, **frames):
    """Keep lines of sales, with tables beside them, as a file of one's own in euros."""
    dataset = Dataset("sales", {"sales": frame, **frames}, Origin("upload", "mine.csv", currency="EUR"))
    return tables.add(settings.get().home, dataset, datetime(2026, 3, 15, tzinfo=UTC))


def words(app):
    """All that a page says, as it is read."""
    kinds = ("markdown", "caption", "warning", "info", "success")
    return " ".join(element.value for kind in kinds for element in app.get(kind)).replace("\\", "")


def settled(app):
    """A page once what it computes in the background is there."""
    for _attempt in range(600):
        if not any(button.label == locales._("Cancel") for button in app.button):
            assert not app.exception
            return app
        while background._stopping:  # each look at the page takes the work's time
            time.sleep(0.02)
        app.run()
    raise AssertionError("it never came")
