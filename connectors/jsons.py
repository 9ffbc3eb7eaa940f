"""Records in JSON, a line each or in one list, as text."""

import json
from typing import Any

import pandas as pd

from connectors import InvalidFile
from connectors.limits import counts
from data.dataset import Finding
from locales import N_

UNREADABLE = N_("This JSON file is no list of records: send one record a line, or a list of them.")


def looks_like(content: bytes) -> bool:
    """Whether a file begins as records in JSON do."""
    start = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"{") or (start[:1] == b"[" and start[1:].lstrip()[:1] in (b"{", b""))


def read(content: bytes, findings: list[Finding]) -> pd.DataFrame:
    """The records of a file, numbers as they are written there, lists and records in them as one text each.

    Where records hold one list of records (the lines of orders), each of these is a row, with what its record says.

    Raises `InvalidFile`.
    """
    try:
        text = content.decode("utf-8-sig").strip()
        records = _whole(text) or [_loaded(line) for line in text.splitlines() if line.strip()]
        if len(records) == 1 and isinstance(records[0], dict):  # {"data": [...]}
            lists = [one for one in records[0].values() if isinstance(one, list) and one and isinstance(one[0], dict)]
            records = lists[0] if len(lists) == 1 else _split(records[0]) or _columns(records[0]) or records
        if all(isinstance(one, dict) and one.get("type") == "Feature" for one in records):  # GeoJSON
            records = [one.get("properties") for one in records]
    except (ValueError, RecursionError) as error:
        raise InvalidFile(UNREADABLE) from error
    if not records or not all(isinstance(one, dict) for one in records):
        raise InvalidFile(UNREADABLE)
    records = _lines([_flat(one) for one in records], findings)
    names = list(dict.fromkeys(name for one in records for name in one))
    counts(len(records), len(names))
    columns = {
        place: pd.Series([_text(one.get(name)) for one in records], dtype="str") for place, name in enumerate(names)
    }
    return pd.DataFrame(columns).set_axis(names, axis=1)


def _whole(text: str) -> list[Any]:
    """What one text in JSON holds, as a list; [] where it holds several, a line each."""
    try:
        found = _loaded(text)
    except ValueError:
        return []
    return found if isinstance(found, list) else [found]


def _lines(records: list[dict[str, Any]], findings: list[Finding]) -> list[dict[str, Any]]:
    """The records of the one list in each of some records, with what these say beside it; else the records."""
    held = {name for one in records for name, cell in one.items()
            if isinstance(cell, list) and cell and all(isinstance(part, dict) for part in cell)}  # fmt: skip
    if len(held) != 1:
        return records
    name = held.pop()
    counts(sum(len(one.get(name) or ()) for one in records), 1)
    rows = []
    for one in records:
        own = {key: cell for key, cell in one.items() if key != name}
        for part in one.get(name) or [{}]:
            line = _flat(part)
            rows.append(own | {key if key not in own else f"{name} {key}": cell for key, cell in line.items()})
    message = N_("{rows} records hold a list “{name}”: a row is made of each of its lines.")
    findings.append(Finding(message, len(records), {"name": name}))
    return rows


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """A record with the values of small records in it ({"amount": 5, "currency": "EUR"}) as columns of their own."""
    flat: dict[str, Any] = {}
    for name, cell in record.items():
        small = isinstance(cell, dict) and cell and not any(isinstance(one, dict | list) for one in cell.values())
        flat |= {f"{name} {part}": one for part, one in cell.items()} if small else {name: cell}
    return flat


def _split(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of a table whose rows are lists beside the names of their columns (pandas: orient="split")."""
    names, rows = record.get("columns"), record.get("data")
    if not isinstance(names, list) or not isinstance(rows, list):
        return []
    if not all(isinstance(one, list) and len(one) == len(names) for one in rows):
        return []
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


def _columns(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of a table that stands column by column, as lists or by row number (pandas.DataFrame.to_json)."""
    columns = {name: list(one.values()) if isinstance(one, dict) else one for name, one in record.items()}
    rows = {len(one) if isinstance(one, list) else 0 for one in columns.values()}
    keys = {tuple(one) for one in record.values() if isinstance(one, dict)}
    if len(rows) != 1 or rows == {0} or len(keys) > 1 or (rows == {1} and not keys):
        return []
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _loaded(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=lambda _word: None)


def _text(cell: Any) -> str | None:
    if isinstance(cell, dict | list):
        return json.dumps(cell, ensure_ascii=False)
    return None if cell is None or cell == "" else str(cell)
