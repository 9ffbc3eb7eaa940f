"""Store x product by month: from invoice lines to the panel that is forecast, and how good that forecast was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from data.dataset import Finding
from data.schemas import IS_GOODS
from locales import N_
from models.forecast.hierarchy import Hierarchy, forecast_all
from models.forecast.panel import MIN_STEPS, Panel, Step, mean_of_three, panel, rmse
from models.forecast.series import CannotForecast
from models.forecast.yearly import Occasion

# Units by month, what came back taken off. Rows in order, so that the answer never depends on the plan of a query.
MONTHLY = f"""
    SELECT {{keys}}, date_trunc('month', timestamp) AS date, summed(quantity) AS units
    FROM sales WHERE {IS_GOODS} AND timestamp < $until GROUP BY ALL ORDER BY ALL
"""  # noqa: S608  # a condition of ours
PRODUCTS = f"""
    SELECT * REPLACE (coalesce(name, product) AS name) FROM (
        SELECT product{{category}} FROM sales WHERE {IS_GOODS} GROUP BY product
    ) LEFT JOIN called USING (product) ORDER BY product
"""  # noqa: S608  # a condition of ours
SPANS = f"""
    SELECT date_trunc('month', timestamp) AS month, min(timestamp) AS first, max(timestamp) AS last
    FROM sales WHERE {IS_GOODS} AND timestamp < $until GROUP BY month ORDER BY month
"""  # noqa: S608  # a condition of ours
MAX_SHUT = 0.2  # share of months
UNKNOWN = "?"  # where a line does not name its store or category
SIZES = (0.1, 0.5, 1, 2, 5, 10, 50)  # units a month that part small series from large ones


@dataclass(frozen=True)
class Items:
    """The forecast of `all` pairs and totals, the names of the products, and what was done to the months."""

    all: Hierarchy
    names: dict[str, str]
    findings: tuple[Finding, ...]


def monthly(columns: dict[str, str]) -> str:
    """The query for units by store (where there are any), product and month, before `$until`."""
    store = f"coalesce(store, '{UNKNOWN}') AS store, " if "store" in columns else ""
    return MONTHLY.format(keys=f"{store}product")


def products(columns: dict[str, str]) -> str:
    """The query for the name and category of each product, as far as there are any."""
    return PRODUCTS.format(
        category=f", coalesce(max(category), '{UNKNOWN}') AS category" if "category" in columns else ""
    )


def months(
    units: pd.DataFrame, spans: pd.DataFrame, goods: pd.DataFrame, most: float | None
) -> tuple[Panel, tuple[Finding, ...]]:
    """The monthly panel of what `monthly`, `SPANS` and `products` answer, without months in part.

    `most` is the largest number of units that a month counts as. Raises `CannotForecast`.
    """
    kept, findings = _whole(spans)
    if len(kept) < MIN_STEPS:
        days = (spans["last"].max().normalize() - spans["first"].min().normalize()).days + 1 if len(spans) else 0
        raise CannotForecast(
            N_("Items are told by the month, from {needed} whole months on: these are {days} days with {count}."),
            needed=MIN_STEPS,
            days=days,
            count=len(kept),
        )
    inside = units[units["date"].isin(kept)]
    returned = int(inside["units"].lt(0).sum())
    if returned:
        message = N_("In {rows} months of a series more came back than was sold: they count as zero.")
        one = N_("In {rows} month of a series more came back than was sold: it counts as zero.")
        findings.append(Finding(message, returned, one=one))
    if most is not None:
        cut = int(inside["units"].gt(most).sum())
        inside = inside.assign(units=inside["units"].clip(upper=most))
        one = N_("{rows} month of a series counts as the largest count you chose.")
        findings.append(Finding(N_("{rows} months of a series count as the largest count you chose."), cut, one=one))
    keys = [name for name in ("store", "product") if name in inside]
    if "category" in goods:
        inside = inside.assign(category=inside["product"].map(goods.set_index("product")["category"]))
    history = panel(inside, keys, "MS")
    shut = np.asarray(~history.values.any(axis=0))
    if 0 < shut.sum() <= MAX_SHUT * len(shut):
        # Each series as it usually is around it: a month without any sale would be learned as a season.
        kept = np.flatnonzero(~shut)
        values = np.array([np.interp(np.arange(len(shut)), kept, one[kept]) for one in history.values])
        history = replace(history, values=values.astype(history.values.dtype))
        message = N_("In {rows} months nothing at all was sold: closed or not recorded, they teach nothing.")
        one = N_("In {rows} month nothing at all was sold: closed or not recorded, it teaches nothing.")
        findings.append(Finding(message, int(shut.sum()), severity="warning", one=one))
    return history, tuple(findings)


def _whole(spans: pd.DataFrame) -> tuple[pd.Series, list[Finding]]:
    """The months that the data cover whole, and a finding for those at the ends that they do not.

    The first and the last month are in part where more days are missing at that end than in any month between: a shop
    that is closed on the last days of some months has still sold all it could.
    """
    if len(spans) < 3:
        return spans["month"], []
    early = (spans["first"].dt.normalize() - spans["month"]).dt.days
    late = (spans["month"] + pd.offsets.MonthEnd(0) - spans["last"].dt.normalize()).dt.days
    cut = pd.Series(False, spans.index)
    cut.iloc[0] = early.iloc[0] > early.iloc[1:-1].max()
    cut.iloc[-1] = late.iloc[-1] > late.iloc[1:-1].max()
    message = N_("{rows} months at the ends are in the data only in part: they are left out.")
    one = N_("{rows} month at an end is in the data only in part: it is left out.")
    return spans.loc[~cut, "month"], [Finding(message, int(cut.sum()), one=one)] if cut.any() else []


def learn(
    units: pd.DataFrame,
    spans: pd.DataFrame,
    goods: pd.DataFrame,
    most: float | None,
    horizon: int,
    step: Step,
    said: Mapping[tuple[str, str], Sequence[Occasion]] = MappingProxyType({}),
) -> Items:
    """The forecast `horizon` months ahead from what `monthly`, `SPANS` and `products` answer (see `months`).

    `said` is what is known of occasions (see `panel.Panel`). `step` is told of the progress. Raises `CannotForecast`.
    """
    history, findings = months(units, spans, goods, most)
    levels = [name for name in ("store", "category") if name in history.keys and history.keys[name].nunique() > 1]
    names = dict(zip(goods["product"].astype(str), goods["name"].astype(str), strict=True))
    return Items(forecast_all(replace(history, said=said).usual(), levels, horizon, 0, step), names, findings)


def listed(found: Hierarchy, names: dict[str, str], step: int) -> pd.DataFrame:
    """One row a series, in the order of the panel, about the month `step` (0 is the next one).

    `store`, `product`, `name`, `category` as far as they are known; `last` month's units, the `usual` ones (mean of
    the last three months), `mean`, `lo`, `hi`.
    """
    history, single = found.history, found.single
    table = history.keys.assign(
        name=history.keys["product"].map(names),
        last=history.values[:, -1],
        usual=mean_of_three(history, len(history.dates))[:, 0],
        mean=single.mean[:, step],
        lo=single.lo[:, step],
        hi=single.hi[:, step],
    )
    order = ["store", "product", "name", "category", "last", "usual", "mean", "lo", "hi"]
    return table[[name for name in order if name in table]]


def totals(found: Hierarchy, level: str) -> pd.DataFrame:
    """One row a total of a level: `name`, `last` month's units, and `mean`, `lo`, `hi` of the last month ahead."""
    rows = (found.totals_history.keys["level"] == level).to_numpy()
    above = found.totals
    return pd.DataFrame(
        {
            "name": found.totals_history.keys["name"][rows].to_numpy(),
            "last": found.totals_history.values[rows, -1],
            "mean": above.mean[rows, -1],
            "lo": above.lo[rows, -1],
            "hi": above.hi[rows, -1],
        }
    )


