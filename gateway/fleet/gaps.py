"""What a bureau says of a school's events and alarms: those that are here, so that the box sends what is not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from gateway.stream.wire import Receipt, merge_ranges, receipt_payload

Range = tuple[int, int]  # closed
NUMBER = re.compile(r"[0-9]{1,18}")


def lacking(bureau: str, missing: Sequence[Range]) -> bytes:
    """The receipt that asks for these, in order and at least one."""
    first, last = missing[0][0] - 1, missing[-1][1] + 1
    return _here(bureau, [(first, first), *((b + 1, c - 1) for (_, b), (c, _) in pairwise(missing)), (last, last)])


def whole(bureau: str, upto: int) -> bytes:
    """The receipt that asks for nothing: every event up to this one is here."""
    return _here(bureau, [(upto, upto)])


def pictured(bureau: str, site: str, alarms: Iterable[str]) -> bytes:
    """The receipt that says which alarms stand here by their pictures: the box shows those that are open, and empties the others."""
    named = (id.rpartition("-") for id in alarms)
    numbers = [int(number) for of, _, number in named if of == site and NUMBER.fullmatch(number)]
    return receipt_payload(Receipt(f"bureau-{bureau}", "", merge_ranges((n, n) for n in numbers), lane="alarms"))


def _here(bureau: str, ranges: Sequence[Range]) -> bytes:
    return receipt_payload(Receipt(f"bureau-{bureau}", "", tuple(ranges), lane="events"))
