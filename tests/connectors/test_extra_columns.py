"""Columns of a sales file that no page asks for: kept where they can be compared by, whatever they are called."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from connectors import extras, files, limits, mapping
from data import append, schemas, tables
from models.drift import counted, monitored, watch
from models.sales import overview

NOW = datetime(2026, 5, 1, tzinfo=UTC)
HOSTILE = 'x"; DROP TABLE sales; --'


def superstore(lines: int = 400, seed: int = 1) -> pd.DataFrame:
    """An export as anybody's: Region, Segment, a flag and Profit beside what is asked for; ids, dates and notes too."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2026-01-01", periods=100).strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            "Row ID": range(1, lines + 1),
            "Order ID": [f"CA-{line // 3}" for line in range(lines)],
            "Order Date": days.take(np.sort(rng.integers(0, 100, lines))),
            "Ship Date": days.take(np.sort(rng.integers(0, 100, lines))),
            "Product": rng.choice(["lamp", "desk"], lines),
            "Quantity": rng.integers(1, 9, lines),
            "Sales": rng.uniform(5, 99, lines).round(2),
            "Region": rng.choice(["West", "East", "South"], lines),
            "Postal Code": rng.choice(["90210", "10001"], lines),
            "Gift": rng.integers(0, 2, lines),
            "Profit": rng.normal(3, 5, lines).round(2),
            "Day": rng.choice(["odd", "even"], lines),
            HOSTILE: rng.choice(["a", "b"], lines),
            "Note": [f"note {line}" for line in range(lines)],
        }
    )


def read(frame: pd.DataFrame, name: str = "store.csv"):
    raw = files.read(name, frame.to_csv(index=False).encode(), limit_bytes=10_000_000)
    return mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, name)


def test_kinds_and_measures_are_kept_and_what_names_single_lines_is_not():
    made = read(superstore())
    kinds = {str(name): str(kind) for name, kind in made.main.dtypes.items()}
    assert schemas.extras(kinds) == ["region", "postal_code", "gift", "day_2", "x_drop_table_sales"]
    assert schemas.extras(kinds, "float64") == ["profit"]
    assert set(made.main["gift"]) == {"0", "1"}
    assert made.main["profit"].sum() == pytest.approx(superstore()["Profit"].sum(), abs=1e-9)
    left = next(one for one in made.findings if "are not kept" in one.message)
    assert (left.rows, set(left.examples)) == (2, {"Ship Date", "Note"})  # Row ID is the key of the lines


def test_no_more_columns_are_kept_than_every_line_has_room_for():
    wide = superstore().assign(**{f"Answer {number}": "yes" for number in range(50)})
    kinds = {str(name): str(kind) for name, kind in read(wide).main.dtypes.items()}
    assert len(schemas.extras(kinds)) + len(schemas.extras(kinds, "float64")) == limits.EXTRA


def test_totals_by_a_column_of_ones_own_are_those_of_the_file(tmp_path):
    file = superstore()
    file.loc[5:9, "Region"] = None
    kept = tables.add(tmp_path, read(file), NOW)
    sold = overview.goods(tables.read(kept, columns=overview.wanted(kept.columns["sales"])))
    region = overview.dimension(tables.read(kept, columns=[*overview.ORDER, "region"]), "region")
    ranked = overview.pareto(overview.by(sold, {"region": region}), "region").set_index("level")["revenue"]
    expected = file.fillna({"Region": overview.UNKNOWN}).groupby("Region")["Sales"].sum()
    pd.testing.assert_series_equal(ranked.sort_index(), expected, check_names=False, check_index_type=False)
    east = overview.keep(overview.by(sold, {"region": region}), {"region": ["East"]})
    assert overview.measures(east)["revenue"].item() == pytest.approx(expected["East"])
    named = schemas.extras(kept.columns["sales"])[-1]
    assert len(tables.query(kept, f'SELECT DISTINCT "{named}" FROM sales')) == 2


def test_lines_that_are_added_keep_the_columns_of_the_data(tmp_path):
    file = superstore()
    kept = tables.add(tmp_path, read(file), NOW)
    more = superstore(40, seed=2)
    more["Row ID"] += 1_000
    more["Region"] = "North"
    plan = append.plan(kept, read(more.drop(columns="Gift")).main, True, NOW)
    grown = tables.read(append.add(tmp_path, kept, plan.fresh, "more.csv", NOW))
    assert grown["region"].dtype == "category"
    assert grown["region"].value_counts().to_dict() == {**file["Region"].value_counts().to_dict(), "North": 40}
    assert grown["profit"].sum() == pytest.approx(file["Profit"].sum() + more["Profit"].sum())
    assert grown["gift"].isna().sum() == 40


def test_next_months_file_goes_on_from_the_one_before_without_its_own_columns(tmp_path):
    first = tables.add(tmp_path, read(superstore()), NOW)
    assert tables.add(tmp_path, read(superstore().drop(columns="Region"), "next.csv"), NOW).lineage == first.lineage


def test_drift_watches_them_also_against_bins_that_know_none_of_them(tmp_path):
    """A model that was kept before its data had the column is watched as before; a new one sees the change in it."""
    file = superstore(4_000)
    late = pd.to_datetime(file["Order Date"]) >= "2026-03-15"
    file.loc[late, "Region"] = "West"
    made = read(file)
    sheets = monitored.sales(made.main)
    first, last = date(2026, 1, 1), date(2026, 3, 1)
    frozen = monitored.frozen(sheets, first, last)
    reference = (np.datetime64(first), np.datetime64(last))
    day = np.array([np.datetime64("2026-04-05")])
    drift = watch.backfill(counted.count(sheets, reference, frozen), day).set_index("feature")
    assert drift.loc["region", "psi"] > 1 > 0.3 > drift.loc["gift", "psi"]
    assert {"profit", "quantity"} <= set(drift.index)
    before = {name: cut for name, cut in frozen.items() if name not in ("region", "gift", "profit")}
    assert "region" not in set(watch.backfill(counted.count(sheets, reference, before), day)["feature"])
    bare = monitored.sales(made.main.drop(columns=["region", "gift", "profit"]))  # stored before they were kept
    assert set(watch.backfill(counted.count(bare, reference, frozen), day)["feature"]) <= set(before)


def test_kinds_of_very_many_values_are_no_kinds(monkeypatch):
    monkeypatch.setattr(extras, "LEVELS", 150)
    few, many = (superstore().assign(City=[f"City {line % count}" for line in range(400)]) for count in (140, 160))
    made = read(few)
    assert made.main["city"].nunique() == 140
    assert "city" not in read(many).main
    assert not {"City", "Region"} & set(made.origin.columns.values())  # a recipe needs none of them


def test_addresses_of_mail_web_and_telephones_are_nothing_to_compare_by():
    """Few of them in many lines look like kinds; product codes and groups of digits are kinds."""
    rest = pd.DataFrame(
        {
            "Email": [f"someone{n % 3}@example.org" for n in range(60)],
            "Telephone": [f"+33 6 12 34 56 {n % 3}7" for n in range(60)],
            "Page": [f"https://example.org/{n % 3}" for n in range(60)],
            "Code": [f"12-345-67{n % 3}" for n in range(60)],
            "Region": [f"R{n % 3}" for n in range(60)],
        },
        dtype="str",
    )
    assert list(extras.dimensions(rest, [], [])) == ["code", "region"]
