"""What the bureau has asked of a school (收到, note, 查岗, 督办) and how far that has come. Pure.

Sent is not done: done is what an event of the school's own journal says, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.stream.command import BUREAU, Answered

VERBS = frozenset({"ack", "note", "check", "order"})
ANSWERS = frozenset({"answered", "declined", "unanswered"})  # events of a question
PATIENCE = 90_000  # ms after which what was not answered counts as not arrived: a command lives 30 s, a resend comes within 60


@dataclass(frozen=True, slots=True)
class Asked:
    """state: sent (nobody has said anything) | taken (the box has replied) | done | refused | lost.

    `lines`: what people at the school answered. `question`: the id of the mark that stands for it there.
    """

    id: str
    site: str
    verb: str
    person: str
    wall: int
    alarm: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    state: str = "sent"
    code: str = ""
    text: tuple[str, str] = ("", "")
    seq: int = 0  # of the school's event that proves it
    question: str = ""
    lines: tuple[Mapping[str, Any], ...] = ()


def replied(asked: Asked, answer: Answered) -> Asked:
    """The box's reply: a refusal ends it, a yes only waits for its event."""
    if asked.state in ("done", "refused"):
        return asked
    return replace(asked, state="taken" if answer.ok else "refused", code=answer.code, text=answer.text)


def told(asked: Asked, event: Mapping[str, Any]) -> Asked:
    """The same after an event of its school's journal; unchanged when the event is about something else."""
    args = event.get("args") or {}
    seq, kind = int(event.get("seq") or 0), str(event.get("kind"))
    if args.get("command") == f"{BUREAU}:{asked.id}":
        if kind == "refused":
            return replace(asked, state="refused", code=str(event.get("code")), seq=seq)
        question = f"{asked.site}-{seq}" if kind == "question-asked" else asked.question
        return replace(asked, state="done", seq=asked.seq or seq, question=question)
    if asked.question and event.get("alarm") == asked.question and kind in ANSWERS:
        line = {"what": kind, "who": str(event.get("who")), "wall": event.get("wall"), "seq": seq}
        return asked if line in asked.lines else replace(asked, lines=(*asked.lines, line))
    return asked


def signed(asked: Asked) -> bool:
    """Has somebody signed for the order, or can nobody any more?"""
    return asked.state in ("refused", "lost") or any(line["what"] == "answered" for line in asked.lines)


def overdue(asked: Asked, wall: int) -> Asked:
    """What nobody has replied to for PATIENCE never arrived: it has expired on its way, and may be asked again."""
    return replace(asked, state="lost") if asked.state == "sent" and wall - asked.wall > PATIENCE else asked
