"""Two devices, two locks: every deviation in a table, identities of every kind, openings as records, stories 5 and 6. R22, R23."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import World
from hypothesis import given, settings
from hypothesis import strategies as st
from store_world import (
    CAMERA,
    CARD,
    DOOR,
    FAN,
    MONDAY_9,
    STORE,
    TEMP,
    VOC,
    A,
    B,
    alive,
    at_the_store,
    open_it,
    raised,
    told,
)

from alerts.holders import different
from alerts.model import AlarmState, Event
from alerts.opening import Proof
from drivers.reading import Now, Quality, Reading
from gateway.storeview import stores_json
from gateway.view import alarm_json

S = AlarmState
MINUTE = 60_000


def events(world: World, kind: str) -> list[Event]:
    return [e for e in world.events if e.kind == kind]


def reply4(world: World, person: str) -> str:
    out = world.do("identify", person, proof="sms")
    return out.replies[-1].code


# the locks


@pytest.mark.parametrize(
    ("a", "b", "rule", "which"),
    [(1.0, 0.0, "store-single", "A"), (0.0, 1.0, "store-single", "B"), (0.0, 0.0, "store-forced", "none")],
)
def test_r22_door_with_one_lock_or_none_within_three_seconds(a: float, b: float, rule: str, which: str) -> None:
    world = at_the_store()
    open_it(world, a, b)
    world.wait(2_000)
    alarm = world.alarm(rule)
    assert alarm.state is S.UNACKED and alarm.evidence["which"] == which
    assert world.now.mono - alarm.first.mono <= 3_000
    assert {"he", "li", "sun", "chen"} <= told(world, "store.forced" if which == "none" else "store.single")


@pytest.mark.parametrize("proven", [False, True])
@pytest.mark.parametrize(("a", "rule"), [(1.0, "store-single"), (0.0, "store-forced")])
def test_r22_a_door_that_was_open_for_a_second_only_is_an_alarm_too(a: float, rule: str, proven: bool) -> None:
    """Who reaches in and shuts the door again has opened it all the same; also where both holders have proven to be there."""
    world = at_the_store()
    if proven:
        both_prove(world)
    open_it(world, a, 0.0)
    world.wait(1_000)
    world.read({DOOR: 0.0})
    world.wait(1_000)
    assert world.state(rule) is S.UNACKED and {"he", "li", "sun"} <= told(world, "store.single" if a else "store.forced")
    alive(world, 10_000)
    assert world.state(rule) is S.RTN_UNACKED and raised(world).count(rule) == 1


@pytest.mark.parametrize("same_boot", [True, False])
@pytest.mark.parametrize(("a", "rule"), [(1.0, "store-single"), (0.0, "store-forced")])
def test_r22_a_restart_in_those_two_seconds_loses_no_alarm(a: float, rule: str, same_boot: bool) -> None:
    """The box goes down while the door is open for a moment; the door is shut when it looks again."""
    world = at_the_store()
    open_it(world, a, 0.0)
    world.wait(500)
    world.read({DOOR: 0.0})
    world.restart(10_000, same_boot=same_boot)
    world.wait(1)
    assert world.state(rule) in (S.UNACKED, S.RTN_UNACKED) and {"he", "li", "sun"} <= told(
        world, "store.single" if a else "store.forced"
    )


def test_the_second_lock_may_come_two_seconds_later() -> None:
    """Two inputs of one opening need not arrive together."""
    world = at_the_store()
    open_it(world, 1.0, 0.0)
    world.wait(1_500)
    world.read({B: 1.0})
    world.wait(5_000)
    assert not {"store-single", "store-forced"} & set(raised(world))


@pytest.mark.parametrize("bounces", [0, 3])
def test_an_electronic_lock_may_fall_back_while_the_door_is_open(bounces: int) -> None:
    """Also where the door swings to for a second and back: a loose contact is nobody who has forced it."""
    world = at_the_store()
    open_it(world)
    alive(world, 20_000, **{A: 0.0, B: 0.0})
    for _ in range(bounces):
        alive(world, 1_000, **{DOOR: 0.0})
        alive(world, 9_000, **{DOOR: 1.0})
    assert not {"store-single", "store-forced"} & set(raised(world))
    alive(world, 5_000, **{DOOR: 0.0})
    alive(world, 3_000, **{DOOR: 1.0})
    assert world.state("store-forced") is S.UNACKED, "it was shut, and both locks were closed"


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize(("lock", "rule"), [(1.0, "store-single"), (0.0, "store-forced")])
def test_locks_that_come_after_the_door_are_no_alarm_while_an_earlier_one_stands(lock: float, rule: str, settled: bool) -> None:
    """Nobody has reset the first yet; then two open it rightly, and the door is read before the locks."""
    world = at_the_store()
    open_it(world, lock, 0.0)
    alive(world, 5_000)
    if settled:
        assert world.do("result", "sun", world.alarm(rule).id, result="false", cause="锁故障", on_site=True).replies[-1].ok
    world.read({DOOR: 0.0, A: 0.0})
    alive(world, 10_000)
    assert world.state(rule) is (S.LATCHED if settled else S.RTN_UNACKED)
    sent = len(world.sent)
    world.read({A: lock})
    world.read({DOOR: 1.0})
    world.wait(500)
    world.read({A: 1.0, B: 1.0})
    alive(world, 10_000)
    assert world.state(rule) is (S.LATCHED if settled else S.RTN_UNACKED) and world.alarm(rule).occurrence == 1
    assert not {"store.single", "store.forced"} & {n.message for n in world.sent[sent:]}


@pytest.mark.parametrize("quality", [Quality.FAULT, Quality.STALE])
def test_a_dead_lock_is_neither_closed_nor_released(quality: Quality) -> None:
    world = at_the_store()
    world.dead(B, quality)
    world.read({A: 1.0, FAN: 1.0})
    world.read({DOOR: 1.0})
    world.wait(3_000)
    assert not {"store-single", "store-forced"} & set(raised(world))
    assert world.state("store-proof") is S.UNACKED  # who is there is asked all the same


def test_a_lock_seen_closed_beside_a_dead_one_is_enough() -> None:
    world = at_the_store()
    world.dead(B, Quality.FAULT)
    world.read({DOOR: 1.0})
    world.wait(2_000)
    assert world.alarm("store-single").evidence["which"] == "?"


def test_r22_one_lock_open_chirps_and_asks_both_holders_after_120_s() -> None:
    world = at_the_store()
    world.read({A: 1.0})
    alive(world, 10_000)
    assert world.outputs["board/chirp"] is True and not told(world, "lock")
    alive(world, 120_000)
    assert told(world, "lock") == {"he", "li"}
    assert {n.text for n in world.sent if n.message == "lock"} == {
        "危化柜一把锁打开：危化品室09:00起仅A锁开，已2分钟。请到场或锁好。回1收到 4本人在场。编号01"
    }
    world.read({B: 1.0})
    assert world.outputs["board/chirp"] is False


def test_two_keys_one_after_the_other_are_no_alarm() -> None:
    """The second key is never turned in the same second, nor are both turned back: the chirp is all, and nothing stays to be answered."""
    world = at_the_store()
    both_prove(world)
    world.do("session", "he", kind="count")
    world.read({A: 1.0, FAN: 1.0})
    alive(world, 10_000)
    assert world.outputs["board/chirp"] is True
    open_it(world)
    alive(world, 10 * MINUTE)
    world.read({DOOR: 0.0})
    world.read({A: 0.0})
    alive(world, 5_000)
    assert world.outputs["board/chirp"] is True
    world.read({B: 0.0})
    assert world.outputs["board/chirp"] is False and not raised(world) and not told(world, "lock")
    assert not world.engine.alarms


# identities


def test_r22_two_released_locks_alone_are_never_two_people() -> None:
    """Story 5, one key ring: both keys turn, both phones are asked, one answers; after five minutes it is an alarm."""
    world = at_the_store()
    open_it(world)
    world.wait(2_000)
    assert world.state("store-proof") is S.UNACKED
    assert told(world, "store.unproven") == {"he", "li"}
    assert reply4(world, "li") == "identified"
    alive(world, 4 * MINUTE)
    assert "store-unproven" not in raised(world)
    alive(world, 1 * MINUTE)
    assert world.state("store-unproven") is S.UNACKED
    assert {"sun", "chen"} <= told(world, "store.alone")
    words = next(n.text for n in world.sent if n.message == "store.alone")
    assert words.startswith("危化柜单人开启！") and "5分钟仅李" in words
    world.read({DOOR: 0.0})
    assert events(world, "store.closed")[-1].args["verdict"] == "unproven"  # no green tick in the ledger
    assert not events(world, "store.verified")


@pytest.mark.parametrize("ways", [("sms", "sms"), ("card", "sms"), ("local", "card"), ("card", "card"), ("key", "local")])
def test_two_different_identities_prove_an_opening(ways: tuple[str, str]) -> None:
    world = at_the_store()
    open_it(world)
    world.wait(2_000)
    for person, code, way in zip(("he", "li"), (1001.0, 1002.0), ways, strict=True):
        world.wait(1_000)
        if way == "card":
            world.read({CARD: code})
            world.read({CARD: 0.0})
        else:
            assert world.do("identify", person, proof=way).replies[-1].ok
    (verified,) = events(world, "store.verified")
    assert {verified.args["who_1"], verified.args["who_2"]} == {"he", "li"}
    alive(world, 4 * MINUTE)
    world.read({DOOR: 0.0, A: 0.0, B: 0.0})
    alive(world, 3 * MINUTE)
    assert "store-unproven" not in raised(world)
    assert world.engine.stores["chem"].last is not None and world.engine.stores["chem"].last.verdict == "two"


def test_cards_before_the_door_count_for_five_minutes() -> None:
    for wait, verified in ((4 * MINUTE, 1), (6 * MINUTE, 0)):
        world = at_the_store()
        for code in (1001.0, 1002.0):
            world.read({CARD: code})
            world.read({CARD: 0.0})
        alive(world, wait)
        open_it(world)
        assert len(events(world, "store.verified")) == verified


def test_proof_may_come_after_the_door_has_been_closed() -> None:
    world = at_the_store()
    open_it(world)
    alive(world, MINUTE)
    world.read({DOOR: 0.0})
    assert reply4(world, "he") == "identified" and reply4(world, "li") == "identified"
    assert len(events(world, "store.verified")) == 1
    alive(world, 5 * MINUTE)
    assert "store-unproven" not in raised(world)


def test_closing_the_door_proves_nothing() -> None:
    world = at_the_store()
    open_it(world)
    alive(world, MINUTE)
    world.read({DOOR: 0.0, A: 0.0, B: 0.0})
    alive(world, 5 * MINUTE)
    assert world.state("store-unproven") is S.RTN_UNACKED


def test_one_holder_answers_once_and_one_phone_too() -> None:
    world = at_the_store()
    open_it(world)
    assert [reply4(world, p) for p in ("he", "he")] == ["identified", "refused.once"]
    assert world.do("identify", "he").replies[0].code == "refused.once", "nor by PIN after the phone"
    shared = replace(world.school.people["li"], phone=world.school.people["he"].phone)
    world = World(school=replace(world.school, people={**world.school.people, "li": shared}), now=MONDAY_9)
    world.read({DOOR: 0.0, A: 0.0, B: 0.0})
    open_it(world)
    assert [reply4(world, p) for p in ("he", "li")] == ["identified", "refused.once"]
    assert not events(world, "store.verified")


def test_one_phone_counts_once() -> None:
    """Also when two answers from it were taken before anybody noticed that the number is the same."""
    world = at_the_store()
    people = {**world.school.people, "li": replace(world.school.people["li"], phone=world.school.people["he"].phone)}
    proofs = [Proof(person, "phone", "", MONDAY_9) for person in ("he", "li")]
    assert different(proofs, STORE, replace(world.school, people=people), MONDAY_9.wall) == ("he",)
    assert different(proofs, STORE, world.school, MONDAY_9.wall) == ("he", "li")


@pytest.mark.parametrize(
    ("person", "code"),
    [("sun", "refused.no-store"), ("old", "refused.holder-left"), ("late", "refused.holder-training")],
)
def test_who_does_not_count_is_told_why(person: str, code: str) -> None:
    world = at_the_store(replace(STORE, holders=("he", "li", "old", "late")))
    open_it(world)
    assert reply4(world, person) == code


@pytest.mark.parametrize(
    ("card", "person", "why"), [(9999.0, "", "stranger"), (1003.0, "old", "left"), (1004.0, "late", "training")]
)
def test_r22_a_card_that_does_not_count_is_an_alarm(card: float, person: str, why: str) -> None:
    world = at_the_store(replace(STORE, holders=("he", "li", "old", "late")))
    open_it(world)
    world.read({CARD: card})
    found = world.alarm("store-stranger").evidence
    assert (found["person"], found["why"]) == (person, why)


def test_r22_the_same_identity_twice_is_an_alarm() -> None:
    world = at_the_store(replace(STORE, locks="identity", identity=(CARD, VOC)))
    world.read({VOC: 0.0})
    open_it(world)
    world.read({CARD: 1001.0})
    assert "store-same" not in raised(world)
    world.wait(1_000)
    world.read({VOC: 1001.0})
    assert world.alarm("store-same").evidence["person"] == "he"
    assert not events(world, "store.verified")


def test_one_showing_of_a_card_is_one() -> None:
    """A card held twice at the reader by a nervous hand is no attempt to be two; ten seconds later it is."""
    world = at_the_store()
    open_it(world)
    for wait, alarmed in ((500, False), (10_000, True)):
        world.read({CARD: 1001.0})
        world.wait(wait)
        world.read({CARD: 0.0})
        world.read({CARD: 1001.0})
        assert ("store-same" in raised(world)) is alarmed
        world.read({CARD: 0.0})


def test_who_locks_with_the_card_that_opened_is_no_one_twice() -> None:
    """Two have shown theirs; the one who shows it again to lock up does not try to be two. A stranger's is one all the same."""
    world = at_the_store(replace(STORE, locks="identity"))
    open_it(world)
    for code in (1001.0, 1002.0, 1001.0):
        world.read({CARD: code})
        world.read({CARD: 0.0})
        alive(world, 30_000)
    assert events(world, "store.verified") and "store-same" not in raised(world)
    world.read({CARD: 9999.0})
    assert world.state("store-stranger") is S.UNACKED


