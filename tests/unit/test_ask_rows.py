"""Questions about single rows: two of their numbers against each other, and how one is spread."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import numpy as np
import pandas as pd
import pytest

import locales
from benchmarks import ask_tables
from benchmarks import correlation as held
from benchmarks.ask import known, read
from charts import paper
from charts.ask import answer as figures
from charts.ask import content, report_web, report_xlsx
from charts.ask import rows as charts
from charts.ask.content import About, Source
from data import tables
from models.ask import board, definitions, rows, seasons, statement, wording
from models.ask.query import Filter, Query, from_text, to_text
from models.ask.understand import understand

NOW = datetime(2026, 11, 28, tzinfo=UTC)
Kept = Callable[[pd.DataFrame], pd.Series]
LINK = Query(("mpg.median", "horsepower.median"), rows="relation")


@pytest.fixture(scope="module")
def cars(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A register of cars, the file it was, and what it can be asked."""
    home: Path = tmp_path_factory.mktemp("cars")
    file = ask_tables.autos()
    sold = tables.add(home, read(file, "autos.csv", ask_tables.CHOSEN[ask_tables.autos]), NOW)
    catalogue, words = known(sold, None)
    ask = partial(tables.query, sold)
    return SimpleNamespace(
        file=file, known=catalogue, words=words, answer=lambda query: statement.answer(catalogue, query, ask)
    )


def test_a_correlation_is_that_of_the_file(cars: SimpleNamespace) -> None:
    found = cars.answer(LINK)
    assert found.facts["r"] == pytest.approx(cars.file["MPG"].corr(cars.file["Horsepower"]), abs=1e-9)
    assert found.facts["low"] < found.facts["r"] < found.facts["high"]
    assert found.facts["rows"] == len(cars.file) == len(found.table)
    japan = understand("mpg vs horsepower Japan 2025", cars.known, cars.words).readings[0]
    kept = cars.file[(cars.file["Origin"] == "Japan") & cars.file["Sold on"].str.startswith("2025")]
    assert cars.answer(japan).facts["r"] == pytest.approx(kept["MPG"].corr(kept["Horsepower"]), abs=1e-9)


def test_a_histogram_counts_each_row_once_and_has_the_quartiles_of_the_file(cars: SimpleNamespace) -> None:
    found = cars.answer(Query(("mpg.median",), rows="distribution"))
    width, begins = found.facts["width"], found.table[rows.BIN].to_numpy()
    edges = np.r_[begins, begins[-1] + width]
    assert found.table[rows.COUNT].tolist() == np.histogram(cars.file["MPG"] + 1e-9, edges)[0].tolist()
    quartiles = cars.file["MPG"].quantile([0.25, 0.5, 0.75]).tolist()
    assert [found.facts[one] for one in ("first", "middle", "third")] == pytest.approx(quartiles)
    mean = cars.answer(Query(("mpg.median",)))
    assert mean.table["mpg.median"].iloc[0] == pytest.approx(found.facts["middle"])  # as it is asked elsewhere


def test_groups_have_the_quartiles_of_their_rows(cars: SimpleNamespace) -> None:
    found = cars.answer(Query(("weight.median",), ("body",), rows="distribution")).table.set_index(rows.GROUP)
    right = cars.file.groupby("Body")["Weight"].quantile([0.05, 0.25, 0.5, 0.75, 0.95]).unstack()
    assert found.loc[right.index, list(rows.SPREAD)].to_numpy() == pytest.approx(right.to_numpy())
    assert found[rows.COUNT].to_dict() == cars.file["Body"].value_counts().to_dict()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("cars with mpg over 20 by origin", lambda file: file["MPG"] > 20),
        ("how many cars with horsepower of at most 120 by origin", lambda file: file["Horsepower"] <= 120),
        ("voitures avec mpg au moins 20 par origin", lambda file: file["MPG"] >= 20),
    ],
)
def test_single_rows_are_kept_by_their_numbers(cars: SimpleNamespace, text: str, kept: Kept) -> None:
    said = understand(text, cars.known, cars.words)
    assert said.certain
    found = cars.answer(said.readings[0]).table.set_index("origin")
    assert found.iloc[:, 0].to_dict() == cars.file[kept(cars.file)]["Origin"].value_counts().to_dict()
    assert from_text(to_text(said.readings[0])) == said.readings[0]
    with locales.using("fr"):
        written = wording.sentence(cars.known, said.readings[0], {}, "EUR")
    assert "Mpg" in written or "Horsepower" in written


def test_rows_that_are_left_out_by_their_number_are_all_others(cars: SimpleNamespace) -> None:
    over = Query(("lines",), filters=(Filter("mpg.median", ("20.5",), how="over"),))
    others = Query(("lines",), filters=(Filter("mpg.median", ("20.5",), kept=False, how="over"),))
    counts = [cars.answer(one).table["lines"].iloc[0] for one in (over, others)]
    assert counts == [(cars.file["MPG"] > 20.5).sum(), (cars.file["MPG"] <= 20.5).sum()]
    link = Query(("mpg.median", "weight.median"), filters=over.filters, rows="relation")
    right = cars.file[cars.file["MPG"] > 20.5]
    assert cars.answer(link).facts["r"] == pytest.approx(right["MPG"].corr(right["Weight"]), abs=1e-9)


