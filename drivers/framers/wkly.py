"""WKLY cabinet-lock board: asked how every lock stands. It can open locks; nothing here can say so. Pure.

Source: two independent public implementations (LockCtlBoardCmdHelper.java of xyz.junerver.android.lockdemo,
lock_controller_driver.h): 57 4B 4C 59 | total length | board 0-31 | command | data | XOR of all before. Command 84 asks for all:
status (00 ok), n, n states (00 open, 01 closed, FF failed). 85 comes unasked when a door changes; its layout is not documented, so
it only makes us ask again. The commands that open (80, 82, 86, 87, 88) do not occur in this file.
"""

from __future__ import annotations

from collections.abc import Sequence

from drivers.framers.telegram import NOTHING, Memory, Telegram, fold_xor

START = b"WKLY"
QUERY_ALL, CHANGED = 0x84, 0x85
SHORTEST, LONGEST = 8, 64
BOARDS, LOCKS = 32, 24
OPEN, CLOSED = 0x00, 0x01
SIGNALS = frozenset(f"lock-{n}" for n in range(1, LOCKS + 1))
_NAMES = tuple(f"lock-{n}" for n in range(1, LONGEST + 1))
_STATES = {OPEN: 1.0, CLOSED: 0.0}


def query(board: int) -> bytes:
    """How does every lock of this board stand? The only frame that is ever made."""
    if not 0 <= board < BOARDS:
        raise ValueError(f"a board has an address from 0 to {BOARDS - 1}")
    frame = START + bytes((8, board, QUERY_ALL))
    return frame + bytes((fold_xor(frame),))


def writes(unit: int, addresses: Sequence[str]) -> frozenset[bytes]:
    return frozenset(query(int(a)) for a in addresses)


class Wkly:
    """drivers.framers.telegram.Framer of a line of boards; lock n of the board's answer is signal lock-n, from 1 up, 1 = open."""

    def __init__(self, unit: int = 0, addresses: Sequence[str] = ()) -> None:
        self._queries = tuple(query(int(a)) for a in sorted(set(addresses), key=int))
        self._rest = b""
        self._meaning = Memory(self._read)

    def ask(self) -> Sequence[bytes]:
        return self._queries

    def feed(self, data: bytes) -> list[Telegram]:
        data = self._rest + data
        found: list[Telegram] = []
        meaning = self._meaning
        at, size = data.find(START), len(data)
        while at >= 0:
            if size - at < 5:
                break
            length = data[at + 4]
            if SHORTEST <= length <= LONGEST:
                if size - at < length:
                    break
                if telegram := meaning[data[at : at + length]]:
                    found.append(telegram)
                    at = data.find(START, at + length)
                    continue
            at = data.find(START, at + 1)
        self._rest = data[at:] if at >= 0 else _tail(data)
        return found

    def _read(self, frame: bytes) -> Telegram | None:
        board, command, data = frame[5], frame[6], frame[7:-1]
        if fold_xor(frame) or board >= BOARDS:  # the XOR of all, its own check byte among them
            return None
        if command == CHANGED:
            wanted = query(board)
            return Telegram(str(board), NOTHING, answer=wanted if wanted in self._queries else b"")
        if command != QUERY_ALL or len(data) < 2 or data[0] != 0 or len(data) != 2 + data[1]:
            return None
        return Telegram(str(board), dict(zip(_NAMES, map(_STATES.get, data[2:]), strict=False)))


def _tail(data: bytes) -> bytes:
    """The end that may be the beginning of a start code."""
    return next((data[-n:] for n in (3, 2, 1) if data[-n:] == START[:n]), b"")
