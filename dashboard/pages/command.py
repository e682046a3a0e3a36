"""/api/v1/command: what a person presses, as a Command on the local socket. The engine decides; its words go back."""

from __future__ import annotations

import secrets
from typing import Annotated, Literal

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from dashboard.door import Visitor
from dashboard.office import language, office
from dashboard.rights import VERBS
from gateway.local import RunDown

LIFETIME_MS = 30_000  # a local command dies of age after this (requirements, section 3, 17)

Short = Annotated[str, StringConstraints(max_length=100)]


class Args(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    result: Literal["real", "false"] | None = None
    cause: Short = ""
    on_site: StrictBool = False


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    verb: Literal["ack", "result", "silence", "reset"]
    alarm: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    args: Args = Field(default_factory=Args)


async def command(request: Request, order: Order) -> JSONResponse:
    """{"ok", "code", "text"} in the reader's language: 200 answered by the engine, 422 incomplete, 503 `run` is down."""
    shared, lang = office(request), language(request)
    visitor: Visitor = request.state.visitor
    words = shared.words[lang]
    if order.verb not in VERBS.get(visitor.role, ()):
        raise HTTPException(403, "this role may not")
    if problem := _problem(order):
        return JSONResponse({"ok": False, "code": "incomplete", "text": words[problem]}, 422)
    state = shared.live.state
    if state is None or shared.live.down:
        return JSONResponse({"ok": False, "code": "run-down", "text": words["reply.down"]}, 503)
    sent = {
        "id": secrets.token_hex(16),
        "verb": order.verb,
        "alarm": order.alarm,
        "person": visitor.person,
        "proof": "local",
        "expires": state["now"] + LIFETIME_MS,  # by the box's own clock
        "args": order.args.model_dump() if order.verb == "result" else {},
    }
    try:
        answer = await shared.client.do(sent)
    except RunDown:  # it may have been taken or not: the page shows what the alarm says next
        return JSONResponse({"ok": False, "code": "run-down", "text": words["reply.unknown"]}, 503)
    text = (answer.get("text") or {}).get(lang, "")
    return JSONResponse({"ok": answer["ok"], "code": answer["code"], "text": text})


def _problem(order: Order) -> str:
    if order.verb != "result":
        return ""
    if order.args.result is None:
        return "reply.result"
    if order.args.result == "false" and not order.args.cause:
        return "reply.cause"
    if order.args.result == "false" and not order.args.on_site:
        return "reply.on-site"
    return ""
