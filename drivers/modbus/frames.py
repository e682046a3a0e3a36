"""The RTU frame: address, PDU, CRC, and the I/O-free reader of one answer. Time-outs and silence belong to the line."""

from __future__ import annotations

from pymodbus.framer.rtu import FramerRTU

from drivers.bus import GarbledAnswer, WrongAnswer

EXCEPTION = 5  # bytes of an exception frame: unit, function, code, CRC
LONGEST = 256


def rtu_frame(unit: int, pdu: bytes) -> bytes:
    """Modbus over serial line 1.02, 2.5.1: unit, PDU, CRC-16 low byte first."""
    body = bytes([unit]) + pdu
    return body + crc(body)


def crc(body: bytes) -> bytes:
    return int(FramerRTU.compute_CRC(body)).to_bytes(2, "big")  # pymodbus gives the two bytes in wire order


class Answer:
    """Collects the bytes of one answer to `request`. `good` is the length of the good answer's frame."""

    def __init__(self, request: bytes, good: int) -> None:
        self._request = request
        self._good = good
        self.bytes = b""

    def feed(self, data: bytes) -> None:
        self.bytes += data
        # A half-duplex adapter may echo the question. A read's answer never begins like its question as a whole.
        if self._good != len(self._request) and self.bytes.startswith(self._request):
            self.bytes = self.bytes[len(self._request) :]

    @property
    def missing(self) -> int:
        """Bytes still to come before the frame can be judged, 0 when it can."""
        if len(self.bytes) < 2:
            return self._length() - len(self.bytes)
        return max(0, self._length() - len(self.bytes))

    def pdu(self) -> bytes:
        """The PDU of a whole frame of the asked unit. Raises GarbledAnswer or WrongAnswer."""
        frame = self.bytes
        if len(frame) < 4 or crc(frame[:-2]) != frame[-2:]:
            raise GarbledAnswer(f"校验错 garbled answer: {frame.hex(' ') or 'nothing'}")
        if frame[0] != self._request[0]:
            raise WrongAnswer(f"答非所问 unit {frame[0]} answered for unit {self._request[0]}")
        return frame[1:-2]

    def _length(self) -> int:
        return EXCEPTION if len(self.bytes) >= 2 and self.bytes[1] & 0x80 else self._good
