"""An alarm and a message id -> the text one person reads. Pure; it asks alerts/calendar.py for local time."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from types import MappingProxyType

from alerts.calendar import local, working_hours
from alerts.kinds import KINDS
from alerts.machine import began
from alerts.message import FIELDS, REPEAT, Message
from alerts.messages import MESSAGES
from alerts.messages_people import NOTES
from alerts.model import Alarm
from alerts.plant import Plant
from drivers.quantities import QUANTITIES
from drivers.reading import Now

CATALOGUE: dict[str, Message] = MESSAGES | NOTES
Words = tuple[str, str]  # zh, en

NIGHT = (21 * 60 + 30, 6 * 60 + 30)  # sleeping time

VERDICTS: dict[str, Words] = {
    "real": ("属实", "real"),
    "false": ("误报", "false alarm"),
    "drill": ("演练", "drill"),
    "test": ("测试", "test"),
    "point_removed": ("已拆除", "removed"),
    "": ("已处理", "dealt with"),
}
REAL: dict[str, Words] = {"fire": ("真火警", "a real fire"), "gas": ("真泄漏", "a real leak")}  # by lamp, in place of 属实
SMOKE: Words = ("烟感", "smoke points")
SORTS: dict[str, Words] = {"smoke": SMOKE, "smoke-level": SMOKE, "heat": ("感温", "heat points")}  # by quantity
POINTS: Words = ("探测器", "points")
OUTPUTS: dict[str, Words] = {
    "guard-sounder": ("值班室警报", "guard-room sounder"),
    "evacuation": ("疏散警报", "evacuation signal"),
    "room-sounder": ("室内警报", "room sounder"),
    "fan": ("排风机", "fan"),
    "valve": ("燃气阀", "gas valve"),
    "chirp": ("柜门蜂鸣器", "cabinet chirp"),
}
# What the box does about gas: the output's role; words when the zone has none, while it is on its way, when it was seen to act, when not.
Action = tuple[str, Words, Words, Words, Words]
AIR: Action = (
    "fan", ("无排风机", "No fan"), ("正在排风", "Fan being started"), ("排风机已启动", "Fan running"), ("排风未启动", "FAN NOT RUNNING"),
)  # fmt: skip
SHUT: Action = (
    "valve", ("无阀门", "No valve"), ("正在关阀", "Valve being closed"), ("已关阀", "Valve closed"), ("阀门未关严", "VALVE NOT CLOSED"),
)  # fmt: skip
ACTIONS: dict[str, Action] = {"gas-1": AIR, "gas-2": SHUT, "toxic-1": AIR, "toxic-2": AIR, "oxygen": AIR}  # by kind
BOX: Words = ("报警盒", "Alarm box")
UNKNOWN_PERSON: Words = ("系统", "System")
ANYBODY: Words = ("任何人", "anybody")  # whom no message reaches when every channel is out of order
WHOLE = ("place", "tel", "n")  # half of it would send somebody to the wrong place, ring a stranger, or answer another alarm
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)(\D*)")


def render(message: str, args: Mapping[str, str], language: str, *, repeat: bool = False) -> str:
    """The text of a message of the catalogue; zh at most 70 UTF-16 units with fields within their maxima.

    A field longer than its maximum is cut, except the place, a phone number and a 编号 above 99. Fields the message does not name
    are ignored, missing ones raise KeyError. `repeat` puts the mark of a possible repeat before it.
    """
    m = CATALOGUE[message]
    text = (m.en if language == "en" else m.zh).format(
        **{f: args[f] if f in WHOLE or language == "en" else _fit(args[f], longest(m, f)) for f in fields(m, language)}
    )
    return (REPEAT[language] if repeat else "") + text.strip()


def fields(message: Message, language: str) -> tuple[str, ...]:
    """The names of the fields that the message's text asks for."""
    template = message.en if language == "en" else message.zh
    return tuple(name for _, name, _, _ in string.Formatter().parse(template) if name)


