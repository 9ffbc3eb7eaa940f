"""COVID-19: comparable series from reported numbers, and what stands out in them.

A panel is a float frame with one row a day (a daily DatetimeIndex without gaps) and one column a country. An absent
number was not reported; it is not zero. Definitions of smoothed and weekly figures follow Our World in Data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

Form = Literal["average", "weekly", "biweekly", "new", "cumulative", "level", "change"]
Per = Literal["million", "hundred", "absolute"]
WEEK = 7
STALE = 14  # days; an older number is shown with its day
RISE = 1.5  # a wave: so many times the trough before it, and its peak so many times what comes after
FLOOR = 0.02  # of the highest value; below, ups and downs are no waves
SMOOTH = 15  # days around each, for finding waves only
SCALE: dict[Per, float] = {"million": 1e6, "hundred": 100.0}
# What is no country although it may have a continent: groups and their parts. OWID_KOS is a country: codes say nothing.
NOT_COUNTRIES = frozenset(
    [
        *("World", "Africa", "Antarctica", "Asia", "Europe", "North America", "Oceania", "South America"),
        *("European Union", "European Union (27)", "International", "Low and Middle Income"),
        *("High income", "Upper middle income", "Lower middle income", "Low income"),
        *("High-income countries", "Upper-middle-income countries", "Lower-middle-income countries"),
        *("Low-income countries", "Summer Olympics 2020", "Winter Olympics 2022"),
        *("England", "Scotland", "Wales", "Northern Ireland"),
    ]
)


@dataclass(frozen=True)
class Measure:
    """Something counted, and the columns it comes from.

    `total` and `daily` are counts that add up over time. `level` is a state (patients in hospital, a share, an
    index); `counted` says whether it can be set against the population, usually `per` so many. `smooth`: its daily
    column is a 7-day average already. `grows`: a level that hardly ever falls. `signed`: it may be below zero, and how
    many times as much it is says nothing.
    """

    total: str | None = None
    daily: str | None = None
    level: str | None = None
    counted: bool = True
    per: Per = "million"
    smooth: bool = False
    grows: bool = False
    signed: bool = False

    @property
    def columns(self) -> list[str]:
        """The columns of the covid table that it needs."""
        return [column for column in (self.total, self.daily, self.level) if column]

    @property
    def forms(self) -> list[Form]:
        """The ways to look at it, the usual one first."""
        if self.level:
            return ["level"] if self.signed else ["level", "change"]
        found: list[Form] = ["average", "weekly", "biweekly", "new", "cumulative", "change"]
        return [form for form in found if not (self.smooth and form == "new")]


MEASURES: dict[str, Measure] = {
    "cases": Measure("total_cases", "new_cases"),
    "deaths": Measure("total_deaths", "new_deaths"),
    "doses": Measure("total_vaccinations"),
    "vaccinated": Measure(level="people_vaccinated", per="hundred", grows=True),
    "fully_vaccinated": Measure(level="people_fully_vaccinated", per="hundred", grows=True),
    "tests": Measure("total_tests", "new_tests_smoothed", smooth=True),
    "positivity": Measure(level="positive_rate", counted=False),
    "hospital": Measure(level="hosp_patients"),
    "intensive_care": Measure(level="icu_patients"),
    "admissions": Measure(level="weekly_hosp_admissions"),
    "excess": Measure(level="excess_mortality", counted=False, signed=True),
    "excess_total": Measure(level="excess_mortality_cumulative_per_million", counted=False, signed=True),
    "reproduction": Measure(level="reproduction_rate", counted=False),
    "stringency": Measure(level="stringency_index", counted=False),
}
# What differs between countries and not between days.
TRAITS = (
    *("median_age", "life_expectancy", "gdp_per_capita", "population_density", "hospital_beds_per_thousand"),
    *("human_development_index", "diabetes_prevalence"),
)


@dataclass(frozen=True)
class Shown:
    """What a figure shows: a measure (a key of `MEASURES`), the way to look at it, and for how many people."""

    measure: str
    form: Form
    per: Per

    @property
    def share(self) -> bool:
        """Whether its numbers are shares, to be read as percentages."""
        return self.form == "change" or self.measure == "positivity"

    @property
    def grows(self) -> bool:
        """Whether it adds up, so that its highest value is no peak."""
        return self.form == "cumulative" or (self.form == "level" and MEASURES[self.measure].grows)

    @property
    def signed(self) -> bool:
        """Whether it may be below zero by what it is, so that ratios say nothing."""
        return self.form == "change" or MEASURES[self.measure].signed


@dataclass(frozen=True)
class Counts:
    """What was reported of a measure: `daily` numbers, `total` so far (panels; for a state both are that state).

    `continued` names the countries whose daily numbers end before their totals, with their last daily day: from there
    on `daily` is what the totals grew by. `smooth`: `daily` is an average over seven days already.
    """

    daily: pd.DataFrame
    total: pd.DataFrame
    continued: dict[str, pd.Timestamp]
    smooth: bool = False


def countries(found: pd.DataFrame) -> pd.DataFrame:
    """One row a country (index): what was last reported of it (see `final`), and whether it is a `group`.

    A group has no continent, or a name of `NOT_COUNTRIES`, or leaves out a part of another ("Asia excl. China").
    """
    named = found.index.isin(list(NOT_COUNTRIES)) | found.index.str.contains(" excl. ", regex=False)
    return found.assign(group=found["continent"].isna().to_numpy() | named)


def panel(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The panel of `column`; `rows` has country (categories), date and that column, a country and day once."""
    days = pd.date_range(rows["date"].min(), rows["date"].max(), unit="us")
    codes = rows["country"].cat.codes.to_numpy()
    grid = np.full((len(days), codes.max() + 1), np.nan)
    grid[(rows["date"] - days[0]).dt.days.to_numpy(), codes] = rows[column].to_numpy()
    names = rows["country"].cat.categories[: grid.shape[1]].astype("str")
    return pd.DataFrame(grid, days, names)


