"""The forecast, its bands and its back-test: honest about the past, closed days and what cannot be known."""

import gzip
import importlib.util

import numpy as np
import pandas as pd
import pytest
import stanio.json
from scipy.stats import trim_mean

from models.forecast import CannotForecast, backtest, engine, forecast, intervals, learners
from models.forecast.combined import BASE, table
from models.forecast.grouped import forecast_each
from models.forecast.learners import COMBINED, LEARNERS
from models.forecast.series import learnable, regular

FAST = ("seasonal naive", "linear", "ridge", "theta")


def shop(days: int = 400, seed: int = 0, noise: float = 5.0) -> pd.Series:
    """A shop with a weekly rhythm that never closes."""
    dates = pd.date_range("2024-01-01", periods=days)
    week = np.array([80, 85, 90, 100, 120, 160, 60])[dates.day_of_week]
    return pd.Series(week + np.random.default_rng(seed).normal(0, noise, days), dates)


def closed_on_saturdays(days: int = 400, seed: int = 0) -> pd.Series:
    sold = shop(days, seed)
    return sold.where(sold.index.day_of_week != 5, 0.0)


def messages(findings) -> str:
    return " ".join(finding.message for finding in findings)


@pytest.mark.usefixtures("learned_once")
def test_the_frame_has_a_row_a_day_and_nested_bands():
    answer = forecast(shop(), 14)
    assert list(answer.frame) == ["mean", "lo-80", "hi-80", "lo-95", "hi-95"]
    assert list(answer.frame.index) == list(pd.date_range("2025-02-04", periods=14))
    ordered = answer.frame[["lo-95", "lo-80", "mean", "hi-80", "hi-95"]].to_numpy()
    assert (np.diff(ordered, axis=1) >= 0).all()
    weekend = answer.frame["mean"].groupby(answer.frame.index.day_of_week).mean()
    assert weekend[5] == pytest.approx(160, abs=8)
    assert weekend[6] == pytest.approx(60, abs=8)


def test_the_default_answer_is_the_trimmed_mean_of_five_and_the_same_every_time():
    answer = forecast(shop(100), 7)
    members = answer.members[list(COMBINED)].to_numpy()
    assert np.allclose(answer.frame["mean"], trim_mean(members, 0.2, axis=1))
    pd.testing.assert_frame_equal(answer.frame, forecast(shop(100), 7).frame)


@pytest.mark.usefixtures("learned_once")
def test_it_beats_saying_as_a_season_ago():
    assert forecast(shop(), 14).against_naive < 0.85


@pytest.mark.usefixtures("plain_learners")
def test_bands_hold_what_they_promise():
    """On 15 series of a known noise, the days to come lie in the bands about as often as promised."""
    inside: dict[int, list[float]] = {80: [], 95: []}
    for seed in range(15):
        whole = shop(150, seed)
        answer = forecast(whole[:136], 14)
        for level, found in inside.items():
            lo, hi = answer.frame[f"lo-{level}"], answer.frame[f"hi-{level}"]
            found.append(float(((whole[136:] >= lo) & (whole[136:] <= hi)).mean()))
    assert 0.75 <= np.mean(inside[80]) <= 0.90
    assert 0.91 <= np.mean(inside[95]) <= 0.99


@pytest.mark.usefixtures("plain_learners")
def test_measured_coverage_is_that_of_bands_made_before():
    """The share reported is found again by hand, each window banded by windows that were over by then."""
    answer = forecast(shop(300), 14)
    found = []
    for number, window in enumerate(answer.past):
        over = [one for one in answer.past[:number] if one.dates[-1] <= window.origin]
        if len(over) >= 2:
            lo, hi = intervals.bands(window, over, "combined", [80])[80]
            found.append(np.mean((window.actual >= lo) & (window.actual <= hi)))
    assert len(found) >= 3
    assert answer.coverage[80] == pytest.approx(np.mean(found))


