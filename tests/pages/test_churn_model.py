"""Churn: performance, what-if and campaign, with a model that was trained before, in both languages."""

import base64
import json
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import delete

import settings
from data import campaigns, state, tables
from data.dataset import Dataset, Origin
from models.churn import files, training
from models.churn.preparation import prepare
from models.lifecycle import registry
from tests.at_once import AT_ONCE
from ui import background, champions
from ui.text import plain

pytestmark = pytest.mark.xdist_group("churn")
of_telco = pytest.mark.same_data("telco and its model")
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def keep(frame, currency="USD"):
    dataset = Dataset("customers", {"customers": frame}, Origin("upload", "mine.csv", currency=currency))
    return tables.add(settings.get().home, dataset, NOW)


@pytest.fixture(scope="module")
def packed(churn_model):
    return files.pack(churn_model)


@pytest.fixture
def trained(visit, telco, churn_model, packed):
    """`visit`, where `telco` is the table of customers and its model is in the registry."""
    stored = keep(telco)
    record = registry.Record(
        "churn", churn_model.learner, "test", "test", stored.version, len(telco), {}, churn_model.metrics, {}
    )
    engine = state.engine(settings.get().database_url)
    registry.keep(engine, settings.get().home, record, packed, files.SUFFIX, NOW)
    return visit


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def asked(app, name):
    """What the URL says of `name`, always a list."""
    value = app.query_params.get(name, [])
    return value if isinstance(value, list) else [value]


def texts(app):
    return [element.value for kind in ("markdown", "caption", "warning", "info") for element in app.get(kind)]


def metric(app, label):
    return next(card.value for card in app.metric if card.label == label)


def risk(app):
    return float(metric(app, "Risk of leaving").rstrip("%")) / 100


@of_telco
@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(
    ("page", "view", "count"),
    [
        ("churn_performance", "money", 4),
        ("churn_performance", "quality", 6),
        ("churn_performance", "groups", 16),
        ("churn_performance", "ahead", 0),
        ("churn_performance", "league", 0),
        ("churn_what_if", "why", 2),
        ("churn_what_if", "keep", 1),
        ("churn_what_if", "compare", 0),
        ("churn_campaign", "call", 1),
        ("churn_campaign", "move", 1),
        ("churn_campaign", "prove", 1),
    ],
)
def test_every_view_shows_its_figures_in_both_languages(trained, page, view, count, lang):
    app = trained(page, view=view, lang=lang)
    assert len(figures(app)) == count
    assert not app.error


@of_telco
def test_the_terms_are_shared_by_the_pages_and_in_the_url(trained):
    app = trained("churn_performance")
    app.number_input(key="saved").set_value(100).run()
    app.number_input(key="offer").set_value(0).run()
    assert asked(app, "saved") == ["100"]
    assert any("pays whoever accepts" in text for text in texts(app))
    assert not app.exception


@of_telco
def test_the_profit_shown_is_that_of_the_cut_off(trained, churn_model):
    from models.churn import value

    app = trained("churn_performance", cut="40")
    seen = churn_model.held_out
    money = value.worth(value.confusion(seen.probability, seen.left, 0.4), value.Terms(900, 60, 0.3)).sum()
    assert metric(app, "Profit at this cut-off") == f"${money:,.0f}"
    next(button for button in app.button if button.label == "Use the best").click().run()
    best = float(metric(app, "Profit at this cut-off").replace("$", "").replace(",", ""))
    assert best > money
    nobody = trained("churn_performance", cut="100")
    assert any("nobody has so high a risk" in caption.value for caption in nobody.caption)
    assert len(figures(nobody)) == len(figures(app)) - 1  # no term matters without a call


def someone(telco):
    """A month-to-month fibre customer."""
    chosen = telco[(telco["contract"] == "Month-to-month") & (telco["internet_service"] == "Fiber optic")]
    return chosen.iloc[0]


