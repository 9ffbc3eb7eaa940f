"""Collections of servers that speak as MongoDB does arrive as documents are, whole and by what is new."""

import random
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from bson import Decimal128, ObjectId
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from connectors import BadResponse, ConnectorError, NotFound, Unavailable, databases
from connectors.databases import Since, mongo
from connectors.databases.parts import lowest_read
from tests import stores
from tests.connectors.test_sql import quiet, said

NOW = datetime(2024, 6, 1, tzinfo=UTC)
START = datetime(2024, 1, 1, tzinfo=UTC)
BACK, HOURS = timedelta(days=2), timedelta(hours=6)


@pytest.fixture(scope="module")
def url():
    """A server that knows the types of BSON and asks for a password, with a database in its URL."""
    if reason := stores.missing("mongoeco"):
        pytest.skip(reason)
    program, peer = stores.FOLDER / "mongoeco" / "bin" / "python", stores.ROOT / "tests" / "mongo_peer.py"
    with stores.running(lambda _folder, port: [program, peer, str(port)], "mongoeco") as port:
        yield f"mongodb://ana:hunter2@127.0.0.1:{port}/shop?authSource=admin&authMechanism=SCRAM-SHA-256"


@pytest.fixture
def orders(url, named, request):
    """An empty collection of a database of its own, "shop" in the settings."""
    name = f"t{abs(hash(request.node.nodeid)) % 10**9}"
    named(shop=url.replace("/shop?", f"/{name}?"))
    with MongoClient(url) as client:
        yield client[name]["orders"]


def read(folder):
    return pq.read_table(folder).to_pydict()


def test_a_collection_is_listed_looked_at_and_read(orders, tmp_path):
    documents = [
        {"_id": ObjectId.from_datetime(START + timedelta(hours=i)), "at": START + timedelta(hours=i), "qty": i % 7,
         "price": Decimal128(f"{i % 90}.25"), "customer": {"name": f"é{i}", "city": {"zip": "07" if i % 2 else None}},
         "lines": [{"sku": f"S{j}", "n": j} for j in range(i % 3)]}
        for i in range(150)
    ]  # fmt: skip
    orders.insert_many(documents)
    assert [table.name for table in databases.tables("shop")] == ["orders"]
    table = databases.tables("shop")[0]
    query = databases.select("shop", table)
    shown = databases.preview("shop", query, 8)
    assert len(shown.frame) == 8
    assert shown.lists == ("lines",)
    assert [column.name for column in shown.columns if column.key] == ["_id"]
    shares = []
    made = databases.fetch("shop", query, tmp_path / "0", lambda _message, share: shares.append(share))
    found = read(made.folder)
    assert found["_id"] == [str(one["_id"]) for one in documents]
    assert found["at"] == [one["at"] for one in documents]
    assert found["price"] == [one["price"].to_decimal() for one in documents]
    assert sum(found["price"]) == sum(Decimal(i % 90) + Decimal("0.25") for i in range(150))
    assert found["customer.city.zip"] == [one["customer"]["city"]["zip"] for one in documents]
    assert shares == sorted(shares)
    assert any("kept as text" in one for one in said(made))
    each = databases.fetch("shop", databases.select("shop", table, "lines"), tmp_path / "1", quiet)
    assert each.rows == sum(max(i % 3, 1) for i in range(150))
    assert sum(filter(None, read(each.folder)["lines.n"])) == sum(j for i in range(150) for j in range(i % 3))


