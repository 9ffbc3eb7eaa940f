"""Alarms of drift: what is promised beside what was held, on data whose truth is known.

Run: python -m benchmarks.alarms --seed N [--runs 20] [--rows WORD]: a fresh base seed each time it is published, and
neither one that was looked at while something was changed nor those of the tests; `--rows` prints the rows that have a
word in them. A run is a table of ten columns over one or three years of
days: six numbers (one with missing values, one of few whole numbers), four of text with 3 to 300 levels. Rows of a day
are drawn straight into the bins of the reference, whose edges come from rows that are drawn: that is what the rows
themselves would give, and 10,000 a day are as quick as 5. Joint changes are made of rows.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm, poisson

from models.drift import alarms, bins, classifier, counted, watch
from models.drift.bins import Bins
from models.drift.counted import Column, Watched
from models.drift.monitored import Sheet

YEAR = 364
START = np.datetime64("2023-01-02")
REFERENCE_ROWS = 400_000  # most that are drawn to cut bins: more would move no edge
NUMBERS = ("a", "b", "c", "d", "missing")
LEVELS = {"three": 3, "ten": 10, "twenty": 20, "three hundred": 300}
MISSING = 0.05


@dataclass(frozen=True)
class Truth:
    """What the days of a simulation are made of: `wave`, the height of a yearly wave in standard deviations; and from
    the day `change` on a `shift` of the mean, a factor `wider` of the spread, a share `swapped` between the first two
    levels of text, `missing` values. `mix` is how much levels of text vary from week to week (of their logarithms)."""

    days: int
    wave: float = 0.0
    change: int = 10**9
    shift: float = 0.0
    wider: float = 1.0
    swapped: float = 0.0
    missing: float = MISSING
    mix: float = 0.0
    changed: tuple[str, ...] = field(default=("a",))


def simulated(truth: Truth, rows: int, learned: tuple[int, int], seed: int) -> Watched:
    """The table of a truth with so many rows a day, in bins that are cut by the days from `learned[0]` to `[1]`."""
    draw = np.random.default_rng(seed)
    day = np.arange(truth.days)
    after = (day >= truth.change).astype(float)
    columns = []
    for name in (*NUMBERS, "whole", *LEVELS):
        moved = after if name in truth.changed else np.zeros(truth.days)
        mean = truth.wave * np.sin(2 * np.pi * (day / YEAR + draw.random())) + truth.shift * moved
        spread = 1 + (truth.wider - 1) * moved
        gone = np.zeros(truth.days)
        if name == "missing":
            gone = MISSING + (truth.missing - MISSING) * moved
        inside = draw.integers(learned[0], learned[1] + 1, min(rows * (learned[1] - learned[0] + 1), REFERENCE_ROWS))
        if name in LEVELS:
            shares = _levels(LEVELS[name], mean, truth.mix, truth.swapped * moved, draw)
            names = [f"level {level}" for level in range(LEVELS[name])]
            drawn = _each(shares[inside], draw)
            cut = bins.freeze(pd.Series(names, dtype="str").take(drawn))
            known = cut._places(apart=True)
            masses = np.zeros((truth.days, len(cut.counts) + max(len(cut.rest) - 1, 0)))
            np.add.at(masses.T, [known.get(level, masses.shape[1] - 2) for level in names], shares.T)
        elif name == "whole":
            rate = 2 * np.exp(0.7 * mean)
            cut = bins.freeze(pd.Series(draw.poisson(rate[inside]).astype(float)))
            at = np.array(cut.values)
            masses = poisson.pmf(at, rate[:, None]) if cut.values else np.zeros((truth.days, 0))
            masses = np.c_[masses, np.maximum(1 - masses.sum(axis=1), 0), np.zeros(truth.days)]
        else:
            drawn = draw.normal(mean[inside], spread[inside])
            drawn[draw.random(len(drawn)) < gone[inside]] = np.nan
            cut = bins.freeze(pd.Series(drawn))
            upto = norm.cdf((np.array(cut.edges) - mean[:, None]) / spread[:, None])
            masses = np.diff(np.c_[np.zeros(truth.days), upto, np.ones(truth.days)]) * (1 - gone[:, None])
            masses = np.c_[masses, gone]
        columns.append(_column(name, cut, masses, rows, draw))
    days = START + day
    return Watched(days, tuple(columns), (days[learned[0]], days[learned[1]]))


def _column(name: str, cut: Bins, masses: np.ndarray, rows: int, draw: np.random.Generator) -> Column:
    view = draw.multinomial(rows, masses / masses.sum(axis=1, keepdims=True))
    units = np.full(len(masses), rows)
    apart = view if cut.rest else None
    return Column(name, cut, sum(cut.counts), cut.together(view), apart, units, None, None)


def _levels(count: int, mean: np.ndarray, mix: float, swapped: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """The shares of levels on each day: a few frequent ones, tilted by the wave, unsteady from week to week."""
    weight = -np.log(np.arange(1, count + 1) + 1.0)
    tilt = np.linspace(-1, 1, count)[draw.permutation(count)]
    weeks = draw.normal(0, mix, (len(mean) // 7 + 1, count))
    shares = np.exp(weight + 0.5 * mean[:, None] * tilt + weeks[np.arange(len(mean)) // 7])
    shares /= shares.sum(axis=1, keepdims=True)
    part = np.minimum(swapped, shares[:, 0])
    shares[:, 0] -= part
    shares[:, 1] += part
    return shares


def _each(shares: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """One level for each row of shares."""
    luck = draw.random(len(shares))
    return np.concatenate(
        [
            (part.cumsum(axis=1) < luck[begun : begun + len(part), None]).sum(axis=1)
            for begun in range(0, len(shares), 20_000)
            for part in (shares[begun : begun + 20_000],)
        ]
    ).clip(max=shares.shape[1] - 1)


ONE_YEAR, THREE_YEARS = (365, (0, 91)), (1095, (28, 687))


def false_alarms(runs: int, seed: int, rows: int, span: tuple[int, tuple[int, int]], **truth: Any) -> float:
    """Confirmed alerts a year where nothing changes."""
    found, years = 0, 0.0
    for run in range(runs):
        days, learned = span
        drift = watch.backfill(simulated(Truth(days, **truth), rows, learned, seed + run))
        after = drift[~drift["learned"]]
        found += len(alarms.replay(after, watch.THRESHOLD, []).alerts)
        years += after["day"].nunique() / 365.25
    return found / years


def days_to_find(runs: int, seed: int, rows: int, name: str, **truth: Any) -> list[float]:
    """Days from a change, counted from 1, until the column that changed is confirmed; infinite where it is missed."""
    late = []
    for run in range(runs):
        change = 365 + run % 7
        seen = simulated(Truth(420, change=change, changed=(name,), **truth), rows, (28, 330), seed + run)
        drift = watch.backfill(seen)
        confirmed = drift[(drift["feature"] == name) & (drift["label"] == watch.CONFIRMED)]
        after = confirmed.loc[confirmed["day"] >= pd.Timestamp(START) + pd.Timedelta(days=change), "day"]
        late.append((after.min() - pd.Timestamp(START)).days - change + 1 if len(after) else np.inf)
    return late


def joint(
    per_day: int, days: int, correlation: np.ndarray, effect: np.ndarray, seed: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of ten normal columns, of which the first two go together by `correlation` on each day, and who left: by the
    third column, with a log-odds of `effect` a standard deviation."""
    draw = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), per_day)
    frame = pd.DataFrame(draw.normal(size=(len(day), 10)), columns=[f"x{place}" for place in range(10)])
    both = correlation[day]
    frame["x1"] = both * frame["x0"] + np.sqrt(1 - both**2) * frame["x1"]
    leaves = 1 / (1 + np.exp(1 - effect[day] * frame["x2"]))
    return frame.assign(left=(draw.random(len(day)) < leaves).astype(float)), START + day


