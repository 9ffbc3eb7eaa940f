"""A model trained in a process of its own, which gives way to the pages: they keep the interpreter and the processors.

`ask` starts it as `python -m ui.apart`, gives it a request (JSON) and hears its answers, one JSON object
a line: `{"step": ..., "share": ...}` as it goes; `{"quick": ...}` once, a model (`models.churn.files.pack`, base64)
that may stand in until the champion is there; at the end `{"version": ...}`, or `{"refused": ..., "values": ...}`.
"""

import base64
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from locales import N_, Sentence

ROOT = Path(__file__).resolve().parents[1]
NICE = 10  # of 19: after the quick model it gets what others leave, and a share that keeps it going
ENDED = N_("The training was cut off: it was stopped from outside, or the memory did not suffice. Start it again.")
QUICK = ("logistic",)  # learns in seconds, and says exactly why
log = logging.getLogger("vigie.apart")


class CutOff(Sentence):
    """The process ended before its work did."""


def ask(request: dict[str, Any], heard: Callable[[dict[str, Any]], None], wait: Callable[[], None]) -> None:
    """Train as `request` says: database (URL), home, data_version, now (ISO), author, reason.

    `heard` gets every answer; `wait` is called at least once a second and may raise, which ends the process.
    Raises `CutOff`.
    """
    command = [sys.executable, "-m", "ui.apart"]
    with subprocess.Popen(  # noqa: S603  # our own interpreter and module
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as child:
        assert child.stdin  # noqa: S101  # for mypy: they were asked for above
        assert child.stdout  # noqa: S101
        lines: SimpleQueue[str | None] = SimpleQueue()
        answers = child.stdout

        def listen() -> None:
            for line in answers:
                lines.put(line)
            lines.put(None)

        try:
            child.stdin.write(json.dumps(request))
            child.stdin.close()
            threading.Thread(target=listen, daemon=True).start()
            while True:
                wait()
                try:
                    line = lines.get(timeout=1)
                except Empty:
                    continue
                if line is None:
                    break
                heard(json.loads(line))
            if child.wait():
                raise CutOff(ENDED)
        except BrokenPipeError as error:
            raise CutOff(ENDED) from error
        finally:
            child.kill()


def main() -> None:
    """The process of its own: a request comes in, answers go out; what libraries print goes to the log's stream."""
    request = json.load(sys.stdin)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)

        def say(**answer: object) -> None:  # ends this process where nobody listens any more
            answers.write(json.dumps(answer) + "\n")
            answers.flush()

        _train(request, say)


def _train(request: dict[str, Any], say: Callable[..., None]) -> None:
    from data import state, tables
    from models.churn import files, training
    from models.churn.preparation import CannotTrain
    from models.lifecycle import churn, retraining

    def step(message: str, share: float) -> None:
        say(step=message, share=share)

    step(N_("Reading the table"), 0.0)
    home = Path(request["home"])
    stored = next(one for one in tables.stored(home, "customers") if one.version == request["data_version"])
    customers = tables.read(stored)
    try:
        step(N_("A quick first model"), 0.0)
        try:
            say(quick=base64.b64encode(files.pack(training.train(customers, compared=QUICK))).decode())
        except ValueError as error:  # nothing of this kind fits these customers
            log.warning("No quick model: %s", error)
        os.nice(NICE)  # from here on nobody waits
        now = datetime.fromisoformat(request["now"])
        engine = state.engine(request["database"])
        author, reason = request["author"], request["reason"]
        say(**retraining.learn(engine, home, churn.NAME, stored, now, author, reason, step))
    except CannotTrain as error:
        say(refused=error.message, values=error.values)


if __name__ == "__main__":
    main()
