"""One follower of the local socket, fanned out to every open page. Keeps the state and a ring of deltas; judges nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

from gateway.local import LocalClient, RunDown, merge

SILENCE_S = 3.0  # `run` speaks each second; this much silence and every page is told, well inside its own 5 s
RETRY_S = 0.5
RING = 600  # deltas a page may have missed and still catch up on: some minutes
QUEUE = 400  # deltas a page may lie behind before it is cut off; its browser comes back by itself

Json = dict[str, Any]


class Message(NamedTuple):
    """One server-sent event: `id` is "<epoch>-<n>", or "" for what cannot be resumed from."""

    event: str  # snapshot | delta | down
    id: str
    text: str


def dumped(data: Json) -> str:
    """As a page hears it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


class Live:
    """`state` is the last snapshot and all deltas, None before the first; `down`: why it is old, "" while it lives."""

    def __init__(self, client: LocalClient) -> None:
        self._client = client
        self.state: Json | None = None
        self.down = "run has not been heard yet"
        self._epoch = ""  # a new one with every snapshot: numbers of different streams never meet
        self._n = 0
        self._ring: deque[tuple[int, Message]] = deque(maxlen=RING)
        self._pages: set[asyncio.Queue[Message | None]] = set()

    async def run(self) -> None:
        """Follows for ever; `run` going away is a state, not an error."""
        while True:
            try:
                async with contextlib.aclosing(self._client.follow(SILENCE_S)) as updates:
                    async for n, kind, data in updates:
                        self._snapshot(n, data) if kind == "snapshot" else self._delta(n, data)
            except RunDown as error:
                if not self.down or self.state is None:
                    self.down = str(error)
                    self._send(self._down())
            await asyncio.sleep(RETRY_S)

    def _snapshot(self, n: int, data: Json) -> None:
        self._epoch, self._n, self.state, self.down = secrets.token_hex(4), n, data, ""
        self._ring.clear()
        self._send(self.snapshot())

    def _delta(self, n: int, data: Json) -> None:
        assert self.state is not None, "a stream begins with its snapshot"
        merge(self.state, data)
        alarms = self.state.get("alarms", {})
        for id in [id for id, alarm in alarms.items() if alarm.get("state") == "normal"]:
            del alarms[id]
        self._n = n
        message = Message("delta", f"{self._epoch}-{n}", dumped(data))
        self._ring.append((n, message))
        self._send(message)

    def _down(self) -> Message:
        return Message("down", "", dumped({"why": self.down}))

    def snapshot(self) -> Message:
        """Raises nothing; without any state yet it is the word that `run` is down."""
        if self.state is None:
            return self._down()
        return Message("snapshot", f"{self._epoch}-{self._n}", dumped(self.state))

    def _send(self, message: Message) -> None:
        for queue in list(self._pages):
            try:
                queue.put_nowait(message)
            except asyncio.QueueFull:
                self._pages.discard(queue)
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(None)

    def _since(self, last_id: str) -> list[Message]:
        """What a page that saw `last_id` missed, or a new snapshot where that is no longer known."""
        epoch, _, number = last_id.partition("-")
        first = self._ring[0][0] if self._ring else self._n + 1
        if epoch == self._epoch and number.isascii() and number.isdigit() and first - 1 <= int(number) <= self._n:
            return [message for n, message in self._ring if n > int(number)]
        return [self.snapshot()]

    async def follow(self, last_id: str) -> AsyncGenerator[Message, None]:
        """What one page hears, until it lies too far behind."""
        queue: asyncio.Queue[Message | None] = asyncio.Queue(QUEUE)
        missed = self._since(last_id)
        if self.down and self.state is not None:
            missed.append(self._down())
        self._pages.add(queue)
        try:
            for message in missed:
                yield message
            while (one := await queue.get()) is not None:
                yield one
        finally:
            self._pages.discard(queue)
