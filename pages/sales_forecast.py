"""What will sell, and how sure is that?"""

import numpy as np
import streamlit as st

import locales
from models.forecast import explain
from ui import cards, country, inputs, store
from ui.sales import forecast as views
from ui.sales import launch, occasions, outside, recent, segment, series, together
from ui.text import N_, _, part

VIEWS = {
    "forecast": N_("Forecast"),
    "date": N_("A date"),
    "parts": N_("What it is made of"),
    "bridge": N_("Why it changed"),
    "league": N_("Against other models"),
    "machine": N_("Time machine"),
    "outside": N_("With COVID-19"),
    "word": N_("Say otherwise"),
}

stored = store.active("sales")
cards.head(_("Sales: forecast"), _("What will sell, and how sure is that?"), stored)
store.one_currency(stored)
with st.container(horizontal=True, vertical_alignment="bottom"):
    chosen = series.choose(stored)
    if chosen.frequency == "D":
        country.choose(stored, chosen.country, chosen.part, chosen.value)
    segments = segment.choose(stored, chosen)
new = launch.found(stored, chosen)
if new is not None:
    launch.show(chosen, new)
    st.stop()
plain = series.forecast(stored, chosen)
if segments:
    segment.show(stored, chosen, plain, segments)
    st.stop()
views.logged_once(stored, chosen, plain)
found = outside.used(stored, chosen) or plain  # the answer; what explains or judges is about the plain one


def headline() -> None:
    """The answer: how much, how sure, and how good the forecast has been."""
    total, (lo, hi) = float(found.frame["mean"].sum()), found.total[80]
    last = series.end(stored, chosen, found.frame.index[-1])
    last_year = explain.same_days(chosen.values, found.frame.index, chosen.frequency)
    against = _("nothing earlier to compare with")
    if last_year is not None and last_year.sum() > 0:
        change = total / float(last_year.sum()) - 1
        against = _("{change} against a year ago").format(change=locales.signed(change, locales.percent))
    held, gain = found.coverage[80], 1 - found.against_naive
    sums, of = found.total_held[80]
    record = _("of the steps, and {sums} of {count} sums, at past origins; 80% were promised")
    cards.metrics(
        [
            (_("Expected by {day}").format(day=locales.day(last)), chosen.written(total), against),
            (_("In four of five cases"), f"{chosen.written(lo)} – {chosen.written(hi)}", _("80% band of the sum")),
            (
                _("Held by the 80% band"),
                locales.percent(held) if np.isfinite(held) else "–",
                record.format(sums=sums, count=of),
            ),
            (
                _("Off by, against naive"),
                locales.signed(-gain, locales.percent),
                _("of the error of saying “as a season ago”"),
            ),
        ]
    )
    history = found.window.history
    if history.ended:
        st.warning(
            _("Nothing has been sold since {day}: this counts as ended, until it sells again.").format(
                day=locales.day(history.values.index[history.values != 0][-1])
            )
        )
    elif history.intermittent:
        st.info(
            _("It sells on {share} of its open steps only: the sum says more than any single step.").format(
                share=locales.percent(float((history.values != 0).mean()))
            )
        )
    elif np.isfinite(gain) and gain <= 0:
        st.warning(_("On this series the forecast is no better than saying “as a season ago”: do not lean on it."))


@part
def shown() -> None:
    """One view at a time."""
    view = inputs.view(_("View"), list(VIEWS), "view", lambda name: _(VIEWS[name]))
    if view == "forecast":
        views.main(stored, chosen, found, explain.same_days(chosen.values, found.frame.index, chosen.frequency))
    elif view == "date":
        views.on_date(stored, chosen, found)
    elif view == "parts":
        views.parts(chosen, plain)
    elif view == "bridge":
        views.bridge(chosen, plain)
    elif view == "league":
        views.league(stored, chosen, plain)
    elif view == "machine":
        views.machine(stored, chosen, plain)
    elif view == "outside":
        outside.show(stored, chosen, plain)
    else:
        views.word(stored, chosen, plain)


