"""Two sales models on days that neither has seen, and a year of models learned never, monthly or on alert."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

import locales
from locales import N_
from models import challenge
from models.challenge import NEVER, WEEK, CannotJudge, Gain
from models.forecast.kept import AHEAD, HOLDOUT, MIN_DAYS, Daily, SalesModel, measure, tell
from models.forecast.panel import Step, fit
from models.forecast.series import CannotForecast

MIN_COMPARED = 14  # days on which two models can be compared
YEAR = 364  # days that policies are tried on, if there are so many


@dataclass(frozen=True)
class Comparison:
    """How far off two models were, all series together, on each of the `days`: in units, and in margin (money).

    `gains` is what the challenger was closer by a day, over all in "units" and in "margin"; `parts` the margin of each
    category (or store). `scores` has the measures of `kept.measure` for both. `twin` says that the later model is
    judged by its twin, which stopped learning before these days.
    """

    days: pd.DatetimeIndex
    units: dict[str, np.ndarray]  # champion, challenger
    margin: dict[str, np.ndarray]
    sold: np.ndarray
    gains: dict[str, Gain]
    parts: dict[str, Gain]
    scores: dict[str, dict[str, float]]
    twin: bool


@dataclass(frozen=True)
class Policies:
    """How far off the models of each policy were on each of the `days`, and on which of them one was learned anew.

    `gains` is the margin a day by which each was closer than never retraining.
    """

    days: pd.DatetimeIndex
    units: dict[str, np.ndarray]
    margin: dict[str, np.ndarray]
    retrained: dict[str, np.ndarray]
    gains: dict[str, Gain]


def compare(daily: Daily, champion: SalesModel, challenger: SalesModel) -> Comparison:
    """Both models on the days after both learned, or on those that the twin of the later one has not seen.

    Every week is told on its first day, with the sales up to then. Raises `CannotJudge` where there are too few days
    that neither has seen.
    """
    dates = daily.panel.dates
    start, end = int(dates.searchsorted(max(champion.until, challenger.until), "right")), len(dates)
    used, twin = {"champion": champion.fitted, "challenger": challenger.fitted}, False
    if end - start < MIN_COMPARED:
        models = {"champion": champion, "challenger": challenger}
        older, later = sorted(models, key=lambda name: models[name].until)
        apart = (models[later].until - models[older].until).days
        if apart < HOLDOUT:
            raise CannotJudge(
                N_(
                    "Too early: the two models learned from nearly the same days, up to {day}. They can be compared "
                    "when {days} more days of sales are there."
                ),
                day=locales.day(models[later].until),
                days=MIN_COMPARED - (end - start),
            )
        used[later], twin = models[later].twin, True
        start, end = start - HOLDOUT, start
    actual = daily.panel.values[:, start:end].astype(float)
    forecasts = {name: tell(fitted, daily.panel, start, end) for name, fitted in used.items()}
    off = {name: np.abs(values - actual) for name, values in forecasts.items()}
    names = daily.panel.keys["category" if "category" in daily.panel.keys else "store"]
    closer = daily.margin[:, None] * (off["champion"] - off["challenger"])
    units = {name: error.sum(axis=0) for name, error in off.items()}
    return Comparison(
        dates[start:end],
        units,
        {name: daily.margin @ error for name, error in off.items()},
        actual.sum(axis=0),
        {
            "units": challenge.gain(units["champion"] - units["challenger"], WEEK),
            "margin": challenge.gain(closer.sum(axis=0), WEEK),
        },
        {str(name): challenge.gain(closer[names == name].sum(axis=0), WEEK) for name in names.unique()},
        {name: measure(values, daily.panel, start) for name, values in forecasts.items()},
        twin,
    )


def policies(
    daily: Daily,
    alerts: Sequence[pd.Timestamp] = (),
    seed: int = 0,
    step: Step = lambda _message, _share: None,
) -> Policies:
    """The last year again, as it would have gone with each policy, each model with only what was known on its day.

    A model may be learned anew at the start of each week. Where there is not enough history for a year, it is shorter.
    Raises `CannotForecast` where there is none to try on.
    """
    history, total = daily.panel, len(daily.panel.dates)
    start = max(total - YEAR, MIN_DAYS)
    weeks = list(range(start, total - AHEAD + 1, AHEAD))
    if len(weeks) < 2 * MIN_COMPARED // AHEAD:
        raise CannotForecast(
            N_("Policies need at least {needed} days of sales to try on: add more on the page Data."),
            needed=MIN_DAYS + 2 * MIN_COMPARED,
        )
    chosen = challenge.schedule(history.dates[weeks], alerts)
    learned = sorted({0, *(place for places in chosen.values() for place in places)})
    models = {}
    for number, place in enumerate(learned):
        step(N_("Learning as on past days"), number / len(learned))
        models[place] = fit(history.upto(weeks[place]), AHEAD, seed)
    step(N_("Telling the past weeks"), 0.97)
    end = weeks[-1] + AHEAD
    days, actual = history.dates[start:end], history.values[:, start:end].astype(float)
    units, margin, retrained = {}, {}, {}
    for name, places in chosen.items():
        in_use = challenge.current(places, len(weeks))
        forecasts = [
            tell(models[place], history, week, week + AHEAD) for place, week in zip(in_use, weeks, strict=True)
        ]  # each week by the model that was in use
        off = np.abs(np.concatenate(forecasts, axis=1) - actual)
        units[name], margin[name] = off.sum(axis=0), daily.margin @ off
        retrained[name] = days.isin(history.dates[[weeks[place] for place in places]])
    gains = {name: challenge.gain(margin[NEVER] - off, WEEK) for name, off in margin.items()}
    return Policies(days, units, margin, retrained, gains)
