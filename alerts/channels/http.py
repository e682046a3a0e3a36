"""One HTTP request of a channel: certificate checked, no proxy, no redirect, one deadline over the whole exchange. Blocking."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from alerts.channels.faults import GiveUp, TryAgain

TIMEOUT = 5.0  # s, to connect, and again for the whole exchange
RETRY = 2_000  # ms, when the far side names no time
MOST_RETRY = 600_000  # ms: a longer Retry-After is not believed
MOST_ANSWER = 65_536  # bytes read of an answer
LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Request:
    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


def split(url: str) -> SplitResult:
    """ValueError for what is no http or https address."""
    found = urlsplit(url)
    if found.scheme not in ("http", "https") or not found.hostname:
        raise ValueError("not an http(s) url")  # which one stays unsaid: it may hold a token
    return found


def ask(request: Request, timeout: float = TIMEOUT) -> bytes:
    """The body of a 2xx answer. Raises TryAgain (no answer, 408, 425, 429, 5xx) or GiveUp (any other answer)."""
    url = split(request.url)
    connection = _connect(url, timeout)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    over = threading.Event()
    try:
        connection.connect()
        with _deadline(connection.sock, timeout, over):
            connection.request(request.method, path, request.body, dict(request.headers))
            response = connection.getresponse()
            answer = response.read(MOST_ANSWER)
        if over.is_set():  # what was read before the cut is no whole answer
            raise TimeoutError
    except TimeoutError as error:
        raise TryAgain("对方没有及时回应 no answer in time", RETRY) from error
    except ssl.SSLCertVerificationError as error:
        raise TryAgain(f"证书不可信 certificate refused: {error.verify_message}", RETRY) from error
    except (OSError, http.client.HTTPException) as error:
        late = over.is_set()  # cut by ourselves: what broke then is no news
        why = "对方没有及时回应 no answer in time" if late else f"连接失败 connection failed: {_words(error)}"
        raise TryAgain(why, RETRY) from error
    finally:
        connection.close()
    _judge(response.status, response.getheader("Retry-After", ""))
    return answer


def _connect(url: SplitResult, timeout: float) -> http.client.HTTPConnection:
    host = url.hostname or ""
    if url.scheme == "https":
        return http.client.HTTPSConnection(host, url.port, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, url.port, timeout=timeout)


@contextmanager
def _deadline(sock: socket.socket, seconds: float, over: threading.Event) -> Iterator[None]:
    """Cut the connection when the whole exchange takes longer (a far side that answers byte by byte is cut too).

    `over` is set when it was cut.
    """
    timer = threading.Timer(seconds, _cut, (sock, over))
    timer.daemon = True
    timer.start()
    try:
        yield
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
    if status in LATER or status >= 500:
        seconds = int(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0
        raise TryAgain(why, min(seconds * 1_000, MOST_RETRY) or RETRY)
    raise GiveUp(why)


def _words(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "name not found"
    return getattr(error, "strerror", None) or type(error).__name__
