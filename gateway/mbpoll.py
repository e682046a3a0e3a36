"""The command line of mbpoll that asks or switches the same, for whoever wants a second opinion. Text only."""

from __future__ import annotations

import struct

from drivers.modbus.frames import rtu_frame
from drivers.plan import Read
from drivers.switch import Output
from gateway.site import BusConfig

TABLE = {"coil": "0", "discrete": "1", "input": "3", "holding": "4"}
PARITY = {"N": "none", "E": "even", "O": "odd"}
WRITTEN = {5: "0", 6: "4"}  # function -> the table by whose name mbpoll writes one value with it


def mbpoll(bus: BusConfig, unit: int, read: Read) -> str:
    """Asks `read`. What mbpoll cannot do (see `_line`) is said in a comment."""
    return _line(bus, f"-0 -1 -a {unit} -t {TABLE[read.space]} -r {read.address} -c {read.count}")


def mbpoll_switch(bus: BusConfig, unit: int, output: Output, on: bool) -> str:
    """Writes what the gateway writes. mbpoll knows functions 5 and 6 of one value: any other frame is given in hex, in a comment."""
    table, word = WRITTEN.get(output.function), output.on if on else output.off
    if output.raw(on) or table is None:
        pdu = output.raw(on) or struct.pack(">BHHBH", output.function, output.address, 1, 2, word)
        frame = rtu_frame(unit, pdu).hex(" ").upper()
        return f"# mbpoll 不会发这样的帧 · cannot send this frame: {frame}"
    return _line(bus, f"-0 -a {unit} -t {table} -r {output.address}", str(int(word > 0) if output.function == 5 else word))


def _line(bus: BusConfig, what: str, value: str = "") -> str:
    """mbpoll counts addresses from 1 unless told `-0`; it knows RTU on a port and Modbus TCP, not RTU through a serial server."""
    if bus.type == "modbus-rtu":
        parity = PARITY.get(bus.framing[1])
        if parity is None:
            return f"# mbpoll 没有 mark、space 校验 · knows no mark or space parity {bus.port} {bus.framing}"
        return f"mbpoll -m rtu -b {bus.baud} -P {parity} -s {bus.framing[2]} {what} {bus.port} {value}".rstrip()
    if bus.type == "modbus-rtu-tcp":
        return f"# mbpoll 不会经串口服务器透传 · cannot ask through a serial server {bus.host}:{bus.tcp_port}"
    return f"mbpoll -m tcp -p {bus.tcp_port} {what} {bus.host} {value}".rstrip()
