"""A calendar of the shop's own: closed days are no bad days, events to come sell what such events have sold."""

import numpy as np
import pandas as pd
import pytest

from models.forecast import engine, holidays
from models.forecast.combined import rolling
from models.forecast.series import learnable, lost, regular

DAYS = pd.date_range("2025-01-06", periods=420).as_unit("us")  # a Monday
LIFT = 2.5


def shop(seed: int = 0) -> tuple[pd.Series, pd.DataFrame]:
    """100 units a day, 160 on Saturdays, 2.5 times as many on fairs, and two weeks closed for works; fairs and a
    closed week are to come."""
    rng = np.random.default_rng(seed)
    level = np.where(DAYS.day_of_week == 5, 160.0, 100.0)
    fairs, works = DAYS[30::40], DAYS[200:214]
    level = np.where(DAYS.isin(fairs), LIFT * level, level)
    values = pd.Series(rng.poisson(level).astype(float), DAYS)
    values[works] = 0.0
    ahead = pd.date_range(DAYS[-1] + pd.Timedelta(days=1), periods=28).as_unit("us")
    shut, fair = ahead[14:17], ahead[[4, 22]]
    days = [*fairs, *fair, *works, *shut]
    is_open = [day not in works and day not in shut for day in days]
    events = pd.Series(["Fair" if day else None for day in is_open])
    return values, pd.DataFrame({"date": pd.DatetimeIndex(days), "open": is_open, "event": events})


def said_of(values: pd.Series, future: pd.DataFrame | None, learner: str) -> pd.Series:
    window = engine.look(regular(values), len(values), 28, [learner], future)
    return pd.Series(window.forecast[learner], window.dates)


@pytest.mark.parametrize("learner", ["ridge", "xgboost"])  # with Prophet they are most of the default answer's
def test_closed_days_are_not_learned_from_and_events_to_come_are_foreseen(learned_once, learner):
    values, calendar = shop()
    future = holidays.foreseen(regular(values), 28, "", calendar)
    said, ignorant = said_of(values, future, learner), said_of(values, None, learner)
    shut = calendar.loc[~calendar["open"] & (calendar["date"] > DAYS[-1]), "date"]
    fair = calendar.loc[calendar["event"].eq("Fair") & (calendar["date"] > DAYS[-1]), "date"]
    assert (said[shut] == 0).all()
    usual = said[~said.index.isin([*shut, *fair]) & (said.index.day_of_week != 5)]
    assert abs(usual.mean() - 100) < 5
    assert (said[fair] > 2 * usual.mean()).all()
    assert (ignorant[fair] < 1.8 * usual.mean()).all()
    works = DAYS[200:214]
    assert not learnable(regular(values), future.index[future["closed"]]).dates.isin(works).any()


def test_only_what_has_come_before_and_comes_again_is_foreseen():
    values, calendar = shop()
    history = regular(values)
    once = calendar.assign(event=["New" if day > DAYS[-1] else name for day, name in
                                  zip(calendar["date"], calendar["event"], strict=True)])  # fmt: skip
    assert list(holidays.foreseen(history, 28, "", once)) == ["closed"]
    past = calendar[calendar["date"] <= DAYS[-1]]
    assert list(holidays.foreseen(history, 28, "", past)) == ["closed"]
    assert holidays.foreseen(history, 28, "", None) is None
    sold = calendar.assign(open=False)  # days on which something was sold were not closed
    assert holidays.foreseen(history, 28, "", sold)["closed"].sum() == 14 + 3 + 2


def test_promotions_to_come_are_foreseen_at_their_depth(learned_once):
    values, calendar = shop()
    calendar["promotion"] = calendar["event"].eq("Fair").map({True: 0.2, False: np.nan})
    future = holidays.foreseen(regular(values), 28, "", calendar.drop(columns="event"))
    assert sorted(set(future["promotion"])) == [0.0, 0.2]
    said = said_of(values, future, "ridge")
    assert said[future.index[future["promotion"] > 0][-2:]].min() > 2 * said.median()


def bakery(days: int, last: str) -> pd.Series:
    """200 loaves a day, none on Sundays, and none from the first to the fourteenth of August."""
    dates = pd.date_range(end=last, periods=days)
    shut = (dates.day_of_week == 6) | ((dates.month == 8) & (dates.day <= 14))
    return pd.Series(np.where(shut, 0, np.random.default_rng(0).poisson(200, days)).astype(float), dates)


@pytest.mark.usefixtures("plain_learners")
def test_a_shop_that_closes_for_two_weeks_every_august_will_close_again():
    """Not on the one weekday that it never opens alone, and also when it has just closed."""
    sold = bakery(1_100, "2026-07-25")
    window = engine.look(regular(sold), len(sold), 28)
    said = pd.Series(window.forecast["combined"], window.dates)
    assert (said["2026-08-01":"2026-08-14"] == 0).all()
    assert said.sum() == pytest.approx(200 * 12, rel=0.03)  # 27 July to 22 August without that, six days a week
    now = learnable(regular(bakery(1_108, "2026-08-02")))
    assert not now.ended
    assert not now.is_open(pd.DatetimeIndex(["2026-08-08"]))[0]
    once = learnable(regular(bakery(500, "2026-07-25")))  # it has closed once: nobody knows that it will again
    assert once.is_open(pd.DatetimeIndex(["2026-08-04"]))[0]
    assert not once.dates.isin(pd.date_range("2025-08-01", "2025-08-14")).any()


def test_days_that_were_not_recorded_are_no_error_of_past_forecasts():
    """Two weeks are lost in the second of three past horizons: its errors are those of the other days."""
    dates = pd.date_range("2025-01-01", periods=280)
    sold = pd.Series(np.random.default_rng(1).normal(1_000, 20, 280) * (1 + 0.3 * (dates.day_of_week == 5)), dates)
    gone = dates[-50:-36]
    sold[gone] = 0.0
    history = regular(sold)
    assert lost(history).equals(gone)
    assert lost(history, closed=gone).empty  # days that were known to be closed are not lost
    window = rolling(history, 28, 3, 28, ("seasonal naive",))[1]
    assert list(window.dates[~window.counted]) == list(gone)
    assert np.isnan(window.actual[~window.counted]).all()
    assert np.nanmax(np.abs(window.error("seasonal naive") * window.scale)) < 150


def test_a_closure_that_comes_every_year_and_single_days_are_not_lost():
    assert lost(regular(bakery(900, "2026-06-30"))).empty
