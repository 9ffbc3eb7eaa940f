"""The forecast: the trimmed mean of five learners, with bands as wide as its past errors ask for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from data.dataset import Finding
from locales import N_
from models.forecast.apart import Recent
from models.forecast.engine import DEFAULT, Progress, Window, look, named, origins, scores, split
from models.forecast.intervals import around, bands, of_sum, paths
from models.forecast.learners import COMBINED, LEARNERS, SLOW
from models.forecast.occasions import findings as recurring
from models.forecast.series import CannotForecast, Regular, lost, regular
from models.forecast.yearly import Occasion, once

BASE = "seasonal naive"
QUICK = (BASE, "linear", *COMBINED)  # learners that cost milliseconds
CALIBRATING = 5  # windows, a horizon apart, behind the bands and their measured coverage
UNSEEN = N_(
    "This time of the year was not there before in these data: what it does to sales is not known, and in neither the "
    "forecast nor its band."
)
MAX_HORIZON = 731  # steps of a horizon


@dataclass(frozen=True)
class Forecast:
    """What will come, and how sure that is.

    `frame` is indexed by date, one row a step of the horizon: `mean`, and `lo-80`, `hi-80` for each level asked for.
    `total` is the band of the sum of all steps, by level; both are read off the drawn `futures`, a row each with a
    column a step. `coverage` is the share of steps that lay in the band at
    past origins, by level, `total_held` how many of how many sums lay in theirs; NaN, and none, where there were too
    few. `members` holds what each learner says, `against_naive` the mean absolute error over that of saying "as a
    season ago" in the same windows (below 1 is better). `window` is the last origin, `past` those behind the bands.
    Where the last steps stand apart (`window.history.apart`), `otherwise` takes them for the other thing.
    """

    frame: pd.DataFrame
    total: dict[int, tuple[float, float]]
    futures: np.ndarray
    coverage: dict[int, float]
    total_held: dict[int, tuple[int, int]]
    members: pd.DataFrame
    against_naive: float
    findings: tuple[Finding, ...]
    window: Window
    past: tuple[Window, ...]
    otherwise: Window | None = None


def forecast(
    series: pd.Series,
    horizon: int,
    level: Sequence[int] = (80, 95),
    future: pd.DataFrame | None = None,
    progress: Progress | None = None,
    recent: Recent | None = None,
    said: Sequence[Occasion] = (),
) -> Forecast:
    """Forecast a float series on dates (daily, weekly or monthly), `horizon` steps ahead.

    `future` says what is known beforehand, by date, over the history and the horizon: `closed` (true where nothing
    can be sold), and numbers that the learners may use (a promotion, a price). A column that does not reach over
    both is left out, with a finding. `level` are percentages of the bands. `progress` is told of the progress. Where
    the last steps stand apart from those before, `recent` says what they are: a new "level", or something that happens
    "once"; without a word two weeks of days, or four weeks, are taken for a level. `said` is what is known of earlier
    occasions: nothing is learned of one that happened once, and one that comes again every year is expected whole.

    Raises `CannotForecast`, with a sentence, where there is no honest answer.
    """
    history = regular(series)
    horizon = checked(history, horizon)
    future, findings = covering(future, history, horizon)
    past = rolling(history, horizon, CALIBRATING, horizon, QUICK, future, progress, said)
    window = look(history, len(history.values), horizon, QUICK, future, recent=recent, said=said)
    found = answer(history, window, past, level, findings)
    if not window.history.apart:
        return found
    other: Recent = "once" if window.history.recent == "level" else "level"
    return replace(found, otherwise=look(history, len(history.values), horizon, QUICK, future, recent=other, said=said))


def turned(found: Forecast, series: pd.Series) -> Forecast:
    """The forecast of a series that takes its last steps for the other thing, without learning again."""
    if found.otherwise is None:
        return found
    levels = tuple(found.total)
    return replace(answer(regular(series), found.otherwise, found.past, levels), otherwise=found.window)


def answer(
    history: Regular,
    window: Window,
    past: Sequence[Window],
    level: Sequence[int] = (80, 95),
    findings: tuple[Finding, ...] = (),
) -> Forecast:
    """The forecast that a window and the windows before it add up to."""
    drawn = paths(window, past, DEFAULT)
    frame, sums = _read_off(drawn, window, level)
    done = [one for one in past if one.dates[-1] <= window.origin]
    if not done:
        message = N_("There is too little history to measure how sure this is: the band is that of a naive forecast.")
        findings = (*findings, Finding(message, 0, severity="warning"))
    if history.dates[0] > window.dates[-1] - pd.DateOffset(years=1):
        findings = (*findings, Finding(UNSEEN, 0, severity="warning"))
    return Forecast(
        frame,
        sums,
        drawn,
        *held(past, DEFAULT, level),
        pd.DataFrame({name: window.forecast[name] for name in named([window])}, window.dates).rename_axis("date"),
        against(done, DEFAULT, BASE),
        (*history.findings, *window.history.findings, *recurring(window), *findings),
        window,
        tuple(past),
    )


def moved(found: Forecast, mean: np.ndarray, left: np.ndarray) -> Forecast:
    """A forecast that says `mean` instead, with the bands of its own past errors around that.

    `left` is the share of each step that is still to come: of what is known of the rest nobody is unsure.
    """
    window = replace(found.window, forecast={**found.window.forecast, DEFAULT: mean})
    drawn = mean + (paths(window, found.past, DEFAULT) - mean) * left
    frame, sums = _read_off(drawn, window, tuple(found.total))
    return replace(found, frame=frame, total=sums, futures=drawn, window=window)


def _read_off(
    drawn: np.ndarray, window: Window, level: Sequence[int]
) -> tuple[pd.DataFrame, dict[int, tuple[float, float]]]:
    """The frame of a forecast, and the bands of its sum."""
    frame = pd.DataFrame({"mean": window.forecast[DEFAULT]}, window.dates)
    for share, (lo, hi) in around(drawn, window.forecast[DEFAULT], level).items():
        frame[f"lo-{share}"], frame[f"hi-{share}"] = lo, hi
    return frame.rename_axis("date"), of_sum(drawn, level)


def rolling(
    history: Regular,
    horizon: int,
    windows: int,
    step: int,
    learners: Sequence[str],
    future: pd.DataFrame | None = None,
    progress: Progress | None = None,
    said: Sequence[Occasion] = (),
) -> list[Window]:
    """The windows of past origins, the oldest first; none where the history is too short.

    What came on days that are now known to be lost is not known, and no error of anybody (see `series.lost`); nor is
    what is `said` to have happened once.
    """
    lengths = origins(history, horizon, windows, step)
    gone = lost(history, split(future)[0]) if lengths else history.dates[:0]
    made: list[Window] = []
    for number, length in enumerate(lengths):
        told = partial(progress, done=number, windows=len(lengths)) if progress else None
        window = look(history, length, horizon, learners, future, told, said=said)
        there = ~window.dates.isin(gone) & ~once(window.dates, history.frequency, said)
        made.append(
            replace(window, actual=np.where(there, window.actual, np.nan), counted=window.counted & there)
            if there.any()
            else window
        )
    return made


def backtest(
    series: pd.Series,
    horizon: int,
    windows: int,
    learners: Sequence[str] | None = None,
    future: pd.DataFrame | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """How each learner would have done at `windows` past origins, `horizon` steps apart: one row a model and window.

    Columns: `model`, `window` (1 is the oldest), `origin`, `start`, `end`, and the scores of `engine.scores`:
    `mae`, `rmse`, `mape`, `smape`, `mase`, `bias`, `coverage-80`, `coverage-95`, `pinball`, with `seconds`. Bands in
    a window come from windows before it, so some more are run before the first. By default all learners that are not
    slow. Raises `CannotForecast`, also where not even one window fits.
    """
    history = regular(series)
    horizon = checked(history, horizon)
    future, _findings = covering(future, history, horizon)
    chosen = learners or [name for name in LEARNERS if name not in SLOW]
    rolled = rolling(history, horizon, windows + 3, horizon, chosen, future, progress)
    return table(rolled, windows)


def table(rolled: Sequence[Window], windows: int) -> pd.DataFrame:
    """One row a model and window of the last `windows` of some rolled ones (see `backtest`)."""
    shown = rolled[-windows:]
    if not shown:
        raise CannotForecast(N_("The history is too short to try a forecast of this horizon: choose a shorter one."))
    rows = []
    for number, window in enumerate(shown, 1):
        for name in named([window]):
            result = scores(window, name, bands(window, rolled[: len(rolled) - len(shown) + number - 1], name))
            if not any(one.dates[-1] <= window.origin for one in rolled):
                result |= {"coverage-80": np.nan, "coverage-95": np.nan}
            about = {"model": name, "window": number, "origin": window.origin}
            about |= {"start": window.dates[0], "end": window.dates[-1]}
            rows.append(about | result | {"seconds": window.seconds[name]})
    return pd.DataFrame(rows).sort_values(["model", "window"], ignore_index=True)


def held(
    windows: Sequence[Window], learner: str, levels: Sequence[int]
) -> tuple[dict[int, float], dict[int, tuple[int, int]]]:
    """By level, the share of steps in a learner's band, NaN where there are too few windows, and how many of how many
    sums of whole windows lay in theirs: each window banded by two or more before it that were over."""
    steps: dict[int, list[float]] = {level: [] for level in levels}
    sums: dict[int, list[bool]] = {level: [] for level in levels}
    for number, window in enumerate(windows):
        if learner not in window.forecast or sum(one.dates[-1] <= window.origin for one in windows[:number]) < 2:
            continue
        drawn = paths(window, windows[:number], learner)
        found = scores(window, learner, around(drawn, window.forecast[learner], levels))
        for level, (lo, hi) in of_sum(drawn, levels).items():
            steps[level].append(found[f"coverage-{level}"])
            if np.isfinite(window.actual).all():
                sums[level].append(lo <= window.actual.sum() <= hi)
    return (
        {level: float(np.mean(hits)) if hits else float("nan") for level, hits in steps.items()},
        {level: (sum(inside), len(inside)) for level, inside in sums.items()},
    )


def against(windows: Sequence[Window], learner: str, base: str) -> float:
    """The mean absolute error of a learner over that of another, in the same windows; NaN without any."""
    both = [one for one in windows if learner in one.forecast and base in one.forecast]
    off, usual = ([np.nanmean(np.abs(one.error(name))) for one in both] for name in (learner, base))
    return float(np.mean(off) / np.mean(usual)) if both and np.mean(usual) > 0 else float("nan")


def checked(history: Regular, horizon: int) -> int:
    """The horizon, if it is one. Raises `CannotForecast`."""
    if not 1 <= horizon <= MAX_HORIZON:
        raise CannotForecast(N_("Choose a horizon between 1 and {longest} steps."), longest=MAX_HORIZON)
    if horizon > len(history.values):
        raise CannotForecast(
            N_("{horizon} steps ahead is more than the {length} steps of history: choose a shorter horizon."),
            horizon=horizon,
            length=len(history.values),
        )
    return horizon


def covering(
    future: pd.DataFrame | None, history: Regular, horizon: int
) -> tuple[pd.DataFrame | None, tuple[Finding, ...]]:
    """What of `future` reaches over the history and the horizon, and a finding for each column that does not."""
    if future is None:
        return None, ()
    whole = future.reindex(history.dates.append(history.ahead(horizon)))
    lacking = [name for name in whole if name != "closed" and whole[name].isna().any()]
    message = N_("“{name}” is not known for the whole history and future: the forecast goes without it.")
    found = tuple(
        Finding(message, int(whole[name].isna().sum()), {"name": str(name)}, severity="warning") for name in lacking
    )
    if "closed" in whole:
        whole["closed"] = whole["closed"].eq(True)
    return whole.drop(columns=lacking), found
