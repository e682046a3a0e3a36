"""Guard-room speech from recorded words: what is said of an alarm, which recordings that takes, one WAV of them. No network.

A recording is 8 kHz mono 16-bit WAV. Whoever plays it: gateway/speak.py.
"""

from __future__ import annotations

import io
import math
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

from alerts.singly import singly

SHIPPED = Path("speech/words.zip")  # within the shipped data
OWN = "speech"  # folder of the school's own recordings within the data folder
RATE = 8_000
PAUSES = {"，": 0.25, "。": 0.6}  # seconds
SAID = {  # the alarm's kind, else its lamp -> what is said; {place} is the zone's name
    "fire": "火警，火警。{place}。请立即去看。",
    "gas": "可燃气泄漏，请撤人，不要碰开关。{place}。",
    "toxic-2": "有毒气泄漏，请撤人。{place}。",
    "store": "危化柜异常。{place}。请立即去看。",
}
WALKED = "步行测试，{place}。"  # a point that was set off on purpose: the place, so that its words are heard once by daylight
TONES = {  # what is told apart before any word is understood: (Hz, seconds), 0 Hz is silence
    "drill-break": ((960, 0.25), (620, 0.25)) * 6 + ((0, 0.4),),  # the alarm that is no drill: two notes in turn
    "check": ((660, 0.2), (0, 0.15), (660, 0.2), (0, 0.6)),  # a duty check: soft, never an alarm's sound (R9)
}
LOUD = {"drill-break": 0.9, "check": 0.3}  # of full scale
DRILL = "这是演练。{said}这是演练。"
TIMES = 3


class Words:
    """The recordings: the school's own folder first, then what ships. A word is read from its file when it is needed."""

    def __init__(self, shipped: Path, own: Path) -> None:
        self._shipped, self._own = shipped, own
        with zipfile.ZipFile(shipped) as file:
            self._names = {name.removesuffix(".wav") for name in file.namelist()}

    def known(self) -> frozenset[str]:
        mine = {path.stem for path in self._own.glob("*.wav")} if self._own.is_dir() else set()
        return frozenset(self._names | mine)

    def samples(self, word: str) -> bytes:
        """The frames of a recording. ValueError for a file that is no such WAV, KeyError for a word nobody recorded."""
        path = self._own / f"{word}.wav"
        if path.is_file():
            return frames(path.read_bytes(), str(path))
        with zipfile.ZipFile(self._shipped) as file:
            return frames(file.read(f"{word}.wav"), word)


def frames(data: bytes, name: str) -> bytes:
    try:
        with wave.open(io.BytesIO(data)) as found:
            shape = (found.getnchannels(), found.getsampwidth(), found.getframerate())
            if shape != (1, 2, RATE):
                raise ValueError(f"{name}: 要 8 kHz 单声道 16 位 WAV · 8 kHz mono 16-bit WAV is wanted, not {shape}")
            return bytes(found.readframes(found.getnframes()))
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{name}: 不是 WAV · no WAV: {error}") from None


def said(about: str, place: str, *, drill: bool = False, walk: bool = False) -> str:
    """The sentence of an alarm; "" for a kind of alarm that is not spoken (a panic button makes no sound). `about`: a key of SAID."""
    if walk:
        return WALKED.format(place=place)
    text = SAID.get(about, "").format(place=place)
    return DRILL.format(said=text) if drill and text else text


def pieces(text: str, known: frozenset[str]) -> tuple[list[str], list[str]]:
    """(recordings and pauses in order, what nobody has recorded). The longest recording that fits is taken each time."""
    out: list[str] = []
    missing: list[str] = []
    flat = singly(text)
    longest = max(map(len, known), default=0)
    at = 0
    while at < len(flat):
        if flat[at] in PAUSES:
            out.append(flat[at])
            at += 1
            continue
        word = next((flat[at : at + n] for n in range(longest, 0, -1) if flat[at : at + n] in known), "")
        if word:
            out.append(word)
        else:
            missing.append(flat[at])
        at += len(word) or 1
    return out, missing


def tone(name: str) -> bytes:
    """The frames of a tone: square waves for the alarm, so that a small loudspeaker carries them, sines for the check."""
    out = bytearray()
    for hertz, seconds in TONES[name]:
        for n in range(int(RATE * seconds)):
            wave_ = math.sin(2 * math.pi * hertz * n / RATE) if hertz else 0.0
            level = math.copysign(1.0, wave_) if name == "drill-break" and hertz else wave_
            out += int(32_767 * LOUD[name] * level).to_bytes(2, "little", signed=True)
    return bytes(out)


def joined(found: list[str], samples: Callable[[str], bytes], times: int = TIMES, before: str = "") -> bytes:
    """One WAV: the pieces one after the other, said `times` times, each time after the tone `before`."""
    silence = {mark: bytes(2 * int(RATE * seconds)) for mark, seconds in PAUSES.items()}
    once = (tone(before) if before else b"") + b"".join(silence.get(piece) or samples(piece) for piece in found)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((once + silence["。"]) * times)
    return out.getvalue()
