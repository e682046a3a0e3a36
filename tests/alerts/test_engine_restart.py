"""Restarts: a new engine knows only what the journal holds. Another boot, a wrong clock, a changed site, messages left open."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import RULES, START, World, plant

from alerts.model import AlarmState, Fate, Result
from alerts.restore import off_time, rebase, unseen
from drivers.reading import Now

S = AlarmState


@pytest.fixture
def fire(world: World) -> World:
    world.read({"smoke-a/smoke": 1.0})
    world.wait(10_000)
    return world


@pytest.mark.parametrize("same_boot", [True, False])
def test_r30_d12_escalation_goes_on_where_it_was(fire: World, same_boot: bool) -> None:
    """The off-time counts as passed: the step of second 60 comes 50 s after second 10, whoever was off in between."""
    out = fire.restart(20_000, same_boot=same_boot)
    assert [e.kind for e in out.events] == ["boot"]
    assert not out.notifications
    assert out.outputs["board/sounder"] is True
    assert fire.engine.next_due() is not None
    fire.wait(29_999)
    assert [n.step for n in fire.sent] == ["first"]
    fire.wait(1)
    assert [n.step for n in fire.sent] == ["first", "again"]


def test_d12_a_step_due_while_off_comes_once(fire: World) -> None:
    fire.restart(3_600_000)
    fire.wait(0)
    assert [n.step for n in fire.sent] == ["first", "again"]
    fire.wait(3_600_000)
    assert [n.step for n in fire.sent] == ["first", "again"]


def test_r30_result_timer_goes_on(fire: World) -> None:
    fire.do("ack")
    fire.restart(170_000)
    fire.wait(9_999)
    assert [n.step for n in fire.sent] == ["first"]
    fire.wait(1)
    assert [n.step for n in fire.sent] == ["first", "result"]


def test_d11_unknown_time_off_means_the_next_step_is_due_now(fire: World) -> None:
    fire.clock_ok = False
    fire.restart(20_000)
    fire.wait(0)
    assert [n.step for n in fire.sent] == ["first", "again"], "one step, not all of them"


def test_d11_a_clock_that_went_back_is_unknown(fire: World) -> None:
    fire.restart(-1_000_000)
    fire.wait(0)
    assert [n.step for n in fire.sent] == ["first", "again"]


def test_on_delay_counts_the_time_off(world: World) -> None:
    world.read({"gas-k/gas": 22.0})
    world.wait(1_000)
    world.restart(1_000)
    world.wait(999)
    assert world.state("gas-1") is S.PENDING
    world.wait(1)
    assert world.state("gas-1") is S.UNACKED


def test_off_delay_starts_again(world: World) -> None:
    world.read({"gas-k/gas": 45.0})
    world.read({"gas-k/gas": 10.0})
    world.restart(60_000)
    world.read({"gas-k/gas": 10.0})
    assert world.state("gas-2") is S.UNACKED
    world.wait(10_000)
    world.read({"gas-k/gas": 10.0})
    assert world.state("gas-2") is S.RTN_UNACKED


def test_what_nobody_saw_is_unknown(fire: World) -> None:
    """A latched alarm is not reset on the word of a reading made before the restart."""
    fire.do("result", result="false", cause="蚊香", on_site=True)
    fire.read({"smoke-a/smoke": 0.0})
    fire.restart(1_000)
    assert fire.do("reset", "sun").replies[0].code == "refused.not-good"
    fire.read({"smoke-a/smoke": 0.0})
    assert fire.do("reset", "sun").replies[0].ok


def test_r30_true_at_boot_is_an_alarm_unless_open(fire: World) -> None:
    fire.restart(1_000)
    out = fire.read({"smoke-a/smoke": 1.0, "smoke-k/smoke": 1.0})
    assert [e.kind for e in out.events if e.alarm and e.kind != "notified"] == ["raised"]
    assert len(fire.engine.alarms) == 2
    assert {a.number for a in fire.engine.alarms.values()} == {1, 2}


@pytest.mark.parametrize("verbs", [(), ("ack",)])
def test_a_removed_point_closes_its_alarm(fire: World, verbs: tuple[str, ...]) -> None:
    for verb in verbs:
        fire.do(verb)
    rules = (replace(RULES[0], points=("smoke-b/smoke",)), *RULES[1:])
    out = fire.restart(1_000, school=plant(rules))
    (closed,) = out.alarms
    assert (closed.state, closed.result) == (S.NORMAL, Result.REMOVED)
    assert [e.kind for e in out.events if e.kind != "notified"] == ["boot", "removed"]
    assert out.outputs["board/sounder"] is False
    assert [n.reason for n in out.notifications] == ["closing"]


def test_a_pending_alarm_of_a_removed_point_is_dropped(world: World) -> None:
    world.read({"gas-k/gas": 22.0})
    out = world.restart(1_000, school=plant(tuple(r for r in RULES if r.alarm != "gas-1")))
    assert [a.state for a in out.alarms] == [S.NORMAL]
    assert not out.notifications


def test_the_boxs_own_alarm_stands_until_it_is_said_to_be_over(world: World) -> None:
    world.system("cannot-record", True)
    world.restart(1_000)
    assert world.outputs["board/sounder"] is True
    world.system("cannot-record", False)
    assert world.state("box-cannot-record") is S.RTN_UNACKED


def test_an_open_message_is_repeated_once_and_marked(fire: World) -> None:
    (n,) = fire.sent
    (again,) = fire.restart(1_000, unsent=(n,)).notifications
    assert (again.key, again.attempt, again.repeat, again.text) == (n.key, 2, True, "重发" + n.text)
    out = fire.restart(1_000, unsent=(again,))
    assert [x.channel for x in out.notifications] == ["robot"]
    assert [e.kind for e in out.events] == ["boot", "gave-up", "notified"]
    assert [(d.key, d.fate) for d in out.deliveries] == [(n.key, Fate.GAVE_UP)]


def test_an_open_message_by_a_channel_that_is_no_more_goes_by_the_persons_first_one(fire: World) -> None:
    """The robot that took nothing was taken out of the site file; the box starts again with the new one."""
    (n,) = fire.sent
    by_robot = replace(n, key=f"{n.key.rpartition(':')[0]}:gone", channel="gone")
    (other,) = fire.restart(1_000, unsent=(by_robot,)).notifications
    assert (other.person, other.channel) == ("wang", "phone")


def test_replies_are_remembered(fire: World) -> None:
    (reply,) = fire.do("ack", id="same").replies
    saved = fire.now
    fire.restart(0, same_boot=True)
    fire.engine.restore((), now=fire.now, saved=saved, same_boot=True, replies=(reply,))
    again = fire.do("ack", id="same")
    assert (again.replies, again.events) == ((reply,), ())


@pytest.mark.parametrize(
    ("saved", "now", "clock_ok", "off"),
    [
        (Now(1_000, 500), Now(4_000, 7), True, 3_000),
        (Now(1_000, 500), Now(1_000, 7), True, 0),
        (Now(1_000, 500), Now(999, 7), True, None),
        (Now(1_000, 500), Now(4_000, 7), False, None),
        (None, Now(4_000, 7), True, None),
    ],
)
def test_off_time(saved: Now | None, now: Now, clock_ok: bool, off: int | None) -> None:
    assert off_time(saved, now, clock_ok) == off


def test_rebase_moves_every_time_alike(fire: World) -> None:
    fire.do("ack")
    fire.do("silence")
    old = fire.alarm("smoke")
    new = rebase(old, START, Now(START.wall + 50_000, 20_000), 50_000)
    shift = 20_000 - 50_000 - START.mono
    assert new.raised == Now(old.raised.wall, old.raised.mono + shift)
    assert new.acked is not None and old.acked is not None and new.acked.mono - old.acked.mono == shift
    assert [d.at - shift for d in new.done] == [d.at for d in old.done]
    assert new.resound is not None and old.resound is not None and new.resound - old.resound == shift
    assert unseen(new).good is False


def test_a_message_to_somebody_who_has_left_is_no_dead_channel(fire: World) -> None:
    gone = replace(fire.sent[0], person="somebody-else")
    out = fire.restart(1_000, unsent=(gone,))
    assert not out.notifications
    assert [e.kind for e in out.events] == ["boot", "gave-up"]
    assert fire.state("box-cannot-call") is S.NORMAL


def twin(world: World, id: str, state: AlarmState, number: int) -> None:
    """As the box has it after it worked from memory: a second alarm of the point, younger than the one in the journal."""
    world.journal[id] = replace(world.alarm("smoke"), id=id, state=state, number=number)


def test_of_two_alarms_of_one_point_the_younger_stands(fire: World) -> None:
    old = fire.alarm("smoke").id
    twin(fire, "no3-1700000000", S.ACKED, 1)
    out = fire.restart(1_000)
    (event,) = [e for e in out.events if e.kind == "replaced"]
    assert (event.alarm, event.old, event.new, event.args) == (old, "unacked", "normal", {"by": "no3-1700000000"})
    assert (fire.alarm("smoke").id, fire.alarm("smoke").state) == ("no3-1700000000", S.ACKED)
    assert not out.notifications, "it is not over: nobody is told so"
    fire.restart(1_000)
    assert fire.alarm("smoke").id == "no3-1700000000"


def test_an_alarm_never_gives_way_to_one_that_is_still_pending(fire: World) -> None:
    old = fire.alarm("smoke").id
    twin(fire, "no3-1700000000", S.PENDING, 0)
    fire.restart(1_000)
    assert (fire.alarm("smoke").id, fire.alarm("smoke").state) == (old, S.UNACKED)


def test_two_alarms_of_one_number_get_one_each(fire: World) -> None:
    fire.journal["no3-9"] = replace(fire.alarm("smoke"), id="no3-9", point="smoke-k/smoke")
    fire.restart(1_000)
    assert {a.id: a.number for a in fire.engine.alarms.values()} == {fire.journal_id("smoke-a/smoke"): 1, "no3-9": 2}
