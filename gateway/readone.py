"""One read of one device as the command line and the page show it, with the mbpoll lines that ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drivers.plan import Read, plan
from drivers.poller import Poller
from drivers.profile import Device
from drivers.quantities import QUANTITIES
from drivers.reading import Reading
from drivers.registry import open_bus
from gateway.clock import SystemClock
from gateway.site import BusConfig, Site

TABLE = {"coil": "0", "discrete": "1", "input": "3", "holding": "4"}
PARITY = {"N": "none", "E": "even", "O": "odd", "M": "none", "S": "none"}  # mbpoll knows no mark and no space


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
        "mbpoll": [mbpoll(bus, device, read) for read in plan(device.profile)],
    }


def mbpoll(bus: BusConfig, device: Device, read: Read) -> str:
    """The command with which any libmodbus user asks the same question. mbpoll counts from 1 unless told `-0`."""
    what = f"-0 -1 -a {device.unit} -t {TABLE[read.space]} -r {read.address} -c {read.count}"
    if bus.type == "modbus-rtu":
        parity = PARITY[bus.framing[1]]
        return f"mbpoll -m rtu -b {bus.baud} -P {parity} -s {bus.framing[2]} {what} {bus.port}"
    return f"mbpoll -m tcp -p {bus.tcp_port} {what} {bus.host}"


async def read_alone(site: Site, device_id: str) -> dict[str, Any]:
    """Open the device's line ourselves (no `run` lives), read once, close. Raises KeyError for an unknown device."""
    device = next(d for d in site.devices if d.id == device_id)
    config = next(b for b in site.buses if b.id == device.bus)
    bus = open_bus(config.type, config.settings, config.host, config.tcp_port)
    poller = Poller(config.id, bus, [device], lambda readings: None, SystemClock())
    try:
        readings, frames = await poller.once(device.id)
    finally:
        await bus.close()
    return read_json(site, device, readings, frames)
