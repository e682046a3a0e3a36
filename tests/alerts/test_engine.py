"""Engine stories: readings in, states, messages and outputs out. The fire, the leak, the lock, the cut line, the restart."""

from __future__ import annotations

from engine_world import World

from alerts.model import AlarmState, Result

S = AlarmState


def test_fire_from_reading_to_reset(world: World) -> None:
    out = world.read({"smoke-a/smoke": 1.0})
    alarm = world.alarm("smoke")
    assert (alarm.state, alarm.number, alarm.id) == (S.UNACKED, 1, "no3-2")
    assert out.outputs == {"board/sounder": True}
    assert [(n.person, n.step) for n in out.notifications] == [("wang", "first")]

    assert world.do("ack").replies[0].code == "acked"
    assert world.state("smoke") is S.ACKED
    assert world.outputs["board/sounder"] is False

    world.read({"smoke-a/smoke": 0.0})
    assert world.state("smoke") is S.LATCHED
    assert world.do("reset", "sun").replies[0].code == "refused.no-result"
    assert world.do("result", result="false", cause="蚊香", on_site=True).replies[0].ok
    assert world.alarm("smoke").result is Result.FALSE
    assert world.do("reset").replies[0].ok
    assert not world.engine.alarms
    assert world.kinds() == ["raised", "acked", "gone", "refused", "result", "reset"]
    assert [e.seq for e in world.events] == list(range(1, len(world.events) + 1))
