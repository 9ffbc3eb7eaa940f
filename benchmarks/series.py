"""What forecasts promise and hold on anyone's series, by frequency, beside statsforecast, mlforecast and Prophet.

Run: VIGIE_REAL_DATA=... VIGIE_SERIES=series.csv python -m benchmarks.series [--most 20] [--origins 3] [--slow 12]. The
second names a file of public series (`frequency` D, W or MS, `group`, `name`, `date`, `value`); with the demo, Online
Retail and 1C they are tried at the same last origins by everybody (AutoARIMA at months only: it takes minutes a series
of days). Slow products are real ones at many origins, and simulated ones, whose true rate is known.
"""

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial
from multiprocessing import get_context

import numpy as np
import pandas as pd

from benchmarks.forecast import PACKAGES, PEER, REAL, alone, ask, installed, show
from connectors import predict_future_sales, retail
from data import demo
from models.forecast import engine
from models.forecast.combined import BASE, CALIBRATING, rolling
from models.forecast.intervals import bands, total
from models.forecast.learners import COMBINED
from models.forecast.series import CannotForecast, Regular, regular

HORIZONS = {"D": 28, "W": 13, "MS": 12}
SHORT = 72  # months below which half a horizon is asked for
SEASONS = {"D": 7, "W": 52, "MS": 12}
PEERS = ("statsforecast", "mlforecast")
SLOW, SLOW_DAYS = 300, 900
REAL_SLOW, MIN_SLOW = 60, 120  # products of a source and origin, days before it
Row = dict[str, str | float]
Trial = tuple[Row, engine.Window, Regular]  # and the series as it was known at the origin


def sources() -> dict[str, pd.DataFrame]:
    """The sales of the demo and, where there are, of Online Retail and 1C."""
    lines = {"demo": demo.dataset("sales", date(2026, 11, 20)).main}
    if REAL:
        lines["Online Retail"] = retail.load(REAL / "online_retail" / "online_retail.csv.gz")
        lines["1C"] = predict_future_sales.load(REAL / "predict_future_sales")
    return lines


def everything(lines: dict[str, pd.DataFrame], most: int) -> Iterator[tuple[str, str, str, pd.Series]]:
    """Frequency, group, name and values; at most so many of a group."""
    for group, frame in lines.items():
        goods = frame[frame["line_type"].isin(["sale", "return"])]
        days = (
            goods["quantity"].groupby([goods["timestamp"].dt.normalize(), goods["store"]]).sum().unstack(fill_value=0.0)
        )
        days = days.reindex(pd.date_range(days.index[0], days.index[-1]), fill_value=0.0)
        for name in days.sum().nlargest(most).index:
            yield "D", group, str(name), days[name]
            yield "W", group, str(name), days[name].resample("W").sum().iloc[1:-1]
            yield "MS", group, str(name), days[name].resample("MS").sum().iloc[1:-1]
    if path := os.environ.get("VIGIE_SERIES"):
        public = pd.read_csv(path, parse_dates=["date"])
        seen: dict[tuple[str, str], int] = {}
        for (frequency, group, name), rows in public.groupby(["frequency", "group", "name"], sort=False):
            seen[frequency, group] = seen.get((frequency, group), 0) + 1
            if seen[frequency, group] <= most:
                yield str(frequency), str(group), str(name), rows.set_index("date")["value"]


