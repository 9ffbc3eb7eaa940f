"""Who may change what, and that it is written down: in the one place that every write passes."""

import ast
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, insert, select, update

import settings
from data import boards, people, rules, schedules, state, tables
from data.dataset import Dataset, Origin
from data.demo import customers as demo_customers
from data.people import ADMIN, ANALYST, NOBODY, SYSTEM, VIEWER, Person, Refused
from tests.sources import ROOT
from ui import access
from ui.monitoring import changes

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
ANA, VIC, ADA = Person("ana@example.com", ANALYST), Person("vic@example.com", VIEWER), Person("ada@example.com", ADMIN)
# What a viewer's visit may leave behind, by hand: a table that is new is none of these.
LEFT = {("prediction_log", "insert"), ("performance_log", "insert"), ("psi_log", "insert"), ("alert_log", "insert")}
LEFT |= {("source_readings", "insert"), ("sourced_versions", "insert")}
LEFT |= {("job_runs", action) for action in ("insert", "update", "delete")}


@pytest.fixture
def guarded(engine):
    """The state database as the server opens it."""
    return state.engine(engine.url.render_as_string(hide_password=False))


def written(engine):
    with engine.connect() as connection:
        return connection.execute(select(state.audit_log).order_by(state.audit_log.c.at)).mappings().all()


def test_a_viewer_writes_to_no_table_that_somebody_decides_on(guarded):
    for name, table in state.metadata.tables.items():
        key = next(iter(table.primary_key))
        statements = {
            "insert": insert(table).from_select([key], select(key).where(key.is_(None))),
            "update": update(table).where(key.is_(None)).values({key: key}),
            "delete": delete(table).where(key.is_(None)),
        }
        for action, statement in statements.items():
            for person in (VIC, Person("", NOBODY)):
                assert _done(guarded, person, statement) == ((name, action) in LEFT and person is VIC), (name, action)


def _done(engine, person, statement):
    try:
        with people.using(person), engine.begin() as connection:
            connection.execute(statement)
    except (Refused, RuntimeError):
        return False
    return True


