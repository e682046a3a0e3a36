"""What a fresh process makes of the box's own alarms that an earlier one raised."""

from __future__ import annotations

import pytest

from alerts.model import Alarm, AlarmState, Policy, Severity, Truth
from drivers.reading import Now
from gateway.afresh import Inherited, inherited

NOW = Now(1, 1)
NOTHING = Inherited((), frozenset())


def box_alarm(rule: str, point: str) -> Alarm:
    policy = Policy("fault", ())
    return Alarm(
        "s-1", 1, rule, point, "fault", Severity.FAULT, AlarmState.UNACKED, 1, NOW, NOW, False, policy, Truth.UNKNOWN, True
    )


@pytest.mark.parametrize(
    ("rule", "point", "records", "found"),
    [
        ("box-cannot-record", "box/journal", True, Inherited((("cannot-record", "journal"),), frozenset())),
        ("box-cannot-record", "box/journal", False, NOTHING),
        ("box-fault", "box/bus:a", True, Inherited((), frozenset({"bus:a"}))),
        ("box-fault", "box/bus:gone", True, Inherited((("fault", "bus:gone"),), frozenset())),
        ("box-cannot-call", "box/cannot-call", True, NOTHING),
        ("smoke", "a/smoke", True, NOTHING),
        ("box-fault", "box/roster", True, NOTHING),  # the engine ends it when the rota has no hole any more
        ("box-fault", "box/drill-sms", True, NOTHING),  # until something gets through
        ("box-fault", "box/readings", True, NOTHING),  # it has failed again at this start
        ("box-fault", "box/journal-export", True, Inherited((("fault", "journal-export"),), frozenset())),
    ],
)
def test_inherited(rule: str, point: str, records: bool, found: Inherited) -> None:
    assert inherited([box_alarm(rule, point)], {"bus:a"}, records=records, failing=("readings",)) == found