def longest(message: Message, field: str) -> int:
    return message.longest[field] if field in message.longest else FIELDS[field]


def units(text: str) -> int:
    """Length as a phone company counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def _fit(text: str, most: int) -> str:
    """A number that is too long loses its decimals, then its milli, before anything is cut."""
    if units(text) > most and (number := _NUMBER.fullmatch(text)):
        text = f"{float(number[1]):.0f}{number[2]}"
        if units(text) > most and number[2] == "mA":
            text = f"{float(number[1]) / 1000:.0f}A"
    return _cut(text, most)


def _cut(text: str, most: int) -> str:
    return text.encode("utf-16-le")[: most * 2].decode("utf-16-le", "ignore")


def traits(alarm: Alarm, plant: Plant) -> dict[str, str]:
    """What decides between messages: which (lock), result, limit, battery, many (points), alone (one holder), wide (zones),
    over (a school's own alarm is, or nothing more will be heard of it), unlisted (its school is), work, night (local), kind."""
    at = local(plant, alarm.raised.wall)
    minute = at.hour * 60 + at.minute
    return {
        "which": str(alarm.evidence.get("which", "")),
        "result": alarm.result.value if alarm.result else "",
        "limit": "no" if alarm.evidence.get("limit") is None else "yes",
        "work": _yes(working_hours(plant, alarm.raised.wall)),
        "many": _yes(int(alarm.evidence.get("count") or 1) > 1),
        "night": _yes(minute >= NIGHT[0] or minute < NIGHT[1]),
        "battery": _yes(plant.battery > 0),
        "alone": _yes(alarm.evidence.get("alone") is True),
        "wide": _yes(_wide(alarm) > 1),
        "over": _yes(alarm.evidence.get("over") is True or alarm.evidence.get("unlisted") is True),
        "unlisted": _yes(alarm.evidence.get("unlisted") is True),
        "kind": alarm.kind,
    }


def message_for(message: str, alarm: Alarm, plant: Plant, role: str) -> str | None:
    """The catalogue id that a person of this role gets in place of `message`, or None: not sent at this time."""
    m, known = MESSAGES[message], traits(alarm, plant)
    if m.only is not None and known[m.only[0]] != m.only[1]:
        return None
    chosen = MESSAGES[next((id for trait, value, id in m.instead if known[trait] == value), m.id)]
    return chosen.bureau if role == "bureau" else chosen.id


def args_for(
    alarm: Alarm,
    plant: Plant,
    now: Now,
    duty: str,
    language: str,
    *,
    since: int | None = None,
    bureau: bool = False,
    lost: int = 0,
    acting: Mapping[str, bool] = MappingProxyType({}),
) -> dict[str, str]:
    """Every field of FIELDS for this alarm. `duty` is the id of the person on duty or "".

    `since`: monotonic ms from which {m} counts (default: the raise). {p} is who gave the result, else who answered, else
    who is on duty; to the bureau always who is on duty, with their phone. {s} is empty inside the school. `lost`: how many points
    have no data now. `acting`: outputs wanted on -> were they seen to act?
    """
    en = language == "en"
    about = duty if bureau else alarm.result_by or alarm.acked_by or duty
    minutes = _minutes(now.mono - (alarm.raised.mono if since is None else since), plant)
    person, over = plant.people.get(duty), alarm.gone or now
    return {
        "place": _place(alarm, plant)[en],
        "dev": _device(alarm, plant),
        "t": _clock(_since(alarm, alarm.raised.wall), plant),
        "t0": _clock(_since(alarm, began(alarm).wall), plant),
        "now": _clock(now.wall, plant),
        "end": _clock(over.wall, plant),
        "p": _name(about, plant)[en],
        "who": (_name(str(alarm.evidence["person"]), plant) if "person" in alarm.evidence else ANYBODY)[en],
        "tel": _phone(str(alarm.evidence.get("tel") or (person.phone if person else ""))),
        "s": str(alarm.evidence.get("school") or (plant.short if bureau else "")),
        "n": f"{alarm.number:02d}",
        "k": str(alarm.evidence.get("count") or 1),
        "schools": str(_wide(alarm)),
        "m": str(minutes),
        "val": _value(alarm, plant, "value")[en],
        "lim": _value(alarm, plant, "limit")[en],
        "lost": str(lost),
        "h": str(plant.battery),
        "t1": _clock((alarm.result_at or now).wall, plant),
        "many": _many(alarm, plant)[en],
        "sort": _sort(alarm, plant)[en],
        "act": _action(alarm, plant, acting)[en],
        "why": _why(alarm, plant, minutes)[en],
        "what": what(alarm)[en],
        "rule": rule_words(alarm, plant)[en],
        "lock": {"A": ("A", "A"), "B": ("B", "B")}.get(str(alarm.evidence.get("which")), ("一把", "one"))[en],
        "out": _output(alarm, plant)[en],
        "verdict": _verdict(alarm)[en],
        "d": _duration(over.mono - began(alarm).mono)[en],
    }


def why(alarm: Alarm, plant: Plant, waited: int) -> Words:
    """Why the whole school or the bureau hears of it; `waited`: ms since the raise or the answer."""
    return _why(alarm, plant, _minutes(waited, plant))


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _clock(wall: int, plant: Plant) -> str:
    return local(plant, wall).strftime("%H:%M")


def _minutes(ms: int, plant: Plant) -> int:
    """Whole minutes as the configuration means them: a demo's speed is multiplied back, its rounding forgiven."""
    return max(1, min(99, (ms * plant.speed + 1_000) // 60_000))


def _place(alarm: Alarm, plant: Plant) -> Words:
    """The zone's name; the building's where one alarm speaks for several zones; an output's zone or building; else the box."""
    point, output = plant.points.get(alarm.point), plant.outputs.get(alarm.point)
    zone = plant.zones.get(point.zone if point else output.zone if output else "")
    building = plant.buildings.get(zone.building if zone else output.building if output else "")
    wide = alarm.kind == "comm-sleep" and _wide(alarm) > 1
    named = building if building and (wide or zone is None) else zone
    name = named.name if named else str(alarm.evidence.get("place") or "")
    return (name, name) if name else BOX


def _since(alarm: Alarm, here: int) -> int:
    """Wall ms at which it began: at the bureau what a school has said of its own alarm, else `here`."""
    said = alarm.evidence.get("since")
    return said if isinstance(said, int) and "school" in alarm.evidence else here


def what(alarm: Alarm) -> Words:
    """What kind of alarm it is; at the bureau what a school's alarm is there."""
    kind = KINDS[alarm.kind]
    return (str(alarm.evidence.get("what_zh") or kind.zh), str(alarm.evidence.get("what_en") or kind.en))


def _wide(alarm: Alarm) -> int:
    """How many zones (at the bureau: schools) it has spoken for at most."""
    return int(alarm.evidence.get("zones") or 1)


def _device(alarm: Alarm, plant: Plant) -> str:
    point = plant.points.get(alarm.point)
    return point.name if point and point.name else alarm.point.split("/")[0]


def _name(person: str, plant: Plant) -> Words:
    known = plant.people.get(person)
    return (known.name, known.name) if known else UNKNOWN_PERSON


def _phone(number: str) -> str:
    """As dialled inside the country: +86 is left out, before an area code 0 takes its place; 未登记 stays as it is."""
    digits = "".join(c for c in number if c.isdecimal())
    if not digits or not number.startswith("+86"):
        return digits or number
    mobile = digits[2:3] == "1" and digits[2:4] != "10"  # +86 10 is Beijing's landlines
    return digits[2:] if mobile else f"0{digits[2:]}"


def _value(alarm: Alarm, plant: Plant, key: str) -> Words:
    """A number of the evidence with its unit, without needless zeros; a bit as its meaning; "" when there is none."""
    value, point = alarm.evidence.get(key), plant.points.get(alarm.point)
    if not isinstance(value, int | float) or point is None:
        return ("", "")
    quantity = QUANTITIES[point.quantity]
    meaning = quantity.one if value else quantity.zero
    if meaning is not None:
        return meaning
    code = point.values.get(int(value)) if value == int(value) else None
    if code is not None:
        return (code, code)
    number = f"{value:.{quantity.digits}f}"
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return (number + quantity.unit.replace("°C", "℃"), f"{number} {quantity.unit.replace('°', '')}".strip())


def _action(alarm: Alarm, plant: Plant, acting: Mapping[str, bool]) -> Words:
    """What is being done in the alarm's zone, and what is known of its success: nothing yet when the first message leaves."""
    point = plant.points.get(alarm.point)
    if point is None or alarm.kind not in ACTIONS:
        return ("", "")
    role, none, begun, done, failed = ACTIONS[alarm.kind]
    seen = [acting.get(o.id) for o in plant.outputs.values() if o.role == role and o.zone == point.zone]
    if not seen:
        return none
    return failed if False in seen else done if all(seen) else begun


def _verdict(alarm: Alarm) -> Words:
    said = alarm.result.value if alarm.result else str(alarm.evidence.get("result") or "")
    return REAL.get(KINDS[alarm.kind].lamp, VERDICTS[said]) if said == "real" else VERDICTS[said]


def _sort(alarm: Alarm, plant: Plant) -> Words:
    point = plant.points.get(alarm.point)
    return SORTS.get(point.quantity if point else "", POINTS)


def _many(alarm: Alarm, plant: Plant) -> Words:
    """By what the fire is confirmed: how many points of the building burn, or the one that is enough."""
    count = int(alarm.evidence.get("burning") or 1)
    if count > 1:
        return (f"等{count}处报警", f"{count} points")
    point = plant.points.get(alarm.point)
    quantity = QUANTITIES[point.quantity] if point else None
    return (quantity.zh, quantity.en) if quantity else (KINDS[alarm.kind].zh, KINDS[alarm.kind].en)


def _why(alarm: Alarm, plant: Plant, minutes: int) -> Words:
    """Why the whole school or the bureau hears of it; of another school's alarm that school's own words."""
    if said := alarm.evidence.get("because_zh"):
        return (str(said), str(alarm.evidence.get("because_en")))
    if alarm.result is not None and alarm.result.value == "real":
        return ("现场核实真火", "checked and real")
    if alarm.confirmed and KINDS[alarm.kind].sure:
        point = plant.points.get(alarm.point)
        quantity = QUANTITIES[point.quantity] if point else None
        return (quantity.zh, quantity.en) if quantity else (KINDS[alarm.kind].zh, KINDS[alarm.kind].en)
    if alarm.confirmed:
        return ("两处以上报警", "two or more points")
    if alarm.acked is not None:
        return (f"{minutes}分钟未核实", f"no result for {minutes} min")
    return (f"{minutes}分钟无人响应", f"unanswered for {minutes} min")


def rule_words(alarm: Alarm, plant: Plant) -> Words:
    """The short words of the alarm's rule; those of its kind where it has none."""
    rule = next((r for r in plant.rules if r.id == alarm.rule and r.message_zh), None)
    return (rule.message_zh, rule.message_en) if rule else (KINDS[alarm.kind].zh, KINDS[alarm.kind].en)


def _output(alarm: Alarm, plant: Plant) -> Words:
    output = plant.outputs.get(alarm.point)
    return OUTPUTS[output.role] if output else ("", "")


def _duration(ms: int) -> Words:
    minutes = max(1, (ms + 30_000) // 60_000)
    if minutes < 120:
        return (f"{minutes}分钟", f"{minutes} min")
    hours = (minutes + 30) // 60
    if hours < 48:
        return (f"{hours}小时", f"{hours} h")
    return (f"{(hours + 12) // 24}天", f"{(hours + 12) // 24} days")
