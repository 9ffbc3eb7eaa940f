"""Customers: scores, segments, value, slipping and cohorts against truths known from outside the code."""

import math
from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import betainc, hyp2f1
from sklearn.metrics import adjusted_rand_score

from data import tables
from data.dataset import Dataset, Origin
from data.demo.sales import generate
from models import segmenting
from models.customers import cohorts, history, lifetimes, rfm, segments, slipping, value
from models.customers.rfm import CannotTell
from models.sales import overview
from models.segmenting import SEGMENTS

START = pd.Timestamp("2024-01-01")


def bought(rows, days=None):
    """Purchases of (customer, day, sold[, revenue]); what is sold is None where something only came back.

    A stranger buys for 1 on each of `days` days: all are open.
    """
    made = pd.DataFrame([(*row, row[2])[:4] for row in rows], columns=["customer", "day", "sold", "revenue"])
    if days is not None:
        made = pd.concat([made, pd.DataFrame({"customer": None, "day": range(days), "sold": 1.0, "revenue": 1.0})])
    return rfm.purchases(made.assign(day=START + pd.to_timedelta(made["day"], unit="D")))


@pytest.fixture(scope="module")
def shop():
    """A small demo's sales and what is bought in them."""
    sales = generate(date(2026, 3, 14), customers=800)["sales"]
    goods = sales[sales["line_type"].isin(["sale", "return"])]
    amount = goods["quantity"] * goods["unit_price"]
    lines = pd.DataFrame(
        {
            "customer": goods["customer"],
            "day": goods["timestamp"].dt.normalize(),
            "sold": amount.where(goods["line_type"] == "sale"),
            "revenue": amount,
            "margin": amount - goods["quantity"] * goods["unit_cost"],
            "costed": amount.where(goods["unit_cost"].notna()),
        }
    )
    return sales, rfm.purchases(lines.groupby(["customer", "day"], dropna=False).sum(min_count=1).reset_index())


# Scores and segments ---------------------------------------------------------------------------------------------


def test_scores_by_hand():
    """Ten customers: number n bought n times, last n days before the end, for 10 n."""
    rows = [(f"c{n:02}", 100 - n - 3 * time, 10.0) for n in range(1, 11) for time in range(n)]
    scored = rfm.score(bought(rows, days=101))
    assert scored["recency"].to_list() == list(range(1, 11))
    assert scored["frequency"].to_list() == list(range(1, 11))
    assert scored["revenue"].to_list() == [10.0 * n for n in range(1, 11)]
    assert scored["r"].to_list() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert scored["f"].to_list() == scored["m"].to_list() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert scored["segment"].to_list() == [
        *("new", "new", "potential loyalists", "potential loyalists", "need attention", "need attention"),
        *("at risk", "at risk", "cannot lose", "cannot lose"),
    ]


def test_equal_customers_have_equal_scores():
    """Six of ten bought once: no fifth of the others is surely worse than any of them."""
    rows = [(f"c{n}", 5, 10.0) for n in range(10)] + [
        (f"c{n}", day, 10.0) for n in range(6, 10) for day in range(n - 5)
    ]
    scored = rfm.score(bought(rows, days=6))
    assert scored["f"].to_list() == [1] * 6 + [4, 4, 5, 5]
    assert set(scored["r"]) == {5}


def test_the_grid_gives_every_pair_of_scores_a_segment_and_uses_all_eleven():
    assert (
        {name for row in segmenting.GRID for name in row}
        == set(segmenting.SEGMENTS)
        == set(segmenting.NAMES)
        == set(rfm.ACTIONS)
    )
    assert [len(row) for row in segmenting.GRID] == [rfm.SCORES] * rfm.SCORES
    assert len(segmenting.SEGMENTS) == 11


def test_all_revenue_is_that_of_the_overview_to_the_cent(shop):
    sales, found = shop
    scored = rfm.score(found)
    only_back = found.visits["revenue"].sum() - scored["revenue"].sum()
    parts = rfm.summary(scored)["revenue"].sum()
    whole = overview.measures(overview.goods(sales)).iloc[0]["revenue"]
    assert round(parts + only_back + found.unknown, 2) == round(whole, 2)
    made = cohorts.cohorts(found)
    assert made.size.sum() == len(scored)
    full = found.days[-1].is_month_end
    shown = np.nansum(made.revenue.to_numpy())
    last = found.visits[found.days[found.visits["day"]] >= found.days[-1].replace(day=1)]
    assert full or shown <= scored["revenue"].sum() + 1e-6
    late = last[~last["customer"].isin(_first_in(found, found.days[-1].to_period("M")))]["revenue"].sum()
    assert shown + late + only_back == pytest.approx(found.visits["revenue"].sum(), abs=0.01)


def _first_in(found, month):
    first = found.bought.groupby("customer")["day"].min()
    return first.index[found.days[first].to_period("M") == month]


def test_the_query_says_what_pandas_says(tmp_path, shop):
    sales, found = shop
    dataset = Dataset("sales", {"sales": sales}, Origin("upload", "mine.csv", currency="GBP"))
    stored = tables.add(tmp_path, dataset, datetime(2026, 3, 15, tzinfo=UTC))
    asked = rfm.purchases(tables.query(stored, rfm.by_day(stored.columns["sales"])))
    pd.testing.assert_frame_equal(asked.visits, found.visits, check_dtype=False)
    assert asked.unknown == pytest.approx(found.unknown)
    assert (asked.customers == found.customers).all()


