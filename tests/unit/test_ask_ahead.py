"""The days to come that a question names, against a calendar."""

from datetime import date

import pytest

from models.ask import spelling
from models.ask.ahead import ahead

LAST = date(2026, 11, 28)  # a Saturday


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("How much will we sell tomorrow?", "2026-11-29", "2026-11-29"),
        ("que vendrons-nous demain", "2026-11-29", "2026-11-29"),
        ("revenue next week", "2026-11-30", "2026-12-06"),
        ("ventes de la semaine prochaine", "2026-11-30", "2026-12-06"),
        ("how much will we sell next month", "2026-12-01", "2026-12-31"),
        ("prévision du mois prochain", "2026-12-01", "2026-12-31"),
        ("units over the next 3 weeks", "2026-11-29", "2026-12-19"),
        ("les dix prochains jours", "2026-11-29", "2026-12-08"),
        ("in the next two months", "2026-11-29", "2027-01-28"),
        ("forecast until the end of the month", "2026-11-29", "2026-11-30"),
        ("d'ici la fin de l'année", "2026-11-29", "2026-12-31"),
        ("next quarter", "2027-01-01", "2027-03-31"),
        ("l'année prochaine", "2027-01-01", "2027-12-31"),
        ("what will sell in December", "2026-12-01", "2026-12-31"),
        ("combien vendrons-nous en mars", "2027-03-01", "2027-03-31"),
        ("prévision de février 2028", "2028-02-01", "2028-02-29"),
    ],
)
def test_days_to_come_are_those_of_the_calendar(text, first, last):
    assert ahead(spelling.plain(text), LAST) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("text", ["how much will we sell", "prévision de 2024", "forecast in march 2026"])
def test_without_days_to_come_there_are_none(text):
    assert ahead(spelling.plain(text), LAST) is None


def test_a_month_after_the_last_day_of_one_is_the_next():
    assert ahead("next month", date(2026, 11, 30)) == (date(2026, 12, 1), date(2026, 12, 31))
