"""The store's camera, asked as the product asks a real one."""

from __future__ import annotations

import socket
from collections.abc import Callable
from threading import Event

import pytest
from conftest import Campus

from drivers.bus import DeviceFault
from drivers.snapshot import Source, fetch, whole

Start = Callable[..., Campus]


def picture(campus: Campus) -> bytes:
    host, port = campus.ready["store-eye"]
    return fetch(Source(f"http://{host}:{port}/snapshot.jpg"), Event())


def test_it_shows_the_store_as_it_stands(start: Start) -> None:
    campus = start()
    shut = picture(campus)
    assert whole(shut) == (640, 360)
    door = {"line": "rs485-b", "unit": 13, "space": "discrete", "address": 0}
    campus.tell(set={**door, "value": 0})
    opened = picture(campus)
    assert whole(opened) == (640, 360) and opened != shut
    campus.tell(set={**door, "value": 1})
    assert picture(campus) == shut


def test_cut_off_it_gives_nothing_and_then_again(start: Start) -> None:
    campus = start()
    campus.tell(line={"line": "store-eye", "mode": "cut"})
    with pytest.raises(DeviceFault):
        picture(campus)
    campus.tell(line={"line": "store-eye", "mode": "up"})
    assert whole(picture(campus))


@pytest.mark.parametrize(
    ("said", "answer"), [(b"POST / HTTP/1.1\r\n\r\n", b"HTTP/1.1 405"), (b"x" * 9000, b""), (b"GET / HT", b"")]
)
def test_what_is_no_question_gets_no_picture(start: Start, said: bytes, answer: bytes) -> None:
    campus = start()
    with socket.create_connection(tuple(campus.ready["store-eye"])) as stranger:
        stranger.sendall(said)
        stranger.shutdown(socket.SHUT_WR)
        try:
            heard = stranger.recv(100)
        except ConnectionResetError:
            heard = b""
    assert heard[:12] == answer
    assert whole(picture(campus))
