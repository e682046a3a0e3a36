"""What the bureau knows of each school: from its status, its alarms and its events. Pure: time is an argument, nothing is stored.

A box is alive while it says so: silent after 85 s without a word, or 45 s after the broker has said that it went (R7: three
heartbeats missed; D10: seen within 90 s). What was last known of a silent school stays, marked as old.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from alerts.kinds import KINDS
from alerts.model import Scalar, Severity
from drivers.quantities import QUANTITIES
from drivers.reading import Now, Reading
from gateway.fleet import heard, points

Json = dict[str, Any]
SILENT = 85_000  # ms without a status
GONE = 45_000  # ms after the broker's word: a box that only lost its line for a moment is back within them
LATE = 120_000  # ms after which what does not come is no longer on its way
ENDED = 500  # alarms of a school that are known to be over
OFF = 30.0  # s by which a box's clock may differ (R29)
UNANSWERED = frozenset({"unacked", "rtn_unacked"})
CALLS = frozenset({"school-fire", "school-gas", "school-alarm"})
KIND = {"fire": "school-fire", "gas": "school-gas"}  # lamp of the school's alarm -> kind of the bureau's own; else school-alarm


@dataclass(frozen=True, slots=True)
class Call:
    """One alarm of a school that the bureau was rung for: the bureau's own alarm of `kind` at `point`, with its evidence.

    `answered` in it: somebody at the school has answered since, nobody more is called; `over`: the school's alarm is, with its result.
    """

    kind: str
    point: str
    evidence: Mapping[str, Scalar]


@dataclass(slots=True)
class Known:
    """One school. `heard`: mono of its last word, None for none yet; `gone`: mono at which the broker said that it went."""

    id: str
    short: str
    phone: str = ""
    since: int = 0  # mono at which watching began
    heard: int | None = None
    gone: int | None = None
    said: Json = field(default_factory=dict)  # its last status
    said_wall: int = 0  # when, in the bureau's time
    offset: float = 0.0  # s that its clock is ahead of the bureau's
    alarms: dict[str, Json] = field(default_factory=dict)
    ended: dict[str, None] = field(default_factory=dict)  # its alarms that it has said to be over, the newest of this process
    listing: dict[int, Json] = field(default_factory=dict)  # parts of its list of devices
    silent: bool = False  # as last told to the rules
    seq: int = 0  # of its last event here without a gap before it
    broken: str = ""  # what is wrong with its chain of events
    lacking: tuple[int, int] | None = None  # mono since which nothing of what it has and is not here came, and `seq` then

    def status(self, said: Json, now: Now) -> list[Reading]:
        """The box has said how it is (not a retained word of yesterday); gives the Readings for the rules. WireError for nonsense."""
        if heard.status(said).get("online") is not True:
            self.gone = now.mono if self.gone is None else self.gone
            return []
        self.heard, self.gone, self.said, self.said_wall, self.silent = now.mono, None, said, now.wall, False
        values = {"backlog": _number(said, "backlog"), "open": _number(said, "open")}
        values["clock"] = {True: 2.0, False: 0.0}.get(said.get("clock_ok"), 0.0)  # type: ignore[arg-type]
        if isinstance(wall := said.get("wall"), int):
            self.offset = (wall - now.wall) / 1000
            values["clock-offset"] = round(self.offset, 1)
        return points.heard(self.id, values, now)

    def arrived(self, now: Now) -> list[Reading]:
        """After a status: for how long events or open alarms that the box tells of have not come, or ones that it has not stand here."""
        behind = _number(self.said, "seq") > self.seq
        if not (behind or _number(self.said, "open") != len(self.alarms)):
            self.lacking = None
        elif self.lacking is None or (behind and self.lacking[1] != self.seq):
            self.lacking = (now.mono, self.seq)
        return points.late(self.id, self._late(now) / 1000, now)

    def differs(self, now: Now) -> bool:
        """For a while already other alarms stand here than the box has open, although all its events are here."""
        return self._late(now) > 0 and _number(self.said, "seq") <= self.seq

    def _late(self, now: Now) -> int:
        return 0 if self.lacking is None else now.mono - self.lacking[0]

    def lost(self, now: Now) -> bool:
        if self.gone is not None and now.mono - self.gone >= GONE:
            return True
        return now.mono - (self.since if self.heard is None else self.heard) >= SILENT

    def tick(self, now: Now) -> list[Reading]:
        """Readings for the rules when the box has just become silent."""
        if self.silent or not self.lost(now):
            return []
        self.silent = True
        return points.silent(self.id, "收不到报警盒的信号 the box is not heard", now)

    def show(self, id: str, alarm: Json | None) -> None:
        """An alarm as the box shows it, or its end. WireError for what is none."""
        if alarm is None or alarm.get("state") == "normal":
            self._end(id)
        elif id not in self.ended or self.broken:
            # No id is used twice: this is an old picture, out of a broker that died. Unless another journal took this one's place.
            self.alarms[id] = heard.picture(id, alarm)

    def _end(self, id: str) -> None:
        if self.alarms.pop(id, None) is not None:
            self.ended[id] = None
            if len(self.ended) > ENDED:
                del self.ended[next(iter(self.ended))]

    def listed(self, part: str, said: Json) -> None:
        """Part of the box's list of devices, as it is now or as the broker remembers it. WireError for what is none."""
        n = heard.part(part, said)
        self.listing = {other: known for other, known in self.listing.items() if other < said["of"]} | {n: said}

    def devices(self) -> Json | None:
        """The list with times of the bureau and what a page needs of each quantity; `missing`: not all of it is here. None: none came."""
        if not self.listing:
            return None
        last = max(self.listing.values(), key=lambda part: _number(part, "wall"))
        shift = int(self.offset * 1000)
        return {
            "at": int(_number(last, "wall")) - shift,
            "missing": len(self.listing) < last["of"],
            "devices": [_device(d, shift) for n in sorted(self.listing) for d in self.listing[n]["devices"]],
        }

    def event(self, event: Mapping[str, Any]) -> str:
        """An event of the box; gives the id of an alarm that it has closed, or ""."""
        id = str(event.get("alarm") or "")
        if id in self.alarms and event.get("new") == "normal":
            self._end(id)
            return id
        return ""

    def calls(self) -> list[Call]:
        """The alarms for which the school's own policy rings the bureau now."""
        found = []
        for alarm in self.alarms.values():
            if because := alarm.get("bureau"):
                kind = KIND.get(str(alarm.get("lamp")), "school-alarm")
                what = KINDS.get(str(alarm.get("kind"))) or KINDS[kind]  # a school's box may be newer and know other kinds
                evidence: dict[str, Scalar] = {
                    "school": self.short,
                    "what_zh": what.zh,
                    "what_en": what.en,
                    "since": _here(alarm, self.offset),
                    "place": str(alarm.get("place") or ""),
                    "because_zh": str(because.get("zh", "")),
                    "because_en": str(because.get("en", "")),
                    "tel": self.phone or "未登记",
                    "answered": False,
                }
                found.append(Call(kind, f"{self.id}/{alarm['id']}", evidence))
        return found

    def row(self, now: Now) -> Json:
        """The school as the list shows it. Times are wall ms of the bureau; numbers of alarms order nothing."""
        open_ = [a for a in self.alarms.values() if a.get("state") != "pending" and not a.get("parent") and not a.get("mode")]
        waiting = [a for a in open_ if _unanswered(a, now.wall + int(self.offset * 1000))]
        broken = [a for a in open_ if int(a.get("severity", 0)) <= Severity.SUPERVISORY]
        worst = max(waiting, key=lambda a: (int(a.get("severity", 0)), -int(a.get("raised", 0))), default=None)
        total, unseen = int(_number(self.said, "points")), int(_number(self.said, "unseen"))
        lost = self.lost(now)
        return {
            "id": self.id,
            "state": "silent" if lost else "unheard" if self.heard is None else "alive",
            "heard": self.said_wall or None,
            "version": str(self.said.get("version", "")),
            "clock_ok": self.said.get("clock_ok") is True,
            "offset": round(self.offset, 1),
            "backlog": int(_number(self.said, "backlog")),
            "degraded": self.said.get("degraded") is True,
            "open": len(open_),
            "rung": len(self.calls()),
            "worst": None if worst is None else _brief(worst, self.offset),
            "unanswered": len(waiting),
            "unrepaired": len(broken),
            "unrepaired_since": min((_here(a, self.offset) for a in broken), default=None),
            "points": total,
            "uncovered": total if lost else unseen,
            "out": int(_number(self.said, "out")),
            "seq": self.seq,
            "behind": max(0, int(_number(self.said, "seq")) - self.seq),
            "late": self._late(now) >= LATE,
            "broken": self.broken,
        }


