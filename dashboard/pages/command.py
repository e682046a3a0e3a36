"""/api/v1/command: what a person presses, as a Command on the local socket. The engine decides; its words go back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from alerts.authority import VERBS as OF_ALARMS
from dashboard.door import Idle, Visitor
from dashboard.office import language, office
from dashboard.rights import VERBS
from dashboard.scope import within
from gateway.local import RunDown

RESULTS = ("real", "false", "drill", "test")
DESK = "desk"  # to the engine: whoever has taken over the shift, at the moment it is carried out
ONE_TOUCH = frozenset({"ack", "silence", "note", "tick", "next"})  # at a desk, and after idleness; all else asks who it is
BY_HAND = frozenset({"sign", "identify"})  # on anybody's screen, by whoever shows a PIN of their own: a session proves nobody
LIFETIME_MS = 30_000  # a local command dies of age after this (requirements, section 3, 17)

Name = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,20}$")]
Text = Annotated[str, StringConstraints(max_length=4000)]  # a list of points is one text
MOST_ARGS = 20


class Order(BaseModel):
    """What the page sends. Which arguments a verb takes is the engine's matter: here they are only kept small."""

    model_config = ConfigDict(extra="forbid", strict=True)

    verb: Annotated[str, StringConstraints(max_length=40)]
    alarm: Annotated[str, StringConstraints(max_length=200)] = ""
    person: Annotated[str, StringConstraints(max_length=64)] = ""  # at a desk: who it is that acts, proven by `pin`
    pin: Annotated[str, StringConstraints(max_length=6)] = ""
    seen: Annotated[str, StringConstraints(max_length=200)] = ""  # what the page showed, for the journal; no names of people
    args: Annotated[dict[Name, Text | int | float | bool | None], Field(max_length=MOST_ARGS)] = Field(default_factory=dict)


def order_of(visitor: Visitor, verb: str, alarm: str, args: Mapping[str, object], now: int) -> dict[str, object]:
    """A Command of the person at the page; `now` is the box's own clock, ms."""
    return {
        "id": secrets.token_hex(16),
        "verb": verb,
        "alarm": alarm,
        "person": visitor.person,
        "proof": "local",
        "expires": now + LIFETIME_MS,
        "args": dict(args),
    }


class Refused(Exception):
    """A PIN that does not prove who acts; the text is for the person."""


async def refused(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"ok": False, "code": "pin", "text": str(error)}, 403)


async def command(request: Request, order: Order) -> JSONResponse:
    """{"ok", "code", "text"} in the reader's language: 200 answered by the engine, 422 incomplete, 503 `run` is down."""
    shared, lang = office(request), language(request)
    visitor: Visitor = request.state.visitor
    words = shared.words[lang]
    if visitor.desk or (order.verb in BY_HAND and order.person):
        visitor = await _acting(request, order, visitor)
    elif visitor.idle and order.verb not in ONE_TOUCH:
        raise Idle
    elif order.person or order.pin:
        raise HTTPException(422, "person and pin are for registered desks")
    if order.verb not in VERBS.get(visitor.role, ()):
        raise HTTPException(403, "this role may not")
    if problem := _problem(order):
        return JSONResponse({"ok": False, "code": "incomplete", "text": words[problem]}, 422)
    state = shared.live.state
    if state is None or shared.live.down:
        return JSONResponse({"ok": False, "code": "run-down", "text": words["reply.down"]}, 503)
    if visitor.schools is not None and order.alarm not in within(state, visitor.schools, state)["alarms"]:
        raise HTTPException(403, "not of your schools")
    sent = order_of(visitor, order.verb, order.alarm, order.args, state["now"]) | {"seen": order.seen}
    try:
        answer = await shared.client.do(sent)
    except RunDown:  # it may have been taken or not: the page shows what the alarm says next
        return JSONResponse({"ok": False, "code": "run-down", "text": words["reply.unknown"]}, 503)
    text = (answer.get("text") or {}).get(lang, "")
    return JSONResponse({"ok": answer["ok"], "code": answer["code"], "text": text})


async def _acting(request: Request, order: Order, visitor: Visitor) -> Visitor:
    """Who acts at a desk: one touch in the name of whoever is on duty, and for what weighs more the person whose PIN it is."""
    if order.verb in ONE_TOUCH and not order.person:
        return replace(visitor, person=DESK)
    shared, lang = office(request), language(request)
    person = order.person or visitor.person
    found = await shared.inside(shared.desks.check_pin, person, order.pin, shared.seconds())
    if not found.token:
        key = "pin.locked" if found.locked else "pin.wait" if found.wait else "pin.wrong"
        raise Refused(shared.words[lang][key].replace("{s}", str(found.wait)))
    listed = next((p for p in (shared.live.state or {}).get("people", []) if p["id"] == person), None)
    if listed is None:
        raise HTTPException(403, "not on the list of people")
    return replace(visitor, person=person, name=listed["name"], role=listed["role"])


def _problem(order: Order) -> str:
    """What the order still lacks, as a key of the catalogue: said before the engine has to refuse it."""
    if order.verb in OF_ALARMS and not order.alarm:
        return "reply.which"  # without one, the engine would take all that are open
    if order.verb in BY_HAND and not order.pin:
        return "pin.wrong"
    if order.verb != "result":
        return ""
    if order.args.get("result") not in RESULTS:
        return "reply.result"
    if order.args["result"] == "false" and not order.args.get("cause"):
        return "reply.cause"
    if order.args["result"] == "false" and order.args.get("on_site") is not True:
        return "reply.on-site"
    return ""
