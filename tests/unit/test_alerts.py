"""Alerts: one row a day, one notification an alarm, nothing lost, and reasons that explain next year's alarm."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from connectors import Unavailable
from data import state
from locales import Sentence
from models.drift import alerts, messages
from models.drift.performance import REFERENCE

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
DAY = date(2026, 3, 14)
SHOP = "shop"  # lineage of the data


def alarm(day=DAY, label="confirmed", psi=0.42, **changes):
    row = {"model": "sales", "version": "1", "day": day, "feature": "unit_price", "psi": psi, "threshold": 0.3}
    found = alerts.of_psi([{**row, "label": label, **changes}])
    assert len(found) == 1
    return found[0]


class Channel:
    """Somebody to tell, who may be out."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.out = False

    def __call__(self, title: str, text: str) -> None:
        if self.out:
            raise Unavailable("{channel} did not take the message.", channel="mail")
        self.heard.append((title, text))


def rows(engine) -> list[dict]:
    return state.read(engine, state.alert_log).to_dict("records")


def answer(engine, reason, by="Ana", **about) -> int:
    """Acknowledge the open episodes; how many alerts that were."""
    found = alerts.episodes(state.read(engine, state.alert_log, acknowledged=None, **about))
    return sum(alerts.acknowledge(engine, one, reason, by, NOON) for one in found.to_dict("records"))


def deliveries(engine) -> list[tuple]:
    sent = state.read(engine, state.alert_deliveries)
    return [(row.channel, row.tried, None if pd.isna(row.error) else row.error) for row in sent.itertuples()]


def test_only_what_is_over_the_threshold_is_an_alarm_and_only_a_confirmed_one_asks_for_attention():
    row = {"model": "sales", "version": "1", "day": DAY, "feature": "a", "psi": 0.3, "threshold": 0.3}
    assert alerts.of_psi([{**row, "label": "within noise"}, {**row, "psi": None, "label": "too few rows"}]) == []
    for label in ("seasonal", "within noise", "too few rows"):
        assert alarm(label=label)["severity"] == alerts.NOTE
    assert alarm()["severity"] == alerts.ALERT
    assert messages.sentence(alarm()).startswith("Unit price has changed: PSI 0.42 is over 0.30")
    assert "PSI 0.302 is over 0.300" in messages.sentence(alarm(psi=0.302))


def test_a_confirmed_definition_speaks_for_its_feature_whatever_the_order():
    row = {"model": "sales", "version": "1", "day": DAY, "feature": "a", "threshold": 0.3}
    both = [{**row, "psi": 0.9, "label": "seasonal"}, {**row, "psi": 0.4, "label": "confirmed"}]
    for order in (both, both[::-1]):
        (found,) = alerts.of_psi(order)
        assert (found["severity"], found["value"]) == (alerts.ALERT, 0.4)


def windows(values, metric="auc", model="churn", guess=False, reference=0.84) -> pd.DataFrame:
    """Months of a measure with intervals of 0.02 either way, and what it was when the model learned."""
    days = pd.date_range("2025-01-31", periods=len(values), freq="ME")
    rows = pd.DataFrame({"day": days, "value": values, "segment": "", "estimated": guess})
    usual = pd.DataFrame({"day": days[:1], "value": [reference], "segment": REFERENCE, "estimated": False})
    both = pd.concat([rows, usual], ignore_index=True)
    return both.assign(model=model, version="v", metric=metric, lo=both["value"] - 0.02, hi=both["value"] + 0.02)


def performance_alarms(log):
    return alerts.of_performance(log, ("auc", "in_the_large", "wape", "bias"), 28)