@of_telco
def test_an_edit_moves_the_risk_what_follows_is_said_and_can_be_unlocked(trained, telco, churn_model):
    one = someone(telco)
    app = trained("churn_what_if", customer=one["customer_id"])
    assert risk(app) == pytest.approx(churn_model.predict_proba(pd.DataFrame([one]))[0, 1], abs=0.006)
    app.selectbox(key="w.internet_service").set_value("No").run()
    assert asked(app, "set") == ["internet_service:No"]
    assert app.selectbox(key="w.tech_support").value == "No internet service"
    assert app.slider(key="w.monthly_charges").value < one["monthly_charges"] - 30
    badges = [text for text in texts(app) if "follows from internet service" in text]
    assert len(badges) >= 7
    consistent = risk(app)
    app.button(key="lock-monthly_charges").click().run()
    assert app.slider(key="w.monthly_charges").value == pytest.approx(one["monthly_charges"], abs=0.01)
    assert risk(app) >= consistent
    again = trained("churn_what_if", **app.query_params)
    assert metric(again, "Risk of leaving") == metric(app, "Risk of leaving")
    next(button for button in again.button if button.label == "Take back all changes").click().run()
    assert again.selectbox(key="w.internet_service").value == "Fiber optic"
    assert asked(again, "set") == []


@of_telco
def test_a_plan_that_is_tried_gives_the_risk_it_claims(trained, telco):
    app = trained("churn_what_if", customer=someone(telco)["customer_id"], view="keep")
    claim = next(text for text in texts(app) if text.startswith("Costs"))
    buttons = [button for button in app.button if button.label == "Try"]
    assert 1 <= len(buttons) <= 3
    buttons[0].click().run()
    assert metric(app, "Risk of leaving").rstrip("%") in claim
    assert "total_charges" in asked(app, "free")


@of_telco
def test_forbidden_offers_are_in_no_plan(trained, telco):
    app = trained("churn_what_if", customer=someone(telco)["customer_id"], view="keep")
    levers = next(box for box in app.multiselect if box.label == "Columns that can be changed")
    levers.set_value(["payment_method"]).run()
    described = figures(app)[0]["data"][0]["hovertext"]
    assert not [text for text in described if "Contract" in text]
    levers.set_value([]).run()
    assert not app.exception


@of_telco
def test_the_shelf_keeps_a_case_and_says_what_differs(trained, telco):
    app = trained("churn_what_if", customer=someone(telco)["customer_id"], view="compare")
    app.button(key="keep-A").click().run()
    assert parse_qs(asked(app, "a")[0])["customer"] == [someone(telco)["customer_id"]]
    assert any("do not differ" in text for text in texts(app))
    app.selectbox(key="w.contract").set_value("Two year").run()
    assert len(figures(app)) == 1
    app.button(key="open-A").click().run()
    assert app.selectbox(key="w.contract").value == "Month-to-month"
    app.button(key="clear-A").click().run()
    assert "a" not in app.query_params


@of_telco
def test_customers_by_id_at_random_and_built(trained, telco):
    app = trained("churn_what_if")
    app.text_input(key="customer-id").set_value(telco["customer_id"][8]).run()
    assert asked(app, "customer") == [telco["customer_id"][8]]
    app.text_input(key="customer-id").set_value("*nobody*").run()
    assert any("There is no customer" in text for text in texts(app))
    assert asked(app, "customer") == [telco["customer_id"][8]]
    next(button for button in app.button if button.label == "Any customer").click().run()
    assert asked(app, "customer")[0] in set(telco["customer_id"])
    next(button for button in app.button if button.label == "Build one").click().run()
    assert asked(app, "customer") == [""]
    assert not app.exception


@of_telco
def test_links_with_nonsense_open(trained, telco):
    app = trained("churn_what_if", customer="<b>x</b>", set=["tenure:soon", "contract:Ten years", "nonsense:1"])
    assert any("There is no customer" in text for text in texts(app))
    odd = trained("churn_what_if", customer=someone(telco)["customer_id"], set=["monthly_charges:900"])
    assert any("Nobody in the data" in text for text in texts(odd))
    both = ["internet_service:No", "tech_support:Yes"]
    impossible = trained("churn_what_if", customer=someone(telco)["customer_id"], set=both)
    assert any("No such customer can exist" in text for text in texts(impossible))


def listed(app):
    return [frame.value for frame in app.dataframe if "Main reasons" in frame.value]


