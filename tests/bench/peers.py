"""The peer: modpoll 1.6.0 in an environment of its own, set to read the same 50 × 20 values from the same field."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.parts import CACHE
from tests.bench.site import DEVICES

MODPOLL = "modpoll==1.6.0"


def modpoll_command(folder: Path, tcp: int, mqtt: int) -> list[str]:
    """The command that runs it; [] when it cannot be installed here.

    MQTT 5 and interval 0: with its defaults it stops at start, and waits between devices.
    """
    venv = CACHE / "modpoll"
    if not venv.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        if subprocess.run([venv / "bin/pip", "install", "-q", MODPOLL], check=False).returncode:
            shutil.rmtree(venv)
            return []
    names = ["ref,seq,0,uint16,r", "ref,chg,1,uint32,r", "ref,rd,3,uint32,r"]
    names += [f"ref,v{n},{n},uint16,r" for n in range(5, 22)]
    lines = []
    for unit in range(1, DEVICES + 1):
        lines += [f"device,d{unit},{unit},,", "poll,holding_register,0,22,BE_BE", *names]
    config = folder / "modpoll.csv"
    config.write_text("\n".join(lines) + "\n")
    return [
        str(venv / "bin/modpoll"), "--tcp", "127.0.0.1", "--tcp-port", str(tcp), "-f", str(config), "-r", "1",
        "--interval", "0", "--mqtt-host", "127.0.0.1", "--mqtt-port", str(mqtt), "--mqtt-version", "5.0",
        "--mqtt-publish-topic-pattern", "modpoll/{{device_name}}", "--mqtt-qos", "1",
    ]  # fmt: skip
