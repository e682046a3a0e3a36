"""What the machine tells of itself, read below a root that a test may make. Numbers only: no limits, no alarms, no clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

MB = 1 << 20
GET_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
# Raspberry Pi documentation, vcgencmd get_throttled: 0 under-voltage now; 1 frequency capped, 2 throttled, 3 soft heat limit now.
UNDER_VOLTAGE, SLOWED = 0x1, 0xE
RESERVES = ("journal.reserve", "readings.reserve")


class Machine:
    """One reading per call. None: this machine does not tell. Raises OSError or ValueError when it did and no longer can."""

    def __init__(self, data: Path, root: Path = Path("/")) -> None:
        """`data`: the data folder, whose partition counts. `root`: where proc and sys lie."""
        self._data, self._proc, self._root = data, root / "proc", root
        self._cpu = (0, 0)  # idle and all ticks at the last look

    def readers(self) -> Mapping[str, Callable[[], float | None]]:
        """By channel of gateway.boxpoints."""
        return {
            "disk": self.free_space,
            "reserve": self.reserve,
            "memory": self.free_memory,
            "cpu": self.busy,
            "temperature": self.hottest,
            "supply": lambda: self._throttled(UNDER_VOLTAGE),
            "throttled": lambda: self._throttled(SLOWED),
            "rss": self.resident,
            "files": self.open_files,
            "threads": self.threads,
            "wal": self.wal,
        }

    def told(self) -> frozenset[str]:
        """The channels that this machine can tell now."""
        return frozenset(channel for channel, read in self.readers().items() if _tells(read))

    def free_space(self) -> float | None:
        """% of the data partition that the service may still fill."""
        room = os.statvfs(self._data)
        return 100 * room.f_bavail / room.f_blocks if room.f_blocks else None

    def reserve(self) -> float:
        """1 while the room kept for alarms on a full disk is held for both databases."""
        return float(all((self._data / name).exists() for name in RESERVES))

    def free_memory(self) -> float | None:
        """% of memory that programs can still get (proc(5), MemAvailable)."""
        lines = _lines(self._proc / "meminfo")
        if lines is None:
            return None
        kb = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if rest}
        return 100 * kb["MemAvailable"] / kb["MemTotal"] if "MemAvailable" in kb else None

    def busy(self) -> float | None:
        """% of all processors' time that was used since the last call; at the first, since the machine's boot."""
        lines = _lines(self._proc / "stat")
        if not lines:
            return None
        ticks = [int(word) for word in lines[0].split()[1:9]]  # user nice system idle iowait irq softirq steal
        (idle, total), before = (ticks[3] + ticks[4], sum(ticks)), self._cpu
        self._cpu = idle, total
        span = total - before[1]
        return 100 * (1 - (idle - before[0]) / span) if span > 0 else 0.0

    def hottest(self) -> float | None:
        """°C of the hottest thermal zone."""
        zones = [int(path.read_text()) / 1000 for path in self._root.glob("sys/class/thermal/thermal_zone*/temp")]
        return max(zones, default=None)

    def resident(self) -> float | None:
        """MB of memory that this process holds."""
        lines = _lines(self._proc / "self/statm")
        return int(lines[0].split()[1]) * os.sysconf("SC_PAGESIZE") / MB if lines else None

    def open_files(self) -> float | None:
        folder = self._proc / "self/fd"
        return float(sum(1 for _ in folder.iterdir())) if folder.is_dir() else None

    def threads(self) -> float | None:
        lines = _lines(self._proc / "self/status") or []
        return next((float(line.split()[1]) for line in lines if line.startswith("Threads:")), None)

    def wal(self) -> float:
        """MB of the databases' write-ahead logs together."""
        return sum(path.stat().st_size for path in self._data.glob("*.db-wal")) / MB

    def _throttled(self, bits: int) -> float | None:
        lines = _lines(self._root / GET_THROTTLED)
        return float(bool(int(lines[0], 16) & bits)) if lines else None


def _lines(path: Path) -> list[str] | None:
    """The file's lines, or None when there is no such file."""
    try:
        return path.read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _tells(read: Callable[[], float | None]) -> bool:
    try:
        return read() is not None
    except (OSError, ValueError):
        return True  # it is there and broken: that is a fault, not an absence
