"""The European Central Bank's rates: of each day, only where they are asked for; what was kept while it is down."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import settings
from connectors import BadResponse, Unavailable, ecb, files, lines, mapping
from tests.connectors.conftest import send

NOW = datetime(2024, 1, 10, 17, tzinfo=UTC)
# As published: 1 euro was 1.0956 dollars on 5 January 2024, a Friday, and 1.0946 on the Monday.
HISTORY = "Date,USD,JPY,GBP,TRL,\n2024-01-08,1.0946,157.79,0.86120,N/A,\n2024-01-05,1.0956,158.02,0.86218,N/A,\n"
MIXED = (
    "Date,Product,Amount,Currency\n2024-01-05,A,10.50,EUR\n2024-01-06,A,109.56,USD\n"
    "2024-01-08,A,109.46,USD\n2024-01-08,A,20,EUR\n"
)


def packed(text=HISTORY):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("eurofxref-hist.csv", text)
    return target.getvalue()


@pytest.fixture
def served(home, origin, monkeypatch):
    """An origin that the rates come from."""
    monkeypatch.setenv("VIGIE_ECB_URL", origin.url.replace(".csv", ".zip"))
    monkeypatch.setenv("VIGIE_TIMEOUT_SECONDS", "0.5")
    settings.get.cache_clear()
    origin.answers = [send(packed())]
    return origin


def read(**choices):
    raw = files.read("x.csv", MIXED.encode(), limit_bytes=10**6)
    return mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "x.csv", choices=choices)


def test_a_dollar_is_worth_what_it_was_that_day_and_on_a_saturday_what_it_was_on_friday(served):
    made = read(currency="EUR", rates=lines.ECB)
    assert made.main["amount"].tolist() == pytest.approx([10.5, 100, 100, 20])
    assert set(made.main["currency"]) == {"EUR"}
    assert not made.questions
    days = pd.Series(pd.to_datetime(["2024-01-05", "2024-01-05", "2024-01-05", "1998-01-01"]))
    worth = ecb.factors(ecb.rates(NOW), days, pd.Series(["USD", "GBP", "XXX", "USD"]), "JPY")
    assert worth.tolist()[:2] == pytest.approx([158.02 / 1.0956, 158.02 / 0.86218])
    assert worth.isna().tolist() == [False, False, True, True]


def test_nobody_is_asked_before_somebody_wants_it_and_then_once_a_day(served):
    made = read(currency="EUR")
    assert made.main["amount"].tolist() == [10.5, 20]
    assert not served.requests
    ecb.rates(NOW)
    ecb.rates(NOW + timedelta(hours=2))
    assert len(served.requests) == 1
    ecb.rates(NOW + timedelta(days=1))
    assert len(served.requests) == 2


def test_while_it_is_down_the_copy_counts_and_without_one_a_question_stays(served):
    served.answers = [send(b"", 503)]
    made = read(currency="EUR", rates=lines.ECB)
    assert [one.key for one in made.questions] == ["rates"]
    assert "127.0.0.1" in str(next(one.values for one in made.findings if one.severity == "error"))
    with pytest.raises(Unavailable):
        ecb.rates(NOW)
    served.answers = [send(packed())]
    ecb.rates(NOW)
    served.answers = [send(b"", 503)]
    assert ecb.rates(NOW + timedelta(days=3))["USD"].iloc[-1] == 1.0946


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"Date,USD\n2024-01-05,-1\n", b"Date,USD\nsoon,1\n"])
def test_what_is_no_table_of_rates_is_refused(served, body):
    served.answers = [send(body)]
    with pytest.raises(BadResponse):
        ecb.rates(NOW)
