"""Churn on other people's data: businesses whose customers' true risks are known (see `tests.businesses`)."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from connectors import files as reading
from connectors import mapping
from data import lineage, meaning, tables
from models.churn import campaign, files, rules, training, whatif
from models.churn.conformal import STAY, SURE, asked, limits
from models.churn.model import LEAVE
from models.churn.preparation import CannotTrain, Coding, prepare, ranks_auc, unusable
from models.churn.value import Terms
from tests import businesses
from tests.businesses import BUSINESSES, KEY, LEFT, OUTCOME

pytestmark = pytest.mark.xdist_group("churn")
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def as_file(frame):
    return reading.read("mine.csv", frame.to_csv(index=False).encode(), limit_bytes=10**8)


def uploaded(name, frame, home=None):
    """The dataset that the page Data makes of a file by its own guesses; with `home` its table after Parquet."""
    raw = as_file(frame)
    dataset = mapping.apply(raw, "customers", mapping.guess(raw.frame, "customers"), NOW, f"{name}.csv")
    return dataset if home is None else tables.read(tables.add(home, dataset, NOW))


def later(model, dataset, frame):
    """The next file of the same business, as the page of the campaign reads it."""
    wanted = {column: model.coding.is_number(column) for column in model.coding.columns}
    return mapping.lenient(as_file(frame), wanted, NOW, dataset.origin)


@pytest.fixture(scope="module", autouse=True)
def _few_behind_the_band():
    """Five models behind the band, not thirty: it is looked at where all of them are asked for."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(training, "RESAMPLED", 5)
        yield


@pytest.fixture(scope="module")
def bank():
    """A bank's file, its table and a model of it."""
    raw, probability = businesses.bank(2_000, 1, 0.2)
    dataset = uploaded("bank", raw)
    return raw, dataset, probability, training.fit(prepare(dataset.main), "logistic")


# --- What a table says --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BUSINESSES)
def test_outcome_and_id_of_every_business_are_guessed(name):
    raw, _probability = BUSINESSES[name](600, 3, 0.3)
    found = mapping.guess(as_file(raw).frame, "customers")
    assert (found["churned"], found["customer_id"]) == (OUTCOME[name], KEY[name])
    customers = uploaded(name, raw).main
    left = raw[OUTCOME[name]].isin(LEFT[name])
    known = raw[OUTCOME[name]].notna() & (raw[OUTCOME[name]] != "Joined")
    assert customers["churned"].isna().tolist() == (~known).tolist()
    assert customers.loc[known, "churned"].astype(bool).tolist() == left[known].tolist()


@pytest.mark.parametrize(
    ("name", "values", "left"),
    [
        ("Attrition_Flag", ["Existing Customer"] * 5 + ["Attrited Customer"], "Attrited Customer"),
        ("status", ["active", "active", "churned"], "churned"),
        ("Churn", ["1", "2", "1", "1"], "2"),
        ("Customer Status", ["Stayed", "Churned", "Joined"], "Churned"),
        ("parti", ["Oui", "Non", "Non"], "Oui"),
        ("etat", ["résilié", "actif"], "résilié"),
        ("left", ["True", "False"], "True"),
        ("retained", ["1", "0", "1"], "0"),
        ("s", ["not churned", "churned"], "churned"),
        ("abonnement", ["désabonné", "abonné"], "désabonné"),
        ("Gekündigt", ["J", "N", "N"], "J"),
        ("Status", ["Bestandskunde", "gekündigt", "Neukunde"], "gekündigt"),
        ("Vertrag", ["nicht gekündigt", "gekündigt"], "gekündigt"),
        ("estado", ["Alta", "Baja"], "Baja"),
        ("abandono", ["S", "N"], "S"),
        ("stato", ["attivo", "disdetto"], "disdetto"),
        ("klantstatus", ["Actief", "Opgezegd"], "Opgezegd"),
        ("situacao", ["ativo", "cancelado"], "cancelado"),
        ("ativo", ["1", "0", "1"], "0"),
        ("inativo", ["1", "0", "0"], "1"),
        ("Left this term? (Y/N)", ["Y", "N", "N"], "Y"),
        ("Lapsed in the last 12 months", ["1", "0", "0"], "1"),
    ],
)
def test_outcomes_are_understood_in_the_languages_around(name, values, left):
    told = meaning.outcomes(pd.Series(values), name)
    assert [value for value, gone in told.items() if gone] == [left]
    assert told.get("Joined") is None


