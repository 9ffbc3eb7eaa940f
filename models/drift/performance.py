"""How good a model has been since it learned, window by window, and how good it seems before the truth arrives.

A measure of a window is a row with `value` and the ends `lo`, `hi` of its 95 % interval, under the measure's name.
Churn: `auc`; `recall`, `f1` and `accuracy` where the riskiest `CAMPAIGN` of the customers are called; `brier`,
`log_loss`; `in_the_large` (share who left less mean risk) and `slope` of the calibration (Cox 1958, Biometrika 45,
562-565: 1 is right, below it risks are too extreme). Sales: `mae`, `wape` (error as a share of what was sold), `bias`
(forecast less sold, as a share of sold), `mase`, `coverage-80`, `coverage-95`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

import locales
from locales import N_, _

CAMPAIGN = 0.2  # share of the customers who are called, the riskiest first
MIN_LEAVERS = 10  # leavers, and stayers, behind any measure
MIN_DAYS = 3  # days with sales behind any measure
DRAWS = 300
NEWTON = 12  # steps at most
LEVEL = 0.05  # at which a change point counts
WEEK = 7
SHUFFLES = 999
SHORTEST = 3  # windows on either side of a change point
# Which way is worse: 1 upwards, -1 downwards, 0 both ways.
WORSE = {
    "auc": -1,
    "recall": -1,
    "f1": -1,
    "accuracy": -1,
    "brier": 1,
    "log_loss": 1,
    "in_the_large": 0,
    "slope": 0,
    "wape": 1,
    "mae": 1,
    "mase": 1,
    "bias": 0,
    "coverage-80": 0,
    "coverage-95": 0,
}
SHARES = ("recall", "f1", "accuracy", "wape", "coverage-80", "coverage-95")
POINTS = {"in_the_large": N_("{number} points"), "bias": N_("{number}%")}  # signed, in hundredths
IDEAL = {
    "slope": 1.0,
    "coverage-80": 0.8,
    "coverage-95": 0.95,
}  # of a measure that can be off both ways; else 0
LATEST = 3  # windows that stand for now where nothing has changed
REFERENCE = "reference"  # segment of the row that windows are held against


@dataclass(frozen=True)
class Course:
    """A measure over time: rows of `day`, `value`, `lo`, `hi`, `rows` in order, when realised and before.

    `changes` are the days from which on it differs. `now` is its mean since the last of them, the day `since` (where
    nothing changed, the first of the last `LATEST` windows), `then` from `start` (the change before, or the first day)
    until it, and `expected` the mean of the estimates since.
    """

    metric: str
    realised: pd.DataFrame
    estimated: pd.DataFrame
    reference: float
    changes: tuple[pd.Timestamp, ...]
    start: pd.Timestamp
    since: pd.Timestamp
    then: float
    now: float
    expected: float

    @property
    def worse(self) -> bool:
        """Whether it is worse now than it was then."""
        return bad(self.metric, self.now) > bad(self.metric, self.then)


def bad(metric: str, value: float) -> float:
    """A measure turned so that more is worse."""
    return abs(value - IDEAL.get(metric, 0.0)) if WORSE[metric] == 0 else WORSE[metric] * value


def written(metric: str, value: float, currency: str = "") -> str:
    """A value of a measure with its unit (`currency`: of `mae`)."""
    if value != value:
        return "–"
    if metric in POINTS:
        return _(POINTS[metric]).format(number=locales.signed(100 * value, partial(locales.number, digits=1)))
    if metric in SHARES:
        return locales.percent(value)
    return locales.money(value, currency) if metric == "mae" else locales.number(value, 2 if metric != "brier" else 3)


def course(log: pd.DataFrame, metric: str, like: Course | None = None) -> Course | None:
    """A measure of one version in `data.state.performance_log`; None where it was never realised.

    Compared before and since the days of another measure, where `like` is given.
    """
    part = log[log["metric"] == metric].sort_values("day")
    whole, usual = part[part["segment"] == ""], part.loc[part["segment"] == REFERENCE, "value"]
    realised_, estimated_ = whole[~whole["estimated"]], whole[whole["estimated"]]
    if realised_.empty:
        return None
    days = realised_["day"].reset_index(drop=True)
    places = change_points(realised_["value"].to_numpy())
    first, place = [0, *places][-2:] if places else (0, max(len(days) - LATEST, 0))
    start, since = (like.start, like.since) if like else (days[first], days[place])
    before = realised_[(realised_["day"] >= start) & (realised_["day"] < since)]
    return Course(
        metric,
        realised_,
        estimated_,
        float(usual.iloc[-1]) if len(usual) else float(realised_["value"].mean()),
        tuple(days[places]),
        start,
        since,
        float((before if len(before) else realised_)["value"].mean()),
        float(realised_.loc[realised_["day"] >= since, "value"].mean()),
        float(estimated_.loc[estimated_["day"] >= since, "value"].mean()),
    )


def by_segment(log: pd.DataFrame, metric: str, since: pd.Timestamp) -> pd.DataFrame:
    """A measure of each segment before and since a day, one row a level: `column`, `level`, `then`, `then_lo`,
    `then_hi`, `now`, `now_lo`, `now_hi`, `rows`.

    Means over windows; their ends from those of the windows, which have no customer's outcome or day in common.
    """
    part = log[(log["metric"] == metric) & log["segment"].str.contains("=") & ~log["estimated"]]
    found = []
    for segment, windows in part.groupby("segment"):
        column, _equal, level = str(segment).partition("=")
        row: dict[str, object] = {"column": column, "level": level, "rows": int(windows["rows"].sum())}
        for name, some in (("then", windows[windows["day"] < since]), ("now", windows[windows["day"] >= since])):
            half = np.sqrt((((some["hi"] - some["lo"]) / 2) ** 2).sum()) / max(len(some), 1)
            value = some["value"].mean()
            row |= {name: value, f"{name}_lo": value - half, f"{name}_hi": value + half}
        found.append(row)
    names = ["column", "level", "rows", *(f"{when}{end}" for when in ("then", "now") for end in ("", "_lo", "_hi"))]
    return pd.DataFrame(found, columns=names).dropna(subset=["then", "now"])


def quality(forecast: np.ndarray, gone: np.ndarray, stayed: np.ndarray) -> dict[str, np.ndarray]:
    """The churn measures of probabilities `forecast` (n), once for each row of `gone` and `stayed` (draws x n).

    These say how much of a leaver and of a stayer each customer counts: 1 and 0 where the truth is known, its
    probability where it is not, multiples where customers are drawn again. A pair of a customer with themselves does
    not count in the AUC, so that with probabilities it is the expected AUC (ties count half).
    """
    sure = np.clip(forecast, 1e-12, 1 - 1e-12)
    order = np.argsort(-forecast, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(forecast[order]) != 0])  # of each group of equal probabilities
    leavers, stayers = (np.add.reduceat(part[:, order], first, axis=1) for part in (gone, stayed))
    left, rest = leavers.sum(axis=1), stayers.sum(axis=1)
    alone = (gone * stayed).sum(axis=1)
    below = rest[:, None] - stayers.cumsum(axis=1) + stayers / 2
    everyone = left + rest
    called, found = (np.c_[np.zeros(len(left)), part.cumsum(axis=1)] for part in (leavers + stayers, leavers))
    hits = np.array([np.interp(CAMPAIGN * all_, x, y) for all_, x, y in zip(everyone, called, found, strict=True)])
    return {
        "auc": ((leavers * below).sum(axis=1) - alone / 2) / (left * rest - alone),
        "recall": hits / left,
        "f1": 2 * hits / (CAMPAIGN * everyone + left),
        "accuracy": 1 - (CAMPAIGN * everyone + left - 2 * hits) / everyone,
        "brier": (gone @ (1 - forecast) ** 2 + stayed @ forecast**2) / everyone,
        "log_loss": -(gone @ np.log(sure) + stayed @ np.log(1 - sure)) / everyone,
        "in_the_large": (left - (gone + stayed) @ forecast) / everyone,
        "slope": _slope(np.log(sure / (1 - sure)), gone, stayed),
    }


def realised(forecast: np.ndarray, left: np.ndarray, seed: int = 0) -> pd.DataFrame | None:
    """The churn measures of probabilities against who left, one row a measure; None with too few of either outcome.

    Intervals: percentiles of customers drawn again (bootstrap).
    """
    if min(left.sum(), (~left).sum()) < MIN_LEAVERS:
        return None
    truth = np.array([left, ~left], float)

    def drawn(random: np.random.Generator, draws: int) -> tuple[np.ndarray, np.ndarray]:
        times = random.multinomial(len(forecast), np.full(len(forecast), 1 / len(forecast)), draws)
        return times * truth[0], times * truth[1]

    return _with_ends(forecast, truth[0], drawn, seed)


def calibrated(forecast: np.ndarray, reference: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Probabilities `forecast` as the reference (what was forecast there, and who left) teaches to read them.

    Isotonic regression: Zadrozny and Elkan (2002), KDD, 694-699.
    """
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(reference, left)
    return np.asarray(fitted.predict(forecast), float)


