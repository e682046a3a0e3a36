"""One line at work: schedule → bus → codec → Readings, and desired outputs → bus. Device trouble becomes Readings, never an error."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

from drivers.bus import Bus, DeviceFault, LineDown, Refused, Space
from drivers.codec import decode
from drivers.outputs import Outputs
from drivers.plan import Read, plan
from drivers.profile import Device
from drivers.reading import Clock, Quality, Reading
from drivers.schedule import Schedule, is_fire

log = logging.getLogger(__name__)

FIRE_REGISTERS = 60  # the longest read on a line with fire points
LINK_EVERY = 10_000  # ms between two readings of the line's own point
LINK_WITNESSES = 5  # devices that must fail one after the other, none answering between, before the line counts as down
Frames = list[tuple[bytes, bytes]]
Emit = Callable[[Sequence[Reading]], None]


class Poller:
    """`emit` is called once per device read with all its Readings, and with the line's own point `<bus>/link`."""

    def __init__(self, bus_id: str, bus: Bus, devices: Sequence[Device], emit: Emit, clock: Clock) -> None:
        self._id, self._bus, self._emit, self._clock = bus_id, bus, emit, clock
        self._devices = {device.id: device for device in devices}
        most = FIRE_REGISTERS if any(is_fire(d) for d in devices) else None
        self._plans: dict[str, tuple[Read, ...]] = {d.id: plan(d.profile, max_registers=most) for d in devices}
        self._schedule = Schedule(devices, clock.now().mono)
        self._outputs = Outputs(self._devices)
        self._alive: dict[str, bool] = {}
        self._silent: set[str] = set()  # devices that failed since any device answered
        self._jobs: deque[tuple[str, asyncio.Future[tuple[Sequence[Reading], Frames]]]] = deque()
        self._wake = asyncio.Event()
        self._link: bool | None = None
        self._link_due = 0
        self._polls = self._errors = self._busy = 0
        self._began = clock.now().mono

    async def run(self) -> None:
        """For ever. Outputs first, then what is due, then somebody's question."""
        while True:
            now = self._clock.now().mono
            if device := self._outputs.due(now):
                await self._switch(device)
            elif device := self._schedule.next(now):
                self._take(device, await self._read(device))
            elif self._jobs:
                await self._job(*self._jobs.popleft())
            else:
                await self._idle(now)
            self._say_link()

    def want(self, output: str, on: bool) -> None:
        """Make the world so, at highest priority, and keep it so. `output` is <device>/<output>. Any thread's loop only."""
        self._outputs.want(output, on)
        self._wake.set()

    async def job(self, device: str) -> tuple[Sequence[Reading], Frames]:
        """One read of a device for a person, with the raw frames, when nothing else is due. KeyError for an unknown one."""
        answer: asyncio.Future[tuple[Sequence[Reading], Frames]] = asyncio.get_running_loop().create_future()
        self._jobs.append((self._devices[device].id, answer))
        self._wake.set()
        return await answer

    async def once(self, device: str) -> tuple[Sequence[Reading], Frames]:
        """One read with the raw frames, without `run`."""
        frames: Frames = []
        self._bus.trace = lambda sent, received: frames.append((sent, received))
        try:
            return await self._read(self._devices[device]), frames
        finally:
            self._bus.trace = None

    def state(self) -> dict[str, object]:
        """For the screen: is the line up, share of time busy, questions and failures since start."""
        span = max(1, self._clock.now().mono - self._began)
        return {
            "up": self._link is not False,
            "load": round(self._busy / span, 3),
            "errors": self._errors,
            "polls": self._polls,
        }

    async def close(self) -> None:
        await self._bus.close()

    # one device

    async def _read(self, device: Device) -> Sequence[Reading]:
        """All Readings of one cycle of the device; those that a failed question leaves out are FAULT with its words."""
        image: dict[tuple[Space, int], int] = {}
        faults: dict[str, str] = {}
        found: list[str] = []
        began, alive = self._clock.now().mono, False
        for read in self._plans[device.id]:
            try:
                words = await self._ask(device, read)
            except Refused as fault:
                alive = True
                faults |= dict.fromkeys(read.channels, fault.text)
            except DeviceFault as fault:
                faults |= {c.id: fault.text for c in device.profile.channels if c.id not in found and c.id not in faults}
                alive = False
                if isinstance(fault, LineDown):
                    self._outputs.line_lost()
                break
            else:
                alive = True
                image |= {(read.space, read.address + n): word for n, word in enumerate(words)}
                found += [c for c in read.channels]
        now = self._clock.now()
        self._busy += now.mono - began
        self._heard(device, alive, next(iter(faults.values()), ""), now.mono - began)
        bad = tuple(Reading(device.point(c), None, Quality.FAULT, now, text) for c, text in faults.items())
        return (*decode(device, found, image, now), *bad)

    async def _ask(self, device: Device, read: Read) -> tuple[int, ...]:
        limits = device.profile.limits
        self._polls += 1
        try:
            return await self._bus.read(
                device.unit, read.space, read.address, read.count, latency=limits.latency, gap=limits.gap
            )
        except DeviceFault:
            self._errors += 1
            raise

    def _heard(self, device: Device, alive: bool, why: str, cost: int) -> None:
        now = self._clock.now().mono
        if alive:
            self._schedule.good(device.id, now)
            self._silent.clear()
        else:
            self._silent.add(device.id)
            self._schedule.bad(device.id, now, cost)
            self._outputs.device_lost(device.id)
        if self._alive.get(device.id, True) != alive:
            log.warning("%s/%s %s", self._id, device.id, "answers again" if alive else f"is down: {why}")
        self._alive[device.id] = alive

    def _take(self, device: Device, readings: Sequence[Reading]) -> None:
        self._outputs.seen(readings, self._clock.now().mono)
        if readings:
            self._emit(readings)

    # outputs

    async def _switch(self, device: Device) -> None:
        """Write what differs, read it back at once, let everybody see it."""
        limits = device.profile.limits
        try:
            for output, on in self._outputs.wanted(device.id):
                word = output.on if on else output.off
                await self._bus.write(
                    device.unit, output.function, output.address, (word,), latency=limits.latency, gap=limits.gap
                )
        except DeviceFault as fault:
            self._errors += 1
            self._outputs.failed(device.id, self._clock.now().mono)
            log.warning("%s/%s cannot be switched: %s", self._id, device.id, fault.text)
        else:
            self._outputs.written(device.id)
        self._take(device, await self._read(device))

    # the line itself

    def _say_link(self) -> None:
        up, now = len(self._silent) < min(LINK_WITNESSES, len(self._devices)), self._clock.now()
        if not self._alive:
            return  # nobody has been asked yet
        if up != self._link or now.mono >= self._link_due:
            self._link, self._link_due = up, now.mono + LINK_EVERY
            self._emit((Reading(f"{self._id}/link", float(up), Quality.GOOD, now),))

    async def _job(self, device: str, answer: asyncio.Future[tuple[Sequence[Reading], Frames]]) -> None:
        if not answer.done():
            readings, frames = await self.once(device)
            self._take(self._devices[device], readings)
            if not answer.done():
                answer.set_result((readings, frames))

    async def _idle(self, now: int) -> None:
        wait = min(self._schedule.wait(now), self._outputs.wait(now), 1000)
        self._wake.clear()
        if self._jobs or self._outputs.due(self._clock.now().mono):
            return
        try:
            async with asyncio.timeout(max(0.001, wait / 1000)):
                await self._wake.wait()
        except TimeoutError:
            return