def test_a_measure_alarms_with_the_second_bad_window_in_a_row_and_once():
    [found] = performance_alarms(windows([0.84, 0.80, 0.84, 0.80, 0.79, 0.79]))
    assert (found["kind"], found["feature"], found["day"]) == ("performance", "auc", date(2025, 5, 31))
    assert (found["severity"], found["value"], found["threshold"]) == (alerts.ALERT, 0.79, 0.84)
    expected = "Ranking (AUC) of the model Churn left its usual range: 0.79 on 31 May 2025, 0.84 when it learned."
    assert messages.sentence(found) == expected
    assert performance_alarms(windows([0.84, 0.80, 0.84, 0.88, 0.89])) == []  # better is no alarm
    assert performance_alarms(windows([0.80, 0.80], "slope")) == []  # not one of those asked for
    assert len(performance_alarms(windows([0.80, 0.80, 0.84, 0.80, 0.80]))) == 2
    [guess] = performance_alarms(windows([0.80, 0.80], guess=True))
    assert guess["feature"] == "auc (estimated)"
    assert "not known yet" in guess["message"]
    [share] = performance_alarms(windows([-0.2, -0.203], "bias", "sales", reference=0.01))
    assert "−20.3% on 28 Feb 2025, +1.0% when it learned" in messages.sentence(share)


def test_a_measure_that_is_off_is_one_row_that_keeps_its_answer(engine):
    for hour in range(2):
        alerts.record(engine, SHOP, performance_alarms(windows([0.80, 0.79])), NOON + timedelta(hours=hour))
        (row,) = rows(engine)
        assert row["raised"] == NOON
    assert answer(engine, "new tariff") == 1
    alerts.record(engine, SHOP, performance_alarms(windows([0.80, 0.79])), NOON)
    assert [row["reason"] for row in rows(engine)] == ["new tariff"]


def test_an_alarm_is_told_once_while_it_is_open_and_within_the_cooldown(engine):
    mail = Channel()
    for ahead in range(3):
        alerts.record(engine, SHOP, [alarm(DAY + timedelta(ahead))], NOON)
        alerts.tell(engine, "sales", {"mail": mail}, NOON)
    assert [title for title, _ in mail.heard] == ["Vigie: 1 alert about Sales"]
    assert [row["state"] for row in rows(engine)] == [alerts.NOTIFY, alerts.REPEATED, alerts.REPEATED]

    assert answer(engine, "spring catalogue") == 3
    alerts.record(engine, SHOP, [alarm(DAY + timedelta(6))], NOON)  # six days after the one that was told
    assert rows(engine)[-1]["state"] == alerts.COOLING
    answer(engine, "still the catalogue")
    alerts.record(engine, SHOP, [alarm(DAY + timedelta(7))], NOON)
    alerts.tell(engine, "sales", {"mail": mail}, NOON)
    assert len(mail.heard) == 2


def test_the_cooldown_is_a_preference(engine):
    alerts.record(engine, SHOP, [alarm()], NOON)
    answer(engine, "x")
    state.prefer(engine, "alert_cooldown", 2)
    alerts.record(engine, SHOP, [alarm(DAY + timedelta(2))], NOON)
    assert rows(engine)[-1]["state"] == alerts.NOTIFY


def live(engine, days, acknowledged=(), first=DAY):
    """The days, counted from 0, that are to be told of, where the alarm stands on some `days` and what is open is
    answered on the morning of others. Each was looked at on its evening."""
    last = max(days) + 1
    logged(engine, {first + timedelta(ahead): "confirmed" if ahead in days else "stable" for ahead in range(last)})
    for start, end in pairwise([0, *sorted(set(acknowledged)), last]):
        if start:
            answer(engine, f"reason of day {start}")
        part = [alarm(first + timedelta(ahead)) for ahead in range(start, end) if ahead in days]
        alerts.record(engine, SHOP, part, NOON)
    since = [(row["day"].date() - first).days for row in rows(engine) if row["state"] == alerts.NOTIFY]
    return [ahead for ahead in since if ahead >= 0]


def logged(engine, labels):
    row = {"model": "sales", "version": "1", "feature": "unit_price", "definition": "deciles", "reference": "training"}
    row |= {"rows_reference": 9, "rows_current": 9, "threshold": 0.3, "details": {}, "logged": NOON}
    state.upsert(engine, state.psi_log, [row | {"day": day, "label": label} for day, label in labels.items()])


