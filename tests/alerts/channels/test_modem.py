"""The modem channel against a modem on a pty: what is sent, reported, answered, and every way it can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_modem import FakeModem

from alerts.budget import CALL
from alerts.channels import modem as modem_file
from alerts.channels.faults import GiveUp, TryAgain
from alerts.channels.modem import Modem, build
from alerts.model import Delivery, Fate, Inbound, Notification, Severity
from alerts.plant import Person
from gateway.clock import SystemClock

WANG = Person("wang", "王建国", "duty", "+8613800138000")
LI, SUN = Person("li", "李保安", "leader", "+8613800138001"), Person("sun", "孙师傅", "keeper", "+8613800138002")
FIRE = "火警！3号宿舍楼二层东走廊，烟感02:14报警。立即去看。回1收到 2真火 3误报。编号07"


def note(key: str = "k1", text: str = FIRE, severity: Severity = Severity.FAULT, *, rung: bool = False) -> Notification:
    return Notification(key, "s-1", "first", "wang", "sms", "fire.first", text, "unacked/0", severity, rung=rung)


@pytest.fixture
def far(tmp_path: Path) -> Iterator[FakeModem]:
    """A modem that expects the fire to WANG; what else comes a test announces, and one that nobody announced fails it."""
    fake = FakeModem(tmp_path)
    fake.expect(WANG.phone, FIRE)
    yield fake
    fake.unplug()
    fake.check()


@pytest.fixture
def channel(far: FakeModem) -> Modem:
    return build({"id": "sms", "port": str(far.path)}, SystemClock())


def hears(channel: Modem, wanted: Callable[[list[Delivery | Inbound]], object]) -> list[Delivery | Inbound]:
    """What the channel hears until `wanted` is true; a guard of many turns instead of a time."""
    heard: list[Delivery | Inbound] = []
    for _ in range(2_000):
        heard += channel.hear()
        if wanted(heard):
            return heard
        channel._read(5)  # wait for bytes, not for a time
    raise AssertionError(f"never heard; heard {heard}")


def test_a_text_arrives_as_written_and_its_report_is_heard(far: FakeModem, channel: Modem) -> None:
    assert channel.send(note(), WANG) == Delivery("k1", Fate.ACCEPTED, "1")
    assert [(s.number, s.text, s.wants_report) for s in far.sent] == [(WANG.phone, FIRE, True)]
    assert hears(channel, len) == [Delivery("k1", Fate.DELIVERED, "1")]


def test_a_long_text_goes_in_parts(far: FakeModem, channel: Modem) -> None:
    far.expect(WANG.phone, "报" * 67, "报" * 33)
    channel.send(note(text="报" * 100), WANG)
    assert [s.text for s in far.sent] == ["报" * 67, "报" * 33]


def test_a_part_that_the_network_refuses_is_no_text_accepted(far: FakeModem, channel: Modem) -> None:
    """The first of three parts was taken, the second not: the message is to be tried again, whole."""
    far.expect(WANG.phone, "报" * 67, "报" * 33)
    far.how.refuse_after = 1
    with pytest.raises(TryAgain):
        channel.send(note(text="报" * 100), WANG)
    assert channel.send(note(text="报" * 100), WANG).fate is Fate.ACCEPTED


@pytest.mark.parametrize(("reports", "fates"), [((0, 0), [Fate.DELIVERED]), ((0, None), []), ((0, 0x46), [Fate.REJECTED])])
def test_a_text_in_parts_is_delivered_with_its_last_part(
    far: FakeModem, channel: Modem, reports: tuple[int | None, ...], fates: list[Fate]
) -> None:
    far.expect(WANG.phone, "报" * 67, "报" * 33)
    far.how.reports = list(reports)
    channel.send(note(text="报" * 100), WANG)
    for _ in range(2):
        far.news.get(timeout=30)
    far.receive(WANG.phone, "1")
    heard = hears(channel, lambda h: any(isinstance(x, Inbound) for x in h))
    assert [d.fate for d in heard if isinstance(d, Delivery)] == fates


def test_a_message_that_nobody_expected_fails_the_test(far: FakeModem, channel: Modem) -> None:
    channel.send(note(text="谁让你发的"), WANG)
    with pytest.raises(AssertionError, match="谁让你发的"):
        far.check()
    far.expect(WANG.phone, "谁让你发的")


def test_a_lost_report_leaves_it_accepted(far: FakeModem, channel: Modem) -> None:
    far.how.report = None
    channel.send(note(), WANG)
    far.news.get(timeout=30)
    far.receive(WANG.phone, "1")
    assert [type(h) for h in hears(channel, len)] == [Inbound]


@pytest.mark.parametrize(("status", "fates"), [(0x46, [Fate.REJECTED]), (0x20, [])])
def test_what_the_network_could_not_deliver(far: FakeModem, channel: Modem, status: int, fates: list[Fate]) -> None:
    far.how.report = status
    channel.send(note(), WANG)
    far.news.get(timeout=30)
    far.receive(WANG.phone, "1")
    heard = hears(channel, lambda h: any(isinstance(x, Inbound) for x in h))
    assert [d.fate for d in heard if isinstance(d, Delivery)] == fates


def test_an_answer_comes_in_with_its_number(far: FakeModem, channel: Modem) -> None:
    channel.hear()
    far.receive(WANG.phone, "3 蚊香")
    assert hears(channel, len) == [Inbound("sms", "3 蚊香", WANG.phone, id="13800138000:62209221436523:3 蚊香")]
    hears(channel, lambda _: not far.memory)  # its place is free again, one round later


def test_answers_that_came_while_nobody_listened_are_heard(far: FakeModem, channel: Modem) -> None:
    far.receive(WANG.phone, "1", announce=False)
    assert [h.text for h in hears(channel, len) if isinstance(h, Inbound)] == ["1"]


def test_an_answer_whose_announcement_is_lost_is_heard_all_the_same(
    far: FakeModem, channel: Modem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that drops a byte, a modem that was busy: the 1 lies in the SIM, and the calls must not go on for it."""
    monkeypatch.setattr(modem_file, "CARE", 0)
    channel.hear()
    far.receive(WANG.phone, "1", announce=False)
    heard = hears(channel, lambda found: found)
    far.receive(LI.phone, "2")  # announced, and seen by the look at the same time: once
    heard += hears(channel, lambda found: found)
    assert [one.text for one in heard if isinstance(one, Inbound)] == ["1", "2"]
    assert channel.hear() == [] and far.memory == {}


