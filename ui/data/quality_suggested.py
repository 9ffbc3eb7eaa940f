"""Rules that the data seem to keep, and how such a rule would have fared."""

import uuid
from datetime import UTC, datetime

import streamlit as st

import locales
import settings
from data import checks, schemas, tables
from data.rules import Kept
from data.tables import Stored
from models.quality import rules, scan, suggest
from models.quality.rules import Rule
from models.quality.scan import Verdict
from models.quality.suggest import Suggestion
from ui import answers, database
from ui.data.quality_rule import KEY, ask, attempt
from ui.text import N_, _, plain

SHOWN = 12  # suggestions at first
VERSIONS = 4  # earlier ones that suggestions are held against


def suggested(stored: Stored, found: list[tuple[Kept, Verdict]]) -> None:
    """Rules that the data seem to keep, how such a rule would have fared in the past, and a click that takes one."""
    have = [verdict.rule for _kept, verdict in found]
    key = f"suggestions {stored.version}"
    every: list[Suggestion] = answers.ready(key, "look through", lambda _step: _suggestions(stored))
    wanted = [one for one in every if not any(rules.same(one.rule, rule) for rule in have)]
    if not wanted:
        st.caption(_("Nothing to suggest: the data are few, or all that they keep to is a rule already."))
        return
    more = st.session_state.get(KEY + "more", False)
    for number, one in enumerate(wanted if more else wanted[:SHOWN]):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap=None, width="stretch"):
                st.markdown(plain(rules.sentence(one.rule, stored.table)))
                broken = _("Rows that break it now: {count}.").format(count=locales.number(one.failing))
                st.caption(plain(f"{broken} {past(one)}" if one.failing else past(one)))
            st.button(_("Add"), key=f"{KEY}add-{number}", on_click=_add, args=(stored, one.rule), icon=":material/add:")
    if not more and len(wanted) > SHOWN:
        text = _("{count} more").format(count=locales.number(len(wanted) - SHOWN))
        st.button(text, key=KEY + "all", on_click=st.session_state.update, args=({KEY + "more": True},))


def past(one: Suggestion) -> str:
    """How often a rule would have been broken, in words."""
    if not one.judged:
        return _("The past cannot tell how often it would be broken.")
    numbers = {"broken": locales.number(one.broken), "judged": locales.number(one.judged)}
    if one.unit == "version":
        return _("On {broken} of {judged} earlier versions it would have been broken.").format(**numbers)
    if one.learned is None:
        return _("It would have been broken {broken} times in {judged} days with data.").format(**numbers)
    numbers["day"] = locales.day(one.learned)
    text = N_("Made of the data up to {day}, it would have been broken in {broken} of the {judged} weeks since.")
    if one.unit == "day":
        text = N_("Made of the data up to {day}, it would have been broken on {broken} of the {judged} days since.")
    return _(text).format(**numbers)


def _add(stored: Stored, rule: Rule) -> None:
    content, name = rules.to_json(rule), uuid.uuid4().hex[:12]
    attempt(lambda: checks.write(database.engine(), name, stored.lineage, content, 0, datetime.now(UTC)))


def _suggestions(stored: Stored) -> list[Suggestion]:
    schema = schemas.SCHEMAS[stored.table].to_schema().columns
    sure: dict[str, list[str]] = {
        stored.table: [name for name, one in schema.items() if one.required and not one.nullable]
    }
    found = suggest.suggest(ask(stored), stored.columns, stored.table, sure, datetime.now(UTC))
    versions = tables.stored(settings.get().home, stored.table)
    before = [one for one in versions if one.lineage == stored.lineage and one.version != stored.version]
    now = datetime.now(UTC)
    wanted = [one.rule for one in found]
    return suggest.on_versions(
        found, [scan.judge(ask(one), one.columns, wanted, now) for one in before[:VERSIONS] if tables.sound(one)]
    )
