"""Two churn models on customers that neither has seen, and the past months with models learned never, monthly, ..."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from locales import N_
from models.churn import learners
from models.churn.model import ChurnModel, sigmoid
from models.churn.preparation import KEY, TARGET, CannotTrain, coding, ranks_auc
from models.churn.training import COMPARED, Step, measure
from models.churn.value import Terms
from models.lifecycle import challenge
from models.lifecycle.challenge import CannotCompare, Gain

DAY = "day"  # of `history`: the month-end at which a customer was known so; the outcome is that of the month after
FEWEST = 30  # leavers on which two models can be compared
YEAR = 12  # months to learn from, and most months that policies are tried on
DAYS_A_MONTH = 365.25 / 12
RESAMPLED = 400  # draws behind the interval of the AUC, each of which ranks all customers


@dataclass(frozen=True)
class Comparison:
    """What two models said about the same customers, and what happened: one element a customer (and month).

    `later` says that the months came after both models had learned; otherwise each customer is judged by a model of the
    same kind that was fitted without them (the stratified folds of the training). `gains` are those of the challenger
    in `log_loss` (how much lower) and `auc` (how much higher).
    """

    probability: dict[str, np.ndarray]  # champion, challenger
    left: np.ndarray
    customer: np.ndarray  # a number a customer: months of one customer stay together
    contract: np.ndarray  # "" where the table does not say
    months: int
    later: bool
    scores: dict[str, dict[str, float]]
    gains: dict[str, Gain]


@dataclass(frozen=True)
class Policies:
    """What the model of each policy said about the customers of each month, and in which months one was learned anew.

    `probability` and `left` have one array a month of `days`.
    """

    days: pd.DatetimeIndex
    probability: dict[str, list[np.ndarray]]
    left: list[np.ndarray]
    retrained: dict[str, np.ndarray]


def compare(
    champion: ChurnModel,
    challenger: ChurnModel,
    ends: tuple[date, date],
    customers: pd.DataFrame,
    history: pd.DataFrame | None,
    seed: int = 0,
) -> Comparison:
    """Both models on the months of `history` after both learned (`ends`), or on `customers`, by folds.

    Raises `CannotCompare` where they learned the same or too few customers left.
    """
    later = history[history[DAY] >= pd.Timestamp(max(ends))] if history is not None else customers[:0]
    in_time = bool(later[TARGET].sum() >= FEWEST) if len(later) else False
    if in_time:
        table, months = later, int(later[DAY].nunique())
        said = {
            "champion": champion.predict_proba(table)[:, 1],
            "challenger": challenger.predict_proba(table)[:, 1],
        }
    else:
        table, months = customers[customers[TARGET].notna()], 1
        said = {"champion": _unseen(champion, table), "challenger": _unseen(challenger, table)}
        known = ~np.isnan(said["champion"]) & ~np.isnan(said["challenger"])
        table, said = table[known], {name: values[known] for name, values in said.items()}
    left = table[TARGET].to_numpy(bool)
    if min(left.sum(), (~left).sum()) < FEWEST:
        raise CannotCompare(
            N_("Too few customers to compare on: at least {needed} who left and as many who stayed are needed."),
            needed=FEWEST,
        )
    if np.array_equal(said["champion"], said["challenger"]):
        raise CannotCompare(
            N_(
                "Both models learned from the same customers and say the same: train again when newer customers are "
                "there (page Data)."
            )
        )
    customer = pd.factorize(table[KEY])[0] if KEY in table else np.arange(len(table))
    loss = {name: _loss(values, left) for name, values in said.items()}
    clusters = np.bincount(customer)
    fewer = challenge.gain(np.bincount(customer, loss["champion"] - loss["challenger"]), seed=seed)
    gains = {"log_loss": fewer.times(len(clusters) / len(left)), "auc": _auc_gain(said, left, seed)}
    contract = table["contract"].fillna("").to_numpy(object) if "contract" in table else np.full(len(table), "", object)
    return Comparison(
        said,
        left,
        customer,
        contract,
        months,
        in_time,
        {name: measure(values, left) for name, values in said.items()},
        gains,
    )


def profit(probability: np.ndarray, left: np.ndarray, terms: Terms) -> np.ndarray:
    """What each customer brings (money) when all are called whose call pays on average, against calling nobody."""
    worth = terms.saved * terms.value
    called = probability * worth > terms.offer
    return np.where(called, worth * left - terms.offer, 0.0)


def gain(compared: Comparison, terms: Terms, contract: str | None = None, seed: int = 0) -> Gain:
    """The money a day that calls by the challenger bring above those by the champion, over all or one `contract`."""
    each = {name: profit(values, compared.left, terms) for name, values in compared.probability.items()}
    counted = True if contract is None else compared.contract == contract
    more = np.bincount(compared.customer, (each["challenger"] - each["champion"]) * counted)
    return challenge.gain(more, seed=seed).times(len(more) / (compared.months * DAYS_A_MONTH))


def policies(
    history: pd.DataFrame,
    learner: str,
    alerts: Sequence[pd.Timestamp] = (),
    seed: int = 0,
    step: Step = lambda _message, _share: None,
) -> Policies:
    """The past months again, as they would have gone with each policy, with only the outcomes known at the time.

    Each model learns from the `YEAR` months before its day whose outcomes were known. Raises `CannotTrain` where there
    are too few months.
    """
    months = pd.DatetimeIndex(np.sort(history[DAY].unique()))
    days = months[max(YEAR, len(months) - YEAR) :]
    if len(days) < 2:
        raise CannotTrain(
            N_("Policies need customers at {needed} month-ends or more with who left after, and there are {count}."),
            needed=YEAR + 2,
            count=len(months),
        )
    chosen = challenge.schedule(days, alerts)
    batches = dict(list(history.groupby(DAY)))
    learned = sorted({0, *(place for places in chosen.values() for place in places)})
    told: dict[tuple[int, int], np.ndarray] = {}
    for number, place in enumerate(learned):
        step(N_("Learning as on past days"), number / len(learned))
        at = months.get_loc(days[place])
        rows = pd.concat([batches[month] for month in months[at - YEAR : at]])
        code = coding(rows.drop(columns=DAY))
        fitted = learners.explained(learner, code.encode(rows), rows[TARGET].to_numpy(bool), code, seed)
        for later in range(place, len(days)):
            told[place, later] = sigmoid(fitted.log_odds(code.encode(batches[days[later]])))
    in_use = {name: challenge.current(places, len(days)) for name, places in chosen.items()}
    return Policies(
        days,
        {name: [told[place, month] for month, place in enumerate(places)] for name, places in in_use.items()},
        [batches[month][TARGET].to_numpy(bool) for month in days],
        {name: np.isin(np.arange(len(days)), places) for name, places in chosen.items()},
    )


def _unseen(model: ChurnModel, table: pd.DataFrame) -> np.ndarray:
    """What a model that was fitted without a customer says about them; NaN where there is none."""
    seen = pd.Series(model.held_out.probability, model.held_out.customer)
    if KEY not in table:
        return np.full(len(table), np.nan)
    said = table[KEY].astype(str).map(seen[~seen.index.duplicated()]).to_numpy(float)
    new = np.isnan(said)
    if new.any() and len(seen) < COMPARED:  # else it may have learned from them although they were in no fold
        said[new] = model.predict_proba(table[new])[:, 1]
    return said


def _loss(probability: np.ndarray, left: np.ndarray) -> np.ndarray:
    sure = np.clip(probability, 1e-12, 1 - 1e-12)
    return np.asarray(-np.where(left, np.log(sure), np.log(1 - sure)))


def _auc_gain(said: dict[str, np.ndarray], left: np.ndarray, seed: int) -> Gain:
    rng, drawn = np.random.default_rng(seed), []
    leavers, stayers = np.flatnonzero(left), np.flatnonzero(~left)
    for _draw in range(RESAMPLED):
        rows = np.r_[rng.choice(leavers, len(leavers)), rng.choice(stayers, len(stayers))]
        drawn.append(ranks_auc(said["challenger"][rows], left[rows]) - ranks_auc(said["champion"][rows], left[rows]))
    mean = ranks_auc(said["challenger"], left) - ranks_auc(said["champion"], left)
    lo, hi = np.percentile(drawn, [2.5, 97.5])
    return Gain(float(mean), float(lo), float(hi))
