"""The page Boards: what stands on it, what is changed, kept, undone, and shown before a room."""

import json
from datetime import UTC, datetime

import plotly.graph_objects as go
import pytest

import settings
from data import boards, state, tables
from models.ask import board
from models.ask.board import READY, Board, Card
from models.ask.query import Filter, Query, to_text

NOW = datetime(2026, 3, 14, tzinfo=UTC)
pytestmark = [pytest.mark.xdist_group("ask"), pytest.mark.same_data("ask")]


def engine():
    return state.engine(settings.get().database_url)


def kept(name, *cards, title="Mine"):
    boards.write(engine(), name, board.to_json(Board(title, cards)), 0, NOW)


def metric(app, label):
    return next(card.value for card in app.metric if card.label.replace("\\", "") == label)


def words(app):
    kinds = ("markdown", "caption", "warning", "info", "title")
    return " ".join(element.value for kind in kinds for element in app.get(kind)).replace("\\", "")


@pytest.mark.parametrize("name", list(READY))
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_ready_boards_are_whole_on_the_demo(visit, name, lang):
    app = visit("boards", board=name, lang=lang)
    cards = READY[name].cards
    assert len(app.metric) == sum(card.form == "number" for card in cards)
    assert len(app.get("plotly_chart")) == sum(card.form == "figure" for card in cards)
    assert "Not shown" not in words(app)
    assert not app.warning


def test_a_number_is_that_of_ask_and_of_the_overview(visit):
    kept("mine", Card("number", Query(("revenue",))), Card("number", Query(("orders",))))
    link = json.dumps({"period": "last 91 day"})
    app = visit("boards", board="mine", bar=link)
    page = visit("sales_overview", period="13w")
    assert metric(app, "Revenue") == metric(page, "Revenue")
    assert metric(app, "Orders") == metric(page, "Orders")
    ask = visit("ask", q=to_text(Query(("revenue",), period="last 91 day")))
    assert metric(app, "Revenue") == metric(ask, "Revenue")


def test_a_filter_of_the_board_holds_for_its_cards_and_is_in_the_link(visit):
    kept("mine", Card("number", Query(("revenue",), period="2025")))
    app = visit("boards", board="mine")
    whole = metric(app, "Revenue")
    app.multiselect(key="board.bar.category").set_value(["Kitchen"]).run()
    part = metric(app, "Revenue")
    assert part != whole
    again = visit("boards", board="mine", bar=app.query_params["bar"])
    assert metric(again, "Revenue") == part
    right = Query(("revenue",), period="2025", filters=(Filter("category", ("Kitchen",)),))
    assert metric(visit("ask", q=to_text(right)), "Revenue") == part


def test_an_answer_is_kept_moved_named_and_undone(visit):
    app = visit("ask", q=to_text(Query(("revenue",), ("store",))))
    app.session_state["ask.keep"] = True
    app.run()
    app.text_input[-2].set_value("My board")
    app.selectbox[-1].set_value("")
    app.text_input[-1].set_value("Shops")
    next(one for one in app.button if one.label == "Keep").click().run()
    assert any("My board" in one.value for one in app.success)
    name = next(one.board for one in boards.kept(engine()))
    page = visit("boards", board=name)
    assert "Shops" in words(page)
    page.toggle(key="board.editing").set_value(True).run()
    page.button(key=f"board.{name}.1.0.away").click().run()
    assert "Nothing is on this board yet" in words(page)
    page.button(key="board.undo").click().run()
    assert "Shops" in words(page)


def test_a_ready_board_that_is_changed_stands_where_it_was_and_can_be_taken_back(visit):
    app = visit("boards", board="sales")
    app.toggle(key="board.editing").set_value(True).run()
    app.button(key="board.sales.0.0.away").click().run()
    assert "Revenue" not in [one.label for one in app.metric]
    assert app.selectbox(key="board").value == "sales"
    assert app.selectbox(key="board").options == ["Sales", "Customers", "Operations"]


def test_somebody_else_was_quicker(visit):
    kept("mine", Card("words", text="first"))
    app = visit("boards", board="mine")
    app.toggle(key="board.editing").set_value(True).run()
    boards.write(engine(), "mine", board.to_json(Board("Mine", (Card("words", text="theirs"),))), 1, NOW)
    app.button(key="board.mine.1.0.away").click().run()
    assert "Somebody has changed this board" in words(app)
    assert "theirs" in words(app)


def test_what_these_data_lack_is_said_once_and_can_be_taken_away(visit):
    gone = Card("figure", Query(("revenue",), ("weather",)))
    kept("mine", gone, gone, Card("number", Query(("orders",))), Card("picture", text="none", title="Old"))
    app = visit("boards", board="mine")
    assert words(app).count("weather") == 1
    assert "This picture is gone" in words(app)
    app.toggle(key="board.editing").set_value(True).run()
    assert [one.value.count("weather") for one in app.info] == [1, 1]


def test_text_and_sql_of_a_board_are_data(visit):
    kept(
        "mine",
        Card("words", text="# big\n[x](http://evil.example) <b>b</b>", title="**no**"),
        Card("sql", text="SELECT count(*) AS lines FROM sales", title="Lines"),
        Card("sql", text="SELECT * FROM duckdb_settings()"),
        Card("sql", text="DROP TABLE sales"),
    )
    app = visit("boards", board="mine")
    raw = " ".join(one.value for one in app.markdown)
    assert "\\# big" in raw
    assert "\\[x\\]" in raw
    assert "\\<b\\>" in raw
    assert len(app.dataframe) == 1
    assert app.dataframe[0].value["lines"].iat[0] == tables.active(settings.get().home, "sales").rows["sales"]
    refused = [one.value for one in app.caption if "There is no table" in one.value or "Write one SELECT" in one.value]
    assert len(refused) == 2


def test_a_figure_of_any_page_is_kept_as_it_was(visit):
    picture = go.Figure(go.Scatter(x=[1, 2], y=[3, 4])).to_json()
    content = {"figure": picture, "kept": "2026-03-14T10:00:00+00:00", "table": {"columns": ["a"], "rows": [[1]]}}
    name = boards.keep_picture(engine(), content, NOW)
    kept("mine", Card("picture", text=name, title="As it was"))
    app = visit("boards", board="mine")
    assert "14 Mar 2026" in words(app)
    assert len(app.get("plotly_chart")) == 1


def test_before_a_room_there_is_nothing_but_the_cards(visit):
    kept("mine", *(Card("number", Query((one,))) for one in ("revenue", "orders")), Card("words", text="The end"))
    app = visit("boards", board="mine", present="1")
    assert "Mine" in words(app)
    assert not app.selectbox
    app.session_state["board.slide"] = 1
    app.run()
    assert {"Revenue", "Orders"} <= {one.label for one in app.metric}
    app.session_state["board.slide"] = 2
    app.run()
    assert "The end" in words(app)
    assert not app.metric


def test_all_boards_can_be_taken_away_and_brought_back(visit):
    app = visit("boards")
    app.session_state["board.menu"] = True
    app.run()
    for _one in READY:
        app.button(key="board.delete").click().run()
    assert "There is no board" in words(app)
    app.button(key="board.restore.customers").click().run()
    assert app.selectbox(key="board").value == "customers"
