"""Train a churn model: compare the learners, choose, fit, and measure what can be promised.

The same function serves a page, a scheduled job and a test; it takes seconds, and says how far it is.
"""

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

import numpy as np
import pandas as pd

from data.dataset import Finding
from locales import N_
from models import statistics
from models.churn import learners, rules
from models.churn.explore import TENURE_BANDS
from models.churn.model import LEAVE, STAY, SURE, ChurnModel, HeldOut, fit_hazard, sigmoid, verdict
from models.churn.preparation import LEAK, Coding, Prepared, prepare, ranks_auc

FOLDS, REPEATS = 5, 2
RESAMPLED = 30  # models behind the band
COMPARED = 20_000  # customers at most in the comparison and in each resampled model: more changes no third digit
METRICS = ("auc", "pr_auc", "brier", "log_loss", "f1")
Step = Callable[[str, float], None]


def train(
    customers: pd.DataFrame,
    seed: int = 0,
    step: Step = lambda _message, _share: None,
    compared: Sequence[str] = learners.LEARNERS,
) -> ChurnModel:
    """The model of a customers table (see `data.schemas.Customers`; only `churned` and one more column are needed).

    `compared` are the learners among which it is chosen. Raises `preparation.CannotTrain`. The same table and seed give
    the same model.
    """
    step(N_("Checking the table"), 0.0)
    prepared = prepare(customers)
    league = compare(prepared, seed, step, compared)
    return fit(prepared, str(league.loc[league["champion"], "learner"].iloc[0]), league, seed, step)


def compare(
    prepared: Prepared,
    seed: int = 0,
    step: Step = lambda _message, _share: None,
    compared: Sequence[str] = learners.LEARNERS,
) -> pd.DataFrame:
    """One row a learner: mean of each of `METRICS` over folds and repeats, its interval (`_lo`, `_hi`), `seconds`.

    `eligible`: it explains itself exactly and obeys the directions. `champion`: the eligible one with the least
    log-loss; a simpler one that is worse by less than one standard error is preferred. Intervals and errors are
    corrected for the folds' overlap (Nadeau and Bengio 2003, Machine Learning 52, 239-281). F1 is measured where as
    many customers are called leavers as leave.
    """
    from sklearn.model_selection import RepeatedStratifiedKFold

    rows = _sample(prepared.left, COMPARED, seed)
    table, left = prepared.customers.iloc[rows], prepared.left[rows]
    splits = list(RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=seed).split(left, left))
    scores: dict[str, list[dict[str, float]]] = {}
    records = []
    names = {
        "logistic": N_("Comparing: logistic regression"),
        "xgboost": N_("Comparing: gradient boosting"),
        "histogram boosting": N_("Comparing: histogram boosting"),
        "random forest": N_("Comparing: random forest"),
    }
    for number, learner in enumerate(compared):
        begun, scores[learner], obeyed = perf_counter(), [], True
        for fold, (train_rows, test_rows) in enumerate(splits):
            step(names[learner], 0.7 * (number + fold / len(splits)) / len(compared))
            part = _coded(table.iloc[train_rows], prepared.coding)
            fitted = learners.fit(learner, part.encode(table.iloc[train_rows]), left[train_rows], part, seed)
            held_out = part.encode(table.iloc[test_rows])
            scores[learner].append(measure(sigmoid(fitted.log_odds(held_out)), left[test_rows]))
            if learner in learners.EXPLAINED and obeyed:
                obeyed = learners.obeys(fitted, held_out, part)
        record: dict[str, object] = {"learner": learner, "eligible": learner in learners.EXPLAINED and obeyed}
        for metric in METRICS:
            values = np.array([score[metric] for score in scores[learner]])
            half = statistics.Z95 * _error(values)
            record |= {
                metric: values.mean(),
                f"{metric}_lo": values.mean() - half,
                f"{metric}_hi": values.mean() + half,
            }
        records.append(record | {"seconds": (perf_counter() - begun) / len(splits)})
    league = pd.DataFrame(records)
    return league.assign(champion=league["learner"] == _champion(league, scores))


