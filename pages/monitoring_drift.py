"""Do the data still look like what the models learned from, or is it only the season?"""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

import locales
from locales.labels import label
from models.drift import watch
from models.drift.monitored import KINDS
from models.lifecycle import watching
from models.lifecycle.managed import MODELS
from ui import cards, inputs, store
from ui.monitoring import drift as views
from ui.monitoring import lines, rule, watched
from ui.monitoring.shown import SHOWN
from ui.text import N_, _, part, plain

VIEWS = {
    "all": N_("All columns"),
    "column": N_("One column"),
    "together": N_("All together"),
    "rule": N_("Alert rule"),
    "definition": N_("Definitions"),
}

stored = {name: store.active(model.table) for name, model in MODELS.items()}
cards.head(
    _("Monitoring: drift"),
    _("Do the data still look like what the models learned from, or is it only the season?"),
    *stored.values(),
)


@part
def body() -> None:
    """The choice of a model and a day, and everything that follows from it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=160):
            model = inputs.choice(_("Model"), list(stored), "model", label)
        data = stored[model]
        if lines.chosen(data):
            lines.view(model, data)
            return
        with st.spinner(_("Reading the table")):
            rows = watched.sheets(model, data)
            against = {found.version: found for found in watched.references(model, data, rows)}
        if not against:
            st.info(_(watching.NOTHING), icon=":material/info:")
            return
        with st.container(width=330):
            version = inputs.choice(
                _("Compared with"), list(against), "against", lambda one: _named(against[one], one == data.version)
            )
        with st.spinner(_("Comparing")):
            binned, drift = watched.drift(data, rows, against[version])
        days = drift["day"].drop_duplicates()
        with st.container(width=170):
            first, last = days.min().date(), days.max().date()
            today = max(datetime.now(UTC).date(), first)  # a date of next year must not hide this week
            picked = inputs.day(_("Window that ends on"), "day", min(last, today), first, last)
    day = days[days <= pd.Timestamp(picked)].max()
    threshold, levels = watched.limit(model), watched.watch_levels(model)
    drift = drift.assign(label=watch.label(drift, threshold))
    watched.keep(model, data, rows, against[version])

    at = day.to_datetime64().astype("datetime64[D]")
    does = watched.does(model, data, rows, against[version], binned, at)
    currency = data.origin.currency or SHOWN[model].currency
    views.verdict(drift, binned, day, threshold, model, does, currency)
    if not against[version].in_use:
        st.caption(
            _(
                "No model in use learned from what is compared with here, {what}: nobody is told of what is found."
            ).format(what=_named(against[version], version == data.version))
        )
    if gone := watching.lost(against[version], rows):
        text = _(
            "Not compared, as the data have no values of them any more: {columns}. Check whether they were renamed."
        )
        st.caption(plain(text.format(columns=", ".join(map(label, gone)))))
    if fresh := watching.fresh(binned, rows):
        text = _("Not compared, as they are new since then: {columns}.")
        st.caption(plain(text.format(columns=", ".join(map(label, fresh)))))
    if watched.silent(model, data, rows):
        st.caption(
            _("What the model predicts is not compared: its file is gone or altered, or does not fit these data.")
        )
    view = inputs.view(_("View"), list(VIEWS), "view", lambda one: _(VIEWS[one]))
    if view == "all":
        views.everything(drift, day, threshold, levels, model, data, does)
    elif view == "column":
        views.column(drift, binned, day, threshold, levels, model, data, rows, against[version])
    elif view == "together":
        with st.spinner(_("Learning to tell them apart")):
            found = watched.apart(data, rows, against[version], binned, at, KINDS)
        views.together(found, rows, at)
    elif view == "rule":
        rule.rule(drift, binned, data, model)
    else:
        rule.definitions(data, rows, against[version], day, threshold)


def _named(against: watching.Reference, own: bool) -> str:
    first, last = (locales.day(pd.Timestamp(end)) for end in against.window)
    text = _("the days from {first} to {last}") if own else _("the model that learned up to {last}")
    return text.format(first=first, last=last)


body()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **PSI** (population stability index): the sum over bins of (share now − share before) × ln(share now / before). Bins
  are the deciles of the reference, closed on the right and open at both ends, fixed with the model; numbers with up to
  20 values have a bin a value; text its 20 most frequent levels, then rare ones and new ones. Missing values are a bin.
  An empty bin counts as 0.0001.
- **Watched**: lines of goods (quantity, price, price against the product's median of the 13 weeks before, promotion,
  category, supplier, product, sale or return) and invoices (lines, amount, hour, shop, customer's rhythm); for churn
  the columns of the customers, and of a history also who left. Always the seven days up to the chosen one.
- **Real**: windows of 3, 7 and 14 days against the training window, the same weekdays of the last weeks, and the same
  weeks ± 3 of earlier years, by Pearson's chi-square with its exact mean and variance for few rows (Dawson 1954), and
  of numbers by Neyman's smooth tests of place and spread. A window has to depart further than windows of this column
  usually do (a range that is always renewed has its usual renewal), and so far that in a year, over all columns,
  chance alone makes less than one alert. Lines of one invoice are not independent: invoices count.
- **Matters**: its size, on the scale of the PSI but without what sampling makes, is over a third of the PSI threshold.
- **Confirmed**: real, it matters, and either new against the last weeks or, where earlier years are known, unlike
  their season too. A step that was told stays confirmed until the data look as before it, or a model learns from it.
  Told are those of them that, as far as a model in use knows, move what it says, or the error to expect of it, by 2 %.
- **Seasonal**: unlike what the model learned from, and at least twice as near to the same weeks ± 3 of earlier years.
  **Season not known yet**: there is no earlier year that would tell, or too few rows to tell surely.
- **Does**: the change of the mean amount (or risk) of a row if each bin keeps its own mean: the sum over bins of
  (share now − share before) × mean. Of prices: the units sold by the elasticity of everything at once
  (from and to, as on the page Sales: what-if, where past prices tell no single number). The error to expect of a
  risk is the variance of leaving at the calibrated risk, and how far the risk is off it.
- **All together**: gradient-boosted trees learn to tell the window from earlier rows, days by other days; the AUC of
  days not learned from is 0.5 where nothing changed, and days change sides at random to see what chance makes. The
  daily job looks too, and tells where the window is unlike all that it is compared with and no column shows it alone.
- **Noise**: the PSI that sampling alone stays under in 95 of 100 windows, drawn where rows are few, else from the
  chi-square distribution of PSI / (1/N + 1/M). A value that holds more than a bin's share has a bin of its own; rare
  levels are compared in a second view, in up to 300 groups.
- **KS**: the greatest gap between the two shares below a value, exact.
- **Importance**: for sales the correlation ratio of the logarithm of the amount over the column's bins; for churn the
  mean absolute contribution to the model's log-odds.
"""
        )
    )