def test_online_retail_adds_up_and_the_model_is_better_than_as_before(online_retail):
    """The real file: the revenue of goods to the cent, and the last quarter foretold."""
    found = rfm.purchases(tables.query(online_retail, rfm.by_day(online_retail.columns["sales"])))
    goods = overview.goods(tables.read(online_retail, columns=overview.wanted(online_retail.columns["sales"])))
    whole = overview.measures(goods).iloc[0]
    assert round(found.visits["revenue"].sum() + found.unknown, 2) == round(whole["revenue"], 2)
    assert len(rfm.score(found)) == whole["customers"]  # one of them bought only what was free
    back = value.backtest(found)
    assert back.errors[0] < back.errors[1]
    assert back.held > value.LEVEL


def test_a_chain_without_customers_gets_a_sentence(kaggle_chain):
    found = rfm.purchases(tables.query(kaggle_chain, rfm.by_day(kaggle_chain.columns["sales"])))
    with pytest.raises(CannotTell, match="No line says who bought"):
        rfm.check(found)


def test_the_segments_planted_in_the_demo_are_found(shop):
    """Wholesale customers come weekly and for much, the lapsed stopped half-way, newcomers bought once, lately."""
    _sales, found = shop
    scored = rfm.score(found)
    wholesale = scored[scored["revenue"] > 20_000]
    assert len(wholesale) >= 6
    assert wholesale["segment"].isin(["champions", "loyal"]).mean() > 0.95
    assert (scored.loc[scored["segment"].isin(["at risk", "cannot lose"]), "recency"] > 91).all()
    new = scored[scored["segment"] == "new"]
    assert (new["frequency"] == 1).all()
    assert (new["recency"] <= 42).mean() > 0.9  # the newcomers of the planted drift


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "no goods"),
        ([(None, 1, 5.0)], "No line says who bought"),
        ([("a", 1, None, -5.0), ("b", 2, None, -1.0)], "goods that came back"),
    ],
)
def test_what_cannot_be_told_is_said(rows, words):
    with pytest.raises(CannotTell, match=words):
        rfm.check(bought(rows))


def test_too_few_customers_or_days_are_said():
    with pytest.raises(CannotTell, match="known to have bought: 1"):
        rfm.check(bought([("a", 1, 5.0)]), customers=2)
    with pytest.raises(CannotTell, match="span: 1"):
        rfm.check(bought([("a", 1, 5.0), ("b", 1, 5.0)]), days=2)


def test_caveats_name_what_is_weak():
    def said(rows, days=None):
        return " ".join(one.message for one in rfm.caveats(bought(rows, days)))

    assert "of one day" in said([("a", 0, 5.0), ("b", 0, 5.0)])
    assert "one day only" in said([("a", 0, 5.0), ("b", 3, 5.0)])
    assert "One customer" in said([("a", 0, 5.0), ("b", 3, 500.0)])
    assert "nothing was sold" in said([("a", 0, 5.0), ("a", 183, 5.0)])
    assert "without a customer code" in said([("a", 0, 5.0), (None, 1, 5.0)])
    assert "unit cost" in said([("a", 0, 5.0)])


def test_groups_that_are_planted_are_found_and_no_more():
    """Three clouds on the scales that k-means sees: three is the most that samples find again."""
    rng = np.random.default_rng(4)
    centres = np.array([[1.5, 0.7, 3.0], [4.0, 3.0, 7.0], [5.8, 1.2, 5.0]])
    truth = np.repeat(range(3), 150)
    at = centres[truth] + rng.normal(0, [0.3, 0.25, 0.4], (450, 3))
    scored = pd.DataFrame({"recency": np.expm1(at[:, 0]), "frequency": np.exp(at[:, 1]), "revenue": np.exp(at[:, 2])})
    found = segments.kmeans(scored)
    assert len(found.profile) == 3
    assert adjusted_rand_score(truth, found.labels) > 0.98
    assert (found.profile["jaccard"] > 0.95).all()
    assert found.stability.set_index("k")["ari"][3] > 0.95 > found.stability.set_index("k")["ari"][4:].max()
    assert found.profile["revenue"].is_monotonic_decreasing
    again = segments.kmeans(scored, 5)
    assert len(again.profile) == 5
    assert again.profile["jaccard"].min() < 0.75  # two of them share a cloud
    strange = pd.DataFrame({"recency": [0.0] * 5, "frequency": [400.0] * 5, "revenue": [1e6, 2e6, 4e6, 8e6, 2e7]})
    far = segments.dbscan(pd.concat([scored, strange], ignore_index=True))
    assert (far.labels[-5:] == -1).all()


