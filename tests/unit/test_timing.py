"""When work is due: held against every minute of the clocks, counted one by one."""

import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import locales
from models.act import timing
from models.act.timing import CannotSchedule, Choice

PARIS = "Europe/Paris"
# Days on which clocks are moved: by an hour, by half an hour, at midnight; and none.
MOVED = [
    (PARIS, date(2026, 3, 29)),
    (PARIS, date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("UTC", date(2026, 3, 29)),
]
MINUTE = timedelta(minutes=1)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def by_the_minute(zone: str, first: date, days: int, hours: set[int], minutes: set[int]) -> list[datetime]:
    """Of each wall time the first minute at which the clocks show it, else the first at which they show more."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=1)
    shown = [(start + number * MINUTE, None) for number in range((days + 3) * 1440)]
    walls = [(moment, moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) for moment, _none in shown]
    found = set()
    for day in range(days):
        for hour in hours:
            for minute in minutes:
                wall = datetime.combine(first, time(hour, minute)) + timedelta(days=day)
                same = [moment for moment, there in walls if there == wall]
                found.add(same[0] if same else next(moment for moment, there in walls if there > wall))
    return sorted(found)


@pytest.mark.parametrize(("zone", "day"), MOVED)
@pytest.mark.parametrize(("minutes", "hours"), [({30}, {2}), ({0, 15}, {0, 1, 2, 3}), ({0, 20, 40}, {1, 2})])
def test_each_time_of_a_day_is_due_once_whatever_the_clocks_do(zone, day, minutes, hours):
    expected = by_the_minute(zone, day - timedelta(days=1), 3, hours, minutes)
    cron = f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * *"
    before = expected[0] - MINUTE
    assert timing.upcoming(cron, zone, before, len(expected)) == expected


def test_half_past_two_is_due_at_three_where_it_does_not_exist_and_once_where_it_exists_twice():
    assert timing.upcoming("30 2 * * *", PARIS, utc(2026, 3, 28, 12), 2) == [
        utc(2026, 3, 29, 1),
        utc(2026, 3, 30, 0, 30),
    ]
    twice = timing.upcoming("*/30 2 * * *", PARIS, utc(2026, 10, 24, 12), 3)
    assert twice == [utc(2026, 10, 25, 0), utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1)]
    assert timing.upcoming("30 2 * * *", PARIS, utc(2026, 10, 25, 1, 10), 1) == [utc(2026, 10, 26, 1, 30)]


@pytest.mark.parametrize(("zone", "day"), MOVED)
def test_every_hour_is_every_hour(zone, day):
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=14)
    found = timing.upcoming("*/30 * * * *", zone, start, 60)
    assert found == [start + number * timedelta(minutes=30) for number in range(1, 61)]


@pytest.mark.parametrize("zone", sorted({zone for zone, _day in MOVED}))
@pytest.mark.parametrize("cron", ["7 * * * *", "30 2 * * *", "0 7 * * 1", "0 7 L * *", "*/20 1-3 * 3,10 *"])
def test_the_latest_is_the_last_of_all_in_between(cron, zone):
    first = utc(2025, 12, 1)
    every = list(takewhile(lambda due: due < utc(2026, 12, 1), timing._times(cron, zone, first)))
    chance = random.Random(cron + zone)
    for _time in range(15):
        until = first + timedelta(minutes=chance.randrange(365 * 1440))
        after = until - timedelta(minutes=chance.choice([1, 90, 2000, 50_000]))
        found = [due for due in every if after < due <= until]
        if after > first:
            assert timing.latest(cron, zone, after, until) == (found[-1] if found else None)


def test_the_latest_of_ten_years_of_minutes_is_found_at_once():
    assert timing.latest("* * * * *", PARIS, utc(2016, 1, 1), utc(2026, 1, 1, 12, 30)) == utc(2026, 1, 1, 12, 30)
    assert timing.latest("0 7 29 2 *", PARIS, utc(2016, 1, 1), utc(2026, 1, 1)) == utc(2024, 2, 29, 6)


@pytest.mark.parametrize(
    ("cron", "zone", "said"),
    [
        ("0 7 * *", PARIS, "does not have five fields"),
        ("@daily", PARIS, "does not have five fields"),
        ("0 0 7 * * *", PARIS, "does not have five fields"),
        ("60 7 * * *", PARIS, "is no cron expression"),
        ("<b> 7 * * *", PARIS, "is no cron expression"),
        ("0 7 31 2 *", PARIS, "is no cron expression"),
        ("0 7 * * *", "Europe/Nowhere", "There is no time zone"),
        ("0 7 * * *", "../../etc/passwd", "There is no time zone"),
    ],
)
def test_what_cannot_be_is_a_sentence(cron, zone, said):
    with pytest.raises(CannotSchedule, match=said):
        timing.check(cron, zone)


@given(
    st.builds(
        Choice,
        st.sampled_from(["hour", "day", "weekdays", "week", "month"]),
        st.integers(0, 23),
        st.integers(0, 59),
        st.integers(0, 6),
        st.integers(0, 31),
    )
)
def test_what_is_chosen_is_known_again(choice):
    cron = timing.expression(choice)
    timing.check(cron, PARIS)
    again = timing.chosen(cron)
    assert again is not None
    assert (again.kind, timing.expression(again)) == (choice.kind, cron)


@pytest.mark.parametrize(
    ("cron", "english", "french"),
    [
        ("0 7 * * *", "every day at 07:00", "tous les jours à 07:00"),
        ("30 7 * * 1-5", "from Monday to Friday at 07:30", "du lundi au vendredi à 07:30"),
        ("0 7 * * 1", "every Monday at 07:00", "chaque lundi à 07:00"),
        ("0 7 * * 0", "every Sunday at 07:00", "chaque dimanche à 07:00"),
        ("0 7 * * 7", "every Sunday at 07:00", "chaque dimanche à 07:00"),
        ("0 7 L * *", "on the last day of the month at 07:00", "le dernier jour du mois à 07:00"),
        ("15 * * * *", "every hour at minute 15", "chaque heure à la minute 15"),
        ("*/15 * * * *", "every 15 minutes", "toutes les 15 minutes"),
        (
            "0 7,12 1,15 3-5 *",
            "on days 1 and 15 of the month in March–May at 07:00 and 12:00",
            "les jours 1 et 15 du mois, en mars–mai, à 07:00 et 12:00",
        ),
        (
            "0 7 13 * 5",
            "on day 13 of the month or every Friday at 07:00",
            "le jour 13 du mois ou chaque vendredi à 07:00",
        ),
        ("0 7 * * 5#2", "on the second Friday of the month at 07:00", "le deuxième vendredi du mois à 07:00"),
        (
            "*/15 8-17 * * 1-5",
            "from Monday to Friday at minute 0, 15, 30 and 45 of the hours 8–17",
            "du lundi au vendredi à la minute 0, 15, 30 et 45 des heures 8–17",
        ),
    ],
)
def test_an_expression_is_a_sentence_in_both_languages(cron, english, french):
    assert timing.words(cron) == english
    with locales.using("fr"):
        assert timing.words(cron) == french
