"""The learners behind one protocol: a function that learns a series and returns one that forecasts it.

Each gets the open steps of a series (see `series.Prepared`) and what is known of the future on the same footing, and
answers with one number a future open step. None sees a date after its history. Fast ones fit in milliseconds; the slow
ones are in `SLOW`.
"""

import logging
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from models.forecast.series import Prepared

Fitted = Callable[[pd.DatetimeIndex, pd.DataFrame | None], np.ndarray]
Learner = Callable[[Prepared, pd.DataFrame | None], Fitted]
YEAR = 365.25
LAGS = (1, 2, 3)
CYCLES = 4  # seasons behind a lag's level


def seasonal_naive(prepared: Prepared, known: pd.DataFrame | None = None) -> Fitted:
    """What was sold one season before, again."""
    last = prepared.values.to_numpy()[-prepared.season :]
    return lambda dates, _future: np.resize(last, len(dates))


def linear(prepared: Prepared, known: pd.DataFrame | None = None) -> Fitted:
    """A straight line through time, by least squares."""
    time = np.arange(len(prepared.values))
    slope, start = np.polyfit(time, prepared.values.to_numpy(), 1)
    return lambda dates, _future: start + slope * (len(time) + np.arange(len(dates)))


def ridge(prepared: Prepared, known: pd.DataFrame | None = None) -> Fitted:
    """Ridge regression of the logarithm on weekday, time of the year, a trend that flattens, and what is known."""
    from sklearn.linear_model import RidgeCV

    scale = _Scale(prepared.values.to_numpy())
    dates = pd.DatetimeIndex(prepared.values.index)
    start, length = dates[0], max((dates[-1] - dates[0]).days, 1)

    def features(when: pd.DatetimeIndex, extra: pd.DataFrame | None) -> np.ndarray:
        time = ((when - start).days / length).to_numpy(float)
        trend = np.where(time > 1, 1 + 0.5 * (1 - np.exp(-2 * (time - 1))), time)
        return np.column_stack([trend, calendar(when, prepared), *([] if extra is None else [extra.to_numpy(float)])])

    # The recent past weighs more: a year ago half as much as today.
    weight = 0.5 ** ((dates[-1] - dates).days.to_numpy(float) / YEAR)
    design = features(dates, known)
    mean, spread = design.mean(axis=0), design.std(axis=0) + 1e-9
    model = RidgeCV(np.logspace(-1, 3, 9)).fit((design - mean) / spread, scale.to(prepared.values.to_numpy()), weight)

    def predict(when: pd.DatetimeIndex, future: pd.DataFrame | None) -> np.ndarray:
        return scale.back(model.predict((features(when, future) - mean) / spread))

    return predict


def theta(prepared: Prepared, known: pd.DataFrame | None = None) -> Fitted:
    """The theta method (Assimakopoulos and Nikolopoulos 2000), seasonally adjusted, by statsmodels."""
    from statsmodels.tsa.forecasting.theta import ThetaModel

    values = prepared.values.to_numpy()
    seasonal = prepared.season > 1 and len(values) >= 2 * prepared.season
    method = "multiplicative" if (values > 0).all() else "additive"
    with _quiet():
        model = ThetaModel(
            values, period=max(prepared.season, 2), deseasonalize=seasonal, use_test=False, method=method
        ).fit()
    return lambda dates, _future: np.asarray(model.forecast(len(dates)))


