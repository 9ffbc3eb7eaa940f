"""Who changed what, and when?"""

from datetime import UTC, datetime, timedelta

import streamlit as st

import locales
from charts.monitoring import changes as charts
from data import audit, people
from ui import cards, database, inputs, lists
from ui.monitoring import changes as views
from ui.text import _, plain

DAYS = ("7", "28", "365")

cards.head(_("Monitoring: changes"), _("Who changed what, and when?"))
now = datetime.now(UTC)
with st.container(horizontal=True, vertical_alignment="bottom"):
    days = int(inputs.choice(_("Period"), DAYS, "days", lambda one: _("Last {count} days").format(count=one), "28"))
    rows = views.chosen(audit.read(database.engine(), now - timedelta(days=days)))
if rows.empty:
    st.info(_("Nothing was changed in this time."), icon=":material/check:")
    st.stop()

human = rows[rows["role"] != people.SYSTEM]
named = human.loc[human["person"] != "", "person"].nunique()  # without a login nobody has a name
unknown = not named and not human.empty
cards.metrics(
    [
        (_("Changes"), locales.number(len(human)), _("by people, in this time")),
        (_("People"), *(("?", _("not logged in")) if unknown else (locales.number(named), _("who changed something")))),
        (_("By Vigie itself"), locales.number(len(rows) - len(human)), _("jobs, trainings, the demo")),
        (
            _("Last change"),
            locales.age(rows["at"].iloc[0], now),
            plain(views.by(rows["person"].iloc[0])),
        ),
    ]
)
counted = views.by_day(rows)
cards.figure(charts.by_day(counted, now.date() - timedelta(days=days), now.date()), "changes_by_day", counted)
lists.show(views.table(rows), "changes", _("Every change, the last one first"), views.saved(rows))
if len(rows) == audit.SHOWN:
    st.caption(_("Only the last {count} are read: choose a shorter time.").format(count=locales.number(audit.SHOWN)))

with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Every change** of what Vigie keeps passes one place that asks whether whoever acts may, and writes a line here in
  the same transaction; of files (datasets, what was read of databases) before it is done, so that nothing is missing
  here.
- **Who** is the person who logged in. Where nobody has to log in it is not known; what people typed into a form as
  their name stands among the details.
- **Vigie itself**: jobs by their name (`jobs.py drift`), and “Vigie” for trainings and the demo. What only shows how
  work goes on (signs of life, measured drift, predictions) has tables of its own and is left out here.
- **When** is by the clock of the state database, which all servers share. Nothing removes or changes a line.
"""
        )
    )
