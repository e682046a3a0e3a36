"""Disk space held back for the day the disk is full. One file of zeros, nothing else."""

from __future__ import annotations

import os
from pathlib import Path


class Reserve:
    """A file of `size` bytes beside a database. In WAL mode a full disk refuses even DELETE; only more room than the
    WAL can take helps, so `size` must exceed the WAL's limit (measured: pitfalls 0.7)."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size

    @property
    def held(self) -> bool:
        try:
            return self._path.stat().st_size >= self._size
        except FileNotFoundError:
            return False

    def take(self) -> bool:
        """Hold the space if twice as much is free, so that making it is not what fills the disk. True when held."""
        if self.held:
            return True
        try:
            room = os.statvfs(self._path.parent)
            if room.f_bavail * room.f_frsize < 2 * self._size:
                return False
            handle = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(handle, 0, self._size)
            finally:
                os.close(handle)
        except OSError:
            self._path.unlink(missing_ok=True)
            return False
        return True

    def release(self) -> bool:
        """Give the space back to the disk. True when there was any."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True
