"""The page of desks and PINs: everybody sets his own PIN, the office makes this screen a registered desk or takes that back.

Each of it is written into the journal by `run` first.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dashboard.auth import BadUser
from dashboard.desks import proper_pin
from dashboard.door import COOKIE, DESK_COOKIE, KEPT_S, Visitor
from dashboard.office import language, office
from dashboard.pages.frame import render
from dashboard.pages.noted import noted
from dashboard.rights import DESKS, may

Short = Annotated[str, Form(max_length=256)]


async def form(request: Request) -> HTMLResponse:
    return _page(request)


def _page(request: Request, problem: str = "", done: str = "", status: int = 200, name: str = "") -> HTMLResponse:
    """`name`: of a desk that was refused."""
    shared, visitor = office(request), request.state.visitor
    words = shared.words[language(request)]
    return render(
        request,
        "desk.html",
        status,
        problem=problem,
        done=words[done] if done else "",
        name=name,
        has_pin=shared.desks.has_pin(visitor.person),
        desks=shared.desks.list() if may(visitor.role, DESKS) and not visitor.desk else None,
    )


async def pin(request: Request, password: Short, new: Short) -> HTMLResponse:
    """Asks the password again: a screen left open must not give away who somebody is at the desk."""
    shared = office(request)
    visitor: Visitor = request.state.visitor
    words = shared.words[language(request)]
    if visitor.desk:
        return _page(request, words["desk.not-here"], status=403)
    if not (await shared.inside(shared.users.prove, visitor.person, password, shared.seconds())).token:
        return _page(request, words["desk.password"], status=401)
    try:
        proper_pin(new)
    except BadUser as error:
        return _page(request, _half(error, request), status=422)
    try:
        await noted(request, "access", "pin-set", visitor.person)
    except HTTPException as error:
        return _page(request, error.detail, status=error.status_code)
    await asyncio.to_thread(shared.desks.set_pin, visitor.person, new)
    return _page(request, done="desk.pin-set")


async def register(request: Request, name: Short) -> Response:
    """This screen is a desk from now on, and the one who made it so is logged out here."""
    shared = office(request)
    visitor: Visitor = request.state.visitor
    try:
        token = shared.desks.register(name.strip(), visitor.person, shared.seconds())
    except BadUser as error:
        return _page(request, _half(error, request), status=422, name=name)
    try:
        await noted(request, "access", "desk-made", name.strip())
    except HTTPException as error:  # nobody has its token yet
        shared.desks.remove(name.strip())
        return _page(request, error.detail, status=error.status_code, name=name)
    shared.users.logout(request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(COOKIE)
    answer.set_cookie(DESK_COOKIE, token, max_age=KEPT_S, httponly=True, samesite="lax", secure=shared.secure)
    return answer


async def remove(request: Request, name: Short) -> HTMLResponse:
    desks = office(request).desks
    if any(desk.name == name for desk in desks.list()):
        try:
            await noted(request, "access", "desk-removed", name)
        except HTTPException as error:
            return _page(request, error.detail, status=error.status_code)
    try:
        desks.remove(name)
    except BadUser as error:
        return _page(request, _half(error, request), status=422)
    return _page(request, done="desk.removed")


def _half(error: BadUser, request: Request) -> str:
    """The reader's half of "zh · en"."""
    zh, _, en = str(error).partition(" · ")
    return zh if language(request) == "zh" else en
