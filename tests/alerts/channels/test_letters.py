"""What an answer cannot be about: an alarm of which its sender heard only after writing it, by the clock of the centre alone."""

from __future__ import annotations

import pytest

from alerts.channels import sms
from alerts.channels.letters import Letters
from alerts.model import Delivery, Fate, Inbound

WANG = "+8613800138000"
ADDRESS = "0D91683108108300F0"


def stamped(second: int) -> str:
    """2026-03-04 02:14 and so many seconds, China time."""
    minute, second = 14 + second // 60, second % 60
    return "62304020" + "".join(f"{n % 10}{n // 10}" for n in (minute, second)) + "23"


def arrived(letters: Letters, reference: int, second: int) -> Delivery | None:
    return letters.report(f"0006{reference:02X}{ADDRESS}{stamped(0)}{stamped(second)}00")


def wrote(letters: Letters, second: int, text: str = "1") -> Inbound:
    data = text.encode("utf-16-be").hex()
    found = letters.answer(f"0004{ADDRESS}0008{stamped(second)}{len(data) // 2:02X}{data}", 0)
    assert found is not None
    return found


def test_an_answer_is_not_about_what_came_after_it() -> None:
    letters = Letters("sms")
    letters.sent("s-1:1:first:1:wang:sms", WANG, [1])
    letters.sent("s-2:1:first:1:wang:sms", "13800138000", [2])
    assert arrived(letters, 1, 10) == Delivery("s-1:1:first:1:wang:sms", Fate.DELIVERED, "1")
    assert arrived(letters, 2, 100) == Delivery("s-2:1:first:1:wang:sms", Fate.DELIVERED, "2")
    assert wrote(letters, 40).early == ("s-2",)
    assert wrote(letters, 96).early == (), "a centre may stamp the delivery some seconds late"
    assert wrote(letters, 2).early == ("s-1", "s-2")


def test_what_no_report_tells_of_may_be_meant() -> None:
    letters = Letters("sms")
    letters.sent("s-1:1:first:1:wang:sms", WANG, [1])
    letters.sent("s-1:1:again:1:wang:sms", WANG, [2])
    assert wrote(letters, 5).early == ()
    arrived(letters, 2, 100)
    assert wrote(letters, 5).early == (), "the first text may have been there long before; its report is lost"


@pytest.mark.parametrize(
    ("stamp", "ms"),
    [
        ("62304020410023", 1_772_561_640_000),  # 2026-03-04 02:14:00 +08:00
        ("6230302041008A", 1_772_529_240_000),  # 02:14 on the 3rd, seven hours behind
        ("62209221436523", 0),  # there is no 29 February in 2026
        ("", 0),
        ("zz", 0),
    ],
)
def test_the_time_of_a_centre(stamp: str, ms: int) -> None:
    assert sms.centre_time(stamp) == ms