def fit(
    prepared: Prepared,
    learner: str,
    league: pd.DataFrame | None = None,
    seed: int = 0,
    step: Step = lambda _message, _share: None,
) -> ChurnModel:
    """A model of one of `learners.EXPLAINED`, with what held-out customers show of it."""
    rows = _sample(prepared.left, COMPARED, seed)
    step(N_("Measuring on customers it has not seen"), 0.7)
    held_out, permuted = _held_out(prepared, rows, learner, seed)
    matrix, left, used = prepared.matrix, prepared.left, prepared.coding
    step(N_("Fitting the model"), 0.8)
    fitted = learners.explained(learner, matrix, left, used, seed)
    ensemble = []
    for number, drawn in enumerate(_drawn(len(left), seed)):
        step(N_("Measuring how sure it is"), 0.82 + 0.16 * number / RESAMPLED)
        ensemble.append(learners.explained(learner, matrix[drawn], left[drawn], used, seed + number + 1))
    step(N_("Learning what follows from what"), 0.98)
    known = rules.learn(matrix[rows], used)
    hazard = None
    if "tenure" in used.columns and "tenure" not in used.levels:
        made_of_tenure = tuple(result for result, *factors in known.products if used.place("tenure") in factors)
        hazard = fit_hazard(matrix[rows], left[rows], used, made_of_tenure, seed)
    parts = np.abs(fitted.contributions(matrix[rows])[:, :-1]).mean(axis=0)
    importance = pd.DataFrame({"column": used.columns, "contribution": parts, "permutation": permuted})
    metrics = measure(held_out.probability, held_out.left)
    metrics["ece"] = calibration_error(held_out.probability, held_out.left)
    still_here = held_out.probability[~held_out.left]
    metrics["leaning"] = float((verdict(held_out.probability, held_out.left, still_here) == LEAVE).sum())
    if league is not None:
        metrics |= league.set_index("learner").loc[learner].drop(["eligible", "champion"]).astype(float).to_dict()
    findings = list(prepared.findings)
    if metrics["auc"] > LEAK:
        findings.append(
            Finding(
                N_("The model ranks leavers better than is believable: look for a column that was written afterwards."),
                0,
                severity="warning",
            )
        )
    return ChurnModel(
        learner,
        used,
        fitted,
        tuple(ensemble),
        hazard,
        known,
        held_out,
        metrics,
        pd.DataFrame() if league is None else league,
        importance.sort_values("contribution", ascending=False, ignore_index=True),
        covered(held_out, prepared.customers.iloc[rows]),
        tuple(findings),
    )


def measure(probability: np.ndarray, left: np.ndarray) -> dict[str, float]:
    """AUC, area under precision and recall, Brier score, log-loss, F1 of probabilities against what happened."""
    from sklearn.metrics import average_precision_score, f1_score

    sure = np.clip(probability, 1e-12, 1 - 1e-12)
    cut = np.quantile(probability, 1 - left.mean())
    return {
        "auc": ranks_auc(probability, left),
        "pr_auc": float(average_precision_score(left, probability)),
        "brier": float(((probability - left) ** 2).mean()),
        "log_loss": float(-np.where(left, np.log(sure), np.log(1 - sure)).mean()),
        "f1": float(f1_score(left, probability >= cut)),
    }


