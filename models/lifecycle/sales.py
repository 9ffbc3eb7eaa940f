"""What the models say is kept; when the truth arrives it is put beside it, and how good they were is measured.

Everything goes to `prediction_log` and `performance_log` under keys that name model, version and day, so that whatever
was cut off, or runs twice, is simply run again. What was never said but would have been (`back_fill`) is kept under
versions that begin with `HISTORY`, which no trained model and no dataset has.
"""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from data import state, tables
from data.tables import Stored
from locales import N_, Sentence
from models.churn import campaign, learners, preparation, retraining
from models.churn.model import sigmoid
from models.drift import alerts, performance
from models.drift.performance import REFERENCE
from models.forecast import combined, holidays, intervals, source
from models.forecast import series as preparing
from models.forecast.engine import MEDIAN, Window
from models.forecast.learners import COMBINED
from models.forecast.series import CannotForecast
from models.lifecycle import registry

CHURN, SALES = retraining.MODEL, "sales"
HISTORY = "history"
LEARNED = 12  # months of a history that its model learns from
LEARNER = "logistic"  # of that model: the simplest that explains itself
FOLDS = 5
HORIZON = 28  # days ahead
WEEKS = 52  # past origins, a week apart
BEHIND = 12  # weeks of origins before them, behind the first bands
PARTS_EVERY = 4  # weeks between the origins of a category or store
PARTS_ORIGINS = 4
SAME = 0.5  # share of the customers scored who must be in a later dataset for it to be about the same ones
TOTAL = ("revenue", "D")  # measure and frequency of the forecasts
SEGMENT = "contract"  # by which churn is also measured
Step = Callable[[str, float], None]
Rows = list[dict[str, object]]


class CannotScore(Sentence, ValueError):
    """There is nothing to score, or nothing to score it with; the message says what to do."""


def history(stored: Stored) -> str:
    """The version under which the past of a dataset is kept, as a model would have seen it."""
    return f"{HISTORY}-{stored.version}"


def score(
    engine: Engine,
    home: Path,
    model: str,
    day: date,
    now: datetime,
    step: Step = lambda _message, _share: None,
) -> dict[str, Any]:
    """Keep what `model` ("churn" or "sales") says on `day` about the active data; put the truth beside what it said.

    Then measures every window whose truth is known, and estimates those whose is not; the past is filled in once.
    Returns counts (`predictions` kept, `truths` that arrived, `windows` measured) and the `alerts` to raise about what
    was really said. Raises `CannotScore`, `forecast.CannotForecast`, `registry.ModelFileError`.
    """
    table = "customers" if model == CHURN else "sales"
    stored = tables.active(home, table)  # type: ignore[arg-type]
    if stored is None:
        raise CannotScore(N_("No data have been chosen yet: open Vigie once, or choose some on the page Data."))
    said = _score_churn if model == CHURN else _score_sales
    predictions, truths, windows = said(engine, home, stored, day, now, step)
    back_fill(engine, stored, now, step)
    log = state.read(engine, state.performance_log, model=model)
    return {
        "model": model,
        "day": day.isoformat(),
        "predictions": predictions,
        "truths": truths,
        "windows": windows,
        "alerts": alerts.of_performance(log[~log["version"].str.startswith(HISTORY)]),
    }


def back_fill(
    engine: Engine, stored: Stored, now: datetime, step: Step = lambda _message, _share: None, parts: bool = False
) -> bool:
    """Fill in what a model would have said in the past of a dataset, once; False where it has no such past.

    Customers with a history: a model that learned from its first `LEARNED` months, on all of them (those months by
    models that had not seen the customer). Sales: forecasts of the total from each of the last `WEEKS` Sundays, or
    with `parts` of each category and store from fewer of them.
    """
    version = history(stored)
    if stored.table == "customers" and "history" not in stored.columns:
        return False
    model = CHURN if stored.table == "customers" else SALES
    kept = state.read(engine, state.performance_log, model=model, version=version)["segment"]
    if (kept.str.contains("=") if parts else kept.eq("")).any():
        return True
    if model == CHURN:
        _fill_churn(engine, stored, version, now, step)
    else:
        _fill_sales(engine, stored, version, now, step, parts)
    return True