def test_what_a_reader_showed_before_the_box_looked_is_nobodys() -> None:
    world = World(school=at_the_store().school, now=MONDAY_9)
    world.read({CARD: 1001.0, DOOR: 0.0, A: 0.0, B: 0.0})
    assert not events(world, "store.identity")


def test_without_holders_nothing_is_claimed() -> None:
    """No identity configured: no proof is awaited, and no opening is called proven."""
    world = at_the_store(replace(STORE, holders=(), identity=()))
    open_it(world)
    alive(world, 6 * MINUTE)
    assert not {"store-proof", "store-unproven"} & set(raised(world))
    assert world.engine.stores["chem"].current is not None and world.engine.stores["chem"].current.verdict == "blind"


def test_locks_without_signal_judge_people_only() -> None:
    world = at_the_store(replace(STORE, lock_a="", lock_b="", locks="none"))
    world.read({FAN: 1.0})
    world.read({DOOR: 1.0})
    alive(world, 6 * MINUTE)
    assert not {"store-single", "store-forced", "store-one-lock"} & set(raised(world))
    assert world.state("store-unproven") is S.UNACKED


# how long, when, with what


@pytest.mark.parametrize(("kind", "minutes"), [("", 5), ("take", 10), ("stock", 60), ("count", 120)])
def test_r22_a_session_asks_then_alarms(kind: str, minutes: int) -> None:
    world = at_the_store()
    open_it(world)
    if kind:
        assert world.do("session", "he", kind=kind).replies[-1].code == "declared"
    both_prove(world)
    alive(world, minutes * MINUTE - 20_000)
    assert "store-ask" not in raised(world)
    alive(world, 30_000)
    assert world.state("store-ask") is S.UNACKED and "store-overrun" not in raised(world)
    assert told(world, "store.ask") == {"he", "li", "sun"}
    alive(world, 5 * MINUTE)
    assert world.state("store-overrun") is S.UNACKED


