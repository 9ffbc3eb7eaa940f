"""Questions: what is understood of them, what they find, and what is refused; right values by hand or by pandas."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

import numpy as np
import pandas as pd
import pytest

import locales
from benchmarks import ask as bench
from data import tables
from data.dataset import Dataset, Origin
from models.ask import definitions, guard, hours, periods, spelling, statement, vocabulary, when, why, wording
from models.ask.formulas import PEOPLE
from models.ask.query import Filter, Query, Threshold, from_text, to_text
from models.ask.understand import MAX_CHARACTERS, going_on, understand
from models.churn import explore
from models.products import margins
from models.sales import description, overview, pulse
from models.stock import outs, supply

TEN = Threshold("orders", "at least", 10)
FIRST, LAST = date(2023, 11, 29), date(2026, 11, 28)
pytestmark = pytest.mark.xdist_group("ask")  # which share what they read


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The three shops of the benchmark as they are kept, and what they can be asked."""
    home = tmp_path_factory.mktemp("ask")
    return home, {name: rest for name, *rest in bench.shops(home)}


@pytest.fixture(scope="module")
def shops(kept):
    """Catalogue, words and products' codes of each shop."""
    return kept[1]


@pytest.fixture(scope="module")
def simulated(kept):
    """The demo's sales and customers as they are kept, with what can be asked of them."""
    home, made = kept
    sold, people = (tables.active(home / "demo", table) for table in ("sales", "customers"))
    catalogue, words, _codes = made["demo"]
    return sold, people, catalogue, words


def found(simulated, query):
    sold, people, catalogue, _words = simulated
    assert definitions.fits(catalogue, query)
    table = people if definitions.table_of(catalogue, query) == PEOPLE else sold
    return statement.answer(catalogue, query, partial(tables.query, table))


# --- periods


@pytest.mark.parametrize(
    ("text", "period", "compared"),
    [
        ("revenue last month", "previous month", ""),
        ("les 7 derniers jours", "last 7 day", ""),
        ("Q3 2025", "2025-Q3", ""),
        ("au troisième trimestre 2025", "2025-Q3", ""),
        ("last quarter of 2025", "2025-Q4", ""),
        ("first half of 2025", "2025-H1", ""),
        ("since March 2026", "2026-03/", ""),
        ("jusqu'en mars 2025", "/2025-03", ""),
        ("before 2025", "/2024-12-31", ""),
        ("between January and March 2025", "2025-01/2025-03", ""),
        ("from November to March 2026", "2025-11/2026-03", ""),
        ("du 1er mars au 15 avril 2025", "2025-03-01/2025-04-15", ""),
        ("du 1 au 15 mars 2025", "2025-03-01/2025-03-15", ""),
        ("in March", "2026-03", ""),  # the last one that had begun
        ("in December", "2025-12", ""),
        ("mars dernier", "2026-03", ""),
        ("March 4, 2025", "2025-03-04", ""),
        ("04/03/2025", "2025-03-04", ""),  # the day first, as the pages write it
        ("semaine 12 de 2025", "2025-W12", ""),
        ("depuis le début de l'année par rapport à l'année dernière", "this year", "year"),
        ("year to date compared with last year", "this year", "year"),
        ("last 4 weeks and the same weeks of last year", "last 4 week", "year"),
        ("orders last 7 days vs the 7 days before", "last 7 day", "before"),
        ("2025 vs 2024 revenue", "2025", "year"),
        ("comparer 2025 et 2024", "2025", "year"),
        ("revenue in March vs February", "2026-03", "before"),
        ("december 2025 vs december 2023", "2025-12", "2023-12"),
        ("CA du premier au 3 mars 2025", "2025-03-01/2025-03-03", ""),
        ("revenue jan to jun 2026", "2026-01/2026-06", ""),
        ("14-15 november 2026", "2026-11-14/2026-11-15", ""),
        ("past fortnight", "last 14 day", ""),
        ("black friday 2024", "2024-11-29", ""),
        ("cyber monday", "2025-12-01", ""),  # that of 2026 is not there yet
        ("did it do better than last year", "this year", "year"),
        ("les 7 derniers jours vs les 7 d'avant", "last 7 day", "before"),
        ("stores with more than 2000 orders", "", ""),  # no year
        ("may I see sales", "", ""),  # no month
    ],
)
def test_periods_are_read_in_both_languages(text, period, compared):
    read = when.find(spelling.numbers(spelling.plain(text)), FIRST, LAST)
    assert (read.period or ("this year" if compared else ""), read.compared) == (period, compared)


@pytest.mark.parametrize(
    ("text", "of_day"),
    [
        ("between 10am and noon", range(10, 12)),
        ("from 2 to 5pm", range(14, 17)),
        ("de 8 à 10h", range(8, 10)),
        ("avant midi", range(12)),
        ("after 6pm", range(18, 24)),
        ("à 8h du soir", range(20, 21)),
        ("at 12am", range(1)),
        ("from 10 to 9", range(0)),
        ("10 products", range(0)),
    ],
)
def test_hours_of_the_day_are_read_in_both_languages(text, of_day):
    assert hours.find(spelling.plain(text))[1] == tuple(map(str, of_day))


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("", FIRST, LAST),
        ("last 7 day", date(2026, 11, 22), LAST),
        ("last 1 month", date(2026, 10, 29), LAST),
        ("previous month", date(2026, 10, 1), date(2026, 10, 31)),
        ("this month", date(2026, 11, 1), LAST),  # it is not over
        ("previous quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("previous day", date(2026, 11, 27), date(2026, 11, 27)),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 4)),  # ISO 8601
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-03/", date(2025, 3, 1), LAST),
    ],
)
def test_periods_count_from_the_last_day_of_the_data(period, start, end):
    assert periods.days(period, FIRST, LAST) == (start, end)


def test_a_month_that_is_whole_is_the_last_one():
    assert periods.days("previous month", FIRST, date(2026, 11, 30)) == (date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("period", "compared", "start", "end"),
    [
        ("2026", "year", date(2025, 1, 1), date(2025, 11, 28)),  # of a year that is not over, what there is
        ("this month", "before", date(2026, 10, 1), date(2026, 10, 28)),
        ("previous month", "year", date(2025, 10, 1), date(2025, 10, 31)),
        ("last 7 day", "year", date(2025, 11, 23), date(2025, 11, 29)),  # the same weekdays
        ("2025-Q1", "before", date(2024, 10, 1), date(2024, 12, 31)),
        ("2024-02", "year", date(2023, 2, 1), date(2023, 2, 28)),
    ],
)
def test_a_comparison_is_of_like_with_like(period, compared, start, end):
    assert periods.before(period, FIRST, LAST, compared) == (start, end)


@pytest.mark.parametrize(
    "text", ["2025-13", "2025-02-30", "last 0 weeks", "yesterday", "2025-Q5", "a/b", "2025-03/2025-01"]
)
def test_what_is_no_period_is_refused(text):
    assert not periods.is_period(text)


# --- questions


