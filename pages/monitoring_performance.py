"""Are the models still as good as when they learned?"""

import streamlit as st

from locales.labels import label
from models.lifecycle.managed import MODELS
from ui import cards, inputs, store
from ui.monitoring import performance as views
from ui.monitoring.shown import SHOWN
from ui.text import N_, _, part

VIEWS = {
    "time": N_("Over time"),
    "calibration": N_("Calibration"),
    "segments": N_("By group"),
    "table": N_("Table"),
}
SOURCES = {"past": N_("The past, played again"), "forecast": N_("What was really said")}

stored_of = {name: store.active(MODELS[name].table) for name in SHOWN}
question = _("Are the models still as good as when they learned, and would anybody have noticed?")
cards.head(_("Monitoring: performance"), question, *stored_of.values())
choices = st.container(horizontal=True, vertical_alignment="bottom")
with choices:
    model = inputs.view(_("Model"), list(SHOWN), "model", lambda name: _(SHOWN[name].title))
stored, shown = stored_of[model], SHOWN[model]
past = views.played(model, stored)
really = views.log(model, stored, False)
if past and len(really):
    with choices:
        past = inputs.view(_("Source"), list(SOURCES), "source", lambda name: _(SOURCES[name])) == "past"
rows = views.log(model, stored, True) if past else really
currency = stored.origin.currency or shown.currency


@part
def performance() -> None:
    """Everything that the choice of a view or a measure changes."""
    first = views.course(rows, shown.cards[0])
    if first is None:
        return
    views.verdict(first, currency)
    views.headline(rows, model, currency)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = inputs.view(_("View"), list(VIEWS), "view", lambda name: _(VIEWS[name]))
        metric = shown.cards[0]
        if view in ("time", "segments"):
            known = [name for name in shown.measures if (rows["metric"] == name).any()]
            metric = inputs.choice(_("Measure"), known, f"m.{model}", label)
    if view == "time":
        views.over_time(rows, metric, model, currency)
    elif view == "calibration":
        views.calibration(stored, rows, model, currency)
    elif view == "segments":
        views.segments(stored, rows, metric, model, currency)
    else:
        views.table(rows, model, currency)


if rows.empty or views.course(rows, shown.cards[0]) is None:
    if stored.span is None:  # customers, known on one day
        views.none_yet()
        views.expected(model, rows)
        views.keep_today(model, stored)
    else:
        st.info(_("The history is too short to try forecasts on it: this page needs some months of days."))
else:
    performance()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **The past, played again**: a model that learned from the first 12 month-ends only speaks about all of them (about
  those 12, models that had not seen the customer); forecasts are made again from each Sunday of a year, 28 days
  ahead, with what was known then. Nothing is changed with hindsight.
- **Realised**: measured when the truth has arrived. Intervals: churn, customers drawn again 300 times; sales, the t
  interval over the days of a week (a week has few days, so these are wide).
- **Estimated before the truth** (confidence-based performance estimation): if 100 customers have a risk of 20%, 20 of
  them should leave, and that is enough to expect an AUC. Risks are first read as the reference teaches (isotonic
  regression). The band is where chance puts the measure 19 times in 20. For sales, errors follow the width of the
  bands.
- **Where the estimate must fail**: it sees that customers have changed, not that they leave for other reasons. Then
  the risks themselves are wrong, and so is what is estimated from them. Only the truth shows that: the two lines
  part.
- **Changes**: binary segmentation on ranks with a permutation test at the 5% level; chance alone marks one series in
  20.
- **An alert** is raised by the job “score” when what was really said has been surely worse than the reference (dotted
  line) for two windows: of churn, the AUC or the share who left against the one said, windows of 28 days or more; of
  sales, the error or the bias of a week.
- **AUC**: how often a leaver has a higher risk than a stayer. **Calibration slope**: 1 is right; below it, risks are
  too extreme. **MASE**: error over that of saying “as a week ago”. **F1, accuracy**: of calling the riskiest 20%.
"""
        )
    )
