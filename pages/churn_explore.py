"""Which customers leave, and when in their life with us?"""

from functools import partial

import pandas as pd
import streamlit as st

import locales
from charts.churn import explore as charts
from charts.churn import survival as survival_charts
from locales.customers import label
from models.churn import explore, survival
from models.churn.preparation import with_outcome
from ui import cards, inputs, store, windows
from ui.text import N_, _, is_dark, part

FIRST = ("contract", "internet_service", "senior_citizen")  # whose filters are always in sight
COMPARED = ("contract", "internet_service", "payment_method", "senior_citizen")
ALONG = "monthly_charges"  # and the number that goes most with leaving, but for tenure and total charges:
ELSEWHERE = ("tenure", "total_charges")  # the first has a view of its own, the second follows from it
VIEWS = {"who": N_("Who leaves"), "when": N_("When they leave"), "together": N_("What goes together")}

stored = store.active("customers")
customers, currency = with_outcome(store.frame(stored)), stored.origin.currency or "USD"
cards.head(_("Churn: explore"), _("Which customers leave, and when in their life with us?"), stored)


@st.cache_resource(max_entries=4, show_spinner=False)
def leading(version: str) -> tuple[dict[str, list[str]], list[str]]:  # noqa: ARG001  # the cache key
    """The columns of levels with those, and of numbers, that go most with leaving first."""
    kinds, numbers = explore.leading(customers)
    return {column: explore.levels(customers, column) for column in kinds}, numbers


levels, numeric = leading(stored.version)
categorical = list(levels)
first = [column for column in FIRST if column in categorical] or categorical[:3]
compared = [column for column in COMPARED if column in categorical] or categorical[:4]


def pills(column: str) -> list[str]:
    return inputs.pills(label(column), levels[column], f"f.{column}", label)


def chosen(column: str) -> list[str]:
    return inputs.chosen(f"f.{column}", levels[column])


def toggle(column: str, key: str) -> None:
    """A click in a figure chooses or drops the level clicked; a new key then clears the figure's own selection."""
    chosen = st.session_state.get(f"f.{column}", [])
    clicked = {point["customdata"] for point in st.session_state[key].selection.points}
    st.session_state[f"f.{column}"] = sorted(clicked.symmetric_difference(chosen))
    st.session_state["clicks"] = st.session_state.get("clicks", 0) + 1


def reset() -> None:
    for column in categorical:
        st.session_state[f"f.{column}"] = []


def along(shown: pd.DataFrame, column: str, rate: float) -> None:
    """How the share who left runs along a number."""
    curve = explore.rate_along(shown, column)
    drawn = charts.rate_along(curve, column, rate, currency, explore.halves(shown, column))
    cards.figure(drawn, f"churn_along_{column}", curve)


