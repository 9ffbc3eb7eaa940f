"""How well questions are understood: right fields, filters and period, and what cannot be answered refused.

    python -m benchmarks.ask [--show]

`ask_questions/first.tsv` was written before the parser, the others afterwards by people who had not seen it, but for
the sixth, which was written when the fifth had been mended; the seventh as people speak to a tool that draws charts,
the eighth as those who see the table, and the ninth likewise, when the eighth had been mended;
the tenth before reading the parser, as people in published studies of charts from words speak of tables that are no
shops, and the eleventh likewise when the tenth had been mended; the twelfth before reading the parser, about
four trades, and the thirteenth, about three more, when the twelfth had been mended.
What could not be computed when a set was written and
can now (medians, extremes, figures of single lines) is expected as it is answered. Each line has the data,
the question and what it must be read as: measures (m), split (by, grain), filters (f; ! for without, ~ for contains),
thresholds (t), period (p), comparison (vs), order, limit, share, over; columns
against each other (relation) or spread (dist), line by line; or the model that is asked (intent), or
`refuse`. Thirty-six tables: the demo, and thirty-five
(`ask_shops.py`, `ask_seen.py`, `ask_tables.py`, `ask_trades.py`) whose files have columns that
Vigie does not know.
"""

import argparse
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import ask_seen, ask_shops, ask_tables, ask_trades
from connectors import files, mapping
from data import demo, tables
from data.dataset import Dataset
from data.tables import Stored
from models.ask import known as model
from models.ask import periods, vocabulary
from models.ask.definitions import Catalogue
from models.ask.formulas import OF_A_LINE, ROW
from models.ask.lexicon import Lexicon
from models.ask.query import Filter, Query, Rows, Threshold
from models.ask.understand import Understood, going_on, understand

QUESTIONS = Path(__file__).with_name("ask_questions")
OTHERS = (
    ask_shops.fitness, ask_shops.motorcycles, ask_shops.fournil, ask_shops.software, ask_shops.wholesale,
    ask_shops.cars, ask_shops.superstore, ask_shops.concession, ask_shops.cinema, ask_shops.pharmacie, ask_shops.hotel,
    ask_seen.american, ask_seen.jardinerie, ask_seen.bikes, ask_seen.dentist, ask_seen.vignoble,
)  # fmt: skip
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def read(frame: pd.DataFrame, name: str, chosen: Mapping[str, str] | None = None) -> Dataset:
    """A shop's file as the page Data reads it, with the columns that were `chosen`, else those it guesses."""
    raw = files.read(name, frame.to_csv(index=False, sep=";").encode(), 10**8)
    return mapping.apply(raw, "sales", dict(chosen or mapping.guess(raw.frame, "sales")), NOW, name)


def shops(home: Path) -> Iterator[tuple[str, Catalogue, Lexicon, dict[str, str]]]:
    """What each shop can be asked, and the codes of its products by their names."""
    for name, dataset in (
        ("demo", demo.dataset("sales", NOW.date())),
        ("store", read(ask_shops.office(), "office.csv")),
        ("bakery", read(ask_shops.bakery(), "boulangerie.csv")),
        ("parts", read(ask_shops.parts(), "pièces.csv")),
        ("clinic", read(ask_shops.clinic(), "visits.csv")),
        ("gym", read(ask_shops.gym(), "gym.csv")),
        *((made.__name__, read(made(), f"{made.__name__}.csv")) for made in OTHERS),
        *(
            (made.__name__, read(made(), f"{made.__name__}.csv", of))
            for made, of in (ask_tables.CHOSEN | ask_trades.CHOSEN).items()
        ),
    ):
        sold = tables.add(home / name, dataset, NOW)
        people = tables.add(home / name, demo.dataset("customers", NOW.date()), NOW) if name == "demo" else None
        catalogue, words = known(sold, people)
        names = vocabulary.names(catalogue, partial(tables.query, sold)).get("product", {})
        yield name, catalogue, words, {called: code for code, called in names.items()}


def known(sold: Stored, people: Stored | None) -> tuple[Catalogue, Lexicon]:
    """What some data can be asked, and in which words."""
    first, last = sold.span or (NOW, NOW)
    ask = {"sales": partial(tables.query, sold)} | ({"customers": partial(tables.query, people)} if people else {})
    columns = people.columns["customers"] if people else None
    made = model.known(sold.columns, (first.date(), last.date()), ask, (), columns, model.headers(sold))
    return made.catalogue, made.lexicon


def expected(text: str, codes: Mapping[str, str]) -> list[Query] | str:
    """What a line of questions asks for: the queries that are right, or "refuse", or "intent ..."."""
    if text == "refuse" or text.startswith("intent="):
        return text
    return [query for one in text.split(" OR ") for query in _queries(one, codes)]


def _queries(text: str, codes: Mapping[str, str]) -> list[Query]:
    parts: dict[str, list[str]] = {}
    for part in _split(text):
        name, _equals, value = part.partition("=")
        parts.setdefault(name, []).append(value)
    one = {name: values[0] for name, values in parts.items()}
    grains = one.get("grain", "")
    rows: Rows = "relation" if "relation" in one else "distribution" if "dist" in one else ""
    asked = one["m"] if not rows else ",".join(map(_of_row, (one.get("relation") or one["dist"]).split(",")))
    return [
        Query(
            measures=tuple(measures.split(",")),
            by=tuple(filter(None, one.get("by", "").split(","))),
            grain=grains,
            filters=tuple(_filter(value, codes) for value in parts.get("f", [])),
            thresholds=tuple(_threshold(value) for value in parts.get("t", [])),
            period=one.get("p", ""),
            compared=one.get("vs", ""),
            over=one.get("over", ""),
            order=one.get("order", ""),  # type: ignore[arg-type]
            limit=int(one.get("limit", 0)),
            share="share" in parts,
            rows=rows,
        )
        for measures in asked.split("|")
    ]


