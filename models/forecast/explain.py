"""Why a forecast is what it is, and how the models and the analysts have done."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.forecast import learners
from models.forecast.combined import BASE
from models.forecast.engine import DEFAULT, Window

BRIDGE = ("said then", "surprise", "came", "open days", "trend", "time of year", "rest", "said now")


def bridge(then: Window, now: Window) -> pd.Series:
    """From what was said of the period that is over to what is said of the next one, in the series' unit.

    Indexed by `BRIDGE`: `said then`, `came` and `said now` are levels, the others are steps between them. The steps
    after `came` split the change by the logarithmic mean (Ang 2005) over Prophet's trend, its week summed over the
    open days, and its time of the year; `rest` is what these do not explain.
    """
    counted = then.counted & np.isfinite(then.actual)
    forecast, came, next_forecast = (
        then.forecast[DEFAULT][counted].sum(),
        then.actual[counted].sum(),
        now.forecast[DEFAULT].sum(),
    )
    before = learners.parts(now.history, then.dates[counted])
    after = learners.parts(now.history, now.dates[now.counted])
    ratios = {
        "open days": after["week"].sum() / before["week"].sum(),
        "trend": after["trend"].mean() / before["trend"].mean(),
        "time of year": after["year"].mean() / before["year"].mean(),
    }
    positive = came > 0 and next_forecast > 0 and all(ratio > 0 for ratio in ratios.values())
    same = positive and np.isclose(came, next_forecast)
    mean = (came if same else (next_forecast - came) / np.log(next_forecast / came)) if positive else 0.0
    steps = {name: mean * np.log(ratio) if positive else 0.0 for name, ratio in ratios.items()}
    steps["rest"] = next_forecast - came - sum(steps.values())
    return pd.Series(
        {"said then": forecast, "surprise": came - forecast, "came": came, **steps, "said now": next_forecast}
    )


def league(rows: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """The learners of a back-test (see `combined.backtest`), the best first: one row each, over the same windows.

    Beside the mean scores: `windows`, and `saved`, by how much less a forecast of the whole horizon was off than
    saying "as a season ago", in the series' unit.
    """
    everywhere = rows.groupby("model")["window"].nunique()
    scored = rows.groupby("model").mean(numeric_only=True).drop(columns="window")
    scored["windows"] = everywhere
    scored["saved"] = (scored.loc[BASE, "mae"] - scored["mae"]) * horizon if BASE in scored.index else np.nan
    return scored.sort_values("mase").rename_axis("model").reset_index()


def judged(overrides: pd.DataFrame, actual: pd.Series) -> pd.DataFrame:
    """Overrides (of the state database) whose day has come, with what came, and who was closer.

    `improved` is by how much the analyst was closer than the model, in the series' unit.
    """
    table = overrides[overrides["target_day"].isin(actual.index)].copy()
    table["actual"] = actual.reindex(table["target_day"]).to_numpy()
    off = {name: (table[name] - table["actual"]).abs() for name in ("mean", "value")}
    table["analyst_closer"] = off["value"] < off["mean"]
    table["improved"] = off["mean"] - off["value"]
    return table


def by_reason(judged: pd.DataFrame) -> pd.DataFrame:
    """What overrides (see `judged`) added or took away, the most harmful `reason` first.

    `days`, the share `closer` of them on which the analyst was closer than the model, `moved`, the units or money that
    analysts put on top of the forecasts, and `improved`, by how much they were closer in all.
    """
    moved = judged.assign(moved=judged["value"] - judged["mean"], reason=judged["reason"].str.strip().str.casefold())
    found = moved.groupby("reason").agg(
        days=("moved", "size"), closer=("analyst_closer", "mean"), moved=("moved", "sum"), improved=("improved", "sum")
    )
    return found.sort_values("improved").reset_index()


def same_days(actual: pd.Series, dates: pd.DatetimeIndex, frequency: str) -> pd.Series | None:
    """What was sold a year before some dates, on the same weekdays (364 days); None where that is not known."""
    if frequency == "D":
        earlier = dates - pd.Timedelta(days=364)
    elif frequency == "W":
        earlier = dates - pd.Timedelta(weeks=52)
    else:
        earlier = dates - pd.DateOffset(years=1)
    return actual.reindex(earlier) if earlier[0] >= actual.index[0] and earlier[-1] <= actual.index[-1] else None


def spoken(windows: Sequence[Window]) -> list[str]:
    """The learners that spoke in any of some windows, in the order of the first."""
    return list(dict.fromkeys(name for window in windows for name in window.forecast))
