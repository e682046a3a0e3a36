"""One line at work: schedule → bus → codec → Readings, and desired outputs → bus. Device trouble becomes Readings, never an error."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from drivers.bus import Bus, BusStats, DeviceFault, LineDown, Refused, Space
from drivers.codec import decode
from drivers.learn import Learned
from drivers.lending import PATIENCE, Addresser, Desk, Exchange, Follower, Reader
from drivers.load import load
from drivers.outputs import Outputs
from drivers.pace import USUAL, Pace
from drivers.plan import Read, longest
from drivers.profile import Device
from drivers.reading import Clock, Quality, Reading
from drivers.schedule import Schedule
from drivers.wake import Wake

log = logging.getLogger(__name__)

LINK_EVERY = 10_000  # ms between two readings of the line's own point
LOAD_SPAN = 10_000  # ms
LINK_WITNESSES = 5  # devices that must fail one after the other, none answering between, before the line counts as down
NO_TURN = "线路忙，轮不到它 the line is too busy to ask it"
MISSING = "设备没有这个地址（异常 2） the device has no such register: check the model and its profile"
NO_SUCH_ADDRESS = 2  # Modbus exception
LESSONS = 16  # refusals of one cycle from which its plan learns; the rest is learned at the next poll: others wait for the line
Frames = list[tuple[bytes, bytes]]
Emit = Callable[[Sequence[Reading]], None]
T = TypeVar("T")


class Poller:
    """`emit` is called once per device read with all its Readings, and with the line's own point `<bus>/link`."""

    def __init__(self, bus_id: str, bus: Bus, devices: Sequence[Device], emit: Emit, clock: Clock, pace: Pace = USUAL) -> None:
        self._id, self._bus, self._emit, self._clock = bus_id, bus, emit, clock
        self._devices = {device.id: device for device in devices}
        most = longest(devices)
        self._learned = {d.id: Learned(d.profile, pace, most) for d in devices}
        self._plans = {id: learned.plan() for id, learned in self._learned.items()}
        self._planned = load(devices, pace).share
        self._polled = [d for d in devices if d.profile.channels]  # the others are only written to
        worst = {d.id: round(pace.worst(d.profile.limits) * 1000) for d in devices}
        self._schedule = Schedule(self._polled, clock.now().mono, worst)
        self._outputs = Outputs(self._devices)
        self._alive: dict[str, bool] = {}
        self._hurried = False  # inside `_urgent`: what it asks is not interrupted again
        self._silent: set[str] = set()  # devices that failed since any device answered
        self._told_from: Counter[str] = Counter()  # device -> the first question of the cycle last told
        self._wake = Wake()
        self._desk = Desk(self._wake.set, lambda: clock.now().mono, {d.unit: d.profile.limits for d in devices})
        self._followers: list[Follower] = []
        self._frames: Frames = []  # of the transaction under way; the bus adds them, from its thread
        bus.trace = lambda sent, received: self._frames.append((sent, received))
        self._down = False  # the port or the connection itself
        self._link: bool | None = None
        self._link_due = self._second_due = 0
        self._polls = self._errors = self._busy = 0
        self._spent: Counter[int] = Counter()  # unit -> ms of the line since its device was last accounted for
        self._load = 0.0  # share of the last ten seconds that the line was busy
        self._counted = (clock.now().mono, 0)  # since when, and how busy it had been by then, ms

    async def run(self) -> None:
        """For ever. Outputs first, then what is due, then a question lent to somebody."""
        try:
            while True:
                now = self._clock.now().mono
                self._each_second(now)
                if device := self._outputs.due(now):
                    await self._switch(device)
                elif not await self._lent(now, PATIENCE):
                    if device := self._schedule.next(now):
                        await self._read(device, self)
                    elif not await self._lent(now, 0):
                        await self._idle(now)
                self._say_link(now)
        finally:
            self._desk.close()

    def want(self, output: str, on: bool) -> None:
        """Make the world so, at highest priority, and keep it so. `output` is <device>/<output>, KeyError for an unknown one.

        Call it in the loop that runs `run`.
        """
        self._outputs.want(output, on)
        self._wake.set()

    async def lend(self, work: Callable[[Addresser], Awaitable[T]]) -> T:
        """Let `work` ask the line, each of its questions in a gap between the polls; gives what it gives, raises what it raises.

        One job at a time, in the order they came. A question never makes an output or a fire slot late; one that has waited
        a second goes before ordinary polls; one that finds no gap for half a minute raises LineBusy. Cancel it at any time: a
        question already on the line is awaited by the line, its answer dropped. Needs `run`.
        """
        async with self._desk.turn:
            return await work(self._desk)

    @contextmanager
    def followed(self, follower: Follower) -> Iterator[None]:
        """While inside, `follower` is called with every transaction of the line, in the loop. Any number of followers."""
        self._followers.append(follower)
        try:
            yield
        finally:
            self._followers.remove(follower)

    async def job(self, device: str) -> tuple[Sequence[Reading], Frames]:
        """One read of a device for a person, with the raw frames, lent the line. KeyError for an unknown one."""
        return await self.lend(partial(self._cycle, self._devices[device]))

    async def once(self, device: str) -> tuple[Sequence[Reading], Frames]:
        """One read with the raw frames, without `run`."""
        return await self._cycle(self._devices[device], self)

    async def read(
        self, unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0
    ) -> tuple[int, ...]:
        """drivers.lending.Reader at once, out of turn: for the poller itself."""
        return await self._exchange(unit, self._bus.read(unit, space, address, count, latency=latency, gap=gap))

    def state(self) -> dict[str, object]:
        """For the screen: is the line up, share of time busy and as planned, devices left alone, questions, failures."""
        return {
            "up": self._link is not False,
            "load": round(self._load, 3),
            "planned": round(self._planned, 3),
            "dead": self._schedule.dead,
            "errors": self._errors,
            "polls": self._polls,
        }

    @property
    def busy(self) -> int:
        """Ms of the line's time used since the start."""
        return self._busy

    def stats(self) -> BusStats:
        """What became of the line's questions since the start."""
        return self._bus.stats()

    async def close(self) -> None:
        await self._bus.close()

    # one device

    async def _cycle(self, device: Device, line: Reader) -> tuple[Sequence[Reading], Frames]:
        frames: Frames = []

        def follow(exchange: Exchange) -> None:
            if exchange.unit == device.unit:
                frames.append((exchange.sent, exchange.received))

        with self.followed(follow):
            return await self._read(device, line), frames

    async def _read(self, device: Device, line: Reader) -> Sequence[Reading]:
        """All Readings of one cycle of the device, emitted; those that a failed question leaves out are FAULT with its words.

        A long cycle may be overtaken by a later one of the same device, asked between its questions (an output's read-back; a
        poll, where the line is lent). What it found is then older than what has been told, and only its caller gets it.
        """
        if not device.profile.channels:
            return ()
        image: dict[tuple[Space, int], int] = {}
        faults: dict[str, str] = {}
        found: list[str] = []
        refused: list[Read] = []
        silent: DeviceFault | None = None
        asked = lessons = 0  # the number of its first question; how often its plan was changed
        limits, learned = device.profile.limits, self._learned[device.id]
        if learned.values and learned.forgive(self._clock.now().mono):
            self._plans[device.id] = learned.plan()
        todo = list(self._plans[device.id])
        while todo and silent is None:
            read = todo.pop(0)
            if asked and line is self:
                await self._urgent(device.id)
            try:
                words = await line.read(
                    device.unit, read.space, read.address, read.count, latency=limits.latency, gap=limits.gap
                )
            except Refused as fault:
                if lessons < LESSONS and self._learn(device, read, fault):
                    lessons += 1
                    answered = [r for r in self._plans[device.id] if all(cell in image for cell in r.cells())]
                    found = [channel for r in answered for channel in r.channels]
                    todo = [r for r in self._plans[device.id] if r not in answered and r not in refused]
                else:
                    refused.append(read)
                    faults |= dict.fromkeys(read.channels, fault.text)
            except DeviceFault as fault:
                silent = fault
                faults |= {c.id: fault.text for c in device.profile.channels if c.id not in found and c.id not in faults}
            else:
                image |= {(read.space, read.address + n): word for n, word in enumerate(words)}
                found += read.channels
            asked = asked or self._polls
        if silent is None and lessons < LESSONS and learned.settled(image):
            self._plans[device.id] = learned.plan()
        now = self._clock.now()
        self._heard(device, silent, now.mono)
        faults |= {c: silent.text if silent else MISSING for c in learned.missing()}
        bad = tuple(Reading(device.point(c), None, Quality.FAULT, now, text) for c, text in faults.items() if c not in found)
        readings = (*decode(device, found, image, now), *bad)
        if asked >= self._told_from[device.id]:
            self._told_from[device.id] = asked
            self._take(readings)
        elif silent:
            self._take(bad)
        return readings

    async def _urgent(self, asked: str) -> None:
        """Outputs and fire slots that fell due between two questions of a long cycle: that of the device `asked`."""
        if self._hurried:
            return
        self._hurried = True
        try:
            while True:
                now = self._clock.now().mono
                if device := self._outputs.due(now):
                    await self._switch(device)
                elif device := self._schedule.fire(now, asked):
                    await self._read(device, self)
                else:
                    return
        finally:
            self._hurried = False

    async def _exchange(self, unit: int, transaction: Awaitable[T]) -> T:
        """One transaction, counted and shown to the followers. The only way to the bus."""
        self._frames = []
        began, why = self._clock.now().mono, ""
        try:
            return await transaction
        except DeviceFault as fault:
            self._errors += 1
            why = fault.text
            raise
        finally:
            self._polls += 1
            now = self._clock.now()
            took = now.mono - began
            self._busy += took
            self._spent[unit] += took
            for sent, received in self._frames or [(b"", b"")]:
                for follower in tuple(self._followers):
                    follower(Exchange(now, took, unit, sent, received, why))

    async def _lent(self, now: int, patience: int) -> bool:
        """Ask a lent question that has waited `patience` ms, if no fire slot suffers. Was one asked?"""
        question = self._desk.first()
        if question is None or now - question.since < patience or not self._schedule.fits(now, question.worst):
            return False
        self._desk.take()
        result: tuple[int, ...] | Exception
        try:
            result = await self._exchange(question.unit, question.ask(self._bus))
        except Exception as error:  # noqa: BLE001 - whoever asked gets it, be it a device's fault or a wrong question
            result = error
        except asyncio.CancelledError:
            question.answer.cancel()
            raise
        if not question.answer.done():
            if isinstance(result, Exception):
                question.answer.set_exception(result)
            else:
                question.answer.set_result(result)
        return True

    def _learn(self, device: Device, read: Read, fault: Refused) -> bool:
        """A device that refuses a range may only lack a hole in it: find which. True when it is to be read by another plan."""
        learned = self._learned[device.id]
        if fault.code != NO_SUCH_ADDRESS or not learned.refused(read, self._clock.now().mono):
            return False
        self._plans[device.id] = learned.plan()
        log.info("%s/%s refuses %s from 0x%04X: asked otherwise", self._id, device.id, read.count, read.address)
        return True

    def _heard(self, device: Device, silent: DeviceFault | None, now: int) -> None:
        """What became of one cycle of a device, for all who keep count. `silent`: why it did not answer."""
        cost = self._spent.pop(device.unit, 0)
        if isinstance(silent, LineDown):
            self._line_down(device, silent, now)
            return
        if self._down:
            self._down = False
            log.warning("%s is up again", self._id)
            for each in self._devices:
                self._outputs.back(each)
        if silent is None:
            self._schedule.good(device.id, now, cost)
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
        if device.profile.channels:
            self._schedule.missed(device.id, now)
        self._outputs.failed(device.id, now, 0)
        for each in self._devices:
            self._outputs.lost(each)
        if not self._down:
            log.warning("%s is down: %s", self._id, fault.text)
        self._down = True
        self._alive.clear()

    def _take(self, readings: Sequence[Reading]) -> None:
        if readings:
            self._outputs.seen(readings, readings[0].at.mono)
            self._emit(readings)

    # outputs

    async def _switch(self, device: Device) -> None:
        """Write what differs, read it back at once, let everybody see it."""
        limits = device.profile.limits
        for wish in self._outputs.wanted(device.id, self._clock.now().mono):
            out, word, raw = wish.output, wish.output.on if wish.on else wish.output.off, wish.output.raw(wish.on)
            if raw:
                told = self._bus.tell(device.unit, raw, latency=limits.latency, gap=limits.gap)
            else:
                told = self._bus.write(device.unit, out.function, out.address, (word,), latency=limits.latency, gap=limits.gap)
            try:
                await self._exchange(device.unit, told)
            except Refused as fault:
                if self._outputs.failed(device.id, self._clock.now().mono, self._spent[device.unit]):
                    log.warning("%s/%s cannot be switched: %s", self._id, device.id, fault.text)
                break  # it lives: what it says of itself is read all the same
            except DeviceFault as fault:
                channels, now = device.profile.channels, self._clock.now()
                self._heard(device, fault, now.mono)
                self._take(tuple(Reading(device.point(c.id), None, Quality.FAULT, now, fault.text) for c in channels))
                return
            self._outputs.written(wish, self._clock.now().mono)
        if device.profile.channels:
            await self._read(device, self)
        else:  # nothing can be read of it: that it was written is all that is known
            self._spent.pop(device.unit, None)
            self._down = False

    # the line itself

    def _each_second(self, now: int) -> None:
        """How busy the line is, and whom it could not ask."""
        if now < self._second_due:
            return
        self._second_due = now + 1_000
        since, before = self._counted
        if now - since >= LOAD_SPAN or not self._load:
            self._load = (self._busy - before) / max(1, now - since)
        if now - since >= LOAD_SPAN:
            self._counted = (now, self._busy)
        for device in self._schedule.stale(now):
            at = self._clock.now()
            self._take(tuple(Reading(device.point(c.id), None, Quality.STALE, at, NO_TURN) for c in device.profile.channels))

    def _say_link(self, now: int) -> None:
        down = self._down or len(self._silent) >= max(1, min(LINK_WITNESSES, len(self._polled)))
        if self._link is None and not down and not any(self._alive.values()):
            return  # nobody has answered, and not enough have been asked
        up = not down
        if up != self._link or now >= self._link_due:
            self._link, self._link_due = up, now + LINK_EVERY
            self._emit((Reading(f"{self._id}/link", float(up), Quality.GOOD, self._clock.now()),))

    async def _idle(self, now: int) -> None:
        wait = min(self._schedule.wait(now), self._outputs.wait(now), 1000)
        self._wake.clear()  # whatever was wanted before `now` is in `wait`: nothing else ran since
        await self._wake.wait(max(0.001, wait / 1000))
