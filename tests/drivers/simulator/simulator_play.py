"""A simulated world whose clock is in the test's hand, with its log in memory."""

from __future__ import annotations

from typing import Any

from drivers.simulator.stage import Stage
from drivers.simulator.world import World

MORNING = 8 * 3600.0


class Recorder:
    """A log in memory; each entry carries the second of the world since the morning."""

    def __init__(self) -> None:
        self.second = MORNING
        self.entries: list[dict[str, Any]] = []

    def __call__(self, what: str, **fields: Any) -> None:
        self.entries.append({"at": round(self.second - MORNING, 3), "what": what, **fields})

    def changes(self, device: str, address: int | None = None) -> list[tuple[float, float]]:
        return [
            (e["at"], e["value"]) for e in self.entries
            if e["what"] == "change" and e["device"] == device and address in (None, e["address"])
        ]  # fmt: skip


class Play:
    """World, stage and recorder; `to` lets the time pass in steps."""

    def __init__(self, seed: int = 1) -> None:
        self.log = Recorder()
        self.world = World(seed, self.log, lambda: self.log.second, ledger=True)
        self.told: list[str] = []
        self.stage = Stage(self.world, self.log, lambda story, zh, en: self.told.append(f"{story}: {zh}"))

    def to(self, second: float, step: float = 0.5) -> None:
        while self.log.second < MORNING + second:
            self.log.second = min(MORNING + second, self.log.second + step)
            self.world.tick()
            self.stage.step(self.log.second)
