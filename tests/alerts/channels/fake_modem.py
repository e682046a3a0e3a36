"""A modem and its phone company on a pty: AT dialogue, prompts, numbers, reports, inbound texts, calls, and everything that fails.

The far side's own decoder (read_pdu.py) reads what was sent; it shares no code with the product. A message or a call that
nobody announced with `expect` fails whoever asks `check`.
"""

from __future__ import annotations

import os
import pty
import queue
import select
import threading
import tty
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from read_pdu import submitted


@dataclass
class Sent:
    number: str
    text: str
    wants_report: bool


@dataclass
class Behaviour:
    """What goes wrong. Counted faults happen so many times, then all is well again."""

    pin: str = "READY"
    registered: bool = True
    signal: int = 21
    no_prompt: int = 0
    late_prompt: float = 0.0  # seconds, each time
    refuse: list[str] = field(default_factory=list)  # final codes for the next sends
    refuse_after: int = 0  # so many parts are taken, the one after them is not; 0: never
    silent: int = 0  # sends the network never answers
    report: int | None = 0  # TP-ST of the report; None: it is lost
    reports: list[int | None] = field(default_factory=list)  # of the next parts, before `report` counts
    answers_call: bool = False
    hang_up: int = 0  # so often whoever is called hangs up while a text is being handed over
    unreadable: int = 0  # so often a stored text is not given
    refuse_call: list[str] = field(default_factory=list)  # final codes for the next calls