def test_neither_fewer_nor_more_groups_than_are_planted_are_taken():
    """Four kinds of customers far apart: two of them merged, or one split, would be found again nearly as well."""
    rng = np.random.default_rng(8)
    kinds = {"best": (200, (0, 20), (20, 26), (180, 220)), "small": (400, (0, 30), (8, 10), (18, 22)),
             "lost": (300, (430, 530), (10, 14), (140, 180)), "once": (600, (30, 380), (1, 1), (45, 55))}  # fmt: skip
    frames = []
    for kind, (count, recency, often, each) in kinds.items():
        times = rng.integers(often[0], often[1] + 1, count)
        revenue = times * rng.uniform(*each, count)
        recent = rng.integers(*recency, count)
        frames.append(pd.DataFrame({"recency": recent, "frequency": times, "revenue": revenue, "kind": kind}))
    scored = pd.concat(frames, ignore_index=True)
    found = segments.kmeans(scored)
    assert len(found.profile) == 4
    assert adjusted_rand_score(scored["kind"], found.labels) > 0.98


def test_who_moved_is_counted():
    """Between the last two quarters one of the frequent customers stops, and a new one comes."""
    rows = [(f"c{n}", day, 10.0) for n in range(10) for day in range(n, 300, 5 + 3 * n) if n != 5 or day < 190]
    rows += [("z", 300, 10.0)]
    days, moves = segments.movement(bought(rows, days=301))
    assert [(b - a).days for a, b in pairwise(days)] == [91, 91]
    last = moves[-1]
    assert last["customers"].sum() == 11
    assert last[last["start"] == segments.NOT_YET][["end", "customers"]].to_numpy().tolist() == [["new", 1]]
    worse = last[last["end"].isin(["at risk", "cannot lose", "lost", "hibernating"])]
    assert worse["customers"].sum() >= 1


# Value -----------------------------------------------------------------------------------------------------------

CDNOW = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}  # Fader, Hardie and Lee 2005, table 2; weeks


