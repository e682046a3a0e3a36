"""The modem channel: SMS in PDU mode out and in, delivery reports, and a ring that wakes. Works without Internet, DNS or clock.

One thread owns it (gateway.tell): `send` hands one message to the network, `hear` takes what came and rings who must be rung.
AT commands: 3GPP TS 27.005 and 27.007; the port is opened when needed and again after it was unplugged.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import serial

from alerts.budget import CALL
from alerts.channels import sms
from alerts.channels.at import Answer, Dialogue
from alerts.channels.faults import GiveUp, TryAgain, Unfit
from alerts.channels.letters import Letters
from alerts.model import Delivery, Fate, Inbound, Notification, Severity
from alerts.plant import Person
from drivers.reading import Clock

ANSWER = 2_000  # ms a modem may take for an ordinary command
PROMPT = 4_000  # ms until it asks for the text
NETWORK = 5_000  # ms the network may take for one part; a send stays below the 12 s that count as hung
RETRY = 3_000  # ms
CARE = 30_000  # ms between two looks at signal and registration
WEAK = 5  # CSQ below this (about -103 dBm) carries no SMS reliably
RING = 25_000  # ms a telephone rings
DIALS = 2  # attempts to call a telephone when the modem or the network refuses the call
STRONGEST = 31  # of AT+CSQ; 99: not known
REGISTERED = ("1", "5")  # home, roaming
ACTIVE = "0"  # stat of AT+CLCC: somebody has picked up
SETUP = ("ATE0", "AT+CMEE=1", "AT+CMGF=0", "AT+CNMI=2,1,0,1,0", "AT+CLIP=1")
# whom a site lets the modem call of those whom people's table rings: all of them, by gas 2 and fire only, by fire only, nobody
RINGS: Mapping[str, Severity | None] = {"all": Severity.INFO, "gas": Severity.GAS, "fire": Severity.FIRE, "none": None}
# 27.005 3.2.5 and vendors: what no second attempt mends
HOPELESS = {
    "+CMS ERROR: 28": "号码无效 unknown number",
    "+CMS ERROR: 8": "运营商禁止 barred",
    "+CMS ERROR: 50": "未开通短信 no SMS service",
}


@dataclass(frozen=True, slots=True)
class Radio:
    """How it stands with the network at `at` (mono ms). `dbm` of AT+CSQ (27.007 8.5: -113 and 2 a step), None: not known."""

    at: int
    dbm: int | None
    registered: bool


@dataclass(slots=True)
class _Ring:
    """One telephone to be called, for all the messages that want it."""

    number: str
    keys: list[str]
    severity: Severity
    until: int = 0  # mono ms; 0: not ringing
    dialled: int = 0  # how often


class Modem:
    """`port` by its /dev/serial/by-path name. `ring`: the least severity at which who must act now is called too; None: nobody is."""

    def __init__(
        self, name: str, port: str, clock: Clock, *, baud: int = 115200, ring: Severity | None = Severity.INFO
    ) -> None:
        self._port, self._clock, self._baud, self._ring = port, clock, baud, ring
        self._serial: serial.Serial | None = None
        self._talk = Dialogue()
        self._references = itertools.count(1)
        self._letters = Letters(name)
        self._rings: list[_Ring] = []  # the first is the one under way
        self._heard: list[Delivery | Inbound] = []
        self._taken: list[str] = []  # places of answers that have been heard
        self._care_due = self._stored_due = 0
        self.radio: Radio | None = None  # of the last look; None while nothing is known. Read by other threads

    # the channel's contract

    def send(self, n: Notification, to: Person) -> Delivery:
        """ACCEPTED when the network took every part; its report comes by `hear`. Raises TryAgain or GiveUp.

        Who must act now is called as well, also when the network takes no text. One with the reason CALL is a call alone.
        """
        rung = n.rung and self._ring is not None and n.severity >= self._ring
        if n.reason == CALL and not rung:
            raise Unfit("短信模块设为不拨号 the modem is set not to call")
        try:
            parts = () if n.reason == CALL else sms.submit(to.phone, n.text, next(self._references) % 256)
        except ValueError:
            raise Unfit("号码不能用，请在人员里改 the number cannot be used: correct it in the list of people") from None
        self._ready()
        if rung:
            self._wait_ring(n, to.phone)  # dialled by `hear`, after the text
        numbers = [self._put(part) for part in parts]
        self._letters.sent(n.key, to.phone, numbers)
        return Delivery(n.key, Fate.ACCEPTED, " ".join(map(str, numbers)))

    def probe(self) -> None:
        """SIM ready, registered, signal strong enough; nothing is sent. Raises TryAgain."""
        self._ready()
        if why := self._look():
            raise TryAgain(why, RETRY)

    def hear(self) -> Sequence[Delivery | Inbound]:
        """Reports, answers, the calls under way. Raises TryAgain when the modem is out of order and there is nothing to hand on."""
        self._ready()
        self._forget_taken()
        self._read(0)
        self._take_news()
        if self._clock.now().mono >= self._stored_due:
            self._take_stored()
        if self.radio and self.radio.registered:
            self._turn_ring()
        if not self._heard and self._clock.now().mono >= self._care_due and (why := self._look()):
            raise TryAgain(why, RETRY)
        heard, self._heard = self._heard, []
        return heard

    def hush(self, ringing: Callable[[str], bool]) -> None:
        """Nobody is called any more for messages that have become needless; a telephone that rings falls silent (D16)."""
        under_way = next((r for r in self._rings if r.until), None)
        for ring in self._rings:
            ring.keys = [key for key in ring.keys if ringing(key)]
        self._rings = [r for r in self._rings if r.keys]
        if under_way is not None and not under_way.keys:
            self._command("ATH", may_fail=True)

    # the line

    def _ready(self) -> None:
        """Open and set up the modem if it is not; collect what came while nobody listened. Raises TryAgain."""
        if self._serial is not None:
            return
        try:
            self._serial = serial.Serial(self._port, self._baud, timeout=0, write_timeout=2, exclusive=True)
            self._talk = Dialogue()
            self._write(b"\x1b")  # out of a prompt that an earlier process left
            self._command("AT", 500, may_fail=True)
            for command in SETUP:
                self._command(command)
            self._unlock()
            self._take_stored()
            if (why := self._look()) and not (self.radio and self.radio.registered):
                raise TryAgain(why, RETRY)  # a weak signal may carry a text all the same
        except (OSError, serial.SerialException) as error:
            self._shut()
            raise TryAgain(f"短信模块打不开 modem port {self._port}: {error}", RETRY) from error
        except TryAgain:
            radio = self.radio  # it answers and has no network: that is known
            self._shut()
            self.radio = radio
            raise

    def _unlock(self) -> None:
        answer = self._command("AT+CPIN?", may_fail=True)
        if not any("READY" in line for line in answer.lines):
            raise TryAgain("SIM 卡没有就绪：没插好，或设了 PIN the SIM is not ready: not seated, or it has a PIN", CARE)

    def _look(self) -> str:
        """What is wrong with signal and registration now, "" for nothing. While something is, every `hear` looks again."""
        now = self._clock.now().mono
        csq = self._command("AT+CSQ", may_fail=True).lines
        signal = next((n for line in csq if line.startswith("+CSQ:") and 0 <= (n := _number(line)) <= STRONGEST), None)
        registered = any(
            _field(line, 1) in REGISTERED
            for command in ("AT+CREG?", "AT+CEREG?")
            for line in self._command(command, may_fail=True).lines
        )
        self.radio = Radio(now, None if signal is None else 2 * signal - 113, registered)
        strong = signal is not None and signal >= WEAK
        self._care_due = now + CARE if registered and strong else now
        if not registered:
            return "没有登记到网络：看天线、欠费、是否支持 VoLTE not registered: antenna, credit, VoLTE"
        shown = "未知 unknown" if signal is None else signal
        return "" if strong else f"信号太弱（{shown}），请移动天线 signal too weak: move the antenna"

    def _put(self, part: sms.Submit) -> int:
        """Hand one part to the network; the modem's number of it. Raises TryAgain or GiveUp."""
        answer = self._talk.ask(f"AT+CMGS={part.length}")
        self._write(f"AT+CMGS={part.length}\r".encode())
        self._until(lambda: answer.prompted or answer.ok is not None, PROMPT)
        if not answer.prompted:
            self._write(b"\x1b")
            self._talk.forget()
            raise self._refused(answer, "短信模块没有要正文 no prompt")
        self._write(part.hex.encode() + b"\x1a")
        self._until(lambda: answer.ok is not None, NETWORK)
        number = next((_number(line) for line in answer.lines if line.startswith("+CMGS:")), -1)
        if answer.ok and number >= 0:
            return number
        self._talk.forget()
        raise self._refused(answer, "网络没有及时收下 the network did not take it in time")

    def _refused(self, answer: Answer, silent: str) -> TryAgain | GiveUp:
        if answer.ok is None:
            self._shut()  # whatever it still says belongs to no later question
            return TryAgain(silent, RETRY)
        code = next((words for final, words in HOPELESS.items() if answer.final == final), "")
        return GiveUp(code) if code else TryAgain(f"短信没有被收下 not taken: {answer.final or silent}", RETRY)

    def _command(self, command: str, wait: int = ANSWER, *, may_fail: bool = False) -> Answer:
        """One command and its answer. Raises TryAgain when it says ERROR (unless it may) or nothing."""
        answer = self._talk.ask(command)
        self._write(f"{command}\r".encode())
        self._until(lambda: answer.ok is not None, wait)
        if answer.ok is None and not (may_fail and command == "AT"):
            self._shut()
            raise TryAgain(f"短信模块不应答 the modem does not answer {command}", RETRY)
        if answer.ok is False and not may_fail:
            raise TryAgain(f"短信模块拒绝 {command}：{answer.final} the modem refuses it", RETRY)
        return answer

    def _until(self, done: Callable[[], bool], wait: int) -> None:
        end = self._clock.now().mono + wait
        while not done() and (left := end - self._clock.now().mono) > 0:
            self._read(min(left, 100))

    def _read(self, wait: int) -> None:
        try:
            assert self._serial is not None
            self._serial.timeout = wait / 1000
            if data := self._serial.read(max(1, self._serial.in_waiting)):
                self._talk.feed(data)
        except (OSError, serial.SerialException, TypeError) as error:
            self._shut()
            raise TryAgain(f"短信模块断开 the modem is gone: {error}", RETRY) from error

    def _write(self, data: bytes) -> None:
        try:
            assert self._serial is not None
            self._serial.write(data)
        except (OSError, serial.SerialException) as error:
            self._shut()
            raise TryAgain(f"短信模块断开 the modem is gone: {error}", RETRY) from error

    def _shut(self) -> None:
        port, self._serial, self.radio = self._serial, None, None
        for ring in self._rings:
            ring.until = 0
        if port is not None:
            with suppress(OSError, serial.SerialException):  # it is gone already
                port.close()

    # what comes in

    def _take_news(self) -> None:
        news, self._talk.news = self._talk.news, []
        for line in news:
            head, _, body = line.partition("\n")
            if head.startswith("+CDS:"):
                self._news(self._letters.report(body))
            elif head.startswith("+CMTI:"):
                self._take_message(head.rpartition(",")[2])
            elif head in ("RING",) or head.startswith("+CRING"):
                self._command("ATH", may_fail=True)  # nobody can be answered here; the caller's number is on the next SMS
            elif head.startswith("+CREG:"):
                self._care_due = 0

    def _take_stored(self) -> None:
        """Answers that came while no process listened, and any whose announcement was lost: an answer may be the one that counts."""
        self._stored_due = self._clock.now().mono + CARE
        listed = self._command("AT+CMGL=4", 10_000, may_fail=True).lines
        for head, body in itertools.pairwise(listed):
            if head.startswith("+CMGL:") and (place := str(_number(head))) not in self._taken:
                self._answered(body)
                self._taken.append(place)

    def _take_message(self, index: str) -> None:
        index = index.strip()
        if index.isdigit():
            answer = self._command(f"AT+CMGR={index}", may_fail=True)
            if not answer.ok:
                self._shut()  # opened anew it gives all that is stored; what was not read is never cleared
                raise TryAgain(f"收到的短信读不出 an answer cannot be read: {answer.final}", RETRY)
            self._answered(answer.lines[-1] if answer.lines else "")
            self._taken.append(index)

    def _forget_taken(self) -> None:
        """Clear the places of the answers given by an earlier `hear`: whoever took them has had the time to store them.

        One that is heard twice after a crash has the same id both times.
        """
        while self._taken:
            self._command(f"AT+CMGD={self._taken.pop()}", may_fail=True)

    def _answered(self, pdu: str) -> None:
        self._news(self._letters.answer(pdu, self._clock.now().mono))

    def _news(self, found: Delivery | Inbound | None) -> None:
        self._heard += [found] if found is not None else []

    # the ring

    def _wait_ring(self, n: Notification, number: str) -> None:
        """The worst is called first; whom the modem is calling now stays first."""
        known = next((r for r in self._rings if r.number == number), None)
        if known is None:
            self._rings.append(_Ring(number, [n.key], n.severity))
        else:
            known.keys += [n.key] if n.key not in known.keys else []
            known.severity = max(known.severity, n.severity)
        self._rings.sort(key=lambda r: (not r.until, -r.severity))

    def _turn_ring(self) -> None:
        """Dial the next, look whether somebody has picked up, hang up after a while. Never more than one step at a time."""
        if not self._rings:
            return
        ring, now = self._rings[0], self._clock.now().mono
        if not ring.until and ring.dialled == DIALS:  # that nobody was called is news, and the next channel's turn
            self._heard += [Delivery(key, Fate.SILENT, why="拨不出电话 the call could not be made") for key in ring.keys]
            self._rings.remove(ring)
            return
        if not ring.until:
            ring.until, ring.dialled = now + RING, ring.dialled + 1
            if self._command(f"ATD{ring.number};", 5_000, may_fail=True).ok is not True:
                ring.until = 0
                self._rings.append(self._rings.pop(0))  # once more after the others
            return
        calls = [line for line in self._command("AT+CLCC", may_fail=True).lines if line.startswith("+CLCC:")]
        picked_up = any(_field(line, 2) == ACTIVE for line in calls)
        if picked_up:
            self._heard += [Delivery(key, Fate.READ, why="接听 picked up") for key in ring.keys]
        if picked_up or not calls or now >= ring.until:
            self._rings.remove(ring)
            self._command("ATH", may_fail=True)


def build(settings: Mapping[str, str], clock: Clock) -> Modem:
    """Settings: id, port, baud (115200), ring (all | gas | fire | none). Raises KeyError or ValueError."""
    ring = RINGS[settings.get("ring", "all")]
    return Modem(settings.get("id", "modem"), settings["port"], clock, baud=int(settings.get("baud", "115200")), ring=ring)


def _number(line: str) -> int:
    """The first number after the colon (+CMGS: 12, +CSQ: 21,0); -1 when there is none."""
    text = line.partition(":")[2].split(",")[0].strip()
    return int(text) if text.isdigit() else -1


def _field(line: str, n: int) -> str:
    fields = [part.strip() for part in line.partition(":")[2].split(",")]
    return fields[n] if n < len(fields) else ""