@pytest.mark.parametrize(
    ("days", "acknowledged", "told"),
    [
        (range(60), [], [0]),  # it is open, and everybody knows
        (range(60), [1], [0, 7]),  # it comes back after the answer: told when the cooldown is over
        (range(60), [1, 20], [0, 7, 20]),
        (range(60), [1, 2, 3, 8, 9], [0, 7, 14]),
        ([*range(5), *range(11, 60)], [], [0]),  # six days of quiet are no end
        ([*range(5), *range(12, 60)], [], [0, 12]),  # seven are: it stopped, and came back
        ([*range(3), 30, 31, 45], [], [0, 30, 45]),
        ([*range(3), 30, 31, 45], [31], [0, 30, 45]),
    ],
)
def test_sixty_days_of_alarms_are_told_as_often_as_they_come_back(engine, days, acknowledged, told):
    assert live(engine, days, acknowledged) == told


def test_whatever_comes_and_is_answered_everything_is_told_and_nothing_twice_in_the_cooldown(engine):
    random = np.random.default_rng(11)
    for number in range(2):
        days = set(np.flatnonzero(random.random(60) < random.choice([0.3, 0.9])).tolist()) | {59}
        answered = np.flatnonzero(random.random(60) < 0.1)[1:].tolist()
        first = DAY + timedelta(days=100 * number)  # each long after the one before
        told = live(engine, days, answered, first=first)
        assert min(np.diff(told), default=99) >= alerts.COOLDOWN
        kept = [row for row in rows(engine) if row["day"] >= pd.Timestamp(first) and row["severity"] == alerts.ALERT]
        for name in {row["episode"] for row in kept}:
            episode = [row for row in kept if row["episode"] == name]
            once = [row for row in episode if row["state"] == alerts.NOTIFY]
            stood = (episode[-1]["day"] - episode[0]["day"]).days
            assert len(once) == 1 or (not once and stood < alerts.COOLDOWN), "told once, or over before it could be"
        answer(engine, "over")


def test_a_back_fill_mutes_no_tomorrow_and_is_the_beginning_of_what_stands(engine):
    past = [alarm(DAY + timedelta(ahead)) for ahead in range(30)]
    alerts.record(engine, SHOP, past, NOON, quiet=alerts.BACK_FILL)
    mail = Channel()
    for ahead in range(29, 34):  # the job of the last day that was filled in, and those after
        alerts.record(engine, SHOP, [alarm(DAY + timedelta(ahead))], NOON)
        alerts.tell(engine, "sales", {"mail": mail}, NOON)
    states = [row["state"] for row in rows(engine)]
    assert states == [alerts.BACK_FILL] * 29 + [alerts.NOTIFY] + [alerts.REPEATED] * 4
    assert len(mail.heard) == 1
    (episode,) = alerts.episodes(state.read(engine, state.alert_log)).to_dict("records")
    assert (episode["first"].date(), episode["count"]) == (DAY, 34)
    alerts.record(engine, SHOP, past, NOON, quiet=alerts.BACK_FILL)  # filled in again: nothing is forgotten
    assert [row["state"] for row in rows(engine)] == states


def test_what_was_over_before_anybody_could_be_told_waits_for_nobody(engine):
    for feature, ahead, quiet in [("a", 0, alerts.BACK_FILL), ("b", 30, alerts.BACK_FILL), ("c", 0, None)]:
        alerts.record(engine, SHOP, [alarm(DAY + timedelta(ahead), feature=feature)], NOON, quiet=quiet)
    found = alerts.episodes(state.read(engine, state.alert_log))
    end = datetime.combine(DAY + timedelta(32), time())
    assert found.loc[alerts.past(found, {"sales": end}), "feature"].to_list() == ["a"]
    assert not alerts.past(found, {"sales": None}).any(), "nobody knows when the data end"
    assert not alerts.past(found, {"sales": end - timedelta(25)}).any(), "it has not stopped for a week yet"


def test_what_stood_each_month_is_one_alarm_and_a_month_without_it_ends_it(engine):
    mail = Channel()
    for month, label in enumerate(["confirmed"] * 3 + ["stable"] + ["confirmed"] * 2, start=1):
        logged(engine, {date(2026, month, 28): label})
        alerts.record(engine, SHOP, [alarm(date(2026, month, 28), label)] if label == "confirmed" else [], NOON)
        alerts.tell(engine, "sales", {"mail": mail}, NOON)
    told = [(row["day"].month, row["state"]) for row in rows(engine)]
    new, same = alerts.NOTIFY, alerts.REPEATED
    assert told == [(1, new), (2, same), (3, same), (5, new), (6, same)]
    assert len(mail.heard) == 2


