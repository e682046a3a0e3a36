"""A text or a key press -> what its sender asks (people's replies §2.3): verbs for the engine, or a question back. Pure.

A bare 1 answers every open alarm that was sent to that phone, and with none open the newest question; 2 and 3 need the 编号
when several are open. Whatever is not understood is answered with the list of replies: nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alerts.model import Alarm, Mark, Result, Scalar

WORDS: tuple[tuple[str, str], ...] = (  # what people write instead of the digit; the first that fits
    ("真火警", "2"), ("真火", "2"), ("真泄漏", "2"), ("属实", "2"), ("误报", "3"), ("本人在场", "4"), ("在场", "4"),
    ("延长2小时", "8"), ("延长两小时", "8"), ("延长", "8"), ("我去不了", "9"), ("去不了", "9"), ("不能到岗", "9"),
    ("现状", "0"), ("收到", "1"), ("到岗", "1"), ("接班", "1"), ("received", "1"), ("real", "2"), ("false", "3"),
)  # fmt: skip
VERBS = {"1": "ack", "2": "result", "3": "result", "4": "identify", "8": "extend", "9": "decline", "0": "state"}
LETTERS = "STCJD"  # questions: shift, test of a phone, duty check, order, drill
_SHAPE = re.compile(
    rf"(?:回|reply)? ?([0-4]|8|9)((?:[ 号.:#-]|编号|no\.?)*)(?:([{LETTERS}])? ?(\d{{1,3}})号?)? ?(.*)",
    re.IGNORECASE | re.DOTALL,
)
_BARE = re.compile(rf"([{LETTERS}])(\d{{1,3}})", re.IGNORECASE)
_HEADS = re.compile(
    r"(?:D\d{1,3} )?(?:应到?)?(\d{1,4})人? ?(?:/|实到?) ?(\d{1,4})人?"
)  # 410/408, 应到410 实到408: a head count
MOST_CAUSE = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that the text asks. `verb` "": nothing; `code` is then what the sender is asked back (alerts.replies)."""

    verb: str = ""
    target: str = ""  # alarm id, question id or 编号
    args: dict[str, Scalar] = field(default_factory=dict)
    code: str = ""


def parse(text: str, alarms: Sequence[Alarm], questions: Sequence[Mark], cause: Mark | None) -> tuple[Asked, ...]:
    """`alarms`: open ones sent to this phone. `questions`: open ones asked of this person, newest first.

    `cause`: the result this person has given without its cause. Full-width characters, blanks and a full stop do no harm.
    """
    given = normal(text)
    if cause is not None and given and not given[0].isdigit() and len(given) <= MOST_CAUSE and not _word(given):
        return (_result(cause.facts, given),)
    if heads := _HEADS.fullmatch(given):
        return (Asked("drill-empty", args={"text": f"{heads[1]}/{heads[2]}"}),)
    digit, letter, number, rest = _split(given)
    if digit not in VERBS:
        return (Asked(code="list"),)
    if letter:
        found = [q for q in questions if q.facts.get("letter") == letter and q.number == int(number)]
        return _question(digit, found[:1]) if found or letter != "D" else (Asked("ack", f"D{number}"),)
    if digit in "19":
        return _together(digit, number, alarms, questions)
    if digit == "0":
        return (Asked("state"),)
    if digit == "4":
        about = [a.id for a in alarms if number and a.number == int(number)]
        return (
            (Asked("identify", about[0]),) if about else (Asked(code="refused.not-found"),) if number else (Asked("identify"),)
        )
    if digit == "8":
        return (Asked("extend", number),)
    meant = [a for a in alarms if not number or a.number == int(number)]
    if not meant:
        return (Asked(code="refused.not-found" if number else "refused.nothing-open"),)
    if len(meant) > 1:
        return (Asked(code="refused.which"),)
    facts: dict[str, Scalar] = {"alarm": meant[0].id, "result": Result.REAL.value if digit == "2" else Result.FALSE.value}
    said = rest[:MOST_CAUSE]
    if digit == "3" and not said:
        return (Asked("", meant[0].id, facts, "ask.cause"),)
    return (_result(facts, said),)


def normal(text: str) -> str:
    """Full-width to half-width, one blank for anything that separates, no full stop at the end."""
    flat = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\u200b\ufeff,;、。]+", " ", flat).strip(" .!?\"'“”‘’")


def _word(given: str) -> str:
    return next((digit for word, digit in WORDS if given.lower().startswith(word)), "")


def _split(given: str) -> tuple[str, str, str, str]:
    """(digit, letter, number, rest). `S12` alone is 1 to that question."""
    if bare := _BARE.fullmatch(given):
        return "1", bare[1].upper(), bare[2], ""
    for word, digit in WORDS:
        if given.lower().startswith(word):
            given = f"{digit} {given[len(word) :].strip()}".strip()
            break
    found = _SHAPE.fullmatch(given)
    if found is None:
        return "", "", "", ""
    digit, apart, letter, number, rest = found[1], found[2], (found[3] or "").upper(), found[4] or "", found[5]
    if number and not (apart or letter) and len(number) < 2:
        return "", "", "", ""  # 12: no. 12, or 1 to no. 2? Nobody can know
    for word, same in WORDS:  # "1收到", "3误报蚊香"
        if same == digit and rest.lower().startswith(word):
            rest = rest[len(word) :].strip()
            break
    if rest and digit != "3":
        return "", "", "", ""
    return digit, letter, number, rest


def _together(digit: str, number: str, alarms: Sequence[Alarm], questions: Sequence[Mark]) -> tuple[Asked, ...]:
    """收到 and 我去不了: every open alarm, or the one with that number; with none open the newest question."""
    meant = [a for a in alarms if not number or a.number == int(number)]
    if meant:
        return (Asked(VERBS[digit], number),)
    if number:
        return (Asked(code="refused.not-found"),)
    newest = [q for q in questions if q.facts.get("letter") != "J"][:1]
    if not newest and any(q.facts.get("letter") == "J" for q in questions):
        return (Asked(code="ask.order"),)
    return _question(digit, newest) if newest else (Asked(VERBS[digit]),)


def _question(digit: str, found: Sequence[Mark]) -> tuple[Asked, ...]:
    if not found or digit not in "19":
        return (Asked(code="refused.not-found"),)
    return (Asked("answer" if digit == "1" else "decline", found[0].id),)


def _result(facts: Mapping[str, Scalar], cause: str) -> Asked:
    return Asked("result", str(facts["alarm"]), {"result": facts["result"], "cause": cause})
