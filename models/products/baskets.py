"""Baskets: what one invoice holds, and how often two products share one."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from locales import N_
from models.statistics import Z95, CannotTell

LARGEST = 100  # products of a basket, beyond which it is a reseller's
SOLD = 20  # baskets with a product, below which no pair of it is looked at


@dataclass(frozen=True)
class Baskets:
    """`held` (sparse, float32) has a row a basket and a column a product, 1 where it holds it.

    `month` of each basket counts from the first of `months` (their first days); `customer` is a code, -1 where it is
    not known. `larger` baskets had more than `largest` products and were left out, with `share` of all pairs in
    baskets.
    """

    held: Any
    products: np.ndarray
    month: np.ndarray
    months: pd.DatetimeIndex
    customer: np.ndarray
    largest: int
    larger: int
    share: float

    @property
    def count(self) -> np.ndarray:
        """Baskets with each product."""
        return np.bincount(self.held.indices, minlength=len(self.products))


def lines(columns: Collection[str]) -> tuple[str, str]:
    """The queries of `baskets`: the products that were sold, and which of them is in which basket.

    A basket is an invoice of a day (and store): some shops number theirs anew every morning.
    """
    customer = "CASE WHEN customer IS NULL THEN 0 ELSE hash(customer) END" if "customer" in columns else "0"
    where = f"invoice, CAST(timestamp AS DATE){', store' if 'store' in columns else ''}"
    sold = "line_type = 'sale' AND invoice IS NOT NULL"
    named = f"SELECT product FROM sales WHERE {sold} GROUP BY 1 ORDER BY 1"  # noqa: S608  # no text from outside
    held = f"""
        WITH names AS (SELECT product, row_number() OVER (ORDER BY product) - 1 AS item FROM ({named}))
        SELECT hash({where}) AS basket, CAST(item AS INTEGER) AS item, {customer} AS customer,
               CAST(12 * year(timestamp) + month(timestamp) - 1 AS INTEGER) AS month
        FROM sales JOIN names USING (product) WHERE {sold}
    """  # noqa: S608  # no text from outside
    return named, held


def baskets(products: pd.DataFrame, sold: pd.DataFrame, largest: int = LARGEST) -> Baskets:
    """What `lines` answers as baskets of at most `largest` products. Raises CannotTell where there are none.

    Products bought alone count as baskets, too: most of what is known of a product that goes with nothing.
    """
    from scipy.sparse import csr_array

    if sold.empty:
        raise CannotTell(N_("Nothing was sold on an invoice: what is bought together cannot be said."))
    row, every = pd.factorize(sold["basket"].to_numpy())
    ones = np.ones(len(sold), np.float32)
    held = csr_array((ones, (row, sold["item"].to_numpy())), shape=(len(every), len(products)))  # sums what is twice
    held.data[:] = 1
    size = np.diff(held.indptr)
    kept = size <= largest
    pairs = (size * (size - 1.0)).sum()
    if not pairs:
        raise CannotTell(N_("Every invoice holds one product only: nothing is bought together."))
    if not (kept & (size > 1)).any():
        raise CannotTell(
            N_("Every invoice with two products has more than {most}: allow larger baskets."), most=largest
        )
    month, customer = (np.zeros(len(every), sold[name].dtype) for name in ("month", "customer"))
    month[row], customer[row] = sold["month"].to_numpy(), sold["customer"].to_numpy()
    known = np.where(customer > 0, pd.factorize(customer)[0], -1)
    first, last = int(month[kept].min()), int(month[kept].max())
    return Baskets(
        held=held[kept],
        products=products["product"].to_numpy(object),
        month=month[kept] - first,
        months=pd.date_range(f"{first // 12}-{first % 12 + 1:02}-01", periods=last - first + 1, freq="MS"),
        customer=known[kept],
        largest=largest,
        larger=int((~kept).sum()),
        share=float((size * (size - 1.0))[~kept].sum() / pairs),
    )


def measures(both: Any, a: Any, b: Any, n: int) -> dict[str, np.ndarray]:
    """Support, confidence (of b given a), lift and its 95 % interval of pairs in `n` baskets, of which `a` hold the
    first, `b` the second and `both` both.

    The interval is that of the logarithm of the lift, of which the delta method on multinomial counts (Agresti 2013,
    Categorical Data Analysis, 16.1) gives the variance 1/both - 1/a - 1/b + (2 lift - 1)/n; where no basket holds both,
    it ends where that has a chance of 2.5 % (Poisson).
    """
    both, a, b = (np.asarray(one, float) for one in (both, a, b))
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = both * n / (a * b)
        wide = np.exp(Z95 * np.sqrt(np.maximum(1 / both - 1 / a - 1 / b + (2 * lift - 1) / n, 0)))
        ends = {
            "lo": np.where(both > 0, lift / wide, 0.0),
            "hi": np.where(both > 0, lift * wide, -np.log(0.025) * n / (a * b)),
        }
        return {"support": both / n, "confidence": both / a, "lift": lift, **ends}