@pytest.mark.parametrize("column", ["changed", "_id"])
def test_day_after_day_it_is_what_the_collection_is(orders, tmp_path, column, monkeypatch):
    monkeypatch.setattr(databases.parts, "PART", 20)
    monkeypatch.setattr(databases.parts, "GROUP", 7)
    chance = random.Random(5)
    clock = START

    def insert(count, ago=timedelta(0)):
        nonlocal clock
        for _one in range(count):
            clock += timedelta(minutes=chance.randint(1, 90))
            identity = ObjectId.from_datetime(clock - ago)
            identity = ObjectId(str(identity)[:8] + f"{chance.randrange(16**16):016x}")
            orders.insert_one(
                {"_id": identity, "changed": clock - ago, "text": "new", "in": {"n": chance.randint(0, 9)}}
            )

    def true():
        return {str(one["_id"]): (one["text"], one["in"]["n"]) for one in orders.find()}

    def held(folder):
        found = read(folder)
        assert len(set(found["_id"])) == len(found["_id"])
        return {key: (text, n) for key, text, n in zip(found["_id"], found["text"], found["in.n"], strict=True)}

    insert(60)
    query = mongo.whole("orders", "")
    made = databases.fetch("shop", query, tmp_path / "0", quiet, Since(column, ("_id",), HOURS), NOW)
    assert held(made.folder) == true()
    for number in range(1, 3):
        before = true()
        insert(chance.randint(1, 9))
        insert(3, ago=timedelta(hours=3))
        if column == "changed":
            clock += timedelta(minutes=5)
            for key in chance.sample(sorted(before), 5):
                orders.update_one({"_id": ObjectId(key)}, {"$set": {"text": f"changed {number}", "changed": clock}})
        orders.delete_one({"_id": max(one["_id"] for one in orders.find({"text": "new"}))})
        since = Since(column, ("_id",), HOURS, before=made.folder)
        made = databases.fetch("shop", query, tmp_path / str(number), quiet, since, NOW)
        now = true()
        assert held(made.folder) == now
        assert (made.whole, made.changes.new) == (False, len(now.keys() - before.keys()))
        assert made.read < len(now) or column == "_id"  # which this server compares with text, too
        assert made.changes.deleted == len(before.keys() - now.keys())
        assert made.changes.changed == sum(now[one] != before[one] for one in now.keys() & before.keys())


def test_a_field_that_is_new_is_found_and_all_is_read_again(orders, tmp_path):
    orders.insert_many([{"_id": i, "at": START + timedelta(days=i), "x": i} for i in range(30)])
    query = mongo.whole("orders", "")
    made = databases.fetch("shop", query, tmp_path / "0", quiet, Since("at", ("_id",), BACK), NOW)
    orders.insert_one({"_id": 30, "at": START + timedelta(days=30), "x": 1.5, "store": "Lyon"})
    orders.delete_one({"_id": 3})
    made = databases.fetch("shop", query, tmp_path / "1", quiet, Since("at", ("_id",), BACK, before=made.folder), NOW)
    assert made.whole
    assert "The table was altered since it was last read (x, store): all was read again." in said(made)
    found = read(made.folder)
    assert (found["store"][-1], found["x"][-1], len(found["x"])) == ("Lyon", 1.5, 30)
    orders.delete_many({})
    assert databases.fetch("shop", query, tmp_path / "2", quiet).rows == 0


def test_cancelled_or_too_long_it_leaves_nothing(orders, tmp_path, monkeypatch):
    before = threading.active_count()
    orders.insert_many([{"_id": i, "text": "x" * 100} for i in range(40)])
    query = mongo.whole("orders", "")

    class Enough(Exception):
        """Somebody cancelled."""

    def cancel(_message, share):
        if share > 0.6:
            raise Enough

    with pytest.raises(Enough):
        databases.fetch("shop", query, tmp_path / "0", cancel)

    def slow(*_given):
        raise OperationFailure("operation exceeded time limit", 50)

    monkeypatch.setattr(mongo, "_documents", slow)
    with pytest.raises(Unavailable, match="and was stopped"):
        databases.fetch("shop", query, tmp_path / "0", quiet)
    assert not list(tmp_path.glob("*0*"))
    assert threading.active_count() < before + 20


