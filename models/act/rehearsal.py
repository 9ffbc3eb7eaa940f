"""What a rule would have done on the days that are past, and what it does on one day.

    past = measured.read(known, rule, ask)   # what was measured, day by day and level by level: once a measure
    found = score(rule, past)                # how far each day was off: once a comparison
    rehearse(rule, found) -> Rehearsal       # which days fire: a cheap function of the threshold, for a slider
    judge(known, rules, ask, day) -> [Verdict]   # many rules on one day, what they share read once

`ask` runs SQL on the sales, as for `models.ask.statement`. The same days give the same number as Ask, to the cent.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from locales import N_, Sentence
from models.act import detect, rules
from models.act.detect import WARM, WEEK, YEAR, Usual
from models.act.measured import HISTORY, NOTHING, Past, alike, places_of, read_all, rolled, weekday_of
from models.act.rules import Rule, Unfit
from models.ask.definitions import Catalogue
from models.ask.query import Filter
from models.ask.statement import Ask

WEEKS = 4  # of which the same weekdays are a comparison
LATELY = 28  # days that say how many lines are usual
SHORT = 8 * LATELY  # days that a comparison within these weeks looks at, with the longest window
MONTH = 365.25 / 12


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


def score(
    rule: Rule, past: Past, band: pd.DataFrame | None = None, since: date | None = None, usual: Usual | None = None
) -> Scores:
    """How far the days of the last year (or from `since` on) were off what a rule holds them against.

    `band`, for a rule against the forecast: what was forecast for each `day` (and `level`, if the rule is by any)
    before it came: `mean`, `low`, `high`. Of a day that comes twice the last one counts. `usual`: what `detect.usual`
    says of these days, where that is known.
    """
    count = len(past.days)
    start = max(count - YEAR, 0) if since is None else int((np.datetime64(since, "D") - past.days[0]).astype(int))
    rows = slice(min(max(start, 0), count), count)
    values = past.values[rows]
    if rule.against == "number":
        found, expected = values, np.full_like(values, np.nan)
    elif rule.against == "usual":
        found, expected = _rarity(rule, usual or _usual([past], rule.window, rows.start))
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
    return detect.usual(values, lines, weekday_of(one.days), counted, one.apart, window, start)


def _rarity(rule: Rule, usual: Usual) -> tuple[np.ndarray, np.ndarray]:
    """How many days lie between two such by chance, and what was expected."""
    if rule.kind == "outside":
        chance = np.minimum(2 * np.fmin(usual.low, usual.high), 1)
    else:
        chance = usual.low if rule.kind == "under" else usual.high
    return 1 / np.maximum(detect.adjusted(chance), detect.TINY), usual.expected


def _in_band(past: Past, rows: slice, band: pd.DataFrame | None) -> tuple[np.ndarray, np.ndarray]:
    values = past.values[rows]
    if band is None or band.empty:
        return np.full_like(values, np.nan), np.full_like(values, np.nan)
    days = past.days[rows]
    codes = pd.Index(past.levels).get_indexer(band["level"]) if "level" in band else 0
    kept = band.assign(place=places_of(band["day"], days), code=codes)
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
    lines = rolled(np.where(judged, past.lines[since : rows.stop], 0), LATELY)
    days = rolled(judged.astype(float), LATELY)
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
            groups[alike(known, rule)].append(place)
    pasts: dict[int, Past] = {}
    for places in groups.values():
        together = [watched[place] for place in places]
        long = any(rule.against in ("usual", "year") for rule in together)
        try:
            found = read_all(known, together, ask, day, HISTORY if long else SHORT)
        except Unfit as problem:
            for place in places:
                verdicts[place] = Verdict(none, problem)
        else:
            pasts |= dict(zip(places, found, strict=True))
    usual = _usuals(watched, pasts)
    for place, past in pasts.items():
        verdicts[place] = _verdict(watched[place], past, (bands or {}).get(place), usual.get(id(past)), none)
    return verdicts


REMEMBERED = 3 * rules.MAX_DAYS + WEEK  # days before one that say whether an alert of it is new


def _usuals(watched: Sequence[Rule], pasts: Mapping[int, Past]) -> dict[int, Usual]:
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


def _verdict(rule: Rule, past: Past, band: pd.DataFrame | None, usual: Usual | None, none: pd.DataFrame) -> Verdict:
    day = past.days[-1].item()
    if len(past.days) < rule.window:
        short = N_("The data begin less than {count} days before {day}: choose a shorter window, or wait.")
        return Verdict(none, Unfit(short, count=rule.window, day=day))
    if np.isnan(past.values[-1]).all():
        return Verdict(none, Unfit(NOTHING, day=day))
    found = score(rule, past, band, past.days[max(len(past.days) - REMEMBERED, 0)].item(), usual)
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
