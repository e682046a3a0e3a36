"""/healthz: is the page's process following `run`? For a supervisor; says nothing about the school."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse

from dashboard.office import office


async def healthz(request: Request) -> JSONResponse:
    """200 while the page is live, 503 while it shows old data or its follower has died of a bug."""
    dead = request.app.state.following.done()
    down = "the follower has stopped" if dead else office(request).live.down
    return JSONResponse({"ok": not down, "why": "run is not heard" if down and not dead else down}, 503 if down else 200)
