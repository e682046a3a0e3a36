"""Site: the compiled configuration as `run` loads it. Plain dataclasses: no YAML, no pydantic, quick to start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from alerts.plant import Plant
from drivers.framing import PortSettings
from drivers.profile import Device, Profile
from gateway.jsonable import from_jsonable, to_jsonable

VERSION = 2  # of the compiled form; raised when an older `run` could not read it


@dataclass(frozen=True, slots=True)
class BusConfig:
    """One line. type: a row of drivers.registry.FRAMERS (port, baud, framing, rs485, silence) |
    modbus-rtu (port, baud, framing, rs485) | modbus-tcp (host, tcp_port) | modbus-rtu-tcp (host, tcp_port) |
    http-snapshot (url, user, password_file): a camera, which is a line of its own without devices.
    """

    id: str
    type: str
    port: str = ""
    baud: int = 9600
    framing: str = "8N1"
    host: str = ""
    tcp_port: int = 502
    rs485: str = "none"
    url: str = ""
    user: str = ""
    password_file: str = ""
    silence: int = 0  # ms after which a line protocol's line counts as dead; 0: as its row in FRAMERS says

    @property
    def settings(self) -> PortSettings:
        """With what its serial port is opened."""
        return PortSettings(self.port, self.baud, self.framing, self.rs485)


@dataclass(frozen=True, slots=True)
class UplinkConfig:
    """The broker. `confirm` is "receipt" (ours) or "puback" (a foreign consumer). Secrets are file names, never values."""

    host: str = ""
    port: int = 8883
    client_id: str = ""
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    user: str = ""
    password_file: str = ""
    confirm: str = "receipt"
    command_key: str = ""  # file of the key that proves the bureau's commands; without it none is obeyed


@dataclass(frozen=True, slots=True)
class DatabaseConfig:
    """Where the history of other boxes is read. style: influxql (InfluxDB 1.x, 2.x, 3.x) | promql. The secret is a file's name."""

    style: str = ""
    url: str = ""
    db: str = ""
    token_file: str = ""


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """One way to reach people: a row of alerts.registry.CHANNELS and its settings (url, secret_file, ...)."""

    id: str
    type: str
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Township:
    """`outline`: its border as (longitude, latitude) in degrees, for the map; empty: none is drawn."""

    id: str
    name: str
    outline: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class School:
    """One school of a bureau: its box speaks under `district`/`id`. `command_key`: file of the key that proves commands to it."""

    id: str
    district: str
    name: str
    short: str
    at: tuple[float, float] | None = None  # longitude, latitude
    phone: str = ""
    command_key: str = ""


@dataclass(frozen=True, slots=True)
class FireTest:
    """R33: of which point a fire is simulated twice a month, at which local minute, in whose name. No `point`: none."""

    point: str = ""
    at: int = 0
    person: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    v: int
    district: str
    source: str  # the YAML it was compiled from
    source_hash: str
    data: str  # folder of journal.db, readings.db, sockets
    plant: Plant
    buses: tuple[BusConfig, ...]
    devices: tuple[Device, ...]
    uplink: UplinkConfig
    channels: tuple[ChannelConfig, ...]
    speech: str = ""  # the command that plays a WAV from its standard input in the guard room; "": nothing is spoken
    fire_test: FireTest = FireTest()
    warnings: tuple[str, ...] = ()
    database: DatabaseConfig = DatabaseConfig()
    townships: tuple[Township, ...] = ()
    schools: tuple[School, ...] = ()  # of a bureau; empty everywhere else
    compiled_by: str = ""  # the account that compiled it: who answers for its set-points


def site_to_json(site: Site) -> str:
    return json.dumps(to_jsonable(site), ensure_ascii=False, separators=(",", ":"))


def site_from_json(text: str) -> Site:
    """Raises ValueError when the text is not a compiled site of this version."""
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("v") != VERSION:
        raise ValueError(f"not a compiled site of version {VERSION}: compile it again with `campus-gateway check`")
    site = from_jsonable(Site, data)
    return replace(site, devices=_sharing(site.devices))


def _sharing(devices: tuple[Device, ...]) -> tuple[Device, ...]:
    """Equal profiles become one object: a school has many devices of few models."""
    known: list[Profile] = []
    shared = []
    for device in devices:
        profile = next((one for one in known if one == device.profile), device.profile)
        if profile is device.profile:
            known.append(profile)
        shared.append(replace(device, profile=profile))
    return tuple(shared)
