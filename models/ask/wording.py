"""Queries and what they find, in the reader's words."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import babel.dates
import pandas as pd

import locales
from locales import N_, _, ngettext
from locales.labels import heading, label
from models import segmenting
from models.ask import definitions, periods, rows, statement
from models.ask.definitions import Catalogue
from models.ask.formulas import DIMENSIONS, LINE, MEASURES, PEOPLE, STOCK, Measure
from models.ask.query import GRAINS, Filter, Query, Threshold
from models.ask.statement import EARLIER, SHARE, STEP, Days

GRAIN = {
    "day": N_("day"),
    "week": N_("week"),
    "month": N_("month"),
    "quarter": N_("quarter"),
    "year": N_("year"),
}
RELATION = {
    "over": N_("{measure} over {value}"),
    "under": N_("{measure} under {value}"),
    "at least": N_("{measure} of {value} or more"),
    "at most": N_("{measure} of {value} or less"),
}
OF_LINES = {
    "max": N_("{column}, largest of a line"),
    "min": N_("{column}, smallest of a line"),
    "median": N_("{column}, median of a line"),
    "distinct": N_("{column}, distinct values"),
}
OF_CUSTOMERS = {
    "max": N_("{column}, largest of a customer"),
    "min": N_("{column}, smallest of a customer"),
    "median": N_("{column}, median of a customer"),
}
ROWS = {  # what is asked of single rows, and whether they are customers
    ("relation", False): N_("{columns} against each other, line by line"),
    ("relation", True): N_("{columns} against each other, customer by customer"),
    ("distribution", False): N_("{columns}: how the lines are spread"),
    ("distribution", True): N_("{columns}: how the customers are spread"),
}
QUANTILES = {
    "low": N_("5% lie below"),
    "first": N_("A quarter lies below"),
    "middle": N_("Median"),
    "third": N_("A quarter lies above"),
    "high": N_("5% lie above"),
}
Names = Mapping[str, Mapping[str, str]]  # dimension -> value -> name


def measure(known: Catalogue, name: str) -> str:
    """What a measure is called at the beginning of a line."""
    one = known.measures[name]
    if not one.own:
        return _(one.title)
    if one.own == "mean":
        return _("Average {column}").format(column=label(one.title))
    of = OF_CUSTOMERS if one.table == PEOPLE else OF_LINES
    called = _(LINE[one.title][1]) if one.title in LINE else heading(one.title)
    return _(of[one.own]).format(column=called) if one.own in of else called


def column(known: Catalogue, name: str) -> str:
    """What the number of a single row is called that a measure stands for (`Query.rows`)."""
    title = known.measures[name].title
    return _(LINE[title][1]) if title in LINE else heading(title)


def dimension(known: Catalogue, name: str) -> str:
    """What a dimension is called at the beginning of a line."""
    one = known.dimensions[name]
    return heading(one.title) if one.own else _(one.title)


def value(name: str, level: object, names: Names) -> str:
    """A value of a dimension as a reader reads it."""
    if level is None or level != level:
        return _("not known")
    if name == "weekday":
        return locales.weekdays()[int(level) - 1]  # type: ignore[call-overload]
    if name == "hour":
        return _("{hour} o’clock").format(hour=int(level))  # type: ignore[call-overload]
    if name == "month_of_year":
        return babel.dates.get_month_names("wide", locale=locales.language())[int(level)]  # type: ignore[call-overload]
    if name == segmenting.SEGMENT:
        return _(segmenting.NAMES[str(level)]) if level in segmenting.NAMES else str(level)
    called = names.get(name, {}).get(str(level))
    return called or label(str(level))


def number(one: Measure, currency: str) -> Callable[[float], str]:
    """How a measure's values are written."""
    if one.unit == "money":
        return lambda found: locales.money(found, currency, 0 if abs(found) >= 1000 else 2) if found == found else "–"
    if one.unit == "share":
        return lambda found: locales.percent(found, 1) if found == found else "–"
    if one.unit in ("units", "count"):
        return lambda found: locales.number(found) if found == found else "–"
    return lambda found: locales.number(found, 0 if abs(found) >= 1000 else 2) if found == found else "–"


