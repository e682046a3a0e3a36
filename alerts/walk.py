"""步行测试: one person goes round with gas and key; each point that alarms is ticked off, and nobody else is called. Pure.

A walk test is a Mark of kind `walk` over the points that have to give a test alarm. Its lines: `test-alarm` the ticks, `alarm`
which alarm it was, `phone` when the walker's phone had the message. Source: people's ways of working §4.11 (the electrician alone).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from alerts import marks
from alerts.kinds import KINDS
from alerts.marks import to_walk
from alerts.model import Alarm, Line, Mark, Stage
from alerts.plant import Plant
from alerts.service import Answer, Ask, began, refuse, span, unanswered, until_of
from alerts.standing import Change, Standing
from drivers.reading import Now

TOGETHER, ZONES = 60_000, 3  # ms: nobody walks through three places in a minute: so many fires at once are one


def start(ask: Ask) -> Answer:
    """args: building (absent: the whole site), until (wall ms, ≤ 8 h), walker (person id whose phone is told; absent: oneself)."""
    building, walker = ask.text("building"), ask.text("walker") or ask.person.id
    if building and building not in ask.plant.buildings:
        return refuse("building")
    if walker not in ask.plant.people:
        return refuse("walker")
    points = tuple(p.id for p in ask.plant.points.values() if _inside(p.zone, building, ask.plant) and to_walk(p.id, ask.plant))
    if not points:
        return refuse("walk-nothing")
    if problem := span(ask, "walk"):
        return problem
    busy = ask.standing.of_kind("walk", "maintenance")
    if any(marks.covers(m, p, ask.plant) for m in busy for p in points):
        return refuse("already")
    if unanswered(ask, points):
        return refuse("open-alarm")
    mark = ask.mark("walk", until_of(ask), building=building, points=points, facts={"walker": walker})
    return Answer("walk", (began(ask, mark),), {"k": str(len(points))})


VERBS = {"walk": start}


def ticked(alarm: Alarm, standing: Standing, plant: Plant, now: Now) -> Iterator[Change]:
    """The point under its walk test has given its alarm. Fires in several places at once are no walk: then it is over."""
    mark = standing.of_alarm(alarm)
    if mark is None or mark.kind != "walk" or not KINDS[alarm.kind].latching:
        return
    value = alarm.evidence.get("value")
    walker = str(mark.facts.get("walker", mark.who))
    known = next((x for x in mark.lines if x.what == "test-alarm" and x.about == alarm.point), None)
    line = Line("test-alarm", alarm.point, walker, known.at if known else now, value)
    which = Line("alarm", alarm.point, alarm.id, now)
    new = replace(mark, lines=(*(x for x in mark.lines if x is not known), line, which))
    yield Change(new, "walk-test", walker, args={"point": alarm.point, "value": value, "left": len(marks.left(new))})
    if KINDS[alarm.kind].fire and len(_burning(new, plant, now)) >= ZONES:
        yield Change(
            replace(new, stage=Stage.OVER), "walk-broken", code="together", args={"point": alarm.point, **marks.figures(new)}
        )


def _burning(mark: Mark, plant: Plant, now: Now) -> set[str]:
    """The zones of the points that were ticked within the last minute and tell of fire."""
    fire = {p for r in plant.rules if KINDS[r.alarm].fire for p in r.points}
    fresh = (x for x in mark.lines if x.what == "test-alarm" and now.mono - x.at.mono <= TOGETHER // plant.speed)
    return {plant.points[x.about].zone for x in fresh if x.about in fire and x.about in plant.points}


def _inside(zone: str, building: str, plant: Plant) -> bool:
    known = plant.zones.get(zone)
    return known is not None and building in ("", known.building)
