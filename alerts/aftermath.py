"""What changed alarms mean for other alarms: a fire becomes confirmed, a dead line hides its points' faults. Pure look-up.

Source: R37 and the two-sounds rule for confirmation; R36 for dead lines: one parent fault, its children kept in the log only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from alerts.confirm import building_of, confirmed, fires
from alerts.kinds import KINDS
from alerts.model import ACTIVE, Alarm, Result, Scalar
from alerts.plant import Plant
from drivers.reading import Now

CONFIRMED_POLICY = "fire-confirmed"
REAL_POLICY = "fire-real"  # confirmed by detectors first, called real by a person afterwards
HIDDEN_BY_LINE = "comm"  # never comm-sleep: where people sleep, each lost detector counts

Change = tuple[Alarm, str, Mapping[str, Scalar]]  # the new alarm, the event's kind, its args


def follow(alarms: Collection[Alarm], changed: Mapping[str, Alarm], plant: Plant, now: Now) -> list[Change]:
    """Every further change that the changed alarms bring, in order."""
    out: list[Change] = []
    if any(KINDS[a.kind].fire for a in changed.values()):
        out += _confirmations(alarms, plant, now)
    if any(a.kind in ("line", HIDDEN_BY_LINE) for a in changed.values()):
        out += _parents(alarms, plant)
    return out


def _confirmations(alarms: Collection[Alarm], plant: Plant, now: Now) -> Iterable[Change]:
    """Mark each fire of a confirmed building; the one that confirmed it goes on under the policy for confirmed fires.

    Only one burning alarm of a building runs that policy, so that the whole list is told once and not once per detector; and
    once more when the first of them is called real by a person.
    """
    burning = fires(alarms)
    for building in sorted(confirmed(alarms, plant)):
        here = [a for a in burning if building_of(a, plant) == building]
        fresh = [a for a in here if not a.confirmed]
        leader = max(fresh, key=lambda a: (a.result is Result.REAL, a.raised.mono, a.id), default=None)
        for alarm in fresh:
            new = replace(alarm, confirmed=True)
            if alarm is leader and (policy := plant.policies.get(_next_policy(alarm, here))):
                new = replace(new, policy=policy, raised=now, done=())
            yield new, "confirmed", {"building": building, "policy": new.policy.id}


def _next_policy(alarm: Alarm, here: Collection[Alarm]) -> str:
    """The policy that tells the whole school what this alarm says and none of the building's has said yet, or ""."""
    if not any(a.policy.id in (CONFIRMED_POLICY, REAL_POLICY) for a in here):
        return CONFIRMED_POLICY
    news = alarm.result is Result.REAL and alarm.policy.id != REAL_POLICY
    return REAL_POLICY if news and not any(a.result is Result.REAL for a in here if a.id != alarm.id) else ""


def _parents(alarms: Collection[Alarm], plant: Plant) -> Iterable[Change]:
    """Put every point's fault under the open alarm of its dead line, and lift it when the line is back."""
    lines = {a.point: a.id for a in alarms if a.kind == "line" and a.state in ACTIVE}
    for alarm in tuple(alarms):
        if alarm.kind != HIDDEN_BY_LINE:
            continue
        point = plant.points.get(alarm.point)
        parent = lines.get(f"{point.bus}/link", "") if point and point.bus else ""
        if parent != alarm.parent:
            yield replace(alarm, parent=parent), "hidden" if parent else "shown", {"parent": parent or alarm.parent}
