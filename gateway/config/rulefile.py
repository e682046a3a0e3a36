"""One entry of config/rules as a typed value, and its strict reading (docs/rules.md). Pure; finds no points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alerts.kinds import KINDS
from alerts.model import Scalar
from alerts.registry import RULES
from alerts.rules.cabinet import CASES
from alerts.rules.combination import parse
from alerts.rules.timetable import DURING
from drivers.quantities import QUANTITIES
from gateway.config.model import ZONE_KINDS, duration
from gateway.config.source import Path_

DELAYS = ("on_delay", "off_delay")
DURATIONS = frozenset({*DELAYS, "window", "gap", "after", "within"})  # ms; of the others a demo's speed leaves `gap` as it is
SIDES = ("high", "low", "rise")  # of a limit
# kind -> (keys it must have, keys it may have), beside those of every rule
OWN: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "threshold": (frozenset({"return_at"}), frozenset({"high", "low"})),
    "state": (frozenset({"equals"}), frozenset()),
    "no_data": (frozenset(), frozenset()),
    "rate": (frozenset({"rise", "return_at", "window", "samples", "gap"}), frozenset()),
    "deviation": (frozenset({"of", "share", "return_share", "above"}), frozenset()),
    "stuck": (frozenset({"after", "span"}), frozenset()),
    "chatter": (frozenset({"times", "within"}), frozenset()),
    "k_of_n": (frozenset({"k"}), frozenset({"high", "low", "return_at", "equals"})),
    "combination": (frozenset({"expr"}), frozenset()),
    "timetable": (frozenset({"equals", "during"}), frozenset()),
    "cabinet": (frozenset({"case", "stores"}), frozenset()),
}
NUMBERS = frozenset({*SIDES, "return_at", "equals", "samples", "share", "return_share", "above", "span", "times", "k"})
NEEDED = frozenset({"id", "kind", "alarm", "policy", "on_delay", "off_delay", "what", "source"})
ALLOWED = frozenset({"quantities", "zones", "exposure", "group", "limits", "advised", "less_than"})


class RuleFileError(ValueError):
    """What is wrong with an entry, and where in it."""

    def __init__(self, words: str, *path: str) -> None:
        super().__init__(words)
        self.path: Path_ = path


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A default rule before it is given its points. Delays in ms; `limits` and `advised` inclusive, delays among them in ms.

    `quantities` empty: any point but a line's own link (no meaning for a rule of `stores`).
    """

    id: str
    kind: str
    alarm: str
    policy: str
    on_delay: int
    off_delay: int
    zh: str
    en: str
    quantities: frozenset[str] = frozenset()
    zones: frozenset[str] = frozenset()
    exposure: bool = False  # its limits are shares of the gas's exposure limit
    stores: bool = False
    group: str = ""
    params: Mapping[str, Scalar] = field(default_factory=dict)  # the kind's own keys (OWN), durations in ms
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    advised: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    less_than: str = ""

    @property
    def side(self) -> str:
        """ "high", "low", "rise", or "" when the rule has no limit."""
        return next((s for s in SIDES if s in self.params), "")