def test_an_alert_about_other_data_mutes_nothing_and_a_newer_model_of_the_same_goes_on(engine):
    alerts.record(engine, "the demo", [alarm()], NOON)
    alerts.record(engine, SHOP, [alarm(version="2")], NOON)
    alerts.record(engine, SHOP, [alarm(DAY + timedelta(1), version="3")], NOON)
    assert [row["state"] for row in rows(engine)] == [alerts.NOTIFY, alerts.NOTIFY, alerts.REPEATED]
    found = alerts.episodes(state.read(engine, state.alert_log))
    assert sorted(found["count"]) == [1, 2]
    for one in found.to_dict("records"):
        alerts.acknowledge(engine, one, one["lineage"], "Ana", NOON)
    assert [row["reason"] for row in rows(engine)] == ["the demo", SHOP, SHOP]


def test_scored_every_day_a_month_counts_once():
    """Chance moves a month's outcomes, and with them each day's measure of it: no month is two bad windows."""
    random = np.random.default_rng(5)
    months = 0.84 + 0.01 * random.standard_normal(500)  # sd; "surely" worse is 2 sd, 1 in 40
    daily = windows(np.repeat(months, 30) + 0.001 * random.standard_normal(15_000))
    usual = daily["segment"] == REFERENCE
    daily.loc[~usual, "day"] = pd.date_range("1990-01-01", periods=15_000).astype("datetime64[us]")
    assert len(performance_alarms(daily)) <= 2  # 500 / 40 / 40 pairs by chance, and not one in 40 months
    assert len(performance_alarms(windows(months))) <= 2
    daily.loc[~usual, ["value", "lo", "hi"]] -= 0.08
    assert [one["day"] for one in performance_alarms(daily)] == [date(1990, 1, 29)]  # and what is worse is found


def test_other_features_and_models_are_told_of_their_own(engine):
    mail = Channel()
    alerts.record(engine, SHOP, [alarm(), alarm(feature="quantity"), alarm(label="seasonal", feature="store")], NOON)
    alerts.record(engine, SHOP, [alarm(model="churn")], NOON)
    alerts.tell(engine, "sales", {"mail": mail}, NOON)
    ((title, text),) = mail.heard
    assert title == "Vigie: 2 alerts about Sales"
    assert "Unit price" in text
    assert "Quantity" in text
    assert "Store" not in text


def test_the_same_day_again_is_one_row_that_keeps_who_was_told_and_what_was_answered(engine):
    mail = Channel()
    alerts.record(engine, SHOP, [alarm()], NOON)
    alerts.tell(engine, "sales", {"mail": mail}, NOON)
    answer(engine, "spring catalogue")
    alerts.record(engine, SHOP, [alarm(psi=0.5)], NOON + timedelta(hours=1))
    alerts.tell(engine, "sales", {"mail": mail}, NOON)
    (row,) = rows(engine)
    assert (row["value"], row["raised"], row["reason"]) == (0.5, NOON, "spring catalogue")
    assert len(mail.heard) == 1


def test_a_note_that_is_confirmed_later_is_told(engine):
    mail = Channel()
    alerts.record(engine, SHOP, [alarm(label="too few rows")], NOON)
    assert alerts.tell(engine, "sales", {"mail": mail}, NOON) == {}
    alerts.record(engine, SHOP, [alarm()], NOON)
    assert list(alerts.tell(engine, "sales", {"mail": mail}, NOON)) == ["mail"]


def test_a_back_fill_tells_nobody(engine):
    alerts.record(engine, SHOP, [alarm()], NOON, quiet=alerts.BACK_FILL)
    assert alerts.tell(engine, "sales", {"mail": Channel()}, NOON) == {}
    assert (rows(engine)[0]["severity"], rows(engine)[0]["state"]) == (alerts.ALERT, alerts.BACK_FILL)


