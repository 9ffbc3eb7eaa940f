"""Figures of food products: against their category, brands side by side, comparisons, a basket against a day.

Text of the public is escaped everywhere but in titles, which the page takes out and shows as text.
"""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from data.food import NUTRIENTS
from locales import N_, _, ngettext
from models.explore.food import NOTABLE

NAME = 46  # characters of a product's name above its bar
TITLE = 60  # and in a title, which wraps
FAR = 2.0  # a change beyond +200% is drawn at the edge, and written
LEVELS = {"low": N_("low"), "medium": N_("medium"), "high": N_("high")}
MARKS = {"low": "●", "medium": "■", "high": "▲"}  # so that colour is not all that tells them apart
COLOURS = {"low": theme.CATEGORICAL[4], "medium": theme.ACCENT, "high": theme.LEAVE}
GRADED = dict(zip("abcde", ("#2E8B57", "#6FA03C", "#B8860B", "#D4622F", "#B23A48"), strict=True))


def amount(nutrient: str, value: float) -> str:
    """An amount with its unit, "12.5 g"; with as many digits as a label has."""
    unit = NUTRIENTS[nutrient].unit
    nothing = round(value, 2) == 0
    digits = 0 if nothing or abs(value) >= 100 or unit in ("kJ", "kcal") else 2 if abs(value) < 1 else 1
    return f"{locales.number(value, digits)} {unit}"


def difference(nutrient: str, value: float) -> str:
    """An amount that is a difference, "+12.5 g"; "±0 g" where it would be written as nothing."""
    return locales.signed(value, partial(amount, nutrient))


def label(nutrient: str) -> str:
    """A nutrient in the reader's language."""
    return _(NUTRIENTS[nutrient].label)


def level_name(level: str) -> str:
    """A traffic light in the reader's language."""
    return _(LEVELS[level])


def against(found: pd.DataFrame, name: str, category: str, liquid: bool) -> go.Figure:
    """A product against the medians of its category: a bar a nutrient (see `models.explore.food.against`)."""
    shown = found.drop(index="energy_kj", errors="ignore")
    change, share = shown["change"].to_numpy(float), shown["share"].fillna(0).to_numpy(float)
    ends = np.clip(change, -1.0, FAR)
    better = [_better(*one) for one in zip(shown.index, change, share, strict=True)]
    title, words = _("No amounts to compare with {category}"), {"category": category}
    if len(shown):
        # What matters most in a day, of what can be good or bad; 0.02 g of salt do not, however few the others have.
        far = int(np.argmax(np.where([one is None for one in better], -1.0, share)))
        nutrient = str(shown.index[far])
        mine, median = (amount(nutrient, shown[column].iloc[far]) for column in ("amount", "median"))
        more = _("{nutrient}: {amount}, where half of {category} have less than {median}")
        less = _("{nutrient}: {amount}, where half of {category} have more than {median}")
        none = _("{nutrient}: {amount}, where half of {category} have none")
        more = none if median == amount(nutrient, 0.0) else more
        same = _("{name} is typical of {category}: nothing differs by {least} of a day’s intake in {unit}")
        title = same if better[far] is None else more if change[far] > 0 else less
        words |= {"name": short(name, TITLE), "nutrient": label(nutrient), "amount": mine, "median": median}
        words |= {"least": locales.percent(NOTABLE), "unit": "100 ml" if liquid else "100 g"}
    at = np.arange(len(shown))
    ticks = [-1.0, 0.0, 1.0, 2.0]
    figure = theme.figure(
        title.format(**words),
        x=_("Against the median, in 100 ml") if liquid else _("Against the median, in 100 g"),
        height=110 + 32 * len(shown),
        xaxis={
            "tickvals": ticks,
            "ticktext": [_signed(tick) for tick in ticks],
            "range": [-1.1, FAR + 1.2],
            "zeroline": True,
        },
        yaxis={
            "tickvals": at,
            "ticktext": [label(one) for one in shown.index],
            "range": [max(len(shown), 1) - 0.5, -0.5],
        },
        barmode="overlay",
    )
    sentence = _(
        "{name} has {amount} of {nutrient}; the median of {count} products is {median}, half are within {q1} to {q3}"
    )
    for kind, colour, legend in (
        (True, theme.STAY, _("Healthier")),
        (False, theme.LEAVE, _("Less healthy")),
        (None, theme.NEUTRAL, _("Neutral")),
    ):
        here = [place for place, one in enumerate(better) if one is kind]
        if not here:
            continue
        rows = shown.iloc[here]
        figure.add_trace(
            go.Bar(
                y=at[here],
                x=ends[here],
                width=0.8,  # plotly would make the bars of few, far apart, wide
                orientation="h",
                name=legend,
                marker={"color": colour, "pattern": {"shape": "/" if kind is False else ""}},
                hoverinfo="text",
                hovertext=[
                    sentence.format(
                        name=theme.plain(name),
                        nutrient=label(nutrient),
                        count=locales.number(row.products),
                        amount=amount(nutrient, row.amount),
                        median=amount(nutrient, row.median),
                        q1=amount(nutrient, row.q1),
                        q3=amount(nutrient, row.q3),
                    )
                    for nutrient, row in zip(rows.index, rows.itertuples(), strict=True)
                ],
            )
        )
    # Right of the bars, also of negative ones, left of which are the names of the axis.
    figure.add_trace(_written_right(at, np.maximum(ends, 0.0), [_signed(one) for one in change]))
    return figure


