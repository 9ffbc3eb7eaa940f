"""New products: foretold by launches of known truth."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from data import tables
from data.dataset import Dataset, Origin
from models.forecast import launches

BEGIN, LAST = pd.Timestamp("2024-01-01"), pd.Timestamp("2026-01-31")
WEEKS = 56  # days of the sum that is foretold, those known and those to come


def launched(rng, size, days, hype):
    """Daily units of `size` launches: a level of its own each, a start that is `hype` times that and dies down over
    days of its own, and counts that vary more than chance (negative binomial)."""
    level, lasts = rng.lognormal(1.0, 0.8, size), rng.lognormal(2.5, 0.4, size)
    lift = 1 + (hype * rng.lognormal(0, 0.3, size) - 1)[:, None] * np.exp(-np.arange(days) / lasts[:, None])
    return rng.poisson(rng.gamma(3.0, 1 / 3.0, (size, days)) * level[:, None] * lift)


def table(units, first, category, name):
    rows, ages = np.nonzero(units)
    return pd.DataFrame(
        {
            "product": [f"{name}{row}" for row in rows],
            "category": category,
            "launched": first,
            "age": ages,
            "sold": units[rows, ages].astype(float),
        }
    )


def held(rng, age, hype=3.0, likes=40):
    """Whether the sum of the first eight weeks lay in its band, of ten new products with `age` days; said over true."""
    old = launched(rng, likes, WEEKS, hype)
    old[:, 0] = np.maximum(old[:, 0], 1)
    past = table(old, LAST - pd.Timedelta(days=200), "tea", "old")
    other = table(launched(rng, likes, WEEKS, 0.2), LAST - pd.Timedelta(days=200), "bags", "other")
    truth = launched(rng, 10, WEEKS, hype)
    truth[:, 0] = np.maximum(truth[:, 0], 1)
    inside, ratio = [], []
    for one in range(10):
        new = table(truth[one : one + 1, :age], LAST - pd.Timedelta(days=age - 1), "tea", "new")
        found = launches.launch(pd.concat([past, other, new]), "new0", LAST, WEEKS - age)
        assert found is not None
        assert (found.category, found.age, found.sold) == ("tea", age, truth[one, :age].sum())
        came = truth[one, age:].sum()
        lo, hi = found.total[80]
        inside.append(lo <= came <= hi)
        ratio.append(found.frame["mean"].sum() / max(came, 1))
    return inside, ratio


@pytest.mark.parametrize("age", [5, 14, 27])
def test_the_first_eight_weeks_of_a_launch_lie_in_their_band_in_eight_of_ten(age):
    rng = np.random.default_rng(age)
    each = [held(rng, age) for _shop in range(6)]
    assert 0.7 <= np.mean([inside for inside, _ratio in each]) <= 0.9
    assert 0.8 < np.median([ratio for _inside, ratio in each]) < 1.25


def test_what_is_not_new_or_has_no_likes_is_not_told_by_launches():
    rng = np.random.default_rng(1)
    old, new = np.maximum(launched(rng, 7, WEEKS, 2.0), 1), np.ones((1, 30), int)
    past = table(old, LAST - pd.Timedelta(days=200), "tea", "old")

    def asked(age, past):
        fresh = table(new[:, :age], LAST - pd.Timedelta(days=age - 1), "tea", "new")
        return launches.launch(pd.concat([past, fresh]), "new0", LAST, 28)

    assert asked(10, past) is None  # seven likes
    lately = table(old[:2, :20], LAST - pd.Timedelta(days=19), "tea", "late")  # not over yet: tell of nothing to come
    assert asked(10, pd.concat([past, lately])) is None
    others = table(old, LAST - pd.Timedelta(days=300), "bags", "other")
    found = asked(10, pd.concat([past, others]))
    assert (found.likes >= 8, found.category) == (True, "")
    assert asked(28, pd.concat([past, others])) is None  # it has a history of its own
    assert launches.launch(past, "nobody", LAST, 28) is None


def test_what_nobody_has_sold_yet_is_told_by_earlier_launches():
    """Of 40 more launches of the same kind four of five lie in the band, and the mean is that of those before."""
    rng, inside = np.random.default_rng(5), []
    for _shop in range(6):
        past = table(np.maximum(launched(rng, 40, 28, 3.0), 1), LAST - pd.Timedelta(days=100), "tea", "old")
        found = launches.not_yet(past, "tea", LAST, 28)
        lo, hi = found.total[80]
        sums = launched(rng, 40, 28, 3.0).sum(axis=1)
        inside.append(np.mean((sums >= lo) & (sums <= hi)))
        assert found.frame["mean"].sum() == pytest.approx(past.groupby("product")["sold"].sum().mean())
    assert (found.likes, found.frame.index[0]) == (40, LAST + pd.Timedelta(days=1))
    assert 0.72 < np.mean(inside) < 0.88
    assert launches.not_yet(past, "bags", LAST, 28) is None
    assert launches.not_yet(past, "tea", LAST - pd.Timedelta(days=80), 28) is None  # not over by then


def test_launches_are_found_in_lines(tmp_path):
    """Not the products that were there from the beginning; returns come off."""
    rows = [("there", day, "sale", 1.0) for day in range(0, 400, 5)]
    rows += [("late", 200, "sale", 3.0), ("late", 203, "sale", 2.0), ("late", 204, "return", -1.0)]
    frame = pd.DataFrame(rows, columns=["product", "day", "line_type", "quantity"])
    frame = frame.assign(unit_price=4.0, category="tea", line_id=[str(n) for n in range(len(frame))])
    frame["timestamp"] = BEGIN + pd.to_timedelta(frame.pop("day"), "D")
    kept = tables.add(
        tmp_path, Dataset("sales", {"sales": frame}, Origin("upload", "a.csv")), datetime(2026, 3, 1, tzinfo=UTC)
    )
    found = tables.query(kept, launches.sold(kept.columns["sales"], "units"), days=56)
    assert found["product"].tolist() == ["late"] * 3
    assert found["age"].tolist() == [0, 3, 4]
    assert found["sold"].tolist() == [3, 2, -1]
    money = tables.query(kept, launches.sold(kept.columns["sales"], "revenue"), days=4)
    assert money["sold"].tolist() == [12, 8]
    with pytest.raises(ValueError, match="margin"):
        launches.sold({}, "margin")
