"""What pages are told of a `run`: its state, and of each DELTA (docs/local-socket.md) what is new and may not wait. Pure.

Alarms and states go at once; a number that only moved goes once a second, so that pages cost little whatever a school measures.
"""

from __future__ import annotations

from typing import Any

from gateway.local import MERGED, merge

EVERY_S = 0.95  # between two messages with numbers, and so that `run` lives; `run` itself speaks 4 times a second, or once
MEASURED = frozenset({"value", "at"})  # of a point: a number that moved, while all else that is known of it stays
ENDS = (("alarms", "state", "normal"), ("marks", "stage", "over"))  # table, field, its value by which a row leaves

Json = dict[str, Any]


class News:
    """`state` is the snapshot and all deltas since: who merges every message that `hear` gave has it too, a second later."""

    def __init__(self, state: Json) -> None:
        self.state = state
        self._waits: dict[str, Json] = {}  # point -> what has moved since the last message that said so
        self._said = float("-inf")  # when that was

    def hear(self, delta: Json, now: float) -> Json | None:
        """The message that pages are sent for this delta, None when it may wait. `now`: monotonic seconds."""
        message, waits = self._parted(self._new(delta))
        merge(self.state, delta)
        for table, field, end in ENDS:
            rows = self.state.get(table, {})
            for id in [id for id, row in rows.items() if row.get(field) == end]:
                del rows[id]
        for id, row in message.get("points", {}).items():
            message["points"][id] = self._waits.pop(id, {}) | row  # what waited is older
        for id, row in waits.items():
            self._waits[id] = self._waits.get(id, {}) | row
        if now - self._said >= EVERY_S:
            if self._waits:
                merge(message, {"points": self._waits})
            self._waits, self._said = {}, now
            return message
        return None if message.keys() <= {"now"} else message

    def _new(self, delta: Json) -> Json:
        """`delta` without what is known: of points the fields that differ, rows of other tables and other parts whole where
        anything differs, `now` always."""
        found: Json = {}
        for key, value in delta.items():
            if key in MERGED:
                known = self.state.get(key, {})
                rows = {id: _differs(known.get(id), row, whole=key != "points") for id, row in value.items()}
                if rows := {id: row for id, row in rows.items() if row}:
                    found[key] = rows
            elif key == "now" or key not in self.state or self.state[key] != value:
                found[key] = value
        return found

    def _parted(self, found: Json) -> tuple[Json, dict[str, Json]]:
        """(what goes at once, rows of points that may wait)"""
        known, rows = self.state.get("points", {}), found.get("points", {})
        waits = {id: row for id, row in rows.items() if id in known and _may_wait(known[id], row)}
        at_once = {key: value for key, value in found.items() if key != "points"}
        if urgent := {id: row for id, row in rows.items() if id not in waits}:
            at_once["points"] = urgent
        return at_once, waits


def _differs(known: Json | None, row: Json, whole: bool) -> Json:
    if known is None:
        return row
    changed = {field: value for field, value in row.items() if field not in known or known[field] != value}
    return row if whole and changed else changed


def _may_wait(known: Json, row: Json) -> bool:
    """A point with words for its values (a door, a detector) changes its state with its value: it waits only when nothing but its
    time moved. One whose quality, fault or mode changed never waits."""
    return row.keys() <= MEASURED and not ("value" in row and known.get("texts"))
