"""Day by day: the planted event is found and nothing before it; windows, seasons, logs and rules for alerts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from data import demo, state, tables
from data.dataset import Dataset, Origin
from models import drift
from models.drift import alarms, alerts, bins, counted, explain, history, messages, monitored, shift, watch
from models.drift.compare import THRESHOLD
from models.drift.monitored import Sheet
from models.drift.shift import Shift
from models.lifecycle import registry, watching

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
END = date(2026, 11, 21)
EVENT = pd.Timestamp(END) - timedelta(days=42)
DAY = np.timedelta64(1, "D")


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return demo.dataset("sales", END).main


@pytest.fixture(scope="module")
def seen(lines) -> counted.Watched:
    sheets = monitored.sales(lines)
    days = sheets[0].day
    return counted.count(sheets, (days.min() + 28, days.max() - 407 * DAY))


@pytest.fixture(scope="module")
def found(seen) -> pd.DataFrame:
    return watch.backfill(seen)


def test_the_planted_event_is_found_within_two_days_and_nothing_in_the_year_before(found):
    confirmed = found[found["label"] == watch.CONFIRMED]  # of all columns
    assert confirmed["day"].min() >= EVENT
    assert confirmed["day"].min() <= EVENT + timedelta(days=2)
    assert {"price_change", "supplier", "category", "product", "store", "visit", "hour"} < set(found["feature"])
    assert found[~found["learned"]].groupby("feature")["psi"].count().min() > 365  # each is judged every day
    assert found["day"].max() - found.loc[~found["learned"], "day"].min() > timedelta(days=365)
    seasonal = found[(found["label"] == watch.SEASONAL) & (found["day"] < EVENT)]
    assert seasonal["day"].nunique() > 30  # the season alone is over the threshold that often


def test_a_window_is_the_same_whether_it_is_counted_alone_or_among_all(lines, seen, found):
    day = np.datetime64(EVENT, "D") + 10
    sheets = monitored.sales(lines)
    for sheet in sheets:
        then = (sheet.day >= seen.reference[0]) & (sheet.day <= seen.reference[1])
        now = (sheet.day <= day) & (sheet.day > day - counted.WINDOW * DAY)
        known = drift.report(sheet.frame[then], sheet.frame[now]).set_index("column")
        mine = found[found["day"] == pd.Timestamp(day)].set_index("feature").loc[known.index]
        assert mine["psi"].to_numpy() == pytest.approx(known["psi"].to_numpy())
        assert mine["ks"].to_numpy() == pytest.approx(known["ks"].to_numpy(), abs=1e-6, nan_ok=True)
    again = watch.compare(seen, sheets, day, 0.3).set_index("feature")
    mine = found[found["day"] == pd.Timestamp(day)].set_index("feature").loc[again.index]
    assert again["psi"].to_numpy() == pytest.approx(mine["psi"].to_numpy())
    assert (again["label"] == mine["label"]).all()


def test_a_change_is_the_same_whether_what_was_before_it_is_known_or_found_again(lines, seen):
    day = np.datetime64(EVENT, "D") + 10
    late = lines["timestamp"] >= pd.Timestamp(day - 3)
    changed = lines.assign(unit_price=lines["unit_price"].mask(late, 3 * lines["unit_price"]))
    before = watch.judged(seen, monitored.sales(lines), day)
    quick = watch.compare(seen, monitored.sales(changed), day, 0.3, before)
    pd.testing.assert_frame_equal(quick, watch.compare(seen, monitored.sales(changed), day, 0.3))
    assert quick.set_index("feature").loc["unit_price", "label"] == watch.CONFIRMED
    fewer = [
        replace(sheet, frame=sheet.frame.drop(columns="invoice_lines", errors="ignore"))
        for sheet in monitored.sales(changed)
    ]
    pd.testing.assert_frame_equal(watch.compare(seen, fewer, day, 0.3, before), watch.compare(seen, fewer, day, 0.3))


def test_the_season_is_the_weeks_around_the_same_one_of_earlier_years_and_never_later():
    days = np.datetime64("2022-01-01") + np.arange(900)
    level = pd.Series(np.where(np.arange(900) % 364 < 30, "sale", "usual"), dtype="str")
    rows = np.repeat(np.arange(900), 40)
    sheet = Sheet(pd.DataFrame({"kind": level.take(rows).reset_index(drop=True)}), days[rows], np.arange(len(rows)))
    seen = counted.count((sheet,), (days[40], days[300]))
    found = watch.backfill(seen).set_index("day")
    assert found.loc["2022-12-25":"2022-12-30", "label"].eq(watch.STABLE).all()
    first = found.loc[pd.Timestamp(days[364 + 15])]
    assert (first["psi"] > 0.3, first["label"]) == (True, watch.SEASONAL)  # as a year before
    assert found.loc[pd.Timestamp(days[310]), "rows_season"] == 0
    side = watch.sides(seen, "kind", days[364 + 15])
    assert side.season.sum() == 40 * (15 + 21 + 1)  # from the first day on: no day before the data, none of this year


def test_lines_of_one_invoice_are_one_row_of_evidence(lines):
    sheets = monitored.sales(lines)
    days = sheets[0].day
    seen = counted.count(sheets, (days.min(), days.min() + 364))
    for column in seen.columns:
        assert column.units.sum() == lines.loc[lines["line_type"].isin(["sale", "return"]), "invoice"].nunique()


def test_labels_tell_chance_and_too_few_rows_from_drift():
    draw = np.random.default_rng(0)
    days = np.datetime64("2024-01-01") + np.repeat(np.arange(200), 100)
    thin = np.datetime64("2024-07-19") + np.repeat(np.arange(14), 2)
    day = np.r_[days, thin]
    moved = (day > np.datetime64("2024-06-20")) & (day < np.datetime64("2024-07-11")) | (
        day > np.datetime64("2024-07-18")
    )
    frame = pd.DataFrame(
        {"x": draw.normal(np.where(moved, 3.0, 0.0)), "wide": draw.integers(0, 400, len(day)).astype(str)}
    )
    sheet = Sheet(frame, day, np.arange(len(day)))
    found = watch.backfill(counted.count((sheet,), (days[0], days[0] + 100)))
    label = found.set_index(["feature", "day"])["label"]
    assert label["x", "2024-07-10"] == watch.CONFIRMED
    assert label["x", "2024-08-01"] == watch.TOO_FEW
    assert not label["wide"].eq(watch.CONFIRMED).any()
    stricter = watch.label(found, 100.0)
    assert set(stricter) == {watch.STABLE, watch.SMALL}  # real, and nothing matters


def test_ks_of_windows_is_exact(seen, found, lines):
    sheet = monitored.sales(lines)[1]
    values = sheet.frame["invoice_value"].to_numpy()
    then = values[(sheet.day >= seen.reference[0]) & (sheet.day <= seen.reference[1])]
    for day in found["day"].drop_duplicates().iloc[[10, 500, -1]]:
        last = np.datetime64(day, "D")
        window = values[(sheet.day <= last) & (sheet.day > last - counted.WINDOW * DAY)]
        known = stats.ks_2samp(then, window, method="asymp").statistic
        mine = found[(found["day"] == day) & (found["feature"] == "invoice_value")]["ks"].item()
        assert mine == pytest.approx(known, abs=1e-6)


def test_a_day_is_logged_once_with_what_moved_and_only_confirmed_drift_is_an_alert(engine, home, lines):
    short = lines[lines["timestamp"] >= pd.Timestamp(END) - timedelta(days=700)].reset_index(drop=True)
    tables.add(home, Dataset("sales", {"sales": short}, Origin("upload", "mine.csv")), NOW)
    opened = watching.opened(engine, home, "sales")
    day = EVENT.date() + timedelta(days=6)
    answers = [watching.run(engine, opened, day, NOW) for _again in range(2)]
    assert answers[0] == answers[1]
    assert not answers[0]["in_use"]  # no model has learned yet: the first days stand in for what one would have seen
    assert [row["feature"] for row in answers[0]["alerts"] if row["severity"] == "alert"] == ["price_change"]
    log = state.read(engine, state.psi_log)
    assert len(log) == 2 * answers[0]["columns"]  # against the training window and against the season
    row = log[(log["feature"] == "price_change") & (log["reference"] == watch.TRAINING)].iloc[0]
    assert (row["label"], row["threshold"]) == (watch.CONFIRMED, 0.3)
    assert row["details"]["moves"][0]["level"] == "higher"
    with pytest.raises(drift.CannotCompare, match="one of the days"):
        watching.run(engine, opened, opened.watched.days[100].astype(date), NOW)
    with pytest.raises(drift.CannotCompare, match="no data of"):
        watching.run(engine, opened, date(2031, 1, 1), NOW)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_table_without_a_past_is_compared_with_what_an_earlier_model_learned_from(engine, home):
    customers = demo.dataset("customers", END).main
    old = tables.add(home, Dataset("customers", {"customers": customers[:3000]}, Origin("upload", "old.csv")), NOW)
    with pytest.raises(drift.CannotCompare, match="nothing to compare"):
        watching.opened(engine, home, "churn")
    frozen = {name: bins.freeze(customers[:3000][name]).plain() for name in ("contract", "monthly_charges")}
    row = dict.fromkeys((column.name for column in state.model_versions.columns), "x")
    row |= {"model": "churn", "data_version": old.version, "rows": 3000, "bins": frozen}
    row |= {"created": NOW, "promoted": None, "window_start": None, "window_end": NOW.date()}
    row |= {"schema": {}, "metrics": {}, "libraries": {}}
    row |= {"status": "champion", "lineage": old.lineage}
    state.upsert(engine, state.model_versions, [row])
    dearer = customers[3000:].assign(monthly_charges=customers["monthly_charges"] * 1.5)
    new = Dataset("customers", {"customers": dearer}, Origin("upload", "new.csv"))
    tables.add(home, new, NOW)
    with pytest.raises(drift.CannotCompare, match="nothing to compare"):
        watching.opened(engine, home, "churn")  # other customers: that model is a stranger's
    tables.add(home, replace(new, origin=Origin("upload", "newer.csv"), lineage=old.lineage), NOW)
    opened = watching.opened(engine, home, "churn")
    assert opened.against.in_use
    found = watch.backfill(opened.watched).set_index("feature")
    assert set(found.index) == {"contract", "monthly_charges"}
    assert found.loc["monthly_charges", "label"] == watch.CONFIRMED
    assert found.loc["contract", "label"] == watch.STABLE
    # Both came on one day; what was learned are the 3,000 of the first, whose numbers are known in bins only.
    assert (found["rows_reference"] == 3_000).all()
    assert found["ks"].isna().all()
    fewer = Dataset("customers", {"customers": dearer.drop(columns="contract")}, Origin("upload", "fewer.csv"))
    tables.add(home, replace(fewer, lineage=old.lineage), NOW)
    opened = watching.opened(engine, home, "churn")
    told = [alarm for alarm in watching.run(engine, opened, NOW.date(), NOW)["alerts"] if alarm["kind"] == alerts.LOST]
    assert [(alarm["feature"], alarm["severity"]) for alarm in told] == [("contract", alerts.ALERT)]
    assert messages.sentence(told[0]).startswith("Contract is not in the data any more")


def test_a_rule_is_replayed_with_what_it_hits_and_misses(found):
    after = found[~found["learned"]]
    known = [EVENT, EVENT - timedelta(days=200)]
    replay = alarms.replay(after, 0.3, known)
    assert replay.delays == {known[0]: (replay.alerts["first"].min() - EVENT).days, known[1]: None}
    assert (len(replay.alerts), replay.false) == (1, 0)
    assert replay.quieted["seasonal"] > 30
    loose = alarms.replay(after, 0.05, known)
    assert loose.false > len(replay.alerts)
    assert alarms.replay(after, 99, known).alerts.empty


def test_a_shift_changes_what_it_says_and_takes_more_rows_not_others():
    rows = pd.DataFrame({"shop": list("ab") * 500, "invoice": np.repeat(np.arange(500), 2), "price": 10.0})
    inside = np.arange(1000) >= 500
    dearer = shift.shifted(rows, inside, Shift(price=0.2, price_column="shop", price_level="a"), "price")
    assert dearer["price"].tolist() == [12.0 if place >= 500 and place % 2 == 0 else 10.0 for place in range(1000)]
    some, more = (shift.shifted(rows, inside, Shift(lost=share, lost_column="shop", lost_level="b"), "price", "invoice")
                  for share in (0.3, 0.6))  # fmt: skip
    assert set(more.index) < set(some.index)
    assert len(some) == pytest.approx(1000 - 250 * 0.3, abs=25)
    assert some.index[:500].tolist() == list(range(500))
    gone = shift.shifted(rows, inside, Shift(missing=0.5, missing_column="price", new=0.1, new_column="shop"), "price")
    assert gone["price"].isna().sum() == pytest.approx(250, abs=40)
    assert gone["shop"].eq(shift.NEW).sum() == pytest.approx(50, abs=20)


def test_lines_without_an_invoice_number_are_invoices_of_their_own():
    days = pd.to_datetime(["2026-01-01", "2026-01-01", "2026-01-02", "2026-01-03"]).astype("datetime64[us]")
    lines = pd.DataFrame({"invoice": pd.Series(["a", None, "a", None], dtype="str"), "timestamp": days})
    lines = lines.assign(line_id=list("1234"), product="p", line_type="sale", unit_price=[1.0, 2.0, 3.0, 4.0])
    whole = monitored.sales(lines.assign(quantity=1.0, customer="c"))[1]
    assert whole.frame["invoice_value"].tolist() == [4.0, 2.0, 4.0]
    assert whole.frame["invoice_lines"].tolist() == [2, 1, 1]
    assert whole.day.astype(str).tolist() == ["2026-01-01", "2026-01-01", "2026-01-03"]
    none = monitored.sales(lines.assign(quantity=1.0, invoice=None))[1]
    assert none.frame["invoice_value"].tolist() == [1.0, 2.0, 3.0, 4.0]
    some = pd.DataFrame({"invoice": [None] * 1000, "shop": "b", "price": 1.0})
    kept = shift.shifted(
        some, np.ones(1000, bool), Shift(lost=0.3, lost_column="shop", lost_level="b"), "price", "invoice"
    )
    assert len(kept) == pytest.approx(700, abs=45), "each is lost alone"


def test_a_price_against_the_usual_one_ignores_promotions_and_new_products(lines):
    sheet = monitored.sales(lines)[0]
    change = sheet.frame["price_change"]
    quiet = (sheet.day < np.datetime64(EVENT, "D")) & (sheet.frame["promotion"] > 0.1).to_numpy()
    assert change[quiet].value_counts(normalize=True)["as usual"] > 0.9
    bare = monitored.sales(lines.drop(columns=["invoice", "customer", "promotion"]))
    assert len(bare) == 1
    assert "store" in bare[0].frame


def test_a_year_of_online_retail_is_back_filled(online_retail):
    sheets = monitored.sales(tables.read(online_retail))
    first = sheets[0].day.min()
    found = watch.backfill(counted.count(sheets, (first + 28, first + 93)))
    assert found["day"].nunique() > 360
    by_column = found.groupby("feature")["label"].apply(lambda labels: (labels == watch.CONFIRMED).mean())
    assert by_column["product"] == 0  # the range is renewed all year, at its usual rate
    assert by_column.max() < 0.05  # twice weeks of lines without a customer: single pieces at twice the price
    assert set(by_column.index[by_column > 0]) <= {"price_change", "quantity", "visit"}
    product = found[(found["feature"] == "product") & ~found["learned"]]
    assert product["label"].eq(watch.UNTOLD).mean() > 0.5  # unlike the first weeks: one year tells no season


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_version_in_use_is_the_reference_and_never_another_lineage_s(engine, home, lines):
    short = lines[lines["timestamp"] >= pd.Timestamp(END) - timedelta(days=500)].reset_index(drop=True)
    stored = tables.add(home, Dataset("sales", {"sales": short}, Origin("upload", "mine.csv")), NOW)
    sheets = monitored.sheets(stored)
    first, last = date(2025, 8, 1), date(2026, 8, 21)
    frozen = {name: cut.plain() for name, cut in monitored.frozen(sheets, first, last).items()}

    def keep(lineage, hour, promoted=True):
        record = registry.Record("sales", "x", "x", "x", stored.version, 9, {}, {}, frozen, (first, last), lineage)
        return registry.keep(engine, home, record, b"x", ".zip", NOW + timedelta(hours=hour), promoted)

    assert [one.version for one in watching.references(engine, "sales", stored, sheets)] == [stored.version]
    best, other, _stranger = keep(stored.lineage, 0), keep(stored.lineage, 1, promoted=False), keep("a stranger", 2)
    found = watching.references(engine, "sales", stored, sheets)
    assert [(one.version, one.in_use) for one in found] == [(best, True), (stored.version, False), (other, False)]
    for path in (home / "models").iterdir():
        path.unlink()
    opened = watching.opened(engine, home, "sales")  # its file is gone: what it says is not compared, the data are
    done = watching.run(engine, opened, EVENT.date() + timedelta(days=6), NOW)
    assert (done["version"], done["in_use"]) == (best, True)
    assert "price_change" in done["drifted"]
    assert done["labels"][watch.CONFIRMED] == 1, "a year of history is enough for a step that large"
    week = opened.watched.days[np.isin(opened.watched.days, np.datetime64(done["day"]) + np.arange(-3, 4))]
    rows = history.rows("sales", best, opened.watched, watch.backfill(opened.watched, week), THRESHOLD)
    back_filled = [alarm for alarm in watching.raised(opened, rows) if str(alarm["day"]) == done["day"]]
    assert back_filled == done["alerts"], "a back-fill and the job of the day raise the same"
    assert any("does" in alarm["message_values"] for alarm in back_filled)
    with pytest.raises(drift.CannotCompare, match="one of the days"):
        watching.run(engine, opened, last, NOW)

    yesterday = stored.span[1].date()
    frozen |= {"prediction": bins.freeze(pd.Series([1.0, 2.0])).plain()}
    record = registry.Record("sales", "x", "x", "x", stored.version, 9, {}, {}, frozen, (first, yesterday))
    newest = registry.keep(
        engine, home, replace(record, lineage=stored.lineage), b"x", ".zip", NOW + timedelta(hours=3)
    )
    found = watching.references(engine, "sales", stored, sheets)
    assert (found[0].version, found[0].in_use) == (newest, True), "its own window, not the first one of the data"
    assert found[0].window == (np.datetime64(first), np.datetime64(yesterday))
    assert "prediction" in found[0].frozen
    registry.promote(engine, "sales", best, NOW + timedelta(hours=4))
    (retired,) = (one for one in watching.references(engine, "sales", stored, sheets) if one.version == newest)
    assert "prediction" not in retired.frozen, "what the model in use says is not held against what another said"
    registry.promote(engine, "sales", newest, NOW + timedelta(hours=5))
    for path in (home / "models").iterdir():
        path.unlink()
    with pytest.raises(drift.CannotCompare, match="no newer ones to compare"):
        watching.run(engine, watching.opened(engine, home, "sales"), yesterday, NOW)


def test_customers_who_are_no_longer_named_and_columns_that_are_new_are_said_as_such():
    draw, rows = np.random.default_rng(8), 2_000
    lines = pd.DataFrame(
        {
            "invoice": [f"i{row}" for row in range(rows)],
            "timestamp": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(rows) // 20, unit="D"),
            "customer": pd.Series(draw.integers(0, 150, rows).astype(str)).where(np.arange(rows) < 1_800),
            "product": draw.choice(["a", "b"], rows),
            "line_type": "sale",
            "quantity": draw.integers(1, 9, rows).astype(float),
            "unit_price": 2.0,
            "channel": pd.Series(draw.choice(["web", "shop"], rows)).where(np.arange(rows) >= 1_500),
        }
    )
    sheets = monitored.sales(lines)
    seen = counted.count(sheets, (np.datetime64("2026-01-29"), np.datetime64("2026-03-01")))
    assert watching.fresh(seen, sheets) == ["channel"]
    sides = watch.sides(seen, "visit", np.datetime64("2026-04-10"))
    found = {move.level: move.now for move in explain.moves(sides.cut, sides.reference, sides.current)}
    assert found["walk-in"] == 1.0
