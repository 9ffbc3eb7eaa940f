"""Today: what an analyst needs in the morning, in their language."""

import json

import pytest


@pytest.mark.parametrize(("lang", "sign"), [("en", "£"), ("fr", "£")])
def test_today_answers_with_cards_two_figures_and_a_pointer(visit, lang, sign):
    app = visit("today", lang=lang)
    assert len(app.metric) == 4
    assert sign in app.metric[0].value
    assert len(app.get("plotly_chart")) == 2
    assert json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    assert any("demo" in caption.value.lower() or "démo" in caption.value.lower() for caption in app.caption)


def test_the_language_is_in_the_url_and_an_unknown_one_is_english(visit):
    assert visit("today", lang="xx").query_params["lang"] == "en"
    assert visit("today", lang="fr").query_params["lang"] == "fr"