def simulated(parameters, age, seed):
    """Repeat purchases, recency, rate, ... and the logarithms of the gaps, summed, of customers of the BG/NBD process,
    one by one as the paper tells it."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(parameters["r"], 1 / parameters["alpha"], len(age))
    leave = rng.beta(parameters["a"], parameters["b"], len(age))
    x, recency, clock, logs = np.zeros((4, len(age)))
    here = np.ones(len(age), bool)
    alive = np.ones(len(age), bool)
    while here.any():
        clock = np.where(here, clock + rng.exponential(1 / np.maximum(rate, 1e-300)), clock)
        here &= clock <= age
        logs += np.log(np.where(here, clock - recency, 1))
        x, recency = x + here, np.where(here, clock, recency)
        left = here & (rng.random(len(age)) < leave)
        alive &= ~left
        here &= ~left
    return x, recency, rate, leave, alive, logs


def test_the_parameters_of_cdnow_are_recovered():
    """2,357 customers of the first 39 weeks, as in the paper, whose log-likelihood is -9582.4."""
    age = 39 - np.random.default_rng(1).uniform(0, 12, 2357)
    x, recency, *_rest, logs = simulated(CDNOW, age, 2)
    seen = history.History(np.arange(len(age)), x, recency, age, np.ones(len(age)), logs)
    found = lifetimes.fit(seen)
    errors = np.sqrt(np.diag(found.covariance))
    truth = np.log(list(CDNOW.values()))
    assert (np.abs(np.log([found.r, found.alpha, found.a, found.b]) - truth) < 3 * errors).all()
    assert (errors < [0.1, 0.2, 0.5, 0.6]).all()
    assert found.loglikelihood >= lifetimes.loglikelihood(*CDNOW.values(), x, recency, age).sum()
    own = lifetimes.loglikelihood(found.r, found.alpha, found.a, found.b, x, recency, age)
    assert own.sum() == pytest.approx(found.loglikelihood)
    assert abs(own.sum() + 9582.4) < 3 * own.std() * np.sqrt(len(own))


def test_closed_forms_are_those_of_the_paper_and_of_the_process():
    """P(alive) and the expected purchases of 39 more weeks, against equation 10 and a simulation of the process."""
    model = lifetimes.BgNbd(**CDNOW, loglikelihood=0.0, covariance=np.zeros((4, 4)))
    x, recency, age = np.array([0.0, 1, 4, 30]), np.array([0.0, 5, 20, 38]), np.full(4, 39.0)
    r, alpha, a, b = CDNOW.values()
    z = 39 / (alpha + age + 39)
    series = 1 - ((alpha + age) / (alpha + age + 39)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, z)
    odds = a / (b + np.maximum(x, 1) - 1) * ((alpha + age) / (alpha + recency)) ** (r + x) * (x > 0)
    paper = (a + b + x - 1) / (a - 1) * series / (1 + odds)
    assert lifetimes.expected(model, 39, x, recency, age) == pytest.approx(paper, rel=1e-9)

    count = 400_000
    ages = np.full(count, 39.0)
    some, last, rate, leave, alive, _logs = simulated(CDNOW, ages, 5)
    said = lifetimes.alive(model, some, last, ages)
    future = np.where(alive, np.minimum(np.random.default_rng(6).poisson(rate * 39),
                                        np.random.default_rng(7).geometric(np.maximum(leave, 1e-12))), 0)  # fmt: skip
    expected = lifetimes.expected(model, 39, some, last, ages)
    comes = lifetimes.comes(model, 39, some, last, ages)
    assert said.mean() == pytest.approx(alive.mean(), abs=0.004)
    for low, high in ((0, 0), (1, 1), (2, 4), (5, 60)):
        these = (some >= low) & (some <= high)
        assert said[these].mean() == pytest.approx(alive[these].mean(), abs=0.015)
        assert expected[these].mean() == pytest.approx(future[these].mean(), rel=0.05)
        assert comes[these].mean() == pytest.approx((future > 0)[these].mean(), abs=0.015)


@pytest.mark.parametrize("shape", [1, 2, 5, 12])
def test_the_chance_of_a_silence_is_a_beta_function_and_stays_finite_where_that_is_too_small(shape):
    events, then = np.array([0.3, 2.0, 40.5, 7.0]), np.array([9.0, 0.5, 30.0, 4.0])
    now = then + np.array([1.0, 60.0, 3.0, 0.0])
    found = lifetimes._silent(shape, events, then, now)
    assert np.exp(found) == pytest.approx(betainc(events, shape, then / now), rel=1e-12)
    heads = math.log(sum(math.comb(4_999 + tails, tails) / 2**tails for tails in range(shape))) - 5_000 * math.log(2)
    assert lifetimes._silent(shape, np.array([5_000.0]), np.ones(1), np.array([2.0])) == pytest.approx(heads)


def test_regular_customers_who_fell_silent_have_left_and_others_go_on():
    """A shop of MBG/CNBD-3 customers, event by event: every third event is a purchase, after each of which they may
    leave, after the first too. The shape and the share who leave are found again; who still is a customer and what they
    buy in a year is said as it comes, where BG/NBD says a tenth too much."""
    rng = np.random.default_rng(8)
    size, end, year = 4000, 500.0, 365.0
    at = rng.uniform(0, 450, size)
    rate, leave, price = rng.gamma(9.0, 1 / 100, size), rng.beta(2.0, 18.0, size), np.ones(size)
    age, x, recency, logs, later = end - at, np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size)
    here, alive = rng.random(size) >= leave, rng.random(size) >= 2
    first, last = at.copy(), at.copy()
    while here.any():
        at = np.where(here, at + rng.gamma(3.0, 1 / rate), at)
        here &= at < end + year
        seen = here & (at < end)
        logs += np.log(np.where(seen, at - last, 1))
        x, later = x + seen, later + (here & ~seen)
        last, recency = np.where(seen, at, last), np.where(seen, at - first, recency)
        alive |= here & ~seen
        here &= rng.random(size) >= leave
    seen = history.History(np.arange(size), x, recency, age, price, logs)
    model = lifetimes.fit(seen)
    assert model.shape == 3
    assert model.a / (model.a + model.b) == pytest.approx(0.1, abs=0.01)
    assert lifetimes.alive(model, x, recency, age).sum() == pytest.approx(alive.sum(), rel=0.03)
    expected = lifetimes.expected(model, year, x, recency, age)
    comes = lifetimes.comes(model, year, x, recency, age)
    assert expected.sum() == pytest.approx(later.sum(), rel=0.05)
    for part in np.array_split(np.argsort(expected), 8):
        assert abs(expected[part].mean() - later[part].mean()) < 3 * later[part].std() / np.sqrt(len(part)) + 0.1
        assert comes[part].mean() == pytest.approx((later > 0)[part].mean(), abs=0.07)
    done = lifetimes.under_way(model, x, recency, age).cumsum(axis=1)
    drawn = np.mean([value._purchases(model, seen, year, rng, done) for _draw in range(40)], axis=0)
    assert drawn.sum() == pytest.approx(expected.sum(), rel=0.02)


def test_many_purchases_do_not_break_the_closed_form():
    model = lifetimes.BgNbd(0.5, 30.0, 1.0, 30.0, 0.0, np.zeros((4, 4)))
    said = lifetimes.expected(model, 365, np.array([2000.0]), np.array([1000.0]), np.array([1000.0]))
    assert 600 < said[0] < 730  # two a day, who may leave


@pytest.mark.parametrize("size", [1e3, 1e4, 1e6])
def test_all_may_leave_with_the_same_probability(size):
    """With one probability p for all, the purchases expected of who bought once are the integral of exp(-rate p t) over
    the time and the gamma distribution of rates: (1 - (1 + p t / (alpha + age))^-r) / p."""
    leave, r, alpha, age = 0.03, 0.8, 60.0, np.array([5.0, 400.0])
    model = lifetimes.BgNbd(r, alpha, leave * size, (1 - leave) * size, 0.0, np.zeros((4, 4)))
    said = lifetimes.expected(model, 365, np.zeros(2), np.zeros(2), age)
    assert said == pytest.approx((1 - (1 + leave * 365 / (alpha + age)) ** -r) / leave, rel=0.01)


def test_a_total_whose_past_misses_are_wild_is_a_number(poisson_shop):
    found, _later = poisson_shop
    wild = value.Missed(300.0, (300.0,) * len(SEGMENTS), 1)
    made = value.value(found, value.learn(found), 90, miss=wild)
    assert np.isfinite(made.drawn).all(axis=None)


def test_amounts_are_recovered_and_what_is_to_come_is_as_said():
    """Gamma-Gamma: parameters of the CDNOW example of Fader and Hardie (2013): p 6.25, q 3.74, gamma 15.44."""
    rng = np.random.default_rng(3)
    size, n = 4000, rng.integers(1, 12, 4000)
    rate = rng.gamma(3.74, 1 / 15.44, size)
    spend = rng.gamma(6.25 * n) / rate / n
    seen = history.History(np.arange(size), n - 1.0, n * 1.0, n + 1.0, spend, np.zeros(size))
    found = lifetimes.fit_value(seen)
    assert found.q == pytest.approx(3.74, rel=0.1)
    fitted, planted = _amounts(found, n, spend), _amounts(lifetimes.GammaGamma(6.25, 3.74, 15.44), n, spend)
    assert 0 <= 2 * (fitted - planted) < 16.3  # the 99.9 % point of chi-squared with three degrees of freedom
    said, truth = lifetimes.mean_spend(found, n, spend), 6.25 / rate
    assert said.mean() == pytest.approx(truth.mean(), rel=0.02)
    for part in np.array_split(np.argsort(said), 5):
        assert said[part].mean() == pytest.approx(truth[part].mean(), rel=0.06)
    assert lifetimes.mean_spend(found, np.array([3]), np.array([-5.0]))[0] == pytest.approx(
        found.p * found.gamma / (found.q - 1)
    )


def _amounts(model, n, mean):
    """The log-likelihood of mean amounts, from the densities: gamma given the rate, averaged over the rate."""
    joint = stats.betaprime(model.p * n, model.q, scale=model.gamma / n)
    return joint.logpdf(mean).sum()


@pytest.fixture(scope="module")
def poisson_shop():
    """1,500 customers of a BG/NBD shop over 540 days, and what each will do in the 91 days after."""
    rng = np.random.default_rng(12)
    first = rng.integers(0, 300, 1500)
    rows, later = [], np.zeros(1500)
    rate, leave = rng.gamma(1.2, 1 / 30, 1500), rng.beta(1.0, 8.0, 1500)
    for customer in range(1500):
        at, price = float(first[customer]), rng.gamma(5.0) * 10
        while at < 631:
            if at < 540:
                rows.append((f"c{customer:04}", int(at), float(price * rng.gamma(4.0) / 4)))
            else:
                later[customer] += 1
            if rng.random() < leave[customer]:
                break
            at += rng.exponential(1 / rate[customer])
    frame = pd.DataFrame(rows).groupby([0, 1], as_index=False)[2].sum()
    return bought(list(frame.itertuples(index=False, name=None)), days=540), later


def test_what_is_to_come_holds_on_a_hold_out_by_decile(poisson_shop):
    found, later = poisson_shop
    seen = history.history(found)
    model = lifetimes.fit(seen)
    assert model.shape == 1  # chance alone
    expected = lifetimes.expected(model, 91, seen.repeats, seen.recency, seen.age)
    actual = later[[int(name[1:]) for name in found.customers[seen.customer]]]
    assert expected.sum() == pytest.approx(actual.sum(), rel=0.08)
    for part in np.array_split(np.argsort(expected), 5):
        error = 3 * actual[part].std() / np.sqrt(len(part))
        assert abs(expected[part].mean() - actual[part].mean()) < error + 0.05
    back = value.backtest(found)
    assert back.errors[0] < back.errors[1]
    assert back.held > value.LEVEL - 0.03
    assert back.held == pytest.approx(back.promised, abs=0.03)
    assert len(back.deciles) == value.DECILES
    assert back.customers["actual"].sum() == (found.bought["day"] > 540 - 1 - 91).sum() - sum(
        (found.bought["day"] > 448)[~found.bought["customer"].isin(back.customers.index)]
    )


def test_the_value_of_all_has_an_interval_that_holds_what_it_says(poisson_shop):
    found, _later = poisson_shop
    models = value.learn(found)
    made = value.value(found, models, 90)
    total, lo, hi = value.total(made)
    assert total == pytest.approx(made.customers["value-90"].sum())
    assert lo < total < hi
    wider = value.total(value.value(found, models, 90, miss=value.Missed(0.3, times=4)))
    assert wider[2] - wider[1] > 2 * (hi - lo)
    assert (made.customers["lo"] <= made.customers["hi"]).all()
    assert (made.customers[["purchases-30", "purchases-90", "purchases-365"]].diff(axis=1).iloc[:, 1:] >= 0).all(
        axis=None
    )
    assert abs(made.together) < 0.15
    assert value.misses(found, 91) < 0.2  # the shop is as the model says


def christmas(seed, end, strength, size=600):
    """A BG/NBD shop that is exp(strength) times as busy on 10 December, over `end` days from January 2024: what is
    bought, and what its customers bring in in the 90 days after."""
    rng, every = np.random.default_rng(seed), pd.date_range(START, periods=end + 90)
    pace = np.exp(strength * np.exp(-0.5 * ((every.day_of_year.to_numpy() - 344) / 20) ** 2))
    clock = np.r_[0, np.cumsum(pace / pace[:365].mean())]
    rate, leave, price = rng.gamma(1.0, 1 / 45, size), rng.beta(0.8, 8.0, size), rng.gamma(5.0, size=size) * 10
    rows, later = [], 0.0
    for customer in range(size):
        at, before = rng.uniform(0, clock[end] * 0.9), False
        while at < clock[-1]:
            day, amount = int(np.searchsorted(clock, at, "right") - 1), price[customer] * rng.gamma(4.0) / 4
            before |= day < end
            if day < end:
                rows.append((f"c{customer:04}", day, amount))
            elif before:
                later += amount
            if rng.random() < leave[customer]:
                break
            at += rng.exponential(1 / rate[customer])
    frame = pd.DataFrame(rows).groupby([0, 1], as_index=False)[2].sum()
    return bought(list(frame.itertuples(index=False, name=None)), days=end), later


def test_a_strong_christmas_is_counted_in_where_it_was_there_twice():
    """From 7 October 2026 on, 90 days: 1.7 times what comes without the season; the total is in its interval."""
    found, later = christmas(1, 1010, 1.2)
    season = value.season(found)
    assert not season.reason
    assert int(season.rates.argmax()) == 12  # the four weeks that end the year
    assert season.miss[1] < 0.4 * season.miss[0]
    assert value.misses(found, 91, 0, season.power) == season.miss[1]
    plain = value.total(value.value(found, value.learn(found), 90))[0]
    total, lo, hi = value.total(
        value.value(found, value.learn(found, 0, season), 90, value.missed(found, 91, 0, season.power), 0, season)
    )
    assert lo <= later <= hi
    assert abs(np.log(total / later)) < 0.15 < 0.35 < np.log(later / plain)


def test_no_season_is_made_up():
    found, later = christmas(2, 700, 0.0, 400)
    season = value.season(found)
    assert "none that would have" in season.reason
    assert (season.rates == 1).all()
    assert season.clock(found)[:700] == pytest.approx(np.arange(1, 701))
    short = value.season(christmas(3, 500, 1.2, 200)[0])
    assert "not known" in short.reason
    assert short.miss == (0, 0)
    made = value.total(value.value(found, value.learn(found), 90, value.missed(found, 90)))
    assert made[1] <= later <= made[2]


def test_too_few_who_came_back_is_said():
    with pytest.raises(CannotTell, match="after their first: 0"):
        value.learn(bought([(f"c{n}", n, 5.0) for n in range(60)], days=70))
    with pytest.raises(CannotTell, match="To test on the last 91"):
        value.backtest(bought([(f"c{n}", day, 5.0) for n in range(60) for day in (n, n + 3)], days=70))


# Slipping --------------------------------------------------------------------------------------------------------


def renewals(seed, shapes, stop=0.0, customers=450, days=600):
    """A shop of customers with gamma gaps; who is gone at the end. Means are inverse gamma, as everyone's own."""
    rng = np.random.default_rng(seed)
    rows, gone = [], {}
    for customer in range(customers):
        shape, mean = rng.choice(shapes), 1 / rng.gamma(3.0, 1 / 60)
        at, here = rng.uniform(-400, 250), True
        while at < days and here:
            if at >= 0:
                rows.append((f"c{customer:04}", int(at), 10.0))
                here = rng.random() >= stop
            at += rng.gamma(shape, mean / shape)
        gone[f"c{customer:04}"] = not here
    found = bought(list(dict.fromkeys(rows)), days=days)
    return found, np.array([gone[name] for name in found.customers])


