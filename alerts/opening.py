"""One opening of a store as it is recorded: when, how the locks stood, who proved to be there, what was declared. Values, no judgement.

Times are Now; durations that people know (5 min, a session) are divided by the demo's speed where they are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.reading import Now

MINUTE = 60_000
SETTLE = 2_000  # ms in which the inputs of one opening arrive: locks, fan
PROOF = 5 * MINUTE  # two identities within this of the door's opening, before or after it
OPEN = 5 * MINUTE  # how long a door may stand open without a declared session
ASK = 5 * MINUTE  # from the question "still open?" to the alarm
SESSIONS: Mapping[str, int] = {  # what people declare -> minutes
    "take": 10,  # 领用
    "stock": 60,  # 入库
    "count": 120,  # 盘点
    "repair": 120,  # 检修
}


@dataclass(frozen=True, slots=True)
class Proof:
    """Somebody showed who they are. `how`: lock, card, pin, phone. `person` "" is a card that nobody on the list has."""

    person: str
    how: str
    point: str  # the reader, "" for a phone or the screen
    at: Now


@dataclass(frozen=True, slots=True)
class Declared:
    """What somebody says will be done at a store, before its door opens. `kind`: a key of SESSIONS."""

    kind: str
    by: str
    minutes: int
    at: Now


@dataclass(frozen=True, slots=True)
class Opening:
    """`lock_a`, `lock_b`: were they released when the door opened? None: not known, or a lock without signal.

    `verdict`: "" while two identities may still come, then "two" or "unproven", or "blind" where nothing can tell who is there.
    `lowest`, `highest`: what the store's sensors read meanwhile. `picture`: SHA-256 of the camera's picture.
    """

    id: str
    store: str
    opened: Now
    lock_a: bool | None
    lock_b: bool | None
    proofs: tuple[Proof, ...] = ()
    session: str = ""
    declared_by: str = ""
    until: int = 0  # mono ms at which the session ends
    fan: bool = True
    out_of_hours: bool = False
    verdict: str = ""
    closed: Now | None = None
    lowest: Mapping[str, float] = field(default_factory=dict)
    highest: Mapping[str, float] = field(default_factory=dict)
    picture: str = ""

    @property
    def over(self) -> bool:
        """Closed, and known whether two people were there."""
        return self.closed is not None and self.verdict != ""

    @property
    def which(self) -> str:
        """The released locks as one word: AB, A, B, none; ? when one that matters is not known."""
        if self.lock_a is None or self.lock_b is None:
            return "?"
        return ("A" if self.lock_a else "") + ("B" if self.lock_b else "") or "none"
