"""The Nixtla side of benchmarks/forecast.py: run there, in an environment of its own (these libraries want pandas 2).

A task is a folder with history.parquet (unique_id, origin, ds as a number, date, y) and future.parquet (without y).
The answer is said.parquet (unique_id, origin, ds, a column a model, its -lo-80 and -hi-80), and JSON about the costs.
"""

import json
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from lightgbm import LGBMRegressor  # type: ignore[import-not-found]
from mlforecast import MLForecast  # type: ignore[import-not-found]
from mlforecast.lag_transforms import RollingMean  # type: ignore[import-not-found]
from mlforecast.target_transforms import LocalStandardScaler  # type: ignore[import-not-found]
from mlforecast.utils import PredictionIntervals  # type: ignore[import-not-found]
from statsforecast import StatsForecast  # type: ignore[import-not-found]
from statsforecast.models import AutoCES, AutoETS, DynamicOptimizedTheta  # type: ignore[import-not-found]
from statsforecast.utils import ConformalIntervals  # type: ignore[import-not-found]

LEVEL = {"level": [80]}
KEYS = ["unique_id", "ds"]


def statistical(past: pd.DataFrame, ahead: int, season: int, windows: int) -> pd.DataFrame:
    """AutoETS, AutoCES and the dynamic optimised theta method, and the median of their answers and of their bands."""
    bands = {"prediction_intervals": ConformalIntervals(h=ahead, n_windows=windows), **LEVEL} if windows else {}
    models = [one(season_length=season) for one in (AutoETS, AutoCES, DynamicOptimizedTheta)]
    said = StatsForecast(models, freq=1).forecast(df=past[[*KEYS, "y"]], h=ahead, **bands)
    for end in ("", "-lo-80", "-hi-80") if windows else ("",):
        said["ensemble" + end] = said[[f"{one}{end}" for one in models]].median(axis=1)
    return said


def learned(past: pd.DataFrame, future: pd.DataFrame, season: int, windows: int, threads: int) -> pd.DataFrame:
    """LightGBM on lags, rolling means and the calendar, learned from all series together, each of them standardised."""
    model = MLForecast(
        {"LightGBM": LGBMRegressor(n_jobs=threads, random_state=0, verbosity=-1)},
        freq=1,
        lags=[1, 2, 3, *(season * n for n in (1, 2, 3, 4))],
        lag_transforms={1: [RollingMean(season), RollingMean(4 * season)]},
        target_transforms=[LocalStandardScaler()],
        num_threads=threads,
    )
    ahead = int(future.groupby("unique_id").size().iloc[0])
    bands = PredictionIntervals(n_windows=windows, h=ahead) if windows else None
    model.fit(calendar(past), static_features=[], prediction_intervals=bands)
    return model.predict(ahead, X_df=calendar(future), **(LEVEL if windows else {}))


def calendar(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with what its dates say by themselves."""
    parts = {name: getattr(frame["date"].dt, name) for name in ("dayofweek", "day", "dayofyear", "month")}
    return frame.drop(columns=["date", "origin"], errors="ignore").assign(**parts)


def monthly(past: pd.DataFrame, future: pd.DataFrame) -> pd.DataFrame:
    """LightGBM on the months of every shop and item, with both as categories."""
    model = MLForecast(
        {"LightGBM": LGBMRegressor(random_state=0, verbosity=-1)},
        freq=1,
        lags=[1, 2, 3, 6, 12],
        lag_transforms={1: [RollingMean(3), RollingMean(6), RollingMean(12)]},
    )
    names = ["store", "product", "category"]
    past = past.astype(dict.fromkeys(names, "category"))
    model.fit(past.assign(month=past["date"].dt.month).drop(columns=["date", "origin"]), static_features=names)
    return model.predict(1, X_df=future.assign(month=future["date"].dt.month)[[*KEYS, "month"]])


def main() -> None:
    """Answer one task: its folder, what to do, the season, the windows behind the bands, the threads."""
    folder, what = Path(sys.argv[1]), sys.argv[2]
    season, windows, threads = (int(one) for one in sys.argv[3:6])
    history, future = (pd.read_parquet(folder / f"{name}.parquet") for name in ("history", "future"))
    works = {
        "statsforecast": lambda past, ahead, bands: statistical(past, ahead.groupby("unique_id").size().iloc[0], season, bands),
        "mlforecast": lambda past, ahead, bands: learned(past, ahead, season, bands, threads),
        "monthly": lambda past, ahead, _bands: monthly(past, ahead),
    }  # fmt: skip
    seconds, answers = {}, []
    for origin, past in history.groupby("origin"):
        ahead, merged = future[future["origin"] == origin], None
        for name in what.split(","):
            for bands in sorted({0, windows}):
                start = time.perf_counter()
                said = works[name](past, ahead, bands)
                spent = time.perf_counter() - start
                key = f"{name}{' with bands' if bands else ''}"
                seconds[key] = seconds.get(key, 0.0) + spent
            merged = said if merged is None else merged.merge(said, on=KEYS)
        answers.append(merged.assign(origin=origin))  # type: ignore[union-attr]
    pd.concat(answers).to_parquet(folder / "said.parquet")
    print(json.dumps({"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    np.random.seed(0)
    main()
