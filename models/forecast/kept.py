"""The sales model that is kept: units a day by store and category, told a week ahead, as one file without pickle."""

import json
import zipfile
from dataclasses import dataclass
from io import BytesIO
from time import perf_counter

import numpy as np
import pandas as pd

from data.schemas import IS_GOODS
from locales import N_
from models.forecast.panel import Fitted, Panel, Step, fit, panel, predict
from models.forecast.series import CannotForecast

MODEL, LEARNER, SUFFIX = "sales", "xgboost", ".zip"
AHEAD = 7  # days: on the first day of a week its seven days are told
HOLDOUT = 28  # last days that a model is measured on, by a twin that has not seen them
MIN_DAYS = 120  # days to learn from
MAX_SERIES = 300  # series; the smallest of more are one together
KEYS = ("store", "category")
OTHERS = "?"  # where a line does not name its store or category, and the smallest series
MARGIN = 0.4  # of the price, where no purchase cost is known

# Units by day, what came back taken off, and what a unit sold for and earned. In order, and by sums that do not depend
# on it, so that the answer never depends on the plan of a query.
DAILY = f"""
    SELECT {{keys}}, date_trunc('day', timestamp) AS date, summed(quantity) AS units,
           coalesce(summed(CASE WHEN quantity > 0 AND unit_price > 0 THEN quantity END), 0) AS sold,
           coalesce(summed(CASE WHEN quantity > 0 AND unit_price > 0 THEN amount END), 0) AS revenue,
           {{costed}} AS costed, {{cost}} AS cost
    FROM sales WHERE {IS_GOODS} GROUP BY ALL ORDER BY ALL
"""  # noqa: S608  # a condition of ours


@dataclass(frozen=True)
class Daily:
    """Units a day of each series of `panel`, and the margin of one unit of each, in money.

    `costed` is the share of units whose purchase cost is known; elsewhere the margin is `MARGIN` of the price.
    """

    panel: Panel
    margin: np.ndarray
    costed: float

    @property
    def usual(self) -> float:
        """The margin of a unit on average over what was sold."""
        units = self.panel.values.sum(axis=1)
        return float((self.margin * units).sum() / max(units.sum(), 1e-9))


@dataclass(frozen=True)
class SalesModel:
    """A model that learned from all days up to `until`, and its twin that stopped `HOLDOUT` days earlier.

    `metrics` are the twin's on the days it has not seen: `mae` and `mase` (a series and day), `wape`, `bias`
    (share of the units sold), `seconds` that learning took.
    """

    fitted: Fitted
    twin: Fitted
    first: pd.Timestamp
    until: pd.Timestamp
    metrics: dict[str, float]


def daily(columns: dict[str, str]) -> str:
    """The query for what `series` wants, for a sales table with these columns."""
    keys = [f"coalesce({key}, '{OTHERS}') AS {key}" for key in KEYS if key in columns] or [f"'{OTHERS}' AS store"]
    usable = "quantity > 0 AND unit_price > 0 AND unit_cost IS NOT NULL"
    has = "unit_cost" in columns
    return DAILY.format(
        keys=", ".join(keys),
        costed=f"coalesce(summed(CASE WHEN {usable} THEN quantity END), 0)" if has else "0",
        cost=f"coalesce(summed(CASE WHEN {usable} THEN quantity * (unit_price - unit_cost) END), 0)" if has else "0",
    )


def series(rows: pd.DataFrame) -> Daily:
    """The panel of what the query `daily` answers. Raises `CannotForecast` where nothing was sold."""
    keys = [key for key in KEYS if key in rows]
    sizes = rows.groupby(keys)["units"].sum().sort_values(ascending=False, kind="stable")
    if len(sizes) > MAX_SERIES:
        small = rows.set_index(keys).index.isin(sizes.index[MAX_SERIES - 1 :])
        summed = [name for name in rows if name not in (*keys, "date")]
        rows = rows.assign(**{key: rows[key].where(~small, OTHERS) for key in keys})
        rows = rows.groupby([*keys, "date"], as_index=False)[summed].sum()
    history = panel(rows[[*keys, "date", "units"]], keys, "D")
    money = rows.groupby(keys, sort=False)[["sold", "revenue", "costed", "cost"]].sum()
    price = (money["revenue"] / money["sold"].where(money["sold"] > 0)).fillna(0).to_numpy(float)
    margin = (money["cost"] / money["costed"].where(money["costed"] > 0)).to_numpy(float)
    return Daily(
        history,
        np.where(np.isnan(margin), MARGIN * price, np.maximum(margin, 0)),
        float(money["costed"].sum() / max(money["sold"].sum(), 1e-9)),
    )


