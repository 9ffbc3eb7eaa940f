"""What would a promotion, a price, a closed day or an event do to sales?"""

import numpy as np
import pandas as pd
import streamlit as st

from models.forecast import Forecast, scenario
from models.forecast.elasticity import Elasticity
from models.forecast.launches import Launch
from ui import answers, cards, country, inputs, store
from ui.sales import launch, promised, scenarios, series, worth
from ui.sales import plan as views
from ui.text import _, part

stored = store.active("sales")
question = _("What would a promotion, a price, a closed day or an event do to sales?")
cards.head(_("Sales: what-if"), question, stored)
store.need(stored, "quantity", "unit_price")
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    chosen = series.choose(stored, ("units",), "D")
    country.choose(stored, chosen.country, chosen.part, chosen.value)
told = launch.found(stored, chosen) or series.forecast(stored, chosen)
answers.ready(f"elasticities {stored.version}", "forecast", lambda step: store.learn(stored, step))
found = told if isinstance(told, Forecast) else None  # of a new product there is none
frame, futures = told.frame, told.futures
is_open = pd.Series(found.window.counted if found else True, frame.index)
known = found.window.history.dates if found else pd.DatetimeIndex(chosen.values.index)
first, last = frame.index[0].date(), frame.index[-1].date()
depth = promised.depth(stored, frame.index)
more = promised.added(stored, chosen, found) if found and depth.any() else np.nan
income = series.of_revenue(stored, chosen, found) if found and not depth.any() else None


@part
def plans(measured: Elasticity | None) -> None:
    """The brush and the calendar, and what the scenarios come to; `measured` by a past change of prices."""
    terms = views.terms(stored, chosen, measured)
    if income:
        terms = views.earning(terms, income.frame["mean"].sum() / frame["mean"].sum())
    there = depth * np.isfinite(more)  # reductions that the forecast has in it
    prices = (terms.listed if there.any() else terms.price) * (1 - there.to_numpy())

    def outcome(planned: list[scenario.Plan]) -> scenario.Outcome:
        beside = scenario.on_top(planned, there)
        earned = (income.frame, income.futures) if income else None
        return scenario.outcome(frame, prices, terms.cost, beside, terms.elasticity, terms.weight, futures, earned)

    made = {name: views.kept(name, first, last) for name in views.SCENARIOS}
    outs, usual = {name: outcome(planned) for name, planned in made.items()}, outcome([])
    left, right = st.columns([5, 7], gap="medium")
    with left:
        now = inputs.view(
            _("Scenario"), views.SCENARIOS, "scenario", lambda name: _("Scenario {name}").format(name=name)
        )
        painted = views.brush(stored, chosen, known)
        promised.say(now, made[now], depth, more)
        views.calendar(now, made[now], is_open, painted, chosen.country.code, depth)
    with right:
        scenarios.headline(chosen, outs[now], usual, now)
        scenarios.cautions(made, outs[now], terms)
        scenarios.compared(chosen, is_open, outs, usual, now, [name for name in made if made[name]])
    views.promoted(stored, terms)


if isinstance(told, Launch):
    launch.say(chosen, told)
above = st.container()
measured = worth.asked(stored, chosen)
with above:
    plans(measured)
launch.not_yet(stored)
cards.findings((*chosen.findings, *(found.findings if found else ())))
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Without plans**: the forecasts of units and of revenue, with their bands (page Sales: forecast), and a unit cost
  that is the same share of the price as in the last four weeks: both pages say the same. Where the calendar plans
  promotions, or the last weeks stand apart in one of the two only, revenue is units at the price of the last four
  weeks, and its band knows nothing of prices that vary.
- **Prices and promotions** of one product beside others: units follow (new price / old price) to the power of
  −elasticity, a Poisson regression with an effect for each product and each week of a category (Santos Silva and
  Tenreyro 2006), on prices that differed over time, with errors clustered by product. Where prices hardly changed,
  depend on the customer, or their effect cannot be told from none, the data cannot say: plans come to a range then,
  from no effect to an elasticity of 4 (of single products studies find 2.6 on average; Bijmolt and others 2005).
- **What products take from each other**: most of what one cut wins may come from other products. What all of a category
  or everything sells at once is a regression of its units on its price index by week, beside the price of what else
  there is, a yearly course, a level that wanders and a noise that lasts (a structural time series); with two years or
  more only prices that differ from those of the same time of the year count. Between the two stands a demand of
  constant elasticity of substitution. Where prices never moved together, only bounds are known, and no single number is
  given.
- **Promotions** on the same days do not add up: the largest counts, for as many products as they share. In the two
  weeks after, less is sold where past promotions show it beyond chance; days after the last one here are not counted.
- **Promotions of the calendar**: where three such days or more were there before, the forecast has learned what they
  sell and has them in it, and a plan on top of them counts by what it takes off beyond theirs. Else they can be taken
  over as plans.
- **New products**, with less than four weeks of sales, are planned from what earlier launches of their category went on
  to sell; one that is not sold yet, by what those sold in their first days: their mean, with a prediction interval of
  their logarithms (Student's t).
- **Warnings** stand beside plans that change prices more than 1.5 times as much as these data have seen.
- **Was it worth it?** A synthetic control (Abadie, Diamond and Hainmueller 2010): other stores, or other categories,
  and the year before, weighed by week so that they followed what is asked about, at the level of the eight weeks
  before. The same is asked of up to 60 quiet periods of the same length: their errors make the 95% interval. Choose a
  period without other changes around it.
- **Closed days** sell nothing; the share that comes later is spread over the open days of the week after.
- **Events** take over what the same event did before: median against the same weekdays four weeks around.
- **Intervals** of what plans add: the 95% intervals of the elasticities, all of their ends tried. Bands
  of days and of sums are read off the same thousand futures as those of the forecast, each changed by the plans.
- **Bank holidays** are those of the country that is chosen at the top; it is kept with the data, by store where stores
  are in several countries.
"""
        )
    )
