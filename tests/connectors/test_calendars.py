"""A calendar's rows say in anybody's words what kind of day they are about; what no word says is asked."""

import pandas as pd
import pytest

from connectors import InvalidFile, beside, files


def read(text: str, **choices: str):
    raw = files.read("calendar.csv", text.encode(), limit_bytes=1_000_000)
    frame, findings, readings = beside.read(raw, "calendar", beside.guess(raw.frame, "calendar"), choices)
    return frame.set_index("date"), findings, [one for one in readings if one.open]


@pytest.mark.parametrize(
    ("closed", "holiday", "event", "promotion"),
    [
        ("fermé", "férié", "évènement", "promo"),
        ("Fermeture annuelle", "Jour férié", "événement", "Promotion"),
        ("closed", "bank holiday", "event", "promo"),
        ("Ruhetag", "Feiertag", "Veranstaltung", "Rabattaktion"),
        ("cerrado", "festivo", "evento", "oferta"),
        ("gesloten", "feestdag", "evenement", "korting"),
        ("Chiuso", "Festivo", "Evento", "Sconto"),
    ],
)
def test_kinds_of_days_are_read_by_their_words(closed, holiday, event, promotion):
    text = "date;type;libellé\n"
    text += f"25/12/2025;{closed};Noël\n14/07/2025;{holiday};Bastille\n13/06/2025;{event};Foire\n"
    frame, findings, asked = read(f"{text}28/11/2025;{promotion};Black Friday\n")
    assert not asked
    assert frame["open"].tolist() == [False, True, True, True]
    assert frame["holiday"].fillna("").tolist() == ["", "Bastille", "", ""]
    assert frame["event"].fillna("").tolist() == ["Noël", "", "Foire", "Black Friday"]
    assert [one.rows for one in findings if "no reduction is known" in one.message] == [1]


def test_a_day_in_several_rows_has_what_all_of_them_say():
    frame, findings, asked = read(
        "date,kind,name,discount\n2025-12-24,event,Market,\n2025-12-24,promotion,Eve,15%\n2025-12-24,closed,,\n"
        "2025-12-26,promotion,Sale,20%\n2025-12-26,promotion,Sale,20%\n2025-12-27,closed public holiday,Feast,\n"
    )
    assert not asked
    assert frame["open"].tolist() == [False, True, False]
    assert frame["event"].fillna("").tolist() == ["Market + Eve", "Sale", ""]
    assert frame["holiday"].fillna("").tolist() == ["", "", "Feast"]
    assert frame["promotion"].fillna(0).tolist() == [0.15, 0.2, 0]
    assert [one.rows for one in findings if "name a day again" in one.message] == [3]


def test_words_that_are_not_known_are_asked_about_and_the_answer_is_followed():
    text = "date,type\n2025-12-24,closed\n2025-12-27,blorp\n2025-12-28,not closed\n2025-12-29,blorp\n"
    _frame, _findings, asked = read(text)
    assert {one.key for one in asked} == {"kind:blorp", "kind:not closed"}
    assert set(asked[0].options) == {"closed", "bank holiday", "event", "promotion", "open"}
    frame, _findings, asked = read(text, **{"kind:blorp": "closed", "kind:not closed": "open"})
    assert not asked
    assert frame["open"].tolist() == [False, False, True, False]


def test_closed_in_the_column_that_is_called_open_is_no_open_day():
    frame, _findings, asked = read("Datum;Status\n24.12.2025;geöffnet\n25.12.2025;geschlossen\n")
    assert not asked
    assert frame["open"].tolist() == [True, False]
    frame = read("date,open\n2025-12-24,open\n2025-12-25,closed\n")[0]
    assert frame["open"].tolist() == [True, False]


def test_rows_of_several_days_are_a_row_each():
    frame, findings, asked = read("Du;Au;Motif\n01/08/2025;15/08/2025;Fermeture annuelle\n25/12/2025;;fermé\n")
    assert not asked
    assert frame.index[[0, 14, 15]].tolist() == list(pd.to_datetime(["2025-08-01", "2025-08-15", "2025-12-25"]))
    assert len(frame) == 16
    assert not frame["open"].any()
    assert [one.rows for one in findings if "about several days" in one.message] == [14]
    with pytest.raises(InvalidFile):
        read("Du;Au;Motif\n15/08/2025;01/08/2025;fermé\n")


def test_yes_and_no_are_still_what_they_were():
    frame, _findings, asked = read("Day,Closed,Discount,Label\n2026-05-01,yes,,Labour Day\n2026-06-06,no,20%,Fair\n")
    assert not asked
    assert frame["open"].tolist() == [False, True]
    assert frame["event"].tolist() == ["Labour Day", "Fair"]


def test_events_that_are_called_closures_close_their_days():
    frame, findings, asked = read("date,event\n2025-12-24,Street fair\n2025-12-25,Closed for Christmas\n")
    assert not asked
    assert frame["open"].tolist() == [True, False]
    assert any("closed, as their events" in one.message for one in findings)