def league(found: Hierarchy) -> pd.DataFrame:
    """One row a method: `method`, `rmse`, `mae`, `bias` (said less actual) in units, over all series and past origins.

    Empty where the history is too short to try.
    """
    rows = []
    for method, errors in _errors(found).items():
        if errors.size:
            off = {"rmse": rmse(errors), "mae": float(np.abs(errors).mean()), "bias": float(errors.mean())}
            rows.append({"method": method, **off})
    return pd.DataFrame(rows, columns=["method", "rmse", "mae", "bias"])


def by_store(found: Hierarchy) -> pd.DataFrame:
    """One row a store: `store`, `rmse`, `naive_rmse` (mean of the last three months), `ratio` and `coverage`."""
    return _grouped(found, found.history.keys["store"].to_numpy()).rename(columns={"group": "store"})


def by_size(found: Hierarchy) -> pd.DataFrame:
    """The same by the size of the series, units a month over the last year: `least`, the lower end of its group."""
    size = found.history.values[:, -12:].mean(axis=1)
    groups = _grouped(found, np.r_[0, SIZES][np.searchsorted(SIZES, size, side="right")])
    return groups.rename(columns={"group": "least"}).sort_values("least", ignore_index=True)


def _grouped(found: Hierarchy, group: np.ndarray) -> pd.DataFrame:
    errors = _errors(found)
    inside = [(one.actual >= one.lo) & (one.actual <= one.hi) for one in found.single.past[1:]]
    rows = pd.DataFrame(
        {
            "group": group,
            "square": (errors["model"] ** 2).mean(axis=(0, 2)),
            "naive": (errors["mean of three"] ** 2).mean(axis=(0, 2)),
            "coverage": np.mean(inside, axis=(0, 2)) if inside else np.nan,
        }
    )
    grouped = rows.groupby("group", sort=False)
    means = grouped.mean()
    table = pd.DataFrame(
        {"series": grouped.size(), "rmse": means["square"] ** 0.5, "naive_rmse": means["naive"] ** 0.5}
    )
    table["ratio"] = table["rmse"] / table["naive_rmse"].where(table["naive_rmse"] > 0)
    return table.assign(coverage=means["coverage"]).reset_index()


def _errors(found: Hierarchy) -> dict[str, np.ndarray]:
    """What each method said less what came, by past origin, series and step."""
    history, past = found.history, found.single.past
    forecasts = {
        "model": [one.forecast for one in past],
        "mean of three": [mean_of_three(history, one.length) for one in past],
        "last month": [history.values[:, one.length - 1 : one.length] for one in past],
    }
    return {
        name: np.array([s - one.actual for s, one in zip(each, past, strict=True)]) for name, each in forecasts.items()
    }
