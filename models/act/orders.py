"""Orders to suppliers: what is drafted from the stock, at which prices, what a budget leaves, and why each line.

wanted(found)                        # reorder points that are never below the forecast
drafts(table, listed, day, ...)      # one draft a supplier
prices(listed, day, supplier, ...)   # what a supplier asks now
why(facts)                           # the reason of a line, as a sentence
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

import locales
from locales import _
from models.stock.reorder import Service
from models.stock.supply import price_list

CENT, SAME = 0.005, 0.001  # of money; of a price, within which it is the same (screws cost less than a cent)
FACTS = ("on_hand", "on_order", "expected", "reorder_point", "risk", "service", "pack", "joined", "raised", "filled",
         "below")  # fmt: skip  # of `models.stock.ordering.orders`


@dataclass(frozen=True)
class Draft:
    """An order to one supplier. `lines` has a row a product: product, name, quantity, unit_cost, value, stake and
    `facts`, that say why; the most margin at risk first. `least` is the money from which on it delivers."""

    supplier: str
    lines: pd.DataFrame
    least: float

    @property
    def value(self) -> float:
        """What it costs."""
        return float(self.lines["value"].sum())


@dataclass(frozen=True)
class Drafts:
    """The drafts, the most margin at risk first; the lines that a budget `left` out; and those that `nobody` is known
    to supply."""

    found: tuple[Draft, ...]
    left: pd.DataFrame
    nobody: pd.DataFrame

    @property
    def needed(self) -> set[str]:
        """The suppliers of whom anything is needed, whatever the budget."""
        return {one.supplier for one in self.found} | set(self.left["supplier"])


def wanted(found: Service) -> Service:
    """The reorder points, where they are lower raised to the units forecast until a delivery of the next order comes.

    A product that rarely sells may have a reorder point below its forecast: its mean is above most of what may come.
    """
    return replace(found, point=np.maximum(found.point, np.rint(found.expected)[:, None]))


def drafts(
    table: pd.DataFrame,
    listed: pd.DataFrame | None,
    day: pd.Timestamp,
    least: Mapping[str, float],
    budget: float = 0.0,
) -> Drafts:
    """One draft for each supplier of whom `table` (see `models.stock.ordering.orders`) orders anything.

    `listed` are prices of suppliers (`data.schemas.SupplierPrices`), `least` the money from which on each delivers,
    `budget` what all may cost (0: no limit).
    """
    due = table[table["quantity"] > 0]
    lines = due[["product", "name", "supplier", "quantity", "stake"]].reset_index(drop=True)
    lines["facts"] = [{name: _fact(row[name]) for name in FACTS} for row in due.to_dict("records")]
    lines["unit_cost"] = due["cost"].to_numpy(float)
    for supplier, some in lines.groupby("supplier"):
        asked = prices(listed, day, str(supplier), some["product"], some["quantity"].to_numpy(float))
        lines.loc[some.index, "unit_cost"] = np.where(np.isnan(asked), some["unit_cost"], asked)
    lines["value"] = lines["quantity"] * lines["unit_cost"]
    ranked = lines.sort_values(["stake", "value", "product"], ascending=[False, True, True], ignore_index=True)
    known = ranked["supplier"].notna()
    bought = within(ranked[known], least, budget) if budget else ranked.index[known]
    found = [
        Draft(str(name), some.drop(columns="supplier").reset_index(drop=True), float(least.get(str(name), 0.0)))
        for name, some in ranked.loc[bought].groupby("supplier", sort=False)
    ]
    found.sort(key=lambda one: (-one.lines["stake"].sum(), one.supplier))
    return Drafts(tuple(found), ranked[known & ~ranked.index.isin(bought)], ranked[~known])


def _fact(value: Any) -> Any:
    return bool(value) if isinstance(value, bool | np.bool_) else float(value)


def within(ranked: pd.DataFrame, least: Mapping[str, float], budget: float) -> pd.Index:
    """The lines that are bought with so much money, of lines with the most margin at risk first.

    A supplier that delivers only from an amount on is worth its first lines that reach it, together; then each line is
    weighed on its own. What does not fit any more is left out, and what is smaller may still fit.
    """
    offers: list[tuple[float, float, pd.Index]] = []
    for name, some in ranked.groupby("supplier", sort=False):
        reached = int((some["value"].cumsum() < least.get(str(name), 0.0)).sum()) + 1
        first = some.index[:reached]
        offers.append((float(some.loc[first, "stake"].sum()), float(some.loc[first, "value"].sum()), first))
        for place in some.index[reached:]:
            offers.append((float(some.at[place, "stake"]), float(some.at[place, "value"]), pd.Index([place])))
    offers.sort(key=lambda offer: -offer[0])
    left, bought, opened = budget, list[int](), set[str]()
    for _stake, value, places in offers:
        supplier = str(ranked.at[places[0], "supplier"])
        starts = places[0] == ranked.index[ranked["supplier"] == supplier][0]
        if value <= left + CENT and (starts or supplier in opened):
            left -= value
            opened.add(supplier)
            bought.extend(places)
    return pd.Index(sorted(bought), dtype=ranked.index.dtype)


def prices(
    listed: pd.DataFrame | None, day: pd.Timestamp, supplier: str, products: Sequence[str], quantity: np.ndarray
) -> np.ndarray:
    """What a unit of each product costs in an order of these quantities, by the supplier's list of the day, or where it
    lists none by that of whoever does; NaN where nobody lists it."""
    found = np.full(len(quantity), np.nan)
    if listed is None:
        return found
    some = listed[listed["product"].isin(products)]
    own = some["supplier"].eq(supplier)
    latest = price_list(some[own], day)
    others = some[~own & ~some["product"].isin(latest["product"])]
    breaks = dict(tuple(pd.concat([latest, price_list(others, day)]).groupby("product")))
    for place, product in enumerate(products):
        if product in breaks:
            steps = breaks[product]
            reached = steps["unit_cost"][steps["from_quantity"] <= quantity[place]]
            found[place] = reached.iloc[-1] if len(reached) else steps["unit_cost"].iloc[0]
    return found


def repriced(lines: pd.DataFrame, listed: pd.DataFrame | None, day: pd.Timestamp, supplier: str) -> dict[str, float]:
    """The products of an order (rows of `state.order_lines`) whose price is not what it was drafted with, and what it
    is now."""
    some = lines[lines["quantity"] > 0]
    asked = prices(listed, day, supplier, list(some["product"]), some["quantity"].to_numpy(float))
    drafted = some["unit_cost"].to_numpy(float)
    off = np.abs(asked - drafted) > np.minimum(CENT, SAME * drafted)
    return {str(name): float(cost) for name, cost in zip(some["product"][off], asked[off], strict=True)}


def why(facts: Mapping[str, Any]) -> str:
    """The reason of a line in the reader's language."""
    position = facts["on_hand"] + facts["on_order"]
    if facts["on_hand"] == 0:
        text = _("sold out, and {on_order} under way")
    elif facts["joined"]:
        text = _("due soon, goes with an order of its supplier")
    elif position < facts["expected"]:
        text = _("{position} on hand and under way; {expected} will sell before an order of the next look comes")
    else:
        text = _("{position} on hand and under way, order at {reorder_point}")
    if facts["raised"]:
        text += "; " + _("raised to the minimum of a line")
    if facts["filled"]:
        text += "; " + _("more, so that its supplier delivers")
    if facts["below"]:
        text += "; " + _("the order is below what its supplier delivers for")
    return text.format(
        on_order=locales.number(facts["on_order"]),
        position=locales.number(position),
        expected=locales.number(facts["expected"]),
        reorder_point=locales.number(facts["reorder_point"]),
    )
