"""How a request leaves this machine: to the host that the settings name, at an address that is meant, and in time.

An origin may point on to itself, to itself under https, and to its known mirrors, and nowhere else. A name of the
public internet must not lead into a private network, whoever answers for it today: the addresses are looked at when
the connection is made, and that connection is the one that is used.
"""

import ipaddress
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError
from urllib3.util import Retry
from urllib3.util.connection import create_connection

import settings
from connectors import BadResponse, Unavailable
from locales import N_

# Where the public origins are known to keep their files.
MIRRORS = {
    "raw.githubusercontent.com": {"media.githubusercontent.com"},
    "github.com": {"raw.githubusercontent.com", "codeload.github.com", "release-assets.githubusercontent.com"},
    "archive.ics.uci.edu": {"cdn.uci-ics-mlr-prod.aws.uci.edu"},
    "catalog.ourworldindata.org": {"owid-catalog.nyc3.digitaloceanspaces.com"},
    "covid.ourworldindata.org": {"catalog.ourworldindata.org"},
}
PRIVATE = (".localhost", ".local", ".internal", ".lan", ".home.arpa")  # never names of the public internet
TOO_SLOW = N_("{host} sends too slowly. Try again later, raise VIGIE_DOWNLOAD_SECONDS, or upload the file.")
ELSEWHERE = N_(
    "{host} points to another server ({other}), which Vigie does not follow. Check its address in the settings."
)


class _Call:
    """One download: the hosts it may ask, its connections, and whether its time is up."""

    def __init__(self, url: str, sentence: str) -> None:
        self.hosts = _hosts(urlsplit(url).hostname or "")
        self.too_slow = Unavailable(sentence, host=urlsplit(url).netloc)
        self.over = threading.Event()
        self.sockets: list[socket.socket] = []

    def end(self) -> None:
        """Break off whatever is waited for: a time limit on a socket starts anew with every byte that trickles in."""
        self.over.set()
        for one in self.sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


_call: ContextVar[_Call | None] = ContextVar("call", default=None)


@contextmanager
def within(url: str, seconds: float, sentence: str = TOO_SLOW) -> Iterator[None]:
    """What is asked of the origin at `url` in this block ends after `seconds`, with `Unavailable(sentence)`."""
    call = _Call(url, sentence)
    token = _call.set(call)
    timer = threading.Timer(seconds, call.end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if call.over.is_set():
            raise call.too_slow from error
        raise
    finally:
        timer.cancel()
        _call.reset(token)
        for one in call.sockets:
            one.close()


def pieces(answer: requests.Response, most: int) -> Iterator[bytes]:
    """What comes of an answer, as it comes and packed as it is, at most so many bytes at once."""
    while piece := answer.raw.read1(most, decode_content=False):
        yield piece
    if (call := _call.get()) and call.over.is_set():  # an answer of unknown length looks whole when it is broken off
        raise call.too_slow


def session(retry: Retry, own: Collection[str] = ()) -> requests.Session:
    """A session that goes only where it may, and shows headers called as in `own` to the first host alone.

    Its connections raise ConnectorError too.
    """
    made = _Steadfast()
    made.own = own
    made.max_redirects = 5
    made.headers["User-Agent"] = f"Vigie/{settings.VERSION} ({settings.get().contact})"
    made.headers["Accept-Encoding"] = "gzip"  # whose end can be told, unlike that of a file cut off in the middle
    made.mount("https://", _Adapter(max_retries=retry))
    made.mount("http://", _Adapter(max_retries=retry))
    return made


class _Steadfast(requests.Session):
    """Follows no answer that points to another server."""

    own: Collection[str] = ()

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Take away what another host, a mirror, must not see."""
        super().rebuild_auth(prepared_request, response)
        if urlsplit(prepared_request.url or "").hostname != urlsplit(response.url).hostname:
            for name in self.own:
                prepared_request.headers.pop(name, None)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where an answer points to. Raises BadResponse where that is no place to go."""
        target = super().get_redirect_target(resp)
        if target and not may_follow(resp.url, urljoin(resp.url, target)):
            other = urlsplit(urljoin(resp.url, target)).netloc.rpartition("@")[2]
            raise BadResponse(ELSEWHERE, host=urlsplit(resp.url).netloc, other=other)
        return target


def may_follow(source: str, target: str) -> bool:
    """Whether an origin at `source` may point to `target`: itself, or itself or a known mirror under https."""
    old, new = urlsplit(source), urlsplit(target)
    if (old.scheme, old.netloc) == (new.scheme, new.netloc):
        return True
    return new.scheme == "https" and new.netloc in {
        name + port for name in _hosts(old.hostname or "") for port in ("", ":443")
    }


def _hosts(name: str) -> set[str]:
    """A host, with and without www, and its known mirrors."""
    return {name, f"www.{name}", name.removeprefix("www."), *MIRRORS.get(name, ())}


def is_private(name: str) -> bool:
    """Whether the settings name this host as one of a private network, or as an address in numbers."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(name))
    return "." not in name or name.endswith(PRIVATE) or name in settings.get().private_hosts


def _addresses(name: str, port: int) -> list[str]:
    """The addresses of a host. Raises BadResponse where a public name has a private one, OSError where it has none."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
    for address in found if not is_private(name) else ():
        if not ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise BadResponse(
                N_(
                    "{host} leads into a private network ({address}), where Vigie does not follow. If that is meant, "
                    "name it in VIGIE_PRIVATE_HOSTS."
                ),
                host=name,
                address=address,
            )
    return found


def _connected(connection: HTTPConnection) -> socket.socket:
    """A socket to where `connection` wants to go, or to its proxy, which its user chose."""
    call = _call.get()
    host, port = connection.host, connection.port
    if call and call.over.is_set():
        raise call.too_slow
    if call and not connection.proxy and host not in call.hosts:
        raise BadResponse(ELSEWHERE, host=min(call.hosts), other=host)
    try:
        addresses = [host] if connection.proxy else _addresses(host, port)
        for place, address in enumerate(addresses):
            try:
                made = create_connection((address, port), connection.timeout, socket_options=connection.socket_options)
                break
            except OSError:
                if place == len(addresses) - 1:
                    raise
    except OSError as error:
        raise NewConnectionError(connection, f"No connection to {host}: {error}") from error
    if call:
        call.sockets.append(made.dup())  # under TLS the socket itself is replaced
        if call.over.is_set():
            made.close()
            raise call.too_slow
    return made


class _Http(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _Https(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS: dict[str, Any] = {"http": _HttpPool, "https": _HttpsPool}


class _Adapter(HTTPAdapter):
    """Connections of our own kind, also through a proxy."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> ProxyManager:
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager
