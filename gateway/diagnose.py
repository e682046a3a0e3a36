"""What ails a line or a device, from what was heard of it, in words for an electrician. Pure judgement; asks nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.asking import Heard
from drivers.modbus.sniff import rtu_frames
from gateway.symptoms import WORDS

MOST = 0.6  # share of a line's devices that must show one thing before it is the line's
TURNING = 2  # bytes a transceiver may invent as it turns round after an answer
LINE = ("silent", "drops", "flipped", "noise", "echo")  # what can be the line's rather than a device's


@dataclass(frozen=True, slots=True)
class Complaint:
    """`about`: a device, or "" for the whole line. `share` of its questions showed it."""

    about: str
    symptom: str
    zh: str
    en: str
    share: float = 1.0


def symptom(unit: int, heard: Heard) -> str:
    """What one question showed: "good", or a key of WORDS."""
    frames = list(rtu_frames(heard.received))
    own = [f for f in frames if f[0] == unit and f != heard.sent]
    match heard.kind:
        case "good":
            return _of_good(heard)
        case "refused":
            return f"exception-{heard.code}"
        case "down" | "busy":
            return heard.kind
    if code := _said_by_a_gateway(heard, own):
        return f"exception-{code}"
    if heard.kind == "silent":
        if heard.received and heard.received == heard.sent:
            return "echoed"
        return "late" if own else "noise" if heard.received else "silent"
    if heard.kind == "wrong":
        return _of_wrong(unit, heard, frames)
    return _of_garbled(unit, heard, own)


def _of_good(heard: Heard) -> str:
    if heard.received.startswith(heard.sent) and len(heard.sent) > 4:
        return "echo"
    frame = next(rtu_frames(heard.received), heard.received)
    if again := heard.received.partition(frame)[2]:
        return "duplicated" if frame.startswith(again) else "noise" if len(again) > TURNING else "good"
    return "noise" if heard.before and not any(rtu_frames(heard.before)) else "good"


def _said_by_a_gateway(heard: Heard, own: Sequence[bytes]) -> int:
    """The exception with which a converter speaks for a silent device: to the line it is silence. 0: none."""
    pdu = own[0][1:3] if own else heard.received[7:9] if _is_tcp(heard) else b""
    return pdu[1] if heard.kind == "silent" and len(pdu) == 2 and pdu[0] & 0x80 else 0


def _is_tcp(heard: Heard) -> bool:
    """A read's question has 8 bytes as an RTU frame and 12 with the header of Modbus TCP."""
    return len(heard.sent) == 12


def _of_wrong(unit: int, heard: Heard, frames: Sequence[bytes]) -> str:
    if _is_tcp(heard):
        got, asked = heard.received[6:8], heard.sent[6:8]
        if heard.received == heard.sent:
            return "echoed"
        return "wrong-unit" if got[:1] != asked[:1] else "wrong-function" if got[1:] != asked[1:] else "mixed"
    if any(f[0] != unit for f in frames):
        return "wrong-unit"
    return "wrong-function" if frames and frames[0][1] & 0x7F != heard.sent[1] else "duplicated" if len(frames) > 1 else "mixed"


def _of_garbled(unit: int, heard: Heard, own: Sequence[bytes]) -> str:
    """Bytes, but not the frame that was awaited: how long are they, and what do they begin with?"""
    if not heard.sent:
        return "noise"  # the line was never silent enough to ask
    answer = heard.received.removeprefix(heard.sent)
    if own:
        return "gaps" if answer == own[0] else "noise"
    good = _expected(heard.sent)
    if answer[:2] == heard.sent[:2]:
        return "truncated" if len(answer) < good else "flipped" if len(answer) == good else "clash"
    if len(answer) == good:
        return "flipped"
    if answer[:1] != bytes((unit,)):
        return "noise"
    return "clash" if len(answer) > good else "truncated"


def _expected(sent: bytes) -> int:
    """Length of the good RTU answer to a read."""
    count = int.from_bytes(sent[4:6], "big") if len(sent) >= 6 else 0
    return 5 + ((count + 7) // 8 if sent[1:2] in (b"\x01", b"\x02") else 2 * count)


def complaints(seen: Mapping[str, Counter[str]]) -> list[Complaint]:
    """Device -> symptoms of its questions, all of one line. What most devices show is the line's, and said once."""
    found: list[Complaint] = []
    seen = {device: _silences(counts) for device, counts in seen.items()}
    shown = Counter(s for counts in seen.values() for s in set(counts))
    common = {s for s in LINE if len(seen) > 1 and shown[s] >= MOST * len(seen)} | ({"echo", "down"} & set(shown))
    found += [complaint("", s, shown[s] / len(seen)) for s in WORDS if s in common]
    for device, counts in seen.items():
        total = counts.total()
        found += [complaint(device, s, n / total) for s, n in counts.most_common() if s not in ("good", *common)]
    return found


def _silences(counts: Counter[str]) -> Counter[str]:
    """Whoever answers at times is not silent, it drops answers."""
    if counts["good"] or counts["drops"]:
        return Counter({"drops": counts["silent"]}) + Counter({s: n for s, n in counts.items() if s != "silent"})
    return counts


def complaint(about: str, kind: str, share: float) -> Complaint:
    """With the words of a symptom, or of an exception that nobody has written words for."""
    zh, en = WORDS.get(kind, (f"设备拒绝（{kind}）", f"refused with {kind}"))
    return Complaint(about, kind, zh, en, share)
