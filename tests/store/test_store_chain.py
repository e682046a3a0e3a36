"""The chain as a pure thing: every change of a byte is noticed. And the JSON form of values, both ways."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_makers import alarm, event, note, outcome

from alerts.model import Alarm, Notification, Outcome
from gateway.jsonable import from_jsonable, to_jsonable
from gateway.store import chain
from gateway.store.canonical import canonical

ARGS = st.dictionaries(
    st.text(max_size=5), st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9), max_size=4
)


def built(args: list[dict[str, object]]) -> list[tuple[int, bytes, bytes]]:
    rows, head = [], chain.GENESIS
    for seq, one in enumerate(args, start=1):
        body = chain.body(replace(event(seq), args=one), "b", {})  # type: ignore[arg-type]
        head = chain.link(head, body)
        rows.append((seq, body, head))
    return rows


@given(st.lists(ARGS, min_size=1, max_size=5), st.data())
def test_every_changed_byte_is_noticed(args: list[dict[str, object]], data: st.DataObject) -> None:
    rows = built(args)
    assert list(chain.check(rows, (0, chain.GENESIS))) == []
    at = data.draw(st.integers(0, len(rows) - 1))
    seq, body, head = rows[at]
    spot = data.draw(st.integers(0, len(body) - 1))
    changed = body[:spot] + bytes([body[spot] ^ data.draw(st.integers(1, 255))]) + body[spot + 1 :]
    rows[at] = (seq, changed, head)
    assert any(finding.seq == seq for finding in chain.check(rows, (0, chain.GENESIS)))


@given(ARGS)
def test_a_body_is_json_of_the_same_meaning(args: dict[str, object]) -> None:
    body = chain.body(replace(event(1), args=args), "b", {})  # type: ignore[arg-type]
    assert canonical(json.loads(body)) == body
    assert b"\n" not in body


@pytest.mark.parametrize("value", [alarm(1), note("k"), outcome(1), Outcome()])
def test_values_come_back(value: object) -> None:
    assert from_jsonable(type(value), json.loads(canonical(value))) == value


def test_unknown_fields_are_ignored_and_absent_ones_take_their_default() -> None:
    plain = to_jsonable(note("k"))
    assert from_jsonable(Notification, {**plain, "later": 1}) == note("k")
    del plain["repeat"]
    assert from_jsonable(Notification, plain) == note("k")


@pytest.mark.parametrize("wrong", [None, [], {}, {"id": "x"}, {**to_jsonable(alarm(1)), "state": "dreaming"}])
def test_what_is_no_alarm_is_refused(wrong: object) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_jsonable(Alarm, wrong)
