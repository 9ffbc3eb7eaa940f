"""What costs seconds to learn, for tests that are not about what is learned."""

import hashlib
import os
import pickle
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache, wraps
from pathlib import Path
from typing import Any

import cloudpickle
import pandas as pd

WORTH_A_FILE = 0.05  # seconds that it took to learn
CELLS, COLUMNS = 2_000, 300  # of a column that is read once, and how many of them are remembered


@cache
def once(function: Callable[..., Any], folder: Path) -> Callable[..., Any]:
    """A pure function that answers the same question once a run: tests show the same few shops again and again.

    The test processes leave one another their answers in `folder`.
    """
    known: dict[str, object] = {}

    @wraps(function)
    def answer(*asked: Any, **how: Any) -> object:
        key = hashlib.sha256(pickle.dumps((asked, how))).hexdigest()
        kept = folder / f"{function.__module__}.{function.__qualname__}-{key}"
        if key not in known and kept.exists():
            known[key] = pickle.loads(kept.read_bytes())
        if key not in known:
            begun = time.thread_time()
            known[key] = function(*asked, **how)
            if time.thread_time() - begun > WORTH_A_FILE:
                aside = kept.with_name(f"{kept.name}.{os.getpid()}.{threading.get_ident()}")
                aside.write_bytes(cloudpickle.dumps(known[key]))
                aside.rename(kept)
        return known[key]

    return answer


def columns(read: Callable[..., Any]) -> Callable[..., Any]:
    """`numbers.read` or `dates.read`, which whoever makes something of a file asks about the same few cells again.

    What depended on an answer of the rest of the file is read anew.
    """
    known: dict[object, Any] = {}

    @wraps(read)
    def answer(text: pd.Series, *how: Any, **named: Any) -> Any:
        if len(text) > CELLS:
            return read(text, *how, **named)
        asked: list[object] = []

        def noted(one: Any) -> Any:
            def ask() -> Any:
                asked.append(one)
                return one()

            return ask if callable(one) else one

        plain = [None if callable(one) else one for one in (*how, *named.values())]
        key = (tuple(text.to_numpy(object)), text.name, str(text.dtype), *plain, *named)
        found = known.get(key)
        if found is None:
            found = read(text, *map(noted, how), **{name: noted(one) for name, one in named.items()})
            if len(known) >= COLUMNS:
                known.clear()
            if not asked:
                known[key] = found
        return replace(found, values=pd.Series(found.values.array.copy(), text.index, name=found.values.name))

    return answer
