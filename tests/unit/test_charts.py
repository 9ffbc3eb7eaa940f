"""What all figures share."""

import numpy as np
import pandas as pd
import pytest

import locales
from charts import theme


@pytest.mark.parametrize(
    ("dates", "texts"),
    [
        (pd.date_range("2025-10-17", "2026-11-27"), ["Jan 2026", "Apr 2026", "Jul 2026", "Oct 2026"]),
        (pd.date_range("2020-01-05", "2026-11-27", freq="W"), ["2021", "2022", "2023", "2024", "2025", "2026"]),
        (pd.date_range("2026-08-01", "2026-11-27"), ["19 Aug", "8 Sept", "28 Sept", "18 Oct", "7 Nov", "27 Nov"]),
        (pd.date_range("2026-01-31", periods=4, freq="ME"), ["Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026"]),
        (pd.DatetimeIndex(["2026-01-01"]), ["1 Jan"]),
    ],
    ids=["months", "years", "days", "monthly", "one"],
)
def test_ticks_of_time_are_evenly_apart_and_few(dates, texts):
    axis = theme.time_axis(dates[::-1])
    assert [text.replace("<br>", " ") for text in axis["ticktext"]] == texts
    apart = np.diff(pd.DatetimeIndex(axis["tickvals"]).to_numpy()) / np.timedelta64(1, "D")
    assert not len(apart) or apart.max() <= apart.min() * 1.12  # months and years differ by as much


def test_ticks_of_time_speak_french():
    with locales.using("fr"):
        assert theme.time_axis(pd.date_range("2025-10-17", "2026-11-27"))["ticktext"][0] == "janv.<br>2026"


def test_an_axis_without_a_title_asks_for_no_room():
    bare, named = theme.figure("What it shows"), theme.figure("What it shows", x="Day", y="Units")
    assert [axis.title.text for axis in (bare.layout.xaxis, bare.layout.yaxis)] == [None, None]
    assert [axis.title.text for axis in (named.layout.xaxis, named.layout.yaxis)] == ["Day", "Units"]
