"""Figures of single rows: points for two of their numbers, bars or boxes for how one is spread."""

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _, ngettext
from models.ask import definitions, wording
from models.ask.definitions import Catalogue
from models.ask.formulas import PEOPLE
from models.ask.query import Query
from models.ask.rows import BIN, COUNT, GROUP, NUMBER, OTHER
from models.ask.statement import Answer
from models.ask.wording import Names

COLOURS, BOXES = 6, 20
SMALL, SEE_THROUGH = 6, 0.55  # points, of which many lie on each other


def drawn(known: Catalogue, query: Query, found: Answer, names: Names, currency: str) -> go.Figure | None:
    """The figure of an answer from single rows; None where there is none."""
    if found.table.empty:
        return None
    draw = _points if query.rows == "relation" else _boxes if query.by else _bins
    return draw(known, query, found, names, currency)


def counted(known: Catalogue, query: Query, count: float) -> str:
    """So many rows, by what they are."""
    number = int(count)
    if definitions.table_of(known, query) == PEOPLE:
        text = ngettext("{count} customer", "{count} customers", number)
    else:
        text = ngettext("{count} line", "{count} lines", number)
    return text.format(count=locales.number(number))


def said(known: Catalogue, query: Query, found: Answer, currency: str) -> str:
    """What the figure does not show of its numbers: how sure a correlation is, what is not drawn."""
    facts, parts = found.facts, []
    if query.rows == "relation":
        if "low" in facts:
            text = _("Correlation {r}, 95% interval from {low} to {high}.")
            parts.append(text.format(r=_two(facts["r"]), low=_two(facts["low"]), high=_two(facts["high"])))
        elif "r" in facts:
            parts.append(
                _("Correlation {r}; of so few customers or orders the data cannot tell how sure that is.").format(
                    r=_two(facts["r"])
                )
            )
        elif facts[COUNT]:
            parts.append(_("No correlation: one of the two is the same everywhere."))
        if facts[COUNT] > len(found.table):
            text = _("Computed from {all}; {count} of them, drawn by lot, are shown.")
            parts.append(text.format(all=counted(known, query, facts[COUNT]), count=locales.number(len(found.table))))
    elif facts.get("under") or facts.get("over"):
        text = _("From {least} to {most} in all: what lies far out is counted in the bars at the ends.")
        write = _write(known, query, currency)
        parts.append(text.format(least=write(facts["least"]), most=write(facts["most"])))
    return " ".join(parts)


def _points(known: Catalogue, query: Query, found: Answer, names: Names, currency: str) -> go.Figure:
    x, y = (wording.column(known, name) for name in query.measures)
    count, facts = counted(known, query, found.facts[COUNT]), found.facts
    title = _("{x} and {y} of {rows}")
    if "low" in facts:
        title = _("No link between {x} and {y} can be seen in {rows}: correlation {r}")
        if facts["low"] > 0:
            title = _("Where {x} is higher, {y} mostly is, too: correlation {r}, {rows}")
        elif facts["high"] < 0:
            title = _("Where {x} is higher, {y} mostly is lower: correlation {r}, {rows}")
    write = [_write(known, query, currency, place) for place in (0, 1)]
    parts = {"": found.table}
    if query.by:
        levels = found.table[GROUP].value_counts(dropna=False).index
        kept = levels[: COLOURS if len(levels) <= COLOURS else COLOURS - 1]
        same = [
            found.table[GROUP].isna() if level != level or level is None else found.table[GROUP] == level
            for level in kept
        ]
        parts = {
            wording.value(query.by[0], level, names): found.table[at] for level, at in zip(kept, same, strict=True)
        }
        if len(levels) > len(kept):
            parts[_("others")] = found.table[~np.any(same, axis=0)]
    figure = theme.figure(
        title.format(x=x, y=y, rows=count, r=_two(facts.get("r", np.nan))),
        x=_with_unit(known, query, currency, 0),
        y=_with_unit(known, query, currency, 1),
        xaxis=theme.amounts(found.table[NUMBER].to_numpy(float), zero=False),
        yaxis=theme.amounts(found.table[OTHER].to_numpy(float), zero=False),
        showlegend=len(parts) > 1,
    )
    for place, (name, rows) in enumerate(parts.items()):
        pale = name == _("others") and place == COLOURS - 1
        at = [
            f"{x}: {write[0](one)}, {y}: {write[1](other)}"
            for one, other in zip(rows[NUMBER], rows[OTHER], strict=True)
        ]
        figure.add_trace(
            go.Scatter(
                x=rows[NUMBER].to_numpy(float),
                y=rows[OTHER].to_numpy(float),
                mode="markers",
                name=theme.plain(name),
                marker={
                    "color": theme.NEUTRAL if pale else theme.CATEGORICAL[place],
                    "size": SMALL,
                    "opacity": SEE_THROUGH,
                },
                hoverinfo="text",
                hovertext=[theme.plain(f"{name}, {text}" if name else text) for text in at],
            )
        )
    return figure