@pytest.mark.parametrize("shapes", [(1.0,), (0.8, 1.0, 3.0, 6.0)])
def test_where_nobody_slips_the_list_is_as_long_as_chance_says(shapes):
    found, _gone = renewals(2, shapes)
    rhythm = slipping.learn(found)
    assessed = slipping.assess(found, rhythm)
    false = (assessed["unusual"] > 0).mean()
    assert false == pytest.approx(slipping.UNUSUAL, abs=0.03)
    assert rhythm.stop < 0.01
    assert assessed["gone"].mean() < 0.05
    assert (assessed["chance"] < 0.5).mean() == pytest.approx(0.5, abs=0.08)


def test_who_has_gone_is_listed_and_how_surely_is_right():
    found, gone = renewals(3, (1.0, 4.0), stop=0.04)
    assessed = slipping.assess(found, slipping.learn(found))
    truth = gone[assessed.index]
    assert assessed["gone"].mean() == pytest.approx(truth.mean(), abs=0.05)
    flagged = (assessed["unusual"] > 0).to_numpy()
    assert truth[flagged].mean() == pytest.approx(assessed["gone"][flagged].mean(), abs=0.05)
    assert flagged[truth].mean() > 0.6
    assert flagged[~truth].mean() == pytest.approx(slipping.UNUSUAL, abs=0.035)
    listed = slipping.listed(found, assessed, 30)
    assert (listed["unusual"] <= 30).all()
    assert listed["at_risk"].is_monotonic_decreasing
    assert set(listed.index) <= set(assessed.index[flagged])