def test_an_answer_that_the_modem_does_not_give_at_once_is_not_cleared(far: FakeModem, channel: Modem) -> None:
    channel.hear()
    far.how.unreadable = 1
    far.receive(WANG.phone, "1")
    with pytest.raises(TryAgain, match="读不出"):
        hears(channel, len)
    assert far.memory
    assert [h.text for h in hears(channel, len) if isinstance(h, Inbound)] == ["1"]


def test_two_answers_of_one_second_are_two(far: FakeModem, channel: Modem) -> None:
    far.receive(WANG.phone, "1", announce=False)
    far.receive(WANG.phone, "3 蚊香", announce=False)
    heard = hears(channel, lambda found: len(found) == 2)
    assert len({h.id for h in heard if isinstance(h, Inbound)}) == 2


def test_a_crash_before_the_place_is_free_gives_the_same_id_again(far: FakeModem, channel: Modem) -> None:
    channel.hear()
    far.receive(WANG.phone, "1")
    first = hears(channel, len)
    channel._shut()
    assert hears(build({"id": "sms", "port": str(far.path)}, SystemClock()), len) == first


@pytest.mark.parametrize(
    ("setting", "severity", "rung", "rings"),
    [
        ("", Severity.FIRE, True, True),
        ("", Severity.BREACH, True, True),  # a panic button, a store opened by one person
        ("", Severity.FAULT, True, True),  # nobody watches where people sleep
        ("", Severity.FIRE, False, False),  # a test, the end of a fire
        ("all", Severity.FAULT, False, False),
        ("gas", Severity.GAS, True, True),
        ("gas", Severity.BREACH, True, False),
        ("fire", Severity.GAS, True, False),
        ("none", Severity.FIRE, True, False),
    ],
)
def test_who_must_act_now_is_rung_after_the_text(
    far: FakeModem, setting: str, severity: Severity, rung: bool, rings: bool
) -> None:
    far.how.report = None
    channel = build({"id": "sms", "port": str(far.path)} | ({"ring": setting} if setting else {}), SystemClock())
    channel.send(note(severity=severity, rung=rung), WANG)
    far.how.answers_call = True
    if rings:
        assert hears(channel, len) == [Delivery("k1", Fate.READ, why="接听 picked up")]
        assert far.dialled == [WANG.phone] and far.commands[-1] == "ATH"
    else:
        channel.hear()
        assert far.dialled == []