def joint_days(runs: int, seed: int, per_day: int, what: str) -> list[float]:
    """Days from a joint change until the classifier tells the window from the weeks before; infinite after 21."""
    late = []
    for run in range(runs):
        changed = (np.arange(49) >= 28).astype(float)
        correlation = 0.9 - 1.8 * changed * (what == "correlation flipped")
        effect = 1.5 - 3.0 * changed * (what == "effect reversed")
        frame, day = joint(per_day, 49, correlation, effect, seed + run)
        columns = frame if what == "effect reversed" else frame.drop(columns="left")
        late.append(next((float(after) for after in range(1, 22) if _told(columns, day, 27 + after)), np.inf))
    return late


def joint_false(runs: int, seed: int, per_day: int) -> float:
    """Windows told apart a year where nothing changes, one judged every day."""
    frame_days = 21 + 7 + runs
    frame, day = joint(per_day, frame_days, np.full(frame_days, 0.9), np.full(frame_days, 1.5), seed)
    return 365.25 * sum(_told(frame, day, 27 + run) for run in range(runs)) / runs


def _told(frame: pd.DataFrame, day: np.ndarray, last: int) -> bool:
    sheet = Sheet(frame, day, np.arange(len(frame)))
    learned = START + np.array([max(last - 27, 0), last - 7])
    return classifier.confirmed(counted.count((sheet,), (learned[0], learned[1])), sheet, START + last) is not None


def year(rows: int) -> str:
    """Seconds to count and judge a year of 30 columns, a million rows in two years of days (see `benchmarks.drift`)."""
    from benchmarks import drift

    wall, processors = drift.year(rows)
    return f"{wall:.1f} ({processors:.1f} of all processors)"


def spread(late: list[float]) -> str:
    """The median and the 90th percentile of days."""
    return " / ".join(f"{np.quantile(late, share, method='higher'):.0f}" for share in (0.5, 0.9))