@pytest.mark.parametrize(
    "values", [["gold", "silver"], ["Female", "Male"], list("abcdefgh"), ["1", "2", "2"], ["alta", "media"]]
)
def test_what_says_nothing_of_leaving_is_no_outcome(values):
    assert meaning.outcomes(pd.Series(values), "segment") is None


def test_a_column_that_only_has_the_name_of_another_one_keeps_its_own():
    people = {"customer_id": range(60), "dependents": [0, 1, 2] * 20, "partner": [1, 0] * 30, "churn": [1, 0, 0] * 20}
    raw = as_file(pd.DataFrame(people))
    found = mapping.guess(raw.frame, "customers")
    assert "dependents" not in found
    customers = mapping.apply(raw, "customers", found, NOW, "x").main
    assert customers["partner"].tolist()[:2] == ["Yes", "No"]
    assert sorted(customers["dependents_2" if "dependents_2" in customers else "dependents"].unique()) == [0, 1, 2]


def test_the_meaning_of_values_is_the_analysts_to_say():
    frame = pd.DataFrame({"id": [f"c{n}" for n in range(6)], "etape": list("abcabc"), "age": range(6)})
    raw, told = as_file(frame), {"a": True, "b": False, "c": None}
    chosen = {"customer_id": "id", "churned": "etape"}
    with pytest.raises(reading.InvalidFile, match="mean that a customer left"):
        mapping.apply(raw, "customers", chosen, NOW, "x")
    dataset = mapping.apply(raw, "customers", chosen, NOW, "x", outcome=told)
    assert dataset.main["churned"].tolist()[:2] == [True, False]
    assert dataset.main["churned"].isna().sum() == 2
    assert dataset.origin.outcome == told
    said = [finding.message.format(rows=finding.rows, **finding.values) for finding in dataset.findings]
    assert any("“a” means that a customer left (2 customers)" in sentence for sentence in said)
    assert any(sentence.startswith("2 customers have no known outcome") for sentence in said)


# --- One schema, both ways ----------------------------------------------------------------------------------------

WAYS = {
    "as text": lambda values: values.astype(str),
    "as decimals": lambda values: values.astype(float),
    "as text of decimals": lambda values: values.astype(float).astype(str),
    "as true and false": lambda values: values.astype(bool),
    "as yes and no": lambda values: values.map({1: "Yes", 0: "No"}),
    "en français": lambda values: values.map({1: "oui", 0: "non"}),
}


@pytest.mark.parametrize("trained", WAYS)
@pytest.mark.parametrize("scored", WAYS)
def test_flags_are_the_same_however_they_are_stored(trained, scored):
    flags = pd.Series([1, 0] * 60, name="flag")
    table = pd.DataFrame({"flag": WAYS[trained](flags), "kind": ["x", "y", "z"] * 40})
    code = Coding(("flag", "kind"), {"flag": tuple(sorted(map(str, table["flag"].unique()))), "kind": ("x", "y", "z")})
    from models.churn.preparation import coding

    code = coding(table.assign(churned=True))
    other = table.assign(flag=WAYS[scored](flags))
    assert (code.encode(other) == code.encode(table)).all()
    assert not len(unusable(other, code))


def test_numbers_are_levels_without_decimals_and_codes_keep_their_zeros():
    values = [1, 1.0, "1", "1.0", True, "01", "01000", "12.50", 12.5, " x ", None, np.nan, pd.NA, ""]
    named = ["1", "1", "1", "1", "True", "01", "01000", "12.5", "12.5", "x", None, None, None, None]
    assert [meaning.level(value) for value in values] == named