@part
def explored() -> None:
    """Filters and figures: all that a filter changes, so that nothing else is run and painted again."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        filters = {column: pills(column) for column in first}
        more = st.popover(_("More filters"), icon=":material/tune:", on_change="rerun", key="more-filters")
        with more:
            ask = pills if more.open else chosen
            filters |= {column: ask(column) for column in categorical if column not in first}
        st.button(_("Reset"), icon=":material/restart_alt:", on_click=reset, disabled=not any(filters.values()))

    shown = explore.keep(customers, filters)
    if shown.empty:
        st.info(_("No customer matches these filters. Remove one to go on."))
        return

    now, everyone = explore.headline(shown), len(customers)
    digits = 1 if now.rate >= 0.02 else 2
    cards.metrics(
        [
            (
                _("Customers"),
                locales.number(now.customers),
                _("{share} of all {all}").format(
                    share=locales.percent(now.customers / everyone), all=locales.number(everyone)
                ),
            ),
            (
                _("Churn rate"),
                locales.percent(now.rate, digits),
                _("95% interval {lo} to {hi}").format(
                    lo=locales.percent(now.lo, digits), hi=locales.percent(now.hi, digits)
                ),
            ),
            *cards.money(_("Revenue lost"), now.revenue_lost, currency, _("a month, from those who left")),
            *cards.money(_("Revenue at risk"), now.revenue_at_risk, currency, _("a month, if peers' rates hold")),
        ]
    )
    view = inputs.view(_("View"), list(VIEWS), "view", lambda name: _(VIEWS[name]))

    if view == "who":
        others = [column for column in categorical if column not in compared]
        if others:
            extra = inputs.choice(_("Also compare"), others, "also", label, default="tech_support")
        with st.grid("auto", min_column_width=400):
            for column in [*compared, extra] if others else compared:
                # A figure shows all levels of its own column: its own filter only fades the others.
                rates = explore.rate_by(explore.keep(customers, filters, but=column), column)
                key = f"by-{column}-{st.session_state.get('clicks', 0)}"
                cards.figure(
                    charts.rate_by(rates, column, now.rate, filters[column]),
                    f"churn_by_{column}",
                    rates,
                    on_select=partial(toggle, column, key),
                    key=key,
                )
            others = [column for column in numeric if column not in (ALONG, *ELSEWHERE)]
            for column in [*(name for name in numeric if name == ALONG), *others[: 1 if ALONG in numeric else 2]]:
                along(shown, column, now.rate)

    elif view == "when" and "tenure" not in customers:
        st.info(_("This view needs the column “tenure” (months since joining): map it on the page Data."))

    elif view == "when":
        along(shown, "tenure", now.rate)
        window = windows.ask(stored)
        by = inputs.choice(_("Compare survival by"), categorical, "by", label, compared[0]) if categorical else None
        with st.grid("auto", min_column_width=420):
            curves = survival.kaplan_meier(shown, by, window)
            test = survival.logrank(shown, by, window) if by else None
            cards.figure(survival_charts.survival(curves, test, by), f"survival_by_{by or 'all'}", curves)
            plain = survival.kaplan_meier(shown, by)
            cards.figure(survival_charts.tenure_at_leaving(plain, by), f"tenure_at_leaving_by_{by or 'all'}", plain)

    elif len(every := [*compared, *(column for column in (*categorical, *numeric) if column not in compared)]) < 2:
        st.info(_("This view needs two columns that differ between customers."))

    else:
        with st.container(horizontal=True):
            rows = inputs.choice(_("Rows"), every, "rows", label)
            columns = inputs.choice(_("Columns"), [column for column in every if column != rows], "columns", label)
        crossed = explore.crossed(shown, rows, columns)
        associations, correlations = explore.associations(shown), explore.correlations(shown)
        with st.grid("auto", min_column_width=420):
            cards.figure(charts.crossed_heatmap(crossed, is_dark()), f"churn_{rows}_{columns}", crossed.table())
            drawn = charts.correlation_heatmap(correlations, explore.foremost(shown, correlations))
            cards.figure(drawn, "correlations", correlations.rename_axis("column"))
        drawn = charts.association_heatmap(associations, explore.foremost(shown, associations))
        cards.figure(drawn, "associations", associations.rename_axis("column"))


explored()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Churn rate**: customers who left among all, with Wilson's 95% interval.
- **Revenue at risk**: the monthly charges of each customer who is still here, times the share of customers with the
  same contract and tenure band who left; the overall share where there are fewer than 30 of them.
- **Curves along a number**: local linear regression with a Gaussian kernel; the band is Wilson's interval with the
  effective number of customers behind each point.
- **Survival**: of customers who join, the share still here after some months, if each month goes on taking the share
  that the outcome window showed. Kaplan-Meier with delayed entry (Tsai, Jewell and Wang 1987) and Greenwood's interval:
  a customer counts from their tenure when the window began, because whoever left before it is not in the data; where
  fewer than 20 customers are at risk no leaver counts (Lai and Ying 1991). The log-rank test asks whether the groups
  share one curve.
- **Tenure at leaving**: Kaplan-Meier from the day they joined. It is survival only where the data have everybody who
  ever joined; else those who left before the window are missing, and it stays far too high.
- **What goes together**: Cramér's V corrected for bias (Bergsma 2013) for columns with few levels, Spearman's rank
  correlation for numbers. Going together is not causing.
"""
        )
    )
