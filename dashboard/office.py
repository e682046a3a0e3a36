"""What every page shares: users, the live state, the socket, the clock, words and static files. Built once, in app.py."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Request
from fastapi.templating import Jinja2Templates

from dashboard.auth import Login, Users
from dashboard.desks import Desks
from dashboard.live import Live
from dashboard.plans import Plans
from dashboard.tokens import Tokens
from drivers.reading import Clock
from gateway.local import LocalClient

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGES = ("zh", "en")
TURN_S = 15.0  # for one password or PIN; a sound disk takes a tenth of a second


def load_words() -> dict[str, dict[str, str]]:
    """language -> key -> text, from the JSON catalogues i18n/<lang>.json and those of single pages, i18n/<page>.<lang>.json."""
    return {
        lang: {
            key: text
            for file in sorted((STATIC / "i18n").glob(f"*{lang}.json"))
            for key, text in json.loads(file.read_text("utf-8")).items()
        }
        for lang in LANGUAGES
    }


def load_files() -> dict[str, bytes]:
    """Every static file by its path below static/. They are small, and reading once leaves no path to climb out of."""
    return {p.relative_to(STATIC).as_posix(): p.read_bytes() for p in sorted(STATIC.rglob("*")) if p.is_file()}


def digest(files: Mapping[str, bytes]) -> str:
    """Changes when any file does: part of every address, so that browsers may keep what they have for ever."""
    total = hashlib.sha256()
    for name, body in files.items():
        total.update(name.encode() + b"\0" + hashlib.sha256(body).digest())
    return total.hexdigest()[:12]


@dataclass(slots=True)
class Office:
    users: Users
    tokens: Tokens
    desks: Desks
    plans: Plans
    live: Live
    client: LocalClient
    clock: Clock
    words: Mapping[str, Mapping[str, str]]
    files: Mapping[str, bytes]
    version: str  # of the static files
    language: str
    secure: bool  # is the page served over TLS?
    templates: Jinja2Templates
    metrics_token: str = ""  # who shows it may read /metrics; "": this machine only
    # one password at a time: no race past the throttle. Strangers at the door never hold up a desk's PIN: a turn of its own
    login_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    inside_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    at_door: int = 0  # who wait for `login_turn`, or have it
    look: asyncio.Task[str] | None = None  # at the health of `run`, for all who ask meanwhile

    async def inside(self, check: Callable[..., Login], *given: object) -> Login:
        """One password or PIN at a time, in a thread. Raises TimeoutError where the disk hangs: the turn is the next one's."""
        async with self.inside_turn, asyncio.timeout(TURN_S):
            return await asyncio.to_thread(check, *given)

    def seconds(self) -> int:
        return self.clock.now().wall // 1000


def office(request: Request) -> Office:
    found: Office = request.app.state.office
    return found


def language(request: Request) -> str:
    """?lang=en, else the cookie, else what the box was started with."""
    for wanted in (request.query_params.get("lang"), request.cookies.get("lang")):
        if wanted in LANGUAGES:
            return wanted
    return office(request).language
