"""The learners that are compared, each fitted on a coded matrix (see `preparation.Coding`) inside its own pipeline.

Two of them say exactly what each column contributes, and only such a model may answer an analyst: a logistic
regression with splines, and gradient boosting (XGBoost) whose risk can only rise with the price and fall with the
tenure, unless the data contradict that. A random forest and histogram boosting stand beside them in the league, to show
what is given up for that.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, cast

import numpy as np

from models.churn import trees
from models.churn.preparation import Coding

ROUNDS = 200
TWO_THREADS = 50_000  # customers from which two threads are quicker than one
# Chosen by 5 x 2 cross-validation on log-loss: shallow trees, half of the rows and a third of the columns at a time.
BOOSTING: dict[str, Any] = {
    "max_depth": 3,
    "eta": 0.04,
    "subsample": 0.5,
    "colsample_bynode": 0.3,
    "min_child_weight": 5,
    "tree_method": "hist",
}
# Of the resampled models: a third of the rounds in larger steps, with the same band (Telco: 1 % wider, ends 0.1 point
# apart in the mean), so that all of them answer in a millisecond.
QUICK: dict[str, Any] = {"eta": 0.1, "subsample": 0.8, "colsample_bynode": 0.2}
QUICK_ROUNDS = 70
FEW_UNKNOWN = 0.01  # share of a column
TAIL = 20  # customers at either end of a number who are told alike by the splines
LEARNERS = ("logistic", "xgboost", "histogram boosting", "random forest")  # the simpler first
EXPLAINED = ("logistic", "xgboost")


class Fitted(Protocol):
    """A model that has learned; `matrix` is coded as its training rows were."""

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds of leaving, one a row."""


class Explained(Fitted, Protocol):
    """A model whose log-odds are a sum over columns."""

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Rows x (columns + 1): what each column adds to the log-odds; the last one is what all rows share."""


class Resampled(Protocol):
    """Models of the same kind, each fitted on customers drawn again; they answer together."""

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds of leaving (models x rows)."""

    def __len__(self) -> int:
        """How many models there are."""


@dataclass(frozen=True)
class Boosted:
    """XGBoost. Contributions are exact Shapley values of the trees (Lundberg et al. 2020, Nature MI 2, 56-67)."""

    booster: Any
    kinds: tuple[str, ...]

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """As `Fitted`."""
        return trees.log_odds(self._trees, matrix)[0]

    @cached_property
    def _trees(self) -> trees.Trees:
        return trees.read(self.booster)

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """As `Explained`."""
        return np.asarray(self.booster.predict(dmatrix(matrix, self.kinds), pred_contribs=True), float)


@dataclass(frozen=True)
class Logistic:
    """A scikit-learn pipeline: columns expanded (splines, levels), then a linear model."""

    pipeline: Any
    means: np.ndarray  # of the expanded columns in training
    owner: np.ndarray  # the column that each expanded column is of
    complete: np.ndarray  # the columns that were known of (nearly) every customer in training, see `_complete`

    def expanded(self, matrix: np.ndarray) -> np.ndarray:
        """What the linear model reads: the mean of all customers where a column is not known that always was."""
        found = np.asarray(self.pipeline[0].transform(matrix))
        unknown = np.isnan(matrix) & self.complete
        return np.where(unknown[:, self.owner], self.means, found) if unknown.any() else found

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """As `Fitted`."""
        return np.asarray(self.pipeline[-1].decision_function(self.expanded(matrix)), float)

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """As `Explained`: coefficient times the distance from the training mean, summed over a column's expansion."""
        linear = self.pipeline[-1]
        weights = linear.coef_[0]
        parts = (self.expanded(matrix) - self.means) * weights
        summed = np.zeros((len(matrix), matrix.shape[1] + 1))
        np.add.at(summed.T, self.owner, parts.T)
        summed[:, -1] = linear.intercept_[0] + self.means @ weights
        return summed


