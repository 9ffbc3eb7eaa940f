"""What costs seconds to learn, for tests that are not about what is learned."""

import hashlib
import pickle
from collections.abc import Callable
from functools import cache, wraps
from typing import Any


@cache
def once(function: Callable[..., Any]) -> Callable[..., Any]:
    """A pure function that answers the same question once a process: tests show the same few shops again and again."""
    known: dict[str, object] = {}

    @wraps(function)
    def answer(*asked: Any, **how: Any) -> object:
        key = hashlib.sha256(pickle.dumps((asked, how))).hexdigest()
        if key not in known:
            known[key] = function(*asked, **how)
        return known[key]

    return answer