def test_what_is_not_there_or_not_allowed_is_a_sentence(orders, named, url, tmp_path, monkeypatch):
    with pytest.raises(NotFound, match=r"no such table.*nowhere"):
        databases.fetch("shop", mongo.whole("nowhere", ""), tmp_path / "0", quiet)
    for query in ("{}", "[1]", "DROP", '{"find": "x"}'):
        with pytest.raises(BadResponse, match="Choose a collection"):
            databases.preview("shop", query, 5)
    wrong = url.replace("hunter2", "hunter3")
    named(
        gone="mongodb://ana:hunter2@127.0.0.1:9/shop",
        none=url.replace("/shop?", "/?"),
        odd="mongodb://ana:hunter2@:x/shop",
        wrong=wrong,
    )
    monkeypatch.setattr(mongo, "CONNECT_SECONDS", 1)
    for source, sentence in (
        ("gone", "cannot be reached"),
        ("none", "ends without a database"),
        ("odd", "cannot be read"),
        ("wrong", "does not let Vigie in"),
    ):
        with pytest.raises(ConnectorError, match=sentence) as error:
            databases.tables(source)
        assert "hunter" not in str(error.value)


@pytest.mark.parametrize(
    ("code", "sentence"), [(18, "does not let Vigie in"), (13, "may not read this"), (1, "does not run this")]
)
def test_what_the_server_refuses_is_told_without_the_password(shop, named, url, monkeypatch, code, sentence):
    named(shop=url)

    def refuse(_self, *_given, **_more):
        raise OperationFailure(f"{url}: no", code)

    monkeypatch.setattr("pymongo.database.Database.list_collection_names", refuse)
    with pytest.raises(ConnectorError, match=sentence) as error:
        databases.tables("shop")
    assert "hunter" not in str(error.value)


def test_many_documents_of_another_server_arrive_in_parts(named, tmp_path, monkeypatch):
    if reason := stores.missing("nx-27017"):
        pytest.skip(reason)
    monkeypatch.setattr(mongo, "BATCH", 1_000)
    program = stores.FOLDER / "nx-27017" / "bin" / "nx-27017"

    def command(folder, port):  # it is killed, and would leave its number where the next one looks
        own = ["--pid-file", folder / "pid", "--log-file", folder / "own.log"]
        return [program, "--db", folder / "a.db", "-p", str(port), *own]

    with stores.running(command, "nx-27017") as port:
        with MongoClient(f"mongodb://127.0.0.1:{port}") as client:
            for start in range(0, 6_000, 2_000):
                client["shop"]["sold"].insert_many(
                    [
                        {"_id": i, "at": START + timedelta(minutes=30 * i), "in": {"n": i % 9}}
                        for i in range(start, start + 2_000)
                    ]
                )
        named(shop=f"mongodb://127.0.0.1:{port}/shop")
        made = databases.fetch("shop", mongo.whole("sold", ""), tmp_path / "0", quiet, Since("at", ("_id",), BACK), NOW)
        found = read(made.folder)
        assert found["_id"] == list(range(6_000))
        assert found["at"][-1] == START + timedelta(minutes=30 * 5_999)
        assert sum(found["in.n"]) == sum(i % 9 for i in range(6_000))
        since = Since("at", ("_id",), BACK, before=made.folder)
        again = databases.fetch("shop", mongo.whole("sold", ""), tmp_path / "1", quiet, since, NOW)
        assert (again.read, again.rows, again.whole) == (97, 6_000, False)


def test_an_objectid_says_when_it_was_made():
    high = str(ObjectId.from_datetime(datetime(2024, 5, 1, 12, tzinfo=UTC)))
    since = Since("_id", ("_id",), BACK)
    low = lowest_read(high, since, NOW)
    assert ObjectId(low).generation_time == datetime(2024, 4, 29, 12, tzinfo=UTC)
    late = str(ObjectId.from_datetime(datetime(2090, 1, 1, tzinfo=UTC)))  # a clock that was wrong hides nothing new
    assert ObjectId(lowest_read(late, since, NOW)).generation_time == datetime(2024, 5, 31, tzinfo=UTC)
