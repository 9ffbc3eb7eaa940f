"""Running what a server awaits from a test, whatever other tests of the same process left running."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """What `coroutine` returns, on an event loop and in a thread of its own.

    Playwright's synchronous browser keeps a loop running in the tests' thread, where `asyncio.run` is then refused.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
