"""The printed mbpoll line: what it knows, and a comment where it knows nothing."""

from __future__ import annotations

import pytest

from drivers.plan import Read
from gateway.mbpoll import mbpoll
from gateway.site import BusConfig

READ = Read("holding", 4, 2, ("x",))


@pytest.mark.parametrize(
    "bus, line",
    [
        (
            BusConfig("a", "modbus-rtu", "/dev/x", 19200, "8E1"),
            "mbpoll -m rtu -b 19200 -P even -s 1 -0 -1 -a 7 -t 4 -r 4 -c 2 /dev/x",
        ),
        (BusConfig("b", "modbus-tcp", host="h", tcp_port=503), "mbpoll -m tcp -p 503 -0 -1 -a 7 -t 4 -r 4 -c 2 h"),
    ],
)
def test_line(bus: BusConfig, line: str) -> None:
    assert mbpoll(bus, 7, READ) == line


@pytest.mark.parametrize(
    "bus", [BusConfig("a", "modbus-rtu", "/dev/x", framing="8M1"), BusConfig("b", "modbus-rtu-tcp", host="h")]
)
def test_what_mbpoll_cannot_ask_is_said_in_a_comment(bus: BusConfig) -> None:
    assert mbpoll(bus, 7, READ).startswith("# mbpoll")
