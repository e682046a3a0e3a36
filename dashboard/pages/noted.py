"""What the page's own server does is told to `run` first, whose journal keeps it. Knows no page."""

from __future__ import annotations

import logging

from fastapi import HTTPException, Request

from dashboard.door import Visitor
from dashboard.office import language, office
from dashboard.pages.command import order_of
from gateway.local import RunDown

log = logging.getLogger(__name__)


async def told(request: Request, visitor: Visitor, what: str) -> None:
    """What has happened at the door, for the journal where it can be written: nobody is kept out because the box is away."""
    request.state.visitor = visitor
    try:
        await noted(request, "access", what, visitor.person)
    except HTTPException:
        log.warning("%s: %s; the journal does not say so, for run is away", visitor.person, what)


async def noted(request: Request, verb: str, what: str, about: str) -> None:
    """Written first: without the journal nothing is done. Raises HTTPException 503 while `run` is down, 403 when it refuses."""
    shared = office(request)
    visitor: Visitor = request.state.visitor
    words, state = shared.words[language(request)], shared.live.state
    if state is None or shared.live.down:
        raise HTTPException(503, words["reply.down"])
    args = {"what": what, "about": about, "role": visitor.role}
    try:
        answer = await shared.client.do(order_of(visitor, verb, "", args, state["now"]))
    except RunDown:
        raise HTTPException(503, words["reply.down"]) from None
    if not answer["ok"]:
        raise HTTPException(403, (answer.get("text") or {}).get(language(request), ""))
