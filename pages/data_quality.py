"""What must hold for the data, where does it not, and what was probably meant?"""

import io
import zipfile
from functools import partial

import streamlit as st

import locales
from charts.data import quality as charts
from data.quality import KEYS
from models.quality import exports, rules
from models.quality.rules import Rule
from ui import cards, downloads, inputs, store
from ui.data import corrections, quality, quality_rule, quality_suggested, sources
from ui.text import N_, _, plain

TOOLS = {"Great Expectations": exports.great_expectations, "dbt": exports.dbt, "Soda": exports.soda}
TIMES = {"weeks": N_("By week of the data"), "judged": N_("By day on which they were judged")}

question = _("What must hold for the data, where does it not, and what was probably meant?")
row = cards.head(_("Data: quality"), question)
table = inputs.view(_("Table"), list(cards.TABLES), "table", lambda name: _(cards.TABLES[name]))
stored = store.active(table)
row.caption(cards.provenance(stored), width="content")
sources.notice()
quality_rule.said()
quality.aside(stored)

found, unread = quality.judged(stored)
states = [verdict.state for _kept, verdict in found]
stops = sum(verdict.rule.severity == "stop" for _kept, verdict in found)
cards.metrics(
    [
        (_("Rules"), locales.number(len(found)), _("of which stop what breaks them: {count}").format(count=stops)),
        (_("Broken"), locales.number(states.count("failed")), _("in the data that are shown")),
        (_("Hold"), locales.number(states.count("held")), _("in the data that are shown")),
        (_("Cannot be judged"), locales.number(states.count("cannot")), _("each says why")),
    ]
)

st.subheader(_("Rules"), anchor=False)
if not found and not unread:
    st.caption(_("There is no rule yet: take one that is suggested, or write one."))
quality.listed(stored, found, unread)
with st.container(horizontal=True, gap="small"):
    first = Rule("filled", table, (next(iter(stored.columns[table])),))
    st.button(_("New rule"), icon=":material/add:", on_click=quality_rule.begin, args=(first, None))
    quality.removed(stored)
quality_rule.editor(stored)

more = st.expander(
    _("Suggested by the data"), icon=":material/lightbulb:", key="suggested", bind="query-params", on_change="rerun"
)
if more.open:
    with more:
        quality_suggested.suggested(stored, found)

if found:
    when = inputs.view(_("Over time"), list(TIMES), "time", lambda name: _(TIMES[name]))
    broken, names = quality.over_time(stored, found, when == "weeks")
    if len(broken):
        drawn = charts.over_time(broken, names, "week" if when == "weeks" else "day")
        cards.figure(drawn, "quality", broken.assign(rule=broken["rule"].map(dict(enumerate(names)))))
    else:
        st.caption(_("These rules are not about single rows with a time: they are judged as a whole, day by day."))

if table in KEYS:
    st.subheader(_("What was probably meant"), anchor=False)
    mend = st.expander(
        _("Look for what was written wrong"), icon=":material/healing:", key="mend", bind="query-params",
        on_change="rerun",
    )  # fmt: skip
    if mend.open:
        with mend:
            corrections.view(stored)

if found:
    st.subheader(_("The same rules elsewhere"), anchor=False)
    wanted = [verdict.rule for _kept, verdict in found]


def packed(made: exports.Export) -> bytes:
    """The files of a tool as one ZIP."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in made.files.items():
            archive.writestr(name, text)
    return target.getvalue()


for tool, write in TOOLS.items() if found else ():
    made = write(wanted, stored.columns, "vigie")
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            text = _("{tool}: {count} of {all} rules").format(
                tool=tool, count=locales.number(len(wanted) - len(made.left)), all=locales.number(len(wanted))
            )
            st.markdown(plain(text), width="stretch")
            with st.container(width=170):
                if made.files:
                    name = f"vigie_{tool.lower().replace(' ', '_')}_{table}.zip"
                    downloads.button(_("Save as ZIP"), partial(packed, made), name, "application/zip")
        for rule, why in made.left:
            text = _("Left out: {rule} – {why}").format(rule=rules.sentence(rule, table), why=_(why))
            st.caption(plain(text))

with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- A rule belongs to a dataset and to what goes on from it: next month's file, the lines that are added, the next
  download. Each is judged **before the pages show it**. One that stops keeps what breaks it aside, and the last good
  data stay; one that warns is told of here.
- Missing values break no rule but “never empty”. “No value twice” counts all rows of a value that is there more than
  once. Sums are compared to the cent, by their size: what leaves a stock is negative there. The usual rows of a weekday
  are the median of the 8 weeks before; the last 7 days are judged.
- **Suggested** rules hold on these data by their making. So each is also made of the first 70% of the time alone, and
  judged week by week on the rest.
- **Corrections** need evidence beside the value: a product's other lines, the numbers of the invoices around, whole
  invoices that are there twice. An item that stands twice in one invoice stays, a clearance stays, a rare shop with a
  name like another one's stays. Nothing is found wrong in a quantity: nothing else in the data says what it was.
- A correction is a new version of the data. Taking it back puts the old cells back and leaves later lines alone.
            """
        )
    )
