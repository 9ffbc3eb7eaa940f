"""Forecasts by day, week and month, and of parts and everything, that add up: by hand, and on shops of known truth."""

import numpy as np
import pandas as pd
import pytest

from models.forecast import coherent, engine, forecast
from models.forecast.learners import COMBINED
from models.forecast.series import regular
from models.forecast.source import Span
from models.forecast.source import series as coarser

LAST = pd.Timestamp("2026-03-19")
WEEK = np.array([0.8, 0.85, 0.9, 1.0, 1.2, 1.6, 0.65])


def shop(days: int = 800, seed: int = 0, level: float = 100.0) -> pd.Series:
    dates = pd.date_range(LAST - pd.Timedelta(days=days - 1), LAST)
    noise = np.random.default_rng(seed).normal(1, 0.05, days)
    return pd.Series(level * WEEK[dates.day_of_week] * noise, dates)


def open_days(dates: pd.DatetimeIndex) -> pd.Series:
    """What months of these days sell over a usual one, by their days of the week alone."""
    days = pd.Series(WEEK[dates.day_of_week] / WEEK.mean(), dates)
    return days.groupby(dates.to_period("M").to_timestamp()).sum() / (365.25 / 12)


def span(values: pd.Series) -> Span:
    return Span(values.index[0], values.index[-1])


def by(values: pd.Series, frequency: str) -> pd.Series:
    frame = pd.DataFrame({"day": values.index, "units": values.to_numpy()})
    return coarser(frame, "units", frequency, span(values))[0]


def test_days_are_told_to_the_end_of_the_third_month():
    assert coherent.reach(pd.Timestamp("2026-03-19")) == 12 + 30 + 31
    assert coherent.reach(pd.Timestamp("2026-03-31")) == 30 + 31 + 30


@pytest.fixture(scope="module")
def values() -> pd.Series:
    return shop()


@pytest.mark.usefixtures("plain_learners")
def test_days_weeks_and_months_add_up(values):
    days = coherent.by_day(values, span(values))
    told = {"D": coherent.agreeing(forecast(values, 28), days, values, "D").frame["mean"]}
    for frequency, ahead in (("W", 8), ("MS", 3)):
        found = coherent.agreeing(forecast(by(values, frequency), ahead), days, values, frequency)
        told[frequency] = found.frame["mean"]
        assert found.total[80][0] < told[frequency].sum() < found.total[80][1]
    assert told["D"].to_numpy() == pytest.approx(days.iloc[:28].to_numpy())
    assert told["W"][pd.Timestamp("2026-04-05")] == pytest.approx(days["2026-03-30":"2026-04-05"].sum())
    assert told["MS"][pd.Timestamp("2026-04-01")] == pytest.approx(days["2026-04-01":"2026-04-30"].sum())
    # Under way: nineteen days of March and four of its week are known.
    assert told["MS"].iloc[0] == pytest.approx(values["2026-03-01":].sum() + days[:"2026-03-31"].sum())
    assert told["W"].iloc[0] == pytest.approx(values["2026-03-16":].sum() + days[:"2026-03-22"].sum())


@pytest.mark.usefixtures("plain_learners")
def test_days_come_towards_what_months_say(values, monkeypatch):
    """Months that say half as much again, and are worth as much as days: April's sum lies in the middle of both, and
    every day moves alike. Worth four times as much, it lies at four fifths of the way."""
    alone = coherent.look(regular(values), len(values), 73, COMBINED)
    days = pd.Series(alone.forecast["combined"], alone.dates)["2026-04-01":"2026-04-30"]
    plain = coherent.coarser

    def months_only(*asked):
        found, said = plain(*asked)
        return (found * 1.5 if asked[2] == "MS" else found.iloc[:0]), said

    monkeypatch.setattr(coherent, "coarser", months_only)
    sizes = open_days(pd.date_range(values.index[0], "2026-04-30"))
    said = by(values, "MS") * 1.5
    even = regular(said / sizes.reindex(said.index))
    april = sizes.loc["2026-04-01"] * coherent.look(even, len(even.values), 3, COMBINED).forecast["combined"][1]
    for ratio, way in ((1.0, 1 / 2), (0.25, 4 / 5)):
        monkeypatch.setattr(coherent, "_ratio", lambda _values, _season, ratio=ratio: ratio)
        moved = coherent.by_day(values, span(values))["2026-04-01":"2026-04-30"]
        assert moved.sum() == pytest.approx((1 - way) * days.sum() + way * april, rel=2e-3)
        assert np.ptp((moved / days).to_numpy()) == pytest.approx(0, abs=1e-9)


def test_months_are_worth_more_where_the_time_of_the_year_says_more_than_the_latest_level():
    """Noise alone: both differ alike. A December of three times as much, every year: a year ago says nearly all."""
    rng, year = np.random.default_rng(0), np.where(np.arange(360) % 12 == 11, 3.0, 1.0)
    plain, december, grows = (
        coherent._ratio(one * rng.lognormal(0, 0.05, 360), 12)
        for one in (np.ones(360), year, np.exp(0.02 * np.arange(360)))
    )
    assert 0.4 < plain < 2.5
    assert december < 0.1
    assert grows > 4


