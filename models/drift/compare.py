"""Every column of two windows compared: which of them look different, how much, and where."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from locales import N_, Sentence
from models.drift import bins, explain, measures
from models.drift.bins import Bins, Definition
from models.drift.ordered import Ordered

THRESHOLD = 0.3  # PSI over which a column is logged
WATCH = (0.1, 0.2)  # a little, and clearly different
SURE = 0.05  # false discovery rate over the columns
WORKERS = 2
# 2024-01-31, 31/1/24 10:00, 2024-01, 20240131, 31 January 2024, Jan. 31, 2024
DATE = re.compile(
    r"(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(\D.*)?|(19|20)\d\d[-/](0\d|1[0-2])|(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])"
    r"|\d{1,2}[ -][^\W\d]{3,9}\.?[ -]\d{2,4}(\D.*)?|[^\W\d]{3,9}\.? \d{1,2},? \d{4}(\D.*)?)$"
)
IDENTIFIER = 0.5  # share of different values from which a column of text names its rows
MIN_ROWS = 100  # rows from which that can be said

_MEASURES = (
    *(
        "psi",
        "noise_limit",
        "pvalue",
        "size",
        "rest",
        "ks",
        "ks_pvalue",
        "chi2",
        "chi2_pvalue",
        "cramers_v",
        "wasserstein",
        "jensen_shannon",
    ),
    *("missing_reference", "missing_current", "outside", "bad_row"),
)


class CannotCompare(Sentence, ValueError):
    """A column of two windows that cannot be compared; the message says why and what to do."""


def report(
    reference: pd.DataFrame | Mapping[str, Bins],
    current: pd.DataFrame,
    threshold: float = THRESHOLD,
    definition: Definition = "deciles",
) -> pd.DataFrame:
    """Compare every column of a reference and a current window. One row a column, the greatest PSI first.

    `reference` may also be the frozen bins of a model version (then KS and Wasserstein, which need its rows, are
    missing).

    Columns: `column`; `kind` (number, text); `psi`, `noise_limit` (see `measures`); `pvalue`, of a test of the counts
    that is right for few rows too, `adjusted_pvalue` (Benjamini-Hochberg over the columns), and the `size` of the
    change without what sampling makes (see `measures.departure`); `rest`, that size where rare levels are told apart;
    `ks`, `ks_pvalue` (numbers), `chi2`, `chi2_pvalue`, `cramers_v` (text), `wasserstein` (standard deviations),
    `jensen_shannon`; `missing_reference`, `missing_current` and `outside` (what the reference never had) as shares of
    the rows; `bad_row`, a value that alone makes the distance; `drifted` (PSI over `threshold`, or `rest` is, and
    surely more than sampling makes); `moved`, the `explain.Move`s; `note`, a `Sentence` or None,
    which says why a column could not be compared, or with which reserve. A column that cannot be compared does not
    keep the others from it.
    """
    names = dict.fromkeys([*reference, *current])

    def compare(name: Any) -> dict[str, Any]:
        return _row(str(name), reference.get(name), current.get(name), definition)

    with ThreadPoolExecutor(WORKERS) as pool:  # sorting and counting leave Python's lock
        found = list(pool.map(compare, names))
    table = pd.DataFrame(found, columns=["column", "kind", *_MEASURES, "moved", "note"])
    table = table.astype(dict.fromkeys(_MEASURES, float))
    table["adjusted_pvalue"] = measures.benjamini_hochberg(table["pvalue"].to_numpy())
    far = (table["psi"] > threshold) | (table["rest"] > threshold)
    table["drifted"] = far & (table["adjusted_pvalue"] <= SURE)
    return table.sort_values("psi", ascending=False, kind="stable", na_position="last").reset_index(drop=True)


def drifted_share(table: pd.DataFrame) -> float:
    """The share of the comparable columns of a report that drifted; NaN where none is comparable."""
    return float(table.loc[table["psi"].notna(), "drifted"].mean())


def _row(
    name: str,
    reference: "pd.Series | Bins | None",
    current: "pd.Series | None",
    definition: Definition,
) -> dict[str, Any]:
    try:
        return _compare(name, reference, current, definition)
    except CannotCompare as refused:
        return {"column": name, "moved": (), "note": refused}


def _compare(
    name: str,
    reference: "pd.Series | Bins | None",
    current: "pd.Series | None",
    definition: Definition,
) -> dict[str, Any]:
    if isinstance(reference, pd.DataFrame) or isinstance(current, pd.DataFrame):
        raise CannotCompare(
            N_("There are several columns “{column}”: rename them, then they can be compared."), column=name
        )
    if reference is None or current is None:
        gone = N_("“{column}” is not in the current window: check whether it was renamed.")
        fresh = N_("“{column}” is not in the reference, so there is nothing to compare it with.")
        raise CannotCompare(fresh if reference is None else gone, column=name)
    before = sum(reference.counts) if isinstance(reference, Bins) else len(reference)
    if not before or not len(current):
        raise CannotCompare(N_("One of the two windows has no rows: choose a longer period."))
    number = not reference.text if isinstance(reference, Bins) else bins.is_number(reference)
    _fit_for(name, number, current, reference if isinstance(reference, pd.Series) else None)
    row: dict[str, Any] = {"column": name, "kind": "number" if number else "text", "note": None}
    if number:
        then = None if isinstance(reference, Bins) else bins.ordered(reference)
        now = bins.ordered(current, then)
        if isinstance(reference, Bins):
            cut = reference
        elif then is not None:
            both = np.r_[then.values, now.values] if definition == "sturges" else None
            cut = bins.freeze_ordered(then, before - len(then), bins.BINS, definition, both)
            row |= _numbers(then, now) if len(then) and len(now) else {}
        counts = cut.count_ordered(now, len(current) - len(now))
        least, most = cut.span or (np.inf, np.inf)
        inside = now.below(np.array([most]), "right") - now.below(np.array([least]), "left")
        row["outside"] = (len(now) - int(inside[0])) / len(current)
        lost = counts[-1] or cut.counts[-1]  # infinite numbers are among the missing ones
        row["note"] = _infinite(name, reference, current) if lost else None
    else:
        sizes, missing = bins.tally(current)
        cut = reference if isinstance(reference, Bins) else bins.freeze_levels(*bins.tally(reference))
        counts = cut.count_levels(sizes, missing)
        apart = cut.count_levels(sizes, missing, apart=True)
        _no_identifier(name, len(cut.levels) + len(cut.rare), before)
        row["chi2"], row["chi2_pvalue"], row["cramers_v"] = measures.chi_square(cut.expected(counts), counts)
        row["outside"] = counts[-2] / len(current)
    was = cut.expected(counts)
    row["psi"] = float(measures.psi(was, counts))
    row["noise_limit"] = float(measures.drawn_noise(was, before, np.array([len(current)]))[0])
    tests = [measures.departure(was, counts)]
    if number:
        tests += measures.smooth(*(side[: cut.ordered] for side in (was, counts)))
    elif cut.rest:
        tests.append(measures.departure(cut.apart(apart), apart))
        row["rest"] = float(tests[1].size)
    row["pvalue"] = min(float(min(measures.pvalue(test) for test in tests)) * len(tests), 1)
    row["size"] = float(np.nanmax([test.size for test in tests]))
    row["jensen_shannon"] = measures.jensen_shannon(was, counts)
    row["missing_reference"], row["missing_current"] = was[-1] / before, counts[-1] / len(current)
    row["moved"] = explain.moves(cut, was, counts)
    if min(before, len(current)) == 1:
        row |= {"noise_limit": np.inf, "pvalue": 1.0}
        row["note"] = CannotCompare(N_("One of the two windows has one row, which says nothing about a distribution."))
    return row


def _numbers(reference: Ordered, current: Ordered) -> dict[str, float | None]:
    test = measures.ks(reference, current)
    with np.errstate(over="ignore", invalid="ignore"):  # numbers near the greatest there are have no known spread
        spread = float(reference.values.std())
        return {
            "ks": test.statistic,
            "ks_pvalue": test.pvalue,
            "wasserstein": measures.wasserstein(reference, current, spread),
            "bad_row": explain.one_bad_row(reference, current, spread),
        }


def _fit_for(name: str, number: bool, current: pd.Series, reference: pd.Series | None) -> None:
    """Refuse what cannot be compared: dates, and numbers against text."""
    for side in (current, reference):
        if side is not None and (pd.api.types.is_datetime64_any_dtype(side) or (not number and _dates(side))):
            raise CannotCompare(
                N_("“{column}” holds dates, which move on by themselves: it is not compared."), column=name
            )
    if current.notna().any() and number != bins.is_number(current):
        as_number = N_("“{column}” is text now and was a number: bring it as a number, then it can be compared.")
        as_text = N_("“{column}” is a number now and was text: bring it as text, then it can be compared.")
        raise CannotCompare(as_number if number else as_text, column=name)


def _dates(side: pd.Series) -> bool:
    known = side.dropna().head(MIN_ROWS)
    return bool(len(known)) and all(
        isinstance(value, date) or (isinstance(value, str) and DATE.match(value)) for value in known
    )


def _no_identifier(name: str, levels: int, rows: int) -> None:
    if rows >= MIN_ROWS and levels > IDENTIFIER * rows:
        raise CannotCompare(
            N_("Nearly every value of “{column}” is different, as in an identifier: it is not compared."), column=name
        )


def _infinite(name: str, *sides: "pd.Series | Bins") -> CannotCompare | None:
    count = sum(int(np.isinf(bins.as_numbers(side)).sum()) for side in sides if isinstance(side, pd.Series))
    sentence = N_("{count} values of “{column}” are infinite and count as missing.")
    return CannotCompare(sentence, count=count, column=name) if count else None
