"""Send an order to a supplier, once: by e-mail with a file, or to a webhook under https.

What is sent carries a key, the same at each try, by which whoever receives it knows what they have already: in the
Message-ID of a letter; of a webhook in the header Idempotency-Key (as payment services and the IETF's draft
"The Idempotency-Key HTTP Header Field" have it) and in the JSON.

An error says whether it surely did not arrive (`ConnectorError`) or may have (`NotKnown`): then nobody tries again
unasked. An address is typed in by whoever reaches Vigie: a webhook is a host of the public internet, or one that the
settings name in `VIGIE_PRIVATE_HOSTS`.
"""

import base64
import json
import logging
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate
from queue import Empty, Queue
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util import Retry

import settings
from connectors import BadResponse, ConnectorError, RateLimited, Unavailable, session
from locales import N_

SECONDS = 30.0  # for one try, all in all
NO_ADDRESS = N_("This supplier has no address: enter one, or download the order and mark it as sent by hand.")
NOT_TOLD = N_("{host} did not say in time whether the order arrived.")
_MAIL = re.compile(r"[^\s@,;:<>()\"\[\]\\]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


class NotKnown(ConnectorError):
    """It may have arrived, or not."""


@dataclass(frozen=True)
class Letter:
    """An order as it leaves: `key`, a `subject` and some lines, its file, and what a webhook gets in `payload`."""

    key: str
    subject: str
    text: str
    file: str
    kind: str  # MIME type of the file
    content: bytes = field(repr=False)
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)


def checked(address: str) -> str:
    """An address that an order can go to. Raises BadResponse."""
    address = address.strip()
    if _MAIL.fullmatch(address):
        return address
    url = urlsplit(address) if "://" in address else None
    try:
        host, _port = (url.hostname or "", url.port) if url else ("", None)
    except ValueError:
        host = ""
    if not address:
        raise BadResponse(NO_ADDRESS)
    if url is None or not host or url.scheme not in ("http", "https") or re.search(r"[\s\x00-\x1f]", address):
        raise BadResponse(N_("An order goes to an e-mail address, or to a webhook that starts with https://."))
    own = host in settings.get().private_hosts
    if url.scheme != "https" and not own:
        raise BadResponse(N_("A webhook starts with https://, so that nobody else reads the order."))
    if session.is_private(host) and not own:
        raise BadResponse(
            N_("{host} is in a private network: whoever runs Vigie names it in VIGIE_PRIVATE_HOSTS."), host=host
        )
    return address


def shown(address: str) -> str:
    """What may be shown of an address: of a webhook its host, as the rest may hold a token."""
    return address if "://" not in address else f"{urlsplit(address).scheme}://{_host(address)}"


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def send(address: str, letter: Letter) -> None:
    """Send an order. Raises `ConnectorError` where it surely did not arrive, `NotKnown` where it may have."""
    address = checked(address)
    if "://" in address:
        _in_time(_host(address), lambda attempt: _post(address, letter, attempt))
    else:
        _in_time(address.rpartition("@")[2], lambda attempt: _mail(address, letter, attempt))


class _Attempt:
    """One try: whether what is sent may have arrived by now, and whether its time is up."""

    def __init__(self) -> None:
        self._lock, self._over, self.committed = threading.Lock(), False, False
        self.socket: socket.socket | None = None

    def commit(self) -> None:
        """From here on it may arrive. Raises TimeoutError where it is too late for that."""
        with self._lock:
            if self._over:
                raise TimeoutError
            self.committed = True

    def end(self) -> None:
        """Let nothing leave any more, and break off what is waited for."""
        with self._lock:
            self._over = True
        if self.socket is not None:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)


def _in_time(host: str, work: Callable[[_Attempt], None]) -> None:
    """Do it in a thread of its own: looking up the address of a name knows no time limit."""
    attempt, done = _Attempt(), Queue[Exception | None]()

    def run() -> None:
        try:
            work(attempt)
        except Exception as error:  # for the thread that waits
            done.put(error)
        else:
            done.put(None)

    threading.Thread(target=run, daemon=True).start()
    try:
        error = done.get(timeout=SECONDS)
    except Empty:
        attempt.end()
        error = TimeoutError()
    if error is None or isinstance(error, ConnectorError):
        if error is not None:
            raise error
        return
    logging.getLogger("vigie.suppliers").warning("An order to %s failed: %s", host, type(error).__name__)
    if attempt.committed:
        raise NotKnown(NOT_TOLD, host=host) from None  # the error may name the address and its token
    raise Unavailable(N_("{host} cannot be reached, or does not answer in time."), host=host) from None


