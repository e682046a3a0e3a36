"""Builds the page's application: every route in one table with its right. No behaviour of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from starlette.requests import Request
from starlette.responses import Response

from dashboard import office as shared
from dashboard.armour import Armour
from dashboard.auth import Users, new_password
from dashboard.database import DiskError
from dashboard.desks import Desks
from dashboard.door import Idle, Need, NotYours, SeeOther, undeclared
from dashboard.live import Live
from dashboard.office import Office
from dashboard.pages import (
    access,
    addressing,
    api,
    assets,
    bureau,
    command,
    described,
    desk,
    export,
    frame,
    health,
    login,
    plans,
    prove,
    questions,
    setup,
    stream,
    take_away,
)
from dashboard.plans import Plans
from dashboard.rights import ACT, ADMIT, CONFIGURE, DESKS, DRAW, FORESEE, LOOK, OPEN, PROBE, SCHOOLS, WALK
from dashboard.tokens import Tokens
from drivers.reading import Clock
from gateway.local import LocalClient

log = logging.getLogger(__name__)

ADMIN = "admin"
REMEMBER_S = 30.0

# method, path, what answers, its right
Route = tuple[str, str, Callable[..., Any], Need]
ROUTES: tuple[Route, ...] = (
    ("GET", "/", frame.page("home.html"), Need(LOOK, page=True)),
    ("GET", "/alarms", frame.page("alarms.html"), Need(LOOK, page=True)),
    ("GET", "/service", frame.page("service.html"), Need(LOOK, page=True)),
    ("GET", "/walk", frame.page("walk.html"), Need(WALK, page=True)),
    ("GET", "/acceptance", frame.page("acceptance.html"), Need(WALK, page=True)),
    ("GET", "/stores", frame.page("stores.html"), Need(LOOK, page=True)),
    ("GET", "/history", frame.page("history.html"), Need(LOOK, page=True)),
    ("GET", "/devices", frame.page("devices.html"), Need(LOOK, page=True)),
    ("GET", "/plans", frame.page("plans.html"), Need(LOOK, page=True)),
    ("GET", "/plan/{sha}", plans.drawing, Need(LOOK, page=True)),
    ("GET", "/bureau", frame.page("bureau.html"), Need(LOOK, page=True)),
    ("GET", "/api/v1/fleet-site", bureau.drilled, Need(LOOK)),
    ("GET", "/api/v1/fleet-history", bureau.history, Need(LOOK)),
    ("POST", "/api/v1/fleet-command", bureau.ask, Need(SCHOOLS, light=True)),
    ("GET", "/setup", frame.page("setup.html"), Need(CONFIGURE, page=True)),
    ("GET", "/access", frame.page("access.html"), Need(ADMIT, page=True)),
    ("GET", "/screen", access.screen, Need(OPEN)),
    ("POST", "/screen", access.enter_screen, Need(OPEN)),
    ("GET", "/people", frame.page("people.html"), Need(FORESEE, page=True)),
    ("GET", "/inspect", frame.page("inspect.html"), Need(LOOK, page=True)),
    ("GET", "/shift", frame.page("shift.html"), Need(LOOK, page=True)),
    ("GET", "/desk", desk.form, Need(LOOK, page=True)),
    ("POST", "/desk/pin", desk.pin, Need(LOOK, page=True, light=True)),
    ("POST", "/desk/register", desk.register, Need(DESKS, page=True)),
    ("POST", "/desk/remove", desk.remove, Need(DESKS, page=True)),
    ("GET", "/picture/{sha}", assets.picture, Need(LOOK, page=True)),
    ("GET", "/login", login.form, Need(OPEN)),
    ("POST", "/login", login.enter, Need(OPEN)),
    ("POST", "/logout", login.leave, Need(LOOK, page=True, light=True)),
    ("GET", "/static/{version}/{name:path}", assets.static, Need(OPEN)),
    ("GET", "/healthz", health.healthz, Need(OPEN)),
    ("GET", "/metrics", health.figures, Need(PROBE)),
    ("GET", "/api/v1/words", api.words, Need(LOOK)),
    ("GET", "/api/v1/state", api.state, Need(LOOK)),
    ("GET", "/api/v1/history", api.history, Need(LOOK)),
    ("GET", "/api/v1/curves", api.curves, Need(LOOK)),
    ("GET", "/api/v1/export", export.export, Need(LOOK)),
    ("GET", "/api/v1/duty-log", take_away.duty_log, Need(LOOK)),
    ("GET", "/api/v1/stream", stream.stream, Need(LOOK)),
    ("POST", "/api/v1/command", command.command, Need(ACT, light=True)),
    ("POST", "/api/v1/prove", prove.prove, Need(LOOK, light=True)),
    ("GET", "/api/v1/access", access.people, Need(ADMIT)),
    ("POST", "/api/v1/access/login", access.login, Need(ADMIT)),
    ("POST", "/api/v1/access/lock-out", access.lock_out, Need(ADMIT)),
    ("POST", "/api/v1/access/code", access.make_code, Need(ADMIT)),
    ("POST", "/api/v1/access/end", access.end_code, Need(ADMIT)),
    ("GET", "/api/v1/plans", plans.plans, Need(LOOK)),
    ("POST", "/api/v1/plans/upload", plans.upload, Need(DRAW)),
    ("POST", "/api/v1/plans/markers", plans.mark, Need(DRAW)),
    ("POST", "/api/v1/plans/remove", plans.remove, Need(DRAW)),
    ("GET", "/api/v1/setup", setup.start, Need(CONFIGURE)),
    ("POST", "/api/v1/setup/edit", setup.edited, Need(CONFIGURE)),
    ("POST", "/api/v1/setup/tables", setup.tables, Need(CONFIGURE)),
    ("POST", "/api/v1/setup/who", setup.who, Need(CONFIGURE)),
    ("POST", "/api/v1/setup/check", setup.checked, Need(CONFIGURE)),
    ("POST", "/api/v1/setup/propose", setup.propose, Need(CONFIGURE)),
    ("POST", "/api/v1/setup/confirm", setup.confirm, Need(CONFIGURE)),
    ("POST", "/api/v1/setup/return", setup.give_back, Need(CONFIGURE)),
    ("POST", "/api/v1/setup/scan", setup.scan, Need(CONFIGURE)),
    ("POST", "/api/v1/setup/address-look", addressing.look, Need(CONFIGURE)),
    ("POST", "/api/v1/setup/address-judge", addressing.judge, Need(CONFIGURE)),
    ("POST", "/api/v1/setup/address", addressing.give, Need(CONFIGURE)),
    ("GET", "/api/v1/setup/version", setup.version, Need(CONFIGURE)),
    ("GET", "/api/v1/setup/ports", setup.ports, Need(CONFIGURE)),
    ("GET", "/api/v1/setup/read", setup.read, Need(CONFIGURE)),
    *(("GET", f"/api/v1/{what}", questions.question(what), Need(row[0])) for what, row in questions.QUESTIONS.items()),
)


DESCRIPTION: Route = ("GET", "/api/v1/openapi.json", described.openapi, Need(LOOK))  # only with --openapi


def add_routes(app: FastAPI, *more: Route) -> None:
    """Every route of the table, and these."""
    for method, path, endpoint, need in (*ROUTES, *more):
        about = questions.described(path)
        app.add_api_route(
            path, endpoint, methods=[method], dependencies=[Depends(need)], response_model=None, openapi_extra=about
        )


def first_admin(users: Users) -> str:
    """In an empty dashboard.db makes `admin` and returns its random password, the only time it is known; else ""."""
    if users.list():
        return ""
    password = new_password()
    users.add(ADMIN, password, "admin")
    return password


def create_app(
    data: Path, clock: Clock, users: Users, language: str = "zh", secure: bool = False, socket: Path | None = None,
    metrics_token: str = "", openapi: bool = False,
) -> FastAPI:  # fmt: skip
    """The page over the `run` of this data folder. Raises RuntimeError when a route declares no right."""
    client = LocalClient(socket or data / "run.sock")
    files = shared.load_files()
    version = shared.digest(files)
    office = Office(
        users=users,
        tokens=Tokens(data / "dashboard.db"),
        desks=Desks(data / "dashboard.db"),
        plans=Plans(data / "dashboard.db"),
        live=Live(client, version),
        client=client,
        clock=clock,
        words=shared.load_words(),
        files=files,
        version=version,
        language=language,
        secure=secure,
        templates=Jinja2Templates(directory=shared.HERE / "templates"),
        metrics_token=metrics_token,
    )

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        following = asyncio.create_task(office.live.run(), name="follow")
        following.add_done_callback(_tell_of_a_bug)
        app.state.following = following
        remembering = asyncio.create_task(_remember(users), name="remember")
        yield
        for task in (following, remembering):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None, title="campus-gateway")
    app.state.office = office
    add_routes(app, *([DESCRIPTION] if openapi else []))
    app.add_exception_handler(SeeOther, _to_login)
    app.add_exception_handler(NotYours, _not_yours)
    app.add_exception_handler(command.Refused, command.refused)
    app.add_exception_handler(Idle, prove.idle)
    app.add_exception_handler(DiskError, _disk)
    app.add_exception_handler(TimeoutError, _disk)
    app.add_middleware(Armour)
    if missing := undeclared(app.routes):
        raise RuntimeError(f"routes without a declared right: {', '.join(missing)}; give each a Need(...) in ROUTES")
    return app


async def _remember(users: Users) -> None:
    """For ever. A disk that cannot write is `run`'s to tell of; who has acted is known all the same."""
    while True:
        await asyncio.sleep(REMEMBER_S)
        with contextlib.suppress(DiskError):
            await asyncio.to_thread(users.remember)


def _tell_of_a_bug(following: asyncio.Task[None]) -> None:
    """The follower never ends by itself: pages are grey now, /healthz says 503, and a supervisor may restart us."""
    if not following.cancelled() and (bug := following.exception()):
        log.critical("the follower of the local socket died", exc_info=bug)


async def _to_login(request: Request, error: Exception) -> Response:
    return RedirectResponse("/login", 303)


async def _disk(request: Request, error: Exception) -> Response:
    """What had to be read or written in dashboard.db cannot be: said in words, and not carried out."""
    log.warning("dashboard.db: %s", str(error) or "it takes too long")
    if "text/html" in request.headers.get("accept", ""):
        return frame.render(request, "refused.html", 503, title="reply.storage", why="refused.storage")
    text = shared.office(request).words[shared.language(request)]["reply.storage"]
    return JSONResponse({"ok": False, "code": "storage", "text": text}, 503)


async def _not_yours(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotYours)
    return frame.render(request, "refused.html", 403, title=error.title, why=error.why)
