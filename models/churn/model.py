"""A churn model that has learned: what it says about a customer, why, and how sure that is."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from data import meaning
from data.dataset import Finding
from models.churn import conformal
from models.churn.conformal import LEAVE, STAY, SURE, UNCLEAR, Group, Limits, verdict
from models.churn.learners import Calibrated
from models.churn.preparation import KEY, Coding
from models.churn.rules import Rules

__all__ = ["LEAVE", "STAY", "SURE", "UNCLEAR", "ChurnModel", "Confidence", "HeldOut", "alike", "sigmoid", "verdict"]
BAND = (5.0, 95.0)  # percentiles of the resampled models
MIN_ALIKE, MAX_ALIKE, NEAR = 30, 300, 1.25  # customers of a similar risk, and how many times off their odds may be


@dataclass(frozen=True)
class HeldOut:
    """What models that had not seen a customer said about them: one row a customer of the training table.

    `customer` is their id ("" in a table without ids), `row` a fingerprint of all that the model sees of them (see
    `fingerprints`), `member` (customers x groups) says in which of the model's groups they are.
    """

    customer: np.ndarray
    probability: np.ndarray
    left: np.ndarray
    fold: np.ndarray
    row: np.ndarray
    member: np.ndarray

    def of(self, customers: pd.DataFrame, matrix: np.ndarray) -> np.ndarray:
        """The held-out probability of each customer of a table, coded as `matrix`; NaN where there is none.

        Only of customers whose id is known and whose row has not changed since the model learned from it: whatever
        else a table says about an id is news, and a table without ids is about nobody in particular. Numbers of rows
        are ids in their own file only: there, all rows are as they were.
        """
        if KEY not in customers:
            return np.full(len(customers), np.nan)
        known = pd.DataFrame({"customer": self.customer, "row": self.row, "probability": self.probability})
        known = known[known["customer"] != ""].drop_duplicates("customer")
        asked = pd.DataFrame({"customer": customers[KEY].astype(str).to_numpy(object), "row": fingerprints(matrix)})
        found = asked.merge(known, "left", ["customer", "row"])["probability"].to_numpy(float)
        if meaning.are_rows(asked["customer"]) and asked["customer"].isin(known["customer"])[np.isnan(found)].any():
            return np.full(len(customers), np.nan)
        return found

    def verdicts(self, sure: float = SURE) -> np.ndarray:
        """The verdict on each customer, by the limits of the other folds: nobody's own outcome is in it."""
        given = np.full(len(self.left), UNCLEAR)
        for fold in np.unique(self.fold):
            here = self.fold == fold
            limits = conformal.limits(self.probability[~here], self.left[~here], self.member[~here], sure)
            given[here] = limits.verdict(self.probability[here], self.member[here])
        return given


@dataclass(frozen=True)
class Confidence:
    """How sure a probability is, in three parts, each an array with one element a customer.

    `lo`, `hi`: where nine in ten models lie that were trained on the customers drawn again (bootstrap, 5th to 95th
    percentile): how much the *estimate* would move with another sample, not where an outcome lies.

    `verdict`: "leave" or "stay" where the other outcome can be ruled out, "unclear" (too close to call) where neither
    or both can: of the customers who will leave, at most 20 % get "stay", also within the groups that needed it, and
    of those who will stay, at most 20 % get "leave", if tomorrow's customers are like those it was calibrated on (see
    `conformal`). `verdict_left`: the share that left of the held-out customers with the same verdict.

    `similar`: the share who left among the customers whose held-out probability was nearest (see `alike`): a count
    of what happened, not a model.
    """

    probability: np.ndarray
    lo: np.ndarray
    hi: np.ndarray
    verdict: np.ndarray
    verdict_left: np.ndarray
    similar: np.ndarray


@dataclass(frozen=True)
class Explanation:
    """Why a customer has their probability: `base` + sum of `contributions` (one a column) = `log_odds`."""

    base: float
    contributions: pd.Series
    log_odds: float
    probability: float


