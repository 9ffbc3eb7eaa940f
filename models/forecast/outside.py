"""Whether a number from outside, as an epidemic's cases, makes the forecast of a series better: tried on its past.

Nobody knows such a number beforehand. A step to come is told only by what will be out by now: numbers as old as the
horizon and older. Of a number that acts sooner than that, the forecast learns nothing, and the trial says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from locales import N_
from models.challenge import Gain
from models.forecast.combined import CALIBRATING, QUICK, Forecast, answer, checked, rolling
from models.forecast.engine import DEFAULT, Progress, Window, look, members_of, origins
from models.forecast.series import CannotForecast, Regular, regular

Answer = Literal["helps", "worse", "same", "unknown"]
WINDOWS = 24  # past origins, a horizon apart
FEWEST = 6
SAME = 0.03  # of the error: less is no difference to whoever uses the forecast
LATE = 2  # days until a number is out
AGES = (0, 1, 2)  # weeks (of months, months) over the horizon: how high it was then, and where it was going
WEEK = {"D": 7, "W": 1, "MS": 1}  # steps of one
DAYS = {"D": 1, "W": 7}


@dataclass(frozen=True)
class Trial:
    """A series forecast with a number from outside and without it, at the same past origins with what was known then.

    `windows` has one row an origin, the oldest first: `origin`, `start`, `end`, and the mean absolute errors `without`
    and `with`, in the series' unit. `gain` is by how much less the errors with it are, as a share of those without,
    with its 95 % interval over the windows. `forecast` is that of the days to come with it, None where the number is
    not known up to now; then `until` is the last step of the series that was told by it.
    """

    windows: pd.DataFrame
    gain: Gain
    forecast: Forecast | None
    until: pd.Timestamp

    @property
    def answer(self) -> Answer:
        """Whether it helps: only what the interval is sure of. Less than `SAME` either way makes no difference."""
        if self.gain.lo > -SAME and self.gain.hi < SAME:
            return "same"
        return "helps" if self.gain.lo > 0 else "worse" if self.gain.hi < 0 else "unknown"


def numbers(outside: pd.Series, dates: pd.DatetimeIndex, frequency: str, horizon: int) -> pd.DataFrame:
    """What will be out of a number from outside `horizon` steps before each of some dates, in columns by their age.

    `outside` has a value a day, NaN where nothing is known. Of a week it is the value of its last day, of a month the
    mean; a number is out `LATE` days later. Square roots: twice as many cases do not do twice as much. What begins with
    zero was zero before.
    """
    root = np.sqrt(outside.clip(lower=0)).shift(LATE, freq="D")
    begins = root.first_valid_index()
    columns = {}
    for age in AGES:
        back = horizon + age * WEEK[frequency]
        if frequency == "MS":
            monthly = root.resample("MS").agg(lambda one: one.mean() if one.notna().all() else np.nan)
            at, values = dates - pd.DateOffset(months=back), monthly
        else:
            at, values = dates - pd.Timedelta(days=back * DAYS[frequency]), root
        found = values.reindex(at).to_numpy(copy=True)
        if begins is not None and root[begins] == 0:
            found[np.asarray(at < begins)] = 0.0
        columns[f"outside {age}"] = found
    return pd.DataFrame(columns, dates)


def trial(
    series: pd.Series,
    outside: pd.Series,
    horizon: int,
    future: pd.DataFrame | None = None,
    progress: Progress | None = None,
    windows: int = WINDOWS,
) -> Trial:
    """Try a number from outside (`outside`, a value a day) on the past of a series: daily, weekly or monthly.

    `future` is what else is known beforehand, as for `combined.forecast`; both forecasts have it. They are compared
    over the stretch of the series on which the number is known, at up to `windows` origins, a horizon apart. The one
    without it is what is shown or the median of the same models, whichever was better: what knows more is their median,
    and must not win by that alone. The interval is that of paired differences, one a window (Diebold and Mariano 1995,
    corrected after Harvey, Leybourne and Newbold 1997: of windows that do not overlap, Student's t).

    Raises `CannotForecast` where that cannot be tried.
    """
    history = regular(series)
    horizon = checked(history, horizon)
    ahead = history.ahead(horizon)
    if history.frequency not in WEEK:
        raise CannotForecast(N_("Numbers from outside are tried on days, weeks and months: choose such a step."))
    told = numbers(outside, history.dates.append(ahead), history.frequency, horizon)
    start, end = _longest(told.iloc[: len(history.values)].notna().all(axis=1).to_numpy())
    part = Regular(history.values.iloc[start:end], history.frequency, ())
    lengths = origins(part, horizon, windows) if end > start else []
    if len(lengths) < FEWEST:
        raise CannotForecast(
            N_(
                "The series and this number have too few days in common: {count} past forecasts of this horizon can be "
                "compared, {needed} are needed. Choose a shorter horizon, another number or other sales."
            ),
            count=len(lengths),
            needed=FEWEST,
        )
    told = told.loc[part.dates[0] :].iloc[: len(part.values) + horizon]
    if not np.ptp(told.iloc[lengths[0] :].dropna().to_numpy(), axis=0).any():
        raise CannotForecast(N_("This number did not change in the time that can be compared: choose another one."))
    known = told if future is None else told.join(future.reindex(told.index))
    rolls = 2 * len(lengths)
    plain = rolling(part, horizon, windows, horizon, QUICK, future, progress and partial(_half, progress, 0, rolls))
    if any(window.history.intermittent for window in plain):
        raise CannotForecast(
            N_("It sells on some of its steps only, and the models of slow demand learn from nothing but sales.")
        )
    more = progress and partial(_half, progress, len(lengths), rolls)
    rolled = rolling(part, horizon, windows, horizon, QUICK, known, more)
    usual = [_errors(plain, [window.forecast[DEFAULT] for window in plain]), _errors(plain, list(map(_median, plain)))]
    without, with_it = min(usual, key=np.mean), _errors(plain, [window.forecast[DEFAULT] for window in rolled])
    frame = pd.DataFrame(
        {
            "origin": [window.origin for window in plain],
            "start": [window.dates[0] for window in plain],
            "end": [window.dates[-1] for window in plain],
            "without": without,
            "with": with_it,
        }
    )
    reaches = end == len(history.values) and bool(told.notna().all(axis=None))
    found = None
    if reaches:
        window = look(part, len(part.values), horizon, QUICK, known)
        found = answer(part, window, rolled[-CALIBRATING:])
    return Trial(frame, _gain(without, with_it), found, part.dates[-1])


def _half(progress: Progress, before: int, windows: int, learner: str, /, *, done: int, **_of: int) -> None:
    progress(learner, done=before + done, windows=windows)


def _longest(known: np.ndarray) -> tuple[int, int]:
    """The begin and end of the longest run of true."""
    edges = np.flatnonzero(np.diff(np.r_[False, known, False].astype(int))).reshape(-1, 2)
    if not len(edges):
        return 0, 0
    start, end = edges[np.diff(edges, axis=1).argmax()]
    return int(start), int(end)


def _median(window: Window) -> np.ndarray:
    return np.asarray(np.median([window.forecast[n] for n in members_of(window.history) if n in window.forecast], 0))


def _errors(windows: Sequence[Window], said: Sequence[np.ndarray]) -> np.ndarray:
    """The mean absolute error of what was said in each window, over its counted steps."""
    off = [np.abs(window.actual - one)[window.counted] for window, one in zip(windows, said, strict=True)]
    return np.array([float(np.nanmean(one)) if np.isfinite(one).any() else 0.0 for one in off])


def _gain(without: np.ndarray, with_it: np.ndarray) -> Gain:
    from scipy.stats import t

    share = (without - with_it) / max(float(without.mean()), 1e-12)
    bound = float(t.ppf(0.975, len(share) - 1) * share.std(ddof=1) / np.sqrt(len(share)))
    return Gain(float(share.mean()), float(share.mean()) - bound, float(share.mean()) + bound)
