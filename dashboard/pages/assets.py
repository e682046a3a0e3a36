"""The static files of the pages."""

from __future__ import annotations

import functools
import gzip
import mimetypes

from fastapi import HTTPException, Request
from fastapi.responses import Response

from dashboard.office import office
from dashboard.pages.frame import YEAR_S

_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
_PACKED = frozenset({".js", ".css", ".svg"})


async def static(request: Request, version: str, name: str) -> Response:
    """A file of the present version for ever; of an older page's version the present file, not to be kept."""
    shared = office(request)
    body = shared.files.get(name)
    if body is None:
        raise HTTPException(404)
    suffix = "." + name.rpartition(".")[2]
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    keep = f"public, max-age={YEAR_S}, immutable" if version == shared.version else "no-cache"
    headers = {"cache-control": keep, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", "") and suffix in _PACKED:
        body, headers["content-encoding"] = packed(body), "gzip"
    return Response(body, media_type=kind, headers=headers)


@functools.cache
def packed(body: bytes) -> bytes:
    """Once for each file: a school's line to the outside may be slow."""
    return gzip.compress(body, 6, mtime=0)
