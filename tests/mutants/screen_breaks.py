"""Breaks of what the screens say in the stories that last a night or a summer, with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

SHIFT = "dashboard/static/shift.js"
NIGHT = "tests/stories/test_story_screens.py::test_story3_the_dead_phone"
SUMMER = "tests/stories/test_story_screens.py::test_story10_summer"

SCREENS: tuple[Mutant, ...] = (
    Mutant(
        "screen: who stands at another post has not taken over this one",
        SHIFT,
        "post.taken.filter((one) => one.post === id)",
        "post.taken",
        NIGHT,
    ),
    Mutant(
        "screen: whose shift is over without anybody after them is shown as such",
        SHIFT,
        "held.filter((one) => one.until > now)",
        "held",
        NIGHT,
    ),
    Mutant(
        "screen: who comes late may take over although the box has written them down before",
        SHIFT,
        "one.person === words.me.id && one.until > now",
        "one.person === words.me.id",
        NIGHT,
    ),
    Mutant(
        "screen: the log of a shift that goes on begins with it",
        "alerts/desk.py",
        "self._put(rec, replace(shift, since=_at(rec, old.start)))",
        "del shift",
        NIGHT,
    ),
    Mutant(
        "screen: what is switched off says where",
        "dashboard/static/state.js",
        "return [...buildings].map(",
        "return [].map(",
        SUMMER,
    ),
    Mutant(
        "screen: what began days ago says on which day",
        "dashboard/static/format.js",
        "now - ms < DAY ? -8 : 5",
        "-8",
        SUMMER,
    ),
    Mutant(
        "screen: weeks are not told in seconds",
        "dashboard/static/format.js",
        "if (ms >= 2 * DAY)",
        "if (false)",
        SUMMER,
    ),
)