def _of_row(column: str) -> str:
    """The measure that stands for the number of a row in a column, or in what a measure adds up."""
    return f"{OF_A_LINE.get(column, column)}.{ROW}"


NAMES = (
    "relation", "dist", "m", "by", "grain", "f", "t", "p", "vs", "over", "order", "limit", "intent",
)  # fmt: skip


def _split(text: str) -> Iterator[str]:
    """The parts of an expectation; a space within a value begins no part."""
    part = ""
    for word in text.split(" "):
        if word == "share" or (word.partition("=")[0] in NAMES and "=" in word):
            if part:
                yield part
            part = word
        else:
            part += f" {word}"
    yield part


def _filter(text: str, codes: Mapping[str, str]) -> Filter:
    kept = not text.startswith("!")
    text = text.lstrip("!")
    if "~" in text:
        dimension, _tilde, word = text.partition("~")
        return Filter(dimension, tuple(word.split()), kept, "contains")
    dimension, _colon, values = text.partition(":")
    if how := {">": "over", "<": "under", ">=": "at least", "<=": "at most"}.get(values.partition(":")[0]):
        return Filter(_of_row(dimension), (values.partition(":")[2],), kept, how)  # type: ignore[arg-type]
    return Filter(dimension, tuple(codes.get(value, value) for value in values.split("|")), kept)


def _threshold(text: str) -> Threshold:
    measure, relation, value = text.split(":")
    return Threshold(measure, relation, float(value))  # type: ignore[arg-type]


def meant(query: Query, catalogue: Catalogue) -> tuple[object, ...]:
    """A query as what it asks: the order of filters and values, and how days are written, do not matter."""
    filters = frozenset(
        (one.dimension, frozenset(map(str.casefold, one.values)), one.kept, one.how) for one in query.filters
    )
    days = periods.days(query.period, catalogue.first, catalogue.last)
    earlier = periods.before(query.period, catalogue.first, catalogue.last, query.compared) if query.compared else None
    return (
        frozenset(query.measures), frozenset(query.by), query.grain, filters, frozenset(query.thresholds), days,
        earlier, query.over, query.order, query.limit, query.share, query.rows,
    )  # fmt: skip


def answered(text: str, catalogue: Catalogue, words: Lexicon) -> Understood:
    """What is made of a question; of the last one where several are asked one after the other ("first >> then")."""
    said: Understood | None = None
    for one in text.split(" >> "):
        if said is None or not said.readings:
            said = understand(one, catalogue, words)
        elif said.certain:
            said = understand(one, catalogue, words, said.readings[0])
        else:
            said = going_on(one, catalogue, words, said)
    assert said is not None
    return said


def judged(found: Understood, right: list[Query] | str, catalogue: Catalogue) -> str:
    """ "right", "wrong" (said with confidence), "offered" (the right one among several), "asked" or "refused"."""
    if isinstance(right, str) and right.startswith("intent="):
        return (
            "right"
            if found.certain and found.intent == right.removeprefix("intent=")
            else "wrong"
            if found.certain
            else "asked"
        )
    if right == "refuse":
        return "wrong" if found.certain else "refused"
    wanted = {meant(one, catalogue) for one in right if isinstance(one, Query)}
    said = [meant(one, catalogue) for one in found.readings]
    if found.certain:
        return "right" if not found.intent and said[0] in wanted else "wrong"
    return "offered" if wanted & set(said) and not found.lacking else "asked"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--show", action="store_true", help="print what was not read right")
    show = parser.parse_args().show
    with tempfile.TemporaryDirectory() as home:
        shop = {name: (catalogue, words, codes) for name, catalogue, words, codes in shops(Path(home))}
        for path in sorted(QUESTIONS.glob("*.tsv")):
            counts: Counter[tuple[str, str]] = Counter()
            took = []
            for line in path.read_text().splitlines():
                if not line or line.startswith("#"):
                    continue
                name, text, wanted = line.split("\t")
                catalogue, words, codes = shop[name]
                begin = time.process_time()
                found = answered(text, catalogue, words)
                took.append(time.process_time() - begin)
                right = expected(wanted, codes)
                verdict = judged(found, right, catalogue)
                counts["refuse" if wanted == "refuse" else "answer", verdict] += 1
                if show and verdict not in ("right", "refused"):
                    print(f"{verdict}: [{name}] {text}\n    wanted {wanted}\n    {found}")
            told(path.stem, counts, took)


def told(name: str, counts: Counter[tuple[str, str]], took: list[float]) -> None:
    answered = counts["answer", "right"] + counts["answer", "wrong"] + counts["refuse", "wrong"]
    asked = sum(counts.values())
    print(f"{name}: {asked} questions; answered {answered}, of which right {counts['answer', 'right'] / answered:.1%}")
    print(f"  wrong with confidence: {(counts['answer', 'wrong'] + counts['refuse', 'wrong']) / asked:.1%} of all")
    refused = counts["refuse", "refused"]
    print(f"  cannot be answered: {refused} of {refused + counts['refuse', 'wrong']} refused")
    print(f"  offered to choose from: {counts['answer', 'offered']}; asked back: {counts['answer', 'asked']}")
    print(f"  median {1000 * statistics.median(took):.2f} ms of processor, 90% {1000 * np.quantile(took, 0.9):.2f} ms")


if __name__ == "__main__":
    main()
