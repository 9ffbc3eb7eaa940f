"""From a customers table to what a model can learn from: which columns, in which code, and what must not be used.

A model sees a matrix of floats, one column an analyst's column: numbers as they are, levels as their code, NaN where
nothing is known. What is learned here (levels, which columns) comes from the rows given, so that it is fitted again
inside every fold of a cross-validation.
"""

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from data.dataset import Finding
from locales import N_, Sentence

TARGET, KEY = "churned", "customer_id"
DIRECTIONS = {"monthly_charges": 1, "tenure": -1}  # a higher price never keeps a customer, nor does a shorter stay
MAX_LEVELS = 50  # of a column of text: more are names, not kinds
FEW = 12  # a number with no more distinct values than this is a kind
NEEDED = 50  # customers of each outcome: ten a fold, and enough for a 90 % statement about each class
LEAK = 0.9  # a single column, or a whole model, that ranks leavers better than this knew the outcome
AFTERWARDS = re.compile(
    r"^(churn|cltv|customer_status$|status$|cancel|exit|termination|leav|left|attrition|resili|depart(ed|ure)?(_|$))",
    re.IGNORECASE,
)


class CannotTrain(Sentence, ValueError):
    """There is no honest model to be had from this table; the message says what is missing."""


@dataclass(frozen=True)
class Coding:
    """Which columns a model uses and how: `levels` has the names of a column's codes 0, 1, ...; others are numbers."""

    columns: tuple[str, ...]
    levels: dict[str, tuple[str, ...]]

    @property
    def kinds(self) -> list[str]:
        """XGBoost's feature types: c for levels, q for numbers."""
        return ["c" if column in self.levels else "q" for column in self.columns]

    @property
    def directions(self) -> tuple[int, ...]:
        """1 where a higher value can only raise the risk, -1 where it can only lower it, 0 where either may be."""
        return tuple(DIRECTIONS.get(column, 0) if column not in self.levels else 0 for column in self.columns)

    def place(self, column: str) -> int:
        """The column's place in the matrix."""
        return self.columns.index(column)

    def code(self, column: str, value: object) -> float:
        """A value of a column as the matrix holds it; NaN where it is missing or was never seen."""
        if column not in self.levels:
            return float(value) if value is not None else float("nan")  # type: ignore[arg-type]
        return float(self.levels[column].index(str(value))) if str(value) in self.levels[column] else float("nan")

    def value(self, column: str, code: float) -> str | float | None:
        """What a code of a column stands for: a level's name or a number; None where nothing is known."""
        if np.isnan(code):
            return None
        return self.levels[column][int(code)] if column in self.levels else float(code)

    def encode(self, customers: pd.DataFrame) -> np.ndarray:
        """The matrix (customers x columns) of a table. An absent column, or a level never seen, is NaN."""
        matrix = np.full((len(customers), len(self.columns)), np.nan)
        for place, column in enumerate(self.columns):
            if column not in customers:
                continue
            values = customers[column]
            if column in self.levels:
                codes = pd.Index(self.levels[column], dtype="str").get_indexer(_text(values))
                matrix[:, place] = np.where(codes < 0, np.nan, codes)
            else:
                matrix[:, place] = _number(values)
        return matrix


@dataclass(frozen=True)
class Prepared:
    """A table ready to learn from: `matrix` (customers x columns), `left` (bool), and what was noticed on the way."""

    customers: pd.DataFrame
    coding: Coding
    matrix: np.ndarray
    left: np.ndarray
    findings: tuple[Finding, ...] = field(default=())


def coding(customers: pd.DataFrame, without: tuple[str, ...] = ()) -> Coding:
    """Which columns vary and can be used, and the levels they have in these rows."""
    columns, levels = [], {}
    for column in customers.columns.drop([KEY, TARGET, *without], errors="ignore"):
        values = customers[column]
        number = _number(values) if not pd.api.types.is_bool_dtype(values) else np.full(len(values), np.nan)
        known = number[~np.isnan(number)]
        if len(known) >= 0.95 * values.notna().sum() and len(np.unique(known)) > FEW:
            columns.append(column)
            continue
        kinds = sorted(_text(values).dropna().unique())
        if 2 <= len(kinds) <= MAX_LEVELS:
            columns.append(column)
            levels[column] = tuple(kinds)
        elif len(kinds) > MAX_LEVELS and len(np.unique(known)) > MAX_LEVELS:
            columns.append(column)  # numbers with some text among them: the text is missing
    return Coding(tuple(columns), levels)


