"""What the simulated retailer offers and when: opening days, the range, list prices, promotions, purchase costs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.tseries.holiday import (
    AbstractHolidayCalendar,
    EasterMonday,
    GoodFriday,
    Holiday,
    next_monday,
    next_monday_or_tuesday,
)

from data.demo import parameters as p


@dataclass(frozen=True)
class Range:
    """The products: their table, and an array element each. Prices, costs and demand follow the same order.

    `category` and `supplier` count `parameters.CATEGORIES` and `SUPPLIERS`; `base_price` is the first list price;
    `partner` the product that goes with it, -1 where none does.
    """

    frame: pd.DataFrame
    category: np.ndarray
    supplier: np.ndarray
    base_price: np.ndarray
    popularity: np.ndarray
    partner: np.ndarray


class _BankHolidays(AbstractHolidayCalendar):
    """Of England, without the one-off ones. `weekday=0` moves to the Monday on or after the day."""

    rules = [
        Holiday("New Year's Day", month=1, day=1, observance=next_monday),
        GoodFriday,
        EasterMonday,
        Holiday("Early May bank holiday", month=5, day=1, offset=pd.DateOffset(weekday=0)),
        Holiday("Spring bank holiday", month=5, day=25, offset=pd.DateOffset(weekday=0)),
        Holiday("Summer bank holiday", month=8, day=25, offset=pd.DateOffset(weekday=0)),
        Holiday("Christmas Day", month=12, day=25, observance=next_monday),
        Holiday("Boxing Day", month=12, day=26, observance=next_monday_or_tuesday),
    ]


def promotion_periods(days: pd.DatetimeIndex) -> tuple[np.ndarray, np.ndarray]:
    """The promotion period of each day, counted from 0, and the campaign of each period (None where none runs)."""
    length = 7 * p.PROMOTION_WEEKS
    monday = pd.Timestamp("1970-01-05")
    number = (days - monday).days.to_numpy() // length
    starts = monday + pd.to_timedelta(np.arange(number[0], number[-1] + 1) * length, unit="D")
    campaign = np.full(len(starts), None, dtype=object)
    for name, opens, closes, _ in p.CAMPAIGNS:
        campaign[[opens <= (start.month, start.day) <= closes for start in starts]] = name
    return number - number[0], campaign


def calendar(days: pd.DatetimeIndex, campaign: np.ndarray, drift: int) -> pd.DataFrame:
    """`data.schemas.Calendar` of `days`; `campaign` names that of each day, `drift` is the day of the drift event."""
    bank = _BankHolidays().holidays(days[0], days[-1], return_name=True)
    closed = [(day.month, day.day) in p.CLOSED for day in days]
    event = campaign.copy()
    event[drift] = p.DRIFT.name
    return pd.DataFrame(
        {
            "date": days,
            "open": (np.array(p.WEEKDAYS)[days.day_of_week] > 0) & ~np.array(closed),
            "holiday": bank.reindex(days).astype("str").array,
            "event": pd.array(event, dtype="str"),
        }
    )


def product_range(products: int, rng: np.random.Generator) -> Range:
    """Invent `products` products. Raises ValueError where the word lists cannot, or the pairs need more."""
    most = min(_names(category) / category.share for category in p.CATEGORIES)
    if not 40 <= products <= most:
        raise ValueError(f"products must be between 40 and {int(most):,}, not {products:,}.")
    category = np.searchsorted(np.cumsum([c.share for c in p.CATEGORIES]), (np.arange(products) + 0.5) / products)
    members = [np.flatnonzero(category == number) for number in range(len(p.CATEGORIES))]
    popularity = rng.lognormal(0, p.POPULARITY_SPREAD, products)
    name = np.concatenate([rng.permutation(_names(c))[: len(m)] for c, m in zip(p.CATEGORIES, members, strict=True)])
    partner = np.full(products, -1)
    free = [list(rng.permutation(m)) for m in members]
    for pair in range(p.AFFINITY_PAIRS):
        number = pair % len(members)
        a, b = free[number].pop(), free[number].pop()
        partner[a] = b
        popularity[[a, b]] = 1.0  # neither rare nor in every basket
        # The partner is the same design as another object: "Nordic sage clock", "Nordic sage cushion".
        nouns = len(p.CATEGORIES[number].nouns)
        matching = name[a] - name[a] % nouns + (name[a] + 1) % nouns
        name[members[number][name[members[number]] == matching]] = name[b]
        name[b] = matching

    low, high = np.log([c.prices for c in p.CATEGORIES]).T
    prices = rng.lognormal(((low + high) / 2)[category], ((high - low) / (2 * 1.96))[category])
    suppliers = [[n for n, s in enumerate(p.SUPPLIERS) if s.category == c.name] for c in p.CATEGORIES]
    supplier = np.concatenate([rng.choice(s, len(m)) for s, m in zip(suppliers, members, strict=True)])
    rank = np.concatenate([np.arange(len(m)) for m in members])
    frame = pd.DataFrame(
        {
            "product": [f"{p.CATEGORIES[c].prefix}{1001 + r}" for c, r in zip(category, rank, strict=True)],
            "description": [_describe(p.CATEGORIES[c], n) for c, n in zip(category, name, strict=True)],
            "category": [p.CATEGORIES[c].name for c in category],
            "supplier": [p.SUPPLIERS[s].code for s in supplier],
        }
    )
    return Range(frame, category, supplier, np.maximum(np.round(prices * 2) / 2, 1) - 0.05, popularity, partner)


def _names(category: p.Category) -> int:
    return len(p.ADJECTIVES) * len(category.motifs) * len(category.nouns)


def _describe(category: p.Category, name: int) -> str:
    design, noun = divmod(name, len(category.nouns))
    adjective, motif = divmod(design, len(category.motifs))
    return f"{p.ADJECTIVES[adjective]} {category.motifs[motif]} {category.nouns[noun]}"


def list_prices(days: pd.DatetimeIndex, goods: Range, drift: int, rng: np.random.Generator) -> np.ndarray:
    """Price without promotion, one row a day: revised every 1 February and by the drift event."""
    level = np.ones((len(days), len(goods.base_price)))
    for revision in np.flatnonzero((days.month == 2) & (days.day == 1)):
        level[revision:] *= 1 + rng.normal(p.PRICE_REVISION, p.PRICE_REVISION / 3, level.shape[1])
    dearer = [number for number, c in enumerate(p.CATEGORIES) if c.name in p.DRIFT.categories]
    level[drift:, np.isin(goods.category, dearer)] *= 1 + p.DRIFT.price_rise
    return np.round(np.round(goods.base_price * level * 20) / 20, 2)  # to 5 pence


def promotions(campaign: np.ndarray, products: int, rng: np.random.Generator) -> np.ndarray:
    """Reductions as a share of the list price, one row a promotion period."""
    shares = {name: share for name, _, _, share in p.CAMPAIGNS}
    share = np.array([shares.get(name, p.PROMOTION_SHARE) for name in campaign])
    size = (len(campaign), products)
    return np.where(rng.random(size) < share[:, None], rng.choice(p.PROMOTION_DEPTHS, size), 0.0)


def costs(goods: Range, days: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Purchase costs: one row a product, one column a step; and the days each supplier takes the next step."""
    revisions = days // p.COST_REVISION_DAYS + 1
    offset = rng.integers(1, p.COST_REVISION_DAYS, len(p.SUPPLIERS))
    starts = offset[:, None] + p.COST_REVISION_DAYS * np.arange(revisions)
    first = goods.base_price * rng.uniform(*p.COST_SHARE, len(goods.base_price))
    changes = 1 + rng.normal(*p.COST_REVISION, (len(first), revisions))
    return np.round(first[:, None] * np.c_[np.ones(len(first)), changes.cumprod(axis=1)], 2), starts