def _bins(known: Catalogue, query: Query, found: Answer, names: Names, currency: str) -> go.Figure:  # noqa: ARG001  # as its like
    facts, write, called = found.facts, _write(known, query, currency), wording.column(known, query.measures[0])
    title = _("{column}: half of the {rows} lie between {first} and {third}, the median is {middle}")
    begins, width = found.table[BIN].to_numpy(float), facts["width"]
    single = bool(facts["whole"]) and width == 1
    texts = [
        write(begin)
        if single
        else _("{from} to under {to}").format(**{"from": write(begin), "to": write(begin + width)})
        for begin in begins
    ]
    if facts["under"]:
        texts[0] = _("under {to}").format(to=write(begins[0] + width))
    if facts["over"]:
        texts[-1] = _("{from} or more").format(**{"from": write(begins[-1])})
    figure = theme.figure(
        title.format(
            column=called,
            rows=counted(known, query, facts[COUNT]),
            **{name: write(facts[name]) for name in ("first", "third", "middle")},
        ),
        x=_with_unit(known, query, currency, 0),
        y=_("Customers") if definitions.table_of(known, query) == PEOPLE else _("Lines"),
        xaxis=theme.amounts(np.r_[begins, begins[-1] + width], zero=False),
        yaxis=theme.amounts(found.table[COUNT].to_numpy(float)),
        showlegend=False,
    )
    figure.add_trace(
        go.Bar(
            x=begins if single else begins + width / 2,
            y=found.table[COUNT].to_numpy(float),
            width=0.97 * width,
            marker={"color": theme.STAY},
            hoverinfo="text",
            hovertext=[
                theme.plain(f"{called} {text}: {counted(known, query, count)}")
                for text, count in zip(texts, found.table[COUNT], strict=True)
            ],
        )
    )
    return figure


def _boxes(known: Catalogue, query: Query, found: Answer, names: Names, currency: str) -> go.Figure:
    write, shown = _write(known, query, currency), found.table.head(BOXES)
    called = [wording.value(query.by[0], level, names) for level in shown[GROUP]]
    ends = shown[["low", "high"]].to_numpy(float)
    title = _("{column} by {dimension}: the median is highest for {name}, {value}")
    highest = (shown["middle"] == shown["middle"].iloc[0]).sum()
    if 1 < highest < len(shown):
        title = _("{column} by {dimension}: the median is highest for {names}, {value}")
    elif highest > 1:
        title = _("{column} by {dimension}: the median is the same for all, {value}")
    figure = theme.figure(
        title.format(
            column=wording.column(known, query.measures[0]),
            dimension=wording.dimension(known, query.by[0]).lower(),
            name=called[0],
            names=locales.listed(called[:highest]),
            value=write(shown["middle"].iloc[0]),
        ),
        x=_with_unit(known, query, currency, 0),
        height=110 + 34 * len(shown),
        xaxis=theme.amounts(ends.ravel(), zero=False),
        yaxis={
            "autorange": "reversed",
            "tickvals": list(range(len(shown))),
            "ticktext": [theme.plain(one) for one in called],
        },
        showlegend=False,
        barmode="overlay",
    )
    said = _("{name}: median {middle}, half from {first} to {third}, nine in ten from {low} to {high}, {rows}")
    hover = [
        theme.plain(
            said.format(
                name=name,
                rows=counted(known, query, row[COUNT]),
                **{part: write(row[part]) for part in ("low", "first", "middle", "third", "high")},
            )
        )
        for name, (_place, row) in zip(called, shown.iterrows(), strict=True)
    ]
    for low, high, thick in (("low", "high", 0.08), ("first", "third", 0.56)):
        figure.add_trace(
            go.Bar(
                base=shown[low].to_numpy(float),
                x=(shown[high] - shown[low]).to_numpy(float),
                y=list(range(len(shown))),
                orientation="h",
                width=thick,
                marker={"color": theme.STAY if thick > 0.1 else theme.NEUTRAL},
                hoverinfo="text",
                hovertext=hover,
            )
        )
    figure.add_trace(
        go.Scatter(
            x=shown["middle"].to_numpy(float),
            y=list(range(len(shown))),
            mode="markers",
            marker={"color": theme.LEAVE, "size": 11, "symbol": "diamond"},
            hoverinfo="text",
            hovertext=hover,
        )
    )
    return figure


def _write(known: Catalogue, query: Query, currency: str, place: int = 0) -> Callable[[float], str]:
    one = known.measures[query.measures[place]]
    write = wording.number(one, currency)
    if one.unit != "number":
        return write
    return lambda found: locales.number(found) if found == round(found) else write(found)  # 129 minutes, not 129.00


def _with_unit(known: Catalogue, query: Query, currency: str, place: int) -> str:
    called = wording.column(known, query.measures[place])
    return f"{called} ({currency})" if known.measures[query.measures[place]].unit == "money" else called


def _two(number: float) -> str:
    return locales.number(number, 2)
