"""Every framer: the vectors of its source byte for byte, any split, garbage anywhere, a megabyte of noise, bounded memory."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import vectors
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.framers.gst5000 import Gst5000
from drivers.framers.gst_crt import CONFIRM, POLL, GstCrt
from drivers.framers.ld128en import Ld128en
from drivers.framers.megatec import ASK, Megatec
from drivers.framers.nmea_fir import NmeaFir
from drivers.framers.telegram import REMEMBERED, Framer, Telegram, fold_xor
from drivers.framers.wkly import BOARDS, Wkly, query

FRAMERS: dict[str, tuple[Callable[[], Framer], list[vectors.Vector]]] = {
    "gst5000": (Gst5000, vectors.GST5000),
    "ld128en": (Ld128en, vectors.LD128EN),
    "gst-crt": (GstCrt, vectors.GST_CRT),
    "megatec": (Megatec, vectors.MEGATEC),
    "wkly": (lambda: Wkly(0, ["0", "5"]), vectors.WKLY),
    "nmea-fir": (NmeaFir, vectors.NMEA_FIR),
}
SOAK, BATCH = 600, 500  # seconds of a core that each framer is tried, streams between two looks at the clock
BEGINNINGS = (
    b"\xaa\x15",
    b"\xaa",
    b"\x1b6",
    b"\x1b608/12/02  17:24\n",
    b"(",
    b"(226.0 ",
    b"WKLY",
    b"WKLY\x40",
    b"$",
    b"$ZHFIR,E,",
    b"\xdd",
    b"\xee\x00",
)


def plain(telegrams: Sequence[Telegram]) -> list[Telegram]:
    """Without what the CRT framer answers: that depends on the question before."""
    return [t._replace(answer=b"") for t in telegrams]


def raw(vector: vectors.Vector) -> bytes:
    return bytes.fromhex(vector[0])


@pytest.mark.parametrize(("name", "vector"), [(n, v) for n, (_, vs) in FRAMERS.items() for v in vs])
def test_vectors_of_the_source(name: str, vector: vectors.Vector) -> None:
    framer = FRAMERS[name][0]()
    (telegram,) = framer.feed(raw(vector))
    _, address, signals, said = vector
    assert (telegram.address, dict(telegram.signals), telegram.reset) == (address, signals, False)
    assert said is None or telegram.said == said


def test_resets() -> None:
    for framer, text in (
        (Gst5000(), vectors.GST5000_RESET),
        (Ld128en(), vectors.LD128EN_RESET),
        (GstCrt(), vectors.GST_CRT_RESET),
    ):
        (telegram,) = framer.feed(bytes.fromhex(text))
        assert telegram.reset and telegram.address == "" and "复位" in telegram.said


def test_r29_the_panels_own_time_is_kept() -> None:
    frames = [*(v[0] for v in vectors.LD128EN), vectors.LD128EN_RESET]
    assert [Ld128en().feed(bytes.fromhex(f))[0].time for f in frames] == vectors.LD128EN_TIMES
    assert NmeaFir().feed(raw(vectors.NMEA_FIR[0]))[0].time == "10:15:30"


@pytest.mark.parametrize("text", vectors.GST5000_NOISE)
def test_what_looks_like_a_frame_and_has_no_valid_sum_is_none(text: str) -> None:
    framer = Gst5000()
    assert framer.feed(bytes.fromhex(text)) == []
    (telegram,) = framer.feed(raw(vectors.GST5000[0]))
    assert telegram.signals == {"fire": 1}


@pytest.mark.parametrize(
    ("word", "signals"),
    [
        ("首次火警", {"fire": 1}), ("火警后续", {"fire": 1}), ("火警", {"fire": 1}), ("故障", {"fault": 1}), ("监管", {"supervisory": 1}),
        ("屏蔽", {"isolated": 1}), ("屏蔽解除", {"isolated": 0}), ("启动", {"started": 1}), ("反馈", {"feedback": 1}),
        ("故障恢复", {"fault": 0}), ("火警解除", {"fire": 1}), ("手动启动", {"started": 1}), ("未见过的词", {"other": 1}), ("开机", {}),
    ],
)  # fmt: skip
def test_words_of_the_printer(word: str, signals: dict[str, float]) -> None:
    """The longer word first: 火警后续 holds 火警, 屏蔽解除 holds 屏蔽. A fire never ends by a word. An unknown word is an event."""
    event = b"\x1b608/12/02  17:24\n  004-004\n\x1b9" + word.encode("gbk") + "\n三楼\n\n".encode("gbk")
    (telegram,) = Ld128en().feed(event)
    assert dict(telegram.signals) == signals and not telegram.reset


def test_a_board_that_could_not_tell_says_nothing_of_its_locks() -> None:
    assert Wkly(0, ["0"]).feed(bytes.fromhex(vectors.WKLY_FAILED)) == []


def test_a_change_of_a_door_makes_us_ask_and_is_not_interpreted() -> None:
    """The layout of 85 is not documented."""
    (telegram,) = Wkly(0, ["0"]).feed(bytes.fromhex(vectors.WKLY_CHANGED))
    assert (telegram.signals, telegram.answer) == ({}, bytes.fromhex(vectors.WKLY_QUERY))
    assert Wkly(0, ["3"]).feed(bytes.fromhex(vectors.WKLY_CHANGED))[0].answer == b"", "a board nobody named is not asked"


def test_the_panel_is_polled_and_confirmed_exactly_as_its_document_says() -> None:
    panel = GstCrt(7)
    assert panel.ask() == (b"\x07",)
    assert [t.answer for t in panel.feed(b"\x07")] == [POLL]
    assert [t.answer for t in panel.feed(bytes.fromhex(vectors.GST_CRT_IDLE))] == [b""], "nothing to confirm"
    panel.ask()
    fire = raw(vectors.GST_CRT[0])
    assert [t.answer for t in panel.feed(b"\x07" + fire)] == [POLL, CONFIRM]
    assert [t.answer for t in panel.feed(fire)] == [b""], "confirmed once"


@pytest.mark.parametrize("first", [b"\x00", b"\xf0", b"\x00\x07", b"\x0d"])
def test_without_its_echo_the_panel_is_not_polled(first: bytes) -> None:
    panel = GstCrt(7)
    panel.ask()
    found = panel.feed(first) + panel.feed(raw(vectors.GST_CRT[0]))
    assert [t.answer for t in found] == [b""], "and what it says all the same is heard, not confirmed"
    assert found[0].signals == {"fire": 1}


def test_what_the_boards_are_asked() -> None:
    assert Wkly(0, ["5", "0"]).ask() == (bytes.fromhex(vectors.WKLY_QUERY), query(5))
    assert Megatec().ask() == (ASK,) and not Gst5000().ask() and not Ld128en().ask() and not NmeaFir().ask()
    for board in (-1, BOARDS):
        with pytest.raises(ValueError, match="0 to 31"):
            query(board)


def held(framer: Framer) -> int:
    return len(inside(framer)["_rest"])


def inside(framer: Framer) -> dict[str, Any]:
    """Its state; that of a framer of text is in the Sentences it shares."""
    own = vars(framer)
    return vars(own["_line"]) if "_line" in own else own


def in_order(wanted: Sequence[Telegram], found: Sequence[Telegram]) -> bool:
    """Is every wanted telegram among those found, in this order?"""
    rest = iter(found)
    return all(any(w == f for f in rest) for w in wanted)


@st.composite
def streams(draw: st.DrawFn, frames: list[bytes]) -> tuple[list[bytes], bytes, list[int]]:
    """(frames in it, stream with garbage before, between and after, where to cut it)."""
    garbage = st.one_of(
        st.binary(max_size=40),
        st.sampled_from(BEGINNINGS),
        st.sampled_from(frames).flatmap(lambda f: st.integers(1, len(f) - 1).map(lambda n: f[:n])),
        st.just(b""),
    )
    chosen = draw(st.lists(st.sampled_from(frames), min_size=1, max_size=6))
    stream = draw(garbage)
    for frame in chosen:
        stream += frame + draw(garbage)
    cuts = draw(st.lists(st.integers(0, len(stream)), max_size=12))
    return chosen, stream, sorted(cuts)


def no_frame_is_lost(name: str, data: st.DataObject) -> None:
    make, table = FRAMERS[name]
    frames = [raw(v) for v in table]
    chosen, stream, cuts = data.draw(streams(frames))
    wanted = [plain(make().feed(frame))[0] for frame in chosen]
    framer, found = make(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += framer.feed(stream[start:end])
        assert held(framer) <= 512
    found += framer.feed(bytes(64))  # a line that goes on: what still waits for its end is decided
    assert in_order(wanted, plain(found)), (chosen, stream)
    assert plain(make().feed(stream + bytes(64))) == plain(found), "the same however it is cut"


@pytest.mark.parametrize("name", FRAMERS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_d24_any_split_and_garbage_anywhere_loses_no_frame(name: str, data: st.DataObject) -> None:
    no_frame_is_lost(name, data)


def test_d24_a_frame_that_chance_completes_hides_no_true_one() -> None:
    """A cut event, two short frames with another protocol's bytes behind: together 24 bytes that are right by both their sums."""
    short = bytes.fromhex("aa61000000000b")
    found = Gst5000().feed(bytes.fromhex("aa229190441e4f") + (short + b"\x1b6") * 2)
    assert [t.said for t in found][1:] == ["消音", "消音"]


