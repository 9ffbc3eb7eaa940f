"""Files of all kinds, damaged at random: each is read, or refused with a sentence, and the server keeps its memory.

`run(seed, scale)` tries about 1,000 * `scale` of them and yields a row a kind: what, tried, held, note.
`python -m tests.attack.fuzz_files [seed] [scale]` prints them.
"""

import gzip
import io
import json
import lzma
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from connectors import ConnectorError, child, files, mapping, owid, predict_future_sales
from tests.attack import hostile

NOW = datetime(2026, 3, 14, tzinfo=UTC)
LIMIT = 5_000_000  # bytes
MORE = 300_000_000  # bytes that this process may grow by
TABLE = pd.DataFrame(
    {
        "date": pd.date_range("2026-01-01", periods=60).strftime("%d/%m/%Y"),
        "product": [f"P{n % 7}" for n in range(60)],
        "quantity": [n % 5 - 1 for n in range(60)],
        "price": [f"{n},5 €" for n in range(60)],
        "note": ["=1+1", "é\n", '"', "", None, "x" * 400] * 10,
    }
)


def _csv() -> bytes:
    return TABLE.to_csv(index=False, sep=";").encode()


def _xlsx() -> bytes:
    file = io.BytesIO()
    TABLE.to_excel(file, index=False, engine="xlsxwriter")
    return file.getvalue()


def _covid() -> bytes:
    days = TABLE["date"].str.split("/").str[::-1].str.join("-")
    table = pd.DataFrame({"country": "Chad", "date": days, "code": "TCD", "continent": "Africa", "population": 1e7})
    counts = {name: range(60) for name in ("total_cases", "new_cases", "total_deaths", "new_deaths")}
    return table.assign(**counts).to_csv(index=False).encode()


KINDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "csv": ("a.csv", _csv),
    "csv, UTF-16": ("a.csv", lambda: _csv().decode().encode("utf-16")),
    "xlsx": ("a.xlsx", _xlsx),
    "parquet": ("a.parquet", lambda: hostile.indexed(TABLE)),
    "json": ("a.json", lambda: json.dumps(TABLE.to_dict("records")).encode()),
    "gz": ("a.csv.gz", lambda: gzip.compress(_csv(), mtime=0)),
    "zip": ("a.zip", lambda: hostile.archive({"a.csv": _csv()})),
    "zip, LZMA": ("a.zip", lambda: hostile.archive({"a.csv": _csv()}, 14)),
    "xz": ("a.csv.xz", lambda: lzma.compress(_csv())),
    "covid": ("owid.csv", _covid),
}


def damaged(content: bytes, chance: random.Random) -> bytes:
    """`content` with some of it changed, left out, said again, or taken from elsewhere in it."""
    made = bytearray(content)
    for _time in range(chance.choice([1, 1, 2, 5, 30])):
        place, length = chance.randrange(len(made) or 1), chance.choice([1, 1, 4, 60])
        how = chance.randrange(6)
        if how == 0:
            made[place : place + 1] = bytes([chance.randrange(256)])
        elif how == 1:
            del made[place : place + length]
        elif how == 2:
            made[place:place] = made[place : place + length] * chance.choice([1, 3, 50])
        elif how == 3:
            made[place : place + 4] = chance.choice(
                [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\0\x80"]
            )
        elif how == 4:
            del made[place:]
        else:
            made[place : place + length] = chance.randbytes(length)
    return bytes(made)


def tried(name: str, content: bytes) -> str:
    """ "" where each door reads a file or refuses it with a sentence of its own, else what broke."""
    doors: list[Callable[[], object]] = [
        lambda: owid.dataset_of(name, content, NOW),
        lambda: predict_future_sales.dataset_of(content),
        lambda: _mapped(name, content, "customers"),
        lambda: _mapped(name, content, "sales"),
    ]
    for door in doors:
        try:
            door()
        except ConnectorError as error:
            if error.message == child.UNREADABLE:  # what the child did not foresee
                return f"no sentence of its own for {name}"
    return ""


def _mapped(name: str, content: bytes, table: str) -> None:
    raw = files.read(name, content, limit_bytes=LIMIT)
    found = mapping.guess(raw.frame, table)
    mapping.usable(raw, lambda rows: mapping.apply(rows, table, found, NOW, name))


def run(seed: int, scale: float) -> Iterable[tuple[str, int, int, str]]:
    """A row a kind of file: what, how many were tried, how many held, and what broke."""
    before = _resident()
    for kind, (name, make) in KINDS.items():
        whole, count = make(), max(1, round(1_000 * scale / len(KINDS)))
        broke = Counter[str]()
        for number in range(count):
            chance = random.Random(f"{seed} {kind} {number}")
            content = damaged(whole, chance)
            try:
                wrong = tried(chance.choice([name, name, "a", "a.csv", "a.xlsx", "../a;b.zip"]), content)
            except Exception as error:  # what no page should ever see
                wrong = f"{type(error).__name__} at {number}: {error}"
            if wrong:
                broke[wrong[:200]] += 1
        if _resident() - before > MORE:
            broke["the server's memory grew"] += 1
        yield f"files: {kind}", count, count - min(count, broke.total()), "; ".join(broke)


def _resident() -> int:
    """The memory of this process in bytes; 0 where the system does not say."""
    status = Path("/proc/self/status")
    return 1024 * int(status.read_text().partition("VmRSS:")[2].split()[0]) if status.exists() else 0


if __name__ == "__main__":
    for row in run(int(sys.argv[1]) if len(sys.argv) > 1 else 0, float(sys.argv[2]) if len(sys.argv) > 2 else 1):
        print(*row, sep="\t", flush=True)
