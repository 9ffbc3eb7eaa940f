"""Data: quality: rules as sentences with what breaks them, suggested, written and taken away; mistakes corrected and
taken back; what a rule stopped is shown and can be used all the same."""

import time
from datetime import UTC, datetime, timedelta
from typing import get_args

import numpy as np
import pytest

import settings
from data import checks, state, tables
from data.dataset import Dataset, Origin
from models.quality import gate, rules
from models.quality.rules import Rule
from tests import shop
from ui import background

pytestmark = pytest.mark.xdist_group("data")
NOW = datetime.now(UTC)
LIMIT = Rule("range", "sales", ("unit_price",), least=0.0, most=9.0)


def engine():
    return state.engine(settings.get().database_url)


def keep(stored, **named):
    for name, rule in named.items():
        checks.write(engine(), name, stored.lineage, rules.to_json(rule), 0, NOW)


def words(app):
    kinds = ("markdown", "caption", "warning", "info", "title", "success")
    return " ".join(element.value for kind in kinds for element in app.get(kind)).replace("\\", "")


def ready(app):
    """The page once what it looks for in the background is there."""
    while background._stopping:
        time.sleep(0.02)
    app.run()
    assert not app.exception
    return app


def there():
    stored = tables.active(settings.get().home, "sales")
    return [rules.from_json(one.content) for one in checks.of(engine(), stored.lineage) if not one.removed]


def wrong(home):
    """A shop with a category in capitals in some lines."""
    lines = shop.lines(100).assign(category=lambda one: one["category"].map({"x": "Lamps", "y": "Shelves"}))
    lines.loc[np.arange(3, 40, 9), "category"] = "LAMPS"
    return tables.add(home, Dataset("sales", {"sales": lines}, Origin("upload", "shop.csv", currency="GBP")), shop.NOW)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ("“Unit price” is from 0 to 9", "200 of 400 rows break it (50.00%)", "cannot be judged")),
        ("fr", ("“Prix unitaire” va de 0 à 9", "200 lignes sur 400 l’enfreignent", "impossible à juger")),
    ],
)
def test_rules_are_sentences_with_what_breaks_them(visit, home, lang, said):
    stored = shop.keep_lines(home, 100)
    keep(stored, price=LIMIT, gone=Rule("filled", "sales", ("<b>gone</b>",)), full=Rule("filled", "sales", ("store",)))
    app = visit("data_quality", table="sales", lang=lang)
    text = words(app)
    for one in said:
        assert one in text
    assert "“<b>gone</b>”" in text
    assert [card.value for card in app.metric] == ["3", "1", "1", "1"]
    assert len(app.get("plotly_chart")) == 1
    assert len(app.get("download_button")) == 3


def test_a_suggested_rule_is_taken_with_one_click_and_a_rule_taken_away_can_come_back(visit, home):
    shop.keep_lines(home, 100)
    app = ready(visit("data_quality", table="sales", suggested="true"))
    assert "it would have been broken in 0 of the" in words(app)
    suggested = len([one for one in app.button if one.label == "Add"])
    app.button(key="quality.add-0").click().run()
    assert len(there()) == 1
    assert len([one for one in app.button if one.label == "Add"]) == suggested - 1
    next(one for one in app.button if one.label == "Take away").click().run()
    assert there() == []
    next(one for one in app.button if one.label.startswith("Bring back")).click().run()
    assert len(there()) == 1
    assert not app.exception


def test_a_rule_is_written_and_changed_and_one_that_cannot_be_is_not_kept(visit, home):
    shop.keep_lines(home, 100)
    app = visit("data_quality", table="sales")
    next(one for one in app.button if one.label == "New rule").click().run()
    for label, value in (("Rule", "pattern"), ("Column", "product")):
        next(one for one in app.selectbox if one.label == label).set_value(value).run()
    next(one for one in app.text_input if one.label == "Pattern").set_value("(x").run()
    assert "“(x” is no regular expression" in words(app)
    assert app.button(key="quality.save").disabled
    next(one for one in app.text_input if one.label == "Pattern").set_value("x").run()
    next(one for one in app.selectbox if one.label == "If it is broken").set_value("stop").run()
    app.button(key="quality.save").click().run()
    assert there() == [Rule("pattern", "sales", ("product",), pattern="x", severity="stop")]
    assert "200 of 400 rows break it" in words(app)
    for kind in get_args(rules.Kind):
        next(one for one in app.button if one.label == "New rule").click().run()
        next(one for one in app.selectbox if one.label == "Rule").set_value(kind).run()
        assert not app.exception, kind
    assert not app.exception


def test_what_a_rule_stopped_is_said_with_its_rows_and_can_be_used_all_the_same(visit, home):
    stored = shop.keep_lines(home, 100)
    keep(stored, price=Rule("range", "sales", ("unit_price",), most=50.0, severity="stop"))
    later = shop.lines(130).assign(unit_price=90.0)
    made = Dataset("sales", {"sales": later}, Origin("upload", "march.csv", currency="GBP"), lineage=stored.lineage)
    with pytest.raises(gate.Stopped):
        gate.keep(engine(), home, made, NOW + timedelta(seconds=1))
    app = visit("data_quality", table="sales")
    text = words(app)
    assert "march.csv was brought in on" in text
    assert "520 of 520 rows" in text
    assert "0 of 400 rows break it" in text  # of the data that are shown
    next(one for one in app.button if one.label == "Use it all the same").click().run()
    assert tables.active(home, "sales").rows["sales"] == 520
    assert "march.csv was brought in on" not in words(app)
    assert not app.exception


def test_a_correction_is_seen_before_it_is_made_with_name_and_reason_and_taken_back(visit, home):
    stored = wrong(home)
    app = ready(visit("data_quality", table="sales", mend="true"))
    assert any("1 values with other capitals" in one.label.replace("\\", "") for one in app.expander)
    app.session_state[f"mend.{stored.version}-0"] = True
    app.run()
    assert not app.exception
    next(one for one in app.button if one.label == "Correct 5 rows").click().run()
    assert "Say who you are and why" in words(app)
    next(one for one in app.text_input if one.label == "Your name").set_value("Ana")
    next(one for one in app.text_input if one.label == "Why").set_value("the new till")
    next(one for one in app.button if one.label == "Correct 5 rows").click().run()
    assert not app.exception
    mended = tables.active(home, "sales")
    ready(app)
    assert sorted(tables.read(mended)["category"].unique()) == ["Lamps", "Shelves"]
    text = words(app)
    assert "by Ana: the new till" in text
    next(one for one in app.button if one.label == "Take back").click().run()
    assert not app.exception
    assert tables.active(home, "sales").version == stored.version
    assert "taken back on" in words(ready(app))


@pytest.mark.parametrize("table", ["customers", "covid"])
def test_other_tables_have_rules_too(visit, home, table):
    app = ready(visit("data_quality", table=table, suggested="true"))
    assert [one for one in app.button if one.label == "Add"]
    app.button(key="quality.add-0").click().run()
    assert not app.exception
    assert app.metric[0].value == "1"
