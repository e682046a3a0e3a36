"""The duty log (form F10): what people write into it, and the outgoing person's signature. Pure: each is an event, nothing else.

Source: people's form F10 and shift and handover §4.2. What the system knows is never typed, what a person must say is never filled in.
Whoever hands over stays responsible until somebody takes over.
"""

from __future__ import annotations

from collections.abc import Collection

from alerts.authority import TAKERS
from alerts.model import Command
from alerts.plant import Person
from alerts.record import Record

VERBS = frozenset({"log", "hand-over"})
PARTS = ("state", "systems", "visitors", "handed", "other")  # 运行情况, 其他消防系统, 来访来电通知, 交班事项物品, 其他
MOST = 200  # characters of an entry


def write(rec: Record, cmd: Command, person: Person, on_duty: Collection[str]) -> tuple[str, int]:
    """(code of the reply, seq of its event); a refusal records nothing here. args: `part` and `text`; of a hand-over `text` alone."""
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
