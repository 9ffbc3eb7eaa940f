"""What the tables beside the sales change: the reorder point of a lead time from a file is the formula's."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from connectors import beside, files
from data import beside as kept
from data import tables
from data.dataset import Dataset, Origin
from models.stock import reorder, supply
from models.stock.experience import Experience
from models.stock.reorder import LEVELS

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PRODUCTS, RATE, REVIEW = 200, 5.0, 7
Z = 1.6449  # of 95 %


def cumulated(daily):
    return np.concatenate([np.zeros((*daily.shape[:-1], 1)), daily.cumsum(axis=-1)], axis=-1).astype(np.float32)


def given(text: str, table: str) -> pd.DataFrame:
    raw = files.read("mine.csv", text.encode(), limit_bytes=1_000_000)
    return beside.read(raw, table, beside.guess(raw.frame, table))[0]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Sales of 200 products whose suppliers two files say: half come from S1 in 10 days, half from S2 in 20."""
    home = tmp_path_factory.mktemp("home")
    days = pd.date_range("2026-01-01", periods=30).as_unit("us")
    lines = pd.DataFrame({"product": [f"P{n:03}" for n in range(PRODUCTS)]}).merge(
        pd.DataFrame({"timestamp": days}), "cross"
    )
    lines = lines.assign(source="t", line_id=lines.index.astype("str"), line_type="sale", quantity=RATE)
    lines = lines.assign(unit_price=10.0, currency="EUR")
    first = tables.add(home, Dataset("sales", {"sales": lines}, Origin("upload", "s.csv")), NOW)
    products = "product,supplier,pack\n" + "".join(f"P{n:03},{'S1' if n % 2 else 'S2'},6\n" for n in range(PRODUCTS))
    second = kept.put(home, first, "products", given(products, "products"), "p.csv", NOW)
    suppliers = "Supplier,Lead time,Lead time std,Franco\nS1,10,0,250\nS2,20,0,\n"
    return kept.put(home, second, "suppliers", given(suppliers, "suppliers"), "s.csv", NOW)


@pytest.fixture(scope="module")
def demand(stored):
    sold, goods = (tables.query(stored, sql(stored.columns["sales"])) for sql in (supply.by_day, supply.latest))
    last = pd.Timestamp(stored.span[1])
    return supply.demand(sold, goods, last, products=tables.read(stored, "products"))


def test_a_lead_time_of_ten_days_gives_the_reorder_point_of_the_formula(stored, demand):
    """Poisson demand of 5 a day over 10 + 7 days: 85 + 1.645 x sqrt(85) = 100.2; over 20 + 7: 154.1."""
    leads = supply.lead_times(demand.goods, None, tables.read(stored, "suppliers"), 14, 4)
    assert set(leads.source) == {"stated"}
    is_first = demand.goods["supplier"].eq("S1").to_numpy(bool)
    assert is_first.sum() == PRODUCTS / 2
    rng = np.random.default_rng(4)
    origins, days = 12, 42
    before = rng.poisson(RATE, (origins + 1, PRODUCTS, 91))
    experience = Experience(
        origins=400 + 14 * np.arange(origins + 1),
        forecast=np.broadcast_to(cumulated(np.full((PRODUCTS, days), RATE)), (origins + 1, PRODUCTS, days + 1)),
        came=cumulated(rng.poisson(RATE, (origins, PRODUCTS, days))),
        rate=before.mean(axis=2),
        spread=before.reshape(origins + 1, PRODUCTS, 13, 7).sum(axis=3).std(axis=2, ddof=1),
    )
    point = reorder.service(experience, leads, REVIEW).point[:, int(np.abs(LEVELS - 0.95).argmin())]
    for which, days in ((is_first, 10 + REVIEW), (~is_first, 20 + REVIEW)):
        formula = RATE * days + Z * np.sqrt(RATE * days)
        assert point[which].mean() == pytest.approx(formula, rel=0.03)


def test_packs_and_least_orders_are_those_of_the_files(stored, demand):
    products, suppliers = (tables.read(stored, name) for name in ("products", "suppliers"))
    found = supply.conditions(demand.goods, demand.days[-1], products, suppliers, None)
    assert set(found.pack) == {6}
    least = pd.Series(found.least).groupby(demand.goods["supplier"]).first()
    assert least.to_dict() == {"S1": 250, "S2": 0}


def test_a_count_from_a_file_is_what_is_on_hand(stored, demand, tmp_path_factory):
    count = given("product,on_hand,on_order\nP000,12,24\nP001,3,\n", "stock_count")
    moves = kept.moves(count, pd.Timestamp(stored.span[1]), None)
    held = supply.stock(demand.goods, moves, demand.days[-1])
    place = pd.Index(demand.goods["product"]).get_indexer(["P000", "P001", "P002"])
    assert held.on_hand[place[:2]].tolist() == [12, 3]
    assert np.isnan(held.on_hand[place[2]])
    assert held.on_order[place].tolist() == [24, 0, 0]
