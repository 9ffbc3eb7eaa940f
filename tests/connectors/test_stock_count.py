"""A count of the stock as an analyst sends it: numbers as they are written, and every cell refused that is none."""

import pytest

from connectors import beside, files


def read(text):
    return beside.stock_count(files.read("stock.csv", text.encode(), limit_bytes=1_000_000))


def test_a_count_is_read_and_products_named_twice_are_added_up():
    counted, findings = read("product,on_hand,on_order\nA,3,\nB,0,12\nA,4.5,1\n")
    assert counted.to_dict("list") == {"product": ["A", "B"], "on_hand": [7.5, 0.0], "on_order": [1.0, 12.0]}
    assert [finding.rows for finding in findings] == [1]


def test_french_names_and_numbers_are_understood():
    counted, _findings = read("Référence;Stock;En commande\nA;1 200,5;3\n")
    assert counted.to_dict("list") == {"product": ["A"], "on_hand": [1200.5], "on_order": [3.0]}


def test_what_is_under_way_may_be_left_out():
    assert read("sku,stock\nA,3\n")[0]["on_order"].tolist() == [0.0]


def test_cells_that_are_no_units_are_listed():
    with pytest.raises(files.InvalidFile, match="4 cells cannot be used; the first is in row 2") as refused:
        read("product,on_hand,on_order\nA,many,0\nB,-3,0\nC,,0\n,5,0\nD,5,\n")
    assert refused.value.report[["row", "column", "value"]].to_numpy().tolist() == [
        [2, "on_hand", "many"],
        [3, "on_hand", "-3"],
        [4, "on_hand", ""],
        [5, "product", ""],
    ]


@pytest.mark.parametrize("header", ["product,shelf", "name,on_hand"])
def test_a_file_without_the_columns_is_refused_by_name(header):
    with pytest.raises(files.InvalidFile, match=r"No column of this file is called “(on_hand|product)”"):
        read(f"{header}\nA,3\n")


def test_formulas_stay_text():
    counted, _findings = read('product,on_hand\n"=HYPERLINK(""x"")",3\n')
    assert counted["product"].tolist() == ['=HYPERLINK("x")']


def test_units_that_are_two_numbers_are_sent_to_where_it_is_asked():
    with pytest.raises(files.InvalidFile, match="in two ways"):
        read("product;on_hand\nA;1,250\nB;2,375\n")
