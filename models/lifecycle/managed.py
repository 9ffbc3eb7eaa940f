"""The models that Vigie keeps, trains again, scores and watches: a row of `MODELS` says all that is to say of one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from data.dataset import Table
from data.tables import Stored
from models.drift import alerts
from models.drift.consequence import Outcome
from models.drift.counted import Watched
from models.drift.monitored import Sheet
from models.lifecycle import churn, sales
from models.lifecycle.logged import Rows, Step
from models.lifecycle.registry import Trained


@dataclass(frozen=True)
class Managed:
    """What a managed model is. Its functions raise `Sentence`s, which say what is missing.

    `train(stored, first, until, step)` learns from a dataset, up to a day where one is named; `first` says that the
    dataset has no model yet. `load(home, row)` reads the model of a row of the registry. `outputs(home, stored,
    champion)` is what the champion says of the rows that are watched. `predict(home, stored, champion, day, now, step)`
    are the predictions to keep on a day; `actuals(engine, home, stored)` those kept before whose truth is in a dataset,
    with it; `measure(engine, home, stored, champion, now)` how good they were; `replay(stored, version, now, step,
    parts)` both for a past in which nobody asked. `alerted` are the measures that raise alerts, in windows that are so
    many days `apart` at least, as they share outcomes else; `suffix` ends the names of its files. `compare(stored,
    models, ends)` is a champion and a challenger, which learned up to those `ends`, and `policies(stored, learner,
    alerts, step)` a year in which a model was trained never, every month and on the days of `alerts`. What drift does:
    `outcome(home, stored, champion, sheet, sheets)` is what each row of a sheet brings (None: not known),
    `response(stored, watched)` the means of bins that are known otherwise (see `models.drift.consequence`), and `does`
    says it, with the places `share`, `total`, `money`, `error` and `more`: where money is known, and where it is not.
    """

    name: str
    table: Table
    suffix: str
    alerted: tuple[str, ...]
    apart: int
    train: Callable[[Stored, bool, date | None, Step], Trained]
    load: Callable[[Path, pd.Series], Any]
    outputs: Callable[[Path, Stored, pd.Series], Sheet]
    predict: Callable[[Path, Stored, "pd.Series | None", date, datetime, Step], Rows]
    actuals: Callable[[Engine, Path, Stored], Rows]
    measure: Callable[[Engine, Path, Stored, "pd.Series | None", datetime], Rows]
    replay: Callable[[Stored, str, datetime, Step, bool], tuple[Rows, Rows]]
    compare: Callable[[Stored, tuple[Any, Any], tuple[date, date]], Any]
    policies: Callable[[Stored, str, list[pd.Timestamp], Step], Any]
    outcome: "Callable[[Path, Stored, pd.Series | None, Sheet, tuple[Sheet, ...]], Outcome | None]"
    response: Callable[[Stored, Watched], dict[str, np.ndarray]]
    does: tuple[str, str]


MODELS: dict[str, Managed] = {
    one.name: one
    for one in (
        Managed(
            name=sales.NAME,
            table="sales",
            suffix=".zip",
            alerted=("wape", "bias"),
            apart=7,
            train=sales.train,
            load=sales.load,
            outputs=sales.outputs,
            predict=sales.predict,
            actuals=sales.actuals,
            measure=sales.measure,
            replay=sales.replay,
            compare=sales.compare,
            policies=sales.policies,
            outcome=sales.outcome,
            response=sales.response,
            does=sales.DOES,
        ),
        Managed(
            name=churn.NAME,
            table="customers",
            suffix=".zip",
            alerted=("auc", "in_the_large"),
            apart=28,
            train=churn.train,
            load=churn.load,
            outputs=churn.outputs,
            predict=churn.predict,
            actuals=churn.actuals,
            measure=churn.measure,
            replay=churn.replay,
            compare=churn.compare,
            policies=churn.policies,
            outcome=churn.outcome,
            response=lambda _stored, _watched: {},
            does=churn.DOES,
        ),
    )
}


def waiting(episodes: pd.DataFrame, stored: Mapping[Any, Stored | None]) -> pd.Series:
    """Whether each alarm (a row of `alerts.episodes`) waits for an answer: nobody gave one, it is about the data in
    use, where there are some, and it was not over before anybody was there to be told (see `alerts.past`)."""
    of = {name: one for name, model in MODELS.items() if (one := stored.get(model.table))}
    lineage = episodes["model"].map({name: one.lineage for name, one in of.items()})
    here = episodes["lineage"].isna() | lineage.isna() | episodes["lineage"].eq(lineage)
    ends = {name: one.span[1] if one.span else None for name, one in of.items()}
    return episodes["acknowledged"].isna() & here & ~alerts.past(episodes, ends)
