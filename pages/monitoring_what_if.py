"""If prices, customers or the data changed, who would notice, and what would the models still be worth?"""

import streamlit as st

from locales.labels import label
from models.drift import watch
from models.lifecycle import watching
from models.lifecycle.managed import MODELS
from ui import cards, inputs, store
from ui.monitoring import shift as views
from ui.monitoring import watched
from ui.monitoring.drift import EMPTY
from ui.monitoring.shown import SHOWN
from ui.text import _, part

stored = {name: store.active(model.table) for name, model in MODELS.items()}
cards.head(
    _("Monitoring: what-if drift"),
    _("If prices, customers or the data changed, who would notice, and what would the models still be worth?"),
    *stored.values(),
)


@part
def body() -> None:
    """The change and everything that follows from it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=160):
            model = inputs.choice(_("Model"), list(stored), "model", label)
        data, threshold = stored[model], watched.limit(model)
        with st.spinner(_("Reading the table")):
            rows = watched.sheets(model, data)
            against = watched.references(model, data, rows)
            if not against:
                st.info(_(watching.NOTHING), icon=":material/info:")
                return
            binned, drift = watched.drift(data, rows, against[0])
        day = views.chosen_day(drift.assign(label=watch.label(drift, threshold)))
    base = views.window(model, data.version, str(day), data)
    if not base.inside.any():
        st.info(_(EMPTY), icon=":material/info:")
        return
    wanted = views.asked(model, base)
    after, sheets = views.changed(model, base, wanted)
    if after.empty:
        st.info(_("Nothing is left to compare: lose less of it."), icon=":material/info:")
        return
    before = views.unchanged(model, data.version, str(day), threshold, base, binned)
    then = views.compared(model, data.version, binned, sheets, base, threshold)
    views.answer(before, then, threshold, SHOWN[model].outlook(data, base, after, wanted))
    views.figures(binned, before, then, base, threshold)


body()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- The change is made to the rows of the seven days up to the chosen one (churn: of that month, or of the customers as
  they are), and every watched column is computed and compared again, as on the page Monitoring: drift. The day chosen
  at first is the last calm one: no alert stands on it or in the week after. Which rows are lost, missing or new is
  drawn by chance with a fixed seed; a larger share takes the same rows and more.
- **Units** follow prices as on the page Sales: what-if, by the elasticity of the category whose prices change, or of
  everything: from and to where past prices tell no single number. **Forecast**: that of the week's revenue, made on
  the day before it from what was known then (as on the page Sales: forecast). It knows nothing of the change: its
  error is measured against what was sold, and against what would have been.
- **Ranking quality** is confidence-based performance estimation: what the area under the ROC curve would be if the
  model's calibrated probabilities still held for the changed customers. That holds for a change of who they are, not of
  why they leave.
"""
        )
    )
