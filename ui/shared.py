"""Answers that took long, kept under the home for the other servers and for this one after a restart.

No pickle: a file holds numbers, texts, frames and the dataclasses of `models` by name, and whatever else an answer is
made of keeps it from being shared. It is found under what was asked and the code that answers, so that another version
of Vigie answers anew.
"""

import hashlib
import importlib
import io
import json
import logging
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import settings
from locales import Sentence
from models.forecast import engine
from models.forecast.engine import Window

KEPT = 200  # files
TREE = "tree.json"
OURS = ("models.", "data.", "ui.")  # modules whose classes are made again
log = logging.getLogger("vigie.shared")
Files = dict[str, np.ndarray]


class Unshareable(Exception):
    """An answer holds something that cannot be written down."""


def write(key: str, answer: object) -> None:
    """Keep an answer for whoever asks the same; an answer that cannot be, stays with this process."""
    files: Files = {}
    try:
        tree = _down(answer, files)
    except Unshareable as error:
        log.warning("The answer to %s is not shared: %s", key, error)
        return
    path = _path(key)
    fresh = path.with_name(f".{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(TREE, json.dumps(tree))
            for name, array in files.items():
                target = io.BytesIO()
                np.save(target, array, allow_pickle=False)
                packed.writestr(name, target.getvalue())
        fresh.replace(path)
        for old in sorted(path.parent.glob("*.zip"), key=lambda one: one.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        log.warning("The answer to %s is not shared: %s", key, error)
        fresh.unlink(missing_ok=True)


def read(key: str) -> Any:
    """The answer that was kept; None where there is none, or none that is whole."""
    path = _path(key)
    try:
        with zipfile.ZipFile(path) as packed:
            names = [name for name in packed.namelist() if name != TREE]
            files = {name: np.load(io.BytesIO(packed.read(name)), allow_pickle=False) for name in names}
            return _up(json.loads(packed.read(TREE)), files)
    except FileNotFoundError:
        return None
    except Exception as error:  # damaged, or not ours
        log.warning("%s is damaged: it is made anew (%s)", path, error)
        path.unlink(missing_ok=True)
        return None


def run(key: str) -> str:
    """The run that makes an answer, the same on all servers."""
    return f"answer {_name(key)}"


def _path(key: str) -> Path:
    return settings.get().home / "answers" / f"{_name(key)}.zip"


def _name(key: str) -> str:
    return hashlib.sha256(f"{_code()} {key}".encode()).hexdigest()[:32]


@cache
def _code() -> str:
    """What answers: the code of this version, and the libraries it stands on."""
    found = hashlib.sha256((settings.ROOT / "requirements.lock").read_bytes())
    for folder in ("models", "data", "ui"):
        for path in sorted((settings.ROOT / folder).rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()


def _down(value: Any, files: Files) -> Any:
    """`value` as JSON, its arrays in `files`."""
    if value is None or isinstance(value, bool | str) or type(value) in (int, float):
        return value
    if isinstance(value, Sentence):
        return {"sentence": _called(value), "message": value.message, "values": _down(value.values, files)}
    if is_dataclass(value) and not isinstance(value, type):
        held = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
        if isinstance(value, Window):  # what was learned is learned again, if anybody asks for another future
            held["fitted"] = dict.fromkeys(value.fitted)
        return {"class": _called(value), "fields": {name: _down(one, files) for name, one in held.items()}}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {"class": _called(value), "fields": {name: _down(getattr(value, name), files) for name in value._fields}}
    if type(value) in (list, tuple, set, frozenset):
        return {type(value).__name__: [_down(one, files) for one in value]}
    if isinstance(value, Mapping):
        return {"dict": [[_down(name, files), _down(one, files)] for name, one in value.items()]}
    return _values(value, files)


def _values(value: Any, files: Files) -> Any:
    if isinstance(value, pd.Timestamp | pd.Timedelta):
        if getattr(value, "tz", None) is not None:
            return _no(value)
        return {type(value).__name__: _filed(value.to_numpy(), files)}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, np.generic):
        return {"number": _filed(value, files)}
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return {"array": _filed(value, files)}
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return {"objects": [_down(one, files) for one in value]}
    if isinstance(value, pd.RangeIndex):
        return {"range": [value.start, value.stop, value.step], "name": _down(value.name, files)}
    if isinstance(value, pd.Index) and not isinstance(value, pd.MultiIndex):
        freq = getattr(value, "freqstr", None)
        return {"index": _column(value, files), "name": _down(value.name, files), "freq": freq}
    if isinstance(value, pd.Series):
        of, name = _down(value.index, files), _down(value.name, files)
        return {"series": _column(value, files), "of": of, "name": name}
    if isinstance(value, pd.DataFrame):
        columns = [_column(value.iloc[:, place], files) for place in range(value.shape[1])]
        return {"frame": columns, "of": _down(value.index, files), "columns": _down(value.columns, files)}
    return _no(value)


def _column(value: "pd.Series | pd.Index", files: Files) -> Any:
    if isinstance(value.dtype, np.dtype):
        return _down(value.to_numpy(), files)
    if isinstance(value.dtype, pd.StringDtype):
        return {"texts": [None if pd.isna(one) else one for one in value], "dtype": str(value.dtype)}
    if isinstance(value.dtype, pd.CategoricalDtype):
        held = pd.Categorical(value)
        return {"categories": [_down(held.codes, files), _down(held.categories, files), bool(held.ordered)]}
    return _no(value)


def _filed(value: Any, files: Files) -> str:
    name = f"{len(files)}.npy"
    files[name] = np.asarray(value)
    return name


def _up(tree: Any, files: Files) -> Any:
    """What `_down` made `tree` and `files` of."""
    if not isinstance(tree, dict):
        return tree
    kind, said = next(iter(tree.items()))
    if kind == "date":
        return date.fromisoformat(said)
    if kind == "datetime":
        return datetime.fromisoformat(said)
    if kind == "array":
        return files[said]
    if kind == "number":
        return files[said][()]
    if kind in ("list", "tuple", "set", "frozenset"):
        return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](_up(one, files) for one in said)
    if kind == "dict":
        return {_up(name, files): _up(one, files) for name, one in said}
    if kind == "sentence":
        return _class(said, Sentence)(tree["message"], **_up(tree["values"], files))
    if kind == "class":
        made = _class(said)(**{name: _up(one, files) for name, one in tree["fields"].items()})
        if isinstance(made, Window):
            later = {name: engine.later(name, made.history, made.known) for name in made.fitted}
            made = replace(made, fitted=later)
        return made
    return _pandas(kind, said, tree, files)


def _pandas(kind: str, said: Any, tree: dict[str, Any], files: Files) -> Any:
    if kind in ("Timestamp", "Timedelta"):
        return getattr(pd, kind)(files[said][()])
    if kind == "objects":
        found = np.empty(len(said), object)
        found[:] = [_up(one, files) for one in said]
        return found
    if kind == "texts":
        return pd.array(said, dtype=tree["dtype"])
    if kind == "categories":
        codes, categories, ordered = said
        return pd.Categorical.from_codes(_up(codes, files), _up(categories, files), ordered=ordered)
    name = _up(tree.get("name"), files)
    if kind == "range":
        return pd.RangeIndex(*said, name=name)
    if kind == "index":
        found = pd.Index(_up(said, files), name=name)
        if tree["freq"] and isinstance(found, pd.DatetimeIndex):
            found.freq = tree["freq"]
        return found
    index = _up(tree["of"], files)
    if kind == "series":
        return pd.Series(_up(said, files), index, name=name)
    if kind == "frame":
        columns = {place: pd.Series(_up(one, files), index) for place, one in enumerate(said)}
        return pd.DataFrame(columns, index=index).set_axis(_up(tree["columns"], files), axis=1)
    raise Unshareable(kind)


def _called(value: object) -> str:
    name = f"{type(value).__module__}:{type(value).__qualname__}"
    return name if name.startswith(OURS) else str(_no(value))


def _class(name: str, above: type = object) -> Any:
    module, _colon, of = name.partition(":")
    if not module.startswith(OURS):
        raise Unshareable(name)
    found = getattr(importlib.import_module(module), of)
    known = is_dataclass(found) or hasattr(found, "_fields") or issubclass(found, Sentence)
    if not known or not issubclass(found, above):
        raise Unshareable(name)
    return found


def _no(value: object) -> Any:
    raise Unshareable(type(value).__name__)
