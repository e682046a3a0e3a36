"""Does the world follow the outputs? A commanded fan or valve without its feedback in 10 s is a fault (R21). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.plant import Plant
from drivers.reading import Now, Quality, Reading

LIMIT = 10_000  # ms from the command to the feedback


def unfollowed(on_since: Mapping[str, int], view: Mapping[str, Reading], plant: Plant, now: Now) -> frozenset[str]:
    """Outputs on since `on_since[output]` (mono ms) for 10 s or longer whose feedback point does not read a GOOD 1."""
    late = set()
    for output, since in on_since.items():
        feedback = plant.outputs[output].feedback
        if not feedback or now.mono - since < LIMIT:
            continue
        reading = view.get(feedback)
        if reading is None or reading.quality is not Quality.GOOD or reading.value != 1.0:
            late.add(output)
    return frozenset(late)