def holt_winters(prepared: Prepared, known: pd.DataFrame | None = None) -> Fitted:
    """Exponential smoothing with a damped trend and a season (Holt 1957, Winters 1960), by statsmodels."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    values = prepared.values.to_numpy()
    seasonal = prepared.season > 1 and len(values) >= 2 * prepared.season
    with _quiet():
        model = ExponentialSmoothing(
            values,
            trend="add",
            damped_trend=True,
            seasonal="add" if seasonal else None,
            seasonal_periods=prepared.season if seasonal else None,
        ).fit()
    return lambda dates, _future: np.asarray(model.forecast(len(dates)))


def boosting(prepared: Prepared, known: pd.DataFrame | None = None) -> Fitted:
    """XGBoost on the logarithm over its recent level: lags, rolling means, calendar, what is known; step by step."""
    import xgboost

    values = prepared.values.to_numpy()
    scale, season = _Scale(values), max(prepared.season, 1)
    logged = scale.to(values)
    back = CYCLES * season
    if len(logged) < back + 3 * season + 8:
        back = max(len(logged) // 3, max(LAGS))
    lags = sorted({*LAGS, *(season * n for n in (1, 2, 3, 4))})
    lags = [lag for lag in lags if lag <= back]
    dates = pd.DatetimeIndex(prepared.values.index)
    extra = None if known is None else known.to_numpy(float)

    def row(past: np.ndarray) -> np.ndarray:
        level = past[..., -back:].mean(axis=-1)
        parts = [past[..., -lag] - level for lag in lags]
        parts += [past[..., -width:].mean(axis=-1) - level for width in (season, 2 * season) if width <= back]
        return np.stack([*parts, level], axis=-1)

    windows = np.lib.stride_tricks.sliding_window_view(logged, back)[:-1]
    seen = row(windows)
    design = np.column_stack([seen[:, :-1], calendar(dates, prepared)[back:], *([] if extra is None else [extra[back:]])])
    booster = xgboost.train(
        {"max_depth": 4, "eta": 0.05, "subsample": 0.8, "colsample_bytree": 0.8, "min_child_weight": 3,
         "objective": "reg:absoluteerror", "nthread": 1, "seed": 0},
        xgboost.DMatrix(design, logged[back:] - seen[:, -1], nthread=1),
        150,
    )  # fmt: skip

    def predict(when: pd.DatetimeIndex, future: pd.DataFrame | None) -> np.ndarray:
        path, ahead = logged[-back:].copy(), calendar(when, prepared)
        more = None if future is None else future.to_numpy(float)
        for step in range(len(when)):
            features = row(path[-back:])
            line = np.r_[features[:-1], ahead[step], *([] if more is None else [more[step]])]
            jump = booster.inplace_predict(line[None].astype(np.float32))[0]
            path = np.r_[path, features[-1] + jump]
        return scale.back(path[back:])

    return predict


def prophet(prepared: Prepared, known: pd.DataFrame | None = None) -> Fitted:
    """Prophet (Taylor and Letham 2018) with multiplicative seasons and what is known as regressors."""
    from prophet import Prophet

    frame = pd.DataFrame({"ds": prepared.values.index, "y": prepared.values.to_numpy()})
    span = (frame["ds"].iloc[-1] - frame["ds"].iloc[0]).days
    model = Prophet(
        yearly_seasonality=bool(span >= 1.5 * YEAR),
        weekly_seasonality=prepared.frequency == "D",
        daily_seasonality=False,
        seasonality_mode="multiplicative",
        uncertainty_samples=0,
    )
    names = [] if known is None else list(known.columns)
    for name in names:
        model.add_regressor(name, mode="multiplicative")
        frame[name] = known[name].to_numpy()  # type: ignore[index]
    with _quiet():
        model.fit(frame)

    def predict(when: pd.DatetimeIndex, future: pd.DataFrame | None) -> np.ndarray:
        ahead = pd.DataFrame({"ds": when})
        for name in names:
            ahead[name] = future[name].to_numpy()  # type: ignore[index]
        with _quiet():
            return model.predict(ahead)["yhat"].to_numpy()

    return predict


LEARNERS: dict[str, Learner] = {
    "seasonal naive": seasonal_naive,
    "linear": linear,
    "ridge": ridge,
    "theta": theta,
    "holt-winters": holt_winters,
    "xgboost": boosting,
    "prophet": prophet,
}
COMBINED = ("theta", "holt-winters", "prophet", "xgboost", "ridge")  # their median is the default answer


def calendar(dates: pd.DatetimeIndex, prepared: Prepared) -> np.ndarray:
    """What a date says by itself: the weekday (daily), and waves of the year where two of them were seen."""
    parts: list[np.ndarray] = []
    if prepared.frequency == "D":
        parts += [(dates.weekday == day).astype(float) for day in range(7) if day not in prepared.closed_weekdays]
    first, last = prepared.values.index[0], prepared.values.index[-1]
    if (last - first).days >= 1.5 * YEAR:
        turn = 2 * np.pi * dates.dayofyear.to_numpy(float) / YEAR
        waves = 6 if prepared.frequency != "MS" else 4
        parts += [wave(turn * n) for n in range(1, waves + 1) for wave in (np.sin, np.cos)]
    return np.column_stack(parts) if parts else np.zeros((len(dates), 0))


class _Scale:
    """Between values and their logarithm; asinh, which also takes zeros and negative totals."""

    def __init__(self, values: np.ndarray) -> None:
        known = np.abs(values[values != 0])
        self.unit = float(np.median(known)) / 4 if len(known) else 1.0
        self.top = 3 * float(np.abs(values).max())

    def to(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(np.arcsinh(values / self.unit))

    def back(self, logged: np.ndarray) -> np.ndarray:
        return np.clip(np.sinh(np.clip(logged, -50, 50)) * self.unit, -self.top, self.top)


class _quiet:
    """Libraries that warn of what is expected here keep it to themselves."""

    def __enter__(self) -> None:
        self.caught = warnings.catch_warnings()
        self.caught.__enter__()
        warnings.simplefilter("ignore")
        for name in ("cmdstanpy", "prophet"):
            logging.getLogger(name).setLevel(logging.ERROR)

    def __exit__(self, *details: Any) -> None:
        self.caught.__exit__(*details)
