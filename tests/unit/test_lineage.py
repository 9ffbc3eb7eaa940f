"""What a dataset continues: next month's file of the same customers or sales, and nobody else's."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from data import append, demo, tables
from data.dataset import Dataset, Origin
from data.demo import customers as people
from data.demo import sales as shops

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def keep(home, table, frame, name="mine.csv", kind="upload", later=0):
    return tables.add(home, Dataset(table, {table: frame}, Origin(kind, name)), NOW + timedelta(days=later))


@pytest.fixture(scope="module")
def shop():
    return shops.generate(date(2026, 1, 3), years=1, customers=150, products=40)["sales"]


@pytest.fixture(scope="module")
def telco():
    """Customers counted from 1, as many systems do."""
    return people.generate(800, seed=3).assign(customer_id=[str(n + 1) for n in range(800)])


def a_month_later(customers, seed=0):
    """Who is still here, a month older, some on another contract, a tenth new, other rows first."""
    rng = np.random.default_rng(seed)
    here = customers[~customers["churned"]].copy()
    here["tenure"] += 1
    moved = rng.random(len(here)) < 0.05
    here.loc[moved, "contract"] = "Two year"
    fresh = people.generate(80, seed=77).assign(customer_id=[f"new {n}" for n in range(80)])
    both = pd.concat([here, fresh], ignore_index=True).assign(churned=lambda one: rng.random(len(one)) < 0.1)
    return both.sample(frac=1, random_state=1).reset_index(drop=True)


def test_next_month_s_file_of_the_same_customers_goes_on_and_so_does_the_one_after(tmp_path, telco):
    first = keep(tmp_path, "customers", telco)
    assert first.lineage == first.version
    month = a_month_later(telco)
    second = keep(tmp_path, "customers", month, "april.csv", later=31)
    third = keep(tmp_path, "customers", a_month_later(month, 1), "may.csv", later=61)
    assert second.lineage == third.lineage == first.version


@pytest.mark.parametrize("seed", range(5))
def test_another_company_with_the_same_counter_begins_a_lineage_of_its_own(tmp_path, telco, seed):
    mine = keep(tmp_path, "customers", telco)
    ids = telco["customer_id"]
    theirs = keep(tmp_path, "customers", people.generate(len(ids), seed=100 + seed).assign(customer_id=ids))
    assert theirs.lineage == theirs.version != mine.lineage
    assert keep(tmp_path, "customers", a_month_later(telco), later=31).lineage == mine.lineage


def test_a_file_without_a_column_that_a_model_may_have_learned_from_begins_anew(tmp_path, telco):
    first = keep(tmp_path, "customers", telco)
    fewer = keep(tmp_path, "customers", a_month_later(telco).drop(columns="contract"), later=31)
    assert fewer.lineage != first.lineage


def test_more_of_the_same_sales_go_on_even_where_the_first_days_are_gone(tmp_path, shop):
    early = shop[shop["timestamp"] < pd.Timestamp("2025-11-01")]
    first = keep(tmp_path, "sales", early)
    assert keep(tmp_path, "sales", shop, "all.csv").lineage == first.lineage
    rolling = shop[shop["timestamp"] >= pd.Timestamp("2025-06-01")]
    assert keep(tmp_path, "sales", rolling, "rolling.csv").lineage == first.lineage


def test_another_shop_with_the_same_days_begins_a_lineage_of_its_own(tmp_path, shop):
    mine = keep(tmp_path, "sales", shop)
    other = shops.generate(date(2026, 1, 3), years=1, customers=150, products=40, seed=8)["sales"]
    theirs = keep(tmp_path, "sales", other)
    assert theirs.span[0].date() == mine.span[0].date()
    assert theirs.lineage != mine.lineage


def test_added_lines_and_the_next_download_stay_in_theirs(tmp_path, shop):
    half = shop[shop["timestamp"] < pd.Timestamp("2025-07-01")].reset_index(drop=True)
    rest = shop[shop["timestamp"] >= pd.Timestamp("2025-07-01")]
    first = keep(tmp_path, "sales", half)
    assert append.add(tmp_path, first, rest, "july.csv", NOW).lineage == first.lineage
    download = keep(tmp_path, "sales", half.assign(source="x"), "shop", "download")
    assert keep(tmp_path, "sales", rest.assign(source="x"), "shop", "download").lineage == download.lineage
    assert download.lineage != first.lineage
    assert demo.dataset("customers", date(2026, 3, 1)).origin.kind == "demo"


def test_the_analyst_may_say_what_a_dataset_goes_on_from(tmp_path, shop):
    first = keep(tmp_path, "sales", shop[shop["timestamp"] < pd.Timestamp("2025-07-01")])
    rest = shop[shop["timestamp"] >= pd.Timestamp("2025-07-01")]
    july = Dataset("sales", {"sales": rest}, Origin("upload", "july.csv"))
    assert tables.add(tmp_path, july, NOW).lineage != first.lineage  # no day in common: nobody can tell
    told = replace(july, origin=Origin("upload", "again.csv"), lineage=first.lineage)
    assert tables.add(tmp_path, told, NOW).lineage == first.lineage


def test_datasets_from_before_lineages_have_the_one_that_their_past_says(tmp_path, shop):
    half = shop[shop["timestamp"] < pd.Timestamp("2025-07-01")].reset_index(drop=True)
    first = keep(tmp_path, "sales", half)
    second = append.add(tmp_path, first, shop[shop["timestamp"] >= pd.Timestamp("2025-12-01")], "a.csv", NOW)
    third = append.add(tmp_path, second, shop[shop["timestamp"].dt.month == 11], "b.csv", NOW)
    download = keep(tmp_path, "sales", half, "shop", "download")
    for kept in (first, second, third, download):
        path = kept.folder / tables.DESCRIPTION
        description = json.loads(path.read_bytes())
        del description["lineage"], description["seal"]
        path.write_text(json.dumps(description))
    derived = {kept.version: kept.lineage for kept in tables.stored(tmp_path, "sales")}
    assert derived == dict.fromkeys((first.version, second.version, third.version), first.version) | {
        download.version: "download shop"
    }


def test_the_same_file_again_keeps_the_lineage_it_had(tmp_path, telco):
    tiny = telco.head(2)
    kept = tables.add(tmp_path, Dataset("customers", {"customers": tiny}, Origin("upload", "a"), lineage="mine"), NOW)
    assert kept.lineage == "mine"
    assert keep(tmp_path, "customers", tiny, "a").lineage == "mine"
