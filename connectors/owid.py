"""Our World in Data's COVID-19 file: a row a country and day. CC BY 4.0; cases and deaths are the WHO's.

Two editions are read into one table: today's `compact.csv` (61 columns), and `owid-covid-data.csv` (67 columns), which
stopped in August 2024 and is what many people have on disk. Figures per head and smoothed figures are left out: they
follow from the others. Mathieu, E. and others (2020), COVID-19 Pandemic, ourworldindata.org/coronavirus.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

import settings
from connectors import NotFound, child, copies, files
from connectors.child import Parsed
from connectors.copies import LastGood
from connectors.files import InvalidFile
from data import schemas, tables
from data.dataset import Dataset, Finding, Origin
from locales import N_

NAME = N_("Our World in Data: COVID-19")
LICENCE = "CC BY 4.0"
OLDER = {"iso_code": "code", "location": "country"}  # how the older edition spells
TEXT = ["country", "date", "code", "continent"]
TAIL = 8_192  # bytes at the end of a file, more than its last row has
DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y")  # its own, and those of spreadsheets that kept it again

Converted = tuple[pd.DataFrame, tuple[Finding, ...]]


def load(
    countries: Sequence[str] | None = None, start: date | str | None = None, end: date | str | None = None
) -> pd.DataFrame:
    """The covid table of `countries` (all, if not given) from the day `start` to the day `end`, both included.

    The file is downloaded if it changed (the last good copy counts while the origin is down) and kept as Parquet
    once; only the rows asked for are read from that. Raises ConnectorError; NotFound names a country it lacks.
    """
    now, home = datetime.now(UTC), settings.get().home
    made: list[Converted] = []
    good = copies.download(settings.get().owid_url, _folder(), now, check=lambda fresh: made.append(convert(fresh)))
    same = (one for one in tables.stored(home, "covid") if one.origin.sha256 == good.sha256)
    stored = next(filter(tables.sound, same), None)
    if stored is None:
        converted = made[0] if made and good.fresh else convert(good.path)
        stored = tables.add(home, _labelled(good, converted), now, activate=False)
    found = tables.read(stored, rows=tables.among("country", countries) & tables.between("date", start, end))
    unknown = sorted(set(countries or []) - set(found["country"]))
    if unknown:
        names = tables.read(stored, columns=["country"])["country"].cat.categories
        if missing := [name for name in unknown if name not in names]:
            raise NotFound(
                N_("The COVID-19 file has no country called {countries}: check the spelling (it is in English)."),
                countries=", ".join(missing),
            )
    return found


def dataset(
    path: Path | str | None = None, now: datetime | None = None, progress: Callable[[float], None] | None = None
) -> Dataset:
    """The whole covid table with its origin and findings: from `path`, else downloaded. Raises ConnectorError."""
    now = now or datetime.now(UTC)
    if path is None:
        return _labelled(*copies.convert(settings.get().owid_url, _folder(), now, convert, progress))
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise NotFound(N_("There is no file {path} that can be opened."), path=path) from error
    return dataset_of(Path(path).name, content, now)


def dataset_of(name: str, content: bytes, now: datetime) -> Dataset:
    """The same from the bytes of a file called `name`, which may be packed (.gz, .zip). Raises ConnectorError."""
    limit = settings.get().upload_limit_mb * 1_000_000 * files.UNPACKED
    found = child.run(_parsed, content, name=name, limit=limit)
    return Dataset("covid", found.frames, Origin("upload", name, None, None, now), found.findings)


def convert(path: Path) -> Converted:
    """The covid table made of the file at `path`, and what was found in it. Raises `InvalidFile`."""
    found = child.run(_parsed, path, name=path.name, limit=settings.get().download_limit_mb * 1_000_000)
    return found.frames["covid"], found.findings


def _folder() -> Path:
    return settings.get().home / "raw" / "owid"


def _labelled(good: LastGood, converted: Converted) -> Dataset:
    """What was downloaded as a dataset; it says so where it is the copy of another day."""
    frame, findings = converted
    if not good.fresh:
        message = N_("{host} gave no good answer: these {rows} rows are the copy of {day}.")
        host, days = {"host": urlsplit(good.url).netloc}, {"day": good.retrieved.date()}
        findings = (*findings, Finding(message, len(frame), host, severity="warning", days=days))
    origin = Origin("download", NAME, LICENCE, good.url, good.retrieved, good.sha256)
    return Dataset("covid", {"covid": frame}, origin, findings)


def _parsed(content: bytes | Path, name: str, limit: int) -> Parsed:
    """The covid table made of a file, which may be packed, with what was found in it."""
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file:
        packed = file.read(4).startswith((b"\x1f\x8b", b"PK"))
        file.seek(0)
        frame, findings = _converted(
            io.BytesIO(files.unpacked(name, file.read(), limit)[1]) if packed else cast("io.BytesIO", file)
        )
    return Parsed({"covid": frame}, findings)


def _converted(file: "io.BufferedIOBase | io.BytesIO") -> Converted:
    header, delimiter, decimal = _header(file)
    wanted = {
        name: column for name in header if (column := OLDER.get(name, name)) in schemas.columns("covid")
    }  # name in the file -> in the table
    text = [name for name, column in wanted.items() if column in TEXT]
    counts = [
        name for name, column in wanted.items() if column == "population" or column.startswith(("total_", "new_"))
    ]
    types = dict.fromkeys(wanted, "float32") | dict.fromkeys(counts, "float64") | dict.fromkeys(text, "category")
    file.seek(0)
    try:
        raw = pd.read_csv(
            file,
            sep=delimiter,
            decimal=decimal,
            usecols=list(wanted),
            dtype=types,
            engine="c",
            keep_default_na=False,
            na_values=[""],
            encoding="utf-8-sig",
        )
    except (ValueError, UnicodeDecodeError) as error:  # pandas' own errors are ValueErrors
        _refuse(file, [name for name in wanted if name not in text], delimiter)
        raise InvalidFile(N_("This file cannot be read as a CSV table: download it again.")) from error
    if raw.empty:
        raise InvalidFile(N_("This file has a header but no row."))
    return _checked(raw.rename(columns=wanted))


def _header(file: "io.BufferedIOBase | io.BytesIO") -> tuple[list[str], str, str]:
    """The column names, the delimiter and the decimal mark.

    Raises `InvalidFile` for another file (an error page, a pointer to a file) or one cut off.
    """
    start = file.read(TAIL)
    line = start.split(b"\n", 1)[0].decode("utf-8-sig", "replace").strip()
    delimiter = max(",;\t", key=line.count)
    decimal = "," if delimiter != "," and re.search(rb"\d,\d", start) else "."
    names = _cells(line, delimiter)
    missing = [name for name in schemas.required("covid") if name not in [OLDER.get(one, one) for one in names]]
    if len(missing) > len(schemas.required("covid")) / 2:
        raise InvalidFile(
            N_("This is not Our World in Data's COVID-19 file: get compact.csv or owid-covid-data.csv and upload it.")
        )
    if missing:
        raise InvalidFile(
            N_("This edition of the COVID-19 file lacks {columns}: use another copy of it."), columns=", ".join(missing)
        )
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - TAIL))
    last = file.read().rstrip(b"\r\n").rsplit(b"\n", 1)[-1].decode("utf-8", "replace")
    if len(_cells(last, delimiter)) != len(names):
        raise InvalidFile(N_("This file ends in the middle of a row: it was cut off. Download it again."))
    return names, delimiter, decimal


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line; none where it is no text."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _refuse(file: "io.BufferedIOBase | io.BytesIO", numbers: list[str], delimiter: str) -> None:
    """Raise `InvalidFile` that points at the first cells that should be numbers and are not, if there are any."""
    file.seek(0)
    try:
        read = {"usecols": numbers, "dtype": "str", "chunksize": 50_000, "encoding_errors": "replace"}
        for part in pd.read_csv(file, sep=delimiter, **read):
            values = part.apply(lambda cells: pd.to_numeric(cells.str.replace(",", "."), errors="coerce"))
            files.refuse(part, {name: values[name].isna() & part[name].notna() for name in numbers})
    except pd.errors.ParserError:
        return


def _checked(raw: pd.DataFrame) -> Converted:
    """The table with days as dates, sorted, each country and day once, and what an analyst should know about it."""
    written = pd.Series(raw["date"].cat.categories)
    read = (pd.to_datetime(written, format=form, errors="coerce") for form in DAYS)
    days = max(read, key=lambda found: found.notna().sum()).astype("datetime64[us]")
    numbers = raw.select_dtypes("number")
    wrong = {name: np.isinf(column) for name, column in numbers.items() if np.isinf(column.to_numpy()).any()}
    wrong["population"] = wrong.get("population", False) | (raw["population"] < 0)
    when = days.reindex(raw["date"].cat.codes).set_axis(raw.index)
    files.refuse(raw, {"country": raw["country"].isna(), "date": when.isna(), **wrong})
    frame = raw.assign(date=when)[[name for name in schemas.columns("covid") if name in raw]]
    order = np.lexsort([frame["date"], frame["country"].cat.codes])
    if not (np.diff(order) > 0).all():
        frame = frame.iloc[order].reset_index(drop=True)
    again = (frame["country"].cat.codes.diff().eq(0) & frame["date"].diff().eq(pd.Timedelta(0))).to_numpy()
    groups = int(frame["continent"].isna().sum())
    below = int((frame["new_cases"] < 0).sum() + (frame["new_deaths"] < 0).sum())
    findings = [
        Finding(N_("{rows} rows are of groups of countries (continents, incomes): kept apart."), groups),
        Finding(
            N_("{rows} daily numbers are below zero, as earlier days were corrected: left out of daily figures."),
            below,
            severity="warning",
        ),
        Finding(N_("{rows} rows repeat a country and day: the last one counts."), int(again.sum()), severity="warning"),
    ]
    if again.any():
        frame = frame[~np.append(again[1:], False)].reset_index(drop=True)
    return schemas.check("covid", frame, inplace=True), tuple(finding for finding in findings if finding.rows)
