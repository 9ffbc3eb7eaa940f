"""A dataset made of a table that was read in pieces: understood by rows of all of it, then made piece by piece.

What those rows decided holds for each piece: which column is which, how its numbers, dates and codes are written, what
is done with what could be done otherwise. A piece that raises a question of its own, or has cells that cannot be read
so, ends it as it would end a file; nothing is kept then.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pandas as pd

from connectors import (
    InvalidFile,
    cells,
    child,
    extras,
    lines,
    mapping,
    minus,
    money,
    numbers,
    pieces,
    reductions,
    shape,
    statuses,
)
from connectors.child import Parsed
from connectors.files import Raw
from connectors.guessing import stripped
from data import schemas, tables
from data.dataset import Dataset, Finding, Reading, Written
from data.tables import quoted
from locales import N_

MEMORY = "700MB"  # of DuckDB, then the disk
MAX_HELD = 10_000  # lines of one order that wait for the next piece
LINE = "line_id"
AT = "\1row"  # `pieces.ROW` where names end at a zero
MADE = "made"  # the file of the dataset, beside the pieces


def apply(
    raw: Raw,
    table: str,
    columns: dict[str, str],
    now: datetime,
    name: str,
    currency: str | None = None,
    outcome: dict[str, bool | None] | None = None,
    choices: Mapping[str, str] | None = None,
    heard: child.Heard = child.unheard,
) -> Dataset:
    """`mapping.apply` to all rows of a file; of one that was read in pieces the main frame is `Dataset.written`.

    `heard` gets the share that is done, and may raise to end it. Raises `InvalidFile`.
    """
    sure = mapping.apply(raw, table, columns, now, name, currency, outcome, choices)
    if raw.parts is None or sure.questions:
        return sure
    if not raw.parts.exists():
        raise InvalidFile(N_("What was read of this file is not there any more: choose it again."))
    told = {**(choices or {}), **(sure.origin.readings or {}), **_habits(raw, sure)}
    kinds = {column: str(kind) for column, kind in sure.main.dtypes.items()}
    given = {
        "columns": sure.origin.columns, "now": now.isoformat(), "name": name, "currency": sure.origin.currency,
        "choices": told, "delimiter": raw.delimiter,
        "kinds": kinds,
    }  # fmt: skip
    made = child.run(_made, raw.parts, heard=heard, cpu=pieces.CPU_SECONDS, seconds=pieces.SECONDS, **given)
    added = {one["key"]: one["chosen"] for one in made.values["readings"]}
    return replace(
        sure,
        frames={},
        written=Written(Path(made.values["file"]), made.values["rows"], kinds),
        findings=(*raw.findings, *made.findings),
        origin=replace(sure.origin, readings={**(sure.origin.readings or {}), **added}),
    )


def _habits(raw: Raw, sure: Dataset) -> dict[str, str]:
    """How the columns are written where nobody could doubt it, as choices: a piece may not show it."""
    text, roles = stripped(raw.frame), sure.origin.columns or {}
    told = {}
    for role, source in roles.items():
        if role in (*lines.MEASURES, "unit_cost") and (style := numbers.read(text[source]).style):
            told[f"numbers:{source}"] = style
    for source, column in text.items():
        told[f"{cells.CODES}:{source}"] = cells.PLAIN if cells.codes(column) is column else cells.POINTED
    if minus.MINUS not in (sure.origin.readings or {}):
        told[minus.MINUS] = statuses.ADDED
    if minus.LEDGER not in (sure.origin.readings or {}):
        told[minus.LEDGER] = minus.CAME_BACK
    for source in filter(reductions.charge, text):
        once = money.of_orders(text, source, roles)
        told[f"{reductions.ONCE}:{source}"] = reductions.ORDER if once else reductions.EACH
    clock = cells.clock_beside(text, roles["timestamp"])
    free = [column for column in text if column not in (*roles.values(), clock)]
    kept = {name: str(kind) for name, kind in sure.main.dtypes.items()}
    for source, name in extras.called(text[free], schemas.columns("sales")).items():
        told[f"{extras.OWN}:{source}"] = kept.get(name, extras.LEFT)
    return told


def _made(
    folder: Path,
    columns: dict[str, str],
    now: str,
    name: str,
    currency: str,
    choices: dict[str, str],
    delimiter: str,
    kinds: dict[str, str],
) -> Parsed:
    """The sales in the pieces of a folder as a file of it, what was found, and how what was new was read."""
    import pyarrow as pa
    import pyarrow.parquet

    again = [] if LINE in columns else _again(folder)
    file, count = folder / MADE, 0
    found: list[Finding] = []
    added: dict[str, Reading] = {}
    if again:
        message = N_("{rows} lines stand in the file again, the same in every column.")
        found.append(Finding(message, len(again)))
    drop = pd.Index(again if choices.get(lines.DOUBLES) == shape.LEFT_OUT else [])
    choices = choices | {lines.DOUBLES: lines.COUNTED}
    texts = {name: kind.replace("category", "str") for name, kind in kinds.items()}
    schema = tables.arrow(pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in texts.items()})).schema
    with pa.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for frame, share in _orders(folder, columns.get("invoice")):
            raw = Raw(frame.drop(index=drop.intersection(frame.index)), (), "", (), delimiter)
            make = partial(mapping.apply, table="sales", mapping=columns, now=datetime.fromisoformat(now), name=name,
                           currency=currency, choices=choices)  # fmt: skip
            made = make(raw)
            fresh = [one for one in made.readings if one.key not in choices and len(one.options) > 1]
            if asked := [one for one in fresh if one.open]:
                message = N_(
                    "Rows {first} to {last} of the file raise a question that the rest does not: {matter}. Bring them "
                    "in as a file of their own, or write them as the others are."
                )
                rows = _asking(raw, asked[0].key, make)
                first, last = int(rows[0]) + 2, int(rows[-1]) + 2
                raise InvalidFile(message, first=first, last=last, matter=str(mapping.Question(asked[0])))
            added |= {one.key: one for one in fresh}
            main = made.main.reindex(columns=list(kinds))
            if LINE not in columns:
                main[LINE] = pd.Series(range(count + 1, count + len(main) + 1), main.index).astype("str")
            writer.write_table(tables.arrow(main.astype(texts)).cast(schema), row_group_size=tables.ROW_GROUP)
            found += made.findings
            count += len(main)
            child.done(share)
    if LINE in columns:
        _told_apart(file, columns[LINE])
    readings = [asdict(one) for one in added.values()]
    return Parsed({}, pieces.merged(found), {"file": str(file), "rows": count, "readings": readings})


def _asking(raw: Raw, key: str, make: Callable[[Raw], Dataset]) -> pd.Index:
    """The rows of a piece that raise a question: halved as long as one half still does."""

    def asks(rows: pd.DataFrame) -> bool:
        try:
            return any(one.key == key and one.open for one in make(replace(raw, frame=rows)).readings)
        except InvalidFile:
            return False

    rows = raw.frame
    while len(rows) > 1:
        middle = len(rows) // 2
        half = next((some for some in (rows[:middle], rows[middle:]) if asks(some)), None)
        if half is None:
            break
        rows = half
    return rows.index


def _orders(folder: Path, invoice: str | None) -> Iterator[tuple[pd.DataFrame, float]]:
    """The pieces, each with the share that is done with it; the lines of an order are in one of them."""
    import pyarrow.parquet as pq

    parts, held, read = pieces.parts(folder), None, 0
    rows = sum(pq.read_metadata(part).num_rows for part in parts)
    frames: Iterable[pd.DataFrame] = map(pieces.rows, parts)
    if invoice and _scattered(folder, invoice):
        frames = _gathered(folder, invoice, -(-rows // len(parts)))
    for new in frames:
        read += len(new)
        frame = new if held is None else pd.concat([held, new])
        held = None
        if invoice and read < rows:
            same = frame[invoice].tail(MAX_HELD).eq(frame[invoice].iloc[-1]).to_numpy(bool, na_value=False)[::-1]
            last = len(same) if same.all() else int(same.argmin())
            if 0 < last < MAX_HELD:
                frame, held = frame.iloc[:-last], frame.iloc[-last:]
        if len(frame):
            yield frame, read / rows


def _scattered(folder: Path, invoice: str) -> bool:
    """Whether lines of one order are in several pieces with others between them, as in a file in order of products."""
    row, order = quoted(pieces.ROW), quoted(invoice)
    with _duckdb(folder) as connection:
        sql = f"""
            SELECT 1 FROM read_parquet($parts, filename = 'part') WHERE trim({order}) <> '' GROUP BY {order}
            HAVING min(part) <> max(part) AND max({row}) - min({row}) >= count(*) LIMIT 1
        """  # noqa: S608  # quoted
        return bool(connection.execute(sql, {"parts": [str(one) for one in pieces.parts(folder)]}).fetchall())


def _gathered(folder: Path, invoice: str, rows: int) -> Iterator[pd.DataFrame]:
    """All rows in frames of some `rows` each, each order where its first line is."""
    import pyarrow as pa

    row, order = quoted(pieces.ROW), quoted(invoice)
    with _duckdb(folder) as connection:
        sql = f"""
            WITH line AS (FROM read_parquet($parts)),
                first AS (SELECT {order} AS of, min({row}) AS row FROM line WHERE trim({order}) <> '' GROUP BY of)
            SELECT line.* EXCLUDE ({row}), line.{row} AS "{AT}" FROM line LEFT JOIN first ON line.{order} = first.of
            ORDER BY coalesce(first.row, line.{row}), line.{row}
        """  # noqa: S608  # quoted
        found = connection.sql(sql, params={"parts": [str(one) for one in pieces.parts(folder)]})
        for batch in found.to_arrow_reader(rows):
            yield pieces.indexed(pa.Table.from_batches([batch]).to_pandas().rename(columns={AT: pieces.ROW}))


def _again(folder: Path) -> list[int]:
    """The lines that stand in the pieces before already, the same in every column, by their index."""
    import pyarrow.parquet

    row = quoted(pieces.ROW)
    names = pyarrow.parquet.read_schema(pieces.parts(folder)[0]).names
    line = ", ".join(f"trim({quoted(name)})" for name in names if name != pieces.ROW)
    with _duckdb(folder) as connection:
        hashed = f"SELECT {row}, hash({line}) AS line FROM read_parquet($parts)"  # noqa: S608  # quoted
        sql = f"SELECT {row} FROM ({hashed}) QUALIFY row_number() OVER (PARTITION BY line ORDER BY {row}) > 1"  # noqa: S608
        found = connection.execute(sql, {"parts": [str(one) for one in pieces.parts(folder)]}).fetchall()
    return [int(one) for (one,) in found]


def _told_apart(file: Path, source: str) -> None:
    """Raise `InvalidFile` where lines have the same number."""
    with _duckdb(file.parent) as connection:
        sql = "SELECT count(*) - count(DISTINCT line_id) FROM read_parquet($file)"
        count = connection.execute(sql, {"file": str(file)}).fetchall()[0][0]
    if count:
        message = N_("{count} lines have a number in “{column}” that another line has: leave that column out.")
        raise InvalidFile(message, count=count, column=source)


def _duckdb(folder: Path):  # type: ignore[no-untyped-def]
    import duckdb

    config = {"memory_limit": MEMORY, "temp_directory": str(folder / "sorting"), "threads": "1"}
    return duckdb.connect(config=config)  # type: ignore[arg-type]
