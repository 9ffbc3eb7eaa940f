"""What the forecasts are worth and cost beside Prophet alone, statsforecast and mlforecast, from 1 to 5,000 series.

Run: python -m benchmarks.forecast. Nixtla's libraries want pandas 2: they are installed in an environment of their own
below the temporary folder and answer the same questions from the same history in the same run. Where VIGIE_REAL_DATA
names the folder of real data, these are said too. All boosting has one thread. Machines are noisy, ratios less so.
"""

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from statistics import mode
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.churn import median
from connectors import predict_future_sales, retail
from data import demo
from models.forecast import engine, panel, scenario
from models.forecast.combined import BASE, CALIBRATING, rolling
from models.forecast.elasticity import Elasticity
from models.forecast.intervals import bands
from models.forecast.learners import COMBINED
from models.forecast.series import regular

REAL = Path(os.environ["VIGIE_REAL_DATA"]) if "VIGIE_REAL_DATA" in os.environ else None
PEER = Path(tempfile.gettempdir()) / "vigie-benchmark-forecast"
PACKAGES = ("statsforecast", "mlforecast", "lightgbm", "pandas<3", "pyarrow")
HORIZON, ORIGINS = 28, 3
WINDOWS = 5  # behind the peers' conformal bands: about the stretch of past behind Vigie's
SIZES, DAYS = (1, 10, 100, 1_000, 5_000), 730
HELD_OUT, CLIP = 3, 20  # months; units a month, as in the competition
ALL, OPEN = ", all days", ", open days"  # what a peer sees
ENDS = ("", "-lo-80", "-hi-80")


@dataclass(frozen=True)
class Trial:
    """A series at an origin: its window, what peers are asked (history, dates), and what each model said: the forecast
    and, where it has one, the ends of its 80 % band. `seconds` are those of the forecast, and those with its band.
    """

    group: str
    name: str
    window: engine.Window
    asked: dict[str, tuple[pd.Series, pd.DatetimeIndex]]
    forecast: dict[str, list[np.ndarray]]
    seconds: dict[str, tuple[float, float]]


def daily() -> Iterator[tuple[str, str, pd.Series]]:
    """Group, name and values of daily series: revenue of the demo and of Online Retail, units of 1C."""
    lines = demo.dataset("sales", date(2026, 11, 20)).main
    yield from largest("demo", lines, lines["quantity"] * lines["unit_price"], "category", 8)
    if REAL:
        lines = retail.load(REAL / "online_retail" / "online_retail.csv.gz")
        yield from largest("Online Retail", lines, lines["quantity"] * lines["unit_price"], "store", 3)
        lines = predict_future_sales.load(REAL / "predict_future_sales")
        yield from largest("1C", lines, lines["quantity"], "store", 5)


def largest(
    group: str, lines: pd.DataFrame, sold: pd.Series, by: str, most: int
) -> Iterator[tuple[str, str, pd.Series]]:
    """The total a day, and those of the `most` largest values of `by` that sell on half of its days or more."""
    sold = sold[lines["line_type"].isin(["sale", "return"])]
    table = sold.groupby([lines["timestamp"].dt.normalize(), lines[by]]).sum().unstack()
    steady = table.loc[:, table.notna().mean() >= 0.5]
    for name, values in [("total", table.sum(axis=1)), *steady[steady.sum().nlargest(most).index].items()]:
        yield group, str(name), values[values.first_valid_index() :].fillna(0)


def vigie(group: str, name: str, values: pd.Series) -> list[Trial]:
    """Vigie, its members and Prophet alone at the last origins of a series, a horizon apart."""
    logging.getLogger("cmdstanpy").setLevel(logging.ERROR)
    known, trials = regular(values), []
    rolled = rolling(known, HORIZON, CALIBRATING + ORIGINS, HORIZON, (BASE, *COMBINED))
    for last in range(len(rolled) - 1, len(rolled) - ORIGINS - 1, -1):
        window, past = rolled[last], rolled[last - CALIBRATING : last]
        ahead = pd.date_range(window.dates[0], periods=3 * HORIZON)
        asked = {
            ALL: (known.upto(window.length).values, window.dates),
            OPEN: (window.history.values, ahead[window.history.is_open(ahead)][:HORIZON]),
        }
        trial = Trial(group, name, replace(window, fitted={}), asked, {}, {})
        for model, forecast in window.forecast.items():
            label = "Vigie" if model == engine.DEFAULT else f"  {model}"
            trial.forecast[label] = [forecast, *bands(window, past, model, [80])[80]]
            trial.seconds[label] = window.seconds[model], sum(one.seconds[model] for one in (window, *past))
        for view, (before, after) in asked.items():
            start = time.perf_counter()
            trial.forecast[f"Prophet{view}"] = [placed(window, after, one) for one in alone(before, after)]
            trial.seconds[f"Prophet{view}"] = np.nan, time.perf_counter() - start
        trials.append(trial)
    return trials


