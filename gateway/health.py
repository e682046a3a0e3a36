"""The box as a device: measures the machine, the clock, the lines and the stream as Readings. Judges nothing: rules do (box.yaml)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from alerts.channels.modem import Radio
from drivers.bus import BusStats
from drivers.reading import Clock, Now, Quality, Reading
from gateway.boxpoints import BOX, CERTIFICATE, LOGINS, MODEM_POINTS, of_modem
from gateway.machine import Machine
from gateway.stream.tls import valid_until

EVERY = 10.0  # s
DAY = 86_400_000  # ms
WINDOW = 6  # measurements that a line's rates look back over: one minute
AN_HOUR = 360  # measurements
RADIO_OLD = 600_000  # ms: a busy modem looks at its network only between messages
UNDER_WAY = 50  # frames that may lie between the box and the database without anything being late
CLOCK_STATES = {"unknown": 0.0, "set": 1.0, "synced": 2.0}


@dataclass(frozen=True, slots=True)
class Wear:
    """What a line has done since the start: ms of its time used, and what became of its questions."""

    busy: int
    stats: BusStats


@dataclass(frozen=True, slots=True)
class Vitals:
    """What the process knows of itself, asked at every measurement. `dropped`: frames given up that somebody lacked, ever.

    None without an uplink: `backlog`, `connected` (to the broker), `refused` (lines since the start), `events_refused`, `twin`.
    """

    lines: Mapping[str, Callable[[], Wear]]
    clock_state: Callable[[], str]
    clock_error: Callable[[], float]  # s, see SystemClock.error
    backlog: Callable[[], int] | None = None
    connected: Callable[[], bool] | None = None
    certificates: tuple[str, ...] = ()  # files of the uplink; the one that ends first counts
    refused: Callable[[], int] | None = None
    events_refused: Callable[[], int] | None = None  # now
    twin: Callable[[], bool] | None = None
    dropped: Callable[[], int] = lambda: 0
    radios: Mapping[str, Callable[[], Radio | None]] = field(default_factory=dict)  # of each modem
    clock_look: Callable[[], None] = lambda: None  # see SystemClock.look
    locked: Callable[[], float] = lambda: 0.0  # accounts and PINs of the page, see gateway.store.logins


class Health:
    """`emit` gets one list of Readings every 10 s, for the points in `known` only."""

    def __init__(
        self, machine: Machine, vitals: Vitals, known: Collection[str], emit: Callable[[Sequence[Reading]], None], clock: Clock
    ) -> None:
        self._machine, self._vitals, self._known, self._emit, self._clock = machine, vitals, known, emit, clock
        self._past: dict[str, deque[tuple[int, Wear]]] = {bus: deque(maxlen=WINDOW + 1) for bus in vitals.lines}
        self._dropped, self._refused = LastHour(), LastHour()
        self._fresh = clock.now().mono  # when nothing was late for the last time

    async def run(self) -> None:
        while True:
            of_machine = await asyncio.to_thread(self._read_machine)  # a dying disk must not hold the loop
            self._emit([r for r in (*of_machine, *self._own()) if r.point in self._known])
            await asyncio.sleep(EVERY)

    def _read_machine(self) -> list[Reading]:
        self._vitals.clock_look()
        readings, now = [], self._clock.now()
        readers: dict[str, Callable[[], float | None]] = {
            **self._machine.readers(),
            CERTIFICATE: partial(days_left, self._vitals.certificates, now.wall),
            LOGINS: self._vitals.locked,
        }
        for channel, read in readers.items():
            try:
                value, why = read(), "本机不再提供 no longer told by this machine"
            except (OSError, ValueError) as error:
                value, why = None, f"读不到 cannot be read: {error}"
            point = f"{BOX}/{channel}"
            readings.append(_good(point, value, now) if value is not None else Reading(point, None, Quality.FAULT, now, why))
        return readings

    def _own(self) -> Iterator[Reading]:
        now = self._clock.now()
        yield _good(f"{BOX}/clock", CLOCK_STATES[self._vitals.clock_state()], now)
        yield _good(f"{BOX}/clock-offset", self._vitals.clock_error(), now)
        yield _good(f"{BOX}/dropped", self._dropped.of(self._vitals.dropped()), now)
        if self._vitals.refused is not None:
            yield _good(f"{BOX}/refused", self._refused.of(self._vitals.refused()), now)
        if self._vitals.events_refused is not None:
            yield _good(f"{BOX}/events-refused", self._vitals.events_refused(), now)
        if self._vitals.twin is not None:
            yield _good(f"{BOX}/twin", self._vitals.twin(), now)
        if self._vitals.connected is not None:
            yield _good(f"{BOX}/broker", self._vitals.connected(), now)
        if self._vitals.backlog is not None:
            waiting = self._vitals.backlog()
            if waiting <= UNDER_WAY:
                self._fresh = now.mono
            yield _good(f"{BOX}/backlog", waiting, now)
            yield _good(f"{BOX}/backlog-age", (now.mono - self._fresh) / 1000, now)
        for modem, radio in self._vitals.radios.items():
            yield from of_radio(modem, radio(), now)
        for bus, wear in self._vitals.lines.items():
            past = self._past[bus]
            past.append((now.mono, wear()))
            if len(past) > 1:
                for channel, value in rates(past[0], past[-1]).items():
                    yield _good(f"{bus}/{channel}", value, now)


def of_radio(modem: str, radio: Radio | None, now: Now) -> Iterator[Reading]:
    """Signal and registration of a modem; what is not known, or was seen too long ago, is a fault and never a number."""
    known = radio is not None and now.mono - radio.at < RADIO_OLD
    why = "没有信号数据：看天线和 SIM 卡 no signal told: antenna, SIM" if known else "短信模块不应答 the modem does not answer"
    values = (radio.dbm, radio.registered) if radio is not None and known else (None, None)
    for p, value in zip(MODEM_POINTS, values, strict=True):
        point = of_modem(modem, p)
        yield _good(point, value, now) if value is not None else Reading(point, None, Quality.FAULT, now, why)


def days_left(files: Sequence[str], wall: int) -> float | None:
    """Days until the first of these certificates ends, below 0 after that; None without any. OSError, ValueError."""
    ends = [(valid_until(file).timestamp() * 1000 - wall) / DAY for file in files]
    return min(ends, default=None)


class LastHour:
    """A count that only grows, as how much it has grown within an hour of measurements; what was before the first is past."""

    def __init__(self) -> None:
        self._seen: deque[int] = deque(maxlen=AN_HOUR + 1)

    def of(self, count: int) -> int:
        self._seen.append(count)
        return count - self._seen[0]


def rates(earlier: tuple[int, Wear], later: tuple[int, Wear]) -> dict[str, float]:
    """% of the line's time used, and of its questions garbled or misanswered, and unanswered, between two (mono ms, Wear).

    Without a question there are no errors.
    """
    (from_, a), (to, b) = earlier, later
    before, after = a.stats.total, b.stats.total
    asked = after.questions - before.questions
    bad = after.garbled + after.wrong - before.garbled - before.wrong
    return {
        "load": min(100.0, 100 * (b.busy - a.busy) / max(1, to - from_)),
        "errors": 100 * bad / asked if asked else 0.0,
        "silent": 100 * (after.silent - before.silent) / asked if asked else 0.0,
    }


def _good(point: str, value: float, now: Now) -> Reading:
    return Reading(point, round(float(value), 3), Quality.GOOD, now)