@of_telco
def test_the_campaign_list_is_the_riskiest_who_are_still_here(trained, telco, churn_model):
    app = trained("churn_campaign")
    shown = listed(app)[0]
    here = set(telco.loc[~telco["churned"], "customer_id"])
    assert set(shown["Customer"]) <= here
    assert shown["Risk (%)"].is_monotonic_decreasing
    call = shown["Best offer"] == "a call"  # which changes nothing that the model knows
    assert shown.loc[call, "Risk with it (%)"].isna().all()
    assert (shown["Risk with it (%)"] <= shown["Risk (%)"] + 0.1)[~call].all()
    assert shown["Main reasons"].str.contains(": ").all()
    slider = next(s for s in app.slider if s.label == "Budget: customers called")
    slider.set_value(0).run()
    assert metric(app, "Budget") == "$0"
    assert not listed(app)


@of_telco
def test_where_the_call_list_has_another_risk_of_a_customer_the_what_if_says_both(trained, churn_model, telco):
    seen = pd.Series(churn_model.held_out.probability, churn_model.held_out.customer)
    again = pd.Series(churn_model.predict_proba(telco)[:, 1], telco["customer_id"].astype(str))
    here = telco.loc[~telco["churned"].astype(bool), "customer_id"].astype(str)
    apart = (seen[here] - again[here]).abs()
    for customer, says in ((apart.idxmax(), True), (apart.idxmin(), False)):
        app = trained("churn_what_if", customer=customer)
        assert risk(app) == pytest.approx(again[customer], abs=0.006)
        notes = [text for text in texts(app) if text.startswith("The call list has this customer")]
        assert len(notes) == says
        for text in notes:
            assert all(f"{share:.0%}" in text.replace("\\", "") for share in (seen[customer], again[customer]))


@of_telco
def test_moving_nobody_changes_nothing(trained):
    app = trained("churn_campaign", view="move", share="0")
    first = next(box for box in app.selectbox if box.label == "Move them to")
    assert first.value != first.options[0], "the move that is worth most for them, whichever stands first"
    assert metric(app, "Leavers") == "0.0"
    assert metric(app, "Profit") == "$0"


def test_a_table_without_model_says_why(visit, home, monkeypatch):
    frame = pd.DataFrame({"customer_id": list("abcd"), "churned": [True, False] * 2, "age": [1, 2, 3, 4]})
    keep(frame)
    monkeypatch.setattr(background, "threading", AT_ONCE)
    for page in ("churn_performance", "churn_what_if", "churn_campaign"):
        app = visit(page)
        app.run()
        assert any("at least 50 customers" in info.value for info in app.info), page


def test_a_stranger_s_table_works_without_telco_columns(visit, home, monkeypatch):
    import numpy as np

    rng = np.random.default_rng(3)
    age = rng.integers(18, 90, 700)
    frame = pd.DataFrame(
        {
            "customer_id": [f"<i>{n}</i>" for n in range(700)],
            "churned": rng.random(700) < age / 150,
            "age": age,
            "income": rng.normal(30_000, 4_000, 700),
            "plan": rng.choice(["<b>gold</b>", "silver"], 700),
        }
    )
    keep(frame, None)
    monkeypatch.setattr(background, "threading", AT_ONCE)
    visit("churn_performance")
    for page, views in {
        "churn_performance": ("money", "quality", "groups", "league"),
        "churn_what_if": ("why", "keep", "compare"),
        "churn_campaign": ("call", "move", "prove"),
    }.items():
        for view in views:
            app = visit(page, view=view)
            assert not app.error
            nothing_to_offer = any("Nothing can be offered yet" in info.value for info in app.info)
            assert figures(app) or view in ("league", "compare") or nothing_to_offer, (page, view)
            if view == "league":  # neither a price nor a tenure: no word of a direction of theirs
                assert any(caption.value.startswith("No direction is imposed") for caption in app.caption)
            if view == "call":
                assert list(app.dataframe[-1].value.columns) == ["Customer", "Risk (%)", "Main reasons"]


