"""The server's bytes against frames from the makers' documents and the Modbus specification."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.simulator.campus import UNITS
from drivers.simulator.device import Device
from drivers.simulator.models import MODELS
from drivers.simulator.pdu import answer, crc, pack_bits, request_length, unpack_bits


def device(model: str) -> Device:
    unit = next(u for u in UNITS if u.model == model)
    return Device(unit, MODELS[unit.model], lambda *_: None)


def ask(device: Device, question: str) -> str:
    return answer(device, bytes.fromhex(question), device.model.exception).hex(" ").upper()


@pytest.mark.parametrize(
    "frame",
    [
        "01 03 00 00 00 01 84 0A",  # Xiyu protocol V1.1
        "01 03 02 00 01 79 84",
        "01 80 03 01 C1",
        "FF 02 00 00 00 08 6C 12",  # Novabo SQR
        "FF 02 01 01 51 A0",
    ],
)
def test_check_bytes_of_published_frames(frame: str) -> None:
    whole = bytes.fromhex(frame)
    assert crc(whole[:-2]) == whole[-2:]


def test_arc_detector_answers_as_its_document_shows() -> None:
    arc = device("xiyu-arc")
    arc.poke("holding", 0, 1)
    arc.poke("holding", 6, 0x40)
    assert ask(arc, "03 00 00 00 01") == "03 02 00 01"
    assert ask(arc, "03 00 06 00 01") == "03 02 00 40"
    assert ask(arc, "03 00 00 00 07") == "80 03", "more than 6 registers are refused, with its odd function byte"
    assert ask(arc, "10 01 02 00 01 02 01 F7") == "10 01 02 00 01"


@pytest.mark.parametrize(
    ("model", "question", "expected"),
    [
        ("calectro-ug3", "02 00 00 00 04", "02 01 01"),
        ("calectro-ug3", "03 00 01 00 01", "03 02 00 EA"),
        ("calectro-ug3", "02 00 02 00 04", "82 02"),
        ("waveshare-relay8", "01 00 00 00 08", "01 01 00"),
        ("waveshare-relay8", "05 00 08 FF 00", "85 02"),
        ("waveshare-relay8", "05 00 00 12 34", "85 03"),
        ("waveshare-relay8", "06 00 00 00 01", "86 02"),
        ("sga-gas", "03 01 02 00 01", "03 02 00 01"),
        ("sga-gas", "03 01 04 00 01", "03 02 00 00"),
        ("qdy-pressure", "03 00 02 00 02", "03 04 00 09 00 03"),
        ("acrel-aim-r100", "03 00 0B 00 02", "03 04 10 00 00 00"),
        ("acrel-aim-r100", "06 00 00 00 01", "86 02"),
        ("sdm630", "04 00 00 00 03", "84 03"),
        ("rle-ld1500", "03 00 00 00 01", "83 02"),
        ("jxct-th", "2B 0E 01 00", "AB 01"),
        ("jxct-th", "03 00 00 00 00", "83 03"),
        ("jxct-th", "03 00 00 00 7E", "83 03"),
        ("jxct-th", "03 00 00 01", "83 03"),
    ],
)
def test_answers_and_refusals(model: str, question: str, expected: str) -> None:
    assert ask(device(model), question) == expected


def test_coils_follow_what_is_written() -> None:
    board = device("waveshare-relay8")
    assert ask(board, "05 00 02 FF 00") == "05 00 02 FF 00"
    assert ask(board, "01 00 00 00 08") == "01 01 04"
    assert ask(board, "05 00 02 55 00") == "05 00 02 55 00"  # turned over
    assert ask(board, "01 00 00 00 08") == "01 01 00"
    assert ask(board, "0F 00 00 00 08 01 A5") == "0F 00 00 00 08"
    assert ask(board, "01 00 00 00 08") == "01 01 A5"
    assert ask(board, "0F 00 00 00 08 02 A5") == "8F 03", "the byte count must fit the number of coils"


@given(st.lists(st.integers(0, 1), min_size=1, max_size=40))
def test_bits_survive_packing(bits: list[int]) -> None:
    assert unpack_bits(pack_bits(bits), len(bits)) == bits


@given(st.sampled_from(["xiyu-arc", "waveshare-io8", "sdm630", "calectro-ug3"]), st.binary(min_size=1, max_size=260))
def test_any_question_gets_an_answer_or_a_refusal(model: str, question: bytes) -> None:
    target = device(model)
    body = answer(target, question, target.model.exception)
    assert body[0] in (question[0], question[0] | 0x80, 0x80)


@pytest.mark.parametrize(
    ("start", "length"),
    [
        ("01", None),
        ("0103", 8),
        ("0105", 8),
        ("010F0000", None),
        ("010F0000000801", 10),
        ("01100000000204", 13),
        ("012B", None),
    ],
)
def test_length_of_a_request(start: str, length: int | None) -> None:
    assert request_length(bytes.fromhex(start)) == length
