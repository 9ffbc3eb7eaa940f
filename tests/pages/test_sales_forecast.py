"""Sales: forecast and what-if, on a small shop, with work done where it is started."""

import json
import re
from datetime import UTC, date, datetime
from functools import partial

import numpy as np
import pandas as pd
import pytest

import settings
from data import countries, state, tables
from data.dataset import Dataset, Origin
from data.demo import sales as demo
from models.forecast import combined, engine, forecast, outside
from tests.at_once import AT_ONCE
from ui import background

pytestmark = pytest.mark.xdist_group("forecast")
of_shop = pytest.mark.same_data("shop of the forecast")
NOW = datetime(2026, 1, 5, tzinfo=UTC)
END = date(2026, 1, 3)


@pytest.fixture(scope="module")
def shop():
    return demo.generate(END, years=2, customers=400, products=60)


def tea(days, units):
    """Lines of one product, one a day."""
    return pd.DataFrame(
        {
            "source": "upload",
            "line_id": [str(one) for one in range(len(days))],
            "timestamp": days,
            "product": "tea",
            "line_type": "sale",
            "quantity": units.round(),
            "unit_price": 1.0,
            "currency": "GBP",
        }
    )


def keep(frames, currency="GBP"):
    dataset = Dataset("sales", frames, Origin("upload", "shop.csv", currency=currency))
    return tables.add(settings.get().home, dataset, NOW)


