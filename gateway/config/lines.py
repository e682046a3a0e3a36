"""Lines of the protocols in drivers/registry.py FRAMERS: does each have its panel, do addresses and profiles fit? Findings only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from drivers.registry import FRAMERS
from gateway.config.findings import Finding
from gateway.config.library import Library
from gateway.config.model import NO_UNIT, Bus, DeviceFile
from gateway.config.shape import Shaped
from gateway.config.source import Path_, Source

R5 = 100_000  # ms within which silence must be a fault
HEADS = {"megatec-ups": "megatec-ups"}  # line type -> profile of its head, where it is no fire panel
UNIT = ("gst-crt",)  # lines whose head has an address that we send


def line_of(bus: Bus) -> tuple[int, str]:
    """Baud and framing: what the site says, else what the protocol's document says."""
    protocol, given = FRAMERS[bus.type], bus.model_fields_set
    return bus.baud if "baud" in given else protocol.baud, bus.framing if "framing" in given else protocol.framing


def lines(source: Source, shaped: Shaped, library: Library) -> list[Finding]:
    """Everything that only these lines can have wrong. What names nothing (a bus, a profile) is the resolver's."""
    assert shaped.file is not None
    devices = [(("devices", n), d) for n, d in zip(shaped.index.get("devices", ()), shaped.file.devices, strict=True)]
    found: list[Finding] = []
    for n, bus in zip(shaped.index.get("buses", ()), shaped.file.buses, strict=True):
        own = [(at, d) for at, d in devices if d.bus == bus.id]
        if bus.type in FRAMERS:
            complete = "devices" not in shaped.blind and not shaped.lost.get("devices")
            found += _line(source, ("buses", n), bus, own, complete)
            found += _profiles(source, bus, own, library)
        else:
            found += _modbus(source, ("buses", n), bus, own, library)
    return found


def _line(
    source: Source, at: Path_, bus: Bus, devices: Sequence[tuple[Path_, DeviceFile]], complete: bool
) -> Iterator[Finding]:
    protocol = FRAMERS[bus.type]
    if protocol.head and complete and all(d.address for _, d in devices):
        yield source.finding("CFG-061", at, bus=bus.id, type=bus.type, profile=HEADS.get(bus.type, "fire-panel"))
    silence = protocol.silence if bus.silence is None else bus.silence
    if not silence:
        yield source.finding("CFG-065", (*at, "type"), bus=bus.id, type=bus.type)
    elif silence > R5:
        yield source.finding("CFG-066", (*at, "silence"), bus=bus.id, silence=f"{silence / 1000:g}")
    taken: dict[str, str] = {}
    for where, device in devices:
        address = device.address
        if not address and source.written((*where, "address")):
            continue  # written, and complained of already
        if not re.fullmatch(protocol.address, address) and (address or not protocol.head):
            example = f'"{protocol.example}"' if protocol.example else "-"
            yield source.finding(
                "CFG-062", (*where, "address"), device=device.id, type=bus.type, value=address or "-", example=example
            )
        elif (other := taken.setdefault(address, device.id)) != device.id:
            yield source.finding("CFG-063", (*where, "address"), bus=bus.id, value=address or "-", other=other)
        if device.unit != NO_UNIT and (address or bus.type not in UNIT):
            yield source.finding("CFG-067", (*where, "unit"), key=True, name="unit", type=bus.type)
        if device.period is not None:
            yield source.finding("CFG-067", (*where, "period"), key=True, name="period", type=bus.type)


def _profiles(source: Source, bus: Bus, devices: Sequence[tuple[Path_, DeviceFile]], library: Library) -> Iterator[Finding]:
    for where, device in devices:
        profile = library.profiles.get(device.profile)
        if profile is None:
            continue
        strange = {c.signal for c in profile.channels} - FRAMERS[bus.type].signals
        lonely = device.address and any(c.unlisted for c in profile.channels)
        if strange or lonely:
            yield source.finding("CFG-064", (*where, "profile"), profile=profile.id, type=bus.type)


def _modbus(
    source: Source, at: Path_, bus: Bus, devices: Sequence[tuple[Path_, DeviceFile]], library: Library
) -> Iterator[Finding]:
    if bus.silence is not None:
        yield source.finding("CFG-067", (*at, "silence"), key=True, name="silence", type=bus.type)
    for where, device in devices:
        if device.address:
            yield source.finding("CFG-067", (*where, "address"), key=True, name="address", type=bus.type)
        profile = library.profiles.get(device.profile)
        if profile is not None and (profile.framed or bus.type == "http-snapshot"):
            yield source.finding("CFG-064", (*where, "profile"), profile=profile.id, type=bus.type)
