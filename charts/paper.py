"""Figures on paper: what the browser draws of a plotly figure, drawn by matplotlib as vectors, without a browser."""

import base64
import math
import re
from collections.abc import Mapping
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.canvas import INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWN = {"scatter", "bar", "heatmap", "waterfall", "choropleth"}
DASHES = {"dash": (0, (4, 2)), "dot": (0, (1, 1.5)), "dashdot": (0, (4, 1.5, 1, 1.5)), "longdash": (0, (7, 2))}
MARKS = {"diamond": "D", "square": "s", "cross": "P", "x": "X", "triangle-up": "^", "triangle-down": "v"}
PT = 0.75  # points in a pixel
GRID, SMALL = "#E3E8EA", 7.5
LETTER, MARGIN = 0.56 * SMALL, 40  # points of a letter, and beside an axis
TAGS = re.compile(r"<[^>]*>")


def drawable(figure: go.Figure) -> bool:
    """Whether all that a figure holds can be drawn on paper."""
    return bool(figure.data) and all(trace.type in DRAWN for trace in figure.data)


def drawn(
    figure: go.Figure, width: float, height: float, family: str, outlines: Mapping[str, Any] | None = None
) -> bytes:
    """A figure that is `drawable` as a PDF, so many inches wide and high, in ink on nothing; without its title.

    `outlines` are those of countries, as TopoJSON, for maps. Text is set in the `family` of fonts.
    """
    import matplotlib
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.figure import Figure

    with matplotlib.rc_context(
        {
            "font.family": [family, "DejaVu Sans"],
            "font.size": SMALL,
            "text.parse_math": False,  # "$5 to $10" is a level, not a formula
            "axes.edgecolor": GRID,
            "axes.labelcolor": INK[False],
            "text.color": INK[False],
            "xtick.color": INK[False],
            "ytick.color": INK[False],
            "pdf.fonttype": 42,
        }
    ):
        made = Figure(figsize=(width, height), layout="constrained")
        made.set_facecolor("none")
        full = plain(figure.to_dict())
        if full["data"][0]["type"] == "choropleth":
            _map(made, full["data"][0], full["layout"].get("geo", {}), outlines or {})
        else:
            _axes(made, full)
        target = BytesIO()
        FigureCanvasPdf(made).print_pdf(target, metadata={"CreationDate": None})  # the same each time
    return target.getvalue()


def plain(part: Any) -> Any:
    """What plotly packs as base64, as arrays again; what it counts from a first place on (`x0`, `dx`), one by one."""
    if isinstance(part, dict):
        if "bdata" in part:
            cells = np.frombuffer(base64.b64decode(part["bdata"]), part["dtype"])
            return cells.reshape([int(size) for size in str(part["shape"]).split(",")]) if "shape" in part else cells
        found = {name: plain(value) for name, value in part.items()}
        if "dx" in found and "x" not in found:
            count = len(found["z"][0]) if "z" in found else len(found["y"])
            first, step = found["x0"], found["dx"]
            if isinstance(first, str):
                first, step = np.datetime64(first, "ms"), np.timedelta64(step, "ms")
            found["x"] = first + step * np.arange(count)
        return found
    return [plain(one) for one in part] if isinstance(part, list | tuple) else part


def _axes(made: "Figure", full: dict[str, Any]) -> None:
    layout = full["layout"]
    pairs = list(dict.fromkeys((one.get("xaxis", "x"), one.get("yaxis", "y")) for one in full["data"]))
    rows = sorted({_domain(layout, y) for _x, y in pairs}, reverse=True)
    columns = sorted({_domain(layout, x) for x, _y in pairs})
    grid = made.subplots(len(rows), len(columns), squeeze=False)
    for line in grid:
        for axes in line:
            axes.set_visible(False)
    for x, y in pairs:
        axes = grid[rows.index(_domain(layout, y))][columns.index(_domain(layout, x))]
        if axes.get_visible():  # one axis laid over another
            axes = axes.twinx() if "overlaying" in _axis(layout, y) else axes.twiny()
        _one(axes, [one for one in full["data"] if _pair(one) == (x, y)], _axis(layout, x), _axis(layout, y), layout)
    shown = [one for one in full["data"] if one.get("showlegend", True) and one.get("name")]
    if layout.get("showlegend", len(shown) > 1) and shown:
        handles, names = grid[0][0].get_legend_handles_labels()
        made.legend(handles, names, loc="outside upper left", ncols=4, frameon=False, fontsize=SMALL)


