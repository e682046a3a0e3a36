"""SMS as bytes: SUBMIT out, DELIVER and STATUS-REPORT in (3GPP TS 23.040, alphabets of TS 23.038). Pure; no modem here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

# TS 23.038 6.2.1, the default alphabet in its order; 0x1B leads to the extension table.
GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€"}

UNITS = 70  # UTF-16 units of one short message; 67 in each part of a longer one
PART_UNITS = 67
SEPTETS = 160
PART_SEPTETS = 153
VALIDITY = 0xA7  # 24 h (TS 23.040 9.2.3.12.1)


class BadPdu(ValueError):
    """Bytes that are no PDU of the kind asked for."""


@dataclass(frozen=True, slots=True)
class Submit:
    """One SUBMIT: `length` is what AT+CMGS wants (octets after the service centre's field)."""

    length: int
    hex: str


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message that came. A part of a longer one has its reference, number (from 1) and how many there are.

    `stamp`: the centre's time of it as it stands in the PDU, 14 hex digits; with the sender it names the message.
    """

    sender: str
    text: str
    stamp: str = ""
    reference: int = 0
    part: int = 1
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What the network says of a sent message: `reference` is the modem's number of it, `status` TP-ST, `arrived` its time (TP-DT)."""

    reference: int
    number: str
    status: int
    arrived: int = 0  # as `centre_time` gives it

    @property
    def delivered(self) -> bool:
        return self.status <= 0x02

    @property
    def trying(self) -> bool:
        """The service centre goes on trying (TS 23.040 9.2.3.15: 0x20..0x3F)."""
        return 0x20 <= self.status <= 0x3F


def submit(number: str, text: str, reference: int = 0, *, report: bool = True) -> tuple[Submit, ...]:
    """The PDUs of one text: one, or parts that the phone joins by `reference` (0..255). ValueError for a bad number."""
    septets = _septets(text)
    limit, part_limit = (SEPTETS, PART_SEPTETS) if septets is not None else (UNITS, PART_UNITS)
    pieces = _split(text, limit, part_limit, packed=septets is not None)
    address = _address(number)
    first = 0x11 | (0x20 if report else 0) | (0x40 if len(pieces) > 1 else 0)  # SUBMIT, relative validity
    out = []
    for n, piece in enumerate(pieces, 1):
        header = bytes([5, 0, 3, reference & 0xFF, len(pieces), n]) if len(pieces) > 1 else b""
        length, data = _body(piece, header, packed=septets is not None)
        scheme = 0x00 if septets is not None else 0x08
        tpdu = bytes([first, 0]) + address + bytes([0, scheme, VALIDITY, length]) + data
        out.append(Submit(len(tpdu), "00" + tpdu.hex().upper()))
    return tuple(out)


def deliver(pdu: str) -> Deliver:
    """An SMS-DELIVER as AT+CMGR gives it. Raises BadPdu."""
    data = _Octets(pdu)
    data.take(data.one())  # the service centre
    first = data.one()
    if first & 0x03 != 0x00:
        raise BadPdu("no DELIVER")
    sender = data.address()
    data.one()  # protocol
    scheme = data.one()
    stamp = data.take(7).hex()
    length = data.one()
    return replace(_text(sender, scheme, length, data.rest(), header=bool(first & 0x40)), stamp=stamp)


def report(pdu: str) -> Report:
    """An SMS-STATUS-REPORT as +CDS gives it. Raises BadPdu."""
    data = _Octets(pdu)
    data.take(data.one())
    if data.one() & 0x03 != 0x02:
        raise BadPdu("no STATUS-REPORT")
    reference = data.one()
    number = data.address()
    data.take(7)  # sent
    arrived = centre_time(data.take(7).hex())
    return Report(reference, number, data.one(), arrived)


def centre_time(stamp: str) -> int:
    """UTC ms of a centre's time stamp as it stands in a PDU (TS 23.040 9.2.3.11), 0 for what is none."""
    try:
        octets = bytes.fromhex(stamp)
        year, month, day, hour, minute, second = (int(f"{o & 0x0F:X}{o >> 4:X}") for o in octets[:6])
        quarters = (octets[6] & 0x07) * 10 + (octets[6] >> 4)
        zone = timezone(timedelta(minutes=15 * (-quarters if octets[6] & 0x08 else quarters)))
        return int(datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone).timestamp() * 1000)
    except (ValueError, IndexError):
        return 0