def test_a_change_and_its_line_are_one_transaction(guarded):
    with people.using(ANA):
        rules.write(guarded, "r1", {"name": "Low sales"}, 0, NOW)
        with pytest.raises(state.Changed):
            rules.write(guarded, "r1", {"name": "Low sales"}, 0, NOW)  # nothing was changed: no line
        with guarded.connect() as connection:
            connection.execute(update(state.rules).values(changes=9))
            connection.rollback()
        rules.remove(guarded, "r1", {"name": "Low sales"}, 1, NOW)
    rows = written(guarded)
    assert [(row["person"], row["role"], row["action"], row["what"], row["subject"]) for row in rows] == [
        ("ana@example.com", ANALYST, "keep", "rules", "r1"),
        ("ana@example.com", ANALYST, "change", "rules", "r1"),
    ]
    assert rows[0]["details"]["name"] == "Low sales"
    assert abs(rows[0]["at"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_board_is_one_line_and_says_which(guarded):
    with people.using(ANA):
        boards.write(guarded, "b1", {"name": "Sales"}, 0, NOW)
    (row,) = written(guarded)
    assert (row["what"], row["subject"], row["details"]["name"]) == ("boards", "b1", "Sales")


def test_only_an_admin_says_up_to_which_amount_orders_leave_and_no_address_is_written_down(guarded):
    from data import orders

    with people.using(ANA), pytest.raises(Refused, match="Only an admin"):
        orders.allow(guarded, "shop", "S1", 100.0, "Ana", NOW)
    with people.using(ADA):
        orders.address(guarded, "shop", "S1", "https://hook.example.com/secret", "csv", "Ada", NOW)
    (row,) = written(guarded)
    assert (row["what"], row["subject"]) == ("order_suppliers", "shop S1")
    assert "secret" not in str(row["details"])


def test_what_works_by_itself_is_named_and_its_beats_are_not_written_down(guarded):
    with people.using(Person("jobs.py rules", SYSTEM)):
        rules.write(guarded, "r1", {"name": "x"}, 0, NOW)
        schedules.lead(guarded, "scheduler", "me", 30)
        state.upsert(guarded, state.prediction_log, [_prediction()])
    assert [(row["person"], row["role"], row["what"]) for row in written(guarded)] == [
        ("jobs.py rules", SYSTEM, "rules")
    ]


def _prediction():
    row = {"model": "churn", "version": "1", "day": NOW.date(), "subject": "a", "target_day": NOW.date()}
    return row | {"mean": 0.5, "logged": NOW}


def test_nobody_changes_what_was_written_down(guarded):
    with people.using(ADA):
        rules.write(guarded, "r1", {"name": "x"}, 0, NOW)
        for statement in (update(state.audit_log).values(person="vic"), delete(state.audit_log)):
            with pytest.raises(RuntimeError), guarded.begin() as connection:
                connection.execute(statement)
    assert [row["person"] for row in written(guarded)] == ["ada@example.com"]


@pytest.fixture
def kept(home, migrated):
    """A home with two datasets of customers; which is shown, and the other."""
    migrated(state.engine(settings.get().database_url))
    frame = demo_customers.generate(50, seed=1)
    origin = Origin("upload", "a.csv")
    made = [Dataset("customers", {"customers": frame.iloc[start:]}, origin, ()) for start in (0, 10)]
    return [tables.add(home, one, NOW) for one in made][::-1]


def test_files_are_held_to_the_roles_too(home, kept):
    shown, other = kept
    actions = [
        lambda: tables.add(
            home, Dataset("customers", {"customers": tables.read(other).iloc[5:]}, other.origin, ()), NOW
        ),
        lambda: tables.activate(home, "customers", other.version),
        lambda: tables.choose(other, {"tenure": False}),
        lambda: tables.settle(other, {"": "FR"}),
        lambda: tables.remove(home, "customers", other.version),
    ]

    def there():  # but for what whoever wants to choose locks first
        found = [path for path in (home / "tables").rglob("*") if path.is_file() and path.name != ".choosing"]
        return {path: path.stat().st_mtime_ns for path in found}

    before = there()
    for action in actions:
        with people.using(VIC), pytest.raises(Refused):
            action()
    assert there() == before
    with people.using(ANA), pytest.raises(Refused, match="Only an admin"):
        tables.remove(home, "customers", other.version)
    with people.using(ADA):
        for action in actions[1:4]:
            action()
        tables.remove(home, "customers", shown.version)
    rows = written(state.engine(settings.get().database_url))
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("show", other.version), ("choose", other.lineage), ("choose", other.lineage), ("remove", shown.version)
    ]  # fmt: skip


# Functions that write files, and whatever asks before them. One that is new is looked at here first.
WRITERS = {
    "data/tables/chosen.py": {"choose", "settle"},
    "data/tables/disk.py": {"describe", "write"},
    "data/tables/reading.py": set(),
    "data/tables/versions.py": {"add", "active", "activate", "remove", "_prune", "_sweep"},
    "connectors/fetched.py": {"bring", "forget", "stands_beside", "_sweep", "_write"},
}
WRITES = {"write_bytes", "write_text", "rmtree", "unlink", "rename"}


def test_no_function_that_keeps_data_writes_files_unasked():
    for name, known in WRITERS.items():
        tree = ast.parse((ROOT / name).read_text("utf-8"))
        found = {
            function.name
            for function in tree.body
            if isinstance(function, ast.FunctionDef)
            for call in ast.walk(function)
            if isinstance(call, ast.Call)
            and getattr(call.func, "attr", getattr(call.func, "id", "")) in WRITES | {"_write", "write"}
        }
        assert found <= known, name


def test_every_table_has_a_name_for_readers():
    assert set(state.metadata.tables) <= set(changes.WHAT)


CHOSEN = SimpleNamespace(
    viewers=frozenset({"*"}),
    analysts=frozenset({"ana@example.com", "buying team"}),
    admins=frozenset({"ada@example.com"}),
    role_claim="groups",
    login_hours=12.0,
)


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"email": "Ada@Example.com"}, ADMIN),
        ({"email": "ada@example.com", "email_verified": False}, VIEWER),
        ({"email": "ada@example.com", "email_verified": "false"}, VIEWER),
        ({"email": "x@example.com", "groups": ["Sales", "Buying team"]}, ANALYST),
        ({"email": "x@example.com", "groups": "buying team"}, ANALYST),
        ({"email": "x@example.com", "roles": ["buying team"]}, VIEWER),
        ({"email": "buying team"}, ANALYST),  # nobody's address is called as a group: settings are the admin's
        ({"sub": "1"}, VIEWER),
    ],
)
def test_roles_by_address_and_by_claim(claims, role):
    assert access.role(claims, CHOSEN) == role


def test_nobody_is_called_by_an_address_that_may_be_another_s():
    assert access.called({"sub": "7", "email": "ada@example.com", "name": "Ada"}) == "ada@example.com"
    assert access.called({"sub": "7", "email": "ada@example.com", "email_verified": False, "name": "Ada"}) == "7"


def test_who_stands_nowhere_has_no_role():
    chosen = SimpleNamespace(**{**vars(CHOSEN), "viewers": frozenset()})
    assert access.role({"email": "x@example.com"}, chosen) == NOBODY


def test_a_login_ends_after_its_hours_whatever_the_cookie_says():
    assert not access.ended({"iat": 1_000_000}, CHOSEN, 1_000_000 + 12 * 3600 - 1)
    assert access.ended({"iat": 1_000_000}, CHOSEN, 1_000_000 + 12 * 3600 + 1)
    assert access.ended({}, CHOSEN, 1_000_000_000)  # one that does not say when it began


def test_people_in_settings(home, monkeypatch):
    monkeypatch.setenv("VIGIE_ADMINS", "Ada@example.com, Buying Team ,")
    settings.get.cache_clear()
    assert settings.get().admins == {"ada@example.com", "buying team"}
    with pytest.raises(settings.SettingsError, match="nobody can log in"):
        access.checked(settings.get())
    monkeypatch.setattr(access, "configured", lambda: True)
    access.checked(settings.get())
    monkeypatch.delenv("VIGIE_ADMINS")
    settings.get.cache_clear()
    with pytest.raises(settings.SettingsError, match="names nobody"):
        access.checked(settings.get())
