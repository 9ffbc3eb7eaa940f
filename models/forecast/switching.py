"""What a price does to everything at once, apart from what products take from each other.

Products of one range are bought instead of each other: with attractions a and prices r (over the usual ones), a
product sells a r^-own / A of what the range sells, where A is the mean of r^-own, weighted by the usual units, and the
range sells A^(whole / own) times as much as usual (constant elasticity of substitution; Anderson, de Palma and Thisse
1992). A fall of one price among many so wins r^-own of that product, and r^-whole in all where every price falls.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from locales import N_
from models.forecast.elasticity import (
    LEAST_CHANGE,
    MIN_PRODUCTS,
    STEEPEST,
    WIDEST,
    Elasticity,
    Weeks,
    between,
    elasticity,
    haggled,
    poisson,
    quantile,
    weeks_of,
)

SHORTEST = 40  # weeks from which a range has a course of its own
MOVES = 4  # times the prices of everything together have to change
TWICE = 104  # weeks from which every time of the year was there twice
YEAR = 365.25 / 7
WAVES = 2  # of a year, taken out in any case
AT_SEASON = 0.25  # share of the moves of prices at times of the year from which one year cannot part them
BOUND = 1.5  # times the interval of one product's elasticity, so that it surely bounds that of all
OUTLYING = 4.0  # standard deviations off what the other weeks say
# Variances against that of a week's noise: of a noise that lasts weeks, of a level that wanders, of a yearly course.
LASTING, WANDERING, YEARLY = (0.0, 0.5, 2.0), (0.0, 0.5, 4.0), (0.0, 1.0, 8.0)


@dataclass(frozen=True)
class Course:
    """A range by week: log of the `units` over what its products usually sell, log `price` of all of it, and of the
    other ranges of the shop that of them (`beside`; zero where there are none)."""

    units: np.ndarray
    price: np.ndarray
    weeks: pd.DatetimeIndex
    beside: np.ndarray


def elasticities(sold: pd.DataFrame) -> dict[str, Elasticity]:
    """The elasticity of everything ("") and of each category, with that of all its products at once (`whole`), from
    what `elasticity.WEEKLY` answers."""
    known = {"": together(sold)}
    beside = _beside(sold, known[""])
    return known | {str(name): together(part, beside.get(str(name))) for name, part in sold.groupby("category")}


def together(sold: pd.DataFrame, beside: pd.Series | None = None) -> Elasticity:
    """The elasticity of some products apart (see `elasticity`), and of all of them at once as `whole`: where the price
    of what is sold `beside` them (log, by week) stays as it is.

    The log of all units of a week on the log of their price, beside a yearly course, a level that wanders and a noise
    that lasts; how large these are is averaged by their likelihood (a structural time series; Harvey 1989). With two
    years or more only the difference from the usual price of that time of the year counts: who always cuts prices
    before Christmas cannot know what Christmas would have sold without.
    """
    own = elasticity(sold)
    if own.reason and (sold.empty or haggled(sold)):
        return own
    found = weeks_of(sold)
    if not len(found.units):
        return own
    return _joined(own, _whole(found, own, beside))


def learned_from(elasticity: Elasticity, measured: Elasticity) -> Elasticity:
    """An elasticity whose `whole` the prices of all weeks do not tell, within what one past change `measured`."""
    whole = elasticity.whole
    if whole is None or not whole.reason:
        return elasticity
    lo, hi = max(whole.lo, measured.lo), min(whole.hi, measured.hi)
    if lo >= hi:
        return elasticity
    if measured.lo > 0 and lo <= measured.value <= hi:
        return replace(elasticity, whole=replace(measured, lo=lo, hi=hi))
    return replace(elasticity, whole=replace(whole, lo=lo, hi=hi))


def known(found: Mapping[str, Elasticity], category: str = "", most: float = STEEPEST) -> Elasticity:
    """What is known of a price's effect in a category, or on everything (""): what all pages reckon with.

    `found` is what `elasticities` answers. Where the data say nothing, anything from no effect to `most`: both `lo` and
    `hi` are always there, of a product and of all at once, and a `value` only where the data tell one.
    """
    one = found.get(category, found[""])
    return between(most, one.reason) if one.reason and one.whole is None else one


def corners(one: Elasticity) -> list[tuple[float, float]]:
    """What may be true of one product and of all of its range at once: the best guess (NaN where there is none), then
    the ends of both intervals, no product answering less than all of them."""
    whole = one.whole or one
    best = (one.value, whole.value)
    if one.whole is None:
        return [best, (one.lo, one.lo), (one.hi, one.hi)]
    ends = [(own, every) for own in (one.lo, one.hi) for every in (whole.lo, whole.hi)]
    return [best, *((max(own, every), every) for own, every in ends)]


def answered(units: np.ndarray, ratio: np.ndarray, own: float, whole: float) -> np.ndarray:
    """The units of the products of one range over the usual ones `units`, where their prices change by `ratio`."""
    attraction = ratio**-own
    total = units.sum()
    every = float((units * attraction).sum() / total) if total > 0 else 1.0
    return attraction * max(every, 1e-12) ** (whole / own - 1 if own > 0 else 0.0)


def alone(one: Elasticity) -> Elasticity:
    """What the price of one product does to its own units: with a share s of its range, own (1 - s) + whole s (the
    derivative of `answered`), as what it wins from the others is less the more of the range it is itself.

    Where `whole` is known within bounds only, the value is that of their middle.
    """
    whole, rest = one.whole or one, 1 - one.share
    middle = (whole.lo + whole.hi) / 2 if np.isnan(whole.value) else whole.value
    values = {"value": middle, "lo": whole.lo, "hi": whole.hi}
    return replace(one, **{name: rest * getattr(one, name) + one.share * value for name, value in values.items()})


def _joined(own: Elasticity, whole: Elasticity) -> Elasticity:
    """`own` with `whole` within its bounds: no more than it (unless that is sure), and no less than nothing.

    Where only `whole` is known, that of a product is more than it, by nobody knows how much.
    """
    if own.reason:
        return own if whole.reason else replace(own, lo=whole.lo, hi=whole.hi + WIDEST, whole=whole)
    most = own.value + BOUND * (own.hi - own.value)
    if np.isnan(whole.lo):
        whole = replace(whole, lo=0.0, hi=most)
    elif whole.reason:
        lo, hi = max(whole.lo, 0.0), min(whole.hi, most)
        whole = replace(whole, lo=lo, hi=hi) if lo < hi else replace(whole, lo=0.0, hi=most)
    elif whole.lo < most:
        whole = replace(whole, value=min(whole.value, max(own.value, whole.lo)), hi=min(whole.hi, most))
    return replace(own, whole=whole)


def _beside(sold: pd.DataFrame, own: Elasticity) -> dict[str, pd.Series]:
    """The price (log) by week of all that is sold beside each category."""
    found = weeks_of(sold) if sold["category"].nunique() > 1 and not own.reason else None
    if found is None or not len(found.units):
        return {}
    usual, each = _prices(found, poisson(found, found.off[None]).size[:, None] * found.active, own.value)
    named = sold.groupby("product")["category"].first().reindex(found.names).groupby(found.group).first()
    rest = usual.sum(axis=0) - usual
    price = ((usual * each).sum(axis=0) - usual * each) / np.maximum(rest, 1e-12)
    return {str(name): pd.Series(one, found.weeks) for name, one in zip(named, price, strict=True)}


def _prices(found: Weeks, size: np.ndarray, own: float) -> tuple[np.ndarray, np.ndarray]:
    """What each category usually sells, and its price (log), by week: inside it products of `size` are switched."""
    power = max(own, 0.05)
    attraction, usual = found.by_group(size * np.exp(-power * found.off)), found.by_group(size)
    with np.errstate(divide="ignore", invalid="ignore"):
        return usual, np.where(usual > 0, -np.log(attraction / usual) / power, 0.0)


def course(found: Weeks, own: float, after: np.ndarray, beside: pd.Series | None = None) -> Course:
    """A range as one: `own` is the elasticity inside it, `after` the change (log) in each week after a reduction, and
    `beside` the price (log) by week of what is sold beside it."""
    late = np.tensordot(after, found.after()[: len(after)], 1) if len(after) else np.zeros_like(found.off)
    size = poisson(found, found.off[None]).size[:, None] * found.active
    usual, each = _prices(found, size, own)
    with np.errstate(divide="ignore", invalid="ignore"):
        price = (usual * each).sum(axis=0) / usual.sum(axis=0)
    base = (size * np.exp(late)).sum(axis=0)
    units = (found.units * found.active).sum(axis=0)
    other = np.zeros(len(price)) if beside is None else beside.reindex(found.weeks).to_numpy()
    inside = slice(1, -1)  # the first and last week may be in part
    with np.errstate(divide="ignore", invalid="ignore"):
        return Course(np.log(units / base)[inside], price[inside], found.weeks[inside], other[inside])


def _whole(found: Weeks, own: Elasticity, beside: pd.Series | None) -> Elasticity:
    later = np.array([value if hi < 0 else 0.0 for value, _lo, hi in own.after])
    whole = _of_course(course(found, own.value if not own.reason else 1.0, later, beside))
    if own.reason or whole.reason or len(found.units) >= MIN_PRODUCTS:
        return whole
    # Of a few products each is much of the index, which then hangs on how they replace each other: hardly, at the other
    # end, where a price counts as what is usually sold at it.
    other = _of_course(course(found, 0.0, later, beside))
    return whole if other.reason else replace(whole, lo=min(whole.lo, other.lo), hi=max(whole.hi, other.hi))


def _of_course(one: Course) -> Elasticity:
    good = np.isfinite(one.units) & np.isfinite(one.price)
    if good.sum() < SHORTEST:
        return _unknown(N_("there are too few weeks"))
    jumps = np.abs(np.diff(one.price[good])) > LEAST_CHANGE / 3
    if jumps.sum() < MOVES:
        return _unknown(N_("prices never moved together"))
    y, x, t, beside = one.units[good], one.price[good], np.flatnonzero(good).astype(float), one.beside[good]
    if t[-1] - t[0] < TWICE and _seasonal(x, t) > AT_SEASON:
        return _unknown(N_("prices moved together with the time of the year, which was not there twice"))
    for _again in range(2):
        slope, error, freedom, off = structural(y, x, t, beside)
        near = np.abs(off) < OUTLYING
        if near.all() or near.sum() < SHORTEST:
            break
        y, x, t, beside = y[near], x[near], t[near], beside[near]
    reach = quantile(freedom) * error
    lo, hi = -slope - reach, -slope + reach
    seen = float(np.expm1(min(x.min(), 0.0))), float(np.expm1(max(x.max(), 0.0)))
    if not np.isfinite(reach):
        return _unknown(N_("prices moved together only with the time of the year"))
    if lo <= 0 or hi - lo > WIDEST:
        reason = N_("prices moved together too little to tell their effect from chance")
        return Elasticity(np.nan, lo, hi, 0, reason, seen) if hi > 0 else _unknown(reason)
    return Elasticity(-slope, lo, hi, 0, seen=seen)


def structural(
    y: np.ndarray, x: np.ndarray, t: np.ndarray, beside: np.ndarray
) -> tuple[float, float, float, np.ndarray]:
    """The slope of `y` on `x` over weeks `t` where `beside` stays as it is, its standard error and degrees of freedom,
    and how far each week lies off what the others say (in standard deviations)."""
    design = np.column_stack([x, _waves(t), beside, *([_usual_price(x, t)] if t[-1] - t[0] >= TWICE else [])])
    used = [0]  # columns that say something beside those before them
    for column in range(1, design.shape[1]):
        if np.linalg.matrix_rank(design[:, [*used, column]], tol=1e-6) > len(used):
            used.append(column)
    design = design[:, used]
    rest = x - design[:, 1:] @ np.linalg.lstsq(design[:, 1:], x, rcond=None)[0]
    if rest.std() < 1e-4:
        return np.nan, np.nan, 1.0, np.zeros_like(y)
    apart = np.abs(t[:, None] - t)
    lasting = np.exp(-apart / 3)
    wandering = np.minimum(t[:, None], t) / YEAR
    yearly = np.exp(-2 * np.sin(np.pi * apart / YEAR) ** 2 / 0.25**2)
    likely, slopes, errors, offs = [], [], [], []
    freedom = len(y) - design.shape[1]
    for a in LASTING:
        for b in WANDERING:
            for c in YEARLY:
                shape = np.eye(len(y)) + a * lasting + b * wandering + c * yearly
                inverse = np.linalg.inv(shape)
                _sign, size = np.linalg.slogdet(shape)
                inner = design.T @ inverse @ design
                cover = np.linalg.inv(inner)
                beta = cover @ (design.T @ inverse @ y)
                residual = y - design @ beta
                scale = float(residual @ inverse @ residual) / freedom
                likely.append(-0.5 * (size + np.linalg.slogdet(inner)[1] + freedom * np.log(max(scale, 1e-12))))
                slopes.append(beta[0])
                errors.append(np.sqrt(scale * cover[0, 0]))
                offs.append((inverse @ residual) / np.sqrt(np.diag(inverse) * scale))
    weight = np.exp(np.array(likely) - max(likely))
    weight /= weight.sum()
    slope = float(weight @ slopes)
    variance = weight @ (np.square(errors) + np.square(np.array(slopes) - slope))
    return slope, float(np.sqrt(variance)), float(freedom), np.array(offs)[int(np.argmax(likely))]


def _seasonal(x: np.ndarray, t: np.ndarray) -> float:
    """The share of the variance of `x` that follows the time of the year."""
    waves = _waves(t)
    rest = x - waves @ np.linalg.lstsq(waves, x, rcond=None)[0]
    return 1 - float(rest.var() / max(x.var(), 1e-12))


def _waves(t: np.ndarray) -> np.ndarray:
    angle = 2 * np.pi * np.outer(t, np.arange(1, WAVES + 1)) / YEAR
    return np.column_stack([np.ones_like(t), (t - t.mean()) / YEAR, np.sin(angle), np.cos(angle)])


def _usual_price(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The mean price at each time of the year, a week more or less."""
    apart = np.abs((t[:, None] - t + YEAR / 2) % YEAR - YEAR / 2) <= 1.5
    return apart @ x / apart.sum(axis=1)


def _unknown(reason: str) -> Elasticity:
    return Elasticity(np.nan, np.nan, np.nan, 0, reason)