@pytest.mark.parametrize("name", BUSINESSES)
def test_every_customer_of_next_months_file_can_be_called(name, tmp_path):
    raw, _probability = BUSINESSES[name](700, 5, 0.3)
    dataset = uploaded(name, raw)
    model = training.fit(prepare(uploaded(name, raw, tmp_path)), "logistic")
    assert not [level for names in model.coding.levels.values() for level in names if level.endswith(".0")]
    following, risk = BUSINESSES[name](700, 6, 0.3)
    table = later(model, dataset, following.drop(columns=OUTCOME[name]))
    assert table["customer_id"].tolist() == following[KEY[name]].astype(str).tolist()
    scores = campaign.callable_customers(model, table)
    assert len(scores.place) == 700
    assert ranks_auc(scores.probability, risk[scores.place] > np.median(risk)) > 0.8


def test_those_who_left_are_not_called_and_those_of_whom_it_is_not_known_are():
    raw, _probability = businesses.club(1_000, 2, 0.3)
    dataset = uploaded("club", raw)
    prepared = prepare(dataset.main)
    assert len(prepared.customers) == raw["statut"].notna().sum()
    model = training.fit(prepared, "logistic")
    expected = set(raw.loc[raw["statut"] != "résilié", "numero_client"])
    assert set(campaign.callable_customers(model, dataset.main).customer) == expected
    assert set(campaign.callable_customers(model, later(model, dataset, raw)).customer) == expected
    blank = dataset.main.assign(churned=None)
    assert len(campaign.callable_customers(model, blank).customer) == 1_000


# --- Held-out answers ---------------------------------------------------------------------------------------------


def test_a_customer_who_changed_gets_a_new_answer(bank):
    _raw, dataset, _probability, model = bank
    table = dataset.main[~dataset.main["churned"]]
    moved = table.assign(geography="Germany", isactivemember=0, age=80)
    moved = moved[(moved != table).any(axis=1)]
    same_ids = pd.Series(*_of(campaign.callable_customers(model, moved)))
    renamed = moved.assign(customer_id="new " + moved["customer_id"])
    others = pd.Series(*_of(campaign.callable_customers(model, renamed)))
    assert same_ids[moved["customer_id"]].to_numpy() == pytest.approx(others[renamed["customer_id"]].to_numpy())
    before = campaign.callable_customers(model, table)
    assert same_ids.mean() > before.probability.mean() + 0.2


def _of(scores):
    return scores.probability, scores.customer


def test_who_has_not_changed_gets_the_answer_of_a_model_that_had_not_seen_them(bank, tmp_path):
    _raw, dataset, _probability, model = bank
    seen = pd.Series(model.held_out.probability, model.held_out.customer)
    for again in (dataset.main, tables.read(tables.add(tmp_path, dataset, NOW))):
        scores = campaign.callable_customers(files.unpack(files.pack(model)), again)
        assert scores.probability == pytest.approx(seen[scores.customer].to_numpy())


def test_a_file_without_ids_is_about_nobody_in_particular(bank):
    _raw, dataset, _probability, model = bank
    table = dataset.main[~dataset.main["churned"]].drop(columns="customer_id").reset_index(drop=True)
    scores = campaign.callable_customers(model, table)
    assert scores.probability == pytest.approx(model.predict_proba(table)[scores.place, 1])
    nameless = training.fit(prepare(dataset.main.drop(columns="customer_id")), "logistic")
    numbered = table.assign(customer_id=range(len(table)))
    scores = campaign.callable_customers(nameless, numbered)
    assert scores.probability == pytest.approx(nameless.predict_proba(table)[scores.place, 1])


# --- Columns that must not be learned from ------------------------------------------------------------------------


@pytest.fixture
def plain_table():
    rng = np.random.default_rng(4)
    use = rng.normal(size=800)
    left = rng.random(800) < 1 / (1 + np.exp(1 - use))
    return pd.DataFrame({"customer_id": [f"c{n}" for n in range(800)], "churned": left, "use": use}), rng


def test_a_number_known_for_leavers_only_is_a_leak(plain_table):
    table, rng = plain_table
    left = table["churned"]
    for known in (left, left & (rng.random(800) < 0.6), ~left):
        prepared = prepare(table.assign(last_call=np.where(known, rng.normal(size=800), np.nan)))
        assert prepared.coding.columns == ("use",)
        assert prepared.left_out == {"last_call": "missing"}
    half = np.where(rng.random(800) < 0.5, rng.normal(size=800), np.nan)
    assert "last_call" in prepare(table.assign(last_call=half)).coding.columns


