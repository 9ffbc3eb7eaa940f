"""What calls did to those who were called, against those of the same list whom chance held out.

Everybody on a list that was to be called counts as called, reached or not (intention to treat): the share saved is
that of a list, as the campaign's terms mean it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from locales import N_
from models.churn.preparation import KEY, TARGET, outcome
from models.churn.window import DAYS_A_MONTH
from models.drift.measures import benjamini_hochberg
from models.statistics import Z95, CannotTell

MIN_ARM = 20  # customers whose outcome is known, called and held out alike
MIN_LEAVERS = 40  # of all, from which it can be asked for whom calls work
MIN_LEVEL = 20  # customers of a level, called and held out alike
MAX_LEVELS = 8  # of a column
PARTS = 5  # that a customer's uplift is told in by models that have not seen them
SHUFFLES = 200
LEVEL = 0.05


@dataclass(frozen=True)
class Effect:
    """Counts of both arms, and three numbers with the ends of their 95% intervals.

    `fewer`: the share who left of those held out less that of those called (points / 100). `saved`: that difference as
    a share of those held out, the share of leavers whom a call saves; NaN where nobody held out has left.
    """

    called: int
    called_left: int
    held: int
    held_left: int
    fewer: tuple[float, float, float]
    saved: tuple[float, float, float]


@dataclass(frozen=True)
class Pooled:
    """Share saved by all campaigns together with its 95% interval; `differ`: they differ by more than chance.

    `error` is by how much chance alone, if all campaigns had one effect, moves the logarithm of the ratio of those who
    left (a standard error).
    """

    campaigns: int
    saved: tuple[float, float, float]
    differ: bool
    error: float

    def replaces(self, assumed: float) -> bool:
        """Whether it stands for an assumed share: so many customers can tell that share from nothing.

        Where the interval lies has no part in it: of small campaigns only the lucky ones are surely above nothing or
        far from the assumption, and to take those alone would tell too much of calls.
        """
        return bool(Z95 * self.error <= -np.log1p(-assumed))


@dataclass(frozen=True)
class Qini:
    """Fewer leavers than without calls where the share `share` of a list is called, those first whom calls are said to
    help most (`fewer`), and in any order (`random`). `pvalue`: of an order that says nothing."""

    share: np.ndarray
    fewer: np.ndarray
    random: np.ndarray
    pvalue: float


def hold_out(count: int, held: int, seed: int) -> np.ndarray:
    """Which of `count` customers are called (a mask): all but `held`, drawn by chance."""
    called = np.ones(count, bool)
    called[np.random.default_rng(seed).permutation(count)[:held]] = False
    return called


def ends(started: datetime, months: int) -> datetime:
    """When it is seen who of a campaign has left: its outcome window of some months after it was started."""
    return started + timedelta(days=months * DAYS_A_MONTH)


def beside(windows: Mapping[str, tuple[datetime, int]]) -> dict[str, list[str]]:
    """For each campaign (name -> when it was started, months of its outcome window) those that run while it does.

    What becomes of a customer whom both of them reach is due to both.
    """
    found = {
        name: [
            other
            for other, (started, months) in windows.items()
            if other != name and started < ends(*mine) and mine[0] < ends(started, months)
        ]
        for name, mine in windows.items()
    }
    return {name: others for name, others in found.items() if others}


def came_of(customers: Sequence[str], table: pd.DataFrame, absent: float = np.nan) -> np.ndarray:
    """Who of a campaign's `customers` left (1, 0, NaN), by a table of customers with an id and an outcome.

    `absent` is said of those whom the table does not have (1: they have left). An outcome that is missing says nothing;
    of an id that comes twice the last row counts. Raises CannotTell where the table has none of them.
    """
    if KEY not in table or TARGET not in table:
        raise CannotTell(N_("A column with the ids of customers and one that says who left are needed."))
    outcomes = pd.Series(np.asarray(outcome(table), float), table[KEY].astype(str))
    outcomes = outcomes[~outcomes.index.duplicated(keep="last")]
    there = pd.Index(customers).isin(outcomes.index)
    if not there.any():
        raise CannotTell(N_("None of the customers of this campaign is there: compare the ids."))
    return np.where(there, outcomes.reindex(customers).to_numpy(), absent)


def effect(called: np.ndarray, left: np.ndarray) -> Effect:
    """The effect of calls, from a mask of those called and who left (1, 0, NaN where nobody knows); see `counted`."""
    known = ~np.isnan(left)
    return counted(*(int(part.sum()) for side in (called, ~called) for part in (side & known, side & (left == 1))))


def counted(called: int, called_left: int, held: int, held_left: int) -> Effect:
    """The effect of calls, from how many were called and held out whose outcome is known, and how many of them left.

    Intervals: of the difference by Newcombe (1998, Statistics in Medicine 17, 873-890, method 10), of the ratio by
    scores (Koopman 1984, Biometrics 40, 513-517). Raises CannotTell where an arm has fewer than `MIN_ARM`.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    if min(called, held) < MIN_ARM:
        raise CannotTell(
            N_("It is known of {called} customers called and of {held} held out: at least {least} of each are needed."),
            called=called,
            held=held,
            least=MIN_ARM,
        )
    now, then = called_left / called, held_left / held
    lo, hi = confint_proportions_2indep(held_left, held, called_left, called, method="newcomb", compare="diff")
    saved = (float("nan"),) * 3
    if held_left:
        low, high = _of_ratio(called_left, called, held_left, held)
        saved = (1 - now / then, 1 - high, 1 - low)
    return Effect(called, called_left, held, held_left, (then - now, float(lo), float(hi)), saved)