def tried(origins: int, one: tuple[str, str, str, pd.Series]) -> list[Trial]:
    """What Vigie and Prophet alone said of a series at its last origins, with what they knew then."""
    frequency, group, name, values = one
    try:
        known = regular(values)
        horizon = HORIZONS[frequency] // (2 if frequency == "MS" and len(known.values) < SHORT else 1)
        rolled = rolling(known, horizon, CALIBRATING + origins, horizon, (BASE, *COMBINED))
    except CannotForecast:
        return []
    found = []
    for place in range(len(rolled))[-origins:]:
        window, past = rolled[place], rolled[max(place - CALIBRATING, 0) : place]
        counted = window.counted & np.isfinite(window.actual)
        if window.history.intermittent or not counted.any():
            continue
        row: Row = {"frequency": frequency, "group": group, "name": name, "origin": float(place - len(rolled))}
        row["Vigie"] = float(np.nanmean(np.abs(window.error(engine.DEFAULT))))
        said = dict(zip(("mean", "lo", "hi"), alone(known.upto(window.length).values, window.dates), strict=True))
        row["Prophet"] = mase(window, said["mean"])
        if len(past) > 2:
            sums = total(window, past, engine.DEFAULT)
            for level, (lo, hi) in bands(window, past, engine.DEFAULT).items():
                row[f"steps {level}"] = float(((window.actual >= lo) & (window.actual <= hi))[counted].mean())
                low, high = sums[level]
                row[f"sums {level}"] = float(low <= window.actual[counted].sum() <= high)
            row["sum said / true"] = window.forecast[engine.DEFAULT][counted].sum() / window.actual[counted].sum()
        found.append((row, replace(window, fitted={}), known.upto(window.length)))
    return found


def mase(window: engine.Window, said: np.ndarray) -> float:
    """The mean absolute error at the counted steps in the unit of a window; none says less than zero."""
    off = np.abs(window.actual - np.maximum(said, 0)) / window.scale
    return float(np.nanmean(np.where(window.counted, off, np.nan)))


def beside(frequency: str, trials: list[Trial]) -> None:
    """Add what Nixtla's libraries say to the rows of a frequency; all its series of an origin are learned at once.

    They are asked for the longest horizon of all series: mlforecast wants the same number of steps of each.
    """
    pasts, futures = [], []
    for row, _window, past in trials:
        about = {"unique_id": f"{row['group']} {row['name']}", "origin": row["origin"]}
        dates = past.dates.append(past.ahead(HORIZONS[frequency]))
        frame = pd.DataFrame({"date": dates, "ds": np.arange(len(dates))}).assign(**about)
        pasts.append(frame.iloc[: len(past.values)].assign(y=past.values.to_numpy()))
        futures.append(frame.iloc[len(past.values) :])
    season, longest = SEASONS[frequency], max(len(past.values) for _row, _window, past in trials)
    # A row whose lags reach back behind its series teaches mlforecast nothing.
    lags = [1, 2, 3, *(lag for lag in (season * number for number in (1, 2, 3, 4)) if lag < longest / 3)]
    means = [width for width in (season, 4 * season) if width < longest / 3] or [3]
    how = {"season": season, "windows": 0, "arima": frequency == "MS", "models": list(PEERS)}
    how |= {"lags": lags, "means": means}
    said, _costs = ask(pd.concat(pasts), pd.concat(futures), **how)
    by_trial = dict(list(said.groupby(["unique_id", "origin"])))
    for row, window, _past in trials:
        here = by_trial[f"{row['group']} {row['name']}", row["origin"]].sort_values("ds")
        row |= {model: mase(window, here[model].to_numpy()[: len(window.dates)]) for model in PEERS}


