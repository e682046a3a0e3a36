"""The role x verb table, printed by hand."""

from __future__ import annotations

import pytest
from engine_world import PEOPLE, plant
from test_machine import alarm

from alerts.authority import RIGHTS, VERBS, allowed
from alerts.model import AlarmState, Result

# verbs: ack result silence reset note assign tick repair next decline
# y yes, - no, s after 误报 and 已到现场, e electrical alarms only, m under maintenance only, w in a walk test only
PRINTED = {
    "viewer": "----------",
    "duty": "yyysyyyyyy",
    "keeper": "yyysyyyyyy",
    "leader": "yyysyyyyyy",
    "officer": "yyyyyyyyyy",
    "head": "yyyyyyyyyy",
    "electrician": "ew--e-ee-y",
    "holder": "---------y",
    "installer": "ww--w-----",
    "bureau": "y---y----y",
    "technician": "mm--m----y",
    "admin": "yyyyyyyyyy",
}
SCHOOL = plant()
FALSE_ON_SITE = alarm(AlarmState.LATCHED, result=Result.FALSE, on_site=True)
ELECTRICAL = alarm(AlarmState.UNACKED, kind="electrical", result=Result.REAL)
MAINTAINED = alarm(AlarmState.UNACKED, mode="maintenance")
WALKED = alarm(AlarmState.UNACKED, mode="walk")
FIRE = alarm(AlarmState.UNACKED, result=Result.REAL, on_site=True)


def test_every_role_is_printed() -> None:
    assert set(RIGHTS) == set(PRINTED) == {p.role for p in PEOPLE}


@pytest.mark.parametrize("person", PEOPLE, ids=lambda p: p.role)
@pytest.mark.parametrize("verb", VERBS)
def test_right(person: object, verb: str) -> None:
    mark = PRINTED[person.role][VERBS.index(verb)]  # type: ignore[attr-defined]

    def may(on: object) -> bool:
        return allowed(person, verb, on, SCHOOL)[0]  # type: ignore[arg-type]

    assert may(FIRE) is (mark == "y")
    assert may(FALSE_ON_SITE) is (mark in "ys")
    assert may(ELECTRICAL) is (mark in "ye")
    assert may(MAINTAINED) is (mark in "ym")
    assert may(WALKED) is (mark in "yew")


@pytest.mark.parametrize(
    ("role", "verb", "on", "code"),
    [
        ("viewer", "ack", FIRE, "refused.role"),
        ("duty", "reset", FIRE, "refused.on-site"),
        ("duty", "reset", alarm(AlarmState.LATCHED, result=Result.FALSE), "refused.on-site"),
        ("keeper", "ack", alarm(AlarmState.UNACKED, point="smoke-k/smoke"), "refused.zone"),
        ("keeper", "ack", alarm(AlarmState.UNACKED, point="box/cannot-record"), "refused.zone"),
        ("electrician", "ack", FIRE, "refused.role"),
        ("officer", "unlock", FIRE, "refused.role"),
    ],
)
def test_refusal_says_why(role: str, verb: str, on: object, code: str) -> None:
    person = next(p for p in PEOPLE if p.role == role)
    assert allowed(person, verb, on, SCHOOL) == (False, code)  # type: ignore[arg-type]
