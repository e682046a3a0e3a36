"""What hours of a line's counters say is wrong with it, in the words of `symptoms`. Pure judgement; the doctor's probes only see now."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.bus import BusStats, Counts
from drivers.profile import Device
from gateway.diagnose import MOST, TURNING, Complaint, complaint

ENOUGH = 100  # questions to a unit before anything is said of it
FEW = 0.002  # share of a unit's questions: on good wiring one in five hundred is already too many
BAD = 0.05  # from here on values are missed, not only told later; as the rule line-errors judges
TIGHT = 0.8  # share of the time a device is given that its slowest answer used


def troubles(stats: BusStats, devices: Mapping[int, Device]) -> list[Complaint]:
    """`devices` by unit. What most of them show is the line's, and said once; at last what only a line has."""
    known = {unit: counts for unit, counts in stats.units.items() if unit in devices and _asked(counts) >= ENOUGH}
    shown = {unit: _symptoms(counts, devices[unit]) for unit, counts in known.items()}
    found: list[Complaint] = []
    common: set[str] = set()
    for symptom in ("silent", "drops", "flipped"):
        shares = [s[symptom] for s in shown.values() if symptom in s]
        if len(shown) > 1 and len(shares) >= MOST * len(shown):
            common.add(symptom)
            found.append(complaint("", symptom, sum(shares) / len(shares)))
    for unit, symptoms in shown.items():
        found += [complaint(devices[unit].id, s, share) for s, share in symptoms.items() if s not in common]
    asked = _asked(stats.total)
    if asked >= ENOUGH and stats.noise > TURNING * asked:
        found.append(complaint("", "noise", 1.0))
    if stats.reopenings:
        found.append(complaint("", "reopened", stats.reopenings / max(1, stats.reopenings + stats.total.questions)))
    return found


def _asked(counts: Counts) -> int:
    """Questions that reached the line."""
    return counts.questions - counts.down


def _symptoms(counts: Counts, device: Device) -> dict[str, float]:
    """Symptom -> share of the unit's questions that showed it."""
    asked = _asked(counts)
    alive = counts.good + counts.refused + counts.garbled + counts.wrong
    shares = {
        "drops" if alive else "silent": counts.silent / asked,
        "flipped": counts.garbled / asked,
        "misanswers": counts.wrong / asked,
        "refuses": counts.refused / asked if counts.refused >= ENOUGH else 0.0,  # a scan is refused now and then
    }
    found = {symptom: share for symptom, share in shares.items() if share >= FEW}
    if counts.latency_max is not None and counts.latency_max > TIGHT * device.profile.limits.latency:
        found |= {"tight": found.pop("drops", 0.0)}
    return found
