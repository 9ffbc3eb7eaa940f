"""Rules: what is refused, what they are written as, when they tell somebody."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

import locales
from models.act import rules
from models.act.rules import Rule, Unfit, cause, check, from_text, notified_at, ready, to_text
from models.ask import definitions
from models.ask.query import MAX_TEXT, Filter

LINES = {"product": "str", "quantity": "float64", "unit_price": "float64", "store": "str", "invoice": "str"}
KNOWN = definitions.catalogue({"sales": LINES}, (date(2024, 1, 1), date(2026, 1, 1)), people={"contract": "str"})
PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (Rule("margin"), "unit_cost"),
        (Rule("revenue", by="category"), "category"),
        (Rule("flux"), "“flux”"),
        (Rule("revenue", filters=(Filter("<b>colour</b>", ("red",)),)), "“<b>colour</b>”"),
        (Rule("customers.count"), "measure of the sales"),
        (Rule("revenue", by="customers.contract"), "another dimension"),
        (Rule("revenue", by="weekday"), "calendar"),
        (Rule("revenue", kind="changed", against="number"), "go together"),
        (Rule("revenue", kind="outside", against="weekday"), "go together"),
        (Rule("revenue", against="number", threshold=float("nan")), "is a number"),
        (Rule("revenue", against="number", threshold=float("inf")), "is a number"),
        (Rule("revenue", volume=-1), "is a number"),
        (Rule("revenue", against="weekday", threshold=0), "above 0"),
        (Rule("revenue", against="usual", threshold=0.5), "number of days"),
        (Rule("revenue", against="year", threshold=1.0), "more than 100%"),
        (Rule("revenue", kind="outside", against="number", threshold=5), "two numbers"),
        (Rule("revenue", kind="outside", against="number", threshold=5, upper=4), "two numbers"),
        (Rule("revenue", window=0), "28"),
        (Rule("revenue", days=29), "28"),
        (Rule("revenue", cooldown=-1), "28"),
        (Rule("revenue", against="band", threshold=1, window=7), "window of one day"),
        (Rule("revenue", hours=(9, 9)), "Hours"),
        (Rule("revenue", hours=(24, 8)), "Hours"),
        (Rule("revenue", zone="Mars/Olympus"), "“Mars/Olympus”"),
        (Rule("revenue", zone="../etc/passwd"), "time zone"),
    ],
)
def test_a_rule_that_cannot_be_answered_says_why_in_both_languages(rule, says):
    with pytest.raises(Unfit) as refused:
        check(rule, KNOWN)
    english = refused.value.sentence()
    assert says in english
    with locales.using("fr"):
        assert refused.value.sentence() != english


def test_what_fits_is_let_through():
    for against, kinds in rules.KINDS.items():
        for kind in kinds:
            threshold, upper = (10, 20) if (against, kind) == ("number", "outside") else (0.5, None)
            threshold = 30 if against == "usual" else threshold
            check(Rule("revenue", "store", kind=kind, against=against, threshold=threshold, upper=upper), KNOWN)


def test_ready_made_rules_are_those_that_the_data_can_answer(kept):
    _ask, known = kept
    assert ready(known) == tuple(rules.READY.values())
    assert [rule.measure for rule in ready(KNOWN)] == ["revenue", "return_rate"]


def test_a_rule_is_read_back_as_it_was_written():
    rule = Rule(
        "revenue",
        "store",
        (Filter("store", ("L'Île", "x"), kept=False),),
        "outside",
        "number",
        1.5,
        upper=2.5,
        window=7,
        hours=(22, 6),
        zone="Europe/Paris",
        severity="critical",
        owner="Zoë <z@example.org>",
        actions=("tell", "order"),
    )
    assert from_text(to_text(rule)) == rule
    assert from_text(to_text(Rule("revenue"))) == Rule("revenue")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"measure": 1}',
        '{"measure": "revenue", "kind": "sideways"}',
        '{"measure": "revenue", "actions": ["rm -rf"]}',
        '{"measure": "revenue", "hours": [1, 2, 3]}',
        '{"measure": "' + "x" * MAX_TEXT + '"}',
    ],
)
def test_what_is_no_rule_is_none(text):
    assert from_text(text) is None


def test_the_cause_is_the_same_for_the_same_and_different_for_all_else():
    one = cause("7", date(2026, 3, 1), "LON")
    assert one == cause("7", date(2026, 3, 1), "LON")
    others = [
        cause("8", date(2026, 3, 1), "LON"),
        cause("7", date(2026, 3, 2), "LON"),
        cause("7", date(2026, 3, 1), "BTH"),
        cause("7", date(2026, 3, 1), "LON", "order"),
        cause("7", date(2026, 3, 1), 'LON", "order'),
    ]
    assert len({one, *others}) == 6


@pytest.mark.parametrize(
    ("hours", "when", "expected"),
    [
        ((8, 20), datetime(2026, 6, 1, 12, 30, tzinfo=PARIS), datetime(2026, 6, 1, 12, 30, tzinfo=PARIS)),
        ((8, 20), datetime(2026, 6, 1, 20, 0, tzinfo=PARIS), datetime(2026, 6, 2, 8, 0, tzinfo=PARIS)),
        ((8, 20), datetime(2026, 6, 1, 3, 0, tzinfo=PARIS), datetime(2026, 6, 1, 8, 0, tzinfo=PARIS)),
        ((22, 6), datetime(2026, 6, 1, 3, 0, tzinfo=PARIS), datetime(2026, 6, 1, 3, 0, tzinfo=PARIS)),
        ((22, 6), datetime(2026, 6, 1, 12, 0, tzinfo=PARIS), datetime(2026, 6, 1, 22, 0, tzinfo=PARIS)),
        ((0, 24), datetime(2026, 6, 1, 23, 59, tzinfo=PARIS), datetime(2026, 6, 1, 23, 59, tzinfo=PARIS)),
        # 29 March 2026: from 2:00 to 3:00 in Paris, at 1:00 UTC
        ((8, 20), datetime(2026, 3, 28, 21, 0, tzinfo=PARIS), datetime(2026, 3, 29, 6, 0, tzinfo=UTC)),
        ((2, 5), datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        # 25 October 2026: from 3:00 back to 2:00, at 1:00 UTC
        ((8, 20), datetime(2026, 10, 24, 21, 0, tzinfo=PARIS), datetime(2026, 10, 25, 7, 0, tzinfo=UTC)),
        ((2, 3), datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ((2, 3), datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_somebody_is_told_in_active_hours_also_when_clocks_are_put_forward_and_back(hours, when, expected):
    assert notified_at(Rule("revenue", hours=hours, zone="Europe/Paris"), when) == expected


def test_nobody_waits_longer_than_a_day_and_nobody_is_told_before():
    rule = Rule("revenue", hours=(7, 9), zone="Europe/Paris")
    begin = datetime(2026, 3, 27, tzinfo=UTC)
    for hour in range(24 * 5):
        when = begin + timedelta(hours=hour)
        then = notified_at(rule, when)
        assert when <= then <= when + timedelta(hours=25)
        assert 7 <= then.astimezone(PARIS).hour < 9


def test_a_rule_is_data_that_nobody_changes():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Rule("revenue").threshold = 3