def train(history: Panel, seed: int = 0, step: Step = lambda _message, _share: None) -> SalesModel:
    """Learn from all days of a panel, and measure a twin on the last `HOLDOUT` of them.

    Raises `CannotForecast` where there are too few. The same panel and seed give the same model.
    """
    days = len(history.dates)
    if days < MIN_DAYS + HOLDOUT:
        raise CannotForecast(
            N_("A sales model needs at least {needed} days of sales: add more on the page Data."),
            needed=MIN_DAYS + HOLDOUT,
        )
    begun = perf_counter()
    step(N_("Measuring on days it has not seen"), 0.1)
    early = history.upto(days - HOLDOUT)
    twin = fit(early, AHEAD, seed)
    metrics = measure(tell(twin, history, days - HOLDOUT, days), history, days - HOLDOUT)
    step(N_("Fitting the model"), 0.5)
    fitted = fit(history, AHEAD, seed)
    metrics["seconds"] = perf_counter() - begun
    return SalesModel(fitted, twin, history.dates[0], history.dates[-1], metrics)


def tell(fitted: Fitted, history: Panel, start: int, end: int) -> np.ndarray:
    """Units of each series (rows) on each day from place `start` to before `end`, each week told on its first day."""
    weeks = predict(fitted, history, range(start, end, AHEAD), AHEAD)
    return np.concatenate(list(weeks), axis=1)[:, : end - start]


def measure(forecast: np.ndarray, history: Panel, start: int) -> dict[str, float]:
    """How far off `forecast` was of the days from place `start` on.

    `mase` is the error over that of saying "as a week ago" before `start` (Hyndman and Koehler 2006), all series
    together.
    """
    actual = history.values[:, start : start + forecast.shape[1]].astype(float)
    before = history.values[:, :start].astype(float)
    error, sold = np.abs(forecast - actual), max(actual.sum(), 1e-9)
    naive = np.abs(before[:, 7:] - before[:, :-7]).mean()
    return {
        "mae": float(error.mean()),
        "wape": float(error.sum() / sold),
        "mase": float(error.mean() / max(naive, 1e-9)),
        "bias": float((forecast - actual).sum() / sold),
    }


def pack(model: SalesModel) -> bytes:
    """The model as bytes: a ZIP of JSON and XGBoost's UBJ."""
    about = {
        "groups": model.fitted.groups,
        "first": model.first.isoformat(),
        "until": model.until.isoformat(),
        "metrics": model.metrics,
    }
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo("model.json"), json.dumps(about).encode())
        for name, fitted in (("fitted", model.fitted), ("twin", model.twin)):
            for part in ("amount", "chance"):
                if (booster := getattr(fitted, part)) is not None:
                    content = bytes(booster.save_raw("ubj"))
                    archive.writestr(zipfile.ZipInfo(f"{name}-{part}.ubj"), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def unpack(content: bytes) -> SalesModel:
    """The model that `pack` wrote: it tells the same to the bit."""
    import xgboost

    with zipfile.ZipFile(BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(files["model.json"])

    def booster(name: str) -> "xgboost.Booster | None":
        if name not in files:
            return None
        read = xgboost.Booster(model_file=bytearray(files[name]))
        read.set_param({"nthread": 1})
        return read

    fitted, twin = (
        Fitted(booster(f"{name}-amount.ubj"), booster(f"{name}-chance.ubj"), tuple(about["groups"]), False)
        for name in ("fitted", "twin")
    )
    first, until = pd.Timestamp(about["first"]), pd.Timestamp(about["until"])
    return SalesModel(fitted, twin, first, until, about["metrics"])
