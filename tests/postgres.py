"""A throw-away PostgreSQL server for tests. `python -m tests.postgres install` gets it on Debian when run as root.

It listens on a Unix socket in its own temporary folder and nowhere else, so it meets no other server.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

START_SECONDS = 60
MEMORY = Path("/dev/shm")  # Linux's folder in memory: a database is made there in a third of the time
MIN_MEMORY = 6_000_000_000  # bytes free in it; all databases of a run take two


def binaries() -> Path | None:
    """The folder with `initdb` and `postgres`: of the one on the PATH, else Debian's newest."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), default=None)


def install() -> str:
    """Install Debian's PostgreSQL where there is none. Returns "" or the reason why there still is none."""
    if binaries():
        return ""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return "no PostgreSQL server is installed (on Debian: apt-get install postgresql, as root)"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with (Path(tempfile.gettempdir()) / "vigie-install-postgres").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # parallel test processes: apt-get refuses to run twice
        for command in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
            done = subprocess.run(["apt-get", "-q", *command], env=environment, capture_output=True, text=True)
    return "" if binaries() else f"PostgreSQL cannot be installed: {done.stderr.strip()}"


@contextmanager
def server() -> Iterator[str]:
    """The SQLAlchemy URL of a fresh server's database `postgres`, while the block runs. `install` comes first."""
    programs = binaries()
    assert programs, "call install() first"
    # The server refuses to run as root, and whoever runs it must own its folder.
    user = "postgres" if os.geteuid() == 0 else None
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MIN_MEMORY
    folder = Path(tempfile.mkdtemp(prefix="vigie-postgres-", dir=MEMORY if roomy else None))
    log = folder / "server.log"
    try:
        if user:
            shutil.chown(folder, user)
        cluster = ["-D", str(folder / "data")]
        create = [str(programs / "initdb"), *cluster, "-U", "vigie", "-A", "trust", "-E", "UTF8", "--no-locale"]
        subprocess.run([*create, "--no-sync"], user=user, cwd=folder, check=True, capture_output=True)
        # A time zone that is not ours, so that a moment stored without one shows in a test.
        options = {"listen_addresses": "", "unix_socket_directories": folder, "fsync": "off", "timezone": "Asia/Tokyo"}
        options |= {"autovacuum": "off"}  # which goes round through all databases of the tests before, each minute
        start = [str(programs / "postgres"), *cluster, *(f"--{name}={value}" for name, value in options.items())]
        with log.open("w") as output:
            running = subprocess.Popen(start, user=user, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait(running, folder, log)
            yield f"postgresql+psycopg://vigie@/postgres?host={folder}"
        finally:
            running.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown
            running.wait(START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(running: "subprocess.Popen[bytes]", folder: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(folder), user="vigie", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}") from None
            time.sleep(0.05)


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.postgres install")
    reason = install()
    print(reason or f"PostgreSQL: {binaries()}")
