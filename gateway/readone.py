"""One read of one device as the command line and the page show it, with the mbpoll lines that ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drivers.pace import pace
from drivers.plan import Read, plans
from drivers.poller import Poller
from drivers.profile import Device
from drivers.quantities import QUANTITIES
from drivers.reading import Reading
from drivers.registry import FRAMERS, open_bus
from gateway.bustask import BusTask, serial_line
from gateway.clock import SystemClock
from gateway.mbpoll import mbpoll
from gateway.site import BusConfig, Site


def read_json(site: Site, device: Device, readings: Sequence[Reading], frames: Sequence[tuple[bytes, bytes]]) -> dict[str, Any]:
    """`data` of the question `read` of docs/local-socket.md."""
    bus = next(b for b in site.buses if b.id == device.bus)
    quantity = {device.point(c.id): QUANTITIES[c.quantity] for c in device.profile.channels}
    return {
        "device": device.id,
        "readings": [
            {
                "point": r.point,
                "value": r.value,
                "quality": r.quality.name.lower(),
                "fault": r.fault,
                "unit": quantity[r.point].unit if r.point in quantity else "",
            }
            for r in readings
        ],
        "frames": [{"tx": tx.hex(" "), "rx": rx.hex(" ")} for tx, rx in frames],
        "mbpoll": [mbpoll(bus, device.unit, read) for read in _plan(site, bus, device)],
    }


def _plan(site: Site, bus: BusConfig, device: Device) -> tuple[Read, ...]:
    """As `run` asks it: the other devices of its line have their say."""
    return plans([d for d in site.devices if d.bus == bus.id], pace(bus.type, bus.baud, bus.framing))[device.id]


async def read_alone(site: Site, device_id: str) -> dict[str, Any]:
    """Open the device's line ourselves (no `run` lives), read once, close. Raises KeyError for an unknown device."""
    device = next(d for d in site.devices if d.id == device_id)
    config = next(b for b in site.buses if b.id == device.bus)
    if config.type in FRAMERS:
        line: BusTask = serial_line(site, config, lambda readings: None, SystemClock())
    else:
        bus = open_bus(config.type, config.settings, config.host, config.tcp_port)
        beat = pace(config.type, config.baud, config.framing)
        line = Poller(config.id, bus, [device], lambda readings: None, SystemClock(), beat)
    try:
        readings, frames = await line.once(device.id)
    finally:
        await line.close()
    return read_json(site, device, readings, frames)
