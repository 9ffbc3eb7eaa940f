"""Foreign names and origins, and garbled URLs, against a real server."""

import random
import string
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.attack.serving import Row, ask, knock, served, status

NAMED = "vigie.example.com"
FOREIGN = [
    *("evil.example", "localhost.evil.example", "evil.example#localhost", "localhost@evil.example", "127.0.0.1.nip.io"),
    *("localhost:99999999", "localhost/", "", "localhost, evil.example", "0.0.0.0", "127.1", "2130706433", "[::2]"),
    *("evil.vigie.example.com", "vigie.example.com.evil", "xn--localhost-", "[localhost]", "*", "*.example.com"),
]
REFUSED = (0, 400, 403)  # 0: what is no request gets no answer
PROMISED = (b"frame-ancestors 'none'", b"x-content-type-options: nosniff", b"referrer-policy: same-origin")


def run(seed: int, scale: float) -> Iterator[Row]:
    """`scale` 1 is a thousand of each."""
    rng, times = random.Random(seed), max(30, round(1_000 * scale))
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), warm=False, VIGIE_ALLOWED_HOSTS=NAMED) as port,
        ThreadPoolExecutor(200) as pool,  # some are never answered: they are waited for together
    ):
        own = [f"localhost:{port}", f"127.0.0.1:{port}", f"LOCALHOST:{port}", NAMED, f"{NAMED}:443"]
        foreign = [*FOREIGN, *(_garbled(rng, "localhost") for _time in range(times))]
        origins = [f"http://{host}" for host in foreign] + [
            "null",
            "http://localhost:1",
            "file://",
            f"localhost:{port}",
        ]
        names = pool.map(lambda host: status(knock(port, Host=host, Origin=f"http://{host}")) in REFUSED, foreign)
        others = pool.map(lambda origin: status(knock(port, Host=own[0], Origin=origin)) in REFUSED, origins)
        refused = [status(ask(port, "/", Host=host)) in REFUSED for host in foreign]
        yield "pages under a foreign or garbled name", len(refused), sum(refused), _first(foreign, refused)
        taken = [status(knock(port, Host=host, Origin=f"http://{host}")) == 101 for host in own]
        taken += [
            status(knock(port, Host=own[0])) == 101,
            status(knock(port, Host=own[0], Origin=f"https://{NAMED}")) == 101,
        ]
        yield "websockets that are meant", len(taken), sum(taken), ""
        paths = ["/", "/data", "/static/none", "/media/none", "/assets/none", "/_stcore/host-config", "/_stcore/health"]
        paths += ["/%2e%2e/settings.py", "//evil.example/", "/assets/..%2fshell.py", "/plotly/../../../settings.py"]
        paths += ["/" + _garbled(rng, "assets/../data?lang=en") for _time in range(times)]
        answers = [ask(port, path, Host="localhost") for path in paths]
        # What is no HTTP at all is refused before Vigie sees it, by 400 in plain text.
        held = [status(one) in (200, 301, 304, 307, 308, 400, 403, 404, 405) for one in answers]
        yield "garbled URLs", len(held), sum(held), _first(paths, held)
        ours = [b"Invalid HTTP request" in one or all(said in one for said in PROMISED) for one in answers]
        yield "answers with every header", len(ours), sum(ours), _first(paths, ours)
        refused = list(names)  # those that get no answer were waited for meanwhile
        yield "websockets under a foreign or garbled name", len(refused), sum(refused), _first(foreign, refused)
        refused = list(others)
        yield "websockets from a foreign origin", len(refused), sum(refused), _first(origins, refused)


def _garbled(rng: random.Random, text: str) -> str:
    """`text` with a few signs changed, never itself."""
    signs = list(text)
    for _change in range(rng.randint(1, 4)):
        signs.insert(rng.randrange(len(signs)), rng.choice(string.punctuation.replace("\\", "") + "\x7f\xe9\xff0aZ"))
    return "".join(signs)


def _first(tried: list[str], held: list[bool]) -> str:
    return next((repr(one) for one, good in zip(tried, held, strict=True) if not good), "")
