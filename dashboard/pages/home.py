"""The live page's frame and its static files. What moves on it is done by the modules in static/."""

from __future__ import annotations

import mimetypes

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from alerts.kinds import LAMPS
from dashboard.office import language, office

YEAR_S = 365 * 24 * 3600
_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}


async def home(request: Request) -> HTMLResponse:
    shared, lang = office(request), language(request)
    answer = shared.templates.TemplateResponse(
        request,
        "home.html",
        {
            "t": shared.words[lang],
            "lang": lang,
            "static": f"/static/{shared.version}",
            "lamps": LAMPS,
            "visitor": request.state.visitor,
            "site": ((shared.live.state or {}).get("site") or {}).get("name", ""),
        },
    )
    remember_language(answer, lang, shared.secure)
    return answer


def remember_language(answer: Response, lang: str, secure: bool) -> None:
    answer.set_cookie("lang", lang, max_age=YEAR_S, samesite="lax", httponly=True, secure=secure)


async def static(request: Request, version: str, name: str) -> Response:
    """A file of the present version for ever; of an older page's version the present file, not to be kept."""
    shared = office(request)
    body = shared.files.get(name)
    if body is None:
        raise HTTPException(404)
    suffix = "." + name.rpartition(".")[2]
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    keep = f"public, max-age={YEAR_S}, immutable" if version == shared.version else "no-cache"
    return Response(body, media_type=kind, headers={"cache-control": keep})
