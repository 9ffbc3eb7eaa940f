"""The forecast as a function from frame to frame, which any engine that maps over groups can run unchanged."""

import pandas as pd

from models.forecast.combined import forecast
from models.forecast.series import CannotForecast


def forecast_each(rows: pd.DataFrame, horizon: int = 28, level: tuple[int, ...] = (80, 95)) -> pd.DataFrame:
    """Forecast one series given as rows (`series`, `date`, `value`): a row a step of the horizon.

    Columns: `series`, `date`, `mean`, `lo-80`, `hi-80`, ... and `reason`, empty, or why there is no forecast; then it
    is one row with missing numbers. Nothing else is read, so that pandas (`groupby("series").apply`), Spark
    (`groupBy("series").applyInPandas`) or Dask may call it for each series, on any machine.
    """
    names = [f"{end}-{share}" for share in level for end in ("lo", "hi")]
    try:
        frame = forecast(rows.set_index("date")["value"], horizon, level).frame.reset_index().assign(reason="")
    except CannotForecast as refused:
        frame = pd.DataFrame({"date": [pd.NaT], "reason": [str(refused)]})
    return frame.assign(series=rows["series"].iloc[0]).reindex(columns=["series", "date", "mean", *names, "reason"])
