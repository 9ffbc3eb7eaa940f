"""A list of barcodes becomes a table: read in the background, within the limits, resumed where it was cut off."""

import re
from functools import partial

import pandas as pd
import streamlit as st

import locales
import settings
from connectors import ConnectorError, openfoodfacts
from data import food, state
from ui import background, cards, downloads
from ui.explore import food as views
from ui.explore import food_sold, food_source
from ui.text import N_, _, ngettext, plain

JOB = "food"
MAX_BARCODES = 5_000
PAUSES = 10  # in a row, when Open Food Facts asks for them
LISTED = 200  # codes that were not found, on the page


def show() -> None:
    """The list to read, how far it is, and what came of it."""
    runs = state.read(state.engine(settings.get().database_url), state.job_runs, job=JOB)
    run = st.query_params.get("batch", "")
    if run not in set(runs["run"]):
        _ask()
        if len(runs):
            last = runs.sort_values("started").iloc[-1]
            st.button(
                _("Show the last list: {subject}, {day}").format(
                    subject=_counted(last["details"].get("codes", [])), day=locales.day(last["started"])
                ),
                on_click=_name,
                args=(last["run"],),
                icon=":material/history:",
            )
        return
    if background.under_way(run):
        background.show(run, lambda _status, _message, _error: None)
        st.caption(_("This goes on while you look at other pages."))
        return
    _outcome(runs.set_index("run").loc[run])


def _name(run: str) -> None:
    if run:
        st.query_params["batch"] = run
    else:
        st.query_params.pop("batch", None)


def _ask() -> None:
    food_sold.offer(MAX_BARCODES, lambda codes: _start(codes, {}))
    with st.form("food-batch"):
        typed = st.text_area(_("Barcodes, one a line"), height=160, key="food-codes", max_chars=200_000)
        file = st.file_uploader(_("Or a file with barcodes in it (CSV or text)"), ["csv", "txt"], max_upload_size=5)
        sent = st.form_submit_button(_("Read these products"), type="primary", icon=":material/play_arrow:")
    if not sent:
        return
    codes, wrong = barcodes(typed + "\n" + (file.getvalue().decode("utf-8", "replace") if file else ""))
    if not codes:
        st.warning(_("There is no barcode in this: type or upload 8 to 14 digits each."), icon=":material/barcode:")
    elif len(codes) > MAX_BARCODES:
        st.warning(
            _("These are {count} barcodes and a list may hold {most}: split it.").format(
                count=locales.number(len(codes)), most=locales.number(MAX_BARCODES)
            ),
            icon=":material/barcode:",
        )
    else:
        _start(codes, wrong)
        st.rerun()


# No part of a price or a word, no 2024-01-31, no 20240131120000.
NUMBER = re.compile(
    r"(?<![\w.\-])(?<![0-9],(?=[0-9]{6,7}(?![0-9])))(?!(?:19|20)\d\d-\d\d-\d\d(?!\d))"
    r"(?!(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?!\d))"
    r"[0-9][0-9\-]{5,20}(?![\w.])"
)


def barcodes(text: str) -> tuple[list[str], dict[str, str]]:
    """The barcodes in a text, each once, and what looks like one but is not: text -> why. Short numbers are none."""
    codes: dict[str, None] = {}
    wrong: dict[str, str] = {}
    for part in NUMBER.findall(text):
        try:
            codes[openfoodfacts.barcode(part)] = None
        except ConnectorError as error:
            wrong[part] = error.message
    return list(codes), wrong


def _counted(codes: list[str]) -> str:
    return ngettext("{count} barcode", "{count} barcodes", len(codes)).format(count=locales.number(len(codes)))


def _start(codes: list[str], wrong: dict[str, str]) -> None:
    run = background.start(JOB, _counted(codes), partial(_read, codes), {"codes": codes, "wrong": wrong}, remote=True)
    _name(run)


def _read(codes: list[str], step: background.Step) -> None:
    done = 0

    def progress(count: int) -> None:
        nonlocal done
        done = count
        step(N_("Reading products"), done / len(codes))

    def waiting(_seconds: float) -> None:
        step(N_("Waiting for a turn: Open Food Facts answers so many questions a minute"), done / len(codes))

    progress(0)
    openfoodfacts.products(codes, age=food_source.AGE, pauses=PAUSES, waiting=waiting, progress=progress)


def _outcome(run: pd.Series) -> None:
    codes, wrong = list(run["details"].get("codes", [])), dict(run["details"].get("wrong", {}))
    read = openfoodfacts.kept_products(codes)
    found = food.frame(one for one in read.values() if one)
    oldest = min((one.retrieved for one in read.values() if one), default=run["started"])
    missing = [code for code, one in read.items() if one is None]
    left = [code for code in codes if code not in read]
    cards.metrics(
        [
            (_("Barcodes"), locales.number(len(codes)), _("in the list, each once")),
            (_("Found"), locales.number(len(found)), _("products with what is known of them")),
            (_("Not found"), locales.number(len(missing)), _("Open Food Facts does not have them")),
            (_("Not read yet"), locales.number(len(left)), _("read by going on")),
        ]
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if left:
            cut = {"cancelled": _("This list was cancelled."), "failed": run["message"]}
            reason = cut.get(run["status"], _("Vigie was restarted while it read this list."))
            st.warning(plain(reason), icon=":material/pause_circle:")
            st.button(_("Go on"), on_click=_start, args=(codes, wrong), type="primary", icon=":material/play_arrow:")
        st.button(_("Another list"), on_click=_name, args=("",), icon=":material/add:")
    if len(found):
        st.caption(_("Given by Open Food Facts on {moment} or later.").format(moment=locales.moment(oldest)))
        food_sold.keep(found)
        picked = views.table(found, views.SHOWN, "100g", f"food-list-{run.name}")
        views.actions([found["code"].iloc[row] for row in picked if row < len(found)])
        downloads.table(views.plain_table(found), "food_list")
    _lacking(missing, left, wrong)


def _lacking(missing: list[str], left: list[str], wrong: dict[str, str]) -> None:
    rows = [
        *((code, _("Open Food Facts does not have it")) for code in missing),
        *((code, _(why)) for code, why in wrong.items()),
        *((code, _("Not read yet")) for code in left),
    ]
    if rows:
        table = pd.DataFrame(rows, columns=["barcode", "reason"])
        st.markdown(_("**Without a product**"))
        st.dataframe(
            table.head(LISTED),
            hide_index=True,
            column_config={"barcode": _("Barcode"), "reason": _("Why")},
            placeholder="–",
        )
        downloads.table(table, "food_missing", excel=False)
