"""What is done at set times: added, changed, paused and removed; what failed is tried again or left with a reason."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

import settings
from data import schedules, state
from models.act import schedule
from models.act.schedule import Schedule

DUE = datetime(2026, 3, 14, 7, tzinfo=UTC)
EVIL = "<b>*x*</b> [a](http://evil.example)"


@pytest.fixture
def engine(home, migrated):
    made = state.engine(settings.get().database_url)
    migrated(made)
    return made


def page(app) -> str:
    """Its text, as a reader sees it."""
    texts = [*app.markdown, *app.caption, *app.warning]
    return re.sub(r"\\(\W)", r"\1", "\n".join(str(element.value) for element in texts)).replace("\u2060", "")


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def kept(engine) -> list[Schedule]:
    return [one for one, _kept in schedule.visible(schedules.kept(engine)).values()]


def put(engine, name="one", made=None) -> None:
    schedules.write(engine, name, schedule.to_json(made or Schedule("Mine", "rules", cron="30 6 * * 1-5")), 0)


def given_up(engine) -> None:
    row = {"schedule": "one", "due": DUE, "content": {}, "status": "failed", "attempts": 5, "next_try": DUE}
    row |= {"holder": "", "heartbeat": DUE, "finished": DUE, "message": "The <b>disk</b> is full."}
    state.upsert(engine, state.schedule_runs, [row])


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_ready_one_is_taken_changed_paused_and_removed(visit, engine, lang):
    app = visit("act_schedule", lang=lang)
    named = {"en": "Rules every morning", "fr": "Règles chaque matin"}[lang]
    press(app, named)
    said = {"en": "Every day at 06:30, time of UTC", "fr": "Tous les jours à 06:30, heure de UTC"}[lang]
    assert said in page(app)
    next(box for box in app.selectbox if box.key.endswith(".kind")).set_value("week").run()
    next(box for box in app.selectbox if box.key.endswith(".weekday")).set_value(2).run()
    press(app, {"en": "Keep", "fr": "Garder"}[lang])
    assert kept(engine) == [Schedule(named, "rules", {}, "30 6 * * 3", "UTC")]
    assert {"en": "Every Wednesday at 06:30", "fr": "Chaque mercredi à 06:30"}[lang] in page(app)
    press(app, {"en": "Pause", "fr": "Suspendre"}[lang])
    assert [one.on for one in kept(engine)] == [False]
    press(app, {"en": "Remove", "fr": "Supprimer"}[lang])
    assert kept(engine) == []


def test_an_expression_of_an_expert_is_said_or_refused(visit, engine):
    put(engine)
    app = press(visit("act_schedule"), "Edit")
    next(box for box in app.selectbox if box.key.endswith(".kind")).set_value("cron").run()
    text = next(box for box in app.text_input if box.key.endswith(".cron"))
    text.set_value("99 * * * <b>").run()
    assert "is no cron expression" in page(app)
    assert next(button for button in app.button if button.label == "Keep").disabled
    text.set_value("*/20 9-11 * * 5L").run()
    assert "On the last Friday of the month at minute 0, 20 and 40 of the hours 9–11" in page(app)
    press(app, "Keep")
    assert [one.cron for one in kept(engine)] == ["*/20 9-11 * * 5L"]


def test_without_a_name_it_is_not_kept_and_what_somebody_changed_meanwhile_is_not_overwritten(visit, engine):
    app = press(press(visit("act_schedule"), "New schedule"), "Keep")
    assert "Give it a name" in page(app)
    assert kept(engine) == []
    put(engine)
    app = press(visit("act_schedule"), "Edit")
    schedules.write(engine, "one", schedule.to_json(Schedule("Theirs", "rules")), 1)
    press(app, "Keep")
    assert "Somebody has changed this schedule meanwhile" in page(app)
    assert [one.name for one in kept(engine)] == ["Theirs"]


def test_what_was_given_up_is_tried_again_or_left_with_a_reason(visit, engine):
    put(engine, made=Schedule(EVIL, "rules"))
    given_up(engine)
    app = visit("act_schedule")
    assert all("<b>" not in str(element.value) for element in app.markdown)
    assert "The <b>disk</b> is full." in page(app)
    press(app, "Try again")
    assert schedules.failed(engine).empty
    given_up(engine)
    schedules.acknowledge(engine, "one", "moved", "Ana")
    assert "disk" not in page(visit("act_schedule"))


def test_it_is_said_where_nothing_does_what_is_due(visit, engine):
    put(engine)
    assert "Nothing does what is due" not in page(visit("act_schedule"))
    with engine.begin() as connection:
        connection.execute(update(state.schedules).values(since=datetime.now(UTC) - timedelta(days=9)))
    assert "Nothing does what is due" in page(visit("act_schedule"))
    text = page(visit("monitoring_health", view="schedule"))
    assert "Nothing does what is due" in text
    assert "Something is wrong" in text


def test_health_shows_what_is_next_and_what_ran(visit, engine):
    put(engine, made=Schedule(EVIL, "report", {"board": "sales", "kind": ".pdf", "language": "fr"}))
    given_up(engine)
    app = visit("monitoring_health", view="schedule")
    coming, ran = (frame.value for frame in app.dataframe[-2:])
    assert coming["What"].tolist() == ["Send a board as a report: Sales, PDF, A4, Français"]
    assert ran["Ended"].tolist() == ["given up"]
    assert "failed and was given up" in page(app)


def sending() -> None:
    """What the menu Report of a board holds, which cannot be opened here."""
    from ui.ask import reports

    reports.sending("sales", "Sales")


def test_a_board_is_sent_every_monday_by_a_click(home, engine, monkeypatch):
    app = AppTest.from_function(sending, default_timeout=60).run()
    assert "Nobody is told yet" in page(app)
    monkeypatch.setenv("VIGIE_NOTIFY_URLS", "json://user:s3cret@127.0.0.1:9/")
    settings.get.cache_clear()
    app = press(app.run(), "Send it so")
    (one,) = kept(engine)
    assert (one.job, one.cron, one.of) == ("report", "0 7 * * 1", {"board": "sales", "kind": ".pdf", "language": "en"})
    assert "PDF, A4 · Every Monday at 07:00, time of UTC" in page(app)
    assert "s3cret" not in page(app)
    app.button(key=f"send.{next(iter(schedule.visible(schedules.kept(engine))))}").click().run()
    assert kept(engine) == []
