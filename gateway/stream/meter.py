"""What one ingest worker counts, and its text for Prometheus (exposition format 0.0.4). Pure; no secrets, no persons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

LAGS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)  # s, upper ends of the histogram of live readings


@dataclass(slots=True)
class IngestState:
    """Counters since the start. `problem` is what keeps lines from being stored now, empty when nothing does.

    `waiting`: messages taken and not yet stored, the oldest of them since `oldest_seconds`. `lags`: live messages by time from
    their newest reading to the database's answer, by LAGS and beyond. `twins`: sites under which two boxes send.
    """

    messages: int = 0
    lines: int = 0
    refused: int = 0
    malformed: int = 0
    writes: int = 0
    write_seconds: float = 0.0
    failed_writes: int = 0
    waiting: int = 0
    oldest_seconds: float = 0.0
    connected: bool = False
    problem: str = ""
    lag_seconds: float = 0.0  # their sum
    lags: list[int] = field(default_factory=lambda: [0] * (len(LAGS) + 1))
    twins: set[str] = field(default_factory=set)

    def lag(self, seconds: float) -> None:
        """A live message was stored so long after its newest reading; a box whose clock runs ahead counts as 0."""
        seconds = max(0.0, seconds)
        self.lag_seconds += seconds
        self.lags[sum(seconds > end for end in LAGS)] += 1


_ROWS = (
    ("messages_total", "counter", "Messages taken from the broker."),
    ("lines_total", "counter", "Readings the database has stored."),
    ("refused_total", "counter", "Lines refused by the grammar or the database; the boxes show them."),
    ("malformed_total", "counter", "Messages without a head, thrown away."),
    ("writes_total", "counter", "Batches the database has answered."),
    ("write_seconds_total", "counter", "Time spent waiting for those answers."),
    ("failed_writes_total", "counter", "Batches the database did not take; they wait."),
    ("waiting_messages", "gauge", "Messages taken and not yet stored."),
    ("oldest_seconds", "gauge", "Since when the oldest of them waits: grows while the database is slow or away."),
    ("connected", "gauge", "Is the broker reached?"),
    ("twin_sites", "gauge", "Sites under which two boxes send."),
    ("database_ok", "gauge", "Did the database take the last batch?"),
)


def prometheus(state: IngestState) -> str:
    """Names are stable: people build alarms on them."""
    return "\n".join([*_rows(state), *_histogram(state)]) + "\n"


def _rows(state: IngestState) -> Iterator[str]:
    values = {"twin_sites": len(state.twins), "database_ok": not state.problem, "waiting_messages": state.waiting}
    for name, kind, text in _ROWS:
        value = values[name] if name in values else getattr(state, name.removesuffix("_total"))
        yield f"# HELP campus_ingest_{name} {text}\n# TYPE campus_ingest_{name} {kind}\ncampus_ingest_{name} {float(value):g}"


def _histogram(state: IngestState) -> Iterator[str]:
    name, total = "campus_ingest_lag_seconds", 0
    yield f"# HELP {name} From a live reading to the database's answer.\n# TYPE {name} histogram"
    for end, count in zip((*map(str, LAGS), "+Inf"), state.lags, strict=True):
        total += count
        yield f'{name}_bucket{{le="{end}"}} {total}'
    yield f"{name}_sum {state.lag_seconds:g}\n{name}_count {total}"
