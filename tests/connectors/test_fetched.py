"""What is kept of a database is what its table holds, whatever happened on the way, and none of its secrets."""

import io
from datetime import UTC, datetime

import pytest

import settings
from connectors import BadResponse, child, databases, fetched, mapping, pieces
from data import tables
from tests.connectors.conftest import only
from tests.connectors.test_sql import quiet

NOW = datetime(2024, 6, 1, tzinfo=UTC)
ROWS = 60
TOTAL = sum((i % 4 + 1) * 1.25 for i in range(ROWS))


@pytest.fixture
def lines(shop):
    """Lines of a shop: of line i (i % 4 + 1) units were sold at 1.25, on a day of January."""
    kind = {"sqlite": "text", "mariadb": "datetime"}.get(shop.kind, "timestamp")
    shop.run(
        f"CREATE TABLE sold (id integer PRIMARY KEY, sold_at {kind}, product varchar(20), quantity integer, "
        "unit_price numeric(10,2))"
    )
    values = (f"({i}, '2024-01-{1 + i // 2:02d} 12:00:00', 'P{i % 3}', {i % 4 + 1}, 1.25)" for i in range(ROWS))
    shop.run(f"INSERT INTO sold VALUES {', '.join(values)}")
    return shop


def bring(home, step=quiet, column="sold_at", key=("id",)):
    found = {one.name: one for one in databases.tables("shop")}["sold"]
    return fetched.bring(home, "shop", databases.select("shop", found), "shop: sold", column, key, step, NOW)


def sums(home, kept):
    raw = fetched.raw(home, kept, 10_000_000)
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, kept.name)
    assert not made.questions
    return len(made.main), (made.main["quantity"] * made.main["unit_price"]).sum(), made


def test_a_table_is_read_as_a_file_and_goes_on_by_its_recipe(lines, home):
    kept, changes = bring(home)
    assert changes is None
    rows, total, made = sums(home, kept)
    assert (rows, total) == (ROWS, TOTAL)
    stored = tables.add(home, made, NOW)
    lines.run("INSERT INTO sold VALUES (900, '2024-02-01 12:00:00', 'P1', 8, 1.25)", "DELETE FROM sold WHERE id = 59")
    again, changes = bring(home)
    assert (changes.new, changes.late, changes.changed, changes.deleted) == (1, 0, 0, 1)
    frame = fetched.dataset(home, again, stored, 10_000_000, NOW).main
    assert (frame["quantity"] * frame["unit_price"]).sum() == TOTAL + 8 * 1.25 - (59 % 4 + 1) * 1.25
    assert fetched.known(home) == [again]


@only(["sqlite"])
def test_what_its_own_rules_clean_is_read_whole_however_many_rows_it_has(shop, home, monkeypatch):
    """The columns of Online Retail, which are understood by no recipe: of a table in pieces only some rows are here."""
    monkeypatch.setattr(child, "_inside", io.BytesIO())
    for name, rows in {"LARGE_ROWS": 100, "PIECE_ROWS": 150, "SAMPLE": 50, "RUN": 10}.items():
        monkeypatch.setattr(pieces, name, rows)
    shop.run(
        'CREATE TABLE sold ("InvoiceNo" text, "StockCode" text, "Description" text, "Quantity" integer, '
        '"InvoiceDate" text, "UnitPrice" numeric(10,2), "CustomerID" text, "Country" text)'
    )
    lines = (f"('{536000 + i}', '85{i % 9}23A', 'LAMP', {i % 4 + 1}, '2011-01-{1 + i // 20:02d} 08:26:00', 2.5, "
            f"'17850', 'France')" for i in range(400))  # fmt: skip
    shop.run(f"INSERT INTO sold VALUES {', '.join(lines)}")
    kept, _changes = bring(home, column=None, key=())
    made = mapping.dataset(fetched.raw(home, kept, 10_000_000), NOW, kept.name)
    stored = tables.add(home, made, NOW)
    frame = fetched.dataset(home, kept, stored, 10_000_000, NOW).main
    assert len(frame) == 400
    assert (frame["quantity"] * frame["unit_price"]).sum() == 2_500  # 100 x (1 + 2 + 3 + 4) x 2.50


def test_nothing_that_is_kept_holds_how_to_get_in(lines, home):
    bring(home)
    url = settings.get().databases["shop"].get_secret_value().encode()
    for path in home.rglob("raw/databases/**/*"):
        assert path.is_dir() or url not in path.read_bytes()


@only(["sqlite"])
@pytest.mark.parametrize("share", [0.0, 0.9, 0.92])
def test_what_fails_on_the_way_leaves_the_reading_before(lines, home, share):
    kept, _changes = bring(home)
    lines.run("INSERT INTO sold VALUES (900, '2024-02-01 12:00:00', 'P1', 8, 1.25)")

    def fails(message, done):
        if done >= share:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        bring(home, fails)
    assert fetched.known(home) == [kept]
    assert sums(home, kept)[:2] == (ROWS, TOTAL)
    assert sorted(one.name for one in (home / "raw" / "databases" / kept.id).iterdir()) == sorted(
        ["kept.json", kept.reading]
    )


@only(["sqlite"])
def test_a_column_that_cannot_tell_what_is_new_is_refused_at_once(lines, home):
    with pytest.raises(BadResponse, match="look-back do not fit"):
        bring(home, column="product")
    assert not fetched.known(home)


@only(["sqlite"])
def test_more_than_is_taken_is_refused(lines, home, monkeypatch):
    monkeypatch.setattr(fetched.limits, "FETCHED", 5 * ROWS - 1)
    with pytest.raises(BadResponse, match="write a SELECT"):
        bring(home)
    assert not fetched.known(home)


@only(["sqlite"])
def test_what_is_damaged_is_no_reading_and_what_is_removed_is_gone(lines, home):
    kept, _changes = bring(home)
    (home / "raw" / "databases" / kept.id / "kept.json").write_text('{"id": 7}')
    assert fetched.known(home) == []
    kept, _changes = bring(home)
    fetched.forget(home, kept)
    assert not (home / "raw" / "databases" / kept.id).exists()
    with pytest.raises(fetched.NotFound, match="fetch it again"):
        fetched.raw(home, kept, 10_000_000)


@only(["sqlite"])
def test_an_emptied_table_whose_kinds_are_lost_is_a_sentence(lines, home):
    kept, _changes = bring(home)
    lines.run("DELETE FROM sold")
    with pytest.raises(BadResponse, match="without a single row"):
        bring(home)
    assert fetched.known(home) == [kept]
