"""What-ifs: possible customers only, curves and plans that say what the model says."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as some

from data.demo.parameters import PRICE_LIST
from models.churn import rules, whatif

pytestmark = pytest.mark.xdist_group("churn")
ADD_ONS = ("online_security", "online_backup", "device_protection", "tech_support", "streaming_tv", "streaming_movies")


@pytest.fixture(scope="module")
def around(churn_model, telco):
    return whatif.surroundings(churn_model, churn_model.coding.encode(telco), telco["churned"].to_numpy())


def customer(model, row):
    return {column: model.coding.value(column, code) for column, code in zip(model.coding.columns, row, strict=True)}


def assert_possible(one):
    """The invariants of the Telco table, not those of the code."""
    offline = one["internet_service"] == "No"
    assert all((one[name] == "No internet service") == offline for name in ADD_ONS)
    assert (one["multiple_lines"] == "No phone service") == (one["phone_service"] in ("No", "False"))
    assert one["monthly_charges"] >= 0


def price(model, one):
    """What the demo's price list (see data.demo.parameters) asks of a customer."""
    services = [name for name in (*ADD_ONS, "multiple_lines") if one[name] == "Yes"]
    internet = {"DSL": "dsl", "Fiber optic": "fibre"}.get(one["internet_service"])
    names = [
        "lines" if name == "multiple_lines" else name
        for name in (*services, *([internet] if internet else []), *(["phone"] if one["phone_service"] != "No" else []))
    ]
    return sum(PRICE_LIST[name] for name in names)


@how(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.data())
def test_no_edit_makes_an_impossible_customer(churn_model, around, data):
    coding = churn_model.coding
    before = around.matrix[data.draw(some.integers(0, len(around.matrix) - 1))]
    edits = {}
    for column in data.draw(some.lists(some.sampled_from(coding.columns), max_size=3, unique=True)):
        if column in coding.levels:
            edits[column] = data.draw(some.sampled_from(coding.levels[column]))
        else:
            edits[column] = data.draw(some.floats(0, 100))
    row = whatif.changed(churn_model, before, edits)
    for column, value in edits.items():
        assert coding.value(column, row[coding.place(column)]) == value
    if rules.possible(churn_model.rules, row[None])[0]:
        assert_possible(customer(churn_model, row))
    else:
        assert len(edits) > 1  # only two edits can contradict each other


def test_the_price_follows_the_services_and_the_total_the_price(churn_model, around):
    fibre = churn_model.coding.code("internet_service", "Fiber optic")
    place = churn_model.coding.place("internet_service")
    for before in around.matrix[around.matrix[:, place] == fibre][:40]:
        row = whatif.changed(churn_model, before, {"internet_service": "No"})
        was, now = customer(churn_model, before), customer(churn_model, row)
        assert_possible(now)
        saved = price(churn_model, was) - price(churn_model, now)
        assert was["monthly_charges"] - now["monthly_charges"] == pytest.approx(saved, abs=1.5)
        if was["total_charges"] is not None:
            ratio = now["total_charges"] / was["total_charges"]
            assert ratio == pytest.approx(now["monthly_charges"] / was["monthly_charges"])


def test_a_naive_edit_would_say_something_else(churn_model, around):
    place = churn_model.coding.place("internet_service")
    fibre = around.matrix[around.matrix[:, place] == churn_model.coding.code("internet_service", "Fiber optic")]
    naive = fibre.copy()
    naive[:, place] = churn_model.coding.code("internet_service", "No")
    consistent = np.array([whatif.changed(churn_model, row, {"internet_service": "No"}) for row in fibre])
    assert churn_model.probability(naive).mean() > churn_model.probability(consistent).mean() + 0.03


def test_unlocked_columns_stay(churn_model, around):
    before = around.matrix[0]
    row = whatif.changed(churn_model, before, {"tenure": 60.0}, free=["total_charges"])
    assert row[churn_model.coding.place("total_charges")] == before[churn_model.coding.place("total_charges")]
    follows = churn_model.rules.follows_from(churn_model.coding)
    assert set(follows["total_charges"]) == {"tenure", "monthly_charges"}
    assert "internet_service" in follows["online_security"]
    assert "internet_service" in follows["monthly_charges"]


