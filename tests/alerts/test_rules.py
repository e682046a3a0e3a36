"""Rule kinds without memory as tables: value, quality and what was before -> truth."""

from __future__ import annotations

import pytest
from engine_world import START, STORE, plant
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Rule, Scalar, Truth
from alerts.registry import RULES
from alerts.rules.scene import Scene
from alerts.stores import Stores
from drivers.reading import Quality, Reading

SCHOOL = plant()
G, U, Z, F = Quality.GOOD, Quality.UNCERTAIN, Quality.STALE, Quality.FAULT
BREACHED, CLEAR, UNKNOWN = Truth.BREACHED, Truth.CLEAR, Truth.UNKNOWN


def reading(point: str, value: float | None, quality: Quality) -> Reading:
    return Reading(point, value, quality, START, "" if value is not None else "no answer")


def judge(kind: str, params: dict[str, Scalar], readings: list[Reading], active: bool = False, point: str = "d/p"):  # type: ignore[no-untyped-def]
    rule = Rule("r", kind, "fire", (point,), params, 0, 0, "fire")
    condition, _ = RULES[kind].evaluate(
        rule, point, Scene(SCHOOL, {r.point: r for r in readings}, START, lambda *_: active), None
    )
    return condition


HIGH: dict[str, Scalar] = {"high": 20.0, "return_at": 18.0}
LOW: dict[str, Scalar] = {"low": 0.14, "return_at": 0.15}


@pytest.mark.parametrize(
    ("params", "value", "quality", "active", "truth"),
    [
        (HIGH, 19.9, G, False, CLEAR),
        (HIGH, 20.0, G, False, BREACHED),
        (HIGH, 25.0, U, False, BREACHED),
        (HIGH, 19.0, G, True, BREACHED),
        (HIGH, 18.0, G, True, BREACHED),
        (HIGH, 17.9, G, True, CLEAR),
        (HIGH, 17.9, U, True, UNKNOWN),
        (HIGH, 0.0, U, False, UNKNOWN),
        (HIGH, None, Z, True, UNKNOWN),
        (HIGH, None, F, False, UNKNOWN),
        ({"high": 20.0}, 20.0, G, True, BREACHED),
        ({"high": 20.0}, 19.9, G, True, CLEAR),
        (LOW, 0.14, G, False, CLEAR),
        (LOW, 0.139, G, False, BREACHED),
        (LOW, 0.149, G, True, BREACHED),
        (LOW, 0.15, G, True, CLEAR),
        (LOW, 0.15, U, True, UNKNOWN),
    ],
)
def test_threshold(params: dict[str, Scalar], value: float | None, quality: Quality, active: bool, truth: Truth) -> None:
    assert judge("threshold", params, [reading("d/p", value, quality)], active).truth is truth


def test_threshold_says_value_and_limit() -> None:
    assert judge("threshold", HIGH, [reading("d/p", 22.0, G)]).evidence == {"value": 22.0, "limit": 20.0}


def test_a_limit_that_is_no_number_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="must be a number"):
        judge("threshold", {"high": "20"}, [reading("d/p", 22.0, G)])


@pytest.mark.parametrize(
    ("value", "quality", "truth"),
    [
        (1.0, G, BREACHED), (1.0, U, BREACHED), (0.0, G, CLEAR), (0.0, U, UNKNOWN), (None, Z, UNKNOWN), (None, F, UNKNOWN),
    ],
)  # fmt: skip
def test_state(value: float | None, quality: Quality, truth: Truth) -> None:
    assert judge("state", {"equals": 1.0}, [reading("d/p", value, quality)]).truth is truth


@pytest.mark.parametrize(
    ("value", "quality", "truth"), [(1.0, G, CLEAR), (1.0, U, UNKNOWN), (None, Z, BREACHED), (None, F, BREACHED)]
)
def test_no_data(value: float | None, quality: Quality, truth: Truth) -> None:
    assert judge("no_data", {}, [reading("d/p", value, quality)]).truth is truth


@pytest.mark.parametrize("kind", ["threshold", "state", "no_data"])
def test_never_heard_is_unknown(kind: str) -> None:
    assert judge(kind, {"high": 1.0, "equals": 1.0}, []).truth is UNKNOWN


