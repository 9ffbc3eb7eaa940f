"""Rows of a file of text below its header: those of another length, and the notes at its end that are no rows."""

import re

import pandas as pd

from connectors import InvalidFile, csvs
from connectors.limits import report
from locales import N_

NOTES = 50  # rows at the end that may be notes
NOTE = re.compile(
    r"\s*(?:(?:grand |sub|sous-?)?tota(?:l|ux)\b|sum\b|somme\b|source|notes?\b|n\.?b\.?\b|\*|generated|exported|report|"
    r"printed|prepared|genere|généré|export|edité|édité|imprimé|©|page\b|end of|fin\b|rows?\b|"
    r"\d+ (?:rows|lignes|records))",
    re.IGNORECASE,
)


def fitted(grid: csvs.Grid, header: int) -> tuple[pd.DataFrame, list[str]]:
    """The cells below the `header` (a row less 1; -1: there is none) without the notes at their end, and its names.

    Raises `InvalidFile` where rows do not have as many cells as the header.
    """
    below = grid.cells.loc[header + 1 :]
    names = grid.odd.get(header) or ["" if pd.isna(cell) else str(cell) for cell in grid.cells.iloc[max(header, 0)]]
    names = names[: grid.usual] if not any(name.strip() for name in names[grid.usual :]) else names
    width, notes = grid.usual if header < 0 else max(len(names), 1), _notes(grid, header)
    wrong = {row: len(given) for row, given in grid.odd.items() if row > header and row not in notes}
    wrong = {row: cells for row, cells in wrong.items() if cells < width or any(map(str.strip, grid.odd[row][width:]))}
    wrong = {row: cells for row, cells in wrong.items() if any(map(str.strip, grid.odd[row]))}  # "" alone is no row
    if width < grid.usual and below.iloc[:, width : grid.usual].notna().any(axis=None):
        numbered = pd.to_numeric(below[0], errors="coerce").diff().dropna().eq(1).all()
        if width + 1 == grid.usual and numbered:  # the numbers of rows that R writes, without a name
            names, width = ["", *names], grid.usual
        else:
            wrong |= dict.fromkeys(map(int, below.index.difference(list(grid.odd))), grid.usual)
    last = int(grid.cells.index[-1])
    if list(wrong) == [last] and wrong[last] < width:
        raise InvalidFile(
            N_("The file ends in the middle of row {row}: it was cut off. Export it again."),
            report([(last + 1, "", "", N_("the row is cut off"))]),
            row=last + 1,
        )
    if wrong:
        reason = N_("another number of cells than the header")
        raise InvalidFile(
            N_("{count} rows do not have {width} cells as the header does; the first is row {row}."),
            report([(row + 1, "", str(cells), reason) for row, cells in sorted(wrong.items())]),
            count=len(wrong),
            width=width,
            row=min(wrong) + 1,
        )
    below = below.drop(index=notes)
    names = ["" if header < 0 else name for name in names]
    return below.iloc[:, :width] if width < below.shape[1] else below, [*names, *[""] * below.shape[1]][:width]


def _notes(grid: csvs.Grid, header: int) -> list[int]:
    """The short rows at the end that are no rows of the table: a source, a total, how many there are."""
    notes: list[int] = []
    end = int(grid.cells.index[-1])
    for row in sorted(grid.odd, reverse=True):
        filled = [cell for cell in grid.odd[row] if cell.strip()]
        between = grid.cells.loc[row + 1 : end]
        if row <= header or len(between) > NOTES or between.drop(index=notes, errors="ignore").notna().any(axis=None):
            break
        first = row
        while first - 1 in grid.odd and any(map(str.strip, grid.odd[first - 1])):
            first -= 1
        blank_before = first - 1 > header and grid.cells.loc[first - 1].isna().all()
        if not filled or NOTE.match(filled[0]) or blank_before:
            notes.append(row)
    return notes
