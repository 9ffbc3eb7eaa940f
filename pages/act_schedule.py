"""What is done by itself, when, and did it work?"""

import streamlit as st

from data import schedules
from ui import cards, database
from ui import schedules as shared
from ui.act import schedule
from ui.text import _, part

cards.head(_("Act: schedule"), _("What is done by itself, when, and did it work?"))


@part
def body() -> None:
    """The schedules, what failed, and what ran."""
    found, failed = shared.there(), schedules.failed(database.engine())
    if found:
        schedule.figures(found, failed)
    shared.runner(found)
    schedule.stuck(found, failed)
    schedule.listed(found)
    with st.expander(_("What ran"), icon=":material/history:", on_change="rerun", key="schedule.ran") as opened:
        if opened.open:
            shared.ran()


body()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- What is due is done by `python jobs.py run-due`, whoever calls it and however often: cron every minute, or the server
  itself where it is started with `VIGIE_SCHEDULER=on`. Of several servers one does it; if that one dies, another goes
  on within a minute.
- Each time is done **once**. Times that passed while nothing ran are made up once, by the last of them. Times before a
  schedule was written, changed or switched on again do not count.
- What fails is **tried again** after 1, 5, 30 and 120 minutes, then given up: it waits here for somebody. A job that
  finds no data or no model has nothing to do, and is not tried again.
- A time in the hour that clocks leave out in spring is due once, at its end; one in the hour that they show twice in
  autumn, once, the first time.
- Reports go to the channels of Monitoring: health, with the filters that are kept with the board, each channel once.
            """
        )
    )
