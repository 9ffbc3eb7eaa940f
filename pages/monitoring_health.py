"""Is everything well: sources, jobs, models, the state database, the disk, and whoever is told of alerts?"""

from datetime import UTC, datetime

import streamlit as st

import locales
import settings
from connectors import notify
from models.lifecycle import health
from ui import cards, inputs
from ui.monitoring import health as views
from ui.text import N_, _, part, plain

VIEWS = {
    "alerts": N_("Alerts"),
    "notifications": N_("Notifications"),
    "sources": N_("Sources"),
    "jobs": N_("Jobs"),
    "schedule": N_("Schedule"),
    "versions": N_("Models and versions"),
    "logs": N_("Logs"),
}

cards.head(
    _("Monitoring: health"),
    _("Is everything well: data, jobs, models, database, disk, and does somebody hear of alerts?"),
)


@part
def looked() -> None:
    """Everything below the title, so that nothing else is run and painted again."""
    chosen, now = settings.get(), datetime.now(UTC)
    seen = views.seen(chosen.home, chosen.database_url)
    found = health.checks(seen, now, list(notify.channels()))
    whole = health.verdict(found)
    icon, _colour, _word = views.STATUS[whole.status]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"#### :material/{icon}: {plain(whole.sentence())}", width="stretch")
        st.button(_("Look again"), icon=":material/refresh:", on_click=views.seen.clear)

    episodes = health.episodes(seen)
    last = health.last_runs(seen, now)
    last = last[last["day"].notna()].head(1)  # what a page started is seen there
    good = sum(check.status == "ok" for check in found)
    used = locales.percent(1 - seen.disk_free / seen.disk_total)
    cards.metrics(
        [
            (
                _("Checks passed"),
                _("{good} of {all}").format(good=locales.number(good), all=locales.number(len(found))),
                _("the others say what to do") if good < len(found) else _("nothing is to be done"),
            ),
            (
                _("Open alerts"),
                locales.number(episodes["open"].sum()),
                _("confirmed and not acknowledged"),
            ),
            (
                _("Last scheduled job"),
                views.ended(last),
                locales.age(last["started"].iloc[0], now) if len(last) else _("none has run yet"),
            ),
            (_("Free disk"), health.size(seen.disk_free), _("{share} is in use").format(share=used)),
        ]
    )
    views.figures(seen, now)
    views.checks(found)

    view = inputs.view(_("View"), list(VIEWS), "view", lambda name: _(VIEWS[name]))
    if view == "alerts":
        views.alert_list(seen.alerts, episodes, seen.deliveries)
    elif view == "notifications":
        views.notifications()
    elif view == "sources":
        views.sources(seen)
    elif view == "jobs":
        views.jobs(seen, now)
    elif view == "schedule":
        views.schedule()
    elif view == "versions":
        views.versions(seen)
    else:
        views.logs()


looked()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **The same checks** answer `python jobs.py health`, which leaves with 1 where there is a problem.
- **Sources** are worth a look when they were brought in more than a month ago, or when newer days are late: the last
  one is twice as long ago as it ever was when newer ones came, and more than five days.
- **Jobs** write a sign of life every ten seconds; one that has been silent for a minute was cut off.
  It is run again from where it stands: what it writes replaces what it had written.
- **Model files** are read whole and their SHA-256 compared with the one recorded when they were kept.
- **Alerts** are raised where drift is confirmed (over the threshold, over what chance does, and not a matter of
  season), and where a model has been surely worse than when it learned, twice in a row.
  Alerts of a column or measure that stand together are one: told once. What comes back after it was acknowledged, or
  after seven days without it, is a new one and told again, but not within some days of the last time.
- **PSI** (population stability index) says how far the values of a column have moved from those that the model learned
  from: 0 is not at all, over 0.3 is a lot.
"""
        )
    )
