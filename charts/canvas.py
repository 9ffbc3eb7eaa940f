"""An empty figure for seaborn to draw in, and the colours of the page around it."""

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Text and background of .streamlit/config.toml, and the grey of a cell without a value; by whether it is dark.
INK = {False: "#15262E", True: "#E6EEF1"}
PAPER = {False: "#FBFCFC", True: "#0E1A20"}
NONE = {False: "#E9EEF0", True: "#22343C"}


def blank(
    title: str, width: float, height: float, dark: bool, layout: Literal["constrained"] | None = None
) -> tuple["Figure", Any]:
    """A figure of so many inches, and its axes; `layout` as matplotlib's."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matplotlib.rcParams["svg.fonttype"] = "none"  # text stays text: smaller, sharper, readable aloud
    matplotlib.rcParams["font.sans-serif"] = ["DejaVu Sans", "Verdana"]  # each text names all of them
    matplotlib.rcParams["text.parse_math"] = False  # "$5 to $10" is a level, not a formula
    drawn = Figure(figsize=(width, height), layout=layout)
    canvas = FigureCanvasAgg(drawn)  # without it seaborn makes a renderer of 4 MB for each label that it measures
    # Seaborn draws a figure once more to see whether labels overlap, which ours do not: as long as to save it.
    setattr(canvas, "draw", lambda: setattr(drawn, "stale", False))  # noqa: B010  # a method of this one
    drawn.set_facecolor("none")
    drawn.suptitle(title)
    axis = drawn.subplots()
    axis.set_facecolor(NONE[dark])
    return drawn, axis