def test_the_rhythm_is_the_customers_own():
    """Equally silent: for who comes weekly it is unusual, for who comes every other month it is not."""
    found, _gone = renewals(4, (3.0,), customers=200)
    weekly = [("weekly", day, 10.0) for day in range(100, 560, 7)]
    seldom = [("seldom", day, 10.0) for day in range(15, 560, 60)]  # the last purchase of both is on day 555
    rows = [(found.customers[one.customer], one.day, 10.0) for one in found.bought.itertuples()]
    both = bought([*rows, *weekly, *seldom], days=600)
    assessed = slipping.assess(both, slipping.learn(both))
    own = assessed.set_index(both.customers[assessed.index])
    assert own.loc["weekly", "chance"] < 0.01 < 0.2 < own.loc["seldom", "chance"]
    assert own.loc["weekly", "gap"] == pytest.approx(7, abs=0.7)
    # The silence from which it is unusual lies between that of a clock, 0.95 weeks, and that of the others' shape 3.
    age = np.linspace(0, 60, 60_001)
    seen = 1 - np.cumsum(stats.gamma.sf(age, 3, scale=7 / 3)) * 0.001 / 7
    assert 0.95 * 7 - 0.5 < 44.5 - own.loc["weekly", "unusual"] < age[(seen > 0.05).sum()]


