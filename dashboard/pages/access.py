"""/access: who may log in, wall screens and programs with a code. Every change is told to `run`, whose journal keeps it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import Form, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dashboard.auth import BadUser, new_password
from dashboard.door import COOKIE, KEPT_S, NOBODY, Visitor
from dashboard.office import language, office
from dashboard.pages.frame import render
from dashboard.pages.noted import noted, told
from dashboard.tokens import MOST_DAYS

DOORS = {"screen": "/", "inspector": "/inspect"}  # where a code typed by hand leads

Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    person: Name


class Code(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["screen", "program", "inspector"]
    name: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 365


class Gone(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: int


async def people(request: Request) -> JSONResponse:
    """{"people": [{"id", "name", "role", "login", "listed"}], "codes": [{"id", "kind", "name", "role", "made", "expires"}]}."""
    shared = office(request)
    users = dict(await asyncio.to_thread(shared.users.list))
    listed = (shared.live.state or {}).get("people", [])
    rows = [{**p, "login": p["id"] in users, "listed": True} for p in listed]
    known = {p["id"] for p in listed}
    rows += [{"id": u, "name": u, "role": r, "login": True, "listed": False} for u, r in users.items() if u not in known]
    codes = await asyncio.to_thread(shared.tokens.list, shared.seconds())
    return JSONResponse({"people": rows, "codes": [asdict(c) for c in codes]})


async def login(request: Request, wanted: Person) -> JSONResponse:
    """{"password"}: a new one for the person, who is let in with it if he was not yet. It is never shown again."""
    shared = office(request)
    await noted(request, "access", "login-given", wanted.person)
    password = new_password()
    users = dict(await asyncio.to_thread(shared.users.list))
    try:
        if wanted.person in users:
            await asyncio.to_thread(shared.users.set_password, wanted.person, password)
        else:
            listed = (shared.live.state or {}).get("people", [])
            if all(p["id"] != wanted.person for p in listed):
                raise BadUser("先在 配置 的人员里加上这个人 · add the person to the configuration first")
            await asyncio.to_thread(shared.users.add, wanted.person, password, NOBODY)  # off the list again, he only looks
    except BadUser as error:
        raise HTTPException(422, _half(request, str(error))) from None
    return JSONResponse({"password": password})


async def lock_out(request: Request, wanted: Person) -> JSONResponse:
    """The person logs in no longer, at once; never the last administrator, nor whoever asks."""
    shared = office(request)
    visitor: Visitor = request.state.visitor
    if wanted.person == visitor.person:
        raise HTTPException(422, shared.words[language(request)]["access.self"])
    await noted(request, "access", "login-taken", wanted.person)
    try:
        await asyncio.to_thread(shared.users.remove, wanted.person)
    except BadUser as error:
        raise HTTPException(422, _half(request, str(error))) from None
    return JSONResponse({"ok": True})


async def make_code(request: Request, wanted: Code) -> JSONResponse:
    """{"code"}: shown once. It looks, and presses nothing."""
    shared = office(request)
    await noted(request, "access", "code-made", f"{wanted.kind} {wanted.name}")
    try:
        code = await asyncio.to_thread(shared.tokens.add, wanted.kind, wanted.name, "viewer", shared.seconds(), wanted.days)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    return JSONResponse({"code": code})


async def end_code(request: Request, wanted: Gone) -> JSONResponse:
    """{"ok"}: the code counts no longer; 404 for one that is none."""
    shared = office(request)
    await noted(request, "access", "code-ended", str(wanted.id))
    if await asyncio.to_thread(shared.tokens.remove, wanted.id) is None:
        raise HTTPException(404, "no such code")
    return JSONResponse({"ok": True})


async def screen(request: Request) -> HTMLResponse:
    """Where a wall screen's code is typed, once."""
    return render(request, "screen.html", problem="")


async def enter_screen(request: Request, code: Annotated[str, Form(max_length=60)]) -> Response:
    """The code stays in the browser: a screen comes back by itself after a power cut, an inspector sees his page until the day is over."""
    shared = office(request)
    found = await asyncio.to_thread(shared.tokens.find, code, shared.seconds())
    if found is None or found.kind not in DOORS:
        return render(request, "screen.html", 401, problem=shared.words[language(request)]["screen.wrong"])
    await told(request, Visitor(f"code-{found.id}", found.name, found.role, ""), "logged-in")
    answer = RedirectResponse(DOORS[found.kind], 303)
    answer.set_cookie(COOKIE, code, max_age=KEPT_S, httponly=True, samesite="lax", secure=shared.secure)
    return answer


def _half(request: Request, text: str) -> str:
    """The reader's half of a text in both languages."""
    zh, _, en = text.partition(" · ")
    return zh if language(request) == "zh" or not en else en
