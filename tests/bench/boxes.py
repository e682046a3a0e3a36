"""Many simulated boxes in one process, each a real MQTT 3.1.1 session: `python -m tests.bench.boxes PORT BOXES POINTS PERIOD SECONDS`.

Prints one JSON object at the end: what was sent and confirmed, and the time from a reading to its receipt.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from dataclasses import dataclass, field

from gateway.stream import wire

FRAME = 20  # readings in one message: one read of one device
LINGER = 15.0  # s after the last message for its receipt


def packet(kind: int, body: bytes) -> bytes:
    """A control packet (MQTT 3.1.1, 2.2)."""
    size, length = bytearray(), len(body)
    while True:
        length, digit = divmod(length, 128)
        size.append(digit | (128 if length else 0))
        if not length:
            return bytes((kind,)) + bytes(size) + body


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack(">H", len(raw)) + raw


async def next_packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind, length, shift = (await reader.readexactly(1))[0], 0, 0
    while True:
        digit = (await reader.readexactly(1))[0]
        length |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            return kind, await reader.readexactly(length)


@dataclass
class Tally:
    sent: int = 0
    refused: int = 0
    confirmed: int = 0
    lags: list[float] = field(default_factory=list)


class SimulatedBox:
    """Sends its points as frames, spread over the period, and listens for receipts."""

    def __init__(self, number: int, points: int, period: float, tally: Tally) -> None:
        self.topics = wire.Topics(f"d{number % 16}", f"s{number}")
        self._heads = [
            f"temperature,district=d{number % 16},site=s{number},zone=z,device=dev-{n // FRAME},point=dev-{n // FRAME}/c{n % FRAME} "
            for n in range(points)
        ]
        self._period, self._phase, self._tally = period, (number * 0.618) % 1 * period, tally
        self._open: dict[int, float] = {}
        self._seq = 0

    async def run(self, port: int, up: asyncio.Event, end: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(packet(0x10, text("MQTT") + b"\x04\x02" + struct.pack(">H", 600) + text(f"box-{self.topics.site}")))
        assert (await next_packet(reader))[0] == 0x20
        writer.write(packet(0x82, b"\x00\x01" + text(self.topics.of("receipt")) + b"\x01"))
        assert (await next_packet(reader))[0] == 0x90
        listening = asyncio.create_task(self._listen(reader, writer))
        await up.wait()
        await asyncio.sleep(self._phase)
        frames = range(0, len(self._heads), FRAME)
        due = time.monotonic()
        while due < end:
            for start in frames:
                self._send(writer, start)
                due += self._period / len(frames)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
        await asyncio.sleep(LINGER)
        listening.cancel()
        writer.close()

    def _send(self, writer: asyncio.StreamWriter, start: int) -> None:
        self._seq += 1
        heads, ns = self._heads[start : start + FRAME], int(time.time() * 1000) * 1_000_000
        lines = "".join(f"{head}value={self._seq % 97}.5,quality=0i {ns}\n" for head in heads).encode()
        payload = wire.readings_payload("b", self._seq, self._seq, lines, live=True)
        id = struct.pack(">H", self._seq % 65_535 + 1)
        writer.write(packet(0x32, text(self.topics.of("readings")) + id + payload))
        self._open[self._seq] = time.monotonic()
        self._tally.sent += len(heads)

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            kind, body = await next_packet(reader)
            if kind & 0xF0 != 0x30:
                continue  # PUBACKs say nothing
            (length,) = struct.unpack_from(">H", body)
            writer.write(packet(0x40, body[2 + length : 4 + length]))
            receipt, now = wire.parse_receipt(body[4 + length :]), time.monotonic()
            self._tally.refused += len(receipt.refused)
            for a, b in receipt.ranges:
                for seq in range(a, b + 1):
                    if (at := self._open.pop(seq, None)) is not None:
                        self._tally.lags.append(now - at)
                        self._tally.confirmed += FRAME


async def main(port: int, boxes: int, points: int, period: float, seconds: float) -> None:
    tally, up = Tally(), asyncio.Event()
    end = time.monotonic() + seconds + boxes / 200
    tasks = []
    for number in range(boxes):
        tasks.append(asyncio.create_task(SimulatedBox(number, points, period, tally).run(port, up, end)))
        await asyncio.sleep(0.005)
    up.set()
    began = time.monotonic()
    await asyncio.gather(*tasks)
    lags = sorted(tally.lags) or [float("nan")]
    print(
        json.dumps(
            {
                "sent": tally.sent,
                "confirmed": tally.confirmed,
                "refused": tally.refused,
                "rate": round(tally.sent / (end - began)),
                "p50": round(lags[len(lags) // 2], 3),
                "p99": round(lags[int(len(lags) * 0.99)], 3),
                "cpu": round(time.process_time(), 1),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5])))