def test_names_are_judged_by_their_words_and_what_the_column_does(plain_table):
    table, rng = plain_table
    innocent = ["exit_rate", "left_handed", "cancelled_orders_last_year", "departement", "marital_status"]
    guilty = [
        "reason_for_leaving",
        "date_left",
        "left_last_month",
        "ChurnScore",
        "motif_resiliation",
        "dateleft",
        "is_cancelled",
    ]
    noise = {name: rng.normal(size=800) for name in (*innocent, *guilty)}
    prepared = prepare(table.assign(**noise))
    assert set(prepared.coding.columns) == {"use", *innocent}
    assert prepared.left_out == dict.fromkeys(guilty, "name")
    told = table["churned"] + rng.normal(0, 0.1, 800)
    assert prepare(table.assign(left_handed=told)).left_out == {"left_handed": "ranks"}


def test_the_analyst_has_the_last_word(plain_table):
    table, rng = plain_table
    odd = table.assign(ChurnScore=rng.normal(size=800), number=np.arange(800), other=rng.normal(size=800))
    prepared = prepare(odd, {"ChurnScore": True, "number": True, "other": False})
    assert set(prepared.coding.columns) == {"use", "ChurnScore", "number"}
    assert prepared.left_out == {"other": "chosen"}


def test_row_numbers_names_telephones_and_addresses_are_no_features(plain_table):
    table, rng = plain_table
    amount = rng.integers(10, 90_000, 800)
    prepared = prepare(
        table.assign(
            row=np.arange(1, 801),
            ref_number=rng.permutation(10**6)[:800],
            surname=[f"Name{n % 300}" for n in range(800)],
            phone=[f"06{n:08d}" for n in rng.integers(0, 10**8, 800)],
            mobile=rng.integers(600_000_000, 700_000_000, 800),
            email=[f"c{n}@example.org" for n in range(800)],
            since=pd.date_range("2020-01-01", periods=400).strftime("%d.%m.%Y").repeat(2),
            amount=amount,
            spent=rng.normal(100, 20, 800),
        )
    )
    assert set(prepared.coding.columns) == {"use", "amount", "spent"}
    assert {column for column, why in prepared.left_out.items() if why == "many"} == {"surname", "since"}
    assert set(prepared.left_out.values()) == {"unique", "many"}


def test_references_of_which_some_are_numbers_keep_all_customers(plain_table):
    table, _rng = plain_table
    mixed = [str(10_000 + n) if n % 10 == 0 else f"{n}-VHVEG" for n in range(800)]
    model = training.fit(prepare(table.assign(reference=mixed)), "logistic")
    here = table.assign(reference=mixed)[~table["churned"]]
    assert len(campaign.callable_customers(model, here).place) == len(here)


# --- Directions ---------------------------------------------------------------------------------------------------


def test_a_direction_that_the_data_contradict_is_dropped_and_said():
    rng = np.random.default_rng(0)
    tenure = rng.integers(0, 73, 2_000)
    left = rng.random(2_000) < 1 / (1 + np.exp(4 - 0.07 * tenure))  # old customers leave
    table = pd.DataFrame({"churned": left, "tenure": tenure, "noise": rng.normal(size=2_000)})
    prepared = training.directed(prepare(table))
    assert prepared.coding.freed == ("tenure",)
    assert any("longer stay does not mean a lower risk" in finding.message for finding in prepared.findings)
    model = files.unpack(files.pack(training.fit(prepared, "xgboost")))
    assert model.coding.freed == ("tenure",)
    assert model.metrics["auc"] > ranks_auc(tenure.astype(float), left) - 0.02
    prepared, league = training.compare(prepare(table), compared=("logistic", "xgboost"))  # as if it had not been asked
    champion = league[league["champion"]].iloc[0]
    assert champion["auc"] > league["auc"].max() - 0.01
    assert "tenure" in prepared.coding.freed


