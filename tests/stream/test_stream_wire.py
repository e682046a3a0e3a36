"""Topics, reading payloads, receipts: what goes out comes back, and no garbage gets through or raises anything else."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_box import START, plant

from drivers.reading import Now, Quality, Reading
from gateway.stream import wire
from gateway.stream.grammar import check_line
from gateway.stream.wire import Batch, Receipt, Refusal, Topics, WireError

BOOTS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
SEQS = st.integers(0, 10**18 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def reading(value: float | None, quality: Quality = Quality.GOOD, wall: int = START) -> Reading:
    return Reading("dev-0/t", value, quality, Now(wall, 5))


def lines(*readings: Reading) -> bytes:
    return wire.frame_lines(wire.line_heads("no3-middle", "songyang", plant().points.values()), readings)


@pytest.mark.parametrize(
    ("given_reading", "tail"),
    [
        (reading(21.5), "value=21.5,quality=0i 1760000000000000000"),
        (reading(60.0), "value=60,quality=0i 1760000000000000000"),
        (reading(-0.125, Quality.UNCERTAIN), "value=-0.125,quality=1i 1760000000000000000"),
        (reading(1e-7), "value=1e-07,quality=0i 1760000000000000000"),
        (reading(None, Quality.STALE), "quality=2i 1760000000000000000"),
        (reading(None, Quality.FAULT), "quality=3i 1760000000000000000"),
        (reading(float("nan")), "quality=3i 1760000000000000000"),
        (reading(float("inf")), "quality=3i 1760000000000000000"),
    ],
)
def test_a_reading_as_a_line(given_reading: Reading, tail: str) -> None:
    head = "temperature,district=songyang,site=no3-middle,zone=kitchen,device=dev-0,point=dev-0/t "
    assert lines(given_reading) == f"{head}{tail}\n".encode()


def test_a_point_nobody_configured_is_a_bug() -> None:
    with pytest.raises(KeyError):
        lines(Reading("nobody/t", 1.0, Quality.GOOD, Now(START, 5)))


@given(st.floats(), st.integers(946_684_800_000, 9_223_372_036_854))
def test_every_reading_passes_our_own_grammar(value: float, wall: int) -> None:
    (line,) = lines(reading(value, wall=wall)).splitlines()
    assert check_line(line, "no3-middle", "songyang") is None


@given(st.text(min_size=1, max_size=40))
def test_an_escaped_tag_passes_the_grammar_or_is_refused_here(value: str) -> None:
    try:
        tag = wire.escape_tag(value)
    except ValueError:
        assert any(char == "\\" or char < " " or char == "\x7f" for char in value)
        return
    line = f"t,district=d,site=s,device=x,point={tag} quality=3i 1760000000000000000"
    encoded = line.encode("utf-8", "surrogatepass")
    expected = "not UTF-8" if any("\ud800" <= c <= "\udfff" for c in value) else None
    assert check_line(encoded, "s", "d") == expected


def test_an_empty_tag_is_refused() -> None:
    with pytest.raises(ValueError, match="tag"):
        wire.escape_tag("")


@given(BOOTS, SEQS, SEQS, st.lists(st.binary(min_size=1).filter(lambda line: b"\n" not in line)))
def test_payload_round_trip(boot: str, one: int, two: int, body: list[bytes]) -> None:
    a, b = sorted((one, two))
    payload = wire.readings_payload(boot, a, b, b"".join(line + b"\n" for line in body))
    assert wire.parse_readings(payload) == Batch(boot, a, b, tuple(body))


@pytest.mark.parametrize(
    ("boot", "a", "b", "head"), [("b-1", 7, 7, b"# boot=b-1 seq=7\n"), ("b-1", 7, 9, b"# boot=b-1 seq=7-9\n")]
)
def test_first_line(boot: str, a: int, b: int, head: bytes) -> None:
    payload = wire.readings_payload(boot, a, b, b"x\n", live=a == b)
    assert payload == head + b"x\n"
    assert wire.parse_readings(payload).live == (a == b)
    assert not wire.parse_readings(wire.readings_payload(boot, a, b, b"x\n")).live


@pytest.mark.parametrize(("boot", "a", "b"), [("", 1, 1), ("a b", 1, 1), ("a\n", 1, 1), ("b", 2, 1), ("b", -1, 1)])
def test_a_payload_that_could_not_be_parsed_is_not_made(boot: str, a: int, b: int) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        wire.readings_payload(boot, a, b, b"")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"temperature value=1 1\n",
        b"# boot=b\n",
        b"# seq=1\n",
        b"# boot=b seq=2-1\n",
        b"# boot=b seq=1 \n",
        b"# boot=b seq=x\n",
    ],
)
def test_a_head_that_names_no_frames(payload: bytes) -> None:
    with pytest.raises(WireError):
        wire.parse_readings(payload)


RECEIPTS = st.builds(
    Receipt,
    dest=TEXT,
    boot=TEXT,
    ranges=st.lists(st.tuples(SEQS, SEQS).map(lambda ab: (min(ab), max(ab)))).map(tuple),
    refused=st.lists(st.builds(Refusal, seq=SEQS, line=TEXT, why=TEXT)).map(tuple),
    lane=st.sampled_from(["readings", "events"]),
)


@given(RECEIPTS)
def test_receipt_round_trip(receipt: Receipt) -> None:
    assert wire.parse_receipt(wire.receipt_payload(receipt)) == receipt


def test_unknown_fields_of_a_receipt_are_ignored() -> None:
    payload = b'{"v":2,"dest":"influx","lane":"readings","boot":"b","ranges":[[1,2]],"colour":"red"}'
    assert wire.parse_receipt(payload) == Receipt("influx", "b", ((1, 2),))


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner))


@given(st.dictionaries(st.sampled_from(["v", "dest", "lane", "boot", "ranges", "refused"]), JSON))
def test_json_that_is_no_receipt_is_a_wire_error(data: dict[str, object]) -> None:
    try:
        wire.parse_receipt(json.dumps(data).encode())
    except WireError:
        return
    assert {"v", "dest", "lane", "boot"} <= data.keys()


@given(st.binary())
def test_garbage_raises_nothing_but_wire_errors(payload: bytes) -> None:
    for parse in (wire.parse_receipt, wire.parse_readings, wire.parse_json):
        with pytest.raises(WireError):
            parse(payload)


@pytest.mark.parametrize(
    ("topic", "box", "leaf"),
    [
        ("campus/v1/songyang/no3/readings", Topics("songyang", "no3"), "readings"),
        ("campus/v1/songyang/no3/alarm/no3-7", Topics("songyang", "no3"), "alarm/no3-7"),
    ],
)
def test_topics_both_ways(topic: str, box: Topics, leaf: str) -> None:
    assert wire.parse_topic(topic) == (box, leaf)
    assert box.of(leaf) == topic


@pytest.mark.parametrize("topic", ["", "campus/v1/a/b", "campus/v2/a/b/readings", "x/campus/v1/a/b/c", "campus/v1//b/readings"])
def test_foreign_topics(topic: str) -> None:
    with pytest.raises(WireError):
        wire.parse_topic(topic)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 5)).map(lambda ab: (ab[0], ab[0] + ab[1]))))
def test_merged_ranges_hold_the_same_frames_and_never_touch(ranges: list[tuple[int, int]]) -> None:
    merged = wire.merge_ranges(ranges)
    assert {n for a, b in merged for n in range(a, b + 1)} == {n for a, b in ranges for n in range(a, b + 1)}
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(merged))


def test_status_of_a_living_and_of_a_dead_box() -> None:
    assert wire.parse_json(wire.status_payload(True, {"backlog": 3})) == {"v": 1, "online": True, "backlog": 3}
    assert wire.parse_json(wire.status_payload(False, {})) == {"v": 1, "online": False}
