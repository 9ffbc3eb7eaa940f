"""The learners behind one protocol: a function that learns a series and returns one that forecasts it.

Each gets the steps of a series (see `series.Open`) and what is known of its grid, and answers with one number for each
date of the grid that it is asked for, the next ones without a gap. Those that count steps learn the grid, where every
day keeps its place in the week; those that know dates learn the open steps only. None sees a date after its history.
Fast ones fit in milliseconds; the slow ones are in `SLOW`.
"""

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from locales import N_
from models.forecast.series import SEASONS, Open

Fitted = Callable[[pd.DatetimeIndex, pd.DataFrame | None], np.ndarray]
Learner = Callable[[Open, pd.DataFrame | None], Fitted]
YEAR = 365.25
NONE = N_("No learner can make anything of this series: choose a longer period, or a coarser step.")
LAGS = (1, 2, 3)
CYCLES = 4  # seasons behind a lag's level
MAX_SARIMA = 600  # steps SARIMA learns from
SEASON_OF_STATES = 12  # longest season SARIMA can carry in its state
EPOCHS = 30
SMOOTHING = (0.02, 0.05, 0.1, 0.2, 0.3)
ALIKE = 10
SMEARED = 1.5  # at most
BINS = 64  # of a feature of XGBoost: as good as 256 in half the time
# Of exponential smoothing: shares of an error that go to the level, of that to the trend, of the rest to the season,
# and what of a trend is left a step later; it learns so many seasons, or steps, of the end.
LEVELS, TRENDS = (0.02, 0.06, 0.12, 0.2, 0.3, 0.45, 0.6, 0.8, 0.99), (0.02, 0.06, 0.15, 0.3)
SEASONAL, DAMPED = (0.0, 0.03, 0.08, 0.16, 0.3), (0.85, 0.92, 0.97)
SMOOTHED_CYCLES, SMOOTHED = 60, 200


def seasonal_naive(history: Open, _known: pd.DataFrame | None = None) -> Fitted:
    """What was sold one season before, again."""
    last = history.grid.to_numpy()[-history.season :]
    return lambda dates, _future: np.resize(last, len(dates))


def linear(history: Open, _known: pd.DataFrame | None = None) -> Fitted:
    """A straight line through time, by least squares."""
    time = np.arange(len(history.grid))
    slope, start = np.polyfit(time, history.grid.to_numpy(), 1)
    return lambda dates, _future: start + slope * (len(time) + np.arange(len(dates)))


def ridge(history: Open, regressors: pd.DataFrame | None = None) -> Fitted:
    """Ridge regression of the logarithm on weekday, time of the year, a trend that flattens, and what is known."""
    from sklearn.linear_model import RidgeCV

    scale = _Scale(history.values.to_numpy())
    dates = pd.DatetimeIndex(history.values.index)
    start, length = dates[0], max((dates[-1] - dates[0]).days, 1)

    def features(when: pd.DatetimeIndex, extra: pd.DataFrame | None) -> np.ndarray:
        time = ((when - start).days / length).to_numpy(float)
        trend = np.where(time > 1, 1 + 0.5 * (1 - np.exp(-2 * (time - 1))), time)
        return np.column_stack([trend, _months(when, history), *([] if extra is None else [extra.to_numpy(float)])])

    # The recent past weighs more: a year ago half as much as today.
    weight = 0.5 ** ((dates[-1] - dates).days.to_numpy(float) / YEAR)
    design = features(dates, None if regressors is None else regressors.loc[dates])
    mean, spread = design.mean(axis=0), design.std(axis=0) + 1e-9
    model = RidgeCV(np.logspace(-1, 3, 9)).fit((design - mean) / spread, scale.to(history.values.to_numpy()), weight)

    def predict(when: pd.DatetimeIndex, future: pd.DataFrame | None) -> np.ndarray:
        return scale.back(model.predict((features(when, future) - mean) / spread))

    return predict