def _split(text: str, limit: int, part: int, *, packed: bool) -> list[str]:
    """Pieces that never tear a character that needs two units."""
    if _size(text, packed) <= limit:
        return [text]
    pieces, piece = [], ""
    for character in text:
        if _size(piece + character, packed) > part:
            pieces.append(piece)
            piece = ""
        piece += character
    return [*pieces, piece]


def _size(text: str, packed: bool) -> int:
    return len(_septets(text) or ()) if packed else len(text.encode("utf-16-be")) // 2


def _body(piece: str, header: bytes, *, packed: bool) -> tuple[int, bytes]:
    """TP-UDL and the user data with its header. Septets begin on a boundary of seven bits after the header."""
    if not packed:
        data = header + piece.encode("utf-16-be")
        return len(data), data
    septets = _septets(piece) or []
    fill = -8 * len(header) % 7
    value, bits = 0, fill
    for septet in septets:
        value |= septet << bits
        bits += 7
    length = (8 * len(header) + fill) // 7 + len(septets)
    return length, header + value.to_bytes((bits + 7) // 8, "little")


def _septets(text: str) -> list[int] | None:
    """The text in the default alphabet, None when a character is not in it."""
    back = {character: code for code, character in EXTENSION.items()}
    out: list[int] = []
    for character in text:
        if character != "\x1b" and (code := GSM7.find(character)) >= 0:
            out.append(code)
        elif character in back:
            out += [0x1B, back[character]]
        else:
            return None
    return out


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    if not digits.isascii() or not digits.isdigit() or not 3 <= len(digits) <= 20:
        raise ValueError(f"not a telephone number: {len(number)} characters")
    kind = 0x91 if number.startswith("+") else 0x81
    padded = digits + "F" * (len(digits) % 2)
    return bytes([len(digits), kind]) + bytes.fromhex("".join(b + a for a, b in zip(padded[::2], padded[1::2], strict=True)))


def _text(sender: str, scheme: int, length: int, data: bytes, *, header: bool) -> Deliver:
    skip = data[0] + 1 if header and data else 0
    reference, part, parts = _joined(data[1:skip])
    alphabet = (scheme >> 2) & 0x03 if scheme < 0x40 else (0x02 if scheme & 0xF0 == 0xE0 else 0x00)
    if alphabet == 0x02:
        text = data[skip:length].decode("utf-16-be", "replace")
    elif alphabet == 0x01:
        text = data[skip:length].decode("latin-1")
    else:
        first = (8 * skip + 6) // 7
        value = int.from_bytes(data, "little")
        text = _characters([(value >> (7 * n)) & 0x7F for n in range(first, length)])
    return Deliver(sender, text, "", reference, part, parts)


def _joined(elements: bytes) -> tuple[int, int, int]:
    """Reference, part and parts out of a user data header (TS 23.040 9.2.3.24.1 and .8)."""
    at = 0
    while at + 2 <= len(elements):
        kind, size = elements[at], elements[at + 1]
        value = elements[at + 2 : at + 2 + size]
        if kind in (0x00, 0x08) and len(value) == (3 if kind == 0 else 4) and 1 <= value[-1] <= value[-2]:
            return int.from_bytes(value[:-2], "big"), value[-1], value[-2]
        at += 2 + size
    return 0, 1, 1


def _characters(septets: list[int]) -> str:
    out, extended = "", False
    for septet in septets:
        if extended:
            out, extended = out + EXTENSION.get(septet, " "), False
        elif septet == 0x1B:
            extended = True
        else:
            out += GSM7[septet]
    return out


class _Octets:
    """Reads a hex PDU from the front; whatever is not there is a BadPdu."""

    def __init__(self, pdu: str) -> None:
        try:
            self._data = bytes.fromhex(pdu.strip())
        except ValueError:
            raise BadPdu("not hexadecimal") from None
        self._at = 0

    def take(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        if len(found) != count:
            raise BadPdu("cut short")
        self._at += count
        return found

    def one(self) -> int:
        return self.take(1)[0]

    def rest(self) -> bytes:
        return self._data[self._at :]

    def address(self) -> str:
        """A telephone number with its +, or a name that a service sends under."""
        length, kind = self.one(), self.one()
        data = self.take((length + 1) // 2)
        if kind & 0x70 == 0x50:
            value = int.from_bytes(data, "little")
            return _characters([(value >> (7 * n)) & 0x7F for n in range(length * 4 // 7)])
        digits = "".join(f"{octet & 0x0F:X}{octet >> 4:X}" for octet in data)[:length]
        return ("+" if kind & 0x70 == 0x10 else "") + digits
