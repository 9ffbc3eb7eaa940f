"""Numbers, dates and words as each reader writes them."""

import threading
from datetime import UTC, date, datetime

import pytest

import locales
from locales import _, ngettext

NARROW, NO_BREAK = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("code", "number", "percent", "money", "day"),
    [
        ("en", "1,234.5", "26.5%", "£1,234", "14 Mar 2026"),
        ("fr", f"1{NARROW}234,5", f"26,5{NARROW}{NO_BREAK}%", f"1{NARROW}234{NO_BREAK}£", "14 mars 2026"),
    ],
)
def test_each_language_has_its_own_forms(code, number, percent, money, day):
    with locales.using(code):
        assert locales.number(1234.5, 1) == number
        assert locales.percent(0.265, 1).replace(" ", NO_BREAK) in (percent, percent.replace(NARROW, ""))
        assert locales.money(1234, "GBP") == money
        assert locales.day(date(2026, 3, 14)) == day


def test_dollars_are_dollars_everywhere():
    for code in locales.LANGUAGES:
        with locales.using(code):
            assert "US" not in locales.money(5, "USD")
            assert "$" in locales.money(5, "USD")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        *((0.12, "+12%"), (-0.12, "−12%"), (0.0, "±0%"), (-0.0, "±0%")),
        *((0.004, "±0%"), (-0.004, "±0%"), (0.006, "+1%"), (-0.006, "−1%")),  # the sign is that of what is written
        *((float("nan"), "–"), (float("inf"), "–"), (float("-inf"), "–")),
    ],
)
def test_a_change_is_written_with_the_sign_of_what_is_shown(value, written):
    assert locales.signed(value, locales.percent) == written


def test_a_change_has_its_sign_before_any_unit_and_none_at_the_middle_of_an_axis():
    assert locales.signed(-1234.4, lambda size: locales.money(size, "GBP")) == "−£1,234"
    assert [locales.signed(at, locales.percent, "") for at in (-0.1, 0.0, 0.1)] == ["−10%", "0%", "+10%"]
    assert [locales.sign(push) for push in (-0.001, 0.0, 0.001)] == ["−", "±", "+"]


@pytest.mark.parametrize("code", locales.LANGUAGES)
def test_a_number_below_zero_has_a_minus_and_none_where_it_rounds_to_zero(code):
    with locales.using(code):
        for write in (locales.number, locales.percent, lambda amount: locales.short_money(amount, "EUR")):
            assert write(-2e9) == "−" + write(2e9)
            assert write(-1e-4) == write(0.0) == write(-0.0)
        assert locales.compact(-2e6) == "−" + locales.compact(2e6)
        assert locales.number(-0.04, 1) == locales.number(0.0, 1)
        assert locales.number(-0.05001, 1) == "−" + locales.number(0.05001, 1)


def test_an_unknown_currency_shows_its_code():
    assert locales.money(5, "XTS").replace(NO_BREAK, " ") in ("XTS5", "XTS 5")


def test_age_says_how_long_ago():
    now = datetime(2026, 3, 14, tzinfo=UTC)
    assert locales.age(datetime(2026, 3, 11, tzinfo=UTC), now) == "3 days ago"


def test_blocks_nest_and_end():
    assert locales.language() == "en"
    with locales.using("fr"):
        assert _("Today") == "Aujourd’hui"
        with locales.using("en"):
            assert _("Today") == "Today"
        assert _("Today") == "Aujourd’hui"
    assert _("Today") == "Today"


def test_another_thread_starts_in_english_and_an_unknown_language_is_english():
    heard = []
    with locales.using("fr"):
        thread = threading.Thread(target=lambda: heard.append(locales.language()))
        thread.start()
        thread.join()
    with locales.using("xx"):
        heard.append(locales.language())
    assert heard == ["en", "en"]


def test_plurals_follow_the_grammar():
    with locales.using("fr"):  # zero is singular in French
        assert ngettext("{rows} row", "{rows} rows", 0) == "{rows} ligne"
        assert ngettext("{rows} row", "{rows} rows", 2) == "{rows} lignes"
    assert ngettext("{rows} row", "{rows} rows", 0) == "{rows} rows"


def test_nothing_and_the_unknown_come_back_as_they_are():
    with locales.using("fr"):
        assert _("") == ""
        assert _("<b>from outside</b>") == "<b>from outside</b>"
