"""Documents as rows: nested fields by their path, a list as text or as a row an element, and what each column holds.

Documents of one collection need not agree, so that what a column is can be said when all were seen: batches have the
kinds that they need themselves, and are fitted to those of all in the end.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from bson import Binary, Decimal128, Int64, ObjectId, Timestamp
from bson.datetime_ms import DatetimeMS

from connectors import BadResponse
from connectors.databases.postgres import DIGITS
from connectors.databases.session import AS_FLOAT, AS_TEXT, LOST, Field
from connectors.limits import COLUMNS
from locales import N_

KEY = "_id"
MOMENT = pa.timestamp("us", "UTC")
HELD = {bool: "bool", int: "int", Int64: "int", float: "double", Decimal128: "decimal", datetime: "date",
        DatetimeMS: "date", Timestamp: "timestamp", ObjectId: "objectId", str: "string", bytes: "binData",
        Binary: "binData", list: "array"}  # fmt: skip
NUMBERS = {"int", "double", "decimal"}
ALONE = {"bool": pa.bool_(), "int": pa.int64(), "double": pa.float64(), "date": MOMENT, "timestamp": MOMENT,
         "binData": pa.binary()}  # fmt: skip
TEXTS = ({"string"}, {"objectId"}, {"UUID"})  # text to everybody: not worth a sentence
KINDS = {str(kind): kind for kind in (*ALONE.values(), pa.string())}
MIXED = N_("Columns with one kind of thing in some rows and another in others ({types}) are kept as text.")


@dataclass
class Held:
    """What a column held so far: the types of its cells, as BSON calls them, and the Arrow types of its batches."""

    types: set[str] = field(default_factory=set)
    kinds: set[pa.DataType] = field(default_factory=set)


def number(lists: str) -> str:
    """The column that counts the elements of a list of which each has a row; 0 where there is none."""
    return f"{lists} #"


def rows(document: Mapping[str, Any], lists: str) -> Iterator[dict[str, Any]]:
    """A document as a row, fields of fields under their path ("customer.name"); as several where it has a list `lists`,
    a row for each of its elements."""
    row = _flat(document, "", {})
    if not lists:
        yield row
        return
    cell = row.pop(lists, None)
    elements = cell if isinstance(cell, list) else [] if cell is None else [cell]
    if not elements:  # a document where others have a list is one element, as $unwind has it
        yield {**row, number(lists): int(any(name.startswith(f"{lists}.") for name in row))}
    for place, element in enumerate(elements, 1):
        one = {**row, number(lists): place}
        yield _flat(element, f"{lists}.", one) if isinstance(element, dict) else {**one, lists: element}


def _flat(document: Mapping[str, Any], before: str, found: dict[str, Any]) -> dict[str, Any]:
    for name, cell in document.items():
        path = before + (name if name and "." not in name else f'["{name}"]')
        if isinstance(cell, dict):
            _flat(cell, f"{path}.", found)
        else:
            found[path] = cell
    return found


def batch(found: Sequence[Mapping[str, Any]], held: dict[str, Held]) -> pa.RecordBatch:
    """Some rows with the kinds that they need, and how many of their cells were lost; what they hold goes to `held`.

    Raises `BadResponse` where there are more columns than are taken.
    """
    names = list(dict.fromkeys(name for row in found for name in row))
    lost = [0] * len(found)
    cells = {}
    for name in names:
        types, cells[name] = _array([row.get(name) for row in found], lost)
        known = held.setdefault(name, Held())
        known.types |= types
        known.kinds.add(cells[name].type)
    if len(held) > COLUMNS:
        raise BadResponse(
            N_(
                "These documents have more than {limit} different fields: have a view made that holds those needed, or "
                "keeps names that are values in a list."
            ),
            limit=COLUMNS,
        )
    return pa.record_batch({**cells, LOST: pa.array(lost, pa.int64())})


def _array(cells: list[Any], lost: list[int]) -> tuple[set[str], pa.Array]:
    """The types of some cells, and the cells as Arrow has them; those without a meaning are counted in `lost`."""
    types = {HELD.get(kind, kind.__name__) for kind in set(map(type, cells)) if kind is not type(None)}
    if types & {"double", "decimal", "date", "timestamp"}:
        for place, cell in enumerate(cells):
            cells[place] = _plain(cell)
            lost[place] += cell is not None and cells[place] is None
    if "decimal" in types and types <= NUMBERS - {"double"}:
        try:
            return types, pa.array([None if cell is None else Decimal(cell) for cell in cells])
        except pa.ArrowInvalid:  # more digits than Parquet has room for
            return types, pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    if len(types) > 1 and types <= NUMBERS:
        return types, pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    if len(types) == 1 and (kind := ALONE.get(next(iter(types)))):
        return types, pa.array(cells, kind)
    if not types:
        return types, pa.nulls(len(cells))
    return types, pa.array([None if cell is None else _text(cell) for cell in cells], pa.string())


def _plain(cell: Any) -> Any:
    """A number or a moment as Python has it; None for one that means nothing elsewhere."""
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if isinstance(cell, Decimal128):
        known = cell.to_decimal()
        return known if known.is_finite() and math.isfinite(float(known)) else None
    if isinstance(cell, DatetimeMS):  # before the year 1 or after 9999
        return None
    return cell.as_datetime() if isinstance(cell, Timestamp) else cell


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, list | dict | bool):
        return json.dumps(cell, ensure_ascii=False, default=_text)
    return cell.hex() if isinstance(cell, bytes) else str(cell)


def fields(held: Mapping[str, Held], lists: str) -> list[Field]:
    """The columns of all batches: the key first, then by name, so that they stand alike whenever they are read."""
    keys = (KEY, number(lists)) if lists else (KEY,)
    return [_field(name, held[name], keys) for name in sorted(held, key=lambda name: (name not in keys, name))]


def _field(name: str, found: Held, keys: Sequence[str]) -> Field:
    kind, said, types = pa.string(), "", found.types
    if types and types <= NUMBERS and len(found.kinds - {pa.null()}) and types != {"int"}:
        kind = _number(found)
        said = AS_FLOAT if "decimal" in types and pa.types.is_floating(kind) else ""
    elif len(types) == 1 and (alone := ALONE.get(next(iter(types)))):
        kind = alone
    elif len(types) > 1:
        said = MIXED
    elif types and types not in TEXTS:
        said = AS_TEXT
    return Field(name, kind, "", ", ".join(sorted(types)), said, name in keys, "array" in types)


def _number(found: Held) -> pa.DataType:
    """One kind for the numbers of a column: decimal where all are, or whole, and there is room for their digits."""
    decimals = [kind for kind in found.kinds if pa.types.is_decimal(kind)]
    scale = max((kind.scale for kind in decimals), default=0)
    whole = max([kind.precision - kind.scale for kind in decimals] + [19 if pa.int64() in found.kinds else 0])
    fits = not any(pa.types.is_floating(kind) for kind in found.kinds) and whole + scale <= DIGITS
    return pa.decimal128(DIGITS, scale) if fits else pa.float64()


def fitting(found: Sequence[Field], known: Mapping[str, str]) -> list[Field] | None:
    """The columns of an earlier reading (name -> kind) where they hold what was `found` now; None where they do not."""
    if not all(one.name in known and _holds(_named(known[one.name]), one) for one in found):
        return None
    keys = {one.name for one in found if one.key}
    return [Field(name, _named(kind), "", key=name in keys) for name, kind in known.items()]


def _holds(kind: pa.DataType, found: Field) -> bool:
    """Whether a column of an earlier reading has room for what was found now."""
    if not found.type or kind == found.kind:
        return True
    if pa.types.is_decimal(kind):
        return found.type == "int" or (pa.types.is_decimal(found.kind) and found.kind.scale <= kind.scale)
    return pa.types.is_string(kind) or (pa.types.is_floating(kind) and set(found.type.split(", ")) <= NUMBERS)


def _named(kind: str) -> pa.DataType:
    decimal = re.fullmatch(r"decimal128\((\d+), (\d+)\)", kind)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else KINDS[kind]


def fitted(found: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch with the columns of all batches, in their kinds. Raises ArrowInvalid where a number has no room there."""
    there = set(found.schema.names)
    cells = [
        _cast(found.column(one.name), one.type) if one.name in there else pa.nulls(len(found), one.type)
        for one in schema
    ]
    return pa.record_batch(cells, schema=schema)


def _cast(cells: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_binary(cells.type) and pa.types.is_string(kind):
        return pa.array([None if cell is None else cell.hex() for cell in cells.to_pylist()], kind)
    return cells.cast(kind)