def test_a_channel_that_fails_is_tried_again_and_the_others_are_not_told_twice(engine):
    mail, chat = Channel(), Channel()
    mail.out = True
    alerts.record(engine, SHOP, [alarm()], NOON)
    answers = alerts.tell(engine, "sales", {"mail": mail, "chat": chat}, NOON)
    assert answers == {"mail": "failed: mail did not take the message.", "chat": NOON.isoformat()}
    assert deliveries(engine) == [("chat", NOON, None), ("mail", NOON, "mail did not take the message.")]
    mail.out = False
    later = NOON + timedelta(hours=1)
    alerts.tell(engine, "sales", {"mail": mail, "chat": chat}, later)
    assert (len(mail.heard), len(chat.heard)) == (1, 1)
    assert deliveries(engine) == [("chat", NOON, None), ("mail", later, None)]
    assert alerts.tell(engine, "sales", {"mail": mail, "chat": chat}, NOON) == {}


def test_many_alarms_make_one_message_of_a_readable_length(engine):
    mail = Channel()
    alerts.record(engine, SHOP, [alarm(feature=f"f{number:02}") for number in range(25)], NOON)
    alerts.tell(engine, "sales", {"mail": mail}, NOON)
    ((_, text),) = mail.heard
    assert len(text.splitlines()) == 21
    assert text.endswith("and 5 more")


@pytest.mark.parametrize(("reason", "by"), [("", "Ana"), ("  ", "Ana"), ("spring", " ")])
def test_an_answer_without_reason_or_name_is_refused(engine, reason, by):
    alerts.record(engine, SHOP, [alarm()], NOON)
    with pytest.raises(Sentence, match="Say who you are"):
        answer(engine, reason, by)
    assert pd.isna(rows(engine)[0]["acknowledged"])


@pytest.mark.parametrize(
    ("day", "known"),
    [
        (date(2027, 3, 14), True),
        (date(2027, 3, 24), True),
        (date(2027, 3, 25), False),
        (date(2027, 3, 4), True),
        (date(2027, 3, 3), False),
        (date(2026, 3, 14), False),  # the day itself is no earlier year
        (date(2026, 3, 30), False),
        (date(2029, 3, 10), True),
    ],
)
def test_a_reason_explains_the_same_days_of_later_years(engine, day, known):
    alerts.record(engine, SHOP, [alarm()], NOON)
    answer(engine, "spring catalogue")
    found = alerts.explained(engine, "sales", day)
    assert [one.reason for one in found] == ["spring catalogue"] * known
    assert alerts.explained(engine, "churn", day) == []


def test_the_explanation_stands_in_the_notification(engine):
    mail = Channel()
    alerts.record(engine, SHOP, [alarm()], NOON)
    answer(engine, "spring catalogue")
    alerts.record(engine, SHOP, [alarm(date(2027, 3, 16)), alarm(date(2027, 3, 16), feature="store")], NOON)
    alerts.tell(engine, "sales", {"mail": mail}, NOON)
    ((_, text),) = mail.heard
    assert text.count("Around 14 Mar 2026 it was acknowledged as: spring catalogue") == 1


def test_days_of_one_alarm_are_one_episode_and_open_ones_come_first(engine):
    for ahead in range(3):
        alerts.record(engine, SHOP, [alarm(DAY + timedelta(ahead), psi=0.4 + ahead / 10)], NOON)
    alerts.tell(engine, "sales", {"mail": Channel()}, NOON)
    alerts.record(engine, SHOP, [alarm(date(2026, 4, 1), feature="store"), alarm(label="seasonal", feature="x")], NOON)
    answer(engine, "new shop", feature="store")
    found = alerts.episodes(state.read(engine, state.alert_log))
    assert found["feature"].tolist() == ["unit_price", "store"]
    first = found.iloc[0]
    assert (first["first"].day, first["last"].day, first["count"], first["value"]) == (14, 16, 3, pytest.approx(0.6))
    sent = alerts.delivered(state.read(engine, state.alert_deliveries), first)
    assert sent[["channel", "tried"]].values.tolist() == [["mail", NOON]]
    assert alerts.delivered(state.read(engine, state.alert_deliveries), found.iloc[1]).empty
    assert alerts.episodes(state.read(engine, state.alert_log).head(0)).empty


def test_thresholds_are_preferences_of_a_model(engine):
    assert (alerts.threshold(engine, "sales"), alerts.watch_levels(engine, "sales")) == (0.3, (0.1, 0.2))
    state.prefer(engine, "psi_threshold.sales", 0.25)
    assert (alerts.threshold(engine, "sales"), alerts.threshold(engine, "churn")) == (0.25, 0.3)