def rung(called: Mapping[str, Call], schools: Iterable[Known]) -> tuple[dict[str, Call], list[tuple[Call, bool]]]:
    """What stands at the bureau by its point, and what has changed since `called`: True begins or says more, False ends.

    An answer at the school ends the calls and not the alarm; one without a result in time rings anew. It ends with the school's own;
    one of which nothing is known any more (a store that was lost) ends too, and is not called over; `unlisted`: its school has left
    the bureau's list, so nobody here will ever hear of it again.
    """
    stands: dict[str, Call] = {}
    changes: list[tuple[Call, bool]] = []
    listed = dict[str, Known]()
    for school in schools:
        listed[school.id] = school
        ringing = {call.point: call for call in school.calls()}
        for id, alarm in school.alarms.items():
            point = f"{school.id}/{id}"
            was, rings = called.get(point), ringing.get(point)
            if (call := rings or was) is None:
                continue
            said: dict[str, Scalar] = {"answered": rings is None, "result": str(alarm.get("result") or "")}
            stands[point] = replace(call, evidence={**call.evidence, **said})
            answered = was is not None and was.evidence.get("answered") is True
            if was is not None and answered and rings:
                changes.append((was, False))
            if was is None or answered is not said["answered"]:
                changes.append((stands[point], True))
    gone = [_over(call, listed) for point, call in called.items() if point not in stands]
    return stands, [*changes, *((call, False) for call in gone)]


