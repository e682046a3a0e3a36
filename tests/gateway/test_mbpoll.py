"""The printed mbpoll line: what it knows, and a comment where it knows nothing."""

from __future__ import annotations

import pytest

from drivers.plan import Read
from drivers.switch import Output
from gateway.mbpoll import mbpoll, mbpoll_switch
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


COIL = Output("do-1", 5, 16, 0xFF00, 0, "do-1")
WORD = Output("fan", 6, 3, 2, 1, "fan")
TCP = BusConfig("b", "modbus-tcp", host="h", tcp_port=503)


@pytest.mark.parametrize(
    "bus, output, on, line",
    [
        (TCP, COIL, True, "mbpoll -m tcp -p 503 -0 -a 7 -t 0 -r 16 h 1"),
        (TCP, COIL, False, "mbpoll -m tcp -p 503 -0 -a 7 -t 0 -r 16 h 0"),
        (TCP, WORD, True, "mbpoll -m tcp -p 503 -0 -a 7 -t 4 -r 3 h 2"),
        (BusConfig("a", "modbus-rtu", "/dev/x"), WORD, False, "mbpoll -m rtu -b 9600 -P none -s 1 -0 -a 7 -t 4 -r 3 /dev/x 1"),
    ],
)
def test_switching_writes_what_the_gateway_writes(bus: BusConfig, output: Output, on: bool, line: str) -> None:
    assert mbpoll_switch(bus, 7, output, on) == line


@pytest.mark.parametrize(
    "output, frame",
    [
        (Output("sound", raw_on="10 00 1A 00 01 01", raw_off="10 00 1A 00 01 00"), "07 10 00 1A 00 01 01 A8 18"),
        (Output("fan", 16, 3, 2, 1, "fan"), "07 10 00 03 00 01 02 00 02"),
    ],
)
def test_a_frame_that_mbpoll_cannot_send_is_given_in_hex(output: Output, frame: str) -> None:
    text = mbpoll_switch(BusConfig("a", "modbus-rtu", "/dev/x"), 7, output, True)
    assert text.startswith("# mbpoll") and frame in text