def test_a_ring_nobody_answers_ends(far: FakeModem, channel: Modem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modem_file, "RING", 50)
    far.how.report = None
    channel.send(note(severity=Severity.FIRE, rung=True), WANG)
    hears(channel, lambda _: "ATH" in far.commands)
    assert far.dialled == [WANG.phone]


@pytest.mark.parametrize("code", ["+CMS ERROR: 50", "+CMS ERROR: 38", ""])
def test_r10_whose_text_is_not_taken_is_called_all_the_same(
    far: FakeModem, channel: Modem, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No credit for texts, a centre that is down, a network too slow: the telephone rings, and once for both attempts."""
    monkeypatch.setattr(modem_file, "NETWORK", 200)
    far.how.refuse, far.how.silent, far.how.answers_call = [code, code] if code else [], 0 if code else 2, True
    for _ in range(2):
        with pytest.raises((TryAgain, GiveUp)):
            channel.send(note(severity=Severity.FIRE, rung=True), WANG)
    assert hears(channel, len) == [Delivery("k1", Fate.READ, why="接听 picked up")]
    assert far.dialled == [WANG.phone] and far.sent == []


@pytest.mark.parametrize("codes", [["ERROR"], ["ERROR", "NO CARRIER"]])
def test_a_call_that_is_refused_is_made_once_more_and_then_news(far: FakeModem, channel: Modem, codes: list[str]) -> None:
    far.how.report, far.how.refuse_call, far.how.answers_call = None, list(codes), True
    channel.send(note(severity=Severity.FIRE, rung=True), WANG)
    (heard,) = hears(channel, len)
    assert isinstance(heard, Delivery) and heard.key == "k1"
    assert heard.fate is (Fate.READ if len(codes) == 1 else Fate.SILENT)
    assert far.commands.count(f"ATD{WANG.phone};") == 2


def test_the_worst_is_called_first_and_one_telephone_once(far: FakeModem, channel: Modem) -> None:
    far.how.report, far.how.answers_call = None, True
    for phone in (LI.phone, SUN.phone, LI.phone):
        far.expect(phone, FIRE)
    channel.send(note("k1", severity=Severity.FAULT, rung=True), WANG)
    channel.send(note("k2", severity=Severity.ELECTRICAL, rung=True), LI)
    channel.send(note("k3", severity=Severity.FIRE, rung=True), SUN)
    channel.send(note("k4", severity=Severity.FIRE, rung=True), LI)
    heard = hears(channel, lambda h: len(h) >= 4)
    assert far.dialled == [SUN.phone, LI.phone, WANG.phone]
    assert sorted(d.key for d in heard if isinstance(d, Delivery)) == ["k1", "k2", "k3", "k4"]


def test_d16_an_answer_ends_the_ringing_and_the_calls_that_wait(far: FakeModem, channel: Modem) -> None:
    far.how.report = None
    far.expect(LI.phone, FIRE)
    channel.send(note("k1", severity=Severity.FIRE, rung=True), WANG)
    channel.send(note("k2", severity=Severity.FIRE, rung=True), LI)
    hears(channel, lambda _: far.dialled)
    channel.hush(lambda key: True)
    assert "ATH" not in far.commands, "nobody has answered"
    channel.hush(lambda key: False)
    assert far.commands[-1] == "ATH"
    for _ in range(5):
        channel.hear()
    assert far.dialled == [WANG.phone], "nobody is called for what has been answered"


def test_r10_when_the_texts_of_the_hour_are_spent_it_only_rings(far: FakeModem) -> None:
    channel = build({"id": "sms", "port": str(far.path)}, SystemClock())
    call = replace(note(severity=Severity.FIRE, rung=True), reason=CALL)
    assert channel.send(call, WANG) == Delivery("k1", Fate.ACCEPTED)
    hears(channel, lambda _: far.dialled)
    assert far.dialled == [WANG.phone] and far.sent == []
    silent = build({"id": "sms", "port": str(far.path), "ring": "none"}, SystemClock())
    with pytest.raises(GiveUp):
        silent.send(call, WANG)


def test_d16_one_answered_alarm_leaves_the_call_for_another(far: FakeModem, channel: Modem) -> None:
    far.how.report = None
    far.expect(WANG.phone, FIRE)
    channel.send(note("k1", severity=Severity.FIRE, rung=True), WANG)
    channel.send(note("k2", severity=Severity.FIRE, rung=True), WANG)
    channel.hush(lambda key: key == "k2")
    hears(channel, lambda _: far.dialled)
    assert far.dialled == [WANG.phone]


def test_a_second_text_goes_out_while_a_telephone_rings(far: FakeModem, channel: Modem) -> None:
    far.how.report = None
    channel.send(note(severity=Severity.FIRE, rung=True), WANG)
    hears(channel, lambda _: far.dialled)
    far.expect(WANG.phone, "演练")
    channel.send(note("k2", "演练"), WANG)
    assert [s.text for s in far.sent] == [FIRE, "演练"]


def test_a_call_that_ends_while_a_text_is_handed_over_fails_neither_that_nor_the_next(far: FakeModem, channel: Modem) -> None:
    """Of a whole school some hang up at once, and the modem says so in the middle of somebody else's text."""
    far.how.report = None
    channel.send(note(severity=Severity.FIRE, rung=True), WANG)
    hears(channel, lambda _: far.dialled)
    far.how.hang_up = 1
    for key, person in (("k2", LI), ("k3", SUN)):
        far.expect(person.phone, FIRE)
        assert channel.send(note(key), person).fate is Fate.ACCEPTED
    assert [s.number for s in far.sent] == [WANG.phone, LI.phone, SUN.phone]
    hears(channel, lambda _: not channel._rings)


def test_a_call_that_comes_in_is_ended(far: FakeModem, channel: Modem) -> None:
    channel.hear()
    far.ring_in()
    hears(channel, lambda _: far.commands[-1] == "ATH")


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("+CMS ERROR: 28", GiveUp),
        ("+CMS ERROR: 8", GiveUp),
        ("+CMS ERROR: 38", TryAgain),
        ("+CMS ERROR: 500", TryAgain),
        ("ERROR", TryAgain),
    ],
)
def test_d13_a_refusal_is_named(far: FakeModem, channel: Modem, code: str, fault: type[Exception]) -> None:
    far.how.refuse = [code]
    with pytest.raises(fault):
        channel.send(note(), WANG)
    assert channel.send(note("k2"), WANG).fate is Fate.ACCEPTED  # the dialogue is in step again