@pytest.fixture
def opened(visit, shop, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    keep(shop)
    return visit


def texts(app):
    return [element.value for kind in ("markdown", "caption", "warning", "info") for element in app.get(kind)]


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def metric(app, label):
    return next(card.value for card in app.metric if card.label == label)


def number(text):
    return float(re.sub(r"[^0-9.]", "", text))


def expected(app):
    """The sum that a page expects first, on a card or, where it is too long for one, beside its name."""
    cards = [one for one in app.main if one.type in ("markdown", "metric")]
    at = next(place for place, one in enumerate(cards) if one.type == "metric" or one.value.startswith(":small["))
    return number(cards[at if cards[at].type == "metric" else at + 1].value)


def ranged(app, label):
    """The two ends of a card that has no single number."""
    elements = [one for one in app.main if one.type in ("markdown", "metric")]
    at = next(place for place, one in enumerate(elements) if one.value == f":small[{label}]")
    shown = elements[at + 1].value.replace(",", "").replace("\u202f", "")
    return [float(end) for end in re.findall(r"\d+", shown)]


def daily(shop, measure="revenue"):
    goods = shop["sales"][shop["sales"]["line_type"].isin(["sale", "return"])]
    amount = goods["quantity"] * (goods["unit_price"] if measure == "revenue" else 1.0)
    summed = amount.groupby(goods["timestamp"].dt.normalize()).sum()
    return summed.reindex(pd.date_range(summed.index[0], summed.index[-1]), fill_value=0.0)


@of_shop
@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(
    ("view", "count"),
    [
        ("forecast", 1),
        ("date", 0),
        ("parts", 3),
        ("bridge", 1),
        ("league", 1),
        ("machine", 1),
        ("outside", 0),
        ("word", 0),
    ],
)
def test_every_view_shows_its_figures_in_both_languages(opened, view, count, lang):
    app = opened("sales_forecast", view=view, lang=lang)
    assert len(figures(app)) == count
    assert not app.error


@of_shop
def test_the_page_says_what_the_model_says(opened, shop):
    app = opened("sales_forecast")
    said = forecast(daily(shop), 28).frame["mean"].sum()
    assert float(metric(app, "Expected by 31 Jan 2026").replace("£", "").replace(",", "")) == pytest.approx(
        said, rel=0.02
    )


@of_shop
def test_a_date_to_come_a_date_that_is_over_and_a_closed_day(opened, shop):
    app = opened("sales_forecast", view="date", date="2026-01-10")
    assert "£" in metric(app, "10 Jan 2026")
    app = opened("sales_forecast", view="date", date="2025-12-20")
    sold = daily(shop)["2025-12-20"]
    assert any("20 Dec 2025 is over" in text and f"{sold:,.0f}" in text for text in texts(app))
    app = opened("sales_forecast", view="date", date="2026-01-11")  # a Sunday
    assert any("closed" in text for text in texts(app))
    app = opened("sales_forecast", view="date", date="2026-03-14")  # beyond the horizon
    assert "£" in metric(app, "14 Mar 2026")


@of_shop
def test_an_analyst_says_otherwise_and_it_is_kept_with_the_reason(opened):
    app = opened("sales_forecast", view="word")
    next(button for button in app.button if button.label == "Keep").click().run()
    assert any("why" in text for text in texts(app))
    app.text_input[0].set_value("Ann *Lee*")
    app.text_input[1].set_value("a fair next door")
    app.number_input[0].set_value(4321.0)
    next(button for button in app.button if button.label == "Keep").click().run()
    kept = state.read(state.engine(settings.get().database_url), state.overrides, model="sales").iloc[0]
    assert (kept["value"], kept["reason"], kept["author"]) == (4321.0, "a fair next door", "Ann *Lee*")
    assert "a fair next door" in app.dataframe[0].value["Reason"].tolist()
    stored = tables.active(settings.get().home, "sales")
    other = "another-shop " + kept["subject"].removeprefix(f"{stored.lineage} ")
    row = {**kept, "subject": other, "target_day": kept["target_day"].date(), "reason": "theirs"}
    row["created"] = kept["created"].to_pydatetime()
    older = {**row, "subject": other.removeprefix("another-shop "), "target_day": date(2026, 1, 3)}
    rows = [row, {**older, "version": "gone", "reason": "theirs, long ago"}]
    rows += [{**older, "target_day": date(2026, 1, 2), "reason": "ours, long ago"}]
    state.upsert(state.engine(settings.get().database_url), state.overrides, rows)
    shown = opened("sales_forecast", view="word").dataframe[0].value["Reason"].tolist()
    assert sorted(shown) == ["a fair next door", "ours, long ago"]


@of_shop
def test_the_time_machine_knows_only_what_was_known(opened, shop):
    app = opened("sales_forecast", view="machine", origin="2025-11-15")
    spec = figures(app)[0]
    came = daily(shop)["2025-11-16":"2025-12-13"].sum()
    said = forecast(daily(shop)[:"2025-11-15"], 28).frame["mean"].sum()
    title = next(text for text in texts(app) if "would have said" in text)
    assert f"{came:,.0f}" in title
    told = float(title.split("have said £")[1].split(";")[0].replace(",", ""))
    assert told == pytest.approx(said, rel=1e-3)  # the database adds in another order
    assert {trace["name"] for trace in spec["data"]} >= {"What came", "Forecast", "Sold"}


@of_shop
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_plan_changes_the_sums_and_is_in_the_url(opened, lang):
    plain = opened("sales_what_if", lang=lang)
    planned = opened("sales_what_if", lang=lang, A="event_2026-01-10_2026-01-16_20_100")
    units = [float(app.metric[0].value.replace(",", "").replace("\u202f", "")) for app in (plain, planned)]
    assert units[1] > units[0] * 1.01
    assert len(figures(planned)) == 4
    assert len(figures(plain)) == 3


@of_shop
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_where_the_data_know_no_single_number_none_is_shown(opened, lang):
    before = float(opened("sales_what_if", lang=lang).metric[0].value.replace(",", "").replace("\u202f", ""))
    app = opened("sales_what_if", lang=lang, A="promotion_2026-01-10_2026-01-16_20_100")
    lo, hi = ranged(app, "Units" if lang == "en" else "Unités")
    assert before * 0.9 < lo < hi < before * 1.3
    shown = next(spec for spec in figures(app) if spec["data"][0]["type"] == "bar" and "base" in spec["data"][0])
    assert shown["data"][0]["marker"]["pattern"]["shape"] == ["/"]
    assert "±" not in json.dumps(shown)


@of_shop
def test_without_a_plan_the_what_if_says_what_the_forecast_says_to_the_unit(opened):
    """The sum of the same days, and its band."""

    def band(app):
        words = [*(one.value for one in app.metric), *(one.value for one in app.markdown)]
        return (
            next(word for word in words if " – " in word)
            .replace(" units", "")
            .strip("*")
            .replace("\\", "")
            .split(" – ")
        )

    forecast, plain = opened("sales_forecast", measure="units"), opened("sales_what_if")
    lo, hi = band(forecast)
    assert f"{plain.metric[0].value} units" == forecast.metric[0].value
    assert f"{lo} to {hi} in four of five cases; nothing is planned" in [one.value for one in plain.caption]
    money = opened("sales_forecast")
    lo, hi = band(money)  # and the same money, with its band
    assert plain.metric[1].value == money.metric[0].value
    assert f"{lo} to {hi} in four of five cases; nothing is planned" in [one.value for one in plain.caption]


@of_shop
def test_a_plan_beyond_what_was_seen_is_warned_of(opened):
    def warned(size):
        app = opened("sales_what_if", A=f"promotion_2026-01-10_2026-01-16_{size}_100")
        return any("Extrapolated" in one.value for one in app.warning)

    assert warned(80)
    assert not warned(20)


@of_shop
def test_what_promotions_did_is_shown_where_they_are_recorded(opened):
    app = opened("sales_what_if")
    assert any("What promotions did before" in one.value for one in app.subheader)


@of_shop
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_past_period_is_looked_at_where_asked(opened, lang):
    app = opened("sales_what_if", lang=lang, part="category", worth="1")
    assert len(figures(app)) == 5
    assert not app.error
    quiet = figures(app)[-1]["data"][0]["x"]
    assert quiet
    app = opened("sales_what_if", lang=lang, worth="1", **{"worth.from": "2024-01-10", "worth.to": "2024-01-12"})
    assert len(figures(app)) == 3  # too early to say what was usual
    assert any("eight weeks" in text or "huit semaines" in text for text in texts(app))


@of_shop
def test_the_country_of_the_holidays_is_shown_and_changed_with_one_click(opened):
    app = opened("sales_what_if")
    box = next(one for one in app.selectbox if one.label.startswith("Bank holidays"))
    assert (box.label, box.value) == ("Bank holidays (guessed from the store)", "GB")
    box.set_value("FR").run()
    stored = tables.active(settings.get().home, "sales")
    assert countries.of(stored) == countries.Country("FR", countries.CHOSEN)
    box = next(one for one in app.selectbox if one.label.startswith("Bank holidays"))
    assert (box.label, box.value) == ("Bank holidays (chosen)", "FR")
    box.set_value("GB").run()


@of_shop
def test_nothing_planned_is_the_forecast(opened, shop):
    app = opened("sales_what_if")
    said = forecast(daily(shop, "units"), 28).frame["mean"].sum()
    assert float(metric(app, "Units").replace(",", "")) == pytest.approx(said, rel=0.02)


@of_shop
def test_plans_are_added_by_two_dates_and_removed(opened):
    app = opened("sales_what_if", brush="closed")
    next(button for button in app.button if button.label == "Add").click().run()
    kept = app.query_params["A"]
    assert "closed_2026-01-04_2026-01-10" in str(kept)
    next(button for button in app.button if button.key == "drop-A-0").click().run()
    assert "A" not in app.query_params


@of_shop
def test_the_size_of_a_plan_moves_live(opened):
    app = opened("sales_what_if", A="promotion_2026-01-10_2026-01-16_20_100")
    before = ranged(app, "Units")
    next(one for one in app.slider if one.key.startswith("plan-A-0")).set_value(40).run()
    assert "promotion_2026-01-10_2026-01-16_40_100" in str(app.query_params["A"])
    assert ranged(app, "Units")[1] > before[1]


@of_shop
def test_a_plan_from_elsewhere_is_not_believed(opened):
    app = opened("sales_what_if", A=["fire_1_2_3_4", "promotion_1999-01-01_1999-01-02_20_100"])
    assert "A" not in app.query_params


def test_what_was_said_is_kept_for_the_monitoring(opened):
    opened("sales_forecast")
    kept = state.read(state.engine(settings.get().database_url), state.prediction_log, model="sales")
    assert len(kept) == 28
    assert (kept["lo_80"] <= kept["mean"]).all()
    assert kept["target_day"].min() > kept["day"].iloc[0]
    opened("sales_forecast")
    assert len(state.read(state.engine(settings.get().database_url), state.prediction_log, model="sales")) == 28


def test_slow_models_join_the_league(opened, monkeypatch):
    from models.forecast import learners

    monkeypatch.setitem(learners.LEARNERS, "sarima", learners.LEARNERS["theta"])
    app = opened("sales_forecast", view="league")
    assert "SARIMA" not in app.dataframe[0].value["Model"].tolist()
    next(button for button in app.button if button.label == "Try the slow models too").click().run()
    assert "SARIMA" in app.dataframe[0].value["Model"].tolist()


def test_weeks_months_and_one_product(opened, shop):
    for query in ({"step": "MS"}, {"part": "product", "measure": "units"}, {"part": "store"}):
        app = opened("sales_forecast", **query)
        assert figures(app), query


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines[lines["timestamp"] > "2025-12-31"], "at least 8 values"),
        (lambda lines: lines[lines["line_type"] == "fee"], "not one whole step"),
        (lambda lines: lines.assign(quantity=0.0), "zero throughout"),
    ],
)
def test_what_cannot_be_forecast_is_a_sentence(visit, shop, monkeypatch, change, said):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    keep({"sales": change(shop["sales"])})
    app = visit("sales_forecast")
    assert any(said in text for text in texts(app))
    assert not app.error


