"""A camera against a real HTTP server on loopback: logins, wrong content, slow, dead; alive as a Reading."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event

import pytest

from drivers.bus import DeviceFault, LineDown
from drivers.camera import Camera
from drivers.reading import Now, Reading
from drivers.snapshot import LOGIN, MOST, TOO_LARGE, TOO_LONG, Source, fetch, whole

USER, PASSWORD, REALM, NONCE = "viewer", "s3cret-word", "cam", "abc123"


def jpeg(width: int = 640, height: int = 480, body: bytes = b"\x12" * 400) -> bytes:
    """SOI, APP0, SOF0 with the size, SOS, scan, EOI: by ITU-T T.81."""
    app = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    frame = b"\xff\xc0\x00\x0b\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x01\x01\x11\x00"
    return b"\xff\xd8" + app + frame + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + body + b"\xff\xd9"


class Cam(ThreadingHTTPServer):
    """`body` and `login` say how it answers; `go_on` lets a stopped answer go on."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body, self.login, self.status, self.go_on, self.asked = jpeg(), "", 200, Event(), 0
        self.url = f"http://127.0.0.1:{self.server_port}/snap.jpg"


class _Handler(BaseHTTPRequestHandler):
    server: Cam

    def do_GET(self) -> None:
        cam = self.server
        cam.asked += 1
        if cam.login and not self._known():
            self.send_response(401)
            digest = f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm=MD5'
            self.send_header("WWW-Authenticate", digest if cam.login == "digest" else f'Basic realm="{REALM}"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(cam.status)
        self.send_header("Content-Type", "image/jpeg")
        if cam.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/other.jpg")
        self.send_header("Content-Length", str(len(cam.body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(cam.body[:100])
            if cam.login == "" and cam.status == 299:
                cam.go_on.wait(10)
            self.wfile.write(cam.body[100:])

    def _known(self) -> bool:
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            return base64.b64decode(given).decode() == f"{USER}:{PASSWORD}"
        if kind != "Digest":
            return False
        said = {k.strip(): v.strip('" ') for k, _, v in (part.partition("=") for part in given.split(","))}
        one = hashlib.md5(f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
        two = hashlib.md5(f"GET:{said['uri']}".encode()).hexdigest()
        whole = f"{one}:{NONCE}:{said['nc']}:{said['cnonce']}:auth:{two}"
        return said["response"] == hashlib.md5(whole.encode()).hexdigest()

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def cam() -> Iterator[Cam]:
    server = Cam()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.go_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


def source(cam: Cam, password: str = "", **more: float) -> Source:
    return Source(cam.url, USER if password else "", lambda: password, **more)


@pytest.mark.parametrize("login", ["", "basic", "digest"])
def test_a_picture_comes_with_every_kind_of_login(cam: Cam, login: str) -> None:
    cam.login = login
    assert fetch(source(cam, PASSWORD if login else ""), Event()) == cam.body


WRONG: dict[str, tuple[Callable[[Cam], object], str]] = {
    "a wrong password": (lambda cam: setattr(cam, "login", "digest"), LOGIN),
    "a page": (lambda cam: setattr(cam, "body", b"<html>login</html>" * 20), "no JPEG at all"),
    "half a picture": (lambda cam: setattr(cam, "body", jpeg()[:-2]), "cut short"),
    "an empty answer": (lambda cam: setattr(cam, "body", b""), "no JPEG at all"),
    "a stamp": (lambda cam: setattr(cam, "body", jpeg(32, 32)), "32 × 32 pixels"),
    "too much": (lambda cam: setattr(cam, "body", jpeg(body=bytes(MOST))), TOO_LARGE),
    "an error": (lambda cam: setattr(cam, "status", 503), "503"),
    "elsewhere": (lambda cam: setattr(cam, "status", 302), "302"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_picture_is_a_fault_in_words(cam: Cam, what: str) -> None:
    spoil, words = WRONG[what]
    spoil(cam)
    with pytest.raises(DeviceFault, match=None) as fault:
        fetch(source(cam, "wrong-word" if what == "a wrong password" else ""), Event())
    assert words in fault.value.text
    assert "wrong-word" not in fault.value.text and str(cam.server_port) not in fault.value.text


def test_a_password_file_that_is_gone_is_a_fault_and_nothing_is_asked(cam: Cam) -> None:
    def gone() -> str:
        raise FileNotFoundError(2, "x")

    with pytest.raises(DeviceFault, match="password file"):
        fetch(Source(cam.url, USER, gone), Event())
    assert cam.asked == 0


def test_nobody_there_is_a_line_down() -> None:
    with pytest.raises(LineDown, match="cannot be reached"):
        fetch(Source("http://127.0.0.1:1/x.jpg"), Event())


def test_a_camera_that_stops_in_the_middle_is_too_slow(cam: Cam) -> None:
    cam.status = 299
    with pytest.raises(DeviceFault, match="too slow") as fault:
        fetch(source(cam, patience=0.2), Event())
    assert fault.value.text == TOO_LONG


def test_the_size_is_read_from_the_frame() -> None:
    assert whole(jpeg(1920, 1080) + bytes(20)) == (1920, 1080)


class Clock:
    def now(self) -> Now:
        return Now(1, 1)

    def ok(self) -> bool:
        return True


async def test_alive_is_a_reading_and_so_is_dead(cam: Cam) -> None:
    """Up, down after two failures in a row, up again; a picture for somebody meanwhile; one that hangs costs its time only."""
    said: asyncio.Queue[Reading] = asyncio.Queue()
    camera = Camera(
        "cam-store", source(cam, patience=5.0), lambda rs: [said.put_nowait(r) for r in rs], Clock(), beat=0.02, longest=0.3
    )
    running = asyncio.ensure_future(camera.run())

    async def until(value: float) -> None:
        async with asyncio.timeout(20):
            while (await said.get()).value != value:
                pass

    await until(1.0)
    assert await camera.picture() == cam.body
    cam.status = 503
    await until(0.0)
    assert camera.state()["up"] is False and "503" in str(camera.state()["why"])
    cam.status = 299  # it hangs
    with pytest.raises(DeviceFault):
        await camera.picture()
    cam.go_on.set()
    cam.status = 200
    await until(1.0)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await camera.close()
