"""How the system stood in each two hours of a shift (form F10, 控制器/系统运行情况): what the journal says, for a person to confirm. Pure.

Source: the control room's log, every 2 h. It never says 正常: an empty row says that nothing was recorded, and a person says the word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.kinds import KINDS

SLOT = 2 * 3_600_000  # ms

Body = Mapping[str, Any]  # an EVENT as the journal holds it


class Standing:
    """Told every event in order: which alarms are open, by their lamp."""

    def __init__(self, lamps: Mapping[str, str] | None = None) -> None:
        self.lamps = dict(lamps or {})  # alarm -> its lamp

    def see(self, e: Body) -> str:
        """What the event says has happened: a lamp, "false" (a false alarm), "restart" (the box began again), or ""."""
        kind, alarm, found = str(e["kind"]), str(e["alarm"]), ""
        if kind == "raised":
            known = KINDS.get(str(e["args"]["alarm_kind"]))  # an old journal may hold one that is no more
            found = self.lamps[alarm] = known.lamp if known else "fault"
        elif kind == "again":
            found = self.lamps.get(alarm, "")
        elif kind == "result" and e["args"].get("result") == "false":
            found = "false"
        elif kind == "boot":
            found = "restart"
        if e.get("new") == "normal":
            self.lamps.pop(alarm, None)
        return found


class Slots:
    """Told every event in order, also those before the shift: what was open when it began belongs to its first two hours."""

    def __init__(self, since: int, standing: Standing | None = None) -> None:
        """`since`: wall ms at which the shift began; `standing`: what was open before the first event it is told (it copies it)."""
        self._since, self._end = since, since + SLOT
        self._open = Standing(standing.lamps if standing else None)
        self._seen: set[str] = set()
        self._begun = False
        self._rows: list[dict[str, Any]] = []

    def see(self, e: Body) -> None:
        self._close(e["wall"])
        found = self._open.see(e)
        if found and e["wall"] >= self._since:
            self._seen.add(found)

    def rows(self, until: int) -> list[dict[str, Any]]:
        """{"from","to": wall ms,"seen": lamps, "false" (a false alarm), "restart" (the box began again)}, the last one ends at `until`."""
        self._close(until)
        last = {"from": self._end - SLOT, "to": until, "seen": sorted(self._seen | set(self._open.lamps.values()))}
        return [*self._rows, *([last] if until > self._end - SLOT else [])]

    def _close(self, wall: int) -> None:
        if wall < self._since:
            return
        if not self._begun:
            self._begun, self._seen = True, set(self._open.lamps.values())
        while wall >= self._end:
            seen = sorted(self._seen | set(self._open.lamps.values()))
            self._rows.append({"from": self._end - SLOT, "to": self._end, "seen": seen})
            self._seen = set(self._open.lamps.values())
            self._end += SLOT
