"""What stands out at the same time of every year, in series whose truth is set here."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from models.forecast import forecast
from models.forecast.occasions import ABOVE, ABOVE_ONCE, LATELY_ABOVE, expected
from models.forecast.panel import Panel, mean_forecast, panel
from models.forecast.series import learnable, regular
from models.forecast.yearly import Occasion, once, recurring
from models.stock.experience import experience
from models.stock.supply import Demand

END = pd.Timestamp("2026-11-28")
CHRISTMAS, WIDTH = 355, 15.0  # day of the year of the peak, and its standard deviation in days


def shop(seed: int, months: int, peak: float, noise: float = 0.12) -> tuple[pd.Series, pd.Series]:
    """Sales of a shop closed on Sundays and at Christmas, until four weeks after `END`, and their expectation."""
    rng = np.random.default_rng(seed)
    days = pd.date_range(END - pd.DateOffset(months=months), END + pd.Timedelta(days=28))
    week = np.array([0.8, 0.9, 0.9, 1.0, 1.4, 1.9, 0.0])[np.asarray(days.day_of_week)]
    season = 1 + peak * np.exp(-(((np.asarray(days.day_of_year) - CHRISTMAS) / WIDTH) ** 2))
    closed = ((days.month == 12) & np.isin(days.day, (25, 26))) | ((days.month == 1) & (days.day == 1))
    mean = np.where(closed, 0.0, 300 * week * season)
    return pd.Series(mean * rng.gamma(1 / noise**2, noise**2, len(days)), days), pd.Series(mean, days)


@pytest.mark.parametrize(("months", "room"), [(39, 0.06), (27, 0.08), (14, 0.2)])
def test_december_comes_again(months: int, room: float) -> None:
    """Without it 28 days before Christmas were told a fifth too low after two years, a third after one."""
    off = []
    for seed in range(3):
        sold, mean = shop(seed, months, peak=1.0)
        found = forecast(sold[:END], 28)
        off.append(found.frame["mean"].sum() / mean[END:].iloc[1:].sum() - 1)
        said = [one for one in found.findings if one.message == (ABOVE if months > 24 else ABOVE_ONCE)]
        assert len(said) == 1
        assert abs((said[0].days["day"] - pd.Timestamp("2026-12-21").date()).days) <= 6
        assert int(said[0].values["years"]) == months // 12
    assert abs(np.mean(off)) < room, off


def test_nothing_stands_out_of_noise() -> None:
    said = []
    for seed in range(20):
        sold, _mean = shop(seed, 27, peak=0.0, noise=0.2)
        kept = sold[sold > 0][:END]
        found = recurring(kept, "D")
        said.append(0.0 if found is None else np.abs(found(pd.date_range(END, periods=366)[1:])).mean())
    assert np.mean(said) < 0.002
    assert np.max(said) < 0.02


def test_a_new_level_is_no_time_of_the_year() -> None:
    sold, _mean = shop(3, 27, peak=0.0)
    sold[END - pd.Timedelta(days=20) :] *= 2
    kept = sold[sold > 0][:END]
    found = recurring(kept, "D")
    soon = pd.date_range(END - pd.Timedelta(days=20), periods=49)
    assert found is None or np.abs(found(soon)).max() < 0.02


def test_what_came_once_in_three_years_is_not_expected() -> None:
    """Three years, one of which had a week at three times the usual: years that disagree are no rule."""
    sold, _mean = shop(4, 39, peak=0.0)
    sold["2024-12-10":"2024-12-20"] *= 3
    found = recurring(sold[sold > 0][:END], "D")
    ahead = pd.date_range(END, periods=29)[1:]
    assert found is None or np.abs(found(ahead)).max() < 0.05


@pytest.mark.parametrize(("frequency", "years", "horizon"), [("W", 3, 5), ("W", 2, 5), ("MS", 1.9, 2)])
def test_weeks_and_months_have_it_too(frequency: str, years: float, horizon: int) -> None:
    """A range that sells twice as much in the four weeks, or the month, before Christmas."""
    rng = np.random.default_rng(5)
    steps = pd.date_range(end="2026-12-31", periods=int(years * (53 if frequency == "W" else 12)), freq=frequency)
    before = np.asarray(steps.month == 12)
    sold = pd.Series(1000.0 * np.where(before, 2.0, 1.0) * rng.gamma(1 / 0.05**2, 0.05**2, len(steps)), steps)
    known = sold[:"2026-11-30"]
    said = forecast(known, horizon).frame["mean"]["2026-12"]
    assert said.sum() == pytest.approx(2000 * len(said), rel=0.2)


def test_two_decembers_tell_a_third() -> None:
    """By the month, each December 1.5 to 2.2 times the others: 0.88 of it was told after 25 months."""
    told = []
    for seed in range(4):
        rng = np.random.default_rng([25, seed])
        steps = pd.date_range(end="2026-12-01", periods=26, freq="MS")
        mean = 1000 * np.where(steps.month == 12, rng.uniform(1.5, 2.2), np.where(steps.month == 11, 1.2, 1.0))
        sold = pd.Series(mean * rng.gamma(1 / 0.06**2, 0.06**2, len(steps)), steps)
        told.append(forecast(sold.iloc[:-1], 1).frame["mean"].iloc[0] / mean[-1])
    assert np.mean(told) == pytest.approx(1, abs=0.06)


def test_what_a_promotion_explains_is_no_time_of_the_year() -> None:
    """Twice the sales in a promotion a year ago, none planned: it is not expected, and what is planned is."""
    sold, mean = shop(6, 27, peak=0.0)
    promotion = pd.DataFrame({"promotion": 0.0}, sold.index)
    for start in ("2025-03-03", "2025-06-02", "2025-12-01", "2026-04-06"):
        days = pd.date_range(start, periods=14)
        sold[days] *= 2
        promotion.loc[days, "promotion"] = 1.0
    true = mean[END:].iloc[1:].sum()
    without = forecast(sold[:END], 28, future=promotion)
    assert without.frame["mean"].sum() == pytest.approx(true, rel=0.08)
    promotion.loc[END + pd.Timedelta(days=1) :, "promotion"] = 1.0
    assert forecast(sold[:END], 28, future=promotion).frame["mean"].sum() == pytest.approx(2 * true, rel=0.15)


def test_december_comes_again_beside_promotions() -> None:
    sold, mean = shop(7, 27, peak=1.0)
    promotion = pd.DataFrame({"promotion": 0.0}, sold.index)
    for start in ("2025-03-03", "2025-09-01", "2026-04-06"):
        days = pd.date_range(start, periods=14)
        sold[days] *= 1.6
        promotion.loc[days, "promotion"] = 1.0
    said = forecast(sold[:END], 28, future=promotion).frame["mean"].sum()
    assert said == pytest.approx(mean[END:].iloc[1:].sum(), rel=0.1)


@pytest.mark.parametrize(("months", "room"), [(27, 0.06), (15, 0.13)])
def test_products_have_the_december_of_their_category(months: int, room: float) -> None:
    """Sixty slow products in four categories; after one December they were told 0.74 of what the next one sold."""
    rng = np.random.default_rng(8)
    days = pd.date_range(END - pd.DateOffset(months=months), END + pd.Timedelta(days=28))
    family = np.arange(60) % 4
    peak = np.array([1.5, 1.0, 0.5, 0.0])[family][:, None]
    week = np.array([0.8, 0.9, 0.9, 1.0, 1.4, 1.9, 0.0])[np.asarray(days.day_of_week)]
    away = (np.asarray(days.day_of_year) - CHRISTMAS) / WIDTH
    mean = rng.lognormal(0.5, 1, 60)[:, None] * week * (1 + peak * np.exp(-(away**2)))
    known = days <= END
    lines = pd.DataFrame(
        {
            "product": np.repeat([f"{one:02d}" for one in range(60)], known.sum()),
            "category": np.repeat([f"c{one}" for one in family], known.sum()),
            "date": np.tile(days[known], 60),
            "units": rng.poisson(mean[:, known]).ravel().astype(float),
        }
    )
    said = mean_forecast(panel(lines, ["product", "category"], "D"), 28, seed=0)
    true = mean[:, ~known]
    assert said.sum() == pytest.approx(true.sum(), rel=room)
    high, none = family == 0, family == 3
    assert said[high].sum() / said[none].sum() == pytest.approx(true[high].sum() / true[none].sum(), rel=0.25)


@pytest.mark.parametrize("growth", [-0.3, 0.5])
def test_growth_is_no_time_of_the_year(growth: float) -> None:
    rng = np.random.default_rng(9)
    weeks = pd.date_range(end=END, periods=80, freq="W-SAT")
    level = (1 + growth) ** (np.arange(80) / 52)
    found = recurring(pd.Series(1000 * level * rng.gamma(1 / 0.03**2, 0.03**2, 80), weeks), "W")
    assert found is None or np.abs(found(pd.date_range(END, periods=53, freq="W-SAT"))).mean() < 0.01


EASTER = ("2023-04-09", "2024-03-31", "2025-04-20", "2026-04-05")  # https://www.census.gov/data/software/x13as/genhol
RAMADAN = ("2023-03-23", "2024-03-11", "2025-03-01", "2026-02-18")  # its first days


def feasted(seed: int, since: str, until: str, factor: np.ndarray) -> pd.Series:
    days = pd.date_range(since, until)
    week = np.array([0.8, 0.9, 0.9, 1.0, 1.4, 1.9, 0.9])[np.asarray(days.day_of_week)]
    return pd.Series(300 * week * factor, days) * np.random.default_rng(seed).gamma(70, 1 / 70, len(days))


def around(since: str, until: str, feasts: tuple[str, ...], first: int, last: int) -> np.ndarray:
    """1.8 from so many days after each feast to so many, 1 elsewhere."""
    days = pd.date_range(since, until)
    after = np.stack([(days - pd.Timestamp(feast)).days for feast in feasts])
    return np.where(((after >= first) & (after <= last)).any(axis=0), 1.8, 1.0)


@pytest.mark.parametrize("frequency", ["D", "W"])
@pytest.mark.parametrize(("feasts", "first", "last"), [(EASTER, -10, 1), (RAMADAN, -7, 29)])
def test_a_feast_that_moves_is_expected_where_it_will_be(
    frequency: str, feasts: tuple[str, ...], first: int, last: int
) -> None:
    """Two or three weeks earlier than a year ago: at last year's dates nothing is expected."""
    since, until = "2023-01-02", str((pd.Timestamp(feasts[-1]) + pd.Timedelta(days=first - 15)).date())
    sold = feasted(1, since, until, around(since, until, feasts, first, last))
    if frequency == "W":
        sold = sold.resample(f"W-{sold.index[-1].day_name()[:3].upper()}").sum().iloc[1:]
    found = recurring(sold, frequency)
    assert found is not None
    came = pd.date_range(pd.Timestamp(feasts[-1]) + pd.Timedelta(days=first - 10), periods=last - first + 21)
    # Its edges are spread, in logarithms: a little less than all of it.
    assert np.exp(found(came)).sum() == pytest.approx(len(came) + 0.8 * (last - first + 1), rel=0.08)
    after = pd.Timestamp(feasts[-1]) + pd.Timedelta(days=last + 11)
    gone = pd.date_range(after, pd.Timestamp(feasts[-2]) + pd.DateOffset(years=1) + pd.Timedelta(days=last))
    assert len(gone)
    assert np.abs(found(gone)).mean() < 0.05