def both_prove(world: World) -> None:
    assert reply4(world, "he") == "identified" and reply4(world, "li") == "identified"


def test_fridays_count() -> None:
    """Story 6, the local half: two holders declare 盘点, the door is open 70 min, no alarm; both names are in the record."""
    world = at_the_store()
    assert world.do("session", "he", kind="count").replies[-1].ok
    open_it(world)
    both_prove(world)
    alive(world, 70 * MINUTE)
    world.read({DOOR: 0.0, A: 0.0, B: 0.0, FAN: 0.0})
    alive(world, MINUTE)
    assert raised(world) == []
    closed = events(world, "store.closed")[-1].args
    assert (closed["session"], closed["verdict"], closed["who_1"], closed["who_2"]) == ("count", "two", "he", "li")
    assert 70 * MINUTE <= int(closed["open_ms"]) <= 71 * MINUTE


@pytest.mark.parametrize("hours", [0, 11])
def test_a_door_that_swings_to_and_back_ends_neither_session_nor_proof(hours: int) -> None:
    """A loose contact during a count, or a repair at night: two records, the same two people, no alarm."""
    world = at_the_store(now=Now(MONDAY_9.wall + hours * 60 * MINUTE, MONDAY_9.mono))
    assert world.do("session", "he", kind="repair" if hours else "count").replies[-1].ok
    open_it(world)
    both_prove(world)
    for _ in range(3):
        alive(world, 10 * MINUTE)
        alive(world, 1_000, **{DOOR: 0.0})
        alive(world, 1_000, **{DOOR: 1.0})
    alive(world, 20 * MINUTE)
    assert raised(world) == [] and len(events(world, "store.verified")) == 4 == len(world.openings)
    alive(world, 5_000, **{DOOR: 0.0})
    alive(world, 6 * MINUTE, **{DOOR: 1.0})
    assert {"store-proof", "store-unproven", "store-ask"} <= set(raised(world)), "it was shut: another opening"


