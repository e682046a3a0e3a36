"""Power cuts (D4, D5): what a traced process did to its files, and the disks that a cut may leave of it. Judges nothing.

strace records every write, sync, rename and unlink. A disk is what was synced, with any part of what was not: each such write
is there, missing or torn at a sector's edge, in any combination, as cards that write in their own order leave it. Renames and
unlinks reach the disk in their order (the journal of ext4), at the latest with the next sync of anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

CALLS = "pwrite64,write,ftruncate,fallocate,fdatasync,fsync,rename,renameat,renameat2,unlink,unlinkat,sendto,sendmsg"
SECTOR = 512

_LINE = re.compile(r"^(\d+) +(\d+\.\d+) (.*)$")
_HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_PATH = re.compile(r"^\d+<((?:\\x[0-9a-f]{2}|[^>])*)>")
_SYNCS, _MOVES = ("fdatasync", "fsync"), ("rename", "renameat", "renameat2")


def strace(log: Path) -> tuple[str, ...]:
    """To be put before the command; the traced process keeps its own id."""
    return (
        "strace",
        "-D",
        "-f",
        "-y",
        "-xx",
        "-s",
        "4000000",
        "-ttt",
        "-e",
        f"trace={CALLS}",
        "-e",
        "signal=none",
        "-o",
        str(log),
    )


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded. `began`, `ended`: numbers of its lines in the trace."""

    name: str
    path: str
    data: bytes
    numbers: tuple[int, ...]  # after the text of the call: size and offset of a pwrite64, the length of an ftruncate
    target: str  # of a rename
    began: int
    ended: int
    wall: float


def calls(log: Path) -> list[Call]:
    """In the order in which they ended."""
    found, begun = [], dict[str, tuple[str, int, float]]()
    for number, raw in enumerate(log.read_text(encoding="ascii", errors="replace").splitlines()):
        line = _LINE.match(raw)
        if line is None:
            continue
        pid, wall, text = line[1], float(line[2]), line[3]
        began = number
        if text.endswith("<unfinished ...>"):
            begun[pid] = (text.removesuffix("<unfinished ...>").rstrip(), number, wall)
            continue
        if text.startswith("<... "):
            start, began, wall = begun.pop(pid, ("", number, wall))
            text = start + text.partition("resumed>")[2]
        call, _, result = text.rpartition(" = ")
        if call and not result.startswith("-1"):
            found.append(_call(call.rstrip(), began, number, wall))
    return found


def _call(text: str, began: int, ended: int, wall: float) -> Call:
    name, _, rest = text.partition("(")
    strings = [bytes.fromhex(found.replace("\\x", "")) for found in _HEX.findall(rest)]
    path = _PATH.match(rest)
    numbers = tuple(int(n) for n in re.findall(r"\b\d+\b", rest[rest.rfind('"') + 1 :] if strings else rest.partition(">")[2]))
    at_path = name in _MOVES or name.startswith("unlink")
    first = strings[0].decode() if at_path and strings else _unhex(path[1]) if path else ""
    return Call(
        name, first, b"".join(strings) if not at_path else b"", numbers, strings[-1].decode() if at_path and strings else "",
        began, ended, wall,
    )  # fmt: skip


def _unhex(text: str) -> str:
    return bytes.fromhex(text.replace("\\x", "")).decode() if text.startswith("\\x") else text


@dataclass
class Disk:
    """The files below `folder` as far as they are certain, and what is under way to them.

    Not the WAL's index, which no cut leaves, and the space held back, which holds nothing.
    """

    folder: str
    files: dict[str, bytearray] = field(default_factory=dict)
    pending: list[Call] = field(default_factory=list)
    moves: list[Call] = field(default_factory=list)

    def feed(self, call: Call) -> bool:
        """Take one call. Was it a sync of one of these files, or of their folder?"""
        if not call.path.startswith(self.folder) or call.path.endswith(("-shm", ".reserve")):
            return False
        if call.name in _SYNCS:
            for move in self.moves:
                _move(self.files, move)
            self.moves.clear()
            for one in self.pending:
                if one.path == call.path and one.ended < call.began:
                    _write(self.files, one)
            self.pending = [one for one in self.pending if one.path != call.path or one.ended >= call.began]
            return True
        if call.name in _MOVES or call.name.startswith("unlink"):
            self.moves.append(call)
        elif call.name in ("pwrite64", "write", "ftruncate", "fallocate"):
            self.pending.append(call)
        return False

    def image(self, into: Path, chance: Random) -> str:
        """A disk that a cut now may leave, as files in `into`; what became of the uncertain part in words."""
        files = {path: bytearray(data) for path, data in self.files.items()}
        kept = chance.randint(0, len(self.moves))
        for move in self.moves[:kept]:
            _move(files, move)
        how = chance.choice(("none", "all", "some", "torn"))
        for call in chance.sample(self.pending, len(self.pending)) if how == "torn" else self.pending:
            if how == "all" or (how in ("some", "torn") and chance.random() < 0.5):
                _write(files, call, chance.randrange(0, len(call.data) + 1, SECTOR) if how == "torn" else None)
        for path, data in files.items():
            place = into / path.removeprefix(self.folder).lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return f"{how} of {len(self.pending)} writes, {kept} of {len(self.moves)} moves"


def _write(files: dict[str, bytearray], call: Call, most: int | None = None) -> None:
    data = files.setdefault(call.path, bytearray())
    if call.name == "ftruncate":
        size = call.numbers[-1]
        del data[size:]
        data.extend(bytes(size - len(data)))
    elif call.name == "fallocate":
        data.extend(bytes(max(0, sum(call.numbers[-2:]) - len(data))))
    else:
        offset = call.numbers[-1] if call.name == "pwrite64" else len(data)
        new = call.data if most is None else call.data[:most]
        data.extend(bytes(max(0, offset - len(data))))
        data[offset : offset + len(new)] = new


def _move(files: dict[str, bytearray], call: Call) -> None:
    data = files.pop(call.path, None)
    if call.name in _MOVES and data is not None:
        files[call.target] = data


def sends(found: list[Call]) -> Iterator[Call]:
    """What left the process through a socket."""
    return (call for call in found if call.path.startswith(("socket:", "TCP:", "UNIX")) or call.name.startswith("send"))
