"""What the bureau has asked of a school (收到, note, 查岗, 督办) and how far that has come. Pure.

Sent is not done: done is what an event of the school's own journal says, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from alerts.authority import OF_SCHOOLS
from alerts.model import Command, Scalar
from alerts.plant import Person
from gateway.site import School
from gateway.stream.command import BUREAU, Answered

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


def refusal(command: Command, person: Person | None, school: School | None) -> str:
    """Why this may not be asked of the school, as the code of the answer; "" when it may."""
    if school is None:
        return "refused.school"
    if command.verb not in OF_SCHOOLS:
        return "refused.verb"
    if person is None or person.role not in OF_SCHOOLS[command.verb]:
        return "refused.role" if person else "refused.person"
    if command.verb == "order" and not (str(command.args.get("what") or "").strip() and command.args.get("until")):
        return "refused.order"
    if person.zones and not {school.id, school.district} & set(person.zones):
        return "refused.zone"
    return "" if school.command_key else "refused.no-school-key"


def pressed(school: str, command: Command) -> dict[str, Scalar]:
    """What the bureau's journal holds of a press: `on_screen` is what the page showed then."""
    said: dict[str, Scalar] = {
        "school": school[:100],
        "verb": command.verb,
        "who": command.person,
        "alarm": command.alarm[:100],
    }
    return said | ({"on_screen": command.seen} if command.seen else {})


def replied(asked: Asked, answer: Answered) -> Asked:
    """The box's reply: a refusal ends it, a yes only waits for its event."""
    if asked.state in ("done", "refused"):
        return asked
    return replace(asked, state="taken" if answer.ok else "refused", code=answer.code, text=answer.text)


def told(asked: Asked, event: Mapping[str, Any]) -> Asked:
    """The same after an event of its school's journal; unchanged when the event is about something else."""
    args = event.get("args")
    args = args if isinstance(args, Mapping) else {}
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
