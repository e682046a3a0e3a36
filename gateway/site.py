"""Site: the compiled configuration as `run` loads it. Plain dataclasses: no YAML, no pydantic, quick to start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alerts.plant import Plant
from drivers.profile import Device


@dataclass(frozen=True, slots=True)
class BusConfig:
    """One line. type: modbus-rtu (port, baud, framing) | modbus-tcp (host, tcp_port) | modbus-rtu-tcp (host, tcp_port)."""

    id: str
    type: str
    port: str = ""
    baud: int = 9600
    framing: str = "8N1"
    host: str = ""
    tcp_port: int = 502


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


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """One way to reach people: a row of alerts.registry.CHANNELS and its settings (url, secret_file, ...)."""

    id: str
    type: str
    settings: Mapping[str, str] = field(default_factory=dict)


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
    warnings: tuple[str, ...] = ()
