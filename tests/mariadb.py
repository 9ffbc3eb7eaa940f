"""A throw-away MariaDB server for tests. `python -m tests.mariadb install` gets it on Debian when run as root.

It listens on a Unix socket in its own temporary folder and nowhere else, so it meets no other server.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

from tests.postgres import START_SECONDS

NAMES = ("mariadb-install-db", "mariadbd")


def install() -> str:
    """Install Debian's MariaDB where there is none. Returns "" or the reason why there still is none."""
    if all(map(_program, NAMES)):
        return ""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return "no MariaDB server is installed (on Debian: apt-get install mariadb-server, as root)"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with (Path(tempfile.gettempdir()) / "vigie-install-postgres").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # parallel test processes, of PostgreSQL too: apt-get refuses to run twice
        for command in (["update"], ["install", "-y", "--no-install-recommends", "mariadb-server"]):
            done = subprocess.run(["apt-get", "-q", *command], env=environment, capture_output=True, text=True)
    return "" if all(map(_program, NAMES)) else f"MariaDB cannot be installed: {done.stderr.strip()}"


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


@contextmanager
def server() -> Iterator[str]:
    """The SQLAlchemy URL of a fresh server's database `shop`, while the block runs. `install` comes first."""
    making, running = map(_program, NAMES)
    assert making, "call install() first"
    assert running
    user = "mysql" if os.geteuid() == 0 else None  # whoever runs it must own its folder, and root may not
    folder = Path(tempfile.mkdtemp(prefix="vigie-mariadb-"))
    socket, log = folder / "server.sock", folder / "server.log"
    try:
        if user:
            shutil.chown(folder, user)
        place = ["--no-defaults", f"--datadir={folder / 'data'}", *([f"--user={user}"] if user else [])]
        create = [making, *place, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(create, cwd=folder, check=True, capture_output=True)
        # A time zone that is not ours, so that a moment stored without one shows in a test.
        options = ["--skip-networking", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--log-warnings=0"]
        options += [f"--socket={socket}", f"--pid-file={folder / 'pid'}", "--default-time-zone=+09:00", "--sql-mode="]
        with log.open("w") as output:
            started = subprocess.Popen([running, *place, *options], cwd=folder, stdout=output, stderr=output)
        try:
            _wait(started, socket, log)
            yield f"mariadb+pymysql://root@localhost/shop?unix_socket={socket}&charset=utf8mb4"
        finally:
            started.terminate()
            started.wait(START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(started: "subprocess.Popen[bytes]", socket: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with pymysql.connect(unix_socket=str(socket), user="root") as connection:
                connection.cursor().execute("CREATE DATABASE shop CHARACTER SET utf8mb4")
                return
        except pymysql.OperationalError:
            if started.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"MariaDB did not start: {log.read_text()}") from None
            time.sleep(0.05)


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.mariadb install")
    print(install() or f"MariaDB: {_program('mariadbd')}")
