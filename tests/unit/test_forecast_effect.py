"""Was it worth it? Effects that are known lie within their intervals, and quiet periods seldom show one."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from benchmarks.plans import PASTS, judged, past
from models.forecast import CannotForecast, effect, switching
from models.forecast.effect import Effect, worth
from models.forecast.elasticity import Elasticity


@pytest.mark.parametrize("name", ["a fortnight, a quarter more", "four weeks, a fifth less"])
def test_a_known_effect_lies_within_its_interval(name):
    found = judged(PASTS[name], range(500, 520))
    assert found["held"] >= 0.85
    assert found["said"] == pytest.approx(PASTS[name].share, abs=0.08)


def test_nothing_is_seldom_taken_for_something():
    found = [worth(*past(PASTS["nothing happened"], seed)) for seed in range(700, 720)]
    assert sum(not one.lo <= 0 <= one.hi for one in found) <= 3
    shares = np.concatenate([one.placebos["share"] for one in found])
    assert abs(np.median(shares)) < 0.03
    false = [(np.abs(np.log1p(one.placebos["share"])) > np.log1p(one.hi) - np.log1p(one.share)).mean() for one in found]
    assert 0.005 < np.mean(false) < 0.10


def test_the_others_make_it_surer():
    """A fair that everybody has is no effect: only with the others is it known to be everybody's."""
    sold, donors, start, end = past(PASTS["nothing happened"], 3)
    sold, donors = sold.copy(), donors.copy()
    sold[start:end] *= 1.6
    donors[start:end] *= 1.6
    alone, beside = worth(sold, donors.iloc[:, :0], start, end), worth(sold, donors, start, end)
    assert alone.share > 0.3
    assert abs(beside.share) < 0.2
    assert beside.lo < 0 < beside.hi


def test_an_effect_in_units_and_money_adds_up():
    sold, donors, start, end = past(PASTS["a fortnight, a quarter more"], 1)
    found = worth(sold, donors, start, end)
    usual = found.days["expected"][start:end].sum()
    assert found.sold == sold[start:end].sum()
    assert found.added[0] == pytest.approx(found.sold - usual)
    assert found.share == pytest.approx(found.sold / usual - 1)
    assert found.added[1] < found.added[0] < found.added[2]
    value, lo, hi = effect.money(found, 0.8, 10.0, 4.0)
    assert value == pytest.approx(4.0 * found.sold - 6.0 * usual)
    assert lo < value < hi


@pytest.mark.parametrize(("first", "last"), [(0, 10), (30, 40), (300, 500), (650, 720)])
def test_what_cannot_be_asked_says_so(first, last):
    sold, donors, _start, _end = past(PASTS["a fortnight, a quarter more"], 1)
    with pytest.raises(CannotForecast):
        worth(sold, donors, sold.index[0] + pd.Timedelta(days=first), sold.index[0] + pd.Timedelta(days=last))


def test_the_price_of_a_period_is_that_of_its_products_one_by_one():
    days = pd.date_range("2024-01-01", periods=100)
    cut = days >= "2024-03-20"
    dear = pd.DataFrame({"product": "a", "timestamp": days, "unit_price": np.where(cut, 80.0, 100.0), "quantity": 3.0})
    cheap = pd.DataFrame({"product": "b", "timestamp": days, "unit_price": np.where(cut, 0.8, 1.0), "quantity": 30.0})
    cheap.loc[cut, "quantity"] = 900.0  # what is bought is cheaper, not only what it costs
    sales = pd.concat([dear, cheap]).assign(
        line_type="sale", unit_cost=0.5, amount=lambda one: one["quantity"] * one["unit_price"]
    )
    with duckdb.connect() as connection:
        connection.register("sales", sales)
        sql = effect.change(None, dict.fromkeys(sales, ""))
        found = connection.execute(sql, {"start": "2024-03-20", "end": "2024-03-31"}).df().iloc[0]
    assert found["ratio"] == pytest.approx(0.8)
    assert found["price"] == pytest.approx((3 * 100 + 30 * 1) / 33)
    assert found["cost"] == 0.5


def test_what_one_promotion_showed_stands_in_where_the_weeks_do_not_tell():
    unknown = Elasticity(3.0, 2.8, 3.2, 30, whole=Elasticity(np.nan, 0.0, 3.2, 0, "why"))
    days = pd.DataFrame()
    one = Effect(0.8**-0.6 - 1, 0.8**-0.3 - 1, 0.8**-0.9 - 1, 1.0, (0, 0, 0), days, days, 0.0, pd.Series(dtype=float))
    measured = effect.measured(one, 0.8)
    assert measured is not None
    assert (measured.value, measured.lo, measured.hi) == pytest.approx((0.6, 0.3, 0.9))
    whole = switching.learned_from(unknown, measured).whole
    assert whole is not None
    assert (whole.value, whole.lo, whole.hi) == pytest.approx((0.6, 0.3, 0.9))
    assert effect.measured(one, 0.99) is None
    known = Elasticity(3.0, 2.8, 3.2, 30, whole=Elasticity(0.5, 0.3, 0.7, 0))
    assert switching.learned_from(known, measured) == known  # the same weeks do not count twice
