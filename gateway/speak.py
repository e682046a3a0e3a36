"""The guard room hears an alarm in words: one thread that plays, the worst first, and falls silent when somebody has answered."""

from __future__ import annotations

import asyncio
import logging
import shlex
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress

from alerts.interlock import HOLDS
from alerts.kinds import KINDS
from alerts.model import Alarm, AlarmState, Mark, Stage
from alerts.modes import MODES
from alerts.plant import Plant
from gateway.speech import SAID, TIMES, Words, joined, pieces, said

log = logging.getLogger(__name__)

PLAYER = "aplay -q -"
LONGEST = 120.0  # seconds a player may take


def _spoken_of(alarm: Alarm) -> bool:
    """What sounds in the guard room is also said there; of tests only those that a walk test ticks off."""
    if alarm.mode == "walk":
        return alarm.latching
    return ("guard-sounder", "site") in KINDS[alarm.kind].demands and "guard-sounder" not in MODES[alarm.mode].quiet


def _rank(alarm: Alarm) -> tuple[bool, int]:
    return alarm.mode != "walk", alarm.severity


def sentence(alarm: Alarm, plant: Plant) -> str:
    """What is said of it in the guard room; "" for what is not said there."""
    point = plant.points.get(alarm.point)
    zone = plant.zones.get(point.zone) if point else None
    place, drill, walk = zone.name if zone else "", alarm.mode == "rehearsal", alarm.mode == "walk"
    about = alarm.kind if alarm.kind in SAID else KINDS[alarm.kind].lamp
    return said(about, place, drill=drill, walk=walk) if _spoken_of(alarm) else ""


class Speaker:
    """`player` reads a WAV on its standard input. `health(out of order?, why)` is told when that changes."""

    def __init__(self, plant: Plant, words: Words, player: str, health: Callable[[bool, str], None]) -> None:
        self._plant, self._words, self._player, self._health = plant, words, shlex.split(player), health
        self._waiting: dict[str, Alarm] = {}
        self._spoken: set[tuple[str, int, bool]] = set()  # (alarm, occurrence, was it a walk test?)
        self._checks: list[str] = []  # duty checks that have not sounded yet
        self._news = asyncio.Event()
        self._playing: tuple[str, asyncio.subprocess.Process] | None = None
        self._saying: Alarm | None = None
        self._bad: bool | None = None

    def show(self, alarms: Iterable[Alarm]) -> None:
        """Alarms as they now stand: a new one that sounds in the guard room is said, one that was answered or muted is not. As long as
        the sounder goes on somebody must go and look, and has to hear where: also when the smoke has gone (decision 0005).

        A worse one cuts off what is being said, which is said again after it.
        """
        for alarm in alarms:
            if HOLDS["guard-sounder"](alarm):
                once = (alarm.id, alarm.occurrence, alarm.mode == "walk")  # what turns out to be no walk is said again
                if _spoken_of(alarm) and once not in self._spoken:
                    self._spoken.add(once)
                    self._waiting[alarm.id] = alarm
                    self._news.set()
                    if self._saying is not None and _rank(alarm) > _rank(self._saying):
                        self._waiting[self._saying.id] = self._saying
                        self._hush(self._saying.id)
                continue
            self._waiting.pop(alarm.id, None)
            if alarm.state is AlarmState.NORMAL:
                self._spoken = {known for known in self._spoken if known[0] != alarm.id}
            self._hush(alarm.id)

    def marked(self, marks: Iterable[Mark]) -> None:
        """A duty check that is new sounds once, in a tone of its own (R9); an alarm goes first."""
        for mark in marks:
            fresh = mark.stage is Stage.ON and not mark.lines and mark.kind == "question" and mark.facts.get("letter") == "C"
            if fresh and mark.id not in self._checks:
                self._checks.append(mark.id)
                self._news.set()

    async def run(self) -> None:
        """For ever: say what waits, the worst first."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                alarm = self._saying = max(self._waiting.values(), key=lambda a: (*_rank(a), -a.raised.mono))
                del self._waiting[alarm.id]
                await self._say(alarm)
                self._saying = None
            while self._checks and not self._waiting:
                await self._sound(self._checks.pop(0), [], "check")

    def _hush(self, about: str) -> None:
        if self._playing and self._playing[0] == about:
            with suppress(ProcessLookupError):  # it has just ended by itself
                self._playing[1].kill()

    async def _say(self, alarm: Alarm) -> None:
        found, missing = pieces(sentence(alarm, self._plant), self._words.known())
        if missing:
            log.warning("nobody has recorded %s", "".join(missing))
        breaks = any(step.message == "drill.break" for step in alarm.policy.steps)
        if found or breaks:
            await self._sound(alarm.id, found, "drill-break" if breaks else "", 1 if alarm.mode == "walk" else TIMES)

    async def _sound(self, about: str, found: list[str], before: str, times: int = TIMES) -> None:
        try:
            await self._play(about, joined(found, self._words.samples, times, before))
        except (OSError, ValueError, KeyError) as error:
            self._state(True, f"语音放不出来 the speech cannot be played: {error}")

    async def _play(self, alarm: str, sound: bytes) -> None:
        pipe = subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*self._player, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe)
        self._playing = (alarm, process)
        try:
            async with asyncio.timeout(LONGEST):
                _, words = await process.communicate(sound)
        except TimeoutError:
            words = b"takes too long"
        finally:
            self._playing = None
            if process.returncode is None:
                process.kill()
                await process.wait()
        why = words.decode(errors="replace").strip()[:200]
        bad = (process.returncode or 0) > 0 or why == "takes too long"
        self._state(bad, why if bad else "")

    def _state(self, bad: bool, why: str) -> None:
        """A player that was killed because somebody answered is in order."""
        if bad != self._bad:
            self._bad = bad
            self._health(bad, why)
