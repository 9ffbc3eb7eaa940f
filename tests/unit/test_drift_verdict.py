"""Verdicts of drift: real, and it matters; nothing where nothing changed, few rows or many, season or not."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks import alarms as truth
from models.drift import alarms, bins, classifier, consequence, counted, history, measures, messages, verdict, watch
from models.drift import alerts as told
from models.drift.monitored import PRICES, Sheet
from models.drift.watch import Sides


def alerts(seen: counted.Watched) -> pd.DataFrame:
    drift = watch.backfill(seen)
    return alarms.replay(drift[~drift["learned"]], watch.THRESHOLD, []).alerts


def test_the_chi_square_has_its_exact_mean_and_variance():
    margin, rows = np.array([5, 9, 1, 30, 2, 3]), 12
    draw = np.random.default_rng(0)
    now = draw.multivariate_hypergeometric(margin, rows, 100_000)
    table = np.stack([now, margin - now], axis=1).astype(float)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=2, keepdims=True) / margin.sum()
    statistic = ((table - expected) ** 2 / expected).sum(axis=(1, 2))
    measures.MIN_EXPECTED, kept = 0, measures.MIN_EXPECTED
    found = measures.departure(margin - now, now)
    measures.MIN_EXPECTED = kept
    mean = margin.sum() * 5 / (margin.sum() - 1)
    assert found.ratio == pytest.approx(statistic / mean)
    assert 2 * mean**2 / found.freedom[0] == pytest.approx(statistic.var(), rel=0.03)


@pytest.mark.parametrize("rows", [30, 140])
@pytest.mark.parametrize("levels", [5, 20])
def test_where_nothing_changed_a_p_value_is_right_for_few_rows_and_the_psi_s_limit_too(rows, levels):
    draw = np.random.default_rng(1)
    shares = draw.dirichlet(np.full(levels, 2.0))
    then, now = draw.multinomial(600, shares, 20_000), draw.multinomial(rows, shares, 20_000)
    for found in (measures.departure(then, now), *measures.smooth(then, now)):
        pvalue = measures.pvalue(found)
        assert (pvalue <= 0.05).mean() == pytest.approx(0.05, abs=0.012)
        assert (pvalue <= 0.001).mean() < 0.0035
    size = measures.departure(then, now).size
    assert size.mean() == pytest.approx(0, abs=0.06)
    over = measures.psi(then, now) > measures.drawn_noise(then[0], 600, np.array([rows]))
    assert over.mean() == pytest.approx(0.05, abs=0.03)  # the chi-square's limit: up to nine times in ten


def test_the_size_of_a_change_is_the_psi_where_rows_are_many():
    edges = stats.norm.ppf(np.arange(1, 10) / 10)
    then, now = (np.diff(np.r_[0, stats.norm.cdf(edges - shift), 1]) * 1e6 for shift in (0.0, 0.1))
    found = measures.departure(then, now)
    assert float(found.size) == pytest.approx(float(measures.psi(then, now)), rel=0.02)


def test_what_varies_anyway_is_usual_and_a_step_is_not():
    ratios = np.r_[np.ones(70), np.full(70, 3.0), np.full(14, 500.0), np.full(70, 3.0)][:, None]
    found = verdict.usual(ratios, np.array([7]))[0]
    assert found.ratio[70] == 1
    assert found.ratio[140] == pytest.approx((8 + 10 + 9 * 3) / 27, abs=0.1)
    assert found.ratio[-1] < 4  # two weeks of a step count little
    assert found.windows[-1] == pytest.approx(8 + (len(ratios) - 7) / 7)
    scattered = np.random.default_rng(0).chisquare(3, (2000, 1)) * 2  # of three levels, not of ten
    assert verdict.usual(scattered, np.array([1]))[0].freedom[-1] == pytest.approx(3, rel=0.15)


@pytest.mark.parametrize("rows", [5, 100, 1_000])
def test_without_drift_nothing_is_told_in_a_season_either(rows):
    for wave in (0.0, 0.5):
        seen = truth.simulated(truth.Truth(365, wave=wave), rows, (0, 91), 11)
        assert len(alerts(seen)) <= 1


def test_a_shift_is_found_sooner_with_more_rows():
    late = {rows: truth.days_to_find(1, 21, rows, "a", shift=0.5)[0] for rows in (20, 100, 1_000)}
    assert late[20] <= 14
    assert late[100] <= 7
    assert late[1_000] <= 3


def test_a_step_that_stays_is_remembered_and_is_no_season_a_year_later():
    seen = truth.simulated(truth.Truth(1000, change=500, shift=1.0), 100, (28, 390), 3)
    found = watch.backfill(seen)
    mine = found[found["feature"] == "a"].set_index("day")["label"]
    assert (mine[mine.index >= seen.days[520]] == watch.CONFIRMED).all()
    assert (mine[mine.index < seen.days[500]] != watch.CONFIRMED).all()


def test_a_step_that_is_over_is_forgotten():
    draw = np.random.default_rng(5)
    day = np.repeat(np.arange(400), 100)
    frame = pd.DataFrame({"x": draw.normal(np.where((day >= 200) & (day < 260), 1.0, 0.0))})
    days = np.datetime64("2024-01-01") + day
    found = watch.backfill(counted.count((Sheet(frame, days, np.arange(len(day))),), (days[0], days[0] + 150)))
    label = found.set_index("day")["label"]
    start = pd.Timestamp("2024-01-01")
    assert (label[start + pd.Timedelta(days=207) : start + pd.Timedelta(days=258)] == watch.CONFIRMED).all()
    assert (label[start + pd.Timedelta(days=275) :] == watch.STABLE).all()


def test_a_slow_change_in_one_year_cannot_be_told_from_the_season():
    seen = truth.simulated(truth.Truth(330, wave=1.0), 200, (0, 80), 7)
    found = watch.backfill(seen)
    assert found["label"].eq(watch.UNTOLD).any()
    assert len(alerts(seen)) <= 2


def test_what_came_in_no_earlier_year_is_not_called_the_season():
    said = set()
    for seed in range(4):
        draw, days, change = np.random.default_rng(seed), 760, 750
        day = np.repeat(np.arange(days), 20)
        store = np.array(["North", "South", "East"])[draw.choice(3, len(day), p=[0.5, 0.3, 0.2])]
        swapped = pd.Series(store).map({"North": "South", "South": "North", "East": "East"})
        frame = pd.DataFrame({"store": pd.Series(store).mask(day >= change, swapped)})
        when = np.datetime64("2024-10-30") + day
        found = watch.backfill(counted.count((Sheet(frame, when, np.arange(len(day))),), (when[0] + 28, when[0] + 350)))
        said |= set(found["label"].iloc[change - days :])
    assert watch.SEASONAL not in said
    assert said & {watch.UNTOLD, watch.CONFIRMED}


def test_a_change_of_two_days_is_shown_in_the_window_that_tells_it_and_the_week_says_that_it_is_small():
    draw, day = np.random.default_rng(1), np.repeat(np.arange(300), 100)
    frame = pd.DataFrame({"x": draw.normal(np.where(day >= 298, 1.0, 0.0))})
    days = np.datetime64("2026-01-01") + day
    seen = counted.count((Sheet(frame, days, np.arange(len(day))),), (days[0], days[0] + 150))
    last = seen.days[-1]
    drift = watch.backfill(seen, np.array([last]))
    row = drift.iloc[0]
    assert (row["label"], row["length"]) == (watch.CONFIRMED, 3)
    assert row["size"] < watch.THRESHOLD / 3
    above = seen.columns[0].cut.edges[-1]  # the greatest tenth of the reference
    for length, rows in ((3, frame["x"][day >= 297]), (counted.WINDOW, frame["x"][day >= 293])):
        assert watch.sides(seen, "x", last, length).shares[1][-2] == pytest.approx((rows > above).mean())
    log = history.rows("sales", "1", seen, drift, watch.THRESHOLD)
    (alarm,) = told.of_psi(log)
    assert messages.sentence(alarm).startswith("x has changed, as a window of 3 days shows")
    assert "season" not in messages.sentence(alarm)  # which nobody knows


def test_a_model_tells_a_flipped_correlation_and_which_columns_and_nothing_without_one():
    changed = (np.arange(28) >= 21).astype(float)
    found = {}
    for flip in (0.0, 1.8):
        frame, day = truth.joint(20, 28, 0.9 - flip * changed, np.zeros(28), 4)
        cut = {name: bins.freeze(frame[name]) for name in frame}
        late = day >= day[0] + 21
        found[flip] = classifier.apart(frame[~late], frame[late], cut, (day[~late], day[late]))
    assert found[1.8].auc > 0.8
    assert found[1.8].confirmed
    assert list(found[1.8].columns)[:2] in (["x0", "x1"], ["x1", "x0"])
    assert not found[0.0].confirmed
    assert found[0.0].auc == pytest.approx(0.5, abs=0.12)
    assert classifier.apart(frame[:10], frame[10:], cut) is None


def joint_sheet(flip: float) -> tuple[counted.Watched, Sheet]:
    days = 60
    frame, day = truth.joint(40, days, 0.9 - flip * (np.arange(days) >= days - 7), np.zeros(days), 4)
    frame = frame[["x0", "x1", "x2"]]
    who = pd.Series([f"customer {place}" for place in range(len(frame))], dtype="str")
    sheet = Sheet(frame, day, np.arange(len(frame)), who)
    return counted.count((sheet,), (day[0], day[0] + 30)), sheet


def test_a_flip_that_no_column_shows_is_an_alert_with_columns_and_customers_and_none_is_none():
    for flip in (0.0, 1.8):
        seen, sheet = joint_sheet(flip)
        day = seen.days[-1]
        wall, processor = time.perf_counter(), time.process_time()
        apart = classifier.confirmed(seen, sheet, day)
        assert time.process_time() - processor < 1.3 * (time.perf_counter() - wall)  # of one: no threads that wait
        assert (apart is not None) == (flip > 0)
        drift = watch.backfill(seen, seen.days[-1:])
        assert not drift["label"].eq(watch.CONFIRMED).any()
    inside = sheet.day > day - counted.WINDOW * counted.DAY
    alarm = told.of_joint(apart, sheet, inside, {"model": "m", "version": "v", "day": day.item()})
    assert (alarm["kind"], alarm["severity"]) == (told.JOINT, told.ALERT)
    assert set(alarm["message_values"]["columns"][:2]) == {"x0", "x1"}
    some = sheet.frame[inside].iloc[list(apart.rows)]
    assert (some["x0"] * some["x1"] < 0).all(), "who goes the other way than all before"
    assert all(name in messages.sentence(alarm) for name in ("x0", "customer"))


def test_where_a_model_knows_only_what_moves_what_it_says_is_told():
    frame = pd.DataFrame({"heavy": np.repeat(["a", "b"], 500), "idle": np.tile(["a", "b"], 500)}, dtype="str")
    rows = pd.concat([frame, frame[(frame["heavy"] == "b") & (frame["idle"] == "b")]], ignore_index=True)
    day = np.datetime64("2026-01-01") + np.r_[np.zeros(1000, int), np.full(250, 20)]
    sheet = Sheet(rows, day, np.arange(len(rows)))
    risk = np.where(rows["heavy"] == "b", 0.3, 0.1)
    seen = counted.count((sheet,), (day[0], day[0]))
    outcome = consequence.Outcome(risk, 50 * risk, risk * (1 - risk))
    does = consequence.of_sheet(seen, sheet, outcome, day[-1], {})
    assert does["heavy"].change == pytest.approx(0.3 / 0.2 - 1)
    assert does["heavy"].error == pytest.approx(0.21 / 0.15 - 1)
    assert does["heavy"].money == pytest.approx(250 * 50 * (0.3 - 0.2))
    both = {"model": "m", "version": "v", "day": day[-1].item(), "psi": 0.9, "threshold": 0.3, "label": watch.CONFIRMED}
    log = [both | {"feature": name} for name in ("heavy", "idle")]
    assert [row["severity"] for row in told.of_psi(log)] == [told.ALERT, told.ALERT], "no model to ask: size alone"
    little = consequence.Consequence(0.5, 0.004, 1.0)
    says = "Off by {share} more, {money}; {error}.", "Off by {share} more; {error}."
    heavy, idle = told.of_psi(log, does | {"idle": little}, says, "GBP")
    assert (heavy["severity"], idle["severity"]) == (told.ALERT, told.NOTE)
    assert messages.sentence(heavy).endswith("Off by 50.0% more, £1,250; +40.0%.")
    assert "changes by 0.4% only" in messages.sentence(idle)
    unpaid = consequence.of_sheet(seen, sheet, replace(outcome, money=0 * risk), day[-1], {})
    assert messages.sentence(told.of_psi(log[:1], unpaid, says, "GBP")[0]).endswith("Off by 50.0% more; +40.0%.")


def test_a_consequence_is_the_shares_that_moved_times_what_their_bins_bring():
    cut = bins.freeze(pd.Series(["a"] * 60 + ["b"] * 40))
    side = Sides(cut, np.array(cut.counts), np.zeros(5), np.array([30, 70, 0, 0, 0]))
    found = consequence.of_bins(side, np.array([10.0, 20, 0, 0, 0]), 1700.0)
    assert (found.moved, found.change) == (pytest.approx(0.3), pytest.approx(3 / 14))
    assert found.total == pytest.approx(1700 - 1400)  # a hundred rows at the shares of before bring 1,400
    assert found.matters
    assert not consequence.of_bins(side, np.array([10.0, 10.1, 0, 0, 0]), 1700.0).matters
    prices = consequence.of_prices(PRICES, 2.0)
    assert prices[PRICES.index("higher")] == pytest.approx(1.125**-2)
    assert prices[PRICES.index("as usual")] == 1
