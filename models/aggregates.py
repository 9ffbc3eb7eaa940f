"""What the pages need of sales lines that are too many to bring in, each defined once, in SQL, for any engine.

The SQL is DuckDB's and is kept to what other engines say alike; whoever runs elsewhere has it translated. Every
aggregate is exact whatever the order in which rows are added: money and units are summed as whole millionths
(`MILLIONTHS`, columns of type bigint), which `read` turns back. A query reads `raw`, the lines as their owner keeps
them, with the column names of `data.schemas.Sales`.

    daily       day, store, product and kind of line: what sales pages forecast and show
    visits      customer and day, as `models.customers.rfm.by_day` asks of lines
    buyers      customers by day of the last purchase and number of purchases: RFM at any number of customers
    pairs       products bought together, with the counts that lift and its interval take
    histograms  rows a day in the frozen bins of each watched column: PSI and KS
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from data import schemas
from data.schemas import IS_GOODS
from locales import N_, Sentence
from models.drift import bins, watch
from models.drift.bins import Bins
from models.drift.counted import Column, Watched
from models.forecast.grouped import forecast_each
from models.products.associations import MIN_BASKETS
from models.products.baskets import LARGEST, SOLD
from models.segmenting import GRID, SCORES, SEGMENTS

MILLIONTHS = 1_000_000
NEEDED = ("timestamp", "product", "quantity")
NUMBERS = ("quantity", "unit_price", "amount", "unit_cost", "promotion")
TEXTS = ("line_id", "store", "product", "customer", "invoice", "line_type", "description", "category", "supplier",
         "currency")  # fmt: skip
KEYS = ("day", "store", "product", "line_type", "currency")
# How fine the days are told, the finest first: as fine as the pages can hold.
LEVELS = (("store", "product"), ("product",), ("store", "category"), ("category",))
NAMES = ("description", "category", "supplier")
WATCHED = ("quantity", "unit_price", "promotion", "category", "supplier", "line_type", "store")
MAX_ROWS = 2_000_000  # of the reference that bins are cut from: beyond it values stand for as many in proportion
MAX_PRODUCTS, MAX_PAIRS = 4_000, 10_000  # the most bought; the pairs with the most baskets beyond independence
HORIZON = 28
ORDER = ["timestamp", "line_id"]
Ask = Callable[[str], pd.DataFrame]


class CannotAggregate(Sentence, ValueError):
    """These lines cannot be summed up; the message says why and what to do."""


def check(columns: Mapping[str, str]) -> None:
    """Raise `CannotAggregate` where lines with these columns (name -> time, zoned, number, text or other) lack what
    is needed, or have it in a type that would have to be guessed."""
    missing = [name for name in NEEDED if name not in columns]
    if not {"unit_price", "amount"} & set(columns):
        missing.append("unit_price")
    if missing:
        raise CannotAggregate(
            N_("These lines have no column {columns}: name their columns as Vigie does, in a view for instance."),
            columns=", ".join(missing),
        )
    wrong = [name for name in NUMBERS if columns.get(name, "number") != "number"]
    wrong += [name for name in ("timestamp",) if columns[name] not in ("time", "zoned")]
    if wrong:
        raise CannotAggregate(
            N_("The columns {columns} are not kept as numbers, or as a time: what text means would be a guess."),
            columns=", ".join(wrong),
        )


def lines(columns: Collection[str]) -> str:
    """The beginning of every query: `lines`, with all columns of `NUMBERS` and `TEXTS` (null where there are none),
    the `day`, what each line was sold for, and its kind, which is told by the sign of the units where no column is."""
    nan = "CAST('NaN' AS DOUBLE)"
    numbers = {
        name: f'nullif(CAST("{name}" AS DOUBLE), {nan})' if name in columns else "CAST(NULL AS DOUBLE)"
        for name in NUMBERS
    }
    texts = {name: f'CAST("{name}" AS VARCHAR)' if name in columns else "CAST(NULL AS VARCHAR)" for name in TEXTS}
    product = f"{numbers['quantity']} * {numbers['unit_price']}"
    numbers["amount"] = f"coalesce({numbers['amount']}, {product})"
    texts["line_type"] = (
        f"coalesce({texts['line_type']}, CASE WHEN {numbers['quantity']} < 0 THEN 'return' ELSE 'sale' END)"
    )
    selected = ", ".join(f"{said} AS {name}" for name, said in (numbers | texts).items())
    return f'WITH lines AS (SELECT CAST("timestamp" AS DATE) AS day, {selected} FROM raw)'


def _sum(expression: str) -> str:
    """What `summed` is in `data.tables.query`, for any engine."""
    return f"CAST(sum(CAST(round(({expression}) * {MILLIONTHS}) AS BIGINT)) AS BIGINT)"


def _whole(condition: str = "TRUE") -> str:
    return f"day IS NOT NULL AND product IS NOT NULL AND amount IS NOT NULL AND quantity IS NOT NULL AND {condition}"


def facts(columns: Collection[str]) -> str:
    """How many lines there are, how many can be used, of which days and kinds, and what they were sold for."""
    kinds = ", ".join(f"'{kind}'" for kind in schemas.LINE_TYPES)
    return f"""{lines(columns)}
        SELECT count(*) AS lines, count(CASE WHEN {_whole()} THEN 1 END) AS used,
               count(CASE WHEN line_type NOT IN ({kinds}) THEN 1 END) AS strange,
               min(day) AS first, max(day) AS last,
               {_sum(f"CASE WHEN {_whole()} THEN amount END")} AS amount
        FROM lines
    """


def daily(columns: Collection[str], level: Collection[str] = LEVELS[0]) -> str:
    """`quantity`, `amount`, `cost` (null where a line's is not known), the `NAMES` (of several the last in order) and
    the number of `lines` by `KEYS`; at a coarser level of `LEVELS` without the store, or with the category as product.
    """
    named = ", ".join(f"max({name}) AS {name}" for name in NAMES)
    return f"""{lines(columns)}
        SELECT {_keys(level)}, {_sum("quantity")} AS quantity, {_sum("amount")} AS amount,
               CASE WHEN count(unit_cost) = count(*) THEN {_sum("quantity * unit_cost")} END AS cost, {named},
               count(*) AS lines
        FROM lines WHERE {_whole()} GROUP BY 1, 2, 3, 4, 5
    """


def count_days(columns: Collection[str], level: Collection[str]) -> str:
    """How many rows `daily` has."""
    rows = f"SELECT DISTINCT {_keys(level)} FROM lines WHERE {_whole()}"
    return f"{lines(columns)} SELECT count(*) AS rows_ FROM ({rows}) AS told"


def _keys(level: Collection[str]) -> str:
    said = {"store": "store" if "store" in level else "CAST(NULL AS VARCHAR)"}
    said["product"] = "product" if "product" in level else "coalesce(category, '?')"
    return ", ".join(f"{said.get(key, key)} AS {key}" for key in KEYS)


def visits(columns: Collection[str]) -> str:
    """What `models.customers.rfm.by_day` answers of lines: customer and day with what was sold and the revenue, and
    where costs are known the margin and the revenue that it is of."""
    costs = (
        f", {_sum('amount - quantity * unit_cost')} AS margin,"
        f" {_sum('CASE WHEN unit_cost IS NOT NULL THEN amount END')} AS costed"
        if "unit_cost" in columns
        else ""
    )
    return f"""{lines(columns)}
        SELECT customer, day, {_sum("CASE WHEN line_type = 'sale' THEN amount END")} AS sold,
               {_sum("amount")} AS revenue{costs}
        FROM lines WHERE {_whole(IS_GOODS)} GROUP BY customer, day
    """


def count_visits(columns: Collection[str]) -> str:
    """How many rows `visits` has."""
    return f"SELECT count(*) AS rows_ FROM ({visits(columns)}) AS visited"


def buyers(columns: Collection[str]) -> str:
    """How many `customers` bought for the `last` time on a day after `frequency` days of purchases, and their revenue,
    net of what came back."""
    return f"""{lines(columns)},
        who AS (
            SELECT customer, max(CASE WHEN line_type = 'sale' THEN day END) AS last,
                   count(DISTINCT CASE WHEN line_type = 'sale' THEN day END) AS frequency, {_sum("amount")} AS revenue
            FROM lines WHERE {_whole(IS_GOODS)} AND customer IS NOT NULL GROUP BY customer
        )
        SELECT last, frequency, count(*) AS customers, CAST(sum(revenue) AS BIGINT) AS revenue
        FROM who WHERE frequency > 0 GROUP BY last, frequency
    """


def pairs(columns: Collection[str]) -> str:
    """Pairs of products with the baskets of `both`, of `a`, of `b` and of all (`baskets`), and how many `buyers` they
    have, a basket without a customer counting as one.

    A basket is an invoice of a day and store with at most `LARGEST` products. Of the `MAX_PRODUCTS` products in the
    most baskets (`SOLD` or more), pairs in `MIN_BASKETS` baskets or more, the `MAX_PAIRS` most beyond independence.
    """
    basket = "day, shop, invoice"
    same = " AND ".join(f"one.{name} = other.{name}" for name in ("day", "shop", "invoice"))
    return f"""{lines(columns)},
        held AS (
            SELECT day, coalesce(store, '') AS shop, invoice, product, max(customer) AS customer
            FROM lines WHERE {_whole("line_type = 'sale'")} AND invoice IS NOT NULL
            GROUP BY day, coalesce(store, ''), invoice, product
        ),
        kept AS (SELECT {basket} FROM held GROUP BY {basket} HAVING count(*) <= {LARGEST}),
        inside AS (SELECT held.* FROM held JOIN kept USING (day, shop, invoice)),
        common AS (
            SELECT product, count(*) AS baskets FROM inside GROUP BY product HAVING count(*) >= {SOLD}
            ORDER BY baskets DESC, product LIMIT {MAX_PRODUCTS}
        ),
        these AS (SELECT inside.* FROM inside JOIN common USING (product)),
        found AS (
            SELECT one.product AS a, other.product AS b, count(*) AS both_,
                   count(DISTINCT one.customer) + count(CASE WHEN one.customer IS NULL THEN 1 END) AS buyers
            FROM these AS one JOIN these AS other ON {same} AND one.product < other.product
            GROUP BY one.product, other.product HAVING count(*) >= {MIN_BASKETS}
        )
        SELECT a, b, both_, buyers, first.baskets AS a_baskets, second.baskets AS b_baskets, every.baskets AS baskets
        FROM found JOIN common AS first ON first.product = a JOIN common AS second ON second.product = b
        CROSS JOIN (SELECT count(*) AS baskets FROM kept) AS every
        ORDER BY CAST(both_ AS DOUBLE) * every.baskets - CAST(first.baskets AS DOUBLE) * second.baskets DESC, a, b
        LIMIT {MAX_PAIRS}
    """


def tally(columns: Collection[str], name: str, first: pd.Timestamp, last: pd.Timestamp) -> str:
    """How many `rows_` of goods have each `value` of a column on the days from `first` to `last`."""
    between = f"day >= DATE '{first:%Y-%m-%d}' AND day <= DATE '{last:%Y-%m-%d}'"
    return f"""{lines(columns)}
        SELECT {name} AS value, count(*) AS rows_ FROM lines WHERE {_whole(IS_GOODS)} AND {between} GROUP BY {name}
    """


def units(columns: Collection[str]) -> str:
    """The independent rows of each day: the invoices, as the lines of one are not; a line without one counts alone."""
    return f"""{lines(columns)}
        SELECT day, count(DISTINCT invoice) + count(CASE WHEN invoice IS NULL THEN 1 END) AS units
        FROM lines WHERE {_whole(IS_GOODS)} GROUP BY day
    """


def histograms(columns: Collection[str], cuts: Mapping[str, Bins]) -> str:
    """How many `rows_` of goods fall on each `day` into each bin (`place`) of the watched columns (`name`)."""
    selected = " UNION ALL ".join(
        f"SELECT day, '{name}' AS name, {_place(name, cut)} AS place FROM lines WHERE {_whole(IS_GOODS)}"
        for name, cut in cuts.items()
    )
    return f"""{lines(columns)}
        SELECT day, name, place, count(*) AS rows_ FROM ({selected}) AS placed GROUP BY day, name, place
    """


def _place(name: str, cut: Bins) -> str:
    """The bin of a row, as `Bins.place` has it."""
    last = len(cut.counts) - 1
    if cut.text:
        known = [(f"{name} = {_text(level)}", place) for place, level in enumerate(cut.levels)]
        rare = ", ".join(map(_text, cut.rare))
        known += [(f"{name} IN ({rare})", last - 2)] if rare else []
    elif cut.values:
        known = [(f"{name} = {_number(value)}", place) for place, value in enumerate(cut.values)]
    else:
        known = [(f"{name} <= {_number(edge)}", place) for place, edge in enumerate(cut.edges)]
    whens = " ".join(f"WHEN {condition} THEN {place}" for condition, place in known)
    return f"CASE WHEN {name} IS NULL THEN {last} {whens} ELSE {last - 1} END"


def _number(value: float) -> str:
    return f"CAST('{value!r}' AS DOUBLE)"  # a literal would be a decimal, and not every double is one


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def per_store(columns: Collection[str]) -> str:
    """The revenue of each day and store as a series to be forecast: `series`, `date`, `value`."""
    return f"""{lines(columns)}
        SELECT store AS series, CAST(day AS TIMESTAMP) AS date, {_sum("amount")} AS value
        FROM lines WHERE {_whole(IS_GOODS)} AND store IS NOT NULL GROUP BY store, day
    """


def forecast_store(rows: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """`forecast_each` of one store's rows of `per_store`, in any order: days without a sale up to `last` are zero."""
    values = rows.set_index(pd.DatetimeIndex(rows["date"]).as_unit("us"))["value"].astype(float).sort_index()
    every = pd.date_range(values.index[0], last, unit="us")
    filled = (values / MILLIONTHS).reindex(every, fill_value=0.0)
    told = pd.DataFrame({"series": rows["series"].iloc[0], "date": filled.index, "value": filled.to_numpy()})
    return forecast_each(told, HORIZON)


# What `forecast_store` gives.
FORECAST = {"series": "string", "date": "timestamp", "mean": "double"}
FORECAST |= {f"{end}-{level}": "double" for level in (80, 95) for end in ("lo", "hi")} | {"reason": "string"}
MONEY = ("quantity", "amount", "cost", "sold", "revenue", "margin", "costed")
DAYS = ("day", "last", "first")


def read(found: pd.DataFrame) -> pd.DataFrame:
    """What an engine answers, in the types that all of them are given: days as datetime64[us], texts as str, sums of
    millionths as float64, counts as int64."""
    made = {}
    for name, values in found.items():
        if name in DAYS:
            made[name] = pd.to_datetime(values).astype("datetime64[us]")
        elif name in MONEY:
            made[name] = values.astype("float64") / MILLIONTHS
        elif pd.api.types.is_numeric_dtype(values):
            made[name] = values
        else:
            made[name] = values.astype("str")
    return pd.DataFrame(made)


def sales(found: pd.DataFrame, source: str, currency: str) -> pd.DataFrame:
    """The rows of `daily` as a sales table (`data.schemas.Sales`), by time and id.

    `line_id` is made of the key, so that the same day, store, product and kind have the same one in any aggregate;
    `unit_price` is the mean price of the day, 0 where units cancel out. `currency` is that of lines that name none.
    """
    found = found.assign(currency=found["currency"].fillna(currency))
    rest = [found[key].astype("str").fillna("") for key in KEYS[1:]]
    key = found["day"].dt.strftime("%Y-%m-%d").astype("str").str.cat(rest, sep="|")
    made = found.assign(source=source, line_id=key).rename(columns={"day": "timestamp"})
    absent = [name for name in ("store", "cost", *NAMES) if made[name].isna().all()]
    return _priced(made.drop(columns=absent))


def added(known: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """One table of `sales` with the units and the money of another one added, key by key."""
    changed = known["line_id"].isin(fresh["line_id"])
    parts = [one.assign(cost=one["quantity"] * one["unit_cost"]) if "unit_cost" in one else one
             for one in (known[changed], fresh)]  # fmt: skip
    both = pd.concat(parts, ignore_index=True)
    sums = ["quantity", "amount", *(["cost"] if "cost" in both else [])]
    by_key = both.groupby("line_id", sort=False)
    summed = by_key.last().assign(**{name: by_key[name].sum(skipna=False).round(6) for name in sums}).reset_index()
    return pd.concat([known[~changed], _priced(summed)], ignore_index=True).sort_values(ORDER, ignore_index=True)


def _priced(sums: pd.DataFrame) -> pd.DataFrame:
    """Sums of units, money and costs as sales, with the mean price and cost of a unit."""
    made = sums.assign(unit_price=_each(sums["amount"], sums["quantity"]))
    if "cost" in made:
        made["unit_cost"] = _each(made["cost"], made["quantity"])
    return made[[name for name in schemas.columns("sales") if name in made]].sort_values(ORDER, ignore_index=True)


def _each(total: pd.Series, quantity: pd.Series) -> pd.Series:
    return (total / quantity.where(quantity != 0)).where(quantity.ne(0) | total.isna(), 0.0)


def segments(cube: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """One row a segment that has customers, from what `buyers` answers: `segment`, `customers`, `revenue`, as
    `models.customers.rfm.summary` counts them on the day `last`."""
    cube = cube.sort_values(["last", "frequency"])  # floats add up to the same only in the same order
    customers = cube["customers"].to_numpy()
    recency = (last - cube["last"]).dt.days.to_numpy()
    r, f = SCORES + 1 - _fifth(recency, customers), _fifth(cube["frequency"].to_numpy(), customers)
    named = pd.Categorical(np.array(GRID, dtype=object)[r - 1, f - 1], SEGMENTS)
    summed = cube.groupby(named, observed=True)[["customers", "revenue"]].sum()
    return summed.rename_axis("segment").reset_index().astype({"segment": "str"})


def _fifth(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """1 to 5: in which fifth of all the least of the values equal to each one lies; each counts `weight` times."""
    levels, place = np.unique(values, return_inverse=True)
    below = np.r_[0, np.bincount(place, weight, len(levels)).astype(np.int64).cumsum()][:-1]
    return np.asarray(1 + SCORES * below[place] // weight.sum())


def freeze(ask: Ask, columns: Collection[str], first: pd.Timestamp, last: pd.Timestamp) -> dict[str, Bins]:
    """The bins of the watched columns that have a value, cut by the goods of the days from `first` to `last`.

    Their `counts` are those of the values they were cut from, in proportion where these are more than `MAX_ROWS`:
    `watched` counts the reference itself.
    """
    found = {}
    for name in (name for name in WATCHED if name in columns or name == "line_type"):
        counted = ask(tally(columns, name, first, last))
        known = counted[counted["value"].notna()]
        missing = int(counted["rows_"].sum() - known["rows_"].sum())
        if known.empty:
            continue
        if name in NUMBERS:
            known = known.sort_values("value")
            share = min(1.0, MAX_ROWS / known["rows_"].sum())
            rows = np.ceil(known["rows_"].to_numpy() * share).astype(np.int64)
            found[name] = bins.freeze_ordered(
                bins.ordered(pd.Series(np.repeat(known["value"].to_numpy(float), rows))), missing
            )
        else:
            ordered = known.sort_values(["rows_", "value"], ascending=[False, True])
            found[name] = bins.freeze_levels(dict(zip(ordered["value"], ordered["rows_"], strict=True)), missing)
    return found


def kept(cuts: Mapping[str, Bins], reference: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DataFrame:
    """Bins as a table, kept with the histograms: `name`, `cut` (JSON), `first` and `last` day of the reference."""
    rows = [(name, json.dumps(cut.plain()), *reference) for name, cut in cuts.items()]
    return read(pd.DataFrame(rows, columns=["name", "cut", "first", "last"]))


def thawed(table: pd.DataFrame) -> tuple[dict[str, Bins], tuple[pd.Timestamp, pd.Timestamp]]:
    """The bins of `kept` and the days that they were cut by."""
    cuts = {name: bins.read(json.loads(cut)) for name, cut in zip(table["name"], table["cut"], strict=True)}
    return cuts, (table["first"].iloc[0], table["last"].iloc[0])


def watched(counted: pd.DataFrame, daily_units: pd.DataFrame, frozen: pd.DataFrame) -> Watched:
    """What `histograms` and `units` answer, with the bins of `kept`, as `models.drift.watch` judges it.

    What the reference held is counted in these histograms where its days are in them. There are no single numbers:
    KS is not known, but from the edges of the bins (see `drift`).
    """
    cuts, (first, last) = thawed(frozen)
    every = pd.date_range(counted["day"].min(), counted["day"].max(), unit="us")
    inside = (every >= first) & (every <= last)
    each = daily_units.set_index("day")["units"].reindex(every, fill_value=0).to_numpy()
    columns = []
    for name, rows in counted.groupby("name"):
        cut = cuts[str(name)]
        counts = np.zeros((len(every), len(cut.counts)), np.int64)
        counts[every.get_indexer(rows["day"]), rows["place"]] = rows["rows_"]
        base = counts[inside].sum(axis=0)
        cut = replace(cut, counts=tuple(base.tolist())) if base.any() else cut
        base_units = int(each[inside].sum()) or sum(cut.counts)
        columns.append(Column(str(name), cut, base_units, counts, None, each, None, None))
    days = every.to_numpy().astype("datetime64[D]")
    return Watched(days, tuple(columns), (np.datetime64(first, "D"), np.datetime64(last, "D")))


def drift(of: Watched) -> pd.DataFrame:
    """`models.drift.watch.backfill` of histograms: one row a day and column. `ks` is the greatest gap between the two
    shares below an edge of the bins, so that the KS of all lines is at least that; NaN for texts."""
    found = watch.backfill(of)
    numbers = {column.name for column in of.columns if not column.cut.text}
    asked = zip(found["feature"], found["day"], strict=True)
    return found.assign(ks=[_gap(of, name, day) if name in numbers else np.nan for name, day in asked])


def _gap(of: Watched, name: str, day: pd.Timestamp) -> float:
    found = watch.sides(of, name, np.datetime64(day, "D"))
    before, now = (side[: found.cut.ordered].astype(float).cumsum() for side in (found.reference, found.current))
    return float(np.abs(before / before[-1] - now / now[-1]).max()) if before[-1] and now[-1] else float("nan")
