"""Rule kind `combination`: `expr` of other rules' Conditions by and, or, not. Kleene's logic: UNKNOWN stays UNKNOWN where it matters.

An operand is the id of a rule of another kind; it stands for that rule's points in the zone of the point judged (any of them; with
none there it is CLEAR: what is not installed does not breach). Delays of the operands do not count, only what they say now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from alerts.model import Condition, Rule, Truth
from alerts.plant import Plant
from alerts.rules.scene import Judged, Memory, Scene, nothing

watches = nothing

_TOKEN = re.compile(r"\s*([()]|[a-z0-9][a-z0-9-]*)")
Node = tuple[str, tuple["Node", ...]]  # ("and" | "or" | "not", operands) or (rule id, ())


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """`memory` is never used: the truths are in the scene. Evidence names the operands that breach."""
    found = {
        operand: any_of(scene.truths.get(pair, Truth.UNKNOWN) for pair in pairs)
        for operand, pairs in scene.rests[rule.id, point].items()
    }
    truth = _value(parse(str(rule.params["expr"])), found.__getitem__)
    if truth is not Truth.BREACHED:
        return Condition(rule.id, point, truth), None
    because = " ".join(o for o, t in found.items() if t is Truth.BREACHED)
    reading = scene.view.get(point)
    return Condition(rule.id, point, truth, {"because": because, "value": reading.value if reading else None}), None


def rests_on(rule: Rule, point: str, plant: Plant) -> dict[str, tuple[tuple[str, str], ...]]:
    """Operand -> the (rule, point) pairs that it stands for."""
    zone, rules = plant.points[point].zone, {r.id: r.points for r in plant.rules}
    return {
        o: tuple((o, p) for p in rules.get(o, ()) if p == point or (zone and plant.points[p].zone == zone))
        for o in operands(parse(str(rule.params["expr"])))
    }


def any_of(truths: Iterable[Truth]) -> Truth:
    """Kleene's or; of nothing CLEAR."""
    worst = Truth.CLEAR
    for truth in truths:
        if truth is Truth.BREACHED:
            return truth
        if truth is Truth.UNKNOWN:
            worst = truth
    return worst


def all_of(truths: Iterable[Truth]) -> Truth:
    """Kleene's and; of nothing BREACHED."""
    return opposite(any_of(opposite(t) for t in truths))


def opposite(truth: Truth) -> Truth:
    return Truth.CLEAR if truth is Truth.BREACHED else Truth.BREACHED if truth is Truth.CLEAR else truth


def _value(node: Node, truth: Callable[[str], Truth]) -> Truth:
    word, below = node
    if word == "not":
        return opposite(_value(below[0], truth))
    if not below:
        return truth(word)
    values = [_value(b, truth) for b in below]
    return all_of(values) if word == "and" else any_of(values)


@lru_cache(maxsize=256)
def parse(expr: str) -> Node:
    """`a and (b or not c)`; `and` binds closer than `or`. Raises ValueError with what is wrong."""
    words = _TOKEN.findall(expr)
    if "".join(words) != "".join(expr.split()):
        raise ValueError(f"{expr!r}: 只能写规则名、and、or、not 和括号 · only rule ids, and, or, not and brackets")
    node, rest = _or(words)
    if rest:
        raise ValueError(f"{expr!r}: {rest[0]!r} 多余 · is too much")
    return node


def operands(node: Node) -> tuple[str, ...]:
    """The rule ids in it, each once, in order."""
    word, below = node
    return tuple(dict.fromkeys(o for b in below for o in operands(b))) if below else (word,)


def _or(words: list[str]) -> tuple[Node, list[str]]:
    return _chain(words, "or", lambda w: _chain(w, "and", _not))


def _chain(words: list[str], joint: str, part: Callable[[list[str]], tuple[Node, list[str]]]) -> tuple[Node, list[str]]:
    first, words = part(words)
    nodes = [first]
    while words[:1] == [joint]:
        node, words = part(words[1:])
        nodes.append(node)
    return (first if len(nodes) == 1 else (joint, tuple(nodes))), words


def _not(words: list[str]) -> tuple[Node, list[str]]:
    if words[:1] == ["not"]:
        node, rest = _not(words[1:])
        return ("not", (node,)), rest
    if words[:1] == ["("]:
        node, rest = _or(words[1:])
        if rest[:1] != [")"]:
            raise ValueError("缺少右括号 · a closing bracket is missing")
        return node, rest[1:]
    if not words or words[0] in ("and", "or", ")"):
        raise ValueError(f"{words[0] if words else '末尾 end'} 处缺少规则名 · a rule id is missing there")
    return (words[0], ()), words[1:]