def test_a_failure_is_an_apology_and_can_be_tried_again(opened, monkeypatch):
    def broken(*args, **kwargs):
        raise MemoryError("no")

    with monkeypatch.context() as patched:
        patched.setattr("ui.sales.series.forecast_of", broken)
        app = opened("sales_forecast")
        assert any("Sorry" in text for text in texts(app))
    next(button for button in app.button if button.label == "Try again").click().run()
    assert not any("Sorry" in text for text in texts(app))


def test_without_costs_the_margin_is_not_made_up(visit, shop, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    keep({"sales": shop["sales"].drop(columns=["unit_cost", "category", "promotion"])})
    app = visit("sales_what_if", A="event_2026-01-10_2026-01-16_20_100")
    assert metric(app, "Margin") == "–"
    assert any("needs unit cost" in text for text in texts(app))
    assert not any("What promotions did before" in one.value for one in app.subheader)


def test_where_prices_tell_nothing_it_is_said_up_to_what_plans_reckon(visit, shop, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    keep({"sales": shop["sales"].assign(unit_price=5.0)})
    app = visit("sales_what_if", elasticity="20")
    said = [one.replace("\\", "") for one in texts(app)]
    assert any("cannot say" in one and "no effect to 2.0% more" in one for one in said)
    assert np.isfinite(float(metric(app, "Units").replace(",", "")))


def test_a_new_level_is_asked_about_answered_with_a_reason_and_remembered(visit, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    rng, at = np.random.default_rng(0), np.arange(300)
    units = 100 * (1 + 0.5 * (at % 7 >= 5)) * np.exp(rng.normal(0, 0.1, 300)) * np.where(at >= 286, 3, 1)
    keep({"sales": tea(pd.date_range("2025-03-01", periods=300), units)})
    app = visit("sales_forecast")
    usual, level = 100 * 8 / 7 * 28, 300 * 8 / 7 * 28

    def expected():
        return float(next(one for one in app.metric if one.label.startswith("Expected by")).value[1:].replace(",", ""))

    assert expected() == pytest.approx(level, rel=0.1)
    assert any(" times what was usual" in text for text in texts(app))
    app.selectbox(key=next(one.key for one in app.selectbox if one.label == "It is")).select("once")
    next(button for button in app.button if button.label == "Remember").click().run()
    assert any("without a reason" in text for text in texts(app))
    app.text_input(key=next(one.key for one in app.text_input if one.label == "Reason")).set_value("A fair in town")
    next(button for button in app.button if button.label == "Remember").click().run()
    assert expected() == pytest.approx(usual, rel=0.1)
    assert any("because: A fair in town" in text.replace("\\", "") for text in texts(visit("sales_forecast")))


def test_what_stood_out_a_year_ago_is_asked_about_answered_with_a_reason_and_remembered(visit, monkeypatch):
    """A clearance of 16 days a year ago, by one product of a known level: 28 days sell 3,200 without it."""
    monkeypatch.setattr(background, "threading", AT_ONCE)
    rng, days = np.random.default_rng(0), pd.date_range("2025-09-01", "2026-11-28")
    cleared = (days >= "2025-12-05") & (days <= "2025-12-20")
    units = (
        100 * (1 + 0.5 * (days.day_of_week >= 5)) * np.exp(rng.normal(0, 0.1, len(days))) * np.where(cleared, 2.2, 1)
    )
    keep({"sales": tea(days, units)})
    app = visit("sales_forecast")
    usual = 100 * 8 / 7 * 28

    def expected(app, label="Expected by"):
        value = next(one for one in app.metric if one.label.startswith(label)).value
        return float(re.sub(r"[^0-9.]", "", value))

    assert expected(app) > 1.25 * usual
    assert any("What was it?" in text for text in texts(app))
    assert "clearance" not in " ".join(texts(app))
    next(button for button in app.button if button.label == "Remember").click().run()
    assert any("without a reason" in text for text in texts(app))
    app.text_input(key=next(one.key for one in app.text_input if one.label == "Reason")).set_value("A clearance")
    next(button for button in app.button if button.label == "Remember").click().run()
    assert expected(app) == pytest.approx(usual, rel=0.05)
    said = [text.replace("\\", "") for text in texts(visit("sales_forecast", lang="fr"))]
    assert any("A clearance" in text for text in said)
    assert not any("De quoi s" in text for text in said)
    assert expected(visit("sales_what_if"), "Units") == pytest.approx(usual, rel=0.05)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_new_product_is_told_by_earlier_launches_and_said_to_be(visit, lang, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    rng, days = np.random.default_rng(4), pd.date_range("2025-01-01", periods=330)
    starts = {"new": 318, "there": 0} | {f"old{number}": 100 + 10 * number for number in range(12)}
    frames = []
    for product, start in starts.items():
        units = rng.poisson(4 + 8 * np.exp(-np.arange(330 - start) / 15)).astype(float)
        frames.append(pd.DataFrame({"timestamp": days[start:], "product": product, "quantity": units + 1}))
    lines = pd.concat(frames, ignore_index=True).assign(
        line_type="sale", unit_price=2.0, category="tea", source="t", currency="GBP"
    )
    lines["line_id"] = [str(number) for number in range(len(lines))]
    keep({"sales": lines})
    app = visit("sales_forecast", lang=lang, part="product", measure="units", **{"of.product": "new"})
    assert not app.exception
    said = " ".join(texts(app))
    assert ("It is told by 12 earlier launches" if lang == "en" else "12 lancements") in said
    assert "12" in said
    assert len(figures(app)) == 1
    plan = visit("sales_what_if", lang=lang, part="product", **{"of.product": "new", "launch.category": "tea"})
    assert any("12" in text and text.startswith(("New", "Nouveau")) for text in texts(plan))
    assert expected(plan) == expected(app)  # with nothing planned
    assert number(next(card.value for card in plan.metric if "28" in card.label)) > 0  # one that is not sold yet


@pytest.fixture
def two_stores(visit, monkeypatch):
    """800 days up to Wednesday, 19 March 2025, in two stores that are told apart by nothing else."""
    monkeypatch.setattr(background, "threading", AT_ONCE)
    days, rng = pd.date_range("2023-01-10", periods=800), np.random.default_rng(6)
    usual = 4_000 + 1_000 * np.isin(days.day_of_week, (4, 5))
    parts = [
        pd.DataFrame({"timestamp": days, "store": name, "quantity": rng.poisson(share * usual).astype(float)})
        for name, share in (("Lyon", 0.7), ("Nice", 0.3))
    ]
    lines = pd.concat(parts, ignore_index=True).assign(product="P", unit_price=2.0, line_type="sale", source="t")
    keep({"sales": lines.assign(currency="GBP", line_id=[str(number) for number in range(1_600)])})
    return visit, lines


def test_months_are_their_days_and_what_is_known_of_the_one_under_way(two_stores):
    visit, lines = two_stores
    months = visit("sales_forecast", step="MS", measure="units", **{"ahead.MS": "3"})
    days = visit("sales_forecast", measure="units", **{"ahead.D": "73"})  # to the end of May
    march = lines.loc[lines["timestamp"] >= "2025-03-01", "quantity"].sum()
    assert expected(months) == pytest.approx(march + expected(days), abs=1)
    said = next(text for text in texts(months) if "is under way" in text)
    assert f"{march:,.0f} units" in said.replace("\\", "")
    french = visit("sales_forecast", step="W", lang="fr")
    assert any("est en cours" in text for text in texts(french))


def test_quarters_are_forecast_as_quarters_and_not_as_months_of_nothing(visit, monkeypatch):
    """100 a quarter, 20 more in the last one of each year, up to 2025: 200 in the first half of 2026."""
    monkeypatch.setattr(background, "threading", AT_ONCE)
    days = pd.date_range("2015-01-01", periods=44, freq="QS")
    units = 100.0 + 20 * (days.month == 10)
    lines = pd.DataFrame({"timestamp": days, "product": "P", "quantity": units, "unit_price": 1.0, "line_type": "sale"})
    keep({"sales": lines.assign(source="t", currency="GBP", line_id=[str(number) for number in range(44)])})
    app = visit("sales_forecast", measure="units")
    assert any("Expected by 30 Jun 2026" in one.value for one in app.markdown)
    assert expected(app) == pytest.approx(200, rel=0.1)


def test_stores_add_up_to_everything_where_asked(two_stores):
    visit, _lines = two_stores
    of = [{}, {"part": "store", "of.store": "Lyon"}, {"part": "store", "of.store": "Nice"}]
    for step in ("D", "W", "MS"):
        asked = {"adds": "1", "measure": "units", "step": step, "ahead.D": "28", "ahead.W": "4", "ahead.MS": "2"}
        pages = [visit("sales_forecast", **asked, **one) for one in of]
        whole, lyon, nice = (expected(page) for page in pages)
        assert whole == pytest.approx(lyon + nice, abs=1.5)
        assert lyon / whole == pytest.approx(0.7, abs=0.02)


@pytest.mark.same_data("shop with quick learners")
def test_a_number_from_outside_is_tried_judged_and_shown_on_the_whole_page_when_asked(opened, monkeypatch):
    monkeypatch.setattr(engine, "COMBINED", ("ridge",))  # all five, at every origin twice, take half a minute
    for module in (combined, outside):
        monkeypatch.setattr(module, "QUICK", ("seasonal naive", "ridge"))
    monkeypatch.setattr(outside, "trial", partial(outside.trial, windows=6))
    app = opened("sales_forecast", view="outside", **{"ahead.D": "7", "outside.country": "Germany"})
    assert not figures(app)
    expected = app.metric[0].value
    app.button[0].click().run()
    assert not app.error
    assert not app.exception
    assert len(figures(app)) == 3
    labels = ("Off by, without it", "Off by, with it", "Change of the error")
    before, after, change = (float(re.sub(r"[^0-9.]", "", metric(app, label))) for label in labels)
    assert before > 0
    assert round(100 * abs(after / before - 1)) == pytest.approx(change, abs=1)
    app.toggle(key="outside.use").set_value(True).run()
    assert any("COVID" in one.value and "Germany" in one.value for one in app.info)
    assert app.query_params["outside.use"] == "1"
    app.toggle(key="outside.use").set_value(False).run()
    assert not any("Germany" in one.value for one in app.info)
    assert app.metric[0].value == expected


def with_promotions(frames, before):
    """A shop whose calendar plans 20 % off on the third to fifth day to come, as on `before` earlier stretches."""
    frames = dict(frames)
    ahead = pd.date_range(END + pd.Timedelta(days=3), periods=3)
    past = [pd.date_range(END - pd.Timedelta(days=20 + 30 * number), periods=3) for number in range(before)]
    days = pd.DatetimeIndex(np.concatenate([ahead, *past])).as_unit("us")
    frames["calendar"] = pd.DataFrame({"date": days, "open": True, "promotion": 0.2})
    return frames


def test_promotions_of_the_calendar_are_taken_over_or_are_in_the_forecast_already(visit, shop, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    keep(with_promotions(shop, 0))
    app = visit("sales_what_if")
    usual = expected(app)
    next(button for button in app.button if button.label == "Take over from the calendar").click().run()
    assert "promotion_2026-01-06_2026-01-08_20_100" in app.query_params["A"]
    assert ranged(app, "Units")[1] > usual
    assert not any(button.label == "Take over from the calendar" for button in app.button)
    keep(with_promotions(shop, 6))
    for lang, begin in (("en", "In the forecast already"), ("fr", "Déjà dans la prévision")):
        assert any(text.startswith(begin) for text in texts(visit("sales_what_if", lang=lang)))
