"""Cells of any kind as columns of text, made part by part."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import pyarrow as pa


def table(parts: "list[list[pa.Array]]", names: list[str]) -> pd.DataFrame:
    """Columns of text that were made part by part, under names that may come twice."""
    import pyarrow as pa

    whole = [pa.chunked_array(list(column)) for column in zip(*parts, strict=True)]
    columns = {place: pd.Series(pd.array(column, dtype="str")) for place, column in enumerate(whole)}
    return pd.DataFrame(columns, columns=range(len(names)), dtype="str").set_axis(names, axis=1)


def texts(cells: "Iterable[object]") -> "pa.Array":
    """Cells as text: whole numbers without a point, empty ones missing."""
    import pyarrow as pa

    def text(cell: Any) -> str | None:
        if type(cell) is str:
            return cell or None
        if type(cell) is float and cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        return None if cell is None or cell != cell else str(cell)

    return pa.array([text(cell) for cell in cells], pa.large_string())
