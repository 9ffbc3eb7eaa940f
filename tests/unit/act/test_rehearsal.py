"""What a rule would have done: numbers of Ask, of pandas and of plain loops; and what the data cannot say."""

from datetime import date, timedelta
from functools import partial

import duckdb
import numpy as np
import pandas as pd
import pytest

from models.act import measured, rules
from models.act.measured import read
from models.act.rehearsal import Scores, judge, rehearse, score
from models.act.rules import Rule, Unfit
from models.ask import definitions, statement
from models.ask.query import Filter, Query

pytestmark = pytest.mark.xdist_group("act")
FIRST = date(2024, 1, 1)


def shop(frame, calendar=None):
    """What asks SQL of some lines, and their catalogue."""
    lines = pd.DataFrame({"line_type": "sale", "unit_price": 1.0, "currency": "GBP"}, index=frame.index).assign(
        **{name: frame[name] for name in frame}
    )
    connection = duckdb.connect()
    connection.register("_lines", lines)
    connection.execute("CREATE TABLE sales AS SELECT *, quantity * unit_price AS amount FROM _lines")
    columns = {"sales": {name: str(kind) for name, kind in lines.dtypes.items()}}
    if calendar is not None:
        connection.register("_calendar", calendar)
        connection.execute("CREATE TABLE calendar AS SELECT * FROM _calendar")
        columns["calendar"] = {name: str(kind) for name, kind in calendar.dtypes.items()}
    span = lines["timestamp"].min().date(), lines["timestamp"].max().date()
    return partial(_ask, connection), definitions.catalogue(columns, span)


def _ask(connection, sql, **values):
    return connection.cursor().execute(sql, values or None).df()


def by_day(units, **more):
    """A line a day (and thing) with so many units, at ten o'clock."""
    days = pd.date_range(FIRST, periods=len(units))
    frame = pd.DataFrame({"timestamp": days + pd.Timedelta(hours=10), "quantity": np.asarray(units, float), **more})
    return frame[frame["quantity"] != 0]


def scores(values, threshold_of="number"):
    values = np.asarray(values, float)
    days = np.datetime64(FIRST, "D") + np.arange(len(values))
    many = np.full(values.shape, 100.0)
    return Scores(days, tuple(f"l{one}" for one in range(values.shape[1])), values, values, many * np.nan, many)


# --- the same number as Ask


@pytest.mark.parametrize("window", [1, 7])
@pytest.mark.parametrize("by", ["", "store", "category"])
@pytest.mark.parametrize(
    "measure", ["revenue", "orders", "basket", "margin", "margin_rate", "return_rate", "new_customers", "shipping"]
)
def test_a_rules_number_is_that_of_ask_to_the_cent(kept, measure, by, window):
    ask, known = kept
    past = read(known, Rule(measure, by=by, window=window), ask)
    for day in (date(2026, 3, 12), date(2026, 11, 28), date(2026, 9, 5)):
        period = f"{day - timedelta(days=window - 1)}/{day}"
        asked = statement.answer(known, Query((measure,), by=(by,) if by else (), period=period), ask).table
        expected = dict(zip(asked[by] if by else [""], asked[measure], strict=True))
        place = int((np.datetime64(day) - past.days[0]).astype(int))
        for level, value in zip(past.levels, past.values[place], strict=True):
            wanted = expected.get(level, np.nan)
            if pd.isna(wanted) and past.counted:
                wanted = 0.0  # a day without a line is a day of nothing
            assert value == pytest.approx(wanted, abs=0.005, nan_ok=True), (day, level)


def test_filters_are_those_of_ask(kept):
    ask, known = kept
    filters = (Filter("store", ("LON", "WEB")), Filter("category", ("Toys",), kept=False))
    past = read(known, Rule("revenue", filters=filters), ask)
    asked = statement.answer(known, Query(("revenue",), filters=filters, grain="day", period="2026-06"), ask).table
    place = past.days.searchsorted(asked["step"].to_numpy().astype("datetime64[D]"))
    np.testing.assert_allclose(past.values[place, 0], asked["revenue"], atol=0.005)


def test_text_in_a_filter_is_a_value_and_no_sql(kept):
    ask, known = kept
    rule = Rule("revenue", filters=(Filter("store", ("x'); DROP TABLE sales; --",)),))
    assert read(known, rule, ask).levels == ()
    assert len(ask("SELECT 1 FROM sales LIMIT 1")) == 1


# --- what is held against what


