"""From a series of totals to what a learner can learn from: regular, checked, without the days on which nothing is sold.

A closed day is not a bad day: a learner that sees its zero learns the wrong thing. Closed weekdays, closed days of
the year and the gaps of a table are found here, and counted; stock-outs are the caller's to mark.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from data.dataset import Finding
from locales import N_, _

SEASONS = {"D": 7, "W": 52, "MS": 12}  # steps of the main season of each frequency
LOOKED_BACK = 8  # weeks without a sale after which a weekday counts as closed
LONGEST_GAP = 14  # days without a sale in a row: longer than any holiday, so something is missing
FEWEST = 8  # values behind any forecast


class CannotForecast(ValueError):
    """There is no honest forecast to be had from this series; the message says why."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message.format(**values))
        self.message, self.values = message, values

    def sentence(self) -> str:
        """The message in the reader's language."""
        return _(self.message).format(**self.values)


@dataclass(frozen=True)
class Prepared:
    """A series ready to learn from.

    `values` holds the open steps only, indexed by their dates; `frequency` is "D", "W" or "MS", `season` the open
    steps in a week (daily) or a year. `closed_weekdays` (0 is Monday) and `closed_days` ((month, day)) are never sold
    on. `findings` say what was noticed and repaired.
    """

    values: pd.Series
    frequency: str
    season: int
    closed_weekdays: tuple[int, ...] = ()
    closed_days: tuple[tuple[int, int], ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    def steps(self, horizon: int) -> pd.DatetimeIndex:
        """The next `horizon` steps of the calendar, open or not."""
        return pd.date_range(self.values.index[-1], periods=horizon + 1, freq=_offset(self))[1:]

    def open(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """Which of some dates are open."""
        return ~np.isin(dates.weekday, self.closed_weekdays) & ~_on(dates, self.closed_days)

    def upto(self, length: int) -> "Prepared":
        """The same series as it was known after its first `length` open steps."""
        return prepare(self.values.iloc[:length], regular=True, like=self)


def prepare(series: pd.Series, regular: bool = False, like: Prepared | None = None) -> Prepared:
    """Check a series of totals indexed by date, and find when it is closed.

    Unsorted dates are sorted, dates that come twice added up, missing steps count as zero (sold nothing), time zones
    taken off. With `like`, the frequency and closures of another one are taken over (`regular`: nothing is to be
    repaired). Raises `CannotForecast`.
    """
    if like is not None and regular:
        return Prepared(series, like.frequency, like.season, like.closed_weekdays, like.closed_days)
    findings: list[Finding] = []
    clean = _sorted(series, findings)
    if len(clean) < FEWEST:
        raise CannotForecast(
            N_("A forecast needs at least {needed} values, and this series has {count}."),
            needed=FEWEST,
            count=len(clean),
        )
    if not clean.abs().sum() > 0:
        raise CannotForecast(N_("This series is zero throughout: nothing was sold, so nothing can be forecast."))
    frequency = _frequency(pd.DatetimeIndex(clean.index))
    offset = pd.tseries.frequencies.to_offset(_anchored(frequency, clean.index[-1]))
    steps = pd.date_range(clean.index[0], clean.index[-1], freq=offset)
    missing = len(steps) - len(clean)
    filled = clean.reindex(steps, fill_value=0.0)
    filled.index.freq = None
    if missing and frequency != "D":
        findings.append(Finding(N_("{rows} steps without a value count as zero."), missing))
    if frequency != "D":
        season = SEASONS[frequency] if len(filled) >= 2 * SEASONS[frequency] else 1
        return Prepared(filled, frequency, season, findings=tuple(findings))
    return _open_days(filled, findings)


def _open_days(filled: pd.Series, findings: list[Finding]) -> Prepared:
    dates = pd.DatetimeIndex(filled.index)
    sold = filled.to_numpy() != 0
    recent = sold[-7 * LOOKED_BACK :], dates.weekday[-7 * LOOKED_BACK :]
    weekdays = tuple(
        day for day in range(7) if len(filled) >= 7 * 4 and not recent[0][recent[1] == day].any()
    )
    if weekdays:
        findings.append(
            Finding(N_("Closed on {rows} days of the week: they are left out and forecast as zero."), len(weekdays))
        )
    kept = ~np.isin(dates.weekday, weekdays)
    # A day of the year is closed where it never sold in two years or more, or once and it is a usual holiday.
    names = pd.MultiIndex.from_arrays([dates.month, dates.day])
    often = pd.DataFrame({"sold": sold, "kept": kept}).groupby(names)
    never = often["sold"].sum().eq(0) & often["kept"].sum().ge(1)
    festive = {(12, 25), (12, 26), (1, 1)}
    days = tuple(
        name
        for name, times in often["kept"].sum()[never].items()
        if times >= 2 or name in festive
    )
    off = _on(dates, days)
    if days:
        findings.append(Finding(N_("{rows} days of the year are closed: they are forecast as zero."), len(days)))
    gaps = _runs(~sold & kept & ~off, LONGEST_GAP)
    if gaps.any():
        findings.append(
            Finding(
                N_("{rows} days in long gaps have no sales at all: they are left out, as if not recorded."),
                int(gaps.sum()),
                severity="warning",
            )
        )
    values = filled[kept & ~off & ~gaps]
    return Prepared(values, "D", 7 - len(weekdays), weekdays, days, tuple(findings))


def _sorted(series: pd.Series, findings: list[Finding]) -> pd.Series:
    dates = pd.DatetimeIndex(pd.to_datetime(series.index))
    if dates.tz is not None:
        dates = dates.tz_localize(None)
    clean = pd.Series(pd.to_numeric(series, errors="coerce").to_numpy(float), dates.normalize())
    lost = int((~np.isfinite(clean)).sum())
    if lost:
        findings.append(Finding(N_("{rows} values are not numbers and count as missing."), lost, severity="warning"))
    clean = clean[np.isfinite(clean)]
    again = int(clean.index.duplicated().sum())
    if again:
        findings.append(Finding(N_("{rows} dates come twice: their values are added."), again))
    if not clean.index.is_monotonic_increasing:
        findings.append(Finding(N_("The dates were not in order: they are sorted."), 0))
    return clean.groupby(level=0).sum().sort_index()


def _frequency(dates: pd.DatetimeIndex) -> str:
    step = float(np.median(np.diff(dates.to_numpy()) / np.timedelta64(1, "D")))
    return "D" if step < 4 else "W" if step < 20 else "MS"


def _anchored(frequency: str, last: pd.Timestamp) -> str:
    return f"W-{last.strftime('%a').upper()}" if frequency == "W" else frequency


def _offset(prepared: Prepared) -> str:
    return _anchored(prepared.frequency, prepared.values.index[-1])


def _on(dates: pd.DatetimeIndex, days: tuple[tuple[int, int], ...]) -> np.ndarray:
    return np.isin(dates.month * 100 + dates.day, [month * 100 + day for month, day in days])


def _runs(mask: np.ndarray, length: int) -> np.ndarray:
    """Where `mask` holds for `length` steps in a row or more."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(int)))
    found = np.zeros(len(mask), bool)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        found[start:end] = end - start >= length
    return found