def placed(window: engine.Window, dates: pd.DatetimeIndex, forecast: np.ndarray) -> np.ndarray:
    """A peer's numbers at the dates of a window: none below zero, and zero where it was not asked."""
    return np.maximum(pd.Series(forecast, dates).reindex(window.dates, fill_value=0.0).to_numpy(), 0)


def alone(values: pd.Series, dates: pd.DatetimeIndex) -> list[np.ndarray]:
    """Prophet with its defaults."""
    from prophet import Prophet

    np.random.seed(0)  # its bands are drawn
    model = Prophet(interval_width=0.8).fit(pd.DataFrame({"ds": values.index, "y": values.to_numpy()}))
    forecast = model.predict(pd.DataFrame({"ds": dates}))
    return [forecast[name].to_numpy() for name in ("yhat", "yhat_lower", "yhat_upper")]


def installed(home: Path, packages: tuple[str, ...]) -> bool:
    """Whether packages are there in an environment below `home`, installed now if need be."""
    python, uv = str(home / "bin" / "python"), shutil.which("uv")
    make = [uv, "venv", str(home)] if uv else [sys.executable, "-m", "venv", str(home)]
    fill = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    try:
        for command in ([] if Path(python).exists() else [make]) + [[*fill, *packages]]:
            subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"Without {packages[0]}, which could not be installed: {error}")
    else:
        return True
    return False


def ask(history: pd.DataFrame, future: pd.DataFrame, **task: Any) -> tuple[pd.DataFrame, dict[str, Any]]:
    """What the peers say to a task, in the order of `future`, and its costs (see forecast_peer.py)."""
    usual: dict[str, Any] = {
        "lags": [1, 2, 3, *(task["season"] * n for n in (1, 2, 3, 4))],
        "means": [task["season"], 4 * task["season"]],
    }
    usual |= {"models": ["mlforecast"], "fixed": [], "scaled": True}
    with tempfile.TemporaryDirectory() as name:
        folder, script = Path(name), Path(__file__).with_name("forecast_peer.py")
        (folder / "task.json").write_text(json.dumps(usual | task))
        history.to_parquet(folder / "history.parquet")
        future.to_parquet(folder / "future.parquet")
        answer = subprocess.run([PEER / "bin" / "python", script, name], capture_output=True, text=True)
        if answer.returncode:
            raise RuntimeError(answer.stderr[-2_000:])
        forecast = future.merge(pd.read_parquet(folder / "said.parquet"), on=["unique_id", "origin", "ds"])
        return forecast, json.loads(answer.stdout.splitlines()[-1])


