"""Train a churn model: compare the learners, choose, fit, and measure what can be promised.

The same function serves a page, a scheduled job and a test; it takes seconds, and says how far it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from data.dataset import Finding
from locales import N_
from models import statistics
from models.churn import conformal, learners, rules
from models.churn.explore import TENURE_BANDS
from models.churn.model import LEAVE, STAY, SURE, UNCLEAR, ChurnModel, HeldOut, fingerprints, sigmoid
from models.churn.preparation import DIRECTIONS, KEY, LEAK, Coding, Prepared, names, prepare, ranks_auc

FOLDS, REPEATS = 5, 2
THIRDS = 3  # folds of the test of a direction
RESAMPLED = 30  # models behind the band
COMPARED = 20_000  # customers at most in the comparison and in each resampled model: more changes no third digit
BINS = 10  # of the calibration error
CLEARLY = 2.0  # standard errors from which one learner is clearly better than another
METRICS = ("auc", "pr_auc", "brier", "log_loss", "f1")
NO_BETTER = N_(
    "The model ranks leavers no better than chance would: nothing in these columns surely says who leaves, and its "
    "list is as good as one drawn at random."
)
Step = Callable[[str, float], None]
# Threads that wait for each other save nothing here, and beside other work they take four times as long.
alone = threadpool_limits.wrap(limits=1)


def train(
    customers: pd.DataFrame,
    seed: int = 0,
    step: Step = lambda _message, _share: None,
    choices: Mapping[str, bool] | None = None,
    compared: Sequence[str] = learners.LEARNERS,
) -> ChurnModel:
    """The model of a customers table (see `data.schemas.Customers`; only `churned` and one more column are needed).

    `choices` are columns that an analyst wants learned from, or not (see `preparation.prepare`); `compared` the
    learners among which it is chosen. Raises `preparation.CannotTrain`. The same table and seed give the same model.
    """
    step(N_("Checking the table"), 0.0)
    prepared = directed(prepare(customers, choices), seed)
    prepared, league = compare(prepared, seed, step, compared)
    return fit(prepared, str(league.loc[league["champion"], "learner"].iloc[0]), league, seed, step)


@alone
def directed(prepared: Prepared, seed: int = 0) -> Prepared:
    """`prepared`, its coding freed of the directions (see `preparation.DIRECTIONS`) that the data contradict.

    They do where gradient boosting that is free of a direction says held-out customers clearly better than one that is
    bound: a one-sided paired test of the log-loss at 5 %, of all directions together and then of each, where the 5 %
    are shared among them (Bonferroni). `findings` say which.
    """
    from scipy.special import ndtri

    asked = [column for column, way in zip(prepared.coding.columns, prepared.coding.directions, strict=True) if way]
    if not asked:
        return prepared
    rows, _weight = _sample(prepared.left, COMPARED // 2, seed)
    bound = _losses(prepared, rows, seed)

    def contradicted(columns: Sequence[str], level: float) -> bool:
        free = replace(prepared, coding=replace(prepared.coding, freed=tuple(columns)))
        more = bound - _losses(free, rows, seed)
        return bool(more.mean() > ndtri(1 - level) * more.std() / np.sqrt(len(more)))

    if not contradicted(asked, 0.05):
        return prepared
    return _freed(prepared, [column for column in asked if contradicted([column], 0.05 / len(asked))])


@alone
def compare(
    prepared: Prepared,
    seed: int = 0,
    step: Step = lambda _message, _share: None,
    compared: Sequence[str] = learners.LEARNERS,
) -> tuple[Prepared, pd.DataFrame]:
    """One row a learner: mean of each of `METRICS` over folds and repeats, its interval (`_lo`, `_hi`), `seconds`.

    `eligible`: it explains itself exactly and obeys the directions. `champion`: the eligible one with the least
    log-loss; a simpler one that is worse by less than one standard error is preferred. Where that champion ranks
    leavers clearly worse than an explained learner which only does not obey, the data contradict the directions: they
    are dropped (`prepared` comes back so), and all explained learners are eligible. Intervals and errors are corrected
    for the folds' overlap (Nadeau and Bengio 2003, Machine Learning 52, 239-281). F1 is measured where as many
    customers are called leavers as leave.

    All are measured as they would be used, calibrated: each fold by the other ones. `ece` is what then is left (see
    `calibration_error`, of all customers, mean over the repeats), `by_chance` what would be if nothing were.
    """
    from sklearn.model_selection import RepeatedStratifiedKFold

    rows, weight = _sample(prepared.left, COMPARED, seed)
    table, left = prepared.customers.iloc[rows], prepared.left[rows]
    splits = list(RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=seed).split(left, left))
    codings = [_coded(table.iloc[train_rows], prepared.coding) for train_rows, _test_rows in splits]
    scores: dict[str, list[dict[str, float]]] = {}
    records, measured = [], np.zeros((len(splits) // FOLDS, len(left)))
    titles = {
        "logistic": N_("Comparing: logistic regression"),
        "xgboost": N_("Comparing: gradient boosting"),
        "histogram boosting": N_("Comparing: histogram boosting"),
        "random forest": N_("Comparing: random forest"),
    }
    for number, learner in enumerate(compared):
        begun, obeyed, said = perf_counter(), True, np.zeros_like(measured)
        for fold, (train_rows, test_rows) in enumerate(splits):
            step(titles[learner], 0.7 * (number + fold / len(splits)) / len(compared))
            part = codings[fold]
            matrix = part.encode(table.iloc[train_rows])
            fitted = learners.fit(learner, matrix, left[train_rows], part, seed, weight[train_rows])
            held_out = part.encode(table.iloc[test_rows])
            said[fold // FOLDS, test_rows] = fitted.log_odds(held_out)
            if learner in learners.EXPLAINED and obeyed:
                obeyed = learners.obeys(fitted, held_out, part)
        seconds, scores[learner] = (perf_counter() - begun) / len(splits), []
        for fold, (others, test_rows) in enumerate(splits):
            again = said[fold // FOLDS]
            level, slope = learners.calibration(again[others], left[others], weight[others])
            risk = measured[fold // FOLDS, test_rows] = sigmoid(level + slope * again[test_rows])
            scores[learner].append(measure(risk, left[test_rows], weight[test_rows]))
        record: dict[str, object] = {"learner": learner, "eligible": learner in learners.EXPLAINED and obeyed}
        for metric in METRICS:
            values = np.array([score[metric] for score in scores[learner]])
            half = statistics.Z95 * _error(values)
            record |= {
                metric: values.mean(),
                f"{metric}_lo": values.mean() - half,
                f"{metric}_hi": values.mean() + half,
            }
        errors = [calibration_error(risk, left, weight=weight) for risk in measured]
        chance = [by_chance(risk, left, weight) for risk in measured]
        records.append(record | {"ece": np.mean(errors), "by_chance": np.mean(chance), "seconds": seconds})
    league = pd.DataFrame(records)
    explained = league["learner"].isin(learners.EXPLAINED)
    if not league["eligible"].any() or _outdone(league[explained], scores):
        league["eligible"] = explained
        prepared = _freed(prepared, [column for column in DIRECTIONS if column in prepared.coding.columns])
    return prepared, league.assign(champion=league["learner"] == _champion(league, scores))


@alone
def fit(
    prepared: Prepared,
    learner: str,
    league: pd.DataFrame | None = None,
    seed: int = 0,
    step: Step = lambda _message, _share: None,
) -> ChurnModel:
    """A model of one of `learners.EXPLAINED`, with what held-out customers show of it, and calibrated by them."""
    from scipy.special import logit

    rows, weight = _sample(prepared.left, COMPARED, seed)
    step(N_("Measuring on customers it has not seen"), 0.7)
    held_out, said, permuted = _held_out(prepared, learner, seed)
    matrix, left, used = prepared.matrix, prepared.left, prepared.coding
    groups = tuple(conformal.groups(held_out.probability, left, matrix, used))
    member = np.array([group.members(matrix) for group in groups], bool).reshape(len(groups), len(left)).T
    held_out = replace(held_out, member=member)
    step(N_("Fitting the model"), 0.8)
    fitted = learners.explained(learner, matrix, left, used, seed)
    step(N_("Measuring how sure it is"), 0.85)
    drawn = np.random.default_rng(seed).multinomial(len(rows), np.full(len(rows), 1 / len(rows)), RESAMPLED).T
    weights = drawn * weight[:, None]
    ensemble = learners.resampled(fitted, matrix[rows], left[rows], used, weights, seed + 1)
    apart = logit(left[rows] @ weights / weights.sum(axis=0)) - logit(left[rows] @ weight / weight.sum())
    # The calibration is as unsure as its customers drawn again, others than each resampled model has learned from.
    others = np.roll(weights, 1, axis=1).T
    lines = np.array([learners.calibration(said[rows], left[rows], each) for each in others])[:, :, None]
    together = learners.Calibrated(ensemble, lines[:, 0] - lines[:, 1] * apart[:, None], lines[:, 1])
    step(N_("Learning what follows from what"), 0.98)
    known = rules.learn(matrix[rows], used)
    calibrated = learners.Calibrated(fitted, *learners.calibration(said, left))
    parts = np.average(np.abs(calibrated.contributions(matrix[rows])[:, :-1]), axis=0, weights=weight)
    importance = pd.DataFrame({"column": used.columns, "contribution": parts, "permutation": permuted})
    metrics = measure(held_out.probability, held_out.left)
    metrics["ece"] = calibration_error(held_out.probability, held_out.left)
    by_verdict = outcomes(held_out)
    still_here = conformal.limits(held_out.probability, left, member).verdict(held_out.probability, member)[~left]
    metrics["leaning"] = float((still_here == LEAVE).sum())
    metrics["leaning_left"] = float(by_verdict.set_index("verdict").loc[LEAVE, "left"])
    if league is not None:
        row = league.set_index("learner").loc[learner].drop(["eligible", "champion", "ece", "by_chance"])
        metrics |= row.astype(float).to_dict()
    findings = list(prepared.findings)
    if metrics["auc"] > LEAK:
        findings.append(
            Finding(
                N_("The model ranks leavers better than is believable: look for a column that was written afterwards."),
                0,
                severity="warning",
            )
        )
    if metrics.get("auc_lo", 1.0) <= 0.5:
        findings.append(Finding(NO_BETTER, 0, severity="warning"))
    return ChurnModel(
        learner,
        used,
        calibrated,
        together,
        known,
        groups,
        held_out,
        metrics,
        pd.DataFrame() if league is None else league,
        importance.sort_values("contribution", ascending=False, ignore_index=True),
        covered(held_out, prepared.customers),
        by_verdict,
        tuple(findings),
        prepared.left_out,
    )


def measure(probability: np.ndarray, left: np.ndarray, weight: np.ndarray | None = None) -> dict[str, float]:
    """AUC, area under precision and recall, Brier score, log-loss, F1 of probabilities against what happened.

    `weight` says for how many customers each stands, the same for all leavers and for all stayers.
    """
    from sklearn.metrics import average_precision_score, f1_score

    weight = np.ones(len(left)) if weight is None else weight
    sure = np.clip(probability, 1e-12, 1 - 1e-12)
    order = np.argsort(-probability, kind="stable")
    called = np.searchsorted(np.cumsum(weight[order]), (weight * left).sum() * (1 - 1e-9))
    cut = probability[order][min(called, len(order) - 1)]
    return {
        "auc": ranks_auc(probability, left),
        "pr_auc": float(average_precision_score(left, probability, sample_weight=weight)),
        "brier": float(np.average((probability - left) ** 2, weights=weight)),
        "log_loss": float(np.average(-np.where(left, np.log(sure), np.log(1 - sure)), weights=weight)),
        "f1": float(f1_score(left, probability >= cut, sample_weight=weight)),
    }


def calibration_error(probability: np.ndarray, left: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Expected calibration error: the mean distance of said and seen shares over `BINS` of as many rows.

    `weight` says for how many customers each row stands; one each by default.
    """
    weight = np.ones(len(left)) if weight is None else weight
    bins = np.array_split(np.argsort(probability, kind="stable"), BINS)
    return float(sum(abs(weight[part] @ (probability[part] - left[part])) for part in bins) / weight.sum())