def theta(history: Open, _known: pd.DataFrame | None = None) -> Fitted:
    """The theta method (Assimakopoulos and Nikolopoulos 2000), seasonally adjusted, by statsmodels."""
    from statsmodels.tsa.forecasting.theta import ThetaModel

    values = history.grid.to_numpy()
    seasonal = history.season > 1 and len(values) >= 2 * history.season
    method = "multiplicative" if (values > 0).all() else "additive"
    with _quiet():
        model = ThetaModel(
            values, period=max(history.season, 2), deseasonalize=seasonal, use_test=False, method=method
        ).fit()
    return lambda dates, _future: np.asarray(model.forecast(len(dates)))


def holt_winters(history: Open, _known: pd.DataFrame | None = None) -> Fitted:
    """Exponential smoothing with a damped trend and a season (Holt 1957, Winters 1960), by statsmodels."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    values = history.grid.to_numpy()
    seasonal = history.season > 1 and len(values) >= 2 * history.season
    with _quiet():
        model = ExponentialSmoothing(
            values,
            trend="add",
            damped_trend=True,
            seasonal="add" if seasonal else None,
            seasonal_periods=history.season if seasonal else None,
        ).fit(use_brute=history.frequency != "D")  # a grid of starts: five times the time, of use to long seasons only
    return lambda dates, _future: np.asarray(model.forecast(len(dates)))


def ets(history: Open, _known: pd.DataFrame | None = None) -> Fitted:
    """Exponential smoothing of values and of logarithms, in four forms: with a damped trend or none, a season or none.

    The additive forms of Hyndman and others (2008). All shares of a lattice are tried at once; the forms are averaged
    by their Akaike weights (Kolassa 2011), and values and logarithms alike.
    """
    values = history.grid.to_numpy()[-max(SMOOTHED_CYCLES * history.season, SMOOTHED) :]
    scale = _Scale(values)
    season = history.season if history.season > 1 and len(values) > 2 * history.season + 2 else 1
    none, seasonal = (0.0,), SEASONAL if season > 1 else ()
    lattice = np.array(
        [(0, *one) for one in product(LEVELS, none, none, none)]
        + [(1, *one) for one in product(LEVELS, none, seasonal, none)]
        + [(2, *one) for one in product(LEVELS, TRENDS, none, DAMPED)]
        + [(3, *one) for one in product(LEVELS, TRENDS, seasonal, DAMPED)]
    )
    form, (alpha, beta, gamma, phi) = lattice[:, 0], lattice[:, 1:].T
    trended, seasoned = form >= 2, form % 2
    both = np.stack([values, scale.to(values)])
    level, trend, states = np.zeros((2, len(form))), np.zeros((2, len(form))), np.zeros((season, 2, len(form)))
    first = np.arange(min(len(values), max(2 * season, 8)))
    for row, one in enumerate(both):
        usual = _season(one, season)
        for flag in np.unique(seasoned):
            here, rest = seasoned == flag, (one - flag * np.resize(usual, len(one)))[: len(first)]
            slope, start = np.polyfit(first, rest, 1)
            level[row, here] = np.where(trended[here], start - slope, rest.mean())
            trend[row, here] = slope * trended[here]
            states[:, row, here] = flag * usual[:, None]
    squares, fitted = np.zeros_like(level), np.zeros((len(values), len(form)))
    for step, now in enumerate(both.T[:, :, None]):
        place, before = step % season, level + phi * trend
        off = now - before - states[place]
        fitted[step] = before[1] + states[place, 1]
        squares += off**2
        level, trend = before + alpha * off, phi * trend + alpha * beta * off
        states[place] += gamma * (1 - alpha) * off
    count = 3 + 3 * trended + (season + 1) * seasoned
    left = len(values) - count - 1
    corrected = np.where(left > 0, 2 * count * (count + 1) / np.maximum(left, 1), np.inf)
    likely = len(values) * np.log(squares / len(values) + 1e-12) + 2 * count + corrected
    chosen = []
    for row in (0, 1):
        best = [np.flatnonzero(form == one)[likely[row, form == one].argmin()] for one in np.unique(form)]
        weights = np.exp(-(likely[row, best] - likely[row, best].min()) / 2)
        chosen.append((best, weights / weights.sum()))
    # A mean of what was learned in logarithms is a median: what brings the past to its mean (after Duan 1983).
    before = float(scale.back(fitted[:, chosen[1][0]] @ chosen[1][1]).sum())
    smeared = float(np.clip(values.sum() / before, 1.0, SMEARED)) if before > 0 else 1.0

    def predict(dates: pd.DatetimeIndex, _future: pd.DataFrame | None) -> np.ndarray:
        ahead = np.arange(len(dates))
        said = []
        for row, (best, weights) in enumerate(chosen):
            trends = np.cumsum(phi[best] ** (ahead[:, None] + 1), axis=0) * trend[row, best]
            said.append((level[row, best] + trends + states[(len(values) + ahead) % season, row][:, best]) @ weights)
        return np.asarray((said[0] + smeared * scale.back(said[1])) / 2)

    return predict


def _season(values: np.ndarray, season: int) -> np.ndarray:
    """The usual difference of each step of a season to the season around it, over the first four seasons."""
    if season == 1:
        return np.zeros(1)
    whole = np.r_[0.5, np.ones(season - 1), 0.5] / season if season % 2 == 0 else np.ones(season) / season
    smooth = np.convolve(values[: 4 * season + 1], whole, "valid")
    start = (len(whole) - 1) // 2
    place = np.arange(start, start + len(smooth)) % season
    off = values[start : start + len(smooth)] - smooth
    usual = np.bincount(place, off, season) / np.maximum(np.bincount(place, minlength=season), 1)
    return np.asarray(usual - usual.mean())


def boosting(history: Open, regressors: pd.DataFrame | None = None) -> Fitted:
    """XGBoost on the logarithm over its recent level: lags, rolling means, calendar, what is known; step by step."""
    import xgboost

    values = history.grid.to_numpy()
    scale, season = _Scale(values), max(history.season, 1)
    logged = scale.to(values)
    back = CYCLES * season
    if len(logged) < back + 3 * season + 8:
        back = max(len(logged) // 3, max(LAGS))
    lags = sorted({*LAGS, *(season * n for n in (1, 2, 3, 4))})
    lags = [lag for lag in lags if lag <= back]
    dates = pd.DatetimeIndex(history.grid.index)
    extra = None if regressors is None else regressors.to_numpy(float)

    def row(past: np.ndarray) -> np.ndarray:
        level = past[..., -back:].mean(axis=-1)
        parts = [past[..., -lag] - level for lag in lags]
        parts += [past[..., -width:].mean(axis=-1) - level for width in (season, 2 * season) if width <= back]
        return np.stack([*parts, level], axis=-1)

    windows = np.lib.stride_tricks.sliding_window_view(logged, back)[:-1]
    parts = row(windows)
    design = np.column_stack(
        [parts[:, :-1], calendar(dates, history)[back:], *([] if extra is None else [extra[back:]])]
    )
    booster = xgboost.train(
        {"max_depth": 4, "eta": 0.05, "subsample": 0.8, "colsample_bytree": 0.8, "min_child_weight": 3,
         "objective": "reg:absoluteerror", "max_bin": BINS, "nthread": 1, "seed": 0},
        xgboost.DMatrix(design, logged[back:] - parts[:, -1], nthread=1),
        150,
    )  # fmt: skip

    def predict(when: pd.DatetimeIndex, future: pd.DataFrame | None) -> np.ndarray:
        path, ahead = logged[-back:].copy(), calendar(when, history)
        more = None if future is None else future.to_numpy(float)
        for step in range(len(when)):
            features = row(path[-back:])
            line = np.r_[features[:-1], ahead[step], *([] if more is None else [more[step]])]
            jump = booster.inplace_predict(line[None].astype(np.float32))[0]
            path = np.r_[path, features[-1] + jump]
        return scale.back(path[back:])

    return predict


def prophet(history: Open, regressors: pd.DataFrame | None = None) -> Fitted:
    """Prophet (Taylor and Letham 2018) with multiplicative seasons and what is known as regressors."""
    model = _prophet(history, regressors)

    def predict(when: pd.DatetimeIndex, future: pd.DataFrame | None) -> np.ndarray:
        ahead = pd.DataFrame({"ds": when})
        if future is not None:
            ahead[list(future)] = future.to_numpy()
        with _quiet():
            return model.predict(ahead)["yhat"].to_numpy()

    return predict


def parts(history: Open, dates: pd.DatetimeIndex) -> pd.DataFrame:
    """What Prophet makes the values at some dates of: `trend` in the series' unit, and the factors `week` and `year`.

    A factor that the history is too short for is 1 throughout.
    """
    with _quiet():
        components = _prophet(history, None).predict(pd.DataFrame({"ds": dates}))
    factors = {
        part: 1 + components[name] if name in components else 1.0
        for part, name in (("week", "weekly"), ("year", "yearly"))
    }
    return pd.DataFrame({"trend": components["trend"], **factors}).set_axis(dates)


def _prophet(history: Open, regressors: pd.DataFrame | None) -> Any:
    from prophet import Prophet

    _encode_at_once()
    frame = pd.DataFrame({"ds": history.dates, "y": history.values.to_numpy()})
    model = Prophet(
        yearly_seasonality=bool((history.dates[-1] - history.dates[0]).days >= 1.5 * YEAR),
        weekly_seasonality=history.frequency == "D",
        daily_seasonality=False,
        seasonality_mode="multiplicative",
        uncertainty_samples=0,
    )
    if regressors is not None:
        frame[list(regressors)] = regressors.loc[history.dates].to_numpy()
        for name in regressors:
            model.add_regressor(name, mode="multiplicative")
    with _quiet():
        model.fit(frame, algorithm="LBFGS")  # short series are fitted by Newton otherwise, which takes seconds
    return model


def _encode_at_once() -> None:
    """What Stan reads is encoded by C; number by number in Python it takes a tenth of the time of a forecast."""
    import stanio.json

    once = SimpleNamespace(dump=lambda data, file: file.write(json.dumps(data, default=np.generic.item)))
    for name, ours in {"process_dictionary": dict, "json": once, "UJSON_AVAILABLE": True}.items():  # which has a `dump`
        setattr(stanio.json, name, ours)


def sarima(history: Open, _known: pd.DataFrame | None = None) -> Fitted:
    """SARIMA on the logarithm (Box and Jenkins 1970), by statsmodels; orders by AICc over a short grid.

    Differences as in Hyndman and Khandakar (2008): one of the season where two of them were seen, one of the series
    where the KPSS test rejects that it has a level. Seasons longer than a year of months are sine waves instead.
    """
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    scale = _Scale(history.grid.to_numpy())
    logged = scale.to(history.grid.to_numpy())[-MAX_SARIMA:]
    season = history.season if 1 < history.season <= SEASON_OF_STATES and len(logged) >= 3 * history.season else 1
    waves = calendar(pd.DatetimeIndex(history.grid.index), history)[-MAX_SARIMA:] if season == 1 else None
    waves = waves if waves is not None and waves.shape[1] else None
    differenced = logged[season:] - logged[:-season] if season > 1 else logged
    once = int(_has_no_level(differenced))
    best, fitted = np.inf, None
    with _quiet():
        for p, q, seasonal in product((0, 1, 2), (0, 1), ((0, 1, 1), (1, 1, 1)) if season > 1 else ((0, 0, 0),)):
            model = SARIMAX(
                logged,
                waves,
                order=(p, once, q),
                seasonal_order=(*seasonal, season) if season > 1 else (0, 0, 0, 0),
                trend="c" if not once and season == 1 else None,
            )
            try:
                found = model.fit(disp=False, maxiter=40, method="lbfgs")
            except (ValueError, np.linalg.LinAlgError):
                continue
            if found.aicc < best:
                best, fitted = found.aicc, found
    if fitted is None:
        raise ValueError("no order of SARIMA fits")

    def predict(when: pd.DatetimeIndex, _future: pd.DataFrame | None) -> np.ndarray:
        ahead = None if waves is None else calendar(when, history)
        with _quiet():
            return scale.back(np.asarray(fitted.forecast(len(when), exog=ahead)))

    return predict


def _has_no_level(values: np.ndarray) -> bool:
    from statsmodels.tsa.stattools import kpss

    with _quiet():
        return len(values) > 10 and bool(np.ptp(values) > 0) and kpss(values, nlags="auto")[1] < 0.05


def lstm(history: Open, _known: pd.DataFrame | None = None) -> Fitted:
    """A small LSTM (Hochreiter and Schmidhuber 1997) on the scaled logarithm and the calendar, by PyTorch.

    One step ahead, then fed with its own answers. Needs the extra `requirements-deep.txt`.
    """
    import torch

    scale = _Scale(history.grid.to_numpy())
    logged = scale.to(history.grid.to_numpy())
    mean, spread = float(logged.mean()), float(logged.std()) or 1.0
    scaled = (logged - mean) / spread
    back = min(CYCLES * max(history.season, LAGS[-1]), len(scaled) // 2)
    marks = calendar(pd.DatetimeIndex(history.grid.index), history)
    lines = np.column_stack([scaled[:-1], marks[1:]])  # what was sold, and what the next date says by itself
    windows = np.lib.stride_tricks.sliding_window_view(lines, back, axis=0).transpose(0, 2, 1)
    inputs = torch.tensor(np.ascontiguousarray(windows), dtype=torch.float32)
    targets = torch.tensor(scaled[back:], dtype=torch.float32)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        cells = torch.nn.LSTM(lines.shape[1], 32, batch_first=True)
        last = torch.nn.Linear(32, 1)
        learned = [*cells.parameters(), *last.parameters()]
        steps = torch.optim.Adam(learned, lr=0.01)
        for _epoch in range(EPOCHS):
            for batch in torch.randperm(len(inputs)).split(64):
                steps.zero_grad()
                answer = last(cells(inputs[batch])[0][:, -1])[:, 0]
                torch.nn.functional.l1_loss(answer, targets[batch]).backward()
                steps.step()

    def predict(when: pd.DatetimeIndex, _future: pd.DataFrame | None) -> np.ndarray:
        path, marked = list(scaled), np.vstack([marks, calendar(when, history)])
        with torch.no_grad():
            for _step in range(len(when)):
                recent = np.column_stack([path[-back:], marked[len(path) - back + 1 : len(path) + 1]])
                state = cells(torch.tensor(recent, dtype=torch.float32)[None])[0][:, -1]
                path.append(float(last(state)))
        return scale.back(np.array(path[len(scaled) :]) * spread + mean)

    return predict


def tsb(history: Open, _known: pd.DataFrame | None = None) -> Fitted:
    """The chance of a sale times its size, each smoothed by itself (Teunter, Syntetos and Babai 2011).

    Of `SMOOTHING` the two shares are taken whose forecasts of one step had the least squared error.
    """
    values, week = history.grid.to_numpy(), _week(history)
    sold = values != 0
    sizes, best, level = values[sold], np.inf, 0.0
    for chance_share in SMOOTHING:
        chance = _smoothed(sold.astype(float), chance_share, float(sold.mean()))
        for size_share in SMOOTHING:
            size = _smoothed(sizes, size_share, float(sizes.mean()))[np.r_[0, np.cumsum(sold)]]
            off = float(np.square(values - chance[:-1] * size[:-1]).mean())
            if off < best:
                best, level = off, float(chance[-1] * size[-1])
    return lambda dates, _future: level * week(dates)


def adida(history: Open, _known: pd.DataFrame | None = None) -> Fitted:
    """Sums over as many steps as lie between two sales, smoothed, in equal parts (Nikolopoulos and others 2011)."""
    values, week = history.grid.to_numpy(), _week(history)
    width = int(np.clip(round(len(values) / max((values != 0).sum(), 1)), 1, max(len(values) // 4, 1)))
    sums = values[len(values) % width :].reshape(-1, width).sum(axis=1)
    paths = [_smoothed(sums, share, float(sums.mean())) for share in SMOOTHING]
    best = min(paths, key=lambda path: float(np.square(sums - path[:-1]).mean()))
    return lambda dates, _future: float(best[-1]) / width * week(dates)


def recent_mean(history: Open, _known: pd.DataFrame | None = None) -> Fitted:
    """The mean of the last 16 weeks, or 12 months."""
    values, week = history.grid.to_numpy(), _week(history)
    level = float(values[-{"D": 16 * history.season, "W": 16}.get(history.frequency, SEASON_OF_STATES) :].mean())
    return lambda dates, _future: level * week(dates)


def _smoothed(values: np.ndarray, share: float, start: float) -> np.ndarray:
    """Exponential smoothing: what is expected before each value, and after the last."""
    from scipy.signal import lfilter

    after, _state = lfilter([share], [1, share - 1], values, zi=[(1 - share) * start])
    return np.r_[start, after]


def _week(history: Open) -> Callable[[pd.DatetimeIndex], np.ndarray]:
    """How much of an average day each weekday sells, drawn towards it as by `ALIKE` sales on every weekday."""
    if history.frequency != "D":
        return lambda dates: np.ones(len(dates))
    by_day = history.values.groupby(history.dates.day_of_week)
    usual, sales = float(history.values.mean()), (history.values != 0).groupby(history.dates.day_of_week).sum()
    trust = sales / (sales + ALIKE)
    factor = (1 + trust * (by_day.mean() / usual - 1)) if usual else trust * 0 + 1
    factor = (factor / factor.mean()).reindex(range(7), fill_value=1.0).to_numpy()
    return lambda dates: np.asarray(factor[dates.day_of_week])


LEARNERS: dict[str, Learner] = {
    "seasonal naive": seasonal_naive,
    "linear": linear,
    "ridge": ridge,
    "theta": theta,
    "holt-winters": holt_winters,
    "ets": ets,
    "xgboost": boosting,
    "prophet": prophet,
    "sarima": sarima,
    "tsb": tsb,
    "adida": adida,
    "recent mean": recent_mean,
    **({"lstm": lstm} if find_spec("torch") else {}),
}
SLOW = ("sarima", "lstm")  # seconds a fit
COMBINED = ("theta", "ets", "prophet", "xgboost", "ridge")  # the trimmed mean of these is the default answer,
INTERMITTENT = ("tsb", "adida", "recent mean")  # and the mean of these where many steps sell nothing


def learn(name: str, history: Open, regressors: pd.DataFrame | None) -> Fitted:
    """What the learner `name` makes of a series.

    Those of the default answer learn it without a steady growth, and without what stands out at that time every year.
    """
    if name not in COMBINED or not (history.growth or history.year):
        return LEARNERS[name](history, regressors)

    values, grid = (one / history.known_of_grid[one.index] for one in (history.values, history.grid))
    fitted = LEARNERS[name](replace(history, values=values, grid=grid), regressors)
    return lambda dates, future: fitted(dates, future) * history.known(dates)


def calendar(dates: pd.DatetimeIndex, history: Open) -> np.ndarray:
    """What a date says by itself: the weekday (daily), and waves of the year where two of them were seen."""
    parts: list[np.ndarray] = []
    if history.frequency == "D":
        parts += [(dates.day_of_week == day).astype(float) for day in range(7) if day not in history.closed_weekdays]
    first, last = history.values.index[0], history.values.index[-1]
    if (last - first).days >= 1.5 * YEAR:
        turn = 2 * np.pi * dates.day_of_year.to_numpy(float) / YEAR
        waves = min(6, SEASONS[history.frequency] // 3) if history.frequency != "D" else 6
        parts += [wave(turn * n) for n in range(1, waves + 1) for wave in (np.sin, np.cos)]
    return np.column_stack(parts) if parts else np.zeros((len(dates), 0))


def _months(dates: pd.DatetimeIndex, history: Open) -> np.ndarray:
    """The `calendar`; of months that were seen twice all waves, so that one of them can stand apart from the others."""
    first, last = history.values.index[0], history.values.index[-1]
    if history.frequency != "MS" or (last - first).days < 1.9 * YEAR:
        return calendar(dates, history)
    turn = 2 * np.pi * (dates.month.to_numpy(float) - 1) / 12
    return np.column_stack([wave(turn * n) for n in range(1, 7) for wave in (np.sin, np.cos)])


class _Scale:
    """Between values and their logarithm; asinh, which also takes zeros and negative totals."""

    def __init__(self, values: np.ndarray) -> None:
        sizes = np.abs(values[values != 0])
        self.unit = float(np.median(sizes)) / 4 if len(sizes) else 1.0
        self.top = 3 * float(np.abs(values).max())

    def to(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(np.arcsinh(values / self.unit))

    def back(self, logged: np.ndarray) -> np.ndarray:
        return np.clip(np.sinh(np.clip(logged, -50, 50)) * self.unit, -self.top, self.top)


@contextmanager
def _quiet() -> Iterator[None]:
    """Libraries that warn of what is expected here keep it to themselves."""
    for name in ("cmdstanpy", "prophet"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
