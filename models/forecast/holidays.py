"""Bank holidays: which there are, whether a shop closes on them, and what other special days did to its sales."""

from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from models.forecast.series import Regular

SUBDIVISION = {"GB": "ENG"}
ALWAYS = 0.8  # share of past bank holidays without a sale from which the next ones are closed too
MIN_TIMES = 3
CHANCE = 0.01  # that a shop which opens sells nothing on all past days of one bank holiday
AROUND = 28  # days on either side that say what would have been usual


def bank_holidays(country: str, first: date, last: date) -> dict[date, str]:
    """The bank holidays of a country (ISO 3166 code) between two days, named in its own language; none of no country,
    and none of one whose holidays are not known (see `supported`)."""
    import holidays

    if country not in supported():
        return {}
    years = range(first.year, last.year + 1)
    found = holidays.country_holidays(country, subdiv=SUBDIVISION.get(country), years=years)
    return {day: name for day, name in sorted(found.items()) if first <= day <= last}


@cache
def supported() -> frozenset[str]:
    """The countries (ISO 3166 codes) whose bank holidays are known."""
    import holidays

    return frozenset(holidays.list_supported_countries(include_aliases=False))


def closures(history: Regular, horizon: int, country: str) -> pd.DataFrame | None:
    """The frame of what is known beforehand (`closed`, by date) for a shop that closes on bank holidays; else None.

    One that closes on some of them, as shops in two countries together do, closes on those again on which it has never
    sold, where that is no chance. Of no `country` ("") nothing is known beforehand.
    """
    if history.frequency != "D" or not country:
        return None
    ahead = history.ahead(horizon)
    named = bank_holidays(country, history.dates[0].date(), ahead[-1].date())
    days = pd.DatetimeIndex(list(named))
    sold = history.values != 0
    never = [day for day in range(7) if not sold[history.dates.day_of_week == day].any()]
    past = days[(days <= history.dates[-1]) & ~days.day_of_week.isin(never)]
    empty = ~sold.reindex(past)
    if len(past) < MIN_TIMES:
        return None
    if empty.mean() < ALWAYS:
        usual = sold[~sold.index.isin(days) & ~history.dates.day_of_week.isin(never)].mean()
        times = empty.groupby([named[day.date()] for day in past]).agg(["all", "size"])
        shut_on = times.index[times["all"] & ((1 - usual) ** times["size"] < CHANCE)]
        days = days[pd.Index(named.values()).isin(shut_on)]
    dates = history.dates.append(ahead)
    shut = dates.isin(days) & ~(history.values.reindex(dates).fillna(0) != 0).to_numpy()
    return pd.DataFrame({"closed": shut}, dates) if shut.any() else None


def foreseen(history: Regular, horizon: int, country: str, calendar: pd.DataFrame | None = None) -> pd.DataFrame | None:
    """What is known beforehand, by date, over the history and the horizon; None where nothing is.

    `closed` of bank holidays (see `closures`) and of the days that a `calendar` (`data.schemas.Calendar`) closes; a
    column of 0 and 1 for each of its events and bank holidays that comes in the horizon and came `MIN_TIMES` times
    before, and its `promotion`, likewise. Weeks and months know of none.
    """
    found = closures(history, horizon, country)
    if calendar is None or history.frequency != "D":
        return found
    dates = history.dates.append(history.ahead(horizon))
    days = calendar.drop_duplicates("date").set_index("date").reindex(dates)
    sold = (history.values.reindex(dates).fillna(0) != 0).to_numpy()
    shut = days["open"].eq(False).to_numpy(bool) & ~sold
    if found is not None:
        shut = shut | found["closed"].to_numpy(bool)
    ahead = np.arange(len(dates)) >= len(history.values)
    columns: dict[str, np.ndarray] = {}
    for kind in ("event", "holiday"):
        for name in days.loc[ahead, kind].dropna().unique() if kind in days else ():
            columns[f"{kind} {name}"] = days[kind].eq(name).fillna(False).to_numpy(float) * ~shut
    if "promotion" in days:
        columns["promotion"] = days["promotion"].fillna(0).to_numpy(float) * ~shut
    told = {
        name: one
        for name, one in columns.items()
        if one[ahead].any() and ((one > 0) & sold & ~ahead).sum() >= MIN_TIMES
    }
    return pd.DataFrame({"closed": shut} | told, dates) if shut.any() or told else None


def effects(values: pd.Series, events: pd.Series) -> pd.DataFrame:
    """What named days did to sales: `values` of the open days, `events` with a name by date.

    One row an event: `event`, `effect` (0.2 is 20 % more than usual), `days`.

    Usual is the median of the same weekday within four weeks on either side, other events left out.
    """
    plain = values[~values.index.isin(events.index)]
    ratios: dict[str, list[float]] = {}
    for day, name in events.items():
        if day not in values.index:
            continue
        near = plain[abs(plain.index - day) <= pd.Timedelta(days=AROUND)]
        near = near[near.index.day_of_week == day.day_of_week]
        if len(near) >= 3 and near.median() > 0:
            ratios.setdefault(str(name), []).append(float(values[day] / near.median()))
    rows = [(name, float(np.median(found)) - 1, len(found)) for name, found in ratios.items()]
    return pd.DataFrame(rows, columns=["event", "effect", "days"])