@dataclass(frozen=True)
class BoostedMany:
    """As many XGBoost models as `count` in one booster with an output each."""

    booster: Any
    count: int

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """As `Resampled`."""
        return trees.log_odds(self._trees, matrix)

    def __len__(self) -> int:
        """As `Resampled`."""
        return self.count

    @cached_property
    def _trees(self) -> trees.Trees:
        return trees.read(self.booster)


@dataclass(frozen=True)
class LogisticMany:
    """Logistic regressions on the expansion of one of them: `weights` (models x expanded), `intercepts`."""

    one: Logistic
    weights: np.ndarray
    intercepts: np.ndarray

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """As `Resampled`."""
        return np.asarray(self.weights @ self.one.expanded(matrix).T + self.intercepts[:, None])

    def __len__(self) -> int:
        """As `Resampled`."""
        return len(self.intercepts)


@dataclass(frozen=True)
class Calibrated:
    """A model, or resampled ones, whose log-odds are read as `level` + `slope` times what it says."""

    model: Any  # `Explained` or `Resampled`
    level: float | np.ndarray  # (models x 1) where each of the resampled ones has its own
    slope: float | np.ndarray

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """As `Fitted` or `Resampled`."""
        return np.asarray(self.level + self.slope * self.model.log_odds(matrix))

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """As `Explained`."""
        parts = self.slope * self.model.contributions(matrix)
        parts[:, -1] += self.level
        return np.asarray(parts)

    def __len__(self) -> int:
        """As `Resampled`."""
        return len(self.model)


@dataclass(frozen=True)
class Estimated:
    """Any scikit-learn classifier: a probability without reasons."""

    estimator: Any

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """As `Fitted`."""
        share = np.clip(self.estimator.predict_proba(matrix)[:, 1], 1e-6, 1 - 1e-6)
        return np.log(share / (1 - share))


def dmatrix(
    matrix: np.ndarray, kinds: tuple[str, ...], label: np.ndarray | None = None, weight: np.ndarray | None = None
) -> Any:
    """XGBoost's own form of a coded matrix."""
    import xgboost

    return xgboost.DMatrix(
        matrix.astype(np.float32), label, weight=weight, feature_types=list(kinds), enable_categorical=True, nthread=1
    )


def fit(
    learner: str,
    matrix: np.ndarray,
    left: np.ndarray,
    coding: Coding,
    seed: int,
    weight: np.ndarray | None = None,
) -> Fitted:
    """One of `LEARNERS`, fitted on coded rows and whether each customer left.

    `weight` says for how many customers each row stands; one each by default.
    """
    if learner in EXPLAINED:
        return explained(learner, matrix, left, coding, seed, weight)
    levels = [place for place, column in enumerate(coding.columns) if column in coding.levels]
    if learner == "histogram boosting":
        from sklearn.ensemble import HistGradientBoostingClassifier

        histogram = HistGradientBoostingClassifier(
            learning_rate=0.05,
            max_leaf_nodes=8,
            categorical_features=levels,
            monotonic_cst=list(coding.directions),
            random_state=seed,
        )
        alike = weight is None or bool((weight == weight[0]).all())
        weight = None if alike else weight  # weighted bins cost most of the fit
        return Estimated(histogram.fit(matrix, left, weight))
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(100, min_samples_leaf=5, max_features="sqrt", n_jobs=2, random_state=seed)
    return Estimated(forest.fit(matrix, left, weight))


def explained(
    learner: str,
    matrix: np.ndarray,
    left: np.ndarray,
    coding: Coding,
    seed: int,
    weight: np.ndarray | None = None,
) -> Explained:
    """One of `EXPLAINED`, fitted as by `fit`."""
    return (_boosted if learner == "xgboost" else _logistic)(matrix, left, coding, seed, weight)


