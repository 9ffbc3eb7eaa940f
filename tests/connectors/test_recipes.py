"""The file before of a source says how the next one is read, and no other file is."""

from datetime import UTC, datetime

import pytest

from connectors import files, mapping, recipes
from connectors.files import InvalidFile, Raw

NOW = datetime(2026, 3, 14, tzinfo=UTC)
FIRST = "Date,Shop,Units,Total\n13/01/2025,A,2,4.00\n02/02/2025,B,1,2.00\n"
NEXT = "Date,Shop,Units,Total\n01/02/2025,A,3,6.00\n02/03/2025,B,4,8.00\n"  # by itself either order would do
OTHER = "Date,Shop,Visitors,Weather,Total\n01/13/2025,A,20,rain,4.00\n02/02/2025,B,31,sun,2.00\n"


def read(text: str, layout: dict[str, str] | None = None) -> Raw:
    return files.read("sales.csv", text.encode(), 1_000_000, layout)


def recipe(text: str) -> recipes.Recipe:
    raw = read(text)
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "first.csv")
    found = recipes.of("sales", made.origin)
    assert found
    return found


def test_next_month_s_file_has_the_order_of_the_days_of_this_one():
    first = recipe(FIRST)
    found, raw = recipes.match([first], lambda layout: read(NEXT, dict(layout)))
    assert found is first
    made = recipes.apply(raw, "sales", first, NOW, "next.csv").main
    assert made["timestamp"].dt.strftime("%Y-%m-%d").tolist() == ["2025-02-01", "2025-03-02"]
    with pytest.raises(InvalidFile):
        recipes.answered(mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "next.csv"))


def test_a_file_of_another_source_is_read_by_itself():
    found, raw = recipes.match([recipe(FIRST)], lambda layout: read(OTHER, dict(layout)))
    assert found is None
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "other.csv").main
    assert made["timestamp"].dt.strftime("%Y-%m-%d").tolist() == ["2025-01-13", "2025-02-02"]


def test_a_file_that_no_longer_fits_is_stopped_with_what_changed():
    raw = read(NEXT.replace("Units", "Pieces"))
    assert recipes.changes(recipe(FIRST), raw, "sales") == ["− Units"]
    with pytest.raises(InvalidFile, match="Units"):
        recipes.apply(raw, "sales", recipe(FIRST), NOW, "next.csv")


def test_a_column_that_means_something_new_stops_a_file_and_one_that_says_more_does_not():
    first = recipe(FIRST)
    currencies = read("Date,Shop,Units,Total,Currency\n01/02/2025,A,3,6.00,GBP\n02/03/2025,B,4,8.00,EUR\n")
    assert recipes.match([first], lambda _layout: currencies)[0] is first
    assert recipes.changes(first, currencies, "sales") == ["+ Currency"]
    with pytest.raises(InvalidFile, match="Currency"):
        recipes.apply(currencies, "sales", first, NOW, "next.csv")
    weather = read("Date,Shop,Units,Total,Weather\n01/02/2025,A,3,6.00,rain\n02/03/2025,B,4,8.00,sun\n")
    assert recipes.changes(first, weather, "sales") == []


def test_an_order_cancelled_on_its_first_line_takes_all_its_lines_along():
    text = (
        "Name,Created at,Financial Status,Currency,Lineitem quantity,Lineitem name,Lineitem price\n"
        "#1,2025-01-13,paid,EUR,1,A,10.00\n#1,2025-01-13,,,2,B,5.00\n"
        "#2,2025-01-14,refunded,USD,1,A,10.00\n#2,2025-01-14,,,3,B,5.00\n"
    )
    raw = read(text)
    guessed = mapping.guess(raw.frame, "sales")
    guessed["invoice"] = "Name"
    choices = {"undone:Financial Status": "left out"}
    made = mapping.apply(raw, "sales", guessed, NOW, "orders.csv", choices=choices)
    assert (made.main["quantity"] * made.main["unit_price"]).sum() == 20
    assert made.origin.currency == "EUR"
    assert not made.questions
