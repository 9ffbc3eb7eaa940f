"""What would you like to know?"""

import streamlit as st

from data import tables
from models.ask import wording
from models.ask.query import Query
from models.ask.understand import Understood
from ui import cards, known, pointers, store
from ui.ask import answer, builder, models, sql, talk
from ui.text import _, part, plain

sold, people = store.active("sales"), store.active("customers")
cards.head(
    _("Ask"),
    _("What would you like to know? Ask in English or French, or build the question below."),
    *([sold, people] if tables.of_one_shop(sold, people) else [sold]),
)
store.one_currency(sold)
of = known.ready(sold, people, in_words=True)
currency = sold.origin.currency or "GBP"
talk.begin(of)


def submitted() -> None:
    talk.ask(of, sold, st.session_state["ask.text"])


@part
def asked() -> None:
    """The question and its answer, so that nothing else is run and painted again."""
    with st.form("ask", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            _("Question"), key="ask.text", placeholder=_("revenue by store last month"), persist_state="session"
        )
        st.form_submit_button(_("Ask"), icon=":material/search:", on_click=submitted, type="primary")
    said, query = st.session_state.get("ask.said"), st.session_state["ask.query"]
    if said is not None:
        talk.replied(of, sold, said, currency)
    if said is not None and said.intent and said.certain and query is None:
        if said.intent == "why" and said.readings:
            st.markdown(f"**{plain(wording.sentence(of.catalogue, said.readings[0], of.names, currency))}**")
            models.explained(of, said.readings[0], sold, people)
        else:
            place = st.container()
            if said.intent == "forecast" or not modelled(said):
                models.pointed(said.intent)
            if said.intent == "forecast":  # which may still be made
                with place:
                    pointers.coming(sold, said.readings[0] if said.readings else None, said.ahead)
        return
    if query is None:
        suggested()
        return
    sentence = st.empty()
    with st.expander(_("Change the question"), icon=":material/tune:", on_change="rerun", key="ask.built") as inputs:
        if inputs.open:
            query = builder.built(of, query, currency)
    st.session_state["ask.query"] = st.session_state["ask.base"] = query
    understood = plain(wording.sentence(of.catalogue, query, of.names, currency))
    sentence.markdown(_("I understood: {sentence}").format(sentence=f"**{understood}**"))
    answer.link(query)
    answer.shown(of, query, known.answered(sold, people, query), known.dataset(of, query, sold, people))
    answer.kept(of, query)


def modelled(said: Understood) -> bool:
    """What a model says to a question for it, and whether that leads to its page."""
    if said.intent == "leaving":
        return pointers.leaving(people)
    if said.intent == "slipping":
        return pointers.slips(sold)
    if said.intent == "stock":
        pointers.drafts(sold)
        return pointers.sold_out(sold, "sales_stock")
    return pointers.changed(sold, people)


def suggested() -> None:
    """Questions to begin with, and those that were asked before."""
    st.caption(_("For example:"))
    with st.container(horizontal=True, gap="small"):
        for text in talk.examples(of):
            st.button(text, on_click=talk.ask, args=(of, sold, text), type="tertiary", icon=":material/chat:")
        build = next(iter(of.catalogue.measures))
        st.button(_("Build a question"), on_click=talk.choose, args=(Query((build,)),), icon=":material/tune:")


asked()
with st.expander(_("SQL, for experts"), icon=":material/terminal:", on_change="rerun", key="ask.sql") as experts:
    if experts.open:
        sql.written(sold, people)
with st.expander(_("Asked before"), icon=":material/history:", on_change="rerun", key="ask.history") as before:
    if before.open:
        talk.shown_before(of, sold)
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- Words are looked up in definitions, in both languages at once, and among the values in your data; nothing leaves this
  machine. Where whoever runs it named a language model, that is asked about questions which stay unclear: it is told
  what can be asked and the question, no data. What stands above as understood is what is computed, to the letter.
- A word that means nothing here is said and not skipped; where a question has two meanings, you choose.
- **Last month** is the last whole month in the data, **this month** the one in which they end, **last 7 days** are
  their last seven days. All counts from the last day of the data. Of a period that is not over, only the days that
  there are get compared.
- Revenue, returns, margin and costs are those of Sales: overview and Products: margins, to the cent. Orders and
  customers are counted where something was sold.
- An **average of a day** (week, month) is over those on which anything was sold; an **average of a line** over the
  lines of goods.
- The **largest, smallest and median of a line** are of single lines, whatever they are grouped by; what came back is
  left out of those of amounts, quantities and prices.
- **Two numbers against each other** and **how one is spread** are of single lines, too. The correlation is Pearson's,
  of all of them; its interval is found by leaving out each customer (or order, or line) in turn. It says that two
  numbers go together, not that one makes the other.
        """
        )
    )
