"""What may happen to a stock when nothing more is ordered: when the shelf runs empty, and what is lost by then."""

from dataclasses import dataclass, fields

import numpy as np

from models.stock import reorder
from models.stock.experience import Experience
from models.stock.supply import DRAWS, LeadTimes, Stock

FUTURES = 2 * DRAWS  # of each product
BLOCK = 100  # products whose futures are in memory at the same time


@dataclass(frozen=True)
class Paths:
    """What may happen to the stock of some products when nothing more is ordered: `FUTURES`, each as likely.

    Shaped products x futures x (days + 1), the first day today: `demand`, cumulated, and `level`, the units left.
    Shaped products x futures: `run_out`, the first day on which a buyer finds nothing (one more than the days looked
    at where none does), and `lead`, when a delivery ordered today comes. `lost` is the demand not served until then,
    `lost_later` that until a delivery ordered at the next look, both in units, a product; `undershoot` is how far
    below its reorder point a product is on average when it is looked at: half of E D² / E D of the demand D between two
    looks (renewal theory: Tijms 1994). All but demand, lead and undershoot mean nothing where what is on hand is not
    known.
    """

    demand: np.ndarray
    level: np.ndarray
    run_out: np.ndarray
    lead: np.ndarray
    lost: np.ndarray
    lost_later: np.ndarray
    undershoot: np.ndarray


def paths(
    experience: Experience, leads: LeadTimes, stock: Stock, review: int, places: np.ndarray, seed: int = 0
) -> Paths:
    """The futures of the products in the rows `places`, the same as behind their reorder points.

    A delivery under way comes after the rest of its lead time; one that is later than any was is expected tomorrow.
    """
    days = experience.forecast.shape[2] - 1
    forecast = experience.forecast[-1][places][:, None, :]
    demand = np.empty((len(places), FUTURES, days + 1), np.float32)
    row = {int(place): number for number, place in enumerate(places)}
    for some, group in reorder.groups(experience, len(experience.came), len(experience.came), places):
        here = [row[int(place)] for place in some]
        off = reorder.courses(experience, group, FUTURES, seed).off
        demand[here] = forecast[here] + reorder.scale(experience, -1, some)[:, None, :] * off
    demand = np.maximum.accumulate(np.maximum(demand, 0), axis=2)
    coming = np.zeros_like(demand)
    for order in stock.orders[stock.orders["place"].isin(places)].itertuples():
        rest = leads.days[order.place] - order.elapsed
        rest = rest[rest > 0] if (rest > 0).any() else np.ones(1, int)
        arrives = np.random.default_rng([seed, order.place, order.elapsed]).choice(rest, FUTURES)
        inside = np.flatnonzero(arrives <= days)
        coming[row[order.place], inside, arrives[inside]] += order.quantity
    lead = reorder.drawn(leads, FUTURES, seed)[places]
    lack = demand - stock.on_hand[places][:, None, None].astype(np.float32) - coming.cumsum(axis=2)
    lost = np.maximum.accumulate(np.maximum(lack, 0), axis=2)
    out = lack > 0
    at = np.arange(len(places))[:, None], np.arange(FUTURES)
    between = demand[:, :, min(review, days)].astype(float)
    return Paths(
        demand=demand,
        level=lost - lack,
        run_out=np.where(out.any(axis=2), out.argmax(axis=2), days + 1),
        lead=lead,
        lost=lost[(*at, reorder.until(lead, experience))].mean(axis=1),
        lost_later=lost[(*at, reorder.until(lead + review, experience))].mean(axis=1),
        undershoot=(between**2).mean(axis=1) / np.maximum(2 * between.mean(axis=1), 1e-9),
    )


@dataclass(frozen=True)
class Odds:
    """When shelves run empty: of `Paths` of every product what does not need the days in between."""

    run_out: np.ndarray
    lead: np.ndarray
    lost: np.ndarray
    lost_later: np.ndarray
    undershoot: np.ndarray

    @property
    def risk(self) -> np.ndarray:
        """The chance, a product, that it has run out when a delivery ordered today comes."""
        return np.asarray((self.run_out <= self.lead).mean(axis=1))

    def day(self, share: float) -> np.ndarray:
        """The day by which each product has run out with this chance."""
        return np.quantile(self.run_out, share, axis=1, method="inverted_cdf")

    def latest(self, level: float) -> np.ndarray:
        """The last day on which an order still comes in time with the chance `level`; below 0 it is too late."""
        slack = np.sort(self.run_out - self.lead, axis=1)
        return np.asarray(slack[:, int((1 - level) * FUTURES + 1e-9)] - 1)


def odds(experience: Experience, leads: LeadTimes, stock: Stock, review: int, seed: int = 0) -> Odds:
    """The futures of all products, in pieces that fit into memory."""
    pieces = np.array_split(np.arange(len(leads.days)), max(len(leads.days) // BLOCK, 1))
    found = [paths(experience, leads, stock, review, places, seed) for places in pieces]
    return Odds(*(np.concatenate([getattr(one, field.name) for one in found]) for field in fields(Odds)))
