"""/healthz and /metrics: is `run` alive, and its figures. For supervisors and Prometheus; says nothing about persons."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse

from dashboard import metrics
from dashboard.office import Office, office
from gateway.local import LocalClient, RequestError, RunDown

ANSWER = 3.0  # s within which `run` must answer
BEAT = 2.5  # s within which its engine must have gone round; it does so at least once a second
LOOK = 0.25


async def healthz(request: Request) -> JSONResponse:
    """200 while the page follows `run` and the alarm engine's beat advances; else 503 with what is wrong."""
    if request.app.state.following.done():
        why = "页面的跟随任务已停，请重启 dashboard · the follower has stopped: restart the dashboard"
    elif office(request).live.down:
        why = "听不到 run · run is not heard"
    else:
        why = await judged(office(request))
    return JSONResponse({"ok": not why, "why": why}, 503 if why else 200)


async def judged(shared: Office) -> str:
    """One look for all who ask meanwhile: strangers may ask a thousand times a second, and `run` feels one of them."""
    if shared.look is None or shared.look.done():
        shared.look = asyncio.create_task(_hung(shared.client))
    return await asyncio.shield(shared.look)


async def _hung(client: LocalClient) -> str:
    """Why `run` cannot be relied on, or ""."""
    try:
        first = await _beat(client)
        for _ in range(int(BEAT / LOOK)):
            await asyncio.sleep(LOOK)
            if await _beat(client) != first:
                return ""
    except (RunDown, RequestError) as error:
        return f"run 不回答 · run does not answer: {error}"
    return f"报警引擎 {BEAT:g} 秒没有转动 · the alarm engine has not moved for {BEAT:g} s"


async def _beat(client: LocalClient) -> object:
    health: dict[str, Any] = await client.ask("health", ANSWER)
    return health["tasks"]["engine"]["beat"]


async def figures(request: Request) -> PlainTextResponse:
    """Always 200, so that Prometheus sees `campus_up 0` and not a gap."""
    live = office(request).live
    try:
        health = None if live.down else await office(request).client.ask("health", ANSWER)
    except (RunDown, RequestError):
        health = None  # campus_up 0 says it
    return PlainTextResponse(metrics.render(live.state if health else None, health), media_type=metrics.CONTENT_TYPE)
