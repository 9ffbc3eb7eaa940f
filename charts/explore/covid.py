"""What the figures of COVID-19 share: words, numbers, axes. Each title states what the figure shows."""

from collections.abc import Sequence
from functools import partial
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import N_, _, ngettext
from locales.labels import place
from models.explore import covid as models
from models.explore.covid import Comparison, Shown

MEASURES = {
    "cases": N_("Confirmed cases"),
    "deaths": N_("Confirmed deaths"),
    "doses": N_("Vaccine doses"),
    "vaccinated": N_("People vaccinated"),
    "fully_vaccinated": N_("People fully vaccinated"),
    "boosters": N_("Booster doses"),
    "tests": N_("Tests"),
    "positivity": N_("Share of tests that are positive"),
    "tests_per_case": N_("Tests for each confirmed case, so far"),
    "fatality": N_("Deaths for each confirmed case, so far"),
    "hospital": N_("Patients in hospital"),
    "intensive_care": N_("Patients in intensive care"),
    "admissions": N_("Hospital admissions in a week"),
    "care_admissions": N_("Admissions to intensive care in a week"),
    "excess": N_("Excess mortality (P-score), % above expected"),
    "excess_deaths": N_("Excess deaths of all causes, so far"),
    "excess_total": N_("Excess deaths so far, per million people"),
    "reproduction": N_("People infected by one case"),
    "stringency": N_("Strictness of measures, 0 to 100"),
}
FORMS = {
    "average": N_("7-day average"),
    "weekly": N_("Last 7 days"),
    "biweekly": N_("Last 14 days"),
    "new": N_("As reported each day"),
    "cumulative": N_("In total"),
    "level": N_("As reported"),
    "change": N_("Change in a week"),
}
PERS = {"million": N_("per million people"), "hundred": N_("per 100 people"), "absolute": N_("absolute")}
POINTS = 400  # of a line: more cannot be told apart, and take longer to paint
FRAMES = 60  # at most, of a figure that plays
LINE = 20  # px of one in the title of an axis
PANEL = 150  # height of one of several panels


def unit(shown: Shown) -> str:
    """What the numbers are, "Confirmed cases, 7-day average, per million people"."""
    parts = [_(MEASURES[shown.measure])]
    if shown.form != "level":
        parts.append(_(FORMS[shown.form]).lower())
    if shown.per != "absolute" and shown.form != "change":
        parts.append(_(PERS[shown.per]))
    return ", ".join(parts)


def within(shown: Shown) -> str:
    """`unit` inside a sentence."""
    text = unit(shown)
    return text[0].lower() + text[1:]


def axis_title(shown: Shown) -> str:
    """The unit alone, for an axis: the title of the figure says what is measured."""
    if shown.share:
        return "%"
    counted = models.MEASURES[shown.measure].counted and shown.per != "absolute"
    return _(PERS[shown.per]) if counted else _(MEASURES[shown.measure])


def written(value: float, shown: Shown) -> str:
    """A number as a reader reads it."""
    if shown.form == "change":
        return written_change(value)
    if shown.share:
        return locales.percent(value, 0 if value >= 0.1 else 1)
    size = abs(value)
    digits = 0 if size >= 100 or value == 0 else 1 if size >= 10 else 2
    return locales.number(value, digits)


def written_change(change: float) -> str:
    """A change as a share, with its sign: "+12%", "−0.4%", "±0%"."""
    digits = 0 if abs(change) >= 0.0995 or round(change, 3) == 0 else 1
    return locales.signed(change, partial(locales.percent, digits=digits))


def near(filled: bool) -> str:
    """The mark of a number that lies between two reports."""
    return "≈ " if filled else ""


def player(days: pd.DatetimeIndex, title: str = "") -> dict[str, Any]:
    """A slider with a day a frame, and a button that plays them, under the lines of an axis with a `title`; the last
    frame is the one shown first."""
    lower = LINE * (len(wrap(title, theme.AXIS_TITLE)) - 1) if title else 0
    now = {"frame": {"duration": 0, "redraw": True}, "mode": "immediate", "transition": {"duration": 0}}
    play = {"frame": {"duration": 250, "redraw": True}, "fromcurrent": True, "transition": {"duration": 0}}
    steps = [{"label": locales.day(day), "method": "animate", "args": [[str(at)], now]} for at, day in enumerate(days)]
    slider = {
        "active": len(days) - 1,
        "steps": steps,
        "x": 0.14,
        "len": 0.86,
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 46 + lower, "b": 4},
        "currentvalue": {"visible": True, "xanchor": "right", "font": {"color": theme.NEUTRAL, "size": 13}},
        "ticklen": 0,
        "minorticklen": 0,
        "font": {"color": "rgba(0,0,0,0)", "size": 1},
    }
    buttons = [
        {"label": "▶", "method": "animate", "args": [None, play]},
        {"label": "❚❚", "method": "animate", "args": [[None], {**now, "mode": "immediate"}]},
    ]
    menu = {
        "type": "buttons",
        "direction": "right",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 56 + lower},
        "buttons": buttons,
    }
    return {"sliders": [slider], "updatemenus": [menu]}


_KNOWN_CONTINENTS = {
    "Africa": N_("Africa"),
    "Asia": N_("Asia"),
    "Europe": N_("Europe"),
    "North America": N_("North America"),
    "Oceania": N_("Oceania"),
    "South America": N_("South America"),
    "World": N_("World"),
}


