"""What is read since the last time is what a whole reading would give, but for what is said; and counted rightly."""

import random
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from connectors import BadResponse, ConnectorError, databases
from connectors.databases import Since
from connectors.databases.parts import lowest_read
from tests.connectors.conftest import only
from tests.connectors.test_sql import quiet, said

START = datetime(2024, 1, 1)  # noqa: DTZ001  # as the tables have it
NOW = datetime(2024, 6, 1, tzinfo=UTC)
BACK = timedelta(days=2)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Parts of a few rows, so that every case of sharing and writing again occurs."""
    monkeypatch.setattr(databases.parts, "PART", 40)
    monkeypatch.setattr(databases.parts, "GROUP", 15)


def held(folder) -> dict[int, tuple]:
    """The rows of a folder by their id; each id once."""
    columns = pq.read_table(folder).to_pydict()
    lines = list(zip(*columns.values(), strict=True))
    assert len({line[0] for line in lines}) == len(lines)
    return {line[0]: (line[1] if isinstance(line[1], str) else line[1].isoformat(" "), *line[2:]) for line in lines}


def table(shop) -> dict[int, tuple]:
    """The same as the database has them, by its own driver."""
    found = shop.run("SELECT id, changed, text FROM t")
    return {i: (at if isinstance(at, str) else at.isoformat(" "), text) for i, at, text in found}


class Shop:
    """A table that people and machines write to, with what is true of it: rows by id."""

    def __init__(self, shop) -> None:
        self.shop, self.random, self.clock, self.next = shop, random.Random(7), START, 0
        kind = {"sqlite": "text", "mariadb": "datetime"}.get(shop.kind, "timestamp")
        shop.run(f"CREATE TABLE t (id integer PRIMARY KEY, changed {kind}, text varchar(20))")

    def insert(self, rows: int, ago: timedelta = timedelta(0)) -> None:
        """Rows of now, or of a while ago: late ones."""
        lines = []
        for _row in range(rows):
            if not ago:
                self.clock += timedelta(minutes=self.random.randint(1, 90))
            lines.append(f"({self.next}, '{self.clock - ago}', 'new')")
            self.next += 1
        self.shop.run(f"INSERT INTO t VALUES {', '.join(lines)}")

    def update(self, rows: int) -> set[int]:
        """Rows of any age change, and say when."""
        ids = self.random.sample(sorted(table(self.shop)), rows)
        self.clock += timedelta(minutes=5)
        where = ", ".join(map(str, ids))
        longer = "CONCAT(text, '+')" if self.shop.kind == "mariadb" else "text || '+'"
        self.shop.run(f"UPDATE t SET text = {longer}, changed = '{self.clock}' WHERE id IN ({where})")
        return set(ids)

    def delete(self, *ids: int) -> None:
        """Rows go."""
        self.shop.run(f"DELETE FROM t WHERE id IN ({', '.join(map(str, ids))})")


def test_day_after_day_it_is_what_the_table_is(shop, tmp_path):
    true = Shop(shop)
    true.insert(300)
    since = Since("changed", ("id",), BACK)
    made = databases.fetch("shop", "SELECT * FROM t", tmp_path / "0", quiet, since, NOW)
    assert held(made.folder) == table(shop)
    for day in range(1, 5):
        before, top = held(made.folder), max(at for at, _text in table(shop).values())
        true.insert(true.random.randint(0, 30) + 1)
        true.insert(3, ago=timedelta(hours=30))  # late, within the look-back
        true.update(5)
        there = table(shop)
        recent = max(there)  # of this day: its deletion cannot be missed as it never was here
        latest = max((at, i) for i, (at, _text) in before.items() if i in there)[1]
        true.delete(recent, latest)  # the other was the last of the reading before
        now = table(shop)
        since = Since("changed", ("id",), BACK, before=made.folder)
        made = databases.fetch("shop", "SELECT * FROM t", tmp_path / str(day), quiet, since, NOW)
        assert held(made.folder) == now
        assert not made.whole
        assert made.rows == len(now)
        assert made.read < len(now) / 2
        assert made.changes == databases.Changes(
            new=len(now.keys() - before.keys()),
            late=sum(now[i][0] <= top for i in now.keys() - before.keys()),
            changed=sum(now[i] != before[i] for i in now.keys() & before.keys()),
            deleted=len(before.keys() - now.keys()),
        )
        assert made.changes.deleted
        assert any("Only rows from" in one and "every 7 days" in one for one in said(made))
    parts = sorted(made.folder.glob("*.parquet"))
    assert len(parts) <= 2 + 2 * made.rows / 40  # small ones are put together


@only(["postgresql", "sqlite"])
def test_what_is_far_behind_is_found_when_all_is_read_again(shop, tmp_path):
    true = Shop(shop)
    true.insert(200)
    since = Since("changed", ("id",), BACK)
    first = databases.fetch("shop", "SELECT * FROM t", tmp_path / "0", quiet, since, NOW)
    whole = table(shop)
    true.delete(3, 4)
    true.insert(2, ago=timedelta(days=5))
    true.insert(4)
    again = databases.fetch(
        "shop", "SELECT * FROM t", tmp_path / "1", quiet, Since(*since_of(since), before=first.folder), NOW
    )
    now = table(shop)
    assert held(again.folder) == {**{i: whole[i] for i in (3, 4)}, **{i: now[i] for i in now if i not in (200, 201)}}
    assert again.changes == databases.Changes(4, 0, 0, 0)
    later = NOW + timedelta(days=7)
    all_ = databases.fetch(
        "shop", "SELECT * FROM t", tmp_path / "2", quiet, Since(*since_of(since), before=again.folder), later
    )
    assert all_.whole
    assert held(all_.folder) == now
    assert all_.changes == databases.Changes(new=2, late=2, changed=None, deleted=2)
    assert "2 rows are not in the database any more: they went here too." in said(all_)
    assert "2 rows came late, after others with a higher “changed”." in said(all_)
    # The week counts from that day on.
    since, day = Since(*since_of(since), before=all_.folder), later + timedelta(days=1)
    next_ = databases.fetch("shop", "SELECT * FROM t", tmp_path / "3", quiet, since, day)
    assert not next_.whole


def since_of(since: Since) -> tuple:
    """Its positional part."""
    return since.column, since.key, since.back


def test_a_table_that_was_altered_is_read_whole_and_that_is_said(shop, tmp_path):
    true = Shop(shop)
    true.insert(100)
    first = databases.fetch("shop", "SELECT * FROM t", tmp_path / "0", quiet, Since("changed", ("id",), BACK), NOW)
    shop.run("ALTER TABLE t ADD COLUMN store integer", "UPDATE t SET store = 5 WHERE id = 1")
    since = Since("changed", ("id",), BACK, before=first.folder)
    again = databases.fetch("shop", "SELECT * FROM t", tmp_path / "1", quiet, since, NOW)
    assert again.whole
    assert again.rows == 100
    assert pq.read_table(again.folder, filters=[("id", "=", 1)])["store"].to_pylist() == [5]
    assert "The table was altered since it was last read (store): all was read again." in said(again)
    shop.run("ALTER TABLE t RENAME COLUMN text TO note")
    since = Since("changed", ("id",), BACK, before=again.folder)
    assert any(
        "(text, note)" in one
        for one in said(databases.fetch("shop", "SELECT * FROM t", tmp_path / "2", quiet, since, NOW))
    )
    shop.run("ALTER TABLE t DROP COLUMN note")
    with pytest.raises(ConnectorError, match="note"):
        databases.fetch("shop", "SELECT id, changed, note FROM t", tmp_path / "3", quiet, since, NOW)


def test_a_key_can_be_the_mark_and_several_columns_a_key(shop, tmp_path):
    shop.run("CREATE TABLE t (day integer, line integer, text varchar(9))")
    shop.run("INSERT INTO t VALUES " + ", ".join(f"({i // 5}, {i % 5}, 'a')" for i in range(200)))
    made = databases.fetch("shop", "SELECT * FROM t", tmp_path / "0", quiet, Since("day", ("day", "line"), 3), NOW)
    shop.run("INSERT INTO t VALUES (38, 7, 'late'), (40, 0, 'new')", "DELETE FROM t WHERE day = 39 AND line = 2")
    since = Since("day", ("day", "line"), 3, before=made.folder)
    made = databases.fetch("shop", "SELECT * FROM t", tmp_path / "1", quiet, since, NOW)
    assert made.changes == databases.Changes(new=2, late=1, changed=0, deleted=1)
    assert made.read == 4 * 5 + 1  # days 36 to 40
    columns = pq.read_table(made.folder).to_pydict()
    assert sorted(zip(*columns.values(), strict=True)) == sorted(shop.run("SELECT day, line, text FROM t"))


@only(["sqlite"])
def test_what_is_no_key_or_does_not_grow_is_refused(shop, tmp_path):
    shop.run(
        "CREATE TABLE t (id integer, day text, x real, b blob)",
        "INSERT INTO t VALUES (1, '2024-01-01', 1, x'00'), (1, '2024-01-02', 2, x'01'), (NULL, NULL, 3, NULL)",
    )

    def fetch(column: str, key: tuple[str, ...], back: timedelta) -> databases.Fetched:
        return databases.fetch("shop", "SELECT * FROM t", tmp_path / "0", quiet, Since(column, key, back), NOW)

    with pytest.raises(BadResponse, match="2 rows have no “id” of their own"):
        fetch("day", ("id",), BACK)
    with pytest.raises(BadResponse, match="has no nothing"):
        fetch("day", ("nothing",), BACK)
    with pytest.raises(BadResponse, match="“b” is no date, time or number"):
        fetch("b", ("x",), BACK)
    assert not (tmp_path / "0").exists()
    made = fetch("day", ("x",), BACK)
    assert any("1 rows have no “day”" in one for one in said(made))
    with pytest.raises(BadResponse, match="do not fit"):
        databases.fetch(
            "shop", "SELECT * FROM t", tmp_path / "1", quiet, Since("day", ("x",), 5, before=made.folder), NOW
        )


@only(["postgresql"])
@pytest.mark.parametrize(("column", "key"), [("n", "id"), ("id", "n")])
def test_numbers_of_which_digits_are_lost_tell_nothing_apart(shop, tmp_path, column, key):
    shop.run("CREATE TABLE t (id int, n numeric)", "INSERT INTO t VALUES (1, 9007199254740992), (2, 5)")
    made = databases.fetch("shop", "SELECT * FROM t", tmp_path / "0", quiet, Since(column, (key,), 3), NOW)
    assert made.rows == 2
    shop.run("INSERT INTO t VALUES (3, 123456789012345678901)")  # as a float it is 99 more
    for before in (None, made.folder):
        with pytest.raises(BadResponse, match="“n” has numbers of more digits than are kept"):
            databases.fetch(
                "shop", "SELECT * FROM t", tmp_path / "1", quiet, Since(column, (key,), 3, before=before), NOW
            )


@only(["sqlite"])
def test_another_question_or_a_damaged_folder_is_read_whole(shop, tmp_path):
    true = Shop(shop)
    true.insert(60)
    first = databases.fetch("shop", "SELECT * FROM t", tmp_path / "0", quiet, Since("changed", ("id",), BACK), NOW)
    since = Since("changed", ("id",), BACK, before=first.folder)
    other = databases.fetch("shop", "SELECT * FROM t WHERE id > 5", tmp_path / "1", quiet, since, NOW)
    assert other.whole
    assert any("Something else is asked for" in one for one in said(other))
    sorted(first.folder.glob("*.parquet"))[0].unlink()
    again = databases.fetch("shop", "SELECT * FROM t", tmp_path / "2", quiet, since, NOW)
    assert again.whole
    assert any("damaged or gone" in one for one in said(again))
    assert held(again.folder) == table(shop)


def test_a_day_that_was_mistyped_hides_nothing_new():
    since = Since("changed", ("id",), BACK)
    assert lowest_read(START.replace(year=2999), since, NOW) == START.replace(month=5, day=31)
    assert lowest_read("2999-01-01 00:00:00", since, NOW) == "2024-05-31 00:00:00"
    assert lowest_read(datetime(2024, 5, 1, tzinfo=UTC), since, NOW) == datetime(2024, 4, 29, tzinfo=UTC)
    assert lowest_read("2024-05-01", since, NOW) == "2024-04-29"
    assert lowest_read(1_000, Since("id", ("id",), 10), NOW) == 990
