"""What a plan would do to a forecast, without learning again: promotions, prices, closed days, events.

A price that falls by d sells (1 - d) ** -elasticity times as much of what it is put on. What is known about the
elasticity comes with an interval, and so does every uplift.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from models.forecast.elasticity import Elasticity
from models.forecast.source import PARTS

LIMITS = {"promotion": (0.0, 0.9), "price": (-0.9, 2.0), "closed": (0.0, 0.0), "event": (-1.0, 5.0)}  # of a size
MOVED_OVER = 7  # days after a closed one over which customers come instead


# The mean price and unit cost of the last `$days` days, and the category, of everything or the `$value` of a part.
LATEST = """
    SELECT sum(amount) / nullif(sum(quantity), 0) AS price, {cost} AS cost, {category} AS category
    FROM sales WHERE line_type = 'sale' AND quantity > 0{where}
    AND timestamp > (SELECT max(timestamp) FROM sales WHERE line_type = 'sale'{where}) - to_days(CAST($days AS INTEGER))
"""


@dataclass(frozen=True)
class Plan:
    """One thing that is planned, from `start` to `end`, both included.

    `kind` is "promotion" (`size` off the price, on the `share` of the range), "price" (up by `size`, below zero
    down), "closed" (`share` of the customers come in the week after) or "event" (`size` more than usual).
    """

    kind: str
    start: date
    end: date
    size: float = 0.0
    share: float = 1.0

    def text(self) -> str:
        """The plan as a short text, for a URL; `plan` reads it."""
        return f"{self.kind}_{self.start}_{self.end}_{self.size * 100:g}_{self.share * 100:g}"


@dataclass(frozen=True)
class Outcome:
    """What plans add up to, a row a day: `units`, `revenue`, `margin` (NaN where costs are not known), and `lo`, `hi`,
    the 80 % band of the revenue.

    `uplift` is the total against no plans, `uplift_lo` and `uplift_hi` its ends over the interval of the elasticity,
    each as (units, revenue, margin).
    """

    frame: pd.DataFrame
    uplift: tuple[float, float, float]
    uplift_lo: tuple[float, float, float]
    uplift_hi: tuple[float, float, float]


def latest(part: str | None, columns: dict[str, str]) -> str:
    """`LATEST` for a table with these columns. Raises ValueError for an unknown part."""
    if part is not None and part not in PARTS:
        raise ValueError(f"{part} is no part of sales")
    return LATEST.format(
        cost="sum(quantity * unit_cost) / nullif(sum(quantity), 0)" if "unit_cost" in columns else "NULL::DOUBLE",
        category="max(category)" if "category" in columns else "NULL",
        where=f" AND {part} = $value" if part else "",
    )


def plan(text: str) -> Plan | None:
    """A plan from its text; None where it is none."""
    try:
        kind, start, end, size, share = text.split("_")
        made = Plan(kind, date.fromisoformat(start), date.fromisoformat(end), float(size) / 100, float(share) / 100)
    except ValueError:
        return None
    low, high = LIMITS.get(kind, (1.0, 0.0))
    return made if low <= made.size <= high and 0 <= made.share <= 1 and made.start <= made.end else None


def outcome(units: pd.DataFrame, price: float, cost: float, plans: Sequence[Plan], elasticity: Elasticity) -> Outcome:
    """What `plans` do to a forecast of units (a `Forecast.frame`, a row a day) at a usual `price` and unit `cost`.

    Where the elasticity has no interval, uplifts have none either (all three agree).
    """
    at = [_units_revenue(units["mean"], plans, e) for e in (elasticity.value, elasticity.lo, elasticity.hi)]
    usual = _units_revenue(units["mean"], [], elasticity.value)
    sums = [_total(one, price, cost) - _total(usual, price, cost) for one in at]
    ends = np.sort(np.stack(sums), axis=0)
    sold, paid = at[0]
    frame = pd.DataFrame({"units": sold, "revenue": paid * price, "margin": paid * price - sold * cost}, units.index)
    changed = np.divide(paid, units["mean"], out=np.zeros(len(paid)), where=units["mean"].to_numpy() != 0)
    frame["lo"], frame["hi"] = (units[end].to_numpy() * changed * price for end in ("lo-80", "hi-80"))
    usual_units, lowest, highest = (tuple(float(part) for part in one) for one in (sums[0], ends[0], ends[-1]))
    return Outcome(frame, usual_units, lowest, highest)  # type: ignore[arg-type]


def _units_revenue(mean: pd.Series, plans: Sequence[Plan], elasticity: float) -> tuple[np.ndarray, np.ndarray]:
    """Units a day with the plans, and what is paid for them in units of the usual price."""
    days = pd.DatetimeIndex(mean.index)
    sold, price = np.ones(len(days)), np.ones(len(days))
    for one in plans:
        here = (days >= pd.Timestamp(one.start)) & (days <= pd.Timestamp(one.end))
        if one.kind == "event":
            sold[here] *= 1 + one.size
        elif one.kind in ("promotion", "price"):
            ratio = 1 - one.size if one.kind == "promotion" else 1 + one.size
            more = 1 - one.share + one.share * ratio**-elasticity
            paid = 1 - one.share + one.share * ratio ** (1 - elasticity)
            sold[here] *= more
            price[here] *= paid / more
    units = mean.to_numpy(float) * sold
    for one in plans:
        if one.kind == "closed":
            here = (days >= pd.Timestamp(one.start)) & (days <= pd.Timestamp(one.end))
            later = (days > pd.Timestamp(one.end)) & (units > 0)
            later &= days <= pd.Timestamp(one.end) + pd.Timedelta(days=MOVED_OVER)
            if later.any():
                units[later] += one.share * units[here].sum() * units[later] / units[later].sum()
            units[here] = 0.0
    return units, units * price


def _total(sold_paid: tuple[np.ndarray, np.ndarray], price: float, cost: float) -> np.ndarray:
    sold, paid = sold_paid
    return np.array([sold.sum(), (paid * price).sum(), (paid * price - sold * cost).sum()])
