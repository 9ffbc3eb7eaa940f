"""Whose bank holidays count: guessed from what speaks for it, asked for where nothing does, kept once chosen."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from data import countries, meaning, tables
from data.dataset import Dataset, Origin
from models.forecast import holidays
from models.lifecycle import sales
from tests.shop import lines

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
FRENCH = ["Huile d'olive", "Pain de mie", "Gants en cuir", "Pull à col roulé", "Lampe de chevet", "Thé à la menthe",
          "Cahier pour écolier", "Sac avec poche", "Nappe en lin", "Bougie sans parfum"]  # fmt: skip
GERMAN = ["Tasse mit Henkel", "Lampe für den Tisch", "Hose aus Leinen", "Messer und Gabel", "Teller ohne Rand",
          "Stuhl für den Garten", "Kissen mit Motiv", "Schal aus Wolle"]  # fmt: skip
ENGLISH = ["Bag with handle", "Lamp for the desk", "Set of three vases", "Tin of tea", "Salt and pepper"]


def kept(home, frame, currency="EUR", **frames):
    frame = frame.assign(currency=currency)
    return tables.add(
        home, Dataset("sales", {"sales": frame, **frames}, Origin("upload", "a.csv", currency=currency)), NOW
    )


def named(names):
    found = lines(60).drop(columns=["store"])
    return found.assign(description=np.resize(names, len(found)))


@pytest.mark.parametrize(
    ("currency", "names", "code"),
    [("EUR", ENGLISH, ""), ("EUR", FRENCH, "FR"), ("EUR", GERMAN, "DE"), ("GBP", FRENCH, "GB"), ("PLN", ENGLISH, "PL"),
     ("XOF", ENGLISH, "")],
)  # fmt: skip
def test_the_currency_says_it_where_one_country_has_it_and_else_the_language(tmp_path, currency, names, code):
    assert countries.of(kept(tmp_path, named(names), currency)).code == code


def test_stores_named_like_countries_have_their_own(tmp_path):
    frame = lines(60)
    frame["store"] = np.resize(["EIRE", "Allemagne", "France", "Unspecified"], len(frame))
    stored = kept(tmp_path, frame, "GBP")
    assert [countries.of(stored, "store", name).code for name in ("EIRE", "Allemagne", "France")] == ["IE", "DE", "FR"]
    assert countries.of(stored) == countries.Country("", countries.SEVERAL)
    frame["store"] = np.where(np.arange(len(frame)) % 8, "United Kingdom", "France")
    mostly = kept(tmp_path, frame, "EUR")
    assert countries.of(mostly) == countries.Country("GB", countries.MOST)
    assert countries.of(mostly, "category", "x").code == "GB"


def test_the_country_of_the_stores_table_is_believed(tmp_path):
    stores = pd.DataFrame({"store": ["a", "b"], "name": ["Here", "There"], "country": ["Belgique", "Belgium"]})
    assert countries.of(kept(tmp_path, lines(60), stores=stores)).code == "BE"


def test_what_was_chosen_stays_also_for_the_next_file(tmp_path):
    stored = kept(tmp_path, lines(60))
    assert not countries.of(stored).code
    tables.settle(stored, {"": "IT", "a": "AT"})
    later = kept(tmp_path, lines(90))
    assert later.version != stored.version
    assert countries.of(later) == countries.Country("IT", countries.CHOSEN)
    assert [countries.of(later, "store", store).code for store in ("a", "b")] == ["AT", "IT"]


def test_the_daily_job_closes_on_the_bank_holidays_of_the_chosen_country(tmp_path):
    frame = lines(420)
    days = frame["timestamp"].dt.normalize()
    shut = list(holidays.bank_holidays("IT", date(2024, 1, 1), date(2025, 12, 31)))
    stored = kept(tmp_path, frame[~days.isin(pd.DatetimeIndex(shut))])
    assert sales._total(stored)[1] is None
    tables.settle(stored, {"": "IT"})
    future = sales._total(stored)[1]
    assert future is not None
    ahead = future.index[future["closed"] & (future.index > days.max())]
    assert list(ahead) == [pd.Timestamp(day) for day in shut if days.max() < pd.Timestamp(day) <= future.index[-1]]


def test_no_country_has_no_holidays():
    assert holidays.bank_holidays("", date(2026, 1, 1), date(2026, 12, 31)) == {}
    assert holidays.bank_holidays("ZZ", date(2026, 1, 1), date(2026, 12, 31)) == {}
    assert date(2026, 7, 14) in holidays.bank_holidays("FR", date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("name", "code"),
    [("Deutschland", "DE"), ("royaume-uni", "GB"), ("UK", "GB"), ("RSA", "ZA"), ("FR", "FR"), ("Lyon", ""), ("EU", ""),
     ("European Community", ""), ("Unspecified", ""), ("st", "")],
)  # fmt: skip
def test_names_of_countries(name, code):
    assert meaning.country(name) == code
