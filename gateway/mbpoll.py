"""The command line of mbpoll that asks the same question, for whoever wants a second opinion. Text only."""

from __future__ import annotations

from drivers.plan import Read
from gateway.site import BusConfig

TABLE = {"coil": "0", "discrete": "1", "input": "3", "holding": "4"}
PARITY = {"N": "none", "E": "even", "O": "odd"}


def mbpoll(bus: BusConfig, unit: int, read: Read) -> str:
    """mbpoll counts addresses from 1 unless told `-0`; it knows RTU on a port and Modbus TCP, not RTU through a serial server."""
    what = f"-0 -1 -a {unit} -t {TABLE[read.space]} -r {read.address} -c {read.count}"
    if bus.type == "modbus-rtu":
        parity = PARITY.get(bus.framing[1])
        if parity is None:
            return f"# mbpoll 没有 mark、space 校验 · knows no mark or space parity {bus.port} {bus.framing}"
        return f"mbpoll -m rtu -b {bus.baud} -P {parity} -s {bus.framing[2]} {what} {bus.port}"
    if bus.type == "modbus-rtu-tcp":
        return f"# mbpoll 不会经串口服务器透传 · cannot ask through a serial server {bus.host}:{bus.tcp_port}"
    return f"mbpoll -m tcp -p {bus.tcp_port} {what} {bus.host}"