def _of_ratio(x: int, n: int, y: int, m: int) -> tuple[float, float]:
    """The 95% interval of the ratio of x / n and y / m, y above 0: where a score of the difference is no rarer.

    Where everybody of one side has left statsmodels 0.15 (`method="score"`) gives an interval without its own estimate.
    """
    from scipy.optimize import brentq

    def score(log: float) -> float:
        ratio = np.exp(log)
        b, c = n * ratio + x + m + y * ratio, x + y
        # The likeliest share of those held out, if the ratio is so.
        then = min(2 * c / (b + max(b * b - 4 * (n + m) * ratio * c, 0.0) ** 0.5), 1.0)
        now = min(ratio * then, 1.0)
        variance = now * (1 - now) / n + ratio**2 * then * (1 - then) / m
        return float((x / n - ratio * y / m) / max(variance, 1e-300) ** 0.5)

    low, high = (brentq(lambda log, z=z: score(log) - z, -30, 30) if z < 0 or x else -np.inf for z in (Z95, -Z95))
    return float(np.exp(low)), float(np.exp(high))


def unlike(risk: np.ndarray, called: np.ndarray) -> float:
    """The p-value that chance made those called and held out as different in risk as they are (Welch's t-test)."""
    from scipy.stats import ttest_ind

    return float(ttest_ind(risk[called], risk[~called], equal_var=False).pvalue)


def known_apart(unknown: np.ndarray, called: np.ndarray) -> float:
    """The p-value that chance made the outcome of those called and held out as unequally known as it is (Fisher)."""
    from scipy.stats import fisher_exact

    return float(fisher_exact([[(unknown & side).sum(), (~unknown & side).sum()] for side in (called, ~called)]).pvalue)