def test_more_time_can_be_declared_while_it_is_open() -> None:
    world = at_the_store()
    open_it(world)
    both_prove(world)
    alive(world, 6 * MINUTE)
    assert world.state("store-ask") is S.UNACKED
    assert world.do("session", "sun", kind="stock").replies[-1].ok
    alive(world, 10 * MINUTE)
    assert "store-overrun" not in raised(world)


@pytest.mark.parametrize("same_boot", [(True,), (False,), (False, False), (False, True, False)])
def test_d3_restarts_before_the_door_opens_forget_neither_session_nor_identities(same_boot: tuple[bool, ...]) -> None:
    world = at_the_store()
    both_prove(world)
    assert world.do("session", "he", kind="count").replies[-1].ok
    for same in same_boot:
        world.restart(off=20_000, same_boot=same)
    shown = stores_json(world.school, world.engine.stores, world.engine.view, world.now)["chem"]
    assert shown["declared"] == {"session": "count", "by": "he"}
    world.read({DOOR: 0.0, A: 0.0, B: 0.0, FAN: 0.0, CAMERA: 1.0, VOC: 120.0, CARD: 0.0, TEMP: 21.0})
    open_it(world)
    alive(world, 70 * MINUTE)
    world.read({DOOR: 0.0, A: 0.0, B: 0.0, FAN: 0.0})
    assert raised(world) == []
    closed = events(world, "store.closed")[-1].args
    assert (closed["session"], closed["verdict"], closed["who_1"], closed["who_2"]) == ("count", "two", "he", "li")


