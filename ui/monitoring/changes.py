"""The log of changes, in words."""

from typing import Any

import pandas as pd

import locales
from data import people
from locales.labels import label
from ui import inputs
from ui.text import N_, _

ACTIONS = {
    "keep": N_("kept"),
    "change": N_("changed"),
    "remove": N_("removed"),
    "show": N_("shown to all"),
    "choose": N_("chosen how it is read"),
    "fetch": N_("fetched"),
    "run": N_("ran"),
}
# Tables of the state database and what else is changed.
WHAT = {
    "customers": N_("Customers"),
    "sales": N_("Sales"),
    "covid": N_("COVID-19"),
    "databases": N_("Connected source"),
    "source_readings": N_("Connected source"),
    "sourced_versions": N_("Connected source"),
    "jobs": N_("Job"),
    "job_runs": N_("Background work"),
    "model_versions": N_("Model"),
    "prediction_log": N_("Predictions"),
    "psi_log": N_("Drift"),
    "alert_log": N_("Alert of drift"),
    "alert_deliveries": N_("Alert of drift"),
    "performance_log": N_("Performance"),
    "overrides": N_("An analyst’s own forecast"),
    "campaigns": N_("Campaign"),
    "campaign_customers": N_("Campaign"),
    "boards": N_("Board"),
    "board_versions": N_("Board"),
    "board_pictures": N_("Figure on a board"),
    "rules": N_("Rule"),
    "rule_alerts": N_("Alert of a rule"),
    "rule_deliveries": N_("Alert of a rule"),
    "snoozed": N_("What is put off"),
    "assigned": N_("Who is to answer"),
    "orders": N_("Order"),
    "order_lines": N_("Order"),
    "order_steps": N_("Order"),
    "order_sends": N_("Order"),
    "order_suppliers": N_("Supplier"),
    "schedules": N_("Schedule"),
    "schedule_runs": N_("Scheduled work"),
    "leases": N_("Scheduled work"),
    "report_deliveries": N_("Report"),
    "quality_rules": N_("Rule of quality"),
    "quality_log": N_("Quality"),
    "quality_steps": N_("Correction"),
    "preferences": N_("Setting for everybody"),
    "audit_log": N_("Changes"),
}


def by(person: str) -> str:
    """Who it was."""
    return person or _("not logged in")


def chosen(rows: pd.DataFrame) -> pd.DataFrame:
    """Those of some people and of some kinds."""
    persons, kinds = sorted(rows["person"].unique()), sorted(rows["what"].unique(), key=what)
    who = inputs.several(_("Who"), persons, "who", by)
    about = inputs.several(_("What"), kinds, "what", what)
    rows = rows[rows["person"].isin(who)] if who else rows
    return rows[rows["what"].isin(about)] if about else rows


def what(name: str) -> str:
    """What was changed, in words."""
    return _(WHAT[name]) if name in WHAT else name


def by_day(rows: pd.DataFrame) -> pd.DataFrame:
    """Changes by `day`, of `people` and of `vigie` itself."""
    system = rows["role"].eq(people.SYSTEM)
    days = rows["at"].dt.tz_convert(None).dt.normalize()
    counted = pd.DataFrame({"day": days, "people": ~system, "vigie": system})
    return counted.groupby("day", as_index=False)[["people", "vigie"]].sum()


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as a reader wants them."""
    return pd.DataFrame(
        {
            _("When"): [locales.moment(at) for at in rows["at"]],
            _("Who"): [by(one) for one in rows["person"]],
            _("Role"): [_(people.ROLES.get(one, one)) for one in rows["role"]],
            _("What"): [what(one) for one in rows["what"]],
            _("Done"): [_(ACTIONS.get(one, one)) for one in rows["action"]],
            _("On what"): rows["subject"].tolist(),
            _("Details"): [_said(one) for one in rows["details"]],
        }
    )


def saved(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as they are kept, for a file."""
    return rows.drop(columns="entry").assign(details=[_said(one) for one in rows["details"]])


def _said(details: dict[str, Any]) -> str:
    return "; ".join(f"{label(name)}: {value}" for name, value in details.items())
