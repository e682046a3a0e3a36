"""What the record of one shift gathers from the journal's events (F10). Pure; asks nothing of the living engine.

Kept apart from the handover, which adds what stands now, so that one pass over the journal fills the records of a whole month.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.kinds import KINDS
from alerts.plant import Plant
from gateway.dutystates import Slots, Standing

Json = dict[str, Any]
Body = Mapping[str, Any]  # an EVENT as the journal holds it
TOLD = {"acked": "acked", "result": "result", "reset": "reset", "closed": "closed", "gone": "gone"}


def is_taken(e: Body) -> bool:
    """Has somebody taken over the duty post?"""
    return bool(e["kind"] == "shift" and e["code"] == "taken" and e["args"].get("post", "duty") == "duty")


class ShiftBook:
    """Told the events in order; those before the shift's beginning count for nothing, nor those after its end.

    The countersignature comes later than the shift, from somebody who did not stand at the post (people's §4.1, in the morning).
    """

    def __init__(self, since: int, until: int, ends: bool, standing: Standing | None = None) -> None:
        """`since`, `until`: wall ms; `ends`: the next take-over ends it. `standing`: what was open before the first event it is told."""
        self.since, self.until, self._ends = since, until, ends
        self.taken: list[Json] = []
        self.happened: dict[str, Json] = {}
        self.notes: list[Json] = []
        self.checks: dict[str, Json] = {}
        self.log: list[Json] = []
        self.handed: Json | None = None
        self.signed: Json | None = None
        self._slots = Slots(since, standing)

    def see(self, e: Body, plant: Plant) -> None:
        if e["kind"] == "countersigned" and e["args"]["shift"] == self.since and e["who"] not in self.stood():
            self.signed = {"who": e["who"], "at": e["wall"], "text": e["args"].get("text", "")}
        if e["wall"] > self.until:
            return
        self._slots.see(e)
        if e["wall"] < self.since:
            return
        kind, args = e["kind"], e["args"]
        if is_taken(e):
            self.taken.append({"person": e["who"], "at": e["wall"], "how": ""})
            if self._ends and e["wall"] > self.since:
                self.until = e["wall"]
        elif kind == "text" and e["code"] == "answered.S" and self.taken and self.taken[-1]["person"] == e["who"]:
            self.taken[-1]["how"] = args.get("proof", "")
        elif kind == "duty-log":
            self.log.append({"part": e["code"], "who": e["who"], "at": e["wall"], "text": args.get("text", "")})
        elif kind == "handed-over":
            self.handed = {"who": e["who"], "at": e["wall"], "text": args.get("text", "")}
        if kind in ("raised", "again"):
            self.happened.setdefault(e["alarm"], _alarm(e, plant))
        elif kind in TOLD and e["alarm"] in self.happened:
            self.happened[e["alarm"]] |= {f"{TOLD[kind]}_at": e["wall"], f"{TOLD[kind]}_by": e["who"]}
            if kind == "result":
                self.happened[e["alarm"]] |= {"result": args.get("result"), "cause": args.get("cause", "")}
        elif kind == "note":
            self.notes.append({"alarm": e["alarm"], "who": e["who"], "at": e["wall"], "text": args.get("text", "")})
        elif kind in ("answered", "unanswered", "declined") and e["code"] == "C":
            check = {"number": args.get("number"), "who": e["who"], "at": e["wall"], "what": kind}
            self.checks[f"{e['alarm']}:{e['who']}"] = check

    def stood(self) -> list[str]:
        """Who took over the shift that began then."""
        return [t["person"] for t in self.taken if t["at"] == self.since]

    def over(self, now: int) -> bool:
        return self._ends and self.until <= now

    def record(self, now: int) -> Json:
        """What is known of it at wall ms `now`, as the answer of `handover` has it."""
        return {
            "since": self.since,
            "until": self.until if self.over(now) else None,
            "now": now,
            "taken": self.taken,
            "handed_over": self.handed,
            "countersigned": self.signed,
            "log": self.log,
            "happened": list(self.happened.values()),
            "notes": self.notes,
            "checks": list(self.checks.values()),
            "states": self._slots.rows(min(self.until, now)),
        }


def books(events: Iterable[Body], plant: Plant, first: int, now: int) -> list[ShiftBook]:
    """The record of each shift that was taken over at wall ms `first` or later, oldest first. One pass."""
    made: dict[int, ShiftBook] = {}
    running: list[ShiftBook] = []
    standing = Standing()
    for e in events:
        if is_taken(e) and e["wall"] >= first and e["wall"] not in made:
            made[e["wall"]] = book = ShiftBook(e["wall"], now + 1, True, standing)
            running.append(book)
        if e["kind"] == "countersigned" and (signed := made.get(e["args"]["shift"])) and signed not in running:
            signed.see(e, plant)
        for book in running:
            book.see(e, plant)
        running = [book for book in running if book.until >= e["wall"]]
        standing.see(e)
    return list(made.values())


def _alarm(e: Body, plant: Plant) -> Json:
    args = e["args"]
    point = plant.points.get(str(args.get("point", "")))
    zone = plant.zones.get(point.zone) if point else None
    kind = str(args["alarm_kind"])
    known = KINDS.get(kind)  # an old journal may hold one that is no more
    row = {
        "alarm": e["alarm"],
        "number": args.get("number"),
        "kind": kind,
        "lamp": known.lamp if known else "fault",
        "at": e["wall"],
    }
    return row | {
        "place": zone.name if zone else "",
        "device_name": point.name if point else "",
        "point": args.get("point", ""),
    }