@pytest.mark.usefixtures("learned_once")
def test_a_poisoned_future_changes_nothing_that_was_said_before():
    """Features, scales, closures and bands of a window see nothing after its origin."""
    clean = closed_on_saturdays(210)
    poisoned = clean.copy()
    last = clean.index >= clean.index[-14]
    poisoned[last] = 1e7 + 1e6 * np.arange(last.sum())  # also on Saturdays
    before, after = backtest(clean, 14, 3), backtest(poisoned, 14, 3)
    early = before["window"] < 3
    pd.testing.assert_frame_equal(
        before[early].drop(columns="seconds"), after[early].drop(columns="seconds"), check_exact=True
    )
    said = [engine.look(regular(one), 196, 14).forecast["combined"] for one in (clean, poisoned)]
    assert np.array_equal(*said)
    assert said[0].sum() > 0


def test_regressors_after_the_origin_are_only_those_of_the_horizon():
    sold, dates = shop(200), pd.date_range("2024-01-01", periods=214)
    future = pd.DataFrame({"promotion": (np.arange(214) % 10 == 0) * 1.0}, dates)
    changed = future.copy()
    changed.iloc[150:] = 1 - changed.iloc[150:]
    said = [engine.look(regular(sold), 136, 14, future=one).forecast["combined"] for one in (future, changed)]
    assert np.array_equal(*said)


def test_every_learner_sees_only_the_past():
    """A learner that peeked at values after the origin would say something else when they change."""
    clean = shop(110)
    poisoned = clean.where(clean.index < clean.index[90], -clean)
    for name in [name for name in LEARNERS if name != "lstm"]:
        said = [engine.look(regular(one), 90, 7, [name]).forecast[name] for one in (clean, poisoned)]
        assert np.array_equal(*said), name


def test_closed_weekdays_are_found_left_out_and_forecast_as_zero():
    answer = forecast(closed_on_saturdays(), 14)
    saturdays = answer.frame.index.day_of_week == 5
    assert (answer.frame[saturdays] == 0).all(axis=None)
    assert (answer.frame.loc[~saturdays, "mean"] > 40).all()
    assert "Closed days of the week" in messages(answer.findings)


def test_a_sparse_series_is_not_taken_for_closed():
    sparse = pd.Series(np.random.default_rng(3).poisson(0.2, 400) * 1.0, pd.date_range("2024-01-01", periods=400))
    assert learnable(regular(sparse)).closed_weekdays == ()


def test_christmas_is_closed_next_year_too():
    sold = shop(800)
    shut = (sold.index.month == 12) & np.isin(sold.index.day, [25, 26])
    known = learnable(regular(sold.where(~shut, 0.0)))
    assert known.closed_days == ((12, 25), (12, 26))
    assert not known.is_open(pd.DatetimeIndex(["2026-12-25"]))[0]
    assert len(known.values) == 800 - shut.sum()


def test_a_product_out_of_season_is_neither_closed_nor_a_gap():
    dates = pd.date_range("2023-01-01", periods=900)
    seasonal = pd.Series(np.where(np.isin(dates.month, [10, 11, 12]), 30.0, 0.0), dates)
    known = learnable(regular(seasonal))
    assert (known.values == 0).sum() > 500
    assert not known.findings


@pytest.mark.usefixtures("plain_learners")
def test_a_gap_of_a_year_is_left_out_and_said():
    sold = shop(400)
    torn = pd.concat([sold[:200], pd.Series(sold.to_numpy()[200:], sold.index[200:] + pd.Timedelta(days=365))])
    answer = forecast(torn, 14)
    assert "long gaps" in messages(answer.findings)
    assert answer.frame["mean"].mean() == pytest.approx(99, abs=10)


@pytest.mark.usefixtures("plain_learners")
def test_days_known_to_be_closed_are_zero_and_teach_nothing():
    sold = shop(200)
    dates = pd.date_range("2024-01-01", periods=214)
    closed = pd.DataFrame({"closed": np.isin(np.arange(214), [190, 203])}, dates)
    answer = forecast(sold, 14, future=closed)
    assert (answer.frame.iloc[3] == 0).all()
    assert sold.index[190] not in answer.window.history.values.index


