"""Two churn models on customers that neither has seen, and the past months with models learned never, monthly, ..."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data import meaning
from locales import N_
from models import challenge
from models.challenge import CannotJudge, Gain
from models.churn import learners
from models.churn.model import ChurnModel, sigmoid
from models.churn.preparation import KEY, TARGET, CannotTrain, coding, ranks_auc
from models.churn.training import Step, measure
from models.churn.value import Terms
from models.churn.window import DAYS_A_MONTH

MONTH_END = "day"  # of `history`: when a customer was known so; the outcome is that of the month after
MIN_LEAVERS = 30  # leavers on which two models can be compared
YEAR = 12  # months to learn from, and most months that policies are tried on
RESAMPLED = 400  # draws behind the interval of the AUC, each of which ranks all customers


@dataclass(frozen=True)
class Comparison:
    """What two models predict of the same customers, and what happened: one element a customer (and month).

    `later` says that the months came after both models had learned; otherwise a model that learned from these outcomes
    is judged by models of its kind that were fitted without the customer (the stratified folds of the training), and
    one that learned before them by what it says, apart from who had left already. `gains` are those of the challenger
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
    """What the model of each policy predicts of the customers of each month, and in which months one was learned anew.

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
    until: date | None = None,
    seed: int = 0,
) -> Comparison:
    """Both models on the months of `history` after both learned (`ends`), or on `customers`, whose outcomes are known
    up to the day `until` (by default that of the later model), so that neither has seen an outcome it is judged on.

    Raises `CannotJudge` where they learned the same or too few customers left.
    """
    later = history[history[MONTH_END] >= pd.Timestamp(max(ends))] if history is not None else customers[:0]
    in_time = bool(later[TARGET].sum() >= MIN_LEAVERS) if len(later) else False
    if in_time:
        table, months = later, int(later[MONTH_END].nunique())
        risk = {
            "champion": champion.predict_proba(table)[:, 1],
            "challenger": challenger.predict_proba(table)[:, 1],
        }
    else:
        table, months = customers[customers[TARGET].notna()], 1
        newest = until or max(ends)
        models = {"champion": (champion, ends[0]), "challenger": (challenger, ends[1])}
        risk = {
            name: _unseen(model, table) if end >= newest else _before(model, table)
            for name, (model, end) in models.items()
        }
        judged = ~np.isnan(risk["champion"]) & ~np.isnan(risk["challenger"])
        table, risk = table[judged], {name: values[judged] for name, values in risk.items()}
    left = table[TARGET].to_numpy(bool)
    if min(left.sum(), (~left).sum()) < MIN_LEAVERS:
        raise CannotJudge(
            N_("Too few customers to compare on: at least {needed} who left and as many who stayed are needed."),
            needed=MIN_LEAVERS,
        )
    if np.array_equal(risk["champion"], risk["challenger"]):
        raise CannotJudge(
            N_(
                "Both models learned from the same customers and say the same: train again when newer customers are "
                "there (page Data)."
            )
        )
    customer = pd.factorize(table[KEY])[0] if KEY in table else np.arange(len(table))
    loss = {name: _loss(values, left) for name, values in risk.items()}
    clusters = np.bincount(customer)
    fewer = challenge.gain(np.bincount(customer, loss["champion"] - loss["challenger"]), seed=seed)
    gains = {"log_loss": fewer.times(len(clusters) / len(left)), "auc": _auc_gain(risk, left, seed)}
    contract = table["contract"].fillna("").to_numpy(object) if "contract" in table else np.full(len(table), "", object)
    return Comparison(
        risk,
        left,
        customer,
        contract,
        months,
        in_time,
        {name: measure(values, left) for name, values in risk.items()},
        gains,
    )


def profit(probability: np.ndarray, left: np.ndarray, terms: Terms) -> np.ndarray:
    """What each customer brings (money) when all are called whose call pays on average, against calling nobody."""
    worth = terms.saved * terms.value
    called = probability * worth > terms.offer
    return np.where(called, worth * left - terms.offer, 0.0)


def gain(compared: Comparison, terms: Terms, window: int, contract: str | None = None, seed: int = 0) -> Gain:
    """The money a day that calls by the challenger bring above those by the champion, over all or one `contract`.

    Each outcome took the outcome `window` (months) to come true.
    """
    each = {name: profit(values, compared.left, terms) for name, values in compared.probability.items()}
    counted = True if contract is None else compared.contract == contract
    more = np.bincount(compared.customer, (each["challenger"] - each["champion"]) * counted)
    return challenge.gain(more, seed=seed).times(len(more) / (compared.months * window * DAYS_A_MONTH))


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
    months = pd.DatetimeIndex(np.sort(history[MONTH_END].unique()))
    days = months[max(YEAR, len(months) - YEAR) :]
    if len(days) < 2:
        raise CannotTrain(
            N_("Policies need customers at {needed} month-ends or more with who left after, and there are {count}."),
            needed=YEAR + 2,
            count=len(months),
        )
    chosen = challenge.schedule(days, alerts)
    batches = dict(list(history.groupby(MONTH_END)))
    learned = sorted({0, *(place for places in chosen.values() for place in places)})
    risk: dict[tuple[int, int], np.ndarray] = {}
    for number, place in enumerate(learned):
        step(N_("Learning as on past days"), number / len(learned))
        at = months.get_loc(days[place])
        rows = pd.concat([batches[month] for month in months[at - YEAR : at]])
        code = coding(rows.drop(columns=MONTH_END))
        fitted = learners.explained(learner, code.encode(rows), rows[TARGET].to_numpy(bool), code, seed)
        for later in range(place, len(days)):
            risk[place, later] = sigmoid(fitted.log_odds(code.encode(batches[days[later]])))
    in_use = {name: challenge.current(places, len(days)) for name, places in chosen.items()}
    return Policies(
        days,
        {name: [risk[place, month] for month, place in enumerate(places)] for name, places in in_use.items()},
        [batches[month][TARGET].to_numpy(bool) for month in days],
        {name: np.isin(np.arange(len(days)), places) for name, places in chosen.items()},
    )


def _unseen(model: ChurnModel, table: pd.DataFrame) -> np.ndarray:
    """What a model that was fitted without a customer says about them; NaN in a table without ids."""
    if KEY not in table:
        return np.full(len(table), np.nan)
    risk = model.held_out.of(table, model.coding.encode(table))
    return np.where(np.isnan(risk), model.predict_proba(table)[:, 1], risk)


def _before(model: ChurnModel, table: pd.DataFrame) -> np.ndarray:
    """What a model that learned before the outcomes of a table says; NaN of who had left already, which it may know."""
    risk = np.array(model.predict_proba(table)[:, 1])
    if KEY in table and not meaning.are_rows(table[KEY]):
        risk[table[KEY].astype(str).isin(model.held_out.customer[model.held_out.left.astype(bool)]).to_numpy()] = np.nan
    return risk


def _loss(probability: np.ndarray, left: np.ndarray) -> np.ndarray:
    sure = np.clip(probability, 1e-12, 1 - 1e-12)
    return np.asarray(-np.where(left, np.log(sure), np.log(1 - sure)))


def _auc_gain(risk: dict[str, np.ndarray], left: np.ndarray, seed: int) -> Gain:
    rng, drawn = np.random.default_rng(seed), []
    leavers, stayers = np.flatnonzero(left), np.flatnonzero(~left)
    for _draw in range(RESAMPLED):
        rows = np.r_[rng.choice(leavers, len(leavers)), rng.choice(stayers, len(stayers))]
        drawn.append(ranks_auc(risk["challenger"][rows], left[rows]) - ranks_auc(risk["champion"][rows], left[rows]))
    mean = ranks_auc(risk["challenger"], left) - ranks_auc(risk["champion"], left)
    lo, hi = np.percentile(drawn, [2.5, 97.5])
    return Gain(float(mean), float(lo), float(hi))