@pytest.mark.parametrize("path", sorted(bench.QUESTIONS.glob("*.tsv")), ids=lambda path: path.stem)
def test_what_is_answered_is_right_and_what_cannot_be_is_refused(shops, path):
    verdicts = Counter()
    for line in path.read_text().splitlines()[1:]:
        name, text, wanted = line.split("\t")
        catalogue, words, codes = shops[name]
        verdict = bench.judged(bench.answered(text, catalogue, words), bench.expected(wanted, codes), catalogue)
        verdicts["refuse " + verdict if wanted == "refuse" else verdict] += 1
    asked, answered = sum(verdicts.values()), verdicts["right"] + verdicts["wrong"] + verdicts["refuse wrong"]
    assert verdicts["refuse wrong"] <= 0.03 * (verdicts["refuse wrong"] + verdicts["refuse refused"])
    assert verdicts["wrong"] <= 0.03 * asked
    assert verdicts["right"] >= 0.9 * answered
    assert verdicts["right"] >= 0.7 * (asked - verdicts["refuse refused"])


def test_a_question_goes_on_from_the_one_before(shops):
    catalogue, words, _codes = shops["demo"]
    asked = partial(understand, known=catalogue, lexicon=words)
    first = asked("monthly revenue by category in 2025").readings[0]
    for text, changed in (
        ("and by store?", {"by": ("store",)}),
        ("and by week?", {"grain": "week"}),
        ("only London", {"filters": (Filter("store", ("LON",)),)}),
        ("now per quarter", {"grain": "quarter"}),
        ("last year instead", {"period": "previous year"}),
        ("et la marge ?", {"measures": ("margin",)}),
        ("without returns", {"measures": ("gross_sales",)}),
        ("and the year before?", {"period": "2024-01-01/2024-12-31"}),
        ("compared with 2024", {"compared": "year"}),
        ("the 3 worst", {"order": "least", "limit": 3}),
        ("sans Noël", {"filters": (Filter("category", ("Christmas",), kept=False),)}),
    ):
        said = asked(text, previous=first)
        assert said.certain, text
        assert said.readings == (Query(**{**first.__dict__, **changed}),), text
    assert asked("orders by store", previous=first).readings == (Query(("orders",), ("store",)),)  # a new question


def test_a_question_goes_on_from_what_was_offered(shops):
    catalogue, words, _codes = shops["demo"]
    offered = understand("what did we sell of candles", catalogue, words)
    assert [one.measures for one in offered.readings] == [("revenue",), ("units",)]
    said = going_on("and by store?", catalogue, words, offered)
    assert said.goes_on
    assert not said.certain
    assert said.readings == tuple(replace(one, by=("store",)) for one in offered.readings)
    said = going_on("only orders", catalogue, words, offered)  # which of the two no longer matters
    assert said.certain
    assert said.readings == (replace(offered.readings[0], measures=("orders",)),)
    assert going_on("revenue by store", catalogue, words, offered).readings == (Query(("revenue",), ("store",)),)
    unknown = understand("revenue of the Westside shop", catalogue, words)
    assert [one.word for one in unknown.unknown] == ["westside"]
    said = going_on("and by month?", catalogue, words, unknown)  # of all shops is not what was asked
    assert not said.certain
    assert said.unknown == unknown.unknown
    assert said.readings == (Query(("revenue",), ("store",), "month"),)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "🙂🙂", "; DROP TABLE sales; --", "<script>alert(1)</script>", "x" * MAX_CHARACTERS, "?" * 100,
        "by by by", "revenue and and and not", "0", "top", "more than 100", "sans", "without", "vs", "of the and",
    ],
)  # fmt: skip
def test_what_is_no_question_is_not_answered(shops, text):
    catalogue, words, _codes = shops["demo"]
    assert not understand(text, catalogue, words).certain


@pytest.mark.parametrize(
    "text",
    [
        "orders over 2000 euros",  # of an order there is no amount here
        "top 2 products by store",  # of all, or of each?
        "what is our biggest order",
        "orders over 2000",
        "top 0 products",
        "revenue in London week",
        "margin rate by store and category and supplier",
        "most expensive order",
        "largest order by store",  # not the most of them
        "median basket",
        "median daily sales",  # of days, not of lines
        "max revenue by store",  # of lines, or of stores?
        "stores with more than 5% orders",
    ],
)
def test_what_cannot_be_asked_so_is_not_answered_as_something_else(shops, text):
    catalogue, words, _codes = shops["demo"]
    assert not understand(text, catalogue, words).certain


def test_what_is_written_short_is_read_unless_the_data_have_such_a_word(shops):
    catalogue, words, _codes = shops["demo"]
    assert understand("units by cat", catalogue, words).readings == (Query(("units",), ("category",)),)
    cats = replace(words, words=words.words | {"cat"}, product_words=words.product_words | {"cat"})
    assert understand("units of cats", catalogue, cats).readings == (
        Query(("units",), filters=(Filter("product", ("cat",), how="contains"),)),
    )


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("top10 products by margin", Query(("margin",), ("product",), order="most", limit=10)),
        ("customers with 10+ orders", Query(("orders",), ("customer",), thresholds=(TEN,))),
        ("customers with 10 or more orders", Query(("orders",), ("customer",), thresholds=(TEN,))),
        ("least profitable store", Query(("margin",), ("store",), order="least", limit=1)),  # not the least revenue
        ("avg discount", Query(("discount_rate",))),
        (
            "how many customers have no online backup",
            Query(("customers.count",), filters=(Filter("customers.online_backup", ("No",)),)),
        ),
        (
            "fournisseurs avec moins de 35% de marge",
            Query(("margin_rate",), ("supplier",), thresholds=(Threshold("margin_rate", "under", 0.35),)),
        ),
    ],
)
def test_what_people_write_is_read_as_it_is_meant(shops, text, query):
    catalogue, words, _codes = shops["demo"]
    said = understand(text, catalogue, words)
    assert said.certain
    assert said.readings == (query,)


def test_columns_and_values_of_ones_own_lend_their_words(shops):
    for shop, text, query in (
        ("parts", "top 5 garages en ca", Query(("revenue",), ("customer",), order="most", limit=5)),  # "Garage 001"
        ("parts", "délai moyen par marque", Query(("délai_de_livraison.mean",), ("marque",))),
        ("clinic", "visits by doctor", Query(("orders",), ("doctor",))),  # "Visit date"
        ("clinic", "income from self-pay patients", Query(("revenue",), filters=(Filter("insurer", ("Self-pay",)),))),
        ("gym", "members by club", Query(("customers",), ("club",))),  # "Member ID"
    ):
        catalogue, words, _codes = shops[shop]
        said = understand(text, catalogue, words)
        assert said.certain, text
        assert said.readings == (query,), text


def test_a_per_cent_of_money_is_its_rate(shops):
    catalogue, words, _codes = shops["demo"]
    said = understand("products with a margin over 54%", catalogue, words)
    limit = Threshold("margin_rate", "over", 0.54)
    assert said.readings == (Query(("margin_rate",), ("product",), thresholds=(limit,)),)


def test_one_or_the_other_are_compared(shops):
    catalogue, words, _codes = shops["bakery"]
    said = understand("Karim ou Léa, qui vend le plus ?", catalogue, words)
    assert said.readings[0].by == ("vendeur",)


def test_a_word_is_not_taken_for_a_filler(shops):
    catalogue, words, _codes = shops["bakery"]
    assert not understand("ventes de thé", catalogue, words).certain
    assert not understand("how many tyres did we sell", catalogue, words).certain