@pytest.mark.usefixtures("plain_learners")
@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda sold: pd.concat([sold, sold[:20]]), "dates come twice"),
        (lambda sold: sold.sample(frac=1, random_state=0), "not in order"),
        (lambda sold: sold.where(np.arange(len(sold)) % 50 != 3), "not numbers"),
    ],
)
def test_what_is_repaired_is_said(broken, said):
    answer = forecast(broken(shop(150)), 7)
    assert said in messages(answer.findings)
    assert np.isfinite(answer.frame.to_numpy()).all()


@pytest.mark.usefixtures("plain_learners")
def test_order_and_time_zone_make_no_difference():
    usual = forecast(shop(150), 7).frame
    pd.testing.assert_frame_equal(forecast(shop(150).sample(frac=1, random_state=1), 7).frame, usual)
    pd.testing.assert_frame_equal(forecast(shop(150).tz_localize("Asia/Tokyo"), 7).frame, usual)


@pytest.mark.parametrize(
    ("series", "horizon", "said"),
    [
        (shop(5), 3, "at least 8 values"),
        (shop(100) * 0, 7, "zero throughout"),
        (shop(20), 30, "more than the 20 steps of history"),
        (shop(60), 0, "between 1 and"),
        (shop(60), 800, "between 1 and"),
    ],
)
def test_what_cannot_be_forecast_gets_a_sentence(series, horizon, said):
    with pytest.raises(CannotForecast, match=said) as refused:
        forecast(series, horizon)
    assert "{" not in refused.value.sentence()


def test_a_short_history_is_answered_and_said_to_be_unmeasured():
    answer = forecast(shop(20), 7)
    assert np.isnan(answer.coverage[80])
    assert "too little history" in messages(answer.findings)
    assert (answer.frame["hi-80"] > answer.frame["lo-80"]).all()


@pytest.mark.usefixtures("plain_learners")
@pytest.mark.parametrize(("days", "unseen"), [(300, True), (400, False)])
def test_a_time_of_the_year_that_was_not_there_before_is_said_to_be_unknown(days, unseen):
    assert ("time of the year" in messages(forecast(shop(days), 28).findings)) is unseen


def test_a_constant_series_stays_what_it_is():
    answer = forecast(shop(120) * 0 + 5, 7)
    assert np.allclose(answer.frame, 5)


def test_negative_totals_are_forecast_as_such_and_positive_ones_never():
    assert (forecast(-shop(150), 7).frame["mean"] < 0).all()
    rare = pd.Series(np.random.default_rng(1).poisson(0.3, 300) * 1.0, pd.date_range("2024-01-01", periods=300))
    assert (forecast(rare, 14).frame >= 0).all(axis=None)


def test_months_and_weeks():
    dates = pd.date_range("2020-01-01", periods=48, freq="MS")
    year = 100 + 30 * np.sin(2 * np.pi * np.arange(48) / 12)
    monthly = pd.Series(year + np.random.default_rng(0).normal(0, 5, 48), dates)
    answer = forecast(monthly, 6)
    assert list(answer.frame.index) == list(pd.date_range("2024-01-01", periods=6, freq="MS"))
    assert answer.against_naive < 1
    assert np.allclose(answer.frame["mean"], year[:6], rtol=0.15)
    weekly = shop(700).resample("W").sum().iloc[:-1]
    assert list(forecast(weekly, 4).frame.index) == list(pd.date_range(weekly.index[-1], periods=5, freq="W-SUN")[1:])


def test_a_promotion_known_beforehand_is_used():
    rng, dates = np.random.default_rng(0), pd.date_range("2024-01-01", periods=314)
    promotion = pd.Series((rng.random(314) < 0.15).astype(float), dates)
    promotion.iloc[300:] = [0, 1] * 7
    sold = shop(300) * (1 + 0.6 * promotion.iloc[:300])
    answer = forecast(sold, 14, future=promotion.to_frame("promotion"))
    plain = forecast(sold, 14)
    lift = (answer.frame["mean"] / shop(314, noise=0)[300:]).groupby(promotion.iloc[300:]).mean()
    assert lift[1.0] / lift[0.0] > 1.35
    assert answer.against_naive < plain.against_naive


