"""The key figures and figures of the sales overview."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

import locales
from charts.sales import overview as charts
from charts.sales import pareto
from models.sales import overview
from ui import cards
from ui.text import N_, _, is_dark

NO_PARTS = {
    "week": N_("The days cannot be split into trend and season: that takes four weeks with sales on most open days."),
    "year": N_("The weeks cannot be split into trend and season: that takes two years with sales in most weeks."),
}

NO_DAYS = N_(
    "These data are totals of weeks or months: days of the week are not known, and a season of the year takes two "
    "years of weeks."
)


def headline(
    now: pd.Series, earlier: overview.Goods | None, history: pd.DataFrame, compared: str, currency: str
) -> None:
    """The key figures that the data can give, each with the way it came here and its change."""
    written = {
        "revenue": (_("Revenue"), lambda value: locales.short_money(value, currency)),
        "orders": (_("Orders"), locales.number),
        "basket": (_("Basket"), lambda value: locales.money(value, currency, 2)),
        "customers": (_("Customers"), locales.number),
        "return_share": (_("Returned"), lambda value: locales.percent(value, 1)),
    }
    then = now * float("nan") if earlier is None else overview.measures(earlier).iloc[0]
    texts, trends = [], []
    for column, (title, write) in written.items():
        if column not in now or now[column] != now[column]:
            continue
        back = column == "return_share"
        known = then[column] == then[column]
        meaning = compared.format(value=write(then[column])) if known else _("nothing earlier to compare with")
        change = locales.points(now[column], then[column]) if back else locales.change(now[column], then[column])
        texts.append((title, write(now[column]), meaning))
        trends.append(cards.Trend(history[column].dropna().to_list(), change, "down" if back else "up"))
    cards.metrics(texts, trends)


def trend(
    days: pd.DataFrame,
    start: pd.Timestamp,
    end: pd.Timestamp,
    season: overview.Season,
    currency: str,
    by_day: bool = True,
) -> None:
    """Trend, season and rest of the days from `start` to `end`, and their calendar; of data that are totals of weeks or
    months (not `by_day`) these, and no season of the week."""
    whole, shown = overview.decompose(days, season) if by_day or season == "year" else None, days[start:end]
    if whole is None:
        st.info(_(NO_PARTS[season] if by_day else NO_DAYS))
    elif len(parts := whole[start:end]):
        table = parts.reset_index(names="day")
        cards.figure(charts.trend(parts, season, currency), "sales_trend", table)
        with st.grid("auto", min_column_width=400):
            profile = charts.season_of_week if season == "week" else charts.season_of_year
            sure = overview.by_chance(whole if season == "year" else parts, season)
            cards.figure(profile(parts, currency, sure), "sales_season", table)
            cards.figure(charts.rest(parts, season, currency), "sales_rest", table)
    if by_day:
        cards.figure(charts.calendar(shown, currency, is_dark()), "sales_calendar", shown.reset_index())
    elif len(known := shown[shown["is_open"]]):
        cards.figure(charts.totals(known["revenue"], currency), "sales_totals", known.reset_index())


def best(column: str, shown: overview.Goods, name: Callable[[str, str], str], currency: str) -> None:
    """Who or what makes the most of the revenue; of many levels the whole curve as well."""
    ranked = overview.pareto(shown, column)
    if ranked.empty:
        return
    ranked.insert(1, "name", [name(column, level) for level in ranked["level"]])
    cards.figure(pareto.pareto(ranked, column, currency), f"sales_by_{column}", ranked)
    if len(ranked) > pareto.MAX_BARS:
        cards.figure(pareto.concentration(ranked, column), f"sales_share_by_{column}", ranked)
