"""One picture of a network camera: HTTP GET with digest or basic login, size and time limits, and whether it is a whole JPEG.

Standard library only; blocking, for a thread of its own. Knows no storage and no event loop. JPEG markers: ITU-T T.81, table B.1.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from drivers.bus import DeviceFault, LineDown

MOST = 2 << 20  # bytes of a picture
PATIENCE = 3.0  # s for the connection and for every part of the answer
SMALLEST = 64  # pixels of a side: what is smaller shows nobody
PAD = 64  # bytes that some cameras send after the end
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers that hold the size of the picture
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA

TOO_LONG = "相机太慢或停住了 the camera is too slow"
LOGIN = "相机不接受用户名或密码（401、403） the camera refuses user or password"
TOO_LARGE = f"图片超过 {MOST >> 20} MB，请调小分辨率 the picture is too large: lower the resolution"
NO_JPEG = "收到的不是完整的 JPEG 图片 what came is no whole JPEG: {why}"


class _Stay(urllib.request.HTTPRedirectHandler):
    """A camera that sends us elsewhere is set up wrongly, or is no camera."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Source:
    """Where the pictures come from. `password` reads the secrets file anew each time; it may raise OSError or ValueError."""

    url: str
    user: str = ""
    password: Callable[[], str] = str
    patience: float = PATIENCE


def fetch(source: Source, stop: Event) -> bytes:
    """A whole JPEG. Raises LineDown (nobody there) or DeviceFault, in words without address or password.

    `stop`, once set, ends it after the part of the answer that is under way.
    """
    try:
        with _opener(source).open(source.url, timeout=source.patience) as answer:
            body = _body(answer, stop)
    except urllib.error.HTTPError as error:
        raise DeviceFault(LOGIN if error.code in (401, 403) else f"相机回答 the camera answers {error.code}") from None
    except TimeoutError:
        raise DeviceFault(TOO_LONG) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(getattr(error, "reason", None), TimeoutError):
            raise DeviceFault(TOO_LONG) from None
        raise LineDown(f"连不上相机 the camera cannot be reached: {type(error).__name__}") from None
    whole(body)
    return body


def whole(body: bytes) -> tuple[int, int]:
    """Width and height of a whole JPEG. Raises DeviceFault."""
    if body[:2] != bytes((0xFF, _START)):
        raise DeviceFault(NO_JPEG.format(why="no JPEG at all"))
    at, size = 2, (0, 0)
    while at + 4 <= len(body) and body[at] == 0xFF and body[at + 1] != _SCAN:
        marker, length = body[at + 1], int.from_bytes(body[at + 2 : at + 4])
        if marker in _FRAMES and at + 9 <= len(body):
            size = (int.from_bytes(body[at + 7 : at + 9]), int.from_bytes(body[at + 5 : at + 7]))
        at += 2 + max(2, length)
    if body[at : at + 2] != bytes((0xFF, _SCAN)) or bytes((0xFF, _END)) not in body[max(at, len(body) - PAD) :]:
        raise DeviceFault(NO_JPEG.format(why="cut short"))
    if min(size) < SMALLEST:
        raise DeviceFault(NO_JPEG.format(why=f"{size[0]} × {size[1]} pixels"))
    return size


def _opener(source: Source) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({}), _Stay()]
    if source.user:
        try:
            known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
            known.add_password(None, source.url, source.user, source.password())
        except (OSError, ValueError):
            raise DeviceFault("相机的密码文件读不了 the camera's password file cannot be read") from None
        handlers += [urllib.request.HTTPDigestAuthHandler(known), urllib.request.HTTPBasicAuthHandler(known)]
    return urllib.request.build_opener(*handlers)


def _body(answer: http.client.HTTPResponse, stop: Event) -> bytes:
    body = bytearray()
    while part := answer.read1(65_536):
        body += part
        if len(body) > MOST:
            raise DeviceFault(TOO_LARGE)
        if stop.is_set():
            raise DeviceFault(TOO_LONG)
    return bytes(body)
