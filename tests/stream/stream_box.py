"""A box's side for stream tests: a log of readings and a journal in memory, and a plant to make frames from."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from alerts.plant import Plant, Point
from drivers.reading import Now, Quality, Reading
from gateway.site import UplinkConfig
from gateway.stream import wire
from gateway.stream.uplink import Uplink
from gateway.stream.wire import Refusal, Topics

PATIENCE = 60.0  # s; guards against hanging
START = 1_760_000_000_000  # wall ms of the first reading
Spawn = Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]


async def until(what: str, condition: Callable[[], object]) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited {PATIENCE:.0f} s for {what}") from None


@dataclass(frozen=True, slots=True)
class Frame:
    boot: str
    a: int
    b: int
    lines: bytes


class TestClock:
    """Real time, ms. `skip` adds to it, `wall_skip` to the wall clock alone."""

    __test__ = False
    skip = wall_skip = 0

    def now(self) -> Now:
        return Now(int(time.time() * 1000) + self.skip + self.wall_skip, int(time.monotonic() * 1000) + self.skip)

    def ok(self) -> bool:
        return True


def plant(points: int = 4) -> Plant:
    empty: Mapping[str, object] = MappingProxyType({})
    return Plant(
        site="no3-middle",
        name="",
        short="",
        timezone="Asia/Shanghai",
        buildings={},
        zones={},
        points={f"dev-{n}/t": Point(f"dev-{n}/t", f"dev-{n}", "temperature", "kitchen", "温度", 30_000) for n in range(points)},
        people={},
        shifts=(),
        outputs={},
        rules=(),
        policies={},
        holders=empty,  # type: ignore[arg-type]
    )


class MemoryStore:
    """FrameStore in memory, in rows of up to `row` frames; keeps a ledger of every value ever appended."""

    def __init__(self, boot: str = "b1", row: int = 25, site: str = "no3-middle") -> None:
        self.boot, self.row = boot, row
        self.open: dict[int, bytes] = {}
        self.refusals: list[Refusal] = []
        self.ledger: set[tuple[str, int, float]] = set()
        self.confirmed: list[tuple[int, int]] = []
        self._seq = 0
        self._heads = wire.line_heads(site, "songyang", plant().points.values())

    def append(self) -> Frame:
        """A frame of four new readings, never the same (point, time) twice."""
        number = self._seq + 1
        at = Now(START + number * 1000, number * 1000)
        readings = [Reading(id, number + n / 10, Quality.GOOD, at) for n, id in enumerate(self._heads)]
        self.ledger |= {(r.point, at.wall, r.value) for r in readings if r.value is not None}
        return self.append_lines(wire.frame_lines(self._heads, readings))

    def append_lines(self, lines: bytes) -> Frame:
        self._seq += 1
        self.open[self._seq] = lines
        return Frame(self.boot, self._seq, self._seq, lines)

    async def unconfirmed(
        self, dest: str, limit: int, *, most: int, besides: Sequence[tuple[str, int, int]]
    ) -> Sequence[Frame]:
        away = {seq for boot, a, b in besides if boot == self.boot for seq in range(a, b + 1)}
        rows: list[Frame] = []
        for seq in sorted(self.open.keys() - away):
            lines = self.open[seq]
            if rows and rows[-1].b == seq - 1 and (seq - 1) % self.row and len(rows[-1].lines) + len(lines) <= most:
                rows[-1] = Frame(self.boot, rows[-1].a, seq, rows[-1].lines + lines)
            elif len(rows) < limit:
                rows.append(Frame(self.boot, seq, seq, lines))
            else:
                break
        return rows

    def confirm(self, dest: str, boot: str, ranges: Sequence[tuple[int, int]]) -> None:
        assert dest == wire.DEST
        if boot != self.boot:
            return  # of another box with this identity
        self.confirmed += ranges
        self.open = {seq: lines for seq, lines in self.open.items() if not any(a <= seq <= b for a, b in ranges)}

    def refused(self, dest: str, boot: str, refusal: Refusal) -> None:
        self.refusals.append(refusal)

    def backlog(self, dest: str) -> int:
        return len(self.open)


class MemoryOutbox:
    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.last = 0
        self.open_alarms: dict[str, bytes] = {}
        self.kept: dict[int, str] = {}

    async def events(self, since: int, limit: int) -> Sequence[tuple[int, bytes]]:
        return [(seq, body) for seq, body in enumerate(self.bodies, 1) if seq > since][:limit]

    def events_sent(self) -> int:
        return self.last

    def sent(self, seq: int) -> None:
        assert seq > self.last
        self.last = seq

    def refused(self) -> Mapping[int, str]:
        return self.kept

    def keep_refused(self, refused: Mapping[int, str]) -> None:
        self.kept = dict(refused)

    async def alarms(self, since: int) -> Mapping[str, bytes]:
        return self.open_alarms


class Box:
    """An Uplink with its stores."""

    def __init__(
        self, port: int, confirm: str = "receipt", row: int = 25, site: str = "no3-middle", boot: str = "b1", **settings: str
    ) -> None:
        self.store, self.outbox, self.clock = MemoryStore(boot, row, site), MemoryOutbox(), TestClock()
        self.commands: list[bytes] = []
        config = UplinkConfig(host="127.0.0.1", port=port, confirm=confirm, **settings)
        self.topics = Topics("songyang", site)
        self.uplink = Uplink(
            config, self.topics, self.store, self.outbox, lambda: {"version": "test"}, self.clock, self._command
        )

    async def _command(self, payload: bytes) -> bytes:
        self.commands.append(payload)
        return b'{"v":1,"reply":true}'

    def frame(self) -> Frame:
        frame = self.store.append()
        self.uplink.live(frame)
        return frame
