"""What a plan would do to a forecast, without learning again: promotions, prices, closed days, events.

A price that falls by d sells (1 - d) ** -elasticity times as much of what it is put on, and less of what is bought
instead (see `switching`). What is known about the elasticities comes with intervals, and so does every uplift.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from models.forecast import source
from models.forecast.elasticity import FAR, Elasticity
from models.forecast.switching import corners

LIMITS = {"promotion": (0.0, 0.9), "price": (-0.9, 2.0), "closed": (0.0, 0.0), "event": (-1.0, 5.0)}  # of a size
MOVED_OVER = 7  # days after a closed one over which customers come instead


# The mean price and unit cost of the last `$days` days, the mean price of what was sold without a promotion, the
# category, and the share of its units, of everything or the `$value` of a part.
LATEST = """
    WITH latest AS (
        SELECT *, {category} AS range FROM sales WHERE line_type = 'sale' AND quantity > 0 AND timestamp >
        (SELECT max(timestamp) FROM sales WHERE line_type = 'sale'{where}) - to_days(CAST($days AS INTEGER))
    ), chosen AS (SELECT * FROM latest WHERE TRUE{where})
    SELECT sum(amount) / nullif(sum(quantity), 0) AS price,
           sum(amount) FILTER ({plain}) / nullif(sum(quantity) FILTER ({plain}), 0) AS listed,
           {cost} AS cost, max(range) AS category,
           sum(quantity) / (SELECT sum(quantity) FROM latest
                            WHERE range IS NOT DISTINCT FROM (SELECT max(range) FROM chosen)) AS weight
    FROM chosen
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
    """What plans add up to, a row a day: `units`, `revenue`, `margin` (NaN where costs are not known), the `least` and
    `most` that the revenue may be in the mean, and `lo`, `hi`, its 80 % band.

    `uplift` is the total against no plans, `uplift_lo` and `uplift_hi` its ends over the intervals of the elasticities,
    each as (units, revenue, margin). Where the data know no single elasticity (`known` is false), there is no single
    number either: the days that prices touch and `uplift` are NaN, and `least` and `most` differ.
    `bands` are the 80 % bands of the sums of (units, revenue, margin): the forecast's own futures, changed by the plans
    and summed, from the least to the most that may be true.
    `taken` is the share of the units added to a product that the others of its category lose, from and to; NaN where
    nothing is added or nothing is known of others.
    """

    frame: pd.DataFrame
    uplift: tuple[float, float, float]
    uplift_lo: tuple[float, float, float]
    uplift_hi: tuple[float, float, float]
    bands: tuple[tuple[float, float], ...]
    known: bool = True
    taken: tuple[float, float] = (np.nan, np.nan)


@dataclass(frozen=True)
class _Truth:
    """One set of elasticities that may be true: inside a range, of all of it, and what comes after a reduction."""

    own: float
    whole: float
    after: tuple[float, ...]


