"""Alarms -> outputs, and alarms -> confirmed buildings, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import OUTPUTS, plant
from test_machine import alarm

from alerts.confirm import confirmed
from alerts.interlock import desired
from alerts.kinds import KINDS
from alerts.model import Alarm, AlarmState, Result

S = AlarmState
SCHOOL = plant()


def standing(kind: str, point: str, state: AlarmState = S.UNACKED, **changes: object) -> Alarm:
    given = {"result": None, "id": f"no3-{kind}-{point}"} | changes
    return alarm(state, kind=kind, point=point, latching=KINDS[kind].latching, **given)


def on(*alarms: Alarm) -> set[str]:
    return {o.removeprefix("board/") for o, wanted in desired(alarms, SCHOOL).items() if wanted}


SMOKE = standing("fire", "smoke-a/smoke")
GAS = standing("gas-2", "gas-k/gas")
SURE = replace(SMOKE, confirmed=True)
CANTEEN = standing("fire", "smoke-k/smoke", confirmed=True)


@pytest.mark.parametrize(
    ("alarms", "wanted"),
    [
        ((), ""),
        ((SMOKE,), "sounder"),
        ((replace(SMOKE, silenced=True),), ""),
        ((replace(SMOKE, silenced=True), standing("fire", "smoke-b/smoke")), "sounder"),
        ((replace(SMOKE, state=S.ACKED),), ""),
        ((replace(SMOKE, state=S.RTN_UNACKED),), "sounder"),  # gone, but nobody has answered
        ((replace(SMOKE, state=S.LATCHED),), ""),
        ((replace(SMOKE, state=S.PENDING),), ""),
        ((SURE,), "sounder evac-dorm"),
        ((replace(SURE, silenced=True),), "evac-dorm"),
        ((replace(SURE, state=S.ACKED, result=Result.REAL),), "evac-dorm"),
        ((replace(SURE, state=S.LATCHED, result=Result.REAL),), "evac-dorm"),
        ((replace(SURE, state=S.ACKED, result=Result.FALSE),), ""),
        ((replace(SURE, state=S.ACKED, result=Result.DRILL),), ""),
        ((replace(SURE, state=S.NORMAL),), ""),
        ((CANTEEN,), "sounder"),  # the canteen has not asked for its evacuation signal
        ((GAS,), "sounder room fan valve"),
        ((replace(GAS, silenced=True),), "fan valve"),
        ((replace(GAS, state=S.ACKED),), "room fan valve"),
        ((replace(GAS, state=S.RTN_UNACKED),), "sounder fan valve"),
        ((replace(GAS, state=S.LATCHED),), "fan valve"),
        ((replace(GAS, state=S.NORMAL),), ""),
        ((standing("gas-1", "gas-k/gas"),), "room fan"),
        ((standing("gas-2", "smoke-a/smoke"),), "sounder"),  # no fan in that zone
        ((standing("lock", "store-1/door"),), "chirp"),
        ((standing("lock", "store-1/door", S.PENDING),), "chirp"),  # it is heard before anybody is called
        ((standing("gas-1", "gas-k/gas", S.PENDING),), ""),
        ((standing("lock", "store-1/door", S.RTN_UNACKED),), ""),
        ((standing("store", "store-1/door"),), "sounder"),
        ((standing("electrical", "rc-1/current"),), ""),
        ((standing("cannot-record", "box/cannot-record"),), "sounder"),
        ((standing("cannot-record", "box/cannot-record", S.RTN_UNACKED),), ""),  # it does not latch
        ((standing("comm", "smoke-a/smoke"),), ""),
    ],
)
def test_outputs(alarms: tuple[Alarm, ...], wanted: str) -> None:
    assert on(*alarms) == set(wanted.split())


def test_every_output_is_decided() -> None:
    assert set(desired((), SCHOOL)) == {o.id for o in OUTPUTS}


def test_r18_electrical_alarms_demand_nothing() -> None:
    """R18: no output follows an electrical alarm, whatever roles a board has."""
    assert all(not k.demands for k in KINDS.values() if k.lamp == "electrical")
    assert {role for k in KINDS.values() for role, _ in k.demands} == {"guard-sounder", "room-sounder", "fan", "valve", "chirp"}


@pytest.mark.parametrize(
    ("alarms", "buildings"),
    [
        ((), ""),
        ((SMOKE,), ""),
        ((SMOKE, standing("fire", "smoke-b/smoke")), "dorm"),
        ((SMOKE, standing("fire", "smoke-b/smoke", S.ACKED)), "dorm"),
        ((SMOKE, standing("heat", "heat-a/heat")), "dorm"),
        ((SMOKE, standing("fire", "smoke-k/smoke")), ""),  # two buildings
        ((SMOKE, standing("fire", "smoke-b/smoke", S.PENDING)), ""),
        ((SMOKE, standing("fire", "smoke-b/smoke", S.RTN_UNACKED)), ""),  # gone: one signal is left
        ((SMOKE, standing("fire", "smoke-b/smoke", S.ACKED, result=Result.FALSE)), ""),
        ((SMOKE, standing("gas-2", "gas-k/gas")), ""),
        ((standing("manual", "call-a/manual"),), "dorm"),
        ((standing("flow", "call-a/manual"),), "dorm"),
        ((standing("manual", "call-a/manual", S.ACKED, result=Result.TEST),), ""),
        ((standing("fire", "smoke-a/smoke", S.ACKED, result=Result.REAL),), "dorm"),
        ((standing("fire", "smoke-a/smoke", S.LATCHED, result=Result.REAL),), "dorm"),
        ((standing("electrical", "rc-1/current", S.ACKED, result=Result.REAL),), ""),
    ],
)
def test_confirmed_buildings(alarms: tuple[Alarm, ...], buildings: str) -> None:
    assert confirmed(alarms, SCHOOL) == frozenset(buildings.split())
