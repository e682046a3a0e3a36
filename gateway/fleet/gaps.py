"""What a bureau says of a school's events: those that are here, so that the box sends what lies between. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gateway.stream.wire import Receipt, receipt_payload

Range = tuple[int, int]  # closed


def lacking(bureau: str, missing: Sequence[Range]) -> bytes:
    """The receipt that asks for these, in order and at least one."""
    first, last = missing[0][0] - 1, missing[-1][1] + 1
    return _here(bureau, [(first, first), *((b + 1, c - 1) for (_, b), (c, _) in pairwise(missing)), (last, last)])


def whole(bureau: str, upto: int) -> bytes:
    """The receipt that asks for nothing: every event up to this one is here."""
    return _here(bureau, [(upto, upto)])


def _here(bureau: str, ranges: Sequence[Range]) -> bytes:
    return receipt_payload(Receipt(f"bureau-{bureau}", "", tuple(ranges), lane="events"))
