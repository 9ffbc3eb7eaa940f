"""What stood out once at this time of a year: does it come again? Asked, answered with a reason, and remembered."""

from collections.abc import Iterable
from hashlib import sha256

import numpy as np
import pandas as pd
import streamlit as st

import locales
import settings
from data import state
from data.tables import Stored
from models.forecast import occasions
from models.forecast.combined import Forecast
from models.forecast.occasions import Expected
from models.forecast.yearly import YEAR, Occasion
from models.lifecycle import occasions as remembered
from models.lifecycle.occasions import Said
from ui.sales import recent
from ui.text import N_, _, plain

MEANINGS = {"again": N_("It comes every year"), "once": N_("It was there once only")}


def said(stored: Stored) -> list[Said]:
    """All that was said of the occasions of a dataset."""
    return remembered.kept(state.engine(settings.get().database_url), stored.lineage)


def about(stored: Stored, part: str | None, value: str | None) -> tuple[Occasion, ...]:
    """What was said of the occasions of everything, or of a part."""
    return tuple(one.occasion for one in remembered.about(said(stored), part, value))


def name(answers: Iterable[object]) -> str:
    """What was said, as a part of the key of what follows from it; nothing where nothing was."""
    text = "".join(map(repr, answers))
    return f" {sha256(text.encode()).hexdigest()[:12]}" if text else ""


def ask(stored: Stored, of: tuple[str, str], found: Forecast, written: recent.Written) -> None:
    """What of a horizon the data cannot tell to come every year, and the question; with what was said of it already."""
    known = [one for one in remembered.about(said(stored), *of) if _in(one.occasion, found.frame.index)]
    for one in known:
        meaning = MEANINGS["again"] if one.occasion.again else MEANINGS["once"]
        text = _("{start} to {end}: {meaning}, because: {reason}")
        text = text.format(meaning=_(meaning), reason=one.reason, **_days(one.occasion))
        with st.container(border=True):
            st.markdown(plain(text))
            _answered(stored, of, one.occasion)
    for new in occasions.expected(found.window):
        occasion = new.occasion(again=False)
        if not new.doubtful or any(one.meets(occasion) for one in known):
            continue
        above = _("{start} to {end}, sales stood up to {share} above the weeks around them. What was it?")
        below = _("{start} to {end}, sales stood up to {share} below the weeks around them. What was it?")
        text = above if new.share > 0 else below
        with st.container(border=True):
            share = locales.percent(abs(new.share))
            st.markdown(f"**{plain(text.format(share=share, **_days(occasion)))}**")
            st.caption(plain(" · ".join([*_either(new, found, written), _("Shown until somebody says: a part of it")])))
            _answered(stored, of, occasion)


def _either(one: Expected, found: Forecast, written: recent.Written) -> list[str]:
    """What the sum of a forecast would be either way, where that follows from what is shown."""
    if one.years > 1:
        return []
    mean = found.frame["mean"].to_numpy()
    sums = {"again": float((mean * one.again).sum()), "once": float((mean * one.once).sum())}
    return [_("{name}: {amount}").format(name=_(MEANINGS[key]), amount=written(sums[key])) for key in MEANINGS]


def _answered(stored: Stored, of: tuple[str, str], occasion: Occasion) -> None:
    taken = "again" if occasion.again else "once"
    answer = recent.meant(f"occasion {occasion.first}", MEANINGS, taken)
    if answer:
        new = Said(of, Occasion(occasion.first, occasion.last, answer[0] == "again"), answer[1])
        remembered.keep(state.engine(settings.get().database_url), stored.lineage, new)
        st.rerun()


def _in(one: Occasion, dates: pd.DatetimeIndex) -> bool:
    """Whether a horizon has days at the time of the year of an occasion."""
    back = (dates - pd.Timestamp(one.first)) / pd.Timedelta(days=1)
    return bool((np.asarray(back + 0.5) % YEAR <= (one.last - one.first).days + 1).any())


def _days(one: Occasion) -> dict[str, str]:
    return {"start": locales.day(one.first), "end": locales.day(one.last)}
