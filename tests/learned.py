"""What costs seconds to learn, for tests that are not about what is learned."""

import hashlib
import os
import pickle
import threading
import time
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import cloudpickle

WORTH_A_FILE = 0.05  # seconds that it took to learn


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