def by_chance(probability: np.ndarray, left: np.ndarray, weight: np.ndarray | None = None) -> float:
    """The `calibration_error` to be expected where every probability is right and who leaves is chance.

    The mean distance of a normal variable from its mean is the square root of 2 / pi of its standard deviation. Of
    customers who each stand for `weight` others, the same for all leavers and for all stayers, what others did is
    chance too.
    """
    weight = np.ones(len(left)) if weight is None else weight
    leaver, stayer = weight[left].mean(), weight[~left].mean()
    variance = weight * probability * (1 - probability) * (leaver * (1 - probability) + stayer * probability)
    bins = np.array_split(np.argsort(probability, kind="stable"), BINS)
    return float(np.sqrt(2 / np.pi) * sum(np.sqrt(variance[part].sum()) for part in bins) / weight.sum())


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
        possible = held_out.verdicts(level) != np.where(held_out.left, STAY, LEAVE)
        for (group, name), members in groups.items():
            for outcome in (True, False):
                chosen = members & (held_out.left == outcome)
                if chosen.any():
                    records.append((group, name, outcome, level, float(possible[chosen].mean()), int(chosen.sum())))
    return pd.DataFrame(records, columns=["group", "level", "left", "nominal", "covered", "customers"])


def outcomes(held_out: HeldOut) -> pd.DataFrame:
    """How many customers got each verdict, and what share of them `left` (`lo`, `hi`: Wilson 95 %).

    Each fold is judged by the others: nobody's own outcome is in their verdict.
    """
    given, verdicts = held_out.verdicts(), [LEAVE, STAY, UNCLEAR]
    customers = np.array([(given == verdict).sum() for verdict in verdicts], float)
    gone = np.array([held_out.left[given == verdict].sum() for verdict in verdicts], float)
    lo, hi = statistics.wilson(gone, np.maximum(customers, 1))
    share = gone / np.maximum(customers, 1)
    return pd.DataFrame({"verdict": verdicts, "customers": customers.astype(int), "left": share, "lo": lo, "hi": hi})


