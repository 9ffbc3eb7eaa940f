"""Sales of one's own as they are kept, and what a page says of them."""

from datetime import UTC, datetime

import settings
from data import tables
from data.dataset import Dataset, Origin


def keep(frame, **frames):
    """Keep lines of sales, with tables beside them, as a file of one's own in euros."""
    dataset = Dataset("sales", {"sales": frame, **frames}, Origin("upload", "mine.csv", currency="EUR"))
    return tables.add(settings.get().home, dataset, datetime(2026, 3, 15, tzinfo=UTC))


def words(app):
    """All that a page says, as it is read."""
    kinds = ("markdown", "caption", "warning", "info", "success")
    return " ".join(element.value for kind in kinds for element in app.get(kind)).replace("\\", "")
