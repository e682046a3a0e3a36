"""Pictures of a store: when they are taken, that they are on the disk first, how long they stay, who may see them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from alerts.model import Alarm, AlarmState
from alerts.opening import Opening
from alerts.plant import Person, Plant, Store
from drivers.bus import DeviceFault
from drivers.reading import Now
from gateway import pictures
from gateway.local import RequestError
from gateway.pictures import DAY, Pictures

WALL = 1_800_000_000_000
EYE = "cam/link"
STORE = Store("s1", "z", "io/door", camera=EYE)
OPENING = Opening("s1-1", "s1", Now(WALL, 5), True, False)


class Clock:
    wall = WALL

    def now(self) -> Now:
        return Now(self.wall, 5)

    def ok(self) -> bool:
        return True


@dataclass
class Scene:
    """What the camera shows, and what was told."""

    folder: Path
    shows: list[bytes | DeviceFault] = field(default_factory=list)
    told: asyncio.Queue[tuple[object, ...]] = field(default_factory=asyncio.Queue)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        people = {p: Person(p, p, p) for p in ("officer", "duty", "holder")}
        plant = cast(Plant, type("P", (), {"stores": {"s1": STORE}, "people": people}))
        self.pictures = Pictures(
            self.folder, plant, {EYE: self}, self.clock, took=self._took, note=self._took,
            fault=lambda *given: self.told.put_nowait(("fault", *given)),
        )  # fmt: skip

    async def picture(self) -> bytes:
        shown = self.shows.pop(0)
        if isinstance(shown, DeviceFault):
            raise shown
        return shown

    async def _took(self, *given: object) -> None:
        self.told.put_nowait(given)

    async def next(self) -> tuple[object, ...]:
        async with asyncio.timeout(20):
            return await self.told.get()

    def kept(self) -> set[str]:
        return {p.name for p in (self.folder / pictures.FOLDER).glob("*")}


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(pictures, "PAUSE", 0.0)
    made = Scene(tmp_path)
    running = asyncio.ensure_future(made.pictures.run())
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def deviation(n: int, state: AlarmState = AlarmState.UNACKED, kind: str = "store", point: str = "io/door") -> Alarm:
    return cast(Alarm, SimpleNamespace(id=f"no3-{n}", occurrence=1, state=state, kind=kind, point=point))


async def test_r22_an_opening_and_a_deviation_have_their_pictures(scene: Scene) -> None:
    scene.shows = [b"first", b"second"]
    for _ in range(2):  # every change of the opening comes by here
        scene.pictures.opened([OPENING])
    sha = hashlib.sha256(b"first").hexdigest()
    assert await scene.next() == (EYE, sha, "opened")
    file = scene.folder / pictures.FOLDER / f"{sha}.jpg"
    assert file.read_bytes() == b"first" and oct(file.stat().st_mode)[-3:] == "600"
    one = deviation(3)
    scene.pictures.shown([one])
    scene.pictures.shown([one, deviation(3, AlarmState.ACKED)])
    assert await scene.next() == (EYE, hashlib.sha256(b"second").hexdigest(), one.id)
    assert scene.shows == [] and scene.told.empty() and len(scene.kept()) == 2


async def test_what_needs_no_picture_gets_none(scene: Scene) -> None:
    scene.pictures.opened([replace(OPENING, closed=Now(WALL, 9)), replace(OPENING, picture="ab" * 32)])
    scene.pictures.shown([deviation(1, kind="fault"), deviation(2, point="elsewhere/x")])
    scene.shows = [b"this one"]
    scene.pictures.shown([deviation(3)])
    assert (await scene.next())[2] == deviation(3).id


async def test_a_camera_that_gives_none_is_asked_three_times_and_then_an_event(scene: Scene) -> None:
    scene.shows = [DeviceFault("a"), DeviceFault("b"), DeviceFault("c"), DeviceFault("a"), b"late"]
    scene.pictures.opened([OPENING])
    assert await scene.next() == ("store.no-picture", {"camera": EYE, "why": "c", "for": "opened"})
    scene.pictures.shown([deviation(3)])
    assert (await scene.next())[0] == EYE and scene.shows == []


async def test_a_disk_that_takes_nothing_is_a_fault_that_ends(scene: Scene) -> None:
    (scene.folder / pictures.FOLDER).write_text("in the way")
    scene.shows = [b"x", b"y"]
    scene.pictures.opened([OPENING])
    assert (await scene.next())[:3] == ("fault", "pictures-disk", True)
    assert (await scene.next())[0] == "store.no-picture"
    (scene.folder / pictures.FOLDER).unlink()
    scene.pictures.shown([deviation(3)])
    assert (await scene.next()) == ("fault", "pictures-disk", False, "")


async def test_r23_pictures_stay_as_long_as_their_records_and_never_less_than_30_days(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = scene.folder / pictures.FOLDER
    folder.mkdir()
    for name, days in (("old", 401), ("month", 31), ("fresh", 29)):
        (folder / f"{name}.jpg").write_bytes(bytes(10))
        os.utime(folder / f"{name}.jpg", ((WALL - days * DAY) / 1000,) * 2)
    scene.pictures._forget(WALL)
    assert scene.kept() == {"month.jpg", "fresh.jpg"}
    monkeypatch.setattr(pictures, "MOST", 5)
    scene.pictures._forget(WALL)
    assert scene.kept() == {"fresh.jpg"}


@pytest.mark.parametrize(
    ("person", "sha", "code"),
    [
        ("duty", "", "forbidden"), ("holder", "", "forbidden"), ("nobody", "", "forbidden"), ("officer", "0" * 64, "not-found"),
        ("officer", "../../etc/passwd", "bad-request"), ("officer", "A" * 64, "bad-request"),
    ],
)  # fmt: skip
async def test_a_picture_is_shown_to_who_reviews(scene: Scene, person: str, sha: str, code: str) -> None:
    name = scene.pictures._keep(b"face")
    with pytest.raises(RequestError) as refused:
        await scene.pictures.answer({"person": person, "sha256": sha or name})
    assert refused.value.code == code
    shown = await scene.pictures.answer({"person": "officer", "sha256": name})
    assert base64.b64decode(shown["data"]) == b"face" and shown["type"] == "image/jpeg"


async def test_a_picture_that_was_changed_is_no_evidence(scene: Scene) -> None:
    name = scene.pictures._keep(b"face")
    (scene.folder / pictures.FOLDER / f"{name}.jpg").write_bytes(b"another")
    with pytest.raises(RequestError) as refused:
        await scene.pictures.answer({"person": "officer", "sha256": name})
    assert refused.value.code == "changed"
