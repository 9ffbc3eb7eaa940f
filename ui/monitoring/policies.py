"""What retraining never, every month or on alert would have cost."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.monitoring import retraining as charts
from data.tables import Stored
from models import challenge
from models.challenge import NEVER, Gain
from models.forecast import challenge as sales_challenge
from ui import cards, downloads
from ui.monitoring import retrained
from ui.monitoring.money import Money, Tried
from ui.text import _


def policies(model: str, stored: Stored, learner: str, money: Money) -> None:
    """What never retraining, every month and on alert would have cost over the past year."""
    if stored.span is None and "history" not in stored.columns:
        st.info(
            _("Policies need customers over time, and these data show them once: the demo has such a history."),
            icon=":material/info:",
        )
        return
    tried = retrained.policies(model, stored, learner)
    if tried is None:
        return
    cost, retrainings = money.cost(tried), tried.retrained
    saved = challenge.saved(cost, retrainings, money.price)
    axis = _("Saved against never retraining ({currency})").format(currency=money.currency)
    net = _net(tried, cost, money)
    table = _costs(tried, cost, net, money)
    cards.figure(
        charts.policies(tried.days, saved, retrainings, net, axis, money.written),
        "retraining_policies",
        pd.DataFrame({"day": tried.days, **saved}),
    )
    st.dataframe(table, hide_index=True, placeholder="–")
    downloads.table(table, "retraining_policies_costs")
    if challenge.ALERT not in cost:
        st.caption(_("No confirmed drift is logged yet: retraining on alert cannot be shown."))


def _net(tried: Tried, cost: dict[str, np.ndarray], money: Money) -> dict[str, Gain]:
    """What each policy has saved in all against never retraining, after what its retrainings cost."""
    found = {}
    for name, each in cost.items():
        if isinstance(tried, sales_challenge.Policies):
            total = tried.gains[name].times(money.scale * len(each))
        else:
            total = challenge.gain(cost[NEVER] - each).times(len(each))
        paid = tried.retrained[name].sum() * money.price
        found[name] = Gain(total.mean - paid, total.lo - paid, total.hi - paid)
    return found


def _costs(tried: Tried, cost: dict[str, np.ndarray], net: dict[str, Gain], money: Money) -> pd.DataFrame:
    records: list[dict[str, Any]] = []
    for name, each in cost.items():
        count, saved = int(tried.retrained[name].sum()), net[name]
        paid = count * money.price
        record = {
            _("Retrain"): _(charts.POLICIES[name]),
            _("Retrainings"): count,
            _("Retrainings cost"): money.written(paid),
            _("Saved, all told"): money.written(saved.mean),
            _("95% interval"): "–" if name == NEVER else f"{money.written(saved.lo)} … {money.written(saved.hi)}",
        }
        if isinstance(tried, sales_challenge.Policies):
            record[_("Errors cost")] = money.written(each.sum())
            record[_("Off by, units a day")] = locales.number(tried.units[name].mean(), 1)
        else:
            record[_("Calls earn")] = money.written(-each.sum())
        records.append(record)
    return pd.DataFrame(records)
