"""Pages on sales that were summed up where their lines lie."""

from datetime import UTC, datetime

import pytest

import settings
from connectors import lake
from data import tables
from models import aggregates
from models.lifecycle import aggregating
from tests import chain
from tests.at_once import AT_ONCE
from tests.shown import words
from ui import background

pytestmark = [pytest.mark.xdist_group("lake"), pytest.mark.same_data("lake")]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """What lines of a year come to, with the bins of the first quarter."""
    folder = chain.write(tmp_path_factory.mktemp("lines"), chain.lines(9_000, days=365))
    with lake.opened("duckdb", str(folder), "UTC") as lines:
        facts = aggregates.read(lines.ask(aggregates.facts(lines.columns))).iloc[0]
        return aggregating._frames(lines, None, "lines", aggregates.LEVELS[0], facts, lambda _message, _share: None)


@pytest.fixture
def kept(visit, frames):
    """Those frames in use, all or but for some."""

    def keep(*without):
        some = {name: frame for name, frame in frames.items() if name not in without}
        now = datetime(2026, 1, 1, tzinfo=UTC)
        return tables.add(settings.get().home, aggregating._dataset("/lake/lines", some, [], now), now)

    return keep


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_counted_pairs_stand_in_for_baskets(visit, kept, frames, lang):
    kept()
    app = visit("products_baskets", lang=lang)
    assert not app.error
    table = app.dataframe[0].value
    assert 0 < len(table) <= len(frames["pairs"])
    assert table.iloc[0, 0].startswith("Thing")
    assert (table["Low" if lang == "en" else "Bas"] >= 1).all()


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_drift_is_that_of_single_lines_until_one_asks_for_the_days(visit, kept, lang):
    kept()
    app = visit("monitoring_drift", lang=lang)
    assert not app.error
    assert len(app.get("plotly_chart")) == 1
    features = app.dataframe[0].value.iloc[:, 0].tolist()
    assert len(features) == 5
    assert ("unit price" if lang == "en" else "prix unitaire") in features[0].lower()  # the rise that was planted
    other = visit("monitoring_drift", lang=lang, rows="days")
    assert len(other.get("plotly_chart")) == 2


def test_customers_are_there_though_no_line_names_one(visit, kept, frames):
    kept()
    app = visit("customers_segments")
    assert app.metric[0].value == f"{frames['segments']['customers'].sum()}"
    assert "customer" not in tables.active(settings.get().home, "sales").columns["sales"]
    assert "offers need the lines" in words(visit("customers_offers"))


def test_customers_that_are_too_many_are_told_by_segment(visit, kept, frames):
    kept("visits")
    app = visit("customers_value", lang="fr")
    assert app.dataframe[0].value.iloc[:, 1].tolist() == frames["segments"]["customers"].tolist()
