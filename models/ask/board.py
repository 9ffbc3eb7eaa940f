"""A board: answers, words and pictures that somebody put together, and the filters that stand above all of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from data import countries
from data.boards import Kept
from locales import N_, _
from models.ask import definitions, periods, wording
from models.ask.definitions import Catalogue
from models.ask.formulas import PEOPLE
from models.ask.query import GRAINS, Filter, Query, read
from models.ask.wording import Names

Form = Literal["number", "figure", "map", "table", "sql", "words", "picture"]
Width = Literal[3, 4, 6, 8, 12]
COMPARED = {"": N_("With nothing"), "before": N_("The days before"), "year": N_("A year earlier")}
WHOLE = 12  # columns of the grid
MAX_CARDS = 40
TOGETHER = 4  # numbers before a room
MAX_WORDS = 2000  # characters
MAX_NAME = 60
STEPS = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}  # days of a step, at least
MIN_STEPS = 6  # steps of a line


@dataclass(frozen=True)
class Card:
    """One answer (`query`, shown as its `form`), or a `text`: words, a statement in SQL, the id of a picture.

    `title` is in its author's words; without one the query says itself what it is. `width` is in twelfths of the board.
    """

    form: Form
    query: Query | None = None
    text: str = ""
    title: str = ""
    width: Width = 6


@dataclass(frozen=True)
class Bar:
    """What stands above a board and holds for all its cards; None leaves a card its own period and comparison."""

    period: str | None = None
    compared: str | None = None
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class Board:
    """Cards in their order, from left to right and line by line."""

    name: str
    cards: tuple[Card, ...] = ()
    bar: Bar = Bar()


@dataclass(frozen=True)
class Narrowed:
    """A card's query under the bar: None where a card is only about what the bar leaves out.

    `apart` are the dimensions of the bar that the card's data do not have.
    """

    query: Query | None
    apart: tuple[str, ...]


_ADAPTER = TypeAdapter(Board)
_BAR = TypeAdapter(Bar)


def to_json(board: Board) -> dict[str, Any]:
    """A board for the database; `from_json` reads it back as it was."""
    return _ADAPTER.dump_python(board, mode="json", exclude_defaults=True)


def from_json(content: object) -> Board | None:
    """The board in what was kept; None where it is none."""
    try:
        return _ADAPTER.validate_python(content)
    except ValidationError:
        return None


def bar_text(bar: Bar) -> str:
    """A bar for a link; `bar_from` reads it back as it was."""
    return _BAR.dump_json(bar, exclude_defaults=True).decode()


def bar_from(known: Catalogue, text: str) -> Bar | None:
    """The bar in a link; None where it is none, or of what these data do not have."""
    bar = read(_BAR, text)
    if bar is None:
        return None
    written = [one for one in (bar.period, bar.compared) if one not in (None, "before", "year")]
    fits = all(periods.is_period(one) for one in written) and all(
        one.dimension in known.dimensions for one in bar.filters
    )
    return bar if fits else None


def narrowed(known: Catalogue, query: Query, bar: Bar) -> Narrowed:
    """A query that fits, with the period, comparison and filters of the bar as far as its data know them."""
    table = definitions.table_of(known, query)
    if bar.period is not None and table != PEOPLE:
        query = replace(query, period=bar.period, grain=_grain(known, query.grain, bar.period))
    if bar.compared is not None and table == "sales" and not query.rows:
        query = replace(query, compared=bar.compared)
    apart = []
    for one in bar.filters:
        if one.dimension not in known.dimensions or table not in known.dimensions[one.dimension].sql:
            apart.append(one.dimension)
            continue
        mine = [own for own in query.filters if (own.dimension, own.how, own.kept) == (one.dimension, "is", one.kept)]
        values = one.values
        if mine and one.kept:
            values = tuple(value for value in mine[0].values if value in one.values)
            if not values:
                return Narrowed(None, tuple(apart))
        elif mine:
            values = tuple(dict.fromkeys((*mine[0].values, *one.values)))
        others = tuple(own for own in query.filters if own not in mine)
        query = replace(query, filters=(*others, replace(one, values=values)))
    return Narrowed(query, tuple(apart))


def _grain(known: Catalogue, grain: str, period: str) -> str:
    """The step of a line in a period: a finer one where the period holds a few of it."""
    if not grain:
        return ""
    start, end = periods.days(period, known.first, known.last)
    days = (min(end, known.last) - max(start, known.first)).days + 1
    finer = [one for one in reversed(GRAINS[: GRAINS.index(grain) + 1]) if days >= MIN_STEPS * STEPS[one]]
    return finer[0] if finer else "day"


# Boards that are there from the beginning, under their ids.
_YEAR, _MONTH = "previous 12 month", "previous month"


def _number(measure: str, compared: str = "year") -> Card:
    return Card("number", Query((measure,), period=_MONTH, compared=compared), width=3)


def _line(measure: str, *by: str, grain: str = "month") -> Card:
    return Card("figure", Query((measure,), by, grain, period=_YEAR))


def _bars(measure: str, by: str, limit: int = 10) -> Card:
    return Card("figure", Query((measure,), (by,), period=_YEAR, order="most", limit=limit))


READY = {
    "sales": Board(
        N_("Sales"),
        (
            *(_number(measure) for measure in ("revenue", "orders", "basket", "return_rate")),
            _line("revenue"),
            _bars("revenue", "category"),
            _bars("revenue", "store"),
            Card("figure", Query(("revenue",), ("weekday", "hour"), period=_YEAR)),
            Card("table", Query(("revenue", "units"), ("product",), period=_YEAR, order="most", limit=20), width=12),
        ),
    ),
    "customers": Board(
        N_("Customers"),
        (
            *(_number(measure) for measure in ("customers", "new_customers", "revenue_per_customer")),
            _number("orders_per_customer"),
            _line("customers"),
            _line("new_customers"),
            _bars("customers", "store"),
            _bars("revenue_per_customer", "category"),
            Card("number", Query((f"{PEOPLE}.churn_rate",)), width=3),
        ),
    ),
    "operations": Board(
        N_("Operations"),
        (
            Card("number", Query(("stock_value",)), width=3),
            Card("number", Query(("days_of_cover",)), width=3),
            _number("units"),
            _number("margin_rate"),
            Card("figure", Query(("stock_value",), ("supplier",), order="most", limit=10)),
            Card("figure", Query(("days_of_cover",), ("category",), order="least", limit=10)),
            _line("margin_rate"),
            _bars("units_returned", "category"),
            Card(
                "table",
                Query(("stock_out_days", "stock_units"), ("product",), period=_YEAR, order="most", limit=20),
                width=12,
            ),
        ),
    ),
}


def moved(board: Board, place: int, by: int) -> Board:
    """The board with one card moved by so many places."""
    cards = list(board.cards)
    card = cards.pop(place)
    cards.insert(min(max(place + by, 0), len(cards)), card)
    return replace(board, cards=tuple(cards))


def turns(cards: Sequence[Card]) -> list[list[int]]:
    """The places of the cards that a room sees together: numbers that follow each other, all else by itself."""
    found: list[list[int]] = []
    for place, card in enumerate(cards):
        last = found[-1] if found else []
        if card.form == "number" and last and cards[last[0]].form == "number" and len(last) < TOGETHER:
            last.append(place)
        else:
            found.append([place])
    return found


def lines(cards: Sequence[Card]) -> list[list[int]]:
    """The places of cards by line of the grid: as many as fit, in their order."""
    found: list[list[int]] = []
    room = 0
    for place, card in enumerate(cards):
        if card.width > room:
            found.append([])
            room = WHOLE
        found[-1].append(place)
        room -= card.width
    return found


def sentence(known: Catalogue, bar: Bar, names: Names) -> str:
    """What a bar says, for a room and on paper; "" where it says nothing."""
    parts = [] if bar.period is None else [periods.written(bar.period)]
    parts += (
        [_("against {period}").format(period=_(COMPARED.get(bar.compared, bar.compared)).lower())]
        if bar.compared
        else []
    )
    parts += [wording.kept(known, one, names) for one in bar.filters]
    return ", ".join(parts)


def visible(kept: Iterable[Kept]) -> dict[str, tuple[Board, Kept | None]]:
    """The boards that can be seen, by id, in their order: ready ones first, until somebody ordered all of them."""
    known = {one.board: one for one in kept}
    found: dict[str, tuple[Board, Kept | None]] = {}
    for name in [*known] if set(READY) <= set(known) else dict.fromkeys([*READY, *known]):
        one = known.get(name)
        board = from_json(one.content) if one else READY[name]
        if board is not None and not (one and one.removed):
            found[name] = (board, one)
    return found


def forms(query: Query, levels: Mapping[str, Collection[str]]) -> list[Form]:
    """What a query's answer can be shown as, the usual one first; `levels` are the values of its dimensions."""
    if query.rows:
        return ["figure", "table"]
    if not (query.by or query.grain):
        return ["number", "table"]
    found: list[Form] = ["figure", "table"]
    if len(query.by) == 1 and not query.grain and countries.named(levels.get(query.by[0], ())):
        found.insert(1, "map")
    return found
