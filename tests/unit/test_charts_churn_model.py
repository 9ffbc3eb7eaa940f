"""Figures of the churn model say what the numbers say, and text from outside stays text."""

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import locales
from charts.churn import campaign as charts
from charts.churn import case_sheet, performance, profit, what_if
from charts.churn import uplift as uplift_charts
from models.churn import campaign, uplift, value, whatif
from models.churn.value import Terms

pytestmark = pytest.mark.xdist_group("churn")


@pytest.fixture(scope="module")
def ranked(churn_model):
    return value.ranking(churn_model.held_out.probability, churn_model.held_out.left)


def title(figure):
    return figure.layout.title.text


def test_the_waterfall_ends_at_the_risk(churn_model, telco):
    why = churn_model.explain(telco.iloc[4])
    values = dict.fromkeys(why.contributions.index, "<b>x</b>")
    figure = what_if.waterfall(why.base, why.contributions, values)
    bar = figure.data[0]
    assert bar.base[-1] + bar.x[-1] == pytest.approx(why.log_odds)
    assert len(bar.x) == what_if.SHOWN + 1
    assert np.abs(bar.x[:-1]).tolist() == sorted(np.abs(bar.x[:-1]), reverse=True)
    assert "<b>" not in "".join(figure.layout.yaxis.ticktext)
    assert what_if.waterfall(0.0, pd.Series({"age": -1.0}), {"age": "3"}).layout.title.text.startswith("age lowers")


def test_profit_titles_say_whether_another_cut_off_is_better(ranked):
    terms = Terms(900, 60, 0.3)
    money = value.profits(ranked, terms)
    best, _most = value.best(ranked, terms)
    assert "earns most" in title(profit.profit(ranked, money, 0.9, best, "EUR"))
    assert "no other earns" in title(profit.profit(ranked, money, best, best, "EUR"))
    none = value.profits(ranked, Terms(10, 60, 0.3))
    assert "nobody should be called" in title(profit.profit(ranked, none, 0.5, 2.0, "EUR"))


def test_the_lift_that_is_said_is_no_chance_of_the_first_few():
    """A tenth of 1,000 leave; of the riskiest 8 all did (ten times as often), of 50 twenty, of 500 sixty."""
    left = np.zeros(1_000, bool)
    left[np.r_[0:8, 30:42, 200:240, 600:640]] = True
    said = title(performance.lift(value.ranking(np.linspace(0.9, 0.1, 1_000), left)))
    assert said == "The riskiest 5% leave 4.0x as often as usual, the riskier half 1.2x"


def test_where_all_have_the_same_risk_a_fifth_of_the_calls_finds_a_fifth():
    left = np.arange(600) % 7 == 0
    ranked = value.ranking(np.full(600, 0.14), left)
    gains, lift = performance.gains(ranked), performance.lift(ranked)
    assert title(gains).startswith("Calling the riskiest 20% finds 20% of all leavers; the riskiest 10% leave 1.0x")
    assert title(lift) == "The riskiest 5% leave 1.0x as often as usual, the riskier half 1.0x"
    assert list(zip(gains.data[0].x, gains.data[0].y, strict=True)) == [(0, 0), (1, 1)]
    assert list(performance.roc(ranked, 0.5, 0.4, 0.6, 0.5).data[0].x) == [0, 1]


def test_where_few_leave_the_decimals_still_say_something():
    """One in two hundred leaves: tenths of a point are all the same, and 100% of nobody are still here."""
    seen = np.tile(np.linspace(0.001, 0.009, 10), 3_000)
    groups = value.reliability(seen, np.random.default_rng(1).random(len(seen)) < seen)
    assert "by 0.020 points on average, by chance 0.030" in title(performance.reliability(groups, 0.0002, 0.0003))
    assert "by 1.2 points on average, by chance 1.0" in title(performance.reliability(groups, 0.012, 0.0101))


def test_a_promise_that_was_kept_in_every_group_is_not_said_to_be_broken():
    rows = [("", "", left, 0.8, covered, 200) for left, covered in ((True, 0.83), (False, 0.81))]
    whole = pd.DataFrame(rows, columns=["group", "level", "left", "nominal", "covered", "customers"])
    assert title(performance.coverage(whole)).endswith("kept for 83.0% of leavers and 81.0% of stayers")
    part = whole.assign(group="contract", level="One year", covered=0.6)
    assert title(performance.coverage(pd.concat([whole, part]))).endswith("not in every group")


