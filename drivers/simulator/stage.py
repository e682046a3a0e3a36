"""Plays stories on the world: what is due is done and told. Knows no clock; the second of the world is an argument."""

from __future__ import annotations

from collections.abc import Callable

from drivers.simulator.log import Log
from drivers.simulator.stories import Action, Say, timeline
from drivers.simulator.world import World


class Stage:
    """`tell` gets each line meant for people: (name of the story, zh, en)."""

    def __init__(self, world: World, log: Log, tell: Callable[[str, str, str], None]) -> None:
        self._world, self._log, self._tell = world, log, tell
        self._queue: list[tuple[float, int, str, Action]] = []
        self._count = 0

    def start(self, name: str, second: float) -> None:
        """Begin a story at this second of the world. KeyError for an unknown name."""
        for at, action in timeline(name):
            self._count += 1
            self._queue.append((second + at, self._count, name, action))
        self._queue.sort(key=lambda row: row[:2])

    def step(self, second: float) -> None:
        """Do everything that is due, in order."""
        while self._queue and self._queue[0][0] <= second:
            _, _, name, action = self._queue.pop(0)
            if isinstance(action, Say):
                self._log("story", story=name, zh=action.zh, en=action.en)
                self._tell(name, action.zh, action.en)
            self._world.do(action)
