"""An origin that points inside: to this machine, to the network around it, by other names and numbers."""

import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from connectors import ConnectorError
from connectors.copies import download
from tests.attack.serving import Row
from tests.connectors.conftest import Origin, send

NOW = datetime(2026, 3, 14, tzinfo=UTC)
INSIDE = [
    "127.0.0.1",
    "localhost",
    "127.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
    "0.0.0.0",
    "[::1]",
    "[::ffff:127.0.0.1]",
]
SHAPES = [
    *(
        "http://{host}:{port}/",
        "//{host}:{port}/x",
        "http://a.org@{host}:{port}/",
        "http:{host}:{port}",
        "HTTP://{host}:{port}",
    ),
    *(
        "https://{host}:{port}/",
        "http://{host}:{port}#@a.org",
        "http://{host}:{port}\\@a.org",
        "ftp://{host}/",
        "file:///etc/passwd",
    ),
]


def run(seed: int, scale: float) -> Iterator[Row]:
    """`scale` 1 is 500 redirects."""
    rng, times, held, note = random.Random(seed), max(20, round(500 * scale)), 0, ""
    origin, inside = Origin(), Origin()
    inside.answers = [send()]
    with tempfile.TemporaryDirectory() as folder:
        for _time in range(times):
            target = rng.choice(SHAPES).format(host=rng.choice(INSIDE), port=inside.server.server_port)
            origin.answers = [send(b"", rng.choice([301, 302, 303, 307, 308]), Location=target)]
            try:
                download(origin.url, Path(folder) / "raw", NOW, timeout=5)
            except ConnectorError:
                held += 1
            else:
                note = target
    for one in (origin, inside):
        one.server.shutdown()
    yield "redirects into the network around Vigie", times, held, note
    yield "requests that arrived there", times, times - len(inside.requests), ""
