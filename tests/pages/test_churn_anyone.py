"""Four businesses and a telephone company go from their own file through the pages to next month's file."""

import os
from datetime import UTC, datetime

import pytest

import settings
from connectors import telco
from data import state, tables
from data.demo import customers as demo
from models.churn import files, training
from models.churn.preparation import prepare
from models.lifecycle import registry
from tests import businesses
from tests.at_once import AT_ONCE
from ui import background

pytestmark = pytest.mark.xdist_group("churn")
NOW = datetime(2026, 1, 5, tzinfo=UTC)
SIZES = {
    "bank": (700, 0.2),
    "club": (300, 0.35),
    "software": (300, 0.5),
    "gym": (300_000 if os.environ.get("VIGIE_LARGE") else 30_000, 0.005),
    "telco": (700, 0.265),
}


VIEWS = {
    "churn_explore": ("",),
    "churn_performance": ("money", "quality", "groups", "league"),
    "churn_what_if": ("why", "keep", "compare"),
    "churn_campaign": ("call", "move", "prove", "follow"),
}
FIRST = {page: views[:1] for page, views in VIEWS.items()}
WHOLE = ("telco", "club")  # all that a file can say, and the least: no money, no contract


def as_telco_writes(rows, seed, _rate):
    """Customers of the demo in the words of the Telco file: SeniorCitizen 0 / 1, a blank where nothing was billed."""
    frame = demo.generate(rows, seed).astype({"tenure": int, "senior_citizen": int})
    return frame.assign(churned=frame["churned"].map({True: "Yes", False: "No"})).rename(columns=telco.SOURCES), None


BUSINESSES = {**businesses.BUSINESSES, "telco": as_telco_writes}
OUTCOME, KEY = businesses.OUTCOME | {"telco": "Churn"}, businesses.KEY | {"telco": "customerID"}
LEFT = businesses.LEFT | {"telco": ("Yes",)}


def texts(app):
    return [element.value for kind in ("markdown", "caption", "warning", "info") for element in app.get(kind)]


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


@pytest.mark.parametrize("name", BUSINESSES)
def test_from_upload_over_the_pages_to_next_months_file(name, visit, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    rows, rate = SIZES[name]
    raw, _risk = BUSINESSES[name](rows, 1, rate)
    if name == "club":  # asked of those who left, and of nobody else
        raw["note_appel"] = (raw["visites_90j"] % 5).where(raw[OUTCOME[name]].isin(LEFT[name]))
    app = visit("data", table="customers", **{"from": "upload"})
    app.file_uploader(key="upload-customers").set_value((f"{name}.csv", raw.to_csv(index=False).encode(), "")).run()
    assert not app.exception
    gone = raw[OUTCOME[name]].isin(LEFT[name])
    if name != "telco":  # of a file that is known nothing is asked
        asked = next(group for group in app.get("button_group") if "mean that a customer left" in group.label)
        assert list(asked.value) == [str(value) for value in LEFT[name]]
        assert any(text.startswith(f"{gone.sum():,} customers left, ") for text in texts(app))
    if name == "bank":  # 0 to 10: its name does not say of what
        span = next(group for group in app.get("button_group") if "how long customers have been there" in group.label)
        span.set_value("in years").run()
    press(app, "Check and use")
    app.run()
    home = settings.get().home
    stored = tables.active(home, "customers")
    assert stored.origin.name == f"{name}.csv"
    customers = tables.read(stored)
    assert customers["churned"].fillna(False).astype(bool).tolist() == gone.tolist()
    if name == "bank":
        assert customers["tenure"].tolist() == (12 * raw["Tenure"]).tolist()

    prepared, league = training.compare(prepare(customers), compared=("logistic",))
    model = training.fit(prepared, "logistic", league)
    record = registry.Record(
        "churn", model.learner, "test", "test", stored.version, rows, {}, model.metrics, {}, lineage=stored.lineage
    )
    registry.keep(state.engine(settings.get().database_url), home, record, files.pack(model), files.SUFFIX, NOW)
    for page, views in VIEWS.items() if name in WHOLE else FIRST.items():
        for view in views:
            app = visit(page, **({"view": view} if view else {}))
            assert not app.error, (page, view)
            if view == "groups":  # no model serves the groups of what was written afterwards as they left
                assert not any("note appel: Not known" in text for text in texts(app))
            if page == "churn_what_if":
                assert any("of 100 with this verdict left" in text for text in texts(app))

    later, _risk = BUSINESSES[name](200, 2, rate)
    content = later.drop(columns=OUTCOME[name]).to_csv(index=False).encode()
    app = visit("churn_campaign", of="file")
    app.file_uploader(key="score-file").set_value(("next.csv", content, "text/csv")).run()
    app.run()
    assert not app.exception
    assert any("200 customers of the file can be called" in text for text in texts(app))
    assert not any("never seen" in text for text in texts(app))
    if rate < 0.01:  # among 200 of whom one leaves, 60 for each call are never earned back
        assert any("nobody should be called" in text for text in texts(app))
        return
    listed = next(frame.value for frame in app.dataframe if "Main reasons" in frame.value)
    assert set(listed["Customer"]) <= set(later[KEY[name]].astype(str))