def test_one_answer_says_what_its_parts_say(churn_model, around):
    before = around.matrix[5]
    row = whatif.changed(churn_model, before, {"tenure": 2.0})
    two = np.vstack([before, row])
    for window in (1, 12):
        told = whatif.answer(churn_model, around, before, row, window, ["tenure"])
        assert told.ahead == pytest.approx(whatif.months_left(churn_model, two, window), abs=1e-7)
        apart = churn_model.confidence(two)
        for part in ("probability", "lo", "hi"):
            assert getattr(told.sure, part) == pytest.approx(getattr(apart, part), abs=1e-7)
        assert told.sure.verdict.tolist() == apart.verdict.tolist()


def test_curves_are_plain_predictions_of_possible_customers(churn_model, around, telco):
    for place in (1, 20, 300):
        row = around.matrix[place]
        curves = whatif.answer(churn_model, around, row, row, 1).curves
        assert set(curves) == set(churn_model.coding.columns)
        for column, (grid, risks) in curves.items():
            for code, risk in zip(grid, risks, strict=True):
                value = churn_model.coding.value(column, code)
                changed = whatif.changed(churn_model, row, {column: value})
                names = customer(churn_model, changed)
                assert_possible(names)
                plain = churn_model.predict_proba(pd.DataFrame([names]))[0, 1]
                assert risk == pytest.approx(plain, abs=1e-6)
    tenure = curves["tenure"][0]
    assert (tenure[0], tenure[-1]) == (telco["tenure"].min(), telco["tenure"].max())


def moves(model):
    return [
        whatif.Move("contract", "One year", 30.0),
        whatif.Move("contract", "Two year", 45.0),
        whatif.Move("tech_support", "Yes", 20.0),
        whatif.Move("payment_method", "Credit card (automatic)", 5.0),
        whatif.Move(whatif.DISCOUNT, 0.1, 2.0),
        whatif.Move(whatif.DISCOUNT, 0.2),
    ]


def test_plans_reach_what_they_claim_and_are_the_whole_front(churn_model, around):
    coding, risky = churn_model.coding, np.argsort(-churn_model.probability(around.matrix))
    for row in around.matrix[risky[[0, 40, 200, 900]]]:
        monthly = coding.place("monthly_charges")
        every = []
        by_column = {}
        for move in moves(churn_model):
            by_column.setdefault(move.column, [None]).append(move)
        for combination in product(*by_column.values()):
            taken = [move for move in combination if move]
            edits = {move.column: move.to for move in taken if move.column != whatif.DISCOUNT}
            changed = whatif.changed(churn_model, row, edits, free=["total_charges"])
            cost = sum(move.cost for move in taken)
            for move in taken:
                if move.column == whatif.DISCOUNT:
                    cost += 12 * move.to * changed[monthly]
                    changed[monthly] *= 1 - move.to
            if rules.possible(churn_model.rules, changed[None])[0]:
                every.append((cost, churn_model.probability(changed[None])[0]))
        front = whatif.plans(churn_model, row, moves(churn_model))
        for plan in front:
            assert plan.risk == pytest.approx(churn_model.probability(plan.row[None])[0])
            assert any(plan.cost == pytest.approx(c) and plan.risk == pytest.approx(r) for c, r in every)
            assert not any(c < plan.cost - 1e-9 and r < plan.risk - 1e-9 for c, r in every)
            assert rules.possible(churn_model.rules, plan.row[None])[0]
        assert front[0].moves == ()
        costs, risks = [plan.cost for plan in front], [plan.risk for plan in front]
        assert costs == sorted(costs)
        assert risks == sorted(risks, reverse=True)
        assert min(risks) == pytest.approx(min(r for _c, r in every))


