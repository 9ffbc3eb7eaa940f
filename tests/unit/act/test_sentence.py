"""Rules as sentences, in both languages, and back."""

from dataclasses import replace

import pytest

import locales
from models.act import rules, sentence
from models.act.rules import Rule
from models.ask.query import Filter

pytestmark = pytest.mark.xdist_group("act")
RULES = (
    Rule("revenue"),
    *rules.READY.values(),
    Rule("revenue", by="store", against="weekday", threshold=0.3, days=2, volume=20, cooldown=7),
    Rule("orders", by="category", kind="over", against="year", threshold=0.255, window=7, cooldown=0),
    Rule("basket", kind="changed", against="weekday", threshold=0.5, volume=1),
    Rule("return_rate", by="product", kind="over", against="number", threshold=0.125, window=28, volume=30),
    Rule("revenue", against="number", threshold=1234.56, filters=(Filter("store", ("LON", "BTH")),), cooldown=1),
    Rule("revenue", against="number", threshold=900, hours=(8, 20), zone="Europe/Paris"),
    Rule("units", by="supplier", kind="outside", against="number", threshold=10, upper=2000),
    Rule("margin_rate", kind="outside", against="number", threshold=0.1, upper=0.5, cooldown=28),
    Rule("customers", kind="outside", threshold=100, hours=(22, 6)),
    Rule("revenue", kind="over", against="band", threshold=1),
    Rule("units", kind="outside", against="band", threshold=1.5, filters=(Filter("category", ("Toys",)),)),
    Rule("units", against="band", threshold=2),
    Rule("revenue", kind="changed", against="year", threshold=0.4, filters=(Filter("store", ("WEB",)),)),
    Rule("margin", against="number", threshold=-50),
    Rule("orders", threshold=60, by="store", filters=(Filter("store", ("WEB",), kept=False),)),
)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("rule", RULES)
def test_a_sentence_is_read_back_as_the_rule_it_was_written_for(kept, words, rule, language):
    _ask, known = kept
    rules.check(rule, known)
    with locales.using(language):
        written = sentence.sentence(rule, known, {}, "GBP")
        assert sentence.read(written, known, words).rule == replace(rule, severity="warning"), written


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_measure_of_all_and_of_each_customer_and_store_is_read_back_and_no_two_rules_say_the_same(
    kept, words, language
):
    _ask, known = kept
    said = {}
    with locales.using(language):
        for name, measure in known.measures.items():
            for by in ("", "customer", "store") if measure.table == "sales" else ():
                rule = Rule(name, by=by, against="number", threshold=12)
                written = sentence.sentence(rule, known, {}, "EUR")
                assert sentence.read(written, known, words).rule == rule, written
                said[written] = (name, by)
    assert {"amount.max", "products", "revenue_per_customer"} <= {name for name, _by in said.values()}
    assert len(said) == 3 * sum(one.table == "sales" for one in known.measures.values())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            "Tell me when revenue by store drops by more than 30% against the same weekday",
            Rule("revenue", "store", against="weekday", threshold=0.3),
        ),
        ("alert me if orders in London are unusually low", Rule("orders", filters=(Filter("store", ("LON",)),))),
        (
            "warn me when the return rate exceeds 10% for three days in a row",
            Rule("return_rate", kind="over", against="number", threshold=0.1, days=3),
        ),
        ("when the basket is below £20", Rule("basket", against="number", threshold=20)),
        ("tell me if toys sales are below usual", Rule("revenue", filters=(Filter("category", ("Toys",)),))),
        (
            "préviens-moi quand le CA par magasin baisse de plus de 20 % par rapport à l'année dernière",
            Rule("revenue", "store", against="year", threshold=0.2),
        ),
        (
            "Préviens-moi si les commandes à Londres sont anormalement basses",
            Rule("orders", filters=(Filter("store", ("LON",)),)),
        ),
        ("quand la marge passe sous 1 500 €", Rule("margin", against="number", threshold=1500)),
        (
            "alerte-moi quand le taux de retour dépasse 12,5 % pendant 2 jours de suite",
            Rule("return_rate", kind="over", against="number", threshold=0.125, days=2),
        ),
        ("orders by store < 50", Rule("orders", "store", against="number", threshold=50)),
        ("revenue > 1,500 euros", Rule("revenue", kind="over", against="number", threshold=1500)),
        ("revenue >= 500", None),
        ("revenue falls by 30% against last year", Rule("revenue", against="year", threshold=0.3)),
        (
            "a drop of more than 30% in revenue by store against the same weekday",
            Rule("revenue", "store", against="weekday", threshold=0.3),
        ),
        (
            "les ventes baissent de 20 % par rapport à l’an dernier",
            Rule("revenue", against="year", threshold=0.2),
        ),
        (
            "hausse d’au moins 40 % des commandes à Londres par rapport au même jour de la semaine",
            Rule("orders", "", (Filter("store", ("LON",)),), kind="over", against="weekday", threshold=0.4),
        ),
        (
            "chiffre d’affaires par catégorie inférieur de 25 % à l’année dernière",
            Rule("revenue", "category", against="year", threshold=0.25),
        ),
    ],
)
def test_what_people_write_is_read(kept, words, text, rule):
    _ask, known = kept
    assert sentence.read(text, known, words).rule == rule


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("revenue by colour under 5", ("colour",)),
        ("revenue is weird", ()),
        ("tell me when it happens", ()),
        ("under 5", ()),
        ("revenue by store by month under 5", ()),
        ("revenue and orders under 5", ()),
        ("revenue last month under 5", ()),
        ("x" * 5000, ()),
        ("'); DROP TABLE rules; -- under 5", None),
    ],
)
def test_what_is_not_understood_is_no_rule(kept, words, text, unknown):
    _ask, known = kept
    heard = sentence.read(text, known, words)
    assert heard.rule is None
    assert unknown is None or heard.unknown == unknown


def test_a_threshold_is_not_rounded_and_a_name_is_text(kept):
    _ask, known = kept
    rule = Rule("revenue", against="number", threshold=10000.75, filters=(Filter("store", ("LON",)),))
    written = sentence.sentence(rule, known, {"store": {"LON": "<b>{L}ondon</b>"}}, "GBP")
    assert "£10,000.75" in written
    assert "<b>{L}ondon</b>" in written
