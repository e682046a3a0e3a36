"""What Prometheus reads, as text (exposition format 0.0.4), from the answers of the local socket. Pure; no secrets, no persons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]
Sample = tuple[Mapping[str, str], float]  # labels, value
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Metric:
    """`samples` of a snapshot and an answer to `ask health`. Names and labels are stable: people build alarms on them."""

    name: str
    type: str  # gauge | counter
    help: str
    samples: Callable[[Json, Json], Iterator[Sample]]


def _at(path: str) -> Callable[[Json, Json], Iterator[Sample]]:
    """One sample without labels: state.<key> or health.<key>.<key>."""

    def samples(state: Json, health: Json) -> Iterator[Sample]:
        value: Any = {"state": state, "health": health}
        for key in path.split("."):
            value = value[key]
        if value is not None:
            yield {}, float(value)

    return samples


def _lines(key: str) -> Callable[[Json, Json], Iterator[Sample]]:
    def samples(state: Json, health: Json) -> Iterator[Sample]:
        for bus, line in health["buses"].items():
            if isinstance(value := line.get(key), bool | int | float):
                yield {"bus": bus}, float(value)

    return samples


def _info(state: Json, health: Json) -> Iterator[Sample]:
    yield {"version": state["version"], "site": state["site"]["id"]}, 1.0


def _points(state: Json, health: Json) -> Iterator[Sample]:
    for quality, n in sorted(Counter(p["quality"] for p in state["points"].values()).items()):
        yield {"quality": quality}, float(n)


def _alarms(state: Json, health: Json) -> Iterator[Sample]:
    open_ = Counter(
        (a["kind"], a["lamp"], a["state"]) for a in state["alarms"].values() if a["state"] not in ("normal", "pending")
    )
    for (kind, lamp, stage), n in sorted(open_.items()):
        yield {"kind": kind, "lamp": lamp, "state": stage}, float(n)


def _waiting(state: Json, health: Json) -> Iterator[Sample]:
    for task, facts in health["tasks"].items():
        if task.startswith("channel:") and isinstance(facts.get("waiting"), int):
            yield {"channel": task.removeprefix("channel:")}, float(facts["waiting"])


def _mains(state: Json, health: Json) -> Iterator[Sample]:
    """No sample while nobody knows: unknown is never shown as present."""
    if (mains := health["mains"]) and mains["state"] != "unknown":
        yield {}, float(mains["state"] == "present")


def _values(state: Json, health: Json) -> Iterator[Sample]:
    """The points of the box and of its lines; those of the school go to the database."""
    own = {"box", *health["buses"]}
    for id, point in state["points"].items():
        if point["device"] in own and point["quality"] == "good":
            yield {"point": id, "quantity": point["quantity"], "unit": point["unit"]}, float(point["value"])


METRICS: tuple[Metric, ...] = (
    Metric("campus_info", "gauge", "Version and site; always 1.", _info),
    Metric("campus_beat_total", "counter", "Rounds of the alarm engine; one that stands still is hung.", _at("health.tasks.engine.beat")),
    Metric("campus_clock_ok", "gauge", "Is the wall clock to be trusted?", _at("state.clock_ok")),
    Metric("campus_points", "gauge", "Points by the quality of their last reading.", _points),
    Metric("campus_alarms_open", "gauge", "Open alarms by kind, lamp and state.", _alarms),
    Metric("campus_box_value", "gauge", "Points of the box and its lines, in their own unit (docs/health.md).", _values),
    Metric("campus_journal_ok", "gauge", "Does the journal write?", _at("health.journal.ok")),
    Metric("campus_journal_pending", "gauge", "Events that are not on the disk yet.", _at("health.journal.pending")),
    Metric("campus_journal_events_total", "counter", "Events of the box's life.", _at("health.journal.seq")),
    Metric("campus_uplink_connected", "gauge", "Is the broker reached?", _at("health.uplink.connected")),
    Metric("campus_uplink_backlog_frames", "gauge", "Frames of readings the database has not confirmed.", _at("health.uplink.backlog")),
    Metric("campus_uplink_refused_total", "counter", "Lines of readings the database refused.", _at("health.uplink.refused")),
    Metric("campus_mains_present", "gauge", "Is there mains? 0 on battery; absent without a UPS and while it is not known.", _mains),
    Metric("campus_line_up", "gauge", "Is the line up?", _lines("up")),
    Metric("campus_line_questions_total", "counter", "Questions asked on the line.", _lines("polls")),
    Metric("campus_line_errors_total", "counter", "Questions without a good answer.", _lines("errors")),
    Metric("campus_channel_waiting", "gauge", "Messages waiting in a channel.", _waiting),
)  # fmt: skip


def render(state: Json | None, health: Json | None) -> str:
    """Everything, or `campus_up 0` alone while `run` is not heard."""
    up = state is not None and health is not None
    lines = ["# HELP campus_up Does run answer?", "# TYPE campus_up gauge", f"campus_up {int(up)}"]
    if state is not None and health is not None:
        for metric in METRICS:
            lines += [f"# HELP {metric.name} {_help(metric.help)}", f"# TYPE {metric.name} {metric.type}"]
            lines += [f"{metric.name}{_labels(labels)} {_number(value)}" for labels, value in metric.samples(state, health)]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{_label(value)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _label(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
