"""The door: every route names its right, and nobody passes without it. Session, CSRF token, origin are checked here."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import BaseRoute

from dashboard.auth import Session
from dashboard.rights import ACT, LOOK, OPEN, PROBE, may
from dashboard.scope import PATHS, schools_of

if TYPE_CHECKING:
    from dashboard.office import Office

COOKIE = "session"
DESK_COOKIE = "desk"
AT_DESK = (LOOK, ACT)  # all that a desk may, whoever is on duty there: what weighs more wants a login of one's own
NOBODY = "viewer"  # the role of a desk at which nobody has taken over: it shows, and takes over
SAFE = frozenset({"GET", "HEAD"})
KEPT_S = 400 * 86_400  # no browser keeps a cookie for longer, whatever it is told
IDLE_S = 30 * 60  # after so long without a press, acting asks who it is (requirements, section 3, 4); never at a desk


@dataclass(frozen=True, slots=True)
class Visitor:
    person: str
    name: str
    role: str
    csrf: str
    schools: frozenset[str] | None = None  # at a bureau: all that he sees; None: everything
    idle: bool = False  # has pressed nothing for IDLE_S
    desk: str = ""  # name of the registered desk; `person` is then whoever has taken over the shift, or ""


class SeeOther(Exception):
    """Go to the log-in page: for pages, where a bare 401 would help nobody."""


class Idle(Exception):
    """Nothing was pressed for so long that whoever sits there now has to show who it is."""


class NotYours(Exception):
    """A page of other roles, or a step that somebody idle may not take: said in words a person can read, by their keys."""

    def __init__(self, title: str = "refused.title", why: str = "refused.why") -> None:
        super().__init__(why)
        self.title, self.why = title, why


@dataclass(frozen=True, slots=True)
class Need:
    """A route's declared right, as its FastAPI dependency. `page` routes send strangers to the log-in page."""

    right: str
    page: bool = False
    light: bool = False  # also after idleness: its handler asks for a proof, or it weighs nothing

    async def __call__(self, request: Request) -> None:
        if request.method not in SAFE and not _same_origin(request):
            raise HTTPException(403, "foreign origin")
        if self.right == PROBE:
            return _let_prober_in(request)
        visitor = who(request)
        request.state.visitor = visitor
        if self.right == OPEN:
            return
        if visitor is None:
            if self.page:
                raise SeeOther
            raise HTTPException(401, "not logged in")
        if not may(visitor.role, self.right) or (visitor.desk and self.right not in AT_DESK):
            if self.page:
                raise NotYours
            raise HTTPException(403, "this role may not")
        if visitor.schools is not None and request.scope["route"].path not in PATHS:
            if self.page:
                raise NotYours
            raise HTTPException(403, "not of your schools")
        if request.method not in SAFE:
            await _check_token(request, visitor)
            if not visitor.idle:
                office: Office = request.app.state.office
                office.users.acts(request.cookies.get(COOKIE, ""), office.seconds())
            elif not self.light:
                raise NotYours("prove.idle", "refused.idle") if self.page else Idle


def who(request: Request) -> Visitor | None:
    """The person behind the cookie. The site's list of people decides the role; dashboard.db only for whom it does not list."""
    office: Office = request.app.state.office
    key = request.cookies.get(COOKIE, "")
    session = office.users.session(key, office.seconds())
    if session is None:
        if desk := _at_desk(request):
            return desk
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        code = office.tokens.find(shown if scheme == "Bearer" else key, office.seconds())
        # a code only looks; its token for forms is its own, and lets it do nothing but leave
        return code and Visitor(f"code-{code.id}", code.name, code.role, hashlib.sha256(f"csrf {key}".encode()).hexdigest())
    return visitor_of(office, session)


def visitor_of(office: Office, session: Session) -> Visitor:
    """Whose session it is, as the site lists the person now."""
    state, idle = office.live.state or {}, office.seconds() - session.acted > IDLE_S
    listed = next((p for p in state.get("people", []) if p["id"] == session.person), None)
    if listed is None:
        return Visitor(session.person, session.person, session.role, session.csrf, idle=idle)
    schools = schools_of(listed.get("zones", ()), state)
    return Visitor(session.person, listed["name"], listed["role"], session.csrf, schools, idle)


def _at_desk(request: Request) -> Visitor | None:
    """A registered desk acts for the person at the duty post, by that person's role; `run` away, it only shows."""
    office: Office = request.app.state.office
    desk = office.desks.find(request.cookies.get(DESK_COOKIE, ""))
    if desk is None:
        return None
    state = office.live.state or {}
    person = (state.get("post") or {}).get("desk", "")
    listed = next((p for p in state.get("people", []) if p["id"] == person), None)
    if listed is None:
        return Visitor("", desk.name, NOBODY, desk.csrf, desk=desk.name)
    schools = schools_of(listed.get("zones", ()), state)
    return Visitor(person, listed["name"], listed["role"], desk.csrf, schools, desk=desk.name)


def keep(request: Request, answer: Response) -> None:
    """A desk's and a code's cookie, set anew: a screen that stands for years is still known after what a browser allows."""
    visitor: Visitor | None = request.state.visitor
    name = "" if visitor is None else DESK_COOKIE if visitor.desk else COOKIE if visitor.person.startswith("code-") else ""
    if key := request.cookies.get(name, ""):
        secure = request.app.state.office.secure
        answer.set_cookie(name, key, max_age=KEPT_S, httponly=True, samesite="lax", secure=secure)


def _let_prober_in(request: Request) -> None:
    """With a token: whoever shows it. Without: this machine only, and nobody whom a proxy of this machine speaks for."""
    token: str = request.app.state.office.metrics_token
    if token:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
    elif not from_here(request):
        raise HTTPException(403, "this machine only; start the dashboard with --metrics-token for others")


def from_here(request: Request) -> bool:
    """Is it asked by this machine itself, and for nobody else?"""
    forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip", "via"))
    try:
        return not forwarded and request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


async def _check_token(request: Request, visitor: Visitor) -> None:
    token = request.headers.get("x-csrf-token")
    if token is None and request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        token = str((await request.form()).get("csrf", ""))
    if token is None or not hmac.compare_digest(token.encode(), visitor.csrf.encode()):
        raise HTTPException(403, "csrf token missing or wrong")


def _same_origin(request: Request) -> bool:
    """Browsers name the origin of every write; a program that is no browser has no cookie to abuse."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def undeclared(routes: Iterable[BaseRoute]) -> list[str]:
    """Paths of routes that declare no right, or more than one."""
    return [
        str(getattr(route, "path", route))
        for route in routes
        if not isinstance(route, APIRoute) or sum(isinstance(d.dependency, Need) for d in route.dependencies) != 1
    ]