# door, lock A, lock B as seen at once -> single, forced, lock; 1 = open, released; ? UNCERTAIN; x FAULT; - never heard
@pytest.mark.parametrize(
    ("door", "a", "b", "single", "forced", "which", "lock"),
    [
        ("0", "0", "0", CLEAR, CLEAR, None, CLEAR),
        ("0", "1", "0", CLEAR, CLEAR, None, BREACHED),
        ("0", "0", "1", CLEAR, CLEAR, None, BREACHED),
        ("0", "1", "1", CLEAR, CLEAR, None, CLEAR),
        ("1", "1", "1", CLEAR, CLEAR, None, CLEAR),
        ("1", "1", "0", BREACHED, CLEAR, "A", CLEAR),
        ("1", "0", "1", BREACHED, CLEAR, "B", CLEAR),
        ("1", "0", "0", CLEAR, BREACHED, "none", CLEAR),
        ("1?", "1", "0", BREACHED, UNKNOWN, "A", UNKNOWN),
        ("1", "1", "x", UNKNOWN, CLEAR, None, UNKNOWN),
        ("1", "0", "x", BREACHED, UNKNOWN, "?", UNKNOWN),
        ("1", "x", "x", UNKNOWN, UNKNOWN, None, UNKNOWN),
        ("1", "1", "1?", UNKNOWN, CLEAR, None, UNKNOWN),
        ("x", "1", "0", UNKNOWN, UNKNOWN, None, UNKNOWN),
        ("0?", "0", "0", UNKNOWN, UNKNOWN, None, UNKNOWN),
        ("0", "1?", "0", CLEAR, CLEAR, None, BREACHED),
        ("0", "x", "0", CLEAR, CLEAR, None, UNKNOWN),
        ("0", "1", "-", CLEAR, CLEAR, None, UNKNOWN),
        ("-", "1", "0", UNKNOWN, UNKNOWN, None, UNKNOWN),
    ],
)
def test_cabinet(door: str, a: str, b: str, single: Truth, forced: Truth, which: str | None, lock: Truth) -> None:
    seen = {"0": (0.0, G), "1": (1.0, G), "0?": (0.0, U), "1?": (1.0, U), "x": (None, F)}
    named = {STORE.door: door, STORE.lock_a: a, STORE.lock_b: b}
    view = {p: reading(p, *seen[s]) for p, s in named.items() if s != "-"}
    stores = Stores(SCHOOL, view)
    stores.look(view.keys(), START, True)
    found = {}
    for case in ("single", "forced", "lock"):
        rule = Rule("r", "cabinet", "store", (STORE.door,), {"case": case, "store": "chem"}, 0, 0, "store", parts=STORE.points)
        scene = Scene(SCHOOL, view, START, lambda *_: False, stores=stores.states)
        found[case] = RULES["cabinet"].evaluate(rule, STORE.door, scene, None)[0]
        assert RULES["cabinet"].watches(rule, STORE.door) == (STORE.door, STORE.lock_a, STORE.lock_b)
    assert [c.truth for c in found.values()] == [single, forced, lock]
    assert which is None or which in (found["single"].evidence.get("which"), found["forced"].evidence.get("which"))


QUALITIES = st.sampled_from(list(Quality))
VALUES = st.floats(-10, 50)


@given(
    st.sampled_from(["threshold", "state", "no_data"]),
    st.lists(st.tuples(VALUES, QUALITIES), min_size=3, max_size=3),
    st.booleans(),
)
def test_only_good_clears(kind: str, three: list[tuple[float, Quality]], active: bool) -> None:
    """No rule kind ever calls a point clear whose own reading is not GOOD."""
    view = [reading(p, None if q >= Quality.STALE else v, q) for p, (v, q) in zip(("d/p", "d/a", "d/b"), three, strict=True)]
    params: dict[str, Scalar] = {"high": 20.0, "return_at": 18.0, "equals": 1.0}
    if judge(kind, params, view, active).truth is CLEAR:
        assert view[0].quality is Quality.GOOD


@given(VALUES, VALUES)
def test_hysteresis_never_flaps_on_one_value(value: float, limit: float) -> None:
    """A value that breaches goes on breaching while it stays: what is judged does not hang on what was judged before."""
    params: dict[str, Scalar] = {"high": limit, "return_at": limit - 2}
    if judge("threshold", params, [reading("d/p", value, G)]).truth is BREACHED:
        assert judge("threshold", params, [reading("d/p", value, G)], True).truth is BREACHED
