"""Where food products on the page are from: Open Food Facts, asked once for what is looked at, or the demo."""

import math
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import streamlit as st

import locales
from connectors import ConnectorError, openfoodfacts
from connectors.barcodes import InvalidBarcode
from data import food
from data.demo import food as demo
from data.food import DEMO, OPEN_FOOD_FACTS, Product
from models.explore import food as model
from ui.text import _, plain

AGE = timedelta(days=1)  # a product read this lately is not read again for a comparison or a list
REMEMBERED = 16  # answers, in a session
PEERS = 100  # products of a category
_LOADED = datetime.now(UTC)


@dataclass(frozen=True)
class Asked:
    """What is searched for; nothing at all shows the demo."""

    text: str = ""
    category: str = ""
    country: str = ""
    grade: str = ""
    page: int = 1


@dataclass(frozen=True)
class Shelf:
    """The products in sight, all of one source; `frame` has one row each (see `data.food.frame`)."""

    source: str
    products: tuple[Product, ...]
    frame: pd.DataFrame
    count: int
    pages: int
    retrieved: datetime
    fresh: bool = True
    partial: bool = False
    error: ConnectorError | None = None

    @property
    def down(self) -> bool:
        """Whether Open Food Facts could not be asked."""
        return not self.fresh or bool(self.error and not isinstance(self.error, InvalidBarcode))


def shelf(asked: Asked, codes: Iterable[str]) -> Shelf:
    """What was asked for, and the products with these codes beside it."""
    wanted = [code for code in codes if code]
    made_up = {one.code: one for one in demo.products(_LOADED)}
    if asked == Asked(page=asked.page) and all(code in made_up for code in wanted):
        return _made(DEMO, tuple(made_up.values()), _LOADED)
    found = _remembered(("find", asked), lambda: _find(asked))
    hits = {one.code for one in found.products}
    more = tuple(code for code in dict.fromkeys(wanted) if code not in hits and code not in made_up)
    if not more:
        return found
    beside = _remembered(("codes", more, found.down), lambda: _read(more, ask=not found.down))
    both = (*found.products, *beside.products)
    return replace(
        found,
        products=both,
        frame=food.frame(both),
        count=found.count if asked != Asked(page=asked.page) else len(both),
        fresh=found.fresh and beside.fresh,
        retrieved=min(found.retrieved, beside.retrieved),
        error=found.error or beside.error,
    )


def category(shelf: Shelf, tag: str) -> pd.DataFrame:
    """The products of a category: those in sight, and the most scanned ones where they were asked for."""
    near = model.members(shelf.frame, tag)
    if shelf.source == DEMO or tag not in loaded():
        return near
    found = _remembered(("category", tag), lambda: _find(Asked(category=tag), PEERS))
    if found.down and not shelf.down:
        warn(found, "category")
    return pd.concat([near, found.frame]).drop_duplicates("code", ignore_index=True)


def loaded() -> list[str]:
    """The categories whose most scanned products were asked for; in the URL."""
    return st.query_params.get_all("loaded")


def load(tag: str) -> None:
    """Ask for the most scanned products of a category."""
    st.query_params["loaded"] = [*loaded(), tag]


def warn(shown: Shelf, key: str) -> None:
    """What could not be had, in a sentence, and a button (with a key) that tries again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if shown.error:
            kept = _("What is shown was given on {moment}.").format(moment=locales.moment(shown.retrieved))
            sentence = plain(" ".join([shown.error.sentence(), *([kept] if shown.products else [])]))
            st.warning(sentence, icon=":material/cloud_off:")
        elif not shown.fresh:
            st.warning(
                _("Open Food Facts cannot be asked now: this is what it gave on {moment}.").format(
                    moment=locales.moment(shown.retrieved)
                ),
                icon=":material/history:",
            )
        if shown.down and st.button(_("Try again"), icon=":material/refresh:", key=f"again-{key}"):
            st.session_state.pop("food-answers", None)
            st.rerun()
    if shown.partial:
        st.caption(
            _("Servings, vitamins and minerals are missing: Open Food Facts did not give them. Search again later.")
        )


def _find(asked: Asked, size: int = 24) -> Shelf:
    if asked == Asked(page=asked.page):
        return _made(OPEN_FOOD_FACTS, ())
    if code := barcode(asked.text):
        return _read((code,))
    with _asking() as waiting:
        found = openfoodfacts.find(
            asked.text,
            category=asked.category,
            country=asked.country,
            grade=asked.grade,
            page=asked.page,
            page_size=size,
            waiting=waiting,
        )
    made = _made(OPEN_FOOD_FACTS, found.products, found.retrieved)
    return replace(made, count=found.count, pages=found.pages, fresh=found.fresh, partial=found.partial)


def barcode(text: str) -> str:
    """The barcode in words that look like one, "" where they do not. Raises InvalidBarcode for a mistyped one."""
    looks = len(text) >= 6 and text.replace("-", "").replace(" ", "").isdecimal()
    return openfoodfacts.barcode(text) if looks else ""


def _read(codes: tuple[str, ...], ask: bool = True) -> Shelf:
    """The products with these codes; those at hand where Open Food Facts is not asked, or fails."""
    now, read, error = datetime.now(UTC), None, None
    if ask:
        try:
            with _asking() as waiting:
                read = openfoodfacts.products(codes, age=AGE, waiting=waiting, now=now)
        except ConnectorError as problem:
            error = problem
    if read is None:
        read = openfoodfacts.kept_products(codes)
    found = tuple(one for one in read.values() if one)
    oldest = min((one.retrieved for one in found), default=now)
    return replace(_made(OPEN_FOOD_FACTS, found, oldest), fresh=ask and now - oldest < AGE, error=error)


@contextmanager
def _asking() -> Iterator[openfoodfacts.Waiting]:
    """While Open Food Facts is asked, say so; the function given says for how long a turn is waited for."""
    place = st.empty()
    sentence = _("Open Food Facts answers so many questions a minute and no more: going on in {seconds} s.")

    def waiting(seconds: float) -> None:
        place.caption(sentence.format(seconds=locales.number(math.ceil(seconds))))

    with st.spinner(_("Asking Open Food Facts")):
        yield waiting
    place.empty()


def _made(source: str, products: tuple[Product, ...], retrieved: datetime | None = None) -> Shelf:
    return Shelf(source, products, food.frame(products), len(products), 1, retrieved or datetime.now(UTC))


def _remembered(key: Hashable, make: Callable[[], Shelf]) -> Shelf:
    """An answer, or why there is none, asked for once a session: a page runs with every click."""
    answers: dict[Hashable, Shelf] = st.session_state.setdefault("food-answers", {})
    if key not in answers:
        try:
            made = make()
        except ConnectorError as error:
            made = replace(_made(OPEN_FOOD_FACTS, ()), error=error)
        while len(answers) >= REMEMBERED:
            del answers[next(iter(answers))]
        answers[key] = made
    return answers[key]
