"""A column of money is a price or a line's total by what its numbers say, on shops whose truth is set here."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from connectors import guessing, mapping, money, numbers
from connectors.files import Raw

NOW = datetime(2026, 3, 14, tzinfo=UTC)
PRODUCTS = 12


def shop(seed, mostly_one=False, changes=3, rows=900):
    """Lines of a shop, units from a right-skewed law; every product's price changes at `changes` days by up to 15%."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.integers(0, 365, rows))
    product = rng.integers(0, PRODUCTS, rows)
    first = np.round(np.exp(rng.normal(2.5, 0.8, PRODUCTS)), 2)
    steps = np.sort(rng.integers(0, 365, (PRODUCTS, changes)), axis=1)
    factors = np.cumprod(np.c_[np.ones(PRODUCTS), rng.uniform(0.87, 1.15, (PRODUCTS, changes))], axis=1)
    level = (day[:, None] >= steps[product]).sum(axis=1)
    price = np.round(first[product] * factors[product, level], 2)
    units = np.where(rng.random(rows) < 0.85, 1, 2) if mostly_one else 1 + rng.geometric(0.3, rows)
    return pd.DataFrame({"day": day, "product": product, "units": units, "price": price})


def raw(lines, money, units="qty", name="price", product="product"):
    columns = {
        "date": (pd.Timestamp("2025-01-01") + pd.to_timedelta(lines["day"], unit="D")).dt.strftime("%Y-%m-%d"),
        product: "P" + lines["product"].astype(str).str.zfill(3),
        units: lines["units"].astype(str),
        name: money.map("{:.2f}".format),
    }
    return Raw(pd.DataFrame(columns).astype("str"), (), "0" * 64)


def read(file, **choices):
    return mapping.apply(file, "sales", mapping.guess(file.frame, "sales"), NOW, "shop.csv", choices=choices)


NAMES = ["price", "Prix", "amount", "Montant", "value", "Sales"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mostly_one", [False, True])
@pytest.mark.parametrize("is_total", [False, True])
def test_the_numbers_of_the_lines_tell_a_price_from_a_total_whatever_the_column_is_called(name, mostly_one, is_total):
    lines = shop(NAMES.index(name) + len(NAMES) * is_total, mostly_one)  # other shops for each name
    total = lines["price"] * lines["units"]
    made = read(raw(lines, total if is_total else lines["price"], name=name))
    assert not made.questions
    assert made.main["amount"].sum() == pytest.approx(total.sum())
    told = next(one for one in made.readings if one.key == f"money:{name}")
    assert set(told.options) == {"amount", "unit_price"}
    if name == NAMES[-1]:
        other = read(raw(lines, total if is_total else lines["price"], name=name), **{told.key: told.options[1]})
        assert other.main["amount"].sum() != pytest.approx(total.sum())


def test_a_clear_name_against_the_numbers_is_asked():
    lines = shop(1)
    assert [one.key for one in read(raw(lines, lines["price"], name="line total")).questions] == ["money:line total"]
    totals = lines["price"] * lines["units"]
    assert [one.key for one in read(raw(lines, totals, name="unit price")).questions] == ["money:unit price"]


def test_where_the_numbers_say_nothing_it_is_asked():
    lines = shop(2).assign(product=range(900))  # nothing is sold twice
    assert [one.key for one in read(raw(lines, lines["price"])).questions] == ["money:price"]
    assert not read(raw(lines, lines["price"], name="unit price")).questions
    assert not read(raw(lines.head(9), lines["price"].head(9))).questions  # of a few lines the name is believed
    rng = np.random.default_rng(0)
    mixed = lines["price"] * np.where(rng.random(900) < 0.5, lines["units"], 1)  # half of them totals
    mixed_up = shop(2).assign(price=mixed)
    assert [one.key for one in read(raw(mixed_up, mixed_up["price"])).questions] == ["money:price"]


def test_what_is_chosen_by_hand_against_the_numbers_is_asked():
    lines = shop(3)
    file = raw(lines, lines["price"] * lines["units"], name="value")
    by_hand = {"timestamp": "date", "product": "product", "quantity": "qty", "unit_price": "value"}
    assert [one.key for one in mapping.apply(file, "sales", by_hand, NOW, "shop.csv").questions] == ["money:value"]


@pytest.mark.parametrize("name", ["price", "amount", "x"])
def test_units_of_another_name_are_known_by_the_total_that_grows_with_them(name):
    lines = shop(4)
    file = raw(lines, lines["price"] * lines["units"], units="n", name=name)
    assert guessing.guess(file.frame, "sales").items() >= {"quantity": "n", "amount": name}.items()
    made = read(file)
    assert not made.questions
    assert made.main["quantity"].sum() == lines["units"].sum()


def test_of_a_price_without_units_it_is_asked_whether_another_column_is_them():
    lines = shop(5)
    file = raw(lines, lines["price"], units="n")
    assert [one.key for one in read(file).questions] == ["units"]
    counted, single = read(file, units="n"), read(file, units="one unit a line")
    assert counted.main["amount"].sum() == pytest.approx((lines["price"] * lines["units"]).sum())
    assert single.main["amount"].sum() == pytest.approx(lines["price"].sum())
    assert not counted.questions
    assert not single.questions


def test_four_lines_do_not_make_a_price_a_total():
    cells = {"Date": "2025-01-01", "Produit": "A1", "Quantité": ["6", "24", "28", "28"]}
    file = Raw(pd.DataFrame({**cells, "Prix": ["4,37", "83,90", "43,62", "43,62"]}, dtype="str"), (), "0" * 64)
    assert mapping.guess(file.frame, "sales")["unit_price"] == "Prix"


@pytest.mark.parametrize("lines", [4, 6, 12, 40])
def test_money_without_a_relation_to_the_units_is_seldom_said_to_be_one_thing(lines):
    rng = np.random.default_rng(lines)
    said = 0
    for _ in range(50):
        units, paid = (
            pd.Series(draw) for draw in (rng.integers(1, 60, lines), np.round(rng.lognormal(3, 1, lines), 2))
        )
        said += money._shown(units.astype(float), paid, pd.Series(["A1"] * lines)) == money.AMOUNT
    assert said <= 1  # of 50


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["$12.5k", "$3k", "$900", "($1.2M)"], [12_500, 3_000, 900, -1_200_000]),
        (["12,5 k€", "3 M€", "900 €"], [12_500, 3_000_000, 900]),
        (["12k", "5M"], [np.nan, np.nan]),  # sizes, streets, carats: nothing says money
    ],
)
def test_money_in_thousands_and_millions_is_money(cells, values):
    found = numbers.read(pd.Series(cells, dtype="str")).values
    np.testing.assert_allclose(found, values)


def test_money_of_another_sign_is_asked_about_and_never_added():
    lines = shop(5, rows=300)
    file = raw(lines, lines["price"])
    frame = file.frame.assign(price="€" + file.frame["price"])
    frame.loc[250, "price"] = "$17.28"
    made = read(Raw(frame, (), "0" * 64))
    assert [one.key for one in made.questions] == ["currency"]
    chosen = read(Raw(frame, (), "0" * 64), currency="EUR")
    assert len(chosen.main) == 299
    assert chosen.main["amount"].sum() == pytest.approx((lines["price"] * lines["units"]).drop(index=250).sum())