def keep_forecast(
    engine: Engine, frame: pd.DataFrame, version: str, subject: str, origin: pd.Timestamp, now: datetime
) -> int:
    """Keep a `Forecast.frame` made on the day `origin`; how many steps it has."""
    rows = [
        _said(SALES, version, origin.date(), subject, pd.Timestamp(when).date(), now, row["mean"])
        | {f"{end}_{level}": row[f"{end}-{level}"] for level in (80, 95) for end in ("lo", "hi")}
        for when, row in frame.iterrows()
    ]
    state.upsert(engine, state.prediction_log, rows)
    return len(rows)


# --- Churn ---------------------------------------------------------------------------------------------------------


def _score_churn(
    engine: Engine, home: Path, stored: Stored, day: date, now: datetime, step: Step
) -> tuple[int, int, int]:
    row = registry.champion(engine, CHURN, stored.version)
    if row is None:
        raise CannotScore(N_("No churn model has learned from these customers yet: train one first."))
    step(N_("Scoring the customers"), 0.0)
    model, version = retraining.load(home, row), str(row["version"])
    customers = tables.read(stored)
    scores = campaign.callable_customers(model, customers)
    rows = [
        _said(CHURN, version, day, name, day, now, risk)
        for name, risk in zip(scores.customer, scores.probability, strict=True)
    ]
    state.upsert(engine, state.prediction_log, rows)
    truths = _who_left(engine, stored, customers)
    step(N_("Measuring"), 0.6)
    log = state.read(engine, state.prediction_log, model=CHURN)
    seen = model.held_out
    measured: Rows = []
    usual = performance.realised(seen.probability, seen.left)
    if usual is not None:
        created = pd.Timestamp(row["created"]).date()
        measured += _measured(CHURN, version, created, REFERENCE, False, usual, len(seen.left), now)
    windows = 0
    for (said_by, when), part in log[~log["version"].str.startswith(HISTORY)].groupby(["version", "day"]):
        known = part[part["actual"].notna()]
        risk = known["mean"].to_numpy(), known["actual"].to_numpy() == 1
        found = {False: performance.realised(*risk), True: None}
        if said_by == version:
            said = part["mean"].to_numpy()
            found[True] = performance.estimated(said, performance.calibrated(said, seen.probability, seen.left))
        for guess, result in found.items():
            if result is not None:
                count = len(part) if guess else len(known)
                measured += _measured(CHURN, str(said_by), when.date(), "", guess, result, count, now)
                windows += 1
    state.upsert(engine, state.performance_log, measured)
    return len(rows), truths, windows


def _who_left(engine: Engine, stored: Stored, customers: pd.DataFrame) -> int:
    """Put who has left beside what was said of the same customers when another dataset was in use; how many."""
    log = state.read(engine, state.prediction_log, model=CHURN)
    open_ = log[log["actual"].isna() & ~log["version"].str.startswith(HISTORY)]
    learned_from = state.read(engine, state.model_versions, model=CHURN).set_index("version")["data_version"]
    left = customers.drop_duplicates(preparation.KEY).set_index(preparation.KEY)[preparation.TARGET]
    told: Rows = []
    for (version, day), part in open_.groupby(["version", "day"]):
        truth = left.reindex(part["subject"]).to_numpy(object)
        known = pd.notna(truth)
        if learned_from.get(version) == stored.version or day.date() >= stored.stored.date() or known.mean() < SAME:
            continue
        told += part[known].assign(actual=truth[known].astype(float)).to_dict("records")
    state.upsert(engine, state.prediction_log, told)
    return len(told)