def _pair(trace: Mapping[str, Any]) -> tuple[str, str]:
    return trace.get("xaxis", "x"), trace.get("yaxis", "y")


def _axis(layout: Mapping[str, Any], name: str) -> dict[str, Any]:
    return layout.get(f"{name[0]}axis{name[1:]}", {})


def _domain(layout: Mapping[str, Any], name: str) -> tuple[float, float]:
    axis = _axis(layout, name)
    if "overlaying" in axis:
        axis = _axis(layout, axis["overlaying"])
    low, high = axis.get("domain", (0.0, 1.0))
    return float(low), float(high)


def _one(
    axes: Any, traces: list[dict[str, Any]], x: dict[str, Any], y: dict[str, Any], layout: Mapping[str, Any]
) -> None:
    axes.set_visible(True)
    axes.set_facecolor("none")
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
    names = {"x": _levels(traces, "x"), "y": _levels(traces, "y")}
    bars = [id(one) for one in traces if one["type"] in ("bar", "waterfall")]
    for place, trace in enumerate(traces):
        at = {side: _numbers(trace.get(side), names[side]) for side in "xy"}
        colour = theme.CATEGORICAL[place % len(theme.CATEGORICAL)]
        if trace["type"] == "scatter":
            _line(axes, trace, at, colour)
        elif trace["type"] == "heatmap":
            _cells(axes, trace, at)
        else:
            _bars(axes, trace, at, colour, bars.index(id(trace)), len(bars), layout)
    for shape in layout.get("shapes", ()):
        _shape(axes, shape, names)
    beside = max((len(unmarked(one)) for one in _or(y.get("ticktext"), names["y"])), default=0)
    for side, axis in (("x", x), ("y", y)):
        _ticks(axes, side, axis, names[side], traces, beside)
    axes.set_axisbelow(True)


def _levels(traces: list[dict[str, Any]], side: str) -> list[str]:
    """The names along an axis of names, in their order; none where it is one of numbers or time."""
    found: dict[str, None] = {}
    for trace in traces:
        values = trace.get(side)
        if values is not None and len(values) and isinstance(next(iter(values)), str) and not is_time(values):
            found |= dict.fromkeys(str(value) for value in values)
    return list(found)


def is_time(values: Any) -> bool:
    return re.match(r"\d{4}-\d\d(-\d\d)?", str(next(iter(values)))) is not None


def _numbers(values: Any, levels: list[str]) -> np.ndarray:
    if values is None:
        return np.zeros(0)
    if levels:
        return np.array([levels.index(str(value)) for value in values], float)
    array = np.asarray(values)
    if array.dtype.kind == "M" or (len(array) and isinstance(array[0], str | pd.Timestamp) and is_time(array)):
        return np.array(pd.to_datetime(array).to_pydatetime())
    return array.astype(float)