def test_d24_an_event_that_chance_completes_hides_no_true_one_of_the_panel() -> None:
    """The beginning of a cut event, a muting and a stray BB: eight bytes whose sum is right."""
    stream = bytes.fromhex("ee000610") + bytes.fromhex("faabbb") + b"\xbb"
    for cut in range(len(stream)):
        panel = GstCrt()
        found = panel.feed(stream[:cut]) + panel.feed(stream[cut:]) + panel.feed(bytes(64))
        assert [t.said for t in found].count("消音") == 1, cut
    fire = raw(vectors.GST_CRT[0])
    assert len(GstCrt().feed(fire * 3 + bytes(64))) == 3, "and no true one counts twice"


@pytest.mark.soak
@pytest.mark.parametrize("name", FRAMERS)
def test_d24_soak_any_split_and_garbage_anywhere(name: str) -> None:
    @settings(max_examples=BATCH, database=None)
    @given(data=st.data())
    def batch(data: st.DataObject) -> None:
        no_frame_is_lost(name, data)

    batches, until = 0, time.process_time() + SOAK
    while time.process_time() < until:
        batch()
        batches += 1
    print(f"\n{name}: {batches * BATCH} streams in {SOAK} s of a core")


@pytest.mark.parametrize("name", FRAMERS)
def test_a_megabyte_of_noise_and_then_the_truth(name: str) -> None:
    make, table = FRAMERS[name]
    framer, dice = make(), random.Random(26875)
    for _ in range(1000):
        framer.feed(dice.randbytes(1000))
        assert held(framer) <= 512
    wanted = plain(make().feed(raw(table[0])))
    assert plain(framer.feed(bytes(64) + raw(table[0])))[-1:] == wanted
    assert len(inside(framer)["_meaning"]) <= REMEMBERED


@pytest.mark.parametrize("name", FRAMERS)
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_beginnings_without_an_end_are_bounded(name: str, beginning: bytes) -> None:
    make, table = FRAMERS[name]
    framer = make()
    for _ in range(200):
        framer.feed(beginning * 10)
        assert held(framer) <= 512
    assert plain(framer.feed(bytes(64) + raw(table[0]) + bytes(64)))[-1:] == plain(make().feed(raw(table[0])))


@given(st.binary(max_size=128))
def test_fold_xor(data: bytes) -> None:
    expected = 0
    for byte in data:
        expected ^= byte
    assert fold_xor(data) == expected
