"""Who leaves: rates with intervals, along and across the columns of a customers table.

Every function takes a frame of `data.schemas.Customers`, in which only `customer_id` and `churned` are certain to be
there, and leaves it as it is.
"""

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from data import meaning
from models import statistics

MISSING = "?"  # the level of customers whose value is not known
MAX_SHOWN_LEVELS = 30
MAX_SHOWN = 12
MIN_IN_CELL = 10  # customers: a cell with fewer shows no rate
CERTAIN, WEAK = 0.05, 0.1  # p-value below which, and Cramér's V or correlation above which, a column is named
PEERS = 30  # customers: fewer do not say what customers like them do
_CHUNK = 2**16  # customers at a time: bounds memory, and keeps counts exact in single precision
TENURE_BANDS = [-np.inf, 6, 12, 24, 48, np.inf]  # months


@dataclass(frozen=True)
class Headline:
    """Rates are shares with their 95 % interval; money is per month, None where the table has no monthly charges."""

    customers: int
    leavers: int
    rate: float
    lo: float
    hi: float
    revenue_lost: float | None  # monthly charges of those who left
    revenue_at_risk: float | None  # expected to leave next month, see `at_risk`
    median_tenure: float | None  # months, of those who left


@dataclass(frozen=True)
class Crossed:
    """Two columns crossed, a row a level: `count` of customers, and `rate` in cells of `MIN_IN_CELL` or more."""

    rows: str
    columns: str
    rate: pd.DataFrame
    count: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """One row a cell: its two levels, `customers` and `rate`."""
        cells = pd.DataFrame({"customers": self.count.stack(), "rate": self.rate.stack()})
        return cells.rename_axis(["row", "column"]).reset_index()


