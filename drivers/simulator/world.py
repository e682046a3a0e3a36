"""The state of the whole campus: devices, weather, gas, cables. Safe from several threads; the transports only ask it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from drivers.simulator import faults, pdu
from drivers.simulator.device import Device
from drivers.simulator.faults import Fault
from drivers.simulator.log import Log
from drivers.simulator.pdu import Space
from drivers.simulator.physics import Course, Gas
from drivers.simulator.school import School, campus
from drivers.simulator.stories import Action, Back, Cable, Leak, Put, Ramp, Say
from drivers.simulator.weather import Rest, Weather

MODES = ("normal", *(kind for kind in faults.KINDS if kind not in faults.MEDIUM))
STILL = Rest(0.0)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a device says. `unit` is the unit it names itself, `read` what the ledger keeps, `struck` what ails the answer."""

    line: str
    asked: int
    unit: int
    body: bytes
    struck: tuple[Fault, ...]
    read: tuple[Space, int, list[int]] | None

    @property
    def mode(self) -> str:
        return "+".join(f.kind for f in self.struck) or "normal"

    @property
    def late(self) -> float:
        """Real seconds beyond the usual that the asker waits."""
        return faults.delay(self.struck)


class World:
    """`second` gives the second of the world (0 = midnight of its first day); `log` gets all that changes."""

    def __init__(
        self, seed: int, log: Log, second: Callable[[], float], *, ledger: bool = False, school: School | None = None
    ) -> None:
        self.lock = threading.RLock()
        self._log, self._second, self._ledger = log, second, ledger
        self.school = school = school or campus()
        self._by_wire = {(u.line, u.unit): Device(u, school.models[u.model], self._written) for u in school.units}
        self._by_id = {d.unit.id: d for d in self._by_wire.values()}
        self._analog = [(d, s.name) for d in self._by_wire.values() for s in d.model.signals if not s.binary]
        self._weather = Weather(seed, [d.unit.rests.get(name, STILL) for d, name in self._analog])
        self._courses: dict[tuple[str, str], tuple[Course, bool]] = {}  # True: ends in the natural course
        self._gas = {room.id: Gas() for room in school.rooms}
        self._due: list[tuple[float, str, str, int]] = []
        self._cut: set[str] = set()
        self._faults: dict[tuple[str, int | None], list[Fault]] = {}  # unit None: of the whole line
        self.draw = Random(seed)
        self.asked: dict[str, Counter[int]] = {line.id: Counter() for line in school.lines}
        self.struck: dict[str, Counter[str]] = {line.id: Counter() for line in school.lines}
        self.tick()

    # for the transports

    def ask(self, line: str, unit: int, question: bytes) -> Reply | None:
        """The reply of a device to a question PDU; None when nothing answers."""
        with self.lock:
            self.asked[line][unit] += 1
            device = self._by_wire.get((line, unit))
            if device is None or line in self._cut:
                return None
            struck = self._strike(line, unit, lambda kind: kind not in faults.MEDIUM)
            if any(f.kind in faults.MUTE for f in struck):
                self._log("fault", line=line, unit=unit, fault="+".join(f.kind for f in struck), bytes="")
                return None
            body = faults.said(question, pdu.answer(device, question, device.model.exception), struck)
            self._readdressed(device, device.model.obeys == "reply")
            read = None if any(f.kind == "exception" for f in struck) else pdu.read_values(question, body)
            return Reply(line, unit, faults.named(unit, struck), body, struck, read)

    def power(self, line: str, unit: int) -> None:
        """Power off and on: a device that waits for it takes the address that was written into it."""
        with self.lock:
            self._readdressed(self._by_wire[line, unit], True)

    def _readdressed(self, device: Device, now: bool) -> None:
        """A device to which another address was written answers there from `now` on, or has not obeyed."""
        at = device.model.unit_at
        if at is None or not device.model.obeys:
            return
        (line, unit) = next(place for place, one in self._by_wire.items() if one is device)
        told = device.raw(at[0], at[1]) >> at[2] & 0xFF
        if told != unit and device.model.obeys == "never":
            device.poke(at[0], at[1], unit << at[2])
        elif told != unit and now and (line, told) not in self._by_wire:
            self._by_wire[line, told] = self._by_wire.pop((line, unit))
            self._log("readdressed", line=line, unit=unit, to=told)

    def medium(self, line: str) -> tuple[Fault, ...]:
        """What ails the line itself at this moment: echo, noise."""
        with self.lock:
            return self._strike(line, None, lambda kind: kind in ("echo", "noise"))

    def is_unplugged(self, line: str) -> bool:
        with self.lock:
            now = self._second()
            return any(f.kind == "unplug" and f.since <= now < f.until for f in self._faults.get((line, None), ()))

    def _strike(self, line: str, unit: int | None, wanted: Callable[[str], bool]) -> tuple[Fault, ...]:
        """The faults that strike now, of the line and of the unit; counted."""
        if not self._faults:
            return ()
        now = self._second()
        there = [*self._faults.get((line, None), ()), *(self._faults.get((line, unit), ()) if unit is not None else ())]
        struck = tuple(f for f in there if wanted(f.kind) and f.strikes(now, self.draw))
        self.struck[line].update(f.kind for f in struck)
        return struck

    def sent(self, reply: Reply, frame: bytes = b"") -> None:
        """The last byte of this reply has left: the ledger keeps what it told. What was spoilt is logged as it went out."""
        if reply.struck:
            self._log("fault", line=reply.line, unit=reply.asked, fault=reply.mode, bytes=frame.hex(" "))
        if self._ledger and reply.read is not None:
            space, address, values = reply.read
            odd = {"mode": reply.mode} if reply.struck else {}
            self._log("read", line=reply.line, unit=reply.asked, space=space, address=address, values=values, **odd)

    def knows(self, line: str, unit: int) -> bool:
        return (line, unit) in self._by_wire

    def is_cut(self, line: str) -> bool:
        return line in self._cut

    # for the story and the control

    def do(self, action: Action) -> None:
        """Let one thing of a story happen. What a story moves is no longer pinned."""
        now = self._second()
        with self.lock:
            match action:
                case Say():
                    pass
                case Put(device, signal, value):
                    self._unpin(device, signal)
                    self._put_bit(self._by_id[device], signal, value, "story")
                case Ramp(device, signal, to, over):
                    self._unpin(device, signal)
                    self._courses[device, signal] = (Course(self._by_id[device].get(signal), now, to, over), False)
                case Back(device, signal, over):
                    self._unpin(device, signal)
                    natural = self._natural(now)[device, signal]
                    self._courses[device, signal] = (Course(self._by_id[device].get(signal), now, natural, over), True)
                case Leak(room, to, over):
                    self._gas[room].begin(to, over, now)
                case Cable(line, mode):
                    self.set_line(line, mode)
            self.tick()

    def set_line(self, line: str, mode: str) -> None:
        """cut: nothing on the line answers; up: as usual. ValueError for anything else."""
        if line not in self.asked or mode not in ("cut", "up"):
            raise ValueError(f"no line {line!r} or mode {mode!r}")
        with self.lock:
            (self._cut.add if mode == "cut" else self._cut.discard)(line)
            self._log("line", line=line, mode=mode)

    def set_unit(self, line: str, unit: int, mode: str) -> None:
        """How a device behaves on its line: one of MODES, instead of what ailed it before. ValueError for anything else."""
        if mode not in MODES or not self.knows(line, unit):
            raise ValueError(f"no unit {line}/{unit} or mode {mode!r}")
        with self.lock:
            self._faults[line, unit] = [] if mode == "normal" else [faults.make(mode)]
            self._log("unit", line=line, unit=unit, device=self._by_wire[line, unit].unit.id, mode=mode)

    def spoil(self, line: str, unit: int | None, fault: Fault, lasts: float = faults.ALWAYS) -> None:
        """Add a fault to a unit, or to a whole line. Its times count from now. ValueError for a place that is not there."""
        if line not in self.asked or (unit is not None and not self.knows(line, unit)):
            raise ValueError(f"no unit {line}/{unit}")
        if unit is not None and fault.kind in faults.MEDIUM:
            raise ValueError(f"{fault.kind} is of a whole line, not of one unit")
        now = self._second()
        until = min(fault.until, fault.since + lasts)
        with self.lock:
            self._faults.setdefault((line, unit), []).append(replace(fault, since=now + fault.since, until=now + until))

    def mend(self, line: str, unit: int | None) -> None:
        """Take the faults of a unit, or of a line and all its units, away."""
        with self.lock:
            for key in [k for k in self._faults if k[0] == line and unit in (None, k[1])]:
                del self._faults[key]

    def set_register(self, line: str, unit: int, space: Space, address: int, value: int) -> None:
        """Set and pin a register: nature and interlocks do not move it until `free_register` or a story does. KeyError."""
        with self.lock:
            device = self._by_wire[line, unit]
            before = device.raw(space, address)
            device.poke(space, address, value)
            device.pinned.add((space, address))
            self._changed(device, space, address, before, "control")

    def free_register(self, line: str, unit: int, space: Space, address: int) -> None:
        with self.lock:
            self._by_wire[line, unit].pinned.discard((space, address))

    def get(self, device: str, signal: str) -> float:
        with self.lock:
            return self._by_id[device].get(signal)

    def tick(self) -> None:
        """Bring everything that moves by itself to the present second."""
        now = self._second()
        with self.lock:
            for due in [d for d in self._due if d[0] <= now]:
                self._due.remove(due)
                self._put_bit(self._by_id[due[1]], due[2], due[3], "interlock")
            added = self._gas_levels(now)
            for (device, name), natural in self._natural(now).items():
                self._move(device, name, natural + added.get(device, 0.0), now, told=device in added)

    # inside

    def _natural(self, now: float) -> dict[tuple[str, str], float]:
        values = self._weather.at(now)
        return {(d.unit.id, name): value for (d, name), value in zip(self._analog, values, strict=True)}

    def _gas_levels(self, now: float) -> dict[str, float]:
        added: dict[str, float] = {}
        for room in self.school.rooms:
            gas = self._gas[room.id]
            gas.move(now, bool(self._value(room.valve)), bool(self._value(room.fan)))
            if gas.active:
                added |= {head: share * gas.level for head, share in room.heads.items()}
        return added

    def _value(self, place: tuple[str, str]) -> float:
        return self._by_id[place[0]].get(place[1])

    def _move(self, device_id: str, name: str, value: float, now: float, told: bool) -> None:
        course = self._courses.get((device_id, name))
        if course is not None:
            value = course[0].at(now)
            if course[1] and course[0].over_at(now):
                del self._courses[device_id, name]
        device = self._by_id[device_id]
        if device.put(name, value) and (told or course is not None):
            signal = device.signals[name]
            place = {"line": device.unit.line, "unit": device.unit.unit, "device": device_id}
            self._log(
                "change", **place, space=signal.space, address=signal.address, value=round(device.get(name), 4), why="story"
            )

    def _put_bit(self, device: Device, name: str, value: int, why: str) -> None:
        signal = device.signals[name]
        before = device.raw(signal.space, signal.address)
        device.put(name, value)
        self._changed(device, signal.space, signal.address, before, why)

    def _written(self, device: Device, function: int, space: Space, address: int, values: list[int], before: list[int]) -> None:
        place: dict[str, Any] = {"line": device.unit.line, "unit": device.unit.unit, "device": device.unit.id}
        self._log("write", **place, function=function, space=space, address=address, values=values)
        for n, (new, old) in enumerate(zip(values, before, strict=True)):
            if new != old:
                self._log("change", **place, space=space, address=address + n, value=new, why="write")
                self._follow(device, space, address + n, new)

    def _changed(self, device: Device, space: Space, address: int, before: int, why: str) -> None:
        value = device.raw(space, address)
        if value != before:
            place = {"line": device.unit.line, "unit": device.unit.unit, "device": device.unit.id}
            self._log("change", **place, space=space, address=address, value=value, why=why)
            self._follow(device, space, address, value)

    def _follow(self, device: Device, space: Space, address: int, value: int) -> None:
        for follow in self.school.follows:
            signal = device.signals.get(follow.cause[1])
            if follow.cause[0] == device.unit.id and signal and (signal.space, signal.address) == (space, address):
                self._due = [d for d in self._due if (d[1], d[2]) != follow.effect]
                self._due.append((self._second() + follow.delay, *follow.effect, value))

    def _unpin(self, device_id: str, name: str) -> None:
        device = self._by_id[device_id]
        signal = device.signals[name]
        device.pinned -= {(signal.space, signal.address + n) for n in range(2 if signal.type == "f32" else 1)}
