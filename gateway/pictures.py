"""Pictures of stores: taken when one opens and when a deviation is raised there, kept by their SHA-256, shown to who may see them.

The file is on the disk before the engine hears of it. Pictures are evidence beside the alarm, never a condition of it: a camera that
gives none is an event and costs nothing else.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from alerts.model import Alarm, AlarmState, Scalar
from alerts.opening import Opening
from alerts.plant import Plant
from drivers.bus import DeviceFault
from drivers.reading import Clock
from gateway.local import RequestError

log = logging.getLogger(__name__)

FOLDER = "pictures"
KINDS = frozenset({"store", "store-ask", "unproven"})  # alarms of a store that are worth a picture
TRIES, PAUSE = 3, 1.0  # attempts at one picture, s between them
DAY = 86_400_000
KEPT = 400 * DAY  # ms: as long as the event that names it
LEAST = 30 * DAY  # ms that a picture stays even when there are too many
MOST = 1 << 30  # bytes of all pictures, beyond which the oldest go
MAY_SEE = frozenset({"leader", "officer", "head", "admin"})  # they review; a picture shows faces
_HASH = re.compile(r"[0-9a-f]{64}")


class Eye(Protocol):
    async def picture(self) -> bytes: ...


class Pictures:
    """`took(camera point, sha256, why)` tells the engine; `note(kind, args)` writes an event; `fault` is the disk's."""

    def __init__(
        self, data: Path, plant: Plant, cameras: Mapping[str, Eye], clock: Clock, *,
        took: Callable[[str, str, str], Awaitable[None]],
        note: Callable[[str, dict[str, Scalar]], Awaitable[None]],
        fault: Callable[[str, bool, str], None],
    ) -> None:  # fmt: skip
        """`cameras`: the camera point of a store -> its camera."""
        self._folder, self._plant, self._cameras, self._clock = data / FOLDER, plant, dict(cameras), clock
        self._took, self._note, self._fault = took, note, fault
        self._wanted: dict[str, str] = {}  # camera point -> why
        self._known: set[tuple[str, int]] = set()
        self._news = asyncio.Event()
        self._failing = False

    def opened(self, openings: Iterable[Opening]) -> None:
        """Openings as they now stand: a new one is worth a picture."""
        for o in openings:
            if o.closed is None and not o.picture and (o.id, 0) not in self._known:
                self._known.add((o.id, 0))
                self._want(o.store, "opened")

    def shown(self, alarms: Iterable[Alarm]) -> None:
        """Alarms as they now stand: a new deviation at a store is worth one too."""
        for alarm in alarms:
            key = (alarm.id, alarm.occurrence)
            if alarm.kind in KINDS and alarm.state is AlarmState.UNACKED and key not in self._known:
                self._known.add(key)
                for store in self._plant.stores.values():
                    if alarm.point in store.points:
                        self._want(store.id, alarm.id)

    async def run(self) -> None:
        """For ever: take what is wanted, one after the other, and let old pictures go."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._wanted:
                camera, why = next(iter(self._wanted.items()))
                del self._wanted[camera]
                await self._take(camera, why)

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The question `picture` of docs/local-socket.md. Raises RequestError."""
        person, sha = self._plant.people.get(str(request.get("person", ""))), str(request.get("sha256", ""))
        if person is None or person.role not in MAY_SEE:
            raise RequestError("forbidden", "你没有看图片的权限", "your role may not see pictures")
        if not _HASH.fullmatch(sha):
            raise RequestError("bad-request", "sha256 应为64位十六进制", "sha256 must be 64 hexadecimal digits")
        try:
            body = await asyncio.to_thread(self._path(sha).read_bytes)
        except OSError:
            raise RequestError("not-found", "没有这张图片，或已过保存期", "no such picture, or no longer kept") from None
        if hashlib.sha256(body).hexdigest() != sha:
            raise RequestError("changed", "图片被改动过，不再是证据", "the file is not what was taken")
        return {"sha256": sha, "type": "image/jpeg", "bytes": len(body), "data": base64.b64encode(body).decode()}

    def _want(self, store: str, why: str) -> None:
        camera = self._plant.stores[store].camera
        if camera in self._cameras:
            self._wanted.setdefault(camera, why)
            self._news.set()

    async def _take(self, camera: str, why: str) -> None:
        words = ""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(PAUSE)
            try:
                body = await self._cameras[camera].picture()
            except DeviceFault as fault:
                words = fault.text
                continue
            try:
                sha = await asyncio.to_thread(self._keep, body)
            except OSError as error:
                words = str(error.strerror)
                break
            self._state("")
            await self._took(camera, sha, why)
            return
        else:
            await self._note("store.no-picture", {"camera": camera, "why": words, "for": why})
            return
        self._state(f"图片存不下 pictures cannot be kept: {words}")
        await self._note("store.no-picture", {"camera": camera, "why": words, "for": why})

    def _path(self, sha: str) -> Path:
        return self._folder / f"{sha}.jpg"

    def _keep(self, body: bytes) -> str:
        """On the disk, whole, under its name; then old ones go. Raises OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._path(sha := hashlib.sha256(body).hexdigest())
        if not path.exists():
            part = path.with_suffix(".part")
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            wall = self._clock.now().wall / 1000
            os.utime(part, (wall, wall))
            part.replace(path)
        if self._clock.ok():
            self._forget(self._clock.now().wall)
        return sha

    def _forget(self, wall: int) -> None:
        """What is past KEPT; and the oldest past LEAST while all together are more than MOST."""
        found = sorted((p.stat().st_mtime * 1000, p.stat().st_size, p) for p in self._folder.glob("*.jpg"))
        size = sum(each for _, each, _ in found)
        for at, each, path in found:
            if wall - at > KEPT or (size > MOST and wall - at > LEAST):
                path.unlink()
                size -= each

    def _state(self, why: str) -> None:
        if bool(why) != self._failing:
            self._failing = bool(why)
            self._fault("pictures-disk", bool(why), why)
