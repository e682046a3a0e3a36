"""Which points have been silent for longer than they may? Keeps when each was last heard; makes the STALE reading.

A point never heard counts from the start: unknown is never normal.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from alerts.plant import Point
from drivers.reading import Now, Quality, Reading

NEVER = "从未收到数据 no data since start"
SILENT = "超时无数据 silent for too long"


class Silence:
    """A heap with one entry per point; an entry too early is pushed back when it comes up, so hearing costs one store."""

    def __init__(self, points: Mapping[str, Point], now: Now) -> None:
        self._stale = {p.id: p.stale for p in points.values()}
        self._heard: dict[str, int] = {}
        self._start = now.mono
        self._heap = [(now.mono + stale, point) for point, stale in self._stale.items()]
        heapq.heapify(self._heap)

    def heard(self, point: str, now: Now) -> None:
        """Anything arrived for the point, a FAULT too: somebody is looking after it."""
        if point in self._stale:
            self._heard[point] = now.mono

    def due(self, now: Now) -> list[Reading]:
        """A STALE reading for each point silent too long; the point is due again one limit later."""
        out: list[Reading] = []
        while self._heap and self._heap[0][0] <= now.mono:
            _, point = heapq.heappop(self._heap)
            last = self._heard.get(point, self._start)
            at = last + self._stale[point]
            if at <= now.mono:
                out.append(Reading(point, None, Quality.STALE, now, SILENT if point in self._heard else NEVER))
                at = now.mono + self._stale[point]
            heapq.heappush(self._heap, (at, point))
        return out

    def next_due(self) -> int | None:
        return self._heap[0][0] if self._heap else None


def dead(reading: Reading | None) -> bool:
    """Is it known already that the point gives no value?"""
    return reading is not None and reading.quality >= Quality.STALE
