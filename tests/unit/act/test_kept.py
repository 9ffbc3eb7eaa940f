"""Rules as they are kept, what they found, who was told and what was answered: on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from connectors import Unavailable
from data import rules as kept_rules
from data import state
from locales import Sentence, using
from models.act import alarms, rules
from models.act.rules import Rule
from tests.unit.act.test_rehearsal import FIRST, by_day, shop

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = date(2026, 11, 28)
MINE = Rule("revenue", against="number", kind="under", threshold=100.0)


@pytest.fixture
def engine(database_url, migrated):
    made = state.engine(database_url)
    migrated(made)
    return made


def row(level="", rule=MINE, identity="mine", day=DAY, **more):
    values = {"cause": rules.cause(f"{identity} line", day, level), "rule": identity, "lineage": "line", "day": day}
    values |= {"level": level, "value": 60.0, "expected": None, "content": rules.to_json(rule), "raised": NOW}
    return values | more


def words(one):
    return f"{one['level']} {one['value']:g}"


def test_a_rule_comes_back_as_it_was_and_can_be_taken_away_and_brought_back(engine):
    rule = replace(MINE, owner="Ada", hours=(8, 18), zone="Europe/Paris", actions=("tell", "order"))
    kept_rules.write(engine, "mine", rules.to_json(rule), 0, NOW)
    found, kept = rules.visible(kept_rules.kept(engine))["mine"]
    assert found == rule
    assert (kept.changes, kept.changed, kept.removed) == (1, NOW, False)
    kept_rules.remove(engine, "mine", rules.to_json(rule), 1, NOW)
    assert list(rules.visible(kept_rules.kept(engine))) == list(rules.READY)
    kept_rules.write(engine, "mine", kept_rules.kept(engine)[0].content, 2, NOW)
    assert rules.visible(kept_rules.kept(engine))["mine"][0] == rule


def test_of_two_who_change_one_rule_the_second_is_told(engine):
    kept_rules.write(engine, "mine", rules.to_json(MINE), 0, NOW)
    for again in (0, 2):
        with pytest.raises(state.Changed):
            kept_rules.write(engine, "mine", rules.to_json(MINE), again, NOW)
    with pytest.raises(state.Changed):
        kept_rules.remove(engine, "mine", rules.to_json(MINE), 0, NOW)

    def write(threshold):
        try:
            kept_rules.write(engine, "mine", rules.to_json(replace(MINE, threshold=threshold)), 1, NOW)
        except state.Changed:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(write, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])) == 1


def test_ready_made_rules_come_first_as_they_were_changed_and_nonsense_is_none(engine):
    first = next(iter(rules.READY))
    changed = replace(rules.READY[first], threshold=99.0)
    kept_rules.write(engine, "a rule", {"measure": "revenue", "kind": "sideways"}, 0, NOW)
    kept_rules.write(engine, first, rules.to_json(changed), 0, NOW)
    found = rules.visible(kept_rules.kept(engine))
    assert list(found) == [*rules.READY, "a rule"]
    assert found[first][0] == changed
    assert found["a rule"][0] is None
    kept_rules.remove(engine, first, rules.to_json(changed), 1, NOW)
    assert first not in rules.visible(kept_rules.kept(engine))


def test_a_cause_is_written_once_and_keeps_what_was_answered(engine):
    assert kept_rules.raised(engine, [row("a"), row("b")]) == 2
    cause = row("a")["cause"]
    kept_rules.acknowledge(engine, [cause], "real", "the door was shut", "Ada", NOW)
    assert kept_rules.raised(engine, [row("a", value=1.0), row("b", value=1.0), row("c")]) == 1
    rows = state.read(engine, state.rule_alerts).set_index("level")
    assert rows["value"].to_dict() == {"a": 60.0, "b": 60.0, "c": 60.0}
    assert rows.loc["a", ["answer", "reason", "acknowledged_by"]].tolist() == ["real", "the door was shut", "Ada"]


def test_threads_that_raise_the_same_causes_write_each_once(engine):
    some = [row(level) for level in "abcdef"]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _one: kept_rules.raised(engine, some), range(4)))
    assert sum(found) == 6
    assert len(state.read(engine, state.rule_alerts)) == 6


def test_of_two_who_answer_one_alert_the_second_is_told_and_nobody_without_a_reason(engine):
    kept_rules.raised(engine, [row()])
    cause = row()["cause"]
    for reason, by in (("", "Ada"), ("why", " ")):
        with pytest.raises(Sentence, match="Say who you are"):
            kept_rules.acknowledge(engine, [cause], "real", reason, by, NOW)
    kept_rules.acknowledge(engine, [cause], "explained", "fair in town", "Ada", NOW)
    with pytest.raises(state.Changed):
        kept_rules.acknowledge(engine, [cause], "real", "no", "Bob", NOW)
    assert state.read(engine, state.rule_alerts)["acknowledged_by"].tolist() == ["Ada"]


def test_what_is_snoozed_waits_again_on_its_day(engine):
    kept_rules.snooze(engine, "rule 1", DAY + timedelta(days=2), "stocktaking", "Ada", NOW)
    assert [list(kept_rules.asleep(engine, DAY + timedelta(days=ahead))) for ahead in (0, 1, 2)] == [
        ["rule 1"],
        ["rule 1"],
        [],
    ]
    with pytest.raises(Sentence, match="later day"):
        kept_rules.snooze(engine, "rule 1", DAY, "stocktaking", "Ada", NOW)
    kept_rules.wake(engine, "rule 1")
    assert not kept_rules.asleep(engine, DAY)


def test_each_channel_is_told_once_and_one_that_fails_again_the_next_time(engine):
    kept_rules.raised(engine, [row("a"), row("b"), row("other", lineage="another")])
    told = {"good": [], "bad": []}

    def good(title, text):
        told["good"].append(text)

    def bad(_title, _text):
        raise Unavailable("bad is down.")

    answers = alarms.tell(engine, "line", {"good": good, "bad": bad}, words, NOW)
    assert answers == {"good": NOW.isoformat(), "bad": "failed: bad is down."}
    assert told["good"] == ["a 60\nb 60"]
    kept_rules.raised(engine, [row("c")])
    kept_rules.acknowledge(engine, [row("b")["cause"]], "false", "typing error", "Ada", NOW)
    channels = {"good": good, "bad": lambda _title, text: told["bad"].append(text)}
    alarms.tell(engine, "line", channels, words, NOW)
    alarms.tell(engine, "line", channels, words, NOW)
    assert told == {"good": ["a 60\nb 60", "c 60"], "bad": ["a 60\nc 60"]}


def test_nobody_is_told_outside_the_hours_of_a_rule_or_by_one_that_does_not_tell(engine):
    busy = replace(MINE, hours=(8, 18), zone="Europe/Paris")
    kept_rules.raised(engine, [row("a", busy), row("b", replace(MINE, actions=("order",)))])
    told = []
    for hour in (3, 6, 7, 16):  # in Paris it is an hour later in winter
        now = NOW.replace(hour=hour)
        alarms.tell(engine, "line", {"one": lambda _title, text, hour=hour: told.append((hour, text))}, words, now)
    assert told == [(7, "a 60")]


def test_a_reason_explains_the_same_alert_a_year_later_and_no_other(engine):
    before = DAY - timedelta(days=364)
    kept_rules.raised(engine, [row("a", day=before), row("b", day=before), row("a")])
    for level, reason in (("a", "spring fair"), ("b", "a flood")):
        cause = row(level, day=before)["cause"]
        kept_rules.acknowledge(engine, [cause], "explained", reason, "Ada", NOW)
    told = []
    alarms.tell(engine, "line", {"one": lambda _title, text: told.append(text)}, words, NOW)
    assert "spring fair" in told[0]
    assert "a flood" not in told[0]


def test_the_sentence_of_an_alert_in_both_languages_and_for_a_measure_that_is_gone(kept, words):
    _ask, known = kept
    rule = Rule("revenue", by="store", window=7)
    one = row("London", rule, expected=1500.0, value=612.5)
    assert alarms.sentence(one, known, {}, "GBP") == (
        "Revenue, London: £612.50 in 7 days up to 28 Nov 2026, where £1,500 was expected: 59% less."
    )
    with using("fr"):
        written = alarms.sentence(one, known, {}, "GBP")
        assert "28 nov. 2026" in written
        assert written.replace("\u00a0", " ").endswith(" : 59 % de moins.")
    rate = row("", Rule("return_rate", kind="over"), expected=0.05, value=0.2)
    assert alarms.sentence(rate, known, {}, "GBP") == "Return rate: 20.0% on 28 Nov 2026, where 5.0% was expected."
    most = row("", Rule("orders", kind="over"), expected=80.0, value=122.0)
    assert alarms.sentence(most, known, {}, "GBP").endswith("where 80 was expected: 52% more.")
    gone = row("", replace(MINE, measure="footfall"), value=3.0)
    assert alarms.sentence(gone, known, {}, "GBP") == "footfall: 3.00 on 28 Nov 2026."


@pytest.mark.parametrize("hostile", ["{value.real}", "{0}", "{", "<b>", "'; DROP TABLE rules; --"])
def test_a_level_is_data(engine, kept, hostile):
    rule = Rule("revenue", by="store")
    kept_rules.raised(engine, [row(hostile, rule, expected=5.0)])
    (one,) = state.read(engine, state.rule_alerts).to_dict("records")
    assert hostile in alarms.sentence(one, kept[1], {}, "GBP").replace("’", "'")


def judged(engine, kept, day=DAY, now=NOW):
    ask, known = kept
    return alarms.judged(engine, known, ask, "line", (), day, now)


def test_a_day_judged_twice_adds_nothing_and_a_rule_that_is_gone_stops_no_other(engine, kept):
    ask, _known = kept
    kept_rules.write(engine, "all", rules.to_json(replace(MINE, by="store", threshold=1e9, cooldown=0)), 0, NOW)
    kept_rules.write(engine, "gone", rules.to_json(replace(MINE, measure="footfall")), 0, NOW)
    kept_rules.write(engine, "odd", {"measure": 3}, 0, NOW)
    found = judged(engine, kept)
    sold = ask(
        "SELECT store, sum(amount) AS revenue FROM sales WHERE CAST(timestamp AS DATE) = $day "
        "AND line_type IN ('sale', 'return') GROUP BY 1",
        day=DAY,
    )
    rows = state.read(engine, state.rule_alerts, rule="all")
    right = sold.set_index("store")["revenue"].to_dict()
    assert {level: value for level, value in zip(rows["level"], rows["value"], strict=True) if value} == (
        pytest.approx(right)
    )
    assert found.new == found.fired >= len(right)
    assert {"gone", "odd"} <= set(found.problems)
    assert "footfall" in str(found.problems["gone"])
    kept_rules.write(
        engine, "all", rules.to_json(replace(MINE, by="store", threshold=2e9, cooldown=0)), 1, NOW
    )  # changed meanwhile: the causes stay the same
    again = judged(engine, kept, now=NOW + timedelta(hours=1))
    assert (again.fired, again.new) == (found.fired, 0)
    assert len(state.read(engine, state.rule_alerts)) == found.new


def test_what_began_on_a_day_that_nobody_judged_is_told_once_and_again_when_it_begins_again(engine):
    units = np.full(60, 10.0)
    units[20:31] = units[45:50] = 2.0
    sold = shop(by_day(units, product="p"))
    kept_rules.write(engine, "mine", rules.to_json(replace(MINE, threshold=5.0, cooldown=2)), 0, NOW)
    for number in (10, 23, 25, 30, 32, 48, 49, 55):  # the others are never judged: data come every few days
        judged(engine, sold, FIRST + timedelta(days=number))
    days = state.read(engine, state.rule_alerts, rule="mine")["day"].sort_values()
    assert (days - pd.Timestamp(FIRST)).dt.days.tolist() == [23, 48]


def test_a_day_of_which_the_data_say_nothing_is_silent(engine, kept):
    assert judged(engine, kept, DAY + timedelta(days=40)).silent
    assert not judged(engine, kept).silent


def test_the_band_is_what_was_forecast_before_the_day_came(engine, kept):
    target = DAY - timedelta(days=1)

    def said(day, mean, version="v1", at=target):
        row = {"model": "sales", "version": version, "day": day, "subject": "revenue D all", "target_day": at}
        return row | {"mean": mean, "lo_80": mean - 10, "hi_80": mean + 10, "logged": NOW}

    days = [DAY - timedelta(days=ahead) for ahead in (9, 3, 1)]
    state.upsert(
        engine,
        state.prediction_log,
        [*(said(day, mean) for day, mean in zip(days, (1.0, 2.0, 3.0), strict=True)), said(days[1], 9.0, "other")],
    )
    band = alarms.forecast(engine, Rule("revenue", against="band"), {"v1"})
    assert band.to_dict("records") == [{"day": pd.Timestamp(target), "mean": 2.0, "low": -8.0, "high": 12.0}]
    assert alarms.forecast(engine, Rule("revenue", by="store", against="band"), {"v1"}) is None
