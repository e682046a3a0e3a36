"""A valid frame of each line protocol for a number, put together here and not by the framers. No measuring."""

from __future__ import annotations


def frame(id: str, n: int) -> bytes:
    return _MAKERS[id](n)


def _sum(data: bytes) -> bytes:
    return data + bytes((sum(data) & 0xFF,))


def _xor(data: bytes) -> int:
    check = 0
    for byte in data:
        check ^= byte
    return check


def _gst(n: int) -> bytes:
    head = _sum(b"\xaa\x15" + bytes.fromhex(f"{n % 1_000_000:06d}") + b"\x03")
    return _sum(head + bytes.fromhex("00010035002334055448003100361867"))


def _crt(n: int) -> bytes:
    return b"\x0d\xdd" + _sum(bytes.fromhex(f"{n % 1_000_000:06d}") + b"\x03\x01") + b"\xbb"


def _printed(n: int) -> bytes:
    place = f"{n // 1000 % 1000:03d}-{n % 1000:03d}"
    text = "首次火警\n裙楼一层上空\n感烟探测器".encode("gbk")
    return b"\x1b6" + f"08/12/02  17:24\n  {place}\n".encode() + b"\x1b9" + text + b"\n\n"


def _nmea(n: int) -> bytes:
    body = f"ZHFIR,E,101530.00,FS,AA,{n // 1000 % 1000:03d},{n % 1000:03d},A,V,ROOM 12".encode()
    return b"$" + body + f"*{_xor(body):02X}\r\n".encode()


def _lock(n: int) -> bytes:
    data = b"WKLY" + bytes((22, 0, 0x84, 0, 12, *((n >> i) & 1 for i in range(12))))
    return data + bytes((_xor(data),))


def _ups(n: int) -> bytes:
    return f"({n // 1000 % 1000:03d}.0 195.0 226.0 {n % 1000:03d} 49.0 27.5 30.0 00001000\r".encode()


_MAKERS = {
    "gst5000-rs485": _gst, "gst-crt": _crt, "ld128en-printer": _printed, "nmea-fir": _nmea, "wkly-lock": _lock, "megatec-ups": _ups,
}  # fmt: skip
