"""The event lane where a broker's order matters: acknowledgements out of order, lost, or of an older connection."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from stream_box import MemoryOutbox, Spawn, until

from gateway.stream import outgoing
from gateway.stream.client import Fate
from gateway.stream.link import Link
from gateway.stream.outgoing import EventLane
from gateway.stream.wire import Topics


class PaperLink:
    """A link whose acknowledgements the test gives by hand."""

    up = True
    session = 1
    refusal = "Not authorized"

    def __init__(self) -> None:
        self.published: list[tuple[str, bytes, asyncio.Future[Fate]]] = []

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> asyncio.Future[Fate]:
        future: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
        self.published.append((topic, payload, future))
        return future

    def bodies(self) -> list[bytes]:
        return [payload for _, payload, _ in self.published]

    def answer(self, index: int, fate: Fate) -> None:
        self.published[index][2].set_result(fate)

    def answer_all(self, fate: Fate) -> None:
        for _, _, future in self.published:
            if not future.done():
                future.set_result(fate)


def lane(spawn: Spawn, events: int) -> tuple[PaperLink, MemoryOutbox, EventLane]:
    link, outbox = PaperLink(), MemoryOutbox()
    outbox.bodies = [b"%d" % n for n in range(1, events + 1)]
    made = EventLane(cast(Link, link), Topics("d", "s"), outbox)
    spawn(made.run())
    made.wake()
    return link, outbox, made


async def test_r8_the_outbox_learns_only_of_events_before_which_nothing_is_open(spawn: Spawn) -> None:
    link, outbox, _ = lane(spawn, 3)
    await until("the events", lambda: link.bodies() == [b"1", b"2", b"3"])
    link.answer(1, Fate.TAKEN)
    link.answer(2, Fate.NOBODY)
    await asyncio.sleep(0)
    assert outbox.last == 0
    link.answer(0, Fate.TAKEN)
    await until("all", lambda: outbox.last == 3)


async def test_twenty_are_open_at_most(spawn: Spawn) -> None:
    link, _, _ = lane(spawn, 30)
    await until("the window", lambda: len(link.published) == 20)
    link.answer(0, Fate.TAKEN)
    await until("one more", lambda: len(link.published) == 21)


async def test_r8_a_new_connection_begins_after_the_last_event_known_to_be_there(spawn: Spawn) -> None:
    link, outbox, made = lane(spawn, 3)
    await until("the events", lambda: len(link.published) == 3)
    link.answer(0, Fate.TAKEN)
    link.answer(1, Fate.LOST)
    link.session = 2
    made.wake()
    await until("the rest again", lambda: link.bodies()[3:] == [b"2", b"3"])
    link.answer(2, Fate.TAKEN)  # of the old connection: says nothing about this one
    await asyncio.sleep(0)
    assert outbox.last == 1
    link.answer(3, Fate.TAKEN)
    await until("the second", lambda: outbox.last == 2)


@pytest.fixture
def tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "_TICK", 0.05)
    monkeypatch.setattr(outgoing, "_REFUSED", (0.05, 0.05))


async def test_r8_what_the_broker_refuses_is_set_aside_and_no_other_waits_behind_it(spawn: Spawn, tick: None) -> None:
    link, outbox, made = lane(spawn, 22)
    await until("the window", lambda: len(link.published) == 20)
    link.answer(0, Fate.REFUSED)
    for n in range(1, 20):
        link.answer(n, Fate.TAKEN)
    await until("the last two, and the first again", lambda: sorted(link.bodies()[20:]) == [b"1", b"21", b"22"])
    assert outbox.last == 20 and outbox.kept == made.refused == {1: "Not authorized"}
    tried = link.bodies().index(b"1", 1)
    link.answer(tried, Fate.REFUSED)
    await until("once more", lambda: link.bodies().count(b"1") == 3)
    link.answer(len(link.published) - 1, Fate.TAKEN)
    await until("it is there", lambda: outbox.kept == made.refused == {})


async def test_r8_when_one_is_taken_all_that_were_refused_go(spawn: Spawn, tick: None) -> None:
    """An access list that was mended, a broker over its quota: the connection never broke, and a fire must not wait for that."""
    link, outbox, made = lane(spawn, 30)
    while len(made.refused) < 30:
        link.answer_all(Fate.REFUSED)
        await asyncio.sleep(0.01)
    assert outbox.last == 30 and len(outbox.kept) == 30
    link.answer_all(Fate.REFUSED)
    before = len(link.published)
    await until("a try", lambda: len(link.published) > before)
    assert len(link.published) == before + 1, "one at a time"
    link.answer_all(Fate.TAKEN)
    await until("a window of them at once", lambda: len(link.published) == before + 1 + outgoing.WINDOW)
    while made.refused:
        link.answer_all(Fate.TAKEN)
        await asyncio.sleep(0.01)
    assert sorted(link.bodies()[before:], key=int) == [b"%d" % n for n in range(1, 31)] and outbox.kept == {}


async def test_r8_what_never_got_onto_the_line_goes_again_on_the_same_connection(spawn: Spawn, tick: None) -> None:
    """As when paho's queue is full: nobody has said no, and no new connection comes."""
    link, outbox, _ = lane(spawn, 3)
    await until("the events", lambda: len(link.published) == 3)
    link.answer(0, Fate.TAKEN)
    link.answer(1, Fate.LOST)
    link.answer(2, Fate.LOST)
    await until("again", lambda: link.bodies()[3:] == [b"2", b"3"])
    link.answer_all(Fate.TAKEN)
    await until("all", lambda: outbox.last == 3)


