"""Forecasts that say the same of the same days: by day, week and month, and of parts and of everything.

Each series is learned from its own history, and no two of them need add up. Days are moved so that their sums come
towards what was told of the whole month, and then of the whole week, which know the time of the year better, and the
latest level worse (weighted least squares, one after the other; structural scaling: Athanasopoulos, Hyndman, Kourentzes
and Petropoulos 2017). Weeks and months are told as if each had as many open days of each weekday as usual (trading-day
adjustment): a month of five Saturdays, or of two weeks shut, is no better or worse than others. How far months move
them says what these have been worth: by how much steps differ from the one before, and from that of a year ago. Weeks
know both, and err as much as days and months together, but oftener by less. Of a step under way what was sold of it is
known, and only the rest is told.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from models.forecast.combined import Forecast, moved
from models.forecast.engine import DEFAULT, Window, look
from models.forecast.learners import COMBINED
from models.forecast.series import SEASONS, regular
from models.forecast.source import Span
from models.forecast.source import series as coarser
from models.forecast.yearly import Occasion

MONTHS = 3  # that days are told for, the one under way counted
CYCLES = 3  # years that say what the time of the year is worth
MAX_RATIO = 20.0  # of variances, either way
DAYS = {"W": 7, "MS": 365.25 / 12}  # of a step
MIN_OPEN = 0.5  # share of what a step usually has open, below which its sales say nothing of it
WEEKS = 0.5  # the variance of what is off of a week, over that of its days
Key = tuple[str, str]  # kind and name of a part
ALL: Key = ("", "")


def reach(last: pd.Timestamp) -> int:
    """How many days after the `last` known one are told: to the end of a month."""
    return ((last + pd.Timedelta(days=1)).to_period("M") + MONTHS - 1).end_time.toordinal() - last.toordinal()


def by_day(
    values: pd.Series, covered: Span, future: pd.DataFrame | None = None, said: Sequence[Occasion] = ()
) -> pd.Series:
    """What is expected of each of the next days (`reach`), as days, weeks and months together say.

    `values` has every day up to the last that the data cover, `future` and `said` are as for `combined.forecast`. Days
    alone tell where the last of them stand apart, sell seldom or have ended, which a month does not see yet, and where
    the others were not there for two years: then they do not know the time of the year. Raises `CannotForecast`.
    """
    history = regular(values)
    ahead = min(reach(history.dates[-1]), len(history.values))
    window = look(history, len(history.values), ahead, COMBINED, future, said=said)
    told = pd.Series(window.forecast[DEFAULT], window.dates)
    if window.history.apart or window.history.ended or window.history.intermittent:
        return told
    values = history.values
    frame = pd.DataFrame({"day": values.index, "units": values.to_numpy()})
    worth = _worth(window)
    for frequency in ("MS", "W"):
        season = SEASONS[frequency]
        past, _cut = coarser(frame, "units", frequency, covered)
        if len(past) < 2 * season:
            continue
        size = worth.groupby(_steps(worth.index, frequency)).sum() / worth.mean() / DAYS[frequency]
        past = (past / size.reindex(past.index).where(lambda share: share >= MIN_OPEN)).interpolate(
            limit_direction="both"
        )
        known = regular(past)
        ahead = len(told) // (7 if frequency == "W" else 28) + 2
        coarse = look(known, len(known.values), ahead, COMBINED, said=said)
        if coarse.history.apart:
            continue
        trust = WEEKS if frequency == "W" else _ratio(past.to_numpy(), season)
        for step, mean in zip(coarse.dates, coarse.forecast[DEFAULT], strict=True):
            start, end = ends(step, frequency)
            days, before = told[start:end], values[start:end]
            rest = float(days.abs().sum())
            if rest and end <= told.index[-1]:
                left = mean * size[step] - before.sum()
                # Errors are as large as the whole step, of which nobody is unsure any more what was before.
                weight = 1 / (1 + trust * (1 + float(before.abs().sum()) / rest) ** 2)
                by = weight * ((max(left, 0.0) if (values >= 0).all() else left) - days.sum()) / rest
                told[start:end] = days + by * days.abs()
    return told


def _worth(window: Window) -> pd.Series:
    """What is usual for the weekday of each day so far and to come; nothing where it was, or will be, closed."""
    sold = window.history.values.abs()
    usual = sold.groupby(window.history.dates.day_of_week).mean()
    is_open = window.history.dates.append(window.dates[window.counted])
    days = pd.date_range(window.history.dates[0], window.dates[-1])
    return pd.Series(usual.reindex(days.day_of_week).to_numpy(), days).where(days.isin(is_open), 0.0)


def _steps(days: pd.DatetimeIndex, frequency: str) -> pd.DatetimeIndex:
    """The dates of the weeks ("W") or months ("MS") that some days are of."""
    periods = days.to_period("M" if frequency == "MS" else "W-SUN")
    return periods.to_timestamp() if frequency == "MS" else periods.end_time.normalize()


def _ratio(values: np.ndarray, season: int) -> float:
    """The variance of what steps add to that of a year ago, over that of what they add to the one before."""
    last = values[-CYCLES * season - 1 :]
    year, before = (float(np.square(last[back:] - last[:-back]).mean()) for back in (season, 1))
    return float(np.clip(year / before, 1 / MAX_RATIO, MAX_RATIO)) if before > 0 else 1.0


def ends(step: pd.Timestamp, frequency: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The first and last day of a step of a forecast by week ("W") or month ("MS")."""
    return (step - pd.Timedelta(days=6), step) if frequency == "W" else (step, step + pd.offsets.MonthEnd(0))


