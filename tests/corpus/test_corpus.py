"""Anyone's file is read right or asked about, never silently wrong: some hundred kinds, each with its right table."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from connectors import files, mapping, numbers
from connectors.files import InvalidFile

FILES = Path(__file__).with_name("files")
INDEX = json.loads((FILES / "index.json").read_text())
NOW = datetime(2026, 3, 14, tzinfo=UTC)
CODES = ("product", "store", "customer", "customer_id", "postcode", "card_number", "currency")
ORDERS, ROWS = 1_405.52, 1_128.40  # sums of columns, as a spreadsheet adds them up


def read(name, **choices):
    """The dataset of a file by Vigie's own guesses, and by what somebody chose (key of the reading -> chosen)."""
    raw = files.read(name, (FILES / name).read_bytes(), limit_bytes=10**7, layout=choices)
    table = INDEX[name]["table"]
    return mapping.apply(raw, table, mapping.guess(raw.frame, table), NOW, name, choices=choices)


def right(name):
    path = FILES / f"{name.rsplit('.', 1)[0]}.right.csv"
    return pd.read_csv(
        path, dtype=dict.fromkeys(CODES, str), parse_dates=["timestamp"] if "timestamp" in path.read_text()[:99] else []
    )


def differences(found, wanted):
    """The columns of `wanted` that `found` has otherwise."""
    if len(found) != len(wanted):
        return ["rows"]
    same = {}
    for column in wanted:
        ours = found[column].reset_index(drop=True)
        if wanted[column].dtype.kind == "f" or ours.dtype.kind == "f":
            same[column] = np.allclose(ours.astype(float), wanted[column].astype(float), rtol=1e-9, equal_nan=True)
        else:
            same[column] = ours.astype(object).astype(str).equals(wanted[column].astype(object).astype(str))
    return [column for column, equal in same.items() if not equal]


@pytest.mark.parametrize("name", [name for name, about in INDEX.items() if "asked" not in about])
def test_a_file_of_this_kind_is_read_right_without_a_question(name):
    made = read(name)
    assert not made.questions
    assert differences(made.main, right(name)) == []
    assert not set(INDEX[name].get("lacks", ())) & set(made.main)
    assert made.origin.currency == INDEX[name].get("currency", made.origin.currency)


@pytest.mark.parametrize("name", [name for name, about in INDEX.items() if "asked" in about])
def test_a_file_that_can_be_read_in_two_ways_is_asked_about(name):
    asked = INDEX[name]["asked"]
    if asked == "columns":  # nothing is guessed: the analyst says which column is which
        with pytest.raises(InvalidFile, match="Choose a column"):
            read(name)
        return
    made = read(name)
    assert [one.key for one in made.questions] == ([asked] if isinstance(asked, str) else asked)
    assert len(made.questions[0].options) > 1
    assert [finding for finding in made.findings if finding.severity == "error"]
    assert differences(made.main, right(name)) == []  # what it is taken for until then


def test_a_tax_that_is_taken_out_of_totals_is_a_line_of_its_own():
    """Net is 1.0825th of what was paid, to the cents that each tax was rounded to."""
    made = read("order_total_beside_tax.csv", **{"charge:Tax Amount": "taken out of the totals"}).main
    sums = made.groupby("line_type", observed=True)["amount"].sum()
    assert sums["sale"] == pytest.approx(ORDERS / 1.0825, abs=0.1)
    assert sums.sum() == pytest.approx(ORDERS)


@pytest.mark.parametrize("total", ["Q1 2025,999", "2025,301"])
def test_a_quarter_that_is_not_the_sum_of_its_months_is_no_sum(total):
    text = f"Period,Sales\nJanuary 2025,100\nFebruary 2025,100\nMarch 2025,100\n{total}\n"
    raw = files.read("a.csv", text.encode(), limit_bytes=10**4)
    assert len(raw.frame) == 4


def test_units_that_came_back_are_no_money_that_went_back():
    """Ten mugs at 4 euros on ten days, one of which came back on every second one: 45 mugs and 180 euros of 200."""
    text = "Date,Item,Qty,Price,Returns\n" + "".join(f"2025-01-{day:02},Mug,5,4.00,{day % 2}\n" for day in range(1, 11))
    raw = files.read("a.csv", text.encode(), limit_bytes=10**4)
    for choices in ({}, {"back:Returns": "taken off"}):
        made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "a.csv", choices=choices)
        assert made.main["quantity"].sum() == 45
        assert made.main["amount"].sum() == 180.0


@pytest.mark.parametrize("answer", [{}, {"refund:Returns": "taken off"}])
def test_money_that_went_back_is_taken_off_once(answer):
    text = "Day,Sales value,Returns\n" + "".join(f"2025-01-{day:02},{100 + day}.50,{day}.00\n" for day in range(1, 21))
    raw = files.read("a.csv", text.encode(), limit_bytes=10**4)
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "a.csv", choices=answer)
    assert made.main["amount"].sum() == 20 * 100.5
    assert bool(made.questions) == (not answer)


def test_products_called_like_codes_of_money_are_no_numbers():
    """CUP, TOP and ALL are currencies of Cuba, Tonga and Albania, and INV is none."""
    text = pd.Series(["CUP001", "TOP-07", "ALL012", "INV0012", "INV12", "EUR 12", "USD 0.50", "USD12"])
    assert numbers.read(text).values.dropna().to_dict() == {5: 12.0, 6: 0.5, 7: 12.0}


