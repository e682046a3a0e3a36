"""Planned swaps of shifts (换班): one turn of the rota goes to somebody else, perhaps for a turn of theirs. Pure: marks of kind `swap`.

Source: people's shift and handover §4.2 (whoever takes over is responsible: a swap only says beforehand who will be asked) and the
rights of roles: officer and head swap duty. PLANNED is proposed, ON is agreed and in force. facts: post, start (the turn, wall ms),
from, to, and `back`, the beginning of the turn that `from` does in return, or 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts import duty
from alerts.authority import SWAPPERS, TAKERS
from alerts.duty import Swaps, Turn
from alerts.model import Command, Mark, Scalar, Stage
from alerts.plant import Person, Plant

KIND = "swap"
AHEAD = 70 * 24 * 3_600_000  # ms: how far ahead a turn may be swapped


def in_force(marks: Iterable[Mark]) -> Swaps:
    """(post, beginning, whose turn it was) -> who does it, of all agreed swaps."""
    found: dict[tuple[str, int, str], str] = {}
    for f in (m.facts for m in marks if m.kind == KIND and m.stage is Stage.ON):
        post, one, other = str(f["post"]), str(f["from"]), str(f["to"])
        found[post, int(f["start"] or 0), one] = other
        if f.get("back"):
            found[post, int(f["back"] or 0), other] = one
    return found


def proposed(cmd: Command, asker: Person, marks: Iterable[Mark], plant: Plant, wall: int) -> tuple[dict[str, Scalar], int, str]:
    """(facts of the swap, wall ms of its last turn's end, "") or ({}, 0, why not). args: post, start, to; from, back may be absent."""
    post, to = str(cmd.args.get("post") or "duty"), str(cmd.args.get("to") or "")
    one, start, back = str(cmd.args.get("from") or asker.id), cmd.args.get("start"), cmd.args.get("back") or 0
    if not may_propose(asker, one, to):
        return {}, 0, "refused.role"
    other = plant.people.get(to)
    if other is None or other.role not in TAKERS or to == one:
        return {}, 0, "refused.swap-who"
    known = tuple(marks)
    mine = _turn(plant, post, start, one, wall, known)
    return_ = _turn(plant, post, back, to, wall, known) if back else None
    if mine is None or (back and return_ is None):
        return {}, 0, "refused.swap-turn"
    for person, turn, instead in ((to, mine, return_), (one, return_, mine)):
        if turn is not None and _busy(plant, person, turn, instead, in_force(known)):
            return {}, 0, "refused.swap-busy"
    facts: dict[str, Scalar] = {
        "post": post,
        "start": mine.start,
        "from": one,
        "to": to,
        "back": return_.start if return_ else 0,
    }
    return facts, max(mine.end, return_.end if return_ else 0), ""


def may_propose(asker: Person, one: str, other: str) -> bool:
    """One of the two, or who may swap for others."""
    return asker.role in SWAPPERS or (asker.role in TAKERS and asker.id in (one, other))


def agrees(asker: Person, mark: Mark) -> bool:
    """May this person's word bring the swap into force? Whoever of the two has not proposed it, or who may swap for others."""
    return asker.role in SWAPPERS or (asker.id in (mark.facts["from"], mark.facts["to"]) and asker.id != mark.who)


def touching(marks: Iterable[Mark], facts: Mapping[str, Scalar]) -> list[Mark]:
    """Swaps of one of these turns that stand or are proposed."""
    turns = _turns(facts)
    return [m for m in marks if m.kind == KIND and turns & _turns(m.facts)]


def _turns(f: Mapping[str, Scalar]) -> set[tuple[Scalar, ...]]:
    return {(f["post"], f["start"], f["from"])} | ({(f["post"], f["back"], f["to"])} if f.get("back") else set())


def _turn(plant: Plant, post: str, start: Scalar, person: str, wall: int, marks: Iterable[Mark]) -> Turn | None:
    """The person's turn by the rota that begins then, is still to come, and is nobody's swap yet."""
    if not isinstance(start, int) or isinstance(start, bool) or not wall < start <= wall + AHEAD or post not in duty.POSTS:
        return None
    found = next((t for t in duty.turns(plant, post, start, start + 1) if (t.start, t.person) == (start, person)), None)
    return None if (post, start, person) in in_force(marks) else found


def _busy(plant: Plant, person: str, turn: Turn, given: Turn | None, swaps: Swaps) -> bool:
    """Does the person stand somewhere at that time already, beside the turn that is given away?"""
    other = (t for post in duty.POSTS for t in duty.turns(plant, post, turn.start, turn.end, swaps) if t.person == person)
    return any(given is None or (t.post, t.start) != (given.post, given.start) for t in other)
