"""Who stands at the posts: the rota, corrected by who has taken over. Pure look-up in marks of kind `shift`; nobody is asked here.

Source: people's shift and handover §4.2: the rota says who should, 接班 says who is. Until somebody takes over, the old shift
stays responsible, and whoever hears of it stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from math import inf

from alerts import duty, swaps
from alerts.model import Mark
from alerts.plant import Plant
from alerts.questions import ends
from drivers.reading import Now

WEEK = 8 * 24 * 3_600_000  # ms in which the next change of shift is looked for
BESIDE = {"duty": "leader", "second": "leader", "leader": "officer"}  # who hears that a post was not taken over, and stands in
POST_WORDS = {"duty": ("值班", "duty"), "second": ("第二值班", "second"), "leader": ("带班领导", "leader")}
Posts = Mapping[str, tuple[str, ...]]


def standing(plant: Plant, marks: Collection[Mark], wall: int, clock_ok: bool) -> dict[str, tuple[str, ...]]:
    """Post or role -> people, as duty.on_duty, with each post as it was taken over. With an unset clock: everybody.

    `marks`: the desk's; those of shifts and swaps count, but for people whom the site has taken off its list.
    """
    shifts, found = shifts_of(marks), duty.on_duty(plant, wall, swaps.in_force(marks))
    if not clock_ok:
        listed = {p: [s.person for s in plant.shifts if s.post == p] for p in duty.POSTS}
        return found | {p: tuple(dict.fromkeys(people)) for p, people in listed.items() if people}
    return found | {
        post: who
        for post in duty.POSTS
        if (who := _taken([m for m in shifts if post_of(m) == post and m.who in plant.people], post, found, wall))
    }


def foreseen(plant: Plant, marks: Collection[Mark], wall: int, clock_ok: bool) -> Callable[[Now], Posts]:
    """Who stands where at a time from `wall` on, for a preview: each post as it stands until its next change of shift, and from

    then on as the rota says, as if everybody takes over.
    """
    now, swapped = standing(plant, marks, wall, clock_ok), swaps.in_force(marks)
    changes = {post: _change(plant, shifts_of(marks), post, wall) for post in duty.POSTS}

    def posts(at: Now) -> Posts:
        found = duty.on_duty(plant, at.wall, swapped) if clock_ok else now
        return found | {post: now[post] for post, change in changes.items() if at.wall < change}

    return posts


def shifts_of(marks: Collection[Mark]) -> list[Mark]:
    return [m for m in marks if m.kind == "shift"]


def post_of(mark: Mark) -> str:
    """The post of a shift; one of an earlier version is the duty post's."""
    return str(mark.facts.get("post") or "duty")


def _taken(shifts: Collection[Mark], post: str, found: Posts, wall: int) -> tuple[str, ...]:
    """Who has taken over the post; the old shift and whoever hears of it while nobody has; () where nobody ever has."""
    if taken := [m.who for m in shifts if ends(m) > wall]:
        return tuple(dict.fromkeys(taken))
    latest = max((ends(m) for m in shifts), default=0)
    old = [m.who for m in shifts if ends(m) == latest]
    return tuple(dict.fromkeys((*old, *found[BESIDE[post]]))) if old else ()


def _change(plant: Plant, shifts: Collection[Mark], post: str, wall: int) -> float:
    """Wall ms of the post's next change of shift."""
    turns = duty.turns(plant, post, wall, wall + WEEK)
    times = [t for turn in turns for t in (turn.start, turn.end)] + [ends(m) for m in shifts if post_of(m) == post]
    return min((t for t in times if t > wall), default=inf)
