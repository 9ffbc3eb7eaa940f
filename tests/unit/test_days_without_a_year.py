"""Days without a year: of the title's, of a guess that is asked about, from December to January, never silently."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from connectors import InvalidFile, mapping, yearless
from connectors.cells import File, moments
from connectors.files import Raw
from data.dataset import Reading

NOW = datetime(2026, 3, 14, tzinfo=UTC)
DAYS = pd.date_range("2023-12-20", periods=30)
FRENCH = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."]


def read(texts, chosen=None, title="", **habits):
    text = pd.Series(texts, dtype="str", name="When")
    choices = {"dates:When": chosen} if chosen else {}
    return moments(File(text.to_frame(), ";", choices, title, **habits), "When")[0]


@pytest.mark.parametrize(
    "written",
    [
        lambda day: f"{day.day:02d}/{day.month:02d}",
        lambda day: f"{day.month}/{day.day}",
        lambda day: f"{day.day} {FRENCH[day.month - 1]}",
        lambda day: f"{day:%d-%b}",
    ],
)
@pytest.mark.parametrize("step", [1, -1])
def test_years_turn_between_december_and_january(written, step):
    found = read([written(day) for day in DAYS[::step]], "2024")  # that of the newest day
    assert found.values.tolist() == DAYS[::step].tolist()
    assert not found.even


def test_the_year_is_asked_unless_a_title_names_it():
    texts = [f"{day:%d/%m}" for day in pd.date_range("2024-02-20", periods=20)]
    asked = read(texts)
    assert asked.even
    assert {asked.noted, *asked.others} <= {"2024", "2020", "2016", "2012", "2008", "2004", "2000"}
    told = read(texts, title="Recettes 2024")  # a leap year: the 29th of February is among them
    assert not told.even
    assert told.values.iloc[0] == pd.Timestamp("2024-02-20")
    assert read(texts, "2020", "Recettes 2024").values.iloc[0] == pd.Timestamp("2020-02-20")


def test_what_may_be_months_of_years_or_either_order_is_no_day():
    assert read([f"{month:02d}/24" for month in range(1, 13)]).values.isna().all()  # January 2024, or the 24th
    assert read(["03/04", "09/05", "05/08", "02/01", "11/12", "07/03"]).values.isna().all()
    assert read([f"{day:%d/%m}" for day in DAYS], piece=True).values.isna().all()  # what came before is not here


def test_a_question_about_the_year_keeps_a_file_from_being_stored():
    rows = {"Jour": [f"{day:%d/%m}" for day in DAYS], "Montant": [f"{10 + place},50" for place in range(len(DAYS))]}
    raw = Raw(pd.DataFrame(rows, dtype="str"), (), "0" * 64, (), ";")
    guessed = mapping.guess(raw.frame, "sales")
    made = mapping.apply(raw, "sales", guessed, NOW, "mine.csv")
    assert [one.key for one in made.questions] == ["dates:Jour"]
    answered = mapping.apply(raw, "sales", guessed, NOW, "mine.csv", choices={"dates:Jour": "2024"})
    assert not answered.questions
    assert answered.main["timestamp"].tolist() == DAYS.tolist()


def test_a_booking_program_says_its_year_on_the_first_line():
    title = "EXTF 700 21 Buchungsstapel 13 20250430130000000 RE 29098 55003 20240701 4 20241201 20250131 Verkauf"
    header = Reading("header", "", "2", ("2",), {"title": title})
    rows = {"Umsatz (ohne Soll/Haben-Kz)": ["10,50", "20,00", "30,25"], "Belegdatum": ["3012", "201", "1501"]}
    raw = Raw(pd.DataFrame(rows, dtype="str"), (), "0" * 64, (header,), ";")
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "EXTF.csv")
    days = ["2024-12-30", "2025-01-02", "2025-01-15"]
    assert made.main["timestamp"].dt.strftime("%Y-%m-%d").tolist() == days
    assert not made.questions
    rows["Belegdatum"][2] = "1513"  # a day of no month
    wrong = Raw(pd.DataFrame(rows, dtype="str"), (), "", (header,), ";")
    with pytest.raises(InvalidFile):
        mapping.apply(wrong, "sales", made.origin.columns, NOW, "EXTF.csv")


def test_a_guessed_year_has_no_day_after_the_file_is_read():
    found = pd.DataFrame({"month": [3, 4, 5, 6], "day": [1, 2, 3, 4]})
    for now, year in ((datetime(2019, 6, 4, 12, tzinfo=UTC), 2019), (datetime(2019, 6, 3, tzinfo=UTC), 2018)):
        assert set(yearless.read(found, None, "", now).values.dt.year) == {year}
