"""COVID-19: every view in both languages, inputs in the URL, and what is lacking said in words."""

import json

import pytest


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


VIEWS = {
    "time": (1, 0),
    "map": (1, 0),
    "ranking": (1, 0),
    "country": (1, 0),
    "relations": (1, 1),
    "weeks": (0, 1),
}


@pytest.mark.parametrize(("view", "lang"), [(view, lang) for view in VIEWS for lang in ("en", "fr")])
def test_every_view_shows_its_figures_in_both_languages(visit, view, lang):
    app = visit("covid", lang=lang, view=view)
    assert (len(figures(app)), len(app.get("image"))) == VIEWS[view]
