"""A language model behind an OpenAI-compatible endpoint, where the settings name one; else nothing is asked anywhere.

It is asked for JSON of a given schema. What it says is text from outside: whoever asked has to check it.
"""

import json
import re
import time
from typing import Any

import requests

import settings
from connectors import BadResponse, ConnectorError, RateLimited, Unavailable
from locales import N_

SECONDS = 20.0  # for one answer, all in all
MAX_BYTES = 200_000
TOKENS = 500


def configured() -> bool:
    """Whether the settings name an endpoint and a model."""
    return bool(settings.get().llm_url and settings.get().llm_model)


def completed(instructions: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    """What the model makes of a text: an object, as the `schema` (JSON Schema) asks for, if it follows it.

    Raises `ConnectorError` where it cannot be reached, takes too long or says anything but an object.
    """
    chosen = settings.get()
    body = {
        "model": chosen.llm_model,
        "messages": [{"role": "system", "content": instructions}, {"role": "user", "content": text}],
        "temperature": 0,
        "max_tokens": TOKENS,
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}},
    }
    key = chosen.llm_key.get_secret_value()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    url = f"{chosen.llm_url.rstrip('/')}/chat/completions"
    end = time.monotonic() + SECONDS
    try:
        with requests.post(
            url, json=body, headers=headers, timeout=SECONDS / 2, stream=True, allow_redirects=False
        ) as answer:
            _refuse(answer.status_code)
            received = bytearray()
            for part in answer.iter_content(8192):
                received += part
                if len(received) > MAX_BYTES:
                    raise _unreadable()
                if time.monotonic() > end:
                    raise _silent()
    except requests.RequestException:
        raise _silent() from None  # its message names the address
    return _object(bytes(received))


def _object(received: bytes) -> dict[str, Any]:
    """The object in an answer, with or without a fence of Markdown around it."""
    try:
        said = json.loads(received)["choices"][0]["message"]["content"]
        found = json.loads(re.sub(r"^\s*```(?:json)?\s*|\s*```\s*$", "", said))
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        raise _unreadable() from None
    if not isinstance(found, dict):
        raise _unreadable()
    return found


def _refuse(status: int) -> None:
    if status == 429:
        raise RateLimited(N_("The language model asks for a pause. Try again in a minute."))
    if status >= 500:
        raise Unavailable(N_("The language model is not well (it answered {status})."), status=status)
    if status != 200:
        sentence = N_(
            "The language model refused (it answered {status}): check VIGIE_LLM_URL, VIGIE_LLM_MODEL and the key."
        )
        raise BadResponse(sentence, status=status)


def _silent() -> ConnectorError:
    return Unavailable(N_("The language model did not answer within {seconds} seconds."), seconds=f"{SECONDS:g}")


def _unreadable() -> ConnectorError:
    return BadResponse(N_("What the language model said cannot be read."))
