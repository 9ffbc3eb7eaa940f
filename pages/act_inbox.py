"""What waits for somebody, and why?"""

from datetime import UTC, datetime

import streamlit as st

import locales
from data import rules as kept_rules
from ui import cards, database, known, store
from ui.act import inbox
from ui.text import _, ngettext, part

sold, people = store.active("sales"), store.active("customers")
cards.head(_("Act: inbox"), _("What waits for somebody, and why?"), sold)
of = known.ready(sold, people)


@part
def body() -> None:
    """What waits, what is put off, and what was answered."""
    found = inbox.waiting(of, sold, people)
    asleep = kept_rules.asleep(database.engine(), datetime.now(UTC).date())
    given = kept_rules.assigned(database.engine())
    waits = inbox.whose([one for one in found if one.key not in asleep], given)
    quiet = [one for one in found if one.key in asleep]
    if waits:
        stake = sum(one.stake for one in waits)
        ends = sold.span[1].date() if sold.span else waits[0].day
        ago = max((ends - min(one.since or one.day for one in waits)).days, 0)
        cards.metrics(
            [
                (_("Waiting"), locales.number(len(waits)), _("alerts, orders, campaigns, late data and failed work")),
                (
                    _("At stake"),
                    locales.short_money(stake, sold.origin.currency or "GBP"),
                    _("what alerts of rules are above or below what was expected, and the margin of orders"),
                ),
                (
                    _("The oldest"),
                    ngettext("{count} day", "{count} days", ago).format(count=locales.number(ago)),
                    _("before the last day of the data"),
                ),
            ]
        )
    else:
        st.markdown(":material/check_circle: " + _("Nothing waits: all was answered, or put off."))
    for one in waits[: inbox.SHOWN]:
        inbox.shown(one, given.get(one.key))
    if (more := len(waits) - inbox.SHOWN) > 0:
        st.caption(_("{count} more are not shown: answer some first.").format(count=locales.number(more)))
    with st.expander(_("What is put off"), icon=":material/snooze:"):
        if not quiet:
            st.caption(_("Nothing is put off."))
        inbox.later(quiet, asleep)
    with st.expander(_("Answered"), icon=":material/done_all:", on_change="rerun", key="inbox.answered") as answered:
        if answered.open:
            inbox.answers(of, sold)


body()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- Alerts of **rules** come from `python jobs.py rules`, once a day: what a rule found on a day is one alert, whatever
  the number of shops or products it names. Alerts of **models** are those of Monitoring: drift and performance.
- **Orders** wait here while a draft is to be approved, an approved one has not been sent, sending failed, or a
  delivery is later than nine of ten such deliveries; they are decided on Act: orders. **Campaigns** wait when their
  outcome window is over and nobody has written down who left; **work at set times** when it was given up. **Data**
  wait when their last day is twice as long ago as it ever was when newer days came, and more than five days; a
  download also when it is more than a month old.
- What has the most money at stake comes first: of an alert about money what it is above or below what was expected, of
  an order the margin lost on average if it waits. Then the gravest, then the newest. Alerts about the same sales, of
  a category and of all for instance, are added up as if they were about others.
- An answer and its reason are kept with the alert, shown in the rule’s rehearsal, and told again when the same rule
  finds the same around the same day a year later. What is put off comes back on its day; what is given to somebody is
  told to nobody, but can be looked for by their name.
            """
        )
    )
