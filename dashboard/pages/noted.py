"""What the page's own server does is told to `run` first, whose journal keeps it. Knows no page."""

from __future__ import annotations

from fastapi import HTTPException, Request

from dashboard.door import Visitor
from dashboard.office import language, office
from dashboard.pages.command import order_of
from gateway.local import RunDown


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
