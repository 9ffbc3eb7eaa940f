"""The key figures of the sales overview."""

import pandas as pd

import locales
from models.sales import overview
from ui import cards
from ui.text import _


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
