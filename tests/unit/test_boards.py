"""Boards: how they are kept, what the bar does to a card, and what a card says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial

import pandas as pd
import pytest

from charts.ask import content
from data import boards, state, tables
from data.dataset import Dataset, Origin
from models.ask import board, known, periods, statement, wording
from models.ask.board import Bar, Board, Card
from models.ask.query import Filter, Query

NOW = datetime(2026, 3, 14, tzinfo=UTC)


@pytest.fixture
def engine(database_url, migrated):
    made = state.engine(database_url)
    migrated(made)
    return made


def texts(engine, name="b"):
    return next(one.content["text"] for one in boards.kept(engine) if one.board == name)


def test_what_was_changed_is_undone_and_done_again(engine):
    for changes, text in enumerate("abc"):
        boards.write(engine, "b", {"text": text}, changes, NOW)
    boards.step(engine, "b", 3, -1)
    boards.step(engine, "b", 4, -1)
    assert texts(engine) == "a"
    assert (boards.kept(engine)[0].can_undo, boards.kept(engine)[0].can_redo) == (False, True)
    boards.step(engine, "b", 5, 1)
    assert texts(engine) == "b"
    boards.write(engine, "b", {"text": "d"}, 6, NOW)  # a new way on: c is gone
    assert not boards.kept(engine)[0].can_redo
    with pytest.raises(state.Changed):
        boards.step(engine, "b", 7, 1)
    boards.step(engine, "b", 7, -1)
    assert texts(engine) == "b"


def test_of_two_who_change_one_board_the_second_is_told(engine):
    boards.write(engine, "b", {"text": "first"}, 0, NOW)
    boards.write(engine, "b", {"text": "ours"}, 1, NOW)
    for again in (0, 1):
        with pytest.raises(state.Changed):
            boards.write(engine, "b", {"text": "theirs"}, again, NOW)
    assert texts(engine) == "ours"

    def write(text: str) -> bool:
        try:
            boards.write(engine, "b", {"text": text}, 2, NOW)
        except state.Changed:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(write, "uvwxyz")) == 1


def test_an_undone_version_is_not_taken_for_the_one_that_came_after_it(engine):
    """Both are the second of the board, but not the same."""
    boards.write(engine, "b", {"text": "a"}, 0, NOW)
    boards.write(engine, "b", {"text": "b"}, 1, NOW)
    boards.step(engine, "b", 2, -1)
    boards.write(engine, "b", {"text": "other"}, 3, NOW)
    with pytest.raises(state.Changed):
        boards.write(engine, "b", {"text": "of somebody who saw b"}, 2, NOW)


def test_old_versions_are_thinned_out_and_undo_ends_there(engine):
    for changes in range(boards.KEPT + 10):
        boards.write(engine, "b", {"text": str(changes)}, changes, NOW)
    assert len(state.read(engine, state.board_versions)) == boards.KEPT
    changes = boards.KEPT + 10
    while boards.kept(engine)[0].can_undo:
        boards.step(engine, "b", changes, -1)
        changes += 1
    assert texts(engine) == "10"


def test_what_was_taken_away_comes_back_and_boards_keep_their_order(engine):
    for name in "abc":
        boards.write(engine, name, {"text": name}, 0, NOW)
    boards.order(engine, ["c", "a"])
    assert [one.board for one in boards.kept(engine)] == ["c", "a", "b"]
    boards.remove(engine, "a", 1, NOW)
    assert [one.board for one in boards.kept(engine) if one.removed] == ["a"]
    boards.remove(engine, "a", 2, None)
    assert not any(one.removed for one in boards.kept(engine))


def test_one_picture_is_kept_once_and_a_huge_one_not_at_all(engine):
    name = boards.keep_picture(engine, {"figure": "{}"}, NOW)
    assert boards.keep_picture(engine, {"figure": "{}"}, NOW) == name
    assert boards.picture(engine, name) == {"figure": "{}"}
    assert boards.picture(engine, "none") is None
    with pytest.raises(boards.TooLarge):
        boards.keep_picture(engine, {"figure": "x" * boards.MAX_PICTURE}, NOW)


# --- a small shop whose sums are known by hand


DAYS = pd.to_datetime(["2026-01-05", "2026-01-31", "2026-02-01", "2026-02-28", "2026-03-02", "2026-03-10"])
LINES = pd.DataFrame(
    {
        "timestamp": DAYS,
        "invoice": [f"i{place}" for place in range(6)],
        "line_type": "sale",
        "product": ["p", "q", "p", "q", "p", "q"],
        "store": ["France", "Spain", "France", "Spain", "Spain", "France"],
        "category": ["Red", "Blue", "Red", "Blue", "Red", "Blue"],
        "quantity": [1.0, 2, 3, 4, 5, 6],
        "unit_price": 10.0,
        "amount": [10.0, 20, 30, 40, 50, 60],
    }
)


@pytest.fixture
def shop(tmp_path):
    made = tables.add(tmp_path, Dataset("sales", {"sales": LINES}, Origin("upload", "shop.csv")), NOW)
    ask = partial(tables.query, made)
    span = (date(2026, 1, 5), date(2026, 3, 10))
    return known.known(made.columns, span, {"sales": ask}, tables.unknown(made)), ask


def said(shop, card, bar=None, sql=None, picture=None):
    of, ask = shop
    source = content.Source(
        of, lambda _query: "EUR", lambda query: statement.answer(of.catalogue, query, ask), sql, picture
    )
    return content.content(card, bar or Bar(), source)


def test_totals_of_the_same_lines_are_read_at_once_and_say_the_same(shop):
    of, _ask = shop
    asked = []

    def ask(sql, **values):
        asked.append(sql)
        return _ask(sql, **values)

    march, spain = {"period": "2026-03", "compared": "before"}, (Filter("store", ("Spain",)),)
    queries = [
        Query(("revenue",), **march), Query(("orders",), **march), Query(("basket", "orders"), **march),
        Query(("revenue",), **march, filters=spain), Query(("revenue",), ("store",), period="2026-03", share=True),
        Query(("revenue",), period="2026-03", share=True), Query(("units",), period="2026-03", limit=1),
    ]  # fmt: skip
    within = statement.at_once(of.catalogue, queries)
    assert within[queries[0]] == within[queries[1]] == Query(("revenue", "orders", "basket"), **march)
    assert [within[one] for one in queries[3:]] == queries[3:]
    found = {one: statement.answer(of.catalogue, one, ask) for one in set(within.values())}
    assert len(asked) == 2 + 2 + 1 + 1 + 1
    for query in queries:
        alone = statement.answer(of.catalogue, query, _ask)
        among = statement.only(found[within[query]], within[query], query)
        pd.testing.assert_frame_equal(among.table, alone.table, check_like=True)
        assert (among.period, among.earlier) == (alone.period, alone.earlier)


def test_the_bar_holds_for_a_card_as_far_as_its_data_know_it(shop):
    card = Card("number", Query(("revenue",), period="2026-01"))
    assert said(shop, card).value == "€30.00"
    assert said(shop, card, Bar(period="")).value == "€210.00"
    assert said(shop, card, Bar(period="2026-02", filters=(Filter("store", ("Spain",)),))).value == "€40.00"
    march = said(shop, card, Bar(period="2026-03", compared="before"))
    assert (march.value, march.meaning) == ("€110.00", "€30.00 then (+266.7%)")  # ten days of each
    assert "no comparison" in said(shop, card, Bar(period="2026-02", compared="before")).note  # January lacks days
    without = Bar(period="", filters=(Filter("store", ("Spain",), kept=False),))
    assert said(shop, card, without).value == "€100.00"


def test_two_filters_of_one_column_hold_both(shop):
    spain = Card("number", Query(("revenue",), filters=(Filter("store", ("Spain", "Italy")),)))
    assert said(shop, spain, Bar(filters=(Filter("store", ("Spain", "France")),))).value == "€110.00"
    apart = said(shop, spain, Bar(filters=(Filter("store", ("France",)),)))
    assert not apart.value
    assert "something else" in apart.text


def test_a_filter_that_a_card_does_not_know_is_said(tmp_path):
    last = LINES["timestamp"].max().normalize()
    moves = pd.DataFrame({"product": ["p", "q"], "date": last, "on_hand": [5.0, 7.0], "move": "count", "quantity": 0.0})
    frames = {"sales": LINES, "stock_moves": moves}
    made = tables.add(tmp_path, Dataset("sales", frames, Origin("upload", "shop.csv")), NOW)
    ask = partial(tables.query, made)
    shop = known.known(made.columns, (date(2026, 1, 5), date(2026, 3, 10)), {"sales": ask}), ask
    found = said(shop, Card("number", Query(("stock_units",))), Bar(filters=(Filter("store", ("Spain",)),)))
    assert found.value == "12"
    assert "not kept to: Store" in found.note


@pytest.mark.parametrize(
    ("grain", "period", "finer"),
    [("month", "2026-02", "day"), ("month", "", "week"), ("day", "2026-02", "day"), ("year", "2026-01-05/", "week")],
)
def test_a_line_under_a_short_period_has_finer_steps(shop, grain, period, finer):
    query = Query(("revenue",), grain=grain)
    found = board.narrowed(shop[0].catalogue, query, Bar(period=period)).query
    assert found.grain == finer


def test_parts_of_months_are_said_and_are_not_the_least_one(shop):
    found = said(shop, Card("figure", Query(("revenue",), grain="month", order="least")))
    assert "not whole: Jan 2026 and Mar 2026" in found.note
    assert "the least in Feb 2026" in found.title
    assert list(found.figure.data[0].marker.symbol) == ["circle-open", "circle", "circle-open"]
    whole = Query(("revenue",), grain="month", period="2026-02")
    assert wording.broken("month", (date(2026, 2, 1), date(2026, 2, 28)), shop[0].catalogue) == []
    assert wording.partly(shop[0].catalogue, whole) == ""


def test_whole_months_end_with_the_last_one_that_the_data_hold_to_its_end():
    first, last = date(2024, 1, 1), date(2026, 3, 10)
    assert periods.days("previous 2 month", first, last) == (date(2026, 1, 1), date(2026, 2, 28))
    assert periods.days("previous 2 month", first, date(2026, 3, 31)) == (date(2026, 2, 1), date(2026, 3, 31))
    assert periods.days("previous 1 quarter", first, last) == (date(2025, 10, 1), date(2025, 12, 31))
    assert periods.days("previous 3 week", first, last) == (date(2026, 2, 16), date(2026, 3, 8))
    assert periods.days("previous 5 day", first, last) == periods.days("last 5 day", first, last)


def test_a_click_finds_the_level_behind_each_bar(shop):
    found = said(shop, Card("figure", Query(("revenue",), ("store",), order="most")))
    assert (found.dimension, found.levels) == ("store", ("Spain", "France"))
    assert said(shop, Card("figure", Query(("revenue",), ("store", "category")))).dimension == ""


def test_countries_are_a_map_where_the_values_are_some(shop):
    of = shop[0]
    assert "map" in board.forms(Query(("revenue",), ("store",)), of.levels)
    assert "map" not in board.forms(Query(("revenue",), ("category",)), of.levels)
    found = said(shop, Card("map", Query(("revenue",), ("store",))))
    drawn = dict(zip(found.figure.data[0].locations, found.figure.data[0].z, strict=True))
    assert drawn == {"FRA": 100.0, "ESP": 110.0}


def test_text_of_cards_and_pictures_that_are_gone(shop):
    assert said(shop, Card("words", text="# no heading")).text == "# no heading"
    assert "gone" in said(shop, Card("picture", text="none"), picture=lambda _name: None).text
    of, _ask = shop
    assert "Stock value" in content.missing(of, Card("number", Query(("stock_value",))))
    assert "weather" in content.missing(of, Card("number", Query(("revenue",), ("weather",))))
    assert content.missing(of, Card("number", Query(("revenue",)))) == ""


def test_a_period_that_the_data_hold_in_part_is_said(shop):
    assert (
        "the data hold 5 Jan 2026 to 10 Mar 2026 of it"
        in said(shop, Card("number", Query(("revenue",), period="2026"))).note
    )
    assert "hold" not in said(shop, Card("number", Query(("revenue",), period="2026-02"))).note
    assert "hold" not in said(shop, Card("number", Query(("revenue",)))).note


def test_no_returns_are_zero_and_days_without_hours_have_none(shop):
    assert said(shop, Card("number", Query(("return_rate",)))).value == "0.0%"
    assert said(shop, Card("number", Query(("returned",)))).value == "€0.00"
    assert said(shop, Card("number", Query(("returned",), period="2025-01"))).value == ""
    of, _ask = shop
    assert "hour" not in of.catalogue.dimensions
    assert "time of day" in content.missing(of, Card("figure", Query(("revenue",), ("weekday", "hour"))))


def test_no_rows_are_no_zero(shop):
    found = said(shop, Card("number", Query(("revenue",), period="2025-01")))
    assert not found.value
    assert "No rows" in found.text


# --- boards as data


def test_a_board_is_kept_as_it_is_and_nonsense_is_none():
    for one in board.READY.values():
        assert board.from_json(board.to_json(one)) == one
    for content_ in (None, [], {}, {"name": 1}, {"name": "x", "cards": [{"form": "virus"}]}):
        assert board.from_json(content_) is None


def test_a_bar_in_a_link_names_what_the_data_have(shop):
    catalogue = shop[0].catalogue
    bar = Bar("2026-02", "year", (Filter("store", ("Spain",)),))
    assert board.bar_from(catalogue, board.bar_text(bar)) == bar
    for text in ("", "{", '{"period": "soon"}', '{"filters": [{"dimension": "x", "values": []}]}', "9" * 5000):
        assert board.bar_from(catalogue, text) is None


def test_cards_fill_lines_of_twelve_in_their_order():
    cards = tuple(Card("words", width=width) for width in (3, 3, 6, 12, 8, 6, 4, 3))
    assert board.lines(cards) == [[0, 1, 2], [3], [4], [5, 6], [7]]
    assert [card.width for card in board.moved(Board("b", cards), 3, -2).cards][:4] == [3, 12, 3, 6]