def test_stores_are_told_apart_by_their_names_or_as_somebody_says_by_their_codes():
    assert set(read("store_code_beside_name.csv").main["store"]) == {"Zürich West", "Bern", "Basel Mitte"}
    by_code = read("store_code_beside_name.csv", **{"called:store": "Filiale Nr."}).main
    assert set(by_code["store"]) == {"101", "102", "103"}


@pytest.mark.parametrize("name", ["logins.csv", "events.csv"])
def test_logins_and_visits_are_no_sales_and_what_to_bring_is_said(name):
    raw = files.read(name, (FILES / name).read_bytes(), limit_bytes=10**7)
    with pytest.raises(InvalidFile, match="not sales: bring in what was sold"):
        mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, name)


def test_most_kinds_need_no_click():
    asked = sum("asked" in about for about in INDEX.values())
    assert len(INDEX) >= 60
    assert (len(INDEX) - asked) / len(INDEX) > 0.8


@pytest.mark.parametrize(
    ("name", "key", "chosen", "column", "first", "total"),
    [
        ("two_dates_either_way.csv", "dates:date", "month first", "timestamp", "2026-02-01", None),
        ("three_digits_either_way.csv", "numbers:Prix", "decimal point", "unit_price", 1250.0, 8_500.0),
        ("three_digits_either_way.csv", "numbers:Prix", "decimal comma", "unit_price", 1.25, 8.5),
        ("days_and_months_swapped.csv", "dates:Date", "days and months were swapped", "timestamp", "2024-01-02", None),
        ("sales_that_may_be_units.csv", "money:sales", "amount", "amount", 1.0, 71.0),
        ("two_currencies.csv", "currency", "USD", "unit_price", 4.5, None),
        ("sheet_with_one_more_column.xlsx", "sheet", "all sheets", "quantity", 1.0, 71.0),
        ("line_totals.csv", "money:Montant", "unit_price", "unit_price", 4.5, None),
        ("tax_in_the_total.csv", "total", "quantity × price counts", "amount", 4.5, 29_175.25),
        ("total_row.csv", "totals", "kept", "quantity", 1.0, None),
    ],
)
def test_a_choice_is_followed_and_answers_the_question(name, key, chosen, column, first, total):
    if name == "total_row.csv":  # the sum has no date: kept, it is a row that cannot be used
        with pytest.raises(InvalidFile, match="first is in row 26"):
            read(name, **{key: chosen})
        return
    made = read(name, **{key: chosen})
    assert not made.questions
    value = made.main[column].iloc[0]
    assert str(value).startswith(str(first))
    if total is not None:
        assert made.main[column].sum() == pytest.approx(total)
    assert made.origin.readings[key] == chosen


def test_empty_outcomes_mean_still_here_only_where_somebody_says_so():
    unsaid, said = read("only_leavers_marked.csv"), read("only_leavers_marked.csv", blank="still here")
    assert unsaid.main["churned"].sum() == said.main["churned"].sum() == 15
    assert unsaid.main["churned"].isna().sum() == 45
    assert (~said.main["churned"]).sum() == 45


def test_other_currencies_are_added_only_by_a_rate_that_was_given():
    mixed, turned = (
        read("two_currencies.csv", currency="EUR"),
        read("two_currencies.csv", currency="EUR", **{"rate:USD": "0.5"}),
    )
    wanted = right("plain.csv")["amount"]  # the same lines, of which every third is in dollars
    dollars = wanted.index % 3 == 0
    assert mixed.main["amount"].sum() == pytest.approx(wanted[~dollars].sum())
    assert turned.main["amount"].sum() == pytest.approx(wanted[~dollars].sum() + 0.5 * wanted[dollars].sum())
    assert set(turned.main["currency"]) == {"EUR"}


@pytest.mark.parametrize(
    ("name", "choice", "column", "total"),
    [
        ("two_outcomes.csv", {"outcome": "churned_90d"}, "churned", 23),
        ("two_outcomes.csv", {"outcome": "churned_30d"}, "churned", 17),
        ("actual_beside_budget.csv", {"versions:Type": "kept"}, "amount", 2 * 3_834),
        ("all_products_among_them.csv", {"whole:Product": "kept"}, "amount", 2 * 1_316),
        ("shipping_in_the_total.csv", {"amount": "Total"}, "amount", 7_452.89),
        ("sales_of_two_channels.csv", {"amount": "Warehouse sales"}, "amount", 2_682.0),
        ("sold_and_returned.csv", {"back:Returned": "not counted"}, "quantity", 157),
        ("active_among_flags.csv", {"outcome": "HasCard"}, "churned", 30),
        ("cancelled_beside_expired.csv", {"ended:state": "still here"}, "churned", 10),
        ("order_total_beside_tax.csv", {"charge:Tax Amount": "left in the totals"}, "amount", ORDERS),
        ("order_totals_on_each_line.csv", {"orders:Order total": "of the line"}, "amount", 2_649.69),
        ("refunds_beside_gross_sales.csv", {"refund:Refunds": "not counted"}, "amount", 5_672.42),
        ("a_row_for_units_and_one_for_money.csv", {"narrow": "as they stand"}, "amount", ROWS),
        ("dues_without_a_period.csv", {"paid:Beitrag (CHF)": "each year"}, "monthly_charges", 1695.6 / 12),
    ],
)
def test_the_other_reading_is_a_choice_away(name, choice, column, total):
    made = read(name, **choice)
    assert not made.questions
    assert made.main[column].sum() == pytest.approx(total)
