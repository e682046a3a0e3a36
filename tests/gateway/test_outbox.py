"""What the uplink must know after a restart stands in the journal's notes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from gateway.outbox import JournalOutbox
from gateway.store.writer import JournalWriter


class Notes:
    """A journal that keeps its notes in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def call(self, work: Callable[[Notes], None]) -> None:
        work(self)

    def remember(self, key: str, value: str) -> None:
        self.kept[key] = value


def outbox(notes: Notes) -> JournalOutbox:
    return JournalOutbox(Path("none"), cast(JournalWriter, notes), notes.kept, dict)


def test_r8_what_was_sent_and_what_was_refused_outlives_a_restart() -> None:
    notes = Notes()
    first = outbox(notes)
    assert (first.events_sent(), first.refused()) == (0, {})
    refused = {**dict.fromkeys(range(3, 2000), "权限名单不许"), 2005: "too large", 1: "too large"}
    first.keep_refused(refused)
    first.sent(2005)
    again = outbox(notes)
    assert again.events_sent() == 2005 and again.refused() == refused
    assert len(notes.kept["uplink.refused"]) < 200, "ranges, not numbers"
    again.keep_refused({})
    assert outbox(notes).refused() == {}
