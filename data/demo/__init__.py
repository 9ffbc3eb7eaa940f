"""Simulated data that is always there: customers, a gift retailer, an epidemic. The same arguments, the same frames."""

from collections.abc import Iterable
from datetime import date, timedelta

from data import schemas
from data.dataset import Dataset, Finding, Origin, Table
from data.demo import covid, customers, parameters, sales
from locales import N_

NAME = N_("Demo (simulated)")
CHANGED = N_(
    "A change of the business was simulated on {day}: list prices of {categories} rose by {rise} %, {loss} % of "
    "wholesale orders were lost, and new customers came with small online orders. {rows} lines follow it."
)
CHURN_CHANGED = N_(
    "A change of the business was simulated from {day} on: bills rose by {rise} %, {share} % of those who join take "
    "fibre and pay by electronic check, and a rival opened where {near} % of the customers live, which no column says. "
    "{rows} rows follow it."
)


def dataset(table: Table, end: date, seed: int = 0) -> Dataset:
    """The demo of `table` as known on the day `end`.

    Raises ValueError for a table without a demo.
    """
    if table == "customers":
        return _customers(end, seed)
    if table == "sales":
        return _sales(end, seed)
    if table == "covid":
        return _covid(end, seed)
    raise ValueError(f"There is no demo of the table {table!r}: choose customers, sales or covid.")


def changes(findings: Iterable[Finding]) -> list[date]:
    """The days on which a demo changed, as its findings tell; none for other data."""
    marked = [finding for finding in findings if finding.message in (CHANGED, CHURN_CHANGED)]
    return [finding.days["day"] for finding in marked]


def _customers(end: date, seed: int) -> Dataset:
    frame, history, drift = customers.generate(seed=seed), customers.history(end, seed=seed), parameters.CHURN_DRIFT
    days = history["day"].drop_duplicates()
    findings = (
        Finding(
            N_(
                "{rows} customers of an invented telephone company were simulated, as known on {day}. Their behaviour "
                "is modelled on the public Telco churn file; no real person is behind them."
            ),
            len(frame),
            days={"day": end},
        ),
        Finding(
            N_("{rows} customers joined this month: they have no bill yet, so their total charges are missing."),
            int(frame["total_charges"].isna().sum()),
        ),
        Finding(
            N_(
                "{rows} rows are other customers of the same company at {months} month-ends up to {day}, each with who "
                "left in the month after."
            ),
            len(history),
            {"months": str(len(days))},
            days={"day": days.iloc[-1].date()},
        ),
        Finding(
            CHURN_CHANGED,
            int((history["day"] >= days.iloc[-drift.months]).sum()),
            {
                "rise": f"{drift.price_rise:.0%}".rstrip("%"),
                "share": f"{drift.newcomers:.0%}".rstrip("%"),
                "near": f"{drift.rival_share:.0%}".rstrip("%"),
            },
            days={"day": days.iloc[-drift.months].date()},
        ),
    )
    frames = {"customers": frame, "history": history}
    return Dataset("customers", frames, Origin("demo", NAME, currency="USD"), findings)


def _sales(end: date, seed: int) -> Dataset:
    frames = sales.generate(end, seed=seed)
    lines, moves, drift = frames["sales"], frames["stock_moves"], parameters.DRIFT
    event = end - timedelta(days=drift.days_before_end)
    findings = (
        Finding(
            N_(
                "{rows} invoice lines of an invented gift retailer were simulated, up to {day}. No real shop or "
                "person is behind them."
            ),
            len(lines),
            days={"day": end},
        ),
        Finding(N_("{rows} lines are returns, with a negative quantity."), int(lines["line_type"].eq("return").sum())),
        Finding(
            N_("{rows} lines have no customer code: walk-in customers and bank charges."),
            int(lines["customer"].isna().sum()),
        ),
        Finding(
            N_("{rows} times a product sold out; it was not sold again until the next delivery."),
            int((moves["move"].eq("sale") & moves["on_hand"].eq(0)).sum()),
        ),
        Finding(
            CHANGED,
            int((lines["timestamp"].dt.date >= event).sum()),
            {
                "categories": ", ".join(drift.categories),
                "rise": f"{drift.price_rise:.0%}".rstrip("%"),
                "loss": f"{drift.wholesale_loss:.0%}".rstrip("%"),
            },
            days={"day": event},
        ),
    )
    return Dataset("sales", frames, Origin("demo", NAME, currency=parameters.CURRENCY), findings)


def _covid(end: date, seed: int) -> Dataset:
    frame = schemas.check("covid", covid.generate(end, seed))
    findings = (
        Finding(
            N_(
                "{rows} rows of an invented epidemic were simulated, up to {day}. The countries are real, their "
                "numbers are not."
            ),
            len(frame),
            days={"day": end},
        ),
    )
    return Dataset("covid", {"covid": frame}, Origin("demo", NAME), findings)
