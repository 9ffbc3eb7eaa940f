"""What some data can be asked, and in which words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial

from sqlalchemy import Engine

from data import schemas, state, tables
from data.tables import Stored, quoted
from locales import N_, Sentence
from models.ask import definitions, lexicon, spelling, vocabulary
from models.ask.definitions import Catalogue
from models.ask.formulas import PEOPLE
from models.ask.lexicon import Lexicon
from models.ask.statement import Ask

NUMBERS = {"id", "no", "nr", "number", "numero", "n", "ref", "code"}  # in the header of a column of numbers or codes
CALLED = "ask.called "  # preference, with the lineage


@dataclass(frozen=True)
class Known:
    """The catalogue of some data, the `names` of their values and the values themselves (`levels`)."""

    catalogue: Catalogue
    names: dict[str, dict[str, str]]
    levels: dict[str, list[str]]

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words of questions: of many products they take a second, which only who is asked in words has to wait."""
        return lexicon.lexicon(self.catalogue, self.levels, self.names)


def known(
    columns: Mapping[str, Mapping[str, str]],
    span: tuple[date, date],
    ask: Mapping[str, Ask],
    unknown: Collection[str] = (),
    people: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    called: Mapping[str, Sequence[str]] | None = None,
) -> Known:
    """All of it, for the arguments of `definitions.catalogue`; `ask` runs SQL on the sales, and on the customers."""
    catalogue = definitions.catalogue(columns, span, unknown, people, headers, called)
    levels = vocabulary.levels(catalogue, ask)
    kinds = ask["sales"]("SELECT DISTINCT line_type FROM sales")["line_type"]
    catalogue = definitions.seen(catalogue, levels, frozenset(kinds))
    if "invoice" in columns["sales"]:
        single = ask["sales"]("SELECT count(*) = count(DISTINCT invoice) AS single FROM sales")["single"]
        catalogue = replace(catalogue, single=bool(single[0]))
        if ask["sales"](schemas.numbered_anew(columns["sales"]))["anew"].iloc[0]:
            one_order = f"DISTINCT {schemas.order(columns['sales'])}"
            made = {key: replace(one, sql=one.sql.replace("DISTINCT invoice", one_order))
                    for key, one in catalogue.measures.items()}  # fmt: skip
            catalogue = replace(catalogue, measures=made)
    numbers = {
        name: one.row for name, one in catalogue.measures.items() if one.row and one.table == "sales" and not one.said
    }
    spans = ", ".join(f"max({row}) - min({row}) AS {quoted(name)}" for name, row in numbers.items())
    most = ", ".join(f"max({name}) AS {name}" for name in map(quoted, numbers))
    spread = ask["sales"](f"SELECT {most} FROM (SELECT {spans} FROM sales GROUP BY product HAVING count(*) > 1)")  # noqa: S608
    catalogue = replace(catalogue, of_goods=frozenset(name for name in numbers if spread[name][0] == 0))
    return Known(catalogue, vocabulary.names(catalogue, ask["sales"]), levels)


def of_stored(
    sold: Stored, people: Stored | None, unknown: Collection[str], called: Mapping[str, Sequence[str]] | None = None
) -> Known:
    """The same of sales as they are kept, and of customers where they are of the same shop; `unknown` columns say
    nothing of any line (`data.tables.unknown`), `called` is what people call their own (see `called`)."""
    ours = people if people is not None and tables.of_one_shop(sold, people) else None
    first, last = sold.span or (sold.stored, sold.stored)
    return known(
        sold.columns,
        (first.date(), last.date()),
        {"sales": partial(tables.query, sold)} | ({PEOPLE: partial(tables.query, ours)} if ours else {}),
        unknown,
        ours.columns[PEOPLE] if ours else None,
        headers(sold),
        called,
    )


def headers(sold: Stored) -> dict[str, str]:
    """What the file called its columns (canonical -> its own), under `NUMBERED` the one that numbers its lines,
    which is not kept: of rentals, "Rental ID"; and under `LISTED` its own name: that of "films.csv"."""
    mapped, kept = sold.origin.columns or {}, sold.columns["sales"]
    mapped = {**mapped, definitions.LISTED: sold.origin.name} if sold.origin.kind == "upload" else mapped
    if "invoice" in kept:
        return mapped
    left = [one for one in sold.origin.header or () if one not in mapped.values() and len(spelling.key(one)) > 1]
    numbers = [one for one in left if "_".join(spelling.key(one)) not in kept and NUMBERS & set(spelling.key(one))]
    return {**mapped, definitions.NUMBERED: numbers[0]} if numbers else mapped


def called(engine: Engine, lineage: str) -> dict[str, list[str]]:
    """What people call the columns of a lineage of sales that are their own, by column; the first word is shown."""
    return state.preference(engine, f"{CALLED}{lineage}", {})


def call(engine: Engine, lineage: str, names: Mapping[str, Sequence[str]]) -> None:
    """Call columns so from now on. Raises `Sentence` where one word is to be the first for two of them."""
    first = [words[0].casefold() for words in names.values()]
    if len(set(first)) < len(first):
        raise Sentence(N_("Two columns cannot be called the same: change one of the names."))
    state.prefer(engine, f"{CALLED}{lineage}", {column: list(words) for column, words in names.items()})
