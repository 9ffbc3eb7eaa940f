"""Campaigns in the state database: who was on a list, whom chance held out, and who of them left."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, and_, bindparam, func, insert, not_, select, update

from data import state
from data.state.tables import campaign_customers, campaigns
from locales import N_, Sentence

MAX_NAME = 80  # characters


def start(engine: Engine, campaign: Mapping[str, Any], customers: Sequence[Mapping[str, Any]]) -> None:
    """Keep a campaign (a row of `state.campaigns`) and its list (rows of `state.campaign_customers` without its id).

    Once, however often it is asked for. Raises `Sentence` without a name of the campaign and of who starts it.
    """
    row = dict(campaign) | {name: str(campaign[name]).strip()[:MAX_NAME] for name in ("name", "by")}
    if not row["name"] or not row["by"]:
        raise Sentence(N_("Give the campaign a name, and say who starts it."))
    with engine.begin() as connection:
        made = state.inserting(engine, campaigns).values(row).on_conflict_do_nothing().returning(campaigns.c.campaign)
        if connection.execute(made).first() is not None:
            rows = [{"campaign": row["campaign"], **state.plain(one)} for one in customers]
            connection.execute(insert(campaign_customers), rows)


def kept(engine: Engine, lineage: str) -> pd.DataFrame:
    """The campaigns among the customers of a lineage, the last one first."""
    return state.read(engine, campaigns, lineage=lineage).sort_values("started", ascending=False, ignore_index=True)


def customers(engine: Engine, campaign: str) -> pd.DataFrame:
    """The list of a campaign, in its order."""
    return state.read(engine, campaign_customers, campaign=campaign).sort_values("place", ignore_index=True)


def lists(engine: Engine, names: Collection[str]) -> pd.DataFrame:
    """Who is on the lists of some campaigns: `campaign`, `customer`, `called`."""
    of = campaign_customers.c
    with engine.connect() as connection:
        rows = connection.execute(select(of.campaign, of.customer, of.called).where(of.campaign.in_(names))).all()
    return pd.DataFrame(rows, columns=["campaign", "customer", "called"]).astype({"called": bool})


def counts(
    engine: Engine, lineage: str, beside: Mapping[str, Collection[str]] | None = None
) -> dict[str, tuple[int, int, int, int]]:
    """For the campaigns that were read out, the first one first: customers called of whom it is known, those of them
    who left, and the same two of those held out. Whom one of the campaigns `beside` it calls does not count."""
    of, other = campaign_customers, campaign_customers.alias()
    both = [
        and_(
            of.c.campaign == name,
            of.c.customer.in_(select(other.c.customer).where(other.c.campaign.in_(names), other.c.called)),
        )
        for name, names in (beside or {}).items()
    ]
    asked = (
        select(of.c.campaign, of.c.called, func.count(), func.sum(of.c.left))
        .join(campaigns, campaigns.c.campaign == of.c.campaign)
        .where(campaigns.c.lineage == lineage, of.c.left.is_not(None), *map(not_, both))
        .group_by(of.c.campaign, of.c.called, campaigns.c.started)
        .order_by(campaigns.c.started)
    )
    found: dict[str, dict[bool, tuple[int, int]]] = {}
    with engine.connect() as connection:
        for campaign, called, known, left in connection.execute(asked):
            found.setdefault(campaign, {})[called] = (known, int(left))
    return {name: (*sides.get(True, (0, 0)), *sides.get(False, (0, 0))) for name, sides in found.items()}


def read_out(
    engine: Engine, campaign: str, customer: Sequence[str], left: np.ndarray, source: str, by: str, now: datetime
) -> None:
    """Write down who of a campaign left (1, 0, NaN), and what told. A later one stands for an earlier one.

    Raises `Sentence` without a name of who says so.
    """
    if not (by := by.strip()[:MAX_NAME]):
        raise Sentence(N_("Say who you are."))
    mine = (campaign_customers.c.campaign == campaign) & (campaign_customers.c.customer == bindparam("who"))
    rows = [{"who": who, "gone": state.plain(gone)} for who, gone in zip(customer, left, strict=True)]
    row = {"read": now, "read_by": by, "source": source}
    with engine.begin() as connection:
        connection.execute(update(campaign_customers).where(mine).values(left=bindparam("gone")), rows)
        connection.execute(update(campaigns).where(campaigns.c.campaign == campaign).values(**row))