def real_slow(loaded: dict[str, pd.DataFrame], most: int) -> pd.DataFrame:
    """What was said of 28 days of real products that sell on fewer than half of the days, over what came, all products
    together, beside the mean of the last 16 weeks: a geometric mean over origins four weeks apart, and how far origins
    lie around it (a standard deviation of logarithms), as one alone is the world more than the method.
    """
    rows = []
    for group, frame in loaded.items():
        goods = frame[frame["line_type"] == "sale"]
        days = goods["quantity"].groupby([goods["timestamp"].dt.normalize(), goods["product"]]).sum().unstack()
        days = days.reindex(pd.date_range(days.index[0], days.index[-1])).fillna(0.0)
        for origin in range(1, min(most, (len(days) - MIN_SLOW) // 28) + 1):
            known, came = days.iloc[: len(days) - 28 * origin], days.iloc[len(days) - 28 * origin :].iloc[:28]
            often = known.ne(0).mean()
            names = often.index[(often > 0.02) & (often < 0.5)]
            for name in np.random.default_rng(origin).choice(names, min(REAL_SLOW, len(names)), replace=False):
                values = known.loc[known[name].ne(0).idxmax() :, name]
                try:
                    window = engine.look(regular(values), len(values), 28, COMBINED)
                except CannotForecast:
                    continue
                if window.history.intermittent:
                    said, usual = window.forecast[engine.DEFAULT].sum(), 28 * values.iloc[-112:].mean()
                    lo, hi = total(window, [], engine.DEFAULT)[80]
                    sold = came[name].sum()
                    rows.append((group, origin, said, usual, sold, float(lo <= sold <= hi)))
    table = pd.DataFrame(rows, columns=["group", "origin", "said", "16 weeks", "came", "sums 80"])
    sums = table.groupby(["group", "origin"], sort=False)[["said", "16 weeks", "came"]].sum()
    off = np.log(sums.div(sums["came"], axis=0).drop(columns="came")).groupby("group", sort=False)
    held = table.groupby("group", sort=False)["sums 80"].agg(["mean", "size"]).set_axis(["sums 80", "products"], axis=1)
    return np.exp(off.mean()).join(off.std().add_suffix(", around")).join(held)


def slow() -> dict[str, float]:
    """What was said of the next 28 days of simulated slow products, over the true rate, and what bands held."""
    said = true = 0.0
    inside: dict[str, list[bool]] = {"sums 80": [], "sums 95": []}
    for seed in range(SLOW):
        rng = np.random.default_rng(700_000 + seed)
        often, size = rng.uniform(0.02, 0.6), rng.uniform(1, 20)
        sold = np.where(rng.random(SLOW_DAYS + 28) < often, rng.geometric(1 / size, SLOW_DAYS + 28), 0.0)
        known = regular(pd.Series(sold[:SLOW_DAYS], pd.date_range("2024-01-01", periods=SLOW_DAYS)))
        window = engine.look(known, len(known.values), 28, COMBINED)
        said, true = said + window.forecast[engine.DEFAULT].sum(), true + 28 * often * size
        for level, (lo, hi) in total(window, [], engine.DEFAULT).items():
            inside[f"sums {level}"].append(lo <= sold[SLOW_DAYS:].sum() <= hi)
    return {"sum said / true": said / true, **{name: float(np.mean(found)) for name, found in inside.items()}}


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--most", type=int, default=20, help="series of a group and frequency")
    asked.add_argument("--origins", type=int, default=3, help="of a series")
    asked.add_argument("--slow", type=int, default=12, help="origins of slow products")
    how = asked.parse_args()
    peers, lines = installed(PEER, PACKAGES), sources()
    show(f"real slow products, 28 days, {REAL_SLOW} at each origin", real_slow(lines, how.slow))
    show(f"{SLOW} simulated slow products, 28 days", pd.DataFrame([slow()]))
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        trials = [
            trial for found in pool.map(partial(tried, how.origins), everything(lines, how.most)) for trial in found
        ]
    for frequency in HORIZONS:
        here = [trial for trial in trials if trial[0]["frequency"] == frequency]
        if peers and here:
            beside(frequency, here)
    rows = pd.DataFrame([row for row, _window, _past in trials])
    ratio = partial(_ratio, rows, [name for name in (*PEERS, "Prophet") if name in rows])
    held = rows.groupby("frequency", sort=False)[[name for name in rows if name[:4] in ("step", "sums", "sum ")]]
    show("Vigie's error over that of others (geometric mean of series and origins)", ratio())
    show("the same over the best of them, by source", ratio("group"))
    show(
        "held by bands, and sums said over true (median)",
        held.mean().assign(**{"sum said / true": held.median().iloc[:, -1]}),
    )


def _ratio(rows: pd.DataFrame, others: list[str], by: str = "") -> pd.DataFrame:
    logged = np.log(rows[["Vigie", *others]].clip(lower=1e-3))
    off = logged[others].rsub(logged["Vigie"], axis=0).groupby(rows["frequency"], sort=False)
    table = np.exp(off.mean())
    best = table.max(axis=1)
    if by:
        winner = table.idxmax(axis=1)
        chosen = pd.Series(
            [logged["Vigie"][i] - logged[winner[rows["frequency"][i]]][i] for i in rows.index], rows.index
        )
        return np.exp(chosen.groupby([rows["frequency"], rows[by]]).mean().unstack(0))
    return table.assign(best=best, forecasts=off.size())


if __name__ == "__main__":
    main()
