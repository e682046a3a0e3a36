"""How one outcome becomes rows of journal.db, inside a transaction that somebody else began. Nothing is committed here."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from alerts.model import AlarmState, Event, Notification, Outcome, Scalar, Stage
from drivers.reading import Now
from gateway.store import chain
from gateway.store.canonical import canonical
from gateway.store.restored import STATE_AFTER

REPLIES_KEPT = 24 * 3_600_000  # ms of wall; design §9: command ids are remembered 24 h


@dataclass(frozen=True, slots=True)
class Entry:
    """One outcome to commit. `boot` is the boot its times belong to; `late` when it could not be written in time."""

    outcome: Outcome
    anchor: Now
    boot: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Tip:
    """The end of the chain: the last number and its hash."""

    seq: int
    head: bytes


def put_entry(db: sqlite3.Connection, entry: Entry, tip: Tip) -> tuple[tuple[bytes, ...], Tip]:
    """Write the entry after `tip`; give the bodies of its events and the new tip.

    A late entry whose events are there already (the commit had reached the disk although it reported an error)
    is given back as it stands. An event whose number is taken gets the next one and says so in `was`.
    """
    outcome = entry.outcome
    if entry.late and (there := _already(db, entry, tip)) is not None:
        return there, tip
    hashes = _put_messages(db, outcome, tip.seq + 1)
    bodies = []
    for event in outcome.events:
        extra: dict[str, Scalar] = {}
        for value in event.args.values():
            extra.update(hashes.get(value, {}) if isinstance(value, str) else {})
        was = event.seq if event.seq <= tip.seq else None
        numbered = event if was is None else replace(event, seq=tip.seq + 1)
        content = chain.body(numbered, entry.boot, extra, late=entry.late, was=was)
        tip = Tip(numbered.seq, chain.link(tip.head, content))
        db.execute("INSERT INTO event (seq, body, hash) VALUES (?, ?, ?)", (tip.seq, content, tip.head))
        bodies.append(content)
    db.executemany(
        "INSERT INTO alarm (id, open, snapshot) VALUES (?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET open = excluded.open, snapshot = excluded.snapshot",
        [(alarm.id, alarm.state is not AlarmState.NORMAL, canonical(alarm).decode()) for alarm in outcome.alarms],
    )
    db.executemany(
        "INSERT OR REPLACE INTO mark (id, open, snapshot) VALUES (?, ?, ?)",
        [(mark.id, mark.stage is not Stage.OVER, canonical(mark).decode()) for mark in outcome.marks],
    )
    db.executemany(
        "INSERT OR REPLACE INTO opening (id, open, wall, snapshot) VALUES (?, ?, ?, ?)",
        [(o.id, not o.over, o.opened.wall, canonical(o).decode()) for o in outcome.openings],
    )
    db.executemany(
        "INSERT OR REPLACE INTO output (point, want) VALUES (?, ?)", [(p, int(on)) for p, on in outcome.outputs.items()]
    )
    db.executemany(
        "INSERT OR REPLACE INTO command (id, reply, wall) VALUES (?, ?, ?)",
        [(reply.command, canonical(reply).decode(), entry.anchor.wall) for reply in outcome.replies],
    )
    if outcome.replies:
        db.execute("DELETE FROM command WHERE wall < ?", (entry.anchor.wall - REPLIES_KEPT,))
    for person, words in outcome.erased.items():
        erase(db, person, words)
    put_meta(db, {"anchor.wall": entry.anchor.wall, "anchor.mono": entry.anchor.mono, "boot": entry.boot})
    return tuple(bodies), tip


def put_meta(db: sqlite3.Connection, values: Mapping[str, int | str | bytes]) -> None:
    db.executemany("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", list(values.items()))


def erase(db: sqlite3.Connection, person: str, words: Sequence[str] = ()) -> int:
    """Blank the texts to and answers from one person, and texts to others that hold one of `words`.

    Their hashes stay in the chain. Gives the number of rows.
    """
    others = " OR instr(body, ?)" * len(words)
    sql = f"SELECT key, attempt, body FROM notification WHERE salt NOT NULL AND (person = ?{others})"
    found = db.execute(sql, (person, *words)).fetchall()
    for key, attempt, text in found:
        body = canonical({**json.loads(text), "text": ""}).decode()
        db.execute("UPDATE notification SET body = ?, salt = NULL WHERE key = ? AND attempt = ?", (body, key, attempt))
    answers = db.execute(
        "UPDATE delivery SET provider_id = '', why = '', salt = NULL WHERE salt NOT NULL"
        " AND key IN (SELECT key FROM notification WHERE person = ?)",
        (person,),
    )
    return len(found) + answers.rowcount


def retain(db: sqlite3.Connection, before: int, most: int, upto: int) -> int:
    """Drop the oldest events, up to the first one of wall time `before` or later, none above number `upto`, at most `most`.

    The hash of the last one dropped stays as the anchor of the chain; closed alarms and messages of that
    time go too. Gives the number of events dropped.
    """
    gone: list[tuple[int, bytes]] = []
    for seq, content, hashed in db.execute(
        "SELECT seq, body, hash FROM event WHERE seq <= ? ORDER BY seq LIMIT ?", (upto, most)
    ):
        if json.loads(content)["wall"] >= before:
            break
        gone.append((seq, hashed))
    if not gone:
        return 0
    last, head = gone[-1]
    db.execute("DELETE FROM event WHERE seq <= ?", (last,))
    put_meta(db, {"chain.seq": last, "chain.head": head})
    db.execute("DELETE FROM alarm WHERE open = 0 AND json_extract(snapshot, '$.raised.wall') < ?", (before,))
    db.execute("DELETE FROM opening WHERE open = 0 AND wall < ?", (before,))
    db.execute("DELETE FROM mark WHERE open = 0 AND json_extract(snapshot, '$.since.wall') < ?", (before,))
    for table in ("notification", "delivery"):
        db.execute(f"DELETE FROM {table} WHERE seq <= ?", (last,))
    return len(gone)


def _put_messages(db: sqlite3.Connection, outcome: Outcome, seq: int) -> dict[str, dict[str, Scalar]]:
    """Store notifications and deliveries; give, by notification key, what an event naming that key adds to its args."""
    hashes: dict[str, dict[str, Scalar]] = {}
    for note in outcome.notifications:
        salt = os.urandom(16)
        _put_notification(db, note, seq, salt)
        hashes.setdefault(note.key, {})["text_hash"] = chain.text_hash(salt, note.text)
    for delivery in outcome.deliveries:
        salt = os.urandom(16)
        db.execute(
            "INSERT INTO delivery (key, n, fate, provider_id, why, salt, seq)"
            " SELECT ?, 1 + count(*), ?, ?, ?, ?, ? FROM delivery WHERE key = ?",
            (delivery.key, delivery.fate.value, delivery.provider_id, delivery.why, salt, seq, delivery.key),
        )
        if (state := STATE_AFTER.get(delivery.fate)) is not None:
            db.execute("UPDATE notification SET state = ? WHERE key = ?", (state, delivery.key))
        answer = chain.text_hash(salt, answer_text(delivery.provider_id, delivery.why))
        hashes.setdefault(delivery.key, {})["answer_hash"] = answer
    return hashes


def answer_text(provider_id: str, why: str) -> str:
    """The text of a delivery that its event's `answer_hash` stands for."""
    return f"{provider_id}\0{why}"


def _put_notification(db: sqlite3.Connection, note: Notification, seq: int, salt: bytes) -> None:
    values = (note.key, note.attempt, seq, note.person, "queued", canonical(note).decode(), salt)
    columns = "key, attempt, seq, person, state, body, salt"
    db.execute(f"INSERT OR REPLACE INTO notification ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def _already(db: sqlite3.Connection, entry: Entry, tip: Tip) -> tuple[bytes, ...] | None:
    events: Sequence[Event] = entry.outcome.events
    if not events or events[0].seq > tip.seq:
        return None
    found = db.execute(
        "SELECT body FROM event WHERE seq BETWEEN ? AND ? ORDER BY seq", (events[0].seq, events[-1].seq)
    ).fetchall()
    if len(found) != len(events) or not all(_same(json.loads(b), e, entry.boot) for (b,), e in zip(found, events, strict=True)):
        return None
    return tuple(bytes(content) for (content,) in found)


def _same(fields: Mapping[str, object], event: Event, boot: str) -> bool:
    told = (fields["boot"], fields["mono"], fields["wall"], fields["kind"], fields["alarm"], fields["new"])
    return told == (boot, event.at.mono, event.at.wall, event.kind, event.alarm, event.new)
