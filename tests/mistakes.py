"""Mistakes planted in a table of sales, each known; and things that only look like mistakes."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from models.quality.corrections import Correction

KINDS = ("spelling", "typo", "dates", "factor", "sign", "twice", "price")
Truth = dict[str, dict[tuple[str, str], object]]  # kind -> (key, column) -> what stood there; None: a copy


def lookalikes(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The frame with what people do and what is right as it stands.

    Items scanned twice in an invoice, clearances at a tenth of the price, a rare shop with a name like a large one's, a
    new product named almost as another one, price changes, bulk prices, and a carton of ten under the product's code.
    """
    frame = frame.copy()
    towns = ["Kingston 1", "Kingston 2", "London", "Manchester", "Web", "York"]
    frame["store"] = frame["store"].map(dict(zip(["BRI", "BTH", "LON", "MAN", "WEB", "YRK"], towns, strict=True)))
    sales = frame.index[frame["line_type"] == "sale"].to_numpy()
    twice = frame.loc[rng.choice(sales, 40, replace=False)].copy()
    twice["line_id"] = [f"twice-{number}" for number in range(len(twice))]
    cleared = frame["product"].eq(frame["product"].iloc[sales[0]]) & frame["line_type"].eq("sale")
    last = frame.index[cleared][-12:]
    frame.loc[last, "unit_price"] = (frame.loc[last, "unit_price"] / 10).round(2)
    carton = frame.index[frame["product"].eq(frame["product"].iloc[sales[-1]]) & frame["line_type"].eq("sale")][::9]
    frame.loc[carton, "unit_price"] = (10 * frame.loc[carton, "unit_price"]).round(2)
    bulk = rng.choice(sales, 60, replace=False)
    frame.loc[bulk, "quantity"] = frame.loc[bulk, "quantity"] * 20
    frame.loc[bulk, "unit_price"] = (frame.loc[bulk, "unit_price"] * 0.7).round(2)
    few = rng.choice(frame.index[frame["store"] == "London"], 3, replace=False)
    frame.loc[few, "store"] = "Condon"
    frame.loc[rng.choice(frame.index, 2, replace=False), "store"] = "Ireland"
    return pd.concat([frame, twice]).sort_values(["timestamp", "line_id"], ignore_index=True)


def planted(frame: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Truth]:
    """The frame with mistakes of each kind, at random places, and what stood there before."""
    frame = frame.astype({"category": "str", "store": "str", "description": "str"}).copy()
    truth: Truth = {kind: {} for kind in KINDS}
    sales = frame.index[frame["line_type"] == "sale"].to_numpy()
    rows = iter(np.array_split(rng.permutation(sales)[:400], 10))

    def put(kind: str, column: str, places: Sequence[int] | np.ndarray, values: Sequence[object]) -> None:
        for place, value in zip(places, values, strict=True):
            if frame.at[place, column] != value:
                truth[kind][str(frame.at[place, "line_id"]), column] = frame.at[place, column]
                frame.at[place, column] = value

    slips = [_slip(rng)]
    for column, change in (
        ("category", str.upper), ("category", slips[0]), ("store", lambda one: f" {one.lower()}"),
        ("description", lambda one: one.replace(" ", "  ").title()),
    ):  # fmt: skip
        places = next(rows)
        kind = "typo" if change in slips else "spelling"
        put(kind, column, places, [change(value) for value in frame.loc[places, column]])
    slip, names = _slip(rng), frame["store"].isin(["Manchester", "London"]).to_numpy()
    places = rng.choice(np.intersect1d(sales, np.flatnonzero(names)), 6, replace=False)
    put("typo", "store", places, [slip(value) for value in frame.loc[places, "store"]])

    places = next(rows)
    times = frame.loc[places, "timestamp"]
    turned = [one.replace(month=one.day, day=one.month) if one.day <= 12 else one for one in times]
    put("dates", "timestamp", places, turned)

    for power in (10, 100, 1000, 0.1, 0.01):
        places = next(rows)[:20]
        digits = 2 if power > 1 or power == 0.1 else 4
        put("factor", "unit_price", places, [round(value * power, digits) for value in frame.loc[places, "unit_price"]])

    returns = frame.index[frame["line_type"] == "return"].to_numpy()
    places = rng.choice(returns, min(15, len(returns) // 5), replace=False)
    put("sign", "quantity", places, list(-frame.loc[places, "quantity"]))

    touched = {key for found in truth.values() for key, _column in found}
    free = [place for place in sales if str(frame.at[place, "line_id"]) not in touched]
    places = rng.choice(free, 40, replace=False)
    values = []
    for number, value in enumerate(frame.loc[places, "unit_price"]):
        values.append(round(value * rng.uniform(1.7, 4), 2) if number % 2 else _turn(value))
    put("price", "unit_price", places, values)

    content = [column for column in frame if column != "line_id"]
    sizes = frame.groupby("invoice")["line_id"].transform("size")
    plain = ~frame.duplicated(content, keep=False).groupby(frame["invoice"]).transform("any")
    invoices = rng.choice(frame.loc[(sizes >= 4) & (sizes <= 12) & plain, "invoice"].unique(), 12, replace=False)
    copies = frame[frame["invoice"].isin(invoices)].copy()
    copies["line_id"] = [f"copy-{number}" for number in range(len(copies))]
    truth["twice"] = {(line, "line_id"): None for line in copies["line_id"]}
    for first, copy in zip(frame.loc[copies.index, "line_id"], copies["line_id"], strict=True):
        for found in truth.values():
            for (key, column), old in list(found.items()):
                if key == first:
                    found[copy, column] = old
    frame = pd.concat([frame, copies]).sort_values(["timestamp", "line_id"], ignore_index=True)
    return frame, truth


def scored(found: Sequence[Correction], truth: Truth) -> dict[str, tuple[int, int, int]]:
    """By kind: how many were planted, how many of these are suggested right, how many suggestions are wrong."""
    scores = {}
    for kind in KINDS:
        wanted = truth.get(kind, {})
        right = false = 0
        for one in found:
            if one.kind != kind:
                continue
            for key, new in zip(one.cells["key"], one.cells["new"], strict=True):
                meant = wanted.get((str(key), one.column), wanted)
                fits = meant is not wanted and (meant is None or _same(meant, new))
                right, false = right + fits, false + (not fits)
        scores[kind] = (len(wanted), right, false)
    return scores


def _same(one: object, other: object) -> bool:
    if isinstance(one, float | int):
        return abs(float(one) - float(other)) < 0.0051  # type: ignore[arg-type]
    return one == other


def _slip(rng: np.random.Generator) -> Callable[[str], str]:
    """What makes a slip in a word behind its first letter: one letter less, twice, another, or two turned."""

    def made(word: str) -> str:
        place = int(rng.integers(1, len(word) - 1))
        return [
            word[:place] + word[place + 1 :],
            word[:place] + word[place] + word[place:],
            word[:place] + "x" + word[place + 1 :],
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        ][int(rng.integers(4))]

    return made


def _turn(value: float) -> float:
    """A price with two neighbouring digits in the other order, the first pair that differs."""
    text = f"{value:.2f}"
    digits = [place for place, one in enumerate(text) if one.isdigit()]
    for one, other in pairwise(digits):
        if text[one] != text[other] and text[other] != "0":
            turned = list(text)
            turned[one], turned[other] = turned[other], turned[one]
            return float("".join(turned))
    return value
