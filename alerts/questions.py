"""Questions to people as marks: whom one is asked of, who has not answered, until when; and times in words. Pure."""

from __future__ import annotations

from alerts.calendar import local
from alerts.model import Mark
from alerts.plant import Plant
from drivers.reading import Now

POSTS_CHECKED = ("duty", "second", "leader")  # posts asked in a duty check, one after the other


def ends(mark: Mark) -> int:
    return mark.until.wall if mark.until is not None else 0


def asked_of(mark: Mark) -> tuple[str, ...]:
    return tuple(p for p in str(mark.facts.get("people") or "").split(",") if p)


def after(post: str) -> tuple[str, ...]:
    """The posts a duty check goes on to."""
    return POSTS_CHECKED[POSTS_CHECKED.index(post) + 1 :]


def waiting(mark: Mark) -> tuple[str, ...]:
    """People who have not answered yet."""
    done = {line.about for line in mark.lines}
    return tuple(p for p in asked_of(mark) if p not in done)


def later(now: Now, ms: int) -> Now:
    return Now(now.wall + ms, now.mono + ms)


def free_number(taken: set[int]) -> int:
    return next(n for n in range(1, 1000) if n not in taken)


def clock_words(plant: Plant, wall: int) -> str:
    return local(plant, wall).strftime("%H:%M")


def day_words(plant: Plant, wall: int) -> str:
    at = local(plant, wall)
    return f"{at.month}月{at.day}日"
