"""From a series of totals to what a learner can learn from: regular, checked, and each step known for what it is.

A step without a sale can be four things: closed, not recorded, no demand, or the end of it. A closed day is not a bad
day, a learner that sees its zero learns the wrong thing; a slow product's empty weeks are demand, and leaving them out
makes its forecast that of its good days. They are told apart here, and counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from data import quality
from data.dataset import Finding
from locales import N_, Sentence
from models.forecast.apart import Apart, Recent, apart, bring
from models.forecast.growth import YEAR as DAYS
from models.forecast.growth import onward, steady
from models.forecast.yearly import MONTHS, Occasion, Recurring, once, quiet, recurring, within

SEASONS = {"D": 7, "W": 52, "MS": 12, "QS": 4, "6MS": 2, "YS": 1}  # steps of the main season of each frequency
LOOKED_BACK = 8  # weeks without a sale after which a weekday counts as closed
SHORT = 4  # days without a sale in a row that a holiday may take
LONG = 14  # days in a row that the end of the year may take; more is no holiday
CLOSURE = 35  # days in a row that a shop may be closed for, as for works or every August; more is out of season
YEAR = 365  # days
FESTIVE = ((12, 25), (12, 26), (1, 1))  # month, day
CHANCE = 0.001
FAR = 6.0  # robust standard deviations
ONCE_FAR = 3.0  # the least logarithm of an order over the usual one that is far: twenty times as much
NEAR = 4  # days
STEADY = 0.05  # share of days without a sale below which such a day is an exception
BETWEEN = 28  # days with sales for each long gap, below which the gaps are the rule
BETWEEN_SALES = 1.32  # steps between sales from which demand is intermittent (Syntetos, Boylan, Croston 2005)
MIN_STEPS = 8  # values behind any forecast
MOSTLY = 0.8  # share of dates that are those of a step
FEW_EMPTY, LOW = 0.1, 0.3  # share of steps without a sale, and of the usual value, that steps which always sell keep
FAR_DATES = N_("{rows} dates are far from all others ({day}): left out as mistyped. Correct them in the file.")
FAR_DATE = N_("{rows} date is far from all others ({day}): left out as mistyped. Correct it in the file.")
LEVEL = N_("The last {rows} steps, since {day}, stand apart from those before: they are taken for a new level.")
ONCE = N_("The last {rows} steps, since {day}, stand apart from those before: they are taken to happen only once.")
GROWS = N_("Sales have grown by {share}% a year, the same all the time: the forecast goes on so.")
SHRINKS = N_("Sales have fallen by {share}% a year, the same all the time: the forecast goes on so.")
FORGOTTEN = N_("{rows} steps are left out: somebody said that what they sold happened only once.")
FORGOTTEN_ONE = N_("{rows} step is left out: somebody said that what it sold happened only once.")
SHUT = N_("{rows} steps without any sale among steps that always sell are left out, as if closed or not recorded.")
SHUT_ONCE = N_("{rows} step without any sale among steps that always sell is left out, as if closed or not recorded.")
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


class CannotForecast(Sentence, ValueError):
    """There is no honest forecast to be had from this series; the message says why."""


@dataclass(frozen=True)
class Regular:
    """A series with one float value a step, from its first to its last.

    `frequency` is one of `SEASONS`. `findings` say what was noticed and repaired.
    """

    values: pd.Series
    frequency: str
    findings: tuple[Finding, ...]

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The dates of the values."""
        return pd.DatetimeIndex(self.values.index)

    def ahead(self, horizon: int) -> pd.DatetimeIndex:
        """The next `horizon` steps of the calendar."""
        return pd.date_range(self.dates[-1], periods=horizon + 1, freq=_offset(self.frequency, self.dates[-1]))[1:]

    def upto(self, length: int) -> "Regular":
        """The series as it was after its first `length` steps."""
        return Regular(self.values.iloc[:length], self.frequency, ())