def estimated(forecast: np.ndarray, risk: np.ndarray, seed: int = 0) -> pd.DataFrame | None:
    """The churn measures to be expected of `forecast` before it is known who left, if each does with `calibrated` risk.

    Confidence-based performance estimation (the method is described in NannyML's documentation). The ends hold what
    would be measured 19 times in 20 if the risks were right: chance alone decides who leaves. Where the link between
    columns and leaving has changed (concept drift), the risks are wrong and so is the estimate; it follows a change of
    who the customers are. None with too few expected of either outcome.
    """
    if min(risk.sum(), (1 - risk).sum()) < MIN_LEAVERS:
        return None

    def drawn(random: np.random.Generator, draws: int) -> tuple[np.ndarray, np.ndarray]:
        left = random.random((draws, len(risk))) < risk
        return left.astype(float), (~left).astype(float)

    return _with_ends(forecast, risk, drawn, seed)


def sold(rows: pd.DataFrame, scale: float) -> pd.DataFrame | None:
    """The sales measures of forecasts whose truth is known, one row a measure; None on too few days with sales.

    `rows`: `target_day`, `mean`, `actual` and the ends `lo_80`, ... ; one day may have been forecast several times.
    `scale` is the unit of MASE (see `usual_step`). Days are what varies: the t interval of their means, and of ratios
    by linearisation (Cochran 1977, Sampling Techniques, ch. 6).
    """
    from scipy.special import stdtrit

    days = _by_day(rows)
    if len(days) < MIN_DAYS:
        return None
    enough = float(stdtrit(len(days) - 1, 0.975)) / np.sqrt(len(days))
    one = np.ones(len(days))
    parts = {
        "mae": (days["off"], one),
        "wape": (days["off"], days["actual"]),
        "bias": (days["error"], days["actual"]),
        "mase": (days["off"] / scale, one),
        "coverage-80": (days["in_80"], one),
        "coverage-95": (days["in_95"], one),
    }
    found = {}
    for name, (above, below) in parts.items():
        base = float(np.mean(below))
        ratio = float(above.mean() / base) if base else np.nan
        half = enough * float((above - ratio * below).std(ddof=1)) / base if base else np.nan
        found[name] = (ratio, ratio - half, ratio + half)
    frame = pd.DataFrame.from_dict(found, "index", columns=["value", "lo", "hi"])
    limits = {"coverage-80": 1.0, "coverage-95": 1.0}
    lowest = pd.Series(np.where(frame.index == "bias", -np.inf, 0.0), frame.index)
    frame["hi"] = frame["hi"].clip(upper=pd.Series(limits).reindex(frame.index, fill_value=np.inf))
    return frame.assign(lo=frame["lo"].clip(lower=lowest))


