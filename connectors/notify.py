"""Tell people: e-mail, Slack, Teams, a webhook, by the apprise URLs of the setting `notify_urls`.

These URLs hold passwords and tokens: only the kind of a channel, and its host where that is one, are shown or logged.
"""

import logging
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import settings
from connectors import BadResponse, ConnectorError, Unavailable
from locales import N_

SECONDS = 15.0  # for one message, all in all
_APART = re.compile(r"[\s,]+(?=[a-z0-9]+://)")  # a comma can also stand between the addressees of one URL


def channels() -> dict[str, Callable[..., None]]:
    """Each channel of the settings by the name it is shown under: a function of title and text, and of files to
    send along, that tells it.

    It raises `ConnectorError` where the message was not taken.
    """
    urls = filter(None, _APART.split(settings.get().notify_urls.get_secret_value().strip(" ,\n\t")))
    found: dict[str, Callable[..., None]] = {}
    for url in urls:
        name = kind = _name(url)
        number = 2
        while name in found:
            name, number = f"{kind} ({number})", number + 1
        found[name] = partial(_send, url, name)
    return found


def _name(url: str) -> str:
    """What may be shown of a URL: its kind, and its host where that is no token (Slack's is)."""
    scheme, _, rest = url.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    match = re.fullmatch(r"(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+)(:\d+)?", host, re.IGNORECASE)
    return f"{scheme}://{host}" if match else f"{scheme}://"


def _send(url: str, name: str, title: str, text: str, files: Sequence[Path] = ()) -> None:
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its warnings name tokens and addresses
    channel = apprise.Apprise.instantiate(url)
    if channel is None:
        raise BadResponse(
            N_("{channel} is not an address that apprise knows: correct it in VIGIE_NOTIFY_URLS."), channel=name
        )
    channel.socket_connect_timeout = channel.socket_read_timeout = SECONDS / 3
    sender = apprise.Apprise()
    sender.add(channel)
    try:
        answer = sender.notify(
            text,
            title,
            body_format=apprise.NotifyFormat.TEXT,
            attach=[str(file) for file in files] or None,
            timeout=SECONDS,
        )
    except Exception:  # a plugin of any of a hundred services: the alert must live on whatever it does
        raise _refused(name) from None  # its traceback names the URL
    if answer.status == apprise.AppriseResultStatus.TIMEOUT:
        raise Unavailable(
            N_("{channel} did not answer within {seconds} seconds; it is tried again at the next run."),
            channel=name,
            seconds=f"{SECONDS:g}",
        )
    if not answer:
        raise _refused(name)


def _refused(name: str) -> ConnectorError:
    sentence = N_("{channel} did not take the message: check the address and its password in VIGIE_NOTIFY_URLS.")
    return Unavailable(sentence, channel=name)
