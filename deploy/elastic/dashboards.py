"""Kibana's saved objects for Vigie's log and events, printed: `dashboards.ndjson` beside this file.

They are written by hand after Kibana's export format (figures of the aggregation-based kind, as 8.9 and newer import
them); the tests hold every field that is used against what is logged and mapped.
"""

import json
from collections.abc import Sequence
from typing import Any

VIEW = "vigie-logs"  # the data view
FORMATS = {"index-pattern": "8.0.0", "visualization": "8.5.0", "search": "8.0.0", "dashboard": "8.9.0"}  # of Kibana 8.9
INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"
WIDE, HALF, HIGH = 48, 24, 12  # cells of a dashboard
Saved = dict[str, Any]


def saved(kind: str, name: str, said: Saved, references: Sequence[Saved] = ()) -> Saved:
    """A saved object as an export has it."""
    versions = {"coreMigrationVersion": "8.8.0", "typeMigrationVersion": FORMATS[kind]}
    return {"type": kind, "id": name, "attributes": said, "references": list(references), "managed": False, **versions}


def source(query: str) -> Saved:
    """Where the lines of a figure come from: the data view, and a query in KQL."""
    said = {"query": {"language": "kuery", "query": query}, "filter": [], "indexRefName": INDEX}
    return {"searchSourceJSON": json.dumps(said)}


def figure(name: str, title: str, kind: str, dataset: str, aggs: list[Saved], more: str = "", **params: Any) -> Saved:
    """A figure of lines of a dataset, narrowed by `more` of a query."""
    query = f"event.dataset : vigie.{dataset}" + (f" and {more}" if more else "")
    numbered = [{"id": str(place), "enabled": True, "params": {}, **one} for place, one in enumerate(aggs, 1)]
    state = {"title": title, "type": kind, "aggs": numbered, "params": {"addTooltip": True, **params}}
    said = {
        **{"title": title, "description": "", "version": 1, "uiStateJSON": "{}", "visState": json.dumps(state)},
        "kibanaSavedObjectMeta": source(query),
    }
    return saved("visualization", f"vigie-{name}", said, [{"name": INDEX, "type": "index-pattern", "id": VIEW}])


def listed(name: str, title: str, dataset: str, columns: list[str], more: str = "") -> Saved:
    """A list of lines, the newest first."""
    query = f"event.dataset : vigie.{dataset}" + (f" and {more}" if more else "")
    said = {
        **{"title": title, "description": "", "columns": columns, "sort": [["@timestamp", "desc"]]},
        "kibanaSavedObjectMeta": source(query),
    }
    return saved("search", f"vigie-{name}", said, [{"name": INDEX, "type": "index-pattern", "id": VIEW}])


def metric(kind: str, field: str | None = None, label: str = "", **params: Any) -> Saved:
    """What is drawn upwards."""
    named = {"customLabel": label} if label else {}
    return {"type": kind, "schema": "metric", "params": ({"field": field} if field else {}) | named | params}


def over(field: str) -> Saved:
    """Time along the bottom, in steps that fit."""
    return {
        "type": "date_histogram",
        "schema": "segment",
        "params": {"field": field, "interval": "auto", "min_doc_count": 1},
    }


def by(field: str, schema: str = "group", size: int = 10) -> Saved:
    """A line, or a row, for each value of a field."""
    params = {"field": field, "orderBy": "_key", "order": "asc", "size": size, "otherBucket": False}
    return {"type": "terms", "schema": schema, "params": params}


def board(name: str, title: str, about: str, panels: list[tuple[Saved, int]], since: str) -> Saved:
    """A dashboard of panels with their widths, from the top left."""
    x = y = 0
    shown, references = [], []
    for place, (one, width) in enumerate(panels):
        if x + width > WIDE:
            x, y = 0, y + HIGH
        grid = {"x": x, "y": y, "w": width, "h": HIGH, "i": f"p{place}"}
        reference = {"name": f"p{place}:panel_p{place}", "type": one["type"], "id": one["id"]}
        shown.append(
            {"type": one["type"], "gridData": grid, "panelIndex": f"p{place}", "embeddableConfig": {}}
            | {"panelRefName": f"panel_p{place}", "version": "8.9.0"}
        )
        references.append(reference)
        x += width
    said = {
        **{"title": title, "description": about, "panelsJSON": json.dumps(shown), "version": 1},
        **{"optionsJSON": json.dumps({"useMargins": True, "hidePanelTitles": False})},
        **{"timeRestore": True, "timeFrom": since, "timeTo": "now"},
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": json.dumps({"query": {"language": "kuery", "query": ""}, "filter": []})
        },
    }
    return saved("dashboard", f"vigie-{name}", said, references)


