"""A query in SQL, for DuckDB, and what it answers as a table.

No text from outside is in the SQL but names of columns, quoted; every value is a parameter.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from data.schemas import IS_GOODS
from data.shelf import on_hand
from data.tables import quoted
from models.ask import definitions, periods, rows
from models.ask.definitions import Catalogue
from models.ask.formulas import GONE, LATELY, PEOPLE, SALE
from models.ask.query import GRAINS, Filter, Query

MAX_GROUPS = 5000
STEP = "step"  # the column of a grain
SHARE = "share"
MISSING = 0.02  # of the days to compare with
EARLIER = "earlier "  # before the name of a measure
SIGNS = {"over": ">", "under": "<", "at least": ">=", "at most": "<="}
OTHER_LINES = ("shipping", "fees", "discount")  # measures of lines that are no goods
Ask = Callable[..., pd.DataFrame]  # SQL and its named values to a table
Days = tuple[date, date]


@dataclass(frozen=True)
class Answer:
    """What a query finds.

    `table` has a column for each dimension and for the grain (`STEP`), the measures, with a comparison also each
    measure of the `earlier` days (`EARLIER` before its name), with a share the part of the whole (`SHARE`). `period`
    and `earlier` are first and last days, None where there is no time. `sql` with `values` was asked; `cut`: there are
    more groups than `MAX_GROUPS`. Of single rows the table and the `facts` are those of `models.ask.rows.found`.
    """

    table: pd.DataFrame
    period: Days | None
    earlier: Days | None
    sql: str
    values: Mapping[str, Any]
    cut: bool
    facts: Mapping[str, float] = field(default_factory=dict)


def answer(known: Catalogue, query: Query, ask: Ask) -> Answer:
    """The answer to a query that fits (`definitions.fits`); `ask` runs SQL on the frames of its table."""
    timed = definitions.table_of(known, query) != PEOPLE
    period = periods.days(query.period, known.first, known.last) if timed else None
    if query.rows:
        made = _Made(known, query, period)
        table, facts, sql, values = rows.found(known, query, made.source(), made.where(), made.values, ask)
        return Answer(table, period, None, sql, values, False, facts)
    sql, values = statement(known, query, period)
    found = ask(sql, **values)
    earlier = compared(known, query)
    if earlier:
        found = _beside(known, query, found, period, earlier, ask)
    return Answer(found.head(MAX_GROUPS), period, earlier, sql, values, len(found) > MAX_GROUPS)


def at_once(known: Catalogue, queries: Iterable[Query]) -> dict[Query, Query]:
    """Each query, and the one to ask in its place: totals of the same lines are one query of all their measures.

    `only` takes the answer to a query out of that of the other one.
    """
    alike: dict[Query, list[str]] = defaultdict(list)
    queries = list(dict.fromkeys(queries))
    for query in queries:
        alike[_lines(known, query)] += query.measures
    return {
        query: replace(query, measures=tuple(dict.fromkeys(alike[_lines(known, query)])))
        if query == Query(query.measures, filters=query.filters, period=query.period, compared=query.compared)
        else query
        for query in queries
    }


def _lines(known: Catalogue, query: Query) -> Query:
    """What a query is about, whatever it measures there."""
    return replace(query, measures=(definitions.table_of(known, query),))


def only(found: Answer, asked: Query, query: Query) -> Answer:
    """The answer to a query, within that to the one `asked` in its place (see `at_once`)."""
    others = set(asked.measures) - set(query.measures)
    return replace(found, table=found.table[[name for name in found.table if name.removeprefix(EARLIER) not in others]])


def compared(known: Catalogue, query: Query) -> Days | None:
    """The days that a query compares with; None where it does not, or where they begin before the data do.

    A few days that the data miss at their beginning (up to `MISSING` of all) are left out.
    """
    if not query.compared:
        return None
    start, end = periods.before(query.period, known.first, known.last, query.compared)
    missing, length = (known.first - start).days, (end - start).days + 1
    return None if missing > MISSING * length else (max(start, known.first), end)


def windows(known: Catalogue, query: Query, dimension: str, period: Days) -> tuple[str, dict[str, Any]]:
    """The SQL of a query's first measure by `level` of a dimension ("": of all) and `place`, and its values.

    Place 0 is the period, -1 as many days before it, and so on to where the data begin.
    """
    made = _Made(known, query, (known.first, period[1]), dimension)
    where = made.where()
    length = (period[1] - period[0]).days + 1
    level = made.expression(dimension) if dimension else "''"
    place = f"CAST(floor(date_diff('day', {made.value(period[0])}, timestamp) / {length}.0) AS INTEGER)"
    measure = known.measures[query.measures[0]].sql
    whole = (period[0] - known.first).days // length
    sql = (
        f"SELECT {level} AS level, {place} AS place, {measure} AS value FROM {made.source()} WHERE {where} GROUP BY ALL"
    )
    return f"SELECT * FROM ({sql}) WHERE value IS NOT NULL AND place >= {-whole}", made.values


def daily(known: Catalogue, query: Query, period: Days, window: int = 1) -> tuple[str, dict[str, Any]]:
    """The SQL of a query's measures by `level` of its dimension ("" without one) and `day`, and its values.

    Each is of the `window` days up to that day; `lines` are the goods' lines among them. Days and levels without any
    line of theirs are not there; lines that are of no level have None.
    """
    made = _Made(known, query, (period[0] - timedelta(days=window - 1), period[1]))
    where = made.where()
    level = f"CAST({made.expression(query.by[0])} AS VARCHAR)" if query.by else "''"
    lines, sums = f"count(*) FILTER ({IS_GOODS})", {name: known.measures[name].sql for name in query.measures}
    day, source = "CAST(timestamp AS DATE)", made.source()
    if window > 1 and (parts := _parts(sums.values())):  # of sums, the days can be added up: once a line is enough
        named = {part: f"_part{place}" for place, part in enumerate(dict.fromkeys((lines, *parts)))}
        kept = ", ".join(f"{part} AS {name}" for part, name in named.items())
        source = f"(SELECT {level} AS level, {day} AS day, {kept} FROM {source} WHERE {where} GROUP BY ALL)"
        level, day, where, lines = "level", "day", "true", f"sum({named[lines]})"
        sums = {
            name: _PART.sub(lambda part: f"sum({named[part[0]]})", text)  # called at once
            for name, text in sums.items()
        }
    ahead = f", (SELECT unnest(range({int(window)})) AS _ahead)" if window > 1 else ""
    day += " + CAST(_ahead AS INTEGER)" if window > 1 else ""
    measures = ", ".join(f"{text} AS {quoted(name)}" for name, text in sums.items())
    last = made.value(period[1])
    sql = (
        f"SELECT {level} AS level, {day} AS day, {lines} AS lines, {measures} "
        f"FROM {source}{ahead} WHERE {where} GROUP BY ALL"
    )
    return f"SELECT * FROM ({sql}) WHERE day <= {last}", made.values


_WITHIN = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"  # what stands in parentheses, with two more pairs within
_PART = re.compile(rf"\b(?:sum|count){_WITHIN}(?: FILTER {_WITHIN})?")
_WHOLE = re.compile(r"\bDISTINCT\b|\b(?:avg|any_value|min|max|mode|median)\s*\(|\"")


def _parts(formulas: Iterable[str]) -> list[str]:
    """The sums and counts that formulas are made of; none where one of them is of more than sums."""
    texts = list(formulas)
    return [] if any(map(_WHOLE.search, texts)) else [part for text in texts for part in _PART.findall(text)]


def statement(known: Catalogue, query: Query, period: Days | None) -> tuple[str, dict[str, Any]]:
    """The SQL of a query and its values: one row a group, at most `MAX_GROUPS` + 1 of them."""
    made = _Made(known, query, period)
    groups, columns = made.groups(), list(query.measures)
    names = ", ".join(quoted(name) for name in (*groups, *columns))
    inner = f"SELECT {made.select()} FROM {made.source()} WHERE {made.where()}{made.grouped()}"
    if query.over and query.over != "line":
        means = ", ".join(f"avg({quoted(name)}) AS {quoted(name)}" for name in columns)
        kept = "".join(f"{quoted(name)}, " for name in groups)
        inner = f"SELECT {kept}{means} FROM ({inner}){' GROUP BY ALL' if groups else ''}"
    if query.share:
        first, keys = f"found.{quoted(columns[0])}", {name: made.expression(name) for name in definitions.within(query)}
        keys |= {STEP: f"date_trunc('{query.grain}', timestamp)"} if query.grain and query.by else {}
        if known.measures[columns[0]].additive:
            within = f"PARTITION BY {', '.join(map(quoted, keys))}" if keys else ""
            inner = f"SELECT *, {first} / nullif(sum({first}) OVER ({within}), 0) AS {SHARE} FROM ({inner}) AS found"
        else:  # an order has several products: what counts is no sum of its parts
            named = "".join(f"{expression} AS {quoted(name)}, " for name, expression in keys.items())
            counted = f"{named}{known.measures[columns[0]].sql} AS _whole"
            whole = f"SELECT {counted} FROM {made.source()} WHERE {made.where()}"
            on = [f"found.{name} IS NOT DISTINCT FROM whole.{name}" for name in map(quoted, keys)]
            inner = (
                f"SELECT found.*, {first} / nullif(_whole, 0) AS {SHARE} FROM ({inner}) AS found LEFT JOIN "
                f"({whole}{' GROUP BY ALL' if keys else ''}) AS whole ON {' AND '.join(on) or 'true'}"
            )
        names += f", {SHARE}"
    series = ""
    if query.grain and query.by and query.limit:  # the first few groups, at every step
        order = "ASC" if query.order == "least" else "DESC"
        of = ", ".join(quoted(name) for name in query.by)
        inner = f"SELECT *, sum({quoted(columns[0])}) OVER (PARTITION BY {of}) AS _total FROM ({inner})"
        series = f" QUALIFY dense_rank() OVER (ORDER BY _total {order} NULLS LAST, {of}) <= {query.limit}"
    if query.each and query.limit:
        order = "ASC" if query.order == "least" else "DESC"
        each, measure = quoted(query.each), quoted(columns[0])
        of = f"PARTITION BY {each} ORDER BY {measure} {order} NULLS LAST"
        series = f" QUALIFY row_number() OVER ({of}, {', '.join(map(quoted, query.by))}) <= {query.limit}"
    return f"SELECT {names} FROM ({inner}) WHERE {made.kept()}{series}{made.ordered()}", made.values


class _Made:
    """The parts of one statement, which share their parameters."""

    def __init__(self, known: Catalogue, query: Query, period: Days | None, dimension: str = "") -> None:
        self.known, self.query, self.period = known, query, period
        self.table = definitions.table_of(known, query)
        split = {dimension, *query.by, query.over, *(one.dimension for one in query.filters)}
        self.asked = {*query.measures, *(one.measure for one in query.thresholds)}
        self.said = [one.said for name, one in known.dimensions.items() if name in split]
        self.said += [one.said for name, one in known.measures.items() if name in self.asked]
        self.values: dict[str, Any] = {}
        if period:
            self.values = {"start": period[0], "end": period[1]}

    def value(self, what: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = what
        return f"${name}"

    def groups(self) -> list[str]:
        return [*self.query.by, *([STEP] if self.query.grain else [])]

    def expression(self, dimension: str) -> str:
        known = self.known.dimensions.get(dimension)
        return known.sql[self.table] if known else self.known.measures[dimension].row

    def select(self) -> str:
        query = self.query
        parts = [f"{self.expression(name)} AS {quoted(name)}" for name in query.by]
        if query.grain:
            parts.append(f"date_trunc('{query.grain}', timestamp) AS {STEP}")
        if query.over in GRAINS:
            parts.append(f"date_trunc('{query.over}', timestamp) AS _over")
        asked = dict.fromkeys((*query.measures, *(one.measure for one in query.thresholds)))
        lines = f" / nullif(count(*) FILTER ({IS_GOODS}), 0)" if query.over == "line" else ""
        parts += [f"({self.known.measures[name].sql}){lines} AS {quoted(name)}" for name in asked]
        if self.table == "sales":
            goods = [f"count(*) FILTER ({IS_GOODS}) > 0"] if set(query.measures) - set(OTHER_LINES) else []
            there = [
                *goods,
                *(f"{self.known.measures[one].sql} IS NOT NULL" for one in query.measures if one in OTHER_LINES),
            ]
            parts.append(f"{' OR '.join(there)} AS _there")
        return ", ".join(parts)

    def source(self) -> str:
        if self.table != "sales":
            return f"({self.stock()})" if self.table == "stock" else self.table
        if "new_customers" in self.asked:
            first = f"SELECT customer, min(timestamp) FILTER ({SALE}) AS first_bought FROM sales GROUP BY customer"
            return definitions.lines(self.said, f"(SELECT * FROM sales LEFT JOIN ({first}) USING (customer)) AS sales")
        return definitions.lines(self.said)

    def where(self) -> str:
        parts = [] if self.table != "sales" else [_between("$start", "$end")]
        late = set(self.query.by) if self.query.share else set()
        parts += [
            self.condition(one, self.expression(one.dimension))
            for one in self.query.filters
            if one.dimension not in late
        ]
        if self.query.limit or self.query.thresholds:  # who is not known is not the best
            parts += [f"{self.expression(name)} IS NOT NULL" for name in self.query.by]
        return " AND ".join(parts) or "true"

    def condition(self, one: Filter, expression: str) -> str:
        if one.how in SIGNS:
            kept = f"{expression} {SIGNS[one.how]} {self.value(float(one.values[0]))}"
            return kept if one.kept else f"NOT coalesce({kept}, false)"
        if one.how == "contains":
            kept = " AND ".join(f"contains(lower(description), {self.value(word.lower())})" for word in one.values)
            return f"coalesce({kept}, false)" if one.kept else f"NOT coalesce({kept}, false)"
        text = expression if self.known.dimensions[one.dimension].levels else f"CAST({expression} AS VARCHAR)"
        among = f"{text} IN ({', '.join(self.value(value) for value in one.values)})"
        return among if one.kept else f"({text} IS NULL OR NOT {among})"

    def grouped(self) -> str:
        grouped = self.query.by or self.query.grain or self.query.over in GRAINS
        return " GROUP BY ALL" if grouped else ""

    def kept(self) -> str:
        """What groups must be like: those that sold anything, within thresholds and filters that come after shares."""
        query, parts = self.query, []
        if self.table == "sales" and self.groups() and (not query.over or query.over == "line"):
            parts.append("_there")
        for one in query.thresholds:
            parts.append(f"{quoted(one.measure)} {SIGNS[one.relation]} {self.value(one.value)}")
        if query.share:
            parts += [self.condition(one, quoted(one.dimension)) for one in query.filters if one.dimension in query.by]
        return " AND ".join(parts) or "true"

    def ordered(self) -> str:
        query = self.query
        if not self.groups():
            return ""
        ranked = SHARE if query.share else quoted(query.measures[0])
        first = f"{ranked} {'ASC' if query.order == 'least' else 'DESC'} NULLS LAST"
        names = [quoted(name) for name in self.groups()]
        by_time = query.grain and not (query.order and not query.by)
        in_turn = len(query.by) == 1 and query.by[0] in ("weekday", "hour", "month_of_year") and not query.order
        order = names[::-1] if by_time else names if in_turn else [first, *names]
        if query.each:
            order = [quoted(query.each), *order]
        limit = 0 if query.each or (query.grain and query.by) else query.limit
        return f" ORDER BY {', '.join(order)} LIMIT {limit or MAX_GROUPS + 1}"

    def stock(self) -> str:
        """The stock on the last day: a row a product (and store) with what is on hand, its cost, lately sold units, and
        the days of the period on which there was none."""
        frames = self.known.frames
        moved, sold = set(frames["stock_moves"]), set(frames["sales"])
        places = ["product", *(["store"] if "store" in moved else [])]
        key = ", ".join(places)
        columns = []
        for name in ("category", "supplier"):
            if name in frames.get("products", ()):
                columns.append(
                    f"(SELECT any_value(p.{name}) FROM products AS p WHERE p.product = now.product) AS {name}"
                )
            elif name in sold:
                columns.append(f"(SELECT mode(s.{name}) FROM sales AS s WHERE s.product = now.product) AS {name}")
        if "unit_cost" in sold:
            columns.append(
                "(SELECT arg_max(s.unit_cost, (s.timestamp, s.unit_cost)) FROM sales AS s "
                "WHERE s.product = now.product AND s.unit_cost IS NOT NULL "
                f"AND s.timestamp < {_after('$end')}) AS unit_cost"
            )
        elif "supplier_prices" in frames:
            columns.append(
                "(SELECT arg_max(p.unit_cost, (p.valid_from, p.unit_cost)) FROM supplier_prices AS p "
                "WHERE p.product = now.product AND p.valid_from <= $end) AS unit_cost"
            )
        lately = (
            f"coalesce((SELECT sum(s.quantity) FROM sales AS s WHERE s.product = now.product AND {IS_GOODS} AND "
            f"s.timestamp >= $end - INTERVAL {LATELY - 1} DAY AND s.timestamp < {_after('$end')}"
            + (" AND s.store = now.store" if "store" in moved and "store" in sold else "")
            + "), 0)"
        )
        with_, days, beside = "", "", ""
        if any("out_days" in self.known.measures[name].sql for name in self.asked):  # of millions of moves, seconds
            with_, days = f"{self.empty(key)}, ", ", coalesce(out_days, 0) AS out_days"
            beside = f" LEFT JOIN empty USING ({key})"
        else:
            self.values.pop("start", None)
        return (
            f"WITH {with_}now AS (SELECT {key}, on_hand{days} FROM ({on_hand(frames, _after('$end'))}){beside}) "
            f"SELECT {key}, on_hand{', out_days' if days else ''}, "
            f"{', '.join([*columns, f'{lately} AS lately'])} FROM now"
        )

    def empty(self, key: str) -> str:
        """The days of the period on which each `key` was sold out, as `out_days` of the table `empty`.

        Days on which nothing was sold at all, and a product at zero for longer than `GONE` days, are no empty shelf.
        """
        first, turn = "CAST($start AS TIMESTAMP)", f"PARTITION BY {key} ORDER BY day"
        # Days that passed are counted from the first on: to hold each zero against each day takes minutes.
        return (
            f"moves AS (SELECT {key}, date, on_hand, row_number() OVER () AS place FROM stock_moves "
            f"WHERE date < {_after('$end')}), "
            "trading AS (SELECT DISTINCT date_trunc('day', timestamp) AS day FROM sales "
            f"WHERE {SALE} AND {_between('$start', '$end')}), "
            f"every AS (SELECT unnest(generate_series({first}, {_after('$end')}, INTERVAL 1 DAY)) AS day), "
            "passed AS (SELECT day, count(trading.day) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND "
            "1 PRECEDING) AS days FROM every LEFT JOIN trading USING (day)), "
            f"ends AS (SELECT {key}, date_trunc('day', date) AS day, last(on_hand ORDER BY date, place) AS on_hand "
            "FROM moves GROUP BY ALL), "
            f"turns AS (SELECT *, lead(day, 1, {_after('$end')}) OVER ({turn}) AS until, "
            f"coalesce(lag(on_hand) OVER ({turn}) <> 0, true) AS begins FROM ends), "
            f"zeros AS (SELECT {key}, day, least(until, max(day) FILTER (begins) OVER ({turn}) + INTERVAL {GONE} DAY) "
            "AS over FROM turns WHERE on_hand = 0), "
            f"empty AS (SELECT {key}, sum(b.days - a.days) AS out_days FROM zeros JOIN passed AS a ON a.day = "
            f"greatest(zeros.day, {first}) JOIN passed AS b ON b.day = greatest(over, {first}) GROUP BY ALL)"
        )


def _after(day: str) -> str:
    return f"CAST({day} AS DATE) + INTERVAL 1 DAY"


def _between(start: str, end: str) -> str:
    return f"timestamp >= {start} AND timestamp < {_after(end)}"


def read(known: Catalogue, query: Query, ask: Ask) -> int:
    """How many rows a query is answered from."""
    timed = definitions.table_of(known, query) != PEOPLE
    period = periods.days(query.period, known.first, known.last) if timed else None
    made = _Made(known, query, period)
    source = definitions.lines(made.said) if made.table == "sales" else made.source()  # not who bought when first
    return int(ask(f"SELECT count(*) FROM {source} WHERE {made.where()}", **made.values).iat[0, 0])


def _beside(
    known: Catalogue, query: Query, found: pd.DataFrame, period: Days | None, earlier: Days, ask: Ask
) -> pd.DataFrame:
    """The same of earlier days beside it: of the same groups, and of the same place in time within its period."""
    plain = replace(query, limit=0, order="", thresholds=())
    sql, values = statement(known, plain, earlier)
    then = ask(sql, **values)
    groups = list(query.by)
    if query.grain and period:
        frequency = {"week": "W-SUN", "month": "M", "quarter": "Q-DEC", "year": "Y-DEC", "day": "D"}[query.grain]
        for frame, start in ((found, period[0]), (then, earlier[0])):
            frame["_place"] = [step.ordinal for step in pd.PeriodIndex(frame[STEP], freq=frequency)]
            frame["_place"] -= pd.Period(start, frequency).ordinal
        groups.append("_place")
    renamed = then.rename(columns={name: EARLIER + name for name in query.measures})
    renamed = renamed[[*groups, *(EARLIER + name for name in query.measures)]]
    if not groups:
        return pd.concat([found, renamed], axis=1)
    return found.merge(renamed, on=groups, how="left").drop(columns="_place", errors="ignore")
