"""Tables as files for a spreadsheet, in which no text from outside is ever run as a formula.

Text that a spreadsheet would read as a formula gets a leading apostrophe in CSV (OWASP, "CSV injection"); XLSX says
of every cell that it is text, so there it stays as it is. A named index comes along as the first columns.
"""

import io
import json
import math
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data import state
from locales import _

MAX_XLSX_ROWS = 1_048_575  # Excel's limit, without the header
WIDEST = 400  # pixels of a column
LOGS = {  # file: table
    "psi_log": state.psi_log,
    "alerts_log": state.alert_log,
    "predictions": state.prediction_log,
    "performance_log": state.performance_log,
}
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # what starts one, as OWASP lists it
_NUMBER = re.compile(r"[+-][0-9]+(?:[.,][0-9]+)?")  # but this text is a number and harmless
_FIRST_EXCEL_DAY = pd.Timestamp("1900-03-01")  # before it Excel counts a day that never was


def csv(frame: pd.DataFrame) -> bytes:
    """`frame` as CSV: UTF-8 with a byte order mark (so that Excel reads accents), commas, ISO dates."""
    table = _flat(frame)
    safe = {place: _harmless(table.iloc[:, place]) for place in range(table.shape[1])}
    columns = _harmless(pd.Series([str(name) for name in table.columns], dtype="str"))
    return pd.DataFrame(safe).set_axis(columns, axis=1).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def xlsx(frame: pd.DataFrame, sheet: str) -> bytes:
    """`frame` as an Excel workbook with one sheet, its header frozen, its columns as wide as what they hold.

    Text is cut at Excel's 32,767 characters. Raises ValueError where the rows are more than a sheet can hold.
    """
    import xlsxwriter

    table = _flat(frame)
    if len(table) > MAX_XLSX_ROWS:
        raise ValueError(f"An Excel sheet holds {MAX_XLSX_ROWS} rows and this table has {len(table)}: take the CSV.")
    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd hh:mm",
    }
    with xlsxwriter.Workbook(file, options) as workbook:
        put(workbook, workbook.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", sheet)[:31]), table, 0).freeze_panes(1, 0)
    return file.getvalue()


def put(workbook: Any, page: Any, table: pd.DataFrame, first: int) -> Any:
    """Write a table into a sheet of XlsxWriter, its header in the row `first`; the sheet."""
    header = workbook.add_format({"bold": True, "bottom": 1})
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for place in range(table.shape[1]):
        column = table.iloc[:, place]
        page.write_string(first, place, str(table.columns[place]), header)
        is_time = pd.api.types.is_datetime64_any_dtype(column.dtype)
        whole_days = is_time and column.dropna().eq(column.dropna().dt.normalize()).all()
        page.write_column(first + 1, place, [_cell(value) for value in column], day if whole_days else None)
    page.autofit(WIDEST)
    return page


def log(engine: state.Engine, name: str) -> pd.DataFrame:
    """A log of the state database (see `LOGS`) as a table: messages as sentences, the rest of what is JSON as text.

    Numbers in sentences have three digits: the whole ones stand in columns of their own.
    """
    rows = state.read(engine, LOGS[name])
    if name == "alerts_log":
        rows = rows.assign(notified=_notified(engine, rows))
    if "message" in rows:
        messages = [
            _(text).format(**{name: f"{one:.3g}" if isinstance(one, float) else one for name, one in values.items()})
            for text, values in zip(rows["message"], rows["message_values"], strict=True)
        ]
        rows = rows.assign(message=pd.Series(messages, dtype="str")).drop(columns="message_values")
    structured = [column.name for column in LOGS[name].c if isinstance(column.type, state.JSON) and column.name in rows]
    return rows.assign(**{column: rows[column].map(_json).astype("str") for column in structured})


def write(engine: state.Engine, folder: Path) -> dict[str, int]:
    """Write each of `LOGS` as CSV into a folder: the paths, and how many rows each has."""
    written = {}
    for name in LOGS:
        path, rows = folder / f"{name}.csv", log(engine, name)
        keep(path, csv(rows))
        written[str(path)] = len(rows)
    return written


def keep(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; its folder is made where there is none."""
    fresh = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(content)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _notified(engine: state.Engine, rows: pd.DataFrame) -> pd.Series:
    """Of each alert, as JSON, channel -> when it was told, or why it could not be."""
    keys = [column.name for column in state.alert_log.primary_key]
    sent = state.read(engine, state.alert_deliveries)
    answers = sent["error"].where(sent["error"].notna(), sent["tried"].map(pd.Timestamp.isoformat))
    found: dict[tuple, dict[str, str]] = {}
    for key, channel, answer in zip(
        sent[keys].itertuples(index=False, name=None), sent["channel"], answers, strict=True
    ):
        found.setdefault(key, {})[channel] = answer
    each = [_json(found.get(key, {})) for key in rows[keys].itertuples(index=False, name=None)]
    return pd.Series(each, rows.index, dtype="str")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    named = any(name is not None for name in frame.index.names)
    return frame.reset_index(drop=not named)


def _harmless(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.StringDtype):
        risky = column[column.str.startswith(_FORMULA, na=False)]
    elif column.dtype == object or isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
        risky = column[[isinstance(value, str) and value.startswith(_FORMULA) for value in column]]
    else:
        return column
    safe = [text if _NUMBER.fullmatch(text) else f"'{text}" for text in risky]
    return column.where(~column.index.isin(risky.index), pd.Series(safe, risky.index, dtype=column.dtype))


def _cell(value: object) -> object:
    """`value` as XlsxWriter knows it: a missing one as an empty cell, what is no number, time or text as text."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, datetime):
        moment = pd.Timestamp(value).tz_localize(None)
        return moment if moment >= _FIRST_EXCEL_DAY else moment.isoformat()
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)
