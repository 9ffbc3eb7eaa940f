"""Several Vigies on this machine that share a database and a home, as on several."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 90


@dataclass(frozen=True)
class Replica:
    """A server: its port, and its process, which leads the group of all that it starts."""

    port: int
    process: "subprocess.Popen[bytes]"

    def trains(self) -> bool:
        """Whether one of its children trains a model."""
        listed = subprocess.run(["ps", "-o", "args=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return "ui.apart" in listed.stdout

    def peak(self) -> float:
        """The most memory that the server has had, in GB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1e6


@contextmanager
def replicas(count: int, folder: Path, database: str, **chosen: str) -> Iterator[list[Replica]]:
    """`count` servers with a home in `folder`; each logs to a file there, as on a stdout of its own."""
    environment = {**os.environ, "VIGIE_HOME": str(folder / "home"), "VIGIE_DATABASE_URL": database, **chosen}
    started: list[Replica] = []
    try:
        for number in range(count):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
            with (folder / f"server-{number}.log").open("wb") as log:
                process = subprocess.Popen(
                    command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
                )
            started.append(Replica(port, process))
        for number, one in enumerate(started):
            _wait(one, folder / f"server-{number}.log")
        yield started
    finally:
        for one in started:
            with suppress(ProcessLookupError):
                os.killpg(one.process.pid, signal.SIGKILL)
            one.process.wait(30)


def _wait(one: Replica, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"http://localhost:{one.port}/_stcore/health", timeout=1)
            return
        except OSError:
            if one.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {log.read_text('utf-8')}") from None
            time.sleep(0.2)
