"""A churn model as one file, without pickle: a ZIP of JSON, numpy arrays, and XGBoost's UBJ or skops' own format."""

import json
import zipfile
from dataclasses import asdict
from io import BytesIO
from typing import Any, cast

import numpy as np
import pandas as pd

from data.dataset import Finding
from models.churn.conformal import Group
from models.churn.learners import Boosted, BoostedMany, Calibrated, Explained, Logistic, LogisticMany, Resampled
from models.churn.model import ChurnModel, HeldOut
from models.churn.preparation import Coding
from models.churn.rules import Rules

SUFFIX = ".zip"
TRUSTED = [  # what a spline is made of, beside scikit-learn's own classes
    "numpy.dtype",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
    "scipy.interpolate._bsplines.BSpline",
]


def pack(model: ChurnModel) -> bytes:
    """The model as bytes."""
    known = model.rules
    about = {
        "learner": model.learner,
        "columns": list(model.coding.columns),
        "levels": {column: list(names) for column, names in model.coding.levels.items()},
        "freed": list(model.coding.freed),
        "left_out": model.left_out,
        "groups": [asdict(group) for group in model.groups],
        "metrics": model.metrics,
        "league": model.league.to_dict("records"),
        "importance": model.importance.to_dict("records"),
        "coverage": model.coverage.to_dict("records"),
        "by_verdict": model.by_verdict.to_dict("records"),
        "findings": [asdict(finding) for finding in model.findings],
        "ensemble": len(model.ensemble),
        "level": model.fitted.level,
        "slope": model.fitted.slope,
        "products": known.products,
        "exclusions": [list(pair) for pair in known.allowed],
        "prices": [[place, other] for place, parts in known.prices.items() for other in parts],
    }
    arrays = {
        "probability": model.held_out.probability,
        "left": model.held_out.left,
        "fold": model.held_out.fold,
        "customer": model.held_out.customer.astype(str),
        "row": model.held_out.row,
        "member": model.held_out.member,
        "levels": np.asarray(model.ensemble.level),
        "slopes": np.asarray(model.ensemble.slope),
    }
    arrays |= {f"allowed-{a}-{b}": matrix for (a, b), matrix in known.allowed.items()}
    arrays |= {f"usual-{a}-{b}": levels for (a, b), levels in known.usual.items()}
    arrays |= {f"price-{p}-{o}": prices for p, parts in known.prices.items() for o, prices in parts.items()}
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(name: str, content: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)

        put("model.json", json.dumps(about, default=_plain).encode())
        for name, values in arrays.items():
            put(f"{name}.npy", _array(values))
        for suffix, content in (_fitted(model.fitted.model) | _resampled(model.ensemble.model)).items():
            put(suffix, content)
    return target.getvalue()


def unpack(content: bytes) -> ChurnModel:
    """The model that `pack` wrote: it predicts the same to the bit."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(files["model.json"])

    def array(name: str) -> np.ndarray:
        return np.load(BytesIO(files[f"{name}.npy"]), allow_pickle=False)

    levels = {column: tuple(names) for column, names in about["levels"].items()}
    coding = Coding(tuple(about["columns"]), levels, tuple(about["freed"]))
    prices: dict[int, dict[int, np.ndarray]] = {}
    for place, other in about["prices"]:
        prices.setdefault(place, {})[other] = array(f"price-{place}-{other}")
    pairs = [tuple(pair) for pair in about["exclusions"]]
    known = Rules(
        {(a, b): array(f"allowed-{a}-{b}") for a, b in pairs},
        {(a, b): array(f"usual-{a}-{b}") for a, b in pairs},
        prices,
        tuple(tuple(product) for product in about["products"]),
    )
    fitted = _read_fitted(files, coding)
    # Models kept before they were calibrated say it plainly.
    level, slope = about.get("level", 0.0), about.get("slope", 1.0)
    each = (array("levels"), array("slopes")) if "levels.npy" in files else (level, slope)
    return ChurnModel(
        about["learner"],
        coding,
        Calibrated(fitted, level, slope),
        Calibrated(_read_resampled(files, fitted, about["ensemble"]), *each),
        known,
        tuple(Group(**group) for group in about["groups"]),
        HeldOut(
            array("customer").astype(object),
            array("probability"),
            array("left"),
            array("fold"),
            array("row"),
            array("member"),
        ),
        about["metrics"],
        pd.DataFrame(about["league"]),
        pd.DataFrame(about["importance"]),
        pd.DataFrame(about["coverage"]),
        pd.DataFrame(about["by_verdict"]),
        tuple(Finding(**{**row, "examples": tuple(row["examples"])}) for row in about["findings"]),
        about["left_out"],
    )


def _fitted(model: Explained) -> dict[str, bytes]:
    if isinstance(model, Boosted):
        return {"fitted.ubj": bytes(model.booster.save_raw("ubj"))}
    import skops.io

    linear = cast(Logistic, model)
    return {
        "fitted.skops": skops.io.dumps(linear.pipeline),
        "means.npy": _array(linear.means),
        "owner.npy": _array(linear.owner),
        "complete.npy": _array(linear.complete),
    }


def _read_fitted(files: dict[str, bytes], coding: Coding) -> Explained:
    if "fitted.ubj" in files:
        return Boosted(_booster(files["fitted.ubj"]), tuple(coding.kinds))
    import skops.io

    never = _array(np.zeros(len(coding.columns), bool))  # of models kept before it was asked
    kept = files["means.npy"], files["owner.npy"], files.get("complete.npy", never)
    means, owner, complete = (np.load(BytesIO(part), allow_pickle=False) for part in kept)
    return Logistic(skops.io.loads(files["fitted.skops"], trusted=TRUSTED), means, owner, complete)


def _resampled(models: Resampled) -> dict[str, bytes]:
    if isinstance(models, BoostedMany):
        return {"resampled.ubj": bytes(models.booster.save_raw("ubj"))}
    linear = cast(LogisticMany, models)
    return {"weights.npy": _array(linear.weights), "intercepts.npy": _array(linear.intercepts)}


def _read_resampled(files: dict[str, bytes], fitted: Explained, count: int) -> Resampled:
    if "resampled.ubj" in files:
        return BoostedMany(_booster(files["resampled.ubj"]), count)
    weights, intercepts = (
        np.load(BytesIO(files[f"{part}.npy"]), allow_pickle=False) for part in ("weights", "intercepts")
    )
    return LogisticMany(cast(Logistic, fitted), weights, intercepts)


def _booster(content: bytes) -> Any:
    import xgboost

    booster = xgboost.Booster(model_file=bytearray(content))
    booster.set_param({"nthread": 1})
    return booster


def _array(values: np.ndarray) -> bytes:
    target = BytesIO()
    np.save(target, values, allow_pickle=False)
    return target.getvalue()


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value)} in a model file")