@pytest.mark.parametrize(
    "text",
    [
        "How much did we sell in the North in March 2024?", "products sold at a loss",
        "what day of the week sells best",
        "best month ever", "how many products do we sell", "who is about to leave", "growth by store 2025 vs 2024",
    ],
)  # fmt: skip
def test_a_whole_question_does_not_go_on_from_the_one_before(shops, text):
    catalogue, words, _codes = shops["demo"]
    before = Query(("price",), ("category",), "month", (Filter("store", ("LON",)),), period="2025")
    assert understand(text, catalogue, words, before).readings == understand(text, catalogue, words).readings


def test_a_question_that_is_too_long_is_not_read(shops):
    catalogue, words, _codes = shops["demo"]
    assert understand("revenue " * 2000, catalogue, words).too_long


def test_an_unknown_word_is_said_with_the_nearest_known_ones(shops):
    catalogue, words, _codes = shops["demo"]
    said = understand("revenue by warehouse", catalogue, words)
    assert [one.word for one in said.unknown] == ["warehouse"]
    assert understand("revenue of Lodnon", catalogue, words).fixed == (("lodnon", "london"),)
    assert not understand("revenue by wether", catalogue, words).certain


def test_what_the_data_lack_is_said_by_its_column(shops):
    catalogue, words, _codes = shops["bakery"]
    said = understand("stock value by category", catalogue, words)
    assert said.lacking == ("stock_value",)
    with locales.using("en"):
        assert wording.lacks(catalogue, "margin_rate") == "Margin rate needs what these data lack: Unit cost."


def _catalogue(frame, **frames):
    columns = {"sales": {name: str(kind) for name, kind in frame.dtypes.items()}} | frames
    return definitions.catalogue(columns, (FIRST, LAST))


def test_two_dimensions_with_the_same_value_are_offered(tmp_path):
    count = 40
    frame = _lines(count).assign(
        store=pd.Categorical(["Paris", "Rome"] * (count // 2)), city=pd.Categorical(["Rome", "Paris"] * (count // 2))
    )
    sold = _kept(tmp_path, frame)
    catalogue, words = bench.known(sold, None)
    said = understand("revenue of Paris", catalogue, words)
    assert not said.certain
    assert {one.filters[0].dimension for one in said.readings} == {"store", "city"}
    assert understand("revenue of the store Paris", catalogue, words).readings == (
        Query(("revenue",), filters=(Filter("store", ("Paris",)),)),
    )


def test_a_value_that_is_called_like_a_measure_is_offered(tmp_path):
    frame = _lines(30).assign(category=pd.Categorical(["Returns", "Toys", "Books"] * 10))
    catalogue, words = bench.known(_kept(tmp_path, frame), None)
    said = understand("returns by month", catalogue, words)
    assert len(said.readings) > 1
    assert not said.certain
    assert understand("revenue of the category Returns", catalogue, words).certain


def test_without_a_measure_it_is_asked_which(tmp_path):
    catalogue, words = bench.known(
        _kept(tmp_path, _lines(30).assign(category=pd.Categorical(["Toys", "Books"] * 15))), None
    )
    said = understand("toys last month", catalogue, words)
    assert {one.measures for one in said.readings} == {("revenue",), ("units",), ("orders",)}


# --- the query


def test_a_query_goes_into_a_link_and_comes_back():
    query = Query(
        ("revenue", "orders"), ("store",), "month", (Filter("category", ("Été & co", "x"), kept=False),),
        (Threshold("orders", "at least", 10.5),), "last 3 month", "year", "day", "most", 5, True,
    )  # fmt: skip
    assert from_text(to_text(query)) == query


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"measures": 3}', '{"measures":["a"],"order":"up"}', "x" * 10_000, "null"]
)
def test_a_link_that_is_no_query_is_none(text):
    assert from_text(text) is None


@pytest.mark.parametrize(
    "query",
    [
        Query(("nothing",)),
        Query(("revenue", "stock_value")),
        Query(("revenue",), ("nowhere",)),
        Query(("revenue",), period="tomorrow"),
        Query(("stock_value",), grain="month"),
        Query(("customers.count",), period="2025"),
        Query(("basket",), ("store",), share=True),
        Query(("orders",), ("store",), over="week", share=True),
        Query(("revenue",), share=True),
        Query(("revenue",), ("store", "category", "supplier")),
        Query(("revenue",), filters=(Filter("customers.contract", ("x",)),)),
        Query(("revenue",), limit=-1),
    ],
)
def test_a_query_that_these_data_cannot_answer_does_not_fit(shops, query):
    catalogue = shops["demo"][0]
    assert not definitions.fits(catalogue, query)
    fitted = definitions.fitted(catalogue, query)
    assert fitted is None or definitions.fits(catalogue, fitted)


# --- what is found


def _lines(count, seed=0):
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "source": "test",
            "line_id": [str(one) for one in range(count)],
            "invoice": [str(one // 2) for one in range(count)],
            "timestamp": pd.date_range("2025-01-01 10:00", periods=count, freq="5D", unit="us"),
            "product": random.choice(["A1", "B2", "C3"], count),
            "line_type": "sale",
            "quantity": random.integers(1, 9, count).astype(float),
            "unit_price": random.integers(1, 20, count).astype(float),
            "currency": "EUR",
        }
    )  # fmt: skip


def _kept(home, frame):
    dataset = Dataset("sales", {"sales": frame}, Origin("upload", "mine.csv", currency="EUR"))
    return tables.add(home, dataset, datetime(2026, 1, 1, tzinfo=UTC))


def test_measures_are_those_of_the_pages_to_the_cent(simulated):
    """Ask and Boards beside Today, Overview, Margins: what two places tell of one period is one number."""
    sold, *_ = simulated
    start, end = pd.Timestamp("2026-08-30"), pd.Timestamp("2026-11-28")
    period, params = f"{start.date()}/{end.date()}", {"start": start, "end": end}
    known, ask = simulated[2], partial(tables.query, sold)
    every = tuple(name for name, one in known.measures.items() if one.table == "sales")
    ours = found(simulated, Query(every, period=period)).table.iloc[0]
    columns = sold.columns["sales"]
    goods = overview.goods(tables.read(sold, columns=overview.wanted(columns), coded=True))
    page = overview.measures(overview.between(goods, start, end)).iloc[0]
    steps = margins.waterfall(ask(margins.total(columns), **params))
    amounts = steps.set_index("step")["amount"]
    by = ask(margins.by(columns, "category"), **params)
    given = -amounts[["reductions", "discounts"]].sum()
    for name, right in {
        **{name: page[name] for name in ("revenue", "orders", "basket", "customers", "returned")},
        "return_rate": page["return_share"],
        "units": by["units"].sum(),
        "margin": by["margin"].sum(),
        "margin_rate": by["margin"].sum() / by["costed"].sum(),
        "cost": by["cost"].sum(),
        "discount": given,
        "discount_rate": given / amounts["gross"],
        "gross_sales": amounts["gross"] + amounts["reductions"],
        "shipping": amounts["shipping"],
        "fees": amounts["fees"],
    }.items():
        assert ours[name] == pytest.approx(right, abs=1e-6 if name.endswith("rate") else 0.015), name
    assert ours["revenue"] == pytest.approx(margins.revenue(steps), abs=0.005)
    assert ours["cost"] == pytest.approx(-amounts["cost"], abs=0.01)
    split = found(simulated, Query(("margin_rate", "units"), ("category",), period=period)).table.set_index("category")
    assert split["margin_rate"].to_dict() == pytest.approx(by.set_index("level")["margin_share"].to_dict())
    for kind, ours_ in (("sale", ours["gross_sales"]), ("return", ours["returned"])):
        assert ask(description.lines("store", "money"), kind=kind, **params)["sum"][0] == pytest.approx(
            ours_, abs=0.005
        )
    last = pulse.pulse(pulse.daily(ask(pulse.by_day(columns))))
    week = found(simulated, Query(("revenue", "orders", "return_rate"), period="last 7 day")).table.iloc[0]
    assert (week["revenue"], week["orders"]) == (pytest.approx(last.revenue, abs=0.005), last.orders)
    assert week["return_rate"] == pytest.approx(last.return_share)