def test_a_direction_that_the_data_bear_out_or_do_not_speak_of_stays(telco):
    assert training.directed(prepare(telco.head(1_500))).coding.freed == ()
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {"tenure": rng.integers(0, 60, 900), "use": rng.normal(size=900), "churned": rng.random(900) < 0.3}
    )
    assert training.directed(prepare(table)).coding.freed == ()


# --- Rare leavers -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large_gym():
    """A gym's table of 15,000 members of whom one in a hundred left, and their true risks."""
    raw, risk = businesses.gym(15_000, 3, 0.01)
    return uploaded("gym", raw).main, risk


@pytest.mark.parametrize("learner", ["logistic", "xgboost"])
def test_few_leavers_among_many_are_learned_from_and_the_mean_risk_is_the_rate(learner, large_gym, monkeypatch):
    monkeypatch.setattr(training, "COMPARED", 2_000)
    customers, risk = large_gym
    prepared = prepare(customers)
    left = prepared.left
    rows, weight = training._sample(left, 2_000, 0)
    assert left[rows].sum() == left.sum()
    assert weight.sum() == pytest.approx(15_000)
    assert (weight * left[rows]).sum() == pytest.approx(left.sum())
    model = training.fit(prepared, learner)
    for said in (model.held_out.probability, model.predict_proba(customers)[:, 1]):
        assert said.mean() == pytest.approx(left.mean(), rel=0.15)
    assert len(model.held_out.left) == 15_000
    assert ranks_auc(model.held_out.probability, risk > np.quantile(risk, 0.9)) > 0.85


def test_one_leaver_in_five_thousand_does_not_stop_the_fit_early():
    rng = np.random.default_rng(5)
    use = rng.normal(size=300_000)
    left = rng.random(300_000) < 1 / (1 + np.exp(9.2 - 1.2 * use))
    assert 50 < left.sum() < 150
    code = Coding(("use",), {})
    fitted = training.learners.explained("logistic", use[:, None], left, code, 0)
    risk = training.sigmoid(fitted.log_odds(use[:, None]))
    assert risk.mean() == pytest.approx(left.mean(), rel=0.01)
    assert ranks_auc(risk, left) > 0.75


def test_a_sample_keeps_both_outcomes_whichever_is_rare():
    for rate in (0.001, 0.3, 0.5, 0.999):
        left = np.random.default_rng(1).random(50_000) < rate
        rows, weight = training._sample(left, 5_000, 0)
        assert len(rows) == 5_000
        assert (np.diff(rows) > 0).all()
        assert (weight * left[rows]).sum() == pytest.approx(left.sum())
        assert min(left[rows].sum(), (~left[rows]).sum()) >= min(left.sum(), (~left).sum(), 1_000)


def test_too_few_leavers_are_refused_with_the_number_that_is_needed(plain_table):
    table, _rng = plain_table
    few = table.assign(churned=np.arange(800) < 49)
    with pytest.raises(CannotTrain) as refused:
        prepare(few)
    assert "at least 50 customers who left" in refused.value.sentence()
    assert "49 and 751" in refused.value.sentence()
    assert prepare(table.assign(churned=np.arange(800) < 50)).left.sum() == 50


# --- Rules, neighbours, offers ------------------------------------------------------------------------------------


def test_a_customer_with_gaps_is_like_themselves():
    raw, _probability = businesses.software(600, 2, 0.3)
    raw["region"] = np.where(np.arange(600) % 3 == 0, None, np.where(np.arange(600) % 2 == 0, "north", "south"))
    dataset = uploaded("software", raw)
    model = training.fit(prepare(dataset.main), "logistic")
    matrix = model.coding.encode(dataset.main)
    around = whatif.surroundings(model, matrix, np.zeros(len(matrix)))
    row = matrix[np.flatnonzero(np.isnan(matrix[:, model.coding.place("region")]))[0]]
    apart = whatif.distances(around, row)
    assert apart.min() == 0
    assert whatif.unlike(model, around, row, apart) == []


