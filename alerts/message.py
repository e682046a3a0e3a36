"""What one message of the catalogue is, and how long each of its fields may be. The messages themselves stand in messages*.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

UNITS_ZH = 70  # one SMS in UCS-2
REPEAT = {"zh": "重发", "en": "Repeat: "}

# Longest value of each field in UTF-16 units, in Chinese. A message's own `longest` overrides it.
FIELDS: dict[str, int] = {
    "place": 14,  # 地点: never shortened
    "dev": 4,  # 设备; 8 for a circuit
    "t": 5,  # HH:MM of the alarm
    "t0": 5,  # HH:MM at which it began
    "now": 5,  # HH:MM of the message
    "end": 5,  # HH:MM at which its condition ended
    "p": 4,  # 姓名 of the person the message is about
    "who": 4,  # 姓名 of a person who could not be reached
    "tel": 11,  # a phone number without the country's code
    "s": 8,  # 校名, empty inside the school
    "n": 2,  # 编号
    "m": 2,  # minutes without an answer or a result, at most 99
    "val": 8,  # value with unit, or what a bit means
    "lim": 7,  # limit with unit
    "act": 6,  # what the box does about it
    "why": 7,  # why the bureau is rung, or a fire is confirmed
    "what": 8,  # name of the alarm's kind
    "rule": 8,  # short words of the alarm's rule
    "lock": 2,  # A, B or 一把
    "out": 5,  # what an output is
    "verdict": 3,  # what somebody found
    "d": 7,  # a duration
    "k": 3,  # a number of points
    "schools": 3,  # how many schools fell silent together
    "lost": 4,  # points without data now
    "h": 2,  # hours the box's battery lasts
    "t1": 5,  # HH:MM of the result
    "many": 7,  # by what a fire is confirmed: 等3处报警, 手动报警
    "sort": 3,  # what kind of points are silent
    "a": 3,  # how many answered
    "b": 3,  # how many were asked
    "bl": 14,  # a building
    "sec": 5,  # seconds
}


@dataclass(frozen=True, slots=True)
class Message:
    """`bureau`: what a person of the bureau gets instead. `instead`: (trait, value, id) rows; the first that holds replaces
    the message. `only`: (trait, value) without which it is not sent at all. The traits are those of render.traits.
    """

    id: str
    zh: str
    en: str
    longest: Mapping[str, int] = field(default_factory=dict)
    bureau: str = "bureau.other"
    instead: tuple[tuple[str, str, str], ...] = ()
    only: tuple[str, str] | None = None
