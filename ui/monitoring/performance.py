"""What the page Monitoring: performance shows: the past filled in once, a verdict, cards, figures, the table."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

import locales
import settings
from charts.monitoring import performance as charts
from data import state
from data.tables import Stored
from locales.labels import label
from models.churn import value
from models.drift import alerts, performance
from models.drift.performance import Course
from models.lifecycle import logged, scoring
from ui import access, answers, background, cards, database, downloads, store
from ui.monitoring.shown import SHOWN
from ui.text import N_, _, ngettext, plain

JOB = "score"
MEANINGS = {
    "auc": N_("how often a leaver has a higher risk than a stayer; 0.5 is guessing"),
    "recall": N_("of the leavers, when the riskiest 20% are called"),
    "in_the_large": N_("share who left, less the risk said on average; 0 is right"),
    "brier": N_("mean squared distance of risk and outcome; lower is better"),
    "bias": N_("forecast against what was sold; 0 is right"),
    "wape": N_("mean error of a day, against what is sold on a day"),
    "coverage-80": N_("of the days were inside; 80% were promised"),
    "mase": N_("against saying “as a week ago”; below 1 is better"),
}
WORSE = {
    "auc": N_("The model has ranked customers worse since {day}: AUC {then} → {now}."),
    "bias": N_("Forecasts have been too low since {day}: {now} against what was sold, {then} before."),
}
TOO_HIGH = N_("Forecasts have been too high since {day}: {now} against what was sold, {then} before.")
OTHER = N_("{measure} has been better since {day}: {then} → {now}.")
STEADY = N_("{measure} has not changed more than chance lets expect: {now} in the latest windows, {then} before.")
UNSEEN = N_("The estimate made before the truth was known said {expected}: it could not see this change coming.")
SEEN = N_("The estimate made before the truth was known said {expected}.")


def played(model: str, stored: Stored, parts: bool = False) -> bool:
    """Fill in the past of a dataset, once, in the background (the page stops meanwhile); whether it has one."""

    def work(step: background.Step) -> dict[str, bool]:
        return {"past": scoring.back_fill(database.engine(), model, stored, datetime.now(UTC), step, parts)}

    return answers.ready(f"performance {model} {stored.version} {parts}", JOB, work)["past"]


def log(model: str, stored: Stored, past: bool) -> pd.DataFrame:
    """The performance log of a dataset: of its past as it was filled in, or of what was really said."""
    if past:
        return state.read(
            database.engine(), state.performance_log, model=model, version=logged.replayed(stored.version)
        )
    found = state.read(database.engine(), state.performance_log, model=model)
    return found[found["version"].isin(logged.versions(database.engine(), settings.get().home, stored))]


def none_yet() -> None:
    """Why there is nothing to show about these customers, and what to do about it."""
    st.info(
        _(
            "No risk of these customers was kept before it was known who left. Keep today’s risks here, or every "
            "month with the job “score”. When a newer file of the same customers is added on the page Data, Vigie "
            "puts who left beside what was said, and this page fills. The demo customers show how that looks."
        ),
        icon=":material/hourglass_empty:",
    )


def expected(model: str, rows: pd.DataFrame) -> None:
    """What to expect of the risks that were kept last, while nobody knows yet who leaves."""
    estimates = rows[rows["estimated"] & rows["segment"].eq("")]
    if estimates.empty:
        return
    last = (
        estimates[estimates["day"].eq(estimates["day"].max())]
        .drop_duplicates("metric", keep="last")
        .set_index("metric")
    )
    version = last["version"].iloc[0]
    usual = rows[rows["segment"].eq(performance.REFERENCE) & rows["version"].eq(version)].set_index("metric")["value"]
    heading = _("What to expect of the risks kept on {day}, before anybody knows who leaves")
    st.subheader(plain(heading.format(day=locales.day(estimates["day"].max()))), anchor=False)
    meaning = _("{lo} to {hi}, 19 times in 20; {usual} when it learned")
    texts = []
    for metric in (metric for metric in SHOWN[model].cards if metric in last.index):
        numbers = {**last.loc[metric, ["value", "lo", "hi"]], "usual": usual.get(metric, float("nan"))}
        words = {name: performance.written(metric, number) for name, number in numbers.items()}
        texts.append((label(metric), words["value"], meaning.format(**words)))
    cards.metrics(texts)


def keep_today(model: str, stored: Stored) -> None:
    """A button that keeps what the model says today, and what has become known of what it said before."""
    if first := SHOWN[model].first:
        first(stored)  # stops the page until there is a model
    key = f"score {stored.version}"
    if answers.watched(key) or not access.changes():
        return
    if st.button(_("Keep today’s risks"), icon=":material/save:"):

        def work(step: background.Step) -> dict[str, object]:
            now = datetime.now(UTC)
            done = scoring.score(database.engine(), settings.get().home, model, now.date(), now, step)
            alerts.record(
                database.engine(), stored.lineage, done["alerts"], now
            )  # the next job tells whoever is to be told
            return done

        answers.start(key, JOB, work)
        st.rerun()
    done = answers.found(key)
    if isinstance(done, dict):
        sentence = ngettext("{count} risk is kept.", "{count} risks are kept.", done["predictions"])
        st.caption(sentence.format(count=locales.number(done["predictions"])))


def course(rows: pd.DataFrame, metric: str, like: Course | None = None) -> Course | None:
    """A measure over time (see `performance.course`), made once a state of the log."""
    newest = rows[["version", "logged"]].max()
    return _course(
        f"{newest['version']} {newest['logged']} {len(rows)}", metric, like.metric if like else None, rows, like
    )


@st.cache_resource(max_entries=60, show_spinner=False)
def _course(
    key: str,  # noqa: ARG001  # the cache key, with the next two
    metric: str,
    like: str | None,  # noqa: ARG001
    _rows: pd.DataFrame,
    _like: Course | None,
) -> Course | None:
    return performance.course(_rows, metric, _like)


def verdict(found: Course, currency: str) -> None:
    """What has become of the model, in a sentence or two, on a coloured ground with an icon."""
    values = {"then": found.then, "now": found.now, "expected": found.expected}
    words = {name: performance.written(found.metric, value, currency) for name, value in values.items()}
    measure, day = label(found.metric), locales.day(found.since)
    if not found.changes:
        st.success(plain(_(STEADY).format(measure=measure, **words)), icon=":material/check_circle:")
        return
    worse = TOO_HIGH if found.metric == "bias" and found.now > 0 else WORSE[found.metric]
    sentence = _(worse if found.worse else OTHER).format(measure=measure, day=day, **words)
    if found.worse and found.expected == found.expected:
        both = found.realised.merge(found.estimated, on="day", suffixes=("", "_estimated"))
        late = both[both["day"] >= found.since]
        unseen = performance.bad(found.metric, found.expected) < performance.bad(found.metric, late["value"].mean())
        unseen &= not late["value"].between(late["lo_estimated"], late["hi_estimated"]).all()
        sentence += " " + _(UNSEEN if unseen else SEEN).format(**words)
    show, icon = (st.warning, "trending_down") if found.worse else (st.success, "trending_up")
    show(plain(sentence), icon=f":material/{icon}:")


def headline(rows: pd.DataFrame, model: str, currency: str) -> None:
    """The key measures now, each with the way it came here."""
    texts, trends = [], []
    first = course(rows, SHOWN[model].cards[0])
    for metric in SHOWN[model].cards:
        found = course(rows, metric, first)
        if found is None:
            continue
        values = found.realised["value"].dropna().to_list()
        was = performance.written(metric, found.then, currency)
        meaning = _("{then} before; {meaning}").format(then=was, meaning=_(MEANINGS[metric]))
        texts.append((label(metric), performance.written(metric, found.now, currency), meaning))
        middle = (found.now + found.then) / 2
        falls = performance.bad(metric, middle - 1e-6) < performance.bad(metric, middle)
        trends.append(cards.Trend(values, _change(found, currency), "down" if falls else "up"))
    cards.metrics(texts, trends)


def _change(found: Course, currency: str) -> str | None:
    """How far a measure moved, between the two numbers as they are shown."""
    if found.metric in (*performance.SHARES, *performance.POINTS):
        return locales.points(found.now, found.then)
    digits = 3 if found.metric == "brier" else 2
    step = round(found.now, digits) - round(found.then, digits)
    return locales.signed(step, lambda size: performance.written(found.metric, size, currency))


def over_time(rows: pd.DataFrame, metric: str, model: str, currency: str) -> None:
    """Realised against estimated."""
    found = course(rows, metric)
    if found is None:
        st.info(_("This measure has not been realised in any window yet."))
        return
    cards.figure(
        charts.over_time(found, currency, _(SHOWN[model].every)),
        f"performance_{metric}",
        rows[rows["metric"] == metric],
    )


def calibration(stored: Stored, rows: pd.DataFrame, model: str, currency: str) -> None:
    """Risks against who left, or how often the bands held, before and since the change."""
    first = course(rows, SHOWN[model].cards[0])
    if first is None:
        return
    day = locales.day(first.since)
    if covered := [metric for metric in SHOWN[model].measures if metric.startswith("coverage-")]:
        with st.grid("auto", min_column_width=400):
            for metric in covered:
                if (one := course(rows, metric)) is not None:
                    drawn = charts.over_time(one, currency, _(SHOWN[model].every))
                    cards.figure(drawn, metric.replace("-", "_"), one.realised)
        return
    predictions = _predictions(model, stored.version, len(rows), tuple(sorted(set(rows["version"]))))
    late = (predictions["day"] >= first.since).to_numpy()
    probability, left = predictions["mean"].to_numpy(), predictions["actual"].to_numpy() == 1
    if min(late.sum(), (~late).sum()) < 10 * performance.MIN_LEAVERS:
        st.info(_("There are too few windows to compare: this view needs some before and some after."))
        return
    then, now = (value.reliability(probability[part], left[part]) for part in (~late, late))
    cards.figure(
        charts.reliability(then, now, day),
        "calibration",
        pd.concat([then.assign(window="before"), now.assign(window="since")]),
    )


@st.cache_resource(max_entries=2, show_spinner=False)
def _predictions(model: str, data_version: str, windows: int, versions: Sequence[str]) -> pd.DataFrame:  # noqa: ARG001
    found = [state.read(database.engine(), state.prediction_log, model=model, version=one) for one in versions]
    return pd.concat(found)[["day", "mean", "actual"]].dropna()


def segments(stored: Stored, rows: pd.DataFrame, metric: str, model: str, currency: str) -> None:
    """A measure by contract, or by category and store."""
    first = course(rows, SHOWN[model].cards[0])
    if first is None:
        return
    if SHOWN[model].parted:
        played(model, stored, parts=True)
        rows = log(model, stored, True)
    parts = performance.by_segment(rows, metric, first.since)
    if parts.empty:
        st.info(_("There is no group with enough rows before and since {day}.").format(day=locales.day(first.since)))
        return
    stores = store.frame(stored, "stores") if "stores" in stored.columns else pd.DataFrame(columns=["store", "name"])
    names = dict(zip(stores["store"].astype(str), stores["name"].astype(str), strict=True))
    with st.grid("auto", min_column_width=400):
        for column, part in parts.groupby("column"):
            drawn = charts.segments(part, metric, currency, str(column), locales.day(first.since), names)
            cards.figure(drawn, f"performance_by_{column}", part)


def table(rows: pd.DataFrame, model: str, currency: str) -> None:
    """All windows, the latest first."""
    whole = rows[rows["segment"] == ""]
    metrics = [metric for metric in SHOWN[model].measures if (whole["metric"] == metric).any()]
    shown = pd.DataFrame({_("Day"): sorted(whole["day"].unique(), reverse=True)})
    for metric in metrics:
        for estimated, title in ((False, "{measure}"), (True, _("{measure}, estimated"))):
            part = whole[(whole["metric"] == metric) & (whole["estimated"] == estimated)].set_index("day")["value"]
            if (estimated and metric not in SHOWN[model].cards[:2]) or part.empty:
                continue
            values = part[~part.index.duplicated(keep="last")].reindex(shown[_("Day")])
            name = title.format(measure=label(metric))
            shown[name] = [performance.written(metric, one, currency) for one in values]
    shown[_("Day")] = [locales.day(day) for day in shown[_("Day")]]
    st.dataframe(shown, hide_index=True, placeholder="–")
    downloads.table(rows.drop(columns="logged"), f"performance_{model}")
