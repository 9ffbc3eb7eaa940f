"""A Vigie of one's own to attack, and requests that no browser would send."""

import base64
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
Row = tuple[str, int, int, str]  # what was tried, how often, how often it held, a note
COLD = (
    "import sys; from ui import beginning as b; b.FIRST_PAGE = 1e6; from streamlit.web import cli; sys.exit(cli.main())"
)


@contextmanager
def served(home: Path, warm: bool = True, **environment: str) -> Iterator[int]:
    """The port of a fresh server that keeps everything in `home`; `warm`: it imports beforehand what pages need."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = home / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                *(("-m", "streamlit") if warm else ("-c", COLD)),
                "run",
                "app.py",
                f"--server.port={port}",
            ],
            cwd=ROOT,
            env={**os.environ, "VIGIE_HOME": str(home), **environment},
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {log.read_text()}")
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        return status(ask(port, "/_stcore/health", Host="localhost")) == 200
    except OSError:
        return False


def ask(port: int, path: str, method: str = "GET", **headers: str) -> bytes:
    """The raw answer to a request with exactly these headers (_ for -)."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    request = "\r\n".join([*lines, "Connection: close", "", ""])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request.encode("latin-1", "replace"))
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    return answer


def knock(port: int, **headers: str) -> bytes:
    """How the server begins to answer whoever wants a websocket with these headers (_ for -); b"" if not at all."""
    key = base64.b64encode(os.urandom(16)).decode()
    headers |= {"Upgrade": "websocket", "Sec_WebSocket_Version": "13", "Sec_WebSocket_Key": key}
    lines = ["GET /_stcore/stream HTTP/1.1", "Connection: Upgrade", "Sec-WebSocket-Protocol: streamlit"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, suppress(TimeoutError):
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1", "replace"))
        return connection.recv(65_536)
    return b""


def status(answer: bytes) -> int:
    """Its number; 0 where the connection was closed without one."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0
