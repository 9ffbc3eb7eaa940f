"""Forecasts by the day and by the week or month, for the same days: summed by hand."""

import numpy as np
import pandas as pd
import pytest

from models.forecast import agreement, forecast, intervals
from models.forecast.engine import DEFAULT
from tests.unit.test_forecast import shop


@pytest.fixture(scope="module")
def values():
    made = shop(400)  # from a Monday on
    return made.asfreq("D").fillna(0.0)


@pytest.mark.usefixtures("plain_learners")
def test_weeks_are_held_against_their_own_days(values):
    weekly = values.resample("W").sum()
    weekly = weekly[weekly.index <= values.index[-1]]
    days, weeks = forecast(values, 28), forecast(weekly, 8)
    made = agreement.compare(weeks, days, "W")
    week = pd.Timedelta(days=6)  # one that had begun is in part known already
    told = (weeks.frame.index - week > values.index[-1]) & (weeks.frame.index <= days.frame.index[-1])
    whole = weeks.frame.index[told]
    assert (made.start, made.end) == (whole[0] - week, whole[-1])
    assert made.start > values.index[-1]
    inside = (days.frame.index >= made.start) & (days.frame.index <= made.end)
    assert made.days[0] == pytest.approx(days.frame["mean"][inside].sum())
    assert made.steps[0] == pytest.approx(weeks.frame["mean"][told].sum())
    drawn = intervals.paths(days.window, days.past, DEFAULT)[:, inside].sum(axis=1)
    assert made.days[1:] == pytest.approx(tuple(np.quantile(drawn, (0.1, 0.9))))
    assert made.apart == pytest.approx(made.days[0] / made.steps[0] - 1)


def test_what_neither_takes_for_likely_is_told_apart():
    start, end = pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-31")
    assert agreement.Agreement(start, end, (100, 90, 110), (130, 120, 140)).told_apart
    assert not agreement.Agreement(start, end, (100, 90, 110), (130, 95, 165)).told_apart
    assert np.isnan(agreement.Agreement(start, end, (0, 0, 0), (1, 0, 2)).apart)
