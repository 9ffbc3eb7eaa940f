"""Predict Future Sales: the four files as a folder or as one archive; what is wrong with them is named."""

import io
import zipfile
from pathlib import Path

import pytest

from connectors import BadResponse, predict_future_sales

GOOD = {
    "sales_train": "date,shop_id,item_id,item_price,item_cnt_day\n03.02.2013,59,1,9,2\n02.01.2013,59,1,9,1\n",
    "items": "item_name,item_id,item_category_id\nA,1,2\nA again,1,2\nB,3,2\n",
    "item_categories": "item_category_name,item_category_id\nFilms,2\n",
    "shops": "shop_name,shop_id\nYakutsk,59\n",
}


def written(folder: Path, **changed: str) -> Path:
    for name, text in (GOOD | changed).items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, text in GOOD.items():
            made.writestr(f"competition/{name}.csv", text)
    return packed.getvalue()


def test_one_archive_is_as_good_as_the_folder(home, tmp_path):
    (tmp_path / "all.zip").write_bytes(archive())
    packed = predict_future_sales.dataset(tmp_path / "all.zip")
    loose = predict_future_sales.dataset(written(tmp_path))
    assert {name: frame.to_csv() for name, frame in packed.frames.items()} == {
        name: frame.to_csv() for name, frame in loose.frames.items()
    }
    assert packed.origin.currency == "RUB"
    assert packed.frames["products"]["description"].tolist() == ["A", "B"]
    assert packed.main["line_id"].tolist() == ["2", "1"]  # by date; the key is the row in the file


@pytest.mark.parametrize(
    ("file", "cell", "instead", "says"),
    [
        ("sales_train", "02.01.2013", "2013/01/02", "row 3, column “date”: “2013/01/02”"),
        ("sales_train", "59,1,9,1", "59,,9,1", "row 3, column “item_id”"),
        ("sales_train", "59,1,9,1", "59,1,inf,1", "row 3, column “item_price”: “inf”"),
        ("items", "B,3", "B,", "row 4, column “item_id”"),
        ("shops", "Yakutsk", "", "row 2, column “shop_name”"),
        ("shops", "shop_name", "name", "shops.csv lacks shop_name"),
    ],
)
def test_a_cell_that_cannot_be_is_named(home, tmp_path, file, cell, instead, says):
    with pytest.raises(BadResponse, match=says):
        predict_future_sales.load(written(tmp_path, **{file: GOOD[file].replace(cell, instead)}))


@pytest.mark.parametrize(
    "content",
    [b"no archive", archive()[:-30], archive().replace(b"Films", b"Filme")],
    ids=["text", "cut", "altered"],
)
def test_a_damaged_archive_is_refused(home, tmp_path, content):
    path = tmp_path / "all.zip"
    path.write_bytes(content)
    with pytest.raises(BadResponse, match="damaged or cut off"):
        predict_future_sales.load(path)