def counts(rows: pd.DataFrame, measure: Measure) -> Counts:
    """What was reported of `measure` in `rows` (country, date and the columns of the measure)."""
    if measure.level:
        level = panel(rows, measure.level)
        return Counts(level, level, {})
    total = panel(rows, measure.total or "")
    if measure.smooth:
        return Counts(panel(rows, measure.daily or ""), total, {}, smooth=True)
    return daily(panel(rows, measure.daily), total) if measure.daily else Counts(spread(total), total, {})


def daily(new: pd.DataFrame, total: pd.DataFrame) -> Counts:
    """The daily numbers `new` (a panel), continued from the totals where they end before these.

    A number below zero corrects earlier days: it is no number of its day, and is left out. Totals keep corrections.
    """
    reported, known = new.to_numpy(float), total.ffill().to_numpy()
    grown = np.diff(known, axis=0, prepend=np.full((1, known.shape[1]), np.nan))
    last_new, last_total = _last(reported), _last(total.to_numpy())
    ends = (last_total > last_new) & (last_new >= 0)
    day = np.arange(len(new))[:, None]
    filled = np.where(ends & (day > last_new) & (day <= last_total), grown, reported)
    filled[filled < 0] = np.nan
    continued = {str(new.columns[at]): new.index[last_new[at]] for at in np.flatnonzero(ends)}
    return Counts(pd.DataFrame(filled, new.index, new.columns), total, continued)


def spread(total: pd.DataFrame) -> pd.DataFrame:
    """Daily numbers from totals reported now and then: what a total grew by, in equal parts for the days between."""
    grown = total.interpolate(limit_area="inside").diff()
    return grown.where(~(grown < 0))


