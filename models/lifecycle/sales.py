"""What sells, as a managed model (see `managed`): units a day of each series, and the forecasts that are held against
what was sold."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from data import countries, state, tables
from data.tables import Stored
from locales import N_
from models.drift import consequence, monitored, performance
from models.drift.consequence import Outcome
from models.drift.counted import Watched
from models.drift.monitored import PREDICTION, Sheet
from models.drift.performance import REFERENCE
from models.forecast import challenge, coherent, combined, elasticity, holidays, intervals, kept, source, switching
from models.forecast import series as preparing
from models.forecast.elasticity import Elasticity
from models.forecast.engine import DEFAULT, Window
from models.forecast.kept import Daily, SalesModel
from models.forecast.learners import COMBINED
from models.forecast.panel import Panel
from models.forecast.series import CannotForecast
from models.lifecycle import logged, registry
from models.lifecycle.logged import Rows, Step

NAME = kept.MODEL
# The first model of a dataset stops so many days before the last, where enough are left: there is something to watch
# drift on, and to judge the next model on, from the first day.
LEFT_OUT, LEFT_OUT_FROM = 91, 240
HORIZON = 28  # days ahead
WEEKS = 52  # past origins, a week apart
BEHIND = 12  # weeks of origins before them, behind the first bands
PARTS_EVERY = 4  # weeks between the origins of a category or store
PARTS_ORIGINS = 4
DOES = (
    N_("Forecasts are expected to be off by {share} more, about {money} a week."),
    N_("Forecasts are expected to be off by {share} more."),
)
TOTAL = ("revenue", "D")  # measure and frequency of the forecasts


def train(stored: Stored, first: bool, until: date | None, step: Step) -> registry.Trained:
    """Train on the days up to `until`: the last one of the data unless said, and for the `first` model of its data a
    quarter before that. Raises `CannotForecast`."""
    step(N_("Adding up the days"), 0.0)
    panel = daily(stored).panel
    last = panel.dates[-1]
    if until is None and first and len(panel.dates) >= LEFT_OUT_FROM:
        until = last - timedelta(days=LEFT_OUT)
    end = int(panel.dates.searchsorted(min(pd.Timestamp(until or last), last), "right"))
    model = kept.train(panel.upto(end), step=step)
    step(N_("Cutting the columns into bins"), 0.95)
    window = model.first.date(), model.until.date()
    frozen = monitored.frozen(monitored.sheets(stored), *window)
    rows = int(sum(next(iter(frozen.values())).counts))
    frozen |= monitored.frozen((_forecasts(model, panel),), *window)
    return registry.Trained(
        content=kept.pack(model),
        learner=kept.LEARNER,
        rows=rows,
        schema=dict.fromkeys(model.fitted.groups, "level") | {"date": "day", "units": "number"},
        metrics=model.metrics,
        bins={column: cut.plain() for column, cut in frozen.items()},
        window=window,
    )


def load(home: Path, row: pd.Series) -> SalesModel:
    """The model of a row of the registry. Raises `registry.ModelFileError`."""
    return registry.load(home, row, kept.unpack)


def daily(stored: Stored) -> Daily:
    """The units a day that the model learns from. Raises `CannotForecast`."""
    return kept.series(tables.query(stored, kept.daily(stored.columns["sales"])))


def outputs(home: Path, stored: Stored, champion: pd.Series) -> Sheet:
    """The units a day that the champion forecasts of each series."""
    return _forecasts(load(home, champion), daily(stored).panel)


def outcome(
    _home: Path, _stored: Stored, _champion: "pd.Series | None", sheet: Sheet, _sheets: tuple[Sheet, ...]
) -> Outcome | None:
    """The amount of each line or invoice: the forecasts know nothing of what changes it."""
    amount = monitored.worth(sheet.frame)
    return None if amount is None else Outcome(amount.to_numpy(float), amount.to_numpy(float))


def response(stored: Stored, watched: Watched) -> dict[str, np.ndarray]:
    """The units sold at each change of price, by the elasticity of everything at once; at both ends of what it may be
    where the data do not know a single number."""
    sold = tables.query(stored, elasticity.weekly(stored.columns["sales"]))
    return at_prices(watched, {"": switching.together(sold)})


def at_prices(watched: Watched, found: Mapping[str, Elasticity]) -> dict[str, np.ndarray]:
    """`response` where the elasticities are known already."""
    known = switching.known(found)
    whole = known.whole or known
    ends = (whole.lo, whole.hi) if whole.reason else (whole.value,)
    cuts = {column.name: column.cut for column in watched.columns if column.name == "price_change"}
    return {name: np.stack([consequence.of_prices(cut.levels, end) for end in ends]) for name, cut in cuts.items()}


def _forecasts(model: SalesModel, panel: Panel) -> Sheet:
    start, end = kept.AHEAD * 4, len(panel.dates)
    units = kept.tell(model.fitted, panel, start, end)
    day = np.tile(panel.dates.to_numpy()[start:end].astype("datetime64[D]"), len(units))
    return Sheet(pd.DataFrame({PREDICTION: units.ravel()}), day, np.arange(units.size))


def predict(_home: Path, stored: Stored, _champion: "pd.Series | None", _day: date, now: datetime, step: Step) -> Rows:
    """The forecast of the total, made on the last day of the data. Raises `CannotForecast`."""
    step(N_("Forecasting"), 0.0)
    history, future = _total(stored)
    found = combined.forecast(history.values, HORIZON, future=future)
    _history, future = _total(stored, ahead=coherent.reach(history.dates[-1]))
    days = coherent.by_day(history.values, source.span(tables.query(stored, source.SPAN)), future)
    found = coherent.agreeing(found, days, history.values, "D")
    return forecasts(found.frame, stored.version, source.key(None, None, *TOTAL), history.dates[-1], now)


def forecasts(frame: pd.DataFrame, version: str, subject: str, origin: pd.Timestamp, now: datetime) -> Rows:
    """The rows of a `Forecast.frame` that was made on the day `origin`."""
    return [
        logged.prediction(NAME, version, origin.date(), subject, pd.Timestamp(day).date(), now, row["mean"])
        | {f"{end}_{level}": row[f"{end}-{level}"] for level in (80, 95) for end in ("lo", "hi")}
        for day, row in frame.iterrows()
    ]


def actuals(engine: Engine, home: Path, stored: Stored) -> Rows:
    """Forecasts of the same lineage whose day is over, with what was sold."""
    same = {kept.version for kept in tables.stored(home, "sales") if kept.lineage == stored.lineage}
    log = state.read(engine, state.prediction_log, model=NAME, actual=None)
    found: Rows = []
    if not len(log):
        return found
    covered = source.span(tables.query(stored, source.SPAN))
    for subject, rows in log[log["version"].isin(same)].groupby("subject"):
        part, value, measure_, frequency = source.read_key(str(subject))
        if part and part not in source.parts(stored.columns["sales"]):
            continue
        days = _days(stored, part, value)
        if len(days):
            sold = source.series(days, measure_, frequency, covered)[0].reindex(rows["target_day"]).to_numpy()
            found += rows.assign(actual=sold)[~np.isnan(sold)].to_dict("records")
    return found


def measure(engine: Engine, _home: Path, stored: Stored, _champion: "pd.Series | None", now: datetime) -> Rows:
    """How good the forecasts of the total were in every week that is over, and as their bands let expect; of the
    versions of which more days are over than were measured before."""
    log = logged.really(state.read(engine, state.prediction_log, model=NAME, subject=source.key(None, None, *TOTAL)))
    before = logged.measured(engine, NAME)
    history, _future = _total(stored)
    found: Rows = []
    for version, rows in log[log["actual"].notna()].groupby("version"):
        weeks = rows.groupby(performance.week_of(rows["target_day"])).size()
        enough = weeks[weeks >= performance.MIN_DAYS]
        if any(before.get((str(version), week, False)) != days for week, days in enough.items()):
            found += _weeks(str(version), "", rows, history.values, now)
    return found


def replay(stored: Stored, version: str, now: datetime, step: Step, parts: bool) -> tuple[Rows, Rows]:
    """The forecasts of the total from each of the last `WEEKS` Sundays, or with `parts` of each category and store from
    fewer of them, with what was sold, and how good they were. Raises `CannotForecast`."""
    chosen: list[tuple[str | None, str | None]] = [(None, None)]
    if parts:
        chosen = [
            (part, str(value))
            for part in ("category", "store")
            if part in stored.columns["sales"]
            for value in tables.query(stored, source.largest(part, stored.columns["sales"]))["part"]
        ]
    windows, every = (PARTS_ORIGINS, PARTS_EVERY) if parts else (WEEKS + BEHIND, 1)
    predictions: Rows = []
    measured: Rows = []
    for number, (part, value) in enumerate(chosen):
        try:
            history, future = _total(stored, part, value)
        except CannotForecast:
            if part is None:
                raise
            continue  # a shop that has just opened

        def progress(_learner: str, /, *, done: int, windows: int, number: int = number) -> None:
            step(N_("Forecasting the past"), (number + done / windows) / len(chosen))

        if len(history.values) <= HORIZON:
            continue
        rolled = combined.rolling(history, HORIZON, windows, 7 * every, COMBINED, future, progress)
        subject = source.key(part, value, *TOTAL)
        first = 0 if parts else min(BEHIND, len(rolled) // 2)
        rows: Rows = []
        for place, window in enumerate(rolled[first:], first):
            rows += forecasts(_frame(window, rolled[:place]), version, subject, window.origin, now)
        log = pd.DataFrame(rows).assign(target_day=lambda one: pd.to_datetime(one["target_day"]))
        log["actual"] = history.values.reindex(log["target_day"]).to_numpy()
        predictions += log.assign(target_day=log["target_day"].dt.date).to_dict("records")
        segment = f"{part}={value}" if part else ""
        measured += _weeks(version, segment, log[log["actual"].notna()], history.values, now)
    return predictions, measured


def week(stored: Stored, last: pd.Timestamp) -> tuple[pd.DataFrame, float]:
    """The forecast of the total for the seven days up to `last`, made on the day before them, with what was sold: rows
    as `performance.sold` takes them, and the unit of MASE. Raises `CannotForecast`."""
    history, future = _total(stored)
    history = history.upto(int(history.dates.searchsorted(last, "right")))
    rolled = combined.rolling(history, performance.WEEK, 1 + BEHIND, performance.WEEK, COMBINED, future)
    if not rolled:
        raise CannotForecast(N_("The history before this week is too short to forecast it."))
    frame = _frame(rolled[-1], rolled[:-1]).rename(columns=lambda name: name.replace("-", "_"))
    rows = frame.assign(actual=history.values.reindex(frame.index)).rename_axis("target_day").reset_index()
    return rows, performance.usual_step(history.values)


def compare(stored: Stored, models: tuple[SalesModel, SalesModel], _ends: tuple[date, date]) -> challenge.Comparison:
    """Champion and challenger on the units a day. Raises `CannotJudge`, `CannotForecast`."""
    return challenge.compare(daily(stored), *models)


def policies(stored: Stored, _learner: str, alerts: list[pd.Timestamp], step: Step) -> challenge.Policies:
    """The past year with each policy. Raises `CannotForecast`."""
    return challenge.policies(daily(stored), alerts, step=step)


def _days(stored: Stored, part: str | None, value: str | None) -> pd.DataFrame:
    return tables.query(stored, source.daily(part, stored.columns["sales"]), **({"value": value} if part else {}))


def _total(
    stored: Stored, part: str | None = None, value: str | None = None, ahead: int = HORIZON
) -> tuple[preparing.Regular, pd.DataFrame | None]:
    """The daily revenue of everything, or of a part, and what is known beforehand of so many days ahead."""
    days = _days(stored, part, value)
    covered = source.span(tables.query(stored, source.SPAN))
    history = preparing.regular(source.series(days, *TOTAL, covered)[0] if len(days) else pd.Series(dtype=float))
    calendar = tables.read(stored, "calendar") if "calendar" in stored.columns else None
    return history, holidays.foreseen(history, ahead, countries.of(stored, part, value).code, calendar)


def _frame(window: Window, past: list[Window]) -> pd.DataFrame:
    frame = pd.DataFrame({"mean": window.forecast[DEFAULT]}, window.dates)
    for level, (lo, hi) in intervals.bands(window, past, DEFAULT).items():
        frame[f"lo-{level}"], frame[f"hi-{level}"] = lo, hi
    return frame


def _weeks(version: str, segment: str, rows: pd.DataFrame, values: pd.Series, now: datetime) -> Rows:
    """Each week that was forecast, realised and as the bands let expect; the first half of them is the reference."""
    if rows.empty:
        return []
    scale = performance.usual_step(values)
    weeks = list(rows.groupby(performance.week_of(rows["target_day"])))
    reference = rows[rows["target_day"] <= weeks[(len(weeks) - 1) // 2][0]]
    measured: Rows = []
    usual = performance.sold(reference, scale)
    if usual is not None and not segment:
        last = reference["target_day"].max().date()
        measured += logged.measures(NAME, version, last, REFERENCE, False, usual, len(reference), now)
    for week, part in weeks:
        results = [(False, performance.sold(part, scale))]
        results += [] if segment else [(True, performance.expected(part, reference))]
        for estimated, found in results:
            if found is not None:
                measured += logged.measures(NAME, version, week.date(), segment, estimated, found, len(part), now)
    return measured
