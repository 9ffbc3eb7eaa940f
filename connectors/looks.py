"""What columns hold by the look of their cells: numbers, days of sale, what a file without names has."""

import re
from collections.abc import Iterable
from itertools import islice, permutations

import pandas as pd

from connectors import cells, dates, money, names, numbers
from connectors.cells import File

TRIED, DATES = 500, 20  # columns whose cells are looked at to guess what they are; of those, as dates
SAMPLED = 60  # cells that tell whether a column holds numbers, where all of them agree
STRANGE = 0.05  # share of a column's cells that are not what its name says, from which it is something else
NAMED = 0.5  # of the cells must be numbers where a column is called units, price or total: the others are mistakes
DATED = re.compile(
    r"[+-]?\d{4}\D{0,2}\d|fy|'?\d\d[/-]\d\d$|k?w ?\d|[hs]y?[12]\b|\d\d?([/. -])\d\d?\1\d{2}|\d\d?[ -]?[^\W\d_]{3,}|"
    r"[^\W\d_]{3,9}\.?[ -]?\d",
    re.IGNORECASE,
)


def share(text: pd.Series) -> float:
    """The share of some cells that are numbers: where some of them tell clearly, only those are looked at."""
    some = text.dropna()
    some = some[~some.str.casefold().isin(numbers.MISSING)]
    if some.empty or not some.iloc[:20].str.contains(r"\d", regex=True).any():
        return 0.0
    plain = float(pd.to_numeric(some, errors="coerce").notna().mean())
    if plain >= 1 - STRANGE:
        return plain
    if len(some) > 2 * SAMPLED:
        share = float(numbers.read(some.iloc[:: len(some) // SAMPLED]).values.notna().mean())
        if share in (0.0, 1.0):
            return max(share, plain)
    return float(numbers.read(some).values.notna().mean())


def timestamps(head: pd.DataFrame) -> Iterable[str]:
    """The columns that may say when a line was sold, the likeliest first."""
    file = File(head)
    named = [name for tier in names.likely(head, "timestamp") for name in tier]
    read: dict[str, float] = {}
    parts = {name: cells.year_beside(head, name) for name in named}  # of a date: after those that are whole
    for name in sorted(
        (name for name in named if name not in parts.values()),
        key=lambda name: (bool(parts[name]), *(names.bare(name) in known for _last, known in cells.PERIODS.values())),
    ):
        some = head[name].dropna()
        if parts[name]:
            yield from _whole_dates(file, cells.moments(file, name)[0].values)
            yield name
        elif len(some):
            read[name] = cells.moments(file, name)[0].values.notna().sum() / len(some)
            years = read[name] and some.str.fullmatch(r"(?:19|20)\d\d").all()
            if years and any(dates.dated(head[other]) for other in head if other != name):
                read[name] = 0.0
            if read[name] >= 1 - STRANGE:
                yield name
    tried = 0
    for name in islice((one for one in head if one not in named), TRIED):
        text = head[name]
        if tried < DATES and len(text) and text.notna().all() and DATED.match(text.iloc[0]):
            tried += 1
            if cells.moments(file, name, numeric=False)[0].values.notna().all():
                yield name
    yield from (name for name, share in read.items() if NAMED <= share < 1 - STRANGE)


def _whole_dates(file: File, months: pd.Series) -> Iterable[str]:
    """The columns with the dates that a year and a month beside them were taken from, as folders of a store are."""
    for name in islice((one for one in file.text if DATED.match(str(file.text[one].iloc[0]))), DATES):
        values = cells.moments(file, name, numeric=False)[0].values
        same = (values.dt.year == months.dt.year) & (values.dt.month == months.dt.month)
        if same.mean() >= 1 - STRANGE and (values.dt.day > 1).any():
            yield name


def unnamed(head: pd.DataFrame) -> dict[str, str]:
    """Of a file without a header: its one column of dates, and of units, price and total those that multiply."""
    days = [name for name in islice(head, DATES) if dates.dated(head[name])]
    if len(days) != 1:
        return {}
    found = {"timestamp": days[0]}
    values = {
        name: numbers.read(head[name]).values
        for name in islice(head, DATES)
        if name not in days and share(head[name]) >= 1 - STRANGE
    }
    for units, price, total in permutations(values, 3):
        fits = (values[units] * values[price] - values[total]).abs() <= 0.005 * values[total].abs() + 0.011
        if (
            fits.mean() > 0.95
            and (values[units] % 1 == 0).all()
            and values[units].abs().mean() < values[total].abs().mean()
        ):
            whole = (values[price] % 1 == 0).all()
            if not whole or values[units].median() <= values[price].median():
                found |= {money.QUANTITY: units, money.PRICE: price, money.AMOUNT: total}
                break
    else:
        whole = [name for name in values if (values[name] % 1 == 0).all()]
        if len(values) == 2 and len(whole) == 1:
            found |= {money.QUANTITY: whole[0], money.PRICE: next(name for name in values if name not in whole)}
    texts = [name for name in head if name not in values and name not in days and head[name].notna().all()]
    return found | ({"product": texts[0]} if len(texts) == 1 else {})