def dimensions(customers: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The columns worth grouping by (2 to `MAX_SHOWN_LEVELS` levels) and those that are numbers with more values."""
    categorical, numeric = [], []
    for column in customers.columns.drop(["customer_id", "churned"]):
        values = customers[column]
        distinct = values.nunique()
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values) and distinct > 2:
            numeric.append(column)
        elif 2 <= distinct <= MAX_SHOWN_LEVELS:
            categorical.append(column)
    return categorical, numeric


def leading(customers: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The columns of `dimensions`, those that go most with leaving first: by Cramér's V, by absolute rank correlation.

    Columns that go with it equally (or not at all) keep the order of the table.
    """
    categorical, numeric = dimensions(customers)
    left = customers["churned"].astype(float)
    strength = dict(customers[numeric].astype(float).corrwith(left, method="spearman").abs())
    for column in categorical:
        known = pd.Categorical(customers[column])
        strength[column] = statistics.cramers_v(statistics.counts(known, pd.Categorical(left)))

    def weakness(column: str) -> float:
        return -float(np.nan_to_num(strength[column]))

    return sorted(categorical, key=weakness), sorted(numeric, key=weakness)


def as_levels(values: pd.Series) -> pd.Categorical:
    """A column as text levels in the order of its values, the missing ones as `MISSING`."""
    known = pd.Categorical(values)
    codes, names = known.codes, [str(meaning.level(level)) for level in known.categories]
    if (codes < 0).any():
        codes, names = np.where(codes < 0, len(names), codes), [*names, MISSING]
    unique = list(dict.fromkeys(names))
    if len(unique) < len(names):  # 1 and "1" read the same, and so do a missing value and "?"
        codes = np.array([unique.index(name) for name in names])[codes]
    return pd.Categorical.from_codes(codes, unique)


def levels(customers: pd.DataFrame, column: str) -> list[str]:
    """The levels of a column as text, the missing one last."""
    return list(as_levels(customers[column]).categories)


def keep(customers: pd.DataFrame, filters: dict[str, list[str]], but: str = "") -> pd.DataFrame:
    """The customers that have one of the chosen levels in every column of `filters`; the column `but` is not asked.

    An empty list of levels keeps everyone.
    """
    kept = np.ones(len(customers), bool)
    for column, chosen in filters.items():
        if chosen and column != but:
            kept &= np.asarray(as_levels(customers[column]).isin(chosen))
    return customers[kept]


def headline(customers: pd.DataFrame) -> Headline:
    """How many leave, and what that costs a month."""
    left = customers["churned"].to_numpy(bool)
    lo, hi = statistics.wilson(np.array([left.sum()]), np.array([len(left)]))
    charges = customers["monthly_charges"].fillna(0).to_numpy() if "monthly_charges" in customers else None
    tenure = customers.loc[left, "tenure"].median() if "tenure" in customers and left.any() else None
    return Headline(
        customers=len(left),
        leavers=int(left.sum()),
        rate=float(left.mean()),
        lo=float(lo[0]),
        hi=float(hi[0]),
        revenue_lost=None if charges is None else float(charges[left].sum()),
        revenue_at_risk=None if charges is None else float((charges * at_risk(customers))[~left].sum()),
        median_tenure=None if tenure is None or pd.isna(tenure) else float(tenure),
    )


def at_risk(customers: pd.DataFrame) -> np.ndarray:
    """The share of customers like each one (same contract, same tenure band) who left: the rate of its peers.

    The overall rate stands in where there are fewer than `PEERS` of them or the columns are absent.
    """
    left = customers["churned"].to_numpy(float)
    peers = np.zeros(len(left), np.int64)
    if "contract" in customers:
        peers = as_levels(customers["contract"]).codes.astype(np.int64)
    if "tenure" in customers:
        peers = peers * len(TENURE_BANDS) + np.digitize(customers["tenure"].to_numpy(float), TENURE_BANDS)
    _cells, place, size = np.unique(peers, return_inverse=True, return_counts=True)
    rate = np.bincount(place, weights=left) / size
    return np.where(size < PEERS, left.mean(), rate)[place]


def hot_spot(customers: pd.DataFrame, rows: str, columns: str) -> pd.Series | None:
    """The cell of two columns crossed with the most monthly revenue at risk.

    `row` and `column` (its levels), `customers`, `rate`, `revenue_at_risk`. None where the table lacks one of the
    columns or the monthly charges.
    """
    if not {rows, columns, "monthly_charges"} <= set(customers.columns):
        return None
    cells = pd.DataFrame(
        {
            "row": as_levels(customers[rows]),
            "column": as_levels(customers[columns]),
            "left": customers["churned"].to_numpy(float),
            "risk": customers["monthly_charges"].fillna(0).to_numpy() * at_risk(customers) * ~customers["churned"],
        }
    ).groupby(["row", "column"], observed=True, as_index=False)
    found = cells.agg(customers=("left", "size"), rate=("left", "mean"), revenue_at_risk=("risk", "sum"))
    return found.loc[found["revenue_at_risk"].idxmax()]


def rate_by(customers: pd.DataFrame, column: str) -> pd.DataFrame:
    """One row a level: `level`, `customers`, `churned`, `rate` with `lo` and `hi` (Wilson 95 %), highest rate first.

    With `monthly_charges` in the table also `revenue_at_risk`: monthly charges of those still here times the rate of
    their peers. Of more than `MAX_SHOWN` levels the largest are shown.
    """
    level = as_levels(customers[column])
    left = customers["churned"].to_numpy(float)
    wide = len(level.categories)
    frame = pd.DataFrame(
        {
            "level": level.categories,
            "customers": np.bincount(level.codes, minlength=wide),
            "churned": np.bincount(level.codes, weights=left, minlength=wide).astype(int),
        }
    )
    if "monthly_charges" in customers:
        risk = customers["monthly_charges"].fillna(0).to_numpy() * at_risk(customers) * (1 - left)
        frame["revenue_at_risk"] = np.bincount(level.codes, weights=risk, minlength=wide)
    frame = frame[frame["customers"] > 0].nlargest(MAX_SHOWN, "customers", keep="all")
    frame["rate"] = frame["churned"] / frame["customers"]
    frame["lo"], frame["hi"] = statistics.wilson(frame["churned"].to_numpy(float), frame["customers"].to_numpy(float))
    return frame.sort_values("rate", ascending=False, kind="stable", ignore_index=True)


def rate_along(customers: pd.DataFrame, column: str, points: int = 100) -> pd.DataFrame:
    """The churn rate along a number: `at`, `rate` with `lo` and `hi` (95 %), `density` (share of customers per unit).

    A smooth curve (`statistics.smoothed_share`), not bins, between the 0.5 % and 99.5 % quantiles of the column: what
    lies outside is left out. Empty with fewer than `PEERS` values or only one.
    """
    known = customers[[column, "churned"]].dropna()
    x = known[column].to_numpy(float)
    first, last = np.quantile(x, [0.005, 0.995]) if len(x) >= PEERS else (0, 0)
    if first == last:
        return pd.DataFrame(columns=["at", "rate", "lo", "hi", "density"], dtype=float)
    inside = (x >= first) & (x <= last)
    x, at = x[inside], np.linspace(first, last, points)
    rate, lo, hi = statistics.smoothed_share(x, known["churned"].to_numpy(float)[inside], at)
    height, edges = np.histogram(x, bins=50, density=True)
    density = np.interp(at, (edges[:-1] + edges[1:]) / 2, height)
    return pd.DataFrame({"at": at, "rate": rate, "lo": lo, "hi": hi, "density": density})


def halves(customers: pd.DataFrame, column: str) -> tuple[float, float, float]:
    """The churn rates of the lower and of the upper half of a number, and how likely chance parts leavers so far.

    The p-value of the Mann-Whitney test of leavers against those who stay: it sees a slope that no two points of a
    curve prove. NaN and 1 where all leave, or none.
    """
    from scipy.stats import mannwhitneyu

    known = customers[[column, "churned"]].dropna()
    values, left = known[column].to_numpy(float), known["churned"].to_numpy(bool)
    upper = values > np.median(values) if len(values) else left
    if not (left.any() and (~left).any() and upper.any()):
        return np.nan, np.nan, 1.0
    chance = float(mannwhitneyu(values[left], values[~left]).pvalue)
    return float(left[~upper].mean()), float(left[upper].mean()), chance


def crossed(customers: pd.DataFrame, rows: str, columns: str) -> Crossed:
    """Churn rate and number of customers of every level of `rows` with every level of `columns`.

    A number with more than `MAX_SHOWN` values is cut into five bands of about as many customers each.
    """
    left, right = _banded(customers[rows]), _banded(customers[columns])
    churned = customers["churned"].to_numpy(bool)
    count = statistics.counts(left, right)
    leavers = statistics.counts(left[churned], right[churned])
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(count >= MIN_IN_CELL, leavers / count, np.nan)
    shape = {"index": left.categories, "columns": right.categories}
    some = count.sum(1) > 0, count.sum(0) > 0
    return Crossed(rows, columns, pd.DataFrame(rate, **shape).loc[some], pd.DataFrame(count, **shape).loc[some])


def _banded(values: pd.Series) -> pd.Categorical:
    if not pd.api.types.is_numeric_dtype(values) or values.nunique() <= MAX_SHOWN:
        return as_levels(values)
    edges = np.quantile(values.dropna().to_numpy(float), [0, 0.2, 0.4, 0.6, 0.8, 1])
    digits = max(0, 1 - int(np.floor(np.log10(edges[-1] - edges[0]))))  # two that tell the bands apart
    edges = np.unique(np.round(edges, digits))
    names = [f"{lo:.{digits}f} – {hi:.{digits}f}" for lo, hi in pairwise(edges)]
    edges[0], edges[-1] = -np.inf, np.inf
    return as_levels(pd.Series(pd.cut(values, edges, labels=names)))


def associations(customers: pd.DataFrame) -> pd.DataFrame:
    """Cramér's V between the columns with few levels and `churned`: a square matrix, 1 on the diagonal.

    Of each two columns, customers with a value in both count.
    """
    columns = ["churned", *dimensions(customers)[0]]
    coded = [pd.Categorical(customers[column]) for column in columns]
    ends = np.cumsum([len(column.categories) for column in coded])
    spans = [slice(*ends_of) for ends_of in pairwise([0, *ends])]
    together = np.zeros((ends[-1], ends[-1]))
    for start in range(0, len(customers), _CHUNK):  # all pairs of levels in one matrix product
        part = slice(start, start + _CHUNK)
        has = np.concatenate([column.codes[part] == np.arange(len(column.categories))[:, None] for column in coded])
        weight = has.astype(np.float32)
        together += weight @ weight.T
    matrix = np.eye(len(columns))
    for one, other in combinations(range(len(columns)), 2):
        matrix[one, other] = matrix[other, one] = statistics.cramers_v(together[spans[one], spans[other]])
    return pd.DataFrame(matrix, index=columns, columns=columns)


def foremost(customers: pd.DataFrame, matrix: pd.DataFrame) -> str | None:
    """The column that goes most with leaving in a matrix of `associations` or `correlations`, if any surely does.

    None where a chi-square or Spearman's test at 5 %, of the most of so many columns (Bonferroni), does not tell it
    from chance, or where it is weak: under 0.1 where half of the customers leave. What can be reached at all falls with
    the spread of the outcome, and so does that limit.
    """
    from scipy.stats import spearmanr

    strength, left = matrix["churned"].drop("churned").abs(), customers["churned"].astype(float)
    if strength.isna().all() or strength.max() <= WEAK * 2 * left.std(ddof=0):
        return None
    column = str(strength.idxmax())
    if dimensions(customers[["customer_id", "churned", column]])[0]:
        single = statistics.independence(statistics.counts(pd.Categorical(customers[column]), pd.Categorical(left)))
    else:
        known = customers[column].notna()
        single = float(spearmanr(customers.loc[known, column].astype(float), left[known]).pvalue)
    return column if len(strength) * single < CERTAIN else None


def correlations(customers: pd.DataFrame) -> pd.DataFrame:
    """Spearman's rank correlation between the numbers and `churned`: it needs no straight line and no bell curve.

    Of each two columns, customers with a value in both count.
    """
    columns = ["churned", *dimensions(customers)[1]]
    return customers[columns].astype(float).corr(method="spearman")