@pytest.mark.usefixtures("plain_learners")
def test_a_column_that_ends_with_the_history_is_left_out_and_said():
    sold = shop(150)
    short = pd.DataFrame({"price": 1.0}, sold.index)
    answer = forecast(sold, 7, future=short)
    assert "goes without it" in messages(answer.findings)
    pd.testing.assert_frame_equal(answer.frame, forecast(sold, 7).frame)


def test_a_what_if_with_nothing_changed_is_the_forecast():
    dates = pd.date_range("2024-01-01", periods=214)
    future = pd.DataFrame({"promotion": (np.arange(214) % 9 == 0) * 1.0}, dates)
    answer = forecast(shop(200) * (1 + 0.3 * future["promotion"].iloc[:200]), 14, future=future)
    assert np.allclose(engine.again(answer.window, future), answer.frame["mean"])
    more = future.assign(promotion=1.0)
    assert engine.again(answer.window, more).sum() > answer.frame["mean"].sum() * 1.05
    shut = future.assign(closed=dates == dates[205])
    assert engine.again(answer.window, shut)[5] == 0


def test_a_backtest_has_a_row_a_model_and_window():
    rows = backtest(shop(200), 7, 3, FAST)
    assert len(rows) == 3 * len(FAST)
    assert sorted(rows["window"].unique()) == [1, 2, 3]
    assert rows["end"].max() == shop(200).index[-1]
    assert (rows["start"] == rows["origin"] + pd.Timedelta(days=1)).all()
    assert (rows["seconds"] > 0).all()
    assert rows.drop(columns=["coverage-80", "coverage-95"]).notna().all(axis=None)


def test_scores_are_what_their_formulas_say():
    sold = shop(120)
    window = engine.look(regular(sold), 110, 10, [BASE])
    actual, said = sold.to_numpy()[110:], np.resize(sold.to_numpy()[103:110], 10)
    usual = np.abs(sold.to_numpy()[7:110] - sold.to_numpy()[:103]).mean()
    found = engine.scores(window, BASE, {80: (said - 5, said + 5)})
    assert found["mae"] == pytest.approx(np.abs(actual - said).mean())
    assert found["rmse"] == pytest.approx(np.sqrt(((actual - said) ** 2).mean()))
    assert found["mase"] == pytest.approx(np.abs(actual - said).mean() / usual)
    assert found["bias"] == pytest.approx((said - actual).mean())
    assert found["coverage-80"] == pytest.approx((np.abs(actual - said) <= 5).mean())
    assert found["mape"] == pytest.approx((np.abs(actual - said) / actual).mean())


def test_mape_is_safe_at_zero():
    sold = shop(120)
    sold.iloc[112] = 0.0
    found = engine.scores(engine.look(regular(sold), 110, 10, [BASE]), BASE, {})
    assert np.isfinite(found["mape"])
    assert found["smape"] <= 2


def test_too_short_for_a_backtest_is_said():
    with pytest.raises(CannotForecast, match="too short to try"):
        backtest(shop(25), 20, 2, FAST)


def test_a_learner_that_fails_is_left_out(monkeypatch):
    def broken(history, known=None):
        raise ValueError("no")

    monkeypatch.setitem(LEARNERS, "theta", broken)
    answer = forecast(shop(150), 7)
    assert "theta" not in answer.members
    rest = answer.members[[name for name in COMBINED if name != "theta"]].to_numpy()
    assert np.allclose(answer.frame["mean"], trim_mean(rest, 0.25, axis=1))


def test_partial_results_are_a_league_too():
    known = regular(shop(200))
    windows = [engine.look(known, length, 7, FAST) for length in engine.origins(known, 7, 4)]
    assert len(table(windows[:2], 2)) == 2 * len(FAST)


