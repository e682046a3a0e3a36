"""The journal as the uplink sees it: committed events by number, retained alarm snapshots, what the broker already has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from alerts.model import Alarm
from alerts.plant import Plant
from drivers.reading import Now
from gateway import view
from gateway.store import audit
from gateway.store.database import StoreError
from gateway.store.writer import JournalWriter
from gateway.stream.wire import merge_ranges

SENT = "uplink.events"
REFUSED = "uplink.refused"
LATELY = 1_000  # events: mosquitto writes what it retains every half hour, and forgets the rest when it dies


class JournalOutbox:
    """Implements gateway.stream.frames.Outbox. `open_alarms`: the retained pictures as they are now, by alarm."""

    def __init__(
        self, path: Path, journal: JournalWriter, notes: Mapping[str, str], open_alarms: Callable[[], Mapping[str, bytes]]
    ) -> None:
        self._path, self._journal, self._open_alarms = path, journal, open_alarms
        self._sent = int(notes.get(SENT, "0"))
        self._noted = self._sent
        self._refused = {
            n: why for why, ranges in json.loads(notes.get(REFUSED, "{}")).items() for a, b in ranges for n in range(a, b + 1)
        }

    async def events(self, since: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """While the journal cannot be read there is nothing to send; it is asked again with the next event or tick."""
        try:
            return await asyncio.to_thread(audit.events, self._path, since, limit)
        except StoreError:
            return ()

    def events_sent(self) -> int:
        return self._sent

    def sent(self, seq: int) -> None:
        self._sent = max(self._sent, seq)
        if self._sent > self._noted:
            noted = self._noted = self._sent
            self._journal.call(lambda journal: journal.remember(SENT, str(noted)))

    def refused(self) -> Mapping[int, str]:
        return self._refused

    def keep_refused(self, refused: Mapping[int, str]) -> None:
        whys: dict[str, list[tuple[int, int]]] = {}
        for seq, why in refused.items():
            whys.setdefault(why, []).append((seq, seq))
        text = json.dumps({why: merge_ranges(seqs) for why, seqs in whys.items()}, ensure_ascii=False)
        self._journal.call(lambda journal: journal.remember(REFUSED, text))

    async def alarms(self, since: int) -> Mapping[str, bytes]:
        """What was closed while nobody could be told, and what a broker that died may have forgotten."""
        try:
            closed = await asyncio.to_thread(audit.closed, self._path, since, LATELY)
        except StoreError:
            closed = []
        return {**dict.fromkeys(closed, b""), **self._open_alarms()}  # nothing is awaited between this and the sending


def snapshots(plant: Plant, alarms: Iterable[Alarm], now: Now) -> dict[str, bytes]:
    """The retained pictures of these alarms by their id."""
    return {alarm.id: snapshot(view.alarm_json(plant, alarm, now)) for alarm in alarms}


def snapshot(alarm: Mapping[str, object]) -> bytes:
    """The retained picture of one alarm for third parties; empty once it is closed."""
    if alarm["state"] == "normal":
        return b""
    return json.dumps({"v": 1, **alarm}, ensure_ascii=False, separators=(",", ":")).encode()
