"""A simulated epidemic in real countries: the waves, the doses and the reporting are invented, the shape is not.

Every country has its share of a dozen waves, a vaccination campaign, and the habits that real reporting has: weekly
numbers (six days in seven are zero) or daily ones that dip at weekends, sparse totals of doses, tests and hospitals in
some countries only, a correction below zero, and a country whose daily column ends while its totals go on.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

DAYS = 1_120  # up to the last day
WAVES = 12
RICH = 30_000  # dollars; countries with more report daily, and from hospitals and registers
FREE_TESTS = 0.6  # of the days; then tests are no longer counted
WEEKDAYS = np.array([0.8, 1.15, 1.2, 1.15, 1.1, 0.9, 0.7])  # from Monday on
ENDS, ENDS_AT = "Spain", 0.6  # its daily column ends after so much of the days, its totals go on
CORRECTED = "France"  # once takes back more than it reports
DOSES_EVERY = {"Africa": 28, "Asia": 7, "Europe": 7, "North America": 3, "Oceania": 7, "South America": 14}  # days


@dataclass(frozen=True)
class Country:
    """A country, rounded: population in millions, median age and life expectancy in years, income in dollars."""

    name: str
    code: str
    continent: str
    population: float
    median_age: float
    income: float
    life_expectancy: float
    beds: float  # hospital beds per 1,000 people


COUNTRIES = (
    Country("Argentina", "ARG", "South America", 46, 32, 19_000, 77, 5.0),
    Country("Australia", "AUS", "Oceania", 26, 38, 45_000, 83, 3.8),
    Country("Brazil", "BRA", "South America", 215, 33, 14_000, 76, 2.2),
    Country("Canada", "CAN", "North America", 38, 41, 44_000, 82, 2.5),
    Country("Egypt", "EGY", "Africa", 111, 25, 10_500, 72, 1.6),
    Country("France", "FRA", "Europe", 65, 42, 39_000, 83, 6.0),
    Country("Germany", "DEU", "Europe", 83, 45, 45_000, 81, 8.0),
    Country("India", "IND", "Asia", 1_417, 28, 6_400, 70, 0.5),
    Country("Italy", "ITA", "Europe", 59, 48, 35_000, 84, 3.2),
    Country("Japan", "JPN", "Asia", 124, 48, 39_000, 85, 13.0),
    Country("Kenya", "KEN", "Africa", 54, 20, 3_000, 67, 1.4),
    Country("Kosovo", "OWID_KOS", "Europe", 1.8, 31, 9_800, 77, 2.5),
    Country("Mexico", "MEX", "North America", 128, 29, 17_500, 75, 1.4),
    Country("New Zealand", "NZL", "Oceania", 5, 38, 36_000, 82, 2.6),
    Country("Nigeria", "NGA", "Africa", 219, 18, 5_300, 55, 0.5),
    Country("South Africa", "ZAF", "Africa", 60, 27, 12_300, 64, 2.3),
    Country("South Korea", "KOR", "Asia", 52, 43, 36_000, 83, 12.3),
    Country("Spain", "ESP", "Europe", 48, 45, 34_000, 84, 3.0),
    Country("United Kingdom", "GBR", "Europe", 68, 41, 40_000, 81, 2.5),
    Country("United States", "USA", "North America", 338, 38, 54_000, 79, 2.8),
)
SUMMED = (  # what a group of countries has
    *("population", "total_cases", "new_cases", "total_deaths", "new_deaths"),
    *("total_vaccinations", "people_vaccinated", "people_fully_vaccinated"),
)


def generate(end: date, seed: int = 0) -> pd.DataFrame:
    """`data.schemas.Covid` of the `DAYS` days up to `end`: twenty countries, their continents and the World."""
    rng = np.random.default_rng(seed)
    days = pd.date_range(end=end, periods=DAYS, unit="us")
    peaks = np.linspace(70, DAYS - 40, WAVES) + rng.normal(0, 12, WAVES)
    heights = rng.lognormal(np.linspace(4.6, 6.0, WAVES), 0.5)  # cases per million and day
    countries = [_country(one, days, peaks, heights, rng) for one in COUNTRIES]
    groups = [_group(name, countries) for name in ("World", *sorted(DOSES_EVERY))]
    frame = pd.concat([*countries, *groups], ignore_index=True)
    texts = frame[["country", "code", "continent"]].astype("category")
    return frame.assign(**texts).sort_values(["country", "date"], ignore_index=True)


def _country(
    one: Country, days: pd.DatetimeIndex, peaks: np.ndarray, heights: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    people, when = one.population * 1e6, np.arange(len(days))
    peak = peaks + rng.normal(0, 18, len(peaks))
    height = heights * rng.lognormal(0, 0.6, len(heights)) * min(1.0, (one.income / 40_000) ** 0.7)
    rise, fall = rng.uniform(14, 24, (2, len(peaks)))
    apart = when[:, None] - peak
    a_million = 1 + (height * np.exp(-0.5 * (apart / np.where(apart < 0, rise, 1.6 * fall)) ** 2)).sum(axis=1)

    given = 0.85 * min(1.0, (one.income / 40_000) ** 0.5) / (1 + np.exp(-(when - 420 - rng.normal(0, 25)) / 45))
    second = np.append(np.zeros(35), 0.93 * given[:-35])
    cases = rng.poisson(a_million * one.population * WEEKDAYS[days.day_of_week]).astype(float)
    fatal = 0.0004 * (one.median_age / 20) ** 2 * (1 - 0.8 * second)
    deaths = rng.poisson(np.append(np.full(18, cases[0]), cases[:-18]) * fatal).astype(float)
    cases, deaths = (counted if one.income > RICH else _weekly(counted, days) for counted in (cases, deaths))
    frame = pd.DataFrame(
        {
            "country": one.name,
            "date": days,
            "code": one.code,
            "continent": one.continent,
            "population": people,
            "total_cases": cases.cumsum(),
            "new_cases": cases,
            "total_deaths": deaths.cumsum(),
            "new_deaths": deaths,
        }
    )
    if one.name == ENDS:
        frame.loc[when >= ENDS_AT * len(days), ["new_cases", "new_deaths"]] = np.nan
    if one.name == CORRECTED:
        taken_back = frame.index[500]
        frame.loc[taken_back, "new_cases"] = -np.floor(0.02 * frame.loc[taken_back, "total_cases"])
        frame["total_cases"] = frame["new_cases"].cumsum()
    smooth = frame["new_cases"].rolling(7, min_periods=6).mean().to_numpy()
    if one.income > 10_000:  # tests are counted, for as long as they were free
        positive = np.clip(0.01 + 0.35 * a_million / (a_million + 600), 0.005, 0.6)
        frame["positive_rate"] = np.where(when >= FREE_TESTS * len(days), np.nan, positive)
        frame["new_tests_smoothed"] = np.where(when >= FREE_TESTS * len(days), np.nan, smooth / positive)
        frame["total_tests"] = np.where(when >= FREE_TESTS * len(days), np.nan, (cases / positive).cumsum().round())
    if one.income > RICH:
        beds = pd.Series(cases).rolling(14, min_periods=1).sum() * 0.02
        frame["hosp_patients"], frame["icu_patients"] = beds.round(), (0.12 * beds).round()
        frame["weekly_hosp_admissions"], frame["weekly_icu_admissions"] = (beds / 2).round(), (0.05 * beds).round()
        above = 100 * deaths / (people * 0.0095 / 365)
        week = pd.Series(above).rolling(7, min_periods=1).mean() + rng.normal(0, 2, len(days))
        sunday = days.day_of_week == 6
        frame["excess_mortality"] = np.where(sunday, week, np.nan)
        frame["excess_mortality_cumulative_absolute"] = np.where(sunday, deaths.cumsum(), np.nan)
        frame["excess_mortality_cumulative_per_million"] = np.where(sunday, deaths.cumsum() / one.population, np.nan)
    doses = (when % DOSES_EVERY[one.continent] == 0) & (given > 0.005)
    third = np.append(np.zeros(200), 0.7 * second[:-200])
    for name, share in (
        ("total_vaccinations", given + second + third),
        ("people_vaccinated", given),
        ("people_fully_vaccinated", second),
    ):
        frame[name] = np.where(doses, (share * people).round(), np.nan)
    frame["total_boosters"] = np.where(doses & (third > 0.005), (third * people).round(), np.nan)
    frame["stringency_index"] = np.clip(10 + 0.09 * a_million * (1 - second), 5, 85).round(1)
    frame["median_age"], frame["life_expectancy"] = one.median_age, one.life_expectancy
    frame["gdp_per_capita"], frame["hospital_beds_per_thousand"] = one.income, one.beds
    return frame


def _weekly(daily: np.ndarray, days: pd.DatetimeIndex) -> np.ndarray:
    """What is published of `daily` counts once a week: the sum of seven days on Sundays, zero in between."""
    sums = pd.Series(daily).rolling(7, min_periods=1).sum().to_numpy()
    return np.where(days.day_of_week == 6, sums, 0.0)


def _group(name: str, countries: list[pd.DataFrame]) -> pd.DataFrame:
    """A continent, or the World: the sums of its countries, with totals carried forward."""
    members = [one for one in countries if name in ("World", one["continent"].iloc[0])]
    filled = [
        one[list(SUMMED)].assign(new_cases=one["total_cases"].diff(), new_deaths=one["total_deaths"].diff())
        for one in members
    ]
    summed = sum(part.ffill().fillna(0) for part in filled)
    return members[0][["date"]].assign(country=name, code=f"OWID_{name[:3].upper()}", continent=None, **summed)