def _written_right(at: np.ndarray, beginning: np.ndarray, texts: list[str]) -> go.Scatter:
    """Texts that begin at these places."""
    return go.Scatter(
        x=beginning,
        y=at,
        text=[f" {text}" for text in texts],
        mode="text",
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )


def _better(nutrient: str, change: float, share: float) -> bool | None:
    wish = NUTRIENTS[nutrient].better
    return None if wish is None or share < NOTABLE else bool(change < 0) == (wish == "less")


def _signed(change: float) -> str:
    if not np.isfinite(change):
        return _("median 0")
    return locales.signed(change, locales.percent)


def grades(counts: pd.Series, category: str) -> go.Figure:
    """How many products of a category have each Nutri-Score (see `models.explore.food.grades`)."""
    known, poor = int(counts.drop("").sum()), int(counts[["d", "e"]].sum())
    title = (
        _("No product has a Nutri-Score") if not known else _("{count} of {all} products with a Nutri-Score are D or E")
    )
    names = [*(letter.upper() for letter in "abcde"), _("Not known")]
    figure = theme.figure(
        title.format(count=locales.number(poor), all=locales.number(known)),
        x=_("Nutri-Score"),
        y=_("Products"),
        xaxis={"tickvals": list(range(6)), "ticktext": names},
        yaxis={**theme.number_axis(np.array([0.0, max(float(counts.max()), 4.0)])), "rangemode": "tozero"},
        showlegend=False,
    )
    figure.add_trace(
        go.Bar(
            x=list(range(6)),
            y=counts.to_numpy(),
            marker={"color": [*GRADED.values(), theme.NEUTRAL]},
            text=[locales.number(count) for count in counts],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="text",
            hovertext=[
                ngettext(
                    "{count} product of {category} has Nutri-Score {grade}",
                    "{count} products of {category} have Nutri-Score {grade}",
                    int(count),
                ).format(count=locales.number(count), category=theme.plain(category), grade=name)
                for name, count in zip(names, counts, strict=True)
            ],
        )
    )
    return figure


