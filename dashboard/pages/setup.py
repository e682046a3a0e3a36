"""/setup: the site file changed in the browser. The draft is the browser's; this edits, checks and proposes its text.

What is proposed is decided by `run` (docs/local-socket.md, TRIAL); nothing here writes the site file.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import HTTPException, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from alerts.model import Policy
from dashboard.door import Visitor
from dashboard.forms import forms
from dashboard.office import language, office
from dashboard.pages.command import order_of
from dashboard.steps import steps
from drivers.profile import Profile
from drivers.survey import Found, Knocked, Lost, survey
from gateway.config import edit
from gateway.config.library import data_dir, only_policies, only_profiles
from gateway.found import as_json
from gateway.lines import LivingLine
from gateway.local import RequestError, RunDown
from gateway.ports import serial_ports
from gateway.site import BusConfig

UNITS = 247  # most addresses of one scan
PROBE_S = 60.0

Text = Annotated[str, StringConstraints(min_length=1, max_length=400_000)]
Value = str | int | float | bool | list[str | int] | None


class Draft(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    text: Text


class Edit(Draft):
    """One row of the draft: `place` counts from 0; a value of None takes the key away."""

    do: Literal["add", "change", "remove"]
    section: Annotated[str, StringConstraints(pattern=r"^[a-z]+$", max_length=30)]
    place: Annotated[int, Field(ge=0)] = 0
    row: dict[str, Value] = Field(default_factory=dict)


class Scan(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    bus: Annotated[str, StringConstraints(max_length=40)]
    first: Annotated[int, Field(ge=1, le=UNITS)] = 1
    last: Annotated[int, Field(ge=1, le=UNITS)] = 32
    patient: bool = False


class Foreseen(Draft):
    """`place`: a zone, a building, or "" for the box itself; `kind` "" is every kind; `at` wall ms, now without one."""

    place: Annotated[str, StringConstraints(max_length=100)] = ""
    kind: Annotated[str, StringConstraints(max_length=40)] = ""
    at: Annotated[int, Field(ge=0)] | None = None


async def start(request: Request) -> JSONResponse:
    """{"file", "text", "tables", "history", "trial", "forms", "lists"}: all the page begins with. `takes` (profiles): an address."""
    told = await ask_run(request, "config-source")
    profiles = await _profiles(told["file"])
    names = [
        {"id": p.id, "zh": f"{p.vendor} {p.model}".strip(), "kind": p.kind, "takes": bool(p.unit_at and p.unit_at.write)}
        for p in profiles.values()
    ]
    lang = language(request)
    called = steps((await asyncio.to_thread(_read_policies)).values(), office(request).words[lang], lang)
    tables = _tables(request, told["text"])
    return JSONResponse(told | {"tables": tables, "forms": forms(), "lists": {"profiles": names, "steps": called}})


async def edited(request: Request, wanted: Edit) -> JSONResponse:
    """{"text", "tables"} of the draft with one row added, changed or removed; 422 with words when that cannot be done."""
    try:
        match wanted.do:
            case "add":
                row = {k: v for k, v in wanted.row.items() if v is not None}
                text = edit.add(wanted.text, wanted.section, row)
            case "change":
                text = edit.change(wanted.text, wanted.section, wanted.place, wanted.row)
            case "remove":
                text = edit.remove(wanted.text, wanted.section, wanted.place)
    except edit.CannotEdit as error:
        raise HTTPException(422, _words(request, error.zh, error.en)) from None
    return JSONResponse({"text": text, "tables": _tables(request, text)})


async def tables(request: Request, draft: Draft) -> JSONResponse:
    """{"tables"} of a text that somebody edited by hand."""
    return JSONResponse({"tables": _tables(request, draft.text)})


async def checked(request: Request, draft: Draft) -> JSONResponse:
    """{"ok", "findings", "diff"}: what `check` says, and what would change."""
    visitor: Visitor = request.state.visitor
    return JSONResponse(await ask_run(request, "config-check", PROBE_S, text=draft.text, person=visitor.person))


async def who(request: Request, wanted: Foreseen) -> JSONResponse:
    """Who would be called if the draft were in force: "ok" and the answer of `who`, or "findings"."""
    visitor: Visitor = request.state.visitor
    asked = wanted.model_dump(exclude_none=True)
    return JSONResponse(await ask_run(request, "config-who", PROBE_S + 10, person=visitor.person, **asked))


async def version(request: Request, n: Annotated[int, Query(ge=1)]) -> JSONResponse:
    """{"n", "text", "diff"}: a kept version of the site file."""
    return JSONResponse(await ask_run(request, "config-version", n=n))


async def propose(request: Request, draft: Draft) -> JSONResponse:
    """{"ok", "code", "text", "findings"}: put on trial for five minutes; the box starts again with it."""
    return await do_run(request, "config-propose", {"text": draft.text})


async def confirm(request: Request) -> JSONResponse:
    """{"ok", "code", "text", "findings"}: what is on trial is kept."""
    return await do_run(request, "config-confirm", {})


async def give_back(request: Request) -> JSONResponse:
    """{"ok", "code", "text", "findings"}: what is on trial is given up."""
    return await do_run(request, "config-return", {})


async def ports(request: Request) -> JSONResponse:
    """[{"path", "adapter", "holder"}]: serial ports of this machine."""
    found = await asyncio.to_thread(serial_ports)
    return JSONResponse([{"path": p.path, "adapter": p.adapter, "holder": p.holder} for p in found])


async def read(request: Request, device: Annotated[str, Query(max_length=100)]) -> JSONResponse:
    """A device of the living site, read now: raw frames and decoded values."""
    return JSONResponse(await ask_run(request, "read", PROBE_S, device=device))


async def scan(request: Request, wanted: Scan) -> StreamingResponse:
    """JSON lines: {"done", "many", "unit"} for each address, {"found"} for each device, {"lost"} when the line gave up."""
    if wanted.last < wanted.first:
        raise HTTPException(422, _words(request, "结束地址小于开始地址", "the last address lies before the first"))
    config = await ask_run(request, "config")
    bus = next((b for b in config["buses"] if b["id"] == wanted.bus), None)
    if bus is None:
        raise HTTPException(
            422, _words(request, "这条线路还没有生效，先采用配置", "this line is not in use yet: propose the draft first")
        )
    about = BusConfig(**{k: v for k, v in bus.items() if k in BusConfig.__dataclass_fields__})
    return StreamingResponse(_scanned(request, about, wanted, str(config["source"])), media_type="application/x-ndjson")


async def _scanned(request: Request, bus: BusConfig, wanted: Scan, site_file: str) -> AsyncIterator[bytes]:
    client, loop = office(request).client, asyncio.get_running_loop()

    def put(question: dict[str, Any]) -> dict[str, Any]:
        """From the thread in which LivingLine asks."""
        what = question.pop("ask")
        return dict(asyncio.run_coroutine_threadsafe(client.ask(what, PROBE_S, **question), loop).result())

    async def profiles() -> Iterable[Profile]:
        return (await _profiles(site_file)).values()

    line = LivingLine(bus.id, put)
    try:
        async for event in survey(line, range(wanted.first, wanted.last + 1), profiles, patient=wanted.patient):
            match event:
                case Knocked():
                    yield _line({"done": event.done, "many": event.many, "unit": event.unit})
                case Found():
                    yield _line({"found": as_json((bus, event))})
                case Lost(text):
                    yield _line({"lost": text})
    except (RunDown, RequestError) as error:
        yield _line({"lost": str(error)})


def _line(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode() + b"\n"


async def _profiles(site_file: str) -> dict[str, Profile]:
    """The shipped models and those beside the site file, which can be asked for by Modbus."""
    own = Path(site_file).parent / "profiles"
    changed = max((p.stat().st_mtime_ns for p in (own, *own.glob("*.yaml")) if p.exists()), default=0)
    return await asyncio.to_thread(_read_profiles, own, changed)


@functools.lru_cache(maxsize=1)
def _read_profiles(own: Path, changed: int) -> dict[str, Profile]:
    """Kept until a file of the folder changes: reading them all takes a Pi some seconds."""
    return {
        id: p
        for id, p in only_profiles(data_dir(), own).profiles.items()
        if all(c.space in ("coil", "discrete", "input", "holding") for c in p.channels)
    }


@functools.lru_cache(maxsize=1)
def _read_policies() -> dict[str, Policy]:
    return only_policies(data_dir())


def _tables(request: Request, text: str) -> dict[str, Any]:
    try:
        data = edit.tables(text)
    except edit.CannotEdit as error:
        raise HTTPException(422, _words(request, error.zh, error.en)) from None
    return {k: v for k, v in data.items() if isinstance(v, list)}


async def ask_run(request: Request, what: str, timeout: float = 10.0, **parameters: object) -> Any:
    """A question to `run`; what it refuses is a 422 in the reader's words, and 503 when it is not there."""
    try:
        return await office(request).client.ask(what, timeout, **parameters)
    except RunDown:
        raise HTTPException(503, office(request).words[language(request)]["reply.down"]) from None
    except RequestError as error:
        raise HTTPException(422, _words(request, error.zh, error.en)) from None


async def do_run(request: Request, verb: str, args: dict[str, Any]) -> JSONResponse:
    """{"ok", "code", "text", "findings"} in the reader's language."""
    visitor: Visitor = request.state.visitor
    words, state = office(request).words[language(request)], office(request).live.state
    if state is None or office(request).live.down:
        return JSONResponse({"ok": False, "code": "run-down", "text": words["reply.down"]}, 503)
    sent = order_of(visitor, verb, "", args | {"role": visitor.role}, state["now"])
    try:
        answer = await office(request).client.do(sent, PROBE_S + 10)
    except RunDown:
        return JSONResponse({"ok": False, "code": "run-down", "text": words["reply.unknown"]}, 503)
    text = (answer.get("text") or {}).get(language(request), "")
    return JSONResponse({"ok": answer["ok"], "code": answer["code"], "text": text, "findings": answer.get("findings", [])})


def _words(request: Request, zh: str, en: str) -> str:
    return zh if language(request) == "zh" else en
