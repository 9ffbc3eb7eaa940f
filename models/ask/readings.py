"""The queries that a draft can be: one is an answer, several are to be chosen from."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

from models.ask import columns, definitions, single, when
from models.ask.draft import Draft
from models.ask.lexicon import SUPERLATIVES
from models.ask.query import GRAINS, Filter, Query
from models.ask.who import those

MAX_READINGS = 4
USUAL = ("revenue", "units", "orders")  # what is offered where no measure was named
BETTER_LESS = (
    "returned",
    "return_rate",
    "units_returned",
    "stock_out_days",
    "churn_rate",
    "left",
    "discount",
    "cost",
    "fees",
)


def queries(draft: Draft, time: when.Found, base: Query | None) -> Iterator[Query]:
    """The queries that a draft can be, one for each dimension that a value may be of; `base` is the question before."""
    if draft.rows:
        if not (draft.pending or draft.mean or draft.waiting or (draft.limit > 0 and not draft.order)):
            yield from _of_rows(draft, time, base)
        if not draft.also:
            return
        draft = replace(draft, rows="")
    if draft.flagged and "share" in draft.said and draft.by and draft.flagged not in draft.by:
        yield from queries(_split(draft, [draft.flagged, *draft.by]), time, base)  # of each its part that is so
        if draft.rate:
            return
    if "share" in draft.said and not draft.by and len(draft.filters) > 1:  # of which of them, within the others?
        for one in draft.filters:
            if one.kept and one.dimension not in draft.scoped:
                yield from queries(_split(draft, [one.dimension]), time, base)
        return
    sides = max(len(draft.measures), *(len(one.values) for one in [*draft.filters, Filter("", ())]))
    split = time.compared or draft.cleared or base or draft.grain or len(draft.by) > 1
    if draft.against in ("vs", "versus", "contre") and sides < 2 and not split:
        return  # one side was not read: "in store vs online"
    measure, of_lines = draft.perhaps
    if of_lines and draft.measures == [measure] and not (draft.limit or draft.bare):  # of groups, or of lines?
        yield from queries(replace(draft, measures=[of_lines], order="", perhaps=("", "")), time, base)
    if draft.mean and draft.measures:
        draft.measures[-1] = draft.average_of(draft.measures[-1])
    if draft.typical:  # "average surface and charges"
        own = {name for name in draft.measures if draft.known.measures[name].own == "sum"} - draft.summed
        draft.measures = [draft.average_of(name) if name in own else name for name in draft.measures]
    if (unsure := _unsure(draft)) and "share" not in draft.said:
        for name in (unsure, unsure.removesuffix(".sum") + ".mean"):
            yield from queries(_instead(draft, unsure, name), time, base)
        return
    limited = ({"sell", "spend"} & draft.said or draft.by) and draft.table == "sales"
    if draft.waiting and not draft.measures and limited:  # "that sold more than 4": units, or money?
        yield from _either(draft, time, base)
        return
    if draft.waiting and draft.measures:
        draft.add_threshold(draft.measures[-1], *draft.waiting.pop())
    if draft.who and draft.order and not (draft.limit or draft.grain):
        if draft.by:
            draft.limit = -1  # "who sold most, of the sellers"
        elif base is None:
            yield from _of_those_who(draft, time)
            return
    split = bool(draft.by or draft.grain or (base and (base.by or base.grain)))
    single = "share" in draft.said or "against" in draft.said or "either" in draft.said
    if draft.waiting or (draft.limit > 0 and not draft.order) or (draft.order and not split and not single):
        return
    if draft.limit > 0 and len(draft.by) > 1 and not draft.each:  # so many of all, or of each?
        return
    for measures in _measures(draft, time, base):
        if "gross" in draft.said:  # of revenue it has another name, of all else no meaning
            measures = tuple("gross_sales" if name == "revenue" else name for name in measures)
            if "gross_sales" not in measures:
                continue
        counts = any(not draft.known.measures[name].additive for name in measures if name in draft.known.measures)
        if draft.averaged and (draft.averaged != len(measures) or (counts and not draft.grain)):
            continue  # an average of what, is not said
        for chosen in itertools.islice(itertools.product(*draft.choices), MAX_READINGS):
            made = _query(draft, measures, [*draft.filters, *chosen], time, base)
            yield made
            if draft.stepped and made.over in GRAINS and definitions.lined(draft.known, measures):
                yield replace(made, grain=made.over, over="line")  # of the lines of each month, not of months


def _of_rows(draft: Draft, time: when.Found, base: Query | None) -> Iterator[Query]:
    """The queries for single rows that a draft can be; what only groups have lets them not fit."""
    for chosen in itertools.islice(itertools.product(*draft.choices), MAX_READINGS):
        made = _query(draft, tuple(draft.numbers), [*draft.filters, *chosen], time, None)
        made = replace(made, rows=draft.rows)
        if base is not None:  # what it was kept to still holds
            filters, period = _still(draft, base, made), time.period or base.period
            made = replace(made, filters=(*filters, *made.filters), period=period)
        yield made


def _of_those_who(draft: Draft, time: when.Found) -> Iterator[Query]:
    """The queries of everybody who can be meant by "who": customers, sellers, stores."""
    there = [one for one in draft.known.dimensions.values() if draft.table in one.sql]
    for name in those(there, draft.bought, "sell" in draft.said):
        if not any(one.dimension == name for one in draft.filters):
            of_one = replace(draft, by=[name], measures=[*draft.measures], limit=-1, who=False)
            yield from queries(of_one, time, None)


def _split(draft: Draft, by: list[str]) -> Draft:
    """The same, split by other dimensions."""
    return replace(draft, by=by, measures=[*draft.measures], waiting=[*draft.waiting], flagged="")


def _unsure(draft: Draft) -> str:
    """A measure that may be the sum or the mean of its column, as nothing says which, or another one is a mean; ""
    for none."""
    beside = any(draft.known.measures[name].own == "mean" for name in draft.measures)
    for name in draft.measures:
        one = draft.known.measures[name]
        if one.own == "sum" and name not in draft.summed and (beside or not columns.usual(f"{name} {one.title}")):
            return name
    return ""


def _instead(draft: Draft, measure: str, other: str) -> Draft:
    """The same, asked of another measure, and surely."""
    return replace(
        draft,
        measures=[other if one == measure else one for one in draft.measures],
        thresholds=[replace(one, measure=other) if one.measure == measure else one for one in draft.thresholds],
        summed=draft.summed | {other},
    )


def _either(draft: Draft, time: when.Found, base: Query | None) -> Iterator[Query]:
    """The queries where a threshold is on units or on money."""
    relation, number = draft.waiting[-1]
    money_only = "spend" in draft.said or number.money
    for name in USUAL[:1] if money_only else USUAL[:2]:
        if name in draft.known.measures:
            other = replace(
                draft, measures=[name], thresholds=[*draft.thresholds], waiting=[], filters=[*draft.filters]
            )
            other.add_threshold(name, relation, number)
            yield from queries(other, time, base)


def _measures(draft: Draft, time: when.Found, base: Query | None) -> list[tuple[str, ...]]:
    if draft.measures == ["products"] and draft.counted and "sell" in draft.said and "units" in draft.known.measures:
        return [("units",), ("products",)]
    if draft.measures == ["customers"] and {"much", "spend"} <= draft.said and "revenue" in draft.known.measures:
        return [("revenue",)]  # "how much did premium members spend"
    if draft.pending:  # "and the median?"
        names = [single.line_of(draft.known, base.measures[-1], one) for one in draft.pending] if base else [""]
        return [] if draft.measures or "" in names else [tuple(names)]
    if draft.measures and "share" in draft.said:  # parts of a whole are of its sum
        return [tuple(map(draft.sum_of, draft.measures))]
    if draft.measures:
        return [tuple(draft.measures)]
    if draft.thresholds:
        return [tuple(dict.fromkeys(one.measure for one in draft.thresholds))]
    if base is not None:
        return [] if draft.ignored else [base.measures]
    usual = [name for name in USUAL if name in draft.known.measures]
    named = draft.by or draft.grain or draft.filters or draft.choices or time.said
    if draft.table != "sales" or not usual or not (named or {"sell", "spend"} & draft.said or draft.intent == "why"):
        return []
    if draft.mean:
        draft.average_of(usual[0])
    goods = any(one.dimension == "product" for one in draft.filters)
    if "units" in usual and (
        ("many" in draft.said and ("sell" in draft.said or goods)) or ("sell" in draft.said and draft.order and goods)
    ):
        return [("units",)]
    if "counting" in draft.said and "sell" not in draft.said:
        counted = [name for name in (("units",) if goods else ()) + ("orders", "lines") if name in draft.known.measures]
        return [(counted[0],)]
    if {"much", "spend", "share"} & draft.said or draft.order or draft.intent:
        return [(usual[0],)]
    return [(name,) for name in (usual[:2] if "sell" in draft.said else usual)]


def _query(
    draft: Draft, measures: tuple[str, ...], filters: list[Filter], time: when.Found, base: Query | None
) -> Query:
    by, grain, over, limit = list(draft.by), draft.grain, "", abs(draft.limit)
    if draft.averaged or grain == "line":
        over, grain = grain or "line", ""
    if over == "line" and not draft.averaged:  # of a mean of lines there is no other
        over = ""
    if "share" in draft.said and not by and len(filters) == 1:
        by = [filters[0].dimension]
    if "against" in draft.said or ("either" in draft.said and draft.order):
        by += [one.dimension for one in filters if len(one.values) > 1 and one.kept and one.dimension not in by]
    order = SUPERLATIVES.get(draft.order, "")
    if draft.order in ("best", "worst") and (
        measures[0].split(".")[-1] in BETTER_LESS or columns.better_less(measures[0])
    ):
        order = {"most": "least", "least": "most"}[order]
    period, compared = time.period, time.compared
    if time.growth and not compared and not draft.intent:
        compared = "year"
    if compared and not period:
        period = "this year" if compared == "year" else "previous month"
    fresh = Query(
        measures=measures,
        by=tuple(by),
        grain=grain,
        filters=tuple(filters),
        thresholds=tuple(dict.fromkeys(draft.thresholds)),
        period=period,
        compared=compared,
        over=over,
        order=order,  # type: ignore[arg-type]
        limit=limit if order else 0,
        each=draft.each if order and limit else "",
        share="share" in draft.said,
    )
    return fresh if base is None else _changed(draft, base, fresh, time)


def _changed(draft: Draft, base: Query, fresh: Query, time: when.Found) -> Query:
    """The query before with what was said in place of what it had."""
    kept = _still(draft, base, fresh)
    if base.rows and (draft.measures or fresh.grain):
        base = replace(base, rows="")
    by = fresh.by or tuple(name for name in base.by if name not in draft.cleared)
    return replace(
        base,
        measures=fresh.measures,
        by=by,
        grain=fresh.grain or base.grain,
        filters=(*kept, *fresh.filters),
        thresholds=fresh.thresholds or base.thresholds,
        period=time.period or base.period,
        compared=time.compared or base.compared,
        over=fresh.over or base.over,
        order=fresh.order or base.order,
        limit=fresh.limit or base.limit,
        share=fresh.share or base.share,
    )


def _still(draft: Draft, base: Query, fresh: Query) -> tuple[Filter, ...]:
    """The filters of the question before that nothing was said in place of."""
    renewed = {one.dimension for one in fresh.filters} | set(draft.cleared)
    return tuple(one for one in base.filters if one.dimension not in renewed)