def prepare(customers: pd.DataFrame) -> Prepared:
    """Check a customers table and code it.

    Left out, with a finding each: customers listed twice or without outcome, columns written after the outcome (by
    their name, or because they alone rank leavers with an AUC above `LEAK`), columns with one value or a name a row.
    Raises `CannotTrain`.
    """
    if TARGET not in customers:
        raise CannotTrain(N_("There is no column that says who left: map one on the page Data."))
    findings = []
    kept = customers[customers[TARGET].notna()]
    if len(kept) < len(customers):
        findings.append(
            Finding(N_("{rows} customers without a known outcome are left out."), len(customers) - len(kept))
        )
    if KEY in kept and kept[KEY].duplicated().any():
        again = kept[KEY].duplicated()
        findings.append(
            Finding(N_("{rows} rows repeat a customer: the first one counts."), int(again.sum()), severity="warning")
        )
        kept = kept[~again]
    left = kept[TARGET].to_numpy(bool)
    if min(left.sum(), (~left).sum()) < NEEDED:
        raise CannotTrain(
            N_(
                "An honest model needs at least {needed} customers who left and as many who stayed; this table has "
                "{left} and {stayed}."
            ),
            needed=NEEDED,
            left=int(left.sum()),
            stayed=int((~left).sum()),
        )
    if "total_charges" in kept and kept["total_charges"].isna().any():
        findings.append(
            Finding(
                N_("{rows} customers have no total charges yet: it counts as not known."),
                int(kept["total_charges"].isna().sum()),
            )
        )
    first = coding(kept)
    matrix = first.encode(kept)
    leaks = [
        column
        for place, column in enumerate(first.columns)
        if AFTERWARDS.match(column) or _alone(matrix[:, place], left, column in first.levels) > LEAK
    ]
    for column in leaks:
        findings.append(
            Finding(
                N_("Column “{column}” tells who left: it was written afterwards, and the model does not see it."),
                0,
                {"column": column},
                severity="warning",
            )
        )
    chosen = coding(kept, tuple(leaks))
    unused = [column for column in kept.columns if column not in (KEY, TARGET, *leaks, *chosen.columns)]
    if unused:
        findings.append(
            Finding(
                N_("{rows} columns cannot be used: one value only, or nearly as many as customers."),
                len(unused),
                examples=tuple(unused[:5]),
            )
        )
    if not chosen.columns:
        raise CannotTrain(N_("No column of this table differs between customers: there is nothing to learn from."))
    return Prepared(kept, chosen, chosen.encode(kept), left, tuple(findings))


def unusable(customers: pd.DataFrame, coding: Coding, matrix: np.ndarray | None = None) -> pd.DataFrame:
    """The cells a model cannot use, blank ones apart: `row` (position), `column`, `value`, `reason`.

    `matrix` is `coding.encode(customers)` where it is known already.
    """
    matrix, found = coding.encode(customers) if matrix is None else matrix, []
    for place, column in enumerate(coding.columns):
        if column not in customers:
            continue
        lost = np.isnan(matrix[:, place]) & customers[column].notna().to_numpy()
        reason = N_("never seen in training") if column in coding.levels else N_("not a number")
        found.append(
            pd.DataFrame(
                {"row": np.flatnonzero(lost), "column": column, "value": customers[column][lost].astype(str)}
            ).assign(reason=reason)
        )
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["row", "column", "value", "reason"])


def ranks_auc(score: np.ndarray, left: np.ndarray) -> float:
    """The area under the ROC curve: how often a leaver has a higher score than a stayer (ties count half)."""
    from scipy.stats import rankdata

    ranks, leavers = rankdata(score), int(left.sum())
    return float((ranks[left].sum() - leavers * (leavers + 1) / 2) / (leavers * (len(left) - leavers)))


def _alone(values: np.ndarray, left: np.ndarray, is_level: bool) -> float:
    """The AUC of one column alone: a number either way up, a level by its share of leavers."""
    if is_level:
        codes = np.nan_to_num(values, nan=-1).astype(int) + 1
        size, gone = np.bincount(codes), np.bincount(codes, weights=left)
        return ranks_auc((gone / np.maximum(size, 1))[codes], left)
    known = ~np.isnan(values)
    if min(left[known].sum(), (~left[known]).sum()) < NEEDED:
        return 0.5
    area = ranks_auc(values[known], left[known])
    return max(area, 1 - area)


def _number(values: pd.Series) -> np.ndarray:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(float)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _text(values: pd.Series) -> pd.Series:
    return (
        values
        if isinstance(values.dtype, pd.StringDtype)
        else values.astype(object).where(values.notna()).map(str, na_action="ignore")
    )