def test_those_of_whom_nothing_is_known_are_no_neighbours(bank):
    _raw, dataset, _probability, model = bank
    matrix = model.coding.encode(dataset.main)
    outcome = np.where(np.arange(len(matrix)) % 2 == 0, np.nan, 1.0)
    around = whatif.surroundings(model, matrix, outcome)
    assert (whatif.neighbours(whatif.distances(around, matrix[0]), 20) % 2 == 1).all()


def test_noise_is_no_price_list_and_a_price_list_is_one():
    rng = np.random.default_rng(7)
    noise = pd.DataFrame({f"c{n}": rng.integers(0, 40, 150).astype(str) for n in range(4)})
    levels = {name: tuple(sorted(noise[name].unique())) for name in noise}
    code = Coding((*noise, "price"), levels)
    table = noise.assign(price=rng.normal(100, 10, 150))
    assert rules.learn(code.encode(table), code).prices == {}
    noise = pd.DataFrame({f"c{n}": rng.integers(0, 40, 1_500).astype(str) for n in range(4)})
    listed = noise.assign(price=np.array([10, 25, 60, 90])[rng.integers(0, 4, 1_500)])
    listed["c0"] = listed["price"].map({10: "a", 25: "b", 60: "c", 90: "d"})
    code = Coding(code.columns, levels | {"c0": ("a", "b", "c", "d")})
    prices = rules.learn(code.encode(listed), code).prices
    assert set(prices) == {4}
    assert np.diff(prices[4][0]) == pytest.approx([15, 35, 30], abs=1)


@pytest.fixture(scope="module")
def contracts(telco):
    return training.fit(prepare(telco.head(1_200)), "logistic")


def test_moving_those_who_are_there_already_costs_and_changes_nothing(contracts, telco):
    matrix = contracts.coding.encode(telco)
    there = matrix[:, contracts.coding.place("contract")] == contracts.coding.code("contract", "Two year")
    move = whatif.Move("contract", "Two year", 45.0)
    assert campaign.moved(contracts, matrix, move)[1].tolist() == np.where(there, 0.0, 45.0).tolist()
    result = campaign.portfolio(contracts, matrix, there, 1.0, move, Terms(900, 60, 0.3))
    assert result.profit == pytest.approx((0, 0, 0), abs=1e-6)
    assert result.churn[0] == pytest.approx(result.churn[1])


def test_technical_support_is_not_offered_without_internet(contracts, telco):
    matrix = contracts.coding.encode(telco)
    offline = (telco["internet_service"] == "No").to_numpy()
    move = whatif.Move("tech_support", "Yes", 1.0)
    best = campaign.best_offers(contracts, matrix, [move], Terms(1e6, 0, 1.0))
    assert (best.loc[offline, "move"] == -1).all()
    assert (best.loc[~offline, "move"] == 0).any()
    for row in matrix[offline][:20]:
        assert [plan.moves for plan in whatif.plans(contracts, row, [move])] == [()]


# --- Promises -----------------------------------------------------------------------------------------------------


def test_leavers_are_not_called_stayers_in_any_group_of_a_business():
    """Truth set here: under one of two plans hardly anybody leaves."""
    rng = np.random.default_rng(3)

    def draw(rows):
        plan, use = rng.random(rows) < 0.5, rng.normal(size=rows)
        region = rng.choice(["n", "s", "e", "w"], rows)
        risk = 1 / (1 + np.exp(-(use - 0.5 - 3 * plan + 0.8 * (region == "n"))))
        table = pd.DataFrame({"plan": np.where(plan, "long", "short"), "use": use, "region": region})
        return table.assign(churned=rng.random(rows) < risk)

    model = training.fit(prepare(draw(6_000)), "logistic")
    fresh = draw(40_000)
    left, matrix = fresh["churned"].to_numpy(), model.coding.encode(fresh)
    said = model.confidence(matrix).verdict
    bands = pd.cut(fresh["use"], [-9, -1, 0, 1, 9]).astype(str)
    for group in [np.ones(40_000, bool)] + [
        (column == level).to_numpy() for column in (fresh["plan"], fresh["region"], bands) for level in column.unique()
    ]:
        assert (said[group & left] != STAY).mean() >= 0.75
    assert (said[~left] != LEAVE).mean() == pytest.approx(0.8, abs=0.02)
    assert (said[left] != STAY).mean() >= 0.79
    plain = left & (fresh["plan"] == "long").to_numpy()
    limit = np.quantile(model.held_out.probability[model.held_out.left], 0.2)
    assert (model.probability(matrix)[plain] >= limit).mean() < 0.5  # one limit for all would have missed most of them


