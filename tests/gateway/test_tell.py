"""Channel threads: the worst goes first, a refusal and a bug become Deliveries, a hang is given up and the rest goes on."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence

import pytest

from alerts.channels.faults import GiveUp, TryAgain, Unfit
from alerts.model import Delivery, Fate, Inbound, Notification, Severity
from alerts.plant import Person
from gateway import tell
from gateway.tell import Ears, Teller

WANG = Person("wang", "王", "duty")


def note(key: str, severity: Severity = Severity.FIRE) -> Notification:
    return Notification(key, "s-1", "first", "wang", "phone", "fire.first", "火警", "unacked", severity)


class Fake:
    """A channel whose behaviour per key a test decides."""

    def __init__(self, behave: Callable[[Notification], Delivery]) -> None:
        self.behave = behave
        self.sent: list[str] = []
        self.deaf = ""
        self.back: queue.SimpleQueue[Delivery | Inbound] = queue.SimpleQueue()

    def send(self, n: Notification, to: Person) -> Delivery:
        self.sent.append(n.key)
        return self.behave(n)

    def probe(self) -> None:
        pass

    def hear(self) -> Sequence[Delivery | Inbound]:
        if self.deaf:
            raise TryAgain(self.deaf, 1)
        return [self.back.get_nowait() for _ in range(self.back.qsize())]


class Desk:
    """A running Teller and the Deliveries it reports."""

    def __init__(self, channel: Fake) -> None:
        self.reports: asyncio.Queue[Delivery] = asyncio.Queue()
        self.unwanted: set[str] = set()
        self.heard: asyncio.Queue[Inbound] = asyncio.Queue()
        self.health: asyncio.Queue[tuple[str, bool, str]] = asyncio.Queue()
        ears = Ears(
            self.reports.put_nowait,
            self.heard.put_nowait,
            lambda *told: self.health.put_nowait(told),
            lambda k: k not in self.unwanted,
            lambda k: k not in self.unwanted,
        )
        self.teller = Teller("phone", channel, {"wang": WANG}, ears)
        self.task = asyncio.ensure_future(self.teller.run())

    async def next(self) -> Delivery:
        return await asyncio.wait_for(self.reports.get(), 20)


async def test_r3_the_worst_goes_first_and_equals_keep_their_order() -> None:
    gate = threading.Event()

    def behave(n: Notification) -> Delivery:
        gate.wait(10)
        return Delivery(n.key, Fate.ACCEPTED)

    channel = Fake(behave)
    desk = Desk(channel)
    desk.teller.send(note("held", Severity.FAULT))
    while not channel.sent:
        await asyncio.sleep(0.01)
    for key, severity in (
        ("fault", Severity.FAULT),
        ("fire-1", Severity.FIRE),
        ("gas", Severity.GAS),
        ("fire-2", Severity.FIRE),
    ):
        desk.teller.send(note(key, severity))
    gate.set()
    assert [(await desk.next()).key for _ in range(5)] == ["held", "fire-1", "fire-2", "gas", "fault"]
    desk.task.cancel()


@pytest.mark.parametrize(
    ("fault", "fate", "after"),
    [
        (TryAgain("busy", 1500), Fate.TRY_AGAIN, 1500),
        (GiveUp("no such number"), Fate.REJECTED, 0),
        (RuntimeError("a bug"), Fate.GAVE_UP, 0),
    ],
)
async def test_every_failure_becomes_a_delivery(fault: Exception, fate: Fate, after: int) -> None:
    def behave(n: Notification) -> Delivery:
        raise fault

    desk = Desk(Fake(behave))
    desk.teller.send(note("a"))
    got = await desk.next()
    assert (got.key, got.fate, got.again_after) == ("a", fate, after)
    desk.teller.send(note("b"))
    assert (await desk.next()).key == "b", "the thread must outlive a channel's failure"
    desk.task.cancel()


async def test_a_hung_channel_is_given_up_and_the_next_message_still_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tell, "HANG", 0.3)
    release = threading.Event()

    def behave(n: Notification) -> Delivery:
        if n.key == "hangs":
            release.wait(30)
        return Delivery(n.key, Fate.ACCEPTED)

    desk = Desk(Fake(behave))
    desk.teller.send(note("hangs"))
    desk.teller.send(note("waits"))
    first, second = await desk.next(), await desk.next()
    release.set()
    assert (first.key, first.fate) == ("hangs", Fate.SILENT)
    assert (second.key, second.fate) == ("waits", Fate.ACCEPTED)
    await asyncio.sleep(0.05)
    assert desk.reports.empty(), "what was given up must not be reported a second time when the hang ends"
    desk.task.cancel()


async def test_d16_what_an_answer_took_back_is_not_sent_although_it_was_queued() -> None:
    gate = threading.Event()

    def behave(n: Notification) -> Delivery:
        gate.wait(10)
        return Delivery(n.key, Fate.ACCEPTED)

    channel = Fake(behave)
    desk = Desk(channel)
    desk.teller.send(note("first"))
    while not channel.sent:
        await asyncio.sleep(0.01)
    desk.teller.send(note("second"))
    desk.unwanted.add("second")
    gate.set()
    assert [await desk.next(), await desk.next()] == [
        Delivery("first", Fate.ACCEPTED),
        Delivery("second", Fate.RECALLED),
    ]
    assert channel.sent == ["first"]
    desk.task.cancel()


async def test_a_message_that_waited_ten_minutes_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tell, "LATE", -1.0)
    channel = Fake(lambda n: Delivery(n.key, Fate.ACCEPTED))
    desk = Desk(channel)
    desk.teller.send(note("old"))
    assert (await desk.next()).fate is Fate.TRY_AGAIN and channel.sent == []
    desk.task.cancel()


async def test_what_comes_back_is_handed_on_between_sends() -> None:
    channel = Fake(lambda n: Delivery(n.key, Fate.ACCEPTED))
    desk = Desk(channel)
    channel.back.put(Delivery("k", Fate.DELIVERED))
    channel.back.put(Inbound("phone", "1", "+8613800138000"))
    assert await desk.next() == Delivery("k", Fate.DELIVERED)
    assert await asyncio.wait_for(desk.heard.get(), 20) == Inbound("phone", "1", "+8613800138000")
    desk.task.cancel()


async def test_d16_an_answer_is_heard_although_messages_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty texts to the whole school take a modem two minutes: an answer, and the telephones, must not wait for the last one."""
    monkeypatch.setattr(tell, "PAUSE", 0.02)
    monkeypatch.setattr(tell, "LISTEN", 0.01)
    step = threading.Semaphore(0)

    def behave(n: Notification) -> Delivery:
        step.acquire(timeout=10)
        return Delivery(n.key, Fate.ACCEPTED)

    channel = Fake(behave)
    desk = Desk(channel)
    for n in range(40):
        desk.teller.send(note(f"n{n}"))
    while not channel.sent:
        await asyncio.sleep(0.01)
    channel.back.put(Inbound("phone", "1", "+8613800138000"))
    while desk.heard.empty():
        step.release()
        await asyncio.sleep(0.03)
    assert desk.teller.waiting > 20, "heard between two sends"
    desk.task.cancel()
    for _ in range(40):
        step.release()


