"""A language model's reading of a question: what it is told, and what is believed of what it says.

It is told what can be asked and the question, never a row or a value of the data. What it says is a query only where
all of it is known here.
"""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.ask import definitions, spelling
from models.ask.definitions import Catalogue
from models.ask.query import Filter, Query

ADAPTER = TypeAdapter(Query)


def schema() -> dict[str, Any]:
    """JSON Schema of what it is to fill in."""
    return ADAPTER.json_schema()


def instructions(known: Catalogue) -> str:
    """What it is told before a question."""
    measures = "\n".join(f"- {one.name}: {one.meaning or one.title} ({one.table})" for one in known.measures.values())
    dimensions = "\n".join(f"- {one.name} ({', '.join(one.sql)})" for one in known.dimensions.values())
    return f"""Translate a question about a shop's data, in English or French, into a JSON object. Use only these names.

Measures (with their table; all of one query are of one table):
{measures}

Dimensions (with the tables that have them), for "by" and for filters:
{dimensions}

"grain": day, week, month, quarter, year or "". "period": "" for all days, "2025", "2025-Q3", "2025-03", "2025-03-04",
"2025-03/2025-05", "2025-03/" (since), "last 7 day",
"previous month", "previous 12 month", "this year". "compared": "", "before" (as many
days before) or "year" (a year earlier). Values of filters are the words of the question. The data are from
{known.first} to {known.last}. If the question cannot be answered with these names, answer {{"measures": []}}."""


def believed(
    known: Catalogue,
    levels: Mapping[str, Collection[str]],
    names: Mapping[str, Mapping[str, str]],
    said: Mapping[str, Any],
) -> Query | None:
    """The query that it said, with values as they stand in the data; None where anything of it is not known here.

    `levels` are the values of each dimension, `names` what they are called.
    """
    try:
        query = ADAPTER.validate_python(said)
    except ValidationError:
        return None
    filters = []
    for one in query.filters:
        if one.how == "contains" or one.dimension not in known.dimensions:
            return None
        called = {spelling.key(name): value for value, name in names.get(one.dimension, {}).items()}
        called |= {spelling.key(str(value)): str(value) for value in levels.get(one.dimension, ())}
        found = [called.get(spelling.key(value)) for value in one.values]
        if not found or None in found:
            return None
        filters.append(Filter(one.dimension, tuple(filter(None, found)), one.kept))
    query = Query(**{**query.__dict__, "filters": tuple(filters)})
    return query if definitions.fits(known, query) else None
