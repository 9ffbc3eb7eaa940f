"""Do customers come back, by the month they first bought, and which month's are unlike the others?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models import statistics
from models.customers.rfm import Purchases

SETTLING = 3  # months after the beginning of the data in which old customers pass for new ones
STANDS_OUT = 1.5  # times as many customers as in a later month, from which some of the first months are old ones
CLOSED = 0.5  # of the days of a month, from which nobody could come back in it
MIN_CUSTOMERS = 10  # customers of a cohort that is compared with others
CERTAIN = 0.05


@dataclass(frozen=True)
class Cohorts:
    """Customers by the month of their first purchase (rows, the first day of the month) and months since (columns).

    `size`: customers of each cohort. `active`: how many of them bought in that month, and `revenue`, theirs, net of
    what came back; both NaN after the last whole month, and `active` in months on most days of which the shop was shut
    (see `Purchases.is_shut`), when nobody could come back. `retention` is active / size with its 95 % interval `lo` to
    `hi` (Wilson). `unlike`: of cohorts that can be compared, `ratio` of months with a purchase to those that the
    others' would have had, `z` and `pvalue`, corrected for the number of cohorts (Holm). `settling`: the cohorts at
    the beginning of the data, of which many bought before.
    """

    size: pd.Series
    active: pd.DataFrame
    revenue: pd.DataFrame
    unlike: pd.DataFrame
    settling: pd.DatetimeIndex

    @property
    def retention(self) -> pd.DataFrame:
        return self.active.div(self.size, axis=0)

    @property
    def interval(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        ends = statistics.wilson(self.active.to_numpy(), self.size.to_numpy(float)[:, None])
        lo, hi = (pd.DataFrame(end, self.active.index, self.active.columns) for end in ends)
        return lo, hi


def cohorts(bought: Purchases) -> Cohorts:
    """The cohorts of all customers who bought. Needs one who did (`rfm.check`)."""
    month_of = ((bought.days.year - 1970) * 12 + bought.days.month - 1).to_numpy()
    visits = bought.visits
    month = month_of[visits["day"].to_numpy()]
    sold = visits["is_sale"].to_numpy()
    customer = visits["customer"].to_numpy()
    joined = np.full(len(bought.customers), np.iinfo(np.int64).max)
    np.minimum.at(joined, customer[sold], month[sold])
    begins, ends = month_of[0], month_of[-1]
    whole_end = ends if (bought.days[-1] + pd.Timedelta(days=1)).day == 1 else ends - 1
    buyers = joined < np.iinfo(np.int64).max
    wide = int(ends - begins) + 1
    size = np.bincount(joined[buyers] - begins, minlength=wide)

    cohort, age = joined[customer] - begins, month - joined[customer]
    known = buyers[customer] & (age >= 0)  # what came back before the first purchase belongs to no month since
    cell = cohort * wide + age
    revenue = np.bincount(cell[known], visits["revenue"].to_numpy()[known], wide * wide).reshape(wide, wide)
    bought_in = customer[sold].astype(np.int64) * wide + age[sold]  # in order, as visits are
    bought_in = bought_in[np.diff(bought_in, prepend=-1) > 0]
    pairs = np.stack([bought_in // wide, bought_in % wide])
    active = np.bincount((joined[pairs[0]] - begins) * wide + pairs[1], minlength=wide * wide).reshape(wide, wide)

    rows = np.flatnonzero(size)
    shown = np.add.outer(rows, np.arange(wide)) <= max(whole_end - begins, 0)
    shown[:, 0] = True  # customers of a last month in part are all there is of them
    place = month_of - begins
    shut = np.bincount(place, bought.is_shut, wide) > CLOSED * np.bincount(place, minlength=wide)
    could = ~np.append(shut, np.zeros(wide, bool))[np.add.outer(np.arange(wide), np.arange(wide))]
    could[:, 0] = True
    index = pd.PeriodIndex.from_ordinals(rows + begins, freq="M").to_timestamp().rename("cohort")
    columns = pd.RangeIndex(wide, name="age")

    def frame(values: np.ndarray, told: np.ndarray = shown) -> pd.DataFrame:
        return pd.DataFrame(np.where(told, values[rows], np.nan), index, columns).dropna(axis=1, how="all")

    # Old customers make the first months larger than what is usual later; a shop that began with the data has none.
    later = size[SETTLING : max(int(whole_end - begins) + 1, 0)]
    usual = float(np.median(later)) if len(later) else 0.0
    settling = index[rows < SETTLING] if size[:SETTLING].mean() > STANDS_OUT * usual else index[:0]
    return Cohorts(
        pd.Series(size[rows], index, name="customers"),
        frame(active, shown & could[rows]),
        frame(revenue),
        _unlike(size, active, pairs, joined - begins, could, int(whole_end - begins), index, len(settling)),
        settling,
    )


def _unlike(
    size: np.ndarray,
    active: np.ndarray,
    pairs: np.ndarray,
    joined: np.ndarray,
    could: np.ndarray,
    last: int,
    index: pd.DatetimeIndex,
    aside: int,
) -> pd.DataFrame:
    """Each cohort's months with a purchase against those of a table without cohorts of their own: size x an effect of
    the months since x one of the calendar month, so that a season is nobody's fault. Only cells are looked at in which
    somebody `could` come back.

    The cohort itself is left out of the table that it is compared with, and so are the first ones that stand `aside`.
    Its standard error is that of the customers' own numbers of months: those of one customer go together.
    """
    from scipy.special import ndtr

    usable = np.array([row for row in range(aside, last) if size[row] >= MIN_CUSTOMERS], dtype=int)
    rows: list[dict[str, float]] = []
    wide = len(could)
    inside = (np.add.outer(np.arange(wide), np.arange(1, wide)) <= last) & could[:, 1:]
    inside[:aside] = False
    expected, told = _expected(size, active[:, 1:], inside, usable)
    compared = np.zeros((wide, wide), bool)
    compared[usable, 1:] = told
    counted = compared[joined[pairs[0]], pairs[1]]
    months = np.bincount(pairs[0][counted], minlength=len(joined))
    for row, usual in zip(usable.tolist(), expected.tolist(), strict=True):
        theirs = months[joined == row]
        mean, count = float(theirs.mean()), len(theirs)
        against = max(int(size[aside:].sum() - size[row]), 1)
        spread = max(float(theirs.std(ddof=1)), np.sqrt(usual)) * np.sqrt(1 / count + 1 / against)
        if usual > 0 and spread > 0:
            rows.append({"place": row, "ratio": mean / usual, "z": (mean - usual) / spread})
    made = pd.DataFrame(rows, columns=["place", "ratio", "z"])
    raw = 2 * ndtr(-made["z"].abs().to_numpy(float))
    order = np.argsort(raw)
    adjusted = np.empty(len(raw))
    adjusted[order] = np.minimum(np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1)), 1.0)
    starts = dict(zip(np.flatnonzero(size), index, strict=True))
    made["pvalue"] = adjusted
    return made.assign(cohort=made["place"].map(starts)).set_index("cohort").drop(columns="place")


def _expected(
    size: np.ndarray, active: np.ndarray, inside: np.ndarray, usable: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The months with a purchase that a customer of each `usable` cohort would have had by the cells `inside` of the
    others' table (rows: cohorts; columns: months since, from 1 on), whose shares are the product of an age and a
    calendar month's effect; and of which cells of theirs others tell that: the first cohort alone has the first
    calendar month and the highest age.

    Fitted by iterative proportional fitting (Deming and Stephan 1940), which is the maximum of the Poisson likelihood:
    for all tables at once, each the sum of all cohorts less its own.
    """
    wide, ages = len(size), np.arange(active.shape[1])
    month = np.minimum(np.add.outer(np.arange(wide), ages + 1), wide - 1)
    own, at = inside[usable].astype(float), month[usable]
    here = np.arange(len(usable))[:, None]

    def by_calendar(values: np.ndarray, row: np.ndarray, column: np.ndarray, rows: int) -> np.ndarray:
        return np.bincount((row * wide + column).ravel(), values.ravel(), rows * wide).reshape(rows, wide)

    weight = by_calendar(inside * size[:, None], ages, month, len(ages))  # customers by age and calendar month
    count, mine, of_mine = inside * active, own * size[usable, None], own * active[usable]
    total_age = count.sum(0) - of_mine
    total_month = np.bincount(month.ravel(), count.ravel(), wide) - by_calendar(of_mine, here, at, len(here))
    by_age, by_month = np.ones(total_age.shape), np.ones(total_month.shape)
    for _round in range(30):
        fitted = by_month @ weight.T - mine * by_month[here, at]
        by_age = np.divide(total_age, fitted, out=np.zeros(fitted.shape), where=fitted > 0)
        fitted = by_age @ weight - by_calendar(mine * by_age, here, at, len(here))
        by_month = np.divide(total_month, fitted, out=np.ones(fitted.shape), where=fitted > 0)
    reach = inside * size[:, None]
    same_age = reach.sum(0) - mine
    same_month = np.bincount(month.ravel(), reach.ravel(), wide) - by_calendar(mine, here, at, len(here))
    told = (own > 0) & (same_age > 0) & (same_month[here, at] > 0)
    return np.asarray((by_age * by_month[here, at] * told).sum(1)), told


def overall(found: Cohorts) -> pd.DataFrame:
    """All cohorts together by months since the first purchase: `customers` who could have bought, `active`,
    `retention`, its interval `lo` to `hi` and `revenue` a customer of the cohorts.

    Those that are `settling` are left out, unless there are no others: many of them are old customers.
    """
    kept = ~found.active.index.isin(found.settling)
    kept |= ~kept.any()
    counts, earned = found.active[kept].dropna(axis=1, how="all"), found.revenue[kept]
    customers = counts.notna().mul(found.size[kept], axis=0).sum()
    active, spenders = counts.sum(), earned.notna().mul(found.size[kept], axis=0).sum()
    lo, hi = statistics.wilson(active.to_numpy(float), customers.to_numpy(float))
    return pd.DataFrame(
        {"customers": customers, "active": active, "retention": active / customers, "lo": lo, "hi": hi,
         "revenue": (earned.sum() / spenders)[counts.columns]}
    )  # fmt: skip
