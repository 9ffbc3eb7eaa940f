"""Who buys, how lately, how often and for how much: the days on which each customer bought, scored and named."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.schemas import IS_GOODS
from locales import N_
from models.segmenting import GRID, SCORES, SEGMENTS
from models.statistics import CannotTell, opened

ACTIONS = {
    "champions": N_("Reward them, show them what is new first, ask for a review."),
    "loyal": N_("Offer what goes with what they buy; invite them to a loyalty scheme."),
    "potential loyalists": N_("Lead them to the next purchase: a reminder, a small reward."),
    "new": N_("Welcome them, and help with the first purchase; then invite to a second."),
    "promising": N_("Remind them before the first purchase is forgotten."),
    "need attention": N_("A short offer on what they have bought before."),
    "about to sleep": N_("Show what is popular now; ask what they miss."),
    "at risk": N_("Write in person, with what they used to buy."),
    "cannot lose": N_("Call them, and ask what went wrong."),
    "hibernating": N_("One cheap reminder; no discount."),
    "lost": N_("Leave them alone, or one last letter."),
}
MONEY = ("revenue", "margin", "costed")
EXCEPTIONAL = 5
SILENT = 28  # days without any sale, from which a gap is worth a sentence
VISITS = "SELECT * FROM visits"  # of data that were summed up elsewhere: what `by_day` answered of their lines
LARGE_SHARE = 0.5  # of the revenue, from which one customer is worth a sentence


@dataclass(frozen=True)
class Purchases:
    """Who bought on which day.

    `visits` has a row for each customer and day with goods that were sold or came back, sorted by both: `customer`
    (place in `customers`), `day` (place in `days`), `is_sale` (False: something only came back), `revenue` (net) and,
    where costs are known, `margin` and `costed`, the revenue of the lines with a known cost; money in the data's
    currency. `days` is every day from the first line of goods to the last sale: what came back after it, when nobody
    could be seen to buy, counts on that day. `is_open` is whether a day was no closure (see `statistics.opened`).
    `unknown` is the revenue of lines without a customer.
    """

    visits: pd.DataFrame
    customers: np.ndarray
    days: pd.DatetimeIndex
    is_open: np.ndarray
    unknown: float

    @property
    def bought(self) -> pd.DataFrame:
        """The visits on which something was bought."""
        return self.visits[self.visits["is_sale"]]

    @property
    def is_shut(self) -> np.ndarray:
        """Which days are of a closure of more than `SILENT` days and `EXCEPTIONAL` times nine of ten others: who sends
        invoices once a month is not shut between them."""
        on = np.flatnonzero(self.is_open)
        gaps = np.diff(on)
        shut = np.zeros(len(self.days), dtype=bool)
        for at in (
            np.flatnonzero((gaps - 1 > SILENT) & (gaps > EXCEPTIONAL * np.quantile(gaps, 0.9))) if len(gaps) else ()
        ):
            shut[on[at] + 1 : on[at + 1]] = True
        return shut


def by_day(columns: Collection[str]) -> str:
    """The query of `purchases` for a sales table with these columns."""
    customer = "customer" if "customer" in columns else "NULL::VARCHAR"
    costs = (
        ", summed(amount - quantity * unit_cost) AS margin,"
        " summed(CASE WHEN unit_cost IS NOT NULL THEN amount END) AS costed"
        if "unit_cost" in columns
        else ""
    )
    return f"""
        SELECT {customer} AS customer, CAST(timestamp AS DATE) AS day,
               summed(CASE WHEN line_type = 'sale' THEN amount END) AS sold, summed(amount) AS revenue{costs}
        FROM sales WHERE {IS_GOODS} GROUP BY ALL
    """  # noqa: S608  # no text from outside


def purchases(summed: pd.DataFrame) -> Purchases:
    """What `by_day` answers, coded. Costs that are known of no line count as absent."""
    if "margin" in summed and summed["margin"].isna().all():
        summed = summed.drop(columns=["margin", "costed"])
    day = summed["day"].to_numpy().astype("datetime64[D]")
    first, last = (day.min(), day.max()) if len(day) else (np.datetime64(0, "D"), np.datetime64(-1, "D"))
    place = (day - first).astype(np.int64)
    codes, customers = pd.factorize(summed["customer"], sort=True)
    is_sale = summed["sold"].notna().to_numpy()
    if is_sale.any():
        last = day[is_sale].max()
        place = np.minimum(place, (last - first).astype(np.int64))
    money = {name: summed[name].fillna(0.0).to_numpy() for name in MONEY if name in summed}
    wide = int((last - first).astype(int)) + 1
    known = np.flatnonzero(codes >= 0)
    order = known[np.argsort(codes[known] * wide + place[known])]
    columns = {"customer": codes, "day": place, "is_sale": is_sale, **money}
    days = pd.date_range(first, last, name="day")
    return Purchases(
        visits=pd.DataFrame({name: values[order] for name, values in columns.items()}),
        customers=np.asarray(customers, dtype=object),
        days=days,
        is_open=opened(days, np.bincount(place[is_sale | ~is_sale.any()], minlength=wide) > 0),
        unknown=float(money["revenue"][codes < 0].sum()),
    )


def until(bought: Purchases, day: int) -> Purchases:
    """What was known at the end of the day with this place in `days`: the same customers, some without a visit yet.

    `unknown` stays that of all days.
    """
    kept = bought.visits["day"].to_numpy() <= day
    return Purchases(
        bought.visits[kept], bought.customers, bought.days[: day + 1], bought.is_open[: day + 1], bought.unknown
    )


def of(bought: Purchases, customers: np.ndarray) -> Purchases:
    """The purchases of some customers (a bool for each); their places stay, and so do the days of the shop."""
    kept = customers[bought.visits["customer"].to_numpy()]
    return Purchases(bought.visits[kept], bought.customers, bought.days, bought.is_open, 0.0)


def check(bought: Purchases, customers: int = 1, days: int = 1) -> None:
    """Raises CannotTell where fewer customers are known to have bought, or the data span fewer days."""
    if not len(bought.days):
        raise CannotTell(N_("These data hold no goods that were sold or came back: choose others on the page Data."))
    if not len(bought.customers):
        raise CannotTell(
            N_(
                "No line says who bought: these pages need the column “customer”. Where your file has it, map it on "
                "the page Data."
            )
        )
    buyers = bought.bought["customer"].nunique()
    if not buyers:
        raise CannotTell(N_("Of no customer a sale is known: all their lines are goods that came back."))
    if buyers < customers:
        raise CannotTell(
            N_("Customers known to have bought: {count}. To compare them with each other takes {least}."),
            count=buyers,
            least=customers,
        )
    if len(bought.days) < days:
        raise CannotTell(
            N_("Days that these sales span: {count}. To see who comes back takes {least}."),
            count=len(bought.days),
            least=days,
        )


@dataclass(frozen=True)
class Caveat:
    """What a reader must know of the data: a `message` marked with `N_` and the `values` of its named places."""

    message: str
    values: dict[str, object]


def caveats(bought: Purchases) -> list[Caveat]:
    """What makes the answers about customers weaker than they look; amounts as shares, days as timestamps."""
    found = []
    made = bought.visits.groupby("customer")["revenue"].sum()
    total, visits = float(made.sum()) + bought.unknown, bought.bought["customer"].value_counts()
    if total > 0 and bought.unknown > 0.005 * total:
        message = N_("{share} of the revenue is of lines without a customer code: it is in no figure of a customer.")
        found.append(Caveat(message, {"share": bought.unknown / total}))
    if len(made) == 1:
        found.append(Caveat(N_("Only one customer is known: scores have nobody to compare with."), {}))
    elif len(made) and made.max() > LARGE_SHARE * total > 0:
        message = N_("One customer, {customer}, makes {share} of the revenue.")
        found.append(
            Caveat(message, {"customer": bought.customers[int(made.idxmax())], "share": float(made.max()) / total})
        )
    if len(bought.days) == 1:
        found.append(Caveat(N_("All of these lines are of one day, {day}: nobody bought longer ago."),
                            {"day": bought.days[0]}))  # fmt: skip
    elif len(visits) and visits.max() == 1:
        found.append(Caveat(N_("Every customer bought on one day only: all of them are as frequent."), {}))
    on = np.flatnonzero(bought.is_open)
    gaps = np.diff(on)
    if len(gaps) and gaps.max() > SILENT:
        at = int(gaps.argmax())
        message = N_("From {start} to {end} nothing was sold at all: closed days count in no silence of a customer.")
        found.append(Caveat(message, {"start": bought.days[on[at] + 1], "end": bought.days[on[at + 1] - 1]}))
    if "margin" in bought.visits and bought.visits["margin"].sum() < 0:
        found.append(Caveat(N_("All in all these goods were sold below their cost: margins are losses."), {}))
    if "costed" in bought.visits:
        costed, revenue = float(bought.visits["costed"].sum()), float(bought.visits["revenue"].sum())
        if costed < 0.995 * revenue:
            message = N_("Costs are known for {share} of the revenue: margins are of those lines only.")
            found.append(Caveat(message, {"share": max(costed / revenue, 0.0)}))
    else:
        message = N_("Margins need the column “unit cost”, which these data lack: revenue stands in their place.")
        found.append(Caveat(message, {}))
    return found


def score(bought: Purchases) -> pd.DataFrame:
    """One row a customer who has bought, by place in `customers` (the index).

    `recency`: days from the last purchase to the last day of the data; `frequency`: days on which they bought;
    `revenue`, net of what came back (and `margin`, where costs are known). `r`, `f`, `m`: scores from 1 to 5, by
    fifths of the customers: 1 + the number of fifths that are surely worse. Equal customers have equal scores: those
    who are equal in recency get the best of theirs, in frequency and revenue the least. `segment`: one of `SEGMENTS`,
    the cell of `GRID` for r and f.
    """
    visits = bought.visits
    who, sold = visits["customer"].to_numpy(), visits["is_sale"].to_numpy()
    buyers, last = who[sold], visits["day"].to_numpy()[sold]
    starts, ends = (np.flatnonzero(np.diff(buyers, **end)) for end in ({"prepend": -1}, {"append": -1}))
    customers = buyers[starts]
    made = pd.DataFrame(
        {"first": last[starts], "last": last[ends], "recency": len(bought.days) - 1 - last[ends],
         "frequency": ends - starts + 1},
        index=pd.Index(customers, name="customer"),
    )  # fmt: skip
    for name in ("revenue", "margin"):
        if name in visits:
            made[name] = np.bincount(who, visits[name].to_numpy(), len(bought.customers))[customers]
    made["r"] = SCORES + 1 - _fifth(made["recency"].to_numpy())
    made["f"], made["m"] = _fifth(made["frequency"].to_numpy()), _fifth(made["revenue"].to_numpy().round(2))
    cells = np.array(GRID, dtype=object)[made["r"] - 1, made["f"] - 1]
    made["segment"] = pd.Categorical(cells, SEGMENTS)
    return made


def _fifth(values: np.ndarray) -> np.ndarray:
    """1 to 5: in which fifth the least of the values equal to each one lies."""
    below = np.searchsorted(np.sort(values), values, "left")
    return 1 + SCORES * below // max(len(values), 1)


def summary(scored: pd.DataFrame) -> pd.DataFrame:
    """One row a segment that has customers: `customers`, `revenue` (and `margin`), their medians of `recency` and
    `frequency`, `share` of customers and `revenue_share`."""
    groups = scored.groupby("segment", observed=True)
    made = pd.DataFrame({"customers": groups.size()})
    for name in ("revenue", "margin"):
        if name in scored:
            made[name] = groups[name].sum()
    made["recency"], made["frequency"] = groups["recency"].median(), groups["frequency"].median()
    made["share"] = made["customers"] / len(scored)
    total = scored["revenue"].sum()
    made["revenue_share"] = made["revenue"] / total if total > 0 else np.nan
    return made.rename_axis("segment").reset_index()
