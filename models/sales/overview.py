"""What sold, when, where and to whom: the lines of goods, coded once, and everything the overview shows of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from data import schemas
from models.statistics import opened

UNKNOWN = "?"
COLUMNS = ("timestamp", "line_type", "quantity", "unit_price", "product")
OPTIONAL = ("category", "store", "invoice", "customer")
ORDER = ("timestamp", "line_type")
MONEY = "amount"  # where the source says it itself
MAIN = 0.8  # of the revenue: what Pareto's rule asks about
WEEKLY_MEMORY = 13  # weeks over which the profile of the week may change
TREND_MEMORY = 5  # weeks that the trend of days is smoothed over
WEEKS = 52
STANDS_OUT = 3.0  # robust standard deviations
Season = Literal["week", "year"]


@dataclass(frozen=True)
class Goods:
    """The lines of goods of a sales table, sorted by day.

    `lines` has a row a line: `day` (its place in `days`), `revenue` (signed, the data's currency), `is_sale` (False:
    a return) and, as categories, `product` and those of category, store, invoice and customer that the data have.
    `days` is every day from the first line to the last, `is_open` whether it was no closure (see `opened`),
    `first` the place of the day each customer (by category code) first bought, the number of days for one who never
    did.
    """

    lines: pd.DataFrame
    days: pd.DatetimeIndex
    is_open: np.ndarray
    first: np.ndarray


def wanted(columns: Collection[str]) -> list[str]:
    """Which columns `goods` reads of a sales table that has these."""
    return [*COLUMNS, *(column for column in (*OPTIONAL, MONEY) if column in columns)]


def goods(sales: pd.DataFrame) -> Goods:
    """The goods in a sales table (`data.schemas.Sales`): lines of type sale and return.

    A column without any value counts as absent; a category or store that is missing in a line is `UNKNOWN`.
    """
    sales = _sorted(sales)
    day = sales["timestamp"].to_numpy().astype("datetime64[D]")
    days = pd.date_range(day[0], day[-1], name="day") if len(day) else pd.DatetimeIndex([], name="day")
    lines = {
        "day": (day - day[:1]).astype(np.int32),
        "revenue": schemas.amounts(sales).to_numpy(),
        "is_sale": sales["line_type"].eq("sale").to_numpy(),
    }
    known = [column for column in OPTIONAL if column in sales and sales[column].notna().any()]
    for column in ("product", *known):
        lines[column] = _coded(sales[column], UNKNOWN if column in ("category", "store") else None)
    made = pd.DataFrame(lines)
    if "invoice" in made:
        made["invoice"] = _orders(made)
    return Goods(
        lines=made,
        days=days,
        is_open=opened(days, np.bincount(made["day"], minlength=len(days)) > 0),
        first=_first(made, len(days)),
    )


def dimension(sales: pd.DataFrame, column: str) -> pd.Categorical:
    """A column of one's own for the lines of `goods` of the same sales, of which it needs no others but `ORDER`."""
    values = _sorted(sales)[column].array
    return values.add_categories(UNKNOWN).fillna(UNKNOWN) if values.isna().any() else values


def by(sold: Goods, dimensions: Mapping[str, pd.Categorical]) -> Goods:
    """The same lines with columns of one's own, to be kept and compared by."""
    return replace(sold, lines=sold.lines.assign(**dimensions)) if dimensions else sold


def _sorted(sales: pd.DataFrame) -> pd.DataFrame:
    """The lines of goods by time: as they are kept where that is so already, as each copy of them has gigabytes."""
    at = np.flatnonzero(sales["line_type"].isin(schemas.GOODS))
    when = sales["timestamp"].to_numpy()[at]
    if (when[1:] < when[:-1]).any():
        return sales.iloc[at[np.argsort(when, kind="stable")]]
    return sales if len(at) == len(sales) else sales.iloc[at]


def keep(sold: Goods, filters: Mapping[str, Collection[str]]) -> Goods:
    """The lines whose category, store ... is among those chosen; an empty choice keeps all.

    Which days are open, and when a customer first bought, stay those of the whole table.
    """
    kept = np.ones(len(sold.lines), dtype=bool)
    for column, levels in filters.items():
        if levels:
            values = sold.lines[column].array
            kept &= values.categories.isin(levels)[values.codes]
    return sold if kept.all() else replace(sold, lines=sold.lines[kept])