def test_named_plans_are_what_their_names_say(churn_model, around):
    row = around.matrix[np.argmax(churn_model.probability(around.matrix))]
    front = whatif.plans(churn_model, row, moves(churn_model))
    named = whatif.named(front, 900, 0.3)
    assert named["lowest risk"] is front[-1]
    best = named.get("best value", named["lowest risk"])
    assert best is max(front[1:], key=lambda plan: 0.3 * 900 * (front[0].risk - plan.risk) - plan.cost)
    if "cheapest" in named:
        assert named["cheapest"].risk <= 0.75 * front[0].risk or named["cheapest"] is front[1]
    assert whatif.named(front[:1], 900, 0.3) == {}
    dear = [whatif.Plan((), cost, risk, row) for cost, risk in ((0.0, 0.5), (100.0, 0.4), (300.0, 0.3))]
    assert "best value" not in whatif.named(dear, 900, 0.3)  # 27 and 54 earned for 100 and 300
    assert whatif.named(dear, 5_000, 0.3)["best value"] is dear[1]  # 150 and 300
    free = [whatif.Move("contract", "Two year", 0.0)]
    assert whatif.named(whatif.plans(churn_model, row, free), 900, 1.0)["lowest risk"].cost == 0


def test_offers_never_take_something_away(churn_model):
    offered = whatif.offers(churn_model, [c for c in whatif.LEVERS if c in churn_model.coding.levels])
    assert not {move.to for move in offered} & {"No", "No internet service", "Month-to-month"}
    assert [move.to for move in offered if move.column == whatif.DISCOUNT] == [0.05, 0.1, 0.15, 0.2]


def test_too_many_levers_are_refused(churn_model, around):
    offered = [whatif.Move(c, level) for c, levels in churn_model.coding.levels.items() for level in levels]
    with pytest.raises(ValueError, match="combinations"):
        whatif.plans(churn_model, around.matrix[0], offered)


def test_neighbours_are_the_nearest_and_strangers_are_noticed(churn_model, around):
    row = around.matrix[17]
    apart = whatif.distances(around, row)
    assert whatif.neighbours(apart, 1)[0] in np.flatnonzero((around.matrix == row).all(axis=1))
    others = whatif.neighbours(apart, 20, but=17)
    assert apart[others].tolist() == sorted(np.delete(apart, 17))[:20]
    assert 17 not in others
    assert len(set(others)) == 20
    assert whatif.unlike(churn_model, around, row, apart) == []
    odd = whatif.changed(churn_model, row, {"monthly_charges": 400.0})
    assert whatif.unlike(churn_model, around, odd, whatif.distances(around, odd)) == ["monthly_charges"]
    typical = whatif.typical(churn_model, around)
    assert (around.matrix == typical).all(axis=1).any()


def test_months_and_differences_add_up(churn_model, around):
    one, other = around.matrix[3], whatif.changed(churn_model, around.matrix[3], {"contract": "Two year"})
    here = whatif.months_left(churn_model, one, 1)
    assert here.shape == (1, whatif.MONTHS)
    assert (np.diff(here) <= 0).all()
    gap = whatif.difference(churn_model, one, other)
    odds = churn_model.fitted.log_odds(np.vstack([one, other]))
    assert gap.sum() == pytest.approx(odds[1] - odds[0], abs=1e-4)
    assert whatif.band(churn_model, one[None]).shape == (len(churn_model.ensemble), 1)


def test_a_number_that_is_whole_is_so_on_its_slider(churn_model):
    whole = np.random.default_rng(0).integers(300, 850, 700).astype(float)
    matrix = np.repeat(churn_model.coding.encode(pd.DataFrame({"tenure": [1.0]})), 700, axis=0)
    matrix[:, churn_model.coding.place("tenure")] = whole
    grid = whatif.surroundings(churn_model, np.nan_to_num(matrix), np.zeros(700)).grids[
        churn_model.coding.place("tenure")
    ]
    assert (grid == np.round(grid)).all()
    assert (grid[0], grid[-1]) == (whole.min(), whole.max())