def test_the_share_that_left_of_those_told_so_is_what_it_says(bank):
    _raw, _dataset, _probability, model = bank
    told = model.by_verdict.set_index("verdict")
    assert told["customers"].sum() == 2_000
    fresh, risk = businesses.bank(20_000, 9, 0.2)
    said = model.confidence(model.coding.encode(uploaded("bank", fresh).main)).verdict
    for verdict in ("leave", "stay", "unclear"):
        assert risk[said == verdict].mean() == pytest.approx(told.loc[verdict, "left"], abs=0.06)
        assert told.loc[verdict, "lo"] <= told.loc[verdict, "left"] <= told.loc[verdict, "hi"]


@pytest.mark.parametrize("learner", ["logistic", "xgboost"])
def test_models_that_answer_together_say_what_each_would_say(learner, monkeypatch):
    monkeypatch.setattr(training, "RESAMPLED", 20)
    raw, _probability = businesses.bank(600, 4, 0.3)
    prepared = prepare(uploaded("bank", raw).main)
    model = training.fit(prepared, learner)
    together = whatif.band(model, prepared.matrix)
    assert together.shape == (training.RESAMPLED, 600)
    apart = []
    rng = np.random.default_rng(8)
    for number in range(training.RESAMPLED):
        drawn = rng.integers(0, 600, 600)
        fitted = training.learners.explained(
            learner, prepared.matrix[drawn], prepared.left[drawn], prepared.coding, number
        )
        apart.append(training.sigmoid(replace(model.fitted, model=fitted).log_odds(prepared.matrix)))
    one, other = (np.percentile(each, (5, 95), axis=0) for each in (together, np.array(apart)))
    assert np.diff(one, axis=0).mean() == pytest.approx(np.diff(other, axis=0).mean(), rel=0.1)
    assert one.mean(axis=1) == pytest.approx(other.mean(axis=1), abs=0.02)


def test_a_group_that_others_have_served_has_no_limit_of_its_own_and_the_rest_are_called_stayers():
    """Risks 0.01 to 1 in two groups whose leavers are spread alike, then in one within the other."""
    risk = np.tile(np.arange(1, 101) / 100, 2)
    left = np.ones(201, bool)
    left[-1] = False
    risk = np.r_[risk, 2.0]  # nobody's staying is ruled out
    low = np.arange(201) < 100
    both = np.column_stack([low, low & (np.arange(201) % 2 == 0)])
    found = limits(risk, left, both)
    share = asked(np.array(100), SURE)
    assert (risk[low] >= found.leave[0]).mean() == pytest.approx(share, abs=0.02)
    within, share = both[:, 1], asked(np.array(50), SURE)
    assert (found.verdict(risk[within], both[within]) != STAY).mean() >= share - 1e-9
    everybody = found.verdict(risk[left], both[left]) != STAY
    assert everybody.mean() == pytest.approx(SURE, abs=0.02)  # limits that know nothing of each other keep 83 %


def test_rows_that_are_numbered_for_want_of_ids_are_nobody_in_another_file(bank):
    raw, _dataset, _probability, _model = bank
    nameless = raw.drop(columns=["CustomerId", "RowNumber"]).head(1_000)
    first = uploaded("bank", nameless)
    assert first.main["customer_id"].iloc[0] == "#2"
    model = training.fit(prepare(first.main), "logistic")
    scores = campaign.callable_customers(model, first.main)  # what it learned from: of each row what was held out
    seen = pd.Series(model.held_out.probability, model.held_out.customer)
    assert scores.probability == pytest.approx(seen[scores.customer].to_numpy())
    changed = nameless.copy()
    changed.loc[changed.index[:200], "Age"] += 1
    other = uploaded("bank", changed)
    scores = campaign.callable_customers(model, other.main)
    assert scores.probability == pytest.approx(model.predict_proba(other.main)[scores.place, 1])
    assert not lineage.continues("customers", first.main, other.main)
    scores = campaign.callable_customers(model, later(model, first, nameless.drop(columns="Exited")))
    assert scores.customer[0] == f"#{scores.place[0] + 2}"


