"""Columns of one's own are shown as their file writes them, and nothing in that is a command."""

import pytest

from data import schemas
from locales import labels


@pytest.fixture
def files_write():
    written = {}
    labels.follow(lambda: written)
    yield written
    labels.follow(dict)


def test_a_column_of_ones_own_is_called_as_its_file_writes_it():
    kinds = {"customer_id": "str", "churned": "bool", "beitrag": "float64", "note_a": "str", "note_a_2": "str"}
    header = ["Mitgliedsnr", "Beitrag (€)", "Note (a)", "Note [a]", "Gekündigt"]
    assert schemas.own_name("Beitrag (€)") == "beitrag"
    assert schemas.written(kinds, header, "customers") == {"beitrag": "Beitrag (€)"}  # of the notes nobody could tell


def test_its_unit_and_capitals_are_shown_in_headings_and_sentences(files_write):
    files_write["mitglied_seit_monate"] = "Mitglied seit (Monate)"
    assert labels.label("mitglied_seit_monate") == "Mitglied seit (Monate)"
    assert labels.heading("visits_last_90_days") == "Visits last 90 days"  # of which no file says anything


def test_what_vigie_knows_keeps_its_name(files_write):
    files_write["tenure"] = "Dauer"
    assert labels.label("tenure") != "Dauer"


@pytest.mark.parametrize(
    "written",
    ["[Price](https://example.org)", "<b>Umsatz</b>", "Cost ($) or Price ($)", ":red[x] :material/home:", "*a* `b` ~c~",
     "{column}", "# Title", "a\nb"],
)  # fmt: skip
def test_nothing_in_it_is_a_command(files_write, written):
    files_write["own"] = written
    shown = labels.label("own")
    assert shown
    assert not set("[]{}<>*`~$#_|\n\\") & set(shown)
    assert ":m" not in shown


def test_what_leaves_nothing_to_show_is_called_by_its_stored_name(files_write):
    files_write["own_column"] = "---"
    assert labels.label("own_column") == "own column"
