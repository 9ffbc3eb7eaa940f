"""A file of customers, scored by a model in the background."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

import locales
import settings
from connectors import files, mapping
from data.dataset import Origin
from locales import N_
from locales.customers import label
from models.churn import campaign
from models.churn.model import ChurnModel
from models.churn.preparation import KEY, unusable
from ui import background, downloads, shared, uploads
from ui.text import _, plain

KEPT = 2  # scored files
SHOWN = 1_000  # refused cells on the page; the file has them all


@dataclass(frozen=True)
class Scored:
    """A file's customers, whom to call among them, the cells that could not be used, columns it lacks."""

    name: str  # of the model and the file's content
    customers: pd.DataFrame
    scores: campaign.Scores
    refused: pd.DataFrame
    lacking: list[str]


@st.cache_resource
def _kept() -> dict[str, Scored]:
    return {}


def upload(model: ChurnModel, version: str, origin: Origin) -> Scored | None:
    """Ask for a file and score it; None until that is done. Its columns are called as in the file of `origin`."""
    limit = settings.get().upload_limit_mb
    given = uploads.ask(
        _("Customers as CSV, XLSX or Parquet, also compressed (.gz, .zip); at most {limit} MB"), "score-file"
    )
    if given is None:
        return None
    content = given.getvalue()
    name = f"{version}-{hashlib.sha256(content).hexdigest()}"
    kept = _kept()
    if name not in kept and (there := shared.read(name)) is not None:
        _keep(kept, there)
    if name in kept:
        return kept[name]
    running = st.session_state.get(f"scoring-{name}")
    if failed := st.session_state.get(f"unscored-{name}"):
        st.warning(failed, icon=":material/block:")
        return None
    if running is None:

        def work(step: background.Step) -> None:
            scored = _score(model, origin, name, given.name, content, limit, step)
            shared.write(name, scored)
            _keep(kept, scored)

        running = background.start("score", name, work, run=f"score {name}")
        st.session_state[f"scoring-{name}"] = running
    background.show(running, lambda status, message, _error: _ended(name, status, message))
    return None


def _keep(kept: dict[str, Scored], scored: Scored) -> None:
    kept[scored.name] = scored
    while len(kept) > KEPT:
        kept.pop(next(iter(kept)))


def _score(
    model: ChurnModel, origin: Origin, name: str, file: str, content: bytes, limit: int, step: background.Step
) -> Scored:
    step(N_("Reading the file"), 0.0)
    raw = files.read(file, content, limit_bytes=limit * 1_000_000)
    step(N_("Reading the file"), 0.3)
    wanted = {column: model.coding.is_number(column) for column in model.coding.columns}
    customers = mapping.lenient(raw, wanted, datetime.now(UTC), origin)
    lacking = [column for column in model.coding.columns if column not in customers]
    if len(lacking) == len(model.coding.columns):
        raise files.InvalidFile(N_("This file has none of the columns that the model knows."))
    refused = []
    if KEY in customers:
        again = customers[KEY].isna() | customers[KEY].duplicated()
        missing = customers[KEY].isna().map({True: N_("no id"), False: N_("this customer comes twice")})
        refused.append(
            pd.DataFrame({"row": customers.index[again] + 2, "column": KEY, "value": customers.loc[again, KEY]}).assign(
                reason=missing[again]
            )
        )
        customers = customers[~again]
    scores = campaign.callable_customers(
        model, customers, lambda share: step(N_("Scoring the customers"), 0.4 + 0.55 * share)
    )
    lost = unusable(customers, model.coding)
    refused.append(lost.assign(row=customers.index[lost["row"].astype(int)] + 2))
    return Scored(name, customers, scores, pd.concat(refused, ignore_index=True), lacking)


def _ended(name: str, status: str, message: str) -> None:
    st.session_state.pop(f"scoring-{name}", None)
    if status != "done":
        st.session_state[f"unscored-{name}"] = message or _("Cancelled. Choose the file again to start again.")


def report(scored: Scored) -> None:
    """What could not be used of a file: a sentence each, and the list of cells."""
    sentence = _("{rows} customers of the file can be called.").format(
        rows=locales.number(len(scored.scores.probability))
    )
    st.caption(sentence)
    if scored.lacking:
        names = ", ".join(label(column).lower() for column in scored.lacking)
        sentence = _("The file lacks {columns}: the model guesses without them.").format(columns=names)
        st.warning(plain(sentence), icon=":material/warning:")
    if len(scored.refused):
        rows = locales.number(scored.refused["row"].nunique())
        with st.expander(_("{rows} rows are left out: see why").format(rows=rows), icon=":material/block:"):
            shown = scored.refused.assign(
                reason=scored.refused["reason"].map(_), column=scored.refused["column"].map(label)
            )
            st.dataframe(shown.head(SHOWN), hide_index=True, placeholder="–")
            downloads.table(scored.refused, "refused_cells")
