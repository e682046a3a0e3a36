"""Who has pressed nothing for half an hour shows who it is, by PIN or password, before what weighs (requirements, section 3, 4)."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, StringConstraints

from dashboard.door import COOKIE, Visitor
from dashboard.office import language, office
from dashboard.pages.command import Refused


class Secret(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    secret: Annotated[str, StringConstraints(min_length=1, max_length=200)]


async def prove(request: Request, wanted: Secret) -> JSONResponse:
    """{"ok"}: the person of this session may act again. What has the shape of a PIN is one; 403 with words for what proves nothing."""
    shared = office(request)
    visitor: Visitor = request.state.visitor
    check = shared.desks.check_pin if re.fullmatch(r"[0-9]{4,6}", wanted.secret) else shared.users.prove
    found = await shared.inside(check, visitor.person, wanted.secret, shared.seconds())
    if not found.token:
        key = "pin.locked" if found.locked else "pin.wait" if found.wait else "prove.wrong"
        raise Refused(shared.words[language(request)][key].replace("{s}", str(found.wait)))
    shared.users.acts(request.cookies.get(COOKIE, ""), shared.seconds())
    return JSONResponse({"ok": True})


async def idle(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"ok": False, "code": "idle", "text": office(request).words[language(request)]["prove.idle"]}, 403)
