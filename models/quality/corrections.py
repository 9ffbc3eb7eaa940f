"""What seems to have been written wrong in a table, and what was probably meant.

A wrong correction is worse than none: each kind asks for evidence beside the value itself (the other lines of the same
product, invoice or running number), and where two readings are possible it says nothing. Nothing is changed here.
"""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
import pandas as pd

from data import schemas
from data.quality import KEYS
from models.quality import spelling

Kind = Literal["spelling", "typo", "dates", "factor", "sign", "twice", "price"]

SPELT = {
    "sales": ("category", "store", "supplier", "description"),
    "customers": ("gender", "contract", "payment_method", "internet_service"),
}
NEVER = ("source", "currency", "line_type", "invoice")  # what Vigie writes itself, or names single documents
BY_PRODUCT = ("category", "supplier", "description")  # that a product has one of
WINDOW = 51  # rows in running order, of which the middle one's day is learned
IN_ORDER, NEAR, AWAY = 0.95, 2, 20  # share of rows near their neighbours; days that are near, and away
LINES = 10  # of a product, to know its price
SEEN = 2  # lines with the price that is put in place
MAX_LINES, MAX_SHARE = 2, 0.02  # of a product's lines whose prices may be wrong by the same factor
CENT = 0.006  # money that rounding explains
WITHIN = 0.95  # share of a product's lines whose price is within a factor of 3
DISTINCT, ALONE = 3, 10  # different lines of an invoice, or of a day, that all stand there twice
NEIGHBOURS = 5  # lines of a product before and after that all have one price
OFF, FAR = 1.5, 4.5  # times the usual price: further off, it is a matter of a factor
RETURNS = 10  # of which most are negative


@dataclass(frozen=True)
class Correction:
    """Cells of one column with what was probably meant.

    `cells`: key, old, new, indexed by the place of the row; of `twice`, rows to leave out, without a new value.
    `values` are those of a sentence: how many spellings, or the factor.
    """

    kind: Kind
    column: str
    cells: pd.DataFrame
    values: dict[str, str] = field(default_factory=dict)


def find(table: str, frame: pd.DataFrame, now: datetime) -> list[Correction]:
    """What could be corrected in the main frame of a table (indexed from 0), one correction a pattern of mistake."""
    key = KEYS.get(table)
    if key is None or frame.empty:
        return []
    found = _spellings(table, frame, key)
    if table == "customers":
        return [*found, *_charged(frame, key)]
    taken: set[int] = set()
    steps: list[Callable[[], list[Correction]]] = [
        lambda: _twice(frame, key),
        lambda: _dates(frame, key, now),
        lambda: _signs(frame, key),
        lambda: _factors(frame, key, "unit_price"),
        lambda: _factors(frame, key, "unit_cost"),
        lambda: _prices(frame, key),
    ]
    for step in steps:
        for one in step():
            mine = one.cells[~one.cells.index.isin(list(taken))] if one.kind in ("price", "factor") else one.cells
            if len(mine):
                found.append(Correction(one.kind, one.column, mine, one.values))
                taken |= set(mine.index) if one.column == "unit_price" or one.kind == "twice" else set()
    return found


def _cells(frame: pd.DataFrame, key: str, column: str, rows: np.ndarray, new: object) -> pd.DataFrame:
    """The cells of a column at some places, beside what is put there."""
    return pd.DataFrame(
        {"key": frame[key].to_numpy()[rows], "old": frame[column].to_numpy()[rows], "new": new}, index=rows
    )


def _spellings(table: str, frame: pd.DataFrame, key: str) -> list[Correction]:
    """Case, accents and blanks of any text; mistyped words of those with few values."""
    found = []
    for column in frame.columns:
        if column in (key, *NEVER) or not (
            isinstance(frame[column].dtype, pd.CategoricalDtype) or pd.api.types.is_string_dtype(frame[column])
        ):
            continue
        codes, levels = pd.factorize(frame[column])
        counts = np.bincount(codes[codes >= 0], minlength=len(levels))
        words = [str(level) for level in levels]
        variants = spelling.variants(words, counts)
        typos: dict[int, int] = {}
        if column in SPELT.get(table, ()) or (table == "customers" and len(levels) <= spelling.FEW_LEVELS):
            usual = _usual(frame, column) if column in BY_PRODUCT and table == "sales" else None
            agree = None if usual is None else _agree(codes, levels, usual)
            typos = spelling.mistyped(words, counts, variants, agree)
        kinds: list[tuple[Kind, dict[int, int]]] = [("spelling", variants), ("typo", typos)]
        for kind, pairs in kinds:
            if pairs:
                rows = np.flatnonzero(np.isin(codes, list(pairs)))
                new = [words[pairs[code]] for code in codes[rows]]
                cells = _cells(frame, key, str(column), rows, new)
                found.append(Correction(kind, str(column), cells, {"count": str(len(pairs))}))
    return found