def _fill_churn(engine: Engine, stored: Stored, version: str, now: datetime, step: Step) -> None:
    step(N_("Learning from the first year"), 0.0)
    rows = tables.read(stored, "history")
    days = np.sort(rows["day"].unique())[: LEARNED + 1]
    early = (rows["day"] < days[-1]).to_numpy() if len(days) > LEARNED else np.ones(len(rows), bool)
    left = rows[preparation.TARGET].to_numpy(bool)
    prepared = preparation.prepare(rows[early].drop(columns=["day", preparation.KEY]))
    coding, matrix = prepared.coding, prepared.coding.encode(rows)
    # A customer is in many months: who is left out of a fold is left out in all of them.
    fold = np.random.default_rng(0).permutation(len(rows))[pd.factorize(rows[preparation.KEY])[0]] % FOLDS

    def risk(learn: np.ndarray, said: np.ndarray) -> np.ndarray:
        model = learners.explained(LEARNER, matrix[learn], left[learn], coding, seed=0)
        return sigmoid(model.log_odds(matrix[said]))

    said = np.zeros(len(rows))
    said[~early] = risk(early, ~early) if (~early).any() else []
    for number in range(FOLDS):
        step(N_("Learning from the first year"), 0.2 * (1 + number) / FOLDS)
        said[early & (fold == number)] = risk(early & (fold != number), early & (fold == number))
    read = performance.calibrated(said, said[early], left[early])
    usual = performance.realised(said[early], left[early])
    last = pd.Timestamp(rows.loc[early, "day"].max()).date()
    predictions: Rows = []
    measured = [] if usual is None else _measured(CHURN, version, last, REFERENCE, False, usual, int(early.sum()), now)
    months = list(rows.groupby("day"))
    for number, (when, part) in enumerate(months):
        step(N_("Measuring month by month"), 0.2 + 0.7 * number / len(months))
        here, day = part.index.to_numpy(), when.date()
        predictions += [
            _said(CHURN, version, day, name, day, now, mean) | {"actual": float(gone)}
            for name, mean, gone in zip(part[preparation.KEY], said[here], left[here], strict=True)
        ]
        results = [("", False, performance.realised(said[here], left[here]), len(here))]
        results += [("", True, performance.estimated(said[here], read[here]), len(here))]
        if SEGMENT in part:
            for level, members in part.groupby(SEGMENT):
                place = members.index.to_numpy()
                name = f"{SEGMENT}={level}"
                results.append((name, False, performance.realised(said[place], left[place]), len(place)))
        for segment, guess, found, count in results:
            if found is not None:
                measured += _measured(CHURN, version, day, segment, guess, found, count, now)
    step(N_("Keeping the results"), 0.9)
    state.upsert(engine, state.prediction_log, predictions)
    state.upsert(engine, state.performance_log, measured)  # last: it says that all is there


# --- Sales ---------------------------------------------------------------------------------------------------------


def _score_sales(
    engine: Engine, home: Path, stored: Stored, _day: date, now: datetime, step: Step
) -> tuple[int, int, int]:
    step(N_("Forecasting"), 0.0)
    known, future = _daily(stored, None, None)
    forecast = combined.forecast(known.values, HORIZON, future=future)
    subject = source.key(None, None, *TOTAL)
    predictions = keep_forecast(engine, forecast.frame, stored.version, subject, known.dates[-1], now)
    step(N_("Measuring"), 0.5)
    truths = _what_was_sold(engine, home, stored)
    log = state.read(engine, state.prediction_log, model=SALES, subject=subject)
    measured: Rows = []
    for version, rows in log[~log["version"].str.startswith(HISTORY)].groupby("version"):
        measured += _weeks(str(version), "", rows[rows["actual"].notna()], known.values, now)
    state.upsert(engine, state.performance_log, measured)
    return predictions, truths, len({(row["version"], row["day"]) for row in measured})


def _daily(stored: Stored, part: str | None, value: str | None) -> tuple[preparing.Regular, pd.DataFrame | None]:
    """The daily revenue of everything, or of a part, and the days that are known to be closed."""
    days = tables.query(stored, source.daily(part), **({"value": value} if part else {}))
    known = preparing.regular(source.series(days, *TOTAL)[0] if len(days) else pd.Series(dtype=float))
    country = holidays.COUNTRIES.get(stored.origin.currency or "", "")
    return known, holidays.closures(known, HORIZON, country) if country else None