def agreeing(found: Forecast, days: pd.Series, values: pd.Series, frequency: str) -> Forecast:
    """A forecast by "D", "W" or "MS" that says what the `days` to come (see `by_day`) say, as far as they reach.

    By as much as they move its steps all in all, those after them are moved too. `values` are the days so far. Where it
    is asked what its own last steps are, it stays as it is.
    """
    if found.otherwise is not None:
        return found
    alone = found.frame["mean"].to_numpy()
    mean, left, whole = alone.copy(), np.ones(len(alone)), np.zeros(len(alone), bool)
    place = 0
    for step in found.frame.index:
        start, end = (step, step) if frequency == "D" else ends(step, frequency)
        if end > days.index[-1]:
            break
        rest, before = float(days[start:end].sum()), float(values[start:end].sum())
        mean[place] = before + rest
        left[place] = np.clip(rest / mean[place], 0.0, 1.0) if before and mean[place] else 1.0
        whole[place] = start > values.index[-1]
        place += 1
    if alone[whole].sum() > 0:
        mean[place:] *= mean[whole].sum() / alone[whole].sum()
    return moved(found, mean, left)


def by_part(days: Mapping[Key, pd.Series]) -> dict[Key, pd.Series]:
    """Days to come of everything (`ALL`) and of parts, by kind and name, so that the parts of each kind add up to it.

    Of everything the mean is taken of what it says itself and of the sums of each kind of parts; the parts are moved
    to it in proportion.
    """
    whole = days[ALL]
    kinds = {kind: pd.DataFrame({key: one for key, one in days.items() if key[0] == kind}).reindex(whole.index)
             for kind in dict.fromkeys(kind for kind, _name in days if kind)}  # fmt: skip
    sums = {kind: parts.sum(axis=1) for kind, parts in kinds.items()}
    agreed = (whole + sum(sums.values())) / (1 + len(sums))
    made = {ALL: agreed}
    for kind, parts in kinds.items():
        shares = parts.div(sums[kind].where(sums[kind] != 0), axis=0).fillna(parts.sum() / parts.sum().sum())
        made |= {key: shares[key] * agreed for key in parts}
    return made


def summed(found: Forecast, which: np.ndarray) -> tuple[float, float, float]:
    """The mean, and the ends of the 80% band, of the sum of the steps `which` (a mask) of a forecast."""
    lo, hi = np.quantile(found.futures[:, which].sum(axis=1), (0.1, 0.9))
    return float(found.frame["mean"].to_numpy()[which].sum()), float(lo), float(hi)
