"""A heatmap drawn by seaborn, for the figures of the Customers section."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from charts import theme
from charts.canvas import INK, PAPER, blank

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def heatmap(
    title: str,
    values: np.ndarray,
    texts: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    names: tuple[str, str],
    dark: bool,
    size: tuple[float, float],
    limits: tuple[float, float] | None = None,
    letters: int = 9,
) -> "Figure":
    """`values` (NaN: none, grey) as colours with `texts` in their cells.

    `names` are those of the axis of the rows and of the columns, `size` is that of a cell in inches.
    """
    import seaborn as sns
    from matplotlib.colors import LinearSegmentedColormap

    left, below = 0.5 + 0.085 * max(map(len, rows), default=0), 0.62
    width, height = left + size[0] * len(columns) + 0.05, below + size[1] * len(rows) + 0.05
    drawn, axis = blank(title, width, height, dark)
    drawn.subplots_adjust(left / width, below / height, 1 - 0.05 / width, 1 - 0.05 / height)
    filled = values[np.isfinite(values)]
    low, high = limits or (0.0, float(filled.max()) if len(filled) and filled.max() > 0 else 1.0)
    sns.heatmap(
        values,
        mask=~np.isfinite(values),
        cmap=LinearSegmentedColormap.from_list("vigie", theme.SEQUENTIAL),
        vmin=low,
        vmax=high,
        cbar=False,
        linewidths=1.0,
        linecolor=PAPER[dark],
        xticklabels=False,
        yticklabels=False,  # written below: ticks, and measuring each, would take longer than all the rest
        ax=axis,
    )

    def write(column: float, row: float, text: str, **look: Any) -> None:  # by the figure: the axes take twice as long
        drawn.text((left + size[0] * column) / width, 1 - (0.05 + size[1] * row) / height, text, **look)

    for row, column in zip(*np.nonzero(texts != ""), strict=True):
        share = (values[row, column] - low) / (high - low) if np.isfinite(values[row, column]) else None
        colour = INK[dark] if share is None else "#FFFFFF" if share > 0.55 else INK[False]
        look = {"ha": "center", "va": "center", "color": colour, "fontsize": letters}
        write(column + 0.5, row + 0.5, texts[row, column], **look)
    for place, name in enumerate(columns):
        write(place + 0.5, len(rows) + 0.2, name, ha="center", va="top", color=INK[dark], fontsize=9)
    for place, name in enumerate(rows):
        write(-0.1, place + 0.5, name, ha="right", va="center", color=INK[dark], fontsize=9)
    axis.set_ylabel(names[0], color=INK[dark], fontsize=10)
    axis.yaxis.set_label_coords(-(left - 0.15) / (size[0] * len(columns)), 0.5)
    axis.set_xlabel(names[1], color=INK[dark], fontsize=10)
    axis.xaxis.set_label_coords(0.5, -0.25 / (size[1] * max(len(rows), 1)))
    return drawn
