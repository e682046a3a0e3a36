"""Outputs that must be seen to act: a commanded fan without run feedback in 10 s is a fault (R21). Judgement only."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.plant import OutputPoint
from drivers.reading import Now, Quality, Reading

PATIENCE = 10_000  # ms; a motor's time, so --speed does not divide it


class Feedback:
    """Remembers since when each output with a feedback point is wanted on and not seen to act."""

    def __init__(self, outputs: Mapping[str, OutputPoint]) -> None:
        self._points = {o.id: o.feedback for o in outputs.values() if o.feedback}
        self._wanted: set[str] = set()
        self._since: dict[str, int] = {}

    def wanted(self, output: str, on: bool, now: Now) -> None:
        if output not in self._points:
            return
        if on:
            self._wanted.add(output)
            self._since.setdefault(output, now.mono)
        else:
            self._wanted.discard(output)
            self._since.pop(output, None)

    def failing(self, view: Mapping[str, Reading], now: Now) -> dict[str, bool]:
        """Output -> True: wanted on and not seen acting for 10 s; False: seen acting or not wanted. The rest is left out.

        One lost answer of a relay board while its sounder rings is no fault: the 10 s count from when it was seen last.
        """
        out: dict[str, bool] = {}
        for output, point in self._points.items():
            reading = view.get(point)
            acts = reading is not None and reading.quality is Quality.GOOD and reading.value == 1.0
            if acts or output not in self._wanted:
                self._since.pop(output, None)
                out[output] = False
            elif now.mono - self._since.setdefault(output, now.mono) >= PATIENCE:
                out[output] = True
        return out

    def seen(self, view: Mapping[str, Reading], now: Now) -> dict[str, bool]:
        """Of the outputs that are wanted on: True: seen to act, False: not within 10 s. What is not known yet is left out."""
        return {o: not failing for o, failing in self.failing(view, now).items() if o in self._wanted}

    def next_due(self, now: Now) -> int | None:
        """The next end of a patience that has not passed yet."""
        return min((s + PATIENCE for s in self._since.values() if s + PATIENCE > now.mono), default=None)
