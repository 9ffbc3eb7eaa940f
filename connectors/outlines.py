"""Rows of an outline, as pivot tables write them: a year alone, and below it its months (in quarters, it may be)."""

import re

import pandas as pd

from connectors import dates, numbers
from data.dataset import Finding
from locales import N_

MIN_MONTHS = 3
CENT = 0.011  # by which roundings move a sum
_YEAR, _QUARTER = re.compile(r"(?:19|20)\d\d"), re.compile(r"(?:q|qtr|t|trim\w*|quarter)\.? ?[1-4]", re.IGNORECASE)


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
