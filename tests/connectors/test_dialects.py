"""A table written in any of 40 dialects is read back equal, or asked about; without a seed every other one is tried."""

import csv
import io
import os
from datetime import UTC, date, datetime, timedelta
from itertools import product

import numpy as np
import pytest

from connectors import files, mapping

NOW = datetime(2026, 3, 14, tzinfo=UTC)
ENGLISH = ("Order date", "Product", "Quantity", "Unit price")
FRENCH = ("Date de vente", "Produit", "Quantité", "Prix unitaire")


def point(cents):
    return f"{cents / 100:.2f}"


def comma(cents):
    return point(cents).replace(".", ",")


def thousands(cents):
    return f"{cents / 100:,.2f}"


def european(cents):
    return thousands(cents).translate(str.maketrans(",.", ".,"))


def blanks(cents):
    return thousands(cents).translate(str.maketrans(",.", "\u202f,")) + " €"


# Where they are used: delimiter, encoding, how a number is written, header.
PLACES = {
    "plain": (",", "utf-8", point, ENGLISH),
    "american": (",", "utf-8-sig", lambda cents: f"${thousands(cents)}", ENGLISH),
    "french": (";", "cp1252", comma, FRENCH),
    "french with blanks": (";", "utf-8", blanks, FRENCH),
    "german": (";", "utf-8", european, ENGLISH),
    "tabs": ("\t", "utf-16", european, FRENCH),
    "bars": ("|", "utf-8", comma, ENGLISH),
    "a database": (",", "utf-8", point, ("order_date", "product_id", "qty", "unit_price")),
}
DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%d %B %Y")
DIALECTS = [  # nobody who writes French puts the month first
    (place, "%d-%m-%Y" if day == "%m/%d/%Y" and PLACES[place][-1] is FRENCH else day)
    for place, day in product(PLACES, DAYS)
]
FIRST = int(os.environ.get("VIGIE_SEED", "1"))  # other tables: another number


def table(seed):
    """Lines of a shop: day, product, units, price in cents; few lines and many, some days apart."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(1, 40))
    begin = date(2001, 1, 1) + timedelta(int(rng.integers(0, 10_000)))
    days = np.cumsum(rng.integers(1, rng.choice([2, 8, 40]), rows))
    return [(begin + timedelta(int(day)), str(rng.choice(list("ABC"))), int(rng.integers(-20, 400)),
             int(10 ** rng.uniform(0, 7))) for day in days]  # fmt: skip


SOME = [(*dialect, seed) for seed, dialect in enumerate(DIALECTS, FIRST)]
SOME = SOME if "VIGIE_SEED" in os.environ else SOME[::2]  # each place by turns with two days and with three


def test_there_are_forty():
    assert len(DIALECTS) == 40


@pytest.mark.parametrize(("place", "day", "seed"), SOME)
def test_a_table_comes_back_equal_or_is_asked_about(place, day, seed):
    delimiter, encoding, number, header = PLACES[place]
    sold = table(seed)
    rows = [(when.strftime(day), code, str(units), number(cents)) for when, code, units, cents in sold]
    text = io.StringIO()
    text.write("".join(f"Title {n}\n\n" for n in range(seed % 3)))
    quoting = csv.QUOTE_ALL if seed % 2 else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows([header, *rows])
    raw = files.read("x.csv", text.getvalue().encode(encoding), limit_bytes=10**7)
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "x.csv")
    if made.questions:
        return
    assert made.main["timestamp"].dt.date.tolist() == [when for when, *_rest in sold]
    assert made.main["product"].tolist() == [code for _when, code, *_rest in sold]
    assert made.main["quantity"].tolist() == [units for *_rest, units, _cents in sold]
    assert made.main["unit_price"].tolist() == pytest.approx([cents / 100 for *_rest, cents in sold])
