"""A table read in pieces is the table that it is when it is read at once; what does not fit is refused with its row."""

import gzip
import io
import tracemalloc
import zipfile
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from connectors import InvalidFile, child, files, lines, mapping, parted, pieces
from data import tables
from data.dataset import Dataset

NOW = datetime(2025, 3, 1, tzinfo=UTC)
ROWS = 2_400


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Pieces of some hundred rows, read in this process."""
    monkeypatch.setattr(child, "_inside", io.BytesIO())
    monkeypatch.setattr(pieces, "LARGE", 40_000)
    monkeypatch.setattr(pieces, "LARGE_ROWS", 400)
    monkeypatch.setattr(pieces, "PIECE", 60_000)
    monkeypatch.setattr(pieces, "PIECE_ROWS", 1_000)
    monkeypatch.setattr(pieces, "SAMPLE", 600)
    monkeypatch.setattr(pieces, "RUN", 20)


def sold(rows=ROWS) -> pd.DataFrame:
    """Lines of a shop, by day: the first months have no day that cannot be a month."""
    random = np.random.default_rng(3)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows) * 400 // rows, "D")
    return pd.DataFrame(
        {
            "Commande": [f"A{n // 3:06d}" for n in range(rows)],
            "Date": days.strftime("%d/%m/%Y"),
            "Magasin": random.choice(["Lyon", "Nîmes", "Brest"], rows),
            "Article": [f"{n:04d}" for n in random.integers(0, 60, rows)],
            "Quantité": random.integers(1, 9, rows),
            "Prix unitaire": [f"{price / 100:.2f}".replace(".", ",") for price in random.integers(100, 200_000, rows)],
            "Région": random.choice(["Nord", "Sud"], rows),
        }
    )  # fmt: skip


def text(frame, sep=";", **options) -> str:
    return frame.to_csv(index=False, sep=sep, lineterminator="\n", **options)


def made(name, content, tmp_path, choices=None) -> tuple[Dataset, Dataset]:
    """The dataset of a file read in pieces, and that of the file read at once, by the same columns."""
    raw = files.read(name, content, 10_000_000, into=tmp_path / "into")
    columns = mapping.guess(raw.frame, "sales")
    assert raw.parts is not None
    assert len(raw.frame) < raw.rows
    whole = files.read(name, content, 10_000_000)
    return (
        parted.apply(raw, "sales", columns, NOW, name, choices=choices),
        mapping.apply(whole, "sales", columns, NOW, name, choices=choices),
    )


def same(found: Dataset, expected: Dataset) -> None:
    assert found.written is not None
    assert found.written.rows == len(expected.main)
    got = pd.read_parquet(found.written.file).astype(found.written.kinds)
    pd.testing.assert_frame_equal(got, expected.main.reset_index(drop=True), check_categorical=False)
    assert found.origin.readings == expected.origin.readings
    assert found.origin.columns == expected.origin.columns


WRITTEN = {
    "plain": lambda frame: text(frame).encode(),
    "western": lambda frame: text(frame).encode("cp1252"),
    "of a spreadsheet": lambda frame: text(frame, "\t").encode("utf-16"),
    "with titles, a header on each page and totals": lambda frame: (
        "Ventes du magasin\nexport du 1 mars\n\n" + text(frame[:1_600]) + text(frame[1_600:]) + "Total;;;;123;;\n"
    ).encode("utf-8-sig"),
    "quoted, with lines in cells": lambda frame: text(
        frame.assign(Note=np.where(np.arange(len(frame)) % 7, "", 'dit "oui";\nou non')), quoting=1
    ).encode(),
    "with marks that are inches": lambda frame: text(frame).replace(";Lyon;", ';Lyon 5" Nord;', 999).encode(),
    "lines ending as on Windows": lambda frame: text(frame).replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_file_in_pieces_is_the_file(kind, tmp_path):
    found, expected = made("ventes.csv", WRITTEN[kind](sold()), tmp_path)
    same(found, expected)
    assert len(expected.main) == ROWS
    assert found.origin.readings["dates:Date"] == "day first"
    if "totals" in found.origin.readings:
        assert next(one for one in found.readings if one.key == "totals").values["rows"] == str(ROWS + 6)
    counted = {one.message: one.rows for one in expected.findings if one.rows and "rows of the file" not in one.message}
    there = {one.message: one.rows for one in found.findings}
    assert {message: there.get(message) for message in counted} == counted


def test_packed_files_and_parquet_are_too(tmp_path):
    frame = sold()
    content = text(frame).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ventes.csv", content)
    parquet = io.BytesIO()
    frame.to_parquet(parquet, index=False)
    for name, one in (
        ("v.csv.gz", gzip.compress(content)),
        ("v.zip", packed.getvalue()),
        ("v.parquet", parquet.getvalue()),
    ):
        same(*made(name, one, tmp_path / name))
    cut_off = gzip.compress(content)[:-2_000] + gzip.compress(content)[-8:]
    with pytest.raises(InvalidFile, match="packed file is damaged"):
        files.read("v.csv.gz", cut_off, 10_000_000, into=tmp_path)


def test_what_cannot_be_read_is_refused_with_its_row_in_the_file(tmp_path):
    frame = sold()
    frame["Quantité"] = frame["Quantité"].astype(str)
    frame.loc[1_950, "Quantité"] = "beaucoup"
    raw = files.read("v.csv", text(frame).encode(), 10_000_000, into=tmp_path)
    with pytest.raises(InvalidFile) as refused:
        parted.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "v.csv")
    assert refused.value.report[["row", "column", "value"]].to_numpy().tolist() == [[1_952, "Quantité", "beaucoup"]]
    short = text(sold()).splitlines(keepends=True)
    short[2_000] = "A1;02/03/2024;Lyon\n"
    with pytest.raises(InvalidFile) as refused:
        files.read("v.csv", "".join(short).encode(), 10_000_000, into=tmp_path)
    assert list(refused.value.report["row"]) == [2_001]


def test_a_file_of_one_line_is_refused_before_its_cells_are_parted(tmp_path):
    tracemalloc.start()
    with pytest.raises(InvalidFile, match="one line"):
        files.read("v.csv", b"1,2," * 150_000, 10_000_000, into=tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000  # ten times the file, as text and as cells, would be more


def test_a_question_that_one_piece_alone_raises_is_not_decided(tmp_path):
    """Lines that came back without a minus, of which no row that was looked at tells."""
    frame = sold().assign(Type="vente")
    raw = files.read("v.csv", text(frame).encode(), 10_000_000, into=tmp_path / "a")
    unseen = next(row for row in range(1_200, ROWS) if row not in raw.frame.index and row + 1 not in raw.frame.index)
    frame.loc[unseen + 1, "Type"] = "retour"
    raw = files.read("v.csv", text(frame).encode(), 10_000_000, into=tmp_path / "b")
    with pytest.raises(InvalidFile, match="raise a question that the rest does not") as refused:
        parted.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, "v.csv")
    first, last = refused.value.values["first"], refused.value.values["last"]
    assert first <= unseen + 3 <= last <= first + 1  # with one row beside it that did not come back


def test_the_shipping_of_an_order_is_counted_once_wherever_pieces_end(tmp_path):
    frame = sold()
    frame["Frais de port"] = 4 + np.arange(ROWS) // 3 % 5
    ends = np.cumsum([len(line.encode()) for line in text(frame).splitlines(keepends=True)])
    frame = frame[: int(np.searchsorted(ends, pieces.PIECE)) // 3 * 3 + 3]  # one order or two are left: too few to tell
    shipping, orders = frame["Frais de port"], len(frame) // 3
    choices = {"charge:Frais de port": "paid by customers"}
    found, expected = made("v.csv", text(frame).encode(), tmp_path, choices)
    paid = pd.read_parquet(found.written.file)
    there = paid[paid["line_type"] == "shipping"]
    assert (
        there["amount"].sum() == shipping[::3].sum() == expected.main.query("line_type == 'shipping'")["amount"].sum()
    )
    assert there["invoice"].is_unique
    assert found.written.rows == len(frame) + orders


def test_lines_that_stand_there_again_are_found_across_pieces_and_left_out_where_wanted(tmp_path):
    content = text(pd.concat([sold(), sold()[:300]])).encode()
    kept, _whole = made("v.csv", content, tmp_path / "kept")
    assert next(one.rows for one in kept.findings if "stand in the file again" in one.message) == 300
    assert kept.written.rows == ROWS + 300
    same(*made("v.csv", content, tmp_path / "left", {lines.DOUBLES: "left out"}))


def test_money_of_other_currencies_is_never_added_where_a_piece_has_no_other(tmp_path):
    frame = sold().assign(Devise=["EUR"] * 1_600 + ["USD"] * (ROWS - 1_600))
    same(*made("v.csv", text(frame).encode(), tmp_path, {lines.CURRENCY: "EUR"}))


def test_what_is_said_on_the_first_line_of_an_order_holds_for_it_wherever_pieces_end(tmp_path):
    orders = np.arange(ROWS) // 3
    frame = sold().assign(Devise=np.where(np.arange(ROWS) % 3, "", np.where(orders % 4, "EUR", "USD")))
    same(*made("v.csv", text(frame).encode(), tmp_path, {lines.CURRENCY: "EUR"}))


def test_an_order_whose_lines_are_scattered_over_several_pieces_is_one_order(tmp_path):
    lines_of, orders = np.arange(ROWS) % 3, np.arange(ROWS) // 3
    state = np.where(lines_of, "", np.where(orders % 5, "Paid", "Cancelled"))
    frame = sold().assign(Statut=state).iloc[np.argsort(lines_of, kind="stable")]  # all first lines, all second ones
    found, expected = made("ventes.csv", text(frame).encode(), tmp_path, {"undone:Statut": "left out"})
    got = pd.read_parquet(found.written.file)
    assert len(got) == len(expected.main) == ROWS - ROWS // 5
    assert got["amount"].sum() == pytest.approx(expected.main["amount"].sum())
    assert got["invoice"].eq(got["invoice"].shift()).mean() > 0.6  # gathered where the first line is


def test_orders_whose_date_and_number_are_written_once_are_whole_where_pieces_part_them(tmp_path):
    frame = sold()
    again = frame["Commande"].duplicated()
    once = frame.assign(**{name: frame[name].mask(again, "") for name in ("Commande", "Date")})
    raw = files.read("v.csv", text(once).encode(), 10_000_000, into=tmp_path / "a")
    columns = mapping.guess(raw.frame, "sales")
    found = parted.apply(raw, "sales", columns, NOW, "v.csv")
    whole = parted.apply(
        files.read("v.csv", text(frame).encode(), 10_000_000, into=tmp_path / "b"), "sales", columns, NOW, "v.csv"
    )
    assert len(pieces.parts(raw.parts)) > 1
    got, expected = (pd.read_parquet(one.written.file) for one in (found, whole))
    for name in ("timestamp", "invoice", "product", "amount"):
        assert got[name].tolist() == expected[name].tolist()


def test_codes_that_a_program_made_numbers_are_codes_in_every_piece(tmp_path):
    frame = sold().assign(Client=[f"{n % 500}.0" for n in range(ROWS)])
    same(*made("v.csv", text(frame).encode(), tmp_path / "a"))
    frame.loc[ROWS - 1, "Client"] = "K9"  # no numbers then: they stay as they stand
    content = text(frame).encode()
    raw = files.read("v.csv", content, 10_000_000, into=tmp_path / "b")
    assert raw.frame.index[-1] == ROWS - 1  # the last rows are among those that tell
    same(*made("v.csv", content, tmp_path / "b"))


def test_numbers_of_lines_must_tell_them_apart_across_pieces(tmp_path):
    frame = sold()
    frame.insert(0, "Line ID", range(1, ROWS + 1))
    raw = files.read("v.csv", text(frame).encode(), 10_000_000, into=tmp_path)
    columns = mapping.guess(raw.frame, "sales")
    assert columns["line_id"] == "Line ID"
    assert parted.apply(raw, "sales", columns, NOW, "v.csv").written.rows == ROWS
    unseen = frame.index.difference(raw.frame.index)
    frame.loc[unseen[-1], "Line ID"] = frame.loc[unseen[0], "Line ID"]
    raw = files.read("v.csv", text(frame).encode(), 10_000_000, into=tmp_path)
    with pytest.raises(InvalidFile, match="1 lines have a number in “Line ID”"):
        parted.apply(raw, "sales", columns, NOW, "v.csv")


def test_it_is_kept_as_any_dataset_is_and_goes_on_from_the_file_before(tmp_path):
    found, expected = made("v.csv", text(sold()).encode(), tmp_path / "into")
    first = tables.add(tmp_path / "a", found, NOW)
    other = tables.add(tmp_path / "b", expected, NOW)
    assert (first.rows, first.columns, first.span) == (other.rows, other.columns, other.span)
    pd.testing.assert_frame_equal(
        tables.read(first), tables.read(other).reset_index(drop=True), check_categorical=False
    )
    longer = pd.concat([sold(), sold(900).assign(Commande="Z1", Date="15/03/2025")])
    again, _whole = made("v.csv", text(longer).encode(), tmp_path / "into")
    assert tables.add(tmp_path / "a", again, NOW).lineage == first.lineage


def test_it_can_be_cancelled_and_leaves_nothing(tmp_path, monkeypatch):
    class Cancelled(Exception):
        pass

    def heard(share: float) -> None:
        if share > 0.3:
            raise Cancelled

    monkeypatch.setattr(child, "done", heard)
    with pytest.raises(Cancelled):
        files.read("v.csv", text(sold()).encode(), 10_000_000, into=tmp_path)
    assert list(tmp_path.iterdir()) == []
