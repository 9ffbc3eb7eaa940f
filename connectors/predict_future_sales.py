"""Kaggle's "Predict Future Sales": daily sales of the Russian chain 1C, 2013 to 2015, in four files.

A sale is a shop, an item, a day, the price and how many were sold (negative: came back). The competition's terms apply.
"""

import io
import tempfile
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

import settings
from connectors import NotFound, child, files, known
from connectors.child import Parsed
from connectors.files import InvalidFile
from data.dataset import Dataset, Finding, Origin
from locales import N_

NAME = N_("Predict Future Sales (1C)")
FILES = {
    "sales_train": ["date", "shop_id", "item_id", "item_price", "item_cnt_day"],
    "items": ["item_name", "item_id", "item_category_id"],
    "item_categories": ["item_category_name", "item_category_id"],
    "shops": ["shop_name", "shop_id"],
}


def load(folder: Path | str) -> pd.DataFrame:
    """The sales table of a folder, or one ZIP, with the four files (each may be packed). Raises ConnectorError."""
    return dataset(folder).main


def dataset(folder: Path | str, now: datetime | None = None) -> Dataset:
    """The sales table with products and stores, origin and findings. Raises ConnectorError."""
    return _dataset(Path(folder), now)


def dataset_of(content: bytes, now: datetime | None = None) -> Dataset:
    """The same from the bytes of one ZIP. Raises ConnectorError."""
    return _dataset(content, now)


def recognise(content: bytes) -> bool:
    """Whether these are the bytes of a ZIP that holds the competition's files."""
    if not content.startswith(b"PK"):
        return False
    with suppress(InvalidFile):  # whoever reads it as another file says what is wrong with it
        return {"items", "sales_train"} <= set(child.run(_listed, content).values["names"])
    return False


def _listed(content: bytes) -> Parsed:
    """The names of the competition's files that a ZIP holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {Path(name).name.split(".")[0] for name in archive.namelist()}
    except files.DAMAGED as error:
        raise InvalidFile(N_("This packed file is damaged or cut off. Pack it again.")) from error
    return Parsed(values={"names": sorted(names & FILES.keys())})


def _dataset(given: bytes | Path, now: datetime | None) -> Dataset:
    chosen = settings.get()
    most = chosen.upload_limit_mb * 1_000_000 * files.UNPACKED
    found = child.run(_parsed, given, limit=chosen.download_limit_mb * 1_000_000, most=most)
    origin = Origin("upload", NAME, N_("competition terms"), None, now or datetime.now(UTC), None, "RUB")
    return Dataset("sales", found.frames, origin, found.findings)


def _parsed(given: bytes | Path, limit: int, most: int) -> Parsed:
    """The tables made of the four files, each of at most `limit` bytes, in a folder or a ZIP of `most` unpacked."""
    if isinstance(given, Path) and not given.is_file():
        raw = {name: _table(given, name, columns, limit) for name, columns in FILES.items()}
        sales, findings = _sales(raw)
        return Parsed({"sales": sales, "products": _products(raw), "stores": _stores(raw)}, findings)
    content = given if isinstance(given, bytes) else given.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for one in archive.infolist():
                    if (name := Path(one.filename).name).split(".")[0] in FILES:
                        unpacked = files.member(archive, one, most)
                        most -= len(unpacked)
                        (Path(folder) / name).write_bytes(unpacked)
        except files.DAMAGED as error:
            raise InvalidFile(N_("This packed file is damaged or cut off. Pack it again.")) from error
        return _parsed(Path(folder), limit, most)


def _table(folder: Path, name: str, columns: list[str], limit: int) -> pd.DataFrame:
    path = next((found for end in ("", ".zip", ".gz") if (found := folder / f"{name}.csv{end}").is_file()), None)
    if path is None:
        raise NotFound(
            N_("There is no {file} in this folder: all four files of the competition are needed."), file=f"{name}.csv"
        )
    raw = files.read_path(path, limit).frame
    missing = [column for column in columns if column not in raw]
    if missing:
        raise InvalidFile(N_("{file} lacks {columns}."), file=path.name, columns=", ".join(missing))
    return raw


def _sales(raw: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    lines = raw["sales_train"]
    day = pd.to_datetime(lines["date"], format="%d.%m.%Y", errors="coerce")
    price, count = (pd.to_numeric(lines[name], errors="coerce") for name in ("item_price", "item_cnt_day"))
    files.refuse(lines, {"date": day.isna(), "item_price": price.isna(), "item_cnt_day": count.isna()})
    items = raw["items"].drop_duplicates("item_id").set_index("item_id")
    categories = raw["item_categories"].drop_duplicates("item_category_id").set_index("item_category_id")
    category = items["item_category_id"].map(categories["item_category_name"])
    frame = pd.DataFrame(
        {
            "source": "predict_future_sales",
            "line_id": pd.Series(np.arange(1, len(lines) + 1)).astype("str"),
            "timestamp": day,
            "product": lines["item_id"],
            "description": lines["item_id"].map(items["item_name"]),
            "category": lines["item_id"].map(category),
            "store": lines["shop_id"],
            "line_type": pd.Series(np.where(count < 0, "return", "sale"), dtype="str"),
            "quantity": count.astype(float),
            "unit_price": price.astype(float),
            "currency": "RUB",
        }
    )
    sources = {"product": "item_id", "store": "shop_id", "unit_price": "item_price", "quantity": "item_cnt_day"}
    frame = known.checked("sales", frame, lines, sources).sort_values("timestamp", kind="stable", ignore_index=True)
    counted = (
        Finding(N_("{rows} lines are returns, with a negative quantity."), int((count < 0).sum())),
        Finding(N_("{rows} lines have a price below zero: kept."), int((price < 0).sum()), severity="warning"),
        Finding(
            N_("{rows} lines are of an item that items.csv does not name."), int(frame["description"].isna().sum())
        ),
    )
    return frame, tuple(finding for finding in counted if finding.rows)


def _products(raw: dict[str, pd.DataFrame]) -> pd.DataFrame:
    categories = raw["item_categories"].drop_duplicates("item_category_id").set_index("item_category_id")
    items = raw["items"].drop_duplicates("item_id")
    frame = pd.DataFrame(
        {
            "product": items["item_id"],
            "description": items["item_name"],
            "category": items["item_category_id"].map(categories["item_category_name"]),
        }
    )
    return known.checked("products", frame, items, {"product": "item_id"}).reset_index(drop=True)


def _stores(raw: dict[str, pd.DataFrame]) -> pd.DataFrame:
    shops = raw["shops"].drop_duplicates("shop_id")
    sources = {"store": "shop_id", "name": "shop_name"}
    frame = pd.DataFrame({name: shops[source] for name, source in sources.items()})
    return known.checked("stores", frame, shops, sources).reset_index(drop=True)
