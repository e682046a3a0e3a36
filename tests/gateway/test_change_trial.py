"""When a new configuration may stay: as many good points as before, of those it still has; no restart in a fire."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_afresh import box_alarm

from alerts.model import Severity
from gateway.change.trial import Standing, fire_class, may, standing


@pytest.mark.parametrize(
    "before, plant, good, stands",
    [
        (("a", "b"), "ab", "ab", Standing(2, 2, ())),
        (("a", "b"), "ab", "a", Standing(2, 1, ("b",))),
        (("a", "b"), "a", "a", Standing(1, 1, ())),  # taken out on purpose: not asked for
        (("a", "b"), "abc", "ac", Standing(2, 2, ("b",))),  # one lost, one won: as many as before
        ((), "ab", "", Standing(0, 0, ())),
    ],
)
def test_as_many_good_points_as_before(before: tuple[str, ...], plant: str, good: str, stands: Standing) -> None:
    assert standing(before, plant, good) == stands
    assert stands.enough == (stands.good >= stands.need)


@pytest.mark.parametrize("severity", list(Severity))
def test_fire_and_gas_keep_the_box_from_starting_again(severity: Severity) -> None:
    assert bool(fire_class([replace(box_alarm("box-fault", "box/x"), severity=severity)])) is (
        severity in (Severity.FIRE, Severity.GAS)
    )


@pytest.mark.parametrize(
    "role, allowed", [("installer", True), ("admin", True), ("officer", False), ("duty", False), ("", False)]
)
def test_who_may_change_it(role: str, allowed: bool) -> None:
    assert may(role) is allowed
