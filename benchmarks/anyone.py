"""Other people's customers, from their file over the pages to next month's file: what was told, and what was true.

Run: [VIGIE_REAL_DATA=folder] python -m benchmarks.anyone [--all] [rows ...]. Each business of `tests.businesses` at
each rate of leavers, and the halves of Telco, go through the page Data, a training, every view of the churn pages and
the scoring of a later file: all that a browser does but the browser. Prints a row each, with the seconds of the
processor. With --all the four learners are compared, as pages do; without, the logistic regression is the only one.
"""

import argparse
import os
import re
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import settings
from data import state, tables
from models.churn import files, learners, training
from models.churn.preparation import CannotTrain, ranks_auc
from models.lifecycle import registry
from tests.at_once import AT_ONCE
from tests.businesses import BUSINESSES, OUTCOME
from ui import answers, background
from ui.churn import scoring

ROOT = Path(__file__).resolve().parent.parent
SIZES, RATES = (300, 3_000, 30_000, 300_000), (0.005, 0.05, 0.2, 0.5)
NOW = datetime(2026, 1, 5, tzinfo=UTC)
VIEWS = {
    "churn-explore": ("who", "when", "together"),
    "churn-performance": ("money", "quality", "groups", "ahead", "league"),
    "churn-what-if": ("why", "keep", "compare"),
    "churn-campaign": ("call", "move", "prove", "follow"),
}
Make = Callable[..., tuple[pd.DataFrame, np.ndarray]]
CALLABLE = re.compile(r"([\d,]+) customers of the file can be called")


def telco(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """A half of the real file as it is, the other one for another `seed`; of its truth only who left is known."""
    whole = pd.read_csv(Path(os.environ["VIGIE_REAL_DATA"]) / "telco" / "Telco-Customer-Churn.csv", dtype="str")
    half = whole[(np.random.default_rng(0).random(len(whole)) < 0.5) == (seed == 1)].reset_index(drop=True)
    return half, (half["Churn"] == "Yes").to_numpy(float)


def page(name: str, **query: str) -> AppTest:
    """A page, run to its end."""
    app = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=3_600)
    app._page_hash = calc_hash(name)
    app.query_params.update({"lang": "en"} | query)
    return ran(app.run())


def ran(app: AppTest) -> AppTest:
    """The same page; what a visitor would see fail stops the run."""
    if app.exception or app.error:
        raise RuntimeError([one.message for one in app.exception] + [one.value for one in app.error])
    return app


def given(app: AppTest, key: str, name: str, frame: pd.DataFrame) -> AppTest:
    """The page after a file was dropped on it."""
    return ran(app.file_uploader(key=key).set_value((name, frame.to_csv(index=False).encode(), "text/csv")).run())


def gone_through(make: Make, outcome: str, compared: tuple[str, ...]) -> str:
    """A business from its file to next month's: the row of the table."""
    raw, _risk = make(seed=1)
    later, risk = make(seed=2)
    times = [time.process_time()]
    app = given(page("data", table="customers", **{"from": "upload"}), "upload-customers", "mine.csv", raw)
    for asked in app.button_group:
        if "how long customers have been there" in asked.label:  # 0 to 10, of what the name does not say
            asked.set_value("in years").run()
    check = next(button for button in app.button if button.label == "Check and use")
    if check.disabled:
        return next(one.value for one in app.caption if one.value.startswith("Still to choose"))
    ran(check.click().run())
    home, engine = settings.get().home, state.engine(settings.get().database_url)
    stored = tables.active(home, "customers")
    assert stored
    times.append(time.process_time())
    try:
        model = training.train(tables.read(stored), compared=compared)
    except CannotTrain as refused:
        return refused.sentence()
    record = registry.Record(
        "churn", model.learner, "", "", stored.version, len(raw), {}, model.metrics, {}, lineage=stored.lineage
    )
    registry.keep(engine, home, record, files.pack(model), files.SUFFIX, NOW)
    times.append(time.process_time())
    for address, views in VIEWS.items():
        for view in views:
            page(address, view=view)
    times.append(time.process_time())
    app = given(page("churn-campaign", of="file"), "score-file", "next.csv", later.drop(columns=outcome))
    said = next(found[1] for one in ran(app.run()).caption if (found := CALLABLE.match(one.value)))
    times.append(time.process_time())
    (told,) = (one.scores for one in scoring._kept().values())
    true, first = risk[told.place], slice(0, max(len(told.place) // 10, 1))
    shares = [(told.probability.mean(), true.mean()), (told.probability[first].mean(), true[first].mean())]
    return (
        f"{said} of {len(later):,} | {ranks_auc(told.probability, true > np.median(true)):.3f} | "
        + " | ".join(f"{one:.1%}, {other:.1%}" for one, other in shares)
        + " | "
        + ", ".join(f"{seconds:.0f}" for seconds in np.diff(times))
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="compare all learners")
    parser.add_argument("rows", nargs="*", type=int, help="customers of a file")
    asked = parser.parse_args()
    compared = learners.LEARNERS if asked.all else ("logistic",)
    background.threading = AT_ONCE  # type: ignore[assignment]
    print("| customers | rate | rows | next month's that can be called | AUC of the truth | risk: told, true |", end="")
    print(" riskiest tenth: told, true | s of upload, training, 15 views, scoring |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    cases: list[tuple[str, float, int, Make, str]] = [
        (name, rate, rows, partial(BUSINESSES[name], rows, rate=rate), outcome)
        for rows in asked.rows or SIZES
        for name, outcome in OUTCOME.items()
        for rate in RATES
    ]
    if "VIGIE_REAL_DATA" in os.environ:
        cases.append(("Telco", 0.265, 3_500, telco, "Churn"))
    for name, rate, rows, make, outcome in cases:
        with tempfile.TemporaryDirectory() as home:
            os.environ["VIGIE_HOME"] = home
            settings.get.cache_clear()
            st.cache_resource.clear()
            answers.forget_all()
            state.migrate(state.engine(settings.get().database_url))
            print(f"| {name} | {rate:.1%} | {rows:,} | {gone_through(make, outcome, compared)} |", flush=True)


if __name__ == "__main__":
    main()
