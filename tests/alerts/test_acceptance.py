"""The acceptance sheet: each point with its test or the word that it has none, the phones, what is missing, and its checksum."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import RULES, World, plant

from alerts.marks import HOUR
from alerts.model import Mark, Stage
from drivers.reading import Now, Quality, Reading
from gateway.acceptance import sheet

CALM = tuple(r for r in RULES if r.kind != "no_data")
TO_WALK = {
    "smoke-a/smoke", "smoke-b/smoke", "heat-a/heat", "call-a/manual", "smoke-k/smoke", "gas-k/gas", "store-1/door", "rc-1/current"
}  # fmt: skip


@pytest.fixture
def world() -> World:
    made = World(plant(CALM))
    made.read(dict.fromkeys(made.school.points, 0.0) | {"line-a/link": 1.0, "line-b/link": 1.0})
    made.do("trial", "fitter")
    return made


def walked(world: World, **values: float) -> None:
    assert world.do("walk", "qian", until=world.now.wall + HOUR).replies[0].ok
    for name, value in values.items():
        point = name.replace("__", "/").replace("_", "-")
        world.read({point: value})
        for n in [n for n in world.sent if n.step == "walk"][-1:]:
            world.fate(n, world.ACCEPTED)
        for _ in range(3):
            world.wait(20_000)
            world.read({point: 0.0})
    reply = world.do("end", "qian").replies[0]
    assert reply.ok, reply


def made(world: World, phones: dict[str, int] | None = None, **more: Quality) -> dict[str, object]:
    view = dict(world.engine.view)
    for name, quality in more.items():
        point = name.replace("__", "/").replace("_", "-")
        view[point] = Reading(point, None, quality, world.now, "silent")
    return sheet(world.school, world.ended, tuple(world.engine.marks.values()), view, phones or {}, world.now)


def test_a_point_that_was_never_set_off_is_shown_as_such_and_the_sheet_is_not_complete(world: World) -> None:
    walked(world, smoke_a__smoke=1.0, rc_1__current=420.0)
    found = made(world)
    rows = {p["point"]: p for p in found["points"]}  # type: ignore[attr-defined, index]
    assert {p for p, row in rows.items() if row["walk"]} == TO_WALK
    assert set(found["untested"]) == TO_WALK - {"smoke-a/smoke", "rc-1/current"}  # type: ignore[call-overload]
    assert rows["smoke-b/smoke"]["tested"] is None and found["complete"] is False
    tested = rows["rc-1/current"]["tested"]
    assert (tested["value"], tested["who"], tested["phone"]) == (420.0, "qian", 0.0)
    assert rows["rc-1/current"]["limits"][0]["high"] == 300.0 and rows["rc-1/current"]["place"] == "食堂后厨"
    assert "line-a/link" not in rows, "a line is no place"


def test_it_is_complete_when_all_is_tested_known_and_every_phone_has_answered(world: World) -> None:
    named = {p: p.replace("-", "_").replace("/", "__") for p in TO_WALK - {"store-1/door"}}
    walked(world, **{name: 500.0 if p in ("rc-1/current", "gas-k/gas") else 1.0 for p, name in named.items()})
    world.do("walk", "qian", until=world.now.wall + HOUR)
    world.read({"store-1/door": 1.0, "store-1/lock-a": 0.0, "store-1/lock-b": 0.0})
    world.read({"store-1/door": 0.0})
    world.wait(5_000)  # a door that was open for a moment only is judged all the same, once its locks have settled
    world.do("end", "qian")
    world.read(dict.fromkeys(world.school.points, 0.0) | {"line-a/link": 1.0, "line-b/link": 1.0})
    phones = {f"{p.id}.ok": 5 for p in world.school.people.values()}
    found = made(world, phones)
    assert (found["untested"], found["unknown"], found["silent"], found["complete"]) == ([], [], [], True)
    assert made(world)["complete"] is False and "wang" in made(world)["silent"]  # type: ignore[operator]
    lost = made(world, phones, fan_k__run=Quality.STALE)
    assert lost["unknown"] == ["fan-k/run"] and lost["complete"] is False


def test_the_latest_test_counts_and_a_later_one_is_another_sheet(world: World) -> None:
    walked(world, rc_1__current=420.0)
    first = made(world)
    assert made(world)["sha256"] == first["sha256"], "the same tests, the same sheet, whatever the values are now"
    world.wait(10 * 60_000)
    walked(world, rc_1__current=500.0)
    rows = {p["point"]: p for p in made(world)["points"]}  # type: ignore[attr-defined]
    assert rows["rc-1/current"]["tested"]["value"] == 500.0 and made(world)["sha256"] != first["sha256"]


def test_a_signature_is_of_one_sheet_and_acceptance_wants_one(world: World) -> None:
    sha = str(made(world)["sha256"])
    assert world.do("accept", "sun", sheet=sha).replies[0].code == "refused.needs-sheet", "nobody has signed it"
    world.do("sign", "sun", sheet="earlier")
    assert world.do("accept", "sun", sheet=sha).replies[0].code == "refused.needs-sheet", "nobody has signed this one"
    assert world.do("sign", "wang", sheet=sha).replies[0].code == "refused.role"
    assert world.do("sign", "qian").replies[0].code == "refused.needs-sheet"
    assert world.do("sign", "qian", sheet=sha).replies[0].code == "signed"
    (trial,) = made(world)["trials"]  # type: ignore[misc, attr-defined]
    assert [(s["who"], s["same"]) for s in trial["signed"]] == [("sun", False), ("qian", True)]
    world.do("sign", "sun", sheet=sha)
    assert world.do("accept", "sun", sheet=sha, untested=8).replies[0].code == "accepted"
    (event,) = [e for e in world.events if e.kind == "accepted"]
    assert (event.args["sheet"], event.args["signed"], event.args["untested"]) == (sha, "qian,sun", 8)
    assert not made(world)["trials"]


def test_a_drill_says_which_phones_it_reached(world: World) -> None:
    drill = Mark("no3-9", 3, "call-drill", Stage.OVER, "sun", "", Now(1, 1), Now(9, 9), facts={"people": "wang,li"})
    world.ended.append(replace(drill))
    rows = {p["person"]: p for p in made(world)["phones"]}  # type: ignore[attr-defined]
    assert rows["wang"]["drill"] == 1 and rows["wang"]["reached"] == [] and rows["head"]["drill"] is None