def test_a_fixed_date_in_spring_is_no_feast() -> None:
    since, until = "2023-01-02", "2026-03-01"
    fixed = ("2023-04-10", "2024-04-10", "2025-04-10")
    found = recurring(feasted(2, since, until, around(since, until, fixed, -6, 6)), "D")
    assert found is not None
    assert not found.moving
    came = pd.date_range("2026-03-25", "2026-04-26")
    assert np.exp(found(came)).sum() == pytest.approx(len(came) + 0.8 * 13, rel=0.08)


@pytest.mark.parametrize("factor", [2.5, 0.4])
def test_what_was_seen_once_in_summer_is_mostly_not_expected(factor: float) -> None:
    """A clearance, or works, of two weeks a year ago: of such things a fifth came again in real shops."""
    since, until, end = "2025-03-01", "2026-06-29", pd.Timestamp("2026-06-01")
    days = pd.date_range(since, until)
    sold = feasted(3, since, until, np.where((days >= "2025-06-08") & (days <= "2025-06-21"), factor, 1.0))
    said = forecast(sold[:end], 28).frame["mean"].sum()
    assert said == pytest.approx(sold[end:].iloc[1:].sum(), rel=0.13)


def test_a_december_without_the_november_before_it_says_nothing() -> None:
    """Twelve months of a shop: whether December stands out from a November is not known."""
    sold, _mean = shop(10, 12, peak=1.0)
    found = recurring(sold[sold > 0][:END], "D")
    assert found is None or not found(pd.date_range(END, periods=15)).any()


