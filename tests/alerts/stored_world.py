"""The engine tests' World on a real journal: every Outcome is committed, a restart knows the disk alone. Asserts nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from engine_world import World

from alerts.engine import Engine
from alerts.model import Notification, Outcome
from alerts.plant import Plant
from drivers.reading import Now
from gateway.store.journal import Journal
from gateway.store.restored import Restored


class Hand:
    """A journal's clock that stands where the World's time does."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> Now:
        return self._world.now

    def ok(self) -> bool:
        return self._world.clock_ok


@dataclass
class StoredWorld(World):
    folder: Path = field(default_factory=Path)
    boots: int = 1
    commits: int = 0

    def __post_init__(self) -> None:
        self.disk = self._open()
        super().__post_init__()

    def _open(self) -> Journal:
        return Journal(self.folder / "journal.db", self.school.site, f"boot-{self.boots}", Hand(self), reserve=1 << 16)

    def take(self, out: Outcome) -> Outcome:
        if not out.empty:
            self.disk.commit(out, self.now)
            self.commits += 1
        return super().take(out)

    def kept(self) -> Restored:
        """What a process that starts now would find."""
        return self.disk.load()

    def restart(
        self, off: int = 0, *, same_boot: bool = False, unsent: tuple[Notification, ...] = (), school: Plant | None = None
    ) -> Outcome:
        """As World's, but everything comes from the file; `unsent` is what the file says."""
        self.disk.close()
        self.now = Now(self.now.wall + off, self.now.mono + off if same_boot else 5_000)
        self.school = school or self.school
        self.boots += 1
        self.disk = self._open()
        kept = self.disk.load()
        boot = f"boot-{self.boots}"
        self.engine = Engine(self.school, boot=boot, next_seq=kept.next_seq, now=self.now, clock_ok=self.clock_ok)
        return self.take(
            self.engine.restore(
                kept.alarms,
                kept.unsent,
                now=self.now,
                saved=kept.anchor,
                same_boot=same_boot,
                replies=kept.commands.values(),
                marks=kept.marks,
                openings=kept.openings,
            )
        )

    def close(self) -> None:
        self.disk.close()