def region(name: str) -> str:
    """A continent, or the World, in the reader's language."""
    return _(_KNOWN_CONTINENTS[name])


def sentences(found: Sequence[Comparison], reference: str, shown: Shown, day: pd.Timestamp) -> list[str]:
    """Each comparison with the reference in words; a number of another day than `day` says what both had then."""
    texts = []
    for one in found:
        value = written(one.value, shown)
        named = _("{country}: {value}")
        if one.day != day:
            named = _("{country}: {value} on {day}, when {reference} had {other}")
        other = written(one.other, shown)
        names = {"country": place(one.country), "reference": place(reference)}
        words = [named.format(value=value, day=locales.day(one.day), other=other, **names)]
        if shown.signed:
            gap = one.value - one.other
            higher = _("{gap} higher") if gap > 0 else _("{gap} lower")
            words.append(higher.format(gap=written(abs(gap), shown)))
        elif one.other > 0:
            words.append(_times(one.value / one.other))
        if not shown.signed and not shown.grows:
            if one.usual == one.usual:
                words.append(_("over the whole period {times}").format(times=_times(one.usual)))
            later = ngettext("peaked {count} day later, on {day}", "peaked {count} days later, on {day}", one.later)
            sooner = ngettext(
                "peaked {count} day earlier, on {day}", "peaked {count} days earlier, on {day}", -one.later
            )
            highest = later if one.later > 0 else sooner if one.later < 0 else _("peaked on the same day, {day}")
            words.append(highest.format(count=locales.number(abs(one.later)), day=locales.day(one.highest)))
        texts.append(_("; ").join(words) + ".")
    return texts


PARTS = {
    0.1: N_("about a tenth as much"),
    0.2: N_("about a fifth as much"),
    0.25: N_("about a quarter as much"),
    1 / 3: N_("about a third as much"),
    0.5: N_("about half as much"),
    2 / 3: N_("about two thirds as much"),
    0.75: N_("about three quarters as much"),
    1.0: N_("about as much"),
    2.0: N_("about twice as much"),
}


def _times(ratio: float) -> str:
    """How many times as much, as one says it: a part that is within 5% of the truth, else percent or times."""
    if ratio < 0.0005:
        return _("next to nothing")
    part = min(PARTS, key=lambda one: abs(ratio / one - 1))
    if abs(ratio / part - 1) <= 0.05:
        return _(PARTS[part])
    if ratio < 0.1:
        return _("less than a tenth as much")
    if ratio < 1:
        return _("{share} less").format(share=locales.percent(1 - ratio))
    if ratio < 2:
        return _("{share} more").format(share=locales.percent(ratio - 1))
    return _("{times} times as much").format(times=locales.number(ratio, 1 if ratio < 9.95 else 0))


def heading(text: str, x: float, y: float, below: str = "") -> dict[str, Any]:
    """An annotation: what one of several parts of a figure shows, above it; the line `below` fits a telephone."""
    ends = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom", "align": "left"}
    lines = f"<b>{theme.plain(text)}</b>" + (f"<br>{theme.plain(below)}" if below else "")
    return {"text": lines, "x": x, "y": y, "showarrow": False, **ends}


def dates(days: pd.DatetimeIndex, few: bool = False) -> dict[str, Any]:
    """The axis of a period, from its first to its last day; `few` is for small figures."""
    axis = theme.time_axis(days) | {"range": [days[0].isoformat(), days[-1].isoformat()]}
    if few:
        every = -(-len(axis["tickvals"]) // 2)
        axis |= {name: axis[name][::every] for name in ("tickvals", "ticktext")}
    return axis


def alone(values: pd.Series, colour: str, hover: str, **axes: str) -> list[go.Scatter]:
    """The reports that are too far from any other for a line, as points; no trace where there is none."""
    known = np.pad(values.notna().to_numpy(), 1)
    lone = known[1:-1] & ~known[:-2] & ~known[2:]
    if not lone.any():
        return []
    points = go.Scatter(
        x=values.index[lone],
        y=values[lone].to_numpy("float32"),
        mode="markers",
        marker={"color": colour, "size": 6},
        hovertemplate=hover,
        showlegend=False,
        **axes,
    )
    return [points]


def hover(name: str, shown: Shown, when: str, between: pd.Series) -> dict[str, Any]:
    """The hover of a line; its points `between` two reports have a mark."""
    inside = between.eq(True).to_numpy()
    if not inside.any():
        return {"hovertemplate": sentence(name, shown, when)}
    return {"hovertemplate": sentence(name, shown, when, mark="%{text}"), "text": [near(one) for one in inside]}


def sentence(name: str, shown: Shown, when: str, axis: str = "y", mark: str = "") -> str:
    """A hover that plotly fills in: "France: 12.3 on 14/03/2026"."""
    number = f"{mark}%{{{axis}:{'.1%' if shown.share else ',.3~r'}}}"
    country = name if name.startswith("%") else theme.plain(place(name))
    sentence = _("{value} on {day}") if not name else _("{country}: {value} on {day}")
    return sentence.format(country=place(country), value=number, day=when) + "<extra></extra>"


def ticks(shown: Shown) -> dict[str, Any]:
    return {"tickformat": ".0%" if shown.share else ",", "exponentformat": "none"}


def plain_numbers() -> dict[str, Any]:
    """Plotly's own numbers as the reader writes them."""
    return {"separators": ",\u202f" if locales.language() == "fr" else ".,"}
