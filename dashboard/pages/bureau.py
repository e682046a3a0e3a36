"""/api/v1/fleet-command: what somebody of the bureau asks of one school. The fleet task decides, and says only that it is on its way."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from alerts.authority import OF_SCHOOLS
from dashboard.door import Visitor
from dashboard.office import language, office
from dashboard.pages.command import LIFETIME_MS
from gateway.local import RunDown

Name = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,20}$")]
Text = Annotated[str, StringConstraints(max_length=200)]


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    site: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    verb: Annotated[str, StringConstraints(max_length=20)]
    alarm: Annotated[str, StringConstraints(max_length=80)] = ""
    args: Annotated[dict[Name, Text | int], Field(max_length=4)] = Field(default_factory=dict)


async def ask(request: Request, asked: Asked) -> JSONResponse:
    """{"ok", "code", "text"} in the reader's language: 200 answered, 403 not this role's, 503 `run` is down."""
    shared, lang = office(request), language(request)
    visitor: Visitor = request.state.visitor
    if visitor.role not in OF_SCHOOLS.get(asked.verb, ()):
        raise HTTPException(403, "this role may not")
    state = shared.live.state
    if state is None or shared.live.down:
        return JSONResponse({"ok": False, "code": "run-down", "text": shared.words[lang]["reply.down"]}, 503)
    sent = {
        "id": secrets.token_hex(16), "verb": asked.verb, "site": asked.site, "alarm": asked.alarm, "person": visitor.person,
        "proof": "local", "expires": state["now"] + LIFETIME_MS, "args": asked.args,
    }  # fmt: skip
    try:
        answer = await shared.client.do(sent)
    except RunDown:  # it may have been sent or not: the school's page shows what became of it
        return JSONResponse({"ok": False, "code": "run-down", "text": shared.words[lang]["reply.unknown"]}, 503)
    return JSONResponse({"ok": answer["ok"], "code": answer["code"], "text": (answer.get("text") or {}).get(lang, "")})
