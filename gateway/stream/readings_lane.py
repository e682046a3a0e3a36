"""The readings' side of the uplink: live frames first, the backlog behind them in pieces, receipts. Decides nothing about events."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from drivers.reading import Clock
from drivers.wake import Wake
from gateway.store.crashpoint import crashpoint
from gateway.stream import wire
from gateway.stream.client import Fate
from gateway.stream.frames import Frame, FrameStore
from gateway.stream.fresh import Fresh
from gateway.stream.link import Link
from gateway.stream.pace import Pace
from gateway.stream.twins import Takeovers
from gateway.stream.wire import Receipt, Topics

WINDOW = 20  # live messages without a receipt
OPEN = 12  # messages without a PUBACK: a broker may allow 20, and events must not wait for room among readings
GATHER = 0.005  # s after a live message in which further frames only gather: the lines of a school answer together
RESEND = 30_000  # ms without a receipt, then the store's copy goes
RESEND_SOON = 2_000  # ms left for a receipt of what went on a connection that broke, or to nobody
HEAD = 512  # bytes of a packet that are no lines: topic, properties, the first line
_TICK = 1.0  # s between looks at the clock when nothing else happens


@dataclass(frozen=True, slots=True)
class _Sent:
    """Under way: published, not confirmed. `due` is when the store's copy may go instead, mono ms."""

    frame: Frame
    at: int
    due: int
    live: bool


class ReadingsLane:
    """Its task is `run`; the other methods are called on the same event loop and return at once.

    While nobody confirms anything (no consumer, or its database is away) only a single frame is under way at a time:
    the broker is not filled with copies, and the first receipt opens the lane again.
    """

    def __init__(self, link: Link, topics: Topics, store: FrameStore, clock: Clock, confirm: str) -> None:
        self._link = link
        self._topics = topics
        self._store = store
        self._clock = clock
        self._on_puback = confirm == "puback"
        self._sent: dict[tuple[str, int, int], _Sent] = {}
        self._open = 0  # messages without a PUBACK
        self._fresh = Fresh()
        self._gathering: asyncio.TimerHandle | None = None
        self._pace = Pace()
        self._unheard = False  # nobody confirms
        self._boot = ""  # of the frames made now
        self._wake = Wake()
        self.refused = 0
        self.last_receipt: int | None = None  # wall ms
        self.twins = Takeovers()

    def live(self, frame: Frame) -> None:
        """A frame just appended to the store. Goes at once when there is room, soon with others, or later from the store."""
        self._boot = frame.boot
        if self._link.up and not self._unheard:
            self._fresh.put(frame, self._clock.now().mono)
            self._send_live()

    def up(self) -> None:
        """The link has come up."""
        # What went on the broken connection may have arrived: its receipt gets a moment before the store's copy goes.
        due = self._clock.now().mono + RESEND_SOON
        self._sent = {key: replace(sent, due=min(sent.due, due), live=False) for key, sent in self._sent.items()}
        self._fresh.clear()
        self._unheard = False
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait(_TICK)
            self._wake.clear()
            if self._link.up:
                self._send_live()
                await self._back_fill()

    def receipt(self, receipt: Receipt) -> None:
        """The database's word on readings of this site."""
        if self._boot in receipt.twins:
            self.twins.told(self._clock.now().mono)
        for refusal in receipt.refused:
            self.refused += 1
            self._store.refused(wire.DEST, receipt.boot, refusal)
        self._confirmed(receipt.boot, list(receipt.ranges))

    def _room(self) -> int:
        """Bytes that one message may have now; 1 asks for a single frame."""
        return 1 if self._unheard else self._pace.size(self._clock.now().mono, max(0, self._link.most - HEAD))

    def _send_live(self) -> None:
        if self._gathering or not self._fresh:
            return
        self._fresh.drop_old(self._clock.now().mono)
        while self._open < OPEN and sum(sent.live for sent in self._sent.values()) < WINDOW:
            frame = self._fresh.take(self._room())
            if frame is None:
                break
            self._send(frame, live=True)
            self._gathering = self._gathering or asyncio.get_running_loop().call_later(GATHER, self._gathered)

    def _gathered(self) -> None:
        self._gathering = None
        if self._link.up:
            self._send_live()

    async def _back_fill(self) -> None:
        """One stored row, or a part of it, at a time: the oldest that is not under way."""
        now = self._clock.now().mono
        for key in [key for key, sent in self._sent.items() if sent.due <= now]:
            sent = self._sent.pop(key)
            self._pace.failed(len(sent.frame.lines), now)
            self._unheard = True
        if self._open >= OPEN or any(not sent.live for sent in self._sent.values()):
            return
        besides = [*self._sent, *((frame.boot, frame.a, frame.b) for frame in self._fresh)]
        for frame in await self._store.unconfirmed(wire.DEST, 1, most=self._room(), besides=besides):
            self._send(frame, live=False)

    def _send(self, frame: Frame, live: bool) -> None:
        payload = wire.readings_payload(frame.boot, frame.a, frame.b, frame.lines, live)
        future = self._link.publish(self._topics.of("readings"), payload)
        if future is None:
            return
        now = self._clock.now().mono
        key = (frame.boot, frame.a, frame.b)
        self._sent[key] = sent = _Sent(frame, now, now + RESEND, live)
        self._open += 1
        future.add_done_callback(lambda done: self._puback(key, sent, done.result()))
        crashpoint("frame.sent")

    def _puback(self, key: tuple[str, int, int], sent: _Sent, fate: Fate) -> None:
        self._open -= 1
        now = self._clock.now().mono
        if fate is Fate.NOBODY and self._sent.get(key) is sent:
            # No consumer is connected, as after a broker that forgot its sessions: no receipt can come.
            self._sent[key] = replace(sent, due=now + RESEND_SOON)
            self._unheard = True
        elif fate in (Fate.LOST, Fate.REFUSED):
            self._pace.failed(len(sent.frame.lines), now)
            if self._sent.get(key) is sent:
                self._sent[key] = replace(sent, due=now + RESEND_SOON)
        elif fate is Fate.TAKEN and self._on_puback:
            self._confirmed(sent.frame.boot, [(sent.frame.a, sent.frame.b)])
        self._wake.set()

    def _confirmed(self, boot: str, ranges: list[tuple[int, int]]) -> None:
        crashpoint("receipt.before")
        self._store.confirm(wire.DEST, boot, ranges)
        crashpoint("receipt.after")
        now = self._clock.now()
        self.last_receipt = now.wall
        self._unheard = False
        for key, sent in list(self._sent.items()):
            if sent.frame.boot == boot and any(a <= sent.frame.a and sent.frame.b <= b for a, b in ranges):
                del self._sent[key]
                if not sent.live:
                    self._pace.received(now.mono - sent.at)
        self._send_live()
        self._wake.set()
