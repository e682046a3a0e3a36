"""What people write and press, read into what they ask: a table, and no text in the world that breaks it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people_world import T0, alarm

from alerts.answers import Asked, parse
from alerts.model import Mark, Scalar, Stage
from drivers.reading import Now

FIRE = alarm()  # no. 7
OTHER = replace(alarm("gas-2", "gas-1/gas"), id="no3-12", number=12)
STORE = replace(alarm("store", "io-1/door"), id="no3-13", number=13)


def question(letter: str, number: int) -> Mark:
    facts: dict[str, Scalar] = {"letter": letter, "people": "li"}
    return Mark(f"no3-q{letter}{number}", number, "question", Stage.ON, "li", "", Now(T0, 0), None, facts=facts)


SHIFT, TEST, ORDER = question("S", 1), question("T", 4), question("J", 3)
WHY = replace(question("S", 9), kind="cause", facts={"alarm": "no3-7", "result": "false"})


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("1", Asked("ack")),
        ("１", Asked("ack")),
        (" 1 。", Asked("ack")),
        ("1。", Asked("ack")),
        ("回1", Asked("ack")),
        ("收到", Asked("ack")),
        ("1收到", Asked("ack")),
        ("1 07", Asked("ack", "07")),
        ("1-07", Asked("ack", "07")),
        ("107", Asked("ack", "07")),
        ("1编号07", Asked("ack", "07")),
        ("1 7号", Asked("ack", "7")),
        ("1 55", Asked(code="refused.not-found")),
        ("2", Asked(code="refused.which")),
        ("2 07", Asked("result", "no3-7", {"result": "real", "cause": ""})),
        ("真火 07", Asked("result", "no3-7", {"result": "real", "cause": ""})),
        ("3 12 蚊香", Asked("result", "no3-12", {"result": "false", "cause": "蚊香"})),
        ("3，12，蚊香", Asked("result", "no3-12", {"result": "false", "cause": "蚊香"})),
        ("误报12蚊香", Asked("result", "no3-12", {"result": "false", "cause": "蚊香"})),
        ("3 07", Asked("", "no3-7", {"alarm": "no3-7", "result": "false"}, "ask.cause")),
        ("3 56", Asked(code="refused.not-found")),
        ("4", Asked("identify")),
        ("本人在场", Asked("identify")),
        ("8", Asked("extend")),
        ("延长2小时 03", Asked("extend", "03")),
        ("9", Asked("decline")),
        ("我去不了", Asked("decline")),
        ("0", Asked("state")),
        ("现状", Asked("state")),
        ("5", Asked(code="list")),
        ("12", Asked(code="list")),
        ("你好", Asked(code="list")),
        ("", Asked(code="list")),
        ("1 请问是谁", Asked(code="list")),
        ("退订", Asked(code="list")),
    ],
)
def test_r14_with_several_open(text: str, asked: Asked) -> None:
    assert parse(text, [FIRE, OTHER, STORE], [SHIFT], None) == (asked,)


def test_with_one_open_no_number_is_needed() -> None:
    assert parse("2", [FIRE], [], None) == (Asked("result", "no3-7", {"result": "real", "cause": ""}),)
    assert parse("3蚊香", [FIRE], [], None) == (Asked("result", "no3-7", {"result": "false", "cause": "蚊香"}),)
    assert parse("2", [], [], None) == (Asked(code="refused.nothing-open"),)
    assert parse("4", [], [], None) == (Asked("identify"),)  # the engine knows the holder's own store


@pytest.mark.parametrize(
    ("text", "questions", "asked"),
    [
        ("1", [SHIFT, TEST], Asked("answer", SHIFT.id)),
        ("1", [TEST, SHIFT], Asked("answer", TEST.id)),
        ("9", [SHIFT], Asked("decline", SHIFT.id)),
        ("1 T4", [SHIFT, TEST], Asked("answer", TEST.id)),
        ("1T4", [SHIFT, TEST], Asked("answer", TEST.id)),
        ("T4", [SHIFT, TEST], Asked("answer", TEST.id)),
        ("t4", [SHIFT, TEST], Asked("answer", TEST.id)),
        ("1 T5", [SHIFT, TEST], Asked(code="refused.not-found")),
        ("1", [ORDER], Asked(code="ask.order")),
        ("1", [ORDER, TEST], Asked("answer", TEST.id)),
        ("1 J3", [ORDER], Asked("answer", ORDER.id)),
        ("2 J3", [ORDER], Asked(code="refused.not-found")),
        ("1 D2", [], Asked("ack", "D2")),
        ("1", [], Asked("ack")),
    ],
)
def test_with_none_open_the_newest_question(text: str, questions: list[Mark], asked: Asked) -> None:
    assert parse(text, [], questions, None) == (asked,)


def test_a_cause_that_was_asked_for() -> None:
    assert parse("蚊香。", [FIRE, OTHER], [], WHY) == (Asked("result", "no3-7", {"result": "false", "cause": "蚊香"}),)
    assert parse("1", [FIRE], [], WHY) == (Asked("ack"),)
    assert parse("收到", [FIRE], [], WHY) == (Asked("ack"),)
    assert parse("蚊香", [FIRE], [], None) == (Asked(code="list"),)


@given(st.text(max_size=30), st.booleans(), st.booleans())
def test_no_text_breaks_it_and_none_gives_a_result_by_guessing(text: str, several: bool, cause: bool) -> None:
    alarms = [FIRE, OTHER, STORE] if several else []
    (asked,) = parse(text, alarms, [SHIFT, TEST, ORDER], WHY if cause else None)
    assert bool(asked.verb) != bool(asked.code)
    if asked.verb == "result" and not cause:
        assert asked.target in {a.id for a in alarms}
