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


async def test_r8_what_the_broker_refuses_goes_again_on_the_same_connection(
    spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker over its quota, or an access list that was mended: the connection never broke, and a fire must not wait for that."""
    monkeypatch.setattr(outgoing, "_TICK", 0.05)
    link, outbox, _ = lane(spawn, 30)
    await until("the window", lambda: len(link.published) == 20)
    for n in range(20):
        link.answer(n, Fate.TAKEN if n == 0 else Fate.LOST)
    await until("again", lambda: len(link.published) == 40)
    assert link.bodies()[20:] == [b"%d" % n for n in range(2, 22)] and outbox.last == 1
    for n in range(20, 40):
        link.answer(n, Fate.TAKEN)
    await until("the rest", lambda: len(link.published) == 49)
    for n in range(40, 49):
        link.answer(n, Fate.TAKEN)
    await until("all", lambda: outbox.last == 30)


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
