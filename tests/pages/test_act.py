"""The pages of Act: rules as sentences, rehearsed while they are changed; and what waits for somebody."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

import locales
import settings
from data import campaigns, schedules, state, tables
from data import rules as kept_rules
from data.dataset import Dataset, Origin
from data.demo import customers
from models.act import alarms, rules, schedule
from models.act.rules import Rule
from models.act.schedule import Schedule
from models.drift import alerts, messages
from ui.text import plain

NOW = datetime(2026, 3, 14, tzinfo=UTC)
FIXED = Rule("revenue", against="number", kind="under", threshold=2000.0, cooldown=0)
pytestmark = [pytest.mark.xdist_group("act"), pytest.mark.same_data("act")]


def engine():
    return state.engine(settings.get().database_url)


def keep(name, rule, changes=0):
    kept_rules.write(engine(), name, rules.to_json(rule), changes, NOW)


def kept(name):
    return next(rules.from_json(one.content) for one in kept_rules.kept(engine()) if one.rule == name)


def words(app):
    kinds = ("markdown", "caption", "warning", "info", "title", "success")
    return " ".join(element.value for kind in kinds for element in app.get(kind)).replace("\\", "")


def metric(app, label):
    return next(card.value for card in app.metric if card.label == label)


def told(app):
    """On how many days the rehearsal says that it would have told somebody."""
    text = next(one.value for one in app.caption if "in 364 days" in one.value)
    return int(text.split(" in ")[0])


@pytest.mark.parametrize(("lang", "sentence"), [("en", "an unusual fall"), ("fr", "une baisse inhabituelle")])
def test_ready_made_rules_are_sentences_and_each_can_be_rehearsed(visit, lang, sentence):
    app = visit("act_rules", lang=lang)
    assert sentence in words(app)
    assert not app.select_slider
    for name in rules.READY:
        app.button(key=f"act.open.{name}").click().run()
        assert len(app.select_slider) == 1
        assert len(app.get("plotly_chart")) == 1
        assert not app.warning


def test_the_rehearsal_counts_the_days_that_the_sales_themselves_count(visit):
    keep("mine", FIXED)
    app = visit("act_rules", rule="mine")
    sold = tables.active(settings.get().home, "sales")
    days = tables.query(
        sold,
        "SELECT CAST(timestamp AS DATE) AS day, sum(amount) AS revenue FROM sales "
        "WHERE line_type IN ('sale', 'return') GROUP BY 1 ORDER BY 1",
    )
    year = days[days["day"] > days["day"].max() - timedelta(days=364)]["revenue"]
    slider = app.select_slider[0]
    assert slider.value == FIXED.threshold
    for threshold in (2000.0, 3000.0, 4000.0):
        app.select_slider[0].set_value(threshold).run()
        assert told(app) == int((year < threshold).sum())
        assert metric(app, "Messages a month") == f"{(year < threshold).sum() / 364 * 365.25 / 12:.1f}"
    draft = "".join(app.query_params["draft"])
    assert rules.from_text(draft) == replace(FIXED, threshold=4000.0)
    again = visit("act_rules", rule="mine", draft=draft)
    assert told(again) == told(app)
    assert kept("mine") == FIXED  # until somebody keeps it
    app.button(key="act.keep").click().run()
    assert kept("mine") == replace(FIXED, threshold=4000.0)
    assert "draft" not in app.query_params


def test_the_figure_shows_the_days_on_which_it_would_have_fired(visit):
    keep("mine", replace(FIXED, threshold=3000.0))
    app = visit("act_rules", rule="mine")
    drawn = json.loads(app.get("plotly_chart")[0].proto.spec)
    points = next(trace for trace in drawn["data"] if trace.get("mode") == "markers")
    assert len(points["hovertext"]) == told(app) > 0


@pytest.mark.parametrize(
    ("lang", "text", "right"),
    [
        ("en", "tell me when revenue by store falls by more than 40% against the same weekday",
         Rule("revenue", "store", against="weekday", threshold=0.4)),
        ("fr", "commandes : sous 12, puis silence pendant 3 jours",
         Rule("orders", against="number", threshold=12.0, cooldown=3)),
    ],
)  # fmt: skip
def test_a_rule_is_written_as_a_sentence_in_either_language_and_kept(visit, lang, text, right):
    app = visit("act_rules", lang=lang)
    app.button(key="act.new").click().run()
    field = next(one for one in app.text_input if str(one.key).endswith(".text"))
    field.set_value(text)
    next(one for one in app.button if one.label in ("Read", "Lire")).click().run()
    assert not app.warning, [one.value for one in app.warning]
    app.button(key="act.keep").click().run()
    (name,) = (one.rule for one in kept_rules.kept(engine()))
    assert kept(name) == right


def test_what_was_not_understood_is_said(visit):
    app = visit("act_rules")
    app.button(key="act.new").click().run()
    for text, said in (("flumox over 5", "flumox"), ("hello there", "Say what is watched")):
        next(one for one in app.text_input if str(one.key).endswith(".text")).set_value(text)
        next(one for one in app.button if one.label == "Read").click().run()
        assert said in words(app)
    assert not kept_rules.kept(engine())


def test_widgets_change_a_rule_and_a_threshold_that_no_longer_means_the_same_is_the_usual_one(visit):
    keep("mine", FIXED)
    app = visit("act_rules", rule="mine")
    box = next(one for one in app.selectbox if one.label == "Tell when it is")
    box.set_value(("weekday", "under")).run()
    assert app.select_slider[0].value == 0.3
    next(one for one in app.selectbox if one.label == "Each on its own").set_value("category").run()
    next(one for one in app.text_input if one.label == "Whose rule is it?").set_value("Ada").run()
    app.button(key="act.keep").click().run()
    wanted = Rule("revenue", "category", against="weekday", threshold=0.3, cooldown=0, owner="Ada")
    assert kept("mine") == wanted


def test_a_rule_whose_measure_is_gone_is_a_sentence_and_the_others_go_on(visit):
    keep("gone", Rule("footfall"))
    keep("mine", FIXED)
    kept_rules.write(engine(), "odd", {"kind": "sideways"}, 0, NOW)
    app = visit("act_rules", rule="gone")
    assert "“footfall” is not in these data any more" in words(app)
    assert "A rule that cannot be read" in words(app)
    app.button(key="act.away.odd").click().run()
    assert "A rule that cannot be read" not in words(app)
    app.button(key="act.open.mine").click().run()
    assert told(app) >= 0


def test_somebody_else_was_quicker(visit):
    keep("mine", FIXED)
    app = visit("act_rules", rule="mine")
    app.select_slider[0].set_value(3000.0).run()
    keep("mine", replace(FIXED, threshold=1000.0), 1)
    app.button(key="act.keep").click().run()
    assert "Somebody has changed this rule" in words(app)
    assert kept("mine").threshold == app.select_slider[0].value == 1000.0
    app.select_slider[0].set_value(3000.0).run()
    app.button(key="act.keep").click().run()
    assert kept("mine").threshold == 3000.0


def test_rules_are_taken_away_and_brought_back(visit):
    app = visit("act_rules", rule="sales")
    app.button(key="act.delete").click().run()
    assert "Revenue: an unusual fall" not in words(app)
    app.button(key="act.back.sales").click().run()
    assert "Revenue: an unusual fall" in words(app)


@pytest.mark.parametrize(
    "draft", ["{", "[]", '{"measure": "x"}', '{"measure": "revenue", "threshold": -4}', "9" * 5000]
)
def test_a_link_that_is_no_rule_harms_nothing(visit, draft):
    app = visit("act_rules", rule="mine", draft=draft)
    assert not app.select_slider
    assert not app.error


# --- what waits


def found(sold, level="", rule=FIXED, name="mine", day=None, **more):
    day = day or sold.span[1].date()
    cause = rules.cause(f"{name} {sold.lineage}", day, level)
    values = {"cause": cause, "rule": name, "lineage": sold.lineage, "day": day, "level": level, "value": 60.0}
    return values | {"expected": 100.0, "content": rules.to_json(rule), "raised": NOW} | more


def sales(visit):
    visit("act_inbox")
    return tables.active(settings.get().home, "sales")


def answered():
    rows = state.read(engine(), state.rule_alerts)
    return rows[rows["acknowledged"].notna()].set_index("level")[["answer", "reason"]].T.to_dict("list")


@pytest.mark.parametrize(("lang", "said"), [("en", "Nothing waits"), ("fr", "Rien n’attend")])
def test_an_empty_inbox_says_so(visit, lang, said):
    assert said in words(visit("act_inbox", lang=lang))


def test_alerts_about_other_data_of_the_same_name_do_not_wait(visit):
    """The demo's customers and the demo's sales have lineages of one name: an alert of sales is about sales."""
    visit("act_inbox")
    line = tables.active(settings.get().home, "customers").lineage
    base = {"version": "v", "day": sales(visit).span[1].date(), "kind": "psi", "severity": alerts.ALERT, "value": 0.5}
    base |= {"threshold": 0.3, "message": "Price rose.", "message_values": {}, "raised": NOW, "state": "notify"}
    rows = [base | {"model": model, "feature": "price", "lineage": line} for model in ("sales", "churn")]
    upload = tables.active(settings.get().home, "sales")
    state.upsert(engine(), state.alert_log, rows)
    origin = Origin("upload", "mine.csv", currency="GBP")
    mine = Dataset("sales", {"sales": tables.read(upload)}, origin, lineage="mine")
    tables.add(settings.get().home, mine, datetime.now(UTC))
    said = words(visit("act_inbox"))
    assert said.count("Price rose.") == 1


def test_campaigns_whose_window_is_over_and_work_that_was_given_up_wait_too(visit):
    visit("act_inbox")
    line = tables.active(settings.get().home, "customers").lineage
    now = datetime.now(UTC)
    row = {"lineage": line, "data_version": "d", "model_version": "m", "months": 1, "by": "Ada"}
    for name, days in (("over", 40), ("running", 20), ("told", 40)):
        campaign = row | {"campaign": name, "name": f"<{name}>", "started": now - timedelta(days=days)}
        customer = {"customer": "c", "place": 0, "called": True, "risk": 0.5, "content": {}}
        campaigns.start(engine(), campaign, [customer])
    campaigns.read_out(engine(), "told", ["c"], np.array([1.0]), "june.csv", "Grace", now)
    work = {"name": "Every night", "job": "refresh", "cron": "0 3 * * *", "zone": "UTC"}
    run = {"content": work, "status": "failed", "attempts": 5, "next_try": now, "holder": "", "heartbeat": now}
    for name, days in (("one", 1), ("two", 2)):
        rows = [{"schedule": name, "due": now - timedelta(days=days), "message": "The disk is full."} | run]
        state.upsert(engine(), state.schedule_runs, rows)
    schedules.acknowledge(engine(), "two", "known", "Ada")
    app = visit("act_inbox")
    assert metric(app, "Waiting") == "2"
    assert "Campaign <over>: who left can be written down." in words(app)
    assert "Every night: given up after several tries." in words(app)
    assert "The disk is full." in words(app)


def test_data_that_are_late_wait_and_demos_do_not(visit):
    visit("act_inbox")
    now = datetime.now(UTC)
    for days, waits in ((20, False), (40, True)):
        origin = Origin("download", "<far>", retrieved=now - timedelta(days=days))
        tables.add(settings.get().home, Dataset("customers", {"customers": customers.generate(50, days)}, origin), now)
        app = visit("act_inbox")
        assert ("<far>: last brought in" in words(app)) == waits
    assert metric(app, "Waiting") == "1"


def test_the_most_money_comes_first_then_the_gravest_then_the_newest(visit):
    sold = sales(visit)
    last = sold.span[1].date()
    grave = replace(FIXED, severity="critical")
    rows = [
        found(sold, name="old", day=last - timedelta(days=1), value=1.0),
        found(sold, name="new", value=1.0),
        found(sold, name="grave", day=last - timedelta(days=2), rule=grave, value=1.0),
        found(sold, name="much", day=last - timedelta(days=9), value=-1e6),
        found(sold, name="elsewhere") | {"lineage": "other data", "cause": "x"},
    ]
    kept_rules.raised(engine(), rows)
    app = visit("act_inbox")
    order = [one.value.replace("\\", "") for one in app.markdown if "where £" in one.value.replace("\\", "")]
    assert len(order) == 4
    assert "£1,000,000" in order[0]
    days = [locales.day(last - timedelta(days=back)) for back in (9, 2, 0, 1)]
    assert [day in text for text, day in zip(order, days, strict=True)] == [True] * 4
    assert metric(app, "Waiting") == "4"


def test_an_alert_of_several_shops_is_answered_with_a_reason(visit):
    sold = sales(visit)
    rule = replace(FIXED, by="store")
    kept_rules.raised(engine(), [found(sold, level, rule) for level in ("London", "Leeds")])
    key = f"rule mine {sold.lineage} {sold.span[1].date()}"
    app = visit("act_inbox")
    assert metric(app, "Waiting") == "1"
    app.session_state[f"inbox.answer.{key}"] = True
    app.run()
    next(one for one in app.button if one.label == "Acknowledge").click().run()
    assert "Say who you are" in words(app)
    london = found(sold, "London", rule)["cause"]
    app.multiselect(key=f"inbox.about.{key}").set_value([london])
    app.radio(key=f"inbox.said.{key}").set_value("explained")
    next(one for one in app.text_input if one.label == "Who are you?").set_value("Ada")
    next(one for one in app.text_input if one.label == "Why did it happen?").set_value("the fair")
    next(one for one in app.button if one.label == "Acknowledge").click().run()
    assert answered() == {"London": ["explained", "the fair"]}
    assert "Leeds" in words(app)
    assert "London" not in words(visit("act_inbox"))


def test_what_is_put_off_is_quiet_until_its_day_and_can_be_called_back(visit):
    sold = sales(visit)
    kept_rules.raised(engine(), [found(sold)])
    key = f"rule mine {sold.lineage} {sold.span[1].date()}"
    app = visit("act_inbox")
    app.session_state[f"inbox.later.{key}"] = True
    app.run()
    next(one for one in app.text_input if one.label == "Who are you?").set_value("Ada")
    next(one for one in app.text_input if one.label == "Why later?").set_value("stocktaking")
    next(one for one in app.button if one.label == "Put off").click().run()
    assert "Nothing waits" in words(app)
    assert "by Ada: stocktaking" in words(app)
    app.button(key=f"inbox.wake.{key}").click().run()
    assert metric(app, "Waiting") == "1"


def test_alerts_of_models_wait_too_and_are_answered_where_they_are_kept(visit):
    sold = sales(visit)
    day = sold.span[1].date()
    alarm = {"model": "sales", "version": "1", "day": day, "feature": "quantity", "threshold": 0.3, "kind": "psi"}
    alarm |= {"severity": alerts.ALERT, "value": 0.6, "message": messages.MESSAGES["confirmed"]}
    alarm |= {"message_values": {"feature": "quantity", "value": 0.6, "threshold": 0.3}}
    alerts.record(engine(), sold.lineage, [alarm], NOW)
    app = visit("act_inbox")
    assert "PSI 0.60" in words(app)
    key = f"model sales|psi|quantity|{day} 1"
    app.session_state[f"inbox.answer.{key}"] = True
    app.run()
    next(one for one in app.text_input if one.label == "Who are you?").set_value("Ada")
    next(one for one in app.text_input if one.label == "Why did it happen?").set_value("new price list")
    next(one for one in app.button if one.label == "Acknowledge").click().run()
    assert state.read(engine(), state.alert_log)["reason"].tolist() == ["new price list"]
    assert "Nothing waits" in words(app)


def test_the_oldest_is_as_old_as_an_alarm_that_goes_on(visit):
    sold = sales(visit)
    days = [sold.span[1].date() - timedelta(days=back) for back in range(5, -1, -1)]
    alarm = {"model": "sales", "version": "1", "feature": "quantity", "threshold": 0.3, "kind": "psi", "value": 0.6}
    alarm |= {"severity": alerts.ALERT, "message": messages.MESSAGES["confirmed"]}
    alarm |= {"message_values": {"feature": "quantity", "value": 0.6, "threshold": 0.3}}
    alerts.record(engine(), sold.lineage, [alarm | {"day": day} for day in days], NOW)
    app = visit("act_inbox")
    assert metric(app, "Waiting") == "1"
    assert metric(app, "The oldest") == "5 days"


def test_a_reason_comes_back_a_year_later_and_in_the_rehearsal(visit):
    sold = sales(visit)
    day = sold.span[1].date()
    before = found(sold, day=day - timedelta(days=364))
    kept_rules.raised(engine(), [before, found(sold)])
    kept_rules.acknowledge(engine(), [before["cause"]], "explained", "spring fair", "Ada", NOW)
    assert "it was acknowledged as: spring fair" in words(visit("act_inbox"))


def test_answers_are_counted_in_the_rehearsal(visit):
    sold = sales(visit)
    keep("mine", replace(FIXED, threshold=1e9))
    days = tables.query(
        sold,
        "SELECT DISTINCT CAST(timestamp AS DATE) AS day FROM sales WHERE line_type = 'sale' ORDER BY 1 DESC LIMIT 2",
    )["day"].dt.date
    rows = [found(sold, day=day) for day in days]
    kept_rules.raised(engine(), rows)
    for row, answer in zip(rows, ("real", "explained"), strict=True):
        kept_rules.acknowledge(engine(), [row["cause"]], answer, "why", "Ada", NOW)
    app = visit("act_rules", rule="mine")
    assert metric(app, "Answered since") == "2"
    assert "1 real, 1 with a known reason" in words(app)


def test_names_from_outside_are_data(visit):
    sold = sales(visit)
    hostile = "[x](http://evil.example) **b** <b>"
    rule = replace(FIXED, by="store", owner=hostile)
    keep("mine", rule)
    kept_rules.raised(engine(), [found(sold, hostile, rule)])
    for page in ("act_inbox", "act_rules"):
        raw = " ".join(one.value for kind in ("markdown", "caption") for one in visit(page).get(kind))
        assert "](http" not in raw
        assert "**b**" not in raw
        assert plain("**b**") in raw


def test_what_a_rule_did_is_said_with_its_alert_and_its_list_can_be_taken(visit):
    sold = sales(visit)
    day = sold.span[1].date()
    kept_rules.raised(engine(), [found(sold)])
    due = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for action, job, of in (
        ("slipping", "calls", {"who": "slipping", "language": "en"}),
        ("drift", "drift", {"model": "sales"}),
    ):
        work = schedule.to_json(Schedule("revenue", job, of))
        schedules.ask(engine(), alarms.asked("mine", sold.lineage, action), due, work)
    held = schedules.claim(engine(), [alarms.asked("mine", sold.lineage, "slipping")])
    schedules.end(engine(), held, schedules.DONE, None)
    said = words(visit("act_inbox"))
    assert "Customers who are slipping, English: done" in said
    assert "waits for its next try" in said
    file = settings.get().home / "reports" / f"slipping-en-{day}.csv"
    file.parent.mkdir(exist_ok=True)
    file.write_text("a")
    assert visit("act_inbox").download_button[0].label == "List"


def test_something_is_given_to_somebody_and_found_by_their_name(visit):
    sold = sales(visit)
    kept_rules.raised(engine(), [found(sold, name=name) for name in ("mine", "other")])
    key = f"rule mine {sold.lineage} {sold.span[1].date()}"
    app = visit("act_inbox")
    app.session_state[f"inbox.assign.{key}"] = True
    app.run()
    for label, text in (("Who is to answer it?", "Bob"), ("Who are you?", "Ada"), ("Why they?", "knows the *shop*")):
        next(one for one in app.text_input if one.label == label).set_value(text)
    next(one for one in app.button if one.label == "Assign").click().run()
    assert "to be answered by Bob, says Ada: knows the *shop*" in words(app)
    assert metric(app, "Waiting") == "2"
    app.multiselect(key="whose").set_value(["Bob"]).run()
    assert metric(app, "Waiting") == "1"


def test_what_a_rule_does_is_chosen_and_a_report_needs_a_board(visit):
    keep("mine", FIXED)
    app = visit("act_rules", rule="mine")
    actions = next(one for one in app.multiselect if one.label == "What is done then")
    assert actions.value == ["tell"]
    actions.set_value(["slipping", "report"]).run()
    next(one for one in app.selectbox if one.label == "Board").set_value("customers").run()
    app.button(key="act.keep").click().run()
    assert (kept("mine").actions, kept("mine").board) == (("slipping", "report"), "customers")