def brands(table: pd.DataFrame, nutrient: str, liquid: bool) -> go.Figure:
    """Every product's amount of a nutrient by brand, with the brand's median (see `models.explore.food.by_brand`)."""
    order = list(dict.fromkeys(table["brand"]))
    middle = table.groupby("brand")["median"].first()
    title = _("Only one brand states {nutrient}").format(nutrient=label(nutrient))
    if len(order) > 1:
        least, most = (amount(nutrient, middle[order[end]]) for end in (0, -1))
        apart = _("{nutrient}: {low} is lowest with a median of {least}, {high} highest with {most}")
        title = (_("{nutrient}: every brand has a median of {least}") if least == most else apart).format(
            nutrient=label(nutrient), low=order[0], high=order[-1], least=least, most=most
        )
    unit = NUTRIENTS[nutrient].unit
    top = max(float(table["amount"].max()), 0.1)
    figure = theme.figure(
        title,
        x=(_("{nutrient} ({unit} in 100 ml)") if liquid else _("{nutrient} ({unit} in 100 g)")).format(
            nutrient=label(nutrient), unit=unit
        ),
        height=max(theme.HEIGHT, 110 + 30 * len(order)),  # beside another figure
        xaxis={**theme.number_axis(np.array([0.0, top])), "range": [-0.03 * top, 1.06 * top]},
        yaxis={
            "tickvals": list(range(len(order))),
            "ticktext": [theme.plain(short(brand, 22)) for brand in order],
            "autorange": "reversed",
        },
        hovermode="closest",
    )
    place = {brand: number for number, brand in enumerate(order)}
    one, half = _("{name} ({brand}): {amount}"), _("{brand}: median {amount}")
    figure.add_trace(
        go.Scatter(
            x=table["amount"].to_numpy(),
            y=[place[brand] for brand in table["brand"]],
            mode="markers",
            name=_("One product"),
            marker={"color": theme.faded(theme.STAY, 0.65), "size": 9},
            hoverinfo="text",
            hovertext=[
                one.format(
                    name=theme.plain(row.name_), brand=theme.plain(row.brand), amount=amount(nutrient, row.amount)
                )
                for row in table.rename(columns={"name": "name_"}).itertuples()
            ],
        )
    )
    figure.add_trace(
        go.Scatter(
            x=middle[order].to_numpy(),
            y=list(range(len(order))),
            mode="markers",
            name=_("Median of the brand"),
            marker={"color": theme.LEAVE, "symbol": "line-ns", "size": 18, "line": {"width": 3, "color": theme.LEAVE}},
            hoverinfo="text",
            hovertext=[
                half.format(brand=theme.plain(brand), amount=amount(nutrient, middle[brand])) for brand in order
            ],
        )
    )
    return figure


def compared(
    values: pd.Series, names: Mapping[str, str], nutrient: str, how: str, per: str, levels: pd.Series
) -> go.Figure:
    """One nutrient of several products: `values` by code (amounts, or differences), a bar each under its name.

    `per` says of how much, "100 g". `levels` gives the traffic light of each code, "" where it has none.
    """
    known = values.dropna()
    wish = NUTRIENTS[nutrient].better
    title = _("No product states {nutrient}").format(nutrient=label(nutrient))
    if len(known):
        least, most = str(known.idxmin()), str(known.idxmax())
        if len(known) > 1 and known.max() - known.min() < 1e-9:
            sentence = _("{nutrient}: no difference between these products")
        elif how == "absolute" and len(known) > 1:
            sentence = _("{nutrient}: {low} has least, {least}; {high} has most, {most}")
        elif how == "absolute":
            sentence = _("{nutrient}: {low} has {least}")
        elif how == "first":
            sentence = _("{nutrient} against the first product: from {least} ({low}) to {most} ({high})")
        else:
            sentence = (
                _("{nutrient} against the best product: up to {most} more ({high})")
                if wish != "more"
                else _("{nutrient} against the best product: up to {less} less ({low})")
            )
        title = sentence.format(
            nutrient=label(nutrient),
            low=short(names[least], TITLE),
            high=short(names[most], TITLE),
            least=difference(nutrient, known.min()) if how == "first" else amount(nutrient, known.min()),
            most=difference(nutrient, known.max()) if how == "first" else amount(nutrient, known.max()),
            less=amount(nutrient, abs(known.min())),
        )
    at = np.arange(len(values))
    low, high = min(0.0, float(np.nanmin([*known, 0.0]))), max(0.0, float(np.nanmax([*known, 0.0])))
    span = (high - low) or 1.0
    figure = theme.figure(
        title,
        x=_("{unit} in {per}").format(unit=NUTRIENTS[nutrient].unit, per=per),
        height=90 + 48 * len(values),
        xaxis={
            **theme.number_axis(np.array([low, low + 2 * span])),  # few ticks, for narrow figures
            "range": [low - 0.01 * span, high + 0.3 * span],
            "zeroline": True,
        },
        yaxis={"visible": False, "range": [len(values) - 0.4, -0.6]},
        showlegend=False,
    )
    sentence = (
        _("{name}: {amount} of {nutrient} in {per}")
        if how == "absolute"
        else _("{name}: {amount} of {nutrient} in {per}, as a difference")
    )
    texts, colours = [], []
    for code, value in values.items():
        level = levels.get(code, "") if how == "absolute" and value == value else ""
        written = amount(nutrient, value) if how == "absolute" else difference(nutrient, value)
        texts.append(_("not known") if value != value else f"{written} {MARKS[level]}" if level else written)
        better = value <= 0 if wish == "less" else value >= 0
        colour = theme.NEUTRAL if wish is None else theme.STAY if better else theme.LEAVE
        colours.append(COLOURS[level] if level else theme.STAY if how == "absolute" else colour)
    figure.add_trace(
        go.Bar(
            y=at + 0.12,
            x=values.fillna(0).to_numpy(),
            width=0.46,
            orientation="h",
            marker={"color": colours},
            hoverinfo="text",
            hovertext=[
                sentence.format(name=theme.plain(names[str(code)]), amount=text, nutrient=label(nutrient), per=per)
                for code, text in zip(values.index, texts, strict=True)
            ],
        )
    )
    figure.add_trace(_written_right(at + 0.12, np.maximum(values.fillna(0).to_numpy(float), 0.0), texts))
    # Names are above their bars, where also long ones have room.
    called = [theme.plain(short(names[str(code)], NAME)) for code in values.index]
    figure.add_trace(_written_right(at - 0.28, np.full(len(at), low), called))
    return figure


