"""Reductions and charges of a bakery whose books are known to the cent, written in the ways that files have."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from connectors import files, mapping

LINES = 900
RATES = (0.0, 0.1, 0.25)


@pytest.fixture(scope="module")
def books() -> pd.DataFrame:
    """One line a sale, in whole cents: `list` before the reduction, `off`, what selling cost (`fee`), `ship`, `tax`."""
    rng = np.random.default_rng(5)
    price = rng.integers(80, 900, 25)
    product, units = rng.integers(0, 25, LINES), rng.integers(1, 6, LINES)
    rate = rng.choice(RATES, LINES, p=[0.6, 0.25, 0.15])
    days = np.sort(rng.integers(0, 300, LINES))
    price = np.where(days > 150, np.round(price[product] * 1.03), price[product]).astype(int)  # dearer from then on
    made = pd.DataFrame({"product": product, "units": units, "price": price, "rate": rate, "list": units * price})
    made["each"] = np.round(price * rate).astype(int)
    made["off"] = made["each"] * units
    made["fee"] = np.round(0.015 * (made["list"] - made["off"])).astype(int) + 5
    made["ship"] = np.where(rng.random(LINES) < 0.3, 350, 0)
    made["tax"] = np.round(0.055 * (made["list"] - made["off"])).astype(int)
    made["date"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(days, unit="D")
    return made


def read(books: pd.DataFrame, choices: dict[str, str] | None = None, **columns: pd.Series):
    frame = pd.DataFrame(
        {"date": books["date"].dt.strftime("%Y-%m-%d"), "invoice": [f"T{n // 2}" for n in range(len(books))],
         "product": [f"Pain {n}" for n in books["product"]], "quantity": books["units"].astype(str)}
    )  # fmt: skip
    cents = {name: [f"{one / 100:.2f}" for one in values] for name, values in columns.items()}
    content = frame.assign(**cents).to_csv(index=False).encode()
    raw = files.read("bakery.csv", content, 10**8)
    guessed = mapping.guess(raw.frame, "sales")
    return mapping.apply(raw, "sales", guessed, datetime(2026, 1, 1, tzinfo=UTC), "bakery.csv", choices=choices)


def sums(made) -> dict[str, int]:
    """Gross sales, net sales and each kind of line, in cents."""
    lines = made.main
    kinds = (lines.groupby("line_type")["amount"].sum() * 100).round().astype(int).to_dict()
    sold = lines[lines["line_type"] == "sale"]
    gross = sold["amount"] / (1 - sold["promotion"]) if "promotion" in lines else sold["amount"]
    return {"gross": round(100 * gross.sum()), **kinds}


WAYS = {
    "a line's money, list prices": lambda b: {"unit_price": b["price"], "discount": b["off"]},
    "a unit's money, list prices": lambda b: {"unit_price": b["price"], "unit_discount": b["each"]},
    "a line's money, prices after it": lambda b: {"unit_price": b["price"] - b["each"], "remise": b["off"]},
    "a unit's money, prices after it": lambda b: {"unit_price": b["price"] - b["each"], "remise unitaire": b["each"]},
    "a total after it": lambda b: {
        "unit_price": b["price"], "discount amount": b["off"], "line total": b["list"] - b["off"]},
    "a total before it": lambda b: {"unit_price": b["price"], "discount": b["off"], "line total": b["list"]},
    "a total alone": lambda b: {"discount": b["off"], "line total": b["list"] - b["off"]},
    "minus signs": lambda b: {
        "unit_price": b["price"], "discount amount": -b["off"], "line total": b["list"] - b["off"]},
    "cents that look like shares": lambda b: {
        "unit_price": b["price"], "discount": b["off"].clip(upper=99),
        "line total": b["list"] - b["off"].clip(upper=99)},
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_sales_before_and_after_reductions_are_those_of_the_books(books, way):
    made = read(books, **WAYS[way](books))
    off = books["off"].clip(upper=99) if "shares" in way else books["off"]
    assert not made.questions
    assert sums(made) == {"gross": books["list"].sum(), "sale": (books["list"] - off).sum()}


def test_a_percentage_beside_a_total(books):
    net = (books["list"] * (1 - books["rate"])).round(2)
    made = read(books, unit_price=books["price"], discount=10_000 * books["rate"], **{"line total": net})
    assert not made.questions
    assert sums(made)["gross"] == books["list"].sum()


@pytest.mark.parametrize("total", ["goods", "all but the fee", "all"])
def test_charges_are_no_goods_whether_or_not_the_total_has_them(books, total):
    net = books["list"] - books["off"]
    paid = net + {"goods": 0, "all but the fee": books["ship"], "all": books["ship"] - books["fee"]}[total]
    columns = {"unit_price": books["price"], "discount": books["off"], "fee": books["fee"], "shipping": books["ship"]}
    made = read(books, **columns, **{"line total": paid})
    goods = {"gross": books["list"].sum(), "sale": net.sum()}
    shipping, fee = {"shipping": books["ship"].sum()}, {"fee": -books["fee"].sum()}
    told = {"goods": {}, "all but the fee": shipping, "all": shipping | fee}[total]  # by the totals, else by nobody
    assert not made.questions
    assert sums(made) == goods | told
    for choice, expected in {"not counted": {}, "what selling costs": fee}.items():
        chosen = sums(read(books, {"charge:fee": choice}, **columns, **{"line total": paid}))
        assert chosen == goods | {name: value for name, value in told.items() if name != "fee"} | expected


def test_tax_in_the_total_stays_there_unless_somebody_says_otherwise(books):
    columns = {"unit_price": books["price"], "tva": books["tax"], "montant total": books["list"] + books["tax"]}
    whole = (books["list"] + books["tax"]).sum()
    assert sums(read(books, **columns)) == {"gross": whole, "sale": whole}
    out = sums(read(books, {"charge:tva": "not counted"}, **columns))
    assert out == {"gross": books["list"].sum(), "sale": books["list"].sum()}
    kept = sums(read(books, {"charge:tva": "paid by customers"}, **columns))
    assert kept["sale"] + kept["adjustment"] == whole


def test_a_dozen_columns_of_fees_are_read_at_once(books):
    """Three signs of each would be half a million ways to look at all lines."""
    fees = {f"{letter} fee": books["fee"] + place for place, letter in enumerate("abcdefghijkl")}
    made = read(books, unit_price=books["price"], **fees, **{"line total": books["list"]})
    assert sums(made) == {"gross": books["list"].sum(), "sale": books["list"].sum()}


def test_what_nothing_tells_is_asked(books):
    coupon = books["units"].mod(2) * 200  # two euros, of a line or of each of its units, on prices that always change
    prices = books["price"] + np.arange(LINES) % 97 * 7 + 500
    made = read(books, unit_price=prices, discount=coupon)
    assert [one.key for one in made.questions] == ["reduction"]
    listed = books["units"] * prices
    made = read(books, {"reduction": "off each line, still to be taken off"}, unit_price=prices, discount=coupon)
    assert sums(made) == {"gross": listed.sum(), "sale": (listed - coupon).sum()}
    made = read(books, {"reduction": "no reduction"}, unit_price=prices, discount=coupon)
    assert sums(made) == {"gross": listed.sum(), "sale": listed.sum()}


def test_the_shipping_of_an_order_is_counted_once(books):
    ship = pd.Series([(n // 2) % 7 * 100 for n in range(LINES)])  # on both lines of each order
    made = read(books, {"charge:shipping": "paid by customers"}, unit_price=books["price"], shipping=ship)
    assert sums(made)["shipping"] == ship[::2].sum()


NAMES = {
    "Bank charges": "fee", "AMAZON FEE": "fee", "Frais": "fee", "Frais de dossier": "fee", "Commission": "fee",
    "Postage": "shipping", "Frais de port": "shipping", "Delivery charge": "shipping",
    "Remise fidélité": "discount", "Discount": "discount", "Manual": "adjustment", "Écart de caisse": "adjustment",
    "Discount cards": "return", "Port wine": "return", "Coffee": "return", "Delivery van toy": "return",
}  # fmt: skip


def test_lines_called_as_fees_are_no_returns():
    rows = [("2025-01-01", f"T{n}", "Croissant", 40, 1.1) for n in range(20)]
    rows += [("2025-01-02", f"U{n}", name, -1, 2.5) for n, name in enumerate(NAMES) for _twice in range(2)]
    frame = pd.DataFrame(rows, columns=["date", "invoice", "product", "quantity", "unit_price"]).astype(str)
    raw = files.read("shop.csv", frame.to_csv(index=False).encode(), 10**8)
    guessed, now = mapping.guess(raw.frame, "sales"), datetime(2026, 1, 1, tzinfo=UTC)
    choices = {"doubles": "kept"}
    made = mapping.apply(raw, "sales", guessed, now, "shop.csv", choices=choices)
    lines = made.main[made.main["quantity"] < 0]
    assert lines.groupby("product")["line_type"].first().to_dict() == NAMES
    assert made.main["amount"].sum() == pytest.approx(20 * 44 - 5.0 * len(NAMES))
    said = {one.key: one.chosen for one in made.readings}
    assert {said[f"kind:{kind}"] for kind in ("fee", "shipping", "discount", "adjustment")} == set(NAMES.values()) - {
        "return"
    }
    made = mapping.apply(raw, "sales", guessed, now, "shop.csv", choices={**choices, "kind:fee": "goods"})
    lines = made.main[made.main["product"] == "Bank charges"]
    assert set(lines["line_type"]) == {"return"}


def test_what_a_courier_sells_is_goods():
    rows = [(f"2025-01-{n % 28 + 1:02d}", f"T{n}", "Delivery" if n % 3 else "Box", 1, 9.0) for n in range(60)]
    frame = pd.DataFrame(rows, columns=["date", "invoice", "product", "quantity", "unit_price"]).astype(str)
    raw = files.read("courier.csv", frame.to_csv(index=False).encode(), 10**8)
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), datetime(2026, 1, 1, tzinfo=UTC), "courier")
    assert set(made.main["line_type"]) == {"sale"}