def _over(call: Call, listed: Mapping[str, Known]) -> Call:
    """The call that ends, with what is known of why."""
    id, _, alarm = call.point.partition("/")
    over = id in listed and alarm in listed[id].ended
    return replace(call, evidence={**call.evidence, "over": over, "unlisted": id not in listed})


def order(rows: Iterable[Json]) -> list[Json]:
    """What nobody answered first (the worst, then the oldest), then what stays broken longest, then the largest part not watched.

    Never by how many alarms there are: nobody is punished for having sensors (people's rule 4).
    """

    def key(row: Json) -> tuple[object, ...]:
        worst = row["worst"]
        since = row["unrepaired_since"]
        share = row["uncovered"] / row["points"] if row["points"] else float(row["state"] != "alive")
        return (
            row["rung"] == 0,
            -(worst["severity"] if worst else -1),
            worst["since"] if worst else 0,
            since is None,
            since or 0,
            -share,
            row["id"],
        )

    return sorted(rows, key=key)


def _unanswered(alarm: Mapping[str, Any], wall: int) -> bool:
    """Has nobody answered, or answered without a result in time? Faults wait for repair, not for an answer."""
    if int(alarm.get("severity", 0)) <= Severity.SUPERVISORY:
        return False
    due = alarm.get("result_due")
    return alarm.get("state") in UNANSWERED or (isinstance(due, int) and not alarm.get("result") and wall > due)


def _here(alarm: Mapping[str, Any], offset: float) -> int:
    """When it began, in the bureau's time: the school's clock may be wrong."""
    return int(alarm.get("first") or 0) - int(offset * 1000)


def _brief(alarm: Mapping[str, Any], offset: float) -> Json:
    kind = KINDS.get(str(alarm.get("kind")))
    what = alarm.get("what") or ({"zh": kind.zh, "en": kind.en} if kind else {"zh": "?", "en": "?"})
    return {
        "alarm": alarm.get("id"),
        "lamp": alarm.get("lamp"),
        "severity": int(alarm.get("severity", 0)),
        "what": what,
        "place": alarm.get("place") or "",
        "since": _here(alarm, offset),
        "state": alarm.get("state"),
        "bureau": alarm.get("bureau"),
    }


def _device(device: Json, shift: int) -> Json:
    good = device.get("last_good")
    points = [{**p, **_measure(str(p.get("quantity")))} for p in device["points"] if isinstance(p, dict)]
    return {**device, "last_good": good - shift if isinstance(good, int) else None, "points": points}


def _measure(quantity: str) -> Json:
    """A school's box may be newer and know quantities that this one does not."""
    found = QUANTITIES.get(quantity)
    return {"unit": found.unit, "digits": found.digits} if found else {"unit": "", "digits": 2}


def _number(said: Mapping[str, Any], name: str) -> float:
    value = said.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
