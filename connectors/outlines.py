"""Sums of times beside what they are of: the rows of an outline, as pivot tables write them (a year alone, and below it
its months, in quarters it may be), and quarters and years among months, as rows or as columns."""

import re

import pandas as pd

from connectors import dates, numbers
from data.dataset import Finding
from locales import N_

MIN_MONTHS = 3
ROWS = 20_000  # of a table with sums of times among them; no more are written by hand
CENT = 0.011  # by which roundings move a sum
_YEAR, _QUARTER = re.compile(r"(?:19|20)\d\d"), re.compile(r"(?:q|qtr|t|trim\w*|quarter)\.? ?[1-4]", re.IGNORECASE)
_SPAN = re.compile(
    r"^(?:(?:q|qtr|t|quarter|trim\w*)\.? ?(?P<p>[1-4])[ /'-]*(?P<a>(?:19|20)\d\d)|"
    r"(?P<b>(?:19|20)\d\d)[ /-]*(?:q|t)(?P<q>[1-4])|(?:(?:full |fiscal )?year |total |fy ?)?(?P<c>(?:19|20)\d\d))"
    r"(?: total)?$",
    re.IGNORECASE,
)


def months(below: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """The months of an outline with their years, without the rows of years and quarters; any other table as it is.

    It is one where months alone stand below a year, none twice, and where the year's numbers are the sums of theirs
    (or none).
    """
    said = below.iloc[:, 0].str.strip()
    year = said.where(said.str.fullmatch(_YEAR, na=False))
    if not year.notna().any():
        return below
    month = dates.letters(said.str.casefold().fillna("")).str.removesuffix(".").isin(dates.MONTHS)
    if month.sum() < MIN_MONTHS:
        return below
    heads = year.notna() | said.str.fullmatch(_QUARTER, na=False)
    known = pd.Series(heads | month, below.index)
    first = int(known.to_numpy().argmax())
    of = year.ffill()
    rest = below[~known]
    if pd.isna(of.iloc[first]) or len(rest) > 1 or pd.DataFrame({"year": of, "month": said})[month].duplicated().any():
        return below  # besides, one row for the sum of all years
    for place in range(1, below.shape[1]):
        values = numbers.read(below.iloc[:, place].str.strip()).values
        sums = values[month].groupby(of[month]).sum()
        told = values[year.notna()].set_axis(year.dropna()).dropna()
        if ((sums.reindex(told.index) - told).abs() > CENT + 1e-9 * told.abs()).any():
            return below
    below = below.copy()
    below.isetitem(0, said.where(~month, said + " " + of).astype(below.dtypes.iloc[0]))
    message = N_("{rows} rows are years and quarters above their months: months are read with their years.")
    findings.append(Finding(message, int(heads.sum())))
    return below[~heads]


def rows(frame: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """A table without the rows of quarters and years that are the sums of the months (or weeks, or days) beside them
    (of the same words in other columns)."""
    if len(frame) > ROWS:
        return frame
    for name in frame:
        ends = _spans(frame[name])
        heads = ends["start"].notna()
        if not heads.any() or (~heads).sum() < MIN_MONTHS or heads.mean() > 0.5:
            continue
        others = [one for one in frame if one != name]
        read = {one: numbers.read(frame[one].str.strip()).values for one in others}
        values = pd.DataFrame({one: found for one, found in read.items() if found[~heads].notna().mean() > 0.5})
        days = dates.read(frame.loc[~heads, name], numbers=True).values
        keys = frame[[one for one in others if one not in values]].fillna("").agg("\n".join, axis=1)
        if values.empty or days.isna().any():
            continue
        below = values[~heads]
        if all(
            _same(below[days.between(*ends.loc[row]) & keys[~heads].eq(keys[row])], values.loc[row])
            for row in frame.index[heads]
        ):
            message = N_("{rows} rows are sums of the times beside them, and are left out.")
            findings.append(Finding(message, int(heads.sum()), examples=tuple(frame.loc[heads, name].head(3))))
            return frame[~heads]
    return frame


def columns(frame: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """A table without the columns of quarters and years that are the sums of the months (or weeks, or days) beside
    them."""
    ends = _spans(pd.Series(list(frame), list(frame), dtype="str"))
    heads = ends.index[ends["start"].notna()]
    if not len(heads) or not frame.columns.is_unique:
        return frame
    rest = pd.Series([one for one in frame if one not in heads and re.search(r"\d", one)], dtype="str")
    days = dates.read(rest, numbers=True).values.set_axis(rest).dropna() if len(rest) else rest
    if len(days) < MIN_MONTHS:
        return frame
    values = pd.DataFrame({one: numbers.read(frame[one].str.strip()).values for one in [*days.index, *heads]})
    below = values[days.index].T
    if not all(_same(below[days.between(*ends.loc[one])], values[one]) for one in heads):
        return frame
    message = N_("{rows} columns that add up others are left out.")
    findings.append(Finding(message, len(heads), examples=tuple(heads[:3])))
    return frame.drop(columns=heads)


def _same(below: pd.DataFrame, told: pd.Series) -> bool:
    """Whether what is told is the sum of some rows, wherever it is a number."""
    sums = below.sum(min_count=1).reindex(told.dropna().index)
    return len(below) > 1 and bool(((sums - told.dropna()).abs() <= CENT + 1e-9 * told.abs()).all())


def _spans(texts: pd.Series) -> pd.DataFrame:
    """The first and the last day of the quarters and years among some texts; of anything else none."""
    found = texts.str.strip().str.extract(_SPAN)
    year = pd.to_numeric(found["a"].fillna(found["b"]).fillna(found["c"]))
    quarter = pd.to_numeric(found["p"].fillna(found["q"]))
    start = pd.to_datetime(pd.DataFrame({"year": year, "month": 3 * quarter.fillna(1) - 2, "day": 1}), errors="coerce")
    months = quarter.notna().map({True: 3, False: 12})
    end = pd.Series([a if pd.isna(a) else a + pd.DateOffset(months=b) - pd.Timedelta(days=1)
                     for a, b in zip(start, months, strict=True)], texts.index, dtype="datetime64[us]")  # fmt: skip
    return pd.DataFrame({"start": start, "end": end})
