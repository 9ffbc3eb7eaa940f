"""What a churn what-if costs beside explainerdashboard, and what scoring costs from 7 thousand to 1 million customers.

Run: python -m benchmarks.churn. The peer is installed in an environment of its own below the temporary folder (it needs
an older setuptools) and answers the same questions, on the same simulated customers, in the same run. Prints medians
of the time that processors spent, which waits for nobody, and ratios; until it is ready, what a clock says.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from data.demo import customers as demo
from models.churn import campaign, training, whatif
from models.churn.model import ChurnModel
from models.churn.preparation import prepare
from models.churn.value import Terms

PEER = Path(tempfile.gettempdir()) / "vigie-benchmark-explainerdashboard"
PACKAGES = ("explainerdashboard==0.5.8", "setuptools<81", "xgboost-cpu")
CUSTOMERS, ROUNDS = 7_000, 30
SIZES = (7_000, 70_000, 700_000, 1_000_000)
# What a newcomer would write with the peer: dummies, a classifier, the explainer, then one what-if.
SCRIPT = """
import json, sys, time
begun = time.perf_counter()
import pandas as pd
from explainerdashboard import ClassifierExplainer, ExplainerDashboard
from xgboost import XGBClassifier
customers = pd.read_csv(sys.argv[1])
left = customers.pop("churned").astype(int)
texts = list(customers.select_dtypes(exclude="number").columns.drop("customer_id"))
table = pd.get_dummies(customers.drop(columns="customer_id"), columns=texts, dtype=float).fillna(0)
table.columns = [c.replace("[", "(").replace("]", ")").replace("<", "") for c in table.columns]
model = XGBClassifier(max_depth=3, learning_rate=0.04, n_estimators=200, subsample=0.5, n_jobs=1).fit(table, left)
explainer = ClassifierExplainer(model, table, left, cats=texts)
ExplainerDashboard(explainer, importances=False, model_summary=False, shap_interaction=False, decision_trees=False)
ready, times = time.perf_counter() - begun, []
for number in range(int(sys.argv[2])):
    row = table.iloc[[number]].assign(tenure=5 + number)
    start = time.process_time()
    explainer.get_contrib_df(X_row=row)
    explainer.pdp_df("tenure", X_row=row)
    times.append(time.process_time() - start)
print(json.dumps({"ready": ready, "times": times}))
"""


def peer(table: Path) -> tuple[float, float]:
    """Seconds until the peer can answer, and the median of one what-if with its reasons and one curve."""
    python = PEER / "bin" / "python"
    if not python.exists():
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", str(PEER)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *PACKAGES], check=True)
    answer = subprocess.run(
        [str(python), "-c", SCRIPT, str(table), str(ROUNDS)], check=True, capture_output=True, text=True
    )
    found = json.loads(answer.stdout.splitlines()[-1])
    return found["ready"], float(np.median(found["times"]))


def median(work: Callable[[int], object], rounds: int = ROUNDS) -> float:
    """The median of the seconds of the processor that `work(round)` takes, after one call that does not count."""
    work(0)
    times = []
    for number in range(rounds):
        start = time.process_time()
        work(number)
        times.append(time.process_time() - start)
    return float(np.median(times))


def what_if(model: ChurnModel, around: whatif.Surroundings, number: int) -> np.ndarray:
    """What a page asks of one edit: the customer, reasons, all curves, months, neighbours, how sure."""
    before = around.matrix[number]
    row = whatif.changed(model, before, {"tenure": 5.0 + number})
    model.fitted.contributions(row[None])
    whatif.answer(model, around, before, row, 1, ["tenure"])
    apart = whatif.distances(around, row)
    whatif.unlike(model, around, row, apart)
    whatif.neighbours(apart)
    return row


def main() -> None:
    """Print both tables."""
    customers = demo.generate(CUSTOMERS, seed=0)
    begun = time.perf_counter()
    model = training.fit(prepare(customers), "xgboost")
    around = whatif.surroundings(model, model.coding.encode(customers), customers["churned"].to_numpy())
    ready = time.perf_counter() - begun
    offered = whatif.offers(model, [column for column in whatif.LEVERS if column in model.coding.levels])
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "customers.csv"
        customers.to_csv(table, index=False)
        peer_ready, peer_what_if = peer(table)
    row = around.matrix[3]

    def one_curve(number: int) -> None:
        changed = whatif.changed(model, around.matrix[number], {"tenure": 5.0 + number})
        model.fitted.contributions(changed[None])
        points = around.grids[model.coding.place("tenure")]
        grid = np.repeat(changed[None], len(points), axis=0)
        grid[:, model.coding.place("tenure")] = points
        model.probability(grid)

    rows = [
        ("ready, s", ready, peer_ready),
        ("what-if with reasons and one curve, ms", 1e3 * median(one_curve), 1e3 * peer_what_if),
        ("what-if with all a page shows, ms", 1e3 * median(lambda n: what_if(model, around, n)), None),
        ("plans over all offers, ms", 1e3 * median(lambda _n: whatif.plans(model, row, offered)), None),
    ]
    print(f"{'on ' + str(CUSTOMERS) + ' customers':42}{'Vigie':>10}{'explainerdashboard':>20}{'ratio':>8}")
    for name, ours, theirs in rows:
        print(f"{name:42}{ours:10.2f}" + (f"{theirs:20.2f}{theirs / ours:8.1f}" if theirs else ""))
    print(f"\n{'customers':>10}{'score, s':>10}{'a million, s':>14}{'list and profit, s':>20}")
    for size in SIZES:
        table = demo.generate(size, seed=1).drop(columns="churned")
        score = median(lambda _n, table=table: campaign.score(model, table), 1)  # type: ignore[misc]
        start = time.process_time()
        campaign.returns(campaign.callable_customers(model, table), Terms(900, 60, 0.3))
        spent = time.process_time() - start
        print(f"{size:10,}{score:10.2f}{score * 1e6 / size:14.1f}{spent:20.2f}")


if __name__ == "__main__":
    main()
