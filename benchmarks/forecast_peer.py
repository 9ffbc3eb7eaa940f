"""The Nixtla side of benchmarks/forecast.py, which runs it in an environment of its own: these libraries want pandas 2.

A task is a folder with task.json, history.parquet (unique_id, origin, ds as a number, date, y) and future.parquet
(without y). The answer is said.parquet (unique_id, origin, ds, a column a model, its ends -lo-80, -hi-80) and, printed
as JSON, the seconds and the peak memory.
"""

import json
import re
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from lightgbm import LGBMRegressor  # type: ignore[import-not-found]
from mlforecast import MLForecast  # type: ignore[import-not-found]
from mlforecast.lag_transforms import RollingMean  # type: ignore[import-not-found]
from mlforecast.target_transforms import LocalStandardScaler  # type: ignore[import-not-found]
from mlforecast.utils import PredictionIntervals  # type: ignore[import-not-found]
from statsforecast import StatsForecast  # type: ignore[import-not-found]
from statsforecast.models import (  # type: ignore[import-not-found]
    AutoARIMA,
    AutoCES,
    AutoETS,
    DynamicOptimizedTheta,
    SeasonalNaive,
)
from statsforecast.utils import ConformalIntervals  # type: ignore[import-not-found]

KEYS = ["unique_id", "ds"]


def statsforecast(past: pd.DataFrame, future: pd.DataFrame, windows: int, task: dict[str, Any]) -> pd.DataFrame:
    """Three models a series, or four, and the median of what they say and of the ends of their bands."""
    ahead = int(future.groupby("unique_id").size().max())
    bands = {"level": [80], "prediction_intervals": ConformalIntervals(windows, ahead)} if windows else {}
    kinds = (AutoETS, AutoCES, DynamicOptimizedTheta, *([AutoARIMA] if task.get("arima") else []))
    models = [one(season_length=task["season"]) for one in kinds]
    # A model that cannot learn from a series, as from one of eight steps, says what was sold a season ago.
    naive = SeasonalNaive(season_length=task["season"])
    said = StatsForecast(models, freq=1, fallback_model=naive).forecast(df=past[[*KEYS, "y"]], h=ahead, **bands)
    for end in ("", "-lo-80", "-hi-80") if windows else ("",):
        said[f"statsforecast{end}"] = said[[f"{one}{end}" for one in models]].median(axis=1)
    return said


def mlforecast(past: pd.DataFrame, future: pd.DataFrame, windows: int, task: dict[str, Any]) -> pd.DataFrame:
    """LightGBM on lags, rolling means, the calendar and what is fixed of a series, learned from all series at once."""
    ahead = int(future.groupby("unique_id").size().max())
    model = MLForecast(
        {"mlforecast": LGBMRegressor(n_jobs=1, random_state=0, verbosity=-1)},
        freq=1,
        lags=task["lags"],
        lag_transforms={1: [RollingMean(width) for width in task["means"]]},
        target_transforms=[LocalStandardScaler()] if task["scaled"] else [],
    )
    bands = PredictionIntervals(windows, ahead) if windows else None
    fixed = past[task["fixed"]].astype("category")
    model.fit(calendar(past).assign(**fixed), static_features=task["fixed"], prediction_intervals=bands)
    known = calendar(future).drop(columns=task["fixed"])
    return model.predict(ahead, X_df=known, level=[80] if windows else None)


def calendar(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with what its dates say by themselves."""
    parts = {name: getattr(frame["date"].dt, name) for name in ("dayofweek", "day", "dayofyear", "month")}
    return frame.drop(columns=["date", "origin"]).assign(**parts)


def main(folder: Path) -> None:
    """Do the task in a folder, every origin by itself: nobody learns from what came after it."""
    task = json.loads((folder / "task.json").read_text())
    history, future = (pd.read_parquet(folder / f"{name}.parquet") for name in ("history", "future"))
    works = {work.__name__: work for work in (statsforecast, mlforecast)}
    seconds: dict[str, float] = {}
    answers = []
    for origin, past in history.groupby("origin"):
        ahead = future[future["origin"] == origin]
        said = ahead[[*KEYS, "origin"]]
        for name in task["models"]:
            start = time.perf_counter()
            said = said.merge(works[name](past, ahead, task["windows"], task), on=KEYS)
            seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - start
        answers.append(said)
    pd.concat(answers).to_parquet(folder / "said.parquet")
    peak = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]
    print(json.dumps({"seconds": seconds, "MB": int(peak) / 1024}))


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main(Path(sys.argv[1]))
