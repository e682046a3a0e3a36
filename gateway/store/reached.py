"""How far the messages of one alarm have come, out of the journal: people told, messages taken by a channel, how soon. Reads only."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from alerts.model import REACHED
from gateway.store.database import readonly

TAKEN = {fate.value for fate in REACHED}  # kinds of event; journals of before wrote "delivered" for each of them


def reached(path: Path, alarm: str) -> tuple[int, int, int | None]:
    """(people told, people of whom a channel has taken a message, ms from the first event to the first of those). Raises StoreError."""
    number = alarm.rpartition("-")[2]
    since = int(number) if number.isascii() and number.isdigit() else 0
    with closing(readonly(path)) as db:
        rows = db.execute(
            "SELECT json_extract(b, '$.kind'), json_extract(b, '$.who'), json_extract(b, '$.mono') FROM"
            " (SELECT seq, CAST(body AS TEXT) AS b FROM event WHERE seq >= ?)"
            " WHERE json_extract(b, '$.alarm') = ? ORDER BY seq",
            (since, alarm),
        ).fetchall()
    told = {who for kind, who, _ in rows if kind == "notified"}
    taken = {who: mono for kind, who, mono in reversed(rows) if kind in TAKEN}
    return len(told), len(taken), min(taken.values()) - rows[0][2] if taken else None
