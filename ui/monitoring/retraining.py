"""The views of the retraining page: champion against challenger, and what is trained."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.monitoring import retraining as charts
from data.tables import Stored
from locales.labels import label
from models import challenge
from models.challenge import CannotJudge, Gain
from models.churn import challenge as churn_challenge
from models.churn import value
from models.churn.value import Terms
from models.forecast import CannotForecast
from models.forecast import challenge as sales_challenge
from models.lifecycle import registry
from models.lifecycle.registry import CHALLENGER, ModelFileError
from ui import access, cards, downloads, inputs
from ui.monitoring import retrained
from ui.monitoring.money import Compared, Money
from ui.monitoring.shown import SHOWN
from ui.monitoring.versions import MEASURES, SHORT, learned, trained
from ui.text import _, ngettext, plain

LONG = 365  # days: what pays back later does not


def ask(model: str, stored: Stored, window: int) -> Money:
    """Inputs, side by side, of what retrainings and errors cost; `window` is that of churn."""
    currency = stored.origin.currency or "GBP"
    price = inputs.number(_("A retraining costs ({currency})").format(currency=currency), "retraining", 250, 0, 1e6)
    return SHOWN[model].money_of(stored, currency, price, window)


def verdict(a_day: Gain, money: Money) -> str:
    """Whether to promote the challenger, in one sentence."""
    amount = abs(a_day.mean) if a_day.fair is None else a_day.fair
    values = {"gain": money.written(amount), "lo": money.written(a_day.lo), "hi": money.written(a_day.hi)}
    days = challenge.payback(a_day, money.price)
    if days is None:
        if a_day.hi < 0:
            return _("Keep the champion: the challenger would cost {gain} more a day").format(**values)
        if a_day.sure:
            sentence = _("Wait: a gain of {gain} a day is hardly told from chance (95% interval {lo} to {hi})")
        elif a_day.mean > 0:
            sentence = _("Do not retrain: a gain of {gain} a day could be chance (95% interval {lo} to {hi})")
        else:
            sentence = _("Do not retrain: the challenger is no better (95% interval of its gain {lo} to {hi} a day)")
        return sentence.format(**values)
    if days > LONG:
        sentence = _("Do not retrain: a gain of {gain} a day takes more than a year to pay back its cost")
        return sentence.format(**values)
    sentence = _("Promote the challenger: it gains {gain} a day and pays back in {days}")
    return sentence.format(days=_days(days), **values)


def headline(compared: Compared, money: Money) -> None:
    """The verdict and the cards behind it."""
    a_day = money.gain(compared)
    st.subheader(plain(verdict(a_day, money)), anchor=False)
    between = _("95% interval {lo} to {hi}")
    days = challenge.payback(a_day, money.price)
    pays = _("the gain could be chance")
    if days is not None:
        soonest, least = money.price / a_day.given_sure(0.975), a_day.given_sure(0.025)
        pays = _("95% interval from {lo}; until when, these data cannot tell").format(lo=_days(soonest))
        if least > 0:
            pays = between.format(lo=locales.number(np.ceil(soonest)), hi=_days(money.price / least))
    shown = [
        (
            _("Gain a day"),
            money.written(a_day.mean),
            between.format(lo=money.written(a_day.lo), hi=money.written(a_day.hi)),
        ),
        (_("Pays back in"), "–" if days is None else _days(days), pays),
    ]
    if isinstance(compared, sales_challenge.Comparison):
        units = compared.gains["units"]
        off = {role: values.sum() / max(compared.sold.sum(), 1e-9) for role, values in compared.units.items()}
        shown += [
            (
                _("Closer by (units a day)"),
                _signed(units.mean, 0),
                between.format(lo=_signed(units.lo, 0), hi=_signed(units.hi, 0)),
            ),
            (
                _("Off by, of what was sold"),
                locales.percent(off["challenger"], 1),
                _("the champion: {share}").format(share=locales.percent(off["champion"], 1)),
            ),
        ]
    else:
        for name, title in (("log_loss", _("Log-loss lower by")), ("auc", _("AUC higher by"))):
            one = compared.gains[name]
            ends = _signed(one.lo, 4), _signed(one.hi, 4)
            shown.append((title, _signed(one.mean, 4), between.format(lo=ends[0], hi=ends[1])))
    cards.metrics(shown)
    st.caption(plain(" ".join(filter(None, [_judged_on(compared), money.note]))))


def _judged_on(compared: Compared) -> str:
    if isinstance(compared, sales_challenge.Comparison):
        first, last = (locales.day(day) for day in compared.days[[0, -1]])
        sentence = _("Judged on {first} to {last}, which neither had seen.")
        if compared.twin:
            sentence = _(
                "Judged on {first} to {last}: the later model by a twin that learned alike up to the day before."
            )
        return sentence.format(first=first, last=last)
    if compared.later:
        sentence = _("Judged on {months} months after both had learned.")
        return sentence.format(months=compared.months)
    return _(
        "There is no later month with known leavers: each customer is judged by models fitted without them (folds), or "
        "by a model from before it was known who left."
    )


def compare(compared: Compared, money: Money) -> None:
    """How both models did, where the gain is, and both as a table."""
    with st.grid("auto", min_column_width=420):
        if isinstance(compared, sales_challenge.Comparison):
            table = pd.DataFrame({"day": compared.days, **compared.units, "sold": compared.sold})
            cards.figure(charts.errors(compared.days, compared.units), "retraining_errors", table)
        else:
            curves = {role: _curve(risks, compared.left, money.terms) for role, risks in compared.probability.items()}
            cards.figure(charts.profits(curves, money.written), "retraining_profit")
        rows = _parts(compared, money)
        axis = _("The challenger's gain a day ({currency})").format(currency=money.currency)
        cards.figure(charts.gains(rows, axis, money.written), "retraining_gains", rows)
    scores = compared.scores
    names = [name for name in MEASURES if name in scores["champion"]]
    table = pd.DataFrame(
        {
            _("Measure"): [_(SHORT[name]) for name in names],
            **{
                _(charts.ROLES[role]): [_score(name, scores[role][name]) for name in names]
                for role in ("champion", "challenger")
            },
            _("Meaning"): [_(MEASURES[name]) for name in names],
        }
    )
    st.dataframe(table, hide_index=True, placeholder="–")
    downloads.table(table, "champion_challenger")


def _parts(compared: Compared, money: Money) -> pd.DataFrame:
    """The gain a day over all and in each category, store or contract, the largest first."""
    if isinstance(compared, sales_challenge.Comparison):
        found = {name: one.times(money.scale) for name, one in compared.parts.items()}
    else:
        found = {
            str(name): churn_challenge.gain(compared, money.terms, money.window, name)
            for name in np.unique(compared.contract)
            if name
        }
    parts = sorted(found.items(), key=lambda pair: -abs(pair[1].mean))
    every = [(_("All"), money.gain(compared)), *((label(name), one) for name, one in parts)]
    return pd.DataFrame([(name, one.mean, one.lo, one.hi) for name, one in every], columns=["name", "mean", "lo", "hi"])


def _curve(probability: np.ndarray, left: np.ndarray, terms: Terms) -> tuple[np.ndarray, np.ndarray]:
    ranked = value.ranking(probability, left)
    places = np.unique(np.linspace(0, len(ranked) - 1, 150).astype(int))
    return ranked["share"].to_numpy()[places], value.profits(ranked, terms)[places]


def against(model: str, stored: Stored, best: "pd.Series | None") -> "pd.Series | None":
    """The version that the champion is compared with: the newest challenger unless another is chosen."""
    rows = registry.versions(retrained.engine(), model, stored.lineage)
    rows = rows[rows["version"] != (None if best is None else best["version"])].set_index("version", drop=False)
    challengers = rows[rows["status"] == CHALLENGER]
    if best is None or rows.empty:
        return None
    usual = "" if challengers.empty else str(challengers["version"].iloc[0])
    names = {version: learned(row) for version, row in rows.iterrows()}
    if len(set(names.values())) < len(names):
        names = {version: trained(row) for version, row in rows.iterrows()}
    with st.container(width=390):
        chosen = inputs.choice(
            _("Compare the champion with"),
            ["", *rows["version"]],
            f"against.{model}",
            lambda version: names[version] if version else _("nothing yet"),
            default=usual,
        )
    return rows.loc[chosen] if chosen else None


def training(model: str, stored: Stored) -> None:
    """Ask who wants a new model and why, and begin to train it."""
    with st.popover(_("Train a challenger"), icon=":material/model_training:"), st.form("train", border=False):
        author = access.name(_("Your name"), "train.author").strip()
        reason = st.text_input(_("Why"), max_chars=300, key="train.reason").strip()
        if st.form_submit_button(_("Train"), icon=":material/play_arrow:"):
            if author and reason:
                retrained.train(model, stored, author, reason)
                st.rerun()
            st.warning(_("Say who you are and why: it is kept with the version."), icon=":material/edit:")


def compared(model: str, stored: Stored, best: "pd.Series", other: "pd.Series | None") -> Compared | None:
    """Champion and challenger compared; None, and why, where that cannot be."""
    if other is None:
        _alone(model, stored, best)
        return None
    try:
        return retrained.compare(model, stored, best, other)
    except (CannotJudge, CannotForecast) as error:
        st.subheader(plain(error.sentence()), anchor=False)
    except ModelFileError as error:
        st.warning(plain(error.sentence()), icon=":material/lock:")
    return None


def _alone(model: str, stored: Stored, best: "pd.Series") -> None:
    """What is known of the champion while there is no challenger."""
    until = locales.day(best["window_end"])
    sentence = _("No challenger yet: the champion learned up to {day}. Train one to see whether it pays.")
    if stored.span is None:
        sentence = _("No challenger yet: train one when newer customers are there, to see whether it pays.")
    elif (stored.span[1] - best["window_end"]).days < sales_challenge.MIN_COMPARED:
        sentence = _(
            "The champion learned up to {day}, nearly the end of the data: a newer model has nothing to add yet."
        )
    st.subheader(plain(sentence.format(day=until)), anchor=False)
    measures = best["metrics"]
    shown = [(_("Champion learned up to"), until, _("from {rows} rows").format(rows=locales.number(best["rows"])))]
    shown += [
        (_(SHORT[name]), _score(name, measures[name]), _(MEASURES[name]))
        for name in SHOWN[model].main
        if name in measures
    ]
    cards.metrics(shown)


def _days(days: float) -> str:
    whole = int(np.ceil(days))
    return ngettext("{days} day", "{days} days", whole).format(days=locales.number(whole))


def _signed(amount: float, digits: int) -> str:
    return locales.signed(amount, partial(locales.number, digits=digits))


def _score(name: str, amount: float) -> str:
    return locales.percent(amount, 1) if name in ("wape", "bias") else locales.number(amount, 4 if amount < 1 else 2)
