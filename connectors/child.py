"""Read what comes from outside in a process of its own, which gets so much memory and time and no more.

A small file can unpack, or be laid out, to more than any machine has; libraries that read files can crash or never
come back. `run` hands the bytes to a child, which lives on for the next file, and brings back tables, findings and
plain values. A child that takes too much is ended, and whoever asked gets a sentence (`InvalidFile`).

Nothing that comes back is run: the two speak JSON and Arrow. A child ends with its parent, as its input does.
"""

import atexit
import importlib
import json
import logging
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import pandas as pd
from pydantic import TypeAdapter

import settings
from connectors import ConnectorError, InvalidFile
from data.dataset import Finding
from locales import N_

MEMORY = 3_000_000_000  # bytes; a file of 200 MB needs half of it (tests/attack)
CPU_SECONDS = 240  # of the processor's time for one file
SECONDS = 600  # of the clock's, however busy the machine is
KEPT = 400_000_000  # bytes; a child that needed more is replaced when it has answered
CHILDREN = 2
START = "from connectors import child; child.serve()"
ROOM = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}  # memory asked for is memory used

TOO_LARGE = N_(
    "This file takes more memory to read than one file may, or it is damaged. Send a part of it, or save it as CSV."
)
TOO_LONG = N_("Reading this file took too long and was stopped. Send a part of it.")
UNREADABLE = N_("This file cannot be read: it may be damaged. Write it again, or save it as CSV.")

log = logging.getLogger("vigie.child")
_FINDINGS = TypeAdapter(tuple[Finding, ...])


@dataclass(frozen=True)
class Parsed:
    """What a file holds: tables by name, what was found in them, and values that JSON can carry."""

    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)


Parse = Callable[..., Parsed]
Heard = Callable[[float], None]


def unheard(_share: float) -> None:
    """For whoever does not ask how much is done."""


@dataclass(frozen=True)
class _Child:
    process: subprocess.Popen[bytes]
    requests: IO[bytes]
    answers: IO[bytes]

    def end(self) -> None:
        """Kill it and collect what is left of it."""
        self.process.kill()
        for pipe in (self.requests, self.answers):
            with suppress(OSError):
                pipe.close()
        self.process.wait()


_idle: list[_Child] = []
_free = threading.BoundedSemaphore(CHILDREN)
_inside: IO[bytes] | None = None  # where a process that is a child itself answers


def run(
    parse: Parse,
    content: bytes | Path,
    /,
    *,
    seconds: float = SECONDS,
    cpu: int = CPU_SECONDS,
    heard: Heard = unheard,
    **given: object,
) -> Parsed:
    """`parse(content, **given)` as a child finds it. `parse` stands in a module; `given` is what JSON can carry.

    `content` are bytes, or a file that exists. `heard` gets the shares that `parse` says are done (see `done`), and may
    raise to end it. Raises what `parse` raises of ConnectorError; InvalidFile where it takes more memory or time
    (`seconds` by the clock, `cpu` of a processor) than there is for one file, or fails in another way.
    """
    if _inside:
        return parse(content, **given)
    with _free:
        child = _taken()
        late = threading.Event()

        def ring() -> None:
            late.set()
            child.process.kill()

        alarm = threading.Timer(seconds, ring)
        alarm.daemon = True
        alarm.start()
        try:
            _ask(child.requests, parse, content, given, cpu)
            while "done" in (answer := json.loads(child.answers.readline())):
                heard(answer["done"])
            frames = {name: _received(child.answers) for name in answer["frames"]}
        except (OSError, ValueError) as error:  # it is gone, in the middle of an answer or before
            child.end()
            code = child.process.returncode
            log.warning("The child that ran %s ended with %s", parse.__qualname__, code)
            slow = late.is_set() or code == -getattr(_signals(), "SIGXCPU", 0)
            raise InvalidFile(TOO_LONG if slow else TOO_LARGE) from error
        except BaseException:
            child.end()
            raise
        finally:
            alarm.cancel()
        if answer["last"]:
            child.end()
            child = _started()
        _idle.append(child)
    return _result(answer, frames)


def done(share: float) -> None:
    """Tell whoever waits for this child how much is done, 0 to 1."""
    if _inside:
        _inside.write(json.dumps({"done": share}).encode() + b"\n")
        _inside.flush()


def prepare() -> None:
    """Start a child, so that the first file need not wait for it."""
    if not _idle:
        _idle.append(_started())


@atexit.register
def close() -> None:
    """End the children that wait for work."""
    while _idle:
        _idle.pop().end()


def _signals() -> Any:
    import signal

    return signal


