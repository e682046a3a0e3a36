"""What the screen asks of journal and lines: alarms of a period, one alarm's story, last good and last fault of each device."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "alerts"))

from engine_world import RULES, World, plant

from drivers.reading import Now, Quality, Reading
from gateway import asked
from gateway.store.journal import Journal


class Clock:
    def now(self):
        return Now(1_800_000_000_000, 1_000_000)

    def ok(self):
        return True


class Recorded(World):
    def __init__(self, path):
        self.file = Journal(path, "no3", "boot-1", Clock(), reserve=0)
        super().__init__(plant(tuple(r for r in RULES if r.kind != "no_data")))

    def take(self, out):
        self.file.commit(out, self.now)
        return super().take(out)


@pytest.fixture
def world(tmp_path):
    return Recorded(tmp_path / "journal.db")


def test_alarms_of_a_period_closed_ones_too_and_the_story_of_one(world):
    world.read({"smoke-a/smoke": 1.0})
    alarm = next(iter(world.engine.alarms.values()))
    begun = alarm.first.wall
    world.wait(5_000)
    world.do("ack", "wang", alarm.id)
    world.do("result", "wang", alarm.id, result="false", cause="蚊香", on_site=True)
    world.read({"smoke-a/smoke": 0.0})
    world.wait(1_000)
    world.do("reset", "sun", alarm.id)
    assert not world.engine.alarms
    path, school = world.file.path, world.school
    (found,) = asked.alarms_json(path, school, world.now, begun, begun + 1, 10)
    assert (found["id"], found["state"], found["result"], found["cause"]) == (alarm.id, "normal", "false", "蚊香")
    assert asked.alarms_json(path, school, world.now, begun + 1, begun + 10**9, 10) == []
    assert asked.alarms_json(path, school, world.now, 0, begun, 10) == []
    story = asked.story_json(path, alarm.id)
    kinds = [event["kind"] for event in story]
    assert kinds[0] == "raised" and {"notified", "acked", "result", "reset"} <= set(kinds)
    assert {event["alarm"] for event in story} == {alarm.id}
    assert next(e for e in story if e["kind"] == "acked")["who"] == "wang"
    assert asked.story_json(path, "no3-999999") == [] and asked.story_json(path, "nonsense") == []


def test_a_store_with_its_openings_and_its_detector(world):
    store = next(iter(world.school.stores))
    world.read({"store-1/lock-a": 1.0, "store-1/lock-b": 1.0})
    world.read({"store-1/door": 1.0})
    world.wait(3_000)
    found = asked.store_json(world.file.path, world.school, store, world.now, 5)
    (opening,) = found["openings"]
    assert opening["locks"] == "AB" and opening["verdict"] == "blind" and found["detector_alarm"] is None
    assert all(alarm["lamp"] == "store" for alarm in found["deviations"])
    with pytest.raises(KeyError):
        asked.store_json(world.file.path, world.school, "nowhere", world.now, 5)


def test_a_device_remembers_its_last_good_value_and_its_last_fault():
    at = [Now(1000, 0), Now(2000, 1), Now(3000, 2)]
    heard = asked.Heard()
    channels = [SimpleNamespace(id="a"), SimpleNamespace(id="b")]
    device = SimpleNamespace(
        id="d", bus="x", unit=7, profile=SimpleNamespace(id="model", channels=channels), point=lambda c: f"d/{c}"
    )
    site = SimpleNamespace(devices=[device], plant=SimpleNamespace(points={}))
    (never,) = heard.devices_json(site, {}, {})
    assert never["last_good"] is None and never["bad"] == 2 and never["questions"] is None
    heard.take([Reading("d/a", 1.0, Quality.GOOD, at[0])])
    bad = Reading("d/a", None, Quality.FAULT, at[1], "没有应答 no answer")
    heard.take([bad])
    (row,) = heard.devices_json(site, {}, {"d/a": bad, "d/b": Reading("d/b", 2.0, Quality.GOOD, at[2])})
    assert (row["last_good"], row["fault"], row["last_fault_at"], row["bad"]) == (1000, "没有应答 no answer", 2000, 1)
