"""Looking at the journal while its writer lives: events, proof of the chain, export. Never writes."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from gateway.store import chain
from gateway.store.chain import Finding
from gateway.store.database import readonly
from gateway.store.rows import answer_text

T = TypeVar("T")
STEP = 500  # events
_ENDS = b'"new":"normal"'  # in the body of every event that ends an alarm
FORMS = ("jsonl", "json", "csv")
COLUMNS = ("seq", "wall", "mono", "boot", "clock_ok", "late", "alarm", "kind", "old", "new", "who", "code", "args")


def events(path: Path, since: int, limit: int) -> list[tuple[int, bytes]]:
    """(seq, exact body) of at most `limit` committed events with seq > `since`, in order. Raises sqlite3.Error."""
    with closing(readonly(path)) as db:
        found = db.execute("SELECT seq, CAST(body AS BLOB) FROM event WHERE seq > ? ORDER BY seq LIMIT ?", (since, limit))
        return found.fetchall()


def closed(path: Path, since: int, least: int) -> list[str]:
    """Ids of the alarms whose end is an event after `since`, or one of the newest `least`. Raises sqlite3.Error."""
    with closing(readonly(path)) as db:
        (last,) = db.execute("SELECT ifnull(max(seq), 0) FROM event").fetchone()
        rows = db.execute("SELECT CAST(body AS BLOB) FROM event WHERE seq > ? ORDER BY seq", (min(since, last - least),))
        found = [chain.fields(body) or {} for (body,) in rows if _ENDS in body]
    return [str(event["alarm"]) for event in found if event.get("new") == "normal" and event.get("alarm")]


def verify(path: Path, told: Callable[[int, int], None] = lambda done, of: None) -> list[Finding]:
    """All that is wrong with the chain and with the texts it vouches for; empty when it proves. Raises sqlite3.Error.

    `told` hears every STEP events how many of how many rows have been looked at (each event twice), and may raise to end it.
    """
    with closing(readonly(path)) as db:
        (many,) = db.execute("SELECT count(*) FROM event").fetchone()
        kept = dict(db.execute("SELECT key, value FROM meta WHERE key IN ('chain.seq', 'chain.head', 'next_seq')"))
        anchor = (kept["chain.seq"], bytes(kept["chain.head"])) if "chain.seq" in kept else (0, chain.GENESIS)
        rows = db.execute("SELECT seq, CAST(body AS BLOB), CAST(hash AS BLOB) FROM event ORDER BY seq")
        findings = list(chain.check(_counted(rows, lambda n: told(n, 2 * many)), anchor))
        last = db.execute("SELECT max(seq) FROM event").fetchone()[0] or anchor[0]
        if (end := kept.get("next_seq", 0) - 1) > last:
            findings.append(Finding(end, "gap", f"events {last + 1} to {end} are missing at the end"))
        return findings + list(_texts(db, lambda n: told(many + n, 2 * many)))


def _counted(rows: Iterable[T], told: Callable[[int], None]) -> Iterator[T]:
    for n, row in enumerate(rows):
        if n % STEP == 0:
            told(n)
        yield row


def bodies(path: Path) -> Iterator[str]:
    """The exact body of every event, in order. Raises sqlite3.Error."""
    with closing(readonly(path)) as db:
        for (body,) in db.execute("SELECT body FROM event ORDER BY seq"):
            yield bytes(body).decode()


def lines(found: Iterable[str], form: str) -> Iterator[str]:
    """Bodies of events as lines to write: FORMS: as they are, one array, or a table with a heading. Raises ValueError."""
    if form not in FORMS:
        raise ValueError(f"unknown form {form!r}: {', '.join(FORMS)}")
    if form == "csv":
        yield _csv(COLUMNS)
    if form == "json":
        yield "["
    for n, text in enumerate(found):
        if form == "csv":
            yield _csv(_cells(json.loads(text)))
        else:
            yield f"{',' if form == 'json' and n else ''}{text}\n"
    if form == "json":
        yield "]\n"


def _texts(db: sqlite3.Connection, step: Callable[[int], None]) -> Iterator[Finding]:
    """Texts that are still there (not erased) must have the hash that an event holds."""
    vouched: dict[str, int] = {}
    rows = db.execute("SELECT seq, CAST(body AS BLOB) FROM event ORDER BY seq")
    for seq, body in _counted(rows, step):
        args = (chain.fields(body) or {}).get("args")
        if isinstance(args, dict):
            vouched.update({str(args[name]): seq for name in ("text_hash", "answer_hash") if name in args})
    told: dict[str, int] = {}
    for key, salt, body in db.execute("SELECT key, salt, body FROM notification WHERE salt NOT NULL"):
        told[f"text of {key}"] = vouched.get(chain.text_hash(bytes(salt), json.loads(body)["text"]), 0)
    for key, salt, provider, why in db.execute("SELECT key, salt, provider_id, why FROM delivery WHERE salt NOT NULL"):
        told[f"answer to {key}"] = vouched.get(chain.text_hash(bytes(salt), answer_text(provider, why)), 0)
    yield from (Finding(0, "text", f"no event vouches for the {what}") for what, seq in told.items() if not seq)


def _cells(event: dict[str, object]) -> tuple[object, ...]:
    plain = {**event, "args": json.dumps(event.get("args", {}), ensure_ascii=False, sort_keys=True)}
    return tuple(plain.get(name, "") for name in COLUMNS)


def table(columns: tuple[str, ...], rows: Iterable[Mapping[str, object]], *, heading: bool = True) -> str:
    """CSV text of the named columns of each row; what a row lacks stays empty. Safe to open in a spreadsheet."""
    lines = [_csv(columns)] if heading else []
    return "".join([*lines, *(_csv(tuple(row.get(name, "") for name in columns)) for row in rows)])


def _csv(cells: tuple[object, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it."""
    return "'" + cell if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