def test_d3_restarts_while_the_door_is_open_change_none_of_its_times() -> None:
    world = at_the_store()
    world.do("session", "he", kind="count")
    open_it(world)
    was = world.engine.stores["chem"].openings[0]
    for _ in range(2):
        world.restart(off=20_000)
    now = world.engine.stores["chem"].openings[0]
    assert now.until - now.opened.mono == was.until - was.opened.mono
    assert world.now.mono - now.opened.mono == world.now.wall - was.opened.wall


def test_what_was_expected_before_a_restart_ends_as_it_would_have() -> None:
    """Ten minutes off: the session of ten minutes and the identities of five are over; the door is nobody's."""
    world = at_the_store()
    both_prove(world)
    assert world.do("session", "he", kind="take").replies[-1].ok
    world.restart(off=11 * MINUTE)
    open_it(world)
    current = world.engine.stores["chem"].current
    assert current is not None and (current.session, current.proofs) == ("", ())


def test_a_session_that_has_begun_is_not_expected_again() -> None:
    world = at_the_store()
    assert world.do("session", "he", kind="count").replies[-1].ok
    open_it(world)
    world.read({DOOR: 0.0})
    world.restart(off=20_000)
    open_it(world)
    current = world.engine.stores["chem"].current
    assert current is not None and current.session == ""


@pytest.mark.parametrize(
    ("person", "args", "code"),
    [
        ("wang", {"alarm": "chem", "kind": "take"}, "refused.role"),
        ("he", {"kind": "party"}, "refused.session"),
        ("he", {"kind": "repair", "minutes": 481}, "refused.session"),
        ("he", {"kind": "repair", "minutes": 300}, "declared"),
        ("he", {"alarm": "nowhere", "kind": "take"}, "refused.no-store"),
    ],
)
def test_who_may_declare_what(person: str, args: dict[str, object], code: str) -> None:
    world = at_the_store()
    assert world.do("session", person, **args).replies[-1].code == code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "declared", "alarmed"),
    [(0, "", False), (11, "", True), (11, "take", True), (11, "repair", False), (24 * 5, "", True)],
)
def test_r22_out_of_hours(hours: int, declared: str, alarmed: bool) -> None:
    """09:00 and 20:00 of a Monday, 09:00 of a Saturday."""
    world = at_the_store(now=Now(MONDAY_9.wall + hours * 60 * MINUTE, MONDAY_9.mono))
    if declared:
        world.do("session", "he", kind=declared)
    open_it(world)
    world.wait(3_000)
    assert ("store-hours" in raised(world)) is alarmed


@pytest.mark.parametrize(("fan", "later", "alarmed"), [(1.0, 1.0, False), (0.0, 0.0, True), (0.0, 1.0, False)])
def test_r22_the_fan_is_proven_at_the_opening(fan: float, later: float, alarmed: bool) -> None:
    world = at_the_store()
    open_it(world, fan=fan)
    world.wait(1_000)
    world.read({FAN: later})
    alive(world, 2_000)
    assert ("store-fan" in raised(world)) is alarmed


def test_r22_a_dead_fan_sensor_proves_nothing() -> None:
    world = at_the_store()
    world.dead(FAN, Quality.FAULT)
    world.read({A: 1.0, B: 1.0})
    world.read({DOOR: 1.0})
    alive(world, 3_000)
    assert "store-fan" in raised(world)


