"""A run of a page sees one dataset, whoever chooses another one meanwhile."""

from datetime import UTC, date, datetime
from itertools import cycle

import streamlit as st
from streamlit.testing.v1 import AppTest

import settings
from data import demo, state, tables
from data.dataset import Dataset, Origin
from data.demo import sales
from tests.at_once import AT_ONCE
from ui import answers, background

NOW = datetime(2026, 3, 14, tzinfo=UTC)


def two(home):
    for name in ("first", "second"):
        frames = demo.dataset("customers", NOW.date()).frames
        yield tables.add(home, Dataset("customers", frames, Origin("upload", name)), NOW)


def named(app) -> list[str]:
    said = " ".join(caption.value for caption in app.caption)
    return [name for name in ("first", "second") if f"**{name}**" in said]


def test_head_and_foot_of_a_page_name_one_dataset(visit, home, monkeypatch):
    """Between any two looks somebody switches."""
    customers, real = cycle(list(two(home))), tables.active
    monkeypatch.setattr(
        tables, "active", lambda home, table: next(customers) if table == "customers" else real(home, table)
    )
    app = visit("churn_explore")
    before = named(app)
    assert len(before) == 1
    assert len(named(app.run())) == 1


def test_the_next_run_sees_what_was_chosen_meanwhile_and_a_fragment_what_its_page_shows(home, monkeypatch):
    first, second = two(home)

    def page() -> None:
        import streamlit as st

        from ui import store

        if st.query_params.get("part") != "fragment":  # where the script starts, which a fragment does not
            store.begin()
        st.text(store.active("customers").origin.name)

    def shown(**query: str) -> str:
        for name, value in query.items():
            app.query_params[name] = value
        return app.run().text[0].value

    app = AppTest.from_function(page)
    tables.activate(home, "customers", first.version)
    assert shown(part="page") == "first"
    tables.activate(home, "customers", second.version)
    assert shown(part="fragment") == "first"
    assert shown(part="page") == "second"


def test_the_demo_takes_nobodys_choice_away(home, migrated, monkeypatch):
    """It is made in seconds, in which an analyst can have chosen a file."""
    import streamlit as st

    from ui import store

    st.cache_resource.clear()
    migrated(state.engine(settings.get().database_url))
    make = demo.dataset

    def slowly(table, day):
        monkeypatch.setattr(demo, "dataset", make)
        list(two(home))
        return make(table, day)

    monkeypatch.setattr(demo, "dataset", slowly)
    store.active("customers")
    chosen = tables.active(home, "customers")
    assert chosen
    assert chosen.origin.name == "second"


MANY = {"today": {}, "boards": {"board": "operations"}, "sales_overview": {"view": "out"}}


def test_of_many_lines_pages_say_the_same_made_in_the_background(visit, monkeypatch):
    frames = sales.generate(date(2026, 3, 14), years=1, customers=150, products=40)
    made = Dataset("sales", frames, Origin("upload", "shop.csv", currency="GBP"))
    tables.add(settings.get().home, made, datetime(2026, 3, 15, tzinfo=UTC))
    monkeypatch.setattr(background, "threading", AT_ONCE)
    said = []
    for rows in (answers.MANY_ROWS, 0):
        monkeypatch.setattr(answers, "MANY_ROWS", rows)
        st.cache_resource.clear()
        answers.forget_all()
        apps = [visit(page, **asked) for page, asked in MANY.items()]
        said.append([[(card.label, card.value) for card in app.metric] for app in apps])
        said[-1] += [[one.value.to_csv() for one in app.dataframe] for app in apps]
        assert all(len(app.metric) or len(app.dataframe) for app in apps)
        assert any(key.startswith("today ") for key in answers._made) == (rows == 0)
    assert said[0] == said[1]
