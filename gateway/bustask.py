"""A line of the site as the task that runs it: a Poller where Modbus is spoken, a SerialLine elsewhere. Wiring only."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from alerts.channels import secrets
from drivers.camera import Camera
from drivers.pace import pace
from drivers.poller import Emit, Poller
from drivers.proof import Proven
from drivers.reading import Clock
from drivers.registry import FRAMERS, open_bus
from drivers.serial_line import SerialLine
from drivers.snapshot import Source
from gateway.site import BusConfig, Site

BusTask = Poller | SerialLine | Camera


def open_task(site: Site, bus: BusConfig, emit: Emit, clock: Clock) -> BusTask:
    """Not opened yet: `run` does that."""
    if bus.type in FRAMERS:
        return serial_line(site, bus, emit, clock)
    if bus.type == "http-snapshot":
        return Camera(bus.id, Source(bus.url, bus.user, partial(_password, bus.password_file)), emit, clock)
    on = {b.id: [d for d in site.devices if d.bus == b.id] for b in site.buses}
    line = open_bus(bus.type, bus.settings, bus.host, bus.tcp_port)
    if bus.type == "modbus-rtu":
        others = {b.id: on[b.id] for b in site.buses if b.type == bus.type and b.id != bus.id}
        line = Proven(line, bus.id, on[bus.id], others)
    return Poller(bus.id, line, on[bus.id], emit, clock, pace(bus.type, bus.baud, bus.framing))


def serial_line(site: Site, bus: BusConfig, emit: Emit, clock: Clock) -> SerialLine:
    """With all devices of the line: what belongs to whom is only known together."""
    protocol = FRAMERS[bus.type]
    if bus.silence:
        protocol = replace(protocol, silence=bus.silence)
    own = [d for d in site.devices if d.bus == bus.id]
    return SerialLine(bus.id, protocol, bus.settings, own, emit, clock, ZoneInfo(site.plant.timezone))


def _password(file: str) -> str:
    """What is in the file, "" without one. Raises OSError, ValueError."""
    return secrets.content(file).strip() if file else ""
