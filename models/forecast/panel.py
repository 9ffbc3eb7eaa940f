"""One model for thousands of series (shop x item): gradient boosting that learns from all of them at once.

Every series is scaled by its own level, so that a small one teaches as much as a large one, and rows weigh by the root
of the level, so that large ones still count for more. Where most values are zero, a hurdle comes first: will anything
sell at all, and if so how much (Mullahy 1986).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from locales import N_
from models.forecast.series import SEASONS, WEEKDAYS, CannotForecast
from models.forecast.yearly import OPEN, Occasion, once, recurring

INTERMITTENT = 0.4  # share of zeros from which there is a hurdle
WINDOWS = 3  # past origins behind the bands and the scores
ROWS, ROWS_EACH = 120_000, 800  # most rows to learn from, and of a series
# A pair is an origin and a step after it. Few pairs would see few moments of time; many of few series say the same.
MIN_PAIRS, MAX_PAIRS = 200, 3_000
LATEST = {"D": 400, "W": 60, "MS": 24}  # steps of each series to learn from
GROUPS = 12  # groups of alike forecasts, each with bands of its own
ALIKE = 20  # fewest past errors behind a group
MIN_STEPS = 8
# Months below which the model has seen no season twice. Half of it and half of the mean of three was closer then: by 4
# % a month ahead and by 20 % three, on Online Retail at eight origins.
TWO_YEARS = 24
# Of each frequency: the widths of the windows looked back on (the third says the level), the steps of a year, and how
# many beside the same time of last year count too.
SHAPES = {"D": ((7, 14, 28, 56, 112), 364, 3), "W": ((1, 2, 4, 8, 26), 52, 1), "MS": ((1, 2, 3, 6, 12), 12, 0)}
ROUNDS, BINS = 80, 64
LEVEL = 3
Step = Callable[[str, float], None]
PastForecast = tuple[int, np.ndarray]  # a past length, and what was said then
# The ends of a band around a forecast from past ones with what came, in whole numbers or not.
Bands = Callable[[np.ndarray, Sequence[tuple[np.ndarray, np.ndarray]], bool], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Panel:
    """Many series over the same steps.

    `values` has a row a series and a column a step, in units; `keys` a row a series with its names (store, product,
    category, as far as they are known); `frequency` is "D", "W" or "MS". `said` is what is known of occasions of
    everything, of kind and name "", and of parts, by a column of the keys and a name in it.
    """

    values: np.ndarray
    dates: pd.DatetimeIndex
    keys: pd.DataFrame
    frequency: str
    said: Mapping[tuple[str, str], Sequence[Occasion]] = field(default_factory=dict)

    def upto(self, length: int) -> "Panel":
        """The panel as it was after its first `length` steps."""
        return replace(self, values=self.values[:, :length], dates=self.dates[:length])

    def of(self, kind: str, name: str) -> np.ndarray:
        """Which series (rows) are of a part, or of everything."""
        every = np.full(len(self.keys), not kind)
        return self.keys[kind].eq(name).to_numpy(bool) if kind in self.keys else every

    def usual(self) -> "Panel":
        """The panel, with a straight line between the steps around it instead of what happened once."""
        values, steps = self.values.copy(), np.arange(len(self.dates))
        for part, said in self.said.items():
            gone = once(self.dates, self.frequency, said)
            for row in np.flatnonzero(self.of(*part)) if 0 < gone.sum() < len(gone) else ():
                values[row, gone] = np.interp(steps[gone], steps[~gone], values[row, ~gone])
        return replace(self, values=values)


@dataclass(frozen=True)
class Past:
    """A past origin, `length` steps after the start: the `forecast` of the next steps and the `actual` values.

    Arrays with a row a series and a column a step. `lo` and `hi` are the 80 % band by the origins before it, NaN at
    the first.
    """

    length: int
    forecast: np.ndarray
    actual: np.ndarray
    lo: np.ndarray
    hi: np.ndarray


@dataclass(frozen=True)
class PanelForecast:
    """What a panel will sell: `mean`, `lo` and `hi` (the 80 % band) with a row a series and a column a step.

    `coverage` is the share of values that lay in the band at past origins, each banded by those before it; `rmse` and
    `naive_rmse` the errors of the model and of the mean of the last three steps, on average over the past origins;
    `origins` one row each with both; `past` the origins themselves. NaN where the history is too short to try.
    """

    dates: pd.DatetimeIndex
    mean: np.ndarray
    lo: np.ndarray
    hi: np.ndarray
    coverage: float
    rmse: float
    naive_rmse: float
    origins: pd.DataFrame
    past: tuple[Past, ...]


def panel(totals: pd.DataFrame, keys: Sequence[str], frequency: str) -> Panel:
    """The panel of a long frame with the columns `keys`, `date` and `units`; steps without a row are zero.

    Units that came back are negative: a step never sells less than nothing, so that such steps are zero. Raises
    `CannotForecast` where there are too few steps, or nothing was sold.
    """
    if not totals["units"].gt(0).any():
        raise CannotForecast(N_("This series is zero throughout: nothing was sold, so nothing can be forecast."))
    codes = totals.groupby(list(keys), sort=False, dropna=False).ngroup().to_numpy()
    first, last = totals["date"].min(), totals["date"].max()
    freq = f"W-{WEEKDAYS[last.day_of_week]}" if frequency == "W" else frequency
    dates = pd.date_range(first, last, freq=freq)
    if len(dates) < MIN_STEPS:
        raise CannotForecast(
            N_("A forecast needs at least {needed} values, and this series has {count}: choose a longer period."),
            needed=MIN_STEPS,
            count=len(dates),
        )
    values = np.zeros((codes.max() + 1, len(dates)), np.float32)
    np.add.at(values, (codes, dates.get_indexer(totals["date"])), totals["units"].to_numpy(np.float32))
    named = totals.iloc[np.unique(codes, return_index=True)[1]].drop(columns=["date", "units"]).reset_index(drop=True)
    return Panel(np.maximum(values, 0), dates, named, frequency)


def forecast_panel(
    history: Panel, horizon: int = 1, seed: int = 0, step: Step = lambda _message, _share: None
) -> PanelForecast:
    """Forecast every series of a panel `horizon` steps ahead, with bands from past origins.

    `step` is told of the progress. The same panel and seed give the same answer.
    """
    return banded(history, *look_back(history, horizon, seed, step))


def look_back(history: Panel, horizon: int, seed: int, step: Step) -> tuple[np.ndarray, list[PastForecast]]:
    """What the model says now, and what it would have said at past origins with only what was known then.

    Of months a model learns anew at each of them; of days and weeks, of which there are many, one that has learned up
    to the first of them tells all: it knows less than it might, and costs a third.
    """
    least = max(MIN_STEPS, horizon + 4)
    lengths = [length for number in range(WINDOWS, 0, -1) if (length := len(history.dates) - horizon * number) >= least]
    tried: list[PastForecast] = []
    if history.frequency == "MS":
        for number, length in enumerate(lengths):
            step(N_("Measuring how sure it is"), number / (WINDOWS + 1))
            tried.append((length, mean_forecast(history.upto(length), horizon, seed)))
    elif lengths:
        step(N_("Measuring how sure it is"), 0.0)
        twin = fit(history.upto(lengths[0]), horizon, seed)
        tried = list(zip(lengths, predict(twin, history, lengths, horizon), strict=True))
    step(N_("Fitting the model"), len(lengths) / (WINDOWS + 1))
    return mean_forecast(history, horizon, seed), tried


def banded(
    history: Panel, mean: np.ndarray, tried: Sequence[PastForecast], bands: Bands | None = None
) -> PanelForecast:
    """The forecast `mean` with its bands and measures from what was said at past origins, the oldest first.

    Where all units are whole numbers, the ends of the bands are. Without `bands`, they are those of `_bands`.
    """
    bands = bands or _bands
    horizon = mean.shape[1]
    pairs = [(forecast, history.values[:, length : length + horizon]) for length, forecast in tried]
    whole = bool((history.values == np.rint(history.values)).all())
    past = [
        Past(length, forecast, actual, *bands(forecast, pairs[:number], whole))
        for number, ((length, _forecast), (forecast, actual)) in enumerate(zip(tried, pairs, strict=True))
    ]
    rows = [
        {
            "origin": history.dates[one.length - 1],
            "rmse": rmse(one.forecast - one.actual),
            "naive_rmse": rmse(mean_of_three(history, one.length) - one.actual),
        }
        for one in past
    ]
    measured = pd.DataFrame(rows, columns=["origin", "rmse", "naive_rmse"])
    inside = [((one.actual >= one.lo) & (one.actual <= one.hi)).mean() for one in past[1:]]
    return PanelForecast(
        after(history, horizon),
        mean,
        *bands(mean, pairs, whole),
        float(np.mean(inside)) if inside else float("nan"),
        float(measured["rmse"].mean()),
        float(measured["naive_rmse"].mean()),
        measured,
        tuple(past),
    )


def mean_of_three(history: Panel, length: int) -> np.ndarray:
    """The naive forecast after `length` steps: the mean of the last three, a column for every step ahead."""
    return np.asarray(history.values[:, length - 3 : length].mean(axis=1, keepdims=True))


def rmse(errors: np.ndarray) -> float:
    """The root of the mean squared error."""
    return float(np.sqrt((errors.astype(float) ** 2).mean()))


def add_up(
    bottom: np.ndarray, bottom_variance: np.ndarray, totals: np.ndarray, variance: np.ndarray, belongs: np.ndarray
) -> np.ndarray:
    """Forecasts of single series that agree as well as can be with forecasts of their totals (minimum trace).

    `bottom` has one number a series, `totals` one a total, each with the variance of its errors; `belongs` is 1 where
    a series (column) counts in a total (row). The totals of what comes back add up by themselves. With variances
    only, and no covariances, the trace minimisation of Wickramasuriya, Athanasopoulos and Hyndman (2019) is a
    weighted least squares with this solution.
    """
    spread = belongs * bottom_variance
    gain = np.linalg.solve(spread @ belongs.T + np.diag(variance), totals - belongs @ bottom)
    return np.asarray(bottom + spread.T @ gain)


@dataclass(frozen=True)
class Fitted:
    """A panel model that has learned: it can be asked from any origin, with the lags of that day.

    `amount` and `chance` are XGBoost boosters (`chance` only where there is a hurdle); `groups` the columns of the
    keys whose sums it looks at; `lean` says that the history was too short to leave it alone with the season.
    """

    amount: Any
    chance: Any
    groups: tuple[str, ...]
    lean: bool


def mean_forecast(history: Panel, horizon: int, seed: int) -> np.ndarray:
    """The mean of each series at each of the next `horizon` steps, told directly: no answer is fed back."""
    past = _Past(history, groups(history))
    return _forecast(_learned(past, horizon, seed), past, len(history.dates), horizon)


def fit(history: Panel, horizon: int, seed: int) -> Fitted:
    """Learn from every origin of a panel to tell up to `horizon` steps ahead."""
    return _learned(_Past(history, groups(history)), horizon, seed)


def predict(fitted: Fitted, history: Panel, origins: Sequence[int], horizon: int) -> np.ndarray:
    """What a model says after each of the lengths `origins` of a panel: origins x series x steps ahead.

    Each answer looks at what was known after so many steps and at nothing later.
    """
    past = _Past(history, fitted.groups, min(origins))
    return np.stack([_forecast(fitted, past, origin, horizon) for origin in origins])


def groups(history: Panel) -> tuple[str, ...]:
    """The columns of the keys that gather several series."""
    return tuple(name for name in history.keys if history.keys[name].nunique() < len(history.values))[:3]


def _learned(past: "_Past", horizon: int, seed: int) -> Fitted:
    import xgboost

    values, frequency = past.values, past.frequency
    series, length = values.shape
    least = min(past.widths[-1], max(length - horizon - 4, 2))
    origins = np.arange(least, length - horizon + 1)[-LATEST[frequency] :]
    rng = np.random.default_rng(seed)
    pairs = np.array([(origin, ahead) for origin in origins for ahead in range(1, horizon + 1)])
    rows = min(ROWS, ROWS_EACH * max(series, 20))
    wanted = int(np.clip(rows / series, MIN_PAIRS, MAX_PAIRS))
    if len(pairs) > wanted:
        pairs = pairs[np.sort(rng.choice(len(pairs), wanted, replace=False))]
    share = min(rows / len(pairs) / series, 1.0)
    parts = []
    for origin, ahead in pairs:
        rows, scale = past.features(origin, ahead)
        kept = np.sort(rng.choice(series, max(int(share * series), 1), replace=False)) if share < 1 else slice(None)
        parts.append((rows[kept], scale[kept], values[kept, origin + ahead - 1]))
    design, level, target = (np.concatenate(part) for part in zip(*parts, strict=True))
    hurdle = bool((target == 0).mean() > INTERMITTENT)
    # One thread: on busy machines several wait for each other, and the same work took ten times as long.
    usual = {"max_depth": 6, "eta": 0.1, "subsample": 0.8, "colsample_bytree": 0.7, "min_child_weight": 20,
             "max_bin": BINS, "nthread": 1, "seed": seed}  # fmt: skip
    learned = target > 0 if hurdle else np.ones(len(target), bool)
    weight = np.sqrt(level)[learned]
    matrix = xgboost.QuantileDMatrix(design[learned], (target / level)[learned], weight=weight, max_bin=BINS, nthread=1)
    amount = xgboost.train({**usual, "objective": "reg:squarederror"}, matrix, ROUNDS)
    chance = None
    if hurdle:
        matrix = xgboost.QuantileDMatrix(design, target > 0, max_bin=BINS, nthread=1)
        chance = xgboost.train({**usual, "objective": "binary:logistic"}, matrix, ROUNDS)
    return Fitted(amount, chance, past.groups, frequency == "MS" and length < TWO_YEARS)


def _forecast(fitted: Fitted, past: "_Past", origin: int, horizon: int) -> np.ndarray:
    forecast = np.zeros((len(past.values), horizon))
    for ahead in range(1, horizon + 1):
        rows, scale = past.features(origin, ahead)
        forecast[:, ahead - 1] = np.maximum(fitted.amount.inplace_predict(rows), 0) * scale
        if fitted.chance is not None:
            forecast[:, ahead - 1] *= fitted.chance.inplace_predict(rows)
    if fitted.lean:
        forecast = (forecast + past.values[:, origin - 3 : origin].mean(axis=1, keepdims=True)) / 2
    return forecast * past.recurs[:, origin : origin + horizon]


class _Past:
    """Fast answers about any origin of a panel: sums over time, of each series and of the groups it is in."""

    def __init__(self, history: Panel, groups: tuple[str, ...], known: int | None = None) -> None:
        self.frequency, series = history.frequency, len(history.values)
        self.groups = groups
        self.widths, self.year, self.near = SHAPES[history.frequency]
        self.dates = history.dates.append(after(history, SEASONS[history.frequency] * 60))
        self.recurs = recurring_factors(history.upto(known or len(history.dates)), self.dates)
        self.values = history.values / self.recurs[:, : len(history.dates)]
        codes = [pd.factorize(history.keys[name])[0] for name in groups]
        self.codes = [np.arange(series), *codes, np.zeros(series, int)]  # itself, its groups, all
        self.sums = []
        for code in self.codes:
            summed = np.zeros((code.max() + 1, self.values.shape[1]))
            np.add.at(summed, code, self.values)
            self.sums.append(np.c_[np.zeros(len(summed)), (summed / np.bincount(code)[:, None]).cumsum(axis=1)])
        self.sold = np.c_[np.zeros(series), (self.values > 0).cumsum(axis=1)]
        steps = np.arange(self.values.shape[1])
        self.last = np.maximum.accumulate(np.where(self.values > 0, steps, -1), axis=1)
        self.first = np.where((self.values > 0).any(axis=1), (self.values > 0).argmax(axis=1), len(steps))
        self.known_at = -1

    def features(self, origin: int, ahead: int) -> tuple[np.ndarray, np.ndarray]:
        """What is known before step `origin` about the step `ahead` after it, in units of the level, and the level."""
        if origin != self.known_at:
            self.known_at, self.known = origin, self._known(origin)
        level, usual, rows = self.known
        rows = rows.copy()
        phase = SEASONS["D"] if self.frequency == "D" else 1
        nearest = origin + ahead - 1 - phase * int(np.ceil(ahead / phase))
        places = [nearest - phase * back for back in range(4)]
        at = len(self.widths)
        for place in places:
            rows[:, at] = self.values[:, place] / level if place >= 0 else np.nan
            at += 1
        rows[:, at] = np.mean([self.values[:, place] for place in places if place >= 0] or [level], axis=0) / level
        # How the same time of last year compared with the weeks before it.
        then = origin + ahead - 1 - self.year
        at = -8 - len(self.codes)
        for group, code in enumerate(self.codes):
            season = self._mean(group, then - self.near, min(then + self.near + 1, origin))
            rows[:, at + group] = (season / usual[group])[code]
        when = self.dates[origin + ahead - 1]
        rows[:, -4:] = when.month, when.day_of_week, when.day_of_year, ahead
        return rows, level

    def _known(self, origin: int) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
        """What `features` says of any step after `origin`: the level, what the weeks before were a year ago by group,
        and the rows with room for the rest."""
        level = self._mean(0, origin - self.widths[LEVEL], origin)
        level = level + 0.1 * max(float(level.mean()), 1e-6) + 1e-3
        own = [self._mean(0, origin - width, origin) / level for width in self.widths]
        gathered = [
            self._mean(group, origin - width, origin)[self.codes[group]] / level
            for group in range(1, len(self.codes))
            for width in self.widths[::2]
        ]
        usual = []
        for group in range(len(self.codes)):
            before = self._mean(group, origin - self.year - self.widths[LEVEL], origin - self.year)
            usual.append(np.maximum(before, 0.05 * np.abs(before).mean() + 1e-3))
        since = origin - 1 - self.last[:, origin - 1]
        age = np.maximum(origin - self.first, 0)
        often = (self.sold[:, origin] - self.sold[:, max(origin - self.widths[-1], 0)]) / min(self.widths[-1], origin)
        lags, season, moment = (np.zeros((len(level), count)) for count in (5, len(self.codes), 4))
        rows = np.column_stack([*own, lags, *gathered, season, np.log(level), since, age, often, moment])
        return level, usual, rows.astype(np.float32)

    def _mean(self, group: int, start: int, end: int) -> np.ndarray:
        """The mean of each member of a group over the steps from `start` until before `end`; NaN before the first."""
        sums = self.sums[group]
        if end <= 0:
            return np.full(len(sums), np.nan)
        return np.asarray((sums[:, end] - sums[:, max(start, 0)]) / (end - max(start, 0)))


def recurring_factors(history: Panel, dates: pd.DatetimeIndex) -> np.ndarray:
    """What stands out at the same time of every year, as factors of each series (a row) on some dates.

    It is read off the totals of their category, or of everything where there is none or it sells on too few steps:
    a series by itself is too small to tell. Steps without any sale at all are closed.
    """
    factors = np.ones((len(history.values), len(dates)), np.float32)
    code = pd.factorize(history.keys["category"])[0] if "category" in history.keys else np.zeros(len(factors), int)
    total = history.values.sum(axis=0)
    open_steps = history.dates[total > 0]
    parts, alone = [], np.zeros(len(factors), bool)
    for one in np.unique(code) if total.any() else ():
        own = history.values[code == one].sum(axis=0)[total > 0]
        if (own > 0).mean() >= OPEN:
            alone |= code == one
            parts.append((code == one, own))
    if total.any() and not alone.all():
        parts.append((~alone, total[total > 0]))
    for which, own in parts:
        name = str(history.keys["category"].iloc[which.argmax()]) if "category" in history.keys else ""
        said = [*history.said.get(("", ""), ()), *history.said.get(("category", name), ())]
        if year := recurring(pd.Series(own, open_steps), history.frequency, said):
            factors[which] = np.exp(year(dates))
    return factors


def after(history: Panel, steps: int) -> pd.DatetimeIndex:
    """The dates of the next steps of a panel."""
    freq = "7D" if history.frequency == "W" else history.frequency  # "W-MON" steps through the weeks one by one
    return pd.date_range(history.dates[-1], periods=steps + 1, freq=freq)[1:]


def alike(forecast: np.ndarray, then: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """The groups of alike forecasts: of `forecast` and of those `then` (both flat), and how many there are."""
    groups = int(np.clip(len(then) // ALIKE, 1, GROUPS))
    edges = np.quantile(then, np.linspace(0, 1, groups + 1)[1:-1])
    return np.searchsorted(edges, forecast), np.searchsorted(edges, then), groups


def _bands(
    mean: np.ndarray, past: Sequence[tuple[np.ndarray, np.ndarray]], whole: bool, share: float = 0.8
) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the band: quantiles of what came less what was said, among alike forecasts, with n + 1."""
    if not past:
        return np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    forecast = np.concatenate([one.ravel() for one, _actual in past])
    errors = np.concatenate([(actual - one).ravel() for one, actual in past])
    here, then, groups = alike(mean.ravel(), forecast)
    low, high = np.zeros(groups), np.zeros(groups)
    # In units that grow with the forecast: the largest of a group are wide of the mark by more than the others.
    level = np.bincount(then, forecast, groups) / np.maximum(np.bincount(then, minlength=groups), 1) + 1e-6
    errors = errors / (forecast + level[then])
    for group in range(groups):
        found = errors[then == group]
        if len(found):  # many equal forecasts leave groups empty
            tail = (1 - share) / 2
            low[group] = np.quantile(found, max(tail - share / len(found), 0))
            high[group] = np.quantile(found, min(1 - tail + share / len(found), 1))
    units = mean.ravel() + level[here]
    lo = np.maximum(mean + (low[here] * units).reshape(mean.shape), 0)
    hi = np.maximum(mean + (high[here] * units).reshape(mean.shape), lo)
    return around(mean, lo, hi, whole)


def around(mean: np.ndarray, lo: np.ndarray, hi: np.ndarray, whole: bool) -> tuple[np.ndarray, np.ndarray]:
    """The ends of bands, in whole numbers or not, so that what is expected lies within them."""
    if whole:
        lo, hi = np.minimum(np.rint(lo), np.floor(mean)), np.maximum(np.rint(hi), np.ceil(mean))
    return np.minimum(lo, mean), np.maximum(hi, mean)
