"""The peer: modpoll 1.6.0 in an environment of its own, set to read the same values from the same field."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.parts import CACHE
from tests.bench.site import DEVICES

MODPOLL = ("modpoll==1.6.0", "pyserial==3.5")  # without pyserial it opens no serial line


def modpoll_command(folder: Path, tcp: int, mqtt: int) -> list[str]:
    """The 50 × 20 values of a Modbus TCP host."""
    values = [f"ref,v{n},{n},uint16,r" for n in range(5, 22)]
    return _command(
        folder,
        DEVICES,
        22,
        ["ref,chg,1,uint32,r", "ref,rd,3,uint32,r", *values],
        ["--tcp", "127.0.0.1", "--tcp-port", str(tcp)],
        mqtt,
    )


def modpoll_line(folder: Path, port: Path, baud: int, units: int, registers: int, time_out: float, mqtt: int) -> list[str]:
    """The first `registers` of each unit of a serial line."""
    line = ["--serial", str(port), "--serial-baud", str(baud), "--timeout", str(time_out)]
    return _command(folder, units, registers, [f"ref,v{n},{n},uint16,r" for n in range(1, registers)], line, mqtt)


def _command(folder: Path, units: int, registers: int, names: list[str], line: list[str], mqtt: int) -> list[str]:
    """The command that reads every unit once a second; [] when it cannot be installed here.

    MQTT 5 and interval 0: with its defaults it stops at start, and waits between devices.
    """
    venv = CACHE / "modpoll-serial"
    if not venv.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        if subprocess.run([venv / "bin/pip", "install", "-q", *MODPOLL], check=False).returncode:
            shutil.rmtree(venv)
            return []
    rows = []
    for unit in range(1, units + 1):
        rows += [f"device,d{unit},{unit},,", f"poll,holding_register,0,{registers},BE_BE", "ref,seq,0,uint16,r", *names]
    config = folder / "modpoll.csv"
    config.write_text("\n".join(rows) + "\n")
    return [
        str(venv / "bin/modpoll"), *line, "-f", str(config), "-r", "1", "--interval", "0",
        "--mqtt-host", "127.0.0.1", "--mqtt-port", str(mqtt), "--mqtt-version", "5.0",
        "--mqtt-publish-topic-pattern", "modpoll/{{device_name}}", "--mqtt-qos", "1",
    ]  # fmt: skip
