"""The places people go to on the page, in the order of the navigation. A table only: what a place shows is its page's matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dashboard.rights import ADMIT, CONFIGURE, FORESEE, LOOK, WALK, may
from dashboard.scope import PATHS


class Place(NamedTuple):
    """`word` is a key of the catalogue; `key` the letter that goes there after g. `of` names a part of the snapshot: without

    anything in it nobody is sent there. On a phone the `main` ones lie under the thumb, the others behind 更多.
    """

    path: str
    word: str
    key: str
    right: str = LOOK
    of: str = ""
    main: bool = False


PLACES = (
    Place("/", "nav.home", "h", main=True),
    Place("/alarms", "nav.alarms", "a", main=True),
    Place("/plans", "nav.plans", "f", of="points", main=True),
    Place("/bureau", "nav.bureau", "b", of="schools", main=True),
    Place("/shift", "nav.shift", "s", main=True),
    Place("/service", "nav.service", "o"),
    Place("/stores", "nav.stores", "c", of="stores"),
    Place("/history", "nav.history", "t"),
    Place("/devices", "nav.devices", "d"),
    Place("/inspect", "nav.inspect", "j"),
    Place("/people", "nav.people", "w", FORESEE),
    Place("/walk", "nav.walk", "r", WALK),
    Place("/acceptance", "nav.acceptance", "v", WALK),
    Place("/desk", "nav.desk", "p"),
    Place("/setup", "nav.setup", "i", CONFIGURE),
    Place("/access", "nav.access", "u", ADMIT),
)


def places(role: str, state: Mapping[str, Any] | None, some: bool = False) -> list[Place]:
    """Those that somebody of this role can use at this school; before anything is known, all of his role.

    `some`: at a bureau, he sees only some of its schools.
    """
    mine = [p for p in PLACES if may(role, p.right) and (state is None or not p.of or state.get(p.of))]
    return [p for p in mine if p.path in PATHS] if some else mine
