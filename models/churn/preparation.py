"""From a customers table to what a model can learn from: which columns, in which code, and what must not be used.

A model sees a matrix of floats, one column an analyst's column: numbers as they are, levels as their code, NaN where
nothing is known. What is learned here (levels, which columns) comes from the rows given, so that it is fitted again
inside every fold of a cross-validation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from data import meaning
from data.dataset import Finding
from locales import N_, Sentence

TARGET, KEY = "churned", "customer_id"
DIRECTIONS = {"monthly_charges": 1, "tenure": -1}  # expected: a higher price keeps nobody, nor does a shorter stay
MAX_KINDS = 50  # of a column of text: more are names, not kinds
SPELT = 4  # ways at most in which a level may be written
FEW_VALUES = 12  # a number with no more distinct values than this is a kind,
COUNTED = 5  # unless it counts up in ones through so many values: next month there may be one more
PER_LEVEL = 5  # customers a level at least, on average: fewer, and the levels are names
NUMBERS = 0.95  # share of a column's values that are numbers, from which it is one
NEEDED = 50  # customers of each outcome: ten in each of the five parts on which a model is checked in turn
LEAK = 0.9  # a single column, or a whole model, that ranks leavers better than this knew the outcome
PURE = 0.95  # share of leavers among those with (or without) a value, from which having one tells the outcome
DISTINCT = 0.95  # share of different values from which a whole number may be an id
LONG = 8  # digits from which it is one: telephone, account, card
ID_WORDS = re.compile(r"id|row|index|no|num|number|numero|ref|reference|phone|tel|telephone|mobile|portable|iban")
LEFT_OUT = {  # why a column is not learned from
    "name": N_("its name says that it was written after somebody left"),
    "ranks": N_("it alone tells who left"),
    "missing": N_("whether it is filled in tells who left"),
    "unique": N_("nearly every customer has a value of their own"),
    "many": N_(
        "its values are no numbers, and too many to be kinds: names, addresses, days (of which the months since then "
        "could be learned from)"
    ),
    "constant": N_("it has one value only"),
    "chosen": N_("left out by hand"),
}
LEAKS = {
    "name": N_("The name of column “{column}” says that it was written after somebody left: it is not learned from."),
    "ranks": N_("Column “{column}” tells who left: it was written afterwards, and the model does not see it."),
    "missing": N_("Whether column “{column}” is filled in tells who left: the model does not see it."),
}


class CannotTrain(Sentence, ValueError):
    """There is no honest model to be had from this table; the message says what is missing."""


@dataclass(frozen=True)
class Coding:
    """The schema of a model: which columns it reads, and how, whatever types they come in.

    `levels` has the names of a column's codes 0, 1, ...; the other columns are numbers. A level is the same however it
    is stored (1, 1.0, "1", "1.0"), and of a yes and a no either may come as True, "oui", 1, ... `freed` are columns of
    `DIRECTIONS` whose direction the data contradict.
    """

    columns: tuple[str, ...]
    levels: dict[str, tuple[str, ...]]
    freed: tuple[str, ...] = ()

    @property
    def kinds(self) -> list[str]:
        """XGBoost's feature types: c for levels, q for numbers."""
        return ["c" if column in self.levels else "q" for column in self.columns]

    @property
    def directions(self) -> tuple[int, ...]:
        """1 where a higher value can only raise the risk, -1 where it can only lower it, 0 where either may be."""
        return tuple(
            0 if column in self.levels or column in self.freed else DIRECTIONS.get(column, 0) for column in self.columns
        )

    @cached_property
    def _codes(self) -> dict[str, dict[str | bool | None, int]]:
        """For each column of levels their codes by name, and by True and False where one level each says so."""
        found: dict[str, dict[str | bool | None, int]] = {}
        for column, names in self.levels.items():
            codes: dict[str | bool | None, int] = {name: code for code, name in enumerate(names)}
            said = [(meaning.truth(name), code) for name, code in codes.items() if meaning.truth(name) is not None]
            found[column] = codes | (dict(said) if len(said) == len(dict(said)) == 2 else {})
        return found

    def place(self, column: str) -> int:
        """The column's place in the matrix."""
        return self.columns.index(column)

    def is_number(self, column: str) -> bool:
        """Whether all that a column can hold are numbers, be they kinds."""
        return column not in self.levels or not np.isnan(_number(pd.Series(self.levels[column]))).any()

    def code(self, column: str, value: object) -> float:
        """A value of a column as the matrix holds it; NaN where it is missing or was never seen."""
        if column not in self.levels:
            return float(value) if value is not None else float("nan")  # type: ignore[arg-type]
        name = meaning.level(value)
        if name is None:
            return float("nan")
        codes = self._codes[column]
        return float(codes[name] if name in codes else codes.get(meaning.truth(name), float("nan")))

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
            if column in self.levels:
                codes, kinds = pd.factorize(customers[column])
                matrix[:, place] = np.array([*(self.code(column, kind) for kind in kinds), np.nan])[codes]
            else:
                matrix[:, place] = _number(customers[column])
        return matrix


