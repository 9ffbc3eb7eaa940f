"""Answers from single rows: two of their numbers against each other, or how one of them is spread."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from models.ask import definitions
from models.ask.definitions import Catalogue
from models.ask.formulas import OF_A_LINE, PEOPLE, ROW
from models.ask.query import Query, Rows

MAX_POINTS = 1500  # rows that are drawn, of many
MAX_BINS = 40
MIN_SOURCES = 10  # customers, orders or lines that an interval is said from
LEVEL = 0.95
TAIL = 0.005  # part of the rows at each end that shares a bin with its neighbours where the ends lie far out
NUMBER, OTHER, GROUP = "number", "other", "group"
BIN, COUNT = "from", "rows"
NEAR = 1e-9  # what a division of decimals may be off by: 6.3 is not below 63 tenths
SPREAD = {"low": 0.05, "first": 0.25, "middle": 0.5, "third": 0.75, "high": 0.95}  # quantiles of a group
_SUMS = ("count(*)", "sum(x)", "sum(y)", "sum(x * x)", "sum(y * y)", "sum(x * y)")  # of the rows of a source
Ask = Callable[..., pd.DataFrame]


def row_of(known: Catalogue, measure: str) -> str:
    """The measure that stands for the number of a single row which a measure adds up or averages; "" for none."""
    of_a_line = OF_A_LINE.get(measure, measure.rpartition(".")[0])
    name = f"{of_a_line}.{ROW}"
    return name if name in known.measures and known.measures[name].row else ""


def of_rows(known: Catalogue, query: Query, rows: Rows) -> Query:
    """A query asked of single rows, or again of groups, as far as it goes: its first measures that rows have, else the
    first numbers there are."""
    if not rows:
        return replace(query, rows="")
    table = definitions.table_of(known, query)
    there = [name for name, one in known.measures.items() if one.row and one.table == table]
    named = [name for name in (row_of(known, one) for one in query.measures) if name]
    chosen = tuple(dict.fromkeys((*named, *there)))[: definitions.COLUMNS[rows]]
    return Query(chosen, query.by[:1], filters=query.filters, period=query.period, rows=rows)


def found(
    known: Catalogue, query: Query, source: str, where: str, values: Mapping[str, Any], ask: Ask
) -> tuple[pd.DataFrame, dict[str, float], str, dict[str, Any]]:
    """What a query of single rows finds in a `source` of SQL kept to `where`: a table, facts about all of the rows, and
    the SQL of the table with its values.

    "relation": the `NUMBER` and the `OTHER` (and the `GROUP`) of rows, `MAX_POINTS` of them at most, always the same
    ones; the facts are those of `correlation`. "distribution": the quantiles of `SPREAD` and the `COUNT` of each
    `GROUP`; or bins that begin at `BIN`, with the facts of `bins`. All distributions have the facts `rows`, `least`,
    `most` and those of `SPREAD`.
    """
    table = definitions.table_of(known, query)
    called = (NUMBER, OTHER)[: definitions.COLUMNS[query.rows]]
    parts = [f"{known.measures[name].row} AS {short}" for name, short in zip(query.measures, called, strict=True)]
    parts += [f'{known.dimensions[name].sql[table]} AS "{GROUP}"' for name in query.by]
    key = "customer_id" if table == PEOPLE else "line_id"
    whose = [one for one in ("customer", "invoice") if table != PEOPLE and one in known.frames["sales"]]
    alone = not whose or (whose == ["invoice"] and known.single)  # each row is a source of its own
    # of sources by number, not by text, a million are grouped in less time
    parts += [f"{key} AS key", *([] if alone else [f"hash(coalesce({', '.join([*whose, key])})) AS whose"])]
    inner = f"SELECT {', '.join(parts)} FROM {source} WHERE {where}"  # noqa: S608  # quoted
    inner = f"(SELECT * FROM ({inner}) WHERE {' AND '.join(f'{name} IS NOT NULL' for name in called)})"  # noqa: S608
    values = dict(values)
    if query.rows == "relation":
        names = ", ".join([*called, *(f'"{GROUP}"' for _one in query.by)])
        sql = f"SELECT {names} FROM {inner} ORDER BY hash(key), key LIMIT {MAX_POINTS}"  # noqa: S608
        return ask(sql, **values), correlation(ask(moments(inner, alone), **values).iloc[0]), sql, values
    quantiles = ", ".join(f"quantile_cont({NUMBER}, {part}) AS {name}" for name, part in SPREAD.items())
    quantiles += f', count(*) AS "{COUNT}"'
    whole = (
        f"SELECT {quantiles}, min({NUMBER}) AS least, max({NUMBER}) AS most, "  # noqa: S608  # names of ours
        f"quantile_cont({NUMBER}, {TAIL}) AS lower, "
        f"quantile_cont({NUMBER}, {1 - TAIL}) AS upper, bool_and({NUMBER} = round({NUMBER})) AS whole FROM {inner}"
    )
    facts = {str(name): float(value) for name, value in ask(whole, **values).iloc[0].items() if value == value}
    if query.by:
        sql = f'SELECT "{GROUP}", {quantiles} FROM {inner} GROUP BY ALL ORDER BY middle DESC, "{GROUP}"'  # noqa: S608
        return ask(sql, **values), facts, sql, values
    facts |= bins(facts) if facts[COUNT] else {"begin": 0.0, "width": 1.0, "bins": 0.0}
    values |= {"begin": facts["begin"], "width": facts["width"], "bins": int(facts["bins"])}
    place = f"least(greatest(CAST(floor(({NUMBER} - $begin) / $width + {NEAR}) AS BIGINT), 0), $bins - 1)"
    sql = f'SELECT {place} AS place, count(*) AS "{COUNT}" FROM {inner} GROUP BY ALL'  # noqa: S608
    counts = ask(sql, **values).set_index("place")[COUNT].reindex(range(int(facts["bins"])), fill_value=0)
    begins = [facts["begin"] + facts["width"] * place for place in range(len(counts))]
    return pd.DataFrame({BIN: begins, COUNT: counts.to_numpy(int)}), facts, sql, values


def moments(inner: str, alone: bool = False) -> str:
    """The SQL of a correlation, and of how much Fisher's transform of it is `spread` when each source is left out:
    rows `whose` source is one hang together, but where each is `alone`."""
    rows, x, y, xx, yy, xy = ["1", "x", "y", "x*x", "y*y", "x*y"] if alone else _SUMS
    whose, grouped = ("", "") if alone else ("whose, ", " GROUP BY whose, n, r")
    return (
        f"WITH m AS (SELECT count(*) AS n, avg({NUMBER}) AS a, avg({OTHER}) AS b, "  # noqa: S608  # names of ours
        f"CASE WHEN min({NUMBER}) < max({NUMBER}) THEN stddev_pop({NUMBER}) END AS s, "
        f"CASE WHEN min({OTHER}) < max({OTHER}) THEN stddev_pop({OTHER}) END AS t, "
        f"covar_pop({NUMBER}, {OTHER}) / (s * t) AS r FROM {inner}), "
        f"z AS (SELECT {whose}({NUMBER} - a) / s AS x, ({OTHER} - b) / t AS y FROM {inner}, m), "
        f"p AS (SELECT n - {rows} AS k, -{x} / k AS u, -{y} / k AS v, (n - {xx}) / k - u * u AS xx, "
        f"(n - {yy}) / k - v * v AS yy, (n * r - {xy}) / k - u * v AS xy FROM "
        f"(SELECT {whose}z.x AS x, z.y AS y, n, r FROM z, m){grouped}) "
        "SELECT n, r, (SELECT count(*) FROM p) AS sources, "
        "(SELECT CASE WHEN count(f) = count(*) THEN var_pop(f) END FROM (SELECT CASE WHEN xx > 0 AND yy > 0 AND "
        "xy * xy < xx * yy THEN atanh(xy / sqrt(xx * yy)) END AS f FROM p)) AS spread FROM m"
    )


def correlation(found: pd.Series) -> dict[str, float]:
    """Pearson's correlation of two numbers over `rows`, and between what it lies (`low`, `high`, 95%).

    The interval is that of Fisher's transform, by the jackknife over sources (whose lines hang together: a customer,
    else an order; Efron and Stein 1981), and never narrower than that of normal pairs. There is none of fewer than
    `MIN_SOURCES`; no `r` where one of the numbers is the same in all rows.
    """
    from scipy import stats

    count, sources, r = (float(found[name]) for name in ("n", "sources", "r"))
    facts = {COUNT: count, "sources": sources}
    if r != r:
        return facts
    facts["r"] = r = min(max(r, -1.0), 1.0)
    if sources < MIN_SOURCES:
        return facts
    if 1 - abs(r) < NEAR:
        return {**facts, "low": r, "high": r}
    if pd.isna(found["spread"]):  # without one of them there is nothing that varies
        return facts
    spread = math.sqrt(float(found["spread"]) * (sources - 1))
    wide = float(stats.t.ppf((1 + LEVEL) / 2, sources - 1)) * max(spread, 1 / math.sqrt(count - 3))
    return {**facts, "low": math.tanh(math.atanh(r) - wide), "high": math.tanh(math.atanh(r) + wide)}


def bins(facts: Mapping[str, float]) -> dict[str, float]:
    """Where bins of a round `width` `begin`, and how many there are (Freedman and Diaconis 1981), for the facts of a
    distribution; `under` and `over`: what lies further out than nearly all else is in the first, the last of them."""
    least, most = facts["least"], facts["most"]
    if least == most:
        return {"begin": least, "width": 1.0, "bins": 1.0, "under": 0.0, "over": 0.0}
    width = 2 * (facts["third"] - facts["first"]) / facts[COUNT] ** (1 / 3)
    low, high = least, most
    if not width or (high - low) / width > MAX_BINS:
        low, high = facts["lower"], facts["upper"]
        low, high = (low, high) if low < high else (least, most)
        width = max(width, (high - low) / MAX_BINS)
    width = round_up(max(width, 1.0) if facts["whole"] else width)
    begin = math.floor(low / width + NEAR) * width
    count = max(math.floor((high - begin) / width + NEAR) + 1, 1)
    return {
        "begin": begin,
        "width": width,
        "bins": float(count),
        "under": float(least < begin - NEAR * width),
        "over": float(most >= begin + count * width),
    }


def round_up(width: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= width * (1 - NEAR))
