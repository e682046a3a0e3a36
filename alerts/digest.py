"""What is told together: the digest of a storm and the day lists at 07:30 and 14:00. Pure: alarms with their `owed` in, messages out.

Who is owed what stands in the alarms, so that a crash between holding back and telling loses nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from alerts.budget import LISTS, Budget
from alerts.calendar import local, wall_of
from alerts.model import OPEN, Alarm, Notification, Severity
from alerts.modes import MODES, marked
from alerts.plant import Person, Plant
from alerts.render import args_for, render, rule_words, units
from alerts.replies import ranges
from drivers.reading import Now

TOGETHER = frozenset({"storm", "storm.test", "list"})  # steps of messages that tell of several alarms
ROOM = {"storm": 20, "list": 54}  # UTF-16 units of the list in each message


def due(
    alarms: Iterable[Alarm], plant: Plant, budget: Budget, now: Now, clock_ok: bool
) -> tuple[list[Alarm], list[Notification]]:
    """The alarms with what is told taken off their `owed`, and the messages. What has no room waits for the next one."""
    waiting: defaultdict[tuple[str, str, str], list[Alarm]] = defaultdict(list)  # tests are told with tests alone
    for alarm in alarms:
        for owed in alarm.owed if alarm.state in OPEN else ():
            message = "storm.test" if owed.by == "storm" and MODES[alarm.mode].message else owed.by
            waiting[owed.person, owed.by, message].append(alarm)
    changed: dict[str, Alarm] = {}
    out: list[Notification] = []
    for (id, by, message), held in waiting.items():
        person = plant.people.get(id)
        if person is None or not _ready(id, by, held, plant, budget, now, clock_ok):
            continue
        wanted = [a for a in held if id not in a.told and not (by == "storm" and a.acked is not None)]
        listed, words = _fitting(wanted, plant, by, person.language)
        for alarm in (*listed, *(a for a in held if a not in wanted)):
            known = changed.get(alarm.id, alarm)
            rest = tuple(o for o in known.owed if (o.person, o.by) != (id, by))
            told = (*known.told, id) if alarm in listed and by == "storm" and id not in known.told else known.told
            changed[alarm.id] = replace(known, owed=rest, told=told)
        if listed and (channel := budget.channel(person, now, listed[0].severity)):
            budget.digested(id, now)
            budget.carried(channel, id, now)
            out += budget.with_call(_message(message, listed, len(wanted), words, person, channel, plant, now), person, now)
        elif listed:
            for alarm in listed:
                changed.pop(alarm.id, None)
    return list(changed.values()), out


def next_due(alarms: Iterable[Alarm], now: Now) -> int | None:
    """When to look again: soon while a storm is held back; the day lists are looked for with every look at the roster."""
    return now.mono + 1_000 if any(o.by == "storm" for a in alarms for o in a.owed) else None


def _ready(person: str, by: str, held: list[Alarm], plant: Plant, budget: Budget, now: Now, clock_ok: bool) -> bool:
    since = [o.since for a in held for o in a.owed if (o.person, o.by) == (person, by)]
    if by == "storm":
        return budget.digest_due(person, min(s.mono for s in since), now) <= now.mono
    began = now.wall - now.mono + min(s.mono for s in since)  # by the clock as it is now: it may have been wrong then
    return clock_ok and began < _last_list(plant, now.wall)


def _last_list(plant: Plant, wall: int) -> int:
    """Wall ms of the latest time for a day list that has come."""
    day = local(plant, wall).date()
    times = [wall_of(plant, day, m) for m in LISTS]
    return max((t for t in times if t <= wall), default=wall_of(plant, day, LISTS[-1] - 24 * 60))


def _fitting(held: list[Alarm], plant: Plant, by: str, language: str) -> tuple[list[Alarm], str]:
    """As many as have room, the worst first, and their words: place, device, and what its rule found (水压过高, 阀门关闭)."""
    order = sorted(held, key=lambda a: (-a.severity, a.number))
    if by == "storm":
        words, kept = "", frozenset[int]()
        for severity in sorted({a.severity for a in held}, reverse=True):  # no lesser one takes the room of a worse one
            more, named = ranges([a for a in held if a.severity >= severity], ROOM[by])
            if not kept <= named:
                break
            words, kept = more, named
        return [a for a in order if a.number in kept], words
    text = ""
    out: list[Alarm] = []
    for alarm in order:
        point = plant.points.get(alarm.point)
        zone = plant.zones.get(point.zone) if point else None
        said = rule_words(alarm, plant)[language == "en"]
        item = (" " if language == "en" else "").join((zone.name if zone else "", point.name if point else "", said)).strip()
        if text and units(text) + units(item) + 2 > ROOM[by]:
            return order, f"{text}等"
        text, out = f"{text}；{item}" if text else item, [*out, alarm]
    return out, text


def _message(
    message: str, listed: list[Alarm], count: int, words: str, person: Person, channel: str, plant: Plant, now: Now
) -> Notification:  # fmt: skip
    worst = listed[0]
    bureau = person.role == "bureau"
    args = args_for(worst, plant, now, "", person.language, bureau=bureau) | {"k": str(count), "list": words}
    text = render("storm.bureau" if args["s"] and message == "storm" else message, args, person.language)
    key = f"{worst.id}:{worst.occurrence}:{message}:{now.mono}:{person.id}:{channel}"
    rung = message == "storm" and worst.severity >= Severity.ELECTRICAL
    made = Notification(
        key, worst.id, message, person.id, channel, message, text, f"together/{count}", worst.severity, made=now, rung=rung
    )
    if message == "list":  # a template says 立即去看, which no day list does
        return made
    kind = f"{args['s']}{marked(worst, args['what'], person.language)}等{count}条"
    return replace(made, fields={"place": args["place"], "time": args["t"], "kind": kind, "code": args["n"]})
