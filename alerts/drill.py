"""Drills (people's §4.6): 通信演练 to every phone, 疏散演练 with T0 and head counts, and what a real alarm does to either. Pure.

A drill is a Mark of kind `call-drill` or `drill`; its lines are what happened. Its record and the proof of it: alerts.proof.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from alerts import calendar, marks
from alerts.duty import keepers
from alerts.escalation import SCHOOL
from alerts.kinds import KINDS
from alerts.marks import MINUTE
from alerts.model import LOST, Alarm, AlarmState, Delivery, Fate, Line, Mark, Notification, Scalar, Severity, Stage
from alerts.plant import Plant
from alerts.proof import digest, record, slowest
from alerts.service import Answer, Ask, refuse
from alerts.standing import Change, Notice, Standing
from drivers.reading import Now

DRILLS = ("drill", "call-drill")
BREAKS = "drill-break"  # the step of an alarm that broke one: 这不是演练
CALLS_LAST = 30 * MINUTE  # a communication drill waits this long for answers
NEWS = MINUTE  # in which a working channel has taken or refused what it was given
SIGNAL = 3 * MINUTE  # the evacuation signal of a drill sounds this long at most
TARGET = 120  # s to empty a building of up to four floors; no target is given for higher ones
FLOORS = 4
_FATES = {f: f.value for f in (Fate.ACCEPTED, Fate.DELIVERED, Fate.READ)} | {f: "gave-up" for f in LOST - {Fate.RECALLED}}
_HEADS = re.compile(r"(\d+)\D+(\d+)")


def start(ask: Ask) -> Answer:
    """args: kind calls | evacuation, buildings (ids; absent: all), signal (sound the evacuation signal), expected per building."""
    if ask.standing.of_kind(*DRILLS):
        return refuse("drill-on")
    if any(grave(a) and a.result is None and not a.mode for a in ask.alarms if a.state is not AlarmState.PENDING):
        return refuse("drill-alarm")
    if exam := calendar.examination(ask.plant.calendar, calendar.local(ask.plant, ask.now.wall).date()):
        return refuse("drill-exam", name=exam)
    return _calls(ask) if ask.text("kind") == "calls" else _evacuation(ask)


def _calls(ask: Ask) -> Answer:
    people = tuple(p.id for p in ask.plant.people.values() if p.role in SCHOOL and p.channels)
    if not people:
        return refuse("drill-nobody")
    mark = ask.mark("call-drill", marks.later(ask.now, CALLS_LAST // ask.plant.speed), facts={"people": ",".join(people)})
    sent = tuple(Line("sent", p, channel, ask.now) for p in people for channel in ask.plant.people[p].channels)
    mark = replace(mark, lines=sent)
    notice = Notice("call", "drill.call", people, every_channel=True)
    return Answer("drill-calls", (Change(mark, "drill-start", ask.person.id, "calls", {"people": len(people)}, (notice,)),),
                  {"k": str(len(people))})  # fmt: skip


def _evacuation(ask: Ask) -> Answer:
    named = ask.ids("buildings") or tuple(ask.plant.buildings)
    if any(b not in ask.plant.buildings for b in named):
        return refuse("building")
    naps = [z for z in ask.plant.zones.values() if z.building in named and z.kind != "dormitory"]
    if any(calendar.asleep(ask.plant, z.id, ask.now.wall) for z in naps):
        return refuse("drill-nap")
    signal = ask.cmd.args.get("signal") is True
    if signal and not _signals(named, ask.plant):
        return refuse("drill-signal")
    people = tuple(p.id for p in ask.plant.people.values() if p.role in SCHOOL and p.channels)
    facts: dict[str, Scalar] = {
        "buildings": ",".join(named),
        "people": ",".join(people),
        "signal": signal,
    }
    mark = ask.mark("drill", marks.later(ask.now, marks.KINDS["drill"].longest), facts=facts)
    change = Change(mark, "drill-start", ask.person.id, "evacuation", facts, (Notice("start", "drill.start", people),))
    return Answer("drill-start", (change,), {"k": str(len(named))})


def empty(ask: Ask) -> Answer:
    """A building's leader says that it is empty: args building (absent: his own), expected, counted, or text with both numbers."""
    mark = next(iter(ask.standing.of_kind("drill")), None)
    if mark is None:
        return refuse("no-drill")
    building = ask.text("building") or _own(ask, mark)
    if building not in str(mark.facts["buildings"]).split(","):
        return refuse("drill-building")
    counted = heads(ask.text("text")) or (ask.whole("expected"), ask.whole("counted"))
    lines = [
        x for x in mark.lines if not (x.what in ("expected", "counted") and x.about == building and counted[1] is not None)
    ]
    if not any(x.what == "empty" and x.about == building for x in lines):
        lines.append(Line("empty", building, ask.person.id, ask.now, (ask.now.mono - mark.since.mono) / 1000))
    lines += [
        Line(what, building, ask.person.id, ask.now, n)
        for what, n in zip(("expected", "counted"), counted, strict=True)
        if n is not None
    ]
    new = replace(mark, lines=(*lines, *_answered(mark, ask.person.id, ask.now)))
    args: dict[str, Scalar] = {"building": building, "expected": counted[0], "counted": counted[1]}
    code = "drill-empty" if counted[1] is not None else "drill-count"
    return Answer(code, (Change(new, "drill-empty", ask.person.id, "", args),), {"name": ask.plant.buildings[building].name})


