"""What a viewer, an analyst and an admin meet on the pages; and that a viewer's visit changes nothing."""

import pytest
from sqlalchemy import select

import settings
from data import audit, people, state
from data.people import ADMIN, ANALYST, NOBODY, VIEWER, Person
from ui import access


@pytest.fixture
def as_role(monkeypatch):
    """Log in as somebody with a role."""

    def log_in(role):
        person = Person("" if role == NOBODY else f"{role}@example.com", role)
        monkeypatch.setattr(access, "configured", lambda: True)
        monkeypatch.setattr(people, "_source", [lambda: person])

    return log_in


def pages(app):
    return {page["page_name"] if isinstance(page, dict) else page for page in app.get("navigation")}


def texts(app):
    return " ".join(str(one.value) for kind in ("title", "markdown", "info", "caption") for one in app.get(kind))


@pytest.mark.parametrize(("page", "role"), [("data", VIEWER), ("monitoring_changes", ANALYST), ("act_orders", VIEWER)])
def test_a_page_of_another_role_is_not_shown_by_its_address(visit, as_role, page, role):
    as_role(role)
    app = visit(page)
    assert "This page is for the role" in texts(app)
    assert not app.get("arrow_data_frame")
    assert not [one for one in app.button if one.key != "log-out"]


def test_nobody_sees_anything_before_logging_in(visit, as_role, monkeypatch):
    as_role(NOBODY)
    monkeypatch.setattr(access.st, "secrets", {"auth": {"client_id": "x"}})
    for page in ("today", "sales_overview", "food"):
        app = visit(page)
        assert [one.label for one in app.button] == ["Log in"]
        assert not app.get("plotly_chart")
        assert not app.get("arrow_data_frame")


READ = ("today", "boards", "products_margins", "sales_overview", "churn_explore")


def test_what_a_viewer_can_press_changes_nothing(visit, as_role, home):
    """Every button of some pages that have had such, one after the other."""
    visit("today")
    engine = state.engine(settings.get().database_url)

    def held():
        with engine.connect() as connection:
            return {
                name: connection.execute(select(table)).all()
                for name, table in state.metadata.tables.items()
                if name not in {*audit.LOOKING, "job_runs", "audit_log", "preferences", "model_versions"}
            }

    files = lambda: {path for path in (home / "tables").rglob("*") if path.is_file()}  # noqa: E731
    before = held(), files()
    as_role(VIEWER)
    for page in READ:
        app = visit(page)
        for key in [one.key for one in app.button if one.key and one.key != "log-out"]:
            if key in {one.key for one in app.button}:
                app.button(key).click().run()
                assert not app.exception
    assert (held(), files()) == before
    kept = audit.read(engine, state.datetime(2000, 1, 1, tzinfo=state.UTC))
    assert set(kept["person"]) <= {"", "Vigie"}


def test_an_admin_reads_who_changed_what(visit, as_role):
    visit("today")
    as_role(ADMIN)
    cards = {one.label: one.value for one in visit("monitoring_changes").metric}
    assert (cards["Changes"], cards["People"]) == ("0", "0")  # the demo was kept by Vigie; nobody was unknown
    with people.using(Person("ana@example.com", ANALYST)):
        state.prefer(state.engine(settings.get().database_url), "psi_threshold.sales", 0.3)
    app = visit("monitoring_changes", lang="fr")
    shown = app.dataframe[0].value
    assert "ana@example.com" in shown["Qui"].tolist()
    assert "psi_threshold.sales" in shown["Sur quoi"].tolist()


def test_names_in_forms_are_those_of_who_is_logged_in(visit, as_role):
    as_role(ANALYST)
    app = visit("sales_forecast")
    assert not [one for one in app.text_input if one.label == "Who says so"]


def test_an_open_server_says_so_on_every_page(visit, monkeypatch):
    monkeypatch.setattr(access.st, "get_option", lambda name: "0.0.0.0")
    for page in ("today", "data"):
        assert access.OPEN in texts(visit(page))
    monkeypatch.setattr(access.st, "get_option", lambda name: "localhost")
    assert access.OPEN not in texts(visit())