def _line(axes: Any, trace: Mapping[str, Any], at: Mapping[str, np.ndarray], usual: str) -> None:
    x, y = at["x"], at["y"]
    if not len(x) and len(y):
        x = np.arange(len(y), dtype=float)
    line, marker, mode = trace.get("line", {}), trace.get("marker", {}), trace.get("mode", "lines")
    colour = line.get("color") or (marker.get("color") if isinstance(marker.get("color"), str) else None) or usual
    name = unmarked(trace.get("name", "")) if trace.get("showlegend", True) else ""
    label = name or "_"
    if trace.get("fill") in ("toself", "tozeroy", "tonexty"):
        fill, alpha = _colour(trace.get("fillcolor") or theme.faded(colour, 0.18))
        if trace["fill"] == "toself":
            axes.fill(x, y, color=fill, alpha=alpha, linewidth=0, label=label)
        else:
            axes.fill_between(x, y, color=fill, alpha=alpha, linewidth=0, label=label)
        label = "_"
    width = line.get("width", 2)
    if "lines" in mode and width:
        paint, alpha = _colour(colour)
        style = DASHES.get(line.get("dash", "solid"), "solid")
        step = {"hv": "steps-post", "vh": "steps-pre", "hvh": "steps-mid"}.get(line.get("shape", ""), "default")
        axes.plot(x, y, color=paint, alpha=alpha, linewidth=width * PT, linestyle=style, drawstyle=step, label=label)
        label = "_"
    if "markers" in mode:
        colours: Any = marker.get("color", colour)
        one = not isinstance(colours, str) and not _of_names(colours)
        sizes = np.broadcast_to(np.asarray(marker.get("size", 6), float), len(x)) * PT
        symbols = np.broadcast_to(np.asarray(marker.get("symbol", "circle")), len(x))
        for symbol in dict.fromkeys(symbols):
            here = symbols == symbol
            hollow = str(symbol).endswith("-open")
            tints = _tints(colours, here)
            axes.scatter(
                x[here],
                y[here],
                s=np.maximum(sizes[here], 0.1) ** 2,
                marker=MARKS.get(str(symbol).removesuffix("-open"), "o"),
                **({"facecolors": "white", "edgecolors": tints} if hollow and not one else {"c": tints}),
                linewidths=0.9 if hollow else 0,
                alpha=marker.get("opacity") or trace.get("opacity"),
                zorder=3,
                label=label,
            )
            label = "_"
    for side in "xy":
        _errors(axes, trace, at, side, colour)
    if "text" in mode and trace.get("text") is not None:
        texts = [trace["text"]] * len(x) if isinstance(trace["text"], str) else trace["text"]
        for left, up, text in zip(x, y, texts, strict=True):
            axes.annotate(unmarked(text), (left, up), (0, 3), textcoords="offset points", ha="center", fontsize=SMALL)


def _tints(colours: Any, here: np.ndarray) -> Any:
    """The colours of some markers: one name, names, or numbers on a scale."""
    if isinstance(colours, str):
        return _colour(colours)[0]
    chosen = np.asarray(colours)[here]
    return [_colour(tint)[0] for tint in chosen] if _of_names(colours) else chosen.astype(float)


def _of_names(colours: Any) -> bool:
    return len(colours) > 0 and isinstance(next(iter(colours)), str)


def _errors(axes: Any, trace: Mapping[str, Any], at: Mapping[str, np.ndarray], side: str, colour: str) -> None:
    error = trace.get(f"error_{side}")
    if not error or error.get("array") is None:
        return
    plus = np.asarray(error["array"], float)
    minus = np.asarray(error.get("arrayminus", plus), float)
    look = {"fmt": "none", "ecolor": _colour(error.get("color", colour))[0], "elinewidth": 1, "capsize": 2}
    axes.errorbar(at["x"], at["y"], **{f"{side}err": np.abs(np.vstack([minus, plus]))}, **look)