def test_a_file_is_scored_with_its_bad_rows_listed(trained, telco, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    mine = telco.head(60).drop(columns=["churned", "gender"]).rename(columns={"monthly_charges": "MonthlyCharges"})
    mine = pd.concat([mine.astype({"tenure": object, "senior_citizen": object}), mine.head(1)], ignore_index=True)
    mine["senior_citizen"] = mine["senior_citizen"].map({True: "oui", False: "non"})
    mine.loc[3, "tenure"], mine.loc[4, "contract"] = "soon", "Ten years"
    content = mine.to_csv(index=False, sep=";", decimal=",").encode()
    app = trained("churn_campaign", of="file")
    app.file_uploader(key="score-file").set_value(("mine.csv", content, "text/csv")).run()
    app.run()
    assert any("58 customers of the file can be called" in text for text in texts(app))
    assert any("lacks gender" in text for text in texts(app))
    refused = next(frame.value for frame in app.dataframe if "reason" in frame.value)
    assert sorted(zip(refused["row"], refused["column"], refused["value"], strict=True)) == [
        (5, "Tenure", "soon"),
        (6, "Contract", "Ten years"),
        (62, "Customer", mine["customer_id"][0]),
    ]
    assert len(listed(app)[0]) <= 58
    other = trained("churn_campaign", of="file")
    other.file_uploader(key="score-file").set_value(("odd.csv", b"a,b\n1,2\n", "text/csv")).run()
    other.run()
    assert any("none of the columns" in text for text in texts(other))


@of_telco
def test_what_a_browser_sends_before_it_knows_better_is_no_edit(trained, telco):
    one = someone(telco)
    app = trained("churn_what_if", customer=one["customer_id"])
    app.slider(key="w.tenure").set_value(int(one["tenure"]) + 20).run()
    followed = app.slider(key="w.total_charges").value
    assert followed > one["total_charges"]
    app.slider(key="w.tenure").set_value(int(one["tenure"]) + 25)
    app.slider(key="w.total_charges").set_value(round(one["total_charges"], 2)).run()  # as the browser still saw it
    assert [edit.split(":")[0] for edit in asked(app, "set")] == ["tenure"]
    assert app.slider(key="w.total_charges").value > followed


def test_a_quick_model_stands_in_until_the_champion_is_there_and_says_so(visit, home, telco, churn_model, monkeypatch):
    stored, go = keep(telco), threading.Event()
    engine = state.engine(settings.get().database_url)

    def ask(request, heard, wait):
        assert request["data_version"] == stored.version
        heard({"quick": base64.b64encode(files.pack(churn_model)).decode()})
        go.wait(300)
        record = registry.Record("churn", churn_model.learner, "x", "x", stored.version, len(telco), {}, {}, {})
        heard({"version": registry.keep(engine, home, record, files.pack(churn_model), files.SUFFIX, NOW)})

    monkeypatch.setattr(background.apart, "ask", ask)
    visit("churn_performance")
    for _attempt in range(600):
        if stored.version in champions._quick:
            break
        time.sleep(0.05)
    for page in ("churn_performance", "churn_what_if", "churn_campaign"):
        app = visit(page)
        assert any("Provisional" in info.value for info in app.info), page
        assert figures(app), page
    go.set()
    for _attempt in range(200):
        if not background.alive(f"train churn {stored.version}"):
            break
        time.sleep(0.05)
    app = visit("churn_performance")
    assert not any("Provisional" in info.value for info in app.info)
    assert figures(app)
    runs = state.read(engine, state.job_runs, job="train churn")
    assert runs["status"].tolist() == ["done"]


@of_telco
def test_a_campaign_is_started_told_and_its_effect_replaces_the_assumed_one(trained, telco):
    app = trained("churn_campaign", **{"calls-5174": "1200"})
    app.session_state["campaign-start"] = True
    app.run()
    app.text_input(key="campaign.name").set_value("Spring <b>")
    app.text_input(key="campaign.by").set_value("Ada")
    (held,) = (one for one in app.number_input if one.label.startswith("Held out by chance"))
    held.set_value(400)
    next(one for one in app.button if one.label == "Start").click().run()
    assert not app.exception
    engine = state.engine(settings.get().database_url)
    (kept,) = state.read(engine, state.campaigns).to_dict("records")
    listed = campaigns.customers(engine, kept["campaign"])
    assert (kept["name"], kept["by"], kept["months"], (~listed["called"]).sum()) == ("Spring <b>", "Ada", 1, 400)
    assert any("400 held out by chance" in text for text in texts(app))
    assert not set(listed["customer"]) - set(telco.loc[~telco["churned"], "customer_id"])

    # A file tells: of those held out 200 of 400 left, of those called a quarter, so that a call saves half of them.
    side = listed.groupby("called").cumcount()
    gone = np.where(listed["called"], side < listed["called"].sum() // 4, side < 200)
    told = pd.DataFrame({"customerID": listed["customer"], "Churn": np.where(gone, "Yes", "No")})
    content = told.to_csv(index=False).encode()
    app = trained("churn_campaign", view="follow", told="file")
    app.file_uploader(key="told-file").set_value(("june.csv", content, "text/csv")).run()
    assert any(text.startswith(f"{len(listed):,} of {len(listed):,} are in it") for text in texts(app))
    app.text_input(key="told-by").set_value("Grace")
    next(one for one in app.button if one.label == "Write it down").click().run()
    assert not app.exception
    called = int(listed["called"].sum())
    fewer = 0.5 - called // 4 / called
    assert metric(app, "Left of those called") == f"{called // 4 / called:.1%}"
    assert metric(app, "Left of those held out") == "50.0%"
    assert metric(app, "Fewer left by the calls") == f"{fewer:.1%}"
    assert metric(app, "Earned") == f"${900 * fewer * called - 60 * called:,.0f}"
    # What the page did not tell of those it misses: they cost an offer, and count as the others do.
    app.file_uploader(key="told-file").set_value(
        ("july.csv", told[100:].to_csv(index=False).encode(), "text/csv")
    ).run()
    app.text_input(key="told-by").set_value("Grace")
    next(one for one in app.button if one.label == "Write it down").click().run()
    some = listed.assign(left=gone)[100:]
    now, then = (float(some.loc[some["called"] == side, "left"].mean()) for side in (True, False))
    assert metric(app, "Earned") == f"${called * (900 * (then - now) - 60):,.0f}"
    assert any("Of 100 customers nobody knows" in text for text in texts(app))
    # A list of those who stay says nothing of those who do not.
    stay = told[told["Churn"] == "No"].to_csv(index=False).encode()
    app.file_uploader(key="told-file").set_value(("stay.csv", stay, "text/csv")).run()
    assert any(text.startswith("Nobody in it has left") for text in texts(app))
    app.selectbox(key="absent").set_value("left").run()
    assert not any(text.startswith("Nobody in it has left") for text in texts(app))
    app.text_input(key="told-by").set_value("Grace")
    next(one for one in app.button if one.label == "Write it down").click().run()
    assert metric(app, "Earned") == f"${900 * fewer * called - 60 * called:,.0f}"
    for page, view in (("churn_campaign", "call"), ("churn_what_if", "keep"), ("churn_performance", "money")):
        again = trained(page, view=view)
        saved = next(one for one in again.number_input if one.label == "Leavers saved by a call (%)")
        assert saved.value == 50, page
    assert any("1 campaign showed that calls save 50%" in text for text in texts(trained("churn_campaign")))


@of_telco
def test_whom_a_running_campaign_has_on_its_list_is_said_left_out_or_counts_in_neither(trained, telco):
    def begin(calls, name, apart):
        app = trained("churn_campaign")
        next(one for one in app.slider if one.key.startswith("calls-")).set_value(calls)
        app.session_state["campaign-start"] = True
        app.run()
        if apart is not None:
            said = "150 customers of this list are on that of a campaign that still runs (First); 60 held out there."
            assert plain(said) in "\n".join(texts(app))
            (box,) = (one for one in app.checkbox if one.label == "Leave them out")
            assert box.value
            box.set_value(apart).run()
        app.text_input(key="campaign.name").set_value(name)
        app.text_input(key="campaign.by").set_value("Ada")
        (held,) = (one for one in app.number_input if one.label.startswith("Held out by chance"))
        held.set_value(60)
        next(one for one in app.button if one.label == "Start").click().run()
        assert not app.exception

    engine = state.engine(settings.get().database_url)

    def listed(name):
        kept = state.read(engine, state.campaigns)
        return campaigns.customers(engine, kept.loc[kept["name"] == name, "campaign"].iloc[0])

    begin(150, "First", None)
    begin(350, "Apart", True)
    first, apart = listed("First"), listed("Apart")
    assert (len(first), len(apart)) == (150, 200)
    assert not set(first["customer"]) & set(apart["customer"])
    with engine.begin() as connection:  # of the two, the second is undone
        connection.execute(delete(state.campaigns).where(state.campaigns.c.name == "Apart"))
    begin(350, "Both", False)
    both = listed("Both")
    assert set(first["customer"]) <= set(both["customer"])

    # Everybody whom First held out and Both called stays: First counts those alone whom Both held out, too.
    told = pd.DataFrame({"customerID": first["customer"], "Churn": np.where(first["called"], "No", "Yes")})
    again = set(both.loc[both["called"], "customer"])
    alone = first[~first["customer"].isin(again)]
    app = trained("churn_campaign", view="follow", told="file", campaign=first["campaign"][0])
    app.file_uploader(key="told-file").set_value(("j.csv", told.to_csv(index=False).encode(), "text/csv")).run()
    app.text_input(key="told-by").set_value("Grace")
    next(one for one in app.button if one.label == "Write it down").click().run()
    assert not app.exception
    lost = first["customer"].isin(again)
    said = f"calls {lost.sum()} of them meanwhile ({(lost & ~first['called']).sum()} held out here): they do not count"
    assert plain(said) in "\n".join(texts(app))
    sides = alone["called"].value_counts()
    assert sides.sum() < 60  # so few that nothing is told of calls
    assert min(sides) < 20
    assert not any(one.label == "Fewer left by the calls" for one in app.metric)


@of_telco
def test_nobody_to_call_is_told_from_nobody_who_can_be_scored(trained, telco, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    mine = telco.head(30).assign(churned="No")
    for changed, said in (
        ({"contract": "Ten years"}, "None of these customers can be scored"),
        ({"churned": "Yes"}, "all of these customers have left"),
    ):
        app = trained("churn_campaign", of="file")
        content = mine.assign(**changed).to_csv(index=False).encode()
        app.file_uploader(key="score-file").set_value((f"{min(changed)}.csv", content, "text/csv")).run()
        app.run()
        infos = [info.value for info in app.info]
        assert [said in text for text in infos if "customers" in text] == [True], infos
        assert not app.metric


@of_telco
def test_offers_that_earn_less_than_they_cost_are_said_to(trained, telco):
    at = {"customer": someone(telco)["customer_id"], "view": "keep"}
    sentence = "None of these offers earns its cost under these terms."
    assert sentence not in texts(trained("churn_what_if", value="100000", **at))
    assert sentence in texts(trained("churn_what_if", value="1", **at))


def kept(frame, model):
    """`frame` and its model as the data and the champion in use."""
    stored = keep(frame)
    record = registry.Record("churn", model.learner, "test", "test", stored.version, len(frame), {}, model.metrics, {})
    engine = state.engine(settings.get().database_url)
    registry.keep(engine, settings.get().home, record, files.pack(model), files.SUFFIX, NOW)


def test_the_totals_are_of_all_customers_where_a_sample_was_learned_from(visit, home, telco, monkeypatch):
    monkeypatch.setattr(training, "COMPARED", 400)
    monkeypatch.setattr(training, "RESAMPLED", 3)
    frame = telco.head(1_200)
    prepared, league = training.compare(prepare(frame), compared=("logistic",))
    model = training.fit(prepared, "logistic", league)
    kept(frame, model)
    app = visit("churn_performance", cut="0")
    assert metric(app, "Customers called") == "1,200"
    earned = 0.3 * 900 * frame["churned"].sum() - 60 * 1_200  # of calling everybody
    assert metric(app, "Profit at this cut-off") == f"{'−' if earned < 0 else ''}${abs(earned):,.0f}"

    riskiest = model.held_out.probability.clip(0, 0.9)
    riskiest[np.flatnonzero(~model.held_out.left)[0]] = 0.99  # and stayed
    kept(frame, replace(model, held_out=replace(model.held_out, probability=riskiest)))
    app = visit("churn_performance", cut="95")
    assert metric(app, "Customers called") == "1"
    assert any("none of those called would have left" in text for text in texts(app))


def test_window_and_columns_are_the_analysts_to_say_for_everybody(trained, monkeypatch):
    begun = []
    monkeypatch.setattr(champions, "start_churn", lambda stored, why: begun.append((tables.choices(stored), why)))
    app = trained("churn_performance")
    window = next(group for group in app.get("button_group") if group.label.startswith("Outcome window"))
    assert window.value == 1  # Telco's
    window.set_value(12).run()
    assert not app.exception
    called = trained("churn_campaign")  # in another session
    assert any("chosen by an analyst" in text for text in texts(called))
    assert any("within 12 months" in text for text in texts(called))

    unwanted = next(box for box in app.multiselect if box.label == "Do not learn from these")
    unwanted.set_value(["gender"]).run()
    app.button(key="columns-train").click().run()
    assert begun == [({"gender": False}, "other columns")]
