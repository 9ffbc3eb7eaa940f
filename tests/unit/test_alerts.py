"""Alerts: one row a day, one notification an alarm, nothing lost, and reasons that explain next year's alarm."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from connectors import Unavailable
from data import state
from locales import Sentence
from models.drift import alerts
from models.drift.performance import REFERENCE

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
DAY = date(2026, 3, 14)
KEY = ("sales", "psi", "unit_price")


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


def deliveries(engine) -> list[tuple]:
    sent = state.read(engine, state.alert_deliveries)
    return [(row.channel, row.tried, None if pd.isna(row.error) else row.error) for row in sent.itertuples()]


def test_only_what_is_over_the_threshold_is_an_alarm_and_only_a_confirmed_one_asks_for_attention():
    row = {"model": "sales", "version": "1", "day": DAY, "feature": "a", "psi": 0.3, "threshold": 0.3}
    assert alerts.of_psi([{**row, "label": "within noise"}, {**row, "psi": None, "label": "too few rows"}]) == []
    for label in ("seasonal", "within noise", "too few rows"):
        assert alarm(label=label)["severity"] == alerts.NOTE
    assert alarm()["severity"] == alerts.ALERT
    assert alerts.sentence(alarm()).startswith("Unit price has changed: PSI 0.42 is over 0.30")
    assert "PSI 0.302 is over 0.300" in alerts.sentence(alarm(psi=0.302))


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
    return alerts.of_performance(log, ("auc", "in_the_large", "wape", "bias"))


def test_a_measure_alarms_with_the_second_bad_window_in_a_row_and_once():
    [found] = performance_alarms(windows([0.84, 0.80, 0.84, 0.80, 0.79, 0.79]))
    assert (found["kind"], found["feature"], found["day"]) == ("performance", "auc", date(2025, 5, 31))
    assert (found["severity"], found["value"], found["threshold"]) == (alerts.ALERT, 0.79, 0.84)
    expected = "Ranking (AUC) of the model Churn left its usual range: 0.79 on 31 May 2025, 0.84 when it learned."
    assert alerts.sentence(found) == expected
    assert performance_alarms(windows([0.84, 0.80, 0.84, 0.88, 0.89])) == []  # better is no alarm
    assert performance_alarms(windows([0.80, 0.80], "slope")) == []  # not one of those asked for
    assert len(performance_alarms(windows([0.80, 0.80, 0.84, 0.80, 0.80]))) == 2
    [guess] = performance_alarms(windows([0.80, 0.80], guess=True))
    assert guess["feature"] == "auc (estimated)"
    assert "not known yet" in guess["message"]
    [share] = performance_alarms(windows([-0.2, -0.203], "bias", "sales", reference=0.01))
    assert "−20.3% on 28 Feb 2025, +1.0% when it learned" in alerts.sentence(share)


def test_a_measure_that_is_off_is_one_row_that_keeps_its_answer(engine):
    for hour in range(2):
        alerts.record(engine, performance_alarms(windows([0.80, 0.79])), NOON + timedelta(hours=hour))
        (row,) = rows(engine)
        assert row["raised"] == NOON
    assert alerts.acknowledge(engine, ("churn", "performance", "auc"), "new tariff", "Ana", NOON) == 1
    alerts.record(engine, performance_alarms(windows([0.80, 0.79])), NOON)
    assert [row["reason"] for row in rows(engine)] == ["new tariff"]


def test_an_alarm_is_told_once_while_it_is_open_and_within_the_cooldown(engine):
    mail = Channel()
    for ahead in range(3):
        alerts.record(engine, [alarm(DAY + timedelta(ahead))], NOON)
        alerts.tell(engine, "sales", {"mail": mail}, NOON)
    assert [title for title, _ in mail.heard] == ["Vigie: 1 alert about Sales"]
    assert [row["state"] for row in rows(engine)] == [alerts.NOTIFY, alerts.REPEATED, alerts.REPEATED]

    assert alerts.acknowledge(engine, KEY, "spring catalogue", "Ana", NOON) == 3
    alerts.record(engine, [alarm(DAY + timedelta(6))], NOON)  # six days after the one that was told
    assert rows(engine)[-1]["state"] == alerts.COOLING
    alerts.acknowledge(engine, KEY, "still the catalogue", "Ana", NOON)
    alerts.record(engine, [alarm(DAY + timedelta(7))], NOON)
    alerts.tell(engine, "sales", {"mail": mail}, NOON)
    assert len(mail.heard) == 2


def test_the_cooldown_is_a_preference(engine):
    alerts.record(engine, [alarm()], NOON)
    alerts.acknowledge(engine, KEY, "x", "y", NOON)
    state.prefer(engine, "alert_cooldown", 2)
    alerts.record(engine, [alarm(DAY + timedelta(2))], NOON)
    assert rows(engine)[-1]["state"] == alerts.NOTIFY


def test_other_features_and_models_are_told_of_their_own(engine):
    mail = Channel()
    alerts.record(engine, [alarm(), alarm(feature="quantity"), alarm(label="seasonal", feature="store")], NOON)
    alerts.record(engine, [alarm(model="churn")], NOON)
    alerts.tell(engine, "sales", {"mail": mail}, NOON)
    ((title, text),) = mail.heard
    assert title == "Vigie: 2 alerts about Sales"
    assert "Unit price" in text
    assert "Quantity" in text
    assert "Store" not in text


def test_the_same_day_again_is_one_row_that_keeps_who_was_told_and_what_was_answered(engine):
    mail = Channel()
    alerts.record(engine, [alarm()], NOON)
    alerts.tell(engine, "sales", {"mail": mail}, NOON)
    alerts.acknowledge(engine, KEY, "spring catalogue", "Ana", NOON)
    alerts.record(engine, [alarm(psi=0.5)], NOON + timedelta(hours=1))
    alerts.tell(engine, "sales", {"mail": mail}, NOON)
    (row,) = rows(engine)
    assert (row["value"], row["raised"], row["reason"]) == (0.5, NOON, "spring catalogue")
    assert len(mail.heard) == 1


def test_a_note_that_is_confirmed_later_is_told(engine):
    mail = Channel()
    alerts.record(engine, [alarm(label="too few rows")], NOON)
    assert alerts.tell(engine, "sales", {"mail": mail}, NOON) == {}
    alerts.record(engine, [alarm()], NOON)
    assert list(alerts.tell(engine, "sales", {"mail": mail}, NOON)) == ["mail"]


def test_a_back_fill_tells_nobody(engine):
    alerts.record(engine, [alarm()], NOON, quiet=alerts.BACK_FILL)
    assert alerts.tell(engine, "sales", {"mail": Channel()}, NOON) == {}
    assert (rows(engine)[0]["severity"], rows(engine)[0]["state"]) == (alerts.ALERT, alerts.BACK_FILL)


def test_a_channel_that_fails_is_tried_again_and_the_others_are_not_told_twice(engine):
    mail, chat = Channel(), Channel()
    mail.out = True
    alerts.record(engine, [alarm()], NOON)
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
    alerts.record(engine, [alarm(feature=f"f{number:02}") for number in range(25)], NOON)
    alerts.tell(engine, "sales", {"mail": mail}, NOON)
    ((_, text),) = mail.heard
    assert len(text.splitlines()) == 21
    assert text.endswith("and 5 more")


@pytest.mark.parametrize(("reason", "by"), [("", "Ana"), ("  ", "Ana"), ("spring", " ")])
def test_an_answer_without_reason_or_name_is_refused(engine, reason, by):
    alerts.record(engine, [alarm()], NOON)
    with pytest.raises(Sentence, match="Say who you are"):
        alerts.acknowledge(engine, KEY, reason, by, NOON)
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
    alerts.record(engine, [alarm()], NOON)
    alerts.acknowledge(engine, KEY, "spring catalogue", "Ana", NOON)
    found = alerts.explained(engine, "sales", day)
    assert [one.reason for one in found] == ["spring catalogue"] * known
    assert alerts.explained(engine, "churn", day) == []


def test_the_explanation_stands_in_the_notification(engine):
    mail = Channel()
    alerts.record(engine, [alarm()], NOON)
    alerts.acknowledge(engine, KEY, "spring catalogue", "Ana", NOON)
    alerts.record(engine, [alarm(date(2027, 3, 16)), alarm(date(2027, 3, 16), feature="store")], NOON)
    alerts.tell(engine, "sales", {"mail": mail}, NOON)
    ((_, text),) = mail.heard
    assert text.count("Around 14 Mar 2026 it was acknowledged as: spring catalogue") == 1


def test_days_of_one_alarm_are_one_episode_and_open_ones_come_first(engine):
    for ahead in range(3):
        alerts.record(engine, [alarm(DAY + timedelta(ahead), psi=0.4 + ahead / 10)], NOON)
    alerts.tell(engine, "sales", {"mail": Channel()}, NOON)
    alerts.record(engine, [alarm(date(2026, 4, 1), feature="store"), alarm(label="seasonal", feature="x")], NOON)
    alerts.acknowledge(engine, ("sales", "psi", "store"), "new shop", "Ana", NOON)
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
