"""Lists of whom to call, as tables to send: customers of the data in use who are slipping, or are likely to leave."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from data import tables
from data.dataset import Table
from data.runs import Nothing, Step
from data.tables import Stored
from locales import N_, _
from models.churn import campaign
from models.churn.value import USUAL
from models.customers import rfm, slipping
from models.lifecycle import churn, registry
from models.statistics import CannotTell


def listed(engine: Engine, home: Path, who: str, step: Step) -> pd.DataFrame:
    """Whom to call, the first one first, with headers in the reader's language; `who` is "slipping" or "leaving".

    Raises `Nothing` where no data or no model can say whom to call, or there is nobody, and `registry.ModelFileError`
    where the model cannot be read.
    """
    step(N_("Looking for whom to call"), 0.1)
    found = _slipping(home) if who == "slipping" else _leaving(engine, home, step)
    if found.empty:
        raise Nothing(N_("There is nobody to call."))
    return found


def _slipping(home: Path) -> pd.DataFrame:
    """Those whose silence is unusual for their own rhythm, the most money at risk first."""
    stored = _stored(home, "sales")
    bought = rfm.purchases(tables.query(stored, rfm.by_day(stored.columns["sales"])))
    try:
        rfm.check(bought, 1, 1)
        found = slipping.listed(bought, slipping.assess(bought, slipping.learn(bought)), slipping.WITHIN)
    except CannotTell as reason:
        raise Nothing(reason.message, **reason.values) from reason
    money = _("At risk a year ({currency})").format(currency=stored.origin.currency or "GBP")
    return pd.DataFrame(
        {
            _("Customer"): bought.customers[found.index.to_numpy()].astype(str),
            money: found["at_risk"].round().to_numpy(),
            _("Gone for good (%)"): (100 * found["gone"]).round().to_numpy(),
            _("Last purchase"): bought.days[found["last"].to_numpy()].date,
            _("Silent (open days)"): np.floor(found["silence"]).astype(int).to_numpy(),
            _("Usual gap (open days)"): found["gap"].round(1).to_numpy(),
        }
    )


def _leaving(engine: Engine, home: Path, step: Step) -> pd.DataFrame:
    """Those a call to whom is expected to earn more than it costs by the usual terms, the riskiest first."""
    stored = _stored(home, "customers")
    champion = registry.champion(engine, "churn", stored.lineage)
    if champion is None:
        raise Nothing(N_("There is no model of these customers yet: open the page Churn: performance once."))
    model = churn.load(home, champion)
    told = partial(step, N_("Looking for whom to call"))
    scores = campaign.callable_customers(model, tables.read(stored), lambda share: told(0.1 + 0.8 * share))
    size = campaign.returns(scores, USUAL).best
    return pd.DataFrame(
        {_("Customer"): scores.customer[:size], _("Risk of leaving (%)"): (100 * scores.probability[:size]).round(1)}
    )


def _stored(home: Path, table: Table) -> Stored:
    stored = tables.active(home, table)
    if stored is None:
        raise Nothing(N_("There are no such data yet: open Vigie once, or bring in a file with `jobs.py import`."))
    return stored