def resampled(
    fitted: Explained, matrix: np.ndarray, left: np.ndarray, coding: Coding, weights: np.ndarray, seed: int
) -> Resampled:
    """Models like `fitted`, one for each column of `weights` (rows x models): how often each row counts in each."""
    if isinstance(fitted, Boosted):
        return _boosted_many(matrix, left, coding, weights, seed)
    one = cast(Logistic, fitted)
    expanded = one.expanded(matrix)
    models = [_regression(left, weight).fit(expanded, left, weight) for weight in weights.T]
    return LogisticMany(
        one, np.vstack([model.coef_ for model in models]), np.array([model.intercept_[0] for model in models])
    )


def calibration(log_odds: np.ndarray, left: np.ndarray, weight: np.ndarray | None = None) -> tuple[float, float]:
    """The level and slope by which held-out `log_odds` say most of who `left`, with the mean risk equal to their rate.

    A logistic regression on the log-odds (Cox 1958, Biometrika 45, 562-565), whose slope says how much too far from the
    rate a model has put its risks (van Houwelingen and le Cessie 1990, Statistics in Medicine 9, 1303-1325). It is kept
    from 0 (all customers have the rate) to 1: risks are drawn together, never apart.
    """
    from scipy.optimize import minimize

    share = np.full(len(left), 1 / len(left)) if weight is None else weight / weight.sum()

    def loss(line: np.ndarray) -> tuple[float, np.ndarray]:
        calibrated = line[0] + line[1] * log_odds
        missed = share * (1 / (1 + np.exp(-calibrated)) - left)
        return share @ np.logaddexp(0, np.where(left, -calibrated, calibrated)), np.array(
            [missed.sum(), missed @ log_odds]
        )

    found = minimize(loss, [0.0, 1.0], jac=True, bounds=[(None, None), (0, 1)], options={"ftol": 1e-15, "gtol": 1e-8})
    return float(found.x[0]), float(found.x[1])


def obeys(model: Fitted, matrix: np.ndarray, coding: Coding) -> bool:
    """Whether under 1 % of these customers would be riskier for paying 10 % less or having stayed a year more.

    Asked only of columns that have a direction.
    """
    before = model.log_odds(matrix)
    for column, factor, more in (("monthly_charges", 0.9, 0.0), ("tenure", 1.0, 12.0)):
        if column in coding.columns and coding.directions[coding.place(column)]:
            moved = matrix.copy()
            moved[:, coding.place(column)] = moved[:, coding.place(column)] * factor + more
            if (model.log_odds(moved) > before + 1e-9).mean() > 0.01:
                return False
    return True


def _boosted(matrix: np.ndarray, left: np.ndarray, coding: Coding, seed: int, weight: np.ndarray | None) -> Boosted:
    import xgboost

    kinds = tuple(coding.kinds)
    booster = xgboost.train(_settings(coding, len(left), seed), dmatrix(matrix, kinds, left, weight), ROUNDS)
    return Boosted(_impartial(booster, matrix, seed), kinds)


def _boosted_many(matrix: np.ndarray, left: np.ndarray, coding: Coding, weights: np.ndarray, seed: int) -> BoostedMany:
    """One booster with an output a model; XGBoost knows one weight a row, so the gradients are weighted here."""
    import xgboost

    truth = left[:, None].astype(np.float32)
    weights = weights.astype(np.float32)

    def gradient(log_odds: np.ndarray, _data: object) -> tuple[np.ndarray, np.ndarray]:
        share = 1 / (1 + np.exp(-log_odds.reshape(weights.shape)))
        return weights * (share - truth), weights * np.maximum(share * (1 - share), 1e-16)

    data = dmatrix(matrix, tuple(coding.kinds), np.broadcast_to(truth, weights.shape))
    start = {"base_score": float(np.average(left, weights=weights.sum(axis=1)))}
    booster = xgboost.train(_settings(coding, len(left), seed) | QUICK | start, data, QUICK_ROUNDS, obj=gradient)
    return BoostedMany(_impartial(booster, matrix, seed), weights.shape[1])