def clearance(seed: int, months: int) -> tuple[pd.Series, pd.Series]:
    """A shop without a Christmas that sold 2.2 times as much in 16 days a year ago; and what it sells without it."""
    sold, mean = shop(seed, months, peak=0.0)
    sold["2025-12-05":"2025-12-20"] *= 2.2
    return sold[:END], mean


@pytest.mark.parametrize(("months", "message"), [(15, ABOVE_ONCE), (27, LATELY_ABOVE)])
def test_what_somebody_says_happened_once_is_left_out(months: int, message: str) -> None:
    """Told 1.4 to 1.5 times the truth after one year, 1.09 after two; and it is only half of what comes if it comes."""
    off, wide = [], []
    for seed in range(2):
        known, mean = clearance(seed, months)
        plain = forecast(known, 28)
        (asked,) = expected(plain.window)
        assert [one.values["years"] for one in plain.findings if one.message == message] == [str(months // 12)]
        assert pd.Timestamp("2025-11-25") < asked.first <= pd.Timestamp("2025-12-05")
        assert pd.Timestamp("2025-12-20") <= asked.last < pd.Timestamp("2026-01-05")
        answered = forecast(known, 28, said=[asked.occasion(again=False)])
        off.append(answered.frame["mean"].sum() / mean[END:].iloc[1:].sum() - 1)
        wide.append(np.diff(answered.total[80])[0] / np.diff(plain.total[80])[0])
        assert not expected(answered.window)
        if months < 24:
            # What is shown beside the question is what comes of the answer.
            either = float((plain.frame["mean"] * asked.once).sum())
            assert either == pytest.approx(answered.frame["mean"].sum(), rel=0.03)
    assert np.abs(off).max() < 0.05, off
    assert np.mean(wide) < (0.5 if months < 24 else 1.1)


@pytest.mark.parametrize("months", [15, 27])
def test_what_somebody_says_comes_every_year_is_expected_whole(months: int) -> None:
    """Before, 0.90 of it was told after one year and 0.71 after two, now 0.94 and 0.93: a kernel flattens the peak."""
    sold, mean = shop(2, months, peak=0.0)
    fair = pd.Series(1 + np.exp(-(((np.asarray(sold.index.day_of_year) - 347) / 10) ** 2)), sold.index)
    known, then = (sold * fair.where(fair.index > "2025-06-01", 1.0))[:END], mean * fair
    (asked,) = expected(forecast(known, 28).window)
    answered = forecast(known, 28, said=[asked.occasion(again=True)])
    assert answered.frame["mean"].sum() == pytest.approx(then[END:].iloc[1:].sum(), rel=0.08)
    assert [one.message for one in answered.findings if one.days].count(ABOVE) == 1


def test_an_answer_by_day_holds_for_weeks_and_months() -> None:
    said = [Occasion(date(2025, 12, 3), date(2025, 12, 22), again=False)]
    weeks = pd.date_range("2025-11-30", periods=5, freq="W")
    assert once(weeks, "W", said).tolist() == [False, True, True, True, False]  # two days of the last
    months = pd.date_range("2025-10-01", periods=4, freq="MS")
    assert once(months, "MS", said).tolist() == [False, False, True, False]
    assert not once(months, "MS", [Occasion(date(2025, 12, 3), date(2025, 12, 22), again=True)]).any()


def test_a_panel_leaves_out_what_happened_once_and_expects_what_comes_again() -> None:
    """Forty products in two categories, all of which sold twice as much in December 2025; by months until November."""
    rng = np.random.default_rng(9)
    months = pd.date_range("2025-01-01", "2026-11-01", freq="MS")
    level = rng.uniform(40, 400, 40)[:, None]
    values = rng.poisson(level * np.where(months == "2025-12-01", 2.0, 1.0)).astype(np.float32)
    keys = pd.DataFrame(
        {"product": [f"p{one}" for one in range(40)], "category": np.where(np.arange(40) % 2, "a", "b")}
    )
    days = Occasion(date(2025, 12, 1), date(2025, 12, 31), again=False)
    parts = {"once": {("", ""): [days]}, "of a": {("category", "a"): [days]},
             "again": {("", ""): [replace(days, again=True)]}}  # fmt: skip
    ratio = {}
    for name, said in parts.items():
        mean = mean_forecast(Panel(values, months, keys, "MS", said).usual(), 1, 0)[:, 0]
        ratio[name] = [mean[keys["category"] == one].sum() / level[keys["category"] == one].sum() for one in "ab"]
    assert ratio["once"] == pytest.approx([1, 1], rel=0.05)
    assert ratio["of a"][0] == pytest.approx(1, rel=0.05)
    assert ratio["of a"][1] > 1.5
    assert ratio["again"] == pytest.approx([2, 2], rel=0.1)


def test_stock_leaves_out_what_happened_once() -> None:
    rng = np.random.default_rng(10)
    days = pd.date_range("2025-07-01", "2026-11-28")
    rate = rng.uniform(2, 20, 30)
    factor = np.where((days >= "2025-12-05") & (days <= "2025-12-20"), 3.0, 1.0)
    sold = rng.poisson(rate[:, None] * factor).astype(float)
    goods = pd.DataFrame({"product": [str(one) for one in range(30)], "supplier": None})
    demand = Demand(goods, days, sold, sold, np.zeros(sold.shape, bool), 0)
    said = [Occasion(date(2025, 12, 3), date(2025, 12, 22), again=False)]
    told = [experience(demand, 4, said=one).forecast[-1][:, -1].sum() / (28 * rate.sum()) for one in ((), said)]
    assert told[0] > 1.15
    assert told[1] == pytest.approx(1, abs=0.05)


def test_orders_before_christmas_know_of_it() -> None:
    """0.74 was told of slow products and 0.72 of quick ones: what is usual of them knew no time of the year."""
    rng = np.random.default_rng(11)
    days = pd.date_range("2024-08-21", "2026-12-19")
    slow = np.arange(80) % 2 == 0
    rate = np.where(slow, rng.uniform(0.1, 0.4, 80), rng.uniform(2, 12, 80))[:, None]
    mean = rate * (1 + np.exp(-(((np.asarray(days.day_of_year) - CHRISTMAS) / WIDTH) ** 2)))
    known = np.asarray(days <= "2026-11-21")
    sold = rng.poisson(mean[:, known]).astype(float)
    goods = pd.DataFrame({"product": [str(one) for one in range(80)], "supplier": None})
    told = experience(Demand(goods, days[known], sold, sold, np.zeros(sold.shape, bool), 0), 4).forecast[-1][:, -1]
    assert told[~slow].sum() == pytest.approx(mean[~slow][:, ~known].sum(), rel=0.05)
    assert told[slow].sum() == pytest.approx(mean[slow][:, ~known].sum(), rel=0.1)


def test_products_by_month_have_the_december_of_their_category() -> None:
    """After two Decembers 0.86 of the third was told of sixty products, 0.79 where it is highest."""
    rng = np.random.default_rng(12)
    months = pd.date_range(end="2026-12-01", periods=27, freq="MS")
    family = np.arange(60) % 3
    peak = np.where(months.month == 12, np.array([1.2, 0.8, 0.4])[family][:, None], 0)
    mean = rng.lognormal(3.5, 1, 60)[:, None] * (1 + peak)
    keys = pd.DataFrame({"product": [str(one) for one in range(60)], "category": family.astype(str)})
    history = Panel(rng.poisson(mean[:, :-1]).astype(np.float32), months[:-1], keys, "MS")
    told = mean_forecast(history, 1, 0)[:, 0]
    for one in range(3):
        assert told[family == one].sum() == pytest.approx(mean[family == one, -1].sum(), rel=0.08)


def winter(seed: int, months: int, share: float) -> tuple[pd.Series, pd.Series]:
    """Units of a shop that sells a `share` of the usual in January, until mid-February 2027, and their expectation."""
    rng = np.random.default_rng(seed)
    days = pd.date_range(pd.Timestamp("2026-12-31") - pd.DateOffset(months=months), "2027-02-11")
    week = np.array([0.8, 0.9, 0.9, 1.0, 1.4, 1.9, 0.0])[np.asarray(days.day_of_week)]
    mean = 100 * week * np.where(days.month == 1, share, 1.0)
    return pd.Series(rng.poisson(mean * rng.gamma(44, 1 / 44, len(days))).astype(float), days), pd.Series(mean, days)


def by_month(said: pd.Series, mean: pd.Series) -> tuple[float, float]:
    """What is said of January and of February over the truth."""
    sums = [one[one.index.month == month].sum() for month in (1, 2) for one in (said, mean[said.index])]
    return sums[0] / sums[1], sums[2] / sums[3]


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_a_month_that_is_another_one_keeps_its_first_and_last_day(share: float) -> None:
    """A smooth kernel told 2.3 times as much of a January at a twentieth, and of the February after it 0.8 of it."""
    told = []
    for seed in range(2):
        sold, mean = winter(seed, 26, share)
        told.append(by_month(forecast(sold[:"2026-12-31"], 42).frame["mean"], mean))
    january, february = np.mean(told, axis=0)
    assert january == pytest.approx(1, abs=0.2)
    assert february == pytest.approx(1, abs=0.12)


def test_a_day_without_a_sale_is_not_closed_where_next_to_nothing_is_sold() -> None:
    """One unit a day: these days were taken for closed ones, and their month for what the others sell."""
    sold, mean = winter(4, 26, 0.01)
    known = sold[:"2026-12-31"]
    found = learnable(regular(known))
    open_days = known["2026-01"][known["2026-01"].index.day_of_week < 6].iloc[1:]  # but New Year's Day
    assert (open_days == 0).sum() > 5
    assert found.grid["2026-01"].iloc[-len(open_days) :].tolist() == open_days.to_list()
    said = forecast(known, 42).frame["mean"]
    assert said[said.index.month == 1].sum() < 3 * mean[said.index][said.index.month == 1].sum()


def test_a_quiet_month_that_is_said_to_come_again_is_not_drawn_in() -> None:
    """After the answer it was told three times too high: the days of the year before had been taken for outliers."""
    sold, mean = winter(1, 14, 0.05)
    (asked,) = expected(forecast(sold[:"2026-12-31"], 42).window)
    answered = forecast(sold[:"2026-12-31"], 42, said=[asked.occasion(again=True)])
    january, february = by_month(answered.frame["mean"], mean)
    assert january == pytest.approx(1, abs=0.25)
    assert february == pytest.approx(1, abs=0.12)
