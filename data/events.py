"""What models said, how good that was, drift, alerts, how jobs ended and how long pages took, as lines of the log.

For whoever watches several servers elsewhere (Elasticsearch, a data lake); Vigie itself reads the state database. Each
line is an ECS event whose `event.dataset` says which of `DATASETS` it is; what ECS has no name for stands under
`vigie`, field by field in `docs/elastic.md`. They are written where `VIGIE_LOG_EVENTS` asks for them.

A row that is written twice, as by a job that was killed and runs again, is the same event with the same `event.id`: it
is a hash of what the row says. Elsewhere it can be told from a new one.
"""

import hashlib
import json
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

import logs

log = logging.getLogger(logs.EVENTS)
DATASETS = ("prediction", "performance", "drift", "alert", "job", "page")  # after "vigie."
REPLAYED = "history"  # how a version begins under which the past of a dataset is kept
OUTCOMES = {"done": "success", "failed": "failure"}
_SECOND = 1_000_000_000  # of event.duration, which is in nanoseconds
Row = Mapping[str, Any]


def _prediction(row: Row) -> tuple[str, dict[str, Any]]:
    said = {name: row[name] for name in row if name != "logged"}
    if row.get("actual") is None or "mean" not in row:
        return "predicted", said
    error = row["actual"] - row["mean"]
    return "came-true", said | {"error": error, "absolute_error": abs(error)}


def _performance(row: Row) -> tuple[str, dict[str, Any]]:
    return "estimated" if row["estimated"] else "measured", {name: row[name] for name in row if name != "logged"}


def _drift(row: Row) -> tuple[str, dict[str, Any]]:
    return "compared", {name: row[name] for name in row if name not in ("logged", "details")}


def _alert(row: Row) -> tuple[str, dict[str, Any]]:
    kept = (
        "model",
        "version",
        "day",
        "kind",
        "feature",
        "severity",
        "value",
        "threshold",
        "state",
        "episode",
        "lineage",
    )
    values = {name: f"{one:.3g}" if isinstance(one, float) else one for name, one in row["message_values"].items()}
    return "raised", {name: row.get(name) for name in kept} | {"sentence": row["message"].format(**values)}


def _rule(row: Row) -> tuple[str, dict[str, Any]]:
    kept = ("rule", "day", "level", "value", "expected", "lineage")
    return "raised", {name: row.get(name) for name in kept} | {"kind": "rule", "severity": "alert"}


# Table of the state database -> dataset, kind of event, and what its rows say: action and fields.
_TABLES: dict[str, tuple[str, str, Callable[[Row], tuple[str, dict[str, Any]]]]] = {
    "prediction_log": ("prediction", "metric", _prediction),
    "performance_log": ("performance", "metric", _performance),
    "psi_log": ("drift", "metric", _drift),
    "alert_log": ("alert", "alert", _alert),
    "rule_alerts": ("alert", "alert", _rule),
}


def written(table: str, rows: Iterable[Row]) -> None:
    """Log the rows that were written to a table of the state database, if it is one that is told of.

    Rows of a past that was played again (`REPLAYED`) are nothing that happened, and are left out.
    """
    if table not in _TABLES or not log.isEnabledFor(logging.INFO):
        return
    dataset, kind, of = _TABLES[table]
    for row in rows:
        if str(row.get("version", "")).startswith(REPLAYED):
            continue
        action, said = of(row)
        fields = {name: _field(value) for name, value in said.items() if value is not None and value != ""}
        told = json.dumps([table, action, fields], sort_keys=True, default=str).encode()
        _log(dataset, kind, action, fields, {"event.id": hashlib.sha256(told).hexdigest()[:32]})


def ended(job: str, subject: str, run: str, status: str, seconds: float, why: str | None = None) -> None:
    """Log that a run of a job about a subject ended so (see `state.job_runs`), how long it took and why it failed."""
    about = {"run": run, "subject": subject, "status": status} | ({"reason": why} if why else {})
    more = {"event.outcome": OUTCOMES.get(status, "unknown"), "event.duration": round(seconds * _SECOND)}
    _log("job", "event", job, {name: value for name, value in about.items() if value}, more)


def shown(page: str, seconds: float) -> None:
    """Log that a page was run from top to bottom for a visitor, and how long the server took; no word on who asked."""
    more = {"event.outcome": "success", "event.duration": round(seconds * _SECOND), "url.path": f"/{page}"}
    _log("page", "event", "run", {}, more)


def _log(dataset: str, kind: str, action: str, fields: Mapping[str, Any], more: Mapping[str, Any]) -> None:
    said = {f"vigie.{name}": value for name, value in fields.items()}
    event = {"event.dataset": f"vigie.{dataset}", "event.kind": kind, "event.action": action}
    about = " ".join(str(fields[name]) for name in ("model", "rule", "feature", "metric", "run") if fields.get(name))
    log.info("%s %s %s", dataset, action, about, extra={**said, **event, **more})


def _field(value: Any) -> Any:
    """A value as JSON has it: days and moments as text, a number that is none as nothing."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, date | datetime) else value
