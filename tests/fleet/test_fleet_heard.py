"""Whatever a school's box says: the bureau goes on seeing the others, and shows what it can say of this one."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_fleet_state import FIRE, STATUS, at

from gateway.fleet import asked as asking
from gateway.fleet.asked import Asked
from gateway.fleet.state import Known, order, rung
from gateway.stream.wire import WireError, parse_json

LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400)
ANY = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2), max_leaves=4
)


def wrong(base: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The object with one to three of its fields replaced by anything."""
    return st.dictionaries(st.sampled_from(sorted(base)), ANY, min_size=1, max_size=3).map(lambda change: {**base, **change})


@settings(max_examples=300, deadline=None)
@given(alarm=wrong({**FIRE, "id": "no1-0", "bureau": {"zh": "x", "en": "x"}, "what": {"zh": "x", "en": "x"}, "kind": "fire"}),
       status=wrong({**STATUS, "wall": 5, "head": "", "version": "1"}), devices=wrong({"of": 1, "wall": 5, "devices": []}),
       event=wrong({"seq": 3, "kind": "seen", "alarm": "no1-0", "new": "normal", "args": {"command": "bureau:n"}}))  # fmt: skip
def test_no_word_of_a_box_takes_the_sight_of_the_others(
    alarm: dict[str, Any], status: dict[str, Any], devices: dict[str, Any], event: dict[str, Any]
) -> None:
    known, other = Known("no1", "一中", since=0), Known("no2", "二中", since=0)
    other.show("no2-1", {**FIRE, "id": "no2-1"})

    def heard(said: dict[str, Any]) -> dict[str, Any]:
        return parse_json(json.dumps({"v": 1, **said}).encode())  # as it comes from the broker

    for say in (
        lambda: known.status(heard(status), at(0)),
        lambda: known.show("no1-0", heard(alarm)),
        lambda: known.listed("0", heard(devices)),
        lambda: (
            (known.event(heard(event)), asking.told(Asked("n", "no1", "ack", "ma", 5), heard(event)))
            if isinstance(event["seq"], int)  # the task drops any other
            else None
        ),
    ):
        with suppress(WireError):
            say()
    known.arrived(at(9))
    called, _ = rung({}, [known, other])
    rows = order([known.row(at(9)), other.row(at(9))])
    json.dumps(
        [rows, known.devices(), [call.evidence for call in called.values()]], ensure_ascii=False, allow_nan=False
    ).encode()
    assert {row["id"] for row in rows} == {"no1", "no2"} and other.row(at(9))["unanswered"] == 1


@pytest.mark.parametrize(
    "payload",
    [b'{"v":1,"a":NaN}', b'{"v":1,"a":-Infinity}', b'{"v":1,"a":"\\ud800"}', b'{"v":1,"a":"\xed\xa0\x80"}', b'{"v":1,"a":"x\xff"}',
     '{"v":1}'.encode("utf-16"), b'{"v":1,"a":' + b"9" * 5000 + b"}", b"[" * 100_000],
)  # fmt: skip
def test_what_no_page_can_show_is_no_json_of_the_contract(payload: bytes) -> None:
    with pytest.raises(WireError):
        parse_json(payload)
    assert parse_json('{"v":1,"a":"学校 \\ud83d\\ude00"}'.encode())["a"] == "学校 \U0001f600"


@pytest.mark.parametrize("part", ["", "x", "-1", "1.5", "²", "9" * 5000, "1000"])
def test_a_part_of_a_list_that_is_none(part: str) -> None:
    with pytest.raises(WireError):
        Known("no1", "一中").listed(part, {"of": 1, "devices": []})
