"""The tail of the log of readings: files on tmpfs that every frame reaches at once, so that kill -9 loses none."""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

_HEAD = struct.Struct("<IIQB")  # length of the lines, CRC-32 of what follows the CRC, seq, waits for the clock?
_SUM, _SUMMED = (
    struct.Struct("<II"),
    struct.Struct("<QB"),
)  # the same in two parts: before what is summed, and the start of that


def tail_folder(data: Path, memory: Path = Path("/dev/shm")) -> Path:
    """Where what survives a kill but need not survive a power cut belongs: on tmpfs, under a name of its own.

    In the data folder where there is no tmpfs, or where somebody else has taken the name (tmpfs is open to all).
    """
    folder = memory / f"campus-{hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]}"
    free = os.access(memory, os.W_OK) and (_ours(folder) or not os.path.lexists(folder))
    return folder if free else data / "tail"


def _ours(folder: Path) -> bool:
    """Is it a folder of this user alone?"""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


@dataclass(frozen=True, slots=True)
class Logged:
    """One frame in the tail. `machine` is the machine's boot when its stamps are monotonic, "" when they are wall time."""

    boot: str
    seq: int
    machine: str
    lines: bytes


class Tail:
    """The files `<boot>.<machine>.<n>.tail` of one folder: one open for appending, the closed ones waiting to be stored."""

    def __init__(self, folder: Path, boot: str, machine: str) -> None:
        """Raises OSError. The folder is made 0700; one that is not ours alone (tmpfs is open to all) is refused."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _ours(folder):
            raise PermissionError(f"{folder} is not a folder of this user alone")
        self._folder, self._name = folder, f"{boot}.{machine}"
        self._number = 0
        self._handle: int | None = None

    def append(self, seq: int, waits: bool, lines: bytes) -> None:
        """One write(2). Raises OSError: the frame is not in the tail, later ones will be."""
        if self._handle is None:
            self._number += 1
            path = self._folder / f"{self._name}.{self._number:08d}.tail"
            self._handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        body = _SUMMED.pack(seq, waits) + lines
        record = _SUM.pack(len(lines), zlib.crc32(body)) + body
        try:
            if os.write(self._handle, record) != len(record):
                raise OSError("the tail is full")
        except OSError:
            self.rotate()  # what was written of the record ends this file
            raise

    def rotate(self) -> None:
        """Close the open file; the next frame begins another."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def closed(self) -> list[Path]:
        """The closed files of this and earlier runs, oldest first."""
        found = sorted(self._folder.glob("*.tail"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        current = f"{self._name}.{self._number:08d}.tail" if self._handle is not None else ""
        return [path for path in found if path.name != current]


def read(path: Path) -> list[Logged]:
    """The whole frames of one file; a torn last record (kill in the middle of a write) is left out. Raises OSError."""
    boot, machine = path.name.split(".")[:2]
    data, at, found = path.read_bytes(), 0, []
    while at + _HEAD.size <= len(data):
        length, crc, seq, waits = _HEAD.unpack_from(data, at)
        end = at + _HEAD.size + length
        if end > len(data) or zlib.crc32(memoryview(data)[at + _SUM.size : end]) != crc:
            break
        found.append(Logged(boot, seq, machine if waits else "", data[at + _HEAD.size : end]))
        at = end
    return found
