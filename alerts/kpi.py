"""The figures of R34 over the journal's events and the open alarms. A pure function; whoever shows them asks for them.

Source: ISA-18.2 / EEMUA 191 for load, flood, chatter, standing and stale; people's §8 for the flags of false alarms.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.model import OPEN, Alarm
from drivers.reading import Now

TEN = 600_000  # ms
MINUTE, DAY = 60_000, 86_400_000
TARGET = 1.0  # alarms per operator in ten minutes
FLOOD = 10  # more than this in ten minutes
CHATTER = 3  # raises of one point in a minute
POINT_FALSE, SCHOOL_FALSE = 3, 3  # of one point in 30 days; of the school in 7 days
QUIET = frozenset({"out-of-service", "maintenance", "test", "walk", "rehearsal"})

Body = Mapping[str, Any]  # an EVENT as the journal holds it


@dataclass(frozen=True, slots=True)
class Kpi:
    """`since`..`until` wall ms of the events looked at. `rate` is alarms per operator in ten minutes, on average."""

    since: int
    until: int
    raised: int
    rate: float
    target: float
    worst: int  # the most in any ten minutes
    floods: int  # how often it went above FLOOD
    chattering: tuple[str, ...]  # points
    standing: int  # open alarms now
    stale: int  # of them older than a day
    real: int
    false: int
    false_rate: float | None  # of those with a result real or false
    flagged: tuple[str, ...]  # points with three 误报 in 30 days
    school_flag: bool  # three 误报 in seven days


def kpi(events: Iterable[Body], alarms: Collection[Alarm], now: Now, operators: int, span: int = 30 * DAY) -> Kpi:
    """`events` in order, oldest first; those before now - span and those of marked tests are left out. `operators`: people on duty."""
    since = now.wall - span
    raised: list[tuple[int, str]] = []
    moded: set[str] = set()
    points: dict[str, str] = {}
    rules: dict[str, str] = {}
    results: dict[tuple[str, int], tuple[str, int]] = {}  # alarm and occurrence -> (result, wall)
    occurrence: dict[str, int] = {}
    for e in events:
        if e["wall"] < since:
            continue
        alarm, args = str(e["alarm"]), e["args"]
        if e["kind"] in ("raised", "again"):
            points[alarm], rules[alarm] = str(args.get("point", "")), str(args.get("rule", ""))
            occurrence[alarm] = int(args.get("occurrence", 1))
            raised.append((e["wall"], alarm))
        elif e["kind"] == "mode":
            (moded.add if args.get("mode") in QUIET else moded.discard)(alarm)
        elif e["kind"] == "result":
            results[alarm, occurrence.get(alarm, 1)] = (str(args.get("result", "")), e["wall"])
    times = [(at, (points[a], rules[a])) for at, a in raised if a not in moded]
    said = [(points.get(a, ""), r, at) for (a, _), (r, at) in results.items() if a not in moded]
    false = [(p, at) for p, r, at in said if r == "false"]
    real = sum(r == "real" for _, r, _ in said)
    worst, floods = _load([at for at, _ in times])
    standing = [a for a in alarms if a.state in OPEN and a.mode not in QUIET]
    per_point = Counter(p for p, _ in false)
    return Kpi(
        since, now.wall, len(times), len(times) * TEN / max(TEN, span) / max(1, operators), TARGET, worst, floods,
        _chattering(times), len(standing), sum(now.wall - a.first.wall > DAY for a in standing), real, len(false),
        len(false) / (real + len(false)) if real + len(false) else None,
        tuple(sorted(p for p, n in per_point.items() if n >= POINT_FALSE)),
        sum(now.wall - at <= 7 * DAY for _, at in false) >= SCHOOL_FALSE,
    )  # fmt: skip


def _load(times: list[int]) -> tuple[int, int]:
    """(the most raises in any ten minutes, how often the number went above FLOOD)."""
    worst = floods = first = 0
    flooded = False
    for n, at in enumerate(times):
        while times[first] <= at - TEN:
            first += 1
        count = n - first + 1
        worst = max(worst, count)
        floods += count > FLOOD and not flooded
        flooded = count > FLOOD
    return worst, floods


def _chattering(times: list[tuple[int, tuple[str, str]]]) -> tuple[str, ...]:
    """Points of which one rule raised CHATTER times in a minute."""
    by_rule: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for at, which in times:
        by_rule[which].append(at)
    late = CHATTER - 1
    found = {p for (p, _), ts in by_rule.items() if any(b - a <= MINUTE for a, b in zip(ts, ts[late:], strict=False))}
    return tuple(sorted(found))
