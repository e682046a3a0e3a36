"""Parts of the answers on the socket that are worked out of the points' last readings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from alerts.plant import OutputPoint, Plant, Point
from drivers.reading import Now, Quality, Reading
from gateway.view import mains_json, outputs_json

NOW = Now(1_700_000_000_000, 1_000)
GOOD, FAULT = Quality.GOOD, Quality.FAULT


def points(*mains: str) -> dict[str, Point]:
    quantities = dict.fromkeys(mains, "mains") | {"t/temperature": "temperature"}
    return {id: Point(id, id.partition("/")[0], quantity, "", "", 60_000) for id, quantity in quantities.items()}


@pytest.mark.parametrize(
    ("ups", "relay", "state"),
    [
        (Reading("ups/mains", 1.0, GOOD, NOW), Reading("relay/mains", 1.0, GOOD, NOW), "present"),
        (Reading("ups/mains", 1.0, GOOD, NOW), Reading("relay/mains", 0.0, GOOD, NOW), "lost"),
        (Reading("ups/mains", None, FAULT, NOW, "silent"), Reading("relay/mains", 0.0, GOOD, NOW), "lost"),
        (Reading("ups/mains", None, FAULT, NOW, "silent"), Reading("relay/mains", 1.0, GOOD, NOW), "unknown"),
        (Reading("ups/mains", 1.0, Quality.UNCERTAIN, NOW), Reading("relay/mains", 1.0, GOOD, NOW), "unknown"),
        (None, Reading("relay/mains", 1.0, GOOD, NOW), "unknown"),
    ],
)
def test_mains_are_present_only_when_every_point_says_so(ups: Reading | None, relay: Reading, state: str) -> None:
    view = {r.point: r for r in (ups, relay) if r}
    told = mains_json(points("ups/mains", "relay/mains"), view)
    assert told is not None and told["state"] == state
    assert set(told["points"]) == {"ups/mains", "relay/mains"}


def test_a_school_without_a_ups_has_no_mains() -> None:
    assert mains_json(points(), {}) is None


def test_an_output_stands_as_what_shows_it_says() -> None:
    """A pulse of a relay board has no channel of its own name: the relay's shows it. A fan's relay is not the fan."""
    outputs = (
        OutputPoint("relay/pulse-1", "guard-sounder", feedback="relay/relay-1"),
        OutputPoint("relay/relay-2", "fan", feedback="io/di-1"),
        OutputPoint("siren/sound", "room-sounder"),
    )
    plant = cast(Plant, SimpleNamespace(outputs={o.id: o for o in outputs}))
    values = {"relay/relay-1": 1.0, "relay/relay-2": 1.0, "io/di-1": 0.0}
    told = outputs_json(plant, {}, {id: Reading(id, value, GOOD, NOW) for id, value in values.items()})
    assert {id: output["is"] for id, output in told.items()} == {
        "relay/pulse-1": True,
        "relay/relay-2": True,
        "siren/sound": None,
    }