def answer(ask: Ask) -> Answer:
    """收到 of a drill: in an evacuation drill a building's leader thereby says that it is empty."""
    mark = next(iter(ask.standing.of_kind(*DRILLS)), None)
    if mark is None:
        return refuse("no-drill")
    if mark.kind == "drill" and _own(ask, mark):
        return empty(ask)
    new = replace(mark, lines=(*mark.lines, *_answered(mark, ask.person.id, ask.now)))
    return Answer("drill-answer", (Change(new, "drill-answer", ask.person.id, ask.cmd.proof),))


def stop(ask: Ask) -> Answer:
    """演练结束."""
    mark = next(iter(ask.standing.of_kind(*DRILLS)), None)
    if mark is None:
        return refuse("no-drill")
    change, held = ended(mark, ask.plant, ask.now, ask.person.id, "")
    return Answer("drill-end", (change, *_held(held, ask.standing)), {"hash": str(change.args["sha256"])[:8]})


VERBS: Mapping[str, Callable[[Ask], Answer]] = {"drill-start": start, "drill-empty": empty, "answer": answer, "drill-end": stop}


def ended(mark: Mark, plant: Plant, now: Now, who: str, code: str) -> tuple[Change, Mark]:
    """(the end of the drill with the hash of its record, the mark as recorded). `code`: "", time, or the alarm that broke it."""
    done = replace(mark, stage=Stage.OVER, until=now, facts={**mark.facts, "ended": code or "done"})
    told = tuple(p for p in str(mark.facts.get("people", "")).split(",") if p)
    answered = {x.about for x in done.lines if x.what == "answered"}
    building, seconds = slowest(done)
    known = plant.buildings.get(building)
    args = {
        "a": str(len(answered)),
        "b": str(len(told)),
        "bl": known.name if known else "",
        "sec": f"{seconds:.0f}秒" if known else "",
    }
    notices = () if mark.kind == "call-drill" or code not in ("", "time") else (Notice("end", "drill.end", told, args=args),)
    facts: dict[str, Scalar] = {"sha256": digest(record(done, plant)), "answers": len(answered), "people": len(told)}
    return Change(done, "drill-end", who, code or "done", facts, notices), done


def passed(mark: Mark, standing: Standing, plant: Plant, now: Now) -> Iterator[Change]:
    """The drill's time is over."""
    change, done = ended(mark, plant, now, "", "time")
    yield change
    yield from _held(done, standing)


def grave(alarm: Alarm) -> bool:
    """May no drill go on beside it? A box that cannot record or call endangers nobody at that moment, and a drill proves its repair."""
    return alarm.severity >= Severity.BREACH and KINDS[alarm.kind].lamp != "fault"


def broken(alarm: Alarm, standing: Standing, plant: Plant, now: Now) -> Iterator[Change]:
    """A real alarm: the drill is over. Its message is part of the alarm's own policy, see `breaking`."""
    for mark in standing.of_kind(*DRILLS):
        line = Line("broken", alarm.id, "", now, alarm.point)
        change, done = ended(replace(mark, lines=(*mark.lines, line)), plant, now, "", alarm.id)
        yield replace(change, kind="drill-break", args={**change.args, "alarm": alarm.id, "point": alarm.point})
        yield from _held(done, standing)