def between(sold: Goods, start: pd.Timestamp, end: pd.Timestamp) -> Goods:
    """The lines from the day `start` to the day `end`, both included."""
    ends = [(start - sold.days[0]).days, (end - sold.days[0]).days + 1]
    cut = slice(*np.searchsorted(sold.lines["day"].to_numpy(), ends))
    return replace(sold, lines=sold.lines.iloc[cut])


def measures(sold: Goods, group: np.ndarray | None = None, groups: int = 1) -> pd.DataFrame:
    """The key figures of each group of lines (one row a group; one group by default).

    `revenue` net of returns and `returned` (positive), in the data's currency; `return_share` of what was sold;
    where the data know invoices, `orders` (distinct invoices of sales) and `basket`, the mean amount sold an order;
    where they know customers, `customers` who bought. A ratio with nothing below it is NaN.
    """
    lines = sold.lines
    group = np.zeros(len(lines), dtype=np.int64) if group is None else group
    revenue, is_sale = lines["revenue"].to_numpy(), lines["is_sale"].to_numpy()
    net = np.bincount(group, revenue, groups)
    gross = np.bincount(group[is_sale], revenue[is_sale], groups)
    made = pd.DataFrame({"revenue": net, "returned": gross - net})
    with np.errstate(divide="ignore", invalid="ignore"):
        made["return_share"] = np.where(gross > 0, (gross - net) / gross, np.nan)
        if "invoice" in lines:
            made["orders"] = _distinct(lines["invoice"].array[is_sale], group[is_sale], groups)
            made["basket"] = np.where(made["orders"] > 0, gross / made["orders"], np.nan)
    if "customer" in lines:
        made["customers"] = _distinct(lines["customer"].array[is_sale], group[is_sale], groups)
    return made