@pytest.mark.parametrize("value", ["", "many", "1e3", "nan", "1; DROP TABLE sales"])
def test_a_number_to_keep_rows_by_is_one(cars: SimpleNamespace, value: str) -> None:
    assert not definitions.fits(cars.known, Query(("lines",), filters=(Filter("mpg.median", (value,), how="over"),)))


@pytest.mark.parametrize("how", ["is", "contains"])
def test_a_column_of_numbers_is_no_dimension(cars: SimpleNamespace, how: Literal["is", "contains"]) -> None:
    assert not definitions.fits(cars.known, Query(("lines",), filters=(Filter("mpg.median", ("8",), how=how),)))


def test_groups_that_share_the_highest_median_are_all_named(cars: SimpleNamespace) -> None:
    query = Query(("weight.median",), ("body",), rows="distribution")
    found = cars.answer(query)
    found.table["middle"] = [2000.0, 2000.0, 1500.0]
    first, second = (wording.value("body", level, {}) for level in found.table[rows.GROUP][:2])
    figure = figures.drawn(cars.known, query, found, {}, "EUR")
    assert figure is not None
    assert f"highest for {first} and {second}, 2,000" in figure.layout.title.text


def test_a_word_of_two_columns_is_offered_as_each(tmp_path: Path) -> None:
    file = ask_tables.films()
    catalogue, words = known(
        tables.add(tmp_path, read(file, "films.csv", ask_tables.CHOSEN[ask_tables.films]), NOW), None
    )
    said = understand("average rating by genre", catalogue, words)
    assert {one.measures for one in said.readings} == {("imdb_rating.mean",), ("rotten_tomatoes_rating.mean",)}
    assert understand("note imdb par genre", catalogue, words).readings[0].measures == ("imdb_rating.mean",)


def test_tenths_fall_into_their_own_bins() -> None:
    values = np.round(np.arange(0, 3, 0.1), 1)
    frame = pd.DataFrame({"v": values})
    facts = {"least": 0.0, "most": 2.9, "first": 0.7, "third": 2.1, "lower": 0.0, "upper": 2.9, "whole": 0.0}
    made = rows.bins({**facts, "rows": float(len(frame)) ** 3})  # so many rows that a bin is a tenth
    assert made["width"] == pytest.approx(0.1)
    assert made["bins"] == 30


@pytest.mark.parametrize(("facts", "bins"), [((5.0, 5.0), 1.0), ((0.0, 1.0), 2.0)])
def test_numbers_that_hardly_differ_have_few_bins(facts: tuple[float, float], bins: float) -> None:
    least, most = facts
    ends = {"lower": least, "upper": most, "first": least, "third": least, "whole": 1.0, "rows": 100.0}
    assert rows.bins({"least": least, "most": most, **ends})["bins"] == bins


def test_what_lies_far_out_is_said_to_be_in_the_last_bar() -> None:
    ends = {"lower": 1.0, "upper": 99.0, "first": 20.0, "third": 80.0, "whole": 0.0, "rows": 1000.0}
    made = rows.bins({"least": 0.5, "most": 1e6, **ends})
    assert made["bins"] <= rows.MAX_BINS + 1
    assert (made["under"], made["over"]) == (0.0, 1.0)


def test_the_interval_holds_the_truth_where_fishers_does_not() -> None:
    ours, fishers = held.held(held.alike, 200, trials=60)
    assert ours >= 0.9
    assert fishers < 0.6  # lines of one customer are no pairs by themselves


def test_no_correlation_is_said_of_what_is_the_same_everywhere_or_of_few_customers() -> None:
    nothing = rows.correlation(pd.Series({"n": 50.0, "r": np.nan, "sources": 50.0, "spread": np.nan}))
    assert "r" not in nothing
    few = rows.correlation(pd.Series({"n": 500.0, "r": 0.4, "sources": 4.0, "spread": 0.1}))
    assert few["r"] == 0.4
    assert "low" not in few


@pytest.mark.parametrize("made", [held.normal, held.money, held.growing])
def test_leaving_out_each_row_is_what_the_sql_does(made: held.Made) -> None:
    x, y, _truth = made(np.random.default_rng(3), 25)
    each = [np.arctanh(np.corrcoef(np.delete(x, one), np.delete(y, one))[0, 1]) for one in range(25)]
    frame = pd.DataFrame({rows.NUMBER: x, rows.OTHER: y, "whose": range(25)})
    found = held.moments(frame)
    assert found["r"] == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert found["spread"] == pytest.approx(np.var(each))