def _held_out(prepared: Prepared, learner: str, seed: int) -> tuple[HeldOut, np.ndarray, np.ndarray]:
    """Predictions for each customer by a model fitted without them, calibrated (see `learners.calibration`), the
    log-odds before that, and the log-loss that shuffling a column adds.

    Of a large table each model learns from `COMPARED` customers, and every customer gets a prediction.
    """
    from sklearn.model_selection import StratifiedKFold

    table, left = prepared.customers, prepared.left
    said, folds = np.zeros(len(left)), np.zeros(len(left), np.int64)
    worse = np.zeros((FOLDS, len(prepared.coding.columns)))
    random = np.random.default_rng(seed)
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(left, left)
    for fold, (train_rows, test_rows) in enumerate(splits):
        chosen, weight = _sample(left[train_rows], COMPARED, seed)
        learned = train_rows[chosen]
        part = _coded(table.iloc[learned], prepared.coding)
        fitted = learners.fit(learner, part.encode(table.iloc[learned]), left[learned], part, seed, weight)
        matrix, truth = part.encode(table.iloc[test_rows]), left[test_rows]
        log_odds = fitted.log_odds(matrix)
        said[test_rows], folds[test_rows] = log_odds, fold
        some, weight = _sample(truth, COMPARED // FOLDS, seed)
        matrix, truth = matrix[some], truth[some]
        loss = np.average(_log_losses(log_odds[some], truth), weights=weight)
        # A sum over columns is not expanded again for each of them: that was a third of all the time.
        parts = fitted.contributions(matrix) if isinstance(fitted, learners.Logistic) else None
        for place in range(matrix.shape[1]):
            order = random.permutation(len(matrix))
            if parts is None:
                shuffled = matrix.copy()
                shuffled[:, place] = matrix[order, place]
                again = fitted.log_odds(shuffled)
            else:
                again = log_odds[some] + parts[order, place] - parts[:, place]
            worse[fold, place] = np.average(_log_losses(again, truth), weights=weight) - loss
    ids = table[KEY].astype(str).to_numpy(object) if KEY in table else np.full(len(left), "", object)
    nobody = np.zeros((len(left), 0), bool)
    level, slope = learners.calibration(said, left)
    held_out = HeldOut(ids, sigmoid(level + slope * said), left, folds, fingerprints(prepared.matrix), nobody)
    return held_out, said, worse.mean(axis=0)


def _losses(prepared: Prepared, rows: np.ndarray, seed: int) -> np.ndarray:
    """The log-loss of gradient boosting on each of `rows`, by a model fitted on the other folds."""
    from sklearn.model_selection import StratifiedKFold

    matrix, left, losses = prepared.matrix[rows], prepared.left[rows], np.zeros(len(rows))
    for learned, asked in StratifiedKFold(THIRDS, shuffle=True, random_state=seed).split(left, left):
        fitted = learners.fit("xgboost", matrix[learned], left[learned], prepared.coding, seed)
        losses[asked] = _log_losses(fitted.log_odds(matrix[asked]), left[asked])
    return losses


def _freed(prepared: Prepared, columns: list[str]) -> Prepared:
    """`prepared` without a direction for `columns`, and a finding for each of them."""
    says = {
        "tenure": N_("In these data a longer stay does not mean a lower risk: the model is free to say otherwise."),
        "monthly_charges": N_("In these data a higher price does not mean a higher risk: the model is free there."),
    }
    fresh = [column for column in columns if column not in prepared.coding.freed]
    found = tuple(Finding(says[column], 0, severity="warning") for column in fresh)
    freed = replace(prepared.coding, freed=(*prepared.coding.freed, *fresh))
    return replace(prepared, coding=freed, findings=(*prepared.findings, *found))


def _coded(part: pd.DataFrame, whole: Coding) -> Coding:
    """The coding of a fold: its own levels, the columns of the whole table (a column may be constant in a fold)."""
    return replace(whole, levels={column: names(part[column]) for column in whole.levels})


def _outdone(league: pd.DataFrame, scores: dict[str, list[dict[str, float]]]) -> bool:
    """Whether an explained learner that does not obey ranks leavers clearly better than all that do."""
    areas = {name: np.array([score["auc"] for score in scores[name]]) for name in league["learner"]}
    obeying = max(league.loc[league["eligible"], "learner"], key=lambda name: areas[name].mean())
    return any(
        (gap := areas[name] - areas[obeying]).mean() > CLEARLY * _error(gap)
        for name in league.loc[~league["eligible"], "learner"]
    )


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


def _log_losses(log_odds: np.ndarray, left: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, np.where(left, -log_odds, log_odds))


def _sample(left: np.ndarray, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """All rows, or `size` of them in the order of the table, and for how many customers each stands.

    The rarer outcome is drawn up to half of `size`: with one leaver in a thousand a plain draw would have next to none.
    """
    if len(left) <= size:
        return np.arange(len(left)), np.ones(len(left))
    random = np.random.default_rng(seed)
    rarer = left.mean() < 0.5
    fewer = min(int((left == rarer).sum()), max(size // 2, round(size * (left == rarer).mean())))
    rows, weight = [], []
    for outcome, count in ((rarer, fewer), (not rarer, size - fewer)):
        whole = np.flatnonzero(left == outcome)
        rows.append(random.choice(whole, count, replace=False))
        weight.append(np.full(count, len(whole) / count))
    order = np.argsort(np.concatenate(rows))
    return np.concatenate(rows)[order], np.concatenate(weight)[order]
