"""What can be asked of some data: measures, what they can be split by, and what people call them in two languages."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import locales
from data import schemas
from data.schemas import IS_GOODS
from data.tables import quoted
from locales import N_
from locales.labels import label
from models import segmenting
from models.ask import periods, spelling, synonyms, words
from models.ask.columns import timed, usual
from models.ask.formulas import (
    DIMENSIONS,
    LINE,
    MEASURES,
    OF_PEOPLE,
    PEOPLE,
    ROW,
    SALE,
    STATISTICS,
    STOCK,
    TIME,
    Dimension,
    Measure,
    Unit,
)
from models.ask.query import GRAINS, RELATIONS, Filter, Query

TABLES = ("sales", "stock", "customers")
MAX_BY = 2  # dimensions and a grain of one question
COLUMNS = {"relation": 2, "distribution": 1}  # numbers of each row that such a question is of
OF_OTHER_LINES = {"shipping": "shipping", "fees": "fee"}  # measures, and the kind of lines that they add up
NUMBERED = "number"  # among headers: that of the column in which each line has a number of its own
LISTED = "list"  # among headers: the name of the file
FILES = frozenset(  # what the name of a file says beside what it is a list of
    ("data", "dataset", "export", "table", "sheet", "file", "final", "copy", "csv", "xlsx", "xl", "parquet")
)
SAID = "_said"  # of a line: what the table of products says of its product


@dataclass(frozen=True)
class Catalogue:
    """What one shop's data can be asked: `measures` and `dimensions` by name.

    `lacking` says of those that Vigie knows and these data do not have which columns are missing. The sales lie
    between the days `first` and `last`.
    """

    measures: Mapping[str, Measure]
    dimensions: Mapping[str, Dimension]
    lacking: Mapping[str, tuple[str, ...]]
    first: date
    last: date
    frames: Mapping[str, Collection[str]]
    rows: str = ""  # what a line is, by the name of its file: of "films.csv" each is one of the films
    single: bool = False  # each order is one line
    of_goods: Collection[str] = ()  # numbers of rows (`Measure.row`) that are the same on all lines of a product


def catalogue(
    columns: Mapping[str, Mapping[str, str]],
    span: tuple[date, date],
    unknown: Collection[str] = (),
    people: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    called: Mapping[str, Sequence[str]] | None = None,
) -> Catalogue:
    """What can be asked of sales with the frames `columns` (frame -> column -> pandas type) between two days.

    `unknown` columns say nothing of any line. `people` are the columns of a table of customers who stay or leave.
    `headers` are what the file called its columns (canonical -> its own): they are words for them, too. `called` is
    what people call columns that are their own: the first word is the one that is shown.
    """
    sales = {*columns["sales"], TIME} - set(unknown)
    if {"quantity", "unit_price"} <= sales:
        sales.add("amount")
    beside = {f"{frame}.{column}" for frame, kept in columns.items() if frame != "sales" for column in kept}
    goods = set(columns.get("products", {}))
    moved = set(columns.get("stock_moves", {}))
    in_stock = {"product"} | ({"category", "supplier"} & (goods | sales)) | ({"store"} & moved)
    costs = {"unit_cost"} & (sales | set(columns.get("supplier_prices", {})))
    known = {"sales": sales | beside, "stock": (in_stock | costs | sales & {"quantity"}) if moved else set()}
    measures: dict[str, Measure] = {}
    lacking: dict[str, tuple[str, ...]] = {}
    for measure in (*MEASURES, *STOCK):
        missing = [column for column in measure.needs if column not in known[measure.table]]
        if measure.table == "stock" and not moved:
            missing = ["stock_moves"]
        if missing:
            lacking[measure.name] = tuple(missing)
        else:
            off = "coalesce(promotion, 0)" if "promotion" in sales else "0"
            measures[measure.name] = replace(
                measure, sql=measure.sql.replace("{off}", off), words=synonyms.of(measure.name, "measure")
            )
    dimensions: dict[str, Dimension] = {}
    for dimension in DIMENSIONS:
        missing = [column for column in dimension.needs if column not in known["sales"]]
        if missing:
            lacking[dimension.name] = tuple(missing)
        else:
            tables = {"sales", *(["stock"] if moved and dimension.name in in_stock else [])}
            kept = {table: sql for table, sql in dimension.sql.items() if table in tables}
            dimensions[dimension.name] = replace(dimension, sql=kept, words=synonyms.of(dimension.name, "dimension"))
    own = schemas.extras(columns["sales"])
    if segmenting.SEGMENT in dimensions and any("segment" in name.casefold() for name in own):
        dimensions[segmenting.SEGMENT] = replace(dimensions[segmenting.SEGMENT], words=())  # people mean their own
    for column, (unit, _title) in LINE.items():
        if column in sales:
            measures |= {one.name: one for one in _of_single(column, "sales", SALE, unit)}
    for name in own:
        dimensions[name] = Dimension(name, name, {"sales": quoted(name)}, own=True, words=(name,))
        count = f"count(DISTINCT {quoted(name)}) FILTER ({SALE})"
        measures[f"{name}.distinct"] = Measure(
            f"{name}.distinct", name, count, "count", "", additive=False, own="distinct", words=(f"number of {name}",)
        )
    for name in schemas.extras(columns["sales"], "float64"):
        measures |= {one.name: one for one in _numbers(name, "sales", IS_GOODS)}
    asked, split = _of_products(columns.get("products", {}), sales)
    measures, dimensions = asked | measures, split | dimensions  # what a line says itself comes first
    if people:
        asked, split = _of_people(people)
        measures |= asked
        dimensions |= split
    meant = {"amount": "revenue", "quantity": "units", "unit_price": "price"}
    headed = {meant.get(column, column): _headed(header) for column, header in (headers or {}).items()}
    of_others = {word for one in own for word in spelling.key(one)}
    of_two = [word for name in set(meant.values()) & set(headed) for word in set(spelling.key(headed[name][0]))]
    of_others |= {word for word in of_two if of_two.count(word) > 1}  # "Kilos" and "Prix au kilo"
    for name in set(meant.values()) & set(headed):
        headed[name] += tuple(word for word in headed[name][-1].split()[-1:] if not of_others & set(spelling.key(word)))
    # "Visit date", "N° séjour": what has a date, or a number for its lines, is what is counted
    headed["orders"] = (*headed.get("invoice", ()), *_dated((headers or {}).get("timestamp", "")))
    headed["lines"] = headed.get(NUMBERED, ())[1:]  # "Rental ID": a line is a rental
    headed["customers"] = headed.get("customer", ())[1:]
    headed["new_customers"] = tuple(f"{new} {one}" for new in ("new", "nouveaux") for one in headed["customers"])
    every = {spelling.key(word) for one in measures.values() for word in one.words}
    every |= {spelling.key(word) for one in dimensions.values() for word in one.words}
    for name in set(meant.values()) & set(headed):  # "freight" where there is a "Freight charge", and no other freight
        spoken = [word for word in headed[name][0].split() if not of_others & set(spelling.key(word))]
        headed[name] += tuple(word for word in spoken if spelling.key(word) not in every and len(word) > 3)
    mine = {spelling.key(words[0]): name for name, words in headed.items() if name in meant.values() and words}
    for name, one in measures.items():  # "Tickets" that are a column of quantities are no orders
        others = tuple(word for word in one.words if mine.get(spelling.key(word), name) == name)
        measures[name] = one if one.own else replace(one, words=others)
    return Catalogue(
        measures={name: _named(one, headed.get(name, ()), called or {}) for name, one in measures.items()},
        dimensions={name: _named(one, headed.get(name, ()), called or {}) for name, one in dimensions.items()},
        lacking=lacking,
        first=span[0],
        last=span[1],
        frames={name: tuple(kept) for name, kept in columns.items()},
        rows=_listed((headers or {}).get(LISTED, "")),
    )


Defined = TypeVar("Defined", Measure, Dimension)


def _headed(header: str) -> tuple[str, ...]:
    """What a column is called by its header, whole and without what says that it is a number, name or date."""
    left = [word for word in re.split(r"[\W_]+", header) if word and spelling.plain(word) not in words.OF_A_COLUMN]
    whole = len(left) < len(re.findall(r"\w+", header))
    return (header, " ".join(left)) if left and whole else (header,)


def _dated(header: str) -> tuple[str, ...]:
    """What has the date of a header, "visit" of "Visit date"; nothing of "Cueilli le", which is what was done."""
    said = [word for word in re.split(r"[\W_]+", header) if len(word) > 2]
    left = [word for word in said if spelling.plain(word) not in words.OF_A_COLUMN]
    dated = any(spelling.plain(word) in ("date", "day", "jour", "datetime") for word in said)
    return (" ".join(left),) if left and dated else ()


def _listed(file: str) -> str:
    """What a file is a list of: the one word of its name that says something, in the plural; "" for none."""
    said = [word for word in re.split(r"[\W\d_]+", file) if word and spelling.stem(spelling.plain(word)) not in FILES]
    plural = len(said) == 1 and spelling.stem(spelling.plain(said[0])) != spelling.plain(said[0])
    return said[0] if plural else ""


def _named(one: Defined, headed: Sequence[str], called: Mapping[str, Sequence[str]]) -> Defined:
    """A definition with the words of its file and of its people."""
    mine: Sequence[str] = called.get(one.title, ()) if one.own else ()
    return replace(one, title=mine[0] if mine else one.title, words=(*mine, *one.words, *headed))


def _numbers(column: str, table: str, rows: str = "") -> Iterable[Measure]:
    """The sum and the mean of a column of numbers, and what single lines or customers say of it."""
    called = _called(column)
    sql, kept = quoted(column), f" FILTER ({rows})" if rows else ""
    of_table = "" if table == "sales" else f"{table}."
    added = Measure(
        f"{of_table}{column}.sum",
        column,
        f"sum({sql}){kept}",
        "number",
        "",
        table=table,
        own="sum",
        words=called,
    )
    mean = Measure(
        f"{of_table}{column}.mean",
        column,
        f"avg({sql}){kept}",
        "number",
        "",
        table=table,
        additive=False,
        own="mean",
        words=called,
    )
    yield from (mean, added) if usual(column) == "mean" else (added, mean)
    yield from _of_single(column, table, rows)


def seen(known: Catalogue, levels: Mapping[str, Collection[str]], kinds: Collection[str]) -> Catalogue:
    """A catalogue after a look at the values in the data.

    Numbers of few values, kept as texts to filter by (the `levels` of each dimension), are numbers, too: they have a
    mean, extremes and, but for scores, a sum; the column alone means its mean where it is a score. Where no line is of
    a kind (`kinds` of lines that are there), there is none of its money: it lacks.
    """
    measures = dict(known.measures)
    for name, values in levels.items():
        dimension, of_a_column = known.dimensions[name], set(spelling.key(name)) <= words.OF_A_COLUMN
        if "sales" in dimension.sql and dimension.own and not (dimension.said or of_a_column) and _numeric(values):
            number = f"TRY_CAST({quoted(name)} AS DOUBLE)"
            scored = usual(name) == "mean"
            measures |= {
                one.name: replace(
                    one,
                    title=dimension.title,
                    sql=one.sql.replace(quoted(name), number),
                    row=one.row.replace(quoted(name), number),
                    words=(*dimension.words, *one.words) if scored or timed(name) else (),
                )
                for one in _numbers(name, "sales", IS_GOODS)
                if not (scored and one.own == "sum")
            }
    lacking = dict(known.lacking)
    for name, kind in OF_OTHER_LINES.items():
        if name in measures and kind not in kinds:
            del measures[name]
            lacking[name] = ("line_type",)
    return replace(known, measures=measures, lacking=lacking)


def _numeric(values: Collection[str]) -> bool:
    """Whether the values of a column are numbers, and not the 1 and 0 of yes and no."""
    numbers = all(re.fullmatch(r"-?\d+(?:\.\d+)?", one) for one in values)
    return numbers and not {*values} <= {"0", "1"}


def _of_single(column: str, table: str, rows: str = "", unit: Unit = "number") -> Iterable[Measure]:
    """The largest, the smallest and the median number of a column, of single lines or customers."""
    of_table = "" if table == "sales" else f"{table}."
    number, kept = quoted(column), f" FILTER ({rows})" if rows else ""
    for one in STATISTICS:
        yield Measure(
            f"{of_table}{column}.{one}",
            column,
            f"{one}({number}){kept}",
            unit,
            N_("of single lines, what came back left out") if unit != "number" else "",
            table=table,
            additive=False,
            own=one,
            words=tuple(f"{one} {name}" for name in _called(column)),
            row=(f"CASE WHEN {rows} THEN {number} END" if rows else number) if one == ROW else "",
        )


def _of_products(kinds: Mapping[str, str], sales: Collection[str]) -> tuple[dict[str, Measure], dict[str, Dimension]]:
    """What the table of products says of what is sold: its texts as dimensions, the mean of its numbers a unit sold."""
    asked, split = {}, {}
    for column in schemas.extras(kinds, "str", "products"):
        called = (*_called(column), *synonyms.of(column, "dimension"))
        value = f"{SAID}.{quoted(column)}"
        split[column] = Dimension(column, column, {"sales": value}, own=True, words=called, said=column)
    for column in schemas.extras(kinds, "float64", "products") if "quantity" in sales else ():
        value = f"{SAID}.{quoted(column)}"
        rows = f"FILTER ({SALE})"
        asked[f"{column}.mean"] = Measure(
            f"{column}.mean",
            column,
            f"sum(quantity * {value}) {rows} / nullif(sum(CASE WHEN {value} IS NOT NULL THEN quantity END) {rows}, 0)",
            "number",
            "",
            additive=False,
            own="mean",
            words=(*_called(column), *synonyms.of(column, "measure")),
            said=column,
        )
    return asked, split


def lines(said: Iterable[str], source: str = "sales") -> str:
    """What stands after FROM: the lines of sales (`source`), with what the table of products says of each in the
    columns `said`, joined once however often it is read."""
    columns = sorted(set(said) - {""})
    if not columns:
        return source
    values = ", ".join(f"any_value({name}) AS {name}" for name in map(quoted, columns))
    of_products = f"(SELECT product, {values} FROM products GROUP BY product) AS {SAID}"  # noqa: S608  # quoted
    return f"(SELECT sales.*, {SAID} FROM {source} LEFT JOIN {of_products} USING (product)) AS sales"  # noqa: S608


def _called(column: str) -> tuple[str, ...]:
    """What a column is called in its table and in both languages."""
    names = [column]
    for language in locales.LANGUAGES:
        with locales.using(language):
            names.append(label(column))
    return tuple(dict.fromkeys(names))


def _of_people(kinds: Mapping[str, str]) -> tuple[dict[str, Measure], dict[str, Dimension]]:
    """What can be asked of a table of customers: its numbers, and its texts as dimensions."""
    there = [one for one in OF_PEOPLE if set(one.needs) <= set(kinds)]
    asked = {one.name: replace(one, words=synonyms.of(one.name, "measure")) for one in there}
    split = {}
    for column, kind in kinds.items():
        if column in ("customer_id", "churned"):
            continue
        if kind in ("str", "category", "bool"):
            name = f"{PEOPLE}.{column}"
            split[name] = Dimension(
                name, column, {PEOPLE: f"CAST({quoted(column)} AS VARCHAR)"}, own=True, words=_called(column)
            )
        elif kind.startswith(("float", "int")):
            asked |= {one.name: one for one in _numbers(column, PEOPLE)}
    return asked, split


def table_of(known: Catalogue, query: Query) -> str:
    """The one table that a query is about."""
    return known.measures[query.measures[0]].table


def fits(known: Catalogue, query: Query) -> bool:
    """Whether a query speaks of what these data have, of one table at a time, and no more than can be shown."""
    measures = [*query.measures, *(one.measure for one in query.thresholds)]
    if not query.measures or not all(name in known.measures for name in measures):
        return False
    table = table_of(known, query)
    split = [*query.by, *(one.dimension for one in query.filters if one.how not in RELATIONS)]
    split += [query.over] if query.over and query.over not in (*GRAINS, "line") else []
    timed = bool(query.grain or query.compared or query.over in GRAINS)
    return (
        all(known.measures[name].table == table for name in measures)
        and all(name in known.dimensions and table in known.dimensions[name].sql for name in split)
        and all(of_numbers(known, one, table) for one in query.filters if one.how in RELATIONS)
        and len(set(query.by)) == len(query.by) <= MAX_BY
        and query.grain in ("", *GRAINS)
        and not (timed and table != "sales")
        and not (query.period and table == PEOPLE)
        and query.limit >= 0
        and (not query.each or (query.each in query.by and len(query.by) == MAX_BY and not query.grain))
        and not (query.thresholds and not (query.by or query.grain))
        and all(periods.is_period(one) for one in (query.period, query.compared) if one not in ("before", "year"))
        and not (query.over == "line" and not lined(known, query.measures))
        and not (query.share and (len(query.measures) > 1 or not shared(known, query)))
        and (not query.rows or _of_rows(known, query))
    )


def of_numbers(known: Catalogue, one: Filter, table: str) -> bool:
    """Whether a filter keeps the rows of a table whose number is over or under one value."""
    column = known.measures.get(one.dimension)
    number = len(one.values) == 1 and re.fullmatch(r"-?\d{1,15}(?:\.\d+)?", one.values[0])
    return bool(column and column.row and column.table == table and number and one.how in RELATIONS)


def _of_rows(known: Catalogue, query: Query) -> bool:
    """Whether a query for single rows asks for numbers that they have, and for nothing that only groups have."""
    plain = Query(query.measures, query.by, filters=query.filters, period=query.period, rows=query.rows)
    return (
        query == plain
        and len(query.measures) == len(set(query.measures)) == COLUMNS[query.rows]
        and len(query.by) <= 1
        and all(known.measures[name].row for name in query.measures)
    )


def shared(known: Catalogue, query: Query) -> bool:
    """Whether parts of the whole can be said of a query's first measure: of what adds up, or counts."""
    one = known.measures[query.measures[0]]
    return bool(query.by or query.grain) and (one.additive or (one.unit == "count" and not query.over))


