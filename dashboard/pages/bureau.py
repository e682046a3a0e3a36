"""One school at a bureau: /api/v1/fleet-site, its curves out of the database, and fleet-command: what is asked of it.

The fleet task decides what is sent, and says only that it is on its way.
"""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from alerts.authority import OF_SCHOOLS
from dashboard.door import Idle, Visitor
from dashboard.office import language, office
from dashboard.pages.api import LONGEST_MS
from dashboard.pages.command import LIFETIME_MS, ONE_TOUCH
from dashboard.pages.questions import PATIENCE
from gateway.local import RequestError, RunDown

ID = r"^[a-z0-9][a-z0-9-]{0,31}$"

Name = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,20}$")]
Text = Annotated[str, StringConstraints(max_length=200)]


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    site: Annotated[str, StringConstraints(pattern=ID)]
    verb: Annotated[str, StringConstraints(max_length=20)]
    alarm: Annotated[str, StringConstraints(max_length=80)] = ""
    seen: Annotated[str, StringConstraints(max_length=200)] = ""  # what the page showed, for the bureau's own journal
    args: Annotated[dict[Name, Text | int], Field(max_length=4)] = Field(default_factory=dict)


def _mine(request: Request, site: str) -> None:
    """Somebody who answers for other schools is told no more than that there is none for him."""
    schools = request.state.visitor.schools
    if schools is not None and site not in schools:
        raise HTTPException(404, "no such school")


async def drilled(
    request: Request, site: Annotated[str, Query(pattern=ID)], limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> JSONResponse:
    """One school: its state, open alarms, devices, newest events and what was asked of it, as docs/local-socket.md."""
    _mine(request, site)
    return await _answered(request, "fleet-site", site=site, limit=limit)


async def history(
    request: Request,
    site: Annotated[str, Query(pattern=ID)],
    point: Annotated[str, Query(max_length=65)],
    start: Annotated[int, Query(alias="from", ge=0)],
    end: Annotated[int, Query(alias="to", ge=0)],
    buckets: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> JSONResponse:
    """A point of a school out of the bureau's database: a SERIES of docs/local-socket.md, at most 400 days at once."""
    _mine(request, site)
    if site not in ((office(request).live.state or {}).get("schools") or {}):
        raise HTTPException(404, "no such school")
    if not 0 < end - start <= LONGEST_MS:
        raise HTTPException(422, "`to` lies before `from`, or too far after it")
    return await _answered(request, "history", site=site, point=point, buckets=buckets, **{"from": start, "to": end})


async def _answered(request: Request, what: str, **asked: object) -> JSONResponse:
    """Of `run`, in the reader's language where it refuses."""
    try:
        return JSONResponse(await office(request).client.ask(what, PATIENCE, **asked))
    except RunDown as error:
        raise HTTPException(503, "run is not heard") from error
    except RequestError as error:
        return JSONResponse({"code": error.code, "text": error.zh if language(request) == "zh" else error.en}, 422)


async def ask(request: Request, asked: Asked) -> JSONResponse:
    """{"ok", "code", "text"} in the reader's language: 200 answered, 403 not this role's, 503 `run` is down."""
    _mine(request, asked.site)
    shared, lang = office(request), language(request)
    visitor: Visitor = request.state.visitor
    if visitor.idle and asked.verb not in ONE_TOUCH:
        raise Idle
    if visitor.role not in OF_SCHOOLS.get(asked.verb, ()):
        raise HTTPException(403, "this role may not")
    state = shared.live.state
    if state is None or shared.live.down:
        return JSONResponse({"ok": False, "code": "run-down", "text": shared.words[lang]["reply.down"]}, 503)
    sent = {
        "id": secrets.token_hex(16), "verb": asked.verb, "site": asked.site, "alarm": asked.alarm, "person": visitor.person,
        "proof": "local", "expires": state["now"] + LIFETIME_MS, "args": asked.args, "seen": asked.seen,
    }  # fmt: skip
    try:
        answer = await shared.client.do(sent)
    except RunDown:  # it may have been sent or not: the school's page shows what became of it
        return JSONResponse({"ok": False, "code": "run-down", "text": shared.words[lang]["reply.unknown"]}, 503)
    return JSONResponse({"ok": answer["ok"], "code": answer["code"], "text": (answer.get("text") or {}).get(lang, "")})