def test_stock_is_that_of_the_pages(simulated):
    sold, *_ = simulated
    start, end, ask = pd.Timestamp("2026-06-01"), pd.Timestamp("2026-11-28"), partial(tables.query, sold)
    columns, moves = sold.columns["sales"], tables.read(sold, frame="stock_moves")
    shelf = found(simulated, Query(("stock_units", "stock_value"), ("category",))).table.set_index("category")
    for measure, name in (("units", "stock_units"), ("money", "stock_value")):
        page = ask(description.stock(sold.columns, "category", measure), end=end).iloc[1:].set_index("level")["sum"]
        assert shelf[name].to_dict() == pytest.approx(page.to_dict(), abs=0.005)
    demand = supply.demand(ask(supply.by_day(columns)), ask(supply.latest(columns)), end, moves)
    page = outs.outs({"": outs.empty(demand)}, start, end, pd.Series(dtype=float)).set_index("product")["days"]
    out = found(simulated, Query(("stock_out_days",), ("product",), period=f"{start.date()}/{end.date()}")).table
    assert out[out["stock_out_days"] > 0].set_index("product")["stock_out_days"].to_dict() == page.to_dict()
    assert set(out[out["stock_out_days"] == 0]["product"]) == set(moves["product"]) - set(page.index)  # known not to be
    products = found(simulated, Query(("stock_units", "days_of_cover"), ("product",))).table.set_index("product")
    lines = tables.read(sold)
    lately = lines[lines["line_type"].isin(["sale", "return"]) & (lines["timestamp"] >= end - pd.Timedelta(days=27))]
    a_day = lately.groupby("product")["quantity"].sum() / 28
    right = (products["stock_units"] / a_day).dropna()
    assert products["days_of_cover"].dropna().to_dict() == pytest.approx(right[np.isfinite(right)].to_dict())


def test_who_leaves_is_told_as_on_the_pages_of_churn(simulated):
    people = tables.read(simulated[1])
    ours = found(simulated, Query(("customers.churn_rate", "customers.left", "customers.count"))).table.iloc[0]
    page = explore.headline(people)
    assert tuple(ours) == (pytest.approx(page.rate), page.leavers, page.customers)
    split = found(simulated, Query(("customers.churn_rate",), ("customers.contract",))).table
    rates = explore.rate_by(people, "contract").set_index("level")["rate"]
    assert split.set_index("customers.contract")["customers.churn_rate"].to_dict() == pytest.approx(rates.to_dict())


def test_splits_add_up_and_are_those_of_pandas(simulated):
    sold, *_ = simulated
    lines = tables.read(sold)
    goods = lines[
        lines["line_type"].isin(["sale", "return"]) & lines["timestamp"].between("2025-01-01", "2025-12-31 23:59:59")
    ]
    amount = goods["quantity"] * goods["unit_price"]
    right = amount.groupby([goods["store"], goods["timestamp"].dt.month]).sum()
    ours = found(simulated, Query(("revenue",), ("store",), "month", period="2025")).table
    assert len(ours) == len(right)
    for row in ours.itertuples():
        assert row.revenue == pytest.approx(right[row.store, row.step.month], abs=0.01)
    share = found(simulated, Query(("revenue",), ("store",), period="2025", share=True)).table
    assert share["share"].sum() == pytest.approx(1)
    london = found(
        simulated, Query(("revenue",), ("store",), filters=(Filter("store", ("LON",)),), period="2025", share=True)
    )
    sold_in = lines[(lines["line_type"] == "sale") & lines["timestamp"].dt.year.eq(2025)]
    orders = sold_in.groupby("category")["invoice"].nunique() / sold_in["invoice"].nunique()
    of_orders = found(simulated, Query(("orders",), ("category",), period="2025", share=True)).table
    assert of_orders.set_index("category")["share"].to_dict() == pytest.approx(orders.to_dict())
    assert of_orders["share"].sum() > 1.2  # an order has goods of several categories
    assert london.table["share"].tolist() == [pytest.approx(share.set_index("store")["share"]["LON"])]


def test_filters_thresholds_order_and_averages_are_those_of_pandas(simulated):
    sold, *_ = simulated
    lines = tables.read(sold)
    sales = lines[lines["line_type"] == "sale"]
    orders = sales.groupby("supplier")["invoice"].nunique()
    level = int(orders.median())
    ours = found(simulated, Query(("orders",), ("supplier",), thresholds=(Threshold("orders", "over", level),))).table
    assert dict(zip(ours["supplier"], ours["orders"], strict=True)) == orders[orders > level].to_dict()
    goods = lines[lines["line_type"].isin(["sale", "return"])].assign(amount=lines["quantity"] * lines["unit_price"])
    by_product = goods.groupby("product")["amount"].sum().sort_values(ascending=False)
    top = found(simulated, Query(("revenue",), ("product",), order="most", limit=5)).table
    assert top["product"].tolist() == by_product.index[:5].tolist()
    least = found(simulated, Query(("revenue",), ("product",), order="least", limit=3)).table
    assert least["revenue"].tolist() == pytest.approx(by_product.sort_values()[:3].tolist())
    without = found(simulated, Query(("revenue",), filters=(Filter("category", ("Christmas",), kept=False),))).table
    assert without["revenue"][0] == pytest.approx(goods.loc[goods["category"] != "Christmas", "amount"].sum())
    mugs = found(simulated, Query(("units",), filters=(Filter("product", ("mug",), how="contains"),))).table
    kept = goods["description"].str.contains("mug", case=False, na=False)
    assert mugs["units"][0] == goods.loc[kept, "quantity"].sum()
    daily = goods.groupby(goods["timestamp"].dt.date)["amount"].sum()
    over = found(simulated, Query(("revenue",), over="day"))
    assert over.table["revenue"][0] == pytest.approx(daily.mean())
    line = found(simulated, Query(("revenue",), over="line"))
    assert line.table["revenue"][0] == pytest.approx(goods["amount"].mean())


