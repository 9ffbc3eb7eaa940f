"""Every version of a model, with the button that makes one the champion."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import locales
import settings
from data.tables import Stored
from locales.labels import CHURN_LEARNERS
from models.lifecycle import registry, retraining
from models.lifecycle.registry import CHALLENGER, CHAMPION, RETIRED, ModelFileError
from ui import access, downloads
from ui.monitoring import retrained
from ui.monitoring.shown import SHOWN
from ui.text import N_, _, plain

STATUSES = {CHAMPION: N_("Champion"), CHALLENGER: N_("Challenger"), RETIRED: N_("Retired")}
MEASURES = {
    "mae": N_("off by, units a series and day"),
    "wape": N_("off by, share of the units sold"),
    "mase": N_("error over that of saying “as a week ago”; over 1 is worse than that"),
    "bias": N_("said too much, share of the units sold"),
    "log_loss": N_("penalty for risks that were off; lower is better"),
    "auc": N_("how often a leaver has a higher risk than a stayer"),
    "pr_auc": N_("area under precision and recall"),
    "brier": N_("squared error of the risk; lower is better"),
}
SHORT = {
    "mae": N_("MAE"),
    "wape": N_("WAPE"),
    "mase": N_("MASE"),
    "bias": N_("Bias"),
    "log_loss": N_("Log-loss"),
    "auc": N_("AUC"),
    "pr_auc": N_("PR-AUC"),
    "brier": N_("Brier"),
}


def versions(model: str, stored: Stored, best: "pd.Series | None") -> None:
    """Every version of the data's lineage with what is known of it; promote one, or roll back to one."""
    rows = registry.versions(retrained.engine(), model, stored.lineage)
    if rows.empty:
        st.info(_("No version is kept yet."), icon=":material/info:")
        return
    broken = {}
    for _place, row in rows.iterrows():
        try:
            registry.content(settings.get().home, row)
        except ModelFileError as error:
            broken[str(row["version"])] = error.sentence()
    measures = {_(SHORT[name]): name for name in SHOWN[model].main}
    trained, promoted, since, until = _("Trained"), _("Promoted"), _("Learned from"), _("Learned up to")
    lines = _("Rows")
    table = pd.DataFrame(
        {
            _("Status"): [_(STATUSES[status]) for status in rows["status"]],
            trained: rows["created"].dt.tz_localize(None),
            until: rows["window_end"],
            **{
                short: [round(found.get(name, np.nan), 3) for found in rows["metrics"]]
                for short, name in measures.items()
            },
            _("By"): rows["author"],
            _("Why"): [" · ".join(map(_, reason.split("\n"))) for reason in rows["reason"]],
            promoted: rows["promoted"].dt.tz_localize(None),
            since: rows["window_start"],
            lines: rows["rows"],
            _("File (SHA-256)"): [
                _("not usable") if version in broken else digest[:10]
                for version, digest in zip(rows["version"], rows["sha256"], strict=True)
            ],
            _("Learner"): [_(CHURN_LEARNERS.get(name, name)) for name in rows["learner"]],
            _("Libraries"): [
                ", ".join(f"{name} {number}" for name, number in used.items()) for used in rows["libraries"]
            ],
            _("Data"): rows["data_version"],
        }
    )
    config: dict[str, Any] = {name: st.column_config.DateColumn(format="DD/MM/YYYY") for name in (since, until)}
    config |= {name: st.column_config.DatetimeColumn(format="DD/MM/YYYY HH:mm") for name in (trained, promoted)}
    config |= {
        short: st.column_config.NumberColumn(
            format="percent" if name == "wape" else "localized", help=_(MEASURES[name])
        )
        for short, name in measures.items()
    }
    config[lines] = st.column_config.NumberColumn(format="localized")
    st.dataframe(table, hide_index=True, column_config=config, placeholder="–")
    st.caption(
        _(
            "Each version is measured on what it had not seen at its own time: these numbers compare only roughly. "
            "The comparison judges two versions on the same days or customers."
        )
    )
    downloads.table(table, f"{model}_versions")
    for sentence in broken.values():
        st.warning(plain(sentence), icon=":material/lock:")
    _promotion(model, rows, best, broken)


def _promotion(model: str, rows: pd.DataFrame, best: "pd.Series | None", broken: dict[str, str]) -> None:
    now = "" if best is None else str(best["version"])
    options = [version for version in rows["version"] if version != now]
    if not options:
        return
    named = rows.set_index("version")

    with st.container(border=True):
        st.markdown("**" + plain(_("Promote or roll back")) + "**")
        chosen = st.selectbox(
            _("Make this version the champion"),
            options,
            format_func=lambda version: _("{version} (learned up to {day})").format(
                version=trained(named.loc[version]), day=locales.day(named.loc[version, "window_end"])
            ),
            key="promote.version",
        )
        with st.form("promote", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            author = access.name(_("Your name"), "promote.author").strip()
            reason = st.text_input(_("Why"), max_chars=300, key="promote.reason").strip()
            rolled = best is not None and named.loc[chosen, "created"] < best["created"]
            sent = st.form_submit_button(
                _("Roll back") if rolled else _("Promote"), icon=":material/workspace_premium:"
            )
        if sent and chosen in broken:
            st.error(plain(broken[chosen]), icon=":material/lock:")
        elif sent and not (author and reason):
            st.warning(_("Say who you are and why: it is kept with the version."), icon=":material/edit:")
        elif sent:
            home, engine = settings.get().home, retrained.engine()
            retraining.promote(engine, home, model, chosen, datetime.now(UTC), author, reason)
            st.rerun()


def learned(row: "pd.Series") -> str:
    status, day = STATUSES[row["status"]], locales.day(row["window_end"])
    return _("{status}, learned up to {day}").format(status=_(status), day=day)


def trained(row: "pd.Series") -> str:
    status, moment = STATUSES[row["status"]], locales.moment(row["created"])
    return _("{status}, trained {moment}").format(status=_(status), moment=moment)
