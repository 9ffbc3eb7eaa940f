"""Today: what an analyst needs in the morning, in their language."""

import json
from types import SimpleNamespace

import pytest

from ui import pointers


@pytest.mark.parametrize(("lang", "sign"), [("en", "£"), ("fr", "£")])
def test_today_answers_with_cards_two_figures_and_a_pointer(visit, lang, sign):
    app = visit("today", lang=lang)
    assert len(app.metric) == 4
    assert sign in app.metric[0].value
    assert len(app.get("plotly_chart")) == 2
    assert json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    assert any("demo" in caption.value.lower() or "démo" in caption.value.lower() for caption in app.caption)
    # What stands side by side is compared with the same time.
    assert sum(("a year ago" in one.value) or ("il y a un an" in one.value) for one in app.caption) == 2


def test_the_language_is_in_the_url_and_an_unknown_one_is_english(visit):
    assert visit("today", lang="xx").query_params["lang"] == "en"
    assert visit("today", lang="fr").query_params["lang"] == "fr"


@pytest.mark.parametrize(("auc_lo", "said"), [(0.7, 1), (0.49, 0)])
def test_who_leans_towards_leaving_is_told_only_by_a_model_better_than_chance(auc_lo, said, monkeypatch):
    told = []
    monkeypatch.setattr(
        pointers.registry,
        "champion",
        lambda *_: {"metrics": {"leaning": 314.0, "leaning_left": 0.42, "auc_lo": auc_lo}},
    )
    monkeypatch.setattr(pointers.database, "engine", lambda: None)
    monkeypatch.setattr(pointers.cards, "pointer", lambda sentence, *_: told.append(sentence))
    assert pointers.leaving(SimpleNamespace(lineage="x")) == bool(said)
    assert told == ["314 customers who are still here lean towards leaving; of 100 like that 42 left."] * said
