"""A school's own steps of escalation: earlier, or with more people; whatever else is said and changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from site_texts import GOOD

from gateway.config.compile import Compiled

Go = Callable[..., Compiled]


def with_steps(*rows: str) -> str:
    return GOOD.replace("people:\n", "escalation:\n" + "".join(f"  - {row}\n" for row in rows) + "people:\n", 1)


def test_a_step_comes_earlier_and_calls_more_people(compiled: Go) -> None:
    site = compiled(
        with_steps("{step: fire/again, after: 45s, also: [officer, leader]}", "{step: fire/first, also: [head]}")
    ).site
    assert site is not None
    first, again, head = site.plant.policies["fire"].steps
    assert (again.after, again.to) == (45_000, ("second", "leader", "officer")), "who was called before still is, once"
    assert (first.after, first.to) == (0, ("duty", "keeper", "head"))
    assert (head.after, head.to) == (300_000, ("head",))


def test_without_the_section_everything_is_as_shipped(compiled: Go) -> None:
    site = compiled(GOOD).site
    assert site is not None and site.plant.policies["fire"].steps[1].after == 180_000


@pytest.mark.parametrize(
    ("rows", "code", "words"),
    [
        (("{step: fire/agian, after: 10s}",), "CFG-020", "fire/again"),
        (("{step: fyre/again, after: 10s}",), "CFG-020", "fire/…"),
        (("{step: fire, after: 10s}",), "CFG-020", "fire/first"),
        (("{step: fire/again, after: 4m}",), "CFG-059", "240 秒"),
        (("{step: fire/first, after: 1s}",), "CFG-059", "1 秒"),
        (("{step: fire/again, after: 9s}", "{step: fire/again, also: [head]}"), "CFG-021", "fire/again"),
        (("{step: fire/again, also: [bureau]}",), "CFG-013", "bureau"),
        (("{step: fire/again, after: soon}",), "CFG-017", "soon"),
        (("{step: fire/again, to: [head]}",), "CFG-010", "after"),
        (("{after: 9s}",), "CFG-011", "step"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(compiled: Go, rows: tuple[str, ...], code: str, words: str) -> None:
    text = with_steps(*rows)
    found = compiled(text)
    (finding,) = found.findings
    assert found.site is None and finding.code == code and words in finding.words()
    assert "step:" in text.splitlines()[finding.line - 1] or "after:" in text.splitlines()[finding.line - 1]
