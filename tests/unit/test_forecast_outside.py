"""A number from outside beside a series: what is known of it in time, and whether it helps, on truths that are set."""

import numpy as np
import pandas as pd
import pytest

from models.forecast import engine, outside
from models.forecast.series import CannotForecast

QUICK = ("seasonal naive", "ridge")  # one of the learners that know it: all five take seconds a window


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(engine, "COMBINED", QUICK[1:])
    monkeypatch.setattr(outside, "QUICK", QUICK)


def epidemic(rng, days):
    """Cases a day, 7-day average, in waves of random height that come when they like."""
    when, cases, at = np.arange(days), np.full(days, 2.0), 20.0
    while at < days + 60:
        cases += rng.lognormal(5.5, 0.7) * np.exp(-0.5 * ((when - at) / rng.uniform(12, 20)) ** 2)
        at += rng.uniform(50, 110)
    dates = pd.date_range("2020-01-01", periods=days)
    return pd.Series(cases * rng.lognormal(0, 0.03, days), dates).rolling(7, min_periods=1).mean()


def shop(rng, cases, lag=14, effect=0.0, noise=0.05):
    """Sales that fall while there were many cases `lag` days before, by weekday, with noise."""
    week = np.array([0.9, 0.95, 1, 1.05, 1.3, 1.4, 0.7])[cases.index.day_of_week]
    driven = np.sqrt(cases.shift(lag, fill_value=cases.iloc[0]) / 500)
    return (1000 * week * np.exp(-effect * driven) * rng.lognormal(0, noise, len(cases))).iloc[60:]


@pytest.mark.parametrize("seed", range(2))
def test_what_drives_sales_two_weeks_later_is_found_to_help_a_week_ahead(quick, seed):
    rng = np.random.default_rng(seed)
    cases = epidemic(rng, 600)
    found = outside.trial(shop(rng, cases, effect=0.9), cases, 7)
    assert found.answer == "helps", found.gain
    assert found.gain.lo > 0.05
    assert found.forecast is not None
    assert found.windows["with"].mean() < found.windows["without"].mean()
    assert (found.windows["start"] > found.windows["origin"]).all()


def test_what_has_nothing_to_do_with_sales_is_not_found_to_help(quick):
    helps = 0
    for seed in range(6):
        rng = np.random.default_rng(100 + seed)
        sold = shop(rng, epidemic(rng, 400), effect=0.5)
        helps += outside.trial(sold, epidemic(rng, 400), 7, windows=12).answer == "helps"
    assert helps == 0


def test_the_future_of_the_series_itself_does_not_help_as_nobody_knows_it_in_time(quick):
    rng = np.random.default_rng(5)
    level = 1000 * np.exp(np.cumsum(rng.normal(0, 0.06, 360)))
    sold = pd.Series(level, pd.date_range("2021-01-01", periods=360))
    same = outside.trial(sold, sold, 7, windows=10)
    assert same.answer != "helps"
    told_in_time = outside.trial(sold, sold.shift(-9).ffill(), 7, windows=10)  # as an oracle would, nine days before
    assert told_in_time.answer == "helps"
    assert told_in_time.gain.mean > 0.3


def test_no_forecast_of_the_past_changes_with_what_is_out_later(quick):
    rng = np.random.default_rng(7)
    cases = epidemic(rng, 300)
    sold = shop(rng, cases, effect=0.5)
    history = outside.regular(sold)
    dates = history.dates.append(history.ahead(14))

    def said(numbers):
        told = outside.numbers(numbers, dates, "D", 14)
        return engine.look(history, 200, 14, QUICK, told).forecast[engine.DEFAULT]

    origin = history.dates[199]
    changed = cases.where(cases.index < origin, 1e6)  # also that of the origin's day is out two days later
    assert said(cases).tolist() == said(changed).tolist()
    earlier = cases.where(cases.index < origin - pd.Timedelta(days=3), 1e4)
    assert said(cases).tolist() != said(earlier).tolist()


@pytest.mark.parametrize(("frequency", "horizon"), [("D", 5), ("W", 3), ("MS", 2)])
def test_every_step_is_told_by_what_is_out_a_horizon_before_it(frequency, horizon):
    days = pd.date_range("2021-01-01", "2023-12-31")
    ordinal = pd.Series((days - days[0]).days.to_numpy(float) ** 2, days)  # whose root is the number of the day
    dates = pd.date_range("2022-06-01", periods=12, freq={"W": "W-SUN"}.get(frequency, frequency))
    told = outside.numbers(ordinal, dates, frequency, horizon)
    for place in range(horizon, len(dates)):
        origin = dates[place - horizon]
        ends = origin + pd.offsets.MonthEnd(0) if frequency == "MS" else origin
        youngest = told.iloc[place, 0]
        assert youngest <= (ends - days[0]).days - outside.LATE
        assert youngest >= (origin - days[0]).days - outside.LATE
    assert (np.diff(told.to_numpy(), axis=1) < 0).all()  # each column is older than the one before


def test_before_an_outbreak_there_was_nothing_and_before_the_first_report_nobody_knows():
    dates = pd.date_range("2020-01-01", periods=60)
    outbreak = pd.Series([0.0, 0, 4, 9], pd.date_range("2020-02-01", periods=4))
    told = outside.numbers(outbreak, dates, "D", 1)["outside 0"]
    assert (told.loc[:"2020-02-04"] == 0).all()
    assert told["2020-02-06"] == 2.0
    assert told.loc["2020-02-08":].isna().all()
    assert outside.numbers(outbreak + 1, dates, "D", 1)["outside 0"].loc[:"2020-02-03"].isna().all()


def test_where_it_cannot_be_tried_a_sentence_says_why(quick):
    rng = np.random.default_rng(3)
    cases = epidemic(rng, 300)
    sold = shop(rng, cases)
    with pytest.raises(CannotForecast, match="too few days in common"):
        outside.trial(sold, cases.set_axis(cases.index + pd.Timedelta(days=3000)), 7)
    with pytest.raises(CannotForecast, match="did not change"):
        outside.trial(sold, cases * 0 + 3, 7, windows=8)
    with pytest.raises(CannotForecast, match="slow demand"):
        outside.trial(sold.where(rng.random(len(sold)) < 0.2, 0.0).round(), cases, 7, windows=8)


def test_a_number_that_ends_early_is_judged_and_tells_nothing_of_the_days_to_come(quick):
    rng = np.random.default_rng(4)
    cases = epidemic(rng, 400)
    sold = shop(rng, cases, effect=0.9)
    found = outside.trial(sold, cases.iloc[:-60], 7, windows=8)
    assert found.forecast is None
    assert found.until == cases.index[-61] + pd.Timedelta(days=7 + outside.LATE)


def test_the_interval_is_student_s_of_the_paired_differences():
    without, with_it = np.array([10.0, 12, 8, 10]), np.array([9.0, 10, 8, 9])
    gain = outside._gain(without, with_it)
    share = np.array([0.1, 0.2, 0.0, 0.1])
    assert gain.mean == pytest.approx(0.1)
    assert gain.hi - gain.mean == pytest.approx(3.182446 * share.std(ddof=1) / 2)
    trial = outside.Trial(pd.DataFrame(), gain, None, pd.Timestamp(0))
    assert trial.answer == "unknown"
    for lo, hi, answer in ((0.01, 0.2, "helps"), (-0.2, -0.01, "worse"), (-0.02, 0.02, "same"), (0.001, 0.02, "same")):
        made = outside.Trial(pd.DataFrame(), outside.Gain((lo + hi) / 2, lo, hi), None, pd.Timestamp(0))
        assert made.answer == answer
