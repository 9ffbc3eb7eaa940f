"""What a rule would have done on the days that are past, and what it does on one day.

    past = read(known, rule, ask)            # what was measured, day by day and level by level: once a measure
    found = score(rule, past)                # how far each day was off: once a comparison
    rehearse(rule, found) -> Rehearsal       # which days fire: a cheap function of the threshold, for a slider
    judge(known, rules, ask, day) -> [Verdict]   # many rules on one day, what they share read once

`ask` runs SQL on the sales, as for `models.ask.statement`. The same days give the same number as Ask, to the cent.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from locales import N_, Sentence
from models.act import detect, rules
from models.act.detect import WARM, WEEK, YEAR, Usual
from models.act.rules import Rule, Unfit
from models.ask import statement
from models.ask.definitions import Catalogue
from models.ask.formulas import GOODS
from models.ask.query import Filter, Query
from models.ask.statement import Ask

HISTORY = 2 * YEAR + 12 * WEEK  # days before the last one: a year, the year before it, and weeks to get to know it
WEEKS = 4  # of which the same weekdays are a comparison
LATELY = 28  # days that say how many lines are usual
SHORT = 8 * LATELY  # days that a comparison within these weeks looks at, with the longest window
USUALLY = 0.8  # of the days of a weekday on which anything was sold: another one is closed as on a holiday
MAX_HOLIDAYS = 0.1  # of a window's days: with more holidays it is like no other
MAX_LEVELS = 1000  # levels that are watched, those with the most lines
MONTH = 365.25 / 12
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


@dataclass(frozen=True)
class Scores:
    """How far the days of a year were off. Arrays are days x levels.

    `score` is the value itself, a change, a place in a forecast's band (1 is its upper end) or the days between two
    such by chance; NaN where that cannot be told. `expected` is what the value was held against; `volume` the lines
    that a rule's least volume is about.
    """

    days: np.ndarray
    levels: tuple[str, ...]
    values: np.ndarray
    score: np.ndarray
    expected: np.ndarray
    volume: np.ndarray


@dataclass(frozen=True)
class Rehearsal:
    """What a rule would have done: `fired` has a row each with `day`, `level`, `value`, `expected` and `score`.

    Somebody is told once a day, of all levels: `messages` in all, `a_month` on average. Of the `days` there are, each
    level was `judged` on so many (added up over levels), `unknown` on so many others (nothing to hold it against, or
    nothing sold). `answered`: what people later said of them, and how often.
    """

    fired: pd.DataFrame
    messages: int
    a_month: float
    days: int
    judged: int
    unknown: int
    answered: Mapping[str, int]


@dataclass(frozen=True)
class Verdict:
    """What a rule says of one day: the rows that `hold` on it (those of `Rehearsal.fired` and, in `since`, the day on
    which the alert began), or the `problem` that kept it from that."""

    hold: pd.DataFrame
    problem: Sentence | None = None


def read(known: Catalogue, rule: Rule, ask: Ask, last: date | None = None) -> Past:
    """The past of a rule's measure, up to the day `last` (else the last of the data). Raises `Unfit`."""
    rules.check(rule, known)
    return _read(known, [rule], ask, last or known.last, HISTORY)[0]


def _read(known: Catalogue, alike: Sequence[Rule], ask: Ask, last: date, history: int) -> list[Past]:
    """The pasts of rules that are alike but for their measures (see `_alike`), read at once, over so many days."""
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
    place = _places(found["day"], days)
    found, place = found[place >= 0], place[place >= 0]
    if spread == 1 and not one.filters:  # then every line is there
        opened = np.bincount(place, found["lines"], len(days)) > 0
    else:
        opened = _opened(ask, first, last, days)
    codes, levels = pd.factorize(found["level"], sort=True)
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
            holidays = _rolled(apart[:, None].astype(float), rule.window)[:, 0] > MAX_HOLIDAYS * rule.window
        if rule.window > spread:
            grid, over = _rolled(np.where(opened[:, None], grid, 0.0), rule.window), _rolled(lines, rule.window)
        there = begun & opened[:, None]
        there[: rule.window - 1] = False
        kept, left = tuple(names[code] for code in most), len(names) - len(most)
        grid = np.where(there, grid, np.nan)
        pasts[rule.measure, rule.window] = Past(days, kept, grid, over, holidays, counted, left)
    return [pasts[rule.measure, rule.window] for rule in alike]


