"""Which module opens which kind of database or store."""

from collections.abc import Generator
from contextlib import contextmanager

from connectors.databases import duck, mongo, mysql, other, postgres, s3, sqlite
from connectors.databases.session import Session, address, url

KINDS = {"postgresql": postgres, "mysql": mysql, "mariadb": mysql, "sqlite": sqlite, "duckdb": duck}
STORES = {"mongodb": mongo, "s3": s3}  # whose questions are no SQL


def kind(source: str) -> str:
    """The kind of a database, as its URL begins: postgresql."""
    return address(source).partition("://")[0].partition("+")[0]


def takes_select(source: str) -> bool:
    """Whether a SELECT can be asked of a source; of others a collection or a folder."""
    return kind(source) not in STORES


@contextmanager
def opened(source: str, seconds: float) -> Generator[Session, None, None]:
    """A session with a database or store, whose statements may take `seconds`. Raises ConnectorError."""
    if store := STORES.get(kind(source)):
        with store.opened(source, seconds) as db:
            yield db
        return
    place = url(source)
    with KINDS.get(place.get_backend_name(), other).opened(source, place, seconds) as db:
        yield db