def intake(totals: pd.DataFrame, days: float) -> go.Figure:
    """A basket against the reference intake of so many days (see `models.explore.food.basket`): a bar a nutrient."""
    shown = totals[totals["share"].notna()].drop(index="energy_kj", errors="ignore")
    shares = shown["share"].to_numpy(float) / days
    figure_title = _("Nothing in the basket has an amount to add")
    if len(shown):
        most = int(np.argmax(shares))
        sentence = _("{nutrient}: {share} of a day’s intake, the highest share of all")
        figure_title = sentence.format(nutrient=label(str(shown.index[most])), share=locales.percent(shares[most]))
    top = max(1.1, 1.15 * float(shares.max())) if len(shown) else 1.1
    step = next(step for step in (0.25, 0.5, 1, 2, 5, 10, 50, 1e6) if top / step <= 7)
    ticks = np.arange(0, top, step)
    figure = theme.figure(
        figure_title,
        x=_("Share of a day’s intake"),
        height=100 + 32 * max(len(shown), 1),
        xaxis={"tickvals": ticks, "ticktext": [locales.percent(tick) for tick in ticks], "range": [0, top]},
        yaxis={
            "tickvals": np.arange(len(shown)),
            "ticktext": [label(one) for one in shown.index],
            "autorange": "reversed",
        },
        shapes=[theme.upright(1)],
        showlegend=False,
    )
    sentence = _("{amount} of {nutrient}, {share} of the reference intake")
    figure.add_trace(
        go.Bar(
            y=np.arange(len(shown)),
            x=shares,
            orientation="h",
            marker={"color": [theme.LEAVE if share > 1 else theme.STAY for share in shares]},
            text=[locales.percent(share) for share in shares],
            textposition=["inside" if 0.8 < share < 1 else "outside" for share in shares],  # not across the line
            insidetextanchor="end",
            insidetextfont={"color": "white"},
            cliponaxis=False,
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    amount=amount(str(nutrient), row.amount),
                    nutrient=label(str(nutrient)),
                    share=locales.percent(share),
                )
                for nutrient, row, share in zip(shown.index, shown.itertuples(), shares, strict=True)
            ],
        )
    )
    return figure


def short(name: str, most: int) -> str:
    """A name of at most so many characters."""
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"
