"""The way to the place where a table beside the sales is brought in."""

from locales.labels import label
from ui import access


def link(name: str) -> None:
    """A link to the table `name` on the page Data."""
    access.link("data", label(name), "add", {"table": "sales", "beside": name})
