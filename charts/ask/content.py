"""What a card of a board says: the same on a page, before a room, and on paper."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import plotly.io

import locales
from charts.ask import answer as charts
from charts.ask import rows, world
from data.tables import Stored
from locales import Sentence, _
from models.ask import definitions, wording
from models.ask.board import Bar, Card, narrowed
from models.ask.formulas import PEOPLE
from models.ask.known import Known
from models.ask.query import Query
from models.ask.statement import EARLIER, Answer


@dataclass(frozen=True)
class Content:
    """A card in the reader's words.

    `title` is what it says and `note` what it is about; `value` with its `meaning` is a number, `figure` is drawn from
    the `table`, `text` is words or why there is nothing. `level` gives the value behind a bar of the `dimension`.
    """

    title: str
    note: str = ""
    value: str = ""
    meaning: str = ""
    figure: go.Figure | None = None
    table: pd.DataFrame | None = None
    text: str = ""
    dimension: str = ""
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class About:
    """What a report is of: the board's name, what its bar says, the data, when it was made, and what it leaves out."""

    title: str
    filters: str
    data: str
    made: datetime
    left: str = ""


@dataclass(frozen=True)
class Source:
    """Where cards find what they say: what the data know, and how a query, a statement and a picture are looked up.

    `sql` raises `Sentence` where a statement is not answered; `picture` gives None where there is none.
    """

    of: Known
    currency: Callable[[Query], str]
    answered: Callable[[Query], Answer]
    sql: Callable[[str], pd.DataFrame]
    picture: Callable[[str], Mapping[str, Any] | None]
    dark: bool = False


def about(title: str, filters: str, stored: Stored, of: Known, now: datetime, cards: Sequence[Card] = ()) -> About:
    """What a report of these cards about some sales is of."""
    data = _("{data}, version {version}, until {day}")
    day = locales.day(of.catalogue.last)
    return About(
        title, filters, data.format(data=_(stored.origin.name), version=stored.version, day=day), now, unsaid(of, cards)
    )


def unsaid(of: Known, cards: Sequence[Card]) -> str:
    """Which cards are not shown, and why; "" where all are."""
    gone = sorted({text for card in cards if (text := missing(of, card))})
    return _("Not shown: {reasons}").format(reasons=" ".join(gone)) if gone else ""


def missing(of: Known, card: Card) -> str:
    """Why a card has no answer in these data, "" where it has one: what its query needs that is not there."""
    if card.query is None or definitions.fits(of.catalogue, card.query):
        return ""
    asked = (*card.query.measures, *card.query.by, *(one.dimension for one in card.query.filters))
    gone = [name for name in asked if name not in of.catalogue.measures and name not in of.catalogue.dimensions]
    lacks = [wording.lacks(of.catalogue, name) for name in gone if name in of.catalogue.lacking]
    if any(name.startswith(f"{PEOPLE}.") for name in gone):
        lacks.append(_("A card about customers who stay or leave needs them to be of the same shop as the sales."))
    others = [name for name in gone if name not in of.catalogue.lacking and not name.startswith(f"{PEOPLE}.")]
    if others:
        lacks.append(_("A card speaks of a column that is gone: {names}.").format(names=", ".join(others)))
    return " ".join(lacks) or _("A card asks for what these data cannot answer together.")


def asked(of: Known, cards: Sequence[Card], bars: Sequence[Bar]) -> list[Query]:
    """What is asked for cards that are not `missing`, each under its bar, before `content` asks it."""
    under = [narrowed(of.catalogue, one.query, bar).query for one, bar in zip(cards, bars, strict=True) if one.query]
    return [query for query in under if query]


