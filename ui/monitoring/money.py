"""What retrainings cost, and what the errors of models do."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import streamlit as st

import locales
from data.tables import Stored
from models.challenge import Gain
from models.churn import challenge as churn_challenge
from models.churn.value import Terms
from models.forecast import CannotForecast, kept
from models.forecast import challenge as sales_challenge
from models.forecast.kept import Daily
from models.lifecycle import sales
from ui import inputs, saved
from ui.text import _

Compared = sales_challenge.Comparison | churn_challenge.Comparison
Tried = sales_challenge.Policies | churn_challenge.Policies
NO_TERMS = Terms(0, 0, 0)


@dataclass(frozen=True)
class Money:
    """What a retraining costs (`price`), and what errors do.

    Those are `scale` times the margin for sales; for churn `terms`, within an outcome `window` of so many months.
    """

    currency: str
    price: float
    scale: float
    terms: Terms
    note: str
    window: int

    def written(self, amount: float) -> str:
        """An amount with its currency and, where it is small, pence."""
        digits = 2 if 0 < abs(amount) < 20 else 0
        return locales.money(amount, self.currency, digits)

    def gain(self, compared: Compared) -> Gain:
        """What the challenger gains a day."""
        if isinstance(compared, sales_challenge.Comparison):
            return compared.gains["margin"].times(self.scale)
        return churn_challenge.gain(compared, self.terms, self.window)

    def cost(self, tried: Tried) -> dict[str, np.ndarray]:
        """What the errors of each policy cost, a step of its days."""
        if isinstance(tried, sales_challenge.Policies):
            return {name: margin * self.scale for name, margin in tried.margin.items()}
        return {
            name: np.array(
                [-churn_challenge.profit(*month, self.terms).sum() for month in zip(risks, tried.left, strict=True)]
            )
            for name, risks in tried.probability.items()
        }


def of_units(stored: Stored, currency: str, price: float, window: int) -> Money:
    """An input of what a wrong unit costs, its usual margin at first."""
    scale, note = 1.0, ""
    with suppress(CannotForecast):
        found = _daily(stored.version, stored)
        usual = max(round(found.usual, 2), 0.01)
        unit = inputs.number(
            _("A wrong unit costs ({currency})").format(currency=currency), "wrong_unit", usual, 0, 1e5
        )
        scale = unit / max(found.usual, 1e-9)
        note = _("The usual cost of a wrong unit, {amount}, is {share} of its mean price: no purchase cost is known.")
        if found.costed > 0:
            note = _("The usual cost of a wrong unit, {amount}, is its mean margin; each group counts with its own.")
        note = note.format(amount=locales.money(usual, currency, 2), share=locales.percent(kept.MARGIN))
    return Money(currency, price, scale, NO_TERMS, note, window)


def of_calls(stored: Stored, currency: str, price: float, window: int) -> Money:
    """Inputs of what calling a customer costs and saves."""
    return Money(currency, price, 1.0, saved.terms(stored, currency)[0], "", window)


@st.cache_resource(max_entries=2, show_spinner=False)
def _daily(version: str, _stored: Stored) -> Daily:  # noqa: ARG001  # the cache key
    return sales.daily(_stored)
