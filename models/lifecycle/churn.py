"""Who leaves, as a managed model (see `managed`): trained on customers, scored one by one, judged by who has left."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from data import meaning, state, tables
from data.tables import Stored
from locales import N_
from models.churn import campaign, challenge, files, learners, preparation, training
from models.churn.model import ChurnModel, sigmoid
from models.drift import bins, performance
from models.drift.consequence import Outcome
from models.drift.monitored import PREDICTION, Sheet
from models.drift.performance import REFERENCE
from models.lifecycle import logged, registry
from models.lifecycle.logged import CannotScore, Rows, Step

NAME = "churn"
LEARNED = 12  # months of a history that its model learns from
LEARNER = "logistic"  # of that model: the simplest that explains itself
FOLDS = 5
SAME = 0.5  # share of the customers scored who must be in a later dataset for it to be about the same ones
MONEY = "monthly_charges"
DOES = (
    N_(
        "By itself it moves the mean risk by {share} of it: about {total} leavers {more}, {money} a month at stake; "
        "the squared error of the risks is expected to change by {error}."
    ),
    N_(
        "By itself it moves the mean risk by {share} of it: about {total} leavers {more}; the squared error of the "
        "risks is expected to change by {error}."
    ),
)
SEGMENT = "contract"  # by which churn is also measured


def train(stored: Stored, _first: bool, until: date | None, step: Step) -> registry.Trained:
    """Train on the customers of a dataset, whose outcomes are known up to `until`, or to when it was stored.

    The columns that an analyst chose for its lineage are learned from, or not (see `tables.choices`). Raises
    `preparation.CannotTrain`.
    """
    customers = tables.read(stored)
    model = training.train(customers, step=step, choices=tables.choices(stored))
    watched = {column: customers[column] for column in model.coding.columns}
    watched[PREDICTION] = pd.Series(model.held_out.probability)
    return registry.Trained(
        content=files.pack(model),
        learner=model.learner,
        rows=len(customers),
        schema={column: "level" if column in model.coding.levels else "number" for column in model.coding.columns},
        metrics=model.metrics,
        bins={name: bins.freeze(column).plain() for name, column in watched.items()},
        window=(None, until or stored.stored.date()),
    )


def load(home: Path, row: pd.Series) -> ChurnModel:
    """The model of a row of the registry. Raises `registry.ModelFileError`."""
    try:
        return registry.load(home, row, files.unpack)
    except KeyError as error:
        text = N_("This model was kept by an older version of Vigie: train it again.")
        raise registry.ModelFileError(text) from error


def outputs(home: Path, stored: Stored, champion: pd.Series) -> Sheet:
    """The probability of leaving of each customer, in each month where there is a history."""
    model = load(home, champion)
    rows = tables.read(stored, "history") if "history" in stored.columns else tables.read(stored)
    day = rows["day"] if "day" in rows else pd.Series(pd.Timestamp(stored.stored.date()), rows.index)
    probability = model.predict_proba(rows)[:, 1]
    return Sheet(pd.DataFrame({PREDICTION: probability}), day.to_numpy().astype("datetime64[D]"), np.arange(len(rows)))


def outcome(
    home: Path, _stored: Stored, champion: "pd.Series | None", sheet: Sheet, sheets: tuple[Sheet, ...]
) -> Outcome | None:
    """The risk of each customer, what they pay a month at that risk, and the squared error to expect: the variance of
    leaving at the calibrated risk, plus the square of how far the risk is off it, as on customers held out."""
    predicted = next((one.frame[PREDICTION] for one in sheets if PREDICTION in one.frame), None)
    if champion is None or predicted is None or len(predicted) != len(sheet.frame):
        return None
    risk, held_out = predicted.to_numpy(float), load(home, champion).held_out
    read = performance.calibrated(risk, held_out.probability, held_out.left.astype(float))
    pays = next((one.frame[MONEY] for one in sheets if MONEY in one.frame), pd.Series(0.0, sheet.frame.index))
    return Outcome(risk, risk * pays.fillna(0).to_numpy(float), read * (1 - read) + (risk - read) ** 2)


def predict(home: Path, stored: Stored, champion: "pd.Series | None", day: date, now: datetime, step: Step) -> Rows:
    """The risk, on a day, of each customer who is still here. Raises `CannotScore`, `registry.ModelFileError`."""
    if champion is None:
        raise CannotScore(N_("No churn model has learned from these customers yet: train one first."))
    step(N_("Scoring the customers"), 0.0)
    scores = campaign.callable_customers(load(home, champion), tables.read(stored))
    version = str(champion["version"])
    return [
        logged.prediction(NAME, version, day, customer, day, now, risk)
        for customer, risk in zip(scores.customer, scores.probability, strict=True)
    ]


def actuals(engine: Engine, _home: Path, stored: Stored) -> Rows:
    """Predictions of the same customers, made when another dataset was in use, with who has left since.

    A table without ids knows nobody again.
    """
    if meaning.are_rows(tables.read(stored)[preparation.KEY]):
        return []
    before = state.prediction_log.c.day < stored.stored.date()  # it knows nothing of later ones
    log = logged.really(state.read(engine, state.prediction_log, before, model=NAME, actual=None))
    learned_from = state.read(engine, state.model_versions, model=NAME).set_index("version")["data_version"]
    left = tables.read(stored).drop_duplicates(preparation.KEY).set_index(preparation.KEY)[preparation.TARGET]
    found: Rows = []
    for (version, _day), part in log.groupby(["version", "day"]):
        actual = left.reindex(part["subject"]).to_numpy(object)
        known = pd.notna(actual)
        if learned_from.get(version) == stored.version or known.mean() < SAME:
            continue
        found += part[known].assign(actual=actual[known].astype(float)).to_dict("records")
    return found


def measure(engine: Engine, home: Path, _stored: Stored, champion: "pd.Series | None", now: datetime) -> Rows:
    """How good a day's predictions were where the outcome is known, and as the champion's own let expect; of the days
    that were not measured on as many customers before."""
    if champion is None:
        return []
    held_out, found, before = load(home, champion).held_out, [], logged.measured(engine, NAME)
    version = str(champion["version"])
    if state.read(engine, state.performance_log, model=NAME, version=version, segment=REFERENCE).empty:
        usual = performance.realised(held_out.probability, held_out.left)
        if usual is not None:
            created = pd.Timestamp(champion["created"]).date()
            found += logged.measures(NAME, version, created, REFERENCE, False, usual, len(held_out.left), now)
    for window in logged.windows(engine, NAME).itertuples():
        about = str(window.version), pd.Timestamp(window.day)
        enough = min(window.came, window.known - window.came) >= performance.MIN_LEAVERS
        known = enough and window.known != before.get((*about, False))
        guessed = window.version == version and window.rows != before.get((*about, True))
        if not known and not guessed:
            continue
        part = state.read(engine, state.prediction_log, model=NAME, version=window.version, day=window.day)
        results: list[tuple[bool, pd.DataFrame | None, int]] = []
        if known:
            real = part[part["actual"].notna()]
            measured = performance.realised(real["mean"].to_numpy(), real["actual"].to_numpy() == 1)
            results.append((False, measured, len(real)))
        if guessed:
            risk = part["mean"].to_numpy()
            read = performance.calibrated(risk, held_out.probability, held_out.left)
            results.append((True, performance.estimated(risk, read), len(part)))
        for estimated, measured, count in results:
            if measured is not None:
                found += logged.measures(NAME, window.version, window.day, "", estimated, measured, count, now)
    return found


def replay(stored: Stored, version: str, now: datetime, step: Step, _parts: bool) -> tuple[Rows, Rows]:
    """What a model that learned from the first `LEARNED` months of a history would have predicted in all of them, and
    how good that was; of those months by models that had not seen the customer. Nothing where there is no history."""
    if "history" not in stored.columns:
        return [], []
    step(N_("Learning from the first year"), 0.0)
    rows = tables.read(stored, "history")
    days = np.sort(rows["day"].unique())[: LEARNED + 1]
    early = (rows["day"] < days[-1]).to_numpy() if len(days) > LEARNED else np.ones(len(rows), bool)
    left = rows[preparation.TARGET].to_numpy(bool)
    risk = _unseen(rows, early, left, step)
    read = performance.calibrated(risk, risk[early], left[early])
    usual = performance.realised(risk[early], left[early])
    last = pd.Timestamp(rows.loc[early, "day"].max()).date()
    predictions: Rows = []
    measured: Rows = []
    if usual is not None:
        measured += logged.measures(NAME, version, last, REFERENCE, False, usual, int(early.sum()), now)
    months = list(rows.groupby("day"))
    for number, (when, part) in enumerate(months):
        step(N_("Measuring month by month"), 0.2 + 0.7 * number / len(months))
        here, day = part.index.to_numpy(), when.date()
        predictions += [
            logged.prediction(NAME, version, day, customer, day, now, mean) | {"actual": float(gone)}
            for customer, mean, gone in zip(part[preparation.KEY], risk[here], left[here], strict=True)
        ]
        segments = {"": here}
        if SEGMENT in part:
            segments |= {f"{SEGMENT}={level}": rows_.index.to_numpy() for level, rows_ in part.groupby(SEGMENT)}
        results = [(name, False, performance.realised(risk[at], left[at]), len(at)) for name, at in segments.items()]
        results.append(("", True, performance.estimated(risk[here], read[here]), len(here)))
        for segment, estimated, found, count in results:
            if found is not None:
                measured += logged.measures(NAME, version, day, segment, estimated, found, count, now)
    return predictions, measured


def compare(stored: Stored, models: tuple[ChurnModel, ChurnModel], ends: tuple[date, date]) -> challenge.Comparison:
    """Champion and challenger on later months, or on customers that neither had seen. Raises `CannotJudge`."""
    history = tables.read(stored, "history") if "history" in stored.columns else None
    return challenge.compare(*models, ends, tables.read(stored), history, stored.stored.date())


def policies(stored: Stored, learner: str, alerts: list[pd.Timestamp], step: Step) -> challenge.Policies:
    """The past year of a history with each policy. Raises `preparation.CannotTrain`."""
    return challenge.policies(tables.read(stored, "history"), learner, alerts, step=step)


def _unseen(rows: pd.DataFrame, early: np.ndarray, left: np.ndarray, step: Step) -> np.ndarray:
    """The risk of each row by a model of the `early` ones that had not seen its customer, calibrated by these."""
    coding = preparation.prepare(rows[early].drop(columns=["day", preparation.KEY])).coding
    matrix = coding.encode(rows)
    # A customer is in many months: who is left out of a fold is left out in all of them.
    fold = np.random.default_rng(0).permutation(len(rows))[pd.factorize(rows[preparation.KEY])[0]] % FOLDS

    def by(learn: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return learners.explained(LEARNER, matrix[learn], left[learn], coding, seed=0).log_odds(matrix[asked])

    log_odds = np.zeros(len(rows))
    if (~early).any():
        log_odds[~early] = by(early, ~early)
    for number in range(FOLDS):
        step(N_("Learning from the first year"), 0.2 * (1 + number) / FOLDS)
        log_odds[early & (fold == number)] = by(early & (fold != number), early & (fold == number))
    level, slope = learners.calibration(log_odds[early], left[early])
    return sigmoid(level + slope * log_odds)
