"""Devices of a site file with their profiles as the site changes them, how often each is asked, and what that costs a line."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from drivers.load import RESERVE, Load, faster, late, load
from drivers.pace import pace
from drivers.profile import Channel, Device, Profile
from drivers.quantities import GASES, QUANTITIES
from drivers.registry import FRAMERS
from drivers.schedule import SAFETY
from drivers.serial_line import BEAT
from gateway.config.findings import Finding
from gateway.config.library import Library
from gateway.config.model import NO_UNIT, Bus, ChannelFile, DeviceFile
from gateway.config.shape import Shaped
from gateway.config.source import Source

FIRE_PERIOD, PERIOD = 1_000, 5_000  # ms, when the site does not say
# Slowest period, ms. Fire: its guaranteed slot. Safety: three periods within 30 s (D10). The rest: three periods and the
# longest on-delay of a no-data rule, 30 s, within the 100 s of R5.
FIRE_SLOWEST, SAFETY_SLOWEST, SLOWEST = 2_000, 10_000, 20_000
WARN, REFUSE = 0.8, 1.0  # share of a line's time


def devices(source: Source, shaped: Shaped, library: Library) -> tuple[dict[int, Device], list[Finding]]:
    """Place in the file -> Device, of every device whose profile is known; a period too slow is a finding."""
    made, findings = {}, []
    assert shaped.file is not None
    for n, file in zip(shaped.index.get("devices", ()), shaped.file.devices, strict=True):
        if file.profile not in library.profiles:
            continue
        profile = _changed(library.profiles[file.profile], file)
        kinds = [c.quantity for c in profile.channels]
        fire = any(QUANTITIES[k].fire for k in kinds)
        if profile.framed:  # told at once, and repeated
            made[n] = Device(
                file.id, profile, file.bus, profile.unit if file.unit == NO_UNIT else file.unit, BEAT, file.address
            )
            continue
        period = file.period or (FIRE_PERIOD if fire else PERIOD)
        slowest, quantity = _slowest(kinds)
        if period > slowest:
            at, asked, limit = ("devices", n, "period"), f"{period / 1000:g}", f"{slowest / 1000:g}"
            findings.append(source.finding("CFG-034", at, device=file.id, quantity=quantity, period=asked, limit=limit))
        made[n] = Device(file.id, profile, file.bus, file.unit, period)
    return made, findings


def weigh(source: Source, shaped: Shaped, made: Sequence[Device]) -> list[Finding]:
    """Lines that are busy more than 80 % of their time, with the arithmetic; above 100 % they cannot do it.

    And lines on which a device that does not answer would make a fire point late.
    """
    findings = []
    assert shaped.file is not None
    for n, bus in zip(shaped.index.get("buses", ()), shaped.file.buses, strict=True):
        on_bus = [d for d in made if d.bus == bus.id]
        if not on_bus or bus.type in FRAMERS:
            continue
        line = pace(bus.type, bus.baud, bus.framing)
        weight = load(on_bus, line)
        if weight.share > WARN:
            code = "CFG-033" if weight.share > REFUSE else "CFG-050"
            zh, en = _advice(bus, on_bus, weight)
            share, sum_ = round(weight.share * 100), "; ".join(weight.lines)
            findings.append(
                source.finding(code, ("buses", n), bus=bus.id, share=share, arithmetic=sum_, advice_zh=zh, advice=en)
            )
        if found := late(on_bus, line):
            at = next(i for i, d in zip(shaped.index["devices"], shaped.file.devices, strict=True) if d.id == found.fire.id)
            findings.append(
                source.finding(
                    "CFG-075",
                    ("devices", at),
                    fire=found.fire.id,
                    slow=found.slow.id,
                    period=_seconds(found.fire.period),
                    holds=_seconds(found.holds),
                    own=_seconds(found.own),
                    age=_seconds(found.age),
                )
            )
    return findings


def _seconds(ms: int) -> str:
    return f"{ms / 1000:g}"


def _advice(bus: Bus, on_bus: Sequence[Device], weight: Load) -> tuple[str, str]:
    """What would bring the line under 80 %, in figures: zh, en."""
    times = max(2, math.ceil((weight.share - RESERVE) / (WARN - RESERVE)))
    zh, en = f"放长 period 到 {times} 倍，或分到 {times} 条线", f"periods × {times}, or {times} lines"
    if baud := faster(on_bus, bus.type, bus.baud, bus.framing, WARN):
        return f"波特率 {baud}，或{zh}", f"baud {baud}, or {en}"
    return zh, en


def _slowest(kinds: Sequence[str]) -> tuple[int, str]:
    """The slowest period these quantities bear, and the one that bears least."""
    limits = {k: FIRE_SLOWEST if QUANTITIES[k].fire else SAFETY_SLOWEST if k in SAFETY else SLOWEST for k in kinds}
    return min(((limit, kind) for kind, limit in limits.items()), default=(SLOWEST, "-"))


def _changed(profile: Profile, file: DeviceFile) -> Profile:
    channels = tuple(c for channel in profile.channels for c in _channel(channel, file.channels))
    kept = {"", *(c.id for c in channels)}
    return dataclasses.replace(profile, channels=channels, outputs=tuple(o for o in profile.outputs if o.readback in kept))


def _channel(channel: Channel, changes: Mapping[str, ChannelFile]) -> tuple[Channel, ...]:
    """The channel as the site has it: changed, as it was, or none. `invert: true` turns round what the profile says."""
    change = changes.get(channel.id)
    if change is None:
        return (channel,)
    if change.off:
        return ()
    quantity = change.quantity if change.quantity in QUANTITIES else None
    invert = channel.invert is not bool(change.invert)
    gas = change.gas if change.gas in GASES else channel.gas
    name, quantity = change.name or channel.name, quantity or channel.quantity
    return (dataclasses.replace(channel, quantity=quantity, name=name, invert=invert, gas=gas),)