def rule_from_dict(item: Any) -> RuleFile:
    """Raises RuleFileError. Whether `policy` and `less_than` exist is the library's question."""
    if not isinstance(item, Mapping):
        raise RuleFileError("不是一组键值 · is not a mapping")
    kind = _one_of(item, "kind", RULES)
    needed, optional = OWN[kind]
    for key in sorted((NEEDED | needed) - item.keys()):
        raise RuleFileError(f"缺少 {key} · {key} is missing")
    for key in sorted(map(str, item.keys() - NEEDED - ALLOWED - needed - optional)):
        raise RuleFileError(f"没有这一项 · no such key: {key}", key)
    stores = item.get("stores") is True
    if stores == ("quantities" in item):
        raise RuleFileError("quantities 与 stores: true 二选一 · either quantities or stores: true")
    if "less_than" in item and kind != "threshold":
        raise RuleFileError("只有 threshold 有限值 · only a threshold has a limit", "less_than")
    what = item["what"]
    if not isinstance(what, Mapping) or not all(isinstance(what.get(x), str) and what[x] for x in ("zh", "en")):
        raise RuleFileError("what 要有 zh 和 en · what needs zh and en", "what")
    return RuleFile(
        id=_text(item, "id"),
        kind=kind,
        alarm=_one_of(item, "alarm", KINDS),
        policy=_text(item, "policy"),
        on_delay=_delay(item["on_delay"], "on_delay"),
        off_delay=_delay(item["off_delay"], "off_delay"),
        zh=what["zh"],
        en=what["en"],
        quantities=frozenset() if stores or item["quantities"] == "any" else _words(item, "quantities", QUANTITIES),
        zones=_words(item, "zones", ZONE_KINDS) if "zones" in item else frozenset(),
        exposure=item.get("exposure") is True,
        stores=stores,
        group=_text(item, "group") if "group" in item else "",
        params=_params(kind, item),
        limits=_ranges(item, "limits"),
        advised=_ranges(item, "advised"),
        less_than=_text(item, "less_than") if "less_than" in item else "",
    )


def _params(kind: str, item: Mapping[str, Any]) -> dict[str, Scalar]:
    params: dict[str, Scalar] = {k: _number(item[k], k) for k in sorted(NUMBERS) if k in item}
    params |= {k: _delay(item[k], k) for k in sorted(DURATIONS - set(DELAYS)) if k in item}
    params |= {k: _text(item, k) for k in ("of", "expr") if k in item}
    if kind == "cabinet":
        params["case"] = _one_of(item, "case", CASES)
    if kind == "timetable":
        params["during"] = _one_of(item, "during", DURING)
    if kind == "threshold" and ("high" in params) == ("low" in params):
        raise RuleFileError("high 与 low 二选一 · exactly one of high and low")
    if kind == "k_of_n" and sum(k in params for k in ("high", "low", "equals")) != 1:
        raise RuleFileError("high、low、equals 三选一 · exactly one of high, low and equals")
    if kind == "combination":
        try:
            parse(item["expr"])
        except ValueError as error:
            raise RuleFileError(str(error), "expr") from None
    return params


def _ranges(item: Mapping[str, Any], table: str) -> dict[str, tuple[float, float]]:
    found = {}
    for key, pair in (item.get(table) or {}).items():
        if key not in item or not isinstance(pair, list) or len(pair) != 2:
            raise RuleFileError(f"{key} 要写成 [下限, 上限] · must be [low, high] of a key of the rule", table, str(key))
        read = _delay if key in DURATIONS else _number
        low, high = read(pair[0], table), read(pair[1], table)
        if not low <= read(item[key], key) <= high:
            raise RuleFileError(f"{key} 的默认值在自己的范围之外 · the default is outside its own range", table, str(key))
        found[key] = (float(low), float(high))
    return found


def _one_of(item: Mapping[str, Any], key: str, words: Any) -> str:
    if item.get(key) not in tuple(words):
        raise RuleFileError(f"{key} {item.get(key)} 不在可选值内 · is none of: {' '.join(words)}", key)
    return str(item[key])


def _words(item: Mapping[str, Any], key: str, words: Any) -> frozenset[str]:
    given = item[key]
    for word in given if isinstance(given, list) and given else [given]:
        if word not in tuple(words):
            raise RuleFileError(f"{key} {word} 不在可选值内 · is none of: {' '.join(words)}", key)
    return frozenset(given)


def _text(item: Mapping[str, Any], key: str) -> str:
    if not isinstance(item[key], str) or not item[key]:
        raise RuleFileError(f"{key} 要写文字 · must be text", key)
    return str(item[key])


def _number(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RuleFileError(f"{key} {value} 不是数 · is not a number", key)
    return float(value)


def _delay(value: Any, key: str) -> int:
    try:
        return duration(value)
    except ValueError:
        raise RuleFileError(f"{key} {value} 看不懂 · is no duration", key) from None