def content(card: Card, bar: Bar, source: Source) -> Content:
    """What a card that is not `missing` says under the bar of its board."""
    if card.form == "words" or card.query is None:
        return {"picture": _picture, "sql": _sql}.get(card.form, _words)(card, source)
    of, asked = source.of, card.query
    under = narrowed(of.catalogue, asked, bar)
    query = under.query
    title = card.title or short(of, asked)
    if query is None:
        return Content(title, text=_("This card is about something else than what the board is kept to."))
    currency, found = source.currency(query), source.answered(query)
    plainly = card.title or card.form == "table"
    note = (wording.sentence if plainly else wording.about)(of.catalogue, query, of.names, currency)
    beside = [wording.dimension(of.catalogue, one) for one in under.apart]
    if bar.period is not None and definitions.table_of(of.catalogue, query) == PEOPLE:
        beside.insert(0, _("Period"))
    notes = [note, wording.short_of(of.catalogue, query), wording.partly(of.catalogue, query)]
    notes += [_("not kept to: {filters}").format(filters=", ".join(beside))] if beside else []
    notes += [_("no comparison, as the data begin later")] if query.compared and found.earlier is None else []
    note = "; ".join(filter(None, notes))
    table = wording.table(of.catalogue, query, found.table, of.names)
    if nothing(query, found):
        return Content(title, note, text=_("No rows in this period with these filters."))
    if not (query.by or query.grain or query.rows) and card.form != "table":
        name = query.measures[0]
        value, meaning = number(of, name, found, currency)
        return Content(card.title or wording.measure(of.catalogue, name), note, value, meaning, table=table)
    if card.form == "table":
        return Content(title, note, table=rounded(of, query, table))
    if card.form == "map":
        drawn = world.drawn(of.catalogue, query, found.table, currency, source.dark)
        note = "; ".join(filter(None, (note, world.beside(of.catalogue, query, found.table, currency))))
    else:
        drawn = charts.drawn(of.catalogue, query, found, of.names, currency)
        note = f"{note}. {rows.said(of.catalogue, query, found, currency)}".rstrip() if query.rows else note
    if drawn is None:
        return Content(title, note, table=rounded(of, query, table))
    dimension = query.by[0] if len(query.by) == 1 and card.form == "figure" and not (query.grain or query.rows) else ""
    levels = tuple(found.table[dimension].astype(str).head(charts.BARS)) if dimension in of.levels else ()
    says = card.title or str(drawn.layout.title.text)
    return Content(says, note, figure=drawn, table=table, dimension=dimension if levels else "", levels=levels)


def nothing(query: Query, found: Answer) -> bool:
    """Whether an answer holds no number at all."""
    return found.table.empty or (not query.rows and bool(found.table[list(query.measures)].isna().all(axis=None)))


def short(of: Known, query: Query) -> str:
    """What a card is called whose author gave it no title."""
    if query.rows:
        return wording.of_rows(of.catalogue, query)
    text = ", ".join(wording.measure(of.catalogue, name) for name in query.measures)
    split = ", ".join(wording.dimension(of.catalogue, name).lower() for name in query.by)
    return _("{measure} by {dimensions}").format(measure=text, dimensions=split) if split else text


def number(of: Known, name: str, found: Answer, currency: str) -> tuple[str, str]:
    """A single number as written, and beside it what it was in the days it is compared with, or what it means."""
    one = of.catalogue.measures[name]
    write = wording.number(one, currency)
    value = float(found.table[name].iloc[0])
    if EARLIER + name not in found.table:
        return write(value), _(one.meaning) if one.meaning else ""
    then = float(found.table[EARLIER + name].iloc[0])
    change = locales.points(value, then) if one.unit == "share" else locales.change(value, then)
    return write(value), _("{value} then").format(value=write(then)) + (f" ({change})" if change else "")


def rounded(of: Known, query: Query, table: pd.DataFrame) -> pd.DataFrame:
    """A table in the reader's words with shares in per cent, all else with two decimals at most; days as days."""
    if query.rows:
        return table.round(2)
    made = table.copy()
    for name in query.measures:
        title = wording.measure(of.catalogue, name)
        for column in (title, _("{measure}, earlier").format(measure=title)):
            if column in made:
                share = of.catalogue.measures[name].unit == "share"
                made[column] = (made[column].astype(float) * (100 if share else 1)).round(2)
                made = made.rename(columns={column: f"{column} (%)"}) if share else made
    for column in made.select_dtypes("datetime").columns:
        made[column] = [wording.step(query.grain, when) for when in made[column]]
    return made


def _words(card: Card, source: Source) -> Content:  # noqa: ARG001  # as its like
    return Content(card.title, text=card.text)


def _picture(card: Card, source: Source) -> Content:
    kept = source.picture(card.text)
    if kept is None:
        return Content(card.title, text=_("This picture is gone: keep the figure again, or take the card away."))
    when = locales.moment(datetime.fromisoformat(kept["kept"]))
    note = _("As it was on {moment}: a picture, which no filter changes.").format(moment=when)
    if kept.get("data"):
        note += " " + _("Data: {names}.").format(names=", ".join(map(_, kept["data"])))
    table = pd.DataFrame(kept["table"]["rows"], columns=kept["table"]["columns"]) if kept.get("table") else None
    return Content(card.title, note, figure=plotly.io.from_json(kept["figure"]), table=table)


def _sql(card: Card, source: Source) -> Content:
    title, note = card.title or _("Answer"), _("Asked in SQL: no filter of the board changes it.")
    try:
        return Content(title, note, table=source.sql(card.text))
    except Sentence as error:
        return Content(title, note, text=error.sentence())
