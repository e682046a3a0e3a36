"""/api/v1/stream: server-sent events, a snapshot first, then deltas; resumes after Last-Event-ID where it can."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from fastapi import Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from dashboard.door import who
from dashboard.live import dumped
from dashboard.office import office
from dashboard.rights import LOOK, may
from dashboard.scope import within

PING_S = 15
RECHECK_S = 5.0  # a session that ended, or a person who was removed, sees no more than this


async def stream(request: Request) -> EventSourceResponse:
    """Server-sent events: a SNAPSHOT, then DELTAs of docs/local-socket.md, for ever."""
    return EventSourceResponse(
        _events(request, request.headers.get("last-event-id", "")),
        ping=PING_S,
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
        send_timeout=30,
    )


async def _events(request: Request, last_id: str) -> AsyncIterator[ServerSentEvent]:
    loop = asyncio.get_running_loop()
    checked, visitor = loop.time(), who(request)
    async with contextlib.aclosing(office(request).live.follow(last_id)) as messages:
        async for event, id, text in messages:
            if loop.time() - checked > RECHECK_S:
                checked, visitor = loop.time(), who(request)
                if visitor is None or not may(visitor.role, LOOK):
                    yield ServerSentEvent("{}", event="bye")
                    return
            if visitor and visitor.schools is not None and event != "down":
                text = dumped(within(json.loads(text), visitor.schools, office(request).live.state or {}))
            yield ServerSentEvent(text, event=event, id=id or None)