def sparkline(sold: Goods, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """`measures` from `start` to `end` in steps of equal length up to `end`: days, or weeks where there are many.

    Days at the start that fill no step are left out, and so are steps on which everything was closed.
    """
    length = (end - start).days + 1
    step = 1 if length <= 35 else 7 * int(np.ceil(length / (7 * WEEKS)))
    steps = length // step
    cut = between(sold, end - pd.Timedelta(days=steps * step - 1), end)
    begin = (end - sold.days[0]).days + 1 - steps * step
    made = measures(cut, (cut.lines["day"].to_numpy() - begin) // step, steps)
    return made[sold.is_open[begin : begin + steps * step].reshape(steps, step).any(axis=1)]


def daily(sold: Goods) -> pd.DataFrame:
    """`revenue` and `is_open` on every day of the data."""
    revenue = np.bincount(sold.lines["day"], sold.lines["revenue"], len(sold.days))
    return pd.DataFrame({"revenue": revenue, "is_open": sold.is_open}, index=sold.days)


def decompose(days: pd.DataFrame, season: Season) -> pd.DataFrame | None:
    """`revenue` of each open day or whole week split into `trend`, `season` and `rest`, which add up to it.

    Robust STL (Cleveland, Cleveland, McRae and Terpenning 1990, Journal of Official Statistics 6, 3-73): with
    `season` "week" the days of the week over the weekdays that are usually open; a holiday among them is bridged by the
    same weekday before and after, and left out of the answer. With "year" the weeks of the year, one profile for all
    years. None where the data hold less than four weeks, or two years, where one weekday only is open, or where nothing
    is sold on half of the days: the robust trend would be next to nothing.
    """
    from statsmodels.tsa.seasonal import STL

    if season == "year":
        weeks = days["revenue"].resample("W-SUN", closed="right", label="right").agg(["sum", "size"])
        series = weeks.loc[weeks["size"] == 7, "sum"]
        series.index = series.index - pd.Timedelta(days=6)
        if len(series) < 2 * WEEKS or series.median() == 0:
            return None
        fitted = STL(series.to_numpy(), WEEKS, seasonal=len(series) | 1, seasonal_deg=0, robust=True).fit()
        kept = np.ones(len(series), dtype=bool)
    else:
        weekday = days.index.day_of_week
        usual = days["is_open"].groupby(weekday).mean().ge(0.5)
        usual = usual[usual].index
        series = days["revenue"].where(days["is_open"])[weekday.isin(usual)]
        kept = series.notna().to_numpy()
        if len(usual) < 2 or kept.sum() < 4 * len(usual) or series.median() == 0:
            return None
        bridged = series.groupby(series.index.day_of_week).transform(
            lambda same: same.interpolate(limit_direction="both")
        )
        memory = TREND_MEMORY * len(usual) | 1  # odd, as STL wants it
        fitted = STL(bridged.to_numpy(), len(usual), seasonal=WEEKLY_MEMORY, trend=memory, robust=True).fit()
    parts = pd.DataFrame(
        {"revenue": series, "trend": fitted.trend, "season": fitted.seasonal, "rest": fitted.resid}, index=series.index
    )
    return parts[kept]


def moved(parts: pd.DataFrame) -> tuple[float, float]:
    """By how much what was sold, its season taken out, is more in the last fifth of `decompose` than in the first, as a
    share, and the p-value of no difference (Welch's t-test of the means of whole weeks, which depend less on each
    other than days). NaN where either has under four weeks."""
    from scipy.stats import ttest_ind

    weeks = (parts["revenue"] - parts["season"]).resample("7D", origin="start").mean().dropna().to_numpy()
    many = len(weeks) // 5
    if many < 4 or weeks[:many].mean() <= 0:
        return float("nan"), float("nan")
    first, last = weeks[:many], weeks[-many:]
    return float(last.mean() / first.mean() - 1), float(ttest_ind(first, last, equal_var=False).pvalue)


def by_chance(parts: pd.DataFrame, season: Season) -> float:
    """The p-value of `decompose` that no day of the week, or no four weeks of the year, sells more or less than others
    against the trend; NaN where that cannot be told.

    Days: the rank test of Kruskal and Wallis (1952), as single days are heavy-tailed. Weeks: the F-test of the means
    of four weeks in each whole year, so that what is the same in one year only is chance.
    """
    from scipy.stats import f_oneway, kruskal

    against = parts["revenue"] - parts["trend"]
    if season == "week":
        days = [values for _day, values in against.groupby(parts.index.day_of_week) if len(values) > 1]
        return float(kruskal(*days).pvalue) if len(days) > 1 and against.nunique() > 1 else float("nan")
    years = len(against) // WEEKS
    if years < 2:
        return float("nan")
    last = against.to_numpy()[-years * WEEKS :]
    return float(f_oneway(*last.reshape(years, WEEKS // 4, 4).mean(axis=2).T).pvalue)


def standing_out(rest: pd.Series) -> pd.Series:
    """The values farther from zero than `STANDS_OUT` robust standard deviations, the farthest first.

    The standard deviation is 1.4826 times the median distance from zero.
    """
    far = rest.abs() > max(STANDS_OUT * 1.4826 * float(rest.abs().median()), 1e-9)
    return rest[far].sort_values(key=lambda value: -value.abs())


def pareto(sold: Goods, column: str) -> pd.DataFrame:
    """Revenue of each `level` of a column, the largest first, with its `share` and the `cumulative` one.

    Shares are of the revenue of the levels that brought some in; they are missing where no level did, and zero for
    levels that lost money (more came back than was sold).
    """
    values = sold.lines[column].array
    known = values.codes >= 0
    revenue = np.bincount(values.codes[known], sold.lines["revenue"].to_numpy()[known], len(values.categories))
    there = np.bincount(values.codes[known], minlength=len(values.categories)) > 0
    made = pd.DataFrame({"level": np.asarray(values.categories, dtype=object)[there], "revenue": revenue[there]})
    made = made.sort_values("revenue", ascending=False, kind="stable", ignore_index=True)
    earned = made["revenue"].clip(lower=0)
    made["share"] = earned / earned.sum() if earned.sum() > 0 else np.nan
    made["cumulative"] = made["share"].cumsum()
    return made


def main_levels(ranked: pd.DataFrame) -> int:
    """How many levels, of a `pareto` with shares, make the share `MAIN` of the revenue."""
    return int((ranked["cumulative"] < MAIN - 1e-9).sum()) + 1


def loyalty(sold: Goods, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """New and returning customers of each month from `start` to `end` with a line: one row a `month` (its first day).

    `new` bought for the first time in the data that month, `returning` earlier; `revenue_new`, `revenue_returning` and
    `revenue_unknown` (lines without a customer) add up to the month's revenue. `is_whole` is False for a month that
    begins before `start` or ends after `end`. Needs the column customer and at least one line.
    """
    lines = between(sold, start, end).lines
    month_of_day = (sold.days.year * 12 + sold.days.month - 1).to_numpy()
    month = month_of_day[lines["day"].to_numpy()]
    place, months = month - month[0], int(month[-1] - month[0]) + 1
    customer, revenue = lines["customer"].array, lines["revenue"].to_numpy()
    known = customer.codes >= 0
    bought = known & lines["is_sale"].to_numpy()
    # Who sends goods back but never bought in the data has bought before them: returning.
    joined = np.append(month_of_day, -1)[sold.first]
    is_new = known & (np.append(joined, -1)[customer.codes] == month)

    def people(which: np.ndarray) -> np.ndarray:
        return _distinct(customer[which], place[which], months)

    def money(which: np.ndarray) -> np.ndarray:
        return np.bincount(place[which], revenue[which], months)

    first = pd.PeriodIndex.from_ordinals(np.arange(months) + month[0] - 1970 * 12, freq="M")
    made = pd.DataFrame(
        {
            "month": first.to_timestamp(),
            "new": people(bought & is_new),
            "returning": people(bought & ~is_new),
            "revenue_new": money(is_new),
            "revenue_returning": money(known & ~is_new),
            "revenue_unknown": money(~known),
            "is_whole": (first.to_timestamp() >= start) & ((first + 1).to_timestamp() - pd.Timedelta(days=1) <= end),
        }
    )
    return made[np.bincount(place, minlength=months) > 0].reset_index(drop=True)


def _first(lines: pd.DataFrame, never: int) -> np.ndarray:
    if "customer" not in lines:
        return np.empty(0, dtype=np.int64)
    first = np.full(len(lines["customer"].array.categories), never)
    bought = lines["is_sale"].to_numpy() & (lines["customer"].array.codes >= 0)
    np.minimum.at(first, lines["customer"].array.codes[bought], lines["day"].to_numpy()[bought])
    return first


def _coded(values: pd.Series, missing: str | None) -> pd.Categorical:
    """As categories, sorted, of which each has a row; `missing` stands for no value."""
    coded = values.astype("category").array
    if missing is not None and (coded.codes < 0).any():
        coded = coded if missing in coded.categories else coded.add_categories(missing)
        coded = coded.fillna(missing)
    used = np.flatnonzero(np.bincount(coded.codes + 1, minlength=len(coded.categories) + 1)[1:])
    used = used[coded.categories[used].argsort()]
    place = np.full(len(coded.categories) + 1, -1, np.int32)  # the last one for no value
    place[used] = np.arange(len(used))
    return pd.Categorical.from_codes(place[coded.codes], coded.categories[used], validate=False)


def _orders(lines: pd.DataFrame) -> pd.Categorical:
    """The invoices of lines of goods; of each day and store where they are numbered anew (see `data.schemas.order`)."""
    invoice, day = lines["invoice"].array, lines["day"].to_numpy(np.int64)
    code = invoice.codes * np.int64(day.max(initial=0) + 1) + day
    if "store" in lines:
        store = lines["store"].array
        code = code * len(store.categories) + store.codes
    sold = lines["is_sale"].to_numpy() & (invoice.codes >= 0)
    if len(pd.unique(code[sold])) <= schemas.ANEW * len(pd.unique(invoice.codes[sold])):
        return invoice
    places, names = pd.factorize(np.where(invoice.codes < 0, -1, code))
    return pd.Categorical.from_codes(np.where(invoice.codes < 0, -1, places), pd.RangeIndex(len(names)), validate=False)


def _distinct(values: pd.Categorical, group: np.ndarray, groups: int) -> np.ndarray:
    """How many different known values each group has."""
    known, wide = values.codes >= 0, len(values.categories)
    pairs = pd.unique(group[known].astype(np.int64) * wide + values.codes[known])
    return np.bincount(pairs // max(wide, 1), minlength=groups)