def pooled(effects: Sequence[Effect]) -> Pooled | None:
    """All campaigns together; None where none can say how many a call saves.

    One keeps its own interval. Of more, logarithms of the ratios are averaged with random effects (DerSimonian and
    Laird 1986, Controlled Clinical Trials 7, 177-188), half a customer added to each count of a campaign with a zero.
    How unlike campaigns are is hardly known of a few: the interval is that of Hartung and Knapp (2001, Statistics in
    Medicine 20, 3875-3889), never narrower than without that (Wiksten, Ruecker and Schwarzer 2016, Statistics in
    Medicine 35, 2503-2515).
    """
    from scipy.special import stdtrit
    from scipy.stats import chi2

    told = [one for one in effects if one.called_left + one.held_left]
    if not any(one.held_left for one in told):
        return None
    if len(told) == 1:
        lo, hi = told[0].saved[1:]
        return Pooled(1, told[0].saved, False, float(np.log((1 - lo) / (1 - hi))) / (2 * Z95) if hi < 1 else np.inf)
    counts = np.array([[one.called_left, one.called, one.held_left, one.held] for one in told], float)
    counts[counts[:, [0, 2]].min(axis=1) == 0] += [0.5, 1, 0.5, 1]
    x, n, y, m = counts.T
    ratio, variance = np.log(x / n) - np.log(y / m), 1 / x - 1 / n + 1 / y - 1 / m
    weight = 1 / variance
    apart = float(weight @ (ratio - weight @ ratio / weight.sum()) ** 2)
    # Never less than nothing, as statsmodels 0.15 has it where campaigns are more alike than chance makes them.
    between = max(0.0, (apart - len(told) + 1) / (weight.sum() - weight @ weight / weight.sum()))
    near, error = 1 / (variance + between), float(weight.sum() ** -0.5)
    mean, freedom = float(near @ ratio / near.sum()), len(told) - 1
    seen = float(near @ (ratio - mean) ** 2) / freedom  # how far apart they lie, of what chance and `between` make it
    either = max(Z95, float(stdtrit(freedom, 1 - LEVEL / 2)) * seen**0.5) * float(near.sum() ** -0.5)
    value, lo, hi = (1 - float(np.exp(one)) for one in (mean, mean + either, mean - either))
    return Pooled(len(told), (value, lo, hi), bool(chi2.sf(apart, freedom) < LEVEL), error)


def segments(facts: pd.DataFrame, called: np.ndarray, left: np.ndarray, campaign: np.ndarray) -> pd.DataFrame:
    """For whom calls work: a row a level of the columns along which their effect differs by more than chance.

    `column`, `level`, `called`, `held` (customers), `fewer` (see `Effect`) with its 95% interval `lo`, `hi`, `pvalue`
    of the column: levels have one effect (Cochran's Q of the differences), adjusted over the columns (Benjamini and
    Hochberg). Numbers are cut at their thirds. Called and held out are compared within each `campaign`. Raises
    CannotTell with fewer than `MIN_LEAVERS` leavers.
    """
    from scipy.stats import chi2

    known = _enough(left)
    facts, called, left = facts[known], called[known], left[known]
    of = pd.factorize(campaign[known])[0]
    found, pvalues = [], []
    for column in facts:
        told = [(level, *_within(called[mask], left[mask], of[mask])) for level, mask in _levels(facts[column])]
        rows = pd.DataFrame(told, columns=["level", "called", "held", "fewer", "variance"])
        rows = rows[rows[["called", "held"]].min(axis=1) >= MIN_LEVEL]
        if len(rows) < 2:
            continue
        fewer, variance = rows["fewer"], rows["variance"]
        mean = (fewer / variance).sum() / (1 / variance).sum()
        pvalues.append(float(chi2.sf(((fewer - mean) ** 2 / variance).sum(), len(rows) - 1)))
        either = Z95 * np.sqrt(variance)
        found.append(
            rows.drop(columns="variance").assign(column=column, lo=fewer - either, hi=fewer + either)[
                ["column", "level", "called", "held", "fewer", "lo", "hi"]
            ]
        )
    if not found:
        return pd.DataFrame(columns=["column", "level", "called", "held", "fewer", "lo", "hi", "pvalue"])
    adjusted = benjamini_hochberg(np.array(pvalues))
    order = np.argsort(adjusted, kind="stable")
    return pd.concat([found[place].assign(pvalue=adjusted[place]) for place in order], ignore_index=True).query(
        "pvalue < @LEVEL"
    )


def qini(
    facts: pd.DataFrame, risk: np.ndarray, called: np.ndarray, left: np.ndarray, campaign: np.ndarray, seed: int = 0
) -> Qini:
    """Whether it can be told for whom calls work, on customers that the telling has not seen.

    Each fifth of the customers is told by two logistic regressions, of those called and of those held out, of the
    other four; the curve is that of Radcliffe (2007, Direct Marketing Analytics Journal 1, 14-21), its area over the
    straight line compared with those of shuffled orders. It adds up what it is within each `campaign`, and orders are
    shuffled within them: their shares held out and their customers may be others. Raises CannotTell with fewer than
    `MIN_LEAVERS` leavers.
    """
    known = _enough(left)
    facts, risk, called, left = facts[known], risk[known], called[known], left[known]
    of = pd.factorize(campaign[known])[0]
    predicted = _predicted(facts.assign(risk_then=risk, campaign_then=of.astype(str)), called, left, seed)
    shares = np.linspace(0, 1, 51)
    curve = _curve(predicted, called, left, of, shares)
    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(of == one) for one in range(of.max() + 1)]
    shuffled, area = np.empty(len(of)), np.empty(SHUFFLES)
    for time in range(SHUFFLES):
        for mine in rows:
            shuffled[mine] = rng.permutation(predicted[mine])
        area[time] = _curve(shuffled, called, left, of, shares).mean()
    pvalue = (1 + (area >= curve.mean()).sum()) / (1 + SHUFFLES)
    return Qini(shares, curve, shares * curve[-1], float(pvalue))


