"""A file that is given, and what its columns mean."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import pandas as pd
import streamlit as st

import settings
from connectors import (
    ConnectorError,
    child,
    currencies,
    files,
    mapping,
    owid,
    parted,
    predict_future_sales,
    recipes,
)
from connectors.recipes import Recipe
from data import schemas, tables
from data.dataset import Dataset, Table
from locales.labels import label
from ui import cards, uploads
from ui.data import outcome, understood
from ui.text import N_, _, plain

# Files known by their columns, cleaned by their own rules.
KNOWN: dict[str, tuple[Table, str]] = {
    "telco": ("customers", N_("These are the columns of the IBM Telco file: its own rules clean it.")),
    "retail": ("sales", N_("These are the columns of the UCI Online Retail file: its own rules clean it.")),
}
CURRENCIES = ["EUR", "USD", "GBP", "CHF", "CAD", "JPY"]  # the first of the list
ROWS_SHOWN = 8


@dataclass(frozen=True)
class Given:
    """A file that was given and what its columns mean.

    `whole(now, heard)` is its table, or raises ConnectorError; `usable(now)` that of the rows that can be used, with a
    report of the other cells. `ready` once all columns that a table needs are chosen; `own_ids` where the file
    numbers its lines itself. `key` changes with all that these follow from.
    """

    name: str
    key: str
    ready: bool
    own_ids: bool
    whole: Callable[[datetime, child.Heard], Dataset]
    usable: Callable[[datetime], tuple[Dataset, pd.DataFrame]]


def given(table: Table, currency: str = "", in_pieces: bool = False) -> Given | None:
    """Ask for a file and for what its columns mean; None until one that can be read is there.

    With a `currency`, that of a file that does not name one is not asked for. A large one is read `in_pieces`.
    """
    any_table = _("A table as CSV, XLSX, XLS, ODS, Parquet or JSON, also compressed (.gz, .zip); at most {limit} MB")
    covid = _(
        "compact.csv or owid-covid-data.csv of Our World in Data, also compressed (.gz, .zip); at most {limit} MB"
    )
    given = (
        uploads.ask(covid, "upload-covid", ["csv", "gz", "zip"])
        if table == "covid"
        else uploads.ask(any_table, f"upload-{table}")
    )
    if in_pieces and (path := uploads.lying()) and given is None:
        return mapped(table, path.name, uploads.told_apart(path), partial(uploads.read, path, in_pieces=True), currency)
    if given is None:
        return None
    name, content = given.name, given.getvalue()
    if table == "sales" and _competition(given.file_id, content):
        st.markdown(_("These are the files of Predict Future Sales: their own rules clean them."))
        competition = partial(predict_future_sales.dataset_of, content)
        return Given(
            name, given.file_id, True, False, lambda now, _heard: competition(now),
            lambda now: (competition(now), files.report([])),
        )  # fmt: skip
    if table == "covid":
        epidemic = partial(owid.dataset_of, name, content)
        return Given(
            name, given.file_id, True, False, lambda now, _heard: epidemic(now),
            lambda now: (epidemic(now), files.report([])),
        )  # fmt: skip
    return mapped(table, name, given.file_id, partial(uploads.read, given, in_pieces=in_pieces), currency)


def mapped(
    table: Table, name: str, file: str, read: Callable[[Mapping[str, str]], files.Raw], currency: str = ""
) -> Given | None:
    """Ask for what the columns of a table mean; None where it cannot be read.

    `read(layout)` reads it (see `files.read`), `name` is what it is called, and `file` tells it apart from others.
    """
    told = understood.chosen(file)
    try:
        with st.spinner(_("Reading the file")):
            recipe, raw = _raw(table, file, read, told)
    except ConnectorError as error:
        st.warning(plain(error.sentence()), icon=":material/block:")
        return None
    cards.findings(raw.findings)
    st.caption(_("The first rows of the file"))
    st.dataframe(raw.frame.head(ROWS_SHOWN), hide_index=True, placeholder="–")
    known, chosen, missing = None if raw.parts else mapping.recognise(raw), dict[str, str](), list[str]()
    made: Dataset | None = None
    if known and KNOWN[known][0] == table:
        st.markdown(_(KNOWN[known][1]))
        make = partial(_own_rules, name=name)
    else:
        recipe, stopped = _recipe(table, recipe, raw, file)
        if stopped:
            return None
        told = (recipe.readings if recipe else {}) | told
        place = st.container()  # what was understood stands above the columns that it follows from
        chosen, currency = _mapped(table, raw, currency, recipe)
        missing = [label(column) for column in mapping.lacking(table, chosen)]
        make = partial(parted.apply, table=table, columns=chosen, name=name, currency=currency or None, choices=told)
        if table == "customers" and "churned" in chosen:
            means = outcome.choose(raw, chosen["churned"], recipe.outcome if recipe else None)
            make = partial(make, outcome=means)
            missing += [] if means else [label("churned")]
        with place:
            if missing:
                understood.choose(file, raw.readings)
            else:
                left = make.keywords.get("outcome")
                key = f"{raw.sha256} {sorted(chosen.items())} {currency} {sorted(told.items())} {left}"
                made = understood.shown(table, raw, key, lambda rows, now: make(rows, now=now))
                understood.choose(file, made.readings if made else raw.readings)
    if made and made.questions:
        st.caption(_("Answer what is asked above: nothing is kept before."))
    if missing:
        st.caption(_("Still to choose: {columns}").format(columns=plain(", ".join(missing))))
    return Given(
        name,
        f"{raw.sha256} {sorted(chosen.items())} {currency} {sorted(told.items())}",
        not missing and not (made and made.questions),
        "line_id" in chosen,
        lambda now, heard: make(raw, now=now, heard=heard),
        lambda now: mapping.usable(raw, lambda rows: make(rows, now=now)),
    )


def _own_rules(raw: files.Raw, now: datetime, name: str, heard: child.Heard = child.unheard) -> Dataset:
    made = mapping.dataset(raw, now, name)
    heard(1.0)
    return made


@st.cache_data(max_entries=100, show_spinner=False)
def _competition(file: str, _content: bytes) -> bool:  # noqa: ARG001  # the cache key
    return predict_future_sales.recognise(_content)


@st.cache_data(max_entries=100, show_spinner=False)
def _guessed(sha256: str, table: Table, _raw: files.Raw) -> dict[str, str]:  # noqa: ARG001  # the cache key
    return mapping.guess(_raw.frame, table)


def _raw(
    table: Table, file: str, read: Callable[[Mapping[str, str]], files.Raw], told: Mapping[str, str]
) -> tuple[Recipe | None, files.Raw]:
    """The table in a file where the file before of the same source had it, unless that is not wanted; with its recipe.

    What somebody chose now (`told`) comes before what was chosen then.
    """
    origins = (kept.origin for kept in tables.stored(settings.get().home, table))
    known = [recipe for origin in origins if (recipe := recipes.of(table, origin))]
    afresh, mine = st.session_state.get(f"afresh {file}"), recipes.layout(told)
    return recipes.match(known, lambda layout: read(mine if afresh else {**layout, **mine}))


def _recipe(table: Table, recipe: Recipe | None, raw: files.Raw, file: str) -> tuple[Recipe | None, bool]:
    """The recipe of the file before of the same source, unless that is not wanted.

    Said; and whether the file waits for the analyst, as it no longer fits: then with what changed.
    """
    if recipe is None:
        return None, False
    changed = recipes.changes(recipe, raw, table)
    if changed:
        sentence = _("This file looks like {name}, but it no longer fits how that was read: {changes}.")
        text = sentence.format(name=recipe.name, changes="; ".join(changed))
        st.warning(plain(text), icon=":material/difference:")
    with st.container(horizontal=True, vertical_alignment="center"):
        if not changed:
            sentence = _("Read as {name} was: the same columns, and the same choices.")
            st.markdown(f":material/history: {plain(sentence.format(name=recipe.name))}", width="stretch")
        afresh = st.toggle(_("Read it afresh"), key=f"afresh {file}")
    if table == "sales" and not changed:
        sentence = _(
            "Used here, it takes the place of what is shown. Further lines of the same data are added elsewhere."
        )
        cards.pointer(sentence, "sales_items", _("Add lines"), {"view": "new"})
    return (None, False) if afresh else (recipe, bool(changed))


def _mapped(table: Table, raw: files.Raw, currency: str, recipe: Recipe | None) -> tuple[dict[str, str], str]:
    """One drop-down list a canonical column, filled with the guess or what the file before had; required ones first."""
    st.markdown(_("**Which column of the file is which?** Those marked * are needed, the others help."))
    guessed = recipe.columns if recipe else _guessed(f"{raw.sha256} {list(raw.frame)}", table, raw)
    meanings, read = schemas.columns(table), hashlib.sha256(f"{raw.sha256} {guessed}".encode()).hexdigest()[:16]
    chosen: dict[str, str] = {}
    needed = mapping.needed(table)
    shown = [one for one in meanings if one in needed or one in guessed or table == "sales"]
    shown.sort(key=lambda one: one not in needed)

    def ask(column: str) -> None:
        source = st.selectbox(
            label(column) + (" *" if column in needed else ""),
            list(raw.frame.columns),
            index=list(raw.frame.columns).index(guessed[column]) if column in guessed else None,
            help=_(meanings[column]),
            placeholder=_("none"),
            key=f"map-{table}-{read}-{column}",
        )
        if source is not None:
            chosen[column] = source

    place = st.container()  # those that the file has stand above
    if rest := [one for one in meanings if one not in shown]:
        with (
            st.expander(_("{count} more that this file does not seem to have").format(count=len(rest))),
            st.grid("auto", min_column_width=220),
        ):
            for column in rest:
                ask(column)
    with place, st.grid("auto", min_column_width=220):
        for column in shown:
            ask(column)
        if not currency and "currency" not in chosen:
            head = raw.frame.head(files.HEAD)
            sold = [chosen[role] for role in ("amount", "unit_price") if role in chosen]
            paid = sold if table == "sales" else mapping.charged(chosen, head)
            if not recipe and len(currencies.either(head, paid)) > 1:
                return chosen, ""  # asked among what was understood
            own = currencies.of(head, paid) or (recipe.currency if recipe else None)
            every = list(dict.fromkeys([*([own] if own else []), *CURRENCIES, *currencies.current()]))
            currency = st.selectbox(_("Currency"), every, key=f"currency-{table}-{read}-{own}")
    return chosen, "" if "currency" in chosen else currency
