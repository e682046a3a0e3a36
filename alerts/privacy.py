"""Erasing a person's data on request: who may ask for it, and what is to be blanked. Decides; the journal does it with the event.

Events hold ids only, so the chain stays as it is; texts to the person, what channels answered, and texts to others that hold the
person's name or number go. A person who has left the site file is erased by id alone.
"""

from __future__ import annotations

import re

from alerts.model import Command
from alerts.plant import Person, Plant
from alerts.record import Record

VERB = "erase"
ROLES = frozenset({"head", "admin"})
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def erase(rec: Record, cmd: Command, asker: Person, plant: Plant) -> tuple[str, int]:
    """(code of the reply, seq of the event `erased`); a refusal records nothing here. `args`: whose, why."""
    target, why = str(cmd.args.get("whose", "")), str(cmd.args.get("why", "")).strip()
    if asker.role not in ROLES:
        return "refused.role", 0
    if not ID.fullmatch(target):
        return "refused.no-person", 0
    if not why:
        return "refused.erase-why", 0
    known = plant.people.get(target)
    rec.erased[target] = tuple(word for word in (known.phone, known.name) if word) if known else ()
    args = {"person": target, "why": why[:100], "command": cmd.id, "proof": cmd.proof}
    return "erased", rec.event("erased", who=asker.id, code=cmd.verb, args=args)
