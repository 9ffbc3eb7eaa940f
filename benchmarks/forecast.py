"""What the forecasts are worth and cost beside Prophet alone, statsforecast and mlforecast, from 1 to 5,000 series.

Run: python -m benchmarks.forecast. The peers of Nixtla want pandas 2: they are installed in an environment of their own
below the temporary folder, and answer the same questions from the same history in the same run. Where VIGIE_REAL_DATA
names the folder of real data, these are forecast too. Machines are noisy, ratios less so.
"""

import json
import logging
import os
import resource
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
LO, HI = "-lo-80", "-hi-80"
MODELS = {"  AutoETS": "AutoETS", "  AutoCES": "CES", "  DynamicOptimizedTheta": "DynamicOptimizedTheta",
          "statsforecast": "ensemble", "mlforecast": "LightGBM"}  # fmt: skip
COSTS = ("seconds", "with bands")  # a series
Said = tuple[np.ndarray, np.ndarray | None, np.ndarray | None]  # the forecast and the ends of its 80 % band


@dataclass
class Trial:
    """A series at an origin: its window, what the peers are asked, what each model said, its seconds (without, with bands)."""

    group: str
    name: str
    window: engine.Window
    asked: dict[str, tuple[pd.Series, pd.DatetimeIndex]]
    said: dict[str, Said]
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
    """The total a day, and those of the `most` largest values of a column that sell on at least half of the days."""
    sold = sold[lines["line_type"].isin(["sale", "return"])]
    day, part = lines["timestamp"].dt.normalize(), lines[by]
    total = sold.groupby(day).sum()
    yield group, "total", total
    days = day[sold.index].groupby(part).nunique()
    steady = days.index[days >= (total.index[-1] - total.index[0]).days / 2]
    for name in sold.groupby(part).sum()[steady].nlargest(most).index:
        one = sold[part[sold.index] == name].groupby(day).sum()
        yield group, str(name), one.reindex(total.index[total.index >= one.index[0]], fill_value=0.0)


