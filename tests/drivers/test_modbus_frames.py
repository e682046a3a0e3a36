"""The RTU frame and the reader of one answer: frames of the specification, echoes, noise, any splitting, any flipped bit."""

from __future__ import annotations

import pytest
from field_far import crc16
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer.rtu import FramerRTU

from drivers.bus import GarbledAnswer, WrongAnswer
from drivers.modbus.frames import Answer, crc, rtu_frame


def frame(text: str) -> bytes:
    body = bytes.fromhex(text)
    return body + crc16(body)


QUESTION = frame("01 03 00 00 00 02")
GOOD = frame("01 03 04 12 34 56 78")
WRITE = frame("02 06 00 01 00 03")


def fed(answer: Answer, *chunks: bytes) -> Answer:
    for chunk in chunks:
        answer.feed(chunk)
    return answer


def test_a_known_frame() -> None:
    """Modbus over serial line 1.02, appendix B: the CRC of 02 07 is 41 12 (12 41 with the low byte sent first)."""
    assert rtu_frame(2, b"\x07").hex(" ") == "02 07 41 12"


@given(st.binary(min_size=1, max_size=254))
def test_crc_is_that_of_the_specification(body: bytes) -> None:
    assert crc(body) == crc16(body)


@given(st.binary(min_size=1, max_size=254))
def test_pymodbus_makes_the_same_crc(body: bytes) -> None:
    assert crc(body) == FramerRTU.compute_CRC(body).to_bytes(2, "big")  # it swaps the bytes itself


@given(st.lists(st.integers(1, 9), max_size=9))
def test_a_good_answer_in_any_pieces(cuts: list[int]) -> None:
    answer, rest = Answer(QUESTION, 9), GOOD
    for cut in cuts:
        assert answer.missing <= len(rest), "never waits for more than will come"
        answer.feed(rest[:cut])
        rest = rest[cut:]
    answer.feed(rest)
    assert answer.missing == 0 and answer.pdu() == GOOD[1:-2]


def test_an_exception_is_whole_after_five_bytes() -> None:
    answer = fed(Answer(QUESTION, 255), frame("01 83 02"))
    assert answer.missing == 0 and answer.pdu() == b"\x83\x02"


@given(st.integers(0, 8 * 9 - 1))
def test_any_flipped_bit_is_noticed(bit: int) -> None:
    bad = bytes(b ^ (1 << bit % 8 if n == bit // 8 else 0) for n, b in enumerate(GOOD))
    with pytest.raises(GarbledAnswer):
        fed(Answer(QUESTION, 9), bad).pdu()


@pytest.mark.parametrize("length", range(9))
def test_cut_short(length: int) -> None:
    answer = fed(Answer(QUESTION, 9), GOOD[:length])
    assert answer.missing > 0
    with pytest.raises(GarbledAnswer):
        answer.pdu()


def test_another_unit() -> None:
    with pytest.raises(WrongAnswer):
        fed(Answer(QUESTION, 9), frame("02 03 04 12 34 56 78")).pdu()


def test_noise_after_the_frame_does_not_spoil_it() -> None:
    assert fed(Answer(QUESTION, 9), GOOD + b"\x00\xff").pdu() == GOOD[1:-2]


@given(st.integers(1, 17))
def test_the_echo_is_skipped(cut: int) -> None:
    both = QUESTION + GOOD
    answer = fed(Answer(QUESTION, 9), both[:cut], both[cut:])
    assert answer.echoed and answer.missing == 0 and answer.pdu() == GOOD[1:-2]


@given(st.integers(1, 7))
def test_the_echo_is_skipped_where_the_answer_is_shorter_than_the_question(cut: int) -> None:
    """One register: seven bytes of the echo are as many as the answer has."""
    question, good = frame("01 03 00 00 00 01"), frame("01 03 02 00 2a")
    answer = fed(Answer(question, 7), question[:cut])
    assert answer.missing > 0
    answer = fed(answer, question[cut:], good)
    assert answer.missing == 0 and answer.pdu() == good[1:-2]


def test_a_short_answer_that_looks_like_the_beginning_of_its_echo_is_taken_when_no_more_comes() -> None:
    """Made to fit: the first seven bytes of the question are a frame with a good CRC."""
    good = frame("01 03 02 00 2a")
    answer = fed(Answer(good + b"\x77", 7), good)
    assert answer.missing == 1 and answer.pdu() == good[1:-2]


def test_an_echo_alone_is_no_answer() -> None:
    answer = fed(Answer(QUESTION, 9), QUESTION)
    assert answer.missing > 0 and answer.body == b""


def test_an_echo_that_looks_like_a_good_answer_is_no_answer() -> None:
    """24 coils from 0x0300: the question itself has the shape of the answer (three bytes of coils)."""
    question = frame("01 01 03 00 00 18")
    answer = fed(Answer(question, 8), question)
    assert answer.missing > 0 and answer.body == b""


def test_a_write_that_is_repeated_is_the_good_answer() -> None:
    answer = fed(Answer(WRITE, 8, repeats=True), WRITE)
    assert answer.missing == 0 and answer.pdu() == WRITE[1:-2]


def test_on_a_line_that_echoes_a_write_needs_both() -> None:
    answer = fed(Answer(WRITE, 8, repeats=True, echoes=True), WRITE)
    assert answer.missing > 0
    assert fed(answer, WRITE).pdu() == WRITE[1:-2]


@given(st.binary(max_size=40), st.integers(5, 30))
def test_any_bytes_give_a_checked_pdu_or_a_fault(data: bytes, good: int) -> None:
    answer = fed(Answer(QUESTION, good), data)
    try:
        pdu = answer.pdu()
    except (GarbledAnswer, WrongAnswer):
        return
    assert crc16(b"\x01" + pdu) in data