def joint_pvalues(runs: int, seed: int, per_day: int) -> float:
    """The share of p-values up to 0.05 where nothing changes."""
    found = []
    for run in range(runs):
        frame, day = joint(per_day, 28, np.full(28, 0.9), np.full(28, 1.5), seed + run)
        late = day >= START + 21
        cut = {name: bins.freeze(frame[name]) for name in frame}
        one = classifier.apart(frame[~late], frame[late], cut, (day[~late], day[late]))
        found.append(one is not None and one.pvalue <= 0.05)
    return float(np.mean(found))


@dataclass(frozen=True)
class Row:
    """A row of the table: what is `promised`, and `held(runs, seed)`; `share` of the runs asked for, where a run takes
    long or tells little."""

    what: str
    promised: str
    held: Callable[[int, int], str]
    share: float = 1.0


def quiet(spans: dict[tuple[int, tuple[int, int]], float], sizes: tuple[int, ...], what: str, promised: str) -> Row:
    """A row of false alerts without drift: spans of data with the height of a yearly wave, and rows a day."""

    def held(runs: int, seed: int) -> str:
        return _rates(
            [false_alarms(runs, seed, rows, span, wave=wave) for span, wave in spans.items() for rows in sizes]
        )

    return Row(what, promised, held)


def found_in(what: str, promised: int, rows: int, name: str, **truth: float) -> Row:
    """A row of the days until a change is found."""
    return Row(what, str(promised), lambda runs, seed: spread(days_to_find(runs, seed, rows, name, **truth)), 2.0)


def table() -> list[Row]:
    """The rows, in their order."""
    sizes = (20, 100, 1_000)
    found = [
        quiet(
            {ONE_YEAR: 0.0, THREE_YEARS: 0.0},
            (rows,),
            f"false alerts a year, no drift, {rows:,} rows a day, one / three years of data",
            "1",
        )
        for rows in (5, 20, 100, 1_000, 10_000)
    ]
    found += [
        quiet(
            {span: wave},
            sizes,
            f"likewise with a yearly wave of {wave} sd, {name}; 20 / 100 / 1,000 rows a day",
            promised,
        )
        for wave in (0.5, 1.0)
        for span, name, promised in ((ONE_YEAR, "one year", "2"), (THREE_YEARS, "three years", "1"))
    ]
    mix = "likewise with a mix of levels that varies from week to week, 100 rows a day"
    found.append(Row(mix, "1", lambda runs, seed: _rates([false_alarms(runs, seed, 100, ONE_YEAR, mix=0.3)]), 2.0))
    found += [
        found_in(f"days until +0.5 sd is found, {rows:,} rows a day (median / 9 of 10)", most, rows, "a", shift=0.5)
        for rows, most in ((20, 14), (100, 7), (1_000, 3), (10_000, 3))
    ]
    found += [
        found_in("days until found, sd x 1.5, 100 rows a day", 14, 100, "a", wider=1.5),
        found_in("days until found, two levels swapped (0.2), 100 rows a day", 14, 100, "ten", swapped=0.2),
        found_in("days until found, missing 5 to 20 %, 100 rows a day", 14, 100, "missing", missing=0.2),
    ]
    for what, most in (("correlation flipped", 14), ("effect reversed", 21)):
        name = f"days until found, {what}, 100 rows a day"
        found.append(
            Row(name, str(most), lambda runs, seed, what=what: spread(joint_days(runs, seed, 100, what)), 0.25)  # type: ignore[misc]
        )
    return [
        *found,
        Row(
            "windows a year told apart without drift, 20 rows a day, one judged on each of so many days",
            "1",
            lambda runs, seed: _rates([joint_false(runs, seed, 20)]),
            5.0,
        ),
        Row(
            "share of p-values of all columns together up to 0.05 without drift, 20 rows a day",
            "0.05",
            lambda runs, seed: f"{joint_pvalues(runs, seed, 20):.2f}",
            3.0,
        ),
        Row("seconds for a year of 30 columns, a million rows", "5", lambda _runs, _seed: year(1_000_000), 0.0),
    ]


def main() -> None:
    """Print the table: promised beside held."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seed", type=int, required=True, help="base of the seeds; each row has its own")
    asked.add_argument("--runs", type=int, default=20, help="simulations a row; some have more or fewer")
    asked.add_argument("--rows", default="", help="only rows with this in them")
    given = asked.parse_args()
    print("| what | promised | held | runs |\n| --- | --- | --- | --- |", flush=True)
    for place, row in enumerate(table()):
        if given.rows in row.what:
            runs = max(round(row.share * given.runs), 1)
            print(
                f"| {row.what} | {row.promised} | {row.held(runs, given.seed + 1_000 * place)} | {runs} |", flush=True
            )


def _rates(found: list[float]) -> str:
    return " / ".join(f"{rate:.1f}" for rate in found)


if __name__ == "__main__":
    main()