@dataclass(frozen=True)
class Open:
    """The steps of a series on which could be sold.

    `values` are those of the open steps. `grid` has every step of the weekdays that are open at all, so that a step
    keeps its place in the week: on closed days it has what is usual for the weekday, and of a gap only what does not
    make a whole week. `season` counts the steps of the grid in a week (daily) or a year. `closed_weekdays` (0 is
    Monday) and `closed_days` ((month, day)) are never sold on. `intermittent`: many steps are open and sell nothing,
    not for the season; demand then is a chance, and a size. `ended`: nothing was sold lately, and by its past rate of
    sale that is no chance. `apart`: the last steps stand apart from those before; `values` and `grid` are at one level
    then, the new one or the usual one, as `recent` says. `growth` is that which has been steady, as a log a day (see
    `growth.steady`), `year` what stands out at the same time of every year.
    """

    values: pd.Series
    grid: pd.Series
    frequency: str
    season: int
    closed_weekdays: tuple[int, ...] = ()
    closed_days: tuple[tuple[int, int], ...] = ()
    findings: tuple[Finding, ...] = ()
    intermittent: bool = False
    ended: bool = False
    apart: Apart | None = None
    recent: Recent | None = None
    growth: float = 0.0
    year: Recurring | None = None

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The dates of the open steps."""
        return pd.DatetimeIndex(self.values.index)

    def known(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """What steady growth and the time of the year make of some dates, as factors."""
        grown = onward(dates, self.grid, self.growth)
        return grown * np.exp(self.year(dates)) if self.year else grown

    @cached_property
    def known_of_grid(self) -> pd.Series:
        """`known` of each step of the grid: every learner asks for it."""
        return pd.Series(self.known(pd.DatetimeIndex(self.grid.index)), self.grid.index)

    def in_grid(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """Which of some dates are of a weekday that is open at all."""
        return ~np.isin(dates.day_of_week, self.closed_weekdays)

    def is_open(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """Which of some dates are open."""
        return self.in_grid(dates) & ~_on(dates, self.closed_days)


def regular(series: pd.Series) -> Regular:
    """Check a series of totals indexed by date and make it regular.

    Unsorted dates are sorted, dates that come twice added up, time zones taken off, dates far from all others left
    out, steps that are missing filled with zero: nothing was sold. Raises `CannotForecast`.
    """
    findings: list[Finding] = []
    clean = _sorted(series, findings)
    if len(clean) < MIN_STEPS:
        raise CannotForecast(
            N_("A forecast needs at least {needed} values, and this series has {count}: choose a longer period."),
            needed=MIN_STEPS,
            count=len(clean),
        )
    if not clean.abs().sum() > 0:
        raise CannotForecast(N_("This series is zero throughout: nothing was sold, so nothing can be forecast."))
    step = float(np.median(np.diff(clean.index.to_numpy()) / np.timedelta64(1, "D")))
    frequency = "D" if step < 4 else "W" if step < 20 else min(MONTHS, key=lambda one: abs(MONTHS[one] - step / 30.44))
    if not _on_step(pd.DatetimeIndex(clean.index), frequency):
        frequency = "D"  # days on which something was sold, far apart
    last = clean.index[-1]
    if frequency == "W":
        clean = clean.groupby(clean.index.to_period(f"W-{WEEKDAYS[last.day_of_week]}").end_time.normalize()).sum()
    elif frequency != "D":
        # Counted back from the last one: quarters and years begin in any month.
        back = (last.year - clean.index.year) * 12 + last.month - clean.index.month
        months = last.to_period("M") - back.to_numpy() // MONTHS[frequency] * MONTHS[frequency]
        clean = clean.groupby(pd.PeriodIndex(months).to_timestamp()).sum()
    steps = pd.date_range(clean.index[0], clean.index[-1], freq=_offset(frequency, clean.index[-1]))
    missing = len(steps) - len(clean)
    if missing and frequency != "D":
        one = N_("{rows} step without a value counts as zero.")
        findings.append(Finding(N_("{rows} steps without a value count as zero."), missing, one=one))
    filled = clean.reindex(steps, fill_value=0.0)
    return Regular(filled, frequency, tuple(findings))


def _on_step(dates: pd.DatetimeIndex, frequency: str) -> bool:
    """Whether most dates are those of a step: the same day of the week, or of the month, counted from either end."""
    if frequency == "D":
        return True
    days = [dates.day_of_week] if frequency == "W" else [dates.day, dates.days_in_month - dates.day]
    return any(pd.Series(one).value_counts(normalize=True).iloc[0] >= MOSTLY for one in days)


def learnable(
    history: Regular,
    closed: pd.DatetimeIndex | None = None,
    regressors: pd.DataFrame | None = None,
    recent: Recent | None = None,
    said: Sequence[Occasion] = (),
) -> Open:
    """What can be learned of `history`. `closed` names days that are known to be closed, past and to come.

    Days far from the days like them are drawn in, unless what else is known (`regressors`) may explain them. Where the
    last steps stand apart, `recent` says what they are: a new level, or something that happens once. What is `said` of
    earlier occasions: nothing is learned of one that happened once.
    """
    dates, values, explained = history.dates, history.values, regressors is not None
    sold, apart_once = values.to_numpy() != 0, once(history.dates, history.frequency, said)
    forgotten = (Finding(FORGOTTEN, int(apart_once.sum()), one=FORGOTTEN_ONE),) if apart_once.any() else ()
    if history.frequency != "D":
        season = SEASONS[history.frequency]
        season = season if len(values) >= 2 * season else 1
        steps = SEASONS[history.frequency]
        found = _ended(dates, sold, np.ones(len(sold), bool), steps, 3)
        rare, ended = _intermittent(sold, steps), bool(found)
        idle = _shut(values.to_numpy(), sold, steps) & (not ended)
        if idle.any():
            found += (Finding(SHUT, int(idle.sum()), severity="warning", one=SHUT_ONCE),)
        idle |= apart_once
        usual = values.where(sold & ~apart_once).rolling(5, center=True, min_periods=1).median()
        grid = values.where(~idle, usual.interpolate(limit_direction="both"))
        grid, off, recent, noted = _at_one_level(grid, history.frequency, 1, explained, recent)
        growth, grows = _growing(grid, history.frequency, 1, off)
        found += forgotten + noted + grows
        year = None if rare else recurring(_unexplained(grid[~apart_once], regressors), history.frequency, said)
        return Open(grid[~idle], grid, history.frequency, season, (), (), found, rare, ended, off, recent, growth, year)
    weekdays = _closed_weekdays(dates, sold)
    findings = [*forgotten]
    if weekdays:
        message = N_("Closed days of the week: {rows}. They are left out, and forecast as zero.")
        one = N_("Closed days of the week: {rows}. It is left out, and forecast as zero.")
        findings.append(Finding(message, len(weekdays), one=one))
    weekly = ~np.isin(dates.day_of_week, weekdays)
    findings += (found := _ended(dates, sold, weekly, YEAR, SHORT + 1))
    ended = bool(found)
    empty = ~sold & weekly & ~quiet(values, "D").to_numpy()
    runs = _run_lengths(~sold)
    holidays = _touching(~sold, _on(dates, FESTIVE)) & (runs <= LONG)
    runs *= empty
    around = holidays & empty
    long = runs > LONG
    steady = (empty & ~around & ~long).sum() <= STEADY * max(weekly.sum(), 1)
    steady &= bool(sold.sum() >= BETWEEN * (_count(long) - ended))  # an end is no gap
    if not steady:
        holidays &= _on(dates, FESTIVE)
        around &= holidays
    # In a series that sells nearly every day, a day without a sale was closed, and many in a row were not recorded,
    # unless they come again every year: then it was closed then too, or longer out of season.
    again = _every_year(runs > SHORT, YEAR)
    short = (runs > 0) & (runs <= np.where(again, CLOSURE, LONG)) & steady
    gaps = long & steady & ~again
    if ended:
        since = np.flatnonzero(sold)[-1]
        short[since:] = gaps[since:] = False
    days = _yearly(dates, around | short, holidays, sold, ~weekly, again)
    left_out = around | short | gaps | _on(dates, days) | apart_once
    if closed is not None:
        left_out = left_out | dates.isin(closed)
    shut, lost = int((left_out & empty & ~gaps).sum()), int(gaps.sum())
    if shut:
        message = N_("Days without a sale among days that sell: {rows}. They count as closed, not as bad days.")
        one = N_("Days without a sale among days that sell: {rows}. It counts as closed, not as a bad day.")
        findings.append(Finding(message, shut, one=one))
    if lost:
        message = N_("{rows} days in long gaps have no sale at all: they are left out, as if not recorded.")
        findings.append(Finding(message, lost, severity="warning"))
    kept, season = weekly & ~left_out, 7 - len(weekdays)
    grid = values[kept].reindex(dates[weekly & ~_weeks_of(gaps & weekly, season)])
    grid, off, recent, noted = _at_one_level(grid, "D", season, explained, recent)
    findings += noted
    rare = _intermittent(sold[kept], YEAR * season // 7)
    if (steady or rare) and not explained:
        grid, away = _ordered_once(grid) if rare else _drawn_in(grid, season, [one for one in said if one.again])
        if away:
            message = N_("Days far from the days like them: {rows}. They are drawn in, so as not to mislead.")
            one = N_("Days far from the days like them: {rows}. It is drawn in, so as not to mislead.")
            findings.append(Finding(message, away, one=one))
    filled = _filled(grid)
    growth, grows = _growing(filled, "D", season, off)
    found = (*findings, *grows)
    told = filled[~once(pd.DatetimeIndex(filled.index), "D", said)]
    year = None if rare else recurring(_unexplained(told, regressors), "D", said)
    return Open(grid[dates[kept]], filled, "D", season, weekdays, days, found, rare, ended, off, recent, growth, year)


def lost(history: Regular, closed: pd.DatetimeIndex | None = None) -> pd.DatetimeIndex:
    """The days of more than `SHORT` in a row without a sale that `learnable` leaves out, though no day of the week and
    no day of the year told of them: works, or records that are missing."""
    if history.frequency != "D":
        return history.dates[:0]
    found = learnable(history, closed)
    empty = (history.values == 0).to_numpy()
    out = empty & ~history.dates.isin(found.values.index) & (_run_lengths(empty) > SHORT) & (not found.ended)
    return history.dates[out & found.is_open(history.dates)].difference(history.dates[:0] if closed is None else closed)


def _unexplained(grid: pd.Series, regressors: pd.DataFrame | None) -> pd.Series:
    """The steps of a grid on which all that else is known is as it mostly is: a promotion is no time of the year."""
    if regressors is None:
        return grid
    known = regressors.reindex(grid.index)
    return grid[(known == known.mode().iloc[0]).all(axis=1)]


def _growing(grid: pd.Series, frequency: str, season: int, off: Apart | None) -> tuple[float, tuple[Finding, ...]]:
    """The steady growth of a grid, and what is said of it; none where the last steps stand apart."""
    growth = 0.0 if off else steady(grid, frequency, season)
    share = float(np.expm1(growth * DAYS))
    if not growth:
        return growth, ()
    return growth, (Finding(GROWS if share > 0 else SHRINKS, 0, {"share": f"{100 * abs(share):.0f}"}),)


def _shut(values: np.ndarray, sold: np.ndarray, year: int) -> np.ndarray:
    """The steps without a sale in a series that sells at every other one, and never little: closed, or not recorded."""
    empty = ~sold & ~_every_year(~sold, year)
    rest = np.abs(values[sold])
    rare = 0 < empty.sum() <= FEW_EMPTY * len(values) and np.quantile(rest, 0.05) >= LOW * np.median(rest)
    return empty & bool(rare)


def _at_one_level(
    grid: pd.Series, frequency: str, season: int, explained: bool, recent: Recent | None
) -> tuple[pd.Series, Apart | None, Recent | None, tuple[Finding, ...]]:
    """A grid whose last steps stand apart, at one level; what stands apart, what it is taken for, and what is said."""
    found = None if explained else apart(grid, frequency, season)
    if not found:
        return grid, None, None, ()
    taken = recent or found.taken(frequency)
    since = {"day": found.since.date()}
    said = Finding(LEVEL if taken == "level" else ONCE, found.steps, severity="warning", days=since)
    return bring(grid, found, taken), found, taken, (said,)


def _closed_weekdays(dates: pd.DatetimeIndex, sold: np.ndarray) -> tuple[int, ...]:
    """The weekdays on which nothing is sold: so many without a sale in a row would be a wonder.

    At the rate of the weekday itself before, or where it has never sold, at that of the other weekdays.
    """
    weeks, recent = len(sold) // 7, np.arange(len(sold)) >= len(sold) - 7 * LOOKED_BACK
    on = [dates.day_of_week == day for day in range(7)]
    never = [day for day in range(7) if not sold[on[day] & recent].any()]
    others = sold[recent & ~np.isin(dates.day_of_week, never)]
    if weeks < 4 or not len(others):
        return ()

    def chance(day: int) -> float:
        before = sold[on[day] & ~recent]
        if before.any():
            return float((1 - before.sum() / (len(before) + 1)) ** min(LOOKED_BACK, weeks))
        return float((1 - others.mean()) ** weeks)

    return tuple(day for day in never if chance(day) < CHANCE)


def _ended(dates: pd.DatetimeIndex, sold: np.ndarray, weekly: np.ndarray, year: int, least: int) -> tuple[Finding, ...]:
    """A finding where a series has ended: so many steps without a sale would be a wonder at its rate before.

    `weekly` marks the steps that are open at all, `year` is in steps. What was as empty a year before is only out of
    season; fewer steps than `least` are no end.
    """
    if not sold.any():
        return ()
    last = int(np.flatnonzero(sold)[-1])
    known, empty = weekly[sold.argmax() : last + 1].sum(), int(weekly[last + 1 :].sum())
    # One step more is counted as not sold on: a rate of one is never certain.
    chance = (1 - sold.sum() / (known + 1)) ** empty
    before = sold[max(last + 1 - year, 0) : max(len(sold) - year, 0)]
    if empty < least or chance >= CHANCE or (len(before) >= min(empty, year) and not before.any()):
        return ()
    message = N_(
        "Nothing was sold on the last {rows} open steps, since {day}: it counts as ended, and is forecast as zero."
    )
    return (Finding(message, empty, severity="warning", days={"day": dates[last].date()}),)


def _intermittent(sold: np.ndarray, year: int) -> bool:
    """Whether steps come without a sale so often, out of season left aside, that demand is intermittent."""
    least = max(year // 13, 3)  # steps of a season, and with sales between two of them
    out = _every_year(_run_lengths(~sold) >= least, year)
    counted = len(sold) - (out.sum() if sold.sum() >= least * _count(out) else 0)
    return bool(counted >= BETWEEN_SALES * max(sold.sum(), 1))


def _filled(grid: pd.Series) -> pd.Series:
    """A daily series whose missing days have what is usual for their weekday within two weeks on either side."""
    if not grid.isna().any():
        return grid
    day = pd.DatetimeIndex(grid.index).day_of_week
    usual = grid.groupby(day).transform(lambda one: one.rolling(5, center=True, min_periods=1).median().ffill().bfill())
    return grid.fillna(usual).fillna(float(grid.mean()))


def _weeks_of(gaps: np.ndarray, season: int) -> np.ndarray:
    """Whole weeks at the begin of each run of `gaps`, so that what is left of it keeps the days of the week in step."""
    run = _runs(gaps)
    place = np.arange(len(run)) - np.searchsorted(run, run)
    return gaps & (place < _run_lengths(gaps) // season * season)


def _drawn_in(values: pd.Series, season: int, again: Sequence[Occasion]) -> tuple[pd.Series, int]:
    """A grid, its closed days missing, with the days drawn in that are `FAR` robust standard deviations off, and how
    many; in logarithms.

    The days like a day are the same weekday of four weeks on either side. What comes again within days a year later, or
    is said to come `again`, is no outlier, nor is a quiet time.
    """
    low = quiet(values, "D").to_numpy()
    if len(values) < 8 * season or (values.to_numpy()[~low] <= 0).any():
        return values, 0
    logged = np.log(values.where(values > 0))
    usual = pd.concat([logged.shift(season * weeks) for weeks in range(-4, 5)], axis=1).median(axis=1)
    off = logged - usual
    reach = FAR * 1.4826 * float((off - off.median()).abs().median())
    far = (off.abs() > reach).to_numpy(copy=True) if reach > 0 else np.zeros(len(values), bool)
    dates = pd.DatetimeIndex(values.index)
    far &= ~within(dates, "D", again) & ~low
    found = np.flatnonzero(far)
    apart = np.abs(np.abs((dates[found].to_numpy()[:, None] - dates[found].to_numpy()) / np.timedelta64(1, "D")) - 364)
    alike = np.sign(off.to_numpy()[found][:, None]) == np.sign(off.to_numpy()[found])
    far[found[((apart <= NEAR) & alike).any(axis=1)]] = False
    bounded = np.exp(off.clip(-reach, reach) + usual)
    return values.where(~far, bounded), int(far.sum())


def _ordered_once(values: pd.Series) -> tuple[pd.Series, int]:
    """A grid of slow demand, its closed days missing, whose one order that is `FAR` robust standard deviations above
    the others in logarithms is as large as the largest of those, and whether there is one.

    What comes again in such a size is demand; of one alone nobody knows the chance, and it would outweigh all others.
    """
    sizes = values[values > 0].sort_values()
    logged = np.log(sizes) - np.log(sizes.median())
    far = (logged > max(FAR * 1.4826 * logged.abs().median(), ONCE_FAR)).sum() == 1
    if len(sizes) < MIN_STEPS or not far:
        return values, 0
    return values.clip(-sizes.iloc[-2], sizes.iloc[-2]), 1


def _yearly(
    dates: pd.DatetimeIndex,
    shut: np.ndarray,
    holidays: np.ndarray,
    sold: np.ndarray,
    never: np.ndarray,
    again: np.ndarray,
) -> tuple[tuple[int, int], ...]:
    """The days of the year that were closed whenever they came: twice or more, or once around the end of the year.

    Days of a weekday that is `never` open count where the run of closed days around them comes `again` every year.
    """
    code = dates.month * 100 + dates.day
    found = []
    for day in np.unique(code[shut | holidays]):
        here = code == day
        twice = (shut | never)[here].all() and here.sum() >= 2 and (shut[here].sum() >= 2 or again[here].any())
        if not sold[here].any() and (holidays[here].any() or twice):
            found.append((int(day) // 100, int(day) % 100))
    return tuple(found)


def _every_year(empty: np.ndarray, year: int) -> np.ndarray:
    """Where a run of empty steps comes again in another year (so many steps): then it is out of season."""
    again = np.zeros(len(empty), bool)
    again[year:] |= empty[:-year]
    again[:-year] |= empty[year:]
    return _touching(empty, again)


def _touching(mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """The runs of `mask` that hold one of the `seeds`."""
    run = _runs(mask)
    return mask & np.isin(run, run[mask & seeds])


def _runs(mask: np.ndarray) -> np.ndarray:
    """The number of the run that a place lies in, counted from the begin: odd where the mask is true."""
    return np.asarray(np.cumsum(np.diff(np.r_[False, mask].astype(int)) != 0))


def _count(mask: np.ndarray) -> int:
    """How many runs of true a mask has."""
    return int(_runs(mask)[-1] + 1) // 2


def _run_lengths(mask: np.ndarray) -> np.ndarray:
    """How long the run of `mask` is that a place lies in; 0 outside."""
    run = _runs(mask)
    return np.bincount(run, mask)[run].astype(int) * mask


def _sorted(series: pd.Series, findings: list[Finding]) -> pd.Series:
    dates = pd.DatetimeIndex(pd.to_datetime(series.index))
    if dates.tz is not None:
        dates = dates.tz_localize(None)
    clean = pd.Series(pd.to_numeric(series, errors="coerce").to_numpy(float), dates.normalize())
    lost = int((~np.isfinite(clean)).sum())
    if lost:
        message = N_("{rows} values are not numbers and count as missing.")
        one = N_("{rows} value is not a number and counts as missing.")
        findings.append(Finding(message, lost, severity="warning", one=one))
    clean = clean[np.isfinite(clean) & clean.index.notna()]
    if (away := quality.far(pd.DatetimeIndex(clean.index))).any():
        first = {"day": clean.index[away][0].date()}
        findings.append(Finding(FAR_DATES, int(away.sum()), severity="warning", one=FAR_DATE, days=first))
        clean = clean[~away]
    again = int(clean.index.duplicated().sum())
    if again:
        one = N_("{rows} date comes twice: its values are added.")
        findings.append(Finding(N_("{rows} dates come twice: their values are added."), again, one=one))
    if not clean.index.is_monotonic_increasing:
        findings.append(Finding(N_("The dates were not in order: they are sorted."), 0))
    return clean.groupby(level=0).sum().sort_index()


def _offset(frequency: str, last: pd.Timestamp) -> str:
    if frequency == "W":
        return f"W-{WEEKDAYS[last.day_of_week]}"
    return f"{frequency}-{last:%b}".upper() if frequency in ("QS", "YS") else frequency


def _on(dates: pd.DatetimeIndex, days: tuple[tuple[int, int], ...]) -> np.ndarray:
    return np.isin(dates.month * 100 + dates.day, [month * 100 + day for month, day in days])