def test_changes_against_the_same_weekday_and_last_year_by_pandas():
    draw = np.random.default_rng(0)
    units = draw.poisson(50, 800).astype(float) + 1
    ask, known = shop(by_day(units, product="p"))
    series = pd.Series(units)
    for window in (1, 7, 14):
        rolled = series.rolling(window).sum()
        apart = max(7, window)
        for against, base in (
            ("weekday", sum(rolled.shift(apart * week) for week in range(1, 5)) / 4),
            ("year", rolled.shift(364)),
        ):
            rule = Rule("units", against=against, kind="changed", threshold=0.2, window=window)
            found = score(rule, read(known, rule, ask))
            np.testing.assert_allclose(found.score[:, 0], (rolled / base - 1).to_numpy()[-364:], atol=1e-9)
            hits = set(found.days[np.abs((rolled / base - 1).to_numpy()[-364:]) > 0.2])
            fired = rehearse(Rule(**{**rule.__dict__, "cooldown": 0}), found).fired["day"]
            assert set(fired.to_numpy().astype("datetime64[D]")) == hits
            assert hits or window > 1


def test_outside_under_and_over_a_number():
    values = [[5.0], [10.0], [15.0], [20.0], [25.0]]
    for kind, threshold, upper, days in (
        ("under", 10, None, [0]),
        ("over", 20, None, [4]),
        ("outside", 10, 20, [0, 4]),
    ):
        rule = Rule("revenue", kind=kind, against="number", threshold=threshold, upper=upper, cooldown=0)
        fired = rehearse(rule, scores(values)).fired
        assert [(day.date() - FIRST).days for day in fired["day"]] == days


def test_a_place_in_the_forecasts_band_and_a_day_that_comes_twice():
    ask, known = shop(by_day([100.0] * 100, product="p"))
    days = pd.date_range(FIRST, periods=100)
    band = pd.DataFrame({"day": days[90:], "mean": 100.0, "low": 80.0, "high": 130.0})
    band = pd.concat([band, pd.DataFrame({"day": [days[95]], "mean": [140.0], "low": [120.0], "high": [150.0]})])
    rule = Rule("units", against="band", kind="under", threshold=1.0)
    found = score(rule, read(known, rule, ask), band)
    assert np.isnan(found.score[:90]).all()
    assert found.score[92, 0] == 0
    assert found.score[95, 0] == pytest.approx(-2)  # the forecast that was made last counts
    assert list(rehearse(rule, found).fired["day"]) == [days[95]]


def test_days_in_a_row_and_quiet_days_as_a_plain_loop_has_them():
    draw = np.random.default_rng(5)
    values = draw.random((365, 40))
    values[draw.random(values.shape) < 0.15] = np.nan
    for days in (1, 2, 3):
        for cooldown in (0, 1, 5):
            rule = Rule("revenue", against="number", kind="over", threshold=0.45, days=days, cooldown=cooldown)
            expected = set()
            for level in range(40):
                row, last = 0, -(10**9)
                for day in range(365):
                    if np.isnan(values[day, level]):
                        continue
                    row = row + 1 if values[day, level] > 0.45 else 0
                    if row >= days:
                        if day - last > cooldown:
                            expected.add((day, f"l{level}"))
                        last = day
            fired = rehearse(rule, scores(values)).fired
            days_fired = [(day.date() - FIRST).days for day in fired["day"]]
            assert set(zip(days_fired, fired["level"], strict=True)) == expected


def test_a_least_volume_holds_back_what_is_of_few_lines_and_not_a_fall():
    units = np.r_[np.full(100, 3.0), [0.0], np.full(30, 3.0)]
    frame = pd.concat([by_day(units, product="few"), *[by_day(units, product=f"many{one}") for one in range(5)]])
    frame["store"] = np.where(frame["product"] == "few", "small", "large")
    other = by_day(np.full(131, 1.0), product="other", store="open")
    ask, known = shop(pd.concat([frame, other], ignore_index=True))
    rule = Rule("units", by="store", against="number", kind="under", threshold=0.5, volume=4)
    fired = rehearse(rule, score(rule, read(known, rule, ask))).fired
    assert list(fired["level"]) == ["large"]  # it sold nothing that day, and usually five lines
    assert fired["day"].iloc[0] == pd.Timestamp(FIRST) + pd.Timedelta(days=100)


def test_what_people_said_of_it_is_counted():
    rule = Rule("revenue", against="number", kind="over", threshold=0.5, cooldown=0)
    found = scores([[1.0], [0.0], [1.0], [1.0]])
    days = pd.date_range(FIRST, periods=4)
    said = pd.DataFrame(
        {"day": [days[0], days[0], days[1], days[2]], "level": "l0", "answer": ["false", "real", "real", "explained"]}
    )
    assert rehearse(rule, found, said).answered == {"real": 1, "explained": 1}
    assert rehearse(rule, found).answered == {}