def within(query: Query) -> tuple[str, ...]:
    """The dimensions within each of whose values a share is one of the whole: "the share of damaged ones by driver" is
    of each driver's; () where the whole is all there is."""
    kept = {one.dimension for one in query.filters}
    return tuple(name for name in query.by if name not in kept) if kept & set(query.by) else ()


def lined(known: Catalogue, measures: Iterable[str]) -> bool:
    """Whether measures can be averaged over lines: those that add up, and are not their number."""
    return all(known.measures[name].additive and name != "lines" for name in measures)


def fitted(known: Catalogue, query: Query) -> Query | None:
    """A query without what these data cannot answer together with its last measure; None where nothing is left."""
    there = [name for name in query.measures if name in known.measures]
    if not there:
        return None
    table = known.measures[there[-1]].table
    measures = tuple(name for name in there if known.measures[name].table == table)

    def has(name: str) -> bool:
        return name in known.dimensions and table in known.dimensions[name].sql

    timed = table == "sales"
    over = query.over if timed or has(query.over) else ""
    kept = replace(
        query,
        measures=measures,
        by=tuple(name for name in query.by if has(name))[:MAX_BY],
        grain=query.grain if timed else "",
        filters=tuple(one for one in query.filters if has(one.dimension) or of_numbers(known, one, table)),
        thresholds=tuple(one for one in query.thresholds if one.measure in known.measures),
        period="" if table == PEOPLE else query.period,
        compared=query.compared if timed else "",
        over="" if query.over == "line" and not lined(known, measures) else over,
        share=query.share and len(measures) == 1 and shared(known, query),
    )
    if kept.each not in kept.by or len(kept.by) < MAX_BY or kept.grain:
        kept = replace(kept, each="")
    kept = replace(kept, thresholds=tuple(one for one in kept.thresholds if known.measures[one.measure].table == table))
    return kept if fits(known, kept) else None