@pytest.mark.parametrize(("point", "which"), [(CAMERA, "camera"), (VOC, "detector")])
def test_r22_camera_or_detector_dead_while_open(point: str, which: str) -> None:
    world = at_the_store()
    world.dead(point, Quality.FAULT)
    world.wait(5_000)
    assert "store-blind" not in raised(world)  # closed: its own no-data rule tells
    open_it(world)
    world.wait(2_000)
    assert world.alarm("store-blind").evidence["which"] == which
    assert world.now.mono - world.alarm("store-blind").first.mono <= 3_000


def test_r22_pictures_of_an_opening_by_hash() -> None:
    """The first belongs to the opening, also when the door is shut again by then; a later one is an event; no opening, no harm."""
    world = at_the_store()
    take = lambda sha, why: world.take(world.engine.picture(CAMERA, sha * 32, why, world.now, True))  # noqa: E731
    assert take("00", "x").openings == ()
    open_it(world)
    world.read({DOOR: 0.0})
    (opening,) = take("ab", "opened").openings
    assert opening.picture == "ab" * 32 and opening.closed is not None
    out = take("cd", "no3-9")
    assert out.openings == () and [e.args["picture"] for e in out.events] == ["cd" * 32]
    assert out.events[0].args["opening"] == opening.id and out.events[0].args["why"] == "no3-9"


def test_a_list_with_one_holder_is_not_met() -> None:
    world = at_the_store(replace(STORE, holders=("he", "old", "late")))
    assert world.alarm("store-list").evidence["count"] == 1


# the record


def test_r23_each_turn_of_a_lock_is_an_event_whether_the_door_opens_or_not() -> None:
    world = at_the_store()
    world.read({A: 1.0, B: 1.0})
    alive(world, 3_000)
    world.read({A: 0.0, B: 0.0})
    world.dead(A, Quality.FAULT)
    world.read({A: 0.0})
    turns = [(str(e.args["lock"]), bool(e.args["released"])) for e in events(world, "store.lock")]
    assert turns == [("A", True), ("B", True), ("A", False), ("B", False)]
    assert not events(world, "store.opened") and {e.args["opening"] for e in events(world, "store.lock")} == {""}
    open_it(world)
    world.read({A: 0.0})
    opening = world.engine.stores["chem"].openings[-1].id
    assert [e.args["opening"] for e in events(world, "store.lock")[4:]] == ["", "", opening]
    world.restart(1_000)
    world.read({DOOR: 1.0, A: 0.0, B: 1.0})
    assert len(events(world, "store.lock")) == 7, "the box has only begun to look again"


def test_r23_an_opening_is_a_record_with_both_names() -> None:
    world = at_the_store()
    open_it(world)
    both_prove(world)
    world.read({TEMP: 24.5, VOC: 300.0})
    world.read({TEMP: 19.0})
    world.take(world.engine.picture(CAMERA, "ab" * 32, "opened", world.now, True))
    world.wait(1_000)
    world.read({DOOR: 0.0})
    kinds = [e.kind for e in world.events if e.kind.startswith("store.")]
    assert [k for k in kinds if k != "store.said"] == [
        "store.lock", "store.lock", "store.opened", "store.identity", "store.identity", "store.verified", "store.picture", "store.closed",
    ]  # fmt: skip
    args = events(world, "store.closed")[0].args
    assert (args["who_1"], args["how_1"], args["who_2"], args["how_2"]) == ("he", "phone", "li", "phone")
    assert (args["lowest th/temperature"], args["highest th/temperature"], args["highest voc/voc"]) == (19.0, 24.5, 300.0)
    assert args["picture"] == "ab" * 32 and args["locks"] == "AB"


@pytest.mark.parametrize("same_boot", [True, False])
def test_an_opening_outlives_a_restart(same_boot: bool) -> None:
    world = at_the_store()
    open_it(world)
    assert reply4(world, "he") == "identified"
    world.restart(30_000, same_boot=same_boot)
    world.read({DOOR: 1.0, A: 1.0, B: 1.0, FAN: 1.0, CAMERA: 1.0, VOC: 1.0, CARD: 0.0, TEMP: 20.0})
    assert len(events(world, "store.opened")) == 1
    assert reply4(world, "li") == "identified"
    assert {events(world, "store.verified")[-1].args[k] for k in ("who_1", "who_2")} == {"he", "li"}


def test_a_restart_does_not_stretch_the_five_minutes() -> None:
    world = at_the_store()
    open_it(world)
    world.restart(4 * MINUTE + 50_000)
    world.read({DOOR: 1.0, A: 1.0, B: 1.0})
    alive(world, 10_000)
    assert world.state("store-unproven") is S.UNACKED


