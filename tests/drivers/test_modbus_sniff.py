"""Sound frames among raw bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.frames import rtu_frame
from drivers.modbus.sniff import rtu_frames, sound

ANSWER = bytes.fromhex("01 03 02 00 00 B8 44")  # weighing transmitter's document, status.md
QUESTION = bytes.fromhex("01 03 00 08 00 01 05 C8")
REFUSAL = rtu_frame(7, b"\x83\x02")


def test_frames_are_found_wherever_they_begin() -> None:
    assert list(rtu_frames(ANSWER)) == [ANSWER]
    assert list(rtu_frames(b"\xff\x00" + QUESTION + ANSWER + b"\x01" + REFUSAL + b"\x03")) == [QUESTION, ANSWER, REFUSAL]
    assert list(rtu_frames(ANSWER[:-1])) == []


@given(st.binary(max_size=60))
def test_whatever_comes_is_sound_or_passed_over(data: bytes) -> None:
    assert all(sound(frame) and frame in data for frame in rtu_frames(data))
