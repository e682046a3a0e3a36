"""fleet.db of a bureau: events of all boxes by (site, seq) in any order, their chains, open alarms, orders. One writer; no MQTT."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.store import chain
from gateway.store.database import connect, is_broken, quarantine

SCHEMA = (Path(__file__).with_name("fleet.sql").read_text(encoding="utf-8"),)
MOST_MISSING = 20  # ranges asked for at a time
KEPT = 50_000  # newest events of each school; older ones stand in the school's own journal
TRIM = 1_000  # new events of a school between two looks at its oldest

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    """`seq` is the last event up to which nothing is missing, `broken` what is wrong with the chain, "" while it is proven."""

    seq: int
    hash: bytes
    broken: str = ""


class FleetStore:
    """Every method commits before it returns. Raises sqlite3.Error (database.StoreError). Called by one thread at a time."""

    def __init__(self, path: Path, kept: int = KEPT, examined: bool = False) -> None:
        """Open or make it. A broken file is put aside, and why stands in `quarantined`: the schools' journals are the truth, their

        open alarms and statuses come again with the next connection, their chains go on from their next status. `examined`: it is
        read whole first, after a page was found broken; that takes minutes for a thousand schools (20 GB), who are not heard meanwhile.
        """
        self._kept, self._since_trim = kept, dict[str, int]()
        self.quarantined = ""
        try:
            self._db = connect(path, SCHEMA, examined=examined)
        except sqlite3.Error as fault:
            if not is_broken(fault):
                raise
            self.quarantined = f"{quarantine(path).name}: {fault}"
            self._db = connect(path, SCHEMA)

    def close(self) -> None:
        self._db.close()

    def add(self, events: Iterable[tuple[str, int, bytes]]) -> tuple[list[tuple[str, int, bytes]], list[tuple[str, int]]]:
        """Stores events in any order; gives those that are new, and (site, seq) of those that came twice with other words."""
        new: list[tuple[str, int, bytes]] = []
        differing: list[tuple[str, int]] = []
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for site, seq, body in events:
                if seq == 1 and self._another(site, body):
                    self._begin_anew(site)
                found = self._db.execute("SELECT body FROM event WHERE site=? AND seq=?", (site, seq)).fetchone()
                if found is None:
                    self._db.execute("INSERT INTO event (site, seq, body) VALUES (?,?,?)", (site, seq, body))
                    new.append((site, seq, body))
                elif bytes(found[0]) != body:
                    differing.append((site, seq))
            for site, seq in differing:
                self._break(site, f"事件 {seq} 来过两次，内容不同 · event {seq} came twice with different words")
            for site in {site for site, _, _ in new}:
                self._walk(site)
                self._trim(site, sum(of == site for of, _, _ in new))
        return new, differing

    def chains(self) -> dict[str, Chain]:
        rows = self._db.execute("SELECT site, seq, hash, broken FROM chain")
        return {site: Chain(seq, bytes(hash), broken) for site, seq, hash, broken in rows}

    def head(self, site: str, seq: int, hash: bytes) -> Chain:
        """The box says that its chain ends with `hash` at `seq`: begins the chain there when nothing is known of it, else proves it."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            if self._chain(site) is None:
                self._db.execute("INSERT INTO chain VALUES (?,?,?,'')", (site, seq, hash))
                self._walk(site)
            else:
                row = self._db.execute("SELECT hash FROM event WHERE site=? AND seq=?", (site, seq)).fetchone()
                if row is not None and row[0] is not None and bytes(row[0]) != hash:
                    self._break(site, f"事件 {seq} 处的校验值与学校不符 · the hash at event {seq} is not the school's")
        found = self._chain(site)
        assert found is not None
        return found

    def missing(self, site: str, upto: int) -> list[tuple[int, int]]:
        """Ranges of events that the box has and this store has not, oldest first; `upto`: the last one the box has."""
        begun = self._chain(site)
        if begun is None:
            return []
        at, out = begun.seq, []
        rows = self._db.execute("SELECT seq, body FROM event WHERE site=? AND seq>? AND seq<=? ORDER BY seq", (site, at, upto))
        for seq, body in rows:
            if seq > at + 1 and (last := chain.before(chain.fields(bytes(body)), seq)) > at:
                out.append((at + 1, last))
            at = seq
            if len(out) >= MOST_MISSING:
                return out
        return [*out, (at + 1, upto)] if at < upto else out

    def events(self, site: str, limit: int) -> list[Json]:
        """The newest events of a school, newest first; what is no JSON is left raw."""
        rows = self._db.execute("SELECT seq, body FROM event WHERE site=? ORDER BY seq DESC LIMIT ?", (site, limit))
        return [chain.fields(bytes(body)) or {"seq": seq, "kind": "?", "raw": bytes(body).hex()} for seq, body in rows]

    def keep(self, alarms: Mapping[tuple[str, str], Json | None], statuses: Mapping[str, tuple[int, Json]]) -> None:
        """Alarms by (site, id) as their boxes show them, None for one that is over, and the last status of sites with its wall time."""
        over = [key for key, alarm in alarms.items() if alarm is None]
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("DELETE FROM alarm WHERE site=? AND id=?", over)
            self._db.executemany(
                "INSERT OR REPLACE INTO alarm VALUES (?,?,?)",
                [(*key, json.dumps(a)) for key, a in alarms.items() if a is not None],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO status VALUES (?,?,?)",
                [(s, wall, json.dumps(said)) for s, (wall, said) in statuses.items()],
            )

    def alarms(self) -> dict[tuple[str, str], Json]:
        return {(site, id): json.loads(body) for site, id, body in self._db.execute("SELECT site, id, body FROM alarm")}

    def asked(self, id: str, site: str, wall: int, asked: Mapping[str, Any]) -> None:
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO asked VALUES (?,?,?,?)", (id, site, wall, json.dumps(asked)))

    def all_asked(self, since: int) -> dict[str, Json]:
        rows = self._db.execute("SELECT id, body FROM asked WHERE wall>=? ORDER BY wall", (since,))
        return {id: json.loads(body) for id, body in rows}

    def statuses(self) -> dict[str, tuple[int, Json]]:
        return {site: (wall, json.loads(body)) for site, wall, body in self._db.execute("SELECT site, wall, body FROM status")}

    # inside a transaction

    def _chain(self, site: str) -> Chain | None:
        row = self._db.execute("SELECT seq, hash, broken FROM chain WHERE site=?", (site,)).fetchone()
        return None if row is None else Chain(row[0], bytes(row[1]), row[2])

    def _another(self, site: str, first: bytes) -> bool:
        """Is this the first event of another journal: of a box that was set up anew, without its backup? It is the younger one."""
        chained = self._chain(site)
        known = self._db.execute("SELECT body FROM event WHERE site=? AND seq=1", (site,)).fetchone()
        if chained is None or chained.seq < 2 or (known is not None and bytes(known[0]) == first):
            return False
        last = self._db.execute("SELECT body FROM event WHERE site=? ORDER BY seq DESC LIMIT 1", (site,)).fetchone()
        return last is not None and _wall(first) > _wall(bytes(last[0]))

    def _begin_anew(self, site: str) -> None:
        """What stood here goes on standing, as <site>~<n>: its numbers come a second time."""
        n = 1
        while self._db.execute("SELECT 1 FROM event WHERE site=? LIMIT 1", (f"{site}~{n}",)).fetchone():
            n += 1
        self._db.execute("UPDATE event SET site=? WHERE site=?", (f"{site}~{n}", site))
        why = "学校日志从 1 重新编号：换了机器，没有用备份 · its numbers begin again: another machine, without a backup"
        self._db.execute("INSERT OR REPLACE INTO chain VALUES (?,0,?,?)", (site, chain.GENESIS, why))

    def _break(self, site: str, why: str) -> None:
        self._db.execute("UPDATE chain SET broken=? WHERE site=? AND broken=''", (why, site))

    def _hash(self, site: str, seq: int) -> bytes:
        """The chain at a proven event; where it stands here no longer, what follows cannot be proven."""
        row = self._db.execute("SELECT hash FROM event WHERE site=? AND seq=?", (site, seq)).fetchone()
        if row is not None and row[0] is not None:
            return bytes(row[0])
        self._break(site, f"备份停在事件 {seq}，这里已没有 · the backup ended at event {seq}, which stands here no longer")
        return chain.GENESIS

    def _walk(self, site: str) -> None:
        """Goes on with the chain over every event that now follows without a gap."""
        begun = self._chain(site)
        if begun is None:
            first = self._db.execute("SELECT 1 FROM event WHERE site=? AND seq=1", (site,)).fetchone()
            if first is None:
                return  # the box's next status says where its chain stands
            begun = Chain(0, chain.GENESIS)
            self._db.execute("INSERT INTO chain VALUES (?,0,?,'')", (site, chain.GENESIS))
        at, head = begun.seq, begun.hash
        for seq, body in self._db.execute(
            "SELECT seq, body FROM event WHERE site=? AND seq>? ORDER BY seq", (site, at)
        ).fetchall():
            event = chain.fields(bytes(body)) or {}
            last = chain.before(event, seq)
            if event.get("kind") == "chain.break":
                self._break(site, f"学校日志在事件 {seq} 处重新开始 · the school's journal was started anew at event {seq}")
                head = chain.GENESIS
            elif last > at:
                break
            elif last < at:  # a box out of its backup: what the lost one wrote after that stands only here
                head = self._hash(site, last)
            at, head = seq, chain.link(head, bytes(body))
            self._db.execute("UPDATE event SET hash=? WHERE site=? AND seq=?", (head, site, seq))
        self._db.execute("UPDATE chain SET seq=?, hash=? WHERE site=?", (at, head, site))

    def _trim(self, site: str, more: int) -> None:
        """Lets the oldest events go beyond those kept, once they are part of the proven chain; nothing asks for them again."""
        self._since_trim[site] = self._since_trim.get(site, TRIM) + more
        if self._since_trim[site] < TRIM:
            return
        self._since_trim[site] = 0
        self._db.execute(
            "DELETE FROM event WHERE site=?1 AND hash NOT NULL AND seq <= "
            "(SELECT seq FROM event WHERE site=?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
            (site, self._kept),
        )


def _wall(body: bytes) -> int:
    wall = (chain.fields(body) or {}).get("wall")
    return wall if isinstance(wall, int) else 0
