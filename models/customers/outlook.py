"""What the customers of some segments will bring in: what those who were in them at past days brought in after them.

The past of those who are in a segment today says little of what comes: who is a champion is one because they bought
lately, who is lost because they did not. So the segments are scored anew at past days, with what was known then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from locales import N_
from models.customers import rfm
from models.customers.rfm import Purchases
from models.statistics import CannotTell

MIN_PAST, MAX_PAST = 5, 8  # past days to stand on
LEARNED = 182  # days before the first of them, from which segments mean something


@dataclass(frozen=True)
class Outlook:
    """`past` has a row a past day (`day`): `customers` then in the segments, and the `share` of the revenue of the
    `days` after it that they brought in. `share` is that of the next such days, with `lo` and `hi` (80 %); so many
    `customers` are in the segments today."""

    past: pd.DataFrame
    days: int
    share: float
    lo: float
    hi: float
    customers: int


def outlook(bought: Purchases, revenue: np.ndarray, wanted: Sequence[str], days: int) -> Outlook:
    """The share of all revenue that those in the segments `wanted` bring in in the next so many days.

    `revenue` is that of every day of `bought.days`, also of customers not known. The past days lie `days` apart, so
    that nothing is counted twice. Of the last `MAX_PAST` a straight line is continued, as segments grow with a shop
    that forgets nobody; the interval is that of its next point (Student's t). Raises CannotTell where there are fewer
    than `MIN_PAST`.
    """
    from scipy.special import stdtrit

    last = len(bought.days) - 1
    origins = [last - days * back for back in range(MAX_PAST, 0, -1)]
    rows = []
    for origin in (one for one in origins if one >= LEARNED):
        scored = rfm.score(rfm.until(bought, origin))
        inside = np.zeros(len(bought.customers), bool)
        inside[scored.index[scored["segment"].isin(wanted)]] = True
        after = bought.visits[bought.visits["day"].between(origin + 1, origin + days)]
        theirs = float(after["revenue"].to_numpy()[inside[after["customer"].to_numpy()]].sum())
        total = float(revenue[origin + 1 : origin + days + 1].sum())
        if total > 0:
            rows.append((bought.days[origin], int(inside.sum()), theirs / total))
    if len(rows) < MIN_PAST:
        raise CannotTell(
            N_(
                "What customers of a segment bring in later takes half a year of sales and {least} times the days "
                "ahead: choose fewer days, or everything."
            ),
            least=MIN_PAST,
        )
    past = pd.DataFrame(rows, columns=["day", "customers", "share"])
    count, share = len(past), past["share"].to_numpy()
    at = np.arange(count) - (count - 1) / 2
    slope, ahead = float(at @ share / (at @ at)), at[-1] + 1
    off = share - share.mean() - slope * at
    mean = float(share.mean() + slope * ahead)
    spread = np.sqrt(off @ off / (count - 2) * (1 + 1 / count + ahead**2 / (at @ at)))
    wide = float(stdtrit(count - 2, 0.9) * spread)
    now = rfm.score(bought)["segment"].isin(wanted)
    return Outlook(past, days, float(np.clip(mean, 0, 1)), mean - wide, mean + wide, int(now.sum()))


def of_total(found: Outlook, total: float, lo: float, hi: float) -> tuple[float, float, float]:
    """The share of a forecast `total` and its 80 % interval, in money: how far both may be off by themselves adds up in
    squares (of two errors that have nothing to do with each other, Goodman 1960, JASA 55, 708-713)."""
    mean = found.share * total
    below = np.hypot((found.share - found.lo) * total, found.share * (total - lo))
    above = np.hypot((found.hi - found.share) * total, found.share * (hi - total))
    return mean, mean - float(below), mean + float(above)
