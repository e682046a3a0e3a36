"""Outcomes that the disk refused, kept on tmpfs so that a crash in degraded mode loses none. One JSON line each."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from gateway.jsonable import from_jsonable
from gateway.store.canonical import canonical
from gateway.store.rows import Entry


class Mirror:
    """A file meant for tmpfs (it is never synced). Raises OSError; the caller counts that and goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[list[Entry], int]:
        """The entries of an earlier process, in order and marked late; and how many lines could not be read."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return [], 0
        entries, bad = [], 0
        for line in lines:
            try:
                entries.append(replace(from_jsonable(Entry, json.loads(line)), late=True))
            except (ValueError, KeyError, TypeError):
                bad += 1
        return entries, bad

    def add(self, entry: Entry) -> None:
        data = canonical(entry) + b"\n"
        handle = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            written = os.write(handle, data)
            if written != len(data):
                raise OSError(f"{self._path}: {written} of {len(data)} bytes written")
        finally:
            os.close(handle)

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)
