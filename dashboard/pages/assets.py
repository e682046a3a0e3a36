"""The static files of the pages."""

from __future__ import annotations

import mimetypes

from fastapi import HTTPException, Request
from fastapi.responses import Response

from dashboard.office import office
from dashboard.pages.frame import YEAR_S

_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}


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