def calibration_error(probability: np.ndarray, left: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: the mean distance of said and seen shares over bins of equal size."""
    order = np.array_split(np.argsort(probability, kind="stable"), bins)
    return float(sum(len(part) * abs(probability[part].mean() - left[part].mean()) for part in order) / len(left))


def covered(held_out: HeldOut, customers: pd.DataFrame, sure: tuple[float, ...] = (SURE, 0.9)) -> pd.DataFrame:
    """How often a verdict left the true outcome possible, for leavers and stayers, over all and in each group.

    Each fold is judged by the others. `group` is "", "contract" or "tenure"; `nominal` what is promised.
    """
    groups: dict[tuple[str, str], np.ndarray] = {("", ""): np.ones(len(held_out.left), bool)}
    if "contract" in customers:
        known = customers["contract"].dropna().unique()
        groups |= {("contract", str(level)): (customers["contract"] == level).to_numpy(bool) for level in known}
    if "tenure" in customers:
        band = np.digitize(customers["tenure"].fillna(0).to_numpy(float), TENURE_BANDS)
        groups |= {("tenure", str(number)): band == number for number in np.unique(band)}
    records = []
    for level in sure:
        possible = np.zeros(len(held_out.left), bool)
        for fold in np.unique(held_out.fold):
            here = held_out.fold == fold
            said = verdict(held_out.probability[~here], held_out.left[~here], held_out.probability[here], sure=level)
            possible[here] = said != np.where(held_out.left[here], STAY, LEAVE)
        for (group, name), members in groups.items():
            for outcome in (True, False):
                chosen = members & (held_out.left == outcome)
                if chosen.any():
                    records.append((group, name, outcome, level, float(possible[chosen].mean()), int(chosen.sum())))
    return pd.DataFrame(records, columns=["group", "level", "left", "nominal", "covered", "customers"])


def _held_out(prepared: Prepared, rows: np.ndarray, learner: str, seed: int) -> tuple[HeldOut, np.ndarray]:
    """Predictions for each customer by a model fitted without them, and the log-loss that shuffling a column adds."""
    from sklearn.model_selection import StratifiedKFold

    table, left = prepared.customers.iloc[rows], prepared.left[rows]
    said, folds = np.zeros(len(rows)), np.zeros(len(rows), np.int64)
    worse = np.zeros((FOLDS, len(prepared.coding.columns)))
    random = np.random.default_rng(seed)
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(left, left)
    for fold, (train_rows, test_rows) in enumerate(splits):
        part = _coded(table.iloc[train_rows], prepared.coding)
        fitted = learners.fit(learner, part.encode(table.iloc[train_rows]), left[train_rows], part, seed)
        matrix, truth = part.encode(table.iloc[test_rows]), left[test_rows]
        said[test_rows], folds[test_rows] = sigmoid(fitted.log_odds(matrix)), fold
        loss = _log_loss(fitted.log_odds(matrix), truth)
        for place in range(matrix.shape[1]):
            shuffled = matrix.copy()
            shuffled[:, place] = random.permutation(shuffled[:, place])
            worse[fold, place] = _log_loss(fitted.log_odds(shuffled), truth) - loss
    names = table["customer_id"] if "customer_id" in table else pd.Series(rows)
    return HeldOut(names.astype(str).to_numpy(object), said, left, folds), worse.mean(axis=0)


def _coded(part: pd.DataFrame, whole: Coding) -> Coding:
    """The coding of a fold: its own levels, the columns of the whole table (a column may be constant in a fold)."""
    levels = {column: tuple(sorted(part[column].dropna().astype(str).unique())) for column in whole.levels}
    return Coding(whole.columns, levels)


def _champion(league: pd.DataFrame, scores: dict[str, list[dict[str, float]]]) -> str:
    chosen = league[league["eligible"]]
    best = str(chosen.loc[chosen["log_loss"].idxmin(), "learner"])
    losses = {name: np.array([score["log_loss"] for score in scores[name]]) for name in chosen["learner"]}
    for name in chosen["learner"]:  # the simpler first
        if name == best or losses[name].mean() - losses[best].mean() < _error(losses[name] - losses[best]):
            return str(name)
    return best


def _error(values: np.ndarray) -> float:
    """The standard error of a mean over overlapping folds."""
    return float(np.sqrt(values.var(ddof=1) * (1 / len(values) + 1 / (FOLDS - 1))))


def _log_loss(log_odds: np.ndarray, left: np.ndarray) -> float:
    return float(np.logaddexp(0, np.where(left, -log_odds, log_odds)).mean())


def _sample(left: np.ndarray, size: int, seed: int) -> np.ndarray:
    """All rows, or `size` of them drawn at random, in the order of the table."""
    if len(left) <= size:
        return np.arange(len(left))
    return np.sort(np.random.default_rng(seed).choice(len(left), size, replace=False))


def _drawn(customers: int, seed: int) -> Iterator[np.ndarray]:
    random = np.random.default_rng(seed)
    for _model in range(RESAMPLED):
        yield random.integers(0, customers, min(customers, COMPARED))
