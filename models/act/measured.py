"""What a rule's measure was on the days that are past, day by day and level by level."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from data.schemas import IS_GOODS
from locales import N_
from models.act import rules
from models.act.detect import WEEK, YEAR
from models.act.rules import Rule, Unfit
from models.ask import statement
from models.ask.definitions import Catalogue
from models.ask.query import Filter, Query
from models.ask.statement import Ask

HISTORY = 2 * YEAR + 12 * WEEK  # days before the last one: a year, the year before it, and weeks to get to know it
USUALLY = 0.8  # of the days of a weekday on which anything was sold: another one is closed as on a holiday
MAX_HOLIDAYS = 0.1  # of a window's days: with more holidays it is like no other
MAX_LEVELS = 1000  # levels that are watched, those with the most lines
NOTHING = N_("There is nothing to judge on {day}: the data say nothing of it.")


@dataclass(frozen=True)
class Past:
    """What was measured: `values` and `lines` (of goods) by `days` (without gaps) and `levels`, over a rule's window.

    A value is NaN where it is not known: on days when nothing at all was sold, before a level's first line, where an
    average is of nothing. Days `apart` are holidays; `counted` values are sums or counts. `left`: levels with so few
    lines that they are not watched, beyond `MAX_LEVELS`.
    """

    days: np.ndarray
    levels: tuple[str, ...]
    values: np.ndarray
    lines: np.ndarray
    apart: np.ndarray
    counted: bool
    left: int = 0


def read(known: Catalogue, rule: Rule, ask: Ask, last: date | None = None) -> Past:
    """The past of a rule's measure, up to the day `last` (else the last of the data). Raises `Unfit`."""
    rules.check(rule, known)
    return read_all(known, [rule], ask, last or known.last, HISTORY)[0]


def read_all(known: Catalogue, alike: Sequence[Rule], ask: Ask, last: date, history: int) -> list[Past]:
    """The pasts of rules that are alike but for their measures (see `alike`), read at once, over so many days."""
    first = max(known.first, last - timedelta(days=history))
    if first > last:
        raise Unfit(NOTHING, day=last)
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    one = alike[0]
    measures = tuple(dict.fromkeys(rule.measure for rule in alike))
    query = Query(measures, by=(one.by,) if one.by else (), filters=one.filters)
    spread = 1 if known.measures[one.measure].additive else one.window
    sql, values = statement.daily(known, query, (first, last), spread)
    found = ask(sql, **values)
    place = places_of(found["day"], days)
    if (place < 0).any():
        found, place = found[place >= 0], place[place >= 0]
    if spread == 1 and not one.filters:  # then every line is there
        opened = np.bincount(place, found["lines"], len(days)) > 0
    else:
        opened = _opened(ask, first, last, days)
    codes, levels = pd.factorize(found["level"], sort=True)
    if (codes < 0).any():
        found, place, codes = found[codes >= 0], place[codes >= 0], codes[codes >= 0]
    names = [str(level) for level in levels]
    count = np.bincount(codes, weights=found["lines"], minlength=len(names))
    most = np.sort(np.argsort(-count, kind="stable")[:MAX_LEVELS])
    apart = _apart(known, ask, days, opened)

    def table(column: str, absent: float) -> np.ndarray:
        grid = np.full((len(days), len(names)), absent)
        grid[place, codes] = found[column].to_numpy(float)
        return grid[:, most]

    lines = table("lines", 0.0)
    begun = np.maximum.accumulate(~np.isnan(table("lines", np.nan)), axis=0)
    pasts: dict[tuple[str, int], Past] = {}
    for rule in alike:
        if (rule.measure, rule.window) in pasts:
            continue
        measure = known.measures[rule.measure]
        counted = rules.counted(measure)
        grid = table(rule.measure, np.nan)
        if counted and "unit_cost" not in measure.needs:
            grid = np.nan_to_num(grid)
        elif counted:  # lines without a known cost have an unknown margin, no line has none
            grid = np.where(lines > 0, grid, np.nan_to_num(grid))
        over, holidays = lines, apart
        if rule.window > 1:
            holidays = rolled(apart[:, None].astype(float), rule.window)[:, 0] > MAX_HOLIDAYS * rule.window
        if rule.window > spread:
            grid, over = rolled(np.where(opened[:, None], grid, 0.0), rule.window), rolled(lines, rule.window)
        there = begun & opened[:, None]
        there[: rule.window - 1] = False
        kept, left = tuple(names[code] for code in most), len(names) - len(most)
        grid = np.where(there, grid, np.nan)
        pasts[rule.measure, rule.window] = Past(days, kept, grid, over, holidays, counted, left)
    return [pasts[rule.measure, rule.window] for rule in alike]


def places_of(day: pd.Series, days: np.ndarray) -> np.ndarray:
    """Where days of a table stand among `days`; -1 for those that do not."""
    place = (pd.to_datetime(day).to_numpy().astype("datetime64[D]") - days[0]).astype(int)
    return np.where((place >= 0) & (place < len(days)), place, -1)


def _opened(ask: Ask, first: date, last: date, days: np.ndarray) -> np.ndarray:
    """The days on which anything at all was sold: on others, that nothing was is no news of anybody."""
    sql = (
        f"SELECT DISTINCT CAST(timestamp AS DATE) AS day FROM sales WHERE {IS_GOODS} "  # noqa: S608  # no text from outside
        "AND timestamp >= $start AND timestamp < CAST($end AS DATE) + INTERVAL 1 DAY"
    )
    return np.isin(np.arange(len(days)), places_of(ask(sql, start=first, end=last)["day"], days))


def _apart(known: Catalogue, ask: Ask, days: np.ndarray, opened: np.ndarray) -> np.ndarray:
    """The holidays, where the data name them, and days that were closed though their weekday usually is open."""
    weekday = weekday_of(days)
    usually = np.bincount(weekday, opened, WEEK) >= USUALLY * np.bincount(weekday, minlength=WEEK)
    closed = ~opened & usually[weekday]
    if "holiday" not in known.frames.get("calendar", ()):
        return closed
    found = ask("SELECT date AS day FROM calendar WHERE holiday IS NOT NULL")
    return closed | np.isin(np.arange(len(days)), places_of(found["day"], days))


def weekday_of(days: np.ndarray) -> np.ndarray:
    """The day of the week, from Monday (0) on."""
    return (days.astype(int) + 3) % WEEK  # 1970 began on a Thursday


def rolled(grid: np.ndarray, window: int) -> np.ndarray:
    """Sums of the `window` days up to each."""
    total = np.cumsum(np.vstack([np.zeros((1, grid.shape[1])), grid]), axis=0)
    found = total[1:].copy()
    found[window - 1 :] = total[window:] - total[:-window]
    return found


def alike(known: Catalogue, rule: Rule) -> tuple[str, tuple[Filter, ...], int]:
    """What rules must share to be read with one statement: sums are rolled, all else is counted over its window."""
    return rule.by, rule.filters, 1 if known.measures[rule.measure].additive else rule.window