def long(values: np.ndarray, dates: pd.DatetimeIndex, about: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A task for the peers: series (a row each, over the first of `dates`), and the dates that they do not have."""
    series, known = values.shape
    frame = about.loc[np.repeat(about.index, len(dates))]
    frame = frame.assign(ds=np.tile(np.arange(len(dates)), series), date=np.tile(dates, series))
    return frame[frame["ds"] < known].assign(y=values.ravel()), frame[frame["ds"] >= known]


def nixtla(trials: list[Trial], view: str) -> None:
    """Add what the peers say to the trials of a group; with bands where they see the open days."""
    parts = []
    for trial in trials:
        past, dates = trial.asked[view]
        about = pd.DataFrame({"unique_id": [trial.name], "origin": trial.window.origin})
        parts.append(long(past.to_numpy()[None], past.index.append(dates), about))
    season = mode(trial.window.history.season for trial in trials) if view == OPEN else 7
    windows = WINDOWS if view == OPEN else 0
    history, future = (pd.concat(part) for part in zip(*parts, strict=True))
    forecast, costs = ask(history, future, models=["statsforecast", "mlforecast"], season=season, windows=windows)
    for trial in trials:
        here = forecast[(forecast["unique_id"] == trial.name) & (forecast["origin"] == trial.window.origin)]
        for model in ("AutoETS", "CES", "DynamicOptimizedTheta", "statsforecast", "mlforecast"):
            ends = [here[model + end].to_numpy() for end in ENDS if model + end in here]
            spent = costs["seconds"].get(model, np.nan) / len(trials)
            trial.forecast[model + view] = [placed(trial.window, trial.asked[view][1], one) for one in ends]
            trial.seconds[model + view] = (np.nan, spent) if windows else (spent, np.nan)


def score(actual: np.ndarray, mean: np.ndarray, lo: Any = np.nan, hi: Any = np.nan) -> dict[str, float]:
    """Mean errors; of an 80 % band what it held, its width, and its score, the width and ten times a miss (Winkler)."""
    missed = np.maximum(lo - actual, 0) + np.maximum(actual - hi, 0)
    result = {"MAE": np.abs(actual - mean).mean(), "RMSE": np.sqrt(((actual - mean) ** 2).mean())}
    if np.isfinite(missed).all():
        result |= {
            "in 80 %": (missed == 0).mean(),
            "width": (hi - lo).mean(),
            "Winkler": (hi - lo + 10 * missed).mean(),
        }
    return result


def accuracy(peers: bool) -> None:
    """Print errors on daily series (in units of the scale of MASE, the same for all) and seconds, a table a group."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool, ThreadPoolExecutor(2) as threads:
        trials = [trial for found in pool.map(vigie, *zip(*daily(), strict=True)) for trial in found]
        groups = list(dict.fromkeys(trial.group for trial in trials))
        tasks = [([t for t in trials if t.group == group], view) for group in groups for view in (ALL, OPEN)]
        list(threads.map(lambda task: nixtla(*task), tasks if peers else []))
    rows = []
    for trial in trials:
        window = trial.window
        counted = window.counted & np.isfinite(window.actual)
        for model, forecast in trial.forecast.items():
            found = score(*(one[counted] / window.scale for one in (window.actual, *forecast)))
            costs = dict(zip(("seconds", "with band"), trial.seconds[model], strict=True))
            rows.append({"group": trial.group, "model": model, **found, **costs})
    scores = pd.DataFrame(rows).rename(columns={"MAE": "MASE"})
    for group in [*groups, "all"]:
        here = scores[(scores["group"] == group) | (group == "all")]
        table = here.drop(columns="group").groupby("model", sort=False).mean()
        table.insert(1, "ratio", table["MASE"] / table["MASE"]["Vigie"])
        show(f"{group}: {len(here) // len(table)} forecasts of {HORIZON} days", table)


def show(title: str, table: pd.DataFrame) -> None:
    """Print a table under a title."""
    print(f"\n{title}\n{table.rename_axis(None).to_string(float_format='{:.3f}'.format, na_rep='')}", flush=True)


def monthly(peers: bool) -> None:
    """Print the errors on the held-out months of every shop and item of 1C, and of those pairs that sold before."""
    lines = predict_future_sales.load((REAL or Path()) / "predict_future_sales")
    names = ["store", "product"]
    sold = lines.groupby([*names, lines["timestamp"].dt.to_period("M")])["quantity"].sum().unstack(fill_value=0.0)
    sold = sold.reindex(pd.MultiIndex.from_product(sold.index.levels, names=names), fill_value=0.0)
    keys = sold.index.to_frame(index=False).merge(lines[["product", "category"]].drop_duplicates("product"))
    values, dates = sold.clip(0, CLIP).to_numpy(np.float32), sold.columns.to_timestamp()
    rows = []
    for month in range(len(dates) - HELD_OUT, len(dates)):
        past, actual, start = values[:, :month], values[:, month], time.perf_counter()
        forecast = panel.forecast_panel(panel.Panel(past, dates[:month], keys, "MS"))
        answers = {"Vigie": [one[:, 0] for one in (forecast.mean, forecast.lo, forecast.hi)]}
        seconds = {"Vigie": time.perf_counter() - start}
        answers |= {"last month": [past[:, -1]], "mean of three months": [past[:, -3:].mean(axis=1)]}
        if peers:
            task = long(past, dates[: month + 1], keys.assign(unique_id=np.arange(len(keys)), origin=month))
            how = {"fixed": ["store", "product", "category"], "scaled": False}
            theirs, costs = ask(*task, season=12, windows=panel.WINDOWS, lags=[1, 2, 3, 6, 12], means=[3, 6, 12], **how)
            answers["mlforecast"] = [theirs[f"mlforecast{end}"].to_numpy() for end in ENDS]
            seconds["mlforecast"] = costs["seconds"]["mlforecast"]
        for model, parts in answers.items():
            clipped = [np.clip(part, 0, CLIP) for part in parts]
            row = {"model": model, **score(actual, *clipped), "seconds": seconds.get(model, np.nan)}
            here = past.any(axis=1)
            rows.append(row | {"RMSE, sold before": score(actual[here], clipped[0][here])["RMSE"]})
    scores = pd.DataFrame(rows).groupby("model", sort=False)
    table = scores.mean().assign(**{"RMSE, last month": scores["RMSE"].last()})
    show(f"1C: units a month (0 to {CLIP}) of {len(keys):,} pairs of shop and item, {HELD_OUT} months", table)


def simulated(series: int) -> np.ndarray:
    """Units a day of products large and small, with a week, a year, a trend and noise: a row a series."""
    rng, days = np.random.default_rng(0), np.arange(DAYS + HORIZON)
    level, week = rng.lognormal(2.5, 1, (series, 1)), 7 * rng.dirichlet(np.full(7, 20), series)[:, days % 7]
    size, phase, slope = rng.uniform((0, 0, -0.3), (0.4, 2 * np.pi, 0.3), (series, 3)).T[..., None]
    mean = level * week * (1 + size * np.sin(2 * np.pi * days / 365.25 + phase)) * (1 + slope * days / 365.25)
    return rng.poisson(mean * rng.gamma(10, 0.1, mean.shape)).astype(np.float32)


def grown(series: int) -> dict[str, float]:
    """What the panel costs for so many series, in a process of its own, and how far off it is."""
    values, dates = simulated(series), pd.date_range("2024-01-01", periods=DAYS)
    known = panel.Panel(values[:, :DAYS], dates, pd.DataFrame({"product": np.arange(series)}), "D")
    start = time.perf_counter()
    forecast = panel.forecast_panel(known, HORIZON)
    spent = time.perf_counter() - start
    peak = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]
    return {
        "seconds": spent,
        "MB": int(peak) / 1024,
        **score(values[:, DAYS:], forecast.mean, forecast.lo, forecast.hi),
    }