@pytest.mark.parametrize("fault", ["no_prompt", "silent"])
def test_d13_a_modem_that_says_nothing_is_tried_again(
    far: FakeModem, channel: Modem, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modem_file, "PROMPT", 100)
    monkeypatch.setattr(modem_file, "NETWORK", 100)
    setattr(far.how, fault, 1)
    with pytest.raises(TryAgain):
        channel.send(note(), WANG)
    assert channel.send(note("k2"), WANG).fate is Fate.ACCEPTED


def test_a_late_prompt_is_waited_for(far: FakeModem, channel: Modem) -> None:
    far.how.late_prompt = 0.3
    assert channel.send(note(), WANG).fate is Fate.ACCEPTED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pin": "SIM PIN"}, "SIM"),
        ({"registered": False}, "没有登记"),
        ({"signal": 99}, "信号太弱"),
        ({"signal": 3}, "信号太弱"),
    ],
)
def test_a_probe_says_what_is_wrong(far: FakeModem, channel: Modem, change: dict[str, object], words: str) -> None:
    for name, value in change.items():
        setattr(far.how, name, value)
    with pytest.raises(TryAgain, match=words):
        channel.probe()
    assert far.sent == [] and far.dialled == []


def test_a_probe_of_a_good_modem(channel: Modem) -> None:
    channel.probe()
    assert channel.radio is not None and (channel.radio.registered, channel.radio.dbm) == (True, -71)