def test_what_came_back_is_no_smallest_line(simulated):
    sold, _people, catalogue, _words = simulated
    lines = tables.query(sold, "SELECT * FROM sales")
    sales = lines[lines["line_type"] == "sale"]
    assert lines["quantity"].min() < 0  # or this shows nothing
    query = Query(("amount.min", "amount.max", "amount.median", "quantity.min", "unit_price.median"))
    (said,) = found(simulated, query).table.to_dict("records")
    right = {name: getattr(sales[name.partition(".")[0]], name.partition(".")[2])() for name in query.measures}
    assert said == pytest.approx(right)
    assert not definitions.fits(catalogue, replace(query, over="line"))  # of one line there is no average
    assert definitions.fitted(catalogue, replace(query, over="line")) == query
    frame = tables.query(simulated[1], "SELECT * FROM customers")
    oldest = found(simulated, Query(("customers.tenure.max",), ("customers.contract",))).table
    wanted = frame.groupby("contract", observed=True)["tenure"].max()
    assert oldest.set_index("customers.contract")["customers.tenure.max"].to_dict() == wanted.to_dict()


def test_new_customers_are_those_of_the_overview(simulated):
    sold, *_ = simulated
    goods = overview.goods(tables.read(sold, columns=overview.wanted(sold.columns["sales"]), coded=True))
    months = overview.loyalty(goods, pd.Timestamp("2025-01-01"), pd.Timestamp("2025-12-31"))
    ours = found(simulated, Query(("new_customers",), grain="month", period="2025")).table
    assert ours["new_customers"].tolist() == months["new"].tolist()


def test_so_many_of_each_are_those_of_pandas(simulated):
    sold, _people, catalogue, words = simulated
    query = understand("top 2 products in each store in 2025", catalogue, words).readings[0]
    assert (query.by, query.each, query.limit) == (("product", "store"), "store", 2)
    ours = found(simulated, query).table
    lines = tables.read(sold)
    goods = lines[lines["line_type"].isin(["sale", "return"]) & (lines["timestamp"].dt.year == 2025)]
    amount = (goods["quantity"] * goods["unit_price"]).groupby([goods["store"], goods["product"]]).sum()
    right = amount.groupby(level=0).nlargest(2).droplevel(0)
    assert ours.set_index(["store", "product"])["revenue"].to_dict() == pytest.approx(right.to_dict())


def test_a_comparison_stands_beside_its_own_group_and_step(simulated):
    now = found(simulated, Query(("revenue",), ("store",), "month", period="2026", compared="year"))
    assert now.earlier == (date(2025, 1, 1), date(2025, 11, 28))
    then = found(simulated, Query(("revenue",), ("store",), "month", period="2025-01-01/2025-11-28")).table
    then = then.set_index(["store", then["step"].dt.month])["revenue"]
    for row in now.table.to_dict("records"):
        right = then.get((row["store"], row["step"].month), np.nan)
        assert row["earlier revenue"] == pytest.approx(right, nan_ok=True)


def test_there_is_no_comparison_with_days_before_the_data(simulated):
    answer = found(simulated, Query(("revenue",), period="2024-01", compared="year"))
    assert answer.earlier is None
    assert list(answer.table) == ["revenue"]


def test_a_day_or_two_that_the_data_miss_are_left_out_of_a_comparison(simulated):
    few = found(simulated, Query(("revenue",), period="2024-11-25/2025-11-10", compared="year"))
    assert few.earlier == (FIRST, date(2024, 11, 11))  # 27 and 28 November 2023 are not in the data
    many = found(simulated, Query(("revenue",), period="2024-11-01/2025-11-10", compared="year"))
    assert many.earlier is None


def test_stock_is_what_the_last_move_left(simulated):
    sold, *_ = simulated
    moves = tables.read(sold, "stock_moves")
    last = moves.groupby("product")["on_hand"].last()
    ours = found(simulated, Query(("stock_units",), ("product",))).table
    assert dict(zip(ours["product"], ours["stock_units"], strict=True)) == last.to_dict()
    cost = (
        tables.read(sold)
        .dropna(subset=["unit_cost"])
        .sort_values("timestamp", kind="stable")
        .groupby("product")["unit_cost"]
        .last()
    )
    value = found(simulated, Query(("stock_value",))).table["stock_value"][0]
    assert value == pytest.approx((last * cost.reindex(last.index)).sum(), rel=1e-6)


def test_days_out_of_stock_are_counted_by_hand(tmp_path):
    days = pd.date_range("2025-01-01", "2025-12-31", unit="us").drop(pd.Timestamp("2025-01-15"))  # closed that day
    frame = _lines(len(days)).assign(timestamp=days, line_type="sale")
    moves = pd.DataFrame(
        {
            "date": pd.to_datetime(["2025-01-01", "2025-01-10", "2025-01-20", "2025-02-05"]).as_unit("us"),
            "product": ["A1"] * 4,
            "move": ["count", "sale", "receipt", "sale"],
            "quantity": [5.0, -5.0, 9.0, -9.0],
            "on_hand": [5.0, 0.0, 9.0, 0.0],
            "ordered": pd.to_datetime([None] * 4).as_unit("us"),
        }
    )
    dataset = Dataset("sales", {"sales": frame, "stock_moves": moves}, Origin("upload", "m.csv", currency="EUR"))
    sold = tables.add(tmp_path, dataset, datetime(2026, 1, 1, tzinfo=UTC))
    catalogue, _words = bench.known(sold, None)
    asked = partial(statement.answer, catalogue, ask=partial(tables.query, sold))
    out = {
        period: asked(query=Query(("stock_out_days",), period=period)).table["stock_out_days"][0]
        for period in ("2025-01", "2025-02", "2025-01-15/2025-02-10", "2025")
    }
    # Empty from 10 to 19 January, and from 5 February on: after 90 days it is not sold any more.
    assert out == {"2025-01": 9, "2025-02": 24, "2025-01-15/2025-02-10": 10, "2025": 99}


def test_customers_who_leave_are_those_of_the_table(simulated):
    _sold, people, *_ = simulated
    frame = tables.read(people)
    rates = frame.groupby("contract")["churned"].mean()
    ours = found(simulated, Query(("customers.churn_rate",), ("customers.contract",))).table
    assert dict(zip(ours["customers.contract"], ours["customers.churn_rate"], strict=True)) == pytest.approx(
        rates.to_dict()
    )
    mean = found(
        simulated, Query(("customers.monthly_charges.mean",), filters=(Filter("customers.senior_citizen", ("true",)),))
    )
    right = frame.loc[frame["senior_citizen"], "monthly_charges"].mean()
    assert mean.table.iloc[0, 0] == pytest.approx(right)


def test_names_and_values_from_outside_are_data(tmp_path):
    nasty = "x'); DROP TABLE sales; --"
    frame = _lines(20).assign(
        **{'we"ird': pd.Categorical([nasty, "b"] * 10), "category": pd.Categorical(["$v0", "c"] * 10)}
    )
    sold = _kept(tmp_path, frame)
    catalogue, words = bench.known(sold, None)
    query = Query(("revenue",), ('we"ird',), filters=(Filter('we"ird', (nasty,)), Filter("category", ("$v0",))))
    ours = statement.answer(catalogue, query, partial(tables.query, sold)).table
    right = frame.loc[(frame['we"ird'] == nasty) & (frame["category"] == "$v0")]
    assert ours["revenue"][0] == (right["quantity"] * right["unit_price"]).sum()
    assert ours['we"ird'][0] == nasty
    assert understand('revenue by we"ird', catalogue, words) is not None