def footfall(days: pd.DatetimeIndex, calendar: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """How many people come each day, in any unit: weekday, season, growth, holidays, closed days and noise."""
    season = np.interp(days.day_of_year, *np.transpose(p.SEASON))
    growth = (1 + p.GROWTH) ** (np.arange(len(days)) / 365.25)
    noise = rng.lognormal(0, p.DAY_NOISE, len(days))
    holiday = np.where(calendar["holiday"].notna(), p.HOLIDAY_FOOTFALL, 1.0)
    return calendar["open"].to_numpy() * np.array(p.WEEKDAYS)[days.day_of_week] * season * growth * noise * holiday


def appeal(days: pd.DatetimeIndex, goods: Range, price: np.ndarray) -> np.ndarray:
    """How much a visitor wants each product, one row a day: popularity, season of the category, price."""
    low, high, peak, width = np.transpose([c.season for c in p.CATEGORIES])
    apart = np.abs(days.day_of_year.to_numpy()[:, None] - peak)
    bell = np.exp(-0.5 * (np.minimum(apart, 365 - apart) / width) ** 2)
    season = low + (high - low) * bell
    elasticity = np.array([c.elasticity for c in p.CATEGORIES])[goods.category]
    return goods.popularity * season[:, goods.category] * (price / goods.base_price) ** -elasticity
