"""What the churn pages promise, beside what was held: on Telco, and on customers whose truth is known.

Run: VIGIE_REAL_DATA=folder python -m benchmarks.promises [splits]. Each split learns from a random half of the
customers and is judged on the other one. Without the folder only simulated customers are measured.
"""

import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from connectors import telco
from data.demo import customers as demo
from models import challenge as gains
from models.churn import campaign, challenge, learners, training, validation, whatif
from models.churn.explore import TENURE_BANDS
from models.churn.model import LEAVE, STAY, SURE, ChurnModel, sigmoid
from models.churn.preparation import prepare
from models.churn.value import Terms

TERMS, PRICE, SPLITS = Terms(900, 60, 0.3), 250.0, 12
GROUP, LEAVERS = 200, 20  # customers and leavers of a group that is measured
POORER, JUDGED, DRAWS = 150, 5_000, 20  # rows of the poorer model; customers it is judged on; how often


def halves(customers: pd.DataFrame, splits: int) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Random halves of a table: to learn from, to judge on."""
    for seed in range(splits):
        first = np.random.default_rng(seed).random(len(customers)) < 0.5
        yield customers[first], customers[~first]


def verdicts(model: ChurnModel, judged: pd.DataFrame) -> dict[str, float]:
    """The share of leavers not told "stays" over all and in the worst group, and how often "leaves" is right."""
    left, verdict = judged["churned"].to_numpy(bool), model.confidence(model.coding.encode(judged)).verdict
    bands = [np.digitize(judged["tenure"].fillna(0), TENURE_BANDS), pd.factorize(judged["contract"])[0]]
    groups = [band == level for band in bands for level in np.unique(band)]
    large = [group & left for group in groups if group.sum() >= GROUP and (group & left).sum() >= LEAVERS]
    possible = verdict != STAY
    worst = min(possible[group].mean() for group in large)
    return {"all": possible[left].mean(), "worst group": worst, "leans": left[verdict == LEAVE].mean()}


def in_band(model: ChurnModel, judged: pd.DataFrame) -> bool:
    """Whether the profit of calling the best list of customers that no model has seen ends within its band."""
    matrix, left = model.coding.encode(judged), judged["churned"].to_numpy(bool)
    risk = model.probability(matrix)
    order = np.argsort(-risk, kind="stable")
    ranks, leavers = campaign.drawn(risk[order], np.arange(len(order)), whatif.band(model, matrix[order]))
    found = campaign.returns(campaign.Scores(order, order, risk[order], ranks, leavers), TERMS)
    calls = found.best
    earned = TERMS.saved * TERMS.value * left[order][:calls].sum() - TERMS.offer * calls
    return bool(found.lo[calls] <= earned <= found.hi[calls])


def paybacks(model: ChurnModel, learned: pd.DataFrame, judged: pd.DataFrame, seed: int) -> list[float]:
    """Days until a better model pays for itself as told from some customers, over those that all customers show."""
    rng, rows = np.random.default_rng(seed), learned.head(POORER)
    few = model.coding.encode(rows)
    poorer = learners.explained(model.learner, few, rows["churned"].to_numpy(bool), model.coding, seed)
    matrix, left = model.coding.encode(judged), judged["churned"].to_numpy(bool)
    risk = {"champion": sigmoid(poorer.log_odds(matrix)), "challenger": model.probability(matrix)}
    each = challenge.profit(risk["challenger"], left, TERMS) - challenge.profit(risk["champion"], left, TERMS)
    told = []
    for _draw in range(DRAWS):
        gain = gains.gain(rng.choice(each, JUDGED))
        if gain.sure and each.mean() > 0:
            told.append((gains.payback(gain, PRICE) or np.inf) / (PRICE / each.mean()))
    return told


def measured(name: str, customers: pd.DataFrame, splits: int) -> None:
    """Print what was held over the splits of a table."""
    said, inside, days = [], [], []
    for seed, (learned, judged) in enumerate(halves(customers, splits)):
        model = training.fit(prepare(learned), "xgboost", seed=seed)
        said.append(verdicts(model, judged))
        inside.append(in_band(model, judged))
        days += paybacks(model, learned, judged, seed)
    shares = pd.DataFrame(said).mean()
    line("leavers not told “stays”", name, f"{SURE:.0%}", f"{shares['all']:.1%}")
    line("the same, worst contract or tenure band", name, "75 % or more", f"{shares['worst group']:.1%}")
    line("“leans towards leaving” is right", name, "as the page says", f"{shares['leans']:.1%}")
    line("campaign profit within its band", name, "90%", f"{sum(inside)} of {len(inside)}")
    line("days to pay back, told over true (median)", name, "0.85 to 1.15", f"{np.median(days):.2f} ({len(days)} told)")


def months(name: str, history: pd.DataFrame) -> None:
    """Print the share still here after some months, told and true."""
    found = validation.validate(history, "xgboost", 1)
    for row in found.horizons.itertuples():
        line(f"still here after {row.horizon} months", name, f"{row.predicted:.1%}", f"{row.observed:.1%}")
    line("the first to leave was told so", name, "more than 50%", f"{found.concordance:.1%}")


def line(promise: str, name: str, promised: str, held: str) -> None:
    """Print a row of the table."""
    print(f"| {promise} | {name} | {promised} | {held} |", flush=True)


def main() -> None:
    """Print the table."""
    splits = int(sys.argv[1]) if len(sys.argv) > 1 else SPLITS
    print("| promise | customers | promised | held |\n| --- | --- | --- | --- |")
    months("demo, over time", demo.history(date(2026, 11, 1)))
    if folder := os.environ.get("VIGIE_REAL_DATA"):
        measured("Telco", telco.load(Path(folder) / "telco" / "Telco-Customer-Churn.csv"), splits)
    measured("simulated", demo.generate(7_000, seed=3), splits)


if __name__ == "__main__":
    main()