def _curve(
    predicted: np.ndarray, called: np.ndarray, left: np.ndarray, of: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    order = np.argsort(-predicted, kind="stable")
    mine, gone, of = called[order], left[order], of[order]
    ends, found = np.round(shares * len(order)).astype(int), np.zeros(len(shares))
    for one in range(of.max() + 1):
        inside = of == one
        sides = (inside & mine, inside & ~mine)
        n, m, x, y = (np.r_[0, part.cumsum()][ends] for part in (*sides, sides[0] * gone, sides[1] * gone))
        found += np.where(m > 0, y * n / np.maximum(m, 1) - x, 0)
    return found


def _predicted(facts: pd.DataFrame, called: np.ndarray, left: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    levels = OneHotEncoder(handle_unknown="ignore", max_categories=MAX_LEVELS)
    prepared = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")), (levels, make_column_selector(dtype_exclude="number"))
    )
    fitted = make_pipeline(prepared, LogisticRegression(C=0.3, max_iter=500))
    predicted = np.zeros(len(facts))
    arms = 2 * called + left
    folds = StratifiedKFold(PARTS, shuffle=True, random_state=seed)
    for train, test in folds.split(facts, arms):
        sides = []
        for side in (~called, called):
            rows = train[side[train]]
            if len(set(left[rows])) < 2:
                sides.append(np.full(len(test), left[rows].mean()))
                continue
            sides.append(fitted.fit(facts.iloc[rows], left[rows]).predict_proba(facts.iloc[test])[:, 1])
        predicted[test] = sides[0] - sides[1]
    return predicted


def _enough(left: np.ndarray) -> np.ndarray:
    known = ~np.isnan(left)
    if (gone := int(np.nansum(left))) < MIN_LEAVERS:
        raise CannotTell(
            N_("{count} of the customers in these campaigns have left; for whom calls work shows from {least} on."),
            count=gone,
            least=MIN_LEAVERS,
        )
    return known


def _levels(values: pd.Series) -> list[tuple[str, np.ndarray]]:
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > MAX_LEVELS:
        cut = pd.qcut(values, 3, duplicates="drop")
        return [(f"{part.left:g}|{part.right:g}", (cut == part).to_numpy()) for part in cut.cat.categories]
    texts = values.astype(str)
    return [(level, (texts == level).to_numpy()) for level in sorted(texts[values.notna()].unique())][: MAX_LEVELS + 1]


def _within(called: np.ndarray, left: np.ndarray, of: np.ndarray) -> tuple[int, int, float, float]:
    """Customers called and held out in the campaigns (`of`, codes) that have both, how many points fewer of those
    called left, and the variance of that. Campaigns weigh as Mantel and Haenszel (1959) have them do."""
    many = int(of.max(initial=-1)) + 1
    n, x, m, y = (np.bincount(of[side], weights, many) for side in (called, ~called) for weights in (None, left[side]))
    both = (n > 0) & (m > 0)
    if not both.any():
        return 0, 0, 0.0, 1.0
    n, x, m, y = n[both], x[both], m[both], y[both]
    weight = n * m / (n + m)
    # Half a leaver more on each side: nobody of twenty is no proof of a share without an error.
    now, then = (x + 0.5) / (n + 1), (y + 0.5) / (m + 1)
    variance = now * (1 - now) / n + then * (1 - then) / m
    whole = weight.sum()
    return int(n.sum()), int(m.sum()), float(weight @ (y / m - x / n) / whole), float(weight**2 @ variance / whole**2)