def test_a_month_is_what_people_get_however_many_levels_fire_on_a_day():
    values = np.zeros((365, 3))
    values[::30] = 1
    told = rehearse(Rule("revenue", against="number", kind="over", threshold=0.5), scores(values))
    assert len(told.fired) == 39
    assert told.messages == 13
    assert told.a_month == pytest.approx(13 / 12, abs=0.02)


def test_a_higher_threshold_never_fires_on_a_day_that_a_lower_one_does_not(kept):
    ask, known = kept
    rule = Rule("revenue", by="category", cooldown=0)
    found = score(rule, read(known, rule, ask))
    before = None
    for threshold in (5, 20, 80, 300):
        fired = rehearse(Rule("revenue", by="category", cooldown=0, threshold=threshold), found).fired
        rows = set(zip(fired["day"], fired["level"], strict=True))
        assert before is None or rows < before
        before = rows


# --- one day


def test_a_day_that_fell_is_told_on_the_day_and_in_the_rehearsal():
    draw = np.random.default_rng(3)
    rows = []
    for name in "abcdefgh":
        units = np.round(200 * np.exp(draw.normal(0, 0.1, 700)))
        units[650] = units[650] * 0.4 if name == "c" else units[650]
        rows.append(by_day(units, product="p", category=name))
    ask, known = shop(pd.concat(rows, ignore_index=True))
    rule = Rule("revenue", by="category", threshold=100)
    fell = FIRST + timedelta(days=650)
    (verdict,) = judge(known, [rule], ask, fell)
    assert verdict.problem is None
    assert list(verdict.hold["level"]) == ["c"]
    assert verdict.hold["value"].iloc[0] < 0.5 * verdict.hold["expected"].iloc[0]
    (again,) = judge(known, [rule], ask, fell)
    keys = [rules.cause("7", one.hold["day"].iloc[0].date(), one.hold["level"].iloc[0]) for one in (verdict, again)]
    assert keys[0] == keys[1] != rules.cause("8", fell, "c")
    fired = rehearse(rule, score(rule, read(known, rule, ask))).fired
    assert ("c", pd.Timestamp(fell)) in set(zip(fired["level"], fired["day"], strict=True))
    assert len(fired) <= 4


def test_many_rules_on_a_day_say_what_each_says_alone(kept):
    ask, known = kept
    day = date(2026, 10, 30)
    watched = [
        Rule(measure, by=by, kind="outside", threshold=2, window=window, cooldown=0)
        for measure in ("revenue", "orders", "margin_rate")
        for by in ("", "store", "category")
        for window in (1, 7)
    ]
    together = judge(known, watched, ask, day)
    for rule, verdict in zip(watched, together, strict=True):
        (alone,) = judge(known, [rule], ask, day)
        pd.testing.assert_frame_equal(verdict.hold, alone.hold)
    assert any(len(one.hold) for one in together)


# --- bad input


@pytest.mark.parametrize(
    "rule",
    [
        Rule("stock_units"),
        Rule("gone"),
        Rule("revenue", by="gone"),
        Rule("revenue", filters=(Filter("gone", ("x",)),)),
        Rule("margin"),
    ],
)
def test_a_rule_whose_measure_or_column_is_gone_is_a_sentence_and_the_others_run(rule):
    ask, known = shop(by_day([5.0] * 100, product="p"))
    day = FIRST + timedelta(days=99)
    one, other = judge(known, [rule, Rule("revenue", against="number", kind="over", threshold=4)], ask, day)
    assert isinstance(one.problem, Unfit)
    assert len(one.hold) == 0
    assert (other.hold["since"] < pd.Timestamp(day)).tolist() == [True]  # it was over 4 the days before, too
    assert other.problem is None
    with pytest.raises(Unfit):
        read(known, rule, ask)


def test_a_day_without_data_is_a_sentence_and_no_fall():
    frame = by_day([5.0] * 100, product="p")
    ask, known = shop(frame[frame["timestamp"].dt.day != 9])
    for day in (date(2024, 3, 9), date(2024, 12, 24), date(2020, 1, 1)):
        for against in ("usual", "number", "weekday", "year"):
            rule = Rule("units", against=against, threshold=2 if against in ("usual", "number") else 0.2)
            (verdict,) = judge(known, [rule], ask, day)
            assert verdict.problem is not None
            assert "nothing to judge" in verdict.problem.sentence()


def test_of_the_first_days_of_some_data_a_longer_window_says_that_it_is_too_early():
    ask, known = shop(by_day([5.0] * 3, product="p"))
    week, day = judge(
        known,
        [Rule("units", against="number", threshold=50, window=7), Rule("units", against="number", threshold=50)],
        ask,
        FIRST + timedelta(days=2),
    )
    assert "less than 7 days before" in week.problem.sentence()
    assert day.problem is None
    assert day.hold["value"].tolist() == [5.0]