headline()
together.under_way(stored, chosen, plain)
together.parts(stored, chosen, plain)
if chosen.frequency == "D":
    views.closures(stored, chosen, plain)
recent.ask(stored.lineage, chosen.key, plain, chosen.written)
occasions.ask(stored, (chosen.part or "", chosen.value or ""), plain, chosen.written)
shown()
cards.findings((*chosen.findings, *found.findings))
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Forecast**: at each step the mean of the middle three of five models that err differently: the theta method,
  exponential smoothing, Prophet, XGBoost with lags, and a ridge regression on the calendar. A fixed rule beat weights
  by past error and choosing the best of a few tries. It is meant as a mean: sums of it are what to expect.
- **Slow demand** (a sale on fewer than three of four open steps) is a chance and a size: the mean of three methods,
  TSB (Teunter, Syntetos and Babai 2011), ADIDA (Nikolopoulos and others 2011), the recent mean. Their sums are right.
  Its bands, of steps and of sums, are read off the same thousand drawn futures.
- **Closed days**, gaps and days without a record are found first and left out: a learner must not take them for bad
  days. Empty steps of slow demand are demand, and what has not sold for longer than chance allows has ended.
- **Bands**: of a thousand futures, drawn from how far off the same forecast was at five past origins with only what was
  known then: what a whole horizon was off by (Student's t, for so few), and how steps lay around that, in units that
  follow the level. Bands of steps and of the sum are read off the same futures. What past bands held is measured, each
  with origins before it, and shown beside what was promised.
- **New products**, with less than four weeks of sales, are told by earlier launches of their category (of all, where
  there are fewer than eight): the logarithm of what each sold in the days to come over what it had sold in as many days
  has a mean and a spread, and the band is the prediction interval of one more (Student's t).
- **A segment** is forecast as a share of everything: what those who were in it on past days, scored with what was known
  then, brought in after them, on a straight line (its interval is added in squares to that of everything).
- **A new level**: the last week or more stands apart where its mean is more than twice as far from the weeks before as
  at any earlier time. Whether it stays is not in the data: both are computed, and the answer is kept with its reason.
- **Steady growth**: where a straight line through the logarithms, beside a yearly course, leaves nothing that wanders
  or bends for a year or longer, it is taken out before the models learn, put back afterwards, and goes on for half as
  long as it has been seen.
- **Days, weeks and months** say the same. Each is forecast from its own history, and days are then moved towards what
  months and weeks say, up to the end of the third month (least squares, structural scaling: Athanasopoulos and others
  2017), each compared by what of it was open: the more, the less these differ from those of a year ago than from the
  one before. Days alone tell where they stand apart, are slow or have ended, and with less than two years. Of a week or
  month under way what was sold so far is known. Bands are as wide as the past errors of the chosen step ask for.
- **Parts that add up**: the twelve largest categories and shops, and the others of each together, are forecast by the
  day. Everything is the mean of its own forecast and of both sums; the parts are moved to it in proportion.
- **Off by**: mean absolute error. **MASE**: that over the mean absolute difference to one season before (Hyndman and
  Koehler 2006). **MAPE** leaves out steps on which nothing was sold. **Bias**: said less sold.
- **As a season ago** (naive): the same weekday of last week, or the same week or month of last year.
- **With COVID-19**: square roots of what will be out of a number by each step, at least as old as the horizon and two
  days, enter Prophet, XGBoost and the ridge regression. Tried at up to 24 past origins, a horizon apart, with the same
  models without it, and with what was known then only. The interval is Student's t of the paired differences (Diebold
  and Mariano 1995; Harvey, Leybourne and Newbold 1997). Within 3% of the error is no difference.
- **Why it changed**: trend, days open and time of the year of Prophet, by logarithmic mean shares (Ang 2005); “other
  models” is what the others see differently.
"""
        )
    )