def test_the_campaign_figure_names_the_best_number(churn_model, telco):
    found = campaign.returns(campaign.callable_customers(churn_model, telco), Terms(900, 60, 0.3))
    figure = charts.campaign(found, 5, "USD")
    assert f"{found.best:,}" in title(figure)
    assert "nobody" in title(
        charts.campaign(campaign.returns(campaign.callable_customers(churn_model, telco), Terms(1, 60, 0.3)), 0, "USD")
    )


@pytest.mark.parametrize("is_level", [True, False])
def test_sparklines_are_well_formed_and_hold_the_point(is_level):
    grid, risks = np.arange(3.0), np.array([0.1, 0.5, 0.9])
    drawn = what_if.sparkline(grid, risks, 1.0, np.array([0.2, 0.3, 0.5]), is_level, (0.0, 2.0))
    root = ElementTree.fromstring(drawn)
    circle = root.find("{http://www.w3.org/2000/svg}circle")
    assert float(circle.get("cx")) == pytest.approx(75)
    assert float(circle.get("cy")) == pytest.approx(34 - 0.5 * 30)
    empty = what_if.sparkline(grid[:0], risks[:0], float("nan"), np.zeros(3), is_level, (0.0, 2.0))
    assert ElementTree.fromstring(empty).find("{http://www.w3.org/2000/svg}circle") is None


def test_moves_in_words_and_hold_outs():
    moves = (whatif.Move("contract", "One year"), whatif.Move(whatif.DISCOUNT, 0.1))
    assert what_if.described(moves) == "Contract: One year, 10% discount"
    assert what_if.described(()) == "nothing"
    with locales.using("fr"):
        assert what_if.described(moves[:1]) == "Contrat\u00a0: Un an"
    needed = pd.DataFrame({"saved": [0.1, 0.3], "kept": [np.nan, 115.0]})
    assert "115 of 1,600" in title(charts.holdouts(1_600, needed, 0.3))
    assert "too short" in title(charts.holdouts(1_600, needed, 0.1))


def test_the_sheet_of_a_case_escapes_and_shows_what_changed():
    table = pd.DataFrame(
        {"before": ["1", "<i>a</i>"], "now": ["2", "<i>a</i>"], "log_odds": [0.5, -1.0]}, index=["tenure", "<script>"]
    )
    page = case_sheet.sheet("<b>id</b>", ["a & b"], table, "footer", "en")
    assert "<script>" not in page
    assert "<i>a</i>" not in page
    assert "&lt;b&gt;id" in page
    assert '<b class="new">2</b> (1)' in page
    assert page.index("&lt;script&gt;") < page.index("Tenure")  # the strongest first


@pytest.mark.parametrize(
    ("counts", "title"),
    [
        ((1000, 150, 1000, 300), "A call saves 50% of leavers"),
        ((1000, 300, 1000, 310), "Whether calls save anybody cannot be told yet"),
        ((1000, 300, 1000, 150), "More of those called left"),
    ],
)
def test_the_title_says_no_more_of_calls_than_was_seen(counts, title):
    effect = uplift.counted(*counts)
    figure = uplift_charts.saved({"Spring": effect}, uplift.pooled([effect]), 0.3)
    assert figure.layout.title.text.startswith(title)


def test_calls_work_best_for_those_of_whom_that_is_sure():
    """Few customers with much luck, and many with a sure effect; and nobody for whom it is sure."""
    rows = pd.DataFrame(
        {
            "column": "contract",
            "level": ["Two year", "One year"],
            "called": [20, 900],
            "held": [20, 900],
            "fewer": [0.3, 0.15],
            "lo": [-0.02, 0.11],
            "hi": [0.62, 0.19],
        }
    )
    title = uplift_charts.segments(rows).layout.title.text
    assert "One year" in title
    assert "of 100 called, 15 fewer leave" in title
    assert "not sure" in uplift_charts.segments(rows.assign(lo=-0.1)).layout.title.text
