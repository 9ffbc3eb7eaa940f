"""COVID-19: comparable series from reported numbers, and what stands out in them.

A panel is a float frame with one row a day (a daily DatetimeIndex without gaps) and one column a country. An absent
number was not reported; it is not zero. Definitions of smoothed and weekly figures follow Our World in Data.
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

Form = Literal["average", "weekly", "biweekly", "new", "cumulative", "level", "change"]
Per = Literal["million", "hundred", "absolute"]
WEEK = 7
STALE = 14  # days; an older number is shown with its day
MIN_CASES = 100  # cases, for a ratio to say something
GAP = 28  # days between two reports, at most, for what lies between them to be said
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
    index); `counted` says whether it can be set against the population, usually `per` so many ("absolute": a number of
    people that says nothing beside another country's). `smooth`: its daily
    column is a 7-day average already; `published`: such a column, for groups of countries only. `grows`: a level that
    hardly ever falls. `signed`: it may be below zero, and how many times as much it is says nothing. `over`: the column
    that `level` is divided by, from `MIN_CASES` of it on; `share`: its numbers are shares.
    """

    total: str | None = None
    daily: str | None = None
    level: str | None = None
    counted: bool = True
    per: Per = "million"
    smooth: bool = False
    published: str | None = None
    grows: bool = False
    signed: bool = False
    over: str | None = None
    share: bool = False

    @property
    def columns(self) -> list[str]:
        """The columns of the covid table that it needs."""
        return [column for column in (self.total, self.daily, self.level, self.over) if column]

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
    "doses": Measure("total_vaccinations", published="new_vaccinations_smoothed"),
    "vaccinated": Measure(level="people_vaccinated", per="hundred", grows=True),
    "fully_vaccinated": Measure(level="people_fully_vaccinated", per="hundred", grows=True),
    "tests": Measure("total_tests", "new_tests_smoothed", smooth=True),
    "boosters": Measure(level="total_boosters", per="hundred", grows=True),
    "positivity": Measure(level="positive_rate", counted=False, share=True),
    "tests_per_case": Measure(level="total_tests", over="total_cases", counted=False),
    "fatality": Measure(level="total_deaths", over="total_cases", counted=False, share=True),
    "hospital": Measure(level="hosp_patients"),
    "intensive_care": Measure(level="icu_patients"),
    "admissions": Measure(level="weekly_hosp_admissions"),
    "care_admissions": Measure(level="weekly_icu_admissions"),
    "excess": Measure(level="excess_mortality", counted=False, signed=True),
    "excess_deaths": Measure(level="excess_mortality_cumulative_absolute", counted=False, per="absolute", signed=True),
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
        return self.form == "change" or MEASURES[self.measure].share

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
    on `daily` is what the totals grew by. `filled` (a panel of True and False): days whose number is an equal part of
    what the total grew by between two reports. `smooth` names those whose `daily` is an average over seven days
    already. `sums`: the groups whose daily numbers do not add up to what their total grew by, with both sums.
    """

    daily: pd.DataFrame
    total: pd.DataFrame
    continued: dict[str, pd.Timestamp] = field(default_factory=dict)
    filled: pd.DataFrame | None = None
    smooth: Collection[str] = ()
    sums: dict[str, tuple[float, float]] = field(default_factory=dict)


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


def stood(rows: pd.DataFrame, measure: Measure) -> pd.Series:
    """What `measure` was in each of `rows`: its total or level; of two columns, both of the same day."""
    column = rows[measure.total or measure.level]
    return column if not measure.over else column / rows[measure.over].where(rows[measure.over] >= MIN_CASES)


def counts(rows: pd.DataFrame, measure: Measure, groups: Collection[str] = ()) -> Counts:
    """What was reported of `measure` in `rows` (country, date and the columns of the measure)."""
    if measure.level:
        level = panel(rows[["country", "date"]].assign(stood=stood(rows, measure)), "stood")
        return Counts(level, level)
    total = panel(rows, measure.total or "")
    if measure.smooth:
        average = panel(rows, measure.daily or "")
        return Counts(average, total, smooth=tuple(average))
    found = daily(panel(rows, measure.daily) if measure.daily else total * np.nan, total)
    if measure.published and measure.published in rows:
        return grouped(found, panel(rows, measure.published), groups)
    return found if measure.daily else replace(found, continued={})


def daily(new: pd.DataFrame, total: pd.DataFrame) -> Counts:
    """The daily numbers `new` (a panel), completed from the totals where there is none.

    What a total grew by from one report to the next, at most `GAP` days later, less what was reported of the days
    between, is shared equally among those of which nothing was. A number below zero corrects earlier days: it is no
    number of its day, and is left out; so is a fall of the total. Totals keep corrections.
    """
    grid, known = new.to_numpy(float, copy=True), total.to_numpy()
    filled = np.zeros(grid.shape, bool)
    for at in range(grid.shape[1]):
        column = grid[:, at]
        absent = np.isnan(column)
        reports = np.flatnonzero(~np.isnan(known[:, at]))
        first, last = reports[:-1], reports[1:]
        said, without = np.nancumsum(column), np.cumsum(absent)
        missing = without[last] - without[first]
        rest = np.diff(known[reports, at]) - (said[last] - said[first])
        use = (missing > 0) & (rest >= 0) & (last - first <= GAP)
        length = np.where(use, last - first, 0)
        days = np.repeat(first[use], length[use]) + _counted(length[use])
        share = np.repeat((rest / np.maximum(missing, 1))[use], length[use])
        empty = absent[days]
        column[days[empty]] = share[empty]
        filled[days[empty], at] = np.repeat(missing[use] > 1, length[use])[empty]
    grid[grid < 0] = np.nan
    last_new, last_total = _last(new.to_numpy()), _last(known)
    ends = np.flatnonzero((last_total > last_new) & (last_new >= 0))
    continued = {str(new.columns[at]): new.index[last_new[at]] for at in ends}
    made = pd.DataFrame(grid, new.index, new.columns)
    return Counts(made, total, continued, pd.DataFrame(filled, new.index, new.columns))


def grouped(found: Counts, average: pd.DataFrame, groups: Collection[str]) -> Counts:
    """`found`, with the publisher's 7-day `average` for those `groups` where it adds up to nearer what the total grew
    by: members that begin or stop to report make a group's total jump. `sums` says where it differs by over 1%."""
    daily_numbers, filled, taken, sums = found.daily.copy(), found.filled, [], {}
    for name in (one for one in average if one in groups and average[one].notna().any()):
        known = found.total[name].dropna()
        grown = float(known.iloc[-1] - known.iloc[0]) if len(known) else float("nan")
        by_total, by_average = float(found.daily[name].sum()), float(average[name].sum())
        if abs(by_average - grown) < abs(by_total - grown):
            daily_numbers[name] = average[name]
            taken.append(str(name))
        said = by_average if name in taken else by_total
        if abs(said - grown) > 0.01 * abs(grown):
            sums[str(name)] = (said, grown)
    if filled is not None and taken:
        filled = filled.assign(**dict.fromkeys(taken, False))
    return replace(found, daily=daily_numbers, continued={}, filled=filled, smooth=tuple(taken), sums=sums)


