"""The judge of the kills looks at the steps of alarms, and at nothing else that people are told."""

from __future__ import annotations

import judge


def told(reason: str, mono: int) -> judge.Row:
    return {"kind": "notified", "alarm": "a", "mono": mono, "args": {"key": "a:1:again:1:li:phone", "reason": reason}}


def test_only_a_step_can_come_too_early() -> None:
    raised = {"kind": "raised", "alarm": "a", "mono": 1_000, "args": {}}
    others = [told(reason, 1_000) for reason in ("mark/question", "together/2", "failover", "closing", "every-channel")]
    assert judge.too_early([raised, *others, told("unacked/90000", 91_000), told("always/0", 1_000)]) == []
    assert judge.too_early([raised, told("unacked/90000", 90_000)]) == ["a:1:again:1:li:phone came 1000 ms early"]
