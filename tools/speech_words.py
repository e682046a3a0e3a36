"""Makes config/speech/words.zip from words.txt with a speech synthesiser: python -m tools.speech_words. Needs Debian's espeak-ng.

Each word is 8 kHz mono 16-bit WAV of 9 significant bits (it packs well), silence at both ends cut. A person's own recording in
the data folder takes its place.
"""

from __future__ import annotations

import io
import subprocess
import wave
import zipfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "config" / "speech"
RATE = 8_000
QUIET = 300  # of 32767: below this the ends are silence


def words() -> list[str]:
    lines = (FOLDER / "words.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def spoken(word: str) -> bytes:
    """The word as WAV of our rate."""
    made = subprocess.run(["espeak-ng", "-v", "cmn", "-s", "150", "--stdout", word], capture_output=True, check=True).stdout
    with wave.open(io.BytesIO(made)) as found:
        rate = found.getframerate()
        samples = memoryview(found.readframes(1 << 24)).cast("h").tolist()
    step = rate / RATE
    down = [samples[int(n * step)] for n in range(int(len(samples) / step))]
    loud = [n for n, sample in enumerate(down) if abs(sample) > QUIET]
    cut = down[loud[0] : loud[-1] + 1]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join((sample & ~0x7F).to_bytes(2, "little", signed=True) for sample in cut))
    return out.getvalue()


def main() -> None:
    with zipfile.ZipFile(FOLDER / "words.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for word in words():
            file.writestr(zipfile.ZipInfo(f"{word}.wav", (2026, 1, 1, 0, 0, 0)), spoken(word), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