def _places(day: pd.Series, days: np.ndarray) -> np.ndarray:
    """Where days of a table stand among `days`; -1 for those that do not."""
    place = (pd.to_datetime(day).to_numpy().astype("datetime64[D]") - days[0]).astype(int)
    return np.where((place >= 0) & (place < len(days)), place, -1)


def _opened(ask: Ask, first: date, last: date, days: np.ndarray) -> np.ndarray:
    """The days on which anything at all was sold: on others, that nothing was is no news of anybody."""
    sql = (
        f"SELECT DISTINCT CAST(timestamp AS DATE) AS day FROM sales WHERE {GOODS} "  # noqa: S608  # no text from outside
        "AND timestamp >= $start AND timestamp < CAST($end AS DATE) + INTERVAL 1 DAY"
    )
    return np.isin(np.arange(len(days)), _places(ask(sql, start=first, end=last)["day"], days))


def _apart(known: Catalogue, ask: Ask, days: np.ndarray, opened: np.ndarray) -> np.ndarray:
    """The holidays, where the data name them, and days that were closed though their weekday usually is open."""
    weekday = _weekday(days)
    usually = np.bincount(weekday, opened, WEEK) >= USUALLY * np.bincount(weekday, minlength=WEEK)
    closed = ~opened & usually[weekday]
    if "holiday" not in known.frames.get("calendar", ()):
        return closed
    found = ask("SELECT date AS day FROM calendar WHERE holiday IS NOT NULL")
    return closed | np.isin(np.arange(len(days)), _places(found["day"], days))


def _weekday(days: np.ndarray) -> np.ndarray:
    """The day of the week, from Monday (0) on."""
    return (days.astype(int) + 3) % WEEK  # 1970 began on a Thursday


def _rolled(grid: np.ndarray, window: int) -> np.ndarray:
    """Sums of the `window` days up to each."""
    total = np.cumsum(np.vstack([np.zeros((1, grid.shape[1])), grid]), axis=0)
    found = total[1:].copy()
    found[window - 1 :] = total[window:] - total[:-window]
    return found


def score(
    rule: Rule, past: Past, band: pd.DataFrame | None = None, since: date | None = None, seen: Usual | None = None
) -> Scores:
    """How far the days of the last year (or from `since` on) were off what a rule holds them against.

    `band`, for a rule against the forecast: what was forecast for each `day` (and `level`, if the rule is by any)
    before it came: `mean`, `low`, `high`. Of a day that comes twice the last one counts. `seen`: what `detect.usual`
    says of these days, where that is known.
    """
    count = len(past.days)
    start = max(count - YEAR, 0) if since is None else int((np.datetime64(since, "D") - past.days[0]).astype(int))
    rows = slice(min(max(start, 0), count), count)
    values = past.values[rows]
    if rule.against == "number":
        found, expected = values, np.full_like(values, np.nan)
    elif rule.against == "usual":
        found, expected = _rarity(rule, seen or _usual([past], rule.window, rows.start))
    elif rule.against == "band":
        found, expected = _in_band(past, rows, band)
    else:
        expected = _before(past, rule, rows)
        found = np.divide(values, expected, out=np.full_like(values, np.nan), where=expected > 0) - 1
    return Scores(past.days[rows], past.levels, values, found, expected, _volume(past, rows))


