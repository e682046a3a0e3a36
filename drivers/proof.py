"""A serial port proved by what answers on it: after every opening a device of this line must answer, and none of another line.

Two adapters exchanged, or two cables, put each line's devices on the other's port. Units that only one of the lines has tell them
apart; lines on which all units are the same cannot be told apart by asking (docs/decisions/0012).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from drivers.bus import Bus, BusStats, DeviceFault, LineDown, NoAnswer, Refused, Space, Trace
from drivers.plan import plan
from drivers.profile import Device

ASKED = 3  # devices of a line that a proof asks at most
WITNESSES = 5  # silences of this line's own devices, none answering between, after which the port is proved anew
AGAIN = 30.0  # seconds between two proofs of a line on which nobody at all answers
AGAIN_SWAPPED = 2.0  # the same while another line's devices answer: nothing else is asked then


class Swapped(LineDown):
    """Another line's devices answer on this line's port. Nothing on it is read or written until it is put right."""


class Proven:
    """drivers.bus.Bus around one serial line. `others`: the other serial lines of the box with their devices."""

    def __init__(self, bus: Bus, name: str, own: Sequence[Device], others: Mapping[str, Sequence[Device]]) -> None:
        self._bus, self._name = bus, name
        mine = {d.unit for d in own}
        theirs = {d.unit for devices in others.values() for d in devices}
        self._marks = [d for d in own if d.unit not in theirs and d.profile.channels]
        self._strangers = [
            (line, d) for line, devices in others.items() for d in devices if d.unit not in mine and d.profile.channels
        ]
        self._marked = {d.unit for d in self._marks}
        self._lock = asyncio.Lock()
        self._proven = False
        self._swapped = ""  # why nothing may be asked
        self._silent = 0
        self._next = 0.0  # when the next proof is due

    @property
    def trace(self) -> Trace | None:
        return self._bus.trace

    @trace.setter
    def trace(self, told: Trace | None) -> None:
        self._bus.trace = told

    async def read(
        self, unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0
    ) -> tuple[int, ...]:
        await self._prove()
        try:
            found = await self._bus.read(unit, space, address, count, latency=latency, gap=gap)
        except DeviceFault as fault:
            self._heard(unit, fault)
            raise
        self._heard(unit, None)
        return found

    async def write(
        self, unit: int, function: int, address: int, values: tuple[int, ...], *, latency: int = 300, gap: int = 0
    ) -> None:
        await self._prove()
        try:
            await self._bus.write(unit, function, address, values, latency=latency, gap=gap)
        except DeviceFault as fault:
            self._heard(unit, fault)
            raise
        self._heard(unit, None)

    async def tell(self, unit: int, frame: bytes, *, latency: int = 300, gap: int = 0) -> None:
        await self._prove()
        try:
            await self._bus.tell(unit, frame, latency=latency, gap=gap)
        except DeviceFault as fault:
            self._heard(unit, fault)
            raise

    def stats(self) -> BusStats:
        return self._bus.stats()

    async def close(self) -> None:
        await self._bus.close()

    async def _prove(self) -> None:
        """Raises Swapped, or LineDown when the port is gone. A line that cannot be told from the others needs no proof."""
        if self._proven or not self._marks or not self._strangers:
            return
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if not self._proven and now >= self._next:
                self._swapped = await self._judged()
                self._next = now + (AGAIN_SWAPPED if self._swapped else AGAIN)
        if self._swapped:
            raise Swapped(self._swapped)

    async def _judged(self) -> str:
        for device in self._marks[:ASKED]:
            if await self._answers(device):
                return ""
        for line, device in self._strangers[:ASKED]:
            if await self._answers(device):
                return (
                    f"串口可能插反：{self._name} 的口上应答的是 {line} 的设备（地址 {device.unit}），本线的设备都不应答，请对调插头 "
                    f"swapped? devices of {line} answer on the port of {self._name}: exchange the plugs"
                )
        return ""

    async def _answers(self, device: Device) -> bool:
        """Is a device of this unit on the line? LineDown when there is no line."""
        read, limits = plan(device.profile)[0], device.profile.limits
        try:
            await self._bus.read(device.unit, read.space, read.address, read.count, latency=limits.latency, gap=limits.gap)
        except DeviceFault as fault:
            self._heard(device.unit, fault)
            if isinstance(fault, LineDown):
                raise
            return isinstance(fault, Refused)
        self._heard(device.unit, None)
        return True

    def _heard(self, unit: int, fault: DeviceFault | None) -> None:
        if isinstance(fault, LineDown):
            self._proven, self._swapped, self._next, self._silent = False, "", 0.0, 0
        elif unit in self._marked and (fault is None or isinstance(fault, Refused)):
            self._proven, self._silent = True, 0
        elif unit in self._marked and isinstance(fault, NoAnswer):
            self._silent += 1
            if self._silent >= WITNESSES and self._proven:
                self._proven, self._next, self._silent = False, 0.0, 0
