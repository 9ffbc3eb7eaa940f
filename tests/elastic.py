"""What ships logs and what takes them, for tests. `python -m tests.elastic install` gets both on Debian, as root.

rsyslog is Debian's, run by itself with a configuration and a folder of the test. The server is noida-db, which speaks
as Elasticsearch does, in an environment of its own; Elasticsearch itself cannot be had here.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError

from tests.sources import ROOT

SERVER = "noida-db==0.2.3"
FOLDER = Path(tempfile.gettempdir()) / "vigie-elastic"
PACKAGES = ("rsyslog", "rsyslog-elasticsearch")
MODULES = (Path("/usr/lib/x86_64-linux-gnu/rsyslog"), Path("/usr/lib/aarch64-linux-gnu/rsyslog"))
SECONDS = 60


def missing() -> str:
    """What is not installed, "" where all is there."""
    if not shutil.which("rsyslogd") or not any((folder / "omelasticsearch.so").exists() for folder in MODULES):
        return f"rsyslog is not installed (on Debian: apt-get install {' '.join(PACKAGES)}, or make test-elastic)"
    return "" if _program().exists() else f"{SERVER} is not installed: make test-elastic"


def _program() -> Path:
    return FOLDER / "environment" / "bin" / "noida-db"


def install() -> str:
    """Get what is missing, starting no service. Returns "" or the reason why something still is."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if "rsyslog" in missing() and shutil.which("apt-get") and os.geteuid() == 0:
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
            for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
                subprocess.run(["apt-get", "-q", *command], env=environment, capture_output=True)
        if not _program().exists():
            place = FOLDER / "environment"
            subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True, capture_output=True)
            subprocess.run([place / "bin" / "python", "-m", "pip", "install", "-q", SERVER], capture_output=True)
    return missing()


def ask(url: str, method: str = "GET", body: str | None = None) -> dict:
    """The JSON that a server answers."""
    content = {"content-type": "application/json"}
    request = urllib.request.Request(url, None if body is None else body.encode(), content, method=method)
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return json.loads(answer.read() or b"{}")


@contextmanager
def server(folder: Path, port: int) -> Iterator[str]:
    """The URL of a fresh server with Vigie's index template, while the block runs."""
    folder.mkdir()
    begin: list[str | Path] = [
        _program(),
        "start",
        "--only",
        "elasticsearch",
        "--elasticsearch-port",
        str(port),
        "--data-dir",
        folder,
    ]
    running = subprocess.Popen(begin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        wait(lambda: _up(url))
        ask(f"{url}/_index_template/vigie", "PUT", (ROOT / "deploy/elastic/index-template.json").read_text("utf-8"))
        yield url
    finally:
        os.killpg(running.pid, signal.SIGTERM)  # the wheel's command and what it started
        running.wait(SECONDS)


def _up(url: str) -> bool:
    try:
        return bool(ask(url))
    except OSError:
        return False


class Between:
    """A server in front of another that goes away, is busy, or stores what it is sent and never says so."""

    def __init__(self, url: str, port: int) -> None:
        self.url, self.port = url, port
        self.silent, self.swallowed, self.busy, self.turned_away = False, 0, False, 0
        self.http: ThreadingHTTPServer | None = None

    def open(self) -> None:
        """Listen, and pass requests on."""
        between = self

        class Handler(BaseHTTPRequestHandler):
            def do(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length", 0)))
                kind = {"content-type": self.headers.get("content-type", "application/json")}
                bulk = self.path.startswith("/_bulk")
                if bulk and between.busy:
                    between.turned_away += 1
                    heads = [json.loads(line)["create"] for line in content.splitlines()[::2]]
                    refused = [{"create": {**head, "status": 429, "error": {"type": "busy"}}} for head in heads]
                    self.say(200, json.dumps({"took": 0, "errors": True, "items": refused}).encode())
                    return
                request = urllib.request.Request(between.url + self.path, content or None, kind, method=self.command)
                try:
                    with urllib.request.urlopen(request, timeout=SECONDS) as passed:
                        status, answer = passed.status, passed.read()
                except HTTPError as error:
                    status, answer = error.code, error.read()
                if between.silent and bulk:
                    between.swallowed += 1
                    self.connection.close()
                    return
                self.say(status, answer)

            def say(self, status: int, answer: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            def log_message(self, *_arguments: object) -> None:
                pass

        for method in ("GET", "HEAD", "POST", "PUT"):
            setattr(Handler, f"do_{method}", Handler.do)
        self.http = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Be away: connections are refused."""
        if self.http:
            self.http.shutdown()
            self.http.server_close()
            self.http = None


@contextmanager
def shipper(folder: Path, log: Path, port: int) -> Iterator[subprocess.Popen]:
    """rsyslog with the configuration that is shipped, its paths and port changed to these, while the block runs."""
    configured = (ROOT / "deploy" / "elastic" / "rsyslog.conf").read_text("utf-8")
    for was, now in (
        ("/srv/vigie/data/local/logs/vigie.log*", f"{log}*"),
        ("http://127.0.0.1:9200", f"http://127.0.0.1:{port}"),
        ("/var/spool/rsyslog", str(folder)),
        ('action.resumeInterval="5"', 'action.resumeInterval="1"'),
    ):
        assert was in configured
        configured = configured.replace(was, now)
    folder.mkdir(exist_ok=True)
    path = folder / "rsyslog.conf"
    path.write_text(f'global(workDirectory="{folder}" maxMessageSize="256k")\n{configured}', "utf-8")
    with (folder / "rsyslogd.out").open("a") as output:
        begin: list[str | Path] = ["rsyslogd", "-n", "-f", path, "-i", folder / "pid"]
        running = subprocess.Popen(begin, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield running
    finally:
        if running.poll() is None:
            running.terminate()
            running.wait(SECONDS)


def wait(there: "object", seconds: float = SECONDS) -> None:
    """Wait until something is so; fails when it never is."""
    deadline = time.monotonic() + seconds
    while not there():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.elastic install")
    print(install() or "rsyslog and the server are there")
