"""More lines for a sales table: which are new, which are there already, which cannot be taken; added in one step.

Lines that bring an id of their own are known by it. Others are the same where all of `SAME` are; a table holds each
of them as often as the file that has it most often, so that files may overlap, come twice and come in any order.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from data import schemas, tables
from data.dataset import Dataset, Finding
from data.tables import BEFORE, Stored
from locales import N_

SAME = ["timestamp", "store", "product", "quantity", "unit_price"]


@dataclass(frozen=True)
class Plan:
    """What adding some lines to a dataset would do.

    `fresh` are the lines that are new, `known` counts those that are there already, `refused` has a row a cell:
    row (in the file), column, value, reason.
    """

    fresh: pd.DataFrame
    known: int
    refused: pd.DataFrame


def plan(stored: Stored, lines: pd.DataFrame, own_ids: bool, now: datetime) -> Plan:
    """Compare `lines` (of the schema `sales`, indexed from 0 as the rows of their file) with a stored sales table.

    `own_ids` says that `line_id` is the file's own. Lines in another currency or dated later than tomorrow are
    refused, and those whose id is there already with other content.
    """
    columns = [name for name in ("line_id", "currency", "amount", *SAME) if name in stored.columns["sales"]]
    there = tables.read(stored, columns=columns)
    wrong = {
        "currency": (~lines["currency"].isin(there["currency"].unique()), N_("not the currency of the data")),
        "timestamp": (lines["timestamp"] > now.replace(tzinfo=None) + timedelta(days=1), N_("a day still to come")),
    }
    if own_ids:
        again = lines["line_id"].isin(there["line_id"])
        same = (
            _keys(lines)
            .assign(line_id=lines["line_id"])
            .merge(_keys(there).assign(line_id=there["line_id"]), how="left", indicator=True)["_merge"]
            .eq("both")
            .set_axis(lines.index)
        )
        wrong["line_id"] = (again & ~same, N_("there already, with other content"))
        is_known = again & same
    else:
        near = there[there["timestamp"].isin(lines["timestamp"])]
        keys = _keys(lines)
        by = list(keys)
        counted = _keys(near).groupby(by, dropna=False).size().rename("count").reset_index()
        count = keys.merge(counted, on=by, how="left")["count"].fillna(0).set_axis(lines.index)
        number = keys.groupby(by, dropna=False).cumcount()
        is_known = number < count
        lines = lines.assign(line_id=_ids(keys, number))
    report = [
        (int(str(row)) + 2, column, str(value), reason)
        for column, (rows, reason) in wrong.items()
        for row, value in lines.loc[rows, column].items()
    ]
    refused = wrong["currency"][0] | wrong["timestamp"][0]
    refused = refused | wrong["line_id"][0] if own_ids else refused
    return Plan(
        lines[~is_known & ~refused],
        int((is_known & ~refused).sum()),
        pd.DataFrame(sorted(report), columns=["row", "column", "value", "reason"]),
    )


def add(home: Path, stored: Stored, fresh: pd.DataFrame, file: str, now: datetime, activate: bool = True) -> Stored:
    """Keep a new version of `stored` with the lines `fresh` as well, and let the pages show it.

    Its origin stays, and a finding says how many lines came from which file. Whatever the order in which files were
    added, the lines stand by time and id. Raises OSError with everything as it was before.
    """
    known = tables.read(stored)
    columns = list(known) + [name for name in schemas.columns("sales") if name in fresh and name not in known]
    grown = pd.concat([known, fresh.reindex(columns=columns)], ignore_index=True)[columns]
    if "amount" in grown:
        grown["amount"] = grown["amount"].fillna(grown["quantity"] * grown["unit_price"])
    kinds = stored.columns["sales"]
    for name in schemas.extras(kinds):  # kinds that a file brings anew
        grown[name] = grown[name].astype("str").astype("category")
    for name in schemas.extras(kinds, "float64"):
        grown[name] = pd.to_numeric(grown[name], errors="coerce")
    lines = schemas.check("sales", grown).sort_values(["timestamp", "line_id"], ignore_index=True)
    message = N_("{rows} lines were added from the file {file}.")
    finding = Finding(message, len(fresh), {"file": file, BEFORE: stored.version})
    found = Dataset("sales", {"sales": lines}, stored.origin, (*stored.findings, finding), stored.lineage)
    return tables.add(home, found, now, activate, around=stored)


def before(home: Path, stored: Stored) -> Stored | None:
    """The version to which the last lines, or a table beside them, were added, where it is still kept."""
    version = stored.findings[-1].values.get(BEFORE) if stored.findings else None
    return next((kept for kept in tables.stored(home, "sales") if kept.version == version), None)


def _keys(lines: pd.DataFrame) -> pd.DataFrame:
    """What makes lines the same; where units or prices are not known, what they were sold for too."""
    keys = lines.reindex(columns=SAME).assign(store=lines["store"].fillna("") if "store" in lines else "")
    known = keys["quantity"].notna() & keys["unit_price"].notna()
    return keys.assign(paid=schemas.amounts(lines).mask(known).fillna(0.0))


def _ids(keys: pd.DataFrame, number: pd.Series) -> pd.Series:
    """An id for each line from what it says, so that the same lines get the same ids whichever file brought them."""
    paid = keys["paid"].ne(0)
    text = keys[SAME].astype(str).agg("\x1f".join, axis=1)
    text = text.mask(paid, text + "\x1f" + keys["paid"].astype(str))
    ids = [f"{hashlib.sha256(line.encode()).hexdigest()[:16]}-{n + 1}" for line, n in zip(text, number, strict=True)]
    return pd.Series(ids, keys.index, dtype="str")
