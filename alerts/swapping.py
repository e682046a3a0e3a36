"""Carrying out planned swaps: proposed, agreed, taken back. Part of the Desk; what a swap may be, alerts/swaps.py says. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from alerts import swaps
from alerts.authority import SWAPPERS
from alerts.model import Command, Mark, Stage
from alerts.plant import Person, Plant
from alerts.record import Record
from drivers.reading import Now


@dataclass(frozen=True, slots=True)
class Said:
    """What became of an answer: the code of the reply, its words, and whether it was refused."""

    code: str
    words: Mapping[str, str]
    ok: bool = True


class Swapping:
    """`marks`: the swaps that stand; `put` keeps one; `needless` says that somebody need not take over a turn any more."""

    def __init__(
        self, plant: Plant, marks: Callable[[], list[Mark]], put: Callable[[Record, Mark], None],
        needless: Callable[[Record, str, int, str], None],
    ) -> None:  # fmt: skip
        self._plant, self._marks, self._put, self._needless = plant, marks, put, needless

    def propose(self, rec: Record, cmd: Command, person: Person) -> Said:
        """换班. In force at once when the asker may swap for others; else when the other agrees, before the first turn begins."""
        facts, end, why = swaps.proposed(cmd, person, self._marks(), self._plant, rec.now.wall)
        if why:
            return _refused(why)
        for old in swaps.touching(self._marks(), facts):  # a proposal that this one replaces
            self._change(rec, replace(old, stage=Stage.OVER), person, "replaced", cmd)
        until = _at(min(int(facts[k] or 0) for k in ("start", "back") if facts[k]), rec.now)
        mark = Mark(f"{self._plant.site}-{rec.seq}", 0, swaps.KIND, Stage.PLANNED, person.id, "", rec.now, until, facts=facts)
        self._change(rec, mark, person, "proposed", cmd)
        return self._agree(rec, mark, person, end, cmd) if person.role in SWAPPERS else Said("swap.proposed", {})

    def answer(self, rec: Record, cmd: Command, person: Person) -> Said:
        """The other's word, or a leader's or officer's; without `agree` the swap is taken back, in force or not."""
        mark = next((m for m in self._marks() if m.id == cmd.alarm), None)
        if mark is None:
            return _refused("refused.swap-gone")
        if cmd.args.get("agree") is not True:
            if not swaps.may_propose(person, str(mark.facts["from"]), str(mark.facts["to"])):
                return _refused("refused.role")
            self._change(rec, replace(mark, stage=Stage.OVER), person, "taken-back", cmd)
            return Said("swap.over", {})
        if mark.stage is not Stage.PLANNED or not swaps.agrees(person, mark):
            return _refused("refused.role")
        others = [m for m in self._marks() if m.id != mark.id]
        asker = self._plant.people.get(mark.who) or person
        _, end, why = swaps.proposed(replace(cmd, args=mark.facts), asker, others, self._plant, rec.now.wall)
        return _refused(why) if why else self._agree(rec, mark, person, end, cmd)

    def _agree(self, rec: Record, mark: Mark, person: Person, end: int, cmd: Command) -> Said:
        new = replace(mark, stage=Stage.ON, until=_at(end, rec.now))
        self._change(rec, new, person, "agreed", cmd)
        for post, start, instead_of in swaps.in_force([new]):
            self._needless(rec, post, start, instead_of)
        return Said("swap.agreed", {})

    def _change(self, rec: Record, mark: Mark, person: Person, what: str, cmd: Command) -> None:
        rec.event(swaps.KIND, mark.id, who=person.id, code=what, args={**mark.facts, "command": cmd.id, "proof": cmd.proof})
        self._put(rec, mark)


def _refused(code: str) -> Said:
    return Said(code, {}, ok=False)


def _at(wall: int, now: Now) -> Now:
    return Now(wall, now.mono + wall - now.wall)