def test_the_screen_says_what_cannot_be_judged() -> None:
    """Nothing that is missing looks fine: no lock signals, no holders, no camera."""
    world = at_the_store(replace(STORE, lock_a="", lock_b="", locks="none", holders=(), identity=(), camera=""))
    world.read({DOOR: 1.0})
    shown = stores_json(world.school, world.engine.stores, world.engine.view, world.now)["chem"]
    assert {u["what"] for u in shown["unseen"]} == {"locks", "people", "camera"}
    assert any("身份无法判断" in u["zh"] for u in shown["unseen"])
    assert shown["opening"]["verdict"] == "blind" and shown["parts"].keys() == {"door", "fan", "detector"}


def test_the_screen_shows_an_opening_and_who_is_there() -> None:
    world = at_the_store(replace(STORE, holders=("he", "li", "old")))
    open_it(world)
    reply4(world, "he")
    shown = stores_json(world.school, world.engine.stores, world.engine.view, world.now)["chem"]
    assert shown["opening"]["proofs"] == [{"person": "he", "how": "phone", "at": world.now.wall}]
    assert shown["opening"]["due"] == shown["opening"]["opened"] + 5 * MINUTE
    assert shown["holders"][2] == {"person": "old", "trouble": "left"}
    assert not shown["unseen"] and shown["parts"]["lock_a"]["ok"] is True


# over time