def step(grain: str, when: date) -> str:
    """A step of time: a day, the first day of a week, a month, a quarter, a year."""
    if grain == "year":
        return locales.year(when)
    if grain == "quarter":
        return _("quarter {quarter} of {year}").format(quarter=(when.month + 2) // 3, year=when.year)
    return locales.month(when) if grain == "month" else locales.day(when)


def days(span: Days) -> str:
    """Two days and what lies between them; whole months and years by their names."""
    first, last = span
    if first == last:
        return locales.day(first)
    after = last + timedelta(days=1)
    name = locales.day
    if first.day == after.day == 1:
        name = locales.year if first.month == after.month == 1 else locales.month
    if name(first) == name(last):
        return name(first)
    if name is not locales.day:
        return f"{name(first)} – {name(last)}"
    return _("{first} to {last}").format(first=name(first), last=name(last))


def broken(grain: str, span: Days, known: Catalogue) -> list[date]:
    """The steps of time at the ends of some days that are not whole there: their sums are of a part of them."""
    if grain in ("", "day"):
        return []
    start, end = max(span[0], known.first), min(span[1], known.last)
    if start > end:
        return []
    ends = [pd.Period(day, periods.FREQUENCY[grain]) for day in (start, end)]
    whole = [start == ends[0].start_time.date(), end == ends[1].end_time.date()]
    found = [one.start_time.date() for one, is_whole in zip(ends, whole, strict=True) if not is_whole]
    return list(dict.fromkeys(found))


def partly(known: Catalogue, query: Query) -> str:
    """Which steps of a query's time are no whole ones; "" where all are."""
    parts = broken(query.grain, periods.days(query.period, known.first, known.last), known) if query.grain else []
    if not parts:
        return ""
    named = _listed([step(query.grain, when) for when in parts])
    return _("not whole: {step}").format(step=named)


def short_of(known: Catalogue, query: Query) -> str:
    """Which days of a query's period the data hold, where they do not hold all; "" where they do."""
    if definitions.table_of(known, query) != "sales" or not query.period or "/" in query.period:
        return ""
    start, end = periods.days(query.period, known.first, known.last)
    there = max(start, known.first), min(end, known.last)
    if there == (start, end) or there[0] > there[1]:
        return ""
    return _("the data hold {days} of it").format(days=days(there))


def about(known: Catalogue, query: Query, names: Names, currency: str) -> str:
    """What a query is kept to and compared with: its sentence without measures and what they are split by."""
    return ", ".join(_kept(known, query, names, currency))


def sentence(known: Catalogue, query: Query, names: Names, currency: str) -> str:
    """A query as a sentence: what was understood, so that anybody can say whether that was meant."""
    called = _listed([measure(known, name) for name in query.measures])
    if query.rows:
        called = of_rows(known, query)
    if query.share:
        called = share(known, query)
    if query.over == "line":
        called = _("{measure}, average of a line").format(measure=called)
    elif query.over:
        unit = _(GRAIN[query.over]) if query.over in GRAINS else dimension(known, query.over)
        called = _("{measure}, average of a {unit}").format(measure=called, unit=unit)
    parts = [called]
    split = [*(dimension(known, name).lower() for name in query.by), *([_(GRAIN[query.grain])] if query.grain else [])]
    if split:
        parts.append(_("by {dimensions}").format(dimensions=_listed(split)))
    if query.limit and query.order:
        sentences = {
            "most": ngettext("the first one", "the first {count}", query.limit),
            "least": ngettext("the last one", "the last {count}", query.limit),
        }
        few = sentences[query.order].format(count=query.limit)
        of = (
            _("{few} of each {dimension}").format(few=few, dimension=dimension(known, query.each).lower())
            if query.each
            else few
        )
        parts.append(of)
    return ", ".join([*parts, *_kept(known, query, names, currency)])


def share(known: Catalogue, query: Query) -> str:
    """What a query's shares are of: of all, or of what each value of a dimension has."""
    called, within = measure(known, query.measures[0]), definitions.within(query)
    if not within:
        return _("Share of {measure}").format(measure=called)
    of = _listed([dimension(known, name).lower() for name in within])
    return _("Share of {measure} within each {dimension}").format(measure=called, dimension=of)


def of_rows(known: Catalogue, query: Query) -> str:
    """Which numbers of single rows a query asks for, and how."""
    columns = _listed([column(known, name) for name in query.measures])
    return _(ROWS[query.rows, definitions.table_of(known, query) == PEOPLE]).format(columns=columns)


def _kept(known: Catalogue, query: Query, names: Names, currency: str) -> list[str]:
    parts = [kept(known, one, names) for one in query.filters]
    parts += [_("only {condition}").format(condition=threshold(known, one, currency)) for one in query.thresholds]
    meant = periods.days(query.period, known.first, known.last)
    relative = query.period.startswith(("last", "this", "previous"))
    dates = _("{period} ({days})").format(period=periods.written(query.period), days=days(meant))
    table = definitions.table_of(known, query)
    if table == "stock" and "stock_out_days" not in query.measures:  # what is there on one day
        parts.append(_("on {day}").format(day=locales.day(min(meant[1], known.last))))
    elif table != PEOPLE:
        parts.append(dates if relative else periods.written(query.period))
    if query.compared:
        then = statement.compared(known, query) or periods.before(query.period, known.first, known.last, query.compared)
        parts.append(_("against {period}").format(period=days(then)))
    return parts


def kept(known: Catalogue, one: Filter, names: Names) -> str:
    """A filter, "Store: London, Bath" or "without Store: London"; of rows, "Distance over 100"."""
    if one.how in RELATION:
        number = locales.number(float(one.values[0]), len(one.values[0].partition(".")[2]))
        text = _(RELATION[one.how]).format(measure=column(known, one.dimension), value=number)
        return text if one.kept else _("without {column}").format(column=text)
    values = _listed(
        [
            _("“{word}”").format(word=word) if one.how == "contains" else value(one.dimension, word, names)
            for word in one.values
        ]
    )
    name = dimension(known, one.dimension)
    if one.dimension == segmenting.SEGMENT:
        name = _("Segment on {day}").format(day=locales.day(known.last))
    if one.how == "contains":
        text = _("{column} with {words} in its name") if one.kept else _("without {column} with {words} in its name")
        return text.format(column=name, words=values)
    return (_("{column}: {value}") if one.kept else _("without {column}: {value}")).format(column=name, value=values)


def threshold(known: Catalogue, one: Threshold, currency: str) -> str:
    """A threshold, "Orders over 100"."""
    written = number(known.measures[one.measure], currency)(one.value)
    return _(RELATION[one.relation]).format(measure=measure(known, one.measure), value=written)


def lacks(known: Catalogue, name: str) -> str:
    """What is missing for a measure or dimension: "Margin needs unit cost"; a kind of lines."""
    title = next(_(one.title) for one in (*MEASURES, *STOCK, *DIMENSIONS) if one.name == name)
    if known.lacking[name] == ("line_type",):
        return _("{name}: no line of these data is of this kind.").format(name=title)
    columns = [label(column.rpartition(".")[2]) for column in known.lacking[name]]
    return _("{name} needs what these data lack: {columns}.").format(name=title, columns=_listed(columns))


def table(known: Catalogue, query: Query, found: pd.DataFrame, names: Names) -> pd.DataFrame:
    """What was found with the reader's names for columns and values."""
    if query.rows:
        return _of_rows(known, query, found, names)
    made: dict[str, Any] = {}
    for name in query.by:
        made[dimension(known, name)] = [value(name, level, names) for level in found[name]]
    if query.grain:
        made[_(GRAIN[query.grain]).capitalize()] = found[STEP]
    for name in query.measures:
        made[measure(known, name)] = found[name]
        if EARLIER + name in found:
            earlier = found[EARLIER + name]
            made[_("{measure}, earlier").format(measure=measure(known, name))] = earlier
            if known.measures[name].unit != "share":
                change = (found[name] / earlier.where(earlier > 0) - 1) * 100
                made[_("{measure}, change (%)").format(measure=measure(known, name))] = change.round(1)
    if SHARE in found:
        made[_("Share (%)")] = (found[SHARE] * 100).round(1)
    return pd.DataFrame(made)


def _of_rows(known: Catalogue, query: Query, found: pd.DataFrame, names: Names) -> pd.DataFrame:
    made: dict[str, Any] = {}
    for name in query.by:
        made[dimension(known, name)] = [value(name, level, names) for level in found[rows.GROUP]]
    if query.rows == "relation":
        for name, short in zip(query.measures, (rows.NUMBER, rows.OTHER), strict=True):
            made[column(known, name)] = found[short]
    elif query.by:
        made |= {_(title): found[short] for short, title in QUANTILES.items()}
    else:
        made[_("{column}, from").format(column=column(known, query.measures[0]))] = found[rows.BIN]
    if rows.COUNT in found:
        made[_("Customers") if definitions.table_of(known, query) == PEOPLE else _("Lines")] = found[rows.COUNT]
    return pd.DataFrame(made)


def _listed(parts: list[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return _("{first} and {last}").format(first=", ".join(parts[:-1]), last=parts[-1])
