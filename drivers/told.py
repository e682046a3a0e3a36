"""What a line protocol has told so far of every point: Telegrams to Readings, silence to doubt. Pure: the time is handed in.

Two kinds of line. An *image* (UPS, lock board) tells all again and again: a point not told anew is a FAULT. A panel that tells
*events* is silent between them: a point keeps the panel's last word as long as something proves that the line lives, is UNCERTAIN
before its first word (the panel's reset is a word on every point), after an interruption, and while isolated at the panel.
Where nothing proves the life of a line, a word holds for WORD_HOLDS and then becomes UNCERTAIN: never shown as normal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from drivers.bus import DeviceFault
from drivers.codec import sane
from drivers.framers.telegram import KEPT, LineProtocol, Telegram
from drivers.profile import Channel, Device
from drivers.reading import Now, Quality, Reading

WORD_HOLDS = 3_600_000  # ms

NOT_HEARD = (
    "接通后主机还没有说过这一点：无报警时在主机上按一次复位 not heard of yet: reset the panel once while nothing is in alarm"
)
NOT_WATCHED = "线路无监视：主机久未输出，断线也看不出来 the line is not supervised and has long been silent: it may be cut"
ISOLATED = "已在主机上屏蔽，不监测 isolated at the panel"
NOT_KNOWN = "设备自己也不知道这一项 the device itself does not know"


@dataclass(slots=True)
class _Point:
    """`told`: mono ms of the word its value rests on; None before the first. `holding`: addresses an unlisted point is 1 for."""

    id: str
    channel: Channel
    address: str
    value: float | None = 0.0
    told: int | None = None
    said: str = ""
    stamp: str = ""
    holding: set[str] = field(default_factory=set)


class Told:
    """All points of one line. `unplaced` counts events for which no point was found; `last_unplaced` are the words of the last."""

    def __init__(self, line: str, protocol: LineProtocol, devices: Sequence[Device], now: Now) -> None:
        self._link, self._protocol = f"{line}/link", protocol
        self._points = [_Point(d.point(c.id), c, d.address) for d in devices for c in d.profile.channels]
        self._listed: dict[tuple[str, str], list[_Point]] = {}
        self._slots: dict[str, list[_Point]] = {}
        for point in self._points:
            if point.channel.unlisted:
                self._slots.setdefault(point.channel.signal, []).append(point)
            else:
                self._listed.setdefault((point.address, point.channel.signal), []).append(point)
        self._isolated: set[str] = set()
        self._down = ""  # why the port is not open
        self._opened = now.mono
        self._heard: int | None = None
        self._silent = False
        self.unplaced, self.last_unplaced = 0, ""

    def opened(self, now: Now) -> list[Reading]:
        """The port is open again: whatever was told before may have changed meanwhile."""
        self._down, self._opened, self._heard, self._silent = "", now.mono, None, False
        self._doubt()
        return self.all(now)

    def closed(self, why: str, now: Now) -> list[Reading]:
        """The port is gone."""
        self._down = why
        self._doubt()
        return self.all(now)

    def take(self, telegram: Telegram, now: Now) -> list[Reading]:
        """One frame; the Readings it changes, the line's own among them when it comes back."""
        was_silent, self._heard = self._silent or self._heard is None, now.mono
        self._silent = False
        if telegram.reset:
            changed = self._reset(telegram, now)
        else:
            changed = [p for name, value in telegram.signals.items() for p in self._signal(telegram, name, value, now)]
        readings = [self._reading(point, now) for point in changed]
        return [*readings, self._line(now)] if was_silent else readings

    def all(self, now: Now) -> list[Reading]:
        """Every point as it stands; call it every few seconds. Leaves out what may still come after the start."""
        limit = self._protocol.silence
        since = self._opened if self._heard is None else self._heard
        if limit and not self._silent and now.mono - since > limit:
            self._silent = True
            self._doubt()
        waiting = self._heard is None and not self._down and not self._silent
        points = [] if waiting and self._protocol.image else self._points
        line = [] if waiting and limit else [self._line(now)]
        return [*(self._reading(point, now) for point in points), *line]

    def device(self, device: Device, now: Now) -> list[Reading]:
        """The points of one device as they stand."""
        own = {device.point(c.id) for c in device.profile.channels}
        return [self._reading(point, now) for point in self._points if point.id in own]

    @property
    def up(self) -> bool:
        return not self._down and not self._silent

    # what a telegram changes

    def _signal(self, telegram: Telegram, signal: str, value: float | None, now: Now) -> Iterator[_Point]:
        address = telegram.address
        if signal == "isolated":
            (self._isolated.discard if value == 0 else self._isolated.add)(address)
            for point in self._points:
                if point.address == address and point.channel.signal != signal:
                    yield point  # more or less in doubt from now on
        points = self._listed.get((address, signal))
        if points is None:
            if self._protocol.image:
                return  # the site has no use for it
            points = self._slot(telegram, signal, value)
            value = None if value is None else float(any(p.holding for p in points))
        for point in points:
            if (point.value, point.said, point.told is None) != (value, telegram.said, False) or self._protocol.image:
                point.said, point.stamp = telegram.said, telegram.time
                yield point
            point.value, point.told = value, now.mono

    def _slot(self, telegram: Telegram, signal: str, value: float | None) -> list[_Point]:
        """The unlisted point that stands for this address: the one that has it, a free one, or the last, which all others share."""
        slots, address = self._slots.get(signal, []), telegram.address
        held = next((p for p in slots if address in p.holding), None)
        if value == 0:
            if held is None:
                return []
            held.holding.discard(address)
            return [held]
        if not slots:
            self.unplaced, self.last_unplaced = self.unplaced + 1, f"{signal} {telegram.said}"
            return []
        chosen = held or next((p for p in slots if not p.holding), slots[-1])
        chosen.holding.add(address)
        return [chosen]

    def _reset(self, telegram: Telegram, now: Now) -> list[_Point]:
        """A word on every point. What is isolated stays so; an isolation never heard of is taken as none (docs/panels.md)."""
        for point in self._points:
            if point.channel.signal in KEPT and point.value != 0:
                continue
            point.value, point.told, point.said, point.stamp = 0.0, now.mono, telegram.said, telegram.time
            point.holding.clear()
        return list(self._points)

    def _doubt(self) -> None:
        for point in self._points:
            point.told = None

    # what a point reads

    def _reading(self, point: _Point, now: Now) -> Reading:
        if why := self._down or self._why_silent(point, now):
            return Reading(point.id, None, Quality.FAULT, now, why)
        if point.value is None:
            return Reading(point.id, None, Quality.FAULT, now, NOT_KNOWN, point.said, point.stamp)
        try:
            value = sane(point.channel, point.value)
        except DeviceFault as fault:
            return Reading(point.id, None, Quality.FAULT, now, fault.text, point.said, point.stamp)
        doubt = self._doubtful(point, now)
        return Reading(point.id, value, Quality.UNCERTAIN if doubt else Quality.GOOD, now, doubt, point.said, point.stamp)

    def _why_silent(self, point: _Point, now: Now) -> str:
        """Of an image each device must answer for itself; a panel answers for all."""
        limit = self._protocol.silence
        if self._protocol.image:
            quiet = now.mono - (self._opened if point.told is None else point.told)
            return _silence(limit) if quiet > limit else ""
        return _silence(limit) if self._silent else ""

    def _doubtful(self, point: _Point, now: Now) -> str:
        if point.address in self._isolated and point.address and point.channel.signal != "isolated":
            return ISOLATED
        if point.told is None:
            return NOT_HEARD
        return NOT_WATCHED if not self._protocol.silence and now.mono - point.told > WORD_HOLDS else ""

    def _line(self, now: Now) -> Reading:
        if self._down or self._silent:
            return Reading(self._link, 0.0, Quality.GOOD, now)
        proved = self._heard is not None and (self._protocol.silence or now.mono - self._heard <= WORD_HOLDS)
        return Reading(self._link, 1.0, Quality.GOOD if proved else Quality.UNCERTAIN, now, "" if proved else NOT_WATCHED)


def _silence(ms: int) -> str:
    s = ms // 1000
    return f"已超过{s}秒没有动静：查线路、接线和设备电源 nothing heard for more than {s} s: look at line, wiring and power"
