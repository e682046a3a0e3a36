"""Desired outputs of one line: what is wanted, what was seen, what must be written now. Pure; the poller does the writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from drivers.profile import Device, Output
from drivers.reading import Quality, Reading

FIRST_PAUSE = 250  # ms after a failed write
LONGEST_PAUSE = 5_000


@dataclass(slots=True)
class _Wish:
    device: str
    output: Output
    on: bool
    done: bool = False  # written, and not seen otherwise since


class Outputs:
    """Levels, not messages: a wish stands until it is changed, and is written again whenever the world may differ."""

    def __init__(self, devices: Mapping[str, Device]) -> None:
        self._devices = devices
        self._wishes: dict[str, _Wish] = {}
        self._pause: dict[str, int] = {}
        self._from: dict[str, int] = {}
        self._readback = {d.point(o.readback): f"{d.id}/{o.id}" for d in devices.values() for o in d.profile.outputs}

    def want(self, output: str, on: bool) -> None:
        """KeyError for an output that no device of this line has."""
        device, _, name = output.partition("/")
        found = next((o for o in self._devices[device].profile.outputs if o.id == name), None)
        if found is None:
            raise KeyError(output)
        known = self._wishes.get(output)
        if known is None or known.on != on:
            self._wishes[output] = _Wish(device, found, on)
            self._from.pop(device, None)  # a new wish does not wait for an old failure's pause
            self._pause.pop(device, None)

    def due(self, now: int) -> Device | None:
        """A device with something to write now."""
        for wish in self._wishes.values():
            if not wish.done and self._from.get(wish.device, 0) <= now:
                return self._devices[wish.device]
        return None

    def wanted(self, device: str) -> Iterator[tuple[Output, bool]]:
        """What to write to the device."""
        for wish in self._wishes.values():
            if wish.device == device and not wish.done:
                yield wish.output, wish.on

    def written(self, device: str) -> None:
        for wish in self._wishes.values():
            if wish.device == device:
                wish.done = True
        self._pause.pop(device, None)

    def failed(self, device: str, now: int) -> None:
        self._pause[device] = pause = min(LONGEST_PAUSE, self._pause.get(device, FIRST_PAUSE // 2) * 2)
        self._from[device] = now + pause

    def seen(self, readings: Sequence[Reading], now: int) -> None:
        """Compare what was read back; a difference is written again."""
        for reading in readings:
            wish = self._wishes.get(self._readback.get(reading.point, ""))
            if wish and wish.done and reading.quality is Quality.GOOD and bool(reading.value) != wish.on:
                wish.done = False
                self.failed(wish.device, now)

    def device_lost(self, device: str) -> None:
        """It may have restarted: what it was told counts no more."""
        for wish in self._wishes.values():
            if wish.device == device:
                wish.done = False

    def line_lost(self) -> None:
        for wish in self._wishes.values():
            wish.done = False

    def wait(self, now: int) -> int:
        """Ms until something may be written, 0 when it may."""
        times = [self._from.get(w.device, 0) for w in self._wishes.values() if not w.done]
        return max(0, min(times) - now) if times else 1 << 30