def _bars(
    axes: Any,
    trace: Mapping[str, Any],
    at: Mapping[str, np.ndarray],
    usual: str,
    place: int,
    count: int,
    layout: Mapping[str, Any],
) -> None:
    lying = trace.get("orientation") == "h"
    along, amount = (at["y"], at["x"]) if lying else (at["x"], at["y"])
    if len(along) and not isinstance(along[0], float | int | np.floating):
        from matplotlib.dates import date2num

        along = date2num(along)
    steps = np.diff(np.unique(np.asarray(along, float)))
    room = float(steps.min()) if len(steps) else 1.0
    grouped = layout.get("barmode", "group") == "group" and count > 1
    thick = room * (1 - layout.get("bargap", 0.2)) / (count if grouped else 1)
    shift = (place - (count - 1) / 2) * thick if grouped else 0.0
    thick = trace["width"] if isinstance(trace.get("width"), int | float) else thick
    base = np.broadcast_to(np.asarray(0.0 if trace.get("base") is None else trace["base"], float), len(amount))
    marker = trace.get("marker", {})
    colours = marker.get("color", usual)
    paint = colours if isinstance(colours, str) else list(np.asarray(colours))
    if trace["type"] == "waterfall":
        base, amount, paint = _falls(trace, np.asarray(amount, float))
    looks = [_colour(one) for one in ([paint] * len(amount) if isinstance(paint, str) else paint)]
    alpha = marker.get("opacity") or trace.get("opacity") or 1.0
    draw = axes.barh if lying else axes.bar
    drawn_bars = draw(
        np.asarray(along, float) + shift,
        amount,
        thick,
        base,
        color=[(*_rgb(colour), part * alpha) for colour, part in looks],
        label=unmarked(trace.get("name", "")) if trace.get("showlegend", True) and trace.get("name") else "_",
        linewidth=0,
    )
    if (texts := trace.get("text")) is not None:
        texts = [texts] * len(amount) if isinstance(texts, str) else texts
        inside = trace.get("textposition") == "inside"
        labels = [unmarked(text) for text in texts]
        axes.bar_label(drawn_bars, labels, label_type="center" if inside else "edge", padding=0 if inside else 2)
        axes.margins(**{"x" if lying else "y": 0.15})
    for side in "xy":
        _errors(axes, trace, {**at, "y" if lying else "x": np.asarray(along, float) + shift}, side, theme.NEUTRAL)


