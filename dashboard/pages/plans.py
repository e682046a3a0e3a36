"""Floor plans: what there is, their pictures; taken in, marked and removed by whoever may draw. Written to the journal first."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import asdict
from typing import Annotated

from fastapi import HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dashboard.door import Visitor
from dashboard.drawings import BadDrawing, examine
from dashboard.office import language, office
from dashboard.pages.frame import YEAR_S
from dashboard.pages.noted import noted
from dashboard.plans import Changed, Marker, NoRoom, Plan
from dashboard.rights import DRAW, may

Share = Annotated[float, Field(ge=0, le=1)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ALONE = b"default-src 'none'; sandbox"  # a plan opened by itself is a picture and nothing else


class Place(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    of: Id
    x: Share | None = None
    y: Share | None = None
    element: Annotated[str, StringConstraints(max_length=200)] = ""


class Placed(BaseModel):
    """All markers of a plan; `turn` is the plan's when it was read."""

    model_config = ConfigDict(extra="forbid", strict=True)

    plan: int
    turn: int
    markers: Annotated[list[Place], Field(max_length=1000)]


class Gone(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    plan: int
    turn: int


async def plans(request: Request) -> JSONResponse:
    """{"plans": [PLAN], "draw"}: all of them, and whether the reader may change them."""
    found = await asyncio.to_thread(office(request).plans.list)
    visitor: Visitor = request.state.visitor
    return JSONResponse({"plans": [asdict(p) for p in found], "draw": may(visitor.role, DRAW) and not visitor.desk})


async def drawing(request: Request, sha: str) -> Response:
    """A plan's picture. Its address names its content, so it may be kept."""
    found = await asyncio.to_thread(office(request).plans.picture, sha)
    if found is None:
        raise HTTPException(404)
    kind, body = found
    headers = {"cache-control": f"private, max-age={YEAR_S}, immutable", "vary": "accept-encoding"}
    if kind == "image/svg+xml" and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = gzip.compress(body, 6, mtime=0), "gzip"
    answer = Response(body, media_type=kind, headers=headers)
    answer.raw_headers.append((b"content-security-policy", ALONE))
    return answer


async def upload(
    request: Request,
    building: Annotated[str, Query(max_length=100)] = "",
    floor: Annotated[str, Query(max_length=20)] = "",
) -> JSONResponse:
    """The body is the file. {"plan": PLAN}, or 422 with what is wrong with it and what to do."""
    shared, state = office(request), office(request).live.state or {}
    name = next((b["name"] for b in state.get("buildings", []) if b["id"] == building), None)
    if building and name is None:
        raise HTTPException(422, shared.words[language(request)]["plans.no-building"])
    if floor != floor.strip() or not floor.isprintable():
        raise HTTPException(422, shared.words[language(request)]["plans.bad-floor"])
    try:
        found = await asyncio.to_thread(examine, await request.body())
    except BadDrawing as error:
        raise HTTPException(422, error.zh if language(request) == "zh" else error.en) from None
    await noted(request, "plan", "uploaded", " ".join(filter(None, (building or "campus", floor, found.kind))))
    visitor: Visitor = request.state.visitor
    points = state.get("points", {})
    known = {*points, *(point.partition("/")[0] for point in points)}
    try:
        plan = await asyncio.to_thread(shared.plans.put, building, floor, found, visitor.person, shared.seconds(), known)
    except NoRoom:
        raise HTTPException(422, shared.words[language(request)]["plans.no-room"]) from None
    return JSONResponse({"plan": asdict(plan)})


async def mark(request: Request, wanted: Placed) -> JSONResponse:
    """{"plan": PLAN}; 409 when somebody else was quicker."""
    plan = await _found(request, wanted.plan)
    markers = [Marker(m.of, m.x, m.y, m.element) for m in wanted.markers]
    shared, words = office(request), office(request).words[language(request)]
    if len({m.of for m in markers}) < len(markers) or any((m.x is None) != (m.y is None) for m in markers):
        raise HTTPException(422, words["plans.bad-marker"])
    if any(m.x is None and m.element not in plan.ids for m in markers):
        raise HTTPException(422, words["plans.bad-marker"])
    about = f"{plan.building or 'campus'} {plan.floor} {len(markers)}".replace("  ", " ")
    await noted(request, "plan", "marked", about)
    try:
        return JSONResponse({"plan": asdict(await asyncio.to_thread(shared.plans.mark, plan.id, wanted.turn, markers))})
    except Changed:
        raise HTTPException(409, words["plans.changed"]) from None
    except NoRoom:
        raise HTTPException(422, words["plans.no-room"]) from None


async def remove(request: Request, wanted: Gone) -> JSONResponse:
    """The plan is taken down with its markers; 409 when somebody else was quicker."""
    plan = await _found(request, wanted.plan)
    await noted(request, "plan", "removed", f"{plan.building or 'campus'} {plan.floor}".strip())
    try:
        await asyncio.to_thread(office(request).plans.remove, plan.id, wanted.turn)
    except Changed:
        raise HTTPException(409, office(request).words[language(request)]["plans.changed"]) from None
    return JSONResponse({"ok": True})


async def _found(request: Request, id: int) -> Plan:
    for plan in await asyncio.to_thread(office(request).plans.list):
        if plan.id == id:
            return plan
    raise HTTPException(409, office(request).words[language(request)]["plans.changed"])
