"""The serial ports of this machine: lasting names, adapters, who holds them, may we. Looks, and opens nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KINDS = ("ttyUSB*", "ttyACM*", "ttyAMA*", "ttyS[0-9]*", "ttyAP*", "ttySC*", "ttymxc*")


@dataclass(frozen=True, slots=True)
class SerialPort:
    """`path` is what belongs in a site file: the by-path name where there is one. `holder`: program and pid, "" for nobody."""

    path: str
    device: str
    adapter: str
    holder: str
    allowed: bool
    lasting: bool


def serial_ports(root: Path = Path("/")) -> list[SerialPort]:
    """All of them, by name. `root` is another folder in tests."""
    dev, names = root / "dev", _by_path(root / "dev")
    holders = _holders(root / "proc")
    found = []
    for device in sorted({d for kind in KINDS for d in dev.glob(kind)}):
        if not _is_there(root, device):
            continue
        path = names.get(device.resolve(), "")
        found.append(
            SerialPort(
                path or str(device),
                str(device),
                _adapter(root, device),
                holders.get(str(device.resolve()), ""),
                os.access(device, os.R_OK | os.W_OK),
                bool(path),
            )
        )
    return found


def _by_path(dev: Path) -> dict[Path, str]:
    """device -> its name of /dev/serial/by-path, which says which socket the plug is in."""
    folder = dev / "serial" / "by-path"
    return {link.resolve(): str(link) for link in sorted(folder.iterdir())} if folder.is_dir() else {}


def _is_there(root: Path, device: Path) -> bool:
    """A PC lists ttyS0..31 whether there are such chips or not; those without have type 0."""
    kind = root / "sys/class/tty" / device.name / "type"
    try:
        return not device.name.startswith("ttyS") or not device.name[4:5].isdigit() or kind.read_text().strip() != "0"
    except OSError:
        return False


def _adapter(root: Path, device: Path) -> str:
    """Maker and product as the USB adapter tells them, else the driver's name."""
    place = (root / "sys/class/tty" / device.name / "device").resolve()
    for folder in (place, *list(place.parents)[:3]):
        words = [
            (folder / name).read_text(errors="replace").strip()
            for name in ("manufacturer", "product")
            if (folder / name).is_file()
        ]
        if words:
            return " ".join(words)
    driver = place / "driver"
    return driver.resolve().name if driver.exists() else ""


def _holders(proc: Path) -> dict[str, str]:
    """device -> program (pid) of who has it open, as far as we may see."""
    found: dict[str, str] = {}
    for pid in _pids(proc):
        try:
            targets = [os.readlink(link) for link in (proc / pid / "fd").iterdir()]
            name = (proc / pid / "comm").read_text().strip()
        except OSError:
            continue  # ended meanwhile, or another user's
        found |= {target: f"{name} (pid {pid})" for target in targets if "/tty" in target}
    return found


def _pids(proc: Path) -> Iterator[str]:
    return (p.name for p in proc.iterdir() if p.name.isdigit()) if proc.is_dir() else iter(())
