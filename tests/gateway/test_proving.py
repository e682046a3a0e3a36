"""One proof of the journal for the whole box: joined, shared, left; progress is told; what cannot be read is said."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drivers.reading import Now
from gateway import proving as module
from gateway.local import RequestError
from gateway.proving import FRESH, LEFT, Proving
from gateway.store.chain import Finding
from gateway.store.database import StoreError


class Counting:
    """A proof that goes on when told to."""

    def __init__(self) -> None:
        self.began = 0
        self.go, self.fails = threading.Event(), False

    def __call__(self, path: Path, told: Callable[[int, int], None]) -> list[Finding]:
        self.began += 1
        told(0, 10)
        if self.fails:
            raise StoreError("torn")
        assert self.go.wait(20)
        told(5, 10)
        return []


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Any:
    counting, clock = Counting(), SimpleNamespace(mono=1_000)
    clock.now = lambda: Now(clock.mono, clock.mono)
    monkeypatch.setattr(module, "audit", SimpleNamespace(verify=counting))
    return SimpleNamespace(counting=counting, clock=clock, proving=Proving(Path("j"), lambda: (5, "ab"), clock))  # type: ignore[arg-type]


async def ended(proving: Proving) -> dict[str, Any]:
    while (found := await proving.look({}))["running"]:
        await asyncio.sleep(0.001)
    return found


async def test_many_who_ask_share_one_proof_and_see_how_far_it_is(box: Any) -> None:
    for _ in range(5):
        told = await box.proving.look({"begin": 1})
        assert told["running"] and told["found"] is None
    waits = asyncio.create_task(box.proving.verify({}))
    box.counting.go.set()
    found = (await ended(box.proving))["found"]
    assert found == {"findings": [], "events": 5, "head": "ab", "at": 1_000} == await waits
    assert box.counting.began == 1
    assert (await box.proving.look({"begin": 1}))["found"] == found and box.counting.began == 1, "a fresh one is given again"
    box.clock.mono += FRESH
    await box.proving.look({"begin": 1})
    await ended(box.proving)
    assert box.counting.began == 2, "later it is counted again"


async def test_it_ends_when_nobody_looks_any_more_but_not_under_one_who_waits(box: Any) -> None:
    await box.proving.look({"begin": 1})
    box.clock.mono += LEFT + 1
    box.counting.go.set()
    while box.proving._running:
        await asyncio.sleep(0.001)
    told = await box.proving.look({})
    assert not told["running"] and told["found"] is None, "left: nobody is given what nobody waited for"
    box.counting.go.clear()
    waits = asyncio.create_task(box.proving.verify({}))
    while box.counting.began < 2:
        await asyncio.sleep(0.001)
    box.clock.mono += LEFT + 1
    box.counting.go.set()
    assert (await waits)["events"] == 5


async def test_a_journal_that_cannot_be_read_is_said_to_both(box: Any) -> None:
    box.counting.fails = True
    with pytest.raises(RequestError, match="journal-down"):
        await box.proving.verify({})
    await box.proving.look({"begin": 1})
    with pytest.raises(RequestError, match="journal-down"):
        await ended(box.proving)
