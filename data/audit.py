"""Who changed what: a row for each change, written in the same transaction as the change itself.

`guard` stands before every statement of the state database, `act` before every change of files. A table that nobody
thought of here takes an analyst, and is written about: a new action is held to the roles without a line of its own.
"""

import logging
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, event, insert

import settings
from data import people, runs, state
from data.people import ADMIN, ANALYST, SYSTEM, VIEWER, Person

KEPT, CHANGED, REMOVED = "keep", "change", "remove"  # what statements do
MAX_TEXT = 200  # characters of a value
SHOWN = 10_000  # rows that are read at once
# Where pages add rows while somebody looks at them: what was computed and said. Nothing is decided by it.
LOOKING = {"prediction_log", "performance_log", "psi_log", "alert_log", "source_readings", "sourced_versions"}
# How Vigie's own work goes on: these tables say so themselves, and a line for each beat would hide the rest.
RUNNING = LOOKING | {
    *("job_runs", "leases", "schedules", "schedule_runs", "order_sends", "quality_log", "rule_alerts"),
    *("alert_deliveries", "rule_deliveries", "report_deliveries"),
}
NEEDS = {"order_suppliers": ADMIN}  # up to which amount orders leave without anybody
SECRET = {"address"}  # a webhook's is a password
log = logging.getLogger("vigie.audit")


def guard(engine: Engine) -> None:
    """From now on, ask who writes to this state database, and write it down."""

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.info["acts"], connection.info["before"] = [], _total(connection)

    @event.listens_for(engine, "before_execute")
    def _asked(connection: Connection, clause: Any, _many: Any, _one: Any, _options: Any) -> None:
        person = people.who()
        if person is None or not clause.is_dml or connection.info.get("auditing"):
            return
        table = clause.table.name
        if table == state.audit_log.name:
            raise RuntimeError("Nobody changes what was written down of changes.")
        _need(person, VIEWER if _looks(table, clause) else NEEDS.get(table, ANALYST), table)

    @event.listens_for(engine, "after_execute")
    def _done(connection: Connection, clause: Any, _many: Any, _one: Any, _options: Any, result: Any) -> None:
        person = people.who()
        if person is None or not clause.is_dml or connection.info.get("auditing"):
            return
        table = clause.table.name
        if result.rowcount == 0 and connection.dialect.name != "sqlite":  # which says 0 of what RETURNING gives, too
            return
        if not (table in RUNNING if person.role == SYSTEM else _looks(table, clause)):
            action = REMOVED if clause.is_delete else CHANGED if clause.is_update else KEPT
            connection.info["acts"].append((person, action, clause.table, result.context.compiled_parameters))

    @event.listens_for(engine, "commit")
    def _written(connection: Connection) -> None:
        acts = connection.info.pop("acts", [])
        if not acts or connection.info["before"] == _total(connection) is not None:
            return
        person, action, table, parameters = acts[0]
        details: dict[str, Any] = {}
        for _person, _action, _table, rows in acts:
            details = _details(rows) | details
        _write(connection, person, action, table.name, _subject(table, parameters), details)


def act(action: str, what: str, subject: str, role: str = ANALYST, **details: object) -> None:
    """Ask whether whoever acts may change something that is no table of the state database, and write it down.

    Before it is done: of what is cut off in the middle there is a line. Raises `Refused`.
    """
    person = people.who()
    if person is None:
        return
    _need(person, role, what)
    with state.engine(settings.get().database_url).begin() as connection:
        _write(connection, person, action, what, subject, _details([details]))


def read(engine: Engine, since: datetime) -> pd.DataFrame:
    """What was changed since a moment, the last first: the newest `SHOWN` rows of `state.audit_log`."""
    rows = state.read(engine, state.audit_log, state.audit_log.c.at >= since)
    return rows.sort_values(["at", "entry"], ascending=False, ignore_index=True).head(SHOWN)


def _looks(table: str, clause: Any) -> bool:
    """Whether a statement is one that pages make while somebody only looks."""
    return table == "job_runs" or (table in LOOKING and clause.is_insert)


def _total(connection: Connection) -> int | None:
    """How many rows a connection to SQLite has changed; None elsewhere."""
    return getattr(connection.connection.dbapi_connection, "total_changes", None)


def _need(person: Person, role: str, what: str) -> None:
    try:
        people.need(role)
    except people.Refused:
        log.warning("Refused: %s (%s) may not change %s", person.name or "somebody", person.role, what)
        raise


def _write(connection: Connection, person: Person, action: str, what: str, subject: str, details: Any) -> None:
    row = {"entry": uuid.uuid4().hex, "at": runs.ago(connection.engine), "person": person.name, "role": person.role}
    row |= {"action": action, "what": what, "subject": subject, "details": details}
    connection.info["auditing"] = True
    try:
        connection.execute(insert(state.audit_log).values(**row))
    finally:
        connection.info["auditing"] = False


def _subject(table: Any, parameters: Sequence[Mapping[str, Any]]) -> str:
    """The key of the first row that a statement is about, as far as its parameters have it."""
    first = parameters[0] if parameters else {}
    parts = []
    for column in table.primary_key:
        named = next((name for name in first if name == column.name or name.startswith(f"{column.name}_")), None)
        if named is not None and not isinstance(first[named], list | dict):
            parts.append(str(_plain(first[named])))
    return " ".join(parts)[:MAX_TEXT]


def _details(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What was written, as far as it is short: of the first of several rows, and how many there were."""
    first = dict(rows[0]) if rows else {}
    content = first.get("content")
    if isinstance(content, dict) and "name" in content:
        first["name"] = content["name"]
    # What ends in a number stands in a condition.
    short = {name: _plain(value) for name, value in first.items() if not re.search(r"_\d+$", name)}
    kept = {name: value for name, value in short.items() if isinstance(value, str | int | float) and name not in SECRET}
    return kept | ({"rows": len(rows)} if len(rows) > 1 else {})


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value[:MAX_TEXT]
    return value.isoformat() if isinstance(value, date | datetime) else state.plain(value)
