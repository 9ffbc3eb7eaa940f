"""What it costs or gains that days, weeks, months, shops and everything add up, and what bands of their sums hold.

Run: VIGIE_REAL_DATA=... python -m benchmarks.coherent [--parts 5] [--origins 4]. The largest shops of the demo, of
Online Retail and of 1C, and all of each together, at origins 35 days apart: errors of each forecast by itself and of
those that add up, over the usual difference of two such steps, and how often their bands held.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pandas as pd

from benchmarks.forecast import show
from benchmarks.series import sources
from models.forecast import coherent, engine
from models.forecast.combined import CALIBRATING, QUICK, answer, rolling
from models.forecast.series import CannotForecast, regular
from models.forecast.source import Span
from models.forecast.source import series as coarser

APART = 35  # days between origins: at all times of a month
AHEAD = {"D": 28, "W": 8, "MS": 3}
Row = dict[str, str | float]


def shops(parts: int) -> Iterator[tuple[str, dict[coherent.Key, pd.Series]]]:
    """Units a day of everything and of its largest shops, the others together."""
    for group, frame in sources().items():
        goods = frame[frame["line_type"].isin(["sale", "return"])]
        days = goods["quantity"].groupby([goods["timestamp"].dt.normalize(), goods["store"]]).sum().unstack()
        days = days.reindex(pd.date_range(days.index[0], days.index[-1])).fillna(0.0)
        largest = days.sum().nlargest(parts).index
        told = {("store", str(name)): days[name] for name in largest} | {coherent.ALL: days.sum(axis=1)}
        yield group, told | {("store", ""): days.drop(columns=largest).sum(axis=1)}


def tried(group: str, values: dict[coherent.Key, pd.Series], back: int) -> list[Row]:
    """Errors and what bands held, `back` days before the end of the data."""
    rows: list[Row] = []
    days = {}
    for key, one in values.items():
        known = one.iloc[: len(one) - back] if back else one
        known = known[known.ne(0).idxmax() :]
        if len(known) > coherent.reach(known.index[-1]):
            try:
                days[key] = coherent.by_day(known, Span(known.index[0], known.index[-1]))
            except CannotForecast:
                days[key] = pd.Series(known.iloc[-91:].mean(), pd.date_range(known.index[-1], periods=93)[1:])
    added = coherent.by_part(days) if coherent.ALL in days else days
    for key in days:
        known = values[key].iloc[: len(values[key]) - back]
        known = known[known.ne(0).idxmax() :]
        about: Row = {"group": group, "part": " ".join(key).strip() or "everything"}
        frame = pd.DataFrame({"day": known.index, "units": known.to_numpy()})
        for frequency, ahead in AHEAD.items():
            steps = coarser(frame, "units", frequency, Span(known.index[0], known.index[-1]))[0]
            try:
                history = regular(steps)
                past = rolling(history, ahead, CALIBRATING, ahead, QUICK)
                alone = answer(history, engine.look(history, len(steps), ahead, QUICK), past)
            except CannotForecast:
                continue
            usual = engine.naive_error(steps.to_numpy(), 7 if frequency == "D" else 1) or 1.0
            said = {"by itself": alone}
            said |= {name: coherent.agreeing(alone, one[key], known, frequency)
                     for name, one in (("days and months", days), ("and parts", added))}  # fmt: skip
            came = np.array([_came(values[key], step, frequency) for step in alone.frame.index])
            for name, one in said.items():
                lo, hi = (one.frame[f"{end}-80"].to_numpy() for end in ("lo", "hi"))
                low, high = (one.frame[f"{end}-95"].to_numpy() for end in ("lo", "hi"))
                off = np.abs(one.frame["mean"].to_numpy() - came) / usual
                good = np.isfinite(came) & one.window.counted
                # The step under way is apart: by itself it knows nothing of what was sold of it.
                way = np.array([coherent.ends(step, frequency)[0] <= known.index[-1] if frequency != "D" else False
                                for step in alone.frame.index])  # fmt: skip
                row = about | {"frequency": frequency, "method": name}
                row |= {"error": float(off[good & ~way].mean()) if (good & ~way).any() else np.nan}
                row |= {"under way": float(off[good & way].mean()) if (good & way).any() else np.nan}
                row |= {"steps 80": float(((came >= lo) & (came <= hi))[good].mean()) if good.any() else np.nan}
                row |= {"steps 95": float(((came >= low) & (came <= high))[good].mean()) if good.any() else np.nan}
                if np.isfinite(came).all():
                    row |= {f"sums {level}": float(a <= came.sum() <= b) for level, (a, b) in one.total.items()}
                rows.append(row)
    return rows


def _came(values: pd.Series, step: pd.Timestamp, frequency: str) -> float:
    start, end = (step, step) if frequency == "D" else coherent.ends(step, frequency)
    return float(values[start:end].sum()) if end <= values.index[-1] else np.nan


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--parts", type=int, default=5, help="shops of a source")
    asked.add_argument("--origins", type=int, default=4)
    how = asked.parse_args()
    tasks = [(group, values, APART * (number + 1) + 62) for group, values in shops(how.parts)
             for number in range(how.origins)]  # fmt: skip
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        found = [row for rows in pool.map(partial(_one), tasks) for row in rows]
    table = pd.DataFrame(found)
    for title, rows in (("all series", table), ("everything", table[table["part"] == "everything"])):
        show(title, _mean(rows, ["frequency", "method"]))
    show("by source", _mean(table, ["group", "frequency", "method"])[["error", "under way"]])


def _mean(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    means = rows.groupby(by, sort=False).mean(numeric_only=True)
    return means.set_axis([": ".join(names) for names in means.index])


def _one(task: tuple[str, dict[coherent.Key, pd.Series], int]) -> list[Row]:
    return tried(*task)


if __name__ == "__main__":
    main()
