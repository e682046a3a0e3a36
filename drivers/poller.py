"""One line at work: schedule → bus → codec → Readings, and desired outputs → bus. Device trouble becomes Readings, never an error."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

from drivers.bus import Bus, DeviceFault, LineDown, Refused, Space
from drivers.codec import decode
from drivers.outputs import Outputs
from drivers.plan import Read, needs, plan
from drivers.profile import Device
from drivers.reading import Clock, Quality, Reading
from drivers.schedule import Schedule, is_fire

log = logging.getLogger(__name__)

FIRE_REGISTERS = 60  # the longest read on a line with fire points
LINK_EVERY = 10_000  # ms between two readings of the line's own point
LINK_WITNESSES = 5  # devices that must fail one after the other, none answering between, before the line counts as down
NO_SUCH_ADDRESS = 2  # Modbus exception
Frames = list[tuple[bytes, bytes]]
Emit = Callable[[Sequence[Reading]], None]


class Poller:
    """`emit` is called once per device read with all its Readings, and with the line's own point `<bus>/link`."""

    def __init__(self, bus_id: str, bus: Bus, devices: Sequence[Device], emit: Emit, clock: Clock) -> None:
        self._id, self._bus, self._emit, self._clock = bus_id, bus, emit, clock
        self._devices = {device.id: device for device in devices}
        self._most = FIRE_REGISTERS if any(is_fire(d) for d in devices) else None
        self._forbidden: dict[str, set[tuple[Space, int]]] = {d.id: set() for d in devices}
        self._plans: dict[str, tuple[Read, ...]] = {d.id: plan(d.profile, max_registers=self._most) for d in devices}
        self._schedule = Schedule(devices, clock.now().mono)
        self._outputs = Outputs(self._devices)
        self._alive: dict[str, bool] = {}
        self._silent: set[str] = set()  # devices that failed since any device answered
        self._jobs: deque[tuple[str, asyncio.Future[tuple[Sequence[Reading], Frames]]]] = deque()
        self._wake = asyncio.Event()
        self._down = False  # the port or the connection itself
        self._link: bool | None = None
        self._link_due = 0
        self._polls = self._errors = self._busy = 0
        self._began = clock.now().mono

    async def run(self) -> None:
        """For ever. Outputs first, then what is due, then somebody's question."""
        try:
            while True:
                now = self._clock.now().mono
                if device := self._outputs.due(now):
                    await self._switch(device)
                elif device := self._schedule.next(now):
                    self._take(await self._read(device))
                elif self._jobs:
                    await self._job(*self._jobs.popleft())
                else:
                    await self._idle(now)
                self._say_link()
        finally:
            while self._jobs:  # nobody will answer them any more
                self._jobs.popleft()[1].cancel()

    def want(self, output: str, on: bool) -> None:
        """Make the world so, at highest priority, and keep it so. `output` is <device>/<output>, KeyError for an unknown one.

        Call it in the loop that runs `run`.
        """
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
        silent: DeviceFault | None = None
        began = self._clock.now().mono
        for read in self._plans[device.id]:
            try:
                words = await self._ask(device, read)
            except Refused as fault:
                faults |= dict.fromkeys(read.channels, fault.text)
                self._learn(device, read, fault)
            except DeviceFault as fault:
                silent = fault
                faults |= {c.id: fault.text for c in device.profile.channels if c.id not in found and c.id not in faults}
                break
            else:
                image |= {(read.space, read.address + n): word for n, word in enumerate(words)}
                found += read.channels
        now = self._clock.now()
        self._heard(device, silent, now.mono - began)
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

    def _learn(self, device: Device, read: Read, fault: Refused) -> None:
        """A device that refuses a range may only lack the registers in its holes: never touch those again."""
        if fault.code != NO_SUCH_ADDRESS or device.profile.limits.bit_block > 1:
            return
        used = {(space, start + n) for c in device.profile.channels for space, start, count in needs(c) for n in range(count)}
        if holes := set(read.cells()) - used:
            forbidden = self._forbidden[device.id] = self._forbidden[device.id] | holes
            self._plans[device.id] = plan(device.profile, max_registers=self._most, forbidden=forbidden)
            log.info("%s/%s refuses %s registers between its values: they are left out", self._id, device.id, len(holes))

    def _heard(self, device: Device, silent: DeviceFault | None, cost: int) -> None:
        """What became of one exchange with a device, for all who keep count. `silent`: why it did not answer."""
        now = self._clock.now().mono
        self._busy += cost
        if isinstance(silent, LineDown):
            self._line_down(device, silent, now)
            return
        if self._down:
            self._down = False
            log.warning("%s is up again", self._id)
            for each in self._devices:
                self._outputs.back(each)
        if silent is None:
            self._schedule.good(device.id, now)
            self._silent.clear()
        else:
            self._silent.add(device.id)
            self._schedule.bad(device.id, now, cost)
            self._outputs.lost(device.id)
            self._outputs.failed(device.id, now, cost)
        if self._alive.get(device.id, True) != (silent is None):
            log.warning("%s/%s %s", self._id, device.id, f"is down: {silent.text}" if silent else "answers again")
            if silent is None:
                self._outputs.back(device.id)
        self._alive[device.id] = silent is None

    def _line_down(self, device: Device, fault: LineDown, now: int) -> None:
        """The fault is not the device's, and whatever is switched there may have restarted."""
        self._schedule.missed(device.id, now)
        self._outputs.failed(device.id, now, 0)
        for each in self._devices:
            self._outputs.lost(each)
        if not self._down:
            log.warning("%s is down: %s", self._id, fault.text)
        self._down = True
        self._alive.clear()

    def _take(self, readings: Sequence[Reading]) -> None:
        self._outputs.seen(readings, self._clock.now().mono)
        if readings:
            self._emit(readings)

    # outputs

    async def _switch(self, device: Device) -> None:
        """Write what differs, read it back at once, let everybody see it."""
        limits = device.profile.limits
        began = self._clock.now().mono
        for wish in self._outputs.wanted(device.id):
            out, word = wish.output, wish.output.on if wish.on else wish.output.off
            try:
                await self._bus.write(device.unit, out.function, out.address, (word,), latency=limits.latency, gap=limits.gap)
            except Refused as fault:
                self._errors += 1
                now = self._clock.now()
                if self._outputs.failed(device.id, now.mono, now.mono - began):
                    log.warning("%s/%s cannot be switched: %s", self._id, device.id, fault.text)
                break  # it lives: what it says of itself is read all the same
            except DeviceFault as fault:
                self._errors += 1
                now = self._clock.now()
                self._heard(device, fault, now.mono - began)
                channels = device.profile.channels
                self._take(tuple(Reading(device.point(c.id), None, Quality.FAULT, now, fault.text) for c in channels))
                return
            self._outputs.written(wish)
        self._busy += self._clock.now().mono - began
        self._take(await self._read(device))

    # the line itself

    def _say_link(self) -> None:
        down = self._down or len(self._silent) >= min(LINK_WITNESSES, len(self._devices))
        if self._link is None and not down and not any(self._alive.values()):
            return  # nobody has answered, and not enough have been asked
        up, now = not down, self._clock.now()
        if up != self._link or now.mono >= self._link_due:
            self._link, self._link_due = up, now.mono + LINK_EVERY
            self._emit((Reading(f"{self._id}/link", float(up), Quality.GOOD, now),))

    async def _job(self, device: str, answer: asyncio.Future[tuple[Sequence[Reading], Frames]]) -> None:
        if answer.done():
            return
        try:
            readings, frames = await self.once(device)
        except BaseException:
            answer.cancel()
            raise
        self._take(readings)
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
