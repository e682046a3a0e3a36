"""停用, 维保, 试运行 and tests: what a person asks of whole points, zones and buildings. Each verb gives marks or a refusal.

Source: people's ways of working §4.5 and §4.7, the buttons of §2.3 and R31. Rights are alerts.authority's, time alone is alerts.marks'.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from alerts import calendar, marks
from alerts.authority import NIGHT
from alerts.marks import HOUR, KINDS, MORE, REASONS, RETURN
from alerts.model import ACTIVE, OPEN, Alarm, Command, Line, Mark, Scalar, Stage
from alerts.modes import rehearsal
from alerts.plant import Person, Plant
from alerts.standing import Change, Standing
from drivers.reading import Now, Quality, Reading

MOST_POINTS = 2_000
MOST_TEXT = 200
REHEARSED = 10 * marks.MINUTE  # a simulated alarm ends by itself after this long


@dataclass(frozen=True, slots=True)
class Ask:
    """A Command and everything it may look at."""

    cmd: Command
    person: Person
    plant: Plant
    standing: Standing
    alarms: Collection[Alarm]
    view: Mapping[str, Reading]
    now: Now

    def text(self, name: str) -> str:
        return str(self.cmd.args.get(name) or "").strip()[:MOST_TEXT]

    def ids(self, name: str) -> tuple[str, ...]:
        """Ids with commas between, each once: the whole list however long."""
        given = str(self.cmd.args.get(name) or "").replace("，", ",").replace(" ", ",")
        return tuple(dict.fromkeys(t for t in given.split(",") if t))

    def whole(self, name: str) -> int | None:
        value = self.cmd.args.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def mark(self, kind: str, until: Now | None, **more: object) -> Mark:
        """A new mark of this person, on from now. It gets its id and number when it is stored."""
        blank = Mark("", 0, kind, Stage.ON, self.person.id, "", self.now, until)
        return replace(blank, **more)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` is of alerts.replies; `words` are its fields ({number} is the mark's). A refusal changes nothing."""

    code: str
    changes: tuple[Change, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    refused: bool = False


def refuse(code: str, **words: str) -> Answer:
    return Answer(f"refused.{code}", words=words, refused=True)


def out_of_service(ask: Ask) -> Answer:
    """停用: points, why, until, and what the reason needs. args: points | device | zone | building, why, until, from, measure,

    permit, keeper, consent, text. Times are wall ms of the box.
    """
    points, why = places(ask), ask.text("why")
    if not points:
        return refuse("place")
    if why not in REASONS:
        return refuse("why", list="、".join(REASONS))
    longest, needs = REASONS[why]
    missing = next((n for n in needs if not ask.text(n)), "")
    if missing:
        return refuse(f"needs-{missing}")
    if "consent" in needs and not _leads(ask, ask.text("consent")):
        return refuse("needs-consent")
    since, until = ask.whole("from") or ask.now.wall, ask.whole("until")
    since = max(since, ask.now.wall)
    if until is None or until <= since:
        return refuse("until")
    if until - since > longest:
        return refuse("too-long", hours=str(longest // HOUR))
    if until > _leader_limit(ask):
        return refuse("leader-until")
    if unanswered(ask, points):
        return refuse("open-alarm")
    out = {p for m in ask.standing.of_kind("out-of-service") for p in marks.left(m)}
    if out & set(points):
        return refuse("already")
    facts = {n: ask.text(n) for n in ("measure", "permit", "keeper", "consent", "text") if ask.text(n)}
    begin, end = (marks.later(ask.now, at - ask.now.wall) for at in (since, until))
    stage = Stage.PLANNED if since > ask.now.wall else Stage.ON
    mark = ask.mark("out-of-service", end, stage=stage, why=why, since=begin, points=points, facts=facts)
    return Answer("out-of-service", (began(ask, mark),), {"k": str(len(points))})


def back(ask: Ask) -> Answer:
    """恢复: the test alarms are given now. Points that need none come back at once when their reading is good."""
    found = _mine(ask, ("out-of-service",))
    if isinstance(found, Answer):
        return found
    mark = found
    if mark.stage is Stage.PLANNED:
        return Answer("cancelled", (Change(replace(mark, stage=Stage.OVER), "mark-ended", ask.person.id, "cancelled"),))
    now = replace(mark, stage=Stage.RETURNING, until=marks.later(ask.now, RETURN // ask.plant.speed))
    new = marks.proven(now, returned(now, ask.plant, ask.view), "good", ask.now, ask.plant)
    rest = len(marks.left(new))
    return Answer("back", (Change(new, "mark-returning", ask.person.id, ask.cmd.verb, {"left": rest}),),
                  {"k": str(rest), "minutes": str(RETURN // 60_000)})  # fmt: skip


def returned(mark: Mark, plant: Plant, view: Mapping[str, Reading]) -> list[str]:
    """Points of the mark that need no test alarm and give a good reading, and those that are no longer configured."""
    good = {p for p in mark.points if (r := view.get(p)) is not None and r.quality is Quality.GOOD}
    return [p for p in mark.points if p not in plant.points or (p in good and not marks.must_be_tested(p, plant))]


def extend(ask: Ask) -> Answer:
    """延长2小时: by who took it out, or an officer. Never beyond a day after it began, unless its reason allows longer."""
    found = _mine(ask, ("out-of-service", "maintenance", "test", "walk"))
    if isinstance(found, Answer):
        return found
    longest = max(24 * HOUR, REASONS.get(found.why, (0, ()))[0])
    base = max(ask.now.wall, found.until.wall if found.until and found.stage is Stage.ON else 0)
    if base + MORE - found.since.wall > longest:
        return refuse("too-long", hours=str(longest // HOUR))
    if base + MORE > _leader_limit(ask):
        return refuse("leader-until")
    new = replace(found, stage=Stage.ON, until=marks.later(ask.now, base + MORE - ask.now.wall))
    return Answer("extended", (Change(new, "mark-extended", ask.person.id, ask.cmd.verb, _until(new)),))


def maintenance(ask: Ask) -> Answer:
    """维保 of one building: technician (person id or name), rooms (zone ids the technician names), until (wall ms, ≤ 8 h)."""
    building, technician = ask.text("building"), ask.text("technician")
    if building not in ask.plant.buildings:
        return refuse("building")
    if not technician:
        return refuse("needs-technician")
    rooms = ask.ids("rooms")
    if not rooms or any(r not in ask.plant.zones or ask.plant.zones[r].building != building for r in rooms):
        return refuse("rooms")
    if problem := span(ask, "maintenance"):
        return problem
    if any(m.building == building for m in ask.standing.of_kind("maintenance")):
        return refuse("already")
    inside = [
        p.id for p in ask.plant.points.values() if p.zone in ask.plant.zones and ask.plant.zones[p.zone].building == building
    ]
    if unanswered(ask, inside):
        return refuse("open-alarm")
    facts: dict[str, Scalar] = {"technician": technician, "rooms": ",".join(rooms), "firm": ask.text("firm")}
    mark = ask.mark("maintenance", until_of(ask), building=building, facts=facts)
    return Answer("maintenance", (began(ask, mark),))


def rooms(ask: Ask) -> Answer:
    """The technician goes on to other rooms: args rooms replaces the list of a running 维保."""
    found = _mine(ask, ("maintenance",))
    if isinstance(found, Answer):
        return found
    named = ask.ids("rooms")
    if not named or any(r not in ask.plant.zones or ask.plant.zones[r].building != found.building for r in named):
        return refuse("rooms")
    new = replace(found, facts={**found.facts, "rooms": ",".join(named)})
    return Answer("rooms", (Change(new, "mark-rooms", ask.person.id, ask.cmd.verb, {"rooms": ",".join(named)}),))


def trial(ask: Ask) -> Answer:
    """试运行 of the site, or of one building (args building): nothing rings at the bureau until the acceptance is signed."""
    building = ask.text("building")
    if building and building not in ask.plant.buildings:
        return refuse("building")
    if any(m.building in ("", building) for m in ask.standing.of_kind("trial")):
        return refuse("already")
    mark = ask.mark("trial", marks.later(ask.now, KINDS["trial"].longest), building=building)
    return Answer("trial", (began(ask, mark),))


def sign(ask: Ask) -> Answer:
    """One person signs the acceptance sheet of a trial: args sheet (the sheet's hash or number). Each has one signature, the latest."""
    found, sheet = _one(ask, ("trial",)), ask.text("sheet")
    if isinstance(found, Answer):
        return found
    if not sheet:
        return refuse("needs-sheet")
    lines = [x for x in found.lines if (x.what, x.who) != ("signed", ask.person.id)]
    new = replace(found, lines=(*lines, Line("signed", ask.person.id, ask.person.id, ask.now, sheet)))
    return Answer("signed", (Change(new, "signed", ask.person.id, ask.cmd.verb, {"sheet": sheet}),))


def accept(ask: Ask) -> Answer:
    """The trial is over: args sheet (the signed sheet's hash or number), signed (by whom, where nobody has signed it here), untested."""
    found = _mine(ask, ("trial",))
    if isinstance(found, Answer):
        return found
    sheet = ask.text("sheet")
    signed = ask.text("signed") or ",".join(x.who for x in found.lines if x.what == "signed" and x.value == sheet)
    if not sheet or not signed:
        return refuse("needs-sheet")
    args: dict[str, Scalar] = {"sheet": sheet, "signed": signed, "untested": ask.whole("untested")}
    return Answer("accepted", (Change(replace(found, stage=Stage.OVER), "accepted", ask.person.id, ask.cmd.verb, args),))


def test(ask: Ask) -> Answer:
    """Test mode of single points (R31): their alarms are marked, go to whoever tests and never to the bureau. until ≤ 2 h."""
    points = places(ask)
    if not points:
        return refuse("place")
    if problem := span(ask, "test"):
        return problem
    if unanswered(ask, points):
        return refuse("open-alarm")
    if any(ask.standing.about("test", p) for p in points):
        return refuse("already")
    mark = ask.mark("test", until_of(ask), points=points)
    return Answer("test", (began(ask, mark),), {"k": str(len(points))})


def rehearse(ask: Ask) -> Answer:
    """alarm test POINT: a marked, simulated alarm through the whole chain except the bureau."""
    points = places(ask)
    if len(points) != 1 or rehearsal(points[0], ask.plant) is None:
        return refuse("no-rule" if points else "place")
    if ask.standing.about("rehearsal", points[0]):
        return refuse("already")
    mark = ask.mark("rehearsal", marks.later(ask.now, REHEARSED // ask.plant.speed), points=points)
    return Answer("rehearsal", (began(ask, mark),))


def end(ask: Ask) -> Answer:
    """维保 or a test is over before its time."""
    found = _mine(ask, ("maintenance", "test", "rehearsal", "walk"))
    if isinstance(found, Answer):
        return found
    standing = [a for a in ask.alarms if a.mark == found.id and a.state in ACTIVE]
    if standing and found.kind == "walk":  # it would ring the whole school the moment the walk is over
        return refuse("walk-standing", k=str(len(standing)))
    over = replace(found, stage=Stage.OVER)
    return Answer("ended", (Change(over, "mark-ended", ask.person.id, ask.cmd.verb, marks.figures(found)),))


VERBS: Mapping[str, Callable[[Ask], Answer]] = {
    "out-of-service": out_of_service, "back": back, "extend": extend, "maintenance": maintenance, "rooms": rooms,
    "trial": trial, "sign": sign, "accept": accept, "test": test, "rehearse": rehearse, "end": end,
}  # fmt: skip


def places(ask: Ask) -> tuple[str, ...]:
    """The points meant by args points, device, zone or building; () when one of them does not exist."""
    plant = ask.plant
    named = ask.ids("points") or ((ask.cmd.alarm,) if ask.cmd.alarm else ())
    if named:
        return named if len(named) <= MOST_POINTS and all(p in plant.points for p in named) else ()
    device, zone, building = ask.text("device"), ask.text("zone"), ask.text("building")
    if zone or building:
        inside = {z.id for z in plant.zones.values() if z.id == zone or (not zone and z.building == building)}
        return tuple(p.id for p in plant.points.values() if p.zone in inside)
    return tuple(p.id for p in plant.points.values() if device and p.device == device)


def _mine(ask: Ask, kinds: Iterable[str]) -> Mark | Answer:
    """The one mark meant, which for some roles must be their own."""
    found = _one(ask, kinds)
    if (
        isinstance(found, Mark)
        and ask.person.role in ("leader", "duty", "keeper", "electrician")
        and found.who != ask.person.id
    ):
        return refuse("role")
    return found


def _one(ask: Ask, kinds: Iterable[str]) -> Mark | Answer:
    """The one mark meant: by 编号 or id; without one the only one, of one's own where there are several."""
    found = ask.standing.find(ask.cmd.alarm, kinds)
    if len(found) > 1:
        own = tuple(m for m in found if m.who == ask.person.id)
        found = own[-1:] if own and ask.cmd.proof in ("sms", "key") else own
    if not found:
        return refuse("no-mark")
    if len(found) > 1:
        return refuse("which-mark")
    return found[0]


def unanswered(ask: Ask, points: Collection[str]) -> bool:
    """An alarm that somebody still has to look at must not be switched off."""
    meant = frozenset(points)
    return any(a.point in meant and a.state in OPEN and a.latching and a.result is None and not a.mode for a in ask.alarms)


def span(ask: Ask, kind: str) -> Answer | None:
    """Is `until` given, in the future, and within the kind's longest time?"""
    until, longest = ask.whole("until"), KINDS[kind].longest
    if until is None or until <= ask.now.wall:
        return refuse("until")
    return refuse("too-long", hours=str(longest // HOUR)) if until - ask.now.wall > longest else None


def until_of(ask: Ask) -> Now:
    return marks.later(ask.now, (ask.whole("until") or ask.now.wall) - ask.now.wall)


def _leads(ask: Ask, person: str) -> bool:
    known = ask.plant.people.get(person)
    return known is not None and known.role in ("leader", "head")


def _leader_limit(ask: Ask) -> int:
    """Wall ms up to which this person may switch off: the leader on duty only until 08:00."""
    if ask.person.role != "leader":
        return 1 << 62
    return calendar.next_minute(ask.plant, ask.now.wall, (NIGHT[1],))


def began(ask: Ask, mark: Mark) -> Change:
    args: dict[str, Scalar] = {
        "why": mark.why,
        "points": ",".join(mark.points),
        "building": mark.building,
        **_until(mark),
        **mark.facts,
    }
    kind = "mark-planned" if mark.stage is Stage.PLANNED else "mark-began"
    return Change(mark, kind, ask.person.id, mark.kind, args)


def _until(mark: Mark) -> dict[str, Scalar]:
    return {"until": mark.until.wall if mark.until else None}
