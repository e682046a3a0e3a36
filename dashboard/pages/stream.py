"""/api/v1/stream: server-sent events, a snapshot first, then deltas; resumes after Last-Event-ID where it can."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from fastapi import Request
from sse_starlette import EventSourceResponse

from dashboard.door import keep, who
from dashboard.live import event
from dashboard.office import office
from dashboard.rights import LOOK, may
from dashboard.scope import within

PING_S = 15
RECHECK_S = 5.0  # a session that ended, or a person who was removed, sees no more than this


async def stream(request: Request) -> EventSourceResponse:
    """Server-sent events: a SNAPSHOT, then DELTAs of docs/local-socket.md, for ever; of a point only the fields that changed, a
    number that moved at most once a second."""
    answer = EventSourceResponse(
        _events(request, request.headers.get("last-event-id", "")),
        ping=PING_S,
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
        send_timeout=30,
    )
    keep(request, answer)
    return answer


async def _events(request: Request, last_id: str) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    checked, visitor = loop.time(), who(request)
    async with contextlib.aclosing(office(request).live.follow(last_id)) as messages:
        async for message in messages:
            if loop.time() - checked > RECHECK_S:
                checked, visitor = loop.time(), who(request)
                if visitor is None or not may(visitor.role, LOOK):
                    yield event("bye", "", {}).sent
                    return
            if visitor and visitor.schools is not None and message.event != "down":
                seen = within(json.loads(message.data), visitor.schools, office(request).live.state or {})
                message = event(message.event, message.id, seen)
            yield message.sent
