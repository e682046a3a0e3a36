"""Far ends for the tests of the lines: devices whose values encode unit, address and request number, and that misbehave on order."""

from __future__ import annotations

import os
import random
import select
import socket
import threading
import time
import tty
from collections import Counter
from collections.abc import Callable
from pathlib import Path

FAULTS = ("late", "lost", "duplicated", "echoed", "truncated", "flipped", "wrong-unit", "wrong-function")


def crc16(body: bytes) -> bytes:
    """CRC-16/MODBUS, written from the specification's appendix, independent of the code under test."""
    found = 0xFFFF
    for byte in body:
        found = found >> 8 ^ _SHIFTED[(found ^ byte) & 0xFF]
    return found.to_bytes(2, "little")


def _shifted(crc: int) -> int:
    """Eight steps of the appendix's bit by bit procedure."""
    for _ in range(8):
        crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


_SHIFTED = [_shifted(byte) for byte in range(256)]


def words(unit: int, function: int, address: int, count: int, number: int) -> tuple[int, ...]:
    """What register `address + n` of `unit` says in the answer to the request `number`."""
    return ((unit << 8) | function, number & 0xFFFF, *((address + n) & 0xFFFF for n in range(count - 2)))


class Far:
    """Answers PDUs and picks faults. `number` counts the requests understood. `rates`: fault -> share of the requests.

    A late answer comes `late` (least, most) seconds after the request. One that a busy machine would delay beyond
    `limit` seconds after `asked` (when the test began the poll) is lost instead: nothing is promised about it. Nor is it of one
    that goes out beyond `limit` because this thread got no processor: `sent` holds when the answer to each request went.
    """

    def __init__(self, rates: dict[str, float], late: tuple[float, float], limit: float, seed: int) -> None:
        self._rates, self._late, self.limit, self._random = rates, late, limit, random.Random(seed)
        self.sent: dict[int, float] = {}
        self.number = 0
        self.asked = 0.0
        self.turnaround = 0.0  # seconds a device takes to answer, on a pty
        self.counts: Counter[str] = Counter()
        self._pending: list[tuple[float, float, int, bytes]] = []

    def replies(self, request: bytes, unit: int, pdu: bytes, frame: Callable[[int, bytes], bytes], flip: int) -> list[bytes]:
        """Bytes to send now. `flip`: bits of a flipped answer are chosen before this byte."""
        self.number += 1
        self.sent[self.number] = time.monotonic()
        address, count = int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
        body = b"".join(w.to_bytes(2, "big") for w in words(unit, pdu[0], address, count, self.number))
        good = bytes([pdu[0], len(body)]) + body
        answer = frame(unit, good)
        fault = self._random.choices((*self._rates, ""), (*self._rates.values(), max(0.0, 1 - sum(self._rates.values()))))[0]
        self.counts[fault or "good"] += 1
        if fault == "late":
            self._pending.append(
                (time.monotonic() + self._random.uniform(*self._late), self.asked + self.limit, self.number, answer)
            )
            return []
        if fault == "lost":
            return []
        if fault == "duplicated":
            return [answer + answer]  # in one piece: of a copy held back longer than the silence nothing is promised
        if fault == "echoed":
            return [request, answer] if self._random.random() < 0.5 else [request]
        if fault == "truncated":
            return [answer[: self._random.randrange(1, len(answer))]]
        if fault == "flipped":
            bit = self._random.randrange(8 * min(flip, len(answer)))
            return [answer[: bit // 8] + bytes([answer[bit // 8] ^ 1 << bit % 8]) + answer[bit // 8 + 1 :]]
        if fault == "wrong-unit":
            return [frame(unit % 3 + 1, good)]
        if fault == "wrong-function":
            return [frame(unit, bytes([7 - pdu[0]]) + good[1:])]  # 3 for 4 and 4 for 3
        return [answer]

    def overdue(self) -> list[bytes]:
        now = time.monotonic()
        ready = {number: data for when, limit, number, data in self._pending if when <= now < limit}
        self.sent |= dict.fromkeys(ready, now)
        self.counts["too late"] += sum(now >= limit for _, limit, _, _ in self._pending)
        self._pending = [p for p in self._pending if p[0] > now and p[1] > now]
        return list(ready.values())

    def forget(self) -> None:
        self.counts["too late"] += len(self._pending)
        self._pending = []

    def wait(self) -> float:
        """Seconds until a late answer is due."""
        return max(0.0, min((when for when, *_ in self._pending), default=time.monotonic() + 0.2) - time.monotonic())


class RtuFar(Far):
    """RTU frames out of a stream of bytes (only reads are understood)."""

    buffer = b""

    def take(self, data: bytes) -> list[bytes]:
        self.buffer += data
        out: list[bytes] = []
        while len(self.buffer) >= 8:
            request, self.buffer = self.buffer[:8], self.buffer[8:]
            assert crc16(request[:-2]) == request[-2:], f"the master sent {request.hex(' ')}"
            out += self.replies(request, request[0], request[1:-2], _rtu, 255)
        return out


class TcpFar(Far):
    """Modbus TCP. TCP's own checksum guards the values, so only the header and the function's bytes are flipped."""

    buffer = b""

    def take(self, data: bytes) -> list[bytes]:
        self.buffer += data
        out: list[bytes] = []
        while len(self.buffer) >= 12:
            request, self.buffer = self.buffer[:12], self.buffer[12:]

            def frame(unit: int, pdu: bytes, head: bytes = request[:4]) -> bytes:
                return head + (len(pdu) + 1).to_bytes(2, "big") + bytes([unit]) + pdu

            out += self.replies(request, request[6], request[7:], frame, 9)
        return out


def _rtu(unit: int, pdu: bytes) -> bytes:
    body = bytes([unit]) + pdu
    return body + crc16(body)


class PtyLine(threading.Thread):
    """A pty behind a symlink, answered by `take`; `far` may be a Far or anything with take/overdue/wait."""

    def __init__(self, link: Path, far: Far) -> None:
        super().__init__(daemon=True)
        self.far, self.link = far, link
        self._near, slave = os.openpty()
        tty.setraw(slave)
        self._slave = slave
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(slave))
        self._ending = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._ending.is_set():
            if select.select([self._near], [], [], min(0.05, self.far.wait()))[0]:
                answers = self.far.take(os.read(self._near, 512))
                time.sleep(self.far.turnaround)
                for data in answers:
                    os.write(self._near, data)
            for data in self.far.overdue():
                os.write(self._near, data)

    def close(self) -> None:
        """Unplug: whoever has the port open gets a hang-up."""
        self._ending.set()
        self.join()
        os.close(self._near)
        os.close(self._slave)
        self.link.unlink()


class TcpServer(threading.Thread):
    """One connection at a time. A `serial` server gives late answers to whoever is connected when they come.

    A Modbus TCP server can only send them on the connection that asked.
    """

    def __init__(self, far: Far, serial: bool) -> None:
        super().__init__(daemon=True)
        self.far, self._serial = far, serial
        self._listen = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listen.getsockname()[1])
        self._ending = threading.Event()
        self.start()

    def run(self) -> None:
        client: socket.socket | None = None
        while not self._ending.is_set():
            sockets = [self._listen] + ([client] if client else [])
            ready = select.select(sockets, [], [], min(0.05, self.far.wait()))[0]
            out: list[bytes] = []
            if client in ready:
                assert client is not None
                try:
                    data = client.recv(512)
                except ConnectionError:
                    data = b""
                if data:
                    out = self.far.take(data)
                else:
                    client.close()
                    client = None
            if self._listen in ready:
                if client:
                    client.close()
                client, _ = self._listen.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.far.buffer = b""  # type: ignore[attr-defined]
                if not self._serial:
                    out = []
                    self.far.forget()
            for data in (*out, *self.far.overdue()):
                if client:
                    try:
                        client.sendall(data)
                    except ConnectionError:
                        client.close()
                        client = None
        if client:
            client.close()
        self._listen.close()

    def close(self) -> None:
        self._ending.set()
        self.join()