def formed(counts: Counts, form: Form) -> pd.DataFrame:
    """The panel of one way to look at counts.

    average, weekly, biweekly: mean or sum of 7 or 14 days, of which all but one in seven must be known, up to the last
    day that is. cumulative and level: as reported, carried forward up to the last report. change: the last seven days
    against the seven before (of a level: the day against seven days before), as a share; absent where there was
    nothing before.
    """
    if form == "new" or (form == "average" and counts.smooth):
        return counts.daily
    if form in ("average", "weekly", "biweekly"):
        days = 2 * WEEK if form == "biweekly" else WEEK
        if counts.smooth:
            return WEEK * (counts.daily if form == "weekly" else counts.daily + counts.daily.shift(WEEK))
        window = counts.daily.rolling(days, min_periods=days - days // WEEK)
        return (window.mean() if form == "average" else window.sum()).where(counts.daily.bfill().notna())
    if form == "change":
        now = counts.total.ffill(limit=WEEK - 1) if counts.daily is counts.total else formed(counts, "weekly")
        before = now.shift(WEEK)
        return now / before.where(before > 0) - 1
    return counts.total.ffill().where(counts.total.bfill().notna())


def relative(values: pd.DataFrame, population: pd.Series, per: Per) -> pd.DataFrame:
    """`values` (a panel of counts) for each million or hundred people; as it is for absolute numbers."""
    return values if per == "absolute" else values * (SCALE[per] / population.reindex(values.columns))


def latest(values: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The last number of each country up to `day`: `value` and its `day`; countries without any are left out."""
    until = values.loc[:day]
    last = _last(until.to_numpy())
    at = np.flatnonzero(last >= 0)
    return pd.DataFrame(
        {"value": until.to_numpy()[last[at], at], "day": until.index[last[at]]}, index=until.columns[at]
    )


def ranking(values: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """`latest` in order, the largest first, with what it was seven days before that (`before`) and the `change`."""
    found = latest(values, day)
    earlier = values.reindex(found["day"] - pd.Timedelta(days=WEEK)).to_numpy()
    found["before"] = earlier[np.arange(len(found)), values.columns.get_indexer(found.index)]
    found["change"] = found["value"] / found["before"].where(found["before"] > 0) - 1
    return found.sort_values("value", ascending=False, kind="stable")


def aligned(values: pd.DataFrame, total: pd.DataFrame, least: float) -> pd.DataFrame:
    """`values` by days since `total` (a panel) first reached `least`; countries that never did are left out."""
    reached = (total[values.columns] >= least).to_numpy()
    starts = {column: int(reached[:, at].argmax()) for at, column in enumerate(values) if reached[:, at].any()}
    moved = {name: values[name].iloc[start:].reset_index(drop=True) for name, start in starts.items()}
    return pd.DataFrame(moved).rename_axis("days")


def waves(average: pd.Series) -> pd.DataFrame:
    """The waves of a 7-day average: one row each, with `start`, `peak`, `trough` (days), `height` and `total`.

    Found on the average smoothed over 15 days: from a trough it rises to at least 1.5 times as much, and falls to less
    than 1 / 1.5 of its peak; values under 2% of the highest count as that. `peak` is the highest day of the average
    around there, `height` its value, and `total` what was counted from start to trough, both in the unit of `average`.
    The trough of a wave that still runs is missing.
    """
    known = average.loc[average.first_valid_index() : average.last_valid_index()]
    filled = known.interpolate()
    smooth = filled.rolling(SMOOTH, center=True, min_periods=1).mean().to_numpy()
    names = ["start", "peak", "trough", "height", "total"]
    if len(smooth) == 0 or not smooth.max() > 0:
        return pd.DataFrame(columns=names)
    turns = _turns(np.maximum(smooth, FLOOR * smooth.max()))
    found = []
    for start, peak, trough in turns:
        part = known.iloc[start : len(known) if trough is None else trough + 1]
        end = pd.NaT if trough is None else known.index[trough]
        highest = filled.iloc[max(start, peak - SMOOTH // 2) : peak + SMOOTH // 2 + 1].idxmax()
        found.append((known.index[start], highest, end, float(filled[highest]), float(part.sum())))
    return pd.DataFrame(found, columns=names)


def _turns(level: np.ndarray) -> list[tuple[int, int, int | None]]:
    """Start, peak and trough of each wave in `level` (above zero), as positions."""
    found: list[tuple[int, int, int | None]] = []
    low = high = 0
    rising = False
    for at, value in enumerate(level):
        if rising:
            if value > level[high]:
                high = at
            elif value * RISE < level[high]:
                found.append((low, high, None))
                rising, low = False, at
        elif value >= level[low] * RISE:
            _settle(found, level, low)
            rising, high = True, at
        elif value <= level[low]:
            low = at
    if rising:
        found.append((low, high, None))
    else:
        _settle(found, level, low)
    return found


def _settle(found: list[tuple[int, int, int | None]], level: np.ndarray, low: int) -> None:
    """Give the last wave its trough: the first day as low as `low`; none yet where it still falls on the last day."""
    if found:
        start, peak, _open = found[-1]
        trough = peak + int(level[peak : low + 1].argmin())
        found[-1] = (start, peak, trough if trough < len(level) - 1 else None)


@dataclass(frozen=True)
class Comparison:
    """A country beside the reference: its `value` and that of the reference (`other`) on the last day known to both,
    `usual`: how many times as much on average over the period; its `highest` day, and how many days `later` than the
    reference's that was."""

    country: str
    day: pd.Timestamp
    value: float
    other: float
    usual: float
    highest: pd.Timestamp
    later: int


def compare(values: pd.DataFrame, reference: str, others: Sequence[str]) -> list[Comparison]:
    """Each of `others` beside `reference` over the days of `values`; those with no day in common are left out."""
    found, grid = [], values.to_numpy("float64")  # numpy: pandas takes 2 ms a country
    theirs = grid[:, values.columns.get_loc(reference)]
    for name in others:
        mine = grid[:, values.columns.get_loc(name)]
        both = np.flatnonzero(~np.isnan(mine) & ~np.isnan(theirs))
        if name == reference or not len(both):
            continue
        last, total = both[-1], theirs[both].sum()
        usual = mine[both].sum() / total if total > 0 else float("nan")
        highest, before = (values.index[both[one[both].argmax()]] for one in (mine, theirs))
        day, later = values.index[last], (highest - before).days
        found.append(Comparison(name, day, float(mine[last]), float(theirs[last]), float(usual), highest, later))
    return found


def carried(values: pd.DataFrame, days: pd.DatetimeIndex) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The numbers known on each of `days`: the last reported up to then, and the days these are of (same shape)."""
    known = ~np.isnan(values.to_numpy())
    last = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], -1))[values.index.get_indexer(days)]
    numbers = np.where(last >= 0, values.to_numpy()[np.maximum(last, 0), np.arange(values.shape[1])], np.nan)
    when = np.where(last >= 0, values.index.to_numpy()[np.maximum(last, 0)], np.datetime64("NaT"))
    return pd.DataFrame(numbers, days, values.columns), pd.DataFrame(when, days, values.columns)


def frames(days: pd.DatetimeIndex, most: int) -> pd.DatetimeIndex:
    """At most `most` of `days`, whole weeks apart, ending on the last one."""
    step = WEEK * -(-len(days) // (WEEK * most))
    return days[::-1][::step][::-1]


def weeks(values: pd.DataFrame) -> pd.DataFrame:
    """Every seventh day of a panel, counted back from its last day: the weeks of a heatmap."""
    return values.iloc[::-WEEK].iloc[::-1]


def standing(last: pd.DataFrame) -> pd.DataFrame:
    """Where countries stand: what was `last` reported of each measure, per head where counted, and of each trait.

    One row a country; the columns are keys of `MEASURES` (per head as `usual` shows them) and traits.
    """
    found = {}
    for name, measure in MEASURES.items():
        column = measure.total or measure.level
        if column in last:
            scale = SCALE[measure.per] / last["population"] if measure.counted else 1.0
            found[name] = last[column] * scale
    return pd.DataFrame(found | {name: last[name] for name in TRAITS if name in last}).dropna(axis=1, how="all")


def final(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """What was last reported of each country (index) in `rows`, which are sorted by country and date."""
    codes = rows["country"].cat.codes.to_numpy()
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    found = {}
    for name in columns:
        at = np.maximum.reduceat(np.where(rows[name].notna(), np.arange(len(rows)), -1), starts)
        found[name] = rows[name].iloc[np.maximum(at, 0)].where(at >= starts).to_numpy()
    return pd.DataFrame(found, rows["country"].iloc[starts].astype("str").to_numpy())


def usual(measure: str) -> Shown:
    """The way to look at a measure where countries are compared as they stand (see `standing`)."""
    one = MEASURES[measure]
    return (
        Shown(measure, "cumulative", "million")
        if one.total
        else Shown(measure, "level", one.per if one.counted else "absolute")
    )


def correlations(table: pd.DataFrame, least: int = 10) -> pd.DataFrame:
    """Spearman's rank correlation of each two columns over the rows that have both; missing below `least` rows."""
    return table.corr(method="spearman", min_periods=least)


def _last(grid: np.ndarray) -> np.ndarray:
    """The last row with a number in each column, -1 where there is none."""
    known = ~np.isnan(grid)
    return np.where(known.any(axis=0), len(grid) - 1 - known[::-1].argmax(axis=0), -1)
