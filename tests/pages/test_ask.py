"""The page Ask: a question in words or by hand, what is said back, and the receipt of an answer."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

import settings
from data import state, tables
from data.dataset import Dataset, Origin
from locales import Sentence
from models.ask import known
from models.drift import alerts
from tests.shown import keep, settled
from ui.ask import talk

pytestmark = [pytest.mark.xdist_group("ask"), pytest.mark.same_data("ask")]


def ask(app, text):
    app.text_input(key="ask.text").set_value(text)
    next(button for button in app.button if button.label in ("Ask", "Demander")).click()
    app.run()
    assert not app.exception, app.exception[0].message
    return app


def words(app):
    kinds = ("markdown", "caption", "warning", "info")
    return " ".join(element.value for kind in kinds for element in app.get(kind)).replace("\\", "")


def understood(app):
    return next(text.value for text in app.markdown if "understood:" in text.value).replace("\\", "")


def metric(app, label):
    return next(card for card in app.metric if card.label == label).value


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_example_is_answered(visit, lang):
    app = visit("ask", lang=lang)
    examples = [button.label for button in app.button][1:-1]
    assert len(examples) == 10
    for text in examples:
        app = ask(app, text)
        assert not app.warning, text
        assert app.metric or app.get("plotly_chart"), text


def test_an_answer_is_that_of_the_overview_and_its_link_opens_it_again(visit):
    app = ask(visit("ask"), "revenue and orders of the last 13 weeks")
    page = visit("sales_overview", period="13w")
    assert metric(app, "Revenue") == metric(page, "Revenue")
    assert metric(app, "Orders") == metric(page, "Orders")
    app.session_state["ask.receipt"] = True
    app.run()
    assert any(code.value.startswith("SELECT") for code in app.code)
    again = visit("ask", q=app.query_params["q"])
    assert metric(again, "Revenue") == metric(app, "Revenue")


def test_a_question_goes_on_from_the_answer(visit):
    app = ask(ask(visit("ask"), "revenue by store in 2025"), "only Bath")
    assert "by store, Store: Lanternlight, Bath Milsom Street, 2025" in understood(app)
    app = ask(app, "and the orders by month?")
    assert "Orders" in understood(app)


def test_an_unknown_word_is_said_and_the_rest_is_offered(visit):
    app = ask(visit("ask"), "revenue by weather in 2025")
    assert "“weather” means nothing" in words(app)
    assert not app.metric
    app.button(key="ask.reading.0").click().run()
    assert metric(app, "Revenue")


def test_a_question_without_a_measure_offers_some(visit):
    app = ask(visit("ask"), "kitchen last month")
    assert [app.button(key=f"ask.reading.{place}").label.split(",")[0] for place in range(3)] == [
        "Revenue",
        "Units",
        "Orders",
    ]


def test_a_question_goes_on_from_what_was_offered_and_not_from_the_answer_before(visit):
    app = ask(ask(visit("ask"), "revenue by supplier in 2025"), "what did we sell of candles")
    app = ask(app, "and by store?")
    assert not app.metric
    assert [app.button(key=f"ask.reading.{place}").label.split(",")[0] for place in range(2)] == ["Revenue", "Units"]
    app.button(key="ask.reading.1").click().run()
    assert "Units, by store, Category: Candles, all days" in understood(app)


def test_all_of_it_can_be_built_by_hand(visit):
    app = visit("ask")
    app.session_state["ask.built"] = True
    next(button for button in app.button if button.label == "Build a question").click().run()
    whole = metric(app, "Revenue")
    app.selectbox(key="ask.w.period").set_value("2025").run()
    year = metric(app, "Revenue")
    assert year != whole
    app.multiselect(key="ask.w.by").set_value(["store"]).run()
    assert len(app.dataframe[0].value) == 6
    app.selectbox(key="ask.w.add").set_value("category").run()
    app.multiselect(key="ask.w.f.category.is.with").set_value(["Kitchen"]).run()
    assert "Category: Kitchen" in understood(app)
    app.multiselect(key="ask.w.measures").set_value(["stock_value"]).run()
    assert "Stock value" in understood(app)  # of another table: what does not go with it is dropped
    assert not app.exception


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("how much will we sell next month", "sales-forecast"),
        ("who is about to leave", "churn-campaign"),
        ("que dois-je commander", "sales-stock"),
        ("has anything changed in the data", "monitoring-drift"),
        ("clients silencieux", "customers-value"),
    ],
)
def test_questions_for_the_models_lead_to_their_pages(visit, text, page):
    app = settled(ask(visit("ask"), text))
    assert any(page in str(link.proto.page).replace("_", "-") for link in app.get("page_link"))
    assert not app.warning


def test_what_will_sell_is_the_sum_of_the_forecast_of_those_days(visit):
    sold = settled(visit("sales_forecast"))
    expected = next(card.value for card in sold.metric if card.label.startswith("Expected by"))
    app = settled(ask(visit("ask"), "how much will we sell in the next 28 days"))
    assert app.metric[0].value == expected
    store = settled(ask(visit("ask"), "how much will London sell next week"))
    assert "London" in store.metric[0].label
    assert "farther ahead" in words(ask(visit("ask"), "how much will we sell in december 2029"))


def test_who_slips_and_what_changed_are_said_and_not_only_pointed_to(visit):
    assert "silent for unusually long" in words(settled(ask(visit("ask"), "who is slipping away")))
    row = {"version": "v", "day": date(2026, 3, 1), "kind": "psi", "severity": alerts.ALERT, "value": 0.5}
    row |= {"threshold": 0.3, "message": "Price rose.", "message_values": {}, "raised": datetime.now(UTC)}
    line = tables.active(settings.get().home, "sales").lineage
    engine = state.engine(settings.get().database_url)
    state.upsert(
        engine, state.alert_log, [row | {"model": "sales", "feature": "x", "lineage": line, "state": "notify"}]
    )
    assert "Price rose." in words(ask(visit("ask"), "has anything changed in the data"))


def test_why_splits_a_change(visit):
    app = ask(visit("ask"), "why did revenue rise in november 2025 compared with november 2024")
    assert "Lanternlight, Bath" in words(app)  # which opened in between
    assert app.dataframe[0].value["Usual?"].tolist()[0] == "no"


def test_what_was_asked_is_kept_and_found(visit):
    ask(visit("ask"), "revenue by supplier in 2025")
    app = visit("ask")
    app.session_state["ask.history"] = True
    app.run()
    app.text_input(key="ask.search").set_value("supplier").run()
    again = next(button for button in app.button if button.label == "revenue by supplier in 2025")
    again.click().run()
    assert "by supplier" in understood(app)


def test_text_from_outside_is_shown_as_text(visit):
    app = ask(visit("ask"), "revenue of <b>bold</b> :red[x] [a](http://x.org)")
    shown = " ".join(element.value for element in app.warning)
    assert "<b>" not in shown
    assert "](" not in shown.replace("\\", "") or "\\]" in shown


def test_a_shop_without_money_or_invoices_says_what_is_lacking(visit):
    frame = pd.DataFrame(
        {
            "source": "t", "line_id": ["1", "2", "3"], "timestamp": pd.date_range("2026-01-01", periods=3, unit="us"),
            "product": ["A", "B", "A"], "line_type": "sale", "quantity": [1.0, 2.0, 3.0], "unit_price": float("nan"),
            "currency": "EUR",
        }
    )  # fmt: skip
    dataset = Dataset("sales", {"sales": frame}, Origin("upload", "mine.csv", currency="EUR"))
    tables.add(settings.get().home, dataset, datetime(2026, 3, 15, tzinfo=UTC))
    app = ask(visit("ask"), "units by product")
    assert app.dataframe[0].value["Units"].tolist() == [4, 2]
    app = ask(app, "revenue by store")
    assert "needs what these data lack" in words(app)
    app = ask(app, "orders in 2019")
    assert "needs what these data lack" in words(app)


@pytest.mark.parametrize(
    "q", ["", "{", '{"measures":["nothing"]}', '{"measures":["revenue"],"by":["nowhere"]}', "x" * 9000]
)
def test_a_broken_link_opens_the_empty_page(visit, q):
    app = visit("ask", q=q)
    assert not app.metric
    assert any(button.label == "Build a question" for button in app.button)


def test_sql_is_read_only_and_answers(visit):
    app = visit("ask")
    app.session_state["ask.sql"] = True
    app.run()

    def run(text):
        app.text_area(key="ask.sql.text").set_value(text)
        next(button for button in app.button if button.label == "Run").click()
        app.run()
        assert not app.exception
        return app

    assert run("SELECT store, sum(amount) AS revenue FROM sales GROUP BY store").dataframe[0].value.shape == (6, 2)
    assert "nothing else is run" in words(run("DROP TABLE sales"))
    assert "The database says" in words(run("SELECT nowhere FROM sales"))


def test_what_a_language_model_reads_is_offered_and_checked(visit, monkeypatch):
    said = {"measures": ["revenue"], "by": ["store"], "period": "2025"}
    monkeypatch.setattr(talk.llm, "configured", lambda: True)
    monkeypatch.setattr(talk.llm, "completed", lambda *_asked: said)
    app = ask(visit("ask"), "wherever did the dosh roll in, in 2025, shop-wise")
    assert not app.dataframe  # it is offered, not answered
    app.button(key="ask.advice.choose").click().run()
    assert len(app.dataframe[0].value) == 6
    said["measures"] = ["nothing"]
    assert "did not understand it either" in words(ask(app, "what about the moolah"))


def test_simulated_customers_say_nothing_of_somebodys_own_shop(visit):
    frame = pd.DataFrame(
        {
            "source": "t", "line_id": ["1", "2"], "timestamp": pd.date_range("2026-01-01", periods=2, unit="us"),
            "product": ["A", "B"], "line_type": "sale", "quantity": 1.0, "unit_price": 5.0, "currency": "EUR",
        }
    )  # fmt: skip
    dataset = Dataset("sales", {"sales": frame}, Origin("upload", "mine.csv", currency="EUR"))
    tables.add(settings.get().home, dataset, datetime(2026, 3, 15, tzinfo=UTC))
    app = ask(visit("ask"), "number of customers")
    assert not app.metric
    assert "needs what these data lack: Customer" in words(app)
    assert "simulated" not in words(app)


def test_a_question_that_goes_on_can_be_asked_by_itself(visit):
    app = ask(ask(visit("ask"), "revenue by store in 2025"), "only kitchen")
    assert "by store" in understood(app)
    next(button for button in app.button if button.label == "Ask it by itself").click().run()
    assert app.button(key="ask.reading.0").label.replace("\\", "") == "Revenue, Category: Kitchen, all days"


def test_a_column_of_ones_own_is_called_as_people_call_it(visit):
    rows = pd.DataFrame(
        {
            "source": "mine",
            "line_id": [str(number) for number in range(4)],
            "timestamp": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]).astype(
                "datetime64[us]"
            ),
            "product": "a",
            "line_type": "sale",
            "quantity": 1.0,
            "unit_price": [1.0, 2.0, 4.0, 8.0],
            "currency": "EUR",
            "zone_cd": pd.Categorical(["n", "n", "s", "s"]),
        }
    )
    stored = keep(rows)
    engine = state.engine(settings.get().database_url)
    known.call(engine, stored.lineage, {"zone_cd": ["Sales territory", "Gebiet"]})
    app = ask(visit("ask"), "revenue by gebiet")
    assert "by sales territory" in understood(app)
    assert not app.warning
    assert "What you call your own columns" in [one.label for one in visit("data", table="sales").expander]
    with pytest.raises(Sentence, match="cannot be called the same"):
        known.call(engine, stored.lineage, {"zone_cd": ["A"], "other": ["a"]})
