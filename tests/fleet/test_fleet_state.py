"""What the bureau makes of status, alarms and events: alive or silent, the order of schools, and what was asked of them."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.reading import Now, Quality
from gateway.fleet import asked as asking
from gateway.fleet.asked import Asked
from gateway.fleet.state import Call, Known, order, rung
from gateway.stream.command import Answered
from gateway.stream.wire import WireError

T0 = 1_800_000_000_000
STATUS = {
    "v": 1,
    "online": True,
    "version": "1",
    "clock_ok": True,
    "backlog": 3,
    "seq": 9,
    "open": 1,
    "points": 40,
    "unseen": 2,
    "out": 1,
}
FIRE = {"id": "no1-7", "kind": "fire", "lamp": "fire", "severity": 7, "state": "unacked", "first": T0, "raised": T0, "place": "301室",
        "what": {"zh": "烟感", "en": "Smoke"}, "bureau": None, "result": None, "result_due": None, "parent": "", "mode": ""}  # fmt: skip
GONE = {"v": 1, "online": False}


def at(ms: int) -> Now:
    return Now(T0 + ms, ms)


def school(id: str = "no1", alarms: tuple[dict[str, Any], ...] = (), **said: Any) -> Known:
    known = Known(id, "一中", "0371", since=0)
    known.status({**STATUS, "wall": T0, **said}, at(0))
    for n, alarm in enumerate(alarms):
        known.show(f"{id}-{n}", {**alarm, "id": f"{id}-{n}"})
    return known


def test_r7_d10_a_box_that_says_nothing_is_silent_within_90_s() -> None:
    known = school()
    assert known.tick(at(84_999)) == [] and known.row(at(84_999))["state"] == "alive"
    readings = {r.point: r for r in known.tick(at(85_000))}
    assert readings["no1/alive"].quality is Quality.FAULT and readings["no1/backlog"].quality is Quality.STALE
    assert known.tick(at(86_000)) == [], "told once"
    row = known.row(at(86_000))
    assert (row["state"], row["uncovered"]) == ("silent", 40), "nothing of a silent school is watched"


def test_the_brokers_word_shortens_it_and_a_moment_of_the_line_is_nothing() -> None:
    known = school()
    assert known.status(GONE, at(1_000)) == [] and known.tick(at(45_999)) == []
    known.status({**STATUS, "wall": T0 + 46_000}, at(46_000))
    assert known.tick(at(80_000)) == [], "it came back"
    known.status(GONE, at(81_000))
    known.status(GONE, at(100_000))
    assert known.tick(at(126_000)), "45 s after the first word"


def test_r7_a_school_never_heard_is_not_alive_and_falls_silent_too() -> None:
    known = Known("no1", "一中", since=0)
    assert known.row(at(0))["state"] == "unheard"
    assert known.tick(at(85_000)) and known.row(at(85_000))["state"] == "silent"


def test_a_wrong_clock_is_seen_and_times_are_shown_in_the_bureaus() -> None:
    known = school(wall=T0 + 3_600_000, alarms=({**FIRE, "first": T0 + 3_600_000 + 5_000},))
    readings = {r.point: r.value for r in known.status({**STATUS, "wall": T0 + 3_600_000}, at(0))}
    assert readings["no1/clock-offset"] == 3600.0 and readings["no1/clock"] == 2.0
    assert known.row(at(9_000))["worst"]["since"] == T0 + 5_000
    assert {r.point: r.value for r in known.status({**STATUS, "clock_ok": False}, at(0))}["no1/clock"] == 0.0


@pytest.mark.parametrize(
    ("change", "unanswered"),
    [
        ({}, 1), ({"state": "rtn_unacked"}, 1), ({"state": "pending"}, 0), ({"mode": "drill"}, 0), ({"parent": "x"}, 0),
        ({"state": "acked"}, 0), ({"state": "acked", "result_due": T0 + 1}, 1),
        ({"state": "acked", "result_due": T0 + 1, "result": "real"}, 0), ({"state": "acked", "result_due": T0 + 60_000}, 0),
        ({"severity": 1}, 0),
    ],
)  # fmt: skip
def test_what_counts_as_unanswered(change: dict[str, Any], unanswered: int) -> None:
    assert school(alarms=({**FIRE, **change},)).row(at(10_000))["unanswered"] == unanswered


def test_schools_are_ordered_by_what_nobody_did_and_never_by_the_number_of_alarms() -> None:
    fault = {**FIRE, "kind": "fault", "lamp": "fault", "severity": 1, "state": "acked"}
    answered = {**FIRE, "state": "acked"}
    rows = [
        school("busy", (answered,) * 9, unseen=0).row(at(1)),
        school("calm", (), unseen=0).row(at(1)),
        school("blind", (), unseen=30).row(at(1)),
        school("broken-long", ({**fault, "first": T0 - 9_000_000},), unseen=0).row(at(1)),
        school("broken", (fault,) * 5, unseen=0).row(at(1)),
        school("gas", ({**FIRE, "severity": 6},) * 4, unseen=0).row(at(1)),
        school("fire", (FIRE,), unseen=0).row(at(1)),
        school("rung", ({**FIRE, "severity": 5, "bureau": {"zh": "5分钟无人响应", "en": ""}},), unseen=0).row(at(1)),
    ]
    want = ["rung", "fire", "gas", "broken-long", "broken", "blind", "busy", "calm"]
    assert [r["id"] for r in order(rows)] == want == [r["id"] for r in order(reversed(rows))]


def test_a_box_that_is_heard_while_its_reports_are_not_is_not_normal() -> None:
    """An access list without `events`, a broker of MQTT 3.1.1 that throws away: the status alone comes through."""
    known = school(seq=9, open=0)

    def told(ms: int, **said: int) -> float | None:
        known.status({**STATUS, "wall": T0 + ms, **said}, at(ms))
        (reading,) = known.arrived(at(ms))
        assert reading.point == "no1/late" and reading.quality is Quality.GOOD
        return reading.value

    known.seq = 7
    assert told(0, seq=9, open=0) == 0 and not known.row(at(119_999))["late"] and known.row(at(120_000))["late"]
    known.seq = 8
    assert told(130_000, seq=12, open=0) == 0, "they come, if slowly"
    assert told(190_000, seq=13, open=0) == 60
    known.seq = 13
    assert told(200_000, seq=13, open=0) == 0 and not known.row(at(900_000))["late"]
    assert told(210_000, seq=13, open=1) == 0 and told(340_000, seq=13, open=1) == 130, "an alarm that it has and nobody sees"
    known.seq = 14
    assert told(350_000, seq=14, open=1) == 140, "events that come do not excuse it"
    known.show("no1-7", FIRE)
    assert told(360_000, seq=14, open=1) == 0
    assert told(370_000, seq=14, open=0) == 0 and told(400_000, seq=14, open=0) == 30, "its end did not come"
    assert {r.point: r.quality for r in known.tick(at(900_000))}["no1/late"] is Quality.STALE


def test_an_alarm_that_is_over_comes_back_by_no_old_picture() -> None:
    """A broker that died remembers what it retained half an hour ago, and a bureau that joins gets it: nobody is rung again."""
    known = school(alarms=({**FIRE, "bureau": {"zh": "2分钟无人响应", "en": ""}},))
    called, _ = rung({}, [known])
    assert len(called) == 1
    known.event({"alarm": "no1-0", "new": "normal"})
    known.show("no1-0", {**FIRE, "id": "no1-0", "bureau": {"zh": "2分钟无人响应", "en": ""}})
    called, changes = rung(called, [known])
    assert known.alarms == {} and called == {}
    assert [(active, call.evidence["over"]) for call, active in changes] == [(False, True)]
    known.broken = "a box set up anew begins with number 1 again"
    known.show("no1-0", {**FIRE, "id": "no1-0"})
    assert known.row(at(0))["open"] == 1, "a fire under a number of the lost box"
    known.show("no1-0", None)
    for n in range(2000):
        known.show(f"no1-{n + 10}", {**FIRE, "id": f"no1-{n + 10}"})
        known.show(f"no1-{n + 10}", None)
    assert len(known.ended) == 500, "what is remembered has an end: it is looked through for years"


def test_the_bureau_is_rung_for_what_the_schools_policy_says() -> None:
    known = school(alarms=(FIRE, {**FIRE, "lamp": "gas", "bureau": {"zh": "2分钟无人响应", "en": "unanswered"}}))
    (call,) = known.calls()
    assert (call.kind, call.point) == ("school-gas", "no1/no1-1")
    assert (
        call.evidence["school"] == "一中" and call.evidence["because_zh"] == "2分钟无人响应" and call.evidence["tel"] == "0371"
    )
    assert known.event({"alarm": "no1-1", "new": "normal"}) == "no1-1" and known.calls() == []


def test_an_answer_at_the_school_ends_the_calls_and_not_the_alarm_and_no_result_rings_anew() -> None:
    known, called = school(alarms=(FIRE,)), dict[str, Call]()

    def look(**said: Any) -> list[tuple[bool, Any, Any, Any]]:
        nonlocal called
        known.show("no1-0", {**FIRE, "id": "no1-0", **said} if said else None)
        called, changes = rung(called, [known])
        e = [(call.evidence, active) for call, active in changes]
        return [(active, x.get("answered"), x.get("over", False), x.get("result", "")) for x, active in e]

    rings = {"zh": "2分钟无人响应", "en": "x"}
    assert look(state="unacked") == [], "shown and not rung"
    assert look(bureau=rings) == [(True, False, False, "")]
    assert look(bureau={"zh": "3分钟无人响应", "en": "x"}) == [], "the same call"
    assert look(state="acked") == [(True, True, False, "")] and look(state="acked") == []
    assert look(bureau={"zh": "5分钟未核实", "en": "x"}) == [(False, True, False, ""), (True, False, False, "")]
    assert look(state="latched", result="false") == [(True, True, False, "false")]
    assert look() == [(False, True, True, "false")] and called == {} and look() == []


def test_what_is_no_longer_known_ends_and_is_not_called_over() -> None:
    """The bureau's store was lost: the fire may well burn on, and comes back with the school's next word."""
    called, _ = rung({}, [school(alarms=(FIRE | {"bureau": {"zh": "2分钟无人响应", "en": "x"}},))])
    called, ((call, active),) = rung(called, [school(alarms=())])
    assert not active and call.evidence["over"] is False and called == {}


def test_sent_is_not_done_and_only_the_schools_event_makes_it_done() -> None:
    sent = Asked("n" * 16, "no1", "check", "ma", T0)
    taken = asking.replied(sent, Answered(sent.id, True, "checking", ("已发出", "sent")))
    assert (sent.state, taken.state, taken.text[0]) == ("sent", "taken", "已发出")
    other = asking.told(taken, {"seq": 4, "kind": "question-asked", "args": {"command": "bureau:other"}})
    assert other == taken
    done = asking.told(taken, {"seq": 5, "kind": "question-asked", "args": {"command": f"bureau:{sent.id}"}})
    assert (done.state, done.seq, done.question) == ("done", 5, "no1-5")
    line = {"seq": 8, "kind": "answered", "alarm": "no1-5", "who": "wang", "wall": T0 + 1, "args": {}}
    assert asking.told(asking.told(done, line), line).lines == ({"what": "answered", "who": "wang", "wall": T0 + 1, "seq": 8},)
    assert asking.replied(done, Answered(sent.id, False, "refused.role")) == done


def test_a_refusal_ends_it_and_silence_is_lost() -> None:
    sent = Asked("n" * 16, "no1", "ack", "ma", T0)
    assert asking.replied(sent, Answered(sent.id, False, "refused.bureau")).state == "refused"
    refused = asking.told(
        sent, {"seq": 3, "kind": "refused", "code": "refused.expired", "args": {"command": f"bureau:{sent.id}"}}
    )
    assert (refused.state, refused.code) == ("refused", "refused.expired")
    assert asking.overdue(sent, T0 + 90_000) == sent and asking.overdue(sent, T0 + 90_001).state == "lost"


def device(id: str, **other: Any) -> dict[str, Any]:
    points = [{"id": f"{id}/a", "name": "", "quantity": "temperature", "quality": "good"}]
    return {"id": id, "profile": "p", "place": "301室", "bad": 0, "last_good": None, "fault": "", "points": points, **other}


def test_the_list_of_devices_is_put_together_from_its_parts_in_the_bureaus_time() -> None:
    known = school(wall=T0 + 60_000)  # its clock is a minute ahead
    assert known.devices() is None, "nothing came: not the same as no devices"
    known.listed("1", {"v": 1, "wall": T0 + 60_000, "of": 2, "devices": [device("b", bad=1, last_good=T0 + 50_000)]})
    found = known.devices()
    assert found is not None and found["missing"] and [d["id"] for d in found["devices"]] == ["b"]
    known.listed("0", {"v": 1, "wall": T0 + 61_000, "of": 2, "devices": [device("a")]})
    found = known.devices()
    assert found is not None and not found["missing"] and found["at"] == T0 + 1_000
    assert [(d["id"], d["last_good"]) for d in found["devices"]] == [("a", None), ("b", T0 - 10_000)]
    assert found["devices"][0]["points"][0] | {"unit": "°C"} == found["devices"][0]["points"][0]
    known.listed("0", {"v": 1, "wall": T0 + 90_000, "of": 1, "devices": []})
    found = known.devices()
    assert found is not None and (found["devices"], found["missing"]) == ([], False), (
        "what is beyond the last part is of yesterday"
    )


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("x", {"of": 1, "devices": []}), ("0", {"devices": []}), ("0", {"of": 1}), ("0", {"of": 1, "devices": [3]}),
        ("0", {"of": 1, "devices": [{"id": "a"}]}),
    ],
)  # fmt: skip
def test_what_is_no_list_of_devices_changes_nothing(part: str, said: dict[str, Any]) -> None:
    known = school()
    with pytest.raises(WireError):
        known.listed(part, said)
    assert known.devices() is None
