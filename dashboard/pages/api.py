"""Questions of the page: its words, the whole state (where a proxy swallows the stream), the history of one point."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response

from alerts.authority import OF_SCHOOLS
from alerts.causes import CAUSES
from alerts.kinds import KINDS, LAMPS
from alerts.marks import REASONS
from dashboard.door import Visitor
from dashboard.live import dumped
from dashboard.office import LANGUAGES, language, office
from dashboard.rights import VERBS
from dashboard.scope import within
from drivers.quantities import QUANTITIES
from gateway.local import RequestError, RunDown

LONGEST_MS = 400 * 24 * 3600 * 1000
MOST_POINTS = 6  # of one question


async def words(request: Request) -> dict[str, Any]:
    """Everything the modules need to speak the reader's language and to know what he may press."""
    shared, lang = office(request), language(request)
    visitor: Visitor = request.state.visitor
    at = LANGUAGES.index(lang)
    return {
        "lang": lang,
        "text": shared.words[lang],
        "lamps": LAMPS,
        "kinds": {k.id: {"name": (k.zh, k.en)[at], "lamp": k.lamp} for k in KINDS.values()},
        "quantities": {q.id: (q.zh, q.en)[at] for q in QUANTITIES.values()},
        # the cause's id is its Chinese word: that is what the journal and the forms keep
        "causes": {
            lamp: {result: [[pair[0], pair[at]] for pair in pairs] for result, pairs in by.items()}
            for lamp, by in CAUSES.items()
        },
        "reasons": [{"id": why, "needs": needs} for why, (_, needs) in REASONS.items()],  # of 停用
        "me": {"id": visitor.person, "name": visitor.name, "role": visitor.role, "desk": visitor.desk},
        "verbs": VERBS.get(visitor.role, ()),
        "fleet": [verb for verb, roles in OF_SCHOOLS.items() if visitor.role in roles],
        "csrf": visitor.csrf,
    }


async def state(request: Request) -> Response:
    """{"id", "down", "snapshot"}: `down` is "" while `run` is heard; `snapshot` is null before it ever was; its `page` names the
    page's files."""
    live = office(request).live
    message = live.snapshot()
    body = {"id": message.id, "down": live.down, "snapshot": None}
    text = json.dumps(body, ensure_ascii=False).encode()
    if live.state is not None:
        mine = request.state.visitor.schools
        snapshot = message.data if mine is None else dumped(within(live.state, mine, live.state)).encode()
        text = text.removesuffix(b"null}") + snapshot + b"}"
    return Response(text, media_type="application/json")


async def curves(
    request: Request,
    points: Annotated[str, Query(max_length=2000)],
    start: Annotated[int, Query(alias="from", ge=0)],
    end: Annotated[int, Query(alias="to", ge=0)],
    buckets: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> JSONResponse:
    """The history of at most 6 points (ids with commas between) at one resolution, as docs/local-socket.md."""
    return JSONResponse(await past(request, points, start, end, buckets))


async def past(request: Request, points: str, start: int, end: int, buckets: int) -> Any:
    """{"points": {id: SERIES}}. Raises HTTPException: 404 for a point that is not this site's, 422, 503."""
    shared, wanted = office(request), points.split(",")
    if len(wanted) > MOST_POINTS:
        raise HTTPException(422, f"at most {MOST_POINTS} points at once")
    if any(point not in (shared.live.state or {}).get("points", {}) for point in wanted):
        raise HTTPException(404, "no such point")
    if not 0 < end - start <= LONGEST_MS:
        raise HTTPException(422, "`to` lies before `from`, or too far after it")
    try:
        return await shared.client.ask("history", 60.0, points=wanted, buckets=buckets, **{"from": start, "to": end})
    except RunDown as error:
        raise HTTPException(503, "run is not heard") from error
    except RequestError as error:
        raise HTTPException(422, error.code) from error


async def history(
    request: Request,
    point: Annotated[str, Query(max_length=200)],
    start: Annotated[int, Query(alias="from", ge=0)],
    end: Annotated[int, Query(alias="to", ge=0)],
) -> JSONResponse:
    """As docs/local-socket.md; only points of this site, at most 400 days at once."""
    shared = office(request)
    if point not in (shared.live.state or {}).get("points", {}):
        raise HTTPException(404, "no such point")
    if not 0 <= end - start <= LONGEST_MS:
        raise HTTPException(422, "`to` lies before `from`, or too far after it")
    try:
        return JSONResponse(await shared.client.ask("history", point=point, **{"from": start, "to": end}))
    except RunDown as error:
        raise HTTPException(503, "run is not heard") from error
    except RequestError as error:
        raise HTTPException(422, error.code) from error
