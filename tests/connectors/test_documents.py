"""Documents that do not agree become columns that hold every value, or say what became of it."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import bson
import pyarrow as pa
import pytest
from bson import Decimal128, Int64, ObjectId, Regex, Timestamp
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.datetime_ms import DatetimeMS

from connectors import BadResponse
from connectors.databases import documents
from connectors.databases.session import LOST

ID = ObjectId("65920080a1b2c3d4e5f60718")
NAME = uuid.UUID(int=10)


def read(*parts, lists=""):
    """Documents in several batches as one table, as a session reads them; and the fields."""
    held = {}
    options = CodecOptions(tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO,
                           uuid_representation=bson.UuidRepresentation.STANDARD)  # fmt: skip
    batches = []
    for part in parts:
        through = [bson.decode(bson.encode(one, codec_options=options), options) for one in part]  # as from a server
        batches.append(documents.batch([row for one in through for row in documents.rows(one, lists)], held))
    fields = documents.fields(held, lists)
    schema = pa.schema([*((field.name, field.kind) for field in fields), (LOST, pa.int64())])
    table = pa.Table.from_batches([documents.fitted(one, schema) for one in batches])
    return table.to_pydict(), {field.name: field for field in fields}


def test_values_of_each_type_arrive_as_they_are():
    moment = datetime(2024, 2, 29, 23, 59, 59, 999_000, tzinfo=UTC)
    document = {
        "_id": ID, "whole": 7, "long": Int64(2**53 + 1), "real": 0.1, "money": Decimal128("12345678901234567890.10"),
        "at": moment, "stamp": Timestamp(1704067200, 3), "flag": True, "text": "é\n\"", "bytes": b"\x00\xff",
        "uuid": NAME, "list": [1, {"a": ID}], "regex": Regex("a.b"), "nothing": None,
        "customer": {"name": "Zoé", "address": {"city": "Lyon"}}, "empty": {}, "we.ird": 1,
    }  # fmt: skip
    found, fields = read([document])
    assert {name: cells[0] for name, cells in found.items()} == {
        "_id": str(ID), "whole": 7, "long": 2**53 + 1, "real": 0.1, "money": Decimal("12345678901234567890.10"),
        "at": moment, "stamp": datetime(2024, 1, 1, tzinfo=UTC), "flag": True, "text": "é\n\"", "bytes": b"\x00\xff",
        "uuid": str(NAME), "list": f'[1, {{"a": "{ID}"}}]', "regex": "Regex('a.b', 0)", "nothing": None,
        "customer.name": "Zoé", "customer.address.city": "Lyon", '["we.ird"]': 1, LOST: 0,
    }  # fmt: skip
    assert fields["money"].kind == pa.decimal128(38, 2)
    assert fields["_id"].key
    assert [name for name, field in fields.items() if field.lists] == ["list"]
    assert {name for name, field in fields.items() if field.said == documents.AS_TEXT} == {"list", "regex"}
    assert next(iter(fields)) == "_id"


def test_numbers_of_several_kinds_are_one_column_that_loses_nothing():
    found, fields = read(
        [{"_id": 1, "x": Decimal128("1.5"), "y": 3, "z": 1}],
        [{"_id": 2, "x": 2**40, "y": 0.25, "z": Decimal128("0.125")}, {"_id": 3, "x": Decimal128("-0.333"), "late": 1}],
    )
    assert found["x"] == [Decimal("1.500"), Decimal(2**40), Decimal("-0.333")]
    assert (fields["x"].kind, fields["y"].kind, fields["late"].kind) == (pa.decimal128(38, 3), pa.float64(), pa.int64())
    assert found["y"] == [3.0, 0.25, None]
    assert found["late"] == [None, None, 1]
    assert not any(field.said for field in fields.values())


def test_what_means_nothing_elsewhere_is_missing_and_counted():
    found, _fields = read(
        [{"_id": 1, "x": float("nan"), "d": Decimal128("Infinity"), "t": DatetimeMS(10**17)}, {"_id": 2, "x": 1.0}]
    )
    assert (found["x"], found["d"], found["t"], found[LOST]) == ([None, 1.0], [None, None], [None, None], [3, 0])


def test_too_many_digits_for_a_decimal_become_a_float_and_that_is_said():
    found, fields = read([{"_id": 1, "x": Decimal128("1E-30")}], [{"_id": 2, "x": Decimal128("12345678901234567890")}])
    assert fields["x"].kind == pa.float64()
    assert fields["x"].said == documents.AS_FLOAT
    assert found["x"] == [1e-30, 12345678901234567890.0]


@pytest.mark.parametrize("together", [True, False])
def test_kinds_that_do_not_mix_are_text_and_said(together):
    parts = [{"_id": 1, "x": 5}], [{"_id": 2, "x": "five"}], [{"_id": 3, "x": True}], [{"_id": 4, "x": b"\x01"}]
    found, fields = read([one for part in parts for one in part]) if together else read(*parts)
    assert found["x"] == ["5", "five", "true", "01"]
    assert fields["x"].said == documents.MIXED
    assert fields["x"].type == "binData, bool, int, string"


def test_a_list_has_a_row_an_element_as_unwind_of_mongodb_has_it():
    lines = [
        {"_id": 1, "day": "a", "lines": [{"sku": "A", "qty": 2}, {"sku": "B", "tags": ["x"]}]},
        {"_id": 2, "day": "b", "lines": []},
        {"_id": 3, "day": "c"},
        {"_id": 4, "day": "d", "lines": {"sku": "C", "qty": 1}},
        {"_id": 5, "day": "e", "lines": [7]},
    ]
    found, fields = read(lines, lists="lines")
    assert found["_id"] == [1, 1, 2, 3, 4, 5]
    assert found["lines #"] == [1, 2, 0, 0, 1, 1]
    assert found["day"] == ["a", "a", "b", "c", "d", "e"]
    assert found["lines.sku"] == ["A", "B", None, None, "C", None]
    assert found["lines.qty"] == [2, None, None, None, 1, None]
    assert found["lines.tags"] == [None, '["x"]', None, None, None, None]
    assert found["lines"] == [None, None, None, None, None, 7]
    assert [name for name, field in fields.items() if field.key] == ["_id", "lines #"]


def test_a_list_inside_of_a_field_has_rows_too():
    found, _fields = read([{"_id": 1, "order": {"no": 9, "lines": [{"qty": 2}, {"qty": 3}]}}], lists="order.lines")
    assert (found["order.no"], found["order.lines.qty"]) == ([9, 9], [2, 3])


def test_names_that_are_values_are_refused_before_there_is_no_room():
    with pytest.raises(BadResponse, match="more than 2000 different fields"):
        read([{"_id": 1, "days": {str(day): day for day in range(2_001)}}])


def test_what_is_new_fits_an_earlier_reading_or_does_not():
    known = {"_id": "string", "x": "decimal128(38, 2)", "y": "double", "t": "string", "gone": "int64"}

    def fits(**fields):
        _found, of = read([{"_id": ID, **fields}])
        return documents.fitting(list(of.values()), known)

    made = fits(x=Decimal128("1.5"), y=3, t=None)
    assert [(field.name, str(field.kind)) for field in made] == list(known.items())
    assert [field.name for field in made if field.key] == ["_id"]
    assert fits(x=7, t="a")
    assert fits() is not None
    for other in ({"x": Decimal128("0.125")}, {"x": 0.5}, {"gone": 1.5}, {"gone": "x"}, {"fresh": 1}, {"y": "a"}):
        assert fits(**other) is None
