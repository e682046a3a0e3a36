"""The table of line types: name in the site file -> how it is opened. Data only."""

from __future__ import annotations

from collections.abc import Callable

from drivers.bus import Bus
from drivers.framing import PortSettings
from drivers.modbus.rtu import RtuBus
from drivers.modbus.tcp import RtuTcpBus, TcpBus

# type -> (serial port, host, tcp port) -> Bus
BUSES: dict[str, Callable[[PortSettings, str, int], Bus]] = {
    "modbus-rtu": lambda port, host, tcp_port: RtuBus(port),
    "modbus-tcp": lambda port, host, tcp_port: TcpBus(host, tcp_port),
    "modbus-rtu-tcp": lambda port, host, tcp_port: RtuTcpBus(host, tcp_port),
}


def open_bus(type: str, port: PortSettings, host: str, tcp_port: int) -> Bus:
    """The line, not yet opened: it opens itself with the first question, and again whenever it was lost."""
    return BUSES[type](port, host, tcp_port)