def growth(peers: bool) -> None:
    """Print seconds, peak memory and errors of many series at once, with bands from as many past origins."""
    rows: dict[str, dict[str, float]] = {}
    for series in SIZES:
        with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
            ours = rows[f"{series:,} Vigie"] = fresh.submit(grown, series).result()
        if peers:
            values, dates = simulated(series), pd.date_range("2024-01-01", periods=DAYS + HORIZON)
            task = long(values[:, :DAYS], dates, pd.DataFrame({"unique_id": np.arange(series), "origin": 0}))
            forecast, costs = ask(*task, season=7, windows=panel.WINDOWS)
            found = score(values[:, DAYS:].ravel(), *(forecast[f"mlforecast{end}"].to_numpy() for end in ENDS))
            theirs = {"seconds": costs["seconds"]["mlforecast"], "MB": costs["MB"], **found}
            rows[f"{series:,} mlforecast"] = theirs | {"ratio": theirs["seconds"] / ours["seconds"]}
    show(f"simulated series of {DAYS} days, {HORIZON} ahead, with bands", pd.DataFrame(rows).T)


def live() -> None:
    """Print what a what-if costs beside asking Prophet anew."""
    lines = demo.dataset("sales", date(2026, 11, 20)).main
    days = lines["timestamp"].dt.normalize()
    known = regular(lines["quantity"].groupby(days).sum())
    future = lines["promotion"].notna().groupby(days).mean().reindex(known.dates, fill_value=0.0).to_frame("promotion")
    window = engine.look(known, len(known.values) - HORIZON, HORIZON, COMBINED, future)
    lo, hi = bands(window, [], engine.DEFAULT, [80])[80]
    units = pd.DataFrame({"mean": window.forecast[engine.DEFAULT], "lo-80": lo, "hi-80": hi}, window.dates)
    first, last = window.dates[3].date(), window.dates[9].date()
    plans = [scenario.Plan("promotion", first, last, number / 100) for number in range(30)]
    seconds = {
        "a promotion on a forecast (scenario.outcome)": median(
            lambda number: scenario.outcome(units, 4.0, 2.0, plans[number : number + 1], Elasticity(1.5, 1.0, 2.0, 50))
        ),
        "other known days, no refit (engine.again)": median(
            lambda number: engine.again(window, future.assign(promotion=number / 30))
        ),
        "Prophet fitted again": median(lambda _number: alone(window.history.values, window.dates), 10),
    }
    table = pd.DataFrame({"ms": pd.Series(seconds) * 1000})
    show("a what-if, live", table.assign(ratio=table["ms"].iloc[-1] / table["ms"]))


def main() -> None:
    """Print all tables."""
    peers = installed(PEER, PACKAGES)
    accuracy(peers)
    if REAL:
        monthly(peers)
    growth(peers)
    live()


if __name__ == "__main__":
    main()
