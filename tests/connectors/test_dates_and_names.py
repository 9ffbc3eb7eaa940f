"""Words that are months and weekdays in two languages, and what units and products are called in some trades."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from connectors import dates, files, mapping

NOW = datetime(2026, 3, 14, tzinfo=UTC)


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


@pytest.mark.parametrize("listed", [True, False])
def test_a_reduction_of_list_prices_is_asked_about(listed):
    """Twenty lines of two products, every other one at 25 % off; the till wrote the list price, or the one paid."""
    rows = [(f"2025-01-{day:02}", "ab"[day % 2], 2, 10.0 + day % 2, 0.25 * (day % 4 > 1)) for day in range(1, 21)]
    net = sum(units * price * (1 - off) for _day, _product, units, price, off in rows)
    cells = [
        [day, product, str(units), f"{price if listed else price * (1 - off):.4f}", f"{off:.0%}"]
        for day, product, units, price, off in rows
    ]
    frame = pd.DataFrame(cells, columns=["date", "product", "quantity", "unit_price", "discount"], dtype="str")
    raw = files.Raw(frame, (), "")
    made = mapping.apply(raw, "sales", mapping.guess(frame, "sales"), NOW, "till.csv")
    assert [one.key for one in made.questions] == (["discount"] if listed else [])
    choices = {"discount": "taken off the price"} if listed else {}
    made = mapping.apply(raw, "sales", mapping.guess(frame, "sales"), NOW, "till.csv", choices=choices)
    assert not made.questions
    assert made.main["amount"].sum() == pytest.approx(net)


@pytest.mark.parametrize(("days", "right"), [(range(1, 29), "sold_at"), ([1], "month")])
def test_folders_of_years_and_months_do_not_stand_for_the_dates_in_them(days, right):
    """A column with one date a month, beside months, says no more than they do."""
    rows = [
        [f"2025-{month:02}-{day:02} 10:00:00", "a", "3", "5.50", "2025", str(month)] for month in (1, 2) for day in days
    ]
    names = ["sold_at", "product", "quantity", "unit_price", "year", "month"]
    frame = pd.DataFrame(rows, columns=names, dtype="str")
    assert mapping.guess(frame, "sales")["timestamp"] == right
    late = frame.assign(sold_at="2025-06-03 10:00:00")  # when the file was made, say
    assert mapping.guess(late, "sales")["timestamp"] == "month"
