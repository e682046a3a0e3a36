"""The webhook channel: one signed POST of JSON per message. Blocking, in the channel's own thread; no proxy, no redirect.

Body {"v":1,"key","alarm","person","phone","text","severity","repeat","message"}; a probe is {"v":1,"kind":"probe"}.
2xx = accepted, and a JSON answer may carry {"id": the far side's id}. 408, 429 and 5xx = later (Retry-After in seconds
obeyed), any other answer = never. The key is also the Idempotency-Key header, so that a repeat can be recognised.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from alerts.channels.faults import GiveUp, TryAgain
from alerts.channels.signing import IDEMPOTENCY, SIGNATURE, TIMESTAMP, signature
from alerts.model import Delivery, Fate, Inbound, Notification
from alerts.plant import Person
from drivers.reading import Clock

TIMEOUT = 5.0  # s, to connect, and again for the whole exchange
RETRY = 2_000  # ms, when the far side names no time
MOST_RETRY = 600_000  # ms: a longer Retry-After is not believed
MOST_ANSWER = 65_536  # bytes read of an answer
_LATER = frozenset({408, 425, 429})


class Webhook:
    """`url` http or https (the certificate is checked); `secret_file` holds the shared secret, read anew for each message."""

    def __init__(self, url: str, secret_file: Path, clock: Clock, timeout: float = TIMEOUT) -> None:
        self._url = urlsplit(url)
        if self._url.scheme not in ("http", "https") or not self._url.hostname:
            raise ValueError(f"not an http(s) url: {url!r}")
        self._secret_file = secret_file
        self._clock = clock
        self._timeout = timeout

    def send(self, n: Notification, to: Person) -> Delivery:
        """ACCEPTED when the far side answered 2xx. Raises TryAgain or GiveUp."""
        body = {
            "v": 1, "key": n.key, "alarm": n.alarm, "person": to.id, "phone": to.phone, "text": n.text,
            "severity": int(n.severity), "repeat": n.repeat, "message": n.message,
        }  # fmt: skip
        return Delivery(n.key, Fate.ACCEPTED, self._post(body, n.key))

    def probe(self) -> None:
        """A POST that the far side must answer with 2xx and show to nobody."""
        self._post({"v": 1, "kind": "probe"}, "")

    def _post(self, body: Mapping[str, object], key: str) -> str:
        """POST it and give the far side's id ("" without one)."""
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = self._headers(data, key)
        connection = _connect(self._url, self._timeout)
        path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        try:
            connection.connect()
            with _deadline(connection.sock, self._timeout) as over:
                connection.request("POST", path, data, headers)
                response = connection.getresponse()
                answer = response.read(MOST_ANSWER)
            if over.is_set():  # what was read before the cut is no whole answer
                raise TimeoutError
        except TimeoutError as error:
            raise TryAgain("对方没有及时回应 no answer in time", RETRY) from error
        except ssl.SSLCertVerificationError as error:
            raise TryAgain(f"证书不可信 certificate refused: {error.verify_message}", RETRY) from error
        except (OSError, http.client.HTTPException) as error:
            raise TryAgain(f"连接失败 connection failed: {_words(error)}", RETRY) from error
        finally:
            connection.close()
        _judge(response.status, response.getheader("Retry-After", ""))
        return _provider_id(answer)

    def _headers(self, data: bytes, key: str) -> dict[str, str]:
        try:
            secret = self._secret_file.read_bytes().strip()
        except OSError as error:
            raise GiveUp(f"密钥文件读不到 secret file not readable: {error.strerror}") from error
        if not secret:
            raise GiveUp("密钥文件是空的 secret file is empty")
        timestamp = str(self._clock.now().wall)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            TIMESTAMP: timestamp,
            SIGNATURE: signature(secret, timestamp, data),
        }
        return headers | ({IDEMPOTENCY: key} if key else {})

    def hear(self) -> Sequence[Delivery | Inbound]:
        """Nothing comes back this way."""
        return ()


def build(settings: Mapping[str, str], clock: Clock) -> Webhook:
    """Settings: url, secret_file. Raises KeyError or ValueError for what is missing or wrong."""
    return Webhook(settings["url"], Path(settings["secret_file"]), clock)


def _connect(url: SplitResult, timeout: float) -> http.client.HTTPConnection:
    host = url.hostname or ""
    if url.scheme == "https":
        return http.client.HTTPSConnection(host, url.port, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, url.port, timeout=timeout)


@contextmanager
def _deadline(sock: socket.socket, seconds: float) -> Iterator[threading.Event]:
    """Cut the connection when the whole exchange takes longer (a far side that answers byte by byte is cut too).

    Yields the event that is set when it was cut.
    """
    over = threading.Event()
    timer = threading.Timer(seconds, _cut, (sock, over))
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()


def _cut(sock: socket.socket, over: threading.Event) -> None:
    over.set()
    with suppress(OSError):  # closed in the same moment: nothing is left to cut
        sock.shutdown(socket.SHUT_RDWR)


def _judge(status: int, retry_after: str) -> None:
    if 200 <= status < 300:
        return
    why = f"对方回答 {status} answered {status}"
    if status in _LATER or status >= 500:
        seconds = int(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0
        raise TryAgain(why, min(seconds * 1_000, MOST_RETRY) or RETRY)
    raise GiveUp(why)


def _provider_id(answer: bytes) -> str:
    """The id in the answer. A 2xx with anything else in it has still accepted the message."""
    try:
        data = json.loads(answer)
    except ValueError:
        return ""
    found = data.get("id") if isinstance(data, dict) else None
    return str(found)[:100] if isinstance(found, str | int) else ""


def _words(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "name not found"
    return getattr(error, "strerror", None) or type(error).__name__
