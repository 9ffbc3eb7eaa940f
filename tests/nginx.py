"""A throw-away nginx in front of several servers. `python -m tests.nginx install` gets it on Debian when run as root.

A cookie keeps a browser with its server, as an ingress of Kubernetes does; while that one is away, another answers.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

COOKIE = "vigie_server"
START_SECONDS = 20


def install() -> str:
    """Install Debian's nginx where there is none. Returns "" or the reason why there still is none."""
    if _program():
        return ""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return "no nginx is installed (on Debian: apt-get install nginx-light, as root)"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with (Path(tempfile.gettempdir()) / "vigie-install-nginx").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Its own service is not wanted, nor is that of another nginx of this machine disturbed.
        for command in (["update"], ["install", "-y", "--no-install-recommends", "nginx-light"]):
            done = subprocess.run(["apt-get", "-q", *command], env=environment, capture_output=True, text=True)
    return "" if _program() else f"nginx cannot be installed: {done.stderr.strip()}"


def _program() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def before(ports: Sequence[int]) -> Iterator[str]:
    """The address of an nginx in front of servers on these ports; the cookie's value is a server's number."""
    program = _program()
    assert program, "call install() first"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="vigie-nginx-"))
    (folder / "nginx.conf").write_text(_configuration(folder, port, ports), "utf-8")
    running = subprocess.Popen([program, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"])
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if running.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("nginx did not start") from None
                time.sleep(0.05)
        yield f"http://localhost:{port}"
    finally:
        running.terminate()
        running.wait(START_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _configuration(folder: Path, port: int, ports: Sequence[int]) -> str:
    groups, names = [], []
    for number, own in enumerate(ports):
        others = " ".join(f"server 127.0.0.1:{one} backup;" for one in ports if one != own)
        groups.append(f"upstream server_{number} {{ server 127.0.0.1:{own} max_fails=1 fail_timeout=5s; {others} }}")
        names.append(f'"{number}" server_{number};')
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    share = "".join(f"{100 / len(ports):.0f}% {number}; " for number in range(len(ports) - 1)) + f"* {len(ports) - 1};"
    return f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; {"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 512; }}
http {{
  access_log off; {temporary}
  client_max_body_size 300m;
  {" ".join(groups)}
  split_clients "$remote_addr$remote_port$msec" $fresh {{ {share} }}
  map $cookie_{COOKIE} $number {{ "" $fresh; default $cookie_{COOKIE}; }}
  map $number $group {{ {" ".join(names)} default server_0; }}
  map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      add_header Set-Cookie "{COOKIE}=$number; Path=/; HttpOnly; SameSite=Lax" always;
      proxy_pass http://$group;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_read_timeout 3600s;
      proxy_connect_timeout 2s;
      proxy_next_upstream error timeout;
    }}
  }}
}}
"""


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.nginx install")
    reason = install()
    print(reason or f"nginx: {_program()}")
