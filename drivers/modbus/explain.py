"""Raw frames in words, field by field, for whoever looks at a line. Pure text; judges nothing."""

from __future__ import annotations

from collections.abc import Callable

from drivers.bus import READ_FUNCTION, Space
from drivers.modbus.pdu import EXCEPTIONS, SILENT
from drivers.modbus.sniff import sound

Named = Callable[[Space, int], str]  # what a register or bit is called; "" when nobody knows
SPACES = {code: space for space, code in READ_FUNCTION.items()}
FUNCTIONS = {
    1: "读线圈 read coils",
    2: "读离散输入 read discrete inputs",
    3: "读保持寄存器 read holding registers",
    4: "读输入寄存器 read input registers",
    5: "写线圈 write coil",
    6: "写寄存器 write register",
    15: "写多个线圈 write coils",
    16: "写多个寄存器 write registers",
}
MBAP = 6  # bytes of the TCP header before the unit


def explain(sent: bytes, received: bytes, *, tcp: bool, named: Named = lambda space, address: "") -> list[str]:
    """Lines about one exchange: the question, then whatever came."""
    if not sent:
        return [f"← {_hex(received)}", "    没有人问就来了 came unasked"] if received else ["  口没打开 the port was not open"]
    out = [f"→ {_hex(sent)}", *_question(sent, tcp), f"← {_hex(received) or '(没有 nothing)'}"]
    answer = received
    if answer.startswith(sent) and len(sent) > 4 and not (answer == sent and sent[-1:] and _body(sent, tcp)[1] in (5, 6)):
        out.append(f"    回显 echo: 前 {len(sent)} 字节就是我们的问题 the first {len(sent)} bytes are our own question")
        answer = answer[len(sent) :]
    return [*out, *(_answer(sent, answer, tcp, named) if answer else ["    无应答 no answer"])]


def _hex(data: bytes) -> str:
    return data.hex(" ").upper()


def _body(frame: bytes, tcp: bool) -> bytes:
    """Unit and PDU."""
    return frame[MBAP:] if tcp else frame[:-2]


def _head(frame: bytes, tcp: bool) -> list[str]:
    if tcp:
        length = int.from_bytes(frame[4:6], "big")
        return [f"    事务号 transaction {int.from_bytes(frame[:2], 'big')} · 长度 length {length}"]
    return []


def _check(frame: bytes, tcp: bool) -> list[str]:
    if tcp:
        return []
    return [f"    校验 CRC {_hex(frame[-2:])} {'对 right' if sound(frame) else '错 WRONG'}"]


def _function(code: int) -> str:
    return f"{code:02X} {FUNCTIONS.get(code & 0x7F, '未知功能 unknown function')}"


def _question(frame: bytes, tcp: bool) -> list[str]:
    body = _body(frame, tcp)
    out = [*_head(frame, tcp), f"    地址 unit {body[0]} · 功能 function {_function(body[1])}"]
    if body[1] in SPACES and len(body) >= 6:
        address, count = int.from_bytes(body[2:4], "big"), int.from_bytes(body[4:6], "big")
        out.append(f"    从 from {address} (0x{address:04X}) · 个数 count {count}")
    elif len(body) >= 6:
        out.append(f"    到 to {int.from_bytes(body[2:4], 'big')} · 值 value 0x{_hex(body[4:6]).replace(' ', '')}")
    return [*out, *_check(frame, tcp)]


def _answer(sent: bytes, frame: bytes, tcp: bool, named: Named) -> list[str]:
    asked, body = _body(sent, tcp), _body(frame, tcp)
    if len(body) < 2:
        return ["    太短，不是一帧 too short to be a frame"]
    out = [*_head(frame, tcp), f"    地址 unit {body[0]} · 功能 function {_function(body[1])}"]
    if body[0] != asked[0]:
        out.append(f"    问的是地址 {asked[0]} asked unit {asked[0]}")
    if body[1] & 0x80:
        code = body[2] if len(body) > 2 else 0
        words = EXCEPTIONS.get(code) or SILENT.get(code) or "unknown"
        out.append(f"    拒绝 refused: 异常码 exception {code} {words}")
    elif body[1] != asked[1]:
        out.append(f"    问的是功能 {asked[1]:02X} asked function {asked[1]:02X}")
    elif body[1] in SPACES:
        out += _values(asked, body, named)
    return [*out, *_check(frame, tcp)]


def _values(asked: bytes, body: bytes, named: Named) -> list[str]:
    space, first, count = SPACES[asked[1]], int.from_bytes(asked[2:4], "big"), int.from_bytes(asked[4:6], "big")
    size = (count + 7) // 8 if space in ("coil", "discrete") else 2 * count
    data = body[3:]
    out = [
        f"    字节数 bytes {body[2]}"
        + ("" if body[2] == size == len(data) else f"，应为 {size}，来了 {len(data)} · should be {size}, came {len(data)}")
    ]
    if body[2] != size or len(data) < size:
        return out
    for n in range(count):
        name = named(space, first + n)
        if space in ("coil", "discrete"):
            value = str(data[n // 8] >> n % 8 & 1)
        else:
            word = int.from_bytes(data[2 * n : 2 * n + 2], "big")
            value = f"0x{word:04X} = {word}" + (f" ({word - 0x10000})" if word > 0x7FFF else "")
        out.append(f"    {space} {first + n}: {value}" + (f"  {name}" if name else ""))
    return out
