"""Moves of stock in a file's own words, and the balance after each where the file has none."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from connectors import names
from connectors.files import InvalidFile
from data.dataset import Reading
from locales import N_

CORRECTED = "adjustment"  # a move that changes the stock by so many units, kept as a count
KINDS = ("receipt", "sale", "return", "count", "order", CORRECTED)
WORDS = {
    "receipt": "receipt receipts received delivery in stockin reception livraison entree zugang wareneingang entrada "
    "carico purchase purchases achat einkauf goodsreceipt",
    "sale": "sale sales sold out stockout vente ventes sortie abgang warenausgang verkauf salida scarico issue "
    "shipment shipped deliverydone",
    "return": "return returns returned retour retours retoure",
    "count": "count counted inventory inventaire comptage stocktake inventur inventario",
    "order": "order ordered purchaseorder commande bestellung",
    CORRECTED: "adjustment adjust adjusted correction korrektur ajustement regularisation positiveadjmt negativeadjmt "
    "writeoff scrap damage damaged loss lost theft waste casse perte transfer transfert umlagerung stockreduction",
}
MAX_WORDS = 20  # different words of a column of moves
BALANCE, LEAST, UNKNOWN = "balance", "the least that is possible", "not known"  # key of a reading, its options


def kinds(text: pd.Series, choices: Mapping[str, str], readings: list[Reading]) -> tuple[pd.Series, pd.Series, str]:
    """The kinds of moves, which cells name none, and why not; of a few words that are not known it is asked."""
    known = {word: kind for kind, line in WORDS.items() for word in line.split()}
    meant = {}
    for word in text.dropna().unique()[: MAX_WORDS + 1]:
        meant[word] = known.get(names.plain(word), "")
        key = f"move:{word}"
        if text.nunique() <= MAX_WORDS and (not meant[word] or key in choices):
            meant[word] = choices.get(key, CORRECTED)
            message = N_("“{word}” ({count} rows) says of a move of stock that it is: {chosen}.")
            said = {"word": str(word), "count": str(int(text.eq(word).sum())), "chosen": meant[word]}
            readings.append(Reading(key, message, meant[word], KINDS, said, key not in choices))
    values = text.map(meant, na_action="ignore").replace("", pd.NA).astype("str")
    return values, values.isna(), N_("not a move: receipt, sale, return, count or order")


def complete(frame: pd.DataFrame, choices: Mapping[str, str], readings: list[Reading]) -> pd.DataFrame:
    """The moves in the order of their days, sales with a minus, each with what is left after it.

    Where a file has no balance it is added up, from the least stock with which none falls below nothing: asked. A count
    says what lies there, not by how much that changed.
    """
    if not {"quantity", "on_hand"} & set(frame):
        raise InvalidFile(N_("Choose a column for {columns}."), columns="quantity")
    quantity = frame["quantity"] if "quantity" in frame else pd.Series(0.0, frame.index)
    quantity = quantity.fillna(0.0)
    sold = frame["move"].eq("sale")
    if not (quantity[sold] < 0).any():
        quantity = quantity.mask(sold, -quantity)
    frame = frame.assign(quantity=quantity)
    if "on_hand" not in frame:
        days = frame["date"]
        newest_first = days.is_monotonic_decreasing and not days.is_monotonic_increasing
        frame = (frame.iloc[::-1] if newest_first else frame).sort_values("date", kind="stable")
        by = [frame[name] for name in ("product", "store") if name in frame]
        frame = pd.concat([_balanced(some) for _of, some in frame.groupby(by, sort=False, dropna=False)])
        uncounted = frame["since"].isna().any()
        chosen = choices.get(BALANCE, LEAST)
        if chosen == UNKNOWN:
            raise InvalidFile(
                N_("These moves have no column with what is left after each: bring in a count of the stock first.")
            )
        message = N_(
            "The file does not say what is left after a move: it is added up. Before the first, there was {chosen}."
        )
        if uncounted:
            said = {"chosen": chosen}
            readings.append(Reading(BALANCE, message, chosen, (LEAST, UNKNOWN), said, BALANCE not in choices))
        frame = frame.drop(columns="since").sort_values("date", kind="stable")
    return frame.assign(move=frame["move"].replace(CORRECTED, "count"))


def _balanced(some: pd.DataFrame) -> pd.DataFrame:
    """The moves of one product in one place with `on_hand`, and `since` the last count (missing before the first)."""
    counts, changes = some["move"].eq("count").to_numpy(), some["quantity"].where(some["move"].ne("order"), 0.0)
    said, moved = some["quantity"].to_numpy(float), changes.mask(some["move"].eq("count"), 0.0).cumsum().to_numpy(float)
    place = np.maximum.accumulate(np.where(counts, np.arange(len(some)), -1))
    base = np.where(place >= 0, said[place] - moved[place], np.nan)
    before = place < 0
    if before.any():
        first = int(np.flatnonzero(counts)[0]) if counts.any() else None
        lowest = float(moved[before].min())
        start = max(0.0, -lowest) if first is None else max(-lowest, said[first] - moved[first], 0.0)
        base = np.where(before, start, base)
    on_hand = base + moved
    step = np.where(counts, on_hand - np.concatenate([[0.0], on_hand[:-1]]), some["quantity"].to_numpy(float))
    return some.assign(on_hand=on_hand.round(6), quantity=step.round(6), since=np.where(before, np.nan, 1.0))