def test_a_hundred_thousand_groups_are_cut_and_said(tmp_path):
    count = statement.MAX_GROUPS + 50
    frame = _lines(count).assign(product=[f"P{one}" for one in range(count)], timestamp=pd.Timestamp("2025-01-01"))
    sold = _kept(tmp_path, frame)
    catalogue, _words = bench.known(sold, None)
    answer = statement.answer(catalogue, Query(("revenue",), ("product",)), partial(tables.query, sold))
    assert answer.cut
    assert len(answer.table) == statement.MAX_GROUPS


def test_a_ratio_of_nothing_is_not_known(tmp_path):
    frame = _lines(20).assign(line_type="return", quantity=-1.0)
    sold = _kept(tmp_path, frame)
    catalogue, _words = bench.known(sold, None)
    ours = statement.answer(
        catalogue, Query(("basket", "return_rate", "orders")), partial(tables.query, sold)
    ).table.iloc[0]
    assert np.isnan(ours["basket"])
    assert np.isnan(ours["return_rate"])
    assert ours["orders"] == 0


# --- why


def _shop(tmp_path, seed, drop):
    """Two years of daily sales in four stores; in the last four weeks the first one sells less by a share `drop`."""
    random = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=728)
    rows = []
    for store, level in (("a", 100.0), ("b", 80.0), ("c", 60.0), ("d", 120.0)):
        units = random.poisson(level * np.where((np.arange(728) >= 700) & (store == "a"), 1 - drop, 1.0)).astype(float)
        rows.append(pd.DataFrame({"timestamp": days, "store": store, "quantity": units}))
    frame = pd.concat(rows, ignore_index=True)
    frame = frame.assign(source="test", line_id=frame.index.astype(str), invoice=frame.index.astype(str), product="A",
                         line_type="sale", unit_price=2.0, currency="EUR", store=pd.Categorical(frame["store"]),
                         timestamp=frame["timestamp"].dt.as_unit("us"))  # fmt: skip
    return _kept(tmp_path, frame)


def test_why_finds_what_changed_and_its_parts_add_up(tmp_path):
    sold = _shop(tmp_path, 1, drop=0.3)
    catalogue, _words = bench.known(sold, None)
    query = Query(("revenue",), period="last 28 day", compared="before")
    found = why.explained(catalogue, query, ["store"], partial(tables.query, sold))
    assert found.parts["change"].sum() == pytest.approx(found.change)
    assert found.parts["level"][0] == "a"
    assert found.parts.set_index("level")["usual"].to_dict()["a"] in (False, np.False_)
    assert found.parts["change"][0] == pytest.approx(-0.3 * 100 * 28 * 2, rel=0.15)
    assert found.usual is False


def test_a_change_is_measured_against_the_usual_change_and_not_against_none():
    past = np.array([[50.0, 52.0, 48.0, 51.0, 49.0, 50.0, 50.0]])  # it always rises by 50
    assert not why._usual(np.array([0.0]), past)[0]
    assert why._usual(np.array([50.0]), past)[0]
    # Prediction interval by hand: t(0.975, 6) = 2.4469, sd = 1.2910, sqrt(1 + 1/7) = 1.0690: +- 3.377.
    assert why._usual(np.array([53.3]), past)[0]
    assert not why._usual(np.array([53.5]), past)[0]


def test_why_calls_noise_usual(tmp_path):
    unusual = 0
    for seed in range(6):
        sold = _shop(tmp_path / str(seed), seed, drop=0.0)
        catalogue, _words = bench.known(sold, None)
        query = Query(("revenue",), period="last 28 day", compared="before")
        unusual += int(
            (~why.explained(catalogue, query, ["store"], partial(tables.query, sold)).parts["usual"].astype(bool)).sum()
        )
    assert unusual <= 4  # of 24; 5% are beyond two standard deviations by chance


def test_why_says_where_the_past_is_too_short(tmp_path):
    sold = _kept(tmp_path, _lines(12).assign(store=pd.Categorical(["a", "b"] * 6)))
    catalogue, _words = bench.known(sold, None)
    found = why.explained(
        catalogue, Query(("revenue",), period="last 28 day", compared="before"), ["store"], partial(tables.query, sold)
    )
    assert found.usual is None
    assert why.explained(catalogue, Query(("basket",)), ["store"], partial(tables.query, sold)) is None


# --- words


def test_a_query_is_a_sentence_in_both_languages(shops):
    catalogue = shops["demo"][0]
    query = Query(
        ("revenue", "margin"), ("store",), "month", (Filter("category", ("Kitchen",)),),
        (Threshold("orders", "over", 100),), "previous month", "year", order="most", limit=5,
    )  # fmt: skip
    with locales.using("en"):
        text = wording.sentence(catalogue, query, {}, "GBP")
    assert text == (
        "Revenue and Margin, by store and month, the first 5, Category: Kitchen, only Orders over 100, "
        "last whole month (Oct 2026), against Oct 2025"
    )
    with locales.using("fr"):
        assert "par magasin et mois" in wording.sentence(catalogue, query, {}, "GBP")
    single = Query(("amount.median", "customers.tenure.max"), ("store",))
    with locales.using("en"):
        assert wording.sentence(catalogue, single, {}, "GBP").startswith(
            "Amount, median of a line and Tenure, largest of a customer, by store"
        )
    with locales.using("fr"):
        assert wording.sentence(catalogue, single, {}, "GBP").startswith(
            "Montant, médiane d’une ligne et Ancienneté, maximum d’un client, par magasin"
        )


def test_every_period_can_be_read_back_from_its_words(shops):
    for language in locales.LANGUAGES:
        with locales.using(language):
            for period in ("last 7 day", "previous month", "this year", "2025-Q3", "2025", "2025-W12", "2025-H1"):
                assert periods.written(period)


def test_vocabulary_names_what_is_sold_and_not_postage(simulated):
    sold, _people, catalogue, _words = simulated
    names = vocabulary.names(catalogue, partial(tables.query, sold))
    assert "Postage" not in names["product"].values()
    assert names["store"]["LON"] == "Lanternlight, London Marylebone"


# --- SQL that somebody wrote


TABLES = ("sales", "stores")


@pytest.mark.parametrize(
    "sql",
    [
        "select store, sum(amount) from sales group by 1 order by 2 desc",
        "with t as (select * from sales where quantity > 1) select count(*) from t",
        "select median(amount) over (partition by store) from sales",
        "select * from sales where store in (select store from stores) union all select * from sales",
        "select isodow(timestamp), strftime(timestamp, '%Y') from sales group by all",
        "from sales select store",
        "select * from (values (1), (2)) t(a)",
        "select current_date, unnest([1, 2])",
    ],
)
def test_reading_is_run_and_limited(sql):
    assert guard.checked(sql, TABLES).endswith(f"LIMIT {guard.ROWS + 1}")


