"""Desired outputs of one line: what is wanted, what was seen, what must be written now. Pure; the poller does the writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.profile import Device
from drivers.reading import Quality, Reading
from drivers.switch import Output

FIRST_PAUSE = 250  # ms from the first failure to the second attempt
LONGEST_PAUSE = 5_000
SHARE = 9  # a device that cannot be written rests nine times what an attempt costs: a tenth of the line's time


@dataclass(slots=True)
class Wish:
    """One output as it should be. `done`: written, and not seen otherwise since."""

    device: str
    output: Output
    on: bool
    done: bool = False
    at: int = 0  # when it was written last


@dataclass(slots=True)
class _Trouble:
    pause: int  # ms
    until: int  # ms of the monotonic clock


class Outputs:
    """Levels, not messages: a wish stands until it is changed, and is written again whenever the world may differ."""

    def __init__(self, devices: Mapping[str, Device]) -> None:
        self._devices = devices
        self._wishes: dict[str, Wish] = {}
        self._trouble: dict[str, _Trouble] = {}  # by device
        self._readback: dict[str, str] = {}  # point -> the wanted output that it shows

    def want(self, output: str, on: bool) -> None:
        """`output` is <device>/<output>. KeyError for one that no device of this line has."""
        device, _, name = output.partition("/")
        found = next((o for o in self._devices[device].profile.outputs if o.id == name), None)
        if found is None:
            raise KeyError(output)
        known = self._wishes.get(output)
        if known is None or known.on != on:
            self._wishes[output] = Wish(device, found, on)
            if found.readback:
                self._readback[self._devices[device].point(found.readback)] = output
            self._trouble.pop(device, None)  # a new wish does not wait for an old failure's pause

    def due(self, now: int) -> Device | None:
        """A device with something to write now."""
        for wish in self._wishes.values():
            if self._open(wish, now) and self._from(wish.device) <= now:
                return self._devices[wish.device]
        return None

    @staticmethod
    def _open(wish: Wish, now: int) -> bool:
        """Not written yet, or to be written again: its timer runs, or nobody can see whether it still holds."""
        return not wish.done or (wish.output.renew > 0 and now - wish.at >= wish.output.renew)

    def wanted(self, device: str, now: int) -> tuple[Wish, ...]:
        """What to write to the device. `written` takes these very objects: a wish changed meanwhile stays open."""
        return tuple(w for w in self._wishes.values() if w.device == device and self._open(w, now))

    def written(self, wish: Wish, now: int) -> None:
        wish.done, wish.at = True, now

    def failed(self, device: str, now: int, cost: int) -> bool:
        """An attempt failed or did not hold, and cost `cost` ms of the line's time. True for the first since it last held."""
        last = self._trouble.get(device)
        pause = max(min(LONGEST_PAUSE, last.pause * 2), SHARE * cost) if last else FIRST_PAUSE
        self._trouble[device] = _Trouble(pause, now + pause)
        return last is None

    def seen(self, readings: Sequence[Reading], now: int) -> None:
        """Compare what was read back: a difference is written again, and only a match ends the growth of the pauses."""
        if not self._readback:
            return
        held: set[str] = set()
        for reading in readings:
            wish = self._wishes.get(self._readback.get(reading.point, ""))
            if wish is None or not wish.done or reading.quality is not Quality.GOOD:
                continue
            if bool(reading.value) == wish.on:
                held.add(wish.device)
            else:
                wish.done = False
                self.failed(wish.device, now, 0)
        for device in held:
            if all(w.done for w in self._wishes.values() if w.device == device):
                self._trouble.pop(device, None)

    def lost(self, device: str) -> None:
        """It may have restarted: what it was told counts no more."""
        for wish in self._wishes.values():
            if wish.device == device:
                wish.done = False

    def back(self, device: str) -> None:
        """It can be reached again: no need to wait for an old failure's pause."""
        self._trouble.pop(device, None)

    def wait(self, now: int) -> int:
        """Ms until something may be written, 0 when it may."""
        times = [self._from(w.device) for w in self._wishes.values() if self._open(w, now)]
        times += [w.at + w.output.renew for w in self._wishes.values() if w.done and w.output.renew]
        return max(0, min(times) - now) if times else 1 << 30

    def _from(self, device: str) -> int:
        trouble = self._trouble.get(device)
        return trouble.until if trouble else 0
