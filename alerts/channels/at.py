"""The dialogue with a modem as text (3GPP TS 27.005, 27.007): bytes to lines, answers apart from news. Pure; owns no port."""

from __future__ import annotations

from dataclasses import dataclass, field

FINAL_BAD = ("ERROR", "+CME ERROR", "+CMS ERROR")
CALL_OVER = ("NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE")  # answers to ATD; to anything else news of the call under way
NEWS = (
    "+CMTI:",
    "+CDSI:",
    "+CDS:",
    "RING",
    "+CRING",
    "+CLIP:",
    "+CREG:",
    "+CEREG:",
    *CALL_OVER,
    "^",
    "+QIND",
)
PROMPT = "> "
MOST = 4_096  # characters without an end of line: rubbish of a wrong baud rate


@dataclass(slots=True)
class Answer:
    """What came after one command: `lines` before the final one. `ok` None while it is not over."""

    command: str
    lines: list[str] = field(default_factory=list)
    ok: bool | None = None
    final: str = ""
    prompted: bool = False


class Dialogue:
    """One modem's text stream. `ask` begins a command, `feed` takes bytes; `news` collects what nobody asked for."""

    def __init__(self) -> None:
        self._buffer = ""
        self._waiting: Answer | None = None
        self._body_of = ""  # a news line whose next line belongs to it (+CDS: with its PDU)
        self.news: list[str] = []

    def ask(self, command: str) -> Answer:
        """The answer to `command` from now on; an earlier one that never ended is forgotten."""
        self._waiting = Answer(command)
        return self._waiting

    def forget(self) -> None:
        """No answer is awaited: whatever still comes of it is no news."""
        self._waiting = None

    def feed(self, data: bytes) -> None:
        self._buffer += data.decode("latin-1")
        while True:
            stripped = self._buffer.lstrip("\r\n\0")
            if self._waiting is not None and self._waiting.ok is None and stripped.startswith(PROMPT):
                self._waiting.prompted = True
                self._buffer = stripped[len(PROMPT) :]
                continue
            end = next((n for n, c in enumerate(stripped) if c in "\r\n"), -1)
            if end < 0:
                self._buffer = stripped[-MOST:]
                return
            self._buffer = stripped[end + 1 :]
            self._line(stripped[:end].strip())

    def _line(self, line: str) -> None:
        waiting = self._waiting if self._waiting is not None and self._waiting.ok is None else None
        if not line:
            return
        if self._body_of:
            self.news.append(f"{self._body_of}\n{line}")
            self._body_of = ""
        elif waiting is not None and line == waiting.command:
            return  # the modem repeats what it is told until ATE0
        elif waiting is not None and (line == "OK" or line.startswith(_bad(waiting.command))):
            waiting.ok, waiting.final = line == "OK", line
        elif line.startswith("+CDS:"):
            self._body_of = line
        elif line.startswith(NEWS) and not (waiting is not None and _asked_for(waiting.command, line)):
            self.news.append(line)
        elif waiting is not None:
            waiting.lines.append(line)


def _bad(command: str) -> tuple[str, ...]:
    """How a final answer to the command begins that is no OK."""
    return FINAL_BAD + CALL_OVER if command.startswith("ATD") else FINAL_BAD


def _asked_for(command: str, line: str) -> bool:
    """Is this line the answer to a question about the same thing (AT+CREG? and +CREG: 0,1)?"""
    name = line.partition(":")[0]
    return command.upper().startswith(f"AT{name}") and command.endswith("?")
