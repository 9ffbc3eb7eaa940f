"""When work is due, by a cron expression and the clocks of a time zone.

    check("30 7 * * 1-5", "Europe/Paris")    # raises CannotSchedule, a sentence, where it is no expression
    latest(cron, zone, after, until)         # the last time after one moment and up to another, or None
    upcoming(cron, zone, after, count)       # the next ones
    expression(Choice("weekdays", 7, 30))    # what is chosen, as an expression; `chosen` is the way back
    words(cron)                              # a sentence

The five fields are those of cron: minute, hour, day of the month, month, day of the week (0 or 7 is Sunday), with
lists, ranges, steps and names; `L` is the last day of a month, `LW` its last working day, `5#2` its second Friday and
`5L` its last one. As in Debian's cron, a day has to fit both fields where one of them begins with a star, else either.

Where clocks go forward, what was due in the hour that is left out is due once, at its end; where they go back, what is
due in the hour that comes twice is due once, the first time. An expression for every hour goes on by the hour.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from locales import N_, Sentence, _, listed, months, ngettext, weekdays

Kind = Literal["hour", "day", "weekdays", "week", "month"]
ANY = datetime(2024, 1, 1, tzinfo=UTC)  # where only the fields count
DAY, HOURS, WEEKDAYS, MONTHS = timedelta(days=1), 24, 7, 12
BACK = (timedelta(hours=1), DAY, timedelta(days=32), timedelta(days=366), timedelta(days=3000))
SHIFT = timedelta(hours=26)  # more than any clock is moved
MAX_TIMES = 6  # of a day that are written out
NTH = (N_("first"), N_("second"), N_("third"), N_("fourth"), N_("fifth"))


class CannotSchedule(Sentence):
    """What cannot be scheduled so, and what to do about it."""


@dataclass(frozen=True)
class Choice:
    """An expression as people choose it: every hour at a minute; every day, Monday to Friday, every week on a weekday
    (0 is Monday) or every month on a day (0 is the last one), at an hour and minute."""

    kind: Kind
    hour: int = 7
    minute: int = 0
    weekday: int = 0
    day: int = 1


def check(cron: str, zone: str) -> None:
    """Raise `CannotSchedule` where it is no expression, never due, or not a time zone."""
    if zone not in zones():
        raise CannotSchedule(N_("There is no time zone “{zone}”: write it as Europe/Paris."), zone=zone)
    fields = cron.split()
    if len(fields) != 5:
        sentence = N_("“{cron}” does not have five fields: minute, hour, day of the month, month, day of the week.")
        raise CannotSchedule(sentence, cron=cron)
    try:
        next(CronSim(cron, ANY))
    except (CronSimError, ValueError) as error:
        sentence = N_("“{cron}” is no cron expression ({error}): write it as “0 7 * * 1”, Mondays at 7.")
        raise CannotSchedule(sentence, cron=cron, error=error) from None
    except StopIteration:
        raise CannotSchedule(N_("“{cron}” never comes: there is no such day."), cron=cron) from None


@cache
def zones() -> frozenset[str]:
    """The names of time zones."""
    return frozenset(available_timezones())


def latest(cron: str, zone: str, after: datetime, until: datetime) -> datetime | None:
    """The last time after one moment and up to another, in UTC; None where nothing was due between."""
    for back in BACK:  # so that years of minutes need not be counted
        start = max(after, until - back)
        last = None
        for due in _times(cron, zone, start):
            if due > until:
                break
            last = due
        if last is not None or start == after:
            return last
    return None


def upcoming(cron: str, zone: str, after: datetime, count: int) -> list[datetime]:
    """The next `count` times after a moment, in UTC; fewer where it does not come as often in fifty years."""
    return [due for _number, due in zip(range(count), _times(cron, zone, after), strict=False)]


def _times(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """All times after a moment, in UTC and in order, each once."""
    clocks = ZoneInfo(zone)
    last = after.astimezone(UTC)
    if _hourly(cron):
        found: Iterator[datetime] = (due.astimezone(UTC) for due in CronSim(cron, after.astimezone(clocks)))
    else:
        start = after.astimezone(clocks).replace(tzinfo=None) - SHIFT
        found = (_moment(wall, clocks) for wall in CronSim(cron, start))
    for due in found:
        if due > last:
            last = due
            yield due


def _hourly(cron: str) -> bool:
    return cron.split()[1].startswith("*") and len(CronSim(cron, ANY).hours) == HOURS


def _moment(wall: datetime, clocks: ZoneInfo) -> datetime:
    """When the clocks show it: the first time where they do twice, the first moment afterwards where they never do."""
    moment = wall.replace(tzinfo=clocks).astimezone(UTC)
    if moment.astimezone(clocks).replace(tzinfo=None) == wall:
        return moment
    while (moment - timedelta(minutes=1)).astimezone(clocks).replace(tzinfo=None) > wall:
        moment -= timedelta(minutes=1)
    return moment


def expression(choice: Choice) -> str:
    """What is chosen, as a cron expression."""
    at = f"{choice.minute} {choice.hour}"
    return {
        "hour": f"{choice.minute} * * * *",
        "day": f"{at} * * *",
        "weekdays": f"{at} * * 1-5",
        "week": f"{at} * * {choice.weekday + 1}",
        "month": f"{at} {choice.day or 'L'} * *",
    }[choice.kind]


def chosen(cron: str) -> Choice | None:
    """What was chosen to get an expression, None where it was written."""
    minute, hour, day, _month, weekday = cron.split()
    if not minute.isdigit():
        return None
    numbers = {"minute": int(minute), "hour": int(hour) if hour.isdigit() else Choice("day").hour}
    kinds: dict[Kind, Choice] = {kind: Choice(kind, **numbers) for kind in ("hour", "day", "weekdays")}
    if weekday.isdigit():
        kinds["week"] = Choice("week", weekday=(int(weekday) - 1) % WEEKDAYS, **numbers)
    if day.isdigit() or day == "L":
        kinds["month"] = Choice("month", day=int(day) if day.isdigit() else 0, **numbers)
    return next((one for one in kinds.values() if expression(one) == cron), None)


def words(cron: str) -> str:
    """A cron expression as a sentence without its zone, “Monday to Friday at 07:30”."""
    fields = CronSim(cron, ANY)
    minutes, hours = sorted(fields.minutes), sorted(fields.hours)
    if _hourly(cron):
        step = _step(minutes, 60)
        if step == 1:
            at = _("every minute")
        elif step and minutes[0] == 0:
            at = _("every {count} minutes").format(count=step)
        else:
            at = _("every hour at minute {minutes}").format(minutes=listed([str(minute) for minute in minutes]))
    elif len(hours) * len(minutes) <= MAX_TIMES:
        times = [f"{hour:02}:{minute:02}" for hour in hours for minute in minutes]
        at = _("at {times}").format(times=listed(times))
    else:
        at = _("at minute {minutes} of the hours {hours}")
        at = at.format(minutes=_ranges(minutes, str), hours=_ranges(hours, str))
    day = _days(fields, cron)
    if len(fields.months) < MONTHS:
        named = months()
        day = _("{day} in {months}").format(day=day, months=_ranges(sorted(fields.months), lambda one: named[one - 1]))
    if _hourly(cron) and day == _("every day"):
        return at
    return _("{day} {at}").format(day=day, at=at)


def _days(fields: CronSim, cron: str) -> str:
    """Which days, by the fields for the days of the month and of the week."""
    of_month, of_week = _of_month(fields, cron), _of_week(fields, cron)
    if of_month and of_week:
        both = _("{month}, where that is {week}") if fields.day_and else _("{month} or {week}")
        return both.format(month=of_month, week=of_week)
    return of_month or of_week or _("every day")


def _of_month(fields: CronSim, cron: str) -> str:
    days = sorted(fields.days)
    if cron.split()[2] == "*" or len(days) == 31:
        return ""
    numbers = [one for one in days if one > 0]
    found = []
    if numbers:
        text = ngettext("on day {days} of the month", "on days {days} of the month", len(numbers))
        found.append(text.format(days=_ranges(numbers, str)))
    if CronSim.LAST in days:
        found.append(_("on the last day of the month"))
    if CronSim.LAST_WEEKDAY in days:
        found.append(_("on the last working day of the month"))
    return listed(found)


def _of_week(fields: CronSim, cron: str) -> str:
    named = weekdays()
    simple = sorted({(one - 1) % WEEKDAYS for one in fields.weekdays if isinstance(one, int)})
    if cron.split()[4] == "*" or len(simple) == WEEKDAYS:
        return ""
    counted = sorted(one for one in fields.weekdays if isinstance(one, tuple))
    if not counted and len(simple) > 2 and simple == list(range(simple[0], simple[-1] + 1)):
        return _("from {first} to {last}").format(first=named[simple[0]], last=named[simple[-1]])
    found = [_("every {weekday}").format(weekday=named[one]) for one in simple]
    for weekday, number in counted:
        name = named[(weekday - 1) % WEEKDAYS]
        last = _("on the last {weekday} of the month") if number < 0 else _("on the {nth} {weekday} of the month")
        found.append(last.format(nth=_(NTH[number - 1]) if number > 0 else "", weekday=name))
    return listed(found)


def _step(values: Sequence[int], whole: int) -> int:
    """The step between values that go on all around, 0 where there is none."""
    steps = {(after - before) % whole for before, after in zip(values, [*values[1:], values[0]], strict=True)}
    return steps.pop() if len(steps) == 1 and len(values) > 1 else 0


def _ranges(values: Sequence[int], name: Callable[[int], str]) -> str:
    """Numbers, those that follow each other as first to last."""
    groups: list[list[int]] = []
    for value in values:
        if groups and value == groups[-1][-1] + 1:
            groups[-1].append(value)
        else:
            groups.append([value])
    written = []
    for group in groups:
        if len(group) > 2:
            written.append(f"{name(group[0])}–{name(group[-1])}")
        else:
            written += [name(one) for one in group]
    return listed(written)
