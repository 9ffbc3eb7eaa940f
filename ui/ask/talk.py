"""Questions as they are asked: what is understood of them, what is said back, and which came before."""

import json
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

import locales
from connectors import ConnectorError, llm
from data import people, state
from data.tables import Stored
from models.ask import advised, definitions, wording, words
from models.ask.known import Known
from models.ask.query import Query, from_text, to_text
from models.ask.understand import Understood, going_on, understand
from ui import access, database
from ui.ask import builder
from ui.text import N_, _, plain

KEPT, SHOWN = 200, 20  # questions
EXAMPLES = (
    N_("revenue last month vs last year"),
    N_("top 5 products by margin this year"),
    N_("revenue by category and store"),
    N_("monthly orders in the last 12 months"),
    N_("stores with more than 100 orders last month"),
    N_("why did revenue change"),
    N_("churn rate by contract"),
    N_("stock value by supplier"),
    N_("revenue by weekday"),
    N_("average basket by month"),
)


def begin(of: Known) -> None:
    """What a link asks for, on a visitor's first run."""
    if "ask.query" in st.session_state:
        return
    st.session_state["ask.query"] = None
    wanted = from_text(st.query_params.get("q", ""))
    if wanted is not None and definitions.fits(of.catalogue, wanted):
        builder.load(wanted)


def ask(of: Known, sold: Stored, text: str, alone: bool = False) -> None:
    """Understand a question, which may go on from the answer that is shown unless it is asked `alone`."""
    text = text.strip()
    if not text:
        return
    earlier = None if alone or st.session_state.get("ask.query") else st.session_state.get("ask.said")
    if earlier is not None and earlier.readings and not earlier.certain:
        said = going_on(text, of.catalogue, of.lexicon, earlier)
    else:
        said = understand(text, of.catalogue, of.lexicon, None if alone else st.session_state.get("ask.base"))
    st.session_state["ask.advice"] = None if said.certain or said.too_long else _advice(of, text)
    st.session_state["ask.said"], st.session_state["ask.asked"] = said, text
    choose(said.readings[0] if said.certain and not said.intent and said.readings else None)
    _remember(sold, text, said)


def choose(query: Query | None) -> None:
    """Show the answer to a query; none is no answer, but what was asked before is still there to go on from."""
    st.session_state["ask.query"] = query
    if query is not None:
        st.session_state["ask.base"] = query
        builder.load(query)


def replied(of: Known, sold: Stored, said: Understood, currency: str) -> None:
    """What is said back where a question is not simply answered."""
    known = of.catalogue
    if said.too_long:
        st.warning(_("That is too long for a question: ask in up to 500 characters."))
        return
    if said.fixed:
        pairs = ", ".join(_("“{word}” as “{known}”").format(word=word, known=right) for word, right in said.fixed)
        st.caption(plain(_("Read {words}.").format(words=pairs)))
    for one in said.unknown:
        if one.word in words.BEYOND:
            sentence = _(
                "“{word}” is not computed of this: Ask counts, adds up, averages, compares and ranks, finds the "
                "largest, smallest and median number of single lines, sets two columns of numbers against each other, "
                "and shows how one is spread."
            )
        else:
            sentence = _("“{word}” means nothing in these data.")
        sentence = sentence.format(word=one.word)
        if one.nearest and one.word not in words.BEYOND:
            near = ", ".join(_("“{word}”").format(word=word) for word in one.nearest)
            sentence += " " + _("Nearest: {words}.").format(words=near)
        st.warning(plain(sentence))
    for name in said.lacking:
        st.warning(plain(wording.lacks(known, name)))
    if said.lacking:
        access.link("data", _("Map it on the page Data"), "database")
    if said.goes_on:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(_("This goes on from the question before."), width="content")
            again = (of, sold, st.session_state["ask.asked"], True)
            st.button(_("Ask it by itself"), on_click=ask, args=again, type="tertiary", icon=":material/restart_alt:")
    if said.certain or said.intent:
        return
    advice = st.session_state.get("ask.advice")
    if isinstance(advice, Query):
        st.markdown(_("A language model reads it so; is that what you mean?"))
        text = plain(wording.sentence(known, advice, of.names, currency))
        st.button(text, key="ask.advice.choose", on_click=choose, args=(advice,), icon=":material/smart_toy:")
    elif advice:
        st.caption(plain(advice))
    if said.readings:
        unsure = said.unknown or said.lacking
        st.markdown(
            _("Without that, this can be answered:") if unsure else _("This can mean several things. Which one?")
        )
        for place, query in enumerate(said.readings):
            text = plain(wording.sentence(known, query, of.names, currency))
            st.button(text, key=f"ask.reading.{place}", on_click=choose, args=(query,), icon=":material/arrow_forward:")
    elif not (said.unknown or said.lacking):
        st.warning(
            _("These words are known, but not together as a question. Name a number first, such as revenue or orders.")
        )


def _advice(of: Known, text: str) -> Query | str | None:
    """What a language model makes of a question, or a sentence why it makes nothing; None where nobody named one."""
    if not llm.configured():
        return None
    try:
        said = llm.completed(advised.instructions(of.catalogue), text, advised.schema())
    except ConnectorError as error:
        return error.sentence()
    found = advised.believed(of.catalogue, of.levels, of.names, said)
    return found or _("The language model did not understand it either.")


def examples(of: Known) -> list[str]:
    """Questions that these data can answer."""
    found = []
    for text in map(_, EXAMPLES):
        said = understand(text, of.catalogue, of.lexicon)
        if said.certain:
            found.append(text)
    return found


def _remember(sold: Stored, text: str, said: Understood) -> None:
    now = datetime.now(UTC)
    query = to_text(said.readings[0]) if said.certain and said.readings else ""
    asked = json.dumps({"text": text, "query": query, "data": sold.version})
    with people.using(None):  # whoever may look may ask
        state.prefer(database.engine(), f"asked {now.isoformat()}", asked)


def history() -> pd.DataFrame:
    """The questions that were asked, the latest first: `when`, `text`, and the `query` of those that were answered."""
    kept = state.read(
        database.engine(), state.preferences, state.preferences.c.key.startswith("asked ", autoescape=True)
    )
    rows = []
    for key, value in sorted(zip(kept["key"], kept["value"], strict=True), reverse=True)[:KEPT]:
        one = json.loads(value)
        rows.append(
            {"when": datetime.fromisoformat(key.removeprefix("asked ")), "text": one["text"], "query": one["query"]}
        )
    return pd.DataFrame(rows, columns=["when", "text", "query"])


def shown_before(of: Known, sold: Stored) -> None:
    """The questions that were asked before, to be searched and asked again."""
    wanted = st.text_input(_("Search"), key="ask.search", max_chars=100)
    earlier = history()
    found = earlier[earlier["text"].str.contains(wanted, case=False, regex=False)]
    for place, row in enumerate(found.head(SHOWN).itertuples()):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(row.text, key=f"ask.old.{place}", on_click=ask, args=(of, sold, row.text), type="tertiary")
            st.caption(locales.moment(row.when))