@dataclass(frozen=True)
class ChurnModel:
    """Made by `training.train`; kept by `models.lifecycle.registry`."""

    learner: str
    coding: Coding
    fitted: Calibrated  # an `Explained` model
    ensemble: Calibrated  # `Resampled` models of its kind
    rules: Rules
    groups: tuple[Group, ...]  # whose leavers have a limit of their own in the verdicts
    held_out: HeldOut
    metrics: dict[str, float]
    league: pd.DataFrame  # one row a learner
    importance: pd.DataFrame  # one row a column: `column`, `contribution`, `permutation`
    coverage: pd.DataFrame  # one row a group, level, outcome: `nominal`, `covered`, `customers`
    by_verdict: (
        pd.DataFrame
    )  # one row a verdict: `verdict`, `customers` who got it, share who `left` of them with `lo`, `hi`
    findings: tuple[Finding, ...]
    left_out: dict[str, str]  # column -> why it is not learned from, a key of `preparation.LEFT_OUT`

    def predict_proba(self, customers: pd.DataFrame) -> np.ndarray:
        """The probabilities (customers x 2) of staying and of leaving, as scikit-learn orders them."""
        leave = self.probability(self.coding.encode(customers))
        return np.column_stack([1 - leave, leave])

    def probability(self, matrix: np.ndarray) -> np.ndarray:
        """The probability of leaving of coded rows."""
        return sigmoid(self.fitted.log_odds(matrix))

    def explain(self, row: pd.Series | pd.DataFrame) -> Explanation:
        """Why one customer (a row of a table) has their probability."""
        frame = row.to_frame().T if isinstance(row, pd.Series) else row
        parts = self.fitted.contributions(self.coding.encode(frame.iloc[:1]))[0]
        log_odds = float(parts.sum())
        return Explanation(
            float(parts[-1]), pd.Series(parts[:-1], list(self.coding.columns)), log_odds, float(sigmoid(log_odds))
        )

    def confidence(self, matrix: np.ndarray, sure: float = SURE, probability: np.ndarray | None = None) -> Confidence:
        """How sure the probabilities of coded rows are (see `Confidence`); they may be known already."""
        probability = self.probability(matrix) if probability is None else probability
        others = sigmoid(self.ensemble.log_odds(matrix))
        lo, hi = _percentiles(others)
        similar, _customers = _alike(self._ranked, probability)
        limits = self._limits if sure == SURE else self.limits(sure)
        verdicts = limits.verdict(probability, _members(self.groups, matrix))
        return Confidence(
            probability,
            np.minimum(lo, probability),
            np.maximum(hi, probability),
            verdicts,
            np.array([self._left[name] for name in verdicts], float),
            similar,
        )

    def limits(self, sure: float) -> Limits:
        """What the verdicts go by."""
        held_out = self.held_out
        return conformal.limits(held_out.probability, held_out.left, held_out.member, sure)

    @cached_property
    def _limits(self) -> Limits:
        return self.limits(SURE)

    @cached_property
    def _left(self) -> dict[str, float]:
        return dict(zip(self.by_verdict["verdict"], self.by_verdict["left"], strict=True))

    @cached_property
    def _ranked(self) -> tuple[np.ndarray, np.ndarray]:
        return _ranked(self.held_out.probability, self.held_out.left)


def fingerprints(matrix: np.ndarray) -> np.ndarray:
    """A number for each coded row that is the same only for the same row."""
    return pd.util.hash_pandas_object(pd.DataFrame(matrix + 0.0), index=False).to_numpy(np.uint64)  # -0.0 is 0.0


def _percentiles(models: np.ndarray) -> np.ndarray:
    """The percentiles `BAND` over models (2 x customers), as `numpy.percentile` has them, in a tenth of its time for
    one customer."""
    ordered = np.sort(models, axis=0)
    at = np.array(BAND) / 100 * (len(models) - 1)
    below = at.astype(int)
    above = np.minimum(below + 1, len(models) - 1)
    return np.asarray(ordered[below] + (at - below)[:, None] * (ordered[above] - ordered[below]))


def sigmoid(log_odds: np.ndarray | float) -> np.ndarray:
    """The probability that log-odds stand for."""
    return 1 / (1 + np.exp(-np.asarray(log_odds, float)))


def alike(seen: np.ndarray, left: np.ndarray, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The share who left among the held-out customers with the nearest probabilities, and how many those are.

    A twentieth of all, `MIN_ALIKE` to `MAX_ALIKE`, and where there are enough only those within odds `NEAR` times off.
    """
    return _alike(_ranked(seen, left), probability)


def _ranked(seen: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Held-out probabilities in order, and how many of the first 0, 1, 2, ... of them left; equal ones share theirs."""
    order, (_values, tied, size) = np.sort(seen), np.unique(seen, return_inverse=True, return_counts=True)
    gone = np.repeat(np.bincount(tied, left) / size, size)
    return order, np.r_[0, np.cumsum(gone)]


def _alike(ranked: tuple[np.ndarray, np.ndarray], probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    seen, gone = ranked
    middle, odds = np.searchsorted(seen, probability), probability / np.maximum(1 - probability, 1e-12)
    most, least = (int(np.clip(len(seen) // 20, MIN_ALIKE, upto)) for upto in (MAX_ALIKE, MIN_ALIKE))
    start, few = (np.clip(middle - count // 2, 0, len(seen) - count) for count in (most, least))
    lo, hi = (odds * by / (1 + odds * by) for by in (1 / NEAR, NEAR))
    # The most at risk have many below them and none above: those far below are not like them.
    first = np.maximum(start, np.searchsorted(seen, lo, "left"))
    end = np.minimum(start + most, np.searchsorted(seen, hi, "right"))
    first, end = np.where(end - first < least, (few, few + least), (first, end))
    return (gone[end] - gone[first]) / (end - first), end - first


def _members(groups: tuple[Group, ...], matrix: np.ndarray) -> np.ndarray:
    """Who is in which group (rows x groups)."""
    return np.array([group.members(matrix) for group in groups], bool).reshape(len(groups), len(matrix)).T
