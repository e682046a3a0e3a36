"""The only file that asks the time: wall and boot clock, whether the wall clock is to be trusted, and this boot's id."""

from __future__ import annotations

import ctypes
import time
from contextlib import suppress
from pathlib import Path

from drivers.reading import Now

_TIMEX_BYTES = 256  # struct timex is 208 bytes on 64-bit Linux, 128 on 32-bit
_LONG = ctypes.sizeof(ctypes.c_long)  # also the offset of timex.offset, after `modes`
_STATUS = 40 if _LONG == 8 else 20  # offset of timex.status
_STA_UNSYNC = 0x0040
_STA_NANO = 0x2000  # timex.offset counts ns, else us
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MS = 1_000_000
_LIBC = ctypes.CDLL(None, use_errno=True)

SET_FILE = "clock.set"  # boot and wall - mono (ms) of a clock that was right
OK_COUNTS = 1000  # ms
HELD = 30_000  # ms that a clock which was right may have been stepped since (R29)


def boot_id() -> str:
    """The kernel's id of this boot; another value means that monotonic times of before do not compare."""
    return _BOOT_ID.read_text().strip()


def kernel_synced() -> bool:
    """Does the kernel say that a time service disciplines the wall clock (adjtimex without STA_UNSYNC)?"""
    return kernel_offset() is not None


def kernel_offset() -> float | None:
    """Seconds that the kernel has still to slew, as its time service told it; None when no service disciplines the clock."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    state: int = _LIBC.adjtimex(buffer)
    status = int.from_bytes(buffer.raw[_STATUS : _STATUS + 4], "little")
    if state < 0 or status & _STA_UNSYNC:
        return None
    offset = int.from_bytes(buffer.raw[_LONG : 2 * _LONG], "little", signed=True)
    return offset / (1e9 if status & _STA_NANO else 1e6)


class SystemClock:
    """drivers.reading.Clock over the machine's clocks.

    What was right once in this boot stays so while nobody steps it: the kernel takes its word back nine hours after the last answer of
    a time server, and a quartz loses seconds in a week. `data` is the box's data folder: there the word outlives this process, and a
    person gives his (`mark_set`). `assume_ok` is for machines whose kernel cannot know, such as a container under a disciplined host.
    """

    def __init__(self, data: Path | None = None, *, assume_ok: bool = False) -> None:
        self._set_file = data / SET_FILE if data else None
        self._assume_ok = assume_ok
        self._boot = boot_id()
        self._ok, self._ok_until = False, 0
        self._right: int | None = None  # wall - mono when the kernel said so last
        self._said = self._read()  # the same, as the file has it
        self._shift: int | None = None  # wall - mono when `error` was last asked and the clock was right

    @property
    def boot(self) -> str:
        return self._boot

    def now(self) -> Now:
        """Both clocks in whole ms; `mono` is CLOCK_BOOTTIME, which counts through suspend."""
        return Now(time.time_ns() // _MS, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // _MS)

    def state(self) -> str:
        """synced | set | unknown. `set`: right once in this boot, by a time service or a person's word; without power the time is lost."""
        if self._assume_ok or kernel_synced():
            self._right = self._offset()
            return "synced"
        return "set" if self._holds(self._right) or self._holds(self._said) else "unknown"

    def look(self) -> None:
        """Touches the disk, so from a thread: reads what a person has said since, writes for a later process that the clock is right."""
        self._said = self._read()
        if self._set_file is not None and kernel_synced() and not self._holds(self._said):
            with suppress(OSError):  # a disk that takes nothing is told elsewhere
                self.mark_set()

    def ok(self) -> bool:
        """Asked with every reading, so the kernel's answer counts for a second."""
        mono = self.now().mono
        if mono >= self._ok_until:
            self._ok, self._ok_until = self.state() != "unknown", mono + OK_COUNTS
        return self._ok

    def error(self) -> float:
        """How far off the wall clock is, s: what the time service still has to slew, or how far it was stepped since the last
        call although it had counted as right (R29). A step out of `unknown` is no error: it was known to be wrong."""
        shift = self._offset()
        stepped = 0.0 if self._shift is None else (shift - self._shift) / 1000
        self._shift = shift if self.ok() else None
        return max(stepped, kernel_offset() or 0.0, key=abs)

    def mark_set(self) -> None:
        """A person has set or confirmed the time. Raises OSError when the data folder cannot be written."""
        if self._set_file is None:
            raise ValueError("a clock without a data folder cannot remember that it was set")
        self._said = self._offset()
        new = self._set_file.with_name(f"{SET_FILE}.new")
        new.write_text(f"{self._boot} {self._said}\n")
        new.replace(self._set_file)  # also where root has written the one before
        self._ok_until = 0

    def _offset(self) -> int:
        now = self.now()
        return now.wall - now.mono

    def _holds(self, right: int | None) -> bool:
        return right is not None and abs(self._offset() - right) <= HELD

    def _read(self) -> int | None:
        if self._set_file is None:
            return None
        try:
            boot, offset = self._set_file.read_text().split()
            return int(offset) if boot == self._boot else None
        except (OSError, ValueError):  # none, or one that was cut off: nothing is known
            return None