def _impartial(booster: Any, matrix: np.ndarray, seed: int) -> Any:
    """The same trees; of a column that was known of every customer in training, what is not known is taken as usual.

    XGBoost has one way for it there, which nothing has taught it: a file without the column would be told far too high
    or low a risk. Here each split sends it where the customers went, drawn with their shares: over all trees that is
    the mean of the log-odds over the customers who came that far.
    """
    import xgboost

    complete, random = _complete(matrix), np.random.default_rng(seed)
    model = json.loads(booster.save_raw("json"))
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        cover, left, right = (np.array(tree[part]) for part in ("sum_hessian", "left_children", "right_children"))
        asked = (left >= 0) & complete[np.array(tree["split_indices"])]
        share = cover[left[asked]] / np.maximum(cover[left[asked]] + cover[right[asked]], 1e-12)
        usual = np.array(tree["default_left"])
        usual[asked] = random.random(asked.sum()) < share
        tree["default_left"] = usual.tolist()
    booster = xgboost.Booster(model_file=bytearray(json.dumps(model).encode()))
    booster.set_param({"nthread": 1})  # threads cost more than they save in calls that take a millisecond
    return booster


def _complete(matrix: np.ndarray) -> np.ndarray:
    """The columns of which so few values are not known that what this means cannot be learned."""
    return np.asarray(np.isnan(matrix).mean(axis=0) < FEW_UNKNOWN)


def _settings(coding: Coding, customers: int, seed: int) -> dict[str, Any]:
    return {
        **BOOSTING,
        "objective": "binary:logistic",
        "monotone_constraints": coding.directions,
        "seed": seed,
        "nthread": 1 if customers < TWO_THREADS else 2,
    }


def _regression(left: np.ndarray, weight: np.ndarray | None) -> Any:
    """A logistic regression, fitted until its mean risk is the rate to a thousandth, however rare leavers are."""
    from sklearn.linear_model import LogisticRegression

    rate = np.average(left, weights=weight)
    return LogisticRegression(C=1.0, max_iter=2_000, tol=min(1e-4, 1e-3 * min(rate, 1 - rate)))


def _knots(numbers: np.ndarray) -> np.ndarray:
    """Five equally spaced places along each number (places x columns), between its `TAIL`th value from either end.

    Beyond them a spline stays flat: a handful of customers would else bend it to any risk.
    """
    found = []
    for column in numbers.T:
        known = np.sort(column[~np.isnan(column)])
        tail = min(TAIL, len(known) // 10)
        lo, hi = (known[tail], known[-1 - tail]) if len(known) else (0.0, 1.0)
        if lo == hi and len(known):
            lo, hi = known[0], known[-1]
        found.append(np.linspace(lo, hi if hi > lo else lo + 1, 5))
    return np.array(found).reshape(-1, 5).T


def _logistic(matrix: np.ndarray, left: np.ndarray, coding: Coding, _seed: int, weight: np.ndarray | None) -> Logistic:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler

    numbers = [place for place, column in enumerate(coding.columns) if column not in coding.levels]
    levels = [place for place, column in enumerate(coding.columns) if column in coding.levels]
    knots = _knots(matrix[:, numbers])
    spline = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), SplineTransformer(knots=knots), StandardScaler()
    )
    expand = ColumnTransformer(
        [("numbers", spline, numbers), ("levels", OneHotEncoder(handle_unknown="ignore", sparse_output=False), levels)],
        sparse_threshold=0,
    )
    pipeline = make_pipeline(expand, _regression(left, weight))
    pipeline.fit(matrix, left, logisticregression__sample_weight=weight)
    owner = []
    if numbers:
        bases = expand.named_transformers_["numbers"][1].n_features_out_ // len(numbers)
        owner += [place for place in numbers for _basis in range(bases)]
    if levels:
        encoder = expand.named_transformers_["levels"]
        owner += [place for place, kinds in zip(levels, encoder.categories_, strict=True) for _level in kinds]
    means = np.average(expand.transform(matrix), axis=0, weights=weight)
    return Logistic(pipeline, means, np.array(owner), _complete(matrix))
