"""Churn: explore. Filters combine, figures state findings, and thin tables get a sentence."""

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

import settings
from data import tables
from data.dataset import Dataset, Origin
from data.demo import customers as demo_customers
from locales.customers import label

pytestmark = pytest.mark.same_data("customers")


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def metric(app, label):
    return next(card.value for card in app.metric if card.label == label)


def keep(frame):
    dataset = Dataset("customers", {"customers": frame}, Origin("upload", "mine.csv"))
    return tables.add(settings.get().home, dataset, datetime(2026, 1, 5, tzinfo=UTC))


@pytest.mark.parametrize("view", ["who", "when", "together"])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_view_shows_its_figures_in_both_languages(visit, view, lang):
    app = visit("churn_explore", lang=lang, view=view)
    assert app.session_state["lang"] == lang
    assert len(figures(app)) == {"who": 6, "when": 3, "together": 2}[view]
    assert len(app.get("image")) == (1 if view == "together" else 0)


def test_the_numbers_are_those_of_the_table(visit):
    app = visit("churn_explore")
    customers = tables.read(tables.active(settings.get().home, "customers"))
    assert metric(app, "Customers") == "7,000"
    assert metric(app, "Churn rate") == f"{100 * customers['churned'].mean():.1f}%"
    by_contract = figures(app)[0]["data"][0]
    rates = customers.groupby("contract")["churned"].mean()
    assert dict(zip(by_contract["customdata"], by_contract["x"], strict=True)) == pytest.approx(rates.to_dict())


def test_tenure_at_leaving_is_the_plain_product_limit_and_says_what_it_is(visit):
    """Of those who were here so long, month by month, who did not leave; not the curve of the outcome window."""
    app = visit("churn_explore", view="when", by="contract")
    _along, stay, plain = figures(app)
    assert any("Tenure at leaving, of the customers in these data" in said.value for said in app.markdown)
    customers = tables.read(tables.active(settings.get().home, "customers"))
    drawn = {line["name"]: line for line in plain["data"] if line.get("name")}
    for name, group in customers.groupby("contract"):
        here, share = len(group), 1.0
        expected = {0: 1.0}
        for month, then in group.groupby("tenure")["churned"]:
            share *= 1 - then.sum() / here
            here -= len(then)
            expected[month] = share
        shown = dict(zip(drawn[label(name)]["x"], drawn[label(name)]["y"], strict=True))
        assert shown == pytest.approx(expected)
        window = next(line for line in stay["data"] if line.get("name") == label(name))
        assert window["y"][-1] < shown[max(shown)] - 0.01  # who left before the window is not in the data


def test_pills_combine_and_are_in_the_url(visit):
    app = visit("churn_explore")
    app.button_group(key="f.contract").set_value(["One year", "Two year"]).run()
    app.button_group(key="f.internet_service").set_value(["Fiber optic"]).run()
    customers = tables.read(tables.active(settings.get().home, "customers"))
    kept = customers[customers["contract"].ne("Month-to-month") & customers["internet_service"].eq("Fiber optic")]
    assert metric(app, "Customers") == f"{len(kept):,}"
    assert app.query_params["f.contract"] == ["One year", "Two year"]
    again = visit("churn_explore", **app.query_params)
    assert metric(again, "Customers") == f"{len(kept):,}"


def test_a_figure_keeps_all_levels_of_its_own_column_and_follows_the_others(visit):
    app = visit("churn_explore", **{"f.contract": "Two year"})
    contract, internet = figures(app)[:2]
    assert len(contract["data"][0]["customdata"]) == 3
    assert sorted(contract["data"][0]["marker"]["opacity"]) == [0.35, 0.35, 1.0]
    customers = tables.read(tables.active(settings.get().home, "customers"))
    rates = customers[customers["contract"].eq("Two year")].groupby("internet_service")["churned"].mean()
    shown = dict(zip(internet["data"][0]["customdata"], internet["data"][0]["x"], strict=True))
    assert shown == pytest.approx(rates.to_dict())


def test_reset_brings_everyone_back(visit):
    app = visit("churn_explore", **{"f.contract": "Two year"})
    next(button for button in app.button if button.label == "Reset").click().run()
    assert metric(app, "Customers") == "7,000"


def test_unknown_levels_in_a_link_are_ignored(visit):
    assert metric(visit("churn_explore", **{"f.contract": "Three years", "view": "nonsense"}), "Customers") == "7,000"


def test_no_match_gets_a_sentence(visit, home):
    frame = pd.DataFrame(
        {"customer_id": list("abcd"), "churned": [True, False] * 2, "one": list("xxyy"), "two": list("uvuu")}
    )
    keep(frame)
    app = visit("churn_explore", **{"f.one": "y", "f.two": "v"})
    assert "No customer matches" in app.info[0].value


def test_a_table_of_strangers_works_without_the_telco_columns(visit, home):
    demo = demo_customers.generate(400, seed=3)
    frame = demo[["customer_id", "churned"]].assign(age=range(400), income=[x % 97 for x in range(400)])
    keep(frame.assign(region=["<b>north</b>", "south"] * 200))
    for view in ("who", "when", "together"):
        visit("churn_explore", view=view)
    assert "needs the column" in visit("churn_explore", view="when").info[0].value


def test_a_table_of_numbers_only_is_explored_along_those_that_say_most(visit, home):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"customer_id": [f"N{n}" for n in range(400)], "tenure": rng.integers(0, 60, 400)})
    frame = frame.assign(noise=rng.normal(size=400), age=rng.integers(20, 80, 400), more=rng.normal(size=400))
    keep(frame.assign(churned=rng.random(400) < frame["age"] / 120))
    along = [drawn["layout"]["xaxis"]["title"]["text"] for drawn in figures(visit("churn_explore"))]
    assert along[0] == "age"
    assert len(along) == 2
    assert len(figures(visit("churn_explore", view="when"))) == 3
    assert visit("churn_explore", view="together").selectbox(key="rows").value == "age"
    keep(frame[["customer_id"]].assign(churned=frame["age"] > 50, age=frame["age"]))
    assert "two columns" in visit("churn_explore", view="together").info[0].value


def test_two_columns_are_crossed_and_never_one_with_itself(visit, home):
    demo = demo_customers.generate(400, seed=3)
    keep(demo[["customer_id", "churned", "gender"]].assign(region=["north", "south"] * 200))
    app = visit("churn_explore", view="together")
    rows, columns = app.selectbox(key="rows"), app.selectbox(key="columns")
    assert {rows.value, columns.value} == {"gender", "region"}
    rows.set_value(columns.value).run()
    assert app.selectbox(key="columns").value != app.selectbox(key="rows").value