def _falls(trace: Mapping[str, Any], amount: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The bars of a waterfall: where each begins, how long it is, and its colour."""
    kinds = trace.get("measure")
    kinds = ["relative"] * len(amount) if kinds is None else list(kinds)
    level, base, long, paint = 0.0, [], [], []
    for kind, value in zip(kinds, amount, strict=True):
        if kind == "relative":
            base.append(level)
            long.append(value)
            level += value
        else:
            level = value if kind == "absolute" else level
            base.append(0.0)
            long.append(level)
        name = "totals" if kind != "relative" else "increasing" if value >= 0 else "decreasing"
        usual = theme.NEUTRAL if name == "totals" else theme.STAY if name == "increasing" else theme.LEAVE
        paint.append(trace.get(name, {}).get("marker", {}).get("color", usual))
    return np.array(base), np.array(long), paint


def _cells(axes: Any, trace: Mapping[str, Any], at: Mapping[str, np.ndarray]) -> None:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.dates import date2num

    cells = np.asarray(trace["z"], float)
    x = at["x"] if len(at["x"]) else np.arange(cells.shape[1], dtype=float)
    y = at["y"] if len(at["y"]) else np.arange(cells.shape[0], dtype=float)
    if x.dtype == object:  # times
        axes.xaxis_date()
        x = date2num(x)
    scale = trace.get("colorscale") or theme.SEQUENTIAL
    colours = [one if isinstance(one, str) else one[1] for one in scale]
    mesh = axes.pcolormesh(
        _edges(x),
        _edges(y),
        cells,
        cmap=LinearSegmentedColormap.from_list("vigie", [_colour(one)[0] for one in colours]),
        vmin=trace.get("zmin"),
        vmax=trace.get("zmax"),
        edgecolors="white",
        linewidth=0.8,
    )
    if trace.get("text") is None or not trace.get("texttemplate"):
        return
    for row, line in zip(y, np.asarray(trace["text"], dtype=object), strict=True):
        for column, text in zip(x, line, strict=True):
            value = cells[list(y).index(row), list(x).index(column)]
            if value == value and text:
                dark = np.dot(mesh.cmap(mesh.norm(value))[:3], (0.299, 0.587, 0.114)) < 0.55
                ink = "white" if dark else INK[False]
                axes.text(column, row, unmarked(text), ha="center", va="center", fontsize=SMALL - 1.5, color=ink)


def _edges(middles: np.ndarray) -> np.ndarray:
    """Where cells around these middles begin and end."""
    between = (middles[1:] + middles[:-1]) / 2
    if not len(between):
        return np.array([middles[0] - 0.5, middles[0] + 0.5])
    return np.r_[2 * middles[0] - between[0], between, 2 * middles[-1] - between[-1]]


def _shape(axes: Any, shape: Mapping[str, Any], names: Mapping[str, list[str]]) -> None:
    line = shape.get("line", {})
    look = {
        "color": _colour(line.get("color", theme.NEUTRAL))[0],
        "linewidth": line.get("width", 1.5) * PT,
        "linestyle": DASHES.get(line.get("dash", "solid"), "solid"),
    }
    ends = {
        side: [_numbers([shape[f"{side}{end}"]], names[side])[0] for end in "01"]
        for side in "xy"
        if shape.get(f"{side}ref") != "paper"
    }
    if shape.get("type") == "rect":
        fill, alpha = _colour(shape.get("fillcolor", theme.faded(theme.NEUTRAL, 0.15)))
        span = axes.axvspan if "x" in ends else axes.axhspan
        span(*(ends["x"] if "x" in ends else ends["y"]), color=fill, alpha=alpha * shape.get("opacity", 1), linewidth=0)
    elif "x" not in ends:
        axes.axhline(ends["y"][0], **look)
    elif "y" not in ends:
        axes.axvline(ends["x"][0], **look)
    else:
        axes.plot(ends["x"], ends["y"], label="_", **look)


def _or(found: Any, other: Any) -> Any:
    return other if found is None else found


def _ticks(
    axes: Any, side: str, axis: Mapping[str, Any], levels: list[str], traces: list[dict[str, Any]], beside: int
) -> None:
    of = axes.xaxis if side == "x" else axes.yaxis
    title = axis.get("title", {}).get("text") if isinstance(axis.get("title"), dict) else axis.get("title")
    if title:
        (axes.set_xlabel if side == "x" else axes.set_ylabel)(unmarked(title))
    if axis.get("tickvals") is not None:
        at = _numbers(axis["tickvals"], levels)
        words = [unmarked(text) for text in _or(axis.get("ticktext"), axis["tickvals"])]
        apart = 1
        if side == "x" and not axis.get("tickangle"):  # as many as have room side by side
            letters = sum(max(map(len, word.split("\n")), default=0) + 2 for word in words)
            apart = max(1, math.ceil(letters * LETTER / (axes.figure.get_figwidth() * 72 - beside * LETTER - MARGIN)))
        of.set_ticks(at[::apart], words[::apart])
    elif levels:
        of.set_ticks(range(len(levels)), [unmarked(level) for level in levels])
    if axis.get("visible") is False or axis.get("showticklabels") is False:
        of.set_ticks([])
    angle = axis.get("tickangle")
    if side == "x" and angle:
        axes.tick_params(axis="x", rotation=-angle)
        for label in axes.get_xticklabels():
            label.set_ha("right" if angle < 0 else "left")
    if axis.get("type") == "log":
        (axes.set_xscale if side == "x" else axes.set_yscale)("log")
    amounts = not levels and not any(trace["type"] == "heatmap" for trace in traces)
    along = any(trace["type"] in ("bar", "waterfall") and _along(trace) == side for trace in traces)
    if (amounts and not along and side == "y") or (amounts and not along and any(_along(t) == "y" for t in traces)):
        axes.grid(True, axis=side, color=GRID, linewidth=0.6)
    if axis.get("range") is not None and axis.get("type") != "log":
        low, high = _numbers(axis["range"], [])
        (axes.set_xlim if side == "x" else axes.set_ylim)(low, high)
    if axis.get("autorange") == "reversed":
        (axes.invert_xaxis if side == "x" else axes.invert_yaxis)()


def _along(trace: Mapping[str, Any]) -> str:
    """The axis along which bars stand."""
    return "y" if trace.get("orientation") == "h" else "x"


def _map(made: "Figure", trace: Mapping[str, Any], geo: Mapping[str, Any], outlines: Mapping[str, Any]) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize
    from matplotlib.patches import Polygon

    axes = made.subplots()
    axes.set_axis_off()
    axes.set_aspect(1.4)
    values = dict(zip(trace["locations"], np.asarray(trace["z"], float), strict=True))
    known = [value for value in values.values() if value == value]
    norm = Normalize(trace.get("zmin", min(known, default=0)), trace.get("zmax", max(known, default=1)))
    colours = [one if isinstance(one, str) else one[1] for one in trace.get("colorscale") or theme.SEQUENTIAL]
    scale = LinearSegmentedColormap.from_list("vigie", colours)
    there = []
    for code, rings in _countries(outlines):
        value = values.get(code, float("nan"))
        paint = scale(norm(value)) if value == value else "#E1E1DE"
        for ring in rings:
            axes.add_patch(Polygon(ring, facecolor=paint, edgecolor="white", linewidth=0.3))
        there += rings if value == value else []
    bar = trace.get("colorbar", {})
    if trace.get("showscale", True) and known and bar.get("tickvals") is not None:
        drawn_bar = made.colorbar(ScalarMappable(norm, scale), ax=axes, orientation="horizontal", shrink=0.5, aspect=40)
        drawn_bar.set_ticks(bar["tickvals"], labels=[unmarked(one) for one in bar["ticktext"]])
        drawn_bar.outline.set_visible(False)
    points = np.vstack(there) if there else np.array([[-170.0, -55.0], [180.0, 80.0]])
    (left, low), (right, high) = points.min(axis=0), points.max(axis=0)
    axes.set_xlim(geo.get("lonaxis", {}).get("range", (left - 3, right + 3)))
    axes.set_ylim(geo.get("lataxis", {}).get("range", (low - 3, high + 3)))


def _countries(outlines: Mapping[str, Any]) -> list[tuple[str, list[np.ndarray]]]:
    """Code and rings (longitude, latitude) of each country of a TopoJSON; https://github.com/topojson/topojson-specification."""
    if not outlines:
        return []
    scale, move = (np.array(outlines["transform"][name]) for name in ("scale", "translate"))
    arcs = [np.cumsum(arc, axis=0) * scale + move for arc in outlines["arcs"]]

    def ring(places: list[int]) -> np.ndarray:
        parts = [arcs[place] if place >= 0 else arcs[~place][::-1] for place in places]
        return np.vstack([parts[0], *(part[1:] for part in parts[1:])])

    found = []
    for one in outlines["objects"]["countries"]["geometries"]:
        shapes = one.get("arcs", []) if one["type"] == "MultiPolygon" else [one.get("arcs", [])]
        found.append((str(one.get("id")), [ring(rings[0]) for rings in shapes if rings]))
    return found


def unmarked(text: object) -> str:
    """Text of a figure as it is read: no tags, no escapes, and no space that fonts do not have."""
    return unescape(TAGS.sub("", re.sub(r"<br ?/?>", "\n", str(text)))).replace("\u202f", "\u00a0")


def _colour(written: str) -> tuple[str, float]:
    """A colour of plotly as matplotlib writes it, and how opaque it is."""
    found = re.fullmatch(r"rgba?\(([^)]*)\)", str(written))
    if not found:
        return str(written), 1.0
    parts = [float(part) for part in found[1].split(",")]
    return "#" + "".join(f"{round(part):02x}" for part in parts[:3]), parts[3] if len(parts) > 3 else 1.0


def _rgb(colour: str) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    return to_rgb(colour)