def test_closed_days_are_no_silence():
    """A shop that shuts for half a year loses nobody by that."""
    rng = np.random.default_rng(8)
    rows = [(f"c{n}", int(day), 10.0) for n in range(60) for day in np.arange(rng.uniform(0, 9), 100, 9)]
    rows += [(name, day + 183, sold) for name, day, sold in rows]
    found = bought(sorted(set(rows)))
    assert found.is_open.mean() < 0.75
    assessed = slipping.assess(found, slipping.learn(found))
    assert (assessed["silence"] < 12).all()
    assert (assessed["unusual"] == 0).mean() > 0.9


@pytest.mark.parametrize(("chance", "shut"), [(0.25, ()), (0.97, (6,)), (0.97, ())])
def test_a_silence_is_counted_in_the_open_days_of_the_overview(chance, shut):
    """A dealer in spare parts sells on one day in four: of 40 days of silence all 40 count, and a Sunday that is shut
    does not. The overview takes the same days for open."""
    rng = np.random.default_rng(5)
    days = pd.date_range(START, periods=800)
    sold = (rng.random(800) < chance) & ~np.isin(days.day_of_week, shut)
    sold[[0, 640, 680, 720, 759, 799]] = True
    rows = [("late", day, 10.0) for day in (640, 680, 720, 759)]
    found = bought(rows + [(f"other {day}", day, 5.0) for day in np.flatnonzero(sold)])
    lines = pd.DataFrame({"timestamp": days[sold], "line_type": "sale", "quantity": 1.0, "unit_price": 1.0})
    same = overview.goods(lines.assign(product=pd.Categorical(["P"] * len(lines))))
    assert (found.is_open == same.is_open).all()
    _who, gaps = slipping._gaps(found)
    open_ = np.isin(days.day_of_week, shut, invert=True) if shut else np.ones(800, bool)
    if chance == 0.25:
        assert found.is_open.all()
        assert gaps.silence.item() == 40.5
    assert gaps.silence.item() == pytest.approx(open_[760:].sum() + 0.5, abs=3)


def test_the_list_of_a_quarter_ago_is_held_against_what_came():
    found, _gone = renewals(3, (1.0, 4.0), stop=0.04)
    then = rfm.until(found, 600 - 1 - 91)
    proof = slipping.proof(found, then, slipping.learn(then), 60)
    assert proof.lost_listed > 0.55 > 0.3 > proof.lost_others
    assert proof.lost_listed == pytest.approx(proof.said, abs=0.2)
    assert proof.listed > 12


def test_too_few_with_a_rhythm_is_said():
    with pytest.raises(CannotTell, match="on three days or more: 2"):
        slipping.learn(bought([(name, day, 5.0) for name in "ab" for day in (1, 5, 9)], days=20))


def test_the_wholesale_customers_that_the_demo_loses_head_the_list(shop):
    """From 42 days before the end six of ten wholesale invoices are lost: those few customers are the money at risk."""
    _sales, found = shop
    assessed = slipping.assess(found, slipping.learn(found))
    listed = slipping.listed(found, assessed, 90)
    revenue = found.visits.groupby("customer")["revenue"].sum()
    assert (revenue[listed.index[:3]] > 20_000).all()
    assert (found.days[listed["last"].iloc[:3]] > found.days[-1] - pd.Timedelta(days=91)).all()


# Cohorts ---------------------------------------------------------------------------------------------------------


def test_retention_is_that_of_a_pandas_groupby(shop):
    sales, found = shop
    made = cohorts.cohorts(found)
    lines = sales[(sales["line_type"] == "sale") & sales["customer"].notna()]
    month = 12 * lines["timestamp"].dt.year + lines["timestamp"].dt.month
    first = month.groupby(lines["customer"]).transform("min")
    age = month - first
    active = lines["customer"].groupby([first, age]).nunique().unstack()
    for cohort in made.active.index:
        row = made.active.loc[cohort].dropna()
        truth = active.loc[12 * cohort.year + cohort.month].reindex(row.index).fillna(0)
        assert row.to_list() == truth.to_list()
        assert made.size[cohort] == truth[0]
    assert made.retention.iloc[:, 0].eq(1).all()
    lo, hi = made.interval
    inside = made.retention.notna().to_numpy()
    assert (lo.to_numpy()[inside] <= made.retention.to_numpy()[inside] + 1e-12).all()
    assert (hi.to_numpy()[inside] >= made.retention.to_numpy()[inside] - 1e-12).all()


