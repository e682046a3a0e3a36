"""The RTU frame: address, PDU, CRC, and the I/O-free reader of one answer. Time-outs and silence belong to the line."""

from __future__ import annotations

from drivers.bus import GarbledAnswer, WrongAnswer

EXCEPTION = 5  # bytes of an exception frame, the shortest there is: unit, function, code, CRC


def rtu_frame(unit: int, pdu: bytes) -> bytes:
    """Modbus over serial line 1.02, 2.5.1: unit, PDU, CRC-16 low byte first."""
    body = bytes([unit]) + pdu
    return body + crc(body)


def crc(body: bytes) -> bytes:
    """CRC-16 of Modbus over serial line 1.02, 6.2.2: the two bytes in the order of the wire."""
    found, table = 0xFFFF, _TABLE
    for byte in body:
        found = found >> 8 ^ table[(found ^ byte) & 0xFF]
    return found.to_bytes(2, "little")


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ 0xA001 if byte & 1 else byte >> 1
    return byte


_TABLE = tuple(map(_entry, range(256)))


class Answer:
    """Collects the bytes that follow one question. `good` is the length of the good answer's whole frame.

    A half-duplex adapter may echo the question. Whatever begins with the whole question is that echo and is skipped:
    a read's answer that happens to begin so is lost (the poll fails), an echo is never taken for an answer. Only
    functions 5 and 6 `repeat` the question as their good answer; there the line must say whether it `echoes`.
    """

    def __init__(self, question: bytes, good: int, *, repeats: bool = False, echoes: bool = False) -> None:
        self._question, self._good = question, good
        self._skips = echoes or not repeats
        self.bytes = b""  # everything that came, the echo included

    def feed(self, data: bytes) -> None:
        self.bytes += data

    @property
    def echoed(self) -> bool:
        return self._skips and self.bytes.startswith(self._question)

    @property
    def body(self) -> bytes:
        """What came without the echo."""
        return self.bytes[len(self._question) :] if self.echoed else self.bytes

    @property
    def missing(self) -> int:
        """At least so many bytes are still to come before the frame can be judged; 0 when it can.

        An answer shorter than the question (one register) may still turn out to be the first bytes of its echo.
        """
        body = self.body
        missing = max(0, _length(body, self._good) - len(body))
        undecided = self._skips and not self.echoed and self._question.startswith(self.bytes)
        return missing or int(undecided)

    def pdu(self) -> bytes:
        """The PDU of a whole frame of the asked unit. Raises GarbledAnswer or WrongAnswer.

        Bytes after the frame (a transceiver's noise as it turns round) do not spoil it.
        """
        body = self.body
        frame = body[: _length(body, self._good)]
        if len(body) < _length(body, self._good) or crc(frame[:-2]) != frame[-2:]:
            raise GarbledAnswer(f"应答有误码或不完整 garbled answer: {body.hex(' ')}")
        if frame[0] != self._question[0]:
            raise WrongAnswer(f"答非所问 unit {frame[0]} answered for unit {self._question[0]}")
        return frame[1:-2]


def _length(body: bytes, good: int) -> int:
    return EXCEPTION if len(body) < 2 or body[1] & 0x80 else good