def test_online_retail_never_sells_on_saturdays_and_is_forecast_better_than_naive(real_data):
    with gzip.open(real_data / "online_retail" / "online_retail.csv.gz", "rt", encoding="utf-8-sig") as file:
        lines = pd.read_csv(
            file, usecols=["Quantity", "UnitPrice", "InvoiceDate", "StockCode"], parse_dates=["InvoiceDate"]
        )
    day = lines["InvoiceDate"].dt.normalize()
    sold = (lines["Quantity"] * lines["UnitPrice"]).groupby(day).sum()
    answer = forecast(sold, 28)
    assert answer.window.history.closed_weekdays == (5,)
    assert answer.against_naive < 0.9
    assert answer.coverage[80] >= 0.75


def test_a_closure_over_new_year_is_closed_next_year_whatever_the_weekday():
    """Closed from 24 December to 3 January, some of it on a weekday that never sells anyway."""
    sold = closed_on_saturdays(380)
    shut = ((sold.index.month == 12) & (sold.index.day >= 24)) | ((sold.index.month == 1) & (sold.index.day <= 3))
    sold = sold.where(~(shut & (sold.index > "2024-06-01")), 0.0)["2024-01-04":]
    known = learnable(regular(sold))
    assert not known.is_open(pd.date_range("2025-12-24", "2026-01-03")).any()
    assert known.is_open(pd.DatetimeIndex(["2025-12-23", "2026-01-05"])).all()


@pytest.mark.usefixtures("plain_learners")
def test_a_group_of_rows_is_forecast_by_itself():
    """What a distributed engine would map over groups equals the forecast of each series."""
    parts = {"a": shop(120, 1), "b": shop(120, 2) * 3, "short": shop(4)}
    rows = pd.concat(
        [pd.DataFrame({"series": name, "date": one.index, "value": one.to_numpy()}) for name, one in parts.items()]
    )
    found = pd.concat([forecast_each(part, 7) for _name, part in rows.groupby("series")])
    for name in ("a", "b"):
        said = found[found["series"] == name].set_index("date")[["mean", "lo-80", "hi-80", "lo-95", "hi-95"]]
        pd.testing.assert_frame_equal(said, forecast(parts[name], 7).frame, check_freq=False, check_dtype=False)
    refused = found[found["series"] == "short"]
    assert refused["mean"].isna().all()
    assert "at least 8 values" in refused["reason"].iloc[0]


def test_a_day_far_from_its_kind_is_drawn_in_and_said_but_a_yearly_peak_is_not():
    sold = shop(800)
    sold.iloc[300] *= 12
    peaks = [100, 464]
    sold.iloc[peaks] *= 6
    known = learnable(regular(sold))
    assert known.values.iloc[300] < 2 * shop(800).iloc[300]
    assert known.values.iloc[peaks].tolist() == sold.iloc[peaks].tolist()
    assert next(finding.rows for finding in known.findings if "far from" in finding.message) == 1
    usual, spoilt = (engine.look(regular(one), 800, 14).forecast["combined"] for one in (shop(800), sold))
    assert np.allclose(usual, spoilt, rtol=0.06)


def test_what_stan_reads_is_what_its_own_library_writes(tmp_path):
    spec = importlib.util.find_spec("stanio.json")
    original = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(original)
    numbers = np.random.default_rng(0).normal(0, 1e5, 50)
    data = {"T": 50, "K": np.int64(1), "tau": np.float64(0.05), "sigma": 1 / 3, "y": numbers.tolist(), "s_a": [1, 0],
            "X": np.outer(numbers, [1e-300, 0.1]).tolist(), "none": []}  # fmt: skip
    learners._encode_at_once()
    for name, module in {"ours": stanio.json, "theirs": original}.items():
        module.write_stan_json(tmp_path / name, data)
    assert (tmp_path / "ours").read_text() == (tmp_path / "theirs").read_text()
