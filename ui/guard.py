"""Who may speak to the server, how much, and what a browser may do with its answers, before Streamlit sees a request.

Vigie has no login by default: whoever can reach its port may use it. A web page elsewhere must not be able to, though
the browser that shows it can reach the port. It could give its own name this machine's address (DNS rebinding), so
only known names are answered; open a websocket from elsewhere, so its origin has to be the same; or show Vigie in a
frame and have it clicked, so no page may frame it.
"""

import base64
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config, runtime

import settings

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # where a server listens, but nobody's name
READS = ("GET", "HEAD", "OPTIONS")
PICTURES = "https://*.openfoodfacts.org"
UPLOAD = "/_stcore/upload_file/"  # session/file: where Streamlit takes them
HELD = 2  # files of the largest size that one session may keep on the server
REFUSAL = "Vigie is not served under this name. Whoever runs it can add the name to VIGIE_ALLOWED_HOSTS."
_NAME = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+?)\.?(:\d{1,5})?")


def policy() -> str:
    """The content security policy of Vigie's pages.

    Styles in the page are Streamlit's way; the script of a component, a picture and a file to save come as blobs, which
    only the page itself can make. No `eval`, no script or frame from elsewhere, and no pictures but those of food.
    """
    index = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")
    inline = re.findall(r"<script>(.*?)</script>", index, re.DOTALL)
    known = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in inline)
    food = urlsplit(settings.get().openfoodfacts_url)
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' blob: {known}",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' blob: data: {PICTURES} {food.scheme}://{food.netloc}",
            "font-src 'self' data:",
            "media-src 'self' blob: data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def headers() -> dict[str, str]:
    """What every answer carries."""
    return {
        "content-security-policy": policy(),
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }


def broken(_request: Request, _error: Exception) -> PlainTextResponse:
    """The answer where the server itself failed: outside of `Guard`, so with headers of its own."""
    return PlainTextResponse("Internal Server Error", 500, headers())


class Guard:
    """Refuses requests under an unknown name or from another origin; gives every answer its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        address = config.get_option("server.address")
        self.named = settings.get().allowed_hosts
        self.hosts = LOCAL | self.named | ({address.lower()} - {*EVERYWHERE} if address else set())
        self.headers = [(name.encode(), value.encode()) for name, value in headers().items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                ours = {name for name, _value in self.headers}
                others = [pair for pair in message["headers"] if pair[0].lower() not in ours]
                message["headers"] = [*others, *self.headers]
            await send(message)

        if admitted := self._admitted(scope):
            await self.app(admitted, receive, sending)
        elif scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
            await PlainTextResponse(REFUSAL, 403)(scope, receive, sending)
        else:
            await send({"type": "websocket.close"})

    def _admitted(self, scope: Scope) -> Scope | None:
        """The request as Streamlit may see it; None where it is refused."""
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
        if len(hosts) != 1 or len(origins) > 1 or not _among(hosts[0], self.hosts):
            return None
        if not origins or (scope["type"] == "http" and scope["method"] in READS):  # no browser, or changes nothing
            return scope
        scheme, _, origin = origins[0].lower().partition("://")
        if scheme not in ("http", "https"):
            return None
        if origin == hosts[0].lower():
            return scope
        if not _among(origin, self.named):
            return None
        # A proxy under one of our names, which asked for us by another: Streamlit compares the two.
        others = [pair for pair in scope["headers"] if pair[0] != b"host"]
        return {**scope, "headers": [(b"host", origin.encode()), *others]}


def _among(authority: str, hosts: frozenset[str]) -> bool:
    """Whether a name, with or without a port, is one of `hosts`, of which "*.example.com" means all below it."""
    match = _NAME.fullmatch(authority.lower())
    if not match:
        return False
    name = match[1].strip("[]")
    return name in hosts or any(f"*.{above}" in hosts for above in _above(name))


def _above(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[place:]) for place in range(1, len(parts))]


class Bounded:
    """Refuses a file that would let one session keep more than `HELD` times the upload limit.

    Streamlit itself bounds each file only, and keeps all of a session until it ends, asked for by a widget or not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.coming = Counter[str]()  # bytes on their way, by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if UPLOAD not in path or scope["method"] != "PUT":
            await self.app(scope, receive, send)
            return
        session = path.split(UPLOAD, 1)[1].split("/")[0]
        length = dict(scope["headers"]).get(b"content-length", b"")
        size, most = (
            int(length) if re.fullmatch(rb"[0-9]{1,15}", length) else None,
            HELD * settings.get().upload_limit_mb * 1_000_000,
        )
        if size is None or _kept(session) + self.coming[session] + size > most:
            await PlainTextResponse("Too much is kept for this session", 413)(scope, receive, send)
            return
        self.coming[session] += size
        try:
            await self.app(scope, receive, send)
        finally:
            self.coming[session] -= size
            self.coming += Counter()  # without those at zero


def _kept(session: str) -> int:
    """The bytes that Streamlit keeps for a session."""
    manager: Any = runtime.get_instance().uploaded_file_mgr
    return sum(len(file.data) for file in list(manager.file_storage.get(session, {}).values()))