def test_many_rows_are_drawn_by_lot_always_the_same(tmp_path: Path) -> None:
    file = pd.concat([ask_tables.autos(seed).assign(**{"Sale no": lambda one, seed=seed: one["Sale no"] + f"-{seed}"})
                      for seed in range(3)])  # fmt: skip
    sold = tables.add(tmp_path, read(file, "autos.csv", ask_tables.CHOSEN[ask_tables.autos]), NOW)
    catalogue, _words = known(sold, None)
    first, again = (statement.answer(catalogue, LINK, partial(tables.query, sold)) for _time in range(2))
    assert len(first.table) == rows.MAX_POINTS < first.facts["rows"] == len(file)
    pd.testing.assert_frame_equal(first.table, again.table)
    assert first.facts["r"] == pytest.approx(file["MPG"].corr(file["Horsepower"]), abs=1e-9)  # of all of them
    assert abs(first.table.corr().iloc[0, 1] - first.facts["r"]) < 0.05
    with locales.using("en"):
        assert "Computed from 4,500 lines" in charts.said(catalogue, LINK, first, "EUR")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("mpg vs horsepower", LINK),
        ("nuage de points de mpg et horsepower", LINK),
        ("scatterplot of mpg and horsepower by origin", Query(LINK.measures, ("origin",), rows="relation")),
        ("histogramme de mpg", Query(("mpg.median",), rows="distribution")),
        ("distribution of weight by body", Query(("weight.median",), ("body",), rows="distribution")),
    ],
)
def test_words_for_single_rows_ask_for_them(text: str, query: Query, cars: SimpleNamespace) -> None:
    found = understand(text, cars.known, cars.words)
    assert found.certain
    assert found.readings == (query,)


@pytest.mark.parametrize("text", ["correlation of mpg", "bubble chart of weight vs mpg sized by horsepower",
                                  "relation between orders and mpg", "why do mpg and weight correlate"])  # fmt: skip
def test_what_rows_do_not_say_is_refused(text: str, cars: SimpleNamespace) -> None:
    assert not understand(text, cars.known, cars.words).certain


def test_a_question_for_rows_goes_on(cars: SimpleNamespace) -> None:
    assert understand("and only Japan", cars.known, cars.words, LINK).readings[0].rows == "relation"
    first = understand("average mpg by origin in 2025", cars.known, cars.words).readings[0]
    spread = understand("and the distribution of weight", cars.known, cars.words, first).readings[0]
    assert (spread.measures, spread.rows, spread.period, spread.grain) == (
        ("weight.median",),
        "distribution",
        "2025",
        "",
    )


@pytest.mark.parametrize("query", [
    LINK,
    Query(("mpg.median",), rows="distribution"),
    Query(("mpg.median",), ("origin",), period="2025", rows="distribution"),
])  # fmt: skip
def test_it_goes_into_a_link_a_sentence_and_every_report(query: Query, cars: SimpleNamespace) -> None:
    assert from_text(to_text(query)) == query
    assert definitions.fits(cars.known, query)
    assert wording.sentence(cars.known, query, {}, "EUR")
    of = SimpleNamespace(catalogue=cars.known, names={}, levels={})
    source = Source(of, lambda _query: "EUR", cars.answer, lambda _sql: pd.DataFrame(), lambda _id: None)  # type: ignore[arg-type]
    assert board.forms(query, {}) == ["figure", "table"]
    card = board.Card("figure", query)
    under = board.Bar(period="2025", compared="year")
    for language in locales.LANGUAGES:
        with locales.using(language):
            says = content.content(card, under, source)
            assert says.figure is not None
            assert paper.drawable(says.figure)
            assert paper.drawn(says.figure, 4, 3, "sans-serif").startswith(b"%PDF")
            about = About("Cars", "", "autos.csv", NOW)
            assert b"autos.csv" in report_web.page(about, [(card, says)], {})
            assert report_xlsx.workbook(about, [(card, says)]).startswith(b"PK")
            assert figures.drawn(cars.known, query, cars.answer(query), {}, "EUR") is not None


def test_what_only_groups_have_does_not_fit_rows(cars: SimpleNamespace) -> None:
    for wrong in (
        Query(("mpg.mean", "horsepower.mean"), rows="relation"),
        Query(("mpg.median",), rows="relation"),
        Query(LINK.measures, grain="month", rows="relation"),
        Query(LINK.measures, compared="year", rows="relation"),
        Query(("mpg.median",), ("body", "origin"), rows="distribution"),
        Query(("mpg.median",), ("body",), order="most", limit=3, rows="distribution"),
    ):
        assert not definitions.fits(cars.known, wrong)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("cars sold in the summer of 2024", ["2024-06/2024-08"]),
        ("revenue in summer", ["2026-06/2026-08"]),
        ("chiffre d affaires en hiver 2025", ["2024-12/2025-02", "2025-12/2026-02"]),
        ("revenue winter 2024/25", ["2024-12/2025-02"]),
        ("ventes au printemps 2025", ["2025-03/2025-05"]),
        ("orders last autumn", ["2026-09/2026-11"]),
        ("revenue of summer dresses", [""]),
        ("ce qui a ete vendu", [""]),
    ],
)
def test_a_season_is_its_three_months(text: str, period: list[str], cars: SimpleNamespace) -> None:
    first, last = cars.known.first, cars.known.last
    from models.ask import when

    spoken = seasons.spelled(text, first, last)
    assert [when.find(one, first, last).period for one in spoken] == period
