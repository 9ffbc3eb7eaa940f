"""Who else supplies a product: what it costs there, how long deliveries take, and how reliably they come."""

import numpy as np
import pandas as pd

from models.products.margins import valid
from models.statistics import wilson


def compare(
    product: str,
    day: pd.Timestamp,
    prices: pd.DataFrame,
    suppliers: pd.DataFrame | None,
    moves: pd.DataFrame | None,
    main: str | None,
) -> pd.DataFrame:
    """One row a supplier with a price for a product on `day`, the cheapest first.

    `supplier`, `unit_cost`, `index` (cost, the cheapest being 100), `is_main`; where known `name`, `stated`, `spread`
    (mean and standard deviation of the lead time, days), and of the `main` one, whose receipts they are taken to be,
    `deliveries` that say when they were ordered, `measured` (mean days) and `on_time` with `lo` and `hi`
    (Wilson's 95 % interval): the share that took no longer than the stated mean and standard deviation together.
    """
    last = valid(prices[prices["product"] == product], day)
    found = last.sort_values(["unit_cost", "supplier"])[["supplier", "unit_cost"]].reset_index(drop=True)
    found["index"] = 100 * found["unit_cost"] / found["unit_cost"].min()
    found["is_main"] = found["supplier"] == (main or "")
    terms = {"name": None, "stated": np.nan, "spread": np.nan}
    if suppliers is not None:
        columns = {"name": "name", "lead_time_mean": "stated", "lead_time_std": "spread"}
        known = suppliers.set_index("supplier").rename(columns=columns)
        terms = {one: found["supplier"].map(known[one]) for one in columns.values()}
    found = found.assign(**terms, deliveries=0, measured=np.nan, on_time=np.nan, lo=np.nan, hi=np.nan)
    if moves is None or "ordered" not in moves:
        return found
    took = moves[(moves["product"] == product) & (moves["move"] == "receipt") & moves["ordered"].notna()]
    days = (took["date"].dt.normalize() - took["ordered"].dt.normalize()).dt.days
    days = days[days >= 0]
    for row in np.flatnonzero(found["is_main"]) if len(days) else []:
        found.loc[row, ["deliveries", "measured"]] = len(days), days.mean()
        promised = found.loc[row, "stated"] + found.loc[row, "spread"]
        if promised == promised:
            kept = float((days <= promised).sum())
            lo, hi = wilson(np.array([kept]), np.array([float(len(days))]))
            found.loc[row, ["on_time", "lo", "hi"]] = kept / len(days), lo[0], hi[0]
    return found