async def test_one_that_is_never_taken_does_not_stand_before_the_others(spawn: Spawn, tick: None) -> None:
    link, _, made = lane(spawn, 3)
    await until("the events", lambda: len(link.published) == 3)
    for n in range(3):
        link.answer(n, Fate.REFUSED)
    for n in range(3, 6):
        await until("the next try", lambda n=n: len(link.published) == n + 1)  # type: ignore[misc]
        link.answer(n, Fate.REFUSED)
    assert sorted(link.bodies()[3:]) == [b"1", b"2", b"3"]
    assert len(made.refused) == 3


async def test_d17_an_event_that_ends_connection_after_connection_is_set_aside(spawn: Spawn, tick: None) -> None:
    """It goes again after a rest only: here when a person says so, and then it costs a connection again."""
    link, outbox, made = lane(spawn, 5)
    for session in range(2, 6):
        await until("the second event", lambda: any(b == b"2" and not f.done() for _, b, f in link.published))
        link.session = session
        for _, body, future in link.published:
            if not future.done():
                future.set_result(Fate.TAKEN if body == b"1" else Fate.LOST)
        made.wake()
    await until("the others", lambda: [b for _, b, f in link.published if not f.done()] == [b"3", b"4", b"5"])
    assert made.refused == outbox.kept == {2: outgoing.BREAKS} and outbox.last == 2
    link.answer_all(Fate.TAKEN)
    made.again([(2, 2)])
    await asyncio.sleep(0.2)
    assert outbox.last == 5 and link.bodies()[-1] == b"5", "not by itself, nor for a bureau that asks"
    made.resend()
    await until("again", lambda: link.bodies()[-1] == b"2")
    link.answer_all(Fate.LOST)
    await asyncio.sleep(0.2)
    assert made.refused == {2: outgoing.BREAKS} and link.bodies()[-1] == b"2"
    before = len(link.published)
    made.resend()
    await until("again", lambda: len(link.published) > before)
    link.answer_all(Fate.TAKEN)
    await until("it is there", lambda: outbox.kept == made.refused == {})


async def test_what_was_refused_is_known_after_a_restart_and_goes_when_a_person_says_so(spawn: Spawn) -> None:
    """No tick comes here: only `resend` asks for more than one."""
    link, outbox = PaperLink(), MemoryOutbox()
    outbox.bodies, outbox.last, outbox.kept = [b"1", b"2", b"3", b"4"], 4, {2: "too large", 3: "too large"}
    made = EventLane(cast(Link, link), Topics("d", "s"), outbox)
    assert await made.listed() == [(3, b"3", "too large"), (2, b"2", "too large")]
    spawn(made.run())
    assert made.resend() == 2
    await until("both", lambda: link.bodies() == [b"2", b"3"])
    link.answer(0, Fate.TAKEN)
    link.answer(1, Fate.REFUSED)
    await until("one is there", lambda: outbox.kept == {3: "Not authorized"})


async def test_what_a_bureau_has_not_got_goes_again_a_few_at_a_time(spawn: Spawn) -> None:
    link, outbox, made = lane(spawn, 5)
    await until("the events", lambda: len(link.published) == 5)
    for n in range(5):
        link.answer(n, Fate.TAKEN)
    await until("all there", lambda: outbox.last == 5)
    made.again([(2, 3), (5, 9)])
    await until("again", lambda: link.bodies()[5:] == [b"2", b"3", b"5"])
    made.again([(0, 0)])
    made.wake()
    await asyncio.sleep(0.05)
    assert len(link.published) == 8 and outbox.last == 5
