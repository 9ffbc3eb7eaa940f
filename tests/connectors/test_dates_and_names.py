"""Words that are months and weekdays in two languages, and what units and products are called in some trades."""

import pandas as pd
import pytest

from connectors import dates, mapping


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("Mar 01, 2025", "2025-03-01"),
        ("Mar 5 2025", "2025-03-05"),
        ("mar. 4 mars 2025", "2025-03-04"),
        ("mardi 04/03/2025", "2025-03-04"),
        ("mer 5 mars 2025", "2025-03-05"),
        ("Mar 2025", "2025-03-01"),
    ],
)
def test_mar_is_a_month_where_no_other_one_follows(written, right):
    found = dates.read(pd.Series([written, written], dtype="str")).values
    assert found.dt.strftime("%Y-%m-%d").tolist() == [right, right]


@pytest.mark.parametrize(
    ("header", "product", "quantity"),
    [("day,what,how many,price each", "what", "how many"), ("Date,Carburant,Litres,Prix", "Carburant", "Litres")],
)
def test_a_price_of_one_unit_is_not_a_total(header, product, quantity):
    names = header.split(",")
    cells = [["2025-01-13", "a", "3", "5.50"], ["2025-01-14", "b", "2", "6.25"], ["2025-01-15", "a", "7", "5.50"]]
    guessed = mapping.guess(pd.DataFrame(cells, columns=names, dtype="str"), "sales")
    assert guessed["product"] == product
    assert guessed["quantity"] == quantity
    assert guessed["unit_price"] == names[3]