def arrivals(seed, unlike=None, factor=1.0):
    """24 monthly cohorts of 60 whose customers differ, with a season that all of them share."""
    rng = np.random.default_rng(seed)
    season = 1 + 0.5 * np.sin(np.arange(24) / 12 * 2 * np.pi)
    rows = []
    for cohort in range(24):
        for customer in range(60):
            habit = rng.beta(2, 5) * (factor if cohort == unlike else 1.0)
            name = f"{cohort:02}-{customer:02}"
            rows.append((name, DAYS[cohort], 10.0))
            come = rng.random(24) < habit * season * 0.7
            rows += [(name, DAYS[month], 10.0) for month in range(cohort + 1, 24) if come[month]]
    return bought([*rows, (None, (pd.Timestamp("2025-12-31") - START).days, 1.0)])


DAYS = [(START + pd.DateOffset(months=month, days=9) - START).days for month in range(24)]


def test_the_cohort_that_is_unlike_the_others_is_found_and_no_season_is_taken_for_one():
    alone = sum((cohorts.cohorts(arrivals(seed)).unlike["pvalue"] < cohorts.CERTAIN).any() for seed in range(6))
    assert alone <= 1  # of tables in which none is, one in twenty may show one
    found = cohorts.cohorts(arrivals(1, unlike=9, factor=0.4)).unlike
    sure = found[found["pvalue"] < cohorts.CERTAIN]
    assert list(sure.index) == [pd.Timestamp("2024-10-01")]
    assert sure["ratio"].iloc[0] == pytest.approx(0.4, abs=0.12)


def test_each_cohort_is_held_against_the_table_of_all_the_others():
    """The effects of age and month are fitted anew to the table without the cohort, one cohort at a time; of its months
    those count that others have, too: nobody else was as old as the first, or there in its second month."""
    made = cohorts.cohorts(arrivals(3))
    active, size = made.active.to_numpy()[:, 1:], made.size.to_numpy(float)[:, None]
    month = np.add.outer(np.arange(24), np.arange(1, 24))
    inside = month <= 23
    assert len(made.unlike) == 23
    for row, found in zip(range(23), made.unlike.itertuples(), strict=True):
        others = inside & (np.arange(24) != row)[:, None]
        at = np.minimum(month, 23)
        by_age, by_month = np.ones(23), np.ones(24)
        for _round in range(30):
            fitted = (others * size * by_month[at]).sum(0)
            by_age = np.where(fitted > 0, np.where(others, active, 0).sum(0) / np.maximum(fitted, 1e-12), 0)
            fitted = np.bincount(at.ravel(), (others * size * by_age).ravel(), 24)
            counted = np.bincount(at.ravel(), np.where(others, active, 0).ravel(), 24)
            by_month = np.where(fitted > 0, counted / np.maximum(fitted, 1e-12), 1)
        told = inside[row] & others.any(0) & np.isin(month[row], month[others])
        assert told.sum() == inside[row].sum() - 2 * (row == 0)
        usual = (by_age * by_month[at[row]] * told).sum()
        assert found.ratio == pytest.approx(active[row][told].sum() / size[row, 0] / usual, rel=1e-9)


def test_the_first_cohort_is_held_against_months_that_others_have():
    """A shop of nine months in which one in three customers comes in any month: none of its cohorts stands out, the
    first neither, of whose eight months two are nobody else's."""
    rng, first = np.random.default_rng(4), []
    for _shop in range(12):
        rows = [(f"{cohort}-{one}", 30 * month + 15, 10.0) for cohort in range(9) for one in range(120)
                for month in range(cohort, 10) if month == cohort or rng.random() < 1 / 3]  # fmt: skip
        first.append(cohorts.cohorts(bought(rows)).unlike["ratio"].iloc[0])
    assert np.mean(first) == pytest.approx(1, abs=0.04)


def test_a_last_month_in_part_is_left_out():
    made = cohorts.cohorts(bought([("a", 0, 10.0), ("a", 35, 20.0), ("b", 33, 5.0), ("a", 65, 7.0)]))
    assert made.active.loc["2024-01-01"].to_list() == [1, 1]  # March has begun only
    assert made.revenue.loc["2024-01-01"].to_list() == [10, 20]
    assert made.size.to_list() == [1, 1]


def test_cohorts_that_began_before_the_data_are_not_averaged(shop):
    _sales, found = shop
    made = cohorts.cohorts(found)
    together = cohorts.overall(made)
    kept = made.active[~made.active.index.isin(made.settling)]
    assert len(made.settling) == cohorts.SETTLING
    assert together["active"][1] == kept[1].sum()
    assert together["retention"][1] == pytest.approx(kept[1].sum() / made.size[kept.index][kept[1].notna()].sum())


def test_a_shop_that_began_with_the_data_has_no_old_customers():
    """Twenty new customers a month from the first day on: no month stands out. Had 200 come before, the first would."""
    rows = [(f"c{month}-{n}", 30 * month + n, 10.0) for month in range(12) for n in range(20 + month % 2)]
    assert cohorts.cohorts(bought(rows)).settling.empty
    old = [(f"old{n}", n % 25, 10.0) for n in range(200)]
    assert len(cohorts.cohorts(bought(rows + old)).settling) == cohorts.SETTLING


def test_one_customer_with_many_lines_and_nobody_else():
    found = bought([("a", day, 10.0) for day in range(0, 400, 2)])
    assert rfm.score(found)["segment"].to_list() == ["new"]  # nobody to be better than
    assert cohorts.cohorts(found).unlike.empty
    with pytest.raises(CannotTell):
        slipping.learn(found)
    with pytest.raises(CannotTell):
        value.learn(found)