STEPS = st.lists(
    st.tuples(
        st.integers(0, 90_000),
        st.sampled_from([DOOR, A, B, FAN, CARD, "he", "li", "old"]),
        st.sampled_from([0.0, 1.0, 1001.0, 1002.0]),
        st.sampled_from(list(Quality)),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_no_opening_is_two_people_without_two_people(steps: list[tuple[int, str, float, Quality]]) -> None:
    """Whatever comes in whatever order: 两人已核实 has two different holders who count, and every opening is settled in the end."""
    world = at_the_store()
    for wait, what, value, quality in steps:
        world.wait(wait)
        if what in ("he", "li", "old"):
            world.do("identify", what, proof="sms")
        else:
            value = value if what == CARD else min(value, 1.0)
            reading = Reading(what, None if quality >= Quality.STALE else value, quality, world.now, "" if quality < 2 else "x")
            world.take(world.engine.readings([reading], world.now, True))
    world.read({DOOR: 0.0})
    alive(world, 6 * MINUTE)
    for event in events(world, "store.verified"):
        assert {"he", "li"} <= {v for k, v in event.args.items() if k.startswith("who_")}
    assert not world.engine.stores["chem"].openings
    assert len(events(world, "store.opened")) == len(events(world, "store.closed"))
    assert len(events(world, "store.verified")) + len(events(world, "store.unproven")) == len(events(world, "store.opened"))


def test_the_screen_counts_down_to_the_call_of_the_holders() -> None:
    world = at_the_store()
    world.read({A: 1.0})
    alive(world, 10_000)
    (alarm,) = world.engine.alarms.values()
    shown = alarm_json(world.school, alarm, world.now)
    assert (shown["kind"], shown["state"], shown["next_due"]) == ("lock", "pending", world.now.wall + 110_000)


def test_two_openings_that_are_heard_of_in_one_breath_are_two_records() -> None:
    """A box that was busy for a second gets the door's readings together: neither opening stands in the other's place."""
    world = at_the_store()
    world.read({A: 1.0, B: 1.0, FAN: 1.0})
    door = [
        Reading(DOOR, v, Quality.GOOD, Now(world.now.wall + n * 300, world.now.mono + n * 300))
        for n, v in enumerate((1.0, 0.0, 1.0))
    ]
    world.now = Now(world.now.wall + 1_000, world.now.mono + 1_000)
    world.take(world.engine.readings(door, world.now, True))
    assert len(events(world, "store.opened")) == 2 == len(world.openings)


def test_each_opening_asks_its_holders_and_the_question_is_over_with_its_answer() -> None:
    """Also the second of the day, and the one after an opening that nobody proved; nothing stays lit after a good one."""
    world = at_the_store()
    for minutes, good in ((4, True), (20, True), (6, False), (1, True)):
        before = len(world.sent)
        open_it(world)
        world.wait(2_000)
        assert {n.person for n in world.sent[before:] if n.message == "store.unproven"} == {"he", "li"}
        if good:
            both_prove(world)
        alive(world, MINUTE)
        world.read({DOOR: 0.0, A: 0.0, B: 0.0})
        assert (world.state("store-proof") is S.NORMAL) is good
        alive(world, minutes * MINUTE)
        assert [n.message for n in world.sent if n.reason == "closing"] == []
    answers = [(e.who, e.code) for e in world.events if e.kind == "acked"]
    assert answers == [("li", "identify")] * 3


def test_a_store_forced_again_when_everybody_has_been_called_is_told_again() -> None:
    """However soon after the first; before that the calls of the first go on, and none is put off."""
    world = at_the_store()
    for _ in range(2):
        before = len(world.sent)
        open_it(world, 0.0, 0.0)
        world.wait(2_000)
        assert {"he", "li", "sun", "chen", "head"} <= {n.person for n in world.sent[before:] if n.message == "store.forced"}
        alive(world, 6 * MINUTE)
        world.read({DOOR: 0.0})
        alive(world, 20_000)


def test_a_door_that_is_opened_again_and_again_puts_off_no_step() -> None:
    world = at_the_store()
    for _ in range(5):
        open_it(world, 1.0, 0.0)
        alive(world, 40_000)
        world.read({DOOR: 0.0})
        alive(world, 30_000)
    calls = {
        n.step: n.made.mono - world.alarm("store-single").first.mono
        for n in world.sent
        if n.alarm == world.alarm("store-single").id and n.made
    }
    assert calls["head"] <= 2 * MINUTE + 12_000 and calls["bureau"] <= 5 * MINUTE + 12_000


# one identity, one opening


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("before", [False, True])
def test_r22_who_was_at_the_first_opening_has_not_proven_to_be_at_the_second(before: bool, restart: bool) -> None:
    """Two take something out and go; three minutes later one comes back alone with both keys."""
    world = at_the_store()
    if before:
        both_prove(world)
    open_it(world)
    if not before:
        both_prove(world)
    world.read({DOOR: 0.0, A: 0.0, B: 0.0})
    alive(world, 3 * MINUTE)
    if restart:
        world.restart(10_000)
        world.read({DOOR: 0.0, A: 0.0, B: 0.0, FAN: 1.0, CAMERA: 1.0, VOC: 120.0, CARD: 0.0, TEMP: 21.0})
    open_it(world)
    assert len(events(world, "store.verified")) == 1
    alive(world, 5 * MINUTE)
    assert world.state("store-unproven") is S.UNACKED and len(events(world, "store.verified")) == 1


def test_two_who_show_their_cards_at_each_opening_are_no_one_twice() -> None:
    world = at_the_store()
    for _ in range(2):
        for code in (1001.0, 1002.0):
            world.read({CARD: code})
            world.read({CARD: 0.0})
        open_it(world)
        world.wait(2_000)
        world.read({DOOR: 0.0, A: 0.0, B: 0.0})
        alive(world, MINUTE)
    assert len(events(world, "store.verified")) == 2 and raised(world) == []


def test_one_card_at_each_of_two_openings_is_no_one_twice() -> None:
    """Also while the first still waits for the second holder."""
    world = at_the_store()
    for _ in range(2):
        open_it(world)
        world.read({CARD: 1001.0})
        world.read({CARD: 0.0})
        world.read({DOOR: 0.0, A: 0.0, B: 0.0})
        alive(world, MINUTE)
    assert "store-same" not in raised(world) and not events(world, "store.verified")


def test_who_has_answered_for_the_first_opening_may_answer_for_the_second() -> None:
    """Both wait: each opening needs its own two, and an answer given now counts for every one that lacks it, on the disk too."""
    world = at_the_store()
    open_it(world)
    assert reply4(world, "he") == "identified"
    world.read({DOOR: 0.0, A: 0.0, B: 0.0})
    alive(world, MINUTE)
    open_it(world)
    assert [reply4(world, p) for p in ("he", "he", "li", "li")] == ["identified", "refused.once", "identified", "refused.once"]
    assert len(events(world, "store.verified")) == 2
    assert all({p.person for p in o.proofs} == {"he", "li"} for o in world.openings.values())
    alive(world, 6 * MINUTE, **{DOOR: 0.0, A: 0.0, B: 0.0})
    assert not {"store-unproven", "store-same"} & set(raised(world))


@pytest.mark.parametrize(("signal", "lock"), [("lock_a", A), ("lock_b", B)])
def test_r22_a_store_with_one_lock_that_speaks_alarms_when_it_is_closed(signal: str, lock: str) -> None:
    """A padlock beside an electronic lock: the door opens while the one that can be seen is closed, and that is judged."""
    store = replace(STORE, **{"lock_a": "", "lock_b": "", signal: lock}, locks="none")  # type: ignore[arg-type]
    world = at_the_store(store)
    world.read({FAN: 1.0})
    world.read({DOOR: 1.0})
    world.wait(2_000)
    assert world.state("store-single") is S.UNACKED
    shown = stores_json(world.school, world.engine.stores, world.engine.view, world.now)["chem"]
    assert {u["what"] for u in shown["unseen"]} == {"lock"}
    world = at_the_store(store)
    world.read({lock: 1.0, FAN: 1.0})
    world.read({DOOR: 1.0})
    alive(world, 6 * MINUTE)
    assert not {"store-single", "store-forced", "store-one-lock"} & set(raised(world))
    assert world.state("store-unproven") is S.UNACKED