@pytest.mark.parametrize(
    "sql",
    [
        "", "drop table sales", "select 1; select 2", "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from duckdb_settings()", "select getenv('HOME')", "select current_setting('memory_limit')",
        "select * from information_schema.tables", "copy sales to '/tmp/x'", "attach 'x'", "pragma database_list",
        "set memory_limit = '1GB'", "select * from sqlite_master", "insert into sales select * from sales",
        "with t as (insert into sales values (1) returning *) select * from t", "select * from query('select 1')",
        "call pragma_version()", "install httpfs", "select * from glob('*')", "select * from range(1000000000)",
        "select $start", "explain select 1", "describe sales", "select * from main.sales",
        "select read_text('/etc/passwd')",
        "select * into x from sales", "select version()", "select current_database()", "select * from products",
        "select json_serialize_sql('select 1')", "(" * 3000 + "select 1" + ")" * 3000, "select 1 " + "-" * 20_000,
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_a_sentence(sql):
    with pytest.raises(guard.NotRun) as refused:
        guard.checked(sql, TABLES)
    assert refused.value.sentence()


def test_a_statement_that_takes_too_long_is_stopped(tmp_path):
    sold = _kept(tmp_path, _lines(2000))
    endless = "select count(*) from sales a, sales b, sales c, sales d where a.quantity + b.quantity > c.quantity"
    with pytest.raises(tables.NotAnswered, match="0\\.2 seconds"):
        tables.limited(sold, guard.checked(endless, ["sales"]), 0.2)
    assert tables.limited(sold, guard.checked("select count(*) from sales", ["sales"]), 5).iat[0, 0] == 2000


# --- what other businesses ask


@pytest.mark.parametrize(
    ("shop", "text", "wanted"),
    [
        ("software", "revenue excluding Spain through Direct", "m=revenue f=!store:Spain f=channel:Direct"),
        ("fournil", "ticket moyen hors CB à la Gare", "m=basket f=!règlement:CB f=store:Gare"),
        ("fournil", "CA sans la Gare et le Marché", "m=revenue f=!store:Gare|Marché"),
        ("software", "revenue growth 2025 over 2024 by country", "m=revenue by=store p=2025 vs=2024"),
        ("software", "countries with revenue over 2024 in 2025", "m=revenue by=store t=revenue:over:2024 p=2025"),
        ("motorcycles", "poids moyen par transporteur", "m=poids_kg.mean by=transporteur"),
        ("fournil", "top 2 caissiers en 2026", "m=revenue by=caissier order=most limit=2 p=2026"),
        ("wholesale", "orders by month in 2024 >> same for 2023", "m=orders grain=month p=2023"),
        ("wholesale", "orders by state, from low to high", "m=orders by=state order=least"),
        ("fitness", "revenue per member by plan", "m=revenue_per_customer by=plan"),
        ("fitness", "new members by month in 2025", "m=new_customers grain=month p=2025"),
        ("fitness", "how much did Premium members spend in 2025", "m=revenue f=plan:Premium p=2025"),
        ("superstore", "min, max and average profit by category", "m=profit.min,profit.max,profit.mean by=category"),
        ("superstore", "which state had the max profit", "m=profit.sum by=state order=most limit=1"),
        ("superstore", "top 5 states by max profit", "m=profit.max by=state order=most limit=5"),
        ("superstore", "highest median profit by state", "m=profit.median by=state order=most"),
        ("superstore", "profit by category >> now the median", "m=profit.median by=category"),
        ("superstore", "most expensive product", "m=price by=product order=most limit=1"),
        ("superstore", "biggest sale in 2017", "m=amount.max p=2017"),
        ("superstore", "how many cities by region", "m=city.distinct by=region"),
        ("superstore", "negative profit by state", "m=profit.sum by=state t=profit.sum:under:0"),
        ("superstore", "sales by quarter for the consumer segment", "m=revenue grain=quarter f=segment:Consumer"),
        ("pharmacie", "ventes avec ordonnance", "m=revenue f=ordonnance:oui"),
        ("hotel", "nights by channel", "m=units by=booking_channel"),
        ("hotel", "price per night by hotel, Seaview excluded", "m=price by=hotel f=!hotel:Seaview"),
        ("hotel", "nuits par hôtel, une ligne par board", "m=units by=hotel,board"),
        ("wholesale", "scatter plot of sales versus profit", "relation=revenue,profit"),
        ("wholesale", "histogram of quantity", "dist=units"),
        ("wholesale", "distribution of profit", "dist=profit"),
        ("wholesale", "histogram of profit by category", "dist=profit by=category"),
        ("wholesale", "sales vs profit coloured by segment", "relation=revenue,profit by=segment"),
        ("bikes", "duration vs distance", "relation=duration,distance"),
        ("jardinerie", "répartition des âges", "dist=âge_client"),
        ("pharmacie", "lien entre remboursement et quantité", "relation=remboursement,units"),
    ],
)
def test_a_shop_is_asked_in_the_words_of_its_file(shops, shop, text, wanted):
    catalogue, words, codes = shops[shop]
    understood = bench.answered(text, catalogue, words)
    assert bench.judged(understood, bench.expected(wanted, codes), catalogue) == "right", understood


@pytest.mark.parametrize(
    ("shop", "text", "word"),
    [
        ("wholesale", "relationship between discount and sales by category", "relationship"),
        ("wholesale", "max profit region", "max"),  # of lines, or of regions?
        ("wholesale", "median order value by segment", "median"),
        ("fitness", "weekends vs weekdays revenue", "weekdays"),
        ("motorcycles", "margin of Yamaha parts in 2025", "parts"),
    ],
)
def test_what_is_not_computed_is_said_and_not_left_out(shops, shop, text, word):
    catalogue, words, _codes = shops[shop]
    understood = understand(text, catalogue, words)
    assert not understood.certain
    assert word in [one.word for one in understood.unknown]


def test_answers_about_an_unknown_file_are_those_of_pandas(kept):
    home, made = kept
    frame = bench.ask_shops.wholesale()
    frame["year"] = pd.to_datetime(frame["Order Date"], format="%m/%d/%Y").dt.year
    of_2025, furniture = frame[frame["year"] == 2025], frame[frame["Category"] == "Furniture"]
    catalogue, words, _codes = made["wholesale"]
    sold = tables.active(home / "wholesale", "sales")
    for text, wanted in (
        ("profit by region in 2025", of_2025.groupby("Region")["Profit"].sum()),
        ("average profit by ship mode", frame.groupby("Ship Mode")["Profit"].mean()),
        ("orders by segment", frame.groupby("Segment")["Order ID"].nunique()),
        ("sales of furniture by state", furniture.groupby("State")["Sales"].sum()),
        ("customers by region in 2025", of_2025.groupby("Region")["Customer ID"].nunique()),
        ("max profit by region in 2025", of_2025.groupby("Region")["Profit"].max()),
        ("lowest profit of a line by state", frame.groupby("State")["Profit"].min()),
        ("median sales by segment", frame.groupby("Segment")["Sales"].median()),
        ("quantity maximum by category", frame.groupby("Category")["Quantity"].max()),
        ("number of different cities by region", frame.groupby("Region")["City"].nunique()),
    ):
        (query,) = understand(text, catalogue, words).readings
        result = statement.answer(catalogue, query, partial(tables.query, sold))
        shown = result.table.set_index(query.by[0])[query.measures[0]]
        assert shown.to_dict() == pytest.approx(wanted.to_dict(), abs=0.005), text


@pytest.mark.parametrize(
    ("shop", "text", "queries"),
    [
        # numbers that are each line's own are averaged, money is added up, and of what nobody knows both are offered
        ("jardinerie", "température par météo", [Query(("température.mean",), ("météo",))]),
        ("hotel", "how many adults by hotel", [Query(("adults.sum",), ("hotel",))]),  # each line says how many
        # a mean stands beside no sum that was not asked for, and an average said once is meant of all
        (
            "apparts",
            "surface et charges par quartier",
            [Query(("surface.mean", one), ("quartier",)) for one in ("charges.sum", "charges.mean")],
        ),
        (
            "apparts",
            "average surface and charges by quartier",
            [Query(("surface.mean", "charges.mean"), ("quartier",))],
        ),
        # what a word is beside: a month of the year named, what the most is of, where the drops are no fall
        ("verger", "CA par mois 2025", [Query(("revenue",), grain="month", period="2025")]),
        ("verger", "CA par bio et non bio", [Query(("revenue",), ("bio",))]),
        ("haulage", "how many drops did Beth do", [Query(("orders",), filters=(Filter("driver", ("Beth",)),))]),
        (
            "vets",
            "which vet has the most emergencies",
            [Query(("units",), ("vet",), filters=(Filter("product", ("Emergency",)),), order="most", limit=1)],
        ),
        ("helpdesk", "hours spent by agent", [Query(("hours_spent.sum",), ("agent",))]),
        ("verger", "calibre médian par variété", [Query(("calibre.median",), ("product",))]),
        ("demo", "ca moyen par commande à bath", [Query(("basket",), filters=(Filter("store", ("BTH",)),))]),
        ("bikes", "rider age by station", [Query(("rider_age.mean",), ("station",))]),
        ("bikes", "total distance by station", [Query(("distance.sum",), ("station",))]),
        ("bikes", "share of distance by station", [Query(("distance.sum",), ("station",), share=True)]),
        ("jardinerie", "poids livré total par rayon", [Query(("poids_livré.sum",), ("category",))]),
        ("jardinerie", "poids moyen livré par rayon", [Query(("poids_livré.mean",), ("category",))]),
        ("bakery", "pourboires par rayon", [Query(("pourboire.sum",), ("category",))]),
        (
            "bikes",
            "battery used by helmet",
            [Query(("battery_used.sum",), ("helmet",)), Query(("battery_used.mean",), ("helmet",))],
        ),
        # scores that are kept as texts are numbers, too
        ("bikes", "average rating by bike type", [Query(("rating.mean",), ("bike_type",))]),
        ("bikes", "rides by rating", [Query(("lines",), ("rating",))]),
        (
            "bikes",
            "worst rating by station",
            [Query(("rating.min",), ("station",)), Query(("rating.mean",), ("station",), order="least")],
        ),
        ("jardinerie", "les 3 articles les plus vendus", [Query(("revenue",), ("product",), order="most", limit=3)]),
        # who: those who sell or buy; who can be meant by it is offered
        ("bakery", "qui a fait le plus gros CA", [Query(("revenue",), ("vendeur",), order="most", limit=1)]),
        ("bikes", "who spent the most", [Query(("revenue",), ("rider",), order="most", limit=1)]),
        (
            "demo",
            "qui a fait le plus gros CA",
            [Query(("revenue",), (name,), order="most", limit=1) for name in ("store", "customer")],
        ),
        ("demo", "who bought the most", [Query(("revenue",), ("customer",), order="most", limit=1)]),
        # what a line is called by the column that numbers it
        ("bikes", "rentals by membership", [Query(("lines",), ("membership",))]),
        ("bikes", "average fare per ride by helmet", [Query(("revenue",), ("helmet",), over="line")]),
        ("bikes", "longest ride by distance for each bike type", [Query(("distance.max",), ("bike_type",))]),
        ("hotel", "count bookings by nationality", [Query(("lines",), ("nationality",))]),
        ("hotel", "hotel with the worst lead time", [Query(("lead_time.mean",), ("hotel",), order="most", limit=1)]),
        ("hotel", "top 2 hotels by review score", [Query(("review_score.mean",), ("hotel",), order="most", limit=2)]),
        ("bikes", "fare with and without a helmet", [Query(("revenue",), ("helmet",))]),
        ("jardinerie", "panier moyen avec carte fidélité et sans", [Query(("basket",), ("carte_fidélité",))]),
        ("american", "ventes moyennes par client", [Query(("revenue_per_customer",))]),
        (
            "american",
            "which state has the most customers",
            [Query(("customers",), ("state",), order="most", limit=1)],
        ),
        # lists of columns, days of a value, losses, an average by month
        ("american", "sales profit by segment", [Query(("revenue", "profit.sum"), ("segment",))]),
        ("jardinerie", "CA les jours de pluie", [Query(("revenue",), filters=(Filter("météo", ("Pluie",)),))]),
        ("american", "which city loses the most money", [Query(("margin",), ("city",), order="least", limit=1)]),
        (
            "american",
            "average sales by month",
            [Query(("revenue",), over="month"), Query(("revenue",), grain="month", over="line")],
        ),
    ],
)
def test_columns_that_vigie_does_not_know_are_read_as_those_who_see_them_do(shops, shop, text, queries):
    catalogue, words, _codes = shops[shop]
    understood = understand(text, catalogue, words)
    assert not understood.unknown
    assert [*understood.readings] == queries


@pytest.mark.parametrize(
    ("shop", "text", "word"),
    [
        ("bikes", "revenue by city", "city"),  # a city bike is no city
        ("hotel", "revenue per adult", "adult"),
        # one word of a header is not all of it, a split and a comparison have two ends, no four letters are mistyped
        ("gites", "taxe moyenne et dossier par maison", "dossier"),
        ("cars", "max horsepower by make", "by"),
        ("musique", "élèves qui ont prit plus de 20 cours", "prit"),
        ("demo", "correlation between price and units", "correlation"),  # of goods, of which lines do not tell
        ("cinema", "scatter runtime against revenue", "scatter"),
        ("demo", "how many orders had more than 5 items", "5"),
        ("demo", "heaviest orders by store", "heaviest"),
        ("bikes", "total duration by bike type in hours", "hours"),
    ],
)
def test_what_columns_do_not_say_is_not_answered_with_something_like_it(shops, shop, text, word):
    catalogue, words, _codes = shops[shop]
    understood = understand(text, catalogue, words)
    assert [one.word for one in understood.unknown] == [word]
    assert not any(name.endswith(".distinct") for one in understood.readings for name in one.measures)


def test_shipping_needs_lines_of_shipping(shops):
    catalogue, words, _codes = shops["wholesale"]
    said = understand("frais de port par état", catalogue, words)
    assert said.lacking == ("shipping",)
    with locales.using("en"):
        assert wording.lacks(catalogue, "shipping") == "Shipping: no line of these data is of this kind."
    catalogue, words, _codes = shops["demo"]
    assert understand("frais de port par magasin", catalogue, words).readings == (Query(("shipping",), ("store",)),)


def test_scores_that_are_kept_as_texts_have_the_mean_of_pandas(kept):
    home, made = kept
    frame = bench.ask_seen.bikes()
    catalogue, words, _codes = made["bikes"]
    for text, wanted in (
        ("average rating by station", frame.groupby("Station")["Rating"].mean()),
        ("duration by station", frame.groupby("Station")["Duration"].mean()),
        ("median rating by station", frame.groupby("Station")["Rating"].median()),
    ):
        (query,) = understand(text, catalogue, words).readings
        result = statement.answer(catalogue, query, partial(tables.query, tables.active(home / "bikes", "sales")))
        shown = result.table.set_index("station")[query.measures[0]]
        assert shown.to_dict() == pytest.approx(wanted.to_dict()), text
