"""One model for thousands of series (shop x item): gradient boosting that learns from all of them at once.

Every series is scaled by its own level, so that a small one teaches as much as a large one, and rows weigh by the root
of the level, so that large ones still count for more. Where most values are zero, a hurdle comes first: will anything
sell at all, and if so how much (Mullahy 1986).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from locales import N_
from models.forecast.series import SEASONS, WEEKDAYS, CannotForecast

INTERMITTENT = 0.4  # share of zeros from which there is a hurdle
WINDOWS = 3  # past origins behind the bands and the scores
ROWS = 120_000  # most rows to learn from
LATEST = {"D": 400, "W": 60, "MS": 24}  # steps of each series to learn from
GROUPS = 12  # groups of alike forecasts, each with bands of its own
FEWEST_STEPS = 8
# Of each frequency: the widths of the windows looked back on (the third says the level), the steps of a year, and how
# many beside the same time of last year count too.
SHAPES = {"D": ((7, 14, 28, 56, 112), 364, 3), "W": ((1, 2, 4, 8, 26), 52, 1), "MS": ((1, 2, 3, 6, 12), 12, 0)}
ROUNDS, BINS = 80, 64
LEVEL = 3
Step = Callable[[str, float], None]


@dataclass(frozen=True)
class Panel:
    """Many series over the same steps.

    `values` has a row a series and a column a step, in units; `keys` a row a series with its names (store, product,
    category, as far as they are known); `frequency` is "D", "W" or "MS".
    """

    values: np.ndarray
    dates: pd.DatetimeIndex
    keys: pd.DataFrame
    frequency: str

    def upto(self, length: int) -> "Panel":
        """The panel as it was after its first `length` steps."""
        return Panel(self.values[:, :length], self.dates[:length], self.keys, self.frequency)


@dataclass(frozen=True)
class PanelForecast:
    """What a panel will sell: `mean`, `lo` and `hi` (the 80 % band) with a row a series and a column a step.

    `coverage` is the share of values that lay in the band at the latest past origin, banded by those before it;
    `rmse` and `naive_rmse` the errors of the model and of the mean of the last three steps, on average over the past
    origins; `origins` one row each with both. NaN where the history is too short to try.
    """

    dates: pd.DatetimeIndex
    mean: np.ndarray
    lo: np.ndarray
    hi: np.ndarray
    coverage: float
    rmse: float
    naive_rmse: float
    origins: pd.DataFrame


def panel(totals: pd.DataFrame, keys: Sequence[str], frequency: str) -> Panel:
    """The panel of a long frame with the columns `keys`, `date` and `units`; steps without a row are zero.

    Units that came back are negative: a step never sells less than nothing, so that such steps are zero. Raises
    `CannotForecast` where there are too few steps.
    """
    codes = totals.groupby(list(keys), sort=False, dropna=False).ngroup().to_numpy()
    first, last = totals["date"].min(), totals["date"].max()
    freq = f"W-{WEEKDAYS[last.day_of_week]}" if frequency == "W" else frequency
    dates = pd.date_range(first, last, freq=freq)
    if len(dates) < FEWEST_STEPS:
        raise CannotForecast(
            N_("A forecast needs at least {needed} values, and this series has {count}: choose a longer period."),
            needed=FEWEST_STEPS,
            count=len(dates),
        )
    values = np.zeros((codes.max() + 1, len(dates)), np.float32)
    np.add.at(values, (codes, dates.get_indexer(totals["date"])), totals["units"].to_numpy(np.float32))
    named = totals.iloc[np.unique(codes, return_index=True)[1]].drop(columns=["date", "units"]).reset_index(drop=True)
    return Panel(np.maximum(values, 0), dates, named, frequency)


def forecast_panel(known: Panel, horizon: int = 1, seed: int = 0, step: Step = lambda _message, _share: None) -> PanelForecast:
    """Forecast every series of a panel `horizon` steps ahead, with bands from past origins.

    `step` is told of the progress. The same panel and seed give the same answer.
    """
    length, least = len(known.dates), max(FEWEST_STEPS, horizon + 4)
    lengths = [length - horizon * number for number in range(WINDOWS, 0, -1)]
    tried = []
    for number, past in enumerate(one for one in lengths if one >= least):
        step(N_("Measuring how sure it is"), number / (WINDOWS + 1))
        said = mean_forecast(known.upto(past), horizon, seed)
        tried.append((past, said, known.values[:, past : past + horizon]))
    step(N_("Fitting the model"), WINDOWS / (WINDOWS + 1))
    mean = mean_forecast(known, horizon, seed)
    dates = _after(known, horizon)
    rows = [
        {
            "origin": known.dates[past - 1],
            "rmse": _rmse(said - actual),
            "naive_rmse": _rmse(known.values[:, past - 3 : past].mean(axis=1, keepdims=True) - actual),
        }
        for past, said, actual in tried
    ]
    measured = pd.DataFrame(rows, columns=["origin", "rmse", "naive_rmse"])
    coverage = float("nan")
    if len(tried) > 1:
        lo, hi = _bands(tried[-1][1], tried[:-1])
        coverage = float(((tried[-1][2] >= lo) & (tried[-1][2] <= hi)).mean())
    lo, hi = _bands(mean, tried) if tried else (np.full_like(mean, np.nan),) * 2
    return PanelForecast(dates, mean, lo, hi, coverage, measured["rmse"].mean(), measured["naive_rmse"].mean(), measured)


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


def mean_forecast(known: Panel, horizon: int, seed: int) -> np.ndarray:
    """The mean of each series at each of the next `horizon` steps, told directly: no answer is fed back."""
    import xgboost

    series, length = known.values.shape
    past = _Past(known)
    least = min(past.widths[-1], max(length - horizon - 4, 2))
    origins = np.arange(least, length - horizon + 1)[-LATEST[known.frequency] :]
    wanted = max(int(ROWS / series), 2)
    pairs = np.array([(origin, ahead) for origin in origins for ahead in range(1, horizon + 1)])
    if len(pairs) > wanted:
        pairs = pairs[np.sort(np.random.default_rng(seed).choice(len(pairs), wanted, replace=False))]
    parts = [past.features(origin, ahead) for origin, ahead in pairs]
    design, level = np.concatenate([one for one, _level in parts]), np.concatenate([one for _rows, one in parts])
    target = np.concatenate([known.values[:, origin + ahead - 1] for origin, ahead in pairs])
    hurdle = bool((target == 0).mean() > INTERMITTENT)
    usual = {"max_depth": 6, "eta": 0.1, "subsample": 0.8, "colsample_bytree": 0.7, "min_child_weight": 20,
             "max_bin": BINS, "seed": seed}  # fmt: skip
    learned = target > 0 if hurdle else np.ones(len(target), bool)
    weight = np.sqrt(level)[learned]
    matrix = xgboost.QuantileDMatrix(design[learned], (target / level)[learned], weight=weight, max_bin=BINS)
    amount = xgboost.train({**usual, "objective": "reg:squarederror"}, matrix, ROUNDS)
    chance = None
    if hurdle:
        matrix = xgboost.QuantileDMatrix(design, target > 0, max_bin=BINS)
        chance = xgboost.train({**usual, "objective": "binary:logistic"}, matrix, ROUNDS)
    said = np.zeros((series, horizon))
    for ahead in range(1, horizon + 1):
        rows, scale = past.features(length, ahead)
        said[:, ahead - 1] = np.maximum(amount.inplace_predict(rows), 0) * scale
        if chance is not None:
            said[:, ahead - 1] *= chance.inplace_predict(rows)
    return said


class _Past:
    """Fast answers about any origin of a panel: sums over time, of each series and of the groups it is in."""

    def __init__(self, known: Panel) -> None:
        self.values, self.frequency, series = known.values, known.frequency, len(known.values)
        self.widths, self.year, self.near = SHAPES[known.frequency]
        self.dates = known.dates.append(_after(known, SEASONS[known.frequency] * 60))
        names = [name for name in known.keys if known.keys[name].nunique() < series]
        codes = [pd.factorize(known.keys[name])[0] for name in names][:3]
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

    def features(self, origin: int, ahead: int) -> tuple[np.ndarray, np.ndarray]:
        """What is known before step `origin` about the step `ahead` after it, in units of the level, and the level."""
        level = self._mean(0, origin - self.widths[LEVEL], origin)
        level = level + 0.1 * max(float(level.mean()), 1e-6) + 1e-3
        columns = [self._mean(0, origin - width, origin) for width in self.widths]
        phase = SEASONS["D"] if self.frequency == "D" else 1
        nearest = origin + ahead - 1 - phase * int(np.ceil(ahead / phase))
        places = [nearest - phase * back for back in range(4)]
        columns += [self.values[:, at] if at >= 0 else np.full(len(level), np.nan) for at in places]
        columns.append(np.mean([self.values[:, at] for at in places if at >= 0] or [level], axis=0))
        for group in range(1, len(self.codes)):
            columns += [self._mean(group, origin - width, origin)[self.codes[group]] for width in self.widths[::2]]
        scaled = [column / level for column in columns]
        # How the same time of last year compared with the weeks before it.
        then = origin + ahead - 1 - self.year
        for group, code in enumerate(self.codes):
            usual = self._mean(group, origin - self.year - self.widths[LEVEL], origin - self.year)
            season = self._mean(group, then - self.near, min(then + self.near + 1, origin))
            scaled.append((season / np.maximum(usual, 0.05 * np.abs(usual).mean() + 1e-3))[code])
        when = self.dates[origin + ahead - 1]
        since = origin - 1 - self.last[:, origin - 1]
        age = np.maximum(origin - self.first, 0)
        often = (self.sold[:, origin] - self.sold[:, max(origin - self.widths[-1], 0)]) / min(self.widths[-1], origin)
        moment = [when.month, when.day_of_week, when.day_of_year, ahead]
        rest = [np.log(level), since, age, often, *(np.full(len(level), part) for part in moment)]
        return np.column_stack([*scaled, *rest]).astype(np.float32), level

    def _mean(self, group: int, start: int, end: int) -> np.ndarray:
        """The mean of each member of a group over the steps from `start` until before `end`; NaN before the first."""
        sums = self.sums[group]
        if end <= 0:
            return np.full(len(sums), np.nan)
        return np.asarray((sums[:, end] - sums[:, max(start, 0)]) / (end - max(start, 0)))


def _after(known: Panel, steps: int) -> pd.DatetimeIndex:
    last = known.dates[-1]
    freq = f"W-{WEEKDAYS[last.day_of_week]}" if known.frequency == "W" else known.frequency
    return pd.date_range(last, periods=steps + 1, freq=freq)[1:]


def _bands(mean: np.ndarray, tried: Sequence[tuple[int, np.ndarray, np.ndarray]], share: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the band: quantiles of what came less what was said, among alike forecasts, with n + 1."""
    said = np.concatenate([one.ravel() for _past, one, _actual in tried])
    errors = np.concatenate([(actual - one).ravel() for _past, one, actual in tried])
    edges = np.quantile(said, np.linspace(0, 1, GROUPS + 1)[1:-1])
    here, then = np.searchsorted(edges, mean.ravel()), np.searchsorted(edges, said)
    low, high = np.zeros(GROUPS), np.zeros(GROUPS)
    for group in range(GROUPS):
        found = errors[then == group]
        if len(found):
            tail = (1 - share) / 2
            low[group] = np.quantile(found, max(tail - share / len(found), 0))
            high[group] = np.quantile(found, min(1 - tail + share / len(found), 1))
    lo = np.maximum(mean + low[here].reshape(mean.shape), 0)
    hi = mean + high[here].reshape(mean.shape)
    return lo, np.maximum(hi, lo)


def _rmse(errors: np.ndarray) -> float:
    return float(np.sqrt((errors.astype(float) ** 2).mean()))
