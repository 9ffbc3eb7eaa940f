"""Does a newer model pay, how often should one learn anew, and which one is in use?"""

import streamlit as st

from models.lifecycle.managed import MODELS
from ui import cards, inputs, store, windows
from ui.monitoring import policies, retrained, versions
from ui.monitoring import retraining as views
from ui.monitoring.shown import SHOWN
from ui.text import N_, _, part

VIEWS = {"compare": N_("Comparison"), "policies": N_("How often"), "versions": N_("Versions")}

head = st.container()
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    model = inputs.view(_("Model"), list(MODELS), "model", lambda name: _(SHOWN[name].name))
    asked = st.container(width="content", horizontal=True, vertical_alignment="bottom")
stored = store.active(MODELS[model].table)
with head:
    cards.head(
        _("Monitoring: retraining"),
        _("Does a newer model pay for its training, how often should one learn anew, and which one is in use?"),
        stored,
    )
best = retrained.champion(model, stored)
with asked:
    other = views.against(model, stored, best)
    views.training(model, stored)
retrained.progress(model, stored)


@part
def judged() -> None:
    """The costs and everything that follows from them, so that nothing else is run and painted again."""
    window = windows.ask(stored) if MODELS[model].table == "customers" else 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        money = views.ask(model, stored, window)
    found = None if best is None else views.compared(model, stored, best, other)
    if found is not None:
        views.headline(found, money)
    view = inputs.view(_("View"), list(VIEWS), "view", lambda name: _(VIEWS[name]))
    if view == "versions":
        versions.versions(model, stored, best)
    elif view == "policies" and best is not None:
        policies.policies(model, stored, str(best["learner"]), money)
    elif found is not None:
        views.compare(found, money)


judged()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Sales model**: gradient boosting on units a day of every store and category, all series at once. On the first day of
  a week its seven days are told, with the sales up to then. The first model of a dataset leaves out the last quarter,
  so that there are days to judge the next one on.
- **Fair days**: both are judged on days after both had learned. Where there are fewer than 14, the later one is judged
  by a twin that learned in the same way and stopped 28 days earlier. **Churn**: later months of the customers' history;
  where there are none, each customer by models fitted without them (five stratified folds).
- **Gain**: sales, the errors in units times the margin of a unit, champion less challenger; churn, the profit of
  calling everyone whose call pays on average (risk × leavers saved × value above the offer), challenger less champion.
- **95% interval**: paired bootstrap, 2,000 draws; for sales of blocks of a week, so that days that go together stay
  together (moving blocks, Künsch 1989); for churn of customers with all their months (bias-corrected and accelerated,
  Efron 1987, as few customers decide).
  The outcomes of customers took the outcome window to come true: the gain a day is theirs over the days of the window.
- **Pays back**: the cost of a retraining over the gain a day. No such number where the interval includes zero. A gain
  that is told only where it is sure has had luck more often than not: the one in the sentence, the days and their
  interval are corrected for that (given that it is sure: Zhong and Prentice 2008).
- **How often**: the last year again. Each model learns with only what was known on its day: never after the first,
  at the first week of every month, or in the week after an alert of confirmed drift (not within 28 days of the time
  before). The cost of errors and of retrainings is added up day by day.
- **Versions**: MAE, WAPE and MASE (Hyndman and Koehler 2006) are those of the twin on the last 28 days before each
  version's own end: other days, so that they compare with other versions only roughly. A file
  whose SHA-256 is not the one that was recorded is never used. One version is champion at a time.
"""
        )
    )
