"""A crashing leaf is restarted, its third crash within a minute is an alarm, and it never takes its neighbours down."""

from __future__ import annotations

import asyncio

import pytest

from gateway import supervise
from gateway.supervise import keep


async def test_third_crash_is_an_alarm_and_a_long_life_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(supervise, "LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(supervise, "WINDOW", 0.5)
    starts = 0
    told: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()

    async def leaf() -> None:
        nonlocal starts
        starts += 1
        if starts <= 4:
            raise ValueError("broken")
        await asyncio.Event().wait()

    task = asyncio.ensure_future(keep("bus:a", leaf, lambda name, active, why: told.put_nowait((name, active))))
    assert await asyncio.wait_for(told.get(), 10) == ("bus:a", True)
    assert starts >= 3
    assert await asyncio.wait_for(told.get(), 10) == ("bus:a", False)
    assert starts == 5
    task.cancel()


async def test_a_leaf_whose_wait_was_cancelled_by_somebody_else_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task group ignores a task that ends as cancelled: the line would be dead and nobody would know."""
    monkeypatch.setattr(supervise, "FIRST_PAUSE", 0.0)
    starts: asyncio.Queue[int] = asyncio.Queue()

    async def leaf() -> None:
        starts.put_nowait(1)
        given_up = asyncio.get_running_loop().create_future()
        given_up.cancel()
        await given_up

    task = asyncio.ensure_future(keep("bus:a", leaf, lambda *_: None))
    for _ in range(2):
        await asyncio.wait_for(starts.get(), 10)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 10)


async def test_cancelling_reaches_the_leaf() -> None:
    ended = asyncio.Event()

    async def leaf() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.ensure_future(keep("uplink", leaf, lambda *_: None))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait_for(ended.wait(), 5)


async def test_an_alarm_of_an_earlier_process_ends_after_a_long_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "WINDOW", 0.1)
    told: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
    alarm = lambda name, active, why: told.put_nowait((name, active))  # noqa: E731
    task = asyncio.ensure_future(keep("bus:a", asyncio.Event().wait, alarm, raised=True))
    assert await asyncio.wait_for(told.get(), 10) == ("bus:a", False)
    task.cancel()