def latest(part: str | None, columns: dict[str, str]) -> str:
    """`LATEST` for a table with these columns. Raises ValueError for an unknown part."""
    return LATEST.format(
        cost="sum(quantity * unit_cost) / nullif(sum(quantity), 0)" if "unit_cost" in columns else "NULL::DOUBLE",
        category="category" if "category" in columns else "NULL",
        plain="coalesce(promotion, 0) = 0" if "promotion" in columns else "TRUE",
        where=source.only(part, columns),
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


def beyond(plans: Sequence[Plan], elasticity: Elasticity, weight: float = 1.0) -> list[Plan]:
    """The plans that change prices more than `FAR` times as much as the data have seen: nobody knows what they do.

    `weight` is the share of a range that is planned for, as for `outcome`.
    """
    whole = elasticity.whole if elasticity.whole is not None and not elasticity.whole.reason else None
    far = []
    for one in plans:
        if one.kind in ("promotion", "price"):
            change = float(np.log(_ratio(one)))
            reach = [(change, elasticity.seen)] + ([(change * one.share * weight, whole.seen)] if whole else [])
            end = 0 if change < 0 else 1
            if any(abs(size) > FAR * abs(np.log1p(seen[end])) + 1e-9 for size, seen in reach):
                far.append(one)
    return far


def promised(calendar: pd.DataFrame, dates: pd.DatetimeIndex) -> pd.Series:
    """The reductions of all prices that a calendar (`data.schemas.Calendar`) plans on some dates, 0 on the others."""
    if "promotion" not in calendar:
        return pd.Series(0.0, dates)
    days = calendar.drop_duplicates("date").set_index("date")["promotion"]
    return days.reindex(dates).fillna(0.0).astype(float)


def runs(depth: pd.Series) -> list[Plan]:
    """The promotions that reductions by day come to: one for the days in a row that have the same."""
    made = []
    for _run, days in depth.groupby((depth != depth.shift()).cumsum()):
        if days.iloc[0] > 0:
            made.append(Plan("promotion", days.index[0].date(), days.index[-1].date(), float(days.iloc[0])))
    return made


def on_top(plans: Sequence[Plan], depth: pd.Series) -> list[Plan]:
    """What plans are beside reductions by day that a forecast has in it: of a promotion only what is deeper than these,
    as promotions do not add up."""
    made = []
    for one in plans:
        days = depth[pd.Timestamp(one.start) : pd.Timestamp(one.end)]
        if one.kind != "promotion" or not days.any():
            made.append(one)
            continue
        deeper = (1 - (1 - one.size) / (1 - days)).clip(lower=0.0)
        made += [replace(run, share=one.share) for run in runs(deeper)]
    return made


def outcome(
    units: pd.DataFrame,
    price: float | np.ndarray,
    cost: float,
    plans: Sequence[Plan],
    elasticity: Elasticity,
    weight: float = 1.0,
    paths: np.ndarray | None = None,
    earned: tuple[pd.DataFrame, np.ndarray] | None = None,
) -> Outcome:
    """What `plans` do to a forecast of units (a `Forecast.frame`, a row a day) at a usual `price` (or that of each day)
    and unit `cost`.

    `paths` are its drawn `futures`, a row each; without any, sums have no band (NaN). `earned` are the frame and the
    futures of the same forecast of revenue, instead of the units at the price: what is paid for a unit varies too, so
    that its bands are wider. Of the margin's, that of a unit is taken for the same share of it as on average.

    `weight` is the share that the forecast has of the range inside which products are bought instead of each other: 1
    for all of it. Products of one range sell as `switching` says. Where several promotions touch the same day the same
    products are reduced first, by the largest: they do not add up. Where the elasticity has no interval, uplifts have
    none either (all three agree).
    """
    dates = pd.DatetimeIndex(units.index)
    if earned is not None:
        money = earned[0]["mean"].to_numpy(float)
        price = np.divide(money, units["mean"], out=np.full(len(money), price), where=units["mean"].to_numpy() > 0)
    truths = _truths(elasticity)
    found = [_factors(dates, units["mean"].to_numpy(float), plans, truth, weight) for truth in truths]
    whole = truths[0].whole
    single = np.isfinite(whole) and (np.isfinite(truths[0].own) or (weight == 1 and _all_of_it(plans)))
    mean = units["mean"].to_numpy(float)
    usual = _total(mean, np.ones_like(mean), price, cost)
    sums = np.stack([_total(mean * sold, paid, price, cost) - usual for sold, paid in found[1:]])
    touched = np.any([abs(sold - found[1][0]) > 1e-12 for sold, _paid in found[1:]], axis=0)
    known = bool(single or not touched.any())
    sold, paid = found[0] if known else found[1]
    middle = _total(mean * sold, paid, price, cost) - usual
    columns = {"units": mean * sold, "revenue": mean * sold * paid * price}
    columns["margin"] = columns["revenue"] - columns["units"] * cost
    frame = pd.DataFrame(columns, units.index)
    each = np.stack([sold * paid for sold, paid in ([(sold, paid)] if known else found[1:])])
    said = units.mul(price, axis=0) if earned is None else earned[0]
    for name, of, end in (("least", "mean", np.min), ("most", "mean", np.max), ("lo", "lo-80", np.min),
                          ("hi", "hi-80", np.max)):  # fmt: skip
        frame[name] = end(said[of].to_numpy(float) * each, axis=0)
    bands = _bands(paths, found[1:], price, cost)
    if earned is not None and usual[1] > 0:
        share = cost * usual[0] / usual[1]
        bands = (bands[0], *_bands(earned[1], found[1:], 1.0, share)[1:])
    if not known:
        frame.loc[touched, ["units", "revenue", "margin"]] = np.nan
        middle = np.full(3, np.nan)
    else:
        sums = np.vstack([sums, middle])
    taken = [_taken(mean, plans, dates, truth, weight) for truth in truths[1:]] if weight < 1 else [np.nan]
    lowest, highest = sums.min(axis=0), sums.max(axis=0)
    added, least, most = (_triple(one) for one in (middle, lowest, highest))
    return Outcome(frame, added, least, most, bands, known, (min(taken), max(taken)))


def _bands(
    paths: np.ndarray | None, found: list[tuple[np.ndarray, np.ndarray]], price: float | np.ndarray, cost: float
) -> tuple[tuple[float, float], ...]:
    """The ends of the 80 % bands of units, revenue and margin over all that may be true."""
    if paths is None:
        return ((np.nan, np.nan),) * 3
    each = np.stack([np.stack([sold, sold * paid * price, sold * (paid * price - cost)]) for sold, paid in found])
    ends = np.quantile(np.einsum("fd,tmd->tmf", paths, each), (0.1, 0.9), axis=2)  # (2, truths, 3)
    lo, hi = ends[0].min(axis=0), ends[1].max(axis=0)
    return tuple((float(least), float(most)) for least, most in zip(lo, hi, strict=True))


def _triple(three: np.ndarray) -> tuple[float, float, float]:
    return float(three[0]), float(three[1]), float(three[2])


def _truths(elasticity: Elasticity) -> list[_Truth]:
    """What may be true, the best guess first; then the corners of what is known."""
    best, *ends = corners(elasticity)
    sure = [week if week[2] < 0 else (0.0, 0.0, 0.0) for week in elasticity.after]  # else it cannot be told from none
    after, most, least = (tuple(week[end] for week in sure) for end in range(3))
    return [_Truth(*best, after), *(_Truth(*end, later) for end in ends for later in (least, most))]


def _ratio(one: Plan) -> float:
    return 1 - one.size if one.kind == "promotion" else 1 + one.size


def _all_of_it(plans: Sequence[Plan]) -> bool:
    return all(one.share == 1 for one in plans if one.kind in ("promotion", "price"))


def _during(one: Plan, dates: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray((dates >= pd.Timestamp(one.start)) & (dates <= pd.Timestamp(one.end)))


def _prices(here: Sequence[Plan]) -> list[tuple[float, float]]:
    """The shares of a range and the ratios of their prices to the usual ones, of the plans of one day.

    The largest change of each kind touches the first products of the range, so that they share products as far as
    they can.
    """
    kinds = [[one for one in here if one.kind == kind] for kind in ("promotion", "price")]
    cuts = sorted({0.0, 1.0, *(one.share for one in here)})
    parts = []
    for low, high in itertools.pairwise(cuts):
        ratio = 1.0
        for same in kinds:
            reaching = [one for one in same if one.share >= high]
            ratio *= _ratio(max(reaching, key=lambda one: abs(one.size))) if reaching else 1.0
        parts.append((high - low, ratio))
    return parts


def _demand(parts: list[tuple[float, float]], truth: _Truth, weight: float) -> tuple[float, float, float]:
    """Units over the usual ones, what is paid for one over the usual price, and units of the whole range likewise."""
    own = truth.own if np.isfinite(truth.own) else truth.whole
    attraction = sum(share * ratio**-own for share, ratio in parts)
    value = sum(share * ratio ** (1 - own) for share, ratio in parts)
    every = 1 - weight + weight * attraction
    power = truth.whole / own if own > 0 else 0.0
    return attraction * every ** (power - 1), value / attraction, every**power


def _factors(
    dates: pd.DatetimeIndex, mean: np.ndarray, plans: Sequence[Plan], truth: _Truth, weight: float
) -> tuple[np.ndarray, np.ndarray]:
    """Units a day over those without plans, and what is paid for one over the usual price."""
    sold, paid = np.ones(len(dates)), np.ones(len(dates))
    priced = [one for one in plans if one.kind in ("promotion", "price")]
    here = np.array([_during(one, dates) for one in priced]).reshape(len(priced), len(dates))
    for active in np.unique(here, axis=1).T:
        days = (here == active[:, None]).all(axis=0)
        parts = _prices([one for one, is_on in zip(priced, active, strict=True) if is_on])
        sold[days], paid[days], _every = _demand(parts, truth, weight)
    sold *= np.exp(_afterwards(dates, plans, truth))
    for one in plans:
        if one.kind == "event":
            sold[_during(one, dates)] *= 1 + one.size
    for one in plans:
        if one.kind == "closed":
            shut, end = _during(one, dates), pd.Timestamp(one.end)
            later = np.asarray((dates > end) & (dates <= end + pd.Timedelta(days=MOVED_OVER)))
            lost, room = (mean * sold)[shut].sum(), (mean * sold)[later].sum()
            sold[later] *= 1 + (one.share * lost / room if room > 0 else 0.0)
            sold[shut] = 0.0
    return sold, paid


def _afterwards(dates: pd.DatetimeIndex, plans: Sequence[Plan], truth: _Truth) -> np.ndarray:
    """The change (log) of units that promotions leave behind: the largest of them where they meet."""
    promotions = [one for one in plans if one.kind == "promotion"]
    change = np.zeros(len(dates))
    for one in promotions:
        for week, slope in enumerate(truth.after):
            start = pd.Timestamp(one.end) + pd.Timedelta(days=1 + 7 * week)
            days = np.asarray((dates >= start) & (dates < start + pd.Timedelta(days=7)))
            change[days] = np.minimum(change[days], slope * one.size * one.share)
    for one in promotions:
        change[_during(one, dates)] = 0.0
    return change


def _taken(mean: np.ndarray, plans: Sequence[Plan], dates: pd.DatetimeIndex, truth: _Truth, weight: float) -> float:
    """The share of the units that prices add to a product which the others of its range lose."""
    added = lost = 0.0
    priced = [one for one in plans if one.kind in ("promotion", "price")]
    for number, day in enumerate(dates):
        here = [one for one in priced if pd.Timestamp(one.start) <= day <= pd.Timestamp(one.end)]
        if here:
            sold, _paid, every = _demand(_prices(here), truth, weight)
            added += mean[number] * (sold - 1)
            lost += mean[number] * (sold - 1 - (every - 1) / weight)
    return lost / added if added else np.nan


def _total(sold: np.ndarray, paid: np.ndarray, price: float | np.ndarray, cost: float) -> np.ndarray:
    revenue = (sold * paid * price).sum()
    return np.array([sold.sum(), revenue, revenue - sold.sum() * cost])
