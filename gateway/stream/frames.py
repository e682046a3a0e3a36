"""A frame, and what the uplink asks of the log of readings and of the journal. Contracts only, no code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.stream.wire import Refusal


class Frame(Protocol):
    """The ready lines of the frames `a`..`b` of one boot: one live frame (a == b) or (part of) one stored row."""

    @property
    def boot(self) -> str: ...

    @property
    def a(self) -> int: ...

    @property
    def b(self) -> int: ...

    @property
    def lines(self) -> bytes: ...


class FrameStore(Protocol):
    """The log of readings, one set of confirmed ranges per destination. Must not block: it runs on the event loop."""

    async def unconfirmed(
        self, dest: str, limit: int, *, most: int, besides: Sequence[tuple[str, int, int]]
    ) -> Sequence[Frame]:
        """Oldest first, at most `limit` rows or parts of rows that `dest` has not confirmed and that are not among `besides`

        (boot, a, b). Each has at most `most` bytes of lines, or is a single frame. None while the disk fails: it is asked again.
        """
        ...

    def confirm(self, dest: str, boot: str, ranges: Sequence[tuple[int, int]]) -> None:
        """`dest` has these frames (closed ranges) for good. Unknown ones are no error."""
        ...

    def refused(self, dest: str, boot: str, refusal: Refusal) -> None:
        """`dest` will never store this line: keep it where a person sees it."""
        ...

    def backlog(self, dest: str) -> int:
        """How many frames `dest` has not confirmed."""
        ...


class Outbox(Protocol):
    """The journal as the uplink sees it. Nothing is sent that is not committed there."""

    async def events(self, since: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """(seq, exact body) of committed events with seq > `since`, in order, at most `limit`."""
        ...

    def events_sent(self) -> int:
        """The last event the broker is known to have, 0 for none."""
        ...

    def sent(self, seq: int) -> None:
        """The broker has every event up to `seq`, or it is among the refused: remember it (losing this only repeats events)."""
        ...

    def refused(self) -> Mapping[int, str]:
        """What `keep_refused` kept, after a restart too."""
        ...

    def keep_refused(self, refused: Mapping[int, str]) -> None:
        """seq -> why: events that the broker has said no to, with its words. Remembered no later than a `sent` after it."""
        ...

    async def alarms(self, since: int) -> Mapping[str, bytes]:
        """Alarm id -> retained snapshot (JSON) of every open alarm, and b"" for those closed after event `since`, or lately."""
        ...