def _before(past: Past, rule: Rule, rows: slice) -> np.ndarray:
    """What the same weekdays of the weeks before had on average (half of them known, at least), or those last year."""
    if rule.against == "year":
        return _earlier(past.values, rows, YEAR)
    apart = WEEK * -(-rule.window // WEEK)  # so that windows do not meet
    earlier = np.stack([_earlier(past.values, rows, apart * week) for week in range(1, WEEKS + 1)])
    there = ~np.isnan(earlier)
    many = there.sum(axis=0)
    return np.divide(
        np.where(there, earlier, 0).sum(axis=0),
        many,
        out=np.full(many.shape, np.nan),
        where=many >= WEEKS // 2,
    )


def _earlier(values: np.ndarray, rows: slice, days: int) -> np.ndarray:
    """The values so many days before some rows; NaN before the first one."""
    missing = min(max(days - rows.start, 0), rows.stop - rows.start)
    kept = values[rows.start - days + missing : max(rows.stop - days, 0)]
    return np.vstack([np.full((missing, values.shape[1]), np.nan), kept])


def _usual(pasts: Sequence[Past], window: int, start: int) -> Usual:
    """What is usual for all series of some pasts of the same days, one after the other."""
    one = pasts[0]
    values, lines = (np.hstack([getattr(past, name) for past in pasts]) for name in ("values", "lines"))
    counted = np.repeat([past.counted for past in pasts], [len(past.levels) for past in pasts])
    return detect.usual(values, lines, _weekday(one.days), counted, one.apart, window, start)


def _rarity(rule: Rule, seen: Usual) -> tuple[np.ndarray, np.ndarray]:
    """How many days lie between two such by chance, and what was expected."""
    if rule.kind == "outside":
        chance = np.minimum(2 * np.fmin(seen.low, seen.high), 1)
    else:
        chance = seen.low if rule.kind == "under" else seen.high
    return 1 / np.maximum(detect.adjusted(chance), detect.TINY), seen.expected


def _in_band(past: Past, rows: slice, band: pd.DataFrame | None) -> tuple[np.ndarray, np.ndarray]:
    values = past.values[rows]
    if band is None or band.empty:
        return np.full_like(values, np.nan), np.full_like(values, np.nan)
    days = past.days[rows]
    codes = pd.Index(past.levels).get_indexer(band["level"]) if "level" in band else 0
    kept = band.assign(place=_places(band["day"], days), code=codes)
    kept = kept[(kept["place"] >= 0) & (kept["code"] >= 0)]
    mean, low, high = (np.full_like(values, np.nan) for _ in range(3))
    for grid, column in ((mean, "mean"), (low, "low"), (high, "high")):
        grid[kept["place"], kept["code"]] = kept[column]
    off = values - mean
    width = np.where(off < 0, mean - low, high - mean)
    return np.divide(off, width, out=np.full_like(values, np.nan), where=width > 0), mean


def _volume(past: Past, rows: slice) -> np.ndarray:
    """The lines a least volume is about: of a sum those that are usual, for a fall is no reason not to look."""
    if not past.counted:
        return past.lines[rows]
    since = max(rows.start - LATELY, 0)
    judged = ~np.isnan(past.values[since : rows.stop])
    lines = _rolled(np.where(judged, past.lines[since : rows.stop], 0), LATELY)
    days = _rolled(judged.astype(float), LATELY)
    usual = np.divide(lines, days, out=np.zeros_like(lines), where=days > 0)
    return np.vstack([np.zeros((1, usual.shape[1])), usual[:-1]])[rows.start - since :]


def rehearse(rule: Rule, found: Scores, answers: pd.DataFrame | None = None) -> Rehearsal:
    """The days on which a rule would have fired. `answers` (`day`, `level`, `answer`) are what people said of them."""
    judged = ~np.isnan(found.score)
    fired = _begins(rule, _held(rule, found))
    rows = _rows(found, *np.nonzero(fired))
    messages = int(fired.any(axis=1).sum())
    span = len(found.days)
    answered: Mapping[str, int] = {}
    if answers is not None and len(answers):
        said = answers.drop_duplicates(["day", "level"], keep="last").assign(day=pd.to_datetime(answers["day"]))
        answered = rows.merge(said, on=["day", "level"])["answer"].value_counts().to_dict()
    return Rehearsal(
        rows,
        messages,
        messages / span * MONTH if span else 0.0,
        span,
        int(judged.sum()),
        int((~judged).sum()),
        answered,
    )


def _rows(found: Scores, day: np.ndarray, level: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "day": found.days[day].astype("datetime64[us]"),
            "level": pd.Series([found.levels[one] for one in level], dtype="str"),
            "value": found.values[day, level],
            "expected": found.expected[day, level],
            "score": found.score[day, level],
        }
    )


def _held(rule: Rule, found: Scores) -> np.ndarray:
    """Where a rule's condition held so many judged days in a row."""
    with np.errstate(invalid="ignore"):
        holds = _beyond(rule, found.score) & (found.volume >= rule.volume)
    return holds & (_streak(holds, ~np.isnan(found.score)) >= rule.days) if rule.days > 1 else holds


def _begins(rule: Rule, held: np.ndarray) -> np.ndarray:
    """Where a new alert begins: it was quiet before."""
    day = np.arange(len(held))[:, None]
    last = np.maximum.accumulate(np.where(held, day, -(10**9)), axis=0)
    before = np.vstack([np.full((1, held.shape[1]), -(10**9)), last[:-1]])
    return held & (day - before > rule.cooldown)


def _beyond(rule: Rule, found: np.ndarray) -> np.ndarray:
    threshold = rule.threshold
    if rule.against == "usual":
        return found > threshold
    if rule.kind == "over":
        return found > threshold
    if rule.kind == "under":
        return found < (threshold if rule.against == "number" else -threshold)
    if rule.against == "number":
        return (found < threshold) | (found > (np.inf if rule.upper is None else rule.upper))
    return np.abs(found) > threshold