def vigie(group: str, name: str, values: pd.Series) -> list[Trial]:
    """Vigie, its members and Prophet alone at the last origins of a series, a horizon apart."""
    logging.getLogger("cmdstanpy").setLevel(logging.ERROR)
    known = regular(values)
    # Half a horizon apart, so that the bands of each origin come from the windows that `forecast` would look at.
    rolled = rolling(known, HORIZON, CALIBRATING + 2 * ORIGINS, HORIZON // 2, (BASE, *COMBINED))
    trials = []
    for number in range(len(rolled) - 1, len(rolled) - 2 * ORIGINS, -2):
        window, past = rolled[number], rolled[number - 1 - CALIBRATING : number - 1]
        trial = Trial(group, name, replace(window, fitted={}), variants(values, window), {}, {})
        for model, said in window.said.items():
            lo, hi = bands(window, past, model, [80])[80]
            label = "Vigie" if model == engine.MEDIAN else f"  {model}"
            trial.said[label] = said, lo, hi
            spent = window.seconds[model]
            trial.seconds[label] = spent, spent + sum(one.seconds[model] for one in past)
        for variant, (before, after) in trial.asked.items():
            start = time.perf_counter()
            said = alone(before, after)
            trial.said[f"Prophet{variant}"] = tuple(placed(window, after, one) for one in said)  # type: ignore[assignment]
            trial.seconds[f"Prophet{variant}"] = (time.perf_counter() - start,) * 2
        trials.append(trial)
    return trials


def variants(values: pd.Series, window: engine.Window) -> dict[str, tuple[pd.Series, pd.DatetimeIndex]]:
    """What a peer may learn from, and the dates it is asked for: all days, or the open days that Vigie found."""
    ahead = pd.date_range(window.dates[0], periods=3 * HORIZON)
    every = regular(values).upto(window.length).values
    return {
        ALL: (every, ahead[:HORIZON]),
        OPEN: (window.history.values, ahead[window.history.is_open(ahead)][:HORIZON]),
    }


def placed(window: engine.Window, dates: pd.DatetimeIndex, said: np.ndarray) -> np.ndarray:
    """A peer's numbers at the dates of a window: none below zero, and zero where it was not asked."""
    return np.maximum(pd.Series(said, dates).reindex(window.dates, fill_value=0.0).to_numpy(), 0)


def alone(values: pd.Series, dates: pd.DatetimeIndex) -> tuple[np.ndarray, ...]:
    """Prophet with its defaults."""
    from prophet import Prophet

    np.random.seed(0)  # its bands are drawn
    model = Prophet(interval_width=0.8).fit(pd.DataFrame({"ds": values.index, "y": values.to_numpy()}))
    said = model.predict(pd.DataFrame({"ds": dates}))
    return tuple(said[name].to_numpy() for name in ("yhat", "yhat_lower", "yhat_upper"))


def installed() -> bool:
    """Whether the peers are there, installed now if need be."""
    python, uv = str(PEER / "bin" / "python"), shutil.which("uv")
    make = [uv, "venv", "--quiet", str(PEER)] if uv else [sys.executable, "-m", "venv", str(PEER)]
    fill = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    try:
        if not Path(python).exists():
            subprocess.run(make, check=True, capture_output=True)
        subprocess.run([*fill, "--quiet", *PACKAGES], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"Without statsforecast and mlforecast, which could not be installed: {error}")
        return False
    return True


def ask(
    history: pd.DataFrame, future: pd.DataFrame, what: str, season: int, windows: int, threads: int = 1
) -> tuple[pd.DataFrame, dict]:
    """What the peers say to a task (see forecast_peer.py), and what it cost them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, frame in (("history", history), ("future", future)):
            frame.to_parquet(Path(folder) / f"{name}.parquet")
        script = str(Path(__file__).with_name("forecast_peer.py"))
        command = [str(PEER / "bin" / "python"), script, folder, what, str(season), str(windows), str(threads)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        return pd.read_parquet(Path(folder) / "said.parquet"), json.loads(answer.stdout.splitlines()[-1])


def nixtla(trials: list[Trial], variant: str) -> None:
    """Add what the peers say to the trials of one group; with bands where they see the open days only."""
    before, after = [], []
    for trial in trials:
        past, dates = trial.asked[variant]
        about, steps = {"unique_id": trial.name, "origin": trial.window.origin}, np.arange(len(past) + len(dates))
        before.append(pd.DataFrame({**about, "ds": steps[: len(past)], "date": past.index, "y": past.to_numpy()}))
        after.append(pd.DataFrame({**about, "ds": steps[len(past) :], "date": dates}))
    only_open = variant == OPEN
    season = mode(trial.window.history.season for trial in trials) if only_open else 7
    work = "statsforecast,mlforecast", season, WINDOWS if only_open else 0
    answers, costs = ask(pd.concat(before), pd.concat(after), *work)
    spent = {name: seconds / len(trials) for name, seconds in costs["seconds"].items()}
    for trial in trials:
        mine = (answers["unique_id"] == trial.name) & (answers["origin"] == trial.window.origin)
        here = answers[mine].sort_values("ds")
        for model, name in MODELS.items():
            ends = [here[f"{name}{end}"].to_numpy() for end in ("", LO, HI) if f"{name}{end}" in here]
            dates = trial.asked[variant][1]
            trial.said[model + variant] = (*(placed(trial.window, dates, one) for one in ends), None, None)[:3]
            if model in spent:
                trial.seconds[model + variant] = spent[model], spent.get(f"{model} with bands", np.nan)


def score(trial: Trial, said: Said) -> dict[str, float]:
    """Errors at the counted steps in units of the scale of MASE, and what its 80 % band held and cost."""
    window, (mean, lo, hi) = trial.window, said
    counted = window.counted & np.isfinite(window.actual)
    actual = window.actual[counted] / window.scale
    off = actual - mean[counted] / window.scale
    result = {"MASE": np.abs(off).mean(), "RMSE": np.sqrt((off**2).mean())}
    if lo is not None and hi is not None:
        low, high = lo[counted] / window.scale, hi[counted] / window.scale
        missed = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
        # Winkler (1972): the width, and ten times what lies outside a band of 80 %.
        result |= {"in 80 %": (missed == 0).mean(), "width": (high - low).mean()}
        result["Winkler"] = (high - low + 10 * missed).mean()
    return result


def accuracy(pool: ProcessPoolExecutor, peers: bool) -> None:
    """Print how far off each model is on daily series, a table a group and one of all."""
    trials = [trial for found in pool.map(vigie, *zip(*daily(), strict=True)) for trial in found]
    groups = list(dict.fromkeys(trial.group for trial in trials))
    if peers:
        with ThreadPoolExecutor(2) as threads:
            tasks = [([t for t in trials if t.group == group], v) for group in groups for v in trials[0].asked]
            list(threads.map(lambda task: nixtla(*task), tasks))
    rows = [
        {"group": t.group, "model": model, **score(t, said), **dict(zip(COSTS, t.seconds.get(model, (np.nan,) * 2), strict=True))}
        for t in trials
        for model, said in t.said.items()
    ]  # fmt: skip
    scores = pd.DataFrame(rows)
    for group in [*groups, "all"]:
        here = scores if group == "all" else scores[scores["group"] == group]
        table = here.drop(columns="group").groupby("model", sort=False).mean()
        table.insert(1, "ratio", table["MASE"] / table["MASE"]["Vigie"])
        show(f"{group}: {len(here) // len(table)} forecasts of {HORIZON} days", table)


def show(title: str, table: pd.DataFrame) -> None:
    print(f"\n{title}\n{table.rename_axis(None).to_string(float_format='{:.3f}'.format, na_rep='')}", flush=True)


def monthly(peers: bool) -> None:
    """Print the errors on the held-out months of every shop and item of 1C."""
    if not REAL:
        return
    lines = predict_future_sales.load(REAL / "predict_future_sales")
    names = ["store", "product"]
    totals = lines.groupby([*names, lines["timestamp"].dt.to_period("M")])["quantity"].sum().unstack(fill_value=0.0)
    whole = totals.reindex(pd.MultiIndex.from_product(totals.index.levels, names=names), fill_value=0.0)
    keys = whole.index.to_frame(index=False).merge(lines[["product", "category"]].drop_duplicates("product"))
    values, dates = whole.clip(0, CLIP).to_numpy(np.float32), whole.columns.to_timestamp()
    known = panel.Panel(values, dates, keys, "MS")
    rows = []
    for month in range(len(dates) - HELD_OUT, len(dates)):
        past, actual = known.upto(month), values[:, month]
        start = time.perf_counter()
        said = panel.forecast_panel(past)
        answers = {"Vigie": (said.mean[:, 0], time.perf_counter() - start)}
        answers |= {"last month": (values[:, month - 1], np.nan)}
        answers |= {"mean of three months": (values[:, month - 3 : month].mean(axis=1), np.nan)}
        if peers:
            frame = keys.assign(unique_id=np.arange(len(keys)), origin=month)
            long = frame.loc[frame.index.repeat(month)]
            long = long.assign(ds=np.tile(np.arange(month), len(keys)), date=np.tile(dates[:month], len(keys)))
            history, future = long.assign(y=past.values.ravel()), frame.assign(ds=month, date=dates[month])
            theirs, costs = ask(history, future, "monthly", 12, 0)
            answers["LightGBM"] = theirs.sort_values("unique_id")["LightGBM"].to_numpy(), costs["seconds"]["monthly"]
        for pairs, here in (("all pairs", np.ones(len(keys), bool)), ("sold so far", past.values.any(axis=1))):
            for model, (mean, seconds) in answers.items():
                error = np.clip(mean, 0, CLIP)[here] - actual[here]
                rows.append(
                    {
                        "model": model,
                        "pairs": pairs,
                        "month": str(dates[month].date()),
                        "RMSE": np.sqrt((error**2).mean()),
                        "seconds": seconds,
                    }
                )
    scores = pd.DataFrame(rows)
    show(
        f"1C, {len(keys):,} pairs of shop and item, RMSE of units a month within 0 and {CLIP}",
        scores.pivot_table(index="model", columns=["pairs", "month"], values="RMSE", sort=False, margins=True),
    )


def simulated(series: int, days: int, seed: int = 0) -> np.ndarray:
    """Units a day of products large and small, with a week, a year, a trend and noise: one row a series."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(2.5, 1, (series, 1))
    week = rng.dirichlet(np.full(7, 20), series)[:, np.arange(days) % 7] * 7
    phase, size = rng.uniform(0, 2 * np.pi, (series, 1)), rng.uniform(0, 0.4, (series, 1))
    year = 1 + size * np.sin(2 * np.pi * np.arange(days) / 365.25 + phase)
    trend = 1 + rng.normal(0, 0.15, (series, 1)) * np.arange(days) / 365.25
    return rng.poisson(np.maximum(level * week * year * trend, 0) * rng.gamma(10, 0.1, (series, days))).astype(float)


def grown(series: int) -> dict[str, float]:
    """What the panel costs for so many series (in a process of its own), and how far off it is."""
    values = simulated(series, DAYS + HORIZON).astype(np.float32)
    dates = pd.date_range("2024-01-01", periods=DAYS)
    known = panel.Panel(values[:, :DAYS], dates, pd.DataFrame({"product": np.arange(series)}), "D")
    start = time.perf_counter()
    said = panel.forecast_panel(known, HORIZON)
    spent = time.perf_counter() - start
    actual = values[:, DAYS:]
    return {
        "seconds": spent,
        "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "RMSE": float(np.sqrt(((said.mean - actual) ** 2).mean())),
        "in 80 %": float(((actual >= said.lo) & (actual <= said.hi)).mean()),
    }


def growth(peers: bool) -> None:
    """Print seconds and peak memory of many series, forecast with bands."""
    rows = {}
    for series in SIZES:
        with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
            rows[series] = fresh.submit(grown, series).result()
        if peers:
            values = simulated(series, DAYS + HORIZON)
            dates, steps = pd.date_range("2024-01-01", periods=DAYS + HORIZON), np.arange(DAYS + HORIZON)
            long = pd.DataFrame({"unique_id": np.repeat(np.arange(series), len(steps)), "origin": 0,
                                 "ds": np.tile(steps, series), "date": np.tile(dates, series), "y": values.ravel()})  # fmt: skip
            past = long["ds"] < DAYS
            said, costs = ask(long[past], long[~past].drop(columns="y"), "mlforecast", 7, panel.WINDOWS, 2)
            said, actual = said.sort_values(["unique_id", "ds"]), long["y"][~past].to_numpy()
            inside = (actual >= said[f"LightGBM{LO}"]) & (actual <= said[f"LightGBM{HI}"])
            theirs = {
                "seconds": costs["seconds"]["mlforecast with bands"],
                "MB": costs["megabytes"],
                "RMSE": float(np.sqrt(((said["LightGBM"] - actual) ** 2).mean())),
                "in 80 %": float(inside.mean()),
            }
            rows[series] |= {f"mlforecast {name}": value for name, value in theirs.items()}
            rows[series]["ratio"] = theirs["seconds"] / rows[series]["seconds"]
    show(f"simulated series of {DAYS} days, {HORIZON} ahead, with bands", pd.DataFrame(rows).T.rename_axis("series"))


def live() -> None:
    """Print what a what-if costs beside asking Prophet anew."""
    lines = demo.dataset("sales", date(2026, 11, 20)).main
    days = lines["timestamp"].dt.normalize()
    values = regular(lines["quantity"].groupby(days).sum())
    future = lines["promotion"].notna().groupby(days).mean().reindex(values.dates, fill_value=0.0).to_frame("promotion")
    window = engine.look(values, len(values.values) - HORIZON, HORIZON, COMBINED, future)
    answer = pd.DataFrame({"mean": window.said[engine.MEDIAN]}, window.dates)
    answer["lo-80"], answer["hi-80"] = bands(window, [], engine.MEDIAN, [80])[80]

    def planned(number: int) -> object:
        plan = scenario.Plan("promotion", window.dates[3].date(), window.dates[9].date(), 0.01 * (number + 1))
        return scenario.outcome(answer, 4.0, 2.0, [plan], Elasticity(1.5, 1.0, 2.0, 50))

    def changed(number: int) -> object:
        return engine.again(window, future.where(future.index < window.dates[0], 0.02 * number))

    times = {
        "promotion of a forecast (scenario.outcome)": median(planned),
        "other known future, no refit (engine.again)": median(changed),
        "Prophet fitted again": median(lambda _number: alone(window.history.values, window.dates), 10),
    }
    table = pd.DataFrame({"ms": {name: 1e3 * seconds for name, seconds in times.items()}})
    show("a what-if, live", table.assign(ratio=times["Prophet fitted again"] * 1e3 / table["ms"]))


def main() -> None:
    """Print all tables."""
    peers = installed()
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        accuracy(pool, peers)
    monthly(peers)
    growth(peers)
    live()


if __name__ == "__main__":
    main()
