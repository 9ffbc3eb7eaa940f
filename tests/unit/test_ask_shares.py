"""Shares are of the whole that is meant: of all, of each month, of what each driver delivered."""

from functools import partial
from types import SimpleNamespace

import pytest

from benchmarks import ask as bench
from benchmarks import ask_trades
from charts.ask import answer as charts
from data import tables
from models.ask import statement, wording
from models.ask.query import Filter, Query
from models.ask.understand import understand

pytestmark = pytest.mark.xdist_group("ask")


def _of(home, made) -> SimpleNamespace:
    sold = tables.add(home, bench.read(made(), f"{made.__name__}.csv", ask_trades.CHOSEN[made]), bench.NOW)
    catalogue, words = bench.known(sold, None)
    return SimpleNamespace(sold=sold, catalogue=catalogue, words=words, frame=made())


@pytest.fixture(scope="module")
def haulage(tmp_path_factory):
    return _of(tmp_path_factory.mktemp("haulage"), ask_trades.haulage)


@pytest.fixture(scope="module")
def vets(tmp_path_factory):
    return _of(tmp_path_factory.mktemp("vets"), ask_trades.vets)


def _answer(of, query):
    return statement.answer(of.catalogue, query, partial(tables.query, of.sold))


def _asked(of, text):
    return understand(text, of.catalogue, of.words).readings


DAMAGED = Filter("damaged", ("Y",))


def test_a_share_by_another_column_is_within_each_of_its_values(haulage):
    frame = haulage.frame
    right = frame["Damaged"].eq("Y").groupby(frame["Driver"]).mean()
    query = Query(("orders",), ("damaged", "driver"), filters=(DAMAGED,), share=True)
    table = _answer(haulage, query).table
    assert table.set_index("driver")["share"].to_dict() == pytest.approx(right.to_dict())
    money = _answer(haulage, Query(("revenue",), ("damaged", "driver"), filters=(DAMAGED,), share=True)).table
    charged = frame["Freight charge"]
    right_money = (
        charged.where(frame["Damaged"] == "Y").groupby(frame["Driver"]).sum() / charged.groupby(frame["Driver"]).sum()
    )
    assert money.set_index("driver")["share"].to_dict() == pytest.approx(right_money.to_dict())
    (worst,) = _answer(
        haulage, Query(("orders",), ("damaged", "driver"), filters=(DAMAGED,), order="most", limit=1, share=True)
    ).table.itertuples()
    assert worst.driver == right.idxmax()  # the highest rate, not the most lorries
    said = wording.sentence(haulage.catalogue, query, {}, "EUR")
    assert said.startswith("Share of Orders within each driver, by damaged and driver, Damaged: Y")
    title = charts.drawn(haulage.catalogue, query, _answer(haulage, query), {}, "EUR").layout.title.text
    assert title.startswith("Share of Orders within each driver (Damaged: Y)")
    assert f"{right.max():.1%}" in title


def test_a_share_of_what_counts_is_of_each_month(vets):
    frame = vets.frame
    month = frame["Slot"].str[:7]
    right = frame["Booked by"].eq("App").groupby(month).mean()
    query = Query(("orders",), ("booked_by",), "month", filters=(Filter("booked_by", ("App",)),), share=True)
    table = _answer(vets, query).table
    assert dict(zip(table["step"].dt.strftime("%Y-%m"), table["share"], strict=True)) == pytest.approx(right.to_dict())


def test_a_share_of_time_alone_is_of_all_of_it(vets):
    table = _answer(vets, Query(("revenue",), grain="month", period="2025", share=True)).table
    assert len(table) == 12
    assert table["share"].sum() == pytest.approx(1)
    assert table["share"].max() < 0.2


def test_the_part_of_the_ten_largest_is_said(haulage):
    query = Query(("revenue",), ("customer",), order="most", limit=10, share=True)
    per = haulage.frame.groupby("Consignee")["Freight charge"].sum().sort_values()
    right = per[-10:].sum() / per.sum()
    title = charts.drawn(haulage.catalogue, query, _answer(haulage, query), {}, "EUR").layout.title.text
    assert f"these 10 have {right:.1%} together" in title


NO_SHOW = Filter("no_show", ("Yes",))


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ("no-show rate by vet", [Query(("orders",), ("no_show", "vet"), filters=(NO_SHOW,), share=True)]),
        # of each vet's, or of all that did not come: nothing says which
        (
            "share of no-show visits by vet",
            [Query(("orders",), by, filters=(NO_SHOW,), share=True) for by in (("no_show", "vet"), ("vet",))],
        ),
        (
            "share of dogs in revenue by branch",
            [
                Query(("revenue",), by, filters=(Filter("species", ("Dog",)),), share=True)
                for by in (("species", "branch"), ("branch",))
            ],
        ),
        # what is "in" some place is a share of what is there, and never all of it
        (
            "share of dogs in 2025 at Castle Hill",
            [
                Query(
                    ("revenue",),
                    ("species",),
                    filters=(Filter("species", ("Dog",)), Filter("branch", ("Castle Hill",))),
                    period="2025",
                    share=True,
                )
            ],
        ),
    ],
)
def test_what_a_share_is_of_is_read_or_asked(vets, text, queries):
    found = _asked(vets, text)
    assert set(found) == set(queries), found


def test_a_share_of_one_number_is_none(vets):
    assert not _asked(vets, "share of revenue")
    first = _asked(vets, "revenue by branch")[0]
    (query,) = understand("as a share", vets.catalogue, vets.words, first).readings
    assert query == Query(("revenue",), ("branch",), share=True)