def _streak(holds: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """How many judged days in a row a condition held, up to each day; a day that is not judged breaks no row."""
    total = np.cumsum(holds, axis=0)
    return total - np.maximum.accumulate(np.where(judged & ~holds, total, 0), axis=0)


def _alike(known: Catalogue, rule: Rule) -> tuple[str, tuple[Filter, ...], int]:
    """What rules must share to be read with one statement: sums are rolled, all else is counted over its window."""
    return rule.by, rule.filters, 1 if known.measures[rule.measure].additive else rule.window


def judge(
    known: Catalogue, watched: Sequence[Rule], ask: Ask, day: date, bands: Mapping[int, pd.DataFrame] | None = None
) -> list[Verdict]:
    """What some rules say of one day, in their order. `bands`: what was forecast, by the place of the rule.

    A rule that these data cannot answer, and a day of which they say nothing, are a problem and not an error.
    """
    none = pd.DataFrame(columns=["day", "level", "value", "expected", "score", "since"])
    verdicts: list[Verdict] = [Verdict(none) for _ in watched]
    groups: dict[tuple[str, tuple[Filter, ...], int], list[int]] = defaultdict(list)
    for place, rule in enumerate(watched):
        try:
            rules.check(rule, known)
        except Unfit as problem:
            verdicts[place] = Verdict(none, problem)
        else:
            groups[_alike(known, rule)].append(place)
    pasts: dict[int, Past] = {}
    for places in groups.values():
        together = [watched[place] for place in places]
        long = any(rule.against in ("usual", "year") for rule in together)
        try:
            found = _read(known, together, ask, day, HISTORY if long else SHORT)
        except Unfit as problem:
            for place in places:
                verdicts[place] = Verdict(none, problem)
        else:
            pasts |= dict(zip(places, found, strict=True))
    seen = _seen(watched, pasts)
    for place, past in pasts.items():
        verdicts[place] = _verdict(watched[place], past, (bands or {}).get(place), seen.get(id(past)), none)
    return verdicts


REMEMBERED = 3 * rules.MAX_DAYS + WEEK  # days before one that say whether an alert of it is new


def _seen(watched: Sequence[Rule], pasts: Mapping[int, Past]) -> dict[int, Usual]:
    """What is usual, by the id of a past, for all rules that ask: a hundred series at once take as long as one."""
    asked: dict[int, dict[int, Past]] = defaultdict(dict)
    for place, past in pasts.items():
        if watched[place].against == "usual":
            asked[watched[place].window][id(past)] = past
    found: dict[int, Usual] = {}
    for window, kept in asked.items():
        together = _usual(list(kept.values()), window, max(len(next(iter(kept.values())).days) - REMEMBERED, 0))
        ends = np.cumsum([len(past.levels) for past in kept.values()])[:-1]
        parts = zip(
            *(np.split(grid, ends, axis=1) for grid in (together.expected, together.low, together.high)), strict=True
        )
        found |= {which: Usual(*part) for which, part in zip(kept, parts, strict=True)}
    return found


def _verdict(rule: Rule, past: Past, band: pd.DataFrame | None, seen: Usual | None, none: pd.DataFrame) -> Verdict:
    day = past.days[-1].item()
    if np.isnan(past.values[-1]).all():
        return Verdict(none, Unfit(NOTHING, day=day))
    found = score(rule, past, band, past.days[max(len(past.days) - REMEMBERED, 0)].item(), seen)
    if np.isnan(found.score[-1]).all():
        return Verdict(none, _why_not(rule, past, day))
    held = _held(rule, found)
    (level,) = np.nonzero(held[-1])
    begun = np.maximum.accumulate(np.where(_begins(rule, held), np.arange(len(held))[:, None], 0), axis=0)[-1, level]
    since = found.days[begun].astype("datetime64[us]")
    return Verdict(_rows(found, np.full(len(level), len(held) - 1), level).assign(since=since))


def _why_not(rule: Rule, past: Past, day: date) -> Unfit:
    if rule.against == "usual" and past.apart[-1]:
        return Unfit(N_("{day} is a holiday: what is usual says nothing of it."), day=day)
    if rule.against == "band":
        return Unfit(N_("There is no forecast of {day} that was made before it."), day=day)
    if rule.against == "usual":
        return Unfit(N_("What is usual can be told after {count} days with sales."), count=WARM)
    return Unfit(N_("On {day} there was nothing to compare with: an earlier time without sales."), day=day)
