"""Parts of the past, as they are written in a query, and the days that they mean in some data.

    ""                            all days
    "2025"  "2025-H1"  "2025-Q3"  "2025-03"  "2025-W12"  "2025-03-04"
    "2025-03-04/2025-05"          from the first day of one to the last day of the other; either may be missing
    "last 7 day"                  the last seven days of the data; so for week, month, quarter, year
    "previous month"              the last whole one of the data
    "previous 12 month"           the last twelve whole ones
    "this month"                  the one in which the data end

What is relative counts from the last day of the data, not from today: a question means the same as the pages' figures.
"""

import re
from datetime import date, timedelta

import pandas as pd

import locales
from locales import N_, _, ngettext

MONTHS = {"month": 1, "quarter": 3, "year": 12}
FREQUENCY = {"week": "W-SUN", "month": "M", "quarter": "Q-DEC", "year": "Y-DEC"}
_ABSOLUTE = re.compile(r"(\d{4})(?:-(?:H([12])|Q([1-4])|W(\d{1,2})|(\d{1,2})(?:-(\d{1,2}))?))?$")
_RELATIVE = re.compile(r"(?:(last|previous) (\d{1,4})|(previous|this)) (day|week|month|quarter|year)$")
_WRITTEN = {
    "this day": N_("last day"),
    "this week": N_("this week"),
    "this month": N_("this month"),
    "this quarter": N_("this quarter"),
    "this year": N_("this year"),
    "previous day": N_("day before"),
    "previous week": N_("last whole week"),
    "previous month": N_("last whole month"),
    "previous quarter": N_("last whole quarter"),
    "previous year": N_("last whole year"),
}


def days(period: str, first: date, last: date) -> tuple[date, date]:
    """The first and last day of a `period` in data from `first` to `last`; they need not lie within the data.

    Raises ValueError for what is no period.
    """
    if not period:
        return first, last
    if "/" in period:
        start, _slash, end = period.partition("/")
        one = days(start, first, last)[0] if start else first
        other = days(end, first, last)[1] if end else last
        if one > other:
            raise ValueError(period)
        return one, other
    if found := _ABSOLUTE.match(period):
        return _absolute(*found.groups())
    if found := _RELATIVE.match(period):
        kind, count, which, unit = found.groups()
        if not count:
            return _whole(which, unit, last)
        return _last(int(count), unit, last) if kind == "last" or unit == "day" else _wholes(int(count), unit, last)
    raise ValueError(period)


def _absolute(year: str, half: str, quarter: str, week: str, month: str, day: str) -> tuple[date, date]:
    if week:
        start = date.fromisocalendar(int(year), int(week), 1)
        return start, start + timedelta(days=6)
    if day:
        start = date(int(year), int(month), int(day))
        return start, start
    begin, length = (
        (int(month), 1)
        if month
        else (3 * int(quarter) - 2, 3)
        if quarter
        else (6 * int(half) - 5, 6)
        if half
        else (1, 12)
    )
    start = date(int(year), begin, 1)
    return start, later(start, length) - timedelta(days=1)


def _last(count: int, unit: str, last: date) -> tuple[date, date]:
    if unit in ("day", "week"):
        return last - timedelta(days=count * (7 if unit == "week" else 1) - 1), last
    after = last + timedelta(days=1)
    return later(after, -count * MONTHS[unit]), last


def _whole(which: str, unit: str, last: date) -> tuple[date, date]:
    """The unit of time in which the data end, or the last one that they hold to its end."""
    if unit == "day":
        day = last if which == "this" else last - timedelta(days=1)
        return day, day
    now = pd.Period(last, FREQUENCY[unit])
    if which == "previous" and now.end_time.date() > last:
        now -= 1
    return now.start_time.date(), min(now.end_time.date(), last)


def _wholes(count: int, unit: str, last: date) -> tuple[date, date]:
    start, end = _whole("previous", unit, last)
    return (pd.Period(start, FREQUENCY[unit]) - (count - 1)).start_time.date(), end


def later(day: date, months: int) -> date:
    """The day so many months later; the last of that month where it is shorter."""
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


def before(period: str, first: date, last: date, compared: str) -> tuple[date, date]:
    """The days that a `period` is compared with: as many before it, the same a year earlier, or another period.

    What begins with a month meets the same days of earlier months; else a year is 52 weeks, so that weekdays meet
    their own. Of a period that is not over, only the days that the data hold are compared.
    """
    if compared not in ("before", "year"):
        return days(compared, first, last)
    start, end = days(period, first, last)
    return shifted((start, min(end, last) if start <= last else end), compared)


def shifted(span: tuple[date, date], compared: str) -> tuple[date, date]:
    """As many days before, or the same days a year earlier (see `before`)."""
    start, end = span
    if start.day == 1:
        months = 12 if compared == "year" else (end.year - start.year) * 12 + end.month - start.month + 1
        after = end + timedelta(days=1)
        until = later(after, -months) - timedelta(days=1) if after.day == 1 else later(end, -months)
        return later(start, -months), until
    shift = timedelta(days=364) if compared == "year" else end - start + timedelta(days=1)
    return start - shift, end - shift


def is_period(period: str) -> bool:
    """Whether this is written as a period is."""
    try:
        days(period, date(1900, 1, 1), date(2999, 12, 31))
    except ValueError:
        return False
    return True


def written(period: str) -> str:
    """A period in the reader's words: "last 7 days", "Mar 2025", "4 Mar 2025 to 31 May 2025"."""
    if not period:
        return _("all days")
    if period in _WRITTEN:
        return _(_WRITTEN[period])
    if "/" in period:
        start, _slash, end = period.partition("/")
        if not end:
            return _("since {day}").format(day=written(start))
        if not start:
            return _("until {day}").format(day=written(end))
        return _("{first} to {last}").format(first=written(start), last=written(end))
    if found := _RELATIVE.match(period):
        return _counted(int(found[2]), found[4], found[1] == "previous")
    found = _ABSOLUTE.match(period)
    if not found:
        return period
    year, half, quarter, week, month, day = found.groups()
    if day:
        return locales.day(date(int(year), int(month), int(day)))
    if month:
        return locales.month(date(int(year), int(month), 1))
    if week:
        return _("week {week} of {year}").format(week=int(week), year=year)
    if quarter:
        return _("quarter {quarter} of {year}").format(quarter=quarter, year=year)
    return _("half-year {half} of {year}").format(half=half, year=year) if half else year


def _counted(count: int, unit: str, whole: bool) -> str:
    if whole and unit != "day":
        sentence = {
            "week": ngettext("last {count} whole week", "last {count} whole weeks", count),
            "month": ngettext("last {count} whole month", "last {count} whole months", count),
            "quarter": ngettext("last {count} whole quarter", "last {count} whole quarters", count),
            "year": ngettext("last {count} whole year", "last {count} whole years", count),
        }[unit]
        return sentence.format(count=count)
    sentence = {
        "day": ngettext("last {count} day", "last {count} days", count),
        "week": ngettext("last {count} week", "last {count} weeks", count),
        "month": ngettext("last {count} month", "last {count} months", count),
        "quarter": ngettext("last {count} quarter", "last {count} quarters", count),
        "year": ngettext("last {count} year", "last {count} years", count),
    }[unit]
    return sentence.format(count=count)