def expected(rows: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame | None:
    """The error to be expected of forecasts from the width of their bands, before the truth is known: `wape`, `mae`.

    How an error goes with a width is learned on the reference rows, week by week; the ends are what held 19 in 20 of
    its weeks. Like any estimate from the model's own confidence, it does not see what the bands do not.
    """
    weeks = [part for _week, part in reference.groupby(week_of(reference["target_day"]))]
    known = [_by_day(part) for part in weeks]
    ratios = np.array([part["off"].sum() / part["half"].sum() for part in known if len(part) >= MIN_DAYS])
    days = _by_day(rows)
    if len(ratios) < WEEK or len(days) < MIN_DAYS:
        return None
    usual = sum(part["off"].sum() for part in known) / sum(part["half"].sum() for part in known)
    each = np.array([usual, *np.quantile(ratios, [0.025, 0.975])]) * days["half"].mean()
    return pd.DataFrame(
        [each / days["mean"].mean(), each], index=pd.Index(["wape", "mae"]), columns=["value", "lo", "hi"]
    )


def week_of(days: pd.Series) -> pd.Series:
    """The Sunday that ends the week of each day."""
    return days + pd.to_timedelta(6 - days.dt.day_of_week, unit="D")


def usual_step(values: pd.Series) -> float:
    """The unit of MASE for a daily series: the mean absolute difference to a week before, where anything was sold."""
    steps = (values - values.shift(WEEK)).abs()[(values != 0) | (values.shift(WEEK) != 0)]
    return float(steps.mean()) or 1.0


def change_points(values: Sequence[float], seed: int = 0) -> list[int]:
    """The places from which on `values` are higher or lower than before; the first place is never one.

    Binary segmentation on ranks, which an outlier does not move (Scott and Knott 1974, Biometrics 30, 507-512; Pettitt
    1979, Applied Statistics 28, 126-135): the split whose two means differ most, in standard errors, counts if
    shuffled values split as well less than `LEVEL` of the time (Antoch and Hušková 2001, Statistics & Probability
    Letters 53, 37-46); then each side is searched.
    """
    return sorted(_splits(np.asarray(values, float), 0, np.random.default_rng(seed)))


def off(window: pd.DataFrame, metric: str, reference: float) -> np.ndarray:
    """Which rows (`lo`, `hi`) of a measure are surely worse than the reference."""
    above, below = window["lo"].to_numpy() > reference, window["hi"].to_numpy() < reference
    return {1: above, -1: below, 0: above | below}[WORSE[metric]]


def _with_ends(forecast: np.ndarray, gone: np.ndarray, drawn, seed: int) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    """The measures of customers who count as leavers by `gone`, with percentiles of what `drawn` draws."""
    random = np.random.default_rng(seed)
    draws = [quality(forecast, *drawn(random, count)) for count in _chunks(len(forecast))]
    value = quality(forecast, gone[None], 1 - gone[None])
    rows = {
        name: (float(value[name][0]), *np.nanquantile(np.concatenate([one[name] for one in draws]), [0.025, 0.975]))
        for name in value
    }
    return pd.DataFrame.from_dict(rows, "index", columns=["value", "lo", "hi"])


def _chunks(customers: int) -> Iterator[int]:
    """`DRAWS` in parts that stay in a processor's cache."""
    size = max(1, 200_000 // max(customers, 1))
    for start in range(0, DRAWS, size):
        yield min(size, DRAWS - start)


def _slope(log_odds: np.ndarray, gone: np.ndarray, stayed: np.ndarray) -> np.ndarray:
    """The slope of a logistic regression of leaving on the log-odds, one a row of the weights: Newton's method. NaN
    where all have the same risk."""
    weight = gone + stayed
    if np.ptp(log_odds) < 1e-9:  # one risk for all: nothing that could be too steep
        return np.full(len(gone), np.nan)
    level, slope = np.zeros(len(gone)), np.ones(len(gone))
    for _step in range(NEWTON):
        risk = 1 / (1 + np.exp(-np.clip(level[:, None] + slope[:, None] * log_odds, -30, 30)))
        missed, bend = gone - weight * risk, weight * risk * (1 - risk)
        g0, g1 = missed.sum(axis=1), missed @ log_odds
        h00, h01, h11 = bend.sum(axis=1), bend @ log_odds, bend @ log_odds**2
        size = np.maximum(h00 * h11 - h01**2, 1e-12)
        step = (h00 * g1 - h01 * g0) / size
        level, slope = level + (h11 * g0 - h01 * g1) / size, slope + step
        if np.abs(step).max() < 1e-6:
            break
    return slope


def _by_day(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a day that was forecast, closed ones apart: means over its forecasts of what the measures are made of."""
    counted = rows[(rows["mean"] != 0) | (rows["actual"].fillna(0) != 0)]
    inside = {
        f"in_{level}": (counted["actual"].between(counted[f"lo_{level}"], counted[f"hi_{level}"])).astype(float)
        for level in (80, 95)
    }
    error = counted["mean"] - counted["actual"]
    parts = counted.assign(off=error.abs(), error=error, half=(counted["hi_80"] - counted["lo_80"]) / 2, **inside)
    return parts.groupby("target_day")[["mean", "actual", "off", "error", "half", "in_80", "in_95"]].mean()


def _splits(values: np.ndarray, start: int, random: np.random.Generator) -> list[int]:
    if len(values) < 2 * SHORTEST or np.ptp(values) == 0:
        return []
    ranks = pd.Series(values).rank().to_numpy()
    gaps = _gaps(ranks[None])[0]
    shuffled = random.permuted(np.tile(ranks, (SHUFFLES, 1)), axis=1)
    as_good = int((_gaps(shuffled).max(axis=1) >= gaps.max()).sum())
    if (1 + as_good) / (1 + SHUFFLES) >= LEVEL:
        return []
    place = SHORTEST + int(gaps.argmax())
    return [start + place, *_splits(values[:place], start, random), *_splits(values[place:], start + place, random)]


def _gaps(rows: np.ndarray) -> np.ndarray:
    """How far apart the means before and after each place are, in units that chance makes equal (rows x places)."""
    size = rows.shape[1]
    before = np.arange(SHORTEST, size - SHORTEST + 1)
    summed = rows.cumsum(axis=1)
    first = summed[:, before - 1] / before
    second = (summed[:, -1:] - summed[:, before - 1]) / (size - before)
    return np.abs(first - second) * np.sqrt(before * (size - before) / size)
