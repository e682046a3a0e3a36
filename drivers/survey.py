"""Who is on this line, and what: one unit after another is asked, the present ones are examined. Asks by functions 1 to 4 only.

A device slower than the time-out is found all the same: its late answer names it, and it is asked again with patience.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from drivers.asking import Asker, Heard
from drivers.bus import Space
from drivers.guess import Guess, Guesser
from drivers.modbus.sniff import rtu_frames
from drivers.plan import Read
from drivers.profile import Profile

QUICK = 90  # ms a unit is given to answer; an absent one costs twice that (the wait, and the wait for a late answer)
SLOW = 300  # ms: what a profile gives a device unless it says otherwise
LAST = 500  # ms for the last unit of the list: behind it no question comes into which a late answer could fall
USUAL = 250  # ms a question of the examination is given
PATIENT = 1500  # ms, where somebody is known to be slow, or the person has time
AGAIN = 2  # more attempts at a question whose answer was garbled, or who was busy
BUSY = (5, 6)  # Modbus exceptions of a device that will answer later
ENDED = ("down", "busy")
NOISY = 3  # units one after the other that give nothing but garbage: it is the line's, not theirs
NOISE = (
    "连着几个地址都只有乱码：线上有杂讯（终端、偏置电阻、屏蔽接地），或有设备在乱发；把设备逐个断开再扫\n"
    "nothing but garbage at one address after the other: noise (termination, bias, shield) or a device that babbles; "
    "disconnect one after the other and scan again"
)
KNOCK = Read("holding", 0, 1, ())
OTHER_KNOCKS = (Read("input", 0, 1, ()), Read("discrete", 0, 1, ()), Read("coil", 0, 1, ()))


@dataclass(frozen=True, slots=True)
class Knocked:
    """Progress: this unit was asked; `done` of `many`."""

    unit: int
    done: int
    many: int


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody answers at this unit.

    `state`: answers | refuses (every question, with exception `code`) | garbled (never a sound frame: two devices with this
    address?) | late (only its late answers were heard; the line could not wait for it). `took`: ms of its slowest answer.
    `slow`: longer than a profile waits unless it says so. `asked`: a question it answered, else the one it was found by.
    """

    unit: int
    state: str
    guess: Guess
    took: int
    slow: bool
    code: int
    asked: Read


@dataclass(frozen=True, slots=True)
class Lost:
    """The line itself is gone, or too busy: the scan ends here."""

    text: str


Event = Knocked | Found | Lost


async def survey(
    line: Asker, units: Sequence[int], profiles: Callable[[], Awaitable[Iterable[Profile]]], *, patient: bool = False
) -> AsyncIterator[Event]:
    """Ask the units in turn. Stop it at any time: what was yielded stands. `profiles` is awaited when somebody has answered."""
    ears = _Ears(line)
    present: set[int] = set()
    garbled: list[Found] = []
    running = 0  # of them, the last one after the other
    latency, knocks = (PATIENT, (KNOCK, *OTHER_KNOCKS)) if patient else (QUICK, (KNOCK,))
    for done, unit in enumerate(units, 1):
        read, heard = await _knock(ears, unit, knocks, max(latency, LAST) if done == len(units) else latency)
        if heard.kind in ENDED:
            yield Lost(heard.text)
            return
        running += 1
        if _nobody(heard, unit):
            running = 0
        else:
            present.add(unit)
            found = await examine(ears, unit, await profiles(), read, heard, latency if patient else USUAL)
            if found.state == "garbled":
                garbled.append(found)
            else:
                yield found
                running = 0
        if running == NOISY:
            yield Lost(NOISE)
            return
        yield Knocked(unit, done, len(units))
    for found in garbled:
        yield found
    late = [unit for unit in units if unit in ears.late]
    for unit in late:
        if unit in present:
            continue
        read, heard = await _knock(ears, unit, (KNOCK,), PATIENT)
        if _nobody(heard, unit) or heard.kind in ENDED:
            yield Found(unit, "late", Guess(()), 0, True, 0, KNOCK)
        else:
            yield await examine(ears, unit, await profiles(), read, heard, PATIENT)


async def examine(line: Asker, unit: int, profiles: Iterable[Profile], read: Read, heard: Heard, latency: int) -> Found:
    """What is this device? `heard` is its answer to the first question, `read`.

    A question lost on the way is not a register that is missing: silence counts when it was silent twice. A device found so
    to keep silent about what it does not have is not asked twice again in that space, for each costs two waits.
    """
    guesser, took, code, asked, good, sound = Guesser(profiles, unit), 0, 0, read, False, False
    mute: set[Space] = set()
    question: Read | None = read
    while question is not None and heard.kind not in ENDED:
        if heard.kind == "good":
            guesser.heard(question, heard.words)
            asked, good = (question if not good else asked), True
        else:
            guesser.refused(question, heard.code)
            code = heard.code or code
        if heard.kind in ("good", "refused"):
            took, sound = max(took, heard.took), True
        elif not sound:
            break  # never a sound frame: the questions of all profiles would not change that
        question = guesser.next()
        if question is not None:
            heard = await _insist(line, unit, question, latency)
            if heard.kind == "silent" and question.space not in mute:
                heard = await _insist(line, unit, question, latency)
                mute |= {question.space} if heard.kind == "silent" else set()
    state = "answers" if good else "refuses" if sound else "garbled"
    return Found(unit, state, guesser.guess(), took, took > SLOW, code, asked)


def named(received: bytes) -> set[int]:
    """The units of the sound RTU frames among the bytes."""
    return {frame[0] for frame in rtu_frames(received)}


async def _knock(line: Asker, unit: int, knocks: Sequence[Read], latency: int) -> tuple[Read, Heard]:
    for read in knocks:
        heard = await _insist(line, unit, read, latency)
        if heard.kind != "silent":
            break
    return read, heard


async def _insist(line: Asker, unit: int, read: Read, latency: int) -> Heard:
    """Again when the answer was garbled, or somebody else's, or the device busy."""
    for _ in range(AGAIN):
        heard = await line.ask(unit, read, latency)
        if heard.kind not in ("garbled", "wrong") and not (heard.kind == "refused" and heard.code in BUSY):
            return heard
    return await line.ask(unit, read, latency)


def _nobody(heard: Heard, unit: int) -> bool:
    """Silence, or nothing but another device's late answers."""
    there = named(heard.received)
    return heard.kind == "silent" or (heard.kind in ("wrong", "garbled") and bool(there) and unit not in there)


class _Ears:
    """The line, noting whose answers came too late: when nothing was expected, between two questions, or in place of another's."""

    def __init__(self, line: Asker) -> None:
        self._line = line
        self.late: set[int] = set()

    async def ask(self, unit: int, read: Read, latency: int) -> Heard:
        heard = await self._line.ask(unit, read, latency)
        self.late |= named(heard.before)
        if heard.kind not in ("good", "refused"):
            there = named(heard.received)
            self.late |= there if heard.kind == "silent" else there - {unit}
        return heard
