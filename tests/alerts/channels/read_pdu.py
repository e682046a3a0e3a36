"""The phone company's own reading of a SUBMIT (3GPP TS 23.040 9.2.2.2, TS 23.038 6.1.2.1.1). Shares nothing with the product.

It goes bit by bit where the product works in octets, so that one mistake is not made twice. Tests only.
"""

from __future__ import annotations

from dataclasses import dataclass

# TS 23.038 6.2.1 written out row by row (b4..b1 down, b7..b5 across), unlike the product's one line.
_COLUMNS = (
    ("@", "£", "$", "¥", "è", "é", "ù", "ì", "ò", "Ç", "\n", "Ø", "ø", "\r", "Å", "å"),
    ("Δ", "_", "Φ", "Γ", "Λ", "Ω", "Π", "Ψ", "Σ", "Θ", "Ξ", "", "Æ", "æ", "ß", "É"),
    (" ", "!", '"', "#", "¤", "%", "&", "'", "(", ")", "*", "+", ",", "-", ".", "/"),
    ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ":", ";", "<", "=", ">", "?"),
    ("¡", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O"),
    ("P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z", "Ä", "Ö", "Ñ", "Ü", "§"),
    ("¿", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o"),
    ("p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "ä", "ö", "ñ", "ü", "à"),
)
_ESCAPED = {10: "\f", 20: "^", 40: "{", 41: "}", 47: "\\", 60: "[", 61: "~", 62: "]", 64: "|", 101: "€"}
_ESCAPE = 27


@dataclass(frozen=True)
class Submitted:
    """`reference`, `part` and `parts` are those of a text in parts, else 0, 1, 1. `octets`: what AT+CMGS counts."""

    number: str
    text: str
    wants_report: bool
    octets: int
    reference: int = 0
    part: int = 1
    parts: int = 1


def submitted(pdu: str) -> Submitted:
    """AssertionError for what is no whole SUBMIT."""
    data = list(bytes.fromhex(pdu))
    del data[: 1 + data[0]]  # the service centre
    octets = len(data)
    first = data.pop(0)
    assert first & 3 == 1, "no SUBMIT"
    data.pop(0)  # the modem puts its own reference here
    digits, kind = data.pop(0), data.pop(0)
    half = [h for octet in data[: -(-digits // 2)] for h in (octet % 16, octet // 16)]
    assert half[digits:] in ([], [15]), "an odd number of digits is filled up with F"
    del data[: -(-digits // 2)]
    protocol, scheme = data.pop(0), data.pop(0)
    assert protocol == 0 and scheme in (0, 8)
    if first & 0x18:
        assert first & 0x18 == 0x10, "a relative validity"
        data.pop(0)
    length = data.pop(0)
    bits = [octet >> n & 1 for octet in data for n in range(8)]
    header = data[: 1 + data[0]] if first & 0x40 else []
    if header:
        assert header[:3] == [5, 0, 3], "a text in parts with a reference of one octet (9.2.3.24.1)"
    text = _units(data, header, length) if scheme == 8 else _septets(bits, len(header), length)
    reference, parts, part = header[3:] if header else (0, 1, 1)
    return Submitted(
        ("+" if kind == 0x91 else "") + "".join(map(str, half[:digits])),
        text,
        bool(first & 0x20),
        octets,
        reference,
        part,
        parts,
    )


def _units(data: list[int], header: list[int], length: int) -> str:
    assert length == len(data) <= 140
    return bytes(data[len(header) :]).decode("utf-16-be")


def _septets(bits: list[int], header: int, length: int) -> str:
    """`length` counts the header's septets too; the text begins at the first seven-bit boundary after the header."""
    skip = -(-header * 8 // 7)
    assert length <= 160 and len(bits) // 8 == -(-length * 7 // 8)
    values = [sum(bits[7 * n + b] << b for b in range(7)) for n in range(skip, length)]
    text, escaped = "", False
    for value in values:
        text += "" if value == _ESCAPE else _ESCAPED[value] if escaped else _COLUMNS[value // 16][value % 16]
        escaped = value == _ESCAPE
    return text