def test_a_closed_day_breaks_no_row_and_is_no_fall():
    units = np.full(200, 10.0)
    units[np.arange(200) % 7 == 6] = 0  # Sundays
    units[103:106] = 4  # Saturday is 103 - 104 is a Sunday
    units[104 // 7 * 7 + 6] = 0
    ask, known = shop(by_day(units, product="p"))
    rule = Rule("units", against="number", kind="under", threshold=5, days=2)
    told = rehearse(rule, score(rule, read(known, rule, ask)))
    low = [day for day in range(200) if 0 < units[day] < 5]
    assert [(day.date() - FIRST).days for day in told.fired["day"]] == [low[1]]
    assert told.unknown == 28


def test_nothing_to_divide_by_is_not_judged():
    units = np.zeros(420)
    units[30:] = 10.0
    frame = pd.concat([by_day(units, product="new"), by_day(np.full(420, 1.0), product="old")], ignore_index=True)
    ask, known = shop(frame)
    rule = Rule("units", by="product", against="year", kind="over", threshold=0.1, cooldown=0)
    found = score(rule, read(known, rule, ask))
    fresh = found.levels.index("new")
    assert np.isnan(found.score[: 30 + 364 - 56, fresh]).all()
    told = rehearse(rule, found)
    assert len(told.fired) == 0
    assert told.unknown > 0
    returned = Rule("return_rate", against="weekday", kind="over", threshold=0.1)
    (verdict,) = judge(known, [returned], ask, FIRST + timedelta(days=419))
    assert verdict.problem is not None  # nothing ever came back


def test_a_holiday_is_not_judged_by_what_is_usual():
    units = np.full(200, 500.0)
    units[150] = 10
    frame = by_day(units, product="p")
    day = FIRST + timedelta(days=150)
    calendar = pd.DataFrame({"date": [pd.Timestamp(day)], "open": [True], "holiday": ["Easter Monday"]})
    for kept_days, judged in ((calendar, False), (None, True)):
        ask, known = shop(frame, kept_days)
        (verdict,) = judge(known, [Rule("units")], ask, day)
        assert (verdict.problem is None) == judged
        assert len(verdict.hold) == judged


def test_an_hour_that_comes_twice_belongs_to_its_day():
    """Clocks go back on 27 October 2024: what is sold in both hours is sold on that day, and no day is longer."""
    frame = by_day([5.0] * 320, product="p")
    autumn = pd.Timestamp("2024-10-27")
    twice = pd.DataFrame({"timestamp": [autumn + pd.Timedelta(hours=1.5)] * 2, "quantity": 2.0, "product": "p"})
    late = pd.DataFrame({"timestamp": [autumn + pd.Timedelta(hours=23.9)], "quantity": 1.0, "product": "p"})
    ask, known = shop(pd.concat([frame, twice, late], ignore_index=True))
    past = read(known, Rule("units"), ask)
    place = int((np.datetime64("2024-10-27") - past.days[0]).astype(int))
    assert list(past.values[place - 1 : place + 2, 0]) == [5.0, 10.0, 5.0]
    assert len(past.days) == 320


def test_who_was_not_there_yet_is_not_judged_and_who_is_gone_fell():
    draw = np.random.default_rng(7)
    old = np.round(100 * np.exp(draw.normal(0, 0.1, 500)))
    new, gone = old.copy(), old.copy()
    new[:300] = 0
    gone[450:] = 0
    frame = pd.concat([by_day(old, product="o"), by_day(new, product="n"), by_day(gone, product="g")])
    ask, known = shop(frame.reset_index(drop=True))
    rule = Rule("units", by="product", threshold=200)
    past = read(known, rule, ask)
    assert np.isnan(past.values[:300, past.levels.index("n")]).all()
    fired = rehearse(rule, score(rule, past)).fired
    assert set(fired[fired["level"] == "g"]["day"]) == {pd.Timestamp(FIRST) + pd.Timedelta(days=450)}
    assert "n" not in set(fired["level"])


def test_only_the_levels_with_the_most_lines_are_watched(monkeypatch):
    monkeypatch.setattr(measured, "MAX_LEVELS", 3)
    frame = pd.concat([by_day(np.ones(20 + 10 * one), product=f"p{one}") for one in range(6)], ignore_index=True)
    ask, known = shop(frame)
    past = read(known, Rule("units", by="product"), ask)
    assert set(past.levels) == {"p3", "p4", "p5"}
    assert past.left == 3
