"""One follower of the local socket, for every open page: the last state, and one ring of messages that all pages read.

Each message is made once, as the bytes that every page is sent. A page is a place in the ring: it costs nothing more, and one that
lies too far behind is given a new snapshot. What is worth a message is decided in news.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

from dashboard.news import News
from gateway.local import LocalClient, RunDown

SILENCE_S = 3.0  # `run` speaks each second; this much silence and every page is told, well inside its own 5 s
RETRY_S = 0.5
RING_BYTES = 4_000_000  # messages a page may have missed and still catch up on: some minutes of a busy school

Json = dict[str, Any]


class Message(NamedTuple):
    """One server-sent event. Its id is "<epoch>-<n>", or "" for what cannot be resumed from."""

    event: str  # snapshot | delta | down
    id: str
    sent: bytes  # as it stands on the wire, with its empty line

    @property
    def data(self) -> bytes:
        """Its JSON."""
        return self.sent[self.sent.index(b"data: ") + 6 : -2]


def event(name: str, id: str, data: Json) -> Message:
    """`id` "" leaves the page at the one before. JSON as `dumped` has no line break, so one data line is all of it."""
    head = f"id: {id}\nevent: {name}\ndata: " if id else f"event: {name}\ndata: "
    return Message(name, id, f"{head}{dumped(data)}\n\n".encode())


def dumped(data: Json) -> str:
    """As a page hears it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


class Live:
    """`down`: why the state is old, "" while `run` lives. `page`: which files the pages are made of; part of every snapshot."""

    def __init__(self, client: LocalClient, page: str = "") -> None:
        self._client, self._page = client, page
        self.down = "run has not been heard yet"
        self._news: News | None = None
        self._epoch = ""  # a new one with every snapshot: numbers of different streams never meet
        self._n = 0  # of the last message
        self._ring: deque[Message] = deque()  # the last ones, numbered without a gap
        self._size = 0  # bytes of the ring
        self._whole: Message | None = None  # the snapshot after message `_n`, once somebody asked for it
        self._more = asyncio.Event()  # set with the next message, which puts another one here

    @property
    def state(self) -> Json | None:
        """The last snapshot with all deltas, None before the first."""
        return self._news.state if self._news else None

    async def run(self) -> None:
        """Follows for ever; `run` going away is a state, not an error."""
        while True:
            try:
                async with contextlib.aclosing(self._client.follow(SILENCE_S)) as updates:
                    async for _, kind, data in updates:
                        self._snapshot(data) if kind == "snapshot" else self._delta(data)
            except RunDown as error:
                if not self.down or self._news is None:
                    self.down = str(error)
                    self._send(self._down())
            await asyncio.sleep(RETRY_S)

    def _snapshot(self, data: Json) -> None:
        """The ring is emptied, so every page is given the new snapshot."""
        self._epoch, self._news, self.down = secrets.token_hex(4), News({**data, "page": self._page}), ""
        self._ring.clear()
        self._size = 0
        self._step()

    def _delta(self, data: Json) -> None:
        assert self._news is not None, "a stream begins with its snapshot"
        if message := self._news.hear(data, asyncio.get_running_loop().time()):
            self._send(event("delta", f"{self._epoch}-{self._n + 1}", message))

    def _down(self) -> Message:
        return event("down", "", {"why": self.down})

    def snapshot(self) -> Message:
        """Raises nothing; without any state yet it is the word that `run` is down."""
        if self._news is None:
            return self._down()
        if self._whole is None:
            self._whole = event("snapshot", f"{self._epoch}-{self._n}", self._news.state)
        return self._whole

    def _send(self, message: Message) -> None:
        self._ring.append(message)
        self._size += len(message.sent)
        while self._size > RING_BYTES:
            self._size -= len(self._ring.popleft().sent)
        self._step()

    def _step(self) -> None:
        self._n, self._whole = self._n + 1, None
        self._more.set()
        self._more = asyncio.Event()

    def _after(self, place: int) -> list[Message]:
        """What a page that has seen message `place` missed, or all there is to know where that has left the ring."""
        missed = self._n - place
        if 0 <= missed <= len(self._ring):
            return [self._ring[i] for i in range(-missed, 0)]
        return [self.snapshot(), *([self._down()] if self.down and self._news else [])]

    def _place(self, last_id: str) -> int:
        epoch, _, number = last_id.partition("-")
        return int(number) if epoch == self._epoch and number.isascii() and number.isdigit() else -1

    async def follow(self, last_id: str) -> AsyncGenerator[Message, None]:
        """What one page hears after `last_id`, for ever."""
        place = self._place(last_id)
        while True:
            missed, more, place = self._after(place), self._more, self._n
            for message in missed:
                yield message
            await more.wait()