def formed(counts: Counts, form: Form) -> pd.DataFrame:
    """The panel of one way to look at counts.

    average, weekly, biweekly: mean or sum of 7 or 14 days, of which all but one in seven must be known, and the last of
    them. cumulative and level: as reported; a day without a report has no number. change: the last seven days
    against the seven before (of a level: a report against seven days before, see `week_before`), as a share; absent
    where there was nothing before.
    """
    if form == "new":
        return counts.daily
    if form in ("average", "weekly", "biweekly"):
        days = 2 * WEEK if form == "biweekly" else WEEK
        smooth = counts.daily[list(counts.smooth)]
        smooth = smooth if form == "average" else WEEK * (smooth if days == WEEK else smooth + smooth.shift(WEEK))
        if len(counts.smooth) == counts.daily.shape[1]:
            return smooth
        window = counts.daily.rolling(days, min_periods=days - days // WEEK)
        made = (window.mean() if form == "average" else window.sum()).where(counts.daily.notna())
        return made.assign(**{str(name): smooth[name] for name in smooth}) if len(smooth.columns) else made
    if form == "change":
        level = counts.daily is counts.total
        now = counts.total if level else formed(counts, "weekly")
        before = week_before(now) if level else now.shift(WEEK)
        return now / before.where(before > 0) - 1
    return counts.total


def joined(values: pd.DataFrame, most: int = GAP) -> pd.DataFrame:
    """`values`, and between two reports that are at most `most` days apart a straight line: what is drawn."""
    grid = values.to_numpy(float)
    days, columns = np.arange(len(grid))[:, None], np.arange(grid.shape[1])
    return pd.DataFrame(_line(grid, days, columns, most), values.index, values.columns)


def week_before(values: pd.DataFrame) -> pd.DataFrame:
    """What `values` were seven days before: reported, or on the line between two reports of one week."""
    return joined(values, WEEK).shift(WEEK)


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


def ranking(values: pd.DataFrame, day: pd.Timestamp, filled: pd.DataFrame | None = None) -> pd.DataFrame:
    """`latest` in order, the largest first, with what it was seven days before that (`before`, see `week_before`) and
    the `change`; missing where nothing was reported around then, and the change of a number older than `STALE` days.
    `filled`: see `Counts`, of that number."""
    found, grid = latest(values, day), values.loc[:day].to_numpy(float)
    at = values.columns.get_indexer(found.index)
    near = _last(grid)[at] - WEEK + np.arange(-WEEK, WEEK + 1)[:, None]  # all that it takes, around each
    around = np.where(near >= 0, grid[np.maximum(near, 0), at], np.nan)
    found["before"] = _line(around, np.full(len(at), WEEK), np.arange(len(at)), WEEK)
    known = (found["before"] > 0) & (found["day"] >= day - pd.Timedelta(days=STALE))
    found["change"] = found["value"] / found["before"].where(known) - 1
    if filled is None:
        found["filled"] = False
    else:
        days = filled.index.get_indexer(found["day"])
        found["filled"] = filled.to_numpy()[days, filled.columns.get_indexer(found.index)]
    return found.sort_values("value", ascending=False, kind="stable")


def alike(ranked: pd.DataFrame, grows: bool) -> pd.DataFrame:
    """The rows of a `ranking` that compare (see `of_one_time`); what `grows` only can be compared, as it stands."""
    return ranked if grows else ranked[of_one_time(ranked["day"].to_numpy())]


def of_one_time(days: np.ndarray) -> np.ndarray:
    """Which numbers compare, by the `days` of their reports along the last axis (NaT: none): a level that was last
    reported more than `STALE` days before the newest of all is one of another time."""
    newest = np.fmax.reduce(days, axis=-1, keepdims=True, initial=np.datetime64("NaT"))
    return days >= newest - np.timedelta64(STALE, "D")


def aligned(values: pd.DataFrame, total: pd.DataFrame, least: float) -> pd.DataFrame:
    """`values` by days since `total` (a panel) first reached `least`; countries that never did are left out."""
    reached, grid = (total[values.columns] >= least).to_numpy(), values.to_numpy()
    at = np.flatnonzero(reached.any(axis=0))
    starts = reached[:, at].argmax(axis=0)
    days = starts + np.arange(len(grid) - starts.min(initial=len(grid)))[:, None]
    moved = np.where(days < len(grid), grid[np.minimum(days, len(grid) - 1), at], np.nan)
    return pd.DataFrame(moved, columns=values.columns[at]).rename_axis("days")


@dataclass(frozen=True)
class Comparison:
    """A country beside the reference: its last `value`, of a `day` on which the reference (`other`) is known too, by a
    report or by the line between two (see `joined`), `usual`: how many times as much on average over the period; its
    `highest` day, and how many days `later` than the reference's that was."""

    country: str
    day: pd.Timestamp
    value: float
    other: float
    usual: float
    highest: pd.Timestamp
    later: int


def compare(values: pd.DataFrame, reference: str, others: Sequence[str]) -> list[Comparison]:
    """Each of `others` beside `reference` over the days of `values`; those with no day in common are left out."""
    values = values[list(dict.fromkeys([reference, *others]))]
    found, reported, grid = [], values.to_numpy(), joined(values).to_numpy()  # numpy: pandas takes 2 ms a country
    theirs = grid[:, values.columns.get_loc(reference)]
    for name in others:
        at = values.columns.get_loc(name)
        mine = grid[:, at]
        both = np.flatnonzero(~np.isnan(mine) & ~np.isnan(theirs))
        dated = both[~np.isnan(reported[both, at])]
        if name == reference or not len(dated):
            continue
        last, total = dated[-1], theirs[both].sum()
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
    """The last number of each week of a panel, counted back from its last day: what a heatmap shows."""
    return values.ffill(limit=WEEK - 1).iloc[::-WEEK].iloc[::-1]


def standing(last: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """Where countries stand: what was `last` reported of each measure, per head where counted, and of each trait.

    `last` has a row a country, with what measures (keys of `MEASURES`) `stood` at on the `days` of these reports (same
    shape), the population, and traits. So has what is returned, per head as `usual` shows it; levels of another time
    are left out (see `of_one_time`).
    """
    found = {}
    for name, measure in MEASURES.items():
        if name in last and measure.per != "absolute":
            values = last[name] if usual(name).grows else last[name].where(of_one_time(days[name].to_numpy()))
            found[name] = values * (SCALE[measure.per] / last["population"] if measure.counted else 1.0)
    return pd.DataFrame(found | {name: last[name] for name in TRAITS if name in last}).dropna(axis=1, how="all")


def final(
    rows: pd.DataFrame, columns: Iterable[pd.Series], day: pd.Timestamp | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was last reported of each of `columns` up to `day` (of all days, if None), one row a country (index), and
    the days of these reports (same shape).

    `rows` has the country (categories) and date of each value; `columns` may be read one by one, as they are large.
    """
    codes, order = rows["country"].cat.codes.to_numpy(), np.lexsort([rows["date"], rows["country"].cat.codes])
    if day is not None:
        order = order[(rows["date"] <= day).to_numpy()[order]]
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    names = rows["country"].cat.categories[codes[order[starts]]].astype("str").rename("country")
    found: dict[Hashable, pd.Series] = {}
    days: dict[Hashable, pd.Series] = {}
    for column in columns:
        known = np.where(column.notna().to_numpy()[order], np.arange(len(order)), -1)
        last = np.maximum.reduceat(known, starts) if len(starts) else starts
        for kept, values in ((found, column), (days, rows["date"])):
            kept[column.name] = values.iloc[order[last]].where(last >= 0).set_axis(names)
    return pd.DataFrame(found, index=names).sort_index(), pd.DataFrame(days, index=names).sort_index()


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


def _line(grid: np.ndarray, days: np.ndarray, columns: np.ndarray, most: int) -> np.ndarray:
    """The number at each of `days` and `columns`: reported, or on the line of reports at most `most` days apart."""
    known, order = ~np.isnan(grid), np.arange(len(grid))[:, None]
    before = np.maximum.accumulate(np.where(known, order, -1))[days, columns]
    after = np.minimum.accumulate(np.where(known, order, len(grid))[::-1])[::-1][days, columns]
    there = (before >= 0) & (after < len(grid)) & (after - before <= most)
    low, high = grid[np.maximum(before, 0), columns], grid[np.minimum(after, len(grid) - 1), columns]
    share = (days - before) / np.maximum(after - before, 1)
    return np.where(there, low + share * (high - low), np.nan)


def _counted(lengths: np.ndarray) -> np.ndarray:
    """1, 2, ... up to each of `lengths`, one after the other."""
    ends = np.cumsum(lengths)
    return np.arange(1, lengths.sum() + 1) - np.repeat(ends - lengths, lengths)


def _last(grid: np.ndarray) -> np.ndarray:
    """The last row with a number in each column, -1 where there is none."""
    known = ~np.isnan(grid)
    return np.where(known.any(axis=0), len(grid) - 1 - known[::-1].argmax(axis=0), -1)