def delivered(d: Delivery, n: Notification, standing: Standing, now: Now) -> Iterator[Change]:
    """A phone's news during a communication drill, and the first phone that heard of an alarm under maintenance."""
    mark = standing.by_id.get(n.alarm)
    if mark is not None and mark.kind in DRILLS and (what := _FATES.get(d.fate)):
        yield Change(replace(mark, lines=(*mark.lines, Line(what, n.person, n.channel, now))), "")


def deaf(mark: Mark) -> Mapping[str, bool]:
    """Channel -> did nothing get through by it, of a communication drill that is over. Not of one whose news had no time to come."""
    reached = {x.who for x in mark.lines if x.what in _FATES.values() and x.what != "gave-up"}
    failed = {x.who for x in mark.lines if x.what == "gave-up"}
    tried = {x.who for x in mark.lines if x.what == "sent"}
    waited = mark.until is not None and mark.until.mono - mark.since.mono >= NEWS
    return {c: c not in reached for c in sorted(tried) if c in reached or c in failed or waited}


def signalled(standing: Standing, plant: Plant, now: Now) -> frozenset[str]:
    """The evacuation outputs that a drill has on now: from T0 for SIGNAL, in buildings that nobody has called empty yet."""
    for mark in standing.of_kind("drill"):
        if mark.facts.get("signal") is True and now.mono < mark.since.mono + SIGNAL // plant.speed:
            empty_ = {x.about for x in mark.lines if x.what == "empty"}
            return frozenset(_signals([b for b in str(mark.facts["buildings"]).split(",") if b not in empty_], plant))
    return frozenset()


def signal_due(standing: Standing, plant: Plant, now: Now) -> int | None:
    """Mono ms at which a signal falls silent by itself."""
    ends = [m.since.mono + SIGNAL // plant.speed for m in standing.of_kind("drill") if m.facts.get("signal") is True]
    return min((at for at in ends if at > now.mono), default=None)


def _signals(buildings: Collection[str], plant: Plant) -> list[str]:
    """The outputs that sound the evacuation of these buildings."""
    zones = {z.id for z in plant.zones.values() if z.building in buildings}
    return [o.id for o in plant.outputs.values() if o.role == "evacuation" and (o.building in buildings or o.zone in zones)]


def heads(text: str) -> tuple[int | None, int | None] | None:
    """(expected, counted) from what a leader writes: 应到410实到408, 410/408. None without two numbers."""
    found = _HEADS.search(text)
    return (int(found[1]), int(found[2])) if found else None


def target(plant: Plant, building: str) -> int | None:
    """Seconds to empty it, or None: not judged."""
    known = plant.buildings.get(building)
    return TARGET if known is not None and known.floors <= FLOORS else None


def _own(ask: Ask, mark: Mark) -> str:
    """The drilled building whose keeper this person is, when it is exactly one."""
    drilled = str(mark.facts["buildings"]).split(",")
    mine = {z.building for z in ask.plant.zones.values() if ask.person.id in keepers(z.id, ask.plant) and z.building in drilled}
    return mine.pop() if len(mine) == 1 else ""


def _answered(mark: Mark, person: str, now: Now) -> Iterable[Line]:
    if not any(x.what == "answered" and x.about == person for x in mark.lines):
        yield Line("answered", person, person, now, (now.mono - mark.since.mono) / 1000)


def _held(mark: Mark, standing: Standing) -> Iterator[Change]:
    """The drill is entered where the plan of drills is kept; one that was broken off does not count as held."""
    if any(x.what == "broken" for x in mark.lines):
        return
    book = next(iter(standing.of_kind("drills-held")), None) or Mark("", 0, "drills-held", Stage.ON, "", "", mark.since, None)
    line = Line(mark.kind, mark.id, mark.who, mark.since)
    yield Change(
        replace(book, lines=(*(x for x in book.lines if x.what != mark.kind), line)), "drill-held", args={"kind": mark.kind}
    )
