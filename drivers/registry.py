"""The tables of line types: name in the site file -> how it is opened and spoken. Data only."""

from __future__ import annotations

from collections.abc import Callable

from drivers.bus import Bus
from drivers.framers import gst_crt, megatec, wkly
from drivers.framers.gst5000 import Gst5000
from drivers.framers.gst_crt import GstCrt
from drivers.framers.ld128en import Ld128en
from drivers.framers.megatec import Megatec
from drivers.framers.nmea_fir import NmeaFir
from drivers.framers.telegram import PANEL, LineProtocol
from drivers.framers.wkly import Wkly
from drivers.framing import PortSettings
from drivers.modbus.rtu import RtuBus
from drivers.modbus.rtu_tcp import RtuTcpBus
from drivers.modbus.tcp import TcpBus

# type -> (serial port, host, tcp port) -> Bus
BUSES: dict[str, Callable[[PortSettings, str, int], Bus]] = {
    "modbus-rtu": lambda port, host, tcp_port: RtuBus(port),
    "modbus-tcp": lambda port, host, tcp_port: TcpBus(host, tcp_port),
    "modbus-rtu-tcp": lambda port, host, tcp_port: RtuTcpBus(host, tcp_port, port),
}


def open_bus(type: str, port: PortSettings, host: str, tcp_port: int) -> Bus:
    """The line, not yet opened: it opens itself with the first question, and again whenever it was lost."""
    return BUSES[type](port, host, tcp_port)


# type -> line protocol that is no Modbus: what each proves of its own life is the column `silence` (docs/panels.md)
FRAMERS: dict[str, LineProtocol] = {
    p.id: p
    for p in (
        LineProtocol(
            "gst5000-rs485", Gst5000, frozenset(PANEL), 2400, silence=100_000, address=r"\d{6}", example="365089"
        ),
        LineProtocol(
            "gst-crt", GstCrt, frozenset(PANEL), 2400, "8S1", gst_crt.writes,
            period=1_000, silence=10_000, marked=True, address=r"\d{6}", example="001004",
        ),
        LineProtocol("ld128en-printer", Ld128en, frozenset(PANEL), 9600, stamps=True, address=r"\d{3}-\d{3}", example="004-004"),
        LineProtocol(
            "nmea-fir", NmeaFir, frozenset(PANEL), 4800, stamps=True, address=r"[a-z0-9]{2}-\d{3}(-\d{3})?", example="aa-001-012"
        ),
        LineProtocol(
            "wkly-lock", Wkly, wkly.SIGNALS, 9600, "8N1", wkly.writes,
            period=1_000, image=True, silence=5_000, head=False, address=r"\d|[12]\d|3[01]", example="0",
        ),
        LineProtocol("megatec-ups", Megatec, megatec.SIGNALS, 2400, "8N1", megatec.writes, period=2_000, image=True, silence=10_000),
    )
}  # fmt: skip
