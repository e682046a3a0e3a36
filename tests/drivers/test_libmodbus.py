"""Our master against an independent implementation: a server made of libmodbus, over TCP and over RTU on a pty."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.bus import Bus, NoAnswer, Refused
from drivers.framing import PortSettings
from drivers.registry import open_bus

SOURCE = Path(__file__).parent / "libmodbus_server.c"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("libmodbus") / "server"
    assert shutil.which("gcc"), "gcc is missing: sudo apt-get install gcc libmodbus-dev"
    built = subprocess.run(
        ["gcc", "-Wall", "-o", target, SOURCE, "-I/usr/include/modbus", "-lmodbus"], capture_output=True, text=True
    )
    assert built.returncode == 0, f"sudo apt-get install libmodbus-dev\n{built.stderr}"
    return target


def started(*command: object) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


class Cable(threading.Thread):
    """Two ptys, joined: what goes into one comes out of the other."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        pairs = [os.openpty(), os.openpty()]
        for _, slave in pairs:
            tty.setraw(slave)
        self._masters = [master for master, _ in pairs]
        self._slaves = [slave for _, slave in pairs]
        self.ends = [os.ttyname(slave) for slave in self._slaves]
        self._ending = threading.Event()
        self.start()

    def run(self) -> None:
        one, two = self._masters
        while not self._ending.is_set():
            for near in select.select([one, two], [], [], 0.05)[0]:
                os.write(two if near == one else one, os.read(near, 512))

    def close(self) -> None:
        self._ending.set()
        self.join()
        for fd in (*self._masters, *self._slaves):
            os.close(fd)


@pytest.fixture(params=["modbus-tcp", "modbus-rtu 115200 8N1", "modbus-rtu 19200 8E1"])
def line(request: pytest.FixtureRequest, program: Path) -> Iterator[tuple[str, Bus]]:
    kind, *settings = request.param.split()
    if kind == "modbus-tcp":
        server, port = started(program, "tcp")
        yield kind, open_bus("modbus-tcp", PortSettings(""), "127.0.0.1", int(port))
        server.kill()
        server.wait()
        return
    cable = Cable()
    baud, framing = int(settings[0]), settings[1]
    server, _ = started(program, "rtu", cable.ends[0], baud, framing[1])
    yield kind, open_bus("modbus-rtu", PortSettings(cable.ends[1], baud, framing), "", 0)
    server.kill()
    server.wait()
    cable.close()


async def test_our_master_reads_and_writes_a_libmodbus_server(line: tuple[str, Bus]) -> None:
    kind, bus = line
    frames: list[tuple[bytes, bytes]] = []
    try:
        assert await bus.read(7, "holding", 10, 5, latency=2000) == (1010, 1011, 1012, 1013, 1014)
        assert await bus.read(7, "input", 0, 100, latency=2000) == tuple(range(2000, 2100))
        assert await bus.read(7, "coil", 1, 11, latency=2000) == (0, 1) * 5 + (0,)
        assert await bus.read(7, "discrete", 0, 9, latency=2000) == (1, 0, 0) * 3
        for function, values in ((6, (4321,)), (16, (7, 8, 9))):
            await bus.write(7, function, 50, values, latency=2000)
            assert await bus.read(7, "holding", 50, len(values), latency=2000) == values
        for function, address, values, bits in ((5, 3, (0xFF00,), (1,)), (5, 3, (0,), (0,)), (15, 3, (1, 0, 1), (1, 0, 1))):
            await bus.write(7, function, address, values, latency=2000)
            assert await bus.read(7, "coil", address, len(bits), latency=2000) == bits
        with pytest.raises(Refused) as refused:
            await bus.read(7, "holding", 98, 5, latency=2000)
        assert refused.value.code == 2
        bus.trace = lambda sent, received: frames.append((sent, received))
        assert await bus.read(7, "holding", 0, 1, latency=2000) == (1000,)
        if kind == "modbus-rtu":  # the last question: after one for another unit libmodbus ignores the next frame
            with pytest.raises(NoAnswer):
                await bus.read(8, "holding", 0, 1, latency=50)
    finally:
        await bus.close()
    if kind == "modbus-rtu":
        (sent, received), silent = frames
        assert sent[:6].hex() == "070300000001" and received[:5].hex() == "07030203e8"
        assert silent[0][:2] == b"\x08\x03" and silent[1] == b"", "the trace shows silence too"