def _taken() -> _Child:
    """A child that waits for work, else a new one."""
    while _idle:
        with suppress(IndexError):  # another thread was faster
            child = _idle.pop()
            if child.process.poll() is None:
                return child
            child.end()
    return _started()


def _started() -> _Child:
    process = subprocess.Popen(  # noqa: S603  # this Python, and code of our own
        [sys.executable, "-c", START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=settings.ROOT,
        env={**os.environ, **ROOM, "PYTHONPATH": str(settings.ROOT)},
        start_new_session=True,  # Ctrl-C is the parent's to hear
    )
    assert process.stdin is not None  # noqa: S101  # for mypy: both are pipes
    assert process.stdout is not None  # noqa: S101
    return _Child(process, process.stdin, process.stdout)


def _ask(pipe: IO[bytes], parse: Parse, content: bytes | Path, given: dict[str, object], cpu: int) -> None:
    where = {"path": str(content.absolute())} if isinstance(content, Path) else {"length": len(content)}
    request = {"module": parse.__module__, "function": parse.__qualname__, "given": given, "cpu": cpu, **where}
    pipe.write(json.dumps(request).encode() + b"\n")
    if isinstance(content, bytes):
        pipe.write(content)
    pipe.flush()


def _received(pipe: IO[bytes]) -> pd.DataFrame:
    import pyarrow as pa

    return pa.ipc.open_stream(pa.PythonFile(pipe, mode="r")).read_all().to_pandas(split_blocks=True)


def _result(answer: dict[str, Any], frames: dict[str, pd.DataFrame]) -> Parsed:
    if "bug" in answer:
        log.error("A file could not be read:\n%s", answer["bug"])
        raise InvalidFile(UNREADABLE)
    if "error" in answer:
        module, name = answer["error"]
        kind = getattr(sys.modules.get(module), name, InvalidFile)
        report = {"report": frames["report"]} if "report" in frames else {}
        raise kind(answer["message"], **report, **answer["values"])
    return Parsed(frames, _FINDINGS.validate_python(answer["findings"]), answer["values"])


# What follows runs in the child.


def serve() -> None:
    """Answer requests from stdin until it is closed, within the limits."""
    global _inside
    _confine()
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _inside = answers
    os.dup2(2, 1)  # what libraries print is no answer
    for warm in ("pyarrow.parquet", "python_calamine", "connectors.files"):
        importlib.import_module(warm)
    while line := requests.readline():
        asked = json.loads(line)
        _start_the_clock(asked["cpu"])
        try:
            content = Path(asked["path"]) if "path" in asked else requests.read(asked["length"])
            parse: Parse = getattr(importlib.import_module(asked["module"]), asked["function"])
            found = parse(content, **asked["given"])
            said = {"values": found.values, "findings": [asdict(one) for one in found.findings]}
            _answer(answers, said, found.frames)
            del found
        except ConnectorError as error:
            report = getattr(error, "report", None)
            kind = [type(error).__module__, type(error).__name__]
            said = {"error": kind, "message": error.message, "values": error.values}
            _answer(answers, said, {} if report is None else {"report": report})
        except MemoryError:
            os._exit(1)  # nothing more can be promised
        except Exception:
            _answer(answers, {"bug": traceback.format_exc(limit=-8)}, {})
        content = b""


def _answer(pipe: IO[bytes], said: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
    import pyarrow as pa

    tables = {name: _table(frame) for name, frame in frames.items()}  # all, before a word is said
    said = {**said, "frames": list(tables), "last": _peak() > KEPT}
    pipe.write(json.dumps(said, default=str).encode() + b"\n")
    for table in tables.values():
        with pa.ipc.new_stream(pa.PythonFile(pipe, mode="w"), table.schema) as stream:
            stream.write_table(table)
    pipe.flush()


def _table(frame: pd.DataFrame) -> Any:
    """`frame` for Arrow. What is missing among numbers stays NaN: who receives it then need not copy them."""
    import pyarrow as pa

    table = pa.Table.from_pandas(frame)
    for at, kind in enumerate(frame.dtypes):
        if kind in ("float32", "float64"):
            table = table.set_column(at, table.schema.field(at), pa.array(frame.iloc[:, at].to_numpy()))
    return table


def _confine() -> None:
    """Take no more memory than `MEMORY`, leave no core behind, and be the first to go where the machine has none."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    with suppress(ImportError, OSError, ValueError):  # a system that knows no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _start_the_clock(cpu: int) -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + cpu
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _peak() -> int:
    """The most memory this process ever had, in bytes; 0 where the system does not say."""
    with suppress(OSError):
        status = Path("/proc/self/status").read_text()  # getrusage counts what its parent had when it began, too
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])
    return 0