@dataclass(frozen=True)
class Prepared:
    """A table ready to learn from: `matrix` (customers x columns), `left` (bool), and what was noticed on the way."""

    customers: pd.DataFrame
    coding: Coding
    matrix: np.ndarray
    left: np.ndarray
    findings: tuple[Finding, ...] = field(default=())
    left_out: dict[str, str] = field(default_factory=dict)  # column -> why, a key of `LEFT_OUT`


def coding(customers: pd.DataFrame, without: tuple[str, ...] = ()) -> Coding:
    """Which columns vary and can be used, and the levels they have in these rows."""
    columns = customers.columns.drop([KEY, TARGET, *without], errors="ignore")
    kinds = {column: found for column in columns if (found := _kind(customers[column])) is not None}
    return Coding(tuple(kinds), {column: names for column, names in kinds.items() if names})


def prepare(customers: pd.DataFrame, choices: Mapping[str, bool] | None = None) -> Prepared:
    """Check a customers table and code it.

    Left out, with a finding each: customers listed twice or without a known outcome; columns written after the outcome
    (by what their name says, because they alone rank leavers with an AUC above `LEAK`, or because they are filled in
    for leavers or for stayers only); columns with one value or a value a row (names, telephones, row numbers).
    `choices` overrule that: columns to learn from (True) and not to (False). Raises `CannotTrain`.
    """
    if TARGET not in customers:
        raise CannotTrain(N_("There is no column that says who left: map one on the page Data."))
    findings = []
    known = ~np.isnan(outcome(customers))
    kept = customers[known]
    if not known.all():
        findings.append(
            Finding(
                N_("{rows} customers have no known outcome: they are scored, but not learned from."),
                int((~known).sum()),
            )
        )
    if KEY in kept and kept[KEY].duplicated().any():
        again = kept[KEY].duplicated()
        findings.append(
            Finding(N_("{rows} rows repeat a customer: the first one counts."), int(again.sum()), severity="warning")
        )
        kept = kept[~again]
    left = outcome(kept) == 1
    if min(left.sum(), (~left).sum()) < NEEDED:
        raise CannotTrain(
            N_(
                "An honest model needs at least {needed} customers who left and as many who stayed; this table has "
                "{left} and {stayed}. With fewer, the five parts on which it is checked have less than ten each: add "
                "customers, or count who left over a longer time."
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
    chosen, left_out = _choose(kept, left, choices or {})
    findings += [
        Finding(LEAKS[why], 0, {"column": column}, severity="warning")
        for column, why in left_out.items()
        if why in LEAKS
    ]
    unused = [column for column, why in left_out.items() if why in ("unique", "many", "constant")]
    if unused:
        findings.append(
            Finding(
                N_("{rows} columns cannot be used: one value only, or too many that are no numbers."),
                len(unused),
                examples=tuple(unused[:5]),
            )
        )
    if not chosen.columns:
        raise CannotTrain(N_("No column of this table differs between customers: there is nothing to learn from."))
    return Prepared(kept, chosen, chosen.encode(kept), left, tuple(findings), left_out)


def _choose(kept: pd.DataFrame, left: np.ndarray, choices: Mapping[str, bool]) -> tuple[Coding, dict[str, str]]:
    """The columns to learn from, and why the others are not."""
    kinds: dict[str, tuple[str, ...]] = {}
    left_out: dict[str, str] = {}
    for column in kept.columns.drop([KEY, TARGET], errors="ignore"):
        found = _kind(kept[column], forced=choices.get(column, False))
        if not choices.get(column, True):
            left_out[column] = "chosen"
        elif meaning.about_leaving(column) and not choices.get(column):
            left_out[column] = "name"
        elif found is None:
            different = kept[column].nunique()
            apart = different >= DISTINCT * kept[column].notna().sum() or pd.api.types.is_numeric_dtype(kept[column])
            left_out[column] = "constant" if different <= 1 else "unique" if apart else "many"
        else:
            kinds[column] = found
        if column in left_out or choices.get(column):
            continue
        one = Coding((column,), {column: kinds[column]} if kinds[column] else {})
        if why := _leak(one.encode(kept)[:, 0], left, column in one.levels):
            left_out[column] = why
            del kinds[column]
    return Coding(tuple(kinds), {column: names for column, names in kinds.items() if names}), left_out


def outcome(customers: pd.DataFrame) -> np.ndarray:
    """What is known of each customer: 1 left, 0 stayed, NaN not known (yet)."""
    values = customers[TARGET]
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(float, na_value=np.nan)
    said = {kind: meaning.truth(kind) for kind in values.dropna().unique()}
    return values.map(said, na_action="ignore").astype("boolean").to_numpy(float, na_value=np.nan)


def with_outcome(customers: pd.DataFrame) -> pd.DataFrame:
    """The customers whose outcome is known, `churned` as bool: the ones that rates are about."""
    fine = customers[TARGET].notna()
    return customers if fine.all() else customers[fine].astype({TARGET: bool})


def names(values: pd.Series) -> tuple[str, ...]:
    """The levels of a column in these rows, in the order of their numbers or letters."""
    kinds = pd.Series(sorted(meaning.levels(values).dropna().unique()), dtype="str")
    return tuple(kinds.iloc[np.argsort(np.nan_to_num(_number(kinds), nan=np.inf), kind="stable")])


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


def _leak(values: np.ndarray, left: np.ndarray, is_level: bool) -> str:
    """Why a coded column cannot have been known before the outcome ("ranks", "missing"), or ""."""
    blank = np.isnan(values)
    if _alone(blank.astype(float), left, True) > LEAK:
        return "missing"
    for filled in (~blank, blank):
        gone = left[filled].sum()
        if gone >= NEEDED and gone >= PURE * filled.sum() and 2 * left[~filled].mean() < PURE:
            return "missing"
    return "ranks" if _alone(values, left, is_level) > LEAK else ""


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


def _kind(values: pd.Series, forced: bool = False) -> tuple[str, ...] | None:
    """The levels of a column, () for a number, None where it has one value or (unless `forced`) one a customer."""
    number = _number(values) if not pd.api.types.is_bool_dtype(values) else np.full(len(values), np.nan)
    numbers = number[~np.isnan(number)]
    different = np.unique(numbers)
    counts = len(different) >= COUNTED and bool((np.diff(different) == 1).all())
    parsed = pd.to_numeric(values, errors="coerce").notna().sum()  # infinity is a number that is not known
    if (len(different) > FEW_VALUES or counts) and parsed >= NUMBERS * values.notna().sum():
        return None if not forced and _is_id(str(values.name), numbers, different) else ()
    if values.nunique() > SPELT * MAX_KINDS:
        return None
    kinds = names(values)
    return kinds if 2 <= len(kinds) <= min(MAX_KINDS, values.notna().sum() / PER_LEVEL) else None


def _is_id(column: str, numbers: np.ndarray, different: np.ndarray) -> bool:
    """Whether numbers only name their rows: whole, nearly all different, and counted on, very long, or called so."""
    if len(different) < DISTINCT * len(numbers) or (different != np.round(different)).any():
        return False
    long = (np.abs(different) >= 10 ** (LONG - 1)).mean() >= DISTINCT
    called = any(ID_WORDS.fullmatch(word) for word in meaning.plain(column).split())
    return bool(np.ptp(different) < 1.5 * len(different) or long or called)


def _number(values: pd.Series) -> np.ndarray:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)