# --- What the eyes of a newcomer found ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop():
    """Two tables (to learn from, and later customers): risks from a few visits, a rare size and a lopsided plan."""

    def drawn(rows, seed):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"visits": rng.poisson(1.5, rows), "size": rng.poisson(6, rows)})
        frame["plan"] = rng.choice(["basic", "plus", "gold"], rows, p=[0.6, 0.3, 0.1])
        frame["shop"] = rng.choice(list("abc"), rows)
        odds = -1.6 + 0.5 * frame["visits"] + frame["plan"].map({"basic": 0.8, "plus": -0.8, "gold": -1.6})
        probability = 1 / (1 + np.exp(-odds.to_numpy()))
        frame.insert(0, "customer_id", [f"S{seed}-{number}" for number in range(rows)])
        return frame.assign(churned=rng.random(rows) < probability), probability

    return drawn(2_000, 1), drawn(2_000, 2)


@pytest.mark.parametrize("learner", ["logistic", "xgboost"])
def test_a_file_without_a_column_is_told_the_usual_risk(shop, learner):
    (customers, _known), (new, truth) = shop
    model = training.fit(prepare(customers), learner)
    for column in ("visits", "plan"):
        told = campaign.callable_customers(model, new.drop(columns=[column, "churned"])).probability
        assert len(told) == len(new)
        assert told.mean() == pytest.approx(truth.mean(), abs=0.05)
        band = whatif.band(model, model.coding.encode(new.drop(columns=column)))
        assert band.mean() == pytest.approx(truth.mean(), abs=0.05)


def test_a_rare_number_that_says_nothing_makes_nobody_the_riskiest(shop):
    (customers, truth), _later = shop
    model = training.fit(prepare(customers), "logistic")
    rare = (customers["size"] >= customers["size"].nlargest(10).min()).to_numpy()
    told = model.held_out.probability[rare]
    assert np.abs(told - truth[rare]).max() < 0.2


def test_a_price_of_few_values_is_money_not_its_code(shop):
    (customers, _known), _later = shop
    price = customers["plan"].map({"basic": 19.0, "plus": 49.0, "gold": 99.0})
    model = training.fit(prepare(customers.assign(monthly_charges=price)), "logistic")
    assert "monthly_charges" in model.coding.levels
    rows = model.coding.encode(customers.assign(monthly_charges=price).head(50))
    assert whatif.bills(model.coding, rows).tolist() == price.head(50).tolist()


def test_what_says_no_is_not_offered_however_it_is_said():
    columns = {"card": ("0", "1"), "lessons": ("Non", "Oui"), "plan": ("basic", "gold")}
    model = SimpleNamespace(coding=Coding(tuple(columns), columns))
    offered = [(move.column, move.to) for move in whatif.offers(model, list(columns))]
    assert offered == [("card", "1"), ("lessons", "Oui"), ("plan", "basic"), ("plan", "gold")]


def test_a_model_that_ranks_by_chance_says_so(shop):
    customers = shop[0][0].head(600)
    alone = training.train(customers, compared=("logistic",))
    assert training.NO_BETTER not in {finding.message for finding in alone.findings}
    mixed = customers.assign(churned=np.random.default_rng(7).permutation(customers["churned"]))
    noise = training.train(mixed, compared=("logistic",))
    assert training.NO_BETTER in {finding.message for finding in noise.findings if finding.severity == "warning"}


@pytest.mark.parametrize("name", ["Ancienneté (mois)", "months_subscribed", "Months on book"])
def test_the_tenure_is_guessed_by_its_name(name):
    frame = pd.DataFrame({name: ["3", "14", "60"], "churned": ["Yes", "No", "No"]})
    assert mapping.guess(frame, "customers")["tenure"] == name
