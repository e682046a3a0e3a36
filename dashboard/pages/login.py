"""Logging in and out. Who may is auth.py's matter."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dashboard.auth import SESSION_S
from dashboard.database import DiskError
from dashboard.door import COOKIE, NOBODY, Visitor, visitor_of
from dashboard.office import TURN_S, Office, language, office
from dashboard.pages.frame import render
from dashboard.pages.noted import told

PLACE = re.compile(r"/[a-z]*(\?[\w&=.,:%+-]*)?", re.ASCII)
MOST_WAITING = 8  # at the door; who comes then is told so at once

log = logging.getLogger(__name__)


async def form(request: Request) -> Response:
    to = request.query_params.get("ended", "")
    if request.state.visitor is not None:
        return RedirectResponse(_place(to), 303)
    return _page(request, 200, "login.ended" if to else "", to)


def _named(shared: Office, person: str) -> str:
    """For the log: never what somebody may have typed into the wrong field."""
    return repr(person) if shared.users.known(person) else "a name that is no user's"


def _place(to: str) -> str:
    """A page of ours, and nothing that a browser could take for another host."""
    return to if PLACE.fullmatch(to) else "/"


def _page(request: Request, status: int, problem: str, to: str, wait: int = 0) -> HTMLResponse:
    words = office(request).words[language(request)]
    told = words[problem].replace("{s}", str(wait)) if problem else ""
    return render(request, "login.html", status, problem=told, to=to)


async def enter(
    request: Request,
    person: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=256)],
    to: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """A new session id at every login; the old one, if any, ends. `to`: the page that a session was on when it ended."""
    shared = office(request)
    if shared.at_door >= MOST_WAITING:  # each costs the processor that the alarms live on
        return _page(request, 429, "login.busy", to)
    shared.at_door += 1
    try:
        async with shared.login_turn, asyncio.timeout(TURN_S):
            outcome = await asyncio.to_thread(shared.users.login, person, password, shared.seconds())
    except (DiskError, TimeoutError) as error:
        log.warning("login refused: dashboard.db takes nothing: %s", str(error) or "it takes too long")
        return _page(request, 503, "login.storage", to)
    finally:
        shared.at_door -= 1
    if outcome.locked:
        log.warning("login refused: account %s is locked after too many wrong passwords", _named(shared, person))
        return _page(request, 429, "login.locked", to)
    if outcome.wait:
        return _page(request, 429, "login.wait", to, outcome.wait)
    if not outcome.token:
        log.warning("login refused: wrong name or password for %s", _named(shared, person))
        if outcome.locks and shared.users.known(person):
            await told(request, Visitor(person, person, NOBODY, ""), "locked")
            request.state.visitor = None
        return _page(request, 401, "login.wrong", to)
    shared.users.logout(request.cookies.get(COOKIE, ""))
    if session := shared.users.session(outcome.token, shared.seconds()):
        await told(request, visitor_of(shared, session), "logged-in")
    answer = RedirectResponse(_place(to), 303)
    answer.set_cookie(COOKIE, outcome.token, max_age=SESSION_S, httponly=True, samesite="lax", secure=shared.secure)
    return answer


async def leave(request: Request) -> Response:
    office(request).users.logout(request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer
