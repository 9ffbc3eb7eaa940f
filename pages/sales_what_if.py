"""What would a promotion, a price, a closed day or an event do to sales?"""

import streamlit as st

from models.forecast import holidays, scenario
from ui import cards, inputs, store
from ui.sales import plan as views
from ui.sales import series
from ui.text import _

stored = store.active("sales")
question = _("What would a promotion, a price, a closed day or an event do to sales?")
cards.head(_("Sales: what-if"), question, stored)
store.need(stored, "quantity", "unit_price")
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    chosen = series.choose(stored, ("units",), "D")
found = series.forecast(stored, chosen)
first, last = found.frame.index[0].date(), found.frame.index[-1].date()


@st.fragment
def plans() -> None:
    """The brush and the calendar, and what the scenarios come to."""
    price, cost, elasticity = views.terms(stored, chosen)
    made = {name: views.kept(name, first, last) for name in views.SCENARIOS}
    outs = {name: scenario.outcome(found.frame, price, cost, made[name], elasticity) for name in made}
    usual = scenario.outcome(found.frame, price, cost, [], elasticity)
    left, right = st.columns([5, 7], gap="medium")
    with left:
        now = inputs.view(
            _("Scenario"), views.SCENARIOS, "scenario", lambda name: _("Scenario {name}").format(name=name)
        )
        painted = views.brush(stored, chosen, found)
        views.calendar(now, made[now], found, painted, holidays.COUNTRIES.get(chosen.currency, ""))
    with right:
        views.headline(chosen, outs[now], now)
        views.compared(chosen, found, outs, usual, now, [name for name in made if made[name]])


plans()
cards.findings((*chosen.findings, *found.findings))
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Without plans**: the forecast of units (page Sales: forecast) at the mean price and unit cost of the last four
  weeks. With nothing planned every figure here is that forecast.
- **Prices and promotions**: units follow (new price / old price) to the power of −elasticity, for the share of the
  range that is touched. The elasticity is a Poisson regression with an effect for each product and each week, on prices
  that differed over time (Santos Silva and Tenreyro 2006), with errors clustered by product. Where prices hardly
  changed, or depend on the customer, the data cannot say, and an assumption is asked for.
- **Closed days** sell nothing; the share that comes later is spread over the open days of the week after.
- **Events** take over what the same event did before: median against the same weekdays four weeks around.
- **Intervals** of what plans add: the 95% interval of the elasticity. The band around the revenue is that of the
  forecast, moved with the plans.
- Customers who buy ahead during a promotion, or another product instead, are not seen here.
"""
        )
    )
