"""The history a database keeps, behind one question: min, mean and max of a point in buckets. The local chunks answer alike.

And what its readers share. Which of them reads is in `databases`.
"""

from __future__ import annotations

import base64
import http.client
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from alerts.channels import secrets
from gateway.store.history import Series

SHORTEST = 1_000  # ms of a bucket: no point is asked more often
_TIMEOUT = 20.0  # s
_MOST_BYTES = 64 << 20
_MOST_WORDS = 4096  # bytes of it that are read
_WHY = 300  # characters of a database's answer that are kept
_OPENER = urllib.request.build_opener(
    urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context())
)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}(?:/[a-z0-9][a-z0-9-]{0,31})?")


class PastError(Exception):
    """The database did not answer; `str()` says why."""


class Past(Protocol):
    def query(self, site: str, point: str, first: int, last: int, most: int) -> Series:
        """What is known of first <= t < last (wall ms) in at most `most` buckets, a null after a hole on top. Blocks.

        Raises PastError, ValueError for a name that is no id.
        """
        ...


def width_of(first: int, last: int, most: int) -> int:
    """ms of a bucket so that `most` of them cover the time."""
    return max(SHORTEST, -(-(last - first) // max(1, most)))


def checked(name: str) -> str:
    """`name` if it is an id or a point; ValueError otherwise: nothing else is ever put into a query."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no id")
    return name


def authorization(token: str, scheme: str) -> dict[str, str]:
    """user:password goes as basic authentication, anything else under the engine's own scheme, nothing as nothing."""
    if not token:
        return {}
    if ":" in token:
        return {"Authorization": "Basic " + base64.b64encode(token.encode()).decode()}
    return {"Authorization": f"{scheme} {token}"}


def post(url: str, path: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
    """The body of a 200; PastError for everything else."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise PastError("its url is neither http nor https")  # which one stays unsaid: it may hold a token
    request = urllib.request.Request(
        url.rstrip("/") + path, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded", **headers}
    )
    try:
        with _OPENER.open(request, timeout=_TIMEOUT) as answer:
            body: bytes = answer.read(_MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        told = secrets.hidden(error.read(_MOST_WORDS).decode("utf-8", "replace").strip(), url, *headers.values())
        raise PastError(f"{error.code} {told[:_WHY]}") from error
    except (OSError, http.client.HTTPException) as error:
        raise PastError(secrets.hidden(str(error), url)[:_WHY]) from error
    if len(body) > _MOST_BYTES:
        raise PastError(f"the answer is larger than {_MOST_BYTES >> 20} MB")
    return body
