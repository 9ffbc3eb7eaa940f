"""What the performance page says of groups and of the months ahead."""

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.churn import performance as charts
from data.tables import Stored
from locales.customers import label
from locales.labels import CHURN_LEARNERS
from models.churn import explore, slices, validation, value, window
from models.churn.conformal import IN_GROUPS
from models.churn.model import LEAVE, STAY, SURE, ChurnModel
from models.churn.preparation import LEAKS, CannotTrain
from models.churn.slices import CALL, RISK, VERDICT, Slice
from models.churn.validation import Past
from ui import cards, downloads, store, windows
from ui.text import N_, _, plain

SHOWN = 6  # groups named
SENTENCES = {
    RISK: N_("{group}: said {expected}, left {observed} ({lo} to {hi}, {count} customers)"),
    VERDICT: N_("{group}: of those who left, {observed} were not told “stays”, promised {expected} ({count} leavers)"),
    CALL: N_("{group}: of those who left, {observed} are called, of all leavers {expected} ({count} leavers)"),
}
DIRECTED = {
    "monthly_charges": N_("Imposed: the risk never falls when the monthly charges rise."),
    "tenure": N_("Imposed: the risk never rises with the tenure."),
}


def groups(model: ChurnModel, version: str, stored: Stored, cut: float) -> None:
    """The groups in which the model is surely worst, in words; then how each column's levels are served."""
    found, aligned = _worst(version, stored.version, round(cut, 2), locales.language(), model, stored)
    with st.container(border=True):
        if found:
            st.markdown("**" + plain(_("Where it is worst, beyond chance")) + "**")
            first = sorted(
                found, key=lambda one: list(SENTENCES).index(one.kind)
            )  # whom calls miss follows from the cut
            st.markdown("\n".join(f"- {plain(_sentence(one))}" for one in first[:SHOWN]))
        else:
            st.markdown("**" + plain(_("No group is served worse than chance explains")) + "**")
        st.caption(
            _(
                "All groups of one or two columns were looked at on half of the customers; those named were confirmed "
                "on the other half. Where nothing is wrong, nothing is named nineteen times in twenty."
            )
        )
    held_out = model.held_out
    with st.grid("auto", min_column_width=400):
        for column in explore.dimensions(_before(model, store.frame(stored)))[0]:
            served = value.by_segment(held_out.probability, held_out.left, aligned[column])
            if len(served) > 1:
                cards.figure(charts.segments(served, column), f"served_{column}", served)


def _sentence(one: Slice) -> str:
    group = _(" and ").join(_("{column}: {value}").format(column=label(c), value=label(v)) for c, v in one.levels)
    shares = {name: locales.percent(getattr(one, name)) for name in ("expected", "observed", "lo", "hi")}
    return _(SENTENCES[one.kind]).format(group=group, count=locales.number(one.count), **shares)


def _before(model: ChurnModel, customers: pd.DataFrame) -> pd.DataFrame:
    """Without what was written after somebody left: no model serves the groups of such a column as they left."""
    return customers.drop(columns=[column for column, why in model.left_out.items() if why in LEAKS])


@st.cache_resource(max_entries=4, show_spinner=False)
def _worst(
    version: str,  # noqa: ARG001  # the cache key
    data: str,  # noqa: ARG001  # the cache key
    cut: float,
    language: str,  # noqa: ARG001  # the cache key: bands are written in it
    _model: ChurnModel,
    _stored: Stored,
) -> tuple[list[Slice], pd.DataFrame]:
    held_out, customers = _model.held_out, _before(_model, store.frame(_stored))
    aligned = customers.set_index(customers["customer_id"].astype(str))
    aligned = aligned[~aligned.index.duplicated()].reindex(held_out.customer)
    categorical, numeric = explore.dimensions(customers)
    called = held_out.probability >= cut
    table = aligned[[*categorical, *numeric]].reset_index(drop=True)
    possible = held_out.verdicts() != np.where(held_out.left, STAY, LEAVE)
    return slices.worst(table, held_out.probability, held_out.left, possible, SURE - IN_GROUPS, called), aligned


def ahead(learner: str, stored: Stored) -> None:
    """Whether months ahead that were told on a past day came true."""
    if "history" not in stored.columns:
        st.info(
            _("Months ahead are checked on customers over time, and these data show them once."),
            icon=":material/info:",
        )
        return
    try:
        with st.spinner(_("Learning as on a past day")):
            past = _past(stored.version, learner, stored)
    except CannotTrain as error:
        st.info(error.sentence(), icon=":material/info:")
        return
    shown = [
        (
            _("Order kept"),
            locales.number(past.concordance, 3),
            _("concordance: of two customers, how often the first to leave was told so; 0.5 is guessing"),
        )
    ]
    for row in past.horizons.itertuples():
        caption = _("said {predicted} still here, {observed} were; telling all the same: {usual}")
        shown.append(
            (
                _("Brier score, {months}").format(months=windows.written(int(row.horizon))),
                locales.number(row.brier, 3),
                caption.format(
                    predicted=locales.percent(row.predicted),
                    observed=locales.percent(row.observed),
                    usual=locales.number(row.usual, 3),
                ),
            )
        )
    cards.metrics(shown)
    cards.figure(charts.months_kept(past), "months_kept", past.groups)
    st.caption(
        _("Told on {day} about {customers} customers, by a model of the same kind that learned from before.").format(
            day=locales.day(past.day), customers=locales.number(past.customers)
        )
    )


@st.cache_resource(max_entries=2, show_spinner=False)
def _past(data: str, learner: str, _stored: Stored) -> Past:  # noqa: ARG001  # the cache key
    history = store.frame(_stored, "history")
    return validation.validate(history, learner, window.step(history))


def league(model: ChurnModel) -> None:
    """The learners that were compared, and why one of them is in use."""
    found, coding = model.league, model.coding
    columns = {
        "auc": _("AUC"),
        "pr_auc": _("Area under precision and recall"),
        "brier": _("Brier score"),
        "log_loss": _("Log-loss"),
        "f1": _("F1"),
    }
    names = [_(CHURN_LEARNERS[name]) for name in found["learner"]]
    shown = pd.DataFrame({_("Learner"): names, _("In use"): found["champion"].to_numpy()})
    for name, title in columns.items():
        digits = 3 if found[name].max() >= 0.1 else 4
        shown[title] = [
            f"{locales.number(a, digits)} ({locales.number(b, digits)}–{locales.number(c, digits)})"
            for a, b, c in zip(found[name], found[f"{name}_lo"], found[f"{name}_hi"], strict=True)
        ]
    if "ece" in found:  # not of a model that was kept before it was measured
        digits = 1 if found["by_chance"].max() >= 0.001 else 3
        shown[_("Calibration error (by chance)")] = [
            f"{locales.percent(error, digits)} ({locales.percent(chance, digits)})"
            for error, chance in zip(found["ece"], found["by_chance"], strict=True)
        ]
    shown[_("Seconds a fit")] = [locales.number(second, 2) for second in found["seconds"]]
    st.dataframe(shown, hide_index=True, placeholder="–")
    downloads.table(found, "churn_league")
    st.caption(
        _(
            "Mean over ten folds with 95% interval, each learner calibrated as it would be in use. In use: the least "
            "log-loss among the models that say exactly why and obey the directions imposed; of equals, the simpler."
        )
    )
    imposed = [_(DIRECTED[c]) for c, way in zip(coding.columns, coding.directions, strict=True) if way]
    st.caption(" ".join(imposed) or _("No direction is imposed: the data have no price or tenure, or contradict it."))