def _usual(frame: pd.DataFrame, column: str) -> pd.Series:
    """What most lines of the product of each row say."""
    counted = frame.groupby(["product", column], observed=True).size()
    top = counted.groupby(level=0).idxmax().map(lambda pair: pair[1])
    return frame["product"].astype("str").map(top)


def _agree(codes: np.ndarray, levels: pd.Index, usual: pd.Series) -> Callable[[int, int], bool]:
    """Whether the rows of one level are of products that are called by another one."""
    meant = pd.Index(levels).get_indexer(usual.to_numpy())

    def says(wrong: int, right: int) -> bool:
        return bool((meant[codes == wrong] == right).mean() >= spelling.SURE)

    return says


def _charged(frame: pd.DataFrame, key: str) -> list[Correction]:
    """All bills of a customer beside the months times the monthly bill."""
    if not {"tenure", "monthly_charges", "total_charges"} <= set(frame):
        return []
    expected = (frame["tenure"] * frame["monthly_charges"]).to_numpy(float)
    total = frame["total_charges"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(total / expected)
    known = np.isfinite(logs) & (frame["tenure"].to_numpy(float) >= 3)
    if known.sum() < 100 or (np.abs(logs[known]) < 0.1).mean() < WITHIN:
        return []
    found = []
    for power in (-3, -2, -1, 1, 2, 3):
        rows = np.flatnonzero(known & (np.abs(logs - power) < 0.1))
        if len(rows):
            cells = _cells(frame, key, "total_charges", rows, np.round(total[rows] / 10.0**power, 2))
            found.append(Correction("factor", "total_charges", cells, {"factor": _factor(power)}))
    return found


def _factor(power: int) -> str:
    return str(10**power) if power > 0 else f"1/{10**-power}"


def _twice(frame: pd.DataFrame, key: str) -> list[Correction]:
    """Lines of invoices, or of days, of which every line stands there as often: the second time is left out.

    One line that stands twice in an invoice was perhaps sold twice, and stays.
    """
    content = [column for column in frame.columns if column not in (key, "source")]
    line = frame.groupby(content, dropna=False, observed=True, sort=False).ngroup().to_numpy()
    if len(np.unique(line)) == len(line):
        return []
    timed = bool((frame["timestamp"] != frame["timestamp"].dt.normalize()).any())
    by = [one for one in ("timestamp", "store", "customer" if timed else "") if one in frame]
    document = frame.groupby(["invoice"] if _documents(frame) else by, dropna=False, observed=True).ngroup().to_numpy()
    least = DISTINCT if timed or _documents(frame) else ALONE
    table = pd.DataFrame({"document": document, "line": line, "day": frame["timestamp"].dt.normalize()})
    by_line = table.groupby(["document", "line"])
    # Half of a document's lines stay where each is there an even number of times.
    table["there"], table["number"] = by_line["line"].transform("size"), by_line.cumcount()
    table["even"] = (table["there"] % 2 == 0).groupby(table["document"]).transform("all")
    by_document = table.groupby("document")
    alike = by_document["there"].transform("min") == by_document["there"].transform("max")
    large = by_document["line"].transform("nunique") >= least
    doubled = large & (table["there"] >= 2) & (table["even"] | alike)
    # A file of some days that was brought in twice: what stands twice on these days is of it, too.
    large_ones = pd.DataFrame({"day": table["day"], "document": document, "doubled": doubled})[large]
    days = large_ones.drop_duplicates("document").groupby("day")["doubled"].agg(["all", "size"])
    again = table["day"].isin(days.index[days["all"] & (days["size"] >= DISTINCT)]) & (table["there"] % 2 == 0)
    stay = np.where(table["even"] | again, table["there"] // 2, 1)
    rows = np.flatnonzero((doubled | again) & (table["number"] >= stay))
    return [Correction("twice", key, _cells(frame, key, key, rows, None))] if len(rows) else []


def _documents(frame: pd.DataFrame) -> bool:
    return "invoice" in frame and bool(frame["invoice"].notna().mean() >= WITHIN)


def _dates(frame: pd.DataFrame, key: str, now: datetime) -> list[Correction]:
    """Days and months that were swapped: by the running number of the invoice or line, else where a day is to come."""
    time = pd.DatetimeIndex(frame["timestamp"])
    could = np.asarray((time.day <= 12) & (time.day != time.month) & time.notna())
    if not could.any():
        return []
    day = np.where(time.notna(), time.to_numpy().astype("datetime64[D]").astype("int64"), 0)
    year, month = np.asarray(time.year)[could], np.asarray(time.month)[could]
    other = pd.to_datetime(pd.DataFrame({"year": year, "month": np.asarray(time.day)[could], "day": month}))
    swapped = day.copy()
    swapped[could] = other.to_numpy().astype("datetime64[D]").astype("int64")
    wrong = np.zeros(len(frame), bool)
    local = next((one for name in ("invoice", key) if (one := _running(frame.get(name), day)) is not None), None)
    if local is not None:
        wrong = could & (np.abs(day - local) > AWAY) & (np.abs(swapped - local) <= NEAR)
    else:
        today = np.datetime64(now.date()).astype("datetime64[D]").astype("int64")
        future = day > today + 1
        few = future.sum() <= max(MAX_LINES, 0.01 * len(frame))
        wrong = could & future & (swapped <= today) & (swapped >= day[~future].min(initial=today)) & few
    rows = np.flatnonzero(wrong)
    if not len(rows):
        return []
    moved = time[rows] + pd.to_timedelta(swapped[rows] - day[rows], unit="D")
    return [Correction("dates", "timestamp", _cells(frame, key, "timestamp", rows, moved.as_unit("us")))]


def _running(numbers: pd.Series | None, day: np.ndarray) -> np.ndarray | None:
    """The usual day around each row in the order of a running number; None where that does not run with time."""
    if numbers is None:
        return None
    found = pd.to_numeric(numbers.astype("str").str.extract(r"(\d+)$")[0], errors="coerce").to_numpy(float)
    if np.isnan(found).any() or len(found) < WINDOW:
        return None
    order = np.argsort(found, kind="stable")
    median = pd.Series(day[order]).rolling(WINDOW, center=True, min_periods=WINDOW // 2).median().to_numpy()
    if np.isnan(median).any() or (np.abs(day[order] - median) <= NEAR).mean() < IN_ORDER:
        return None
    local = np.empty(len(day))
    local[order] = median
    return local


def _signs(frame: pd.DataFrame, key: str) -> list[Correction]:
    """Returns that add to the stock of customers, where others take from it."""
    quantity, returns = frame["quantity"].to_numpy(float), frame["line_type"].eq("return").to_numpy()
    wrong = returns & (quantity > 0)
    if not wrong.any() or returns.sum() < RETURNS or (quantity[returns] < 0).mean() < 1 / OFF:
        return []
    rows = np.flatnonzero(wrong)
    found = [Correction("sign", "quantity", _cells(frame, key, "quantity", rows, -quantity[rows]))]
    if "amount" in frame and len(paid := np.flatnonzero(wrong & frame["amount"].gt(0).to_numpy())):
        new = -frame["amount"].to_numpy(float)[paid]
        found.append(Correction("sign", "amount", _cells(frame, key, "amount", paid, new)))
    return found


def _priced(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lines of goods with a price above zero, by product and time: their row, product, time, price, how many of the
    product have that price, and what others say.

    `expected` is what the lines around say that this one should cost, its promotion taken off: nearly all of them have
    one price, and nearly all lines of the product one of that size. Missing where they do not.
    """
    rows = np.flatnonzero(frame["line_type"].isin(schemas.GOODS).to_numpy() & (frame[column].fillna(0) > 0).to_numpy())
    lines = frame.iloc[rows]
    is_price = column == "unit_price" and "promotion" in lines
    table = pd.DataFrame(
        {
            "row": rows,
            "product": pd.factorize(lines["product"])[0],
            "time": lines["timestamp"].to_numpy(),
            "price": lines[column].to_numpy(float),
            "share": lines["promotion"].fillna(0).to_numpy(float) if is_price else 0.0,
        }
    ).sort_values(["product", "time", "row"], kind="stable", ignore_index=True)
    prices = table.groupby("product")["price"]
    table = table.assign(lines=prices.transform("size"), median=prices.transform("median"))
    table["same"] = table.groupby(["product", "price"])["price"].transform("size")
    table["size"] = np.log10(table["price"] / table["median"])
    usual = (table["size"].abs() < np.log10(3)).groupby(table["product"]).transform("mean")
    table["expected"] = _expected(table).where((usual >= WITHIN) & (table["lines"] >= LINES))
    return table


def _expected(table: pd.DataFrame) -> pd.Series:
    """What the lines of the product before and after say a line should cost."""
    whole = table["price"].where(table["share"] == 0)
    steps = [*range(-NEIGHBOURS, 0), *range(1, NEIGHBOURS + 1)]
    around = pd.concat([whole.groupby(table["product"]).shift(step) for step in steps], axis=1)
    known = around.notna().sum(axis=1)
    usual = around.median(axis=1)
    agree = around.sub(usual, axis=0).abs().lt(CENT).sum(axis=1)
    return (usual * (1 - table["share"])).where((known >= NEIGHBOURS + 1) & (agree >= known - 1)).round(2)


def _factors(frame: pd.DataFrame, key: str, column: str) -> list[Correction]:
    """Prices and costs that are 10, 100 or 1,000 times those that a product has, or a part of them.

    What is put in place is what the lines around say, or else a price at which the product was sold, the nearest in
    time. Several of a product's lines at a tenth of its price are a clearance, several at ten times a carton.
    """
    if column not in frame:
        return []
    table = _priced(frame, column)
    power = np.clip(np.round(table["size"]), -3, 3).astype(int)
    near = (power != 0) & ((table["size"] - power).abs() < 0.35)
    alike = near.groupby([table["product"], power]).transform("sum")
    sane = table["size"].abs() < np.log10(3)
    usual = sane.groupby(table["product"]).transform("mean")
    few = (alike <= np.maximum(MAX_LINES, MAX_SHARE * table["lines"])) & (usual >= WITHIN) & (table["lines"] >= LINES)
    by = dict(iter(table[sane & (table["same"] >= SEEN)].groupby("product")))
    fixed: dict[int, list[tuple[int, float]]] = {}
    for one in table.assign(power=power, alike=alike)[near & few].itertuples():
        meant = one.price / 10.0**one.power
        # What was divided may have lost its last digits.
        room = CENT if one.power > 0 else CENT * 10.0**-one.power
        if one.expected == one.expected:
            new = one.expected if abs(one.expected - meant) <= room else None
        elif one.alike > MAX_LINES:
            continue
        else:
            new = _sold(by.get(one.product), one, meant, room)
        if new is not None:
            fixed.setdefault(one.power, []).append((one.row, new))
    return [
        Correction("factor", column, _cells(frame, key, column, rows, new), {"factor": _factor(power)})
        for power, found in sorted(fixed.items())
        for rows, new in [(np.array([row for row, _new in found]), np.array([new for _row, new in found]))]
    ]


def _sold(known: pd.DataFrame | None, line: Any, meant: float, room: float) -> float | None:
    """The price of a product near what was meant by a line; None where it was never sold so, or at several."""
    if known is None or (line.share > 0 and line.power < 0):
        return None
    fits = known[(known["price"] - meant).abs() <= room]
    exact = fits[(fits["price"] - meant).abs() < CENT / 10]
    fits = exact if len(exact) else fits
    return float(fits["price"].iloc[0]) if fits["price"].nunique() == 1 else None


def _prices(frame: pd.DataFrame, key: str) -> list[Correction]:
    """A price that a product never had otherwise, where the lines around all have one other price.

    Half as much again and more, but nothing like ten times, or with two digits in the other order: a lower price may be
    a favour.
    """
    table = _priced(frame, "unit_price")
    price, usual = table["price"].to_numpy(), table["expected"].to_numpy()
    high = (price >= OFF * usual) & (price < FAR * usual)
    chosen = (table["same"] == 1).to_numpy() & (np.abs(price - usual) > 2 * CENT)
    for place in np.flatnonzero(chosen & ~high):
        chosen[place] = _turned(price[place], usual[place])
    rows = table["row"].to_numpy()[chosen]
    cells = _cells(frame, key, "unit_price", rows, usual[chosen])
    return [Correction("price", "unit_price", cells)] if len(rows) else []


def _turned(one: float, other: float) -> bool:
    """Whether two prices differ by two neighbouring digits that changed places."""
    left, right = (re.sub(r"\D", "", f"{price:.2f}") for price in (one, other))
    differ = [place for place, (a, b) in enumerate(zip(left, right, strict=False)) if a != b]
    if len(left) != len(right) or len(differ) != 2 or differ[1] != differ[0] + 1:
        return False
    first, second = differ
    return left[first] == right[second] and left[second] == right[first]


def applied(frame: pd.DataFrame, key: str, cells: pd.DataFrame, column: str) -> pd.DataFrame:
    """A frame with the cells (key, new) of a column as they were probably meant; without the rows that stand twice
    where there is no `new`."""
    if column == key:
        return frame[~frame[key].isin(cells["key"])].reset_index(drop=True)
    new: dict[Hashable, object] = dict(zip(cells["key"], cells["new"], strict=True))
    rows = frame[key].isin(list(new))
    kind = frame[column].dtype
    values = frame[column].astype("str" if isinstance(kind, pd.CategoricalDtype) else kind).copy()
    values[rows] = frame.loc[rows, key].map(new).astype(values.dtype)
    return frame.assign(**{column: values.astype("category") if isinstance(kind, pd.CategoricalDtype) else values})