def _what_was_sold(engine: Engine, home: Path, stored: Stored) -> int:
    """Put what was sold beside forecasts of the same source whose day is over; how many."""
    log = state.read(engine, state.prediction_log, model=SALES)
    origin = stored.origin.kind, stored.origin.name
    same = {one.version for one in tables.stored(home, "sales") if (one.origin.kind, one.origin.name) == origin}
    open_ = log[log["actual"].isna() & log["version"].isin(same)]
    told: Rows = []
    for subject, rows in open_.groupby("subject"):
        part, value, measure, frequency = source.read_key(str(subject))
        if part and part not in stored.columns["sales"]:
            continue
        days = tables.query(stored, source.daily(part), **({"value": value} if part else {}))
        if len(days):
            came = source.series(days, measure, frequency)[0].reindex(rows["target_day"]).to_numpy()
            told += rows.assign(actual=came)[~np.isnan(came)].to_dict("records")
    state.upsert(engine, state.prediction_log, told)
    return len(told)


def _fill_sales(engine: Engine, stored: Stored, version: str, now: datetime, step: Step, parts: bool) -> None:
    chosen: list[tuple[str | None, str | None]] = [(None, None)]
    if parts:
        there = [part for part in ("category", "store") if part in stored.columns["sales"]]
        chosen = [
            (part, str(value))
            for part in there
            for value in tables.query(stored, source.largest(part, stored.columns["sales"]))["part"]
        ]
    windows, every = (PARTS_ORIGINS, PARTS_EVERY) if parts else (WEEKS + BEHIND, 1)
    measured: Rows = []
    for number, (part, value) in enumerate(chosen):
        try:
            known, future = _daily(stored, part, value)
        except CannotForecast:
            if part is None:
                raise
            continue  # a shop that has just opened

        def heard(_learner: str, /, *, done: int, windows: int, number: int = number) -> None:
            step(N_("Forecasting the past"), (number + done / windows) / len(chosen))

        if len(known.values) <= HORIZON:
            continue
        rolled = combined.rolling(known, HORIZON, windows, 7 * every, COMBINED, future, heard)
        subject = source.key(part, value, *TOTAL)
        first = 0 if parts else min(BEHIND, len(rolled) // 2)
        for place, window in enumerate(rolled[first:], first):
            keep_forecast(engine, _frame(window, rolled[:place]), version, subject, window.origin, now)
        log = state.read(engine, state.prediction_log, model=SALES, version=version, subject=subject)
        told = log.assign(actual=known.values.reindex(log["target_day"]).to_numpy())
        state.upsert(engine, state.prediction_log, told.to_dict("records"))
        segment = f"{part}={value}" if part else ""
        measured += _weeks(version, segment, told[told["actual"].notna()], known.values, now)
    state.upsert(engine, state.performance_log, measured)  # last: it says that all is there


def _frame(window: Window, past: list[Window]) -> pd.DataFrame:
    frame = pd.DataFrame({"mean": window.said[MEDIAN]}, window.dates)
    for level, (lo, hi) in intervals.bands(window, past, MEDIAN).items():
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
        measured += _measured(SALES, version, last, REFERENCE, False, usual, len(reference), now)
    for week, part in weeks:
        results = [(False, performance.sold(part, scale))]
        results += [] if segment else [(True, performance.expected(part, reference))]
        for guess, found in results:
            if found is not None:
                measured += _measured(SALES, version, week.date(), segment, guess, found, len(part), now)
    return measured


# --- Rows ----------------------------------------------------------------------------------------------------------


def _said(
    model: str, version: str, day: date, subject: str, target: date, now: datetime, mean: float
) -> dict[str, object]:
    return {
        "model": model,
        "version": version,
        "day": day,
        "subject": subject,
        "target_day": target,
        "mean": mean,
        "logged": now,
    }


def _measured(
    model: str, version: str, day: date, segment: str, estimated: bool, found: pd.DataFrame, rows: int, now: datetime
) -> Rows:
    about = {"model": model, "version": version, "day": day, "segment": segment, "estimated": estimated}
    return [
        {**about, "metric": name, "value": value, "lo": lo, "hi": hi, "rows": rows, "logged": now}
        for name, value, lo, hi in found[["value", "lo", "hi"]].itertuples()
    ]
