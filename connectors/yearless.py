"""Days without their year: 12/03, 12 mars, Mar 5; 1203 in a file of DATEV, whose first line says the year.

A title above the table may name the year; else it is asked. Years turn where rows in the order of their days go from
December to January.
"""

import re
from datetime import datetime
from itertools import islice

import pandas as pd

from connectors import dates
from connectors.numbers import MISSING

YEARS, OLDEST = 6, 30  # that are offered, and how many back
MIN_DAYS = 4  # different days of the month: of fewer the second number of 01/24 may be a year
TURN = 600  # of month x 100 + day: further back is another year
IN_ORDER = 0.8  # share of the steps from row to row, from which rows are in the order of their days
_FORMS = (
    (rf"(\d{{1,2}})(?:st|nd|rd|th|er)?[-/. ]*(?:of |de )?{dates.NAME}", (1, 2)),
    (rf"{dates.NAME}[-/. ]*(\d{{1,2}})(?:st|nd|rd|th)?", (2, 1)),
)
_NUMERIC = r"(\d{1,2})[/.](\d{1,2})\.?"
_DATEV = re.compile(r"(?:EXTF|DTVF)\b.*\b(20\d{6}) \d ((?:19|20)\d{6}) ((?:19|20)\d{6})\b")
DATEV = "Umsatz (ohne Soll/Haben"  # how a column of its files is called


def days(text: pd.Series, usual: str | None, datev: bool) -> pd.DataFrame | None:
    """The `month` and `day` of each cell where all of them are days without a year; else None.

    `usual` is the order of days and months that the file's language has; `datev`: 0312 is the third of December.
    """
    head = text.dropna().head(20)
    if not datev and (head.empty or head.str.contains(r"\d{4}|:|^\d+$", regex=True).any()):
        return None
    some = text.dropna()
    some = some[~some.str.casefold().isin(MISSING)]
    if some.empty:
        return None
    if datev:
        return _whole(some.str.zfill(4).str.extract(r"^(\d\d)(\d\d)$"), (1, 2), text)
    plain = dates.letters(some.str.casefold())
    for pattern, (day, month) in _FORMS:
        found = plain.str.extract(f"^{pattern}$")
        if found.notna().all(axis=None) and (day == 1 or found[1].str.len().eq(1).any()):
            named = found[month - 1].map(dates.MONTHS)
            return _whole(pd.concat([found[day - 1], named], axis=1, keys=[0, 1]), (1, 2), text)
    numbers = plain.str.extract(f"^{_NUMERIC}$")
    if numbers.isna().any(axis=None):
        return None
    able = {order: _whole(numbers, places, text)
            for order, places in ((dates.DAY_FIRST, (1, 2)), (dates.MONTH_FIRST, (2, 1)))}  # fmt: skip
    able = {order: found for order, found in able.items() if found is not None and found["day"].nunique() >= MIN_DAYS}
    risen = [order for order, found in able.items() if _steps(found).ge(0).mean() >= IN_ORDER]
    best = risen if len(risen) == 1 else [one for one in able if one == usual] or list(able)
    return able[best[0]] if len(best) == 1 else None


def read(found: pd.DataFrame, chosen: str | None, title: str, now: datetime) -> dates.Dates:
    """Days (`month`, `day`) as times: of the year that is `chosen`, else of that of the title, else a guess: asked.

    The year is that of the newest day where rows are in order, else of all; a guess has no day after `now`.
    """
    known = found.dropna()
    first, last = _between(title)
    today = pd.Timestamp(now).tz_localize(None)
    tried = ((year, _of(known, year)) for year in range(today.year, today.year - OLDEST, -1))
    able = {str(year): days for year, days in tried if days.notna().all() and len(days) and days.max() <= today}
    usual = str(last.year) if last is not None else next(iter(able), str(today.year))
    year = chosen if chosen and chosen.isdigit() else usual
    values = able[year] if year in able else _of(known, int(year))
    if first is not None and year == usual:
        later = known["month"] * 100 + known["day"] < first.month * 100 + first.day
        values = _dates(known, first.year + later.astype(int))
    options = tuple(dict.fromkeys((year, *islice(able, YEARS))))
    values = values.reindex(found.index).astype("datetime64[us]")
    return dates.Dates(values, others=options, even=chosen is None and first is None, noted=year)


def _of(known: pd.DataFrame, year: int) -> pd.Series:
    """Days as times, of which the newest is of a year; years turn where rows are in order."""
    steps = _steps(known)
    years = pd.Series(year, known.index)
    if steps.le(0).mean() >= IN_ORDER and steps.lt(0).any():  # the newest row first
        years = year - steps.gt(TURN).cumsum()
    elif steps.ge(0).mean() >= IN_ORDER:
        turned = steps.lt(-TURN).cumsum()
        years = year - (turned.max() - turned)
    return _dates(known, years)


def _dates(known: pd.DataFrame, years: pd.Series) -> pd.Series:
    return pd.to_datetime(known.assign(year=years), errors="coerce")


def _between(title: str) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """The first and the last day that a title says its table is about: of the one year that it names."""
    if found := _DATEV.match(title):
        return pd.Timestamp(found[2]), pd.Timestamp(found[3])
    years = set(re.findall(r"\b(?:19|20)\d\d\b", title))
    if len(years) != 1:
        return None, None
    year = int(years.pop())
    return pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31)


def _whole(found: pd.DataFrame, places: tuple[int, int], text: pd.Series) -> pd.DataFrame | None:
    """Months and days where all of them are possible; else None."""
    day, month = (pd.to_numeric(found[place - 1], errors="coerce") for place in places)
    if not (day.between(1, 31) & month.between(1, 12)).all():
        return None
    return pd.DataFrame({"month": month, "day": day}).reindex(text.index)


def _steps(found: pd.DataFrame) -> pd.Series:
    """From each day to that of the next row, as month x 100 + day; the turn of a year is a step forward, too."""
    known = found.dropna()
    return (known["month"] * 100 + known["day"]).diff().fillna(0)
