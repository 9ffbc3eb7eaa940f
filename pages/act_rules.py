"""Of what do you want to be told, and how often would you have been?"""

import streamlit as st

from ui import cards, known, store
from ui.act import rehearsal, rule, rules
from ui.text import _, part

sold, people = store.active("sales"), store.active("customers")
cards.head(_("Act: rules"), _("Of what do you want to be told, and how often would you have been?"), sold)
of = known.ready(sold, people, in_words=True)
currency = sold.origin.currency or "GBP"


@part
def body() -> None:
    """The rules, and the one that is changed."""
    found = rules.there(of)
    rules.begin(of, found)
    rules.listed(of, found, currency)
    name, base = (st.session_state[rules.KEY + part] for part in ("rule", "base"))
    if not name or base is None:
        st.caption(_("Choose a rule to see what it would have done in the past year, or write a new one."))
        return
    rule.spoken(of, base, currency)
    rehearsal.rehearsed(of, sold, found, name, rule.edited(of, base))


body()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- A rule is judged once a day, by `python jobs.py rules`, over the measures of the page Ask: its numbers are the same,
  to the cent. What it finds waits in the inbox and is told once, to the channels of Monitoring: health.
- **The same weekday** is the mean of that weekday in the four weeks before; **the same days last year** are those of
  52 weeks before. **The forecast’s band** is the one that was written down before the day came; kept are those of the
  revenue of everything.
- **Unusual** compares a day with what is usual for the series itself: its level, its weekdays, its season and its
  noise, learned from the days before it. “Once in 400 days” is how often chance alone would bring such a day; over
  many products or shops at once, false alarms are held by Benjamini and Hochberg’s procedure. Holidays are not judged.
- The **rehearsal** judges each day of the past year as it would have been judged then. Somebody is told once a day, of
  all levels together.
- A rule is **quiet** about the same shop or product until it was well for as many days.
            """
        )
    )
