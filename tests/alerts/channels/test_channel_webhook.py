"""The webhook channel against a real HTTP server that refuses in every way; the console channel on real streams."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.console import Console
from alerts.channels.faults import GiveUp, TryAgain
from alerts.channels.http import MOST_RETRY, RETRY
from alerts.channels.registry import CHANNELS
from alerts.channels.webhook import Webhook, build
from alerts.model import Fate, Notification, Severity
from alerts.plant import Person
from drivers.reading import Now

WALL = 1_772_561_640_000
NOTE = Notification(
    "no3-7:1:first:1:li:phone",
    "no3-7",
    "first",
    "li",
    "phone",
    "fire.first",
    "火警！…",
    "unacked/0",
    Severity.FIRE,
    repeat=True,
)
LI = Person("li", "李保安", "duty", "+8613800000001", ("phone",))


class FixedClock:
    def now(self) -> Now:
        return Now(WALL, 1)

    def ok(self) -> bool:
        return True


Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def server(answer: Answer) -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """A real HTTP server that gives one answer; yields its url and what it was sent: (path, headers, body)."""
    seen: list[tuple[str, dict[str, str], bytes]] = []
    status, headers, body = answer

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}, data))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}/in?site=no3", seen
        finally:
            http.shutdown()
            thread.join()


@contextmanager
def raw_server(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """A listener whose only connection is handled by `talk`; the event is set when the test is over."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                talk(connection, over)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            over.set()
            thread.join()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("very-secret\n")
    return path


def hook(url: str, secret: Path, timeout: float = 20.0) -> Webhook:
    return Webhook(url, secret, FixedClock(), timeout)


def test_accepted_with_the_far_sides_id_and_a_signature_that_anyone_can_check(secret: Path) -> None:
    with server((200, {}, b'{"id": "sms-1"}')) as (url, seen):
        delivery = build({"url": url, "secret_file": str(secret)}, FixedClock()).send(NOTE, LI)
    assert (delivery.key, delivery.fate, delivery.provider_id) == (NOTE.key, Fate.ACCEPTED, "sms-1")
    ((path, headers, body),) = seen
    assert path == "/in?site=no3" and headers["idempotency-key"] == NOTE.key
    assert json.loads(body) == {
        "v": 1, "key": NOTE.key, "alarm": "no3-7", "person": "li", "phone": "+8613800000001", "text": "火警！…",
        "severity": 7, "repeat": True, "message": "fire.first",
    }  # fmt: skip
    expected = hmac.new(b"very-secret", f"{WALL}\n".encode() + body, hashlib.sha256).hexdigest()
    assert headers["x-campus-timestamp"] == str(WALL) and headers["x-campus-signature"] == f"sha256={expected}"


@pytest.mark.parametrize("body", [b"", b"ok", b"[]", b'{"id": null}', b'{"id": {}}', b"\xff"])
def test_accepted_without_an_id(body: bytes, secret: Path) -> None:
    with server((202, {}, body)) as (url, _):
        assert hook(url, secret).send(NOTE, LI).provider_id == ""


@pytest.mark.parametrize(
    ("status", "headers", "after"),
    [
        (503, {}, RETRY),
        (500, {}, RETRY),
        (408, {}, RETRY),
        (429, {"Retry-After": "7"}, 7_000),
        (503, {"Retry-After": "3"}, 3_000),
        (429, {"Retry-After": "Wed, 04 Mar 2026 00:00:00 GMT"}, RETRY),
        (429, {"Retry-After": "0"}, RETRY),
        (429, {"Retry-After": "999999999"}, MOST_RETRY),
    ],
)
def test_refused_for_now(status: int, headers: dict[str, str], after: int, secret: Path) -> None:
    with server((status, headers, b"")) as (url, seen), pytest.raises(TryAgain) as refused:
        hook(url, secret).send(NOTE, LI)
    assert refused.value.after_ms == after and str(status) in refused.value.why and len(seen) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 413, 302, 304])
def test_refused_for_good(status: int, secret: Path) -> None:
    with server((status, {"Location": "http://127.0.0.1:1/"}, b"")) as (url, seen), pytest.raises(GiveUp) as refused:
        hook(url, secret).send(NOTE, LI)
    assert str(status) in refused.value.why and len(seen) == 1


def hang(connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def drip(connection: socket.socket, over: threading.Event) -> None:
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
        while not over.wait(0.02):
            connection.sendall(b"a")
    except OSError:
        return


def hang_up(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)


def garbage(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"SSH-2.0-nonsense\r\n\r\n")


@pytest.mark.parametrize("talk", [hang, drip, hang_up, garbage])
def test_a_far_side_that_does_not_speak(talk: Callable[[socket.socket, threading.Event], None], secret: Path) -> None:
    with raw_server(talk) as url, pytest.raises(TryAgain) as refused:
        hook(url, secret, timeout=0.5).send(NOTE, LI)
    assert refused.value.after_ms == RETRY and "very-secret" not in refused.value.why


def test_connection_refused_and_no_name(secret: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", "http://nowhere.invalid/"):
        with pytest.raises(TryAgain):
            hook(url, secret).send(NOTE, LI)


def test_tls_that_nobody_vouches_for(secret: Path) -> None:
    def speak(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 plain text on a TLS port\r\n\r\n")

    with raw_server(speak) as url, pytest.raises(TryAgain):
        hook(url.replace("http:", "https:"), secret).send(NOTE, LI)


def test_no_secret(tmp_path: Path, secret: Path) -> None:
    with pytest.raises(GiveUp):
        hook("http://127.0.0.1:1/", tmp_path / "none").send(NOTE, LI)
    secret.write_text("\n")
    with pytest.raises(GiveUp):
        hook("http://127.0.0.1:1/", secret).send(NOTE, LI)


def test_the_probe_is_signed_and_names_no_person(secret: Path) -> None:
    with server((200, {}, b"")) as (url, seen):
        hook(url, secret).probe()
    ((_, headers, body),) = seen
    assert (
        json.loads(body) == {"v": 1, "kind": "probe"} and "x-campus-signature" in headers and "idempotency-key" not in headers
    )
    with server((503, {}, b"")) as (url, _), pytest.raises(TryAgain):
        hook(url, secret).probe()


@pytest.mark.parametrize("url", ["ftp://x/", "nothing", "http://"])
def test_a_wrong_url_is_said_at_once(url: str, secret: Path) -> None:
    with pytest.raises(ValueError, match="not an http"):
        hook(url, secret)


def test_the_console_prints_one_line_per_message(capsys: pytest.CaptureFixture[str]) -> None:
    channel = CHANNELS["console"].build({}, FixedClock())
    channel.probe()
    assert channel.send(NOTE, LI).fate is Fate.ACCEPTED
    assert capsys.readouterr().out == "☎ 18:14:00Z 李保安：火警！…\n"


def test_a_console_that_cannot_be_written() -> None:
    closed = io.StringIO()
    closed.close()
    with pytest.raises(TryAgain):
        Console(closed, str).send(NOTE, LI)
    with pytest.raises(TryAgain):
        Console(closed, str).probe()
    full = io.TextIOWrapper(open("/dev/full", "wb", buffering=0), encoding="utf-8")  # noqa: SIM115
    with pytest.raises(TryAgain, match="No space"):
        Console(full, str).send(NOTE, LI)
    with suppress(OSError):
        full.close()
