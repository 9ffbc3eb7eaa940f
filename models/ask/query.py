"""A question as data: what words, widgets, links and SQL all speak of."""

from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

GRAINS = ("day", "week", "month", "quarter", "year")
MAX_TEXT = 4000  # characters of a link
Order = Literal["", "most", "least"]
Relation = Literal["over", "under", "at least", "at most"]
How = Literal["is", "contains"] | Relation
Rows = Literal["", "relation", "distribution"]
RELATIONS: tuple[Relation, ...] = get_args(Relation)


@dataclass(frozen=True)
class Filter:
    """Rows whose `dimension` has one of the `values`, or contains one of them as text; not `kept`: all others.

    Rows whose number is over, under ... a value: `dimension` then is the median of the column that is meant.
    """

    dimension: str
    values: tuple[str, ...]
    kept: bool = True
    how: How = "is"


@dataclass(frozen=True)
class Threshold:
    """Groups whose `measure` is over, under ... a `value`, in the measure's unit (a share: 0.2 is 20%)."""

    measure: str
    relation: Relation
    value: float


@dataclass(frozen=True)
class Query:
    """What is asked of one table.

    `measures` and the dimensions they are split `by` are names of a `models.ask.definitions.Catalogue`; `grain` is a
    step of time, one of `GRAINS` or none. `period` and `compared` are written as `models.ask.periods` reads them;
    `compared` may also be "before" or "year". `over` is a dimension or grain whose groups a measure is averaged over.
    Groups are in the `order` of the first measure, the first `limit` of them (0 is all), or the first of `each` level
    of one of the two dimensions; `share`: each group's part of the whole. `rows`: not groups are asked for but the
    numbers of single rows, two of them against each other ("relation") or how one is spread ("distribution"); each
    measure then is the median of the column that is meant, and what they are split `by` tells the rows apart.
    """

    measures: tuple[str, ...]
    by: tuple[str, ...] = ()
    grain: str = ""
    filters: tuple[Filter, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    period: str = ""
    compared: str = ""
    over: str = ""
    order: Order = ""
    limit: int = 0
    share: bool = False
    each: str = ""
    rows: Rows = ""


_ADAPTER = TypeAdapter(Query)
T = TypeVar("T")


def read(adapter: TypeAdapter[T], text: str) -> T | None:
    """What a link says; None where it is nothing of this kind, or longer than links are."""
    if len(text) > MAX_TEXT:
        return None
    try:
        return adapter.validate_json(text)
    except ValidationError:
        return None


def to_text(query: Query) -> str:
    """A query for a link or a file. `from_text` reads it back as it was."""
    return _ADAPTER.dump_json(query, exclude_defaults=True).decode()


def from_text(text: str) -> Query | None:
    """The query in a link; None where it is none. Whether its names are known is for `definitions.fits` to say."""
    return read(_ADAPTER, text)
