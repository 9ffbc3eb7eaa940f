"""The values in some data, and what they are called, for questions that name them."""

from collections.abc import Mapping

import pandas as pd

from data.schemas import IS_GOODS
from data.tables import quoted
from models.ask.definitions import Catalogue, lines
from models.ask.formulas import PEOPLE
from models.ask.statement import Ask

MAX_VALUES = 20_000  # values of a dimension: of one with more, nobody knows the names


def levels(known: Catalogue, ask: Mapping[str, Ask]) -> dict[str, list[str]]:
    """The values of each dimension, as text, the commonest first. `ask` runs SQL on the sales, and on the customers."""
    found = {}
    for name, dimension in known.dimensions.items():
        if not dimension.levels:
            continue
        table = PEOPLE if PEOPLE in dimension.sql else "sales"
        value = f"CAST({dimension.sql[table]} AS VARCHAR)"
        source = f"{lines([dimension.said])} WHERE {IS_GOODS}" if table == "sales" else table
        sql = f"SELECT {value} AS value FROM {source} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {MAX_VALUES + 1}"  # noqa: S608
        values = ask[table](sql)["value"].dropna().tolist()
        found[name] = values if len(values) <= MAX_VALUES else []
    return found


def names(known: Catalogue, ask: Ask) -> dict[str, dict[str, str]]:
    """What products, stores and suppliers are called, by their codes, where the sales or the frames beside them say."""
    frames, found = known.frames, {}
    if "description" in frames["sales"]:
        found["product"] = _pairs(ask("SELECT product AS code, name FROM called"))
    elif "description" in frames.get("products", ()):
        found["product"] = _pairs(ask("SELECT product AS code, description AS name FROM products"))
    for frame, key in (("stores", "store"), ("suppliers", "supplier")):
        if "name" in frames.get(frame, ()):
            found[key] = _pairs(ask(f"SELECT {quoted(key)} AS code, name FROM {frame}"))  # noqa: S608  # names of ours
    return found


def _pairs(table: pd.DataFrame) -> dict[str, str]:
    known = table.dropna()
    return dict(zip(known["code"].astype(str), known["name"].astype(str), strict=True))