def objects() -> list[Saved]:
    """The data view, the figures and lists, and the five dashboards."""
    formats = {
        "event.duration": {"id": "duration", "params": {"inputFormat": "nanoseconds", "outputFormat": "asSeconds"}}
    }
    said = {"title": "logs-vigie.*-*", "name": "Vigie", "timeFieldName": "@timestamp"}
    view = saved("index-pattern", VIEW, said | {"fieldFormatMap": json.dumps(formats), "fields": "[]"})
    took, wrong = "event.duration", "log.level : (error or warning)"
    errors = [
        figure(
            "errors-over-time",
            "Errors and warnings",
            "histogram",
            "app",
            [metric("count"), over("@timestamp"), by("log.level")],
            wrong,
        ),
        figure(
            "errors-by-kind",
            "Errors by kind",
            "table",
            "app",
            [metric("count"), by("error.type", "bucket", 50), by("log.logger", "bucket", 20)],
            "error.type : *",
        ),
        listed(
            "incidents",
            "Incidents: the id that a page quotes",
            "app",
            ["error.id", "error.type", "message", "log.logger"],
            "error.id : *",
        ),
        figure(
            "jobs-failed",
            "Jobs that failed",
            "histogram",
            "job",
            [metric("count"), over("@timestamp"), by("event.action")],
            "event.outcome : failure",
        ),
        listed(
            "jobs-why",
            "Why jobs failed",
            "job",
            ["event.action", "vigie.run", "vigie.reason"],
            "event.outcome : failure",
        ),
    ]
    latency = [
        figure(
            "pages-over-time",
            "Pages: seconds of the server",
            "line",
            "page",
            [metric("percentiles", took, "seconds", percents=[50, 90]), over("@timestamp")],
        ),
        figure(
            "pages-by-path",
            "Pages by how long they take",
            "table",
            "page",
            [
                metric("count"),
                metric("median", took, "median", percents=[50]),
                metric("max", took, "longest"),
                by("url.path", "bucket", 50),
            ],
        ),
        figure(
            "jobs-over-time",
            "Jobs: how long they took",
            "line",
            "job",
            [metric("max", took, "longest"), over("@timestamp"), by("event.action")],
        ),
    ]
    prediction = [
        figure(
            "error-over-time",
            "Mean absolute error of what came true, by target day",
            "line",
            "prediction",
            [metric("avg", "vigie.absolute_error"), over("vigie.target_day"), by("vigie.model")],
            "event.action : came-true",
        ),
        figure(
            "bias-over-time",
            "Mean error: above zero, more came than was said",
            "line",
            "prediction",
            [metric("avg", "vigie.error"), over("vigie.target_day"), by("vigie.model")],
            "event.action : came-true",
        ),
        figure(
            "measured-over-time",
            "Measured quality, by window",
            "line",
            "performance",
            [metric("avg", "vigie.value"), over("vigie.day"), by("vigie.metric")],
            "vigie.estimated : false and not vigie.segment : *",
        ),
        figure(
            "measured-by-version",
            "Quality by version",
            "table",
            "performance",
            [
                metric("avg", "vigie.value"),
                metric("max", "vigie.rows", "rows"),
                by("vigie.model", "bucket"),
                by("vigie.version", "bucket", 20),
                by("vigie.metric", "bucket", 20),
            ],
        ),
    ]
    drift = [
        figure(
            "psi-over-time",
            "PSI against what was learned",
            "line",
            "drift",
            [metric("max", "vigie.psi"), over("vigie.day"), by("vigie.feature", size=20)],
            "vigie.reference : training",
        ),
        figure(
            "drift-labels",
            "Columns by what was found",
            "histogram",
            "drift",
            [metric("count"), over("vigie.day"), by("vigie.label")],
            "vigie.reference : training",
        ),
        figure(
            "drift-columns",
            "The most that each column moved",
            "table",
            "drift",
            [
                metric("max", "vigie.psi", "PSI"),
                metric("max", "vigie.threshold", "threshold"),
                by("vigie.model", "bucket"),
                by("vigie.feature", "bucket", 100),
                by("vigie.label", "bucket"),
            ],
            "vigie.reference : training",
        ),
    ]
    alerts = [
        figure(
            "alerts-over-time",
            "Alerts raised",
            "histogram",
            "alert",
            [metric("count"), over("@timestamp"), by("vigie.kind")],
            "vigie.severity : alert",
        ),
        figure(
            "alerts-states",
            "Who is to be told, or why nobody is",
            "table",
            "alert",
            [metric("count"), by("vigie.kind", "bucket"), by("vigie.state", "bucket")],
        ),
        listed(
            "alerts-listed",
            "Alerts of models",
            "alert",
            ["vigie.model", "vigie.day", "vigie.feature", "vigie.value", "vigie.threshold", "vigie.sentence"],
            "vigie.severity : alert and vigie.model : *",
        ),
        listed(
            "rules-listed",
            "Alerts of rules",
            "alert",
            ["vigie.rule", "vigie.day", "vigie.level", "vigie.value", "vigie.expected"],
            "vigie.kind : rule",
        ),
    ]
    boards = [
        board(
            "errors",
            "Vigie: errors",
            "What went wrong, by the id that a page quotes",
            [(errors[0], HALF), (errors[3], HALF), (errors[1], HALF), (errors[2], HALF), (errors[4], WIDE)],
            "now-7d",
        ),
        board(
            "latency",
            "Vigie: latency",
            "How long pages and jobs take on the server",
            [(latency[0], WIDE), (latency[1], HALF), (latency[2], HALF)],
            "now-24h",
        ),
        board(
            "prediction",
            "Vigie: prediction error",
            "What was predicted against what came true",
            [(prediction[0], HALF), (prediction[1], HALF), (prediction[2], WIDE), (prediction[3], WIDE)],
            "now-90d",
        ),
        board(
            "drift",
            "Vigie: drift",
            "How far the data have moved from what the models learned from",
            [(drift[0], WIDE), (drift[1], HALF), (drift[2], HALF)],
            "now-90d",
        ),
        board(
            "alerts",
            "Vigie: alerts",
            "What models and rules found; answers are given in Vigie",
            [(alerts[0], HALF), (alerts[1], HALF), (alerts[2], WIDE), (alerts[3], WIDE)],
            "now-30d",
        ),
    ]
    return [view, *errors, *latency, *prediction, *drift, *alerts, *boards]


def ndjson() -> str:
    """The file that Kibana imports: Stack Management, Saved objects, Import."""
    return "".join(json.dumps(one, ensure_ascii=False, sort_keys=True) + "\n" for one in objects())


if __name__ == "__main__":
    print(ndjson(), end="")
