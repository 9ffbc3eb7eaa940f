"""What scenarios come to, side by side, and what each adds."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.sales import what_if as charts
from locales.labels import label
from models.forecast import scenario
from models.forecast.scenario import Outcome, Plan
from ui import cards
from ui.sales.plan import Terms, described
from ui.sales.series import Chosen
from ui.text import N_, _, plain

MEASURES = ((N_("Units"), "units"), (N_("Revenue"), "revenue"), (N_("Margin"), "margin"))


def headline(chosen: Chosen, out: Outcome, usual: Outcome, name: str) -> None:
    """What a scenario comes to, and what it adds."""
    shown = []
    for place, (title, column) in enumerate(MEASURES):
        before = usual.frame[column].sum(min_count=1)
        if not np.isfinite(before):
            shown.append((_(title), "–", _("needs unit cost: map it on the page Data")))
        elif not any(out.uplift_lo[place : place + 1] + out.uplift_hi[place : place + 1]):
            text = _("{lo} to {hi} in four of five cases; nothing is planned")
            shown.append((_(title), _amount(chosen, place, before), text.format(**_band(chosen, place, out))))
        else:
            added = _("{added} by the plans; in all {lo} to {hi} in four of five cases")
            text = added.format(added=_added(chosen, place, out), **_band(chosen, place, out))
            shown.append((_(title), _total(chosen, place, before, out), text))
    st.caption(_("Scenario {name}").format(name=name))
    cards.metrics(shown)


def cautions(made: dict[str, list[Plan]], out: Outcome, now: Terms) -> None:
    """What to know beside the numbers: where they are extrapolated, and what other products lose."""
    far = {name: scenario.beyond(plans, now.elasticity, now.weight) for name, plans in made.items()}
    if any(far.values()):
        whole = now.elasticity.whole
        fall, rise = (locales.percent(abs(size)) for size in now.elasticity.seen)
        listed = "; ".join(f"{name}, {described(one)}" for name, plans in far.items() for one in plans)
        said = [_("Extrapolated: {plans}.").format(plans=listed)]
        if not now.elasticity.reason:
            one = _("Prices of a product here fell by {fall} and rose by {rise} at most.")
            said.append(one.format(fall=fall, rise=rise))
        if whole is not None and not whole.reason and now.weight == 1:
            fall, rise = (locales.percent(abs(size)) for size in whole.seen)
            said.append(_("All of them together fell by {fall} and rose by {rise}.").format(fall=fall, rise=rise))
        st.warning(plain(" ".join(said)), icon=":material/warning:")
    if np.isfinite(out.taken).all():
        lo, hi = (locales.percent(float(np.clip(share, 0, 1))) for share in out.taken)
        range_ = label(now.category) if now.category else _("the range")
        st.caption(
            plain(
                _("Of the units that prices add here, other products of {range} lose {lo} to {hi}.").format(
                    range=range_, lo=lo, hi=hi
                )
            )
        )


def compared(
    chosen: Chosen, is_open: pd.Series, outs: dict[str, Outcome], usual: Outcome, now: str, with_plans: list[str]
) -> None:
    """The scenarios side by side."""
    revenue = usual.frame["revenue"][is_open]
    money = lambda amount: locales.money(amount, chosen.currency)  # noqa: E731
    title = _compared(outs[now], usual.frame["revenue"].sum(), now)
    axis = _("Revenue ({currency})").format(currency=chosen.currency)
    lines = {name: outs[name].frame.loc[is_open, ["revenue", "least", "most"]] for name in with_plans}
    band = outs[now].frame["lo"][is_open], outs[now].frame["hi"][is_open]
    table = pd.concat({name: out.frame for name, out in {"-": usual, **outs}.items()}, names=["scenario", "date"])
    cards.figure(charts.scenarios(revenue, lines, band, title, axis, money), "scenarios", table.reset_index())
    place, what = (2, _("margin")) if np.isfinite(usual.frame["margin"]).all() else (1, _("revenue"))
    added = {
        name: (outs[name].uplift[place], outs[name].uplift_lo[place], outs[name].uplift_hi[place])
        for name in with_plans
    }
    if added:
        _side_by_side(chosen, {name: outs[name] for name in with_plans}, usual)
        table = pd.DataFrame(added, index=["added", "lo", "hi"]).T.rename_axis("scenario").reset_index()
        cards.figure(charts.uplifts(added, what, money), "uplifts", table)


def _compared(out: Outcome, before: float, name: str) -> str:
    """What a scenario sells beside the forecast, in one sentence."""
    added, lo, hi = (end[1] / before if before > 0 else 0.0 for end in (out.uplift, out.uplift_lo, out.uplift_hi))
    if max(abs(lo), abs(hi)) <= 0.005:
        return _("Nothing is planned: this is the forecast")
    if not out.known:
        between = _("Revenue of scenario {name} against no plans: {lo} to {hi}, as the data cannot tell more")
        ends = (locales.signed(end, partial(locales.percent, digits=1)) for end in (lo, hi))
        return between.format(name=name, **dict(zip(("lo", "hi"), ends, strict=True)))
    more, less = (
        _("Scenario {name} sells {share} more than without plans"),
        _("Scenario {name} sells {share} less than without plans"),
    )
    return (more if added > 0 else less).format(name=name, share=locales.percent(abs(added), 1))


def _side_by_side(chosen: Chosen, outs: dict[str, Outcome], usual: Outcome) -> None:
    """Units, revenue and margin of each scenario, and what its plans add."""
    rows = []
    for name, out in outs.items():
        row = {_("Scenario"): name}
        for place, (title, column) in enumerate(MEASURES):
            before = usual.frame[column].sum(min_count=1)
            if np.isfinite(before):
                row[_(title)] = _total(chosen, place, before, out)
                row[_("{title}: added by plans").format(title=_(title))] = _added(chosen, place, out)
        rows.append(row)
    st.table(pd.DataFrame(rows).set_index(_("Scenario")).T, border="horizontal")


def _band(chosen: Chosen, place: int, out: Outcome) -> dict[str, str]:
    """The 80 % band of what is sold with the plans."""
    lo, hi = (_amount(chosen, place, end) for end in out.bands[place])
    return {"lo": lo, "hi": hi}


def _total(chosen: Chosen, place: int, before: float, out: Outcome) -> str:
    """What is sold with the plans: a number, or from and to where there is no single one."""
    if out.known:
        return _amount(chosen, place, before + out.uplift[place])
    lo, hi = (_amount(chosen, place, before + end[place]) for end in (out.uplift_lo, out.uplift_hi))
    return _("{lo} to {hi}").format(lo=lo, hi=hi)


def _added(chosen: Chosen, place: int, out: Outcome) -> str:
    """What plans add, with its interval where there is one: none for an elasticity that is only assumed."""
    value, lo, hi = (
        _amount(chosen, place, end[place], True) if np.isfinite(end[place]) else "–"
        for end in (out.uplift, out.uplift_lo, out.uplift_hi)
    )
    if not out.known:
        return _("{lo} to {hi}").format(lo=lo, hi=hi)
    return value if lo == hi else _("{added} ({lo} to {hi})").format(added=value, lo=lo, hi=hi)


def _amount(chosen: Chosen, place: int, value: float, signed: bool = False) -> str:
    write = locales.number if place == 0 else partial(locales.money, currency=chosen.currency)
    return locales.signed(value, write) if signed else write(value)
