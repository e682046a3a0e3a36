"""The answer to "who would be called": places that are alike are one case, another time has its own marks, rota and empty budget."""

from __future__ import annotations

from dataclasses import replace

from engine_world import World
from people_world import MIN, NOON, T0, plant

from alerts.model import Rule
from alerts.plant import Shift
from drivers.reading import Now
from gateway.who import Known, under, who_json

HOUR = 60 * MIN
RULES = (
    Rule("smoke", "state", "fire", ("smoke-1/smoke", "smoke-2/smoke"), {"equals": 1.0}, 0, 0, "fire"),
    Rule("gas", "threshold", "gas-2", ("gas-1/gas",), {"high": 50.0, "return_at": 40.0}, 0, 0, "gas-2"),
    Rule("mains", "state", "mains", ("io-1/mains",), {"equals": 0.0}, 0, 0, "mains"),
)


def world(at: int = T0) -> World:
    return World(replace(plant(), rules=RULES), now=Now(at, 1_000_000))


def known(w: World) -> Known:
    e = w.engine
    shifts = tuple(m for m in e.desk.marks.values() if m.kind == "shift")
    return Known(w.school, tuple(e.alarms.values()), tuple(e.marks.values()), shifts, e.budget, w.now, w.clock_ok)


def asked(w: World, place: str, kind: str = "", later: int = 0) -> dict[str, dict[str, object]]:
    found = who_json(known(w), place, kind, w.now.wall + later)
    return {f"{c['kind']} {' '.join(c['zones'])}": c for c in found["cases"]}


def people(case: dict[str, object], call: int = 0) -> list[str]:
    return [t["person"] for t in case["unanswered"][call]["told"]]  # type: ignore[index]


def test_places_with_the_same_nearest_people_are_one_case_and_the_worst_comes_first() -> None:
    found = asked(world(), "dorm")
    assert list(found) == ["fire dorm-3 dorm-4"], "dorm-4 has no keeper of its own: that of the building"
    assert list(asked(world(), "main")) == ["gas-2 kitchen", "mains office"]
    assert list(asked(world(), "main", "mains")) == ["mains office"] and asked(world(), "dorm-4", "mains") == {}
    apart = World(
        replace(world().school, people={**plant().people, "wu2": replace(plant().people["wu"], id="wu2", zones=("dorm-4",))})
    )
    assert len(asked(apart, "dorm")) == 2


def test_the_words_are_those_of_the_value_at_which_the_alarm_begins() -> None:
    (case,) = asked(world(), "kitchen").values()
    assert "50%LEL" in case["unanswered"][0]["told"][0]["text"]  # type: ignore[index]


def test_at_another_time_the_rota_of_then_and_the_marks_that_still_stand() -> None:
    w = world(NOON)
    w.do("out-of-service", "feng", points="smoke-1/smoke smoke-2/smoke", why="喷漆", until=NOON + HOUR)
    (off,) = asked(w, "dorm").values()
    assert off["mode"] == "out-of-service" and off["nobody"] and off["unanswered"] == []
    (testing,) = asked(w, "dorm", later=HOUR + MIN).values()
    assert testing["mode"] == "test" and people(testing) == ["feng"], "uncovered: its test alarm is awaited"
    (over,) = asked(w, "dorm", later=10 * HOUR).values()
    assert (over["mode"], people(over)) == ("", ["li", "wu"]), "the night's guard; what came back unproven rings as ever"


def test_open_alarms_and_what_was_sent_count_now_and_not_tomorrow() -> None:
    w = world()
    w.read({"smoke-1/smoke": 1.0})
    now, later = (asked(w, "dorm-4", later=t)["fire dorm-4"] for t in (0, 24 * HOUR))
    assert (now["confirmed"], now["policy"]) == (True, "fire-confirmed") and later["policy"] == "fire"


def test_the_box_itself_and_a_time_without_a_guard() -> None:
    found = asked(world(), "")
    assert {"cannot-record ", "cannot-call ", "fault "} == set(found)
    bare = World(replace(plant(), rules=RULES, shifts=(Shift("duty", "wang", 7 * 60, 19 * 60),)), now=Now(T0, 1_000_000))
    (case,) = asked(bare, "dorm").values()
    assert case["unanswered"][0]["holes"] == ["duty"] and not case["nobody"]  # type: ignore[index]


def test_under_another_plant_the_alarms_it_keeps_stand_and_those_who_left_are_not_called() -> None:
    w = world()
    w.do("take", "wang")
    w.read({"smoke-1/smoke": 1.0})
    kept = replace(w.school, people={id: p for id, p in w.school.people.items() if id != "wang"})
    now = known(w)
    (case,) = who_json(under(kept, now), "dorm-4", "fire", w.now.wall)["cases"]
    assert case["confirmed"] and not any(t["person"] == "wang" for c in case["unanswered"] for t in c["told"])
    gone = replace(kept, rules=tuple(replace(r, points=("smoke-2/smoke",)) if r.id == "smoke" else r for r in RULES))
    (case,) = who_json(under(gone, now), "dorm-4", "fire", w.now.wall)["cases"]
    assert not case["confirmed"], "a point that the draft has no longer confirms nothing"
