"""Simulated fire panels, a lock board and a UPS on ptys, each with its own protocol: `python -m drivers.simulator.panels --dir DIR`.

Commands on stdin, one JSON object a line: {"event": {"line": L, "what": W, "address": A}}, {"lock": {"number": N, "open": bool}},
{"mains": bool}, {"silent": {"line": L, "silent": bool}}. What is written to it that its document does not foresee is logged as
`strange`. Knows nothing of the gateway's framers: every frame is put together here anew.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import sys
import threading
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivers.simulator.clock import mono
from drivers.simulator.log import FileLog, Log

LINES = ("gst5000-rs485", "gst-crt", "ld128en-printer", "nmea-fir", "wkly-lock", "megatec-ups")
HEARTBEAT = 2.0  # seconds; a real GST5000's is slower
CRT_ADDRESS = 1
LOCKS = 8
GST = {"fire": 0x15, "fault": 0x21, "fault-over": 0x20, "feedback": 0x22, "isolated": 0xDE, "isolated-over": 0xDF}
CRT = {"fire": (0x0D, 0xDD, 1), "fault": (0x0E, 0xEE, 0), "isolated": (0x0E, 0xEE, 1), "isolated-over": (0x0E, 0xEE, 2)}
PRINTER = {"fire": "首次火警", "fault": "故障", "feedback": "反馈", "isolated": "屏蔽", "isolated-over": "屏蔽解除"}
NMEA = {"fire": ("E", "A"), "fire-over": ("E", "V"), "fault": ("F", "A"), "fault-over": ("F", "V"), "isolated": ("D", "A")}


class Panels(threading.Thread):
    """All six lines; `links` are their names in the folder. `say`, `lock` and `mains` may be called from any thread."""

    def __init__(self, folder: Path, log: Log) -> None:
        super().__init__(name="panels", daemon=True)
        self._log = log
        self._ends = {name: os.openpty() for name in LINES}
        self.links = {name: folder.absolute() / name for name in LINES}
        for name, (_, far) in self._ends.items():
            tty.setraw(far)
            self.links[name].unlink(missing_ok=True)
            self.links[name].symlink_to(os.ttyname(far))
        self._ending = threading.Event()
        self._events: list[bytes] = []  # of the polled panel, until confirmed
        self._asked = b""  # of the lock board and the UPS: what is not a whole question yet
        self._open = set[int]()
        self._mains = True
        self._silent = set[str]()

    def run(self) -> None:
        beat = mono()
        by_end = {near: name for name, (near, _) in self._ends.items()}
        while not self._ending.is_set():
            for near in select.select(list(by_end), [], [], 0.05)[0]:
                self._hear(by_end[near], os.read(near, 512))
            if mono() >= beat:
                beat += HEARTBEAT
                self._put("gst5000-rs485", _summed(bytes.fromhex("AA0808000800")))

    def close(self) -> None:
        self._ending.set()
        self.join()
        for name, ends in self._ends.items():
            self.links[name].unlink(missing_ok=True)
            for end in ends:
                os.close(end)

    def say(self, line: str, what: str, address: str = "") -> None:
        """One event of a panel; `reset` has no address. KeyError for what the line cannot say."""
        self._log("panel", line=line, event=what, address=address)
        if line == "gst-crt":
            self._events.append(b"\x0a\xaa\xbb" if what == "reset" else _crt(what, address))
            return
        makers: dict[str, Callable[[str, str], bytes]] = {"gst5000-rs485": _gst, "ld128en-printer": _printed, "nmea-fir": _nmea}
        frame = makers[line](what, address)
        self._put(line, frame * (3 if line == "gst5000-rs485" else 1))

    def lock(self, number: int, released: bool) -> None:
        (self._open.add if released else self._open.discard)(number)
        self._put("wkly-lock", _xored(bytes((0x85, number, 0 if released else 1)), 0))

    def mains(self, present: bool) -> None:
        self._mains = present

    def silence(self, line: str, silent: bool) -> None:
        (self._silent.add if silent else self._silent.discard)(line)

    def _put(self, line: str, data: bytes) -> None:
        if line not in self._silent:
            os.write(self._ends[line][0], data)

    def _hear(self, line: str, data: bytes) -> None:
        known = {"gst-crt": self._crt_heard, "wkly-lock": self._board_heard, "megatec-ups": self._ups_heard}
        if line not in known or not known[line](data):
            self._log("strange", line=line, bytes=data.hex())

    def _crt_heard(self, data: bytes) -> bool:
        for byte in data:
            if byte == CRT_ADDRESS:
                self._put("gst-crt", bytes((byte,)))
            elif byte == 0x0F:
                self._put("gst-crt", self._events[0] if self._events else b"\xf0\xf0\xbb")
            elif byte == 0x1F and self._events:
                self._events.pop(0)
            else:
                return False
        return True

    def _board_heard(self, data: bytes) -> bool:
        if len(data) % 8 or any(data[n : n + 5] != b"WKLY\x08" or data[n + 6] != 0x84 for n in range(0, len(data), 8)):
            return False
        for n in range(0, len(data), 8):
            states = bytes(0 if lock in self._open else 1 for lock in range(1, LOCKS + 1))
            self._put("wkly-lock", _xored(bytes((0x84, 0, LOCKS)) + states, data[n + 5]))
        return True

    def _ups_heard(self, data: bytes) -> bool:
        if data != b"Q1\r":
            return False
        volts, bits = ("226.0", "00001000") if self._mains else ("000.0", "10001000")
        self._put("megatec-ups", f"({volts} 195.0 226.0 014 49.0 27.5 30.0 {bits}\r".encode())
        return True


def _summed(data: bytes) -> bytes:
    return data + bytes((sum(data) & 0xFF,))


def _gst(what: str, address: str) -> bytes:
    if what == "reset":
        return bytes.fromhex("AA045555555502")
    head = _summed(bytes((0xAA, GST[what])) + bytes.fromhex(address) + b"\x03")
    return _summed(head + bytes.fromhex("0001 0035 0023 3405 5448 0031 0036 1867"))


def _crt(what: str, address: str) -> bytes:
    lead, kind, state = CRT[what]
    body = bytes.fromhex(address) + bytes((3, state))
    return bytes((lead, kind)) + _summed(body) + b"\xbb"


def _printed(what: str, address: str) -> bytes:
    lines = "系统复位" if what == "reset" else f"{PRINTER[what]}\n东楼三层走廊\n感烟探测器"
    return b"\x1b6" + f"26/11/02  02:14\n  {address}\n".encode() + b"\x1b9" + lines.encode("gbk") + b"\n\n"


def _nmea(what: str, address: str) -> bytes:
    kind, condition = NMEA[what]
    zone, loop, detector = address.upper().split("-")
    body = f"ZHFIR,{kind},021400.00,FS,{zone},{loop},{detector},{condition},V,EAST".encode()
    check = 0
    for byte in body:
        check ^= byte
    return b"$" + body + f"*{check:02X}\r\n".encode()


def _xored(body: bytes, board: int) -> bytes:
    """Start code, length, board, then command and data, and the XOR of all."""
    frame = b"WKLY" + bytes((len(body) + 7, board)) + body
    check = 0
    for byte in frame:
        check ^= byte
    return frame + bytes((check,))


def _carry_out(panels: Panels, command: dict[str, Any]) -> None:
    ((verb, given),) = command.items()
    if verb == "event":
        panels.say(given["line"], given["what"], given.get("address", ""))
    elif verb == "lock":
        panels.lock(given["number"], given["open"])
    elif verb == "mains":
        panels.mains(given)
    elif verb == "silent":
        panels.silence(given["line"], given["silent"])
    else:
        raise KeyError(verb)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m drivers.simulator.panels", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="folder for the six lines and panels.jsonl")
    folder = parser.parse_args().dir
    folder.mkdir(parents=True, exist_ok=True)
    log = FileLog(folder / "panels.jsonl")
    panels = Panels(folder, log)
    panels.start()
    print(json.dumps({"ready": True, **{name: str(link) for name, link in panels.links.items()}}), flush=True)
    for text in sys.stdin:
        try:
            _carry_out(panels, json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log("refused", command=text.strip(), why=f"{type(error).__name__}: {error}")
    panels.close()
    log.close()


if __name__ == "__main__":
    main()