def _post(url: str, letter: Letter, attempt: _Attempt) -> None:
    host = _host(url)
    body = {"key": letter.key, **letter.payload, "file": {
        "name": letter.file, "type": letter.kind, "base64": base64.b64encode(letter.content).decode()}}  # fmt: skip
    headers = {"Content-Type": "application/json", "Idempotency-Key": letter.key}
    attempt.commit()
    try:
        with (
            session.within(url, SECONDS, NOT_TOLD),
            session.session(Retry(0)) as asking,
            asking.post(
                url,
                data=json.dumps(body, ensure_ascii=False).encode(),
                headers=headers,
                timeout=SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            status = answer.status_code
    except ConnectorError as error:
        if error.message == NOT_TOLD:
            raise NotKnown(NOT_TOLD, host=host) from None
        raise
    except (requests.ConnectionError, requests.Timeout) as error:
        attempt.committed = not _never_there(error)
        raise
    if 300 <= status < 400:
        raise BadResponse(N_("{host} points to another address: enter that one, Vigie does not follow."), host=host)
    if status == 429:
        raise RateLimited(N_("{host} asks for a pause. Try again in a few minutes."), host=host)
    if status >= 500:
        raise Unavailable(N_("{host} is not well (it answered {status}). Try again later."), host=host, status=status)
    if status >= 400:
        raise BadResponse(N_("{host} did not take the order (it answered {status})."), host=host, status=status)


def _never_there(error: BaseException) -> bool:
    """Whether a connection was never made, so that nothing can have arrived."""
    found: BaseException | None = error
    for _depth in range(6):
        if isinstance(found, NewConnectionError | ConnectTimeoutError | requests.ConnectTimeout | ssl.SSLError):
            return True
        inner = getattr(found, "reason", None) or next((one for one in getattr(found, "args", ()) if one), None)
        found = inner if isinstance(inner, BaseException) else getattr(found, "__context__", None)
        if found is None:
            return False
    return False


def can_mail() -> bool:
    """Whether the settings name a mail server for orders."""
    return bool(settings.get().order_mail.get_secret_value().strip())


def _mail(address: str, letter: Letter, attempt: _Attempt) -> None:
    import apprise

    if not can_mail():
        raise BadResponse(N_("No mail server is set for orders: set VIGIE_ORDER_MAIL, or send the order by hand."))
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its warnings name tokens and addresses
    server: Any = apprise.Apprise.instantiate(settings.get().order_mail.get_secret_value().strip())
    if server is None or not hasattr(server, "smtp_host"):
        raise BadResponse(N_("VIGIE_ORDER_MAIL is no mail server: mailtos://user:password@smtp.example.com?from=..."))
    name, sender = server.from_addr
    host = str(server.smtp_host)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = " ".join(letter.subject.split())
    message["From"] = formataddr((name or "", sender))
    message["To"] = address
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{letter.key}@{sender.rpartition('@')[2]}>"
    message["X-Idempotency-Key"] = letter.key
    message.set_content(letter.text)
    main, _slash, sub = letter.kind.partition("/")
    message.add_attachment(letter.content, maintype=main, subtype=sub, filename=letter.file)
    context = ssl.create_default_context()
    at_once = server.secure and server.secure_mode == "ssl"
    try:
        connection = (
            smtplib.SMTP_SSL(host, server.port, timeout=SECONDS, context=context)
            if at_once
            else smtplib.SMTP(host, server.port, timeout=SECONDS)
        )
        with connection:
            attempt.socket = connection.sock
            if server.secure and not at_once:
                connection.starttls(context=context)
                attempt.socket = connection.sock
            if server.user:
                connection.login(server.user, server.password or "")
            _deliver(connection, sender, address, bytes(message), attempt)
    except smtplib.SMTPAuthenticationError:
        raise BadResponse(
            N_("{host} did not take the user or password of VIGIE_ORDER_MAIL."), host=host
        ) from None  # it names the user
    except smtplib.SMTPResponseException as refused:
        raise _refused(host, int(refused.smtp_code)) from None


def _deliver(connection: smtplib.SMTP, sender: str, address: str, content: bytes, attempt: _Attempt) -> None:
    """Hand a letter over. What is refused before its last line surely did not arrive."""
    connection.ehlo_or_helo_if_needed()
    for code, _said in (connection.mail(sender), connection.rcpt(address), connection.docmd("DATA")):
        if code >= 400:
            raise _refused(_host_of(connection), code)
    attempt.commit()
    lines = re.sub(rb"(?m)^\.", b"..", content)
    connection.send(lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n")
    code, _said = connection.getreply()
    if code >= 400:
        attempt.committed = False
        raise _refused(_host_of(connection), code)
    with suppress(smtplib.SMTPException, OSError):  # it has arrived, whatever comes now
        connection.quit()


def _host_of(connection: smtplib.SMTP) -> str:
    return str(getattr(connection, "_host", "")) or "the mail server"


def _refused(host: str, code: int) -> ConnectorError:
    if 400 <= code < 500:  # RFC 5321: try again later
        return Unavailable(N_("{host} cannot take the letter now (it answered {status})."), host=host, status=code)
    return BadResponse(N_("{host} did not take the letter (it answered {status})."), host=host, status=code)