@pytest.mark.usefixtures("plain_learners")
def test_months_that_were_not_there_twice_say_nothing_of_the_time_of_the_year():
    short = shop(700)
    alone = engine.look(regular(short), len(short), 73).forecast["combined"]
    assert coherent.by_day(short, span(short)).to_numpy() == pytest.approx(alone)


@pytest.mark.usefixtures("plain_learners")
def test_months_with_a_summer_break_do_not_pull_the_days_around_it_down():
    """A bakery shut on Mondays and every August: the open days of July sell what open days do, August nothing."""
    days = pd.date_range("2024-01-01", "2026-07-19")
    rate = pd.Series(np.array([0, 80, 90, 100, 120, 170, 130])[days.day_of_week] * (days.month != 8), days)
    values = pd.Series(np.random.default_rng(0).poisson(rate).astype(float), days)
    told = coherent.by_day(values, span(values))
    assert told["2026-07-20":"2026-07-31"].sum() == pytest.approx(690 + 80 + 90 + 100 + 120, rel=0.03)
    assert told["2026-08-01":"2026-08-31"].sum() == 0
    assert told["2026-09-01":"2026-09-30"].sum() == pytest.approx(4 * 690 + 80 + 90, rel=0.03)


@pytest.mark.usefixtures("plain_learners")
def test_of_a_month_under_way_only_the_rest_is_unsure(values):
    found = forecast(by(values, "MS"), 3)
    days = coherent.by_day(values, span(values))
    told = coherent.agreeing(found, days, values, "MS")
    known = values["2026-03-01":].sum()
    assert (told.futures[:, 0] >= known - 1e-6).all()
    wide, usual = (one.frame["hi-80"].iloc[0] - one.frame["lo-80"].iloc[0] for one in (told, found))
    assert 0.3 < wide / usual < 0.5  # twelve days of thirty-one are to come


@pytest.mark.usefixtures("plain_learners")
def test_months_after_the_days_go_on_at_the_level_of_the_days(values):
    """Two weeks at three times the level, taken for a new one: no month falls back to the old one."""
    risen = values.where(values.index <= LAST - pd.Timedelta(days=14), 3 * values)
    found = forecast(by(risen, "MS"), 6)
    told = coherent.agreeing(found, coherent.by_day(risen, span(risen)), risen, "MS").frame["mean"]
    level = 3 * values.mean() * pd.DatetimeIndex(told.index).days_in_month
    assert told.iloc[1:].to_numpy() == pytest.approx(level[1:], rel=0.12)


@pytest.mark.usefixtures("plain_learners")
def test_where_days_stand_apart_are_slow_or_have_ended_they_alone_tell(values):
    last = values.index > LAST - pd.Timedelta(days=14)
    slow = pd.Series(np.random.default_rng(0).poisson(0.1, 800).astype(float), values.index)
    for one in (values.where(~last, 3 * values), slow, values.where(values.index < LAST - pd.Timedelta(days=90), 0.0)):
        alone = engine.look(regular(one), len(one), 73).forecast["combined"]
        assert coherent.by_day(one, span(one)).to_numpy() == pytest.approx(alone)


@pytest.mark.usefixtures("plain_learners")
def test_a_new_level_is_asked_about_where_weeks_show_it(values):
    """The answer to the question of weeks is not moved by days."""
    weekly = by(values, "W")
    risen = weekly.where(weekly.index <= weekly.index[-5], 3 * weekly)
    found = forecast(risen, 4)
    assert found.otherwise is not None
    assert coherent.agreeing(found, coherent.by_day(values, span(values)), values, "W") is found


def test_parts_of_each_kind_add_up_to_everything():
    dates = pd.date_range("2026-04-01", periods=3)

    def days(*amounts):
        return pd.Series(amounts, dates, dtype=float)

    said = {coherent.ALL: days(100, 100, 30), ("category", "a"): days(60, 0, 0), ("category", "b"): days(20, 0, 0),
            ("store", "x"): days(90, 110, 0), ("store", "y"): days(30, 0, 30)}  # fmt: skip
    made = coherent.by_part(said)
    whole = [(100 + 80 + 120) / 3, (100 + 0 + 110) / 3, (30 + 0 + 30) / 3]
    assert made[coherent.ALL].tolist() == pytest.approx(whole)
    for kind in ("category", "store"):
        parts = [one for (of, _name), one in made.items() if of == kind]
        assert sum(parts).tolist() == pytest.approx(whole)
    assert made["category", "a"].iloc[0] == pytest.approx(75)  # three of four, as it said
    assert made["category", "a"].iloc[1] == pytest.approx(0.75 * whole[1])  # of days it said nothing of, as usual