def test_what_is_known_of_the_radio_is_never_older_than_the_modem(far: FakeModem, channel: Modem) -> None:
    """Not known while nobody has looked, with a signal the modem cannot tell, and once it is gone."""
    assert channel.radio is None
    far.how.signal, far.how.registered = 99, False
    with pytest.raises(TryAgain):
        channel.probe()
    assert channel.radio is not None and (channel.radio.registered, channel.radio.dbm) == (False, None)
    far.how.signal, far.how.registered = 0, True
    with pytest.raises(TryAgain, match="信号太弱（0）"):
        channel.probe()
    assert channel.radio is not None and channel.radio.dbm == -113
    far.unplug()
    with pytest.raises(TryAgain):
        channel.probe()
    assert channel.radio is None
    far.plug()


def test_signal_and_registration_are_looked_at_while_nothing_is_sent(far: FakeModem, channel: Modem) -> None:
    """A modem that loses its network is out of order by `hear` alone, and in order again when it has found one."""
    assert channel.hear() == []
    far.how.signal = 2
    channel._care_due = 0  # CARE has passed
    with pytest.raises(TryAgain, match="信号太弱（2）"):
        channel.hear()
    far.how.signal = 21
    channel._care_due = 0
    assert channel.hear() == []
    asked = len(far.commands)
    assert channel.hear() == [] and "AT+CSQ" not in far.commands[asked:], "not at every look"
    far.lose_network()
    with pytest.raises(TryAgain, match="没有登记"):
        hears(channel, len)
    for _ in range(3):
        with pytest.raises(TryAgain, match="没有登记"):
            channel.hear()  # every time: what is in order in between is never a fault
    far.how.registered = True
    assert channel.hear() == []


def test_a_weak_signal_holds_back_neither_text_nor_call_nor_answer(far: FakeModem, channel: Modem) -> None:
    far.how.signal, far.how.report, far.how.answers_call = 2, None, True
    far.receive(WANG.phone, "1", announce=False)
    assert channel.send(note(severity=Severity.FIRE, rung=True), WANG).fate is Fate.ACCEPTED
    heard: list[Delivery | Inbound] = []
    while len(heard) < 2:
        try:
            heard += channel.hear()
        except TryAgain as fault:
            assert "信号太弱" in fault.why
    assert [type(one) for one in heard] == [Inbound, Delivery] and far.dialled == [WANG.phone]


def test_d17_unplugged_and_plugged_again(far: FakeModem, channel: Modem) -> None:
    channel.send(note(), WANG)
    far.unplug()
    with pytest.raises(TryAgain):
        channel.send(note("k2"), WANG)
    far.plug()
    assert channel.send(note("k3"), WANG).fate is Fate.ACCEPTED


def test_a_port_that_another_process_holds_is_said(far: FakeModem, channel: Modem) -> None:
    channel.probe()
    with pytest.raises(TryAgain, match="打不开"):
        build({"port": str(far.path)}, SystemClock()).probe()


def test_a_number_that_is_none_gives_up(channel: Modem) -> None:
    with pytest.raises(GiveUp, match="号码"):
        channel.send(note(), Person("x", "某某", "duty", ""))


@pytest.mark.parametrize("settings", [{}, {"port": "/dev/x", "ring": "loud"}, {"port": "/dev/x", "baud": "fast"}])
def test_settings_that_are_wrong(settings: dict[str, str]) -> None:
    with pytest.raises((KeyError, ValueError)):
        build(settings, SystemClock())
