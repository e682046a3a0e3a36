"""The judge of the kills: looks only at the far side (stub phone, simulator's log and ledger, database) and the export. Starts nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alerts.message import REPEAT

Row = Mapping[str, Any]
STEPS = frozenset({"unacked", "unverified", "always"})  # what a step of the escalation waits for (alerts.model.Step)


def twice(messages: Iterable[Row]) -> list[str]:
    """What is wrong with the messages of the stub phone: a key more than twice, or a second time not marked as such."""
    arrivals: defaultdict[str, list[Row]] = defaultdict(list)
    for message in messages:
        arrivals[message["key"]].append(message)
    wrong = [f"{key} came {len(found)} times" for key, found in arrivals.items() if len(found) > 2]
    for key, found in arrivals.items():
        wrong += [f"{key} came again unmarked" for m in found[1:] if not m["repeat"]]
        wrong += [
            f"{key} marked, but not in words" for m in found if m["repeat"] != m["text"].startswith(tuple(REPEAT.values()))
        ]
    return wrong


def untold(messages: Iterable[Row], events: Sequence[Row], channel: str = "phone") -> list[str]:
    """Keys of committed notifications of the channel that did not reach the stub phone, nor went on to the next channel.

    Not those taken back: a step for people who had not answered ends without arriving once its alarm has been answered.
    """
    arrived = {m["key"] for m in messages}
    asked = [e["args"]["key"] for e in events if e["kind"] == "notified"]
    elsewhere = {key.rpartition(":")[0] for key in asked if not key.endswith(f":{channel}")}
    answered: set[str] = set()
    needless = set()
    for event in events:
        if event["kind"] in ("acked", "result"):  # a result answers as well
            answered.add(event["alarm"])
        elif event["kind"] in ("recalled", "gave-up") and event["alarm"] in answered:
            needless.add(event["args"]["key"])
    lost = [k for k in asked if k.endswith(f":{channel}") and k not in arrived | needless]
    return [k for k in lost if k.rpartition(":")[0] not in elsewhere]


def unjournaled(messages: Iterable[Row], events: Iterable[Row]) -> list[str]:
    """Keys that reached the stub phone without a committed notification."""
    asked = {e["args"]["key"] for e in events if e["kind"] == "notified"}
    return [m["key"] for m in messages if m["key"] not in asked]


def too_early(events: Iterable[Row]) -> list[str]:
    """Steps that were notified before their time, counted from the raise or the answer. Their reason reads `<when>/<after ms>`;

    one of anything else (`mark/…`, `together/…`) is no step's."""
    base: dict[tuple[str, str], int] = {}
    wrong = []
    for event in events:
        alarm = event["alarm"]
        if event["kind"] == "raised":
            base[alarm, "unacked"] = base[alarm, "always"] = event["mono"]
        elif event["kind"] == "confirmed":  # what calls whoever has not answered goes on as it was
            base[alarm, "always"] = event["mono"]
        elif event["kind"] in ("acked", "result"):
            base.setdefault((alarm, "unverified"), event["mono"])
        elif event["kind"] == "notified":
            when, _, after = event["args"]["reason"].partition("/")
            if when not in STEPS:
                continue
            early = int(after) - (event["mono"] - base[alarm, when])
            if early > 0:
                wrong.append(f"{event['args']['key']} came {early} ms early")
    return wrong


def lost(
    ledger: Iterable[Row], stored: Iterable[tuple[str, int, float]], wires: Mapping[str, tuple[str, int]], lives: Sequence[int]
) -> tuple[list[str], list[str]]:
    """(what is wrong, what was in flight at a kill) of counting devices.

    Each answer of a counting device carries a number that no other has. Every point of a device must hold each number that
    the ledger says was answered, once, in order. Only the last answer on a line in one life of `run` may be missing: the
    field had answered, but the process died before it had it. `wires`: device -> (line, unit); `lives`: starts of `run`.
    """
    told: defaultdict[str, list[int]] = defaultdict(list)
    last: dict[tuple[int, str], tuple[str, int] | None] = {}
    device_at = {wire: device for device, wire in wires.items()}
    for read in ledger:
        device = device_at.get((read["line"], read["unit"]))
        life = bisect_right(lives, read["t"])
        last[life, read["line"]] = (device, read["values"][0]) if device else None
        if device:
            told[device].append(read["values"][0])
    flying = {found for found in last.values() if found}
    held: defaultdict[str, list[int]] = defaultdict(list)
    for point, _, value in sorted(stored, key=lambda row: row[1]):
        if point.partition("/")[0] in wires:
            held[point].append(int(value))
    wrong = [f"{device} has no points in the database" for device in wires if f"{device}/n-0" not in held]
    in_flight = set()
    for point, values in sorted(held.items()):
        device = point.partition("/")[0]
        if len(set(values)) != len(values) or values != sorted(values):
            wrong.append(f"{point} holds a number twice or out of order")
        if strange := set(values) - set(told[device]):
            wrong.append(f"{point} holds what was never answered: {sorted(strange)[:5]}")
        for number in sorted(set(told[device]) - set(values)):
            if (device, number) in flying:
                in_flight.add(f"{device} {number}")
            else:
                wrong.append(f"{point} lost {number}")
    return wrong, sorted(in_flight)