class FakeModem:
    """`path` is a link to the pty, as /dev/serial/by-path is; `unplug` and `plug` take it away and give a new one."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "modem"
        self.how = Behaviour()
        self.sent: list[Sent] = []
        self.commands: list[str] = []
        self.dialled: list[str] = []
        self._expected: set[tuple[str, str]] = set()
        self.news: queue.Queue[object] = queue.Queue()  # everything that happened, for tests that wait
        self.memory: dict[int, str] = {}
        self._call = ""
        self._number = 0
        self._master = -1
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.plug()

    def plug(self) -> None:
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(slave))
        self._slave = slave
        self._stop = threading.Event()
        self._woken, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._work, args=(self._master, self._stop), daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        self.path.unlink(missing_ok=True)
        self._stop.set()
        os.write(self._wake, b"x")
        assert self._thread is not None
        self._thread.join()
        for handle in (self._slave, self._master, self._wake, self._woken):
            os.close(handle)

    def expect(self, number: str, text: str, *parts: str) -> None:
        """This text may come to this number (with what it is torn into, when it goes in parts), and a call may."""
        self._expected |= {(number, one) for one in (text, *parts)}

    def check(self) -> None:
        """AssertionError for a message, or a call to a number, that nobody expected."""
        strange = [s for s in self.sent if (s.number, s.text) not in self._expected]
        assert not strange, f"nobody expected {strange}"
        rung = set(self.dialled) - {number for number, _ in self._expected}
        assert not rung, f"nobody expected a call to {rung}"

    def lose_network(self) -> None:
        """The modem is not registered any more and says so by itself, as one with AT+CREG=1 does."""
        self.how.registered = False
        self._say("+CREG: 2")

    def receive(self, number: str, text: str, *, announce: bool = True, stamp: str = "62209221436523") -> None:
        """Somebody writes to the modem's number."""
        index = max(self.memory, default=0) + 1
        digits = number.removeprefix("+")
        swapped = "".join(
            b + a for a, b in zip((digits + "F")[0 : len(digits) + len(digits) % 2 : 2], (digits + "F")[1::2], strict=False)
        )
        data = text.encode("utf-16-be").hex()
        self.memory[index] = f"0004{len(digits):02X}91{swapped}0008{stamp}{len(data) // 2:02X}{data}".upper()
        if announce:
            self._say(f'+CMTI: "SM",{index}')

    def ring_in(self) -> None:
        self._say("RING")

    # inside

    def _say(self, *lines: str) -> None:
        for line in lines:
            os.write(self._master, f"\r\n{line}\r\n".encode())

    def _work(self, master: int, stop: threading.Event) -> None:
        text, body_for = "", None
        while not stop.is_set():
            ready, _, _ = select.select([master, self._woken], [], [])
            data = os.read(master, 1024) if master in ready else b""
            for character in data.decode("latin-1"):
                if character == "\x1b":
                    text, body_for = "", None
                elif body_for is not None and character == "\x1a":
                    self._took(text.strip(), body_for)
                    text, body_for = "", None
                elif body_for is None and character == "\r":
                    body_for = self._command(text.strip(), stop)
                    text = ""
                else:
                    text += character

    def _command(self, command: str, stop: threading.Event) -> int | None:
        self.commands.append(command)
        answers: dict[str, Callable[[], tuple[str, ...]]] = {
            "AT+CPIN?": lambda: (f"+CPIN: {self.how.pin}", "OK"),
            "AT+CSQ": lambda: (f"+CSQ: {self.how.signal},99", "OK"),
            "AT+CREG?": lambda: (f"+CREG: 0,{1 if self.how.registered else 2}", "OK"),
            "AT+CEREG?": lambda: ("ERROR",),
            "AT+CLCC": self._calls,
            "AT+CMGL=4": lambda: (
                *(x for i, p in self.memory.items() for x in (f"+CMGL: {i},0,,{len(p) // 2 - 1}", p)),
                "OK",
            ),
        }
        if command.startswith("AT+CMGS="):
            if self.how.no_prompt:
                self.how.no_prompt -= 1
                return None
            if self.how.late_prompt:
                stop.wait(self.how.late_prompt)
            os.write(self._master, b"\r\n> ")
            return int(command.partition("=")[2])
        if command.startswith("AT+CMGR=") and self.how.unreadable:
            self.how.unreadable -= 1
            self._say("+CMS ERROR: 500")
        elif command.startswith("AT+CMGR="):
            pdu = self.memory.get(int(command.partition("=")[2]))
            self._say(*((f"+CMGR: 0,,{len(pdu) // 2 - 1}", pdu) if pdu else ()), "OK")
        elif command.startswith("AT+CMGD="):
            self.memory.pop(int(command.partition("=")[2].split(",")[0]), None)
            self._say("OK")
        elif command.startswith("ATD") and self.how.refuse_call:
            self._say(self.how.refuse_call.pop(0))
        elif command.startswith("ATD"):
            self._call = command[3:].rstrip(";")
            self.dialled.append(self._call)
            self.news.put(("dialled", self._call))
            self._say("OK")
        elif command == "ATH":
            self._call = ""
            self.news.put("hung up")
            self._say("OK")
        else:
            self._say(*answers.get(command, lambda: ("OK",))())
        return None

    def _calls(self) -> tuple[str, ...]:
        if not self._call:
            return ("OK",)
        return (f'+CLCC: 1,0,{0 if self.how.answers_call else 3},0,0,"{self._call}",129', "OK")

    def _took(self, pdu: str, length: int) -> None:
        if self.how.refuse:
            self._say(self.how.refuse.pop(0))
            return
        if self.how.refuse_after and len(self.sent) == self.how.refuse_after:
            self.how.refuse_after = 0
            self._say("+CMS ERROR: 38")
            return
        data = bytes.fromhex(pdu)
        assert len(data) - 1 - data[0] == length, "AT+CMGS counts the octets after the centre's field"
        if self.how.silent:
            self.how.silent -= 1
            return
        found = submitted(pdu)
        self._number = (self._number + 1) % 256
        self.sent.append(Sent(found.number, found.text, found.wants_report))
        if self.how.hang_up and self._call:
            self.how.hang_up, self._call = self.how.hang_up - 1, ""
            self._say("NO CARRIER")
        self._say(f"+CMGS: {self._number}", "OK")
        report = self.how.reports.pop(0) if self.how.reports else self.how.report
        if found.wants_report and report is not None:
            at, digits = 3 + data[0], data[3 + data[0]]
            address = data[at : at + 2 + (digits + 1) // 2].hex()
            pdu = f"0006{self._number:02X}{address}6220922143652362209221437523{report:02X}".upper()
            self._say(f"+CDS: {len(pdu) // 2 - 1}\r\n{pdu}")
        self.news.put(self.sent[-1])  # its report has been said
