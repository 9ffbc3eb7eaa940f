"""From a series of totals to what a learner can learn from: regular, checked, without the days that are closed.

A closed day is not a bad day: a learner that sees its zero learns the wrong thing. Closed weekdays, closed days of
the year and gaps in the table are found here and counted.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.dataset import Finding
from locales import N_, Sentence

SEASONS = {"D": 7, "W": 52, "MS": 12}  # steps of the main season of each frequency
LOOKED_BACK = 8  # weeks without a sale after which a weekday counts as closed
SHORT = 4  # days without a sale in a row that a holiday may take
LONG = 14  # days in a row that the end of the year may take; more is no holiday
FESTIVE = ((12, 25), (12, 26), (1, 1))  # month, day
CHANCE = 0.001
FAR = 6.0  # robust standard deviations
NEAR = 4  # days
STEADY = 0.05  # share of days without a sale below which such a day is an exception
FEWEST = 8  # values behind any forecast
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


class CannotForecast(Sentence, ValueError):
    """There is no honest forecast to be had from this series; the message says why."""


@dataclass(frozen=True)
class Regular:
    """A series with one float value a step, from its first to its last.

    `frequency` is "D", "W" or "MS". `findings` say what was noticed and repaired.
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
    """The open steps of a series, all that learners see.

    `season` counts the open steps in a week (daily) or a year. `closed_weekdays` (0 is Monday) and `closed_days`
    ((month, day)) are never sold on.
    """

    values: pd.Series
    frequency: str
    season: int
    closed_weekdays: tuple[int, ...] = ()
    closed_days: tuple[tuple[int, int], ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The dates of the open steps."""
        return pd.DatetimeIndex(self.values.index)

    def is_open(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """Which of some dates are open."""
        return ~np.isin(dates.day_of_week, self.closed_weekdays) & ~_on(dates, self.closed_days)


def regular(series: pd.Series) -> Regular:
    """Check a series of totals indexed by date and make it regular.

    Unsorted dates are sorted, dates that come twice added up, time zones taken off, steps that are missing filled with
    zero: nothing was sold. Raises `CannotForecast`.
    """
    findings: list[Finding] = []
    clean = _sorted(series, findings)
    if len(clean) < FEWEST:
        raise CannotForecast(
            N_("A forecast needs at least {needed} values, and this series has {count}: choose a longer period."),
            needed=FEWEST,
            count=len(clean),
        )
    if not clean.abs().sum() > 0:
        raise CannotForecast(N_("This series is zero throughout: nothing was sold, so nothing can be forecast."))
    step = float(np.median(np.diff(clean.index.to_numpy()) / np.timedelta64(1, "D")))
    frequency = "D" if step < 4 else "W" if step < 20 else "MS"
    if frequency == "MS":
        clean = clean.groupby(clean.index.to_period("M").to_timestamp()).sum()
    elif frequency == "W":
        clean = clean.groupby(
            clean.index.to_period(f"W-{WEEKDAYS[clean.index[-1].day_of_week]}").end_time.normalize()
        ).sum()
    steps = pd.date_range(clean.index[0], clean.index[-1], freq=_offset(frequency, clean.index[-1]))
    missing = len(steps) - len(clean)
    if missing and frequency != "D":
        findings.append(Finding(N_("{rows} steps without a value count as zero."), missing))
    filled = clean.reindex(steps, fill_value=0.0)
    return Regular(filled, frequency, tuple(findings))


def learnable(history: Regular, closed: pd.DatetimeIndex | None = None, explained: bool = False) -> Open:
    """The open steps of `history`. `closed` names days that are known to be closed, past and to come.

    Days far from the days like them are drawn in, unless what else is known may explain them (`explained`).
    """
    dates, values = history.dates, history.values
    if history.frequency != "D":
        season = SEASONS[history.frequency]
        return Open(values, history.frequency, season if len(values) >= 2 * season else 1)
    sold = values.to_numpy() != 0
    recent = slice(-7 * LOOKED_BACK, None)
    # So many of one weekday without a sale would be a wonder at the rate of days without a sale among all.
    never = [day for day in range(7) if not sold[recent][dates.day_of_week[recent] == day].any()]
    rate = 1 - sold[recent][~np.isin(dates.day_of_week[recent], never)].mean() if len(never) < 7 else 1.0
    weekdays = tuple(never) if len(sold) >= 28 and rate ** min(LOOKED_BACK, len(sold) // 7) < CHANCE else ()
    findings = []
    if weekdays:
        message = N_("Closed days of the week: {rows}. They are left out, and forecast as zero.")
        findings.append(Finding(message, len(weekdays)))
    empty = ~sold & ~np.isin(dates.day_of_week, weekdays)
    runs = _run_lengths(~sold)
    holidays = _touching(~sold, _on(dates, FESTIVE)) & (runs <= LONG)
    runs *= empty
    around = holidays & empty
    steady = (empty & ~around & (runs <= LONG)).sum() <= STEADY * max((~np.isin(dates.day_of_week, weekdays)).sum(), 1)
    if not steady:
        holidays &= _on(dates, FESTIVE)
        around &= holidays
    # In a series that sells nearly every day, a day without a sale was closed, and many in a row were not recorded.
    short = (runs > 0) & (runs <= SHORT) & steady
    gaps = (runs > LONG) & steady & ~_every_year(runs > LONG)
    days = _yearly(dates, around | short, holidays, sold)
    left_out = around | short | gaps | _on(dates, days)
    if closed is not None:
        left_out = left_out | dates.isin(closed)
    shut, lost = int((left_out & empty & ~gaps).sum()), int(gaps.sum())
    if shut:
        findings.append(Finding(N_("Single days without a sale: {rows}. They count as closed, not as bad days."), shut))
    if lost:
        message = N_("{rows} days in long gaps have no sale at all: they are left out, as if not recorded.")
        findings.append(Finding(message, lost, severity="warning"))
    kept = ~np.isin(dates.day_of_week, weekdays) & ~left_out
    opened = values[kept]
    if steady and not explained:
        opened, far = _drawn_in(opened, 7 - len(weekdays))
        if far:
            findings.append(
                Finding(N_("Days far from the days like them: {rows}. They are drawn in, so as not to mislead."), far)
            )
    return Open(opened, "D", 7 - len(weekdays), weekdays, days, tuple(findings))


def _drawn_in(values: pd.Series, season: int) -> tuple[pd.Series, int]:
    """The values with those drawn in that are `FAR` robust standard deviations off, and how many; in logarithms.

    The days like a day are the same weekday of four weeks on either side. What comes again within days a year later is
    no outlier.
    """
    if len(values) < 8 * season or (values <= 0).any():
        return values, 0
    logged = np.log(values)
    usual = pd.concat([logged.shift(season * weeks) for weeks in range(-4, 5)], axis=1).median(axis=1)
    off = logged - usual
    reach = FAR * 1.4826 * float((off - off.median()).abs().median())
    far = (off.abs() > reach).to_numpy(copy=True) if reach > 0 else np.zeros(len(values), bool)
    dates = pd.DatetimeIndex(values.index)
    found = np.flatnonzero(far)
    apart = np.abs(np.abs((dates[found].to_numpy()[:, None] - dates[found].to_numpy()) / np.timedelta64(1, "D")) - 364)
    alike = np.sign(off.to_numpy()[found][:, None]) == np.sign(off.to_numpy()[found])
    far[found[((apart <= NEAR) & alike).any(axis=1)]] = False
    bounded = np.exp(off.clip(-reach, reach) + usual)
    return values.where(~far, bounded), int(far.sum())


def _yearly(
    dates: pd.DatetimeIndex, shut: np.ndarray, holidays: np.ndarray, sold: np.ndarray
) -> tuple[tuple[int, int], ...]:
    """The days of the year that were closed whenever they came: twice or more, or once around the end of the year."""
    code = dates.month * 100 + dates.day
    found = []
    for day in np.unique(code[shut | holidays]):
        here = code == day
        if not sold[here].any() and (holidays[here].any() or (shut[here].all() and here.sum() >= 2)):
            found.append((int(day) // 100, int(day) % 100))
    return tuple(found)


def _every_year(empty: np.ndarray) -> np.ndarray:
    """Where a run of empty days comes again in another year: then it is out of season."""
    again = np.zeros(len(empty), bool)
    again[365:] |= empty[:-365]
    again[:-365] |= empty[365:]
    return _touching(empty, again)


def _touching(mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """The runs of `mask` that hold one of the `seeds`."""
    run = np.cumsum(np.diff(np.r_[False, mask].astype(int)) != 0)
    return mask & np.isin(run, run[mask & seeds])


def _run_lengths(mask: np.ndarray) -> np.ndarray:
    """How long the run of `mask` is that a place lies in; 0 outside."""
    run = np.cumsum(np.diff(np.r_[False, mask].astype(int)) != 0)
    return np.bincount(run, mask)[run].astype(int) * mask


def _sorted(series: pd.Series, findings: list[Finding]) -> pd.Series:
    dates = pd.DatetimeIndex(pd.to_datetime(series.index))
    if dates.tz is not None:
        dates = dates.tz_localize(None)
    clean = pd.Series(pd.to_numeric(series, errors="coerce").to_numpy(float), dates.normalize())
    lost = int((~np.isfinite(clean)).sum())
    if lost:
        findings.append(Finding(N_("{rows} values are not numbers and count as missing."), lost, severity="warning"))
    clean = clean[np.isfinite(clean) & clean.index.notna()]
    again = int(clean.index.duplicated().sum())
    if again:
        findings.append(Finding(N_("{rows} dates come twice: their values are added."), again))
    if not clean.index.is_monotonic_increasing:
        findings.append(Finding(N_("The dates were not in order: they are sorted."), 0))
    return clean.groupby(level=0).sum().sort_index()


def _offset(frequency: str, last: pd.Timestamp) -> str:
    return f"W-{WEEKDAYS[last.day_of_week]}" if frequency == "W" else frequency


def _on(dates: pd.DatetimeIndex, days: tuple[tuple[int, int], ...]) -> np.ndarray:
    return np.isin(dates.month * 100 + dates.day, [month * 100 + day for month, day in days])
