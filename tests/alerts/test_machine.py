"""The state table, cell by cell, against a table printed here by hand; then the guards, the inputs, and properties of walks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import START
from hypothesis import given
from hypothesis import strategies as st

from alerts.machine import TABLE, Move, input_of, refusal, step
from alerts.model import ACTIVE, Alarm, AlarmState, Input, Policy, Result, Severity, Tick, Truth
from drivers.reading import Now

# One row per state; columns BREACH CLEAR UNKNOWN HELD QUIET ACK RESET.
# "-" stays; a name is the next state; "x code" is refused. "a|b": a without latching, b with. RESET is tried with the
# guards met, but for those that the state itself denies.
PRINTED = """
NORMAL       PENDING  -       -  -        -               x nothing-open  x nothing-open
PENDING      -        NORMAL  -  UNACKED  -               x not-yet       x not-yet
UNACKED      -        -       -  -        RTN_UNACKED     ACKED           x no-ack
ACKED        -        -       -  -        NORMAL|LATCHED  -               x not-gone
RTN_UNACKED  UNACKED  -       -  -        -               NORMAL|LATCHED  x no-ack
LATCHED      UNACKED  -       -  -        -               -               NORMAL
"""
INPUTS = (Input.BREACH, Input.CLEAR, Input.UNKNOWN, Input.HELD, Input.QUIET, Input.ACK, Input.RESET)


def printed() -> dict[tuple[AlarmState, Input], str]:
    out = {}
    for row in PRINTED.strip().splitlines():
        state, *cells = row.replace("x ", "x:").split()
        assert len(cells) == len(INPUTS)
        out |= {(AlarmState[state], i): c for i, c in zip(INPUTS, cells, strict=True)}
    return out


def alarm(state: AlarmState, *, latching: bool = True, **changes: object) -> Alarm:
    acked = START if state in (AlarmState.ACKED, AlarmState.LATCHED) else None
    base = Alarm(
        "no3-1", 1, "smoke", "smoke-a/smoke", "fire", Severity.FIRE, state, 1, START, START, latching, Policy("fire", ()),
        Truth.CLEAR, True, acked=acked, result=Result.FALSE if acked else None,
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


def test_d19_every_cell_is_decided_with_its_reason() -> None:
    assert set(TABLE) == {(s, i) for s in AlarmState for i in Input}
    assert all(cell.why for cell in TABLE.values())


@pytest.mark.parametrize("latching", [False, True])
@pytest.mark.parametrize(("state", "input"), [(s, i) for s in AlarmState for i in INPUTS], ids=lambda v: v.value)
def test_cell(state: AlarmState, input: Input, latching: bool) -> None:
    want = printed()[state, input]
    move = step(alarm(state, latching=latching), input, START, on_delay=1_000, off_delay=1_000)
    if want.startswith("x:"):
        assert (move.alarm.state, move.refused) == (state, "refused." + want[2:])
        return
    plain, _, latched = want.partition("|")
    target = latched if latching and latched else plain
    assert move.refused == ""
    assert move.alarm.state is (state if target == "-" else AlarmState[target])


LATER = Now(START.wall + 5_000, START.mono + 5_000)

# (state, input) -> what the cell changes in the alarm beside the state; every cell not listed changes nothing
EFFECTS: dict[tuple[AlarmState, Input], dict[str, object]] = {
    (AlarmState.NORMAL, Input.BREACH): {"first": LATER, "raised": LATER, "on_due": LATER.mono + 1_000},
    (AlarmState.PENDING, Input.CLEAR): {"on_due": None},
    (AlarmState.PENDING, Input.HELD): {"on_due": None, "raised": LATER},
    (AlarmState.UNACKED, Input.BREACH): {"off_due": None},
    (AlarmState.UNACKED, Input.UNKNOWN): {"off_due": None},
    (AlarmState.UNACKED, Input.QUIET): {"off_due": None, "gone": LATER},
    (AlarmState.UNACKED, Input.ACK): {"acked": LATER, "acked_by": "wang"},
    (AlarmState.ACKED, Input.BREACH): {"off_due": None},
    (AlarmState.ACKED, Input.UNKNOWN): {"off_due": None},
    (AlarmState.ACKED, Input.QUIET): {"off_due": None, "gone": LATER},
    (AlarmState.RTN_UNACKED, Input.BREACH): {"occurrence": 2, "silenced": False, "off_due": None, "result": None, "gone": None},
    (AlarmState.RTN_UNACKED, Input.ACK): {"acked": LATER, "acked_by": "wang"},
    (AlarmState.LATCHED, Input.BREACH): {
        "occurrence": 2, "silenced": False, "off_due": None, "acked": None, "acked_by": "", "result": None, "cause": "",
        "result_by": "", "on_site": False, "raised": LATER, "done": (), "confirmed": False, "gone": None, "ticks": (),
    },
}  # fmt: skip


@pytest.mark.parametrize(("state", "input"), [(s, i) for s in AlarmState for i in INPUTS], ids=lambda v: v.value)
def test_cell_changes_this_and_nothing_else(state: AlarmState, input: Input) -> None:
    before = alarm(
        state, on_due=7, off_due=9, silenced=True, cause="蚊香" if state is AlarmState.LATCHED else "", confirmed=True,
        gone=START if state in (AlarmState.RTN_UNACKED, AlarmState.LATCHED) else None, ticks=(Tick("look", "li", START),),
    )  # fmt: skip
    if state is AlarmState.LATCHED:
        before = replace(before, acked_by="li", result_by="li", on_site=True)
    move = step(before, input, LATER, on_delay=1_000, off_delay=1_000, who="wang")
    assert move.alarm == replace(before, state=move.alarm.state, **EFFECTS.get((state, input), {}))  # type: ignore[arg-type]


@pytest.mark.parametrize("state", sorted(ACTIVE, key=lambda s: s.value))
def test_clear_starts_the_off_delay_once(state: AlarmState) -> None:
    first = step(alarm(state), Input.CLEAR, START, off_delay=1_000).alarm
    assert first.off_due == START.mono + 1_000
    assert step(first, Input.CLEAR, LATER, off_delay=1_000).alarm.off_due == START.mono + 1_000


def test_without_on_delay_a_breach_is_an_alarm_at_once() -> None:
    assert step(alarm(AlarmState.NORMAL), Input.BREACH, START).alarm.state is AlarmState.UNACKED


def test_the_first_answer_counts() -> None:
    again = step(alarm(AlarmState.ACKED, acked_by="li"), Input.ACK, LATER, who="wang").alarm
    assert (again.acked, again.acked_by) == (START, "li")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ""),
        ({"truth": Truth.BREACHED}, "refused.not-gone"),
        ({"truth": Truth.UNKNOWN}, "refused.not-good"),
        ({"good": False}, "refused.not-good"),
        ({"acked": None}, "refused.no-ack"),
        ({"result": None}, "refused.no-result"),
        ({"result": None, "policy": Policy("tamper", (), result_asked=False)}, ""),
        ({"result": Result.REMOVED, "truth": Truth.UNKNOWN, "good": False}, ""),
    ],
)
def test_guards_of_reset(changes: dict[str, object], code: str) -> None:
    latched = alarm(AlarmState.LATCHED, **changes)
    assert refusal(latched) == code
    assert step(latched, Input.RESET, START) == Move(
        latched if code else replace(latched, state=AlarmState.NORMAL), AlarmState.LATCHED, code
    )


def test_reset_of_an_active_alarm_is_refused_unless_its_point_is_gone() -> None:
    assert step(alarm(AlarmState.ACKED), Input.RESET, START).refused == "refused.not-gone"
    gone = alarm(AlarmState.ACKED, result=Result.REMOVED, truth=Truth.BREACHED, good=False)
    assert step(gone, Input.RESET, START).alarm.state is AlarmState.NORMAL


@pytest.mark.parametrize(
    ("truth", "good", "state", "off_due", "off_delay", "input"),
    [
        (Truth.BREACHED, True, AlarmState.UNACKED, None, 0, Input.BREACH),
        (Truth.BREACHED, False, AlarmState.NORMAL, None, 0, Input.BREACH),  # an UNCERTAIN value may breach
        (Truth.UNKNOWN, True, AlarmState.UNACKED, None, 0, Input.UNKNOWN),
        (Truth.CLEAR, False, AlarmState.UNACKED, None, 0, Input.UNKNOWN),  # and never clears
        (Truth.CLEAR, True, AlarmState.UNACKED, None, 0, Input.QUIET),
        (Truth.CLEAR, True, AlarmState.UNACKED, None, 10, Input.CLEAR),
        (Truth.CLEAR, True, AlarmState.UNACKED, START.mono + 1, 10, Input.CLEAR),
        (Truth.CLEAR, True, AlarmState.UNACKED, START.mono, 10, Input.QUIET),
        (Truth.CLEAR, True, AlarmState.ACKED, START.mono, 10, Input.QUIET),
        (Truth.CLEAR, True, AlarmState.PENDING, None, 0, Input.CLEAR),
        (Truth.CLEAR, True, AlarmState.LATCHED, None, 0, Input.CLEAR),
    ],
)
def test_input_of_a_judgement(
    truth: Truth, good: bool, state: AlarmState, off_due: int | None, off_delay: int, input: Input
) -> None:
    assert input_of(truth, good, alarm(state, off_due=off_due), off_delay, START) is input


@given(st.lists(st.sampled_from(INPUTS), max_size=40), st.booleans(), st.integers(0, 1), st.integers(0, 1))
def test_a_raised_alarm_needs_a_person(inputs: list[Input], latching: bool, on: int, off: int) -> None:
    """Whatever happens, no way leads from an alarm back to NORMAL without an answer, nor a latching one without a reset."""
    now, standing = START, alarm(AlarmState.NORMAL, latching=latching)
    answered = reset = False
    for input in inputs:
        now = Now(now.wall + 1, now.mono + 1)
        old = standing.state
        standing = step(standing, input, now, on_delay=on, off_delay=off).alarm
        if old in (AlarmState.NORMAL, AlarmState.PENDING):
            answered = reset = False
        answered |= input is Input.ACK and old not in (AlarmState.NORMAL, AlarmState.PENDING)
        reset |= input is Input.RESET and old is AlarmState.LATCHED
        if standing.state is AlarmState.NORMAL and old not in (AlarmState.NORMAL, AlarmState.PENDING):
            assert answered
            assert reset or not latching
