"""What the uplink must know after a restart stands in the journal's notes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from alerts.model import Event, Outcome, Scalar
from drivers.reading import Now
from gateway import outbox as module
from gateway.clock import SystemClock
from gateway.outbox import JournalOutbox
from gateway.store.journal import Journal
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


async def test_alarms_closed_while_nobody_could_be_told_are_emptied_on_connect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a fire that was reset during an outage stands at the broker for ever, and every viewer who joins is told of it."""
    monkeypatch.setattr(module, "LATELY", 2)
    path = tmp_path / "journal.db"
    journal = Journal(path, "s", "boot", SystemClock(assume_ok=True))
    for seq, (of, old, new) in enumerate(
        [("s-1", "", "unacked"), ("s-1", "latched", "normal"), ("s-3", "", "unacked"), ("s-3", "acked", "normal"),
         ("s-5", "", "pending"), ("s-5", "pending", "normal"), ("s-7", "", "unacked")], 1,
    ):  # fmt: skip
        args: dict[str, Scalar] = {"text": '"new":"normal"'}  # what a person wrote ends nothing
        journal.commit(Outcome(events=(Event(seq, of, "x", old, new, "", "x", args, Now(seq, seq), True),)), Now(seq, seq))
    journal.close()
    notes = Notes()
    known = JournalOutbox(path, cast(JournalWriter, notes), {}, lambda: {"s-7": b"{}"})
    assert await known.alarms(2) == {"s-3": b"", "s-5": b"", "s-7": b"{}"}, "closed after the last that the broker has"
    assert await known.alarms(7) == {"s-5": b"", "s-7": b"{}"}, "and lately: a broker that dies forgets half an hour"
    gone = JournalOutbox(tmp_path / "none.db", cast(JournalWriter, notes), {}, lambda: {"s-7": b"{}"})
    assert await gone.alarms(0) == {"s-7": b"{}"}, "a journal that cannot be read hides no alarm"
