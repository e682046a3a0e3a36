"""The duty log (form F10): what people write into it, the outgoing person's signature, the officer's. Pure: each is an event.

Source: people's form F10, shift and handover §4.2, and §4.1: in the morning the officer reads and countersigns the night.
What the system knows is never typed, what a person must say is never filled in. Whoever hands over stays responsible until
somebody takes over.
"""

from __future__ import annotations

from collections.abc import Collection

from alerts.authority import READERS, TAKERS
from alerts.model import Command, Scalar
from alerts.plant import Person
from alerts.record import Record

VERBS = frozenset({"log", "hand-over", "countersign"})
PARTS = ("state", "systems", "visitors", "handed", "other")  # 运行情况, 其他消防系统, 来访来电通知, 交班事项物品, 其他
MOST = 200  # characters of an entry


def write(rec: Record, cmd: Command, person: Person, on_duty: Collection[str]) -> tuple[str, int]:
    """(code of the reply, seq of its event); a refusal records nothing here. args: `part` and `text`; of a hand-over `text` alone;

    of a countersignature `text`, and as `shift` the wall ms at which the shift was taken over.
    """
    if cmd.verb == "countersign":
        return _countersigned(rec, cmd, person)
    if person.role not in TAKERS:
        return "refused.role", 0
    text = str(cmd.args.get("text") or "").strip()[:MOST]
    args = {"text": text, "command": cmd.id, "proof": cmd.proof}
    if cmd.verb == "hand-over":
        if person.id not in on_duty:
            return "refused.not-on", 0
        return "handed-over", rec.event("handed-over", who=person.id, args=args)
    part = str(cmd.args.get("part") or "other")
    if part not in PARTS or not text:
        return "refused.log", 0
    return "logged", rec.event("duty-log", who=person.id, code=part, args=args)


def _countersigned(rec: Record, cmd: Command, person: Person) -> tuple[str, int]:
    if person.role not in READERS:
        return "refused.role", 0
    shift = cmd.args.get("shift")
    if isinstance(shift, bool) or not isinstance(shift, int) or not 0 < shift <= rec.now.wall:
        return "refused.no-shift", 0
    text = str(cmd.args.get("text") or "").strip()[:MOST]
    args: dict[str, Scalar] = {"shift": shift, "text": text, "command": cmd.id, "proof": cmd.proof}
    return "countersigned", rec.event("countersigned", who=person.id, args=args)
