"""What goods cost, written as shops write it, against books that are known to the cent."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from connectors import costs, files, mapping

LINES = 600


@pytest.fixture(scope="module")
def books() -> pd.DataFrame:
    """One line a sale, in whole cents, some of them sold at a loss and a few that came back."""
    rng = np.random.default_rng(3)
    price = rng.integers(150, 9_000, 30)
    margin = rng.uniform(0.15, 0.6, 30)
    product, units = rng.integers(0, 30, LINES), rng.integers(1, 8, LINES)
    units = np.where(rng.random(LINES) < 0.04, -1, units)
    each = np.round(price[product] * (1 - margin[product])).astype(int)
    rate = rng.choice([0.0, 0.1, 0.5], LINES, p=[0.7, 0.2, 0.1])
    amount = np.round(price[product] * units * (1 - rate)).astype(int)
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 200, LINES)), unit="D")
    return pd.DataFrame({"date": days, "product": product, "units": units, "amount": amount, "each": each})


def read(books: pd.DataFrame, choices: dict[str, str] | None = None, **columns: object):
    frame = pd.DataFrame(
        {"date": books["date"].dt.strftime("%Y-%m-%d"), "product": [f"Vin {n}" for n in books["product"]],
         "quantity": books["units"], "amount": books["amount"] / 100}
    )  # fmt: skip
    raw = files.read("wines.csv", frame.assign(**columns).to_csv(index=False).encode(), 10**8)
    guessed, now = mapping.guess(raw.frame, "sales"), datetime(2026, 1, 1, tzinfo=UTC)
    found = mapping.apply(raw, "sales", guessed, now, "wines.csv", choices=choices)
    return found, next((one for one in found.readings if one.key.startswith(costs.COST)), None)


WAYS = {
    "COGS": lambda b: b["each"] * b["units"] / 100,
    "Total Cost": lambda b: b["each"] * b["units"] / 100,
    "Coût de revient (€)": lambda b: b["each"] / 100,
    "Profit": lambda b: (b["amount"] - b["each"] * b["units"]) / 100,
    "Marge brute": lambda b: (b["amount"] - b["each"] * b["units"]) / 100,
    "Gross profit per unit": lambda b: (b["amount"] / b["units"] - b["each"]) / 100,
    "Deckungsbeitrag": lambda b: (b["amount"] - b["each"] * b["units"]) / 100,
}


@pytest.mark.parametrize("name", list(WAYS))
def test_what_goods_cost_is_right_to_the_cent(books, name):
    found, _said = read(books, **{name: WAYS[name](books)})
    assert not found.questions
    made = found.main
    cost = (made["unit_cost"] * made["quantity"]).sum()
    exact = (books["each"] * books["units"]).sum() / 100
    # A profit a unit is written to the cent, of which there are several in a line.
    assert cost == pytest.approx(exact, abs=0.005 * books["units"].abs().sum() if "per unit" in name else 0.005)


NOT_MONEY = {
    "Margin": lambda b, rng: rng.uniform(0.1, 0.6, len(b)),  # a share
    "Marge": lambda b, rng: rng.integers(10, 60, len(b)),  # a percentage
    "Profit": lambda b, rng: rng.permutation((b["amount"] - b["each"] * b["units"]) / 100),  # of other lines
    "Costs": lambda b, rng: b["amount"] / 100,  # what was sold, again
    "Gross margin %": lambda b, rng: [f"{one:.0f}%" for one in 100 * (1 - b["each"] * b["units"] / b["amount"])],
    "Profit rank": lambda b, rng: (b["amount"] - b["each"] * b["units"]).rank(),
}


@pytest.mark.parametrize("name", list(NOT_MONEY))
def test_what_says_nothing_of_costs_tells_none(books, name):
    found, said = read(books, **{name: NOT_MONEY[name](books, np.random.default_rng(1))})
    assert said is None
    assert "unit_cost" not in found.main


def test_it_is_said_and_can_be_chosen_otherwise(books):
    profit = (books["amount"] - books["each"] * books["units"]) / 100
    _found, said = read(books, Profit=profit)
    assert said.options == (costs.LINE, costs.UNIT, costs.OUT)
    assert said.values["sum"] == f"{(books['each'] * books['units']).sum() / 100:,.10g}"
    found, _said = read(books, {said.key: costs.OUT}, Profit=profit)
    assert "unit_cost" not in found.main
    both, said = read(books, **{"unit cost": books["each"] / 100, "Profit": profit * 2})
    assert said is None  # the file says it itself
    assert (both.main["unit_cost"] * 100).round().astype(int).tolist() == books["each"].tolist()


def test_a_piece_of_a_large_file_is_read_as_the_whole(books):
    profit = (books["amount"] - books["each"] * books["units"]) / 100
    _found, said = read(books, Profit=profit)
    found, _said = read(books.head(2), {said.key: said.chosen}, Profit=profit.head(2))
    assert (found.main["unit_cost"] * 100).round().tolist() == books["each"].head(2).tolist()


def test_what_is_left_without_tax_is_no_cost(books):
    """The supermarket that many people have: "cogs" is the price of all units, and "gross income" the tax."""
    tax = (0.05 * books["amount"]).round() / 100
    with_tax = books.assign(amount=books["amount"] + 100 * tax)
    found, said = read(with_tax, **{"Tax 5%": tax, "cogs": books["amount"] / 100, "gross profit": tax})
    assert said is None
    assert "unit_cost" not in found.main
