"""Monitoring: health. What is wrong comes first, alerts are answered, logs are taken away."""

import re
import time
from datetime import UTC, date, datetime

import pytest

import settings
from connectors import notify
from data import state
from models.drift import alerts

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
VIEWS = ["alerts", "notifications", "sources", "jobs", "versions", "logs"]


@pytest.fixture
def alerted(home):
    """Two days of one confirmed alarm, with a name that Markdown would read as commands."""
    engine = state.engine(settings.get().database_url)
    state.migrate(engine)
    for day in (13, 14):
        row = {"model": "sales", "version": "1", "day": date(2026, 3, day), "feature": "<b>*price*", "psi": 0.5}
        alerts.record(engine, "shop", alerts.of_psi([{**row, "threshold": 0.3, "label": "confirmed"}]), NOON)
    return engine


def page(app) -> str:
    """Its text, as a reader sees it."""
    return re.sub(r"\\(\W)", r"\1", "\n".join(str(element.value) for element in [*app.markdown, *app.caption]))


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_in_french_too(visit, alerted, view):
    run = {"run": "drift sales 2026-03-14", "job": "drift", "subject": "sales", "day": date(2026, 3, 14)}
    run |= {"status": "failed", "step": "", "progress": 0.5, "started": NOON, "heartbeat": NOON, "details": {}}
    state.upsert(alerted, state.job_runs, [run])
    app = visit("monitoring_health", lang="fr", view=view)
    assert app.title[0].value
    assert app.session_state["view"] == view


def test_an_alert_is_acknowledged_with_a_name_and_a_reason(visit, alerted):
    app = visit("monitoring_health")
    assert any("\\<b\\>\\*price\\*" in element.value for element in app.markdown)
    assert "2 days" in page(app)
    key = "sales|psi|<b>*price*|2026-03-13 1"
    app.text_input(key=f"who-{key}").set_value("Ana")
    app.button(key=f"FormSubmitter:form-{key}-Acknowledge").click().run()
    assert "Say who you are" in app.warning[0].value
    app.text_input(key=f"why-{key}").set_value("spring catalogue")
    app.button(key=f"FormSubmitter:form-{key}-Acknowledge").click().run()
    assert not app.exception
    assert state.read(alerted, state.alert_log)["reason"].tolist() == ["spring catalogue"] * 2
    assert "No alert is open" in page(app)
    assert app.dataframe[0].value["Reason"].tolist() == ["spring catalogue"]


def test_last_year_s_reason_explains_this_year_s_alarm(visit, alerted):
    row = {
        "model": "sales",
        "version": "1",
        "day": date(2025, 3, 3),
        "feature": "<b>*price*",
        "psi": 0.5,
    }  # of the first day
    alerts.record(alerted, "shop", alerts.of_psi([{**row, "threshold": 0.3, "label": "confirmed"}]), NOON)
    with alerted.begin() as connection:
        before = state.alert_log.c.day == row["day"]
        answer = {"acknowledged": NOON, "acknowledged_by": "Ana", "reason": "spring catalogue"}
        connection.execute(state.alert_log.update().where(before).values(answer))
    assert "Around 3 Mar 2025 it was acknowledged as: spring catalogue" in page(visit("monitoring_health"))


def test_a_model_file_that_was_altered_is_the_first_thing_said(visit, home):
    engine = state.engine(settings.get().database_url)
    state.migrate(engine)
    row = {"model": "churn", "version": "1", "learner": "logistic", "status": "champion", "created": NOON}
    row |= {"author": "a", "reason": "b", "file": "churn-1.bin", "sha256": "0", "data_version": "d", "rows": 1}
    empty = {"schema": {}, "metrics": {}, "bins": {}, "libraries": {}}
    state.upsert(engine, state.model_versions, [row | empty])
    (home / "models").mkdir()
    (home / "models" / "churn-1.bin").write_bytes(b"altered")
    text = page(visit("monitoring_health", view="versions"))
    assert "Something is wrong: model files" in text
    assert "is not what was kept" in text


def test_the_cooldown_is_kept_for_everybody(visit, alerted):
    app = visit("monitoring_health", view="notifications")
    assert app.number_input(key="cooldown").value == alerts.COOLDOWN
    app.number_input(key="cooldown").set_value(3).run()
    assert alerts.cooldown(alerted) == 3
    assert visit("monitoring_health", view="notifications").number_input(key="cooldown").value == 3


def test_no_secret_of_a_channel_is_on_the_page(visit, alerted, monkeypatch):
    monkeypatch.setenv("VIGIE_NOTIFY_URLS", "mailto://user:s3cret@mail.example.org?to=a@b.org")
    settings.get.cache_clear()
    text = page(visit("monitoring_health", view="notifications"))
    assert "example" in text
    assert "s3cret" not in text


def test_the_logs_can_be_taken_away(visit, alerted):
    app = visit("monitoring_health", view="logs")
    files = [button.proto.id for button in app.get("download_button")]
    for name in ("psi_log.csv", "alerts_log.csv", "predictions.csv", "performance_log.csv"):
        assert any(name in file for file in files)


def send_test(app, kind):
    """Press the button and wait for the answer, an element of a kind."""
    next(button for button in app.button if button.label == "Send a test message").click().run()
    for _attempt in range(100):
        if app.get(kind):
            break
        time.sleep(0.1)
        app.run()
    return app.get(kind)[0].value.replace("\\", "").replace("\u2060", "")


def test_a_test_message_goes_to_every_channel(visit, alerted, monkeypatch):
    heard = []
    two = {name: lambda title, text, name=name: heard.append((name, title)) for name in ("mail", "chat")}
    monkeypatch.setattr(notify, "channels", lambda: two)
    assert send_test(visit("monitoring_health", view="notifications"), "success").startswith("Every channel took")
    assert heard == [("mail", "Vigie: a test"), ("chat", "Vigie: a test")]


def test_a_test_message_that_does_not_arrive_is_said(visit, alerted, monkeypatch):
    monkeypatch.setenv("VIGIE_NOTIFY_URLS", "json://user:s3cret@127.0.0.1:9/")
    settings.get.cache_clear()
    app = visit("monitoring_health", view="notifications")
    assert send_test(app, "warning").startswith("json://127.0.0.1:9 did not take the message")