async def test_d13_messages_that_wait_do_not_each_wait_for_a_slow_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that takes texts at once and needs seconds to say what became of one: twenty texts are not twenty such waits."""
    monkeypatch.setattr(tell, "PAUSE", 0.4)
    monkeypatch.setattr(tell, "LISTEN", 0.01)
    asked, slow = list[int](), threading.Event()

    def hear() -> Sequence[Delivery | Inbound]:
        asked.append(len(channel.sent))
        slow.wait(0.5)  # longer than the pause between two looks
        return ()

    channel = Fake(lambda n: Delivery(n.key, Fate.ACCEPTED))
    monkeypatch.setattr(channel, "hear", hear)
    desk = Desk(channel)
    for n in range(20):
        desk.teller.send(note(f"n{n}"))
    for _ in range(20):
        await desk.next()
    assert len(asked) < 10, "several go between two questions"
    slow.set()
    desk.task.cancel()


async def test_a_channel_that_is_deaf_for_good_still_sends_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tell, "HANG", 0.3)
    monkeypatch.setattr(tell, "PAUSE", tell.LISTEN)  # the hang lasts longer than the pause, as it does
    release = threading.Event()
    channel = Fake(lambda n: Delivery(n.key, Fate.ACCEPTED))
    monkeypatch.setattr(channel, "hear", lambda: release.wait(30) and ())
    desk = Desk(channel)
    for key in ("a", "b", "c"):
        desk.teller.send(note(key))
    assert [(await desk.next()).key for _ in range(3)] == ["a", "b", "c"]
    release.set()
    desk.task.cancel()


async def test_a_channel_out_of_order_is_told_once_and_once_when_it_is_well_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tell, "DEAF", 0.1)
    monkeypatch.setattr(tell, "LISTEN", 0.01)
    channel = Fake(lambda n: Delivery(n.key, Fate.ACCEPTED))
    desk = Desk(channel)
    assert await asyncio.wait_for(desk.health.get(), 20) == ("phone", False, "")  # well at the start ends an earlier fault
    channel.deaf = "没有登记到网络"
    assert await asyncio.wait_for(desk.health.get(), 20) == ("phone", True, "没有登记到网络")
    channel.deaf = ""
    assert await asyncio.wait_for(desk.health.get(), 20) == ("phone", False, "")
    assert desk.health.empty()
    desk.task.cancel()


@pytest.mark.parametrize("fault", [TryAgain("no answer in time", 1), GiveUp("对方拒绝 refused: 310000"), RuntimeError("a bug")])
async def test_d13_a_channel_that_takes_no_message_is_a_fault_until_it_takes_one(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A robot has nothing to listen to: what it says to messages is all that is known of it."""
    monkeypatch.setattr(tell, "DEAF", 0.1)
    monkeypatch.setattr(tell, "LISTEN", 0.01)

    def behave(n: Notification) -> Delivery:
        if n.key != "good":
            raise Unfit("no template fields") if n.key == "unfit" else fault
        return Delivery(n.key, Fate.ACCEPTED)

    desk = Desk(Fake(behave))
    assert await asyncio.wait_for(desk.health.get(), 20) == ("phone", False, "")
    for key in ("unfit", "unfit-2", "a"):
        desk.teller.send(note(key.replace("-2", "")))
        await desk.next()
    assert desk.teller.why == "", "one refusal may be the fault of a number"
    desk.teller.send(note("b"))
    name, bad, why = await asyncio.wait_for(desk.health.get(), 20)
    assert (name, bad) == ("phone", True) and (why in str(fault) or why == type(fault).__name__)
    desk.teller.send(note("good"))
    assert await asyncio.wait_for(desk.health.get(), 20) == ("phone", False, "")
    desk.task.cancel()


async def test_a_channel_that_hangs_while_listening_gets_a_new_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tell, "HANG", 0.3)
    release = threading.Event()
    channel = Fake(lambda n: Delivery(n.key, Fate.ACCEPTED))
    first = True

    def hear() -> Sequence[Delivery | Inbound]:
        nonlocal first
        if first:
            first = False
            release.wait(30)
            return (Inbound("phone", "1", "+8613800000001", id="late"),)
        return ()

    monkeypatch.setattr(channel, "hear", hear)
    desk = Desk(channel)
    desk.teller.send(note("a", Severity.FIRE))
    assert (await desk.next()).key == "a"
    release.set()
    assert (await asyncio.wait_for(desk.heard.get(), 20)).id == "late", "an answer that came slowly is an answer"
    desk.task.cancel()
